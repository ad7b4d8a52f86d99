"""Every attack and fault on a XAdES signature that must be refused, each with its own reason."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import gzip
import hashlib
import io
import logging
import random
import re
import time
import zipfile

import pytest
from lxml import etree

from boi_portal.signing import Reason, SignatureRefused, TrustStore, verify

from . import factories as f

SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
ROLE = (
    "<xades:SignerRole><xades:ClaimedRoles><xades:ClaimedRole>Wójt</xades:ClaimedRole></xades:ClaimedRoles>"
    "</xades:SignerRole>"
)


def reason(signed: bytes, trust: TrustStore, document: bytes = f.DOCUMENT, at: dt.datetime = f.NOW) -> Reason:
    """The reason for refusing `signed`; the test fails if it is accepted."""
    with pytest.raises(SignatureRefused) as refused:
        verify(signed, document, trust, at)
    return refused.value.reason


def reference(signature: etree._Element) -> etree._Element:
    """The data reference."""
    return signature.find(f".//{f.ds('Reference')}")


# Bytes that are no XML, or XML that is not safe to read


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"%PDF-1.7",
        b"Jan",
        b"<a>",
        b"<a/><b/>",
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        b"<a>\xff</a>",
        b"{}",
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="ebcdic"?><a/>',
    ],
    ids=["empty", "blank", "pdf", "text", "open", "two-roots", "utf-16", "bad-utf-8", "json", "utf-7", "ebcdic"],
)
def test_verify_refuses_what_is_no_xml(trust, data):
    assert reason(data, trust) is Reason.NOT_XML


def test_verify_refuses_a_large_file_cheaply(trust):
    large = b"<a>" + b"x" * 50_000_000 + b"</a>"
    start = time.process_time()
    assert reason(large, trust) is Reason.TOO_LARGE
    assert time.process_time() - start < 0.1


def _zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("podpis.xml", b"<a>" + b" " * 10_000_000 + b"</a>")
    return buffer.getvalue()


BOMB = (
    b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx">'
    + b"".join(b'<!ENTITY x%d "%s">' % (n, (b"&x%d;" % (n - 1) if n else b"&x;") * 10) for n in range(9))
    + b"]><a>&x8;</a>"
)


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd">%x;]><a/>',
        gzip.compress(b"<a/>" * 1000),
        _zip_bomb(),
        b"<a>" * 300 + b"</a>" * 300,
        b"<a>" * 3000 + b"</a>" * 3000,
        b"<r>" + b"<a/>" * 200_000 + b"</r>",
        b"<a " + b" ".join(b'a%d=""' % n for n in range(5000)) + b"/>",
        b"<a " + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(5000)) + b"/>",
        b"<r " + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(100)) + b">" + b"<a/>" * 45_000 + b"</r>",
    ],
    ids=[
        "bomb",
        "doctype",
        "dtd",
        "xxe",
        "parameter-xxe",
        "gzip",
        "zip",
        "depth-300",
        "depth-3000",
        "elements",
        "attributes",
        "namespaces",
        "namespaces-and-elements",
    ],
)
def test_verify_refuses_what_is_not_safe_to_read(trust, data):
    start = time.process_time()
    assert reason(data, trust) is Reason.TOO_COMPLEX
    assert time.process_time() - start < 2


def test_verify_refuses_an_enormous_text_node(trust, person):
    signed = f.sign(person).replace(b"Jan<", b"J" * 11_000_000 + b"<")
    assert reason(signed, trust) is Reason.TOO_LARGE


# No signature, or a signature of another kind


def test_verify_refuses_a_document_that_was_not_signed(trust):
    assert reason(f.DOCUMENT, trust) is Reason.NO_SIGNATURE


def test_verify_refuses_plain_xmldsig(trust, person):
    def strip(signature):
        signature.remove(signature.find(f.ds("Object")))
        info = signature.find(f.ds("SignedInfo"))
        info.remove(info.findall(f.ds("Reference"))[1])

    assert reason(f.sign(person, before=strip), trust) is Reason.NOT_XADES


def test_verify_refuses_properties_that_are_not_signed(trust, person):
    def unsign(signature):
        info = signature.find(f.ds("SignedInfo"))
        info.remove(info.findall(f.ds("Reference"))[1])

    assert reason(f.sign(person, before=unsign), trust) is Reason.NOT_XADES


def test_verify_refuses_properties_without_the_signing_certificate(trust, person):
    def strip(signature):
        element = next(signature.iter(f.xades("SigningCertificateV2")))
        element.getparent().remove(element)

    assert reason(f.sign(person, before=strip), trust) is Reason.NOT_XADES


def test_verify_refuses_a_reference_to_the_properties_without_type(trust, person):
    def untype(signature):
        del signature.findall(f".//{f.ds('Reference')}")[1].attrib["Type"]

    assert reason(f.sign(person, before=untype), trust) is Reason.NOT_XADES


def test_verify_refuses_properties_of_another_signature(trust, person):
    def aim(signature):
        next(signature.iter(f.xades("QualifyingProperties"))).set("Target", "#inny")

    assert reason(f.sign(person, before=aim), trust) is Reason.MALFORMED


# Altered after signing


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<wartosc>Jan<", b"<wartosc>Ewa<"),
        (b'wersja="3"', b'wersja="4"'),
        (b"</wniosek>", b"<pole/></wniosek>"),
        (b"11:00:00+01:00", b"10:00:00+01:00"),
    ],
    ids=["text", "attribute", "element", "signed-properties"],
)
@pytest.mark.parametrize("enveloping", [False, True], ids=["enveloped", "enveloping"])
def test_verify_refuses_altered_content(trust, person, old, new, enveloping):
    signed = f.sign(person, enveloping=enveloping)
    assert signed.count(old) == 1
    assert reason(signed.replace(old, new), trust) is Reason.ALTERED


def test_verify_refuses_content_that_was_altered_to_match_the_document(trust, person):
    signed = f.sign(person, f.OTHER_VERSION).replace(b'wersja="2"', b'wersja="3"')
    assert reason(signed, trust) is Reason.ALTERED


def test_verify_refuses_a_damaged_signature_value(trust, person):
    root = etree.fromstring(f.sign(person))
    value = next(root.iter(f.ds("SignatureValue")))
    raw = bytearray(base64.b64decode(value.text))
    raw[7] ^= 1
    value.text = base64.b64encode(raw).decode()
    assert reason(etree.tostring(root), trust) is Reason.ALTERED


def test_verify_refuses_an_unsigned_comment_in_the_document(trust, person):
    signed = f.sign(person).replace(b"<wartosc>Jan<", b"<wartosc>J<!-- -->an<")
    assert reason(signed, trust) is Reason.OTHER_DOCUMENT


@pytest.mark.parametrize("extra", [b'<?xml-stylesheet href="x.xsl"?>', b"<!-- x -->"], ids=["instruction", "comment"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_verify_refuses_anything_beside_the_root(trust, person, extra, after):
    signed = f.sign(person)
    head, body = re.fullmatch(rb"(<\?xml.*?\?>\s*)(.*)", signed, re.DOTALL).groups()
    assert reason(signed + extra if after else head + extra + body, trust) is Reason.NOT_WHOLE


# Another document


@pytest.mark.parametrize("enveloping", [False, True], ids=["enveloped", "enveloping"])
def test_verify_refuses_an_older_version(trust, person, enveloping):
    assert reason(f.sign(person, f.OTHER_VERSION, enveloping=enveloping), trust) is Reason.OTHER_DOCUMENT


def test_verify_refuses_another_document(trust, person):
    assert reason(f.sign(person, b"<inny/>"), trust) is Reason.OTHER_DOCUMENT


def test_verify_refuses_the_same_words_in_another_namespace(trust, person):
    assert reason(f.sign(person, f.DOCUMENT.replace(b"/wniosek/1", b"/wniosek/2")), trust) is Reason.OTHER_DOCUMENT


# Wrapping, and signatures over a part


def test_verify_refuses_an_evil_sibling_with_the_original_in_an_object(trust, person):
    """The signed original is moved into ds:Object; the root that a careless reader takes is the attacker's."""
    original = f.DOCUMENT.replace(b"<wniosek ", b'<wniosek Id="w1" ')
    signed = etree.fromstring(f.sign(person, original, before=lambda s: reference(s).set("URI", "#w1")))
    evil = etree.fromstring(original.replace(b"Jan", b"Ewa").replace(b' Id="w1"', b""))
    signature = signed.find(f.ds("Signature"))
    evil.append(signature)
    etree.SubElement(signature, f.ds("Object")).append(signed)
    assert reason(etree.tostring(evil), trust, original) is Reason.NOT_WHOLE


