"""How a representation stands on a day, and what it lets one do."""

import datetime

import pytest

from boi_portal import permissions
from boi_portal.office.store import Office
from boi_portal.representation.records import (
    MANDATE,
    MEMBER,
    Representation,
    Standing,
    State,
    Terms,
    given_by,
    held_by,
    representation_by,
    rights_of,
    ties_of,
)

AT = datetime.datetime(2026, 3, 5, 10, 0, tzinfo=datetime.UTC)
TODAY = AT.date()
DAY = datetime.timedelta(days=1)
FIRM, ANNA = "applicant:" + "a" * 32, "applicant:" + "b" * 32


def made(
    state: State = State.ACCEPTED, first: int | None = None, last: int | None = None, level: str = "fill"
) -> Representation:
    """A representation of whole days from today."""
    terms = Terms(
        MANDATE if first is not None else MEMBER,
        "anna@poczta.example",
        rights_of(level),
        valid_from=None if first is None else TODAY + first * DAY,
        valid_until=None if last is None else TODAY + last * DAY,
    )
    one = Representation(FIRM, terms, AT)
    one.state = state
    one.token_until = AT + 7 * DAY
    return one


@pytest.mark.parametrize(
    ("one", "standing"),
    [
        (made(), Standing.HOLDS),
        (made(first=0, last=0), Standing.HOLDS),
        (made(first=1, last=2), Standing.COMING),
        (made(first=-2, last=-1), Standing.PAST),
        (made(State.OFFERED), Standing.WAITING),
        (made(State.OFFERED, -2, -1), Standing.UNANSWERED),
        (made(State.DECLINED), Standing.DECLINED),
        (made(State.ENDED, 0, 1), Standing.ENDED),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_standing_follows_from_the_answer_and_the_day(one: Representation, standing: Standing) -> None:
    assert one.standing(AT, TODAY) == standing
    assert one.holds(TODAY) is (standing == Standing.HOLDS)


def test_an_offer_is_good_for_its_days_alone() -> None:
    one = made(State.OFFERED)
    assert one.standing(AT + 7 * DAY, TODAY + 7 * DAY) == Standing.WAITING
    late = AT + 7 * DAY + datetime.timedelta(seconds=1)
    assert one.standing(late, late.date()) == Standing.UNANSWERED


@pytest.mark.parametrize(
    ("level", "manages", "allowed"),
    [
        ("see", False, {permissions.VIEW, permissions.OWN}),
        ("fill", False, {permissions.VIEW, permissions.OWN, permissions.FILL}),
        ("sign", False, {permissions.VIEW, permissions.OWN, permissions.FILL, permissions.FILE}),
        ("see", True, {permissions.VIEW, permissions.OWN, permissions.PEOPLE}),
    ],
)
def test_each_level_holds_those_before_it(level: str, manages: bool, allowed: set[str]) -> None:
    one = Representation(FIRM, Terms(MEMBER, "x@poczta.example", rights_of(level, manages)), AT)
    (ace, denial) = permissions.acted_record_acl(ANNA, one.rights)
    assert ace[1] == ANNA and set(ace[2]) == allowed
    assert denial == permissions.nobodys_acl()[0]
    assert (one.level, one.manages) == (level, manages)


def test_the_owner_has_every_right() -> None:
    every = {one for held in permissions.RIGHTS.values() for one in held}
    assert set(permissions.own_record_acl(FIRM)[0][2]) == every


def test_lists_are_kept_under_each_sides_own_id() -> None:
    office, one = Office(), made()
    assert given_by(office, FIRM) == held_by(office, ANNA) == []
    office.representations[one.id] = one
    ties_of(office, FIRM).given.add(one.id)
    ties_of(office, ANNA).held.add(one.id)
    assert given_by(office, FIRM) == held_by(office, ANNA) == [one]
    assert given_by(office, ANNA) == held_by(office, FIRM) == []
    assert representation_by(office, one.id) is one
    assert representation_by(office, FIRM) is None and representation_by(office, None) is None
