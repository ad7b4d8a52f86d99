"""Accounts as people meet them: registration to first sign-in, activation, slow-down, the own account."""

from __future__ import annotations

import datetime
import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import transaction
from webtest import TestApp
from ZODB.POSException import ConflictError

from boi_portal.accounts import logins, passwords, registration, schemas, views
from boi_portal.accounts.demo import PASSWORD
from boi_portal.accounts.resources import Applicant
from boi_portal.office.tasks import TaskContext
from boi_portal.sandbox.people import make_pesel
from tests.portals import TestPortal

NEW_PASSWORD = "zielony most nad rzeką"
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def without_counters(portal: TestPortal) -> None:
    """Each test begins with all its tries."""
    with portal.opened() as opened:
        for key in list(opened.office.throttles):
            del opened.office.throttles[key]


def pesel_of(number: int) -> str:
    return make_pesel(datetime.date(1970, 1, 1), number)


def filled_form(browser: TestApp, kind: str = "osoba-fizyczna", **changed: str) -> Any:
    """The registration form, filled in rightly but for `changed`."""
    form = browser.get(f"/rejestracja/{kind}").forms["formularz"]
    person = {
        "first_name": "Anna",
        "last_name": "Przykładowa",
        "pole-person-identity": "pesel",
        "house_number": "7",
        "postal_code": "99-998",
        "town": "Zdroje",
        "pole-letters-where": "same",
        "password": NEW_PASSWORD,
        "agreed": True,
    }
    firm = {} if kind == "osoba-fizyczna" else {"org_name": "Piekarnia Próbna", "nip": "9990000008"}
    for name, value in {**person, **firm, **changed}.items():
        form.set(name, value, index=0 if name in ("house_number", "postal_code", "town") else None)
    return form


def register(portal: TestPortal, login: str, number: int, kind: str = "osoba-fizyczna", **changed: str) -> TestApp:
    browser = portal.browser()
    changed = {"login": login, "email": f"{login}@poczta.example", "pesel": pesel_of(number), **changed}
    response = filled_form(browser, kind, **changed).submit("zaloz")
    assert response.status_int == 303, response.html.find("div", class_="error-summary")
    assert response.location.endswith("/rejestracja/sprawdz-skrzynke")
    return browser


def letters_to(portal: TestPortal, address: str) -> list[Any]:
    portal.work()
    parsed = [email.message_from_string(text, policy=email.policy.default) for text in portal.letters()]
    return [letter for letter in parsed if letter["To"] == address]


def text_of(letter: Any) -> str:
    text: str = letter.get_body(("plain",)).get_content()
    return text


def link_in(letter: Any) -> str:
    found = re.search(r"http://localhost(?::\d+)?(/aktywacja/[\w-]+)", text_of(letter))
    assert found, text_of(letter)
    return found[1]


def activation_link(portal: TestPortal, login: str) -> str:
    return link_in(letters_to(portal, f"{login}@poczta.example")[-1])


def sign_in(browser: TestApp, login: str, password: str, **kw: Any) -> Any:
    return browser.post("/logowanie", {"login": login, "password": password}, **kw)


def summary(response: Any) -> str:
    text: str = response.html.find("div", class_="error-summary").get_text(" ", strip=True)
    return text


def flashed(response: Any) -> str:
    return " ".join(found.get_text(" ", strip=True) for found in response.html.select(".alert"))


def by_login(office: Any, login: str) -> Applicant:
    return next(person for person in office.applicants.values() if person.login == login)


@contextmanager
def changed_account(portal: TestPortal, login: str) -> Iterator[Applicant]:
    with portal.opened() as opened:
        yield by_login(opened.office, login)


# registration to first sign-in


