"""What holds for every test: its kind follows from its directory, and the network is closed.

Fixtures for a kind of test live in that directory's own conftest.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent

# In the order in which they run: what is quick tells first.
KINDS = ("unit", "integration", "functional", "browser")


class NetworkClosedError(AssertionError):
    """A test tried to reach another machine."""


def kind_of(path: Path) -> str:
    """Return the kind of the tests in a file.

    :raises pytest.UsageError: for a file outside the directories of kinds.
    """
    kind = path.relative_to(TESTS).parts[0]
    if kind not in KINDS:
        raise pytest.UsageError(f"{path}: tests live in one of tests/{{{','.join(KINDS)}}}")
    return kind


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its directory, and run the quick kinds first."""
    for item in items:
        item.add_marker(kind_of(item.path))
    items.sort(key=lambda item: KINDS.index(kind_of(item.path)))


def is_local(family: int, address: Any) -> bool:
    """Tell whether a socket address stays on this machine."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = address[0]
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def closed_network() -> Iterator[None]:
    """Refuse connections, datagrams and name look-ups that would leave this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        patch.setattr(socket.socket, "sendto", guarded(socket.socket.sendto))
        patch.setattr(socket, "getaddrinfo", guarded_lookup(socket.getaddrinfo))
        yield


def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a socket method whose last argument is an address."""

    def guard(self: socket.socket, *args: Any) -> Any:
        if not is_local(self.family, args[-1]):
            raise NetworkClosedError(f"a test may not reach {args[-1]!r}")
        return method(self, *args)

    return guard


def guarded_lookup(lookup: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a name look-up, which is a message to another machine unless the name is of this one."""

    def guard(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("idna") if isinstance(host, bytes) else host or ""
        if not is_local(socket.AF_INET, (name,)):
            raise NetworkClosedError(f"a test may not look up {name!r}")
        return lookup(host, *args, **kwargs)

    return guard
