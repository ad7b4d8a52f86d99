"""The health page, as monitoring reads it."""

from __future__ import annotations

import time

from boi_portal.office.tasks import put
from tests.portals import TestPortal


def test_a_worker_without_a_sign_of_life_is_told(portal: TestPortal) -> None:
    with portal.opened() as opened:
        opened.office.worker_lease = None
    answer = portal.browser().get("/healthz", status=503)
    assert answer.json["status"] == "error" and answer.json["troubles"][0]["where"] == "worker"
    with portal.opened() as opened:
        opened.office.worker_lease = ("somebody", time.time() + 30)
    answer = portal.browser().get("/healthz", status=200)
    assert answer.json["status"] in ("ok", "warning") and answer.json["tasks_failed"] == 0
    assert not any(one["grave"] for one in answer.json["troubles"])


def test_tasks_that_were_given_up_are_told(portal: TestPortal) -> None:
    with portal.opened() as opened:
        opened.office.worker_lease = ("somebody", time.time() + 30)
        task = put(opened.office, "nothing", {})
        del opened.office.tasks[task.id]
        opened.office.failed[task.id] = task
    answer = portal.browser().get("/healthz", status=200)
    assert answer.json["status"] == "warning" and answer.json["tasks_failed"] == 1
