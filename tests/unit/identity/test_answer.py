"""The happy ways: a person comes back from either kind of provider, and the portal knows who it is."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from boi_portal.identity import Key, LoA, Person, Provider, Refused, ServiceProvider, idp

from . import factories
from .factories import NATIONAL_ID, PESEL, STANDARD_ID, XENC, XENC11, ArtifactService, Memory, posted, said, sign


def check_person(person: Person, provider: str) -> None:
    assert person.provider == provider
    assert (person.first_name, person.last_name, person.person_id) == ("Jan", "Testowy-Żółć", PESEL)
    assert person.loa is LoA.SUBSTANTIAL
    assert person.session.name_id == "jan.testowy"
    assert person.session.session_index == person.assertion_id
    assert PESEL not in repr(person) and "Testowy" not in repr(person)


@pytest.mark.parametrize("bits", [256, 128], ids=["256 bits", "128 bits under aes256-gcm"])
@pytest.mark.parametrize("standard_padding", [False, True], ids=["length prefixes", "octet of padding"])
def test_national_node_tells_who_a_person_is(
    portal: ServiceProvider,
    national: Provider,
    national_key: Key,
    own_ec: Key,
    at: datetime,
    memory: Memory,
    bits: int,
    standard_padding: bool,
) -> None:
    question = portal.authn_request(national, at, "state")
    answer = said(question, NATIONAL_ID, at, destination=None)
    encrypted = factories.encrypt_for_ec(
        answer.assertion().encode(), own_ec, bits=bits, standard_padding=standard_padding
    )
    service = ArtifactService(national_key, own_ec)
    form = service.keep(sign(answer.response(encrypted), answer.response_id, national_key))
    person = portal.answer(national, question.pending, form, at, memory, service)
    check_person(person, "pz")
    assert person.birth_date == date(1944, 5, 14)
    assert service.asked == ["https://idp.example.org/artifact"]
    assert memory.until[f"pz {person.assertion_id}"] >= at + timedelta(minutes=5)


@pytest.mark.parametrize("shape", ["plain", "signed", "encrypted", "encrypted and signed"])
def test_standard_provider_tells_who_a_person_is(
    portal: ServiceProvider,
    standard: Provider,
    standard_key: Key,
    own_rsa: Key,
    at: datetime,
    memory: Memory,
    shape: str,
) -> None:
    question = portal.authn_request(standard, at, "state")
    answer = said(question, STANDARD_ID, at)
    inside: str | bytes = answer.assertion()
    if "signed" in shape:
        inside = sign(inside, answer.assertion_id, standard_key)
    if "encrypted" in shape:
        inside = factories.encrypt_for_rsa(inside.encode() if isinstance(inside, str) else inside, own_rsa)
    signed = sign(answer.response(inside), answer.response_id, standard_key)
    person = portal.answer(standard, question.pending, posted(signed), at, memory, factories.no_fetch)
    check_person(person, "miasto")
    assert person.birth_date is None  # this provider is not asked for it


@pytest.mark.parametrize("algorithm", [XENC11 + "aes128-gcm", XENC + "aes128-cbc", XENC + "aes256-cbc"])
@pytest.mark.parametrize("transport", [XENC + "rsa-oaep-mgf1p", XENC11 + "rsa-oaep"])
@pytest.mark.parametrize("beside", [False, True], ids=["key inside", "key beside"])
def test_standard_encryption_is_understood(
    portal: ServiceProvider,
    standard: Provider,
    standard_key: Key,
    own_rsa: Key,
    at: datetime,
    memory: Memory,
    algorithm: str,
    transport: str,
    beside: bool,
) -> None:
    question = portal.authn_request(standard, at, "state")
    answer = said(question, STANDARD_ID, at)
    encrypted = factories.encrypt_for_rsa(
        answer.assertion().encode(), own_rsa, algorithm=algorithm, transport=transport, beside=beside
    )
    signed = sign(answer.response(encrypted), answer.response_id, standard_key)
    check_person(portal.answer(standard, question.pending, posted(signed), at, memory, factories.no_fetch), "miasto")


def test_log_holds_nothing_about_the_person(
    portal: ServiceProvider,
    standard: Provider,
    standard_key: Key,
    at: datetime,
    memory: Memory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """pysaml2 writes names and whole documents to its log."""
    caplog.set_level("DEBUG")
    question = portal.authn_request(standard, at, "state")
    for changes in ({}, {"loa": "urn:none"}, {"recipient": "https://other.example.org"}, {"name_id": ""}):
        answer = said(question, STANDARD_ID, at, **changes)
        form = posted(sign(answer.response(), answer.response_id, standard_key))
        with contextlib.suppress(Refused):
            portal.answer(standard, question.pending, form, at, memory, factories.no_fetch)
    assert memory.until  # the first of them was accepted
    assert not [record for record in caplog.records if record.name.startswith("saml2")]
    assert "testowy" not in caplog.text.lower() and PESEL not in caplog.text


def test_pysaml2_is_not_loaded_before_it_is_used() -> None:
    """A process of the portal is held to little memory."""
    code = "import sys, boi_portal.identity; sys.exit(any(name in sys.modules for name in ('saml2', 'requests')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "instant", ["2026-03-05T10:00:00Z", "2026-03-05T10:00:00.1234567Z", "2026-03-05T11:00:00+01:00"]
)
def test_times_of_other_programs(instant: str) -> None:
    assert idp.time(instant).replace(microsecond=0) == datetime(2026, 3, 5, 10, tzinfo=UTC)
