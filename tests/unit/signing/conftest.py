"""One national root, one qualified issuer, one person: shared by the tests of signing."""

from __future__ import annotations

from pathlib import Path

import pytest

from boi_portal.signing import TrustStore

from . import factories
from .factories import Authority, Identity


@pytest.fixture(scope="session")
def root() -> Authority:
    return Authority("Próbne Krajowe Centrum", factories.rsa_key(10))


@pytest.fixture(scope="session")
def issuing(root: Authority) -> Authority:
    return Authority("Próbny Wystawca Kwalifikowany", factories.rsa_key(11), root)


@pytest.fixture(scope="session")
def person(issuing: Authority) -> Identity:
    return issuing.issue()


@pytest.fixture
def folder(tmp_path: Path, root: Authority, issuing: Authority) -> Path:
    return factories.trust_folder(tmp_path / "trust", root, issuing, root.crl(), issuing.crl())


@pytest.fixture
def trust(folder: Path) -> TrustStore:
    return TrustStore.from_directories([folder])
