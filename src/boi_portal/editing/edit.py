"""`/…/edytuj`: changing what is there. What is published is changed through its working copy, or published anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.view import view_config

from .. import permissions
from ..interfaces import IContent, IEForm
from ..publishing import lifecycle
from ..publishing.lifecycle import LifecycleError
from ..web.forms import Button, PortalForm, Rejected
from ..web.uploads import extension_of
from .differences import Difference, differences
from .forms import (
    MARK,
    NOTE,
    PUBLISH,
    SAVE,
    SAVE_COPY,
    UPLOAD,
    ContentForm,
    UploadedFile,
    mark_node,
    note_node,
    shown,
    upload_node,
)
from .openings import Collision, collision, mark_of
from .people import actor, shown_name
from .places import live_content


class Collided(Exception):
    """Somebody else has changed the object since the form was opened."""

    def __init__(self, found: Collision, mine: Mapping[str, Any]) -> None:
        super().__init__()
        self.found = found
        self.mine = mine


@view_config(context=IContent, name="edytuj", permission=permissions.EDIT, renderer="templates/edit.pt")
class EditView(ContentForm):
    """The form of an object."""

    collided: Collided | None = None

    def __init__(self, context: Any, request: Any) -> None:
        super().__init__(live_content(context), request)
        self.content_class = type(context)
        self.title = f"Edycja: {context.title or context.label}"
        self.buttons = self._buttons()

    def _buttons(self) -> list[Button]:
        published = self.context.state == "published"
        found = [PUBLISH] if self.may_publish else []
        save = SAVE_COPY if published else SAVE
        found.append(Button(save.name, save.title, "secondary" if found else "primary"))
        if self.context.working_copy is not None:
            link = self.request.layout.path(self.context, "porzuc")
            found.append(Button("porzuc", "Porzuć zmiany", "danger", type="link", value=link))
        return found

    def start(self) -> dict[str, Any]:
        return self.context.edited_fields()

    def make_schema(self) -> colander.SchemaNode:
        node = super().make_schema()
        if self.is_file:
            kind = extension_of(self.context.__name__).upper()
            node.add(upload_node(False, f"Zostaw puste, jeśli plik się nie zmienia. Rodzaj: {kind}."))
        if self.may_publish and self.context.versioned:
            node.add(note_node())
        node.add(mark_node(mark_of(self.start())))
        return node

    def __call__(self) -> Any:
        if "opublikuj" in self.request.POST and not self.may_publish:
            raise HTTPForbidden()
        return super().__call__()

    def success(self, values: Any, button: str) -> Any:
        fields = self.fields_of(values, self.start())
        found = collision(values[MARK], self.start(), fields)
        if found is not None:
            self.collided = Collided(found, fields)
            raise Rejected(
                "Ktoś zmienił ten obiekt, gdy był u Ciebie otwarty. Nic nie zapisaliśmy. Sprawdź zmiany poniżej."
            )
        upload = self._replacement(values, button)
        if upload is not None:
            upload.store_in(self.context)
        lifecycle.edit(self.request.registry, self.context, fields, actor(self.request))
        if button == PUBLISH.name:
            self._publish(values.get(NOTE) or "")
        self._tell(button)
        return HTTPSeeOther(self._next())

    def _replacement(self, values: Any, button: str) -> UploadedFile | None:
        upload = self.uploaded(values)
        if upload is None:
            return None
        if extension_of(upload.name) != extension_of(self.context.__name__):
            wanted = extension_of(self.context.__name__).upper()
            raise Rejected(f"Nowy plik musi być tego samego rodzaju: {wanted}. Inny plik dodaj jako nowy.", UPLOAD)
        if self.context.state == "published" and button != PUBLISH.name:
            raise Rejected(
                "Opublikowanego pliku nie da się podmienić w kopii roboczej. Może to zrobić ktoś, kto publikuje.",
                UPLOAD,
            )
        return upload

    def _publish(self, note: str) -> None:
        try:
            lifecycle.publish(self.request.registry, self.context, actor(self.request), note)
        except LifecycleError as error:
            raise Rejected(str(error)) from None

    def _tell(self, button: str) -> None:
        if button == PUBLISH.name:
            text = "Zapisane i opublikowane. Zmiany widzą już wszyscy."
        elif self.context.working_copy is not None:
            text = "Kopia robocza zapisana. Wszyscy nadal widzą wersję opublikowaną."
        else:
            text = "Zapisane."
        self.request.session.flash(text, "success")

    def _next(self) -> str:
        layout = self.request.layout
        if self.is_file:
            return str(layout.path(self.context.__parent__, "zawartosc"))
        return str(
            layout.path(self.context, "podglad") if self.context.working_copy is not None else layout.path(self.context)
        )

    def failure(self, form: PortalForm) -> dict[str, Any]:
        if self.collided is None:
            return super().failure(form)
        message = form.error.messages()[0] if form.error is not None else ""
        again = self.make_form()
        merged = {**self.collided.found.merged, MARK: mark_of(self.start())}
        again.set_appstruct(shown(merged))
        again.reject(message)
        return super().failure(again)

    def page(self) -> Mapping[str, Any]:
        copy = self.context.working_copy
        return {
            "label": self.context.label,
            "questions": self.request.layout.path(self.context, "edytuj-pytania")
            if IEForm.providedBy(self.context)
            else "",
            "copy": copy and {"by": shown_name(self.site, copy.by), "at": copy.at},
            "collisions": self._collisions(),
        }

    def _collisions(self) -> list[dict[str, Any]]:
        """Fields that somebody else has changed: what stands there now against what this form would make of it."""
        if self.collided is None:
            return []
        found, now = self.collided.found, self.start()
        by_name: dict[str, Difference] = {
            item.name: item for item in differences(self.content_class.schema(), now, self.collided.mine)
        }
        return [
            {"label": item.label, "parts": item.parts, "both": name in found.both}
            for name, item in by_name.items()
            if name in found.theirs
        ]


@view_config(
    context=IContent, name="porzuc", permission=permissions.EDIT, request_method="GET", renderer="templates/discard.pt"
)
def ask_discard(context: Any, request: Any) -> Any:
    """What would be lost by discarding the working copy."""
    content = live_content(context)
    if content.working_copy is None:
        return HTTPSeeOther(request.layout.path(content))
    copy = content.working_copy
    return {
        "title": "Porzucenie zmian",
        "by": shown_name(lifecycle.site_of(content), copy.by),
        "at": copy.at,
        "differences": differences(content.schema(), content.fields, copy.fields),
    }


@view_config(context=IContent, name="porzuc", permission=permissions.EDIT, request_method="POST")
def discard(context: Any, request: Any) -> Any:
    """Forget the working copy."""
    lifecycle.discard_working_copy(live_content(context))
    request.session.flash("Zmiany porzucone. Została wersja opublikowana.", "success")
    return HTTPSeeOther(request.layout.path(context))
