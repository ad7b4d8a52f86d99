"""The stand-in for the office's OpenID Connect provider: sign-in with PKCE, tokens, sign-out, and each way to be wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from lxml import etree

from boi_portal.sandbox.identity.oidc import CLIENT_ID, CLIENT_SECRET, MISCHIEFS
from tests.unit.sandbox.wezel_browser import Wezel

VERIFIER = secrets.token_urlsafe(48)


class Portal:
    """A client of the provider, and a browser."""

    def __init__(self, wezel: Wezel) -> None:
        self.issuer = f"{wezel.address}/oidc"
        self.home = wezel.service.address
        self.redirect_uri = f"{self.home}/oidc/powrot"

    def ask(self, **more: str | None) -> requests.Response:
        """Send the browser to the provider."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        values = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "state": "stan-3",
            "nonce": "nonce-3",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | more
        fields = {name: value for name, value in values.items() if value is not None}
        return requests.get(f"{self.issuer}/authorize", params=fields, timeout=60, allow_redirects=False)

    def page(self, **more: str) -> requests.Response:
        """The page where one picks an employee."""
        answer = self.ask(**more)
        assert answer.status_code == 303, answer.text
        return requests.get(urljoin(self.issuer, answer.headers["Location"]), timeout=60)

    def pick(self, page: requests.Response, **fields: str) -> requests.Response:
        token = etree.HTML(page.content).xpath("string(//input[@name='zadanie']/@value)")
        values = {"zadanie": token, "pracownik": "redaktorka", "sposob": "haslo"} | fields
        return requests.post(f"{self.issuer}/wybor", data=values, timeout=60, allow_redirects=False)

    def come_back(self, **fields: str) -> dict[str, str]:
        """What the address back carries."""
        answer = self.pick(self.page(), **fields)
        assert answer.headers["Location"].startswith(self.redirect_uri + "?")
        return parameters(answer)

    def redeem(self, code: str, **more: str) -> requests.Response:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": VERIFIER,
        } | more
        client = (CLIENT_ID, CLIENT_SECRET)
        return requests.post(f"{self.issuer}/token", data=fields, auth=client, timeout=60)

    def sign_in(self, **fields: str) -> dict[str, Any]:
        """The answer of the token endpoint, with `back` and `userinfo`."""
        back = self.come_back(**fields)
        tokens = self.redeem(back["code"]).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        found = requests.get(f"{self.issuer}/userinfo", headers=headers, timeout=60).json()
        return tokens | {"back": back, "userinfo": found, "issuer": self.issuer}

    def read(self, token: str) -> jwt.Token:
        """An ID token whose signature is right."""
        found = requests.get(f"{self.issuer}/jwks", timeout=60).json()
        return jwt.decode(token, KeySet.import_key_set(found), algorithms=["RS256"])


