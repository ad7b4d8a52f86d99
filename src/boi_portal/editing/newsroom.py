"""`/redakcja`: what waits for this editor – approval, own working copies, own drafts – and the preview of rich text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypatia.util import ResultSet
from pyramid.response import Response
from pyramid.view import view_config
from substanced.util import find_catalog

from .. import permissions
from ..publishing.lifecycle import BIN
from ..publishing.richtext import clean
from ..publishing.workflow import STATES
from ..web.traversal import Room
from .people import actor, shown_name

MOST = 100  # lines of one list
LONGEST_TEXT = 100_000  # characters


class Newsroom(Room):
    """The room of everybody who maintains content."""

    title = "Redakcja"

    def __acl__(self) -> list[Any]:
        return permissions.editors_room_acl()


@view_config(context=Newsroom, permission=permissions.EDIT, request_method="GET", renderer="templates/newsroom.pt")
def newsroom(context: Any, request: Any) -> dict[str, Any]:
    """The lists."""
    site, catalog, me = request.root, find_catalog(request.root, "boi"), actor(request)
    copies = _lines(catalog["working_copy"].gt("").execute(), request)
    drafts = _lines(catalog["state"].eq("draft").execute(), request)
    return {
        "title": "Redakcja",
        "pending": _lines(catalog["state"].eq("pending").execute(), request),
        "my_copies": [line for line in copies if line["copy_by_login"] == me],
        "other_copies": [line for line in copies if line["copy_by_login"] != me],
        "my_drafts": [line for line in drafts if line["by_login"] == me],
        "may_publish": request.has_permission(permissions.PUBLISH, site),
        "home_contents": request.layout.path(site, "zawartosc"),
        "bin_url": request.layout.path(site[BIN], "zawartosc"),
    }


def _lines(found: ResultSet, request: Any) -> list[dict[str, Any]]:
    content: Iterable[Any] = (item for item in found if request.has_permission(permissions.VIEW, item))
    lines = [_line(item, request) for item, _ in zip(content, range(MOST), strict=False)]
    return sorted(lines, key=lambda line: str(line["at"] or ""), reverse=True)


def _line(content: Any, request: Any) -> dict[str, Any]:
    copy, path = content.working_copy, request.layout.path
    by = copy.by if copy is not None else content.updated_by
    return {
        "title": content.title or content.__name__,
        "label": content.label,
        "state_title": STATES[content.state],
        "url": path(content, "podglad") if copy is not None else path(content),
        "state_url": path(content, "stan") if request.has_permission(permissions.EDIT, content) else "",
        "at": copy.at if copy is not None else content.updated_at or content.created_at,
        "by": shown_name(request.root, by),
        "by_login": content.updated_by,
        "copy_by_login": copy.by if copy is not None else "",
    }


@view_config(context=Newsroom, name="podglad-tekstu", permission=permissions.EDIT, request_method="POST")
def preview_text(context: Any, request: Any) -> Response:
    """A rich text as it will be kept and shown, for the script of the field; answers a fragment of HTML."""
    text = request.POST.get("tekst", "")
    return Response(
        clean(text[:LONGEST_TEXT]) if isinstance(text, str) else "", content_type="text/html", charset="utf-8"
    )
