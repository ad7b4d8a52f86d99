"""What administrators do to employees' accounts: invite, change, switch off. Checked here, whoever asks."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from substanced.util import get_oid

from .. import permissions
from ..accounts import logins, registration
from ..accounts.credentials import credentials_of
from ..accounts.registration import Desk
from ..accounts.sheets import EMAIL_RULE, LOGIN_RULE, departments, is_email, is_login
from ..accounts.staff import StaffUser, seat
from ..office.store import Office

INVITED = "invited"
ACTIVE = "active"
OFF = "off"
STATES = {INVITED: "Zaproszenie wysłane", ACTIVE: "Aktywne", OFF: "Wyłączone"}


class PeopleError(ValueError):
    """It cannot be done; the message (Polish) says what to change, `field` where."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def state_of(office: Office, user: StaffUser) -> str:
    """Whether the account is in use, waits for its person, or is switched off. Who comes by the office's provider needs no password."""
    if not user.enabled:
        return OFF
    return ACTIVE if user.password or credentials_of(office, get_oid(user)) is not None else INVITED


def invite(
    desk: Desk, registry: Any, login: str, full_name: str, email: str, roles: Iterable[str], department: str
) -> StaffUser:
    """Make an employee's account without a password and leave the letter with the link to set one.

    :raises PeopleError: what cannot be taken.
    """
    login, roles = logins.folded(login), list(roles)
    if not is_login(login):
        raise PeopleError(LOGIN_RULE, "login")
    if logins.is_taken(desk.site, desk.office, login):
        raise PeopleError("Ten login jest już zajęty. Wybierz inny.", "login")
    _check_email(desk, email, None)
    _check_department(desk.site, roles, department)
    user: StaffUser = registry.content.create(
        "User", password=None, email=email, full_name=full_name, department=department
    )
    seat(desk.site, user, login, roles, registry)
    invite_again(desk, user)
    return user


def invite_again(desk: Desk, user: StaffUser) -> None:
    """Leave the letter with a new link.

    :raises PeopleError: the account is switched off or has a password already.
    """
    if state_of(desk.office, user) != INVITED:
        raise PeopleError("Ta osoba ma już hasło albo jej konto jest wyłączone. Zaproszenia nie wysłano.")
    registration.send_invitation(desk, get_oid(user), user.email, str(user.__name__), "staff-invitation")


def change(
    desk: Desk, user: StaffUser, full_name: str, email: str, roles: Iterable[str], department: str, by: Any
) -> None:
    """Change an employee's data, roles and department; it counts from the person's next request.

    :raises PeopleError: what cannot be taken; nobody takes the administrator's role from himself.
    """
    roles = list(roles)
    _check_email(desk, email, user)
    _check_department(desk.site, roles, department)
    if user is by and permissions.ADMIN in user.roles and permissions.ADMIN not in roles:
        message = "Nie możesz odebrać roli administratora samemu sobie. Poproś o to innego administratora."
        raise PeopleError(message, "role")
    user.full_name, user.email, user.department = full_name, email, department
    groups = desk.site["principals"]["groups"]
    user.groupids = [get_oid(groups[name]) for name in roles]


def switch(user: StaffUser, enabled: bool, by: Any) -> None:
    """Let an employee sign in, or end the sessions and let no more.

    :raises PeopleError: nobody switches himself off.
    """
    if user is by and not enabled:
        raise PeopleError("Nie możesz wyłączyć własnego konta. Poproś o to innego administratora.")
    user.enabled = enabled
    user.sessions_since = time.time()


def _check_email(desk: Desk, email: str, owner: Any) -> None:
    if not is_email(email):
        raise PeopleError(EMAIL_RULE, "email")
    holder = logins.staff_by(desk.site, email)
    if (holder is not None and holder is not owner) or logins.applicant_by(desk.office, email) is not None:
        raise PeopleError("Ten adres e-mail ma już inne konto. Podaj inny.", "email")


def _check_department(site: Any, roles: list[str], department: str) -> None:
    if department and department not in departments(site):
        raise PeopleError("Nie ma takiego wydziału. Wybierz jeden z listy.", "wydzial")
    if not department and {permissions.CLERK, permissions.HEAD} & set(roles):
        raise PeopleError("Urzędnik i kierownik należą do wydziału. Wybierz wydział.", "wydzial")
