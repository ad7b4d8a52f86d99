"""The xmlsec1 and openssl commands agree with what is sealed and verified here, without any code of the portal."""

from __future__ import annotations

import base64
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from boi_portal.signing import SealKey, seal

from . import factories as f

XMLSEC1 = shutil.which("xmlsec1") or "xmlsec1 is missing: install the Debian package xmlsec1"
OPENSSL = shutil.which("openssl") or "openssl is missing: install the Debian package openssl"
ID = ["--id-attr:Id", f"{f.XADES}:SignedProperties"]


def run(*command: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=30, check=False)


@pytest.fixture(params=["seal-rsa", "seal-ecdsa", "person-rsa", "person-ecdsa", "person-enveloping", "person-xpath"])
def signed(request, tmp_path, root, issuing):
    """A folder with the signed file and the certificates that it needs; (folder, the signer)."""
    who, how = request.param.split("-")
    key = f.ec_key(6) if how == "ecdsa" else f.rsa_key(6)
    if who == "seal":
        identity = issuing.issue(f.OFFICE, key, statements=f.qc_statements("2"))
        data = seal(f.DOCUMENT, SealKey(identity.key, identity.certificate, (issuing.certificate,)), f.NOW)
    else:
        identity = issuing.issue(key=key)
        transforms = (f.XPATH,) if how == "xpath" else (f.ENVELOPED, f.EXCLUSIVE)
        data = f.sign(identity, enveloping=how == "enveloping", transforms=transforms)
    (tmp_path / "signed.xml").write_bytes(data)
    (tmp_path / "signer.pem").write_bytes(identity.pem)
    (tmp_path / "root.pem").write_bytes(root.pem)
    (tmp_path / "issuing.pem").write_bytes(issuing.pem)
    return tmp_path, identity


def _id_attributes(folder) -> list[str]:
    """xmlsec1 learns the names of identifiers; in an enveloping signature ds:Object has one as well."""
    enveloping = etree.parse(folder / "signed.xml").getroot().tag == f.ds("Signature")
    return [*ID, *(["--id-attr:Id", f"{f.DS}:Object"] if enveloping else [])]


def test_xmlsec1_accepts_the_signature_with_the_signers_key(signed):
    folder, _ = signed
    result = run(
        XMLSEC1, "--verify", "--pubkey-cert-pem", folder / "signer.pem", *_id_attributes(folder), folder / "signed.xml"
    )
    assert result.returncode == 0, result.stderr


def test_xmlsec1_accepts_the_chain_of_the_certificate_in_the_file(signed):
    folder, _ = signed
    result = run(
        *(XMLSEC1, "--verify", "--enabled-key-data", "x509", "--trusted-pem", folder / "root.pem"),
        *("--untrusted-pem", folder / "issuing.pem", "--verification-gmt-time", "2026-03-05 10:00:00"),
        *(*_id_attributes(folder), folder / "signed.xml"),
    )
    assert result.returncode == 0, result.stderr


def test_xmlsec1_refuses_the_signature_when_the_content_is_altered(signed):
    folder, _ = signed
    altered = folder / "altered.xml"
    altered.write_bytes((folder / "signed.xml").read_bytes().replace(b">Jan<", b">Ewa<"))
    result = run(XMLSEC1, "--verify", "--pubkey-cert-pem", folder / "signer.pem", *_id_attributes(folder), altered)
    assert result.returncode != 0


def test_openssl_accepts_the_chain(signed):
    folder, _ = signed
    result = run(
        *(OPENSSL, "verify", "-attime", int(f.NOW.timestamp()), "-CAfile", folder / "root.pem"),
        *("-untrusted", folder / "issuing.pem", folder / "signer.pem"),
    )
    assert result.returncode == 0, result.stderr


def test_openssl_computes_the_same_digests(signed):
    """Of the document and of the signing certificate, from bytes cut out by hand."""
    folder, identity = signed
    root = etree.parse(folder / "signed.xml").getroot()
    references = root.findall(f".//{f.ds('Reference')}")
    if root.tag != f.ds("Signature") and references[0].find(f".//{f.ds('XPath')}") is None:
        written = _digest_value(references[0])
        root.remove(root.find(f.ds("Signature")))
        assert _openssl_digest(folder, etree.tostring(root, method="c14n", exclusive=True)) == written
    root = etree.parse(folder / "signed.xml").getroot()
    certificate = next(root.iter(f.xades("CertDigest")))
    assert _openssl_digest(folder, identity.der) == _digest_value(certificate)
    properties = etree.tostring(next(root.iter(f.xades("SignedProperties"))), method="c14n", exclusive=True)
    assert _openssl_digest(folder, properties) == _digest_value(references[1])


def test_openssl_accepts_the_signature_value(signed):
    folder, _ = signed
    root = etree.parse(folder / "signed.xml").getroot()
    info = etree.tostring(next(root.iter(f.ds("SignedInfo"))), method="c14n", exclusive=True)
    (folder / "info").write_bytes(info)
    value = base64.b64decode(next(root.iter(f.ds("SignatureValue"))).text)
    if b"ecdsa" in etree.tostring(next(root.iter(f.ds("SignatureMethod")))):
        # XML writes r and s side by side, openssl reads DER.
        value = encode_dss_signature(int.from_bytes(value[:32]), int.from_bytes(value[32:]))
    (folder / "value").write_bytes(value)
    public = run(OPENSSL, "x509", "-in", folder / "signer.pem", "-pubkey", "-noout")
    (folder / "public.pem").write_bytes(public.stdout)
    result = run(
        *(OPENSSL, "dgst", "-sha256", "-verify", folder / "public.pem"),
        *("-signature", folder / "value", folder / "info"),
    )
    assert result.returncode == 0, result.stderr


def _digest_value(element) -> bytes:
    return base64.b64decode(element.find(f.ds("DigestValue")).text)


def _openssl_digest(folder, data: bytes) -> bytes:
    (folder / "digested").write_bytes(data)
    return run(OPENSSL, "dgst", "-sha256", "-binary", folder / "digested").stdout
