"""Kill -9 at any moment: every filing is there whole or not at all, and nothing that was acknowledged is lost.

A process files with several threads and a worker on FileStorage; it is killed at random moments, and what it left is read again.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from boi_portal.office.store import office_of
from boi_portal.scripts.application import close, opened, prepare
from boi_portal.worker.loop import Worker
from tests.integration.durable_writer import ATTACHMENT, Filed, open_app

ROOT = Path(__file__).resolve().parents[2]
KILLS = 3
DRAFTS = 1500
THREADS = 3


def run_and_kill(folder: Path, seconds: float) -> set[str]:
    """Let the process file for a while, kill it, and tell which filings it had acknowledged."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.integration.durable_writer", str(folder), str(THREADS)]
    with subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.kill()
        lines = process.stdout.read().split("\n")
    return set(lines[:-1])  # the last line may have been cut off


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


def check(office: Any, acknowledged: set[str]) -> set[str]:
    """Every filing is whole or absent. Returns those that are there."""
    filed = set(office.submissions)
    assert set(office.cases) == filed
    assert filed.isdisjoint(office.drafts)
    assert len(filed) + len(office.drafts) == DRAFTS
    assert acknowledged <= filed, "a commit that had returned was lost"
    waiting = {task.payload["of"] for task in office.tasks.values()}
    delivered = set(office.events)
    assert waiting | delivered == filed, "each has a letter that waits or was sent"
    assert waiting.isdisjoint(delivered)
    for number in filed:
        for record in (office.submissions[number], office.cases[number]):
            with record.attachment.open("r") as stream:
                assert stream.read() == number.encode() + ATTACHMENT
    return filed


def test_a_killed_process_leaves_whole_filings_or_none(tmp_path: Path) -> None:
    chooser = random.Random()
    prepare(str(tmp_path))
    app = open_app(tmp_path)
    with opened(app) as portal:
        for number in range(DRAFTS):
            portal.office.drafts[f"{number:05}"] = Filed.__new__(Filed)
    close(app)
    acknowledged: set[str] = set()
    before: set[str] = set()
    for _ in range(KILLS):
        acknowledged |= run_and_kill(tmp_path, chooser.uniform(0.05, 0.8))
        app = open_app(tmp_path)
        try:
            with app.registry._zodb_databases[""].transaction() as connection:
                now = check(office_of(connection), acknowledged)
            assert now >= before
            before = now
        finally:
            close(app)
    assert acknowledged, "it was killed in the middle of its work"
    app = open_app(tmp_path)
    try:
        Worker(app.registry).drain()
        with app.registry._zodb_databases[""].transaction() as connection:
            office = office_of(connection)
            check(office, acknowledged)
            assert set(office.events) == before
            assert len(office.tasks) == len(office.failed) == 0
    finally:
        close(app)
