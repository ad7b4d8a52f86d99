"""Which POST is believed to come from our own page: token × origin × session × the browser's own word."""

import itertools
from typing import Any

import pytest
import webtest
from webtest import TestApp

from tests import webapp

ORIGINS = {
    "same": "http://localhost",
    "foreign": "http://zly.example",
    "port": "http://localhost:8080",
    "scheme": "https://localhost",
    "prefix": "http://localhost.zly.example",
    "null": "null",
    "empty": "",
    "broken": "http://[",
    "missing": None,
}
SITES = {"own": "same-origin", "sister": "same-site", "cross": "cross-site", "typed": "none", "missing": None}


def expected(session: bool, token: bool, origin: str, site: str) -> bool:
    """With a session: its token, and no word of a foreign page. Without: the browser's word that it is ours."""
    if origin != "missing":
        believed: bool | None = origin == "same"
    else:
        believed = None if site == "missing" else site == "own"
    if believed is False:
        return False
    return token if session else believed is True


def token_of(browser: TestApp) -> str:
    return str(browser.get("/formularz").forms["formularz"]["csrf_token"].value)


def headers_of(origin: str, site: str) -> dict[str, str]:
    pairs = {"Origin": ORIGINS[origin], "Sec-Fetch-Site": SITES[site]}
    return {name: value for name, value in pairs.items() if value is not None}


@pytest.mark.parametrize("session", [True, False], ids=["session", "visitor"])
@pytest.mark.parametrize("token", [True, False], ids=["token", "no-token"])
def test_a_post_is_believed(app: Any, session: bool, token: bool) -> None:
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost"})
    given = "a" * 43
    if session:
        browser.post("/wejdz", headers={"Origin": "http://localhost"}, status=303)
        given = token_of(browser)
    for origin, site in itertools.product(ORIGINS, SITES):
        params = {"csrf_token": given} if token else {}
        answer = browser.post("/strona", params, headers=headers_of(origin, site), expect_errors=True)
        believed = expected(session, token, origin, site)
        assert answer.status_int == (200 if believed else 400), f"{origin} {site}"


@pytest.mark.parametrize("token", ["", "x", "ąę", "\x00", "a" * 5000])
def test_a_wrong_token_is_refused(app: Any, alice: TestApp, token: str) -> None:
    assert alice.post("/wejdz", {"csrf_token": token}, expect_errors=True).status_int == 400


def test_the_token_of_another_session_is_refused(app: Any, alice: TestApp) -> None:
    other = webapp.browser(app)
    other.post("/wejdz", status=303)
    alice.post("/wejdz", {"csrf_token": token_of(other)}, status=400)


def test_the_token_may_come_in_a_header(alice: TestApp) -> None:
    alice.post("/wejdz", headers={"X-CSRF-Token": token_of(alice)}, status=303)


def test_a_file_instead_of_a_token_is_refused(alice: TestApp) -> None:
    upload = webtest.Upload("token.txt", b"x")
    assert alice.post("/wejdz", {"csrf_token": upload}, expect_errors=True).status_int == 400


def test_of_two_tokens_the_last_counts(alice: TestApp) -> None:
    body = f"csrf_token=x&csrf_token={token_of(alice)}&csrf_token=x"
    assert alice.post("/wejdz", body, expect_errors=True).status_int == 400


def test_another_content_type_needs_proof_too(app: Any, alice: TestApp) -> None:
    for content_type in ("text/plain", "application/json", "application/xml"):
        answer = alice.post("/wejdz", b'{"csrf_token": "x"}', {"Content-Type": content_type}, expect_errors=True)
        assert answer.status_int == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_need_proof_too(alice: TestApp, method: str) -> None:
    assert alice.request("/wejdz", method=method, body=b"", expect_errors=True).status_int in (400, 404, 405)


def test_a_page_for_visitors_carries_no_token(app: Any, visitor: TestApp) -> None:
    page = visitor.get("/formularz")
    assert visitor.cookies == {}
    field = page.forms["formularz"].fields.get("csrf_token")
    assert not field or field[0].value == ""
