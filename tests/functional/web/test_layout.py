"""What the frame shows to whom."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from webtest import TestApp

from tests import webapp


def page_of(response: Any) -> BeautifulSoup:
    assert response.text.startswith("<!DOCTYPE html>")
    return BeautifulSoup(response.text, "html.parser")


def links(page: BeautifulSoup) -> set[str]:
    return {link["href"] for link in page.select("a[href]")}


def test_frame_for_a_visitor(visitor: TestApp) -> None:
    page = page_of(visitor.get("/strona"))
    assert page.html["lang"] == "pl"
    assert page.title.text == "Strona – Biuro Obsługi Interesanta – Urząd Miejski w Zdrojach"
    assert len(page.select("h1")) == 1 and len(page.select("main")) == 1
    assert page.select_one("a.skip-link")["href"] == "#" + page.main["id"]
    wanted = {
        "/katalog", "/sprawy", "/pomoc", "/kontakt", "/logowanie", "/rejestracja", "/deklaracja-dostepnosci", "/polityka-prywatnosci",
        "https://bip.zdroje.example", "tel:+48999999000", "mailto:urzad@zdroje.example",
    }  # fmt: skip
    assert wanted <= links(page)
    assert not {"/konto", "/urzad", "/manage"} & links(page)
    assert [item.text.strip() for item in page.select(".breadcrumbs li")] == ["Strona główna", "Strona"]
    assert page.select_one(".breadcrumbs [aria-current]").text == "Strona"
    assert not page.select(".toolbar, .session-bar, .sandbox-bar, [name=csrf_token]")


def test_home_page_has_no_breadcrumbs_and_its_own_search(visitor: TestApp) -> None:
    page = page_of(visitor.get("/"))
    assert not page.select(".breadcrumbs, .site-search")
    assert page.title.text == "Biuro Obsługi Interesanta – Urząd Miejski w Zdrojach"


def test_frame_for_an_applicant(alice: TestApp) -> None:
    page = page_of(alice.get("/sprawy"))
    assert page.select_one("a.account-link[href='/konto']").text.endswith("ala")
    assert page.select_one(".avatar").text == "AT"
    assert page.select_one("form[action='/wyloguj'][method=post] [name=csrf_token]")["value"]
    assert page.select_one(".site-nav [aria-current]").text == "Moje sprawy"
    assert 0 < int(page.body["data-expires-in"]) <= 20 * 60
    assert not {"/urzad", "/manage"} & links(page)
    assert not page.select(".toolbar")


def test_flashed_message_is_shown_once(alice: TestApp) -> None:
    assert page_of(alice.get("/strona")).select_one("[role=status] .alert-success").text.strip() == "Witaj w portalu."
    assert not page_of(alice.get("/strona")).select("[role=status]")


@pytest.mark.parametrize(
    ("login", "desk", "manage"),
    [("ewa", False, False), ("ula", True, False), ("adam", True, True)],
    ids=["editor", "clerk", "admin"],
)
def test_frame_for_staff(app: Any, login: str, desk: bool, manage: bool) -> None:
    browser = webapp.browser(app)
    browser.post("/wejdz", {"login": login}, status=303)
    page = page_of(browser.get("/strona"))
    assert ("/urzad" in links(page)) is desk
    assert ("/manage" in links(page)) is manage
    assert page.select_one(".toolbar").text == "Strona"
    assert page.select_one("a.account-link").text.endswith(login)


def test_frame_holds_no_inline_script_or_style(visitor: TestApp, alice: TestApp) -> None:
    for browser, path in ((visitor, "/"), (alice, "/sprawy"), (visitor, "/nie-ma")):
        page = page_of(browser.get(path, status="*"))
        assert not page.select("script:not([src]), style, [style], [onclick]")
        assert all(script.text == "" for script in page.select("script"))


def test_static_addresses_of_the_frame_exist(visitor: TestApp) -> None:
    page = page_of(visitor.get("/"))
    for tag in page.select("link[href], script[src]"):
        visitor.get(tag.get("href") or tag["src"], status=200)
    names = {symbol["id"] for symbol in BeautifulSoup(visitor.get("/static/-/icons.svg").text, "xml").select("symbol")}
    used = {use["href"].partition("#")[2] for use in page.select("use")}
    assert used and used <= names


def test_sandbox_bar_is_shown_in_the_sandbox_only(tmp_path: Any) -> None:
    made = webapp.configure(
        tmp_path, **{"boi.sandbox": "true", "boi.sandbox_url": "http://localhost:7000/"}
    ).make_wsgi_app()
    webapp.fill(made)
    try:
        page = page_of(webapp.browser(made).get("/"))
        assert page.select_one(".sandbox-bar a")["href"] == "http://localhost:7000/"
    finally:
        webapp.close(made)
