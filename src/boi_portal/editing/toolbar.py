"""The bar above every content page, for whoever may edit it: what can be done, in which state the object is, what waits."""

from __future__ import annotations

from typing import Any

from pyramid.renderers import render

from .. import permissions
from ..interfaces import IContent, IFolderish, ISite
from ..publishing.lifecycle import BIN, site_of
from ..publishing.workflow import STATES
from .people import shown_name
from .places import BIN_TYPE, addable_types

Link = tuple[str, str, str]  # view name, title, address


def panel(context: Any, request: Any) -> str | None:
    """The bar as markup; None for whoever does not edit this object."""
    if not IContent.providedBy(context) or (
        getattr(context, "__parent__", None) is None and not ISite.providedBy(context)
    ):
        return None
    may_edit = request.has_permission(permissions.EDIT, context)
    if not may_edit and not (context.state == "pending" and request.has_permission(permissions.VIEW, context)):
        return None
    return str(render("boi_portal.editing:templates/toolbar.pt", _values(context, request, may_edit), request=request))


def _values(context: Any, request: Any, may_edit: bool) -> dict[str, Any]:
    site, copy = site_of(context), context.working_copy
    in_bin = context.deleted_from is not None or context.type_name == BIN_TYPE
    return {
        "label": context.label,
        "state": context.state,
        "state_title": "W koszu" if context.deleted_from is not None else STATES[context.state],
        "version": context.version,
        "copy": copy and {"by": shown_name(site, copy.by), "at": copy.at},
        "links": list(_links(context, request)) if may_edit and not in_bin else [],
        "bin_url": request.layout.path(site[BIN], "zawartosc") if in_bin else "",
        "current": request.view_name,
        "newsroom": request.layout.path("redakcja"),
        "object_url": request.layout.path(context),
        "previewing": request.view_name == "podglad",
        "old_version": _old_version(request),
    }


def _links(context: Any, request: Any) -> list[Link]:
    path = request.layout.path
    folder = context if IFolderish.providedBy(context) else context.__parent__
    found = [("edytuj", "Edytuj", path(context, "edytuj"))]
    if addable_types(folder, request) and request.has_permission(permissions.ADD, folder):
        found.append(("dodaj", "Dodaj", path(folder, "dodaj")))
    if request.has_permission(permissions.EDIT, folder):
        found.append(("zawartosc", "Zawartość", path(folder, "zawartosc")))
    found.append(("stan", "Stan", path(context, "stan")))
    found.append(("historia", "Historia", path(context, "historia")))
    found.append(("podglad", "Podgląd", path(context, "podglad")))
    return found


def _old_version(request: Any) -> str:
    """The number of the version whose page this is; empty where it is none."""
    is_page = request.view_name == "historia" and len(request.subpath) == 2
    return request.subpath[0] if is_page else ""
