"""Faults of Substance D's interface, mended in place: each function names its fault.

What is replaced here is the library's own; nothing of the portal depends on it.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import colander
import deform
import peppercorn
import substanced.form
import substanced.sdi
from markupsafe import Markup
from pyramid.httpexceptions import HTTPBadRequest
from pyramid.request import Request, apply_request_extensions
from pyramid.threadlocal import get_current_request
from pyramid_zodbconn import get_connection
from substanced.db.views import ManageDatabase
from substanced.evolution import EvolutionManager
from substanced.folder.views import FolderContents
from substanced.property.views import PropertySheetsView
from substanced.sdi.views.undo import UndoViews
from substanced.util import JsonDict

from ..publishing import revision

logger = logging.getLogger(__name__)

# in deform's own rows the buttons have no type, so removing a row would send the form; its second password has no label
OWN_TEMPLATES = str(Path(__file__).parent / "deform_templates")
STOCK_TEMPLATES = str(Path(deform.__file__).parent / "templates")


# what pages without a tab are, where their views do not say it
PAGES = {"add_group": "Nowa rola", "manage_index": "Indeks"}
# what the library's own folders are called by people
FOLDERS = {
    "principals": "Pracownicy i role",
    "users": "Pracownicy",
    "groups": "Role",
    "resets": "Zapomniane hasła",
    "catalogs": "Indeksy wyszukiwania",
}


# words of the library's forms that it gives as plain English texts, which no translation reaches
WORDS = {
    "Add": "Dodaj",
    "Change": "Zmień",
    "Save": "Zapisz",
    "Search": "Szukaj",
    "Groups": "Role",
    "Users": "Pracownicy",
    "Members": "Pracownicy",
    "Name": "Nazwa",
    "Description": "Opis",
    "Expression": "Zapytanie",
    "CQE Expression": "Wyrażenie w języku CQE",
}


# views that fail where what they are about was not sent or chosen
TRUSTING: dict[Any, tuple[str, ...]] = {
    FolderContents: ("copy_finish", "copy_finish_cancel", "move_finish", "move_finish_cancel", "reorder_rows"),
    ManageDatabase: ("evolve_finished", "evolve_unfinished"),
}


class SafeForm(substanced.form.Form):
    """In Polish; a crafted post is the sender's fault (400), not the portal's (500)."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for shown in (self, *self.children, *self.buttons):
            shown.title = WORDS.get(shown.title, shown.title)

    def validate(self, controls: Any, subcontrol: Any = None) -> Any:
        try:
            return self.validate_pstruct(peppercorn.parse(list(controls)))
        except deform.ValidationFailure:
            raise
        except (colander.Invalid, ValueError, TypeError, AttributeError, LookupError) as error:
            logger.info("unreadable form", exc_info=error)
            raise HTTPBadRequest("The form cannot be read") from None


class ManagementApi(substanced.sdi.sdiapi):
    """Messages are texts, not markup; the button that undoes is a form, because a link cannot carry the token.

    Each page has a heading of its own; the library has none.
    """

    def heading(self, tabs: Sequence[Mapping[str, Any]], view: Any = None) -> str:
        """What the page is and of which object: the open tab, or else the view's own title."""
        request, context = self.request, self.request.context
        if isinstance(context, Exception):
            return "Tego nie można zrobić"
        name = getattr(context, "__name__", "") or ""
        shown = (getattr(context, field, None) for field in ("title", "display_name", "sdi_title"))
        about = next((text for text in shown if text and isinstance(text, str)), FOLDERS.get(name, name) or "portal")
        open_tab = next((tab["title"] for tab in tabs if tab["class"]), "")
        title = open_tab or PAGES.get(request.view_name) or getattr(view, "title", "") or "Zarządzanie"
        return f"{self.word(title)}: {about}"

    def word(self, text: str) -> str:
        """In Polish what the library says in plain English."""
        words: str = self.request.localizer.translate(substanced.sdi._(str(text)))
        return words

    def flash(self, msg: Any, queue: str = "info", allow_duplicate: bool = True) -> None:
        super().flash(_marked(msg), queue, allow_duplicate)

    def get_flash_with_undo_snippet(self, msg: Any, queue: str = "", allow_duplicate: bool = True) -> Any:
        request, shown = self.request, Markup(escape(str(msg)))  # noqa: S704 - escaped
        storage = self.get_connection(request).db()
        if not (storage.supportsUndo() and request.has_permission("sdi.undo", request.context)):
            return shown
        mark = secrets.token_hex(16)
        current = self.transaction.get()
        current.note(str(msg))
        current.user = str(request.authenticated_userid)
        current.setExtendedInfo("undohash", mark)
        button = Markup(
            '<form class="sdi-undo" method="post" action="{}"><input type="hidden" name="csrf_token" value="{}">'
            '<input type="hidden" name="undohash" value="{}"><button type="submit" class="btn btn-xs btn-info">Cofnij</button></form>'
        )
        action = self.mgmt_path(request.context, "@@undo_recent")
        return Markup("<span>{} {}</span>").format(shown, button.format(action, request.session.get_csrf_token(), mark))

    def flash_with_undo(self, msg: Any, queue: str = "info", allow_duplicate: bool = True) -> None:
        self.request.session.flash(self.get_flash_with_undo_snippet(msg), queue, allow_duplicate)


