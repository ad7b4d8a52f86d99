"""Editing a form's questions in the browser: a list of pages and fields, and one small typed form for each.

`/formularze/x/edytuj-pytania` is the list; `…/{page}`, `…/{page}/{field}` (and deeper, for groups and repeats) edit
one,
`…/nowa-strona` and `…/{page}/nowe-pole?rodzaj=…` add one. Each change is checked with the whole form and kept by
`publishing.lifecycle.edit`, so a published form goes on as it was until its working copy is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import colander
import deform.widget
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from .. import permissions
from ..interfaces import IEForm
from ..publishing import lifecycle, schema
from ..web.forms import Button, FormView, Rejected
from . import conditions, outline
from .definition import ID, MAX_HINT, MAX_LABEL, Definition
from .errors import DefinitionError
from .fields import PREFILLS, TYPES, Field, FieldType
from .resources import with_pages
from .schemas import clean_pages

NAME = "edytuj-pytania"
NEW_PAGE, NEW_FIELD = "nowa-strona", "nowe-pole"
OPERATORS = (
    ("is", "jest"),
    ("not", "nie jest"),
    ("in", "jest jednym z (wartości po przecinku)"),
    ("contains", "zaznaczono wśród odpowiedzi"),
    ("filled", "jest wypełnione (tak albo nie)"),
    ("gt", "jest większe niż"),
    ("ge", "jest co najmniej"),
    ("lt", "jest mniejsze niż"),
    ("le", "jest najwyżej"),
)
HOW = (("all", "Gdy spełnione są wszystkie warunki"), ("any", "Gdy spełniony jest którykolwiek"))
MAX_CONDITIONS = 10


@view_config(context=IEForm, name=NAME, permission=permissions.EDIT, renderer="templates/questions.pt")
def questions(context: Any, request: Any) -> Any:
    """Dispatch by what the address names."""
    match tuple(request.subpath):
        case ():
            return QuestionList(context, request)()
        case (last,) if last == NEW_PAGE:
            return NewPage(context, request)()
        case (_,):
            return EditPage(context, request)()
        case (*_, last) if last == NEW_FIELD:
            return NewField(context, request)()
        case _:
            return EditField(context, request)()


class _Editing:
    """What every editing view knows: the form's data as editors see it, and how to keep a change."""

    context: Any
    request: Any

    @property
    def fields(self) -> dict[str, Any]:
        found: dict[str, Any] = with_pages(self.context.edited_fields())
        return found

    @property
    def definition(self) -> Definition:
        return Definition.from_fields(self.fields)

    def path(self, *elements: str) -> str:
        address: str = self.request.layout.path(self.context, NAME, *elements)
        return address

    def keep(self, pages: outline.Data) -> None:
        """Check and keep changed pages. :raises DefinitionError: they make no form that can be filled in."""
        fields = outline.checked(self.fields, clean_pages(pages))
        lifecycle.edit(self.request.registry, self.context, fields, self.request.layout.user.login)


class QuestionList(_Editing):
    """The list of pages and fields, with buttons that move and remove them."""

    def __init__(self, context: Any, request: Any) -> None:
        self.context = context
        self.request = request

    def __call__(self) -> Any:
        if self.request.method == "POST":
            return self.change()
        return {
            "title": f"Pytania formularza „{self.fields['title']}”",
            "pages": list(outline.summary(self.definition)),
            "types": [(kind.name, kind.title) for kind in TYPES.values()],
            "nestable": [(kind.name, kind.title) for kind in TYPES.values() if not kind.rows],
            "path": self.path,
            "new_page": NEW_PAGE,
            "new_field": NEW_FIELD,
            "published": self.context.state == "published",
            "has_copy": self.context.working_copy is not None,
            "form": None,
        }

    def change(self) -> Any:
        """Move or remove one: `_zmiana` is `up:page/field`, `down:…` or `remove:…`."""
        order = self.request.POST.get("_zmiana")
        action, _, where = order.partition(":") if isinstance(order, str) else ("", "", "")
        path = tuple(where.split("/"))
        pages = self.fields["pages"]
        try:
            if action == "remove":
                changed = outline.removed(pages, path)
            elif action in {"up", "down"}:
                changed = outline.moved(pages, path, -1 if action == "up" else 1)
            else:
                raise HTTPNotFound()
            self.keep(changed)
        except outline.NoSuchPlace:
            raise HTTPNotFound() from None
        except DefinitionError as error:
            self.request.session.flash(f"Tej zmiany nie można zrobić. {error}", "warning")
            return HTTPSeeOther(self.path())
        return HTTPSeeOther(f"{self.path()}#{'-'.join(path if action != 'remove' else path[:-1])}")


