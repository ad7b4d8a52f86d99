"""Single logout, both ways."""

from __future__ import annotations

import dataclasses
import re
import secrets
from datetime import datetime, timedelta

import pytest
from lxml import etree

from boi_portal.identity import (
    Binding,
    Incoming,
    Key,
    Outgoing,
    Provider,
    Providers,
    Reason,
    Refused,
    RemoteSession,
    ServiceProvider,
    Unreachable,
)
from boi_portal.identity.signatures import SignedQuery

from . import factories
from .factories import (
    DECLARATIONS,
    NATIONAL_ID,
    SAML,
    SAMLP,
    SLO,
    SLO_SOAP,
    SOAP,
    STANDARD_ID,
    STATUS,
    Memory,
    attribute,
    b64,
    holds,
    message_of,
    sign,
    signed_query,
    stamp,
)

SESSION = RemoteSession("pz", "jan.testowy", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", "", "", "_index")
WAYS = [Binding.SOAP, Binding.POST, Binding.REDIRECT]


@dataclasses.dataclass(frozen=True)
class Logout:
    """A LogoutRequest or LogoutResponse of a provider; a test changes what it is about."""

    at: datetime
    signer: Key | None
    issuer: str = STANDARD_ID
    destination: str | None = "own"
    name_id: str = "jan.testowy"
    ends: datetime | None = None
    in_response_to: str = ""  # not empty: a LogoutResponse
    status: str = "Success"
    id: str = dataclasses.field(default_factory=lambda: f"_l{secrets.token_hex(8)}")

    def but(self, **changes: object) -> Logout:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def xml(self, own: str) -> str:
        destination = own if self.destination == "own" else self.destination
        head = f"""{DECLARATIONS} ID="{self.id}" Version="2.0" IssueInstant="{stamp(self.at)}"{attribute("Destination", destination)}"""
        issuer = f"<saml2:Issuer>{self.issuer}</saml2:Issuer>"
        if self.in_response_to:
            status = f'<saml2p:Status><saml2p:StatusCode Value="{STATUS}{self.status}"/></saml2p:Status>'
            return f'<saml2p:LogoutResponse {head} InResponseTo="{self.in_response_to}">{issuer}{status}</saml2p:LogoutResponse>'
        ends = attribute("NotOnOrAfter", stamp(self.ends) if self.ends else None)
        return f"""<saml2p:LogoutRequest {head}{ends}>{issuer}<saml2:NameID>{self.name_id}</saml2:NameID>
<saml2p:SessionIndex>_index</saml2p:SessionIndex></saml2p:LogoutRequest>"""

    def sent(self, way: Binding) -> Incoming:
        name = "SAMLResponse" if self.in_response_to else "SAMLRequest"
        xml = self.xml(SLO_SOAP if way is Binding.SOAP else SLO).encode()
        if way is Binding.REDIRECT:
            query = signed_query(name, xml, self.signer or factories.key(factories.KeyKind.RSA, 3), "state")
            return Incoming.redirect(query if self.signer else re.sub("&SigAlg=.*", "", query))
        signed = sign(xml, self.id, self.signer) if self.signer else xml
        if way is Binding.POST:
            return Incoming.post({name: b64(signed), "RelayState": "state"})
        return Incoming.soap(f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{signed.decode()}</s:Body></s:Envelope>'.encode())


@pytest.fixture
def logout(at: datetime, standard_key: Key) -> Logout:
    return Logout(at, standard_key)


def refusal(
    portal: ServiceProvider, providers: Providers, message: Incoming, at: datetime, memory: Memory | None = None
) -> Reason:
    with pytest.raises(Refused) as caught:
        portal.read_logout_request(providers, message, at, memory or Memory())
    return caught.value.reason


# --- the provider asks us


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name.lower())
def test_provider_ends_a_session(
    portal: ServiceProvider,
    providers: Providers,
    standard: Provider,
    own_rsa: Key,
    logout: Logout,
    at: datetime,
    way: Binding,
) -> None:
    request = portal.read_logout_request(providers, logout.sent(way), at, Memory())
    assert (request.provider, request.name_id, request.session_indexes) == ("miasto", "jan.testowy", ("_index",))
    assert request.binding is way
    response = portal.logout_response(standard, request, at)
    root = message_of(response)
    assert root.tag == f"{{{SAMLP}}}LogoutResponse"
    assert root.get("InResponseTo") == logout.id
    assert root.find(f"{{{SAMLP}}}Status/{{{SAMLP}}}StatusCode").get("Value") == f"{STATUS}Success"
    if way is Binding.SOAP:
        assert response.binding is Binding.SOAP
        assert holds(etree.fromstring(etree.tostring(root)), own_rsa.certificate)
    else:
        # it offers the redirect alone, and wants answers at another address
        assert response.binding is Binding.REDIRECT
        assert response.url.startswith("https://idp.example.org/slo/done?SAMLResponse=")
        signed = SignedQuery.read(response.url.partition("?")[2], "SAMLResponse")
        signed.verify([own_rsa.certificate], at)
        assert signed.parameters["RelayState"] == "state"


def test_we_could_not_end_it(
    portal: ServiceProvider, providers: Providers, standard: Provider, logout: Logout, at: datetime
) -> None:
    request = portal.read_logout_request(providers, logout.sent(Binding.SOAP), at, Memory())
    root = message_of(portal.logout_response(standard, request, at, success=False))
    assert root.find(f"{{{SAMLP}}}Status/{{{SAMLP}}}StatusCode").get("Value") == f"{STATUS}Responder"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name.lower())
