"""The document that a person signs: a filled-in form as canonical XML, and reading it again for people.

Owns the document's shape (`schema/pismo-1.xsd`) and its bytes: the same form, applicant and time always give the same bytes, which
canonicalisation does not change. Knows nothing of drafts' storage, requests or signatures.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from ..publishing.richtext import plain_text
from .drafts import Attachment, Entry, FilledForm, FilledPage

NAMESPACE = "urn:boi-portal:pismo:1"
SCHEMA = Path(__file__).parent / "schema" / "pismo-1.xsd"
# what a document says of its own version: one in nobody else's name is what it was before there were representatives
PLAIN, WITH_AGENT = "1", "1.1"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
# what XML 1.0 cannot hold, and the carriage return, which parsers and canonicalisation treat each in a way of its own
_ILLEGAL = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class DocumentError(ValueError):
    """The document does not have the shape of its schema: a fault of the portal, not of the person."""


@dataclasses.dataclass(frozen=True)
class Addressee:
    """To whom the document is written."""

    name: str  # e.g. Burmistrz Zdrojów
    office: str
    nip: str = ""


@dataclasses.dataclass(frozen=True)
class Sender:
    """Who writes, as the account says. `identity_document` is (kind, number, country) of a person without PESEL."""

    kind: str
    first_name: str
    last_name: str
    pesel: str = ""
    birth_date: str = ""
    identity_document: tuple[str, str, str] | None = None
    org_name: str = ""
    nip: str = ""
    regon: str = ""
    krs: str = ""

    @classmethod
    def of(cls, applicant: Any) -> Sender:
        """What the document says of an account."""
        held = None if applicant.pesel else applicant.document
        return cls(
            kind=applicant.kind,
            first_name=applicant.first_name,
            last_name=applicant.last_name,
            pesel=applicant.pesel,
            birth_date="" if applicant.pesel else applicant.birth_date,
            identity_document=(held["kind"], held["number"], held["country"]) if held else None,
            org_name=applicant.org_name,
            nip=applicant.nip,
            regon=applicant.regon,
            krs=applicant.krs,
        )

    def without_numbers(self) -> Sender:
        """A firm without the personal numbers of whoever made its account, for papers that somebody else writes in its name."""
        return dataclasses.replace(self, pesel="", birth_date="", identity_document=None)

    @property
    def name(self) -> str:
        """The firm or institution, or else the person."""
        return self.org_name or f"{self.first_name} {self.last_name}".strip()


MEMBER, MANDATE = "member", "mandate"


@dataclasses.dataclass(frozen=True)
class Agent:
    """Who writes in the sender's name, and by what: as one of a firm's people, or by a mandate.

    `id` is the representation's; dates are ISO and empty where it has none; `sha256` is of the mandate's document.
    """

    first_name: str
    last_name: str
    pesel: str
    basis: str
    id: str
    valid_from: str = ""
    valid_until: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, acting: Any) -> Agent | None:
        """What the document says of who acts (`representation.acting.Acting`); None for who acts for himself."""
        if acting is None or acting.representation is None:
            return None
        person, by = acting.person, acting.representation
        return cls(
            first_name=person.first_name,
            last_name=person.last_name,
            pesel=person.pesel,
            basis=by.kind,
            id=by.id,
            valid_from=by.valid_from.isoformat() if by.valid_from else "",
            valid_until=by.valid_until.isoformat() if by.valid_until else "",
            sha256=by.document.sha256 if by.document is not None else "",
        )

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def by_mandate(self) -> bool:
        """Whether it is a mandate by which the person acts."""
        return self.basis == MANDATE


def make(
    filled: FilledForm,
    draft_id: str,
    sender: Sender,
    addressee: Addressee,
    at: datetime.datetime,
    agent: Agent | None = None,
) -> bytes:
    """The document of a filled-in form, made `at`; `agent` is who writes in the sender's name.

    :raises DocumentError: what came out does not fit the schema.
    """
    root = _root(filled, draft_id, sender, agent)
    made = _element("DataUtworzenia", at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    root[1:1] = [made, _addressee(addressee)]
    document = DECLARATION + etree.tostring(root, method="c14n", exclusive=True, with_comments=False)
    check(document)
    return bytes(document)


def fingerprint(filled: FilledForm, draft_id: str, sender: Sender, agent: Agent | None = None) -> str:
    """SHA-256 of what the applicant says in a document: it changes when an answer, the account's data or who acts for it do."""
    root = _root(filled, draft_id, sender, agent)
    return hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True)).hexdigest()


def check(document: bytes) -> None:
    """:raises DocumentError: `document` does not fit the schema."""
    schema = _schema()
    try:
        root = etree.fromstring(document, _parser())
    except etree.XMLSyntaxError as error:
        raise DocumentError(str(error)) from error
    if not schema.validate(root):
        last = schema.error_log.last_error
        raise DocumentError(f"line {last.line}: {last.type_name} at {last.path}")


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMA), _parser()))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


# making


