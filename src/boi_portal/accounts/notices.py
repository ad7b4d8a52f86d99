"""Letters that tell the owner of an account what happened to its security.

Owns what they say and to whom. They are the way by which somebody learns that it was not him.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..mail.letters import post
from ..office.store import Office
from ..publishing.content import now
from ..web.polish import datetime_text

Address = Callable[..., str]


def base_of(request: Any) -> str:
    """The portal's address for letters, without a slash at its end."""
    settings = request.registry.boi_settings
    base: str = settings.public_url.rstrip("/") or request.host_url
    return base + request.script_name.rstrip("/")


def address_maker(base: str) -> Address:
    """What makes an address in a letter of the elements of a path."""

    def address(*elements: str) -> str:
        return "/".join((base, *elements))

    return address


def password_changed(office: Office, account: Any, address: Address) -> None:
    """Tell that the password was changed; `account` is an applicant or an employee."""
    if account.email:
        params = {"login": login_of(account), "at": datetime_text(now()), "link": address("haslo")}
        post(office, "password-changed", account.email, params)


def new_device(office: Office, account: Any, browser: str, network: str, address: Address) -> None:
    """Tell that somebody signed in from a browser that this account was not seen with."""
    if account.email:
        params = {
            "login": login_of(account),
            "at": datetime_text(now()),
            "browser": browser,
            "network": network,
            "link": address("haslo"),
            "sessions": address("konto", "sesje"),
        }
        post(office, "new-device", account.email, params)


def login_of(account: Any) -> str:
    """The login of an applicant, or of an employee."""
    return str(getattr(account, "login", "") or account.__name__)


def factors_changed(office: Office, account: Any, change: str, address: Address) -> None:
    """Tell what was changed of the second factor; `change` is a Polish sentence."""
    if account.email:
        params = {"login": login_of(account), "at": datetime_text(now()), "change": change}
        links = {"link": address("haslo"), "security": address("konto", "bezpieczenstwo")}
        post(office, "factors-changed", account.email, {**params, **links})


def factor_guessed(office: Office, account: Any, address: Address) -> None:
    """Tell that somebody gave the right password and then wrong codes, again and again."""
    if account.email:
        params = {"login": login_of(account), "at": datetime_text(now()), "link": address("haslo")}
        post(office, "factor-guessed", account.email, params)
