"""Employees sign in by the office's OpenID Connect provider: the portal and the stand-in as two sites over real HTTP."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from substanced.util import get_oid

from boi_portal.accounts.compulsory import needed_from
from boi_portal.accounts.credentials import own_credentials
from boi_portal.accounts.factors import CodeApplication
from boi_portal.accounts.registration import Desk
from boi_portal.publishing.content import now
from boi_portal.sandbox.identity.oidc import MISCHIEFS
from boi_portal.staffing import people
from boi_portal.staffing.oidc import make_party
from boi_portal.web.assurance import ASSURANCE_KEY, Assurance
from tests.eid import Browser, two_sites
from tests.portals import TestPortal, portal_from

NOT_ASKED = {
    "oidc-other-userinfo"
}  # the ID token says everything here; that userinfo is checked see tests/unit/identity


class Employee(Browser):
    """A browser that goes to the office's provider and back."""

    def ask(self, back: str = "") -> str:
        """From the sign-in page on; gives the address that the page leads to."""
        self.open(f"/logowanie{f'?powrot={back}' if back else ''}")
        self.send("/oidc/wejscie")
        return self.onward()

    def onward(self) -> str:
        """Where the page in between leads, which it says twice: to browsers at once, and by its link."""
        delay, _, url = self.page.headers["Refresh"].partition(";url=")
        assert delay == "0"
        assert url == self.soup.find("a", string="Przejdź dalej")["href"]
        return url

    def pick(self, login: str = "urzednik", way: str = "haslo", mischief: str = "") -> str:
        """Pick an employee there; gives the address that leads back, and has not gone there."""
        return self.answer(psota=mischief, pracownik=login, sposob=way)

    def answer(self, **fields: str) -> str:
        form = self.soup.find("form", method="post")
        question = form.find("input", {"name": "zadanie"})["value"]
        values = {"zadanie": question, **fields}
        answer = self.session.post(
            urljoin(self.page.url, form["action"] or ""), values, allow_redirects=False, timeout=20
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def sign_in(self, login: str = "urzednik", way: str = "haslo", mischief: str = "", back: str = "") -> None:
        self.open(self.ask(back))
        self.open(self.pick(login, way, mischief))


@pytest.fixture(scope="module")
def town(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestPortal, Callable[[], Employee]]]:
    """A portal and the stand-in, and browsers that have been to neither."""
    with portal_from(model, tmp_path_factory.mktemp("oidc")) as portal, two_sites(portal) as (url, wezel):
        settings = dataclasses.replace(portal.registry.boi_settings, oidc_issuer=f"{wezel}/oidc")
        portal.registry.boi_settings = settings
        portal.registry.boi_oidc = make_party(settings)
        yield portal, lambda: Employee(url, wezel)


@pytest.fixture
def portal(town: Any) -> TestPortal:
    return town[0]


@pytest.fixture
def browser(town: Any) -> Employee:
    return town[1]()


def events(portal: TestPortal, what: str) -> list[Any]:
    """(how, who, about) of the events of this kind, the newest first."""
    with portal.opened(commit=False) as opened:
        found = [event for event in opened.office.events.values() if event.what == what]
        return [(one.how, one.who, one.about) for one in sorted(found, key=lambda event: event.at, reverse=True)]


def oid(portal: TestPortal, login: str) -> str:
    with portal.opened(commit=False) as opened:
        return str(get_oid(opened.site["principals"]["users"][login]))


def level(portal: TestPortal, login: str) -> Assurance:
    """The level of the employee's newest session."""
    with portal.opened(commit=False) as opened:
        sessions = sorted(opened.office.sessions.values(), key=lambda record: record.created, reverse=True)
        wanted = int(oid_of(opened, login))
        return next(Assurance(one.data[ASSURANCE_KEY]) for one in sessions if wanted in one.data.values())


def oid_of(opened: Any, login: str) -> int:
    return get_oid(opened.site["principals"]["users"][login])


def is_in(browser: Employee) -> bool:
    return browser.open("/nieobecnosci").status_code == 200 and browser.h1 == "Nieobecności i zastępstwa"


# the way in


def test_an_employee_comes_in_and_back_where_he_was(portal: TestPortal, browser: Employee) -> None:
    browser.sign_in(back="/nieobecnosci")
    assert browser.page.url.endswith("/nieobecnosci") and browser.h1 == "Nieobecności i zastępstwa"
    assert events(portal, "sign-in")[0] == ("oidc", oid(portal, "urzednik"), oid(portal, "urzednik"))
    assert level(portal, "urzednik") is Assurance.PASSWORD


