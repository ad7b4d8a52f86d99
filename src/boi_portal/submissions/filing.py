"""Filing: a signed draft becomes a submission with a number, a sealed receipt and a case, in one transaction or not at all.

Owns the order: everything is checked first and nothing written until all holds; then everything is written, and only to objects of
this filing and this person. Writes the office database alone and reaches nothing outside. Knows nothing of requests.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from typing import Any

from ..accounts.notifications import FILED, wants
from ..accounts.resources import PERSON, Applicant
from ..mail.letters import post
from ..office.store import Office, case_number, random_id
from ..permissions import SIGN_RIGHT
from ..representation.acting import Acting
from ..signing import SealKey, SignatureRefused, Signer, TrustStore, VerifiedSignature, verify
from ..web.polish import datetime_text, file_size, in_zone
from . import drafts, preparing, receipts
from .drafts import Draft, FilledForm
from .preparing import Filling, Incomplete, Prepared
from .receipts import Party, Receipt
from .records import ActedFacts, FormFacts, SignatureFacts, Submission

CaseOpener = Callable[[Office, Any, Submission, Applicant], None]

INCOMPLETE = (
    "incomplete",
    "W formularzu czegoś jeszcze brakuje albo któraś odpowiedź nie jest już aktualna. Wróć do sprawdzenia odpowiedzi i popraw je.",
)
WITHDRAWN = (
    "withdrawn",
    "Urząd wycofał ten formularz, więc pisma na nim już nie przyjmie. Skorzystaj z innego formularza albo z pisma ogólnego.",
)
NOT_PREPARED = (
    "not_prepared",
    "Nie ma jeszcze dokumentu do podpisania. Pobierz go z tej strony, podpisz i dopiero wtedy prześlij podpisany plik.",
)
CHANGED = (
    "changed",
    "Odpowiedzi albo dane konta zmieniły się po pobraniu dokumentu. Pobierz dokument jeszcze raz, podpisz go i prześlij.",
)
OTHER_PERSON = (
    "other_person",
    "Dokument podpisała inna osoba niż ta, do której należy konto. Podpisz własnym podpisem. Pełnomocnik wysyła pismo ze "
    "swojego konta, gdy udzielisz mu pełnomocnictwa w ustawieniach swojego konta.",
)
OTHER_AGENT = (
    "other_agent",
    "Działasz w cudzym imieniu, ale dokument podpisała inna osoba niż Ty. Podpisz go własnym podpisem.",
)
NOT_ALLOWED = (
    "not_allowed",
    "Nie masz prawa podpisać i wysłać tego pisma w tym imieniu. Poproś o zmianę roli albo zakresu pełnomocnictwa.",
)
NO_NUMBER = (
    "no_number",
    "Nie możemy rozpoznać, czy to Twój podpis: w podpisie albo na koncie nie ma numeru PESEL ani NIP. Użyj podpisu z numerem PESEL "
    "albo złóż pismo w urzędzie.",
)


class FilingRefused(Exception):
    """The filing is not accepted; `code` is for tests and logs, `message` for the person, in Polish."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclasses.dataclass(frozen=True)
class FilingMeans:
    """What filing needs beside the draft: the databases' roots, whom to trust, the seal, who opens the case."""

    office: Office
    site: Any
    trust: TrustStore
    seal: SealKey
    open_case: CaseOpener
    portal_url: str  # without a slash at its end; letters carry it


def file(
    means: FilingMeans,
    draft: Draft,
    applicant: Applicant,
    signed: bytes,
    at: datetime.datetime,
    acting: Acting | None = None,
) -> Submission:
    """File a draft with its signed document, received `at`; `acting` tells who acts for the applicant.

    :raises FilingRefused: something does not hold; nothing was written.
    """
    if number_of(draft):
        raise ValueError(f"draft {draft.id} was filed as {number_of(draft)}")
    _check_right(draft, acting)
    filling, prepared = _checked_draft(means, draft, applicant, acting)
    verified = _checked_signature(means, applicant, signed, prepared, at, acting)
    submission = _submission(means.office, filling, prepared, signed, verified, at, ActedFacts.of(acting))
    receipt = _receipt(means.site, submission, filling, applicant)
    submission.confirm(receipts.make(receipt, means.seal))
    means.office.submissions[submission.number] = submission
    means.open_case(means.office, means.site, submission, applicant)
    _retire(applicant, draft, submission.number)
    _announce(means, submission, applicant)
    if acting is not None and acting.for_other:
        _announce(means, submission, acting.person)
    return submission


def number_of(draft: Draft) -> str:
    """The number under which a draft was filed, empty where it was not: so the same draft filed twice is one case."""
    return draft.filed_as


def is_own_signature(signer: Signer, applicant: Applicant) -> bool:
    """Whether the signature is the account's: by PESEL, or for firms and institutions by NIP.

    :raises FilingRefused: there is no number to compare.
    """
    if signer.pesel and applicant.pesel:
        return signer.pesel == applicant.pesel
    if signer.nip and applicant.nip and applicant.kind != PERSON:
        return signer.nip == applicant.nip
    if not (signer.pesel or signer.nip) or not (applicant.pesel or applicant.nip):
        raise FilingRefused(*NO_NUMBER)
    return False


def is_agents_signature(signer: Signer, person: Applicant) -> bool:
    """Whether the signature is that of the person who acts for another: by PESEL, whatever the firm's number.

    :raises FilingRefused: there is no number to compare.
    """
    if not signer.pesel or not person.pesel:
        raise FilingRefused(*NO_NUMBER)
    return signer.pesel == person.pesel


