"""The portal's own keys: reading a folder, making pairs."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from boi_portal.identity import ConfigurationError, Key, KeyKind, Keys, make_pem
from boi_portal.identity.encryption import decrypt
from boi_portal.identity.parsing import parse

from . import factories


@pytest.mark.parametrize("kind", list(KeyKind))
def test_made_pair_can_be_read(tmp_path: Path, kind: KeyKind, at: datetime) -> None:
    (tmp_path / "own.pem").write_bytes(make_pem("boi.example.org", kind, at, days=10))
    (key,) = Keys.from_folder(tmp_path).all
    assert key.kind is kind
    assert key.valid(at) and key.valid(at + timedelta(days=9)) and not key.valid(at + timedelta(days=11))
    assert "boi.example.org" in key.certificate.subject.rfc4514_string()
    assert "PRIVATE" not in repr(key)


def test_keys_of_a_folder_newest_first(tmp_path: Path, own_ec: Key) -> None:
    newer = factories.key(KeyKind.EC, 11, begins=-1)
    for name, key in (("a.pem", own_ec), ("b.pem", newer)):
        (tmp_path / name).write_bytes(key.private_pem + key.certificate_pem)
    assert [Path(key.name).name for key in Keys.from_folder(tmp_path).all] == ["b.pem", "a.pem"]


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no \*\.pem file"):
        Keys.from_folder(tmp_path)


def test_file_that_is_no_key(tmp_path: Path, own_ec: Key, own_rsa: Key, at: datetime) -> None:
    weak = rsa.generate_private_key(65537, 1024)
    edwards = ed25519.Ed25519PrivateKey.generate()
    file = tmp_path / "own.pem"
    for data, message in [
        (b"", "no private key"),
        (own_ec.private_pem, "own.pem"),
        (own_ec.certificate_pem, "no private key"),
        (own_ec.private_pem + own_rsa.certificate_pem, "do not belong together"),
        (pem(weak, at), "1024 bits"),
        (own_ec.private_pem[:60] + own_ec.private_pem[70:] + own_ec.certificate_pem, "own.pem"),
        (edwards_pem(edwards), "own.pem"),
    ]:
        file.write_bytes(data)
        with pytest.raises(ConfigurationError, match=message):
            Keys.from_folder(tmp_path)


def pem(private: rsa.RSAPrivateKey, at: datetime) -> bytes:
    key = Key("x", private, factories.certificate(private, "x", at, at + timedelta(days=1)))
    return key.private_pem + key.certificate_pem


def edwards_pem(private: ed25519.Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("kind", list(KeyKind))
def test_every_key_decrypts_during_a_roll_over(kind: KeyKind, own_ec: Key, own_rsa: Key) -> None:
    newer = factories.key(kind, 11, begins=-1)
    older = own_ec if kind is KeyKind.EC else own_rsa
    keys = Keys.of([own_ec, own_rsa, newer])
    encrypt = factories.encrypt_for_ec if kind is KeyKind.EC else factories.encrypt_for_rsa
    for recipient in (older, newer):
        assert decrypt(parse(encrypt(b"<x/>", recipient).encode()), keys) == b"<x/>"