@pytest.mark.parametrize(
    ("kind", "login", "number", "extra"),
    [
        ("osoba-fizyczna", "anna.osoba", 11, {}),
        ("przedsiebiorca", "anna.firma", 12, {}),
        ("osoba-prawna", "anna.spolka", 13, {"krs": "0000123456", "nip": "999-000-00-08"}),
    ],
)
def test_registration_to_first_sign_in(
    portal: TestPortal, kind: str, login: str, number: int, extra: dict[str, str]
) -> None:
    browser = portal.browser()
    choice = browser.get("/rejestracja")
    assert choice.html.find("a", href=f"/rejestracja/{kind}")
    browser = register(portal, login, number, kind, **extra)
    assert "Sprawdź skrzynkę" in browser.get("/rejestracja/sprawdz-skrzynke").text
    home = browser.get(activation_link(portal, login)).follow()
    assert home.request.path == "/"
    assert views.ACTIVATED in flashed(home)
    box = next(form for form in home.forms.values() if form.action.endswith("/logowanie"))
    box["login"], box["password"] = login, NEW_PASSWORD
    signed_in = box.submit().follow()
    assert signed_in.request.path == "/"
    account = browser.get("/konto/dane").html.find("dl").get_text("|", strip=True)
    assert "/konto/dane" in browser.get("/konto").text
    assert "Anna|Nazwisko|Przykładowa" in account
    assert pesel_of(number) not in account
    assert pesel_of(number)[-4:] in account
    if kind != "osoba-fizyczna":
        assert "Piekarnia Próbna" in account
        assert "9990000008" in account


def test_registration_keeps_what_was_consented_to(portal: TestPortal) -> None:
    register(portal, "zgodna", 21).get(activation_link(portal, "zgodna"))
    browser = portal.browser()
    sign_in(browser, "zgodna", NEW_PASSWORD, status=303)
    page = browser.get("/konto/zgody").click("Polityka prywatności, wersja 1")
    assert "Inspektor ochrony danych" in page.text
    with portal.opened(commit=False) as opened:
        (consent,) = by_login(opened.office, "zgodna").consents
        clause = opened.site["polityka-prywatnosci"]
        assert consent.clause == clause.uid
        assert opened.site.versions.get(consent.clause, consent.version).fields == clause.fields


def test_registration_page_shows_the_whole_clause_and_says_what_is_required(portal: TestPortal) -> None:
    page = portal.browser().get("/rejestracja/osoba-fizyczna")
    clause = page.html.find("details", class_="clause").get_text()
    assert "administratorem danych" in clause
    assert "Prezesa Urzędu Ochrony Danych Osobowych" in clause
    label = page.html.find("label", {"for": "pole-account-login"}).get_text(" ", strip=True)
    assert "(wymagane)" in label
    fields = [element.get("id") for element in page.html.find_all("input") if element.get("id")]
    assert fields[-1] == "pole-consent-agreed"


def test_registration_when_everything_is_missing_says_so_at_each_field(portal: TestPortal) -> None:
    browser = portal.browser()
    form = browser.get("/rejestracja/osoba-fizyczna").forms["formularz"]
    page = form.submit("zaloz", status=422)
    targets = {link["href"] for link in page.html.select(".error-summary a")}
    assert {
        "#pole-person-first_name", "#pole-person-last_name", "#pole-person-pesel", "#pole-residence-house_number",
        "#pole-residence-postal_code", "#pole-residence-town", "#pole-contact-email", "#pole-account-login",
        "#pole-account-password", "#pole-consent-agreed",
    } == targets  # fmt: skip
    for target in targets:
        assert page.html.find(id=target[1:])
    assert page.html.title.get_text().startswith("Błąd: ")


def test_registration_when_refused_loses_nothing_but_the_password(portal: TestPortal) -> None:
    form = filled_form(portal.browser(), login="nic.nie.ginie", email="zly adres", pesel=pesel_of(22))
    again = form.submit("zaloz", status=422).forms["formularz"]
    assert again["first_name"].value == "Anna"
    assert again["email"].value == "zly adres"
    assert again["login"].value == "nic.nie.ginie"
    assert again["pesel"].value == pesel_of(22)
    assert again["agreed"].checked
    assert again["password"].value == ""


WRONG_ANSWERS = {
    "first_name": ("J4n", schemas.NAME_RULE),
    "last_name": ("<b>", schemas.NAME_RULE),
    "house_number": ("4;", "Wpisz numer domu"),
    "postal_code": ("9998", schemas.POSTAL_CODE_RULE),
    "email": ("jan@poczta", schemas.EMAIL_RULE),
    "phone": ("123", schemas.PHONE_RULE),
    "login": ("Jan Testowy", schemas.LOGIN_RULE),
    "password": ("krótkie", passwords.TOO_SHORT),
}
WRONG_PESEL = {"pesel": ("68031499953", schemas.PESEL_RULE)}
WRONG_DOCUMENT = {
    "number": ("№!", schemas.DOCUMENT_RULE),
    "country": ("U4", schemas.COUNTRY_RULE),
    "birth_date": ("31.02.1986", schemas.DATE_RULE),
}
WRONG_FIRM = {"nip": ("9990000009", schemas.NIP_RULE), "regon": ("123456789", schemas.REGON_RULE)}
WRONG_KRS = {"krs": ("123", schemas.KRS_RULE)}


