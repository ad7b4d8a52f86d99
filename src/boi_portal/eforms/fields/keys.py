"""The kinds of keys that field types have: how each is read from a definition and which control an editor gets."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import colander
import deform.widget

from ...publishing import richtext, schema
from ..errors import DefinitionError
from ..formula import Formula, FormulaError
from ..formula import parse as parse_formula
from .base import Key

MAX_OPTIONS = 100
OPTION_VALUE = re.compile(r"[a-z0-9_]{1,60}\Z")
DAY = re.compile(r"today(?:([+-])(\d{1,4})([dmy]))?\Z")


def whole(name: str, title: str, default: int | None = None, *, low: int = 0, high: int = 10**12) -> Key:
    """A whole number between `low` and `high`."""

    def read(value: Any, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise DefinitionError(path, "tu musi stać liczba całkowita")
        if not low <= value <= high:
            raise DefinitionError(path, f"liczba musi być między {low} a {high}")
        return value

    def node() -> colander.SchemaNode:
        hint = f"Gdy puste: {default}" if default is not None else ""
        return colander.SchemaNode(
            colander.Integer(), name=name, title=title, description=hint, missing=None,
            widget=deform.widget.TextInputWidget(attributes={"inputmode": "numeric"}),
        )  # fmt: skip

    return Key(name, read, default, node)


def number(name: str, title: str) -> Key:
    """A decimal number."""

    def read(value: Any, path: str) -> Decimal:
        try:
            found = None if isinstance(value, bool) else Decimal(str(value).replace(",", "."))
        except decimal.InvalidOperation:
            found = None
        if found is None or not found.is_finite() or abs(found) > 10**12:
            raise DefinitionError(path, "tu musi stać liczba, na przykład 10 albo 0.5")
        return found

    return Key(name, read, None, lambda: schema.text(title, name=name, required=False, max_length=20))


def line(name: str, title: str, default: str = "", *, limit: int = 60) -> Key:
    """A short text."""

    def read(value: Any, path: str) -> str:
        if not isinstance(value, str) or len(value) > limit or "\n" in value:
            raise DefinitionError(path, f"tu musi stać tekst, najwyżej {limit} znaków")
        return value

    return Key(name, read, default, lambda: schema.text(title, name=name, required=False, max_length=limit))


def words(name: str, title: str) -> Key:
    """A rich text; required."""

    def read(value: Any, path: str) -> str:
        if not isinstance(value, str) or not richtext.plain_text(value):
            raise DefinitionError(path, "tu musi stać tekst")
        if len(value) > 20_000:
            raise DefinitionError(path, "tekst jest dłuższy niż 20 000 znaków")
        return richtext.clean(value)

    return Key(
        name, read, "", lambda: schema.rich_text(title, name=name, required=True, max_length=20_000), required=True
    )


def flag(name: str, title: str) -> Key:
    """Yes or no."""

    def read(value: Any, path: str) -> bool:
        if not isinstance(value, bool):
            raise DefinitionError(path, "tu musi stać true albo false")
        return value

    return Key(name, read, False, lambda: colander.SchemaNode(
        colander.Boolean(), name=name, title=title, missing=False, widget=deform.widget.CheckboxWidget(),
    ))  # fmt: skip


def one_of(name: str, title: str, values: Sequence[tuple[str, str]], default: str = "") -> Key:
    """One of a few words."""

    def read(value: Any, path: str) -> str:
        if value not in dict(values):
            raise DefinitionError(path, f"tu może stać: {', '.join(dict(values))}")
        return str(value)

    return Key(name, read, default, lambda: schema.choice(title, list(values), name=name, required=False))


def several_of(name: str, title: str, values: Sequence[str]) -> Key:
    """A list of some of a few words; required."""

    def read(value: Any, path: str) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not value or not set(map(str, value)) <= set(values):
            raise DefinitionError(path, f"tu musi stać lista z: {', '.join(values)}")
        return tuple(value)

    return Key(name, read, (), lambda: colander.SchemaNode(
        colander.Set(), name=name, title=title,
        validator=colander.All(colander.ContainsOnly(values), colander.Length(min=1, min_err="Zaznacz co najmniej jedno.")),
        widget=deform.widget.CheckboxChoiceWidget(values=[(value, value) for value in values]),
    ), required=True)  # fmt: skip


def day(name: str, title: str) -> Key:
    """An ISO date, or a day counted from today: `today`, `today-18y`, `today+30d`. Kept as text; `resolve_day` reads
    it."""

    def read(value: Any, path: str) -> str:
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value.isoformat()
        try:
            resolve_day(value, datetime.date(2024, 2, 29))
        except (TypeError, ValueError):
            raise DefinitionError(path, "tu musi stać data RRRR-MM-DD albo today, today-18y") from None
        return str(value)

    hint = "Data RRRR-MM-DD albo liczona od dziś: today, today-18y, today+30d, today-6m"
    return Key(name, read, None, lambda: schema.text(title, name=name, required=False, max_length=16, description=hint))


def resolve_day(text: str, today: datetime.date) -> datetime.date:
    """The date that `text` (see `day`) stands for.

    :raises ValueError: it is neither a date nor a day counted from today.
    """
    match = DAY.match(text)
    if match is None:
        return datetime.date.fromisoformat(text)
    sign, count, unit = match.groups()
    if unit is None:
        return today
    steps = int(count) * (1 if sign == "+" else -1)
    try:
        if unit == "d":
            return today + datetime.timedelta(days=steps)
        return _months_later(today, steps * (12 if unit == "y" else 1))
    except OverflowError:
        raise ValueError(text) from None


def _months_later(today: datetime.date, months: int) -> datetime.date:
    """The same day of another month, or that month's last day where it has no such day."""
    total = today.year * 12 + today.month - 1 + months
    year, month = total // 12, total % 12 + 1
    if not 1 <= year <= 9998:
        raise ValueError("year out of range")
    last = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return datetime.date(year, month, min(today.day, last))


