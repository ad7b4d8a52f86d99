"""`/saml`: where identity providers and the browsers that come from them knock."""

from __future__ import annotations

from typing import Any

from .. import permissions
from ..accounts.rooms import PublicRoom
from ..web.traversal import Room
from .gateway import ROOM, gateway_of


class SamlRoom(PublicRoom):
    """`/saml`; below it `wejscie/{provider}` and what a ticket opens."""

    title = "Logowanie"

    def __getitem__(self, name: str) -> Any:
        if gateway_of(self.request) is None:
            raise KeyError(name)
        return {"wejscie": Entrances, "powrot": Returns, "polacz": Links, "nowe-konto": Registrations}[name](
            self.request, self, name
        )


class Entrances(PublicRoom):
    """`/saml/wejscie`: below it the providers."""

    def __getitem__(self, name: str) -> Entrance:
        gateway = gateway_of(self.request)
        if gateway is None:
            raise KeyError(name)
        gateway.provider(name)
        return Entrance(self.request, self, name)


class Entrance(PublicRoom):
    """`/saml/wejscie/{provider}`: the way to the provider."""


class TicketRoom(PublicRoom):
    """What a ticket opens; whether it is good is looked up when it is used."""

    title = "Logowanie"


class Returns(PublicRoom):
    """`/saml/powrot`"""

    def __getitem__(self, name: str) -> Return:
        return Return(self.request, self, name)


class Return(TicketRoom):
    """`/saml/powrot/{ticket}`: back from the provider."""


class Links(PublicRoom):
    """`/saml/polacz`"""

    def __getitem__(self, name: str) -> LinkTicket:
        return LinkTicket(self.request, self, name)


class LinkTicket(TicketRoom):
    """`/saml/polacz/{ticket}`: the password of an account that has the person's PESEL."""


class Registrations(PublicRoom):
    """`/saml/nowe-konto`"""

    def __getitem__(self, name: str) -> RegistrationTicket:
        return RegistrationTicket(self.request, self, name)


class RegistrationTicket(TicketRoom):
    """`/saml/nowe-konto/{ticket}`: what the provider does not tell, and the consent."""


class IdentitiesRoom(Room):
    """`/konto/profil-zaufany`: the account's links."""

    title = "Profil zaufany"

    def __acl__(self) -> list[Any]:
        return permissions.applicant_room_acl() if gateway_of(self.request) else permissions.nobodys_acl()


def includeme(config: Any) -> None:
    config.add_room(ROOM, SamlRoom)
    config.add_room("konto/profil-zaufany", IdentitiesRoom)
