"""Changing a form's questions as data: add, replace, move, remove at a path, and check the whole each time.

A path is the page's id followed by ids of fields, from the outside in: `("osoba", "dzieci", "imie")`. Every function returns new data;
what it was given stays as it was. Knows nothing of requests; the editing views keep the result.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import conditions
from .definition import Definition
from .errors import DefinitionError
from .fields import Field

Data = list[dict[str, Any]]
Path = tuple[str, ...]


class NoSuchPlace(KeyError):
    """There is no page or field at this path."""


def item_at(pages: Data, path: Path) -> dict[str, Any]:
    """The page or field at `path`. :raises NoSuchPlace: there is none."""
    items, place = _find(pages, path)
    return items[place]


def _find(pages: Data, path: Path) -> tuple[Data, int]:
    items = pages
    for step, name in enumerate(path):
        place = next((place for place, item in enumerate(items) if item.get("id") == name), None)
        if place is None:
            raise NoSuchPlace("/".join(path))
        if step == len(path) - 1:
            return items, place
        items = items[place].get("fields") or []
    raise NoSuchPlace("/".join(path))


def replaced(pages: Data, path: Path, item: Mapping[str, Any]) -> Data:
    """With another page or field at `path`; what stands inside it stays."""
    result = copy.deepcopy(pages)
    items, place = _find(result, path)
    inside = items[place].get("fields")
    items[place] = {**item, **({"fields": inside} if inside is not None else {})}
    return result


def added(pages: Data, container: Path, item: Mapping[str, Any]) -> Data:
    """With one more field at the end of the page or field `container`; with an empty path one more page."""
    result = copy.deepcopy(pages)
    target = result if not container else item_at(result, container).setdefault("fields", [])
    target.append(dict(item))
    return result


def removed(pages: Data, path: Path) -> Data:
    """Without the page or field at `path`."""
    result = copy.deepcopy(pages)
    items, place = _find(result, path)
    del items[place]
    return result


def moved(pages: Data, path: Path, steps: int) -> Data:
    """With the page or field at `path` moved among its neighbours; beyond the ends nothing happens."""
    result = copy.deepcopy(pages)
    items, place = _find(result, path)
    target = place + steps
    if 0 <= target < len(items):
        items.insert(target, items.pop(place))
    return result


def checked(fields: Mapping[str, Any], pages: Data) -> dict[str, Any]:
    """The form's fields with these pages.

    :raises DefinitionError: nobody could fill in such a form.
    """
    result = {**fields, "pages": pages}
    Definition.from_fields(result)
    return result


def fields_before(definition: Definition, path: Path) -> list[Field]:
    """Fields that a condition at `path` may name, in reading order; of a repeat its row's fields when one is inside it.

    A path that is not there yet (a new field) stands at the end of its container.
    """
    found: list[Field] = []
    for page in definition.pages:
        if page.id == path[0]:
            if len(path) > 1:
                _collect(page.fields, path[1:], found)
            break
        found += [field for field in page.walk() if _can_be_named(field)]
    return found


def _collect(fields: Sequence[Field], path: Path, found: list[Field]) -> bool:
    """Add fields until `path` is reached; whether it was."""
    for field in fields:
        if field.id == path[0]:
            if len(path) > 1:
                _collect(field.fields, path[1:], found)
            return True
        found += [one for one in field.walk() if _can_be_named(one)]
    return False


def _can_be_named(field: Field) -> bool:
    return field.kind.answers or field.kind.numeric


# conditions as rows of an editing form


def condition_rows(raw: Any) -> tuple[str, list[dict[str, str]]] | None:
    """A condition as `all` or `any` of rows (`field`, `operator`, `value` as text); None where it is nested deeper."""
    if raw is None:
        return "all", []
    condition = conditions.parse(raw, "condition")
    if isinstance(condition, conditions.Comparison):
        return "all", [_row(condition)]
    if all(isinstance(part, conditions.Comparison) for part in condition.parts):
        return condition.how, [_row(part) for part in condition.comparisons()]
    return None


def _row(comparison: conditions.Comparison) -> dict[str, str]:
    value = comparison.value
    values = value if isinstance(value, tuple) else (value,)
    return {
        "field": comparison.field,
        "operator": comparison.operator,
        "value": ", ".join(_value_text(one) for one in values),
    }


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "tak" if value else "nie"
    return str(value)


def condition_of(how: str, rows: Sequence[Mapping[str, str]], fields: Sequence[Field]) -> dict[str, Any] | None:
    """The condition that rows stand for; None for no rows.

    :raises DefinitionError: a value does not suit the field.
    """
    by_id = {field.id: field for field in fields}
    parts = [_comparison(row, by_id.get(row["field"]), place) for place, row in enumerate(rows)]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {how: parts}


def _comparison(row: Mapping[str, str], field: Field | None, place: int) -> dict[str, Any]:
    path = f"warunek {place + 1}"
    if field is None:
        raise DefinitionError(path, "wybierz pole, od którego zależy")
    operator, text = row["operator"], row["value"].strip()
    if operator == "filled":
        return {"field": field.id, "filled": text.lower() not in {"nie", "false"}}
    if not text:
        raise DefinitionError(path, "wpisz wartość")
    if operator == "in":
        return {
            "field": field.id,
            "in": [_typed_value(part.strip(), field) for part in text.split(",") if part.strip()],
        }
    if operator in conditions.COMPARISONS:
        plain = text.replace(",", ".").replace(" ", "")
        return {
            "field": field.id,
            operator: int(plain) if plain.lstrip("-").isascii() and plain.lstrip("-").isdigit() else plain,
        }
    return {"field": field.id, operator: _typed_value(text, field)}


def _typed_value(text: str, field: Field) -> Any:
    """A value as the field has it: by its label or by its value."""
    values = field.kind.condition_values(field)
    for value, label in (values or {}).items():
        if text.casefold() in {str(label).casefold(), _value_text(value).casefold(), str(value).casefold()}:
            return value
    return text


def summary(definition: Definition) -> Iterator[dict[str, Any]]:
    """Pages and fields for the editors' list: nested dicts with `path`, `title`, `kind`, `notes`, `children`,
    `holds`."""
    for page in definition.pages:
        yield {
            "path": (page.id,),
            "title": page.title,
            "kind": "Strona",
            "notes": _notes(definition, page.id, False, page.condition, ()),
            "children": [_field_summary(definition, field, (page.id,), ()) for field in page.fields],
            "holds": True,
        }


def _field_summary(definition: Definition, field: Field, above: Path, row: tuple[Field, ...]) -> dict[str, Any]:
    path = (*above, field.id)
    inner_row = field.fields if field.kind.rows else row
    return {
        "path": path,
        "title": field.label,
        "kind": field.kind.title,
        "notes": _notes(definition, field.id, field.required, field.condition, row),
        "children": [_field_summary(definition, inner, path, inner_row) for inner in field.fields],
        "holds": field.kind.transparent or field.kind.rows,
    }


def _notes(
    definition: Definition, item_id: str, required: bool, condition: conditions.Condition | None, row: tuple[Field, ...]
) -> list[str]:
    found = [item_id]
    if required:
        found.append("wymagane")
    if condition is not None:
        found.append(f"tylko jeśli {definition.describe(condition, row)}")
    return found
