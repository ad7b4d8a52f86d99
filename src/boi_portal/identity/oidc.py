"""OpenID Connect: the portal as a client of the office's own provider, by the authorization code flow with PKCE.

Owns the question, the exchange of the code and every check of what comes back. Keeps in memory what the provider publishes of itself, and
nothing of people; knows no request, session or account. joserfc and requests are imported where they are used.

Sources: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0; RFC 6749, RFC 7636 (PKCE), RFC 7515 to 7519, RFC 9207, RFC 9700.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import json
import math
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote_plus, urlencode, urlsplit

from boi_portal.identity.refusals import Reason, Refused, Unreachable

ALGORITHMS = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}  # what may sign -> the kind of its keys
SKEW = datetime.timedelta(seconds=60)
QUESTION_LASTS = datetime.timedelta(hours=1)
KEPT_FOR = datetime.timedelta(hours=1)  # what is published; then it is asked for again
STALE_FOR = datetime.timedelta(hours=24)  # and used no longer than this while it cannot be had
QUIET_FOR = datetime.timedelta(seconds=10)  # after a failure nobody is kept waiting for the next
NEW_KEYS_AFTER = datetime.timedelta(minutes=1)
NEW_KEYS_MOST = 5  # times within that minute that an unknown key makes us ask for the keys again
MAX_BYTES = 256 * 1024  # of any answer
MAX_TOKEN = 32 * 1024  # characters of an ID token
MAX_HINT = 4000  # characters of an ID token that still fits into an address
MAX_KEYS = 50
MIN_RSA_BITS = 2048
CONNECT_SECONDS = 5
READ_SECONDS = 10  # between two pieces
TOTAL_SECONDS = 20

_PIECE = 16 * 1024
_DISCOVERY = "/.well-known/openid-configuration"
_GAVE_UP = {"access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required"}
_TROUBLE = {"server_error", "temporarily_unavailable"}
_WORD = re.compile(r"[a-z_]{1,40}\Z")
_CODE = re.compile(r"[\x21-\x7e]{1,8192}\Z")


@dataclasses.dataclass(frozen=True)
class Client:
    """The portal as the provider knows it. `issuer` is the provider's name, from which everything else is learnt."""

    issuer: str
    client_id: str
    client_secret: str
    scope: tuple[str, ...] = ("openid", "email")
    tls_ca: Path | None = None


