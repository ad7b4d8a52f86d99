"""The own account as its owner changes it, and what the office decides of it."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from webtest import TestApp, Upload

from boi_portal.accounts import logins
from boi_portal.accounts.demo import PASSWORD
from boi_portal.accounts.resources import BUSINESS
from boi_portal.accounts.signin import set_password
from boi_portal.office import auditing
from boi_portal.office.tasks import TaskContext
from boi_portal.profile import email_change, number_changes
from boi_portal.publishing.content import now
from boi_portal.sandbox.people import make_pesel
from tests import citizens
from tests.functional.test_accounts import flashed, letters_to, sign_in, summary, text_of
from tests.functional.test_cases import file
from tests.portals import TestPortal

NEW_PASSWORD = "zielony most nad rzeką"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PAGES = (
    "",
    "/dane",
    "/adresy",
    "/login",
    "/e-mail",
    "/haslo",
    "/powiadomienia",
    "/zgody",
    "/imie-i-nazwisko",
    "/zmiana-numeru",
)
OF_EVERYBODY = ("", "/haslo")


@pytest.fixture(autouse=True)
def without_counters(portal: TestPortal) -> None:
    """Each test begins with all its tries."""
    with portal.opened() as opened:
        for key in list(opened.office.throttles):
            del opened.office.throttles[key]


class Somebody:
    """An applicant of a test's own, signed in. `get` reads a page below /konto, `form` its form, `stored` the account as it lies."""

    def __init__(self, portal: TestPortal, **more: Any) -> None:
        self.portal = portal
        with portal.opened() as opened:
            person = citizens.add_applicant(opened.office, **more)
            set_password(person, PASSWORD)
            logins.claim(opened.office, person.userid, [person.login, person.email])
            self.id, self.userid, self.login, self.email = person.id, person.userid, person.login, person.email
        self.browser = portal.browser()
        sign_in(self.browser, self.login, PASSWORD, status=303)

    def get(self, path: str = "", **kw: Any) -> Any:
        return self.browser.get(f"/konto{path}", **kw)

    def form(self, path: str) -> Any:
        return self.get(path).forms["formularz"]

    def stored(self, name: str) -> Any:
        with self.portal.opened(commit=False) as opened:
            return getattr(opened.office.applicants[self.id], name)

    def events(self) -> list[tuple[str, str]]:
        """What was written down about the account, in order: the word, and what says more."""
        with self.portal.opened(commit=False) as opened:
            return [(line.what, line.how) for line in auditing.lines_about(opened.office, [self.userid])]

    def letters(self) -> list[str]:
        return [text_of(letter) for letter in letters_to(self.portal, self.email)]


@pytest.fixture
def somebody(portal: TestPortal) -> Somebody:
    return Somebody(portal)


@pytest.fixture
def other(portal: TestPortal) -> Somebody:
    return Somebody(portal)


@pytest.fixture(scope="module")
def head(portal: TestPortal) -> TestApp:
    return portal.signed_in("kierownik")


def shown(page: Any) -> str:
    """The words of a page's main part."""
    return re.sub(r"\s+", " ", page.html.main.get_text(" ", strip=True))


# who comes in


@pytest.mark.parametrize("path", PAGES)
def test_account_is_nobody_elses(portal: TestPortal, path: str) -> None:
    assert portal.browser().get(f"/konto{path}").location.startswith("http://localhost/logowanie?powrot=/konto")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_title_and_its_place_in_the_menu(somebody: Somebody, path: str) -> None:
    page = somebody.get(path)
    assert page.html.h1.get_text(strip=True) in page.html.title.get_text()
    assert len(page.html.select(".account-menu [aria-current]")) == 1


@pytest.mark.parametrize("path", [path for path in PAGES if path not in OF_EVERYBODY])
def test_pages_of_applicants_are_not_for_employees(portal: TestPortal, path: str) -> None:
    portal.signed_in("kierownik").get(f"/konto{path}", status=403)


def test_account_of_an_employee(portal: TestPortal) -> None:
    page = portal.signed_in("kierownik").get("/konto")
    rows = page.html.find("dl").get_text("|", strip=True)
    assert "Klara Kierująca" in rows
    assert "Wydział Spraw Obywatelskich" in rows
    assert "Urzędnik, Kierownik" in rows
    menu = [link["href"] for link in page.html.select(".account-menu a")]
    assert "/konto/haslo" in menu
    assert "/konto/login" not in menu


# names