def test_two_factors_there_are_two_factors_here(portal: TestPortal, browser: Employee) -> None:
    browser.sign_in("kierownik", "dwa")
    assert level(portal, "kierownik") is Assurance.TWO_FACTOR
    assert events(portal, "sign-in")[0][0] == "oidc+mfa"


def test_the_question_is_asked_with_pkce_state_and_nonce(browser: Employee) -> None:
    first, second = ({name: v[0] for name, v in parse_qs(urlsplit(browser.ask()).query).items()} for _ in "ab")
    assert first["code_challenge_method"] == "S256" and first["response_type"] == "code"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43 and first[name] != second[name]


def test_the_home_page_offers_it_to_nobody(browser: Employee) -> None:
    browser.open("/")
    assert "Zaloguj się" in browser.text and "/oidc/" not in browser.page.text


def test_an_invited_employee_needs_no_password(portal: TestPortal, browser: Employee) -> None:
    with portal.opened() as opened:
        site, office, settings = opened.site, opened.office, portal.registry.boi_settings
        site["principals"]["users"]["urzednik.or"].email = "kto.inny@urzad.example"
        desk = Desk(site, office, settings, lambda *elements: "http://localhost/" + "/".join(elements), now())
        people.invite(desk, portal.registry, "kalina", "Kalina Nowa", "Urzednik.OR@urzad.example", ["redaktor"], "")
    browser.sign_in("urzednik.or")
    assert is_in(browser)
    assert events(portal, "sign-in")[0][1] == oid(portal, "kalina")


# the second factor of the portal


def test_who_has_no_second_factor_in_time_must_set_one_up(portal: TestPortal, town: Any) -> None:
    kept = portal.registry.boi_settings
    portal.registry.boi_settings = dataclasses.replace(kept, staff_second_factor_grace_days=0)
    try:
        late, strong = town[1](), town[1]()
        late.sign_in("redaktorka")
        assert late.page.url.endswith("/logowanie/ustaw-drugi-skladnik")
        assert not is_in(late)
        strong.sign_in("redaktorka", "dwa")
        assert is_in(strong)
    finally:
        portal.registry.boi_settings = kept
    with portal.opened(commit=False) as opened:
        assert needed_from(FakeRequest(opened, kept), oid_of(opened, "redaktorka")) is not None


def test_who_has_a_second_factor_here_is_asked_for_it(portal: TestPortal, town: Any) -> None:
    with portal.opened() as opened:
        userid = oid_of(opened, "redaktorka")
        factors = own_credentials(opened.office, userid).factors
        factors.application = CodeApplication(b"", 0, now())
        code = factors.make_recovery(userid, now())[0]
    try:
        browser, strong = town[1](), town[1]()
        browser.sign_in("redaktorka", back="/nieobecnosci")
        assert browser.page.url.endswith("/logowanie/drugi-skladnik")
        assert "Hasło się zgadza" not in browser.text and "Pierwszy krok logowania jest za Tobą" in browser.text
        assert not is_in(browser)
        browser.open("/logowanie/kod-zapasowy")
        browser.send("/logowanie/kod-zapasowy", button="dalej", kod=code)
        assert browser.page.url.endswith("/nieobecnosci")
        assert events(portal, "sign-in")[0][0] == "oidc+recovery"
        strong.sign_in("redaktorka", "dwa")
        assert is_in(strong)
    finally:
        with portal.opened() as opened:
            own_credentials(opened.office, userid).factors.remove_all()


class FakeRequest:
    def __init__(self, opened: Any, settings: Any) -> None:
        self.office = opened.office
        self.registry = type("Registry", (), {"boi_settings": settings})


# what is refused


@pytest.mark.parametrize(
    ("mischief", "reason"),
    [
        ("wrong-nonce", "wrong-nonce"),
        ("no-nonce", "wrong-nonce"),
        ("wrong-audience", "wrong-audience"),
        ("more-audiences", "wrong-audience"),
        ("wrong-issuer", "wrong-issuer"),
        ("expired", "expired"),
        ("from-the-future", "not-yet-valid"),
        ("foreign-key", "bad-signature"),
        ("alg-none", "unsigned"),
        ("hs256", "weak-algorithm"),
        ("wrong-at-hash", "wrong-at-hash"),
        ("wrong-state", "no-question"),
        ("wrong-issuer-in-address", "wrong-issuer"),
        ("unverified-email", "unverified-email"),
    ],
)
def test_a_false_answer_is_refused(portal: TestPortal, browser: Employee, mischief: str, reason: str) -> None:
    before = len(events(portal, "sign-in"))
    browser.sign_in(mischief=f"oidc-{mischief}")
    assert browser.page.status_code == 403
    assert "loginem i hasłem" in browser.text
    assert events(portal, "oidc-refused")[0][0] == reason
    assert len(events(portal, "sign-in")) == before and not is_in(browser)


