"""A little identity provider: it makes messages with lxml, xmlsec and cryptography alone, right ones and wrong ones."""

from __future__ import annotations

import base64
import dataclasses
import functools
import os
import secrets
import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from lxml import etree

from boi_portal.identity import Key, KeyKind, Keys, Outgoing, Question, ServiceProvider, Unreachable

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
DSIG11 = "http://www.w3.org/2009/xmldsig11#"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NS = {"saml2": SAML, "saml2p": SAMLP, "ds": DS, "xenc": XENC, "xenc11": XENC11, "dsig11": DSIG11, "soap": SOAP}
DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items() if prefix != "soap")
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
PERSON = "http://eidas.europa.eu/attributes/naturalperson/"

SP_ID = "https://boi.example.org/saml/metadata"
ACS = "https://boi.example.org/saml/acs"
SLO = "https://boi.example.org/saml/slo"
SLO_SOAP = "https://boi.example.org/saml/slo/soap"
NATIONAL_ID = "wezel.example.org"
STANDARD_ID = "https://idp.example.org/metadata"
PESEL = "44051401458"

RSA_SHA1 = DS + "rsa-sha1"


# --- keys


def certificate(key: object, name: str, begins: datetime, ends: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())  # type: ignore[arg-type]
    )


@functools.cache
def private_key(kind: KeyKind, number: int = 0) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """Made once for a run of the tests."""
    return ec.generate_private_key(ec.SECP256R1()) if kind is KeyKind.EC else rsa.generate_private_key(65537, 2048)


def key(kind: KeyKind, number: int = 0, begins: int = -100, ends: int = 1000) -> Key:
    """A key whose certificate begins and ends so many days from now."""
    now = datetime.now(UTC).replace(microsecond=0)
    private = private_key(kind, number)
    made = certificate(private, f"{kind} {number}", now + timedelta(days=begins), now + timedelta(days=ends))
    return Key(f"{kind}-{number}.pem", private, made)


def der64(made: x509.Certificate) -> str:
    return base64.b64encode(made.public_bytes(Encoding.DER)).decode()


# --- signatures


def sign(
    xml: str | bytes,
    id: str,
    signer: Key,
    *,
    method: str = "",
    prefixes: str = "ds saml2 saml2p xenc",
    digest: object = None,
) -> bytes:
    """An enveloped signature after the Issuer of the element with that ID, exclusive c14n with prefixes as the national node does."""
    root = etree.fromstring(xml)
    (element,) = root.xpath("//*[@ID=$id]", id=id)
    node = template(element, signer, method=method, digest=digest)
    if prefixes:
        (transform,) = node.xpath(".//ds:Transform[last()]", namespaces=NS)
        xmlsec.template.transform_add_c14n_inclusive_namespaces(transform, prefixes.split())
    issuer = element.find(f"{{{SAML}}}Issuer")
    element.insert(0 if issuer is None else element.index(issuer) + 1, node)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(signer.private_pem, xmlsec.constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(signer.certificate_pem, xmlsec.constants.KeyDataFormatPem)
    context.register_id(element, "ID", None)
    context.sign(node)
    return etree.tostring(root)


def template(element: etree._Element, signer: Key, *, method: str = "", digest: object = None) -> etree._Element:
    methods = {KeyKind.RSA: xmlsec.constants.TransformRsaSha256, KeyKind.EC: xmlsec.constants.TransformEcdsaSha256}
    chosen = xmlsec.constants.TransformRsaSha1 if method == RSA_SHA1 else methods[signer.kind]
    node = xmlsec.template.create(element, xmlsec.constants.TransformExclC14N, chosen, ns="ds")
    reference = xmlsec.template.add_reference(
        node, digest or xmlsec.constants.TransformSha256, uri=f"#{element.get('ID')}"
    )
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    xmlsec.template.x509_data_add_certificate(xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(node)))
    return node


def holds(root: etree._Element, made: x509.Certificate) -> bool:
    """Whether the signature of `root` is good: the provider's own look at what the portal sends."""
    node = root.find(f"{{{DS}}}Signature")
    context = xmlsec.SignatureContext()
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    context.key = xmlsec.Key.from_memory(public, xmlsec.constants.KeyDataFormatPem)
    context.register_id(root, "ID", None)
    try:
        context.verify(node)
    except xmlsec.Error:
        return False
    return True


