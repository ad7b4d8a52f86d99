"""A portal of the core alone: content, office records, worker, public pages; nobody signs in.

`Core` keeps both databases in memory and gives each test its own pair; `make_app` is a whole application on files.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import transaction
from webtest import TestApp
from ZODB.DB import DB
from ZODB.DemoStorage import DemoStorage

import boi_portal
from boi_portal.office.vault import give_keys
from boi_portal.publishing import lifecycle
from boi_portal.scripts.application import Portal, opened, prepare
from boi_portal.worker.loop import Worker

FEATURES = (
    "search", "office", "mail", "publishing", "web", "pages", "casetypes", "eforms", "transfer", "worker", "evolution",
)  # fmt: skip
SECRET = "0123456789abcdef0123456789abcdef"
ORIGIN = "http://localhost"

CARD = {
    "title": "Wydanie dowodu osobistego",
    "summary": "Złóż wniosek o dowód.",
    "symbol": "SO-02",
    "department": "so",
    "online": "none",
    "audience": "<p>Każdy pełnoletni obywatel.</p>",
    "documents": "<p>Zdjęcie.</p>",
    "procedure": "<p>Przyjdź do urzędu.</p>",
    "time_limit": "<p>30 dni.</p>",
    "appeal": "<p>Odwołanie do wojewody.</p>",
}
DEPARTMENT = {"title": "Wydział Spraw Obywatelskich", "code": "SO"}


def raw_settings(var: Path, **more: str) -> dict[str, str]:
    """Settings of a portal whose files lie in `var`."""
    prepare(str(var))
    return {
        "boi.secret": SECRET,
        "boi.var": str(var),
        "boi.mail_delivery": "maildir",
        "mail.queue_path": str(var / "mail"),
        "zodbconn.uri": f"zconfig://{var}/databases.conf#content",
        "zodbconn.uri.office": f"zconfig://{var}/databases.conf#office",
        **more,
    }


def make_app(var: Path, **more: str) -> Any:
    """A WSGI application of the core on FileStorage in `var`."""
    return boi_portal.configure(raw_settings(var, **more), FEATURES).make_wsgi_app()


def browser(app: Any) -> TestApp:
    """A visitor with cookies of his own, who sends `Origin` as browsers do."""
    return TestApp(app, extra_environ={"HTTP_ORIGIN": ORIGIN, "HTTP_HOST": "localhost"})


class Core:
    """The core's registry over two databases in memory; `reset` begins anew."""

    def __init__(self, var: Path) -> None:
        settings = raw_settings(var, **{"zodbconn.uri": "memory://", "zodbconn.uri.office": "memory://"})
        self.app = boi_portal.configure(settings, FEATURES).make_wsgi_app()
        self.registry = self.app.registry
        self.var = var
        self.close()

    def reset(self, model: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """New databases, empty or with what `model` holds (which stays as it is). Returns their storages, a model for others."""
        databases: dict[str, Any] = {}
        storages = {}
        for name in ("", "office"):
            base = model and model[name]
            storages[name] = DemoStorage(name or "content", base=base, close_base_on_close=False)
            DB(storages[name], database_name=name, databases=databases)
        self.registry._zodb_databases = databases
        give_keys(databases["office"], self.registry.boi_keyring)
        with self.opened():
            pass  # makes the site and the office
        return storages

    def close(self) -> None:
        """Close the databases of one test."""
        transaction.abort()
        for database in self.registry._zodb_databases.values():
            database.close()

    def opened(self, commit: bool = True) -> Any:
        """The site and the office in one transaction."""
        return opened(self.app, commit)

    def work(self) -> int:
        """Do what the worker would do, until nothing is left."""
        return Worker(self.registry).drain()

    @contextmanager
    def beside(self) -> Iterator[tuple[Any, Portal]]:
        """A second connection of this thread under a manager of its own: (manager, portal). Nothing is committed by itself."""
        manager = transaction.TransactionManager()
        connection = self.registry._zodb_databases[""].open(transaction_manager=manager)
        try:
            yield manager, Portal(self.app, connection)
        finally:
            manager.abort()
            connection.close()

    def make(self, portal: Portal, kind: str, parent: Any, name: str, fields: Any, state: str = "published") -> Any:
        """A content object of Substance D's type `kind`."""
        content = self.registry.content.create(kind, fields)
        return lifecycle.add(self.registry, parent, name, content, "redaktorka", state)

    def fill(self, portal: Portal) -> None:
        """A department, a category with one published card, and a page in a folder."""
        site = portal.site
        wydzialy = self.make(portal, "Departments", site, "wydzialy", {"title": "Wydziały"})
        self.make(portal, "Department", wydzialy, "so", DEPARTMENT)
        self.make(portal, "Forms", site, "formularze", {"title": "Formularze"})
        katalog = self.make(portal, "Case Catalog", site, "katalog", {"title": "Katalog spraw"})
        sprawy = self.make(portal, "Category", katalog, "obywatelskie", {"title": "Obywatelskie", "icon": "id-card"})
        self.make(portal, "Case Type", sprawy, "dowod", CARD)
        pomoc = self.make(portal, "Folder Page", site, "pomoc", {"title": "Pomoc"})
        self.make(portal, "Help Page", pomoc, "podpis", {"title": "Podpis", "body": "<p>Jak podpisać wniosek.</p>"})


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run each in a thread of its own, all begun at the same moment; what each returned or raised."""
    gate = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        gate.wait(10)
        try:
            results[place] = works[place]()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def titles(html: str) -> list[str]:
    """The texts of all h1 of a page."""
    return [re.sub(r"<[^>]+>", "", found).strip() for found in re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)]
