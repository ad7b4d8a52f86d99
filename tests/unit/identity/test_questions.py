"""What the portal sends: questions, its metadata, requests for artifacts."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree

from boi_portal.identity import (
    Binding,
    Key,
    KeyKind,
    LoA,
    PendingQuestion,
    Provider,
    Providers,
    Reason,
    Refused,
    ServiceProvider,
)
from boi_portal.identity.signatures import SignedQuery

from . import factories
from .factories import ACS, DS, NS, SAML, SAMLP, SP_ID, holds, message_of

EIDAS = "http://eidas.europa.eu/saml-extensions"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"


def fits_schema(document: bytes) -> bool:
    from saml2.xml.schema import XMLSchemaError, validate

    try:
        validate(document.decode())
    except XMLSchemaError:
        return False
    return True


def test_question_to_the_national_node(portal: ServiceProvider, national: Provider, own_ec: Key, at: datetime) -> None:
    question = portal.authn_request(national, at, "state", loa=LoA.LOW)
    assert question.message.binding is Binding.POST
    assert question.message.destination == "https://idp.example.org/sso"
    assert set(question.message.fields) == {"SAMLRequest", "RelayState"}
    root = message_of(question.message)
    assert set(root.attrib.items()) >= {
        ("ID", question.pending.id),
        ("Version", "2.0"),
        ("Destination", "https://idp.example.org/sso"),
        ("AssertionConsumerServiceURL", ACS),
        ("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"),
        ("ForceAuthn", "true"),
        ("ProviderName", "Urząd Gminy Testowo"),
    }
    assert [child.tag for child in root] == [
        f"{{{SAML}}}Issuer",
        f"{{{DS}}}Signature",
        f"{{{SAMLP}}}Extensions",
        f"{{{SAMLP}}}NameIDPolicy",
        f"{{{SAMLP}}}RequestedAuthnContext",
    ]
    assert root.findtext(f"{{{SAML}}}Issuer") == SP_ID
    assert root.findtext(f".//{{{EIDAS}}}SPType") == "public"
    names = {node.get("Name", "").rpartition("/")[2] for node in root.iter(f"{{{EIDAS}}}RequestedAttribute")}
    assert names == {"PersonIdentifier", "CurrentGivenName", "CurrentFamilyName", "DateOfBirth"}
    context = root.find(f"{{{SAMLP}}}RequestedAuthnContext")
    assert context.get("Comparison") == "minimum"
    assert context[0].text == "http://eidas.europa.eu/LoA/substantial"  # what is settled, not the lower one asked for
    assert root.xpath("string(.//ds:SignatureMethod/@Algorithm)", namespaces=NS).endswith("#ecdsa-sha256")
    assert holds(root, own_ec.certificate)
    assert fits_schema(etree.tostring(root))


def test_question_to_a_standard_provider(
    portal: ServiceProvider, standard: Provider, own_rsa: Key, at: datetime
) -> None:
    root = message_of(portal.authn_request(standard, at, "state", loa=LoA.SUBSTANTIAL).message)
    assert root.get("ProtocolBinding") == "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    assert root.get("ForceAuthn") == "false"
    context = root.find(f"{{{SAMLP}}}RequestedAuthnContext")
    assert context.get("Comparison") == "exact"
    assert [node.text.rpartition("/")[2] for node in context] == ["substantial", "high"]
    assert root.xpath("string(.//ds:SignatureMethod/@Algorithm)", namespaces=NS).endswith("#rsa-sha256")
    assert holds(root, own_rsa.certificate)
    assert fits_schema(etree.tostring(root))


def test_question_by_redirect(portal: ServiceProvider, folder: Path, own_rsa: Key, at: datetime) -> None:
    file = folder / "miasto.xml"
    file.write_text(
        file.read_text("utf-8").replace(
            'HTTP-POST" Location="https://idp.example.org/sso',
            'HTTP-Redirect" Location="https://idp.example.org/sso?tenant=1',
        ),
        "utf-8",
    )
    provider = Providers.from_folder(folder).get("miasto")
    assert provider
    message = portal.authn_request(provider, at, "stan & ł").message
    assert message.binding is Binding.REDIRECT
    assert message.url.startswith("https://idp.example.org/sso?tenant=1&SAMLRequest=")
    query = urlsplit(message.url).query.removeprefix("tenant=1&")
    signed = SignedQuery.read(query, "SAMLRequest")
    signed.verify([own_rsa.certificate], at)
    assert signed.parameters["RelayState"] == "stan & ł"
    root = message_of(message)
    assert root.find(f"{{{DS}}}Signature") is None  # the redirect is signed, not the message


def test_questions_have_ids_that_nobody_guesses(portal: ServiceProvider, national: Provider, at: datetime) -> None:
    ids = {portal.authn_request(national, at, "state").pending.id for _ in range(3)}
    assert len(ids) == 3
    assert all(id.startswith("_") and len(id) == 41 for id in ids)


def test_relay_state_too_long(portal: ServiceProvider, national: Provider, at: datetime) -> None:
    with pytest.raises(ValueError, match="RelayState"):
        portal.authn_request(national, at, "ł" * 41)


def test_pending_question_survives_json(portal: ServiceProvider, national: Provider, at: datetime) -> None:
    pending = portal.authn_request(national, at, "state", loa=LoA.HIGH).pending
    assert PendingQuestion.from_dict(json.loads(json.dumps(pending.to_dict()))) == pending
    assert (pending.loa, pending.fresh, pending.provider) == (LoA.HIGH, True, "pz")


def test_pending_question_of_something_else() -> None:
    with pytest.raises(ValueError, match="without"):
        PendingQuestion.from_dict({"id": "x"})


def test_metadata_are_signed_and_name_every_address(
    portal: ServiceProvider, own_ec: Key, own_rsa: Key, at: datetime
) -> None:
    root = etree.fromstring(portal.metadata(at))
    assert root.get("entityID") == SP_ID
    assert holds(root, own_ec.certificate) or holds(root, own_rsa.certificate)
    role = root.find(f"{{{MD}}}SPSSODescriptor")
    assert role.get("AuthnRequestsSigned") == "true"
    addresses = {
        (node.get("Binding", "").rpartition(":")[2], node.get("Location")) for node in role if node.get("Location")
    }
    assert addresses == {
        ("HTTP-POST", ACS),
        ("HTTP-Artifact", ACS),
        ("SOAP", factories.SLO_SOAP),
        ("HTTP-Redirect", factories.SLO),
        ("HTTP-POST", factories.SLO),
    }
    from saml2.md import entity_descriptor_from_string

    assert entity_descriptor_from_string(etree.tostring(root)).entity_id == SP_ID


def test_metadata_for_one_provider_hold_the_keys_that_it_understands(
    portal: ServiceProvider, national: Provider, own_ec: Key, own_rsa: Key, at: datetime
) -> None:
    def published(document: bytes) -> set[tuple[str, str]]:
        root = etree.fromstring(document)
        return {
            (node.get("use", ""), node.findtext(f".//{{{DS}}}X509Certificate") or "")
            for node in root.iter(f"{{{MD}}}KeyDescriptor")
        }

    ec_only = {(use, factories.der64(own_ec.certificate)) for use in ("signing", "encryption")}
    both = ec_only | {(use, factories.der64(own_rsa.certificate)) for use in ("signing", "encryption")}
    assert published(portal.metadata(at, national)) == ec_only
    assert published(portal.metadata(at)) == both


def test_roll_over_of_the_portals_keys(national: Provider, own_ec: Key, at: datetime) -> None:
    """The newest valid key signs; the next one is published before it begins; what has ended is no longer published."""
    newer = factories.key(KeyKind.EC, 11, begins=-1)
    next_one = factories.key(KeyKind.EC, 12, begins=5)
    ended = factories.key(KeyKind.EC, 13, begins=-500, ends=-1)
    portal = factories.service_provider(own_ec, newer, next_one, ended)
    root = message_of(portal.authn_request(national, at, "state").message)
    assert holds(root, newer.certificate)
    assert portal.keys.published([KeyKind.EC], at) == (next_one, newer, own_ec)
    in_six_days = message_of(portal.logout_response(national, _request(), at + timedelta(days=6)))
    assert holds(in_six_days, next_one.certificate)


def _request():  # type: ignore[no-untyped-def]
    from boi_portal.identity import LogoutRequest

    return LogoutRequest("_x", "pz", "jan.testowy", (), "", Binding.SOAP)


def test_no_key_that_the_provider_understands(national: Provider, own_rsa: Key, at: datetime) -> None:
    with pytest.raises(Refused) as caught:
        factories.service_provider(own_rsa).authn_request(national, at, "state")
    assert caught.value.reason is Reason.NO_KEY


def test_no_valid_key(portal: ServiceProvider, standard: Provider, at: datetime) -> None:
    ended = factories.key(KeyKind.RSA, 1, begins=-500, ends=-1)
    with pytest.raises(Refused) as caught:
        dataclasses.replace(portal, keys=factories.service_provider(ended).keys).authn_request(standard, at, "state")
    assert caught.value.reason is Reason.NO_KEY
