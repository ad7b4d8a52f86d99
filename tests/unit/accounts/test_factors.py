"""The records of factors: what is used up, what is kept of a code, what falls away with the last factor."""

from __future__ import annotations

import base64
import datetime
from pathlib import Path

import pytest

from boi_portal.accounts import factors
from boi_portal.accounts.factors import CodeApplication, Factors, Passkey, RecoveryCodes
from boi_portal.office.vault import Keyring, Keys, SealedError

SECRET = base64.b32encode(b"12345678901234567890").decode()  # RFC 6238, appendix B
USERID = "applicant:" + "a" * 32
FIRST = datetime.datetime.fromtimestamp(1111111111, datetime.UTC)
AT = datetime.datetime(2026, 3, 5, tzinfo=datetime.UTC)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    Keys.make().write(tmp_path / "keys")
    return Keyring(tmp_path / "keys")


def application(keyring: Keyring, step: int = 0) -> CodeApplication:
    return CodeApplication(keyring.seal(SECRET.encode(), USERID), step, AT)


def test_a_code_is_used_up_together_with_all_before_it(keyring: Keyring) -> None:
    kept = application(keyring)
    assert kept.take(keyring, USERID, "050471", FIRST)
    assert kept.used_at == FIRST
    assert not kept.take(keyring, USERID, "050471", FIRST)
    earlier = FIRST - datetime.timedelta(seconds=30)
    assert not kept.take(keyring, USERID, "081804", earlier)


def test_a_wrong_code_uses_nothing_up(keyring: Keyring) -> None:
    kept = application(keyring)
    assert not kept.take(keyring, USERID, "000000", FIRST)
    assert kept.used_at is None
    assert kept.take(keyring, USERID, "050471", FIRST)


def test_a_secret_opens_for_its_owner_alone_and_under_a_newer_key(keyring: Keyring) -> None:
    kept = application(keyring)
    with pytest.raises(SealedError):
        kept.secret(keyring, "applicant:" + "b" * 32)
    keyring.keys().rotated().write(keyring.path)
    assert not kept.is_under(keyring.newest)
    kept.reseal(keyring, USERID)
    assert kept.is_under(keyring.newest)
    assert kept.secret(keyring, USERID) == SECRET


def test_a_recovery_code_works_once_however_it_is_typed() -> None:
    kept = RecoveryCodes(USERID, ["ABCD-2345-EFGH-6789", "WXYZ-2345-EFGH-6789"], AT)
    assert not RecoveryCodes("applicant:" + "b" * 32, [], AT).take(USERID, "ABCD-2345-EFGH-6789")
    assert not kept.take("applicant:" + "b" * 32, "ABCD-2345-EFGH-6789")
    assert not kept.take(USERID, "")
    assert kept.take(USERID, " abcd 2345efgh\u00a06789 ")
    assert not kept.take(USERID, "ABCD-2345-EFGH-6789")
    assert len(kept) == 1


def test_recovery_codes_are_ten_and_differ_and_replace_the_old() -> None:
    kept = Factors()
    old, new = kept.make_recovery(USERID, AT), kept.make_recovery(USERID, AT)
    assert len(set(old) | set(new)) == 2 * factors.RECOVERY_CODES
    assert kept.recovery is not None
    assert not kept.recovery.knows(USERID, old[0])
    assert all(kept.recovery.knows(USERID, code) for code in new)


def test_without_a_factor_recovery_codes_fall_away(keyring: Keyring) -> None:
    kept = Factors()
    assert not kept
    kept.application = application(keyring)
    passkey = Passkey(b"id", b"key", 0, "telefon", AT)
    kept.add_passkey(passkey)
    kept.make_recovery(USERID, AT)
    assert not kept.is_last
    kept.remove_application()
    assert kept.codes_left == factors.RECOVERY_CODES
    assert kept.is_last
    kept.remove_passkey(passkey)
    assert (bool(kept), kept.codes_left, kept.recovery) == (False, 0, None)


def test_removing_all_leaves_nothing(keyring: Keyring) -> None:
    kept = Factors()
    kept.application = application(keyring)
    kept.add_passkey(Passkey(b"id", b"key", 0, "telefon", AT))
    kept.make_recovery(USERID, AT)
    kept.remove_all()
    assert not kept
    assert kept.passkeys == []
    assert kept.codes_left == 0