@pytest.mark.parametrize(
    ("kind", "identity", "wrong"),
    [
        ("osoba-fizyczna", "pesel", WRONG_ANSWERS | WRONG_PESEL),
        ("osoba-fizyczna", "document", WRONG_ANSWERS | WRONG_DOCUMENT),
        ("przedsiebiorca", "pesel", WRONG_ANSWERS | WRONG_PESEL | WRONG_FIRM),
        ("osoba-prawna", "document", WRONG_ANSWERS | WRONG_DOCUMENT | WRONG_FIRM | WRONG_KRS),
    ],
)
def test_registration_when_everything_is_wrong_says_what_at_each_field(
    portal: TestPortal, kind: str, identity: str, wrong: dict[str, tuple[str, str]]
) -> None:
    typed = {name: value for name, (value, _) in wrong.items()}
    form = filled_form(portal.browser(), kind, **{"pole-person-identity": identity, **typed})
    if identity == "document":
        form["pole-person-document-kind"] = "passport"
    page = form.submit("zaloz", status=422)
    links = page.html.select(".error-summary a")
    assert len(links) == len(wrong)
    told = {}
    for link in links:
        field = page.html.find(id=link["href"][1:])
        about = [page.html.find(id=name) for name in field["aria-describedby"].split()]
        told[field["name"]] = " ".join(found.get_text(" ", strip=True) for found in about)
        if field["name"] != "password":
            assert field["value"] == typed[field["name"]]
    assert told.keys() == wrong.keys()
    for name, (_, message) in wrong.items():
        assert message in told[name], name


def test_registration_when_login_is_taken(portal: TestPortal) -> None:
    for login in ("jan.testowy", "urzednik"):
        form = filled_form(portal.browser(), login=login, email="nowa@poczta.example", pesel=pesel_of(23))
        page = form.submit("zaloz", status=422)
        assert views.LOGIN_TAKEN in summary(page)
    assert letters_to(portal, "nowa@poczta.example") == []


# nobody learns who has an account


@pytest.mark.parametrize(
    ("login", "changed"),
    [
        ("probny.adres", {"email": "JAN.testowy@poczta.example"}),
        ("probny.pesel", {"pesel": "68031499952"}),
        ("probny.urzad", {"email": "urzednik@urzad.example"}),
    ],
)
def test_registration_of_somebody_who_has_an_account_looks_like_any_other(
    portal: TestPortal, login: str, changed: dict[str, str]
) -> None:
    owner = changed.get("email", "jan.testowy@poczta.example").lower()
    before = len(letters_to(portal, owner))
    stranger = register(portal, login, 31, **changed)
    newcomer = register(portal, login + ".nowy", 32)
    pages = [browser.get("/rejestracja/sprawdz-skrzynke").text for browser in (stranger, newcomer)]
    assert pages[0] == pages[1]
    (letter,) = letters_to(portal, owner)[before:]
    assert letter["Subject"].startswith("Masz już konto")
    assert "/aktywacja/" not in text_of(letter)
    # nor does the login betray it: it is held in both cases, and both wait for activation
    for name in (login, login + ".nowy"):
        form = filled_form(portal.browser(), login=name, email="inna@poczta.example", pesel=pesel_of(33))
        assert views.LOGIN_TAKEN in summary(form.submit("zaloz", status=422))
        assert views.PENDING in summary(sign_in(portal.browser(), name, NEW_PASSWORD, status=422))


def test_sign_in_says_the_same_whether_the_account_exists(portal: TestPortal) -> None:
    words = set()
    for login in (
        "jan.testowy",
        "jan.testowy@poczta.example",
        "urzednik",
        "nie.ma.takiego",
        "nie@ma.example",
        "x" * 200,
    ):
        page = sign_in(portal.browser(), login, "zupełnie inne hasło", status=422)
        words.add(summary(page))
        assert page.forms["formularz"]["login"].value == login
        assert page.forms["formularz"]["password"].value == ""
    assert words == {f"Popraw błąd {views.WRONG}"}


