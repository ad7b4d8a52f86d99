"""Pages before one is signed in: registration, activation, sign-in, sign-out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..interfaces import ISite
from ..office.audit import Origin, record
from ..publishing.content import now
from ..web.assurance import Assurance
from ..web.errors import RETURN_KEY, ErrorText, error_page, safe_path
from ..web.forms import Button, FormView, PortalForm, Rejected
from ..web.polish import counted
from . import passkeys, proving, registration
from .consents import ClauseMissing, clause_text
from .entry import enter
from .factor_views import ANSWER, WRONG_PASSKEY
from .notices import address_maker, base_of
from .registration import ActivationFailed, Desk, LoginTaken
from .resources import BUSINESS, ORGANISATION, PERSON
from .rooms import ADDRESSES, ActivationLink, ActivationRoom, KindRoom, RegistrationRoom, SignInRoom
from .schemas import ResendSchema, SignInSchema, registration_schema
from .signin import Refusal, sign_in
from .throttling import LETTERS, LETTERS_ADDRESS, REGISTRATIONS, network_of, throttles_of, waiting_text

ACTIVATED = "Konto zostało aktywowane. Możesz się zalogować."
ALREADY_ACTIVE = "Konto jest już aktywne. Możesz się zalogować."
WRONG = "Login lub hasło się nie zgadza. Sprawdź, czy nie ma pomyłki i czy nie jest włączony Caps Lock."
PENDING = (
    "To konto czeka na aktywację. Otwórz link z listu, który wysłaliśmy na Twój adres e-mail, albo poproś o nowy list."
)
LONGEST_BACK = 500  # characters of an address that a letter's token keeps
LOGIN_TAKEN = "Ten login jest już zajęty. Wybierz inny."
NO_CLAUSE = ErrorText(
    "Rejestracja jest chwilowo niemożliwa",
    (
        "Nie możemy teraz pokazać informacji o przetwarzaniu danych, a bez niej nie zakładamy kont.",
        "Spróbuj ponownie później.",
    ),
)

KIND_HINTS = {
    PERSON: "Załatwiasz sprawy we własnym imieniu, na przykład meldunek albo odpis aktu.",
    BUSINESS: "Prowadzisz działalność gospodarczą jako osoba fizyczna, sam, sama albo w spółce cywilnej.",
    ORGANISATION: "Działasz w imieniu spółki, stowarzyszenia, fundacji, szkoły albo innej instytucji.",
}


def desk_of(request: Any) -> Desk:
    """What registering needs, as this request sees it."""
    address = address_maker(base_of(request))
    return Desk(request.root, request.office, request.registry.boi_settings, address, now())


def slow_down(request: Any, seconds: float) -> None:
    """Answer 429 and say when to come again."""
    request.response.status_int = 429
    request.response.headers["Retry-After"] = str(max(1, int(seconds)))


# registration


@view_config(
    context=RegistrationRoom,
    request_method="GET",
    permission=permissions.VIEW,
    public_page=True,
    renderer="templates/kinds.pt",
)
def choose_kind(context: RegistrationRoom, request: Any) -> dict[str, Any]:
    """`/rejestracja`: who you are."""
    back = way_back(request)
    kinds = [
        {
            "href": carrying(request.layout.path(context, name), back),
            "title": context[name].title,
            "hint": KIND_HINTS[kind],
        }
        for name, kind in ADDRESSES.items()
    ]
    return {"title": "Załóż konto", "kinds": kinds}


@view_config(context=KindRoom, permission=permissions.VIEW, renderer="templates/register.pt")
class RegistrationView(FormView):
    """`/rejestracja/{kind}`: the form."""

    buttons = (Button("zaloz", "Załóż konto"),)

    def __call__(self) -> Any:
        try:
            return super().__call__()
        except ClauseMissing:
            return error_page(self.request, 503, NO_CLAUSE)

    def make_schema(self) -> Any:
        schema = registration_schema(self.context.kind, clause_text(self.request.root))
        return schema.bind(request=self.request, context=self.context)

    def page(self) -> Mapping[str, Any]:
        return {"title": f"Załóż konto: {self.context.title.lower()}", "carried": carrying("", way_back(self.request))}

    def success(self, values: Any, button: str) -> Any:
        throttles, network = throttles_of(self.request), network_of(self.request.remote_addr or "")
        wait = throttles.wait(REGISTRATIONS, network)
        if wait:
            raise Rejected(f"Z Twojego adresu założono właśnie wiele kont. Spróbuj ponownie za {waiting_text(wait)}.")
        try:
            back = way_back(self.request)
            applicant = registration.register(desk_of(self.request), self.context.kind, values, back)
        except LoginTaken:
            raise Rejected(LOGIN_TAKEN, "account.login") from None
        throttles.failed(REGISTRATIONS, network)
        record(self.request.office, "registration", "", applicant.userid, Origin.of(self.request))
        return HTTPSeeOther(mailbox_address(self.request, back))


@view_config(
    context=RegistrationRoom,
    name="sprawdz-skrzynke",
    request_method="GET",
    permission=permissions.VIEW,
    renderer="templates/check_mailbox.pt",
)
def check_mailbox(context: RegistrationRoom, request: Any) -> dict[str, Any]:
    """What to do after registering or asking for the letter again: the same for everybody."""
    hours = counted(request.registry.boi_settings.activation_hours, "godzinę", "godziny", "godzin")
    return {"title": "Sprawdź skrzynkę e-mail", "hours": hours, "carried": carrying("", way_back(request))}


# activation


@view_config(
    context=ActivationLink, request_method="GET", permission=permissions.VIEW, renderer="templates/activation_failed.pt"
)
def follow_link(context: ActivationLink, request: Any) -> Any:
    """`/aktywacja/{token}`: a GET that writes, and why it may is in `docs/decisions/`."""
    if request.method == "HEAD":
        return Response(status=200)
    desk = desk_of(request)
    back = registration.way_back(desk, context.__name__)
    try:
        applicant, first = registration.activate(desk, context.__name__)
    except ActivationFailed:
        request.response.status_int = 410
        return {"title": "Ten link już nie działa", "form": resend_form(request, back)}
    if first:
        record(request.office, "activation", applicant.userid, applicant.userid, Origin.of(request))
    request.session.flash(ACTIVATED if first else ALREADY_ACTIVE, "success")
    return HTTPSeeOther(sign_in_address(request, back) if back else request.layout.path())


def resend_form(request: Any, back: str) -> str:
    """The form that asks for the letter again, for a page of another kind."""
    view = ResendView(None, request)
    view.back = back
    html: str = view.make_form().render()
    return html


@view_config(context=ActivationRoom, permission=permissions.VIEW, renderer="boi_portal.web:templates/form.pt")
class ResendView(FormView):
    """`/aktywacja`: asking for the letter again. The answer is the same whoever asks for whatever."""

    title = "Wyślij list aktywacyjny jeszcze raz"
    lead = "Podaj login lub adres e-mail z rejestracji. Jeśli konto czeka na aktywację, wyślemy list z nowym linkiem."
    schema = ResendSchema
    buttons = (Button("wyslij", "Wyślij list"),)
    back = ""

    def make_form(self) -> PortalForm:
        self.action = carrying(self.request.layout.path("aktywacja"), self.back or way_back(self.request))
        return super().make_form()

    def success(self, values: Any, button: str) -> Any:
        throttles, network = throttles_of(self.request), network_of(self.request.remote_addr or "")
        waits = (throttles.wait(LETTERS, values["name"]), throttles.wait(LETTERS_ADDRESS, network))
        if max(waits):
            raise Rejected(f"Poproszono o wiele listów. Spróbuj ponownie za {waiting_text(max(waits))}.")
        throttles.failed(LETTERS, values["name"])
        throttles.failed(LETTERS_ADDRESS, network)
        back = way_back(self.request)
        registration.send_again(desk_of(self.request), values["name"], back)
        return HTTPSeeOther(mailbox_address(self.request, back))


def mailbox_address(request: Any, back: str) -> str:
    """The address of the page that says to look into the mailbox."""
    return carrying(request.layout.path("rejestracja", "sprawdz-skrzynke"), back)


# signing in and out


@view_defaults(context=SignInRoom, permission=permissions.VIEW)
@view_config(renderer="templates/signin.pt")
class SignInView(FormView):
    """`/logowanie`: the form; the box on the home page posts here, too."""

    title = "Zaloguj się"
    schema = SignInSchema
    buttons = (Button("zaloguj", "Zaloguj się"),)

    def __call__(self) -> Any:
        if self.request.method != "POST" and self.request.authenticated_userid is not None:
            return HTTPSeeOther(self._back(self.request.GET.get(RETURN_KEY)))
        answer = self.request.POST.get(ANSWER) if self.request.method == "POST" else None
        return self._take_answer(answer) if isinstance(answer, str) else super().__call__()

    def initial(self) -> Any:
        return {RETURN_KEY: safe_path(self.request.GET.get(RETURN_KEY), "")}

    def page(self) -> Mapping[str, Any]:
        back = self.request.params.get(RETURN_KEY)
        safe = safe_path(back if isinstance(back, str) else "", "")
        return {"resend": False, "needed": bool(safe), "here": self.request.path_qs, "carried": carrying("", safe)}

    def success(self, values: Any, button: str) -> Any:
        request = self.request
        name, password = values["login"], values["password"]
        outcome = sign_in(request.root, request.office, throttles_of(request), name, password, Origin.of(request))
        if outcome.refusal is not None:
            return self._refused(outcome.refusal, outcome.wait, values)
        return proving.proceed(request, outcome.userid, self._back(values[RETURN_KEY] or request.GET.get(RETURN_KEY)))

    def _take_answer(self, answer: str) -> Any:
        """In by a passkey alone: it is something one has, and it has asked for a finger, a face or a PIN."""
        userid, passkey = proving.check_passkey(self.request, passkeys.SIGN_IN, None, answer)
        if passkey is None:
            form = self.make_form()
            form.reject(WRONG_PASSKEY)
            return self.failure(form)
        enter(self.request, userid, Assurance.TWO_FACTOR, proving.PASSKEY)
        return HTTPSeeOther(self._back(self.request.GET.get(RETURN_KEY)))

    def _back(self, address: str | None) -> str:
        return safe_path(address, self.request.layout.path())

    def _refused(self, refusal: Refusal, wait: float, values: Mapping[str, Any]) -> dict[str, Any]:
        """The form again. It is not `Rejected`, which would roll back the count of failures."""
        form = self.make_form()
        form.set_appstruct({"login": values["login"], RETURN_KEY: safe_path(values[RETURN_KEY], "")})
        form.reject(self._words(refusal, wait))
        shown = self.failure(form)
        if refusal is Refusal.TOO_MANY:
            slow_down(self.request, wait)
        return {**shown, "resend": refusal is Refusal.PENDING}

    def _words(self, refusal: Refusal, wait: float) -> str:
        if refusal is Refusal.PENDING:
            return PENDING
        if refusal is Refusal.WRONG:
            return WRONG
        phone = self.request.layout.site.phone
        call = f" Możesz też zadzwonić do urzędu: {phone}." if phone else ""
        return (
            f"Za dużo nieudanych prób logowania. Spróbuj ponownie za {waiting_text(wait)}. "
            f"Jeśli nie pamiętasz hasła, ustaw nowe. Jeśli masz klucz dostępu, wejdziesz nim od razu.{call} "
            "Jeśli to nie Ty próbujesz się zalogować, Twoje konto jest bezpieczne: nikt na nie nie wszedł."
        )


@view_config(context=ISite, name="wyloguj", request_method="POST", permission=permissions.VIEW)
def sign_out(context: Any, request: Any) -> Any:
    """`POST /wyloguj`"""
    if request.authenticated_userid is not None:
        record(
            request.office, "sign-out", request.authenticated_userid, request.authenticated_userid, Origin.of(request)
        )
    pages = [begin(request) for begin in request.registry.boi_sign_outs]
    headers = forget(request)
    onward = next((page for page in pages if page is not None), None)
    return onward() if onward is not None else HTTPSeeOther(request.layout.path(), headers=headers)


def add_sign_out(config: Any, begin: Any) -> None:
    """Directive: `begin(request)` is called before a session ends at its owner's wish.

    It returns None, or what makes the answer once the session has ended: where the browser has to go first.
    """
    begin = config.maybe_dotted(begin)

    def register() -> None:
        config.registry.boi_sign_outs.append(begin)

    config.action(("boi sign-out", begin), register)


def sign_in_address(request: Any, back: str) -> str:
    """The sign-in page's address with the way back."""
    return carrying(request.layout.path("logowanie"), back)


def carrying(address: str, back: str) -> str:
    """`address` with the way back, if there is one."""
    return f"{address}?{RETURN_KEY}={quote(back, safe='/@')}" if back else address


def way_back(request: Any) -> str:
    """The own address to go on to that came with this request's address; empty: none, or one too long to keep."""
    back = safe_path(request.GET.get(RETURN_KEY), "")
    return back if len(back) <= LONGEST_BACK else ""


def includeme(config: Any) -> None:
    config.registry.boi_sign_outs = []
    config.add_directive("add_sign_out", add_sign_out)
