"""The office's seal: how its key is read, and that what it makes holds."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from lxml import etree

from boi_portal.signing import (
    Form,
    Reason,
    SealKey,
    SealKeyError,
    SignatureRefused,
    SignerKind,
    seal,
    verify,
    verify_seal,
)

from . import factories as f

RECEIPT = '<Dokument xmlns="urn:upo"><UPP><Nadawca>Zażółć</Nadawca></UPP></Dokument>'.encode()
PASSWORD = "hasło testowe"


def key_pem(key: f.Key, password: str | None = None) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password.encode())
    return key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@pytest.fixture(scope="session", params=["rsa", "ecdsa"])
def office(request, issuing) -> f.Identity:
    key = f.rsa_key(4) if request.param == "rsa" else f.ec_key(4)
    return issuing.issue(f.OFFICE, key, statements=f.qc_statements("2"))


@pytest.fixture(scope="session")
def seal_key(office, issuing) -> SealKey:
    return SealKey(office.key, office.certificate, (issuing.certificate,))


def test_seal_holds_and_stands_in_the_root(seal_key, trust):
    sealed = seal(RECEIPT, seal_key, f.NOW)
    root = etree.fromstring(sealed)

    assert root.tag == "{urn:upo}Dokument"
    assert [child.tag for child in root] == ["{urn:upo}UPP", f.ds("Signature")]
    verified = verify_seal(sealed, trust, f.NOW)
    assert verified.signer.kind is SignerKind.SEAL
    assert verified.signer.name == "Urząd Gminy Zdroje"
    assert verified.signer.nip == "1234563218"
    assert verified.signer.qualified
    assert verified.form is Form.ENVELOPED
    assert verified.claimed_time == f.NOW


def test_seal_leaves_every_byte_of_the_content(seal_key, trust):
    document = f.DOCUMENT.replace(b"  <pole id", b"\t  <!-- uwaga --> <pole  id")
    assert verify(seal(document, seal_key, f.NOW), document, trust, f.NOW).form is Form.ENVELOPED


def test_seal_writes_its_time_in_utc(seal_key):
    local = f.NOW.astimezone(dt.timezone(dt.timedelta(hours=1)))
    assert b"<xades:SigningTime>2026-03-05T10:00:00Z<" in seal(RECEIPT, seal_key, local)


def test_verify_seal_refuses_altered_content(seal_key, trust):
    sealed = seal(RECEIPT, seal_key, f.NOW).replace("Zażółć".encode(), b"Ewa")
    with pytest.raises(SignatureRefused) as refused:
        verify_seal(sealed, trust, f.NOW)
    assert refused.value.reason is Reason.ALTERED


def test_verify_seal_refuses_a_persons_signature(person, trust):
    with pytest.raises(SignatureRefused) as refused:
        verify_seal(f.sign(person), trust, f.NOW)
    assert refused.value.reason is Reason.NOT_QUALIFIED


def test_verify_seal_refuses_an_enveloping_seal(office, trust):
    with pytest.raises(SignatureRefused) as refused:
        verify_seal(f.sign(office, enveloping=True), trust, f.NOW)
    assert refused.value.reason is Reason.NOT_WHOLE


def test_verify_seal_refuses_an_unknown_issuer(trust):
    stranger = f.Authority("Nieznany Wystawca", f.rsa_key(12)).issue(f.OFFICE, f.rsa_key(4))
    with pytest.raises(SignatureRefused) as refused:
        verify_seal(seal(RECEIPT, SealKey(stranger.key, stranger.certificate), f.NOW), trust, f.NOW)
    assert refused.value.reason is Reason.CERTIFICATE_UNKNOWN


def test_verify_seal_accepts_a_seal_that_is_not_qualified_and_says_so(issuing, trust):
    plain = issuing.issue(f.OFFICE, f.rsa_key(4), statements=None)
    verified = verify_seal(seal(RECEIPT, SealKey(plain.key, plain.certificate), f.NOW), trust, f.NOW)
    assert not verified.signer.qualified


@pytest.mark.parametrize(
    "document",
    [b"", b"<a>", b"<!DOCTYPE a><a/>", b"<a>" + b"x" * 6_000_000 + b"</a>"],
    ids=["empty", "open", "dtd", "large"],
)
def test_seal_demands_a_document_that_can_be_read(seal_key, document):
    with pytest.raises(ValueError, match="cannot be sealed"):
        seal(document, seal_key, f.NOW)


def test_seal_demands_an_unsigned_document(seal_key):
    with pytest.raises(ValueError, match="signed already"):
        seal(seal(RECEIPT, seal_key, f.NOW), seal_key, f.NOW)


@pytest.mark.parametrize("shift", [dt.timedelta(days=-40), dt.timedelta(days=800)], ids=["before", "after"])
def test_seal_demands_a_valid_certificate(seal_key, shift):
    with pytest.raises(ValueError, match="not valid"):
        seal(RECEIPT, seal_key, f.NOW + shift)


def test_seal_demands_a_time_zone(seal_key):
    with pytest.raises(ValueError, match="time zone"):
        seal(RECEIPT, seal_key, f.NOW.replace(tzinfo=None))


@pytest.mark.parametrize("password", [None, PASSWORD], ids=["open", "encrypted"])
@pytest.mark.parametrize("chain_first", [False, True], ids=["own-first", "issuer-first"])
def test_seal_key_loads_pem(tmp_path, office, issuing, password, chain_first):
    pair = [issuing.pem, office.pem] if chain_first else [office.pem, issuing.pem]
    path = tmp_path / "seal.pem"
    path.write_bytes(key_pem(office.key, password) + b"".join(pair))
    key = SealKey.load(path, password)

    assert key.certificate == office.certificate
    assert key.others == (issuing.certificate,)
    assert "CN=Urząd Gminy Zdroje" in key.subject
    assert key.not_after == office.certificate.not_valid_after_utc
    assert "private" not in repr(key).lower()


@pytest.mark.parametrize("password", [None, PASSWORD], ids=["open", "encrypted"])
def test_seal_key_loads_pkcs12(tmp_path, office, issuing, password):
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password.encode())
    path = tmp_path / "seal.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal", office.key, office.certificate, [issuing.certificate], encryption
        )
    )
    key = SealKey.load(path, password)
    assert (key.certificate, key.others) == (office.certificate, (issuing.certificate,))


def test_seal_key_refuses_what_cannot_be_used(tmp_path, office, person, issuing):
    weak = issuing.issue(f.OFFICE, f.rsa_key(5, 1024))
    contents = {
        "junk": b"junk",
        "no key": office.pem,
        "no certificate": key_pem(office.key),
        "not a pair": key_pem(office.key) + person.pem,
        "locked": key_pem(office.key, PASSWORD) + office.pem,
        "weak": key_pem(weak.key) + weak.pem,
    }
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(SealKeyError, match=name):
            SealKey.load(path)
    with pytest.raises(SealKeyError, match="locked"):
        SealKey.load(tmp_path / "locked", "złe hasło")
    with pytest.raises(SealKeyError, match="missing"):
        SealKey.load(tmp_path / "missing")