def test_resend_says_the_same_whoever_asks(portal: TestPortal) -> None:
    register(portal, "list.znowu", 34)
    letters = len(letters_to(portal, "list.znowu@poczta.example"))
    for name in ("list.znowu", "jan.testowy", "nie.ma.takiego", "urzednik@urzad.example"):
        response = portal.browser().post("/aktywacja", {"name": name}, status=303)
        assert response.location.endswith("/rejestracja/sprawdz-skrzynke")
    assert len(letters_to(portal, "list.znowu@poczta.example")) == letters + 1


# activation


def test_activation_twice_is_no_failure(portal: TestPortal) -> None:
    register(portal, "dwa.razy", 41)
    link = activation_link(portal, "dwa.razy")
    assert views.ACTIVATED in flashed(portal.browser().get(link).follow())
    assert views.ALREADY_ACTIVE in flashed(portal.browser().get(link).follow())


def test_activation_by_head_does_nothing(portal: TestPortal) -> None:
    register(portal, "sama.glowa", 42)
    link = activation_link(portal, "sama.glowa")
    portal.browser().head(link, status=200)
    with portal.opened(commit=False) as opened:
        assert not by_login(opened.office, "sama.glowa").active


@pytest.mark.parametrize("token", ["x", "A" * 43, "%C5%82" * 43, "A" * 5000])
def test_activation_with_a_foreign_token(portal: TestPortal, token: str) -> None:
    page = portal.browser().get(f"/aktywacja/{token}", status=410)
    assert "Ten link już nie działa" in page.html.h1.get_text()
    assert page.forms["formularz"].action.endswith("/aktywacja")


def test_activation_by_the_link_of_another_letter(portal: TestPortal) -> None:
    register(portal, "inny.list", 48)
    portal.browser().post("/haslo", {"name": "jan.testowy"}, status=303)
    (found,) = re.findall(r"/haslo/([\w-]{43})", text_of(letters_to(portal, "jan.testowy@poczta.example")[-1]))
    portal.browser().get(f"/aktywacja/{found}", status=410)
    own = activation_link(portal, "inny.list").rpartition("/")[2]
    for address in (f"/haslo/{own}", f"/zaproszenie/{own}", f"/zmiana-e-mail/{own}"):
        portal.browser().get(address, status=410)
    with portal.opened(commit=False) as opened:
        assert not by_login(opened.office, "inny.list").active


def test_activation_when_late_offers_a_new_letter(portal: TestPortal) -> None:
    register(portal, "spozniona", 43)
    link = activation_link(portal, "spozniona")
    with portal.opened() as opened:
        for token in opened.office.tokens.values():
            token.expires -= 2 * DAY
    browser = portal.browser()
    page = browser.get(link, status=410)
    form = page.forms["formularz"]
    form["name"] = "spozniona@poczta.example"
    assert form.submit("wyslij").status_int == 303
    fresh = activation_link(portal, "spozniona")
    assert fresh != link
    assert views.ACTIVATED in flashed(browser.get(fresh).follow())


def test_activation_of_the_second_when_two_registered_one_address(portal: TestPortal) -> None:
    register(portal, "pierwsza", 44, email="wspolny@poczta.example")
    register(portal, "druga", 45, email="wspolny@poczta.example")
    first, second = (link_in(letter) for letter in letters_to(portal, "wspolny@poczta.example"))
    portal.browser().get(first, status=303)
    portal.browser().get(second, status=410)
    sign_in(portal.browser(), "wspolny@poczta.example", NEW_PASSWORD, status=303)
    with portal.opened(commit=False) as opened:
        assert by_login(opened.office, "pierwsza").active
        assert not by_login(opened.office, "druga").active


def test_token_is_kept_as_a_hash(portal: TestPortal) -> None:
    register(portal, "skrot", 46)
    token = activation_link(portal, "skrot").rpartition("/")[2]
    with portal.opened(commit=False) as opened:
        assert token not in list(opened.office.tokens)


def test_pending_account_is_forgotten_with_its_names(portal: TestPortal) -> None:
    register(portal, "zapomniana", 47)
    portal.work()
    with portal.opened() as opened:
        office = opened.office
        person = by_login(office, "zapomniana")
        (task,) = [one for one in office.tasks.values() if one.payload.get("applicant") == person.id]
        context = TaskContext(portal.registry, office, opened.site)
        registration.forget(context, task.payload)
        assert person.id in office.applicants  # not yet time
        person.pending_until -= 30 * DAY
        registration.forget(context, task.payload)
        assert person.id not in office.applicants
        assert "zapomniana" not in office.logins
        assert "zapomniana@poczta.example" not in office.logins
        assert not any(token.userid == person.userid for token in office.tokens.values())
    register(portal, "zapomniana", 47)


