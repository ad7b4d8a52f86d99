"""Employees: the user objects of Substance D with argon2 passwords, a department and a full name.

Owns what an employee's account holds and how it is made. Roles are Substance D's groups, made with the site; their names and what
they allow are in `permissions`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from pyramid.traversal import find_root
from substanced.content import content
from substanced.principal import User
from substanced.util import get_oid

from .. import permissions
from ..office.store import Office
from . import logins, passwords
from .absences import Absence, stands_in_for
from .sheets import EMAIL_RULE, LOGIN_RULE, StaffRolesSheet, StaffSheet, departments, is_email, is_login


class StaffError(ValueError):
    """The employee cannot be added; the message says what to change."""


@content(
    "User",
    icon="glyphicon glyphicon-user",
    add_view="add_user",
    tab_order=("properties",),
    propertysheets=(("Pracownik", StaffSheet), ("Role", StaffRolesSheet)),
)
class StaffUser(User):
    """An employee. `department` is the department's name in /wydzialy, or empty; `enabled` False: cannot sign in."""

    full_name: str = ""
    department: str = ""
    enabled: bool = True
    sessions_since: float = 0.0  # seconds since the epoch; sessions that began earlier are over
    absences: tuple[Absence, ...] = ()
    deputy_for: tuple[int, ...] = ()  # object ids of employees who named this one as their deputy, some time

    def __init__(
        self,
        password: str | None = None,
        email: str | None = None,
        tzname: str | None = None,
        locale: str | None = None,
        full_name: str = "",
        department: str = "",
        enabled: bool = True,
    ) -> None:
        super().__init__(password, email, tzname or "Europe/Warsaw", locale or "pl")
        self.full_name = full_name
        self.department = department
        self.enabled = enabled

    @staticmethod
    def hash_new_password(password: str) -> str:
        """Substance D's hook: what is kept of a password."""
        return passwords.hash_password(password)

    def check_password(self, password: str) -> bool:
        """Whether this is the employee's password; one without a password cannot sign in."""
        return passwords.check_password(self.password or "", password)

    @property
    def display_name(self) -> str:
        """First and last name, or the login where none was given."""
        return self.full_name or str(self.__name__)

    def departments(self, day: datetime.date) -> set[str]:
        """Whose cases the employee sees on this day: the own department's, and those of whom he stands in for."""
        if not self.deputy_for:
            return {self.department} - {""}
        replaced = stands_in_for(self, find_root(self), day)
        return {self.department, *(user.department for user in replaced)} - {""}

    @property
    def roles(self) -> list[str]:
        """Names of the roles, in the order of `permissions.ROLES`."""
        held = {group.__name__ for group in self.groups}
        return [name for name in permissions.ROLES if name in held]

    def own_data(self) -> list[str]:
        """What others know of the employee; a password must not hold it."""
        return [text for text in (self.full_name, str(self.__name__ or ""), self.email or "") if text]


def add_staff(
    site: Any,
    office: Office,
    registry: Any,
    login: str,
    password: str,
    full_name: str,
    email: str,
    roles: Iterable[str],
    department: str,
) -> StaffUser:
    """Add an employee.

    :raises StaffError: login taken or malformed, weak password, unknown role or department.
    """
    login, roles = logins.folded(login), list(roles)
    _check(site, office, login, email, roles, department)
    if problem := passwords.problem_with(password, (login, full_name, email)):
        raise StaffError(problem)
    user: StaffUser = registry.content.create(
        "User", password=password, email=email, full_name=full_name, department=department
    )
    seat(site, user, login, roles, registry)
    return user


def seat(site: Any, user: StaffUser, login: str, roles: Iterable[str], registry: Any) -> None:
    """Put a new employee in place with roles.

    As in loading a dump, Substance D's subscribers on new users stay out. One refuses a login that is also a role's name, which an
    office's "administrator" may well have; the other lets users edit their own object, and an employee who could change the own
    department would read other people's cases.
    """
    principals = site["principals"]
    principals["users"].add(login, user, loading=True, registry=registry)
    user.groupids = [get_oid(principals["groups"][name]) for name in roles]


def _check(site: Any, office: Office, login: str, email: str, roles: list[str], department: str) -> None:
    if not is_login(login):
        raise StaffError(LOGIN_RULE)
    if logins.is_taken(site, office, login):
        raise StaffError(f"Login „{login}” jest już zajęty. Wybierz inny.")
    if not is_email(email):
        raise StaffError(EMAIL_RULE)
    if logins.is_taken(site, office, email):
        raise StaffError("Ten adres e-mail ma już inne konto. Podaj inny.")
    if unknown := [name for name in roles if name not in permissions.ROLES]:
        raise StaffError(f"Nie ma roli „{unknown[0]}”. Role: {', '.join(permissions.ROLES)}.")
    if department and department not in departments(site):
        raise StaffError(f"Nie ma wydziału „{department}”. Wydziały: {', '.join(departments(site)) or 'żadnego'}.")
