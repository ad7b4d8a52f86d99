"""The identity providers' keys and files: at most two keys are published, and what is withdrawn does not come back."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from boi_portal.sandbox.identity.keys import KeyRing
from boi_portal.sandbox.main import cli


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


def test_init_publishes_what_a_portal_needs(tmp_path):
    address = "http://127.0.0.1:9999"
    for _ in range(2):  # the second time it keeps the keys
        done = CliRunner().invoke(cli, ["init", "--var", str(tmp_path), "--wezel", address])
        assert done.exit_code == 0, done.output
    folder = tmp_path / "identity"

    assert f"boi.identity_providers = {folder}" in done.output and f"{address}/oidc" in done.output
    assert sorted(path.name for path in folder.iterdir()) == [
        "samorzad-metadata.xml",
        "samorzad.yaml",
        "wezel-metadata.xml",
        "wezel.yaml",
    ]
    assert f'Location="{address}/login/SingleSignOnService"' in (folder / "wezel-metadata.xml").read_text()
    assert len(list((tmp_path / "private" / "identity").glob("wezel-*.pem"))) == 1


def test_wezel_is_not_served_for_a_portal_without_an_address(tmp_path):
    done = CliRunner().invoke(cli, ["wezel", "--var", str(tmp_path), "--portal", "localhost"])
    assert done.exit_code == 2 and "--portal" in done.output
