"""A new password by mail, as people meet it, and as those would who want somebody else's account."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from webtest import TestApp

from boi_portal.accounts import reset, reset_views, views
from boi_portal.accounts.demo import PASSWORD
from boi_portal.accounts.throttling import MAILBOX, MAILBOX_RESETS
from boi_portal.office import auditing
from tests.functional.test_accounts import (
    NEW_PASSWORD,
    activation_link,
    by_login,
    changed_account,
    filled_form,
    flashed,
    letters_to,
    link_in,
    pesel_of,
    register,
    sign_in,
    summary,
    text_of,
    without_counters,
)
from tests.portals import TestPortal

__all__ = ["without_counters"]

FRESH = "trzy rude koty na dachu"
JAN = "jan.testowy"
JANS_MAIL = "jan.testowy@poczta.example"
CLERKS_MAIL = "urzednik@urzad.example"


def ask(portal: TestPortal, name: str, back: str = "", browser: TestApp | None = None, **kw: Any) -> Any:
    form = (browser or portal.browser()).get("/haslo", {"powrot": back} if back else {}).forms["formularz"]
    form["name"] = name
    return form.submit("wyslij", **kw)


def reset_letters(portal: TestPortal, address: str) -> list[Any]:
    return [letter for letter in letters_to(portal, address) if letter["Subject"].startswith("Ustaw nowe hasło")]


def link_for(portal: TestPortal, name: str = JAN, address: str = JANS_MAIL, back: str = "") -> str:
    assert ask(portal, name, back).status_int == 303
    found = re.search(r"http://localhost(/haslo/[\w-]{43})\n", text_of(reset_letters(portal, address)[-1]))
    assert found
    return found[1]


def set_password(browser: TestApp, link: str, password: str, **kw: Any) -> Any:
    form = browser.get(link).forms["formularz"]
    form["new"] = password
    return form.submit("ustaw", **kw)


@pytest.fixture
def jan_again(portal: TestPortal) -> Any:
    """Jan's password as it was, whatever a test makes of it."""
    with changed_account(portal, JAN) as jan:
        before = jan.password_hash
    yield
    with changed_account(portal, JAN) as jan:
        jan.password_hash, jan.email, jan.state = before, JANS_MAIL, "active"


# what nobody may do


def test_reset_of_somebody_elses_password_needs_his_letter(portal: TestPortal, jan_again: None) -> None:
    """A link opens the account it was written for and no other, whoever uses it."""
    link = link_for(portal)
    clerk = portal.signed_in("urzednik")
    assert set_password(clerk, link, FRESH).status_int == 303
    sign_in(portal.browser(), "urzednik", PASSWORD, status=303)
    sign_in(portal.browser(), "urzednik", FRESH, status=422)
    sign_in(portal.browser(), JAN, FRESH, status=303)


@pytest.mark.parametrize("token", ["x", "A" * 43, "%C5%82" * 43, "A" * 5000])
def test_reset_with_a_token_of_nobody(portal: TestPortal, token: str) -> None:
    page = portal.browser().get(f"/haslo/{token}", status=410)
    assert page.html.h1.get_text() == "Ten link już nie działa"
    assert page.forms["formularz"].action == "/haslo"
    portal.browser().post(f"/haslo/{token}", {"new": FRESH}, status=410)


def test_reset_with_a_token_of_another_purpose(portal: TestPortal) -> None:
    register(portal, "inny.cel", 61)
    token = activation_link(portal, "inny.cel").rpartition("/")[2]
    portal.browser().post(f"/haslo/{token}", {"new": FRESH}, status=410)
    reset_token = link_for(portal).rpartition("/")[2]
    portal.browser().get(f"/aktywacja/{reset_token}", status=410)


def test_reset_link_works_once(portal: TestPortal, jan_again: None) -> None:
    link = link_for(portal)
    set_password(portal.browser(), link, FRESH, status=303)
    page = portal.browser().post(link, {"new": "cztery bure psy w lesie"}, status=410)
    assert "już użyty" in page.html.main.get_text()
    sign_in(portal.browser(), JAN, FRESH, status=303)


