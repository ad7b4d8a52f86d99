"""Filling in: my drafts, one page of questions at a time, checking one's answers, deleting.

Every POST keeps what was typed, whatever is wrong with it: an answer is never lost because another one is missing.
Signing
and filing come after and are not here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import FileIter, Response
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts.resources import Applicant, successor_of
from ..eforms.answers import PageReview, Review
from ..eforms.definition import Definition, Page
from ..eforms.forms import PageForm, PageState
from ..interfaces import IEForm
from ..publishing import richtext
from ..publishing.versions import VersionNotFound
from ..representation.acting import Acting, note
from ..web.assurance import require_level
from ..web.errors import ErrorText
from ..web.formfields import ROWS_CONTROL, FormError
from ..web.polish import today
from ..web.traversal import PrivateResource, Room
from . import drafts, levels
from .drafts import Draft, DraftError, Entry

DRAFT_ID = re.compile(r"[0-9a-f]{32}\Z")
CHECK, SIGN = "sprawdz", "podpis"
MEGABYTE = 1_000_000
NOT_YOURS_TO_FILL = "Osoba albo firma, w której imieniu działasz, nie dała Ci prawa do wypełniania tego formularza."
NO_RIGHT = ErrorText(
    "Nie możesz tego zrobić w tym imieniu",
    (
        "Osoba albo firma, w której imieniu działasz, nie dała Ci do tego prawa.",
        "Poproś o zmianę roli albo pełnomocnictwa.",
    ),
)


class DraftsRoom(Room):
    """`/robocze`: the drafts of the account that the signed-in person acts for."""

    title = "Wersje robocze"

    def __getitem__(self, name: str) -> DraftResource:
        draft = self.request.office.drafts.get(name) if DRAFT_ID.match(name) else None
        acting: Acting | None = self.request.acting
        if draft is None or acting is None or draft.owner != acting.applicant.userid:
            raise KeyError(name)  # somebody else's is no more there than one that never was
        return DraftResource(draft, self, name)


class DraftSeen(PrivateResource):
    """A draft at an address: its owner's, and theirs who act for the owner."""

    record: Draft
    forbidden_text = NO_RIGHT

    def __acl__(self) -> list[Any]:
        acting: Acting | None = self.__parent__.request.acting
        if acting is None:
            return permissions.nobodys_acl()
        return acting.record_acl(self.record.owner, self.record.form_uid)


class DraftResource(DraftSeen):
    """`/robocze/{id}`: one draft."""

    @property
    def title(self) -> str:
        return self.record.title


@view_config(context=IEForm, name="wypelnij", request_method="POST", permission=permissions.VIEW)
def start_filling(context: Any, request: Any) -> Any:
    """Make a draft and go to its first page; a visitor is led to sign-in and back to the form."""
    form_page = request.layout.path(context)
    acting: Acting | None = request.acting
    if acting is None and request.authenticated_userid is None:
        return HTTPSeeOther(f"{request.layout.path('logowanie')}?powrot={quote(form_page)}")
    if acting is None:
        request.session.flash("Formularze wypełnia się na koncie interesanta, nie na koncie pracownika.", "warning")
        return HTTPSeeOther(form_page)
    if context.state != "published" or not context.version:
        raise HTTPNotFound()
    if not (acting.may(permissions.FILL_RIGHT) and acting.covers(context.uid)):
        request.session.flash(NOT_YOURS_TO_FILL, "warning")
        return HTTPSeeOther(form_page)
    require_level(request, context.assurance, form_page)
    version = request.root.versions.get(context.uid, context.version)
    try:
        draft = drafts.start(request.office, acting.applicant, context.uid, version, acting.data())
    except DraftError as error:
        request.session.flash(str(error), "warning")
        return HTTPSeeOther(request.layout.path("robocze"))
    drafts.filled_in_by(draft, acting.person.userid)
    note(request, "draft-start", draft.id)
    return HTTPSeeOther(request.layout.path("robocze", draft.id))


