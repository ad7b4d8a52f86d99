"""Tokens that letters carry: 256 random bits, kept as their SHA-256, for one purpose, one account and a limited time."""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets
from typing import Any

from persistent import Persistent

from ..office.store import Office

ACTIVATION = "activation"
EMAIL_CONFIRM = "email-confirm"
EMAIL_CANCEL = "email-cancel"
RESET = "reset"
INVITATION = "invitation"

_FORM = re.compile(r"[A-Za-z0-9_-]{43}\Z")


class Token(Persistent):
    """A token as it is stored. `used_at` is None until it has done what it is for.

    `back` is an own address to go on to afterwards; `sent_to` the address (`address_mark`) that the letter went to.
    """

    used_at: datetime.datetime | None = None
    back: str = ""
    sent_to: str = ""

    def __init__(self, purpose: str, userid: Any, expires: datetime.datetime) -> None:
        self.purpose = purpose
        self.userid = userid
        self.expires = expires


def make_token(
    office: Office, purpose: str, userid: Any, expires: datetime.datetime, back: str = "", sent_to: str = ""
) -> str:
    """Make a token and return it; it is the only time that it can be read."""
    text = secrets.token_urlsafe(32)
    token = office.tokens[token_key(text)] = Token(purpose, userid, expires)
    token.back, token.sent_to = back, address_mark(sent_to) if sent_to else ""
    return text


def find_token(office: Office, purpose: str, text: str) -> Token | None:
    """The stored token, used or late as it may be; None for one that was never given out for this purpose."""
    if not _FORM.match(text):
        return None
    found: Token | None = office.tokens.get(token_key(text))
    return found if found is not None and found.purpose == purpose else None


def token_key(text: str) -> str:
    """Where a token lies: a read of the database gives nobody a usable token."""
    return hashlib.sha256(text.encode()).hexdigest()


def address_mark(address: str) -> str:
    """What is kept of the e-mail address that a token went to: enough to see whether it is still the account's."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()
