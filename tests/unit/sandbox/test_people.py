"""Invented people and PESEL numbers."""

from __future__ import annotations

import datetime as dt

import pytest

from boi_portal.sandbox.people import OFFERED, Person, PersonError, is_pesel, make_pesel


@pytest.mark.parametrize(
    ("born", "start"),
    [
        (dt.date(1899, 12, 31), "999231"),
        (dt.date(1968, 3, 14), "680314"),
        (dt.date(2001, 7, 30), "012730"),
        (dt.date(2150, 1, 1), "504101"),
        (dt.date(2299, 2, 3), "996203"),
    ],
)
def test_make_pesel_writes_the_century_into_the_month(born, start):
    pesel = make_pesel(born, 42)
    assert pesel.startswith(f"{start}0042")
    assert is_pesel(pesel)


def test_make_pesel_agrees_with_the_published_example():
    """The check digit worked out in the ministry's description of the algorithm."""
    assert make_pesel(dt.date(1902, 7, 8), 362) == "02070803628"


@pytest.mark.parametrize(
    "text", ["", "0207080362", "02070803629", "02074503626", "0207080362a", "٠٢٠٧٠٨٠٣٦٢٨", "020708036280"]
)
def test_is_pesel_refuses_what_is_no_number(text):
    assert not is_pesel(text)


def test_offered_people_have_valid_numbers_and_differ():
    assert all(is_pesel(person.pesel) for person in OFFERED)
    assert len({person.pesel for person in OFFERED}) == len(OFFERED) == 3


def test_entered_person_is_trimmed():
    assert Person.entered(" Jan ", " Testowy ", f" {OFFERED[0].pesel} ") == OFFERED[0]


def test_entered_person_names_the_wrong_field():
    with pytest.raises(PersonError, match="imię") as error:
        Person.entered(" ", "Testowy", OFFERED[0].pesel)
    assert error.value.field == "imie"
