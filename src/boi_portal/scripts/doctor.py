"""Examining an installation: what is missing or wrong, in plain words, and what to do about it."""

from __future__ import annotations

import ctypes.util
import dataclasses
import datetime
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from ..office import store
from ..office.vault import Keyring, KeysError, SealedError, key_path
from ..publishing.site import ROOT_KEY
from ..settings import Settings, SettingsError, expand
from ..signing.sealing import SealKey
from .application import close

SAMPLE = 100  # accounts that are looked at
CERTIFICATE_WARNING = datetime.timedelta(days=30)


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that was looked at; `remedy` says what to do where it is not ok."""

    what: str
    ok: bool
    remedy: str = ""


def examine(read_settings: Callable[[], dict[str, Any]], open_app: Callable[[], Any]) -> Iterator[Check]:
    """Look at Python, system libraries, settings, folders, databases, the seal and the worker, in this order."""
    yield Check(f"Python {sys.version.split()[0]}", sys.version_info >= (3, 11), "Install Python 3.11 or newer.")
    yield from _libraries()
    try:
        settings = Settings.from_ini(expand(read_settings()))
    except (SettingsError, click.ClickException) as error:
        yield Check("settings", False, getattr(error, "message", str(error)))
        return
    yield Check("settings are complete and of the right form", True)
    yield from _folders(settings)
    yield from _seal(settings)
    yield _keys(settings)
    try:
        app = open_app()
    except click.ClickException as error:
        yield Check("databases", False, error.message)
        return
    except Exception as error:  # whatever the driver of a database raises is what is wrong here
        yield Check("databases", False, f"They cannot be opened: {type(error).__name__}: {error}")
        return
    try:
        yield from _databases(app)
    finally:
        close(app)


def _keys(settings: Settings) -> Check:
    try:
        ring = Keyring(key_path(settings), settings.production)
    except KeysError as error:
        return Check("keys of personal numbers", False, str(error))
    return Check(f"keys of personal numbers ({len(ring.keys().sealing)}), the first is {ring.newest.hex()}", True)


def _libraries() -> Iterator[Check]:
    for name, package in (
        ("magic", "libmagic1"),
        ("pango-1.0", "libpango-1.0-0"),
        ("pangoft2-1.0", "libpangoft2-1.0-0"),
    ):
        found = ctypes.util.find_library(name) is not None
        yield Check(f"system library {name}", found, f"Run: apt-get install {package}")


def _folders(settings: Settings) -> Iterator[Check]:
    writable = settings.var.is_dir() and os.access(settings.var, os.W_OK)
    yield Check(
        f"{settings.var} can be written", writable, f"Make the folder and give it to the portal's user: {settings.var}"
    )
    for folder in settings.trust_dirs:
        anchors = list(folder.glob("anchors/*"))
        yield Check(
            f"{folder}: {len(anchors)} trusted certificate issuers", bool(anchors),
            f"Without issuers every signature is refused. Put their certificates into {folder}/anchors and their lists of "
            f"revoked certificates into {folder}/crls.",
        )  # fmt: skip
    if not settings.trust_dirs:
        yield Check("trusted certificate issuers", False, "Set boi.trust_dirs; without it every signature is refused.")


def _seal(settings: Settings) -> Iterator[Check]:
    if settings.seal_key is None:
        yield Check("the office's seal", False, "Set boi.seal_key: without a seal nothing can be filed.")
        return
    try:
        key = SealKey.load(settings.seal_key, settings.seal_password or None)
    except (OSError, ValueError) as error:
        yield Check(f"seal {settings.seal_key}", False, f"It cannot be read: {error}")
        return
    left = key.not_after - datetime.datetime.now(datetime.UTC)
    yield Check(
        f"seal of {key.subject}, valid until {key.not_after:%Y-%m-%d}", left > CERTIFICATE_WARNING,
        "It ends soon or has ended: get a new certificate and set boi.seal_key to it.",
    )  # fmt: skip


def _databases(app: Any) -> Iterator[Check]:
    connection = app.registry._zodb_databases[""].open()
    try:
        site = connection.root().get(ROOT_KEY)
        yield Check("content database holds a portal", site is not None, "Run: boi content load content")
        office = connection.get_connection(store.DATABASE).root().get(store.ROOT_KEY)
        yield Check("office database is made", office is not None, "Run: boi content load content")
        if office is not None:
            yield from _work(app, office)
            yield _numbers(office)
        if site is not None:
            admins = list(site["principals"]["groups"]["administrator"].members)
            yield Check("there is an administrator", bool(admins), "Run: boi user add --role administrator")
    finally:
        connection.close()


def _numbers(office: Any) -> Check:
    """Whether the keys at hand are those of this database, tried on some accounts."""
    try:
        for applicant in itertools.islice(office.applicants.values(), SAMPLE):
            applicant.numbers  # noqa: B018 - opening them is what is tried
    except SealedError as error:
        return Check("personal numbers can be read", False, str(error))
    return Check("personal numbers can be read", True)


def _work(app: Any, office: Any) -> Iterator[Check]:
    failed = len(office.failed)
    yield Check(
        f"{failed} tasks have failed for good",
        failed == 0,
        "See them in the log; mail that could not be sent is among them.",
    )
    at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    late = sum(task.created_at < at and task.tries == 0 for task in office.tasks.values())
    yield Check(
        f"{late} tasks wait for more than 5 minutes",
        late == 0,
        "The worker does not run: start `boi worker` (or `boi serve` where boi.worker = thread).",
    )
