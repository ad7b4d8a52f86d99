"""`boi saml`: the portal's keys for identity providers, and whether everything still holds."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from ..identity import KeyKind, make_pem
from ..publishing.content import now
from ..settings import Settings, SettingsError, expand
from .application import close, load_app, raw_settings, variables
from .options import INI, VAR


@click.group()
def saml() -> None:
    """Signing in by an eID: the portal's own keys, and what will end soon."""


@saml.command("make-keys")
@INI
@VAR
def make_keys(ini: str, var: str) -> None:
    """Make new keys, an EC and an RSA one. Those that are there stay until you delete them, when every provider has the new metadata."""
    try:
        settings = Settings.from_ini(expand(raw_settings(ini, variables(var))))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if settings.saml_keys is None:
        raise click.ClickException("Name a folder in boi.saml_keys first.")
    host = urlsplit(settings.public_url).hostname or settings.hosts[0]
    try:
        made = write_keys(settings.saml_keys, host, now())
    except OSError as error:
        raise click.ClickException(f"{settings.saml_keys}: {error.strerror}") from None
    for path in made:
        click.echo(f"Made {path}")
    click.echo("Send the providers the new metadata from /saml/metadata, and restart the portal.")


def write_keys(folder: Path, host: str, at: datetime.datetime) -> list[Path]:
    """Make an EC and an RSA key in `folder`, each readable by its owner alone. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for kind in KeyKind:
        path = folder / f"{kind.value}-{at:%Y%m%d-%H%M%S}.pem"
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(make_pem(host, kind, at))
        made.append(path)
    return made


@saml.command("check")
@INI
@VAR
def check(ini: str, var: str) -> None:
    """Tell what has ended or will within 30 days."""
    from ..eid.watch import findings, words_of

    app = load_app(ini, variables(var))
    try:
        gateway: Any = app.registry.boi_eid
        found = findings(gateway)
    finally:
        close(app)
    if gateway is None:
        click.echo("There is no signing in by an eID here (boi.identity_providers, boi.saml_keys).")
        return
    for finding in found:
        click.echo(words_of(finding))
    if any(finding.ended for finding in found):
        raise click.ClickException("Something has ended already.")
    if not found:
        click.echo("Everything holds for at least 30 days.")