def parameters(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    return {name: found[0] for name, found in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def claims_of(token: str) -> dict[str, Any]:
    """What an ID token says; its signature is not looked at."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def algorithm_of(token: str) -> str:
    part = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["alg"]


@pytest.fixture
def portal(wezel) -> Portal:
    return Portal(wezel)


def test_description_names_addresses_that_are_there(portal):
    found = requests.get(f"{portal.issuer}/.well-known/openid-configuration", timeout=60).json()
    assert found["issuer"] == portal.issuer
    for name, status in (("authorization", 400), ("userinfo", 401), ("end_session", 200)):
        assert requests.get(found[f"{name}_endpoint"], timeout=60).status_code == status
    assert requests.post(found["token_endpoint"], timeout=60).status_code == 401
    assert requests.get(found["jwks_uri"], timeout=60).json()["keys"][0]["kty"] == "RSA"


def test_sign_in_tells_who_the_employee_is(portal):
    got = portal.sign_in(pracownik="redaktorka")
    claims = portal.read(got["id_token"]).claims

    assert got["back"]["state"] == "stan-3" and got["back"]["iss"] == portal.issuer
    assert claims["iss"] == portal.issuer and claims["aud"] == CLIENT_ID and claims["nonce"] == "nonce-3"
    assert claims["email"] == "redaktorka@urzad.example" and claims["name"] == "Róża Redakcyjna"
    assert claims["exp"] > time.time() and claims["amr"] == ["pwd"]
    assert got["userinfo"]["sub"] == claims["sub"] and got["userinfo"]["email"] == claims["email"]


def test_way_of_signing_in_is_told(portal):
    assert "otp" in claims_of(portal.sign_in(sposob="dwa")["id_token"])["amr"]


def test_unknown_employee_is_offered(portal):
    assert claims_of(portal.sign_in(pracownik="nieznany")["id_token"])["email"] == "nieznany@urzad.example"


def test_employee_is_picked_beforehand_by_the_hint(portal):
    page = etree.HTML(portal.page(login_hint="kierownik@urzad.example").content)
    assert page.xpath("//input[@name='pracownik'][@checked]/@value") == ["kierownik"]


def test_scopes_bound_what_is_told(portal):
    back = parameters(portal.pick(portal.page(scope="openid")))
    assert "email" not in claims_of(portal.redeem(back["code"]).json()["id_token"])


def test_giving_up_goes_back_with_an_error(portal):
    back = portal.come_back(rezygnuje="1")
    assert back["error"] == "access_denied" and back["state"] == "stan-3" and "code" not in back


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"nonce": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
    ids=lambda value: str(value),
)
def test_question_that_is_not_in_order_goes_back_with_an_error(portal, values, error):
    assert parameters(portal.ask(**values))["error"] == error


@pytest.mark.parametrize("values", [{"client_id": "inny"}, {"redirect_uri": "http://gdzie.example/powrot"}])
def test_question_of_a_stranger_goes_nowhere(portal, values):
    assert portal.ask(**values).status_code == 400


def test_code_is_good_once(portal):
    code = portal.come_back()["code"]
    assert portal.redeem(code).status_code == 200
    assert portal.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "more", [{"code_verifier": "x" * 43}, {"redirect_uri": "http://gdzie.example/"}, {"grant_type": "password"}]
)
def test_code_is_refused_when_the_request_for_tokens_is_not_in_order(portal, more):
    answer = portal.redeem(portal.come_back()["code"], **more)
    assert answer.status_code == 400 and "id_token" not in answer.text


def test_client_proves_itself_by_header_or_by_fields(portal):
    fields = {"grant_type": "authorization_code", "redirect_uri": portal.redirect_uri, "code_verifier": VERIFIER}
    own = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    url = f"{portal.issuer}/token"
    for wrong in ({}, own | {"client_secret": "nie"}, {"client_id": CLIENT_ID}):
        code = portal.come_back()["code"]
        assert requests.post(url, data=fields | wrong | {"code": code}, timeout=60).status_code == 401
        assert requests.post(url, data=fields | own | {"code": code}, timeout=60).status_code == 200


def test_userinfo_is_refused_without_a_token(portal):
    for headers in ({}, {"Authorization": "Bearer nie"}, {"Authorization": "Basic nie"}):
        assert requests.get(f"{portal.issuer}/userinfo", headers=headers, timeout=60).status_code == 401


def test_signing_out_leads_back_for_a_token_from_here(portal):
    token = portal.sign_in()["id_token"]
    url, values = f"{portal.issuer}/end_session", {"post_logout_redirect_uri": f"{portal.home}/", "state": "s"}

    back = requests.get(url, params=values | {"id_token_hint": token}, timeout=60, allow_redirects=False)
    assert back.status_code == 303 and back.headers["Location"] == f"{portal.home}/?state=s"
    for wrong in ({}, {"id_token_hint": token[:-4] + "AAAA"}, {"id_token_hint": "%%%"}):
        page = requests.get(url, params=values | wrong, timeout=60, allow_redirects=False)
        assert page.status_code == 200 and "Wylogowano" in page.text
    elsewhere = {"id_token_hint": token, "post_logout_redirect_uri": "http://gdzie.example/"}
    assert requests.get(url, params=elsewhere, timeout=60, allow_redirects=False).status_code == 200


def test_keys_roll_over(portal, wezel):
    old = portal.sign_in()["id_token"]
    for step in ("oglos", "przelacz"):
        requests.post(f"{wezel.address}/klucze", data={"dostawca": "pracownicy", "krok": step}, timeout=60)
    new = portal.sign_in()["id_token"]
    assert portal.read(old).header["kid"] != portal.read(new).header["kid"]


def signature_holds(portal: Portal, token: str) -> bool:
    try:
        portal.read(token)
    except (JoseError, ValueError):
        return False
    return True


def at_hash(got: dict[str, Any]) -> str:
    digest = hashlib.sha256(got["access_token"].encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


CHECKS: dict[str, Callable[[Portal, dict[str, Any], dict[str, Any]], bool]] = {
    "oidc-wrong-nonce": lambda portal, got, claims: claims.get("nonce") not in {None, "nonce-3"},
    "oidc-no-nonce": lambda portal, got, claims: "nonce" not in claims,
    "oidc-wrong-audience": lambda portal, got, claims: claims["aud"] != CLIENT_ID and CLIENT_ID not in claims["aud"],
    "oidc-more-audiences": lambda portal, got, claims: (
        CLIENT_ID in claims["aud"] and claims.get("azp", CLIENT_ID) != CLIENT_ID
    ),
    "oidc-wrong-issuer": lambda portal, got, claims: claims["iss"] != portal.issuer,
    "oidc-expired": lambda portal, got, claims: claims["exp"] < time.time() - 300,
    "oidc-from-the-future": lambda portal, got, claims: claims["iat"] > time.time() + 300,
    "oidc-foreign-key": lambda portal, got, claims: (
        algorithm_of(got["id_token"]) == "RS256" and not signature_holds(portal, got["id_token"])
    ),
    "oidc-alg-none": lambda portal, got, claims: (
        algorithm_of(got["id_token"]) == "none" and got["id_token"].endswith(".")
    ),
    "oidc-hs256": lambda portal, got, claims: algorithm_of(got["id_token"]) == "HS256",
    "oidc-wrong-at-hash": lambda portal, got, claims: claims["at_hash"] != at_hash(got),
    "oidc-wrong-state": lambda portal, got, claims: got["back"]["state"] != "stan-3",
    "oidc-wrong-issuer-in-address": lambda portal, got, claims: got["back"]["iss"] != portal.issuer,
    "oidc-other-userinfo": lambda portal, got, claims: got["userinfo"]["sub"] != claims["sub"],
    "oidc-unverified-email": lambda portal, got, claims: claims["email_verified"] is False,
}


def test_every_mischief_is_tested():
    assert set(CHECKS) == {mischief.name for mischief in MISCHIEFS}


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_mischief_chosen_for_one_sign_in(portal, name):
    plain, got = portal.sign_in(), portal.sign_in(psota=name)
    assert not CHECKS[name](portal, plain, claims_of(plain["id_token"])), "the check tells nothing"
    assert CHECKS[name](portal, got, claims_of(got["id_token"]))


def test_mischief_of_the_process_holds_for_each_sign_in(portal, wezel):
    requests.post(f"{wezel.address}/psoty", data={"psota": "oidc-no-nonce"}, timeout=60)
    assert "nonce" not in claims_of(portal.sign_in()["id_token"])
    requests.post(f"{wezel.address}/psoty", data={"psota": "down"}, timeout=60)
    assert requests.get(f"{portal.issuer}/jwks", timeout=60).status_code == 503


def test_pages_are_sound_markup(portal):
    opened = portal.page()
    wrong = portal.pick(opened, pracownik="", psota="nie-ma")
    ended = requests.get(f"{portal.issuer}/end_session", timeout=60)
    assert wrong.status_code == 422 and "Wybierz psotę z listy." in wrong.text

    for answer in (opened, wrong, ended, portal.ask(client_id="inny")):
        page = etree.HTML(answer.content)
        assert len(page.xpath("//h1")) == 1 and page.xpath("string(//h1)") in page.xpath("string(//title)")
        assert not page.xpath("//style | //script | //@style")
        identifiers = page.xpath("//@id")
        assert len(identifiers) == len(set(identifiers))
        for control in page.xpath("//input[not(@type='hidden')] | //select"):
            assert page.xpath("//label[@for = $id]", id=control.get("id")), control.attrib
    assert f"form-action 'self' {portal.home}" in opened.headers["Content-Security-Policy"]
