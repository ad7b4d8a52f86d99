"""The addresses of the OpenID Connect provider, and the page where one picks an employee.

Owns routes and views; what they say is decided in `oidc`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus, urlencode

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from boi_portal.sandbox.identity import oidc, site
from boi_portal.sandbox.identity.oidc import OidcError, OidcProvider
from boi_portal.sandbox.people import EMPLOYEES

METHODS = {"haslo": (("pwd",), "hasło"), "dwa": (("pwd", "otp", "mfa"), "hasło i kod z aplikacji")}


def includeme(config: Configurator) -> None:
    """Add the provider's routes and views."""
    routes = {
        "discovery": "/.well-known/openid-configuration",
        "jwks": "/jwks",
        "authorize": "/authorize",
        "pick": "/wybor",
        "token": "/token",
        "userinfo": "/userinfo",
        "end": "/end_session",
    }
    for name, path in routes.items():
        config.add_route(f"oidc.{name}", oidc.PATH + path)
    pick = f"{site.TEMPLATES}pick_employee.pt"
    views: tuple[tuple[str, str, Any, str | None], ...] = (
        ("discovery", "GET", discovery, "json"),
        ("jwks", "GET", jwks, "json"),
        ("authorize", "GET", authorize, f"{site.TEMPLATES}refused.pt"),
        ("pick", "GET", pick_form, pick),
        ("pick", "POST", picked, pick),
        ("token", "POST", token, "json"),
        ("userinfo", "GET", userinfo, "json"),
        ("end", "GET", end_session, f"{site.TEMPLATES}signed_out.pt"),
        ("end", "POST", end_session, f"{site.TEMPLATES}signed_out.pt"),
    )
    for name, method, view, renderer in views:
        config.add_view(view, route_name=f"oidc.{name}", request_method=method, renderer=renderer)


def discovery(request: Request) -> dict[str, Any]:
    """The provider's description."""
    return _provider(request).discovery()


def jwks(request: Request) -> dict[str, Any]:
    """The provider's keys."""
    return _provider(request).jwks()


def authorize(request: Request) -> Response | dict[str, Any]:
    """A question: on to the page where one picks an employee, back with an error, or (foreign client or address) a refusal (400)."""
    provider = _provider(request)
    values = {name: request.GET[name] for name in request.GET}
    redirect_uri = values.get("redirect_uri", "")
    if values.get("client_id") != oidc.CLIENT_ID or not provider.belongs(redirect_uri):
        request.response.status_int = 400
        return {"reason": "Nieznany serwis (client_id) albo adres powrotu (redirect_uri) spoza portalu."}
    try:
        asked = provider.read_question(values)
    except OidcError as error:
        return _back(redirect_uri, error=error.code, error_description=str(error), state=values.get("state", ""))
    return HTTPSeeOther(request.route_path("oidc.pick", _query={"zadanie": provider.remember(asked)}))


def pick_form(request: Request) -> dict[str, Any]:
    """Which employee signs in, how, and with which mischief."""
    return _pick_page(request, {}, {})


def picked(request: Request) -> Response | dict[str, Any]:
    """The way back to the portal with a code; or the form with what is wrong (422).

    Fields: `zadanie`, `pracownik` (login), `sposob` (`haslo` or `dwa`), `psota` (repeated), `rezygnuje`.
    """
    provider, names = _provider(request), ("pracownik", "sposob", "psota")
    values = {name: site.text_field(request, name) for name in names}
    question = site.text_field(request, "zadanie")
    if request.POST.get("rezygnuje"):
        asked = provider.taken(question)
        if asked is None:
            raise HTTPNotFound()
        return _back(asked.redirect_uri, error="access_denied", state=asked.state, iss=provider.issuer)
    employee = next((each for each in EMPLOYEES if each.login == values["pracownik"]), None)
    ways = {name for name in request.POST.getall("psota") if name}
    errors = {
        "pracownik": "" if employee else "Wybierz osobę z listy.",
        "sposob": "" if values["sposob"] in METHODS else "Wybierz sposób logowania z listy.",
        "psota": "" if ways <= oidc.BY_NAME.keys() else "Wybierz psotę z listy.",
    }
    if employee is None or any(errors.values()):
        request.response.status_int = 422
        return _pick_page(request, values, {name: text for name, text in errors.items() if text})
    asked = provider.taken(question)
    if asked is None:
        raise HTTPNotFound()
    ways |= request.registry.switches.on
    code, answer = provider.answered(asked, employee, METHODS[values["sposob"]][0], ways)
    return _back(asked.redirect_uri, code=code, state=answer.state, iss=answer.issuer_in_address)


def token(request: Request) -> dict[str, Any]:
    """Tokens for a code; the portal proves itself by a header or by fields."""
    provider = _provider(request)
    values = {name: site.text_field(request, name) for name in request.POST}
    if not oidc.is_client(*_credentials(request, values)):
        request.response.status_int = 401
        request.response.headers["WWW-Authenticate"] = 'Basic realm="oidc"'
        return {"error": "invalid_client"}
    try:
        return provider.tokens(values)
    except OidcError as error:
        request.response.status_int = 400
        return {"error": error.code, "error_description": str(error)}


def userinfo(request: Request) -> dict[str, Any]:
    """What the portal may know of the employee, for an access token."""
    kind, _, access_token = request.headers.get("Authorization", "").partition(" ")
    found = _provider(request).userinfo(access_token) if kind.lower() == "bearer" else None
    if found is None:
        request.response.status_int = 401
        request.response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return {"error": "invalid_token"}
    return found


def end_session(request: Request) -> Response | dict[str, Any]:
    """Sign out (RP-Initiated Logout 1.0): back to the portal, if it has shown a token from here, or a page that says so."""
    provider = _provider(request)
    target = request.params.get("post_logout_redirect_uri", "")
    if provider.belongs(target) and provider.is_own_token(request.params.get("id_token_hint", "")):
        state = request.params.get("state", "")
        return _back(target, **({"state": state} if state else {}))
    return {}


def _provider(request: Request) -> OidcProvider:
    on = request.registry.switches.on
    site.link(request, "slow" if "slow" in on else "down" if "down" in on else "")
    found: OidcProvider = request.registry.oidc
    return found


def _pick_page(request: Request, values: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    question = request.params.get("zadanie", "")
    asked = request.registry.oidc.asked(question)
    if asked is None:
        raise HTTPNotFound()
    request.form_target = asked.redirect_uri
    hinted = next(
        (each.login for each in EMPLOYEES if asked.login_hint in {each.login, each.email}), EMPLOYEES[0].login
    )
    return {
        "question": question,
        "employees": EMPLOYEES,
        "methods": {name: label for name, (_, label) in METHODS.items()},
        "mischiefs": oidc.MISCHIEFS,
        "values": {"pracownik": hinted, "sposob": "haslo", "psota": ""} | values,
        "errors": errors,
    }


def _credentials(request: Request, values: dict[str, str]) -> tuple[str, str]:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return values.get("client_id", ""), values.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _back(address: str, **values: str) -> Response:
    return HTTPSeeOther(f"{address}{'&' if '?' in address else '?'}{urlencode(values)}")
