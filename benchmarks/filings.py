"""Filings as the portal makes them: signed drafts of a form with twenty fields and a file of 100 kB, filed by `submissions.filing`.

Owns what is prepared before (people, drafts, documents, signatures by the sandbox's signing application) and what must be found
afterwards. Only `filing.file` and its commit are timed.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from ZODB.POSException import POSKeyError

from boi_portal.accounts.resources import ACTIVE, Applicant
from boi_portal.office.store import office_of, random_id
from boi_portal.publishing import lifecycle
from boi_portal.publishing.site import ROOT_KEY
from boi_portal.sandbox.authority import Authorities, CertificateState
from boi_portal.sandbox.people import Person, make_pesel
from boi_portal.sandbox.signing import sign
from boi_portal.signing import TrustStore, VerifiedSignature, verify, verify_seal
from boi_portal.submissions import drafts, filing, preparing, receipts

from .records import FIELDS, FILE_BYTES

FORM = "benchmark"
PAGE = "strona"
FILE = "zalacznik"
RECEIPT_BYTES = 6000


class Filings:
    """Whole filings: everything is checked, the signature verified, the receipt sealed."""

    def __init__(self, registry: Any) -> None:
        self.authorities = Authorities(registry.boi_settings.var / "sandbox")
        self.trust, self.seal = registry.boi_trust, registry.boi_seal.key
        self.open_case = registry.boi_case_opener

    def prepare(self, connection: Any, filer: int, count: int) -> list[Any]:
        """Make `count` signed drafts of one person, in as many accounts as that takes, in the current transaction."""
        office, site = office_of(connection), connection.root()[ROOT_KEY]
        person = Person("Jan", "Testowy", make_pesel(datetime.date(1990, 1, 1), 9000 + filer))
        credential = self.authorities.credential(person, CertificateState.VALID)
        items = []
        for first in range(0, count, drafts.MAX_DRAFTS):
            applicant = _applicant(person)
            office.applicants[applicant.id] = applicant
            some = range(first, min(first + drafts.MAX_DRAFTS, count))
            items += [self._item(office, site, applicant, credential) for _ in some]
        return items

    def _item(self, office: Any, site: Any, applicant: Applicant, credential: Any) -> Any:
        data = b"%PDF-1.7\n" + secrets.token_bytes(FILE_BYTES)
        draft = _draft(office, site, applicant, data)
        prepared = preparing.prepare(preparing.filling_of(draft, applicant, site), site, _now())
        return applicant.id, draft.id, sign(prepared.data, credential), hashlib.sha256(data).hexdigest()

    def file(self, connection: Any, item: Any) -> str:
        """File one draft in the current transaction; returns the number."""
        applicant_id, draft_id, signed, _ = item
        office, site = office_of(connection), connection.root()[ROOT_KEY]
        means = filing.FilingMeans(office, site, self.trust, self.seal, self.open_case, "http://localhost")
        draft, applicant = office.drafts[draft_id], office.applicants[applicant_id]
        number: str = filing.file(means, draft, applicant, signed, _now()).number
        return number

    @contextmanager
    def timed(self, items: list[Any]) -> Iterator[None]:
        """What holds while filings are timed."""
        yield

    def missing(self, connection: Any, number: str, digest: str) -> str:
        """What of a filing is not there; empty: all of it is, the worker's part included."""
        office = office_of(connection)
        submission = office.submissions.get(number)
        if submission is None:
            return "submission"
        applicant = office.applicants[submission.owner.removeprefix("applicant:")]
        held = {
            "document": hashlib.sha256(submission.document.data).hexdigest() == submission.document.sha256,
            "signed document": _sha256(submission.signed) == submission.signed.sha256,
            "file": [_sha256(one) for one in submission.attachments.values()] == [digest],
            "receipt": self._confirms(submission),
            "case": number in office.cases,
            "number in the applicant's list": number in applicant.cases,
            "end of the draft": office.drafts[submission.draft_id].filed_as == number
            and submission.draft_id not in applicant.drafts,
            "line on the desk": number in office.desk_keys,
        }
        return ", ".join(name for name, holds in held.items() if not holds)

    def _confirms(self, submission: Any) -> bool:
        verify_seal(submission.receipt.data, self.trust, submission.filed_at)
        return submission.number.encode() in submission.receipt.data

    @staticmethod
    def digest(item: Any) -> str:
        """By what a filing's file is known again."""
        digest: str = item[3]
        return digest


