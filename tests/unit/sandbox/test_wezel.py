"""The stand-in for Węzeł Krajowy, spoken to over HTTP by a little service provider: sign-in, refusals, logout."""

from __future__ import annotations

import base64

import pytest
import requests
from lxml import etree

from boi_portal.sandbox.people import OFFERED
from tests.unit.sandbox.service_provider import (
    ENTITY_ID,
    NS,
    SUCCESS,
    ServiceProvider,
    instant,
    out_of_envelope,
    post_soap,
    signed_by,
)
from tests.unit.sandbox.wezel_browser import assertion_of, sent_back, values


def test_sign_in_brings_an_encrypted_assertion_about_the_person_picked(wezel):
    request_id, artifact = wezel.sign_in()

    artifact_response = out_of_envelope(wezel.service.resolve(wezel.address, artifact).content)
    assert artifact_response.tag == f"{{{NS['p']}}}ArtifactResponse" and artifact_response.prefix == "saml2p"
    assert signed_by(artifact_response, wezel.metadata)
    response = etree.fromstring(etree.tostring(artifact_response.find("p:Response", NS)))
    assert signed_by(response, wezel.metadata)
    assert response.get("InResponseTo") == request_id and response.get("Destination") is None
    assert response.find("p:Status/p:StatusCode", NS).get("Value") == SUCCESS
    assert b'PrefixList="ds saml2 saml2p xenc"' in etree.tostring(response)
    assert response.find("a:Assertion", NS) is None

    assertion = wezel.service.decrypt(response.find("a:EncryptedAssertion/xenc:EncryptedData", NS))
    assert assertion.find("ds:Signature", NS) is None
    assert values(assertion) == {
        "CurrentFamilyName": "Testowy",
        "CurrentGivenName": "Jan",
        "DateOfBirth": "1968-03-14Z",
        "PersonIdentifier": "68031499952",
    }
    data = assertion.find("a:Subject/a:SubjectConfirmation/a:SubjectConfirmationData", NS)
    assert data.get("InResponseTo") == request_id and data.get("Recipient") == f"{wezel.service.address}/saml/acs"
    assert assertion.findtext("a:Conditions/a:AudienceRestriction/a:Audience", None, NS) == ENTITY_ID
    assert assertion.findtext(".//a:AuthnContextClassRef", None, NS) == "http://eidas.europa.eu/LoA/substantial"
    assert assertion.find("a:AuthnStatement", NS).get("SessionIndex") == assertion.get("ID")


def test_person_and_level_are_those_picked(wezel):
    _, artifact = wezel.sign_in(osoba="diakrytyki", poziom="high")
    assertion = assertion_of(wezel, artifact)

    assert values(assertion)["CurrentFamilyName"] == "Gżegżółka-Źdźbłowska"
    assert assertion.findtext(".//a:AuthnContextClassRef", None, NS) == "http://eidas.europa.eu/LoA/high"


def test_changed_surname_is_the_same_person(wezel):
    before, after = (assertion_of(wezel, wezel.sign_in(osoba=who)[1]) for who in ("anna", "anna-po-slubie"))

    assert values(before)["PersonIdentifier"] == values(after)["PersonIdentifier"]
    assert values(before)["CurrentFamilyName"] != values(after)["CurrentFamilyName"]
    assert before.findtext("a:Subject/a:NameID", None, NS) == after.findtext("a:Subject/a:NameID", None, NS)


def test_other_person_can_be_typed_in(wezel):
    page = wezel.pick(wezel.ask(wezel.request()), osoba="inna", imie="Ewa", nazwisko="Wpisana", pesel=OFFERED[1].pesel)
    assert values(assertion_of(wezel, sent_back(page)["SAMLart"]))["CurrentGivenName"] == "Ewa"


def test_picking_goes_on_when_the_form_is_wrong(wezel):
    page = wezel.pick(wezel.ask(wezel.request()), osoba="inna", imie="Ewa", nazwisko="", poziom="", psota="nie-ma")

    assert page.status_code == 422
    for text in ("Podaj nazwisko.", "Wybierz poziom bezpieczeństwa z listy.", "Wybierz psotę z listy.", 'value="Ewa"'):
        assert text in page.text
    assert sent_back(wezel.pick(page))["SAMLart"]


def test_relay_state_comes_back_as_it_was_sent(wezel):
    sent = sent_back(wezel.pick(wezel.ask(wezel.request(), "zażółć & <b>")))
    assert sent["RelayState"] == "zażółć & <b>"


def test_question_is_answered_once(wezel):
    page = wezel.ask(wezel.request())
    assert wezel.pick(page).status_code == 200
    assert wezel.pick(page).status_code == 404


