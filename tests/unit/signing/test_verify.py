"""What `verify` accepts, and what it says of the signer."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from lxml import etree

from boi_portal.signing import Form, SignerKind, TrustStore, verify

from . import factories as f


def test_verify_returns_the_signer_when_the_signature_is_right(trust, person):
    verified = verify(f.sign(person), f.DOCUMENT, trust, f.NOW)

    assert verified.signer.kind is SignerKind.QUALIFIED
    assert verified.signer.name == "Jan Testowy"
    assert verified.signer.pesel == f.PESEL
    assert verified.signer.nip is None
    assert verified.signer.serial_number == f"{person.certificate.serial_number:X}"
    assert "Próbny Wystawca Kwalifikowany" in verified.signer.issuer
    assert verified.signer.not_before == f.NOW - 30 * f.DAY
    assert verified.signer.not_after == f.NOW + 700 * f.DAY
    assert verified.signer.qualified
    assert verified.form is Form.ENVELOPED
    assert verified.claimed_time == dt.datetime(2026, 3, 5, 10, 0, tzinfo=dt.UTC)
    assert verified.certificate == person.der
    assert len(verified.chain) == 3 and verified.chain[-1] == person.der


@pytest.mark.parametrize(
    "transforms",
    [(f.ENVELOPED,), (f.ENVELOPED, f.INCLUSIVE), (f.XPATH,), (f.XPATH, f.EXCLUSIVE), (f.XPATH2, f.EXCLUSIVE)],
    ids=["implicit", "inclusive", "podpis-zaufany", "xpath-exclusive", "filter2"],
)
def test_verify_accepts_every_usual_way_of_leaving_out_the_signature(trust, person, transforms):
    assert verify(f.sign(person, transforms=transforms), f.DOCUMENT, trust, f.NOW).signer.pesel == f.PESEL


def test_verify_accepts_an_elliptic_key(trust, issuing):
    identity = issuing.issue(key=f.ec_key())
    assert verify(f.sign(identity), f.DOCUMENT, trust, f.NOW).algorithm == f.ECDSA_SHA256


@pytest.mark.parametrize("bits", [256, 384, 512])
def test_verify_accepts_pss(trust, person, bits):
    algorithm = f"http://www.w3.org/2007/05/xmldsig-more#sha{bits}-rsa-MGF1"
    assert verify(f.sign(person, algorithm=algorithm), f.DOCUMENT, trust, f.NOW).algorithm == algorithm


def test_verify_accepts_an_enveloping_signature(trust, person):
    assert verify(f.sign(person, enveloping=True), f.DOCUMENT, trust, f.NOW).form is Form.ENVELOPING


def test_verify_accepts_a_reference_to_the_document_inside_the_object(trust, issuing):
    document = f.DOCUMENT.replace(b"<wniosek ", b'<wniosek Id="w1" ')

    def point_inside(signature: etree._Element) -> None:
        signature.find(f".//{f.ds('Reference')}").set("URI", "#w1")

    signed = f.sign(issuing.issue(), document, enveloping=True, before=point_inside)
    assert verify(signed, document, trust, f.NOW).form is Form.ENVELOPING


def test_verify_accepts_the_document_in_base64(trust, person):
    def encode(signature: etree._Element) -> None:
        holder = signature.findall(f.ds("Object"))[1]
        del holder[0]
        holder.text = base64.b64encode(f.DOCUMENT).decode()
        reference = signature.find(f".//{f.ds('Reference')}")
        transforms = etree.Element(f.ds("Transforms"))
        etree.SubElement(transforms, f.ds("Transform"), Algorithm=f"{f.DS}base64")
        reference.insert(0, transforms)

    signed = f.sign(person, enveloping=True, before=encode)
    assert verify(signed, f.DOCUMENT, trust, f.NOW).form is Form.ENVELOPING


def test_verify_accepts_the_older_signing_certificate_and_issuers_in_the_file(trust, issuing, person):
    def older(signature: etree._Element) -> None:
        next(signature.iter(f.xades("SigningCertificateV2"))).tag = f.xades("SigningCertificate")

    signed = f.sign(person, before=older, others=(issuing.der,))
    assert verify(signed, f.DOCUMENT, trust, f.NOW).signer.pesel == f.PESEL


def test_verify_accepts_unsigned_properties_added_later(trust, person):
    def timestamp(signature: etree._Element) -> None:
        holder = next(signature.iter(f.xades("QualifyingProperties")))
        unsigned = etree.SubElement(holder, f.xades("UnsignedProperties"))
        holder = etree.SubElement(unsigned, f.xades("UnsignedSignatureProperties"))
        etree.SubElement(holder, f.xades("SignatureTimeStamp"))

    assert verify(f.sign(person, before=timestamp), f.DOCUMENT, trust, f.NOW).signer.pesel == f.PESEL


def test_verify_names_the_organisation_when_a_qualified_seal_signed(trust, issuing):
    identity = issuing.issue(f.OFFICE, statements=f.qc_statements("2"))
    signer = verify(f.sign(identity), f.DOCUMENT, trust, f.NOW).signer

    assert (signer.kind, signer.name) == (SignerKind.SEAL, "Urząd Gminy Zdroje")
    assert (signer.nip, signer.pesel) == ("1234563218", None)


@pytest.mark.parametrize(
    ("serial", "pesel", "nip"),
    [
        (f"PNOPL-{f.PESEL}", f.PESEL, None),
        (f"PESEL: {f.PESEL}", f.PESEL, None),
        ("TINPL-1234563218", None, "1234563218"),
        ("NIP: 1234563218", None, "1234563218"),
        (f"PNODE-{f.PESEL}", None, None),
        (f"PNOPL-{f.PESEL}9", None, None),
        ("PNOPL-6801011", None, None),
        ("IDCPL-ABC123456", None, None),
    ],
)
def test_verify_reads_the_number_in_the_certificate(trust, issuing, serial, pesel, nip):
    name = f.subject(cn="Jan Testowy", given="Jan", surname="Testowy", serial=serial)
    signer = verify(f.sign(issuing.issue(name)), f.DOCUMENT, trust, f.NOW).signer
    assert (signer.pesel, signer.nip) == (pesel, nip)


def test_verify_reads_no_number_when_the_certificate_has_two(trust, issuing):
    from cryptography import x509

    second = x509.NameAttribute(x509.oid.NameOID.SERIAL_NUMBER, "PNOPL-71030512345")
    name = x509.Name([*f.PERSON, second])
    assert verify(f.sign(issuing.issue(name)), f.DOCUMENT, trust, f.NOW).signer.pesel is None


def test_verify_accepts_a_certificate_that_was_revoked_after_the_receipt(tmp_path, root, issuing, person):
    later = issuing.crl(person, at=f.NOW + f.DAY, since=f.NOW + f.DAY / 2)
    folder = f.trust_folder(tmp_path / "later", root, issuing, root.crl(), later)
    assert verify(f.sign(person), f.DOCUMENT, TrustStore.from_directories([folder]), f.NOW).signer.pesel == f.PESEL


def test_verify_demands_a_time_zone(trust, person):
    with pytest.raises(ValueError, match="time zone"):
        verify(f.sign(person), f.DOCUMENT, trust, f.NOW.replace(tzinfo=None))


@pytest.mark.parametrize("document", [b"not a document", f.DOCUMENT + b"<!-- x -->"], ids=["text", "comment-after"])
def test_verify_demands_a_document_that_can_be_read(trust, person, document):
    with pytest.raises(ValueError, match="document itself"):
        verify(f.sign(person), document, trust, f.NOW)
