"""The editor of rich text: what is pressed is what is kept; a text area without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, Watched

PAGE = "/polityka-prywatnosci"
SAVED = "/pomoc/haslo"  # the only one that a test here changes


@pytest.fixture
def editor(served: Served, visitor: Callable[..., Watched]) -> Watched:
    """An editor at the form of an existing page."""
    return opened(visitor(), served)


def opened(watched: Watched, served: Served) -> Watched:
    page = watched.page
    page.goto("/logowanie")
    main = page.get_by_role("main")
    main.get_by_label("Login lub e-mail").fill("redaktor")
    main.locator("input[type=password]").fill(served.passwords["redaktor"])
    main.get_by_role("button", name="Zaloguj się", exact=True).click()
    page.goto(f"{PAGE}/edytuj")
    expect(page.locator("textarea[name=body]")).to_have_count(1)
    return watched


def emptied(page: Page) -> None:
    """An editor without a word, ready to be written in."""
    page.get_by_role("textbox", name="Treść").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")


def press(page: Page, words: str) -> None:
    page.get_by_role("toolbar").get_by_role("button", name=words, exact=True).click()


def html(page: Page) -> str:
    return page.locator("textarea[name=body]").input_value()


def lines_apart(markup: str) -> str:
    """Each element on a line of its own: where lines end between elements says nothing."""
    return re.sub(r">\s*<", ">\n<", markup)


def test_opening_when_nothing_is_changed_leaves_the_text_as_it_is(editor: Watched) -> None:
    page = editor.page
    area = page.get_by_role("textbox", name="Treść")
    expect(area).to_be_visible()
    expect(page.locator("textarea[name=body]")).to_be_hidden()
    before = html(page)
    assert "<p>" in before
    editor.check()
    page.get_by_role("button", name="Pokaż HTML").click()
    expect(page.get_by_role("textbox", name="Treść")).to_have_value(before)
    editor.check()
    page.get_by_role("button", name="Wróć do edytora").click()
    assert html(page) == before


def test_change_in_one_place_leaves_all_others_as_they_were(editor: Watched) -> None:
    page = editor.page
    before = html(page)
    assert "<table>" in before
    page.get_by_role("textbox", name="Treść").locator("h2").first.click()
    page.keyboard.press("Home")
    page.keyboard.type("Tu: ")
    after = html(page)
    assert "<h2>Tu: " in after
    assert lines_apart(after.replace("Tu: ", "")) == lines_apart(before)


def test_focus_when_led_to_the_text_area_goes_into_the_editor(editor: Watched) -> None:
    page = editor.page
    page.locator("#pole-body").evaluate("area => area.focus()")
    expect(page.get_by_role("textbox", name="Treść")).to_be_focused()
    page.locator("label[for=pole-body]").click()
    expect(page.get_by_role("textbox", name="Treść")).to_be_focused()


def test_buttons_when_pressed_make_our_own_elements(editor: Watched) -> None:
    page = editor.page
    emptied(page)
    keys = page.keyboard
    press(page, "Nagłówek 2")
    keys.type("Kto prowadzi")
    keys.press("Enter")
    press(page, "Akapit")
    keys.type("Zwykłe ")
    press(page, "Pogrubienie")
    keys.type("mocne")
    press(page, "Pogrubienie")
    press(page, "Kursywa")
    keys.type(" inne")
    press(page, "Kursywa")
    keys.press("Enter")
    press(page, "Lista")
    keys.type("raz")
    keys.press("Enter")
    keys.type("dwa")
    assert html(page) == (
        "<h2>Kto prowadzi</h2>\n<p>Zwykłe <strong>mocne</strong><em> inne</em></p>\n<ul>\n<li>raz</li>\n<li>dwa</li>\n</ul>"
    )
    editor.check()
    press(page, "Cofnij")
    assert "dwa" not in html(page)


def test_link_when_made_is_kept_and_a_strange_address_is_refused(editor: Watched) -> None:
    page = editor.page
    emptied(page)
    page.keyboard.type("katalog")
    page.keyboard.press("Control+a")
    press(page, "Odnośnik")
    address = page.get_by_label("Adres odnośnika")
    expect(address).to_be_focused()
    address.fill("javascript:alert(1)")
    page.keyboard.press("Enter")
    expect(address).to_have_attribute("aria-invalid", "true")
    editor.check()
    address.fill("/katalog")
    page.keyboard.press("Enter")
    expect(address).to_be_hidden()
    assert html(page) == '<p><a href="/katalog">katalog</a></p>'


def test_bar_when_walked_by_keyboard_is_one_stop(editor: Watched) -> None:
    page = editor.page
    page.get_by_role("toolbar").get_by_role("button", name="Akapit").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Nagłówek 2")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Ponów")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Treść")).to_be_focused()


def test_pasted_html_when_foreign_is_cut_to_what_the_portal_keeps(editor: Watched) -> None:
    page = editor.page
    emptied(page)
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/html", '<h1 class="x" style="color:red">Tytuł</h1><div><b>a</b><script>1</script>'
                + '<a href="javascript:alert(1)" onclick="x()">b</a><font>c</font></div>');
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    expect(page.get_by_role("textbox", name="Treść").locator("h2")).to_have_text("Tytuł")
    assert html(page) == "<h2>Tytuł</h2>\n<p><strong>a</strong><a>b</a>c</p>"
    editor.check()


def test_saved_text_when_shown_again_is_what_was_written(editor: Watched) -> None:
    page = editor.page
    page.goto(f"{SAVED}/edytuj")
    before = html(page)
    page.get_by_role("textbox", name="Treść").focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.type("Nowe zdanie.")
    page.get_by_role("main").get_by_role("button", name="Zapisz", exact=False).first.click()
    page.goto(f"{SAVED}/edytuj")
    assert lines_apart(html(page)) == lines_apart(f"{before}<p>Nowe zdanie.</p>")


def test_editor_when_the_screen_is_small_never_scrolls_sideways(
    served: Served, visitor: Callable[..., Watched]
) -> None:
    editor = opened(visitor(width=320), served)
    press(editor.page, "Odnośnik")
    editor.check()
    assert editor.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_page_with_a_wide_table_when_small_scrolls_the_table_alone(visitor: Callable[..., Watched]) -> None:
    reader = visitor(width=320)
    reader.page.goto(PAGE)
    # the keyboard reaches a table exactly where it is wider than its place
    reader.page.wait_for_function(
        "() => [...document.querySelectorAll('.prose table')]"
        ".every((table) => (table.scrollWidth > table.clientWidth) === (table.tabIndex === 0))"
    )
    reader.check()
    assert reader.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_text_area_without_javascript_stays(served: Served, visitor: Callable[..., Watched]) -> None:
    page = opened(visitor(javascript=False), served).page
    expect(page.locator("textarea[name=body]")).to_be_visible()
    expect(page.get_by_role("toolbar")).to_have_count(0)
