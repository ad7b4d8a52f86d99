"""The audit trail as a chain: what requests have written down, numbered and bound together by the worker.

Each link holds an event in one canonical form, and the code (HMAC-SHA-256, under the key `chain` of the key file) of its number, the code
before it and that form. Nothing can be altered, left out or put in between without every later code being wrong, and whoever has the
database alone cannot make right ones. That the end was cut off is seen by whoever has kept an earlier head elsewhere.

An event is taken out of `office.events` and becomes a link in one transaction, so it is in exactly one of them whenever the worker dies.
Owns the form of links, their indexes and the check; what the words mean to people is said by the page that shows them.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from BTrees.OOBTree import OOBTree, OOTreeSet
from persistent import Persistent

from .audit import AuditEvent
from .store import Office
from .vault import Keyring

# beside the numbers in `office.chain`, written by the worker alone
HEAD = "head"  # Head
BY = "by"  # (field, value, -number), the newest first
DAYS = "days"  # ISO date -> the first number of that day
INDEXED = ("about", "who", "what")
BEGINNING = "0" * 64  # the code before the first link


class Head(Persistent):
    """The last link: its number and code."""

    number = 0
    code = BEGINNING


class Link(Persistent):
    """One link of the chain. `content` is the event's canonical form; never changed."""

    def __init__(self, number: int, previous: str, content: str, key: bytes) -> None:
        self.number = number
        self.previous = previous
        self.content = content
        self.code = code_of(key, number, previous, content)


@dataclasses.dataclass(frozen=True)
class Line:
    """An event as it is read; `number` is 0 while it waits for the worker."""

    number: int
    id: str
    at: datetime.datetime
    what: str
    who: str
    about: str
    how: str
    address: str
    agent: str


@dataclasses.dataclass(frozen=True)
class Query:
    """Which events are asked for; what is empty does not matter. `until` itself is not included."""

    about: str = ""
    who: str = ""
    what: str = ""
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a check of the chain has found. `head` is written `number:code`, to be kept elsewhere."""

    links: int
    head: str
    waiting: int  # events that the worker has not linked yet
    faults: tuple[str, ...]


def code_of(key: bytes, number: int, previous: str, content: str) -> str:
    """The code of a link, hexadecimal."""
    return hmac.new(key, f"{number}\n{previous}\n{content}".encode(), hashlib.sha256).hexdigest()


def place(number: int) -> str:
    """Under what a link lies in `office.chain`."""
    return f"{number:012}"


# linking


def link_up(office: Office, keyring: Keyring, limit: int) -> int:
    """Bind up to `limit` waiting events to the chain, the oldest first, in the current transaction. Returns how many."""
    waiting = sorted((event.at, id_, event) for id_, event in office.events.items() if isinstance(event, AuditEvent))
    if not waiting:
        return 0
    key, head, index, days = keyring.keys().chain, *_room(office)
    for _, id_, event in waiting[:limit]:
        link = Link(head.number + 1, head.code, _canonical(id_, event), key)
        office.chain[place(link.number)] = link
        head.number, head.code = link.number, link.code
        for field in INDEXED:
            if value := getattr(event, field):
                index.insert((field, value, -link.number))
        days.setdefault(_day(event.at), link.number)
        del office.events[id_]
    return min(len(waiting), limit)


def _room(office: Office) -> tuple[Head, Any, Any]:
    for name, make in ((HEAD, Head), (BY, OOTreeSet), (DAYS, OOBTree)):
        if name not in office.chain:
            office.chain[name] = make()
    return office.chain[HEAD], office.chain[BY], office.chain[DAYS]


def _canonical(id_: str, event: AuditEvent) -> str:
    held = {
        "id": id_,
        "at": event.at.isoformat(),
        "what": event.what,
        "who": event.who,
        "about": event.about,
        "how": event.how,
        "address": event.address,
        "agent": event.agent,
    }
    return json.dumps(held, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


# reading


def head_of(office: Office) -> tuple[int, str]:
    """Number and code of the last link."""
    head = office.chain.get(HEAD)
    return (head.number, head.code) if head is not None else (0, BEGINNING)


def find(office: Office, query: Query, limit: int, before: int = 0) -> list[Line]:
    """Events that the query is about, the newest first, up to `limit`; with `before` only those with a smaller number."""
    first, last = _span(office, query)
    if before:
        last = min(last, before - 1)
    found: list[Line] = []
    for number in _candidates(office, query, first, last):
        line = _line(office.chain[place(number)])
        if _fits(line, query):
            found.append(line)
        if len(found) == limit:
            break
    return found


def _span(office: Office, query: Query) -> tuple[int, int]:
    """Between which numbers the events of the days (in UTC) that are asked for lie.

    An event whose commit took long over midnight is linked among those of the next day, so the search ends a day later.
    """
    days, last = office.chain.get(DAYS), head_of(office)[0]
    first = 1
    if days is None or not len(days):
        return 1, 0
    if query.since:
        first = next(iter(days.values(_day(query.since))), last + 1)
    if query.until:
        last = next(islice(days.values(_day(query.until), excludemin=True), 1, None), last)
    return first, last


def _candidates(office: Office, query: Query, first: int, last: int) -> Iterator[int]:
    """Numbers from `last` down to `first` by the narrowest index that the query allows."""
    field = next((name for name in INDEXED if getattr(query, name)), "")
    if not field:
        yield from range(last, first - 1, -1)
        return
    value = getattr(query, field)
    for *_, negative in office.chain[BY].keys((field, value, -last), (field, value, -first)):
        yield -negative


def _fits(line: Line, query: Query) -> bool:
    wanted = all(getattr(line, name) == getattr(query, name) for name in INDEXED if getattr(query, name))
    return wanted and (query.since is None or line.at >= query.since) and (query.until is None or line.at < query.until)


def _day(at: datetime.datetime) -> str:
    return at.astimezone(datetime.UTC).date().isoformat()


def lines_about(office: Office, ids: Iterable[str]) -> list[Line]:
    """All events about these ids, linked or waiting, the oldest first: who has looked at somebody's data, and when."""
    wanted, index = set(ids), office.chain.get(BY)
    found = [
        _line(office.chain[place(-negative)])
        for id_ in wanted
        for *_, negative in (index.keys(("about", id_, -(2**62)), ("about", id_, 0)) if index is not None else ())
    ]
    found += [line for line in _waiting(office) if line.about in wanted]
    return sorted(found, key=lambda line: (line.at, line.id))


