"""Leaving with all one's things, in Chromium: a copy of one's data is asked for and fetched; then the account is deleted."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Served, Watched
from tests.browser.test_settings import open_menu, refused, saved
from tests.browser.test_story import PASSWORD, fill_registration, letter_link, sign_in_in_the_middle
from tests.people import new_person


def test_data_are_taken_along_and_the_account_is_deleted(served: Served, visitor: Callable[..., Watched]) -> None:
    person, citizen = new_person(), visitor()
    page = citizen.page
    page.goto("/rejestracja/osoba-fizyczna")
    fill_registration(page, person)
    page.get_by_role("button", name="Załóż konto").click()
    page.goto(letter_link(page, served, person.email, r"http://localhost:\d+/aktywacja/\S+"))
    sign_in_in_the_middle(citizen, person.login, PASSWORD)

    page.get_by_role("link", name=re.compile(person.login)).click()
    open_menu(citizen, "Moje dane")
    page.get_by_role("button", name="Przygotuj kopię danych").click()
    saved(citizen, "Przygotowujemy kopię")
    page.goto(letter_link(page, served, person.email, r"http://localhost:\d+/konto/moje-dane"))
    expect(page.get_by_role("heading", name="Kopia jest gotowa")).to_be_visible()
    citizen.check()
    with page.expect_download() as arriving:
        page.get_by_role("button", name="Pobierz kopię danych").click()
    with zipfile.ZipFile(arriving.value.path()) as packed:
        assert packed.testzip() is None
        assert person.pesel in packed.read("konto.json").decode()

    open_menu(citizen, "Połączenie kont")
    page.get_by_label("Login lub adres e-mail drugiego konta").fill("nie.ma.takiego")
    page.get_by_role("textbox", name="Hasło drugiego konta").fill(PASSWORD)
    refused(citizen, "Sprawdź drugie konto")

    open_menu(citizen, "Zgody")
    page.get_by_role("link", name="Wycofaj zgodę i usuń konto").click()
    citizen.check()
    page.get_by_label("Twój login").fill("ktos.inny")
    refused(citizen, "Usuń konto na zawsze")
    page.get_by_label("Twój login").fill(person.login)
    page.get_by_role("button", name="Usuń konto na zawsze").click()
    saved(citizen, "Konto jest usunięte")
    page.goto("/konto")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Ustawienia konta")
