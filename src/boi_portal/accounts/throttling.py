"""Slowing down whoever guesses: failures counted per account name and per address, each counter an object of its own.

Counters lie in a fixed number of places chosen by a keyed hash, so that no flood of invented names makes the database grow. That two
names may share a place costs somebody a wait once in a long while. Nothing here knows whether an account exists.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import ipaddress
import time
from typing import Any

from persistent import Persistent

from ..office.store import Office
from ..web.polish import counted
from .logins import folded

PLACES = 5  # hexadecimal digits: a million counters of a kind at most
FIRST_WAIT = 60.0  # seconds; doubled by each further failure
LONGEST_WAIT = 15 * 60.0  # seconds
FORGOTTEN_AFTER = 24 * 3600.0  # seconds without a failure
DAY = 24 * 3600.0  # seconds


@dataclasses.dataclass(frozen=True)
class Limit:
    """How many failures are free before waiting begins."""

    kind: str
    free: int


ACCOUNT = Limit("account", 5)
ADDRESS = Limit("address", 30)  # a library or a whole village may share one
REGISTRATIONS = Limit("registrations", 10)
LETTERS = Limit("letters", 3)  # activation letters asked for again, by account name
LETTERS_ADDRESS = Limit("letters-address", 10)
RESETS = Limit("resets", 3)  # letters with a link to a new password, by account name
RESETS_ADDRESS = Limit("resets-address", 20)
MAILBOX = Limit("mailbox", 8)  # letters about registration to one e-mail address in a day, whoever asks for them
MAILBOX_RESETS = Limit("mailbox-resets", 20)


class Throttle(Persistent):
    """A counter. Times are seconds since the epoch."""

    failures = 0
    last = 0.0
    until = 0.0


@dataclasses.dataclass(frozen=True)
class Throttles:
    """The counters of one office, read and written in the current transaction. `at` is the present."""

    office: Office
    secret: str
    at: float

    def wait(self, limit: Limit, name: str) -> float:
        """Seconds to wait before the next try; 0: none."""
        counter = self.office.throttles.get(self._key(limit, name))
        return max(0.0, counter.until - self.at) if counter is not None else 0.0

    def failed(self, limit: Limit, name: str) -> None:
        """Count a failure."""
        key = self._key(limit, name)
        counter = self.office.throttles.get(key)
        if counter is None:
            counter = self.office.throttles[key] = Throttle()
        if self.at - counter.last > FORGOTTEN_AFTER:
            counter.failures = 0
        counter.failures += 1
        counter.last = self.at
        over = counter.failures - limit.free
        if over >= 0:
            counter.until = self.at + min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(over, 10))

    def spend(self, limit: Limit, name: str) -> bool:
        """Take one of the `limit.free` times a day that something may be done; False where none is left."""
        key = self._key(limit, name)
        counter = self.office.throttles.get(key)
        if counter is None:
            counter = self.office.throttles[key] = Throttle()
        if self.at >= counter.until:
            counter.failures, counter.until = 0, self.at + DAY
        if counter.failures >= limit.free:
            return False
        counter.failures += 1
        return True

    def succeeded(self, limit: Limit, name: str) -> None:
        """Forget the failures, as after a right password."""
        self.office.throttles.pop(self._key(limit, name), None)

    def _key(self, limit: Limit, name: str) -> str:
        text = f"throttle {limit.kind} {folded(name)}"
        digest = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return f"{limit.kind}:{digest[:PLACES]}"


def network_of(address: str) -> str:
    """What stands for one visitor: an IPv4 address, or the /64 network that one IPv6 subscriber has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def throttles_of(request: Any) -> Throttles:
    """The counters of tries, as this request sees them."""
    return Throttles(request.office, request.registry.boi_settings.secret, time.time())


def waiting_text(seconds: float) -> str:
    """How long to wait, in words."""
    return counted(max(1, -(-int(seconds) // 60)), "minutę", "minuty", "minut")
