"""`/konto/powiadomienia` and `/konto/zgody`: which letters one gets, and what one has agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
import deform.widget
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from .. import permissions
from ..accounts import consents
from ..accounts.consents import ClauseMissing
from ..accounts.notifications import KINDS, wants
from ..accounts.persons import applicant_here
from ..accounts.resources import Applicant
from ..accounts.rooms import AccountRoom
from ..accounts.schemas import ConsentSchema
from ..accounts.widgets import ClauseWidget
from ..office.audit import Origin, record
from ..publishing.content import now
from ..web.errors import RETURN_KEY, ErrorText, error_page, safe_path
from ..web.forms import Button, FormView
from .consent_gate import CONSENT

NO_CLAUSE = ErrorText(
    "Zgody nie można teraz zapisać",
    (
        "Nie możemy pokazać informacji o przetwarzaniu danych, a bez niej nie prosimy o zgodę.",
        "Spróbuj ponownie później.",
    ),
)


# letters


@view_config(
    context=AccountRoom, name="powiadomienia", permission=permissions.ACCOUNT, renderer="templates/notifications.pt"
)
class NotificationsView(FormView):
    """`/konto/powiadomienia`"""

    title = "Powiadomienia"

    @property
    def person(self) -> Applicant:
        """Who is signed in."""
        return applicant_here(self.request)

    def make_schema(self) -> Any:
        node = colander.Schema()
        for name, kind in KINDS.items():
            node.add(
                colander.SchemaNode(
                    colander.Boolean(),
                    name=name,
                    title=kind.title,
                    label=f"{kind.title}: {kind.hint}",
                    widget=deform.widget.CheckboxWidget(),
                    missing=False,
                )
            )
        return node.bind(request=self.request, context=self.context)

    def initial(self) -> Any:
        return {name: wants(self.person, name) for name in KINDS}

    def page(self) -> Mapping[str, Any]:
        return {"email": self.person.email}

    def success(self, values: Any, button: str) -> Any:
        request, person = self.request, self.person
        chosen = {name: bool(values[name]) for name in KINDS}
        if chosen != self.initial():
            person.notifications = chosen
            record(request.office, "notifications-change", person.userid, person.userid, Origin.of(request))
        request.session.flash("Zapisaliśmy, które powiadomienia wysyłać.", "success")
        return HTTPSeeOther(request.layout.path("konto", "powiadomienia"))


# consents


@view_config(
    context=AccountRoom,
    name="zgody",
    request_method="GET",
    permission=permissions.ACCOUNT,
    renderer="templates/consents.pt",
)
def show_consents(context: AccountRoom, request: Any) -> Any:
    """`/konto/zgody`, and below it the text of each consent as it was: `/konto/zgody/{number}`."""
    given = consents.consents_of(request.root, applicant_here(request))
    if not request.subpath:
        changed = consents.has_changed(request.root, applicant_here(request))
        return {"title": "Zgody", "consents": given, "text": None, "changed": changed}
    number = request.subpath[0] if len(request.subpath) == 1 else ""
    if not (number.isascii() and number.isdecimal() and len(number) < 4 and 0 < int(number) <= len(given)):
        raise HTTPNotFound()
    shown = given[len(given) - int(number)]  # numbered as they were given
    return {"title": f"{shown.title}, wersja {shown.version}", "consents": (), "text": shown, "changed": False}


class GivingSchema(colander.Schema):
    """The clause and the box below it."""


@view_config(context=AccountRoom, name=CONSENT, permission=permissions.ACCOUNT, renderer="templates/consent.pt")
class ConsentView(FormView):
    """`/konto/zgoda`: the first consent of an account that the office has made, or the consent to a clause that has changed."""

    buttons = (Button("zapisz", "Zgadzam się"),)

    def __init__(self, context: Any, request: Any) -> None:
        super().__init__(context, request)
        self.person = applicant_here(request)
        self.first = consents.needs_consent(self.person)
        self.title = "Zanim zaczniesz" if self.first else "Nowa treść informacji o przetwarzaniu danych"

    def __call__(self) -> Any:
        if not self.first and not consents.has_changed(self.request.root, self.person):
            return HTTPSeeOther(self.request.layout.path("konto", "zgody"))
        try:
            return super().__call__()
        except ClauseMissing:
            return error_page(self.request, 503, NO_CLAUSE)

    def make_schema(self) -> Any:
        clause = consents.clause_text(self.request.root)
        node = GivingSchema()
        node.add(ConsentSchema(name="consent", title="Zgoda na przetwarzanie danych", widget=ClauseWidget(clause)))
        return node.bind(request=self.request, context=self.context)

    def page(self) -> Mapping[str, Any]:
        return {"first": self.first}

    def success(self, values: Any, button: str) -> Any:
        request, person = self.request, self.person
        person.consents = (*person.consents, consents.consent_given(request.root, now()))
        record(request.office, "consent", person.userid, person.userid, Origin.of(request))
        request.session.flash("Zapisaliśmy Twoją zgodę.", "success")
        back = safe_path(
            request.GET.get(RETURN_KEY), request.layout.path() if self.first else request.layout.path("konto", "zgody")
        )
        return HTTPSeeOther(back)
