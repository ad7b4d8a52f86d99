"""Employees sign in by the office's own provider: asking, the answer, and signing out there, too.

The answer comes by a GET with the session's own cookie, so it is judged at once, in the one session whose question it answers. That GET
writes, as every return from an identity provider does.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther, HTTPTooManyRequests
from pyramid.renderers import render_to_response
from pyramid.response import Response
from pyramid.view import view_config, view_defaults
from substanced.util import get_oid

from .. import permissions
from ..accounts import proving
from ..accounts.entry import confirm, enter
from ..accounts.throttling import network_of, throttles_of
from ..accounts.views import LONGEST_BACK, sign_in_address
from ..eid.records import Challenge, keep_question, take_question
from ..eid.views import QUESTIONS, note_refusal
from ..identity import IdentityError, Reason, Refused, Unreachable
from ..identity.oidc import MAX_HINT, QUESTION_LASTS, Pending, RelyingParty, SignedIn, Tokens
from ..office.audit import Origin, record
from ..publishing.content import now
from ..web.assurance import Assurance
from ..web.errors import RETURN_KEY, ErrorText, error_page, safe_path
from .oidc import (
    ENTRANCE,
    PURPOSES,
    RETURN,
    SIGN_IN,
    SIGNED_OUT,
    STEP_UP,
    OidcRoom,
    address_of,
    employee_of,
    level_of,
    party_here,
    party_of,
)

logger = logging.getLogger(__name__)

MARK_KEY = "oidc"  # the session's own secret, by which its answers are known
SESSION_KEY = "oidc-session"  # whose session began at the provider, and by which token
HOW = "oidc"

_ELSE = "Możesz też zalogować się loginem i hasłem do portalu."
DOWN = f"Logowanie kontem urzędowym chwilowo nie działa. Spróbuj ponownie za kilka minut. {_ELSE}"
NO_QUESTION = ErrorText(
    "Tego logowania nie da się dokończyć",
    ("Odpowiedź przyszła drugi raz albo zbyt późno.", f"Zacznij logowanie jeszcze raz. {_ELSE}"),
)
FOREIGN_ANSWER = ErrorText(
    "To logowanie zaczęto w innej przeglądarce",
    (
        "Dla bezpieczeństwa logowanie trzeba skończyć w tej samej przeglądarce, w której się je zaczęło.",
        f"Zacznij logowanie jeszcze raz. {_ELSE}",
    ),
)
DECLINED = ErrorText(
    "Logowanie zostało przerwane",
    ("Na stronie logowania urzędu nie potwierdzono, kim jesteś. Możesz spróbować jeszcze raz.", _ELSE),
)
NOT_BELIEVED = ErrorText(
    "Nie możemy potwierdzić tej odpowiedzi",
    (
        "Odpowiedź strony logowania urzędu jest niekompletna albo nie zgadza się z naszym pytaniem, więc jej nie przyjęliśmy.",
        f"Zacznij logowanie jeszcze raz. Jeśli to się powtórzy, powiadom administratora portalu. {_ELSE}",
    ),
)
NO_ADDRESS = ErrorText(
    "Twoje konto urzędowe nie mówi, kim jesteś w portalu",
    (
        "Strona logowania urzędu nie podała danych, po których znajdujemy konto pracownika, albo nie są one potwierdzone.",
        f"Powiadom administratora portalu. {_ELSE}",
    ),
)
UNKNOWN = ErrorText(
    "Nie masz jeszcze konta pracownika w portalu",
    (
        "Logowanie w urzędzie się udało, ale w portalu nikt nie ma konta z tymi danymi.",
        "Poproś administratora portalu, żeby założył Ci konto pracownika, i zaloguj się jeszcze raz.",
    ),
)
SWITCHED_OFF = ErrorText(
    "Twoje konto pracownika jest wyłączone",
    (
        "Logowanie w urzędzie się udało, ale administrator portalu wyłączył to konto. Jeśli to pomyłka, poproś o włączenie.",
    ),
)
OTHER_PERSON = ErrorText(
    "To jest konto innej osoby",
    (
        "Na stronie logowania urzędu zalogowano się jako ktoś inny niż w portalu. Niczego nie zmieniliśmy.",
        "Wróć i potwierdź swoim kontem urzędowym.",
    ),
)
SIGNED_OUT_EVERYWHERE = ErrorText(
    "Wylogowano Cię", ("Wylogowano Cię z portalu i z konta urzędowego, którym nastąpiło logowanie.",)
)
NOT_STRONGER = "Strona logowania urzędu nie potwierdziła drugiego składnika. Wybierz inny sposób albo ustaw drugi składnik w portalu."

_TEXTS = {
    Reason.DECLINED: DECLINED,
    Reason.MISSING_ATTRIBUTE: NO_ADDRESS,
    Reason.UNVERIFIED_EMAIL: NO_ADDRESS,
}


def onward(request: Any, title: str, words: str, url: str) -> Response:
    """A page that leads to the provider: at once by its header, and by a link.

    Not a redirect: a browser applies this page's `form-action` to wherever the answer to a form leads, over every host that takes part.
    """
    values = {"title": title, "words": words, "url": url}
    response = render_to_response("boi_portal.staffing:templates/oidc_onward.pt", values, request=request)
    response.headers["Refresh"] = f"0;url={url}"
    return response


# asking


@view_config(context=OidcRoom, request_method="GET", permission=permissions.VIEW)
def begin(context: OidcRoom, request: Any) -> Any:
    """`GET /oidc`: to where one begins."""
    party_here(request)
    return HTTPSeeOther(request.layout.path("logowanie"))


@view_config(context=OidcRoom, name=ENTRANCE, request_method="POST", permission=permissions.VIEW)
def ask(context: OidcRoom, request: Any) -> Any:
    """`POST /oidc/wejscie`: to the provider, with a question bound to this session."""
    party, userid = party_here(request), request.authenticated_userid
    purpose = PURPOSES.get(request.GET.get("po", "logowanie"))
    if purpose is None or (purpose == STEP_UP and not isinstance(userid, int)):
        raise HTTPNotFound()
    if not throttles_of(request).spend(QUESTIONS, network_of(request.remote_addr or "")):
        raise HTTPTooManyRequests()
    back, at = _way_back(request), now()
    try:
        question = party.question(address_of(request, RETURN), at, fresh=purpose == STEP_UP)
    except IdentityError as error:
        return refuse(request, error, back)
    mark = request.session.setdefault(MARK_KEY, secrets.token_urlsafe(32))
    challenge = Challenge(purpose, question.pending.to_dict(), back, mark, userid, at + QUESTION_LASTS)
    keep_question(request.office, question.state, challenge)
    words = "Za chwilę otworzy się strona logowania urzędu. Jeśli się nie otwiera, naciśnij przycisk."
    return onward(request, "Przechodzisz do logowania urzędu", words, question.url)


def _way_back(request: Any) -> str:
    given = request.POST.get(RETURN_KEY)
    back = safe_path(given if isinstance(given, str) else "", "")
    return back if 0 < len(back) <= LONGEST_BACK else request.layout.path()


# the answer


@view_defaults(context=OidcRoom, name=RETURN, request_method="GET", permission=permissions.VIEW)
class ComeBack:
    """`GET /oidc/powrot`: in, or confirmed. The question is taken out before the answer is read."""

    def __init__(self, context: OidcRoom, request: Any) -> None:
        self.request = request

    @view_config()
    def __call__(self) -> Any:
        request, party = self.request, party_here(self.request)
        if request.method == "HEAD":
            return Response(status=200)
        values = dict(request.GET.items())
        if not values.get("state"):
            raise HTTPNotFound()
        asked = take_question(request.office, values["state"], now())
        if asked is None or asked.purpose not in (SIGN_IN, STEP_UP):
            return self._refused("no-question", NO_QUESTION)
        if not secrets.compare_digest(request.session.get(MARK_KEY, "").encode(), asked.mark.encode()):
            return self._refused("other-session", FOREIGN_ANSWER)
        try:
            person = self._person(party, asked, values)
            employee = employee_of(request.registry.boi_settings, request.root, person)
        except IdentityError as error:
            return refuse(request, error, asked.back)
        if employee is None:
            return self._refused("unknown-employee", UNKNOWN, back=asked.back)
        if not employee.enabled:
            return self._refused("switched-off", SWITCHED_OFF, get_oid(employee), asked.back)
        level = level_of(request.registry.boi_settings, person)
        come = self._sign_in if asked.purpose == SIGN_IN else self._confirm
        return come(asked, get_oid(employee), level, person)

    def _person(self, party: RelyingParty, asked: Challenge, values: Mapping[str, str]) -> SignedIn:
        """Who it is. A request that is run again after a conflict uses what the code was worth the first time."""
        pending, at = Pending.from_dict(asked.pending), now()
        known: dict[str, Tokens] = self.request.environ.setdefault("boi.oidc.redeemed", {})
        if values["state"] not in known:
            known[values["state"]] = party.redeem(pending, values, at)
        claim = self.request.registry.boi_settings.oidc_login_claim
        return party.judge(pending, known[values["state"]], at, claim)

    def _sign_in(self, asked: Challenge, userid: int, level: Assurance, person: SignedIn) -> Any:
        request = self.request
        if level >= Assurance.TWO_FACTOR:
            enter(request, userid, level, f"{HOW}+mfa")
            answer = HTTPSeeOther(asked.back)
        else:
            answer = proving.proceed(request, userid, asked.back, HOW)
        keep_remote_session(request, userid, person)
        return answer

    def _confirm(self, asked: Challenge, userid: int, level: Assurance, person: SignedIn) -> Any:
        request = self.request
        if userid != request.authenticated_userid or userid != asked.userid:
            return self._refused("other-person", OTHER_PERSON, userid, asked.back)
        if level < Assurance.TWO_FACTOR:
            request.session.flash(NOT_STRONGER, "warning")
        confirm(request, level, HOW)
        keep_remote_session(request, userid, person)
        return HTTPSeeOther(asked.back)

    def _refused(self, reason: str, text: ErrorText, about: Any = "", back: str = "") -> Response:
        if about:
            record(self.request.office, "oidc-refused", "", about, Origin.of(self.request), reason)
        else:
            note_refusal(self.request, "oidc-refused", reason)
        return _again(self.request, text, back)


def refuse(request: Any, error: IdentityError, back: str) -> Any:
    """What follows an answer that is not believed, or none, and its line in the audit trail. What was taken out stays so."""
    reason = error.reason.value if isinstance(error, Refused) else "unreachable"
    note_refusal(request, "oidc-refused", reason)
    logger.warning("OpenID Connect refused", extra={"reason": str(error)})
    if isinstance(error, Unreachable):
        request.session.flash(DOWN, "danger")
        there = request.authenticated_userid is None
        return HTTPSeeOther(sign_in_address(request, back) if there else back)
    text = _TEXTS.get(error.reason, NOT_BELIEVED) if isinstance(error, Refused) else NOT_BELIEVED
    return _again(request, text, back)


def _again(request: Any, text: ErrorText, back: str) -> Response:
    home = request.layout.path()
    if request.authenticated_userid is not None:
        return error_page(request, 403, text, action=(back or home, "Wróć"))
    return error_page(request, 403, text, action=(sign_in_address(request, back or home), "Wróć do logowania"))


# signing out


def keep_remote_session(request: Any, userid: int, person: SignedIn) -> None:
    """Remember that a session began at the provider, so that both can be ended together."""
    hint = person.id_token if len(person.id_token) <= MAX_HINT else ""
    request.session[SESSION_KEY] = {"userid": userid, "hint": hint}


def begin_logout(request: Any) -> Any:
    """Called when one signs out, before the session ends: the page that takes the browser to the provider, or None."""
    kept, party = request.session.get(SESSION_KEY), party_of(request)
    if party is None or not kept or kept["userid"] != request.authenticated_userid:
        return None
    try:
        url = party.logout_url(kept["hint"], address_of(request, SIGNED_OUT), now())
    except IdentityError as error:
        reason = error.reason.value if isinstance(error, Refused) else "unreachable"
        record(request.office, "oidc-logout-failed", "", kept["userid"], Origin.of(request), reason)
        return None
    if not url:
        return None
    words = "Wylogowano Cię z portalu. Za chwilę wylogujemy Cię też z konta urzędowego. Jeśli strona się nie otwiera, naciśnij przycisk."
    return lambda: onward(request, "Wylogowanie z konta urzędowego", words, url)


@view_config(context=OidcRoom, name=SIGNED_OUT, request_method="GET", permission=permissions.VIEW)
def signed_out(context: OidcRoom, request: Any) -> Response:
    """`GET /oidc/wylogowano`: back from signing out at the provider."""
    party_here(request)
    return error_page(request, 200, SIGNED_OUT_EVERYWHERE)


def includeme(config: Any) -> None:
    config.add_sign_out(begin_logout)
