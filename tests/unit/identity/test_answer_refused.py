"""Every attack and fault of the table of what must be refused: each ends in its own reason."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from boi_portal.identity import Key, LoA, Provider, Question, Reason, Refused, ServiceProvider

from . import factories
from .factories import (
    DS,
    NATIONAL_ID,
    NS,
    RSA_SHA1,
    SAML,
    SAMLP,
    STANDARD_ID,
    STATUS,
    XENC,
    ArtifactService,
    Memory,
    Said,
    posted,
    sign,
)

MINUTE = timedelta(minutes=1)


class Conversation:
    """One question to the standard provider, and ways to answer it."""

    def __init__(self, portal: ServiceProvider, provider: Provider, signer: Key, own: Key, at: datetime) -> None:
        self.portal, self.provider, self.signer, self.own, self.at = portal, provider, signer, own, at
        self.memory = Memory()
        self.question: Question = portal.authn_request(provider, at, "state", loa=LoA.SUBSTANTIAL)

    def said(self, **changes: object) -> Said:
        return factories.said(self.question, STANDARD_ID, self.at, **changes)

    def signed(self, said: Said, inside: str | bytes | None = None) -> bytes:
        return sign(said.response(inside), said.response_id, self.signer)

    def read(self, response: bytes, at: datetime | None = None) -> object:
        return self.portal.answer(
            self.provider, self.question.pending, posted(response), at or self.at, self.memory, factories.no_fetch
        )

    def reason(self, response: bytes, at: datetime | None = None) -> Reason:
        with pytest.raises(Refused) as caught:
            self.read(response, at)
        assert factories.PESEL not in str(caught.value)
        assert not self.memory.until, "an answer that is refused must not be kept as used"
        return caught.value.reason


@pytest.fixture
def talk(portal: ServiceProvider, standard: Provider, standard_key: Key, own_rsa: Key, at: datetime) -> Conversation:
    return Conversation(portal, standard, standard_key, own_rsa, at)


def replaced(document: bytes, old: str, new: str) -> bytes:
    assert old.encode() in document
    return document.replace(old.encode(), new.encode())


def test_the_answer_itself_is_accepted(talk: Conversation) -> None:
    assert talk.read(talk.signed(talk.said()))


# --- signatures


def test_altered_attribute(talk: Conversation) -> None:
    altered = replaced(talk.signed(talk.said()), ">Jan<", ">Ewa<")
    assert talk.reason(altered) is Reason.BAD_SIGNATURE


def test_unknown_key(talk: Conversation, stranger: Key) -> None:
    said = talk.said()
    assert talk.reason(sign(said.response(), said.response_id, stranger)) is Reason.BAD_SIGNATURE


def test_unknown_key_of_another_kind(talk: Conversation, national_key: Key) -> None:
    said = talk.said()
    assert talk.reason(sign(said.response(), said.response_id, national_key)) is Reason.BAD_SIGNATURE


def test_unknown_issuer(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(issuer="https://other.example.org"))) is Reason.WRONG_ISSUER


def test_assertion_of_another_issuer(talk: Conversation) -> None:
    said = talk.said(assertion_issuer="https://other.example.org")
    assert talk.reason(talk.signed(said)) is Reason.WRONG_ISSUER


def test_hmac_with_the_public_key(talk: Conversation) -> None:
    said = talk.said()
    root = etree.fromstring(said.response())
    node = factories.template(root, talk.signer)
    method, key_info = (node.xpath(f".//ds:{name}", namespaces=NS)[0] for name in ("SignatureMethod", "KeyInfo"))
    method.set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    node.remove(key_info)
    root.insert(1, node)
    public = talk.signer.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, public)
    context.register_id(root, "ID", None)
    context.sign(node)
    assert talk.reason(etree.tostring(root)) is Reason.WEAK_ALGORITHM


def test_nothing_signed(talk: Conversation) -> None:
    assert talk.reason(talk.said().response().encode()) is Reason.UNSIGNED


def test_only_the_assertion_signed(talk: Conversation) -> None:
    said = talk.said()
    inside = sign(said.assertion(), said.assertion_id, talk.signer)
    assert talk.reason(said.response(inside).encode()) is Reason.UNSIGNED


def test_encrypted_and_nothing_signed(talk: Conversation) -> None:
    said = talk.said()
    inside = factories.encrypt_for_rsa(said.assertion().encode(), talk.own)
    assert talk.reason(said.response(inside).encode()) is Reason.UNSIGNED


def test_assertion_signed_by_another_within_a_signed_answer(talk: Conversation, stranger: Key) -> None:
    said = talk.said()
    inside = sign(said.assertion(), said.assertion_id, stranger)
    assert talk.reason(talk.signed(said, inside)) is Reason.BAD_SIGNATURE


def test_rsa_sha1(talk: Conversation) -> None:
    said = talk.said()
    assert talk.reason(sign(said.response(), said.response_id, talk.signer, method=RSA_SHA1)) is Reason.WEAK_ALGORITHM


def test_digest_sha1(talk: Conversation) -> None:
    said = talk.said()
    signed = sign(said.response(), said.response_id, talk.signer, digest=xmlsec.constants.TransformSha1)
    assert talk.reason(signed) is Reason.WEAK_ALGORITHM


def test_assertion_signed_with_sha1(talk: Conversation) -> None:
    said = talk.said()
    inside = sign(said.assertion(), said.assertion_id, talk.signer, method=RSA_SHA1)
    assert talk.reason(talk.signed(said, inside)) is Reason.WEAK_ALGORITHM


def test_transform_that_leaves_something_out(talk: Conversation) -> None:
    """Signed by the provider's own key, with an XPath transform that covers nothing of what is read."""
    said = talk.said()
    root = etree.fromstring(said.response())
    node = factories.template(root, talk.signer)
    (transforms,) = node.xpath(".//ds:Transforms", namespaces=NS)
    xpath = etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116")
    etree.SubElement(xpath, f"{{{DS}}}XPath").text = "false()"
    root.insert(1, node)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(talk.signer.private_pem, xmlsec.constants.KeyDataFormatPem)
    context.register_id(root, "ID", None)
    context.sign(node)
    assert talk.reason(etree.tostring(root)) is Reason.STRUCTURE


