"""`boi audit`: the audit trail's chain, checked and shown."""

from __future__ import annotations

import datetime

import click

from ..office import auditing
from ..office.auditing import Line, Query
from .application import close, load_app, opened, variables
from .options import INI, VAR

MOST = 1000  # lines that are shown


@click.group()
def audit() -> None:
    """The audit trail: who did what, and whether anybody has changed it since."""


@audit.command("verify")
@INI
@VAR
@click.option("--head", default="", help="The head that an earlier check has printed (NUMBER:CODE); finds a cut end.")
def verify(ini: str, var: str, head: str) -> None:
    """Check the whole chain and print its head. Keep the head elsewhere and give it to the next check."""
    app = load_app(ini, variables(var))
    try:
        with opened(app, commit=False) as portal:
            found = auditing.verify(portal.office, app.registry.boi_keyring, head)
    finally:
        close(app)
    for fault in found.faults:
        click.echo(fault, err=True)
    click.echo(f"Links: {found.links}. Events that wait for the worker: {found.waiting}.")
    if found.faults:
        raise click.ClickException(f"The audit trail is not whole; faults: {len(found.faults)}.")
    click.echo(f"The audit trail is whole. Head: {found.head}")


@audit.command("show")
@INI
@VAR
@click.option("--about", default="", help="Id of whom or what it was about: a user id or a case number.")
@click.option("--who", default="", help="User id of whoever did it.")
@click.option("--what", default="", help="What was done, e.g. sign-in.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC).")
@click.option("--limit", type=click.IntRange(1, MOST), default=100, show_default=True, help="How many lines at most.")
def show(
    ini: str,
    var: str,
    about: str,
    who: str,
    what: str,
    since: datetime.datetime | None,
    until: datetime.datetime | None,
    limit: int,
) -> None:
    """Show events, the newest first. It holds ids, no names."""
    end = _in_utc(until + datetime.timedelta(days=1)) if until is not None else None
    query = Query(about, who, what, _in_utc(since) if since is not None else None, end)
    app = load_app(ini, variables(var))
    try:
        with opened(app, commit=False) as portal:
            found = auditing.find(portal.office, query, limit)
    finally:
        close(app)
    for line in found:
        click.echo(_text(line))
    click.echo(f"Events shown: {len(found)}.", err=True)


def _in_utc(at: datetime.datetime) -> datetime.datetime:
    return at.replace(tzinfo=datetime.UTC)


def _text(line: Line) -> str:
    parts = [str(line.number), f"{line.at:%Y-%m-%d %H:%M:%S}", line.what, f"who={line.who or '-'}"]
    parts += [
        f"{name}={value}" for name, value in (("about", line.about), ("how", line.how), ("from", line.address)) if value
    ]
    return "  ".join(parts)
