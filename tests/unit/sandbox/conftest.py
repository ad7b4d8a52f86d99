"""A sandbox served over real HTTP on this machine, with a Maildir beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from boi_portal.sandbox.app import make_app
from boi_portal.sandbox.authority import Authorities
from boi_portal.sandbox.identity.site import make_app as make_identity_app
from boi_portal.sandbox.mailbox import Mailbox
from tests.serving import served
from tests.unit.sandbox.service_provider import ServiceProvider
from tests.unit.sandbox.wezel_browser import Late, Wezel

PORTAL = "http://localhost:6543"


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return Authorities(tmp_path_factory.mktemp("sandbox"))


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


@pytest.fixture
def app(authorities: Authorities, maildir: Path):
    return make_app(authorities, Mailbox(maildir), PORTAL)


@pytest.fixture
def address(app) -> Iterator[str]:
    """The served sandbox's address, without a slash at the end."""
    with served(app) as address:
        yield address


@pytest.fixture(scope="session")
def served_wezel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wezel]:
    service, late, var = ServiceProvider(), Late(), tmp_path_factory.mktemp("wezel")
    with served(service) as service.address, served(late) as address:
        late.app = make_identity_app(var, address, service.address, slowness=0.05)
        yield Wezel(address, service, var)


@pytest.fixture
def wezel(served_wezel: Wezel) -> Iterator[Wezel]:
    served_wezel.service.got.clear()
    served_wezel.service.logout_status = 200
    yield served_wezel
    requests.post(f"{served_wezel.address}/psoty", timeout=10)
