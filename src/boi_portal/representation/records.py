"""Who acts for whom, as it is stored in the office database.

Owns the shape of a representation and of the lists that lead to it. Who may make, accept or end one is `granting`'s business; what it
lets one do now is `acting`'s.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import hashlib
from collections.abc import Iterable
from typing import Any

from BTrees.OOBTree import OOTreeSet
from persistent import Persistent
from ZODB.blob import Blob

from ..office.store import Office, random_id
from ..permissions import FILL_RIGHT, MANAGE_RIGHT, RIGHTS, SEE_RIGHT, SIGN_RIGHT

MEMBER, MANDATE = "member", "mandate"  # a firm's person; somebody with a mandate (pełnomocnictwo)

# each level holds those before it
LEVELS: dict[str, tuple[str, ...]] = {
    SEE_RIGHT: (SEE_RIGHT,),
    FILL_RIGHT: (SEE_RIGHT, FILL_RIGHT),
    SIGN_RIGHT: (SEE_RIGHT, FILL_RIGHT, SIGN_RIGHT),
}
LEVEL_NAMES = {SEE_RIGHT: "podgląd", FILL_RIGHT: "wypełnianie", SIGN_RIGHT: "podpisywanie"}


class State(enum.StrEnum):
    """What has become of a representation. Whether its days have come or passed is not kept but counted."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENDED = "ended"


class Standing(enum.Enum):
    """How a representation stands today, in the words that people read."""

    WAITING = "czeka na odpowiedź"
    UNANSWERED = "zaproszenie wygasło"
    DECLINED = "odrzucone"
    COMING = "jeszcze nie obowiązuje"
    HOLDS = "obowiązuje"
    PAST = "wygasło"
    ENDED = "zakończone"


def rights_of(level: str, manages: bool = False) -> tuple[str, ...]:
    """The rights of a level, with managing the firm's people or without."""
    return LEVELS[level] + ((MANAGE_RIGHT,) if manages else ())


@dataclasses.dataclass(frozen=True)
class Scope:
    """What a mandate is limited to: uids of the catalog's categories, and of e-forms."""

    categories: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


class MandateDocument(Persistent):
    """The document of a mandate as it was uploaded. Never changed. `size` in bytes."""

    def __init__(self, name: str, media_type: str, data: bytes, at: datetime.datetime) -> None:
        self.name = name
        self.media_type = media_type
        self.size = len(data)
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.at = at
        self.blob = Blob()
        with self.blob.open("w") as target:
            target.write(data)


@dataclasses.dataclass(frozen=True)
class Terms:
    """What is offered to whom. `invited` is the login or e-mail address as it was typed; dates are of the office's zone."""

    kind: str
    invited: str
    rights: tuple[str, ...]
    scope: Scope | None = None  # None: everything
    valid_from: datetime.date | None = None
    valid_until: datetime.date | None = None
    document: MandateDocument | None = None


class Representation(Persistent):
    """That `agent` may act for `principal` (user ids). It is never deleted: what was done by it refers to it."""

    state = State.OFFERED
    agent = ""  # until somebody accepts
    answered_at: datetime.datetime | None = None
    ended_at: datetime.datetime | None = None
    ended_by = ""  # user id
    token_sha256 = ""  # of the letter's link, until it is answered
    token_until: datetime.datetime | None = None

    def __init__(self, principal: str, terms: Terms, at: datetime.datetime) -> None:
        self.id = random_id()
        self.principal = principal
        self.kind = terms.kind
        self.invited = terms.invited
        self.rights = terms.rights
        self.scope = terms.scope
        self.valid_from = terms.valid_from
        self.valid_until = terms.valid_until
        self.document = terms.document
        self.offered_at = at

    @property
    def level(self) -> str:
        """The highest of seeing, filling in and signing."""
        return next(level for level in reversed(LEVELS) if level in self.rights)

    @property
    def manages(self) -> bool:
        """Whether it lets one say who else acts for the firm."""
        return MANAGE_RIGHT in self.rights

    @property
    def level_name(self) -> str:
        """What it allows, in words."""
        return LEVEL_NAMES[self.level] + (" i zarządzanie osobami" if self.manages else "")

    def standing(self, at: datetime.datetime, today: datetime.date) -> Standing:
        """How it stands at a moment, which is on the office's day `today`."""
        if self.state == State.OFFERED:
            late = self.token_until is None or at > self.token_until or self._is_past(today)
            return Standing.UNANSWERED if late else Standing.WAITING
        if self.state != State.ACCEPTED:
            return Standing.DECLINED if self.state == State.DECLINED else Standing.ENDED
        if self.valid_from is not None and today < self.valid_from:
            return Standing.COMING
        return Standing.PAST if self._is_past(today) else Standing.HOLDS

    def _is_past(self, today: datetime.date) -> bool:
        return self.valid_until is not None and today > self.valid_until

    def holds(self, today: datetime.date) -> bool:
        """Whether one may act by it today."""
        after = self.valid_from is None or today >= self.valid_from
        return self.state == State.ACCEPTED and after and not self._is_past(today)


class Ties(Persistent):
    """Which representations an account has given and holds; kept beside them under the account's user id."""

    def __init__(self) -> None:
        self.given = OOTreeSet()  # ids
        self.held = OOTreeSet()  # ids of those that were accepted


def representation_by(office: Office, id_: Any) -> Representation | None:
    """The representation with this id, or None."""
    found = office.representations.get(id_) if isinstance(id_, str) and id_ else None
    return found if isinstance(found, Representation) else None


def ties_of(office: Office, userid: str) -> Ties:
    """The account's lists, for writing to."""
    found = office.representations.get(userid)
    if found is None:
        found = office.representations[userid] = Ties()
    ties: Ties = found
    return ties


def given_by(office: Office, userid: str) -> list[Representation]:
    """What an account has given, the newest first."""
    ties = office.representations.get(userid)
    return _read(office, ties.given) if ties is not None else []


def held_by(office: Office, userid: str) -> list[Representation]:
    """What an account has accepted, the newest first; also what has ended since."""
    ties = office.representations.get(userid)
    return _read(office, ties.held) if ties is not None else []


def _read(office: Office, ids: Iterable[str]) -> list[Representation]:
    found = [office.representations[one] for one in ids]
    return sorted(found, key=lambda one: (one.offered_at, one.id), reverse=True)


__all__ = ["RIGHTS", "MandateDocument", "Representation", "Scope", "Standing", "State", "Terms", "Ties"]
