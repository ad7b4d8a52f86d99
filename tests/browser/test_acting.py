"""Acting for a firm, walked in Chromium: the firm invites, a new person registers by the letter, accepts, switches, fills in and files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Served, Watched
from tests.browser.test_story import (
    PASSWORD,
    activate,
    fill_questions,
    fill_registration,
    letter_link,
    sign,
    sign_in_in_the_middle,
)
from tests.people import Person, new_person

FIRM = "Zakład Próbny Sp. z o.o."
FORM = "/formularze/pismo-ogolne"


def test_person_registers_by_a_firms_letter_and_files_in_its_name(
    served: Served, visitor: Callable[..., Watched], tmp_path: Path
) -> None:
    firm, owner = visitor(), new_person()
    make_a_firm(firm, served, owner)
    person = new_person()
    invite(firm, person)
    agent = visitor(width=400)
    accept(agent, served, person)
    page = agent.page
    switch(page, FIRM)
    expect(bar(page)).to_contain_text(f"Działasz jako: {FIRM}")
    number = file_in_the_firms_name(agent, served, person, tmp_path)
    expect(page.get_by_role("main")).to_contain_text(f"działa {person.first_name} {person.last_name}")
    page.get_by_role("link", name="Przeczytaj wysłane pismo").click()
    expect(page.get_by_role("main")).to_contain_text("W imieniu wnioskodawcy działa")
    agent.check()
    remove(firm, person, number)
    page.goto("/sprawy")
    expect(bar(page)).to_contain_text("Nie możesz już działać w imieniu")
    expect(page.get_by_role("main")).not_to_contain_text(number)
    agent.check()


def make_a_firm(firm: Watched, served: Served, owner: Person) -> None:
    page = firm.page
    page.goto("/rejestracja/osoba-prawna")
    fill_registration(page, owner)
    page.locator("[name=org_name]").fill(FIRM)
    page.locator("[name=nip]").fill("9990000008")
    page.get_by_role("button", name="Załóż konto").click()
    activate(firm, served, owner)
    sign_in_in_the_middle(firm, owner.login, PASSWORD)


def invite(firm: Watched, person: Person) -> None:
    page = firm.page
    page.goto("/konto/osoby")
    firm.check()
    page.get_by_role("link", name="Zaproś osobę").click()
    firm.check()
    page.get_by_label("Adres e-mail").fill(person.email)
    page.get_by_label(re.compile("^Podpisywanie")).check()
    page.get_by_role("button", name="Wyślij zaproszenie").click()
    expect(page.get_by_role("main")).to_contain_text("czeka na odpowiedź")
    firm.check()


def accept(agent: Watched, served: Served, person: Person) -> None:
    page = agent.page
    page.goto(letter_link(page, served, person.email, r"http://localhost:\d+/upowaznienie/\S+"))
    expect(page.get_by_role("main")).to_contain_text(FIRM)
    agent.check()
    page.get_by_role("main").get_by_role("button", name="Załóż konto").click()
    fill_registration(page, person)
    page.get_by_role("button", name="Załóż konto").click()
    activate(agent, served, person)
    sign_in_in_the_middle(agent, person.login, PASSWORD)
    page.get_by_role("link", name="Masz zaproszenie").click()
    agent.check()
    page.get_by_role("button", name="Przyjmij").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("W czyim imieniu działasz")
    agent.check()


def bar(page: Page) -> Locator:
    return page.get_by_role("complementary", name="W czyim imieniu działasz")


def switch(page: Page, name: str) -> None:
    page.get_by_label("W czyim imieniu chcesz działać").and_(page.locator("select")).select_option(
        label=f"{name} (podpisywanie)"
    )
    page.get_by_role("button", name="Przełącz").click()


def file_in_the_firms_name(agent: Watched, served: Served, person: Person, folder: Path) -> str:
    page = agent.page
    page.goto(FORM)
    page.get_by_role("button", name="Wypełnij formularz").click()
    while not page.url.endswith("/sprawdz"):
        agent.check()
        fill_questions(page, person)
        page.get_by_role("button", name="Dalej", exact=True).click()
        expect(page.locator(".error-summary")).to_have_count(0)
    agent.check()
    page.get_by_role("button", name="Dalej: podpis").click()
    expect(page.get_by_role("main")).to_contain_text(f"Wysyłasz pismo w imieniu: {FIRM}")
    agent.check()
    page.locator("main input[type=file]").set_input_files(sign(page, served, person, folder))
    page.get_by_role("button", name="Wyślij do urzędu").click()
    expect(page.get_by_role("main")).to_contain_text("Złożona")
    agent.check()
    return page.url.rpartition("/")[2]


def remove(firm: Watched, person: Person, number: str) -> None:
    page = firm.page
    page.goto("/sprawy")
    expect(page.get_by_role("main")).to_contain_text(number)
    page.goto("/konto/osoby")
    page.get_by_role("link", name=f"{person.first_name} {person.last_name}").click()
    firm.check()
    page.get_by_role("link", name="Usuń z listy").click()
    firm.check()
    page.get_by_role("button", name="Usuń osobę").click()
    firm.check()