def signed_query(
    name: str, xml: bytes, signer: Key, relay_state: str = "", algorithm: str = "", destination: str = ""
) -> str:
    """The query of a redirect, signed with ASN.1 or PKCS#1."""
    packer = zlib.compressobj(wbits=-15)
    value = base64.b64encode(packer.compress(xml) + packer.flush()).decode()
    more = "http://www.w3.org/2001/04/xmldsig-more#"
    algorithm = algorithm or more + ("rsa-sha256" if signer.kind is KeyKind.RSA else "ecdsa-sha256")
    parameters = [(name, value), *([("RelayState", relay_state)] if relay_state else []), ("SigAlg", algorithm)]
    query = urlencode(parameters)
    if isinstance(signer.private_key, rsa.RSAPrivateKey):
        signature = signer.private_key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
    else:
        der = signer.private_key.sign(query.encode(), ec.ECDSA(hashes.SHA256()))
        signature = b"".join(n.to_bytes(32, "big") for n in decode_dss_signature(der))
    return f"{query}&Signature={quote_plus(base64.b64encode(signature).decode())}"


# --- encryption


def length_prefixed(value: str) -> str:
    """How the national node writes a parameter of ConcatKDF."""
    return (struct.pack(">I", len(value)) + value.encode()).hex().upper()


def encrypt_for_ec(
    plain: bytes,
    recipient: Key,
    *,
    bits: int = 256,
    standard_padding: bool = False,
    algorithm: str = XENC11 + "aes256-gcm",
) -> str:
    """An EncryptedAssertion by ECDH-ES, ConcatKDF, kw-aes256 and AES-GCM."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    shared = ephemeral.exchange(ec.ECDH(), recipient.private_key.public_key())
    infos = [length_prefixed(v) for v in (XENC + "kw-aes256", NATIONAL_ID, "boi")]
    octets = [bytes.fromhex(info) for info in infos]
    if standard_padding:
        infos = ["00" + info for info in infos]
    wrapping = ConcatKDFHash(hashes.SHA256(), 32, b"".join(octets)).derive(shared)
    secret = AESGCM.generate_key(bits)
    nonce = os.urandom(12)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return f"""<saml2:EncryptedAssertion {DECLARATIONS}><xenc:EncryptedData Id="_{secrets.token_hex(8)}" Type="{XENC}Element">