def test_every_mischief_of_the_stand_in_is_tried_here() -> None:
    tried = next(mark for mark in test_a_false_answer_is_refused.pytestmark if mark.name == "parametrize").args[1]
    assert {f"oidc-{name}" for name, _ in tried} == {one.name for one in MISCHIEFS} - NOT_ASKED


def test_an_answer_in_another_browser_opens_nothing(portal: TestPortal, town: Any) -> None:
    thief, victim = town[1](), town[1]()
    thief.open(thief.ask())
    address = thief.pick("administrator")
    victim.ask()  # the victim has a session and a question of his own
    victim.open(address)
    assert victim.page.status_code == 403 and "w innej przeglądarce" in victim.h1
    assert events(portal, "oidc-refused")[0][0] == "other-session"
    thief.open(address)  # nor is it worth anything to the other one now
    assert thief.page.status_code == 403 and not is_in(thief) and not is_in(victim)


def test_an_answer_counts_once(portal: TestPortal, browser: Employee) -> None:
    browser.open(browser.ask())
    address = browser.pick()
    assert browser.open(address).status_code == 200
    assert browser.open(address).status_code == 403
    assert events(portal, "oidc-refused")[0][0] == "no-question"


def test_giving_up_is_no_failure_of_anybody(portal: TestPortal, browser: Employee) -> None:
    browser.open(browser.ask("/nieobecnosci"))
    browser.open(browser.answer(rezygnuje="1"))
    assert browser.h1 == "Logowanie zostało przerwane"
    assert browser.soup.find("a", string="Wróć do logowania")["href"].endswith("/logowanie?powrot=/nieobecnosci")
    assert events(portal, "oidc-refused")[0][0] == "declined"


def test_an_unknown_employee_gets_no_account(portal: TestPortal, browser: Employee) -> None:
    with portal.opened(commit=False) as opened:
        before = set(opened.site["principals"]["users"])
    browser.sign_in("nieznany")
    assert browser.page.status_code == 403 and browser.h1 == "Nie masz jeszcze konta pracownika w portalu"
    assert events(portal, "oidc-refused")[0][0] == "unknown-employee"
    with portal.opened(commit=False) as opened:
        assert set(opened.site["principals"]["users"]) == before


def test_who_was_switched_off_stays_out(portal: TestPortal, browser: Employee) -> None:
    switch(portal, "urzednik.os", False)
    try:
        browser.sign_in("urzednik.os")
        assert browser.page.status_code == 403 and browser.h1 == "Twoje konto pracownika jest wyłączone"
        assert events(portal, "oidc-refused")[0] == ("switched-off", "", oid(portal, "urzednik.os"))
        assert not is_in(browser)
    finally:
        switch(portal, "urzednik.os", True)


def switch(portal: TestPortal, login: str, enabled: bool) -> None:
    with portal.opened() as opened:
        people.switch(opened.site["principals"]["users"][login], enabled, None)


@pytest.mark.parametrize(
    "query",
    [
        "", "?state=", "?code=x", "?state=x&code=y", "?state=%C4%85&code=%C4%85", "?state=x&state=y&code=a&code=b",
        f"?state={'x' * 5000}", "?error=access_denied", "?state=x&error=%3Cb%3E", "?state=x&code=y&iss=z",
    ],
)  # fmt: skip
def test_a_crafted_return_is_a_client_error(browser: Employee, query: str) -> None:
    assert 400 <= browser.open(f"/oidc/powrot{query}").status_code < 500


def test_a_crafted_code_is_refused(portal: TestPortal, browser: Employee) -> None:
    for code in ("", "nie-ten", "ą", "x" * 9000, "a b"):
        state = parse_qs(urlsplit(browser.ask()).query)["state"][0]
        issuer = f"{browser.wezel}/oidc"
        browser.page = browser.session.get(
            f"{browser.portal}/oidc/powrot", params={"state": state, "code": code, "iss": issuer}, timeout=20
        )
        assert browser.page.status_code == 403
        assert events(portal, "oidc-refused")[0][0] in ("structure", "provider-error")


def test_looking_at_the_return_takes_nothing(browser: Employee) -> None:
    browser.open(browser.ask())
    address = browser.pick()
    assert browser.session.head(address, timeout=20).status_code == 200
    assert browser.open(address).status_code == 200 and is_in(browser)


def test_the_way_back_leads_to_own_addresses_only(browser: Employee) -> None:
    browser.sign_in(back="https://obcy.example/")
    assert urlsplit(browser.page.url).path == "/"


