"""The portal's side of `identity` as the settings have it: which providers there are, the portal's keys and addresses."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

from ..identity import ConfigurationError, Keys, Profile, Provider, Providers, ServiceProvider
from ..settings import Settings, SettingsError

logger = logging.getLogger(__name__)

ROOM = "saml"
ANSWER, LOGOUT, LOGOUT_SOAP, METADATA = "odpowiedz", "wyloguj", "wyloguj-soap", "metadata"


@dataclasses.dataclass(frozen=True)
class Gateway:
    """The providers that the portal trusts, and its own keys for them."""

    providers: Providers
    keys: Keys

    @property
    def offered(self) -> list[Provider]:
        """The providers as they are offered: the national node first."""
        return sorted(self.providers, key=lambda one: (one.profile is not Profile.WEZEL_KRAJOWY, one.title))

    def provider(self, name: str) -> Provider:
        """:raises KeyError: there is none of that name."""
        found = self.providers.get(name)
        if found is None:
            raise KeyError(name)
        return found


def make_gateway(settings: Settings) -> Gateway | None:
    """The gateway that the settings describe; None: no signing in by an eID here.

    :raises SettingsError: a folder or a file in it cannot be used. In development a folder that is not there yet is none.
    """
    folders = settings.identity_providers, settings.saml_keys
    if folders == (None, None):
        return None
    if None in folders:
        raise SettingsError("boi.identity_providers and boi.saml_keys go together: set both or none")
    missing = [folder for folder in folders if not Path(str(folder)).is_dir()]
    if missing and not settings.production:
        logger.warning("no signing in by an eID: there is no folder %s", missing[0])
        return None
    try:
        return Gateway(Providers.from_folder(Path(str(folders[0]))), Keys.from_folder(Path(str(folders[1]))))
    except ConfigurationError as error:
        raise SettingsError(f"boi.identity_providers, boi.saml_keys: {error}") from error


def gateway_of(request: Any) -> Gateway | None:
    """The portal's gateway, or None."""
    found: Gateway | None = request.registry.boi_eid
    return found


def service_of(request: Any, gateway: Gateway) -> ServiceProvider:
    """The portal as the providers know it, at the address by which this request came."""
    return service_for(request.registry.boi_settings, gateway, request.host_url + request.layout.path())


def service_for(settings: Settings, gateway: Gateway, base: str) -> ServiceProvider:
    """The portal as the providers know it; `base` is its address where the settings name none."""
    base = (settings.public_url or base).rstrip("/")

    def address(name: str) -> str:
        return f"{base}/{ROOM}/{name}"

    return ServiceProvider(
        entity_id=settings.saml_entity_id or address(METADATA),
        acs_url=address(ANSWER),
        slo_url=address(LOGOUT),
        slo_soap_url=address(LOGOUT_SOAP),
        keys=gateway.keys,
    )


def includeme(config: Any) -> None:
    config.registry.boi_eid = make_gateway(config.registry.boi_settings)
