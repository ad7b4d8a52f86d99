"""The pages of the own account, `/konto`, as their menu lists them, and the frame that they share.

Owns the order and the words. What stands on a page is the business of the package that has it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from pyramid.decorator import reify
from pyramid.renderers import get_renderer

from .. import permissions


@dataclasses.dataclass(frozen=True)
class AccountPage:
    """A page of the own account; `name` is that of its view, empty for the overview."""

    name: str
    title: str
    for_staff: bool = False


PAGES = (
    AccountPage("", "Przegląd", for_staff=True),
    AccountPage("dane", "Dane"),
    AccountPage("adresy", "Adresy i telefon"),
    AccountPage("login", "Login"),
    AccountPage("e-mail", "E-mail"),
    AccountPage("haslo", "Hasło", for_staff=True),
    AccountPage("bezpieczenstwo", "Bezpieczeństwo", for_staff=True),
    AccountPage("profil-zaufany", "Profil zaufany"),
    AccountPage("sesje", "Sesje i urządzenia", for_staff=True),
    AccountPage("osoby", "Osoby w firmie"),
    AccountPage("pelnomocnictwa", "Pełnomocnictwa"),
    AccountPage("powiadomienia", "Powiadomienia"),
    AccountPage("zgody", "Zgody"),
    AccountPage("moje-dane", "Moje dane"),
    AccountPage("polacz-konta", "Połączenie kont"),
    AccountPage("usun", "Usunięcie konta"),
)
# pages that are steps of another one, and which
STEPS = {
    "imie-i-nazwisko": "dane",
    "zmiana-numeru": "dane",
    "zgoda": "zgody",
    "polacz-konta-potwierdz": "polacz-konta",
    "aplikacja-usun": "bezpieczenstwo",
    "klucz": "bezpieczenstwo",
    "dzialam-jako": "pelnomocnictwa",
    "kody-zapasowe": "bezpieczenstwo",
}
# pages that other features have put into `/konto` as rooms
ROOMS = ("profil-zaufany", "osoby", "pelnomocnictwa")


class AccountMenu:
    """What templates know as `request.account_menu`."""

    def __init__(self, request: Any) -> None:
        self.request = request

    @reify
    def macros(self) -> Any:
        """The macro `page`: the menu beside the slot `content`; `head` and `scripts` are the layout's."""
        return get_renderer("boi_portal.accounts:templates/settings.pt").implementation().macros

    @property
    def pages(self) -> list[AccountPage]:
        """The pages of whoever is signed in."""
        staff = permissions.STAFF in self.request.effective_principals
        return [page for page in PAGES if (page.for_staff or not staff) and self._is_open(page)]

    def _is_open(self, page: AccountPage) -> bool:
        """Whether a page that is a room of its own is there and may be entered; a firm's people are not everybody's page."""
        if page.name not in ROOMS:
            return True
        factory = self.request.registry.boi_rooms.get(f"konto/{page.name}")
        if factory is None:
            return False
        room = factory(self.request, self.request.root, page.name)
        return bool(self.request.has_permission(permissions.VIEW, room))

    @property
    def current(self) -> str:
        """The name of the page that this one is, or is a step of or below."""
        segments = self.request.path_info.strip("/").split("/")
        name = segments[1] if len(segments) > 1 else ""
        return STEPS.get(name, name)

    def mark(self, name: str) -> str | None:
        """What `aria-current` says of a page in the menu: `page` for this very one, `true` for one that it belongs to."""
        if name != self.current:
            return None
        here = self.request.path_info.strip("/")
        return "page" if here == "/".join(filter(None, ("konto", name))) else "true"

    def path(self, name: str) -> str:
        """The address of a page."""
        address: str = self.request.layout.path("konto", name) if name else self.request.layout.path("konto")
        return address


def includeme(config: Any) -> None:
    config.add_request_method(AccountMenu, "account_menu", reify=True)