def _check_right(draft: Draft, acting: Acting | None) -> None:
    if acting is None or acting.representation is None:
        return
    if not acting.may(SIGN_RIGHT) or not acting.covers(draft.form_uid) or draft.owner != acting.applicant.userid:
        raise FilingRefused(*NOT_ALLOWED)
    # if it is taken back while this is being filed, one of the two is done again and sees the other
    acting.representation._p_jar.readCurrent(acting.representation)


def _checked_draft(
    means: FilingMeans, draft: Draft, applicant: Applicant, acting: Acting | None
) -> tuple[Filling, Prepared]:
    version = drafts.version_of(draft, means.site)
    if not version.intact or version.sha256 != draft.form_sha256:
        raise ValueError(f"version {version.number} of form {draft.form_uid} is not what the draft was made with")
    form = drafts.form_of(draft, means.site)
    if form is None or form.state != "published":
        raise FilingRefused(*WITHDRAWN)
    try:
        filling = preparing.filling_of(draft, applicant, means.site, acting)
    except Incomplete as error:
        raise FilingRefused(*INCOMPLETE) from error
    if draft.prepared is None:
        raise FilingRefused(*NOT_PREPARED)
    prepared = filling.prepared
    if prepared is None:
        raise FilingRefused(*CHANGED)
    return filling, prepared


def _checked_signature(
    means: FilingMeans,
    applicant: Applicant,
    signed: bytes,
    prepared: Prepared,
    at: datetime.datetime,
    acting: Acting | None,
) -> VerifiedSignature:
    try:
        verified = verify(signed, prepared.data, means.trust, at)
    except SignatureRefused as refusal:
        raise FilingRefused(refusal.reason.code, refusal.reason.message) from refusal
    if acting is not None and acting.for_other:
        if not is_agents_signature(verified.signer, acting.person):
            raise FilingRefused(*OTHER_AGENT)
    elif not is_own_signature(verified.signer, applicant):
        raise FilingRefused(*OTHER_PERSON)
    return verified


def _submission(
    office: Office,
    filling: Filling,
    prepared: Prepared,
    signed: bytes,
    verified: VerifiedSignature,
    at: datetime.datetime,
    acted: ActedFacts | None,
) -> Submission:
    filled, draft = filling.filled, filling.draft
    return Submission(
        number=_free_number(office, in_zone(at).year),
        owner=draft.owner,
        draft_id=draft.id,
        form=_form_facts(filled),
        document=prepared.data,
        signed=signed,
        signature=SignatureFacts.of(verified),
        attachments={one.id: draft.files[one.id] for one in filled.attachments},
        filed_at=at,
        acted=acted,
    )


def _free_number(office: Office, year: int) -> str:
    while (number := case_number(year)) in office.submissions:
        pass
    return number


def _form_facts(filled: FilledForm) -> FormFacts:
    return FormFacts(
        uid=filled.uid,
        symbol=filled.symbol,
        title=filled.title,
        version=filled.version,
        sha256=filled.sha256,
        department=filled.department,
        jrwa=filled.jrwa,
    )


def _receipt(site: Any, submission: Submission, filling: Filling, applicant: Applicant) -> Receipt:
    form, signature = submission.form, submission.signature
    office = site.value("office", "") or site.title
    attached = [
        (receipts.ATTACHMENT, f"{one.name}, {file_size(one.size)}, SHA-256: {one.sha256}")
        for one in filling.filled.attachments
    ]
    return Receipt(
        id=random_id(),
        addressee=Party(office, "NIP", site.value("nip", "")),
        sender=_sender(applicant),
        delivered_at=submission.filed_at,
        made_at=submission.filed_at,
        document_id=submission.number,
        details=(
            (receipts.FORM, f"{form.title} ({form.symbol}), wersja {form.version}"),
            (receipts.DOCUMENT_SHA256, submission.document.sha256),
            (receipts.SIGNED_SHA256, submission.signed.sha256),
            (receipts.SIGNER, f"{signature.signer}, certyfikat nr {signature.serial_number}"),
            *_acted_detail(submission),
            *attached,
        ),
    )


def _acted_detail(submission: Submission) -> list[tuple[str, str]]:
    acted = submission.acted
    if acted is None:
        return []
    by = f"pełnomocnictwo {acted.representation}" if acted.by_mandate else "osoba uprawniona przez nadawcę"
    shown = f", SHA-256 dokumentu: {acted.document.sha256}" if acted.document is not None else ""
    return [(receipts.AGENT, f"{acted.name}, {by}{shown}")]


def _sender(applicant: Applicant) -> Party:
    if applicant.kind != PERSON and applicant.nip:
        return Party(applicant.display_name, "NIP", applicant.nip)
    return Party(applicant.display_name, "Konto w portalu", applicant.id)


def _retire(applicant: Applicant, draft: Draft, number: str) -> None:
    """Empty the draft and leave in it the number under which it was filed.

    It keeps its place: taking it out of the shard would write a bucket that others share, and the loss of a bucket's last key cannot
    be merged with another change (four filings in a hundred conflicted).
    """
    draft.typed, draft.files, draft.done, draft.prepared = {}, {}, (), None
    draft.filed_as = number
    applicant.drafts.remove(draft.id)


def _announce(means: FilingMeans, submission: Submission, reader: Applicant) -> None:
    if not wants(reader, FILED):
        return
    words = {
        "title": submission.form.title,
        "number": submission.number,
        "received": datetime_text(submission.filed_at),
        "link": f"{means.portal_url}/sprawy/{submission.number}",
    }
    post(means.office, "filed", reader.email, words)
