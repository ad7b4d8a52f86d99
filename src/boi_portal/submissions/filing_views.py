"""Signing and filing a draft: the page with the steps, the document to sign, taking the signed file."""

from __future__ import annotations

import datetime
import logging
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts.resources import Applicant
from ..representation.acting import Acting, note
from ..signing import SealKeyError
from ..signing.parsing import MAX_BYTES
from ..web.formfields import FormError
from . import document, downloads, filing, levels, pictures, preparing
from .draft_views import CHECK, SIGN, DraftResource, DraftSeen, DraftsRoom, FillingViews
from .filing import FilingRefused
from .means import means_of
from .preparing import Filling, Incomplete, Prepared
from .records import XML

logger = logging.getLogger(__name__)

FILE_FIELD = "podpisany"
NO_FILE = "Wybierz podpisany plik, który zapisała Twoja aplikacja do podpisu."
NO_SEAL = (
    "Nie możemy teraz wystawić poświadczenia, dlatego nie przyjęliśmy pisma. Nic nie przepadło: podpisany plik będzie można wysłać "
    "później. Jeśli to się powtarza, zadzwoń do urzędu."
)


class FiledDraft(DraftSeen):
    """A draft that was filed: its old addresses lead to the case."""


class FilingRoom(DraftsRoom):
    """`/robocze`, which also knows what became of the drafts that were filed."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        return FiledDraft(found.record, self, name) if filing.number_of(found.record) else found


@view_config(context=FiledDraft, permission=permissions.OWN)
@view_config(context=FiledDraft, name=CHECK, permission=permissions.OWN)
@view_config(context=FiledDraft, name="strona", permission=permissions.OWN)
@view_config(context=FiledDraft, name=SIGN, permission=permissions.OWN)
def already_filed(context: FiledDraft, request: Any) -> Any:
    """Whoever sends the same draft again is led to the one case."""
    if request.method == "POST":  # reading writes nothing
        request.session.flash("To pismo jest już wysłane. Oto jego sprawa.", "info")
    return HTTPSeeOther(request.layout.path("sprawy", filing.number_of(context.record)))


@view_config(
    context=DraftResource, name=CHECK, request_method="POST", request_param="_podpis", permission=permissions.FILE,
    renderer="templates/draft_check.pt",
)  # fmt: skip
def go_to_sign(context: DraftResource, request: Any) -> Any:
    """From checking to signing: the document is made here, because the page of signing only reads."""
    answer = FillingViews(context, request).checked()
    if isinstance(answer, HTTPSeeOther):
        SigningViews(context, request).make()
    return answer


@view_defaults(context=DraftResource, permission=permissions.FILE)
class SigningViews:
    """`/robocze/{id}/podpis` and the document that is signed there."""

    def __init__(self, context: DraftResource, request: Any) -> None:
        self.context = context
        self.request = request
        self.draft = context.record
        self.acting: Acting = request.acting
        self.applicant: Applicant = self.acting.applicant
        levels.require(request, self.draft, self._path(SIGN))

    @view_config(name=SIGN, request_method="GET", renderer="templates/sign.pt")
    def show(self) -> Any:
        """The steps."""
        try:
            filling = self._filling()
        except Incomplete:
            return self._back_to_check()
        return self._page(filling.prepared)

    @view_config(name=SIGN, request_method="POST", request_param="przygotuj")
    def make(self) -> Any:
        """Make the document for signing."""
        try:
            preparing.prepare(self._filling(), self.request.root, _now())
        except Incomplete:
            return self._back_to_check()
        return HTTPSeeOther(self._path(SIGN))

    @view_config(name=SIGN, request_method="POST", renderer="templates/sign.pt")
    def send(self) -> Any:
        """File the signed document, or say why it is not accepted."""
        signed = downloads.uploaded(self.request, FILE_FIELD, MAX_BYTES)
        if not signed:
            return self._refused(NO_FILE)
        try:
            submission = filing.file(means_of(self.request), self.draft, self.applicant, signed, _now(), self.acting)
        except FilingRefused as refusal:
            logger.info("filing refused", extra={"draft": self.draft.id, "code": refusal.code})
            return self._refused(refusal.message)
        except SealKeyError:
            logger.exception("filing impossible: no usable seal")
            return self._refused(NO_SEAL, 503)
        logger.info("filed", extra={"number": submission.number})
        note(self.request, "filing", submission.number)
        self.request.session.flash(
            f"Przyjęliśmy pismo. Numer sprawy: {submission.number}. Pobierz poświadczenie (UPP) i zachowaj je.",
            "success",
        )
        return HTTPSeeOther(self.request.layout.path("sprawy", submission.number))

    @view_config(name="dokument.xml", request_method="GET")
    def download(self) -> Response:
        """The document to sign, the very bytes that were made."""
        return downloads.attachment(self._prepared().data, f"pismo-{self.draft.id[:8]}.xml", XML)

    @view_config(name="dokument.pdf", request_method="GET")
    def picture(self) -> Response:
        """Its picture."""
        made = pictures.document_pdf(self._prepared().data, "", self.request)
        return downloads.attachment(made, f"pismo-{self.draft.id[:8]}.pdf", "application/pdf")

    @view_config(name="dokument", request_method="GET", renderer="templates/preview.pt")
    def preview(self) -> dict[str, Any]:
        """What will be signed, for reading."""
        return {
            "title": "Podgląd pisma",
            "letter": document.read(self._prepared().data),
            "path": self._path,
            "number": "",
        }

    def _filling(self) -> Filling:
        return preparing.filling_of(self.draft, self.applicant, self.request.root, self.acting)

    def _prepared(self) -> Prepared:
        try:
            prepared = self._filling().prepared
        except Incomplete:
            raise HTTPNotFound() from None
        if prepared is None:
            raise HTTPNotFound()
        return prepared

    def _page(self, prepared: Prepared | None, error: str = "") -> dict[str, Any]:
        settings = self.request.registry.boi_settings
        return {
            "title": "Podpisz i wyślij",
            "form_title": self.draft.title,
            "acting": self.acting,
            "prepared": prepared,
            "changed": prepared is None and self.draft.prepared is not None,
            "path": self._path,
            "field": FILE_FIELD,
            "error": error,
            "errors": [FormError(error, FILE_FIELD)] if error else [],
            "sandbox": f"{settings.sandbox_url}/podpis" if settings.sandbox and settings.sandbox_url else "",
        }

    def _refused(self, message: str, status: int = 422) -> dict[str, Any]:
        self.request.response.status_int = status
        try:
            return self._page(self._filling().prepared, message)
        except Incomplete:
            return self._page(None, message)

    def _back_to_check(self) -> Any:
        self.request.session.flash(filing.INCOMPLETE[1], "warning")
        return HTTPSeeOther(self._path(CHECK))

    def _path(self, *elements: str) -> str:
        address: str = self.request.layout.path(self.context, *elements)
        return address


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def includeme(config: Any) -> None:
    config.include(".draft_views")  # from here, so that its room gives way to the one below
    config.add_room("robocze", FilingRoom)
