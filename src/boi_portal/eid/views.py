"""The way to an identity provider and back: asking, the answer, and what the browser that asked makes of it.

A provider's answer arrives from a foreign site, without the session's cookie, and proves only that somebody has signed in there. It becomes
a session on the GET that follows, in the browser whose session asked; everywhere else it is refused.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther, HTTPTooManyRequests
from pyramid.renderers import render_to_response
from pyramid.response import Response
from pyramid.view import view_config

from .. import permissions
from ..accounts.entry import confirm, enter
from ..accounts.resources import Applicant, applicant_of
from ..accounts.throttling import Limit, network_of, throttles_of
from ..accounts.views import desk_of, sign_in_address
from ..identity import Binding, IdentityError, Outgoing, Person, Provider, Refused, fetch
from ..office.audit import Origin, record
from ..profile.news import tell
from ..publishing.content import now
from ..web.assurance import LEVEL_KEY, Assurance, require_recent, step_up_path
from ..web.errors import RETURN_KEY, ErrorText, error_page, safe_path
from ..web.headers import POLICY
from . import linking, records
from .gateway import METADATA, ROOM, Gateway, gateway_of, service_of
from .linking import LEVELS, Found
from .records import LINK, SIGN_IN, STEP_UP, Challenge
from .rooms import Entrance, Return, SamlRoom
from .ways import level_asked
from .words import DOWN, FOREIGN_ANSWER, NO_QUESTION, TICKET_OVER, refusal_text

MARK_KEY = "eid"  # the session's own secret, by which its answers are known
SESSION_KEY = "eid-session"  # the session at the provider, for signing out of it
PURPOSES = (SIGN_IN, LINK, STEP_UP)
QUESTIONS = Limit("eid-questions", 1000)  # kept for one network in a day; a library may share one
REFUSALS = Limit("eid-refusals", 500)  # written down of one network in a day


def gateway_here(request: Any) -> Gateway:
    """:raises HTTPNotFound: there is no signing in by an eID here."""
    gateway = gateway_of(request)
    if gateway is None:
        raise HTTPNotFound()
    return gateway


# asking


@view_config(context=Entrance, request_method="POST", permission=permissions.VIEW)
def ask(context: Entrance, request: Any) -> Any:
    """`POST /saml/wejscie/{provider}`: to the provider, with a question bound to this session."""
    gateway = gateway_here(request)
    provider = gateway.provider(context.__name__)
    purpose = request.GET.get("po", SIGN_IN)
    userid = request.authenticated_userid
    if purpose not in PURPOSES or (purpose != SIGN_IN and applicant_of(request.office, userid) is None):
        raise HTTPNotFound()
    back = safe_path(_text(request, RETURN_KEY), request.layout.path())
    _check_recent(request, provider, purpose, back)
    if not throttles_of(request).spend(QUESTIONS, network_of(request.remote_addr or "")):
        raise HTTPTooManyRequests()
    relay_state, at = secrets.token_urlsafe(32), now()
    service = service_of(request, gateway)
    try:
        question = service.authn_request(provider, at, relay_state, loa=level_asked(request, provider))
    except Refused as refused:
        return refuse(request, provider, refused, back)
    mark = request.session.setdefault(MARK_KEY, secrets.token_urlsafe(32))
    expires = at + records.QUESTION_LASTS
    challenge = Challenge(purpose, question.pending.to_dict(), back, mark, userid, expires)
    records.keep_question(request.office, relay_state, challenge)
    return send(request, provider, question.message)


def _check_recent(request: Any, provider: Provider, purpose: str, back: str) -> None:
    """A new link opens the account for good, so it is made only by who has proved it lately: an open session is not enough.

    :raises HTTPSeeOther: it is too long ago.
    """
    applicant = applicant_of(request.office, request.authenticated_userid)
    if purpose == SIGN_IN or applicant is None or provider.name in applicant.identities:
        return
    asked = _text(request, LEVEL_KEY)
    level = next((level for level in Assurance if str(int(level)) == asked), None)
    require_recent(request, back if level is None else step_up_path(request, back, level))


def _text(request: Any, name: str) -> str:
    """What was sent under this name, in the form or in the address; a file in its place is nothing."""
    sent = (request.POST.get(name), request.GET.get(name))
    return next((value for value in sent if isinstance(value, str) and value), "")


def send(request: Any, provider: Provider, message: Outgoing) -> Any:
    """Send a message with the browser: by a redirect, or by a form that a script sends at once and a button without it."""
    if message.binding is Binding.REDIRECT:
        return HTTPSeeOther(message.url)
    parts = urlsplit(message.destination)
    target = f"{parts.scheme}://{parts.netloc}"
    values = {
        "title": f"Przechodzisz do: {provider.title}",
        "destination": message.destination,
        "fields": sorted(message.fields.items()),
        "provider": provider.title,
    }
    response = render_to_response("boi_portal.eid:templates/send.pt", values, request=request)
    response.headers["Content-Security-Policy"] = POLICY.replace("form-action 'self'", f"form-action 'self' {target}")
    return response


# the answer


@view_config(context=SamlRoom, name="odpowiedz", request_method="POST", permission=permissions.VIEW, require_csrf=False)
def take_answer(context: SamlRoom, request: Any) -> Any:
    """`POST /saml/odpowiedz`: the provider's answer, brought by a browser from a foreign site.

    The question is taken out before the answer is read. Nothing is believed of the browser but that it brings the answer: the session is
    begun where the ticket leads.
    """
    gateway = gateway_here(request)
    form = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    asked = records.take_question(request.office, form.get("RelayState", ""), now())
    if asked is None or asked.purpose not in PURPOSES:
        note_refusal(request, "eid-refused", "no-question")
        return _again(request, 403, NO_QUESTION, "")
    pending = records.pending_of(asked)
    provider = gateway.provider(pending.provider)
    service = service_of(request, gateway)
    seen = records.SeenAssertions(request.office)
    try:
        person = service.answer(provider, pending, form, now(), seen, _once(request, provider))
    except IdentityError as error:
        return refuse(request, provider, error, asked.back)
    ticket = records.keep_answer(request.office, request.registry.boi_keyring, asked, person, now())
    return HTTPSeeOther(request.layout.path(ROOM, "powrot", ticket))


def _once(request: Any, provider: Provider) -> Any:
    """The provider's SOAP service, asked once for all attempts of this request: an artifact is worth one answer."""
    known: dict[str, bytes] = request.environ.setdefault("boi.eid.fetched", {})
    send_soap = fetch(provider)

    def ask_once(url: str, body: bytes) -> bytes:
        if url not in known:
            known[url] = send_soap(url, body)
        return known[url]

    return ask_once


