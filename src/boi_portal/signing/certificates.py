"""What a certificate says: who signed, and whether the certificate is a qualified one.

Owns reading subject and QcStatements (ETSI EN 319 412-1, -2, -3, -5) and the least strength of keys. Must not judge
whether a certificate is to be believed: that is `trust`.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from datetime import datetime

from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

from boi_portal.signing.refusals import Reason, SignatureRefused

MAX_CERTIFICATE_BYTES = 64 * 1024
RSA_BITS = range(2048, 8192 + 1)  # the upper bound keeps one check from taking seconds
EC_BITS = 256

_QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_QC_COMPLIANCE = "0.4.0.1862.1.1"
_QC_QSCD = "0.4.0.1862.1.4"
_QC_TYPE = "0.4.0.1862.1.6"
_QC_TYPE_ESIGN = "0.4.0.1862.1.6.1"
_QC_TYPE_ESEAL = "0.4.0.1862.1.6.2"

_PESEL = re.compile(r"(?:PNOPL|PESEL)[^0-9]*([0-9]{11})")
_NIP = re.compile(r"(?:TINPL|NIP)[^0-9]*([0-9]{10})")
_VAT = re.compile(r"VATPL[^0-9]*([0-9]{10})")


class SignerKind(enum.StrEnum):
    """A person's signature or an organisation's seal."""

    QUALIFIED = "qualified"
    SEAL = "seal"


@dataclasses.dataclass(frozen=True)
class Signer:
    """Who signed, as the certificate says; `pesel` and `nip` are digits only, None where the certificate has none."""

    kind: SignerKind
    name: str  # given name and surname, or the organisation's name
    pesel: str | None
    nip: str | None
    serial_number: str  # of the certificate; hexadecimal, upper case
    issuer: str  # RFC 4514
    not_before: datetime  # UTC
    not_after: datetime  # UTC
    qualified: bool


class _QcStatement(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("info", core.Any, {"optional": True})]


class _QcStatements(core.SequenceOf):
    _child_spec = _QcStatement


class _QcTypes(core.SequenceOf):
    _child_spec = core.ObjectIdentifier


def load(der: bytes) -> x509.Certificate:
    """The certificate in `der`.

    :raises SignatureRefused: `MALFORMED`.
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise SignatureRefused(Reason.MALFORMED, "an oversized certificate")
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer, certificate.extensions  # parsed lazily: fail here
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise SignatureRefused(Reason.MALFORMED, f"certificate: {type(error).__name__}") from error
    return certificate


def public_key_pem(certificate: x509.Certificate) -> bytes:
    """The public key, if it is strong enough: RSA of 2048 bits or EC of 256 bits at least.

    :raises SignatureRefused: `WEAK_ALGORITHM` or `MALFORMED`.
    """
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureRefused(Reason.MALFORMED, f"public key: {type(error).__name__}") from error
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_BITS) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= EC_BITS
    )
    if not strong:
        raise SignatureRefused(Reason.WEAK_ALGORITHM, f"{type(key).__name__} of {getattr(key, 'key_size', '?')} bits")
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signer(certificate: x509.Certificate) -> Signer:
    """What the certificate says of its holder.

    :raises SignatureRefused: `MALFORMED` where QcStatements or key usage cannot be read.
    """
    statements = _statements(certificate)
    types = statements.get(_QC_TYPE, frozenset())
    organisation = _first(certificate, NameOID.ORGANIZATION_IDENTIFIER)
    seal = _QC_TYPE_ESEAL in types or (_QC_TYPE_ESIGN not in types and organisation is not None)
    nip = _numbers(_VAT, certificate, NameOID.ORGANIZATION_IDENTIFIER) if seal else None
    return Signer(
        kind=SignerKind.SEAL if seal else SignerKind.QUALIFIED,
        name=_name(certificate, seal=seal),
        # A seal is nobody's own signature, whatever number stands in it.
        pesel=None if seal else _numbers(_PESEL, certificate, NameOID.SERIAL_NUMBER),
        nip=nip or _numbers(_NIP, certificate, NameOID.SERIAL_NUMBER),
        serial_number=f"{certificate.serial_number:X}",
        issuer=certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        qualified=_is_qualified(statements, seal=seal),
    )


def check_key_usage(certificate: x509.Certificate) -> None:
    """Refuse a certificate that is not meant for signing.

    :raises SignatureRefused: `NOT_QUALIFIED`.
    """
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise SignatureRefused(Reason.NOT_QUALIFIED, "no key usage") from error
    if not (usage.content_commitment or usage.digital_signature):
        raise SignatureRefused(Reason.NOT_QUALIFIED, "key usage allows no signatures")


def _is_qualified(statements: dict[str, frozenset[str]], *, seal: bool) -> bool:
    if _QC_COMPLIANCE not in statements or _QC_QSCD not in statements:
        return False
    if _QC_TYPE not in statements:  # certificates from before eIDAS are for signatures by a person
        return not seal
    return (_QC_TYPE_ESEAL if seal else _QC_TYPE_ESIGN) in statements[_QC_TYPE]


def _statements(certificate: x509.Certificate) -> dict[str, frozenset[str]]:
    """Statement → types it lists (empty but for QcType)."""
    try:
        extension = certificate.extensions.get_extension_for_oid(_QC_STATEMENTS).value
    except x509.ExtensionNotFound:
        return {}
    found: dict[str, frozenset[str]] = {}
    try:
        for statement in _QcStatements.load(extension.public_bytes(), strict=True):
            identifier = statement["id"].dotted
            types = _QcTypes.load(statement["info"].dump(), strict=True) if identifier == _QC_TYPE else ()
            found[identifier] = frozenset(kind.dotted for kind in types)
    except (ValueError, TypeError) as error:
        raise SignatureRefused(Reason.MALFORMED, f"QcStatements: {type(error).__name__}") from error
    return found


def _name(certificate: x509.Certificate, *, seal: bool) -> str:
    if seal:
        wanted = [_first(certificate, NameOID.ORGANIZATION_NAME)]
    else:
        wanted = [_first(certificate, NameOID.GIVEN_NAME), _first(certificate, NameOID.SURNAME)]
    if all(wanted):
        return " ".join(part for part in wanted if part)
    return _first(certificate, NameOID.COMMON_NAME) or ""


def _first(certificate: x509.Certificate, oid: ObjectIdentifier) -> str | None:
    values = [str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(oid)]
    return values[0] if values else None


def _numbers(pattern: re.Pattern[str], certificate: x509.Certificate, oid: ObjectIdentifier) -> str | None:
    """The one number that attributes of kind `oid` hold; None where there is none, or several that differ."""
    texts = [str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(oid)]
    numbers = {match.group(1) for text in texts if (match := pattern.fullmatch(text.strip()))}
    return numbers.pop() if len(numbers) == 1 else None
