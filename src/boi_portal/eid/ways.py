"""Where an eID is offered: beside the password, and where a page asks for more than a password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..accounts.resources import applicant_of
from ..accounts.stepup import SignInWay, StepUp
from ..identity import LoA, Provider
from ..web.assurance import LEVEL_KEY
from .gateway import ROOM, gateway_of
from .linking import LEVELS


def sign_in_ways(request: Any) -> Iterator[SignInWay]:
    """A button for each provider."""
    gateway = gateway_of(request)
    for provider in gateway.offered if gateway is not None else ():
        yield SignInWay(f"Zaloguj się przez: {provider.title}", _action(request, provider.name, "sign-in"))


def step_ups(request: Any) -> Iterator[StepUp]:
    """Each provider, for an applicant: an employee has no PESEL here."""
    gateway, applicant = gateway_of(request), applicant_of(request.office, request.authenticated_userid)
    if gateway is None or applicant is None:
        return
    for provider in gateway.offered:
        if LEVEL_KEY not in request.GET and provider.name not in applicant.identities:
            continue  # a fresh proof of who owns the account is no proof by somebody whom it does not know yet
        level = LEVELS[level_asked(request, provider)]
        hint = "Potwierdzisz tożsamość na stronie dostawcy i wrócisz tutaj."
        action = f"{_action(request, provider.name, 'step-up')}&{LEVEL_KEY}={int(level)}"
        yield StepUp(level, f"Potwierdź przez: {provider.title}", hint, action)


def level_asked(request: Any, provider: Provider) -> LoA:
    """What to ask a provider for: the level that the address names, where it is one that only an eID reaches, or what is settled."""
    asked = request.GET.get(LEVEL_KEY, "")
    return max([provider.loa, *(loa for loa, level in LEVELS.items() if str(int(level)) == asked)])


def _action(request: Any, provider: str, purpose: str) -> str:
    address: str = request.layout.path(ROOM, "wejscie", provider)
    return f"{address}?po={purpose}"


def includeme(config: Any) -> None:
    config.add_sign_in_ways("eid", sign_in_ways)
    config.add_step_up("eid", step_ups)