def test_verify_refuses_two_elements_with_one_identifier(trust, person):
    root = etree.fromstring(f.sign(person, enveloping=True))
    twin = copy.deepcopy(root.findall(f.ds("Object"))[1])
    root.append(twin)
    assert reason(etree.tostring(root), trust) is Reason.NOT_WHOLE


@pytest.mark.parametrize("name", ["ID", "id", "{http://www.w3.org/XML/1998/namespace}id"])
def test_verify_refuses_one_identifier_under_two_names(trust, person, name):
    root = etree.fromstring(f.sign(person))
    root[0].set(name, "wlasciwosci")
    assert reason(etree.tostring(root), trust) is Reason.NOT_WHOLE


def test_verify_refuses_a_signature_over_a_part(trust, person):
    document = f.DOCUMENT.replace(b'<pole id="imie">', b'<pole Id="imie">')

    def narrow(signature):
        reference(signature).set("URI", "#imie")

    signed = f.sign(person, document, before=narrow, transforms=(f.EXCLUSIVE,))
    assert reason(signed, trust, document) is Reason.NOT_WHOLE


def test_verify_refuses_a_signature_over_its_properties_only(trust, person):
    def drop(signature):
        signature.find(f.ds("SignedInfo")).remove(reference(signature))

    assert reason(f.sign(person, before=drop), trust) is Reason.NOT_WHOLE


