"""Authorities, people, keys and signatures for the tests of signing: right ones, and wrong ones in one chosen way."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import xmlsec
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier
from lxml import etree

NOW = dt.datetime(2026, 3, 5, 10, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
PESEL = "68010112342"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DS}enveloped-signature"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XPATH2 = "http://www.w3.org/2002/06/xmldsig-filter2"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<wniosek xmlns="https://boi.example/wniosek/1" wersja="3">
  <pole id="imie"><etykieta>Imię</etykieta><wartosc>Jan</wartosc></pole>
  <pole id="tresc"><etykieta>Treść</etykieta><wartosc>Zażółć gęślą jaźń &amp; „tak”</wartosc></pole>
</wniosek>
""".encode()
OTHER_VERSION = DOCUMENT.replace(b'wersja="3"', b'wersja="2"')

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@functools.cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key that is made once a run; `number` tells keys apart."""
    return rsa.generate_private_key(65537, bits)


@functools.cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def qc_statements(*types: str, compliance: bool = True, qscd: bool = True) -> bytes:
    """DER of the QcStatements extension; `types` are the last arcs of 0.4.0.1862.1.6."""

    class Types(core.SequenceOf):
        _child_spec = core.ObjectIdentifier

    class Statement(core.Sequence):
        _fields = [("id", core.ObjectIdentifier), ("info", core.Any, {"optional": True})]

    class Statements(core.SequenceOf):
        _child_spec = Statement

    found = [Statement({"id": "0.4.0.1862.1.1"})] if compliance else []
    if qscd:
        found.append(Statement({"id": "0.4.0.1862.1.4"}))
    if types:
        listed = Types([f"0.4.0.1862.1.6.{kind}" for kind in types])
        found.append(Statement({"id": "0.4.0.1862.1.6", "info": core.Any(listed)}))
    return Statements(found).dump()


@dataclasses.dataclass(frozen=True)
class Identity:
    """A key with its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def subject(**parts: str) -> x509.Name:
    kinds = {
        "cn": NameOID.COMMON_NAME,
        "given": NameOID.GIVEN_NAME,
        "surname": NameOID.SURNAME,
        "serial": NameOID.SERIAL_NUMBER,
        "org": NameOID.ORGANIZATION_NAME,
        "org_id": NameOID.ORGANIZATION_IDENTIFIER,
    }
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "PL")
    return x509.Name([country, *(x509.NameAttribute(kinds[kind], value) for kind, value in parts.items())])


PERSON = subject(cn="Jan Testowy", given="Jan", surname="Testowy", serial=f"PNOPL-{PESEL}")
OFFICE = subject(cn="Urząd Gminy Zdroje", org="Urząd Gminy Zdroje", org_id="VATPL-1234563218")


def _builder(name: x509.Name, issuer: x509.Name, key: Key, start: dt.datetime, end: dt.datetime):
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