def test_cancelling_brings_a_signed_refusal_without_a_person(wezel):
    sent = sent_back(wezel.pick(wezel.ask(wezel.request()), rezygnuje="1"))
    artifact_response = out_of_envelope(wezel.service.resolve(wezel.address, sent["SAMLart"]).content)
    response = artifact_response.find("p:Response", NS)

    assert signed_by(artifact_response, wezel.metadata)
    assert response.find("p:Status/p:StatusCode", NS).get("Value").endswith(":AuthnFailed")
    assert response.find("a:EncryptedAssertion", NS) is None


def test_artifact_is_answered_once(wezel):
    _, artifact = wezel.sign_in()
    first, second = (wezel.service.resolve(wezel.address, artifact) for _ in range(2))

    assert out_of_envelope(first.content).find("p:Response", NS) is not None
    empty = out_of_envelope(second.content)
    assert empty.find("p:Response", NS) is None and signed_by(empty, wezel.metadata)


def test_artifact_names_its_provider(wezel):
    _, artifact = wezel.sign_in()
    data = base64.b64decode(artifact)
    assert len(data) == 44 and data[:4] == b"\0\4\0\0"


def test_artifact_resolve_is_refused_when_not_signed_or_altered(wezel):
    _, artifact = wezel.sign_in()
    address = f"{wezel.address}/login-services/idpArtifactResolutionService"
    unsigned = wezel.service.message("ArtifactResolve", f"<p:Artifact>{artifact}</p:Artifact>")
    altered = wezel.service.artifact_resolve("inny")
    altered.find("p:Artifact", NS).text = artifact

    for message in (unsigned, altered):
        answer = post_soap(address, message)
        assert answer.status_code == 500 and "Fault" in answer.text
    assert b"EncryptedAssertion" in wezel.service.resolve(wezel.address, artifact).content


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"Destination": "http://gdzie.example/"}, "dla innego adresu"),
        ({"Destination": ""}, "Destination"),
        ({"AssertionConsumerServiceURL": "http://gdzie.example/acs"}, "AssertionConsumerService"),
        ({"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"}, "AssertionConsumerService"),
        ({"ForceAuthn": ""}, "ForceAuthn"),
        ({"ProviderName": ""}, "ProviderName"),
        ({"IssueInstant": -600}, "za stary"),
        ({"IssueInstant": 600}, "za stary"),
        ({"IssueInstant": "wczoraj"}, "data"),
        ({"Version": "1.1"}, "wersji"),
        ({"inside": "<a:Subject/>"}, "SPType"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_request_is_refused_when_it_is_not_in_order(wezel, attributes, reason):
    # seconds from now are made a time here, so that the test has the same name in every process
    given = {name: instant(value) if isinstance(value, int) else value for name, value in attributes.items()}
    page = wezel.ask(wezel.request(**given))

    assert page.status_code == 400
    assert reason in etree.HTML(page.content).xpath("string(//p[@class='error'])")


def test_request_is_refused_when_not_signed(wezel):
    message = wezel.service.authn_request(f"{wezel.address}/login/SingleSignOnService")
    assert "podpis" in wezel.ask(message).text and wezel.ask(message).status_code == 400


def test_request_is_refused_when_altered(wezel):
    message = wezel.request()
    message.set("ProviderName", "Inny")
    assert wezel.ask(message).status_code == 400


def test_request_is_refused_when_signed_by_a_foreign_key(wezel):
    message = wezel.service.authn_request(f"{wezel.address}/login/SingleSignOnService")
    assert wezel.ask(ServiceProvider().keys["ec"].sign(message)).status_code == 400


@pytest.mark.parametrize("text", ["", "%%%", base64.b64encode(b"<a").decode(), base64.b64encode(b"<a/>").decode()])
def test_request_is_refused_when_it_is_none(wezel, text):
    fields = {"SAMLRequest": text, "RelayState": "x"}
    assert requests.post(f"{wezel.address}/login/SingleSignOnService", data=fields, timeout=60).status_code == 400


def test_service_logs_out_a_session(wezel):
    assertion = assertion_of(wezel, wezel.sign_in()[1])
    name_id = assertion.findtext("a:Subject/a:NameID", None, NS)
    address = f"{wezel.address}/login-services/singleLogoutService"
    message = wezel.service.logout_request(address, name_id, assertion.get("ID"))

    first, again = (out_of_envelope(post_soap(address, message).content) for _ in range(2))
    assert first.tag == f"{{{NS['p']}}}LogoutResponse" and first.get("InResponseTo") == message.get("ID")
    assert signed_by(first, wezel.metadata)
    assert first.find("p:Status/p:StatusCode", NS).get("Value") == SUCCESS
    assert again.find("p:Status/p:StatusCode", NS).get("Value") != SUCCESS
    assert assertion.get("ID") not in requests.get(f"{wezel.address}/sesje", timeout=60).text


def test_logout_is_refused_when_not_signed(wezel):
    assertion = assertion_of(wezel, wezel.sign_in()[1])
    inside = f"<a:NameID>{assertion.findtext('a:Subject/a:NameID', None, NS)}</a:NameID>"
    answer = post_soap(
        f"{wezel.address}/login-services/singleLogoutService", wezel.service.message("LogoutRequest", inside)
    )

    assert answer.status_code == 500
    assert assertion.get("ID") in requests.get(f"{wezel.address}/sesje", timeout=60).text


def test_provider_logs_out_everywhere(wezel):
    assertion = assertion_of(wezel, wezel.sign_in()[1])
    page = requests.post(f"{wezel.address}/sesje", data={"sesja": assertion.get("ID")}, timeout=60)

    assert "Wylogowano ze wszystkich serwisów." in page.text
    (message,) = wezel.service.got
    assert signed_by(message, wezel.metadata)
    assert message.get("Destination") == f"{wezel.service.address}/saml/slo"
    assert message.findtext("a:NameID", None, NS) == assertion.findtext("a:Subject/a:NameID", None, NS)
    assert message.findtext("p:SessionIndex", None, NS) == assertion.get("ID")


def test_page_says_so_when_the_service_does_not_log_out(wezel):
    assertion = assertion_of(wezel, wezel.sign_in()[1])
    wezel.service.logout_status = 500
    page = requests.post(f"{wezel.address}/sesje", data={"sesja": assertion.get("ID")}, timeout=60)
    assert page.status_code == 502 and "błędem 500" in page.text


def test_metadata_are_signed_and_lie_in_the_folder(wezel):
    root = etree.fromstring(wezel.metadata)
    assert signed_by(root, wezel.metadata)
    published = etree.parse(wezel.var / "identity" / "wezel-metadata.xml").getroot()
    assert published.get("entityID") == root.get("entityID")
    locations = [each.get("Location") for each in published.findall(".//*[@Location]", NS)]
    assert sorted(each.removeprefix(wezel.address) for each in locations) == [
        "/login-services/idpArtifactResolutionService",
        "/login-services/singleLogoutService",
        "/login/SingleSignOnService",
    ]
    assert "profile: wezel-krajowy" in (wezel.var / "identity" / "wezel.yaml").read_text()


def test_keys_roll_over_in_three_steps(wezel):
    def certificates() -> list[str]:
        return [
            each.text
            for each in etree.fromstring(wezel.metadata).findall(".//md:KeyDescriptor//ds:X509Certificate", NS)
        ]

    def step(name: str) -> None:
        answer = requests.post(f"{wezel.address}/klucze", data={"dostawca": "wezel", "krok": name}, timeout=60, allow_redirects=False)
        assert answer.status_code == 303

    def used() -> str:
        answer = wezel.service.resolve(wezel.address, wezel.sign_in()[1])
        return out_of_envelope(answer.content).findtext("ds:Signature//ds:X509Certificate", None, NS)

    (old,) = certificates()
    step("oglos")
    assert certificates()[0] == old and len(certificates()) == 2 and used() == old
    new = certificates()[1]
    step("przelacz")
    assert len(certificates()) == 2 and used() == new
    step("wycofaj")
    assert certificates() == [new] and used() == new


def test_way_back_may_lead_to_the_service_alone(wezel):
    page = wezel.pick(wezel.ask(wezel.request()))
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action 'self' {wezel.service.address}" in policy and "unsafe" not in policy
    script = etree.HTML(page.content).xpath("string(//script/@src)")
    assert "submit()" in requests.get(wezel.address + script, timeout=60).text


def test_every_page_is_sound_markup(wezel):
    wezel.sign_in()
    opened = wezel.ask(wezel.request())
    pages = [requests.get(wezel.address + path, timeout=60) for path in ("/", "/sesje", "/psoty", "/klucze", "/nie-ma")]
    pages += [opened, wezel.pick(opened, osoba=""), wezel.pick(opened), wezel.ask(wezel.request(Version="1.1"))]

    for answer in pages:
        page = etree.HTML(answer.content)
        assert len(page.xpath("//h1")) == 1 and page.xpath("//html/@lang") == ["pl"]
        assert page.xpath("string(//h1)") in page.xpath("string(//title)") or answer.url == wezel.address + "/"
        assert not page.xpath("//style | //script[not(@src)] | //@style | //@*[starts-with(name(), 'on')]")
        identifiers = page.xpath("//@id")
        assert len(identifiers) == len(set(identifiers))
        for control in page.xpath("//input[not(@type='hidden')] | //select"):
            assert page.xpath("//label[@for = $id]", id=control.get("id")), control.attrib
        for reference in page.xpath("//@aria-describedby | //@aria-labelledby"):
            assert set(reference.split()) <= set(identifiers)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
