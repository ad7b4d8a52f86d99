"""An OpenID Connect provider for the office's employees: questions, codes, ID tokens, and how these can be wrong.

Owns its state, in memory behind a lock, and its key ring. JSON Web Signatures are made here by hand, so that they can be made
wrongly. Sources: OpenID Connect Core 1.0, RFC 6749, RFC 7636 (PKCE), RFC 7515, RFC 9207.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from boi_portal.sandbox.identity.keys import KeyRing, SigningKey
from boi_portal.sandbox.identity.mischief import Mischief
from boi_portal.sandbox.identity.provider import kept
from boi_portal.sandbox.people import Employee

NAME = "pracownicy"
TITLE = "Logowanie pracowników, OpenID Connect (piaskownica)"
PATH = "/oidc"
CLIENT_ID = "portal-boi"
CLIENT_SECRET = "piaskownica-haslo-portalu"  # noqa: S105 - the portal's development settings name it too
CODE_LIFETIME = 60  # seconds
TOKEN_LIFETIME = 300  # seconds
OIDC = "oidc"
SCOPES = ("openid", "profile", "email")


class OidcError(ValueError):
    """A request is refused; `code` is the error that the protocol names, the message is for whoever develops."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclasses.dataclass(frozen=True)
class Asked:
    """A question who an employee is."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str  # PKCE, S256
    scopes: tuple[str, ...]
    login_hint: str


@dataclasses.dataclass
class Answer:
    """Everything that decides what comes back to the portal."""

    asked: Asked
    employee: Employee
    claims: dict[str, Any]  # of the ID token
    key: SigningKey
    strangers_key: SigningKey
    algorithm: str = "RS256"  # or `none`, `HS256` with the public key as the secret
    at_hash: bool = True
    state: str = ""
    issuer_in_address: str = ""  # RFC 9207
    userinfo_subject: str = ""
    expires: float = 0  # of the code, seconds since 1970
    access_token: str = ""


def _claim(**values: Any) -> Callable[[Answer], None]:
    return lambda answer: answer.claims.update(values)


def _set(**values: Any) -> Callable[[Answer], None]:
    def change(answer: Answer) -> None:
        for name, value in values.items():
            setattr(answer, name, value)

    return change


def _without_nonce(answer: Answer) -> None:
    del answer.claims["nonce"]


def _expired(answer: Answer) -> None:
    answer.claims["exp"] -= 3600
    answer.claims["iat"] -= 3600


def _from_the_future(answer: Answer) -> None:
    answer.claims["iat"] += 3600
    answer.claims["nbf"] = answer.claims["iat"]
    answer.claims["exp"] += 3600


def _foreign_key(answer: Answer) -> None:
    answer.key = answer.strangers_key


MISCHIEFS = tuple(
    Mischief(f"oidc-{name}", OIDC, label, change, (OIDC,))
    for name, label, change in (
        ("wrong-nonce", "inny nonce", _claim(nonce="nie-ten")),
        ("no-nonce", "brak nonce", _without_nonce),
        ("wrong-audience", "inny odbiorca (aud)", _claim(aud="inny-serwis")),
        ("more-audiences", "kilku odbiorców, wystawiony dla innego (azp)", _claim(aud=[CLIENT_ID, "inny"], azp="inny")),
        ("wrong-issuer", "inny wystawca (iss)", _claim(iss="https://obcy.example")),
        ("expired", "ważność minęła", _expired),
        ("from-the-future", "wystawiony w przyszłości", _from_the_future),
        ("foreign-key", "podpis obcym kluczem", _foreign_key),
        ("alg-none", "bez podpisu (alg none)", _set(algorithm="none")),
        ("hs256", "HMAC, w którym tajemnicą jest klucz publiczny", _set(algorithm="HS256")),
        ("wrong-at-hash", "skrót tokenu dostępu się nie zgadza", _set(at_hash=False)),
        ("wrong-state", "inny state", _set(state="nie-ten")),
        (
            "wrong-issuer-in-address",
            "inny wystawca w adresie powrotu (iss)",
            _set(issuer_in_address="https://obcy.example"),
        ),
        ("other-userinfo", "userinfo mówi o kimś innym", _set(userinfo_subject="ktos-inny")),
        ("unverified-email", "adres e-mail niepotwierdzony", _claim(email_verified=False)),
    )
)
BY_NAME = {mischief.name: mischief for mischief in MISCHIEFS}


class OidcProvider:
    """The provider: what it is asked, and the tokens it gives."""

    def __init__(self, private: Path, address: str, portal: str) -> None:
        """`address` and `portal` carry no slash at the end; answers go to the portal alone."""
        self.issuer, self._portal = address + PATH, portal
        self.ring = KeyRing(private, NAME, TITLE, "rsa")
        self._lock = threading.Lock()
        self._asked: dict[str, Asked] = {}
        self._codes: dict[str, Answer] = {}
        self._tokens: dict[str, Answer] = {}

    def discovery(self) -> dict[str, Any]:
        """The provider's own description (OpenID Connect Discovery 1.0)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end_session",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "claims_supported": ["sub", "name", "given_name", "family_name", "email", "email_verified", "amr"],
        }

    def jwks(self) -> dict[str, Any]:
        """The published keys (RFC 7517)."""
        return {"keys": [_public_jwk(key) for key in self.ring.published]}

    def belongs(self, address: str) -> bool:
        """Whether an address is the portal's."""
        return address.startswith(f"{self._portal}/")

    def read_question(self, values: dict[str, str]) -> Asked:
        """The question in the parameters of an address whose `client_id` and `redirect_uri` were checked.

        :raises OidcError: it is not in order.
        """
        scopes = tuple(values.get("scope", "").split())
        if values.get("response_type") != "code":
            raise OidcError("unsupported_response_type", "response_type must be code")
        if "openid" not in scopes:
            raise OidcError("invalid_scope", "scope must hold openid")
        if not values.get("state") or not values.get("nonce"):
            raise OidcError("invalid_request", "state and nonce are required")
        if values.get("code_challenge_method") != "S256" or len(values.get("code_challenge", "")) != 43:
            raise OidcError("invalid_request", "PKCE with S256 is required")
        if values.get("prompt") == "none":
            raise OidcError("login_required", "nobody is signed in")
        return Asked(
            redirect_uri=values["redirect_uri"],
            state=values["state"],
            nonce=values["nonce"],
            challenge=values["code_challenge"],
            scopes=scopes,
            login_hint=values.get("login_hint", ""),
        )

    def remember(self, asked: Asked) -> str:
        """Keep a question until somebody answers it; returns the secret to find it by."""
        with self._lock:
            return kept(self._asked, asked)

    def asked(self, token: str) -> Asked | None:
        """The open question of a secret."""
        with self._lock:
            return self._asked.get(token)

    def taken(self, token: str) -> Asked | None:
        """The open question of a secret, the first time."""
        with self._lock:
            return self._asked.pop(token, None)

    def answered(
        self, asked: Asked, employee: Employee, methods: tuple[str, ...], ways: set[str]
    ) -> tuple[str, Answer]:
        """A code for the portal, and the answer it stands for; `methods` are how the employee signed in (RFC 8176)."""
        now = int(time.time())
        claims = self._person(employee, asked.scopes) | {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + TOKEN_LIFETIME,
            "auth_time": now,
            "nonce": asked.nonce,
            "amr": list(methods),
        }
        answer = Answer(asked, employee, claims, self.ring.signing, self.ring.stranger())
        answer.state, answer.issuer_in_address, answer.expires = asked.state, self.issuer, now + CODE_LIFETIME
        answer.userinfo_subject = employee.subject
        for name in sorted(ways & BY_NAME.keys()):
            change = BY_NAME[name].change
            if change is not None:
                change(answer)
        with self._lock:
            return kept(self._codes, answer), answer

    def tokens(self, values: dict[str, str]) -> dict[str, Any]:
        """The answer to a token request of an authenticated client.

        :raises OidcError: it is not in order; the code is used up all the same.
        """
        if values.get("grant_type") != "authorization_code":
            raise OidcError("unsupported_grant_type", "grant_type must be authorization_code")
        with self._lock:
            answer = self._codes.pop(values.get("code", ""), None)
        if answer is None or answer.expires < time.time():
            raise OidcError("invalid_grant", "the code is unknown, used or too old")
        if answer.asked.redirect_uri != values.get("redirect_uri"):
            raise OidcError("invalid_grant", "redirect_uri is another than the one asked with")
        verifier = values.get("code_verifier", "")
        if not hmac.compare_digest(encoded(hashlib.sha256(verifier.encode()).digest()), answer.asked.challenge):
            raise OidcError("invalid_grant", "code_verifier does not fit code_challenge")
        with self._lock:
            answer.access_token = kept(self._tokens, answer)
        return {
            "access_token": answer.access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME,
            "scope": " ".join(answer.asked.scopes),
            "id_token": _id_token(answer),
        }

    def userinfo(self, access_token: str) -> dict[str, Any] | None:
        """What an access token lets one read; None where it is none."""
        with self._lock:
            answer = self._tokens.get(access_token)
        if answer is None:
            return None
        return self._person(answer.employee, answer.asked.scopes) | {"sub": answer.userinfo_subject}

    def is_own_token(self, token: str) -> bool:
        """Whether an ID token was signed here; it may have expired."""
        head, _, signature = token.rpartition(".")
        try:
            decoded = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        except ValueError:
            return False
        return any(_verifies(key, head.encode(), decoded) for key in self.ring.published)

    def _person(self, employee: Employee, scopes: tuple[str, ...]) -> dict[str, Any]:
        claims: dict[str, Any] = {"sub": employee.subject}
        if "profile" in scopes:
            name = f"{employee.first_name} {employee.last_name}"
            claims |= {"name": name, "given_name": employee.first_name, "family_name": employee.last_name}
            claims |= {"preferred_username": employee.login}
        if "email" in scopes:
            claims |= {"email": employee.email, "email_verified": True}
        return claims


