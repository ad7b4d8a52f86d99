"""The worker: every task at least once, failures later, never two workers."""

import datetime
import time
from collections.abc import Mapping
from typing import Any

import pytest
from ZODB.POSException import ConflictError

from boi_portal.office import tasks
from boi_portal.web.sessions import SessionRecord
from boi_portal.worker import loop
from boi_portal.worker.loop import LEASE, Worker, start_thread
from tests.core import Core


@pytest.fixture
def handle(core: Core, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Register a handler for the kind `test`."""

    def register(handler: tasks.Handler) -> None:
        monkeypatch.setitem(core.registry.boi_task_handlers, "test", handler)

    return register


def put(core: Core, count: int = 1, kind: str = "test") -> None:
    with core.opened() as portal:
        for number in range(count):
            tasks.put(portal.office, kind, {"n": number})


def state(core: Core) -> tuple[int, int]:
    """How many tasks wait, and how many were put aside."""
    with core.opened(commit=False) as portal:
        return len(portal.office.tasks), len(portal.office.failed)


def make_due(core: Core) -> None:
    with core.opened() as portal:
        for task in portal.office.tasks.values():
            task.not_before = datetime.datetime.now(datetime.UTC)


def test_each_task_is_done_once_in_the_order_they_were_left(core: Core, handle: Any) -> None:
    done: list[int] = []
    handle(lambda context, payload: done.append(payload["n"]))
    for number in range(5):
        with core.opened() as portal:
            tasks.put(portal.office, "test", {"n": number}).created_at += datetime.timedelta(seconds=number)
    assert core.work() == 5
    assert done == [0, 1, 2, 3, 4]
    assert state(core) == (0, 0)


def test_a_handler_writes_in_the_tasks_own_transaction(core: Core, handle: Any) -> None:
    def write(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
        context.office.logins["x"] = payload["n"]
        context.site.fields = {"title": "Nowy"}

    handle(write)
    put(core)
    core.work()
    with core.opened(commit=False) as portal:
        assert portal.office.logins["x"] == 0
        assert portal.site.title == "Nowy"


def test_a_task_that_fails_writes_nothing_and_waits(core: Core, handle: Any) -> None:
    def fail(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
        context.office.logins["x"] = 1
        raise OSError("the mail server is away")

    handle(fail)
    put(core)
    core.work()
    with core.opened(commit=False) as portal:
        (task,) = portal.office.tasks.values()
        assert (task.tries, task.last_error) == (1, "OSError: the mail server is away")
        left = task.not_before - datetime.datetime.now(datetime.UTC)
        assert datetime.timedelta(seconds=3) < left <= datetime.timedelta(seconds=tasks.RETRY_AFTER[0])
        assert "x" not in portal.office.logins
    assert core.work() == 0, "it is not due yet"


def test_waiting_times_grow_and_a_hopeless_task_is_put_aside(core: Core, handle: Any) -> None:
    tries = []

    def fail(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
        tries.append(1)
        raise OSError("no")

    handle(fail)
    put(core)
    waits = []
    for _ in tasks.RETRY_AFTER:
        core.work()
        with core.opened(commit=False) as portal:
            (task,) = portal.office.tasks.values()
            waits.append((task.not_before - datetime.datetime.now(datetime.UTC)).total_seconds())
        make_due(core)
    core.work()
    assert state(core) == (0, 1)
    assert len(tries) == len(tasks.RETRY_AFTER) + 1
    assert waits == pytest.approx(tasks.RETRY_AFTER, abs=3)


def test_a_task_of_an_unknown_kind_waits_for_the_code_that_knows_it(core: Core) -> None:
    put(core, kind="from-the-future")
    core.work()
    assert state(core) == (1, 0)


def test_one_bad_task_does_not_hold_up_the_others(core: Core, handle: Any) -> None:
    done: list[int] = []

    def sometimes(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
        if payload["n"] == 1:
            raise ValueError("this one")
        done.append(payload["n"])

    handle(sometimes)
    put(core, 3)
    core.work()
    assert sorted(done) == [0, 2]
    assert state(core) == (1, 0)


def test_a_conflict_is_no_failure(core: Core, handle: Any) -> None:
    tries = []

    def meet(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ConflictError("somebody was faster")

    handle(meet)
    put(core)
    core.work()
    assert len(tries) == 2
    assert state(core) == (0, 0)


def test_a_task_interrupted_before_its_commit_is_done_again(core: Core, handle: Any) -> None:
    calls = []

    def die(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt

    handle(die)
    put(core)
    with pytest.raises(KeyboardInterrupt):
        core.work()
    assert state(core) == (1, 0)
    core.work()
    assert (len(calls), state(core)) == (2, (0, 0))


# one worker at a time


def test_a_second_worker_idles_while_the_first_lives(core: Core) -> None:
    first, second = Worker(core.registry), Worker(core.registry)
    assert first.hold_lease()
    assert not second.hold_lease()
    assert first.hold_lease()


def test_a_worker_that_ends_makes_room_at_once(core: Core) -> None:
    first, second = Worker(core.registry), Worker(core.registry)
    first.hold_lease()
    second.release_lease()  # not its own: it may not free it
    assert not second.hold_lease()
    first.release_lease()
    assert second.hold_lease()


def test_a_worker_that_died_is_replaced_when_its_lease_is_over(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Worker(core.registry), Worker(core.registry)
    start = time.time()
    first.hold_lease()
    monkeypatch.setattr(loop.time, "time", lambda: start + LEASE - 1)
    assert not second.hold_lease()
    monkeypatch.setattr(loop.time, "time", lambda: start + LEASE + 1)
    assert second.hold_lease()
    assert not first.hold_lease(), "back from the dead, it must not work beside the new one"


def test_of_two_that_take_the_lease_at_once_only_one_believes_to_have_it(core: Core) -> None:
    first = Worker(core.registry)
    with core.beside() as (manager, other):
        manager.begin()
        assert other.office.worker_lease is None
        late = Worker(core.registry)
        late._in_transaction = lambda work: (work(other.office, other.site), first.hold_lease(), manager.commit())[0]  # type: ignore[method-assign]
        with pytest.raises(ConflictError):
            late.hold_lease()
        del late._in_transaction
    assert first.hold_lease()
    assert not late.hold_lease()


def test_a_long_round_keeps_the_lease(core: Core, handle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each letter may take seconds; a batch of them must not let a second worker in."""
    start = time.time()
    clock = [start]
    monkeypatch.setattr(loop.time, "time", lambda: clock[0])
    intruders = []

    def slow(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
        clock[0] += LEASE / 2
        lease = context.office.worker_lease
        intruders.append(lease is None or lease[0] != worker.name or lease[1] < clock[0] - 1)

    handle(slow)
    put(core, 5)
    worker = Worker(core.registry)
    assert worker.hold_lease()
    with worker._registry():
        worker.round()
    assert len(intruders) == 5
    assert not any(intruders)


# the loop


def test_the_loop_works_and_stops_and_frees_its_lease(core: Core, handle: Any) -> None:
    done = []
    handle(lambda context, payload: done.append(1))
    put(core, 3)
    worker = start_thread(core.registry)
    until = time.monotonic() + 10
    while len(done) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    worker.end()
    assert len(done) == 3
    with core.opened(commit=False) as portal:
        assert portal.office.worker_lease is None
    put(core)
    time.sleep(0.3)
    assert state(core) == (1, 0), "it has ended"


def test_ended_sessions_are_dropped(core: Core) -> None:
    at = time.time()
    ages = {"fresh": (0, 0), "idle": (21 * 60, 21 * 60), "old": (9 * 3600, 10)}
    with core.opened() as portal:
        for name, (created, used) in ages.items():
            record = SessionRecord(at - created)
            record.used = at - used
            portal.office.sessions[name] = record
    core.work()
    with core.opened(commit=False) as portal:
        assert list(portal.office.sessions) == ["fresh"]
