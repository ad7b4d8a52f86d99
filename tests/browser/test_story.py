"""The story of the portal, walked in Chromium: from a card to a sealed receipt and a stage, and back to the editor's desk.

Once with scripts, with axe in light and dark on each page; once more with JavaScript off.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, Watched
from tests.people import Person, new_person

PASSWORD = "zielone-sosny-nad-stawem-7"
CARD = "Zameldowanie na pobyt stały"
PRICED_CARD = "/katalog/urzad-stanu-cywilnego/odpis-aktu-stanu-cywilnego"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without JavaScript"])
def test_the_portal_lives_from_a_card_to_a_receipt_a_stage_and_a_changed_fee(
    served: Served, visitor: Callable[..., Watched], tmp_path: Path, javascript: bool
) -> None:
    citizen = visitor(javascript=javascript)
    person = new_person()
    register(citizen, served, person)
    number = file_a_form(citizen, served, person, tmp_path)
    clerk = visitor(javascript=javascript)
    handle(clerk, served, number)
    see_the_stage(citizen, served, person, number)
    change_a_fee(visitor(javascript=javascript), citizen, served, "23,50" if javascript else "24,50")
    if javascript:  # the management interface is Substance D's and needs scripts
        change_a_fee_in_management(visitor(), citizen, served)


def register(citizen: Watched, served: Served, person: Person) -> None:
    page = citizen.page
    page.goto("/")
    citizen.check()
    page.get_by_label("Co chcesz załatwić?").fill("zameldowanie")
    page.get_by_role("main").get_by_role("button", name="Szukaj").click()
    citizen.check()
    page.get_by_role("main").get_by_role("link", name=CARD).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(CARD)
    citizen.check()
    page.get_by_role("link", name="Przejdź do formularza").click()
    citizen.check()
    expect(page.get_by_role("main")).to_contain_text("kont")
    form_url = page.url
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name=re.compile("Zarejestruj się")).click()
    citizen.check()
    page.get_by_role("main").get_by_role("link", name=re.compile("Osoba fizyczna", re.I)).click()
    citizen.check()
    submit_empty(citizen, "Załóż konto")
    fill_registration(page, person)
    page.get_by_role("button", name="Załóż konto").click()
    citizen.check()
    activate(citizen, served, person)
    sign_in_in_the_middle(citizen, person.login, PASSWORD)
    page.goto(form_url)


def submit_empty(watched: Watched, button: str) -> None:
    """An empty form answers with a summary of all its errors."""
    watched.page.get_by_role("button", name=button).click()
    expect(watched.page.get_by_role("alert").first).to_be_visible()
    watched.check()


def fill_registration(page: Page, person: Person) -> None:
    page.get_by_label("Imię").first.fill(person.first_name)
    page.get_by_label("Nazwisko").first.fill(person.last_name)
    page.get_by_label("PESEL", exact=False).and_(page.get_by_role("textbox")).first.fill(person.pesel)
    page.get_by_label("Numer domu").first.fill("7")
    page.get_by_label("Ulica").first.fill("Źródlana")
    page.get_by_label("Kod pocztowy").first.fill("99-998")
    page.get_by_label("Miejscowość").first.fill("Zdroje")
    page.get_by_label("E-mail").first.fill(person.email)
    page.get_by_label("Telefon").first.fill("601 234 567")
    page.get_by_label("Login").and_(page.get_by_role("main").get_by_role("textbox")).first.fill(person.login)
    page.locator("main input[type=password]").first.fill(PASSWORD)
    page.get_by_role("checkbox").last.check()


def activate(citizen: Watched, served: Served, person: Person) -> None:
    link = letter_link(citizen.page, served, person.email, r"http://localhost:\d+/aktywacja/\S+")
    citizen.page.goto(link)
    expect(citizen.page.get_by_role("main")).to_contain_text("Konto zostało aktywowane")
    citizen.check()


def letter_link(page: Page, served: Served, email: str, pattern: str) -> str:
    """The link of the newest letter to `email`, from the sandbox's mailbox; letters are there within seconds."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        for letter in page.request.get(f"{served.sandbox}/poczta.json?to={email}").json():
            if found := re.search(pattern, str(letter)):
                return found.group(0).split("\\n")[0].rstrip("\\'\",)")
        time.sleep(0.3)
    raise AssertionError(f"no letter to {email} with {pattern}")


def sign_in_in_the_middle(watched: Watched, login: str, password: str) -> None:
    page = watched.page
    page.goto("/")
    box = page.get_by_role("main")
    box.get_by_label("Login lub e-mail").fill(login)
    box.locator("input[type=password]").fill(password)
    box.get_by_role("button", name="Zaloguj się", exact=True).click()
    expect(page.get_by_role("button", name="Wyloguj")).to_be_visible()
    watched.check()


