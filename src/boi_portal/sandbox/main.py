"""The `boi-sandbox` command: prepare the stand-in for the outside world, and run it as a process of its own."""

from __future__ import annotations

from pathlib import Path

import click
import waitress

from boi_portal.sandbox.app import make_app
from boi_portal.sandbox.authority import SEAL_PASSWORD, Authorities
from boi_portal.sandbox.identity import oidc, site
from boi_portal.sandbox.mailbox import Mailbox
from boi_portal.sandbox.signing import MAX_BYTES

_VAR = click.option(
    "--var",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/sandbox"),
    show_default=True,
    help="Folder with the sandbox's keys, certificates and lists.",
)


@click.group()
def cli() -> None:
    """A stand-in for the outside world: a signing application, a mailbox, identity providers. For development only."""


@cli.command()
@_VAR
@click.option("--wezel", default="http://127.0.0.1:8543", show_default=True, help="Address of `boi-sandbox wezel`.")
def init(var: Path, wezel: str) -> None:
    """Make certificate authorities, the trust folder, the office's seal and the identity providers' files; keep keys."""
    authorities = Authorities(var)
    for provider in site.make_providers(var, wezel, ""):
        provider.publish()
    click.echo(f"boi.identity_providers = {var / 'identity'}")
    click.echo(f"OpenID Connect: {wezel}{oidc.PATH}, client {oidc.CLIENT_ID}, secret {oidc.CLIENT_SECRET}")
    click.echo(f"boi.trust_dirs = {authorities.trust}")
    click.echo(f"boi.seal_key = {authorities.seal}")
    click.echo(f"boi.seal_password = {SEAL_PASSWORD}")


@cli.command()
@_VAR
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=6544, show_default=True)
@click.option("--portal", default="http://localhost:6543", show_default=True, help="Address of the portal.")
@click.option(
    "--mail",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/mail"),
    show_default=True,
    help="Maildir into which the portal puts its letters.",
)
def serve(var: Path, host: str, port: int, portal: str, mail: Path) -> None:
    """Serve the signing application and the mailbox, until stopped."""
    _need_address(portal)
    app = make_app(Authorities(var), Mailbox(mail), portal)
    server = waitress.create_server(app, host=host, port=port, threads=4, max_request_body_size=MAX_BYTES + 2**20)
    click.echo(f"Piaskownica: http://{server.effective_host}:{server.effective_port}/")
    server.run()


@cli.command()
@_VAR
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8543, show_default=True)
@click.option("--portal", default="http://localhost:6543", show_default=True, help="Address of the portal.")
@click.option(
    "--slowness", type=click.FloatRange(0), default=60, show_default=True, help="Seconds of an answer that never comes."
)
def wezel(var: Path, host: str, port: int, portal: str, slowness: float) -> None:
    """Serve the identity providers, until stopped: Węzeł Krajowy and others, as a site of their own."""
    _need_address(portal)
    app = site.make_app(var, f"http://{host}:{port}", portal, slowness)
    server = waitress.create_server(app, host=host, port=port, threads=8, max_request_body_size=site.MAX_BODY)
    click.echo(f"Węzeł: http://{server.effective_host}:{server.effective_port}/")
    server.run()


def _need_address(portal: str) -> None:
    if not portal.startswith(("http://", "https://")):
        raise click.BadParameter("must be an http:// or https:// address", param_hint="--portal")


if __name__ == "__main__":
    cli()
