"""A portal for editors' and admins' pages: the shipped content and the demo people, who are signed in without a page for it."""

from __future__ import annotations

import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from webtest import TestApp

import boi_portal
from boi_portal.accounts.demo import add_demo_people
from boi_portal.publishing import lifecycle
from boi_portal.scripts.application import close, opened
from boi_portal.transfer import tree
from boi_portal.web.security import USER_KEY
from boi_portal.web.sessions import SessionRecord, cookie_name, session_key
from boi_portal.worker.loop import Worker
from tests.core import FEATURES, ORIGIN, raw_settings

ROOT = Path(__file__).resolve().parents[2]
EDITOR, CHIEF, CLERK, ADMIN = "redaktorka", "redaktor", "urzednik", "administrator"
CARD = "/katalog/sprawy-obywatelskie/wydanie-dowodu-osobistego"
PAGE = "/kontakt"


class EditorsPortal:
    """The portal in this process; `signed_in(login)` is a browser of that employee, `site()` opens the content."""

    def __init__(self, var: Path) -> None:
        (var / "tmp").mkdir(parents=True, exist_ok=True)
        features = [*FEATURES, "accounts", "editing", "sdi"]
        self.app = boi_portal.configure(raw_settings(var), features).make_wsgi_app()
        self.registry = self.app.registry

    def fill(self) -> None:
        """Load the shipped content and add the demo people."""
        with opened(self.app) as portal:
            tree.load(ROOT / "content", portal.site, portal.registry)
            add_demo_people(portal.site, portal.office, portal.registry)
        Worker(self.registry).drain()

    def opened(self, commit: bool = True) -> Any:
        """The site and the office in one transaction."""
        return opened(self.app, commit)

    def browser(self) -> TestApp:
        """A visitor."""
        environ = {"HTTP_ORIGIN": ORIGIN, "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"}
        return TestApp(self.app, extra_environ=environ)

    def signed_in(self, login: str) -> TestApp:
        """A browser with the session of an employee."""
        browser, cookie = self.browser(), secrets.token_urlsafe(32)
        with self.opened() as portal:
            record = SessionRecord(time.time())
            user = portal.site["principals"]["users"][login]
            record.data = {USER_KEY: user.__oid__, "_csrft_": secrets.token_urlsafe(32)}
            portal.office.sessions[session_key(cookie)] = record
        browser.set_cookie(cookie_name(self.registry.boi_settings), cookie)
        return browser

    def reset(self, path: str) -> None:
        """Publish what is shown now, so that no working copy of an earlier test is left."""
        with self.opened() as portal:
            lifecycle.discard_working_copy(find(portal.site, path))


def find(site: Any, path: str) -> Any:
    """The object at a path."""
    for name in filter(None, path.split("/")):
        site = site[name]
    return site


def token_of(browser: TestApp, path: str = "/redakcja") -> str:
    """The request forgery token of a signed-in browser."""
    return str(browser.get(path).html.select_one("input[name=csrf_token]")["value"])


__all__ = ["EditorsPortal", "close", "find", "shutil", "token_of"]
