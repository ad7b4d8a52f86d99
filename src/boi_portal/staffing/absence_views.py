"""`/nieobecnosci`: when an employee is away, and who stands in."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import colander
import deform.widget
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from substanced.util import get_oid

from .. import permissions
from ..accounts.absences import (
    Absence,
    AbsenceError,
    absences_of,
    add_absence,
    may_stand_in,
    remove_absence,
    stands_in_for,
)
from ..accounts.sheets import departments
from ..mail.letters import post
from ..office.audit import Origin, record
from ..office.store import random_id
from ..publishing.schema import iso_date
from ..web.forms import Button, FormView, Rejected
from ..web.polish import date_text, today
from ..web.security import staff_user
from .rooms import AbsencesRoom, PersonAbsencesRoom


@view_config(context=AbsencesRoom, request_method="GET", permission=permissions.VIEW, renderer="templates/absences.pt")
def list_absences(context: AbsencesRoom, request: Any) -> dict[str, Any]:
    """`/nieobecnosci`: for whom one stands in today, and whose absences one may write down."""
    own = staff_user(request, request.authenticated_userid)
    is_admin = permissions.ADMIN in own.roles
    headed = own.department if permissions.HEAD in own.roles else ""
    users = request.root["principals"]["users"].values()
    shown = [user for user in users if user is own or is_admin or (headed and user.department == headed)]
    names = departments(request.root)
    return {
        "title": context.title,
        "replaced": [user.display_name for user in stands_in_for(own, request.root, today())],
        "people": [
            {
                "login": str(user.__name__),
                "name": user.display_name,
                "department": names.get(user.department, ""),
                "away": next((one for one in absences_of(user) if one.covers(today())), None),
                "own": user is own,
            }
            for user in sorted(shown, key=lambda user: (user is not own, user.display_name.casefold()))
        ],
    }


@view_config(context=PersonAbsencesRoom, permission=permissions.ABSENCES, renderer="templates/person_absences.pt")
class PersonAbsencesView(FormView):
    """`/nieobecnosci/{login}`"""

    buttons = (Button("dodaj", "Dodaj nieobecność"),)

    def make_schema(self) -> Any:
        schema = colander.Schema()
        schema.add(iso_date("Pierwszy dzień", name="od"))
        schema.add(iso_date("Ostatni dzień", name="do"))
        choices = [(str(oid), label) for oid, label in self._deputies()]
        schema.add(
            colander.SchemaNode(
                colander.String(),
                name="zastepca",
                title="Kto zastępuje",
                description="Zobaczy w tym czasie sprawy wydziału osoby zastępowanej.",
                widget=deform.widget.SelectWidget(values=[("", "– wybierz –"), *choices]),
                validator=colander.OneOf([value for value, _ in choices]),
            )
        )
        return schema.bind(request=self.request, context=self.context)

    def _deputies(self) -> list[tuple[int, str]]:
        names = departments(self.request.root)
        users = self.request.root["principals"]["users"].values()
        able = [user for user in users if user is not self.context.user and may_stand_in(user)]
        able.sort(key=lambda user: (user.department != self.context.user.department, user.display_name.casefold()))
        return [(get_oid(user), f"{user.display_name} – {names.get(user.department, '')}") for user in able]

    def page(self) -> Mapping[str, Any]:
        user = self.context.user
        object_for = self.request.root.__objectmap__.object_for
        return {
            "title": f"Nieobecności: {user.display_name}",
            "login": str(user.__name__),
            "absences": [
                {
                    "id": one.id,
                    "first": one.first,
                    "last": one.last,
                    "deputy": getattr(object_for(one.deputy), "display_name", "konto usunięte"),
                    "over": one.last < today(),
                }
                for one in absences_of(user)
            ],
        }

    def success(self, values: Any, button: str) -> Any:
        request, user = self.request, self.context.user
        deputy = request.root.__objectmap__.object_for(int(values["zastepca"]))
        first, last = (datetime.date.fromisoformat(values[name]) for name in ("od", "do"))
        absence = Absence(random_id(), first, last, get_oid(deputy))
        try:
            add_absence(user, deputy, absence, today())
        except AbsenceError as error:
            raise Rejected(str(error), error.field) from error
        own = request.authenticated_userid
        record(request.office, "absence-added", own, get_oid(user), Origin.of(request), str(absence.deputy))
        post(
            request.office, "deputy", deputy.email,
            {"name": user.display_name, "first": date_text(first), "last": date_text(last)},
        )  # fmt: skip
        message = (
            f"Zapisaliśmy nieobecność od {date_text(first)} do {date_text(last)}. Zastępuje: {deputy.display_name}."
        )
        request.session.flash(message, "success")
        return HTTPSeeOther(request.layout.path("nieobecnosci", self.context.__name__))


@view_config(context=PersonAbsencesRoom, name="usun", request_method="POST", permission=permissions.ABSENCES)
def remove(context: PersonAbsencesRoom, request: Any) -> Any:
    """`POST /nieobecnosci/{login}/usun`"""
    absence_id = request.POST.get("id")
    removed = remove_absence(context.user, absence_id) if isinstance(absence_id, str) else None
    if removed is None:
        raise HTTPNotFound()
    own = request.authenticated_userid
    record(request.office, "absence-removed", own, get_oid(context.user), Origin.of(request), str(removed.deputy))
    request.session.flash("Nieobecność usunięta. Zastępstwo już nie działa.", "success")
    return HTTPSeeOther(request.layout.path("nieobecnosci", context.__name__))
