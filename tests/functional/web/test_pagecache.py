"""What is kept, for whom, and when it is let go."""

from typing import Any

import pytest
import transaction
from bs4 import BeautifulSoup
from webtest import TestApp

from boi_portal.publishing import lifecycle
from tests import webapp


def number(response: Any) -> str:
    return BeautifulSoup(response.text, "html.parser").select_one("#number").text


def publish(app: Any, title: str) -> None:
    def work(site: Any, registry: Any) -> None:
        lifecycle.edit(registry, site["strona"], {"title": title}, "test")
        lifecycle.publish(registry, site["strona"], "test")

    webapp.change(app, work)


def test_page_is_given_out_again_without_its_view(visitor: TestApp) -> None:
    first, again = visitor.get("/strona"), visitor.get("/strona")
    assert number(first) == number(again)
    assert first.headers["Cache-Control"] == "public, max-age=0, s-maxage=60, stale-while-revalidate=30"
    assert first.headers["Vary"] == "Cookie"
    assert dict(first.headers) == dict(again.headers)


def test_head_gives_the_same_headers_without_a_body(visitor: TestApp) -> None:
    page, head = visitor.get("/strona"), visitor.head("/strona")
    assert head.body == b""
    assert head.headers["Content-Length"] == page.headers["Content-Length"]
    assert head.headers["ETag"] == page.headers["ETag"]


def test_known_etag_gets_304(visitor: TestApp) -> None:
    etag = visitor.get("/strona").headers["ETag"]
    for value in (etag, f'"other", W/{etag}', "*"):
        response = visitor.get("/strona", headers={"If-None-Match": value}, status=304)
        assert response.body == b""
        assert response.headers["ETag"] == etag
        assert "Content-Security-Policy" in response.headers
    visitor.get("/strona", headers={"If-None-Match": '"other"'}, status=200)


def test_query_and_host_are_pages_of_their_own(visitor: TestApp) -> None:
    pages = [
        visitor.get("/strona"),
        visitor.get("/strona?a=1"),
        visitor.get("/strona", extra_environ={"HTTP_HOST": "127.0.0.1"}),
    ]
    assert len({number(page) for page in pages}) == 3


def test_person_with_a_session_never_meets_the_kept_page(visitor: TestApp, alice: TestApp) -> None:
    kept = visitor.get("/strona")
    own = alice.get("/strona")
    assert number(own) != number(kept)
    assert "ala" in own.text and "ala" not in visitor.get("/strona").text
    assert own.headers["Cache-Control"] == "no-store"


def test_publication_lets_kept_pages_go_at_once(app: Any, visitor: TestApp) -> None:
    before = visitor.get("/strona")
    publish(app, "Nowy tytuł")
    after = visitor.get("/strona")
    assert number(after) != number(before)
    assert "Nowy tytuł" in after.text
    assert after.headers["ETag"] != before.headers["ETag"]


def test_writing_to_the_office_keeps_the_pages(app: Any, visitor: TestApp) -> None:
    before = visitor.get("/strona")
    webapp.browser(app).post("/wejdz", status=303)
    assert number(visitor.get("/strona")) == number(before)


def test_other_process_publication_is_noticed_after_the_poll(
    app: Any, visitor: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = visitor.get("/strona")
    publish(app, "Z innego procesu")
    app.registry.boi_revision_signal.stale = False  # that process's signal is not ours
    monkeypatch.setattr(app.registry.boi_revision_watch, "_interval", 0.0)
    assert number(visitor.get("/strona")) != number(before)


def test_answer_that_starts_a_session_is_not_kept(app: Any) -> None:
    first = webapp.browser(app).get("/sesyjna")
    assert first.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" in first.headers
    second = webapp.browser(app).get("/sesyjna")
    assert second.headers["Set-Cookie"] != first.headers["Set-Cookie"]


def test_page_read_from_an_older_revision_is_never_given_out(
    app: Any, visitor: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that began before a publication must not leave its page behind as the new one."""
    from boi_portal.web import pagecache

    monkeypatch.setattr(pagecache.revision, "current", lambda connection: -5)
    stale = visitor.get("/strona?race")
    monkeypatch.undo()
    assert number(visitor.get("/strona?race")) != number(stale)


def test_errors_and_refused_pages_are_not_kept(app: Any, visitor: TestApp) -> None:
    held = len(app.registry.boi_page_cache)
    visitor.get("/nie-ma", status=404)
    visitor.get("/szkic", status=404)
    visitor.get("/formularz")
    assert len(app.registry.boi_page_cache) == held


def test_unreadable_revision_gives_out_nothing(app: Any, visitor: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    before = visitor.get("/strona")

    def fail() -> int:
        raise OSError("storage is away")

    monkeypatch.setattr(app.registry.boi_revision_watch, "_look", fail)
    app.registry.boi_revision_signal.stale = True
    assert number(visitor.get("/strona")) != number(before)
    monkeypatch.undo()
    app.registry.boi_revision_signal.stale = True
    visitor.get("/strona", status=200)


def test_explicit_transactions_are_for_reading_only(app: Any, visitor: TestApp, alice: TestApp) -> None:
    visitor.get("/formularz")
    assert transaction.manager.explicit is False
    alice.post("/sesja", headers={"X-CSRF-Token": "x"}, status=400)
    assert transaction.manager.explicit is False
