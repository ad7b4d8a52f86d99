"""The sandbox's certificate authorities: a national root, a qualified issuer under it, and one that nobody trusts.

Owns the state directory: private keys and issued certificates under `private/`, what the portal is to trust under
`trust/`, and the office's seal in `seal.p12`. Nothing here has any value outside development.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import hashlib
import json
import os
import threading
from pathlib import Path

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import NameOID, ObjectIdentifier

from boi_portal.sandbox.people import Person

DAY = dt.timedelta(days=1)
CRL_LIFETIME = 90 * DAY
CRL_REFRESH = DAY  # a list older than this is issued again when the sandbox is used
OFFICE_NIP = "1234563218"
SEAL_PASSWORD = "piaskownica"  # noqa: S105 - the portal's development settings name it too

_QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_QC_COMPLIANCE, _QC_QSCD, _QC_TYPE = "0.4.0.1862.1.1", "0.4.0.1862.1.4", "0.4.0.1862.1.6"
_ESIGN, _ESEAL = "0.4.0.1862.1.6.1", "0.4.0.1862.1.6.2"
_POLICY_PERSON = ObjectIdentifier("0.4.0.194112.1.2")  # QCP-n-qscd, ETSI EN 319 411-2
_POLICY_SEAL = ObjectIdentifier("0.4.0.194112.1.3")  # QCP-l-qscd


class CertificateState(enum.StrEnum):
    """What is the matter with the certificate that a person signs with."""

    VALID = "wazny"
    EXPIRED = "wygasly"
    REVOKED = "uniewazniony"
    UNKNOWN_ISSUER = "nieznany-wystawca"
    NOT_QUALIFIED = "bez-cech-kwalifikowanych"

    @property
    def label(self) -> str:
        """What the page calls it."""
        return {
            "wazny": "ważny",
            "wygasly": "wygasły (od wczoraj)",
            "uniewazniony": "unieważniony",
            "nieznany-wystawca": "wydany przez nieznanego wystawcę",
            "bez-cech-kwalifikowanych": "bez cech kwalifikowanych",
        }[self.value]


@dataclasses.dataclass(frozen=True)
class Credential:
    """A private key with its certificate and the certificates above it, root left out."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def key_pem(self) -> bytes:
        """PKCS#8, not encrypted."""
        return self.key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    @property
    def certificates_pem(self) -> list[str]:
        """The certificate, then those above it."""
        return [c.public_bytes(Encoding.PEM).decode() for c in (self.certificate, *self.chain)]


@dataclasses.dataclass(frozen=True)
class Issued:
    """A line of the list of certificates issued to people."""

    serial: str  # hexadecimal
    person: str
    state: CertificateState
    not_after: dt.datetime
    revoked: bool


class _QcStatement(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("info", core.Any, {"optional": True})]


class _QcStatements(core.SequenceOf):
    _child_spec = _QcStatement


class _QcTypes(core.SequenceOf):
    _child_spec = core.ObjectIdentifier


