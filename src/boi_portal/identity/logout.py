"""Logout messages of identity providers: taking them out of what they travel in, and judging them.

Owns both directions: a provider's LogoutRequest to us, and its LogoutResponse to ours.
Source: SAML 2.0 Core, section 3.7; Bindings, 3.4 and 3.5.
"""

from __future__ import annotations

import dataclasses
import zlib
from datetime import datetime, timedelta

from lxml import etree

from boi_portal.identity import gate, idp, parsing, signatures, soap
from boi_portal.identity.idp import IdentityProvider
from boi_portal.identity.messages import Binding, Incoming, LogoutRequest, Seen
from boi_portal.identity.parsing import SAML, SAMLP, children, only, text
from boi_portal.identity.providers import Provider
from boi_portal.identity.refusals import Reason, Refused
from boi_portal.identity.signatures import SignedQuery

MAX_SESSIONS = 100
MAX_RELAY_STATE = 80  # bytes; SAML Bindings, 3.4.3


@dataclasses.dataclass(frozen=True)
class Parcel:
    """A logout message taken out of what it travelled in; nothing of it is believed yet."""

    binding: Binding
    root: etree._Element
    query: SignedQuery | None  # redirect: where the signature is
    relay_state: str

    @classmethod
    def open(cls, message: Incoming, name: str) -> Parcel:
        """Find the message.

        :param name: `SAMLRequest` or `SAMLResponse`.
        :raises Refused: there is none, or no XML.
        """
        if message.binding is Binding.SOAP:
            return cls(Binding.SOAP, soap.unwrap(message.body), None, "")
        if message.binding is Binding.POST:
            data = posted(message.form.get(name, ""))
            return cls(Binding.POST, parsing.parse(data), None, _relay_state(message.form.get("RelayState", "")))
        if message.binding is Binding.REDIRECT:
            if len(message.query) > parsing.MAX_BYTES:
                raise Refused(Reason.TOO_LARGE, "a query too long")
            query = SignedQuery.read(message.query, name)
            data = inflated(signatures.decoded(query.parameters[name]))
            relay_state = _relay_state(query.parameters.get("RelayState", ""))
            return cls(Binding.REDIRECT, parsing.parse(data), query, relay_state)
        raise Refused(Reason.WRONG_BINDING, "logout messages do not come so")

    def issuer(self) -> str:
        """Who the message says has sent it."""
        return text(only(self.root, f"{{{SAML}}}Issuer"))

    def verified(
        self, tag: str, provider: Provider, provider_idp: IdentityProvider, at: datetime, own: str
    ) -> etree._Element:
        """What of the message is signed.

        :param tag: what the message must be.
        :param own: the address to which it must have been sent.
        :raises Refused: another message, not signed by this provider, not for us, or not of now.
        """
        if self.root.tag != f"{{{SAMLP}}}{tag}":
            raise Refused(Reason.STRUCTURE, f"{etree.QName(self.root).localname} instead of {tag}")
        if self.query is None:
            message = signatures.verify(self.root, provider_idp.certificates, at)
        else:
            self.query.verify(provider_idp.certificates, at)
            message = self.root
        gate.check_head(message, provider_idp, at, provider)
        destination = message.get("Destination")
        if destination != own and (self.binding is not Binding.SOAP or destination is not None):
            raise Refused(Reason.WRONG_DESTINATION, "sent to another address")
        return message


def read_request(parcel: Parcel, provider: Provider, own: str, at: datetime, seen: Seen) -> LogoutRequest:
    """A provider's request to end sessions.

    :raises Refused: as `Parcel.verified`; `EXPIRED`, `REPLAYED`, or no one named.
    """
    message = parcel.verified("LogoutRequest", provider, provider.idp(at), at, own)
    skew = timedelta(seconds=provider.skew)
    if message.get("NotOnOrAfter") and at >= idp.time(message.get("NotOnOrAfter", "")) + skew:
        raise Refused(Reason.EXPIRED, "a logout request that has ended")
    if children(message, f"{{{SAML}}}EncryptedID"):
        raise Refused(Reason.NOT_SUPPORTED, "an encrypted NameID")
    name_id = text(only(message, f"{{{SAML}}}NameID"))
    indexes = tuple(text(index) for index in children(message, f"{{{SAMLP}}}SessionIndex"))
    if not name_id or len(indexes) > MAX_SESSIONS:
        raise Refused(Reason.STRUCTURE, "a logout request for nobody, or for too many sessions")
    request_id = message.get("ID", "")
    # A request older than max_age is refused anyway; so long its id is kept.
    until = at + 2 * skew + timedelta(seconds=provider.max_age)
    if not seen.first_time(f"{provider.name} {request_id}", until):
        raise Refused(Reason.REPLAYED, "a logout request that came before")
    return LogoutRequest(
        id=request_id,
        provider=provider.name,
        name_id=name_id,
        session_indexes=indexes,
        relay_state=parcel.relay_state,
        binding=parcel.binding,
    )


def read_response(parcel: Parcel, provider: Provider, own: str, request_id: str, at: datetime) -> None:
    """A provider's answer to our request.

    :raises Refused: as `Parcel.verified`; `WRONG_REQUEST`, or the provider says no.
    """
    message = parcel.verified("LogoutResponse", provider, provider.idp(at), at, own)
    if message.get("InResponseTo") != request_id:
        raise Refused(Reason.WRONG_REQUEST, "an answer to another logout request")
    gate.check_status(message)


def posted(value: str) -> bytes:
    """The XML in a form field.

    :raises Refused: `STRUCTURE` or `TOO_LARGE`.
    """
    if len(value) > 2 * parsing.MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(value)} characters")
    if not value:
        raise Refused(Reason.STRUCTURE, "no message")
    return signatures.decoded(value)


def deflated(data: bytes) -> bytes:
    """Packed as a redirect wants it (RFC 1951)."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def inflated(data: bytes) -> bytes:
    """The XML of a redirect; never more than is allowed.

    :raises Refused: `STRUCTURE` or `TOO_LARGE`.
    """
    unpacker = zlib.decompressobj(wbits=-15)
    try:
        unpacked = unpacker.decompress(data, parsing.MAX_BYTES + 1)
    except zlib.error:
        raise Refused(Reason.STRUCTURE, "not packed as a redirect wants it") from None
    if len(unpacked) > parsing.MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, "unpacks to more than is allowed")
    return unpacked


def _relay_state(value: str) -> str:
    """It goes back as it came, so its length is bounded."""
    if not value.isprintable() or len(value.encode()) > MAX_RELAY_STATE:
        raise Refused(Reason.STRUCTURE, "a RelayState too long, or no text")
    return value
