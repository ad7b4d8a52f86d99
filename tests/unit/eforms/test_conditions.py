"""Conditions: when they hold, how they read, what is left of them, and what is refused."""

import pytest

from boi_portal.eforms import conditions
from boi_portal.eforms.answers import active_fields
from boi_portal.eforms.definition import Definition
from boi_portal.eforms.errors import DefinitionError

HOLDS = [
    ({"field": "x", "is": True}, True, True),
    ({"field": "x", "is": True}, False, False),
    ({"field": "x", "is": True}, None, False),
    ({"field": "x", "is": True}, 1, False),
    ({"field": "x", "is": "a"}, "a", True),
    ({"field": "x", "is": 5}, "5.00", True),
    ({"field": "x", "not": "a"}, "b", True),
    ({"field": "x", "not": "a"}, None, True),
    ({"field": "x", "not": "a"}, "a", False),
    ({"field": "x", "in": ["a", "b"]}, "b", True),
    ({"field": "x", "in": ["a", "b"]}, None, False),
    ({"field": "x", "contains": "a"}, ["a", "b"], True),
    ({"field": "x", "contains": "a"}, "a", False),
    ({"field": "x", "filled": True}, False, True),
    ({"field": "x", "filled": True}, 0, True),
    ({"field": "x", "filled": True}, "", False),
    ({"field": "x", "filled": False}, {"town": None}, True),
    ({"field": "x", "gt": 5}, "5.01", True),
    ({"field": "x", "gt": 5}, 5, False),
    ({"field": "x", "ge": 5}, 5, True),
    ({"field": "x", "lt": 5}, None, False),
    ({"field": "x", "le": 5}, "NaN", False),
    ({"field": "x", "lt": 5}, True, False),
    ({"all": [{"field": "x", "gt": 1}, {"field": "x", "lt": 3}]}, 2, True),
    ({"any": [{"field": "x", "is": 1}, {"field": "x", "is": 3}]}, 2, False),
]


@pytest.mark.parametrize(("raw", "answer", "expected"), HOLDS)
def test_condition_when_answered(raw, answer, expected):
    assert conditions.parse(raw, "c").holds({"x": answer}.get) is expected


@pytest.mark.parametrize(("raw", "answer", "expected"), HOLDS)
def test_condition_when_everything_is_known_is_settled(raw, answer, expected):
    assert conditions.parse(raw, "c").given({"x": answer}) is expected


def test_condition_when_a_part_is_known_keeps_the_rest():
    condition = conditions.parse({"all": [{"field": "a", "is": True}, {"field": "b", "is": "x"}]}, "c")
    assert condition.given({"a": True}).data() == {"field": "b", "is": "x"}
    assert condition.given({"a": False}) is False
    either = conditions.parse({"any": [{"field": "a", "is": True}, {"field": "b", "is": "x"}]}, "c")
    assert either.given({"a": True}) is True
    assert either.given({"a": False}).data() == {"field": "b", "is": "x"}


@pytest.mark.parametrize(
    "raw",
    [
        "x == 1",
        {},
        {"field": "x"},
        {"is": 1},
        {"field": "x", "is": 1, "not": 2},
        {"field": 5, "is": 1},
        {"field": "x", "in": "abc"},
        {"field": "x", "in": []},
        {"field": "x", "filled": "tak"},
        {"field": "x", "gt": "dużo"},
        {"field": "x", "is": {"a": 1}},
        {"all": []},
        {"all": [{"field": "x", "is": 1}], "any": []},
        {"field": "x", "eval": "1"},
        {"all": [{"all": [{"all": [{"all": [{"all": [{"all": [{"field": "x", "is": 1}]}]}]}]}]}]},
    ],
)
def test_condition_when_malformed_is_refused(raw):
    with pytest.raises(DefinitionError):
        conditions.parse(raw, "c")


def form(*fields, second=None):
    pages = [{"id": "p1", "title": "P1", "fields": list(fields)}]
    if second:
        pages.append({"id": "p2", "title": "P2", **second})
    return Definition.from_fields({"title": "F", "pages": pages})


YESNO = {"id": "a", "type": "yesno", "label": "Czy masz psa?"}
CHOICE = {"id": "k", "type": "choice", "label": "Kolor", "options": [{"value": "r", "label": "Rudy"}]}


def dependent(condition, **more):
    return {"id": "b", "type": "text", "label": "Imię psa", "condition": condition, **more}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ((dependent({"field": "a", "is": True}), YESNO), "nie ma pola „a”"),
        ((YESNO, dependent({"field": "b", "filled": True})), "nie ma pola „b”"),
        ((YESNO, dependent({"field": "a", "is": "tak"})), "nie ma odpowiedzi „tak”"),
        ((YESNO, dependent({"field": "a", "gt": 1})), "porównać z liczbą"),
        ((YESNO, dependent({"field": "a", "contains": "x"})), "contains"),
        ((CHOICE, dependent({"field": "k", "in": ["r", "z"]})), "nie ma odpowiedzi „z”"),
        ((YESNO, dependent({"field": "a", "is": True}), {**YESNO}), "już użyty"),
        (
            (
                {"id": "t", "type": "textblock", "label": "T", "text": "<p>x</p>"},
                dependent({"field": "t", "filled": True}),
            ),
            "nie ma odpowiedzi",
        ),
    ],
)
def test_definition_when_a_condition_is_wrong(fields, reason):
    with pytest.raises(DefinitionError, match=reason):
        form(*fields)


def test_active_fields_when_hidden_chain():
    definition = form(
        YESNO,
        dependent({"field": "a", "is": True}),
        {"id": "c", "type": "text", "label": "C", "condition": {"field": "b", "filled": True}},
    )
    assert active_fields(definition, {"a": True, "b": "Azor"}) == {("a",), ("b",), ("c",)}
    # b keeps an old answer, but nobody asks for it, so c is not asked either
    assert active_fields(definition, {"a": False, "b": "Azor"}) == {("a",)}


def test_active_fields_when_page_is_skipped():
    second = {"condition": {"field": "a", "is": True}, "fields": [{"id": "z", "type": "text", "label": "Z"}]}
    definition = form(YESNO, second=second)
    assert ("z",) not in active_fields(definition, {"a": False})
    assert ("z",) in active_fields(definition, {"a": True})


def test_active_fields_when_a_row_has_a_condition():
    rows = {"id": "r", "type": "repeat", "label": "R", "fields": [YESNO, dependent({"field": "a", "is": True})]}
    active = active_fields(form(rows), {"r": [{"a": True}, {"a": False}]})
    assert ("r", 0, "b") in active
    assert ("r", 1, "b") not in active


def test_active_fields_when_a_group_is_hidden_hides_what_is_inside():
    group = {
        "id": "g",
        "type": "group",
        "label": "G",
        "condition": {"field": "a", "is": True},
        "fields": [{"id": "w", "type": "text", "label": "W"}],
    }
    assert active_fields(form(YESNO, group), {"a": False}) == {("a",)}
    assert active_fields(form(YESNO, group), {"a": True}) == {("a",), ("g",), ("w",)}


def test_condition_in_words_uses_labels():
    definition = form(YESNO, CHOICE, dependent({"all": [{"field": "a", "is": True}, {"field": "k", "in": ["r"]}]}))
    words = definition.describe(definition.field("b").condition)
    assert words == "w polu „Czy masz psa?” jest „Tak” i w polu „Kolor” jest jedno z: „Rudy”"