def all_lines(office: Office) -> Iterator[Line]:
    """The whole trail, linked or waiting, in the order of the chain."""
    for number in range(1, head_of(office)[0] + 1):
        yield _line(office.chain[place(number)])
    yield from sorted(_waiting(office), key=lambda line: (line.at, line.id))


def _waiting(office: Office) -> Iterator[Line]:
    for id_, event in office.events.items():
        if isinstance(event, AuditEvent):
            yield _of_content(0, json.loads(_canonical(id_, event)))


def _line(link: Link) -> Line:
    return _of_content(link.number, json.loads(link.content))


def _of_content(number: int, held: Mapping[str, str]) -> Line:
    return Line(number, **{**held, "at": datetime.datetime.fromisoformat(held["at"])})  # type: ignore[arg-type]


# checking


def verify(office: Office, keyring: Keyring, kept: str = "") -> Verdict:
    """Check every link. `kept` is a head (`number:code`) of an earlier check, which must still be in the chain."""
    key, (number, code) = keyring.keys().chain, head_of(office)
    faults, codes = _check_links(office, key, number)
    if number and codes.get(number) != code:
        faults.append(f"The head says {number}:{code}, the last link says otherwise.")
    beyond = sorted(name for name in office.chain if name.isdecimal() and int(name) > number)
    faults += [f"Link {int(name)} lies behind the head." for name in beyond]
    if kept:
        faults += _compared(kept, codes, number)
    return Verdict(number, f"{number}:{code}", len(office.events), tuple(faults))


def _check_links(office: Office, key: bytes, last: int) -> tuple[list[str], dict[int, str]]:
    faults: list[str] = []
    codes: dict[int, str] = {}
    seen: set[str] = set()
    previous = BEGINNING
    for number in range(1, last + 1):
        link = office.chain.get(place(number))
        if link is None:
            faults.append(f"Link {number} is missing.")
            previous = ""
            continue
        faults += _faults_of(link, number, previous, key, seen)
        previous = codes[number] = link.code
        link._p_deactivate()  # a chain of years does not have to be held in memory
    return faults, codes


def _faults_of(link: Link, number: int, previous: str, key: bytes, seen: set[str]) -> Iterator[str]:
    if link.number != number:
        yield f"Link {number} is out of its place: it was made as number {link.number}."
    if not hmac.compare_digest(link.code, code_of(key, link.number, link.previous, link.content)):
        yield f"Link {number} was altered."
    if previous and link.previous != previous:
        yield f"Link {number} does not follow the one before it."
    id_ = str(json.loads(link.content).get("id"))
    if id_ in seen:
        yield f"Link {number} holds event {id_} a second time."
    seen.add(id_)


def _compared(kept: str, codes: Mapping[int, str], last: int) -> Iterator[str]:
    text, _, code = kept.partition(":")
    number = int(text) if text.isdecimal() else -1
    if number < 0 or not code:
        yield f"{kept!r} is no head: write it as it was printed, NUMBER:CODE."
    elif number > last:
        yield f"The end was cut off: link {number} was there, the chain ends with {last}."
    elif codes.get(number, BEGINNING) != code.lower():
        yield f"Link {number} is not the one that was kept: the chain was made anew."
