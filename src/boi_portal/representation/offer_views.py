"""`/upowaznienie`: answering an offer, by the link of its letter or after signing in or registering on the way."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts.resources import applicant_of
from ..accounts.views import desk_of
from ..web.errors import ErrorText, error_page
from . import granting
from .granting import Refused
from .people_views import write_down
from .records import MEMBER, Representation, Standing
from .rooms import OFFER_KEY, OfferLink, OfferRoom
from .scopes import scope_titles

GONE = ErrorText(
    "To zaproszenie już nie działa",
    (
        "Link jest niepełny, zaproszenie wycofano albo już na nie odpowiedziano.",
        "Jeśli nadal chcesz działać w czyimś imieniu, poproś tę osobę lub firmę o nowe zaproszenie.",
    ),
)
ACCEPT, DECLINE, REGISTER = "przyjmij", "odrzuc", "zaloz-konto"


@view_defaults(permission=permissions.VIEW)
class OfferViews:
    """The offer and its answer. The session remembers which letter led here, through signing in and registering."""

    def __init__(self, context: OfferRoom | OfferLink, request: Any) -> None:
        self.context = context
        self.request = request
        self.offer: Representation | None = context.offer

    @view_config(context=OfferRoom, request_method="GET", renderer="templates/offer.pt")
    @view_config(context=OfferLink, request_method="GET", renderer="templates/offer.pt")
    def show(self) -> Any:
        """What is offered, and what to do."""
        return self._page("") if self.offer is not None else self._gone()

    @view_config(context=OfferRoom, name=REGISTER, request_method="POST")
    @view_config(context=OfferLink, name=REGISTER, request_method="POST")
    def register(self) -> Any:
        """Go to registration and remember the offer."""
        if self.offer is None:
            return self._gone()
        self.request.session[OFFER_KEY] = self.offer.id
        return HTTPSeeOther(self.request.layout.path("rejestracja", "osoba-fizyczna"))

    @view_config(context=OfferRoom, request_method="POST", renderer="templates/offer.pt")
    @view_config(context=OfferLink, request_method="POST", renderer="templates/offer.pt")
    def answer(self) -> Any:
        """Accept or decline."""
        person = applicant_of(self.request.office, self.request.authenticated_userid)
        if self.offer is None:
            return self._gone()
        if person is None or not (ACCEPT in self.request.POST or DECLINE in self.request.POST):
            return HTTPSeeOther(self._here())
        accepted = ACCEPT in self.request.POST
        try:
            (granting.accept if accepted else granting.decline)(desk_of(self.request), self.offer, person)
        except Refused as refusal:
            self.request.response.status_int = 422
            return self._page(str(refusal))
        write_down(self.request, "representation-accept" if accepted else "representation-decline", self.offer)
        self.request.session.pop(OFFER_KEY, None)
        said = (
            "Zaproszenie przyjęte. Wybierz, w czyim imieniu chcesz teraz działać."
            if accepted
            else "Zaproszenie odrzucone."
        )
        self.request.session.flash(said, "success")
        return HTTPSeeOther(self.request.layout.path("konto/dzialam-jako" if accepted else ""))

    def _gone(self) -> Any:
        return error_page(self.request, 410, GONE)

    def _here(self) -> str:
        here: str = self.request.layout.path(self.context)
        return here

    def _page(self, error: str) -> dict[str, Any]:
        request, offer = self.request, self.offer
        assert offer is not None  # noqa: S101 - asked by whoever calls
        person = applicant_of(request.office, request.authenticated_userid)
        waiting = granting.standing_of(desk_of(request), offer) == Standing.WAITING
        unfit = granting.unfit(request.office, offer, person) if person is not None else ""
        return {
            "title": "Zaproszenie do działania w czyimś imieniu",
            "offer": offer,
            "member": offer.kind == MEMBER,
            "principal": applicant_of(request.office, offer.principal),
            "scope": scope_titles(offer.scope, request.root),
            "person": person,
            "waiting": waiting,
            "unfit": unfit,
            "error": error,
            "here": self._here(),
            "sign_in": f"{request.layout.path('logowanie')}?powrot={quote(self._here())}",
            "accept": ACCEPT,
            "decline": DECLINE,
            "register": request.layout.path(self.context, REGISTER),
        }
