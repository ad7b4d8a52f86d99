"""Absences of employees and who stands in for them: for that time the deputy sees the cases of the absent one's department.

An absence is kept with the one who is away. With the deputy lies only whom to look at, so that a request need not look at everybody.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from typing import Any

from substanced.util import get_oid

from .. import permissions

MAX_ABSENCES = 100  # of one employee
LONGEST = datetime.timedelta(days=366)


class AbsenceError(ValueError):
    """It cannot be written down; the message (Polish) says why, `field` which field is meant."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclasses.dataclass(frozen=True)
class Absence:
    """Away from `first` to `last`, both included; `deputy` is an employee's object id."""

    id: str
    first: datetime.date
    last: datetime.date
    deputy: int

    def covers(self, day: datetime.date) -> bool:
        """Whether the employee is away on this day."""
        return self.first <= day <= self.last


def absences_of(user: Any) -> tuple[Absence, ...]:
    """An employee's absences, the latest first."""
    return tuple(sorted(getattr(user, "absences", ()), key=lambda absence: absence.first, reverse=True))


def add_absence(user: Any, deputy: Any, absence: Absence, day: datetime.date) -> None:
    """Write down an absence; `day` is today.

    :raises AbsenceError: what is wrong with it.
    """
    if absence.last < absence.first:
        raise AbsenceError("Ostatni dzień nie może być wcześniejszy niż pierwszy.", "do")
    if absence.last < day:
        raise AbsenceError("Ta nieobecność już minęła. Podaj dni od dzisiaj.", "do")
    if absence.last - absence.first > LONGEST:
        raise AbsenceError("Nieobecność może trwać najwyżej rok.", "do")
    if deputy is user:
        raise AbsenceError("Nie można zastępować samego siebie. Wybierz inną osobę.", "zastepca")
    current = [one for one in absences_of(user) if one.last >= day]
    if any(one.first <= absence.last and absence.first <= one.last for one in current):
        raise AbsenceError("Te dni zachodzą na inną zapisaną nieobecność. Usuń ją albo zmień dni.", "od")
    if len(current) >= MAX_ABSENCES:
        raise AbsenceError("Zapisano już bardzo wiele nieobecności. Usuń niepotrzebne.")
    user.absences = (*getattr(user, "absences", ()), absence)
    deputy.deputy_for = tuple({*getattr(deputy, "deputy_for", ()), get_oid(user)})


def remove_absence(user: Any, absence_id: str) -> Absence | None:
    """Take an absence out; returns it, or None if there is none with this id."""
    found = next((one for one in getattr(user, "absences", ()) if one.id == absence_id), None)
    if found is not None:
        user.absences = tuple(one for one in user.absences if one is not found)
    return found


def stands_in_for(user: Any, site: Any, day: datetime.date) -> Iterator[Any]:
    """The employees for whom this one stands in on this day."""
    own = get_oid(user)
    for oid in getattr(user, "deputy_for", ()):
        absent = site.__objectmap__.object_for(oid)
        if absent is not None and any(one.deputy == own and one.covers(day) for one in absences_of(absent)):
            yield absent


def may_stand_in(user: Any) -> bool:
    """Whether an employee can see cases at all: a clerk or a head of a department, who may sign in."""
    held = {group.__name__ for group in user.groups}
    return bool(user.enabled and held & {permissions.CLERK, permissions.HEAD})