def test_verify_refuses_two_data_references(trust, person):
    def double(signature):
        first = reference(signature)
        twin = copy.deepcopy(first)
        del twin.attrib["Id"]
        first.addnext(twin)

    assert reason(f.sign(person, before=double), trust) is Reason.NOT_WHOLE


def test_verify_refuses_two_signatures(trust, person):
    root = etree.fromstring(f.sign(person))
    root.append(copy.deepcopy(root.find(f.ds("Signature"))))
    assert reason(etree.tostring(root), trust) is Reason.NOT_WHOLE


def test_verify_refuses_a_signature_deep_inside(trust, person):
    root = etree.fromstring(f.sign(person))
    root[0].append(root.find(f.ds("Signature")))
    assert reason(etree.tostring(root), trust) is Reason.NOT_WHOLE


def test_verify_refuses_an_unsigned_object_beside_the_document(trust, person):
    for enveloping in (False, True):
        root = etree.fromstring(f.sign(person, enveloping=enveloping))
        etree.SubElement(next(root.iter(f.ds("Signature"))), f.ds("Object")).append(etree.fromstring(f.DOCUMENT))
        assert reason(etree.tostring(root), trust) is Reason.NOT_WHOLE


def test_verify_refuses_a_second_set_of_properties(trust, person):
    root = etree.fromstring(f.sign(person))
    holder = next(root.iter(f.ds("Object")))
    twin = copy.deepcopy(holder)
    next(twin.iter(f.xades("SignedProperties"))).set("Id", "inne")
    holder.addnext(twin)
    assert reason(etree.tostring(root), trust) is Reason.NOT_WHOLE


