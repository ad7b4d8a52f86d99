"""Each switch of the stand-in for Węzeł Krajowy does what its label says, and nothing of the kind happens without it."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
import xmlsec
from lxml import etree

from boi_portal.sandbox.identity.answers import WEZEL
from boi_portal.sandbox.identity.mischief import BY_NAME, GROUPS, MISCHIEFS
from tests.unit.sandbox.service_provider import ENTITY_ID, NS, out_of_envelope, post_soap, signed_by
from tests.unit.sandbox.wezel_browser import Wezel, sent_back, values

JAN = "68031499952"
FORGED = "Podstawiona"


@dataclasses.dataclass
class Arrived:
    """What a service got in one sign-in, and what it knows of the provider."""

    request_id: str
    consumer: str
    sent: dict[str, str]
    status: int
    body: bytes
    metadata: bytes
    service: Any

    @property
    def artifact_response(self):
        """The first message in the body; a document type is not minded."""
        return out_of_envelope(self.body)

    @property
    def response(self):
        """The first Response in its place."""
        return self.artifact_response.find("p:Response", NS)

    @property
    def alone(self):
        """The first Response in a document of its own."""
        return etree.fromstring(etree.tostring(self.response, with_tail=False))

    @property
    def assertion(self):
        return self.service.decrypt(self.response.find("a:EncryptedAssertion/xenc:EncryptedData", NS))

    @property
    def pesel(self) -> str:
        return values(self.assertion)["PersonIdentifier"]

    @property
    def confirmation(self):
        return self.assertion.find("a:Subject/a:SubjectConfirmation/a:SubjectConfirmationData", NS)

    @property
    def conditions(self):
        return self.assertion.find("a:Conditions", NS)

    def signed(self, element) -> bool:
        return element.find("ds:Signature", NS) is not None

    def holds(self, element) -> bool:
        """Whether the signature is right; a reference is followed anywhere in the document."""
        return signed_by(element, self.metadata)

    def signature_anywhere_holds(self) -> bool:
        """What a naive reader checks: some signature of a Response is right."""
        root = self.artifact_response
        found = root.find(".//p:Response[ds:Signature]", NS)
        return signed_by(found, self.metadata)

    def method(self) -> str:
        return self.response.find("ds:Signature/ds:SignedInfo/ds:SignatureMethod", NS).get("Algorithm")


def arrive(wezel: Wezel, **fields) -> Arrived:
    message = wezel.request()
    sent = sent_back(wezel.pick(wezel.ask(message), **fields))
    answer = wezel.service.resolve(wezel.address, sent["SAMLart"])
    consumer = f"{wezel.service.address}/saml/acs"
    return Arrived(message.get("ID"), consumer, sent, answer.status_code, answer.content, wezel.metadata, wezel.service)


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def ahead(element) -> float:
    """Seconds by which an element was issued in the future."""
    return (moment(element.get("IssueInstant")) - dt.datetime.now(dt.UTC)).total_seconds()


def fresh(got: Arrived, seconds: int) -> bool:
    return all(abs(ahead(each) - seconds) < 20 for each in (got.artifact_response, got.response, got.assertion))


def is_wrapped(got: Arrived) -> bool:
    """A naive reader finds a good signature and reads another person."""
    return got.signature_anywhere_holds() and values(got.assertion)["CurrentFamilyName"] == FORGED


def original_in(got: Arrived, path: str) -> bool:
    return is_wrapped(got) and got.artifact_response.find(path, NS) is not None


def original_inside_its_signature(got: Arrived, path: str) -> bool:
    """Another person is read, and what was signed has its digest, where the enveloping signature is not taken out of it."""
    original = got.artifact_response.find(path, NS)
    if original is None:
        return False
    (signature,) = original.iterancestors(f"{{{NS['ds']}}}Signature")
    reference = signature.find("ds:SignedInfo/ds:Reference", NS)
    prefixes = ["ds", "saml2", "saml2p", "xenc"]
    canonical = etree.tostring(
        etree.fromstring(etree.tostring(original)), method="c14n", exclusive=True, inclusive_ns_prefixes=prefixes
    )
    digest = base64.b64encode(hashlib.sha256(canonical).digest()).decode()
    same = reference.get("URI") == f"#{original.get('ID')}" and reference.findtext("ds:DigestValue", None, NS) == digest
    return same and values(got.assertion)["CurrentFamilyName"] == FORGED


def decrypts(got: Arrived) -> bool:
    try:
        return got.assertion is not None
    except Exception as error:
        assert type(error).__name__ in {"InvalidUnwrap", "InvalidTag"}
        return False


def content_key_bits(got: Arrived) -> int:
    text = got.response.findtext(".//xenc:EncryptedKey/xenc:CipherData/xenc:CipherValue", None, NS)
    return len(text) * 6 // 64 * 64 - 64


CHECKS: dict[str, Callable[[Arrived], bool]] = {
    "nothing-signed": lambda got: (
        not got.signed(got.artifact_response) and not got.signed(got.response) and not got.signed(got.assertion)
    ),
    "unsigned-response": lambda got: got.holds(got.artifact_response) and not got.signed(got.response),
    "unsigned-artifact-response": lambda got: not got.signed(got.artifact_response) and got.holds(got.alone),
    "only-assertion-signed": lambda got: (
        not got.signed(got.artifact_response) and not got.signed(got.response) and got.holds(got.assertion)
    ),
    "foreign-key": lambda got: got.signed(got.response) and not got.holds(got.alone) and not known_certificate(got),
    "foreign-key-known-certificate": lambda got: not got.holds(got.alone) and known_certificate(got),
    "hmac": lambda got: got.method().endswith("#hmac-sha256") and verifies_by_public_key(got),
    "sha1": lambda got: got.method().endswith("#ecdsa-sha1") and got.holds(got.alone),
    "altered-attribute": lambda got: (
        got.holds(got.artifact_response)
        and not got.holds(got.alone)
        and values(got.assertion)["CurrentFamilyName"] == FORGED
    ),
    "wrapping-in-signature": lambda got: original_inside_its_signature(got, "p:Response/ds:Signature/p:Response"),
    "wrapping-beside-signature": lambda got: original_in(got, "p:Response/p:Response"),
    "wrapping-inside": lambda got: original_in(got, "p:Response/p:Response/ds:Signature"),
    "wrapping-in-object": lambda got: original_inside_its_signature(
        got, "p:Response/ds:Signature/ds:Object/p:Response"
    ),
    "wrapping-before": lambda got: original_in(got, "p:Response[2]/ds:Signature"),
    "wrapping-after": lambda got: original_in(got, "p:Response[2]") and got.signed(got.response),
    "wrapping-in-extensions": lambda got: extensions_wrapped(got),
    "wrapping-artifact-in-object": lambda got: original_inside_its_signature(
        got, "ds:Signature/ds:Object/p:ArtifactResponse"
    ),
    "wrapping-artifact-before": lambda got: (
        len(etree.fromstring(got.body)[0]) == 2
        and not got.signed(got.artifact_response)
        and values(got.assertion)["CurrentFamilyName"] == FORGED
    ),
    "unknown-issuer": lambda got: (
        {e.text for e in got.artifact_response.iter(f"{{{NS['a']}}}Issuer")} == {"obcy-wezel.example"}
    ),
    "wrong-audience": lambda got: got.conditions.findtext(".//a:Audience", None, NS) != ENTITY_ID,
    "wrong-recipient": lambda got: got.confirmation.get("Recipient") != got.consumer,
    "wrong-destination": lambda got: got.response.get("Destination") not in {None, got.consumer},
    "wrong-in-response-to": lambda got: (
        got.response.get("InResponseTo") not in {None, got.request_id}
        and got.confirmation.get("InResponseTo") not in {None, got.request_id}
    ),
    "unsolicited": lambda got: (
        got.response.get("InResponseTo") is None and got.confirmation.get("InResponseTo") is None
    ),
    "other-request": lambda got: (
        got.response.get("InResponseTo") == got.request_id != got.confirmation.get("InResponseTo")
    ),
    "wrong-artifact-in-response-to": lambda got: got.artifact_response.get("InResponseTo") == "ID-nieznane",
    "no-conditions": lambda got: got.conditions is None,
    "no-audience-restriction": lambda got: got.conditions is not None and len(got.conditions) == 0,
    "lower-loa": lambda got: got.assertion.findtext(".//a:AuthnContextClassRef", None, NS).endswith("/low"),
    "no-attributes": lambda got: got.assertion.find("a:AttributeStatement", NS) is None,
    "comment-in-nameid": lambda got: b"<!---->" in etree.tostring(got.assertion.find(".//a:NameID", NS)),
    "comment-in-pesel": lambda got: b"6803<!---->1499952" in etree.tostring(got.assertion) and got.pesel == JAN,
    "undecryptable": lambda got: not decrypts(got),
    "wrong-relay-state": lambda got: got.sent["RelayState"] != "stan-1",
    "no-relay-state": lambda got: "RelayState" not in got.sent,
    "expired": lambda got: (
        moment(got.conditions.get("NotOnOrAfter")) < dt.datetime.now(dt.UTC) and abs(ahead(got.response)) < 20
    ),
    "not-yet-valid": lambda got: moment(got.conditions.get("NotBefore")) > dt.datetime.now(dt.UTC),
    "issued-long-ago": lambda got: (
        ahead(got.assertion) < -86400 and moment(got.conditions.get("NotOnOrAfter")) > dt.datetime.now(dt.UTC)
    ),
    "clock-5min-ahead": lambda got: fresh(got, 300),
    "clock-5min-behind": lambda got: fresh(got, -300),
    "clock-30s-ahead": lambda got: 5 < ahead(got.response) <= 30 and 5 < ahead(got.artifact_response) <= 30,
    "clock-30s-behind": lambda got: -50 < ahead(got.response) < -29 and -50 < ahead(got.artifact_response) < -29,
    "dtd": lambda got: b"<!DOCTYPE soap:Envelope" in got.body and b"<!ENTITY" not in got.body,
    "entities": lambda got: b"&e9;" in got.body and b"<!ENTITY e9" in got.body,
    "external-entity": lambda got: b'SYSTEM "file:///' in got.body and b"&plik;" in got.body,
    "large": lambda got: len(got.body) > 2 * 1024 * 1024 and got.holds(got.alone),
    "unpublished-key": lambda got: got.signed(got.response) and not got.holds(got.alone) and not known_certificate(got),
    "down": lambda got: got.status == 503,
    "slow": lambda got: got.status == 503,
    "assertion-signed-too": lambda got: got.holds(got.alone) and got.holds(got.assertion),
    "short-content-key": lambda got: content_key_bits(got) == 128 and got.pesel == JAN,
}
# tested one by one below
OTHERWISE = {
    "replayed-assertion-id",
    "replayed-response",
    "expired-metadata",
    "expired-certificate",
    "unsigned-logout-request",
    "foreign-logout-request",
    "unsigned-logout-response",
    "foreign-logout-response",
}


def known_certificate(got: Arrived) -> bool:
    used = got.response.findtext("ds:Signature//ds:X509Certificate", None, NS)
    return used in [
        each.text for each in etree.fromstring(got.metadata).findall(".//md:KeyDescriptor//ds:X509Certificate", NS)
    ]


def verifies_by_public_key(got: Arrived) -> bool:
    """Whether everybody who has the metadata can make such a signature."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    root = got.alone
    text = root.findtext("ds:Signature//ds:X509Certificate", None, NS)
    certificate = x509.load_pem_x509_certificate(
        f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n".encode()
    )
    secret = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, secret)
    context.register_id(root, "ID")
    context.verify(root.find("ds:Signature", NS))
    return known_certificate(got)


