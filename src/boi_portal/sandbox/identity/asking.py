"""What service providers send: AuthnRequest, ArtifactResolve, LogoutRequest, LogoutResponse; read, checked, refused.

The checks of an AuthnRequest for Węzeł Krajowy are as strict as its rules are known to be.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from lxml import etree

from boi_portal.sandbox.identity import signatures
from boi_portal.sandbox.identity.documents import (
    LEVELS,
    MessageError,
    find,
    find_all,
    moment_of,
    now,
    tag,
    text_of,
)
from boi_portal.sandbox.identity.metadata import ARTIFACT, POST, ServiceProvider

MAX_AGE = dt.timedelta(minutes=5)
MAX_RELAY_STATE = 1024


@dataclasses.dataclass(frozen=True)
class Asked:
    """A question who somebody is, found in order."""

    id: str
    service: ServiceProvider
    consumer: str  # address that the answer goes to
    relay_state: str
    level: str  # at least: low | substantial | high
    provider_name: str


def checked(
    message: etree._Element, name: str, destination: str, service: ServiceProvider, signed: bool = True
) -> etree._Element:
    """A message of the service, after what holds for each kind: version, age, issuer, address, signature.

    `signed` is False where the signature is not in the message and was checked already.

    :raises MessageError: any of it does not hold.
    """
    if message.tag != tag(f"saml2p:{name}"):
        raise MessageError(f"To nie jest komunikat {name}.")
    if message.get("Version") != "2.0" or not message.get("ID"):
        raise MessageError("Komunikat nie ma wersji 2.0 lub identyfikatora.")
    if text_of(message, "saml2:Issuer") != service.entity_id:
        raise MessageError("Komunikat wystawił inny serwis, niż mówią metadane.")
    if abs(now() - moment_of(message.get("IssueInstant", ""))) > MAX_AGE:
        raise MessageError("Komunikat jest za stary albo z przyszłości.")
    if message.get("Destination", destination) != destination:
        raise MessageError("Komunikat był przeznaczony dla innego adresu.")
    if signed:
        signatures.verify(message, service.signing_pems)
    return message


def asked_of_wezel(message: etree._Element, relay_state: str, destination: str, service: ServiceProvider) -> Asked:
    """The question in a signed AuthnRequest to Węzeł Krajowy.

    :raises MessageError: it is not in order.
    """
    checked(message, "AuthnRequest", destination, service)
    if not message.get("Destination"):
        raise MessageError("Żądanie nie ma adresu przeznaczenia (Destination).")
    if message.get("ForceAuthn") != "true":
        raise MessageError('Żądanie nie ma ForceAuthn="true".')
    if not message.get("ProviderName", "").strip():
        raise MessageError("Żądanie nie ma nazwy serwisu (ProviderName).")
    extensions = find(message, "saml2p:Extensions")
    if extensions is None or text_of(extensions, "eidas:SPType") != "public":
        raise MessageError("Żądanie nie ma rozszerzenia SPType o wartości „public”.")
    if not find_all(extensions, "eidas:RequestedAttributes/eidas:RequestedAttribute"):
        raise MessageError("Żądanie nie mówi, o jakie dane prosi (RequestedAttributes).")
    context = find(message, "saml2p:RequestedAuthnContext")
    if context is None or context.get("Comparison") != "minimum":
        raise MessageError('Żądanie nie ma RequestedAuthnContext z Comparison="minimum".')
    level = text_of(context, "saml2:AuthnContextClassRef").rpartition("/")[2]
    if LEVELS.get(level) != text_of(context, "saml2:AuthnContextClassRef"):
        raise MessageError("Żądanie ma nieznany poziom bezpieczeństwa.")
    return _asked(message, relay_state, service, ARTIFACT, level)


def asked_plainly(message: etree._Element, relay_state: str, destination: str, service: ServiceProvider) -> Asked:
    """The question in an AuthnRequest of standard SAML 2.0, whose signature was beside it and was checked.

    :raises MessageError: it is not in order.
    """
    checked(message, "AuthnRequest", destination, service, signed=False)
    wanted = find_all(message, "saml2p:RequestedAuthnContext/saml2:AuthnContextClassRef")
    names = {(element.text or "").strip() for element in wanted}
    level = next((level for level, name in LEVELS.items() if name in names), "low")
    return _asked(message, relay_state, service, POST, level)


def _asked(message: etree._Element, relay_state: str, service: ServiceProvider, binding: str, level: str) -> Asked:
    consumer = message.get("AssertionConsumerServiceURL") or service.at("AssertionConsumerService", binding)
    if message.get("ProtocolBinding", binding) != binding or not service.has_consumer(binding, consumer):
        raise MessageError("Metadane serwisu nie mają adresu, na który ma wrócić odpowiedź (AssertionConsumerService).")
    if len(relay_state.encode()) > MAX_RELAY_STATE:
        raise MessageError("RelayState jest za długi.")
    return Asked(
        id=message.get("ID", ""),
        service=service,
        consumer=consumer,
        relay_state=relay_state,
        level=level,
        provider_name=message.get("ProviderName", "") or service.entity_id,
    )
