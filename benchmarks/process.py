"""What one process costs: seconds until it answers, and memory once it has shown every page there is.

The server and the worker are measured apart, because a portal in service runs them apart; and together, as `make run` does.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import time
import urllib.parse
from collections import deque
from collections.abc import Callable
from pathlib import Path

from . import portals
from .processes import BenchmarkError, boi, free_port, get, memory_mb, python, running, tail, wait_until_ready
from .report import Result, Table, verdict

AIM_READY = 4.0  # seconds
AIM_MEMORY = 150.0  # MB
LINK = re.compile(r'href="([^"#]+)')
ASIDE = ("/static", "/manage", "/wyloguj")  # neither pages nor for visitors


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """Make a portal in `folder`, start it several times, visit every page and look at the process.

    :raises BenchmarkError: a server does not start, or a page answers an error.
    """
    rounds = 1 if quick else 5
    say("process: making a portal with the shipped content")
    portal = portals.copied(folder, "process")
    hello, alone = [], []
    for number in range(rounds):
        say(f"process: start {number + 1} of {rounds}")
        hello.append(_hello(folder))
        alone.append(_server(portal, folder / "server.log"))
    worker = _worker(portal, folder / "worker.log")
    portals.write_ini(portal, {"boi.worker": "thread"})
    together = _server(portal, folder / "together.log")
    return _result(hello, alone, worker, together, rounds)


Figures = tuple[float, float, float, int]  # seconds to the first answer, MB at it, MB in the end, pages visited


def _hello(folder: Path) -> Figures:
    port, log = free_port(), folder / "hello.log"
    started = time.monotonic()
    with running(python("hello", "--port", str(port), "--threads", str(portals.server_threads())), log) as child:
        wait_until_ready(child, port, log)
        memory = memory_mb(child.pid)
        return time.monotonic() - started, memory, memory, 1


def _server(portal: Path, log: Path) -> Figures:
    port = free_port()
    started = time.monotonic()
    with running(portals.serve_command(portal, port), log) as child:
        wait_until_ready(child, port, log)
        ready, at_first = time.monotonic() - started, memory_mb(child.pid)
        pages = visit_all(port)
        return ready, at_first, memory_mb(child.pid), pages


def visit_all(port: int) -> int:
    """Follow every link from the home page, files included; returns how many addresses answered 200.

    :raises BenchmarkError: an address answered an error.
    """
    origin = f"http://localhost:{port}"
    seen, waiting, shown = {"/"}, deque(["/"]), 0
    while waiting:
        path = waiting.popleft()
        status, headers, body = get(port, path)
        if status >= 400:
            raise BenchmarkError(f"{path} answers {status}")
        shown += status == 200
        if "html" not in headers.get("content-type", ""):
            continue
        for link in LINK.findall(body):
            found = urllib.parse.urlsplit(urllib.parse.urljoin(origin + path, link.replace("&amp;", "&")))
            address = found.path + (f"?{found.query}" if found.query else "")
            if f"{found.scheme}://{found.netloc}" == origin and address not in seen and not address.startswith(ASIDE):
                seen.add(address)
                waiting.append(address)
    return shown


def _worker(portal: Path, log: Path) -> float:
    """Memory of `boi worker` in MB, once it has looked at the queues for a while."""
    with running(boi("boi", "worker", "--ini", str(portal / portals.INI), "--var", str(portal)), log) as child:
        _wait_for_words(child, log, "worker started")
        time.sleep(2)
        return memory_mb(child.pid)


def _wait_for_words(child: subprocess.Popen[bytes], log: Path, words: str) -> None:
    until = time.monotonic() + 60
    while words not in tail(log):
        if child.poll() is not None or time.monotonic() > until:
            raise BenchmarkError(f"The worker does not start:\n{tail(log)}")
        time.sleep(0.05)


def _result(hello: list[Figures], alone: list[Figures], worker: float, together: Figures, rounds: int) -> Result:
    table = Table(
        f"One process with the whole content ({alone[0][3]} addresses visited), medians of {rounds} "
        f"start{'s' if rounds > 1 else ''}",
        ("process", "ready after, s", "memory then, MB", "after every page, MB"),
    )
    ready, memory = _row(table, "portal, worker elsewhere", alone)
    _row(table, "portal with the worker in a thread (`make run`)", [together])
    table.rows.append(("worker alone (`boi worker`)", "–", f"{worker:.0f}", "–"))
    _row(table, "bare hello view", hello)
    notes = [
        f"Aim: ready in under {AIM_READY:.0f} s. Found: {ready:.1f} s: {verdict(ready < AIM_READY)}.",
        f"Aim: under {AIM_MEMORY:.0f} MB with the whole content. Found: {memory:.0f} MB: {verdict(memory < AIM_MEMORY)}.",
        "Memory is the resident set (VmRSS); a part of it, the libraries' code, is shared by all processes of a portal.",
    ]
    return Result("process", [table], notes, f"ready in {ready:.1f} s, {memory:.0f} MB after every page, worker {worker:.0f} MB")


def _row(table: Table, label: str, figures: list[Figures]) -> tuple[float, float]:
    """Add a row of medians; returns seconds to the first answer and MB in the end."""
    ready, first, last = (statistics.median(one[place] for one in figures) for place in range(3))
    table.rows.append((label, f"{ready:.1f}", f"{first:.0f}", "–" if label.startswith("bare") else f"{last:.0f}"))
    return ready, last
