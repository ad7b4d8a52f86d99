"""The commands of `boi`. Each says what it does, shows progress on long work and ends with a sentence."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import click

from .api import api
from .application import close, load_app, opened, prepare, raw_settings, variables
from .audit import audit
from .keys import keys
from .options import INI, VAR
from .saml import saml


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Portal BOI: serve it, load its content, manage its people, look after it."""


cli.add_command(api)
cli.add_command(keys)
cli.add_command(saml)
cli.add_command(audit)


@cli.command()
@INI
@VAR
@click.option("--port", default=6543, show_default=True, help="Port of a development portal.")
def serve(ini: str, var: str, port: int) -> None:
    """Serve the portal until it is stopped."""
    from .serving import run_server

    names = variables(var, port)
    prepare(var)
    run_server(load_app(ini, names), ini, names)


@cli.command()
@click.option(
    "--port", default=6543, show_default=True, help="Port of the portal; the sandbox takes the one 1000 above."
)
@VAR
def dev(port: int, var: str) -> None:
    """Run a development portal: loads content the first time, starts the sandbox and the worker, prints the logins."""
    from .serving import run_development

    run_development(port, var)


@cli.command()
@INI
@VAR
def worker(ini: str, var: str) -> None:
    """Run the worker in a process of its own (with PostgreSQL); one at a time works, others wait for it to end."""
    from ..worker.loop import Worker

    app = load_app(ini, variables(var))
    if app.registry.boi_settings.worker != "process":
        close(app)
        raise click.ClickException("boi.worker = thread: the worker runs inside `boi serve`; set it to `process`.")
    work = Worker(app.registry)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: work.stop.set())
    work.run()
    close(app)


@cli.command()
@INI
@VAR
def upgrade(ini: str, var: str) -> None:
    """Bring the database up to this version of the portal. Stop the portal and make a copy of the database first."""
    from ..evolution.upgrading import upgrade as bring_up

    app = load_app(ini, variables(var), upgrading=True)
    try:
        with opened(app) as portal:
            done = bring_up(portal.site, portal.registry, click.echo)
        _index(app)
    finally:
        close(app)
    click.echo(f"{_count(done, 'change')} made." if done else "The database is up to date.")


@cli.group()
def content() -> None:
    """The content tree: cards, forms, help and pages as files."""


@content.command("load")
@INI
@VAR
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def content_load(ini: str, var: str, dry_run: bool, folder: Path) -> None:
    """Make the portal hold what FOLDER says. A broken file is refused with file, line and reason; nothing is written."""
    from ..transfer import tree
    from ..transfer.files import ContentFilesError

    prepare(var)
    app = load_app(ini, variables(var))
    try:
        click.echo(f"Checking {folder} and comparing it with the portal …", err=True)
        with opened(app, commit=not dry_run) as portal:
            changes = tree.load(folder, portal.site, portal.registry, dry_run)
        if changes and not dry_run:
            _index(app)
    except ContentFilesError as error:
        for mistake in error.mistakes:
            click.echo(str(mistake), err=True)
        raise click.ClickException(f"{_count(len(error.mistakes), 'mistake')}; nothing was written.") from None
    finally:
        close(app)
    for change in changes:
        click.echo(f"{change.what:9} {change.path}")
    done = "would change" if dry_run else "changed"
    click.echo(f"{_count(len(changes), 'object')} {done}." if changes else "Nothing to change.")


def _index(app: Any) -> None:
    """Index what was loaded, so that search finds it before the worker has come by; shows how far it is."""
    from ..publishing.indexing import waiting
    from ..worker.loop import Worker

    with opened(app, commit=False) as portal:
        length = waiting(portal.site)
    with click.progressbar(length=length, label="Indexing for search", file=sys.stderr) as bar:
        Worker(app.registry).drain(600, bar.update)


@content.command("dump")
@INI
@VAR
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def content_dump(ini: str, var: str, folder: Path) -> None:
    """Write the portal's content as files into FOLDER, which must be empty or missing."""
    from ..transfer import tree

    prepare(var)
    app = load_app(ini, variables(var))
    try:
        with opened(app, commit=False) as portal:
            if not portal.site.fields:
                raise click.ClickException("The database holds no portal. Run: boi content load content")
            count = tree.dump(portal.site, folder)
    except FileExistsError as error:
        raise click.ClickException(str(error)) from None
    finally:
        close(app)
    click.echo(f"{_count(count, 'object')} written to {folder}.")


@cli.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@INI
@VAR
@click.option("--login", prompt=True, help="What they sign in with.")
@click.option("--name", prompt="First and last name", help="First and last name.")
@click.option("--email", prompt="E-mail", help="E-mail address.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    help="redaktor, redaktor-naczelny, urzednik, kierownik, administrator; repeat for more.",
)
@click.option("--department", default="", help="Name of the department in /wydzialy, for clerks.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def user_add(
    ini: str, var: str, login: str, name: str, email: str, roles: tuple[str, ...], department: str, password_stdin: bool
) -> None:
    """Add an employee."""
    from ..accounts.staff import StaffError, add_staff

    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    prepare(var)
    app = load_app(ini, variables(var))
    try:
        with opened(app) as portal:
            add_staff(portal.site, portal.office, portal.registry, login, password, name, email, roles, department)
    except StaffError as error:
        raise click.ClickException(str(error)) from None
    finally:
        close(app)
    click.echo(f"{login} was added. Roles: {', '.join(roles)}.")


@user.command("forget-factors")
@INI
@VAR
@click.option("--login", prompt=True, help="Login or e-mail address of an employee or an applicant.")
def forget_factors(ini: str, var: str, login: str) -> None:
    """Take the second factors away from somebody who has lost them all. First see an identity document."""
    from ..accounts import lost_factors

    app = load_app(ini, variables(var))
    try:
        with opened(app) as portal:
            base = app.registry.boi_settings.public_url.rstrip("/")
            lost_factors.forget_factors(portal.site, portal.office, login, base)
    except lost_factors.NothingToForget as error:
        raise click.ClickException(str(error)) from None
    finally:
        close(app)
    click.echo(f"{login} now signs in with the password alone, and has got a letter.")


@cli.command()
@INI
@VAR
def doctor(ini: str, var: str) -> None:
    """Tell what is missing or wrong in the installation, and what to do about it."""
    from .doctor import examine

    problems = 0
    for check in examine(lambda: raw_settings(ini, variables(var)), lambda: load_app(ini, variables(var))):
        click.echo(f"{'ok   ' if check.ok else 'WRONG'}  {check.what}")
        if not check.ok:
            problems += 1
            click.echo(f"       {check.remedy}")
    if problems:
        raise click.ClickException(f"{_count(problems, 'problem')} found.")
    click.echo("Everything is in order.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
