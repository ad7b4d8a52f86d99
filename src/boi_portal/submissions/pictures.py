"""Pictures of documents and receipts for people: accessible PDFs, made on request from the stored XML.

Owns what stands on them. A picture proves nothing, and says so; the XML is what counts.
"""

from __future__ import annotations

from typing import Any

from pyramid.renderers import render

from ..eforms import printing
from . import document, receipts


def document_pdf(data: bytes, number: str, request: Any) -> bytes:
    """The picture of a document; `number` is empty while it is not filed."""
    letter = document.read(data)
    values = {"letter": letter, "number": number, "title": letter.form_title}
    return printing.pdf(render("boi_portal.submissions:templates/letter_picture.pt", values, request))


def receipt_pdf(sealed: bytes, request: Any) -> bytes:
    """The picture of a receipt."""
    receipt = receipts.read(sealed)
    values = {"receipt": receipt, "title": "Urzędowe poświadczenie przedłożenia"}
    return printing.pdf(render("boi_portal.submissions:templates/receipt_picture.pt", values, request))
