"""Artifacts: what the provider's resolution service may answer, and what it must not."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest

from boi_portal.identity import Key, Provider, Question, Reason, Refused, ServiceProvider, Unreachable

from . import factories
from .factories import NATIONAL_ID, SOAP, STATUS, ArtifactService, Memory, sign


class Call:
    """A question to the national node, its answer under an artifact."""

    def __init__(self, portal: ServiceProvider, provider: Provider, signer: Key, own: Key, at: datetime) -> None:
        self.portal, self.provider, self.signer, self.at = portal, provider, signer, at
        self.question: Question = portal.authn_request(provider, at, "state")
        self.said = factories.said(self.question, NATIONAL_ID, at, destination=None)
        encrypted = factories.encrypt_for_ec(self.said.assertion().encode(), own)
        self.response = sign(self.said.response(encrypted), self.said.response_id, signer)
        self.service = ArtifactService(signer, own)
        self.form = self.service.keep(self.response)

    def answer(self, fetch: Any = None, form: dict[str, str] | None = None) -> object:
        return self.portal.answer(
            self.provider, self.question.pending, form or self.form, self.at, Memory(), fetch or self.service
        )

    def reason(self, fetch: Any = None, form: dict[str, str] | None = None) -> Reason:
        with pytest.raises(Refused) as caught:
            self.answer(fetch, form)
        return caught.value.reason


@pytest.fixture
def call(portal: ServiceProvider, national: Provider, national_key: Key, own_ec: Key, at: datetime) -> Call:
    return Call(portal, national, national_key, own_ec, at)


def test_artifact_used_twice(call: Call) -> None:
    assert call.answer()
    assert call.reason() is Reason.ARTIFACT_UNKNOWN


def test_beginning_again_with_what_was_fetched(call: Call) -> None:
    """After a conflict in the database a request runs again; the provider gives the answer out once only."""
    fetched: list[bytes] = []

    def once(url: str, body: bytes) -> bytes:
        if not fetched:
            fetched.append(call.service(url, body))
        return fetched[0]

    assert call.answer(once) == call.answer(once)
    assert len(call.service.asked) == 1


def test_what_was_fetched_is_no_answer_to_another_artifact(call: Call) -> None:
    fetched: list[bytes] = []

    def keeping(url: str, body: bytes) -> bytes:
        fetched.append(call.service(url, body))
        return fetched[0]

    assert call.answer(keeping)
    other = call.service.keep(call.response)
    assert call.reason(lambda url, body: fetched[0], other) is Reason.WRONG_REQUEST


def test_unsigned_artifact_response(call: Call) -> None:
    call.service.signed = False
    assert call.reason() is Reason.UNSIGNED


def test_artifact_response_signed_by_somebody_else(call: Call, own_ec: Key) -> None:
    call.service.signer = factories.key(own_ec.kind, 21)
    assert call.reason() is Reason.BAD_SIGNATURE


def test_artifact_response_of_another_issuer(call: Call) -> None:
    call.service.issuer = "other.example.org"
    assert call.reason() is Reason.WRONG_ISSUER


def test_artifact_response_to_another_request(call: Call) -> None:
    call.service.in_response_to = "_another"
    assert call.reason() is Reason.WRONG_REQUEST


def test_artifact_response_issued_long_ago(call: Call) -> None:
    call.service.issued_at = call.at - timedelta(minutes=10)
    assert call.reason() is Reason.ISSUED_LONG_AGO


def test_unsigned_response_in_a_signed_artifact_response(call: Call, own_ec: Key) -> None:
    encrypted = factories.encrypt_for_ec(call.said.assertion().encode(), own_ec)
    form = call.service.keep(call.said.response(encrypted).encode())
    assert call.reason(form=form) is Reason.UNSIGNED


def test_two_responses_under_one_artifact(call: Call) -> None:
    other = sign(call.said.but(response_id="_second").response(" "), "_second", call.signer)
    form = call.service.keep(call.response + other)
    assert call.reason(form=form) is Reason.STRUCTURE


def test_person_gave_up(call: Call) -> None:
    status = f'<saml2p:StatusCode Value="{STATUS}AuthnFailed"/>'
    said = call.said.but(status=status)
    form = call.service.keep(sign(said.response(" "), said.response_id, call.signer))
    assert call.reason(form=form) is Reason.DECLINED


@pytest.mark.parametrize(
    "artifact",
    [
        "",
        "!!!",
        base64.b64encode(b"\0\4" + b"\0" * 41).decode(),
        base64.b64encode(b"\0\1" + b"\0" * 42).decode(),
        "A" * 60,
    ],
    ids=["none", "not base64", "too short", "another type", "junk"],
)
def test_malformed_artifact(call: Call, artifact: str) -> None:
    reason = call.reason(fetch=factories.no_fetch, form={"SAMLart": artifact, "RelayState": "state"})
    assert reason is (Reason.ARTIFACT_MALFORMED if artifact else Reason.WRONG_BINDING)


def test_response_where_an_artifact_is_expected(call: Call) -> None:
    form = factories.posted(call.response)
    assert call.reason(fetch=factories.no_fetch, form=form) is Reason.WRONG_BINDING
    assert call.reason(fetch=factories.no_fetch, form={**form, **call.form}) is Reason.WRONG_BINDING


def test_provider_is_down(call: Call) -> None:
    with pytest.raises(Unreachable):
        call.answer(factories.down)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.NOT_XML),
        (b"<html/>", Reason.STRUCTURE),
        (b"<!DOCTYPE x []><x/>", Reason.DTD),
        (f'<s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>'.encode(), Reason.STRUCTURE),
        (f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault/></s:Body></s:Envelope>'.encode(), Reason.PROVIDER_ERROR),
        (f'<s:Envelope xmlns:s="{SOAP}"><s:Body><x/></s:Body></s:Envelope>'.encode(), Reason.STRUCTURE),
        (f'<s:Envelope xmlns:s="{SOAP}"><s:Body><x/><y/></s:Body></s:Envelope>'.encode(), Reason.STRUCTURE),
    ],
    ids=["nothing", "html", "dtd", "empty", "fault", "another message", "two messages"],
)
def test_answer_that_is_none(call: Call, body: bytes, reason: Reason) -> None:
    assert call.reason(fetch=lambda url, sent: body) is reason
