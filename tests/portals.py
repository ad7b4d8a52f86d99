"""Portals for tests: a whole one with the shipped content, made once and copied for each test that needs its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from webtest import TestApp

from boi_portal.accounts.demo import add_demo_people
from boi_portal.publishing.content import now
from boi_portal.scripts.application import close, load_app, opened, prepare, variables
from boi_portal.scripts.saml import write_keys
from boi_portal.transfer import tree
from boi_portal.worker.loop import Worker

ROOT = Path(__file__).resolve().parent.parent
CONTENT = ROOT / "content"
INI = str(ROOT / "development.ini")
ORIGIN = "http://localhost"


class TestPortal:
    """A portal in this process: `app` (WSGI), `browser()` (a new visitor), `work()` (what the worker would do)."""

    __test__ = False

    def __init__(self, var: Path) -> None:
        self.var = var
        prepare(str(var))
        self.app = load_app(INI, variables(str(var)))
        self.registry = self.app.registry
        self.people: dict[str, Any] = {}

    def browser(self) -> TestApp:
        """A visitor with cookies of his own, who sends `Origin` as browsers do."""
        return TestApp(
            self.app, extra_environ={"HTTP_ORIGIN": ORIGIN, "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"}
        )

    def signed_in(self, login: str) -> TestApp:
        """A visitor who has signed in as a demo person."""
        browser = self.browser()
        browser.post("/logowanie", {"login": login, "password": self.people[login].password}, status=303)
        return browser

    def work(self) -> int:
        """Do what the worker would do, until nothing is left."""
        return Worker(self.registry).drain()

    def opened(self, commit: bool = True) -> Any:
        """The site and the office in one transaction."""
        return opened(self.app, commit)

    def letters(self) -> list[str]:
        """The letters in the mailbox, oldest first, as they lie there."""
        files = sorted((self.var / "mail" / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_text(encoding="utf-8") for path in files]


def make_sandbox_state(var: Path) -> None:
    """The sandbox's certificate authorities and the office's seal, as `boi-sandbox init` makes them."""
    subprocess.run([sys.executable, "-m", "boi_portal.sandbox", "init", "--var", str(var / "sandbox")], check=True)


def make_full_portal(var: Path) -> None:
    """Fill `var` with a portal that holds the shipped content and the demo people."""
    make_sandbox_state(var)
    write_keys(var / "saml-keys", "localhost", now())
    portal = TestPortal(var)
    with portal.opened() as open_portal:
        tree.load(CONTENT, open_portal.site, open_portal.registry)
        add_demo_people(open_portal.site, open_portal.office, open_portal.registry)
    portal.work()
    close(portal.app)


@contextmanager
def portal_from(model: Path, var: Path) -> Iterator[TestPortal]:
    """A portal of its own, copied from the folder `model`."""
    shutil.copytree(model, var, dirs_exist_ok=True)
    portal = TestPortal(var)
    with portal.opened() as open_portal:
        people = add_demo_people(open_portal.site, open_portal.office, open_portal.registry)
        portal.people = {person.login: person for person in people}
    try:
        yield portal
    finally:
        close(portal.app)
