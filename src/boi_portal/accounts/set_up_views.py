"""Setting up a second factor, and the recovery codes that come with the first one.

The same pages serve two kinds of people: below `/konto` somebody who is signed in and has proved it lately; below `/logowanie` an employee
who has given the password and must set up a factor before he is let in.
"""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Mapping
from typing import Any

import colander
import deform.widget
from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..publishing.content import now
from ..publishing.schema import one_line
from ..web.assurance import Assurance, require_recent
from ..web.errors import RETURN_KEY, safe_path
from ..web.formfields import FormError
from ..web.forms import Button, FormView
from . import passkeys, proving, totp
from .entry import account_of, confirm, enter
from .factor_views import ANSWER, CodeSchema
from .factors import MOST_PASSKEYS, CodeApplication, Factors, offer_mark
from .notices import login_of
from .passkeys import PasskeyRefused
from .proving import APPLICATION, PASSKEY, Pending
from .rooms import AccountRoom, SignInRoom

SECRET, MARK, NAME = "sekret", "znak", "nazwa"
MAX_NAME = 60
WRONG_FIRST_CODE = (
    "Ten kod się nie zgadza. Sprawdź, czy to kod z dodanego właśnie wpisu, i wpisz ten, który aplikacja pokazuje teraz."
)
NO_ANSWER = "Przeglądarka nie utworzyła klucza. Spróbuj jeszcze raz albo ustaw kod z aplikacji."
KNOWN = "Ten klucz jest już dodany do Twojego konta."
TOO_MANY = f"Masz już {MOST_PASSKEYS} kluczy, więcej się nie zmieści. Usuń któryś, a potem dodaj nowy."
NO_NAME = "Wpisz nazwę klucza, na przykład „telefon”."


@dataclasses.dataclass(frozen=True)
class SettingUp:
    """Who sets up a factor, and where he goes then; `pending` is an employee who is not in yet."""

    userid: Any
    account: Any
    back: str
    pending: Pending | None


def setting_up(context: Any, request: Any) -> SettingUp:
    """Who may set up a factor here.

    :raises HTTPSeeOther: nobody yet: leads to sign-in, or to a fresh proof and back.
    """
    if isinstance(context, SignInRoom):
        pending = proving.pending_of(request)
        if pending is None or not pending.setting_up:
            raise HTTPSeeOther(request.layout.path("logowanie"))
        return SettingUp(pending.userid, pending.account, pending.back, pending)
    require_recent(request)
    userid = request.authenticated_userid
    back = safe_path(request.GET.get(RETURN_KEY), request.layout.path("konto", "bezpieczenstwo"))
    return SettingUp(userid, account_of(request, userid), back, None)


def finish(request: Any, who: SettingUp, how: str, words: str) -> Any:
    """Go on with the new factor: its owner has just proved that he has it. The first one brings recovery codes."""
    proving.changed(request, who.userid, who.account, f"{how}-added", words)
    if who.pending is not None:
        enter(request, who.userid, Assurance.TWO_FACTOR, f"{who.pending.how}+{how}")
    else:
        confirm(request, Assurance.TWO_FACTOR, how)
    factors = proving.own_factors(request, who.userid)
    if factors.recovery is None:
        return show_recovery(request, who.userid, factors, who.back)
    request.session.flash("Zapisaliśmy nowy składnik logowania.", "success")
    return HTTPSeeOther(who.back)


def show_recovery(request: Any, userid: Any, factors: Factors, back: str) -> Any:
    """The page with new recovery codes. It answers the POST itself: the codes are nowhere kept in clear for another request."""
    codes = factors.make_recovery(userid, now())
    values = {"title": "Zapisz kody zapasowe", "codes": codes, "back": back}
    return render_to_response("templates/recovery_codes.pt", values, request)


# an employee at the door


@view_config(
    context=SignInRoom,
    name="ustaw-drugi-skladnik",
    request_method="GET",
    permission=permissions.VIEW,
    renderer="templates/set_up.pt",
)
def set_up(context: SignInRoom, request: Any) -> dict[str, Any]:
    """`/logowanie/ustaw-drugi-skladnik`: the choice of a factor."""
    setting_up(context, request)
    return {"title": "Ustaw drugi składnik logowania"}


# the code application


class ApplicationSchema(CodeSchema):
    """The secret that was offered, its mark, and the first code that was made from it."""

    sekret = colander.SchemaNode(colander.String(), widget=deform.widget.HiddenWidget())
    znak = colander.SchemaNode(colander.String(), widget=deform.widget.HiddenWidget())


