"""A portal as it is in service: PostgreSQL, `boi serve` and `boi worker` in processes of their own, either of them killed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cluster import cluster
from benchmarks.portals import CONTENT, INI, write_ini
from benchmarks.processes import boi, free_port, get, run, running, wait_until_ready
from boi_portal.mail.letters import post
from boi_portal.scripts.application import close, load_app, opened, prepare, variables
from tests.portals import make_sandbox_state

LETTERS = 200
TAKE_OVER = 90.0  # seconds: the dead worker's lease, and the work


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a portal with the shipped content in PostgreSQL."""
    var = tmp_path_factory.mktemp("service")
    prepare(str(var))
    make_sandbox_state(var)
    with cluster() as server:
        write_ini(var, server.databases(var))
        run(boi("boi", "content", "load", "--ini", str(var / INI), "--var", str(var), str(CONTENT)))
        yield var


def delivered(var: Path) -> list[str]:
    """The numbers that the letters in the mailbox carry, each as often as it came."""
    texts = (path.read_text(encoding="utf-8") for path in (var / "mail" / "new").glob("*"))
    return [found.group(0) for text in texts if (found := re.search(r"BOI-2026-TEST-\d{4}", text))]


def test_every_letter_is_sent_though_the_worker_is_killed(town: Path) -> None:
    command = boi("boi", "worker", "--ini", str(town / INI), "--var", str(town))
    app = load_app(str(town / INI), variables(str(town)))
    numbers = [f"BOI-2026-TEST-{count:04}" for count in range(LETTERS)]
    try:
        with running(command, town / "worker.log") as first:
            for number in numbers:
                with opened(app) as portal:
                    words = {"title": "Próba", "number": number, "received": "dziś", "link": "http://localhost/"}
                    post(portal.office, "filed", "zofia@poczta.example", words)
            until = time.monotonic() + 60
            while not delivered(town) and time.monotonic() < until:
                time.sleep(0.01)
            first.kill()
        seen = len(set(delivered(town)))
        assert 0 < seen < LETTERS, "the worker was killed before it began or after it had ended: nothing was tried"
        with running(command, town / "worker.log"):
            until = time.monotonic() + TAKE_OVER
            while len(set(delivered(town))) < LETTERS and time.monotonic() < until:
                time.sleep(0.5)
        with opened(app, commit=False) as portal:
            assert len(portal.office.tasks) == 0
            assert len(portal.office.failed) == 0
    finally:
        close(app)
    assert set(delivered(town)) == set(numbers)
    assert len(delivered(town)) <= LETTERS + 1, "only the letter that was just being sent may come twice"


def test_a_killed_portal_serves_again_at_once(town: Path) -> None:
    for _ in range(2):
        port = free_port()
        command = boi("boi", "serve", "--ini", str(town / INI), "--var", str(town), "--port", str(port))
        with running(command, town / "serve.log") as portal:
            wait_until_ready(portal, port, town / "serve.log")
            status, _headers, text = get(port, "/katalog/sprawy-obywatelskie/wydanie-dowodu-osobistego")
            assert status == 200
            assert "Wydanie dowodu osobistego" in text
            portal.kill()
