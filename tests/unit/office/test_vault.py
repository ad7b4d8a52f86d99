"""The key file and what is sealed with it: bound to its record, followed when the file changes, refused in plain words."""

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import transaction
from ZODB.DB import DB
from ZODB.MappingStorage import MappingStorage

from boi_portal.accounts import logins, numbers
from boi_portal.accounts.resources import ACTIVE, Applicant
from boi_portal.office.store import Office
from boi_portal.office.vault import Keyring, Keys, KeysError, SealedError, give_keys, key_id
from tests.people import make_pesel

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "personal.keys"
    Keys.make().write(made)
    return made


@pytest.fixture
def database(path: Path) -> Iterator[DB]:
    made = DB(MappingStorage("office"), database_name="office")
    give_keys(made, Keyring(path))
    yield made
    transaction.abort()
    made.close()


def add(database: DB, pesel: str, id_: str = "ab" * 16) -> None:
    with database.transaction() as connection:
        office = connection.root().setdefault("office", Office())
        made = Applicant(id_)
        made.state = ACTIVE
        made.numbers = {"pesel": pesel, "nip": "", "document": None}
        office.applicants[id_] = made


def in_database(database: DB) -> bytes:
    """Every record of every transaction that is kept."""
    return b"".join(record.data for done in database.storage.iterator() for record in done)


# the file


def test_key_file_is_for_its_owner_alone_and_read_as_it_was_written(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    held = Keys.read(path, private=True)
    held.rotated().write(path)
    assert Keys.read(path, private=True).sealing[1:] == held.sealing
    assert Keys.read(path, private=True).chain == held.chain
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660], ids=oct)
def test_production_refuses_keys_that_others_can_read(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(KeysError, match="chmod 600"):
        Keyring(path, private=True)
    assert Keyring(path).keys()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "key abc\n",
        "chain {key}\n",
        "key {key}\n",
        "chain {key}\nkey {key}\nkey\n",
        "chain {key}\nkee {key}\n",
        "żółć",
    ],
)
def test_broken_key_file_is_refused_with_its_name(path: Path, text: str) -> None:
    path.write_text(text.format(key="A" * 43 + "="), encoding="utf-8")
    with pytest.raises(KeysError, match=r"personal\.keys"):
        Keyring(path)


def test_missing_key_file_is_refused_and_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="boi keys make"):
        Keyring(tmp_path / "nothing")


# sealing


def test_sealed_value_opens_for_its_record_only(path: Path) -> None:
    ring = Keyring(path)
    sealed = ring.seal("Zażółć".encode(), "one")
    assert ring.open(sealed, "one").decode() == "Zażółć"
    assert ring.seal("Zażółć".encode(), "one") != sealed
    with pytest.raises(SealedError, match="belongs to another"):
        ring.open(sealed, "two")


@pytest.mark.parametrize("place", [0, 1, 9, 25, -1])
def test_altered_value_does_not_open(path: Path, place: int) -> None:
    ring = Keyring(path)
    sealed = bytearray(ring.seal(b"68031499952", "one"))
    sealed[place] ^= 1
    with pytest.raises(SealedError):
        ring.open(bytes(sealed), "one")
    with pytest.raises(SealedError):
        ring.open(bytes(sealed[:5]), "one")


def test_other_keys_fail_and_name_the_one_that_is_missing(path: Path, tmp_path: Path) -> None:
    ring = Keyring(path)
    sealed = ring.seal(b"68031499952", "one")
    Keys.make().write(tmp_path / "other")
    with pytest.raises(SealedError, match=key_id(ring.keys().sealing[0]).hex()):
        Keyring(tmp_path / "other").open(sealed, "one")


def test_changed_file_is_followed_without_a_restart(path: Path) -> None:
    ring = Keyring(path)
    old = ring.seal(b"a", "one")
    ring.keys().rotated().write(path)
    new = ring.seal(b"b", "one")
    assert (ring.open(old, "one"), ring.open(new, "one")) == (b"a", b"b")
    ring.keys().newest_only().write(path)
    assert ring.open(new, "one") == b"b"
    with pytest.raises(SealedError, match="copy"):
        ring.open(old, "one")


# personal numbers


def test_numbers_are_never_in_the_database_in_clear(database: DB) -> None:
    pesel = make_pesel()
    add(database, pesel)
    assert pesel.encode() not in in_database(database)
    with database.transaction() as connection:
        found = connection.root()["office"].applicants["ab" * 16]
        assert (found.pesel, found.nip, found.document) == (pesel, "", None)


