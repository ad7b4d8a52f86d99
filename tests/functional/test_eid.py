"""Signing in by profil zaufany, over real HTTP against the stand-in of Węzeł Krajowy: what people see, and what is refused."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from boi_portal.accounts import logins, passwords
from boi_portal.accounts.throttling import Limit
from boi_portal.eid import views as eid_views
from boi_portal.office import auditing
from boi_portal.publishing import lifecycle
from boi_portal.sandbox.identity.mischief import MISCHIEFS
from boi_portal.sandbox.people import CITIZENS
from boi_portal.web.assurance import PROVED_KEY
from tests import citizens
from tests.eid import Browser, two_sites
from tests.functional.test_accounts import letters_to
from tests.portals import TestPortal, portal_from

PESEL = {citizen.id: citizen.person.pesel for citizen in CITIZENS}
FORM = f"/formularze/{citizens.FORM_NAME}"
PASSWORD = "Lipowa-aleja-4-ryby"
OUTSIDE = {"down", "slow", "expired-metadata", "expired-certificate"}  # these have tests of their own
LOGOUT = {mischief.name for mischief in MISCHIEFS if mischief.group == "wylogowanie"}
FOR_ONE = [mischief for mischief in MISCHIEFS if mischief.for_one_sign_in and "wezel-krajowy" in mischief.profiles]


@pytest.fixture(scope="module")
def town(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestPortal, Callable[[], Browser]]]:
    """A portal and the stand-in, and browsers that have been to neither. Jan's account is linked."""
    with portal_from(model, tmp_path_factory.mktemp("eid")) as portal, two_sites(portal) as (url, wezel):
        browser = Browser(url, wezel)
        browser.sign_in()
        browser.send("/saml/polacz/", password=PASSWORD)
        assert "Konto jest połączone" in browser.text
        yield portal, lambda: Browser(url, wezel)


@pytest.fixture
def browser(town: Any) -> Browser:
    return town[1]()


@pytest.fixture
def portal(town: Any) -> TestPortal:
    return town[0]


def events(portal: TestPortal, what: str) -> list[Any]:
    """Lines of the audit trail, the newest first."""
    with portal.opened(commit=False) as opened:
        return [(line.at, line.how, line.who) for line in auditing.all_lines(opened.office) if line.what == what][::-1]


def account(portal: TestPortal, citizen: str) -> Any:
    with portal.opened(commit=False) as opened:
        key = logins.pesel_key(portal.registry.boi_settings.secret, PESEL[citizen])
        found = logins.applicant_by(opened.office, key)
        return found and (
            found.userid,
            found.first_name,
            found.last_name,
            dict(found.verified),
            found.email,
            found.login,
        )


# the way in


def test_a_linked_person_comes_in_and_back_where_he_was(portal: TestPortal, browser: Browser) -> None:
    browser.sign_in(back="/sprawy")
    assert browser.page.url.endswith("/sprawy")
    assert browser.h1 == "Moje sprawy"
    _at, how, who = events(portal, "sign-in")[0]
    assert how == "eid wezel" and who == account(portal, "jan")[0]


def test_a_new_person_gets_an_account_with_verified_data(portal: TestPortal, browser: Browser) -> None:
    browser.sign_in("diakrytyki")
    assert browser.h1 == "Załóż konto"
    assert "Gżegżółka-Źdźbłowska" in browser.text and PESEL["diakrytyki"] not in browser.page.text
    browser.send("/saml/nowe-konto/", button="zaloz", email="swietoslawa@poczta.example")
    assert browser.page.status_code == 422 and "swietoslawa@poczta.example" in browser.page.text
    browser.send(
        "/saml/nowe-konto/", button="zaloz", email="swietoslawa@poczta.example", agreed="true",
        **{"house_number": "5", "postal_code": "99-998", "town": "Zdroje", "where": "same"},
    )  # fmt: skip
    assert "Konto jest gotowe" in browser.text
    _userid, first, last, verified, email, _login = account(portal, "diakrytyki")
    assert (first, last, email) == ("Świętosława Żółcisława", "Gżegżółka-Źdźbłowska", "")
    assert set(verified) == {"first_name", "last_name", "birth_date", "pesel"}
    portal.work()
    link = re.search(r"/zmiana-e-mail/[\w-]{43}", portal.letters()[-1].replace("=\n", ""))
    assert link is not None
    browser.open(link[0])
    browser.send("/zmiana-e-mail/")
    assert account(portal, "diakrytyki")[4] == "swietoslawa@poczta.example"


