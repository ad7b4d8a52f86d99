"""Why an identity provider's message is not accepted.

Owns the words by which callers tell the reasons apart. They are kept in the audit trail: never rename one. The sentences that people
read are the portal's business.
"""

from __future__ import annotations

import enum


class Reason(enum.StrEnum):
    """A stable word for each way in which a message can be wrong."""

    # what it is made of
    TOO_LARGE = "too-large"
    NOT_XML = "not-xml"
    DTD = "dtd"
    COMMENT = "comment"
    DUPLICATE_ID = "duplicate-id"
    STRUCTURE = "structure"
    SEVERAL_ASSERTIONS = "several-assertions"
    # who says it
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad-signature"
    WEAK_ALGORITHM = "weak-algorithm"
    CERTIFICATE_EXPIRED = "certificate-expired"
    METADATA_EXPIRED = "metadata-expired"
    METADATA_BROKEN = "metadata-broken"
    WRONG_ISSUER = "wrong-issuer"
    # to whom, and in answer to what
    WRONG_BINDING = "wrong-binding"
    WRONG_RELAY_STATE = "wrong-relay-state"
    WRONG_REQUEST = "wrong-request"
    WRONG_DESTINATION = "wrong-destination"
    WRONG_RECIPIENT = "wrong-recipient"
    WRONG_AUDIENCE = "wrong-audience"
    WRONG_NONCE = "wrong-nonce"
    WRONG_TOKEN_HASH = "wrong-at-hash"  # noqa: S105 - a word
    WRONG_SUBJECT = "wrong-subject"
    NO_CONDITIONS = "no-conditions"
    # when
    QUESTION_EXPIRED = "question-expired"
    ISSUED_LONG_AGO = "issued-long-ago"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    REPLAYED = "replayed"
    # about whom
    CANNOT_DECRYPT = "cannot-decrypt"
    LOA_TOO_LOW = "loa-too-low"
    MISSING_ATTRIBUTE = "missing-attribute"
    BAD_ATTRIBUTE = "bad-attribute"
    UNVERIFIED_EMAIL = "unverified-email"
    # what the provider itself says
    DECLINED = "declined"  # the person gave up, or could not prove who they are
    PROVIDER_ERROR = "provider-error"
    ARTIFACT_MALFORMED = "artifact-malformed"
    ARTIFACT_UNKNOWN = "artifact-unknown"  # used before, or too old
    # on our side
    NO_KEY = "no-key"
    NOT_SUPPORTED = "not-supported"  # the provider's metadata offer no such service
    LIBRARY = "library"  # pysaml2 refuses what our own checks accept


class IdentityError(Exception):
    """What every error of this package is."""


class Refused(IdentityError):
    """A message, or a provider's metadata, must not be believed. `detail` is for the log: English, nothing about the person."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


class Unreachable(IdentityError):
    """The provider's service did not answer, not in time, or not with what was asked for. Try again later or sign in otherwise."""


class ConfigurationError(IdentityError, ValueError):
    """A file with a provider or a key is wrong; the message names the file and says what to write."""
