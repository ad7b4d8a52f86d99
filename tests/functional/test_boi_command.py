"""The `boi` command as an admin meets it: help, sentences instead of tracebacks, upgrades."""

import functools
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import boi_portal
import boi_portal.evolution
from boi_portal.scripts.application import close, load_app, opened, prepare, variables
from boi_portal.scripts.main import cli
from tests.core import FEATURES
from tests.portals import CONTENT, INI, ROOT

SEED = {
    "portal.html": "---\ntype: portal\ntitle: BOI\n---\n",
    "wydzialy/_folder.html": "---\ntype: departments\ntitle: Wydziały\n---\n",
    "wydzialy/so.html": "---\ntype: department\ntitle: Sprawy Obywatelskie\ncode: SO\n---\n",
    "pomoc/_folder.html": "---\ntype: folder\ntitle: Pomoc\n---\n",
    "pomoc/podpis.html": "---\ntype: help\ntitle: Podpis\n---\n<p>Jak podpisać.</p>\n",
}


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """The command configures logging; give it back as it was."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]


@pytest.fixture(autouse=True)
def few_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands start many portals: the core and accounts will do."""
    monkeypatch.setattr(boi_portal, "configure", functools.partial(boi_portal.configure, features=(*FEATURES, "accounts")))


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    folder = tmp_path / "seed"
    for name, text in SEED.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "var"


def boi(*words: Any, **more: Any) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], **more)


def run(var: Path, *words: Any, **more: Any) -> Result:
    return boi(*words, "--ini", INI, "--var", var, **more)


