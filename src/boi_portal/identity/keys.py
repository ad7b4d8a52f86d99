"""The portal's own keys for talking with identity providers.

Owns reading them from a folder, choosing the one that signs, and making new pairs. Two or more may lie side by side for the time of
a roll-over: the newest valid one signs, all of them are published and decrypt. Keys are kept in memory only.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from boi_portal.identity.refusals import ConfigurationError, Reason, Refused

RSA_BITS = range(2048, 8192 + 1)
EC_BITS = 256
MAKE_RSA_BITS = 3072
VALID_DAYS = 3 * 365

_PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class KeyKind(enum.StrEnum):
    """What a key is made of."""

    EC = "ec"
    RSA = "rsa"


def check_strength(key: object) -> None:
    """Accept RSA of 2048 bits and more, and elliptic curves from P-256 on.

    :raises ValueError: any other public key.
    """
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size not in RSA_BITS:
            raise ValueError(
                f"an RSA key of {key.key_size} bits; at least {RSA_BITS.start}, at most {RSA_BITS.stop - 1}"
            )
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.key_size < EC_BITS:
        raise ValueError("neither RSA nor an elliptic curve of at least 256 bits")


@dataclasses.dataclass(frozen=True)
class Key:
    """A private key with its self-signed certificate, by which providers know the portal."""

    name: str  # of the file, for people
    private_key: PrivateKey = dataclasses.field(repr=False)
    certificate: x509.Certificate = dataclasses.field(repr=False)

    @classmethod
    def from_pem(cls, name: str, data: bytes) -> Key:
        """Read a PEM file with one private key, not encrypted, and its certificate.

        :raises ConfigurationError: it holds anything else, or key and certificate do not belong together, or the key is weak.
        """
        private = _PRIVATE.search(data)
        if private is None:
            raise ConfigurationError(f"{name}: no private key; a PEM file with the key and its certificate is expected")
        try:
            key = serialization.load_pem_private_key(private.group(), None)
            certificate = x509.load_pem_x509_certificate(data)
            check_strength(key.public_key())
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"{name}: {error}") from error
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise ConfigurationError(f"{name}: neither an RSA nor an EC key")
        if key.public_key() != certificate.public_key():
            raise ConfigurationError(f"{name}: the key and the certificate do not belong together")
        return cls(name, key, certificate)

    @property
    def kind(self) -> KeyKind:
        """EC or RSA."""
        return KeyKind.RSA if isinstance(self.private_key, rsa.RSAPrivateKey) else KeyKind.EC

    @property
    def not_before(self) -> datetime:
        """From when it may be used, UTC."""
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """When the certificate ends, UTC."""
        return self.certificate.not_valid_after_utc

    def valid(self, at: datetime) -> bool:
        """Whether the certificate holds at that time."""
        return self.not_before <= at <= self.not_after

    @functools.cached_property
    def private_pem(self) -> bytes:
        """The private key, PKCS#8, not encrypted: for libraries that want it so."""
        return self.private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @functools.cached_property
    def certificate_pem(self) -> bytes:
        """The certificate, PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclasses.dataclass(frozen=True)
class Keys:
    """All keys of the portal, newest first."""

    all: tuple[Key, ...]

    @classmethod
    def of(cls, keys: Iterable[Key]) -> Keys:
        """These keys, in the order in which they are preferred."""
        return cls(tuple(sorted(keys, key=lambda key: (key.not_before, key.not_after, key.name), reverse=True)))

    @classmethod
    def from_folder(cls, folder: Path) -> Keys:
        """The keys in the `*.pem` files of a folder.

        :raises ConfigurationError: no such folder, no key in it, or a file that is no key with certificate.
        """
        try:
            files = sorted(folder.glob("*.pem"))
            keys = cls.of(Key.from_pem(str(file), file.read_bytes()) for file in files)
        except OSError as error:
            raise ConfigurationError(f"{folder}: the keys cannot be read: {error.strerror}") from error
        if not keys.all:
            raise ConfigurationError(f"{folder}: no *.pem file with a key and its certificate")
        return keys

    def published(self, kinds: Iterable[KeyKind], at: datetime) -> tuple[Key, ...]:
        """The keys that providers should know: all that have not ended, so also one that begins tomorrow."""
        wanted = set(kinds)
        return tuple(key for key in self.all if key.kind in wanted and key.not_after >= at)

    def signing(self, kinds: Iterable[KeyKind], at: datetime) -> Key:
        """The newest key, valid at that time, of the first of these kinds that there is.

        :raises Refused: `NO_KEY` where there is none.
        """
        for kind in kinds:
            for key in self.all:
                if key.kind is kind and key.valid(at):
                    return key
        raise Refused(Reason.NO_KEY, "no valid key of the portal that this provider understands")


def make_pem(name: str, kind: KeyKind, at: datetime, days: int = VALID_DAYS) -> bytes:
    """A new private key with a self-signed certificate for `name` (the portal's host), valid from `at` on, as one PEM."""
    key: PrivateKey
    ec_wanted = kind is KeyKind.EC
    key = ec.generate_private_key(ec.SECP256R1()) if ec_wanted else rsa.generate_private_key(65537, MAKE_RSA_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(minutes=5))
        .not_valid_after(at + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Key(name, key, certificate)
    return made.private_pem + made.certificate_pem
