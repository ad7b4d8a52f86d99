"""Personal numbers after registration, and `boi keys` as an admin meets it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from boi_portal.accounts.credentials import own_credentials
from boi_portal.accounts.demo import PESEL
from boi_portal.accounts.factors import CodeApplication
from boi_portal.office.vault import Keys, SealedError
from boi_portal.publishing.content import now
from boi_portal.scripts.application import close
from boi_portal.scripts.main import cli
from tests import citizens
from tests.functional.test_accounts import register
from tests.functional.test_boi_command import own_logging, refused
from tests.people import make_pesel
from tests.portals import INI, TestPortal, portal_from

__all__ = ["own_logging"]  # commands configure logging


def run(var: Path, *words: Any) -> Result:
    return CliRunner().invoke(cli, [*map(str, words), "--ini", INI, "--var", str(var)])


@pytest.fixture
def var(model: Path, tmp_path: Path) -> Path:
    """A closed portal of its own."""
    shutil.copytree(model, tmp_path / "var")
    return tmp_path / "var"


def numbers_of_jan(var: Path) -> str:
    portal = TestPortal(var)
    try:
        with portal.opened(commit=False) as opened:
            return str(next(one.pesel for one in opened.office.applicants.values() if one.first_name == "Jan"))
    finally:
        close(portal.app)


def test_no_file_of_the_portal_holds_a_personal_number_after_registration(model: Path, tmp_path: Path) -> None:
    pesel = make_pesel()
    with portal_from(model, tmp_path / "var") as portal:
        register(portal, "nowa.osoba", 1, pesel=pesel)
        portal.work()
        with portal.opened(commit=False) as opened:
            assert [one.pesel for one in opened.office.applicants.values() if one.login == "nowa.osoba"] == [pesel]
        files = [path for path in portal.var.rglob("*") if path.is_file() and "sandbox" not in path.parts]
        assert any(path.name == "office.fs" for path in files)
        for path in files:
            data = path.read_bytes()
            assert pesel.encode() not in data, path
            assert PESEL.encode() not in data, path


def test_other_keys_are_told_by_the_doctor_and_stop_nothing_quietly(var: Path) -> None:
    Keys.make().write(var / "personal.keys")
    output = run(var, "doctor").output
    assert "WRONG  personal numbers can be read" in output
    assert "is not in" in output
    with pytest.raises(SealedError, match="Put the right key file back"):
        numbers_of_jan(var)


def test_missing_keys_stop_the_start_with_a_sentence(var: Path) -> None:
    (var / "personal.keys").unlink()
    assert "boi keys make" in refused(run(var, "keys", "rotate"))
    assert "WRONG  keys of personal numbers" in run(var, "doctor").output
    assert run(var, "keys", "make").exit_code == 0
    assert "already" in refused(run(var, "keys", "make"))


def test_rotation_keeps_the_numbers_and_lets_the_old_key_go(var: Path) -> None:
    before = Keys.read(var / "personal.keys", private=True)
    result = run(var, "keys", "rotate")
    assert result.exit_code == 0, result.output
    assert "Encrypted anew: 1." in result.output
    assert numbers_of_jan(var) == PESEL
    dropped = run(var, "keys", "drop-old")
    assert "Keys taken out: 1." in dropped.output
    after = Keys.read(var / "personal.keys", private=True)
    assert len(after.sealing) == 1
    assert after.sealing != before.sealing
    assert after.chain == before.chain
    assert numbers_of_jan(var) == PESEL


def test_rotation_keeps_the_secrets_of_code_applications(var: Path) -> None:
    portal = TestPortal(var)
    with portal.opened() as opened:
        sealed = portal.registry.boi_keyring.seal(b"A" * 32, "7")
        own_credentials(opened.office, 7).factors.application = CodeApplication(sealed, 0, now())
    close(portal.app)
    assert "Encrypted anew: 2." in run(var, "keys", "rotate").output
    assert "Keys taken out: 1." in run(var, "keys", "drop-old").output
    portal = TestPortal(var)
    with portal.opened(commit=False) as opened:
        application = own_credentials(opened.office, 7).factors.application
        assert application is not None
        assert application.secret(portal.registry.boi_keyring, 7) == "A" * 32
    close(portal.app)


def test_rotation_keeps_numbers_that_wait_for_the_office(var: Path) -> None:
    portal = TestPortal(var)
    with portal.opened() as opened:
        asked = citizens.ask_number(opened.office, citizens.add_applicant(opened.office)).id
    close(portal.app)
    assert "Encrypted anew: 3." in run(var, "keys", "rotate").output
    assert "Keys taken out: 1." in run(var, "keys", "drop-old").output
    portal = TestPortal(var)
    with portal.opened(commit=False) as opened:
        assert opened.office.number_changes[asked].number == citizens.JAN.pesel
    close(portal.app)


def test_interrupted_rotation_goes_on_and_makes_no_further_key(var: Path) -> None:
    path = var / "personal.keys"
    Keys.read(path, private=True).rotated().write(path)  # as if it had been killed here
    assert "boi keys rotate" in refused(run(var, "keys", "drop-old"))
    assert "Encrypted anew: 1." in run(var, "keys", "rotate").output
    assert len(Keys.read(path, private=True).sealing) == 2


def test_rehash_finds_everybody_again(var: Path) -> None:
    assert "Found by their PESEL: 1." in run(var, "keys", "rehash").output
