"""The identity providers' keys: at most two are published, and what is withdrawn does not come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from boi_portal.sandbox.identity.keys import KeyRing


def fingerprints(ring: KeyRing) -> list[str]:
    return [key.fingerprint for key in ring.published]


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys", "wezel", "Węzeł", "ec")


def test_keys_are_the_same_when_opened_again(ring, tmp_path):
    ring.announce()
    ring.switch()
    again = KeyRing(tmp_path / "keys", "wezel", "Węzeł", "ec")
    assert fingerprints(again) == fingerprints(ring) and again.signing.fingerprint == ring.signing.fingerprint


def test_key_that_was_announced_is_replaced_by_the_next(ring):
    signs = ring.signing.fingerprint
    ring.announce()
    first = fingerprints(ring)[1]
    ring.announce()
    assert fingerprints(ring)[0] == signs == ring.signing.fingerprint
    assert len(fingerprints(ring)) == 2 and first not in fingerprints(ring)


def test_key_that_was_withdrawn_does_not_come_back(ring):
    ring.announce()
    withdrawn = fingerprints(ring)[1]
    ring.retire()
    ring.announce()
    assert withdrawn not in fingerprints(ring)


def test_keys_of_two_providers_share_a_folder(ring, tmp_path):
    other = KeyRing(tmp_path / "keys", "samorzad", "Inny", "ec")
    assert not set(fingerprints(ring)) & set(fingerprints(other))


def test_private_keys_are_for_the_owner_alone(ring, tmp_path):
    for path in (tmp_path / "keys").glob("*.pem"):
        assert path.stat().st_mode & 0o077 == 0


def test_stranger_is_not_published(ring):
    assert ring.stranger().fingerprint not in fingerprints(ring)