# --- signature wrapping (Somorovsky et al., 2012, eight ways), the attacker holding one good answer


class Wrapping:
    """A good answer, and an evil copy of it without any signature."""

    def __init__(self, talk: Conversation) -> None:
        said = talk.said()
        inside = sign(said.assertion(), said.assertion_id, talk.signer)
        self.good = etree.fromstring(talk.signed(said, inside))
        self.evil = etree.fromstring(etree.tostring(self.good))
        for signature in self.evil.findall(f".//{{{DS}}}Signature"):
            signature.getparent().remove(signature)
        self.evil.set("ID", "_evil")
        self.evil_assertion = self.evil.find(f"{{{SAML}}}Assertion")
        self.evil_assertion.set("ID", "_evil-assertion")
        for value in self.evil.iterfind(f".//{{{SAML}}}AttributeValue"):
            value.text = (value.text or "").replace("Jan", "Ewa")

    def signature(self) -> etree._Element:
        """The signature of the good answer, taken out of it."""
        signature = self.good.find(f"{{{DS}}}Signature")
        self.good.remove(signature)
        return signature

    def assertion(self) -> etree._Element:
        """The good assertion, taken out of its answer."""
        assertion = self.good.find(f"{{{SAML}}}Assertion")
        self.good.remove(assertion)
        return assertion

    def extensions(self) -> etree._Element:
        extensions = etree.Element(f"{{{SAMLP}}}Extensions")
        self.evil.insert(1, extensions)
        return extensions


def xsw1(w: Wrapping) -> None:
    """Evil answer with the good one's signature, the good answer inside that signature."""
    signature = w.signature()
    signature.append(w.good)
    w.evil.insert(1, signature)


def xsw2(w: Wrapping) -> None:
    """The good answer beside its signature, both in the evil one."""
    signature = w.signature()
    w.evil.insert(1, signature)
    w.evil.insert(2, w.good)


