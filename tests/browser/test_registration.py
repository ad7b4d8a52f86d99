"""Registration in Chromium, of each kind of applicant: from „Zarejestruj się” on the home page by letter to the first sign-in.

Each page is looked at by axe once, the form and its errors for each kind. A link that is late cannot be waited for here:
`tests/functional/test_accounts.py` makes one; its page is that of a foreign link.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from boi_portal.sandbox.people import make_pesel
from tests.browser.conftest import Served, Watched
from tests.browser.test_story import letter_link, sign_in_in_the_middle
from tests.people import Person, new_person

PASSWORD = "zielone-sosny-nad-stawem-7"
WRONG_PASSWORD = "zupełnie inne hasło"
BORN = datetime.date(1891, 5, 12)  # longer ago than anybody lives
EVERYBODY = (
    "person-first_name", "person-last_name", "residence-house_number", "residence-postal_code", "residence-town",
    "contact-email", "account-login", "account-password", "consent-agreed",
)  # fmt: skip
FIRM = ("firm-org_name", "firm-nip")
PESEL = ("person-pesel",)
DOCUMENT = tuple(f"person-document-{name}" for name in ("kind-0", "number", "country", "birth_date"))
LETTERS = tuple(f"letters-address-{name}" for name in ("house_number", "postal_code", "town"))
ACTIVATION = r"http://localhost:\d+/aktywacja/[\w-]+"


def test_a_person_registers_and_signs_in(served: Served, visitor: Callable[..., Watched]) -> None:
    citizen, person = visitor(), invented(1)
    citizen.page.goto("/rejestracja")
    citizen.check()
    begin(citizen, "Osoba fizyczna")
    leave_everything_out(citizen, EVERYBODY + PESEL)
    fill_in_person(citizen.page, person)
    fill_in_pesel(citizen.page, person)
    link = send(citizen, served, person)
    citizen.check()
    follow_a_foreign_link(visitor(), link)
    activate(citizen, link)
    activate_again(visitor(), link)
    sign_in_in_the_middle(citizen, person.login, PASSWORD)
    see_own_data(citizen, person.last_name, person.pesel[-4:])


def test_a_business_registers_and_signs_in(served: Served, visitor: Callable[..., Watched]) -> None:
    citizen, person = visitor(width=360), invented(2)
    begin(citizen, "Przedsiębiorca")
    citizen.page.get_by_label("Na inny adres").check()
    leave_everything_out(citizen, EVERYBODY + FIRM + PESEL + LETTERS)
    fill_in_person(citizen.page, person)
    fill_in_pesel(citizen.page, person)
    fill_in_firm(citizen.page, "Piekarnia Próbna", "9990000008")
    fill_in_other_address(citizen.page)
    activate(citizen, send(citizen, served, person))
    sign_in_in_the_middle(citizen, person.login, PASSWORD)
    see_own_data(citizen, "Piekarnia Próbna", person.pesel[-4:])
    citizen.page.goto("/konto/adresy")
    expect(other_address(citizen.page).get_by_label("Kod pocztowy")).to_have_value("99-998")


def test_an_organisation_registers_and_its_account_is_locked_for_guessers(
    served: Served, visitor: Callable[..., Watched]
) -> None:
    citizen, person = visitor(), invented(3)
    begin(citizen, "Osoba prawna lub instytucja")
    citizen.page.get_by_label("Nie, podam dokument z innego państwa").check()
    leave_everything_out(citizen, EVERYBODY + FIRM + DOCUMENT)
    fill_in_person(citizen.page, person)
    fill_in_document(citizen.page)
    fill_in_firm(citizen.page, "Stowarzyszenie Przykładowe", "9990000014")
    activate(citizen, send(citizen, served, person))
    sign_in_in_the_middle(citizen, person.login, PASSWORD)
    see_own_data(citizen, "Stowarzyszenie Przykładowe", "paszport, Ukraina")
    guess(visitor(), person.login)
    citizen.page.goto("/konto/dane")  # whoever is in stays in
    expect(citizen.page.get_by_role("main")).to_contain_text("Stowarzyszenie Przykładowe")


def invented(serial: int) -> Person:
    """Somebody whose PESEL nobody living can have."""
    return dataclasses.replace(new_person(), pesel=make_pesel(BORN, serial))


def begin(citizen: Watched, kind: str) -> None:
    """From the home page to the form of a kind of applicant."""
    page = citizen.page
    page.goto("/")
    expect(page.get_by_role("main")).to_contain_text("Nie masz konta?")
    page.get_by_role("main").get_by_role("link", name="Zarejestruj się").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Załóż konto")
    page.get_by_role("main").get_by_role("link", name=kind, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(kind.lower())
    citizen.check()


def leave_everything_out(citizen: Watched, required: tuple[str, ...]) -> None:
    """An empty form names all that is missing at once: in a summary whose links lead to the fields, and at each field."""
    page = citizen.page
    page.get_by_role("button", name="Załóż konto").click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_visible()
    links = summary.get_by_role("link").all()
    targets = [str(link.get_attribute("href")) for link in links]
    assert sorted(targets) == sorted(f"#pole-{name}" for name in required)
    for target in targets:
        field = page.locator(target)
        described = page.get_by_role("radiogroup").filter(has=field) if target.endswith("-0") else field
        expect(described).to_have_accessible_description(re.compile("Uzupełnij|Wybierz|Zaznacz"))
    links[-1].click()
    expect(page.locator(targets[-1])).to_be_focused()
    citizen.check()


def fill_in_person(page: Page, person: Person) -> None:
    """What every kind of applicant is asked for."""
    page.get_by_label(re.compile("^Imię")).fill(person.first_name)
    page.get_by_label(re.compile("^Nazwisko")).fill(person.last_name)
    page.get_by_label("Numer domu").first.fill("7")
    page.get_by_label("Kod pocztowy").first.fill("99-998")
    page.get_by_label("Miejscowość").first.fill("Zdroje")
    page.get_by_label("Adres e-mail").fill(person.email)
    page.get_by_label(re.compile("^Login")).fill(person.login)
    page.get_by_role("textbox", name=re.compile("^Hasło")).fill(PASSWORD)
    page.get_by_role("checkbox", name=re.compile("zgadzam się na przetwarzanie")).check()


def fill_in_pesel(page: Page, person: Person) -> None:
    page.get_by_label(re.compile("^Numer PESEL")).fill(person.pesel)


def fill_in_document(page: Page) -> None:
    document = page.get_by_role("group", name=re.compile("^Dokument"))
    document.get_by_label("paszport").check()
    document.get_by_label("Seria i numer dokumentu").fill("XX 000001")
    document.get_by_label("Państwo, które wydało dokument").fill("Ukraina")
    document.get_by_label("Data urodzenia").fill("5.03.1986")


def fill_in_firm(page: Page, name: str, nip: str) -> None:
    page.get_by_label(re.compile("^(Nazwa firmy|Pełna nazwa)")).fill(name)
    page.get_by_label(re.compile("^NIP")).fill(nip)


def fill_in_other_address(page: Page) -> None:
    other = other_address(page)
    other.get_by_label("Ulica").fill("ul. Polna")
    other.get_by_label("Numer domu").fill("3")
    other.get_by_label("Kod pocztowy").fill("99998")
    other.get_by_label("Miejscowość").fill("Zdroje")


def other_address(page: Page) -> Locator:
    return page.get_by_role("group", name=re.compile("^Inny adres"))


def send(citizen: Watched, served: Served, person: Person) -> str:
    """Send the form; returns the link of the letter that comes."""
    page = citizen.page
    page.get_by_role("button", name="Załóż konto").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sprawdź skrzynkę e-mail")
    return letter_link(page, served, person.email, ACTIVATION)


def activate(citizen: Watched, link: str) -> None:
    page = citizen.page
    page.goto(link)
    expect(page.get_by_role("alert").or_(page.get_by_role("status")).first).to_contain_text(
        "Konto zostało aktywowane. Możesz się zalogować."
    )


def activate_again(visitor: Watched, link: str) -> None:
    """A mail scanner may have been first: a second time is no failure."""
    visitor.page.goto(link)
    expect(visitor.page.get_by_role("main")).to_contain_text("Konto jest już aktywne. Możesz się zalogować.")
    visitor.check()


def follow_a_foreign_link(visitor: Watched, link: str) -> None:
    """A link that nobody was sent opens no account, and says how to get a good one."""
    page, foreign = visitor.page, link[:-8] + "AAAAAAAA"
    page.goto(foreign)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ten link już nie działa")
    visitor.check()
    page.get_by_role("button", name="Wyślij list").click()
    expect(page.locator(".error-summary")).to_contain_text("Login lub e-mail")
    visitor.check()


def see_own_data(citizen: Watched, *words: str) -> None:
    citizen.page.goto("/konto/dane")
    for word in words:
        expect(citizen.page.get_by_role("main")).to_contain_text(word)


def guess(stranger: Watched, login: str) -> None:
    """After five wrong passwords not even the right one is tried; the words help the owner and tell the stranger nothing."""
    page = stranger.page
    page.goto("/logowanie")
    for _ in range(5):
        try_password(page, login, WRONG_PASSWORD)
        expect(page.locator(".error-summary")).to_contain_text("Login lub hasło się nie zgadza")
    stranger.check()
    try_password(page, login, PASSWORD)
    summary = page.locator(".error-summary")
    expect(summary).to_contain_text("Za dużo nieudanych prób logowania. Spróbuj ponownie za")
    expect(summary).to_contain_text("Twoje konto jest bezpieczne")
    expect(page.get_by_role("main").get_by_label("Login lub e-mail")).to_have_value(login)
    expect(page.get_by_role("main").get_by_role("link", name="Nie pamiętasz hasła?")).to_be_visible()
    stranger.check()


def try_password(page: Page, login: str, password: str) -> None:
    main = page.get_by_role("main")
    main.get_by_label("Login lub e-mail").fill(login)
    main.get_by_role("textbox", name="Hasło").fill(password)
    main.get_by_role("button", name="Zaloguj się", exact=True).click()
