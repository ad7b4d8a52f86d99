"""A whole portal behind WebTest: the shipped content, the demo people, the sandbox's certificates."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.portals import TestPortal, make_full_portal, portal_from


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a filled portal, made once."""
    var = tmp_path_factory.mktemp("model")
    make_full_portal(var)
    return var


@pytest.fixture(scope="module")
def portal(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestPortal]:
    """A portal for the tests of one module, which may write to it."""
    with portal_from(model, tmp_path_factory.mktemp("portal")) as made:
        yield made