def extensions_wrapped(got: Arrived) -> bool:
    inside, outside = got.artifact_response.find("p:Extensions/p:Response", NS), got.response
    if inside is None or inside.get("ID") != outside.get("ID"):
        return False
    forged = got.service.decrypt(inside.find("a:EncryptedAssertion/xenc:EncryptedData", NS))
    return got.holds(got.alone) and values(forged)["CurrentFamilyName"] == FORGED


def test_every_mischief_is_tested_and_has_a_group():
    assert set(CHECKS) | OTHERWISE == set(BY_NAME) - {"no-destination"}  # which is of standard SAML alone
    assert len(BY_NAME) == len(MISCHIEFS)
    assert {mischief.group for mischief in MISCHIEFS} == set(GROUPS)


@pytest.fixture(scope="module")
def plain(served_wezel: Wezel) -> Arrived:
    """A sign-in without mischief."""
    return arrive(served_wezel)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_mischief_chosen_for_one_sign_in(wezel, plain, name):
    assert not CHECKS[name](plain), "the check tells nothing"
    assert CHECKS[name](arrive(wezel, psota=name))


def test_mischief_of_the_process_holds_until_it_is_turned_off(wezel):
    requests.post(f"{wezel.address}/psoty", data={"psota": ["no-conditions", "no-relay-state"]}, timeout=60)
    page = etree.HTML(requests.get(f"{wezel.address}/psoty", timeout=60).content)
    assert set(page.xpath("//input[@checked]/@value")) == {"no-conditions", "no-relay-state"}
    for _ in range(2):
        got = arrive(wezel)
        assert got.conditions is None and "RelayState" not in got.sent
    requests.post(f"{wezel.address}/psoty", timeout=60)
    assert arrive(wezel).conditions is not None


