"""The audit trail as an administrator reads it, and what deals with applicants' data leaves in it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from webtest import TestApp

from boi_portal.cases.trail import PAGE, WORDS
from boi_portal.office import audit, auditing
from tests.functional.test_cases import desk_form, file, register
from tests.portals import TestPortal

ADDRESS = "/urzad/dziennik"
JAN = f"applicant:{'de30' * 8}"

# bodies over 10 kB lie in temporary files that WebOb leaves to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.fixture(scope="module")
def admin(portal: TestPortal) -> TestApp:
    return portal.signed_in("administrator")


@pytest.fixture(scope="module")
def filed(portal: TestPortal) -> str:
    """A case that a clerk works on."""
    number = file(portal, portal.signed_in("jan.testowy"))
    register(portal.signed_in("urzednik"), number)
    return number


def lines(portal: TestPortal, about: str) -> list[tuple[str, str]]:
    with portal.opened(commit=False) as opened:
        return [(line.what, line.who) for line in auditing.lines_about(opened.office, [about])]


def rows(page: Any) -> list[list[str]]:
    return [[cell.get_text(strip=True) for cell in row.find_all(["td", "th"])] for row in page.html.select("tbody tr")]


# whose business it is not


@pytest.mark.parametrize("login", ["jan.testowy", "urzednik", "kierownik", "redaktor", "redaktorka"])
def test_nobody_but_administrators_reads_the_trail(portal: TestPortal, login: str) -> None:
    assert portal.signed_in(login).get(ADDRESS, status="*").status_int in (403, 404)


def test_visitor_is_led_to_sign_in(portal: TestPortal) -> None:
    assert "logowanie" in portal.browser().get(ADDRESS, status=303).location


# reading


def test_trail_says_in_words_who_did_what(portal: TestPortal, admin: TestApp, filed: str) -> None:
    portal.work()
    found = rows(admin.get(ADDRESS, {"kogo": filed}))
    assert ["Rejestracja sprawy", "Urszula Okienkowa (urzednik)", filed] in [row[2:5] for row in found]


def test_filters_narrow_and_logins_stand_for_their_accounts(portal: TestPortal, admin: TestApp) -> None:
    portal.signed_in("jan.testowy")
    portal.work()
    found = rows(admin.get(ADDRESS, {"kto": "jan.testowy", "co": "sign-in"}))
    assert found
    assert {(row[2], row[3]) for row in found} == {("Logowanie", "Jan Testowy (jan.testowy)")}
    assert rows(admin.get(ADDRESS, {"kto": JAN, "co": "sign-in"})) == found
    tomorrow = (datetime.date.today() + datetime.timedelta(days=2)).isoformat()
    assert rows(admin.get(ADDRESS, {"kto": JAN, "od": tomorrow})) == []
    assert rows(admin.get(ADDRESS, {"kto": JAN, "do": "2020-01-01"})) == []
    assert "Nie ma takich zdarzeń" in admin.get(ADDRESS, {"kto": "kogo.tu.nie.ma"}).text


@pytest.mark.parametrize(
    "query",
    [
        {"od": "wczoraj"}, {"do": "2026-13-01"}, {"przed": "-1"}, {"przed": "9" * 15}, {"przed": "²"}, {"kto": "9" * 40},
        {"kto": "²"}, {"kto": "\u00a8", "kogo": " "}, {"kogo": "applicant:"}, {"co": "'"}, {"od": "0001-01-01"}, {"do": "9999-12-31"},
    ],
    ids=str,
)  # fmt: skip
def test_crafted_filter_is_answered(admin: TestApp, query: dict[str, str]) -> None:
    assert admin.get(ADDRESS, query, status="*").status_int < 500


def test_older_events_are_on_the_next_page(portal: TestPortal, admin: TestApp) -> None:
    with portal.opened() as opened:
        for place in range(PAGE + 5):
            audit.record(opened.office, "sign-out", "4711", f"sample-{place}", audit.Origin("", ""))
    portal.work()
    first = admin.get(ADDRESS, {"kto": "4711"})
    second = first.click("Starsze zdarzenia")
    assert (len(rows(first)), len(rows(second))) == (PAGE, 5)
    assert not {row[0] for row in rows(first)} & {row[0] for row in rows(second)}
    assert "konto usunięte (4711)" in rows(first)[0][3]
    assert "Starsze" not in second.html.main.get_text()


def test_reading_the_trail_is_written_down_without_what_was_typed(portal: TestPortal, admin: TestApp) -> None:
    admin.get(ADDRESS, {"kogo": "jan.testowy"})
    admin.get(ADDRESS, {"kogo": "68031499952"})
    assert ("trail-read" in [what for what, _ in lines(portal, JAN)]) is True
    assert lines(portal, "68031499952") == []
    portal.work()
    found = rows(admin.get(ADDRESS, {"co": "trail-read"}))
    assert found[0][2] == WORDS["trail-read"]
    assert "administrator" in found[0][3]


# what the desk leaves


def test_refused_change_that_shows_the_case_leaves_a_line(portal: TestPortal, filed: str) -> None:
    clerk = portal.signed_in("urzednik")
    form = desk_form(clerk, filed)
    before = lines(portal, filed)
    form["pole-etap"] = "zakonczona"  # refused by the rules of handling: nobody says with what outcome
    page = form.submit("zmien", status=422)
    assert page.html.find(class_="error-summary")
    assert page.forms["sprawa"]["pole-etap"].value == "zakonczona"
    token = form["csrf_token"].value
    clerk.post(f"/urzad/sprawy/{filed}", {"csrf_token": token, "etap": "nieznany"}, status=422)
    assert [what for what, _ in lines(portal, filed)[len(before) :]] == ["case-read", "case-read"]
    with portal.opened(commit=False) as opened:
        assert opened.office.cases[filed].last.stage == "zarejestrowana"


def test_chain_is_whole_after_all_this(portal: TestPortal) -> None:
    portal.work()
    with portal.opened(commit=False) as opened:
        assert auditing.verify(opened.office, portal.registry.boi_keyring).faults == ()
