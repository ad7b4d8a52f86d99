"""How many filings a second are taken, by one filer and by eight at once, and whether each is there afterwards.

FileStorage: filers are threads of one process, with the worker in it, as `make run` has it. PostgreSQL: filers are processes, the worker is
another, as in service. The yardstick in the same run is `records`: the same number of objects and bytes, and nothing else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import select
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from boi_portal.scripts.application import close, load_app, opened, variables

from . import portals
from .cluster import Cluster, cluster
from .filings import add_form
from .processes import ROOT, BenchmarkError, boi, end, python, running, tail
from .report import Result, Table, verdict

MANY = 8
AIM_CONFLICTS = 1.0  # per cent
ANSWER = 120.0  # seconds that a filer may take to answer
KINDS = {
    "whole": "whole filing",
    "unsigned": "without verifying and sealing",
    "records": "records alone (yardstick)",
}
# filings in a round
FULL = {"whole": 64, "unsigned": 96, "records": 400}
QUICK = {"whole": 16, "unsigned": 16, "records": 80}


@dataclasses.dataclass
class Run:
    """What all filers of one round did together. `seconds` from the first one's start to the last one's end."""

    seconds: float
    filed: list[list[str]]
    attempts: int
    conflicts: Counter[str]  # by the part of the office they were in

    @property
    def rate(self) -> float:
        return len(self.filed) / self.seconds


class Filer:
    """A child process that obeys commands (see `filer`)."""

    def __init__(self, folder: Path, first: int, worker: bool) -> None:
        self.log = folder / f"filer-{first}.log"
        arguments = ["--ini", str(folder / portals.INI), "--var", str(folder), "--first", str(first)]
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                python("filer", *arguments, *(["--worker"] if worker else [])),
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip

    def tell(self, do: str, **arguments: Any) -> None:
        """Give a command; `answer` waits for what comes of it."""
        assert self.child.stdin is not None
        try:
            self.child.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            raise BenchmarkError(f"A filer has ended:\n{tail(self.log)}") from None

    def answer(self) -> dict[str, Any]:
        """The answer to the last command.

        :raises BenchmarkError: the filer ended, was too slow or reported an error.
        """
        assert self.child.stdout is not None
        if not select.select([self.child.stdout], [], [], ANSWER)[0]:
            raise BenchmarkError(f"A filer does not answer:\n{tail(self.log)}")
        line = self.child.stdout.readline()
        if not line:
            raise BenchmarkError(f"A filer has ended:\n{tail(self.log)}")
        found: dict[str, Any] = json.loads(line)
        if found.get("error"):
            raise BenchmarkError(f"A filer failed: {found['error']}\n{tail(self.log)}")
        return found

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Give a command and wait for its answer."""
        self.tell(do, **arguments)
        return self.answer()


