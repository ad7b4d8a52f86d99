"""The sessions of one account, so that its owner can see and end them without anybody looking through all sessions.

Owns the list alone. Sessions themselves lie in `office.sessions` and end there; an entry whose session is over says nothing any more.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from ..office.store import random_id


class SessionNote(Persistent):
    """Of a session: its key in `office.sessions`, when it was begun, the browser in words and the network address.

    Never changed. Persistent, because two sign-ins at once are put together in the list only if its values are.
    """

    def __init__(self, key: str, begun: datetime.datetime, browser: str, address: str) -> None:
        self.key = key
        self.begun = begun
        self.browser = browser
        self.address = address


class SessionList(Persistent):
    """Notes of one account's sessions, each under a random id that its pages may show."""

    def __init__(self) -> None:
        self._notes = OOBTree()  # random id -> SessionNote

    def add(self, note: SessionNote) -> str:
        """Add a note. Returns its id."""
        id_ = random_id()
        self._notes[id_] = note
        return id_

    def get(self, id_: str) -> SessionNote | None:
        """The note with this id, or None."""
        found: SessionNote | None = self._notes.get(id_)
        return found

    def drop(self, is_over: Callable[[SessionNote], bool]) -> None:
        """Forget notes of sessions that are over."""
        for id_ in [id_ for id_, note in self._notes.items() if is_over(note)]:
            del self._notes[id_]

    def items(self) -> Iterator[tuple[str, SessionNote]]:
        """Ids and notes."""
        return iter(self._notes.items())
