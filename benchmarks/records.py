"""The yardstick of filing: the same number of records of the same size, written in the same way, and nothing else done.

What a filing writes beside its checks: a submission with twenty answers and a file of 100 kB, a case, an event and a task, each an
object of its own under a random key, and an entry in the applicant's own list. The records lie beside the office's root, so that
neither the portal nor its worker ever meets them.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from BTrees.OOBTree import OOTreeSet
from persistent import Persistent
from ZODB.blob import Blob
from ZODB.POSException import POSKeyError

from boi_portal.office.store import DATABASE, Shards, random_id

ROOT_KEY = "benchmark"
KINDS = ("people", "submissions", "cases", "events", "tasks")
FIELDS = 20
FILE_BYTES = 100_000
DOCUMENT_BYTES = 8_000  # of the signed document and the receipt together


class Record(Persistent):
    """Any record: what it holds does not matter, only how much and that it is an object of its own."""

    def __init__(self, **values: Any) -> None:
        self.values = values


class Person(Persistent):
    """Somebody who files; the list is an object of its own."""

    def __init__(self) -> None:
        self.filed = OOTreeSet()


class Records:
    """Writes and finds again what a filing would leave. `prepare` once for each filer, then `file` for each of its items."""

    def __init__(self, registry: Any) -> None:
        self.registry = registry

    @contextmanager
    def timed(self, items: list[Any]) -> Iterator[None]:
        """What holds while filings are timed."""
        yield

    def prepare(self, connection: Any, filer: int, count: int) -> list[Any]:
        """Make a person, and the data of `count` filings; in the current transaction."""
        person = random_id()
        _root(connection)["people"][person] = Person()
        return [(person, [secrets.token_hex(20) for _ in range(FIELDS)], secrets.token_bytes(FILE_BYTES)) for _ in range(count)]

    def file(self, connection: Any, item: Any) -> str:
        """Write one filing in the current transaction; returns its key."""
        person, answers, data = item
        root = _root(connection)
        blob = Blob()
        with blob.open("w") as target:
            target.write(data)
        key = random_id()
        digest = hashlib.sha256(data).hexdigest()
        root["submissions"][key] = Record(answers=answers, sha256=digest, blob=blob, document=b"x" * DOCUMENT_BYTES)
        root["cases"][key] = Record(person=person, stage="filed", history=[("filed", key)])
        root["events"][random_id()] = Record(about=key, who=person)
        root["tasks"][random_id()] = Record(kind="letter", about=key)
        root["people"][person].filed.add(key)
        return key

    def missing(self, connection: Any, key: str, item_digest: str) -> str:
        """What of a filing is not there; empty: all of it is."""
        root = _root(connection)
        record = root["submissions"].get(key)
        if record is None:
            return "submission"
        try:
            with record.values["blob"].open("r") as source:
                found = hashlib.sha256(source.read()).hexdigest()
        except POSKeyError:
            found = ""
        if found != item_digest:
            return "file"
        case = root["cases"].get(key)
        if case is None:
            return "case"
        return "" if key in root["people"][case.values["person"]].filed else "entry in the person's list"

    @staticmethod
    def digest(item: Any) -> str:
        """By what a filing's file is known again."""
        return hashlib.sha256(item[2]).hexdigest()


def make_room(connection: Any) -> None:
    """Make the places for the records, in the current transaction."""
    root = connection.get_connection(DATABASE).root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = {kind: Shards() for kind in KINDS}


def _root(connection: Any) -> dict[str, Shards]:
    found: dict[str, Shards] = connection.get_connection(DATABASE).root()[ROOT_KEY]
    return found
