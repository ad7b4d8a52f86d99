"""The property sheet of content: the type's own schema, and a change that is published as a new version.

What an administrator saves here is at once what the world sees, as on the page itself with „Zapisz i opublikuj”.
"""

from __future__ import annotations

from typing import Any

import colander
import deform.widget
from substanced.form import FormError
from substanced.property import PropertySheet
from substanced.schema import CSRFToken, RemoveCSRFMapping

from .. import permissions
from ..editing.choices import offer_choices, with_uniform_paths
from ..editing.forms import MARK, mark_node, plain, shown
from ..editing.openings import collision, mark_of
from ..editing.people import actor, shown_name
from ..interfaces import IContent
from ..publishing import lifecycle
from ..publishing.content import Content
from ..publishing.lifecycle import LifecycleError, site_of
from ..publishing.schema import RichTextWidget

NOTE = "Zmiana w panelu zarządzania"


class ContentSheet(PropertySheet):
    """Fields of a content object, as the world sees them now."""

    permissions = (("view", permissions.EDIT), ("change", permissions.PUBLISH))

    def __init__(self, context: Content, request: Any) -> None:
        super().__init__(context, request)
        self.schema = sheet_schema(context)

    def get(self) -> dict[str, Any]:
        """The published fields, and what they were when the form was opened."""
        return {**shown(with_uniform_paths(self.context.fields)), MARK: mark_of(self.context.fields)}

    def set(self, struct: dict[str, Any], omit: Any = ()) -> bool:
        """Save, and publish what is published.

        :raises FormError: an editor's working copy or somebody's newer change stands in the way, or the type refuses the values.
        """
        fields = self._fields(struct)
        self._check_nobody_else(struct.get(MARK, ""), fields)
        if fields == dict(self.context.fields):
            return False
        registry, who = self.request.registry, actor(self.request)
        lifecycle.edit(registry, self.context, fields, who)
        if self.context.state == "published":
            try:
                lifecycle.publish(registry, self.context, who, NOTE)
            except LifecycleError as error:
                raise FormError(str(error)) from None
        return True

    def _fields(self, struct: dict[str, Any]) -> dict[str, Any]:
        names = {node.name for node in self.context.schema().children}
        taken = plain({name: value for name, value in struct.items() if name in names})
        kept = {name: value for name, value in self.context.fields.items() if name in names and name not in taken}
        try:
            return self.context.parse({**kept, **taken}) if kept else taken
        except colander.Invalid as error:
            raise FormError(" ".join(error.asdict(translate=str).values())) from None

    def _check_nobody_else(self, mark: str, fields: dict[str, Any]) -> None:
        copy = self.context.working_copy
        if copy is not None:
            who = shown_name(site_of(self.context), copy.by)
            raise FormError(
                f"Ten obiekt ma kopię roboczą ({who}). Najpierw opublikuj ją albo porzuć na stronie obiektu."
            )
        if collision(mark, dict(self.context.fields), fields) is not None:
            raise FormError("Ktoś zmienił ten obiekt, odkąd otwarto formularz. Otwórz go na nowo i powtórz zmiany.")

    def after_set(self, changed: bool) -> None:
        """Nothing: `lifecycle` has announced the change."""


def sheet_schema(content: Content) -> colander.SchemaNode:
    """The type's schema for a stock form: plain text areas for rich text, choices of the site, without what sub-pages edit."""
    schema = content.schema()
    for node in list(schema.children):
        if node.widget is not None and node.widget.hidden:
            del schema[node.name]
        elif isinstance(node.widget, RichTextWidget):
            node.widget = deform.widget.TextAreaWidget(rows=10)
    offer_choices(schema, site_of(content), with_uniform_paths(content.fields))
    schema.typ = RemoveCSRFMapping()
    schema.add(CSRFToken(name="_csrf_token_"))
    schema.add(mark_node(""))
    return schema


def includeme(config: Any) -> None:
    config.add_propertysheet("Dane", ContentSheet, IContent)
