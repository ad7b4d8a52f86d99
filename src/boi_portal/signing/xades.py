"""The shape and the mathematics of one XAdES signature (ETSI EN 319 132-1; W3C XML Signature 1.1).

Owns every check that needs no trust: one signature, one data reference over the whole document, allowed algorithms,
XAdES properties that name the signing certificate, and the signature value itself. Must not resolve a reference outside
the file: all addresses are looked at before xmlsec sees the tree.
"""

from __future__ import annotations

import base64
import binascii
import copy
import dataclasses
import enum
import hashlib
import re
from datetime import UTC, datetime

import xmlsec
from cryptography import x509
from lxml import etree

from boi_portal.signing import certificates, parsing
from boi_portal.signing.refusals import Reason, SignatureRefused

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
SIGNED_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
MAX_CERTIFICATES = 10
MAX_REFERENCES = 8
MAX_TRANSFORMS = 4  # of one reference
MAX_XPATH_NODES = 25_000  # libxml2 joins node sets in quadratic time: this many take about a second

ENVELOPED = f"{DS}enveloped-signature"
BASE64 = f"{DS}base64"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XPATH_FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"
CANONICAL = frozenset(
    {
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2006/12/xml-c14n11#WithComments",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    }
)
DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}
SIGNATURES = frozenset(
    [f"http://www.w3.org/2001/04/xmldsig-more#{key}-sha{bits}" for key in ("rsa", "ecdsa") for bits in (256, 384, 512)]
    + [f"http://www.w3.org/2007/05/xmldsig-more#sha{bits}-rsa-MGF1" for bits in (256, 384, 512)]
)
# The two ways of writing "all but the signature" besides the enveloped-signature transform.
_NOT_SIGNATURE = re.compile(r"not\(\s*ancestor-or-self::([\w.-]+):Signature\s*\)")
_SUBTRACTED = re.compile(r"(?:/descendant::|//|descendant::)([\w.-]+):Signature")
_ID_NAMES = ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id")


class Form(enum.StrEnum):
    """Where the signature stands: inside the document's root, or around the document."""

    ENVELOPED = "enveloped"
    ENVELOPING = "enveloping"


@dataclasses.dataclass(frozen=True)
class CheckedSignature:
    """A signature whose value and digests are right; nothing is known yet about who made it."""

    form: Form
    content: bytes  # what was signed: exclusive canonical XML of the document without its signature
    certificate: x509.Certificate
    others: tuple[bytes, ...]  # further certificates in the file, DER
    algorithm: str  # URI
    claimed_time: datetime | None  # the signer's clock; proves nothing
    claims_role: bool


def check(signed: bytes) -> CheckedSignature:
    """Check everything about the signature in `signed` that needs no trust.

    :raises SignatureRefused: any reason but those about certificates.
    """
    root = parsing.parse(signed)
    signature = _only_signature(root)
    _refuse_external(root)
    parts = _Parts(root, signature)
    content = parts.content()
    xades = _Properties(parts)
    certificate, others = xades.signing_certificate()
    _verify_value(parts, certificates.public_key_pem(certificate))
    return CheckedSignature(
        form=parts.form,
        content=content,
        certificate=certificate,
        others=others,
        algorithm=parts.algorithm,
        claimed_time=xades.claimed_time(),
        claims_role=xades.claims_role(),
    )


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def _xades(name: str) -> str:
    return f"{{{XADES}}}{name}"


def _malformed(detail: str) -> SignatureRefused:
    return SignatureRefused(Reason.MALFORMED, detail)


def _not_whole(detail: str) -> SignatureRefused:
    return SignatureRefused(Reason.NOT_WHOLE, detail)


def _only_signature(root: etree._Element) -> etree._Element:
    found = list(root.iter(_ds("Signature")))
    if not found:
        raise SignatureRefused(Reason.NO_SIGNATURE, "no ds:Signature")
    if len(found) > 1:
        raise _not_whole(f"{len(found)} signatures")
    if found[0] is not root and found[0].getparent() is not root:
        raise _not_whole("the signature is neither the root nor a child of the root")
    return found[0]


def _refuse_external(root: etree._Element) -> None:
    """No element of the signature namespace may point outside the file: xmlsec would read it."""
    for element in root.iter(f"{{{DS}}}*"):
        address = element.get("URI")
        if address and not address.startswith("#"):
            raise SignatureRefused(Reason.EXTERNAL_REFERENCE, f"{etree.QName(element).localname} with an address")
    if next(root.iter(_ds("RetrievalMethod"), _ds("Manifest")), None) is not None:
        raise SignatureRefused(Reason.EXTERNAL_REFERENCE, "RetrievalMethod or Manifest")


