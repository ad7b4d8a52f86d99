"""What a person's own signing application does: take an XML document, give back the same with a XAdES signature.

Owns making the signature, with signxml. Must not use the portal's code for it.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.xades import XAdESDataObjectFormat, XAdESSigner

from boi_portal.sandbox.authority import Credential

MAX_BYTES = 5 * 1024 * 1024
_DS = "{http://www.w3.org/2000/09/xmldsig#}"


class _Signer(XAdESSigner):
    """Says how its own references were canonicalised.

    signxml digests SignedProperties and KeyInfo in the chosen canonical form but writes no Transform, so that everybody
    else, as the standard says, takes inclusive canonical XML 1.0 and finds another digest.
    """

    def _add_reference_to_signed_info(self, sig_root: Any, node_to_reference: Any, **attrs: Any) -> None:
        super()._add_reference_to_signed_info(sig_root, node_to_reference, **attrs)
        reference = sig_root.find(f"{_DS}SignedInfo")[-1]
        transforms = etree.Element(f"{_DS}Transforms")
        etree.SubElement(transforms, f"{_DS}Transform", Algorithm=self.c14n_alg.value)
        reference.insert(0, transforms)


class DocumentError(ValueError):
    """The document cannot be signed; the message is Polish."""


def sign(document: bytes, credential: Credential) -> bytes:
    """`document` with an enveloped XAdES-BASELINE-B signature as the last child of its root.

    :raises DocumentError: empty, over 5 MB, no XML, with a DTD, or signed already.
    """
    root = _parse(document)
    signer = _Signer(
        data_object_format=XAdESDataObjectFormat(Description="Dokument XML", MimeType="text/xml"),
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed = signer.sign(root, key=credential.key_pem, cert=credential.certificates_pem, always_add_key_value=False)
    return bytes(etree.tostring(signed, encoding="UTF-8", xml_declaration=True))


def _parse(document: bytes) -> etree._Element:
    if not document:
        raise DocumentError("Wybierz plik XML z dokumentem do podpisania.")
    if len(document) > MAX_BYTES:
        raise DocumentError("Dokument jest za duży: może mieć najwyżej 5 MB.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError("To nie jest poprawny plik XML. Wybierz dokument pobrany z portalu.") from error
    if root.getroottree().docinfo.doctype:
        raise DocumentError("Dokument z deklaracją typu (DTD) nie może być podpisany.")
    if next(root.iter(f"{_DS}Signature"), None) is not None:
        raise DocumentError("Ten dokument jest już podpisany. Wybierz dokument pobrany z portalu.")
    return root