def _root(filled: FilledForm, draft_id: str, sender: Sender, agent: Agent | None) -> etree._Element:
    """The document without the time and the addressee, which are not the applicant's words."""
    root = etree.Element(_tag("Pismo"), wersja=PLAIN if agent is None else WITH_AGENT, nsmap={None: NAMESPACE})
    _add(root, "Identyfikator", draft_id)
    _sender(root, sender)
    if agent is not None:
        _agent(root, agent)
    form = _add(root, "Formularz")
    _add(form, "Tytul", filled.title)
    _add(form, "Symbol", filled.symbol)
    _add(form, "Identyfikator", filled.uid)
    _add(form, "Wersja", str(filled.version))
    _add(form, "SHA-256", filled.sha256)
    _pages(_add(root, "Tresc"), filled.pages)
    _add_given(root, "Zgoda", plain_text(filled.consent))
    _attachments(_add(root, "Zalaczniki"), filled.attachments)
    return root


def _addressee(addressee: Addressee) -> etree._Element:
    node = _element("Adresat")
    _add(node, "Nazwa", addressee.name)
    _add(node, "Urzad", addressee.office)
    _add_given(node, "NIP", addressee.nip)
    return node


def _sender(root: etree._Element, sender: Sender) -> None:
    node = _add(root, "Wnioskodawca", rodzaj=sender.kind)
    _add(node, "Imie", sender.first_name)
    _add(node, "Nazwisko", sender.last_name)
    _add_given(node, "PESEL", sender.pesel)
    _add_given(node, "DataUrodzenia", sender.birth_date)
    if sender.identity_document is not None:
        kind, number, country = sender.identity_document
        _add(node, "Dokument", number, rodzaj=kind, kraj=country)
    for name, value in (("Nazwa", sender.org_name), ("NIP", sender.nip), ("REGON", sender.regon), ("KRS", sender.krs)):
        _add_given(node, name, value)


def _agent(root: etree._Element, agent: Agent) -> None:
    node = _add(root, "Przedstawiciel", podstawa=agent.basis)
    _add(node, "Imie", agent.first_name)
    _add(node, "Nazwisko", agent.last_name)
    _add_given(node, "PESEL", agent.pesel)
    _add(node, "Identyfikator", agent.id)
    for name, value in (("Od", agent.valid_from), ("Do", agent.valid_until), ("SHA-256", agent.sha256)):
        _add_given(node, name, value)


def _pages(parent: etree._Element, pages: Iterable[FilledPage]) -> None:
    for page in pages:
        node = _add(parent, "Strona", id=page.id)
        _add(node, "Tytul", page.title)
        _entries(node, page.entries)


def _entries(parent: etree._Element, entries: Iterable[Entry]) -> None:
    for entry in entries:
        field = _add(parent, "Pole", id=entry.id, typ=entry.type)
        _add(field, "Etykieta", entry.label)
        for label, text in entry.display:
            line = _add(field, "Linia")
            _add_given(line, "Etykieta", label)
            _add(line, "Tekst", text)
        if entry.type == "group":
            _entries(_add(field, "Grupa"), entry.entries)
        elif entry.type == "repeat":
            _rows(_add(field, "Wiersze"), entry)
        else:
            _value(field, entry.value)


def _rows(parent: etree._Element, entry: Entry) -> None:
    for number, row in enumerate(entry.rows, 1):
        node = _add(parent, "Wiersz")
        _add(node, "Etykieta", f"{entry.row_label} {number}")
        _entries(node, row)


def _value(parent: etree._Element, value: Any, **names: str) -> None:
    """A JSON-like value; its kind is said, so that `12` and `"12"` differ."""
    if value is None:
        _add(parent, "Wartosc", rodzaj="brak", **names)
    elif isinstance(value, bool):
        _add(parent, "Wartosc", "true" if value else "false", rodzaj="logiczna", **names)
    elif isinstance(value, int):
        _add(parent, "Wartosc", str(value), rodzaj="liczba", **names)
    elif isinstance(value, str):
        _add(parent, "Wartosc", value, rodzaj="tekst", **names)
    elif isinstance(value, Mapping):
        node = _add(parent, "Wartosc", rodzaj="zlozona", **names)
        for name in sorted(value):
            _value(node, value[name], klucz=name)
    elif isinstance(value, list | tuple):
        node = _add(parent, "Wartosc", rodzaj="lista", **names)
        for item in value:
            _value(node, item)
    else:
        raise DocumentError(f"an answer of type {type(value).__name__}")


def _attachments(parent: etree._Element, attachments: Iterable[Attachment]) -> None:
    for attached in attachments:
        node = _add(parent, "Zalacznik", id=attached.id, pole=attached.field_id)
        _add(node, "Nazwa", attached.name)
        _add(node, "Rozmiar", str(attached.size))
        _add(node, "Typ", attached.media_type)
        _add(node, "SHA-256", attached.sha256)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _element(name: str, text: str = "", **attributes: str) -> etree._Element:
    node = etree.Element(_tag(name), {key: _clean(value) for key, value in attributes.items()}, nsmap={None: NAMESPACE})
    node.text = _clean(text) or None
    return node


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    node = _element(name, text, **attributes)
    parent.append(node)
    return node


