"""A file in a form that keeps nothing between requests: the widget, and the node that hands the upload on untouched."""

from __future__ import annotations

from typing import Any

import colander
import deform.widget


class OneRequestStore(dict[str, Any]):
    """Deform's store of uploads, which lasts for the one request that brought them."""

    def preview_url(self, uid: str) -> None:
        """Part of deform's contract: there is nothing to preview."""


class UploadWidget(deform.widget.FileUploadWidget):
    """A file that must be chosen again when the form comes back: what was sent is not kept between requests."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(OneRequestStore(), **kw)

    def serialize(self, field: Any, cstruct: Any, **kw: Any) -> str:
        html: str = super().serialize(field, colander.null, **kw)
        return html


class FileNode(colander.SchemaType):
    """An uploaded file as deform hands it on (a dict with `fp` and `filename`), untouched."""

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return colander.null

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        return cstruct

    def cstruct_children(self, node: Any, cstruct: Any) -> list[Any]:
        return []


def file_node(title: str, hint: str, *, required: bool = True, **kw: Any) -> colander.SchemaNode:
    """The node of a file. Its value is a dict with `fp` and `filename`; None where none was sent."""
    node = colander.SchemaNode(
        FileNode(),
        title=title,
        description=hint,
        widget=UploadWidget(),
        missing=colander.required if required else None,
        **kw,
    )
    node.missing_msg = "Wybierz plik."
    return node
