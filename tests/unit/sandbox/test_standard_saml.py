"""The stand-in for a provider of standard SAML 2.0: redirect there, form back, logout with the browser both ways."""

from __future__ import annotations

import base64
import zlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from boi_portal.sandbox.identity import wrapping
from boi_portal.sandbox.identity.answers import SAML2
from boi_portal.sandbox.identity.mischief import MISCHIEFS
from tests.unit.sandbox.service_provider import BINDING, NS, SUCCESS, ServiceProvider, signed_by
from tests.unit.sandbox.wezel_browser import Wezel, sent_back

SIGNED_BY_RSA = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


class Standard:
    """A browser and a service at the provider of standard SAML."""

    def __init__(self, wezel: Wezel) -> None:
        self.address, self.service, self.var = f"{wezel.address}/krajowy-inny", wezel.service, wezel.var

    def ask(self, message=None, service: ServiceProvider | None = None, **spoilt: str) -> requests.Response:
        """Follow the address with a signed AuthnRequest."""
        message = self.request() if message is None else message
        query = signed_query("SAMLRequest", message, service or self.service, RelayState="stan-2")
        for old, new in spoilt.items():
            query = query.replace(old, new)
        return requests.get(f"{self.address}/logowanie?{query}", timeout=60)

    def request(self, **attributes: str):
        """An AuthnRequest, signed in the address alone."""
        values = {"ProtocolBinding": f"{BINDING}HTTP-POST"} | attributes
        return self.service.authn_request(f"{self.address}/logowanie", **values)

    def sign_in(self, **fields: str) -> dict[str, str]:
        """What the form back to the service sends."""
        page = self.ask()
        assert page.status_code == 200, page.text
        token = etree.HTML(page.content).xpath("string(//input[@name='zadanie']/@value)")
        values = {"zadanie": token, "osoba": "jan", "poziom": "substantial"} | fields
        return sent_back(requests.post(f"{self.address}/wybor", data=values, timeout=60))

    def response(self, **fields: str):
        return etree.fromstring(base64.b64decode(self.sign_in(**fields)["SAMLResponse"]))

    def assertion(self):
        return self.service.decrypt(self.response().find("a:EncryptedAssertion/xenc:EncryptedData", NS))

    @property
    def metadata(self) -> bytes:
        return requests.get(f"{self.address}/metadata", timeout=60).content


def signed_query(name: str, message, service: ServiceProvider, **more: str) -> str:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(etree.tostring(message)) + packer.flush()
    query = urlencode({name: base64.b64encode(packed).decode()} | more | {"SigAlg": SIGNED_BY_RSA})
    signature = service.keys["rsa"].private.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{query}&{urlencode({'Signature': base64.b64encode(signature).decode()})}"