def xsw3(w: Wrapping) -> None:
    """Evil assertion before the good, signed one."""
    w.evil.insert(w.evil.index(w.evil_assertion) + 1, w.assertion())


def xsw4(w: Wrapping) -> None:
    """The good assertion within the evil one."""
    w.evil_assertion.append(w.assertion())


def xsw5(w: Wrapping) -> None:
    """The evil assertion holds the signature, the good one stands at the end."""
    good = w.assertion()
    w.evil_assertion.insert(1, good.find(f"{{{DS}}}Signature"))
    w.evil.append(good)


def xsw6(w: Wrapping) -> None:
    """The evil assertion holds the signature, which holds the good assertion."""
    good = w.assertion()
    signature = good.find(f"{{{DS}}}Signature")
    good.remove(signature)
    signature.append(good)
    w.evil_assertion.insert(1, signature)


def xsw7(w: Wrapping) -> None:
    """The good answer as a whole in Extensions, with its signature at the evil one."""
    signature = w.signature()
    w.extensions().append(w.good)
    w.evil.insert(1, signature)


def xsw8(w: Wrapping) -> None:
    """The good answer in an Object of its signature, which stands in the evil answer."""
    signature = w.signature()
    holder = etree.SubElement(signature, f"{{{DS}}}Object")
    holder.append(w.good)
    w.evil.insert(1, signature)


WRAPPINGS = [xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8]


@pytest.mark.parametrize("wrap", WRAPPINGS, ids=lambda wrap: wrap.__name__)
@pytest.mark.parametrize("same_id", [False, True], ids=["new id", "same id"])
def test_wrapped_signature(talk: Conversation, wrap: Callable[[Wrapping], None], same_id: bool) -> None:
    wrapping = Wrapping(talk)
    if same_id:
        wrapping.evil.set("ID", wrapping.good.get("ID"))
        assertion = wrapping.good.find(f"{{{SAML}}}Assertion")
        wrapping.evil_assertion.set("ID", assertion.get("ID"))
    wrap(wrapping)
    reason = talk.reason(etree.tostring(wrapping.evil))
    assert reason in {
        Reason.DUPLICATE_ID,
        Reason.SEVERAL_ASSERTIONS,
        Reason.STRUCTURE,
        Reason.UNSIGNED,
        Reason.BAD_SIGNATURE,
    }


def test_good_assertion_within_the_key_info_of_the_signature(talk: Conversation) -> None:
    """Nothing of KeyInfo is signed: what is put there must not be read."""
    said = talk.said()
    root = etree.fromstring(talk.signed(said))
    root.find(f"{{{DS}}}Signature/{{{DS}}}KeyInfo").append(etree.fromstring(talk.said(name_id="ewa").assertion()))
    assert talk.reason(etree.tostring(root)) is Reason.SEVERAL_ASSERTIONS


# --- XML


def test_document_type(talk: Conversation) -> None:
    assert talk.reason(b"<!DOCTYPE x []>" + talk.signed(talk.said())) is Reason.DTD


def test_external_entity(talk: Conversation) -> None:
    document = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + talk.signed(talk.said())
    assert talk.reason(replaced(document, ">Jan<", ">&a;<")) is Reason.DTD


def test_entity_bomb(talk: Conversation) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><x>&a9;</x>'
    assert talk.reason(document.encode()) is Reason.DTD


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7"])
def test_document_type_in_another_encoding(talk: Conversation, encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x []><x/>'.encode(encoding)
    assert talk.reason(document) is Reason.NOT_XML


def test_too_large(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said()) + b" " * 1_000_000) is Reason.TOO_LARGE


@pytest.mark.parametrize("document", [b"", b"<x", b"{}", b"\x1f\x8b\x08", b"<a xmlns='x'><b></a>"])
def test_no_xml(talk: Conversation, document: bytes) -> None:
    assert talk.reason(document or b" ") in {Reason.NOT_XML, Reason.STRUCTURE}


