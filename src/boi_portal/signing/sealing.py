"""The office's electronic seal: an enveloped XAdES-BASELINE-B signature (ETSI EN 319 132-1) by the office's key.

Owns reading the key and making the signature. Must not keep the key anywhere but in memory.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from lxml import etree

from boi_portal.signing import certificates, parsing
from boi_portal.signing.refusals import SignatureRefused
from boi_portal.signing.xades import DS, ENVELOPED, SIGNED_PROPERTIES_TYPE, XADES

_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
_PEM_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)

SealPrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class SealKeyError(ValueError):
    """The file with the seal cannot be used; the message says why."""


@dataclasses.dataclass(frozen=True)
class SealKey:
    """The office's private key with its certificate."""

    private_key: SealPrivateKey = dataclasses.field(repr=False)
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...] = ()  # authorities above it, sent along with each seal

    @classmethod
    def load(cls, path: Path, password: str | None = None) -> SealKey:
        """Read a PKCS#12 file, or a PEM file with the key and the certificate.

        :raises SealKeyError: unreadable file, wrong password, key and certificate that do not match, weak key.
        """
        secret = password.encode() if password else None
        try:
            data = Path(path).read_bytes()
            key, certificate, others = _read_pem(data, secret) if b"-----BEGIN" in data else _read_pkcs12(data, secret)
        except (OSError, ValueError, TypeError) as error:
            raise SealKeyError(f"the seal in {path} cannot be read: {error}") from error
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) or certificate is None:
            raise SealKeyError(f"{path} must hold an RSA or EC key and its certificate")
        if key.public_key() != certificate.public_key():
            raise SealKeyError(f"the key and the certificate in {path} do not belong together")
        try:
            certificates.public_key_pem(certificate)
        except SignatureRefused as error:
            raise SealKeyError(f"the key in {path} is too weak: {error.detail}") from error
        return cls(key, certificate, tuple(others))

    @property
    def subject(self) -> str:
        """Whose seal it is, RFC 4514."""
        return self.certificate.subject.rfc4514_string()

    @property
    def not_after(self) -> datetime:
        """When the certificate ends, UTC."""
        return self.certificate.not_valid_after_utc


def seal(document: bytes, key: SealKey, at: datetime) -> bytes:
    """`document` with the office's seal as the last child of its root element.

    :param document: XML, at most 5 MB, not signed yet.
    :param at: the time of sealing, with a time zone.
    :raises ValueError: if `document` is no such XML, `at` has no time zone, or the certificate is not valid `at`.
    """
    if at.utcoffset() is None:
        raise ValueError("the time of sealing needs a time zone")
    if not key.certificate.not_valid_before_utc <= at <= key.not_after:
        raise ValueError(f"the seal's certificate is not valid at {at.isoformat()}")
    try:
        root = parsing.parse(document)
    except SignatureRefused as error:
        raise ValueError(f"the document cannot be sealed ({error.detail})") from error
    if next(root.iter(f"{{{DS}}}Signature"), None) is not None:
        raise ValueError("the document is signed already")
    signature = _template(key, at.astimezone(UTC))
    root.append(signature)
    _sign(signature, key)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _read_pkcs12(data: bytes, secret: bytes | None) -> tuple[object, x509.Certificate | None, list[x509.Certificate]]:
    return pkcs12.load_key_and_certificates(data, secret)


def _read_pem(data: bytes, secret: bytes | None) -> tuple[object, x509.Certificate | None, list[x509.Certificate]]:
    block = _PEM_KEY.search(data)
    if block is None:
        raise ValueError("no private key")
    encrypted = b"ENCRYPTED" in block.group()
    key = serialization.load_pem_private_key(block.group(), secret if encrypted else None)
    chain = x509.load_pem_x509_certificates(data)
    own = next((c for c in chain if c.public_key() == key.public_key()), chain[0])
    return key, own, [c for c in chain if c != own]


def _template(key: SealKey, at: datetime) -> etree._Element:
    """The signature before its digests and value are filled in."""
    mark = secrets.token_hex(8)
    signature_id, properties_id, reference_id = (f"{kind}-{mark}" for kind in ("seal", "properties", "document"))
    signature = etree.Element(f"{{{DS}}}Signature", Id=signature_id, nsmap={"ds": DS})
    info = _add(signature, DS, "SignedInfo")
    _add(info, DS, "CanonicalizationMethod", Algorithm=_EXCLUSIVE)
    method = _RSA_SHA256 if isinstance(key.private_key, rsa.RSAPrivateKey) else _ECDSA_SHA256
    _add(info, DS, "SignatureMethod", Algorithm=method)
    _add_reference(info, {"Id": reference_id, "URI": ""}, (ENVELOPED, _EXCLUSIVE))
    _add_reference(info, {"Type": SIGNED_PROPERTIES_TYPE, "URI": f"#{properties_id}"}, (_EXCLUSIVE,))
    _add(signature, DS, "SignatureValue")
    data = _add(_add(signature, DS, "KeyInfo"), DS, "X509Data")
    for certificate in (key.certificate, *key.others):
        _add(data, DS, "X509Certificate").text = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    _add_properties(_add(signature, DS, "Object"), key, at, (signature_id, properties_id, reference_id))
    return signature


def _add_reference(info: etree._Element, attributes: dict[str, str], transforms: tuple[str, ...]) -> None:
    reference = _add(info, DS, "Reference", **attributes)
    holder = _add(reference, DS, "Transforms")
    for algorithm in transforms:
        _add(holder, DS, "Transform", Algorithm=algorithm)
    _add(reference, DS, "DigestMethod", Algorithm=_SHA256)
    _add(reference, DS, "DigestValue")


def _add_properties(holder: etree._Element, key: SealKey, at: datetime, ids: tuple[str, str, str]) -> None:
    signature_id, properties_id, reference_id = ids
    qualifying = etree.SubElement(
        holder, f"{{{XADES}}}QualifyingProperties", Target=f"#{signature_id}", nsmap={"xades": XADES}
    )
    signed = _add(qualifying, XADES, "SignedProperties", Id=properties_id)
    properties = _add(signed, XADES, "SignedSignatureProperties")
    _add(properties, XADES, "SigningTime").text = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    cert = _add(_add(properties, XADES, "SigningCertificateV2"), XADES, "Cert")
    digest = _add(cert, XADES, "CertDigest")
    _add(digest, DS, "DigestMethod", Algorithm=_SHA256)
    value = hashlib.sha256(key.certificate.public_bytes(Encoding.DER)).digest()
    _add(digest, DS, "DigestValue").text = base64.b64encode(value).decode()
    data = _add(signed, XADES, "SignedDataObjectProperties")
    described = _add(data, XADES, "DataObjectFormat", ObjectReference=f"#{reference_id}")
    _add(described, XADES, "MimeType").text = "text/xml"


def _add(parent: etree._Element, namespace: str, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)


def _sign(signature: etree._Element, key: SealKey) -> None:
    pem = key.private_key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
    properties = next(signature.iter(f"{{{XADES}}}SignedProperties"))
    context.register_id(properties, "Id", None)
    context.sign(signature)
