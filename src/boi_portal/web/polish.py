"""How the portal says dates, amounts and numbers in Polish. Words only: no markup, no requests.

Times are shown in the office's own zone, Europe/Warsaw.
"""

from __future__ import annotations

import datetime
import decimal
import re
import zoneinfo

import phonenumbers

ZONE = zoneinfo.ZoneInfo("Europe/Warsaw")
NBSP = "\u00a0"

MONTHS = (
    "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
    "lipca", "sierpnia", "września", "października", "listopada", "grudnia",
)  # fmt: skip

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_NUMERIC = re.compile(r"(\d{1,2})\s*[./\- ]\s*(\d{1,2})\s*[./\- ]\s*(\d{4})(?:\s*r\.?)?\Z")
_WORDS = re.compile(r"(\d{1,2})\s+([a-ząćęłńóśźż]+)\s+(\d{4})(?:\s*r\.?)?\Z")


def date_text(value: datetime.date | str | None) -> str:
    """`5 marca 2026`; takes a date, an aware or naive datetime, or ISO text; empty for None."""
    day = _as_date(value)
    return "" if day is None else f"{day.day}{NBSP}{MONTHS[day.month - 1]} {day.year}"


def datetime_text(value: datetime.datetime | str | None) -> str:
    """`5 marca 2026, 14:05` in the office's zone; a naive time is taken for UTC."""
    moment = datetime.datetime.fromisoformat(value) if isinstance(value, str) and value else value
    if not isinstance(moment, datetime.datetime):
        return date_text(moment)
    local = in_zone(moment)
    return f"{date_text(local)}, {local:%H:%M}"


def hours_text(start: str, end: str) -> str:
    """`8:00–16:00` of two times as they are kept, `08:00` and `16:00`."""
    return "–".join(time.removeprefix("0") for time in (start, end))


def in_zone(moment: datetime.datetime) -> datetime.datetime:
    """A moment in the office's zone; a naive one is taken for UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).astimezone(ZONE)


def today() -> datetime.date:
    """The date in the office now."""
    return datetime.datetime.now(ZONE).date()


def _as_date(value: datetime.date | str | None) -> datetime.date | None:
    if not value:
        return None
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value) if len(value) > 10 else datetime.date.fromisoformat(value)
    return in_zone(value).date() if isinstance(value, datetime.datetime) and value.tzinfo else value


def read_date(text: str) -> datetime.date | None:
    """The date a person typed: `5.03.2026`, `5 marca 2026`, `2026-03-05`; None where it is none."""
    folded = " ".join(text.replace(NBSP, " ").split()).lower()
    try:
        if found := _ISO.match(folded):
            return datetime.date(*(int(part) for part in found.groups()))
        if found := _NUMERIC.match(folded):
            day, month, year = (int(part) for part in found.groups())
            return datetime.date(year, month, day)
        if (found := _WORDS.match(folded)) and found[2] in MONTHS:
            return datetime.date(int(found[3]), MONTHS.index(found[2]) + 1, int(found[1]))
    except ValueError:
        return None
    return None


def short_date(day: datetime.date) -> str:
    """A date as people type it: `5.03.2026`."""
    return f"{day.day}.{day.month:02}.{day.year}"


def money(value: decimal.Decimal | str | int | None) -> str:
    """`17 zł`, `1 234,50 zł`, with spaces that do not break; empty for None."""
    if value in (None, ""):
        return ""
    amount = decimal.Decimal(str(value)).quantize(decimal.Decimal("0.01"))
    whole, cents = f"{abs(amount):.2f}".split(".")
    sign = "\u2212" if amount < 0 else ""
    return f"{sign}{_grouped(whole)}{'' if cents == '00' else ',' + cents}{NBSP}zł"


def _grouped(digits: str) -> str:
    if len(digits) <= 4:
        return digits
    return f"{int(digits):,}".replace(",", NBSP)


def phone_text(value: str) -> str:
    """A phone number in groups of digits: `+48 123 456 789`."""
    try:
        number = phonenumbers.parse(value, "PL")
    except phonenumbers.NumberParseException:
        return value
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def plural(number: int, one: str, few: str, many: str) -> str:
    """The form of a noun that goes with `number`: 1 sprawa, 2 sprawy, 5 spraw, 22 sprawy."""
    if number == 1:
        return one
    if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        return few
    return many


def counted(number: int, one: str, few: str, many: str) -> str:
    """`5 spraw`: the number and the noun's form, with a space that does not break."""
    return f"{number}{NBSP}{plural(number, one, few, many)}"


def file_size(octets: int) -> str:
    """`340 kB`, `1,2 MB`; thousands, as file managers show it."""
    if octets < 1000:
        return f"{octets}{NBSP}B"
    if octets < 999_500:
        return f"{octets / 1000:.0f}{NBSP}kB"
    return f"{octets / 1_000_000:.1f}".rstrip("0").rstrip(".").replace(".", ",") + f"{NBSP}MB"
