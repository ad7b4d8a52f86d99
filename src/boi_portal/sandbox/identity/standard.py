"""The provider of standard SAML 2.0: AuthnRequest by redirect, Response by form, logout with the browser both ways.

Owns the views that Węzeł Krajowy does not have.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from boi_portal.sandbox.identity import answers, asking, bindings, picking, site
from boi_portal.sandbox.identity.documents import MessageError, find_all, parse, text_of, written
from boi_portal.sandbox.identity.metadata import POST, REDIRECT, ServiceProvider
from boi_portal.sandbox.identity.provider import STANDARD, Provider, logout_status

_SLO = "SingleLogoutService"


def includeme(config: Configurator) -> None:
    """Add its routes and views."""
    for name, path in (("metadata", "metadata"), ("sso", "logowanie"), ("pick", "wybor"), ("logout", "wylogowanie")):
        config.add_route(f"{STANDARD.name}.{name}", f"{STANDARD.path}/{path}")
    config.add_view(site.published_metadata, route_name=f"{STANDARD.name}.metadata", request_method="GET")
    refused, sessions = f"{site.TEMPLATES}refused.pt", f"{site.TEMPLATES}sessions.pt"
    config.add_view(asked_by_redirect, route_name=f"{STANDARD.name}.sso", request_method="GET", renderer=refused)
    config.add_route(f"{STANDARD.name}.end", f"{STANDARD.path}/sesje")
    config.add_view(begin_logout, route_name=f"{STANDARD.name}.end", request_method="POST", renderer=sessions)
    picking.add_picking(config, f"{STANDARD.name}.pick")
    for parameter, view, renderer in (("SAMLRequest", log_out, refused), ("SAMLResponse", logged_out, sessions)):
        for method in ("GET", "POST"):
            config.add_view(
                view,
                route_name=f"{STANDARD.name}.logout",
                request_method=method,
                request_param=parameter,
                renderer=renderer,
            )


def asked_by_redirect(request: Request) -> Response | dict[str, Any]:
    """A signed AuthnRequest in the address: on to the page where one picks a person, or why not (400)."""
    provider = site.provider_up(request)
    try:
        service = provider.service()
        message, relay_state = bindings.message_in(request.query_string, "SAMLRequest", service)
        destination = provider.location("SingleSignOnService", REDIRECT)
        asked = asking.asked_plainly(message, relay_state, destination, service)
        service.encryption_key(provider.profile.key_kind)
    except MessageError as error:
        return site.refusal(request, error)
    return site.to_pick(request, provider.remember(asked))


def log_out(request: Request) -> Response | dict[str, Any]:
    """A LogoutRequest that came with the browser: the session ends, the answer goes back the same way."""
    provider = site.provider_up(request)
    try:
        service = provider.service()
        message, relay_state, signed = _message(request, "SAMLRequest", service)
        asking.checked(message, "LogoutRequest", provider.location(_SLO, REDIRECT), service, signed)
        location = service.at(_SLO, _binding(request))
        if not location:
            raise MessageError("Metadane serwisu nie mają adresu wylogowania.")
    except MessageError as error:
        return site.refusal(request, error)
    indexes = [(element.text or "").strip() for element in find_all(message, "saml2p:SessionIndex")]
    ended = provider.end(text_of(message, "saml2:NameID"), indexes)
    status = answers.SUCCESS if ended else answers.UNKNOWN_PRINCIPAL
    answer = answers.logout_response(provider.profile.entity_id, location, message.get("ID", ""), status)
    return _sent(request, provider, "SAMLResponse", answer, location, relay_state)


def begin_logout(request: Request) -> Response | dict[str, Any]:
    """End the session `sesja`: take a LogoutRequest to the service, in an address, or as a form where `wiazanie` is `post`."""
    provider = site.provider_of(request)
    session = site.chosen_session(request, provider)
    binding = POST if site.text_field(request, "wiazanie") == "post" else REDIRECT
    location = session.service.at(_SLO, binding)
    message = provider.logout_request(session, location)
    if not location:
        return site.sessions_page(
            request, "Metadane serwisu nie mają adresu wylogowania. W węźle sesja jest zakończona."
        )
    provider.expect_logout(message.get("ID"), session.service)
    return _sent(request, provider, "SAMLRequest", message, location, "", binding)


def logged_out(request: Request) -> dict[str, Any]:
    """The service's LogoutResponse, back with the browser."""
    provider = site.provider_up(request)
    try:
        message, _, signed = _message(request, "SAMLResponse", provider.service())
        request_id = message.get("InResponseTo", "")
        service = provider.expected_logout(request_id)
        if service is None:
            raise MessageError("Serwis odpowiedział na wylogowanie, o które nikt nie prosił.")
        status = logout_status(message, service, request_id, signed)
    except MessageError as error:
        request.response.status_int = 400
        return site.sessions_page(request, str(error))
    return site.sessions_page(request, site.logout_message(status))


def _binding(request: Request) -> str:
    return POST if request.method == "POST" else REDIRECT


def _message(request: Request, name: str, service: ServiceProvider) -> tuple[Any, str, bool]:
    """The message, its RelayState, and whether its signature is yet to be checked."""
    if request.method == "POST":
        data = site.decoded(site.text_field(request, name))
        return parse(data), site.text_field(request, "RelayState"), True
    return *bindings.message_in(request.query_string, name, service), False


def _sent(
    request: Request, provider: Provider, name: str, message: Any, location: str, relay_state: str, binding: str = ""
) -> Response:
    kind = "request" if name == "SAMLRequest" else "response"
    if (binding or _binding(request)) == REDIRECT:
        return HTTPSeeOther(bindings.address(location, name, message, relay_state, provider.logout_signer(kind)))
    body = site.encoded(written(provider.sign_logout(message, kind)))
    return site.form_page(request, location, {name: body, "RelayState": relay_state or None})
