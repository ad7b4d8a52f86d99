"""Fields of a form as the portal draws and reads them: own widgets, own templates, ids that do not change, accessible markup.

Works on deform's fields of one form, inside one request. Deform's global defaults stay as they are: the management interface uses
them. Stock templates of deform are never fallen back to, because they hold inline scripts.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import colander
import deform
import deform.widget
from deform.template import ZPTRendererFactory

from . import messages, polish

MAX_ROWS = 100  # of one list, where its widget does not say less
ROWS_CONTROL = "__rows__"
ID_PREFIX = "pole"

_GROUPED = {"radio_choice", "checkbox_choice", "checked_password", "checked_input"}
_CHOSEN = {"radio_choice", "checkbox_choice", "select", "checkbox"}
_WIDTHS = (6, 14, 30)  # characters; a wider field takes the whole measure

_zpt = ZPTRendererFactory(
    (str(Path(__file__).parent / "deform_templates"),), auto_reload=False, translator=messages.polish
)


def render_template(name: str, **values: Any) -> str:
    """Deform's renderer of the portal: a template of `deform_templates/`, which also gets `own`, the field's markup.

    `mapping_item`, the frame around a control, is a template for each kind of field.
    """
    field = values["field"]
    own = FieldMarkup(field)
    if name == "mapping_item":
        if own.kind in {"hidden", "structural"}:
            return str(field.serialize(values.get("cstruct", field.cstruct)))
        name = f"item_{own.kind}"
    html: str = _zpt(name, own=own, **values)
    return html.strip()


# deform asks the renderer of a field for its translator
render_template.translate = messages.polish  # type: ignore[attr-defined]


class DateWidget(deform.widget.TextInputWidget):
    """A date in one text field, typed as people write it and kept as `YYYY-MM-DD`.

    Text rather than the browser's picker: the picker's format follows the browser's language and not the page's, it cannot show
    again what was typed wrong, and choosing a year of birth in it is slow. What cannot be read stays as typed, for the
    validator to refuse and the person to correct.
    """

    template = "dateinput"

    def serialize(self, field: Any, cstruct: Any, **kw: Any) -> str:
        day = polish.read_date(cstruct) if isinstance(cstruct, str) else None
        html: str = super().serialize(field, polish.short_date(day) if day else cstruct, **kw)
        return html

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        typed = super().deserialize(field, pstruct)
        day = polish.read_date(typed) if isinstance(typed, str) else None
        return day.isoformat() if day else typed


class RowsWidget(deform.widget.SequenceWidget):
    """A list whose rows are added, removed and moved by submit buttons, so that it works without a script."""

    orderable = True
    add_subitem_text_template = "Dodaj: ${subitem_title}"

    @property
    def limit(self) -> int:
        """How many rows are read at most."""
        return min(self.max_len or MAX_ROWS, MAX_ROWS)

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        rows = pstruct if isinstance(pstruct, list) else []
        cstruct, error = _read_rows(super(), field, rows[: self.limit])
        _name_rows(field, field.sequence_fields)
        if len(rows) > self.limit:
            error = error or colander.Invalid(field.schema, value=cstruct)
            error.msg = f"Podaj najwyżej {polish.counted(self.limit, 'pozycję', 'pozycje', 'pozycji')}."
        if error is not None:
            raise error
        return cstruct

    def serialize(self, field: Any, cstruct: Any, **kw: Any) -> str:
        values = list(cstruct) if cstruct not in (colander.null, None) else []
        values += [colander.null] * ((self.min_len or 0) - len(values))
        rows = list(getattr(field, "sequence_fields", None) or ())
        for value in values[len(rows) :]:
            row = field.children[0].clone()
            if value is not colander.null:
                row.cstruct = value
            rows.append(row)
        _name_rows(field, rows)
        return render_template(self.template, **{**kw, "field": field, "cstruct": cstruct, "rows": rows})


def _read_rows(widget: Any, field: Any, rows: list[Any]) -> tuple[Any, colander.Invalid | None]:
    try:
        return widget.deserialize(field, rows), None
    except colander.Invalid as error:
        return error.value, error


def _name_rows(field: Any, rows: list[Any]) -> None:
    for index, row in enumerate(rows):
        row.title = f"{field.children[0].schema.title} {index + 1}"
        _name_field(row, f"{field.oid}-{index}", f"{field.form_path}.{index}")


def prepare(form: Any, prefix: str = ID_PREFIX) -> None:
    """Give every field of a new form an id made from its name, and the portal's own widget where deform has a poorer one."""
    for child in form.children:
        _name_field(child, f"{prefix}-{child.name}", child.name)


