"""`/healthz`: whether the portal works, for monitoring. Says what is wrong, never about whom.

200 while it works, with warnings or without; 503 where somebody must act now. Features add checks of their own.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable
from typing import Any

from pyramid.response import Response

from .. import permissions
from ..interfaces import ISite
from ..office.health import Trouble
from ..publishing import indexing

LATE_AFTER = 60.0  # seconds that the worker's lease may have run out


def healthz(context: Any, request: Any) -> Response:
    """`GET /healthz`: status, what is wrong, how much is waiting. That it answers shows that both databases can be read."""
    found = [trouble for _, check in sorted(request.registry.boi_health_checks.items()) for trouble in check(request)]
    status = "error" if any(one.grave for one in found) else "warning" if found else "ok"
    body = {
        "status": status,
        "troubles": [dataclasses.asdict(one) for one in found],
        "tasks_waiting": len(request.office.tasks),
        "tasks_failed": len(request.office.failed),
        "index_waiting": indexing.waiting(context),
    }
    response = Response(json=body, status=503 if status == "error" else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def worker_check(request: Any) -> Iterable[Trouble]:
    """Whether the worker shows signs of life, and whether tasks were given up."""
    lease = request.office.worker_lease
    if lease is None or time.time() - lease[1] > LATE_AFTER:
        yield Trouble("worker", "The worker shows no sign of life: letters and search stand still.", grave=True)
    if failed := len(request.office.failed):
        yield Trouble("tasks", f"{failed} tasks were given up; see the log.")


def includeme(config: Any) -> None:
    config.add_health_check("worker", worker_check)
    config.add_view(healthz, context=ISite, name="healthz", request_method="GET", permission=permissions.VIEW)
