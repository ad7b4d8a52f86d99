"""Closing an account: what goes, what stays, and what its owner is told before.

Owns the one way in which an account ends, whoever asks for it: its owner, the daily look at idle accounts, or the merging of two. What was
filed belongs to the office's records and is not touched. The account itself stays as a closed record without personal numbers,
addresses and ways to sign in; it keeps its name only where cases refer to it, and its consents as evidence until they are out of date.
"""

from __future__ import annotations

import dataclasses
import datetime
import time

from ..accounts import logins
from ..accounts.registration import Desk
from ..accounts.resources import CLOSED, Applicant
from ..cases import people
from ..cases.records import Case
from ..mail.letters import post
from ..office.audit import Origin, record
from ..office.store import Office
from ..representation import granting
from ..representation.records import MEMBER, Representation, State, given_by, held_by
from ..submissions import drafts
from ..web.polish import datetime_text
from . import email_change, number_changes

OWN, IDLE, MERGED = "own", "idle", "merged"  # why an account is closed
EVIDENCE_YEARS = 6  # claims come under the statute of limitations by then (KC art. 118)
EVIDENCE_LASTS = datetime.timedelta(days=EVIDENCE_YEARS * 365 + 2)


@dataclasses.dataclass(frozen=True)
class Consequences:
    """What closing an account means. `members` and `given` act for it, `held` are those that it acts for."""

    drafts: int
    cases: tuple[Case, ...]
    members: int
    given: int
    held: int
    has_eid: bool

    @property
    def open_cases(self) -> int:
        """How many cases the office has not settled yet."""
        return sum(case.is_open for case in self.cases)


def consequences(desk: Desk, applicant: Applicant) -> Consequences:
    """What would become of all that hangs on the account."""
    office, given = desk.office, _open(given_by(desk.office, applicant.userid))
    members = [one for one in given if one.kind == MEMBER]
    cases = [office.cases[number] for number in applicant.cases if number in office.cases]
    return Consequences(
        drafts=len(drafts.drafts_of(office, applicant)),
        cases=tuple(sorted(cases, key=lambda case: (case.filed_at, case.number), reverse=True)),
        members=len(members),
        given=len(given) - len(members),
        held=len(_open(held_by(office, applicant.userid))),
        has_eid=bool(applicant.identities),
    )


def _open(found: list[Representation]) -> list[Representation]:
    return [one for one in found if one.state in (State.OFFERED, State.ACCEPTED)]


def close(desk: Desk, applicant: Applicant, how: str, origin: Origin) -> None:
    """Close an account in the current transaction, write it down and leave the letters; `how` is a word of this module."""
    office, userid, email = desk.office, applicant.userid, applicant.email
    params = {"login": applicant.login, "at": datetime_text(desk.at), "how": how, "cases": len(applicant.cases)}
    for one in _open(given_by(office, userid)) + _open(held_by(office, userid)):
        granting.end(desk, one, userid)
    for draft in drafts.drafts_of(office, applicant):
        drafts.remove(office, applicant, draft)
    email_change.drop(office, applicant)
    number_changes.forget_all(office, applicant)
    release_names(desk, applicant)
    unlink_all(office, applicant)
    for records in (office.credentials, office.exports, office.letters):
        records.pop(userid, None)
    _erase(applicant)
    applicant.state, applicant.closed_at, applicant.sessions_since = CLOSED, desk.at, time.time()
    people.index_later(office, userid)
    record(office, "account-closed", userid if how != IDLE else "", userid, origin, how)
    if how != MERGED:  # merging has a letter of its own
        post(office, "account-closed", email, params)


def release_names(desk: Desk, applicant: Applicant) -> None:
    """Let others have the login, the e-mail address and the claim to the PESEL."""
    names = [applicant.login, applicant.email]
    if applicant.pesel:
        names.append(logins.pesel_key(desk.settings.secret, applicant.pesel))
    logins.release(desk.office, applicant.userid, names)


def unlink_all(office: Office, applicant: Applicant) -> None:
    """Take away all links with identity providers; other accounts of the same person keep theirs."""
    for key in applicant.identities.values():
        identity = office.identities.get(key)
        if identity is None:
            continue
        identity.userids = tuple(userid for userid in identity.userids if userid != applicant.userid)
        if not identity.userids:
            del office.identities[key]
    applicant.identities = {}


def _erase(applicant: Applicant) -> None:
    applicant.numbers = {}
    applicant.external_id = applicant.birth_date = applicant.email = applicant.phone = ""
    applicant.login = applicant.password_hash = ""
    applicant.residence = applicant.correspondence = None
    applicant.verified, applicant.notifications = {}, {}
    applicant.idle_warned_at = None
    if not applicant.cases:
        applicant.first_name = applicant.last_name = applicant.org_name = ""


def forget_evidence(applicant: Applicant, at: datetime.datetime) -> bool:
    """Delete the consents of an account that was closed so long ago that they prove nothing any more. Tells whether there were any."""
    if applicant.state != CLOSED or applicant.closed_at is None or not applicant.consents:
        return False
    if at < applicant.closed_at + EVIDENCE_LASTS:
        return False
    applicant.consents = ()
    return True
