"""Electronic signatures: verifying a citizen's XAdES signature, and making the office's seal.

Sees bytes and frozen dataclasses only; knows nothing of requests, resources or accounts. What callers need stands here:

- `verify`, `VerifiedSignature`, `Signer`, `SignerKind`, `Form`
- `SignatureRefused`, `Reason`
- `TrustStore`
- `seal`, `SealKey`, `SealKeyError`, `verify_seal`
"""

from boi_portal.signing.certificates import Signer, SignerKind
from boi_portal.signing.refusals import Reason, SignatureRefused
from boi_portal.signing.sealing import SealKey, SealKeyError, seal
from boi_portal.signing.trust import TrustStore
from boi_portal.signing.verification import VerifiedSignature, verify, verify_seal
from boi_portal.signing.xades import Form

__all__ = [
    "Form",
    "Reason",
    "SealKey",
    "SealKeyError",
    "SignatureRefused",
    "Signer",
    "SignerKind",
    "TrustStore",
    "VerifiedSignature",
    "seal",
    "verify",
    "verify_seal",
]
