"""XML signatures of SAML: enveloped, right after Issuer, by exclusive canonical XML; making and checking, with xmlsec.

What is checked comes from a service provider: exactly one signature of the whole message, by one of the keys in its metadata.
"""

from __future__ import annotations

from typing import Any

import xmlsec
from lxml import etree

from boi_portal.sandbox.identity.documents import MessageError, find, find_all, make, tag
from boi_portal.sandbox.identity.keys import SigningKey

SIGNATURES = {
    ("ec", "sha256"): xmlsec.constants.TransformEcdsaSha256,
    ("ec", "sha1"): xmlsec.constants.TransformEcdsaSha1,
    ("rsa", "sha256"): xmlsec.constants.TransformRsaSha256,
    ("rsa", "sha1"): xmlsec.constants.TransformRsaSha1,
}
DIGESTS = {"sha256": xmlsec.constants.TransformSha256, "sha1": xmlsec.constants.TransformSha1}
PREFIX_LIST = ("ds", "saml2", "saml2p", "xenc")
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_ACCEPTED = {f"{_MORE}{family}-{digest}" for family in ("ecdsa", "rsa") for digest in ("sha256", "sha384", "sha512")}
_ACCEPTED_DIGESTS = {"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#sha512"}


def sign(
    element: etree._Element, signer: SigningKey, digest: str = "sha256", prefixes: tuple[str, ...] = PREFIX_LIST
) -> None:
    """Put an enveloped signature after the element's Issuer, or first where it has none (metadata)."""
    method = SIGNATURES["ec" if signer.is_ec else "rsa", digest]
    signature = _template(element, method, DIGESTS[digest], prefixes)
    signature.append(_key_info(signer))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(signer.key_pem, xmlsec.constants.KeyDataFormatPem)
    _complete(element, signature, context)


def sign_by_mac(element: etree._Element, signer: SigningKey) -> None:
    """Put a signature that everybody can make: an HMAC whose secret is the published key."""
    signature = _template(element, xmlsec.constants.TransformHmacSha256, DIGESTS["sha256"], PREFIX_LIST)
    signature.append(_key_info(signer))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, signer.public_pem)
    _complete(element, signature, context)


def verify(message: etree._Element, certificates: list[bytes]) -> None:
    """Check the one signature that covers the whole message, against PEM certificates.

    :raises MessageError: not signed, signed otherwise, or by none of them.
    """
    signature = _only_signature(message)
    for certificate in certificates:
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(certificate, xmlsec.constants.KeyDataFormatCertPem)
        context.register_id(message, "ID")
        try:
            context.verify(signature)
            return
        except xmlsec.Error:
            continue  # another of the provider's keys may have signed
    raise MessageError("Podpis komunikatu nie zgadza się z żadnym kluczem w metadanych serwisu.")


def _only_signature(message: etree._Element) -> etree._Element:
    signatures = [child for child in message if child.tag == tag("ds:Signature")]
    if len(signatures) != 1 or len(list(message.iter(tag("ds:Signature")))) != 1:
        raise MessageError("Komunikat musi mieć dokładnie jeden podpis.")
    signature = signatures[0]
    references = find_all(signature, "ds:SignedInfo/ds:Reference")
    if len(references) != 1 or references[0].get("URI") != f"#{message.get('ID')}":
        raise MessageError("Podpis nie obejmuje całego komunikatu.")
    if len(message.xpath("//*[@ID = $id]", id=message.get("ID"))) != 1:
        raise MessageError("Identyfikator komunikatu się powtarza.")
    transforms = [each.get("Algorithm") for each in references[0].iter(tag("ds:Transform"))]
    if (
        transforms != [_ENVELOPED, _EXCLUSIVE]
        or _algorithm(signature, "ds:SignedInfo/ds:CanonicalizationMethod") != _EXCLUSIVE
    ):
        raise MessageError("Podpis ma niedozwolone przekształcenia.")
    digest = _algorithm(references[0], "ds:DigestMethod")
    if _algorithm(signature, "ds:SignedInfo/ds:SignatureMethod") not in _ACCEPTED or digest not in _ACCEPTED_DIGESTS:
        raise MessageError("Podpis używa niedozwolonego algorytmu.")
    return signature


def _algorithm(element: etree._Element, path: str) -> str:
    found = find(element, path)
    return "" if found is None else found.get("Algorithm", "")


def _template(element: etree._Element, method: Any, digest: Any, prefixes: tuple[str, ...]) -> etree._Element:
    signature = xmlsec.template.create(element, xmlsec.constants.TransformExclC14N, method, ns="ds")
    reference = xmlsec.template.add_reference(signature, digest, uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    canonical = xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    if prefixes:
        xmlsec.template.transform_add_c14n_inclusive_namespaces(canonical, list(prefixes))
    return signature


def _key_info(signer: SigningKey) -> etree._Element:
    return make("ds:KeyInfo", make("ds:X509Data", make("ds:X509Certificate", signer.certificate_text)))


def _complete(element: etree._Element, signature: etree._Element, context: xmlsec.SignatureContext) -> None:
    first = element[0] if len(element) else None
    element.insert(1 if first is not None and first.tag == tag("saml2:Issuer") else 0, signature)
    context.register_id(element, "ID")
    context.sign(signature)
