"""Changing questions as data: nothing is changed in place, and conditions survive the way through an editing form."""

import copy

import pytest

from boi_portal.eforms import outline
from boi_portal.eforms.definition import Definition
from boi_portal.eforms.errors import DefinitionError

PAGES = [
    {
        "id": "p",
        "title": "P",
        "fields": [
            {"id": "a", "type": "yesno", "label": "A?"},
            {"id": "n", "type": "number", "label": "N"},
            {
                "id": "r",
                "type": "repeat",
                "label": "R",
                "fields": [
                    {"id": "x", "type": "text", "label": "X"},
                    {"id": "y", "type": "text", "label": "Y"},
                ],
            },
        ],
    },
]


@pytest.mark.parametrize(
    "change",
    [
        lambda pages: outline.moved(pages, ("p", "a"), 1),
        lambda pages: outline.removed(pages, ("p", "r", "x")),
        lambda pages: outline.added(pages, ("p", "r"), {"id": "z", "type": "text", "label": "Z"}),
        lambda pages: outline.replaced(pages, ("p", "r"), {"id": "rr", "type": "repeat", "label": "R"}),
    ],
    ids=["moved", "removed", "added", "replaced"],
)
def test_change_leaves_what_it_was_given(change):
    before = copy.deepcopy(PAGES)
    assert change(PAGES) != before
    assert before == PAGES


def test_replaced_keeps_what_stands_inside():
    changed = outline.replaced(PAGES, ("p", "r"), {"id": "rr", "type": "repeat", "label": "R"})
    assert [field["id"] for field in outline.item_at(changed, ("p", "rr"))["fields"]] == ["x", "y"]


@pytest.mark.parametrize("path", [(), ("q",), ("p", "b"), ("p", "a", "x"), ("p", "r", "z")])
def test_place_when_there_is_none(path):
    with pytest.raises(outline.NoSuchPlace):
        outline.item_at(PAGES, path)


def test_fields_before_a_row_field_are_the_forms_and_the_rows():
    definition = Definition.from_fields({"title": "F", "pages": PAGES})
    assert [field.id for field in outline.fields_before(definition, ("p", "r", "y"))] == ["a", "n", "x"]
    assert [field.id for field in outline.fields_before(definition, ("p", "a"))] == []


@pytest.mark.parametrize(
    "raw",
    [
        {"field": "a", "is": True},
        {"field": "a", "filled": False},
        {"all": [{"field": "a", "is": False}, {"field": "n", "gt": 5}]},
        {"any": [{"field": "n", "le": "2.5"}, {"field": "n", "filled": True}]},
    ],
)
def test_condition_when_edited_and_saved_unchanged(raw):
    fields = list(Definition.from_fields({"title": "F", "pages": PAGES}).walk())
    how, rows = outline.condition_rows(raw)
    assert outline.condition_of(how, rows, fields) == raw


def test_condition_when_nested_has_no_rows():
    assert outline.condition_rows({"all": [{"any": [{"field": "a", "is": True}]}]}) is None


def test_condition_when_a_row_is_empty_is_refused():
    with pytest.raises(DefinitionError, match="wpisz wartość"):
        outline.condition_of(
            "all",
            [{"field": "a", "operator": "is", "value": " "}],
            list(Definition.from_fields({"title": "F", "pages": PAGES}).walk()),
        )
