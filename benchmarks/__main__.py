"""The command: `bin/py -m benchmarks [pages|filing|process|accounts|timing|all] [--quick] [--write]`."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from . import report
from .processes import BenchmarkError

BENCHMARKS = ("process", "pages", "filing", "accounts", "timing")  # modules, each with `measure(folder, quick, say)`


def main() -> None:
    """Run the benchmarks that were asked for, print each result as it comes, keep all with --write."""
    options = _options()
    signal.signal(signal.SIGTERM, _leave)  # so that what runs is ended
    chosen = list(BENCHMARKS) if options.what == "all" else [options.what]
    facts = f"{report.machine()}; load of the minute before: {report.load_average()}"
    print(f"{facts}\n", flush=True)
    started = time.monotonic()
    results = []
    try:
        with tempfile.TemporaryDirectory(prefix="boi-bench-") as folder:
            for name in chosen:
                result = import_module(f"benchmarks.{name}").measure(Path(folder), options.quick, _say)
                results.append(result)
                print(f"\n{result.markdown()}\n", flush=True)
    except BenchmarkError as error:
        sys.exit(f"benchmark failed: {error}")
    faults = [fault for result in results for fault in result.faults]
    if faults:
        sys.exit("\n".join(["These must not be; nothing is kept:", *faults]))
    if options.write:
        report.write(results, facts)
        _say(f"written to {report.DOCUMENT.relative_to(report.ROOT)}")
    _say(f"{time.monotonic() - started:.0f} s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the portal, each figure beside its yardstick.")
    parser.add_argument("what", nargs="?", default="all", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--quick", action="store_true", help="one round and 300 cards: about two minutes, rough figures")
    parser.add_argument("--write", action="store_true", help="keep the results in docs/performance.md")
    options = parser.parse_args()
    if options.quick and options.write:
        parser.error("rough figures are not kept: leave out --quick or --write")
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _leave(*_: Any) -> None:
    raise SystemExit(143)


if __name__ == "__main__":
    main()