def test_reset_link_when_late_offers_a_new_letter(portal: TestPortal, jan_again: None) -> None:
    link = link_for(portal, back="/formularze")
    with portal.opened() as opened:
        for token in opened.office.tokens.values():
            token.expires -= reset.LASTS
    form = portal.browser().get(link, status=410).forms["formularz"]
    form["name"] = JAN
    assert form.submit("wyslij").status_int == 303
    fresh = re.findall(r"/haslo/[\w-]{43}", text_of(reset_letters(portal, JANS_MAIL)[-1]))[0]
    assert fresh != link
    assert set_password(portal.browser(), fresh, FRESH).location.endswith("/logowanie?powrot=/formularze")


@pytest.mark.parametrize("change", ["address", "password", "closed", "signed out everywhere"])
def test_reset_link_is_worthless_once_the_account_is_not_as_it_was(
    portal: TestPortal, jan_again: None, change: str
) -> None:
    link = link_for(portal)
    portal.browser().get(link, status=200)
    if change == "password":
        set_password(portal.browser(), link_for(portal), FRESH, status=303)
    elif change == "signed out everywhere":
        jan = portal.signed_in(JAN)
        form = next(form for form in jan.get("/konto/sesje").forms.values() if "inne" in form.fields)
        form.submit("inne", status=303)
    with changed_account(portal, JAN) as person:
        if change == "address":
            person.email = "jan.nowy@poczta.example"
        if change == "closed":
            person.state = "closed"
    portal.browser().get(link, status=410)


def test_reset_token_is_kept_as_a_hash_and_forgotten(portal: TestPortal) -> None:
    token = link_for(portal).rpartition("/")[2]
    with portal.opened() as opened:
        office = opened.office
        assert token not in list(office.tokens)
        kept = next(key for key, one in office.tokens.items() if one is reset.find_token(office, reset.RESET, token))
        (task,) = [one for one in office.tasks.values() if one.kind == reset.FORGET and one.payload["token"] == kept]
        task.not_before -= reset.LASTS
    portal.work()
    with portal.opened(commit=False) as opened:
        assert kept not in opened.office.tokens


# nobody learns who has an account


def test_asking_says_and_does_the_same_whoever_is_asked_for(portal: TestPortal) -> None:
    """Also the work is the same: whoever it is, the request leaves one task and looks nobody up."""
    register(portal, "czeka.na.haslo", 62)
    portal.work()
    pages, written = set(), set()
    for name in (JAN, JANS_MAIL, "urzednik", CLERKS_MAIL, "czeka.na.haslo", "nie.ma.takiego", "nie@ma.example"):
        browser = portal.browser()
        with portal.opened(commit=False) as opened:
            before = {kind: len(getattr(opened.office, kind)) for kind in ("tasks", "tokens", "events", "throttles")}
        response = ask(portal, name, browser=browser)
        pages.add((response.location, response.follow().text))
        with portal.opened(commit=False) as opened:
            written.add(tuple(len(getattr(opened.office, kind)) - count for kind, count in before.items())[:3])
    assert len(pages) == 1
    assert written == {(1, 0, 0)}
    portal.work()


def test_asking_for_nobody_writes_to_nobody(portal: TestPortal) -> None:
    portal.work()
    before = len(portal.letters())
    ask(portal, "nie@ma.example")
    portal.work()
    assert len(portal.letters()) == before


def test_asking_for_a_closed_account_writes_to_nobody(portal: TestPortal, jan_again: None) -> None:
    before = len(letters_to(portal, JANS_MAIL))
    with changed_account(portal, JAN) as jan:
        jan.state = "closed"
    ask(portal, JAN)
    assert len(letters_to(portal, JANS_MAIL)) == before


