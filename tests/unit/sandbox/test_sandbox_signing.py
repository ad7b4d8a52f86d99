"""Signing in the sandbox over HTTP, judged by the portal's own verification: two independent implementations meet."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import uuid

import pytest
from lxml import etree

from boi_portal.sandbox.authority import Authorities, CertificateState
from boi_portal.sandbox.people import OFFERED, Person
from boi_portal.signing import Reason, SealKey, SignatureRefused, SignerKind, TrustStore, seal, verify, verify_seal

DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<wniosek xmlns="https://boi.example/wniosek/1">\n'
    "  <pole>Zażółć gęślą &amp; jaźń</pole>\n</wniosek>\n"
).encode()
DS = "{http://www.w3.org/2000/09/xmldsig#}"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def post(address: str, document: bytes | None = DOCUMENT, filename: str = "wniosek.xml", **fields: str):
    """A multipart POST as scripts send it; (status, headers, body)."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if document is not None:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="dokument"; filename="{filename}"\r\n'
        parts.append(f"{head}Content-Type: application/xml\r\n\r\n".encode() + document + b"\r\n")
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(f"{address}/podpis", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


@pytest.fixture
def trust(authorities: Authorities) -> TrustStore:
    return TrustStore.from_directories([authorities.trust])


@pytest.mark.parametrize("person", OFFERED, ids=lambda person: person.pesel)
def test_signing_makes_a_signature_that_the_portal_accepts(address, trust, person):
    status, headers, signed = post(address, osoba=person.pesel, stan="wazny")

    assert status == 200
    assert headers["Content-Type"] == "application/xml"
    assert 'filename="wniosek-podpisany.xml"' in headers["Content-Disposition"]
    signer = verify(signed, DOCUMENT, trust, now()).signer
    assert (signer.kind, signer.name, signer.pesel) == (SignerKind.QUALIFIED, person.full_name, person.pesel)
    assert signer.qualified


def test_signing_makes_an_enveloped_signature(address):
    _, _, signed = post(address, osoba=OFFERED[0].pesel)
    root = etree.fromstring(signed)
    assert root[-1].tag == f"{DS}Signature"
    assert next(root.iter("{http://uri.etsi.org/01903/v1.3.2#}SigningCertificateV2")) is not None


def test_signing_takes_a_person_from_the_fields(address, trust):
    _, _, signed = post(address, imie="Łucja", nazwisko="Żółć-Źródlana", pesel=OFFERED[1].pesel)
    signer = verify(signed, DOCUMENT, trust, now()).signer
    assert (signer.name, signer.pesel) == ("Łucja Żółć-Źródlana", OFFERED[1].pesel)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (CertificateState.EXPIRED, Reason.CERTIFICATE_EXPIRED),
        (CertificateState.REVOKED, Reason.CERTIFICATE_REVOKED),
        (CertificateState.UNKNOWN_ISSUER, Reason.CERTIFICATE_UNKNOWN),
        (CertificateState.NOT_QUALIFIED, Reason.NOT_QUALIFIED),
    ],
)
def test_signing_with_a_bad_certificate_is_refused_by_the_portal(address, trust, state, reason):
    status, _, signed = post(address, osoba=OFFERED[0].pesel, stan=state.value)
    assert status == 200
    with pytest.raises(SignatureRefused) as refused:
        verify(signed, DOCUMENT, trust, now())
    assert refused.value.reason is reason


def test_revoking_on_the_page_is_seen_by_the_portal_at_once(address, authorities, trust):
    person = {"imie": "Ewa", "nazwisko": "Do-Unieważnienia", "pesel": OFFERED[1].pesel}
    _, _, signed = post(address, **person)
    serial = verify(signed, DOCUMENT, trust, now()).signer.serial_number
    with urllib.request.urlopen(f"{address}/certyfikaty", f"numer={serial}".encode(), timeout=20) as response:
        page = response.read().decode()

    assert serial in page and "Unieważniony" in page
    with pytest.raises(SignatureRefused) as refused:
        verify(signed, DOCUMENT, trust, now())
    assert refused.value.reason is Reason.CERTIFICATE_REVOKED
    _, _, again = post(address, **person)
    assert verify(again, DOCUMENT, trust, now()).signer.serial_number != serial


def test_revoking_an_unknown_certificate_is_not_found(address):
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{address}/certyfikaty", b"numer=FF", timeout=20)
    with error.value as response:
        assert response.code == 404