def test_verify_refuses_something_beside_the_document_in_its_object(trust, person):
    def add(signature):
        etree.SubElement(signature.findall(f.ds("Object"))[1], "dodatek")

    assert reason(f.sign(person, enveloping=True, before=add), trust) is Reason.NOT_WHOLE


@pytest.mark.parametrize(
    "expression",
    [
        "not(ancestor-or-self::ds:Signature) and not(self::text())",
        "true()",
        "not(ancestor-or-self::ds:SignedInfo)",
        "not(ancestor-or-self::zly:Signature)",
    ],
)
def test_verify_refuses_an_xpath_that_leaves_something_else_out(trust, person, expression):
    def spoil(signature):
        xpath = next(signature.iter(f.ds("XPath")))
        if "zly:" in expression:
            wrong = etree.SubElement(xpath.getparent(), f.ds("XPath"), nsmap={"zly": "urn:zly"})
            xpath.getparent().remove(xpath)
            xpath = wrong
        xpath.text = expression

    assert reason(f.sign(person, before=spoil, transforms=(f.XPATH, f.EXCLUSIVE)), trust) is Reason.NOT_WHOLE


def test_verify_refuses_xslt(trust, person):
    root = etree.fromstring(f.sign(person))
    transform = next(root.iter(f.ds("Transform")))
    transform.set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")
    transform.append(etree.fromstring('<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0"/>'))
    assert reason(etree.tostring(root), trust) is Reason.NOT_WHOLE


@pytest.mark.parametrize("address", ["#xpointer(/)", "#xpointer(id('wlasciwosci'))", "#nieznany"])
def test_verify_refuses_other_ways_of_pointing(trust, person, address):
    root = etree.fromstring(f.sign(person))
    reference(root).set("URI", address)
    assert reason(etree.tostring(root), trust) is Reason.NOT_WHOLE


def test_verify_refuses_a_reference_without_address(trust, person):
    root = etree.fromstring(f.sign(person))
    del reference(root).attrib["URI"]
    assert reason(etree.tostring(root), trust) is Reason.NOT_WHOLE


# References outside the file


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/x.xml", "dokument.xml", "//x/y", "?x"])
@pytest.mark.parametrize("place", ["Reference", "RetrievalMethod", "Object-Reference"])
def test_verify_refuses_an_external_reference(trust, person, address, place):
    root = etree.fromstring(f.sign(person))
    if place == "Reference":
        reference(root).set("URI", address)
    elif place == "RetrievalMethod":
        etree.SubElement(next(root.iter(f.ds("KeyInfo"))), f.ds("RetrievalMethod"), URI=address)
    else:
        manifest = etree.SubElement(next(root.iter(f.ds("Object"))), f.ds("Manifest"))
        etree.SubElement(manifest, f.ds("Reference"), URI=address)
    assert reason(etree.tostring(root), trust) is Reason.EXTERNAL_REFERENCE


def test_verify_reads_no_file_for_an_external_reference(trust, person, tmp_path):
    """A signature that is right over a file of the server must be refused before xmlsec opens that file."""
    bait = tmp_path / "bait.xml"
    bait.write_bytes(b"<bait/>")

    def point(signature):
        reference(signature).set("URI", bait.as_uri())
        reference(signature).remove(reference(signature).find(f.ds("Transforms")))

    assert reason(f.sign(person, before=point), trust) is Reason.EXTERNAL_REFERENCE


# Algorithms


@pytest.mark.parametrize(
    "algorithm",
    [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "",
        "urn:x",
    ],
)
def test_verify_refuses_a_weak_signature_algorithm(trust, person, algorithm):
    root = etree.fromstring(f.sign(person))
    next(root.iter(f.ds("SignatureMethod"))).set("Algorithm", algorithm)
    assert reason(etree.tostring(root), trust) is Reason.WEAK_ALGORITHM