def test_length_does_not_tell_which_numbers_there_are(database: DB) -> None:
    add(database, make_pesel())
    with database.transaction() as connection:
        office = connection.root()["office"]
        other = office.applicants["cd" * 16] = Applicant("cd" * 16)
        other.numbers = {"nip": "9990000008"}
    with database.transaction() as connection:
        kept = [
            one._numbers._sealed
            for one in connection.root()["office"].applicants.values()
            if one._numbers.__getstate__()
        ]
        assert len({len(sealed) for sealed in kept}) == 1


def test_numbers_cannot_be_written_without_keys() -> None:
    made = Applicant("ab" * 16)
    made.numbers = {"pesel": make_pesel()}
    with pytest.raises(SealedError, match="no keys at hand"):
        pickle.dumps(made._numbers)


def test_numbers_moved_to_another_account_do_not_open(database: DB) -> None:
    add(database, make_pesel())
    add(database, make_pesel(), "cd" * 16)
    with database.transaction() as connection:
        one, other = (connection.root()["office"].applicants[id_] for id_ in ("ab" * 16, "cd" * 16))
        one._numbers = other._numbers
    with database.transaction() as connection, pytest.raises(SealedError, match=r"belongs to another|not the numbers"):
        _ = connection.root()["office"].applicants["ab" * 16].pesel


def test_rotation_reseals_in_place_and_the_old_key_can_go(database: DB, path: Path) -> None:
    pesels = {f"{place:032x}": make_pesel() for place in range(5)}
    for id_, pesel in pesels.items():
        add(database, pesel, id_)
    ring = Keyring(path)
    ring.keys().rotated().write(path)
    with database.transaction() as connection:
        office = connection.root()["office"]
        waiting = list(numbers.behind(office))
        assert set(waiting) == set(pesels)
        assert numbers.reseal(office, waiting[:3]) == 3
    with database.transaction() as connection:
        office = connection.root()["office"]
        assert set(numbers.behind(office)) == set(waiting[3:]), "interrupted, it goes on with the rest"
        assert numbers.reseal(office, [*waiting, "gone"]) == 2
        assert list(numbers.behind(office)) == []
    ring.keys().newest_only().write(path)
    with database.transaction() as connection:
        office = connection.root()["office"]
        assert {one.id: one.pesel for one in office.applicants.values()} == pesels


def in_clear(numbers_of: Any, held: dict[str, Any]) -> None:
    """As the portal wrote them before there were keys."""
    numbers_of._given, numbers_of._kept = None, held


def test_numbers_in_clear_are_refused_until_they_are_sealed(database: DB) -> None:
    pesel = make_pesel()
    add(database, pesel)
    with database.transaction() as connection:
        in_clear(connection.root()["office"].applicants["ab" * 16]._numbers, {"pesel": pesel})
    assert pesel.encode() in in_database(database)
    with database.transaction() as connection, pytest.raises(SealedError, match="boi upgrade"):
        _ = connection.root()["office"].applicants["ab" * 16].pesel
    with database.transaction() as connection:
        office = connection.root()["office"]
        assert numbers.reseal(office, list(numbers.behind(office))) == 1
    database.pack()
    assert pesel.encode() not in in_database(database)
    with database.transaction() as connection:
        assert connection.root()["office"].applicants["ab" * 16].pesel == pesel


# finding


def test_index_is_made_anew_under_another_secret(database: DB) -> None:
    pesel, other = make_pesel(), SECRET[::-1]
    add(database, pesel)
    with database.transaction() as connection:
        office = connection.root()["office"]
        logins.claim(office, f"applicant:{'ab' * 16}", ["ktos", logins.pesel_key(SECRET, pesel)])
        assert logins.rehash(office, other) == 1
        assert logins.applicant_by(office, logins.pesel_key(SECRET, pesel)) is None
        assert logins.applicant_by(office, logins.pesel_key(other, pesel)).pesel == pesel
        assert "ktos" in office.logins


def test_file_of_the_portals_user_stays_his_when_an_admin_rotates(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only an admin can give files away")
    os.chown(path, 65534, 65534)
    Keys.read(path, private=True).rotated().write(path)
    assert (path.stat().st_uid, path.stat().st_mode & 0o777) == (65534, 0o600)