def is_client(client_id: str, secret: str) -> bool:
    """Whether the portal has proved that it is the portal."""
    return client_id == CLIENT_ID and hmac.compare_digest(secret.encode(), CLIENT_SECRET.encode())


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _id_token(answer: Answer) -> str:
    digest = hashlib.sha256((answer.access_token if answer.at_hash else secrets.token_hex()).encode()).digest()
    claims = answer.claims | {"at_hash": encoded(digest[:16])}
    header = {"alg": answer.algorithm, "typ": "JWT"}
    if answer.algorithm != "none":
        header["kid"] = answer.key.fingerprint
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{encoded(_signature(answer, signed.encode()))}"


def _signature(answer: Answer, data: bytes) -> bytes:
    if answer.algorithm == "none":
        return b""
    if answer.algorithm == "HS256":
        return hmac.digest(answer.key.public_pem, data, "sha256")
    return _rsa(answer.key).sign(data, padding.PKCS1v15(), hashes.SHA256())


def _verifies(key: SigningKey, data: bytes, signature: bytes) -> bool:
    # the scheme is deterministic: what was signed here can be signed again
    return hmac.compare_digest(_rsa(key).sign(data, padding.PKCS1v15(), hashes.SHA256()), signature)


def _rsa(key: SigningKey) -> rsa.RSAPrivateKey:
    if not isinstance(key.key, rsa.RSAPrivateKey):
        raise ValueError("the keys of OpenID Connect are RSA keys here")
    return key.key


def _public_jwk(key: SigningKey) -> dict[str, str]:
    numbers = _rsa(key).public_key().public_numbers()
    n, e = (encoded(value.to_bytes((value.bit_length() + 7) // 8, "big")) for value in (numbers.n, numbers.e))
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.fingerprint, "n": n, "e": e}