def options() -> Key:
    """The answers to choose from: a list of `{value, label}`; kept as (value, label) pairs."""

    def read(value: Any, path: str) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_OPTIONS:
            raise DefinitionError(path, f"tu musi stać lista od 1 do {MAX_OPTIONS} odpowiedzi")
        pairs = tuple(_read_option(option, f"{path}[{place}]") for place, option in enumerate(value))
        if len(dict(pairs)) != len(pairs):
            raise DefinitionError(path, "dwie odpowiedzi mają tę samą wartość")
        return pairs

    return Key("options", read, (), options_node, required=True)


def _read_option(option: Any, path: str) -> tuple[str, str]:
    if not isinstance(option, dict) or not isinstance(option.get("label"), str) or not option["label"].strip():
        raise DefinitionError(path, "odpowiedź musi mieć „value” i „label”")
    if set(option) - {"value", "label"}:
        raise DefinitionError(path, "odpowiedź może mieć tylko „value” i „label”")
    if not isinstance(option.get("value"), str) or not OPTION_VALUE.match(option["value"]):
        raise DefinitionError(
            f"{path}.value", "wartość może mieć tylko małe litery a-z, cyfry i podkreślenie (w cudzysłowie)"
        )
    return option["value"], option["label"]


def formula() -> Key:
    """The formula of a computed field."""

    def read(value: Any, path: str) -> Formula:
        try:
            return parse_formula(value)
        except FormulaError as error:
            raise DefinitionError(path, str(error)) from None

    hint = (
        "Działania + - * /, nawiasy, liczby, identyfikatory pól, sum(lista.pole), count(lista), days(data_od, data_do)"
    )
    return Key(
        "formula",
        read,
        None,
        lambda: schema.text("Wzór", name="formula", max_length=500, description=hint),
        required=True,
    )


class OptionLines(colander.SchemaType):
    """Options as an editor types them: one in a line, `wartosc = Etykieta`."""

    def serialize(self, node: colander.SchemaNode, appstruct: Any) -> Any:
        if appstruct is colander.null or not appstruct:
            return ""
        return "\n".join(f"{option['value']} = {option['label']}" for option in appstruct)

    def deserialize(self, node: colander.SchemaNode, cstruct: Any) -> Any:
        if not isinstance(cstruct, str) or not cstruct.strip():
            return colander.null
        found = []
        for text in cstruct.splitlines():
            value, separator, label = text.partition("=")
            if not text.strip():
                continue
            if not separator or not label.strip():
                raise colander.Invalid(node, f"W wierszu „{text[:60]}” brakuje znaku = albo etykiety.")
            found.append({"value": value.strip(), "label": label.strip()})
        return found

    def cstruct_children(self, node: colander.SchemaNode, cstruct: Any) -> list[Any]:
        return []


def options_node() -> colander.SchemaNode:
    """The editing control of options."""
    return colander.SchemaNode(
        OptionLines(), name="options", title="Odpowiedzi do wyboru",
        description="Każda w osobnym wierszu: wartość (małe litery, cyfry, podkreślenie), znak = i etykieta, "
        "na przykład: wynajem = Mieszkanie wynajęte",
        widget=deform.widget.TextAreaWidget(rows=6),
    )  # fmt: skip


KeyFactory = Callable[..., Key]
