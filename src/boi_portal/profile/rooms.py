"""Where the pages of this package are in the tree, beside `/konto` itself: the links of letters, and the office's list of changes."""

from __future__ import annotations

import re
from typing import Any

from .. import permissions
from ..accounts.rooms import PublicRoom
from ..web.traversal import PrivateResource, Room
from .number_changes import NumberChange

_ID = re.compile(r"[0-9a-f]{32}\Z")


class EmailLinkRoom(PublicRoom):
    """`/zmiana-e-mail`: below it the links that letters carry."""

    title = ""

    def __getitem__(self, name: str) -> EmailLink:
        return EmailLink(self.request, self, name)


class EmailLink(PublicRoom):
    """`/zmiana-e-mail/{token}`: whether the token is good is looked up by its page."""


class NumberChangesRoom(Room):
    """`/urzad/zmiany-danych`: heads' and administrators' alone."""

    title = "Zmiany danych"

    def __getitem__(self, name: str) -> NumberChangeResource:
        if not _ID.match(name):
            raise KeyError(name)
        return NumberChangeResource(self.request.office.number_changes[name], self, name)

    def __acl__(self) -> list[Any]:
        return permissions.personal_data_acl()


class NumberChangeResource(PrivateResource):
    """`/urzad/zmiany-danych/{id}`. `record` is the NumberChange."""

    record: NumberChange
    title = "Zgłoszenie zmiany numeru"

    def __acl__(self) -> list[Any]:
        return permissions.personal_data_acl()


def includeme(config: Any) -> None:
    config.add_room("zmiana-e-mail", EmailLinkRoom)
    config.add_room("urzad/zmiany-danych", NumberChangesRoom)
