"""Who gets what: the portal's answers to everybody at every view, against the table in `access.txt`.

The table is the design: a row is written by reading what the view is for (docs/architecture.md, `permissions`), and checked here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from boi_portal.api import tokens
from boi_portal.publishing.content import now
from tests import citizens
from tests import town as towns
from tests.functional import access
from tests.functional.access import CALLER, PERSONS, Asker, Key
from tests.portals import TestPortal
from tests.town import Town, View

# whose business Jan's draft and case are
JANS = frozenset({"jan", "late", "sees", "fills", "signs", "clerk", "deputy", "head"})
# whose business the number is that Anna asks to change
ANNAS = frozenset({"anna", "head", "admin"})
FORGED = "Nie możemy potwierdzić, skąd pochodzi formularz"
# what stands before a view answers these
CLOSED = frozenset({"403", "404", "405", "303L", "303P", "303Z"})
# kinds of context that have nothing to say here: closed, not there, or without an invitation in the session
SILENT = {"manage:IPasswordReset", "route:boi_api_unknown", "InvitationRoom"}
# what other systems send, which proves by itself where it comes from
NO_TOKEN = {("SamlRoom", "odpowiedz"), ("SamlRoom", "wyloguj"), ("SamlRoom", "wyloguj-soap")}


@dataclasses.dataclass
class Answers:
    """What everybody was answered: codes by row, and who saw which words that are not theirs to see."""

    codes: dict[Key, dict[str, str]]
    seen: list[tuple[str, str, str]]


@pytest.fixture(scope="module")
def town(portal: TestPortal) -> Town:
    return Town(portal)


@pytest.fixture(scope="module")
def views(town: Town) -> dict[Key, View]:
    return access.wanted(town)


@pytest.fixture(scope="module")
def table() -> dict[Key, dict[str, str]]:
    return access.read_table(access.FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def asker(town: Town) -> Asker:
    with town.portal.opened() as opened:
        return Asker(town, tokens.make_token(opened.office, "eod-test", [tokens.APPLICANTS_WRITE], 10, now()))


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    with towns.undrawn():
        yield


@pytest.fixture(scope="module")
def answers(town: Town, views: dict[Key, View], asker: Asker, undrawn: None) -> Answers:
    with town.portal.opened(commit=False) as opened:
        jan = citizens.account_of(opened.office, "jan.testowy")
        anna = citizens.applicant_of(opened.office, opened.office.number_changes[town.names["change"]].owner)
        words = dict.fromkeys((town.names["case"], jan.pesel, jan.email, "Burek"), JANS)
        words[citizens.JAN.pesel] = JANS | ANNAS  # the number that Anna says is hers
        words[anna.pesel] = ANNAS
    found = Answers({}, [])
    with towns.nothing_kept(town.portal):
        for key, view in views.items():
            if town.base(view) is None:
                continue  # the first test says so
            codes = found.codes[key] = {}
            for who in PERSONS:
                answer = asker.ask(who, view, key)
                codes[who] = access.code_of(answer)
                if answer.location is None:  # a redirect repeats the address
                    found.seen += [
                        (str(key), who, word)
                        for word in words
                        if who not in words[word] and word.encode() in answer.body
                    ]
    return found


def test_every_view_is_in_the_table(
    town: Town, views: dict[Key, View], table: dict[Key, dict[str, str]], answers: Answers
) -> None:
    no_address = sorted({view.context or view.route for view in views.values() if town.base(view) is None})
    assert not no_address, (
        f"add an address of each of these kinds of context to BASES (below /manage: MANAGED; routes: ROUTES) in tests/town.py: {no_address}"
    )
    missing = [access.line_of(key, answers.codes[key]) for key in views if key not in table]
    assert not missing, (
        f"{len(missing)} rows are missing. Here is what the portal answers; read each against what it should answer to whom, "
        f"mend what is wrong, and add the rows to {access.FILE.name}:\n" + "\n".join(missing)
    )


def test_every_row_is_of_a_view(views: dict[Key, View], table: dict[Key, dict[str, str]]) -> None:
    gone = [str(key) for key in table if key not in views]
    assert not gone, f"the portal has no such views any more; take their rows out of {access.FILE.name}: {gone}"


def test_everybody_gets_what_the_table_says(table: dict[Key, dict[str, str]], answers: Answers) -> None:
    wrong = [
        f"{key}: {who} gets {code} and should get {table[key][who]}"
        for key, codes in answers.codes.items()
        if key in table
        for who, code in codes.items()
        if code != table[key][who]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_table_allows_no_failure_and_answers_somebody(table: dict[Key, dict[str, str]]) -> None:
    for key, codes in table.items():
        assert not [who for who, code in codes.items() if code.startswith("5")], key
    said = {key.context for key, codes in table.items() if not set(codes.values()) <= CLOSED}
    assert {key.context for key in table} - said == SILENT, "its address in tests/town.py leads to nothing of its kind"


def test_the_management_interface_is_for_administrators_alone(table: dict[Key, dict[str, str]]) -> None:
    for key, codes in table.items():
        if key.context.startswith("manage:") and key.view != "logout":
            assert {code for who, code in codes.items() if who not in ("admin", CALLER)} <= CLOSED, key


def test_an_admin_has_no_business_with_applicants(table: dict[Key, dict[str, str]]) -> None:
    applicants_own = (
        "DraftResource",
        "FiledDraft",
        "CaseResource",
        "DeskCaseResource",
        "MandateResource",
        "PersonResource",
    )
    for key, codes in table.items():
        if key.context in applicants_own:
            assert {codes[who] for who in ("other clerk", "editor", "chief", "admin")} == {"404"}, key


def test_nobody_reads_what_is_not_their_business(answers: Answers) -> None:
    # the audit trail tells admins who did what, and about whom
    assert [one for one in answers.seen if not (one[0].startswith("TrailRoom") and one[1] == "admin")] == []


def test_no_post_is_taken_without_its_token(
    town: Town, views: dict[Key, View], answers: Answers, asker: Asker, undrawn: None
) -> None:
    """With the token the view answered; without it the answer is that the form is not ours."""
    wrong, tried = [], 0
    with towns.nothing_kept(town.portal):
        for key, view in views.items():
            if key.method != "POST" or key.context.startswith("route:boi_"):
                continue
            for who in PERSONS:
                if who == CALLER or answers.codes[key][who] in CLOSED:
                    continue
                answer = asker.ask(who, view, key, with_token=False)
                tried += 1
                refused = answer.status_int == 400 and FORGED in answer.text
                # below /manage, a view that wants its token is not there without it
                refused = refused or (view.managed and answer.status_int == 405)
                if refused == ((key.context, key.view) in NO_TOKEN):
                    wrong.append(f"{key} by {who}: {answer.status}")
    assert not wrong, "\n".join(wrong)
    assert tried > 300
