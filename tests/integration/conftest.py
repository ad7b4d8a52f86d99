"""Both databases in memory: the registry is configured once, each test has databases of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core import Core


@pytest.fixture(scope="session")
def _core(tmp_path_factory: pytest.TempPathFactory) -> Core:
    return Core(tmp_path_factory.mktemp("core"))


@pytest.fixture
def core(_core: Core, tmp_path: Path) -> Iterator[Core]:
    """An empty portal."""
    _core.reset(tmp_path)
    yield _core
    _core.close()


@pytest.fixture
def filled(core: Core) -> Core:
    """A portal with a few objects, indexed."""
    with core.opened() as portal:
        core.fill(portal)
    core.work()
    return core
