"""The identity providers' private keys with their certificates, kept in a folder; which sign, which are published.

Owns the files `<name>-<number>.pem` and the roll-over. Nothing here has any value outside development.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import os
import re
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclasses.dataclass(frozen=True)
class SigningKey:
    """A private key with its self-signed certificate."""

    key: PrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, common_name: str, kind: str, expired: bool = False) -> SigningKey:
        """A new key; `kind` is `ec` (P-256) or `rsa` (2048 bits)."""
        key: PrivateKey = (
            ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
        )
        return cls(key, _certificate(key, common_name, expired))

    def renewed(self, expired: bool) -> SigningKey:
        """The same key with another certificate."""
        name = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        return SigningKey(self.key, _certificate(self.key, str(name), expired))

    @property
    def is_ec(self) -> bool:
        """Whether it is an elliptic-curve key."""
        return isinstance(self.key, ec.EllipticCurvePrivateKey)

    @property
    def key_pem(self) -> bytes:
        """PKCS#8, not encrypted."""
        return self.key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    @property
    def public_pem(self) -> bytes:
        """The public key."""
        return self.key.public_key().public_bytes(Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def certificate_text(self) -> str:
        """The certificate as it stands in ds:X509Certificate."""
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, the first 16 hexadecimal digits."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()[:16]


class KeyRing:
    """The keys of one provider: published ones, oldest first, and the one that signs.

    Files are `<name>-<number>.pem`; `<name>-signs` holds the number of the one that signs. At most two are published.
    """

    def __init__(self, folder: Path, name: str, common_name: str, kind: str) -> None:
        self._folder, self._name, self._common_name, self._kind = folder, name, common_name, kind
        self._lock = threading.RLock()
        self._stranger: SigningKey | None = None
        self._read_once: dict[int, SigningKey] = {}
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if not self._numbers():
            self._add()

    @property
    def published(self) -> list[SigningKey]:
        """Keys that the metadata name, oldest first."""
        with self._lock:
            return [self._read(number) for number in self._numbers()]

    @property
    def signing(self) -> SigningKey:
        """The key that signs now."""
        with self._lock:
            path, numbers = self._folder / f"{self._name}-signs", self._numbers()
            number = int(path.read_text()) if path.exists() else numbers[0]
            return self._read(number if number in numbers else numbers[-1])

    def announce(self) -> None:
        """Publish a second key; the first still signs."""
        with self._lock:
            current = self._current()
            self._withdraw_all_but(current)
            self._keep(current)
            self._add()

    def switch(self) -> None:
        """Sign with the newest published key."""
        with self._lock:
            self._keep(self._numbers()[-1])

    def retire(self) -> None:
        """Publish only the key that signs."""
        with self._lock:
            self._withdraw_all_but(self._current())

    def stranger(self) -> SigningKey:
        """A key with a certificate that looks like this provider's and was never published."""
        with self._lock:
            if self._stranger is None:
                self._stranger = SigningKey.made(self._common_name, self._kind)
            return self._stranger

    def _current(self) -> int:
        signing = self.signing.certificate.serial_number
        return next(n for n in self._numbers() if self._read(n).certificate.serial_number == signing)

    def _withdraw_all_but(self, current: int) -> None:
        for number in self._numbers():
            if number != current:
                self._path(number).unlink()
                self._read_once.pop(number, None)

    def _keep(self, number: int) -> None:
        (self._folder / f"{self._name}-signs").write_text(str(number))

    def _numbers(self) -> list[int]:
        found = (re.fullmatch(rf"{re.escape(self._name)}-(\d+)\.pem", path.name) for path in self._folder.iterdir())
        return sorted(int(match.group(1)) for match in found if match)

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._name}-{number}.pem"

    def _add(self) -> None:
        number = max(self._numbers(), default=0) + 1
        made = SigningKey.made(f"{self._common_name}, klucz {number}", self._kind)
        with os.fdopen(os.open(self._path(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made.key_pem + made.certificate_pem)

    def _read(self, number: int) -> SigningKey:
        if number not in self._read_once:  # parsing an RSA key takes long
            data = self._path(number).read_bytes()
            key = serialization.load_pem_private_key(data, None)
            if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
                raise ValueError(f"{self._path(number)}: neither an EC nor an RSA key")
            self._read_once[number] = SigningKey(key, x509.load_pem_x509_certificate(data))
        return self._read_once[number]


def _certificate(key: PrivateKey, common_name: str, expired: bool) -> x509.Certificate:
    parts = (
        (NameOID.COUNTRY_NAME, "PL"),
        (NameOID.ORGANIZATION_NAME, "Piaskownica"),
        (NameOID.COMMON_NAME, common_name),
    )
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
    today = dt.datetime.now(dt.UTC).replace(microsecond=0)
    validity = (today - 800 * DAY, today - DAY) if expired else (today - DAY, today + 1095 * DAY)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
    )
    return builder.sign(key, hashes.SHA256())
