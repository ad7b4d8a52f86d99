"""Fields where one chooses: one answer or several."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import deform.widget

from ...web.polish import counted
from ..errors import AnswerError, DefinitionError
from . import keys
from .base import Field, FieldType, Shown

RADIO_UP_TO = 7


class Choice(FieldType):
    """One of the options; its value is kept."""

    name = "choice"
    title = "Wybór jednej odpowiedzi"
    keys = (
        keys.options(),
        keys.one_of("style", "Wygląd", [("radio", "Przyciski"), ("select", "Lista rozwijana")]),
    )

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        if not isinstance(raw, str) or raw not in dict(field.options["options"]):
            raise AnswerError("Wybierz jedną z odpowiedzi.")
        return raw

    def missing_message(self, field: Field) -> str:
        return f"Wybierz odpowiedź: „{field.label}”."

    def condition_values(self, field: Field) -> Mapping[Any, str]:
        return dict(field.options["options"])

    def widget(self, field: Field) -> deform.widget.Widget:
        pairs = list(field.options["options"])
        style = field.options["style"] or ("radio" if len(pairs) <= RADIO_UP_TO else "select")
        if style == "select":
            return deform.widget.SelectWidget(values=[("", "Wybierz z listy"), *pairs])
        return deform.widget.RadioChoiceWidget(values=pairs)

    def display(self, field: Field, value: Any) -> Shown:
        return [("", dict(field.options["options"]).get(value, value))] if value else []


class Choices(FieldType):
    """Several of the options, as a list of values in the options' order."""

    name = "choices"
    title = "Wybór kilku odpowiedzi"
    keys = (
        keys.options(),
        keys.whole("min", "Najmniej odpowiedzi", low=0, high=100),
        keys.whole("max", "Najwięcej odpowiedzi", low=1, high=100),
    )

    def check_options(self, options: dict[str, Any], path: str) -> None:
        super().check_options(options, path)
        if (options["min"] or 0) > len(options["options"]):
            raise DefinitionError(f"{path}.min", "tylu odpowiedzi nie ma na liście")

    def parse(self, field: Field, raw: Any, today: datetime.date) -> list[str]:
        pairs = dict(field.options["options"])
        chosen = [raw] if isinstance(raw, str) else raw
        if not isinstance(chosen, list | tuple | set) or not all(
            isinstance(item, str) and item in pairs for item in chosen
        ):
            raise AnswerError("Zaznacz odpowiedzi z listy.")
        values = [value for value in pairs if value in chosen]
        low, high = field.options["min"], field.options["max"]
        if low is not None and len(values) < low:
            raise AnswerError(f"Zaznacz co najmniej {counted(low, 'odpowiedź', 'odpowiedzi', 'odpowiedzi')}.")
        if high is not None and len(values) > high:
            raise AnswerError(f"Zaznacz najwyżej {counted(high, 'odpowiedź', 'odpowiedzi', 'odpowiedzi')}.")
        return values

    def missing_message(self, field: Field) -> str:
        return f"Zaznacz co najmniej jedną odpowiedź: „{field.label}”."

    def condition_values(self, field: Field) -> Mapping[Any, str]:
        return dict(field.options["options"])

    def typed(self, field: Field, value: Any) -> list[str]:
        return list(value)

    def widget(self, field: Field) -> deform.widget.Widget:
        return deform.widget.CheckboxChoiceWidget(values=list(field.options["options"]))

    def display(self, field: Field, value: Any) -> Shown:
        pairs = dict(field.options["options"])
        return [("", pairs.get(item, item)) for item in value or ()]

    def value_text(self, field: Field, value: Any) -> str:
        return str(dict(field.options["options"]).get(value, value))
