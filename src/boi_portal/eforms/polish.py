"""How answers with numbers are written: always to the grosz, with groups of thousands. Dates and nouns are
`web.polish`'s."""

from __future__ import annotations

import decimal

from ..web.polish import NBSP


def number(value: decimal.Decimal | int) -> str:
    """`12 345,5`: a comma, groups of thousands from five digits on, no needless zeros."""
    whole, _, fraction = f"{decimal.Decimal(value):f}".partition(".")
    fraction = fraction.rstrip("0")
    return _grouped(whole) + (f",{fraction}" if fraction else "")


def amount(value: decimal.Decimal | str) -> str:
    """`17,00 zł`, `12 345,50 zł`: as a document has it, grosze always written."""
    whole, _, fraction = f"{decimal.Decimal(value):.2f}".partition(".")
    return f"{_grouped(whole)},{fraction}{NBSP}zł"


def _grouped(whole: str) -> str:
    sign, digits = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    return sign + (digits if len(digits) < 5 else f"{int(digits):,}".replace(",", NBSP))
