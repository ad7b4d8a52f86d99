"""Identity protocols: the portal as a SAML 2.0 service provider, for Węzeł Krajowy and for standard identity providers.

Sees bytes and frozen dataclasses only; knows nothing of requests, resources or accounts. What callers need stands here:

- `ServiceProvider`, `fetch`
- `Providers`, `Provider`, `Profile`, `health`, `Finding`, `Trouble`
- `Keys`, `Key`, `KeyKind`, `make_pem`
- messages: `Question`, `PendingQuestion`, `Person`, `RemoteSession`, `LogoutRequest`, `Outgoing`, `Incoming`, `Binding`, `LoA`
- what the caller gives: `Seen`, `Fetch`
- `IdentityError`: `Refused` (with a `Reason`), `Unreachable`, `ConfigurationError`
"""

from boi_portal.identity.keys import Key, KeyKind, Keys, make_pem
from boi_portal.identity.messages import (
    Binding,
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
from boi_portal.identity.providers import Finding, Profile, Provider, Providers, Trouble, health
from boi_portal.identity.refusals import ConfigurationError, IdentityError, Reason, Refused, Unreachable
from boi_portal.identity.service import ServiceProvider, fetch

__all__ = [
    "Binding",
    "ConfigurationError",
    "Fetch",
    "Finding",
    "IdentityError",
    "Incoming",
    "Key",
    "KeyKind",
    "Keys",
    "LoA",
    "LogoutRequest",
    "Outgoing",
    "PendingQuestion",
    "Person",
    "Profile",
    "Provider",
    "Providers",
    "Question",
    "Reason",
    "Refused",
    "RemoteSession",
    "Seen",
    "ServiceProvider",
    "Trouble",
    "Unreachable",
    "fetch",
    "health",
    "make_pem",
]
