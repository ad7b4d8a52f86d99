"""Whose change is whose when two people edit one object."""

import pytest

from boi_portal.editing.openings import collision, mark_of

OPENED = {"title": "A", "body": "B", "fees": [{"label": "x"}]}


def test_nothing_collides_when_nothing_changed() -> None:
    assert collision(mark_of(OPENED), dict(OPENED), {**OPENED, "title": "moje"}) is None


def test_other_fields_are_merged_and_same_fields_are_told() -> None:
    now = {**OPENED, "title": "ich", "body": "ich"}
    found = collision(mark_of(OPENED), now, {**OPENED, "title": "moje"})
    assert found is not None
    assert found.theirs == {"title", "body"} and found.both == {"title"}
    assert found.merged == {**OPENED, "title": "moje", "body": "ich"}


def test_same_change_by_both_is_no_dispute() -> None:
    now = {**OPENED, "title": "to samo"}
    found = collision(mark_of(OPENED), now, dict(now))
    assert found is not None and not found.both


@pytest.mark.parametrize("mark", ["", "{", "[]", "null", '{"title": 1}', "x" * 30_000], ids=lambda mark: mark[:8])
def test_unreadable_mark_counts_as_old(mark: str) -> None:
    assert collision(mark, dict(OPENED), dict(OPENED)) is not None
