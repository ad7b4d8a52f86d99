"""The second factor on the way in, and proving again: `/logowanie/drugi-skladnik`, `/logowanie/kod-zapasowy`, `/logowanie/potwierdz`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import colander
from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther, HTTPTooManyRequests
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..publishing.schema import text
from ..web.assurance import ADVICE, LEVEL_KEY, Assurance, assurance_of, help_path, is_recent
from ..web.errors import RETURN_KEY, safe_path, sign_in_path
from ..web.forms import Button, FormView, PortalForm
from ..web.polish import counted
from . import passkeys, proving
from .entry import account_of, confirm, enter
from .factors import Factors
from .proving import APPLICATION, PASSKEY, PASSWORD, RECOVERY, Pending, Verdict
from .rooms import SignInRoom
from .schemas import password_node
from .signin import stored_hash
from .stepup import step_ups
from .throttling import Limit, network_of, throttles_of, waiting_text

ANSWER = "klucz"  # the field that carries a passkey's answer
WAY = "sposob"  # in the address of the page of confirming
QUESTIONS = Limit("passkey-questions", 1000)  # to one network in a day; a library may share one

WRONG_CODE = (
    "Ten kod się nie zgadza albo był już użyty. Poczekaj na następny i wpisz go od razu. Jeśli to się powtarza, sprawdź, czy zegar w "
    "telefonie ustawia się sam."
)
WRONG_RECOVERY = "Tego kodu zapasowego nie ma albo był już użyty. Sprawdź, czy nie ma pomyłki, albo wpisz inny z listy."
WRONG_PASSWORD = "To nie jest Twoje hasło. Wpisz je jeszcze raz."  # noqa: S105 - a message
WRONG_PASSKEY = "Nie udało się potwierdzić kluczem. Spróbuj jeszcze raz albo wybierz inny sposób."
OVER = "Minęło zbyt dużo czasu od podania hasła. Zaloguj się jeszcze raz."


def too_many(wait: float) -> str:
    """What is said to whoever gave too many wrong codes."""
    return (
        f"Za dużo nieudanych prób. Spróbuj ponownie za {waiting_text(wait)}. "
        "Jeśli nie masz już telefonu ani kodów zapasowych, skontaktuj się z urzędem."
    )


class CodeSchema(colander.Schema):
    """A code of the application."""

    kod = text(
        "Kod z aplikacji",
        max_length=20,
        description="Sześć cyfr, które pokazuje aplikacja w telefonie.",
        autocomplete="one-time-code",
        inputmode="numeric",
    )


class RecoverySchema(colander.Schema):
    """A recovery code."""

    kod = text(
        "Kod zapasowy",
        max_length=40,
        description="Jeden z kodów zapisanych przy ustawianiu drugiego składnika, na przykład ABCD-2345-EFGH-6789.",
        autocomplete="off",
    )


class ConfirmPasswordSchema(colander.Schema):
    """The password again."""

    haslo = password_node("Hasło", new=False)


SCHEMAS: dict[str, type[colander.Schema]] = {
    APPLICATION: CodeSchema,
    RECOVERY: RecoverySchema,
    PASSWORD: ConfirmPasswordSchema,
}
FIELDS = {APPLICATION: "kod", RECOVERY: "kod", PASSWORD: "haslo"}
WRONG = {APPLICATION: WRONG_CODE, RECOVERY: WRONG_RECOVERY, PASSWORD: WRONG_PASSWORD}


class ProofView(FormView):
    """A page on which somebody known by `userid` proves that it is he: a field for one code, and a button for passkeys."""

    buttons = (Button("dalej", "Dalej"),)
    userid: Any
    account: Any
    way: str = ""  # which code is asked for; empty: none, as of somebody who has passkeys only
    takes_passkeys: bool = True

    @property
    def factors(self) -> Factors | None:
        return proving.factors_of(self.request, self.userid)

    def proved(self, how: str) -> Any:
        """What follows a right proof; `how` is its word for the audit trail."""
        raise NotImplementedError

    def __call__(self) -> Any:
        answer = self.request.POST.get(ANSWER) if self.request.method == "POST" else None
        if isinstance(answer, str) and self.takes_passkeys:
            return self._take_answer(answer)
        if self.request.method == "POST" and not self.way:
            raise HTTPBadRequest()
        return super().__call__()

    def make_schema(self) -> Any:
        schema = SCHEMAS[self.way]() if self.way else colander.Schema()
        return schema.bind(request=self.request, context=self.context)

    def show(self, form: PortalForm) -> dict[str, Any]:
        factors = self.factors
        has_form = bool(self.way)
        return {
            **super().show(form),
            "has_form": has_form,
            "loose_errors": [] if has_form else form.errors,
            "passkeys": factors.passkeys if factors is not None and self.takes_passkeys else [],
            "here": self.request.path_qs,
        }

    def success(self, values: Any, button: str) -> Any:
        check = {
            APPLICATION: proving.check_code,
            RECOVERY: proving.check_recovery,
            PASSWORD: proving.check_password,
        }[self.way]
        verdict = check(self.request, self.userid, self.account, values[FIELDS[self.way]])
        return self.proved(self.way) if verdict.right else self._refused(verdict)

    def _take_answer(self, answer: str) -> Any:
        _, passkey = proving.check_passkey(self.request, passkeys.PROVE, self.userid, answer)
        if passkey is not None:
            return self.proved(PASSKEY)
        form = self.make_form()
        form.reject(WRONG_PASSKEY)
        return self.failure(form)

    def _refused(self, verdict: Verdict) -> Any:
        """The form again, without the code. It is not `Rejected`, which would roll back the count of failures."""
        form = self.make_form()
        if not verdict.wait:
            form.reject(WRONG[self.way], FIELDS[self.way])
            return self.failure(form)
        form.reject(too_many(verdict.wait))
        shown = self.failure(form)
        self.request.response.status_int = 429
        self.request.response.headers["Retry-After"] = str(max(1, int(verdict.wait)))
        return shown


# on the way in


class EntryView(ProofView):
    """A page for somebody who has given a right password and is not in yet."""

    def __call__(self) -> Any:
        pending = proving.pending_of(self.request)
        if pending is None or pending.setting_up:
            return self._from_the_start(pending)
        self.pending = pending
        self.userid, self.account = pending.userid, pending.account
        self.way = self.choose(self.factors)
        return super().__call__()

    def choose(self, factors: Factors | None) -> str:
        """Which code this page asks for."""
        raise NotImplementedError

    def _from_the_start(self, pending: Pending | None) -> HTTPSeeOther:
        if pending is not None:
            return HTTPSeeOther(self.request.layout.path(*proving.SET_UP))
        # in no session there was no password, and nobody fills the database with sessions that hold this word alone
        waited = self.request.session.exists and self.request.authenticated_userid is None
        if waited and self.request.method == "POST":
            self.request.session.flash(OVER, "warning")
        return HTTPSeeOther(self.request.layout.path("logowanie"))

    def proved(self, how: str) -> Any:
        enter(self.request, self.userid, Assurance.TWO_FACTOR, f"{self.pending.how}+{how}")
        return HTTPSeeOther(self.pending.back)


@view_config(context=SignInRoom, name="drugi-skladnik", permission=permissions.VIEW, renderer="templates/proof.pt")
class SecondFactorView(EntryView):
    """`/logowanie/drugi-skladnik`: the code of the application, or a passkey, or the way to recovery codes."""

    title = "Potwierdź, że to Ty"

    def choose(self, factors: Factors | None) -> str:
        return APPLICATION if factors is not None and factors.application is not None else ""

    def page(self) -> Mapping[str, Any]:
        factors, path = self.factors, self.request.layout.path
        links = [("Użyj kodu zapasowego", path("logowanie", "kod-zapasowy"))] if factors and factors.codes_left else []
        first = "Hasło się zgadza." if self.pending.how == PASSWORD else "Pierwszy krok logowania jest za Tobą."
        return {"lead": f"{first} Został jeszcze drugi składnik logowania.", "links": links}


@view_config(context=SignInRoom, name="kod-zapasowy", permission=permissions.VIEW, renderer="templates/proof.pt")
class RecoveryView(EntryView):
    """`/logowanie/kod-zapasowy`"""

    title = "Wpisz kod zapasowy"
    takes_passkeys = False

    def choose(self, factors: Factors | None) -> str:
        return RECOVERY

    def page(self) -> Mapping[str, Any]:
        back = [("Wróć do innych sposobów", self.request.layout.path(*proving.SECOND_FACTOR))]
        return {"lead": "Każdy kod zapasowy działa tylko raz.", "links": back}

    def proved(self, how: str) -> Any:
        answer = super().proved(how)
        left = counted(proving.own_factors(self.request, self.userid).codes_left, "kod", "kody", "kodów")
        self.request.session.flash(
            f"Ten kod zapasowy jest już zużyty. Zostało Ci: {left}. Nowe kody wygenerujesz w ustawieniach bezpieczeństwa konta.",
            "warning",
        )
        return answer


# proving again


@view_config(context=SignInRoom, name="potwierdz", permission=permissions.VIEW, renderer="templates/proof.pt")
class ConfirmView(ProofView):
    """`/logowanie/potwierdz`: a higher level (`poziom`) or a fresh proof, and back to `powrot`."""

    title = "Potwierdź, że to Ty"

    def __call__(self) -> Any:
        request = self.request
        self.back = safe_path(request.GET.get(RETURN_KEY), request.layout.path())
        self.wanted = self._wanted()
        self.userid = request.authenticated_userid
        if self.userid is None:
            return HTTPSeeOther(sign_in_path(request, self.back))
        if request.method != "POST" and self._is_enough():
            return HTTPSeeOther(self.back)
        self.account = account_of(request, self.userid)
        self.takes_passkeys = self.wanted is None or self.wanted <= Assurance.TWO_FACTOR
        self.ways = self._ways()
        chosen = request.GET.get(WAY)
        self.way = chosen if chosen in self.ways else next((way for way in self.ways if way != RECOVERY), "")
        return super().__call__()

    def _wanted(self) -> Assurance | None:
        """The level that is asked for; None: a fresh proof is enough."""
        given = self.request.GET.get(LEVEL_KEY)
        if given is None:
            return None
        found = next((level for level in Assurance if str(int(level)) == given), None)
        if found is None:
            raise HTTPBadRequest()
        return found

    def _is_enough(self) -> bool:
        if self.wanted is None:
            return is_recent(self.request)
        return assurance_of(self.request) >= self.wanted

    def _ways(self) -> dict[str, str]:
        """The codes that may be asked for, with what a link to each says."""
        factors = self.factors
        found = {}
        if not self.takes_passkeys:  # nor would a code be enough
            return {}
        if factors is not None and factors.application is not None:
            found[APPLICATION] = "Użyj kodu z aplikacji"
        if self.wanted is None and stored_hash(self.account):
            found[PASSWORD] = "Użyj hasła"
        if factors is not None and factors.codes_left:
            found[RECOVERY] = "Użyj kodu zapasowego"
        return found

    def show(self, form: PortalForm) -> dict[str, Any]:
        shown = super().show(form)
        others = step_ups(self.request, self.wanted or assurance_of(self.request))
        nothing = not (self.way or shown["passkeys"] or others)
        return {**shown, "step_ups": others, "back": self.back, "nothing": nothing}

    def page(self) -> Mapping[str, Any]:
        links = [(words, self._at(way)) for way, words in self.ways.items() if way != self.way]
        if self.wanted is None:
            return {"lead": "Zanim zmienisz zabezpieczenia konta, potwierdź, że to Ty.", "links": links}
        if self.wanted <= Assurance.TWO_FACTOR and not self.factors:
            path = self.request.layout.path("konto", "bezpieczenstwo")
            links.append(("Ustaw drugi składnik logowania", f"{path}?{RETURN_KEY}={quote(self.back, safe='/')}"))
        lead = f"{ADVICE[self.wanted]} Potem wrócisz tam, gdzie jesteś teraz."
        return {"lead": lead, "help": help_path(self.request, self.wanted), "links": links}

    def _at(self, way: str) -> str:
        level = "" if self.wanted is None else f"{LEVEL_KEY}={int(self.wanted)}&"
        path = self.request.layout.path("logowanie", "potwierdz")
        return f"{path}?{level}{WAY}={way}&{RETURN_KEY}={quote(self.back, safe='/')}"

    def proved(self, how: str) -> Any:
        level = assurance_of(self.request) if how == PASSWORD else Assurance.TWO_FACTOR
        confirm(self.request, level, how)
        return HTTPSeeOther(self.back)


# what a passkey is asked


@view_defaults(context=SignInRoom, permission=permissions.VIEW, renderer="json", request_method="POST")
class PasskeyQuestions:
    """Questions for the page's script. Each answer carries the forgery token, for a visitor has had none until now."""

    def __init__(self, context: SignInRoom, request: Any) -> None:
        self.context = context
        self.request = request

    @view_config(name="pytanie-klucza")
    def ask(self) -> Any:
        """`POST /logowanie/pytanie-klucza`: to whoever is signed in or has given the password, for one of his own passkeys."""
        userid = self.request.authenticated_userid
        if userid is None:
            pending = proving.pending_of(self.request)
            userid = pending.userid if pending is not None else None
        factors = proving.factors_of(self.request, userid) if userid is not None else None
        if factors is None or not factors.passkeys:
            raise HTTPBadRequest()
        return self._question(passkeys.ask_prove(self.request, userid, factors))

    @view_config(name="pytanie-wejscia")
    def ask_visitor(self) -> Any:
        """`POST /logowanie/pytanie-wejscia`: to a visitor, for any passkey of this portal. It makes a session, so it has a number a day."""
        network = network_of(self.request.remote_addr or "")
        if not throttles_of(self.request).spend(QUESTIONS, network):
            raise HTTPTooManyRequests()
        return self._question(passkeys.ask_sign_in(self.request))

    def _question(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"publicKey": options, "csrf_token": self.request.session.get_csrf_token()}