def test_xmlsec1_accepts_what_the_sandbox_signs(address, authorities, tmp_path):
    xmlsec1 = shutil.which("xmlsec1") or "xmlsec1 is missing: install the Debian package xmlsec1"
    _, _, signed = post(address, osoba=OFFERED[0].pesel)
    path = tmp_path / "signed.xml"
    path.write_bytes(signed)
    anchors = authorities.trust / "anchors"
    command = [
        *(xmlsec1, "--verify", "--enabled-key-data", "x509", "--trusted-pem", str(anchors / "krajowy.pem")),
        *("--untrusted-pem", str(anchors / "kwalifikowany.pem")),
        *("--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"),
        *("--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:KeyInfo", str(path)),
    ]
    result = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("document", "fields", "field"),
    [
        (None, {"osoba": OFFERED[0].pesel}, "dokument"),
        (b"", {"osoba": OFFERED[0].pesel}, "dokument"),
        (b"%PDF", {"osoba": OFFERED[0].pesel}, "dokument"),
        (b"<!DOCTYPE a><a/>", {"osoba": OFFERED[0].pesel}, "dokument"),
        (b"<a>" + b"x" * (5 * 2**20) + b"</a>", {"osoba": OFFERED[0].pesel}, "dokument"),
        (DOCUMENT, {"osoba": "x"}, "osoba"),
        (DOCUMENT, {"osoba": "inna", "nazwisko": "X", "pesel": OFFERED[0].pesel}, "imie"),
        (DOCUMENT, {"osoba": "inna", "imie": "X", "nazwisko": "\x07", "pesel": OFFERED[0].pesel}, "nazwisko"),
        (DOCUMENT, {"osoba": "inna", "imie": "X", "nazwisko": "Y" * 61, "pesel": OFFERED[0].pesel}, "nazwisko"),
        (DOCUMENT, {"osoba": "inna", "imie": "X", "nazwisko": "Y", "pesel": "68031499950"}, "pesel"),
        (DOCUMENT, {"osoba": OFFERED[0].pesel, "stan": "x"}, "stan"),
    ],
)
def test_signing_answers_with_the_form_when_a_field_is_wrong(address, document, fields, field):
    status, _, page = post(address, document, **fields)
    assert status == 422
    root = etree.HTML(page)
    summary = root.xpath('//div[@class="errors"]//a/@href')
    assert f"#{field}" in summary
    assert root.xpath(f'//*[@id="{field}"]')
    assert root.xpath("string(//title)").startswith("Błąd: ")


def test_signing_refuses_a_document_that_is_signed_already(address):
    _, _, signed = post(address, osoba=OFFERED[0].pesel)
    status, _, page = post(address, signed, osoba=OFFERED[0].pesel)
    assert status == 422 and "jest już podpisany" in page.decode()


def test_signing_keeps_a_strange_file_name_harmless(address):
    _, headers, _ = post(address, filename="../żółć;\\x.xml", osoba=OFFERED[0].pesel)
    assert "/" not in headers["Content-Disposition"].replace("UTF-8''", "")
    assert "-podpisany.xml" in headers["Content-Disposition"]


def test_authorities_are_the_same_when_started_again(tmp_path):
    first = Authorities(tmp_path)
    held = first.credential(OFFERED[0], CertificateState.VALID)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".crl"}
    second = Authorities(tmp_path)
    assert {
        path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".crl"
    } == before
    assert second.credential(OFFERED[0], CertificateState.VALID).certificate == held.certificate


def test_authorities_remember_revocations_when_started_again(tmp_path):
    revoked = Authorities(tmp_path).credential(OFFERED[0], CertificateState.REVOKED)
    assert [line.revoked for line in Authorities(tmp_path).issued()] == [True]
    again = Authorities(tmp_path).credential(OFFERED[0], CertificateState.REVOKED)
    assert again.certificate == revoked.certificate


def test_authorities_issue_old_lists_again(tmp_path):
    authorities = Authorities(tmp_path)
    path = tmp_path / "trust" / "crls" / "krajowy.crl"
    before = path.read_bytes()
    os.utime(path, (0, 0))
    authorities.credential(OFFERED[0], CertificateState.VALID)
    assert path.read_bytes() != before


def test_private_keys_are_not_readable_by_others(authorities):
    authorities.credential(OFFERED[0], CertificateState.VALID)
    private = [*(authorities.trust.parent / "private").rglob("*.pem"), authorities.seal]
    assert len(private) > 4
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


def test_seal_of_the_sandbox_serves_the_portal(authorities, trust):
    key = SealKey.load(authorities.seal, "piaskownica")
    verified = verify_seal(seal(DOCUMENT, key, now()), trust, now())
    assert (verified.signer.kind, verified.signer.nip, verified.signer.qualified) == (
        SignerKind.SEAL,
        "1234563218",
        True,
    )


def test_a_name_from_the_form_cannot_leave_the_folder(authorities):
    person = Person.entered("../../x", "/etc/y", OFFERED[0].pesel)
    authorities.credential(person, CertificateState.VALID)
    assert all(re.fullmatch(r"[0-9a-f]{20}\.[a-z-]+\.pem", path.name) for path in _people(authorities))
    assert "../../x /etc/y" in [line.person for line in authorities.issued()]


def _people(authorities):
    return list((authorities.trust.parent / "private" / "people").iterdir())


def test_revocations_are_kept_as_dates(authorities):
    authorities.credential(OFFERED[2], CertificateState.REVOKED)
    lines = json.loads((authorities.trust.parent / "private" / "revoked.json").read_text())
    assert all(dt.datetime.fromisoformat(time) < now() for time in lines.values())