def test_nested_too_deep(talk: Conversation) -> None:
    assert talk.reason(b"<a>" * 200 + b"</a>" * 200) is Reason.STRUCTURE


def test_not_base64(talk: Conversation) -> None:
    form = {"SAMLResponse": "żółć%%%", "RelayState": "state"}
    with pytest.raises(Refused) as caught:
        talk.portal.answer(talk.provider, talk.question.pending, form, talk.at, talk.memory, factories.no_fetch)
    assert caught.value.reason is Reason.STRUCTURE


@pytest.mark.parametrize("place", ["NameID", "PESEL"])
def test_comment_inside_a_value(talk: Conversation, place: str) -> None:
    """The signature holds, because comments are not signed; some readers take the text before the comment alone."""
    signed = talk.signed(talk.said(name_id="jan.testowy"))
    if place == "NameID":
        document = replaced(signed, "jan.testowy", "jan<!-- -->.testowy")
    else:
        document = replaced(signed, factories.PESEL, f"{factories.PESEL[:5]}<!-- -->{factories.PESEL[5:]}")
    assert talk.reason(document) is Reason.COMMENT


def test_comment_inside_an_encrypted_value(talk: Conversation) -> None:
    said = talk.said(name_id="jan<!-- -->.testowy")
    inside = factories.encrypt_for_rsa(said.assertion().encode(), talk.own)
    assert talk.reason(talk.signed(said, inside)) is Reason.COMMENT


def test_duplicate_id(talk: Conversation) -> None:
    said = talk.said(assertion_id="_same", response_id="_same")
    with pytest.raises(ValueError):
        sign(said.response(), "_same", talk.signer)  # nobody can sign it properly
    assert talk.reason(said.response().encode()) is Reason.DUPLICATE_ID


def test_several_assertions(talk: Conversation) -> None:
    said = talk.said()
    both = said.assertion() + said.but(assertion_id="_second").assertion()
    assert talk.reason(talk.signed(said, both)) is Reason.SEVERAL_ASSERTIONS


def test_assertion_in_the_advice_of_an_encrypted_one(talk: Conversation) -> None:
    other = talk.said().assertion()
    said = talk.said(extra=f"<saml2:Advice>{other}</saml2:Advice>")
    inside = factories.encrypt_for_rsa(said.assertion().encode(), talk.own)
    assert talk.reason(talk.signed(said, inside)) is Reason.SEVERAL_ASSERTIONS


def test_no_assertion(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(), "<!-- -->".replace("<!-- -->", " "))) is Reason.STRUCTURE


def test_another_message(talk: Conversation) -> None:
    document = f'<saml2p:LogoutResponse xmlns:saml2p="{SAMLP}" ID="_x" Version="2.0"/>'
    assert talk.reason(document.encode()) is Reason.STRUCTURE


def test_answer_that_only_pysaml2_refuses(talk: Conversation) -> None:
    """An attribute that the schema does not know, properly signed: the gate has no word for it."""
    document = talk.said().response().replace(' Version="2.0"', ' Version="2.0" Colour="red"', 1)
    said_id = etree.fromstring(document).get("ID")
    assert talk.reason(sign(document, said_id, talk.signer)) is Reason.LIBRARY


# --- in answer to what, to whom


@pytest.mark.parametrize("request_id", [None, "_another"], ids=["unsolicited", "unknown"])
def test_answer_to_another_question(talk: Conversation, request_id: str | None) -> None:
    said = talk.said(in_response_to=request_id, confirmed_request=talk.question.pending.id)
    assert talk.reason(talk.signed(said)) is Reason.WRONG_REQUEST


