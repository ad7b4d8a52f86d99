"""Two accounts of one person made one: the account that one is signed in to takes over what the other one has, which is then closed.

Owns the rules: whose accounts may be merged, what moves, and in which order. That the other account is one's own was proved before, by
its password and second factor. Everything that refers to an account's owner is named here; a new kind of record with an owner needs a line
in `_move_some` or in `_take_over`.

What moves at once is bounded. Drafts and cases beyond that are moved by the worker, in pieces; meanwhile the other account is closed to
everybody already, and nothing of it is deleted.
"""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Mapping
from itertools import islice
from typing import Any

from ..accounts import logins
from ..accounts.notices import address_maker
from ..accounts.registration import Desk
from ..accounts.resources import CLOSED, PERSON, Applicant, applicant_of
from ..cases import people
from ..cases.desk import INDEX_TASK
from ..mail.letters import post
from ..office import tasks
from ..office.audit import Origin, record
from ..office.store import Office
from ..publishing.content import now
from ..representation.records import MEMBER, Representation, State, given_by, held_by, ties_of
from ..submissions.drafts import Draft
from ..web.polish import datetime_text
from . import deletion, export_letters, number_changes

MOVE = "merge-accounts"
AT_ONCE = 100  # drafts and cases moved in one transaction
LOOK_AGAIN = datetime.timedelta(minutes=5)


class MergeRefused(ValueError):
    """The two accounts cannot be merged; the message is for the person, in Polish."""


@dataclasses.dataclass(frozen=True)
class Inventory:
    """What would move."""

    drafts: int
    cases: int
    given: int
    held: int
    identities: int


def check(stays: Applicant, other: Applicant) -> None:
    """Whether the two accounts are of one person.

    :raises MergeRefused: they are not, or nobody can tell.
    """
    if stays.userid == other.userid:
        raise MergeRefused("To konto, na które jesteś teraz zalogowany lub zalogowana. Podaj login drugiego konta.")
    if not (stays.active and other.active):
        raise MergeRefused("Jedno z kont nie jest aktywne, więc nie można ich połączyć.")
    if stays.kind != PERSON or other.kind != PERSON:
        raise MergeRefused("Połączyć można tylko konta osób fizycznych, nie firm i instytucji.")
    if stays.pesel and other.pesel:
        if stays.pesel != other.pesel:
            raise MergeRefused("Na tych kontach są różne numery PESEL. Połączyć można tylko konta tej samej osoby.")
        return
    if _told(stays) != _told(other) or not stays.birth_date:
        raise MergeRefused(
            "Dane na kontach się różnią. Gdy na jednym z kont nie ma numeru PESEL, "
            "na obu musi być takie samo imię, nazwisko i data urodzenia."
        )


def _told(applicant: Applicant) -> tuple[str, str, str]:
    return people.compared(applicant.first_name), people.compared(applicant.last_name), applicant.birth_date


def inventory(office: Office, other: Applicant) -> Inventory:
    """What the other account would hand over."""
    return Inventory(
        drafts=len(other.drafts),
        cases=len(other.cases),
        given=len(_alive(given_by(office, other.userid))),
        held=len(_alive(held_by(office, other.userid))),
        identities=len(other.identities),
    )


def _alive(found: list[Representation]) -> list[Representation]:
    return [one for one in found if one.state in (State.OFFERED, State.ACCEPTED)]


def merge(desk: Desk, stays: Applicant, other: Applicant, origin: Origin) -> bool:
    """Let `stays` take over everything of `other` in the current transaction, and close `other`. Tells whether all has moved already.

    :raises MergeRefused: they are not of one person.
    """
    check(stays, other)
    addresses = {stays.email, other.email} - {""}
    params = {"stays": stays.login, "closed": other.login, "at": datetime_text(desk.at), "link": desk.address("konto")}
    for about, partner in ((stays, other), (other, stays)):
        record(desk.office, "accounts-merged", stays.userid, about.userid, origin, partner.userid)
    for address in sorted(addresses):
        post(desk.office, "accounts-merged", address, params)
    _take_over(desk, stays, other)
    left = tasks.put(desk.office, MOVE, {"stays": stays.userid, "other": other.userid})
    if _move_some(desk.office, stays, other):
        deletion.close(desk, other, deletion.MERGED, origin)
        left.not_before = desk.at + LOOK_AGAIN
        return True
    other.state, other.closed_at, other.sessions_since = CLOSED, desk.at, time.time()
    return False