def test_only_the_portals_own_pages_may_ask(browser: Employee) -> None:
    answer = requests.post(f"{browser.portal}/oidc/wejscie", headers={"Origin": "https://obcy.example"}, timeout=20)
    assert answer.status_code == 400
    own = {"Origin": browser.portal}
    for purpose in ("potwierdzenie", "nic"):  # a visitor has nothing to confirm
        assert requests.post(f"{browser.portal}/oidc/wejscie?po={purpose}", headers=own, timeout=20).status_code == 404


# proving again


def test_an_employee_proves_again_with_a_new_sign_in(portal: TestPortal, browser: Employee) -> None:
    browser.sign_in("redaktor")
    browser.open("/logowanie/potwierdz?poziom=2&powrot=/nieobecnosci")
    browser.send("/oidc/wejscie")
    url = browser.onward()
    assert {"prompt=login", "max_age=0"} <= set(urlsplit(url).query.split("&"))
    browser.open(url)
    browser.open(browser.pick("redaktor", "dwa"))
    assert browser.page.url.endswith("/nieobecnosci")
    assert level(portal, "redaktor") is Assurance.TWO_FACTOR
    assert events(portal, "step-up")[0][:2] == ("oidc", oid(portal, "redaktor"))


def test_nobody_confirms_for_another(portal: TestPortal, browser: Employee) -> None:
    browser.sign_in("redaktor")
    browser.open("/logowanie/potwierdz?poziom=2&powrot=/nieobecnosci")
    browser.send("/oidc/wejscie")
    browser.open(browser.onward())
    browser.open(browser.pick("administrator", "dwa"))
    assert browser.page.status_code == 403 and browser.h1 == "To jest konto innej osoby"
    assert events(portal, "oidc-refused")[0][0] == "other-person"


def test_a_citizen_is_offered_no_confirming_by_the_office(portal: TestPortal) -> None:
    page = portal.signed_in("jan.testowy").get("/logowanie/potwierdz?poziom=2&powrot=/")
    assert "/oidc/" not in page.text


# signing out


def test_signing_out_ends_both_sessions(browser: Employee) -> None:
    browser.sign_in()
    browser.open("/nieobecnosci")
    browser.send("/wyloguj")
    assert "Wylogowano Cię z portalu" in browser.text
    url = browser.onward()
    assert url.startswith(f"{browser.wezel}/oidc/end_session?") and "id_token_hint=" in url
    browser.open(url)
    assert browser.page.url == f"{browser.portal}/oidc/wylogowano" and browser.h1 == "Wylogowano Cię"
    assert not is_in(browser)


def test_who_came_by_password_is_not_sent_there(portal: TestPortal) -> None:
    browser = portal.signed_in("urzednik")
    page = browser.get("/nieobecnosci")
    form = next(form for form in page.forms.values() if form.action.endswith("/wyloguj"))
    assert "Refresh" not in form.submit(status=303).headers


# when the provider changes, or is not there


def test_a_new_key_is_learnt_when_it_is_met(town: Any) -> None:
    town[1]().sign_in()
    browser = town[1]()
    for step in ("oglos", "przelacz", "wycofaj"):
        values = {"dostawca": "pracownicy", "krok": step}
        requests.post(f"{browser.wezel}/klucze", data=values, timeout=20).raise_for_status()
    browser.sign_in()
    assert is_in(browser)


def test_while_the_provider_is_down_the_page_says_so_and_passwords_work(portal: TestPortal, town: Any) -> None:
    kept = portal.registry.boi_oidc
    portal.registry.boi_oidc = make_party(portal.registry.boi_settings)  # one that knows nothing yet
    first, later = town[1](), town[1]()
    try:
        first.switch("down")
        first.open("/logowanie?powrot=/nieobecnosci")
        first.send("/oidc/wejscie")
        assert first.page.url.endswith("/logowanie?powrot=/nieobecnosci") and first.page.status_code == 200
        assert "Logowanie kontem urzędowym chwilowo nie działa" in first.text
        assert events(portal, "oidc-refused")[0][0] == "unreachable"
        first.send("/logowanie", button="zaloguj", login="urzednik", password=portal.people["urzednik"].password)
        assert first.page.url.endswith("/nieobecnosci")
    finally:
        first.switch()
        portal.registry.boi_oidc = kept
    later.open(later.ask())
    address = later.pick()
    try:
        later.switch("down")
        later.open(address)
        assert "chwilowo nie działa" in later.text and urlsplit(later.page.url).path == "/logowanie"
    finally:
        later.switch()


def test_what_is_written_down_names_nobody(portal: TestPortal, browser: Employee) -> None:
    browser.sign_in("nieznany")
    with portal.opened(commit=False) as opened:
        words = [event.how for event in opened.office.events.values() if event.what.startswith("oidc")]
    assert words and all(re.fullmatch(r"[a-z+-]+", word) for word in words)
