"""Folders of authorities and revocation lists: read again when they change, whatever lies in them."""

from __future__ import annotations

import logging
import os
import threading
import time

import pytest

from boi_portal.signing import Reason, SignatureRefused, TrustStore, verify

from . import factories as f


def _replace(path, data: bytes) -> None:
    """The way a careful program writes: beside, then over."""
    beside = path.with_suffix(".new")
    beside.write_bytes(data)
    os.replace(beside, path)


def test_trust_store_reads_pem_and_der(folder, root, issuing):
    lists = TrustStore.from_directories([folder]).lists()
    assert lists.roots == (root.der,)
    assert set(lists.issuers) == {root.der, issuing.der}
    assert len(lists.crls) == 2


def test_trust_store_joins_folders(tmp_path, root, issuing, person):
    first = f.trust_folder(tmp_path / "a", root, issuing, root.crl(), None)
    second = f.trust_folder(tmp_path / "b", root, issuing, None, issuing.crl())
    store = TrustStore.from_directories([first, second])
    assert verify(f.sign(person), f.DOCUMENT, store, f.NOW).signer.pesel == f.PESEL


def test_trust_store_notices_a_new_list(trust, folder, issuing, person):
    signed = f.sign(person)
    verify(signed, f.DOCUMENT, trust, f.NOW)
    _replace(folder / "crls" / "issuing.crl", issuing.crl(person))
    with pytest.raises(SignatureRefused) as refused:
        verify(signed, f.DOCUMENT, trust, f.NOW)
    assert refused.value.reason is Reason.CERTIFICATE_REVOKED


def test_trust_store_notices_a_list_written_in_place(trust, folder, issuing, person):
    signed = f.sign(person)
    verify(signed, f.DOCUMENT, trust, f.NOW)
    (folder / "crls" / "issuing.crl").write_bytes(issuing.crl(person))
    with pytest.raises(SignatureRefused):
        verify(signed, f.DOCUMENT, trust, f.NOW)


def test_trust_store_notices_a_removed_authority(trust, folder, person):
    verify(f.sign(person), f.DOCUMENT, trust, f.NOW)
    (folder / "anchors" / "root.pem").unlink()
    with pytest.raises(SignatureRefused) as refused:
        verify(f.sign(person), f.DOCUMENT, trust, f.NOW)
    assert refused.value.reason is Reason.CERTIFICATE_UNKNOWN


def test_trust_store_notices_folders_that_appear_later(tmp_path, root, issuing, person):
    store = TrustStore.from_directories([tmp_path / "later"])
    assert store.lists().roots == ()
    f.trust_folder(tmp_path / "later", root, issuing, root.crl(), issuing.crl())
    assert verify(f.sign(person), f.DOCUMENT, store, f.NOW).signer.pesel == f.PESEL


def test_trust_store_keeps_what_it_read_when_nothing_changed(trust):
    assert trust.lists() is trust.lists()


@pytest.mark.parametrize("junk", [b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_trust_store_leaves_out_and_logs_what_cannot_be_read(trust, folder, person, junk, caplog):
    caplog.set_level(logging.ERROR)
    for place in ("anchors", "crls"):
        (folder / place / "junk").write_bytes(junk)
    assert verify(f.sign(person), f.DOCUMENT, trust, f.NOW).signer.pesel == f.PESEL
    assert [record.message for record in caplog.records] == ["signing.trust.unreadable"] * 2


def test_trust_store_takes_no_persons_certificate_for_an_authority(tmp_path, folder, person, caplog):
    (folder / "anchors" / "person.pem").write_bytes(person.pem)
    assert person.der not in TrustStore.from_directories([folder]).lists().issuers
    assert "signing.trust.unreadable" in caplog.messages


def test_trust_store_is_safe_between_threads(trust, folder, root, issuing, person):
    signed, failures, stop = f.sign(person), [], threading.Event()

    def check() -> None:
        while not stop.is_set():
            try:
                verify(signed, f.DOCUMENT, trust, f.NOW)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        _replace(folder / "crls" / "root.crl", root.crl())
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
