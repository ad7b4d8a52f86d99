"""Clerks find applicants who have a case in their own department, and nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from webtest import TestApp

from boi_portal.accounts import logins
from boi_portal.accounts.resources import BUSINESS, Applicant
from boi_portal.cases import people
from boi_portal.cases.records import Case
from boi_portal.office import auditing
from boi_portal.office.store import case_number
from boi_portal.publishing.content import now
from tests import citizens
from tests.people import make_pesel
from tests.portals import TestPortal

ADDRESS = "/urzad/interesanci"
NIP = "9990000008"


@pytest.fixture(scope="module")
def clerk(portal: TestPortal) -> TestApp:
    return portal.signed_in("urzednik")


def add_case(office: Any, owner: Applicant, department: str) -> str:
    """A case as filing leaves it, with its task for the worker."""
    from boi_portal.office import tasks

    number = case_number(2026)
    case = Case(number, owner.userid, "Zgłoszenie psa", "", department, department.upper(), "5343", now(), now().date())
    office.cases[number] = case
    owner.cases.add(number)
    tasks.put(office, "index-case", {"number": number})
    return number


@pytest.fixture(scope="module")
def people_of_town(portal: TestPortal) -> dict[str, Any]:
    """Łucja has a case in `so`, Żaneta one in `os`, Leon in both, Adela none; a firm has one in `so`."""
    made: dict[str, Any] = {}
    with portal.opened() as opened:
        office, secret = opened.office, portal.registry.boi_settings.secret
        for first, last, departments in (
            ("Łucja", "Źródlana-Próbna", ("so",)),
            ("Żaneta", "Źródlana", ("os",)),
            ("Leon", "Testowski", ("so", "os")),
            ("Adela", "Testowska", ()),
        ):
            person = citizens.add_applicant(office)
            person.first_name, person.last_name = first, last
            person.numbers = {"pesel": make_pesel()}
            person.login = f"{first.lower()}.login"
            logins.claim(office, person.userid, [person.login, person.email, logins.pesel_key(secret, person.pesel)])
            cases = [add_case(office, person, department) for department in departments]
            made[first] = {"userid": person.userid, "pesel": person.pesel, "email": person.email, "cases": cases}
        firm = citizens.add_applicant(office, kind=BUSINESS, org_name="Piekarnia „Próbna”")
        firm.numbers = {"nip": NIP, "pesel": made["Leon"]["pesel"]}
        made["firma"] = {"userid": firm.userid, "cases": [add_case(office, firm, "so")]}
    portal.work()
    return made


def search(browser: TestApp, text: str, status: int = 200) -> Any:
    form = browser.get(ADDRESS).forms["formularz"]
    form["szukane"] = text
    return form.submit("szukaj", status=status)


def found(page: Any) -> list[str]:
    return [re.sub(r"\s+", " ", heading.get_text()).strip() for heading in page.html.main.find_all("h3")]


# whose business it is not


@pytest.mark.parametrize("login", ["jan.testowy", "administrator", "redaktor", "redaktorka"])
def test_nobody_but_clerks_may_search(portal: TestPortal, login: str) -> None:
    browser = portal.signed_in(login)
    assert browser.get(ADDRESS, status="*").status_int in (403, 404)
    token = browser.get("/konto").html.find("input", attrs={"name": "csrf_token"})["value"]
    answer = browser.post(ADDRESS, {"csrf_token": token, "szukane": "Testowski", "szukaj": ""}, status="*")
    assert answer.status_int in (403, 404)


def test_visitor_is_led_to_sign_in(portal: TestPortal) -> None:
    assert "logowanie" in portal.browser().get(ADDRESS, status=303).location


@pytest.mark.parametrize("what", ["name", "pesel", "email", "login", "case"])
def test_people_of_other_departments_are_not_found(
    portal: TestPortal, clerk: TestApp, people_of_town: dict[str, Any], what: str
) -> None:
    other = people_of_town["Żaneta"]
    text = {
        "name": "Źródlana Ż", "pesel": other["pesel"], "email": other["email"], "login": "żaneta.login", "case": other["cases"][0],
    }[what]  # fmt: skip
    assert found(search(clerk, text)) == []
    assert found(search(portal.signed_in("urzednik.os"), text)) == ["Żaneta Źródlana"]
    assert found(search(portal.signed_in("urzednik.or"), text)) == []


@pytest.mark.parametrize("text", ["Testowska", "adela.login"])
def test_who_has_no_case_is_not_found(clerk: TestApp, people_of_town: dict[str, Any], text: str) -> None:
    assert found(search(clerk, text)) == []


def test_cases_of_other_departments_are_not_shown(clerk: TestApp, people_of_town: dict[str, Any]) -> None:
    own, other = people_of_town["Leon"]["cases"]
    page = search(clerk, "Testowski")
    assert own in page.text
    assert other not in page.text


# finding


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Źródl", ["Łucja Źródlana-Próbna"]),
        ("zrodlana probna lu", ["Łucja Źródlana-Próbna"]),
        ("PRÓBNA", ["Łucja Źródlana-Próbna"]),
        ("Testowski Leon", ["Leon Testowski"]),
        ("piekarnia", ["Piekarnia „Próbna”"]),
        ("999-000-00-08", ["Piekarnia „Próbna”"]),
        ("łucja.login", ["Łucja Źródlana-Próbna"]),
        ("źród ski", []),
        ("x", []),
        ("%", []),
        ("00000000000", []),
    ],
)
def test_applicants_are_found_by(
    clerk: TestApp, people_of_town: dict[str, Any], text: str, expected: list[str]
) -> None:
    assert found(search(clerk, text)) == expected


def test_exact_number_address_or_case_finds_whose_it_is(clerk: TestApp, people_of_town: dict[str, Any]) -> None:
    leon = people_of_town["Leon"]
    assert sorted(found(search(clerk, leon["pesel"]))) == ["Leon Testowski", "Piekarnia „Próbna”"]
    assert found(search(clerk, leon["pesel"][:10])) == []
    assert found(search(clerk, leon["email"].upper())) == ["Leon Testowski"]
    assert found(search(clerk, leon["cases"][0].lower())) == ["Leon Testowski"]


def test_result_shows_the_pesel_masked_and_links_the_case(clerk: TestApp, people_of_town: dict[str, Any]) -> None:
    lucja = people_of_town["Łucja"]
    page = search(clerk, "Źródlana")
    main = page.html.main.get_text()
    assert lucja["pesel"] not in main
    assert f"•••••••{lucja['pesel'][-4:]}" in main
    assert page.html.find("a", href=f"/urzad/sprawy/{lucja['cases'][0]}")
    assert page.forms["formularz"]["szukane"].value == "Źródlana"


def test_empty_search_is_refused_at_its_field(clerk: TestApp) -> None:
    assert search(clerk, "", status=422).html.find(class_="error-summary")


def test_many_are_cut_and_said_to_be_more(portal: TestPortal, clerk: TestApp) -> None:
    with portal.opened() as opened:
        for place in range(people.MOST + 1):
            person = citizens.add_applicant(opened.office)
            person.first_name, person.last_name = f"Osoba{place:02}", "Wielokrotna"
            add_case(opened.office, person, "so")
    portal.work()
    page = search(clerk, "wielokrotna")
    assert len(found(page)) == people.MOST
    assert "Wpisz więcej liter" in page.text


def test_changed_name_is_found_by_the_new_one(portal: TestPortal, clerk: TestApp) -> None:
    with portal.opened() as opened:
        person = citizens.add_applicant(opened.office)
        person.last_name = "Dawna"
        add_case(opened.office, person, "so")
    portal.work()
    assert len(found(search(clerk, "Dawna"))) == 1
    with portal.opened() as opened:
        person = opened.office.applicants[person.id]
        person.last_name = "Nowsza"
        people.index_later(opened.office, person.userid)
    portal.work()
    assert found(search(clerk, "Dawna")) == []
    assert len(found(search(clerk, "Nowsza"))) == 1
    with portal.opened() as opened:
        del opened.office.applicants[person.id]
        people.index_later(opened.office, person.userid)
    portal.work()
    assert found(search(clerk, "Nowsza")) == []
    with portal.opened(commit=False) as opened:
        assert not any(id_ == person.id for *_, id_ in opened.office.people[people.INDEX])


# what is written down


def test_search_leaves_a_line_and_one_for_each_who_was_shown(
    portal: TestPortal, clerk: TestApp, people_of_town: dict[str, Any]
) -> None:
    leon = people_of_town["Leon"]
    with portal.opened(commit=False) as opened:
        before = len(list(auditing.all_lines(opened.office)))
    search(clerk, leon["pesel"])
    search(clerk, "nikogo takiego")
    with portal.opened(commit=False) as opened:
        lines = list(auditing.all_lines(opened.office))[before:]
        assert sorted((line.what, line.about, line.how) for line in lines) == sorted(
            [
                ("people-search", "", "pesel"),
                ("person-found", leon["userid"], "pesel"),
                ("person-found", people_of_town["firma"]["userid"], "pesel"),
                ("people-search", "", "name"),
            ]
        )
        assert leon["pesel"] not in str(lines)


def test_index_follows_a_changed_secret(portal: TestPortal, people_of_town: dict[str, Any]) -> None:
    pesel, other = people_of_town["Leon"]["pesel"], "another-secret-of-32-characters-xy"
    with portal.opened(commit=False) as opened:
        assert people.index_again(opened.office, other) > 0
        assert len(people.find(opened.office, ("so",), pesel, other).people) == 2
        assert people.find(opened.office, ("so",), pesel, portal.registry.boi_settings.secret).people == ()


def test_index_holds_no_number_in_clear(portal: TestPortal, people_of_town: dict[str, Any]) -> None:
    with portal.opened(commit=False) as opened:
        kept = " ".join(term for _, term, _ in opened.office.people[people.INDEX])
        assert NIP not in kept
        assert not any(one["pesel"] in kept for one in people_of_town.values() if "pesel" in one)
