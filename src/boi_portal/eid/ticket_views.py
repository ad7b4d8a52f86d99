"""What is asked of a proven person before the first session: the password of an account with that PESEL, or what makes a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import colander
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from .. import permissions
from ..accounts import proving
from ..accounts.consents import ClauseMissing, clause_text
from ..accounts.resources import Applicant
from ..accounts.schemas import AddressSchema, ConsentSchema, ContactSchema, LettersSchema, password_node
from ..accounts.throttling import waiting_text
from ..accounts.views import NO_CLAUSE, desk_of
from ..accounts.widgets import ClauseWidget
from ..identity import Person
from ..mail.letters import post
from ..office.audit import Origin, record
from ..profile.news import tell
from ..web.errors import error_page
from ..web.forms import Button, FormView
from ..web.polish import date_text
from . import linking, records
from .gateway import ROOM
from .records import SIGN_IN, Challenge
from .rooms import LinkTicket, RegistrationTicket
from .views import come_in, ticket_of, title_of
from .words import TICKET_OVER

NEW = "nowe"  # the button of who cannot get into the account that says it has the PESEL


class TicketView(FormView):
    """A form that a ticket opens, in the browser that asked."""

    answer: Challenge
    person: Person

    def __call__(self) -> Any:
        found = ticket_of(self.request, self.context.__name__)
        if isinstance(found, Response):
            return found
        self.answer, self.person = found
        if self.answer.purpose != SIGN_IN:
            return error_page(self.request, 410, TICKET_OVER)
        self.who = linking.find(self.request.office, self.request.registry.boi_settings.secret, self.person)
        self.provider_title = title_of(self.request, self.person)
        return self.elsewhere() or super().__call__()

    def elsewhere(self) -> Any:
        """Another address, where this form is not the one to show."""
        raise NotImplementedError

    def to(self, *elements: str) -> HTTPSeeOther:
        """Another address of this room, with the same ticket."""
        return HTTPSeeOther(self.request.layout.path(ROOM, *elements, self.context.__name__))

    def finish(self, applicant: Applicant, message: str) -> HTTPSeeOther:
        """In, and the ticket is used up."""
        records.drop_answer(self.request.office, self.context.__name__)
        record(
            self.request.office, "eid-linked", applicant.userid, applicant.userid, Origin.of(self.request),
            self.person.provider,
        )  # fmt: skip
        come_in(self.request, applicant, self.person)
        self.request.session.flash(message, "success")
        return HTTPSeeOther(self.answer.back)


class LinkSchema(colander.Schema):
    """The account's password."""

    password = password_node("Hasło do konta", new=False)


@view_config(context=LinkTicket, permission=permissions.VIEW, renderer="templates/link.pt")
class LinkView(TicketView):
    """`/saml/polacz/{ticket}`"""

    title = "Połącz konto"
    schema = LinkSchema

    buttons: Sequence[Button] = (Button("polacz", "Połącz i zaloguj się"),)

    @property
    def claimed(self) -> Applicant | None:
        """The account with the person's PESEL."""
        return self.who.claimed

    def elsewhere(self) -> Any:
        if self.who.linked:
            return self.to("powrot")
        if self.claimed is None:
            return self.to("nowe-konto")
        if linking.may_be_passed_over(self.claimed):
            if self.request.method == "POST" and NEW in self.request.POST:
                return self._pass_over(self.claimed)
            self.buttons = (*self.buttons, Button(NEW, "Nie mam dostępu do tego konta", style="secondary"))
        return None

    def _pass_over(self, claimed: Applicant) -> HTTPSeeOther:
        """The number goes to who has proved it; the other account's owner is told."""
        request = self.request
        linking.give_up_claim(desk_of(request), claimed)
        record(request.office, "pesel-given-up", "", claimed.userid, Origin.of(request), self.person.provider)
        post(request.office, "pesel-given-up", claimed.email, {"login": claimed.login})
        return self.to("nowe-konto")

    def page(self) -> Mapping[str, Any]:
        login = self.claimed.login if self.claimed is not None else ""
        return {"provider": self.provider_title, "login": login}

    def success(self, values: Any, button: str) -> Any:
        claimed = self.claimed
        assert claimed is not None  # noqa: S101 - elsewhere() has seen to it
        verdict = proving.check_password(self.request, claimed.userid, claimed, values["password"])
        if not verdict.right:
            record(
                self.request.office, "sign-in-failed", "", claimed.userid, Origin.of(self.request),
                f"eid {self.person.provider}",
            )  # fmt: skip
            wait = f"Za dużo nieudanych prób. Spróbuj ponownie za {waiting_text(verdict.wait)}."
            return self._refused(wait if verdict.wait else "To nie jest hasło do tego konta. Wpisz je jeszcze raz.")
        linking.link(desk_of(self.request), claimed, self.person, self.provider_title)
        tell(self.request, claimed, f"Konto połączono: {self.provider_title}. Można się nim teraz zalogować bez hasła.")
        return self.finish(
            claimed, f"Konto jest połączone: {self.provider_title}. Następnym razem hasło nie będzie potrzebne."
        )

    def _refused(self, message: str) -> Any:
        """Not `Rejected`, which would roll back the count of failures."""
        form = self.make_form()
        form.reject(message, "password")
        return self.failure(form)


@view_config(context=RegistrationTicket, permission=permissions.VIEW, renderer="templates/new_account.pt")
class NewAccountView(TicketView):
    """`/saml/nowe-konto/{ticket}`"""

    title = "Załóż konto"
    buttons = (Button("zaloz", "Załóż konto"),)

    def elsewhere(self) -> Any:
        if self.who.linked:
            return self.to("powrot")
        return self.to("polacz") if self.who.claimed is not None else None

    def __call__(self) -> Any:
        try:
            return super().__call__()
        except ClauseMissing:
            return error_page(self.request, 503, NO_CLAUSE)

    def make_schema(self) -> Any:
        schema = colander.Schema()
        schema.add(AddressSchema(name="residence", title="Adres zamieszkania"))
        schema.add(LettersSchema(name="letters", title="Adres do korespondencji"))
        schema.add(ContactSchema(name="contact", title="Kontakt"))
        clause = ClauseWidget(clause_text(self.request.root))
        schema.add(ConsentSchema(name="consent", title="Zgoda na przetwarzanie danych", widget=clause))
        bound = schema.bind(request=self.request, context=self.context)
        bound["contact"]["email"].description = "Wyślemy na niego list z linkiem, którym potwierdzisz adres."
        return bound

    def page(self) -> Mapping[str, Any]:
        person = self.person
        rows = [
            ("Imię", person.first_name),
            ("Nazwisko", person.last_name),
            ("PESEL", f"•••••••{person.person_id[-4:]}"),
            ("Data urodzenia", date_text(person.birth_date)),
        ]
        return {"provider": self.provider_title, "rows": [(label, value) for label, value in rows if value]}

    def success(self, values: Any, button: str) -> Any:
        request = self.request
        applicant = linking.register(desk_of(request), self.person, self.provider_title, values)
        record(request.office, "registration", applicant.userid, applicant.userid, Origin.of(request), "eid")
        message = f"Konto jest gotowe. Twój login: {applicant.login}. Potwierdź jeszcze adres e-mail linkiem z listu."
        return self.finish(applicant, message)