def test_a_new_surname_is_saved_with_a_letter_and_an_event(somebody: Somebody) -> None:
    form = somebody.form("/imie-i-nazwisko")
    form["last_name"] = "Nowa-Testowa"
    page = form.submit("zapisz", status=303).follow()
    assert "Zapisaliśmy nowe dane" in flashed(page)
    assert "Nowa-Testowa" in shown(page)
    assert ("name-change", "last_name") in somebody.events()
    assert "Zmieniono imię, nazwisko lub nazwę" in somebody.letters()[-1]
    assert "Nowa-Testowa" not in somebody.letters()[-1]


def test_a_wrong_name_is_refused_and_stays_as_typed(somebody: Somebody) -> None:
    form = somebody.form("/imie-i-nazwisko")
    form["first_name"], form["last_name"] = "", "R2D2"
    page = form.submit("zapisz", status=422)
    assert len(page.html.select(".error-summary li")) == 2
    assert page.forms["formularz"]["last_name"].value == "R2D2"


def test_unchanged_names_make_no_letter(somebody: Somebody) -> None:
    page = somebody.form("/imie-i-nazwisko").submit("zapisz", status=303).follow()
    assert "nic nie zmieniliśmy" in flashed(page)
    assert somebody.letters() == []


def test_what_an_eid_has_confirmed_is_locked_and_says_so(portal: TestPortal) -> None:
    eid = "Profil zaufany"
    person = Somebody(portal, verified={"first_name": eid, "last_name": eid, "pesel": eid})
    page = person.get("/dane")
    assert shown(page).count("potwierdzone profilem zaufanym") == 3
    assert "/konto/imie-i-nazwisko" not in page.text
    assert person.get("/imie-i-nazwisko", status=303).location.endswith("/konto/dane")
    assert person.get("/zmiana-numeru", status=303).location.endswith("/konto/dane")
    token = page.html.find("input", {"name": "csrf_token"})["value"]
    person.browser.post("/konto/imie-i-nazwisko", {"csrf_token": token, "last_name": "Inna"}, status=303)
    assert person.stored("last_name") == citizens.ANNA.last_name


# addresses and phone


def test_addresses_and_phone_are_changed(portal: TestPortal) -> None:
    browser = portal.signed_in("jan.testowy")
    form = browser.get("/konto/adresy").forms["formularz"]
    assert form.get("street", index=0).value == "ul. Lipowa"
    form["phone"] = "729 999 999"
    form["pole-letters-where"] = "other"
    for name, value in {"house_number": "1", "postal_code": "00-950", "town": "Warszawa"}.items():
        form.set(name, value, index=1)
    page = form.submit("zapisz", status=303).follow()
    assert "Zapisaliśmy nowy adres do korespondencji" in flashed(page)
    assert "nowy numer telefonu" in flashed(page)
    assert "+48 729 999 999" in shown(page)
    assert "99-998 Zdroje" in shown(page)
    assert browser.get("/konto/adresy").forms["formularz"].get("postal_code", index=1).value == "00-950"


def test_the_phone_may_be_left_out(somebody: Somebody) -> None:
    form = somebody.form("/adresy")
    for name, value in {"house_number": "1", "postal_code": "00-950", "town": "Warszawa"}.items():
        form.set(name, value, index=0)
    page = form.submit("zapisz", status=303).follow()
    assert flashed(page).startswith("Zapisaliśmy nowy adres.")
    assert "Telefon: nie podano" in shown(page)


# the login


def test_a_login_is_changed_with_the_password(portal: TestPortal, somebody: Somebody) -> None:
    form = somebody.form("/login")
    form["login"], form["password"] = "Nowy.Login", PASSWORD
    assert "Login ma od 3 do 40 znaków" in summary(form.submit("zmien", status=422))
    form["login"] = f"nowy.{somebody.id[:6]}"
    form["password"] = PASSWORD
    assert "Zapisaliśmy nowy login" in flashed(form.submit("zmien", status=303).follow())
    assert ("login-change", "") in somebody.events()
    assert "Zmieniono login" in somebody.letters()[-1]
    sign_in(portal.browser(), f"nowy.{somebody.id[:6]}", PASSWORD, status=303)
    sign_in(portal.browser(), somebody.login, PASSWORD, status=422)


@pytest.mark.parametrize("taken", ["jan.testowy", "kierownik", "JAN.TESTOWY"])
def test_a_login_of_somebody_else_is_refused(somebody: Somebody, taken: str) -> None:
    form = somebody.form("/login")
    form["login"], form["password"] = taken, PASSWORD
    page = form.submit("zmien", status=422)
    assert page.forms["formularz"]["login"].value == taken
    assert somebody.stored("login") == somebody.login


