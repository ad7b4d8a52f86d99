"""The files of a case: the signed document, the receipt, their pictures, the attachments. The same for citizen and clerk."""

from __future__ import annotations

import dataclasses
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from ..representation.records import MandateDocument
from ..submissions import downloads, pictures
from ..submissions.records import XML, Submission

SIGNED, PICTURE, RECEIPT, RECEIPT_PICTURE, ATTACHMENT = "pismo.xml", "pismo.pdf", "upp.xml", "upp.pdf", "zalacznik"
MANDATE = "pelnomocnictwo"
PDF = "application/pdf"


@dataclasses.dataclass(frozen=True)
class CaseFile:
    """A line of the list of files. `path` are the elements of the address below the case; `size` is None where it is made on request."""

    title: str
    path: tuple[str, ...]
    size: int | None = None


def files_of(submission: Submission) -> list[CaseFile]:
    """What can be downloaded beside the attachments."""
    found = [
        CaseFile("Poświadczenie (UPP) – XML z pieczęcią urzędu", (RECEIPT,), submission.receipt.size),
        CaseFile("Poświadczenie (UPP) – PDF do czytania i druku", (RECEIPT_PICTURE,)),
        CaseFile("Podpisane pismo – XML", (SIGNED,), submission.signed.size),
        CaseFile("Pismo – PDF do czytania i druku", (PICTURE,)),
    ]
    mandate = _mandate(submission)
    if mandate is not None:
        found.append(CaseFile(f"Pełnomocnictwo – {mandate.name}", (MANDATE,), mandate.size))
    return found


def attachments_of(submission: Submission) -> list[CaseFile]:
    """The attachments, in the order in which they were added."""
    return [CaseFile(one.name, (ATTACHMENT, file_id), one.size) for file_id, one in submission.attachments.items()]


def response_for(submission: Submission, name: str, request: Any) -> Response:
    """The file with this name.

    :raises HTTPNotFound: there is none.
    """
    number = submission.number
    if name == ATTACHMENT:
        return _attachment(submission, request.subpath)
    if request.subpath:
        raise HTTPNotFound()
    if name == SIGNED:
        return downloads.stored_attachment(submission.signed)
    if name == RECEIPT:
        return downloads.attachment(submission.receipt.data, f"UPP-{number}.xml", XML)
    if name == RECEIPT_PICTURE:
        return downloads.attachment(pictures.receipt_pdf(submission.receipt.data, request), f"UPP-{number}.pdf", PDF)
    if name == PICTURE:
        made = pictures.document_pdf(submission.document.data, number, request)
        return downloads.attachment(made, f"{number}.pdf", PDF)
    mandate = _mandate(submission)
    if name == MANDATE and mandate is not None:
        return downloads.stored_attachment(mandate)
    raise HTTPNotFound()


def _mandate(submission: Submission) -> MandateDocument | None:
    """The document of the mandate by which it was filed."""
    return submission.acted.document if submission.acted is not None else None


def _attachment(submission: Submission, subpath: tuple[str, ...]) -> Response:
    stored = submission.attachments.get(subpath[0]) if len(subpath) == 1 else None
    if stored is None:
        raise HTTPNotFound()
    return downloads.stored_attachment(stored)
