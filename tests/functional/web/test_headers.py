"""The gate and the headers, over HTTP."""

import pytest
from webtest import TestApp

from boi_portal.web.headers import POLICY

# The parser of multipart bodies and WebOb's copy of a large body leave closing their temporary files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <_io:pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize("path", ["/", "/strona", "/nie-ma", "/formularz", "/awaria", "/motyw.css", "/sprawy"])
def test_every_answer_carries_the_security_headers(visitor: TestApp, path: str) -> None:
    headers = visitor.get(path, status="*").headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_management_interface_has_its_own_policy(visitor: TestApp) -> None:
    policy = visitor.get("/manage/", status="*").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "'unsafe-inline'" in policy


def test_pages_of_people_with_a_session_are_not_stored(alice: TestApp) -> None:
    for path in ("/", "/strona", "/sprawy", "/nie-ma"):
        assert alice.get(path, status="*").headers["Cache-Control"] == "no-store"


def test_pages_that_are_not_public_are_not_stored(visitor: TestApp) -> None:
    assert visitor.get("/formularz").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "host", ["evil.example", "", "localhost.evil", "localhost:port", "localhost@evil", "localhost:80/x", "[::1"]
)
def test_unknown_hosts_get_400(visitor: TestApp, host: str) -> None:
    response = visitor.get("/strona", extra_environ={"HTTP_HOST": host}, status=400)
    assert response.headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost:6543", "127.0.0.1:80"])
def test_known_hosts_are_answered(visitor: TestApp, host: str) -> None:
    visitor.get("/strona", extra_environ={"HTTP_HOST": host}, status=200)


@pytest.mark.parametrize(
    "path", ["/%ff", "/strona%00", "/a%0d%0ab", "/strona?q=%ff", "/strona?q=%00", "/strona?%c3%28=1", "/%c0%ae%c0%ae/"]
)
def test_malformed_addresses_get_400(visitor: TestApp, path: str) -> None:
    visitor.get(path, status=400)


@pytest.mark.parametrize(
    "path",
    [
        "/strona?q=za%C5%BC%C3%B3%C5%82%C4%87",
        "/%C5%BC",
        "/strona?a=1&a=2;b",
        "/strona?q=%",
        "/strona?=&&",
        "/strona?q=a%0Ab",
    ],
)
def test_odd_but_readable_addresses_are_answered(visitor: TestApp, path: str) -> None:
    assert visitor.get(path, status="*").status_int in (200, 404)


def test_body_over_the_limit_gets_413(visitor: TestApp) -> None:
    response = visitor.post("/formularz", b"a" * 1_100_000, status=413)
    assert "za duże" in response.text


MULTIPART = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"name=%ff"),
        ("application/x-www-form-urlencoded", b"name=\xff\xfe"),
        ("application/x-www-form-urlencoded", b"name=%00"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 2500)),
        ("application/x-www-form-urlencoded; charset=nonsense", b"name=a"),
        ("multipart/form-data", b"--b\r\n\r\nx"),
        ("multipart/form-data; boundary=", b"----"),
        (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--\r\n'),
        (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 2500 + b"--b--\r\n"),
        (
            MULTIPART,
            b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--b--',
        ),
        (MULTIPART, b"--b\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n\r\n--b--\r\n"),
    ],
    ids=[
        "percent",
        "raw",
        "nul",
        "many",
        "charset",
        "no-boundary",
        "empty-boundary",
        "utf8",
        "many-parts",
        "base64",
        "nested",
    ],
)
def test_malformed_bodies_get_4xx(visitor: TestApp, kind: str, body: bytes) -> None:
    answer = visitor.request("/formularz", method="POST", body=body, content_type=kind, status="*")
    assert 400 <= answer.status_int < 500


def test_static_files_are_kept_for_a_year_under_an_address_of_their_content(visitor: TestApp, app: object) -> None:
    version = app.registry.boi_assets.version  # type: ignore[attr-defined]
    response = visitor.get(f"/static/{version}/portal.css", status=200)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.content_type == "text/css"
    assert visitor.get("/static/0/portal.css", status=200).headers["Cache-Control"] == "no-cache"
    assert visitor.get(f"/static/{version}/icons.svg", status=200).content_type == "image/svg+xml"


@pytest.mark.parametrize(
    "path", ["nic.css", "../layout.py", "..%2flayout.py", "", "vendor", "%2e%2e/forms.py", "vendor/../../forms.py"]
)
def test_static_view_serves_nothing_else(visitor: TestApp, path: str) -> None:
    assert visitor.get(f"/static/0/{path}", status="*").status_int in (301, 302, 404)


def test_colours_are_served_with_the_version_that_pages_ask_for(visitor: TestApp) -> None:
    response = visitor.get("/motyw.css?v=17548f-7ab5ee", status=200)
    assert response.content_type == "text/css"
    assert "--accent:#17548f" in response.text
    assert "immutable" in response.headers["Cache-Control"]
    assert "/motyw.css?v=17548f-7ab5ee" in visitor.get("/").text
    assert "immutable" not in visitor.get("/motyw.css?v=x").headers["Cache-Control"]
