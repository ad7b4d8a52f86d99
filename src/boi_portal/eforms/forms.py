"""The form of one page: its controls with what was typed and what is wrong, and what was posted turned back into what
was typed.

Between a definition and deform. It decides nothing about answers (`answers` does) and stores nothing (drafts do):
files that
were posted are handed to the caller's `take`.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import colander
from deform.template import ZPTRendererFactory

from ..publishing import richtext
from ..web import formfields, messages
from ..web.forms import PortalForm
from ..web.polish import file_size
from .answers import Path as AnswerPath
from .answers import is_filled_row
from .conditions import Condition
from .definition import Definition, Page
from .fields import Field
from .fields.composite import MAX_ROWS, Address, FilesWidget, Repeat
from .fields.plain import Computed

MAX_TYPED = 25_000  # characters of one control that are kept
FORM_PREFIX = "pytanie"
TYPE_EXTENSIONS = {"jpg": ("jpg", "jpeg")}

_HERE = Path(__file__).parent / "deform_templates"
_zpt = ZPTRendererFactory(
    (str(_HERE), str(Path(formfields.__file__).parent / "deform_templates")),
    auto_reload=False,
    translator=messages.polish,
)

# take(field, ids of files that were kept, posted files, where) -> ids of all files of the field
Take = Callable[[Field, list[str], list[Any], AnswerPath], list[str]]


def render_template(name: str, **values: Any) -> str:
    """Deform's renderer of form pages: own templates before the portal's."""

    def inner() -> str:
        return formfields.render_template(name, **values)

    html: str = _zpt(
        name, own=formfields.FieldMarkup(values["field"]), inner=inner, markup=richtext.markup, size_text=file_size,
        accepted=accepted_extensions, **values,
    )  # fmt: skip
    return html


# deform asks the renderer of a field for its translator
render_template.translate = messages.polish  # type: ignore[attr-defined]


def accepted_extensions(field: Field) -> tuple[str, ...]:
    """Extensions that a file field takes."""
    return tuple(name for kind in field.options["accept"] for name in TYPE_EXTENSIONS.get(kind, (kind,)))


@dataclasses.dataclass(frozen=True)
class PageState:
    """What a page's form shows: what was typed, values that were read (for computed fields), what is wrong, stored
    files."""

    typed: Mapping[str, Any]
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    errors: Mapping[AnswerPath, str] = dataclasses.field(default_factory=dict)
    files: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class PageForm(PortalForm):
    """The form of one page. `known` are values of the pages before: what they rule out is not even shown."""

    def __init__(
        self, definition: Definition, page: Page, known: Mapping[str, Any], request: Any, today: datetime.date
    ) -> None:
        self.definition = definition
        self.shown = _still_possible(page.fields, _settled(definition, page, known))
        super().__init__(self._schema(today), request, formid="strona")
        for field in _all_fields(self):
            field.renderer = render_template

    def _schema(self, today: datetime.date) -> colander.SchemaNode:
        schema = colander.SchemaNode(colander.Mapping())
        for field in self.shown:
            schema.add(field.kind.node(field, today))
        self._explain(schema, ())
        return schema

    def _explain(self, node: colander.SchemaNode, row: tuple[Field, ...]) -> None:
        """Put conditions into words and data, for people and for the script."""
        for child in node.children:
            field = getattr(child, "eform_field", None)
            if field is not None and field.condition is not None:
                child.condition_data = json.dumps(field.condition.data(), ensure_ascii=False)
                child.condition_words = self.definition.describe(field.condition, row)
            self._explain(child, field.fields if field is not None and field.kind.rows else row)

    def fill(self, state: PageState) -> None:
        """Show what was typed and what is wrong."""
        for field in _all_fields(self):
            if isinstance(field.widget, FilesWidget):
                field.widget.files = state.files
        self.cstruct = _cstruct(self.shown, state.typed, state.values)
        _make_rows(self)
        for path, message in state.errors.items():
            target = _locate(self, path) or self
            target.error = colander.Invalid(target.schema, message)

    def body(self) -> str:
        """The controls, as HTML; ids of rows are settled by drawing them, so errors are asked for afterwards."""
        return "".join(child.render_template("mapping_item") for child in self.children)

    def posted(self, controls: Sequence[tuple[str, Any]], order: str, take: Take) -> dict[str, Any]:
        """What was typed, by field id, with the rows changed as the button `order` says; without fields that are not
        shown."""
        pstruct = self.read(
            [pair for pair in controls if not pair[0].startswith("_") or pair[0] in ("__start__", "__end__")]
        )
        if order:
            pstruct = formfields.change_rows(pstruct, order)
        return _typed(self.shown, pstruct, take, ())


def _all_fields(field: Any) -> Iterable[Any]:
    for child in field.children:
        yield child
        yield from _all_fields(child)


def _settled(definition: Definition, page: Page, known: Mapping[str, Any]) -> dict[str, Any]:
    """Answers of earlier pages; what is hidden there is settled too: it has none."""
    settled: dict[str, Any] = {}
    for earlier in definition.pages:
        if earlier.id == page.id:
            return settled
        settled.update((field.id, known.get(field.id)) for field in earlier.walk())
    return settled


def _still_possible(fields: Sequence[Field], settled: dict[str, Any]) -> tuple[Field, ...]:
    """The fields that can still be asked on this page, with what is left of their conditions.

    What is ruled out is added to `settled`: it has no answer, and what depends on it is ruled out, too.
    """
    found = []
    for field in fields:
        rest: Condition | bool | None = field.condition.given(settled) if field.condition is not None else None
        if rest is False:
            settled.update((one.id, None) for one in field.walk())
            continue
        inner = settled
        if field.kind.rows:  # what a row has of its own hides what an earlier page has under the same id
            own = {one.id for row_field in field.fields for one in row_field.walk()}
            inner = {name: value for name, value in settled.items() if name not in own}
        found.append(
            dataclasses.replace(
                field, condition=None if rest is True else rest, fields=_still_possible(field.fields, inner)
            )
        )
    return tuple(found)


def _cstruct(fields: Sequence[Field], typed: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        if field.kind.transparent:
            found[field.id] = _cstruct(field.fields, typed, values)
        elif isinstance(field.kind, Repeat):
            found[field.id] = _row_cstructs(field, typed.get(field.id), values.get(field.id))
        elif isinstance(field.kind, Computed):
            found[field.id] = field.kind.value_text(field, values.get(field.id)) or colander.null
        else:
            raw = typed.get(field.id)
            found[field.id] = colander.null if raw is None else raw
    return found


def _row_cstructs(field: Field, rows: Any, values: Any) -> list[dict[str, Any]]:
    """One cstruct a row; blank rows have no values, so the values of the others are taken in turn."""
    read = iter(values or ())
    return [
        _cstruct(field.fields, row, next(read, {}) if is_filled_row(row) else {})
        for row in (rows if isinstance(rows, list | tuple) else ())
        if isinstance(row, Mapping)
    ]


def _make_rows(field: Any) -> None:
    for child in field.children:
        if isinstance(child.widget, formfields.RowsWidget):
            values = list(child.cstruct) if isinstance(child.cstruct, list) else []
            values += [colander.null] * ((child.widget.min_len or 0) - len(values))
            child.sequence_fields = [_row(child, value) for value in values]
        else:
            _make_rows(child)


def _row(field: Any, value: Any) -> Any:
    row = field.children[0].clone()
    if value is not colander.null:
        row.cstruct = value
    return row


def _locate(form: Any, path: AnswerPath) -> Any:
    """The deform field at a path; groups are not part of paths."""
    field = form
    for step in path:
        if isinstance(step, int):
            rows = getattr(field, "sequence_fields", ())
            field = rows[step] if step < len(rows) else None
        else:
            field = _inside(field, step)
        if field is None:
            return None
    return field


def _inside(field: Any, name: str) -> Any:
    for child in field.children:
        if child.name == name:
            return child
        asked = getattr(child.schema, "eform_field", None)
        if asked is not None and asked.kind.transparent and (found := _inside(child, name)) is not None:
            return found
    return None


def _typed(fields: Sequence[Field], pstruct: Any, take: Take, path: AnswerPath) -> dict[str, Any]:
    given = pstruct if isinstance(pstruct, Mapping) else {}
    found: dict[str, Any] = {}
    for field in fields:
        raw = given.get(field.id, colander.null)
        here = (*path, field.id)
        if field.kind.transparent:
            found.update(_typed(field.fields, raw, take, path))
        elif isinstance(field.kind, Repeat):
            rows = raw if isinstance(raw, list) else []
            found[field.id] = [
                _typed(field.fields, row, take, (*here, place)) for place, row in enumerate(rows[: MAX_ROWS + 1])
            ]
        elif field.kind.files:
            found[field.id] = _files(field, raw, take, here)
        elif isinstance(field.kind, Address):
            parts = raw if isinstance(raw, Mapping) else {}
            found[field.id] = {part.id: _text(parts.get(part.id)) for part in field.kind.parts(field)}
        elif field.kind.answers:
            found[field.id] = [_text(item) for item in raw[:200]] if isinstance(raw, list | tuple) else _text(raw)
    return found


def _text(raw: Any) -> str:
    return raw[:MAX_TYPED] if isinstance(raw, str) else ""


def _files(field: Field, raw: Any, take: Take, path: AnswerPath) -> list[str]:
    given = raw if isinstance(raw, Mapping) else {}
    kept, uploads = given.get("kept"), given.get("uploads")
    ids = [item for item in kept if isinstance(item, str)] if isinstance(kept, list) else []
    posted = [item for item in uploads if hasattr(item, "filename")] if isinstance(uploads, list) else []
    return take(field, ids, posted, path)
