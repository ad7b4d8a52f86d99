"""The desk's index: which cases a department has at which stage. Written by the one worker, read by clerks' lists.

Keys of `office.desk` are (department, stage, filed at, number); the value is the deadline (ISO date), so that late cases are found without
reading them. `office.desk_keys` says under which key a case stands.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..office.store import Office
from ..office.tasks import TaskContext
from . import people, stages
from .records import Case

INDEX_TASK = "index-case"
Row = tuple[datetime.date, str]  # deadline, number


def index_case(context: TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: put a case where it belongs now. Doing it again changes nothing."""
    office, number = context.office, payload["number"]
    case: Case | None = office.cases.get(number)
    old = office.desk_keys.get(number)
    new = None if case is None else (case.department, case.last.stage, case.filed_at.isoformat(), number)
    if old is not None and old != new:
        del office.desk[old]
    if case is None or new is None:
        office.desk_keys.pop(number, None)
        return
    people.index_owner(office, case, context.registry.boi_settings.secret)
    if office.desk.get(new) != case.deadline.isoformat():
        office.desk[new] = case.deadline.isoformat()
    if old != new:
        office.desk_keys[number] = new


def rows(office: Office, department: str, stage: str) -> Iterator[Row]:
    """Cases of a department at a stage, the oldest first."""
    for key, deadline in office.desk.items((department, stage), (department, stage + "\0")):
        yield datetime.date.fromisoformat(deadline), key[3]


def count(office: Office, department: str, stage: str) -> int:
    """How many there are."""
    return len(office.desk.keys((department, stage), (department, stage + "\0")))


def listed(office: Office, departments: Iterable[str], wanted: Iterable[str], today: datetime.date) -> list[str]:
    """Numbers of the cases of departments at stages: late ones first, then by deadline; closed ones newest first."""
    wanted = tuple(wanted)
    found = [
        (stage, deadline, place, number)
        for department in departments
        for stage in wanted
        for place, (deadline, number) in enumerate(rows(office, department, stage))
    ]
    if wanted == (stages.CLOSED,):
        return [number for *_, number in reversed(found)]
    found.sort(key=lambda row: (not is_late(row[0], row[1], today), row[1], row[2]))
    return [number for *_, number in found]


def is_late(stage: str, deadline: datetime.date, today: datetime.date) -> bool:
    """Whether a case at `stage` should have been settled by now."""
    return stage not in (stages.SUSPENDED, stages.CLOSED) and deadline < today


def includeme(config: Any) -> None:
    config.add_task_handler(INDEX_TASK, index_case)
