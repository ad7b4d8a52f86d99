"""Employees' accounts and absences as administrators, heads and clerks meet them, and who may not."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest
from webtest import TestApp

from boi_portal.office import auditing
from boi_portal.web.polish import today
from tests.authenticator import Authenticator
from tests.functional.test_accounts import letters_to, text_of
from tests.functional.test_cases import file
from tests.functional.test_factors import add_passkey, age
from tests.portals import TestPortal

PASSWORD = "Zielony-most-8-kaczek"


@pytest.fixture(scope="module")
def admin(portal: TestPortal) -> TestApp:
    return portal.signed_in("administrator")


def submit(page: Any, button: str, status: int = 303, **values: Any) -> Any:
    form = page.forms["formularz"]
    for name, value in values.items():
        form.set(name, value) if not isinstance(value, list) else tick(form, name, value)
    return form.submit(button, status=status)


def tick(form: Any, name: str, wanted: list[str]) -> None:
    for box in form.fields["checkbox"]:
        box.checked = box._value in wanted


def post(browser: TestApp, page: str, action: str, status: int = 303, **values: str) -> Any:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(page).text)
    assert token is not None
    return browser.post(action, {"csrf_token": token[1], **values}, status=status)


def invited(portal: TestPortal, admin: TestApp, login: str, **other: Any) -> str:
    """Invite a clerk; returns the letter's link."""
    given = {"login": login, "nazwisko": "Nowa Okienkowa", "email": f"{login}@urzad.example", "wydzial": "so"}
    submit(admin.get("/pracownicy/dodaj"), "zapros", **{**given, **other, "role": other.get("role", ["urzednik"])})
    portal.work()
    link = re.search(r"/zaproszenie/[\w-]{43}", portal.letters()[-1].replace("=\n", ""))
    assert link is not None
    return link[0]


@pytest.mark.parametrize("login", ["redaktorka", "urzednik", "kierownik"])
def test_other_employees_do_not_manage_accounts(portal: TestPortal, login: str) -> None:
    browser = portal.signed_in(login)
    for path in ("/pracownicy", "/pracownicy/dodaj"):
        browser.get(path, status=403)
    browser.get("/pracownicy/redaktor", status=404)


def test_an_applicant_does_not_learn_who_works_here(portal: TestPortal) -> None:
    jan = portal.signed_in("jan.testowy")
    for room in ("/pracownicy", "/nieobecnosci"):
        jan.get(room, status=403)
        told = [jan.get(f"{room}/{login}", status=404).html.find("main").text for login in ("urzednik", "nikt")]
        assert told[0] == told[1]


def test_an_invited_clerk_sets_a_password_and_works(portal: TestPortal, admin: TestApp) -> None:
    link = invited(portal, admin, "nowa.osoba")
    assert "Zaproszenie wysłane" in admin.get("/pracownicy?q=nowa.osoba")
    person = portal.browser()
    person.get(link, status=200)
    portal.browser().post("/logowanie", {"login": "nowa.osoba", "password": ""}, status=422)
    person.post(link, {"password": PASSWORD, "ustaw": "ustaw"}, status=303)
    clerk = portal.browser()
    clerk.post("/logowanie", {"login": "nowa.osoba", "password": PASSWORD}, status=303)
    assert "Sprawy obywatelskie" in clerk.get("/urzad").text or "Wydział" in clerk.get("/urzad").text
    person.get(link, status=410)
    assert "Aktywne" in admin.get("/pracownicy?q=nowa.osoba")


def test_an_invitation_can_be_sent_again(portal: TestPortal, admin: TestApp) -> None:
    invited(portal, admin, "druga.osoba")
    before = len(portal.letters())
    post(admin, "/pracownicy/druga.osoba", "/pracownicy/druga.osoba/zapros")
    portal.work()
    assert len(portal.letters()) == before + 1


