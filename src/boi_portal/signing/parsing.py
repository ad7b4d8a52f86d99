"""Reading XML that strangers send: size, shape and depth are bounded before anything looks at the content.

Owns the hardened parser and the canonical form that documents are compared by. Must not know what a signature is.
"""

from __future__ import annotations

import copy
import re

from lxml import etree

from boi_portal.signing.refusals import Reason, SignatureRefused

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 256
MAX_TAGS = 100_000  # "<" characters: start tags, end tags, comments and the rest
MAX_ATTRIBUTES = 64  # of one element: canonicalisation sorts them in quadratic time
MAX_NAMESPACES = 500  # declarations in the whole file
MAX_CANONICAL_WORK = 10**8  # tags × declarations²: canonicalisation compares them pairwise at every tag; about a second

# Prefixes of what people send instead of XML: gzip, zip (ASiC, docx), bzip2, xz, 7z, zstd.
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd")
_BOM = b"\xef\xbb\xbf"
_ENCODING = re.compile(rb"""\A<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# All of them keep ASCII where it is, so that the scans for tags and declarations below see what the parser sees.
_ENCODINGS = re.compile(rb"utf-?8|us-ascii|ascii|iso-8859-(?:1|2|15|16)|windows-125[02]", re.IGNORECASE)


def parse(data: bytes) -> etree._Element:
    """The root element of `data`, read without network, DTD or entities.

    :raises SignatureRefused: `TOO_LARGE`, `TOO_COMPLEX` or `NOT_XML`.
    """
    if len(data) > MAX_BYTES:
        raise SignatureRefused(Reason.TOO_LARGE, f"{len(data)} bytes, at most {MAX_BYTES}")
    _check_text(data)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        strip_cdata=False,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SignatureRefused(_syntax_reason(error), f"parser: {type(error).__name__}") from error
    _check_tree(root)
    return root


def canonical(element: etree._Element) -> bytes:
    """Exclusive canonical form of `element` alone, comments kept, so that nothing added goes unseen."""
    alone = copy.deepcopy(element)
    alone.tail = None
    return etree.tostring(alone, method="c14n", exclusive=True, with_comments=True)


def _check_text(data: bytes) -> None:
    if data.startswith(_PACKED):
        raise SignatureRefused(Reason.TOO_COMPLEX, "a packed file")
    if b"\0" in data or not data.removeprefix(_BOM).lstrip().startswith(b"<"):
        raise SignatureRefused(Reason.NOT_XML, "does not begin like XML in an encoding based on ASCII")
    encoding = _ENCODING.match(data.removeprefix(_BOM).lstrip())
    if encoding and not _ENCODINGS.fullmatch(encoding.group(1)):
        raise SignatureRefused(Reason.NOT_XML, "unsupported encoding")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SignatureRefused(Reason.TOO_COMPLEX, "a document type declaration")
    tags, namespaces = data.count(b"<"), data.count(b"xmlns")
    if tags > MAX_TAGS or namespaces > MAX_NAMESPACES or tags * namespaces**2 > MAX_CANONICAL_WORK:
        raise SignatureRefused(Reason.TOO_COMPLEX, f"{tags} tags, {namespaces} namespace declarations")


def _syntax_reason(error: Exception) -> Reason:
    """Limits of libxml2 (depth, amplification) are met as syntax errors; they are told apart by their code."""
    limits = {etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_ENTITY_LOOP}
    return Reason.TOO_COMPLEX if getattr(error, "code", None) in limits else Reason.NOT_XML


def _check_tree(root: etree._Element) -> None:
    docinfo = root.getroottree().docinfo
    if docinfo.doctype or docinfo.internalDTD is not None:
        raise SignatureRefused(Reason.TOO_COMPLEX, "a document type declaration")
    depth = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise SignatureRefused(Reason.TOO_COMPLEX, f"nested deeper than {MAX_DEPTH}")
        if event == "start" and len(node.attrib) > MAX_ATTRIBUTES:
            raise SignatureRefused(Reason.TOO_COMPLEX, f"an element with more than {MAX_ATTRIBUTES} attributes")
