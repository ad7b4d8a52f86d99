"""What somebody proves himself with beside the password: a code application, passkeys, recovery codes. The records, and their checks.

Each belongs to one account and is written by that person's requests alone. Nothing here knows of requests, sessions or slowing down;
`proving` puts these together.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import secrets
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from ..office.store import NUMBER_ALPHABET, random_id
from ..office.vault import Keyring, sealed_with
from . import totp

MOST_PASSKEYS = 10  # of one account
RECOVERY_CODES = 10
_GROUPS, _GROUP = 4, 4  # a recovery code is 16 characters of 32: 80 random bits, too many to guess from a hash


class CodeApplication(Persistent):
    """A code application that was set up. `last_step` is the newest time step whose code was used; older ones are used up."""

    used_at: datetime.datetime | None = None

    def __init__(self, sealed: bytes, step: int, at: datetime.datetime) -> None:
        self._sealed = sealed
        self.last_step = step
        self.added_at = at

    def secret(self, keyring: Keyring, userid: Any) -> str:
        """The shared secret in clear, Base32."""
        return keyring.open(self._sealed, str(userid)).decode()

    def take(self, keyring: Keyring, userid: Any, code: str, at: datetime.datetime) -> bool:
        """Whether `code` is right at this time and was not used; it is used up then."""
        step = totp.matching_step(self.secret(keyring, userid), code, at.timestamp())
        if step is None or step <= self.last_step:
            return False
        self.last_step, self.used_at = step, at
        return True

    def is_under(self, key: bytes) -> bool:
        """Whether the key with this id has sealed the secret."""
        return sealed_with(self._sealed) == key

    def reseal(self, keyring: Keyring, userid: Any) -> None:
        """Bring the secret under the newest key."""
        self._sealed = keyring.seal(keyring.open(self._sealed, str(userid)), str(userid))


class Passkey(Persistent):
    """A passkey. `id` is a random id of ours, for addresses; `credential_id` is the authenticator's."""

    used_at: datetime.datetime | None = None

    def __init__(
        self, credential_id: bytes, public_key: bytes, sign_count: int, name: str, at: datetime.datetime
    ) -> None:
        self.id = random_id()
        self.credential_id = credential_id
        self.public_key = public_key
        self.sign_count = sign_count
        self.name = name
        self.added_at = at


class RecoveryCodes(Persistent):
    """Codes that each open once. Kept as hashes; `waiting` is replaced as a whole."""

    def __init__(self, userid: Any, codes: list[str], at: datetime.datetime) -> None:
        self.waiting = frozenset(_hash(userid, code) for code in codes)
        self.made_at = at

    def __len__(self) -> int:
        return len(self.waiting)

    def knows(self, userid: Any, code: str) -> bool:
        """Whether this code still waits; asking does not use it."""
        return _hash(userid, code) in self.waiting

    def take(self, userid: Any, code: str) -> bool:
        """Whether this is one of the codes; it is used up then."""
        if not self.knows(userid, code):
            return False
        self.waiting = self.waiting - {_hash(userid, code)}
        return True


class Factors(Persistent):
    """All that one account has. `first_sign_in` is an employee's, from which the time to set up a second factor counts."""

    application: CodeApplication | None = None
    recovery: RecoveryCodes | None = None
    first_sign_in: datetime.datetime | None = None

    def __init__(self) -> None:
        self._passkeys = OOBTree()  # id -> Passkey

    def __bool__(self) -> bool:
        return self.application is not None or len(self._passkeys) > 0

    @property
    def passkeys(self) -> list[Passkey]:
        """All passkeys, the oldest first."""
        return sorted(self._passkeys.values(), key=lambda passkey: passkey.added_at)

    @property
    def codes_left(self) -> int:
        """How many recovery codes still wait."""
        return len(self.recovery) if self.recovery is not None else 0

    @property
    def is_last(self) -> bool:
        """Whether there is one factor only, so that removing it leaves the password alone."""
        return (self.application is not None) + len(self._passkeys) == 1

    def passkey(self, id_: str) -> Passkey | None:
        """The passkey with our id, or None."""
        found: Passkey | None = self._passkeys.get(id_)
        return found

    def passkey_by(self, credential_id: bytes) -> Passkey | None:
        """The passkey with the authenticator's id, or None."""
        return next((one for one in self._passkeys.values() if one.credential_id == credential_id), None)

    def add_passkey(self, passkey: Passkey) -> None:
        """Keep a passkey."""
        self._passkeys[passkey.id] = passkey

    def remove_passkey(self, passkey: Passkey) -> None:
        """Forget a passkey."""
        del self._passkeys[passkey.id]
        self._forget_useless()

    def remove_application(self) -> None:
        """Forget the code application."""
        self.application = None
        self._forget_useless()

    def remove_all(self) -> None:
        """Forget every factor, as when an administrator helps somebody who has lost all of them."""
        self.application = None
        self._passkeys.clear()
        self._forget_useless()

    def make_recovery(self, userid: Any, at: datetime.datetime) -> list[str]:
        """Make recovery codes in place of the old ones. It is the only time that they can be read."""
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        self.recovery = RecoveryCodes(userid, codes, at)
        return codes

    def _forget_useless(self) -> None:
        """Recovery codes stand in for a second factor; without one they would be a second password."""
        if not self:
            self.recovery = None


def _new_code() -> str:
    groups = ("".join(secrets.choice(NUMBER_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _hash(userid: Any, code: str) -> str:
    """What is kept of a recovery code; dashes, spaces and small letters make no difference."""
    return hashlib.sha256(f"recovery {userid} {plain_code(code)}".encode()).hexdigest()


def plain_code(code: str) -> str:
    """A code as it is compared."""
    return re.sub(r"[\s\u00a0-]", "", code).upper()


def offer_mark(secret: str, userid: Any, offered: str) -> str:
    """The portal's mark on a secret that it offers in a form, so that only a secret of its own making comes back."""
    return hmac.new(secret.encode(), f"code application {userid} {offered}".encode(), hashlib.sha256).hexdigest()
