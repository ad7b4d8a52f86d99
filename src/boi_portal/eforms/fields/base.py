"""What a field is and what every field type answers for: its keys, its node and widget, reading what was typed,
showing a value.

A field type is one class. It never sees requests or drafts; answers are JSON-like (text, whole number, bool, list,
dict, None) and decimals
are kept as text, so that an answer can be stored, hashed and signed as it is.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import colander
import deform.widget

from ..conditions import Condition, is_filled
from ..errors import AnswerError, DefinitionError

Shown = list[tuple[str, str]]  # (label, text) lines of an answer; a single answer has the label ""

PREFILLS = {
    "applicant.first_name": "Imię",
    "applicant.last_name": "Nazwisko",
    "applicant.pesel": "PESEL",
    "applicant.email": "Adres e-mail",
    "applicant.phone": "Telefon",
    "applicant.birth_date": "Data urodzenia",
    "applicant.address": "Adres",
    "applicant.org_name": "Nazwa firmy lub instytucji",
    "applicant.nip": "NIP",
    "applicant.regon": "REGON",
}


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a definition, checked. `options` are the keys of its type, with defaults, typed as its class
    says."""

    id: str
    kind: FieldType
    label: str
    hint: str = ""
    required: bool = False
    condition: Condition | None = None
    prefill: str = ""
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    fields: tuple[Field, ...] = ()

    @property
    def type(self) -> str:
        return self.kind.name

    def walk(self) -> Iterator[Field]:
        """This field and, of a group, the fields inside; not the fields of a repeat, which are answered row by row."""
        yield self
        if self.kind.transparent:
            for inner in self.fields:
                yield from inner.walk()


@dataclasses.dataclass(frozen=True)
class Key:
    """A key of a field type: how a definition's value is checked and turned into the option, and what an editor sees.

    `read(value, path)` gives the option or raises DefinitionError; `node()` makes the colander node of the editing
    form.
    """

    name: str
    read: Callable[[Any, str], Any]
    default: Any = None
    node: Callable[[], colander.SchemaNode] | None = None
    required: bool = False


class Width(colander.Length):
    """Tells templates how wide a control should be; whether the answer is too long the field type itself says."""

    def __call__(self, node: colander.SchemaNode, value: Any) -> None:
        return None


class Answer(colander.SchemaType):
    """The colander type of a field with a single answer: what was typed ↔ the answer, by the field's own rules."""

    def __init__(self, field: Field, today: datetime.date) -> None:
        self.field = field
        self.today = today

    def serialize(self, node: colander.SchemaNode, appstruct: Any) -> Any:
        return colander.null if appstruct in (colander.null, None) else self.field.kind.typed(self.field, appstruct)

    def deserialize(self, node: colander.SchemaNode, cstruct: Any) -> Any:
        if cstruct is colander.null or not is_filled(cstruct):
            return colander.null
        try:
            return self.field.kind.parse(self.field, cstruct, self.today)
        except AnswerError as error:
            raise colander.Invalid(node, str(error)) from None

    def cstruct_children(self, node: colander.SchemaNode, cstruct: Any) -> list[Any]:
        return []


