"""Devices that an account was signed in from: what is kept of them, and the cookie by which a browser is known again.

A device proves nothing and opens nothing. It decides only whether a sign-in is worth a letter.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets

from BTrees.OOBTree import OOBTree
from persistent import Persistent

MOST_DEVICES = 20  # of one account; the one that was not seen for longest makes room

_FORM = re.compile(r"[A-Za-z0-9_-]{43}\Z")


class Device(Persistent):
    """A browser as an account knows it: in words, when it was first seen, and when last."""

    def __init__(self, browser: str, at: datetime.datetime) -> None:
        self.browser = browser
        self.first_seen = at
        self.last_seen = at

    def seen(self, browser: str, at: datetime.datetime) -> None:
        """Note another sign-in; a browser that was brought up to date or moved keeps its id."""
        self.browser = browser
        self.last_seen = at


class Devices(Persistent):
    """The devices of one account, each under the hash of its id: a read of the database gives nobody a device's cookie."""

    def __init__(self) -> None:
        self._known = OOBTree()  # device_key -> Device

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> Device | None:
        """The device under this key, or None."""
        found: Device | None = self._known.get(key)
        return found

    def add(self, key: str, device: Device) -> None:
        """Keep a device, and no more than `MOST_DEVICES` of them."""
        self._known[key] = device
        while len(self._known) > MOST_DEVICES:
            del self._known[min(self._known, key=lambda known: self._known[known].last_seen)]

    def all(self) -> list[Device]:
        """All devices, the one last seen first."""
        return sorted(self._known.values(), key=lambda device: device.last_seen, reverse=True)


def new_device_id() -> str:
    """256 random bits for a browser's cookie."""
    return secrets.token_urlsafe(32)


def is_device_id(text: str) -> bool:
    """Whether `text` looks like an id that the portal gave."""
    return bool(_FORM.match(text))


def device_key(userid: object, device_id: str) -> str:
    """Where an account keeps a device; two accounts used in one browser cannot be told to be by these."""
    return hashlib.sha256(f"{userid} {device_id}".encode()).hexdigest()
