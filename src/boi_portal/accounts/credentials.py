"""What a person proves himself with beside the password, and from where: one record a user id, for applicants and employees alike.

Owns where it is kept. Each part is a persistent object of its own, written by that person's requests alone.
"""

from __future__ import annotations

from typing import Any

from persistent import Persistent

from ..office.store import Office
from .devices import Devices
from .factors import Factors
from .session_list import SessionList


class Credentials(Persistent):
    """The record of one user. `id` is the user id as text."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.devices = Devices()
        self.sessions = SessionList()
        self.factors = Factors()


def credentials_of(office: Office, userid: Any) -> Credentials | None:
    """The record of this user id, or None where nothing was kept yet."""
    found: Credentials | None = office.credentials.get(str(userid))
    return found


def own_credentials(office: Office, userid: Any) -> Credentials:
    """The record of this user id, made where there is none. Writes: not for a GET."""
    key = str(userid)
    found = credentials_of(office, key)
    if found is None:
        found = office.credentials[key] = Credentials(key)
    return found
