"""Fields made of others: address, group, repeat; and files, whose answer is a list of ids of stored files."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Mapping
from typing import Any

import colander
import deform.widget

from ...web.formfields import RowsWidget
from ...web.polish import counted
from ..errors import AnswerError
from . import keys
from .base import Field, FieldType, Shown, text_input
from .numbers import PostalCode
from .plain import Text

MAX_ROWS = 50
MAX_FILES = 20
FILE_TYPES = ("pdf", "jpg", "png", "docx", "odt", "xml")
FILE_ID = re.compile(r"[0-9a-f]{32}\Z")


class Address(FieldType):
    """A postal address: a dict of its parts. The parts are fields of their own, so each has its own message."""

    name = "address"
    title = "Adres"
    keys = (keys.flag("voivodeship", "Pytaj też o gminę i województwo"),)
    prefills = frozenset({"applicant.address"})

    PARTS = (
        # id, label, type, longest, required, autocomplete
        ("street", "Ulica (jeśli miejscowość ma ulice)", Text(), 100, False, "address-line1"),
        ("house_number", "Numer domu", Text(), 20, True, ""),
        ("flat", "Numer mieszkania (jeśli jest)", Text(), 20, False, ""),
        ("postal_code", "Kod pocztowy", PostalCode(), 6, True, "postal-code"),
        ("town", "Miejscowość", Text(), 100, True, "address-level2"),
    )
    WIDE = (
        ("commune", "Gmina", Text(), 100, True, ""),
        ("voivodeship", "Województwo", Text(), 60, True, "address-level1"),
    )

    def parts(self, field: Field) -> tuple[Field, ...]:
        """The parts as fields; they are required where the address is."""
        rows = self.PARTS + (self.WIDE if field.options["voivodeship"] else ())
        return tuple(
            Field(id=name, kind=kind, label=label, required=required, options={"max": longest})
            for name, label, kind, longest, required, _ in rows
        )

    def typed(self, field: Field, value: Any) -> dict[str, str]:
        return {part.id: value.get(part.id) or "" for part in self.parts(field)}

    def prefilled(self, field: Field, data: Any) -> dict[str, str]:
        return {part.id: str(getattr(data, part.id, "") or "") for part in self.parts(field)} if data else {}

    def node(self, field: Field, today: datetime.date) -> colander.SchemaNode:
        node = colander.SchemaNode(
            colander.Mapping(), name=field.id, title=field.label, description=field.hint,
            missing=colander.required if field.required else None, eform_field=field,
        )  # fmt: skip
        tokens = {name: token for name, *_, token in self.PARTS + self.WIDE} if field.prefill else {}
        for part in self.parts(field):
            child = part.kind.node(dataclasses.replace(part, required=field.required and part.required), today)
            child.eform_field = None  # a part is nobody's to name in a condition
            if isinstance(part.kind, Text):
                child.widget = text_input(**({"autocomplete": tokens[part.id]} if tokens.get(part.id) else {}))
            node.add(child)
        return node

    def display(self, field: Field, value: Any) -> Shown:
        if not value:
            return []
        number = value.get("house_number") or ""
        if value.get("flat"):
            number += f"/{value['flat']}"
        lines = [
            f"{value.get('street') or value.get('town')} {number}".strip(),
            f"{value.get('postal_code', '')} {value.get('town', '')}".strip(),
        ]
        if value.get("commune"):
            lines.append(f"gmina {value['commune']}, województwo {value['voivodeship']}")
        return [("", line) for line in lines if line]


class Group(FieldType):
    """Fields under a legend. It has no answer of its own: what is inside stands in the form itself."""

    name = "group"
    title = "Grupa pól"
    answers = False
    transparent = True

    def node(self, field: Field, today: datetime.date) -> colander.SchemaNode:
        node = colander.SchemaNode(
            colander.Mapping(),
            name=field.id,
            title=field.label,
            description=field.hint,
            missing=None,
            eform_field=field,
        )
        for inner in field.fields:
            node.add(inner.kind.node(inner, today))
        return node


class Repeat(FieldType):
    """Rows of the same fields: a list of dicts."""

    name = "repeat"
    title = "Powtarzana grupa pól"
    rows = True
    keys = (
        keys.line("item_label", "Nazwa jednego wiersza", "Pozycja"),
        keys.whole("min", "Najmniej wierszy", high=MAX_ROWS),
        keys.whole("max", "Najwięcej wierszy", MAX_ROWS, low=1, high=MAX_ROWS),
    )

    def node(self, field: Field, today: datetime.date) -> colander.SchemaNode:
        row = colander.SchemaNode(colander.Mapping(), name="row", title=field.options["item_label"])
        for inner in field.fields:
            row.add(inner.kind.node(inner, today))
        return colander.SchemaNode(
            colander.Sequence(), row, name=field.id, title=field.label, description=field.hint,
            missing=colander.required if field.required else None, eform_field=field,
            widget=RowsWidget(min_len=field.options["min"] or int(field.required), max_len=field.options["max"]),
        )  # fmt: skip

    def check_count(self, field: Field, count: int) -> None:
        """:raises AnswerError: there are too few or too many rows."""
        low, high = field.options["min"] or (1 if field.required else 0), field.options["max"]
        if count < low:
            raise AnswerError(f"Dodaj co najmniej {counted(low, 'pozycję', 'pozycje', 'pozycji')}: „{field.label}”.")
        if count > high:
            raise AnswerError(f"Zostaw najwyżej {counted(high, 'pozycję', 'pozycje', 'pozycji')}: „{field.label}”.")


class FilesWidget(deform.widget.FileUploadWidget):
    """Files that are kept already, and a control for more. Posts `{kept: [id, …], uploads: [file, …]}`."""

    template = "files"
    files: Mapping[str, Any] = {}  # id -> something with `name` and `size`; set for one form

    def __init__(self, **kw: Any) -> None:
        deform.widget.Widget.__init__(self, **kw)

    def serialize(self, field: Any, cstruct: Any, **kw: Any) -> str:
        ids = cstruct if isinstance(cstruct, list | tuple) else ()
        kept = [(file_id, self.files[file_id]) for file_id in ids if file_id in self.files]
        values = self.get_template_values(field, cstruct, {**kw, "kept": kept})
        html: str = field.renderer(self.template, **values)
        return html

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        return pstruct if isinstance(pstruct, dict) else colander.null


class File(FieldType):
    """Files that are attached: a list of the ids under which the draft keeps them."""

    name = "file"
    title = "Załącznik"
    files = True
    keys = (
        keys.several_of("accept", "Rodzaje plików", FILE_TYPES),
        keys.whole("max_mb", "Największy plik w MB", 10, low=1, high=20),
        keys.whole("max_files", "Najwięcej plików", 1, low=1, high=MAX_FILES),
    )

    def parse(self, field: Field, raw: Any, today: datetime.date) -> list[str]:
        if not isinstance(raw, list | tuple) or not all(isinstance(item, str) and FILE_ID.match(item) for item in raw):
            raise AnswerError("Dołącz plik jeszcze raz.")
        if len(raw) > field.options["max_files"]:
            raise AnswerError(
                f"Dołącz najwyżej {counted(field.options['max_files'], 'plik', 'pliki', 'plików')}. Usuń pozostałe."
            )
        return list(raw)

    def missing_message(self, field: Field) -> str:
        return f"Dołącz plik: „{field.label}”."

    def typed(self, field: Field, value: Any) -> list[str]:
        return list(value)

    def widget(self, field: Field) -> deform.widget.Widget:
        return FilesWidget()

    def node(self, field: Field, today: datetime.date) -> colander.SchemaNode:
        node = super().node(field, today)
        node.description = f"{field.hint} {accepted_words(field)}.".strip()
        return node

    def display(self, field: Field, value: Any) -> Shown:
        return [("", counted(len(value), "plik", "pliki", "plików"))] if value else []


def accepted_words(field: Field) -> str:
    """`PDF, JPG, do 10 MB każdy`: what a file field takes."""
    types = ", ".join(item.upper() for item in field.options["accept"])
    each = " każdy" if field.options["max_files"] > 1 else ""
    return f"{types}, do {field.options['max_mb']} MB{each}"
