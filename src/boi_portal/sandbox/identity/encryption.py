"""Encrypted assertions: ECDH-ES as Węzeł Krajowy does it, RSA-OAEP as others do.

Owns the XML Encryption 1.1 of what is sent; nothing is decrypted here.
"""

from __future__ import annotations

import base64
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from boi_portal.sandbox.identity.documents import NAMESPACES, MessageError, make, new_id, written

_XENC, _XENC11 = NAMESPACES["xenc"], NAMESPACES["xenc11"]
_SHA256 = f"{_XENC}sha256"
_WRAP = f"{_XENC}kw-aes256"
_P256 = "urn:oid:1.2.840.10045.3.1.7"


def for_curve(
    plain: etree._Element, recipient: x509.Certificate, parties: tuple[str, str], key_bytes: int = 32
) -> etree._Element:
    """xenc:EncryptedData for a P-256 key: ECDH-ES, ConcatKDF, kw-aes256, aes256-gcm.

    `parties` are the entity ids of sender and recipient. `key_bytes` is 16 for what production has been seen to send: a short key under
    the long one's name.

    :raises MessageError: the recipient's key is not on P-256.
    """
    public = recipient.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
        raise MessageError("Klucz serwisu do szyfrowania nie jest kluczem EC na krzywej P-256.")
    content_key, originator = os.urandom(key_bytes), ec.generate_private_key(ec.SECP256R1())
    info = [_length_prefixed(_WRAP), *map(_length_prefixed, parties)]
    derived = ConcatKDFHash(hashes.SHA256(), 32, b"".join(info)).derive(originator.exchange(ec.ECDH(), public))
    agreement = make(
        "xenc:AgreementMethod",
        make(
            "xenc11:KeyDerivationMethod",
            make("xenc11:ConcatKDFParams", _digest_method(), declare=(), **_parameters(info)),
            Algorithm=f"{_XENC11}ConcatKDF",
        ),
        make("xenc:OriginatorKeyInfo", make("ds:KeyValue", _curve_point(originator.public_key()))),
        Algorithm=f"{_XENC11}ECDH-ES",
    )
    encrypted_key = make(
        "xenc:EncryptedKey",
        make("xenc:EncryptionMethod", Algorithm=_WRAP),
        make("ds:KeyInfo", agreement),
        _cipher(aes_key_wrap(derived, content_key)),
        Id=new_id(),
    )
    return _encrypted_data(plain, content_key, encrypted_key, f"{_XENC11}aes256-gcm")


def for_rsa(plain: etree._Element, recipient: x509.Certificate) -> etree._Element:
    """xenc:EncryptedData for an RSA key: RSA-OAEP with MGF1 of SHA-1 (rsa-oaep-mgf1p), aes256-gcm.

    :raises MessageError: the recipient's key is no RSA key.
    """
    public = recipient.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise MessageError("Klucz serwisu do szyfrowania nie jest kluczem RSA.")
    content_key = os.urandom(32)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - what the name of the algorithm means
    encrypted_key = make(
        "xenc:EncryptedKey",
        make(
            "xenc:EncryptionMethod",
            make("ds:DigestMethod", Algorithm=f"{NAMESPACES['ds']}sha1"),
            Algorithm=f"{_XENC}rsa-oaep-mgf1p",
        ),
        _cipher(public.encrypt(content_key, oaep)),
        Id=new_id(),
    )
    return _encrypted_data(plain, content_key, encrypted_key, f"{_XENC11}aes256-gcm")


def _length_prefixed(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


def _parameters(info: list[bytes]) -> dict[str, str]:
    names = ("AlgorithmID", "PartyUInfo", "PartyVInfo")
    return {name: data.hex().upper() for name, data in zip(names, info, strict=True)}


def _digest_method() -> etree._Element:
    return make("ds:DigestMethod", Algorithm=_SHA256)


def _curve_point(public: ec.EllipticCurvePublicKey) -> etree._Element:
    point = base64.b64encode(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).decode()
    return make("dsig11:ECKeyValue", make("dsig11:NamedCurve", URI=_P256), make("dsig11:PublicKey", point))


def _encrypted_data(
    plain: etree._Element, content_key: bytes, encrypted_key: etree._Element, algorithm: str
) -> etree._Element:
    nonce = os.urandom(12)
    return make(
        "xenc:EncryptedData",
        make("xenc:EncryptionMethod", _digest_method(), Algorithm=algorithm),
        make("ds:KeyInfo", encrypted_key),
        _cipher(nonce + AESGCM(content_key).encrypt(nonce, written(plain), None)),
        declare=("xenc", "ds", "xenc11", "dsig11"),
        Id=new_id(),
        Type=f"{_XENC}Element",
    )


def _cipher(data: bytes) -> etree._Element:
    return make("xenc:CipherData", make("xenc:CipherValue", base64.b64encode(data).decode()))
