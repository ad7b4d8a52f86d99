"""Changes of PESEL, NIP, REGON and KRS numbers: asked for with a document, decided by the office.

Owns the record and its rules. The audit trail keeps that a number was changed and by whom, never a number. The record with its
document is deleted some time after the decision.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from persistent import Persistent

from ..accounts import logins
from ..accounts.numbers import PersonalNumbers
from ..accounts.resources import BUSINESS, ORGANISATION, PERSON, Applicant, applicant_of, birth_date_of
from ..cases import people
from ..office import tasks
from ..office.store import Office, random_id
from ..office.vault import keyring_of
from ..publishing.content import now
from ..submissions.drafts import StoredFile

WAITING, ACCEPTED, REFUSED = "waiting", "accepted", "refused"
STATES = {WAITING: "Czeka na decyzję", ACCEPTED: "Przyjęte", REFUSED: "Odrzucone"}
KEPT_DAYS = 30  # after the decision
FORGET = "forget-number-change"

# which numbers an account of a kind has
NUMBERS_OF = {
    PERSON: ("pesel",),
    BUSINESS: ("pesel", "nip", "regon"),
    ORGANISATION: ("pesel", "nip", "regon", "krs"),
}


class NumberChangeError(ValueError):
    """It cannot be done; the message is for whoever asked, in Polish. `field` names what is wrong."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NumberChange(Persistent):
    """What somebody asks the office to change. `which` is a key of `words.NUMBERS`, `note` the applicant's own words."""

    state: str = WAITING
    reason: str = ""  # the office's, for the applicant
    decided_by: str = ""  # user id
    decided_at: datetime.datetime | None = None

    def __init__(self, owner: str, which: str, number: str, note: str, at: datetime.datetime) -> None:
        self.id = random_id()
        self.owner = owner  # user id
        self.which = which
        self.note = note
        self.asked_at = at
        self.document: StoredFile | None = None
        self._numbers = PersonalNumbers(self.id, {which: number})

    @property
    def number(self) -> str:
        """The number that was asked for; empty once it was decided."""
        number: str = self._numbers.opened(self.id).get(self.which, "")
        return number

    def decided(self, state: str, reason: str, who: Any, at: datetime.datetime) -> None:
        """Note the decision, and let go of the number: an accepted one is the account's now."""
        self.state, self.reason, self.decided_by, self.decided_at = state, reason, str(who), at
        self._numbers = PersonalNumbers(self.id, {})

    @property
    def forgotten_on(self) -> datetime.date | None:
        """The day on which the record is deleted; None while it waits."""
        return (self.decided_at + datetime.timedelta(days=KEPT_DAYS)).date() if self.decided_at else None


def changeable(applicant: Applicant) -> tuple[str, ...]:
    """The numbers that an account may ask to change: those of its kind that no identity provider vouches for."""
    return tuple(name for name in NUMBERS_OF[applicant.kind] if name not in applicant.verified)


def changes_of(office: Office, applicant: Applicant) -> list[NumberChange]:
    """What an account has asked for, newest first."""
    found = [office.number_changes[id_] for id_ in applicant.number_changes if id_ in office.number_changes]
    return sorted(found, key=lambda change: change.asked_at, reverse=True)


def ask(
    office: Office,
    applicant: Applicant,
    which: str,
    number: str,
    note: str,
    document: StoredFile,
    at: datetime.datetime,
) -> NumberChange:
    """Leave a change for the office to decide.

    :raises NumberChangeError: there is nothing to change, or one of this number waits already.
    """
    if which not in changeable(applicant):
        raise NumberChangeError("Tego numeru nie można zmienić na tym koncie. Wybierz inny.", "which")
    if applicant.numbers.get(which) == number:
        raise NumberChangeError("Taki numer jest już na koncie. Sprawdź, czy nie ma pomyłki.", "number")
    if any(one.which == which and one.state == WAITING for one in changes_of(office, applicant)):
        raise NumberChangeError(
            "Zgłoszenie tego numeru już czeka na decyzję urzędu. Aby wysłać nowe, najpierw wycofaj tamto.", "which"
        )
    change = NumberChange(applicant.userid, which, number, note, at)
    change.document = document
    office.number_changes[change.id] = change
    applicant.number_changes = (*applicant.number_changes, change.id)
    return change


