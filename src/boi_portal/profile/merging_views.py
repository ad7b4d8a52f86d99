"""`/konto/polacz-konta`: proving that another account is one's own, seeing what would move, and merging the two.

Between the proof and the merging the session holds whose account was proved and when; that is over after ten minutes, and with a new
password of that account.
"""

from __future__ import annotations

import time
from typing import Any

import colander
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts.factors import plain_code
from ..accounts.persons import applicant_here
from ..accounts.proving import check_code, check_recovery, factors_of
from ..accounts.resources import PERSON, Applicant, applicant_of
from ..accounts.rooms import AccountRoom
from ..accounts.schemas import password_node
from ..accounts.signin import Refusal, sign_in
from ..accounts.throttling import throttles_of, waiting_text
from ..accounts.views import desk_of
from ..office.audit import Origin
from ..publishing.schema import text
from ..web.assurance import require_recent
from ..web.forms import Button, FormView, PortalForm, Rejected
from . import merging
from .merging import MergeRefused

PAGE, CONFIRM = "polacz-konta", "polacz-konta-potwierdz"
PROVED_KEY = "merging"
LASTS = 10 * 60.0  # seconds
WRONG = "Login lub hasło drugiego konta się nie zgadza. Wpisz je jeszcze raz."
PENDING = "Drugie konto nie jest jeszcze aktywne. Otwórz najpierw link z listu aktywacyjnego."
STAFF = "To konto pracownika urzędu. Połączyć można tylko konta interesantów."
NEEDS_CODE = "Drugie konto ma drugi składnik logowania. Wpisz kod z aplikacji albo kod zapasowy."
WRONG_CODE = "Ten kod jest nieprawidłowy albo już użyty. Wpisz nowy."
ONLY_PASSKEYS = (
    "Drugie konto ma tylko klucz dostępu. Zaloguj się na nie, utwórz kody zapasowe i wpisz tutaj jeden z nich."
)
LATER = "Reszta spraw przenosi się w tle i pojawi się na liście za chwilę."
APPLICATION_DIGITS = 6


class OtherAccountSchema(colander.Schema):
    """Login, password and, where there is one, the second factor of the other account."""

    login = text("Login lub adres e-mail drugiego konta", max_length=254, autocomplete="off")
    password = password_node("Hasło drugiego konta", new=False, name="password")
    code = text(
        "Kod drugiego składnika",
        required=False,
        max_length=40,
        description="Tylko jeśli drugie konto go ma: kod z aplikacji albo kod zapasowy.",
        autocomplete="one-time-code",
    )


@view_config(context=AccountRoom, name=PAGE, permission=permissions.ACCOUNT, renderer="templates/merging.pt")
class ProofView(FormView):
    """`/konto/polacz-konta`: the proof."""

    title = "Połączenie kont"
    schema = OtherAccountSchema
    buttons = (Button("dalej", "Sprawdź drugie konto"),)

    def __call__(self) -> Any:
        require_recent(self.request)
        return super().__call__()

    @property
    def person(self) -> Applicant:
        """Who is signed in, whose account stays."""
        return applicant_here(self.request)

    def page(self) -> dict[str, Any]:
        return {"person": self.person, "is_person": self.person.kind == PERSON}

    def success(self, values: Any, button: str) -> Any:
        request = self.request
        throttles, origin = throttles_of(request), Origin.of(request)
        found = sign_in(request.root, request.office, throttles, values["login"], values["password"], origin)
        if found.wait:
            raise Rejected(f"Za dużo nieudanych prób. Spróbuj ponownie za {waiting_text(found.wait)}.", "password")
        if found.refusal is not None:
            return self._refused(values, PENDING if found.refusal is Refusal.PENDING else WRONG, "password")
        other = applicant_of(request.office, found.userid)
        if other is None:
            raise Rejected(STAFF, "login")
        problem = self._factor_problem(other, values["code"])
        if problem:
            return self._refused(values, problem, "code")
        try:
            merging.check(self.person, other)
        except MergeRefused as refusal:
            raise Rejected(str(refusal)) from None
        request.session[PROVED_KEY] = {"userid": other.userid, "at": time.time()}
        return HTTPSeeOther(request.layout.path("konto", CONFIRM))

    def _factor_problem(self, other: Applicant, given: str) -> str:
        """What is wrong with the second factor; empty: nothing, or there is none."""
        factors = factors_of(self.request, other.userid)
        if not factors:
            return ""
        if factors.application is None and not factors.codes_left:
            return ONLY_PASSKEYS
        code = "".join((given or "").split())
        if not code:
            return NEEDS_CODE
        is_application = len(code) == APPLICATION_DIGITS and code.isascii() and code.isdecimal()
        check = check_code if is_application else check_recovery
        verdict = check(self.request, other.userid, other, code if is_application else plain_code(code))
        if verdict.wait:
            return f"Za dużo nieudanych prób. Spróbuj ponownie za {waiting_text(verdict.wait)}."
        return "" if verdict.right else WRONG_CODE

    def _refused(self, values: Any, message: str, field: str) -> Any:
        """The form with the login that was typed. Not `Rejected`, which would roll back the count of failures."""
        form: PortalForm = self.make_form()
        form.set_appstruct({"login": values["login"]})
        form.reject(message, field)
        return self.failure(form)


@view_defaults(context=AccountRoom, name=CONFIRM, permission=permissions.ACCOUNT)
class ConfirmView:
    """`/konto/polacz-konta-potwierdz`: what would move, and the button that moves it."""

    def __init__(self, context: Any, request: Any) -> None:
        self.context = context
        self.request = request
        self.person = applicant_here(request)

    def _other(self) -> Applicant:
        """The account that was proved in this session.

        :raises HTTPSeeOther: none was, or not lately.
        """
        proved = self.request.session.get(PROVED_KEY)
        other = applicant_of(self.request.office, proved["userid"]) if proved is not None else None
        late = proved is None or time.time() - proved["at"] > LASTS
        if other is None or late or not other.active or other.sessions_since > proved["at"]:
            raise HTTPSeeOther(self.request.layout.path("konto", PAGE))
        return other

    @view_config(request_method="GET", renderer="templates/merging_confirm.pt")
    def show(self) -> dict[str, Any]:
        """What would move."""
        require_recent(self.request)
        other = self._other()
        moves = merging.inventory(self.request.office, other)
        return {"title": "Sprawdź, co się przeniesie", "person": self.person, "other": other, "moves": moves}

    @view_config(request_method="POST", request_param="zrezygnuj")
    def give_up(self) -> Any:
        """Forget the proof."""
        self.request.session.pop(PROVED_KEY, None)
        return HTTPSeeOther(self.request.layout.path("konto"))

    @view_config(request_method="POST", request_param="polacz")
    def merge(self) -> Any:
        """Merge the two accounts."""
        request = self.request
        require_recent(request, request.layout.path("konto", PAGE))
        other = self._other()
        login = other.login  # closing the account lets go of it
        request.session.pop(PROVED_KEY, None)
        try:
            done = merging.merge(desk_of(request), self.person, other, Origin.of(request))
        except MergeRefused as refusal:
            request.session.flash(str(refusal), "warning")
            return HTTPSeeOther(request.layout.path("konto", PAGE))
        words = f"Konta są połączone. Konto „{login}” jest zamknięte."
        request.session.flash(words if done else f"{words} {LATER}", "success")
        return HTTPSeeOther(request.layout.path("konto"))