class Authority:
    """A certificate authority with its list of revoked certificates."""

    def __init__(self, name: str, key: Key, above: Authority | None = None) -> None:
        self.name, self.key = subject(cn=name, org=name), key
        issuer, signer = (above.name, above.key) if above else (self.name, key)
        builder = _builder(self.name, issuer, key, NOW - 3650 * DAY, NOW + 3650 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        builder = builder.add_extension(_issuer_key(signer), critical=False)
        self.certificate = builder.sign(signer, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def issue(
        self,
        name: x509.Name = PERSON,
        key: Key | None = None,
        *,
        start: dt.datetime = NOW - 30 * DAY,
        end: dt.datetime = NOW + 700 * DAY,
        statements: bytes | None = qc_statements("1"),
        usage: x509.KeyUsage | None = None,
    ) -> Identity:
        key = key or rsa_key(1)
        builder = _builder(name, self.name, key, start, end)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(usage or _usage(content_commitment=True), critical=True)
        builder = builder.add_extension(_issuer_key(self.key), critical=False)
        if statements is not None:
            extension = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.5.5.7.1.3"), statements)
            builder = builder.add_extension(extension, critical=False)
        return Identity(key, builder.sign(self.key, hashes.SHA256()))

    def crl(
        self,
        *revoked: Identity,
        at: dt.datetime = NOW - DAY,
        until: dt.datetime = NOW + 30 * DAY,
        since: dt.datetime = NOW - 2 * DAY,
    ) -> bytes:
        """DER of a list issued `at`, good `until`, on which `revoked` were put `since`."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name).last_update(at).next_update(until)
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
        builder = builder.add_extension(_issuer_key(self.key), critical=False)
        for identity in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(identity.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(since).build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _issuer_key(key: Key) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = [
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ]
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


def key_usage(**allowed: bool) -> x509.KeyUsage:
    return _usage(**allowed)


def trust_folder(
    path: Path, root: Authority, issuing: Authority, root_crl: bytes | None, issuing_crl: bytes | None
) -> Path:
    (path / "anchors").mkdir(parents=True)
    (path / "crls").mkdir()
    (path / "anchors" / "root.pem").write_bytes(root.pem)
    (path / "anchors" / "issuing.der").write_bytes(issuing.der)
    for name, data in (("root.crl", root_crl), ("issuing.crl", issuing_crl)):
        if data is not None:
            (path / "crls" / name).write_bytes(data)
    return path


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def xades(name: str) -> str:
    return f"{{{XADES}}}{name}"


Change = Callable[[etree._Element], None]  # changes a signature before it is made


def sign(
    identity: Identity,
    document: bytes = DOCUMENT,
    *,
    enveloping: bool = False,
    before: Change | None = None,
    certificate: Identity | None = None,
    others: tuple[bytes, ...] = (),
    algorithm: str | None = None,
    transforms: tuple[str, ...] = (ENVELOPED, EXCLUSIVE),
    roles: str = "",
) -> bytes:
    """A XAdES-BASELINE-B signature over `document`; `before` may spoil it, and the value is made after that.

    :param certificate: stands in KeyInfo and SigningCertificateV2 in place of the signer's own.
    :param roles: XML put after SigningCertificateV2.
    """
    root = etree.fromstring(document)
    shown = certificate or identity
    address = "#tresc-dokumentu" if enveloping else ""
    listed = "" if enveloping else f"<ds:Transforms>{_transforms(transforms)}</ds:Transforms>"
    keys = "".join(f"<ds:X509Certificate>{_b64(der)}</ds:X509Certificate>" for der in (shown.der, *others))
    method = algorithm or (RSA_SHA256 if isinstance(identity.key, rsa.RSAPrivateKey) else ECDSA_SHA256)
    signature = etree.fromstring(f"""<ds:Signature xmlns:ds="{DS}" Id="podpis"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/><ds:SignatureMethod Algorithm="{method}"/>
<ds:Reference Id="dane" URI="{address}">{listed}
<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue/></ds:Reference>
<ds:Reference Type="{PROPERTIES_TYPE}" URI="#wlasciwosci">
<ds:Transforms><ds:Transform Algorithm="{EXCLUSIVE}"/></ds:Transforms>
<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/>
<ds:KeyInfo><ds:X509Data>{keys}
</ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#podpis">
<xades:SignedProperties Id="wlasciwosci"><xades:SignedSignatureProperties>
<xades:SigningTime>2026-03-05T11:00:00+01:00</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>
<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{_b64(hashlib.sha256(shown.der).digest())}</ds:DigestValue>
</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>{roles}</xades:SignedSignatureProperties>
</xades:SignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature>""")
    if enveloping:
        holder = etree.SubElement(signature, ds("Object"), Id="tresc-dokumentu")
        holder.append(root)
        whole = signature
    else:
        root.append(signature)
        whole = root
    if before:
        before(signature)
    return resign(whole, signature, identity)


def resign(whole: etree._Element, signature: etree._Element, identity: Identity) -> bytes:
    """Fill in digests and value."""
    pem = identity.key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
    for element in whole.iter(etree.Element):
        if element.get("Id"):
            context.register_id(element, "Id", None)
    context.sign(signature)
    return etree.tostring(whole, encoding="UTF-8", xml_declaration=True)


def _transforms(algorithms: tuple[str, ...]) -> str:
    inner = {
        XPATH: "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>",
        XPATH2: f'<f:XPath xmlns:f="{XPATH2}" Filter="subtract">/descendant::ds:Signature</f:XPath>',
    }
    return "".join(f'<ds:Transform Algorithm="{a}">{inner.get(a, "")}</ds:Transform>' for a in algorithms if a)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
