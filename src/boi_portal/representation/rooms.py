"""Where acting for others is in the tree: a firm's people, mandates, the choice, and the links of letters."""

from __future__ import annotations

import re
from typing import Any

from .. import permissions
from ..accounts.rooms import PublicRoom
from ..web.traversal import PrivateResource, Room
from .acting import Acting
from .granting import ROOM, offer_by_link
from .records import MEMBER, Representation, representation_by

OFFER_KEY = "offer"  # in the session: the representation whose letter led here
ID = re.compile(r"[0-9a-f]{32}\Z")


class PeopleRoom(Room):
    """`/konto/osoby`: the people of the firm or institution that one acts for."""

    title = "Osoby w firmie"

    @property
    def acting(self) -> Acting | None:
        """For whom this request acts."""
        found: Acting | None = self.request.acting
        return found

    def __getitem__(self, name: str) -> PersonResource:
        found = representation_by(self.request.office, name) if ID.match(name) else None
        acting = self.acting
        if found is None or found.kind != MEMBER or acting is None or found.principal != acting.applicant.userid:
            raise KeyError(name)
        return PersonResource(found, self, name)

    def __acl__(self) -> list[Any]:
        acting = self.acting
        if acting is None or not acting.manages_people:
            return permissions.nobodys_acl() if acting is not None else permissions.applicant_room_acl()
        return permissions.people_room_acl(acting.person.userid)


class PersonResource(PrivateResource):
    """`/konto/osoby/{id}`: one of a firm's people. `record` is the representation."""

    record: Representation
    __parent__: PeopleRoom

    @property
    def title(self) -> str:
        return self.record.invited

    def __acl__(self) -> list[Any]:
        return self.__parent__.__acl__()


class MandatesRoom(Room):
    """`/konto/pelnomocnictwa`: what was given by the account that one acts for, and what one holds oneself."""

    title = "Pełnomocnictwa"

    def __getitem__(self, name: str) -> MandateResource:
        found = representation_by(self.request.office, name) if ID.match(name) else None
        if found is None:
            raise KeyError(name)
        return MandateResource(found, self, name)


class MandateResource(PrivateResource):
    """`/konto/pelnomocnictwa/{id}`: one representation, as whoever gave it or holds it sees it."""

    record: Representation
    __parent__: MandatesRoom
    title = "Pełnomocnictwo"

    def __acl__(self) -> list[Any]:
        acting: Acting | None = self.__parent__.request.acting
        if acting is None:
            return permissions.nobodys_acl()
        gives = self.record.kind != MEMBER and self.record.principal == acting.applicant.userid
        holds = self.record.agent == acting.person.userid
        person = acting.person.userid
        return permissions.representation_acl(
            person if gives and acting.may(permissions.MANAGE_RIGHT) else "", person if holds else ""
        )


class ChoiceRoom(Room):
    """`/konto/dzialam-jako`: for whom one acts."""

    title = "W czyim imieniu działasz"


class OfferRoom(PublicRoom):
    """`/upowaznienie`: the offer whose letter led to this session; below it the links of letters."""

    title = "Zaproszenie"

    @property
    def offer(self) -> Representation | None:
        """What is offered; None where there is nothing to answer."""
        found = representation_by(self.request.office, self.request.session.get(OFFER_KEY))
        return found if found is not None and found.token_sha256 else None

    def __getitem__(self, name: str) -> OfferLink:
        return OfferLink(self.request, self, name)


class OfferLink(PublicRoom):
    """`/upowaznienie/{link}`: whether the link is good is looked up when it is followed."""

    @property
    def offer(self) -> Representation | None:
        """What is offered; None for a link that is none or is spent."""
        return offer_by_link(self.request.office, self.__name__)


def includeme(config: Any) -> None:
    config.add_room("konto/osoby", PeopleRoom)
    config.add_room("konto/pelnomocnictwa", MandatesRoom)
    config.add_room("konto/dzialam-jako", ChoiceRoom)
    config.add_room(ROOM, OfferRoom)