class Unsigned(Filings):
    """The same filings with the two parts left out that are arithmetic and no storage: verifying and sealing.

    What they would give is made beforehand: signatures already verified, and a receipt of the same size.
    """

    def __init__(self, registry: Any) -> None:
        super().__init__(registry)
        self._verified: dict[bytes, VerifiedSignature] = {}

    @contextmanager
    def timed(self, items: list[Any]) -> Iterator[None]:
        with mock.patch.object(filing, "verify", self._found), mock.patch.object(receipts, "make", self._receipt):
            yield

    def prepare(self, connection: Any, filer: int, count: int) -> list[Any]:
        items = super().prepare(connection, filer, count)
        office = office_of(connection)
        for _, draft_id, signed, _ in items:
            self._verified[signed] = verify(signed, office.drafts[draft_id].prepared.data, self.trust, _now())
        return items

    def _found(self, signed: bytes, document: bytes, trust: TrustStore, at: datetime.datetime) -> VerifiedSignature:
        return self._verified[signed]

    def _receipt(self, receipt: Any, key: Any) -> bytes:
        return b"x" * RECEIPT_BYTES

    def _confirms(self, submission: Any) -> bool:
        return len(submission.receipt.data) == RECEIPT_BYTES


def add_form(site: Any, registry: Any) -> None:
    """Publish the form that is filed: twenty texts and a file."""
    fields = [
        {"id": f"pole_{number}", "type": "text", "label": f"Odpowiedź {number}", "required": True, "max": 80}
        for number in range(1, FIELDS + 1)
    ]
    file = {"id": FILE, "type": "file", "label": "Załącznik", "required": True, "accept": ["pdf"], "max_files": 1}
    given = {
        "title": "Formularz do pomiarów",
        "symbol": "F-BENCH-01",
        "summary": "Dwadzieścia odpowiedzi i załącznik.",
        "addressee": "Burmistrz Zdrojów",
        "department": "so",
        "jrwa": "1510",
        "minutes": 5,
        "pages": [{"id": PAGE, "title": "Odpowiedzi", "fields": [*fields, file]}],
    }
    form = registry.content.create("EForm", given)
    lifecycle.add(registry, site["formularze"], FORM, form, "benchmark", "published")


def _applicant(person: Person) -> Applicant:
    applicant = Applicant(random_id())
    applicant.first_name, applicant.last_name = person.first_name, person.last_name
    applicant.numbers = {"pesel": person.pesel}
    applicant.email = "jan.testowy@poczta.example"
    applicant.state = ACTIVE
    return applicant


def _draft(office: Any, site: Any, applicant: Applicant, data: bytes) -> drafts.Draft:
    form = site["formularze"][FORM]
    draft = drafts.start(office, applicant, form.uid, site.versions.get(form.uid, form.version))
    stored = drafts.StoredFile("zalacznik.pdf", "application/pdf", data, _now())
    file_id = random_id()
    draft.files = {file_id: stored}
    answers = {f"pole_{number}": secrets.token_hex(20) for number in range(1, FIELDS + 1)}
    draft.typed = {PAGE: {**answers, FILE: [file_id]}}
    drafts.mark_done(draft, PAGE)
    return draft


def _sha256(stored: Any) -> str:
    """Of a file's data; empty where the database has the file's record but not its data."""
    try:
        with stored.blob.open("r") as source:
            return hashlib.sha256(source.read()).hexdigest()
    except POSKeyError:
        return ""


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
