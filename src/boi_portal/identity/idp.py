"""What an identity provider's metadata say (SAML 2.0 Metadata): its name, keys and addresses, and until when they hold.

Owns reading them. Must not know what the office has settled with the provider: that is `providers`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509
from lxml import etree

from boi_portal.identity import parsing, signatures
from boi_portal.identity.keys import check_strength
from boi_portal.identity.messages import Binding
from boi_portal.identity.parsing import DS, MD, SAMLP
from boi_portal.identity.refusals import ConfigurationError, Reason, Refused

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


@dataclasses.dataclass(frozen=True)
class Service:
    """An address of the provider, and where it wants answers, if elsewhere."""

    location: str
    response_location: str


@dataclasses.dataclass(frozen=True)
class IdentityProvider:
    """One identity provider, as its metadata tell."""

    entity_id: str
    certificates: tuple[x509.Certificate, ...]  # whose keys may sign
    sign_on: Mapping[Binding, Service]
    logout: Mapping[Binding, Service]
    artifacts: Mapping[int, str]  # resolution service by its index; the default one also under -1
    valid_until: datetime | None

    @property
    def not_after(self) -> datetime:
        """Until when a successor is needed: the end of the certificate that lasts longest, UTC."""
        return max(certificate.not_valid_after_utc for certificate in self.certificates)

    def check(self, at: datetime) -> None:
        """Believe nothing that has ended.

        :raises Refused: `METADATA_EXPIRED` or `CERTIFICATE_EXPIRED`.
        """
        if self.valid_until is not None and at >= self.valid_until:
            raise Refused(Reason.METADATA_EXPIRED, f"metadata of {self.entity_id} ended {self.valid_until:%Y-%m-%d}")
        if not any(c.not_valid_before_utc <= at <= c.not_valid_after_utc for c in self.certificates):
            raise Refused(Reason.CERTIFICATE_EXPIRED, f"no certificate of {self.entity_id} holds now")


def read_metadata(data: bytes, entity_id: str = "", pinned: x509.Certificate | None = None) -> IdentityProvider:
    """The identity provider that metadata describe.

    :param entity_id: which one, where the metadata are of several.
    :param pinned: the certificate that must have signed them; None: they are believed as a file that the office was given.
    :raises ConfigurationError: no such provider, or not described well enough to talk with it.
    """
    try:
        root = parsing.parse(data, comments=pinned is None)
        if pinned is not None:
            root = signatures.verify(root, [pinned], None)
        return _read(_entity(root, entity_id), _validity(root))
    except Refused as error:
        raise ConfigurationError(f"metadata refused: {error}") from None


def _md(name: str) -> str:
    return f"{{{MD}}}{name}"


def _entity(root: etree._Element, entity_id: str) -> etree._Element:
    if root.tag not in (_md("EntityDescriptor"), _md("EntitiesDescriptor")):
        raise ConfigurationError("no SAML metadata: EntityDescriptor or EntitiesDescriptor is expected")
    found = [
        entity
        for entity in root.iter(_md("EntityDescriptor"))
        if entity_id in ("", entity.get("entityID")) and entity.find(_md("IDPSSODescriptor")) is not None
    ]
    if len(found) != 1:
        wanted = f"identity provider {entity_id}" if entity_id else "identity provider"
        raise ConfigurationError(f"{len(found)} times {wanted} in the metadata; name one by entity_id")
    return found[0]


def _validity(*elements: etree._Element) -> datetime | None:
    ends = [time(value) for element in elements if (value := element.get("validUntil"))]
    return min(ends, default=None)


def time(value: str) -> datetime:
    """A time as SAML writes it: UTC, with or without fractions of a second.

    :raises Refused: `STRUCTURE` for anything else.
    """
    try:
        found = datetime.fromisoformat(value.strip())
        if found.utcoffset() is None:
            found = found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(Reason.STRUCTURE, "a time that is none") from None


def _read(entity: etree._Element, valid_until: datetime | None) -> IdentityProvider:
    roles = [
        role
        for role in entity.findall(_md("IDPSSODescriptor"))
        if SAMLP in role.get("protocolSupportEnumeration", "").split()
    ]
    if len(roles) != 1 or not entity.get("entityID"):
        raise ConfigurationError("one IDPSSODescriptor for SAML 2.0, and an entityID, are expected")
    role = roles[0]
    ends = [end for end in (valid_until, _validity(entity, role)) if end is not None]
    return IdentityProvider(
        entity_id=entity.get("entityID", ""),
        certificates=_certificates(role),
        sign_on=_services(role, "SingleSignOnService"),
        logout=_services(role, "SingleLogoutService"),
        artifacts=_artifacts(role),
        valid_until=min(ends, default=None),
    )


def _certificates(role: etree._Element) -> tuple[x509.Certificate, ...]:
    found = []
    for descriptor in role.findall(_md("KeyDescriptor")):
        if descriptor.get("use", "signing") != "signing":
            continue
        for element in descriptor.iter(f"{{{DS}}}X509Certificate"):
            try:
                certificate = x509.load_der_x509_certificate(signatures.decoded(element.text or ""))
                check_strength(certificate.public_key())
            except ValueError as error:
                raise ConfigurationError(f"a signing certificate that cannot be used: {error}") from error
            if certificate not in found:
                found.append(certificate)
    if not found:
        raise ConfigurationError("no certificate for signing in the metadata")
    return tuple(found)


def _services(role: etree._Element, name: str) -> dict[Binding, Service]:
    found: dict[Binding, Service] = {}
    for element in role.findall(_md(name)):
        if element.get("Binding") in set(Binding):
            location = _address(element.get("Location", ""))
            answers = _address(element.get("ResponseLocation") or location)
            found.setdefault(Binding(element.get("Binding", "")), Service(location, answers))
    return found


def _artifacts(role: etree._Element) -> dict[int, str]:
    found: dict[int, str] = {}
    default = None
    for element in role.findall(_md("ArtifactResolutionService")):
        if element.get("Binding") != Binding.SOAP or not element.get("index", "").isdecimal():
            continue
        index = int(element.get("index", ""))
        found[index] = _address(element.get("Location", ""))
        if default is None or element.get("isDefault") in ("true", "1"):
            default = index
    return {**found, -1: found[default]} if default is not None else {}


def _address(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError:
        raise ConfigurationError(f"an address that is none: {location[:100]!r}") from None
    if parts.scheme == "https" and parts.hostname:
        return location
    if parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS:
        return location
    raise ConfigurationError(f"an address that is not https: {location[:100]!r}")
