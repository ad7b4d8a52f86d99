"""One's own account, walked from page to page in Chromium: every page of the settings, an error on each form, and a saved change."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, Watched
from tests.browser.test_story import PASSWORD, PDF, fill_registration, letter_link, sign_in_in_the_middle
from tests.people import make_pesel, new_person


def test_the_settings_are_walked_from_end_to_end(served: Served, visitor: Callable[..., Watched]) -> None:
    person, citizen = new_person(), visitor()
    page = citizen.page
    page.goto("/rejestracja/osoba-fizyczna")
    fill_registration(page, person)
    page.get_by_role("button", name="Załóż konto").click()
    page.goto(letter_link(page, served, person.email, r"http://localhost:\d+/aktywacja/\S+"))
    sign_in_in_the_middle(citizen, person.login, PASSWORD)

    page.get_by_role("link", name=re.compile(person.login)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ustawienia konta")
    citizen.check()
    change_names(citizen)
    change_address(citizen)
    change_login(citizen, person.login)
    change_email(citizen, served, f"nowy.{person.email}")
    change_password(citizen)
    switch_letters_off(citizen)
    read_consents(citizen)
    ask_for_a_number(citizen)
    decide(visitor(), served)
    open_menu(citizen, "Dane")
    expect(page.get_by_role("main")).to_contain_text("Przyjęte")


def open_menu(citizen: Watched, name: str) -> Page:
    """Open a page by the menu beside every one of them."""
    page = citizen.page
    page.get_by_role("navigation", name="Ustawienia konta").get_by_role("link", name=name, exact=True).click()
    citizen.check()
    return page


def saved(citizen: Watched, words: str) -> None:
    """The page after a change says what was saved."""
    expect(citizen.page.get_by_role("status")).to_contain_text(words)
    citizen.check()


def refused(citizen: Watched, button: str) -> None:
    """The form comes back with a summary of what is wrong."""
    citizen.page.get_by_role("button", name=button).click()
    expect(citizen.page.locator(".error-summary")).to_be_visible()
    citizen.check()


def change_names(citizen: Watched) -> None:
    page = open_menu(citizen, "Dane")
    page.get_by_role("link", name="Popraw imię i nazwisko").click()
    citizen.check()
    page.get_by_label("Nazwisko").fill("R2D2")
    refused(citizen, "Zapisz")
    page.get_by_label("Nazwisko").fill("Nowa-Testowa")
    page.get_by_role("button", name="Zapisz").click()
    saved(citizen, "Zapisaliśmy nowe dane")


def change_address(citizen: Watched) -> None:
    page = open_menu(citizen, "Adresy i telefon")
    page.get_by_label("Miejscowość").first.fill("")
    refused(citizen, "Zapisz")
    page.get_by_label("Miejscowość").first.fill("Krynki")
    page.get_by_role("button", name="Zapisz").click()
    saved(citizen, "Zapisaliśmy nowy adres")


def change_login(citizen: Watched, login: str) -> None:
    page = open_menu(citizen, "Login")
    refused(citizen, "Zmień login")
    page.get_by_label("Login").fill(f"nowy.{login}")
    page.get_by_role("textbox", name="Twoje hasło").fill(PASSWORD)
    page.get_by_role("button", name="Zmień login").click()
    saved(citizen, "Zapisaliśmy nowy login")


def change_email(citizen: Watched, served: Served, email: str) -> None:
    page = open_menu(citizen, "E-mail")
    refused(citizen, "Zmień adres e-mail")
    page.get_by_label("Nowy adres e-mail").fill(email)
    page.get_by_role("textbox", name="Twoje hasło").fill(PASSWORD)
    page.get_by_role("button", name="Zmień adres e-mail").click()
    saved(citizen, "Adres zmieni się")
    page.goto(letter_link(page, served, email, r"http://localhost:\d+/zmiana-e-mail/\S+"))
    citizen.check()
    page.get_by_role("button", name="Potwierdź adres").click()
    saved(citizen, "Zapisaliśmy nowy adres e-mail")


def change_password(citizen: Watched) -> None:
    page = open_menu(citizen, "Hasło")
    refused(citizen, "Zmień hasło")
    page.get_by_role("textbox", name="Obecne hasło").fill(PASSWORD)
    page.get_by_role("textbox", name="Nowe hasło").fill("niebieskie-sosny-nad-stawem-8")
    page.get_by_role("button", name="Zmień hasło").click()
    saved(citizen, "Hasło zostało zmienione")


def switch_letters_off(citizen: Watched) -> None:
    page = open_menu(citizen, "Powiadomienia")
    page.get_by_label("Przyjęcie pisma").uncheck()
    page.get_by_role("button", name="Zapisz").click()
    saved(citizen, "Zapisaliśmy, które powiadomienia wysyłać")
    expect(page.get_by_label("Przyjęcie pisma")).not_to_be_checked()


def read_consents(citizen: Watched) -> None:
    page = open_menu(citizen, "Zgody")
    page.get_by_role("main").get_by_role("link", name=re.compile("wersja 1")).click()
    citizen.check()
    expect(page.get_by_role("main")).to_contain_text("Inspektor ochrony danych")


def ask_for_a_number(citizen: Watched) -> None:
    page = open_menu(citizen, "Dane")
    page.get_by_role("link", name="Zgłoś zmianę numeru").click()
    citizen.check()
    page.get_by_label("Nowy numer").fill("123")
    refused(citizen, "Wyślij zgłoszenie")
    page.get_by_label("Nowy numer").fill(make_pesel("751114"))
    page.locator("main input[type=file]").set_input_files(
        {"name": "decyzja.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.get_by_role("button", name="Wyślij zgłoszenie").click()
    saved(citizen, "Wysłaliśmy do urzędu")


def decide(head: Watched, served: Served) -> None:
    """What the office does of it."""
    sign_in_in_the_middle(head, "kierownik", served.passwords["kierownik"])
    page = head.page
    page.goto("/urzad")
    page.get_by_role("link", name="Zmiany danych").click()
    head.check()
    page.get_by_role("main").get_by_role("link", name=re.compile("Nowa-Testowa")).click()
    head.check()
    page.get_by_label("Przyjmij").check()
    page.get_by_role("button", name="Zapisz decyzję").click()
    saved(head, "Nowy numer jest na koncie")
