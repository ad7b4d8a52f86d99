"""What administrators see and change of an employee in the management interface.

Only whoever may manage users opens these sheets: an employee who could change the own department would read other people's cases.
"""

from __future__ import annotations

import re
from typing import Any

import colander
import deform.widget
from substanced.interfaces import IUser
from substanced.principal import UserGroupsSchema, members_choices
from substanced.property import PropertySheet
from substanced.schema import MultireferenceIdSchemaNode, Schema

from . import logins

MANAGE = "sdi.manage-user-groups"
LOGIN_RULE = "Login ma od 3 do 40 znaków: małe litery bez polskich znaków, cyfry, kropka, myślnik lub podkreślenie."
EMAIL_RULE = "Podaj adres e-mail w postaci nazwa@domena.pl."

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,38}[a-z0-9]\Z")
# ASCII alone: an address that not every mail server takes would leave its owner without letters
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}\Z"
)
_MAX_EMAIL = 254  # RFC 5321


def is_login(text: str) -> bool:
    """Whether a login name has the form that the portal takes."""
    return bool(_LOGIN.match(text))


def is_email(text: str) -> bool:
    """Whether a text looks like an address that mail can be sent to."""
    local = text.partition("@")[0]
    dots = ".." in text or local.startswith(".") or local.endswith(".")
    return len(text) <= _MAX_EMAIL and not dots and bool(_EMAIL.match(text))


def departments(site: Any) -> dict[str, str]:
    """The departments of the office: name in /wydzialy -> title."""
    folder = site.get("wydzialy")
    return {} if folder is None else {name: item.title for name, item in folder.items()}


@colander.deferred
def _department_widget(node: Any, kw: dict[str, Any]) -> Any:
    names = departments(kw["request"].root)
    return deform.widget.SelectWidget(
        values=[("", "– żaden –"), *((name, f"{title} ({name})") for name, title in names.items())]
    )


@colander.deferred
def _is_department(node: Any, kw: dict[str, Any]) -> Any:
    return colander.OneOf(["", *departments(kw["request"].root)])


@colander.deferred
def _is_free_login(node: Any, kw: dict[str, Any]) -> Any:
    request = kw["request"]

    def check(node: Any, value: str) -> None:
        if not is_login(value):
            raise colander.Invalid(node, LOGIN_RULE)
        if value == request.context.__name__:
            return
        if IUser.providedBy(request.context) and value in request.root["principals"]["groups"]:
            raise colander.Invalid(
                node, "Tak nazywa się rola. Wybierz inny login."
            )  # Substance D refuses such a rename
        if logins.is_taken(request.root, request.office, value):
            raise colander.Invalid(node, "Ten login jest już zajęty.")

    return check


@colander.deferred
def _is_free_email(node: Any, kw: dict[str, Any]) -> Any:
    request = kw["request"]

    def check(node: Any, value: str) -> None:
        if not is_email(value):
            raise colander.Invalid(node, EMAIL_RULE)
        holder = logins.staff_by(request.root, value)
        if (holder is not None and holder is not request.context) or logins.applicant_by(request.office, value):
            raise colander.Invalid(node, "Ten adres e-mail ma już inne konto.")

    return check


class StaffSchema(Schema):
    """An employee's data."""

    name = colander.SchemaNode(colander.String(), title="Login", preparer=logins.folded, validator=_is_free_login)
    full_name = colander.SchemaNode(colander.String(), title="Imię i nazwisko", validator=colander.Length(max=120))
    email = colander.SchemaNode(colander.String(), title="E-mail", validator=_is_free_email)
    department = colander.SchemaNode(
        colander.String(), title="Wydział", widget=_department_widget, validator=_is_department, missing=""
    )
    enabled = colander.SchemaNode(colander.Boolean(), title="Może się logować", missing=False, default=True)


class StaffSheet(PropertySheet):
    """An employee's data, for administrators."""

    schema = StaffSchema()
    permissions = (("view", MANAGE), ("change", MANAGE))


class StaffRolesSheet(PropertySheet):
    """An employee's roles, for administrators."""

    schema = UserGroupsSchema()
    permissions = (("view", MANAGE), ("change", MANAGE))


class RoleSchema(Schema):
    """A role: its title and who has it. Its name stands in `permissions` and cannot be changed."""

    description = colander.SchemaNode(colander.String(), title="Nazwa", validator=colander.Length(max=100))
    memberids = MultireferenceIdSchemaNode(choices_getter=members_choices, title="Kto ma tę rolę")


class RoleSheet(PropertySheet):
    """A role, for administrators."""

    schema = RoleSchema()
    permissions = (("view", MANAGE), ("change", MANAGE))