class Authorities:
    """Everything that issues certificates in the sandbox, kept in one directory; made at first use."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._private = directory / "private"
        self._trust = directory / "trust"
        self._lock = threading.RLock()
        with self._lock:
            for path in (self._private / "people", self._trust / "anchors", self._trust / "crls"):
                path.mkdir(parents=True, exist_ok=True)
            self._private.chmod(0o700)
            self.root = self._authority("krajowy", "Piaskownica – Krajowe Centrum Certyfikacji", None)
            self.issuing = self._authority("kwalifikowany", "Piaskownica – Kwalifikowane Usługi Zaufania", self.root)
            self._unknown = self._authority("nieznany", "Piaskownica – Wystawca Spoza Listy", None)
            self._publish_anchors()
            self._make_seal()
            self.publish_revocations()

    @property
    def trust(self) -> Path:
        """The folder for the portal's setting of trusted issuers."""
        return self._trust

    @property
    def seal(self) -> Path:
        """The office's seal, PKCS#12 under `SEAL_PASSWORD`."""
        return self._directory / "seal.p12"

    def credential(self, person: Person, state: CertificateState) -> Credential:
        """The person's key and certificate of that state, issued at first use; a revoked or outlived one is replaced."""
        with self._lock:
            path = self._person_path(person, state)
            held = _read(path, self._above(state)) if path.exists() else None
            if held is None or not self._usable(held, state):
                held = self._issue(person, state)
                _write(path, held)
            if state is CertificateState.REVOKED:
                self._revoke(held.certificate, _now() - DAY / 24)
            elif self._revocations_are_old():
                self.publish_revocations()
            return held

    def issued(self) -> list[Issued]:
        """Certificates issued to people, newest first."""
        with self._lock:
            revoked = self._revoked()
            paths = sorted((self._private / "people").glob("*.pem"), key=lambda p: p.stat().st_mtime_ns, reverse=True)
            return [_line(path, revoked) for path in paths]

    def revoke(self, serial: str) -> bool:
        """Revoke a certificate issued to a person, and publish the list; False if there is none with that number."""
        with self._lock:
            for path in (self._private / "people").glob("*.pem"):
                certificate = _read(path, ()).certificate
                if f"{certificate.serial_number:X}" == serial:
                    self._revoke(certificate, _now())
                    return True
            return False

    def publish_revocations(self) -> None:
        """Issue the lists of revoked certificates again."""
        with self._lock:
            replace_file(self._trust / "crls" / "krajowy.crl", _revocation_list(self.root, {}))
            replace_file(self._trust / "crls" / "kwalifikowany.crl", _revocation_list(self.issuing, self._revoked()))

    def _authority(self, name: str, common_name: str, above: Credential | None) -> Credential:
        path = self._private / f"{name}.pem"
        if not path.exists():
            _write(path, _new_authority(common_name, above))
        return _read(path, ())

    def _publish_anchors(self) -> None:
        for name, authority in (("krajowy", self.root), ("kwalifikowany", self.issuing)):
            path = self._trust / "anchors" / f"{name}.pem"
            data = authority.certificate.public_bytes(Encoding.PEM)
            if not path.exists() or path.read_bytes() != data:
                replace_file(path, data)

    def _make_seal(self) -> None:
        password = SEAL_PASSWORD.encode()
        if self.seal.exists():
            held = pkcs12.load_pkcs12(self.seal.read_bytes(), password).cert
            if held is not None and held.certificate.not_valid_after_utc > _now() + 30 * DAY:
                return
        subject = _name(
            (NameOID.COMMON_NAME, "Urząd Gminy Zdroje"),
            (NameOID.ORGANIZATION_NAME, "Urząd Gminy Zdroje"),
            (NameOID.ORGANIZATION_IDENTIFIER, f"VATPL-{OFFICE_NIP}"),
        )
        made = _new_certificate(self.issuing, subject, _lasting(3), _ESEAL)
        lock = serialization.BestAvailableEncryption(password)
        above = [self.issuing.certificate]
        data = pkcs12.serialize_key_and_certificates(b"pieczec", made.key, made.certificate, above, lock)
        replace_file(self.seal, data, mode=0o600)

    def _above(self, state: CertificateState) -> tuple[x509.Certificate, ...]:
        return () if state is CertificateState.UNKNOWN_ISSUER else (self.issuing.certificate,)

    def _issue(self, person: Person, state: CertificateState) -> Credential:
        subject = _name(
            (NameOID.COMMON_NAME, person.full_name),
            (NameOID.GIVEN_NAME, person.first_name),
            (NameOID.SURNAME, person.last_name),
            (NameOID.SERIAL_NUMBER, f"PNOPL-{person.pesel}"),
        )
        issuer = self._unknown if state is CertificateState.UNKNOWN_ISSUER else self.issuing
        now = _now()
        validity = (now - 731 * DAY, now - DAY) if state is CertificateState.EXPIRED else _lasting(2)
        qualified = None if state is CertificateState.NOT_QUALIFIED else _ESIGN
        made = _new_certificate(issuer, subject, validity, qualified)
        return dataclasses.replace(made, chain=self._above(state))

    def _usable(self, held: Credential, state: CertificateState) -> bool:
        if state in {CertificateState.REVOKED, CertificateState.EXPIRED}:
            return state is CertificateState.EXPIRED or held.certificate.not_valid_after_utc > _now()
        revoked = f"{held.certificate.serial_number:X}" in self._revoked()
        return not revoked and held.certificate.not_valid_after_utc > _now()

    def _person_path(self, person: Person, state: CertificateState) -> Path:
        text = "\n".join((person.first_name, person.last_name, person.pesel))
        return self._private / "people" / f"{hashlib.sha256(text.encode()).hexdigest()[:20]}.{state.value}.pem"

    def _revoke(self, certificate: x509.Certificate, since: dt.datetime) -> None:
        revoked = self._revoked()
        serial = f"{certificate.serial_number:X}"
        if serial not in revoked:
            revoked[serial] = since
            lines = {number: time.isoformat() for number, time in revoked.items()}
            replace_file(self._private / "revoked.json", json.dumps(lines, indent=1).encode())
        self.publish_revocations()

    def _revoked(self) -> dict[str, dt.datetime]:
        path = self._private / "revoked.json"
        lines = json.loads(path.read_bytes()) if path.exists() else {}
        return {serial: dt.datetime.fromisoformat(time) for serial, time in lines.items()}

    def _revocations_are_old(self) -> bool:
        return any(
            dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) < _now() - CRL_REFRESH
            for path in (self._trust / "crls").glob("*.crl")
        )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def _lasting(years: int) -> tuple[dt.datetime, dt.datetime]:
    return _now() - DAY, _now() + years * 365 * DAY