def test_asking_for_an_account_that_waits_for_activation_sends_that_letter(portal: TestPortal) -> None:
    register(portal, "nieaktywna", 63)
    before = activation_link(portal, "nieaktywna")
    ask(portal, "nieaktywna@poczta.example", "/formularze")
    assert reset_letters(portal, "nieaktywna@poczta.example") == []
    link = activation_link(portal, "nieaktywna")
    assert link != before
    page = portal.browser().get(link)
    assert page.location.endswith("/logowanie?powrot=/formularze")


@pytest.mark.parametrize("name", [JAN, "nie.ma.takiego"])
def test_asking_is_slowed_down_per_name(portal: TestPortal, name: str) -> None:
    for _ in range(3):
        assert ask(portal, name).status_int == 303
    page = ask(portal, name, status=422)
    assert "spróbuj ponownie za" in summary(page)
    assert page.forms["formularz"]["name"].value == name
    assert ask(portal, "kto.inny").status_int == 303


def test_asking_is_slowed_down_per_address(portal: TestPortal) -> None:
    for number in range(20):
        assert ask(portal, f"nikt{number}").status_int == 303
    ask(portal, "nikt", status=422)
    elsewhere = portal.browser()
    elsewhere.extra_environ["REMOTE_ADDR"] = "192.0.2.9"
    assert ask(portal, "nikt", browser=elsewhere).status_int == 303


def test_a_mailbox_gets_so_many_letters_a_day_and_nobody_is_told(portal: TestPortal) -> None:
    before = len(reset_letters(portal, JANS_MAIL))
    with portal.opened() as opened:  # what other tests had asked for was counted just now
        for key in list(opened.office.throttles):
            del opened.office.throttles[key]
    for number in range(MAILBOX_RESETS.free + 2):
        browser = portal.browser()
        browser.extra_environ["REMOTE_ADDR"] = f"192.0.2.{number}"
        with portal.opened() as opened:  # as if each were asked for after the wait
            for key in [key for key in opened.office.throttles if key.startswith("resets:")]:
                del opened.office.throttles[key]
        assert ask(portal, JAN, browser=browser).status_int == 303
    assert len(reset_letters(portal, JANS_MAIL)) - before == MAILBOX_RESETS.free


def test_registration_letters_to_one_address_have_an_end_and_nobody_is_told(portal: TestPortal) -> None:
    for number in range(MAILBOX.free + 2):
        browser = register(portal, f"zalew{number}", 70 + number, email="zalew@poczta.example")
        assert "Sprawdź skrzynkę" in browser.get("/rejestracja/sprawdz-skrzynke").text
    assert len(letters_to(portal, "zalew@poczta.example")) == MAILBOX.free
    before = len(letters_to(portal, JANS_MAIL))
    for number in range(MAILBOX.free + 2):
        with portal.opened() as opened:
            for key in [key for key in opened.office.throttles if key.startswith("registrations:")]:
                del opened.office.throttles[key]
        register(portal, f"potop{number}", 90 + number, email=JANS_MAIL)
    assert len(letters_to(portal, JANS_MAIL)) - before == MAILBOX.free
    with portal.opened() as opened:  # the day after
        for counter in opened.office.throttles.values():
            counter.until -= datetime.timedelta(days=1).total_seconds()
    register(portal, "po.potopie", 110, email="zalew@poczta.example")
    assert len(letters_to(portal, "zalew@poczta.example")) == MAILBOX.free + 1


# the way itself


def test_reset_from_the_sign_in_page_and_back_to_where_one_was(portal: TestPortal, jan_again: None) -> None:
    browser = portal.browser()
    signing_in = browser.get("/konto/adresy").follow()
    asking = signing_in.click("Nie pamiętasz hasła?")
    form = asking.forms["formularz"]
    form["name"] = JAN
    assert form.submit("wyslij").follow().html.h1.get_text() == "Sprawdź skrzynkę e-mail"
    letter = reset_letters(portal, JANS_MAIL)[-1]
    assert "2 godziny" in text_of(letter).replace("\N{NO-BREAK SPACE}", " ")
    link = re.findall(r"/haslo/[\w-]{43}", text_of(letter))[0]
    page = portal.browser().get(link)
    assert JAN in page.html.main.get_text()
    page = set_password(browser, link, FRESH).follow()
    assert reset_views.CHANGED in flashed(page)
    form = page.forms["formularz"]
    form["login"], form["password"] = JAN, FRESH
    assert form.submit("zaloguj").location == "http://localhost/konto/adresy"
    sign_in(portal.browser(), JAN, PASSWORD, status=422)


