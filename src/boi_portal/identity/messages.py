"""What goes between the portal and an identity provider, as plain frozen dataclasses.

Owns the words of the conversation; knows nothing of XML. Personal data are kept out of `repr`, so that no log can hold them by mistake.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

EIDAS_LOA = "http://eidas.europa.eu/LoA/"


class Binding(enum.StrEnum):
    """How a message travels (SAML 2.0 Bindings, section 3)."""

    POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
    SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"


class LoA(enum.IntEnum):
    """eIDAS's levels of assurance, each above the one before."""

    LOW = 1
    SUBSTANTIAL = 2
    HIGH = 3

    @property
    def uri(self) -> str:
        """The level as eIDAS writes it (Implementing Regulation (EU) 2015/1502)."""
        return EIDAS_LOA + self.name.lower()


@dataclasses.dataclass(frozen=True)
class Outgoing:
    """A signed message to be sent: as a form, by a redirect, or as a SOAP body; which of the three, `binding` says."""

    id: str
    binding: Binding
    destination: str  # where to; for REDIRECT without the query
    fields: Mapping[str, str] = dataclasses.field(
        default_factory=dict
    )  # POST: hidden fields of a form that is sent at once
    url: str = ""  # REDIRECT: the whole address
    body: bytes = dataclasses.field(default=b"", repr=False)  # SOAP: an envelope, text/xml; charset=utf-8


@dataclasses.dataclass(frozen=True)
class PendingQuestion:
    """What to remember of a question until its answer comes. Keep it with the asking session, take it out before reading the answer."""

    id: str
    provider: str
    loa: LoA
    relay_state: str
    issued_at: datetime
    fresh: bool = False  # the person had to prove anew who they are

    def to_dict(self) -> dict[str, object]:
        """The same as JSON can hold it."""
        return {
            **dataclasses.asdict(self),
            "loa": int(self.loa),
            "issued_at": self.issued_at.isoformat(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> PendingQuestion:
        """The question that `to_dict` wrote.

        :raises ValueError: anything else.
        """
        try:
            return cls(
                id=str(data["id"]),
                provider=str(data["provider"]),
                loa=LoA(int(str(data["loa"]))),
                relay_state=str(data["relay_state"]),
                issued_at=datetime.fromisoformat(str(data["issued_at"])),
                fresh=data["fresh"] is True,
            )
        except KeyError as error:
            raise ValueError(f"a pending question without {error}") from None


@dataclasses.dataclass(frozen=True)
class Question:
    """An AuthnRequest: send `message` with the browser, keep `pending`."""

    message: Outgoing
    pending: PendingQuestion


@dataclasses.dataclass(frozen=True)
class RemoteSession:
    """The person's session at the provider: what a logout must name. `dataclasses.asdict` makes it a dict of strings."""

    provider: str
    name_id: str = dataclasses.field(repr=False)
    name_id_format: str = ""
    name_qualifier: str = ""
    sp_name_qualifier: str = ""
    session_index: str = dataclasses.field(default="", repr=False)


@dataclasses.dataclass(frozen=True)
class Person:
    """Who the provider says has signed in. `loa` is at least the level that was asked for."""

    provider: str
    person_id: str = dataclasses.field(repr=False)  # PESEL: 11 digits, check digit right
    first_name: str = dataclasses.field(repr=False)
    last_name: str = dataclasses.field(repr=False)
    birth_date: date | None = dataclasses.field(repr=False)  # None: this provider does not tell
    loa: LoA
    session: RemoteSession
    assertion_id: str
    not_on_or_after: datetime  # until when the answer could have been used, UTC


@dataclasses.dataclass(frozen=True)
class Incoming:
    """A logout message as it came, before anything is believed. Made by `soap`, `post` or `redirect`."""

    binding: Binding
    body: bytes = dataclasses.field(default=b"", repr=False)
    form: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    query: str = dataclasses.field(default="", repr=False)

    @classmethod
    def soap(cls, body: bytes) -> Incoming:
        """The body of a SOAP request or response."""
        return cls(Binding.SOAP, body=body)

    @classmethod
    def post(cls, form: Mapping[str, str]) -> Incoming:
        """The fields of a form: `SAMLRequest` or `SAMLResponse`, `RelayState`."""
        return cls(Binding.POST, form=form)

    @classmethod
    def redirect(cls, query: str) -> Incoming:
        """The query string as it stands in the address, not decoded: the signature is over these very characters."""
        return cls(Binding.REDIRECT, query=query)


@dataclasses.dataclass(frozen=True)
class LogoutRequest:
    """A verified request to end a person's sessions here: all of `name_id`, or those in `session_indexes` where it names some."""

    id: str
    provider: str
    name_id: str = dataclasses.field(repr=False)
    session_indexes: tuple[str, ...] = dataclasses.field(repr=False)
    relay_state: str
    binding: Binding  # how it came; a SOAP request is answered in the same HTTP response


class Seen(Protocol):
    """The caller's memory of ids that were used; shared by all processes, and kept in the same transaction as what the answer leads to."""

    def first_time(self, id: str, until: datetime) -> bool:
        """Remember `id` until then; False where it is remembered already."""


class Fetch(Protocol):
    """Sends a SOAP message. `service.fetch` is the one for life."""

    def __call__(self, url: str, body: bytes) -> bytes:
        """The body of the answer.

        :raises Unreachable: no answer, not in time, too large, or not a SOAP answer.
        """