<xenc:EncryptionMethod Algorithm="{algorithm}"/><ds:KeyInfo><xenc:EncryptedKey Id="_{secrets.token_hex(8)}">
<xenc:EncryptionMethod Algorithm="{XENC}kw-aes256"/><ds:KeyInfo><xenc:AgreementMethod Algorithm="{XENC11}ECDH-ES">
<xenc11:KeyDerivationMethod Algorithm="{XENC11}ConcatKDF">
<xenc11:ConcatKDFParams AlgorithmID="{infos[0]}" PartyUInfo="{infos[1]}" PartyVInfo="{infos[2]}">
<ds:DigestMethod Algorithm="{XENC}sha256"/></xenc11:ConcatKDFParams></xenc11:KeyDerivationMethod>
<xenc:OriginatorKeyInfo><ds:KeyValue><dsig11:ECKeyValue><dsig11:NamedCurve URI="urn:oid:1.2.840.10045.3.1.7"/>
<dsig11:PublicKey>{b64(point)}</dsig11:PublicKey></dsig11:ECKeyValue></ds:KeyValue></xenc:OriginatorKeyInfo>
</xenc:AgreementMethod></ds:KeyInfo>
<xenc:CipherData><xenc:CipherValue>{b64(keywrap.aes_key_wrap(wrapping, secret))}</xenc:CipherValue></xenc:CipherData>
</xenc:EncryptedKey></ds:KeyInfo>
<xenc:CipherData><xenc:CipherValue>{b64(nonce + AESGCM(secret).encrypt(nonce, plain, None))}</xenc:CipherValue></xenc:CipherData>
</xenc:EncryptedData></saml2:EncryptedAssertion>"""


def encrypt_for_rsa(
    plain: bytes,
    recipient: Key,
    *,
    algorithm: str = XENC11 + "aes256-gcm",
    transport: str = XENC + "rsa-oaep-mgf1p",
    digest: str = "",
    beside: bool = False,
) -> str:
    """An EncryptedAssertion by RSA and AES, GCM or CBC; the key lies in the data's KeyInfo or beside the data."""
    secret = os.urandom(int(algorithm.rpartition("aes")[2][:3]) // 8)
    if algorithm.endswith("gcm"):
        nonce = os.urandom(12)
        value = nonce + AESGCM(secret).encrypt(nonce, plain, None)
    else:
        iv, fill = os.urandom(16), 16 - len(plain) % 16
        encryptor = Cipher(algorithms.AES(secret), modes.CBC(iv)).encryptor()
        value = iv + encryptor.update(plain + os.urandom(fill - 1) + bytes([fill])) + encryptor.finalize()
    public = recipient.private_key.public_key()
    method: padding.AsymmetricPadding = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    details = ""
    if transport.endswith("rsa-1_5"):
        method = padding.PKCS1v15()
    elif transport == XENC11 + "rsa-oaep":
        method = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        details = f'<ds:DigestMethod Algorithm="{XENC}sha256"/><xenc11:MGF Algorithm="{XENC11}mgf1sha256"/>'
    wrapped = f"""<xenc:EncryptedKey Id="_{secrets.token_hex(8)}">
<xenc:EncryptionMethod Algorithm="{transport}">{details}</xenc:EncryptionMethod>
<xenc:CipherData><xenc:CipherValue>{b64(public.encrypt(secret, method))}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>"""
    inside = "" if beside else f"<ds:KeyInfo>{wrapped}</ds:KeyInfo>"
    return f"""<saml2:EncryptedAssertion {DECLARATIONS}><xenc:EncryptedData Id="_{secrets.token_hex(8)}" Type="{XENC}Element">
<xenc:EncryptionMethod Algorithm="{algorithm}"/>{inside}
<xenc:CipherData><xenc:CipherValue>{b64(value)}</xenc:CipherValue></xenc:CipherData>
</xenc:EncryptedData>{wrapped if beside else ""}</saml2:EncryptedAssertion>"""


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


# --- what an answer says


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclasses.dataclass(frozen=True)
class Said:
    """What an answer says; a test changes what it is about. None leaves the part out."""

    issuer: str
    in_response_to: str | None
    at: datetime  # the provider's clock
    destination: str | None = ACS
    assertion_issuer: str | None = None  # the same as the issuer's
    confirmed_request: str | None = "same"
    recipient: str | None = ACS
    audience: str | None = SP_ID
    conditions: bool = True
    begins: timedelta = timedelta(0)
    lasts: timedelta = timedelta(minutes=5)
    loa: str = "http://eidas.europa.eu/LoA/substantial"
    name_id: str = "jan.testowy"
    pesel: str = PESEL
    extra: str = ""  # XML at the end of the assertion
    status: str = f'<saml2p:StatusCode Value="{STATUS}Success"/>'
    proved: datetime | None = None
    birth_date: str = "1944-05-14Z"
    response_id: str = dataclasses.field(default_factory=lambda: f"_r{secrets.token_hex(8)}")
    assertion_id: str = dataclasses.field(default_factory=lambda: f"_a{secrets.token_hex(8)}")

    def but(self, **changes: object) -> Said:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def attribute(self, name: str, value: str) -> str:
        kind = f'xmlns:naturalperson="{PERSON[:-1]}" xsi:type="naturalperson:{name}Type"'
        return f"""<saml2:Attribute Name="{PERSON}{name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">
<saml2:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {kind}>{value}</saml2:AttributeValue></saml2:Attribute>"""

    def assertion(self) -> str:
        window = f'NotBefore="{stamp(self.at + self.begins)}" NotOnOrAfter="{stamp(self.at + self.lasts)}"'
        audience = f"<saml2:Audience>{self.audience}</saml2:Audience>"
        restriction = f"<saml2:AudienceRestriction>{audience}</saml2:AudienceRestriction>" if self.audience else ""
        conditions = f"<saml2:Conditions {window}>{restriction}</saml2:Conditions>" if self.conditions else ""
        request = self.in_response_to if self.confirmed_request == "same" else self.confirmed_request
        return f"""<saml2:Assertion {DECLARATIONS} ID="{self.assertion_id}" IssueInstant="{stamp(self.at)}" Version="2.0">
<saml2:Issuer>{self.assertion_issuer or self.issuer}</saml2:Issuer>
<saml2:Subject><saml2:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">{self.name_id}</saml2:NameID>
<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml2:SubjectConfirmationData{attribute("InResponseTo", request)}{attribute("Recipient", self.recipient)}
 NotOnOrAfter="{stamp(self.at + self.lasts)}"/>
</saml2:SubjectConfirmation></saml2:Subject>{conditions}
<saml2:AuthnStatement AuthnInstant="{stamp(self.proved or self.at)}" SessionIndex="{self.assertion_id}"><saml2:AuthnContext>
<saml2:AuthnContextClassRef>{self.loa}</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement>
<saml2:AttributeStatement>{self.attribute("CurrentFamilyName", "Testowy-Żółć")}{self.attribute("DateOfBirth", self.birth_date)}
{self.attribute("CurrentGivenName", "Jan")}{self.attribute("PersonIdentifier", self.pesel)}
</saml2:AttributeStatement>{self.extra}</saml2:Assertion>"""

    def response(self, inside: str | bytes | None = None) -> str:
        """The Response, not signed, around `inside` (the plain assertion)."""
        if inside is None:
            inside = self.assertion()
        text = inside.decode() if isinstance(inside, bytes) else inside
        return f"""<saml2p:Response {DECLARATIONS} ID="{self.response_id}"{attribute("InResponseTo", self.in_response_to)}
 IssueInstant="{stamp(self.at)}" Version="2.0"{attribute("Destination", self.destination)}>
<saml2:Issuer>{self.issuer}</saml2:Issuer><saml2p:Status>{self.status}</saml2p:Status>{text}</saml2p:Response>"""


def attribute(name: str, value: str | None) -> str:
    return "" if value is None else f' {name}="{value}"'


# --- the provider as a whole


def metadata(
    entity_id: str,
    certificates: list[x509.Certificate],
    *,
    national: bool = False,
    valid_until: datetime | None = None,
    logout: str = "",
) -> str:
    """Metadata: of the national node with artifacts and SOAP logout, else with redirect and POST."""
    base = "https://idp.example.org"
    bindings = "urn:oasis:names:tc:SAML:2.0:bindings:"
    keys = "".join(
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data>'
        f"<ds:X509Certificate>{der64(c)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for c in certificates
    )
    artifacts = f'<md:ArtifactResolutionService Binding="{bindings}SOAP" Location="{base}/artifact" index="0" isDefault="true"/>'
    soap_logout = f'<md:SingleLogoutService Binding="{bindings}SOAP" Location="{base}/slo"/>'
    browser_logout = f'<md:SingleLogoutService Binding="{bindings}HTTP-Redirect" Location="{base}/slo" ResponseLocation="{base}/slo/done"/>'
    sign_on = f'<md:SingleSignOnService Binding="{bindings}HTTP-POST" Location="{base}/sso"/>'
    until = f' validUntil="{stamp(valid_until)}"' if valid_until else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?><!-- as exported -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}" ID="_metadata"{until}>