class Crew:
    """The filers of one storage: one process with threads, or processes with one filer each."""

    def __init__(self, filers: list[Filer], threads: bool) -> None:
        self.filers = filers
        self.threads = threads

    def file(self, kind: str, many: int, total: int) -> Run:
        """Let `many` filers file about `total` between them, all at once."""
        chosen = self.filers[: 1 if self.threads else many]
        threads = many if self.threads else 1
        self._all(chosen, "prepare", kind=kind, threads=threads, count=max(1, total // many))
        answers = self._all(chosen, "file")
        seconds = max(one["ended"] for one in answers) - min(one["started"] for one in answers)
        failed = sum(one["failed"] for one in answers)
        if failed:
            raise BenchmarkError(f"{failed} filings failed for good, each after several conflicts")
        filed = [pair for one in answers for pair in one["filed"]]
        conflicts = sum((Counter(one["conflicts"]) for one in answers), Counter())
        return Run(seconds, filed, sum(one["attempts"] for one in answers), conflicts)

    @staticmethod
    def _all(chosen: list[Filer], do: str, **arguments: Any) -> list[dict[str, Any]]:
        for filer in chosen:
            filer.tell(do, **arguments)
        return [filer.answer() for filer in chosen]

    def wait_for_worker(self) -> float:
        """Return when the worker has done everything; gives the seconds that it took."""
        started = time.monotonic()
        while left := self.filers[0].ask("left")["tasks"]:
            if time.monotonic() - started > ANSWER:
                raise BenchmarkError(f"The worker leaves {left} tasks:\n{tail(self.filers[0].log)}")
            time.sleep(0.1)
        return time.monotonic() - started


@contextlib.contextmanager
def crew(folder: Path, processes: int, worker: bool) -> Iterator[Crew]:
    """Filers that live while the block does: `processes` of them, or one with threads and the worker in it."""
    filers: list[Filer] = []
    try:
        for number in range(processes):
            filers.append(Filer(folder, number, worker))
        for filer in filers:
            filer.answer()
        yield Crew(filers, threads=processes == 1)
    finally:
        for filer in filers:
            if filer.child.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    filer.child.stdin.close()  # the input's end is how a filer is told to leave
        for filer in filers:
            try:
                filer.child.wait(10)
            except subprocess.TimeoutExpired:
                end(filer.child)


@dataclasses.dataclass
class Found:
    """What was measured on one storage."""

    label: str
    runs: dict[tuple[str, int], list[Run]]  # (kind, filers) -> rounds
    worker_seconds: float  # after the last filing until nothing was left to do
    checked: int
    lost: list[str]  # what of which filing was not there


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """Measure on FileStorage, then on a PostgreSQL of our own.

    :raises BenchmarkError: something could not be run.
    """
    rounds, totals = (1, QUICK) if quick else (5, FULL)
    found = [_on_files(folder, rounds, totals, say)]
    with cluster() as server:
        found.append(_on_postgresql(folder / "postgresql", server, rounds, totals, say))
        version = server.version()
    return _result(found, rounds, version)


def _on_files(base: Path, rounds: int, totals: dict[str, int], say: Callable[[str], None]) -> Found:
    say("filing: making a portal on FileStorage")
    folder = portals.copied(base, "files")
    _add_form(folder)
    with crew(folder, 1, worker=True) as filers:
        runs, spent = _rounds(filers, "FileStorage", rounds, totals, say)
    return Found("FileStorage, threads", runs, spent, *_check(folder, runs))


def _on_postgresql(
    folder: Path, server: Cluster, rounds: int, totals: dict[str, int], say: Callable[[str], None]
) -> Found:
    say("filing: making a portal on PostgreSQL")
    folder.mkdir()
    settings = server.databases(folder)
    portals.make(folder, settings)
    _add_form(folder)
    log = folder / "worker.log"
    with (
        running(boi("boi", "worker", "--ini", str(folder / portals.INI), "--var", str(folder)), log),
        crew(folder, MANY, worker=False) as filers,
    ):
        runs, spent = _rounds(filers, "PostgreSQL", rounds, totals, say)
    return Found("PostgreSQL, processes", runs, spent, *_check(folder, runs))


def _add_form(folder: Path) -> None:
    app = load_app(str(folder / portals.INI), variables(str(folder)))
    try:
        with opened(app) as portal:
            add_form(portal.site, portal.registry)
    finally:
        close(app)


Runs = dict[tuple[str, int], list[Run]]


def _rounds(
    filers: Crew, label: str, rounds: int, totals: dict[str, int], say: Callable[[str], None]
) -> tuple[Runs, float]:
    """All kinds by one filer and by many, in turn; then the wait for the worker."""
    runs: Runs = {(kind, many): [] for kind in totals for many in (1, MANY)}
    for kind, many in runs:
        filers.file(kind, many, many)  # warms caches and connections; checked with the rest, but not timed
    for number in range(rounds):
        say(f"filing: {label}, round {number + 1} of {rounds}")
        for kind, many in runs:
            runs[kind, many].append(filers.file(kind, many, totals[kind]))
    return runs, filers.wait_for_worker()


def _check(folder: Path, runs: Runs) -> tuple[int, list[str]]:
    """Look in a new process for every filing; returns how many were looked for, and what was missing of which."""
    checked, lost = 0, []
    with crew(folder, 1, worker=False) as fresh:
        for kind in KINDS:
            filed = [pair for (one, _), rounds in runs.items() if one == kind for run in rounds for pair in run.filed]
            lost += fresh.filers[0].ask("check", kind=kind, filed=filed)["lost"]
            checked += len(filed)
    return checked, lost


def _result(found: list[Found], rounds: int, postgresql: str) -> Result:
    table = Table(
        f"Filings a second (20 answers, a file of 100 kB), the worker at work beside; medians of {rounds} "
        f"round{'s' if rounds > 1 else ''}",
        (
            "storage, what is filed",
            "1 filer",
            "× records",
            f"{MANY} filers",
            "× records",
            f"{MANY} : 1",
            f"conflicts, {MANY} filers",
        ),
    )
    worst, summary = 0.0, []
    for storage in found:
        for kind, label in KINDS.items():
            one, many, ratio_one, ratio_many = _medians(storage.runs, kind)
            conflicts = _conflicts(storage.runs[kind, MANY])
            worst = max(worst, conflicts)
            table.rows.append(
                (f"{storage.label}: {label}", f"{one:.0f}", f"{ratio_one:.2f}", f"{many:.0f}", f"{ratio_many:.2f}",
                 f"{many / one:.2f}", f"{conflicts:.1f} %")
            )  # fmt: skip
            if kind == "whole":
                summary.append(f"{storage.label.split(',')[0]} {one:.0f} → {many:.0f} filings/s")
    notes = [
        f"Aim: under {AIM_CONFLICTS:.0f} % of commits meet a conflict. Found: {worst:.1f} %: {verdict(worst < AIM_CONFLICTS)}.",
        f"Conflicts were met in: {_places(found)}.",
        "A new process looked for every filing's document, signed document, file, receipt, case and entry in the applicant's own "
        "list, the end of its draft and its line on the desk: "
        + ", ".join(f"{len(one.lost)} lost of {one.checked} on {one.label.split(',')[0]}" for one in found)
        + ".",
        "The worker had done everything "
        + " and ".join(f"{one.worker_seconds:.1f} s ({one.label.split(',')[0]})" for one in found)
        + " after the last filing.",
        f"PostgreSQL {postgresql}, as installed (fsync on), reached by a Unix socket.",
    ]
    faults = [f"{one.label}: {lost}" for one in found for lost in one.lost]
    return Result(
        "filing", [table], notes, f"{', '.join(summary)}; conflicts {worst:.1f} %, lost {len(faults)}", faults
    )


def _medians(runs: Runs, kind: str) -> tuple[float, float, float, float]:
    """Rates of one filer and of many, and both as ratios to the records of the same round."""
    rates, ratios = [], []
    for many in (1, MANY):
        pairs = list(zip(runs[kind, many], runs["records", many], strict=True))
        rates.append(statistics.median(run.rate for run, _ in pairs))
        ratios.append(statistics.median(run.rate / yardstick.rate for run, yardstick in pairs))
    return rates[0], rates[1], ratios[0], ratios[1]


def _conflicts(runs: list[Run]) -> float:
    """Conflicts in per cent of the attempts to commit."""
    return 100 * sum(run.conflicts.total() for run in runs) / sum(run.attempts for run in runs)


def _places(found: list[Found]) -> str:
    """Where the conflicts were, over everything that was measured."""
    places = sum((run.conflicts for one in found for runs in one.runs.values() for run in runs), Counter())
    return ", ".join(f"{place} {count}" for place, count in places.most_common()) or "nothing"
