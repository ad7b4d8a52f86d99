"""Invented people who sign in the sandbox, and the arithmetic of PESEL numbers.

Owns what a person is here. No number stands for a living person: the offered ones are computed from invented dates and the
last serial numbers of a day.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
_CENTURIES = {18: 80, 19: 0, 20: 20, 21: 40, 22: 60}  # added to the month


class PersonError(ValueError):
    """A person cannot be as entered; `field` is the form's field, the message is Polish."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclasses.dataclass(frozen=True)
class Person:
    """Who signs."""

    first_name: str
    last_name: str
    pesel: str

    @classmethod
    def entered(cls, first_name: str, last_name: str, pesel: str) -> Person:
        """A person from form fields.

        :raises PersonError: an empty or overlong name, or a number that is no PESEL.
        """
        first_name, last_name, pesel = first_name.strip(), last_name.strip(), pesel.strip()
        for field, name, label in (("imie", first_name, "imię"), ("nazwisko", last_name, "nazwisko")):
            if not name:
                raise PersonError(field, f"Podaj {label}.")
            if len(name) > 60 or not name.isprintable():
                raise PersonError(field, f"Podaj {label} w najwyżej 60 znakach.")
        if not is_pesel(pesel):
            raise PersonError("pesel", "Podaj poprawny numer PESEL: 11 cyfr ze zgodną cyfrą kontrolną.")
        return cls(first_name, last_name, pesel)

    @property
    def full_name(self) -> str:
        """First name and surname."""
        return f"{self.first_name} {self.last_name}"


def make_pesel(born: dt.date, serial: int) -> str:
    """The PESEL of the person entered as number `serial` (0–9999; odd for men) among those born on a day."""
    month = born.month + _CENTURIES[born.year // 100]
    digits = f"{born.year % 100:02}{month:02}{born.day:02}{serial:04}"
    return digits + str(_check_digit(digits))


def is_pesel(text: str) -> bool:
    """Whether `text` is eleven digits with a date that exists and the right check digit."""
    if not re.fullmatch(r"[0-9]{11}", text):
        return False
    century, month = divmod(int(text[2:4]), 20)
    year = {80: 1800, 0: 1900, 20: 2000, 40: 2100, 60: 2200}[century * 20] + int(text[:2])
    try:
        dt.date(year, month, int(text[4:6]))
    except ValueError:
        return False
    return _check_digit(text[:10]) == int(text[10])


def _check_digit(digits: str) -> int:
    return -sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 10


OFFERED = (
    Person("Jan", "Testowy", make_pesel(dt.date(1968, 3, 14), 9995)),
    Person("Anna", "Przykładowa", make_pesel(dt.date(1985, 11, 2), 9994)),
    Person("Zenon", "Próbny", make_pesel(dt.date(2001, 7, 30), 9993)),
)
