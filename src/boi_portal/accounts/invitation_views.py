"""`/zaproszenie/{token}`: the first password of an account that the office has made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from substanced.util import get_oid

from .. import permissions
from ..office.audit import Origin, record
from ..web.errors import ErrorText, error_page
from ..web.forms import Button, FormView, Rejected
from . import invitation
from .invitation import InvitationFailed
from .resources import Applicant
from .rooms import InvitationLink, InvitationRoom
from .schemas import password_node
from .views import desk_of

FAILED = ErrorText(
    "Ten link już nie działa",
    (
        "Link z zaproszenia jest ważny 14 dni i działa jeden raz.",
        "Jeśli hasło jest już ustawione, zaloguj się. Jeśli nie, poproś o nowy list.",
    ),
)


class FirstPasswordSchema(colander.Schema):
    """The first password."""

    password = password_node("Hasło")


@view_config(context=InvitationRoom, request_method="GET", permission=permissions.VIEW)
def no_list(context: InvitationRoom, request: Any) -> Any:
    """There is nothing to see without a link."""
    raise HTTPNotFound()


@view_config(context=InvitationLink, permission=permissions.VIEW, renderer="templates/invitation.pt")
class FirstPasswordView(FormView):
    """The form; looking at it changes nothing, so a mail scanner that opens the link does no harm."""

    title = "Ustaw hasło do konta"
    schema = FirstPasswordSchema
    buttons = (Button("ustaw", "Ustaw hasło"),)

    def __call__(self) -> Any:
        try:
            self.account = invitation.invited_by(desk_of(self.request), self.context.__name__)
        except InvitationFailed:
            again = (self.request.layout.path("aktywacja"), "Poproś o nowy list")
            return error_page(self.request, 410, FAILED, action=again)
        return super().__call__()

    def page(self) -> Mapping[str, Any]:
        return {"login": self._login(), "name": self.account.display_name}

    def _login(self) -> str:
        return self.account.login if isinstance(self.account, Applicant) else str(self.account.__name__)

    def success(self, values: Any, button: str) -> Any:
        request = self.request
        if problem := invitation.problem_with(self.account, values["password"]):
            raise Rejected(problem, "password")
        account = invitation.accept(desk_of(request), self.context.__name__, values["password"])
        userid = account.userid if isinstance(account, Applicant) else get_oid(account)
        record(request.office, "activation", userid, userid, Origin.of(request), "invitation")
        request.session.flash(
            f"Hasło jest ustawione. Zaloguj się loginem „{self._login()}” albo adresem e-mail.", "success"
        )
        return HTTPSeeOther(request.layout.path("logowanie"))
