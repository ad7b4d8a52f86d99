"""The data of an account in words, as its owner and the office read them. Nothing here reads or writes a database."""

from __future__ import annotations

from collections.abc import Mapping

from ..accounts.resources import DOCUMENT_KINDS, Applicant
from ..web.polish import date_text, phone_text

EID_PHRASES = {"profil zaufany": "profilem zaufanym", "e-dowód": "e-dowodem"}
NUMBERS = {"pesel": "PESEL", "nip": "NIP", "regon": "REGON", "krs": "KRS"}


def masked(number: str) -> str:
    """A personal number of which only the last four characters are shown."""
    return "•" * max(0, len(number) - 4) + number[-4:] if len(number) > 4 else "•" * len(number)


def address_text(address: Mapping[str, str] | None) -> str:
    """An address in two lines."""
    if not address:
        return ""
    house = address["house_number"] + (f" m. {address['flat']}" if address["flat"] else "")
    first = f"{address['street']} {house}" if address["street"] else f"{address['town']} {house}"
    return f"{first}\n{address['postal_code']} {address['town']}"


def letters_text(person: Applicant) -> str:
    """Where letters go; empty: nobody knows."""
    return address_text(person.correspondence) or ("taki sam" if person.residence else "")


def phone_words(person: Applicant) -> str:
    """The phone number, or that there is none."""
    return phone_text(person.phone) if person.phone else "nie podano"


def verified_text(person: Applicant, field: str) -> str:
    """By what a field was confirmed, e.g. `potwierdzone profilem zaufanym`; empty: it was not."""
    provider = person.verified.get(field, "")
    if not provider:
        return ""
    phrase = EID_PHRASES.get(provider.casefold())
    return f"potwierdzone {phrase}" if phrase else f"potwierdzone: {provider}"


def number_rows(person: Applicant) -> list[tuple[str, str, str]]:
    """Name, number and by what it was confirmed. Numbers that tell of a person are masked, those of firms in full."""
    rows = []
    if person.pesel:
        rows.append(("PESEL", masked(person.pesel), verified_text(person, "pesel")))
    if document := person.document:
        kind = DOCUMENT_KINDS.get(document["kind"], document["kind"])
        rows.append(("Dokument", f"{kind}, {document['country']}, {masked(document['number'])}", ""))
    if person.birth_date:
        rows.append(("Data urodzenia", date_text(person.birth_date), verified_text(person, "birth_date")))
    numbers = person.numbers
    return rows + [
        (NUMBERS[name], numbers[name], verified_text(person, name))
        for name in ("nip", "regon", "krs")
        if numbers.get(name)
    ]
