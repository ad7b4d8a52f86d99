"""Tokens of other systems: 256 random bits, kept as their SHA-256, each with a name, scopes and an end."""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets
from collections.abc import Iterable

from persistent import Persistent

from ..office.store import Office

PREFIX = "boi_"
APPLICANTS_WRITE = "applicants:write"
SCOPES = {APPLICANTS_WRITE: "make accounts for applicants"}

_FORM = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}\Z")


class TokenError(ValueError):
    """The token cannot be made; the message says why."""


class ApiToken(Persistent):
    """A token as it is stored; the text itself is not."""

    revoked_at: datetime.datetime | None = None

    def __init__(
        self, name: str, scopes: Iterable[str], created: datetime.datetime, expires: datetime.datetime
    ) -> None:
        self.name = name
        self.scopes = tuple(sorted(set(scopes)))
        self.created_at = created
        self.expires_at = expires

    @property
    def id(self) -> str:
        """Who the caller is in the audit trail."""
        return f"api:{self.name}"

    def is_good(self, at: datetime.datetime) -> bool:
        """Whether the token opens anything now."""
        return self.revoked_at is None and at < self.expires_at


def make_token(office: Office, name: str, scopes: Iterable[str], days: int, at: datetime.datetime) -> str:
    """Make a token and return its text; it is the only time that it can be read.

    :raises TokenError: name malformed or taken by a good token, unknown scope, or no scope.
    """
    scopes = list(scopes)
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,39}", name):
        raise TokenError("The name must be 2 to 40 small letters, digits, dots or dashes, e.g. eod-proton.")
    if any(token.name == name and token.is_good(at) for token in office.api_tokens.values()):
        raise TokenError(f"There is a token {name} already. Revoke it first, or choose another name.")
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise TokenError(f"Unknown scope {unknown[0]}. Known: {', '.join(SCOPES)}")
    if not scopes:
        raise TokenError(f"Name at least one scope: {', '.join(SCOPES)}")
    text = PREFIX + secrets.token_urlsafe(32)
    office.api_tokens[_key(text)] = ApiToken(name, scopes, at, at + datetime.timedelta(days=days))
    return text


def find_token(office: Office, text: str, at: datetime.datetime) -> ApiToken | None:
    """The good token with this text, or None."""
    if not _FORM.match(text):
        return None
    token: ApiToken | None = office.api_tokens.get(_key(text))
    return token if token is not None and token.is_good(at) else None


def revoke(office: Office, name: str, at: datetime.datetime) -> bool:
    """End the good token with this name; False: there is none."""
    found = [token for token in office.api_tokens.values() if token.name == name and token.is_good(at)]
    for token in found:
        token.revoked_at = at
    return bool(found)


def all_tokens(office: Office) -> list[ApiToken]:
    """Every token ever made, newest first."""
    return sorted(office.api_tokens.values(), key=lambda token: token.created_at, reverse=True)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
