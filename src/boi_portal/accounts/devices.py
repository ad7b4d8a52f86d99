"""Devices that an account was signed in from: what is kept of them, and the cookie by which a browser is known again.

A device proves nothing and opens nothing. It decides only whether a sign-in is worth a letter.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent

MOST_DEVICES = 20  # of one account; the one that was not seen for longest makes room
COOKIE_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie; each sign-in begins it anew
NOTED_AFTER = datetime.timedelta(minutes=1)
UNKNOWN = "nieznana przeglądarka"

# what tells a family, the more special first: nearly all of them call themselves Chrome or Safari, too
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
_FORM = re.compile(r"[A-Za-z0-9_-]{43}\Z")


class Device(Persistent):
    """A browser as an account knows it: in words, when it was first seen, and when last."""

    def __init__(self, browser: str, at: datetime.datetime) -> None:
        self.browser = browser
        self.first_seen = at
        self.last_seen = at

    def seen(self, browser: str, at: datetime.datetime) -> None:
        """Note another sign-in, at most once a minute, so that many at once do not wait for each other."""
        if self.browser != browser or at - self.last_seen > NOTED_AFTER:
            self.browser, self.last_seen = browser, at


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


def cookie_name(settings: Any) -> str:
    """The device cookie's name. It does not hold the session cookie's, by which pages for visitors are told apart."""
    return "__Host-urzadzenie" if settings.secure_cookies else "urzadzenie"


def browser_text(agent: str) -> str:
    """A browser in words, by what it says of itself: `Firefox, Linux`. A few families; others are called unknown."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), UNKNOWN)
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser}, {system}" if system else browser