def claim_at_once(portal: TestPortal, first: str, second: str) -> None:
    """Two requests that claim a name each, neither of which sees the other."""
    database = portal.registry._zodb_databases["office"]
    managers = [transaction.TransactionManager(explicit=False) for _ in range(2)]
    connections = [database.open(transaction_manager=manager) for manager in managers]
    try:
        for number, (connection, name) in enumerate(zip(connections, (first, second), strict=True)):
            logins.claim(connection.root()["office"], f"applicant:{number}", [name])
        for manager in managers:
            manager.commit()
    finally:
        for manager, connection in zip(managers, connections, strict=True):
            manager.abort()
            connection.close()


def test_one_name_claimed_twice_at_once_conflicts(portal: TestPortal) -> None:
    with pytest.raises(ConflictError):
        claim_at_once(portal, "naraz", "NARAZ ")


def test_two_names_claimed_at_once_do_not_conflict(portal: TestPortal) -> None:
    claim_at_once(portal, "jednoczesnie.jeden", "jednoczesnie.dwa")


# signing in


def test_sign_in_before_activation_says_what_to_do(portal: TestPortal) -> None:
    register(portal, "czekajaca", 51)
    page = sign_in(portal.browser(), "czekajaca", NEW_PASSWORD, status=422)
    assert views.PENDING in summary(page)
    assert page.html.find("main").find("a", href="/aktywacja")
    wrong = sign_in(portal.browser(), "czekajaca", "zupełnie inne hasło", status=422)
    assert views.WRONG in summary(wrong)


