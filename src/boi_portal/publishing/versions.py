"""Numbered, immutable versions of published content.

A version holds the full data and its SHA-256. The store hangs on the site and is keyed by the object's `uid`, so versions
outlive the object: whatever was filed with a version can be shown with it for ever.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from BTrees.IOBTree import IOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent


class VersionNotFound(KeyError):
    """There is no such version."""


def canonical_json(fields: Mapping[str, Any]) -> str:
    """The one text form of fields that is hashed and kept: sorted keys, no spaces, UTF-8."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Version(Persistent):
    """One published version. Never changed after it is made; `intact` tells whether it was."""

    def __init__(
        self, uid: str, type_name: str, number: int, fields: Mapping[str, Any], by: str, note: str,
        at: datetime.datetime,
    ) -> None:  # fmt: skip
        self.uid = uid
        self.type_name = type_name
        self.number = number
        self.text = canonical_json(fields)
        self.sha256 = hashlib.sha256(self.text.encode()).hexdigest()
        self.by = by
        self.note = note
        self.at = at

    @property
    def fields(self) -> dict[str, Any]:
        """A fresh copy of the fields."""
        result: dict[str, Any] = json.loads(self.text)
        return result

    @property
    def intact(self) -> bool:
        """Whether the data still has the digest it was made with."""
        return hashlib.sha256(self.text.encode()).hexdigest() == self.sha256


class VersionStore(Persistent):
    """All versions of all content: uid -> number -> Version."""

    def __init__(self) -> None:
        self._by_uid = OOBTree()

    def add(
        self, uid: str, type_name: str, fields: Mapping[str, Any], by: str, note: str, at: datetime.datetime
    ) -> Version:
        """Make the next version of `uid`."""
        numbers = self._by_uid.get(uid)
        if numbers is None:
            numbers = self._by_uid[uid] = IOBTree()
        number = (numbers.maxKey() if numbers else 0) + 1
        version = Version(uid, type_name, number, fields, by, note, at)
        numbers[number] = version
        return version

    def get(self, uid: str, number: int) -> Version:
        """:raises VersionNotFound: no such version."""
        try:
            version: Version = self._by_uid[uid][number]
        except KeyError:
            raise VersionNotFound(f"{uid} has no version {number}") from None
        return version

    def all(self, uid: str) -> list[Version]:
        """Every version of `uid`, newest first."""
        return list(reversed(list(self._by_uid.get(uid, {}).values())))
