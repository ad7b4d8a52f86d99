"""The office's own OpenID Connect provider as the settings have it, and which employee it vouches for.

Owns `/oidc` and where the way in is offered. The protocol is `identity.oidc`; employees' accounts are made by administrators alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..accounts import logins
from ..accounts.rooms import PublicRoom, SignInRoom
from ..accounts.stepup import SignInWay, StepUp
from ..identity import Reason, Refused
from ..identity.oidc import Client, RelyingParty, SignedIn, is_address
from ..settings import Settings, SettingsError
from ..web.assurance import Assurance

ROOM = "oidc"
ENTRANCE, RETURN, SIGNED_OUT = "wejscie", "powrot", "wylogowano"
SIGN_IN, STEP_UP = "oidc-sign-in", "oidc-step-up"  # purposes of a question; an eID's have other words
PURPOSES = {"logowanie": SIGN_IN, "potwierdzenie": STEP_UP}  # as addresses say them
EMAIL = "email"
LONGEST_NAME = 254  # characters of a login or an e-mail address


class OidcRoom(PublicRoom):
    """`/oidc`: the way to the office's provider and back."""

    title = "Logowanie kontem urzędowym"


def make_party(settings: Settings) -> RelyingParty | None:
    """The portal's side of the provider that the settings name; None: there is none.

    :raises SettingsError: its address is none.
    """
    if not settings.oidc_issuer:
        return None
    if not is_address(settings.oidc_issuer, settings.production):
        raise SettingsError(f"boi.oidc_issuer = {settings.oidc_issuer!r}: expected the address of a server")
    client = Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        scope=settings.oidc_scope,
        tls_ca=settings.oidc_tls_ca,
    )
    return RelyingParty(client)


def party_of(request: Any) -> RelyingParty | None:
    """The portal's side of the office's provider, or None."""
    found: RelyingParty | None = request.registry.boi_oidc
    return found


def party_here(request: Any) -> RelyingParty:
    """:raises HTTPNotFound: employees have no provider here."""
    found = party_of(request)
    if found is None:
        raise HTTPNotFound()
    return found


def address_of(request: Any, name: str) -> str:
    """A whole address of this room, as the provider has it registered."""
    base = request.registry.boi_settings.public_url or request.host_url + request.layout.path()
    return f"{base.rstrip('/')}/{ROOM}/{name}"


# who


def employee_of(settings: Settings, site: Any, person: SignedIn) -> Any:
    """The employee for whom the provider vouches, switched off or not; None: nobody here.

    :raises Refused: the provider does not say what one could be found by.
    """
    name = person.text(settings.oidc_login_claim)
    if not name or len(name) > LONGEST_NAME:
        raise Refused(Reason.MISSING_ATTRIBUTE, settings.oidc_login_claim)
    if settings.oidc_login_claim == EMAIL and person.claims.get("email_verified") in (False, "false"):
        raise Refused(Reason.UNVERIFIED_EMAIL)
    users, wanted = site["principals"]["users"], logins.folded(name)
    if settings.oidc_match == EMAIL:
        return next((user for user in users.values() if logins.folded(user.email or "") == wanted), None)
    return users.get(wanted)


def level_of(settings: Settings, person: SignedIn) -> Assurance:
    """What the sign-in at the provider is worth here."""
    said = person.texts(settings.oidc_second_factor_claim)
    return Assurance.TWO_FACTOR if said & set(settings.oidc_second_factor_values) else Assurance.PASSWORD


# where it is offered


def sign_in_ways(request: Any) -> Iterator[SignInWay]:
    """The button on the sign-in page. The box on the home page is for citizens."""
    if party_of(request) is not None and isinstance(request.context, SignInRoom):
        yield SignInWay(request.registry.boi_settings.oidc_title, _action(request, "logowanie"))


def step_ups(request: Any) -> Iterator[StepUp]:
    """The provider again, for an employee: some have no password here."""
    if party_of(request) is not None and isinstance(request.authenticated_userid, int):
        hint = "Zalogujesz się jeszcze raz na stronie logowania urzędu i wrócisz tutaj."
        yield StepUp(Assurance.TWO_FACTOR, "Potwierdź kontem urzędowym", hint, _action(request, "potwierdzenie"))


def _action(request: Any, purpose: str) -> str:
    return f"{request.layout.path(ROOM, ENTRANCE)}?po={purpose}"


def includeme(config: Any) -> None:
    config.registry.boi_oidc = make_party(config.registry.boi_settings)
    config.add_room(ROOM, OidcRoom)
    config.add_sign_in_ways(ROOM, sign_in_ways)
    config.add_step_up(ROOM, step_ups)
    config.include(".oidc_views")
