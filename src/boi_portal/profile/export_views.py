"""`/konto/moje-dane`: asking for a copy of one's own data, and fetching it."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts.notices import base_of
from ..accounts.persons import applicant_here
from ..accounts.rooms import AccountRoom
from ..accounts.throttling import throttles_of
from ..office.audit import Origin, record
from ..publishing.content import now
from ..web.assurance import require_recent
from ..web.downloads import stored_attachment
from . import export
from .export import ExportRefused

ASKED = "Przygotowujemy kopię Twoich danych. Gdy będzie gotowa, wyślemy list na Twój adres e-mail."
ASKED_WITHOUT_LETTER = "Przygotowujemy kopię Twoich danych. Zajrzyj tu za kilka minut."


@view_defaults(context=AccountRoom, name="moje-dane", permission=permissions.ACCOUNT)
class MyDataView:
    """The page and its two buttons. Whatever is asked for is looked up under whoever is signed in."""

    def __init__(self, context: Any, request: Any) -> None:
        self.context = context
        self.request = request
        self.person = applicant_here(request)
        self.export = export.export_of(request.office, self.person.userid)

    @view_config(request_method="GET", renderer="templates/my_data.pt")
    def show(self) -> dict[str, Any]:
        """`/konto/moje-dane`"""
        found, at = self.export, now()
        return {
            "title": "Moje dane",
            "waiting": found if found is not None and found.is_waiting(at) else None,
            "ready": found if found is not None and found.is_ready(at) else None,
            "days": export.KEPT_DAYS,
            "per_day": export.PER_DAY.free,
            "email": self.person.email,
        }

    @view_config(request_method="POST", request_param="przygotuj")
    def ask(self) -> Any:
        """Leave it to the worker to make a copy."""
        request, person = self.request, self.person
        require_recent(request)
        try:
            export.ask(request.office, person, throttles_of(request), base_of(request), now())
        except ExportRefused as refusal:
            request.session.flash(str(refusal), "warning")
        else:
            record(request.office, "export-asked", person.userid, person.userid, Origin.of(request))
            request.session.flash(ASKED if person.email else ASKED_WITHOUT_LETTER, "success")
        return HTTPSeeOther(request.layout.path("konto", "moje-dane"))

    @view_config(request_method="POST", request_param="pobierz")
    def fetch(self) -> Any:
        """The copy. It is a POST because it leaves a line in the audit trail.

        :raises HTTPNotFound: there is none.
        """
        request, person = self.request, self.person
        require_recent(request)
        if self.export is None or not self.export.is_ready(now()):
            raise HTTPNotFound()
        record(request.office, "export-fetched", person.userid, person.userid, Origin.of(request))
        return stored_attachment(self.export)
