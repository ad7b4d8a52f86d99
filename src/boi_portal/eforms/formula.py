"""Formulas of computed fields: a language of its own, read with Python's grammar and run by nothing but this module.

Numbers, `+ - * /`, brackets, ids of number, money and computed fields, `sum(repeat.field)`, `count(repeat)`,
`days(date1, date2)` (both
days counted). Decimal throughout; what is not answered counts as 0 in sums and makes `days` unknown, as do days in
the wrong order; an unknown part, a division by
zero or an absurdly large result make the whole unknown (None).
"""

from __future__ import annotations

import ast
import dataclasses
import datetime
import decimal
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

MAX_LENGTH = 500
MAX_NODES = 200
MAX_DIGITS = 15
LARGEST = Decimal(10) ** 15
GROSZ = Decimal("0.01")

Lookup = Callable[[str], Any]

_OPERATIONS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
}


class FormulaError(ValueError):
    """The formula cannot be read; the message is for the editor, in Polish."""


class _Unknown(Exception):
    """A part has no value."""


@dataclasses.dataclass(frozen=True)
class Formula:
    """A formula that was read. Name what it needs, so that a definition can be checked."""

    text: str
    tree: ast.expr = dataclasses.field(compare=False, repr=False)
    numbers: tuple[str, ...] = ()  # ids of fields with a number
    sums: tuple[tuple[str, str], ...] = ()  # (repeat, field in it)
    counts: tuple[str, ...] = ()  # ids of repeats
    dates: tuple[str, ...] = ()  # ids of date fields

    def value(self, lookup: Lookup) -> Decimal | None:
        """The result, not rounded, or None where it is unknown. `lookup(id)` gives an answer or None."""
        with decimal.localcontext(
            decimal.Context(prec=40, traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow])
        ):
            try:
                found = _run(self.tree, lookup)
            except (_Unknown, decimal.DecimalException):
                return None
        return found if abs(found) < LARGEST else None


def grosze(value: Decimal) -> Decimal:
    """`value` rounded to grosze, half up, as people count."""
    return value.quantize(GROSZ, rounding=decimal.ROUND_HALF_UP)


def parse(text: str) -> Formula:
    """Read a formula.

    :raises FormulaError: it holds anything but what the language has.
    """
    if not isinstance(text, str) or not text.strip():
        raise FormulaError("wzór jest pusty")
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"wzór jest dłuższy niż {MAX_LENGTH} znaków")
    source = text.strip()
    if re.search(r"(?<![A-Za-z0-9_])\d[\d.]*[A-Za-z_]", source):
        raise FormulaError("liczby we wzorze zapisuj samymi cyframi, na przykład 1000 albo 0.5")
    if not source.isascii() or "\n" in source:
        raise FormulaError("wzór może mieć tylko jeden wiersz, bez polskich liter")
    try:
        # `sum(` and identifiers are Python's grammar; nothing of it is ever executed
        tree = ast.parse(source, mode="eval").body
        nodes = list(ast.walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError("wzoru nie da się odczytać; sprawdź nawiasy i znaki działań") from None
    if len(nodes) > MAX_NODES:
        raise FormulaError("wzór jest zbyt złożony")
    needs = _Needs()
    try:
        needs.visit_expression(tree)
    except RecursionError:
        raise FormulaError("wzór jest zbyt złożony") from None
    return Formula(source, tree, tuple(needs.numbers), tuple(needs.sums), tuple(needs.counts), tuple(needs.dates))


class _Needs:
    """Walks a formula, refuses what is foreign and notes which fields it needs."""

    def __init__(self) -> None:
        self.numbers: list[str] = []
        self.sums: list[tuple[str, str]] = []
        self.counts: list[str] = []
        self.dates: list[str] = []

    def visit_expression(self, node: ast.expr) -> None:
        match node:
            case ast.Constant(value=bool() | complex()):
                raise FormulaError("we wzorze mogą stać tylko liczby, działania i identyfikatory pól")
            case ast.Constant(value=int() | float()):
                _literal(node)
            case ast.Name(id=name):
                self.numbers.append(name)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                self.visit_expression(operand)
            case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
                self.visit_expression(left)
                self.visit_expression(right)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                self._visit_call(name, args)
            case _:
                raise FormulaError("we wzorze mogą stać tylko liczby, działania + - * /, nawiasy i identyfikatory pól")

    def _visit_call(self, name: str, args: list[ast.expr]) -> None:
        match name, args:
            case "sum", [ast.Attribute(value=ast.Name(id=repeat), attr=field)]:
                self.sums.append((repeat, field))
            case "count", [ast.Name(id=repeat)]:
                self.counts.append(repeat)
            case "days", [ast.Name(id=first), ast.Name(id=last)]:
                self.dates.extend((first, last))
            case _:
                raise FormulaError("funkcje zapisuje się tak: sum(lista.pole), count(lista), days(data_od, data_do)")


def _literal(node: ast.Constant) -> Decimal:
    text = repr(node.value)
    if len(text) > MAX_DIGITS + 1 or "e" in text or "n" in text:
        raise FormulaError(f"liczba we wzorze może mieć najwyżej {MAX_DIGITS} cyfr")
    return Decimal(text)


def _run(node: ast.expr, lookup: Lookup) -> Decimal:
    match node:
        case ast.Constant():
            return _literal(node)
        case ast.Name(id=name):
            return as_decimal(lookup(name))
        case ast.UnaryOp(op=operation, operand=operand):
            value = _run(operand, lookup)
            return -value if isinstance(operation, ast.USub) else value
        case ast.BinOp(left=left, op=operation, right=right):
            return _OPERATIONS[type(operation)](_run(left, lookup), _run(right, lookup))
        case ast.Call(func=ast.Name(id="sum"), args=[ast.Attribute(value=ast.Name(id=repeat), attr=field)]):
            return sum((as_decimal(row.get(field)) for row in _rows(lookup(repeat))), Decimal(0))
        case ast.Call(func=ast.Name(id="count"), args=[ast.Name(id=repeat)]):
            return Decimal(len(_rows(lookup(repeat))))
        case ast.Call(func=ast.Name(id="days"), args=[ast.Name(id=first), ast.Name(id=last)]):
            found = (_date(lookup(last)) - _date(lookup(first))).days + 1
            if found < 1:
                raise _Unknown
            return Decimal(found)
    raise FormulaError("we wzorze stoi coś, czego nie ma w języku wzorów")


def as_decimal(value: Any) -> Decimal:
    """An answer as a number; 0 where there is none.

    :raises _Unknown: it is no finite number.
    """
    if value is None or value == "":
        return Decimal(0)
    try:
        found = Decimal(str(value))
    except decimal.InvalidOperation:
        raise _Unknown from None
    if not found.is_finite():
        raise _Unknown
    return found


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def _date(value: Any) -> datetime.date:
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Unknown from None
