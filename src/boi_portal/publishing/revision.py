"""The content revision: a number that grows whenever something the world sees changes.

Page caches and ETags are keyed on it. Accounts, drafts and cases never touch it: they live in another database.
"""

from __future__ import annotations

from typing import Any

import transaction
from persistent import Persistent

ROOT_KEY = "boi_content_revision"


class ContentRevision(Persistent):
    """One small object at the content database's root. Two editors who raise it at once do not conflict."""

    number = 0

    def raise_(self) -> None:
        self.number += 1

    def _p_resolveConflict(self, old: dict, committed: dict, new: dict) -> dict:
        return {**new, "number": max(committed.get("number", 0), new.get("number", 0)) + 1}


class RevisionSignal:
    """Tells this process's page cache that a commit has raised the revision; other processes notice by polling."""

    def __init__(self) -> None:
        self.stale = True

    def notice(self, success: bool) -> None:
        if success:
            self.stale = True


def bump(context: Any, signal: RevisionSignal | None) -> None:
    """Raise the content revision in the current transaction; `context` is any stored content object."""
    if context._p_jar is None:
        return  # the site is being made: nobody has seen it yet
    root = context._p_jar.root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = ContentRevision()
    revision = root[ROOT_KEY]
    if not revision._p_changed:
        revision.raise_()
    if signal is not None:
        transaction.get().addAfterCommitHook(signal.notice)


def current(connection: Any) -> int:
    """The revision as seen by an open connection to the content database."""
    revision = connection.root().get(ROOT_KEY)
    return 0 if revision is None else revision.number


def includeme(config: Any) -> None:
    config.registry.boi_revision_signal = RevisionSignal()