@pytest.mark.parametrize("request_id", [None, "_another"], ids=["unsolicited", "unknown"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_assertion_for_another_question(talk: Conversation, request_id: str | None, encrypted: bool) -> None:
    said = talk.said(confirmed_request=request_id)
    inside = factories.encrypt_for_rsa(said.assertion().encode(), talk.own) if encrypted else None
    assert talk.reason(talk.signed(said, inside)) is Reason.WRONG_REQUEST


@pytest.mark.parametrize("audience", [None, "https://other.example.org"], ids=["none", "other"])
def test_audience(talk: Conversation, audience: str | None) -> None:
    assert talk.reason(talk.signed(talk.said(audience=audience))) is Reason.WRONG_AUDIENCE


def test_no_conditions(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(conditions=False))) is Reason.NO_CONDITIONS


@pytest.mark.parametrize("recipient", [None, "https://other.example.org/acs"], ids=["none", "other"])
def test_recipient(talk: Conversation, recipient: str | None) -> None:
    assert talk.reason(talk.signed(talk.said(recipient=recipient))) is Reason.WRONG_RECIPIENT


@pytest.mark.parametrize("destination", [None, "https://other.example.org/acs"], ids=["none", "other"])
def test_destination(talk: Conversation, destination: str | None) -> None:
    assert talk.reason(talk.signed(talk.said(destination=destination))) is Reason.WRONG_DESTINATION


@pytest.mark.parametrize(
    "relay_state", ["", "another", "stateł", "\ud800"], ids=["none", "another", "longer", "no text"]
)
def test_answer_brought_to_another_session(talk: Conversation, relay_state: str) -> None:
    form = posted(talk.signed(talk.said()), relay_state)
    with pytest.raises(Refused) as caught:
        talk.portal.answer(talk.provider, talk.question.pending, form, talk.at, talk.memory, factories.no_fetch)
    assert caught.value.reason is Reason.WRONG_RELAY_STATE


def test_answer_of_another_provider_than_was_asked(talk: Conversation, national: Provider) -> None:
    form = posted(talk.signed(talk.said()))
    with pytest.raises(Refused) as caught:
        talk.portal.answer(national, talk.question.pending, form, talk.at, talk.memory, factories.no_fetch)
    assert caught.value.reason is Reason.WRONG_REQUEST


def test_same_answer_twice(talk: Conversation) -> None:
    signed = talk.signed(talk.said())
    assert talk.read(signed)
    with pytest.raises(Refused) as caught:
        talk.read(signed)
    assert caught.value.reason is Reason.REPLAYED


def test_artifact_where_a_response_is_expected(talk: Conversation) -> None:
    form = {"SAMLart": base64.b64encode(b"\0\4" + b"\0" * 42).decode(), "RelayState": "state"}
    with pytest.raises(Refused) as caught:
        talk.portal.answer(talk.provider, talk.question.pending, form, talk.at, talk.memory, factories.no_fetch)
    assert caught.value.reason is Reason.WRONG_BINDING


# --- when


@pytest.mark.parametrize("seconds", [-30, -59, 0, 30, 59])
def test_clock_of_the_provider_a_little_off(talk: Conversation, seconds: int) -> None:
    assert talk.read(talk.signed(talk.said(at=talk.at + timedelta(seconds=seconds))))


def test_clock_of_the_provider_five_minutes_ahead(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(at=talk.at + 5 * MINUTE))) is Reason.NOT_YET_VALID


def test_issued_in_the_future(talk: Conversation) -> None:
    """Nothing but the moment of issue is wrong."""
    said = talk.said(at=talk.at + 5 * MINUTE, begins=-10 * MINUTE, proved=talk.at)
    assert talk.reason(talk.signed(said)) is Reason.NOT_YET_VALID


def test_signed_in_in_the_future(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(proved=talk.at + 5 * MINUTE))) is Reason.NOT_YET_VALID


def test_clock_of_the_provider_five_minutes_behind(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(at=talk.at - 5 * MINUTE))) is Reason.ISSUED_LONG_AGO


@pytest.mark.parametrize("seconds", [-90, 90])
def test_clock_more_than_a_minute_off(talk: Conversation, seconds: int) -> None:
    reason = talk.reason(talk.signed(talk.said(at=talk.at + timedelta(seconds=seconds))))
    assert reason in {Reason.NOT_YET_VALID, Reason.ISSUED_LONG_AGO}


def test_issued_long_ago(talk: Conversation) -> None:
    """Answered in time, brought a while later; its conditions still hold."""
    said = talk.said(lasts=timedelta(hours=8))
    assert talk.reason(talk.signed(said), talk.at + 10 * MINUTE) is Reason.ISSUED_LONG_AGO


