"""The site of the identity providers: the application, its pages for whoever develops, and what the providers' own views share.

Owns the headers of every answer. Every page works without script; the one script sends the form that leads back to the service.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther, HTTPServiceUnavailable
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

from boi_portal.sandbox.identity import answers, mischief, oidc
from boi_portal.sandbox.identity.documents import MessageError
from boi_portal.sandbox.identity.keys import KeyRing
from boi_portal.sandbox.identity.oidc import OidcProvider
from boi_portal.sandbox.identity.provider import NATIONAL, PROFILES, Provider, SignedIn, Switches

LEVEL_LABELS = {"low": "niski", "substantial": "średni", "high": "wysoki"}
TEMPLATES = "boi_portal.sandbox.identity:templates/"
MAX_BODY = 1024 * 1024
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def make_app(var: Path, address: str, portal: str, slowness: float = 60) -> Any:
    """The WSGI application; keys and published files under `var`, reached at `address`, for the portal at `portal`.

    `slowness` is how many seconds an answer takes that never comes.
    """
    switches = Switches(set(mischief.BY_NAME) | set(oidc.BY_NAME), slowness)
    providers = make_providers(var, address, portal, switches)
    for provider in providers:
        provider.publish()
    config = Configurator(settings={"portal": portal})
    config.include("pyramid_chameleon")
    config.registry.providers = {provider.profile.name: provider for provider in providers}
    config.registry.switches = switches
    config.registry.oidc = OidcProvider(var / "private" / "identity", address.rstrip("/"), portal.rstrip("/"))
    config.add_tween("boi_portal.sandbox.identity.site.headers_tween")
    config.add_static_view("static", "boi_portal.sandbox:static")
    _add_pages(config)
    config.include("boi_portal.sandbox.identity.wezel")
    config.include("boi_portal.sandbox.identity.standard")
    config.include("boi_portal.sandbox.identity.oidc_pages")
    return config.make_wsgi_app()


def make_providers(var: Path, address: str, portal: str, switches: Switches | None = None) -> list[Provider]:
    """The SAML providers with their keys; nothing is published yet."""
    on = switches or Switches(set(), 0)
    folder, private = var / "identity", var / "private" / "identity"
    return [Provider(profile, folder, private, address.rstrip("/"), portal.rstrip("/"), on) for profile in PROFILES]


def _add_pages(config: Configurator) -> None:
    pages: tuple[tuple[str, str, str, Callable[..., Any], str | None], ...] = (
        ("front", "/", "GET", front, "templates/front.pt"),
        ("sessions", "/sesje", "GET", sessions, "templates/sessions.pt"),
        ("sessions", "/sesje", "POST", log_out, "templates/sessions.pt"),
        ("mischief", "/psoty", "GET", switches_form, "templates/mischief.pt"),
        ("mischief", "/psoty", "POST", switches_set, None),
        ("keys", "/klucze", "GET", keys, "templates/keys.pt"),
        ("keys", "/klucze", "POST", roll_over, None),
    )
    for name, pattern, method, view, renderer in pages:
        if method == "GET":
            config.add_route(name, pattern)
        config.add_view(view, route_name=name, request_method=method, renderer=renderer)
    config.add_notfound_view(not_found, renderer="templates/not_found.pt")


def headers_tween(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Put the security headers on every answer; a page that sends a form elsewhere names it in `request.form_target`."""

    def tween(request: Request) -> Response:
        request.form_target = ""
        response = handler(request)
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {_origin(request.form_target)}"
        )
        response.headers.update(_HEADERS | {"Content-Security-Policy": policy.strip()})
        return response

    return tween


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


# pages for whoever develops


def front(request: Request) -> dict[str, Any]:
    """What there is."""
    return {"providers": list(request.registry.providers.values()), "oidc": request.registry.oidc, "client": oidc}


def not_found(request: Request) -> dict[str, Any]:
    """A page for addresses that lead nowhere."""
    request.response.status_int = 404
    return {}


def sessions(request: Request) -> dict[str, Any]:
    """Who is signed in."""
    return sessions_page(request)


def log_out(request: Request) -> dict[str, Any]:
    """End the session `sesja` at Węzeł Krajowy and at the service it was for."""
    provider: Provider = request.registry.providers[NATIONAL.name]
    session = chosen_session(request, provider)
    try:
        status = provider.log_out_everywhere(session)
    except MessageError as error:
        request.response.status_int = 502
        return sessions_page(request, f"{error} W węźle sesja jest zakończona.")
    return sessions_page(request, logout_message(status))


