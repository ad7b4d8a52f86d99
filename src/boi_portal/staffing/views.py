"""`/pracownicy`: administrators invite employees, change their roles and departments, switch accounts off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
import deform.widget
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config, view_defaults
from substanced.util import get_oid

from .. import permissions
from ..accounts import logins, lost_factors
from ..accounts.credentials import credentials_of
from ..accounts.notices import base_of
from ..accounts.schemas import login_node
from ..accounts.sheets import departments
from ..accounts.views import desk_of
from ..mail.letters import post
from ..office.audit import Origin, record
from ..publishing.schema import text
from ..web.assurance import require_recent
from ..web.forms import Button, FormView, Rejected
from ..web.security import staff_user
from . import people
from .people import PeopleError
from .rooms import EmployeeRoom, StaffRoom

PAGE = 50  # employees on a page of the list


@view_config(
    context=StaffRoom, request_method="GET", permission=permissions.STAFF_MANAGE, renderer="templates/people.pt"
)
def list_people(context: StaffRoom, request: Any) -> dict[str, Any]:
    """`/pracownicy`: everybody, or those whose name, login, address or department holds what was typed."""
    asked = logins.folded(request.GET.get("q", "")[:100])
    names = departments(request.root)
    users = request.root["principals"]["users"].values()
    found = sorted(
        (user for user in users if asked in _searched(user, names)), key=lambda user: user.display_name.casefold()
    )
    pages = max(1, -(-len(found) // PAGE))
    page = min(_whole(request.GET.get("strona", "")), pages)
    return {
        "title": context.title,
        "asked": request.GET.get("q", "")[:100],
        "total": len(found),
        "people": [_row(request.office, user, names) for user in found[(page - 1) * PAGE : page * PAGE]],
        "page": page,
        "pages": pages,
    }


def _searched(user: Any, names: Mapping[str, str]) -> str:
    department = names.get(user.department, "")
    return logins.folded(f"{user.full_name} {user.__name__} {user.email} {user.department} {department}")


def _row(office: Any, user: Any, names: Mapping[str, str]) -> dict[str, Any]:
    state = people.state_of(office, user)
    return {
        "login": str(user.__name__),
        "name": user.display_name,
        "email": user.email,
        "department": names.get(user.department, user.department),
        "roles": ", ".join(permissions.ROLES[name] for name in user.roles),
        "state": state,
        "state_text": people.STATES[state],
    }


def _whole(number: str) -> int:
    return max(1, int(number)) if number.isascii() and number.isdecimal() and len(number) < 6 else 1


def employee_schema(site: Any, new: bool) -> colander.Schema:
    """The form of an employee; the login is asked for once."""
    schema = colander.Schema()
    if new:
        node = login_node()
        node.name = "login"
        schema.add(node)
    schema.add(text("Imię i nazwisko", name="nazwisko", max_length=120, autocomplete="off"))
    schema.add(text("Adres e-mail", name="email", max_length=254, widget=deform.widget.TextInputWidget(type="email")))
    choices = [("", "– żaden –"), *((name, f"{title} ({name})") for name, title in departments(site).items())]
    schema.add(
        colander.SchemaNode(
            colander.String(),
            name="wydzial",
            title="Wydział",
            missing="",
            widget=deform.widget.SelectWidget(values=choices),
            validator=colander.OneOf([name for name, _ in choices]),
        )
    )
    schema.add(
        colander.SchemaNode(
            colander.Set(),
            name="role",
            title="Role",
            widget=deform.widget.CheckboxChoiceWidget(values=list(permissions.ROLES.items())),
            validator=colander.All(
                colander.Length(min=1, min_err="Zaznacz co najmniej jedną rolę."),
                colander.ContainsOnly(list(permissions.ROLES)),
            ),
        )
    )
    return schema


class _EmployeeForm(FormView):
    """What adding and changing have in common: whoever opens accounts to others has proved lately who he is."""

    def __call__(self) -> Any:
        require_recent(self.request)
        return super().__call__()

    def _is_done(self, act: Any) -> Any:
        try:
            return act()
        except PeopleError as error:
            raise Rejected(str(error), error.field) from error

    def _note(self, what: str, user: Any, message: str) -> None:
        own = self.request.authenticated_userid
        record(self.request.office, what, own, get_oid(user), Origin.of(self.request))
        self.request.session.flash(message, "success")


@view_config(
    context=StaffRoom,
    name="dodaj",
    permission=permissions.STAFF_MANAGE,
    renderer="boi_portal.web:templates/form.pt",
)
class InviteView(_EmployeeForm):
    """`/pracownicy/dodaj`"""

    title = "Dodaj pracownika"
    lead = "Wyślemy tej osobie list z linkiem, którym sama ustawi hasło. Link jest ważny 14 dni."
    buttons = (Button("zapros", "Dodaj i wyślij zaproszenie"),)

    def make_schema(self) -> Any:
        return employee_schema(self.request.root, new=True).bind(request=self.request, context=self.context)

    def success(self, values: Any, button: str) -> Any:
        request = self.request
        user = self._is_done(
            lambda: people.invite(
                desk_of(request), request.registry, values["login"], values["nazwisko"], values["email"],
                _in_order(values["role"]), values["wydzial"],
            )
        )  # fmt: skip
        self._note("staff-added", user, f"Dodano: {user.display_name}. Zaproszenie wysłaliśmy na {user.email}.")
        return HTTPSeeOther(request.layout.path("pracownicy", str(user.__name__)))


def _in_order(roles: Any) -> list[str]:
    return [name for name in permissions.ROLES if name in roles]


@view_config(context=EmployeeRoom, permission=permissions.STAFF_MANAGE, renderer="templates/employee.pt")
class EmployeeView(_EmployeeForm):
    """`/pracownicy/{login}`"""

    buttons = (Button("zapisz", "Zapisz"),)

    def make_schema(self) -> Any:
        return employee_schema(self.request.root, new=False).bind(request=self.request, context=self.context)

    def initial(self) -> Any:
        user = self.context.user
        return {
            "nazwisko": user.full_name,
            "email": user.email or "",
            "wydzial": user.department if user.department in departments(self.request.root) else "",
            "role": set(user.roles),
        }

    def page(self) -> Mapping[str, Any]:
        user = self.context.user
        state = people.state_of(self.request.office, user)
        return {
            "title": user.display_name,
            "login": str(user.__name__),
            "state": state,
            "state_text": people.STATES[state],
            "own": get_oid(user) == self.request.authenticated_userid,
            "has_factors": has_factors(self.request.office, user),
        }

    def success(self, values: Any, button: str) -> Any:
        request, user = self.request, self.context.user
        by, before = staff_user(request, request.authenticated_userid), (user.email, user.roles)
        self._is_done(
            lambda: people.change(
                desk_of(request), user, values["nazwisko"], values["email"], _in_order(values["role"]),
                values["wydzial"], by,
            )
        )  # fmt: skip
        self._note("staff-changed", user, f"Zapisaliśmy zmiany: {user.display_name}.")
        _tell_owner(request, user, *before)
        return HTTPSeeOther(request.layout.path("pracownicy", str(user.__name__)))


def _tell_owner(request: Any, user: Any, email: str, roles: list[str]) -> None:
    """Write to an employee whose address or roles an administrator has changed: to the old address, which its owner reads."""
    params = {
        "login": str(user.__name__),
        "email": user.email,
        "roles": ", ".join(permissions.ROLES[one] for one in user.roles),
    }
    if (user.email, user.roles) != (email, roles):
        post(request.office, "staff-changed", email, params)


def _act(request: Any, what: str, user: Any, act: Any, message: str) -> Any:
    """Do one thing of a button and go back to the employee's page, with word of it or of why not."""
    page = request.layout.path("pracownicy", str(user.__name__))
    require_recent(request, page)
    try:
        act()
    except PeopleError as error:
        request.session.flash(str(error), "danger")
    else:
        record(request.office, what, request.authenticated_userid, get_oid(user), Origin.of(request))
        request.session.flash(message, "success")
    return HTTPSeeOther(page)


