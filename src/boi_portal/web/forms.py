"""The one way of a form: show it, read it, refuse it with words, or hand its values on.

A GET shows the form. A POST that fails answers 422 with the same page, an error summary whose links lead to the fields, and all
that was typed. A POST of a row's button changes the list and shows the form again; nothing is validated and nothing is lost.
Only a valid POST reaches `success`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import colander
import deform
import peppercorn
from deform.widget import FileUploadWidget
from markupsafe import Markup
from pyramid.httpexceptions import HTTPBadRequest

from . import formfields
from .formfields import DateWidget, FormError, RowsWidget

__all__ = ["Button", "DateWidget", "FormError", "FormView", "PortalForm", "Rejected", "RowsWidget"]


class Button(deform.Button):
    """A submit button. `style` is `primary`, `secondary` or `danger`."""

    def __init__(self, name: str, title: str, style: str = "primary", **kw: Any) -> None:
        super().__init__(name=name, title=title, css_class=f"btn btn-{style}", **kw)


class Rejected(Exception):
    """Raised by `success`: the values are valid, and yet it cannot be done. Whatever was written is rolled back.

    `field` is the dotted name of the field that the message (Polish) is about; empty: the whole form.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class PortalForm(deform.Form):
    """A deform form in the portal's look: own templates and widgets, ids from names, the page's request forgery token."""

    def __init__(self, schema: colander.SchemaNode, request: Any, **kw: Any) -> None:
        super().__init__(
            schema,
            renderer=formfields.render_template,
            focus="off",
            icons=icons_url(request),
            richtext_script=request.asset_path("richtext.js"),
            csrf_token=request.form_token,
            **kw,
        )
        formfields.prepare(self)

    @property
    def errors(self) -> list[FormError]:
        """Everything that is wrong, in reading order."""
        return list(formfields.errors_of(self))

    @property
    def has_required(self) -> bool:
        """Whether any field must be filled in, so that the form explains the mark."""
        return _any_field(self, lambda field: formfields.FieldMarkup(field).required)

    @property
    def has_files(self) -> bool:
        """Whether the form sends files."""
        return _any_field(self, lambda field: isinstance(field.widget, FileUploadWidget))

    def read(self, controls: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        """Posted controls as a structure of the form's shape.

        :raises HTTPBadRequest: the markers that group controls do not match: no browser sent this.
        """
        try:
            pstruct = peppercorn.parse([pair for pair in controls if pair[0] != formfields.ROWS_CONTROL])
        except (ValueError, IndexError, TypeError):
            raise HTTPBadRequest("The form's controls are not well nested") from None
        shaped: dict[str, Any] = formfields.shaped(self, pstruct)
        return shaped

    def reject(self, message: str, field: str = "") -> None:
        """Show `message` at the field of that dotted name, or above the form."""
        target = (formfields.find_field(self, field) if field else None) or self
        target.error = colander.Invalid(target.schema, message)


def _any_field(field: Any, holds: Any) -> bool:
    return any(holds(child) or _any_field(child, holds) for child in field.children)


def icons_url(request: Any) -> str:
    """The address of the sprite of icons."""
    url: str = request.asset_path("icons.svg")
    return url


class FormView:
    """Base of a view class that shows and takes a form.

    A subclass names `schema`, `title` and `buttons`, and answers `success`; it may give `initial` values and more values
    for the template (`page`). Register it for GET and POST alike, with a renderer whose template writes `${structure: form}`
    (`boi_portal.web:templates/form.pt` holds a heading and the form).
    """

    schema: ClassVar[type[colander.Schema] | colander.SchemaNode | None] = None
    title: str = ""
    lead: str = ""  # one plain paragraph above the form
    buttons: Sequence[deform.Button] = (Button("zapisz", "Zapisz"),)
    action: str = ""
    formid: str = "formularz"

    def __init__(self, context: Any, request: Any) -> None:
        self.context = context
        self.request = request

    # for subclasses

    def make_schema(self) -> colander.SchemaNode:
        """The schema, bound to this request; override to build it from data."""
        if self.schema is None:
            raise NotImplementedError(f"{type(self).__name__} names no schema")
        node = self.schema() if isinstance(self.schema, type) else self.schema.clone()
        return node.bind(request=self.request, context=self.context)

    def initial(self) -> Any:
        """Values that the form starts with (appstruct)."""
        return colander.null

    def success(self, values: Any, button: str) -> Any:
        """Do what the form is for and return a response; `button` is the name of the one that was pressed.

        :raises Rejected: it cannot be done; the form is shown again.
        """
        raise NotImplementedError

    def page(self) -> Mapping[str, Any]:
        """Further values for the template."""
        return {}

    # the way of a request

    def __call__(self) -> Any:
        form = self.make_form()
        if self.request.method != "POST":
            return self.show(form)
        controls = list(self.request.POST.items())
        pstruct = form.read(controls)
        order = self.request.POST.get(formfields.ROWS_CONTROL)
        if isinstance(order, str) and order:
            form.set_pstruct(formfields.change_rows(pstruct, order))
            return self.show(form)
        return self._submit(form, pstruct)

    def make_form(self) -> PortalForm:
        """The form, with its initial values."""
        return PortalForm(
            self.make_schema(),
            self.request,
            appstruct=self.initial(),
            buttons=self.buttons,
            action=self.action or self.request.path_qs,  # without it the address would keep the fragment of a row
            formid=self.formid,
        )

    def _submit(self, form: PortalForm, pstruct: dict[str, Any]) -> Any:
        try:
            values = form.validate_pstruct(pstruct)
        except deform.ValidationFailure:
            return self.failure(form)
        try:
            return self.success(values, self._pressed())
        except Rejected as refusal:
            self.request.tm.doom()
            form.reject(refusal.message, refusal.field)
            return self.failure(form)

    def _pressed(self) -> str:
        names = [button.name for button in self.buttons]
        return next((name for name in names if name in self.request.POST), names[0] if names else "")

    def failure(self, form: PortalForm) -> dict[str, Any]:
        """The page with what was typed and what is wrong."""
        self.request.response.status_int = 422
        return self.show(form)

    def show(self, form: PortalForm) -> dict[str, Any]:
        """The template's values."""
        return {
            "title": self.title,
            "lead": self.lead,
            "form": Markup(form.render()),  # noqa: S704 - own templates, which escape
            "errors": form.errors,
            **self.page(),
        }


def includeme(config: Any) -> None:
    reload_templates = config.registry.settings.get("reload_templates", False)
    formfields._zpt.loader.auto_reload = bool(reload_templates)