<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{keys}{artifacts}
{soap_logout if national else browser_logout}{sign_on}</md:IDPSSODescriptor></md:EntityDescriptor>"""


NATIONAL_YAML = """title: Profil zaufany
profile: wezel-krajowy
metadata: pz.xml
loa: substantial
provider_name: Urząd Gminy Testowo
"""
STANDARD_YAML = f"""title: Logowanie miasta
profile: saml2
metadata: miasto.xml
loa: low
attributes:
  pesel: {PERSON}PersonIdentifier
  first_name: {PERSON}CurrentGivenName
  last_name: {PERSON}CurrentFamilyName
"""


def write_providers(folder: Path, national: list[x509.Certificate], standard: list[x509.Certificate]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "pz.yaml").write_text(NATIONAL_YAML, encoding="utf-8")
    (folder / "pz.xml").write_text(metadata(NATIONAL_ID, national, national=True), encoding="utf-8")
    (folder / "miasto.yaml").write_text(STANDARD_YAML, encoding="utf-8")
    (folder / "miasto.xml").write_text(metadata(STANDARD_ID, standard), encoding="utf-8")
    return folder


def service_provider(*keys: Key) -> ServiceProvider:
    return ServiceProvider(SP_ID, ACS, SLO, SLO_SOAP, Keys.of(keys))


class Memory:
    """The caller's memory of used ids."""

    def __init__(self) -> None:
        self.until: dict[str, datetime] = {}

    def first_time(self, id: str, until: datetime) -> bool:
        first = id not in self.until
        self.until.setdefault(id, until)
        return first


