"""The portal attacked: every view found by introspection, by everybody, with what no browser sends.

Where the views are is in `tests.town`; what each answers to whom is in `test_access`. What the attacks write is thrown away.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import pytest
from webob import Request
from webtest import Upload

from boi_portal.publishing import lifecycle
from tests import citizens
from tests import town as towns
from tests.portals import TestPortal
from tests.town import BASES, BELOW, CARD, PEOPLE, ROUTES, Town

# bodies over 10 kB lie in temporary files that WebOb leaves to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.fixture(scope="module")
def town(portal: TestPortal) -> Town:
    return Town(portal)


@pytest.fixture
def nothing_kept(portal: TestPortal) -> Iterator[None]:
    """Let requests be answered and roll back what they write."""
    with towns.nothing_kept(portal):
        yield


@pytest.fixture
def undrawn() -> Iterator[None]:
    with towns.undrawn():
        yield


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever is asked for, no failure of the portal's own is written to the log."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def ask(town: Town, who: str, address: str, method: str = "GET", **more: Any) -> Any:
    """An answer, which is never a failure and never without its headers."""
    browser = town.people[who]
    answer = browser.request(address, method=method, status="*", **more)
    town.stay(browser)
    assert answer.status_int < 500, (who, method, address)
    headers = ["Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"]
    for name in headers if "static/" in address else [*headers, "Cache-Control"]:
        assert name in answer.headers, (name, who, method, address)
    return answer


# failing


@pytest.mark.parametrize("who", ["visitor", "jan", "admin"])
def test_no_address_fails_with_any_method(town: Town, nothing_kept: None, undrawn: None, who: str) -> None:
    for address in town.addresses():
        methods = ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE") if who == "visitor" else ("GET", "OPTIONS")
        for method in methods:
            ask(town, who, address, method)


MULTIPART = "multipart/form-data; boundary=b"
URLENCODED = "application/x-www-form-urlencoded"


def bodies(token: str) -> list[tuple[str, bytes]]:
    """What is sent with a right token and no sense: content type and body."""
    right = f"csrf_token={token}&_csrf_token_={token}&".encode()
    field = b'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + token.encode() + b"\r\n"
    nested = b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n'
    return [
        (URLENCODED, right),
        (URLENCODED, right + b"a=%ff"),
        (URLENCODED, right + b"a=%00"),
        (URLENCODED, right + b"a=1&" * 10_000),
        (URLENCODED, right + b"__start__=x:mapping&__end__=y:sequence&__end__=z"),
        (URLENCODED, right + b"__start__=x:mapping&" * 900),
        (URLENCODED, right + b"__rows__=remove:x." + b"9" * 5000),
        (URLENCODED, right + b"k" * 70_000 + b"=1"),
        (URLENCODED + "; charset=utf-7", right),
        ("application/json", b'{"csrf_token": "' + token.encode() + b'"}'),
        ("text/xml", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"),
        ("multipart/form-data", b"no boundary"),
        (MULTIPART, field),
        (MULTIPART, field + nested + b"--c\r\n\r\nx\r\n--c--\r\n--b--\r\n"),
        (MULTIPART, field + b'--b\r\nContent-Disposition: form-data; name="\xff\xfe"; filename="\x00"\r\n\r\nx\r\n--b--\r\n'),
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["jan", "admin"])
def test_no_address_fails_with_any_body(town: Town, nothing_kept: None, who: str) -> None:
    token = getattr(town.people[who], "token", "")
    for address in town.addresses():
        for kind, body in bodies(token):
            headers = {"Content-Type": kind, "X-CSRF-Token": token}
            ask(town, who, address, "POST", body=body, headers=headers)


def forms_of(town: Town, who: str) -> Iterator[tuple[str, Any]]:
    """Every form that sends something, on every page that this person may see, with its address."""
    seen = set()
    editing = [
        f"{path}/{view}"
        for path in (CARD, "/formularze/pismo-ogolne", "", "/aktualnosci")
        for view in ("edytuj", "zawartosc")
    ]
    for page in [*town.addresses(), *editing, f"{CARD}/historia/1", "/aktualnosci/dodaj/news", "/pliki/dodaj/file"]:
        if "/catalogs/" in page or page.endswith(("/indexing", ".pdf")):
            continue  # reindexing commits as it goes, which nothing can roll back; a PDF holds no form
        answer = ask(town, who, page)
        if answer.content_type != "text/html" or answer.status_int not in (200, 410):
            continue
        for form in answer.forms.values():
            address = urlsplit(urljoin(page, form.action or page))
            key = (address.path, tuple(sorted(name for name in form.fields if name)))
            if form.method.lower() == "post" and key not in seen and "wyloguj" not in address.path:
                seen.add(key)
                yield urlunsplit(address._replace(scheme="", netloc="", fragment="")), form


Pairs = list[tuple[str, Any]]


def is_mark(name: str) -> bool:
    return name in ("__start__", "__end__")


def crafted(form: Any, token: str) -> Iterator[Pairs]:
    """What a form sends, changed as no browser would."""
    sent = [(name, value) for name, value in form.submit_fields() if name not in ("csrf_token", "_csrf_token_")]
    buttons = [name for name, fields in form.fields.items() if name and type(fields[0]).__name__ == "Submit"]
    names = [name for name in form.fields if name and not is_mark(name) and name not in ("csrf_token", "_csrf_token_")]
    ends: Pairs = [("csrf_token", token), ("_csrf_token_", token), *[(name, "1") for name in buttons[:1]]]

    def valued(value: Any) -> Pairs:
        return [(name, old if is_mark(name) else value) for name, old in sent]

    for value in (
        "",
        "9" * 5000,
        "[" * 15_000,
        "\u202e\u00b2\u0661<script>alert(1)</script>",
        Upload("../a\u202e.pdf", b"%PDF-1.4"),
    ):
        yield valued(value) + ends
    yield [pair for pair in sent if pair[0] != "__end__"] + ends
    for old, new in ((":mapping", ":sequence"), (":sequence", ":mapping"), (":sequence", ":nic")):
        yield [(name, value.replace(old, new) if is_mark(name) else value) for name, value in sent] + ends
    yield [
        pair
        for name in names
        for pair in (("__start__", f"{name}:sequence"), ("x", "y"), ("__end__", f"{name}:sequence"))
    ] + ends
    yield [
        pair
        for name in names
        for pair in (("__start__", f"{name}:mapping"), ("x", "y"), ("__end__", f"{name}:mapping"))
    ] + ends
    for name in buttons:
        yield [*sent, *ends[:2], (name, Upload("a.txt", b"x"))]


@pytest.mark.parametrize("who", ["visitor", "jan", "firm", "clerk", "admin"])
def test_no_form_fails_with_crafted_controls(town: Town, nothing_kept: None, who: str) -> None:
    browser, found = town.people[who], list(forms_of(town, who))
    assert len(found) > 4
    for address, form in found:
        for pairs in crafted(form, getattr(browser, "token", "")):
            kind, body = browser.encode_multipart(
                [(name, value) for name, value in pairs if not isinstance(value, Upload)],
                [(name, value.filename, value.content) for name, value in pairs if isinstance(value, Upload)],
            )
            ask(town, who, address, "POST", body=body, headers={"Content-Type": kind})


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": 'boi="\\377"'}, {"Cookie": "boi=\xff"}, {"Cookie": "=;;,"}, {"Host": "localhost:99999"}, {"Host": "[::1"},
        {"Range": "bytes=5-1"}, {"If-None-Match": "*"}, {"If-Modified-Since": "\xff"}, {"Accept": "\xff"}, {"Accept-Language": "\xff"},
        {"User-Agent": "\xff\x01"}, {"Referer": "http://localhost/["}, {"Origin": "http://[::1"}, {"X-Vhm-Root": "/kosz"},
        {"X-HTTP-Method-Override": "DELETE"}, {"Content-Type": "\xff"},
    ],
    ids=str,
)  # fmt: skip
def test_odd_headers_do_not_fail(town: Town, nothing_kept: None, headers: dict[str, str]) -> None:
    for address in ("/", "/kontakt", "/konto", "/manage", "/motyw.css", "/pliki/herb.svg", ROUTES["boi_static"]):
        answer = town.portal.browser().get(address, headers=headers, status="*")
        assert answer.status_int < 500
    answer = town.portal.browser().post("/logowanie", {"login": "a", "password": "b"}, headers=headers, status="*")
    assert answer.status_int < 500


# other people's data

PRIVATE = (
    "DraftResource", "FiledDraft", "CaseResource", "DeskCaseResource", "NumberChangeResource", "MandateResource",
    "PersonResource",
)  # fmt: skip
ALLOWED = {
    "DraftResource": "jan",
    "FiledDraft": "jan",
    "CaseResource": "jan",
    "DeskCaseResource": "clerk",
    "MandateResource": "jan",
    "PersonResource": "firm",
    "NumberChangeResource": "admin",
}


@pytest.mark.parametrize("who", ["jan", "anna", "firm", "clerk", "other clerk", "editor", "chief", "admin"])
def test_what_is_private_is_not_there_for_others(town: Town, nothing_kept: None, undrawn: None, who: str) -> None:
    for view in town.views():
        context, name = view.context, view.name
        if view.managed or context not in PRIVATE or ALLOWED[context] == who:
            continue
        base = town.path(BASES[context])
        for below in BELOW.get(name, ("",)):
            tail = town.path(below) if below else ""
            addresses = (
                [f"{base}/{name}{tail}", f"{base}/@@{name}{tail}", f"{base}/{name}{tail}/"]
                if name
                else [base, f"{base}/", f"{base}/@@"]
            )
            for address in addresses:
                for method in ("GET", "HEAD", "PUT"):
                    answer = ask(town, who, address, method)
                    nothing_there = address.split("/")[1] in ("robocze", "sprawy") and PEOPLE[who] not in (
                        "jan.testowy",
                        "anna",
                    )
                    assert answer.status_int in ((403, 404) if nothing_there else (404,)), (method, address)
                body = f"csrf_token={town.people[who].token}".encode()
                answer = ask(town, who, address, "POST", body=body, headers={"Content-Type": URLENCODED})
                assert answer.status_int in (403, 404), address


def test_a_visitor_is_led_to_sign_in_whether_or_not_there_is_something(town: Town) -> None:
    for there, not_there in (
        ("/sprawy/{case}", "/sprawy/BOI-2026-AAAA-AAAA"),
        ("/robocze/{draft}", "/robocze/" + "0" * 32),
        ("/urzad/sprawy/{case}", "/urzad/sprawy/x"),
    ):  # fmt: skip
        for address in (town.path(there), not_there):
            answer = ask(town, "visitor", address)
            assert answer.status_int == 303
            assert answer.location.startswith("http://localhost/logowanie?powrot=")


STATES = ("draft", "pending", "withdrawn")


@pytest.fixture(scope="module")
def hidden(town: Town) -> list[str]:
    """Addresses of content that is not published, with a word in it that stands nowhere else."""
    registry, found = town.portal.registry, []
    with town.portal.opened() as opened:
        for state in STATES:
            word = f"Kwadrygalnik{state}"
            page = {"title": word, "body": f"<p>{word}</p>"}
            for kind, parent, fields in (
                ("Help Page", "pomoc", page),
                ("News", "aktualnosci", {**page, "date": "2026-01-02"}),
                ("Category", "katalog", {"title": word, "icon": "id-card"}),
                ("EForm", "formularze", {**citizens.FORM, "title": word, "symbol": f"F-X-{state[:2].upper()}"}),
                ("Office File", "pliki", {"title": word}),
            ):
                content = registry.content.create(kind, fields)
                if kind == "Office File":
                    content.store(b"%PDF-1.7 " + word.encode(), "application/pdf", "0" * 64)
                name = f"ukryta-{state}" + (".pdf" if kind == "Office File" else "")
                first = "published" if state == "withdrawn" else state
                lifecycle.add(registry, opened.site[parent], name, content, "redaktor", first)
                found.append(f"/{parent}/{name}")
    town.portal.work()
    with town.portal.opened() as opened:
        site = opened.site
        for path in found:
            if "withdrawn" in path:
                parent, name = path.strip("/").split("/")
                lifecycle.change_state(registry, site[parent][name], "withdrawn", "redaktor")
        lifecycle.move(registry, site["pomoc"]["ukryta-draft"], site["pomoc"], "przeniesiona")
        before = set(site["kosz"])
        lifecycle.delete(registry, site["pomoc"]["ukryta-withdrawn"], "redaktor")
        found += [f"/kosz/{name}" for name in set(site["kosz"]) - before]
    town.portal.work()
    return [*found, "/pomoc/przeniesiona", "/kosz"]


@pytest.mark.parametrize("who", ["visitor", "jan", "clerk"])
def test_unpublished_content_is_not_there(town: Town, hidden: list[str], nothing_kept: None, who: str) -> None:
    views = ("", "/", "/@@", "/podglad", "/@@historia/1/strona", "/edytuj", "/druk.pdf", "/stan", "/zawartosc", "?x=1")
    for address in hidden:
        for view in views:
            for method in ("GET", "HEAD", "PUT"):
                answer = ask(town, who, address + view, method)
                assert answer.status_int == 404, (method, address + view)
                assert b"Kwadrygalnik" not in answer.body
    for address in (
        "/", "/katalog", "/katalog?wedlug=nazwy", "/katalog?wedlug=wydzialy", "/pomoc",
        "/aktualnosci", "/formularze", "/pliki",
        "/szukaj?q=kwadrygalnikdraft", "/szukaj?q=kwadrygalnikdrafr", "/szukaj?q=kwadryga",
    ):  # fmt: skip
        shown = ask(town, who, address).text.lower().replace(address.rpartition("=")[2] or "\0", "")
        assert "kwadrygalnik" not in shown, address


# markup


def test_no_page_holds_inline_script_or_style(town: Town, nothing_kept: None) -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle\s*=\s*[\"']|\son\w+\s*=\s*[\"']|javascript:")
    odd = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    more = [
        f"/szukaj?q={odd}",
        f"/logowanie?powrot=/{odd}",
        f"/nie-ma/{odd}",
        f"/katalog?wedlug={odd}",
        f"/urzad?etap={odd}",
        f"{CARD}/edytuj",
    ]
    for who in ("visitor", "jan", "clerk", "chief"):
        for address in [one for one in [*town.addresses(), *more] if not one.startswith("/manage")]:
            answer = ask(town, who, address)
            if answer.content_type == "text/html":
                assert not inline.search(answer.text), (who, address)


# forgery and the page cache


@pytest.mark.parametrize("who", ["visitor", "jan", "admin"])
def test_no_address_takes_a_post_of_another_origin(town: Town, nothing_kept: None, who: str) -> None:
    token = getattr(town.people[who], "token", "")
    for address in town.addresses():
        for origin, sent in (
            ("http://evil.example", token),
            ("null", token),
            ("http://localhost", "x" if token else ""),
        ):
            if not token and origin == "http://localhost":
                continue  # a visitor's own page
            headers = {"Origin": origin, "Content-Type": URLENCODED}
            answer = ask(town, who, address, "POST", body=f"csrf_token={sent}".encode(), headers=headers)
            led_to_sign_in = answer.status_int == 303 and "/logowanie" in answer.location
            assert answer.status_int in (400, 403, 404, 405) or led_to_sign_in, (address, answer.status)


@pytest.mark.parametrize("written", ["boi={0}", "boi = {0}", "boi\t={0}", 'boi ="{0}"'])
def test_page_of_a_signed_in_person_is_kept_for_nobody(town: Town, written: str) -> None:
    cookie = town.people["jan"].cookie
    address = f"/kontakt?{secrets.token_hex(4)}"
    environ = Request.blank(address, base_url="http://localhost").environ
    answer = Request({**environ, "HTTP_COOKIE": written.format(cookie)}).get_response(town.portal.app)
    assert "wyloguj" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "wyloguj" not in ask(town, "visitor", address).text


def test_error_pages_at_static_addresses_are_not_stored(town: Town) -> None:
    answer = ask(town, "jan", "/static/x/nie-ma.css")
    assert (answer.status_int, answer.headers["Cache-Control"]) == (404, "no-store")


def test_long_addresses_are_not_kept(town: Town) -> None:
    cache = town.portal.registry.boi_page_cache
    before = len(cache)
    assert ask(town, "visitor", "/szukaj/" + "a" * 5000 + "?q=dowod").status_int == 200
    assert len(cache) == before


@pytest.mark.parametrize(
    "back", ["/%C5%BC", "//evil", "/%5Cevil", "/%09/evil", "http:evil", "http://evil", "javascript:1"]
)
def test_the_way_back_stays_here(town: Town, back: str) -> None:
    answer = ask(town, "jan", f"/logowanie?powrot={back}")
    assert (answer.status_int, answer.location) == (303, "http://localhost/")


def test_a_forwarded_address_is_not_believed(town: Town) -> None:
    browser = town.portal.browser()
    for number in range(31):
        headers = {"X-Forwarded-For": f"10.0.0.{number}"}
        browser.post("/logowanie", {"login": f"kto{number}", "password": "x"}, headers=headers, status="*")
    answer = browser.post(
        "/logowanie", {"login": "kto", "password": "x"}, headers={"X-Forwarded-For": "10.9.9.9"}, status="*"
    )
    assert answer.status_int == 429


# reading


WRITTEN_DOWN = ("/urzad/sprawy/", "/urzad/zmiany-danych/", "/urzad/dziennik")


@pytest.mark.parametrize("who", ["visitor", "jan", "clerk", "admin"])
def test_reading_writes_nothing(town: Town, undrawn: None, who: str) -> None:
    storages = [database.storage for database in town.portal.registry._zodb_databases.values()]

    def state() -> list[bytes]:
        return [storage.lastTransaction() for storage in storages]

    for name, login in PEOPLE.items():  # the use of a session is noted once a minute
        if login is not None:
            ask(town, name, "/konto")
    for address in town.addresses():
        if who in ("clerk", "admin") and address.startswith(WRITTEN_DOWN):
            continue  # an employee's reading is written down
        for method in ("GET", "HEAD"):
            before = state()
            ask(town, who, address, method)
            assert state() == before, (method, address)


def test_the_grid_of_content_asks_for_new_names(town: Town, nothing_kept: None) -> None:
    token = town.people["admin"].token
    body = {"csrf_token": token, "form.rename": "rename", "item-modify": "sprawy-obywatelskie"}
    answer = town.people["admin"].post("/manage/katalog/@@contents", body, status=200)
    assert answer.html.find("input", {"name": "sprawy-obywatelskie"})


def test_a_receipt_from_the_end_of_the_calendar_is_refused(town: Town) -> None:
    with town.portal.opened() as opened:
        sealed = opened.office.submissions[town.names["case"]].receipt.data
    body, signature = re.sub(rb"<(\w+:)?Signature .*</(\w+:)?Signature>", b"", sealed, flags=re.DOTALL), b"Signature"
    assert signature not in body
    late = re.sub(rb"(DataWytworzeniaPoswiadczenia>)[^<]*", rb"\g<1>9999-12-31T23:59:59-14:00", body)
    signed = citizens.sign(town.portal.var, late)
    answer = town.portal.browser().post("/poswiadczenie", upload_files=[("upp", "upp.xml", signed)], status=422)
    assert "To nie jest urzędowe poświadczenie" in answer.text
