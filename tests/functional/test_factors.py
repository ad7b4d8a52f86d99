"""The second factor as people meet it: setting up, signing in, proving again, and everything that must not work."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from webtest import TestApp, Upload

from boi_portal.accounts import credentials, factor_views, lost_factors, security_views
from boi_portal.accounts.demo import PASSWORD
from boi_portal.office import auditing
from boi_portal.publishing import lifecycle
from boi_portal.publishing.content import now
from boi_portal.web.assurance import ADVICE, ASSURANCE_KEY, PROVED_KEY, Assurance
from tests import citizens
from tests.authenticator import PRESENT, Authenticator
from tests.functional.test_accounts import flashed, letters_to, summary, text_of
from tests.functional.test_cases import document_of, make_draft
from tests.portals import TestPortal

SECURITY = "/konto/bezpieczenstwo"


@pytest.fixture(autouse=True)
def fresh(portal: TestPortal) -> None:
    """Each test begins with all its tries and without factors."""
    with portal.opened() as opened:
        for kind in (opened.office.throttles, opened.office.credentials):
            for key in list(kind):
                del kind[key]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime.timedelta], None]:
    """Moves the time of the codes; the clock begins in the middle of a step."""
    at = [datetime.datetime(2026, 3, 5, 12, 0, 15, tzinfo=datetime.UTC)]
    for module in ("proving", "set_up_views"):
        monkeypatch.setattr(f"boi_portal.accounts.{module}.now", lambda: at[0])

    def move(by: datetime.timedelta) -> None:
        at[0] += by

    move.at = lambda: at[0]  # type: ignore[attr-defined]
    return move


def begin(portal: TestPortal, login: str = "jan.testowy", back: str = "") -> Any:
    """A browser that has given the right password, and what it got."""
    browser = portal.browser()
    form = browser.get(f"/logowanie?powrot={back}").forms["formularz"]
    form["login"], form["password"] = login, PASSWORD
    return browser, form.submit(status=303)


class Codes:
    """A code application."""

    def __init__(self, clock: Any, secret: str) -> None:
        self.clock, self.totp = clock, pyotp.TOTP(secret)

    def code(self) -> str:
        """The code of this step."""
        return self.totp.at(self.clock.at())

    def next(self) -> str:
        """The code of the next step, which has come."""
        self.clock(datetime.timedelta(seconds=30))
        return self.code()


def set_up_codes(browser: TestApp, clock: Any, address: str = "/konto/aplikacja") -> tuple[Codes, Any]:
    """Set up an application; the page that follows shows recovery codes the first time."""
    form = browser.get(address).forms["formularz"]
    codes = Codes(clock, form["sekret"].value)
    form["kod"] = codes.code()
    return codes, form.submit("wlacz")


def recovery_codes(page: Any) -> list[str]:
    return [found.get_text() for found in page.html.select(".recovery-codes code")]


def ask(browser: TestApp, address: str, token: str = "", **kw: Any) -> Any:
    return browser.post(address, headers={"X-CSRF-Token": token}, **kw)


def last_form(page: Any) -> Any:
    """The form of the page itself; the frame's come before."""
    return page.forms[max(index for index in page.forms if isinstance(index, int))]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def token_of(page: Any) -> str:
    return str(page.html.find("input", {"name": "csrf_token"})["value"])


def add_passkey(browser: TestApp, key: Authenticator, name: str = "telefon", **kw: Any) -> Any:
    page = browser.get("/konto/nowy-klucz")
    form = page.html.find("form", {"data-passkey": "create"})
    question = ask(browser, form["data-passkey-question"], token_of(page)).json
    fields = {"csrf_token": question["csrf_token"], "nazwa": name, "klucz": key.create(question["publicKey"])}
    return browser.post("/konto/nowy-klucz", fields, **kw)


def use_passkey(browser: TestApp, key: Authenticator, page: Any, **kw: Any) -> Any:
    """What the script of a page does."""
    form = page.html.find("form", {"data-passkey": "get"})
    question = ask(browser, form["data-passkey-question"], form.find("input", {"name": "csrf_token"})["value"]).json
    fields = {"csrf_token": question["csrf_token"], "klucz": key.get(question["publicKey"])}
    return browser.post(form["action"], fields, **kw)


def sessions_of(portal: TestPortal, login: str, **data: Any) -> None:
    """Change what all sessions of somebody hold."""
    with portal.opened() as opened:
        userid = userid_of(opened, login)
        for record in opened.office.sessions.values():
            if record.data.get("userid") == userid:
                record.data = {**record.data, **data}


def userid_of(opened: Any, login: str) -> Any:
    users = opened.site["principals"]["users"]
    return users[login].__oid__ if login in users else citizens.account_of(opened.office, login).userid


def level_of(portal: TestPortal, login: str) -> int:
    """The highest level of somebody's sessions."""
    with portal.opened(commit=False) as opened:
        userid = userid_of(opened, login)
        sessions = [one for one in opened.office.sessions.values() if one.data.get("userid") == userid]
        return int(max(sessions, key=lambda one: one.created).data[ASSURANCE_KEY])