@pytest.mark.parametrize(
    ("back", "target"),
    [
        ("/formularze?x=1", "/formularze?x=1"),
        ("/konto", "/konto"),
        ("", "/"),
        ("//zle.example/", "/"),
        ("/\\zle.example", "/"),
        ("https://zle.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_sign_in_leads_back_to_own_addresses_only(portal: TestPortal, back: str, target: str) -> None:
    browser = portal.browser()
    form = browser.get("/logowanie", {"powrot": back}).forms["formularz"]
    form["login"], form["password"] = "jan.testowy", "zupełnie inne hasło"
    form = form.submit("zaloguj", status=422).forms["formularz"]
    form["password"] = PASSWORD
    response = form.submit("zaloguj", status=303)
    assert response.location == "http://localhost" + target
    assert browser.get("/logowanie", {"powrot": back}, status=303).location == "http://localhost" + target


def test_sign_in_gives_a_new_session_id(portal: TestPortal) -> None:
    browser = portal.browser()
    register(portal, "sesja", 52)
    browser.get(activation_link(portal, "sesja"))
    before = browser.cookies["boi"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/logowanie").text)
    assert token
    fields = {"login": "sesja", "password": NEW_PASSWORD, "csrf_token": token[1]}
    browser.post("/logowanie", fields, status=303)
    after = browser.cookies["boi"]
    assert before != after
    old = portal.browser()
    old.set_cookie("boi", before)
    assert old.get("/konto").status_int == 303


@pytest.mark.parametrize("login", ["jan.testowy", "nie.ma.takiego", "urzednik"])
def test_sign_in_is_slowed_down_per_account_even_with_the_right_password(portal: TestPortal, login: str) -> None:
    for _ in range(5):
        sign_in(portal.browser(), login, "zupełnie inne hasło", status=422)
    page = sign_in(portal.browser(), login, PASSWORD, status=429)
    assert int(page.headers["Retry-After"]) > 0
    assert "Spróbuj ponownie za" in summary(page)
    assert "Twoje konto jest bezpieczne" in summary(page)
    assert page.forms["formularz"]["login"].value == login
    sign_in(portal.browser(), "ktos.inny", "zupełnie inne hasło", status=422)


def test_sign_in_is_slowed_down_per_address(portal: TestPortal) -> None:
    for number in range(30):
        sign_in(portal.browser(), f"nikt{number}", "zupełnie inne hasło", status=422)
    sign_in(portal.browser(), "jan.testowy", PASSWORD, status=429)
    elsewhere = portal.browser()
    elsewhere.extra_environ["REMOTE_ADDR"] = "192.0.2.9"
    sign_in(elsewhere, "jan.testowy", PASSWORD, status=303)


def test_sign_in_of_a_disabled_employee_says_nothing(portal: TestPortal) -> None:
    with portal.opened() as opened:
        opened.site["principals"]["users"]["redaktorka"].enabled = False
    try:
        assert views.WRONG in summary(sign_in(portal.browser(), "redaktorka", PASSWORD, status=422))
    finally:
        with portal.opened() as opened:
            opened.site["principals"]["users"]["redaktorka"].enabled = True


def test_sign_in_without_origin_is_refused(portal: TestPortal) -> None:
    visitor = TestApp(portal.app, extra_environ={"HTTP_HOST": "localhost"})
    sign_in(visitor, "jan.testowy", PASSWORD, status=400)
    foreign = TestApp(portal.app, extra_environ={"HTTP_HOST": "localhost", "HTTP_ORIGIN": "https://zle.example"})
    sign_in(foreign, "jan.testowy", PASSWORD, status=400)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"login": "", "password": ""},
        {"login": "jan\x00testowy", "password": "x"},
        {"login": ["a", "b"], "password": "x"},
        {"login": "x" * 5000, "password": "x" * 5000},
        {"__start__": "login:mapping", "password": "x"},
    ],
)
def test_sign_in_when_crafted_is_refused_and_never_fails(portal: TestPortal, fields: Any) -> None:
    response = portal.browser().post("/logowanie", fields, expect_errors=True)
    assert 400 <= response.status_int < 500


def test_sign_out_ends_the_session(portal: TestPortal) -> None:
    browser = portal.signed_in("jan.testowy")
    cookie = browser.cookies["boi"]
    form = next(form for form in browser.get("/konto").forms.values() if form.action.endswith("/wyloguj"))
    form.submit(status=303)
    assert browser.get("/konto").status_int == 303
    thief = portal.browser()
    thief.set_cookie("boi", cookie)
    assert thief.get("/konto").status_int == 303


def test_sign_in_and_out_leave_events_of_ids_alone(portal: TestPortal) -> None:
    with portal.opened(commit=False) as opened:
        before = set(opened.office.events)
    browser = portal.signed_in("jan.testowy")
    sign_in(portal.browser(), "jan.testowy", "zupełnie inne hasło", status=422)
    assert browser.get("/konto").status_int == 200
    with portal.opened(commit=False) as opened:
        events = [event for key, event in opened.office.events.items() if key not in before]
        jan = by_login(opened.office, "jan.testowy")
        assert sorted((event.what, event.who, event.about, event.address) for event in events) == [
            ("sign-in", jan.userid, jan.userid, "127.0.0.1"),
            ("sign-in-failed", "", jan.userid, "127.0.0.1"),
        ]


def test_closed_account_cannot_be_used(portal: TestPortal) -> None:
    register(portal, "zamykana", 61)
    browser = portal.browser()
    browser.get(activation_link(portal, "zamykana"))
    other = portal.browser()
    sign_in(other, "zamykana", NEW_PASSWORD, status=303)
    with changed_account(portal, "zamykana") as person:
        person.state = "closed"
    assert other.get("/konto").status_int == 303
    assert views.WRONG in summary(sign_in(portal.browser(), "zamykana", NEW_PASSWORD, status=422))


# the door of the management interface


@pytest.mark.parametrize("path", ["/manage", "/manage/@@login", "/manage/principals/users/@@contents"])
def test_management_leads_visitors_to_the_portals_sign_in(portal: TestPortal, path: str) -> None:
    response = portal.browser().get(path)
    assert response.status_int == 303
    assert response.location.startswith("http://localhost/logowanie?powrot=/manage")


@pytest.mark.parametrize("path", ["/manage/@@resetpassword", "/manage/principals/@@resetpassword"])
def test_management_has_no_password_reset_of_its_own(portal: TestPortal, path: str) -> None:
    portal.browser().get(path, status=404)


@pytest.mark.parametrize("login", ["jan.testowy", "urzednik", "redaktor", "kierownik"])
@pytest.mark.parametrize(
    "path",
    [
        "/manage/principals/users/@@add_user",
        "/manage/principals/users/urzednik/@@properties",
        "/manage/principals/users/urzednik/@@change_password",
        "/manage/principals/groups/administrator/@@properties",
    ],
)
def test_management_of_employees_is_for_administrators_alone(portal: TestPortal, login: str, path: str) -> None:
    portal.signed_in(login).get(path, status=403)