@pytest.mark.parametrize("which", [0, 1, 2], ids=["document", "properties", "certificate"])
def test_verify_refuses_a_sha1_digest(trust, person, which):
    def weaken(signature):
        method = list(signature.iter(f.ds("DigestMethod")))[which]
        method.set("Algorithm", SHA1)
        if which == 2:
            method.getnext().text = base64.b64encode(hashlib.sha1(person.der).digest()).decode()

    assert reason(f.sign(person, before=weaken), trust) is Reason.WEAK_ALGORITHM


def test_verify_refuses_a_short_rsa_key(trust, issuing):
    identity = issuing.issue(key=f.rsa_key(5, 1024))
    assert reason(f.sign(identity), trust) is Reason.WEAK_ALGORITHM


def test_verify_refuses_an_hmac_made_with_the_public_key(trust, person):
    """Key confusion: the public key, which everybody knows, taken as a shared secret."""
    import xmlsec

    signed = etree.fromstring(f.sign(person))
    next(signed.iter(f.ds("SignatureMethod"))).set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, person.pem)
    context.register_id(next(signed.iter(f.xades("SignedProperties"))), "Id", None)
    context.sign(signed.find(f.ds("Signature")))
    assert reason(etree.tostring(signed), trust) is Reason.WEAK_ALGORITHM


# Certificates


def test_verify_refuses_a_swapped_certificate(trust, issuing, person):
    """Both KeyInfo and the signed digest name a certificate of another key."""
    other = issuing.issue(key=f.rsa_key(2))
    assert reason(f.sign(other, certificate=person), trust) is Reason.ALTERED


def test_verify_refuses_a_certificate_put_in_after_signing(trust, issuing, person):
    """The same key, another person's certificate: the signed digest gives it away."""
    name = f.subject(cn="Ewa Inna", given="Ewa", surname="Inna", serial="PNOPL-71030512345")
    other = issuing.issue(name, key=person.key)
    signed = f.sign(person).replace(base64.b64encode(person.der), base64.b64encode(other.der))
    assert reason(signed, trust) is Reason.ALTERED


def test_verify_refuses_a_wrong_digest_of_the_certificate(trust, person):
    def spoil(signature):
        digest = list(signature.iter(f.ds("DigestValue")))[2]
        digest.text = base64.b64encode(hashlib.sha256(b"x").digest()).decode()

    assert reason(f.sign(person, before=spoil), trust) is Reason.ALTERED


@pytest.mark.parametrize("with_value", [False, True], ids=["empty", "key-value-only"])
def test_verify_refuses_key_info_without_certificate(trust, person, with_value):
    def strip(signature):
        info = signature.find(f.ds("KeyInfo"))
        info.clear()
        if with_value:
            etree.SubElement(info, f.ds("KeyValue"))

    assert reason(f.sign(person, before=strip), trust) is Reason.NOT_XADES


def test_verify_refuses_an_unknown_issuer(trust):
    stranger = f.Authority("Nieznany Wystawca", f.rsa_key(12))
    assert reason(f.sign(stranger.issue()), trust) is Reason.CERTIFICATE_UNKNOWN


def test_verify_refuses_a_rogue_authority_of_the_same_name(trust, issuing):
    rogue_root = f.Authority("Próbne Krajowe Centrum", f.rsa_key(13))
    rogue = f.Authority("Próbny Wystawca Kwalifikowany", f.rsa_key(14), rogue_root)
    signed = f.sign(rogue.issue(), others=(rogue.der, rogue_root.der))
    assert reason(signed, trust) is Reason.CERTIFICATE_UNKNOWN


def test_verify_refuses_a_self_signed_certificate(trust):
    alone = f.Authority("Jan Testowy", f.rsa_key(1))
    assert reason(f.sign(f.Identity(alone.key, alone.certificate)), trust) is Reason.CERTIFICATE_UNKNOWN


