"""The chain of the audit trail: nothing is lost or linked twice, and whatever is done to it afterwards is found."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from boi_portal.office import audit, auditing
from boi_portal.office.auditing import Query
from boi_portal.office.store import Office
from boi_portal.office.vault import Keyring, Keys

ORIGIN = audit.Origin("127.0.0.1", "Przeglądarka „próbna” \ud800")
DAY = datetime.timedelta(days=1)
START = datetime.datetime(2026, 3, 5, 12, tzinfo=datetime.UTC)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    Keys.make().write(tmp_path / "keys")
    return Keyring(tmp_path / "keys")


def day(number: int) -> datetime.datetime:
    """The beginning of a day of March."""
    return datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC) + (number - 1) * DAY


def write(office: Office, count: int, who: str = "7", about: str = "BOI-1", days: int = 0) -> None:
    for place in range(count):
        event = audit.record(office, "case-read", who, about, ORIGIN, "list")
        event.at = START + days * DAY + datetime.timedelta(seconds=place)


@pytest.fixture
def office(ring: Keyring) -> Office:
    """Five linked events."""
    made = Office()
    write(made, 5)
    auditing.link_up(made, ring, 100)
    return made


def test_events_are_linked_once_and_in_their_order(ring: Keyring) -> None:
    office = Office()
    write(office, 5)
    ids = {event.at: id_ for id_, event in office.events.items()}
    assert [auditing.link_up(office, ring, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert len(office.events) == 0
    assert [line.id for line in auditing.all_lines(office)] == [ids[at] for at in sorted(ids)]
    verdict = auditing.verify(office, ring)
    assert (verdict.links, verdict.waiting, verdict.faults) == (5, 0, ())


def test_chain_of_a_portal_where_nothing_has_happened_is_whole(ring: Keyring) -> None:
    assert auditing.verify(Office(), ring).faults == ()


def test_line_says_what_was_written(office: Office) -> None:
    line = auditing.find(office, Query(), 1)[0]
    assert (line.number, line.what, line.who, line.about, line.how) == (5, "case-read", "7", "BOI-1", "list")
    assert (line.address, line.agent) == (ORIGIN.address, ORIGIN.agent)
    assert line.at == START + datetime.timedelta(seconds=4)


def link(office: Office, number: int) -> auditing.Link:
    found: auditing.Link = office.chain[auditing.place(number)]
    return found


def alter(office: Office) -> None:
    one = link(office, 3)
    one.content = one.content.replace("BOI-1", "BOI-2")


def alter_and_compute_without_the_key(office: Office) -> None:
    alter(office)
    one = link(office, 3)
    one.code = auditing.code_of(b"", 3, one.previous, one.content)


def drop(office: Office) -> None:
    del office.chain[auditing.place(3)]


def drop_first(office: Office) -> None:
    del office.chain[auditing.place(1)]


def drop_last(office: Office) -> None:
    del office.chain[auditing.place(5)]


def swap(office: Office) -> None:
    two, three = auditing.place(2), auditing.place(3)
    office.chain[two], office.chain[three] = office.chain[three], office.chain[two]


def repeat(office: Office) -> None:
    office.chain[auditing.place(6)] = link(office, 5)


def move_head(office: Office) -> None:
    office.chain[auditing.HEAD].number = 4


def other_head(office: Office) -> None:
    office.chain[auditing.HEAD].code = "a" * 64


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (alter, "Link 3 was altered"),
        (alter_and_compute_without_the_key, "Link 3 was altered"),
        (drop, "Link 3 is missing"),
        (drop_first, "Link 1 is missing"),
        (drop_last, "Link 5 is missing"),
        (swap, "Link 2 is out of its place"),
        (repeat, "Link 6 lies behind the head"),
        (move_head, "Link 5 lies behind the head"),
        (other_head, "The head says"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_what_was_done_to_the_chain_is_found(
    office: Office, ring: Keyring, spoil: Callable[[Office], None], expected: str
) -> None:
    spoil(office)
    assert any(fault.startswith(expected) for fault in auditing.verify(office, ring).faults)


def cut(office: Office) -> None:
    """Take the last link away as if it had never been."""
    drop_last(office)
    head, four = office.chain[auditing.HEAD], link(office, 4)
    head.number, head.code = 4, four.code


def test_cut_end_is_found_by_whoever_kept_the_head(office: Office, ring: Keyring) -> None:
    head = auditing.verify(office, ring).head
    assert auditing.verify(office, ring, head).faults == ()
    write(office, 2)
    auditing.link_up(office, ring, 10)
    assert auditing.verify(office, ring, head).faults == (), "it has only grown"
    other = Office()
    write(other, 5)
    auditing.link_up(other, ring, 10)
    assert "made anew" in auditing.verify(other, ring, head).faults[0]
    cut(other)
    assert auditing.verify(other, ring).faults == ()
    assert "cut off" in auditing.verify(other, ring, head).faults[0]


@pytest.mark.parametrize("kept", ["5", "x:y", ":", "-1:ab", "5:"])
def test_what_is_no_head_is_told(office: Office, ring: Keyring, kept: str) -> None:
    assert "is no head" in auditing.verify(office, ring, kept).faults[0]


def test_event_that_was_linked_twice_is_found(office: Office, ring: Keyring) -> None:
    content = json.loads(link(office, 5).content)
    event = audit.AuditEvent("case-read", "7", "BOI-1", ORIGIN, START)
    office.events[content["id"]] = event
    auditing.link_up(office, ring, 10)
    assert "a second time" in auditing.verify(office, ring).faults[0]


# finding


@pytest.fixture
def days(ring: Keyring) -> Office:
    """Three days: 5, 6 and 8 March."""
    made = Office()
    for place, (who, about) in enumerate((("7", "BOI-1"), ("8", "BOI-1"), ("7", "BOI-2"))):
        write(made, 2, who, about, days=(0, 1, 3)[place])
    auditing.link_up(made, ring, 100)
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), [6, 5, 4, 3, 2, 1]),
        (Query(who="7"), [6, 5, 2, 1]),
        (Query(about="BOI-1"), [4, 3, 2, 1]),
        (Query(about="BOI-1", who="7"), [2, 1]),
        (Query(what="case-read", about="BOI-2"), [6, 5]),
        (Query(what="sign-in"), []),
        (Query(who="nobody"), []),
        (Query(since=day(6)), [6, 5, 4, 3]),
        (Query(since=day(7)), [6, 5]),
        (Query(since=day(9)), []),
        (Query(until=day(6)), [2, 1]),
        (Query(until=day(5)), []),
        (Query(since=day(6), until=day(8)), [4, 3]),
        (Query(who="7", since=day(6), until=day(32)), [6, 5]),
    ],
    ids=str,
)
def test_filter_finds(days: Office, query: Query, expected: list[int]) -> None:
    assert [line.number for line in auditing.find(days, query, 10)] == expected


def test_pages_follow_one_another(days: Office) -> None:
    first = auditing.find(days, Query(who="7"), 2)
    second = auditing.find(days, Query(who="7"), 2, before=first[-1].number)
    assert [line.number for line in (*first, *second)] == [6, 5, 2, 1]


def test_events_of_one_day_that_came_late_are_found_by_their_day(days: Office, ring: Keyring) -> None:
    write(days, 1, "9", "BOI-9", days=1)
    auditing.link_up(days, ring, 10)
    assert [line.number for line in auditing.find(days, Query(since=day(6), until=day(7)), 10)] == [7, 4, 3]


def test_lines_about_somebody_hold_what_still_waits(days: Office) -> None:
    write(days, 1, "9", "BOI-2", days=9)
    lines = auditing.lines_about(days, ["BOI-2", "BOI-404"])
    assert [(line.who, line.number) for line in lines] == [("7", 5), ("7", 6), ("9", 0)]
