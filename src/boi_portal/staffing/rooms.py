"""Where employees' accounts and absences are in the tree."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from .. import permissions
from ..interfaces import IPrivate
from ..web.security import staff_user
from ..web.traversal import Room


class StaffRoom(Room):
    """`/pracownicy`: the employees; below it each of them, by login. Administrators alone."""

    title = "Pracownicy"

    def __getitem__(self, name: str) -> EmployeeRoom:
        return EmployeeRoom(self.request, self, name, _employee(self.request, name))

    def __acl__(self) -> list[Any]:
        return permissions.staff_management_acl()


@implementer(IPrivate)
class EmployeeRoom(Room):
    """`/pracownicy/{login}`: not there for others, so that nobody learns the logins."""

    def __init__(self, request: Any, parent: Any, name: str, user: Any) -> None:
        super().__init__(request, parent, name)
        self.user = user
        self.title = user.display_name

    def __acl__(self) -> list[Any]:
        return permissions.staff_management_acl()


class AbsencesRoom(Room):
    """`/nieobecnosci`: whose absences one may write down; below it each employee, by login."""

    title = "Nieobecności i zastępstwa"

    def __getitem__(self, name: str) -> PersonAbsencesRoom:
        return PersonAbsencesRoom(self.request, self, name, _employee(self.request, name))

    def __acl__(self) -> list[Any]:
        return permissions.staff_room_acl()


@implementer(IPrivate)
class PersonAbsencesRoom(Room):
    """`/nieobecnosci/{login}`: the employee's own business, the department head's and the administrators'; not there for others."""

    def __init__(self, request: Any, parent: Any, name: str, user: Any) -> None:
        super().__init__(request, parent, name)
        self.user = user
        self.title = user.display_name

    def __acl__(self) -> list[Any]:
        own = staff_user(self.request, self.request.authenticated_userid)
        headed = own.department if own is not None and permissions.HEAD in own.roles else ""
        is_allowed = own is not None and (own is self.user or (headed and headed == self.user.department))
        return permissions.absences_acl(bool(is_allowed))


def _employee(request: Any, login: str) -> Any:
    """:raises KeyError: nobody has this login."""
    return request.root["principals"]["users"][login]


def includeme(config: Any) -> None:
    config.add_room("pracownicy", StaffRoom)
    config.add_room("nieobecnosci", AbsencesRoom)
