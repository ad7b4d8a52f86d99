"""Both databases in memory: the registry is configured and the models are filled once, each test has databases of its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.core import Core


@pytest.fixture(scope="session")
def _core(tmp_path_factory: pytest.TempPathFactory) -> Core:
    return Core(tmp_path_factory.mktemp("core"))


@pytest.fixture(scope="session")
def _empty_model(_core: Core) -> dict[str, Any]:
    return _core.reset()


@pytest.fixture(scope="session")
def _filled_model(_core: Core, _empty_model: dict[str, Any]) -> dict[str, Any]:
    model = _core.reset(_empty_model)
    with _core.opened() as portal:
        _core.fill(portal)
    _core.work()
    return model


@pytest.fixture
def core(_core: Core, _empty_model: dict[str, Any]) -> Iterator[Core]:
    """An empty portal."""
    _core.reset(_empty_model)
    yield _core
    _core.close()


@pytest.fixture
def filled(_core: Core, _filled_model: dict[str, Any]) -> Iterator[Core]:
    """A portal with a few objects, indexed."""
    _core.reset(_filled_model)
    yield _core
    _core.close()