def test_a_wrong_password_changes_no_login_and_is_slowed_down(somebody: Somebody) -> None:
    form = somebody.form("/login")
    for _ in range(5):
        form["login"], form["password"] = "inny.login", "zupełnie inne hasło"
        page = form.submit("zmien", status=422)
    assert "To nie jest Twoje obecne hasło" in summary(page)
    assert page.forms["formularz"]["login"].value == "inny.login"
    form["password"] = PASSWORD
    assert "Spróbuj ponownie za" in summary(form.submit("zmien", status=422))


# the e-mail address


def ask_for(person: Somebody, email: str) -> Any:
    form = person.form("/e-mail")
    form["email"], form["password"] = email, PASSWORD
    return form.submit("zmien", status=303).follow()


def link_to(portal: TestPortal, address: str) -> str:
    """The link of the last letter about a change of address that went to this one."""
    texts = [text_of(letter) for letter in letters_to(portal, address)]
    found = [match[1] for text in texts if (match := re.search(r"http://localhost(/zmiana-e-mail/[\w-]+)", text))]
    return found[-1]


def press(page: Any) -> Any:
    """The one button of a link's page."""
    return next(form for form in page.forms.values() if not form.action.endswith(("/wyloguj", "/szukaj"))).submit()


def test_an_address_is_changed_from_the_new_mailbox_and_the_old_one_is_told(
    portal: TestPortal, somebody: Somebody
) -> None:
    new = f"nowy{somebody.id[:6]}@poczta.example"
    page = ask_for(somebody, new)
    assert f"Nowy adres: {new}" in shown(page)
    assert "czeka na potwierdzenie" in shown(somebody.get())
    assert "poproszono o zmianę adresu e-mail" in somebody.letters()[-1]
    assert somebody.stored("email") == somebody.email
    visitor = portal.browser()
    link = link_to(portal, new)
    assert new in shown(visitor.get(link))
    assert somebody.stored("email") == somebody.email, "reading the page changes nothing"
    done = press(visitor.get(link)).follow()
    assert "Zapisaliśmy nowy adres e-mail" in flashed(done)
    assert somebody.stored("email") == new
    visitor.get(link, status=410)
    assert "Zmieniono adres e-mail" in somebody.letters()[-1]
    assert [what for what, _ in somebody.events()][-2:] == ["email-change-asked", "email-change"]
    sign_in(portal.browser(), new, PASSWORD, status=303)
    sign_in(portal.browser(), somebody.email, PASSWORD, status=422)


def test_the_old_mailbox_stops_a_change(portal: TestPortal, somebody: Somebody) -> None:
    new = f"obcy{somebody.id[:6]}@poczta.example"
    ask_for(somebody, new)
    confirm, stop = link_to(portal, new), link_to(portal, somebody.email)
    answer = press(portal.browser().get(stop))
    assert answer.location == "http://localhost/haslo"
    assert somebody.stored("email") == somebody.email
    assert "/logowanie" in somebody.get(status=303).location, "all sessions are over"
    for link in (confirm, stop):
        portal.browser().get(link, status=410)
    assert ("email-change-cancelled", "link") in somebody.events()


def test_the_old_mailbox_undoes_a_change_that_was_confirmed(portal: TestPortal, somebody: Somebody) -> None:
    new = f"obcy{somebody.id[:6]}@poczta.example"
    ask_for(somebody, new)
    stop = link_to(portal, somebody.email)
    press(portal.browser().get(link_to(portal, new)))
    assert somebody.stored("email") == new
    press(portal.browser().get(stop))
    assert somebody.stored("email") == somebody.email
    sign_in(portal.browser(), new, PASSWORD, status=422)
    sign_in(portal.browser(), somebody.email, PASSWORD, status=303)


def test_another_change_does_not_take_the_link_from_the_old_mailbox(portal: TestPortal, somebody: Somebody) -> None:
    """Whoever has stolen the account changes the address twice, so that its owner's link would die with the first change."""
    first, second = (f"zlodziej{number}{somebody.id[:6]}@poczta.example" for number in (1, 2))
    ask_for(somebody, first)
    stop = link_to(portal, somebody.email)
    press(portal.browser().get(link_to(portal, first)))
    form = somebody.form("/e-mail")
    form["email"], form["password"] = second, PASSWORD
    assert "Adres zmieniono niedawno" in summary(form.submit("zmien", status=422))
    press(portal.browser().get(stop))
    assert somebody.stored("email") == somebody.email


