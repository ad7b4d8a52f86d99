"""Dates, amounts and numbers as the portal says them."""

import datetime
import decimal

import pytest

from boi_portal.web import polish

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.date(2026, 3, 5), "5 marca 2026"),
        ("2026-12-31", "31 grudnia 2026"),
        (datetime.datetime(2026, 6, 30, 22, 30, tzinfo=datetime.UTC), "1 lipca 2026"),
        ("2026-06-30T22:30:00+00:00", "1 lipca 2026"),
        (None, ""),
        ("", ""),
    ],
)
def test_date_text(value: object, text: str) -> None:
    assert polish.date_text(value).replace(NBSP, " ") == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.datetime(2026, 1, 5, 13, 5, tzinfo=datetime.UTC), "5 stycznia 2026, 14:05"),
        (datetime.datetime(2026, 7, 5, 13, 5), "5 lipca 2026, 15:05"),
        ("2026-07-05T13:05:00+00:00", "5 lipca 2026, 15:05"),
        (None, ""),
    ],
    ids=["winter", "naive-summer", "text", "none"],
)
def test_datetime_text(value: object, text: str) -> None:
    assert polish.datetime_text(value).replace(NBSP, " ") == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "5.03.2026",
        "05.03.2026",
        "5.3.2026",
        "5-03-2026",
        "5/3/2026",
        "5 3 2026",
        "2026-03-05",
        "5 marca 2026",
        "5 Marca 2026 r.",
        " 5. 03. 2026 ",
    ],
)
def test_read_date_takes_what_people_type(text: str) -> None:
    assert polish.read_date(text) == datetime.date(2026, 3, 5)


@pytest.mark.parametrize(
    "text", ["", "31.02.2026", "5.3.26", "jutro", "5.13.2026", "5 marzec 2026", "2026-03-05x", "٥.3.2026x", "5.3.20261"]
)
def test_read_date_refuses_what_is_no_date(text: str) -> None:
    assert polish.read_date(text) is None


def test_short_date_is_read_back() -> None:
    day = datetime.date(1999, 12, 1)
    assert polish.read_date(polish.short_date(day)) == day


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("17.00", "17 zł"),
        ("17.50", "17,50 zł"),
        (decimal.Decimal("1234.5"), "1234,50 zł"),
        ("12345", "12 345 zł"),
        ("1234567.89", "1 234 567,89 zł"),
        (0, "0 zł"),
        ("-5.10", "\u22125,10 zł"),
        (None, ""),
    ],
)
def test_money(value: object, text: str) -> None:
    assert polish.money(value).replace(NBSP, " ") == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (0, "spraw"),
        (1, "sprawa"),
        (2, "sprawy"),
        (4, "sprawy"),
        (5, "spraw"),
        (12, "spraw"),
        (14, "spraw"),
        (22, "sprawy"),
        (101, "spraw"),
        (112, "spraw"),
    ],
)
def test_plural(number: int, form: str) -> None:
    assert polish.plural(number, "sprawa", "sprawy", "spraw") == form
    assert polish.counted(number, "sprawa", "sprawy", "spraw") == f"{number}{NBSP}{form}"


def test_hours_text_drops_a_leading_zero() -> None:
    assert polish.hours_text("07:30", "15:30") == "7:30–15:30"
    assert polish.hours_text("10:00", "18:00") == "10:00–18:00"


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, "0 B"), (999, "999 B"), (340_000, "340 kB"), (999_600, "1 MB"), (1_240_000, "1,2 MB"), (20_000_000, "20 MB")],
)
def test_file_size(octets: int, text: str) -> None:
    assert polish.file_size(octets).replace(NBSP, " ") == text


def test_phone_text_groups_digits() -> None:
    assert polish.phone_text("+48601234567") == "+48 601 234 567"
    assert polish.phone_text("") == ""
