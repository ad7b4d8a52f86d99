"""Portals that are measured: with the shipped content, or with thousands of cards made from it; served in a process of their own.

A portal here is one folder. Its PasteDeploy file is made from development.ini, so that what is measured is what `make run` serves,
except that the worker is left out of the server's process unless the benchmark asks for it.
"""

from __future__ import annotations

import configparser
import contextlib
import copy
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from boi_portal.publishing import lifecycle
from boi_portal.scripts.application import close, load_app, opened, prepare, variables
from boi_portal.worker.loop import Worker

from .processes import ROOT, boi, free_port, run, running, wait_until_ready

CONTENT = ROOT / "content"
BATCH = 500  # cards in a transaction
INI = "portal.ini"


def write_ini(folder: Path, changes: Mapping[str, str] | None = None) -> Path:
    """Write the portal's PasteDeploy file: development.ini with `changes` to its application's settings."""
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(ROOT / "development.ini", encoding="utf-8")
    for key, value in {"boi.worker": "process", **(changes or {})}.items():
        parser.set("app:main", key, value)
    path = folder / INI
    with path.open("w", encoding="utf-8") as target:
        parser.write(target)
    return path


def server_threads() -> int:
    """Threads of the server, as development.ini says."""
    parser = configparser.RawConfigParser()
    parser.read(ROOT / "development.ini", encoding="utf-8")
    return parser.getint("server:main", "threads")


def make(folder: Path, changes: Mapping[str, str] | None = None) -> None:
    """Make a portal with the shipped content, and the sandbox's certificates and seal, in an empty folder.

    :raises BenchmarkError: a command of the portal failed.
    """
    prepare(str(folder))
    ini = write_ini(folder, changes)
    run(boi("boi-sandbox", "init", "--var", str(folder / "sandbox")))
    run(boi("boi", "content", "load", "--ini", str(ini), "--var", str(folder), str(CONTENT)))


def copied(base: Path, name: str, changes: Mapping[str, str] | None = None) -> Path:
    """A portal with the shipped content in the folder `name` of `base`, copied from one that is made there the first time."""
    model = base / "model"
    if not model.exists():
        make(model)
    shutil.copytree(model, base / name)
    write_ini(base / name, changes)
    return base / name


def fill_up(folder: Path, total: int) -> float:
    """Publish further cards, each like one of the shipped ones, until there are `total`. Returns seconds spent.

    They go the way of every card: `lifecycle.add` with object map, indexes and a version, then the worker's text index.
    """
    started = time.monotonic()
    app = load_app(str(folder / INI), variables(str(folder)))
    try:
        with opened(app, commit=False) as portal:
            models = [
                (category.__name__, card.__name__, dict(copy.deepcopy(card.edited_fields())))
                for category in portal.site["katalog"].values()
                for card in category.values()
            ]
        for first in range(len(models), total, BATCH):
            with opened(app) as portal:
                for number in range(first, min(first + BATCH, total)):
                    category, name, fields = models[number % len(models)]
                    fields = {**fields, "title": f"{fields['title']} – przypadek {number}"}
                    card = portal.registry.content.create("Case Type", fields)
                    lifecycle.add(
                        portal.registry, portal.site["katalog"][category], f"{name}-{number}", card, "benchmark", "published"
                    )
        Worker(app.registry).drain(600)
    finally:
        close(app)
    return time.monotonic() - started


@contextlib.contextmanager
def served(folders: Sequence[Path]) -> Iterator[dict[str, int]]:
    """The portals of `folders`, each served by a process of its own while the block runs; gives their ports by folder name."""
    ports, children = {}, {}
    with contextlib.ExitStack() as stack:
        for folder in folders:
            ports[folder.name] = port = free_port()
            children[folder] = stack.enter_context(running(serve_command(folder, port), folder / "log"))
        for folder, child in children.items():
            wait_until_ready(child, ports[folder.name], folder / "log")
        yield ports


def serve_command(folder: Path, port: int) -> list[str]:
    """The command that serves a portal, as an admin would type it."""
    return boi("boi", "serve", "--ini", str(folder / INI), "--var", str(folder), "--port", str(port))
