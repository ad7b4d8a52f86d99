"""A forgotten password, in Chromium: from the sign-in page by letter to a new one, and the other device out."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, Watched

LOGIN = "urzednik.or"
MAIL = "urzednik.or@urzad.example"
PASSWORD = "siedem bocianów nad rzeką"


def test_a_forgotten_password_is_set_anew_by_letter(served: Served, visitor: Callable[..., Watched]) -> None:
    elsewhere, here = visitor(), visitor()
    sign_in(elsewhere.page, served.passwords[LOGIN])
    expect(elsewhere.page.get_by_role("link", name=LOGIN)).to_be_visible()
    link = ask_for_a_letter(here, served)
    set_new_password(here, link)
    sign_in_and_see_the_sessions(here)
    elsewhere.page.goto("/konto")
    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Zaloguj się")
    here.page.goto(link)
    expect(here.page.get_by_role("heading", level=1)).to_have_text("Ten link już nie działa")
    here.check()


def sign_in(page: Page, password: str) -> None:
    page.goto("/logowanie")
    fill_in(page, password)


def fill_in(page: Page, password: str) -> None:
    main = page.get_by_role("main")
    main.get_by_label("Login lub e-mail").fill(LOGIN)
    main.get_by_role("textbox", name="Hasło").fill(password)
    main.get_by_role("button", name="Zaloguj się", exact=True).click()


def ask_for_a_letter(here: Watched, served: Served) -> str:
    page, before = here.page, len(letters(served))
    page.goto("/konto/haslo")
    page.get_by_role("link", name="Nie pamiętasz hasła?").click()
    here.check()
    page.get_by_role("button", name="Wyślij list").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    here.check()
    page.get_by_label("Login lub e-mail").fill(MAIL)
    page.get_by_role("button", name="Wyślij list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sprawdź skrzynkę e-mail")
    here.check()
    return link_of(served, before)


def set_new_password(here: Watched, link: str) -> None:
    page = here.page
    page.goto(link)
    here.check()
    page.get_by_role("textbox", name="Nowe hasło").fill("krótkie")
    page.get_by_role("button", name="Ustaw nowe hasło").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    here.check()
    page.get_by_role("textbox", name="Nowe hasło").fill(PASSWORD)
    page.get_by_role("button", name="Ustaw nowe hasło").click()
    expect(page.get_by_role("main")).to_contain_text("Hasło zostało zmienione")
    here.check()


def sign_in_and_see_the_sessions(here: Watched) -> None:
    page = here.page
    fill_in(page, PASSWORD)
    expect(page).to_have_url(re.compile("/konto/haslo$"))
    page.goto("/konto/sesje")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sesje i urządzenia")
    expect(page.get_by_role("main")).to_contain_text("Na żadnym innym urządzeniu")
    here.check()


def letters(served: Served) -> list[Any]:
    """Letters with a link to a new password, oldest first."""
    files = sorted(Path(served.var, "mail", "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
    parsed = (
        email.message_from_string(path.read_text(encoding="utf-8"), policy=email.policy.default) for path in files
    )
    return [letter for letter in parsed if letter["To"] == MAIL and letter["Subject"].startswith("Ustaw nowe hasło")]


def link_of(served: Served, before: int) -> str:
    """The path that the next letter leads to; the worker writes it in its own time."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if len(found := letters(served)) > before:
            match = re.search(r"/haslo/[\w-]{43}", found[-1].get_body(("plain",)).get_content())
            assert match
            return match[0]
        time.sleep(0.2)
    raise AssertionError("no letter came")
