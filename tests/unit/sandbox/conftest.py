"""A sandbox served over real HTTP on this machine, with a Maildir beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from boi_portal.sandbox.app import make_app
from boi_portal.sandbox.authority import Authorities
from boi_portal.sandbox.mailbox import Mailbox
from tests.serving import served

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