def test_a_new_password_stops_a_change_that_waits(portal: TestPortal, somebody: Somebody) -> None:
    """Whoever has stolen the account has asked for the change before its owner came back."""
    new = f"zlodziej{somebody.id[:6]}@poczta.example"
    ask_for(somebody, new)
    link = link_to(portal, new)
    form = somebody.form("/haslo")
    form["old"], form["new"] = PASSWORD, NEW_PASSWORD
    form.submit("zmien", status=303)
    portal.browser().get(link, status=410)
    assert "czeka na potwierdzenie" not in shown(somebody.get())
    assert somebody.stored("email") == somebody.email
    form = somebody.form("/e-mail")
    form["email"], form["password"] = new, NEW_PASSWORD
    form.submit("zmien", status=303)
    press(portal.browser().get(link_to(portal, new)))
    assert somebody.stored("email") == new


def test_a_taken_address_gets_the_same_page_and_another_letter(
    portal: TestPortal, somebody: Somebody, other: Somebody
) -> None:
    free = shown(ask_for(somebody, f"wolny{somebody.id[:6]}@poczta.example")).replace(f"wolny{somebody.id[:6]}", "X")
    taken = shown(ask_for(somebody, other.email)).replace(other.email.partition("@")[0], "X")
    assert free == taken
    assert "Ten adres ma już u nas konto" in other.letters()[-1]
    assert "/zmiana-e-mail/" not in other.letters()[-1]
    assert "poproszono o zmianę adresu e-mail" in somebody.letters()[-1]


def test_an_address_that_somebody_took_meanwhile_is_not_given(
    portal: TestPortal, somebody: Somebody, other: Somebody
) -> None:
    new = f"sporny{somebody.id[:6]}@poczta.example"
    ask_for(somebody, new)
    ask_for(other, new)
    press(portal.browser().get([link_to(portal, new)][0]))
    assert other.stored("email") == new
    mine = next(
        match[1]
        for letter in letters_to(portal, new)
        if somebody.login in text_of(letter)
        and (match := re.search(r"http://localhost(/zmiana-e-mail/[\w-]+)", text_of(letter)))
    )
    page = portal.browser().get(mine)
    next(
        form for form in page.forms.values() if form.method.upper() == "POST" and not form.action.endswith("/wyloguj")
    ).submit(status=410)
    assert somebody.stored("email") == somebody.email


def test_a_second_wish_makes_the_first_links_worthless(portal: TestPortal, somebody: Somebody) -> None:
    first, second = (f"{word}{somebody.id[:6]}@poczta.example" for word in ("raz", "dwa"))
    ask_for(somebody, first)
    link = link_to(portal, first)
    ask_for(somebody, second)
    portal.browser().get(link, status=410)
    assert press(portal.browser().get(link_to(portal, second))).status_int == 303


def test_a_change_can_be_dropped_by_its_owner(portal: TestPortal, somebody: Somebody) -> None:
    new = f"rezygnacja{somebody.id[:6]}@poczta.example"
    page = ask_for(somebody, new)
    form = next(form for form in page.forms.values() if form.action.endswith("/anuluj-zmiane-e-mail"))
    assert "pozostał bez zmian" in flashed(form.submit(status=303).follow())
    portal.browser().get(link_to(portal, new), status=410)


def test_links_of_a_change_end_after_a_day(portal: TestPortal, somebody: Somebody) -> None:
    new = f"pozno{somebody.id[:6]}@poczta.example"
    ask_for(somebody, new)
    link = link_to(portal, new)
    with portal.opened() as opened:
        person = opened.office.applicants[somebody.id]
        change = person.email_change
        person.email_change = email_change.dataclasses.replace(change, expires=now() - datetime.timedelta(seconds=1))
    portal.browser().get(link, status=410)
    with portal.opened() as opened:
        payload = {"applicant": somebody.id, "confirm": change.confirm, "cancel": change.cancel}
        email_change.forget(TaskContext(portal.registry, opened.office, opened.site), payload)
        assert opened.office.applicants[somebody.id].email_change is None
        assert change.confirm not in opened.office.tokens
        assert change.cancel not in opened.office.tokens


@pytest.mark.parametrize(
    ("email", "words"),
    [("", "Uzupełnij pole"), ("to nie adres", "Podaj adres e-mail"), ("{own}", "To jest Twój obecny adres e-mail")],
    ids=["empty", "wrong", "own"],
)
def test_a_wrong_new_address_is_refused(somebody: Somebody, email: str, words: str) -> None:
    form = somebody.form("/e-mail")
    form["email"], form["password"] = email.format(own=somebody.email.upper()), PASSWORD
    assert words in summary(form.submit("zmien", status=422))
    assert somebody.stored("email_change") is None