@view_config(context=IEForm, name="wypelnij", request_method="GET", permission=permissions.VIEW)
def form_instead(context: Any, request: Any) -> Any:
    """Whoever comes back from sign-in by this address begins at the form's page."""
    return HTTPSeeOther(request.layout.path(context))


@view_config(context=DraftsRoom, request_method="GET", permission=permissions.ACCOUNT, renderer="templates/drafts.pt")
def list_drafts(context: DraftsRoom, request: Any) -> dict[str, Any]:
    """`/robocze`"""
    acting: Acting = request.acting
    found = [draft for draft in drafts.drafts_of(request.office, acting.applicant) if acting.covers(draft.form_uid)]
    return {
        "title": context.title,
        "drafts": found,
        "by": {draft.id: last_filler(request, draft) for draft in found},
        "acting": acting,
        "may_fill": acting.may(permissions.FILL_RIGHT),
    }


def last_filler(request: Any, draft: Draft) -> str:
    """The name of who filled a draft in last, where that was not its owner; else empty."""
    last = draft.filled_by[-1] if draft.filled_by else draft.owner
    person = successor_of(request.office, last) if last != draft.owner else None
    return person.name if person is not None else ""


@view_defaults(context=DraftResource, permission=permissions.FILL)
class FillingViews:
    """The way through a draft. Who may only see it reads the answers on the page of checking."""

    def __init__(self, context: DraftResource, request: Any) -> None:
        self.context = context
        self.request = request
        self.draft = context.record
        self.settings = request.registry.boi_settings
        try:
            self.definition: Definition = drafts.definition_of(self.draft, request.root)
        except VersionNotFound:
            raise HTTPNotFound() from None
        # deleting needs no level; what is typed is kept first
        if request.view_name != "usun" and (request.method, request.view_name) != ("POST", "strona"):
            levels.require(request, self.draft, None if request.method in ("GET", "HEAD") else self.path(CHECK))

    # addresses

    def path(self, *elements: str) -> str:
        address: str = self.request.layout.path(self.context, *elements)
        return address

    def _page_path(self, page_id: str) -> str:
        return self.path("strona", page_id)

    def _next(self, found: Review, page: Page) -> str:
        """Where „Dalej” leads: the next page that is asked, or checking."""
        if "wroc" in self.request.GET:
            return self.path(CHECK)
        order = [one.id for one in self.definition.pages]
        for review in found.pages:
            if order.index(review.page.id) > order.index(page.id):
                return self._page_path(review.page.id)
        return self.path(CHECK)

    def _previous(self, found: Review, page: Page) -> str:
        order = [one.id for one in self.definition.pages]
        before = [one.page.id for one in found.pages if order.index(one.page.id) < order.index(page.id)]
        return self._page_path(before[-1]) if before else self.request.layout.path("robocze")

    # pages

    @view_config(request_method="GET", permission=permissions.OWN)
    def continue_(self) -> Any:
        """`/robocze/{id}`: where one left off."""
        if not self.request.has_permission(permissions.FILL):
            return HTTPSeeOther(self.path(CHECK))
        for found in self._review().pages:
            if found.page.id not in self.draft.done or found.errors:
                return HTTPSeeOther(self._page_path(found.page.id))
        return HTTPSeeOther(self.path(CHECK))

    @view_config(name="strona", request_method="GET", renderer="templates/draft_page.pt")
    def page(self) -> Any:
        """One page of questions."""
        page = self._asked_page()
        found = self._review()
        read = _page_of(found, page)
        if read is None:
            return HTTPSeeOther(self.path())
        errors = read.errors if "popraw" in self.request.GET else {}
        return self._show(page, self._form(page, found), found, errors)

    @view_config(name="strona", request_method="POST", renderer="templates/draft_page.pt")
    def save(self) -> Any:
        """Keep what was typed; then go where the button says, or show what is wrong."""
        page = self._asked_page()
        post = self.request.POST
        order = _text(post.get(ROWS_CONTROL))
        dropped = _text(post.get("_usun_plik"))
        form = self._form(page, self._review())
        intake = drafts.Intake(
            self.draft, self.settings.upload_max_mb * MEGABYTE, self.settings.form_max_mb * MEGABYTE, dropped
        )
        drafts.save_page(self.draft, page.id, form.posted(list(post.items()), order, intake.take))
        drafts.filled_in_by(self.draft, self.request.authenticated_userid)
        if more := levels.step_up(self.request, self.draft, self._page_path(page.id)):
            return HTTPSeeOther(more)
        found = self._review()
        read = _page_of(found, page)
        if read is None:  # what was typed on an earlier page, perhaps in another window, has made this one needless
            return HTTPSeeOther(self.path())
        form = self._form(page, found)
        if order or dropped or "_przelicz" in post:
            return self._show(page, form, found, intake.errors)
        if "_zapisz" in post or "_wstecz" in post:
            return self._leave(page, found, intake)
        errors = {**read.errors, **intake.errors}
        if errors:
            self.request.response.status_int = 422
            return self._show(page, form, found, errors)
        drafts.mark_done(self.draft, page.id)
        return HTTPSeeOther(self._next(found, page))

    def _leave(self, page: Page, found: Review, intake: drafts.Intake) -> Any:
        for message in intake.errors.values():
            self.request.session.flash(message, "warning")
        if "_wstecz" in self.request.POST:
            return HTTPSeeOther(self._previous(found, page))
        self.request.session.flash(
            f"Zapisaliśmy to, co wpisano w formularzu „{self.definition.title}”. Możesz do niego wrócić w każdej chwili.",
            "success",
        )
        return HTTPSeeOther(self.request.layout.path("robocze"))

    def _asked_page(self) -> Page:
        if len(self.request.subpath) != 1:
            raise HTTPNotFound()
        try:
            return self.definition.page(self.request.subpath[0])
        except KeyError:
            raise HTTPNotFound() from None

    def _review(self) -> Review:
        return drafts.review_draft(self.draft, self.definition)

    def _form(self, page: Page, found: Review) -> PageForm:
        known: dict[str, Any] = {}
        for read in found.pages:
            if read.page.id == page.id:
                break
            known.update(read.values)
        return PageForm(self.definition, page, known, self.request, today())

    def _show(self, page: Page, form: PageForm, found: Review, errors: Mapping[Any, str]) -> dict[str, Any]:
        read = found.page(page.id)
        form.fill(PageState(self.draft.typed.get(page.id, {}), read.values, errors, self.draft.files))
        body = form.body()
        steps = [one.page.id for one in found.pages]
        return {
            "title": page.title,
            "definition": self.definition,
            "page": page,
            "intro": richtext.markup(page.intro),
            "body": Markup(body),  # noqa: S704 - own templates, which escape
            "errors": form.errors,
            "has_required": form.has_required,
            "has_conditions": "data-condition=" in body,
            "step": steps.index(page.id) + 1,
            "steps": len(steps) + 1,
            "first": steps[0] == page.id,
            **self._about(),
        }

    def _about(self) -> dict[str, Any]:
        """What every page of the draft says about the draft itself."""
        form = drafts.form_of(self.draft, self.request.root)
        return {
            "draft": self.draft,
            "path": self.path,
            "newer": drafts.newer_version(self.draft, self.request.root),
            "withdrawn": form is None or form.state != "published",
            "may_fill": bool(self.request.has_permission(permissions.FILL)),
            "may_file": bool(self.request.has_permission(permissions.FILE)),
        }

    # checking

    @view_config(name=CHECK, request_method="GET", permission=permissions.OWN, renderer="templates/draft_check.pt")
    def check(self) -> dict[str, Any]:
        """All answers, with ways to change them."""
        return self._show_check(())

    @view_config(name=CHECK, request_method="POST", renderer="templates/draft_check.pt")
    def checked(self) -> Any:
        """Go on to signing where nothing is missing."""
        drafts.consent(self.draft, self.request.POST.get("zgoda") == "tak")
        problems = drafts.draft_complete(self.draft, self.definition)
        if not problems:
            return HTTPSeeOther(self.path(SIGN))
        self.request.response.status_int = 422
        return self._show_check(
            [FormError(one.text, f"strona-{one.page_id}" if one.page_id else "zgoda") for one in problems]
        )

    def _show_check(self, errors: Any) -> dict[str, Any]:
        found = self._review()
        problems: dict[str, list[str]] = {}
        for problem in drafts.draft_complete(self.draft, self.definition):
            problems.setdefault(problem.page_id, []).append(problem.text)
        return {
            "title": "Sprawdź odpowiedzi",
            "definition": self.definition,
            "pages": [
                (drafts.filled_page(self.draft, found, one.page), problems.get(one.page.id, ())) for one in found.pages
            ],
            "consent": richtext.markup(self.definition.consent) if self.definition.consent else None,
            "problems": problems,
            "blocks": _blocks,
            "errors": list(errors),
            "steps": len(found.pages) + 1,
            **self._about(),
        }

    # the draft as a whole

    @view_config(name="usun", request_method="GET", renderer="templates/draft_delete.pt")
    def ask_delete(self) -> dict[str, Any]:
        """Ask before deleting."""
        return {"title": "Usunąć ten formularz?", "definition": self.definition, "draft": self.draft, "path": self.path}

    @view_config(name="usun", request_method="POST")
    def delete(self) -> Any:
        """Delete the draft."""
        drafts.remove(self.request.office, self._applicant(), self.draft)
        note(self.request, "draft-delete", self.draft.id)
        self.request.session.flash(f"Usunęliśmy wersję roboczą „{self.definition.title}”.", "success")
        return HTTPSeeOther(self.request.layout.path("robocze"))

    @view_config(name="nowa-wersja", request_method="POST")
    def take_newer(self) -> Any:
        """A fresh draft of the newer version, with the answers that fit it."""
        version = drafts.newer_version(self.draft, self.request.root)
        if version is None:
            return HTTPSeeOther(self.path())
        try:
            data = self.request.acting.data()
            fresh = drafts.carry_over(self.request.office, self._applicant(), self.draft, version, data)
        except DraftError as error:
            self.request.session.flash(str(error), "warning")
            return HTTPSeeOther(self.path())
        self.request.session.flash(
            "Przenieśliśmy odpowiedzi do nowej wersji formularza. Przejdź przez strony i sprawdź, czy wszystko się zgadza.",
            "success",
        )
        return HTTPSeeOther(self.request.layout.path("robocze", fresh.id))

    def _applicant(self) -> Applicant:
        found: Applicant = self.request.applicant
        return found

    @view_config(name="plik", request_method="GET", permission=permissions.OWN)
    def download(self) -> Response:
        """A file of the draft, always as an attachment."""
        stored = self.draft.files.get(self.request.subpath[0]) if len(self.request.subpath) == 1 else None
        if stored is None:
            raise HTTPNotFound()
        response = Response(content_type="application/octet-stream", app_iter=FileIter(stored.blob.open("r")))
        response.content_length = stored.size
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(stored.name)}"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _page_of(found: Review, page: Page) -> PageReview | None:
    return next((read for read in found.pages if read.page.id == page.id), None)


def _blocks(entries: tuple[Entry, ...]) -> list[tuple[bool, list[Entry]]]:
    """Entries in order, plain ones that follow one another together: (whether they are plain, the entries)."""
    runs = itertools.groupby(entries, lambda entry: not entry.entries and entry.type != "repeat")
    return [(simple, list(run)) for simple, run in runs]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def includeme(config: Any) -> None:
    config.add_room("robocze", DraftsRoom)