def test_an_invitation_to_a_wrong_address_dies_with_its_correction(portal: TestPortal, admin: TestApp) -> None:
    link = invited(portal, admin, "zly.adres", email="ktos.obcy@poczta.example")
    submit(admin.get("/pracownicy/zly.adres"), "zapisz", email="zly.adres@urzad.example", role=["urzednik"])
    portal.browser().get(link, status=410)
    post(admin, "/pracownicy/zly.adres", "/pracownicy/zly.adres/zapros")
    portal.work()
    again = re.findall(r"/zaproszenie/[\w-]{43}", portal.letters()[-1].replace("=\n", ""))
    portal.browser().get(again[0], status=200)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"login": "Ą"}, "Login ma od 3"),
        ({"login": "redaktorka"}, "jest już zajęty"),
        ({"login": "jan.testowy"}, "jest już zajęty"),
        ({"email": "redaktorka@urzad.example"}, "ma już inne konto"),
        ({"email": "jan.testowy@poczta.example"}, "ma już inne konto"),
        ({"email": "bez"}, "nazwa@domena.pl"),
        ({"wydzial": ""}, "Wybierz wydział"),
        ({"role": []}, "co najmniej jedną rolę"),
        ({"nazwisko": ""}, "Uzupełnij"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_lost(admin: TestApp, values: dict[str, Any], message: str) -> None:
    given = {
        "login": "trzecia", "nazwisko": "Trzecia Osoba", "email": "trzecia@urzad.example", "wydzial": "so",
        "role": ["urzednik"], **values,
    }  # fmt: skip
    page = submit(admin.get("/pracownicy/dodaj"), "zapros", 422, **given)
    assert message in page.text
    assert page.forms["formularz"]["nazwisko"].value == given["nazwisko"]


def test_a_role_that_is_taken_away_counts_at_once(portal: TestPortal, admin: TestApp) -> None:
    editor = portal.signed_in("redaktorka")
    editor.get("/redakcja", status=200)
    submit(admin.get("/pracownicy/redaktorka"), "zapisz", role=["urzednik"], wydzial="so")
    editor.get("/redakcja", status=403)
    submit(admin.get("/pracownicy/redaktorka"), "zapisz", role=["redaktor"], wydzial="")
    editor.get("/redakcja", status=200)
    portal.work()
    letters = [letter for letter in portal.letters() if "To: redaktorka@urzad.example" in letter]
    assert len(letters) >= 2 and any("Role: Redaktor" in letter.replace("=20", " ") for letter in letters[-2:])


def test_changing_accounts_needs_a_fresh_proof(portal: TestPortal) -> None:
    idle = portal.signed_in("administrator")
    age(portal, "administrator", 3600)
    for page in ("/pracownicy/dodaj", "/pracownicy/redaktor"):
        assert "/logowanie/potwierdz?" in idle.get(page, status=303).location
    answer = post(idle, "/pracownicy", "/pracownicy/redaktor/wylacz")
    assert "/logowanie/potwierdz?" in answer.location
    assert "Aktywne" in idle.get("/pracownicy?q=redaktor")
    age(portal, "administrator", 0)  # the other tests' session is as fresh as it was


def test_nobody_locks_himself_out(admin: TestApp) -> None:
    page = submit(admin.get("/pracownicy/administrator"), "zapisz", 422, role=["redaktor"])
    assert "samemu sobie" in page.text
    answer = post(admin, "/pracownicy/administrator", "/pracownicy/administrator/wylacz")
    assert "Nie możesz wyłączyć własnego konta" in answer.follow().text
    admin.get("/pracownicy", status=200)


def test_an_account_that_is_switched_off_is_signed_out(portal: TestPortal, admin: TestApp) -> None:
    chief = portal.signed_in("redaktor")
    chief.get("/redakcja", status=200)
    post(admin, "/pracownicy/redaktor", "/pracownicy/redaktor/wylacz")
    assert chief.get("/redakcja", status=303).location.startswith("http://localhost/logowanie")
    login = {"login": "redaktor", "password": portal.people["redaktor"].password}
    portal.browser().post("/logowanie", login, status=422)
    post(admin, "/pracownicy/redaktor", "/pracownicy/redaktor/wlacz")
    portal.browser().post("/logowanie", login, status=303)


# somebody who has lost every second factor


@pytest.fixture
def without_factors(portal: TestPortal) -> Iterator[None]:
    """After the test nobody has a factor, so that a password is enough for the next ones."""
    yield
    with portal.opened() as opened:
        for kept in opened.office.credentials.values():
            kept.factors.remove_all()


@pytest.mark.usefixtures("without_factors")
def test_an_administrator_helps_an_employee_who_lost_every_factor(portal: TestPortal, admin: TestApp) -> None:
    page, clerk = "/pracownicy/urzednik.os", portal.signed_in("urzednik.os")
    address = f"{page}/drugi-skladnik"
    assert admin.get(page).html.find("a", href=address) is None
    admin.get(address, status=404)
    add_passkey(clerk, Authenticator())
    asked = admin.get(page).click(href=address)
    assert "osobiście, nie przez telefon" in asked.text
    login = {"login": "urzednik.os", "password": portal.people["urzednik.os"].password}
    assert portal.browser().post("/logowanie", login).location.endswith("/logowanie/drugi-skladnik")
    told = post(admin, address, address).follow()
    assert "Drugi składnik jest usunięty" in told.text
    assert told.html.find("a", href=address) is None
    post(admin, page, address, 404)
    assert clerk.get("/urzad", status=303).location.startswith("http://localhost/logowanie")
    assert portal.browser().post("/logowanie", login).location == "http://localhost/"
    letters = [text_of(letter) for letter in letters_to(portal, "urzednik.os@urzad.example")]
    assert any("Urząd wyłączył drugi składnik" in letter for letter in letters)
    with portal.opened(commit=False) as opened:
        users = opened.site["principals"]["users"]
        events = [line for line in auditing.all_lines(opened.office) if line.what == "factors-forgotten"]
        assert [(event.who, event.about) for event in events] == [
            (str(users["administrator"].__oid__), str(users["urzednik.os"].__oid__))
        ]


@pytest.mark.usefixtures("without_factors")
def test_nobody_else_takes_factors_away_and_no_administrator_ones_own(portal: TestPortal, admin: TestApp) -> None:
    add_passkey(portal.signed_in("redaktorka"), Authenticator())
    address = "/pracownicy/redaktorka/drugi-skladnik"
    for login in ("urzednik", "kierownik", "redaktor", "jan.testowy"):
        other = portal.signed_in(login)
        other.get(address, status=404)
        post(other, "/konto", address, 404)
    add_passkey(admin, Authenticator())
    post(admin, "/pracownicy", "/pracownicy/administrator/drugi-skladnik", 404)
    assert admin.get("/pracownicy/administrator").html.find("a", href=re.compile("/drugi-skladnik")) is None


@pytest.mark.usefixtures("without_factors")
def test_taking_factors_away_needs_a_fresh_proof(portal: TestPortal) -> None:
    add_passkey(portal.signed_in("kierownik"), Authenticator())
    idle, address = portal.signed_in("administrator"), "/pracownicy/kierownik/drugi-skladnik"
    age(portal, "administrator", 3600)
    assert "/logowanie/potwierdz?" in idle.get(address, status=303).location
    assert "/logowanie/potwierdz?" in post(idle, "/pracownicy", address).location
    age(portal, "administrator", 0)
    assert idle.get("/pracownicy/kierownik").html.find("a", href=address)


# absences


def day(offset: int) -> str:
    return (today() + datetime.timedelta(days=offset)).isoformat()


def test_a_deputy_sees_the_cases_while_the_other_is_away(portal: TestPortal) -> None:
    number = file(portal, portal.signed_in("jan.testowy"))
    with portal.opened(commit=False) as opened:
        department = opened.office.cases[number].department
        users = {name: opened.site["principals"]["users"][name] for name in portal.people if name != "jan.testowy"}
        absent = next(
            name for name in users if users[name].department == department and "urzednik" in users[name].roles
        )
        deputy, oid = next(
            (name, users[name].__oid__)
            for name in users
            if users[name].department not in ("", department) and "urzednik" in users[name].roles
        )
    stand_in, away = portal.signed_in(deputy), portal.signed_in(absent)
    stand_in.get(f"/urzad/sprawy/{number}", status=404)
    page = f"/nieobecnosci/{absent}"
    submit(away.get(page), "dodaj", od=day(2), do=day(3), zastepca=str(oid))
    stand_in.get(f"/urzad/sprawy/{number}", status=404)
    submit(away.get(page), "dodaj", od=day(0), do=day(1), zastepca=str(oid))
    stand_in.get(f"/urzad/sprawy/{number}", status=200)
    assert "Dzisiaj zastępujesz" in stand_in.get("/nieobecnosci")
    portal.work()
    assert (
        any("Zastępstwo" in letter or "zastępujesz" in letter for letter in portal.letters()[-2:]) or portal.letters()
    )
    shown = away.get(page)
    ids = re.findall(r'name="id" value="([0-9a-f]{32})"', shown.text)
    for absence_id in ids:
        post(away, page, f"{page}/usun", id=absence_id)
    stand_in.get(f"/urzad/sprawy/{number}", status=404)


@pytest.mark.parametrize("role", ["redaktor", "administrator"])
def test_a_department_alone_opens_no_cases(portal: TestPortal, admin: TestApp, role: str) -> None:
    """Whoever looks after a department's pages, or was a clerk there, has no business with its citizens' cases."""
    number = file(portal, portal.signed_in("jan.testowy"))
    with portal.opened(commit=False) as opened:
        department = opened.office.cases[number].department
    person = portal.signed_in("urzednik.os")
    page = "/pracownicy/urzednik.os"
    submit(admin.get(page), "zapisz", wydzial=department, role=["urzednik"])
    person.get(f"/urzad/sprawy/{number}", status=200)
    submit(admin.get(page), "zapisz", wydzial=department, role=[role])
    try:
        person.get(f"/urzad/sprawy/{number}", status=404)
    finally:
        submit(admin.get(page), "zapisz", wydzial="os", role=["urzednik"])


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [(3, 2, "wcześniejszy"), (-5, -1, "już minęła"), (0, 400, "najwyżej rok"), (20, 25, "zachodzą")],
)
def test_days_that_cannot_be(portal: TestPortal, first: int, last: int, message: str) -> None:
    clerk = portal.signed_in("urzednik.os")
    with portal.opened(commit=False) as opened:
        oid = opened.site["principals"]["users"]["urzednik"].__oid__
    page = "/nieobecnosci/urzednik.os"
    if message == "zachodzą":
        submit(clerk.get(page), "dodaj", od=day(22), do=day(30), zastepca=str(oid))
    told = submit(clerk.get(page), "dodaj", 422, od=day(first), do=day(last), zastepca=str(oid))
    assert message in told.text


def test_whose_absences_one_may_write_down(portal: TestPortal) -> None:
    clerk, head = portal.signed_in("urzednik"), portal.signed_in("kierownik")
    clerk.get("/nieobecnosci/urzednik", status=200)
    clerk.get("/nieobecnosci/urzednik.os", status=404)
    clerk.get("/nieobecnosci/kierownik", status=404)
    head.get("/nieobecnosci/urzednik", status=200)
    head.get("/nieobecnosci/urzednik.os", status=404)
    portal.signed_in("administrator").get("/nieobecnosci/urzednik.os", status=200)
    portal.signed_in("administrator").get("/nieobecnosci/nikt", status=404)


def test_an_absence_that_is_not_there(portal: TestPortal) -> None:
    clerk = portal.signed_in("urzednik")
    post(clerk, "/nieobecnosci/urzednik", "/nieobecnosci/urzednik/usun", 404, id="x")
    post(clerk, "/nieobecnosci/urzednik", "/nieobecnosci/urzednik/usun", 404)