def refused(result: Result) -> str:
    """The sentence that a command ended with: an error the admin understands, never a traceback."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result.output


def commands() -> list[list[str]]:
    """Every command and group, as words."""

    def walk(command: click.Command, words: list[str]) -> Iterator[list[str]]:
        yield words
        if isinstance(command, click.Group):
            for name, child in command.commands.items():
                yield from walk(child, [*words, name])

    return list(walk(cli, []))


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help_everywhere(words: list[str]) -> None:
    result = boi(*words, "--help")
    assert result.exit_code == 0
    assert result.output.startswith("Usage:")
    assert re.search(r"\n  [A-Z][^.]+\.\s", result.output), "a sentence says what it does"
    assert boi(*words, "-h").output == result.output


def test_unknown_words_are_named() -> None:
    assert "No such command 'serv'" in boi("serv").output


# content


def test_content_is_loaded_dumped_and_loaded_again(var: Path, seed: Path, tmp_path: Path) -> None:
    would = run(var, "content", "load", "--dry-run", seed)
    assert "4 objects would change" in would.output or "5 objects would change" in would.output
    done = run(var, "content", "load", seed)
    assert done.exit_code == 0, done.output
    assert would.stdout.replace("would change", "changed") == done.stdout  # progress goes to standard error
    assert "Nothing to change." in run(var, "content", "load", seed).output
    dumped = run(var, "content", "dump", tmp_path / "dump")
    assert "5 objects written" in dumped.output
    assert "Nothing to change." in run(var, "content", "load", tmp_path / "dump").output
    assert "is not empty" in refused(run(var, "content", "dump", tmp_path / "dump"))


def test_what_was_loaded_is_found_at_once(var: Path, seed: Path) -> None:
    from boi_portal.publishing.catalog import boi_index

    run(var, "content", "load", seed)
    app = load_app(INI, variables(str(var)))
    try:
        with opened(app, commit=False) as portal:
            assert len(boi_index(portal.site, "text").index.search("podpisanie").hits) == 1
    finally:
        close(app)


def test_broken_content_is_told_and_nothing_is_written(var: Path, seed: Path, tmp_path: Path) -> None:
    (seed / "pomoc" / "podpis.html").write_text("---\ntype: help\ntytul: Podpis\n---\n", encoding="utf-8")
    output = refused(run(var, "content", "load", seed))
    assert "pomoc/podpis.html:3: unknown key 'tytul'" in output
    assert "nothing was written" in output
    assert "holds no portal" in refused(run(var, "content", "dump", tmp_path / "dump"))


def test_a_dry_run_on_an_empty_database_leaves_it_empty(var: Path, seed: Path, tmp_path: Path) -> None:
    run(var, "content", "load", "--dry-run", seed)
    assert "holds no portal" in refused(run(var, "content", "dump", tmp_path / "dump"))


def test_a_folder_that_is_not_there(var: Path, tmp_path: Path) -> None:
    result = run(var, "content", "load", tmp_path / "nie-ma")
    assert result.exit_code == 2
    assert "does not exist" in result.output


# the database


def test_a_database_in_use_is_told_as_such(var: Path, seed: Path) -> None:
    run(var, "content", "load", seed)
    app = load_app(INI, variables(str(var)))
    try:
        for words in (["content", "load", str(seed)], ["content", "dump", str(var / "x")], ["upgrade"]):
            assert "in use by another process" in refused(run(var, *words))
        output = refused(run(var, "doctor"))
        assert re.search(r"WRONG +databases\n +The database files are in use", output)
    finally:
        close(app)


# employees


def test_an_employee_is_added_and_wrong_ones_are_not(var: Path, seed: Path) -> None:
    run(var, "content", "load", seed)
    add = ["user", "add", "--name", "Adam Testowy", "--email", "adam@urzad.example", "--password-stdin"]
    good = "Zielona-lampa-12-okien\n"
    done = run(var, *add, "--login", "adam", "--role", "administrator", input=good)
    assert done.exit_code == 0, done.output
    assert "adam" in done.output and "administrator" in done.output
    assert good.strip() not in done.output
    assert "adam" in refused(run(var, *add, "--login", "adam", "--role", "administrator", input=good))
    refused(run(var, *add, "--login", "ewa", "--role", "krol", input=good))
    refused(run(var, *add, "--login", "ewa", "--role", "redaktor", input="krotkie\n"))
    refused(run(var, *add, "--login", "ewa", "--role", "urzednik", "--department", "nie-ma", input=good))
    assert run(var, *add, "--login", "ewa", input=good).exit_code == 2, "a role is needed"


# the doctor


def test_the_doctor_names_what_is_missing(var: Path, seed: Path) -> None:
    run(var, "content", "load", seed)
    output = refused(run(var, "doctor"))
    assert "WRONG  there is no administrator" in output or "WRONG  there is an administrator" in output
    assert "boi user add" in output
    assert "seal" in output
    assert "problems found" in output or "problem found" in output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("boi.worker = thread", "boi.worker = twice"), ["boi.worker"]),
        (("boi.sandbox = true", "boi.sandbx = true"), ["boi.sandbx", "Known"]),
        (("use = egg:boi_portal", "use = egg:nie_ma"), ["cannot be read"]),
        (("[app:main]", "[app:inna]"), ["cannot be read"]),
        (("[loggers]", "[nie-loggers]"), ["logging"]),
        (("%(var)s/databases.conf", "/proc/nie-ma/databases.conf"), ["databases cannot be opened"]),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else None,
)
def test_a_wrong_installation_is_told_in_a_sentence(
    var: Path, tmp_path: Path, change: tuple[str, str], words: list[str]
) -> None:
    ini = tmp_path / "portal.ini"
    text = Path(INI).read_text(encoding="utf-8")
    assert change[0] in text
    ini.write_text(text.replace(*change), encoding="utf-8")
    for command in (["upgrade"], ["doctor"]):
        output = refused(boi(*command, "--ini", ini, "--var", var))
        assert all(word in output for word in words), output


def test_an_ini_that_is_not_there(var: Path) -> None:
    for command in (["serve"], ["worker"], ["upgrade"], ["doctor"], ["content", "load", str(CONTENT)]):
        assert "There is no file" in refused(boi(*command, "--ini", "nie-ma.ini", "--var", var))


def test_the_worker_of_a_development_portal_is_not_started_twice(var: Path) -> None:
    prepare(str(var))
    assert "boi.worker = thread" in refused(run(var, "worker"))


# production


PRODUCTION = {
    "BOI_CONTENT_URI": "memory://",
    "BOI_OFFICE_URI": "memory://",
    "BOI_SECRET": "0123456789abcdef0123456789abcdef",
    "BOI_PUBLIC_URL": "https://boi.gmina.example",
    "BOI_HOSTS": "boi.gmina.example",
    "BOI_SEAL_KEY": "/etc/boi/seal.p12",
    "BOI_SEAL_PASSWORD": "x",
    "BOI_PERSONAL_KEYS": "/etc/boi/personal.keys",
    "BOI_MAIL_FROM": "boi@gmina.example",
    "BOI_MAIL_HOST": "localhost",
    "BOI_MAIL_PORT": "25",
    "BOI_MAIL_USERNAME": "x",
    "BOI_MAIL_PASSWORD": "x",
}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"BOI_SECRET": None}, "BOI_SECRET"),
        ({"BOI_OFFICE_URI": None}, "BOI_OFFICE_URI"),
        ({"BOI_SECRET": "development-secret-that-production-refuses-0123456789"}, "needs its own"),
        ({"BOI_SECRET": "krotki"}, "32 characters"),
        ({"BOI_PUBLIC_URL": "http://boi.gmina.example"}, "https"),
        ({"BOI_SEAL_KEY": ""}, "boi.seal_key"),
        ({"BOI_PERSONAL_KEYS": ""}, "boi.personal_keys"),
        ({}, "boi keys make"),
    ],
    ids=str,
)
def test_production_does_not_start_with(
    var: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str | None], word: str
) -> None:
    environment = {**PRODUCTION, "BOI_VAR": str(var), "BOI_TRUST_DIRS": str(var), **change}
    for name, value in environment.items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    for command in ("serve", "worker", "doctor"):
        output = refused(boi(command, "--ini", ROOT / "production.ini", "--var", var))
        assert word in output


def test_production_cannot_have_the_sandbox(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**PRODUCTION, "BOI_VAR": str(var), "BOI_TRUST_DIRS": str(var)}.items():
        monkeypatch.setenv(name, value)
    ini = tmp_path / "production.ini"
    text = (ROOT / "production.ini").read_text(encoding="utf-8")
    ini.write_text(text.replace("boi.production = true", "boi.production = true\nboi.sandbox = true"), encoding="utf-8")
    assert "boi.sandbox" in refused(boi("serve", "--ini", ini, "--var", var))


# upgrades


def give_a_name(site: Any, registry: Any) -> None:
    """A step of a test."""
    site.fields = {**site.fields, "town": "Gmina Testowa"}


def fail(site: Any, registry: Any) -> None:
    """A step that breaks after it has written."""
    site.fields = {**site.fields, "town": "Pół zmiany"}
    raise RuntimeError("the step is broken")


def town(var: Path) -> str:
    app = load_app(INI, variables(str(var)), upgrading=True)
    try:
        with opened(app, commit=False) as portal:
            return str(portal.site.value("town", ""))
    finally:
        close(app)


def test_a_database_of_older_code_is_upgraded_before_it_is_served(
    var: Path, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(var, "content", "load", seed)
    assert "up to date" in run(var, "upgrade").output
    monkeypatch.setattr(boi_portal.evolution, "STEPS", (give_a_name,))
    for words in (["serve"], ["content", "load", str(seed)]):
        output = refused(run(var, *words))
        assert "boi upgrade" in output and "give_a_name" in output
    assert "boi upgrade" in refused(run(var, "doctor"))
    done = run(var, "upgrade")
    assert done.exit_code == 0, done.output
    assert "give_a_name" in done.output
    assert "1 change made." in done.output
    assert town(var) == "Gmina Testowa"
    assert "up to date" in run(var, "upgrade").output
    assert "Nothing to change" not in run(var, "content", "load", seed).output, "the files say otherwise"


def test_a_new_portal_needs_no_upgrade(var: Path, seed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boi_portal.evolution, "STEPS", (fail,))
    assert run(var, "content", "load", seed).exit_code == 0
    assert "up to date" in run(var, "upgrade").output


def test_a_step_that_fails_writes_nothing_and_is_tried_again(
    var: Path, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(var, "content", "load", seed)
    monkeypatch.setattr(boi_portal.evolution, "STEPS", (fail,))
    result = run(var, "upgrade")
    assert isinstance(result.exception, RuntimeError), "a mistake of ours is shown as one"
    assert town(var) == ""
    monkeypatch.setattr(boi_portal.evolution, "STEPS", (give_a_name,))
    assert "1 change made." in run(var, "upgrade").output


def test_an_upgrade_makes_the_indexes_that_new_code_asks_for(var: Path, seed: Path) -> None:
    run(var, "content", "load", seed)
    app = load_app(INI, variables(str(var)))
    with opened(app) as portal:
        del portal.site["catalogs"]["boi"]["online"]
        portal.site["catalogs"]["boi"].remove("state")
    close(app)
    assert "boi/state" in refused(run(var, "content", "load", seed))
    output = run(var, "upgrade").output
    assert "Index boi/online" in output and "Index boi/state" in output and "2 changes made." in output
    app = load_app(INI, variables(str(var)))
    try:
        from boi_portal.publishing.catalog import listing

        with opened(app, commit=False) as portal:
            assert [page.title for page in listing(portal.site, type="help")] == ["Podpis"]
    finally:
        close(app)


def test_an_upgrade_makes_room_for_new_kinds_of_records(var: Path, seed: Path) -> None:
    run(var, "content", "load", seed)
    app = load_app(INI, variables(str(var)))
    with opened(app) as portal:
        del portal.office.representations
    close(app)
    assert "records representations" in refused(run(var, "serve"))
    assert "Records representations" in run(var, "upgrade").output
    assert "up to date" in run(var, "upgrade").output
