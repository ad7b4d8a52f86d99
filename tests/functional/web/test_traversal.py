"""Addresses as people and robots write them: rooms, records, views, and nonsense. Never a 5xx."""

from typing import Any

import pytest
import transaction
from webtest import TestApp

from boi_portal.publishing import lifecycle
from boi_portal.publishing.lifecycle import LifecycleError
from tests import webapp
from tests.core import titles


def raw(app: Any, path: bytes, cookie: str = "", query: str = "") -> int:
    """The status of a request with exactly this path, as a server hands it on."""
    environ = {"PATH_INFO": path.decode("latin-1"), "HTTP_HOST": "localhost", "QUERY_STRING": query}
    browser = TestApp(app, extra_environ=environ)
    if cookie:
        browser.set_cookie("boi", cookie)
    request = browser.RequestClass.blank("/", environ)
    request.environ.update(environ)
    if cookie:
        request.headers["Cookie"] = f"boi={cookie}"
    return int(request.get_response(app).status_int)


def test_a_room_leads_visitors_to_the_sign_in_and_lets_its_people_in(visitor: TestApp, alice: TestApp) -> None:
    for address in ("/sprawy", "/sprawy/", "/sprawy/wlasna", "/sprawy/cudza", "/sprawy/nie-ma"):
        assert visitor.get(address).headers["Location"].startswith("http://localhost/logowanie?")
    alice.get("/sprawy", status=200)
    alice.get("/sprawy/", status=200)


def test_somebody_elses_record_is_like_none(alice: TestApp) -> None:
    alice.get("/sprawy/wlasna", status=200)
    for address in ("/sprawy/cudza", "/sprawy/nie-ma", "/sprawy/cudza/x", "/sprawy/@@cudza", "/sprawy/cudza/@@"):
        alice.get(address, status=404)


NONSENSE = [
    b"/sprawy/../", b"/sprawy/..", b"/sprawy/../sprawy", b"/sprawy/./wlasna", b"/sprawy/%2e%2e", b"/sprawy//x", b"/sprawy/@@view",
    b"/sprawy/@@", b"/sprawy/wlasna/../cudza", b"/sprawy/wlasna/x/y/z", b"/@@sprawy", b"/@@", b"/@@/x", b"/sprawy/\xff\xfe",
    b"/\xff", b"/sprawy/\x00", b"/strona\x00", b"/sprawy\\x", b"/sprawy;x=1", b"/..", b"/../..", b"/./.", b"/%00", b"/%2e%2e/%2e%2e",
    b"/strona/..", b"/strona/@@edycja/x", b"/catalogs", b"/catalogs/boi", b"/principals", b"/principals/users", b"/locks", b"/kosz",
    b"/kosz/x", b"/__parent__", b"/sprawy/__class__", b"/sprawy/request", b"/\xc4\x85\xc4\x99", b"/sprawy/\xc4\x85",
    b"/" + b"a/" * 500, b"/" + b"x" * 8000, b"/sprawy/" + b"../" * 200,
]  # fmt: skip


@pytest.mark.parametrize("path", NONSENSE, ids=lambda path: repr(path[:30]))
def test_strange_addresses_are_nobodys_error_but_the_visitors(app: Any, alice: TestApp, path: bytes) -> None:
    assert raw(app, path) < 500
    status = raw(app, path, alice.cookies["boi"])
    assert status < 500
    if b"cudza" in path:
        assert status == 404


@pytest.mark.parametrize("path", [b"/sprawy/..", b"/sprawy/../strona", b"/sprawy/./wlasna", b"/sprawy/wlasna/../cudza"])
def test_dots_lead_nowhere_in_a_room(app: Any, alice: TestApp, path: bytes) -> None:
    assert raw(app, path, alice.cookies["boi"]) == 404


@pytest.mark.parametrize(
    "query", ["q=%ff", "%ff=1", "q=%00", "a=" + "x" * 20_000, "&&&===", "%", "q=%u0105", "strona=-1"]
)
def test_strange_queries_are_no_error_of_ours(app: Any, query: str) -> None:
    assert raw(app, b"/strona", query=query) < 500


def test_rooms_do_not_exist_in_the_management_interface(alice: TestApp) -> None:
    for address in ("/manage/sprawy", "/manage/sprawy/wlasna", "/manage/sprawy/cudza"):
        page = alice.get(address, expect_errors=True)
        assert page.status_int in (302, 303, 403, 404)
        assert titles(page.text) != ["Moje sprawy"]


def test_a_views_subpath_reaches_the_view(app: Any) -> None:
    from boi_portal.web.traversal import SiteTraverser

    class Asking:
        matched_route = None
        registry = app.registry
        path_info = "/sprawy/wlasna/pobierz/plik/1"

    found = SiteTraverser(object())(Asking())
    assert (found["view_name"], found["subpath"], found["traversed"]) == (
        "pobierz",
        ("plik", "1"),
        ("sprawy", "wlasna"),
    )
    Asking.path_info = "/sprawy/@@lista/2026"
    found = SiteTraverser(object())(Asking())
    assert (found["view_name"], found["subpath"]) == ("lista", ("2026",))


def test_content_is_not_named_like_a_room_or_a_view(app: Any) -> None:
    manager = transaction.manager
    manager.begin()
    connection = app.registry._zodb_databases[""].open()
    try:
        site = connection.root()["app_root"]
        for name in ("sprawy", "manage", "static", "formularz", "awaria"):
            with pytest.raises(LifecycleError, match="zastrzeżony"):
                lifecycle.add(app.registry, site, name, webapp.TestPage({"title": "Strona"}), "test")
            with pytest.raises(LifecycleError, match="zastrzeżony"):
                lifecycle.move(app.registry, site["strona"], site, name)
    finally:
        manager.abort()
        connection.close()
