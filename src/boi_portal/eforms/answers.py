"""Answers of a form: which fields are asked, what was typed becomes which value, what is wrong, what the portal
computes.

The one walk over a definition in reading order. A field that its condition hides is not read, not required and not in
the result; whoever
wants to know what counts asks `review` (from what was typed) or `active_fields` (from values). Knows nothing of
requests or storage.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from ..web.polish import date_text
from .conditions import is_filled
from .definition import Definition, Page
from .errors import AnswerError
from .fields import Field
from .fields.composite import MAX_ROWS, Address, Repeat
from .fields.plain import Computed

Path = tuple[str | int, ...]  # ("dzieci", 0, "imie"): where an answer stands
Typed = Mapping[
    str, Any
]  # field id -> what was typed: text, list (choices, file ids), dict (address), list of dicts (repeat)


@dataclasses.dataclass(frozen=True)
class PageReview:
    """A page as it was read: values of the fields that are asked, and what is wrong with them."""

    page: Page
    values: Mapping[str, Any]
    errors: Mapping[Path, str]
    active: frozenset[Path]


@dataclasses.dataclass(frozen=True)
class Review:
    """A whole form as it was read; pages that are skipped are not in it."""

    pages: tuple[PageReview, ...]

    @property
    def values(self) -> dict[str, Any]:
        """Every value that counts, computed ones included."""
        return {name: value for page in self.pages for name, value in page.values.items()}

    @property
    def active(self) -> frozenset[Path]:
        return frozenset(path for page in self.pages for path in page.active)

    def page(self, page_id: str) -> PageReview:
        """:raises KeyError: there is no such page, or it is skipped."""
        for page in self.pages:
            if page.page.id == page_id:
                return page
        raise KeyError(page_id)


def review(definition: Definition, typed: Mapping[str, Typed], today: datetime.date) -> Review:
    """Read what was typed, by page id; conditions are decided by the values that come out."""
    known: dict[str, Any] = {}
    pages = []
    for page in definition.pages:
        if page.condition is not None and not page.condition.holds(known.get):
            continue
        found = review_page(page, typed.get(page.id) or {}, known, today)
        known.update(found.values)
        pages.append(found)
    return Review(tuple(pages))


def review_page(page: Page, typed: Typed, known: Mapping[str, Any], today: datetime.date) -> PageReview:
    """Read one page; `known` are the values of the pages before."""
    walk = _Walk(today)
    values = walk.fields(page.fields, typed, dict(known), ())
    return PageReview(page, values, walk.errors, frozenset(walk.active))


def active_fields(definition: Definition, values: Mapping[str, Any]) -> frozenset[Path]:
    """Paths of the fields that are asked, given values by field id (rows of a repeat as a list of dicts)."""
    known: dict[str, Any] = {}
    walk = _Walk(None)
    for page in definition.pages:
        if page.condition is None or page.condition.holds(known.get):
            known.update(walk.fields(page.fields, values, known, ()))
    return frozenset(walk.active)


class _Walk:
    """Reads fields in their order. Without `today` the source holds values that are taken as they are."""

    def __init__(self, today: datetime.date | None) -> None:
        self.today = today
        self.errors: dict[Path, str] = {}
        self.active: set[Path] = set()

    def fields(self, fields: Sequence[Field], source: Typed, scope: dict[str, Any], path: Path) -> dict[str, Any]:
        """Values of `fields`; each is added to a copy of `scope` for the conditions and formulas of the next ones."""
        scope = dict(scope)
        for field in fields:  # what a row has of its own hides what the form has under the same id
            for inner in field.walk():
                scope.pop(inner.id, None)
        values: dict[str, Any] = {}
        self._each(fields, source, scope, path, values)
        return values

    def _each(
        self, fields: Sequence[Field], source: Typed, scope: dict[str, Any], path: Path, values: dict[str, Any]
    ) -> None:
        for field in fields:
            if field.condition is not None and not field.condition.holds(scope.get):
                continue
            here = (*path, field.id)
            self.active.add(here)
            if field.kind.transparent:
                self._each(field.fields, source, scope, path, values)
                continue
            if isinstance(field.kind, Computed):
                value = field.kind.compute(field, scope.get)
                self._dates_in_order(field, scope, here)
            elif field.kind.answers:
                value = self._read(field, source.get(field.id), scope, here)
            else:
                continue
            values[field.id] = scope[field.id] = value

    def _dates_in_order(self, field: Field, scope: Mapping[str, Any], path: Path) -> None:
        """Say so where days are counted from a later date to an earlier one."""
        names = field.options["formula"].dates
        for first, last in zip(names[::2], names[1::2], strict=True):
            if scope.get(first) and scope.get(last) and scope[last] < scope[first]:
                place = (*path[:-1], last)
                self.errors[place if place in self.active else path] = (
                    f"Ta data jest wcześniejsza niż pierwszy dzień ({date_text(scope[first])}). Popraw jedną z dat."
                )

    def _read(self, field: Field, raw: Any, scope: dict[str, Any], path: Path) -> Any:
        if isinstance(field.kind, Repeat):
            return self._rows(field, field.kind, raw, scope, path)
        if self.today is None:
            return raw
        if isinstance(field.kind, Address):
            return self._address(field, field.kind, raw, path)
        return self._single(field, raw, path)

    def _single(self, field: Field, raw: Any, path: Path) -> Any:
        assert self.today is not None  # noqa: S101 - asked by _read
        value = None
        if is_filled(raw):
            try:
                value = field.kind.parse(field, raw, self.today)
            except AnswerError as error:
                self.errors[path] = str(error)
                return None
        if field.required and not is_filled(value):
            self.errors[path] = field.kind.missing_message(field)
        return value if is_filled(value) else None

    def _address(self, field: Field, kind: Address, raw: Any, path: Path) -> Any:
        typed = raw if isinstance(raw, Mapping) else {}
        if not field.required and not is_filled(typed):
            return None
        parts = {part.id: self._single(part, typed.get(part.id), (*path, part.id)) for part in kind.parts(field)}
        return parts if is_filled(parts) else None

    def _rows(self, field: Field, kind: Repeat, raw: Any, scope: dict[str, Any], path: Path) -> list[dict[str, Any]]:
        rows = [row if isinstance(row, Mapping) else {} for row in raw] if isinstance(raw, list | tuple) else []
        needed = field.options["min"] or (1 if field.required else 0)
        filled = sum(1 for row in rows if is_filled_row(row))
        spare = max(0, needed - filled)  # so many empty rows are read, to say what is missing in them
        found = []
        for place, row in enumerate(rows[: MAX_ROWS + 1]):
            if self.today is not None and not is_filled_row(row):
                if not spare:
                    continue
                spare -= 1
            self.active.add((*path, place))
            found.append(self.fields(field.fields, row, scope, (*path, place)))
        if self.today is not None:
            try:
                kind.check_count(field, len(found))
            except AnswerError as error:
                self.errors[path] = str(error)
        return found


def is_filled_row(row: Mapping[str, Any]) -> bool:
    """Whether anything was typed into a row of a repeat."""
    return any(is_filled(value) for value in row.values())
