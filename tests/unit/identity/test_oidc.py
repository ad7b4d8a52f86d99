"""OpenID Connect without a portal: every check of an answer, keys that change, a provider that fails."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwk, jws

from boi_portal.identity import Reason, Refused, Unreachable
from boi_portal.identity.oidc import (
    KEPT_FOR,
    MAX_BYTES,
    MAX_HINT,
    NEW_KEYS_MOST,
    QUESTION_LASTS,
    STALE_FOR,
    Client,
    Pending,
    Question,
    RelyingParty,
    Requests,
    SignedIn,
    Tokens,
    is_address,
)
from tests.serving import served

ISSUER = "https://logowanie.urzad.example/realms/urzad"
BACK = "https://boi.gmina.example/oidc/powrot"
CLIENT = Client(ISSUER, "portal:boi", "haslo z+znakami", ("openid", "email"))
NOW = datetime.datetime(2026, 3, 5, 12, 0, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
SECOND = datetime.timedelta(seconds=1)


def key_of(kid: str, kind: str = "RSA", size: Any = 2048) -> Any:
    make = jwk.RSAKey.generate_key if kind == "RSA" else jwk.ECKey.generate_key
    return make(size if kind == "RSA" else "P-256", {"kid": kid, "use": "sig"})


KEY, NEWER, FOREIGN, ELLIPTIC = key_of("a"), key_of("b"), key_of("a"), key_of("e", "EC")


class Provider:
    """A provider that answers as it is told, and counts what it is asked."""

    def __init__(self) -> None:
        self.description = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth?polityka=1",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "end_session_endpoint": f"{ISSUER}/logout",
        }
        self.keys = [KEY]
        self.tokens: Any = {}
        self.userinfo: Any = {}
        self.status = 200
        self.down = False
        self.asked: list[tuple[str, Any, Any]] = []

    def __call__(self, url: str, form: Any = None, headers: Any = None) -> tuple[int, bytes]:
        self.asked.append((url.removeprefix(ISSUER), form, headers))
        if self.down:
            raise Unreachable("down")
        documents = {
            "/.well-known/openid-configuration": self.description,
            "/keys": {"keys": [key.as_dict(private=False) for key in self.keys]},
            "/token": self.tokens,
            "/userinfo": self.userinfo,
        }
        found = documents[url.removeprefix(ISSUER)]
        return self.status, found if isinstance(found, bytes) else json.dumps(found).encode()

    def times(self, path: str) -> int:
        return len([url for url, _, _ in self.asked if url == path])


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def party(provider: Provider) -> RelyingParty:
    return RelyingParty(CLIENT, provider)


@pytest.fixture
def question(party: RelyingParty) -> Question:
    return party.question(BACK, NOW)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_for(question: Question, **changes: Any) -> dict[str, Any]:
    """The claims of a right token; a change to None leaves one out."""
    at = int(NOW.timestamp())
    claims = {
        "iss": ISSUER, "aud": CLIENT.client_id, "sub": "osoba-1", "iat": at, "exp": at + 300, "nonce": question.pending.nonce,
        "email": "jan.testowy@urzad.example", "amr": ["pwd", "otp"],
        "at_hash": encoded(hashlib.sha256(b"klucz").digest()[:16]), **changes,
    }  # fmt: skip
    return {name: value for name, value in claims.items() if value is not None}


def token_of(claims: Any, key: Any = KEY, algorithm: str = "RS256", **header: Any) -> str:
    header = {"alg": algorithm, "kid": key.kid, **header}
    header = {name: value for name, value in header.items() if value is not None}
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, algorithms=[algorithm])


def judged(party: RelyingParty, question: Question, token: str, now: datetime.datetime = NOW, **more: Any) -> SignedIn:
    return party.judge(question.pending, Tokens(token, "klucz"), now, **more)


def refusal(call: Callable[..., Any], *args: Any, **kw: Any) -> Reason:
    with pytest.raises(Refused) as caught:
        call(*args, **kw)
    return caught.value.reason


# asking


def test_question_carries_what_the_answer_is_bound_to(question: Question) -> None:
    values = {name: found[0] for name, found in parse_qs(urlsplit(question.url).query).items()}
    assert values["polityka"] == "1"  # the address's own
    assert values["client_id"] == "portal:boi" and values["redirect_uri"] == BACK
    assert values["response_type"] == "code" and values["scope"] == "openid email"
    assert values["state"] == question.state and values["nonce"] == question.pending.nonce
    assert values["code_challenge"] == encoded(hashlib.sha256(question.pending.verifier.encode()).digest())
    assert values["code_challenge_method"] == "S256" and "prompt" not in values
    assert Pending.from_dict(json.loads(json.dumps(question.pending.to_dict()))) == question.pending


def test_question_for_a_new_sign_in_says_so(party: RelyingParty) -> None:
    assert "&prompt=login&max_age=0" in party.question(BACK, NOW, fresh=True).url


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://obcy.example"}, {"issuer": f"{ISSUER}/"}, {"token_endpoint": None}, {"jwks_uri": "http://logowanie.urzad.example/keys"},
        {"authorization_endpoint": "javascript:alert(1)"}, {"end_session_endpoint": "https://"}, {"userinfo_endpoint": ["x"]},
        {"token_endpoint": "https://logowanie.urzad.example/\r\nX: y"}, {"authorization_endpoint": "https://a.example/#b"},
    ],
    ids=str,
)  # fmt: skip
def test_description_is_refused_when(party: RelyingParty, provider: Provider, change: dict[str, Any]) -> None:
    provider.description.update(change)
    assert refusal(party.question, BACK, NOW) is Reason.METADATA_BROKEN


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{" * 100_000, b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"])
def test_description_is_refused_when_it_is_no_object(party: RelyingParty, provider: Provider, body: bytes) -> None:
    provider.description = body  # type: ignore[assignment]
    assert refusal(party.question, BACK, NOW) is Reason.STRUCTURE


def test_addresses_of_servers() -> None:
    assert is_address("https://a.example:8443/x?y=1", True) and is_address("http://127.0.0.1:1/x", False)
    for text in (
        "",
        "https",
        "http://a.example",
        "https://a.example:x",
        "https://[::1",
        "https://ą.example",
        "ftp://a.example",
    ):
        assert not is_address(text, True)


# the code


def redeemed(party: RelyingParty, question: Question, **values: str) -> Tokens:
    return party.redeem(question.pending, {"code": "kod", "state": question.state, **values}, NOW)


def test_code_is_redeemed_with_the_verifier_and_the_secret(
    party: RelyingParty, provider: Provider, question: Question
) -> None:
    provider.tokens = {"id_token": "a.b.c", "access_token": "klucz", "token_type": "Bearer"}
    assert redeemed(party, question) == Tokens("a.b.c", "klucz")
    _, form, headers = provider.asked[-1]
    assert form == {
        "grant_type": "authorization_code", "code": "kod", "redirect_uri": BACK, "code_verifier": question.pending.verifier,
    }  # fmt: skip
    pair = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == "portal%3Aboi:haslo+z%2Bznakami"


def test_secret_goes_with_the_form_where_the_provider_knows_nothing_else(
    party: RelyingParty, provider: Provider
) -> None:
    provider.description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]  # type: ignore[assignment]
    provider.tokens = {"id_token": "a.b.c"}
    redeemed(party, party.question(BACK, NOW))
    _, form, headers = provider.asked[-1]
    assert form["client_secret"] == CLIENT.client_secret and "Authorization" not in headers


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"error": "access_denied"}, Reason.DECLINED),
        ({"error": "invalid_scope"}, Reason.PROVIDER_ERROR),
        ({"error": "<b>" * 100}, Reason.PROVIDER_ERROR),
        ({"iss": "https://obcy.example"}, Reason.WRONG_ISSUER),
        ({"iss": "https://obcy.example", "error": "access_denied"}, Reason.WRONG_ISSUER),
        ({"code": ""}, Reason.STRUCTURE),
        ({"code": "ą"}, Reason.STRUCTURE),
        ({"code": "x" * 9000}, Reason.STRUCTURE),
    ],
    ids=str,
)
def test_address_back_is_refused_when(
    party: RelyingParty, question: Question, values: dict[str, str], reason: Reason
) -> None:
    assert refusal(redeemed, party, question, **values) is reason


def test_address_back_must_name_the_issuer_where_it_was_promised(party: RelyingParty, provider: Provider) -> None:
    provider.description["authorization_response_iss_parameter_supported"] = True  # type: ignore[assignment]
    provider.tokens = {"id_token": "a.b.c"}
    question = party.question(BACK, NOW)
    assert refusal(redeemed, party, question) is Reason.WRONG_ISSUER
    assert redeemed(party, question, iss=ISSUER).id_token == "a.b.c"


def test_trouble_at_the_provider_is_no_refusal(party: RelyingParty, provider: Provider, question: Question) -> None:
    with pytest.raises(Unreachable):
        redeemed(party, question, error="temporarily_unavailable")
    provider.status = 502
    with pytest.raises(Unreachable):
        redeemed(party, question)


@pytest.mark.parametrize("tokens", [{}, {"id_token": 5}, {"id_token": "a", "access_token": []}, [], b"<html>"], ids=str)
def test_answer_for_a_code_is_refused_when(
    party: RelyingParty, provider: Provider, question: Question, tokens: Any
) -> None:
    provider.tokens = tokens
    assert refusal(redeemed, party, question) is Reason.STRUCTURE


def test_a_used_code_is_refused(party: RelyingParty, provider: Provider, question: Question) -> None:
    provider.status, provider.tokens = 400, {"error": "invalid_grant"}
    assert refusal(redeemed, party, question) is Reason.PROVIDER_ERROR


def test_an_old_question_is_not_answered(party: RelyingParty, question: Question) -> None:
    late = NOW + QUESTION_LASTS + SECOND
    assert refusal(party.redeem, question.pending, {"code": "kod"}, late) is Reason.QUESTION_EXPIRED


# the token


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", KEY), ("PS256", KEY), ("ES256", ELLIPTIC)])
def test_token_tells_who_has_signed_in(
    party: RelyingParty, provider: Provider, question: Question, algorithm: str, key: Any
) -> None:
    provider.keys = [NEWER, key]
    token = token_of(claims_for(question), key, algorithm)
    person = judged(party, question, token)
    assert (person.subject, person.text("email"), person.id_token) == ("osoba-1", "jan.testowy@urzad.example", token)
    assert person.texts("amr") == {"pwd", "otp"} and person.texts("nic") == frozenset() and person.text("amr") == ""


def test_token_without_a_key_name_is_tried_with_each_key(
    party: RelyingParty, provider: Provider, question: Question
) -> None:
    provider.keys = [NEWER, KEY]
    assert judged(party, question, token_of(claims_for(question), kid=None)).subject == "osoba-1"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "https://obcy.example"}, Reason.WRONG_ISSUER),
        ({"iss": None}, Reason.WRONG_ISSUER),
        ({"aud": "inny"}, Reason.WRONG_AUDIENCE),
        ({"aud": None}, Reason.WRONG_AUDIENCE),
        ({"aud": {"portal:boi": 1}}, Reason.WRONG_AUDIENCE),
        ({"aud": ["portal:boi", "inny"]}, Reason.WRONG_AUDIENCE),
        ({"aud": ["portal:boi", "inny"], "azp": "inny"}, Reason.WRONG_AUDIENCE),
        ({"azp": "inny"}, Reason.WRONG_AUDIENCE),
        ({"nonce": "inny"}, Reason.WRONG_NONCE),
        ({"nonce": None}, Reason.WRONG_NONCE),
        ({"exp": None}, Reason.STRUCTURE),
        ({"exp": True}, Reason.STRUCTURE),
        ({"exp": "9999999999"}, Reason.STRUCTURE),
        ({"exp": 1e300}, Reason.STRUCTURE),
        ({"exp": float("inf")}, Reason.STRUCTURE),
        ({"iat": None}, Reason.STRUCTURE),
        ({"nbf": NOW.timestamp() + 90}, Reason.NOT_YET_VALID),
        ({"nbf": "zaraz"}, Reason.STRUCTURE),
        ({"at_hash": "x"}, Reason.WRONG_TOKEN_HASH),
        ({"at_hash": 5}, Reason.WRONG_TOKEN_HASH),
        ({"sub": None}, Reason.MISSING_ATTRIBUTE),
        ({"sub": ""}, Reason.MISSING_ATTRIBUTE),
        ({"sub": "x" * 256}, Reason.MISSING_ATTRIBUTE),
    ],
    ids=str,
)
def test_token_is_refused_when_a_claim_is_wrong(
    party: RelyingParty, question: Question, change: dict[str, Any], reason: Reason
) -> None:
    assert refusal(judged, party, question, token_of(claims_for(question, **change))) is reason


def test_token_for_several_is_ours_when_it_was_made_for_us(party: RelyingParty, question: Question) -> None:
    claims = claims_for(question, aud=["inny", CLIENT.client_id], azp=CLIENT.client_id)
    assert judged(party, question, token_of(claims)).subject == "osoba-1"


def test_at_hash_may_be_left_out(party: RelyingParty, question: Question) -> None:
    assert judged(party, question, token_of(claims_for(question, at_hash=None))).subject == "osoba-1"


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(-61, Reason.NOT_YET_VALID), (-59, None), (359, None), (360, Reason.EXPIRED)],
)
def test_clocks_may_differ_by_a_minute(
    party: RelyingParty, question: Question, seconds: int, reason: Reason | None
) -> None:
    token, at = token_of(claims_for(question)), NOW + seconds * SECOND
    if reason is None:
        assert judged(party, question, token, at).subject == "osoba-1"
    else:
        assert refusal(judged, party, question, token, at) is reason


def test_token_from_before_the_question_is_refused(party: RelyingParty, question: Question) -> None:
    old = claims_for(question, iat=int(NOW.timestamp()) - 61)
    assert refusal(judged, party, question, token_of(old)) is Reason.ISSUED_LONG_AGO


def test_new_sign_in_must_be_new(party: RelyingParty) -> None:
    question, at = party.question(BACK, NOW, fresh=True), int(NOW.timestamp())
    assert refusal(judged, party, question, token_of(claims_for(question))) is Reason.STRUCTURE
    old = token_of(claims_for(question, auth_time=at - 61))
    assert refusal(judged, party, question, old) is Reason.ISSUED_LONG_AGO
    assert judged(party, question, token_of(claims_for(question, auth_time=at))).subject == "osoba-1"


# its signature


def signed_with_nothing(question: Question) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims_for(question)))
    return ".".join([*map(encoded, parts), ""])


def test_unsigned_token_is_refused(party: RelyingParty, question: Question) -> None:
    assert refusal(judged, party, question, signed_with_nothing(question)) is Reason.UNSIGNED


@pytest.mark.parametrize("algorithm", ["HS256", "RS384", "None", "", 5, ["RS256"], None], ids=str)
def test_other_algorithms_are_refused(party: RelyingParty, question: Question, algorithm: Any) -> None:
    _head, _, rest = token_of(claims_for(question)).partition(".")
    changed = encoded(json.dumps({"alg": algorithm, "kid": "a"}).encode())
    assert refusal(judged, party, question, f"{changed}.{rest}") is Reason.WEAK_ALGORITHM


def test_secret_made_of_the_public_key_is_refused(party: RelyingParty, question: Question) -> None:
    parts = ({"alg": "HS256", "kid": "a"}, claims_for(question))
    signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    token = f"{signed}.{encoded(hmac.digest(KEY.as_pem(private=False), signed.encode(), 'sha256'))}"
    assert refusal(judged, party, question, token) is Reason.WEAK_ALGORITHM


def test_foreign_key_of_the_same_name_is_refused(party: RelyingParty, question: Question) -> None:
    assert refusal(judged, party, question, token_of(claims_for(question), FOREIGN)) is Reason.BAD_SIGNATURE


def test_key_inside_the_token_is_not_looked_at(party: RelyingParty, question: Question) -> None:
    token = token_of(claims_for(question), FOREIGN, jwk=FOREIGN.as_dict(private=False))
    assert refusal(judged, party, question, token) is Reason.BAD_SIGNATURE


def test_short_key_is_refused(party: RelyingParty, provider: Provider, question: Question) -> None:
    with pytest.warns():
        short = key_of("a", size=1024)
        token = token_of(claims_for(question), short)
    provider.keys = [short]
    with pytest.warns():
        assert refusal(judged, party, question, token) is Reason.BAD_SIGNATURE


def test_key_for_something_else_is_not_used(party: RelyingParty, provider: Provider, question: Question) -> None:
    provider.keys = [jwk.RSAKey.import_key(KEY.as_dict(private=True) | {"use": "enc"})]
    assert refusal(judged, party, question, token_of(claims_for(question))) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "keys",
    [
        [None],
        [{}],
        [{"kty": "RSA", "kid": "a"}],
        [{"kty": "RSA", "kid": "a", "n": "!", "e": 5}],
        [{"kty": "oct", "k": "eA"}],
    ],
    ids=str,
)
def test_broken_keys_sign_nothing(party: RelyingParty, provider: Provider, question: Question, keys: list[Any]) -> None:
    token = token_of(claims_for(question))

    class Broken:
        def __init__(self, value: Any) -> None:
            self.value = value

        def as_dict(self, private: bool) -> Any:
            return self.value

    provider.keys = [Broken(key) for key in keys]
    assert refusal(judged, party, question, token) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "ą.ą.ą", "e30.e30.e30", "W10.e30.", "x" * 40_000], ids=len)
def test_what_is_no_token_is_refused(party: RelyingParty, question: Question, token: str) -> None:
    assert refusal(judged, party, question, token) in (Reason.STRUCTURE, Reason.WEAK_ALGORITHM, Reason.TOO_LARGE)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_changed_token_is_refused(party: RelyingParty, question: Question, part: int) -> None:
    parts = token_of(claims_for(question)).split(".")
    parts[part] = parts[part][:-6] + ("AAAAAA" if parts[part][-6:] != "AAAAAA" else "BBBBBB")
    assert refusal(judged, party, question, ".".join(parts)) in (Reason.STRUCTURE, Reason.BAD_SIGNATURE)


# keys that change


def test_new_key_is_asked_for_when_it_is_met(party: RelyingParty, provider: Provider, question: Question) -> None:
    judged(party, question, token_of(claims_for(question)))
    provider.keys = [KEY, NEWER]
    assert judged(party, question, token_of(claims_for(question), NEWER)).subject == "osoba-1"
    assert judged(party, question, token_of(claims_for(question), NEWER)).subject == "osoba-1"
    assert provider.times("/keys") == 2


def test_unknown_keys_are_not_asked_for_without_end(
    party: RelyingParty, provider: Provider, question: Question
) -> None:
    token = token_of(claims_for(question), key_of("nieznany", "EC"), "ES256")
    for _ in range(NEW_KEYS_MOST + 10):
        assert refusal(judged, party, question, token) is Reason.BAD_SIGNATURE
    assert provider.times("/keys") == 1 + NEW_KEYS_MOST
    provider.keys = [NEWER]
    assert judged(party, question, token_of(claims_for(question), NEWER), NOW + 2 * MINUTE).subject == "osoba-1"


def test_what_is_published_is_asked_for_once_an_hour(party: RelyingParty, provider: Provider) -> None:
    for minutes in (0, 30, 59, 61):
        party.question(BACK, NOW + minutes * MINUTE)
    assert provider.times("/.well-known/openid-configuration") == 2


def test_what_was_published_serves_while_the_provider_is_down(party: RelyingParty, provider: Provider) -> None:
    party.question(BACK, NOW)
    provider.down = True
    party.question(BACK, NOW + KEPT_FOR + MINUTE)
    with pytest.raises(Unreachable):
        party.question(BACK, NOW + STALE_FOR + MINUTE)


def test_nobody_waits_for_a_provider_that_has_just_failed(party: RelyingParty, provider: Provider) -> None:
    provider.down = True
    for _ in range(3):
        with pytest.raises(Unreachable):
            party.question(BACK, NOW)
    assert len(provider.asked) == 1
    provider.down = False
    assert party.question(BACK, NOW + 10 * SECOND).state


# userinfo


def test_userinfo_is_asked_for_a_claim_that_is_missing(
    party: RelyingParty, provider: Provider, question: Question
) -> None:
    provider.userinfo = {"sub": "osoba-1", "email": "z@urzad.example", "amr": ["mfa"]}
    person = judged(party, question, token_of(claims_for(question, email=None)), needed="email")
    assert person.text("email") == "z@urzad.example"
    assert person.texts("amr") == {"pwd", "otp"}  # what was signed counts more
    assert provider.asked[-1] == ("/userinfo", None, {"Authorization": "Bearer klucz"})


def test_userinfo_is_left_alone_when_the_token_says_all(
    party: RelyingParty, provider: Provider, question: Question
) -> None:
    judged(party, question, token_of(claims_for(question)), needed="email")
    assert provider.times("/userinfo") == 0


@pytest.mark.parametrize(
    "other", [{"sub": "ktos-inny", "email": "z@urzad.example"}, {"email": "z@urzad.example"}], ids=str
)
def test_userinfo_about_somebody_else_is_refused(
    party: RelyingParty, provider: Provider, question: Question, other: Mapping[str, str]
) -> None:
    provider.userinfo = other
    token = token_of(claims_for(question, email=None))
    assert refusal(judged, party, question, token, needed="email") is Reason.WRONG_SUBJECT


# signing out


def test_logout_names_the_session_and_the_way_back(party: RelyingParty, provider: Provider) -> None:
    url = party.logout_url("a.b.c", "https://boi.gmina.example/", NOW)
    values = {name: found[0] for name, found in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{ISSUER}/logout?") and values == {
        "client_id": "portal:boi", "post_logout_redirect_uri": "https://boi.gmina.example/", "id_token_hint": "a.b.c",
    }  # fmt: skip
    assert "id_token_hint" not in party.logout_url("x" * (MAX_HINT + 1), "https://boi.gmina.example/", NOW)
    del provider.description["end_session_endpoint"]
    assert party.logout_url("a.b.c", "https://boi.gmina.example/", NOW + 2 * KEPT_FOR) == ""


# the network


class Server:
    """A server that answers as the address says."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.seen.append((environ["REQUEST_METHOD"], environ.get("HTTP_AUTHORIZATION"), environ["wsgi.input"].read()))
        kind = environ["PATH_INFO"].strip("/")
        if kind == "dalej":
            start_response("302 Found", [("Location", "/ok")])
            return [b""]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"x" * (MAX_BYTES + 1)] if kind == "wielki" else [b"{}"]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Server]]:
    application = Server()
    with served(application) as address:
        yield address, application


def test_form_is_posted_with_its_headers(server: tuple[str, Server]) -> None:
    address, application = server
    assert Requests()(f"{address}/ok", {"a": "b c"}, {"Authorization": "Basic eA=="}) == (200, b"{}")
    assert application.seen[-1] == ("POST", "Basic eA==", b"a=b+c")
    assert Requests()(f"{address}/ok") == (200, b"{}")
    assert application.seen[-1][:2] == ("GET", None)


def test_redirect_is_not_followed(server: tuple[str, Server]) -> None:
    assert Requests()(f"{server[0]}/dalej")[0] == 302


def test_answer_that_is_too_large_or_too_late_is_none(server: tuple[str, Server]) -> None:
    with pytest.raises(Unreachable, match="more than"):
        Requests()(f"{server[0]}/wielki")
    with pytest.raises(Unreachable, match="not in time"):
        Requests(total=-1)(f"{server[0]}/ok")


def test_no_server_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        Requests()("http://127.0.0.1:1/x")