@pytest.mark.parametrize("name", ["down", "slow"])
def test_provider_that_is_down_answers_nothing(wezel, name):
    requests.post(f"{wezel.address}/psoty", data={"psota": name}, timeout=60)
    assert wezel.ask(wezel.request()).status_code == 503
    assert wezel.service.resolve(wezel.address, "x").status_code == 503


def test_assertion_id_of_the_last_sign_in_comes_again(wezel):
    first = arrive(wezel)
    arrive(wezel, psota="no-conditions")
    assert arrive(wezel, psota="replayed-assertion-id").assertion.get("ID") == first.assertion.get("ID")


def test_response_of_the_last_sign_in_comes_again(wezel):
    first, again = arrive(wezel), arrive(wezel, psota="replayed-response")
    assert again.response.get("ID") == first.response.get("ID") and again.holds(again.alone)
    assert again.artifact_response.get("ID") != first.artifact_response.get("ID")


def test_expired_metadata_are_published(wezel):
    def published() -> dt.datetime:
        root = etree.parse(wezel.var / "identity" / "wezel-metadata.xml").getroot()
        return moment(root.get("validUntil"))

    requests.post(f"{wezel.address}/psoty", data={"psota": "expired-metadata"}, timeout=60)
    assert published() < dt.datetime.now(dt.UTC)
    requests.post(f"{wezel.address}/psoty", timeout=60)
    assert published() > dt.datetime.now(dt.UTC)