def chosen_session(request: Request, provider: Provider) -> SignedIn:
    """The session named by `sesja`.

    :raises HTTPNotFound: there is none.
    """
    session = provider.session(text_field(request, "sesja"))
    if session is None:
        raise HTTPNotFound()
    return session


def logout_message(status: str) -> str:
    """What a service's answer to a logout means."""
    if status == answers.SUCCESS:
        return "Wylogowano ze wszystkich serwisów."
    return f"Serwis odpowiedział: {status}. W węźle sesja jest zakończona."


def sessions_page(request: Request, message: str = "") -> dict[str, Any]:
    return {"providers": list(request.registry.providers.values()), "message": message, "levels": LEVEL_LABELS}


def switches_form(request: Request) -> dict[str, Any]:
    """Every way to misbehave, and which are on."""
    groups = [*grouped(mischief.MISCHIEFS), ("OpenID Connect", oidc.MISCHIEFS)]
    return {"groups": groups, "on": request.registry.switches.on}


def switches_set(request: Request) -> Response:
    """Turn on the ways named in `psota` (repeated), all others off."""
    request.registry.switches.set(set(request.POST.getall("psota")))
    for provider in request.registry.providers.values():
        provider.publish()
    return HTTPSeeOther(request.route_path("mischief"))


def keys(request: Request) -> dict[str, Any]:
    """The providers' keys, and which of them sign."""
    rings = [(name, title, ring.published, ring.signing.fingerprint) for name, (title, ring) in _rings(request).items()]
    return {"rings": rings}


def roll_over(request: Request) -> Response:
    """One step of a roll-over for `dostawca`: `krok` is `oglos`, `przelacz` or `wycofaj`."""
    _, ring = _rings(request).get(text_field(request, "dostawca"), ("", None))
    if ring is None:
        raise HTTPNotFound()
    step = {"oglos": ring.announce, "przelacz": ring.switch, "wycofaj": ring.retire}.get(text_field(request, "krok"))
    if step is None:
        raise HTTPNotFound()
    step()
    for provider in request.registry.providers.values():
        provider.publish()
    return HTTPSeeOther(request.route_path("keys"))


def _rings(request: Request) -> dict[str, tuple[str, KeyRing]]:
    saml = {name: (each.profile.title, each.ring) for name, each in request.registry.providers.items()}
    return saml | {oidc.NAME: (oidc.TITLE, request.registry.oidc.ring)}


def grouped(listed: Any) -> list[tuple[str, list[mischief.Mischief]]]:
    """Ways to misbehave by what they are about, under their headings."""
    groups = [(label, [each for each in listed if each.group == group]) for group, label in mischief.GROUPS.items()]
    return [(label, found) for label, found in groups if found]


# what the providers' own views share


def published_metadata(request: Request) -> Response:
    """The provider's metadata."""
    return Response(body=provider_of(request).metadata(), content_type="application/samlmetadata+xml", charset=None)


def form_page(request: Request, target: str, fields: dict[str, str | None]) -> Response:
    request.form_target = target
    shown = {name: value for name, value in fields.items() if value is not None}
    return render_to_response(f"{TEMPLATES}way_back.pt", {"target": target, "fields": shown}, request)


def link(request: Request, state: str) -> None:
    """Behave as a provider that cannot be reached.

    :raises HTTPServiceUnavailable: it is down, or the one who asked has waited long enough.
    """
    if state == "slow":
        request.registry.switches.dawdle()
    if state:
        raise HTTPServiceUnavailable()


def provider_up(request: Request) -> Provider:
    """The provider that is asked, if it answers at all."""
    on = request.registry.switches.on
    link(request, "slow" if "slow" in on else "down" if "down" in on else "")
    return provider_of(request)


def provider_of(request: Request) -> Provider:
    found: Provider = request.registry.providers[request.matched_route.name.partition(".")[0]]
    return found


def refusal(request: Request, error: MessageError) -> dict[str, Any]:
    request.response.status_int = 400
    return {"reason": str(error)}


def to_pick(request: Request, token: str) -> Response:
    name = provider_of(request).profile.name
    return HTTPSeeOther(request.route_path(f"{name}.pick", _query={"zadanie": token}))


def text_field(request: Request, name: str) -> str:
    value = request.POST.get(name, "")
    return value if isinstance(value, str) else ""


def decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError) as error:
        raise MessageError("Komunikat nie jest zapisany w base64.") from error


def encoded(data: bytes) -> str:
    """Bytes as a form carries them."""
    return base64.b64encode(data).decode()