def test_asked_long_ago(talk: Conversation) -> None:
    later = talk.at + timedelta(hours=2)
    assert talk.reason(talk.signed(talk.said(at=later)), later) is Reason.QUESTION_EXPIRED


def test_expired(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(begins=-5 * MINUTE, lasts=-2 * MINUTE))) is Reason.EXPIRED


def test_not_yet_valid(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(begins=2 * MINUTE))) is Reason.NOT_YET_VALID


def test_signed_in_before_it_was_asked_for(portal: ServiceProvider, talk: Conversation) -> None:
    """A step-up asks for a fresh proof; the provider's old session will not do."""
    talk.question = portal.authn_request(talk.provider, talk.at, "state", fresh=True)
    said = talk.said(proved=talk.at - timedelta(hours=1))
    assert talk.reason(talk.signed(said)) is Reason.ISSUED_LONG_AGO


# --- about whom


@pytest.mark.parametrize("loa", ["http://eidas.europa.eu/LoA/low", "http://eidas.europa.eu/LoA/supreme", ""])
def test_level_too_low(talk: Conversation, loa: str) -> None:
    assert talk.reason(talk.signed(talk.said(loa=loa))) is Reason.LOA_TOO_LOW


def test_encrypted_for_somebody_else(talk: Conversation, stranger: Key) -> None:
    """pysaml2 returns an object without attributes here; it must not count as an answer."""
    said = talk.said()
    inside = factories.encrypt_for_rsa(said.assertion().encode(), stranger)
    assert talk.reason(talk.signed(said, inside)) is Reason.CANNOT_DECRYPT


def test_encrypted_for_another_kind_of_key(talk: Conversation, national_key: Key) -> None:
    said = talk.said()
    inside = factories.encrypt_for_ec(said.assertion().encode(), national_key)
    assert talk.reason(talk.signed(said, inside)) is Reason.CANNOT_DECRYPT


def test_encrypted_data_altered(talk: Conversation) -> None:
    """Even where the altered ciphertext is signed, GCM tells."""
    said = talk.said()
    root = etree.fromstring(factories.encrypt_for_rsa(said.assertion().encode(), talk.own))
    value = root.xpath("//xenc:EncryptedData/xenc:CipherData/xenc:CipherValue", namespaces=NS)[0]
    raw = bytearray(base64.b64decode(value.text))
    raw[40] ^= 1
    value.text = base64.b64encode(raw).decode()
    assert talk.reason(talk.signed(said, etree.tostring(root))) is Reason.CANNOT_DECRYPT


@pytest.mark.parametrize("changes", [{"transport": XENC + "rsa-1_5"}, {"algorithm": XENC + "tripledes-cbc"}])
def test_weak_encryption(talk: Conversation, changes: dict[str, str]) -> None:
    said = talk.said()
    if "algorithm" in changes:
        inside = factories.encrypt_for_rsa(said.assertion().encode(), talk.own)
        inside = inside.replace("http://www.w3.org/2009/xmlenc11#aes256-gcm", changes["algorithm"])
    else:
        inside = factories.encrypt_for_rsa(said.assertion().encode(), talk.own, **changes)
    assert talk.reason(talk.signed(said, inside)) is Reason.WEAK_ALGORITHM


def test_something_else_encrypted(talk: Conversation) -> None:
    inside = factories.encrypt_for_rsa(b"<x/>", talk.own)
    assert talk.reason(talk.signed(talk.said(), inside)) is Reason.STRUCTURE


@pytest.mark.parametrize("pesel", ["44051401459", "4405140145", "44051401458 1", "PL/44051401458"])
def test_wrong_pesel(talk: Conversation, pesel: str) -> None:
    assert talk.reason(talk.signed(talk.said(pesel=pesel))) is Reason.BAD_ATTRIBUTE


