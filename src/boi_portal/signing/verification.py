"""Judging a signed file: the one way from bytes to "this person signed exactly this document".

Owns the order of the checks and what comes out. Must not compare the signer with an account: that is for the caller,
who knows whose document it is.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import traceback
from collections.abc import Callable
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from boi_portal.signing import certificates, parsing, xades
from boi_portal.signing.certificates import Signer, SignerKind
from boi_portal.signing.refusals import Reason, SignatureRefused
from boi_portal.signing.trust import TrustStore

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class VerifiedSignature:
    """A signature that holds."""

    signer: Signer
    form: xades.Form
    algorithm: str  # URI of the signature method
    content_sha256: str  # hex, of the exclusive canonical form of what was signed
    claimed_time: datetime | None  # what the signer's clock said, UTC; proves nothing
    verified_for: datetime  # the time that the certificates were judged at
    certificate: bytes  # DER
    chain: tuple[bytes, ...]  # DER, from the trusted root down to the signer's certificate


def verify(signed: bytes, document: bytes, trust: TrustStore, at: datetime) -> VerifiedSignature:
    """Check that `signed` is a qualified XAdES signature over exactly `document`.

    :param document: the XML that the portal made, nothing beside its root element.
    :param at: when the portal received the file, with a time zone.
    :raises SignatureRefused: for every file that is not accepted, whatever its bytes.
    :raises ValueError: if `document` is no such XML, or `at` has no time zone.
    """
    _require_zone(at)
    expected = _canonical_document(document)
    return _guarded(lambda: _verify(signed, expected, trust, at))


def verify_seal(sealed: bytes, trust: TrustStore, at: datetime) -> VerifiedSignature:
    """Check an organisation's enveloped seal on `sealed`, whatever the document.

    The seal need not be a qualified one (see `signer.qualified`); whether it is the office's own, the caller compares.

    :param at: when the document was sealed, with a time zone.
    :raises SignatureRefused: for every file that is not accepted, whatever its bytes.
    :raises ValueError: if `at` has no time zone.
    """
    _require_zone(at)
    return _guarded(lambda: _verify_seal(sealed, trust, at))


def _verify(signed: bytes, expected: bytes, trust: TrustStore, at: datetime) -> VerifiedSignature:
    checked = xades.check(signed)
    if checked.content != expected:
        raise SignatureRefused(Reason.OTHER_DOCUMENT, "the signed content is not the document")
    if checked.claims_role:
        raise SignatureRefused(Reason.FOREIGN_ROLE, "a claimed role")
    verified = _trusted(checked, trust, at)
    if not verified.signer.qualified or not trust.has_issued(verified.chain):
        raise SignatureRefused(Reason.NOT_QUALIFIED, "QcStatements or issuer")
    certificates.check_key_usage(checked.certificate)
    return verified


def _verify_seal(sealed: bytes, trust: TrustStore, at: datetime) -> VerifiedSignature:
    checked = xades.check(sealed)
    if checked.form is not xades.Form.ENVELOPED:
        raise SignatureRefused(Reason.NOT_WHOLE, "a seal stands inside its document")
    if checked.claims_role:
        raise SignatureRefused(Reason.FOREIGN_ROLE, "a claimed role")
    verified = _trusted(checked, trust, at)
    if verified.signer.kind is not SignerKind.SEAL:
        raise SignatureRefused(Reason.NOT_QUALIFIED, "a person's certificate, not a seal")
    certificates.check_key_usage(checked.certificate)
    return verified


def _trusted(checked: xades.CheckedSignature, trust: TrustStore, at: datetime) -> VerifiedSignature:
    certificate = checked.certificate.public_bytes(Encoding.DER)
    return VerifiedSignature(
        signer=certificates.signer(checked.certificate),
        form=checked.form,
        algorithm=checked.algorithm,
        content_sha256=hashlib.sha256(checked.content).hexdigest(),
        claimed_time=checked.claimed_time,
        verified_for=at,
        certificate=certificate,
        chain=trust.chain(certificate, checked.others, at),
    )


def _guarded(judge: Callable[[], VerifiedSignature]) -> VerifiedSignature:
    """What no check foresaw is a refusal too; it is logged as an error, because it is a gap in the checks."""
    try:
        return judge()
    except SignatureRefused:
        raise
    except Exception as error:
        # Where, not what: the text of the error may quote the document.
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename}:{where.lineno}"
        logger.error("signing.unforeseen", extra={"error": type(error).__name__, "place": place})
        raise SignatureRefused(Reason.MALFORMED, f"unforeseen {type(error).__name__}") from error


def _canonical_document(document: bytes) -> bytes:
    try:
        root = parsing.parse(document)
    except SignatureRefused as error:
        raise ValueError(f"the document itself cannot be read ({error.detail})") from error
    if root.getprevious() is not None or root.getnext() is not None:
        raise ValueError("the document itself has something beside its root element")
    return parsing.canonical(root)


def _require_zone(at: datetime) -> None:
    if at.utcoffset() is None:
        raise ValueError("the time of receipt needs a time zone")
