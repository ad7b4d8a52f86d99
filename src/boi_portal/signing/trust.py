"""Whom the portal believes: certificate authorities and lists of revoked certificates, kept in folders.

Owns reading the folders again when they change, and judging a certificate against them at a point in time. Must not
fetch anything: whoever runs the portal puts files there. A file that cannot be read is left out and logged, which can
only lead to fewer certificates being accepted.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from asn1crypto import crl, pem, x509

from boi_portal.signing.refusals import Reason, SignatureRefused

if TYPE_CHECKING:  # 6 MB that a process needs with its first signature
    from pyhanko_certvalidator import errors

logger = logging.getLogger(__name__)

_Parsed = TypeVar("_Parsed")
_Stamp = tuple[tuple[str, int, int, int], ...]  # path, inode, mtime in ns, size of every file


@dataclasses.dataclass(frozen=True)
class TrustedLists:
    """What the folders held when they were last read; DER."""

    roots: tuple[bytes, ...] = ()  # self-signed: where a chain must end
    issuers: tuple[bytes, ...] = ()  # every authority of `anchors/`: only they may have issued a person's certificate
    crls: tuple[bytes, ...] = ()


class TrustStore:
    """Trusted authorities and revocation lists; safe to share between threads."""

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = tuple(directories)
        self._lock = threading.Lock()
        self._stamp: _Stamp | None = None
        self._lists = TrustedLists()

    @classmethod
    def from_directories(cls, directories: Iterable[Path]) -> TrustStore:
        """A store over folders, each with `anchors/` (CA certificates) and `crls/`, files in PEM or DER.

        Every certificate in `anchors/` counts as an issuer of qualified certificates; the national root belongs there
        as well as the authorities under it. Folders may appear or fill later.
        """
        return cls([Path(directory) for directory in directories])

    def lists(self) -> TrustedLists:
        """The lists as they are now: read again if a file was added, replaced or removed."""
        stamp = self._current_stamp()
        with self._lock:
            if stamp != self._stamp:
                self._lists = self._read()
                self._stamp = stamp
            return self._lists

    def chain(self, certificate: bytes, others: Iterable[bytes], at: datetime) -> tuple[bytes, ...]:
        """The DER certificates from a trusted root down to `certificate`, valid and not revoked at `at`.

        :param others: intermediate certificates that came with the signature; believed only as part of a chain.
        :raises SignatureRefused: one of the `CERTIFICATE_…` reasons, `REVOCATION_UNKNOWN`, `WEAK_ALGORITHM` or `MALFORMED`.
        """
        from pyhanko_certvalidator import errors

        lists = self.lists()
        if not lists.roots:
            raise SignatureRefused(Reason.CERTIFICATE_UNKNOWN, "the trust store has no root")
        try:
            return asyncio.run(_validated(certificate, others, lists, at))
        except errors.PathBuildingError as error:
            raise SignatureRefused(Reason.CERTIFICATE_UNKNOWN, "no chain to a trusted root") from error
        except errors.ValidationError as error:
            raise SignatureRefused(_reason(error), type(error).__name__) from error
        except (ValueError, TypeError) as error:  # asn1crypto reads lazily: what is broken shows up underway
            raise SignatureRefused(Reason.MALFORMED, f"certificate: {type(error).__name__}") from error

    def has_issued(self, chain: Sequence[bytes]) -> bool:
        """Whether the last certificate of `chain` comes straight from an authority that stands in `anchors/`."""
        return len(chain) > 1 and chain[-2] in self.lists().issuers

    def _files(self, folder: str) -> list[Path]:
        return sorted(
            path
            for directory in self._directories
            if (directory / folder).is_dir()
            for path in (directory / folder).iterdir()
            if path.is_file() and not path.name.startswith(".")
        )

    def _current_stamp(self) -> _Stamp:
        stamp = []
        for path in self._files("anchors") + self._files("crls"):
            try:
                status = path.stat()
            except FileNotFoundError:  # replaced between the listing and the look; the next look sees the new one
                continue
            stamp.append((str(path), status.st_ino, status.st_mtime_ns, status.st_size))
        return tuple(stamp)

    def _read(self) -> TrustedLists:
        anchors = _load(self._files("anchors"), _certificate)
        lists = TrustedLists(
            roots=tuple(c.dump() for c in anchors if c.self_issued),
            issuers=tuple(c.dump() for c in anchors),
            crls=tuple(c.dump() for c in _load(self._files("crls"), _revocation_list)),
        )
        logger.info(
            "signing.trust.read",
            extra={"roots": len(lists.roots), "issuers": len(lists.issuers), "crls": len(lists.crls)},
        )
        return lists


async def _validated(
    certificate: bytes, others: Iterable[bytes], lists: TrustedLists, at: datetime
) -> tuple[bytes, ...]:
    from pyhanko_certvalidator import CertificateValidator, ValidationContext

    leaf = x509.Certificate.load(certificate)
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(der) for der in lists.roots],
        other_certs=[x509.Certificate.load(der) for der in (*lists.issuers, *others)],
        moment=at,
        crls=[crl.CertificateList.load(der) for der in lists.crls],
        allow_fetching=False,
        # Not "hard-fail": that one lets a certificate pass which does not say where its list is.
        revocation_mode="require",
        # A list issued after `at` knows more than the one before it: what counts is the date of revocation in it.
        retroactive_revinfo=True,
    )
    path = await CertificateValidator(leaf, validation_context=context).async_validate_path()
    return tuple(link.dump() for link in path.iter_certs(include_root=True))


def _reason(error: errors.ValidationError) -> Reason:
    from pyhanko_certvalidator import errors

    kinds: tuple[tuple[type[errors.ValidationError], Reason], ...] = (
        (errors.RevokedError, Reason.CERTIFICATE_REVOKED),
        (errors.InsufficientRevinfoError, Reason.REVOCATION_UNKNOWN),
        (errors.ExpiredError, Reason.CERTIFICATE_EXPIRED),
        (errors.NotYetValidError, Reason.CERTIFICATE_NOT_YET_VALID),
        (errors.DisallowedAlgorithmError, Reason.WEAK_ALGORITHM),
    )
    return next((reason for kind, reason in kinds if isinstance(error, kind)), Reason.CERTIFICATE_UNKNOWN)


def _load(paths: Iterable[Path], parse: Callable[[bytes], _Parsed]) -> list[_Parsed]:
    loaded: list[_Parsed] = []
    for path in paths:
        try:
            data = path.read_bytes()
            blocks = [block for _, _, block in pem.unarmor(data, multiple=True)] if pem.detect(data) else [data]
            loaded.extend(parse(block) for block in blocks)
        except (OSError, ValueError, TypeError) as error:
            logger.error("signing.trust.unreadable", extra={"file": str(path), "error": type(error).__name__})
    return loaded


def _certificate(der: bytes) -> x509.Certificate:
    certificate = x509.Certificate.load(der, strict=True)
    if not certificate.ca:
        raise ValueError("not a certificate of an authority")
    return certificate


def _revocation_list(der: bytes) -> crl.CertificateList:
    revocations = crl.CertificateList.load(der, strict=True)
    if revocations["tbs_cert_list"]["next_update"].native is None:
        raise ValueError("a list without the date of the next one never goes stale")
    return revocations
