"""Invented people who sign, and who sign in, in the sandbox, and the arithmetic of PESEL numbers.

Owns what a person is here, what an eID says about one, and who works at the invented office. No number stands for a living
person: the offered ones are computed from invented dates and the last serial numbers of a day.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
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

    @classmethod
    def computed(cls, first_name: str, last_name: str, born: dt.date, serial: int) -> Person:
        """A person with the PESEL of a date and a serial number of that day."""
        return cls(first_name, last_name, make_pesel(born, serial))

    @property
    def full_name(self) -> str:
        """First name and surname."""
        return f"{self.first_name} {self.last_name}"

    @property
    def born(self) -> dt.date:
        """The date of birth that the PESEL tells."""
        return _birth_date(self.pesel)


@dataclasses.dataclass(frozen=True)
class Citizen:
    """Somebody who has an eID."""

    id: str  # in forms
    person: Person
    about: str = ""

    @property
    def name_id(self) -> str:
        """What an identity provider calls the person, whatever the surname is now."""
        return f"pz-{hashlib.sha256(self.person.pesel.encode()).hexdigest()[:16]}"


@dataclasses.dataclass(frozen=True)
class Employee:
    """Somebody who works at the office, or would have it believed."""

    login: str
    first_name: str
    last_name: str
    about: str = ""

    @property
    def email(self) -> str:
        """The address at the office."""
        return f"{self.login}@urzad.example"

    @property
    def subject(self) -> str:
        """What the OpenID Connect provider calls the person."""
        return hashlib.sha256(f"pracownik {self.login}".encode()).hexdigest()[:32]


def make_pesel(born: dt.date, serial: int) -> str:
    """The PESEL of the person entered as number `serial` (0–9999; odd for men) among those born on a day."""
    month = born.month + _CENTURIES[born.year // 100]
    digits = f"{born.year % 100:02}{month:02}{born.day:02}{serial:04}"
    return digits + str(_check_digit(digits))


def is_pesel(text: str) -> bool:
    """Whether `text` is eleven digits with a date that exists and the right check digit."""
    if not re.fullmatch(r"[0-9]{11}", text):
        return False
    try:
        _birth_date(text)
    except ValueError:
        return False
    return _check_digit(text[:10]) == int(text[10])


def _birth_date(pesel: str) -> dt.date:
    century, month = divmod(int(pesel[2:4]), 20)
    year = {80: 1800, 0: 1900, 20: 2000, 40: 2100, 60: 2200}[century * 20] + int(pesel[:2])
    return dt.date(year, month, int(pesel[4:6]))


def _check_digit(digits: str) -> int:
    return -sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 10


OFFERED = (
    Person("Jan", "Testowy", make_pesel(dt.date(1968, 3, 14), 9995)),
    Person("Anna", "Przykładowa", make_pesel(dt.date(1985, 11, 2), 9994)),
    Person("Zenon", "Próbny", make_pesel(dt.date(2001, 7, 30), 9993)),
)
_JAN, _ANNA, _ZENON = OFFERED
CITIZENS = (
    Citizen("jan", _JAN, "ma konto w portalu"),
    Citizen("anna", _ANNA),
    Citizen("anna-po-slubie", dataclasses.replace(_ANNA, last_name="Zmieniona"), "ta sama osoba po zmianie nazwiska"),
    Citizen("zenon", _ZENON),
    Citizen("nowa", Person.computed("Nina", "Niebyła", dt.date(1994, 9, 21), 9996), "nigdy nie była w portalu"),
    Citizen(
        "diakrytyki",
        Person.computed("Świętosława Żółcisława", "Gżegżółka-Źdźbłowska", dt.date(1979, 1, 5), 9992),
        "dwa imiona, nazwisko dwuczłonowe, polskie litery",
    ),
)
EMPLOYEES = (
    Employee("redaktorka", "Róża", "Redakcyjna", "redaktorka"),
    Employee("redaktor", "Roman", "Naczelny", "redaktor naczelny"),
    Employee("urzednik", "Urszula", "Okienkowa", "urzędniczka, Wydział Spraw Obywatelskich"),
    Employee("urzednik.os", "Olgierd", "Środowiskowy", "urzędnik, Wydział Ochrony Środowiska"),
    Employee("urzednik.or", "Kalina", "Kancelaryjna", "urzędniczka, Wydział Organizacyjny"),
    Employee("kierownik", "Klara", "Kierująca", "kierowniczka Wydziału Spraw Obywatelskich"),
    Employee("administrator", "Adam", "Administrujący", "administrator"),
    Employee("nieznany", "Norbert", "Nieznany", "nie ma konta w portalu"),
)
