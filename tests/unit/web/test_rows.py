"""Changing rows of what was posted."""

import colander
import pytest

from boi_portal.web.formfields import MAX_ROWS, change_rows

POSTED = {"a": ["x", "y", "z"], "b": "text", "c": [{"d": ["p"]}]}


@pytest.mark.parametrize(
    ("order", "rows"),
    [
        ("add:a", ["x", "y", "z", colander.null]),
        ("remove:a.1", ["x", "z"]),
        ("up:a.1", ["y", "x", "z"]),
        ("down:a.1", ["x", "z", "y"]),
        ("up:a.0", ["x", "y", "z"]),
        ("down:a.2", ["x", "y", "z"]),
        ("remove:a.3", ["x", "y", "z"]),
        ("remove:a.-1", ["x", "y", "z"]),
        ("remove:a.²", ["x", "y", "z"]),
        ("add:b", ["x", "y", "z"]),
        ("add:a.0", ["x", "y", "z"]),
        ("", ["x", "y", "z"]),
        ("dance:a.0", ["x", "y", "z"]),
    ],
)
def test_rows_are_changed_as_ordered(order: str, rows: list[object]) -> None:
    posted = {key: list(value) if isinstance(value, list) else value for key, value in POSTED.items()}
    assert change_rows(posted, order)["a"] == rows


def test_rows_inside_rows() -> None:
    posted = {"c": [{"d": ["p", "q"]}]}
    assert change_rows(posted, "remove:c.0.d.0") == {"c": [{"d": ["q"]}]}


def test_rows_end_at_the_limit() -> None:
    posted = {"a": ["x"] * MAX_ROWS}
    assert len(change_rows(posted, "add:a")["a"]) == MAX_ROWS
