"""What was filed, as it is stored in the office database.

Owns the shape of a submission. Nothing here changes after it was made: what happens next is the case's business.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Mapping

from persistent import Persistent

from ..representation.acting import Acting
from ..representation.records import MANDATE, MandateDocument
from ..signing import VerifiedSignature
from .drafts import StoredFile

XML = "application/xml"


class KeptBytes(Persistent):
    """Bytes in an object of their own, read only when asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sha256 = hashlib.sha256(data).hexdigest()

    @property
    def size(self) -> int:
        return len(self.data)


@dataclasses.dataclass(frozen=True)
class SignatureFacts:
    """What was found out about the signature when it was accepted."""

    signer: str
    kind: str  # `qualified` or `seal`
    issuer: str  # RFC 4514
    serial_number: str  # of the certificate, hexadecimal
    not_before: datetime.datetime
    not_after: datetime.datetime
    algorithm: str  # URI
    form: str
    claimed_time: datetime.datetime | None  # by the signer's clock; proves nothing
    checked_at: datetime.datetime
    certificate: bytes  # DER

    @classmethod
    def of(cls, verified: VerifiedSignature) -> SignatureFacts:
        """The facts of a signature that holds."""
        signer = verified.signer
        return cls(
            signer=signer.name,
            kind=signer.kind.value,
            issuer=signer.issuer,
            serial_number=signer.serial_number,
            not_before=signer.not_before,
            not_after=signer.not_after,
            algorithm=verified.algorithm,
            form=verified.form.name.lower(),
            claimed_time=verified.claimed_time,
            checked_at=verified.verified_for,
            certificate=verified.certificate,
        )


@dataclasses.dataclass(frozen=True)
class FormFacts:
    """Which form was filled in, in which version."""

    uid: str
    symbol: str
    title: str
    version: int
    sha256: str
    department: str
    jrwa: str


@dataclasses.dataclass(frozen=True)
class ActedFacts:
    """Who filed in the owner's name, and by what, as it was then. `document` is the mandate's, kept whatever becomes of the mandate."""

    person: str  # user id
    name: str
    representation: str  # id
    by_mandate: bool
    valid_from: datetime.date | None
    valid_until: datetime.date | None
    document: MandateDocument | None

    @classmethod
    def of(cls, acting: Acting | None) -> ActedFacts | None:
        """The facts of who acts; None for who files for himself."""
        if acting is None or acting.representation is None:
            return None
        by = acting.representation
        return cls(
            person=acting.person.userid,
            name=acting.person.name,
            representation=by.id,
            by_mandate=by.kind == MANDATE,
            valid_from=by.valid_from,
            valid_until=by.valid_until,
            document=by.document,
        )


class Submission(Persistent):
    """One filled, signed and filed form. `owner` is the applicant's user id, `attachments` map file ids to files."""

    acted: ActedFacts | None = None  # None: filed by the owner

    def __init__(
        self,
        number: str,
        owner: str,
        draft_id: str,
        form: FormFacts,
        document: bytes,
        signed: bytes,
        signature: SignatureFacts,
        attachments: Mapping[str, StoredFile],
        filed_at: datetime.datetime,
        acted: ActedFacts | None = None,
    ) -> None:
        self.number = number
        self.owner = owner
        self.draft_id = draft_id
        self.form = form
        self.filed_at = filed_at
        self.signature = signature
        if acted is not None:
            self.acted = acted
        self.document = KeptBytes(document)
        self.signed = StoredFile(f"{number}-podpisany.xml", XML, signed, filed_at)
        self.attachments = dict(attachments)
        self.receipt = KeptBytes(b"")

    def confirm(self, receipt: bytes) -> None:
        """Put the sealed receipt in its place, once.

        :raises ValueError: there is one.
        """
        if self.receipt.data:
            raise ValueError("a submission has one receipt")
        self.receipt = KeptBytes(receipt)