def test_letters_about_a_change_have_a_number_a_day(somebody: Somebody) -> None:
    for number in range(5):
        ask_for(somebody, f"raz{number}{somebody.id[:6]}@poczta.example")
    form = somebody.form("/e-mail")
    form["email"], form["password"] = "jeszcze@poczta.example", PASSWORD
    assert "Spróbuj ponownie jutro" in summary(form.submit("zmien", status=422))


# the password


@pytest.mark.parametrize("login", ["jan.testowy", "urzednik.os"])
def test_password_is_changed_with_the_old_one_alone(portal: TestPortal, login: str) -> None:
    browser = portal.signed_in(login)
    form = browser.get("/konto/haslo").forms["formularz"]

    def submit(old: str, new: str, status: int) -> Any:
        form["old"], form["new"] = old, new
        return form.submit("zmien", status=status)

    assert "To nie jest Twoje obecne hasło" in summary(submit("zupełnie inne hasło", NEW_PASSWORD, 422))
    assert "takie samo" in summary(submit(PASSWORD, PASSWORD, 422))
    assert "za krótkie" in summary(submit(PASSWORD, "kot", 422))
    assert "Twoje dane" in summary(submit(PASSWORD, f"most {login} nad rzeką", 422))
    assert "Hasło zostało zmienione" in flashed(submit(PASSWORD, NEW_PASSWORD, 303).follow())
    sign_in(portal.browser(), login, PASSWORD, status=422)
    sign_in(portal.browser(), login, NEW_PASSWORD, status=303)
    form = browser.get("/konto/haslo").forms["formularz"]
    submit(NEW_PASSWORD, PASSWORD, 303)


@pytest.mark.parametrize("login", ["jan.testowy", "urzednik.os"])
def test_a_new_password_ends_the_other_sessions_and_renews_this_one(portal: TestPortal, login: str) -> None:
    here, elsewhere = portal.signed_in(login), portal.signed_in(login)
    cookie = here.cookies["boi"]
    form = here.get("/konto/haslo").forms["formularz"]
    form["old"], form["new"] = PASSWORD, NEW_PASSWORD
    form.submit("zmien", status=303)
    assert here.cookies["boi"] != cookie
    here.get("/konto", status=200)
    assert "/logowanie" in elsewhere.get("/konto", status=303).location
    form = here.get("/konto/haslo").forms["formularz"]
    form["old"], form["new"] = NEW_PASSWORD, PASSWORD
    form.submit("zmien", status=303)


def test_guessing_the_old_password_is_slowed_down(portal: TestPortal) -> None:
    browser = portal.signed_in("jan.testowy")
    form = browser.get("/konto/haslo").forms["formularz"]
    for _ in range(5):
        form["old"], form["new"] = "zupełnie inne hasło", NEW_PASSWORD
        form.submit("zmien", status=422)
    form["old"], form["new"] = PASSWORD, NEW_PASSWORD
    assert "Spróbuj ponownie za" in summary(form.submit("zmien", status=422))


def without_password(portal: TestPortal, person: Somebody) -> None:
    """As an account that was made by an eID."""
    with portal.opened() as opened:
        opened.office.applicants[person.id].password_hash = ""


def test_an_account_without_a_password_sets_its_first(portal: TestPortal, somebody: Somebody) -> None:
    without_password(portal, somebody)
    form = somebody.form("/haslo")
    assert "old" not in form.fields
    form["new"] = NEW_PASSWORD
    form.submit("zmien", status=303)
    sign_in(portal.browser(), somebody.login, NEW_PASSWORD, status=303)


@pytest.mark.parametrize("path", ["/login", "/e-mail", "/haslo"])
def test_an_account_without_a_password_proves_itself_anew(portal: TestPortal, somebody: Somebody, path: str) -> None:
    without_password(portal, somebody)
    with portal.opened() as opened:
        for record in opened.office.sessions.values():
            if record.data.get("userid") == somebody.userid:
                record.data = {**record.data, "proved_at": 0.0}
    assert "/logowanie/potwierdz" in somebody.get(path, status=303).location


# letters


