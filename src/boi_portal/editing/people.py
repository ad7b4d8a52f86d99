"""Whose hand it was: what is kept of an editor with a change, and how it is shown."""

from __future__ import annotations

from typing import Any


def actor(request: Any) -> str:
    """What is kept with a change: the login of whoever makes the request."""
    login: str = request.layout.user.login
    return login


FROM_FILES = "content load"  # what `boi content load` signs its changes with


def shown_name(site: Any, who: str) -> str:
    """The name of an employee by login; what is no login of ours is shown as it is."""
    if who == FROM_FILES:
        return "wczytanie z plików"
    users = site["principals"]["users"]
    user = users.get(who) if who else None
    return getattr(user, "display_name", "") or who or "nieznana osoba"
