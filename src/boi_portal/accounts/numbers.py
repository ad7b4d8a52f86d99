"""Personal numbers as they lie in the database: sealed, and bound to their account.

Owns the one object that holds PESEL, foreign document, NIP, REGON and KRS of an account, and bringing all of them under the newest key.
They are sealed when the object is written and opened each time they are asked for, so no record of the database holds them in clear.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from persistent import Persistent

from ..office.store import Office
from ..office.vault import SealedError, keyring_of, sealed_with

PADDED_TO = 64  # bytes; the length of what is sealed must not tell which numbers there are


class PersonalNumbers(Persistent):
    """PESEL, foreign document, NIP, REGON, KRS of the account `owner` (its id)."""

    _sealed = b""
    _given: Mapping[str, Any] | None = None  # until it is written
    _kept: Mapping[str, Any] | None = None  # in clear, by the portal as it was before there were keys
    _owner = ""

    def __init__(self, owner: str, numbers: Mapping[str, Any]) -> None:
        self._owner = owner
        self._given = dict(numbers)

    def __getstate__(self) -> dict[str, Any]:
        if self._given is not None:
            return {"_sealed": _seal(self, self._owner, self._given)}
        return {"_kept": self._kept} if self._kept is not None else {"_sealed": self._sealed}

    def opened(self, owner: str) -> dict[str, Any]:
        """The numbers in clear.

        :raises boi_portal.office.vault.SealedError: the key is missing, or these are not this account's numbers.
        """
        if self._given is not None:
            if owner != self._owner:
                raise SealedError(f"These are not the numbers of account {owner}.")
            return dict(self._given)
        if self._kept is not None:
            raise SealedError("Personal numbers lie in clear. Run: boi upgrade")
        return _open(self, owner)

    def reseal(self, owner: str) -> bool:
        """Bring the numbers under the newest key, in the same record. Tells whether there was anything to do."""
        if self.is_under(keyring_of(self).newest):
            return False
        self._owner, self._given = owner, dict(self._kept) if self._kept is not None else _open(self, owner)
        return True

    def is_under(self, key: bytes) -> bool:
        """Whether what lies in the database, or is about to, is sealed with the key of this id."""
        self._p_deactivate()  # what this connection has written is looked at as it lies
        if self._given is not None:
            return True
        return self._kept is None and sealed_with(self._sealed) == key


def _seal(record: PersonalNumbers, owner: str, numbers: Mapping[str, Any]) -> bytes:
    text = json.dumps(numbers, ensure_ascii=False, separators=(",", ":")).encode()
    return keyring_of(record).seal(text.ljust(-(-len(text) // PADDED_TO) * PADDED_TO), owner)


def _open(record: PersonalNumbers, owner: str) -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(keyring_of(record).open(record._sealed, owner))
    return numbers


def behind(office: Office) -> Iterator[str]:
    """Ids of the accounts whose numbers are not under the newest key."""
    newest = keyring_of(office).newest
    for applicant in office.applicants.values():
        if not applicant._numbers.is_under(newest):
            yield applicant.id
        applicant._numbers._p_deactivate()
        applicant._p_deactivate()


def reseal(office: Office, ids: Iterable[str]) -> int:
    """Bring accounts under the newest key, in the current transaction; accounts that are gone are left out. Returns how many were."""
    found = (office.applicants.get(id_) for id_ in ids)
    return sum(one._numbers.reseal(one.id) for one in found if one is not None)
