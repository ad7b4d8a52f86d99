"""Employees in the management interface: adding one, roles, passwords, and its door.

Substance D's own pages for this take three-letter passwords and tell which logins exist; each is replaced here or closed.
"""

from __future__ import annotations

from typing import Any

import colander
import deform.widget
from pyramid.httpexceptions import HTTPForbidden as Forbidden
from pyramid.httpexceptions import HTTPFound, HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED, forget
from substanced.form import FormView
from substanced.interfaces import IPasswordReset, IUser, IUsers
from substanced.principal import Group, UserGroupsSchema
from substanced.schema import Schema
from substanced.sdi import mgmt_view

from ..office.audit import Origin, record
from ..web.errors import error_page
from . import invitation, passwords
from .registration import FORGET
from .registration import forget as forget_pending
from .sheets import MANAGE, RoleSheet, StaffSchema
from .signin import change_password
from .staff import seat
from .views import sign_in_address


@mgmt_view(name="login", tab_condition=False, permission=NO_PERMISSION_REQUIRED)
def login_page(context: Any, request: Any) -> Any:
    """The management interface has no sign-in of its own."""
    return HTTPSeeOther(sign_in_address(request, request.sdiapi.mgmt_path(request.root)))


@mgmt_view(context=Forbidden, tab_condition=False, permission=NO_PERMISSION_REQUIRED)
@mgmt_view(
    context=Forbidden,
    effective_principals="system.Authenticated",
    tab_condition=False,
    permission=NO_PERMISSION_REQUIRED,
)
def forbidden(error: Forbidden, request: Any) -> Any:
    """A visitor is led to sign-in and back; who is signed in and may not is told so."""
    if request.authenticated_userid is not None:
        return error_page(request, 403)
    back = request.path_qs if request.method in ("GET", "HEAD") else request.sdiapi.mgmt_path(request.root)
    return HTTPSeeOther(sign_in_address(request, back))


@mgmt_view(name="logout", tab_condition=False, permission=NO_PERMISSION_REQUIRED)
def logout(context: Any, request: Any) -> Any:
    """The link „Log out” of the management interface, which is a plain link: ending the own session harms nobody."""
    return HTTPSeeOther(request.layout.path(), headers=forget(request))


@mgmt_view(name="resetpassword", tab_condition=False, permission=NO_PERMISSION_REQUIRED)
@mgmt_view(context=IPasswordReset, name="", tab_condition=False, permission=NO_PERMISSION_REQUIRED)
def closed(context: Any, request: Any) -> Any:
    """Substance D's way of resetting passwords, which tells whether a login exists."""
    raise HTTPNotFound()


def new_password_node(title: str) -> colander.SchemaNode:
    """A new password, typed twice."""
    return colander.SchemaNode(
        colander.String(),
        name="password",
        title=title,
        description=f"Co najmniej {passwords.MIN_LENGTH} znaków.",
        widget=deform.widget.CheckedPasswordWidget(redisplay=False),
    )


def refuse_weak(node: Any, password: str, own_data: list[str]) -> None:
    """:raises colander.Invalid: the password does not meet the policy."""
    if problem := passwords.problem_with(password, own_data):
        error = colander.Invalid(node)
        error["password"] = problem
        raise error


class AddStaffSchema(UserGroupsSchema, StaffSchema):
    """A new employee."""

    password = new_password_node("Hasło")

    def validator(self, node: Any, value: dict[str, Any]) -> None:
        """Judge the password by the employee's data, too."""
        refuse_weak(node, value["password"], [value["name"], value["full_name"], value["email"]])


@mgmt_view(
    context=IUsers,
    name="add_user",
    permission="sdi.add-user",
    renderer="substanced.sdi:templates/form.pt",
    tab_condition=False,
)
class AddStaffView(FormView):
    """Adding an employee."""

    title = "Nowy pracownik"
    schema = AddStaffSchema()
    buttons = ("add",)

    def add_success(self, values: dict[str, Any]) -> Any:
        """Add the employee whom the form describes."""
        request = self.request
        groups = {group.__oid__: name for name, group in request.root["principals"]["groups"].items()}
        roles = [groups[oid] for oid in values.pop("groupids", ()) if oid in groups]
        login = values.pop("name")
        user = request.registry.content.create("User", **values)
        seat(request.root, user, login, roles, request.registry)
        record(request.office, "staff-added", request.authenticated_userid, user.__oid__, Origin.of(request))
        return HTTPFound(request.sdiapi.mgmt_path(self.context, "@@contents"))


class StaffPasswordSchema(Schema):
    """A new password for an employee, and the administrator's own."""

    current = colander.SchemaNode(
        colander.String(), title="Twoje obecne hasło", widget=deform.widget.PasswordWidget(redisplay=False)
    )
    password = new_password_node("Nowe hasło pracownika")


@mgmt_view(
    context=IUser,
    name="change_password",
    tab_title="Hasło",
    permission=MANAGE,
    renderer="substanced.sdi:templates/form.pt",
)
class StaffPasswordView(FormView):
    """An administrator gives an employee a new password; employees change their own at /konto."""

    title = "Nowe hasło"
    buttons = ("change",)

    def __init__(self, context: Any, request: Any) -> None:
        super().__init__(context, request)
        self.schema = StaffPasswordSchema(validator=self._judge)

    def _judge(self, node: Any, value: dict[str, Any]) -> None:
        if not self.request.user.check_password(value["current"]):
            error = colander.Invalid(node)
            error["current"] = "To nie jest Twoje obecne hasło."
            raise error
        refuse_weak(node, value["password"], self.context.own_data())

    def change_success(self, values: dict[str, Any]) -> Any:
        """Set the password."""
        request = self.request
        change_password(request, self.context.__oid__, self.context, values["password"])
        record(request.office, "password-set", request.authenticated_userid, self.context.__oid__, Origin.of(request))
        request.sdiapi.flash("Hasło zostało zmienione.", "success")
        return HTTPFound(request.sdiapi.mgmt_path(self.context, "@@change_password"))


def includeme(config: Any) -> None:
    config.add_content_type(
        "Group",
        Group,
        icon="glyphicon glyphicon-list-alt",
        tab_order=("properties",),
        propertysheets=(("Rola", RoleSheet),),
    )
    config.add_task_handler(FORGET, forget_pending)
    config.add_task_handler(invitation.FORGET, invitation.forget)