def refuse(request: Any, provider: Provider, error: IdentityError, back: str) -> Response:
    """The page of an answer that is not believed, and its line in the audit trail. What was counted and taken out stays so."""
    if isinstance(error, Refused):
        reason, (status, text) = error.reason.value, refusal_text(error)
    else:
        reason, status, text = "unreachable", 503, DOWN
    note_refusal(request, "eid-refused", f"{provider.name} {reason}")
    return _again(request, status, text, back)


def note_refusal(request: Any, what: str, how: str) -> None:
    """Write down what was refused to nobody known; not without end, for anybody can bring nonsense."""
    if throttles_of(request).spend(REFUSALS, network_of(request.remote_addr or "")):
        record(request.office, what, "", "", Origin.of(request), how)


def _again(request: Any, status: int, text: ErrorText, back: str) -> Response:
    action = (sign_in_address(request, back or request.layout.path()), "Wróć do logowania")
    if request.authenticated_userid is not None:
        action = (back or request.layout.path(), "Wróć")
    return error_page(request, status, text, action=action)


# back in the browser that asked


def ticket_of(request: Any, ticket: str) -> tuple[Challenge, Person] | Response:
    """The answer that a ticket opens in this browser, or the page that says why it opens nothing."""
    found = records.look_at_answer(request.office, request.registry.boi_keyring, ticket, now())
    if found is None:
        return _again(request, 410, TICKET_OVER, "")
    mark = request.session.get(MARK_KEY, "")
    if not secrets.compare_digest(mark.encode(), found[0].mark.encode()):
        note_refusal(request, "eid-refused", "other-session")
        return _again(request, 403, FOREIGN_ANSWER, "")
    return found


@view_config(context=Return, request_method="GET", permission=permissions.VIEW)
def come_back(context: Return, request: Any) -> Any:
    """`GET /saml/powrot/{ticket}`: in, up, linked, or on to what must be asked first. It writes: see `docs/decisions/`."""
    if request.method == "HEAD":
        return Response(status=200)
    found = ticket_of(request, context.__name__)
    if isinstance(found, Response):
        return found
    answer, person = found
    if answer.purpose == SIGN_IN:
        return _sign_in(request, context.__name__, answer, person)
    applicant = applicant_of(request.office, request.authenticated_userid)
    records.drop_answer(request.office, context.__name__)
    if applicant is None or applicant.userid != answer.userid:
        return _again(request, 403, FOREIGN_ANSWER, "")
    return _link(request, applicant, answer, person)