@pytest.mark.parametrize("name", ["PersonIdentifier", "CurrentGivenName", "CurrentFamilyName"])
def test_attribute_missing(talk: Conversation, name: str) -> None:
    said = talk.said()
    document = said.response().replace(factories.PERSON + name, "urn:other")
    assert talk.reason(sign(document, said.response_id, talk.signer)) is Reason.MISSING_ATTRIBUTE


def test_attribute_empty(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(pesel=""))) is Reason.MISSING_ATTRIBUTE


def test_attribute_given_twice(talk: Conversation) -> None:
    said = talk.said()
    second = f"<saml2:AttributeStatement>{said.attribute('PersonIdentifier', '02070803628')}</saml2:AttributeStatement>"
    assert talk.reason(talk.signed(said.but(extra=second))) is Reason.BAD_ATTRIBUTE


def test_no_name_id(talk: Conversation) -> None:
    assert talk.reason(talk.signed(talk.said(name_id=""))) is Reason.MISSING_ATTRIBUTE


# --- what the provider says itself


def test_person_gave_up(talk: Conversation) -> None:
    """The national node puts it at the top, and sends an assertion with it all the same."""
    status = f'<saml2p:StatusCode Value="{STATUS}AuthnFailed"/>'
    assert talk.reason(talk.signed(talk.said(status=status))) is Reason.DECLINED


def test_person_gave_up_without_an_assertion(talk: Conversation) -> None:
    below = f'<saml2p:StatusCode Value="{STATUS}RequestDenied"/>'
    status = f'<saml2p:StatusCode Value="{STATUS}Responder">{below}</saml2p:StatusCode>'
    assert talk.reason(talk.signed(talk.said(status=status), " ")) is Reason.DECLINED


def test_provider_failed(talk: Conversation) -> None:
    status = f'<saml2p:StatusCode Value="{STATUS}Responder"/>'
    assert talk.reason(talk.signed(talk.said(status=status), " ")) is Reason.PROVIDER_ERROR


# --- the same at the national node, where the assertion is encrypted and not signed


def test_national_assertion_of_another_question(
    portal: ServiceProvider, national: Provider, national_key: Key, own_ec: Key, at: datetime, memory: Memory
) -> None:
    question = portal.authn_request(national, at, "state")
    said = factories.said(question, NATIONAL_ID, at, destination=None, confirmed_request="_another")
    service = ArtifactService(national_key, own_ec)
    encrypted = factories.encrypt_for_ec(said.assertion().encode(), own_ec)
    form = service.keep(sign(said.response(encrypted), said.response_id, national_key))
    with pytest.raises(Refused) as caught:
        portal.answer(national, question.pending, form, at, memory, service)
    assert caught.value.reason is Reason.WRONG_REQUEST


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"loa": "http://eidas.europa.eu/LoA/low"}, Reason.LOA_TOO_LOW),
        ({"destination": "https://other.example.org"}, Reason.WRONG_DESTINATION),
        ({"birth_date": "1944-15-14Z"}, Reason.BAD_ATTRIBUTE),
        ({"birth_date": ""}, Reason.MISSING_ATTRIBUTE),
        ({"proved": datetime(2026, 1, 1, tzinfo=UTC)}, Reason.ISSUED_LONG_AGO),
        ({"recipient": "https://other.example.org"}, Reason.WRONG_RECIPIENT),
    ],
    ids=["loa", "destination", "birth date", "no birth date", "old proof", "recipient"],
)
def test_national_answer(
    portal: ServiceProvider,
    national: Provider,
    national_key: Key,
    own_ec: Key,
    at: datetime,
    memory: Memory,
    changes: dict[str, object],
    reason: Reason,
) -> None:
    question = portal.authn_request(national, at, "state")
    said = factories.said(question, NATIONAL_ID, at, destination=None).but(**changes)
    service = ArtifactService(national_key, own_ec)
    encrypted = factories.encrypt_for_ec(said.assertion().encode(), own_ec)
    form = service.keep(sign(said.response(encrypted), said.response_id, national_key))
    with pytest.raises(Refused) as caught:
        portal.answer(national, question.pending, form, at, memory, service)
    assert caught.value.reason is reason
