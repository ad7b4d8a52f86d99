"""Who signs in with which name: the one place where login names and e-mail addresses are claimed and looked up.

Applicants' logins and e-mail addresses, casefolded, lie in `office.logins` with the user id. Two requests that claim the same name at
once write the same bucket, so one of them fails, is run again by pyramid_retry and then sees the other's claim. Employees' logins
lie in the content database; a name belongs to one side only.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable
from typing import Any

from ..office.store import Office
from .resources import CLOSED, PERSON, Applicant, applicant_of

PESEL_PREFIX = "pesel:"


class Taken(ValueError):
    """A name belongs to somebody else."""

    def __init__(self, name: str) -> None:
        super().__init__("taken")
        self.name = name


def folded(name: str) -> str:
    """A login name or e-mail address as it is compared: NFKC, casefolded, without spaces around."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def pesel_key(secret: str, pesel: str) -> str:
    """Under what a PESEL is found: a keyed hash, so that the index tells nobody who has an account."""
    return PESEL_PREFIX + hmac.new(secret.encode(), f"pesel {pesel}".encode(), hashlib.sha256).hexdigest()


def rehash(office: Office, secret: str) -> int:
    """Make the index of PESELs anew under `secret`. Of several accounts with one PESEL the active one has it, else the newest.

    Returns how many can be found.
    """
    for name in [name for name in office.logins if name.startswith(PESEL_PREFIX)]:
        del office.logins[name]
    holders: dict[str, Applicant] = {}
    for applicant in office.applicants.values():
        if applicant.kind == PERSON and applicant.state != CLOSED and applicant.pesel:
            key = pesel_key(secret, applicant.pesel)
            holders[key] = max(holders.get(key, applicant), applicant, key=_claim_on_a_number)
    for key, applicant in holders.items():
        office.logins[key] = applicant.userid
    return len(holders)


def _claim_on_a_number(applicant: Applicant) -> tuple[bool, str]:
    return applicant.active, applicant.created_at.isoformat() if applicant.created_at else ""


def claim(office: Office, userid: str, names: Iterable[str]) -> None:
    """Give names to a user.

    :raises Taken: one of them belongs to somebody else.
    """
    for name in names:
        key = folded(name)
        if office.logins.get(key, userid) != userid:
            raise Taken(name)
        office.logins[key] = userid


def release(office: Office, userid: str, names: Iterable[str]) -> None:
    """Take names back from a user; names of others stay theirs."""
    for key in filter(None, map(folded, names)):
        if office.logins.get(key) == userid:
            del office.logins[key]


def applicant_by(office: Office, name: str) -> Applicant | None:
    """The applicant with this login, e-mail address or PESEL key; closed accounts are nobody's."""
    found = applicant_of(office, office.logins.get(folded(name)))
    return found if found is not None and found.state != CLOSED else None


def staff_by(site: Any, name: str) -> Any:
    """The employee with this login or e-mail address, or None."""
    users = site["principals"]["users"]
    wanted = folded(name)
    if wanted in users:
        return users[wanted]
    if "@" not in wanted:
        return None
    return next((user for user in users.values() if folded(user.email or "") == wanted), None)


def is_taken(site: Any, office: Office, name: str) -> bool:
    """Whether anybody signs in with this name already."""
    return applicant_by(office, name) is not None or staff_by(site, name) is not None