def _only(parent: etree._Element, tag: str) -> etree._Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise _malformed(f"{len(found)} × {etree.QName(tag).localname}")
    return found[0]


def _elements(parent: etree._Element) -> list[etree._Element]:
    return [child for child in parent if isinstance(child.tag, str)]


def _text(element: etree._Element) -> str:
    if len(element):  # a comment splits the text: readers would differ in what they see
        raise _malformed(f"markup inside {etree.QName(element).localname}")
    return (element.text or "").strip()


def _decoded(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join(_text(element).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed(f"base64 in {etree.QName(element).localname}") from error


def _digest(element: etree._Element, data: bytes) -> bool:
    """Whether DigestMethod and DigestValue under `element` fit `data`."""
    method = _only(element, _ds("DigestMethod")).get("Algorithm", "")
    if method not in DIGESTS:
        raise SignatureRefused(Reason.WEAK_ALGORITHM, f"digest {method[-40:]}")
    return DIGESTS[method](data).digest() == _decoded(_only(element, _ds("DigestValue")))


class _Parts:
    """The elements of one signature, found once and checked for shape."""

    def __init__(self, root: etree._Element, signature: etree._Element) -> None:
        self.root = root
        self.signature = signature
        self.form = Form.ENVELOPING if signature is root else Form.ENVELOPED
        self.objects = signature.findall(_ds("Object"))
        self.key_info = _only(signature, _ds("KeyInfo"))
        self._identified = self._by_id()
        self.properties = self._signed_properties()
        self.algorithm, self.references = self._signed_info()
        self.data = self._classify()

    def content(self) -> bytes:
        """Canonical form of what the data reference covers, without the signature."""
        if self.form is Form.ENVELOPED:
            return self._enveloped_content()
        target = self._target(self.data)
        held = self._held_document(target)
        return parsing.canonical(held)

    def register_ids(self, context: xmlsec.SignatureContext) -> None:
        """Make known to xmlsec the very elements that were checked here, and no others."""
        for reference in self.references:
            target = self._target(reference)
            name = next((name for name in _ID_NAMES if target.get(name) == reference.get("URI", "")[1:]), None)
            if reference.get("URI") and name in _ID_NAMES[:3]:
                context.register_id(target, str(name), None)

    def _signed_properties(self) -> etree._Element:
        found = [p for o in self.objects for p in o.findall(_xades("QualifyingProperties"))]
        everywhere = list(self.root.iter(_xades("QualifyingProperties"), _xades("SignedProperties")))
        if not found:
            raise SignatureRefused(Reason.NOT_XADES, "no QualifyingProperties")
        if len(found) > 1 or len(everywhere) != 2:
            raise _not_whole("several sets of XAdES properties")
        if found[0].get("Target") != f"#{self.signature.get('Id')}":
            raise _malformed("QualifyingProperties are about another signature")
        return _only(found[0], _xades("SignedProperties"))

    def _signed_info(self) -> tuple[str, list[etree._Element]]:
        info = _only(self.signature, _ds("SignedInfo"))
        _only(self.signature, _ds("SignatureValue"))
        order = [etree.QName(child).localname for child in _elements(info)]
        if order[:2] != ["CanonicalizationMethod", "SignatureMethod"] or set(order[2:]) - {"Reference"}:
            raise _malformed("SignedInfo out of order")
        self._check_canonical(_only(info, _ds("CanonicalizationMethod")))
        algorithm = _only(info, _ds("SignatureMethod")).get("Algorithm", "")
        if algorithm not in SIGNATURES:
            raise SignatureRefused(Reason.WEAK_ALGORITHM, f"signature {algorithm[-40:]}")
        references = info.findall(_ds("Reference"))
        if len(references) > MAX_REFERENCES:
            raise _not_whole(f"{len(references)} references")
        for reference in references:
            method = _only(reference, _ds("DigestMethod")).get("Algorithm", "")
            if method not in DIGESTS:
                raise SignatureRefused(Reason.WEAK_ALGORITHM, f"digest {method[-40:]}")
        return algorithm, references

    def _classify(self) -> etree._Element:
        """The data reference; the others must be to the properties (once) and to KeyInfo (at most once)."""
        data, properties, keys = [], 0, 0
        for reference in self.references:
            target = self._target(reference)
            if target is self.properties:
                if reference.get("Type") != SIGNED_PROPERTIES_TYPE:
                    raise SignatureRefused(Reason.NOT_XADES, "the reference to SignedProperties has no type")
                properties += 1
            elif target is self.key_info:
                keys += 1
            else:
                data.append(reference)
                continue
            self._check_plain(reference)
        if len(data) != 1:
            raise _not_whole(f"{len(data)} data references")
        if properties != 1:
            raise SignatureRefused(Reason.NOT_XADES, f"{properties} references to SignedProperties")
        if keys > 1:
            raise _malformed("several references to KeyInfo")
        self._check_objects(data[0])
        return data[0]

    def _target(self, reference: etree._Element) -> etree._Element:
        address = reference.get("URI")
        if address is None:
            raise _not_whole("a reference without an address")
        if address == "":
            return self.root
        found = self._identified.get(address[1:], [])
        if len(found) != 1:
            raise _not_whole(f"{len(found)} elements for one reference")
        return found[0]

    def _by_id(self) -> dict[str, list[etree._Element]]:
        """Value of any attribute that some reader takes for an identifier → the elements that have it."""
        index: dict[str, list[etree._Element]] = {}
        for element in self.root.iter(etree.Element):
            for value in {element.get(name) for name in _ID_NAMES} - {None}:
                index.setdefault(str(value), []).append(element)
        return index

    def _check_objects(self, data: etree._Element) -> None:
        """Beside the XAdES properties a signature may hold our document and nothing else."""
        for holder in self.objects:
            if holder is not self.properties.getparent().getparent():
                if self.form is Form.ENVELOPED or self._target(data) not in (holder, *_elements(holder)):
                    raise _not_whole("an object that is not signed")
            elif len(_elements(holder)) != 1:
                raise _not_whole("something beside the XAdES properties")
        self._check_data_transforms(data)

    def _check_data_transforms(self, data: etree._Element) -> None:
        target = self._target(data)
        transforms = _transforms(data)
        if transforms and transforms[-1].get("Algorithm") in CANONICAL:
            self._check_canonical(transforms.pop())
        if self.form is Form.ENVELOPED:
            if target is not self.root:
                raise _not_whole("the data reference covers a part only")
            if not transforms or not all(map(_removes_signature, transforms)):
                raise _not_whole("a transform that may leave something out")
            if any(transform.get("Algorithm") == XPATH for transform in transforms):
                self._check_xpath_cost()
        elif target.tag == _ds("Object"):
            encoded = [t.get("Algorithm") for t in transforms] == [BASE64]
            if (transforms and not encoded) or encoded is bool(_elements(target)):
                raise _not_whole("a transform that may leave something out")
        elif transforms or target.getparent() not in self.objects:
            raise _not_whole("the data reference covers a part only")

    def _check_xpath_cost(self) -> None:
        nodes = 0
        for node in self.root.iter():
            # Itself, its text and tail, its attributes, its namespaces and the implicit one.
            nodes += 1 + bool(node.text) + bool(node.tail) + len(node.attrib) + len(node.nsmap) + 1
            if nodes > MAX_XPATH_NODES:
                raise SignatureRefused(Reason.TOO_COMPLEX, f"an XPath transform over more than {MAX_XPATH_NODES} nodes")

    def _check_plain(self, reference: etree._Element) -> None:
        transforms = _transforms(reference)
        if len(transforms) > 1:
            raise _not_whole("several transforms on properties")
        for transform in transforms:
            self._check_canonical(transform)

    @staticmethod
    def _check_canonical(method: etree._Element) -> None:
        if method.get("Algorithm") not in CANONICAL:
            raise _not_whole(f"canonicalisation or transform {method.get('Algorithm', '')[-40:]}")
        if {etree.QName(child).localname for child in _elements(method)} - {"InclusiveNamespaces"}:
            raise _malformed("parameters of a canonicalisation")

    def _enveloped_content(self) -> bytes:
        if self.root.getprevious() is not None or self.root.getnext() is not None:
            raise _not_whole("something beside the root element")
        alone = copy.deepcopy(self.root)
        signature = _only(alone, _ds("Signature"))
        before, tail = signature.getprevious(), signature.tail or ""
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            alone.text = (alone.text or "") + tail
        signature.tail = None
        alone.remove(signature)
        return parsing.canonical(alone)

    def _held_document(self, target: etree._Element) -> etree._Element:
        holder = target if target.tag == _ds("Object") else target.getparent()
        inside = _elements(holder)
        if not inside:
            held = parsing.parse(_decoded(holder))
            if held.getprevious() is not None or held.getnext() is not None:
                raise _not_whole("something beside the root element")
            return held
        texts = [holder.text, *(child.tail for child in holder)]
        if len(holder) != 1 or len(inside) != 1 or any((text or "").strip() for text in texts):
            raise _not_whole("something beside the document")
        return inside[0]


def _transforms(reference: etree._Element) -> list[etree._Element]:
    found = reference.findall(f"{_ds('Transforms')}/{_ds('Transform')}")
    if len(found) > MAX_TRANSFORMS or len(found) != len(list(reference.iter(_ds("Transform")))):
        raise _not_whole(f"{len(found)} transforms")
    return found


def _removes_signature(transform: etree._Element) -> bool:
    algorithm, parameters = transform.get("Algorithm"), _elements(transform)
    if algorithm == ENVELOPED:
        return not parameters
    if len(parameters) != 1:
        return False
    expression = _text(parameters[0])
    if algorithm == XPATH and parameters[0].tag == _ds("XPath"):
        match = _NOT_SIGNATURE.fullmatch(expression)
    elif algorithm == XPATH_FILTER and parameters[0].get("Filter") == "subtract":
        match = _SUBTRACTED.fullmatch(expression)
    else:
        return False
    return match is not None and parameters[0].nsmap.get(match.group(1)) == DS


class _Properties:
    """The signed XAdES properties."""

    def __init__(self, parts: _Parts) -> None:
        self._parts = parts
        self._signature_properties = _only(parts.properties, _xades("SignedSignatureProperties"))

    def signing_certificate(self) -> tuple[x509.Certificate, tuple[bytes, ...]]:
        """The certificate in KeyInfo whose digest was signed, and the others.

        :raises SignatureRefused: `NOT_XADES` where no digest was signed, `ALTERED` where no certificate fits it.
        """
        named = [
            element
            for name in ("SigningCertificateV2", "SigningCertificate")
            for element in self._signature_properties.findall(_xades(name))
        ]
        if not named:
            raise SignatureRefused(Reason.NOT_XADES, "no SigningCertificate")
        found = self._parts.key_info.findall(f"{_ds('X509Data')}/{_ds('X509Certificate')}")
        if not found:
            raise SignatureRefused(Reason.NOT_XADES, "no certificate in KeyInfo")
        if len(found) > MAX_CERTIFICATES:
            raise SignatureRefused(Reason.TOO_COMPLEX, f"{len(found)} certificates")
        ders = [_decoded(element) for element in found]
        fitting = {der for der in ders if all(self._names(element, der) for element in named)}
        if len(fitting) != 1:
            raise SignatureRefused(Reason.ALTERED, "no certificate fits SigningCertificate")
        der = fitting.pop()
        others = tuple(dict.fromkeys(other for other in ders if other != der))
        for other in others:
            certificates.load(other)
        return certificates.load(der), others

    def claimed_time(self) -> datetime | None:
        """SigningTime, in UTC where it has a zone; None where it is missing or no time."""
        element = self._signature_properties.find(_xades("SigningTime"))
        if element is None:
            return None
        try:
            time = datetime.fromisoformat(_text(element))
            return time.astimezone(UTC) if time.tzinfo else None
        except (ValueError, OverflowError):
            return None

    def claims_role(self) -> bool:
        """Whether the signer claims to be somebody, or to act as somebody."""
        return any(
            etree.QName(element).localname in {"SignerRole", "SignerRoleV2", "ClaimedRole"}
            for element in self._parts.signature.iter(etree.Element)
        )

    @staticmethod
    def _names(element: etree._Element, der: bytes) -> bool:
        first = element.find(_xades("Cert"))
        if first is None:
            raise SignatureRefused(Reason.NOT_XADES, "an empty SigningCertificate")
        return _digest(_only(first, _xades("CertDigest")), der)


def _verify_value(parts: _Parts, public_key: bytes) -> None:
    """The digests of all references and the signature value, with the key of the signing certificate and no other."""
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(public_key, xmlsec.constants.KeyDataFormatPem)
    parts.register_ids(context)
    try:
        context.verify(parts.signature)
    except xmlsec.Error as error:
        raise SignatureRefused(Reason.ALTERED, f"xmlsec: {type(error).__name__}") from error
