"""Field types: one class each, found by the word that definitions use.

A new one is a class derived from `base.FieldType` and `config.add_field_type(cls)`. The built-in ones are here from
import on, so that
content files can be checked without a configured application.
"""

from __future__ import annotations

from typing import Any

from ..errors import AnswerError, DefinitionError
from .base import PREFILLS, Field, FieldType, Shown
from .choosing import Choice, Choices
from .composite import Address, File, Group, Repeat
from .numbers import Email, Nip, Pesel, Phone, PostalCode, Regon
from .plain import Computed, Date, LongText, Money, Number, Statement, Text, TextBlock, YesNo

BUILT_IN: tuple[type[FieldType], ...] = (
    Text, LongText, Number, Money, Date, YesNo, Choice, Choices, Pesel, Nip, Regon, PostalCode, Phone, Email, Address,
    Group, Repeat, File, Statement, TextBlock, Computed,
)  # fmt: skip
TYPES: dict[str, FieldType] = {cls.name: cls() for cls in BUILT_IN}


def add_field_type(config: Any, cls: type[FieldType]) -> None:
    """Directive: make a field type known under its `name`."""
    cls = config.maybe_dotted(cls)
    config.action(("boi field type", cls.name), lambda: TYPES.__setitem__(cls.name, cls()))


def includeme(config: Any) -> None:
    config.add_directive("add_field_type", add_field_type)
    for cls in BUILT_IN:
        config.add_field_type(cls)


__all__ = [
    "BUILT_IN",
    "PREFILLS",
    "TYPES",
    "AnswerError",
    "DefinitionError",
    "Field",
    "FieldType",
    "Shown",
    "add_field_type",
]
