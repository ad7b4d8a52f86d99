"""Znak sprawy: the office's number of a case, `komórka.JRWA.nr(.nr2).rok(.inicjały)`, e.g. `OR.1431.12.2026.JK`.

Owns the pattern and the sequences: one for each komórka, class and year. The office also gives numbers to cases on paper, so a number may
be skipped, never given twice.
"""

from __future__ import annotations

import dataclasses
import re

from ..office.store import Office, Sequence

_SIGN = re.compile(
    r"(?P<unit>[A-Z0-9-]*[A-Z][A-Z0-9-]*)\.(?P<jrwa>\d{1,6})\.(?P<number>\d{1,6})(?:\.(?P<sub>\d{1,6}))?\.(?P<year>\d{4})"
    r"(?:\.(?P<initials>[A-ZĄĆĘŁŃÓŚŹŻ]{1,6}))?\Z"
)
MALFORMED = (
    "Wpisz znak sprawy w postaci: komórka.JRWA.numer.rok, na przykład SO.5343.12.2026. Na końcu możesz dodać inicjały."
)


class SignError(ValueError):
    """The sign cannot be given; the message is for the clerk, in Polish."""


@dataclasses.dataclass(frozen=True)
class CaseSign:
    """A sign in its parts. `sub` is 0 where there is none."""

    unit: str
    jrwa: str
    number: int
    year: int
    sub: int = 0
    initials: str = ""

    @classmethod
    def parse(cls, text: str) -> CaseSign:
        """:raises SignError: it does not have the form of a sign."""
        found = _SIGN.match(text.strip())
        if found is None or int(found["number"]) < 1 or found["sub"] == "0":
            raise SignError(MALFORMED)
        return cls(
            unit=found["unit"],
            jrwa=found["jrwa"],
            number=int(found["number"]),
            year=int(found["year"]),
            sub=int(found["sub"] or 0),
            initials=found["initials"] or "",
        )

    def __str__(self) -> str:
        parts = [self.unit, self.jrwa, str(self.number), str(self.sub or ""), str(self.year), self.initials]
        return ".".join(part for part in parts if part)

    @property
    def sequence(self) -> str:
        """The name of the sequence that its last number belongs to."""
        name = f"znak:{self.unit}.{self.jrwa}"
        return f"{name}.{self.number}" if self.sub else name

    @property
    def place(self) -> int:
        """Its number in that sequence."""
        return self.sub or self.number

    def at(self, place: int) -> CaseSign:
        """The same sign with another number in its sequence."""
        return dataclasses.replace(self, sub=place) if self.sub else dataclasses.replace(self, number=place)


def proposed(office: Office, unit: str, jrwa: str, year: int) -> str:
    """The next free sign; takes nothing. Empty where komórka or class is not known, for the clerk to fill in."""
    if not unit or not jrwa:
        return ""
    sign = CaseSign(unit, jrwa, 1, year)
    return str(sign.at(_last(office, sign) + 1))


def take(office: Office, text: str, year: int) -> str:
    """Give the sign `text` to a case, in the current transaction.

    :raises SignError: malformed, of another year, or its number was given already.
    """
    sign = CaseSign.parse(text)
    if sign.year != year:
        raise SignError(f"Znak sprawy musi być z roku {year}.")
    last = _last(office, sign)
    if sign.place <= last:
        raise SignError(f"Numer {sign.place} jest już nadany. Pierwszy wolny znak: {sign.at(last + 1)}.")
    sequence = office.sequences.get((sign.sequence, year))
    if sequence is None:
        sequence = office.sequences[(sign.sequence, year)] = Sequence()
    sequence.last = sign.place
    return str(sign)


def _last(office: Office, sign: CaseSign) -> int:
    sequence = office.sequences.get((sign.sequence, sign.year))
    return 0 if sequence is None else int(sequence.last)
