"""`/…/dodaj`: new content, of the types that its folder takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from .. import permissions
from ..interfaces import IEForm, IFolderish
from ..publishing import lifecycle
from ..publishing.schema import text
from ..web.forms import Button, Rejected
from .addresses import AddressRefused, address_from, check_address, file_address, free_address
from .forms import PUBLISH, ContentForm, UploadedFile, upload_node
from .people import actor
from .places import addable_types, live_content

ADDRESS = "adres"
DRAFT = "zapisz"


@view_config(
    context=IFolderish, name="dodaj", permission=permissions.ADD, request_method="GET", renderer="templates/add.pt",
    below="",
)  # fmt: skip
def choose_type(context: Any, request: Any) -> Any:
    """What may be added here; where it is one thing only, its form at once."""
    types = addable_types(live_content(context), request)
    if len(types) == 1:
        return HTTPSeeOther(request.layout.path(context, "dodaj", next(iter(types))))
    choices = [{"label": cls.label, "url": request.layout.path(context, "dodaj", name)} for name, cls in types.items()]
    return {"title": "Co chcesz dodać?", "place": context.title, "choices": choices}


@view_config(
    context=IFolderish, name="dodaj", permission=permissions.ADD, renderer="templates/add-form.pt",
    below=r".+",
)  # fmt: skip
class AddView(ContentForm):
    """The form of an object that is not there yet."""

    def __init__(self, context: Any, request: Any) -> None:
        super().__init__(live_content(context), request)
        types = addable_types(context, request)
        if request.subpath[0] not in types:
            raise HTTPNotFound()
        self.content_class = types[request.subpath[0]]
        self.title = f"Dodaj: {self.content_class.label}"
        self.lead = f"W miejscu: {context.title}." if context.title else ""
        self.buttons = self._buttons()

    def _buttons(self) -> list[Button]:
        found = [PUBLISH] if self.may_publish else []
        found.append(Button(DRAFT, "Zapisz jako roboczą", "secondary" if found else "primary"))
        back = Button("wroc", "Anuluj", "quiet", type="link", value=self.request.layout.path(self.context, "zawartosc"))
        return [*found, back]

    def make_schema(self) -> colander.SchemaNode:
        node = super().make_schema()
        address = text(
            "Adres",
            name=ADDRESS,
            required=False,
            max_length=90,
            description="Ostatnia część adresu strony. Zostaw puste, a portal utworzy adres z "
            + ("nazwy pliku." if self.is_file else "tytułu."),
        )
        node.children.insert(1, address)
        if self.is_file:
            node.children.insert(1, upload_node(True, "PDF, DOCX, ODT, PNG, JPG, SVG lub XML."))
        return node

    def __call__(self) -> Any:
        if "opublikuj" in self.request.POST and not self.may_publish:
            raise HTTPForbidden()
        return super().__call__()

    def success(self, values: Any, button: str) -> Any:
        fields = self.fields_of(values, {})
        upload = self.uploaded(values)
        name = self._name(values, upload)
        content = self.request.registry.content.create(self._content_type(), fields)
        if upload is not None:
            upload.store_in(content)
        state = "published" if button == PUBLISH.name else "draft"
        try:
            lifecycle.add(self.request.registry, self.context, name, content, actor(self.request), state)
        except lifecycle.LifecycleError as error:
            raise Rejected(str(error), ADDRESS) from None
        self.request.session.flash(_told(content), "success")
        return HTTPSeeOther(self._next(content))

    def _content_type(self) -> str:
        types = self.request.registry.content.content_types
        return next(name for name, factory in types.items() if factory is self.content_class)

    def _name(self, values: Mapping[str, Any], upload: UploadedFile | None) -> str:
        given = values.get(ADDRESS) or ""
        if not given:
            proposed = file_address(upload.name) if upload is not None else address_from(values["title"])
            if not proposed:
                raise Rejected("Z tytułu nie da się utworzyć adresu. Podaj adres.", ADDRESS)
            return free_address(self.context, proposed, self.request)
        try:
            check_address(self.context, given, self.request)
        except AddressRefused as refusal:
            raise Rejected(str(refusal), ADDRESS) from None
        if upload is not None and given.rpartition(".")[2] != file_address(upload.name).rpartition(".")[2]:
            raise Rejected("Adres pliku musi kończyć się tak jak nazwa pliku, na przykład wzor.pdf.", ADDRESS)
        return given

    def _next(self, content: Any) -> str:
        layout = self.request.layout
        if IEForm.providedBy(content):
            return str(layout.path(content, "edytuj-pytania"))
        return str(layout.path(self.context, "zawartosc") if self.is_file else layout.path(content))


def _told(content: Any) -> str:
    if content.state == "published":
        return f"„{content.title}” dodane i opublikowane."
    return f"„{content.title}” zapisane jako robocze. Widzą to tylko redaktorzy."
