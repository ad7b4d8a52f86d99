"""Records of the office database and where they lie.

The design (measured in `benchmarks/`): a record is stored under a random key in one of 64 BTrees, so two requests that write at
once write different objects; lists for the office are indexes that the one worker writes.
"""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Iterator
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent
from pyramid_zodbconn import get_connection

DATABASE = "office"
ROOT_KEY = "office"
SHARDS = 64
# letters and digits that cannot be mistaken for one another when read aloud or copied by hand
NUMBER_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE = 7  # random characters of a case number
_CASE_NUMBER = re.compile(rf"BOI-[0-9]{{4}}-[{NUMBER_ALPHABET}]{{4}}-[{NUMBER_ALPHABET}]{{4}}\Z")

KINDS = (
    "applicants",  # id -> Applicant
    "logins",  # folded login or e-mail -> user id
    "tokens",  # sha256 of a token -> Token
    "sessions",  # sha256 of a session id -> Session
    "drafts",  # id -> Draft
    "submissions",  # case number -> Submission
    "cases",  # case number -> Case
    "tasks",  # id -> Task that the worker is to do
    "failed",  # id -> Task that could not be done
    "events",  # id -> AuditEvent as its request wrote it
    "throttles",  # who is trying what -> Throttle
    "credentials",  # user id -> what the person proves himself with beside the password, and from where
    "identities",  # keyed hash of a person as an identity provider knows him -> user id
    "challenges",  # id -> a question that waits for its answer from outside (SAML, OpenID Connect)
    "assertions",  # SHA-256 of an assertion's id -> until when it may not come again
    "representations",  # id -> who acts for whom
    "exports",  # id -> a person's own data, made ready by the worker
    "api_tokens",  # SHA-256 of a token -> who may call the API, and for what
    "daily",  # kind of task -> the day on which it was last left
    "api_replies",  # idempotency key -> what was answered
    "number_changes",  # id -> a PESEL, NIP, REGON or KRS number that somebody asks the office to change
    "letters",  # user id -> which letters the worker has sent to that person
    "people",  # the index by which clerks find applicants, written by the worker
    "chain",  # number -> a link of the audit trail's chain, written by the worker
)


# A key that every tree holds and nobody sees: ZODB cannot put two writers' changes together in a tree that is, or becomes, empty.
ALWAYS = ""


class Shards(Persistent):
    """A mapping spread over many BTrees by the key's checksum. Keys are not empty.

    Values are persistent objects, or ids: two writers' changes of one tree are put together by comparing its values, and what has no
    order, such as a dict, cannot be.
    """

    def __init__(self) -> None:
        self._trees = tuple(OOBTree({ALWAYS: None}) for _ in range(SHARDS))

    def _tree(self, key: str) -> Any:
        if key == ALWAYS:
            raise KeyError("a record has a key")
        return self._trees[zlib.crc32(key.encode()) % SHARDS]

    def __getitem__(self, key: str) -> Any:
        return self._tree(key)[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self._tree(key).get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, dict | list | set):
            raise TypeError("a record must be a persistent object or an id")
        self._tree(key)[key] = value

    def __delitem__(self, key: str) -> None:
        del self._tree(key)[key]

    def pop(self, key: str, *default: Any) -> Any:
        return self._tree(key).pop(key, *default)

    def __contains__(self, key: str) -> bool:
        return key in self._tree(key)

    def __iter__(self) -> Iterator[str]:
        for tree in self._trees:
            yield from tree.keys(ALWAYS, None, excludemin=True)

    def values(self) -> Iterator[Any]:
        for tree in self._trees:
            yield from tree.values(ALWAYS, None, excludemin=True)

    def items(self) -> Iterator[tuple[str, Any]]:
        for tree in self._trees:
            yield from tree.items(ALWAYS, None, excludemin=True)

    def __len__(self) -> int:
        return sum(len(tree) - 1 for tree in self._trees)


class Sequence(Persistent):
    """A legal sequence of one year: no gaps, no reuse. One tiny object; a rolled-back transaction gives its number back."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last


class Office(Persistent):
    """The root of the office database: one `Shards` a kind of record, the worker's indexes, the sequences."""

    applicants: Shards
    logins: Shards
    tokens: Shards
    sessions: Shards
    drafts: Shards
    submissions: Shards
    cases: Shards
    tasks: Shards
    failed: Shards
    events: Shards
    throttles: Shards
    credentials: Shards
    identities: Shards
    challenges: Shards
    assertions: Shards
    representations: Shards
    exports: Shards
    api_tokens: Shards
    daily: Shards
    api_replies: Shards
    number_changes: Shards
    letters: Shards
    people: Shards
    chain: Shards

    def __init__(self) -> None:
        self.add_missing_kinds()
        self.desk = OOBTree()  # (department, stage, filed at, number) -> True; written by the worker alone
        self.desk_keys = OOBTree()  # number -> its key in `desk`
        self.sequences = OOBTree()  # (name, year) -> Sequence
        self.worker_lease: Any = None

    def missing_kinds(self) -> list[str]:
        """Kinds of records that came with newer code than this office was made by."""
        return [kind for kind in KINDS if not hasattr(self, kind)]

    def add_missing_kinds(self) -> None:
        """Make room for every kind of record."""
        for kind in self.missing_kinds():
            setattr(self, kind, Shards())

    def next_number(self, name: str, year: int) -> int:
        """The next number of the sequence `name` in `year`, counted from 1."""
        key = (name, year)
        sequence = self.sequences.get(key)
        if sequence is None:
            sequence = self.sequences[key] = Sequence()
        number: int = sequence.next()
        return number


def random_id() -> str:
    """128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def case_number(year: int) -> str:
    """A case number for people: random, with a check character, e.g. `BOI-2026-7F3K-92QD`.

    The seven first characters are 35 random bits; the eighth is computed, so that a misheard number is noticed.
    """
    body = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(CODE))
    code = body + check_character(f"{year}{body}")
    return f"BOI-{year}-{code[:4]}-{code[4:]}"


def check_character(text: str) -> str:
    """The check character of `text` (Luhn modulo 32, digits of the year by their value).

    Notices every single wrong character, and every swap of neighbours but of a 2 and a Z.
    """
    total = 0
    for place, sign in enumerate(reversed(text)):
        value = NUMBER_ALPHABET.index(sign) if place < CODE else int(sign)
        doubled = value * (1 + (place + 1) % 2)
        total += doubled // 32 + doubled % 32
    return NUMBER_ALPHABET[-total % 32]


def is_case_number(text: str) -> bool:
    """Whether `text` has the form of a case number and its check character is right."""
    if not _CASE_NUMBER.match(text):
        return False
    _, year, left, right = text.split("-")
    code = left + right
    return check_character(year + code[:CODE]) == code[CODE]


def office_of(connection: Any) -> Office:
    """The office root as seen by any open connection of the two databases.

    :raises KeyError: it was not made yet (`make_office`).
    """
    office: Office = connection.get_connection(DATABASE).root()[ROOT_KEY]
    return office


def get_office(request: Any) -> Office:
    """The office root of this request."""
    return office_of(get_connection(request))


def make_office(connection: Any) -> Office:
    """Make the office root where there is none, in the current transaction."""
    root = connection.get_connection(DATABASE).root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = Office()
    office: Office = root[ROOT_KEY]
    return office


def includeme(config: Any) -> None:
    config.add_request_method(get_office, "office", reify=True)