def test_looking_at_the_link_changes_nothing(portal: TestPortal) -> None:
    link = link_for(portal)
    browser = portal.browser()
    for _ in range(2):
        browser.get(link, status=200)
        browser.head(link, status=200)
    assert not browser.cookies
    with portal.opened(commit=False) as opened:
        token = reset.find_token(opened.office, reset.RESET, link.rpartition("/")[2])
        assert token is not None
        assert token.used_at is None
    sign_in(portal.browser(), JAN, PASSWORD, status=303)


@pytest.mark.parametrize(
    ("password", "words"),
    [("", "Uzupełnij pole"), ("krótkie", "12 znaków"), ("Jan-Testowy-1968", "Twoje"), ("kotkotkotkotkot", "")],
)
def test_reset_keeps_the_policy_of_passwords(portal: TestPortal, password: str, words: str) -> None:
    link = link_for(portal)
    page = set_password(portal.browser(), link, password, status=422)
    assert words.casefold() in summary(page).casefold()
    assert page.forms["formularz"]["new"].value == ""
    assert portal.browser().get(link).status_int == 200  # it was not used up
    sign_in(portal.browser(), JAN, PASSWORD, status=303)


def test_reset_ends_all_sessions_and_tells_the_owner(portal: TestPortal, jan_again: None) -> None:
    thief, here = portal.signed_in(JAN), portal.signed_in(JAN)
    set_password(here, link_for(portal), FRESH, status=303)
    for browser in (thief, here):
        assert browser.get("/konto").location.startswith("http://localhost/logowanie")
    letter = letters_to(portal, JANS_MAIL)[-1]
    assert "zostało zmienione" in letter["Subject"]
    assert "http://localhost/haslo" in text_of(letter)
    with portal.opened(commit=False) as opened:
        about = auditing.lines_about(opened.office, [by_login(opened.office, JAN).userid])
        whats = {line.what for line in about}
    assert {"password-reset-asked", "password-reset"} <= whats


def test_a_password_changed_in_the_account_is_told_too(portal: TestPortal, jan_again: None) -> None:
    browser = portal.signed_in(JAN)
    form = browser.get("/konto/haslo").forms["formularz"]
    form["old"], form["new"] = PASSWORD, FRESH
    form.submit("zmien", status=303)
    assert "zostało zmienione" in letters_to(portal, JANS_MAIL)[-1]["Subject"]


def test_reset_of_an_employee(portal: TestPortal) -> None:
    set_password(portal.browser(), link_for(portal, CLERKS_MAIL, CLERKS_MAIL), FRESH, status=303)
    sign_in(portal.browser(), "urzednik", PASSWORD, status=422)
    sign_in(portal.browser(), CLERKS_MAIL, FRESH, status=303)
    set_password(portal.browser(), link_for(portal, "urzednik", CLERKS_MAIL), PASSWORD, status=303)
    sign_in(portal.browser(), "urzednik", PASSWORD, status=303)


def test_reset_of_a_disabled_employee_sends_nothing(portal: TestPortal) -> None:
    link = link_for(portal, "redaktorka", "redaktorka@urzad.example")
    before = len(letters_to(portal, "redaktorka@urzad.example"))
    with portal.opened() as opened:
        opened.site["principals"]["users"]["redaktorka"].enabled = False
    try:
        portal.browser().get(link, status=410)
        ask(portal, "redaktorka")
        assert len(letters_to(portal, "redaktorka@urzad.example")) == before
    finally:
        with portal.opened() as opened:
            opened.site["principals"]["users"]["redaktorka"].enabled = True


