"""Which letters an applicant gets beside those that every account needs.

Owns the kinds that can be switched off. Letters about the account itself (sign-in, password, changes of data) always go out.
"""

from __future__ import annotations

import dataclasses

from .resources import Applicant

FILED = "filed"
STAGE = "stage"
MESSAGE = "message"


@dataclasses.dataclass(frozen=True)
class Notification:
    """A kind of letter, as its receiver knows it; `hint` goes on after the title and a colon."""

    title: str
    hint: str


KINDS = {
    FILED: Notification("Przyjęcie pisma", "numer sprawy i dzień, w którym urząd przyjął pismo"),
    STAGE: Notification("Zmiana etapu sprawy", "na przykład gdy zarejestrujemy sprawę albo ją zakończymy"),
    MESSAGE: Notification(
        "Wiadomość od urzędu w sprawie", "gdy urzędnik do Ciebie napisze, na przykład wezwie do uzupełnienia pisma"
    ),
}


def wants(applicant: Applicant, kind: str) -> bool:
    """Whether letters of this kind are to be sent; all are until the applicant says otherwise.

    :raises KeyError: there is no such kind, or it cannot be switched off.
    """
    if kind not in KINDS:
        raise KeyError(kind)
    return bool(applicant.notifications.get(kind, True))