@view_config(context=EmployeeRoom, name="zapros", request_method="POST", permission=permissions.STAFF_MANAGE)
def invite_again(context: EmployeeRoom, request: Any) -> Any:
    """`POST /pracownicy/{login}/zapros`"""
    user = context.user
    message = f"Wysłaliśmy nowe zaproszenie na {user.email}."
    return _act(request, "staff-invited", user, lambda: people.invite_again(desk_of(request), user), message)


@view_config(context=EmployeeRoom, name="wylacz", request_method="POST", permission=permissions.STAFF_MANAGE)
def switch_off(context: EmployeeRoom, request: Any) -> Any:
    """`POST /pracownicy/{login}/wylacz`"""
    return _switch(context.user, request, False)


@view_config(context=EmployeeRoom, name="wlacz", request_method="POST", permission=permissions.STAFF_MANAGE)
def switch_on(context: EmployeeRoom, request: Any) -> Any:
    """`POST /pracownicy/{login}/wlacz`"""
    return _switch(context.user, request, True)


def _switch(user: Any, request: Any, enabled: bool) -> Any:
    by = staff_user(request, request.authenticated_userid)
    message = "Konto jest znowu włączone." if enabled else "Konto jest wyłączone, a osoba wylogowana."
    what = "staff-enabled" if enabled else "staff-disabled"
    return _act(request, what, user, lambda: people.switch(user, enabled, by), message)


def has_factors(office: Any, user: Any) -> bool:
    """Whether an employee has a second factor."""
    found = credentials_of(office, get_oid(user))
    return found is not None and bool(found.factors)


@view_defaults(context=EmployeeRoom, name="drugi-skladnik", permission=permissions.STAFF_MANAGE)
class LostFactors:
    """`/pracownicy/{login}/drugi-skladnik`: an employee has lost the phone, the keys and the recovery codes.

    One's own factors are changed in one's own settings, which let nobody be without the last one.
    """

    def __init__(self, context: EmployeeRoom, request: Any) -> None:
        self.context = context
        self.request = request
        if get_oid(context.user) == request.authenticated_userid or not has_factors(request.office, context.user):
            raise HTTPNotFound()
        require_recent(request)

    @view_config(request_method="GET", renderer="templates/lost_factors.pt")
    def ask(self) -> dict[str, Any]:
        """Ask before taking them away."""
        user = self.context.user
        return {"title": "Usunąć drugi składnik?", "name": user.display_name, "login": str(user.__name__)}

    @view_config(request_method="POST")
    def take_away(self) -> Any:
        """Take them away."""
        request, user = self.request, self.context.user
        who = request.authenticated_userid
        lost_factors.take_away(request.office, user, base_of(request), who, Origin.of(request))
        message = "Drugi składnik jest usunięty, a osoba wylogowana. Do zalogowania wystarczy jej teraz hasło."
        request.session.flash(message, "success")
        return HTTPSeeOther(request.layout.path("pracownicy", str(user.__name__)))
