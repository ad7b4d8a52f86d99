"""How sure the portal is of who somebody is: a level of the session, set at sign-in, that a page or a form may demand.

Owns the levels, their words, and what a page does about a level that is too low or a proof that is too old: it leads to where one
proves more, and back. How a level is reached is the business of `accounts`.
"""

from __future__ import annotations

import enum
import time
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPSeeOther

from .. import permissions
from .errors import RETURN_KEY, sign_in_path

ASSURANCE_KEY = "assurance"
PROVED_KEY = "proved_at"  # when the person last proved who he is, in seconds since the epoch
LEVEL_KEY = "poziom"  # in the address of the page that asks for more
STEP_UP = ("logowanie", "potwierdz")

RECENT = 10 * 60.0  # seconds
# whoever was shown a form in time has at least this much longer to fill it in
FILLING = 10 * 60.0  # seconds


class Assurance(enum.IntEnum):
    """The levels, each above the one before. The last three are eIDAS's levels of assurance."""

    NONE = 0
    PASSWORD = 1
    TWO_FACTOR = 2
    EID_LOW = 3
    EID_SUBSTANTIAL = 4
    EID_HIGH = 5


# where the help explains how a level is reached
HELP = "pomoc"
HELP_PAGES = {
    Assurance.TWO_FACTOR: "drugi-skladnik",
    Assurance.EID_LOW: "profil-zaufany",
    Assurance.EID_SUBSTANTIAL: "profil-zaufany",
    Assurance.EID_HIGH: "profil-zaufany",
}

# what a form may demand: as content files say it -> the level
DEMANDS = {
    "password": Assurance.PASSWORD,
    "two-factor": Assurance.TWO_FACTOR,
    "eid-substantial": Assurance.EID_SUBSTANTIAL,
    "eid-high": Assurance.EID_HIGH,
}

LABELS = {
    Assurance.NONE: "bez logowania",
    Assurance.PASSWORD: "hasło",
    Assurance.TWO_FACTOR: "drugi składnik",
    Assurance.EID_LOW: "środek identyfikacji elektronicznej (poziom niski)",
    Assurance.EID_SUBSTANTIAL: "profil zaufany (poziom istotny)",
    Assurance.EID_HIGH: "e-dowód (poziom wysoki)",
}

# what a citizen must do to reach a level; a whole sentence
ADVICE = {
    Assurance.NONE: "Nie trzeba się logować.",
    Assurance.PASSWORD: "Wystarczy zalogować się loginem i hasłem.",
    Assurance.TWO_FACTOR: "Oprócz hasła potrzebny jest drugi składnik: kod z aplikacji albo klucz dostępu. Wystarczy też profil zaufany.",
    Assurance.EID_LOW: "Trzeba potwierdzić tożsamość środkiem identyfikacji elektronicznej.",
    Assurance.EID_SUBSTANTIAL: "Trzeba potwierdzić tożsamość profilem zaufanym albo innym środkiem na poziomie co najmniej istotnym.",
    Assurance.EID_HIGH: "Trzeba potwierdzić tożsamość e-dowodem albo innym środkiem na poziomie wysokim.",
}


def assurance_of(request: Any) -> Assurance:
    """The level that the session of a signed-in person has reached; `NONE` for visitors."""
    if request.authenticated_userid is None:
        return Assurance.NONE
    return Assurance(request.session.get(ASSURANCE_KEY, Assurance.PASSWORD))


def step_up_path(request: Any, back: str, level: Assurance | None = None) -> str:
    """The address where one proves more, which leads back to `back`; without a level it asks for a fresh proof only."""
    wanted = "" if level is None else f"{LEVEL_KEY}={int(level)}&"
    return f"{request.layout.path(*STEP_UP)}?{wanted}{RETURN_KEY}={quote(back, safe='/')}"


def help_path(request: Any, level: Assurance) -> str:
    """The help's page on how a level is reached; empty where there is none that the visitor may see."""
    page = request.root.get(HELP, {}).get(HELP_PAGES.get(level, ""))
    if page is None or not request.has_permission(permissions.VIEW, page):
        return ""
    address: str = request.layout.path(page)
    return address


def require_level(request: Any, level: Assurance, back: str | None = None) -> None:
    """Go on only with this level. `back` is where the person returns to: an address that answers a GET (default: this one).

    Call it before anything is written, or after what was typed is kept in another transaction.

    :raises HTTPSeeOther: the level is lower; leads to sign-in or to the page that asks for more.
    """
    if assurance_of(request) >= level:
        return
    target = request.path_qs if back is None else back
    if request.authenticated_userid is None:
        raise HTTPSeeOther(sign_in_path(request, target))
    raise HTTPSeeOther(step_up_path(request, target, level))


def is_recent(request: Any) -> bool:
    """Whether the signed-in person proved who he is within the last ten minutes; sending a form has ten more."""
    if request.authenticated_userid is None:
        return False
    limit = RECENT + (FILLING if request.method == "POST" else 0.0)
    proved: float = request.session.get(PROVED_KEY, 0.0)
    return time.time() - proved <= limit


def require_recent(request: Any, back: str | None = None) -> None:
    """Go on only if the person proved who he is not long ago; for settings that open an account to others.

    Call it when the form is shown and again when it is sent. `back` as in `require_level`.

    :raises HTTPSeeOther: it is too long ago.
    """
    if is_recent(request):
        return
    target = request.path_qs if back is None else back
    if request.authenticated_userid is None:
        raise HTTPSeeOther(sign_in_path(request, target))
    raise HTTPSeeOther(step_up_path(request, target))
