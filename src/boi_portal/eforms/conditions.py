"""Conditions of pages and fields: read from data, decided on the server, put into words and into data for the page's
script.

A condition sees answers through `lookup(field id) -> value or None`; what is hidden or not answered is None. `is`,
`in`, `contains` and the
comparisons are false for None, `not` is their plain negation. Knows nothing of pages or requests.
"""

from __future__ import annotations

import dataclasses
import decimal
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .errors import DefinitionError
from .polish import number

Lookup = Callable[[str], Any]
LabelOf = Callable[[str], tuple[str, Callable[[Any], str]]]  # field id -> its label, and how to write one of its values

COMPARISONS = ("gt", "lt", "ge", "le")
OPERATORS = ("is", "not", "in", "contains", "filled", *COMPARISONS)
MAX_PARTS = 20
MAX_DEPTH = 4


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One field against one value. `value` of `in` is a tuple."""

    field: str
    operator: str
    value: Any

    def holds(self, lookup: Lookup) -> bool:
        return _TESTS[self.operator](lookup(self.field), self.value)

    def names(self) -> Iterator[str]:
        yield self.field

    def comparisons(self) -> Iterator[Comparison]:
        yield self

    def data(self) -> dict[str, Any]:
        """JSON-like data, as a definition has it."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"field": self.field, self.operator: value}

    def words(self, label_of: LabelOf) -> str:
        label, write = label_of(self.field)
        return _WORDS[self.operator](f"„{label}”", self.value, write)

    def given(self, known: Mapping[str, Any]) -> Condition | bool:
        """What is left of the condition when the answers in `known` are settled."""
        return self.holds(known.get) if self.field in known else self


@dataclasses.dataclass(frozen=True)
class Several:
    """`all` or `any` of several conditions."""

    how: str
    parts: tuple[Condition, ...]

    def holds(self, lookup: Lookup) -> bool:
        decide = all if self.how == "all" else any
        return decide(part.holds(lookup) for part in self.parts)

    def names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.names()

    def comparisons(self) -> Iterator[Comparison]:
        for part in self.parts:
            yield from part.comparisons()

    def data(self) -> dict[str, Any]:
        return {self.how: [part.data() for part in self.parts]}

    def words(self, label_of: LabelOf) -> str:
        joint = " i " if self.how == "all" else " lub "
        return joint.join(
            f"({part.words(label_of)})" if isinstance(part, Several) else part.words(label_of) for part in self.parts
        )

    def given(self, known: Mapping[str, Any]) -> Condition | bool:
        decisive = self.how == "any"  # one such part decides the whole
        left: list[Condition] = []
        for part in self.parts:
            rest = part.given(known)
            if isinstance(rest, bool):
                if rest is decisive:
                    return decisive
                continue
            left.append(rest)
        if not left:
            return not decisive
        return left[0] if len(left) == 1 else Several(self.how, tuple(left))


Condition = Comparison | Several


def parse(raw: Any, path: str, depth: int = 0) -> Condition:
    """Read a condition from data.

    :raises DefinitionError: it is not of the form that the content format describes.
    """
    if not isinstance(raw, Mapping):
        raise DefinitionError(path, "warunek musi być zapisany jako {field: …, is: …} albo {all: […]} lub {any: […]}")
    if depth > MAX_DEPTH:
        raise DefinitionError(path, f"warunki są zagnieżdżone głębiej niż {MAX_DEPTH} poziomy")
    for how in ("all", "any"):
        if how in raw:
            return _parse_several(raw, how, path, depth)
    return _parse_comparison(raw, path)


def _parse_several(raw: Mapping[str, Any], how: str, path: str, depth: int) -> Several:
    parts = raw[how]
    if len(raw) != 1 or not isinstance(parts, list | tuple) or not parts:
        raise DefinitionError(path, f"„{how}” musi stać samo i zawierać listę co najmniej jednego warunku")
    if len(parts) > MAX_PARTS:
        raise DefinitionError(path, f"warunek może mieć najwyżej {MAX_PARTS} części")
    return Several(how, tuple(parse(part, f"{path}.{how}[{place}]", depth + 1) for place, part in enumerate(parts)))


