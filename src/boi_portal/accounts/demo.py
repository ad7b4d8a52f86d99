"""People of a development portal: an employee in every role and one applicant, all invented.

Made by `boi dev` alone; production has no way to them. The applicant is the person whom the sandbox's signing application offers first,
so that what he signs there is his.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

from .. import permissions
from ..office.store import Office
from ..publishing.content import now
from . import logins, passwords
from .consents import ClauseMissing, consent_given
from .resources import ACTIVE, PERSON, Applicant, birth_date_of
from .staff import add_staff

PASSWORD = "Lipowa-aleja-4-ryby"  # noqa: S105 - of invented people, in a development portal
# born on 14 March 1968; computed from the last serial numbers of a day, as the sandbox does
PESEL = "68031499952"


@dataclasses.dataclass(frozen=True)
class DemoLogin:
    """What to sign in with, and as whom."""

    login: str
    password: str
    who: str


# login, full name, roles, department, who
STAFF = (
    ("redaktorka", "Róża Redakcyjna", (permissions.EDITOR,), "", "redaktorka"),
    ("redaktor", "Roman Naczelny", (permissions.CHIEF_EDITOR,), "", "redaktor naczelny"),
    ("urzednik", "Urszula Okienkowa", (permissions.CLERK,), "so", "urzędniczka, Wydział Spraw Obywatelskich"),
    ("urzednik.os", "Olgierd Środowiskowy", (permissions.CLERK,), "os", "urzędnik, Wydział Ochrony Środowiska"),
    ("urzednik.or", "Kalina Kancelaryjna", (permissions.CLERK,), "or", "urzędniczka, Wydział Organizacyjny"),
    ("kierownik", "Klara Kierująca", (permissions.HEAD, permissions.CLERK), "so", "kierowniczka wydziału SO"),
    ("administrator", "Adam Administrujący", (permissions.ADMIN,), "", "administrator (także /manage)"),
)
APPLICANT_LOGIN = "jan.testowy"


def add_demo_people(site: Any, office: Office, registry: Any) -> list[DemoLogin]:
    """Add the invented people who are not there yet. Returns how to sign in as each."""
    known = []
    for login, full_name, roles, department, who in STAFF:
        if login not in site["principals"]["users"]:
            email = f"{login}@urzad.example"
            add_staff(site, office, registry, login, PASSWORD, full_name, email, roles, department)
        known.append(DemoLogin(login, PASSWORD, who))
    if logins.applicant_by(office, APPLICANT_LOGIN) is None:
        _add_applicant(site, office, registry)
    known.append(DemoLogin(APPLICANT_LOGIN, PASSWORD, "Jan Testowy, interesant"))
    return known


def _add_applicant(site: Any, office: Office, registry: Any) -> None:
    person = Applicant("de30" * 8, PERSON)
    person.first_name, person.last_name = "Jan", "Testowy"
    person.numbers = {"pesel": PESEL}
    person.birth_date = birth_date_of(PESEL)
    person.residence = {
        "street": "ul. Lipowa", "house_number": "4", "flat": "2", "postal_code": "99-998", "town": "Zdroje",
    }  # fmt: skip
    person.email = "jan.testowy@poczta.example"  # no phone: every valid number may be somebody's
    person.login = APPLICANT_LOGIN
    person.password_hash = passwords.hash_password(PASSWORD)
    person.state = ACTIVE
    person.created_at = person.activated_at = now()
    with contextlib.suppress(ClauseMissing):  # a portal without content has nothing to consent to
        person.consents = (consent_given(site, person.created_at),)
    names = (person.login, person.email, logins.pesel_key(registry.boi_settings.secret, PESEL))
    logins.claim(office, person.userid, names)
    office.applicants[person.id] = person
