"""Which objects these pages are for, and where objects may go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from .. import permissions
from ..interfaces import IContent, IFolderish
from ..publishing.content import Content
from ..publishing.lifecycle import site_of

BIN_TYPE = "bin"


def live_content(context: Any) -> Any:
    """`context`, unless it lies in the bin or is the bin.

    :raises HTTPNotFound: it does; it must be brought back first.
    """
    if context.deleted_from is not None or context.type_name == BIN_TYPE:
        raise HTTPNotFound()
    return context


def addable_types(folder: Any, request: Any) -> dict[str, type[Content]]:
    """Word in content files → class, of what may be added to `folder`, in the order that the folder names them."""
    factories = request.registry.content.content_types.values()
    known = {factory.type_name: factory for factory in factories if hasattr(factory, "type_name")}
    return {name: known[name] for name in getattr(folder, "addable", ()) if name in known}


def content_children(folder: Any) -> list[Any]:
    """The content in `folder`, without the bin and Substance D's services."""
    return [child for child in folder.values() if IContent.providedBy(child) and child.type_name != BIN_TYPE]


def targets(content: Any, request: Any) -> list[Any]:
    """Folders that `content` may be moved to by this editor, in the order of the tree; its own folder is one of them."""
    return [
        folder
        for folder in _folders(site_of(content), content)
        if content.type_name in getattr(folder, "addable", ()) and request.has_permission(permissions.ADD, folder)
    ]


def _folders(folder: Any, without: Any) -> Iterator[Any]:
    if folder is without:
        return
    yield folder
    for child in content_children(folder):
        if IFolderish.providedBy(child):
            yield from _folders(child, without)
