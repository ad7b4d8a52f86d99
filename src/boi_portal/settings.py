"""The portal's settings: every `boi.*` key with its type, unit and default.

Owns reading and checking them. A wrong value stops the start with a sentence that an admin understands; nothing else in the
package reads the raw settings.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# settings of which 0 says something
MAY_BE_ZERO = (("page_cache_mb", 0), ("staff_second_factor_grace_days", 0), ("idle_warn_months", 0))

# RFC 8176: several factors, a one-time password, a key in hardware, a smart card; and how AD FS says it
SECOND_FACTORS = ("mfa", "otp", "hwk", "sc", "http://schemas.microsoft.com/claims/multipleauthn")


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names it and says what to write."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """Values of the `boi.*` keys, checked."""

    secret: str = ""  # keys the session cookie and keyed hashes; at least 32 characters
    production: bool = False
    sandbox: bool = False  # show the way to the stand-ins (signing application, mailbox)
    sandbox_url: str = ""  # address of the sandbox's own process
    var: Path = Path("var")  # where mail, temporary files and locks live
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")  # Host headers that are answered, without port
    public_url: str = ""  # address that letters carry, e.g. https://boi.gmina.pl; empty: the request's own
    secure_cookies: bool = False
    session_idle: int = 20 * 60  # seconds
    session_absolute: int = 8 * 3600  # seconds
    activation_hours: int = 24
    staff_second_factor_grace_days: int = 14  # from an employee's first sign-in; 0: needed at once
    idle_warn_months: int = 24  # without a sign-in until the owner of an account is warned; 0: never
    idle_close_days: int = 30  # from the warning until the account is closed
    mail_from: str = "boi@localhost"
    mail_delivery: str = "smtp"  # `smtp`: to the server of mail.host | `maildir`: into the mailbox of mail.queue_path
    worker: str = "thread"  # `thread`: in the portal's process (FileStorage) | `process`: run by `boi worker`
    worker_interval: float = 0.2  # seconds between two looks at the queues
    page_cache_mb: int = 32
    page_cache_poll: float = 0.5  # seconds between two looks at the content revision of other processes
    trust_dirs: tuple[Path, ...] = ()  # folders with `anchors/` and `crls/` of trusted certificate issuers
    seal_key: Path | None = None  # PKCS#12 or PEM file with the office's seal
    seal_password: str = ""
    personal_keys: Path | None = None  # file with the keys of personal numbers; none: made in `var` (development)
    upload_max_mb: int = 20  # one file
    form_max_mb: int = 50  # all files of one draft
    body_max_mb: int = 25  # one request
    rpw_pattern: str = "RPW/{nr}/{rok}"
    identity_providers: Path | None = (
        None  # folder of identity providers, one YAML file each; none: no signing in by an eID
    )
    saml_keys: Path | None = None  # folder of PEM files with the portal's own keys for them
    saml_entity_id: str = ""  # the portal's name for them; empty: the address of its metadata
    oidc_issuer: str = ""  # the OpenID Connect provider of the office's employees; empty: none
    oidc_client_id: str = ""  # the portal's name there
    oidc_client_secret: str = ""
    oidc_title: str = "Zaloguj się kontem urzędowym"  # what the button says
    oidc_scope: tuple[str, ...] = ("openid", "email")
    oidc_login_claim: str = "email"  # the claim that tells which employee it is
    oidc_match: str = "email"  # what that claim is compared with: an employee's `email` or `login`
    oidc_second_factor_claim: str = "amr"  # the claim that tells how the employee signed in there
    oidc_second_factor_values: tuple[str, ...] = SECOND_FACTORS  # each of them means two factors; empty: nothing does
    oidc_tls_ca: Path | None = None  # PEM with the issuer of the provider's certificate, where it is no public one
    clamd: str = ""  # host:port or socket path of a virus scanner; empty: none

    @classmethod
    def from_ini(cls, raw: Mapping[str, Any]) -> Settings:
        """Read `boi.*` from PasteDeploy settings that `expand` has gone through.

        :raises SettingsError: unknown key, wrong value, or a value that production forbids.
        """
        known = {field.name: field for field in dataclasses.fields(cls)}
        values: dict[str, Any] = {}
        for key, text in raw.items():
            if not key.startswith("boi."):
                continue
            name = key[4:]
            if name not in known:
                raise SettingsError(f"Unknown setting {key!r}. Known: {', '.join('boi.' + k for k in sorted(known))}")
            values[name] = _convert(key, known[name].type, str(text).strip())
        settings = cls(**values)
        settings._check()
        return settings

    def _check(self) -> None:
        if len(self.secret) < 32 or len(set(self.secret)) < 8:
            raise SettingsError(
                "boi.secret must have at least 32 characters that nobody guesses; make one with: "
                "python3 -c 'import secrets; print(secrets.token_hex(32))'"
            )
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type in ("int", "float") and not 0 < value < math.inf and (field.name, value) not in MAY_BE_ZERO:
                raise SettingsError(f"boi.{field.name} = {value}: expected a number above 0")
        if not self.hosts:
            raise SettingsError("boi.hosts must name the portal's host, e.g. boi.gmina.pl")
        if self.worker not in {"thread", "process"}:
            raise SettingsError("boi.worker must be 'thread' or 'process'")
        if self.mail_delivery not in {"smtp", "maildir"}:
            raise SettingsError("boi.mail_delivery must be 'smtp' or 'maildir'")
        if "{nr}" not in self.rpw_pattern or "{rok}" not in self.rpw_pattern:
            raise SettingsError("boi.rpw_pattern must hold {nr} and {rok}")
        self._check_oidc()
        if not self.production:
            return
        if self.sandbox or self.sandbox_url:
            raise SettingsError("boi.sandbox and boi.sandbox_url are for development; production cannot have them")
        if "development" in self.secret.lower():
            raise SettingsError("boi.secret is the one of development.ini; production needs its own")
        if not self.secure_cookies:
            raise SettingsError("boi.secure_cookies must be true in production (the portal is served over https)")
        if not self.public_url.startswith("https://"):
            raise SettingsError("boi.public_url must be the portal's https:// address in production")
        if self.seal_key is None:
            raise SettingsError("boi.seal_key must name the file with the office's seal in production")
        if self.personal_keys is None:
            raise SettingsError(
                "boi.personal_keys must name the file with the keys of personal numbers in production; "
                "make one with: boi keys make"
            )

    def _check_oidc(self) -> None:
        given = [bool(value) for value in (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)]
        if not any(given):
            return
        if not all(given):
            raise SettingsError("boi.oidc_issuer, boi.oidc_client_id and boi.oidc_client_secret go together")
        schemes = ("https://",) if self.production else ("https://", "http://")
        if not self.oidc_issuer.startswith(schemes) or set("?# ") & set(self.oidc_issuer):
            raise SettingsError(
                f"boi.oidc_issuer = {self.oidc_issuer!r}: expected an address that begins with {schemes[0]}"
            )
        if self.oidc_match not in {"email", "login"}:
            raise SettingsError("boi.oidc_match must be 'email' or 'login'")
        if not self.oidc_title or not self.oidc_login_claim:
            raise SettingsError("boi.oidc_title and boi.oidc_login_claim must not be empty")
        if "openid" not in self.oidc_scope:
            raise SettingsError("boi.oidc_scope must hold openid")


def expand(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with each `${NAME}` replaced by the environment variable NAME.

    :raises SettingsError: the variable is not set.
    """
    return {key: _from_environment(key, text) if isinstance(text, str) else text for key, text in raw.items()}


def _from_environment(key: str, text: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise SettingsError(f"{key} is taken from the environment variable {name}, which is not set")
        return os.environ[name]

    return re.sub(r"\$\{([A-Z][A-Z0-9_]*)\}", value, text)


def _convert(key: str, kind: Any, text: str) -> Any:
    try:
        if kind == "bool":
            return {"true": True, "false": False}[text.lower()]
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
        if kind == "Path":
            return Path(text)
        if kind == "Path | None":
            return Path(text) if text else None
        if kind.startswith("tuple[Path"):
            return tuple(Path(item) for item in text.split())
        if kind.startswith("tuple[str"):
            return tuple(text.split())
    except (KeyError, ValueError):
        expected = {"bool": "true or false", "int": "a whole number", "float": "a number"}.get(kind, kind)
        raise SettingsError(f"{key} = {text!r}: expected {expected}") from None
    return text
