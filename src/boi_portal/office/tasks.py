"""The outbox: work that a commit leaves for the worker, and the registry of who does which kind of work.

A task is written in the same transaction as what it follows from, so it exists exactly if that does. It is done at least once:
a handler must bear being called again for the same task.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping
from typing import Any

from persistent import Persistent

from .store import Office, random_id

logger = logging.getLogger(__name__)

# seconds until the next try, by the number of tries so far; after the last the task is put aside as failed
RETRY_AFTER = (5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600)

Handler = Callable[["TaskContext", Mapping[str, Any]], None]


class Task(Persistent):
    """One piece of work: its kind and a JSON-like payload of ids and words."""

    def __init__(self, kind: str, payload: Mapping[str, Any], at: datetime.datetime) -> None:
        self.id = random_id()
        self.kind = kind
        self.payload = dict(payload)
        self.created_at = at
        self.tries = 0
        self.not_before = at
        self.last_error = ""


class TaskContext:
    """What a handler may use: the registry, the office and the site, in the worker's transaction."""

    def __init__(self, registry: Any, office: Office, site: Any) -> None:
        self.registry = registry
        self.office = office
        self.site = site


def put(office: Office, kind: str, payload: Mapping[str, Any]) -> Task:
    """Leave a task for the worker in the current transaction."""
    task = Task(kind, payload, datetime.datetime.now(datetime.UTC))
    office.tasks[task.id] = task
    return task


def add_task_handler(config: Any, kind: str, handler: Handler) -> None:
    """Directive: `handler(context, payload)` does the tasks of `kind`."""
    handler = config.maybe_dotted(handler)

    def register() -> None:
        config.registry.boi_task_handlers[kind] = handler

    config.action(("boi task handler", kind), register)


class Daily(Persistent):
    """On which day work that comes back each day was last left for the worker."""

    last: datetime.date | None = None


def add_daily(config: Any, kind: str) -> None:
    """Directive: a task of `kind`, without a payload, is left once a day."""

    def register() -> None:
        config.registry.boi_daily.add(kind)

    config.action(("boi daily", kind), register)


def put_daily(office: Office, kinds: set[str], day: datetime.date) -> None:
    """Leave what was not left on this day yet; for the worker."""
    for kind in sorted(kinds):
        daily = office.daily.get(kind)
        if daily is None:
            daily = office.daily[kind] = Daily()
        if daily.last != day:
            daily.last = day
            put(office, kind, {})


def includeme(config: Any) -> None:
    config.registry.boi_task_handlers = {}
    config.registry.boi_daily = set()
    config.add_directive("add_daily", add_daily)
    config.add_directive("add_task_handler", add_task_handler)