def file_a_form(citizen: Watched, served: Served, person: Person, folder: Path) -> str:
    page = citizen.page
    page.get_by_role("button", name="Wypełnij formularz").click()
    for _ in range(12):
        citizen.check()
        if page.url.endswith("/sprawdz"):
            break
        fill_questions(page, person)
        page.get_by_role("button", name="Dalej", exact=True).click()
        expect(page.locator(".error-summary")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text(person.pesel)
    page.get_by_role("main").get_by_role("link", name=re.compile("podpis", re.I)).or_(
        page.get_by_role("button", name=re.compile("podpis", re.I))
    ).first.click()
    citizen.check()
    signed = sign(page, served, person, folder)
    page.locator("main input[type=file]").set_input_files(signed)
    page.get_by_role("button", name="Wyślij do urzędu").click()
    number = re.search(r"BOI-\d{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", page.get_by_role("main").inner_text())
    assert number is not None, page.get_by_role("main").inner_text()
    expect(page.get_by_role("main")).to_contain_text("Złożona")
    citizen.check()
    with page.expect_download() as saved:
        page.get_by_role("link", name=re.compile("UPP.*XML")).first.click()
    assert b"Signature" in saved.value.path().read_bytes()
    return number.group(0)


def fill_questions(page: Page, person: Person) -> None:
    """Answer what is asked on a page of the form: what is required and still empty."""
    answers = (
        ("pesel", person.pesel),
        ("kod poczt", "99-998"),
        ("e-mail", person.email),
        ("telefon", "601234567"),
        ("data|dzień|kiedy", "2.11.2026"),
        ("imi", person.first_name),
        ("nazwisk", person.last_name),
        ("miejscowość", "Zdroje"),
        ("numer domu", "7"),
    )
    main = page.get_by_role("main")
    for group in {radio.get_attribute("name") for radio in main.locator("input[type=radio]:visible").all()}:
        if not main.locator(f"input[type=radio][name='{group}']:checked").count():
            main.locator(f"input[type=radio][name='{group}']").first.check()
    for box in main.locator("input[type=checkbox]:visible").all():
        box.check()
    for box in main.locator("select:visible").all():
        if not box.input_value():
            box.select_option(index=1)
    for box in main.locator("input.input:visible:not([type=file]), textarea:visible").all():
        label = main.locator(f"label[for='{box.get_attribute('id')}']").first.inner_text().lower()
        if "wymagane" in label and not box.input_value():
            box.fill(next((value for pattern, value in answers if re.search(pattern, label)), "Test"))
    for box in main.locator("input[type=file]:visible").all():
        box.set_input_files({"name": "skan.pdf", "mimeType": "application/pdf", "buffer": PDF})


def sign(page: Page, served: Served, person: Person, folder: Path) -> Path:
    """Sign the document in the sandbox's signing application, as a person would in her own."""
    with page.expect_download() as saved:
        page.get_by_role("link", name=re.compile("Pobierz dokument")).click()
    document = folder / "dokument.xml"
    saved.value.save_as(document)
    application = page.context.new_page()
    application.goto(f"{served.sandbox}/podpis")
    application.locator("input[type=file]").set_input_files(document)
    application.locator("input[name=osoba][value=inna]").check()
    for name, words in (("imie", person.first_name), ("nazwisko", person.last_name), ("pesel", person.pesel)):
        application.locator(f"input[name={name}]").fill(words)
    with application.expect_download() as signed:
        application.get_by_role("button", name=re.compile("Podpisz")).click()
    target = folder / "dokument-podpisany.xml"
    signed.value.save_as(target)
    application.close()
    return target


def handle(clerk: Watched, served: Served, number: str) -> None:
    page = clerk.page
    sign_in_in_the_middle(clerk, "urzednik", served.passwords["urzednik"])
    open_on_the_desk(page, number)
    clerk.check()
    page.get_by_role("button", name="Zarejestruj").click()
    expect(page.get_by_role("main")).to_contain_text("RPW/")
    clerk.check()
    page.get_by_label(re.compile("W trakcie")).or_(page.locator("select[name=stage]")).first.check()
    page.get_by_role("button", name=re.compile("Zmień|Zapisz")).first.click()
    expect(page.get_by_role("main")).to_contain_text("W trakcie realizacji")
    clerk.check()


def open_on_the_desk(page: Page, number: str) -> None:
    """The desk shows a filing within two seconds of it."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        page.goto("/urzad")
        link = page.get_by_role("link", name=re.compile(number))
        if link.count():
            link.first.click()
            return
        time.sleep(0.3)
    raise AssertionError(f"{number} is not on the desk")


def see_the_stage(citizen: Watched, served: Served, person: Person, number: str) -> None:
    page = citizen.page
    letter_link(page, served, person.email, rf"{number}[^\n]*W trakcie realizacji|W trakcie realizacji")
    page.goto("/sprawy")
    citizen.check()
    page.get_by_role("link", name=re.compile(number)).first.click()
    expect(page.get_by_role("main")).to_contain_text("W trakcie realizacji")
    citizen.check()


def change_a_fee(editor: Watched, citizen: Watched, served: Served, fee: str) -> None:
    sign_in_in_the_middle(editor, "redaktor", served.passwords["redaktor"])
    page = editor.page
    page.goto(PRICED_CARD)
    editor.check()
    page.get_by_role("link", name="Edytuj", exact=True).click()
    editor.check()
    page.get_by_label(re.compile("Kwota")).first.fill(fee)
    page.get_by_role("button", name="Zapisz i opublikuj").click()
    expect(page.get_by_role("main")).to_contain_text(fee)
    editor.check()
    citizen.page.goto(PRICED_CARD)
    expect(citizen.page.get_by_role("main")).to_contain_text(fee)


def change_a_fee_in_management(admin: Watched, citizen: Watched, served: Served) -> None:
    sign_in_in_the_middle(admin, "administrator", served.passwords["administrator"])
    page = admin.page
    for path in ("/@@contents", "/@@undo", "/principals/users/@@contents", "/principals/users/@@add_user"):
        page.goto(f"/manage{path}")
        expect(page.get_by_role("main")).to_be_visible()
        admin.check()
    page.goto(f"/manage{PRICED_CARD}/@@properties")
    admin.check()
    page.locator("input[name=amount]").first.fill("25,50")
    page.get_by_role("button", name=re.compile("save|zapisz", re.I)).first.click()
    citizen.page.goto(PRICED_CARD)
    expect(citizen.page.get_by_role("main")).to_contain_text("25,50")
    admin.check()