def _add_given(parent: etree._Element, name: str, text: str) -> None:
    if text:
        _add(parent, name, text)


# reading


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of an answer; `label` is empty where the field has one answer only."""

    label: str
    text: str


@dataclasses.dataclass(frozen=True)
class Answer:
    """A field with its answer in words: `lines`, or what is `inside` a group, or labelled `rows` of a list."""

    id: str
    type: str
    label: str
    lines: tuple[Line, ...] = ()
    inside: tuple[Answer, ...] = ()
    rows: tuple[tuple[str, tuple[Answer, ...]], ...] = ()


@dataclasses.dataclass(frozen=True)
class Part:
    """A page of the form."""

    title: str
    answers: tuple[Answer, ...]


@dataclasses.dataclass(frozen=True)
class Attached:
    """An attachment as the document names it."""

    id: str
    field: str
    name: str
    size: int
    media_type: str
    sha256: str


@dataclasses.dataclass(frozen=True)
class Letter:
    """A document as people read it."""

    draft_id: str
    made_at: datetime.datetime
    addressee: Addressee
    sender: Sender
    agent: Agent | None  # who writes in the sender's name
    form_title: str
    form_symbol: str
    form_uid: str
    form_version: int
    form_sha256: str
    parts: tuple[Part, ...]
    consent: str  # what was agreed to; empty: nothing
    attachments: tuple[Attached, ...]


def read(document: bytes) -> Letter:
    """A document that `make` made, in words.

    :raises DocumentError: it is none.
    """
    check(document)
    root = etree.fromstring(document, _parser())
    form = root.find(_tag("Formularz"))
    return Letter(
        draft_id=_text(root, "Identyfikator"),
        made_at=datetime.datetime.fromisoformat(_text(root, "DataUtworzenia")),
        addressee=Addressee(*(_text(root.find(_tag("Adresat")), name) for name in ("Nazwa", "Urzad", "NIP"))),
        sender=_read_sender(root.find(_tag("Wnioskodawca"))),
        agent=_read_agent(root.find(_tag("Przedstawiciel"))),
        form_title=_text(form, "Tytul"),
        form_symbol=_text(form, "Symbol"),
        form_uid=_text(form, "Identyfikator"),
        form_version=int(_text(form, "Wersja")),
        form_sha256=_text(form, "SHA-256"),
        parts=tuple(map(_read_part, root.find(_tag("Tresc")))),
        consent=_text(root, "Zgoda"),
        attachments=tuple(map(_read_attached, root.find(_tag("Zalaczniki")))),
    )


def _text(parent: etree._Element, name: str) -> str:
    return parent.findtext(_tag(name)) or ""


def _read_sender(node: etree._Element) -> Sender:
    held = node.find(_tag("Dokument"))
    return Sender(
        kind=node.get("rodzaj"),
        first_name=_text(node, "Imie"),
        last_name=_text(node, "Nazwisko"),
        pesel=_text(node, "PESEL"),
        birth_date=_text(node, "DataUrodzenia"),
        identity_document=None if held is None else (held.get("rodzaj"), held.text or "", held.get("kraj")),
        org_name=_text(node, "Nazwa"),
        nip=_text(node, "NIP"),
        regon=_text(node, "REGON"),
        krs=_text(node, "KRS"),
    )


def _read_agent(node: etree._Element | None) -> Agent | None:
    if node is None:
        return None
    return Agent(
        first_name=_text(node, "Imie"),
        last_name=_text(node, "Nazwisko"),
        pesel=_text(node, "PESEL"),
        basis=node.get("podstawa"),
        id=_text(node, "Identyfikator"),
        valid_from=_text(node, "Od"),
        valid_until=_text(node, "Do"),
        sha256=_text(node, "SHA-256"),
    )


def _read_part(node: etree._Element) -> Part:
    return Part(_text(node, "Tytul"), _read_answers(node))


def _read_answers(node: etree._Element | None) -> tuple[Answer, ...]:
    return () if node is None else tuple(map(_read_answer, node.findall(_tag("Pole"))))


def _read_answer(node: etree._Element) -> Answer:
    return Answer(
        id=node.get("id"),
        type=node.get("typ"),
        label=_text(node, "Etykieta"),
        lines=tuple(Line(_text(line, "Etykieta"), _text(line, "Tekst")) for line in node.findall(_tag("Linia"))),
        inside=_read_answers(node.find(_tag("Grupa"))),
        rows=tuple(
            (_text(row, "Etykieta"), _read_answers(row)) for row in node.iterfind(f"{_tag('Wiersze')}/{_tag('Wiersz')}")
        ),
    )


def _read_attached(node: etree._Element) -> Attached:
    size = int(_text(node, "Rozmiar"))
    return Attached(
        node.get("id"), node.get("pole"), _text(node, "Nazwa"), size, _text(node, "Typ"), _text(node, "SHA-256")
    )
