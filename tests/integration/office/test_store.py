"""Records under random keys on FileStorage: writers at once, sequences without gaps."""

import datetime
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import transaction
from persistent import Persistent
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage
from ZODB.POSException import ConflictError

from boi_portal.office import tasks
from boi_portal.office.store import KINDS, Office, Shards, make_office, office_of, random_id
from tests.core import at_once


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[dict[str, Any]]:
    made: dict[str, Any] = {}
    DB(FileStorage(str(tmp_path / "content.fs")), database_name="", databases=made)
    DB(FileStorage(str(tmp_path / "office.fs")), database_name="office", databases=made)
    with made[""].transaction() as connection:
        make_office(connection)
    yield made
    for database in made.values():
        database.close()


class Record(Persistent):
    """What a request writes."""

    def __init__(self, text: str) -> None:
        self.text = text


class Writer:
    """One process's way of writing: a connection and a manager of its own; counts conflicts."""

    def __init__(self, databases: dict[str, Any]) -> None:
        self.manager = transaction.TransactionManager()
        self.connection = databases[""].open(transaction_manager=self.manager)
        self.conflicts = 0

    @property
    def office(self) -> Office:
        return office_of(self.connection)

    def commit(self, work: Any, tries: int = 50) -> Any:
        for _ in range(tries):
            self.manager.begin()
            try:
                result = work(self.office)
                self.manager.commit()
                return result
            except ConflictError:
                self.manager.abort()
                self.conflicts += 1
        raise AssertionError("never got through")


def test_every_kind_of_record_has_its_place() -> None:
    office = Office()
    assert all(isinstance(getattr(office, kind), Shards) for kind in KINDS)


def test_shards_are_a_mapping() -> None:
    shards = Shards()
    for number in range(200):
        shards[f"k{number}"] = number
    assert len(shards) == len(list(shards)) == 200
    assert sorted(shards.values()) == list(range(200))
    assert dict(shards.items())["k7"] == 7
    assert "k7" in shards and "other" not in shards
    assert shards.pop("k7") == 7
    assert shards.pop("k7", None) is None
    assert shards.get("k7") is None
    del shards["k8"]
    with pytest.raises(KeyError):
        shards["k8"]
    with pytest.raises(KeyError):
        shards.pop("k8")


@pytest.mark.parametrize("value", [{"a": 1}, [1], {1}])
def test_what_two_writers_changes_cannot_be_put_together_of_is_no_record(value: Any) -> None:
    with pytest.raises(TypeError):
        Shards()["k"] = value


def test_two_who_write_different_records_at_once_do_not_conflict(databases: dict[str, Any]) -> None:
    """Even when both keys fall into the same, empty tree."""
    a, b = Writer(databases), Writer(databases)
    for number in range(30):
        a.manager.begin()
        b.manager.begin()
        a.office.drafts[f"a{number}"] = Record("a")
        b.office.drafts[f"b{number}"] = Record("b")
        a.manager.commit()
        b.manager.commit()
    empty = Shards()
    first = "k0"
    same = next(f"k{n}" for n in range(1, 5000) if empty._tree(f"k{n}") is empty._tree(first))
    a.manager.begin()
    b.manager.begin()
    a.office.cases[first] = Record("1")
    b.office.cases[same] = Record("2")
    a.manager.commit()
    b.manager.commit()
    with databases[""].transaction() as connection:
        office = office_of(connection)
        assert len(office.drafts) == 60
        assert (office.cases[first].text, office.cases[same].text) == ("1", "2")


def test_many_writers_lose_nothing_and_hardly_ever_wait(databases: dict[str, Any]) -> None:
    writers = [Writer(databases) for _ in range(4)]

    def work(writer: Writer) -> list[str]:
        written = []
        for _ in range(100):
            key = random_id()

            def put(office: Office, key: str = key) -> None:
                office.submissions[key] = Record(key)
                tasks.put(office, "mail", {"of": key})

            writer.commit(put)
            written.append(key)
        return written

    results = at_once([lambda writer=writer: work(writer) for writer in writers])
    keys = {key for result in results for key in result}
    with databases[""].transaction() as connection:
        office = office_of(connection)
        assert set(office.submissions) == keys and len(keys) == 400
        assert {task.payload["of"] for task in office.tasks.values()} == keys
    # two records in one full bucket at the same moment are retried: less than one in a hundred
    assert sum(writer.conflicts for writer in writers) <= 4


def test_a_sequence_has_no_gaps_although_writers_meet_and_give_up(databases: dict[str, Any]) -> None:
    writers = [Writer(databases) for _ in range(4)]
    given: list[int] = []
    lock = threading.Lock()

    def work(writer: Writer, place: int) -> None:
        for turn in range(25):
            if (turn + place) % 3 == 0:  # a registration that fails after its number was taken
                writer.manager.begin()
                writer.office.next_number("RPW", 2026)
                writer.manager.abort()
            number = writer.commit(lambda office: office.next_number("RPW", 2026), tries=1000)
            with lock:
                given.append(number)

    failures = [
        result
        for result in at_once([lambda w=writer, p=place: work(w, p) for place, writer in enumerate(writers)])
        if result is not None
    ]
    assert failures == []
    assert sorted(given) == list(range(1, 101))


def test_sequences_of_other_names_and_years_begin_at_one() -> None:
    office = Office()
    assert [office.next_number("RPW", 2026) for _ in range(3)] == [1, 2, 3]
    assert office.next_number("RPW", 2027) == 1
    assert office.next_number("SO.5343", 2026) == 1


def test_a_task_exists_exactly_if_what_it_follows_from_does(databases: dict[str, Any]) -> None:
    writer = Writer(databases)
    writer.manager.begin()
    writer.office.cases["x"] = 1
    tasks.put(writer.office, "mail", {"of": "x"})
    writer.manager.abort()
    writer.manager.begin()
    assert len(writer.office.tasks) == len(writer.office.cases) == 0


def test_a_task_carries_a_copy_of_its_payload_and_the_time() -> None:
    office, payload = Office(), {"a": 1}
    task = tasks.put(office, "mail", payload)
    payload["a"] = 2
    assert office.tasks[task.id].payload == {"a": 1}
    assert abs(task.created_at - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(seconds=5)
