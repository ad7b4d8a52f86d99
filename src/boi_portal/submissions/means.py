"""What filing needs of the process: the trusted issuers, the office's seal, and who opens the case.

Owns loading them once. The seal's key is read when it is first needed, so that a portal without one still shows its pages.
"""

from __future__ import annotations

import threading
from typing import Any

from ..settings import Settings
from ..signing import SealKey, SealKeyError, TrustStore
from .filing import CaseOpener, FilingMeans


class SealHolder:
    """The office's seal, read at first use; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._key: SealKey | None = None

    @property
    def key(self) -> SealKey:
        """:raises SealKeyError: no seal is set, or its file cannot be used."""
        with self._lock:
            if self._key is None:
                if self._settings.seal_key is None:
                    raise SealKeyError("boi.seal_key is not set")
                self._key = SealKey.load(self._settings.seal_key, self._settings.seal_password or None)
            return self._key


def means_of(request: Any) -> FilingMeans:
    """What a filing in this request uses.

    :raises SealKeyError: there is no usable seal, so no receipt can be given.
    """
    registry = request.registry
    return FilingMeans(
        office=request.office,
        site=request.root,
        trust=registry.boi_trust,
        seal=registry.boi_seal.key,
        open_case=registry.boi_case_opener,
        portal_url=portal_url(request),
    )


def portal_url(request: Any) -> str:
    """The portal's address as letters carry it, without a slash at its end."""
    url: str = request.registry.boi_settings.public_url or request.application_url
    return url.rstrip("/")


def set_case_opener(config: Any, opener: CaseOpener) -> None:
    """Directive: `opener(office, site, submission, applicant)` makes the case of what was filed, in the same transaction."""
    opener = config.maybe_dotted(opener)

    def register() -> None:
        config.registry.boi_case_opener = opener

    config.action("boi case opener", register)


def includeme(config: Any) -> None:
    settings = config.registry.boi_settings
    config.registry.boi_trust = TrustStore.from_directories(settings.trust_dirs)
    config.registry.boi_seal = SealHolder(settings)
    config.add_directive("set_case_opener", set_case_opener)
