"""For whom a request acts: the signed-in person, or somebody whom that person represents.

The session keeps only which representation was chosen. Whether it still holds is asked of the stored record at every request, so what
was removed, has run out or belongs to a closed account gives nothing from the next request on. Reading writes nothing: the session keeps
the lost choice, and every page says that it is lost, until the person chooses anew.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection
from typing import Any

from .. import permissions
from ..accounts.resources import PERSON, Applicant, applicant_of
from ..eforms.prefill import ApplicantData
from ..office.audit import Origin, record
from ..web.polish import today
from .records import Representation, held_by, representation_by
from .scopes import covered_forms

CHOSEN_KEY = "acting"


@dataclasses.dataclass(frozen=True)
class Acting:
    """Who is signed in (`person`) and whose account the request is about (`applicant`); the same where one acts for oneself.

    `lost` tells that the person had chosen somebody for whom he may not act any more.
    """

    person: Applicant
    applicant: Applicant
    site: Any
    representation: Representation | None = None
    lost: bool = False

    @property
    def rights(self) -> Collection[str]:
        """What may be done now with the account's drafts and cases."""
        return permissions.RIGHTS if self.representation is None else self.representation.rights

    @property
    def for_other(self) -> bool:
        """Whether the person acts for somebody else."""
        return self.representation is not None

    @property
    def how(self) -> str:
        """What an audit event says of it: the representation's id; empty where one acts for oneself."""
        return self.representation.id if self.representation is not None else ""

    def may(self, right: str) -> bool:
        """Whether the person has a right of `permissions.RIGHTS` to the account."""
        return right in self.rights

    @property
    def manages_people(self) -> bool:
        """Whether the person may say who acts for the account, which is a firm's or an institution's."""
        return self.applicant.kind != PERSON and self.may(permissions.MANAGE_RIGHT)

    @functools.cached_property
    def _forms(self) -> frozenset[str] | None:
        scope = self.representation.scope if self.representation is not None else None
        return covered_forms(scope, self.site) if scope is not None else None

    @property
    def is_limited(self) -> bool:
        """Whether only some e-forms are within the representation's scope."""
        return self._forms is not None

    def covers(self, form_uid: str) -> bool:
        """Whether what was or will be filed on this e-form is within the representation's scope."""
        return self._forms is None or form_uid in self._forms

    def record_acl(self, owner: str, form_uid: str) -> list[permissions.Ace]:
        """The access list of a draft or case of `owner` (user id) on an e-form."""
        if owner != self.applicant.userid or not self.covers(form_uid):
            return permissions.nobodys_acl()
        return permissions.acted_record_acl(self.person.userid, self.rights)

    def data(self) -> ApplicantData:
        """What a form may be filled in with: the account's data; of a firm, the person is the one who acts for it now."""
        data = self.applicant.data()
        if not self.for_other or self.applicant.kind == PERSON:
            return data
        own = self.person.data()
        return dataclasses.replace(
            data, first_name=own.first_name, last_name=own.last_name, pesel=own.pesel, birth_date=own.birth_date
        )


def acting_of(request: Any) -> Acting | None:
    """For whom this request acts; None for visitors and employees."""
    person = applicant_of(request.office, request.authenticated_userid)
    if person is None:
        return None
    chosen = request.session.get(CHOSEN_KEY)
    if not chosen:
        return Acting(person, person, request.root)
    representation = representation_by(request.office, chosen)
    principal = usable_principal(request.office, representation, person)
    if principal is None:
        return Acting(person, person, request.root, lost=True)
    return Acting(person, principal, request.root, representation)


def usable_principal(office: Any, representation: Representation | None, person: Applicant) -> Applicant | None:
    """For whom `person` may act by a representation today, or None."""
    if representation is None or representation.agent != person.userid or not representation.holds(today()):
        return None
    principal = applicant_of(office, representation.principal)
    return principal if principal is not None and principal.active else None


def choices_of(request: Any) -> list[tuple[Representation, Applicant]]:
    """For whom the signed-in person may act today."""
    person = applicant_of(request.office, request.authenticated_userid)
    if person is None:
        return []
    found = ((one, usable_principal(request.office, one, person)) for one in held_by(request.office, person.userid))
    return [(one, principal) for one, principal in found if principal is not None]


class NotYours(LookupError):
    """The person may not act by this representation."""


def choose(request: Any, representation_id: str) -> Acting:
    """Act from now on by a representation; for oneself where its id is empty.

    :raises NotYours: the person may not.
    """
    person = applicant_of(request.office, request.authenticated_userid)
    if person is None:
        raise NotYours
    if not representation_id:
        if CHOSEN_KEY in request.session:
            del request.session[CHOSEN_KEY]
        record(request.office, "acting-choice", person.userid, person.userid, Origin.of(request))
        return Acting(person, person, request.root)
    representation = representation_by(request.office, representation_id)
    principal = usable_principal(request.office, representation, person)
    if principal is None or representation is None:
        raise NotYours
    request.session[CHOSEN_KEY] = representation.id
    record(request.office, "acting-choice", person.userid, principal.userid, Origin.of(request), representation.id)
    return Acting(person, principal, request.root, representation)


def note(request: Any, what: str, about: str) -> None:
    """Write down an act done in somebody's name; `how` is the representation. What one does for oneself leaves no line here."""
    acting: Acting | None = request.acting
    if acting is not None and acting.for_other:
        record(request.office, what, acting.person.userid, about, Origin.of(request), acting.how)


def _applicant(request: Any) -> Applicant | None:
    acting: Acting | None = request.acting
    return acting.applicant if acting is not None else None


def includeme(config: Any) -> None:
    config.add_request_method(acting_of, "acting", reify=True)
    config.add_request_method(_applicant, "applicant", property=True)
