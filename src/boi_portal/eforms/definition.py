"""An e-form's definition: pages of fields, read from an `EForm`'s data and checked as a whole.

Whatever passes `Definition.from_fields` can be filled in, printed and filed; whatever does not is refused with the
place and the reason,
for editors and for the loader of content files. Definitions are immutable and know nothing of answers.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..web.assurance import DEMANDS, Assurance
from . import conditions
from .conditions import Comparison, Condition
from .errors import DefinitionError
from .fields import PREFILLS, TYPES, Field, FieldType
from .formula import Formula

ID = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
# words that stand for something else in formulas and forms
RESERVED_IDS = frozenset({
    "sum", "count", "days", "and", "or", "not", "in", "is", "if", "else", "for", "lambda", "await", "async", "row",
    "csrf_token",
})  # fmt: skip
MAX_PAGES = 30
MAX_FIELDS = 60  # of a page or in a group
MAX_ALL_FIELDS = 400
MAX_LABEL = 300
MAX_HINT = 1000
MAX_DEPTH = 3

COMMON_KEYS = frozenset({"id", "type", "label", "hint", "required", "condition", "prefill"})
PAGE_KEYS = frozenset({"id", "title", "intro", "condition", "fields"})


@dataclasses.dataclass(frozen=True)
class Page:
    """A page: what is asked at once."""

    id: str
    title: str
    intro: str = ""  # rich text
    condition: Condition | None = None
    fields: tuple[Field, ...] = ()

    def walk(self) -> Iterator[Field]:
        """Every field of the page, groups and what is inside them; not the fields inside repeats."""
        for field in self.fields:
            yield from field.walk()


@dataclasses.dataclass(frozen=True)
class Definition:
    """A whole form."""

    title: str
    symbol: str
    summary: str
    addressee: str
    department: str
    jrwa: str
    intro: str  # rich text
    minutes: int
    consent: str  # rich text; empty: none of its own
    assurance: Assurance  # what is demanded of whoever fills it in and files it
    pages: tuple[Page, ...]

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], types: Mapping[str, FieldType] = TYPES) -> Definition:
        """Read and check the `fields` of an EForm or of one of its versions.

        :raises DefinitionError: something in it is wrong.
        """
        return cls(
            title=_text(fields, "title", "", 200),
            symbol=_text(fields, "symbol", "", 40, required=False),
            summary=_text(fields, "summary", "", 400, required=False),
            addressee=_text(fields, "addressee", "", 200, required=False),
            department=_text(fields, "department", "", 60, required=False),
            jrwa=_text(fields, "jrwa", "", 10, required=False),
            intro=_text(fields, "intro", "", 100_000, required=False),
            minutes=fields.get("minutes") or 0,
            consent=_text(fields, "consent", "", 100_000, required=False),
            assurance=_level(fields.get("assurance")),
            pages=_Reader(types).pages(fields.get("pages")),
        )

    def page(self, page_id: str) -> Page:
        """:raises KeyError: no such page."""
        for page in self.pages:
            if page.id == page_id:
                return page
        raise KeyError(page_id)

    def walk(self) -> Iterator[Field]:
        """Every field of every page (see `Page.walk`)."""
        for page in self.pages:
            yield from page.walk()

    def field(self, field_id: str) -> Field:
        """The field with this id, not one inside a repeat. :raises KeyError: no such field."""
        for field in self.walk():
            if field.id == field_id:
                return field
        raise KeyError(field_id)

    def has_prefill(self) -> bool:
        """Whether anything is filled in from the applicant's data."""
        return any(field.prefill for field in self.walk())

    def describe(self, condition: Condition, row: tuple[Field, ...] = ()) -> str:
        """The condition in words; `row` are the fields of the repeat in which it stands."""
        known = {field.id: field for field in self.walk()}
        for field in row:
            known.update((inner.id, inner) for inner in field.walk())

        def label_of(field_id: str) -> tuple[str, Any]:
            field = known[field_id]
            values = field.kind.condition_values(field)
            return field.label, lambda value: values.get(value, str(value)) if values is not None else str(value)

        return condition.words(label_of)


Scope = dict[str, Field]