def events(portal: TestPortal, what: str) -> list[str]:
    with portal.opened(commit=False) as opened:
        found = [event for event in auditing.all_lines(opened.office) if event.what == what]
        return [event.how for event in sorted(found, key=lambda event: event.at)]


def age(portal: TestPortal, login: str, seconds: float) -> None:
    """Let the last proof of somebody's sessions be `seconds` ago."""
    sessions_of(portal, login, **{PROVED_KEY: now().timestamp() - seconds})


# the code application


def test_setting_up_codes_and_signing_in_with_one(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    page = browser.get(SECURITY)
    assert page.html.find("a", href="/konto/aplikacja")
    set_up = browser.get("/konto/aplikacja")
    drawn = set_up.html.find("svg", class_="qr-code")
    assert drawn["role"] == "img"
    assert "style" not in str(drawn)
    secret = set_up.forms["formularz"]["sekret"].value
    assert secret in set_up.html.find("code").get_text().replace(" ", "")
    codes, shown = set_up_codes(browser, clock)
    assert len(set(recovery_codes(shown))) == 10
    after = browser.get(SECURITY)
    assert "Zostało: 10 kodów" in plain(after.text)
    assert secret not in after.text
    with portal.opened(commit=False) as opened:
        kept = credentials.credentials_of(opened.office, userid_of(opened, "jan.testowy")).factors.application
        assert codes.totp.secret.encode() not in kept._sealed
    browser, answer = begin(portal, back="/katalog?widok=nazwy")
    assert answer.location.endswith("/logowanie/drugi-skladnik")
    browser.get("/konto", status=303)  # not in yet
    form = answer.follow().forms["formularz"]
    form["kod"] = f" {codes.next()[:3]} {codes.code()[3:]} "
    arrived = form.submit(status=303)
    assert arrived.location.endswith("/katalog?widok=nazwy")
    browser.get("/konto", status=200)
    assert level_of(portal, "jan.testowy") == 2
    assert events(portal, "sign-in")[-1] == "password+totp"


def test_setting_up_needs_a_right_code_and_a_secret_of_ours(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    form = browser.get("/konto/aplikacja").forms["formularz"]
    secret = form["sekret"].value
    form["kod"] = "000000" if Codes(clock, secret).code() != "000000" else "111111"
    refused = form.submit("wlacz", status=422)
    assert "Ten kod się nie zgadza" in summary(refused)
    assert refused.forms["formularz"]["sekret"].value == secret  # the phone has it already
    assert "Ustaw kod z aplikacji" in browser.get(SECURITY).text
    form = refused.forms["formularz"]
    form["sekret"].force_value(pyotp.random_base32())
    form.submit("wlacz", status=400)
    for wrong in ("", "krótki", "A" * 5000):
        form["sekret"].force_value(wrong)
        form.submit("wlacz", status=400)


def test_a_code_cannot_be_used_twice(portal: TestPortal, clock: Any) -> None:
    codes, _ = set_up_codes(portal.signed_in("jan.testowy"), clock)
    first = codes.code()  # used for setting up
    _, answer = begin(portal)
    form = answer.follow().forms["formularz"]
    form["kod"] = first
    assert factor_views.WRONG_CODE in summary(form.submit(status=422))
    fresh_code = codes.next()
    form["kod"] = fresh_code
    form.submit(status=303)
    _, answer = begin(portal)
    form = answer.follow().forms["formularz"]
    form["kod"] = fresh_code
    assert factor_views.WRONG_CODE in summary(form.submit(status=422))


def test_guessing_codes_is_slowed_and_the_owner_is_told(portal: TestPortal, clock: Any) -> None:
    codes, _ = set_up_codes(portal.signed_in("jan.testowy"), clock)
    before = len(letters_to(portal, "jan.testowy@poczta.example"))
    _, answer = begin(portal)
    page = answer.follow()
    for _number in range(5):
        form = page.forms["formularz"]
        form["kod"] = "12345"
        page = form.submit(status=422)
    _, answer = begin(portal)  # a new start, and even another browser, does not help
    form = answer.follow().forms["formularz"]
    form["kod"] = codes.next()
    locked = form.submit(status=429)
    assert int(locked.headers["Retry-After"]) > 0
    assert "Spróbuj ponownie za" in summary(locked)
    (letter,) = letters_to(portal, "jan.testowy@poczta.example")[before:]
    assert letter["Subject"].startswith("Ktoś zna hasło")
    with portal.opened() as opened:
        for counter in opened.office.throttles.values():
            counter.until = 0.0
    form.submit(status=303)


def test_between_password_and_code_nobody_is_in_and_it_ends(portal: TestPortal, clock: Any) -> None:
    codes, _ = set_up_codes(portal.signed_in("jan.testowy"), clock)
    browser, answer = begin(portal)
    form = answer.follow().forms["formularz"]
    for address in ("/konto", "/sprawy", "/robocze", SECURITY):
        assert "/logowanie?powrot=" in browser.get(address, status=303).location
    with portal.opened() as opened:
        for record in opened.office.sessions.values():
            if "pending" in record.data:
                record.data = {**record.data, "pending": {**record.data["pending"], "at": 0.0}}
    form["kod"] = codes.next()
    assert form.submit(status=303).location.endswith("/logowanie")
    browser.get("/konto", status=303)
    assert portal.browser().get("/logowanie/drugi-skladnik", status=303).location.endswith("/logowanie")


def test_between_password_and_code_a_changed_password_ends_it(portal: TestPortal, clock: Any) -> None:
    owner = portal.signed_in("jan.testowy")
    codes, _ = set_up_codes(owner, clock)
    _, answer = begin(portal)
    form = answer.follow().forms["formularz"]
    with portal.opened() as opened:
        citizens.account_of(opened.office, "jan.testowy").sessions_since = now().timestamp() + 1
    try:
        form["kod"] = codes.next()
        assert form.submit(status=303).location.endswith("/logowanie")
    finally:
        with portal.opened() as opened:
            citizens.account_of(opened.office, "jan.testowy").sessions_since = 0.0


def test_a_session_that_was_ended_does_not_live_again_by_another_persons_password(
    portal: TestPortal, clock: Any
) -> None:
    """Whoever stole a session cannot save it from „Wyloguj wszędzie” by beginning to sign in to an account of his own."""
    set_up_codes(portal.signed_in("urzednik.os"), clock)
    stolen, owner = portal.signed_in("jan.testowy"), portal.signed_in("jan.testowy")
    owner.post("/konto/sesje", {"inne": "1", "csrf_token": token_of(owner.get("/konto/sesje"))}, status=303)
    stolen.get("/konto", status=303)
    form = stolen.get("/logowanie").forms["formularz"]
    form["login"], form["password"] = "urzednik.os", PASSWORD
    assert form.submit(status=303).location.endswith("/logowanie/drugi-skladnik")
    assert "/logowanie" in stolen.get("/konto", status=303).location
    owner.get("/konto", status=200)
    with portal.opened() as opened:
        citizens.account_of(opened.office, "jan.testowy").sessions_since = 0.0


# recovery codes


def test_a_recovery_code_opens_once(portal: TestPortal, clock: Any) -> None:
    owner = portal.signed_in("jan.testowy")
    _, shown = set_up_codes(owner, clock)
    code = recovery_codes(shown)[0]
    _, answer = begin(portal)
    page = answer.follow().click(href="kod-zapasowy")
    form = page.forms["formularz"]
    form["kod"] = code.lower().replace("-", " ")
    arrived = form.submit(status=303).follow()
    assert "Zostało Ci: 9 kodów" in plain(flashed(arrived))
    told = [text_of(letter) for letter in letters_to(portal, "jan.testowy@poczta.example")]
    assert any("Użyto kodu zapasowego. Zostało kodów: 9." in text for text in told)
    _, answer = begin(portal)
    form = answer.follow().click(href="kod-zapasowy").forms["formularz"]
    form["kod"] = code
    assert factor_views.WRONG_RECOVERY in summary(form.submit(status=422))


def test_recovery_codes_are_kept_as_hashes_downloaded_once_and_made_anew(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    _, shown = set_up_codes(browser, clock)
    codes = recovery_codes(shown)
    with portal.opened(commit=False) as opened:
        kept = credentials.credentials_of(opened.office, userid_of(opened, "jan.testowy")).factors.recovery.waiting
    assert not any(code.replace("-", "") in mark.upper() for code in codes for mark in kept)
    form = next(form for form in shown.forms.values() if form.action.endswith("kody-zapasowe.txt"))
    file = form.submit(status=200)
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert all(code in file.text for code in codes)
    form["kody"].force_value(" ".join([*codes[:9], "<b>obcy</b>"]))
    form.submit(status=400)
    anew = last_form(browser.get("/konto/kody-zapasowe")).submit(status=200)
    assert len(set(recovery_codes(anew)) & set(codes)) == 0
    _, answer = begin(portal)
    form = answer.follow().click(href="kod-zapasowy").forms["formularz"]
    form["kod"] = codes[3]
    form.submit(status=422)


# removing


def test_removing_the_application_needs_a_fresh_proof(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    codes, _ = set_up_codes(browser, clock)
    age(portal, "jan.testowy", 3600)
    confirm = browser.get("/konto/aplikacja-usun", status=303).follow()
    assert confirm.request.path == "/logowanie/potwierdz"
    token = token_of(browser.get(SECURITY))
    browser.post("/konto/aplikacja-usun", {"csrf_token": token}, status=303)
    assert "Włączony" in browser.get(SECURITY).text
    form = confirm.forms["formularz"]
    form["kod"] = codes.next()
    back = form.submit(status=303)
    assert back.location.endswith("/konto/aplikacja-usun")
    done = last_form(back.follow()).submit(status=303).follow()
    assert "wyłączony" in flashed(done)
    assert done.html.find(id="kody") is None  # codes that stand in for nothing
    assert letters_to(portal, "jan.testowy@poczta.example")[-1]["Subject"].startswith("Zmiana zabezpieczeń")
    _, answer = begin(portal)
    assert answer.location.endswith("/")


def test_a_fresh_proof_may_be_the_password_but_not_a_wrong_one(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    set_up_codes(browser, clock)
    age(portal, "jan.testowy", 3600)
    page = browser.get("/konto/aplikacja-usun", status=303).follow().click("Użyj hasła")
    assert page.html.find("a", string="Użyj kodu zapasowego")
    form = page.forms["formularz"]
    form["haslo"] = "zupełnie inne hasło"
    assert factor_views.WRONG_PASSWORD in summary(form.submit(status=422))
    form["haslo"] = PASSWORD
    assert form.submit(status=303).location.endswith("/konto/aplikacja-usun")


# passkeys


def test_a_passkey_is_the_only_factor_and_the_second_one(portal: TestPortal) -> None:
    key = Authenticator()
    browser = portal.signed_in("jan.testowy")
    assert len(recovery_codes(add_passkey(browser, key, status=200))) == 10
    assert "telefon" in browser.get(SECURITY).text
    visitor = portal.browser()
    page = visitor.get("/logowanie?powrot=/sprawy")
    form = page.html.find("form", {"data-passkey": "get"})
    assert form.has_attr("hidden")  # until a script shows it
    arrived = use_passkey(visitor, key, page, status=303)
    assert arrived.location.endswith("/sprawy")
    visitor.get("/sprawy", status=200)
    assert level_of(portal, "jan.testowy") == 2
    assert events(portal, "sign-in")[-1] == "passkey"
    second, answer = begin(portal)
    page = answer.follow()
    assert "formularz" not in page.forms  # there is no application to ask
    assert use_passkey(second, key, page, status=303).location.endswith("/")
    assert events(portal, "sign-in")[-1] == "password+passkey"


def test_a_passkey_opens_while_the_password_is_slowed_down(portal: TestPortal) -> None:
    key = Authenticator()
    add_passkey(portal.signed_in("jan.testowy"), key)
    stranger = portal.browser()
    for number in range(35):  # of this account first, then of this network
        fields = {"login": "jan.testowy" if number < 6 else f"kto{number}", "password": "zgadywane hasło"}
        answer = stranger.post("/logowanie", fields, status="*")
    assert answer.status_int == 429
    assert "Jeśli masz klucz dostępu, wejdziesz nim od razu" in summary(answer)
    owner = portal.browser()
    use_passkey(owner, key, owner.get("/logowanie"), status=303)


def test_after_a_question_to_a_visitor_the_password_form_still_works(portal: TestPortal) -> None:
    browser = portal.browser()
    page = browser.get("/logowanie")
    question = ask(browser, "/logowanie/pytanie-wejscia").json
    form = page.forms["formularz"]
    form["login"], form["password"] = "jan.testowy", PASSWORD
    form["csrf_token"].force_value(question["csrf_token"])
    form.submit(status=303)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"origin": "https://zlodziej.example"}, "wrong"),
        ({"flags": PRESENT}, "wrong"),
        ({"id": b"inny klucz"}, "unknown"),
        ({"count": 1}, "counter"),
        ({"key": Authenticator().key}, "wrong"),
        ({"handle": b"applicant:" + b"0" * 32}, "unknown"),
        ({"handle": b"\xff\xfe"}, "unknown"),
        ({"handle": b""}, "unknown"),
    ],
    ids=[
        "other origin",
        "not verified",
        "other key",
        "copied key",
        "other signature",
        "nobody",
        "no text",
        "no handle",
    ],
)
def test_a_wrong_answer_lets_nobody_in(portal: TestPortal, change: dict[str, Any], why: str) -> None:
    key = Authenticator()
    add_passkey(portal.signed_in("jan.testowy"), key)
    for name, value in change.items():
        setattr(key, name, value)
    visitor = portal.browser()
    refused = use_passkey(visitor, key, visitor.get("/logowanie"), status=422)
    assert factor_views.WRONG_PASSKEY in summary(refused)
    visitor.get("/konto", status=303)
    assert events(portal, "passkey-refused")[-1] == why


@pytest.mark.parametrize(
    "answer",
    ["", "{", "[]", "[" * 19_000, "9" * 19_000, "x" * 30_000, '{"id": "A"}', '{"id": 1, "response": 2}',
     '{"id": "QUFB", "rawId": "QUFB", "type": "public-key", "response": {"clientDataJSON": "", "authenticatorData": "AA", "signature": "", '
     '"userHandle": "MQ"}}'],
)  # fmt: skip
def test_a_malformed_answer_is_refused(portal: TestPortal, answer: str) -> None:
    key, owner = Authenticator(), portal.signed_in("jan.testowy")
    add_passkey(owner, key)
    browser = portal.browser()
    question = ask(browser, "/logowanie/pytanie-wejscia").json
    fields = {"csrf_token": question["csrf_token"], "klucz": answer}
    browser.post("/logowanie", fields, status=422)
    question = ask(owner, "/konto/pytanie-nowego-klucza", token_of(owner.get(SECURITY))).json
    owner.post("/konto/nowy-klucz", {**fields, "csrf_token": question["csrf_token"], "nazwa": "x"}, status=422)


def test_broken_bytes_of_a_real_key_are_refused(portal: TestPortal) -> None:
    key, owner = Authenticator(), portal.signed_in("jan.testowy")
    add_passkey(owner, key)
    for name in ("clientDataJSON", "authenticatorData", "signature"):
        for value in ("", "AA", "_" * 400):
            browser = portal.browser()
            question = ask(browser, "/logowanie/pytanie-wejscia").json
            answer = json.loads(key.get(question["publicKey"]))
            answer["response"][name] = value
            fields = {"csrf_token": question["csrf_token"], "klucz": json.dumps(answer)}
            browser.post("/logowanie", fields, status=422)
    for value in ("", "AA", "oA", "_" * 400):
        question = ask(owner, "/konto/pytanie-nowego-klucza", token_of(owner.get(SECURITY))).json
        answer = json.loads(Authenticator().create(question["publicKey"]))
        answer["response"]["attestationObject"] = value
        fields = {"csrf_token": question["csrf_token"], "klucz": json.dumps(answer), "nazwa": "x"}
        owner.post("/konto/nowy-klucz", fields, status=422)


def test_a_question_is_answered_once_and_in_its_own_session(portal: TestPortal) -> None:
    key = Authenticator(count=0)  # such authenticators do not count
    add_passkey(portal.signed_in("jan.testowy"), key)
    mine, other = portal.browser(), portal.browser()
    question = ask(mine, "/logowanie/pytanie-wejscia").json
    foreign = ask(other, "/logowanie/pytanie-wejscia").json
    answer = key.get(question["publicKey"])
    other.post("/logowanie", {"csrf_token": foreign["csrf_token"], "klucz": answer}, status=422)
    mine.post("/logowanie", {"csrf_token": question["csrf_token"], "klucz": answer}, status=303)
    again = portal.browser()
    other_question = ask(again, "/logowanie/pytanie-wejscia").json
    again.post("/logowanie", {"csrf_token": other_question["csrf_token"], "klucz": answer}, status=422)
    assert events(portal, "passkey-refused")[-2:] == ["wrong", "wrong"]
    again.post("/logowanie", {"csrf_token": other_question["csrf_token"], "klucz": answer}, status=422)
    assert events(portal, "passkey-refused")[-1] == "no-question"


def test_a_late_answer_is_refused(portal: TestPortal) -> None:
    key = Authenticator()
    add_passkey(portal.signed_in("jan.testowy"), key)
    browser = portal.browser()
    question = ask(browser, "/logowanie/pytanie-wejscia").json
    with portal.opened() as opened:
        for record in opened.office.sessions.values():
            if "webauthn" in record.data:
                record.data = {**record.data, "webauthn": {**record.data["webauthn"], "at": 0.0}}
    fields = {"csrf_token": question["csrf_token"], "klucz": key.get(question["publicKey"])}
    browser.post("/logowanie", fields, status=422)
    assert events(portal, "passkey-refused")[-1] == "late"


def test_another_persons_passkey_is_no_second_factor(portal: TestPortal) -> None:
    jans, clerks = Authenticator(), Authenticator()
    add_passkey(portal.signed_in("jan.testowy"), jans)
    add_passkey(portal.signed_in("urzednik"), clerks)
    browser, answer = begin(portal)
    refused = use_passkey(browser, clerks, answer.follow(), status=422)
    assert factor_views.WRONG_PASSKEY in summary(refused)
    # nor does an answer to the question of signing in count as one to the question of proving
    token = token_of(refused)
    question = ask(browser, "/logowanie/pytanie-wejscia", token).json
    fields = {"csrf_token": token, "klucz": jans.get(question["publicKey"])}
    browser.post("/logowanie/drugi-skladnik", fields, status=422)
    assert events(portal, "passkey-refused")[-1] == "other-question"


def test_a_closed_account_is_not_opened_by_its_passkey(portal: TestPortal) -> None:
    key = Authenticator()
    add_passkey(portal.signed_in("urzednik.or"), key)
    with portal.opened() as opened:
        opened.site["principals"]["users"]["urzednik.or"].enabled = False
    try:
        visitor = portal.browser()
        use_passkey(visitor, key, visitor.get("/logowanie"), status=422)
    finally:
        with portal.opened() as opened:
            opened.site["principals"]["users"]["urzednik.or"].enabled = True


def test_somebody_elses_passkey_is_not_there(portal: TestPortal) -> None:
    key = Authenticator()
    owner, clerk = portal.signed_in("jan.testowy"), portal.signed_in("urzednik")
    add_passkey(owner, key)
    add_passkey(clerk, Authenticator())
    address = owner.get(SECURITY).html.find("a", href=re.compile("^/konto/klucz/"))["href"]
    clerk.get(address, status=404)
    clerk.post(address, {"csrf_token": token_of(clerk.get(SECURITY)), "usun": "usun"}, status=404)
    assert portal.browser().get(address, status=303).location.startswith("http://localhost/logowanie")
    form = owner.get(address).forms["formularz"]
    form["nazwa"] = "laptop <b>"
    assert "laptop &lt;b&gt;" in form.submit("zapisz", status=303).follow().text
    removed = last_form(owner.get(address)).submit("usun", status=303).follow()
    assert "Usunięto klucz dostępu" in flashed(removed)
    owner.get(address, status=404)
    visitor = portal.browser()
    use_passkey(visitor, key, visitor.get("/logowanie"), status=422)


def test_a_passkey_is_added_once_with_a_name_and_not_without_limit(portal: TestPortal) -> None:
    browser, key = portal.signed_in("jan.testowy"), Authenticator()
    add_passkey(browser, key)
    for name in ("", "   ", "x" * 61, "a\tb"):
        refused = add_passkey(browser, Authenticator(), name, status=422)
        assert refused.html.find("a", href="#nazwa")
    assert "już dodany" in summary(add_passkey(browser, key, "drugi raz", status=422))
    for number in range(9):
        add_passkey(browser, Authenticator(), f"klucz {number}", status=303)
    assert "więcej się nie zmieści" in summary(add_passkey(browser, Authenticator(), "jedenasty", status=422))


# employees


def test_an_employee_is_warned_and_then_must_set_up_a_factor(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("urzednik.os")
    home = browser.get("/")
    assert "drugi składnik logowania" in home.html.find("aside", class_="second-factor-due").get_text()
    with portal.opened() as opened:
        factors = credentials.own_credentials(opened.office, userid_of(opened, "urzednik.os")).factors
        factors.first_sign_in -= datetime.timedelta(days=15)
    browser, answer = begin(portal, "urzednik.os", back="/urzad")
    assert answer.location.endswith("/logowanie/ustaw-drugi-skladnik")
    assert "/logowanie?" in browser.get("/urzad", status=303).location
    assert browser.get("/logowanie/drugi-skladnik", status=303).location.endswith("/logowanie/ustaw-drugi-skladnik")
    page = answer.follow()
    assert page.html.find("a", href="/logowanie/ustaw-klucz")
    page.click(href="ustaw-aplikacje")
    _, shown = set_up_codes(browser, clock, "/logowanie/ustaw-aplikacje")
    assert shown.html.find("a", href="/urzad", string=re.compile("dalej"))
    assert level_of(portal, "urzednik.os") == 2
    desk = browser.get("/urzad", status=200)
    assert desk.html.find("aside", class_="second-factor-due") is None
    # and the last factor stays
    age(portal, "urzednik.os", 0)
    kept = last_form(browser.get("/konto/aplikacja-usun")).submit(status=303).follow()
    assert security_views.LAST_OF_STAFF in flashed(kept)


def test_an_employee_may_set_up_a_passkey_at_the_door(portal: TestPortal) -> None:
    portal.signed_in("urzednik.os")
    with portal.opened() as opened:
        factors = credentials.own_credentials(opened.office, userid_of(opened, "urzednik.os")).factors
        factors.first_sign_in -= datetime.timedelta(days=15)
    browser, answer = begin(portal, "urzednik.os")
    page = answer.follow().click(href="ustaw-klucz")
    form, key = page.html.find("form", {"data-passkey": "create"}), Authenticator()
    question = ask(browser, form["data-passkey-question"], token_of(page)).json
    fields = {"csrf_token": question["csrf_token"], "nazwa": "biuro", "klucz": key.create(question["publicKey"])}
    browser.get("/konto/nowy-klucz", status=303)
    assert len(recovery_codes(browser.post("/logowanie/ustaw-klucz", fields, status=200))) == 10
    browser.get("/urzad", status=200)


def test_crafted_codes_of_a_visitor_make_no_session(portal: TestPortal) -> None:
    visitor = portal.browser()
    with portal.opened(commit=False) as opened:
        before = len(opened.office.sessions)
    for address in ("drugi-skladnik", "kod-zapasowy"):
        visitor.post(f"/logowanie/{address}", {"kod": "123456"}, status=303)
    with portal.opened(commit=False) as opened:
        assert len(opened.office.sessions) == before


def test_the_door_is_shut_once_the_employee_has_a_factor(portal: TestPortal, clock: Any) -> None:
    """Whoever stands at the door with the password alone does not put his own application in place of the owner's."""
    portal.signed_in("urzednik.os")
    with portal.opened() as opened:
        factors = credentials.own_credentials(opened.office, userid_of(opened, "urzednik.os")).factors
        factors.first_sign_in -= datetime.timedelta(days=15)
    thief, _ = begin(portal, "urzednik.os")
    form = thief.get("/logowanie/ustaw-aplikacje").forms["formularz"]
    owner, _ = begin(portal, "urzednik.os")
    set_up_codes(owner, clock, "/logowanie/ustaw-aplikacje")
    form["kod"] = Codes(clock, form["sekret"].value).code()
    assert form.submit("wlacz", status=303).location.endswith("/logowanie")
    thief.get("/konto", status=303)


def test_nobody_sets_up_at_the_door_who_need_not(portal: TestPortal, clock: Any) -> None:
    set_up_codes(portal.signed_in("jan.testowy"), clock)
    browser, answer = begin(portal)
    token = token_of(answer.follow())
    for address in ("ustaw-drugi-skladnik", "ustaw-aplikacje", "ustaw-klucz"):
        assert browser.get(f"/logowanie/{address}", status=303).location.endswith("/logowanie")
    browser.post("/logowanie/ustaw-aplikacje", {"csrf_token": token}, status=303)
    browser.post("/logowanie/pytanie-nowego-klucza", {"csrf_token": token}, status=303)
    portal.browser().get("/logowanie/ustaw-aplikacje", status=303)


def test_applicants_are_not_pressed(portal: TestPortal) -> None:
    browser = portal.signed_in("jan.testowy")
    assert browser.get("/").html.find("aside", class_="second-factor-due") is None


def test_somebody_who_has_lost_everything_is_helped_by_the_office(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    set_up_codes(browser, clock)
    with portal.opened() as opened:
        lost_factors.forget_factors(opened.site, opened.office, "jan.testowy", "https://boi.example")
    try:
        browser.get(SECURITY, status=303)  # the session is over
        _, answer = begin(portal)
        assert answer.location.endswith("/")
        told = [text_of(letter) for letter in letters_to(portal, "jan.testowy@poczta.example")]
        assert any("https://boi.example/haslo" in text and "Urząd wyłączył" in text for text in told)
    finally:
        with portal.opened() as opened:
            citizens.account_of(opened.office, "jan.testowy").sessions_since = 0.0
    for login in ("jan.testowy", "nie.ma.takiego"):
        with portal.opened(commit=False) as opened, pytest.raises(lost_factors.NothingToForget):
            lost_factors.forget_factors(opened.site, opened.office, login, "")


# proving again


def test_confirming_leads_back_to_own_addresses_only(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    codes, _ = set_up_codes(browser, clock)
    for back, where in (("https://zly.example/", "/"), ("//zly.example", "/"), ("/katalog", "/katalog")):
        age(portal, "jan.testowy", 3600)
        form = browser.get(f"/logowanie/potwierdz?powrot={back}").forms["formularz"]
        form["kod"] = codes.next()
        assert form.submit(status=303).location == f"http://localhost{where}"


def test_confirming_for_a_level_takes_no_password(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    codes, _ = set_up_codes(browser, clock)
    sessions_of(portal, "jan.testowy", **{ASSURANCE_KEY: 1})
    page = browser.get("/logowanie/potwierdz?poziom=2&sposob=password&powrot=/katalog")
    assert "haslo" not in page.forms["formularz"].fields
    form = page.forms["formularz"]
    form["kod"] = codes.next()
    form.submit(status=303)
    assert level_of(portal, "jan.testowy") == 2
    browser.get("/logowanie/potwierdz?poziom=2&powrot=/katalog", status=303)
    # a code is not an eID
    high = browser.get("/logowanie/potwierdz?poziom=4&powrot=/katalog")
    assert "formularz" not in high.forms
    fields = {"csrf_token": token_of(high), "kod": codes.next()}
    browser.post("/logowanie/potwierdz?poziom=4&powrot=/katalog", fields, status=400)
    for wrong in ("9", "x", "-1", "\u0664"):
        browser.get("/logowanie/potwierdz", {"poziom": wrong}, status=400)


def test_confirming_keeps_the_level_and_other_tabs(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    set_up_codes(browser, clock)
    token = token_of(browser.get(SECURITY))
    age(portal, "jan.testowy", 3600)
    page = browser.get("/logowanie/potwierdz?powrot=/konto").click("Użyj hasła")
    form = page.forms["formularz"]
    form["haslo"] = PASSWORD
    form.submit(status=303)
    assert level_of(portal, "jan.testowy") == 2
    assert token_of(browser.get(SECURITY)) == token


def test_a_visitor_who_is_asked_to_confirm_signs_in(portal: TestPortal) -> None:
    answer = portal.browser().get("/logowanie/potwierdz?poziom=2&powrot=/katalog", status=303)
    assert answer.location.endswith("/logowanie?powrot=/katalog")


def test_confirming_without_a_second_factor_says_how_to_get_one(portal: TestPortal) -> None:
    browser = portal.signed_in("jan.testowy")
    page = browser.get("/logowanie/potwierdz?poziom=2&powrot=/katalog")
    link = page.html.find("a", string="Ustaw drugi składnik logowania")
    assert "powrot=/katalog" in link["href"]
    security = page.click("Ustaw drugi składnik logowania")
    assert security.html.find("a", href="/konto/aplikacja?powrot=/katalog")


# forms that demand a level

FORM = f"/formularze/{citizens.FORM_NAME}"


def demand(portal: TestPortal, level: str) -> None:
    """Publish a version of the form that demands this."""
    with portal.opened() as opened:
        form = citizens.add_form(opened, portal.registry)
        if form.value("assurance", "") != level:
            lifecycle.edit(portal.registry, form, {**form.fields, "assurance": level}, "redaktor")
            lifecycle.publish(portal.registry, form, "redaktor")


@pytest.fixture
def demanding(portal: TestPortal) -> Iterator[None]:
    """The form demands two factors."""
    demand(portal, "two-factor")
    yield
    demand(portal, "")


@pytest.mark.usefixtures("demanding")
def test_a_form_says_what_it_demands_and_lets_nobody_begin_with_less(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    page = browser.get(FORM)
    assert ADVICE[Assurance.TWO_FACTOR] in page.html.find("dl", class_="facts").get_text()
    begin_filling = last_form(page)
    asked = begin_filling.submit(status=303)
    assert asked.location.endswith(f"/logowanie/potwierdz?poziom=2&powrot={FORM}")
    link = asked.follow().click("Ustaw drugi składnik logowania").click("Ustaw kod z aplikacji")
    _, shown = set_up_codes(browser, clock, link.request.path_qs)
    back = shown.click("Mam zapisane kody, dalej")
    assert back.request.path == FORM
    assert "/robocze/" in last_form(back).submit(status=303).location


@pytest.mark.usefixtures("demanding")
def test_a_draft_asks_for_the_level_on_every_page_and_loses_nothing(portal: TestPortal, clock: Any) -> None:
    browser = portal.signed_in("jan.testowy")
    codes, _ = set_up_codes(browser, clock)
    draft = make_draft(portal)
    page = browser.get(f"{draft}/strona/osoba")
    form = last_form(page)
    form["uwagi"] = "pisane, zanim sesja straciła poziom"
    sessions_of(portal, "jan.testowy", **{ASSURANCE_KEY: 1})
    asked = form.submit("_dalej", status=303)
    assert asked.location.endswith(f"poziom=2&powrot={draft}/strona/osoba")
    for name in (
        "",
        "/sprawdz",
        "/strona/osoba",
        "/strona/psy",
        "/podpis",
        "/dokument.xml",
        "/dokument",
        f"/plik/{citizens.FILE_ID}",
    ):
        found = browser.get(f"{draft}{name}", status=303)
        assert "/logowanie/potwierdz?poziom=2&powrot=/robocze/" in found.location, name
    token = token_of(browser.get(SECURITY))
    for name, fields in (
        ("/sprawdz", {}),
        ("/sprawdz", {"_podpis": "1"}),
        ("/podpis", {}),
        ("/podpis", {"przygotuj": "1"}),
        ("/nowa-wersja", {}),
    ):
        found = browser.post(f"{draft}{name}", {"csrf_token": token, **fields}, status=303)
        assert "/logowanie/potwierdz?poziom=2&powrot=/robocze/" in found.location, name
    proof = asked.follow().forms["formularz"]
    proof["kod"] = codes.next()
    back = proof.submit(status=303).follow()
    assert last_form(back)["uwagi"].value == "pisane, zanim sesja straciła poziom"
    browser.get(f"{draft}/sprawdz", status=200)


def test_a_form_that_demands_more_today_is_not_filed_with_less(portal: TestPortal) -> None:
    browser = portal.signed_in("jan.testowy")
    demand(portal, "")
    draft = make_draft(portal)
    signed = citizens.sign(portal.var, document_of(browser, draft))
    form = last_form(browser.get(f"{draft}/podpis"))
    demand(portal, "eid-substantial")
    try:
        form["podpisany"] = Upload("pismo.xml", signed)
        assert "/logowanie/potwierdz?poziom=4&" in form.submit(status=303).location
        sessions_of(portal, "jan.testowy", **{ASSURANCE_KEY: int(Assurance.EID_SUBSTANTIAL)})
        form["podpisany"] = Upload("pismo.xml", signed)
        assert "/sprawy/BOI-" in form.submit(status=303).location
    finally:
        demand(portal, "")


@pytest.mark.usefixtures("demanding")
def test_a_draft_can_be_deleted_with_less(portal: TestPortal) -> None:
    browser, draft = portal.signed_in("jan.testowy"), make_draft(portal)
    last_form(browser.get(f"{draft}/usun")).submit(status=303)
    browser.get(draft, status=404)


def test_an_editor_sets_what_a_form_demands_in_the_plain_form(portal: TestPortal) -> None:
    demand(portal, "")
    editor = portal.signed_in("redaktor")
    form = editor.get(f"{FORM}/edytuj").forms["formularz"]
    assert form["pole-assurance"].value == ""
    form["pole-assurance"] = "eid-high"
    form.submit("opublikuj", status=303)
    try:
        with portal.opened(commit=False) as opened:
            made = opened.site["formularze"][citizens.FORM_NAME]
            assert made.assurance is made.definition.assurance is Assurance.EID_HIGH
        form = editor.get(f"{FORM}/edytuj").forms["formularz"]
        assert form["pole-assurance"].value == "eid-high"
        form["pole-assurance"].force_value("bardzo")
        form.submit("opublikuj", status=422)
    finally:
        demand(portal, "")
