"""What citizens do in tests: a form of their own, complete drafts, signatures by the sandbox's certificates."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from boi_portal.accounts.resources import ACTIVE, Applicant, Consent, applicant_of
from boi_portal.office.store import random_id
from boi_portal.profile import number_changes
from boi_portal.profile.number_changes import NumberChange
from boi_portal.publishing import lifecycle
from boi_portal.publishing.content import now
from boi_portal.sandbox import signing
from boi_portal.sandbox.authority import Authorities, CertificateState, Credential
from boi_portal.sandbox.people import OFFERED, Person
from boi_portal.submissions import drafts
from boi_portal.submissions.drafts import Draft, StoredFile
from boi_portal.web.security import applicant_userid

JAN, ANNA = OFFERED[0], OFFERED[1]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
FILE_ID = "ab" * 16
FORM_NAME = "zgloszenie-psa"

FORM = {
    "title": "Zgłoszenie psa", "summary": "Zgłoś psa.", "symbol": "F-SO-99", "department": "so", "addressee": "Burmistrz Zdrojów",
    "minutes": 5, "intro": "", "keywords": [], "jrwa": "5343", "consent": "<p>Zgadzam się na wizytę.</p>",
    "pages": [
        {
            "id": "osoba", "title": "Kto zgłasza",
            "fields": [
                {"id": "imie", "type": "text", "label": "Imię", "required": True, "prefill": "applicant.first_name"},
                {
                    "id": "kontakt", "type": "group", "label": "Kontakt",
                    "fields": [{"id": "adres", "type": "address", "label": "Adres", "prefill": "applicant.address"}],
                },
                {"id": "uwagi", "type": "longtext", "label": "Uwagi"},
            ],
        },
        {
            "id": "psy", "title": "Psy",
            "fields": [
                {
                    "id": "lista", "type": "repeat", "label": "Psy", "item_label": "Pies", "min": 1, "max": 3,
                    "fields": [
                        {"id": "wabi", "type": "text", "label": "Jak się wabi", "required": True},
                        {"id": "cena", "type": "money", "label": "Cena"},
                    ],
                },
                {"id": "razem", "type": "computed", "label": "Razem", "formula": "sum(lista.cena)", "format": "money"},
                {"id": "ksiazeczka", "type": "file", "label": "Książeczka", "accept": ["pdf"], "max_files": 2, "max_mb": 1},
            ],
        },
    ],
}  # fmt: skip

TYPED = {
    "osoba": {"imie": "Jan", "uwagi": "Zażółć „gęślą” <jaźń> & tak\r\ndrugi wiersz"},
    "psy": {"lista": [{"wabi": "Burek", "cena": "1 200,50"}, {"wabi": "Łatka", "cena": ""}], "ksiazeczka": [FILE_ID]},
}


def add_form(portal: Any, registry: Any, fields: Any = FORM, name: str = FORM_NAME) -> Any:
    """A published form, made once."""
    forms = portal.site["formularze"]
    if name in forms:
        return forms[name]
    form = registry.content.create("EForm", dict(fields))
    return lifecycle.add(registry, forms, name, form, "redaktor", "published")


def add_applicant(office: Any, person: Person = ANNA, **more: Any) -> Applicant:
    """An active account of a person."""
    made = Applicant(random_id())
    made.first_name, made.last_name = person.first_name, person.last_name
    made.numbers = {"pesel": person.pesel}
    made.login = f"konto{made.id[:8]}"
    made.email = f"{made.login}@poczta.example"
    made.state = ACTIVE
    made.consents = (Consent("a clause that is gone", 1, now()),)
    for name, value in more.items():
        setattr(made, name, value)
    office.applicants[made.id] = made
    return made


def ask_number(office: Any, applicant: Applicant, which: str = "pesel") -> NumberChange:
    """A change of a number that waits for the office."""
    document = StoredFile("decyzja.pdf", "application/pdf", PDF, now())
    return number_changes.ask(office, applicant, which, JAN.pesel, "", document, now())


def complete_draft(portal: Any, applicant: Applicant, form: Any, typed: Any = TYPED) -> Draft:
    """A draft in which nothing is missing, with one attachment."""
    version = portal.site.versions.get(form.uid, form.version)
    draft = drafts.start(portal.office, applicant, form.uid, version)
    for page, answers in typed.items():
        drafts.save_page(draft, page, answers)
        drafts.mark_done(draft, page)
    draft.files = {FILE_ID: StoredFile("książeczka psa.pdf", "application/pdf", PDF, now())}
    drafts.consent(draft, True)
    return draft


def account_of(office: Any, login: str) -> Applicant:
    """The account with a login."""
    return next(one for one in office.applicants.values() if one.login == login)


def sign(var: Path, document: bytes, person: Person = JAN, state: CertificateState = CertificateState.VALID) -> bytes:
    """The document signed in the sandbox of the portal in `var`."""
    return signing.sign(document, _credential(var, person, state))


@functools.cache
def _credential(var: Path, person: Person, state: CertificateState) -> Credential:
    return Authorities(var / "sandbox").credential(person, state)


__all__ = ["ANNA", "JAN", "CertificateState", "applicant_of", "applicant_userid"]
