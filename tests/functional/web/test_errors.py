"""Who gets which error, and what the page says."""

from typing import Any

import pytest
import transaction
from bs4 import BeautifulSoup
from webtest import TestApp

from boi_portal.publishing import lifecycle
from tests import webapp


def heading(response: Any) -> str:
    page = BeautifulSoup(response.text, "html.parser")
    assert len(page.find_all("h1")) == 1
    assert page.html["lang"] == "pl"
    return page.h1.text


def test_unknown_address_gets_404_in_the_frame(visitor: TestApp) -> None:
    response = visitor.get("/nie-ma", status=404)
    assert heading(response) == "Nie ma takiej strony"
    assert "Urząd Miejski w Zdrojach" in response.text


def test_draft_does_not_exist_for_visitors_and_applicants(visitor: TestApp, alice: TestApp) -> None:
    for browser in (visitor, alice):
        assert heading(browser.get("/szkic", status=404)) == "Nie ma takiej strony"
        browser.get("/szkic/edycja", status=404)


def test_visitor_before_an_editing_page_is_led_to_sign_in(visitor: TestApp) -> None:
    response = visitor.get("/strona/edycja?a=b c", status=303)
    assert response.location == "http://localhost/logowanie?powrot=/strona/edycja%3Fa%3Db%20c"


def test_applicant_before_an_editing_page_gets_403(alice: TestApp) -> None:
    assert heading(alice.get("/strona/edycja", status=403)) == "Nie masz dostępu do tej strony"


@pytest.mark.parametrize("path", ["/sprawy", "/sprawy/wlasna", "/sprawy/cudza", "/sprawy/nie-ma", "/sprawy/wlasna/nic"])
def test_visitor_before_a_room_is_led_to_sign_in_whatever_is_inside(visitor: TestApp, path: str) -> None:
    assert visitor.get(path, status=303).location == f"http://localhost/logowanie?powrot={path}"


def test_applicant_sees_own_record_and_no_trace_of_others(alice: TestApp) -> None:
    alice.get("/sprawy/wlasna", status=200)
    foreign, missing = alice.get("/sprawy/cudza", status=404), alice.get("/sprawy/nie-ma", status=404)
    assert heading(foreign) == heading(missing)
    assert foreign.text.replace("cudza", "") == missing.text.replace("nie-ma", "")


def test_post_after_the_session_ended_says_so(visitor: TestApp) -> None:
    response = visitor.post("/sprawy/wlasna", {"a": "b"}, status=403)
    assert heading(response) == "Trzeba się zalogować"
    assert "/logowanie?powrot=/" in response.text


def test_foreign_origin_is_refused_and_nothing_is_offered_to_send_again(alice: TestApp) -> None:
    response = alice.post("/formularz", {"name": "x"}, headers={"Origin": "https://evil.example"}, status=400)
    assert heading(response) == "Nie możemy potwierdzić, skąd pochodzi formularz"
    assert "Wróć do formularza" in response.text
    assert "Wyślij ponownie" not in response.text


@pytest.mark.parametrize(
    "origin", ["null", "http://[", "http://localhost.evil", "https://localhost", "http://localhost:81"]
)
def test_strange_origins_are_refused(visitor: TestApp, origin: str) -> None:
    visitor.post("/formularz", {"name": "x"}, headers={"Origin": origin}, status=400)


def test_stale_token_from_our_own_page_can_be_sent_again(alice: TestApp) -> None:
    response = alice.post("/formularz", [("csrf_token", "old"), ("name", "Jan „T” <b>")], status=400)
    form = next(form for form in response.forms.values() if "name" in form.fields)
    assert form["name"].value == "Jan „T” <b>"
    assert form.submit(status=422).status_int == 422


def test_stale_form_with_a_password_is_not_offered_again(alice: TestApp) -> None:
    response = alice.post("/formularz", [("csrf_token", "old"), ("password", "tajne-haslo-123")], status=400)
    assert "tajne-haslo-123" not in response.text


def test_wrong_method_gets_405(visitor: TestApp) -> None:
    assert heading(visitor.get("/wejdz", status=405)) == "Tej strony nie można otworzyć w ten sposób"


def test_fault_of_ours_gets_500_with_a_number_and_no_details(visitor: TestApp) -> None:
    response = visitor.get("/awaria", status=500)
    assert heading(response) == "Coś poszło nie tak"
    assert "Numer błędu" in response.text
    assert "boom" not in response.text
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_database_without_a_portal_gets_503(tmp_path: Any) -> None:
    app = webapp.configure(tmp_path).make_wsgi_app()
    try:
        response = webapp.browser(app).get("/", status=503)
        assert "boi content load" in response.text
        assert response.headers["Retry-After"]
    finally:
        webapp.close(app)


def test_unreadable_database_gets_503(app: Any, visitor: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    from ZODB.POSException import StorageError

    def fail(*args: Any, **kw: Any) -> Any:
        raise StorageError("no storage")

    monkeypatch.setattr(app.registry._zodb_databases[""], "open", fail)
    assert heading(visitor.get("/nie-ma", status=503)) == "Portal jest chwilowo niedostępny"


def test_moved_object_answers_301_at_its_old_address(app: Any, visitor: TestApp) -> None:
    def change(work: Any) -> None:
        webapp.change(app, work)

    def build(site: Any, registry: Any) -> None:
        lifecycle.add(registry, site, "stary-adres", webapp.TestPage({"title": "Przeniesiona"}), "test", "published")
        lifecycle.add(registry, site, "tajny", webapp.TestPage({"title": "Tajna"}), "test")

    def move(site: Any, registry: Any) -> None:
        lifecycle.move(registry, site["stary-adres"], site, "nowy-adres")
        lifecycle.move(registry, site["tajny"], site, "tajny-nowy")

    change(build)
    change(move)
    assert visitor.get("/stary-adres?a=1", status=301).location == "http://localhost/nowy-adres?a=1"
    assert visitor.get("/stary-adres/", status=301).location == "http://localhost/nowy-adres"
    assert visitor.get("/nowy-adres", status=200)
    visitor.get("/tajny", status=404)
    transaction.abort()


def test_session_can_be_extended(alice: TestApp, visitor: TestApp) -> None:
    page = BeautifulSoup(alice.get("/").text, "html.parser")
    answer = alice.post("/sesja", headers={"X-CSRF-Token": page.body["data-token"]}, status=200)
    assert 0 < answer.json["expires_in"] <= 20 * 60
    assert visitor.post("/sesja", status=200).json == {"expires_in": 0}
    assert "Set-Cookie" not in visitor.post("/sesja", status=200).headers


def test_conflicting_post_is_run_again(app: Any, visitor: TestApp) -> None:
    visitor.post("/konflikt", {"times": "2"}, status=303)
    seen: list[str] = []
    webapp.change(app, lambda site, registry: seen.append(site.fields["epuap"]))
    assert seen == ["try 3"]


def test_post_that_conflicts_to_the_end_gets_503_and_writes_nothing(app: Any, visitor: TestApp) -> None:
    before: list[Any] = []
    webapp.change(app, lambda site, registry: before.append(dict(site.fields)))
    response = visitor.post("/konflikt", {"times": "9"}, status=503)
    assert heading(response) == "Portal jest chwilowo niedostępny"
    webapp.change(app, lambda site, registry: before.append(dict(site.fields)))
    assert before[0] == before[1]
