"""Sessions as people have them: none for visitors, a new one at sign-in, ended by time or by signing out."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import transaction
from pyramid.request import Request
from pyramid.response import Response
from webtest import TestApp

from boi_portal.office.store import office_of
from boi_portal.web import sessions
from boi_portal.web.security import SessionPolicy
from tests import webapp

COOKIE = "boi"


@contextmanager
def stored(app: Any) -> Iterator[Any]:
    """The sessions in the database; changes are committed."""
    manager = transaction.TransactionManager()
    manager.begin()
    connection = app.registry._zodb_databases[""].open(transaction_manager=manager)
    try:
        yield office_of(connection).sessions
        manager.commit()
    finally:
        manager.abort()
        connection.close()


def key_of(browser: TestApp) -> str:
    return hashlib.sha256(browser.cookies[COOKIE].encode()).hexdigest()


def is_alice(browser: TestApp) -> bool:
    return bool(browser.get("/sprawy", expect_errors=True).status_int == 200)


def age(app: Any, browser: TestApp, created: float = 0, used: float = 0) -> None:
    with stored(app) as records:
        record = records[key_of(browser)]
        record.created -= created
        record.used -= used


@pytest.mark.parametrize("address", ["/", "/strona", "/szkic", "/nie-ma-takiej", "/sprawy", "/formularz"])
def test_a_visitor_who_reads_gets_no_cookie(app: Any, visitor: TestApp, address: str) -> None:
    with stored(app) as records:
        before = len(records)
    visitor.get(address, expect_errors=True)
    assert visitor.cookies == {}
    with stored(app) as records:
        assert len(records) == before


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(visitor: TestApp) -> None:
    header = visitor.post("/wejdz").headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Path=/" in header
    assert "expires" not in header.lower() and "max-age" not in header.lower(), "it ends with the browser"


def test_in_production_the_cookie_is_bound_to_host_and_https(tmp_path: Any) -> None:
    app = webapp.configure(tmp_path, **{"boi.secure_cookies": "true"}).make_wsgi_app()
    webapp.fill(app)
    try:
        browser = TestApp(app, extra_environ={"HTTP_ORIGIN": "https://localhost", "HTTP_HOST": "localhost"})
        header = browser.post("https://localhost/wejdz", status=303).headers["Set-Cookie"]
        assert header.startswith("__Host-boi=")
        assert "; secure" in header.lower()
        assert "domain=" not in header.lower()
    finally:
        webapp.close(app)


def test_the_database_holds_no_usable_cookie(app: Any, alice: TestApp) -> None:
    with stored(app) as records:
        assert key_of(alice) in records
        assert alice.cookies[COOKIE] not in records


def test_signing_in_gives_a_new_id_and_ends_the_old_one(app: Any, visitor: TestApp) -> None:
    visitor.get("/sesyjna")
    before, old_key = visitor.cookies[COOKIE], key_of(visitor)
    with stored(app) as records:
        token = records[old_key].data.get("_csrft_") or ""
    if not token:
        visitor.get("/formularz")
        with stored(app) as records:
            token = records[old_key].data["_csrft_"]
    visitor.post("/wejdz", {"csrf_token": token}, status=303)
    assert visitor.cookies[COOKIE] != before
    assert is_alice(visitor)
    with stored(app) as records:
        assert old_key not in records
        assert records[key_of(visitor)].data["_csrft_"] != token, "the token is new, too"


def test_an_id_that_somebody_planted_is_not_taken_over(app: Any, visitor: TestApp) -> None:
    visitor.set_cookie(COOKIE, "planted-by-an-attacker")
    visitor.get("/sesyjna")
    assert visitor.cookies[COOKIE] != "planted-by-an-attacker"
    with stored(app) as records:
        assert hashlib.sha256(b"planted-by-an-attacker").hexdigest() not in records


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        '""',
        "x" * 5000,
        "ąę".encode().decode("latin-1"),
        "\xff\xfe",
        "a b",
        "%00",
        "é\udcff".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_strange_cookie_is_a_visitor(app: Any, cookie: str) -> None:
    environ = {"HTTP_COOKIE": f"{COOKIE}={cookie}", "HTTP_HOST": "localhost"}
    response = TestApp(app).get("/strona", extra_environ=environ, expect_errors=True)
    assert response.status_int == 200
    assert TestApp(app).get("/sprawy", extra_environ=environ, expect_errors=True).status_int == 303


def test_a_session_ends_when_it_is_not_used(app: Any, alice: TestApp) -> None:
    age(app, alice, used=20 * 60 - 30)
    assert is_alice(alice)
    age(app, alice, used=20 * 60 + 5)
    assert not is_alice(alice)


def test_a_session_ends_after_eight_hours_however_much_it_is_used(app: Any, alice: TestApp) -> None:
    age(app, alice, created=8 * 3600 - 60)
    assert is_alice(alice)
    age(app, alice, created=120)
    assert not is_alice(alice)


def test_use_is_noted_at_most_once_a_minute(app: Any, alice: TestApp) -> None:
    def used() -> float:
        with stored(app) as records:
            return float(records[key_of(alice)].used)

    before = used()
    is_alice(alice)
    assert used() == before
    age(app, alice, used=90)
    is_alice(alice)
    assert used() > time.time() - 5


def test_signing_out_deletes_the_session(app: Any, alice: TestApp) -> None:
    key, cookie = key_of(alice), alice.cookies[COOKIE]
    request = Request.blank("/", headers={"Cookie": f"{COOKIE}={cookie}"})
    request.registry = app.registry
    with stored(app) as records:
        request.office = SimpleNamespace(sessions=records)
        request.session = sessions.ServerSession(request)
        SessionPolicy().forget(request)
        assert not request.session.exists
    response = Response()
    request._process_response_callbacks(response)
    assert response.headers["Set-Cookie"].startswith(f"{COOKIE}=; Max-Age=0")
    with stored(app) as records:
        assert key not in records
    assert not is_alice(alice)


def test_parallel_requests_of_one_session_all_succeed(app: Any, alice: TestApp) -> None:
    """All of them note the use at once: one minute after the last."""
    age(app, alice, used=90)
    cookie, statuses = alice.cookies[COOKIE], []

    def look() -> None:
        browser = webapp.browser(app)
        browser.set_cookie(COOKIE, cookie)
        statuses.append(browser.get("/sprawy", expect_errors=True).status_int)

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 6


def test_two_who_note_the_use_at_once_are_put_together() -> None:
    record = sessions.SessionRecord(100.0)
    old, mine, theirs = ({"created": 100.0, "used": used, "data": {}} for used in (100.0, 200.0, 190.0))
    assert record._p_resolveConflict(old, theirs, mine)["used"] == 200.0
    changed = {**theirs, "data": {"a": 1}}
    assert record._p_resolveConflict(old, changed, mine) == {"created": 100.0, "used": 200.0, "data": {"a": 1}}
    assert record._p_resolveConflict(old, mine, changed)["data"] == {"a": 1}
    from ZODB.POSException import ConflictError

    with pytest.raises(ConflictError):
        record._p_resolveConflict(old, {**old, "data": {"b": 1}}, changed)
