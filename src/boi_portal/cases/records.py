"""The case as it is stored in the office database.

Owns its shape. Its history is a tuple of events that only grows: a correction is a new event. Who changes it is `handling`.
"""

from __future__ import annotations

import dataclasses
import datetime

from persistent import Persistent

from . import stages


@dataclasses.dataclass(frozen=True)
class StageEvent:
    """A change of stage. `by` is the user id of who made it, empty for the portal itself and the case's owner; `note` is
    written to the citizen."""

    stage: str
    at: datetime.datetime
    by: str = ""
    note: str = ""
    outcome: str = ""
    reply_by: datetime.date | None = None  # until when the citizen is to complete the papers


class Case(Persistent):
    """A case. Dates are of the office's zone, moments are in UTC."""

    rpw_number: str = ""
    case_sign: str = ""

    def __init__(
        self,
        number: str,
        owner: str,
        title: str,
        card_title: str,
        department: str,
        department_title: str,
        jrwa: str,
        filed_at: datetime.datetime,
        deadline: datetime.date,
        filed_by: str = "",
    ) -> None:
        self.number = number
        self.owner = owner  # user id
        self.title = title  # of the form
        self.card_title = card_title  # of the catalog's card that offers the form; empty: none or several
        self.department = department  # name in /wydzialy
        self.department_title = department_title  # as it was called then
        self.jrwa = jrwa
        self.filed_at = filed_at
        self.deadline = deadline
        self.events: tuple[StageEvent, ...] = (StageEvent(stages.FILED, filed_at, filed_by),)

    @property
    def last(self) -> StageEvent:
        """The latest change."""
        return self.events[-1]

    @property
    def stage(self) -> stages.Stage:
        """The stage where the case is."""
        return stages.STAGES[self.last.stage]

    @property
    def outcome(self) -> stages.Outcome | None:
        """In what way it was closed; None while it is open."""
        return stages.OUTCOMES.get(self.last.outcome)

    @property
    def is_open(self) -> bool:
        return self.last.stage != stages.CLOSED

    @property
    def clock_stands(self) -> bool:
        """Whether the time for settling does not run now."""
        return self.last.stage in (stages.SUSPENDED, stages.CLOSED)

    def is_late(self, today: datetime.date) -> bool:
        """Whether the office should have settled it by now."""
        return not self.clock_stands and today > self.deadline
