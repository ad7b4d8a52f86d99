"""Pages as they would be with other fields: a working copy's, an old version's.

The page's own view is asked, about a stand-in of the object that is not stored, so a preview is never a second truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.response import Response
from pyramid.view import render_view_to_response, view_config

from .. import permissions
from ..interfaces import IContent, IFile
from .differences import readable
from .places import live_content


def stand_in(content: Any, fields: Mapping[str, Any]) -> Any:
    """An object like `content` with other fields, at the same place; it belongs to no database and cannot be written."""
    content._p_activate()
    cls: Any = type(content)
    twin = cls.__new__(cls)
    twin.__setstate__(dict(content.__getstate__()))
    twin.fields = dict(fields)
    return twin


def page_with(content: Any, fields: Mapping[str, Any], request: Any) -> Response | None:
    """The object's page with other fields; None where the object has no page of its own."""
    if IFile.providedBy(content):
        return None
    response: Response | None = render_view_to_response(stand_in(content, fields), request, name="")
    return response


def fields_table(content: Any, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each field that holds something, with its label, as lines of words."""
    rows = ((node.title or node.name, readable(node, fields.get(node.name))) for node in content.schema().children)
    return [{"label": label, "lines": value.splitlines()} for label, value in rows if value]


@view_config(
    context=IContent, name="podglad", permission=permissions.EDIT, request_method="GET", renderer="templates/fields.pt"
)
def preview(context: Any, request: Any) -> Any:
    """The page as it will look when what is being edited is published."""
    content = live_content(context)
    fields = content.edited_fields()
    page = page_with(content, fields, request)
    return page or {"title": content.title, "rows": fields_table(content, fields), "label": content.label}
