"""Stages, signs and what a change of stage needs."""

import datetime

import pytest

from boi_portal.accounts.resources import Applicant
from boi_portal.cases import handling, stages
from boi_portal.cases.handling import Clerk, HandlingError, Move
from boi_portal.cases.records import Case
from boi_portal.cases.signs import CaseSign, SignError
from boi_portal.office.store import Office

AT = datetime.datetime(2026, 3, 5, 10, 0, tzinfo=datetime.UTC)
CLERK = Clerk("7", AT, "https://boi.example")
NUMBER = "BOI-2026-7F3K-92QD"


@pytest.fixture
def office() -> Office:
    made = Office()
    applicant = Applicant("ab" * 16)
    applicant.email = "jan@poczta.example"
    made.applicants[applicant.id] = applicant
    return made


@pytest.fixture
def case(office: Office) -> Case:
    deadline = datetime.date(2026, 4, 7)
    made = Case(NUMBER, "applicant:" + "ab" * 16, "Zgłoszenie psa", "", "so", "Wydział", "5343", AT, deadline)
    office.cases[NUMBER] = made
    return made


def registered(office: Office, case: Case) -> Case:
    handling.register(office, case, "SO.5343.1.2026", CLERK, "RPW/{nr}/{rok}")
    return case


def test_every_stage_can_be_left_for_known_stages_and_reached() -> None:
    assert set(stages.TRANSITIONS) == set(stages.STAGES)
    reached = {stages.FILED, *(then for following in stages.TRANSITIONS.values() for then in following)}
    assert reached == set(stages.STAGES)


def test_registration_gives_numbers_without_gaps(office: Office, case: Case) -> None:
    registered(office, case)
    assert (case.rpw_number, case.case_sign) == ("RPW/1/2026", "SO.5343.1.2026")
    other = Case("BOI-2026-AAAA-AAAA", case.owner, "Inna", "", "so", "Wydział", "5343", AT, case.deadline)
    with pytest.raises(HandlingError):
        handling.register(office, other, "SO.5343.1.2026", CLERK, "RPW/{nr}/{rok}")
    handling.register(office, other, "SO.5343.2.2026", CLERK, "RPW/{nr}/{rok}")
    assert other.rpw_number == "RPW/2/2026"


REFUSED = {
    "back to registered": Move(stages.REGISTERED),
    "suspended before work began": Move(stages.SUSPENDED, "Czekamy na sąd."),
    "call without words": Move(stages.CORRECTION, "  ", reply_by=datetime.date(2026, 4, 1)),
    "call without a date": Move(stages.CORRECTION, "Dołącz mapę."),
    "call for six days": Move(stages.CORRECTION, "Dołącz mapę.", reply_by=datetime.date(2026, 3, 11)),
    "closed without an outcome": Move(stages.CLOSED),
    "closed in an unknown way": Move(stages.CLOSED, outcome="inaczej"),
    "outcome of an open case": Move(stages.IN_PROGRESS, outcome="pozytywnie"),
    "planned yesterday": Move(stages.IN_PROGRESS, deadline=datetime.date(2026, 3, 4)),
    "too many words": Move(stages.IN_PROGRESS, "x" * 2001),
}


@pytest.mark.parametrize("move", REFUSED.values(), ids=REFUSED)
def test_move_is_refused_and_changes_nothing(office: Office, case: Case, move: Move) -> None:
    registered(office, case)
    before, tasks = case.events, len(office.tasks)
    with pytest.raises(HandlingError):
        handling.change_stage(office, case, move, CLERK)
    assert case.events == before and len(office.tasks) == tasks


def test_time_of_suspension_does_not_count(office: Office, case: Case) -> None:
    registered(office, case)
    handling.change_stage(office, case, Move(stages.IN_PROGRESS), CLERK)
    handling.change_stage(office, case, Move(stages.SUSPENDED, "Czekamy na sąd."), CLERK)
    assert not case.is_late(datetime.date(2027, 1, 1))
    later = Clerk("7", AT + datetime.timedelta(days=10), "https://boi.example")
    handling.change_stage(office, case, Move(stages.IN_PROGRESS), later)
    assert case.deadline == datetime.date(2026, 4, 17)
    assert case.is_late(datetime.date(2026, 4, 18)) and not case.is_late(datetime.date(2026, 4, 17))


def test_planned_day_moves_to_a_working_day(office: Office, case: Case) -> None:
    registered(office, case)
    handling.change_stage(office, case, Move(stages.IN_PROGRESS, deadline=datetime.date(2026, 5, 1)), CLERK)
    assert case.deadline == datetime.date(2026, 5, 4)


def test_letter_tells_the_stage_and_never_the_message(office: Office, case: Case) -> None:
    registered(office, case)
    move = Move(stages.CORRECTION, "Tajna treść pisma.", reply_by=datetime.date(2026, 4, 1))
    handling.change_stage(office, case, move, CLERK)
    letters = [task.payload for task in office.tasks.values() if task.kind == "mail"]
    assert {letter["params"]["stage"] for letter in letters} == {"Zarejestrowana", "Wezwanie do uzupełnienia"}
    assert "Tajna" not in str(letters)
    assert letters[0]["params"]["link"] == f"https://boi.example/sprawy/{NUMBER}"


def test_closed_case_comes_back_only_with_words(office: Office, case: Case) -> None:
    registered(office, case)
    handling.change_stage(office, case, Move(stages.CLOSED, outcome="umorzona"), CLERK)
    assert case.outcome is stages.OUTCOMES["umorzona"]
    with pytest.raises(HandlingError):
        handling.change_stage(office, case, Move(stages.IN_PROGRESS), CLERK)
    handling.change_stage(office, case, Move(stages.IN_PROGRESS, "Decyzję uchylono."), CLERK)
    assert case.is_open and len(case.events) == 4


@pytest.mark.parametrize(
    "text", ["OR.1431.12.2026.JK", "ABC-A.123.77.3.2011.JW", "SO.5343.12.2026", "W-1.0000.1.2026.ŁŻ"]
)
def test_sign_is_read_and_written_the_same(text: str) -> None:
    assert str(CaseSign.parse(f" {text} ")) == text


@pytest.mark.parametrize(
    "text",
    ["", "12.1431.1.2026", "or.1431.1.2026", "OR.1431.0.2026", "OR.14A.1.2026", "OR.1431.1.26", "OR.1431.1.2026\nX"],
)
def test_what_is_no_sign_is_refused(text: str) -> None:
    with pytest.raises(SignError):
        CaseSign.parse(text)