def test_verify_refuses_a_certificate_issued_by_a_person(trust, issuing):
    """A person's certificate may not act as an authority, even under a trusted chain."""
    person = issuing.issue()
    fake = copy.copy(issuing)
    fake.name, fake.key = f.PERSON, person.key
    signed = f.sign(fake.issue(f.subject(cn="Ewa Inna"), f.rsa_key(3)), others=(person.der,))
    assert reason(signed, trust) in {Reason.CERTIFICATE_UNKNOWN, Reason.REVOCATION_UNKNOWN}


def test_verify_refuses_everybody_when_nobody_is_trusted(tmp_path, person):
    assert reason(f.sign(person), TrustStore.from_directories([tmp_path])) is Reason.CERTIFICATE_UNKNOWN


def test_verify_refuses_an_expired_certificate(trust, issuing):
    identity = issuing.issue(start=f.NOW - 800 * f.DAY, end=f.NOW - f.DAY)
    assert reason(f.sign(identity), trust) is Reason.CERTIFICATE_EXPIRED


def test_verify_refuses_a_certificate_that_is_not_yet_valid(trust, issuing):
    identity = issuing.issue(start=f.NOW + f.DAY, end=f.NOW + 800 * f.DAY)
    assert reason(f.sign(identity), trust) is Reason.CERTIFICATE_NOT_YET_VALID


def test_verify_judges_by_the_time_of_receipt_when_signing_time_is_set_back(trust, issuing):
    identity = issuing.issue(start=f.NOW - 800 * f.DAY, end=f.NOW - f.DAY)

    def set_back(signature):
        next(signature.iter(f.xades("SigningTime"))).text = "2025-01-01T00:00:00Z"

    assert reason(f.sign(identity, before=set_back), trust) is Reason.CERTIFICATE_EXPIRED


def test_verify_refuses_a_revoked_certificate(tmp_path, root, issuing, person):
    folder = f.trust_folder(tmp_path / "revoked", root, issuing, root.crl(), issuing.crl(person))
    assert reason(f.sign(person), TrustStore.from_directories([folder])) is Reason.CERTIFICATE_REVOKED


def test_verify_refuses_a_certificate_of_a_revoked_authority(tmp_path, root, issuing, person):
    revoked = root.crl(f.Identity(issuing.key, issuing.certificate))
    folder = f.trust_folder(tmp_path / "revoked", root, issuing, revoked, issuing.crl())
    assert reason(f.sign(person), TrustStore.from_directories([folder])) is Reason.CERTIFICATE_REVOKED


@pytest.mark.parametrize("missing", ["root", "issuing", "both", "stale", "forged"])
def test_verify_refuses_when_revocation_is_unknown(tmp_path, root, issuing, person, missing):
    """A missing, stale or forged list: asked again later, never taken for "not revoked"."""
    stale = issuing.crl(at=f.NOW - 40 * f.DAY, until=f.NOW - 10 * f.DAY)
    forged = f.Authority("Próbny Wystawca Kwalifikowany", f.rsa_key(14)).crl()
    roots = None if missing in {"root", "both"} else root.crl()
    issued = {"issuing": None, "both": None, "stale": stale, "forged": forged}.get(missing, issuing.crl())
    folder = f.trust_folder(tmp_path / missing, root, issuing, roots, issued)
    refused = reason(f.sign(person), TrustStore.from_directories([folder]))
    assert refused is Reason.REVOCATION_UNKNOWN
    assert refused.temporary


@pytest.mark.parametrize(
    "statements",
    [None, f.qc_statements("1", compliance=False), f.qc_statements("1", qscd=False), f.qc_statements("3")],
    ids=["none", "no-compliance", "no-qscd", "website"],
)
def test_verify_refuses_a_certificate_that_is_not_qualified(trust, issuing, statements):
    assert reason(f.sign(issuing.issue(statements=statements)), trust) is Reason.NOT_QUALIFIED