class TestRefusedRequest:
    def test_unsigned(
        self, portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime, way: Binding
    ) -> None:
        assert refusal(portal, providers, logout.but(signer=None).sent(way), at) is Reason.UNSIGNED

    def test_signed_by_a_stranger(
        self, portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime, way: Binding, stranger: Key
    ) -> None:
        assert refusal(portal, providers, logout.but(signer=stranger).sent(way), at) is Reason.BAD_SIGNATURE

    def test_signed_by_another_provider(
        self, portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime, way: Binding
    ) -> None:
        foreign = logout.but(issuer=NATIONAL_ID)
        assert refusal(portal, providers, foreign.sent(way), at) is Reason.BAD_SIGNATURE

    def test_of_nobody_we_know(
        self, portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime, way: Binding
    ) -> None:
        foreign = logout.but(issuer="https://other.example.org")
        assert refusal(portal, providers, foreign.sent(way), at) is Reason.WRONG_ISSUER

    def test_for_another_service(
        self, portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime, way: Binding
    ) -> None:
        foreign = logout.but(destination="https://other.example.org/slo")
        assert refusal(portal, providers, foreign.sent(way), at) is Reason.WRONG_DESTINATION

    def test_twice(
        self, portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime, way: Binding
    ) -> None:
        memory = Memory()
        assert portal.read_logout_request(providers, logout.sent(way), at, memory)
        assert refusal(portal, providers, logout.sent(way), at, memory) is Reason.REPLAYED

    def test_old(
        self, portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime, way: Binding
    ) -> None:
        old = logout.but(at=at - timedelta(minutes=5))
        assert refusal(portal, providers, old.sent(way), at) is Reason.ISSUED_LONG_AGO

    def test_ended(
        self, portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime, way: Binding
    ) -> None:
        ended = logout.but(ends=at - timedelta(minutes=2))
        assert refusal(portal, providers, ended.sent(way), at) is Reason.EXPIRED

    def test_for_nobody(
        self, portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime, way: Binding
    ) -> None:
        assert refusal(portal, providers, logout.but(name_id="").sent(way), at) is Reason.STRUCTURE


def test_redirect_altered(portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime) -> None:
    sent = logout.sent(Binding.REDIRECT)
    altered = Incoming.redirect(sent.query.replace("RelayState=state", "RelayState=other"))
    assert refusal(portal, providers, altered, at) is Reason.BAD_SIGNATURE


def test_redirect_with_a_parameter_twice(
    portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime
) -> None:
    sent = logout.sent(Binding.REDIRECT)
    assert refusal(portal, providers, Incoming.redirect(sent.query + "&RelayState=x"), at) is Reason.STRUCTURE


def test_redirect_with_sha1(
    portal: ServiceProvider, providers: Providers, logout: Logout, standard_key: Key, at: datetime
) -> None:
    query = signed_query("SAMLRequest", logout.xml(SLO).encode(), standard_key, algorithm=factories.RSA_SHA1)
    assert refusal(portal, providers, Incoming.redirect(query), at) is Reason.WEAK_ALGORITHM


def test_redirect_that_unpacks_without_end(
    portal: ServiceProvider, providers: Providers, standard_key: Key, at: datetime
) -> None:
    query = signed_query("SAMLRequest", b" " * 50_000_000, standard_key)
    assert refusal(portal, providers, Incoming.redirect(query), at) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "message",
    [
        Incoming.soap(b""),
        Incoming.soap(b"<x/>"),
        Incoming.post({}),
        Incoming.post({"SAMLRequest": "???"}),
        Incoming.post({"SAMLRequest": "ł"}),
        Incoming.redirect(""),
        Incoming.redirect("SAMLRequest=x&SigAlg=y&Signature=z"),
        Incoming.redirect("SAMLRequest=%ff&SAMLResponse=1&SigAlg=y&Signature=AAAA"),
        Incoming(Binding.ARTIFACT),
        Incoming.post({"SAMLRequest": b64(b"<x/>"), "RelayState": "\ud800"}),
        Incoming.post({"SAMLRequest": "\ud800"}),
    ],
    ids=[
        "empty soap",
        "no soap",
        "no form",
        "no base64",
        "no ascii",
        "no query",
        "junk",
        "two messages",
        "artifact",
        "no text",
        "no text at all",
    ],
)
def test_crafted_request(portal: ServiceProvider, providers: Providers, at: datetime, message: Incoming) -> None:
    assert refusal(portal, providers, message, at)


