"""Deadlines as the Code of Administrative Procedure counts them."""

import datetime

import pytest

from boi_portal.cases import deadlines


@pytest.mark.parametrize(
    ("filed", "expected"),
    [
        ("2026-03-05", "2026-04-07"),  # 5 April is Easter Sunday, then Easter Monday
        ("2026-01-31", "2026-03-02"),  # no 31 February: its last day, a Saturday
        ("2026-02-11", "2026-03-11"),
        ("2026-11-24", "2026-12-28"),  # Christmas Eve, two days of Christmas, Sunday
        ("2026-12-01", "2027-01-04"),  # New Year's Day, Saturday, Sunday
        ("2026-10-11", "2026-11-12"),  # Independence Day
        ("2024-01-29", "2024-02-29"),
    ],
)
def test_case_is_settled_within_a_month_on_a_working_day(filed: str, expected: str) -> None:
    assert deadlines.settle_by(datetime.date.fromisoformat(filed)).isoformat() == expected


@pytest.mark.parametrize("day", ["2026-08-15", "2026-05-01", "2026-06-04", "2026-03-07", "2026-03-08", "2026-12-24"])
def test_period_does_not_end_on_a_free_day(day: str) -> None:
    assert not deadlines.is_working_day(datetime.date.fromisoformat(day))


def test_months_pass_the_end_of_the_year() -> None:
    assert deadlines.month_later(datetime.date(2026, 12, 31), 2) == datetime.date(2027, 2, 28)
