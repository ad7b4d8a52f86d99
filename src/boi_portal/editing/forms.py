"""The form of a content object: its type's schema with choices of the site, its own file where it is a file.

Shared by editing what is there and adding what is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import colander
import deform.widget

from .. import permissions
from ..interfaces import IFile
from ..publishing.content import Content
from ..publishing.lifecycle import site_of
from ..publishing.schema import text
from ..web.filefields import file_node
from ..web.forms import Button, FormView, Rejected
from ..web.uploads import UploadRefused, clean_name, extension_of, media_type_of
from .choices import offer_choices, with_uniform_paths
from .drawings import safe_drawing

SAVE = Button("zapisz", "Zapisz", "primary")
SAVE_COPY = Button("zapisz", "Zapisz kopię roboczą", "secondary")
PUBLISH = Button("opublikuj", "Zapisz i opublikuj", "primary")
NOTE, MARK, UPLOAD = "uwaga_do_wersji", "stan_otwarcia", "plik"


def upload_node(required: bool, hint: str) -> colander.SchemaNode:
    """The node of an editor's file."""
    return file_node("Plik" if required else "Nowy plik", hint, required=required, name=UPLOAD)


def note_node() -> colander.SchemaNode:
    """The node of what the editor says about the new version."""
    return text(
        "Uwaga do wersji",
        name=NOTE,
        required=False,
        description="Co się zmieniło i dlaczego. Uwagę widać w historii. Potrzebna tylko przy publikacji.",
    )


def mark_node(mark: str) -> colander.SchemaNode:
    """The hidden node that tells what the form was opened on."""
    return colander.SchemaNode(
        colander.String(), name=MARK, title="", widget=deform.widget.HiddenWidget(), default=mark, missing=""
    )


class UploadedFile:
    """A file from an editor, checked: `data`, `media_type`, `sha256`, `name`.

    :raises UploadRefused: of a kind that is not taken, too large, or a drawing that does more than draw.
    """

    def __init__(self, given: Mapping[str, Any], max_mb: int) -> None:
        self.name = clean_name(str(given.get("filename") or ""))
        stream = given["fp"]
        stream.seek(0)
        data = stream.read(max_mb * 1_000_000 + 1)
        if len(data) > max_mb * 1_000_000:
            raise UploadRefused(f"Plik „{self.name}” jest za duży. Może mieć najwyżej {max_mb} MB.")
        self.media_type = media_type_of(self.name, data)
        self.data = safe_drawing(self.name, data) if extension_of(self.name) == "svg" else data
        self.sha256 = hashlib.sha256(self.data).hexdigest()

    def store_in(self, content: Any) -> None:
        """Make it the file of a file object."""
        content.store(self.data, self.media_type, self.sha256)


class ContentForm(FormView):
    """Base of the forms that take a content object's fields. A subclass says which class of content, and what then."""

    formid = "formularz"

    content_class: type[Content]

    @property
    def site(self) -> Any:
        """The portal's root."""
        return site_of(self.context)

    @property
    def is_file(self) -> bool:
        """Whether the object holds a file beside its fields."""
        return IFile.implementedBy(self.content_class)

    @property
    def may_publish(self) -> bool:
        """Whether this editor publishes."""
        return bool(self.request.has_permission(permissions.PUBLISH, self.context))

    def start(self) -> dict[str, Any]:
        """The fields that the form starts with."""
        return {}

    def make_schema(self) -> colander.SchemaNode:
        """The type's schema; fields that only scripts and sub-pages change (hidden ones) stay out of the form."""
        node = self.content_class.schema().clone()  # instances of a class share its children, which get this site's choices
        for child in list(node.children):
            if child.widget is not None and child.widget.hidden:
                del node[child.name]
        offer_choices(node, self.site, with_uniform_paths(self.start()))
        return node.bind(request=self.request, context=self.context)

    def initial(self) -> Any:
        """The fields as the form shows them."""
        return shown(with_uniform_paths(self.start()))

    def fields_of(self, values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        """The object's fields after the form: what it took, and what it does not show as it was `before`.

        :raises Rejected: together they are not what the type asks for.
        """
        known = {node.name for node in self.content_class.schema().children}
        taken = plain({name: value for name, value in values.items() if name in known})
        kept = {name: value for name, value in before.items() if name in known and name not in taken}
        if not kept:
            return taken
        try:
            return self.content_class.parse({**kept, **taken})
        except colander.Invalid as error:
            raise Rejected(" ".join(error.asdict(translate=str).values())) from None

    def uploaded(self, values: Mapping[str, Any]) -> UploadedFile | None:
        """The file that came with the form, checked.

        :raises Rejected: it is not taken.
        """
        given = values.get(UPLOAD)
        if not given:
            return None
        try:
            return UploadedFile(given, self.request.registry.boi_settings.upload_max_mb)
        except UploadRefused as refusal:
            raise Rejected(str(refusal), UPLOAD) from None


def shown(value: Any) -> Any:
    """Fields as values of a form: what is None or missing is left to the form's own emptiness."""
    if isinstance(value, Mapping):
        return {key: shown(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    return value


def plain(value: Any) -> Any:
    """Values of a form as fields are kept: JSON-like, with lines that end in a line feed alone."""
    return _one_line_end(json.loads(json.dumps(value, ensure_ascii=False)))


def _one_line_end(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    if isinstance(value, dict):
        return {key: _one_line_end(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_one_line_end(item) for item in value]
    return value