def test_a_changed_surname_is_taken_over(portal: TestPortal, town: Any) -> None:
    first = town[1]()
    first.sign_in("anna")
    first.send(
        "/saml/nowe-konto/", button="zaloz", email="anna.nowa@poczta.example", agreed="true",
        **{"house_number": "5", "postal_code": "99-998", "town": "Zdroje", "where": "same"},
    )  # fmt: skip
    assert "Konto jest gotowe" in first.text
    again = town[1]()
    again.sign_in("anna-po-slubie")
    assert "Dane na koncie zmieniliśmy" in again.text
    assert account(portal, "anna")[2] == "Zmieniona"


def test_a_wrong_password_links_nothing_and_is_counted(portal: TestPortal, town: Any) -> None:
    register_with_password(portal, "zenon.probny", PESEL["zenon"])
    browser = town[1]()
    browser.sign_in("zenon")
    assert browser.h1 == "Połącz konto" and "zenon.probny" in browser.text
    for _ in range(5):
        browser.send("/saml/polacz/", password="to-nie-jest-to-haslo")
        assert browser.page.status_code == 422
    browser.send("/saml/polacz/", password=PASSWORD)
    assert "Za dużo nieudanych prób" in browser.text
    # the way of who cannot get in there: a new account, and the old one's owner is told
    browser.send("/saml/polacz/", button="nowe")
    assert browser.h1 == "Załóż konto"
    portal.work()
    assert any("PESEL" in letter and "zenon@poczta.example" in letter for letter in portal.letters()[-2:])


def register_with_password(portal: TestPortal, login: str, pesel: str) -> None:
    from boi_portal.accounts import passwords
    from boi_portal.accounts.consents import consent_given
    from boi_portal.accounts.resources import ACTIVE, Applicant, birth_date_of
    from boi_portal.publishing.content import now

    with portal.opened() as opened:
        person = Applicant("e1d0" * 8)
        person.first_name, person.last_name, person.login, person.email = (
            "Zenon",
            "Próbny",
            login,
            "zenon@poczta.example",
        )
        person.numbers = {"pesel": pesel}
        person.birth_date = birth_date_of(pesel)
        person.password_hash = passwords.hash_password(PASSWORD)
        person.state, person.created_at = ACTIVE, now()
        person.consents = (consent_given(opened.site, now()),)
        names = (login, person.email, logins.pesel_key(portal.registry.boi_settings.secret, pesel))
        logins.claim(opened.office, person.userid, names)
        opened.office.applicants[person.id] = person


# what is refused


@pytest.mark.parametrize("mischief", [one for one in FOR_ONE if one.harmless], ids=lambda one: one.name)
def test_what_is_unusual_but_allowed_comes_in(browser: Browser, mischief: Any) -> None:
    browser.sign_in(mischief=mischief.name, back="/sprawy")
    assert browser.h1 == "Moje sprawy"


@pytest.mark.parametrize(
    "mischief", [one for one in FOR_ONE if not one.harmless and one.name not in OUTSIDE], ids=lambda one: one.name
)
def test_each_misbehaviour_ends_in_a_page_and_a_line_in_the_trail(
    portal: TestPortal, browser: Browser, mischief: Any
) -> None:
    if mischief.name.startswith("replayed"):
        browser.sign_in()
        browser = Browser(browser.portal, browser.wezel)
    before = len(events(portal, "eid-refused"))
    browser.sign_in(mischief=mischief.name)
    assert browser.page.status_code in (403, 503), browser.h1
    assert "Możesz też zalogować się loginem i hasłem" in browser.text
    assert len(events(portal, "eid-refused")) == before + 1
    assert "boi" not in browser.session.cookies or browser.open("/konto").url.endswith("powrot=/konto")


def test_giving_up_leads_back(portal: TestPortal, browser: Browser) -> None:
    browser.to_wezel()
    browser.send("/login/wybor", button="rezygnuje")
    browser.send("/saml/odpowiedz")
    assert browser.h1 == "Logowanie zostało przerwane"
    assert events(portal, "eid-refused")[0][1] == "wezel declined"


