"""The portal as a SAML 2.0 service provider: the one interface of this package to the rest of the portal.

Owns the order in which things are asked and checked. Must not keep state: what is pending, and what was seen, the caller keeps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from boi_portal.identity.keys import Keys
from boi_portal.identity.messages import (
    Fetch,
    Incoming,
    LoA,
    LogoutRequest,
    Outgoing,
    PendingQuestion,
    Person,
    Question,
    RemoteSession,
    Seen,
)
from boi_portal.identity.providers import Provider, Providers


@dataclasses.dataclass(frozen=True)
class ServiceProvider:
    """Asks identity providers who somebody is, and judges what they say. Every `at` has a time zone."""

    entity_id: str
    acs_url: str  # where answers come (POST or artifact); one address for both
    slo_url: str  # logout messages with the browser (POST and redirect)
    slo_soap_url: str  # logout messages from server to server
    keys: Keys

    def metadata(self, at: datetime, provider: Provider | None = None) -> bytes:
        """The portal's own metadata, signed; for one provider: with the keys that it understands alone.

        :raises Refused: `NO_KEY`.
        """
        raise NotImplementedError

    def authn_request(
        self, provider: Provider, at: datetime, relay_state: str, loa: LoA | None = None, fresh: bool | None = None
    ) -> Question:
        """A question to send with the browser.

        :param relay_state: at most 80 bytes, not to be guessed: by it the caller finds the question again.
        :param loa: None: what is settled with the provider; a lower one is raised to it.
        :param fresh: whether the person must prove anew who they are; None: as the profile has it (the national node: always).
        :raises Refused: `METADATA_EXPIRED`, `CERTIFICATE_EXPIRED`, `NO_KEY`, `NOT_SUPPORTED`.
        """
        raise NotImplementedError

    def answer(
        self,
        provider: Provider,
        pending: PendingQuestion,
        form: Mapping[str, str],
        at: datetime,
        seen: Seen,
        fetch: Fetch,
    ) -> Person:
        """Who the person is that `form` (`SAMLResponse` or `SAMLart`, and `RelayState`) is about.

        :param pending: taken out of the caller's memory before.
        :raises Refused: for any reason; nothing of the answer may be used then.
        :raises Unreachable: the provider's artifact service is down.
        """
        raise NotImplementedError

    def logout_request(
        self, provider: Provider, session: RemoteSession, at: datetime, relay_state: str = ""
    ) -> Outgoing:
        """A request to end the person's session at the provider.

        By SOAP where it offers that (then `log_out` sends it), else with the browser.

        :raises Refused: `NOT_SUPPORTED` where the provider has no logout, and as `authn_request`.
        """
        raise NotImplementedError

    def log_out(self, provider: Provider, request: Outgoing, at: datetime, fetch: Fetch) -> None:
        """Send a SOAP request for logout and read the answer.

        :raises Refused: the answer is not to be believed, or says no (`PROVIDER_ERROR`).
        :raises Unreachable: no answer.
        """
        raise NotImplementedError

    def read_logout_request(self, providers: Providers, message: Incoming, at: datetime, seen: Seen) -> LogoutRequest:
        """A provider's request to end sessions here.

        :raises Refused: for any reason; nothing may be ended then.
        """
        raise NotImplementedError

    def logout_response(
        self, provider: Provider, request: LogoutRequest, at: datetime, success: bool = True
    ) -> Outgoing:
        """The answer to a provider's request, by the way it came (for SOAP: `body` of our HTTP response)."""
        raise NotImplementedError

    def read_logout_response(self, provider: Provider, message: Incoming, request_id: str, at: datetime) -> None:
        """A provider's answer to our request that went with the browser.

        :raises Refused: the answer is not to be believed, or says no (`PROVIDER_ERROR`).
        """
        raise NotImplementedError


def fetch(provider: Provider) -> Fetch:
    """The way to a provider's SOAP services: with time-outs and a limit of size, TLS checked."""
    raise NotImplementedError
