"""`/konto/pelnomocnictwa`: mandates given and held: giving one, its document, ending it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts.resources import applicant_of
from ..accounts.views import desk_of
from ..web.downloads import stored_attachment
from ..web.filefields import UploadWidget
from ..web.forms import Button, FormView, Rejected
from ..web.polish import file_size, today
from ..web.uploads import FROM_CITIZENS, UploadRefused, clean_name, media_type_of
from . import granting
from .acting import Acting
from .granting import OPEN, Refused
from .people_views import check_rights, count_letter, end, row_of, send_again, write_down
from .records import (
    MANDATE,
    MandateDocument,
    Representation,
    Scope,
    Standing,
    Terms,
    given_by,
    held_by,
    rights_of,
)
from .rooms import MandateResource, MandatesRoom
from .schemas import CHOSEN, EVERYTHING, mandate_schema
from .scopes import offered_categories, offered_forms, scope_titles

MEGABYTE = 1_000_000
HOME = "konto/pelnomocnictwa"


def may_give(acting: Acting | None) -> bool:
    """Whether mandates may be given for the account: by its owner, and of a firm by who manages its people."""
    return acting is not None and acting.may(permissions.MANAGE_RIGHT)


@view_config(
    context=MandatesRoom, request_method="GET", permission=permissions.ACCOUNT, renderer="templates/mandates.pt"
)
def list_mandates(context: MandatesRoom, request: Any) -> dict[str, Any]:
    """`/konto/pelnomocnictwa`"""
    acting: Acting = request.acting
    given = given_by(request.office, acting.applicant.userid) if may_give(acting) else []
    held = held_by(request.office, acting.person.userid)
    return {
        "title": context.title,
        "acting": acting,
        "gives": may_give(acting),
        "given": [row_of(request, one) for one in given if one.kind == MANDATE],
        "held": [{**row_of(request, one), "principal": applicant_of(request.office, one.principal)} for one in held],
    }


@view_config(context=MandatesRoom, name="udziel", permission=permissions.ACCOUNT, renderer="templates/give.pt")
class GiveView(FormView):
    """`/konto/pelnomocnictwa/udziel`"""

    title = "Udziel pełnomocnictwa"
    buttons = (Button("udziel", "Zapisz i wyślij zaproszenie"),)

    def __call__(self) -> Any:
        if not may_give(self.request.acting):
            raise HTTPForbidden()
        return super().__call__()

    @property
    def _max_mb(self) -> int:
        largest: int = self.request.registry.boi_settings.upload_max_mb
        return largest

    def make_schema(self) -> colander.SchemaNode:
        site = self.request.root
        node = mandate_schema(offered_categories(site), offered_forms(site), self._max_mb)
        return node.bind(request=self.request, context=self.context)

    def initial(self) -> Any:
        return {"level": permissions.FILL_RIGHT, "extent": EVERYTHING, "valid_from": today().isoformat()}

    def success(self, values: Mapping[str, Any], button: str) -> Any:
        request = self.request
        terms = _terms(values, self._document(values["document"]))
        check_rights(request, terms.rights)
        count_letter(request, request.applicant, terms.invited)
        try:
            made = granting.offer(desk_of(request), request.applicant, terms)
        except Refused as refusal:
            raise Rejected(str(refusal)) from None
        write_down(request, "representation-offer", made)
        request.session.flash(
            f"Zapisaliśmy pełnomocnictwo. Jeśli „{made.invited}” to prawidłowy login albo adres e-mail, "
            "wysłaliśmy zaproszenie; jest ważne 7 dni.",
            "success",
        )
        return HTTPSeeOther(request.layout.path(HOME))

    def _document(self, given: Mapping[str, Any]) -> MandateDocument:
        name, stream, limit = clean_name(str(given.get("filename") or "")), given["fp"], self._max_mb * MEGABYTE
        stream.seek(0)
        data = stream.read(limit + 1)
        if len(data) > limit:
            raise Rejected(f"Plik „{name}” jest za duży. Dołącz plik do {file_size(limit)}.", "document")
        try:
            media_type = media_type_of(name, data, FROM_CITIZENS)
        except UploadRefused as refusal:
            raise Rejected(str(refusal), "document") from None
        return MandateDocument(name, media_type, data, desk_of(self.request).at)

    def failure(self, form: Any) -> dict[str, Any]:
        """What was typed is kept; a file is not, and so the page says to choose it again."""
        field = form["document"]
        if not field.error and isinstance(field.widget, UploadWidget):
            field.error = colander.Invalid(
                field.schema, "Wybierz plik jeszcze raz: po poprawkach trzeba go wskazać ponownie."
            )
        return super().failure(form)


def _terms(values: Mapping[str, Any], document: MandateDocument) -> Terms:
    scope = None
    if values["extent"] == CHOSEN:
        scope = Scope(tuple(sorted(values["categories"])), tuple(sorted(values["forms"])))
    return Terms(
        kind=MANDATE,
        invited=values["invited"],
        rights=rights_of(values["level"]),
        scope=scope,
        valid_from=datetime.date.fromisoformat(values["valid_from"]),
        valid_until=datetime.date.fromisoformat(values["valid_until"]),
        document=document,
    )


@view_defaults(context=MandateResource, permission=permissions.VIEW)
class MandateViews:
    """`/konto/pelnomocnictwa/{id}`"""

    def __init__(self, context: MandateResource, request: Any) -> None:
        self.context = context
        self.request = request
        self.mandate: Representation = context.record

    @view_config(request_method="GET", renderer="templates/mandate.pt")
    def show(self) -> dict[str, Any]:
        """All that is known of it."""
        row = row_of(self.request, self.mandate)
        gives = bool(self.request.has_permission(permissions.PEOPLE, self.context))
        return {
            "title": "Pełnomocnictwo" if self.mandate.kind == MANDATE else "Działanie w imieniu firmy",
            **row,
            "principal": applicant_of(self.request.office, self.mandate.principal),
            "scope": scope_titles(self.mandate.scope, self.request.root),
            "open": row["standing"] in OPEN,
            "waiting": row["standing"] in (Standing.WAITING, Standing.UNANSWERED),
            "gives": gives,
            "holds": bool(self.request.has_permission(permissions.HELD, self.context)),
            "path": lambda *below: self.request.layout.path(self.context, *below),
        }

    @view_config(name="dokument", request_method="GET")
    def document(self) -> Response:
        """The mandate's document."""
        if self.mandate.document is None or self.request.subpath:
            raise HTTPNotFound()
        return stored_attachment(self.mandate.document)

    @view_config(name="odwolaj", request_method="GET", permission=permissions.PEOPLE, renderer="templates/end.pt")
    def ask_revoke(self) -> dict[str, Any]:
        """Ask before revoking."""
        return {
            "title": "Odwołać pełnomocnictwo?",
            "text": "Pełnomocnik od razu przestanie działać w Twoim imieniu w portalu. To, co już wysłał, zostanie bez zmian.",
            "button": "Odwołaj pełnomocnictwo",
            "back": self.request.layout.path(self.context),
        }

    @view_config(name="odwolaj", request_method="POST", permission=permissions.PEOPLE)
    def revoke(self) -> Any:
        """Revoke it, or take the offer back."""
        return end(self.request, self.mandate, HOME, "Odwołaliśmy pełnomocnictwo.")

    @view_config(name="zrezygnuj", request_method="GET", permission=permissions.HELD, renderer="templates/end.pt")
    def ask_resign(self) -> dict[str, Any]:
        """Ask before giving it up."""
        return {
            "title": "Zrezygnować z upoważnienia?",
            "text": "Od razu przestaniesz móc działać w tym imieniu. Zawiadomimy o tym osobę albo firmę, która Cię upoważniła.",
            "button": "Zrezygnuj",
            "back": self.request.layout.path(self.context),
        }

    @view_config(name="zrezygnuj", request_method="POST", permission=permissions.HELD)
    def resign(self) -> Any:
        """Give it up."""
        return end(self.request, self.mandate, HOME, "Nie działasz już w tym imieniu.")

    @view_config(name="wyslij-ponownie", request_method="POST", permission=permissions.PEOPLE)
    def again(self) -> Any:
        """The letter again, with a new link."""
        return send_again(self.request, self.mandate, HOME)
