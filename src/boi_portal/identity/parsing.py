"""Reading XML that strangers send: size, shape and depth are bounded before anything looks at the content.

Owns the hardened parser, cutting an element out as a document of its own, and reading text. Must not know what a signature is.
"""

from __future__ import annotations

import re

from lxml import etree

from boi_portal.identity.refusals import Reason, Refused

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
DSIG11 = "http://www.w3.org/2009/xmldsig11#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_TAGS = 20_000  # "<" characters
MAX_ATTRIBUTES = 64  # of one element: canonicalisation sorts them in quadratic time
MAX_CANONICAL_WORK = 10**8  # tags × declarations²: canonicalisation compares them pairwise at every tag

_BOM = b"\xef\xbb\xbf"
_ENCODING = re.compile(rb"""\A<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# Whatever any reader may take for an identifier.
_IDS = ("ID", "Id", "id", "AssertionID", "RequestID", "ResponseID", "{http://www.w3.org/XML/1998/namespace}id")


def parse(data: bytes, comments: bool = False) -> etree._Element:
    """The root element of `data`, read without network, DTD or entities; identifiers in it are unique.

    :param comments: whether comments and processing instructions may be there. They may in metadata; in a message somebody may
        use them to split a value in two.
    :raises Refused: `TOO_LARGE`, `NOT_XML`, `DTD`, `COMMENT`, `STRUCTURE` or `DUPLICATE_ID`.
    """
    if len(data) > MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(data)} bytes, at most {MAX_BYTES}")
    _check_text(data)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused(Reason.NOT_XML, f"parser: {type(error).__name__}") from None
    _check_tree(root, comments)
    return root


def cut_out(element: etree._Element) -> etree._Element:
    """The same element as the root of a document of its own, with the namespaces that are known where it stood."""
    return parse(etree.tostring(element, with_tail=False))


def canonical(element: etree._Element) -> bytes:
    """Exclusive canonical form of `element` alone."""
    return etree.tostring(cut_out(element), method="c14n", exclusive=True, with_comments=False)


def children(element: etree._Element, tag: str | None = None) -> list[etree._Element]:
    """Child elements, all or those of one name."""
    return [child for child in element if isinstance(child.tag, str) and tag in (None, child.tag)]


def only(element: etree._Element, tag: str) -> etree._Element:
    """The one child of that name.

    :raises Refused: `STRUCTURE` for none or several.
    """
    found = children(element, tag)
    if len(found) != 1:
        raise Refused(
            Reason.STRUCTURE, f"{len(found)} {etree.QName(tag).localname} in {etree.QName(element).localname}"
        )
    return found[0]


def text(element: etree._Element) -> str:
    """Text of an element without children, without white space around it.

    :raises Refused: `STRUCTURE` where there is more than text.
    """
    if len(element):
        raise Refused(Reason.STRUCTURE, f"more than text in {etree.QName(element).localname}")
    return (element.text or "").strip()


def _check_text(data: bytes) -> None:
    beginning = data.removeprefix(_BOM).lstrip()
    if b"\0" in data or not beginning.startswith(b"<"):
        raise Refused(Reason.NOT_XML, "does not begin like XML")
    encoding = _ENCODING.match(beginning)
    if encoding and encoding.group(1).lower() not in {b"utf-8", b"us-ascii"}:
        raise Refused(Reason.NOT_XML, "not UTF-8")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Refused(Reason.DTD, "a document type declaration")
    tags, namespaces = data.count(b"<"), data.count(b"xmlns")
    if tags > MAX_TAGS or tags * namespaces**2 > MAX_CANONICAL_WORK:
        raise Refused(Reason.STRUCTURE, f"{tags} tags, {namespaces} namespace declarations")


def _check_tree(root: etree._Element, comments: bool) -> None:
    docinfo = root.getroottree().docinfo
    if docinfo.doctype or docinfo.internalDTD is not None:
        raise Refused(Reason.DTD, "a document type declaration")
    depth, identifiers = 0, set()
    for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            if not comments:
                raise Refused(Reason.COMMENT, "a comment or a processing instruction")
            continue
        depth += 1 if event == "start" else -1
        if event == "end":
            continue
        if depth > MAX_DEPTH or len(node.attrib) > MAX_ATTRIBUTES:
            raise Refused(Reason.STRUCTURE, "nested too deep, or too many attributes")
        for value in {node.get(name) for name in _IDS} - {None}:
            if value in identifiers:
                raise Refused(Reason.DUPLICATE_ID, "two elements with one identifier")
            identifiers.add(value)
