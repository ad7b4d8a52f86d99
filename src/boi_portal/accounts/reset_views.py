"""`/haslo`: a new password by mail. What is done, and why nothing is told, is in `reset`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.view import view_config

from .. import permissions
from ..office.audit import Origin
from ..web.forms import Button, FormView, PortalForm, Rejected
from ..web.polish import counted
from . import passwords, reset
from .notices import base_of, login_of
from .reset import ResetFailed
from .rooms import ResetLink, ResetRoom
from .schemas import ResendSchema, password_node
from .throttling import RESETS, RESETS_ADDRESS, network_of
from .views import carrying, desk_of, sign_in_address, throttles_of, waiting_text, way_back

CHANGED = "Hasło zostało zmienione. Zaloguj się nowym hasłem."


class NewPasswordSchema(colander.Schema):
    """The new password, once: it can be shown while it is typed."""

    new = password_node("Nowe hasło")


@view_config(context=ResetRoom, permission=permissions.VIEW, renderer="boi_portal.web:templates/form.pt")
class AskView(FormView):
    """`/haslo`: asking for the letter. The answer is the same whoever asks for whatever."""

    title = "Nie pamiętasz hasła?"
    lead = "Podaj login lub adres e-mail. Wyślemy list z linkiem, którym ustawisz nowe hasło."
    schema = ResendSchema
    buttons = (Button("wyslij", "Wyślij list"),)
    back = ""

    def make_form(self) -> PortalForm:
        self.action = carrying(self.request.layout.path("haslo"), self.back or way_back(self.request))
        return super().make_form()

    def success(self, values: Any, button: str) -> Any:
        request, name = self.request, values["name"]
        throttles, origin = throttles_of(request), Origin.of(request)
        network = network_of(origin.address)
        wait = max(throttles.wait(RESETS, name), throttles.wait(RESETS_ADDRESS, network))
        if wait:
            raise Rejected(
                f"Poproszono o wiele listów. Sprawdź skrzynkę, także spam, albo spróbuj ponownie za {waiting_text(wait)}."
            )
        throttles.failed(RESETS, name)
        throttles.failed(RESETS_ADDRESS, network)
        back = way_back(request)
        reset.ask(request.office, name, base_of(request), origin, back)
        return HTTPSeeOther(carrying(request.layout.path("haslo", ResetRoom.SENT), back))


@view_config(
    context=ResetRoom,
    name=ResetRoom.SENT,
    request_method="GET",
    permission=permissions.VIEW,
    renderer="templates/reset_sent.pt",
)
def letter_sent(context: ResetRoom, request: Any) -> dict[str, Any]:
    """What to do after asking: the same for everybody."""
    hours = counted(reset.HOURS, "godzinę", "godziny", "godzin")
    return {"title": "Sprawdź skrzynkę e-mail", "hours": hours, "carried": carrying("", way_back(request))}


@view_config(context=ResetLink, permission=permissions.VIEW, renderer="boi_portal.web:templates/form.pt")
class NewPasswordView(FormView):
    """`/haslo/{token}`: a GET shows the form and does nothing, so that a scanner of mail that opens links does no harm."""

    title = "Ustaw nowe hasło"
    schema = NewPasswordSchema
    buttons = (Button("ustaw", "Ustaw nowe hasło"),)
    account: Any = None

    def __call__(self) -> Any:
        try:
            self.account = reset.follow(desk_of(self.request), self.context.__name__)[1]
        except ResetFailed:
            return self._gone()
        return super().__call__()

    def page(self) -> Mapping[str, Any]:
        return {
            "lead": f"Wymyśl nowe hasło do konta „{login_of(self.account)}”. Gdy je zapiszesz, wylogujemy wszystkie urządzenia."
        }

    def success(self, values: Any, button: str) -> Any:
        request = self.request
        if problem := passwords.problem_with(values["new"], self.account.own_data()):
            raise Rejected(problem, "new")
        back = reset.set_new(desk_of(request), self.context.__name__, values["new"], Origin.of(request))
        request.session.flash(CHANGED, "success")
        return HTTPSeeOther(sign_in_address(request, back))

    def _gone(self) -> Any:
        """A clear page, with the form that asks for another letter."""
        request = self.request
        request.response.status_int = 410
        ask = AskView(None, request)
        ask.back = reset.way_back(desk_of(request), self.context.__name__)
        values = {"title": "Ten link już nie działa", "form": ask.make_form().render()}
        template = "boi_portal.accounts:templates/reset_failed.pt"
        return render_to_response(template, values, request=request, response=request.response)
