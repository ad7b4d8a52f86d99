"""Fields with one plain answer: text, numbers, money, dates, yes or no."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import colander
import deform.widget

from ...publishing import richtext
from ...web.formfields import DateWidget
from ...web.polish import NBSP, counted, date_text, read_date, short_date
from .. import polish
from ..errors import AnswerError, DefinitionError
from ..formula import grosze
from . import keys
from .base import PREFILLS, Field, FieldType, Shown, typed_line, typed_text

SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
DIGITS_AND_MARKS = re.compile(r"[+-]?[0-9][0-9.,]*\Z")


class Text(FieldType):
    """One line."""

    name = "text"
    title = "Krótki tekst"
    keys = (keys.whole("max", "Najwięcej znaków", 200, low=1, high=1000),)
    prefills = frozenset(PREFILLS) - {"applicant.address"}
    autocomplete: ClassVar[Mapping[str, str]] = {
        "applicant.first_name": "given-name",
        "applicant.last_name": "family-name",
        "applicant.org_name": "organization",
        "applicant.birth_date": "bday",
        "applicant.email": "email",
        "applicant.phone": "tel",
    }

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        text = SPACES.sub(" ", typed_line(raw)) if isinstance(raw, str) else typed_line(raw)
        if len(text) > field.options["max"]:
            raise AnswerError(f"Skróć odpowiedź do {field.options['max']} znaków. Teraz ma {len(text)}.")
        return text


class LongText(FieldType):
    """Several lines."""

    name = "longtext"
    title = "Dłuższy tekst"
    keys = (
        keys.whole("max", "Najwięcej znaków", 2000, low=1, high=20_000),
        keys.whole("rows", "Wysokość pola w wierszach", 5, low=2, high=30),
    )

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        text = typed_text(raw, 40_000)
        if len(text) > field.options["max"]:
            raise AnswerError(f"Skróć odpowiedź do {field.options['max']} znaków. Teraz ma {len(text)}.")
        return text

    def widget(self, field: Field) -> deform.widget.Widget:
        return deform.widget.TextAreaWidget(rows=field.options["rows"])


def typed_decimal(raw: Any, example: str) -> Decimal:
    """A number as people type it: `1 234,50`, `1.234,50`, `1234.5`.

    :raises AnswerError: it is no finite number.
    """
    text = SPACES.sub("", typed_line(raw, 60)).replace("\N{MINUS SIGN}", "-")
    if not DIGITS_AND_MARKS.match(text):
        raise AnswerError(f"Wpisz liczbę, na przykład {example}.")
    if "," in text:  # then dots can only part thousands
        whole, _, fraction = text.rpartition(",")
        if "," in whole or ("." in text and not re.match(r"[+-]?\d{1,3}(\.\d{3})+\Z", whole)):
            raise AnswerError(f"Wpisz liczbę, na przykład {example}.")
        text = f"{whole.replace('.', '')}.{fraction}"
    try:
        return Decimal(text)
    except decimal.InvalidOperation:
        raise AnswerError(f"Wpisz liczbę, na przykład {example}.") from None


def check_range(value: Decimal, field: Field, write: Any) -> None:
    """Refuse a number outside of the field's `min` and `max`.

    :raises AnswerError: it is outside.
    """
    low, high = field.options["min"], field.options["max"]
    if low is not None and value < low:
        raise AnswerError(f"Wpisz co najmniej {write(low)}.")
    if high is not None and value > high:
        raise AnswerError(f"Wpisz najwyżej {write(high)}.")
    if abs(value) >= 10**12:
        raise AnswerError("Ta liczba jest za duża. Sprawdź, czy nie ma w niej za dużo cyfr.")


class Number(FieldType):
    """A number; an int where there are no decimals, otherwise text such as `12.5`."""

    name = "number"
    width = 14
    title = "Liczba"
    numeric = True
    keys = (
        keys.number("min", "Najmniejsza liczba"),
        keys.number("max", "Największa liczba"),
        keys.whole("decimals", "Miejsca po przecinku", 0, high=6),
        keys.line("unit", "Jednostka", limit=20),
    )

    def parse(self, field: Field, raw: Any, today: datetime.date) -> int | str:
        decimals = field.options["decimals"]
        value = typed_decimal(raw, "12" if decimals == 0 else "12,5")
        if value != value.to_integral_value() and decimals == 0:
            raise AnswerError("Wpisz liczbę całkowitą, bez przecinka.")
        if -int(value.normalize().as_tuple().exponent) > decimals:
            raise AnswerError(
                f"Wpisz liczbę z najwyżej {counted(decimals, 'miejscem', 'miejscami', 'miejscami')} po przecinku."
            )
        check_range(value, field, polish.number)
        return int(value) if decimals == 0 else f"{value.normalize():f}"

    def attributes(self, field: Field) -> dict[str, str]:
        return {"inputmode": "decimal" if field.options["decimals"] else "numeric", "autocomplete": "off"}

    def widget(self, field: Field) -> deform.widget.Widget:
        widget = super().widget(field)
        widget.input_append = field.options["unit"] or None
        return widget

    def typed(self, field: Field, value: Any) -> str:
        return str(value).replace(".", ",")

    def display(self, field: Field, value: Any) -> Shown:
        if value is None:
            return []
        unit = field.options["unit"]
        return [("", polish.number(Decimal(str(value))) + (f"{NBSP}{unit}" if unit else ""))]


class Money(FieldType):
    """An amount in złoty, kept as `17.00`."""

    name = "money"
    width = 14
    title = "Kwota"
    numeric = True
    keys = (keys.number("min", "Najmniejsza kwota"), keys.number("max", "Największa kwota"))

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        text = re.sub(r"\s*(zł|PLN)\.?\Z", "", typed_line(raw, 60), flags=re.IGNORECASE)
        value = typed_decimal(text, "17 albo 1 234,50")
        if value != grosze(value):
            raise AnswerError("Wpisz kwotę z dokładnością do groszy, na przykład 17,50.")
        check_range(value, field, polish.amount)
        if value < 0 and field.options["min"] is None:
            raise AnswerError("Wpisz kwotę, która nie jest ujemna.")
        return f"{value:.2f}"

    def attributes(self, field: Field) -> dict[str, str]:
        return {"inputmode": "decimal", "autocomplete": "off"}

    def widget(self, field: Field) -> deform.widget.Widget:
        widget = super().widget(field)
        widget.input_append = "zł"
        return widget

    def typed(self, field: Field, value: Any) -> str:
        return str(value).replace(".", ",")

    def display(self, field: Field, value: Any) -> Shown:
        return [("", polish.amount(value))] if value else []


DATE_EXAMPLE = "na przykład 5.03.2026"


def typed_date(raw: Any) -> datetime.date:
    """A date as people type it: `5.03.2026`, `5-3-2026`, `5 marca 2026`, `2026-03-05`.

    :raises AnswerError: it is no date.
    """
    value = read_date(typed_line(raw, 60))
    if value is None:
        raise AnswerError(f"Wpisz dzień, miesiąc i rok daty, która jest w kalendarzu, {DATE_EXAMPLE}.")
    return value


class Date(FieldType):
    """A day, kept as `2026-03-05`."""

    name = "date"
    title = "Data"
    keys = (keys.day("min", "Najwcześniejszy dzień"), keys.day("max", "Najpóźniejszy dzień"))
    prefills = frozenset({"applicant.birth_date"})
    autocomplete: ClassVar[Mapping[str, str]] = {"applicant.birth_date": "bday"}

    def check_options(self, options: dict[str, Any], path: str) -> None:
        low, high = options["min"], options["max"]
        if low and high:
            today = datetime.date(2026, 1, 1)
            if keys.resolve_day(low, today) > keys.resolve_day(high, today) and low.startswith(
                "today"
            ) == high.startswith("today"):
                raise DefinitionError(f"{path}.min", "najwcześniejszy dzień jest po najpóźniejszym")

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        value = typed_date(raw)
        if not 1850 <= value.year <= 2200:
            raise AnswerError("Sprawdź rok: wpisz go czterema cyframi, na przykład 2026.")
        low, high = (
            keys.resolve_day(text, today) if (text := field.options[name]) else None for name in ("min", "max")
        )
        if low is not None and value < low:
            raise AnswerError(f"Podaj datę {date_text(low)} albo późniejszą.")
        if high is not None and value > high:
            raise AnswerError(f"Podaj datę {date_text(high)} albo wcześniejszą.")
        return value.isoformat()

    def attributes(self, field: Field) -> dict[str, str]:
        return {"autocomplete": "off", **super().attributes(field)}

    def widget(self, field: Field) -> deform.widget.Widget:
        return DateWidget(attributes=self.attributes(field))

    def typed(self, field: Field, value: Any) -> str:
        return short_date(datetime.date.fromisoformat(value))

    def prefilled(self, field: Field, data: Any) -> str:
        return self.typed(field, str(data)) if data else ""

    def display(self, field: Field, value: Any) -> Shown:
        return [("", date_text(value))] if value else []


YES, NO = "true", "false"


class YesNo(FieldType):
    """Yes or no."""

    name = "yesno"
    title = "Tak albo nie"

    def parse(self, field: Field, raw: Any, today: datetime.date) -> bool:
        if raw not in (YES, NO):
            raise AnswerError("Zaznacz „Tak” albo „Nie”.")
        return bool(raw == YES)

    def missing_message(self, field: Field) -> str:
        return f"Zaznacz „Tak” albo „Nie” w pytaniu „{field.label}”."

    def condition_values(self, field: Field) -> Mapping[Any, str]:
        return {True: "Tak", False: "Nie"}

    def typed(self, field: Field, value: Any) -> str:
        return YES if value else NO

    def widget(self, field: Field) -> deform.widget.Widget:
        return deform.widget.RadioChoiceWidget(values=[(YES, "Tak"), (NO, "Nie")], inline=True)

    def display(self, field: Field, value: Any) -> Shown:
        return [] if value is None else [("", "Tak" if value else "Nie")]


class Statement(FieldType):
    """A declaration to tick; True where it was."""

    name = "statement"
    title = "Oświadczenie do zaznaczenia"
    keys = (keys.words("text", "Treść oświadczenia"),)

    def parse(self, field: Field, raw: Any, today: datetime.date) -> bool | None:
        return True if raw == YES else None

    def missing_message(self, field: Field) -> str:
        return f"Zaznacz oświadczenie „{field.label}”. Bez niego nie można złożyć formularza."

    def condition_values(self, field: Field) -> Mapping[Any, str]:
        return {True: "Tak", False: "Nie"}

    def typed(self, field: Field, value: Any) -> str:
        return YES if value else ""

    def widget(self, field: Field) -> deform.widget.Widget:
        return deform.widget.CheckboxWidget(true_val=YES, false_val="")

    def node(self, field: Field, today: datetime.date) -> colander.SchemaNode:
        node = super().node(field, today)
        node.label = richtext.plain_text(field.options["text"])
        return node

    def display(self, field: Field, value: Any) -> Shown:
        if not value:
            return []
        return [("", richtext.plain_text(field.options["text"]))]


class WordsWidget(deform.widget.Widget):
    """Shows a rich text; posts nothing."""

    template = "words"
    hidden = True  # wrapped by its own template, without label and input

    def serialize(self, field: Any, cstruct: Any, **kw: Any) -> str:
        html: str = field.renderer(self.template, **self.get_template_values(field, cstruct, kw))
        return html

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        return colander.null


class ComputedWidget(WordsWidget):
    """Shows a computed value; posts nothing."""

    template = "computed"


class TextBlock(FieldType):
    """Words only."""

    name = "textblock"
    title = "Tekst informacyjny (bez odpowiedzi)"
    answers = False
    keys = (keys.words("text", "Tekst"),)

    def widget(self, field: Field) -> deform.widget.Widget:
        return WordsWidget()


class Computed(FieldType):
    """A value that the portal computes. Money is kept as `17.00`, a number as `12.5`."""

    name = "computed"
    title = "Wartość obliczana"
    answers = False
    numeric = True
    keys = (
        keys.formula(),
        keys.one_of("format", "Zapis", [("number", "Liczba"), ("money", "Kwota")], "number"),
        keys.line("unit", "Jednostka", limit=20),
    )

    def compute(self, field: Field, lookup: Any) -> str | None:
        """The value for the answers that `lookup` gives; None where it is unknown."""
        value = field.options["formula"].value(lookup)
        if value is None:
            return None
        rounded = grosze(value)
        return f"{rounded:.2f}" if field.options["format"] == "money" else f"{rounded.normalize():f}"

    def widget(self, field: Field) -> deform.widget.Widget:
        return ComputedWidget()

    def display(self, field: Field, value: Any) -> Shown:
        if value is None:
            return []
        if field.options["format"] == "money":
            return [("", polish.amount(value))]
        unit = field.options["unit"]
        return [("", polish.number(Decimal(value)) + (f"{NBSP}{unit}" if unit else ""))]