@dataclasses.dataclass(frozen=True)
class Pending:
    """What must be kept of a question until its answer comes, with the session that asked. `fresh`: a new sign-in was asked for."""

    nonce: str
    verifier: str
    redirect_uri: str
    asked_at: datetime.datetime
    fresh: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return dataclasses.asdict(self) | {"asked_at": self.asked_at.isoformat()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Pending:
        """What `to_dict` gave."""
        return cls(**{**values, "asked_at": datetime.datetime.fromisoformat(values["asked_at"])})


@dataclasses.dataclass(frozen=True)
class Question:
    """Where to send the browser; `state` comes back with it and leads to `pending`."""

    url: str
    state: str
    pending: Pending


@dataclasses.dataclass(frozen=True)
class Tokens:
    """What a code was worth; nothing of it is believed yet."""

    id_token: str
    access_token: str


@dataclasses.dataclass(frozen=True)
class SignedIn:
    """Somebody whom the provider vouches for. `claims` are of the signed ID token, and of userinfo where that was asked."""

    subject: str
    claims: Mapping[str, Any]
    id_token: str

    def text(self, name: str) -> str:
        """A claim that is a text; empty where there is none."""
        value = self.claims.get(name)
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> frozenset[str]:
        """A claim that is one text or a list of texts."""
        value = self.claims.get(name)
        values = value if isinstance(value, list) else [value]
        return frozenset(one for one in values if isinstance(one, str))


class Http(Protocol):
    """How the provider is talked to; a test may give its own."""

    def __call__(
        self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of a GET, or of the POST of a form.

        :raises Unreachable: no answer, not in time, or too large.
        """


class RelyingParty:
    """The portal's side of OpenID Connect with one provider. Safe for threads."""

    def __init__(self, client: Client, http: Http | None = None) -> None:
        self.client = client
        self._http = http or Requests(client.tls_ca)
        self._published = _Published(client.issuer, self._http)

    # asking

    def question(self, redirect_uri: str, now: datetime.datetime, fresh: bool = False) -> Question:
        """A question to send the browser with; `fresh` demands that the person signs in anew.

        :raises Unreachable: the provider's description cannot be had.
        :raises Refused: it is wrong.
        """
        described = self._published.description(now)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        values = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.client.scope),
            "state": state,
            "nonce": nonce,
            "code_challenge": _encoded(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        if fresh:
            values |= {"prompt": "login", "max_age": "0"}
        pending = Pending(nonce, verifier, redirect_uri, now, fresh)
        return Question(_extended(described.authorization, values), state, pending)

    # the answer

    def redeem(self, pending: Pending, values: Mapping[str, str], now: datetime.datetime) -> Tokens:
        """What the code in the address back is worth. It can be redeemed once.

        :raises Refused: the address says that there is no code, or the provider refuses it.
        :raises Unreachable: the provider does not answer.
        """
        described = self._published.description(now)
        if now > pending.asked_at + QUESTION_LASTS:
            raise Refused(Reason.QUESTION_EXPIRED)
        code = self._code(described, values)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.redirect_uri,
            "code_verifier": pending.verifier,
        }
        status, body = self._http(described.token, *self._proved(described, form))
        if status >= 500 or status == 429:
            raise Unreachable(f"token endpoint: status {status}")
        answer = _object(body)
        if status != 200:
            raise Refused(Reason.PROVIDER_ERROR, f"token endpoint: {_word(answer.get('error'))}")
        id_token, access_token = answer.get("id_token"), answer.get("access_token", "")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise Refused(Reason.STRUCTURE, "no ID token")
        return Tokens(id_token, access_token)

    def judge(self, pending: Pending, tokens: Tokens, now: datetime.datetime, needed: str = "") -> SignedIn:
        """Who has signed in. Where the ID token lacks the claim `needed`, userinfo is asked for it.

        :raises Refused: the token must not be believed.
        :raises Unreachable: the keys or userinfo cannot be had.
        """
        claims, algorithm = self._verified(tokens.id_token, now)
        self._check_parties(claims)
        _check_times(claims, pending, now)
        if claims.get("nonce") != pending.nonce:
            raise Refused(Reason.WRONG_NONCE)
        _check_hash(claims, tokens.access_token, algorithm)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isascii():
            raise Refused(Reason.MISSING_ATTRIBUTE, "sub")
        if needed and needed not in claims:
            claims = {**self._userinfo(tokens.access_token, subject, now), **claims}
        return SignedIn(subject, claims, tokens.id_token)

    # signing out

    def logout_url(self, id_token: str, back: str, now: datetime.datetime) -> str:
        """Where the browser ends the provider's session and comes `back` from; empty: the provider offers no such thing.

        :raises Unreachable: the provider's description cannot be had.
        :raises Refused: it is wrong.
        """
        described = self._published.description(now)
        if not described.end_session:
            return ""
        values = {"client_id": self.client.client_id, "post_logout_redirect_uri": back}
        if 0 < len(id_token) <= MAX_HINT:
            values["id_token_hint"] = id_token
        return _extended(described.end_session, values)

    # parts

    def _code(self, described: _Description, values: Mapping[str, str]) -> str:
        """The code in the address back."""
        issuer, error, code = values.get("iss"), values.get("error"), values.get("code", "")
        if issuer is not None and issuer != self.client.issuer:
            raise Refused(Reason.WRONG_ISSUER, "in the address back")
        if error is not None:
            if error in _TROUBLE:
                raise Unreachable(f"authorization endpoint: {error}")
            raise Refused(Reason.DECLINED if error in _GAVE_UP else Reason.PROVIDER_ERROR, _word(error))
        if issuer is None and described.names_issuer:
            raise Refused(Reason.WRONG_ISSUER, "missing from the address back")
        if not _CODE.match(code):
            raise Refused(Reason.STRUCTURE, "no code")
        return code

    def _proved(self, described: _Description, form: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Form and headers with the client's secret where the provider wants it (RFC 6749, section 2.3.1)."""
        client = self.client
        if not described.takes_basic:
            return form | {"client_id": client.client_id, "client_secret": client.client_secret}, {}
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        return form, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def _verified(self, token: str, now: datetime.datetime) -> tuple[dict[str, Any], str]:
        """The claims of a token that one of the provider's keys has signed, and the algorithm."""
        if len(token) > MAX_TOKEN:
            raise Refused(Reason.TOO_LARGE, "ID token")
        header = _object(_decoded(token.partition(".")[0]))
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise Refused(Reason.UNSIGNED if algorithm == "none" else Reason.WEAK_ALGORITHM)
        for keys in (self._published.keys, self._published.newer_keys):
            for key in _fitting(keys(now), algorithm, kid):
                payload = _payload(token, key, algorithm)
                if payload is not None:
                    return _object(payload), algorithm
        raise Refused(Reason.BAD_SIGNATURE)

    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") != self.client.issuer:
            raise Refused(Reason.WRONG_ISSUER)
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self.client.client_id not in audiences:
            raise Refused(Reason.WRONG_AUDIENCE)
        if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != self.client.client_id:
            raise Refused(Reason.WRONG_AUDIENCE, "azp")

    def _userinfo(self, access_token: str, subject: str, now: datetime.datetime) -> dict[str, Any]:
        url = self._published.description(now).userinfo
        if not url or not _CODE.match(access_token):
            return {}
        status, body = self._http(url, None, {"Authorization": f"Bearer {access_token}"})
        if status != 200:
            raise Unreachable(f"userinfo: status {status}")
        claims = _object(body)
        if claims.get("sub") != subject:
            raise Refused(Reason.WRONG_SUBJECT, "userinfo")
        return claims


# what the provider publishes


@dataclasses.dataclass(frozen=True)
class _Description:
    """The provider's addresses and habits; an empty address: it has none."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    takes_basic: bool
    names_issuer: bool


class _Published:
    """The provider's description and keys, kept in memory. One thread asks at a time; after a failure nobody asks for a while."""

    def __init__(self, issuer: str, http: Http) -> None:
        self._issuer = issuer
        self._http = http
        self._lock = threading.Lock()
        self._documents: dict[str, tuple[datetime.datetime, dict[str, Any]]] = {}
        self._failed_at: datetime.datetime | None = None
        self._asked_again: list[datetime.datetime] = []

    def description(self, now: datetime.datetime) -> _Description:
        return _described(self._issuer, self._document(self._issuer.rstrip("/") + _DISCOVERY, now))

    def keys(self, now: datetime.datetime) -> list[Any]:
        return _listed(self._document(self.description(now).keys, now))

    def newer_keys(self, now: datetime.datetime) -> list[Any]:
        """The keys asked for again, since one was not among those that are kept; none where that was done too often."""
        url = self.description(now).keys
        with self._lock:
            self._asked_again = [at for at in self._asked_again if now - at < NEW_KEYS_AFTER]
            if len(self._asked_again) >= NEW_KEYS_MOST:
                return []
            self._asked_again.append(now)
            return _listed(self._fetched(url, now))

    def _document(self, url: str, now: datetime.datetime) -> dict[str, Any]:
        with self._lock:
            at, document = self._documents.get(url, (None, None))
            if at is not None and document is not None and now - at < KEPT_FOR:
                return document
            try:
                return self._fetched(url, now)
            except Unreachable:
                if at is None or document is None or now - at > STALE_FOR:
                    raise
                return document

    def _fetched(self, url: str, now: datetime.datetime) -> dict[str, Any]:
        if self._failed_at is not None and now - self._failed_at < QUIET_FOR:
            raise Unreachable("failed a moment ago")
        try:
            status, body = self._http(url)
            if status != 200:
                raise Unreachable(f"status {status}")
        except Unreachable:
            self._failed_at = now
            raise
        document = _object(body)
        self._failed_at = None
        self._documents[url] = (now, document)
        return document


def _described(issuer: str, document: Mapping[str, Any]) -> _Description:
    if document.get("issuer") != issuer:
        raise Refused(Reason.METADATA_BROKEN, "the description is another issuer's")
    secure = issuer.startswith("https://")
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return _Description(
        authorization=_address(document, "authorization_endpoint", secure),
        token=_address(document, "token_endpoint", secure),
        keys=_address(document, "jwks_uri", secure),
        userinfo=_address(document, "userinfo_endpoint", secure, required=False),
        end_session=_address(document, "end_session_endpoint", secure, required=False),
        takes_basic=not isinstance(methods, list) or "client_secret_basic" in methods,
        names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: Mapping[str, Any], name: str, secure: bool, required: bool = True) -> str:
    value = document.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or not is_address(value, secure):
        raise Refused(Reason.METADATA_BROKEN, f"{name} is no {'https' if secure else 'http'} address")
    return value


def is_address(text: str, secure: bool) -> bool:
    """Whether this is the address of a server (with `secure` by https alone), without a fragment."""
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > 2000:
        return False
    try:
        parts = urlsplit(text)
        found = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    return found and not parts.fragment and parts.scheme in (("https",) if secure else ("https", "http"))


def _listed(document: Mapping[str, Any]) -> list[Any]:
    keys = document.get("keys")
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise Refused(Reason.METADATA_BROKEN, "no list of keys")
    return keys


# the token


def _fitting(keys: Iterable[Any], algorithm: str, kid: Any) -> list[Mapping[str, Any]]:
    """The keys that may have made a signature of this algorithm; with `kid` those of that name."""
    found = [key for key in keys if isinstance(key, dict) and key.get("kty") == ALGORITHMS[algorithm]]
    return [
        key
        for key in found
        if key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]


def _payload(token: str, key: Mapping[str, Any], algorithm: str) -> bytes | None:
    """What this key has signed; None: it has not."""
    from joserfc import jwk, jws
    from joserfc.errors import JoseError

    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = 8 * 1024  # room for a certificate chain
    public = {name: key[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in key}
    try:
        imported = jwk.import_key(public)
        if isinstance(imported, jwk.RSAKey) and imported.public_key.key_size < MIN_RSA_BITS:
            return None
        return jws.deserialize_compact(token, imported, registry=registry).payload
    except (JoseError, ValueError, TypeError, KeyError):  # the last three: what makes no key
        return None


def _check_times(claims: Mapping[str, Any], pending: Pending, now: datetime.datetime) -> None:
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if now >= expires + SKEW:
        raise Refused(Reason.EXPIRED)
    if issued > now + SKEW or ("nbf" in claims and _time(claims, "nbf") > now + SKEW):
        raise Refused(Reason.NOT_YET_VALID)
    if issued < pending.asked_at - SKEW:
        raise Refused(Reason.ISSUED_LONG_AGO)
    if pending.fresh and _time(claims, "auth_time") < pending.asked_at - SKEW:
        raise Refused(Reason.ISSUED_LONG_AGO, "auth_time")


def _time(claims: Mapping[str, Any], name: str) -> datetime.datetime:
    value = claims.get(name)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not 0 < value < 1e11
    ):
        raise Refused(Reason.STRUCTURE, f"{name} is no time")
    return datetime.datetime.fromtimestamp(value, datetime.UTC)


def _check_hash(claims: Mapping[str, Any], access_token: str, algorithm: str) -> None:
    """`at_hash`, where there is one: half of the hash of the access token, by the hash of the signature."""
    if "at_hash" not in claims:
        return
    digest = hashlib.new(f"sha{algorithm[-3:]}", access_token.encode("utf-8", "replace")).digest()
    if claims["at_hash"] != _encoded(digest[: len(digest) // 2]):
        raise Refused(Reason.WRONG_TOKEN_HASH)


# bytes and texts


def _object(data: bytes) -> dict[str, Any]:
    """:raises Refused: these bytes are no JSON object."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused(Reason.STRUCTURE, "no JSON") from None
    if not isinstance(found, dict):
        raise Refused(Reason.STRUCTURE, "no JSON object")
    return found


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """:raises Refused: it is no base64url."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Refused(Reason.STRUCTURE, "no base64url") from None


def _extended(address: str, values: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(values)}"


def _word(error: Any) -> str:
    """An error as the protocol names it, fit for a log."""
    return error if isinstance(error, str) and _WORD.match(error) else "no word"


# the network


class Requests:
    """Talks to the provider by requests: bounded in time and size, no redirects, TLS checked."""

    def __init__(self, ca: Path | None = None, total: float = TOTAL_SECONDS) -> None:
        self._ca = ca
        self._total = total  # seconds

    def __call__(
        self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        import requests
        from urllib3.exceptions import HTTPError

        deadline = time.monotonic() + self._total
        try:
            with requests.request(
                "GET" if form is None else "POST",
                url,
                data=form,
                headers={"Accept": "application/json", **(headers or {})},
                auth=_unchanged,  # else a .netrc would speak for us
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
                verify=str(self._ca) if self._ca else True,
            ) as response:
                return response.status_code, _bounded(response.raw, deadline)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unreachable(type(error).__name__) from error


def _unchanged(request: Any) -> Any:
    return request


def _bounded(raw: Any, deadline: float) -> bytes:
    """What comes, until it ends; a piece at a time, so that one who sends a byte a second does not hold us for ever."""
    pieces, size = [], 0
    while piece := raw.read1(_PIECE, decode_content=True):
        size += len(piece)
        if size > MAX_BYTES:
            raise Unreachable(f"more than {MAX_BYTES} bytes")
        if time.monotonic() > deadline:
            raise Unreachable("not in time")
        pieces.append(piece)
    return b"".join(pieces)
