"""Which account a proven person has: found by an earlier link or by the PESEL, linked, made anew, or unlinked.

Whoever has proved a PESEL by an eID owns it. An account that merely says it has the same PESEL is linked only after its password was
given; else it loses its claim to the number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..accounts import invitation, logins, registration
from ..accounts.consents import consent_given
from ..accounts.credentials import credentials_of
from ..accounts.registration import Desk
from ..accounts.resources import ACTIVE, PERSON, Applicant, applicant_of
from ..cases import people
from ..identity import LoA, Person
from ..office.store import Office, random_id
from ..profile import email_change
from ..web.assurance import Assurance
from .records import Identity, identity_key

LEVELS = {
    LoA.LOW: Assurance.EID_LOW,
    LoA.SUBSTANTIAL: Assurance.EID_SUBSTANTIAL,
    LoA.HIGH: Assurance.EID_HIGH,
}
VERIFIED = ("first_name", "last_name", "birth_date", "pesel")


class NotTheSame(ValueError):
    """The account belongs to somebody with another PESEL."""


class NoWayIn(ValueError):
    """Without this link nobody could sign in to the account any more."""


@dataclasses.dataclass(frozen=True)
class Found:
    """Who a proven person is here: accounts that are linked, and one that has the PESEL but no link yet."""

    linked: tuple[Applicant, ...] = ()
    claimed: Applicant | None = None


def find(office: Office, secret: str, person: Person) -> Found:
    """The accounts of a proven person."""
    identity = office.identities.get(identity_key(secret, person.provider, person.person_id))
    accounts = [applicant_of(office, userid) for userid in identity.userids] if identity is not None else []
    linked = tuple(account for account in accounts if account is not None and account.active)
    holder = logins.applicant_by(office, logins.pesel_key(secret, person.person_id))
    claimed = holder if holder is not None and holder.active and holder not in linked else None
    return Found(linked, claimed)


def link(desk: Desk, applicant: Applicant, person: Person, title: str) -> None:
    """Link an account with a proven person, whose data it takes over; `title` is the provider's.

    :raises NotTheSame: the account's person has another PESEL.
    """
    if applicant.pesel and applicant.pesel != person.person_id:
        raise NotTheSame
    key = identity_key(desk.settings.secret, person.provider, person.person_id)
    identity = desk.office.identities.get(key)
    if identity is None:
        desk.office.identities[key] = Identity(person.provider, applicant.userid, desk.at)
    elif applicant.userid not in identity.userids:
        identity.userids = (*identity.userids, applicant.userid)
    applicant.identities = {**applicant.identities, person.provider: key}
    take_over(desk, applicant, person, title)


def take_over(desk: Desk, applicant: Applicant, person: Person, title: str) -> list[str]:
    """Let the account say what the provider says of the person. Returns which fields have changed."""
    said = {"first_name": person.first_name, "last_name": person.last_name}
    if person.birth_date is not None:
        said["birth_date"] = person.birth_date.isoformat()
    changed = [field for field, value in said.items() if getattr(applicant, field) != value]
    for field in changed:
        setattr(applicant, field, said[field])
    numbered = applicant.pesel != person.person_id
    if numbered:
        applicant.numbers = {**applicant.numbers, "pesel": person.person_id}
    if applicant.kind == PERSON:
        desk.office.logins[logins.pesel_key(desk.settings.secret, person.person_id)] = applicant.userid
    vouched = dict.fromkeys((*said, "pesel"), title)
    if changed or numbered:
        people.index_later(desk.office, applicant.userid)
    if any(applicant.verified.get(field) != title for field in vouched):
        applicant.verified = {**applicant.verified, **vouched}
    return changed


def unlink(desk: Desk, applicant: Applicant, provider: str) -> None:
    """Take a link away. What the provider had vouched for is the person's own word again.

    :raises NoWayIn: there is neither a password nor a passkey nor another link.
    """
    if not has_other_way_in(desk.office, applicant, provider):
        raise NoWayIn
    key = applicant.identities[provider]
    identity = desk.office.identities.get(key)
    if identity is not None:
        identity.userids = tuple(userid for userid in identity.userids if userid != applicant.userid)
        if not identity.userids:
            del desk.office.identities[key]
    applicant.identities = {name: key for name, key in applicant.identities.items() if name != provider}
    if not applicant.identities:
        applicant.verified = {}


def has_other_way_in(office: Office, applicant: Applicant, provider: str) -> bool:
    """Whether somebody can sign in to the account without this provider."""
    credentials = credentials_of(office, applicant.userid)
    has_passkey = credentials is not None and bool(credentials.factors.passkeys)
    return bool(applicant.password_hash) or has_passkey or bool(set(applicant.identities) - {provider})


def register(desk: Desk, person: Person, title: str, values: Mapping[str, Any]) -> Applicant:
    """Make an account with the data of a proven person; it is active at once, its e-mail address as soon as it is confirmed.

    `values` are `residence`, `letters`, `contact` as in `schemas.RegistrationSchema`.

    :raises boi_portal.accounts.consents.ClauseMissing: there is nothing to consent to.
    """
    told = {
        **values,
        "person": {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "identity": "pesel",
            "pesel": person.person_id,
        },
    }
    applicant = registration.filled_in(Applicant(random_id(), PERSON), told)
    applicant.email = ""
    applicant.login = invitation.free_login(desk, told)
    applicant.state, applicant.created_at, applicant.activated_at = ACTIVE, desk.at, desk.at
    applicant.consents = (consent_given(desk.site, desk.at),)
    desk.office.applicants[applicant.id] = applicant
    logins.claim(desk.office, applicant.userid, [applicant.login])
    link(desk, applicant, person, title)
    email_change.ask(desk, applicant, values["contact"]["email"])
    return applicant


def may_be_passed_over(applicant: Applicant) -> bool:
    """Whether an account's claim to a PESEL is its own word alone, so that who has proved the PESEL may have a new account."""
    return not applicant.verified


def give_up_claim(desk: Desk, applicant: Applicant) -> None:
    """Take the PESEL from an account that only says it has it."""
    number = applicant.pesel
    logins.release(desk.office, applicant.userid, [logins.pesel_key(desk.settings.secret, number)])
    applicant.numbers = {name: value for name, value in applicant.numbers.items() if name != "pesel"}
    people.index_later(desk.office, applicant.userid)
