"""What happens to a case: opened by filing, registered and moved by clerks.

Each change is one event in the case's history, a letter to the citizen and a task that brings the desk's index up to date, all in one
transaction. Who may do it is checked by the caller.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from ..accounts.notifications import MESSAGE, STAGE, wants
from ..accounts.resources import Applicant, applicant_of, successor_of
from ..casetypes.resources import DEPARTMENTS, child
from ..interfaces import CaseTypeToEForm
from ..mail.letters import post
from ..office import tasks
from ..office.store import Office
from ..representation.acting import usable_principal
from ..representation.records import representation_by
from ..submissions.records import Submission
from ..web.polish import date_text, in_zone
from . import deadlines, signs, stages
from .desk import INDEX_TASK
from .records import Case, StageEvent

MIN_REPLY_DAYS = 7  # KPA art. 64 § 2
MAX_NOTE = 2000  # characters


class HandlingError(ValueError):
    """It cannot be done; the message is for the clerk, in Polish. `field` names what is wrong."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclasses.dataclass(frozen=True)
class Clerk:
    """Who handles, when, and under which address letters lead back to the portal (no slash at its end)."""

    userid: str
    at: datetime.datetime
    portal_url: str

    @property
    def today(self) -> datetime.date:
        """The date in the office."""
        return in_zone(self.at).date()


@dataclasses.dataclass(frozen=True)
class Move:
    """A change of stage that a clerk asks for. `note` is written to the citizen."""

    stage: str
    note: str = ""
    outcome: str = ""
    reply_by: datetime.date | None = None
    deadline: datetime.date | None = None


def open_case(office: Office, site: Any, submission: Submission, applicant: Applicant) -> None:
    """Make the case of what was just filed. Called by filing in its own transaction."""
    form = submission.form
    department = child(site, DEPARTMENTS, form.department)
    office.cases[submission.number] = Case(
        number=submission.number,
        owner=submission.owner,
        title=form.title,
        card_title=_card_title(site, form.uid),
        department=form.department,
        department_title=department.title if department is not None else form.department.upper(),
        jrwa=form.jrwa,
        filed_at=submission.filed_at,
        deadline=deadlines.settle_by(in_zone(submission.filed_at).date()),
        filed_by=submission.acted.person if submission.acted is not None else "",
    )
    applicant.cases.add(submission.number)
    _index(office, submission.number)


def register(office: Office, case: Case, sign: str, clerk: Clerk, rpw_pattern: str) -> None:
    """Enter a case in the register of incoming mail and give it its sign.

    The RPW number is taken in this very transaction, so a registration that fails gives it back: no gaps, no reuse.

    :raises HandlingError: it is registered already, or the sign cannot be given.
    """
    if not stages.may_follow(case.last.stage, stages.REGISTERED):
        raise HandlingError("Ta sprawa jest już zarejestrowana.")
    year = clerk.today.year
    try:
        case.case_sign = signs.take(office, sign, year)
    except signs.SignError as error:
        raise HandlingError(str(error), "znak") from error
    case.rpw_number = rpw_pattern.format(nr=office.next_number("rpw", year), rok=year)
    _move(office, case, StageEvent(stages.REGISTERED, clerk.at, clerk.userid), clerk)


def change_stage(office: Office, case: Case, move: Move, clerk: Clerk) -> None:
    """Move a case to another stage.

    :raises HandlingError: the move is not allowed, or something that it needs is missing.
    """
    _check(case, move, clerk)
    if case.last.stage == stages.SUSPENDED and move.deadline is None:
        stood = clerk.today - in_zone(case.last.at).date()
        case.deadline = deadlines.moved(case.deadline + stood)  # KPA art. 35 § 5: that time does not count
    if move.deadline is not None:
        case.deadline = deadlines.moved(move.deadline)
    event = StageEvent(move.stage, clerk.at, clerk.userid, move.note.strip(), move.outcome, move.reply_by)
    _move(office, case, event, clerk)


