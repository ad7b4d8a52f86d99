"""How sure the portal is of who somebody is: a level of the session, set at sign-in, that a page or a form may demand.

Owns the levels and the question; how a level is reached is the business of `accounts`.
"""

from __future__ import annotations

import enum
from typing import Any

ASSURANCE_KEY = "assurance"


class Assurance(enum.IntEnum):
    """The levels, each above the one before. The last three are eIDAS's levels of assurance."""

    NONE = 0
    PASSWORD = 1
    TWO_FACTOR = 2
    EID_LOW = 3
    EID_SUBSTANTIAL = 4
    EID_HIGH = 5


def assurance_of(request: Any) -> Assurance:
    """The level that the session of a signed-in person has reached; `NONE` for visitors."""
    if request.authenticated_userid is None:
        return Assurance.NONE
    return Assurance(request.session.get(ASSURANCE_KEY, Assurance.PASSWORD))
