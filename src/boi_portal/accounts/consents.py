"""The information clause that one consents to when making an account: which text it is, and which version of it was agreed to."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from typing import Any

from chameleon.utils import Markup

from ..publishing.richtext import markup
from ..publishing.versions import Version, VersionNotFound, canonical_json
from .resources import Applicant, Consent

CLAUSE_PAGE = "polityka-prywatnosci"
SYSTEM = "system"


class ClauseMissing(LookupError):
    """The portal has no published information clause; without one nobody can consent."""


@dataclasses.dataclass(frozen=True)
class GivenConsent:
    """A consent as its giver sees it."""

    title: str
    version: int
    at: datetime.datetime
    text: Markup


def clause_page(site: Any) -> Any:
    """The content object with the clause.

    :raises ClauseMissing: there is none that is published.
    """
    page = site.get(CLAUSE_PAGE)
    if page is None or page.state != "published":
        raise ClauseMissing(CLAUSE_PAGE)
    return page


def clause_text(site: Any) -> Markup:
    """The clause as it stands.

    :raises ClauseMissing: there is none that is published.
    """
    return markup(clause_page(site).value("body", ""))


def consent_given(site: Any, at: datetime.datetime) -> Consent:
    """The consent to the clause as it stands, bound to an immutable version of it."""
    page = clause_page(site)
    return Consent(page.uid, _version_of(site, page, at).number, at)


def _digest(page: Any) -> str:
    """As `Version` has it."""
    return hashlib.sha256(canonical_json(page.fields).encode()).hexdigest()


def _version_of(site: Any, page: Any, at: datetime.datetime) -> Version:
    """The version that holds the page's present text.

    Pages are not versioned by themselves; so the first consent to a changed text makes a version of it.
    """
    digest = _digest(page)
    for version in site.versions.all(page.uid):
        if version.sha256 == digest:
            return version
    made: Version = site.versions.add(
        page.uid, page.type_name, page.fields, SYSTEM, "Treść klauzuli przy rejestracji", at
    )
    return made


def needs_consent(applicant: Applicant) -> bool:
    """Whether the account may do nothing before consent is given, as one that the office has made."""
    return not applicant.consents


def has_changed(site: Any, applicant: Applicant) -> bool:
    """Whether the clause says something else than what the applicant has read last.

    The consent stays good: it is to a purpose, and that is not changed by a word in the clause. The applicant is told and asked to read.
    """
    page = site.get(CLAUSE_PAGE)
    if page is None or page.state != "published" or not applicant.consents:
        return False
    last = applicant.consents[-1]
    try:
        return bool(site.versions.get(last.clause, last.version).sha256 != _digest(page))
    except VersionNotFound:
        return True


def consents_of(site: Any, applicant: Applicant) -> list[GivenConsent]:
    """What an applicant has agreed to, newest first, each with the text as it was."""
    shown = []
    for consent in reversed(applicant.consents):
        try:
            fields = site.versions.get(consent.clause, consent.version).fields
        except VersionNotFound:
            fields = {}
        shown.append(
            GivenConsent(fields.get("title", "Klauzula"), consent.version, consent.at, markup(fields.get("body", "")))
        )
    return shown
