"""For whom one acts: the line at the top of every page, and the page of the choice."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..web.errors import RETURN_KEY, safe_path
from ..web.formfields import posted_text
from .acting import Acting, NotYours, choices_of, choose
from .records import representation_by
from .rooms import OFFER_KEY, ChoiceRoom

FIELD = "jako"
OWN = "ja"
# rooms with what belongs to one account: after a change their addresses lead nowhere, but the rooms themselves do
PRIVATE = ("robocze", "sprawy", "konto")


def banner(request: Any) -> str | None:
    """„Działasz jako…”, with a switch where there is a choice; nothing for who only ever acts for himself."""
    acting: Acting | None = request.acting
    if acting is None:
        return None
    choices = choices_of(request)
    offer = representation_by(request.office, request.session.get(OFFER_KEY))
    waiting = offer is not None and bool(offer.token_sha256)
    if not (choices or acting.for_other or acting.lost or waiting):
        return None
    values = {
        "acting": acting,
        "choices": choices,
        "waiting": waiting,
        "own": OWN,
        "field": FIELD,
        "here": request.path if request.method in ("GET", "HEAD") else "",
        "return_key": RETURN_KEY,
    }
    markup: str = render("boi_portal.representation:templates/banner.pt", values, request=request)
    return markup


@view_defaults(context=ChoiceRoom, permission=permissions.ACCOUNT, renderer="templates/choice.pt")
class ChoiceViews:
    """`/konto/dzialam-jako`"""

    def __init__(self, context: ChoiceRoom, request: Any) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> dict[str, Any]:
        """For whom one may act, and for whom one does."""
        return {
            "title": self.context.title,
            "acting": self.request.acting,
            "choices": choices_of(self.request),
            "own": OWN,
            "field": FIELD,
            "error": "",
            "errors": [],
        }

    @view_config(request_method="POST")
    def take(self) -> Any:
        """Act for somebody else, or for oneself again."""
        chosen = posted_text(self.request, FIELD)
        try:
            acting = choose(self.request, "" if chosen == OWN else chosen or "?")
        except NotYours:
            self.request.session.flash("Nie możesz działać w tym imieniu. Wybierz z listy.", "warning")
            return HTTPSeeOther(self.request.layout.path(self.context))
        name = acting.applicant.display_name
        said = f"Działasz teraz jako: {name}." if acting.for_other else "Działasz teraz we własnym imieniu."
        self.request.session.flash(said, "success")
        return HTTPSeeOther(self._back())

    def _back(self) -> str:
        """The page where the switch was; of private records, the room."""
        home: str = self.request.layout.path()
        back = safe_path(posted_text(self.request, RETURN_KEY), home)
        below = urlsplit(back).path.removeprefix(self.request.script_name).strip("/")
        room = below.partition("/")[0]
        if room in PRIVATE and room != "konto":
            return str(self.request.layout.path(room))
        return home if room in (*PRIVATE, "logowanie") else back


def includeme(config: Any) -> None:
    config.add_banner(banner)
