"""Messages that travel with the browser in an address: the HTTP-Redirect binding of SAML 2.0, made and read.

Source: SAML 2.0 Bindings, section 3.4. The signature is over the query as it is written, by RSA with SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from urllib.parse import unquote_plus, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from boi_portal.sandbox.identity.documents import MAX_BYTES, MessageError, parse, written
from boi_portal.sandbox.identity.keys import SigningKey
from boi_portal.sandbox.identity.metadata import ServiceProvider

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


def address(location: str, name: str, message: etree._Element, relay_state: str, signer: SigningKey | None) -> str:
    """The address that takes a message along; `name` is `SAMLRequest` or `SAMLResponse`, no signer means no signature.

    :raises ValueError: the signer's key is no RSA key.
    """
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(written(message)) + packer.flush()
    fields = {name: base64.b64encode(packed).decode()}
    if relay_state:
        fields["RelayState"] = relay_state
    if signer is None:
        return f"{location}?{urlencode(fields)}"
    if not isinstance(signer.key, rsa.RSAPrivateKey):
        raise ValueError("a query is signed by RSA alone")
    query = urlencode(fields | {"SigAlg": RSA_SHA256})
    signature = base64.b64encode(signer.key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    return f"{location}?{query}&{urlencode({'Signature': signature})}"


def message_in(query: str, name: str, service: ServiceProvider) -> tuple[etree._Element, str]:
    """The message in a query and its RelayState, after its signature was checked.

    :raises MessageError: there is none, or it is not signed by the service.
    """
    raw = _raw(query)
    _check_signature(raw, name, service)
    try:
        unpacker = zlib.decompressobj(wbits=-15)
        data = unpacker.decompress(base64.b64decode(unquote_plus(raw.get(name, ""))), MAX_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise MessageError("Komunikat w adresie nie daje się odczytać.") from error
    return parse(data), unquote_plus(raw.get("RelayState", ""))


def _raw(query: str) -> dict[str, str]:
    """Parameters as they are written.

    :raises MessageError: one is there twice.
    """
    found: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name in found:
            raise MessageError("Parametr w adresie się powtarza.")
        found[name] = value
    return found


def _check_signature(raw: dict[str, str], name: str, service: ServiceProvider) -> None:
    if unquote_plus(raw.get("SigAlg", "")) != RSA_SHA256:
        raise MessageError("Komunikat w adresie nie jest podpisany algorytmem RSA z SHA-256.")
    signed = "&".join(f"{key}={raw[key]}" for key in (name, "RelayState", "SigAlg") if key in raw).encode()
    try:
        signature = base64.b64decode(unquote_plus(raw.get("Signature", "")))
    except (binascii.Error, ValueError) as error:
        raise MessageError("Podpis w adresie nie daje się odczytać.") from error
    for certificate in service.signing:
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            continue
        try:
            public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
            return
        except InvalidSignature:
            continue  # another of the service's keys may have signed
    raise MessageError("Podpis w adresie nie zgadza się z żadnym kluczem RSA w metadanych serwisu.")