def test_response_where_a_request_is_expected(
    portal: ServiceProvider, providers: Providers, logout: Logout, at: datetime
) -> None:
    sent = logout.but(in_response_to="_x").sent(Binding.POST)
    swapped = Incoming.post({"SAMLRequest": sent.form["SAMLResponse"]})
    assert refusal(portal, providers, swapped, at) is Reason.STRUCTURE


# --- we ask the provider


class NodeLogout:
    """The national node's SOAP logout; it looks at the request as it should."""

    def __init__(self, signer: Key | None, portal_key: Key, at: datetime) -> None:
        self.answer = Logout(at, signer, issuer=NATIONAL_ID)
        self.portal_key = portal_key
        self.asked: list[str] = []

    def __call__(self, url: str, body: bytes) -> bytes:
        root = etree.fromstring(etree.tostring(etree.fromstring(body)[0][0]))
        assert holds(root, self.portal_key.certificate)
        assert root.findtext(f"{{{SAML}}}NameID") == "jan.testowy"
        assert root.findtext(f"{{{SAMLP}}}SessionIndex") == "_index"
        self.asked.append(url)
        return self.answer.but(in_response_to=self.answer.in_response_to or root.get("ID")).sent(Binding.SOAP).body


@pytest.fixture
def request_(portal: ServiceProvider, national: Provider, at: datetime) -> Outgoing:
    return portal.logout_request(national, SESSION, at)


def test_we_log_out_at_the_national_node(
    portal: ServiceProvider, national: Provider, national_key: Key, own_ec: Key, request_: Outgoing, at: datetime
) -> None:
    assert request_.binding is Binding.SOAP
    node = NodeLogout(national_key, own_ec, at)
    portal.log_out(national, request_, at, node)
    assert node.asked == ["https://idp.example.org/slo"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"signer": None}, Reason.UNSIGNED),
        ({"issuer": STANDARD_ID}, Reason.WRONG_ISSUER),
        ({"in_response_to": "_another"}, Reason.WRONG_REQUEST),
        ({"status": "Responder"}, Reason.PROVIDER_ERROR),
        ({"destination": "https://other.example.org"}, Reason.WRONG_DESTINATION),
    ],
    ids=["unsigned", "issuer", "request", "status", "destination"],
)
def test_answer_to_our_logout_refused(
    portal: ServiceProvider,
    national: Provider,
    national_key: Key,
    own_ec: Key,
    request_: Outgoing,
    at: datetime,
    changes: dict[str, object],
    reason: Reason,
) -> None:
    node = NodeLogout(national_key, own_ec, at)
    node.answer = node.answer.but(**changes)
    with pytest.raises(Refused) as caught:
        portal.log_out(national, request_, at, node)
    assert caught.value.reason is reason


def test_answer_to_our_logout_by_a_stranger(
    portal: ServiceProvider, national: Provider, own_ec: Key, request_: Outgoing, at: datetime
) -> None:
    with pytest.raises(Refused) as caught:
        portal.log_out(national, request_, at, NodeLogout(factories.key(own_ec.kind, 21), own_ec, at))
    assert caught.value.reason is Reason.BAD_SIGNATURE


def test_provider_is_down(portal: ServiceProvider, national: Provider, request_: Outgoing, at: datetime) -> None:
    with pytest.raises(Unreachable):
        portal.log_out(national, request_, at, factories.down)


def test_we_log_out_with_the_browser(
    portal: ServiceProvider, standard: Provider, own_rsa: Key, logout: Logout, at: datetime
) -> None:
    request = portal.logout_request(standard, dataclasses.replace(SESSION, provider="miasto"), at, "state")
    assert request.binding is Binding.REDIRECT
    SignedQuery.read(request.url.partition("?")[2], "SAMLRequest").verify([own_rsa.certificate], at)
    answer = logout.but(in_response_to=request.id)
    for way in (Binding.POST, Binding.REDIRECT):
        portal.read_logout_response(standard, answer.sent(way), request.id, at)
        for wrong, reason in [
            (answer.but(signer=None), Reason.UNSIGNED),
            (answer.but(in_response_to="_another"), Reason.WRONG_REQUEST),
            (answer.but(issuer=NATIONAL_ID), Reason.WRONG_ISSUER),
            (answer.but(destination=None), Reason.WRONG_DESTINATION),
            (answer.but(status="Requester"), Reason.PROVIDER_ERROR),
        ]:
            with pytest.raises(Refused) as caught:
                portal.read_logout_response(standard, wrong.sent(way), request.id, at)
            assert caught.value.reason is reason


def test_answer_by_soap_that_nobody_waits_for(
    portal: ServiceProvider, standard: Provider, logout: Logout, at: datetime
) -> None:
    with pytest.raises(Refused) as caught:
        portal.read_logout_response(standard, logout.but(in_response_to="_x").sent(Binding.SOAP), "_x", at)
    assert caught.value.reason is Reason.WRONG_BINDING