def _name_field(field: Any, oid: str, path: str) -> None:
    field.oid = oid
    field.form_path = path
    field.widget = _own_widget(field.widget)
    for child in field.children:
        _name_field(child, f"{oid}-{child.name}", f"{path}.{child.name}")


def _own_widget(widget: Any) -> Any:
    kind = type(widget)
    given = {name: value for name, value in vars(widget).items() if name not in {"type", "requirements"}}
    if kind is deform.widget.SequenceWidget:
        return RowsWidget(**given)
    if kind is deform.widget.DateInputWidget or (
        kind is deform.widget.TextInputWidget and getattr(widget, "type", "") == "date"
    ):
        return DateWidget(**given)
    return widget


class FieldMarkup:
    """What a field's template needs: its texts, its ids, its aria attributes."""

    def __init__(self, field: Any) -> None:
        self.field = field
        self.id: str = field.oid
        self.label: str = field.title
        self.hint: str = field.description or ""
        self.required: bool = bool(field.required) and not isinstance(field.typ, (colander.Mapping, colander.Sequence))
        self.hint_id = f"{self.id}-podpowiedz"
        self.error_id = f"{self.id}-blad"

    @property
    def kind(self) -> str:
        """How the field is wrapped: `hidden`, `structural`, `checkbox`, `group` or `simple`."""
        widget = self.field.widget
        if widget.hidden:
            return "hidden"
        if isinstance(self.field.typ, colander.Mapping) and widget.category == "structural":
            return "structural"
        if isinstance(widget, RowsWidget):
            return "structural"
        if widget.template == "checkbox":
            return "checkbox"
        return "group" if widget.template in _GROUPED else "simple"

    @property
    def messages(self) -> list[str]:
        """What is wrong with this field itself, in Polish."""
        error = self.field.error
        if error is None:
            return []
        return [self._message(message) for message in error.messages()]

    def _message(self, message: Any) -> str:
        if str(message) == "Required":
            return messages.required(self.label, choice=self.field.widget.template in _CHOSEN)
        return messages.polish(message)

    @property
    def described_by(self) -> str | None:
        """Ids of hint and error, for `aria-describedby`."""
        ids = [self.hint_id] if self.hint else []
        if self.messages:
            ids.append(self.error_id)
        return " ".join(ids) or None

    @property
    def type(self) -> str:
        """The type of an input."""
        return getattr(self.field.widget, "type", None) or "text"

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of the control: what the widget and the schema node say, and aria."""
        schema, widget = self.field.schema, self.field.widget
        found = {name: getattr(schema, name) for name in ("autocomplete", "inputmode") if getattr(schema, name, None)}
        found.update(getattr(widget, "attributes", None) or {})
        if self.kind != "group":
            found["aria-describedby"] = self.described_by
            found["aria-invalid"] = "true" if self.messages else None
        return {name: value for name, value in found.items() if value is not None}

    @property
    def width(self) -> str:
        """The class that makes a field as wide as what goes into it."""
        longest = _longest(self.field.schema.validator)
        fits = next((width for width in _WIDTHS if longest and longest <= width), None)
        return f"input-{fits}" if fits else ""

    @property
    def target(self) -> str:
        """The id that a link of the error summary leads to."""
        if self.kind == "hidden":
            return ""
        return f"{self.id}-0" if self.field.widget.template in {"radio_choice", "checkbox_choice"} else self.id

    @property
    def path(self) -> str:
        """Where the field stands in the form, e.g. `hours.0.from`; for the buttons of rows."""
        path: str = self.field.form_path
        return path


def _longest(validator: Any) -> int | None:
    if isinstance(validator, colander.Length):
        longest: int | None = validator.max if validator.max and validator.max > 0 else None
        return longest
    if isinstance(validator, colander.All):
        return next(filter(None, map(_longest, validator.validators)), None)
    return None


@dataclasses.dataclass(frozen=True)
class FormError:
    """One line of the error summary: what to do, and the id of the field it is about (empty: the whole form)."""

    text: str
    target: str = ""


def errors_of(field: Any, row: str = "") -> Iterator[FormError]:
    """Everything wrong in a form, in reading order. An error inside a row names the row."""
    markup = FieldMarkup(field)
    where = f" ({row})" if row else ""
    target = "" if field.parent is None and isinstance(field, deform.Form) else markup.target
    for text in markup.messages:
        yield FormError(text + where, target)
    if isinstance(field.widget, RowsWidget):
        for item in getattr(field, "sequence_fields", ()):
            yield from errors_of(item, item.title if item.children else row)
        return
    for child in field.children:
        yield from errors_of(child, row)


def find_field(form: Any, path: str) -> Any:
    """The field at a dotted path of names and row numbers, or None."""
    field = form
    for step in path.split("."):
        rows = getattr(field, "sequence_fields", None)
        if rows is not None and step.isdigit():
            field = rows[int(step)] if int(step) < len(rows) else None
        else:
            field = next((child for child in field.children if child.name == step), None)
        if field is None:
            return None
    return field


def shaped(field: Any, pstruct: Any) -> Any:
    """`pstruct` with everything left out that this field's controls cannot have sent.

    Deform and colander raise anything at all on values of the wrong shape; after this only values can be wrong.
    """
    if isinstance(field.widget, RowsWidget):
        rows = pstruct if isinstance(pstruct, list) else []
        return [shaped(field.children[0], row) for row in rows]
    if isinstance(field.widget, deform.widget.MappingWidget):
        given = pstruct if isinstance(pstruct, dict) else {}
        return {child.name: shaped(child, given.get(child.name, colander.null)) for child in field.children}
    if isinstance(field.widget, (deform.widget.CheckedInputWidget, deform.widget.FileUploadWidget)):
        return pstruct if isinstance(pstruct, dict) else colander.null
    if isinstance(field.widget, deform.widget.CheckboxChoiceWidget) or getattr(field.widget, "multiple", False):
        return [item for item in pstruct if isinstance(item, str)] if isinstance(pstruct, list) else colander.null
    return pstruct if isinstance(pstruct, str) else colander.null


def posted_text(request: Any, name: str) -> str:
    """The text that a control sent; empty where it sent none, or a file in its place."""
    value = request.POST.get(name)
    return value if isinstance(value, str) else ""


def change_rows(pstruct: dict[str, Any], order: str) -> dict[str, Any]:
    """What was posted, with one row added, removed or moved.

    `order` is `add:path`, `remove:path.2`, `up:path.2` or `down:path.2`; one that makes no sense changes nothing.
    """
    action, _, path = order.partition(":")
    result = copy.copy(pstruct)
    steps = path.split(".")
    number = None if action == "add" else steps.pop()
    rows = _list_at(result, steps)
    if rows is None:
        return pstruct
    if action == "add" and len(rows) < MAX_ROWS:
        rows.append(colander.null)
    elif number is not None and _is_place(number, rows):
        _change(rows, action, int(number))
    return result


def _is_place(text: str, rows: list[Any]) -> bool:
    """Whether `text` is the number of one of the rows. Long numbers are not even read: Python refuses some of them."""
    return text.isdecimal() and len(text) < 6 and int(text) < len(rows)


def _change(rows: list[Any], action: str, index: int) -> None:
    if action == "remove":
        del rows[index]
    elif action == "up" and index > 0:
        rows[index - 1], rows[index] = rows[index], rows[index - 1]
    elif action == "down" and index + 1 < len(rows):
        rows[index + 1], rows[index] = rows[index], rows[index + 1]


def _list_at(struct: Any, steps: list[str]) -> list[Any] | None:
    for step in steps:
        if isinstance(struct, dict):
            struct = struct.get(step)
        elif isinstance(struct, list) and _is_place(step, struct):
            struct = struct[int(step)]
        else:
            return None
    return struct if isinstance(struct, list) else None
