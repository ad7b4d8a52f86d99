"""The audit trail: who did what about whom, from where. Ids only, never names, personal numbers, tokens or contents.

Each request writes its own record under a random key, so that no two requests touch the same one; records are never changed. The worker
takes them from there and binds them into a chain (`auditing`), which also is where they are read.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from persistent import Persistent

from .store import Office, random_id

MAX_AGENT = 200  # characters kept of what a browser says of itself


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where a request came from: the address and what the browser says of itself."""

    address: str
    agent: str

    @classmethod
    def of(cls, request: Any) -> Origin:
        """The origin of a request. The server has put there whom a trusted proxy names; headers are anybody's word."""
        agent = "".join(sign if sign.isprintable() else "?" for sign in request.user_agent or "")
        return cls(request.remote_addr or "", agent[:MAX_AGENT])


class AuditEvent(Persistent):
    """One thing that happened. `who` and `about` are user ids (str; an employee's is the object id) or empty.

    `how` is a word or an id that says more: by which way somebody signed in, which case was shown.
    """

    how = ""

    def __init__(self, what: str, who: str, about: str, origin: Origin, at: datetime.datetime, how: str = "") -> None:
        self.what = what
        self.who = who
        self.about = about
        self.address = origin.address
        self.agent = origin.agent
        self.at = at
        if how:
            self.how = how


def record(office: Office, what: str, who: Any, about: Any, origin: Origin, how: str = "") -> AuditEvent:
    """Write down that `who` did `what` (a word such as `sign-in`) about `about`, in the current transaction."""
    event = AuditEvent(what, str(who or ""), str(about or ""), origin, datetime.datetime.now(datetime.UTC), how)
    office.events[random_id()] = event
    return event