def test_an_answer_brought_to_another_browser_opens_nothing(portal: TestPortal, town: Any) -> None:
    attacker, victim = town[1](), town[1]()
    attacker.to_wezel()
    attacker.send("/login/wybor", button="zaloguj", osoba="jan", poziom="substantial", psota="")
    victim.open("/logowanie")
    victim.page = attacker.page
    victim.send("/saml/odpowiedz")
    assert victim.h1 == "To logowanie zaczęto w innej przeglądarce"
    assert events(portal, "eid-refused")[0][1] == "other-session"
    assert victim.open("/konto").url.endswith("powrot=/konto")


def test_the_same_answer_twice(portal: TestPortal, browser: Browser) -> None:
    browser.to_wezel()
    browser.send("/login/wybor", button="zaloguj", osoba="jan", poziom="substantial", psota="")
    page = browser.page
    browser.send("/saml/odpowiedz")
    assert "boi" in browser.session.cookies
    other = Browser(browser.portal, browser.wezel)
    other.page = page
    other.send("/saml/odpowiedz")
    assert other.page.status_code == 403
    assert events(portal, "eid-refused")[0][1] == "no-question"


def test_a_ticket_works_once(browser: Browser) -> None:
    browser.sign_in()
    ticket = next(answer.url for answer in browser.page.history if "/saml/powrot/" in answer.url)
    assert requests.get(ticket, timeout=20).status_code == 410
    browser.open(ticket)
    assert browser.page.status_code == 410