def no_fetch(url: str, body: bytes) -> bytes:
    raise AssertionError(f"{url} was asked")


def down(url: str, body: bytes) -> bytes:
    raise Unreachable("ConnectionError")


def posted(signed: bytes, relay_state: str = "state") -> dict[str, str]:
    return {"SAMLResponse": b64(signed), "RelayState": relay_state}


def message_of(outgoing: Outgoing) -> etree._Element:
    """The XML of what the portal sends, however it travels."""
    if outgoing.url:
        query = dict(parse_qsl(urlsplit(outgoing.url).query))
        name = "SAMLRequest" if "SAMLRequest" in query else "SAMLResponse"
        return etree.fromstring(zlib.decompress(base64.b64decode(query[name]), wbits=-15))
    if outgoing.body:
        return etree.fromstring(outgoing.body)[0][0]
    name = "SAMLRequest" if "SAMLRequest" in outgoing.fields else "SAMLResponse"
    return etree.fromstring(base64.b64decode(outgoing.fields[name]))


def said(question: Question, issuer: str, at: datetime, /, **changes: object) -> Said:
    return Said(issuer=issuer, in_response_to=question.pending.id, at=at).but(**changes)


class ArtifactService:
    """The provider's end of the wire: gives out each Response once, for a signed ArtifactResolve."""

    def __init__(self, signer: Key, portal: Key, issuer: str = NATIONAL_ID) -> None:
        self.signer, self.portal, self.issuer = signer, portal, issuer
        self.kept: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.signed = True
        self.in_response_to = ""
        self.issued_at = datetime.now(UTC)

    def keep(self, response: bytes) -> dict[str, str]:
        artifact = b64(b"\x00\x04\x00\x00" + os.urandom(40))
        self.kept[artifact] = response
        return {"SAMLart": artifact, "RelayState": "state"}

    def __call__(self, url: str, body: bytes) -> bytes:
        self.asked.append(url)
        resolve = etree.fromstring(etree.tostring(etree.fromstring(body)[0][0]))
        assert resolve.tag == f"{{{SAMLP}}}ArtifactResolve"
        assert holds(resolve, self.portal.certificate)
        response = self.kept.pop(resolve.findtext(f"{{{SAMLP}}}Artifact") or "", b"")
        return self.answer(resolve.get("ID", ""), response)

    def answer(self, request_id: str, response: bytes) -> bytes:
        id = f"_{secrets.token_hex(8)}"
        xml = f"""<saml2p:ArtifactResponse {DECLARATIONS} ID="{id}" InResponseTo="{self.in_response_to or request_id}"
 IssueInstant="{stamp(self.issued_at)}" Version="2.0"><saml2:Issuer>{self.issuer}</saml2:Issuer>
<saml2p:Status><saml2p:StatusCode Value="{STATUS}Success"/></saml2p:Status>{response.decode()}</saml2p:ArtifactResponse>"""
        signed = sign(xml, id, self.signer).decode() if self.signed else xml
        return (
            f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header/><soap:Body>{signed}</soap:Body></soap:Envelope>'.encode()
        )
