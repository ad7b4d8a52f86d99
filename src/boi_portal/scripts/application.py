"""Opening the portal from a PasteDeploy file, for commands: its settings, its databases, its registry."""

from __future__ import annotations

import configparser
import contextlib
import logging.config
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import transaction
import ZConfig
from paste.deploy import loadapp
from paste.deploy.loadwsgi import appconfig
from pyramid.request import Request
from pyramid.threadlocal import RequestContext
from zc.lockfile import LockError

from ..evolution.upgrading import NotUpgraded
from ..office.store import make_office
from ..office.vault import KEY_FILE, Keys
from ..publishing.site import make_site
from ..settings import SettingsError

DATABASES_FILE = "databases.conf"


class Portal:
    """An opened portal: `registry`, and `site` and `office` as seen by one connection in one transaction."""

    def __init__(self, app: Any, connection: Any) -> None:
        self.app = app
        self.registry = app.registry
        self.connection = connection
        self.site = make_site(connection, app.registry)
        self.office = make_office(connection)


def variables(var: str, port: int = 6543) -> dict[str, str]:
    """The variables that development.ini takes from the command line."""
    return {
        "var": str(Path(var).absolute()),
        "http_port": str(port),
        "sandbox_port": str(port + 1000),
        "providers_port": str(port + 2000),
    }


# FileStorage with blobs of its own. The wrapper that a `file://…?blobstorage_dir=` address makes must not be used: when one
# thread's commit is refused it deletes the blobs that another thread is just committing.
DATABASES = """\
<zodb content>
  cache-size 50000
  <filestorage>
    path {var}/content.fs
    blob-dir {var}/content-blobs
  </filestorage>
</zodb>
<zodb office>
  cache-size 20000
  <filestorage>
    path {var}/office.fs
    blob-dir {var}/office-blobs
  </filestorage>
</zodb>
"""


def prepare(var: str) -> None:
    """Make the folders that the portal writes to, the file that names its two FileStorages, and keys where there are no data yet."""
    for name in ("", "tmp", "content-blobs", "office-blobs"):
        (Path(var) / name).mkdir(parents=True, exist_ok=True)
    name_databases(Path(var))
    keys = Path(var) / KEY_FILE
    if not keys.exists() and not (Path(var) / "office.fs").exists():  # data without their keys are to be noticed
        Keys.make().write(keys)


def name_databases(var: Path) -> None:
    """Write `databases.conf` for the folder as it is called now: it may have been moved or copied."""
    text = DATABASES.format(var=str(var.absolute()).replace("$", "$$"))
    target = var / DATABASES_FILE
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def load_app(ini: str, names: Mapping[str, str], upgrading: bool = False) -> Any:
    """The WSGI application of a PasteDeploy file. `upgrading` opens a database that waits for an upgrade, too.

    :raises click.ClickException: a setting is wrong, the database cannot be opened, or it waits for an upgrade.
    """
    raw_settings(ini, names)
    if Path(names["var"]).is_dir():
        name_databases(Path(names["var"]))
    path = Path(ini).absolute()
    _configure_logging(path, names)
    conf = {**names, "upgrading": "true"} if upgrading else dict(names)
    try:
        return loadapp(f"config:{path}", name="main", global_conf=conf)
    except (SettingsError, NotUpgraded) as error:
        raise click.ClickException(f"{path.name}: {error}") from None
    except LockError:
        raise click.ClickException(
            "The database files are in use by another process. Stop the running portal first "
            "(with PostgreSQL this command works beside it)."
        ) from None
    except (OSError, ZConfig.ConfigurationError) as error:
        raise click.ClickException(f"{path.name}: the databases cannot be opened: {error}") from None


def _configure_logging(path: Path, names: Mapping[str, str]) -> None:
    try:
        logging.config.fileConfig(path, {"here": str(path.parent), **names}, disable_existing_loggers=False)
    except (KeyError, ValueError, RuntimeError, configparser.Error) as error:
        raise click.ClickException(f"{path.name}: the sections about logging are not complete: {error}") from None


def raw_settings(ini: str, names: Mapping[str, str]) -> dict[str, Any]:
    """The settings of a PasteDeploy file, without opening anything.

    :raises click.ClickException: there is no such file, or it cannot be read.
    """
    if Path(names["var"]).is_dir():
        name_databases(Path(names["var"]))
    path = Path(ini).absolute()
    if not path.is_file():
        raise click.ClickException(f"There is no file {ini}. Name one with --ini, e.g. development.ini")
    try:
        return dict(appconfig(f"config:{path}", name="main", global_conf=dict(names)))
    except (LookupError, ValueError, ImportError, configparser.Error) as error:
        raise click.ClickException(f"{path.name} cannot be read: {error}") from None


@contextlib.contextmanager
def opened(app: Any, commit: bool = True) -> Iterator[Portal]:
    """The portal in one transaction, committed at the end; nothing is kept when the block raises."""
    manager = transaction.manager
    manager.begin()
    connection = app.registry._zodb_databases[""].open(transaction_manager=manager)
    request = Request.blank("/")
    request.registry = app.registry
    try:
        with RequestContext(request):
            yield Portal(app, connection)
            manager.commit() if commit else manager.abort()
    except BaseException:
        manager.abort()
        raise
    finally:
        connection.close()


def close(app: Any) -> None:
    """Close the databases, so that the next command finds them free."""
    for database in dict(app.registry._zodb_databases).values():
        database.close()
