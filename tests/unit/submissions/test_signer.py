"""Whose signature counts as the account's own."""

import datetime

import pytest

from boi_portal.accounts.resources import BUSINESS, ORGANISATION, PERSON, Applicant
from boi_portal.signing import Signer, SignerKind
from boi_portal.submissions.filing import FilingRefused, is_agents_signature, is_own_signature

AT = datetime.datetime(2026, 3, 5, tzinfo=datetime.UTC)
JAN, ANNA = "68031499952", "85110299942"
NIP, OTHER_NIP = "9990000008", "1234563218"


def signer(pesel: str | None = None, nip: str | None = None) -> Signer:
    kind = SignerKind.QUALIFIED if pesel else SignerKind.SEAL
    return Signer(kind, "Ktoś", pesel, nip, "1", "CN=x", AT, AT, True)


def account(kind: str, **numbers: str) -> Applicant:
    made = Applicant("ab" * 16, kind)
    made.numbers = numbers
    return made


@pytest.mark.parametrize(
    ("who", "whose", "own"),
    [
        (signer(JAN), account(PERSON, pesel=JAN), True),
        (signer(ANNA), account(PERSON, pesel=JAN), False),
        (signer(JAN, OTHER_NIP), account(BUSINESS, pesel=JAN, nip=NIP), True),
        (signer(ANNA, NIP), account(BUSINESS, pesel=JAN, nip=NIP), False),
        (signer(None, NIP), account(ORGANISATION, pesel=JAN, nip=NIP), True),
        (signer(None, OTHER_NIP), account(ORGANISATION, pesel=JAN, nip=NIP), False),
        (signer(None, NIP), account(PERSON, pesel=JAN, nip=NIP), False),
        (signer(ANNA), account(ORGANISATION, nip=NIP), False),
    ],
)
def test_numbers_are_compared(who: Signer, whose: Applicant, own: bool) -> None:
    assert is_own_signature(who, whose) is own


@pytest.mark.parametrize(("who", "whose"), [(signer(), account(PERSON, pesel=JAN)), (signer(JAN), account(PERSON))])
def test_without_numbers_nothing_can_be_told(who: Signer, whose: Applicant) -> None:
    with pytest.raises(FilingRefused) as refused:
        is_own_signature(who, whose)
    assert refused.value.code == "no_number"


@pytest.mark.parametrize(
    ("who", "own"),
    [(signer(JAN), True), (signer(JAN, OTHER_NIP), True), (signer(ANNA), False), (signer(ANNA, NIP), False)],
)
def test_who_acts_for_another_signs_as_a_person(who: Signer, own: bool) -> None:
    assert is_agents_signature(who, account(PERSON, pesel=JAN)) is own


@pytest.mark.parametrize("who", [signer(), signer(None, NIP)])
def test_a_seal_is_no_signature_of_who_acts_for_another(who: Signer) -> None:
    with pytest.raises(FilingRefused) as refused:
        is_agents_signature(who, account(PERSON, pesel=JAN, nip=NIP))
    assert refused.value.code == "no_number"