def _sign_in(request: Any, ticket: str, answer: Challenge, person: Person) -> Any:
    who = linking.find(request.office, request.registry.boi_settings.secret, person)
    if not who.linked:
        return HTTPSeeOther(request.layout.path(ROOM, "polacz" if who.claimed else "nowe-konto", ticket))
    records.drop_answer(request.office, ticket)
    applicant = _chosen(who)
    title = title_of(request, person)
    changed = linking.take_over(desk_of(request), applicant, person, title)
    if changed:
        record(request.office, "account-change", applicant.userid, applicant.userid, Origin.of(request), "eid")
        request.session.flash(f"Dane na koncie zmieniliśmy na takie, jakie podaje {title}.", "info")
    come_in(request, applicant, person)
    return HTTPSeeOther(answer.back)


def _chosen(who: Found) -> Applicant:
    """The person's own account where there is one; a firm's is chosen once one is in."""
    return min(who.linked, key=lambda account: (account.kind != "person", account.id))


def come_in(request: Any, applicant: Applicant, person: Person) -> None:
    """Begin the session of a person who has proved who he is."""
    enter(request, applicant.userid, LEVELS[person.loa], f"eid {person.provider}")
    keep_remote_session(request, applicant, person)


def keep_remote_session(request: Any, applicant: Applicant, person: Person) -> None:
    """Remember the provider's session, so that both can be ended together."""
    request.session[SESSION_KEY] = vars_of(person)
    secret = request.registry.boi_settings.secret
    key = records.name_key(secret, person.provider, person.session.name_id)
    records.note_remote_session(request.office, key, applicant.userid, now())


def vars_of(person: Person) -> dict[str, str]:
    """The provider's session as the portal's own keeps it."""
    session = person.session
    return {
        "provider": session.provider,
        "name_id": session.name_id,
        "name_id_format": session.name_id_format,
        "name_qualifier": session.name_qualifier,
        "sp_name_qualifier": session.sp_name_qualifier,
        "session_index": session.session_index,
    }


def _link(request: Any, applicant: Applicant, answer: Challenge, person: Person) -> Any:
    """Link the account of who is signed in, and note the higher level; for a step-up the same, and back."""
    title, was_linked = title_of(request, person), person.provider in applicant.identities
    try:
        linking.link(desk_of(request), applicant, person, title)
    except linking.NotTheSame:
        record(request.office, "eid-refused", applicant.userid, applicant.userid, Origin.of(request), "other-person")
        text = ErrorText(
            "To konto ma inny numer PESEL",
            (
                f"Numer PESEL, który podaje {title}, różni się od numeru na Twoim koncie. Niczego nie zmieniliśmy.",
                "Jeśli na koncie jest błędny numer, poproś urząd o poprawienie go w ustawieniach konta, w części „Dane”.",
            ),
        )
        return _again(request, 403, text, answer.back)
    if not was_linked:
        record(request.office, "eid-linked", applicant.userid, applicant.userid, Origin.of(request), person.provider)
        tell(request, applicant, f"Konto połączono: {title}. Można się nim teraz zalogować bez hasła.")
        request.session.flash(f"Konto jest połączone: {title}. Dane z niego są potwierdzone.", "success")
    confirm(request, LEVELS[person.loa], f"eid {person.provider}")
    keep_remote_session(request, applicant, person)
    return HTTPSeeOther(answer.back)


def title_of(request: Any, person: Person) -> str:
    """What people call the provider."""
    return gateway_here(request).provider(person.provider).title


# metadata


@view_config(context=SamlRoom, name=METADATA, request_method="GET", permission=permissions.VIEW)
def metadata(context: SamlRoom, request: Any) -> Response:
    """`GET /saml/metadata`: the portal as a service provider, signed; `?dla={provider}`: with the keys that one understands alone."""
    gateway = gateway_here(request)
    name = request.GET.get("dla", "")
    provider = gateway.providers.get(name) if name else None
    if name and provider is None:
        raise HTTPNotFound()
    try:
        body = service_of(request, gateway).metadata(now(), provider)
    except Refused as refused:
        status, text = refusal_text(refused)
        return error_page(request, status, text)
    return Response(body, content_type="application/samlmetadata+xml", charset="utf-8")
