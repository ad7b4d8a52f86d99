"""The portal, a national node and a standard provider, with keys that are made once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from boi_portal.identity import Key, KeyKind, Provider, Providers, ServiceProvider

from . import factories
from .factories import Memory


@pytest.fixture
def at() -> datetime:
    """Now: pysaml2 looks at the machine's clock, so messages are made for the present."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def own_ec() -> Key:
    return factories.key(KeyKind.EC, 1)


@pytest.fixture(scope="session")
def own_rsa() -> Key:
    return factories.key(KeyKind.RSA, 1)


@pytest.fixture(scope="session")
def national_key() -> Key:
    return factories.key(KeyKind.EC, 2)


@pytest.fixture(scope="session")
def standard_key() -> Key:
    return factories.key(KeyKind.RSA, 2)


@pytest.fixture(scope="session")
def stranger() -> Key:
    return factories.key(KeyKind.RSA, 3)


@pytest.fixture(scope="session")
def portal(own_ec: Key, own_rsa: Key) -> ServiceProvider:
    return factories.service_provider(own_ec, own_rsa)


@pytest.fixture(scope="session")
def providers(tmp_path_factory: pytest.TempPathFactory, national_key: Key, standard_key: Key) -> Providers:
    folder = tmp_path_factory.mktemp("providers")
    return Providers.from_folder(
        factories.write_providers(folder, [national_key.certificate], [standard_key.certificate])
    )


@pytest.fixture
def folder(tmp_path: Path, national_key: Key, standard_key: Key) -> Path:
    return factories.write_providers(tmp_path / "idp", [national_key.certificate], [standard_key.certificate])


@pytest.fixture
def national(providers: Providers) -> Provider:
    found = providers.get("pz")
    assert found
    return found


@pytest.fixture
def standard(providers: Providers) -> Provider:
    found = providers.get("miasto")
    assert found
    return found


@pytest.fixture
def memory() -> Memory:
    return Memory()
