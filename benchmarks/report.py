"""Results: shown on the screen as they come, and kept in `docs/performance.md`.

Owns the form of tables and the places in that file between `<!-- results: name -->` and `<!-- end: name -->`, which it replaces.
What stands around them is written by people and left alone.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from .processes import ROOT, BenchmarkError

DOCUMENT = ROOT / "docs" / "performance.md"
LIBRARIES = ("pyramid", "waitress", "substanced", "ZODB", "RelStorage", "Chameleon")
HISTORY = "history"


@dataclasses.dataclass
class Table:
    """A table with a caption; the first column is text, the others are right-aligned."""

    caption: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = dataclasses.field(default_factory=list)

    def markdown(self) -> str:
        """The table as Markdown that also reads well on a screen."""
        lines = [[str(cell) for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.columns))]
        head, *body = [_line(line, widths) for line in lines]
        rule = "|" + "|".join("-" * (w + 2) if not i else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
        return "\n".join([self.caption, "", head, rule, *body])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(w) if not i else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))]
    return "| " + " | ".join(padded) + " |"


@dataclasses.dataclass
class Result:
    """What one benchmark found: its tables, remarks, and the one line that the history keeps.

    `faults` are no figures but things that must not be; a run with faults is not kept and ends with an error.
    """

    name: str
    tables: list[Table]
    notes: list[str]
    summary: str
    faults: list[str] = dataclasses.field(default_factory=list)

    def markdown(self) -> str:
        """All of it, as it stands in the document and on the screen."""
        parts = [table.markdown() for table in self.tables]
        if self.notes:
            parts.append("\n".join(f"- {note}" for note in self.notes))
        return "\n\n".join(parts)


def verdict(reached: bool) -> str:
    """How an aim is reported."""
    return "reached" if reached else "missed"


def machine(extra: str = "") -> str:
    """What the figures were taken on, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB, {_system()}, "
        f"Python {platform.python_version()}, {libraries}{extra}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _system() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())


def load_average() -> str:
    """How busy the machine was in the last minute, ours included: figures of a busy machine are to be taken as such."""
    return f"{os.getloadavg()[0]:.1f}"


def commit() -> str:
    """The short id of the commit that was measured; `+` where files differ from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "src", "setup.py", "versions.cfg")
    return (git("rev-parse", "--short", "HEAD") or "?") + ("+" if changed else "")


def write(results: Sequence[Result], facts: str) -> None:
    """Put the results into the document: each in its place, and a line for each into the history.

    :raises BenchmarkError: the document lacks a place.
    """
    text = DOCUMENT.read_text("utf-8")
    today, measured = datetime.date.today().isoformat(), commit()
    for result in results:
        when = f"Measured on {today}, commit {measured}. {facts}."
        text = _replace(text, result.name, f"{when}\n\n{result.markdown()}")
        row = f"| {today} | {measured} | {result.name} | {result.summary} |"
        text = _replace(text, HISTORY, f"{_place(text, HISTORY)}\n{row}")
    DOCUMENT.write_text(text, "utf-8")


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- results: {name} -->\n)(.*?)\n?(<!-- end: {name} -->)", re.DOTALL)


def _place(text: str, name: str) -> str:
    found = _pattern(name).search(text)
    if found is None:
        raise BenchmarkError(f"{DOCUMENT.name} has no place for {name}")
    return found.group(2)


def _replace(text: str, name: str, content: str) -> str:
    _place(text, name)
    return _pattern(name).sub(lambda match: match.group(1) + content + "\n" + match.group(3), text)
