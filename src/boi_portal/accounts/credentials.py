"""What a person proves himself with beside the password, and from where: one record a user id, for applicants and employees alike.

Owns where it is kept. Each part is a persistent object of its own, written by that person's requests alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from persistent import Persistent

from ..office.store import Office
from ..office.vault import keyring_of
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


def behind(office: Office) -> Iterator[str]:
    """Ids of the records in which the secret of a code application is not under the newest key."""
    newest = keyring_of(office).newest
    for id_, record in office.credentials.items():
        application = record.factors.application
        if application is not None and not application.is_under(newest):
            yield id_


def reseal(office: Office, ids: Iterable[str]) -> int:
    """Bring secrets under the newest key, in the current transaction; what is gone is left out. Returns how many were."""
    ring, done = keyring_of(office), 0
    for id_ in ids:
        record = credentials_of(office, id_)
        application = record.factors.application if record is not None else None
        if application is not None and not application.is_under(ring.newest):
            application.reseal(ring, id_)
            done += 1
    return done
