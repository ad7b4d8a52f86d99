"""XML of SAML 2.0 as lxml elements: names by prefix, safe parsing, times, identifiers.

Owns no knowledge of messages; those are in `answers`, `asking` and `metadata`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from lxml import etree

NAMESPACES = {
    "saml2": "urn:oasis:names:tc:SAML:2.0:assertion",
    "saml2p": "urn:oasis:names:tc:SAML:2.0:protocol",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "dsig11": "http://www.w3.org/2009/xmldsig11#",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
    "xenc11": "http://www.w3.org/2009/xmlenc11#",
    "eidas": "http://eidas.europa.eu/saml-extensions",
    "naturalperson": "http://eidas.europa.eu/attributes/naturalperson",
    "coi-extension": "http://coi.gov.pl/saml-extensions",
    "coi-naturalperson": "http://coi.gov.pl/attributes/naturalperson",
    "kirwb": "http://wb.kir.pl/saml-extensions",
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_SIGNED = ("ds", "saml2", "saml2p", "xenc")
# what Węzeł Krajowy declares on each message and on the assertion
MESSAGE_PREFIXES = (
    *_SIGNED,
    "coi-extension",
    "coi-naturalperson",
    "dsig11",
    "eidas",
    "kirwb",
    "md",
    "naturalperson",
    "xenc11",
)
PLAIN_PREFIXES = _SIGNED
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
LEVELS = {level: f"http://eidas.europa.eu/LoA/{level}" for level in ("low", "substantial", "high")}
MAX_BYTES = 256 * 1024  # of a message from a service provider


class MessageError(ValueError):
    """A message from a service provider is refused; the text is Polish and says why."""


def tag(name: str) -> str:
    """`saml2:Issuer` in lxml's notation."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def make(name: str, *content: Any, declare: tuple[str, ...] = (), **attributes: str | None) -> etree._Element:
    """An element with text and children in `content` (None is left out), attributes that are not None, and prefixes declared."""
    declared = {prefix: NAMESPACES[prefix] for prefix in (*declare, name.partition(":")[0])}
    element = etree.Element(tag(name), nsmap=declared)
    for key, value in attributes.items():
        if value is not None:
            element.set(key, value)
    for item in content:
        if isinstance(item, str):
            element.text = (element.text or "") + item
        elif item is not None:
            element.append(item)
    return element


def find(element: etree._Element, path: str) -> etree._Element | None:
    """The first element on a path of prefixed names."""
    return element.find(path, NAMESPACES)


def find_all(element: etree._Element, path: str) -> list[etree._Element]:
    """All elements on a path of prefixed names."""
    return list(element.findall(path, NAMESPACES))


def text_of(element: etree._Element, path: str) -> str:
    """Text on a path, stripped; empty where there is none."""
    return (element.findtext(path, "", NAMESPACES) or "").strip()


def parse(data: bytes, limit: int = MAX_BYTES) -> etree._Element:
    """The root of a document from outside.

    :raises MessageError: too large, no XML, or with a document type.
    """
    if len(data) > limit:
        raise MessageError("Dokument jest za duży.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise MessageError("To nie jest poprawny XML.") from error
    if root.getroottree().docinfo.doctype:
        raise MessageError("Dokument ma deklarację typu (DTD).")
    return root


def copied(element: etree._Element) -> etree._Element:
    """The element in a document of its own, with the prefixes that were in force."""
    return etree.fromstring(etree.tostring(element, with_tail=False))


def written(element: etree._Element) -> bytes:
    """The element as bytes, with the prefixes that are in force."""
    return bytes(etree.tostring(element, encoding="UTF-8", with_tail=False))


def in_envelope(message: etree._Element) -> etree._Element:
    """The message in a SOAP 1.1 envelope."""
    return make("soap:Envelope", make("soap:Body", message))


def out_of_envelope(envelope: etree._Element) -> etree._Element:
    """The one message in a SOAP 1.1 body, in a document of its own.

    :raises MessageError: anything else.
    """
    bodies = find_all(envelope, "soap:Body") if envelope.tag == tag("soap:Envelope") else []
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise MessageError("To nie jest koperta SOAP 1.1 z jednym komunikatem.")
    return copied(bodies[0][0])


def new_id() -> str:
    """A new identifier of a message, as Węzeł Krajowy writes them."""
    return f"ID-{uuid.uuid4()}"


def now() -> dt.datetime:
    """The time in UTC."""
    return dt.datetime.now(dt.UTC)


def instant(moment: dt.datetime) -> str:
    """A time as xs:dateTime in UTC, to the millisecond."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> dt.datetime:
    """A time from xs:dateTime.

    :raises MessageError: it is none, or has no time zone.
    """
    try:
        moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise MessageError("Niepoprawna data w komunikacie.") from error
    if moment.tzinfo is None:
        raise MessageError("Data w komunikacie nie ma strefy czasowej.")
    return moment