def _marked(msg: Any) -> Markup:
    return msg if isinstance(msg, Markup) else Markup(escape(str(msg)))  # noqa: S704 - escaped


def tab_request(environ: dict[str, Any]) -> Request:
    """The request that tabs are looked up with, with the extensions of a real one: access lists ask the office who the user is.

    Nobody ends it, so it must open nothing of its own: a connection that its finished callbacks do not give back stays open for
    good. It sees the databases by the connection, and in the transaction, of the request that is served.
    """
    current = get_current_request()
    made = Request({**environ, "webob.adhoc_attrs": dict(environ.get("webob.adhoc_attrs", {}))})
    made.registry = current.registry
    apply_request_extensions(made)
    made.session = current.session
    made.tm = current.tm
    made._primary_zodb_conn = get_connection(current)  # where pyramid_zodbconn looks first
    return made


def finished_steps(self: EvolutionManager) -> list[tuple[float, str]]:
    """Finished upgrade steps by time. The library asks its tree for `byValue`, which trees of this kind do not have."""
    return sorted((when, name) for name, when in self.get_finished_steps().items())


def escaped_columns(self: FolderContents, resource: Any) -> list[dict[str, Any]]:
    """The grid's column of names. The library puts the name into the markup as it is."""
    name = getattr(resource, "__name__", "") or ""
    icon = self.request.registry.content.metadata(resource, "icon") or ""
    if callable(icon):
        icon = icon(resource, self.request) or ""
    kind = self.request.registry.content.typeof(resource) or ""
    url = self.request.sdiapi.mgmt_path(resource, "@@manage_main") if resource is not None else ""
    value = '<i class="{}" title="{}"> </i> <a href="{}">{}</a>'.format(*map(escape, (icon, kind, url, name)))
    translated = self.request.localizer.translate(substanced.sdi._("Name"))
    return [{"name": translated, "value": value, "formatter": "html", "sorter": self._name_sorter}]


def require_texts(request: Any) -> None:
    """What the library takes for texts must be texts. :raises HTTPBadRequest: a file was sent."""
    if not all(isinstance(value, str) for value in request.POST.values()):
        raise HTTPBadRequest("A file in place of a text")


def _with_texts(make: Any) -> Any:
    """A view's `__init__` that refuses files."""

    def run(self: Any, context: Any, request: Any) -> None:
        require_texts(request)
        make(self, context, request)

    run.__module__ = __name__
    return run


def json_in_script(self: JsonDict) -> str:
    """JSON for a script inside the page: a title that holds `</script>` must not end it."""
    text = json.dumps(self)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _revising(undo: Any) -> Any:
    """An undo takes the content revision back, too; it must go beyond what it was, or pages from before are given out."""

    def run(self: UndoViews) -> Any:
        require_texts(self.request)
        connection = self.request.root._p_jar
        before = revision.current(connection)
        try:
            answer = undo(self)
        except KeyError:
            raise HTTPBadRequest("No transaction is named") from None
        revision.bump(self.request.root, self.request.registry.boi_revision_signal)
        while revision.current(connection) <= before:
            connection.root()[revision.ROOT_KEY].raise_()
        return answer

    run.__doc__ = undo.__doc__
    return run


def _refusing(view: Any) -> Any:
    """A view that takes for granted that something was chosen before or is sent along: where it is not, the post is crafted (400)."""

    def run(self: Any) -> Any:
        try:
            return view(self)
        except (KeyError, ValueError) as error:
            logger.info("nothing to do it with", extra={"reason": type(error).__name__})
            raise HTTPBadRequest("What this is about was not sent") from None

    run.__doc__ = view.__doc__
    return run


def includeme(config: Any) -> None:
    substanced.sdi.Request = tab_request
    substanced.form.FormView.form_class = SafeForm
    deform.Form.set_default_renderer(substanced.form.get_deform_renderer((OWN_TEMPLATES, STOCK_TEMPLATES)))
    PropertySheetsView.buttons = (deform.Button("save", "Zapisz"),)
    EvolutionManager.get_finished_steps_by_value = finished_steps
    FolderContents.get_default_columns = escaped_columns
    JsonDict.__str__ = json_in_script
    if FolderContents.__init__.__module__ != __name__:
        FolderContents.__init__ = _with_texts(FolderContents.__init__)
    for name in ("undo_recent", "undo_multiple"):
        undo = getattr(UndoViews, name)
        if undo.__module__ != __name__:
            setattr(UndoViews, name, _revising(undo))
    for views, names in TRUSTING.items():
        for name in names:
            view = getattr(views, name)
            if view.__module__ != __name__:
                setattr(views, name, _refusing(view))
