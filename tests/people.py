"""Invented people for tests: names that say so, and PESELs made here, never a real person's."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from stdnum.pl import pesel

_counter = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    first_name: str
    last_name: str
    pesel: str
    login: str
    email: str


def make_pesel(born: str = "680507") -> str:
    """A PESEL with a right check digit, of somebody born on `born` (yymmdd, 20th century)."""
    body = f"{born}{random.randrange(10_000):04}"
    return body + pesel.calc_check_digit(body)


def new_person() -> Person:
    """A person nobody has seen yet."""
    serial = f"{next(_counter)}{random.randrange(10_000):04}"
    return Person("Zofia", "Testowa-Próbna", make_pesel(), f"zofia.testowa{serial}", f"zofia{serial}@poczta.example")
