"""Signing out on both sides: of the provider when one signs out here, and here when the provider says so.

What goes from server to server is left to the worker, in the transaction that ends the session. What goes with the browser waits for
its answer like any other question.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config

from .. import permissions
from ..accounts.credentials import credentials_of
from ..identity import Binding, IdentityError, Incoming, LogoutRequest, Refused, RemoteSession, fetch
from ..office import tasks
from ..office.audit import Origin, record
from ..office.store import Office
from ..publishing.content import now
from ..web.errors import ErrorText, error_page
from . import records
from .gateway import LOGOUT, LOGOUT_SOAP, Gateway, gateway_of, service_for, service_of
from .records import Challenge, SeenAssertions, name_key
from .rooms import SamlRoom
from .views import SESSION_KEY, gateway_here, note_refusal, send

TASK = "eid-logout"
SIGNED_OUT = "Wylogowano Cię z portalu i z usługi, przez którą nastąpiło logowanie."
HERE_ONLY = ErrorText(
    "Wylogowano Cię z portalu",
    (
        "Usługa, przez którą nastąpiło logowanie, nie potwierdziła wylogowania u siebie.",
        "Jeśli korzystasz z cudzego komputera, zamknij przeglądarkę.",
    ),
)
NOT_OURS = ErrorText(
    "Nie możemy przyjąć tej wiadomości",
    ("Prośba o wylogowanie nie pochodzi od dostawcy tożsamości, któremu ufamy. Nikogo nie wylogowaliśmy.",),
)


# from here


def begin_logout(request: Any) -> Any:
    """Called when one signs out, before the session ends: see to it that the provider's session ends, too.

    Returns the page that takes the browser to the provider, or None where there is nothing for the browser to do.
    """
    kept, gateway = request.session.get(SESSION_KEY), gateway_of(request)
    provider = gateway.providers.get(kept["provider"]) if gateway is not None and kept else None
    if gateway is None or provider is None:
        return None
    service, relay_state, at = service_of(request, gateway), secrets.token_urlsafe(32), now()
    try:
        message = service.logout_request(provider, RemoteSession(**kept), at, relay_state)
    except Refused as refused:
        record(
            request.office, "eid-logout-failed", "", "", Origin.of(request), f"{provider.name} {refused.reason.value}"
        )
        return None
    if message.binding is Binding.SOAP:
        payload = {"session": kept, "base": request.host_url + request.layout.path()}
        tasks.put(request.office, TASK, payload)
        return None
    pending = {"request": message.id, "provider": provider.name}
    challenge = Challenge(records.LOGOUT, pending, "", "", None, at + records.QUESTION_LASTS)
    records.keep_question(request.office, relay_state, challenge)
    return lambda: send(request, provider, message)


def log_out_there(context: tasks.TaskContext, payload: Mapping[str, Any]) -> None:
    """Task handler: end the provider's session from server to server.

    :raises IdentityError: it did not; the worker tries again later.
    """
    gateway: Gateway | None = context.registry.boi_eid
    provider = gateway.providers.get(payload["session"]["provider"]) if gateway is not None else None
    if gateway is None or provider is None:
        return
    service = service_for(context.registry.boi_settings, gateway, payload["base"])
    message = service.logout_request(provider, RemoteSession(**payload["session"]), now())
    service.log_out(provider, message, now(), fetch(provider))


# from there


@view_config(context=SamlRoom, name=LOGOUT_SOAP, request_method="POST", permission=permissions.VIEW, require_csrf=False)
def told_by_server(context: SamlRoom, request: Any) -> Response:
    """`POST /saml/wyloguj-soap`: a provider's server ends sessions here."""
    gateway = gateway_here(request)
    service, seen = service_of(request, gateway), SeenAssertions(request.office)
    try:
        asked = service.read_logout_request(gateway.providers, Incoming.soap(request.body), now(), seen)
        answer = service.logout_response(gateway.provider(asked.provider), asked, now())
    except IdentityError as error:
        _note_refusal(request, error)
        return Response(b"", status=400, content_type="text/plain")
    _end_sessions(request, asked)
    return Response(answer.body, content_type="text/xml", charset="utf-8")


@view_config(context=SamlRoom, name=LOGOUT, request_method="GET", permission=permissions.VIEW)
@view_config(context=SamlRoom, name=LOGOUT, request_method="POST", permission=permissions.VIEW, require_csrf=False)
def told_by_browser(context: SamlRoom, request: Any) -> Any:
    """`/saml/wyloguj`: a provider's request or answer, brought by a browser. The one GET here that ends something: a signed message."""
    gateway = gateway_here(request)
    if request.method == "POST":
        form = {name: value for name, value in request.POST.items() if isinstance(value, str)}
        message, is_answer = Incoming.post(form), "SAMLResponse" in form
    else:
        form = dict(request.GET.items())
        message, is_answer = Incoming.redirect(request.query_string), "SAMLResponse" in form
    try:
        if is_answer:
            return _finished(request, gateway, message, form.get("RelayState", ""))
        asked = service_of(request, gateway).read_logout_request(
            gateway.providers, message, now(), SeenAssertions(request.office)
        )
    except IdentityError as error:
        _note_refusal(request, error)
        return error_page(request, 400, NOT_OURS)
    _end_sessions(request, asked)
    provider = gateway.provider(asked.provider)
    return send(request, provider, service_of(request, gateway).logout_response(provider, asked, now()))


def _finished(request: Any, gateway: Gateway, message: Incoming, relay_state: str) -> Any:
    """The answer to our own request: all is ended, or here alone."""
    question = records.take_question(request.office, relay_state, now())
    if question is None or question.purpose != records.LOGOUT:
        return error_page(request, 400, NOT_OURS)
    provider = gateway.provider(question.pending["provider"])
    service = service_of(request, gateway)
    try:
        service.read_logout_response(provider, message, question.pending["request"], now())
    except IdentityError as error:
        _note_refusal(request, error)
        return error_page(request, 200, HERE_ONLY)
    text = ErrorText("Wylogowano Cię", (SIGNED_OUT,))
    return error_page(request, 200, text)


def _note_refusal(request: Any, error: IdentityError) -> None:
    reason = error.reason.value if isinstance(error, Refused) else "unreachable"
    note_refusal(request, "eid-logout-refused", reason)


def _end_sessions(request: Any, asked: LogoutRequest) -> None:
    """End the sessions that were begun by the provider's: all of that person, or those that are named."""
    office, secret = request.office, request.registry.boi_settings.secret
    note = office.identities.get(name_key(secret, asked.provider, asked.name_id))
    if note is None:
        return
    for key in list(_keys_of(office, note.userid)):
        kept = office.sessions[key].data.get(SESSION_KEY)
        if kept and _is_meant(kept, asked):
            del office.sessions[key]
    record(office, "sign-out", note.userid, note.userid, Origin.of(request), f"eid {asked.provider}")


def _keys_of(office: Office, userid: str) -> Any:
    credentials = credentials_of(office, userid)
    notes = credentials.sessions.items() if credentials is not None else ()
    return (note.key for _, note in notes if note.key in office.sessions)


def _is_meant(kept: Mapping[str, str], asked: LogoutRequest) -> bool:
    if kept["provider"] != asked.provider or kept["name_id"] != asked.name_id:
        return False
    return not asked.session_indexes or kept["session_index"] in asked.session_indexes


def includeme(config: Any) -> None:
    config.add_task_handler(TASK, log_out_there)
    config.add_sign_out(begin_logout)
