"""The second factor in Chromium: a passkey in its virtual authenticator, in by it alone, and a step up of another session."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Served, Watched


def test_a_passkey_opens_the_account_and_lifts_the_level(served: Served, visitor: Callable[..., Watched]) -> None:
    citizen, elsewhere = visitor(width=360), visitor()
    phone, laptop = Authenticator(citizen), Authenticator(elsewhere)
    for watched in (citizen, elsewhere):
        sign_in(watched, served, "jan.testowy")
    register_passkey(citizen)
    set_up_application(citizen)
    enter_by_passkey(citizen)
    laptop.take_over(phone)
    step_up(elsewhere)
    change_and_remove(elsewhere)


class Authenticator:
    """A platform authenticator that keeps passkeys and always knows its user."""

    def __init__(self, watched: Watched) -> None:
        self.session = watched.page.context.new_cdp_session(watched.page)
        self.session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }  # fmt: skip
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def take_over(self, other: Authenticator) -> None:
        """Get the other's passkeys, as devices of one owner do."""
        for credential in other.session.send("WebAuthn.getCredentials", {"authenticatorId": other.id})["credentials"]:
            self.session.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential})


def sign_in(watched: Watched, served: Served, login: str) -> None:
    page = watched.page
    page.goto("/logowanie?powrot=/konto/bezpieczenstwo")
    expect(page.get_by_role("button", name="Zaloguj się kluczem dostępu")).to_be_visible()
    watched.check()
    page.get_by_label("Login lub e-mail").fill(login)
    page.locator("main input[type=password]").fill(served.passwords[login])
    page.get_by_role("main").get_by_role("button", name="Zaloguj się", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezpieczeństwo")
    watched.check()


def register_passkey(watched: Watched) -> None:
    page = watched.page
    page.get_by_role("link", name="Dodaj klucz dostępu").click()
    watched.check()
    page.get_by_label("Nazwa klucza").fill("telefon")
    page.get_by_role("button", name="Utwórz klucz").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zapisz kody zapasowe")
    expect(page.locator(".recovery-codes code")).to_have_count(10)
    watched.check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Pobierz kody jako plik").click()
    assert download.value.suggested_filename == "kody-zapasowe.txt"
    page.get_by_role("link", name="Mam zapisane kody, dalej").click()
    expect(page.get_by_role("main")).to_contain_text("telefon")
    watched.check()


def set_up_application(watched: Watched) -> None:
    """Only looked at: codes are tested without a browser."""
    page = watched.page
    page.get_by_role("link", name="Ustaw kod z aplikacji").click()
    expect(page.get_by_role("img", name="Kod QR dla aplikacji")).to_be_visible()
    page.get_by_label("Kod z aplikacji").fill("12")
    page.get_by_role("button", name="Włącz kod z aplikacji").click()
    expect(page.get_by_role("alert").first).to_contain_text("Ten kod się nie zgadza")
    watched.check()


def enter_by_passkey(watched: Watched) -> None:
    page = watched.page
    page.get_by_role("button", name="Wyloguj").click()
    page.goto("/logowanie?powrot=/konto/bezpieczenstwo")
    page.get_by_role("button", name="Zaloguj się kluczem dostępu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezpieczeństwo")
    expect(page.get_by_role("main")).to_contain_text("Ostatnio użyty")


def step_up(watched: Watched) -> None:
    """A session that was begun with the password alone, before there was a passkey."""
    page = watched.page
    page.goto("/logowanie/potwierdz?poziom=2&powrot=/konto/bezpieczenstwo")
    expect(page.get_by_role("button", name="Użyj klucza dostępu")).to_be_visible()
    watched.check()
    page.get_by_role("button", name="Użyj klucza dostępu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezpieczeństwo")


def change_and_remove(watched: Watched) -> None:
    page = watched.page
    page.get_by_role("link", name=re.compile("Zmień lub usuń")).click()
    watched.check()
    page.get_by_role("button", name="Usuń klucz").click()
    expect(page.get_by_role("main")).to_contain_text("Usunięto klucz dostępu")
