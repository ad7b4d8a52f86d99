"""XML signatures and redirect signatures: making our own, and believing others' only in the one shape that SAML allows.

Owns the use of `xmlsec`. Must not choose whom to trust: certificates are given.
Source: SAML 2.0 Core, section 5.4; Bindings, section 3.4.4.1.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from urllib.parse import quote_plus, unquote_plus

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from boi_portal.identity.keys import Key, KeyKind
from boi_portal.identity.parsing import DS, SAML, canonical, children, only, parse
from boi_portal.identity.refusals import Reason, Refused

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = DS + "enveloped-signature"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
RSA_SHA256 = _MORE + "rsa-sha256"
ECDSA_SHA256 = _MORE + "ecdsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

# What signatures may be made with. SHA-1, DSA and HMAC are not here.
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
SIGNATURES = {
    f"{_MORE}{kind}-{name}": (KeyKind.RSA if kind == "rsa" else KeyKind.EC, algorithm)
    for kind in ("rsa", "ecdsa")
    for name, algorithm in _HASHES.items()
}
DIGESTS = {SHA256, _MORE + "sha384", "http://www.w3.org/2001/04/xmlenc#sha512"}


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


# --- ours


def sign(root: etree._Element, key: Key) -> bytes:
    """The document with an enveloped signature of its root, which has an `ID`, right after `Issuer` (or first, where there is none)."""
    method = xmlsec.constants.TransformRsaSha256 if key.kind is KeyKind.RSA else xmlsec.constants.TransformEcdsaSha256
    node = xmlsec.template.create(root, xmlsec.constants.TransformExclC14N, method, ns="ds")
    reference = xmlsec.template.add_reference(node, xmlsec.constants.TransformSha256, uri=f"#{root.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    data = xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(node))
    xmlsec.template.x509_data_add_certificate(data)
    issuer = root.find(f"{{{SAML}}}Issuer")
    root.insert(0 if issuer is None else root.index(issuer) + 1, node)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key.private_pem, xmlsec.constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(key.certificate_pem, xmlsec.constants.KeyDataFormatPem)
    context.register_id(root, "ID", None)
    context.sign(node)
    return etree.tostring(root)


def signed_query(parameters: Sequence[tuple[str, str]], key: Key) -> str:
    """The query of a redirect: these parameters, in this order, then `SigAlg` and `Signature`."""
    algorithm = RSA_SHA256 if key.kind is KeyKind.RSA else ECDSA_SHA256
    query = "&".join(f"{name}={quote_plus(value)}" for name, value in (*parameters, ("SigAlg", algorithm)))
    if isinstance(key.private_key, rsa.RSAPrivateKey):
        value = key.private_key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
    else:
        value = _raw(key.private_key.sign(query.encode(), ec.ECDSA(hashes.SHA256())), key.private_key.curve)
    return f"{query}&Signature={quote_plus(base64.b64encode(value).decode())}"


# --- others'


def verify(root: etree._Element, trusted: Iterable[x509.Certificate], at: datetime | None) -> etree._Element:
    """What the signature of `root` covers: the same element without its signature, read anew from its canonical form.

    :param root: the root of its document; parsed by `parsing.parse`, so that its identifiers are unique.
    :param trusted: certificates whose keys may have signed; the message's own KeyInfo is not looked at.
    :param at: when a certificate must hold; None where the certificate is pinned.
    :raises Refused: `UNSIGNED`, `STRUCTURE`, `WEAK_ALGORITHM`, `BAD_SIGNATURE` or `CERTIFICATE_EXPIRED`.
    """
    found = children(root, _ds("Signature"))
    if not found:
        raise Refused(Reason.UNSIGNED, f"{etree.QName(root).localname} is not signed")
    if len(found) > 1:
        raise Refused(Reason.STRUCTURE, "several signatures")
    signature = found[0]
    kind = _check_shape(signature, root)
    _choose(trusted, kind, at, lambda certificate: _fits(signature, root, certificate))
    return _without(root, signature)


@dataclasses.dataclass(frozen=True)
class SignedQuery:
    """The parts of a redirect's query that are signed, as they stand in the address."""

    parameters: dict[str, str]  # decoded
    signed: bytes
    algorithm: str
    signature: bytes

    @classmethod
    def read(cls, query: str, message: str) -> SignedQuery:
        """Take a query apart.

        :param message: `SAMLRequest` or `SAMLResponse`: the name of the message.
        :raises Refused: `STRUCTURE` for a repeated or missing parameter, `UNSIGNED` for no signature.
        """
        raw: dict[str, str] = {}
        for part in query.split("&"):
            name, _, value = part.partition("=")
            if name in raw:
                raise Refused(Reason.STRUCTURE, "a parameter given twice")
            raw[name] = value
        if "Signature" not in raw or "SigAlg" not in raw:
            raise Refused(Reason.UNSIGNED, "the redirect is not signed")
        if message not in raw or len({"SAMLRequest", "SAMLResponse"} & set(raw)) != 1:
            raise Refused(Reason.STRUCTURE, f"no {message}")
        covered = [name for name in (message, "RelayState", "SigAlg") if name in raw]
        return cls(
            parameters={name: unquote_plus(raw[name]) for name in covered},
            signed="&".join(f"{name}={raw[name]}" for name in covered).encode(),
            algorithm=unquote_plus(raw["SigAlg"]),
            signature=decoded(unquote_plus(raw["Signature"])),
        )

    def verify(self, trusted: Iterable[x509.Certificate], at: datetime) -> None:
        """Believe the query if one of these keys has signed it.

        :raises Refused: `WEAK_ALGORITHM`, `BAD_SIGNATURE` or `CERTIFICATE_EXPIRED`.
        """
        if self.algorithm not in SIGNATURES:
            raise Refused(Reason.WEAK_ALGORITHM, f"signature {self.algorithm[-40:]}")
        kind, algorithm = SIGNATURES[self.algorithm]
        _choose(trusted, kind, at, lambda certificate: self._fits(certificate, algorithm))

    def _fits(self, certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> bool:
        key = certificate.public_key()
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(self.signature, self.signed, padding.PKCS1v15(), algorithm)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(_der(self.signature, key.curve), self.signed, ec.ECDSA(algorithm))
            else:
                return False
        except InvalidSignature:
            return False
        return True


def decoded(value: str) -> bytes:
    """Base64 with white space in it, read strictly.

    :raises Refused: `STRUCTURE`.
    """
    try:
        return base64.b64decode(re.sub(r"\s+", "", value).encode(), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(Reason.STRUCTURE, "not base64") from None


def _choose(
    trusted: Iterable[x509.Certificate], kind: KeyKind, at: datetime | None, fits: Callable[[x509.Certificate], bool]
) -> None:
    """One of the certificates must fit, and hold at that time. Those that hold are tried first."""
    expired = False
    able = [certificate for certificate in trusted if _kind(certificate) is kind]
    for certificate in sorted(able, key=lambda certificate: not _holds(certificate, at)):
        if fits(certificate):
            if _holds(certificate, at):
                return
            expired = True
    if expired:
        raise Refused(Reason.CERTIFICATE_EXPIRED, "signed with a key whose certificate does not hold now")
    raise Refused(Reason.BAD_SIGNATURE, "no known key has made this signature")


def _kind(certificate: x509.Certificate) -> KeyKind:
    return KeyKind.RSA if isinstance(certificate.public_key(), rsa.RSAPublicKey) else KeyKind.EC


def _holds(certificate: x509.Certificate, at: datetime | None) -> bool:
    return at is None or certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _check_shape(signature: etree._Element, root: etree._Element) -> KeyKind:
    """One reference, to the root and the whole of it; nothing carried along. Returns what kind of key must have signed."""
    order = [etree.QName(child).localname for child in children(signature)]
    if order not in (["SignedInfo", "SignatureValue"], ["SignedInfo", "SignatureValue", "KeyInfo"]):
        raise Refused(Reason.STRUCTURE, "a signature with other parts than its own")
    info = only(signature, _ds("SignedInfo"))
    if [child.tag for child in children(info)] != [
        _ds(n) for n in ("CanonicalizationMethod", "SignatureMethod", "Reference")
    ]:
        raise Refused(Reason.STRUCTURE, "SignedInfo must hold one reference")
    _check_canonical(only(info, _ds("CanonicalizationMethod")))
    method = only(info, _ds("SignatureMethod"))
    if method.get("Algorithm") not in SIGNATURES or children(method):
        raise Refused(Reason.WEAK_ALGORITHM, f"signature {method.get('Algorithm', '')[-40:]}")
    _check_reference(only(info, _ds("Reference")), root)
    return SIGNATURES[method.get("Algorithm", "")][0]


def _check_reference(reference: etree._Element, root: etree._Element) -> None:
    identifier = root.get("ID")
    if not identifier or reference.get("URI") != f"#{identifier}":
        raise Refused(Reason.STRUCTURE, "the signature covers something else")
    transforms = children(only(reference, _ds("Transforms")))
    if [transform.get("Algorithm") for transform in transforms] != [ENVELOPED, EXCLUSIVE] or children(transforms[0]):
        raise Refused(Reason.STRUCTURE, "a transform that may leave something out")
    _check_canonical(transforms[1])
    digest = only(reference, _ds("DigestMethod")).get("Algorithm", "")
    if digest not in DIGESTS:
        raise Refused(Reason.WEAK_ALGORITHM, f"digest {digest[-40:]}")


def _check_canonical(method: etree._Element) -> None:
    if method.get("Algorithm") != EXCLUSIVE:
        raise Refused(Reason.STRUCTURE, "not exclusive canonicalisation")
    if {child.tag for child in children(method)} - {f"{{{EXCLUSIVE}}}InclusiveNamespaces"}:
        raise Refused(Reason.STRUCTURE, "parameters of a canonicalisation")


def _fits(signature: etree._Element, root: etree._Element, certificate: x509.Certificate) -> bool:
    public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(public, xmlsec.constants.KeyDataFormatPem)
    context.register_id(root, "ID", None)
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def _without(root: etree._Element, signature: etree._Element) -> etree._Element:
    """Read from the canonical form, so that what is read is what was signed, to the character."""
    place = root.index(signature)
    alone = parse(etree.tostring(root))
    alone.remove(alone[place])
    return parse(canonical(alone))


def _raw(der: bytes, curve: ec.EllipticCurve) -> bytes:
    """r‖s, as XML signatures write an ECDSA value (RFC 4050); ASN.1 is what `cryptography` makes."""
    size = (curve.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in utils.decode_dss_signature(der))


def _der(value: bytes, curve: ec.EllipticCurve) -> bytes:
    """ASN.1 of an ECDSA value. Some providers write r‖s, as in XML, others ASN.1 at once."""
    size = (curve.key_size + 7) // 8
    if len(value) != 2 * size:
        return value
    return utils.encode_dss_signature(int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big"))