def message_in(address: str, name: str, metadata: bytes):
    """The message in an address, and whether the provider has signed the query."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    query = urlsplit(address).query
    values = {key: found[0] for key, found in parse_qs(query).items()}
    message = etree.fromstring(zlib.decompress(base64.b64decode(values[name]), wbits=-15))
    if "Signature" not in values:
        return message, False
    text = etree.fromstring(metadata).findtext(".//md:KeyDescriptor//ds:X509Certificate", None, NS)
    public = x509.load_der_x509_certificate(base64.b64decode(text)).public_key()
    signed = query.partition("&Signature=")[0].encode()
    try:
        public.verify(base64.b64decode(values["Signature"]), signed, padding.PKCS1v15(), hashes.SHA256())
        return message, True
    except InvalidSignature:
        return message, False


@pytest.fixture
def standard(wezel) -> Standard:
    return Standard(wezel)


def test_sign_in_brings_a_signed_response_with_an_encrypted_assertion(standard):
    sent = standard.sign_in()
    response = etree.fromstring(base64.b64decode(sent["SAMLResponse"]))

    assert sent["target"] == f"{standard.service.address}/saml/acs" == response.get("Destination")
    assert sent["RelayState"] == "stan-2"
    assert signed_by(response, standard.metadata)
    assertion = standard.service.decrypt(response.find("a:EncryptedAssertion/xenc:EncryptedData", NS))
    said = {each.get("Name"): each[0].text for each in assertion.iter(f"{{{NS['a']}}}Attribute")}
    assert said == {"pesel": "68031499952", "imie": "Jan", "nazwisko": "Testowy", "dataUrodzenia": "1968-03-14Z"}


def test_files_for_the_portal_say_how_attributes_are_called(standard):
    text = (standard.var / "identity" / "samorzad.yaml").read_text()
    assert "profile: saml2" in text and "first_name: imie" in text
    assert b"IDPSSODescriptor" in (standard.var / "identity" / "samorzad-metadata.xml").read_bytes()


def test_cancelling_says_who_failed_on_the_second_level(standard):
    response = standard.response(rezygnuje="1")
    codes = [each.get("Value").rpartition(":")[2] for each in response.iter(f"{{{NS['p']}}}StatusCode")]
    assert codes == ["Responder", "AuthnFailed"] and response.find("a:EncryptedAssertion", NS) is None


def test_request_is_refused_when_its_address_is_not_signed_right(standard):
    foreign = ServiceProvider()
    assert standard.ask(service=foreign).status_code == 400
    assert standard.ask(**{"stan-2": "stan-3"}).status_code == 400
    assert standard.ask(**{"rsa-sha256": "rsa-sha1"}).status_code == 400
    assert standard.ask(standard.request(Destination="http://gdzie.example/")).status_code == 400
    assert requests.get(f"{standard.address}/logowanie", timeout=60).status_code == 400
    assert requests.get(f"{standard.address}/logowanie?SAMLRequest=a&SAMLRequest=b", timeout=60).status_code == 400


def logout_request(standard: Standard, assertion):
    inside = (
        f"<a:NameID>{assertion.findtext('a:Subject/a:NameID', None, NS)}</a:NameID>"
        f"<p:SessionIndex>{assertion.get('ID')}</p:SessionIndex>"
    )
    return standard.service.message("LogoutRequest", inside, Destination=f"{standard.address}/wylogowanie")


def test_service_logs_out_by_redirect(standard):
    message = logout_request(standard, standard.assertion())
    query = signed_query("SAMLRequest", message, standard.service, RelayState="stan-9")
    answer = requests.get(f"{standard.address}/wylogowanie?{query}", timeout=60, allow_redirects=False)

    assert answer.status_code == 303 and answer.headers["Location"].startswith(f"{standard.service.address}/saml/slo?")
    response, signed = message_in(answer.headers["Location"], "SAMLResponse", standard.metadata)
    assert signed and response.get("InResponseTo") == message.get("ID")
    assert response.find("p:Status/p:StatusCode", NS).get("Value") == SUCCESS
    assert "RelayState=stan-9" in answer.headers["Location"]


def test_service_logs_out_by_form(standard):
    message = standard.service.keys["rsa"].sign(logout_request(standard, standard.assertion()))
    fields = {"SAMLRequest": base64.b64encode(etree.tostring(message)).decode()}
    sent = sent_back(requests.post(f"{standard.address}/wylogowanie", data=fields, timeout=60))

    response = etree.fromstring(base64.b64decode(sent["SAMLResponse"]))
    assert sent["target"] == f"{standard.service.address}/saml/slo" and signed_by(response, standard.metadata)


def test_logout_is_refused_when_not_signed(standard):
    message = logout_request(standard, standard.assertion())
    fields = {"SAMLRequest": base64.b64encode(etree.tostring(message)).decode()}
    assert requests.post(f"{standard.address}/wylogowanie", data=fields, timeout=60).status_code == 400
    query = signed_query("SAMLRequest", message, ServiceProvider())
    assert requests.get(f"{standard.address}/wylogowanie?{query}", timeout=60).status_code == 400


def begin_logout(standard: Standard, **fields: str) -> requests.Response:
    values = {"sesja": standard.assertion().get("ID")} | fields
    return requests.post(f"{standard.address}/sesje", data=values, timeout=60, allow_redirects=False)


def test_provider_logs_out_by_redirect_and_believes_the_answer_once(standard):
    message, signed = message_in(begin_logout(standard).headers["Location"], "SAMLRequest", standard.metadata)
    assert signed and message.get("Destination") == f"{standard.service.address}/saml/slo"

    inside = f'<p:Status><p:StatusCode Value="{SUCCESS}"/></p:Status>'
    answer = standard.service.message("LogoutResponse", inside, InResponseTo=message.get("ID"))
    address = f"{standard.address}/wylogowanie?{signed_query('SAMLResponse', answer, standard.service)}"
    assert "Wylogowano ze wszystkich serwisów." in requests.get(address, timeout=60).text
    assert requests.get(address, timeout=60).status_code == 400


def test_provider_logs_out_by_form(standard):
    sent = sent_back(begin_logout(standard, wiazanie="post"))
    message = etree.fromstring(base64.b64decode(sent["SAMLRequest"]))
    assert signed_by(message, standard.metadata)


@pytest.mark.parametrize("kind", ["unsigned", "foreign"])
def test_logout_by_redirect_that_nobody_should_believe(standard, wezel, kind):
    requests.post(f"{wezel.address}/psoty", data={"psota": f"{kind}-logout-request"}, timeout=60)
    address = begin_logout(standard).headers["Location"]
    assert not message_in(address, "SAMLRequest", standard.metadata)[1]
    assert ("Signature=" in address) == (kind == "foreign")


def test_mischief_without_a_destination(standard):
    assert (
        standard.response().get("Destination") and standard.response(psota="no-destination").get("Destination") is None
    )


@pytest.mark.parametrize("way", wrapping.NEED_PARENT)
def test_assertion_is_wrapped_where_the_response_is_the_root(standard, way):
    root = standard.response(psota=f"wrapping-{way}")
    assertions = list(root.iter(f"{{{NS['a']}}}Assertion"))
    names = [each.xpath("string(.//a:Attribute[@Name='nazwisko'])", namespaces=NS) for each in assertions]

    assert root.find("ds:Signature", NS) is None
    assert names == ["Podstawiona", "Testowy"]
    original = root.find(".//a:Assertion[ds:Signature]", NS)
    if way != "after":  # there the signature refers to another element of the document
        original = etree.fromstring(etree.tostring(original))
    assert signed_by(original, standard.metadata)


@pytest.mark.parametrize("way", ["beside-signature", "inside"])
def test_response_is_wrapped_where_it_is_the_root(standard, way):
    root = standard.response(psota=f"wrapping-{way}")
    assert signed_by(root if way == "beside-signature" else root.find("p:Response", NS), standard.metadata)
    forged = standard.service.decrypt(root.find("a:EncryptedAssertion/xenc:EncryptedData", NS))
    assert forged.xpath("string(.//a:Attribute[@Name='nazwisko'])", namespaces=NS) == "Podstawiona"


@pytest.mark.parametrize("name", ["down", "slow"])
def test_provider_that_is_down_does_not_lead_back(standard, name):
    page = standard.ask()
    token = etree.HTML(page.content).xpath("string(//input[@name='zadanie']/@value)")
    values = {"zadanie": token, "osoba": "jan", "poziom": "low", "psota": name}
    assert requests.post(f"{standard.address}/wybor", data=values, timeout=60).status_code == 503


def test_switches_for_one_sign_in_are_those_that_change_an_answer(standard):
    offered = set(etree.HTML(standard.ask().content).xpath("//select[@name='psota']//option/@value")) - {""}
    assert offered == {each.name for each in MISCHIEFS if each.change is not None and SAML2 in each.profiles}
