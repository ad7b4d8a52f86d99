"""What came and what went between two states."""

import time

import pytest

from boi_portal.casetypes.schemas import CaseTypeSchema
from boi_portal.editing.differences import CAME, GONE, SAME, Part, compare, differences


def test_changed_words_are_marked_alone() -> None:
    assert compare("Opłata wynosi 17 zł.", "Opłata wynosi 22 zł.") == [
        Part(SAME, "Opłata wynosi "), Part(GONE, "17"), Part(CAME, "22"), Part(SAME, " zł."),
    ]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [("", ""), ("", "a b"), ("a\nb", ""), ("a\nb\nc", "a\nx\nc"), ("ą ę", "ę ą")])
def test_parts_give_back_both_texts(old: str, new: str) -> None:
    parts = compare(old, new)
    assert "".join(part.text for part in parts if part.kind != CAME) == old
    assert "".join(part.text for part in parts if part.kind != GONE) == new


def test_fields_are_told_by_their_labels_in_the_schemas_order() -> None:
    old = {"title": "A", "audience": "<p>Każdy.</p>", "fees": [{"label": "Opłata", "amount": "17.00"}], "online": "full"}
    new = {**old, "audience": "<p>Nikt.</p>", "fees": [{"label": "Opłata", "amount": "22.00"}], "online": "none"}
    found = differences(CaseTypeSchema(), old, new)
    assert [item.name for item in found] == ["online", "audience", "fees"]
    assert Part(CAME, "Tylko osobiście") in found[0].parts or "osobiście" in str(found[0].parts)
    assert found[1].label == "Kogo dotyczy"
    assert any(part.kind == CAME and "22" in part.text for part in found[2].parts)


def test_change_of_a_link_alone_is_seen() -> None:
    old = {"notes": '<p><a href="https://a.example">tu</a></p>'}
    found = differences(CaseTypeSchema(), old, {"notes": old["notes"].replace("a.example", "b.example")})
    assert any(part.kind == CAME for part in found[0].parts)


def test_change_of_markup_alone_is_seen() -> None:
    found = differences(CaseTypeSchema(), {"notes": "<p>tekst</p>"}, {"notes": "<p><strong>tekst</strong></p>"})
    assert any("strong" in part.text for part in found[0].parts)


def test_long_texts_are_compared_in_time() -> None:
    old, new = " ".join(f"a{n}" for n in range(15_000)), " ".join(f"b{n}" for n in range(15_000))
    begun = time.monotonic()
    compare(old, new)
    assert time.monotonic() - begun < 5
