"""A process that files: one filer, or several in threads. Started by `filing`, which talks to it by lines of JSON.

Its commands: prepare (people, drafts, signatures: not timed), file (timed), left (what the worker has not done yet), check (find
everything again). Every filing is a transaction of its own on a connection of its own, tried again after a conflict as often as a
request would be.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import transaction
from transaction.interfaces import TransientError
from ZODB.POSException import ConflictError

from boi_portal.office.store import KINDS as OFFICE_KINDS
from boi_portal.office.store import office_of
from boi_portal.scripts.application import close, load_app, variables
from boi_portal.worker.loop import start_thread

from .filings import Filings, Unsigned
from .records import Records, make_room

ATTEMPTS = 5  # retry.attempts of the portal
PREPARING_TRIES = 8
KINDS: dict[str, Any] = {"whole": Filings, "unsigned": Unsigned, "records": Records}


class Tally:
    """What one filer did: keys of its filings with the digests of their files, and how often it had to try."""

    def __init__(self) -> None:
        self.filed: list[tuple[str, str]] = []
        self.attempts = self.failed = 0
        self.conflicts: list[bytes] = []  # ids of the objects that two wrote, empty where the error does not say
        self.error = ""


class Filers:
    """All filers of this process."""

    def __init__(self, app: Any, first: int) -> None:
        self.registry = app.registry
        self.first = first  # number of the first filer of this process
        self.kinds = {name: kind(app.registry) for name, kind in KINDS.items()}
        self.kind: Any = None
        self.waiting: list[list[Any]] = []

    def prepare(self, kind: str, threads: int, count: int) -> dict[str, Any]:
        """Prepare `count` filings for each of `threads` filers."""
        self.kind = self.kinds[kind]
        self.waiting = []
        for number in range(threads):
            with in_transaction(self.registry) as connection:
                make_room(connection)
            self.waiting.append(self._prepared(number, count))
        return {"prepared": sum(len(items) for items in self.waiting)}

    def _prepared(self, number: int, count: int) -> list[Any]:
        """What one filer will file. One large transaction beside those of other processes: it may have to be tried again."""
        for tries_left in reversed(range(PREPARING_TRIES)):
            try:
                with in_transaction(self.registry) as connection:
                    made: list[Any] = self.kind.prepare(connection, self.first + number, count)
                return made
            except ConflictError:
                if not tries_left:
                    raise
        raise AssertionError("the last try returns or raises")

    def file(self) -> dict[str, Any]:
        """File everything that was prepared, all filers at once. Times are of the clock that all processes share."""
        tallies = [Tally() for _ in self.waiting]
        barrier = threading.Barrier(len(tallies) + 1)
        threads = [
            threading.Thread(target=self._work, args=(items, tally, barrier))
            for items, tally in zip(self.waiting, tallies, strict=True)
        ]
        for thread in threads:
            thread.start()
        with self.kind.timed(self.waiting):
            barrier.wait()
            started = time.monotonic()
            for thread in threads:
                thread.join()
        return {
            "started": started,
            "ended": time.monotonic(),
            "filed": [pair for tally in tallies for pair in tally.filed],
            **{name: sum(getattr(tally, name) for tally in tallies) for name in ("attempts", "failed")},
            "conflicts": self._places([oid for tally in tallies for oid in tally.conflicts]),
            "error": next((tally.error for tally in tallies if tally.error), ""),
        }

    def _work(self, items: list[Any], tally: Tally, barrier: threading.Barrier) -> None:
        barrier.wait()
        try:
            for item in items:
                self._file(item, tally)
        except Exception as error:  # told to the parent, which stops with it
            tally.error = f"{type(error).__name__}: {error}"

    def _file(self, item: Any, tally: Tally) -> None:
        for _ in range(ATTEMPTS):
            tally.attempts += 1
            try:
                with in_transaction(self.registry) as connection:
                    key = self.kind.file(connection, item)
            except TransientError as error:
                tally.conflicts.append(getattr(error, "oid", None) or b"")
                continue
            tally.filed.append((key, self.kind.digest(item)))
            return
        tally.failed += 1

    def _places(self, oids: list[bytes]) -> dict[str, int]:
        """In which part of the office the objects lie that conflicts were about, and how often each."""
        if not oids:
            return {}
        with in_transaction(self.registry) as connection:
            office = office_of(connection)
            parts: dict[bytes, str] = {}
            for kind in (*OFFICE_KINDS, "desk", "desk_keys"):
                part = getattr(office, kind)
                for tree in getattr(part, "_trees", (part,)):
                    parts.update(dict.fromkeys(_objects(tree), kind))
        return dict(Counter(parts.get(oid, "elsewhere") for oid in oids))

    def check(self, kind: str, filed: list[list[str]]) -> dict[str, Any]:
        """Find every filing again; returns what is missing, and what the worker has not done."""
        lost = []
        with in_transaction(self.registry) as connection:
            for key, digest in filed:
                missing = self.kinds[kind].missing(connection, key, digest)
                if missing:
                    lost.append(f"{key}: {missing}")
        return {"lost": lost}

    def left(self) -> dict[str, Any]:
        """How many tasks the worker has still to do.

        :raises RuntimeError: it has given one up, or put it off after an error.
        """
        with in_transaction(self.registry) as connection:
            office = office_of(connection)
            broken = [task.last_error for task in (*office.tasks.values(), *office.failed.values()) if task.last_error]
            if broken:
                raise RuntimeError(f"the worker failed: {broken[0]}")
            return {"tasks": len(office.tasks)}


def _objects(tree: Any) -> Iterator[bytes]:
    """Ids of a BTree and of its buckets."""
    yield tree._p_oid
    tree._p_activate()
    bucket = tree._firstbucket
    while bucket is not None:
        if bucket._p_oid is not None:  # the only bucket of a small tree is stored inside it
            yield bucket._p_oid
        bucket._p_activate()
        bucket = bucket._next


@contextlib.contextmanager
def in_transaction(registry: Any) -> Iterator[Any]:
    """A connection to both databases in a transaction of its own, committed at the end."""
    manager = transaction.manager
    manager.begin()
    connection = registry._zodb_databases[""].open(transaction_manager=manager)
    try:
        yield connection
        manager.commit()
    except BaseException:
        manager.abort()
        raise
    finally:
        connection.close()


def main() -> None:
    """Obey commands, one line each, until the input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ini", required=True)
    parser.add_argument("--var", required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument(
        "--worker", action="store_true", help="with the portal's worker in a thread, as `boi serve` has it"
    )
    options = parser.parse_args()
    app = load_app(options.ini, variables(options.var))
    worker = start_thread(app.registry) if options.worker else None
    filers = Filers(app, options.first)
    commands = {"prepare": filers.prepare, "file": filers.file, "left": filers.left, "check": filers.check}
    try:
        print(json.dumps({"up": True}), flush=True)
        for line in sys.stdin:
            command = json.loads(line)
            print(json.dumps(commands[command.pop("do")](**command)), flush=True)
    finally:
        if worker is not None:
            worker.end()
        close(app)


if __name__ == "__main__":
    main()
