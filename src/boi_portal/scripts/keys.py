"""`boi keys`: the keys of personal numbers, which lie outside the database."""

from __future__ import annotations

from typing import Any

import click
from ZODB.POSException import ConflictError

from ..accounts import credentials, logins, numbers
from ..cases import people
from ..office.vault import Keyring, Keys, key_path
from ..profile import number_changes
from ..settings import Settings, SettingsError, expand
from .application import close, load_app, opened, raw_settings, variables
from .options import INI, VAR

BATCH = 200  # accounts in a transaction
# what holds sealed values: each tells what is `behind`, and can `reseal` it
SEALED = (numbers, credentials, number_changes)

Waiting = tuple[Any, str]  # one of `SEALED`, and the id of a record of its


@click.group()
def keys() -> None:
    """The keys with which personal numbers are encrypted. Keep a copy of their file, apart from the database."""


@keys.command("make")
@INI
@VAR
def make(ini: str, var: str) -> None:
    """Make the key file that the settings name. An existing one is never replaced."""
    try:
        settings = Settings.from_ini(expand(raw_settings(ini, variables(var))))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    path = key_path(settings)
    if path.exists():
        raise click.ClickException(f"There is a key file already: {path}. To change the key run: boi keys rotate")
    try:
        Keys.make().write(path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
    click.echo(f"Made {path}. Make a copy of it now, and keep it apart from the database and its copies.")


@keys.command("rotate")
@INI
@VAR
def rotate(ini: str, var: str) -> None:
    """Make a new key and encrypt anew what is encrypted. Interrupted, it goes on where it was when it is run again."""
    app = load_app(ini, variables(var))
    try:
        ring: Keyring = app.registry.boi_keyring
        waiting = _behind(app)
        if not waiting:
            try:
                ring.keys().rotated().write(ring.path)
            except OSError as error:
                raise click.ClickException(f"{ring.path} cannot be written: {error.strerror}") from None
            click.echo(f"New first key in {ring.path}. Make a copy of the file now.")
            waiting = _behind(app)
        done = _reseal(app, waiting)
    finally:
        close(app)
    click.echo(f"Encrypted anew: {done}. When all is well: boi keys drop-old")


@keys.command("drop-old")
@INI
@VAR
def drop_old(ini: str, var: str) -> None:
    """Take the keys that are not used any more out of the key file."""
    app = load_app(ini, variables(var))
    try:
        ring: Keyring = app.registry.boi_keyring
        if waiting := _behind(app):
            raise click.ClickException(f"Accounts under an older key: {len(waiting)}. Run first: boi keys rotate")
        held = ring.keys()
        held.newest_only().write(ring.path)
    finally:
        close(app)
    click.echo(
        f"Keys taken out: {len(held.sealing) - 1}. Copies of the database made before need the old key file: keep both."
    )


@keys.command("rehash")
@INI
@VAR
def rehash(ini: str, var: str) -> None:
    """Make the indexes by which a PESEL or NIP is found anew. This is needed after boi.secret was changed."""
    app = load_app(ini, variables(var))
    try:
        with opened(app) as portal:
            done = logins.rehash(portal.office, app.registry.boi_settings.secret)
            people.index_again(portal.office, app.registry.boi_settings.secret)
    finally:
        close(app)
    click.echo(f"Found by their PESEL: {done}.")


def _behind(app: Any) -> list[Waiting]:
    with opened(app, commit=False) as portal:
        return [(kind, id_) for kind in SEALED for id_ in kind.behind(portal.office)]


def _reseal(app: Any, waiting: list[Waiting]) -> int:
    done = 0
    with click.progressbar(length=len(waiting), label="Encrypting") as bar:
        for first in range(0, len(waiting), BATCH):
            batch = waiting[first : first + BATCH]
            done += _reseal_batch(app, batch)
            bar.update(len(batch))
    return done


def _reseal_batch(app: Any, batch: list[Waiting]) -> int:
    """One transaction; where somebody has just changed one of the accounts, it is begun again."""
    while True:
        try:
            with opened(app) as portal:
                return sum(kind.reseal(portal.office, [id_]) for kind, id_ in batch)
        except ConflictError:
            continue