def test_verify_refuses_qc_statements_of_an_authority_that_is_not_listed(tmp_path, root, issuing):
    """Under the trusted root, but its certificate stands in the signed file only."""
    unlisted = f.Authority("Próbny Wystawca Niewpisany", f.rsa_key(15), root)
    folder = f.trust_folder(tmp_path / "t", root, issuing, root.crl(), issuing.crl())
    (folder / "crls" / "unlisted.crl").write_bytes(unlisted.crl())
    signed = f.sign(unlisted.issue(), others=(unlisted.der,))
    assert reason(signed, TrustStore.from_directories([folder])) is Reason.NOT_QUALIFIED


def test_verify_refuses_a_certificate_for_encryption(trust, issuing):
    identity = issuing.issue(usage=f.key_usage(key_encipherment=True))
    assert reason(f.sign(identity), trust) is Reason.NOT_QUALIFIED


@pytest.mark.parametrize("statements", [b"\x30\x03\x02\x01\x05", b"\x04\x00", b"\x30\x05\x30\x03\x02\x01\x01"])
def test_verify_refuses_qc_statements_that_cannot_be_read(trust, issuing, statements):
    assert reason(f.sign(issuing.issue(statements=statements)), trust) is Reason.MALFORMED


def test_verify_refuses_a_certificate_that_cannot_be_read(trust, person):
    signed = f.sign(person, certificate=Shown(person.key, person.certificate, b"\x30\x03\x02\x01\x05"))
    assert reason(signed, trust) is Reason.MALFORMED


@pytest.mark.parametrize("enveloping", [False, True], ids=["enveloped", "enveloping"])
@pytest.mark.parametrize("seal", [False, True], ids=["person", "seal"])
def test_verify_refuses_a_claimed_role(trust, issuing, person, enveloping, seal):
    identity = issuing.issue(f.OFFICE, statements=f.qc_statements("2")) if seal else person
    assert reason(f.sign(identity, roles=ROLE, enveloping=enveloping), trust) is Reason.FOREIGN_ROLE


def test_verify_refuses_an_empty_role(trust, person):
    assert reason(f.sign(person, roles="<xades:SignerRoleV2/>", transforms=(f.XPATH,)), trust) is Reason.FOREIGN_ROLE


# Whatever the bytes


@pytest.mark.parametrize("enveloping", [False, True], ids=["enveloped", "enveloping"])
def test_verify_raises_nothing_else_when_bytes_are_mutated(trust, person, enveloping, caplog):
    """Random damage is refused, or harmless; no check is surprised by it."""
    caplog.set_level(logging.ERROR, "boi_portal.signing")
    chance = random.Random(20260305)
    signed = f.sign(person, enveloping=enveloping)
    for _ in range(400):
        try:
            verified = verify(_mutated(signed, chance), f.DOCUMENT, trust, f.NOW)
        except SignatureRefused:
            continue
        assert verified.signer.pesel == f.PESEL
    assert [record.__dict__ for record in caplog.records] == []


def _mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8))):
        place, other = sorted(chance.sample(range(len(changed)), 2))
        action = chance.randrange(5)
        if action == 0:
            changed[place] = chance.randrange(256)
        elif action == 1:
            del changed[place : min(other, place + chance.choice((1, 10, 200)))]
        elif action == 2:
            changed[place:place] = changed[other : other + 50]
        elif action == 3:
            changed[place] = chance.choice(b"<>/&\"'=: \0#A0")
        else:
            tags = list(re.finditer(rb"<[^<>]+>", changed))
            first, second = chance.choice(tags), chance.choice(tags)
            changed[first.start() : first.end()] = second.group()
    return bytes(changed)