class _Reader:
    """Reads pages and fields in their order, so that conditions and formulas can only name what stands before."""

    def __init__(self, types: Mapping[str, FieldType]) -> None:
        self.types = types
        self.ids: set[str] = set()
        self.count = 0

    def pages(self, raw: Any) -> tuple[Page, ...]:
        if not isinstance(raw, list | tuple) or not raw:
            raise DefinitionError("pages", "formularz musi mieć co najmniej jedną stronę")
        if len(raw) > MAX_PAGES:
            raise DefinitionError("pages", f"formularz może mieć najwyżej {MAX_PAGES} stron")
        seen: Scope = {}
        page_ids: set[str] = set()
        return tuple(self._page(page, f"pages[{place}]", seen, page_ids) for place, page in enumerate(raw))

    def _page(self, raw: Any, path: str, seen: Scope, page_ids: set[str]) -> Page:
        _known_keys(raw, PAGE_KEYS, path)
        page_id = _id(raw, path)
        if page_id in page_ids:
            raise DefinitionError(f"{path}.id", f"jest już strona „{page_id}”")
        page_ids.add(page_id)
        title = _text(raw, "title", path, 200)
        condition = self._condition(raw, path, seen)
        fields = self._fields(raw.get("fields"), f"{path}.fields", seen, self.ids, 1, None)
        return Page(page_id, title, _text(raw, "intro", path, 20_000, required=False), condition, fields)

    def _fields(
        self, raw: Any, path: str, seen: Scope, ids: set[str], depth: int, repeat: str | None
    ) -> tuple[Field, ...]:
        if raw is None:
            return ()
        if not isinstance(raw, list | tuple):
            raise DefinitionError(path, "tu musi stać lista pól")
        if len(raw) > MAX_FIELDS:
            raise DefinitionError(path, f"na jednej stronie albo w grupie może być najwyżej {MAX_FIELDS} pól")
        return tuple(
            self._field(field, f"{path}[{place}]", seen, ids, depth, repeat) for place, field in enumerate(raw)
        )

    def _field(self, raw: Any, path: str, seen: Scope, ids: set[str], depth: int, repeat: str | None) -> Field:
        kind = self._kind(raw, path)
        nesting = kind.transparent or kind.rows
        _known_keys(raw, COMMON_KEYS | {key.name for key in kind.keys} | ({"fields"} if nesting else set()), path)
        field_id = _id(raw, path)
        self._count(path)
        if field_id in ids:
            raise DefinitionError(f"{path}.id", f"identyfikator „{field_id}” jest już użyty")
        ids.add(field_id)
        condition = self._condition(raw, path, seen)
        inner: tuple[Field, ...] = ()
        if nesting:
            inner = self._inner(raw, path, kind, seen, ids, depth, repeat)
        options = kind.check(raw, path)
        self._formula(options.get("formula"), f"{path}.formula", seen)
        field = Field(
            id=field_id,
            kind=kind,
            label=_text(raw, "label", path, MAX_LABEL),
            hint=_text(raw, "hint", path, MAX_HINT, required=False),
            required=self._required(raw, path, kind),
            condition=condition,
            prefill=self._prefill(raw, path, kind, repeat),
            options=options,
            fields=inner,
        )
        seen[field_id] = field
        return field

    def _kind(self, raw: Any, path: str) -> FieldType:
        if not isinstance(raw, Mapping):
            raise DefinitionError(path, "pole musi mieć „id”, „type” i „label”")
        name = raw.get("type")
        if not isinstance(name, str) or name not in self.types:
            raise DefinitionError(f"{path}.type", f"nie ma rodzaju pola „{name}”; są: {', '.join(self.types)}")
        return self.types[name]

    def _inner(
        self, raw: Any, path: str, kind: FieldType, seen: Scope, ids: set[str], depth: int, repeat: str | None
    ) -> tuple[Field, ...]:
        if depth >= MAX_DEPTH:
            raise DefinitionError(path, f"pola są zagnieżdżone głębiej niż {MAX_DEPTH} poziomy")
        where = f"{path}.fields"
        if kind.transparent:
            return self._fields(raw.get("fields"), where, seen, ids, depth + 1, repeat)
        if repeat is not None:
            raise DefinitionError(path, "w powtarzanej grupie nie może być drugiej powtarzanej grupy")
        # a row sees the form and itself; what stands in it is nobody else's
        return self._fields(raw.get("fields"), where, dict(seen), set(), depth + 1, raw.get("id"))

    def _count(self, path: str) -> None:
        self.count += 1
        if self.count > MAX_ALL_FIELDS:
            raise DefinitionError(path, f"formularz może mieć najwyżej {MAX_ALL_FIELDS} pól")

    def _required(self, raw: Mapping[str, Any], path: str, kind: FieldType) -> bool:
        required = raw.get("required", False)
        if not isinstance(required, bool):
            raise DefinitionError(f"{path}.required", "tu musi stać true albo false")
        if required and not kind.answers:
            raise DefinitionError(
                f"{path}.required", f"pole rodzaju „{kind.name}” nie ma odpowiedzi, więc nie może być wymagane"
            )
        return required

    def _prefill(self, raw: Mapping[str, Any], path: str, kind: FieldType, repeat: str | None) -> str:
        prefill = raw.get("prefill") or ""
        if not prefill:
            return ""
        if prefill not in PREFILLS:
            raise DefinitionError(f"{path}.prefill", f"tu może stać: {', '.join(PREFILLS)}")
        if prefill not in kind.prefills or repeat is not None:
            raise DefinitionError(f"{path}.prefill", f"tego pola nie można wypełnić z „{prefill}”")
        return str(prefill)

    def _condition(self, raw: Mapping[str, Any], path: str, seen: Scope) -> Condition | None:
        if raw.get("condition") is None:
            return None
        where = f"{path}.condition"
        condition = conditions.parse(raw["condition"], where)
        for comparison in condition.comparisons():
            _check_comparison(comparison, where, seen)
        return condition

    def _formula(self, formula: Formula | None, path: str, seen: Scope) -> None:
        if formula is None:
            return
        for name in formula.numbers:
            if not _before(seen, name, path).kind.numeric:
                raise DefinitionError(path, f"pole „{name}” nie jest liczbą ani kwotą")
        for name in formula.dates:
            if _before(seen, name, path).type != "date":
                raise DefinitionError(path, f"pole „{name}” nie jest datą")
        for name in formula.counts:
            _repeat(seen, name, path)
        for name, inner in formula.sums:
            fields = {found.id: found for field in _repeat(seen, name, path).fields for found in field.walk()}
            if inner not in fields or not fields[inner].kind.numeric:
                raise DefinitionError(path, f"w powtarzanej grupie „{name}” nie ma liczby ani kwoty „{inner}”")


