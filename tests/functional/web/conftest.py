"""The small portal of `tests.webapp`, one for each module."""

from collections.abc import Iterator
from typing import Any

import pytest
from webtest import TestApp

from tests import webapp


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The WSGI application of a filled small portal."""
    made = webapp.configure(tmp_path_factory.mktemp("web")).make_wsgi_app()
    webapp.fill(made)
    yield made
    webapp.close(made)


@pytest.fixture
def visitor(app: Any) -> TestApp:
    """A visitor without a session."""
    return webapp.browser(app)


@pytest.fixture
def alice(app: Any) -> TestApp:
    """A signed-in applicant."""
    browser = webapp.browser(app)
    browser.post("/wejdz", status=303)
    return browser
