"""A PostgreSQL cluster of the benchmark's own: made in a folder, reached by a Unix socket in it, gone afterwards.

PostgreSQL refuses to run as root; root runs it as the user `postgres` that Debian's package makes. Durability is left as it
is by default (`fsync` on): a portal in service has it on.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2

from .processes import PATIENCE, BenchmarkError

USER = "boi"
RELSTORAGE = """\
%import relstorage
<zodb {name}>
  cache-size 50000
  <relstorage>
    keep-history {history}
    shared-blob-dir false
    blob-dir {folder}/{name}-blob-cache
    blob-cache-size 1GB
    cache-local-mb 50
    commit-lock-timeout 30
    <postgresql>
      driver psycopg2
      dsn {dsn}
    </postgresql>
  </relstorage>
</zodb>
"""
START = 60.0  # seconds


class Cluster:
    """A running cluster: `dsn(database)`, `create(database)`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def dsn(self, database: str) -> str:
        """How libpq reaches a database of this cluster."""
        return f"dbname='{database}' user='{USER}' host='{self.folder}'"

    def create(self, database: str) -> None:
        """Make an empty database in place of any of that name."""
        with contextlib.closing(psycopg2.connect(self.dsn("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{database}"')
                cursor.execute(f'CREATE DATABASE "{database}"')

    def databases(self, folder: Path) -> dict[str, str]:
        """Make a portal's two empty databases; the settings that name them, whose files are written into `folder`."""
        settings = {}
        for key, name, history in (("zodbconn.uri", "content", "true"), ("zodbconn.uri.office", "office", "false")):
            self.create(name)
            config = folder / f"{name}.conf"
            text = RELSTORAGE.format(name=name, history=history, folder=folder, dsn=self.dsn(name))
            config.write_text(text, encoding="utf-8")
            settings[key] = f"zconfig://{config}#{name}"
        return settings

    def version(self) -> str:
        """The server's version, e.g. 15.9."""
        with contextlib.closing(psycopg2.connect(self.dsn("postgres"))) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            found: str = cursor.fetchone()[0]
        return found.split()[0]


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster that runs while the block does."""
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    # Beside other temporary files and under a short name: a socket's path may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="boi-pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        identity = _identity(user)
        _run(
            [_program("initdb"), "-D", f"{folder}/data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"],
            identity,
        )
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [_program("postgres"), "-D", f"{folder}/data", "-k", str(folder), "-c", "listen_addresses="],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=folder, **identity,
            )  # fmt: skip
        try:
            found = Cluster(folder)
            _wait(server, found)
            yield found
        finally:
            _stop(server)
    finally:
        shutil.rmtree(folder)


def _identity(user: str) -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise BenchmarkError(f"There is no user {user} to run PostgreSQL as; Debian's postgresql makes it") from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _program(name: str) -> str:
    """A program of the newest PostgreSQL that is installed; Debian keeps the server's out of the PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise BenchmarkError(f"There is no {name}. Run: scripts/system-packages bench")
    return found


def _run(command: list[str], identity: dict[str, object]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=120, check=False, **identity)
    if done.returncode:
        raise BenchmarkError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _wait(server: subprocess.Popen[bytes], found: Cluster) -> None:
    until = time.monotonic() + START
    while True:
        try:
            psycopg2.connect(found.dsn("postgres")).close()
            return
        except psycopg2.OperationalError as error:
            if server.poll() is not None or time.monotonic() > until:
                log = (found.folder / "log").read_text("utf-8", "replace")
                raise BenchmarkError(f"PostgreSQL does not start: {error}\n{log}") from None
            time.sleep(0.05)


def _stop(server: subprocess.Popen[bytes]) -> None:
    """A fast shutdown: clients are cut off, the data is left sound."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(PATIENCE)
