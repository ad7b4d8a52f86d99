"""`/konto/login`, `/konto/e-mail`, `/konto/haslo`: what one signs in with, and the links of letters about the e-mail address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts import logins, passwords
from ..accounts.persons import applicant_here
from ..accounts.resources import Applicant
from ..accounts.rooms import AccountRoom
from ..accounts.schemas import PasswordSchema, email_node, login_node, password_node
from ..accounts.signin import change_password
from ..accounts.throttling import MAILBOX, Limit, throttles_of
from ..accounts.views import LOGIN_TAKEN, desk_of
from ..office.audit import Origin, record
from ..publishing.content import now
from ..web.forms import Button, Rejected
from ..web.polish import datetime_text
from . import email_change
from .email_change import EmailChangeFailed
from .news import tell
from .proving import ProvenForm
from .rooms import EmailLink

FORM = "boi_portal.accounts:templates/settings_form.pt"
EMAIL_CHANGES = Limit("email-changes", 5)  # asked for by one account in a day


# the login


class LoginSchema(colander.Schema):
    """Another login."""

    login = login_node()


@view_config(context=AccountRoom, name="login", permission=permissions.ACCOUNT, renderer=FORM)
class LoginView(ProvenForm):
    """`/konto/login`"""

    title = "Zmień login"
    schema = LoginSchema
    buttons = (Button("zmien", "Zmień login"),)

    @property
    def person(self) -> Applicant:
        return applicant_here(self.request)

    def initial(self) -> Any:
        return {"login": self.person.login}

    def proven(self, values: Any) -> Any:
        request, person = self.request, self.person
        login = logins.folded(values["login"])
        if login == person.login:
            raise Rejected("To jest Twój obecny login. Wpisz inny.", "login")
        if login in request.office.logins or logins.staff_by(request.root, login) is not None:
            raise Rejected(LOGIN_TAKEN, "login")
        logins.claim(request.office, person.userid, [login])
        logins.release(request.office, person.userid, [person.login])
        person.login = login
        record(request.office, "login-change", person.userid, person.userid, Origin.of(request))
        tell(request, person, "Zmieniono login.")
        request.session.flash(f"Zapisaliśmy nowy login. Od teraz logujesz się jako „{login}”.", "success")
        return HTTPSeeOther(request.layout.path("konto"))


# the e-mail address


class EmailSchema(colander.Schema):
    """Another e-mail address."""

    email = email_node()


@view_defaults(context=AccountRoom, permission=permissions.ACCOUNT)
@view_config(name="e-mail", renderer="templates/email.pt")
class EmailView(ProvenForm):
    """`/konto/e-mail`: asking for a change. The answer is the same whoever has the new address."""

    title = "Zmień adres e-mail"
    schema = EmailSchema
    buttons = (Button("zmien", "Zmień adres e-mail"),)

    @property
    def person(self) -> Applicant:
        return applicant_here(self.request)

    def make_schema(self) -> Any:
        node = super().make_schema()
        node["email"].title = "Nowy adres e-mail"
        node["email"].description = "Wyślemy na niego list z linkiem, którym potwierdzisz, że jest Twój."
        return node

    def page(self) -> Mapping[str, Any]:
        return {"email": self.person.email, "waiting": email_change.waiting(self.person, now())}

    def proven(self, values: Any) -> Any:
        request, person, email = self.request, self.person, values["email"]
        if logins.folded(email) == logins.folded(person.email):
            raise Rejected("To jest Twój obecny adres e-mail. Wpisz inny.", "email")
        if change := email_change.undoable(person, now()):
            raise Rejected(f"Adres zmieniono niedawno. Następny raz zmienisz go po {datetime_text(change.expires)}.")
        throttles = throttles_of(request)
        if not throttles.spend(EMAIL_CHANGES, person.userid):
            raise Rejected("Dziś adres zmieniano już wiele razy. Spróbuj ponownie jutro.")
        email_change.ask(desk_of(request), person, email, letter_to_new=throttles.spend(MAILBOX, email))
        record(request.office, "email-change-asked", person.userid, person.userid, Origin.of(request))
        request.session.flash(
            f"Adres zmieni się, gdy otworzysz link z listu, który wysłaliśmy na {email}. "
            f"O zmianie napisaliśmy też na {person.email}.",
            "info",
        )
        return HTTPSeeOther(request.layout.path("konto", "e-mail"))


@view_config(context=AccountRoom, name="anuluj-zmiane-e-mail", request_method="POST", permission=permissions.ACCOUNT)
def drop_email_change(context: AccountRoom, request: Any) -> Any:
    """`POST /konto/anuluj-zmiane-e-mail`: the person has thought better of it."""
    person = applicant_here(request)
    if email_change.waiting(person, now()) is not None:
        email_change.drop(request.office, person)
        record(request.office, "email-change-cancelled", person.userid, person.userid, Origin.of(request))
        request.session.flash("Adres e-mail pozostał bez zmian. Link z listu już nie działa.", "success")
    return HTTPSeeOther(request.layout.path("konto", "e-mail"))


@view_defaults(context=EmailLink, permission=permissions.VIEW, renderer="templates/email_link.pt")
class EmailLinkViews:
    """`/zmiana-e-mail/{token}`: a page that says what the link does, and the button that does it.

    The link of activation works by itself; this one does not, because what it changes is an account that is in use.
    """

    def __init__(self, context: EmailLink, request: Any) -> None:
        self.context = context
        self.request = request
        self.desk = desk_of(request)

    @view_config(request_method="GET")
    def show(self) -> Any:
        """What the link does."""
        try:
            _, change, stops = email_change.change_of(self.desk, self.context.__name__)
        except EmailChangeFailed:
            return self._failed()
        title = "Zatrzymaj zmianę adresu e-mail" if stops else "Potwierdź nowy adres e-mail"
        return {"title": title, "change": change, "stops": stops}

    @view_config(request_method="POST")
    def act(self) -> Any:
        """Do it."""
        try:
            stops = email_change.change_of(self.desk, self.context.__name__)[2]
            return self._stop() if stops else self._confirm()
        except EmailChangeFailed:
            return self._failed()

    def _confirm(self) -> Any:
        request = self.request
        person = email_change.confirm(self.desk, self.context.__name__)
        record(request.office, "email-change", person.userid, person.userid, Origin.of(request))
        for address in (person.email, person.email_change.former):
            tell(request, person, "Zmieniono adres e-mail konta.", to=address)
        request.session.flash(f"Zapisaliśmy nowy adres e-mail: {person.email}.", "success")
        return HTTPSeeOther(request.layout.path("konto" if request.authenticated_userid == person.userid else ""))

    def _stop(self) -> Any:
        request = self.request
        person = email_change.cancel(self.desk, self.context.__name__)
        record(request.office, "email-change-cancelled", "", person.userid, Origin.of(request), "link")
        request.session.flash(
            f"Adres e-mail Twojego konta to nadal {person.email}. Wylogowaliśmy konto wszędzie.", "success"
        )
        request.session.flash(
            "Ustaw teraz nowe hasło. Kto poprosił o zmianę adresu, był na Twoim koncie, więc może znać hasło.",
            "warning",
        )
        return HTTPSeeOther(request.layout.path("haslo"))

    def _failed(self) -> dict[str, Any]:
        self.request.response.status_int = 410
        return {"title": "Ten link już nie działa", "change": None, "stops": False}


# the password


class FirstPasswordSchema(colander.Schema):
    """A password for an account that has none."""

    new = password_node("Nowe hasło")


@view_config(context=AccountRoom, name="haslo", permission=permissions.VIEW, renderer=FORM)
class PasswordView(ProvenForm):
    """`/konto/haslo`: a new password; the old one is asked for."""

    title = "Zmień hasło"
    buttons = (Button("zmien", "Zmień hasło"),)
    password = "old"  # noqa: S105 - the name of a field

    def __call__(self) -> Any:
        if not self.has_password and not isinstance(self.person, Applicant):
            lead = "To konto nie ma hasła w portalu. Logujesz się przez konto urzędu i tam zmienisz hasło."
            return {"title": "Hasło", "lead": lead, "form": ""}
        return super().__call__()

    def make_schema(self) -> Any:
        schema = PasswordSchema if self.has_password else FirstPasswordSchema
        return schema().bind(request=self.request, context=self.context)

    def proven(self, values: Any) -> Any:
        request, person, userid = self.request, self.person, self.request.authenticated_userid
        if values["new"] == values.get("old"):
            raise Rejected("Nowe hasło jest takie samo jak obecne. Wymyśl inne.", "new")
        if problem := passwords.problem_with(values["new"], person.own_data()):
            raise Rejected(problem, "new")
        change_password(request, userid, person, values["new"])
        record(request.office, "password-change", userid, userid, Origin.of(request))
        request.session.flash("Hasło zostało zmienione. Na innych urządzeniach wylogowaliśmy Cię.", "success")
        return HTTPSeeOther(request.layout.path("konto"))