def _check_comparison(comparison: Comparison, path: str, seen: Scope) -> None:
    field = _before(seen, comparison.field, path)
    operator, kind = comparison.operator, field.kind
    if not kind.answers and not kind.numeric:
        raise DefinitionError(path, f"pole „{field.id}” nie ma odpowiedzi")
    if operator in conditions.COMPARISONS and not kind.numeric:
        raise DefinitionError(path, f"pola „{field.id}” nie można porównać z liczbą")
    if (operator == "contains") != (kind.name == "choices") and operator != "filled":
        raise DefinitionError(path, f"„{operator}” nie pasuje do pola „{field.id}”; „contains” jest dla pól „choices”")
    if operator in {"is", "not", "in"} and (kind.rows or kind.files or kind.name == "address"):
        raise DefinitionError(path, f"przy polu „{field.id}” warunek może tylko pytać, czy jest wypełnione (filled)")
    allowed = kind.condition_values(field)
    if allowed is None or operator in {"filled", *conditions.COMPARISONS}:
        return
    for value in comparison.value if operator == "in" else (comparison.value,):
        if not any(value is one or (value == one and type(value) is type(one)) for one in allowed):
            raise DefinitionError(path, f"pole „{field.id}” nie ma odpowiedzi „{value}”")


def _before(seen: Scope, name: str, path: str) -> Field:
    if name not in seen:
        raise DefinitionError(path, f"przed tym miejscem nie ma pola „{name}”")
    return seen[name]


def _repeat(seen: Scope, name: str, path: str) -> Field:
    field = _before(seen, name, path)
    if not field.kind.rows:
        raise DefinitionError(path, f"pole „{name}” nie jest powtarzaną grupą")
    return field


def _known_keys(raw: Any, known: frozenset[str] | set[str], path: str) -> None:
    if not isinstance(raw, Mapping):
        raise DefinitionError(path, "tu musi stać zapis z kluczami")
    unknown = sorted(str(key) for key in raw if key not in known)
    if unknown:
        raise DefinitionError(path, f"nieznany klucz „{unknown[0]}”; są: {', '.join(sorted(known))}")


def _id(raw: Mapping[str, Any], path: str) -> str:
    found = raw.get("id")
    if not isinstance(found, str) or not ID.match(found):
        raise DefinitionError(
            f"{path}.id", "identyfikator zaczyna się od litery i ma tylko a-z, 0-9 i podkreślenie, najwyżej 40 znaków"
        )
    if found in RESERVED_IDS:
        raise DefinitionError(f"{path}.id", f"„{found}” jest słowem zastrzeżonym; wybierz inny identyfikator")
    return found


def _level(raw: Any) -> Assurance:
    """The level that a form demands; where it says nothing, a password is enough."""
    found = DEMANDS.get(raw or "password") if isinstance(raw, str | None) else None
    if found is None:
        raise DefinitionError("assurance", f"nie ma takiego poziomu pewności; są: {', '.join(DEMANDS)}")
    return found


def _text(raw: Mapping[str, Any], key: str, path: str, limit: int, *, required: bool = True) -> str:
    where = f"{path}.{key}" if path else key
    found = raw.get(key)
    if found is None or found == "":
        if required:
            raise DefinitionError(where, "tego klucza brakuje")
        return ""
    if not isinstance(found, str):
        raise DefinitionError(where, "tu musi stać tekst (numer ujmij w cudzysłów)")
    if len(found) > limit:
        raise DefinitionError(where, f"tekst jest dłuższy niż {limit} znaków")
    return found.strip()