def withdraw(office: Office, applicant: Applicant, id_: str) -> NumberChange:
    """Delete what one has asked for and the office has not decided.

    :raises NumberChangeError: there is nothing to withdraw.
    """
    change = next((one for one in changes_of(office, applicant) if one.id == id_), None)
    if change is None or change.state != WAITING:
        raise NumberChangeError("Tego zgłoszenia nie można już wycofać.")
    _delete(office, applicant, id_)
    return change


def accept(
    office: Office, secret: str, change: NumberChange, who: Any, at: datetime.datetime, reason: str = ""
) -> None:
    """Make the number the account's.

    :raises NumberChangeError: it was decided already, or another account has this PESEL.
    """
    applicant = _open(office, change)
    if change.which in applicant.verified:
        raise NumberChangeError(
            "Ten numer potwierdził w międzyczasie dostawca tożsamości. Odrzuć zgłoszenie i napisz dlaczego."
        )
    if change.which == "pesel":
        _take_pesel(office, secret, applicant, change.number)
    applicant.numbers = {**applicant.numbers, change.which: change.number}
    people.index_later(office, applicant.userid)
    _decide(office, change, ACCEPTED, reason, who, at)


def _take_pesel(office: Office, secret: str, applicant: Applicant, pesel: str) -> None:
    """One person has one account as a person; a firm's account only names who acts for it."""
    if applicant.kind == PERSON:
        key = logins.pesel_key(secret, pesel)
        holder = logins.applicant_by(office, key)
        if holder is not None and holder is not applicant and holder.active:
            raise NumberChangeError("Inne konto ma już ten numer PESEL. Wyjaśnij to z osobą, a zgłoszenie odrzuć.")
        if applicant.pesel:
            logins.release(office, applicant.userid, [logins.pesel_key(secret, applicant.pesel)])
        office.logins[logins.folded(key)] = applicant.userid
    applicant.birth_date = birth_date_of(pesel)


def refuse(office: Office, change: NumberChange, reason: str, who: Any, at: datetime.datetime) -> None:
    """Leave the account as it is.

    :raises NumberChangeError: it was decided already, or no reason is given.
    """
    if not reason:
        raise NumberChangeError("Napisz, dlaczego odrzucasz zgłoszenie. Interesant zobaczy ten powód.", "reason")
    _open(office, change)
    _decide(office, change, REFUSED, reason, who, at)


def _open(office: Office, change: NumberChange) -> Applicant:
    applicant = applicant_of(office, change.owner)
    if applicant is None or change.state != WAITING:
        raise NumberChangeError("To zgłoszenie zostało już rozpatrzone albo wycofane. Odśwież stronę.")
    return applicant


def _decide(office: Office, change: NumberChange, state: str, reason: str, who: Any, at: datetime.datetime) -> None:
    change.decided(state, reason, who, at)
    tasks.put(office, FORGET, {"change": change.id}).not_before = at + datetime.timedelta(days=KEPT_DAYS)


def listed(office: Office, decided: bool) -> list[NumberChange]:
    """What waits for the office, the oldest first; or what was decided, the newest first."""
    found = [one for one in office.number_changes.values() if (one.state != WAITING) is decided]
    return sorted(found, key=lambda one: one.decided_at if decided else one.asked_at, reverse=decided)


def forget_all(office: Office, applicant: Applicant) -> None:
    """Delete everything that an account has asked for, as when it is closed."""
    for id_ in applicant.number_changes:
        _delete(office, applicant, id_)


def _delete(office: Office, applicant: Applicant | None, id_: str) -> None:
    office.number_changes.pop(id_, None)
    if applicant is not None:
        applicant.number_changes = tuple(one for one in applicant.number_changes if one != id_)


def forget(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: delete a record some time after it was decided."""
    change = context.office.number_changes.get(payload["change"])
    if change is not None and change.decided_at and now() >= change.decided_at + datetime.timedelta(days=KEPT_DAYS):
        _delete(context.office, applicant_of(context.office, change.owner), change.id)


# keys


def behind(office: Office) -> Iterator[str]:
    """Ids of the records whose number is not under the newest key."""
    newest = keyring_of(office).newest
    for id_, change in office.number_changes.items():
        if not change._numbers.is_under(newest):
            yield id_


def reseal(office: Office, ids: Iterable[str]) -> int:
    """Bring records under the newest key, in the current transaction; those that are gone are left out. Returns how many were."""
    found = (office.number_changes.get(id_) for id_ in ids)
    return sum(one._numbers.reseal(one.id) for one in found if one is not None)


def includeme(config: Any) -> None:
    config.add_task_handler(FORGET, forget)
