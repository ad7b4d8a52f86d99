"""When a case is to be settled, counted as the Code of Administrative Procedure (KPA) counts.

Owns arithmetic with dates. Knows nothing of cases.
"""

from __future__ import annotations

import calendar
import datetime
from functools import cache

import holidays


def month_later(start: datetime.date, months: int = 1) -> datetime.date:
    """The last day of a period of months that began with `start` (KPA art. 57 § 3).

    It is the day of the same number in the last month, or that month's last day where it has none.
    """
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return datetime.date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def is_working_day(day: datetime.date) -> bool:
    """Whether a period may end on `day`: neither Saturday, Sunday nor a public holiday in Poland."""
    return day.weekday() < calendar.SATURDAY and day not in _holidays(day.year)


def moved(day: datetime.date) -> datetime.date:
    """`day`, or the next working day where it is none (KPA art. 57 § 4)."""
    while not is_working_day(day):
        day += datetime.timedelta(days=1)
    return day


def settle_by(filed: datetime.date) -> datetime.date:
    """The last day for settling a case that was filed on `filed`: one month (KPA art. 35 § 3)."""
    return moved(month_later(filed))


@cache
def _holidays(year: int) -> frozenset[datetime.date]:
    return frozenset(holidays.country_holidays("PL", years=year))
