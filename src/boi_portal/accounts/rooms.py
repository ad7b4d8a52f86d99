"""Where accounts are in the tree: registration, activation, sign-in and one's own account."""

from __future__ import annotations

from typing import Any

from .. import permissions
from ..web.traversal import Room
from .resources import BUSINESS, KINDS, ORGANISATION, PERSON

# the address of each kind's form
ADDRESSES = {"osoba-fizyczna": PERSON, "przedsiebiorca": BUSINESS, "osoba-prawna": ORGANISATION}


class PublicRoom(Room):
    """A room that everybody may enter."""

    def __acl__(self) -> list[Any]:
        return permissions.site_acl()


class RegistrationRoom(PublicRoom):
    """`/rejestracja`: the choice of the kind of applicant; below it the forms."""

    title = "Rejestracja"

    def __getitem__(self, name: str) -> KindRoom:
        return KindRoom(self.request, self, name, ADDRESSES[name])


class KindRoom(PublicRoom):
    """`/rejestracja/{kind}`: the form of one kind of applicant."""

    def __init__(self, request: Any, parent: Any, name: str, kind: str) -> None:
        super().__init__(request, parent, name)
        self.kind = kind
        self.title = KINDS[kind]


class ActivationRoom(PublicRoom):
    """`/aktywacja`: asking for the letter again; below it the links that letters carry."""

    title = "Aktywacja konta"

    def __getitem__(self, name: str) -> ActivationLink:
        return ActivationLink(self.request, self, name)


class ActivationLink(PublicRoom):
    """`/aktywacja/{token}`: the link of a letter; whether the token is good is looked up when it is followed."""


class InvitationRoom(PublicRoom):
    """`/zaproszenie`: below it the links of letters that invite to an account made by the office."""

    title = "Zaproszenie"

    def __getitem__(self, name: str) -> InvitationLink:
        return InvitationLink(self.request, self, name)


class InvitationLink(PublicRoom):
    """`/zaproszenie/{token}`: whether the token is good is looked up when it is followed."""


class ResetRoom(PublicRoom):
    """`/haslo`: asking for a new password; below it the links that letters carry."""

    title = "Nowe hasło"
    SENT = "sprawdz-skrzynke"

    def __getitem__(self, name: str) -> ResetLink:
        if name == self.SENT:
            raise KeyError(name)
        return ResetLink(self.request, self, name)


class ResetLink(PublicRoom):
    """`/haslo/{token}`: the link of a letter; whether the token is good is looked up when it is followed."""


class SignInRoom(PublicRoom):
    """`/logowanie`"""

    title = "Logowanie"


class AccountRoom(Room):
    """`/konto`: the own account of whoever is signed in."""

    title = "Ustawienia konta"

    def __acl__(self) -> list[Any]:
        return [*permissions.applicant_room_acl()[:-1], *permissions.staff_room_acl()]


def includeme(config: Any) -> None:
    config.add_room("rejestracja", RegistrationRoom)
    config.add_room("aktywacja", ActivationRoom)
    config.add_room("zaproszenie", InvitationRoom)
    config.add_room("haslo", ResetRoom)
    config.add_room("logowanie", SignInRoom)
    config.add_room("konto", AccountRoom)