@pytest.mark.parametrize("path", ["/saml/odpowiedz", "/saml/wyloguj", "/saml/wyloguj-soap"])
@pytest.mark.parametrize("body", [b"", b"SAMLart=x&RelayState=y", b"SAMLResponse=%FF", b"SAMLRequest=PHgvPg==", b"<x"])
def test_crafted_posts_get_4xx(browser: Browser, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(browser.portal + path, body, headers=headers, timeout=20)
    assert 400 <= answer.status_code < 500


def test_a_file_in_place_of_a_text_is_nothing(browser: Browser) -> None:
    files = {"powrot": ("a.txt", b"x"), "poziom": ("b.txt", b"y")}
    headers = {"Origin": browser.portal}
    answer = requests.post(f"{browser.portal}/saml/wejscie/wezel", files=files, headers=headers, timeout=20)
    assert answer.status_code == 200


@pytest.mark.parametrize("query", ["", "SAMLRequest=x", "SAMLResponse=x&RelayState=y", "SAMLRequest=%00"])
def test_crafted_gets_get_4xx(browser: Browser, query: str) -> None:
    assert 400 <= requests.get(f"{browser.portal}/saml/wyloguj?{query}", timeout=20).status_code < 500
    assert requests.get(f"{browser.portal}/saml/powrot/x", timeout=20).status_code == 410
    assert requests.get(f"{browser.portal}/saml/wejscie/nikt", timeout=20).status_code == 404


# trouble at the provider


def test_a_provider_that_is_down_leaves_the_password(portal: TestPortal, town: Any, browser: Browser) -> None:
    browser.sign_in(mischief="down")
    assert browser.page.status_code == 503 and browser.h1 == "Dostawca tożsamości chwilowo nie odpowiada"
    assert events(portal, "eid-refused")[0][1] == "wezel unreachable"
    other = town[1]()
    other.open("/logowanie")
    other.send("/logowanie", button="zaloguj", login="jan.testowy", password=PASSWORD)
    assert other.open("/konto").status_code == 200


@pytest.mark.parametrize("mischief", ["expired-metadata", "expired-certificate"])
def test_metadata_that_end_are_noticed_while_running(portal: TestPortal, browser: Browser, mischief: str) -> None:
    browser.switch(mischief)
    try:
        browser.open("/logowanie")
        browser.send("/saml/wejscie/wezel")
        assert browser.page.status_code == 503 and "chwilowo wyłączony" in browser.h1
        health = requests.get(f"{browser.portal}/healthz", timeout=20)
        assert "wezel" in health.text
    finally:
        browser.switch()
    browser.sign_in(back="/sprawy")
    assert browser.h1 == "Moje sprawy"


def test_a_key_that_is_rolled_over(browser: Browser, town: Any) -> None:
    for step in ("oglos", "przelacz", "wycofaj"):
        requests.post(f"{browser.wezel}/klucze", {"dostawca": "wezel", "krok": step}, timeout=20).raise_for_status()
        one = town[1]()
        one.sign_in(back="/sprawy")
        assert one.h1 == "Moje sprawy"


# settings, step-up, signing out


def test_linking_from_the_settings_and_unlinking(portal: TestPortal, browser: Browser) -> None:
    browser.sign_in()
    browser.open("/konto/profil-zaufany")
    assert "Połączone" in browser.text
    browser.send("/konto/profil-zaufany/odlacz")
    assert "Odłączono" in browser.text
    browser.open("/konto/profil-zaufany")
    browser.send("/saml/wejscie/wezel")
    browser.send("SingleSignOnService")
    browser.pick("nowa")
    assert browser.h1 == "To konto ma inny numer PESEL"
    browser.open("/konto/profil-zaufany")
    browser.send("/saml/wejscie/wezel")
    browser.send("SingleSignOnService")
    browser.pick("jan")
    assert "Konto jest połączone" in browser.text and browser.page.url.endswith("/konto/profil-zaufany")


@pytest.mark.parametrize("purpose", ["link", "step-up&poziom=4"])
def test_an_open_session_alone_links_nothing(portal: TestPortal, browser: Browser, purpose: str) -> None:
    """Whoever sits down at a computer that somebody has left does not link an identity of his own with the account for good."""
    with portal.opened() as opened:
        person = citizens.add_applicant(opened.office, numbers={}, password_hash=passwords.hash_password(PASSWORD))
        logins.claim(opened.office, person.userid, [person.login])
        userid, login, email = person.userid, person.login, person.email
    browser.open("/logowanie")
    browser.send("/logowanie", button="zaloguj", login=login, password=PASSWORD)
    prove_long_ago(portal, userid)
    browser.open("/konto/profil-zaufany")
    entrance = browser.soup.find("form", action=re.compile("/saml/wejscie/wezel"))
    entrance["action"] = f"/saml/wejscie/wezel?po={purpose}"
    browser.page._content = str(browser.soup).replace("po=link", f"po={purpose}").encode()
    browser.send("/saml/wejscie/wezel")
    assert browser.h1 == "Potwierdź, że to Ty", browser.page.url
    assert "Potwierdź przez" not in browser.text or "poziom=4" in browser.page.url
    browser.send("/logowanie/potwierdz", button="dalej", haslo=PASSWORD)
    browser.send("/saml/wejscie/wezel")
    browser.send("SingleSignOnService")
    browser.pick("nowa")
    assert "Konto jest połączone" in browser.text
    assert any(letter["Subject"].startswith("Zmiana na Twoim koncie") for letter in letters_to(portal, email))
    browser.open("/konto/profil-zaufany")
    browser.send("/konto/profil-zaufany/odlacz")


def prove_long_ago(portal: TestPortal, userid: str) -> None:
    """Let an hour pass for the sessions of an account."""
    with portal.opened() as opened:
        for record in opened.office.sessions.values():
            if record.data.get("userid") == userid:
                record.data = {**record.data, PROVED_KEY: record.data[PROVED_KEY] - 3600}


def test_nonsense_does_not_fill_the_trail(
    portal: TestPortal, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eid_views, "REFUSALS", Limit("eid-refusals-of-this-test", 3))
    monkeypatch.setattr(eid_views, "QUESTIONS", Limit("eid-questions-of-this-test", 2))
    before = len(events(portal, "eid-refused"))
    for _ in range(5):
        requests.post(f"{browser.portal}/saml/odpowiedz", {"RelayState": "x"}, timeout=20)
    assert len(events(portal, "eid-refused")) == before + 3
    for _ in range(2):
        browser.to_wezel()
    browser.open("/logowanie")
    browser.send("/saml/wejscie/wezel")
    assert browser.page.status_code == 429


def test_the_only_way_in_is_not_taken_away(portal: TestPortal, browser: Browser) -> None:
    browser.sign_in("diakrytyki")
    if browser.h1 == "Załóż konto":
        browser.send(
            "/saml/nowe-konto/", button="zaloz", email="s@poczta.example", agreed="true",
            **{"house_number": "5", "postal_code": "99-998", "town": "Zdroje", "where": "same"},
        )  # fmt: skip
    browser.open("/konto/profil-zaufany")
    browser.send("/konto/profil-zaufany/odlacz")
    assert "To jedyny sposób" in browser.text


@pytest.fixture
def demanding(portal: TestPortal) -> Iterator[Callable[[str], None]]:
    """Publishes a version of the test's form that demands a level; takes it back at the end."""

    def demand(level: str) -> None:
        with portal.opened() as opened:
            form = citizens.add_form(opened, portal.registry)
            lifecycle.edit(portal.registry, form, {**form.fields, "assurance": level}, "redaktor")
            lifecycle.publish(portal.registry, form, "redaktor")

    yield demand
    demand("")


@pytest.mark.parametrize("level", ["substantial", "high"])
def test_a_form_that_demands_an_eid_is_reached_from_a_password(
    browser: Browser, demanding: Callable[[str], None], level: str
) -> None:
    demanding(f"eid-{level}")
    browser.open("/logowanie")
    browser.send("/logowanie", button="zaloguj", login="jan.testowy", password=PASSWORD)
    browser.open(FORM)
    browser.send(FORM)
    assert "/logowanie/potwierdz" in browser.page.url
    browser.send("/saml/wejscie/wezel")
    browser.send("SingleSignOnService")
    browser.pick("jan", level=level)
    assert urlsplit(browser.page.url).path == FORM
    browser.send(FORM)
    assert "/robocze/" in browser.page.url


def test_somebody_else_does_not_raise_the_level(portal: TestPortal, browser: Browser) -> None:
    browser.sign_in()
    browser.open("/logowanie/potwierdz?poziom=5&powrot=/sprawy")
    browser.send("/saml/wejscie/wezel")
    browser.send("SingleSignOnService")
    browser.pick("nowa", level="high")
    assert browser.h1 == "To konto ma inny numer PESEL"
    assert events(portal, "eid-refused")[0][1] == "other-person"


def test_signing_out_here_ends_the_session_there(portal: TestPortal, browser: Browser) -> None:
    browser.sign_in()
    there = requests.get(f"{browser.wezel}/sesje", timeout=20).text.count('name="sesja"')
    browser.send("/wyloguj")
    portal.work()
    assert requests.get(f"{browser.wezel}/sesje", timeout=20).text.count('name="sesja"') == there - 1


def test_signing_out_there_ends_the_session_here(portal: TestPortal, browser: Browser) -> None:
    browser.sign_in()
    assert browser.open("/konto").url.endswith("/konto")
    portal.work()
    for index in re.findall(r'name="sesja" value="([^"]+)"', requests.get(f"{browser.wezel}/sesje", timeout=20).text):
        requests.post(f"{browser.wezel}/sesje", {"dostawca": "wezel", "sesja": index}, timeout=20)
    assert browser.open("/konto").url.endswith("powrot=/konto")


@pytest.mark.parametrize("mischief", ["unsigned-logout-request", "foreign-logout-request"])
def test_nobody_is_signed_out_by_a_message_that_is_not_the_providers(
    portal: TestPortal, browser: Browser, mischief: str
) -> None:
    browser.sign_in()
    browser.switch(mischief)
    try:
        listed = requests.get(f"{browser.wezel}/sesje", timeout=20).text
        for index in re.findall(r'name="sesja" value="([^"]+)"', listed):
            requests.post(f"{browser.wezel}/sesje", {"dostawca": "wezel", "sesja": index}, timeout=20)
    finally:
        browser.switch()
    assert browser.open("/konto").url.endswith("/konto")
    assert events(portal, "eid-logout-refused")


def test_the_metadata_are_signed_and_ours(browser: Browser) -> None:
    answer = requests.get(f"{browser.portal}/saml/metadata", timeout=20)
    assert answer.headers["Content-Type"].startswith("application/samlmetadata+xml")
    assert f"{browser.portal}/saml/odpowiedz" in answer.text and "SignatureValue" in answer.text
    assert requests.get(f"{browser.portal}/saml/metadata?dla=nikt", timeout=20).status_code == 404


def test_what_is_kept_is_forgotten(portal: TestPortal, browser: Browser) -> None:
    browser.to_wezel()
    an_hour_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    with portal.opened() as opened:
        for task in opened.office.tasks.values():
            if task.kind == "forget-eid-challenge":
                task.not_before = an_hour_ago
        for challenge in opened.office.challenges.values():
            challenge.expires = an_hour_ago
    portal.work()
    with portal.opened(commit=False) as opened:
        assert len(opened.office.challenges) == 0