class FieldType:
    """The base of field types. Class attributes say what the rest of the package may expect of it."""

    name: ClassVar[str]  # the word in a definition
    title: ClassVar[str]  # for editors
    keys: ClassVar[tuple[Key, ...]] = ()
    answers: ClassVar[bool] = True  # whether people answer it; not so for words only and computed fields
    numeric: ClassVar[bool] = False  # whether formulas and comparisons may use it
    transparent: ClassVar[bool] = False  # a group: what is inside stands in the form itself
    rows: ClassVar[bool] = False  # a repeat
    files: ClassVar[bool] = False
    prefills: ClassVar[frozenset[str]] = frozenset()  # what of the applicant's data may be filled in
    width: ClassVar[int | None] = None  # characters that usually fill it; None: the whole measure
    autocomplete: ClassVar[Mapping[str, str]] = {}  # prefill → the HTML autocomplete token

    # the definition

    def check(self, raw: Mapping[str, Any], path: str) -> dict[str, Any]:
        """The options of a field of this type, checked and completed.

        :raises DefinitionError: a key is missing or wrong.
        """
        options = {}
        for key in self.keys:
            value = raw.get(key.name)
            if value is None or value == "":
                if key.required:
                    raise DefinitionError(f"{path}.{key.name}", "tego klucza brakuje")
                options[key.name] = key.default
            else:
                options[key.name] = key.read(value, f"{path}.{key.name}")
        self.check_options(options, path)
        return options

    def check_options(self, options: dict[str, Any], path: str) -> None:
        """Rules between keys; by default that `min` is not above `max`."""
        low, high = options.get("min"), options.get("max")
        if low is not None and high is not None and not isinstance(low, str) and low > high:
            raise DefinitionError(f"{path}.min", "najmniejsza wartość jest większa od największej")

    def condition_values(self, field: Field) -> Mapping[Any, str] | None:
        """The values that a condition may name, with their labels; None where it may name any."""
        return None

    # answering

    def parse(self, field: Field, raw: Any, today: datetime.date) -> Any:
        """The answer that `raw`, which is not empty, stands for.

        :raises AnswerError: it cannot be taken.
        """
        raise NotImplementedError

    def missing_message(self, field: Field) -> str:
        """What to say where a required answer is missing."""
        return f"Uzupełnij pole „{field.label}”."

    def typed(self, field: Field, value: Any) -> Any:
        """How an answer looks in its control: the opposite of `parse`."""
        return str(value)

    def prefilled(self, field: Field, data: Any) -> Any:
        """What to type for the applicant, from their data (the `prefill` key's value); empty where there is nothing."""
        return data or ""

    def node(self, field: Field, today: datetime.date) -> colander.SchemaNode:
        """The colander node with its widget."""
        return colander.SchemaNode(
            Answer(field, today),
            name=field.id,
            title=field.label,
            description=field.hint,
            widget=self.widget(field),
            validator=Width(max=field.options.get("max") if self.name == "text" else self.width),
            missing=colander.required if field.required else None,
            eform_field=field,
        )

    def widget(self, field: Field) -> deform.widget.Widget:
        """The control."""
        return text_input(**self.attributes(field))

    def attributes(self, field: Field) -> dict[str, str]:
        """HTML attributes of the control."""
        token = self.autocomplete.get(field.prefill)
        return {"autocomplete": token} if token else {}

    # showing

    def display(self, field: Field, value: Any) -> Shown:
        """An answer in words, as lines; empty where there is no answer."""
        return [("", str(value))] if is_filled(value) else []

    def value_text(self, field: Field, value: Any) -> str:
        """A value in words, as a condition's description needs it."""
        lines = self.display(field, value)
        return lines[0][1] if lines else ""


def text_input(**attributes: str) -> deform.widget.TextInputWidget:
    """A line to type in, with HTML attributes."""
    kind = attributes.pop("type", "text")
    widget = deform.widget.TextInputWidget(attributes=attributes)
    widget.type = kind
    return widget


def typed_text(raw: Any, limit: int = 5000) -> str:
    """`raw` as stripped text.

    :raises AnswerError: it is no text at all, is absurdly long or holds control characters.
    """
    if not isinstance(raw, str):
        raise AnswerError("Tego pola nie da się odczytać. Wpisz odpowiedź jeszcze raz.")
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > limit:
        raise AnswerError(f"Wpisz najwyżej {limit} znaków.")
    if any(
        (ord(sign) < 32 and sign not in "\n\t") or 0xD800 <= ord(sign) <= 0xDFFF or ord(sign) in (0x7F, 0xFFFE, 0xFFFF)
        for sign in text
    ):
        raise AnswerError("Usuń z odpowiedzi znaki, których nie da się zapisać.")
    return text


def typed_line(raw: Any, limit: int = 5000) -> str:
    """`raw` as one line of text.

    :raises AnswerError: as `typed_text`, or there are several lines.
    """
    text = typed_text(raw, limit)
    if "\n" in text or "\t" in text:
        raise AnswerError("Wpisz odpowiedź w jednym wierszu.")
    return text