def _check(case: Case, move: Move, clerk: Clerk) -> None:
    now = case.last.stage
    if move.stage == stages.REGISTERED or not stages.may_follow(now, move.stage):
        raise HandlingError("Z tego etapu nie można przejść do wybranego. Odśwież stronę i wybierz ponownie.", "etap")
    if len(move.note) > MAX_NOTE:
        raise HandlingError(f"Skróć wiadomość do {MAX_NOTE} znaków.", "wiadomosc")
    if stages.needs_note(now, move.stage) and not move.note.strip():
        raise HandlingError("Napisz, czego dotyczy zmiana. Interesant zobaczy tę wiadomość przy sprawie.", "wiadomosc")
    if (move.stage == stages.CLOSED) != bool(move.outcome) or (move.outcome and move.outcome not in stages.OUTCOMES):
        raise HandlingError("Sposób załatwienia wybierz przy zakończeniu sprawy i tylko wtedy.", "wynik")
    if (move.stage == stages.CORRECTION) != (move.reply_by is not None):
        raise HandlingError("Termin uzupełnienia podaj przy wezwaniu i tylko wtedy.", "termin")
    if move.reply_by is not None and move.reply_by < clerk.today + datetime.timedelta(days=MIN_REPLY_DAYS):
        raise HandlingError(f"Na uzupełnienie trzeba dać co najmniej {MIN_REPLY_DAYS} dni (art. 64 § 2 KPA).", "termin")
    if move.deadline is not None and move.deadline < clerk.today:
        raise HandlingError("Planowany dzień załatwienia nie może być w przeszłości.", "planowany")


def _move(office: Office, case: Case, event: StageEvent, clerk: Clerk) -> None:
    case.events = (*case.events, event)
    _index(office, case.number)
    words = {
        "title": case.title,
        "number": case.number,
        "stage": case.stage.title,
        "date": date_text(event.at),
        "explanation": explanation(case),
        "link": f"{clerk.portal_url}/sprawy/{case.number}",
    }
    for reader in _readers(office, case):
        if reader.email and _is_wanted(reader, event):
            post(office, "stage", reader.email, words)


def _readers(office: Office, case: Case) -> list[Applicant]:
    """The citizen, and who filed in the citizen's name while they may still act: papers go to the party's attorney (KPA art. 40 § 2)."""
    found = [applicant_of(office, case.owner)]
    submission = office.submissions.get(case.number)
    if submission is not None and submission.acted is not None:
        agent = successor_of(office, submission.acted.person)
        by = representation_by(office, submission.acted.representation)
        if agent is not None and agent.active and usable_principal(office, by, agent) is not None:
            found.append(agent)
    return [one for one in found if one is not None]


def _is_wanted(applicant: Applicant, event: StageEvent) -> bool:
    """Whether the citizen wants to hear of it; one letter tells of the stage and that the clerk has written."""
    return wants(applicant, STAGE) or (bool(event.note) and wants(applicant, MESSAGE))


def explanation(case: Case) -> str:
    """What the present stage means to the citizen, without anything of the papers themselves."""
    if case.outcome is not None:
        return f"Sposób załatwienia: {case.outcome.title}. {case.outcome.meaning}"
    until = f" Termin: {date_text(case.last.reply_by)}." if case.last.reply_by else ""
    return f"{case.stage.meaning} {case.stage.action}{until}"


def _index(office: Office, number: str) -> None:
    tasks.put(office, INDEX_TASK, {"number": number})


def _card_title(site: Any, form_uid: str) -> str:
    """The title of the card that offers the form, where there is exactly one."""
    forms = site.get("formularze")
    form = next((one for one in forms.values() if one.uid == form_uid), None) if forms is not None else None
    if form is None:
        return ""
    cards = [site.__objectmap__.object_for(oid) for oid in site.__objectmap__.sourceids(form, CaseTypeToEForm)]
    found = {card.title for card in cards if card is not None}
    return found.pop() if len(found) == 1 else ""