def _parse_comparison(raw: Mapping[str, Any], path: str) -> Comparison:
    operators = [key for key in raw if key != "field"]
    if "field" not in raw or len(operators) != 1 or operators[0] not in OPERATORS:
        raise DefinitionError(path, f"warunek musi mieć „field” i jedno z: {', '.join(OPERATORS)}")
    field, operator, value = raw["field"], operators[0], raw[operators[0]]
    if not isinstance(field, str):
        raise DefinitionError(path, "„field” musi być identyfikatorem pola")
    if operator == "in":
        if not isinstance(value, list | tuple) or not value or not all(_is_scalar(item) for item in value):
            raise DefinitionError(path, "„in” musi mieć listę wartości")
        return Comparison(field, operator, tuple(value))
    if operator == "filled" and not isinstance(value, bool):
        raise DefinitionError(path, "„filled” może mieć wartość true albo false")
    if operator in COMPARISONS and _decimal(value) is None:
        raise DefinitionError(path, f"„{operator}” musi mieć liczbę")
    if not _is_scalar(value):
        raise DefinitionError(path, f"„{operator}” musi mieć jedną wartość")
    return Comparison(field, operator, value)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def is_filled(value: Any) -> bool:
    """Whether a value is an answer: `False` and 0 are, a blank text or an empty list is not."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, Mapping):
        return any(is_filled(part) for part in value.values())
    return value is not None and value not in ([], ())


def _decimal(value: Any) -> decimal.Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        return None
    return found if found.is_finite() else None


def _same(answer: Any, value: Any) -> bool:
    if answer is None:
        return False
    if isinstance(answer, bool) or isinstance(value, bool):
        return answer is value
    left, right = _decimal(answer), _decimal(value)
    if left is not None and right is not None:
        return left == right
    return str(answer) == str(value)


def _ordered(compare: Callable[[decimal.Decimal, decimal.Decimal], bool]) -> Callable[[Any, Any], bool]:
    def test(answer: Any, value: Any) -> bool:
        left, right = _decimal(answer), _decimal(value)
        return left is not None and right is not None and compare(left, right)

    return test


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "is": _same,
    "not": lambda answer, value: not _same(answer, value),
    "in": lambda answer, values: any(_same(answer, value) for value in values),
    "contains": lambda answer, value: isinstance(answer, list | tuple) and value in answer,
    "filled": lambda answer, value: is_filled(answer) is value,
    "gt": _ordered(lambda left, right: left > right),
    "lt": _ordered(lambda left, right: left < right),
    "ge": _ordered(lambda left, right: left >= right),
    "le": _ordered(lambda left, right: left <= right),
}


def _number(value: Any) -> str:
    return number(decimal.Decimal(str(value)))


_WORDS: dict[str, Callable[[str, Any, Callable[[Any], str]], str]] = {
    "is": lambda name, value, write: f"w polu {name} jest „{write(value)}”",
    "not": lambda name, value, write: f"w polu {name} nie ma „{write(value)}”",
    "in": lambda name, values, write: f"w polu {name} jest jedno z: " + ", ".join(f"„{write(v)}”" for v in values),
    "contains": lambda name, value, write: f"w polu {name} zaznaczono „{write(value)}”",
    "filled": lambda name, value, write: f"pole {name} jest {'wypełnione' if value else 'puste'}",
    "gt": lambda name, value, write: f"w polu {name} jest więcej niż {_number(value)}",
    "lt": lambda name, value, write: f"w polu {name} jest mniej niż {_number(value)}",
    "ge": lambda name, value, write: f"w polu {name} jest co najmniej {_number(value)}",
    "le": lambda name, value, write: f"w polu {name} jest najwyżej {_number(value)}",
}