def test_verify_raises_nothing_else_when_elements_and_attributes_are_mutated(trust, person, caplog):
    caplog.set_level(logging.ERROR, "boi_portal.signing")
    chance = random.Random(19680101)
    for round_ in range(400):
        root = etree.fromstring(f.sign(person, enveloping=bool(round_ % 2)))
        elements = list(root.iter(etree.Element))
        target, other = chance.choice(elements), chance.choice(elements)
        action = chance.randrange(6)
        if action == 0 and target.getparent() is not None:
            target.getparent().remove(target)
        elif action == 1:
            target.append(copy.deepcopy(other))
        elif action == 2:
            target.text = chance.choice(["", "x", "=", "AAAA", "é", "1" * 5000, None])
        elif action == 3:
            target.attrib.clear()
        elif action == 4:
            name = chance.choice(["Id", "URI", "Algorithm", "Target", "Type"])
            target.set(name, chance.choice(["", "#", "#podpis", "x"]))
        else:
            target.tag = other.tag
        try:
            verified = verify(etree.tostring(root), f.DOCUMENT, trust, f.NOW)
        except SignatureRefused:
            continue
        assert verified.signer.pesel == f.PESEL
    assert [record.__dict__ for record in caplog.records] == []


@pytest.mark.parametrize("own", [False, True], ids=["other-certificates", "own-certificate"])
def test_verify_raises_nothing_else_when_certificates_are_mutated(trust, issuing, person, own, caplog):
    """The value is right over whatever certificates the file carries; only they are damaged."""
    caplog.set_level(logging.ERROR, "boi_portal.signing")
    chance = random.Random(9)
    for _ in range(150):
        damaged = bytearray((person if own else issuing).der)
        for _ in range(chance.choice((1, 1, 4))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        shown = Shown(person.key, person.certificate, bytes(damaged) if own else person.der)
        signed = f.sign(person, certificate=shown, others=() if own else (bytes(damaged),))
        try:
            verified = verify(signed, f.DOCUMENT, trust, f.NOW)
        except SignatureRefused:
            continue
        assert verified.certificate == person.der
    assert [record.__dict__ for record in caplog.records] == []


class Shown(f.Identity):
    """A signer who shows other bytes than the own certificate."""

    def __init__(self, key, certificate, shown: bytes) -> None:
        super().__init__(key, certificate)
        object.__setattr__(self, "shown", shown)

    @property
    def der(self) -> bytes:
        return self.shown


def _declaring(count: int) -> bytes:
    return b" ".join(b'xmlns:n%d="urn:n%d"' % (n, n) for n in range(count))


@pytest.mark.parametrize(
    "transforms", [(f.ENVELOPED,), (f.ENVELOPED, f.EXCLUSIVE), (f.XPATH2,)], ids=["c14n", "exc", "filter2"]
)
def test_verify_judges_quickly_when_a_signature_covers_very_many_elements(trust, person, transforms):
    signed = f.sign(person, b"<w " + _declaring(28) + b">" + b"<a>x</a>" * 45_000 + b"</w>", transforms=transforms)
    start = time.process_time()
    assert reason(signed, trust) is Reason.OTHER_DOCUMENT
    assert time.process_time() - start < 5


def test_verify_refuses_xpath_over_very_many_elements(trust, person):
    signed = f.sign(person, b"<w>" + b"<a/>" * 15_000 + b"</w>").replace(
        b'Transform Algorithm="' + f.ENVELOPED.encode() + b'"/>',
        b'Transform Algorithm="' + f.XPATH.encode() + b'"><ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>'
        b"</ds:Transform>",
    )
    start = time.process_time()
    assert reason(signed, trust) is Reason.TOO_COMPLEX
    assert time.process_time() - start < 1


def test_every_reason_says_what_happened_and_what_to_do():
    for entry in Reason:
        assert re.fullmatch(r"[A-ZŚŻŹŁĆ].+[.?!] .+\.", entry.message), entry
    assert len({entry.code for entry in Reason}) == len(Reason)