def test_letters_that_were_switched_off_are_not_sent(portal: TestPortal) -> None:
    jan = portal.signed_in("jan.testowy")
    address = "jan.testowy@poczta.example"

    def switch(**wanted: bool) -> None:
        form = jan.get("/konto/powiadomienia").forms["formularz"]
        for name, value in wanted.items():
            form[name] = value
        assert "Zapisaliśmy" in flashed(form.submit("zapisz", status=303).follow())

    def about(number: str) -> int:
        return sum(number in text_of(letter) for letter in letters_to(portal, address))

    clerk = portal.signed_in("urzednik")

    def press_on(number: str, button: str, **fields: str) -> None:
        form = clerk.get(f"/urzad/sprawy/{number}").forms["sprawa"]
        for name, value in fields.items():
            form[name] = value
        form.submit(button, status=303)

    switch(filed=False, stage=False, message=True)
    number = file(portal, jan)
    press_on(number, "zarejestruj")
    assert about(number) == 0
    press_on(number, "zmien", **{"pole-etap": "w-trakcie"}, wiadomosc="Proszę o telefon.")
    assert about(number) == 1, "the clerk has written"
    switch(filed=True, stage=True, message=False)
    press_on(number, "zmien", **{"pole-etap": "zawieszona"}, wiadomosc="Czekamy na odpowiedź sądu.")
    assert about(number) == 2


def test_only_what_is_sent_can_be_chosen(somebody: Somebody) -> None:
    page = somebody.get("/powiadomienia")
    assert "SMS" not in page.text
    form = page.forms["formularz"]
    assert all(form[name].checked for name in ("filed", "stage", "message"))


# consents


def test_consents_show_the_text_as_it_was(portal: TestPortal) -> None:
    browser = portal.signed_in("jan.testowy")
    page = browser.get("/konto/zgody")
    text = page.click("Polityka prywatności, wersja 1")
    assert text.request.path == "/konto/zgody/1"
    assert "Inspektor ochrony danych" in shown(text)
    assert "wycofanie zgody oznacza jego zamknięcie" in shown(page)


@pytest.mark.parametrize("below", ["2", "0", "-1", "x", "1/2", "%C2%B2", "9" * 50])
def test_a_consent_that_was_not_given_is_not_there(portal: TestPortal, below: str) -> None:
    portal.signed_in("jan.testowy").get(f"/konto/zgody/{below}", status=404)


def test_a_changed_clause_is_told_and_confirmed_without_locking_anybody_out(somebody: Somebody) -> None:
    assert "Zmieniła się informacja o przetwarzaniu danych" in shown(somebody.get())
    somebody.browser.get("/sprawy", status=200)
    form = somebody.form("/zgoda")
    assert "Zaznacz zgodę" in summary(form.submit("zapisz", status=422))
    form["agreed"] = True
    page = form.submit("zapisz", status=303).follow()
    assert "Zapisaliśmy Twoją zgodę" in flashed(page)
    assert len(page.html.select(".result-list li")) == 2
    assert ("consent", "") in somebody.events()
    assert somebody.get("/zgoda", status=303).location.endswith("/konto/zgody")


@pytest.fixture
def newcomer(portal: TestPortal) -> Somebody:
    """Somebody whose account the office has made."""
    return Somebody(portal, consents=())


@pytest.mark.parametrize(
    "path", ["/", "/sprawy", "/robocze", "/konto", "/konto/haslo", "/konto/nie-ma", "/nie-ma", "/szukaj?q=pies"]
)
def test_nothing_goes_before_consent(newcomer: Somebody, path: str) -> None:
    answer = newcomer.browser.get(path, status=303)
    assert answer.location.startswith("http://localhost/konto/zgoda?powrot=/")


def test_nothing_is_sent_before_consent(newcomer: Somebody) -> None:
    token = newcomer.get("/zgoda").html.find("input", {"name": "csrf_token"})["value"]
    for path in ("/konto/haslo", "/formularze/pismo-ogolne/wypelnij", "/konto/login"):
        answer = newcomer.browser.post(path, {"csrf_token": token}, status=303)
        assert answer.location == "http://localhost/konto/zgoda?powrot=/"
    assert list(newcomer.stored("drafts")) == []


def test_who_has_not_consented_may_read_and_go(newcomer: Somebody) -> None:
    newcomer.browser.get("/polityka-prywatnosci", status=200)
    newcomer.browser.get("/kontakt", status=200)
    page = newcomer.get("/zgoda")
    form = next(form for form in page.forms.values() if "Nie zgadzam się" in form.text)
    form.submit(status=303)
    assert "/logowanie" in newcomer.get(status=303).location


def test_consent_opens_the_account_and_leads_on(newcomer: Somebody) -> None:
    page = newcomer.browser.get("/sprawy", status=303).follow()
    form = page.forms["formularz"]
    assert "Zaznacz zgodę" in summary(form.submit("zapisz", status=422))
    form["agreed"] = True
    assert form.submit("zapisz", status=303).location == "http://localhost/sprawy"
    newcomer.browser.get("/sprawy", status=200)
    assert ("consent", "") in newcomer.events()


# official numbers


