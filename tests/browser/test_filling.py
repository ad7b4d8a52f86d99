"""Filling in a long form in Chromium: questions that come and go, rows, errors, small screens, the keyboard, coming back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Served, Watched

FORM = "/formularze/usuniecie-drzewa"
LOGIN = "jan.testowy"


@pytest.fixture
def jan(served: Served, visitor: Callable[..., Watched]) -> Watched:
    """A citizen who has just begun the form."""
    return begun(visitor(), served)


def begun(citizen: Watched, served: Served) -> Watched:
    page = citizen.page
    page.goto(f"/logowanie?powrot={FORM}")
    main = page.get_by_role("main")
    main.get_by_label("Login lub e-mail").fill(LOGIN)
    main.locator("input[type=password]").fill(served.passwords[LOGIN])
    main.get_by_role("button", name="Zaloguj się", exact=True).click()
    page.get_by_role("button", name="Wypełnij formularz").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zgłoszenie czy zezwolenie")
    return citizen


def question(page: Page, name: str) -> Locator:
    return page.locator(f"[data-field={name}]")


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Dalej", exact=True).click()


def at_page(page: Page, name: str) -> None:
    """Go to a page of the draft by its address."""
    page.goto(re.sub(r"/strona/\w+", f"/strona/{name}", page.url).partition("#")[0])


def to_trees(page: Page) -> None:
    page.get_by_label("Zgłoszenie zamiaru").check()
    go_on(page)
    at_page(page, "strona_drzewa")
    expect(page.get_by_role("heading", level=1)).to_have_text("Drzewa")


def no_sideways_scroll(page: Page) -> None:
    width, shown = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)"
        ".map(one => one.outerHTML.slice(0, 120)).slice(0, 3)"
    )
    assert width <= shown, (page.url, wide)


def test_question_when_its_condition_changes_comes_and_goes_and_keeps_its_answer(jan: Watched) -> None:
    page = jan.page
    asked = question(page, "przedmiot")
    expect(asked).to_be_hidden()
    expect(page.locator("[data-condition-note]:visible")).to_have_count(0)
    jan.check()
    page.get_by_label("Wniosek o zezwolenie").check()
    expect(asked).to_be_visible()
    expect(asked.locator("legend")).to_contain_text("(wymagane)")
    page.get_by_label("krzewy", exact=True).check()
    page.get_by_label("Zgłoszenie zamiaru").check()
    expect(asked).to_be_hidden()
    page.get_by_label("Wniosek o zezwolenie").check()
    expect(page.get_by_label("krzewy", exact=True)).to_be_checked()
    jan.check()


def test_question_without_javascript_is_there_with_words_that_say_when(
    served: Served, visitor: Callable[..., Watched]
) -> None:
    page = begun(visitor(javascript=False), served).page
    expect(question(page, "przedmiot")).to_be_visible()
    expect(page.locator("[data-condition-note]").first).to_contain_text("Wypełnij tylko, jeśli")
    page.get_by_label("Zgłoszenie zamiaru").check()
    go_on(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Dane składającego")


def test_hidden_question_when_going_on_is_not_missed(jan: Watched) -> None:
    page = jan.page
    page.get_by_label("Zgłoszenie zamiaru").check()
    go_on(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Dane składającego")
    expect(question(page, "nip")).to_have_count(0)
    jan.check()


def test_rows_when_changed_by_buttons_keep_what_was_typed(jan: Watched) -> None:
    page = jan.page
    to_trees(page)
    page.get_by_label("Gatunek").fill("świerk")
    page.get_by_role("button", name="Dodaj: Drzewo").click()
    expect(page.get_by_label("Gatunek")).to_have_count(2)
    jan.check()
    page.get_by_label("Gatunek").nth(1).fill("lipa")
    page.get_by_role("button", name="Przenieś wyżej: Drzewo 2").click()
    expect(page.get_by_label("Gatunek").first).to_have_value("lipa")
    expect(page.get_by_label("Gatunek").nth(1)).to_have_value("świerk")
    page.get_by_role("button", name=re.compile("Usuń ?: Drzewo 1")).click()
    expect(page.get_by_label("Gatunek")).to_have_count(1)
    expect(page.get_by_label("Gatunek")).to_have_value("świerk")
    page.get_by_role("button", name="Przelicz").click()
    expect(question(page, "liczba_drzew").locator("strong")).to_have_text(re.compile(r"^1\sszt\.$"))
    jan.check()


def test_error_summary_after_a_row_button_has_the_focus_and_its_links_lead_to_fields(jan: Watched) -> None:
    page = jan.page
    to_trees(page)
    page.get_by_role("button", name="Dodaj: Drzewo").click()
    assert "#" in page.url
    page.get_by_label("Gatunek").first.fill("świerk")
    page.get_by_label("Gatunek").nth(1).fill("lipa")
    go_on(page)
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    assert page.title().startswith("Błąd: ")
    assert "#" not in page.url
    jan.check()
    link = summary.get_by_role("link").first
    target = link.get_attribute("href")
    link.click()
    expect(page.locator(f"[id='{target[1:]}']")).to_be_focused()
    expect(page.get_by_label("Gatunek").first).to_have_value("świerk")


PAGES = ("strona_tryb", "strona_wnioskodawca", "strona_nieruchomosc", "strona_drzewa", "strona_krzewy", "strona_powod")


@pytest.mark.parametrize(("width", "text"), [(320, 100), (640, 200)], ids=["320 px", "200 % zoom"])
def test_long_form_when_small_or_enlarged_never_scrolls_sideways(
    served: Served, visitor: Callable[..., Watched], width: int, text: int
) -> None:
    citizen = begun(visitor(width=width), served)
    page = citizen.page
    page.get_by_label("Wniosek o zezwolenie").check()
    page.get_by_label("drzewa", exact=True).check()
    page.get_by_label("krzewy", exact=True).check()
    go_on(page)
    for name in PAGES:
        at_page(page, name)
        go_on(page)  # with its errors, the page is at its longest
        if page.locator(".error-summary").count() == 0:
            at_page(page, name)
        if text != 100:  # the reader's own text size on top of the narrow window that zoom makes
            page.evaluate("document.documentElement.style.fontSize = '150%'")
        no_sideways_scroll(page)
        citizen.check()
    page.goto(re.sub(r"/strona/.*", "/sprawdz", page.url))
    no_sideways_scroll(page)


def test_page_when_walked_by_keyboard_alone_can_be_finished(jan: Watched) -> None:
    page = jan.page
    keys = page.keyboard
    page.locator("#tresc").focus()
    tab_to(page, "input[type=radio]")
    keys.press("Space")
    keys.press("ArrowDown")  # to the application for a permit
    expect(page.get_by_label("Wniosek o zezwolenie")).to_be_checked()
    tab_to(page, "input[type=checkbox]")
    keys.press("Space")
    tab_to(page, "button[name=_dalej]:not(.default-submit)")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dane składającego")
    page.locator("#pole-imiona").focus()
    keys.press("Enter")  # is „Dalej”, and not the first button of the page
    expect(page.locator(".error-summary")).to_be_focused()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until a control of that kind has the focus."""
    for _ in range(15):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never came to {selector}")


def test_draft_when_left_is_found_again_where_it_was(
    jan: Watched, served: Served, visitor: Callable[..., Watched]
) -> None:
    page = jan.page
    page.get_by_label("Zgłoszenie zamiaru").check()
    go_on(page)
    page.get_by_label("Telefon").fill("nie pamiętam")
    draft = re.search(r"/robocze/[0-9a-f]+", page.url).group(0)
    page.get_by_role("button", name="Zapisz i wyjdź").click()
    expect(page.get_by_role("status")).to_contain_text("Zapisaliśmy")
    jan.check()
    page.get_by_role("button", name="Wyloguj").click()
    again = begun(visitor(), served).page
    again.goto("/robocze")
    again.locator(f"a[href='{draft}']").first.click()
    expect(again.get_by_role("heading", level=1)).to_have_text("Dane składającego")
    expect(again.get_by_label("Telefon")).to_have_value("nie pamiętam")
