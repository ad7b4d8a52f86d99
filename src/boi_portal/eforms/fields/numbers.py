"""Fields with a number or address that has a form of its own: PESEL, NIP, REGON, postal code, phone, e-mail.

Check digits are python-stdnum's business, phone numbers phonenumbers'.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import phonenumbers
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidLength, ValidationError
from stdnum.pl import nip as stdnum_nip
from stdnum.pl import pesel as stdnum_pesel
from stdnum.pl import regon as stdnum_regon

from ...web.polish import phone_text
from ..errors import AnswerError
from .base import Field, FieldType, Shown, typed_line

POSTAL_CODE = re.compile(r"(\d{2})\s*[-\u2010-\u2015\u2212]?\s*(\d{3})\Z", re.ASCII)
# one @, no spaces or quotes, labels of the domain that DNS allows
EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}\Z"
)
MARKS = re.compile(r"[\s\u00a0\u202f.\-\u2010-\u2015]")


def digits_of(raw: Any) -> str:
    """What was typed without spaces and dashes."""
    return MARKS.sub("", typed_line(raw, 60))


def birth_date_of(pesel: str) -> datetime.date:
    """The date of birth that a valid PESEL number holds."""
    found: datetime.date = stdnum_pesel.get_birth_date(pesel)
    return found


class _Checked(FieldType):
    """A number with check digits."""

    lengths: ClassVar[tuple[int, ...]]
    module: ClassVar[Any]

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        text = self.stripped(raw)
        if not re.match(r"\d+\Z", text, re.ASCII):
            raise AnswerError(f"Numer {self.title} składa się z samych cyfr. Usuń z niego inne znaki.")
        if len(text) not in self.lengths:
            lengths = " albo ".join(map(str, self.lengths))
            raise AnswerError(f"Numer {self.title} ma {lengths} cyfr. Wpisano {len(text)}.")
        try:
            self.module.validate(text)
        except (InvalidChecksum, InvalidComponent, InvalidLength, ValidationError):
            raise AnswerError(f"Numer {self.title} jest nieprawidłowy. Sprawdź, czy nie ma literówki.") from None
        return text

    def stripped(self, raw: Any) -> str:
        return digits_of(raw)

    def attributes(self, field: Field) -> dict[str, str]:
        return {"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}


class Pesel(_Checked):
    """A PESEL number; eleven digits."""

    name = "pesel"
    width = 11
    title = "PESEL"
    lengths = (11,)
    module: ClassVar[Any] = stdnum_pesel
    prefills = frozenset({"applicant.pesel"})

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        text = super().parse(field, raw, today)
        if birth_date_of(text) > today:
            raise AnswerError(
                "Numer PESEL jest nieprawidłowy: wynika z niego data urodzenia w przyszłości. Sprawdź, czy nie ma literówki."
            )
        return text


class Nip(_Checked):
    """A NIP number; ten digits."""

    name = "nip"
    width = 13
    title = "NIP"
    lengths = (10,)
    module: ClassVar[Any] = stdnum_nip
    prefills = frozenset({"applicant.nip"})

    def stripped(self, raw: Any) -> str:
        return re.sub(r"\APL", "", digits_of(raw).upper())

    def display(self, field: Field, value: Any) -> Shown:
        return [("", stdnum_nip.format(value))] if value else []


class Regon(_Checked):
    """A REGON number; nine or fourteen digits."""

    name = "regon"
    width = 14
    title = "REGON"
    lengths = (9, 14)
    module: ClassVar[Any] = stdnum_regon
    prefills = frozenset({"applicant.regon"})


class PostalCode(FieldType):
    """A Polish postal code, kept as `00-950`."""

    name = "postalcode"
    width = 6
    title = "Kod pocztowy"

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        match = POSTAL_CODE.match(typed_line(raw, 60))
        if match is None:
            raise AnswerError("Wpisz kod pocztowy: dwie cyfry, kreska, trzy cyfry, na przykład 00-950.")
        return f"{match.group(1)}-{match.group(2)}"

    def attributes(self, field: Field) -> dict[str, str]:
        return {"autocomplete": "postal-code"}


class Phone(FieldType):
    """A phone number, kept as `+48123456789`; Polish unless it begins with +."""

    name = "phone"
    width = 20
    title = "Numer telefonu"
    prefills = frozenset({"applicant.phone"})

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        text = typed_line(raw, 60)
        try:
            number = phonenumbers.parse(text, "PL")
        except phonenumbers.NumberParseException:
            number = None
        if number is None or number.extension or not phonenumbers.is_valid_number(number):
            raise AnswerError(
                "Wpisz numer telefonu: dziewięć cyfr albo numer zagraniczny z plusem, na przykład +48 12 345 67 89."
            )
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def attributes(self, field: Field) -> dict[str, str]:
        return {"type": "tel", "autocomplete": "tel" if field.prefill else "off"}

    def typed(self, field: Field, value: Any) -> str:
        return phone_text(value)

    def prefilled(self, field: Field, data: Any) -> str:
        return phone_text(data) if data else ""

    def display(self, field: Field, value: Any) -> Shown:
        return [("", phone_text(value))] if value else []


class Email(FieldType):
    """An e-mail address."""

    name = "email"
    title = "Adres e-mail"
    prefills = frozenset({"applicant.email"})
    autocomplete: ClassVar[Mapping[str, str]] = {"applicant.email": "email"}

    def parse(self, field: Field, raw: Any, today: datetime.date) -> str:
        text = typed_line(raw, 400)
        if len(text) > 254 or not EMAIL.match(text) or ".." in text:
            raise AnswerError("Wpisz adres e-mail w postaci nazwa@domena, na przykład jan@poczta.example.")
        return text

    def attributes(self, field: Field) -> dict[str, str]:
        return {"type": "email", "spellcheck": "false", "autocomplete": "email" if field.prefill else "off"}