def test_expired_certificate_is_published_and_signs(wezel):
    from cryptography import x509

    requests.post(f"{wezel.address}/psoty", data={"psota": "expired-certificate"}, timeout=60)
    got = arrive(wezel)
    for element in (etree.fromstring(got.metadata).find(".//md:KeyDescriptor", NS), got.response):
        text = element.findtext(".//ds:X509Certificate", None, NS)
        certificate = x509.load_pem_x509_certificate(
            f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n".encode()
        )
        assert certificate.not_valid_after_utc < dt.datetime.now(dt.UTC)
    assert got.holds(got.alone)


@pytest.mark.parametrize("kind", ["unsigned", "foreign"])
def test_logout_request_that_nobody_should_believe(wezel, kind):
    index = arrive(wezel).assertion.get("ID")
    requests.post(f"{wezel.address}/psoty", data={"psota": f"{kind}-logout-request"}, timeout=60)
    requests.post(f"{wezel.address}/sesje", data={"sesja": index}, timeout=60)

    (message,) = wezel.service.got
    assert (message.find("ds:Signature", NS) is None) == (kind == "unsigned")
    assert kind == "unsigned" or not signed_by(message, wezel.metadata)


@pytest.mark.parametrize("kind", ["unsigned", "foreign"])
def test_logout_response_that_nobody_should_believe(wezel, kind):
    assertion = arrive(wezel).assertion
    requests.post(f"{wezel.address}/psoty", data={"psota": f"{kind}-logout-response"}, timeout=60)
    address = f"{wezel.address}/login-services/singleLogoutService"
    asked = wezel.service.logout_request(address, assertion.findtext(".//a:NameID", None, NS), assertion.get("ID"))
    message = out_of_envelope(post_soap(address, asked).content)

    assert (message.find("ds:Signature", NS) is None) == (kind == "unsigned")
    assert kind == "unsigned" or not signed_by(message, wezel.metadata)


def test_switches_for_one_sign_in_are_those_that_change_an_answer(wezel):
    page = etree.HTML(wezel.ask(wezel.request()).content)
    offered = set(page.xpath("//select[@name='psota']//option/@value")) - {""}
    assert offered == {each.name for each in MISCHIEFS if each.change is not None and WEZEL in each.profiles}
