"""The schema of an e-form's data: what editors type about it as a whole, and its pages as checked structured data."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import colander
import deform.widget

from ..publishing import richtext
from ..publishing.schema import NAME, ContentSchema, choice, rich_text, text
from ..web.assurance import DEMANDS, LABELS, Assurance
from .definition import Definition
from .errors import DefinitionError

MAX_JSON = 1_000_000  # characters


class Structure(colander.SchemaType):
    """JSON-like data (lists, dicts, texts, numbers, truth values), as it is or as JSON text."""

    def serialize(self, node: colander.SchemaNode, appstruct: Any) -> Any:
        return colander.null if appstruct in (colander.null, None) else copy.deepcopy(appstruct)

    def deserialize(self, node: colander.SchemaNode, cstruct: Any) -> Any:
        if cstruct in (colander.null, None, ""):
            return colander.null
        if isinstance(cstruct, str):
            cstruct = self._parse(node, cstruct)
        try:
            return plain_data(cstruct)
        except (TypeError, RecursionError):
            raise colander.Invalid(node, "Tych danych nie da się zapisać.") from None

    def _parse(self, node: colander.SchemaNode, cstruct: str) -> Any:
        if len(cstruct) > MAX_JSON:
            raise colander.Invalid(node, "Formularz jest za duży.")
        try:
            return json.loads(cstruct)
        except (ValueError, RecursionError):
            raise colander.Invalid(node, "Tych danych nie da się odczytać.") from None

    def cstruct_children(self, node: colander.SchemaNode, cstruct: Any) -> list[Any]:
        return []


def plain_data(value: Any) -> Any:
    """A copy of `value` made of plain dicts and lists, as JSON would give it.

    :raises TypeError: it holds something that JSON does not have.
    """
    if isinstance(value, Mapping):
        return {_key(key): plain_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(item) for item in value]
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()  # YAML reads an unquoted date as one
    raise TypeError(type(value).__name__)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("keys are texts")
    return str(key)


class StructureWidget(deform.widget.HiddenWidget):
    """Carries the pages through the form of the other fields; they are edited at an address of their own."""

    def serialize(self, field: Any, cstruct: Any, **kw: Any) -> Any:
        text_form = (
            ""
            if cstruct in (colander.null, None)
            else cstruct
            if isinstance(cstruct, str)
            else json.dumps(cstruct, ensure_ascii=False)
        )
        return super().serialize(field, text_form, **kw)


def clean_pages(value: Any) -> Any:
    """Rich texts in pages, cleaned; anything of another form is left for the check to refuse."""
    if isinstance(value, dict):
        rich = {"intro", *(("text",) if value.get("type") in {"statement", "textblock"} else ())}
        return {
            key: richtext.clean(item) if key in rich and isinstance(item, str) else clean_pages(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [clean_pages(item) for item in value]
    return value


def check_definition(node: colander.SchemaNode, fields: Mapping[str, Any]) -> None:
    """Refuse an e-form that nobody could fill in."""
    try:
        Definition.from_fields(fields)
    except DefinitionError as error:
        invalid = colander.Invalid(node)
        invalid["pages"] = str(error)
        raise invalid from None


def first_pages() -> list[dict[str, Any]]:
    """What a new e-form starts with."""
    return [{"id": "strona_1", "title": "Pierwsza strona", "fields": []}]


def assurance_node() -> colander.SchemaNode:
    """The level that a form demands. A password, which every form demands, is left out of the data."""
    levels = [(name, LABELS[level]) for name, level in DEMANDS.items() if level > Assurance.PASSWORD]
    node = choice(
        "Wymagany poziom pewności",
        levels,
        required=False,
        name="assurance",
        description="Kto ma niższy poziom, najpierw potwierdzi, że to on, a potem wróci do formularza. Nic, co wpisze, nie przepadnie.",
    )
    node.widget.values = [("", LABELS[Assurance.PASSWORD]), *levels]
    node.default = ""
    return node


class EFormSchema(ContentSchema):
    """An e-form."""

    symbol = text("Symbol", max_length=40, description="Na przykład F-SO-01")
    addressee = text("Do kogo jest kierowany", required=False, description="Na przykład: Burmistrz Zdrojów")
    department = text(
        "Wydział", max_length=60, validator=colander.Regex(NAME, msg="Podaj skrót wydziału z jego adresu, na przykład so"),
        description="Skrót z adresu wydziału, na przykład so",
    )  # fmt: skip
    jrwa = text(
        "Symbol JRWA",
        required=False,
        max_length=4,
        validator=colander.Regex(r"\d{1,4}\Z", msg="Wpisz do czterech cyfr"),
    )
    intro = rich_text("Co przygotować, zanim się zacznie")
    minutes = colander.SchemaNode(
        colander.Integer(), title="Ile minut zajmuje wypełnienie", missing=None,
        validator=colander.Range(1, 240, min_err="Wpisz co najmniej 1.", max_err="Wpisz najwyżej 240."),
        widget=deform.widget.TextInputWidget(attributes={"inputmode": "numeric"}),
    )  # fmt: skip
    consent = rich_text(
        "Zgoda potrzebna przy tym formularzu", description="Zostaw puste, jeśli nie jest potrzebna osobna zgoda."
    )
    assurance = assurance_node()
    pages = colander.SchemaNode(
        Structure(),
        title="Pytania",
        missing=colander.drop,
        preparer=clean_pages,
        widget=StructureWidget(),
        default=first_pages(),
    )

    def validator(self, node: colander.SchemaNode, fields: Mapping[str, Any]) -> None:
        check_definition(node, fields if "pages" in fields else {**fields, "pages": first_pages()})
