"""A browser at the identity providers' stand-in: what it fills in, and what it carries back to the service."""

from __future__ import annotations

import base64
from pathlib import Path

import requests
from lxml import etree

from tests.unit.sandbox.service_provider import NS, ServiceProvider, out_of_envelope

PEOPLE = "http://eidas.europa.eu/attributes/naturalperson/"


class Wezel:
    """A browser and a service at the stand-in's address."""

    def __init__(self, address: str, service: ServiceProvider, var: Path) -> None:
        self.address, self.service, self.var = address, service, var

    def ask(self, message, relay_state: str = "stan-1") -> requests.Response:
        """Send the AuthnRequest as a browser does."""
        fields = {"SAMLRequest": base64.b64encode(etree.tostring(message)).decode(), "RelayState": relay_state}
        return requests.post(f"{self.address}/login/SingleSignOnService", data=fields, timeout=60)

    def request(self, **attributes: str):
        """A signed AuthnRequest."""
        message = self.service.authn_request(f"{self.address}/login/SingleSignOnService", **attributes)
        return self.service.keys["ec"].sign(message)

    def pick(self, page: requests.Response, **fields) -> requests.Response:
        """Fill in the page where one picks a person."""
        token = etree.HTML(page.content).xpath("string(//input[@name='zadanie']/@value)")
        values = {"zadanie": token, "osoba": "jan", "poziom": "substantial", "zaloguj": "1"} | fields
        return requests.post(f"{self.address}/login/wybor", data=values, timeout=60)

    def sign_in(self, **fields) -> tuple[str, str]:
        """(id of the AuthnRequest, artifact)."""
        message = self.request()
        sent = sent_back(self.pick(self.ask(message), **fields))
        assert sent["target"] == f"{self.service.address}/saml/acs"
        return message.get("ID"), sent["SAMLart"]

    @property
    def metadata(self) -> bytes:
        return requests.get(f"{self.address}/metadata", timeout=60).content


def sent_back(page: requests.Response) -> dict[str, str]:
    """What the page that leads back sends, and where (`target`)."""
    assert page.status_code == 200, page.text
    form = etree.HTML(page.content).xpath("//form[@data-way-back]")[0]
    return {"target": form.get("action")} | {i.get("name"): i.get("value") for i in form.xpath(".//input")}


class Late:
    """An application that is made when its address is known."""

    app = None

    def __call__(self, environ, start_response):
        return self.app(environ, start_response)


def values(assertion) -> dict[str, str]:
    found = assertion.findall("a:AttributeStatement/a:Attribute", NS)
    assert all(attribute.get("Name").startswith(PEOPLE) for attribute in found)
    return {a.get("Name").removeprefix(PEOPLE): a[0].xpath("string()") for a in found}


def assertion_of(wezel: Wezel, artifact: str):
    response = out_of_envelope(wezel.service.resolve(wezel.address, artifact).content).find("p:Response", NS)
    return wezel.service.decrypt(response.find("a:EncryptedAssertion/xenc:EncryptedData", NS))
