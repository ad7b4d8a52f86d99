"""Serving the portal by waitress, with the worker in a thread where the settings say so; the development portal as a whole."""

from __future__ import annotations

import configparser
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from waitress.server import create_server

from ..accounts.demo import add_demo_people
from ..publishing.content import now
from ..transfer import tree
from ..transfer.files import ContentFilesError
from ..worker.loop import Worker, start_thread
from .application import close, load_app, opened, prepare, variables
from .saml import write_keys

ROOT = Path(__file__).resolve().parents[3]


def run_server(app: Any, ini: str, names: Mapping[str, str]) -> None:
    """Serve `app` until SIGTERM or Ctrl+C, then end the worker and close the databases."""
    settings = app.registry.boi_settings
    options = _server_options(ini, names)
    worker: Worker | None = start_thread(app.registry) if settings.worker == "thread" else None
    server = create_server(
        app,
        host=options.get("host", "127.0.0.1"),
        port=int(options.get("port", "6543")),
        threads=int(options.get("threads", "4")),
        max_request_body_size=settings.body_max_mb * 1024 * 1024,
        ident=None,
        clear_untrusted_proxy_headers=True,
        **_proxy_options(options),
    )
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        server.run()
    except KeyboardInterrupt:
        click.echo("Stopping …")
    finally:
        server.close()
        if worker is not None:
            worker.end()
        close(app)


def _proxy_options(options: Mapping[str, str]) -> dict[str, Any]:
    """Whose word about the browser's address and scheme counts: the proxy's named in the file, else nobody's."""
    if "trusted_proxy" not in options:
        return {}
    headers = options.get("trusted_proxy_headers", "x-forwarded-proto x-forwarded-for x-forwarded-host")
    return {"trusted_proxy": options["trusted_proxy"], "trusted_proxy_headers": set(headers.split())}


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _server_options(ini: str, names: Mapping[str, str]) -> dict[str, str]:
    path = Path(ini).absolute()
    parser = configparser.ConfigParser({"here": str(path.parent), **names})
    parser.read(path, encoding="utf-8")
    return dict(parser["server:main"]) if "server:main" in parser else {}


def run_development(port: int, var: str) -> None:
    """A whole development portal: sandbox, content the first time, demo people, worker, server.

    :raises click.ClickException: a port is taken or the content is broken.
    """
    names = variables(var, port)
    ini = str(ROOT / "development.ini")
    sandbox_port, wezel_port = int(names["sandbox_port"]), int(names["providers_port"])
    for number in (port, sandbox_port, wezel_port):
        _need_free(number)
    prepare(var)
    signal.signal(signal.SIGTERM, _interrupt)  # from here on: a portal that is ended while it starts leaves no sandbox behind
    stand_ins = _start_sandbox(names, port, sandbox_port, wezel_port)
    try:
        _make_saml_keys(Path(names["var"]) / "saml-keys")
        app = load_app(ini, names)
        people = _first_time(app)
        click.echo(_welcome(port, sandbox_port, wezel_port, people))
        run_server(app, ini, names)
    finally:
        for process in stand_ins:
            process.terminate()
        for process in stand_ins:
            process.wait(10)


def _make_saml_keys(folder: Path) -> None:
    """The development portal's own keys for the stand-ins of identity providers, the first time."""
    if not folder.is_dir():
        write_keys(folder, "localhost", now())


def _need_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise click.ClickException(
                f"Port {port} is in use. Choose another: make run PORT={port + 1} VAR=…"
            ) from None


def _start_sandbox(
    names: Mapping[str, str], port: int, sandbox_port: int, wezel_port: int
) -> list[subprocess.Popen[bytes]]:
    """The sandbox's two processes. The portal is `localhost` and the identity providers `127.0.0.1`: two sites, as in life."""
    folder, portal = Path(names["var"]) / "sandbox", f"http://localhost:{port}"
    wezel = f"http://127.0.0.1:{wezel_port}"
    command = [sys.executable, "-m", "boi_portal.sandbox"]
    subprocess.run([*command, "init", "--var", str(folder), "--wezel", wezel], check=True)  # noqa: S603 - our own command
    mail = str(Path(names["var"]) / "mail")
    options = (
        ("serve", "--port", str(sandbox_port), "--mail", mail),
        ("wezel", "--port", str(wezel_port)),
    )
    shared = ("--var", str(folder), "--portal", portal)
    return [subprocess.Popen([*command, *words, *shared]) for words in options]  # noqa: S603 - our own command


def _first_time(app: Any) -> list[Any]:
    """Load the content where there is none, add the demo people, index. Returns the demo logins."""
    started = time.monotonic()
    try:
        with opened(app) as portal:
            fresh = not portal.site.title
            if fresh:
                click.echo("Loading the content …")
                tree.load(ROOT / "content", portal.site, portal.registry)
            people = add_demo_people(portal.site, portal.office, portal.registry)
    except ContentFilesError as error:
        close(app)
        raise click.ClickException(str(error)) from None
    if fresh:
        Worker(app.registry).drain(600)
        click.echo(f"Loaded and indexed in {time.monotonic() - started:.0f} s.")
    return people


def _welcome(port: int, sandbox_port: int, wezel_port: int, people: list[Any]) -> str:
    lines = [
        "",
        f"Portal:    http://localhost:{port}",
        f"Admin:     http://localhost:{port}/manage",
        f"Sandbox:   http://localhost:{sandbox_port}  (mailbox, signing application)",
        f"eID:       http://127.0.0.1:{wezel_port}  (profil zaufany and other identity providers, made up)",
        "",
        "Demo logins (they exist only in development):",
        *(f"  {person.login:16} {person.password:24} {person.who}" for person in people),
        "",
        "Ctrl+C stops everything.",
    ]
    return "\n".join(lines)
