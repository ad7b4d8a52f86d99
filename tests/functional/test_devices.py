"""Where an account is signed in: the letter about a device not seen before, and the list of sessions with its ways out."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
import transaction
from webtest import TestApp

from boi_portal.accounts import devices, sessions_views
from boi_portal.accounts.credentials import credentials_of
from boi_portal.accounts.demo import PASSWORD
from boi_portal.accounts.session_list import SessionNote
from boi_portal.office.store import office_of
from boi_portal.web.sessions import session_key
from tests.functional.test_accounts import by_login, flashed, letters_to, text_of, without_counters
from tests.portals import TestPortal

__all__ = ["without_counters"]

JAN = "jan.testowy"
JANS_MAIL = "jan.testowy@poczta.example"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def signed_in(portal: TestPortal, login: str = JAN, agent: str = FIREFOX, address: str = "192.0.2.7") -> TestApp:
    browser = portal.browser()
    browser.extra_environ.update({"HTTP_USER_AGENT": agent, "REMOTE_ADDR": address})
    return sign_in_again(browser, login)


def sign_in_again(browser: TestApp, login: str = JAN) -> TestApp:
    form = browser.get("/logowanie").forms["formularz"]
    form["login"], form["password"] = login, PASSWORD
    form.submit("zaloguj", status=303)
    return browser


def sign_out(browser: TestApp) -> None:
    next(form for form in browser.get("/konto/sesje").forms.values() if form.action == "/wyloguj").submit(status=303)


def is_in(browser: TestApp) -> bool:
    return bool(browser.get("/konto").status_int == 200)


def userid_of(office: Any, site: Any, login: str) -> Any:
    return by_login(office, login).userid if login == JAN else site["principals"]["users"][login].__oid__


@pytest.fixture(autouse=True)
def nothing_known(portal: TestPortal) -> None:
    """Each test begins with accounts that were never signed in to."""
    with portal.opened() as opened:
        for kind in (opened.office.credentials, opened.office.sessions):
            for key in list(kind):
                del kind[key]


def device_letters(portal: TestPortal, address: str = JANS_MAIL) -> list[Any]:
    return [letter for letter in letters_to(portal, address) if letter["Subject"].startswith("Nowe urządzenie")]


def others(browser: TestApp) -> list[str]:
    """Ids of the other sessions on the own list."""
    return [button["value"] for button in browser.get("/konto/sesje").html.select("button[name=wyloguj]")]


def end(browser: TestApp, id_: Any, **kw: Any) -> Any:
    token = browser.get("/konto/sesje").html.find("input", {"name": "csrf_token"})["value"]
    return browser.post("/konto/sesje", {"csrf_token": token, "wyloguj": id_}, **kw)


# what nobody may do


def test_nobody_elses_session_can_be_ended(portal: TestPortal) -> None:
    jan, jans_phone = signed_in(portal), signed_in(portal, agent=PHONE)
    clerk, elsewhere = signed_in(portal, "urzednik"), signed_in(portal, "urzednik", agent=PHONE)
    (id_,) = others(jan)
    end(clerk, id_, status=404)
    with portal.opened(commit=False) as opened:
        key = session_key(jans_phone.cookies["boi"])
        assert key in opened.office.sessions
    for guess in (key, jans_phone.cookies["boi"], "", "x" * 5000, "ą"):
        end(clerk, guess, status=404)
    assert is_in(jans_phone)
    assert is_in(jan)
    end(jan, others(clerk)[0], status=404)
    assert is_in(elsewhere)
    visitor = portal.browser()
    assert visitor.get("/konto/sesje").location.startswith("http://localhost/logowanie")
    visitor.post("/konto/sesje", {"wyloguj": id_}, status=403)
    assert is_in(jans_phone)


@pytest.mark.parametrize("fields", [{}, {"wyloguj": ["a", "b"]}, {"nic": "1"}])
def test_crafted_orders_are_refused(portal: TestPortal, fields: dict[str, Any]) -> None:
    jan = signed_in(portal)
    token = jan.get("/konto/sesje").html.find("input", {"name": "csrf_token"})["value"]
    answer = jan.post("/konto/sesje", {"csrf_token": token, **fields}, expect_errors=True)
    assert 400 <= answer.status_int < 500
    file = [("wyloguj", "a.txt", b"x")]
    assert jan.post("/konto/sesje", {"csrf_token": token}, upload_files=file, expect_errors=True).status_int == 404
    assert jan.post("/konto/sesje", {"inne": "1"}, expect_errors=True).status_int == 400  # without a token
    assert is_in(jan)


# new devices


@pytest.mark.parametrize(("login", "address"), [(JAN, JANS_MAIL), ("urzednik", "urzednik@urzad.example")])
def test_a_letter_tells_of_a_new_device_and_not_of_the_first(portal: TestPortal, login: str, address: str) -> None:
    before = len(device_letters(portal, address))
    known = signed_in(portal, login)
    assert len(device_letters(portal, address)) == before
    sign_out(known)
    sign_in_again(known, login)
    assert len(device_letters(portal, address)) == before
    signed_in(portal, login, PHONE, "192.0.2.99")
    (letter,) = device_letters(portal, address)[before:]
    text = text_of(letter)
    assert "Safari, iPhone" in text
    assert "192.0.2.99" in text
    assert "http://localhost/haslo" in text
    assert "http://localhost/konto/sesje" in text


def test_a_browser_known_to_one_account_is_new_to_another(portal: TestPortal) -> None:
    signed_in(portal, "urzednik", PHONE)
    shared = signed_in(portal)
    sign_out(shared)
    before = len(device_letters(portal, "urzednik@urzad.example"))
    sign_in_again(shared, "urzednik")
    assert len(device_letters(portal, "urzednik@urzad.example")) == before + 1
    with portal.opened(commit=False) as opened:
        kept = [
            set(credentials_of(opened.office, userid_of(opened.office, opened.site, login)).devices._known)
            for login in (JAN, "urzednik")
        ]
        assert not kept[0] & kept[1], "nobody sees from the database that they share a browser"


def test_an_invented_device_cookie_is_not_taken_over(portal: TestPortal) -> None:
    signed_in(portal)
    before = len(device_letters(portal))
    browser = portal.browser()
    browser.set_cookie("urzadzenie", "moje")
    sign_in_again(browser)
    assert re.fullmatch(r"[\w-]{43}", browser.cookies["urzadzenie"])
    assert len(device_letters(portal)) == before + 1


def test_the_device_cookie_is_safe_and_does_not_spoil_the_pages_of_visitors(portal: TestPortal) -> None:
    browser = portal.browser()
    answer = browser.post("/logowanie", {"login": JAN, "password": PASSWORD}, status=303)
    (cookie,) = [line for line in answer.headers.getall("Set-Cookie") if line.startswith("urzadzenie=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={devices.COOKIE_SECONDS}"} <= set(cookie.split("; "))
    kept = portal.browser()
    kept.set_cookie("urzadzenie", browser.cookies["urzadzenie"])
    assert "public" in kept.get("/katalog").headers["Cache-Control"]


def test_the_number_of_devices_has_an_end(portal: TestPortal) -> None:
    for _ in range(devices.MOST_DEVICES + 2):
        signed_in(portal)
    with portal.opened(commit=False) as opened:
        credentials = credentials_of(opened.office, by_login(opened.office, JAN).userid)
        assert credentials is not None
        assert len(credentials.devices) == devices.MOST_DEVICES


# the list


@pytest.mark.parametrize("login", [JAN, "urzednik"])
def test_the_list_tells_devices_apart_and_ends_one(portal: TestPortal, login: str) -> None:
    here, phone = signed_in(portal, login), signed_in(portal, login, PHONE, "192.0.2.99")
    page = here.get("/konto/sesje")
    this, other = (section.get_text(" ", strip=True) for section in page.html.select("main section"))
    assert "To urządzenie" in this
    assert "Firefox, Linux" in this
    assert "192.0.2.7" in this
    assert "Safari, iPhone" in other
    assert "192.0.2.99" in other
    assert re.search(r"Ostatnio w użyciu \d+\s\w+ \d{4}, \d\d:\d\d", other)
    form = next(form for form in page.forms.values() if "wyloguj" in form.fields)
    again = form.submit("wyloguj").follow()
    assert sessions_views.ENDED in flashed(again)
    assert not is_in(phone)
    assert is_in(here)
    assert others(here) == []


def test_ending_a_session_that_has_ended_is_no_failure(portal: TestPortal) -> None:
    here, phone = signed_in(portal), signed_in(portal, agent=PHONE)
    (id_,) = others(here)
    sign_out(phone)
    end(here, id_, status=303)


def test_signing_out_elsewhere_leaves_this_one(portal: TestPortal) -> None:
    here, phone = signed_in(portal), signed_in(portal, agent=PHONE)
    form = next(form for form in here.get("/konto/sesje").forms.values() if "inne" in form.fields)
    page = form.submit("inne").follow()
    assert sessions_views.OTHERS_ENDED in flashed(page)
    assert is_in(here)
    assert not is_in(phone)
    assert others(here) == []


@pytest.mark.parametrize("login", [JAN, "urzednik"])
def test_signing_out_everywhere_leaves_none(portal: TestPortal, login: str) -> None:
    here, phone = signed_in(portal, login), signed_in(portal, login, agent=PHONE)
    stolen = portal.browser()
    stolen.set_cookie("boi", here.cookies["boi"])
    form = next(form for form in here.get("/konto/sesje").forms.values() if "wszystkie" in form.fields)
    page = form.submit("wszystkie").follow()
    assert page.request.path == "/"
    assert sessions_views.ALL_ENDED in flashed(page)
    assert not any(is_in(browser) for browser in (here, phone, stolen))
    assert is_in(sign_in_again(here, login))
    with portal.opened(commit=False) as opened:
        userid = str(userid_of(opened.office, opened.site, login))
        assert ("session-end-all", "all") in {
            (event.what, event.how) for event in opened.office.events.values() if event.who == userid
        }


def test_a_session_with_a_new_id_is_one_on_the_list(portal: TestPortal) -> None:
    here, phone = signed_in(portal), signed_in(portal, agent=PHONE)
    for _ in range(2):
        sign_out(phone)
        sign_in_again(phone)
    assert len(others(here)) == 1
    with portal.opened(commit=False) as opened:
        credentials = credentials_of(opened.office, by_login(opened.office, JAN).userid)
        assert credentials is not None
        assert len(list(credentials.sessions.items())) == 2


def test_an_expired_session_is_not_listed(portal: TestPortal) -> None:
    here, phone = signed_in(portal), signed_in(portal, agent=PHONE)
    with portal.opened() as opened:
        opened.office.sessions[session_key(phone.cookies["boi"])].used -= portal.registry.boi_settings.session_idle + 1
    assert others(here) == []


def test_two_sign_ins_at_once_do_not_wait_for_each_other(portal: TestPortal) -> None:
    """Notes of two sessions, written by two requests neither of which sees the other, are put together."""
    signed_in(portal), signed_in(portal, agent=PHONE)
    with portal.opened(commit=False) as opened:
        userid = by_login(opened.office, JAN).userid
    database = portal.registry._zodb_databases[""]
    managers = [transaction.TransactionManager(explicit=False) for _ in range(2)]
    connections = [database.open(transaction_manager=manager) for manager in managers]
    try:
        for number, connection in enumerate(connections):
            credentials = credentials_of(office_of(connection), userid)
            assert credentials is not None
            note = SessionNote(f"klucz{number}", datetime.datetime.now(datetime.UTC), "Firefox", "192.0.2.1")
            credentials.sessions.add(note)
        for manager in managers:
            manager.commit()
    finally:
        for manager, connection in zip(managers, connections, strict=True):
            manager.abort()
            connection.close()