def _name(*parts: tuple[ObjectIdentifier, str]) -> x509.Name:
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "PL")
    return x509.Name([country, *(x509.NameAttribute(kind, value) for kind, value in parts)])


def _new_authority(common_name: str, above: Credential | None) -> Credential:
    key = rsa.generate_private_key(65537, 3072)
    subject = _name((NameOID.ORGANIZATION_NAME, "Piaskownica"), (NameOID.COMMON_NAME, common_name))
    builder = _builder(subject, key, above, (_now() - 3650 * DAY, _now() + 3650 * DAY))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None if above is None else 0), True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), True)
    return Credential(key, builder.sign((above.key if above else key), hashes.SHA256()))


def _new_certificate(
    issuer: Credential, subject: x509.Name, validity: tuple[dt.datetime, dt.datetime], qualified: str | None
) -> Credential:
    """An end-entity certificate; `qualified` is the QcType, None for one without QcStatements."""
    key = rsa.generate_private_key(65537, 2048)
    builder = _builder(subject, key, issuer, validity)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    builder = builder.add_extension(_usage("content_commitment"), True)
    if qualified is not None:
        policy = _POLICY_SEAL if qualified == _ESEAL else _POLICY_PERSON
        builder = builder.add_extension(x509.CertificatePolicies([x509.PolicyInformation(policy, None)]), False)
        builder = builder.add_extension(x509.UnrecognizedExtension(_QC_STATEMENTS, _statements(qualified)), False)
    return Credential(key, builder.sign(issuer.key, hashes.SHA256()))


def _builder(
    subject: x509.Name, key: rsa.RSAPrivateKey, issuer: Credential | None, validity: tuple[dt.datetime, dt.datetime]
) -> x509.CertificateBuilder:
    signer = issuer.key if issuer else key
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    )


def _usage(*allowed: str) -> x509.KeyUsage:
    first = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    names = (*first, "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: name in allowed for name in names})


def _statements(kind: str) -> bytes:
    types = core.Any(_QcTypes([kind]))
    listed = [{"id": _QC_COMPLIANCE}, {"id": _QC_QSCD}, {"id": _QC_TYPE, "info": types}]
    return bytes(_QcStatements([_QcStatement(statement) for statement in listed]).dump())


def _revocation_list(issuer: Credential, revoked: dict[str, dt.datetime]) -> bytes:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now - dt.timedelta(minutes=1))
        .next_update(now + CRL_LIFETIME)
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
    )
    for serial, since in revoked.items():
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(since)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _line(path: Path, revoked: dict[str, dt.datetime]) -> Issued:
    certificate = _read(path, ()).certificate
    serial = f"{certificate.serial_number:X}"
    return Issued(
        serial=serial,
        person=str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value),
        state=CertificateState(path.name.split(".")[1]),
        not_after=certificate.not_valid_after_utc,
        revoked=serial in revoked,
    )


def _read(path: Path, chain: tuple[x509.Certificate, ...]) -> Credential:
    data = path.read_bytes()
    key = serialization.load_pem_private_key(data, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path}: not an RSA key")
    return Credential(key, x509.load_pem_x509_certificates(data)[0], chain)


def _write(path: Path, credential: Credential) -> None:
    replace_file(path, credential.key_pem + "".join(credential.certificates_pem).encode(), mode=0o600)


def replace_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write beside, then over: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    os.replace(beside, path)
