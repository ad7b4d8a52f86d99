"""The office's own sign-in in Chromium, on two sites: the page between leads on by itself, and nothing stops it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Served, Watched

BUTTON = "Zaloguj się kontem urzędowym"


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 360)], ids=["wide", "narrow, no scripts"])
def test_an_employee_comes_from_the_office_and_leaves_both(
    served: Served, visitor: Callable[..., Watched], javascript: bool, width: int
) -> None:
    employee = visitor(javascript=javascript, width=width)
    page = employee.page
    page.goto("/logowanie?powrot=/nieobecnosci")
    employee.check()
    for login in ("nieznany", "urzednik.or"):
        page.get_by_role("button", name=BUTTON).click()
        expect(page).to_have_url(re.compile(r"http://127\.0\.0\.1:\d+/oidc/wybor"))
        page.locator(f"[name=pracownik][value='{login}']").check()
        page.locator("button[type=submit]").first.click()
        if login == "nieznany":
            expect(page.get_by_role("heading", level=1)).to_have_text("Nie masz jeszcze konta pracownika w portalu")
            employee.check()
            page.get_by_role("link", name="Wróć do logowania").click()
    expect(page).to_have_url(f"{served.url}/nieobecnosci")
    page.get_by_role("button", name="Wyloguj").click()
    expect(page).to_have_url(re.compile("/oidc/wylogowano"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Wylogowano Cię")
    employee.check()