@view_config(context=SignInRoom, name="ustaw-aplikacje", permission=permissions.VIEW)
@view_config(context=AccountRoom, name="aplikacja", permission=permissions.VIEW)
@view_defaults(renderer="templates/set_up_application.pt")
class ApplicationView(FormView):
    """`/konto/aplikacja`: a QR code and, against it, the first code.

    The secret that is offered lies in the form, marked as the portal's own, and is kept only when a right code has come back.
    """

    title = "Ustaw kod z aplikacji"
    schema = ApplicationSchema
    buttons = (Button("wlacz", "Włącz kod z aplikacji"),)

    def __call__(self) -> Any:
        self.who = setting_up(self.context, self.request)
        self.secret = self._offered() if self.request.method == "POST" else totp.new_secret()
        return super().__call__()

    def _mark(self, secret: str) -> str:
        return offer_mark(self.request.registry.boi_settings.secret, self.who.userid, secret)

    def _offered(self) -> str:
        """The secret that comes back.

        :raises HTTPBadRequest: it is none that the portal offered to this account.
        """
        secret, mark = self.request.POST.get(SECRET), self.request.POST.get(MARK)
        if not (isinstance(secret, str) and isinstance(mark, str) and totp.is_secret(secret)):
            raise HTTPBadRequest()
        if not hmac.compare_digest(mark.encode(), self._mark(secret).encode()):
            raise HTTPBadRequest()
        return secret

    def initial(self) -> Any:
        return {SECRET: self.secret, MARK: self._mark(self.secret)}

    def page(self) -> Mapping[str, Any]:
        issuer = self.request.layout.site.title or "Portal BOI"
        uri = totp.key_uri(self.secret, login_of(self.who.account), issuer)
        return {"qr_code": totp.qr_code(uri), "secret": totp.spaced(self.secret), "uri": uri}

    def success(self, values: Any, button: str) -> Any:
        step = totp.matching_step(self.secret, values["kod"], now().timestamp())
        if step is None:
            form = self.make_form()
            form.reject(WRONG_FIRST_CODE, "kod")
            return self.failure(form)
        userid = self.who.userid
        sealed = self.request.registry.boi_keyring.seal(self.secret.encode(), str(userid))
        proving.own_factors(self.request, userid).application = CodeApplication(sealed, step, now())
        return finish(self.request, self.who, APPLICATION, "Włączono logowanie kodem z aplikacji.")


# a passkey


@view_config(context=SignInRoom, name="ustaw-klucz", permission=permissions.VIEW)
@view_config(context=AccountRoom, name="nowy-klucz", permission=permissions.VIEW)
@view_defaults(renderer="templates/new_passkey.pt")
class NewPasskeyView:
    """`/konto/nowy-klucz`: a name, and the browser makes the key."""

    def __init__(self, context: Any, request: Any) -> None:
        self.context = context
        self.request = request

    def __call__(self) -> Any:
        self.who = setting_up(self.context, self.request)
        if self.request.method != "POST":
            return self._page("")
        given, answer = self.request.POST.get(NAME), self.request.POST.get(ANSWER)
        name = given.strip() if isinstance(given, str) else ""
        if problem := self._problem_with(name):
            return self._refused(name[:MAX_NAME], problem, NAME)
        if not isinstance(answer, str) or not answer:
            return self._refused(name, NO_ANSWER)
        return self._add(name, answer)

    def _problem_with(self, name: str) -> str:
        """What is wrong with the name, or with adding one more."""
        if not name:
            return NO_NAME
        if len(name) > MAX_NAME:
            return f"Wpisz najwyżej {MAX_NAME} znaków."
        try:
            one_line(None, name)
        except colander.Invalid as error:
            return str(error.msg)
        factors = proving.factors_of(self.request, self.who.userid)
        return TOO_MANY if factors is not None and len(factors.passkeys) >= MOST_PASSKEYS else ""

    def _add(self, name: str, answer: str) -> Any:
        try:
            passkey = passkeys.registered(self.request, self.who.userid, answer, name)
        except PasskeyRefused as refusal:
            proving.note_refusal(self.request, self.who.userid, refusal)
            return self._refused(name, NO_ANSWER)
        factors = proving.own_factors(self.request, self.who.userid)
        if factors.passkey_by(passkey.credential_id) is not None:
            return self._refused(name, KNOWN)
        factors.add_passkey(passkey)
        return finish(self.request, self.who, PASSKEY, f"Dodano klucz dostępu „{name}”.")

    def _refused(self, name: str, problem: str, field: str = "") -> dict[str, Any]:
        self.request.response.status_int = 422
        return {**self._page(name), "errors": [FormError(problem, field)], "error": problem if field else ""}

    def _page(self, name: str) -> dict[str, Any]:
        door = "logowanie" if self.who.pending is not None else "konto"
        return {
            "title": "Dodaj klucz dostępu",
            "name": name,
            "errors": [],
            "error": "",
            "question": self.request.layout.path(door, "pytanie-nowego-klucza"),
            "here": self.request.path_qs,
            "max_name": MAX_NAME,
        }


@view_config(context=SignInRoom, name="pytanie-nowego-klucza", request_method="POST", permission=permissions.VIEW)
@view_config(context=AccountRoom, name="pytanie-nowego-klucza", request_method="POST", permission=permissions.VIEW)
@view_defaults(renderer="json")
class NewPasskeyQuestion:
    """`POST /konto/pytanie-nowego-klucza`: what the browser is to make."""

    def __init__(self, context: Any, request: Any) -> None:
        self.context = context
        self.request = request

    def __call__(self) -> dict[str, Any]:
        who = setting_up(self.context, self.request)
        factors = proving.factors_of(self.request, who.userid)
        options = passkeys.ask_register(self.request, who.userid, login_of(who.account), factors)
        return {"publicKey": options, "csrf_token": self.request.session.get_csrf_token()}
