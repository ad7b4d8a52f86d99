"""The applicant's account as it is stored in the office database.

Owns what is kept of a person and in which shape. It does not check values (`schemas`) and does not decide who may have an account
(`registration`). Each growing part is a persistent object of its own, so that filing a case does not write the account.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from BTrees.OOBTree import OOTreeSet
from persistent import Persistent
from stdnum.pl import pesel as stdnum_pesel

from ..eforms.prefill import AddressData, ApplicantData
from ..web.security import APPLICANT_PREFIX, applicant_userid
from .numbers import PersonalNumbers

PERSON = "person"
BUSINESS = "business"
ORGANISATION = "organisation"

KINDS = {
    PERSON: "Osoba fizyczna",
    BUSINESS: "Przedsiębiorca",
    ORGANISATION: "Osoba prawna lub instytucja",
}

PENDING = "pending"  # registered, the e-mail address not yet confirmed
ACTIVE = "active"
CLOSED = "closed"

DOCUMENT_KINDS = {
    "passport": "paszport",
    "id-card": "dowód tożsamości",
    "residence-card": "karta pobytu",
}


@dataclasses.dataclass(frozen=True)
class Consent:
    """What was agreed to, in which version and when. `clause` is the uid of the content object, `version` one of its versions."""

    clause: str
    version: int
    at: datetime.datetime


class Applicant(Persistent):
    """An applicant's account. Mappings are replaced as a whole and never changed in place; empty means not given.

    `residence` and `correspondence` are dicts with `street`, `house_number`, `flat`, `postal_code`, `town`;
    `correspondence` is None where letters go to the residence.
    """

    kind: str = PERSON
    state: str = PENDING
    invited: bool = False  # made by the office; the person sets the password by a letter's link
    identities: Mapping[str, str] = {}  # identity provider's name -> key of the link; see `eid`
    external_id: str = ""  # in the records system that made the account
    first_name: str = ""
    last_name: str = ""
    birth_date: str = ""  # ISO; known from the PESEL or from the foreign document
    org_name: str = ""
    email: str = ""
    phone: str = ""  # E.164
    login: str = ""
    password_hash: str = ""
    sessions_since: float = 0.0  # seconds since the epoch; sessions that began earlier are over
    residence: Mapping[str, str] | None = None
    correspondence: Mapping[str, str] | None = None
    consents: tuple[Consent, ...] = ()
    created_at: datetime.datetime | None = None
    activated_at: datetime.datetime | None = None
    pending_until: datetime.datetime | None = None  # a pending account is forgotten then
    verified: Mapping[
        str, str
    ] = {}  # field -> title of the identity provider that vouches for it; such fields are locked
    notifications: Mapping[str, bool] = {}  # kind of letter -> whether it is wanted; see `notifications`
    email_change: Any = (
        None  # a change that waits for its confirmation, or can still be undone; see `profile.email_change`
    )
    closed_at: datetime.datetime | None = None
    idle_warned_at: datetime.datetime | None = None  # when the letter went out that nobody signs in; see `profile.idle`
    merged_into: str = ""  # user id of the account that has taken over what this one had
    merged: tuple[
        str, ...
    ] = ()  # user ids of closed accounts whose cases this one has taken over; see `profile.merging`
    number_changes: tuple[str, ...] = ()  # ids of what was asked of the office; see `profile.number_changes`

    def __init__(self, id_: str, kind: str = PERSON) -> None:
        self.id = id_
        self.kind = kind
        self._numbers = PersonalNumbers(id_, {})
        self.drafts = OOTreeSet()  # ids of drafts
        self.cases = OOTreeSet()  # numbers of cases

    @property
    def userid(self) -> str:
        """The user id: `applicant:<id>`."""
        return applicant_userid(self.id)

    @property
    def active(self) -> bool:
        """Whether this account can be used."""
        return self.state == ACTIVE

    @property
    def name(self) -> str:
        """First and last name: of the person, or of who acts for the firm."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def display_name(self) -> str:
        """Who the applicant is: the firm or institution, or else the person."""
        return self.org_name or self.name

    @property
    def numbers(self) -> dict[str, Any]:
        """Personal numbers in clear: `pesel`, `document` ({kind, number, country}), `nip`, `regon`, `krs`; only those given."""
        return self._numbers.opened(self.id)

    @numbers.setter
    def numbers(self, given: Mapping[str, Any]) -> None:
        self._numbers = PersonalNumbers(self.id, {name: value for name, value in given.items() if value})

    @property
    def pesel(self) -> str:
        return self.numbers.get("pesel", "")

    @property
    def document(self) -> dict[str, str] | None:
        """The foreign document of a person without PESEL: `kind`, `number`, `country`."""
        return self.numbers.get("document")

    @property
    def nip(self) -> str:
        return self.numbers.get("nip", "")

    @property
    def regon(self) -> str:
        return self.numbers.get("regon", "")

    @property
    def krs(self) -> str:
        return self.numbers.get("krs", "")

    @property
    def letters_address(self) -> Mapping[str, str] | None:
        """Where letters go."""
        return self.correspondence or self.residence

    def data(self) -> ApplicantData:
        """What a form may be filled in with."""
        numbers = self.numbers
        return ApplicantData(
            first_name=self.first_name,
            last_name=self.last_name,
            pesel=numbers.get("pesel", ""),
            email=self.email,
            phone=self.phone,
            birth_date=self.birth_date,
            address=AddressData(**self.residence) if self.residence else None,
            org_name=self.org_name,
            nip=numbers.get("nip", ""),
            regon=numbers.get("regon", ""),
        )

    def own_data(self) -> list[str]:
        """What others know of the person; a password must not hold it."""
        numbers = self.numbers
        known = [self.first_name, self.last_name, self.org_name, self.login, self.email, self.birth_date]
        known += [numbers.get(name, "") for name in ("pesel", "nip", "regon", "krs")]
        return [text for text in known if text]


def birth_date_of(pesel: str) -> str:
    """The date of birth that a valid PESEL holds, ISO."""
    return stdnum_pesel.get_birth_date(pesel).isoformat()


def successor_of(office: Any, userid: Any) -> Applicant | None:
    """The account with this user id, or the one that it was merged into."""
    found, passed = applicant_of(office, userid), set()
    while found is not None and found.merged_into and found.id not in passed:
        passed.add(found.id)
        found = applicant_of(office, found.merged_into)
    return found


def applicant_of(office: Any, userid: Any) -> Applicant | None:
    """The account with this user id, or None (also for employees)."""
    if not isinstance(userid, str) or not userid.startswith(APPLICANT_PREFIX):
        return None
    return office.applicants.get(userid.removeprefix(APPLICANT_PREFIX))