def test_reset_lifts_the_lock_for_the_owner_and_not_for_the_network(portal: TestPortal, jan_again: None) -> None:
    attacker, owner = portal.browser(), portal.browser()
    attacker.extra_environ["REMOTE_ADDR"] = "192.0.2.66"
    for name in (JAN, JANS_MAIL):
        for _ in range(5):
            sign_in(attacker, name, "zupełnie inne hasło", status=422)
    for number in range(20):
        sign_in(attacker, f"nikt{number}", "zupełnie inne hasło", status=422)
    sign_in(owner, JAN, PASSWORD, status=429)
    set_password(owner, link_for(portal), FRESH, status=303)
    for name in (JAN, JANS_MAIL):
        sign_in(portal.browser(), name, FRESH, status=303)
    sign_in(attacker, JAN, PASSWORD, status=429)


@pytest.mark.parametrize("back", ["//zle.example/", "https://zle.example/", "/\\zle.example", "/" + "x" * 600])
def test_reset_leads_on_to_own_addresses_only(portal: TestPortal, jan_again: None, back: str) -> None:
    response = set_password(portal.browser(), link_for(portal, back=back), FRESH)
    assert response.location == "http://localhost/logowanie"


# back to where one was, from registration


def test_registration_leads_back_to_the_form_one_came_from(portal: TestPortal) -> None:
    browser = portal.browser()
    kinds = browser.get("/logowanie?powrot=/formularze/pismo-ogolne%3Fx%3D1").click("Zarejestruj się")
    form_page = kinds.click("Osoba fizyczna")
    assert "powrot=/formularze/pismo-ogolne%3Fx%3D1" in form_page.request.url
    refused = form_page.forms["formularz"].submit("zaloz", status=422)
    action = refused.forms["formularz"].action
    assert "powrot=/formularze/pismo-ogolne%3Fx%3D1" in action
    mailbox = _registered_at(portal, action, "wracajaca", 130)
    assert "powrot=/formularze/pismo-ogolne%3Fx%3D1" in mailbox.location
    again = mailbox.follow().click("wysłanie listu jeszcze raz").forms["formularz"]
    again["name"] = "wracajaca"
    again.submit("wyslij", status=303)
    for link in _activation_links(portal, "wracajaca@poczta.example"):
        page = portal.browser().get(link).follow()
        assert views.ACTIVATED in flashed(page) or views.ALREADY_ACTIVE in flashed(page)
        form = page.forms["formularz"]
        form["login"], form["password"] = "wracajaca", NEW_PASSWORD
        assert form.submit("zaloguj").location == "http://localhost/formularze/pismo-ogolne?x=1"


def _registered_at(portal: TestPortal, address: str, login: str, number: int) -> Any:
    browser = portal.browser()
    form = filled_form(browser, login=login, email=f"{login}@poczta.example", pesel=pesel_of(number))
    form.action = address
    return form.submit("zaloz", status=303)


def _activation_links(portal: TestPortal, address: str) -> list[str]:
    return [link_in(letter) for letter in letters_to(portal, address)]


@pytest.mark.parametrize("back", ["//zle.example/", "https://zle.example/", "/\\zle.example"])
def test_registration_leads_back_to_own_addresses_only(portal: TestPortal, back: str) -> None:
    login = f"obca{len(back)}"
    _registered_at(portal, f"/rejestracja/osoba-fizyczna?powrot={back}", login, 140 + len(back))
    assert portal.browser().get(activation_link(portal, login)).location == "http://localhost/"


def test_a_late_activation_link_still_knows_the_way_back(portal: TestPortal) -> None:
    _registered_at(portal, "/rejestracja/osoba-fizyczna?powrot=/formularze", "pozna.droga", 170)
    with portal.opened() as opened:
        for token in opened.office.tokens.values():
            token.expires -= datetime.timedelta(days=2)
    page = portal.browser().get(activation_link(portal, "pozna.droga"), status=410)
    assert page.forms["formularz"].action == "/aktywacja?powrot=/formularze"
