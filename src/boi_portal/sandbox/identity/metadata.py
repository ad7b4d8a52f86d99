"""SAML metadata: what these providers publish, and what is read from a service provider's.

Owns the two document types and the checks on a service provider's one.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from boi_portal.sandbox.identity import signatures
from boi_portal.sandbox.identity.documents import (
    MessageError,
    find,
    find_all,
    instant,
    make,
    moment_of,
    new_id,
    now,
    parse,
    tag,
    text_of,
    written,
)
from boi_portal.sandbox.identity.keys import SigningKey

PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
_BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings:"
POST, REDIRECT, ARTIFACT, SOAP = (_BINDINGS + name for name in ("HTTP-POST", "HTTP-Redirect", "HTTP-Artifact", "SOAP"))
LIFETIME = dt.timedelta(days=90)
MAX_METADATA = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Service:
    """An endpoint: `kind` is the element's local name, e.g. `SingleSignOnService`."""

    kind: str
    binding: str
    location: str


@dataclasses.dataclass(frozen=True)
class ServiceProvider:
    """What a service provider's metadata say."""

    entity_id: str
    signing: tuple[x509.Certificate, ...]
    encryption: tuple[x509.Certificate, ...]
    services: tuple[Service, ...]

    @classmethod
    def read(cls, data: bytes) -> ServiceProvider:
        """The provider described by a document.

        :raises MessageError: not metadata of one service provider, out of date, or without keys.
        """
        root = parse(data, MAX_METADATA)
        role = find(root, "md:SPSSODescriptor") if root.tag == tag("md:EntityDescriptor") else None
        if role is None or not root.get("entityID"):
            raise MessageError("Metadane serwisu nie opisują serwisu SAML.")
        until = root.get("validUntil")
        if until and moment_of(until) <= now():
            raise MessageError("Metadane serwisu są nieaktualne.")
        services = tuple(
            Service(etree.QName(each).localname, each.get("Binding", ""), each.get("Location", ""))
            for each in role
            if isinstance(each.tag, str) and each.get("Location")
        )
        signing, encryption = _certificates(role, "signing"), _certificates(role, "encryption")
        if not signing:
            raise MessageError("Metadane serwisu nie mają klucza do podpisu.")
        return cls(root.get("entityID", ""), signing, encryption, services)

    @property
    def signing_pems(self) -> list[bytes]:
        """Certificates that may have signed a message."""
        return [certificate.public_bytes(Encoding.PEM) for certificate in self.signing]

    def at(self, kind: str, binding: str) -> str:
        """The first address of a service; empty where there is none."""
        return next((s.location for s in self.services if (s.kind, s.binding) == (kind, binding)), "")

    def has_consumer(self, binding: str, location: str) -> bool:
        """Whether an answer may go to an address."""
        return Service("AssertionConsumerService", binding, location) in self.services

    def encryption_key(self, kind: str) -> x509.Certificate:
        """The certificate of the last key for encryption; `kind` is `ec` or `rsa`.

        :raises MessageError: there is none.
        """
        wanted = ec.EllipticCurvePublicKey if kind == "ec" else rsa.RSAPublicKey
        for certificate in reversed(self.encryption):
            if isinstance(certificate.public_key(), wanted):
                return certificate
        raise MessageError(f"Metadane serwisu nie mają klucza {kind.upper()} do szyfrowania.")


def described(
    entity_id: str, keys: list[SigningKey], services: list[Service], signer: SigningKey, until: dt.datetime
) -> bytes:
    """Signed metadata of an identity provider."""
    order = ("ArtifactResolutionService", "SingleLogoutService", "SingleSignOnService")
    elements = []
    for kind in order:
        for index, service in enumerate(each for each in services if each.kind == kind):
            number = str(index) if kind == "ArtifactResolutionService" else None
            elements.append(make(f"md:{kind}", Binding=service.binding, Location=service.location, index=number))
    role = make(
        "md:IDPSSODescriptor",
        *(_key_descriptor(key) for key in keys),
        *elements,
        WantAuthnRequestsSigned="true",
        protocolSupportEnumeration=PROTOCOL,
    )
    root = make(
        "md:EntityDescriptor", role, declare=("md", "ds"), ID=new_id(), entityID=entity_id, validUntil=instant(until)
    )
    signatures.sign(root, signer, prefixes=())
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written(root)


def _key_descriptor(key: SigningKey) -> etree._Element:
    certificate = make("ds:X509Certificate", key.certificate_text)
    return make("md:KeyDescriptor", make("ds:KeyInfo", make("ds:X509Data", certificate)), use="signing")


def _certificates(role: etree._Element, use: str) -> tuple[x509.Certificate, ...]:
    found = []
    for descriptor in find_all(role, "md:KeyDescriptor"):
        if descriptor.get("use", use) != use:
            continue
        text = text_of(descriptor, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")
        try:
            found.append(x509.load_der_x509_certificate(base64.b64decode(text)))
        except ValueError as error:
            raise MessageError("Metadane serwisu mają niepoprawny certyfikat.") from error
    return tuple(found)
