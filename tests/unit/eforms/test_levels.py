"""The level of assurance in a form's data: what is taken, what it means, what is refused."""

from __future__ import annotations

import colander
import pytest

from boi_portal.eforms.definition import Definition
from boi_portal.eforms.errors import DefinitionError
from boi_portal.eforms.schemas import EFormSchema, first_pages
from boi_portal.web.assurance import ADVICE, DEMANDS, LABELS, Assurance

FIELDS = {"title": "Pismo", "symbol": "P", "department": "so", "pages": first_pages()}


@pytest.mark.parametrize(
    ("given", "level"),
    [
        (None, Assurance.PASSWORD),
        ("", Assurance.PASSWORD),
        ("two-factor", Assurance.TWO_FACTOR),
        ("eid-substantial", Assurance.EID_SUBSTANTIAL),
        ("eid-high", Assurance.EID_HIGH),
    ],
)
def test_a_form_demands_what_its_data_say(given: str | None, level: Assurance) -> None:
    assert Definition.from_fields({**FIELDS, "assurance": given}).assurance is level


@pytest.mark.parametrize("given", ["bardzo", 2, ["two-factor"], {"a": 1}, True])
def test_a_level_that_there_is_not_is_refused(given: object) -> None:
    with pytest.raises(DefinitionError, match="poziomu"):
        Definition.from_fields({**FIELDS, "assurance": given})


def test_the_schema_leaves_out_what_every_form_demands() -> None:
    assert EFormSchema().deserialize(FIELDS)["assurance"] == ""
    assert EFormSchema().deserialize({**FIELDS, "assurance": "eid-high"})["assurance"] == "eid-high"
    with pytest.raises(colander.Invalid):
        EFormSchema().deserialize({**FIELDS, "assurance": "bardzo"})


def test_every_level_has_words() -> None:
    assert set(LABELS) == set(ADVICE) == set(Assurance)
    assert set(DEMANDS.values()) <= set(Assurance)