def ask_number(
    person: Somebody, number: str, which: str = "pesel", name: str = "decyzja.pdf", data: bytes = PDF, **kw: Any
) -> Any:
    form = person.form("/zmiana-numeru")
    form["pole-which"] = which
    form["number"], form["note"] = number, "Tak wynika z decyzji."
    if name:
        form["upload"] = Upload(name, data)
    return form.submit("wyslij", **kw)


def waiting_of(portal: TestPortal, person: Somebody) -> str:
    """The id of what waits."""
    with portal.opened(commit=False) as opened:
        account = opened.office.applicants[person.id]
        return next(one.id for one in number_changes.changes_of(opened.office, account) if one.state == "waiting")


def new_pesel(person: Somebody) -> str:
    return make_pesel(datetime.date(1975, 5, 6), int(person.id[:3], 16) % 5000)


def test_a_number_is_changed_by_the_office_with_a_document(
    portal: TestPortal, somebody: Somebody, head: TestApp
) -> None:
    wanted = new_pesel(somebody)
    page = ask_number(somebody, wanted[:6] + " " + wanted[6:], status=303).follow()
    assert "Wysłaliśmy do urzędu" in flashed(page)
    assert "Czeka na decyzję" in shown(page)
    assert somebody.stored("pesel") == citizens.ANNA.pesel
    assert "zgłoszenie zmiany numeru PESEL" in somebody.letters()[-1]

    listed = head.get("/urzad").click("Zmiany danych")
    detail = listed.click(href=waiting_of(portal, somebody))
    assert citizens.ANNA.pesel in shown(detail)
    assert wanted in shown(detail)
    document = detail.click("decyzja.pdf")
    assert document.body == PDF
    assert document.headers["Content-Disposition"].startswith("attachment")
    form = detail.forms["decyzja"]
    form["pole-decision"] = "accepted"
    done = form.submit("zapisz", status=303).follow()
    assert "Nowy numer jest na koncie" in flashed(done)

    assert somebody.stored("pesel") == wanted
    assert somebody.stored("birth_date") == "1975-05-06"
    assert "Nowy numer jest już na Twoim koncie" in somebody.letters()[-1]
    assert "Przyjęte" in shown(somebody.get("/dane"))
    told = " ".join(somebody.letters()) + str(somebody.events())
    assert wanted not in told
    assert citizens.ANNA.pesel not in told
    assert [event for event in somebody.events() if event[0].startswith("number")] == [
        ("number-change-asked", "pesel"),
        ("number-change-read", "pesel"),
        ("number-change-file", "pesel"),
        ("number-change-accepted", "pesel"),
    ]
    assert wanted not in shown(
        head.get("/urzad/zmiany-danych?pokaz=rozpatrzone").click(somebody.stored("last_name"), index=0)
    )


def test_a_number_is_refused_with_a_reason_alone(portal: TestPortal, somebody: Somebody, head: TestApp) -> None:
    ask_number(somebody, new_pesel(somebody), status=303)
    address = f"/urzad/zmiany-danych/{waiting_of(portal, somebody)}"
    form = head.get(address).forms["decyzja"]
    form["pole-decision"] = "refused"
    assert "Napisz, dlaczego odrzucasz" in summary(form.submit("zapisz", status=422))
    form["reason"] = "Dokument jest nieczytelny."
    form.submit("zapisz", status=303)
    assert "Dokument jest nieczytelny." in shown(somebody.get("/dane"))
    assert "Dokument jest nieczytelny." not in somebody.letters()[-1]
    assert somebody.stored("pesel") == citizens.ANNA.pesel
    form["pole-decision"] = "accepted"
    assert "już rozpatrzone" in summary(form.submit("zapisz", status=422))


def test_a_pesel_of_another_account_is_not_accepted(
    portal: TestPortal, somebody: Somebody, other: Somebody, head: TestApp
) -> None:
    wanted = new_pesel(somebody)
    with portal.opened() as opened:
        key = logins.pesel_key(portal.registry.boi_settings.secret, wanted)
        opened.office.logins[logins.folded(key)] = other.userid
    ask_number(somebody, wanted, status=303)
    form = head.get(f"/urzad/zmiany-danych/{waiting_of(portal, somebody)}").forms["decyzja"]
    form["pole-decision"] = "accepted"
    assert "Inne konto ma już ten numer PESEL" in summary(form.submit("zapisz", status=422))
    assert somebody.stored("pesel") == citizens.ANNA.pesel


