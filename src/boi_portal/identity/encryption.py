"""Decrypting what identity providers encrypt for the portal (XML Encryption 1.1).

Owns the algorithms: for the key ECDH-ES with ConcatKDF and AES key wrap (Węzeł Krajowy), or RSA-OAEP; for the data AES-GCM or AES-CBC.
RSA with PKCS#1 padding and 3DES are refused. Must be called with what lies inside a verified signature only: CBC is no protection
against somebody who may alter and try.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from lxml import etree

from boi_portal.identity.keys import Keys
from boi_portal.identity.parsing import DS, DSIG11, XENC, XENC11, children, only, text
from boi_portal.identity.refusals import Reason, Refused
from boi_portal.identity.signatures import decoded

MAX_ENCRYPTED_KEYS = 8

ECDH_ES = XENC11 + "ECDH-ES"
CONCAT_KDF = XENC11 + "ConcatKDF"
RSA_OAEP_MGF1P = XENC + "rsa-oaep-mgf1p"
RSA_OAEP = XENC11 + "rsa-oaep"
P256 = "urn:oid:1.2.840.10045.3.1.7"

_NONCE, _TAG, _BLOCK = 12, 16, 16  # bytes
_WRAPS = {XENC + "kw-aes128": 16, XENC + "kw-aes256": 32}  # bytes of the key that wraps
# Data algorithm → lengths of key, in bytes. The national node has been seen to send a key of 128 bits under the name of aes256-gcm.
_GCM = {XENC11 + "aes128-gcm": {16}, XENC11 + "aes192-gcm": {24}, XENC11 + "aes256-gcm": {16, 32}}
_CBC = {XENC + "aes128-cbc": {16}, XENC + "aes192-cbc": {24}, XENC + "aes256-cbc": {32}}
# SHA-1 is no weakness inside OAEP, which needs no collision resistance; it is what most providers use.
_OAEP_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    DS + "sha1": hashes.SHA1(),  # noqa: S303
    XENC + "sha256": hashes.SHA256(),
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384(),
    XENC + "sha512": hashes.SHA512(),
}
_OAEP_MASKS: dict[str, hashes.HashAlgorithm] = {
    XENC11 + "mgf1sha1": hashes.SHA1(),  # noqa: S303
    XENC11 + "mgf1sha256": hashes.SHA256(),
    XENC11 + "mgf1sha384": hashes.SHA384(),
    XENC11 + "mgf1sha512": hashes.SHA512(),
}


def _xenc(name: str) -> str:
    return f"{{{XENC}}}{name}"


def decrypt(holder: etree._Element, keys: Keys) -> bytes:
    """The content of the one EncryptedData in `holder` (an EncryptedAssertion), whose key lies in it or beside it.

    :raises Refused: `CANNOT_DECRYPT` where no key of the portal opens it, `WEAK_ALGORITHM` for other algorithms.
    """
    data = only(holder, _xenc("EncryptedData"))
    wrapped = list(holder.iter(_xenc("EncryptedKey")))
    if not wrapped or len(wrapped) > MAX_ENCRYPTED_KEYS:
        raise Refused(Reason.CANNOT_DECRYPT, f"{len(wrapped)} encrypted keys")
    algorithm = _algorithm(data)
    lengths = {**_GCM, **_CBC}.get(algorithm)
    if lengths is None:
        raise Refused(Reason.WEAK_ALGORITHM, f"encryption {algorithm[-40:]}")
    value = _cipher_value(data)
    for secret in _unwrapped(wrapped, keys):
        content = _open(algorithm, secret, value) if len(secret) in lengths else None
        if content is not None:
            return content
    raise Refused(Reason.CANNOT_DECRYPT, "no key of the portal opens it")


def _open(algorithm: str, secret: bytes, value: bytes) -> bytes | None:
    return _open_gcm(secret, value) if algorithm in _GCM else _open_cbc(secret, value)


def _open_gcm(secret: bytes, value: bytes) -> bytes | None:
    if len(value) < _NONCE + _TAG:
        return None
    try:
        return AESGCM(secret).decrypt(value[:_NONCE], value[_NONCE:], None)
    except InvalidTag:
        return None


def _open_cbc(secret: bytes, value: bytes) -> bytes | None:
    """XML Encryption pads with any bytes, the last of which tells how many (ISO 10126)."""
    if len(value) < 2 * _BLOCK or len(value) % _BLOCK:
        return None
    decryptor = Cipher(algorithms.AES(secret), modes.CBC(value[:_BLOCK])).decryptor()
    content = decryptor.update(value[_BLOCK:]) + decryptor.finalize()
    return content[: -content[-1]] if 1 <= content[-1] <= _BLOCK else None


def _unwrapped(wrapped: list[etree._Element], keys: Keys) -> Iterator[bytes]:
    """Every data key that a key of the portal can make of the wrapped ones."""
    weak = ""
    for element in wrapped:
        algorithm = _algorithm(element)
        if algorithm in _WRAPS:
            yield from _agreed(element, _WRAPS[algorithm], keys)
        elif algorithm in (RSA_OAEP, RSA_OAEP_MGF1P):
            yield from _transported(element, algorithm, keys)
        else:
            weak = algorithm
    if weak:
        raise Refused(Reason.WEAK_ALGORITHM, f"encryption of the key {weak[-40:]}")


def _transported(element: etree._Element, algorithm: str, keys: Keys) -> Iterator[bytes]:
    oaep = _oaep(only(element, _xenc("EncryptionMethod")), algorithm)
    value = _cipher_value(element)
    for key in keys.all:
        if isinstance(key.private_key, rsa.RSAPrivateKey):
            try:
                yield key.private_key.decrypt(value, oaep)
            except ValueError:
                continue


def _oaep(method: etree._Element, algorithm: str) -> rsa_padding.OAEP:
    digest, mask = DS + "sha1", XENC11 + "mgf1sha1"
    label = b""
    for child in children(method):
        if child.tag == f"{{{DS}}}DigestMethod":
            digest = child.get("Algorithm", "")
        elif child.tag == f"{{{XENC11}}}MGF" and algorithm == RSA_OAEP:
            mask = child.get("Algorithm", "")
        elif child.tag == _xenc("OAEPparams"):
            label = decoded(text(child))
    if digest not in _OAEP_DIGESTS or mask not in _OAEP_MASKS:
        raise Refused(Reason.WEAK_ALGORITHM, "encryption of the key: unknown digest")
    return rsa_padding.OAEP(rsa_padding.MGF1(_OAEP_MASKS[mask]), _OAEP_DIGESTS[digest], label or None)


def _agreed(element: etree._Element, length: int, keys: Keys) -> Iterator[bytes]:
    """Unwrap with the key that both sides derive (ECDH-ES, XML Encryption 1.1, 5.6.4). Only the right key unwraps."""
    agreement = _agreement(element)
    originator = _originator(agreement)
    value = _cipher_value(element)
    for key in keys.all:
        private = key.private_key
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            continue
        shared = private.exchange(ec.ECDH(), originator)
        for info in _other_infos(agreement):
            wrapping = ConcatKDFHash(hashes.SHA256(), length, info).derive(shared)
            try:
                yield keywrap.aes_key_unwrap(wrapping, value)
            except (keywrap.InvalidUnwrap, ValueError):
                continue


def _agreement(element: etree._Element) -> etree._Element:
    agreement = only(only(element, f"{{{DS}}}KeyInfo"), _xenc("AgreementMethod"))
    derivation = only(agreement, f"{{{XENC11}}}KeyDerivationMethod")
    digest = only(_parameters(agreement), f"{{{DS}}}DigestMethod")
    found = (agreement.get("Algorithm"), derivation.get("Algorithm"), digest.get("Algorithm"))
    if found != (ECDH_ES, CONCAT_KDF, XENC + "sha256"):
        raise Refused(Reason.WEAK_ALGORITHM, "agreement on the key: not ECDH-ES with ConcatKDF and SHA-256")
    return agreement


def _parameters(agreement: etree._Element) -> etree._Element:
    return only(only(agreement, f"{{{XENC11}}}KeyDerivationMethod"), f"{{{XENC11}}}ConcatKDFParams")


def _originator(agreement: etree._Element) -> ec.EllipticCurvePublicKey:
    info = only(agreement, _xenc("OriginatorKeyInfo"))
    value = only(only(info, f"{{{DS}}}KeyValue"), f"{{{DSIG11}}}ECKeyValue")
    if only(value, f"{{{DSIG11}}}NamedCurve").get("URI") != P256:
        raise Refused(Reason.WEAK_ALGORITHM, "agreement on the key: not P-256")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), decoded(text(only(value, f"{{{DSIG11}}}PublicKey")))
        )
    except ValueError:
        raise Refused(Reason.CANNOT_DECRYPT, "the originator's key is no point of P-256") from None


def _other_infos(agreement: etree._Element) -> Iterator[bytes]:
    """AlgorithmID‖PartyUInfo‖PartyVInfo‖…, in the two readings that are about.

    By the standard the first octet of each counts padding bits and is left out; the national node writes each with four octets
    of length before it (as RFC 7518 does) and takes them whole. The wrong one does not unwrap.
    """
    parameters = _parameters(agreement)
    names = ("AlgorithmID", "PartyUInfo", "PartyVInfo", "SuppPubInfo", "SuppPrivInfo")
    try:
        values = [binascii.unhexlify(parameters.get(name, "")) for name in names]
    except (binascii.Error, ValueError):
        raise Refused(Reason.STRUCTURE, "parameters of ConcatKDF that are not hexadecimal") from None
    yield b"".join(values)
    if any(values) and all(value[:1] in (b"", b"\0") for value in values):
        yield b"".join(value[1:] for value in values)


def _algorithm(element: etree._Element) -> str:
    return only(element, _xenc("EncryptionMethod")).get("Algorithm", "")


def _cipher_value(element: etree._Element) -> bytes:
    return decoded(text(only(only(element, _xenc("CipherData")), _xenc("CipherValue"))))
