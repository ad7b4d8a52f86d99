"""Profil zaufany in Chromium, with the portal and the stand-in of Węzeł Krajowy as two sites: cookies behave as in life."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Served, Watched


def to_wezel(visitor: Watched, served: Served, citizen: str, mischief: str = "") -> None:
    """From the sign-in page to the provider, pick a person, and back."""
    page = visitor.page
    page.goto("/logowanie")
    page.get_by_role("main").get_by_role("button", name="Zaloguj się przez: Profil zaufany").click()
    leave(visitor)
    expect(page).to_have_url(re.compile(r"http://127\.0\.0\.1:\d+/login/wybor"))
    page.locator(f"#osoba-{citizen}").check()
    if mischief:
        page.get_by_label("Psota przy tym logowaniu").select_option(mischief)
    page.locator("button[name=zaloguj]").click()
    leave(visitor)


def leave(visitor: Watched) -> None:
    """Without scripts the button of the page between does what the script does."""
    if not visitor.strict:
        visitor.page.get_by_role("button", name=re.compile("^Przejdź d")).click()


def register(visitor: Watched, mail: str) -> None:
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Załóż konto")
    visitor.check()
    page.get_by_role("button", name="Załóż konto").last.click()
    expect(page.get_by_role("alert").first).to_be_visible()
    visitor.check()
    page.get_by_label("Numer domu").first.fill("7")
    page.get_by_label("Kod pocztowy").first.fill("99-998")
    page.get_by_label("Miejscowość").first.fill("Zdroje")
    page.get_by_label("Adres e-mail").fill(mail)
    page.get_by_label("Znam treść tej informacji").check()
    page.get_by_role("button", name="Załóż konto").last.click()
    expect(page.get_by_text("Konto jest gotowe")).to_be_visible()


def test_a_new_person_comes_by_profil_zaufany(served: Served, visitor: Callable[..., Watched]) -> None:
    nina = visitor()
    page = nina.page
    to_wezel(nina, served, "nowa", "foreign-key")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nie możemy potwierdzić tej odpowiedzi")
    nina.check()
    to_wezel(nina, served, "nowa")
    register(nina, "nina@poczta.example")
    nina.check()
    page.goto("/konto/profil-zaufany")
    expect(page.get_by_text("Połączone. Imię")).to_be_visible()
    nina.check()
    page.get_by_role("button", name="Odłącz").click()
    expect(page.get_by_text("To jedyny sposób, w jaki możesz się zalogować")).to_be_visible()
    page.goto("/konto/dane")
    expect(page.get_by_text("potwierdzone", exact=False).first).to_be_visible()
    nina.check()
    page.get_by_role("button", name="Wyloguj").click()
    to_wezel(nina, served, "nowa")
    expect(page.get_by_role("link", name="nina")).to_be_visible()


def test_without_scripts_and_out_from_both_sides(served: Served, visitor: Callable[..., Watched]) -> None:
    zofia = visitor(javascript=False, width=360)
    page = zofia.page
    to_wezel(zofia, served, "diakrytyki")
    register(zofia, "swietoslawa@poczta.example")
    wezel = served.sandbox.replace("localhost", "127.0.0.1").replace(
        served.sandbox.rpartition(":")[2], str(int(served.sandbox.rpartition(":")[2]) + 1000)
    )
    page.goto(f"{wezel}/sesje")
    page.get_by_role("button", name=re.compile("Gżegżółka")).click()
    expect(page.get_by_role("status")).to_have_text("Wylogowano ze wszystkich serwisów.")
    page.goto(f"{served.url}/konto")
    expect(page.get_by_role("heading", level=1)).to_have_text("Zaloguj się")
