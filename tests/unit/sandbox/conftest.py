"""A sandbox served over real HTTP on this machine, with a Maildir beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import waitress
from waitress import wasyncore as asyncore

from boi_portal.sandbox.app import make_app
from boi_portal.sandbox.authority import Authorities
from boi_portal.sandbox.mailbox import Mailbox

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
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # From the server's own thread: its sockets are nobody else's to close.
    server.trigger.pull_trigger(lambda: asyncore.close_all(server._map))
    thread.join(timeout=5)
    server.task_dispatcher.shutdown()
    assert not thread.is_alive()
