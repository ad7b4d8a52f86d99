"""The public pages as visitors meet them: each address answers, with one heading, its own title and nothing inline."""

import dataclasses
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from webtest import TestApp

from boi_portal.publishing import lifecycle
from boi_portal.scripts.application import close, opened
from boi_portal.transfer import tree
from boi_portal.worker.loop import Worker
from tests import core
from tests.core import titles

CONTENT = Path(__file__).resolve().parents[2] / "content"
# doors to rooms that other features open; the core portal of this test has none
DOORS = re.compile(r"/(logowanie|rejestracja|haslo|konto|robocze|sprawy|urzad|poswiadczenie|manage)(/|\?|$)")
MOST_PAGES = 400


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The core with the shipped content, indexed."""
    made = core.make_app(tmp_path_factory.mktemp("catalog"))
    with opened(made) as portal:
        tree.load(CONTENT, portal.site, portal.registry)
    Worker(made.registry).drain(120)
    yield made
    close(made)


@pytest.fixture
def visitor(app: Any) -> TestApp:
    return core.browser(app)


@dataclasses.dataclass(frozen=True)
class Page:
    """A page as it was answered, parsed once."""

    response: Any
    html: BeautifulSoup

    @property
    def is_html(self) -> bool:
        return bool(self.response.content_type == "text/html")


@pytest.fixture(scope="module")
def pages(app: Any) -> dict[str, Page]:
    """Every page that a visitor reaches by links from the home page: address -> page."""
    browser, found, waiting = core.browser(app), {}, ["http://localhost/"]
    while waiting and len(found) < MOST_PAGES:
        address = waiting.pop()
        if address in found:
            continue
        response = browser.get(address, expect_errors=True)
        is_html = response.content_type == "text/html"
        page = found[address] = Page(response, BeautifulSoup(response.text if is_html else "", "lxml"))
        for link in page.html.select("a[href], link[href], script[src], img[src], use[href]"):
            target, _ = urldefrag(urljoin(address, link.get("href") or link.get("src")))
            parts = urlsplit(target)
            if parts.netloc == "localhost" and not DOORS.match(parts.path) and target not in found:
                waiting.append(target)
    return found


def html_pages(pages: dict[str, Page]) -> dict[str, Page]:
    return {address: page for address, page in pages.items() if page.is_html}


def test_every_link_of_every_page_leads_somewhere(pages: dict[str, Page]) -> None:
    assert 100 < len(pages) < MOST_PAGES
    assert {address: page.response.status for address, page in pages.items() if page.response.status_int != 200} == {}


def test_every_page_has_one_heading_and_the_language(pages: dict[str, Page]) -> None:
    for address, page in html_pages(pages).items():
        assert len(page.html.find_all("h1")) == 1, address
        assert page.html.html["lang"] == "pl", address


def test_every_page_has_its_own_title(pages: dict[str, Page]) -> None:
    seen: dict[str, str] = {}
    for address, page in html_pages(pages).items():
        title = page.html.title.text.strip()
        path = urlsplit(address)
        if "strona=" in path.query or "wedlug=" in path.query:
            continue
        key = path.path.rstrip("/")
        assert seen.setdefault(title, key) == key, f"{address} has the title of {seen[title]}: {title}"


def test_no_page_has_anything_inline(pages: dict[str, Page]) -> None:
    for address, page in html_pages(pages).items():
        soup = page.html
        assert not soup.select("style, script:not([src]), [style]"), address
        handlers = [name for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on")]
        assert not handlers, address
        assert not soup.select('a[href^="javascript:"]'), address


def test_headings_go_down_one_step_at_a_time(pages: dict[str, Page]) -> None:
    for address, page in html_pages(pages).items():
        main = page.html.main
        levels = [int(tag.name[1]) for tag in main.find_all(["h1", "h2", "h3", "h4", "h5"])]
        assert levels[0] == 1, address
        for upper, lower in itertools.pairwise(levels):
            assert lower <= upper + 1, f"{address}: h{lower} after h{upper}"


def test_ids_are_unique_and_fragments_lead_to_one(pages: dict[str, Page]) -> None:
    for address, page in html_pages(pages).items():
        ids = [tag["id"] for tag in page.html.select("[id]")]
        assert len(ids) == len(set(ids)), f"{address}: {sorted(i for i in ids if ids.count(i) > 1)}"
        for link in page.html.select('a[href^="#"]'):
            assert link["href"][1:] in ids, f"{address}: {link['href']}"


def test_text_uses_polish_quotes(pages: dict[str, Page]) -> None:
    for address, page in html_pages(pages).items():
        words = page.html.main.get_text(" ")
        wrong = re.search(r"[^\n]{0,20}[\"“‟«»][^\n]{0,20}", words)
        assert wrong is None, f"{address}: {wrong and wrong[0]}"
        assert words.count("„") == words.count("”"), address


def test_no_page_of_a_visitor_sets_a_cookie_or_forbids_keeping(pages: dict[str, Page]) -> None:
    for address, page in html_pages(pages).items():
        assert "Set-Cookie" not in page.response.headers, address
        assert "no-store" not in page.response.headers["Cache-Control"], address


# the catalog


def test_the_catalog_counts_cards_of_categories(visitor: TestApp) -> None:
    page = visitor.get("/katalog")
    links = {urlsplit(link["href"]).path.strip("/") for link in page.html.main.select("a[href*='/katalog/']")}
    assert len([link for link in links if link.count("/") == 1]) >= 9


def test_the_catalog_by_name_is_in_polish_order_and_paged(visitor: TestApp) -> None:
    from boi_portal.publishing.catalog import sort_key

    first = visitor.get("/katalog?wedlug=nazwy")
    assert visitor.get("/katalog?wedlug=nazwy&strona=1").status_int == 200
    assert first.html.main.select_one("a[href*='strona=2']") is not None
    names = [link.text.strip() for link in first.html.main.select(".result-title a")]
    assert len(names) >= 48
    assert names == sorted(names, key=sort_key)


ODD = ["wedlug=nie-ma", "wedlug=_by_nazwy", "wedlug=nazwy&strona=99999", "strona=-3", "strona=x", "wedlug=nazwy&strona=%D9%A3"]


@pytest.mark.parametrize("query", ODD)
def test_odd_wishes_of_the_catalog_are_answered(visitor: TestApp, query: str) -> None:
    visitor.get("/katalog", params=query, status=200)


def test_the_catalog_by_department_names_each(visitor: TestApp) -> None:
    page = visitor.get("/katalog?wedlug=wydzialy")
    assert len(page.html.main.select("h2, h3")) >= 5


def test_a_catalog_without_departments_is_answered(app: Any, tmp_path: Path) -> None:
    made = core.make_app(tmp_path)
    try:
        with opened(made) as portal:
            catalog = made.registry.content.create("Case Catalog", {"title": "Katalog"})
            lifecycle.add(made.registry, portal.site, "katalog", catalog, "test", "published")
        for query in ("", "wedlug=wydzialy", "wedlug=nazwy"):
            core.browser(made).get("/katalog", params=query, status=200)
        core.browser(made).get("/", status=200)
    finally:
        close(made)


def test_a_card_shows_its_sections_fees_and_department(visitor: TestApp) -> None:
    page = visitor.get("/katalog/sprawy-obywatelskie/wydanie-dowodu-osobistego")
    words = page.html.main.get_text(" ")
    for heading in ("Kogo dotyczy", "Wymagane dokumenty", "Termin załatwienia", "Tryb odwoławczy"):
        assert heading in words


def test_what_an_editor_takes_away_is_gone_at_once(app: Any, visitor: TestApp) -> None:
    """Also from the page cache, and from the lists of home and category."""
    address = "/katalog/sprawy-obywatelskie/wydanie-dowodu-osobistego"
    home = visitor.get("/")
    assert address in home.text
    visitor.get(address, status=200)
    with opened(app) as portal:
        card = portal.site["katalog"]["sprawy-obywatelskie"]["wydanie-dowodu-osobistego"]
        lifecycle.change_state(app.registry, card, "withdrawn", "naczelny")
    try:
        visitor.get(address, status=404)
        assert address not in visitor.get("/").text
        assert address not in visitor.get("/katalog/sprawy-obywatelskie").text
        assert "wydanie-dowodu-osobistego" not in visitor.get("/szukaj?q=dow%C3%B3d+osobisty").text
    finally:
        with opened(app) as portal:
            card = portal.site["katalog"]["sprawy-obywatelskie"]["wydanie-dowodu-osobistego"]
            lifecycle.change_state(app.registry, card, "published", "naczelny")
        Worker(app.registry).drain()
    visitor.get(address, status=200)


def test_the_home_page_bears_wrong_popular_addresses(app: Any, visitor: TestApp) -> None:
    with opened(app) as portal:
        site, before = portal.site, dict(portal.site.fields)
        popular = ["nie/ma", "principals/users", "catalogs", "kosz", "szukaj", "katalog", *before["popular"]]
        lifecycle.edit(app.registry, site, {**before, "popular": popular}, "r")
        lifecycle.publish(app.registry, site, "r")
    visitor.get("/", status=200)
    with opened(app) as portal:
        lifecycle.edit(app.registry, portal.site, before, "r")
        lifecycle.publish(app.registry, portal.site, "r")


# search


@pytest.mark.parametrize("query", ["dowodu osobistego", "dowod osobisty", "dowody", "DOWÓD OSOBISTY"])
def test_search_finds_by_any_form_of_the_words(visitor: TestApp, query: str) -> None:
    page = visitor.get("/szukaj", {"q": query})
    first = page.html.main.select_one("a[href*='/katalog/']")
    assert "dowod" in first["href"]


NASTY = [
    "", " ", "AND", "(", '"', "-", "a AND (", "*", "%", "\\", "<script>alert(1)</script>", "'; DROP", "łąką " * 300, "x" * 5000,
    "\u202e", "🦊", "\t\n", "0", "i w z na", "dowód" + chr(0x301), "ﬁ", "ＤＯＷＯＤ",
]  # fmt: skip


@pytest.mark.parametrize("query", NASTY, ids=lambda query: repr(query[:12]))
def test_search_bears_anything(visitor: TestApp, query: str) -> None:
    page = visitor.get("/szukaj", {"q": query}, status=200)
    assert "<script>alert" not in page.text
    assert len(titles(page.text)) == 1


def test_search_pages_go_on_and_end(visitor: TestApp) -> None:
    page = visitor.get("/szukaj", {"q": "wniosek"})
    seen = 0
    while page is not None and seen < 30:
        seen += 1
        following = page.html.main.select_one("a[rel=next]")
        page = visitor.get(following["href"]) if following else None
    assert 1 < seen < 30