def move(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: move the next piece, and close the other account after the last one. Doing it again changes nothing.

    It also comes some minutes after all has moved, for what a request that ran beside the merging has still left on the other account.
    """
    office = context.office
    stays, other = applicant_of(office, payload["stays"]), applicant_of(office, payload["other"])
    if stays is None or other is None:
        return
    if stays.active and not _move_some(office, stays, other):
        tasks.put(office, MOVE, payload)
        return
    if not other.login:
        return  # closed already
    settings = context.registry.boi_settings
    desk = Desk(context.site, office, settings, address_maker(settings.public_url.rstrip("/")), now())
    deletion.close(desk, other, deletion.MERGED, Origin("", ""))


def _move_some(office: Office, stays: Applicant, other: Applicant) -> bool:
    """Move up to `AT_ONCE` drafts and cases. Tells whether nothing is left."""
    ids = list(islice(other.drafts, AT_ONCE))
    numbers = list(islice(other.cases, AT_ONCE - len(ids)))
    for id_ in ids:
        draft = office.drafts.get(id_)
        if draft is not None:
            _move_draft(draft, stays, other)
        stays.drafts.add(id_)
        other.drafts.remove(id_)
    for number in numbers:
        _move_case(office, number, stays, other)
        stays.cases.add(number)
        other.cases.remove(number)
    return not other.drafts and not other.cases


def _move_draft(draft: Draft, stays: Applicant, other: Applicant) -> None:
    draft.owner = stays.userid
    draft.prepared = None  # the document names its owner
    draft.filled_by = tuple(dict.fromkeys(stays.userid if one == other.userid else one for one in draft.filled_by))


def _move_case(office: Office, number: str, stays: Applicant, other: Applicant) -> None:
    case, submission = office.cases.get(number), office.submissions.get(number)
    if case is not None:
        case.owner = stays.userid
        tasks.put(office, INDEX_TASK, {"number": number})  # so that clerks find it under its new owner
    if submission is not None:
        submission.owner = stays.userid
        filed = office.drafts.get(submission.draft_id)
        if filed is not None:
            _move_draft(filed, stays, other)


def _take_over(desk: Desk, stays: Applicant, other: Applicant) -> None:
    """Everything that there is little of: numbers, identities, representations, what the office was asked, letters."""
    office = desk.office
    _take_numbers(desk, stays, other)
    _take_identities(office, stays, other)
    _take_given(desk, stays, other)
    _take_held(desk, stays, other)
    for change in number_changes.changes_of(office, other):
        change.owner = stays.userid
    stays.number_changes, other.number_changes = (*stays.number_changes, *other.number_changes), ()
    export_letters.join(office, stays.userid, other.userid)
    stays.phone = stays.phone or other.phone
    stays.residence = stays.residence or other.residence
    stays.merged = (*stays.merged, *other.merged, other.userid)
    other.merged_into = stays.userid
    people.index_later(office, stays.userid)


def _take_numbers(desk: Desk, stays: Applicant, other: Applicant) -> None:
    pesel = stays.pesel or other.pesel
    if not pesel:
        return
    if not stays.pesel:
        stays.numbers = {**stays.numbers, "pesel": pesel}
    key = logins.pesel_key(desk.settings.secret, pesel)
    if desk.office.logins.get(key) == other.userid:
        desk.office.logins[key] = stays.userid


def _take_identities(office: Office, stays: Applicant, other: Applicant) -> None:
    for provider, key in other.identities.items():
        identity = office.identities.get(key)
        if identity is None or stays.identities.get(provider, key) != key:
            continue
        identity.userids = tuple(
            dict.fromkeys(stays.userid if one == other.userid else one for one in identity.userids)
        )
        stays.identities = {**stays.identities, provider: key}
    other.identities = {name: key for name, key in other.identities.items() if stays.identities.get(name) != key}
    if stays.identities and not stays.verified and other.verified:
        for field in ("first_name", "last_name", "birth_date"):
            setattr(stays, field, getattr(other, field))
        stays.verified = dict(other.verified)


def _take_given(desk: Desk, stays: Applicant, other: Applicant) -> None:
    mine, theirs = ties_of(desk.office, stays.userid), ties_of(desk.office, other.userid)
    for one in given_by(desk.office, other.userid):
        if one.agent == stays.userid:
            _end(one, stays, desk.at)  # nobody acts for himself
        one.principal = stays.userid
        mine.given.add(one.id)
        theirs.given.remove(one.id)


def _take_held(desk: Desk, stays: Applicant, other: Applicant) -> None:
    mine, theirs = ties_of(desk.office, stays.userid), ties_of(desk.office, other.userid)
    members = {one.principal: one for one in _alive(held_by(desk.office, stays.userid)) if one.kind == MEMBER}
    for one in held_by(desk.office, other.userid):
        if one.principal == stays.userid:
            _end(one, stays, desk.at)
        elif one.kind == MEMBER and one.state == State.ACCEPTED and one.principal in members:
            _end(_lesser(one, members[one.principal]), stays, desk.at)  # one person has one role in a firm
        one.agent = stays.userid
        mine.held.add(one.id)
        theirs.held.remove(one.id)


def _lesser(one: Representation, another: Representation) -> Representation:
    return min((one, another), key=lambda each: len(each.rights))


def _end(one: Representation, stays: Applicant, at: datetime.datetime) -> None:
    if one.state in (State.OFFERED, State.ACCEPTED):
        one.state, one.ended_at, one.ended_by = State.ENDED, at, stays.userid
        one.token_sha256, one.token_until = "", None


def includeme(config: Any) -> None:
    config.add_task_handler(MOVE, move)
