"""`boi api`: who may call the portal's API."""

from __future__ import annotations

import click

from ..api import tokens
from ..publishing.content import now
from .application import close, load_app, opened, prepare, variables
from .options import INI, VAR


@click.group()
def api() -> None:
    """Other systems that call the portal."""


@api.group()
def token() -> None:
    """Their tokens."""


@token.command("add")
@INI
@VAR
@click.option("--name", required=True, help="The system's name, e.g. eod-proton; it stands in the audit trail.")
@click.option("--scope", "scopes", multiple=True, required=True, help=f"{', '.join(tokens.SCOPES)}; repeat for more.")
@click.option("--days", type=click.IntRange(1, 3660), default=365, show_default=True, help="How long it is good.")
def token_add(ini: str, var: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token and print it; it cannot be shown again."""
    prepare(var)
    app = load_app(ini, variables(var))
    try:
        with opened(app) as portal:
            text = tokens.make_token(portal.office, name, scopes, days, now())
    except tokens.TokenError as error:
        raise click.ClickException(str(error)) from None
    finally:
        close(app)
    click.echo(text)
    click.echo("Keep it safe: it cannot be shown again.", err=True)


@token.command("list")
@INI
@VAR
def token_list(ini: str, var: str) -> None:
    """Show which tokens there are; never the tokens themselves."""
    app = load_app(ini, variables(var))
    try:
        with opened(app, commit=False) as portal:
            lines = [_line(found) for found in tokens.all_tokens(portal.office)]
    finally:
        close(app)
    click.echo("\n".join(lines) or "There is no token.")


def _line(found: tokens.ApiToken) -> str:
    state = "revoked" if found.revoked_at else "good" if found.is_good(now()) else "ended"
    return f"{found.name:24} {state:8} until {found.expires_at:%Y-%m-%d}  {', '.join(found.scopes)}"


@token.command("revoke")
@INI
@VAR
@click.argument("name")
def token_revoke(ini: str, var: str, name: str) -> None:
    """End a token at once."""
    app = load_app(ini, variables(var))
    try:
        with opened(app) as portal:
            found = tokens.revoke(portal.office, name, now())
    finally:
        close(app)
    if not found:
        raise click.ClickException(f"There is no good token {name}.")
    click.echo(f"{name} opens nothing any more.")