@pytest.mark.parametrize(
    ("which", "number"),
    [("nip", "999-000-00-08"), ("regon", "123456785"), ("pesel", "")],
    ids=["nip", "regon", "pesel"],
)
def test_a_firm_changes_each_of_its_numbers(portal: TestPortal, head: TestApp, which: str, number: str) -> None:
    firm = Somebody(
        portal, kind=BUSINESS, org_name="Piekarnia Próbna", numbers={"nip": "9990000014", "pesel": citizens.ANNA.pesel}
    )
    number = number or new_pesel(firm)
    ask_number(firm, number, which, status=303)
    form = head.get(f"/urzad/zmiany-danych/{waiting_of(portal, firm)}").forms["decyzja"]
    form["pole-decision"] = "accepted"
    form.submit("zapisz", status=303)
    assert firm.stored("numbers")[which] == number.replace("-", "")


@pytest.mark.parametrize(
    ("number", "name", "data", "words"),
    [
        ("", "a.pdf", PDF, "Nowy numer"),
        ("12345678901", "a.pdf", PDF, "Ten numer PESEL jest nieprawidłowy"),
        ("{new}", "", b"", "Wybierz plik z dokumentem"),
        ("{new}", "a.exe", b"MZ", "nie można dołączyć"),
        ("{new}", "a.pdf", b"nie PDF", "nie jest tym, na co wskazuje nazwa"),
        ("{own}", "a.pdf", PDF, "Taki numer jest już na koncie"),
    ],
    ids=["empty", "wrong", "no file", "kind of file", "content of file", "own"],
)  # fmt: skip
def test_a_wrong_wish_is_refused_with_nothing_lost(
    somebody: Somebody, number: str, name: str, data: bytes, words: str
) -> None:
    typed = number.format(new=new_pesel(somebody), own=citizens.ANNA.pesel)
    page = ask_number(somebody, typed, name=name, data=data, status=422)
    assert words in summary(page)
    form = page.forms["formularz"]
    assert (form["number"].value, form["note"].value) == (typed, "Tak wynika z decyzji.")
    if name:
        assert form["upload"].attrs["aria-invalid"] == "true", "the file is to be chosen again"
    assert somebody.stored("number_changes") == ()


def test_one_number_waits_once_and_may_be_withdrawn(
    portal: TestPortal, somebody: Somebody, other: Somebody, head: TestApp
) -> None:
    ask_number(somebody, new_pesel(somebody), status=303)
    id_ = waiting_of(portal, somebody)
    assert "już czeka na decyzję" in summary(ask_number(somebody, new_pesel(somebody), status=422))
    token = other.get("/dane").html.find("input", {"name": "csrf_token"})["value"]
    page = other.browser.post(
        "/konto/wycofaj-zmiane-numeru", {"csrf_token": token, "zgloszenie": id_}, status=303
    ).follow()
    assert "nie można już wycofać" in flashed(page)
    head.get(f"/urzad/zmiany-danych/{id_}", status=200)
    form = next(form for form in somebody.get("/dane").forms.values() if "zgloszenie" in form.fields)
    assert "wycofane" in flashed(form.submit(status=303).follow())
    head.get(f"/urzad/zmiany-danych/{id_}", status=404)


def test_numbers_are_the_business_of_heads_and_administrators_alone(
    portal: TestPortal, somebody: Somebody, other: Somebody
) -> None:
    ask_number(somebody, new_pesel(somebody), status=303)
    detail = f"/urzad/zmiany-danych/{waiting_of(portal, somebody)}"
    for browser in (portal.signed_in("urzednik"), portal.signed_in("redaktorka"), other.browser, somebody.browser):
        browser.get("/urzad/zmiany-danych", status=403)
        for address in (detail, f"{detail}/dokument"):
            browser.get(address, status=404)
    assert "Zmiany danych" not in portal.signed_in("urzednik").get("/urzad").text
    assert "/logowanie" in portal.browser().get(detail, status=303).location
    portal.signed_in("administrator").get(detail, status=200)


def test_a_decided_wish_is_deleted_after_its_time(portal: TestPortal, somebody: Somebody, head: TestApp) -> None:
    ask_number(somebody, new_pesel(somebody), status=303)
    id_ = waiting_of(portal, somebody)
    form = head.get(f"/urzad/zmiany-danych/{id_}").forms["decyzja"]
    form["pole-decision"], form["reason"] = "refused", "Nie ten dokument."
    form.submit("zapisz", status=303)
    with portal.opened() as opened:
        context = TaskContext(portal.registry, opened.office, opened.site)
        number_changes.forget(context, {"change": id_})
        assert id_ in opened.office.number_changes
        opened.office.number_changes[id_].decided_at -= datetime.timedelta(days=31)
        number_changes.forget(context, {"change": id_})
        assert id_ not in opened.office.number_changes
        assert opened.office.applicants[somebody.id].number_changes == ()