def _conditions(fields: list[Field]) -> colander.SchemaNode:
    """Rows of a condition: a field that stands before, an operator, a value."""
    row = colander.SchemaNode(colander.Mapping(), name="condition_row", title="Warunek")
    row.add(schema.choice("Pole", [(field.id, f"{field.label} ({field.id})") for field in fields], name="field"))
    row["field"].widget = deform.widget.SelectWidget(values=[("", "Wybierz pole"), *row["field"].widget.values])
    row.add(schema.choice("Jak", list(OPERATORS), name="operator"))
    row.add(schema.text("Wartość", name="value", required=False, max_length=300))
    return schema.rows(
        "Warunki",
        row,
        max_rows=MAX_CONDITIONS,
        name="conditions",
        description="Bez warunków pyta się zawsze. Odpowiedź wpisz tak, jak ją widać na liście, na przykład: Tak.",
    )


class _Form(_Editing, FormView):
    """A form of one page or field."""

    buttons = (Button("zapisz", "Zapisz"), Button("wroc", "Wróć bez zapisywania", "secondary", type="submit"))

    def __call__(self) -> Any:
        if self.request.method == "POST" and "wroc" in self.request.POST:
            return HTTPSeeOther(self.path())
        try:
            return super().__call__()
        except outline.NoSuchPlace:
            raise HTTPNotFound() from None

    @property
    def place(self) -> outline.Path:
        """Where the page or field stands."""
        return tuple(self.request.subpath)

    def raw(self) -> dict[str, Any]:
        """The page or field as it is, as data."""
        return outline.item_at(self.fields["pages"], self.place)

    def condition_nodes(self) -> list[colander.SchemaNode]:
        """Nodes of the condition; none where nothing stands before."""
        before = outline.fields_before(self.definition, self.place)
        raw = self.raw().get("condition")
        if not before:
            return []
        nodes = [
            schema.choice("Kiedy pytać", list(HOW), name="how"),
            _conditions(before),
        ]  # fmt: skip
        if outline.condition_rows(raw) is None:
            nodes[1].description = (
                "To pole ma złożony warunek, który zostanie bez zmian, jeśli nie dodasz tu wierszy: "
                f"{self._words(raw)}. Wiersze zastąpią go w całości."
            )
        return nodes

    def _words(self, raw: Any) -> str:
        row = next((field.fields for field in self.definition.walk() if field.kind.rows and field.id in self.place), ())
        return self.definition.describe(conditions.parse(raw, "condition"), row)

    def condition_values(self) -> dict[str, Any]:
        found = outline.condition_rows(self.raw().get("condition"))
        how, rows = found if found is not None else ("all", [])
        return {"how": how, "conditions": rows}

    def condition(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """`{"condition": …}` from the form's rows, or nothing."""
        raw = self.raw().get("condition")
        rows = values.get("conditions") or ()
        if not rows and outline.condition_rows(raw) is None:
            return {"condition": raw}
        found = outline.condition_of(
            values.get("how") or "all", rows, outline.fields_before(self.definition, self.place)
        )
        return {"condition": found} if found is not None else {}

    def show(self, form: Any) -> dict[str, Any]:
        return {**super().show(form), "path": self.path}

    def success(self, values: Any, button: str) -> Any:
        try:
            self.keep(self.changed(values))
        except DefinitionError as error:
            raise Rejected(error.reason if not error.path else f"{error.reason} ({error.path})") from None
        return HTTPSeeOther(f"{self.path()}#{'-'.join((*self.place[:-1], values['id']))}")

    def changed(self, values: Mapping[str, Any]) -> outline.Data:
        """All pages with the change made. :raises DefinitionError: a value is wrong."""
        raise NotImplementedError


def _id_node() -> colander.SchemaNode:
    return schema.text(
        "Identyfikator",
        name="id",
        max_length=40,
        validator=colander.Regex(ID, msg="Zacznij od litery; tylko a-z, 0-9 i podkreślenie."),
        description="Krótka nazwa bez polskich liter, do warunków i wzorów, na przykład data_od.",
    )


class EditPage(_Form):
    """A page's own data."""

    title = "Strona formularza"

    def make_schema(self) -> colander.SchemaNode:
        self.raw()
        node = colander.SchemaNode(colander.Mapping())
        node.add(schema.text("Tytuł strony", name="title", max_length=200))
        node.add(_id_node())
        node.add(schema.rich_text("Wstęp", name="intro", max_length=20_000))
        for one in self.condition_nodes():
            node.add(one)
        return node

    def initial(self) -> Any:
        raw = self.raw()
        return {**{key: raw[key] for key in ("title", "id", "intro") if raw.get(key)}, **self.condition_values()}

    def item(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = {"id": values["id"], "title": values["title"]}
        if values.get("intro"):
            found["intro"] = values["intro"]
        return {**found, **self.condition(values)}

    def changed(self, values: Mapping[str, Any]) -> outline.Data:
        return outline.replaced(self.fields["pages"], self.place, self.item(values))


class NewPage(EditPage):
    """One more page, at the end."""

    title = "Nowa strona formularza"

    def raw(self) -> dict[str, Any]:
        return {}

    def changed(self, values: Mapping[str, Any]) -> outline.Data:
        return outline.added(self.fields["pages"], (), {**self.item(values), "fields": []})


class EditField(_Form):
    """A field's data: what every field has, and the keys of its type."""

    @property
    def kind(self) -> FieldType:
        return TYPES[self.raw()["type"]]

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Pole: {self.kind.title}"

    def in_repeat(self) -> bool:
        pages = self.fields["pages"]
        above = [self.place[:length] for length in range(2, len(self.place))]
        return any(TYPES[outline.item_at(pages, path)["type"]].rows for path in above)

    def make_schema(self) -> colander.SchemaNode:
        kind = self.kind
        node = colander.SchemaNode(colander.Mapping())
        node.add(schema.text("Pytanie (etykieta)", name="label", max_length=MAX_LABEL))
        node.add(_id_node())
        node.add(schema.long_text("Podpowiedź", name="hint", max_length=MAX_HINT, rows=2))
        if kind.answers:
            node.add(colander.SchemaNode(
                colander.Boolean(), name="required", title="Odpowiedź jest wymagana", missing=False,
                widget=deform.widget.CheckboxWidget(),
            ))  # fmt: skip
        for key in kind.keys:
            if key.node is not None:
                node.add(key.node())
        if kind.prefills and not self.in_repeat():
            known = [(name, PREFILLS[name]) for name in PREFILLS if name in kind.prefills]
            node.add(schema.choice("Wypełnij z konta", known, name="prefill", required=False))
            node["prefill"].widget = deform.widget.SelectWidget(values=[("", "Nie wypełniaj"), *known])
        for one in self.condition_nodes():
            node.add(one)
        return node

    def initial(self) -> Any:
        raw = self.raw()
        names = ("label", "id", "hint", "required", "prefill", *(key.name for key in self.kind.keys))
        return {**{name: raw[name] for name in names if raw.get(name) not in (None, "")}, **self.condition_values()}

    def item(self, values: Mapping[str, Any]) -> dict[str, Any]:
        kind = self.kind
        found: dict[str, Any] = {"id": values["id"], "type": kind.name, "label": values["label"]}
        if values.get("hint"):
            found["hint"] = values["hint"]
        for name in ("required", "prefill"):
            if values.get(name):
                found[name] = values[name]
        for key in kind.keys:
            value = _as_data(values.get(key.name))
            if value not in (None, "", False, []):
                found[key.name] = value
        return {**found, **self.condition(values)}

    def changed(self, values: Mapping[str, Any]) -> outline.Data:
        return outline.replaced(self.fields["pages"], self.place, self.item(values))


class NewField(EditField):
    """One more field, at the end of its page, group or repeat."""

    def raw(self) -> dict[str, Any]:
        kind = self.request.GET.get("rodzaj", "")
        container = self.place[:-1]
        above = outline.item_at(self.fields["pages"], container)
        if kind not in TYPES or not (len(container) == 1 or _holds_fields(TYPES[above["type"]])):
            raise HTTPNotFound()
        return {"type": kind}

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Nowe pytanie: {self.kind.title}"

    def changed(self, values: Mapping[str, Any]) -> outline.Data:
        return outline.added(self.fields["pages"], self.place[:-1], self.item(values))


def _holds_fields(kind: FieldType) -> bool:
    return kind.transparent or kind.rows


def _as_data(value: Any) -> Any:
    """A value of the editing form as content files have it."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Decimal):
        return str(value)
    return value
