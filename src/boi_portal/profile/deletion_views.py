"""`/konto/usun`: closing one's own account, which is also how the consent to its being kept is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import forget
from pyramid.view import view_config

from .. import permissions
from ..accounts.logins import folded
from ..accounts.persons import applicant_here
from ..accounts.resources import PERSON, Applicant
from ..accounts.rooms import AccountRoom
from ..accounts.views import desk_of
from ..office.audit import Origin
from ..publishing.schema import text
from ..web.assurance import require_recent
from ..web.forms import Button, FormView
from . import deletion

WRONG_LOGIN = "To nie jest login tego konta. Wpisz go tak, jak stoi na górze strony."
DONE = "Konto jest usunięte. Na Twój adres e-mail wysłaliśmy potwierdzenie."
DONE_WITHOUT_LETTER = "Konto jest usunięte."


@view_config(context=AccountRoom, name="usun", permission=permissions.ACCOUNT, renderer="templates/deletion.pt")
class DeletionView(FormView):
    """`/konto/usun`"""

    title = "Usunięcie konta"
    buttons = (Button("usun", "Usuń konto na zawsze", "danger"),)

    def __call__(self) -> Any:
        require_recent(self.request)
        return super().__call__()

    @property
    def person(self) -> Applicant:
        """Who is signed in."""
        return applicant_here(self.request)

    def make_schema(self) -> Any:
        node = colander.Schema()
        about = "Wpisanie loginu potwierdza, że chcesz usunąć to konto."
        node.add(text("Twój login", name="login", description=about, validator=self._is_own, autocomplete="off"))
        return node.bind(request=self.request, context=self.context)

    def _is_own(self, node: Any, value: str) -> None:
        if folded(value) != folded(self.person.login):
            raise colander.Invalid(node, WRONG_LOGIN)

    def page(self) -> Mapping[str, Any]:
        desk = desk_of(self.request)
        return {
            "person": self.person,
            "lost": deletion.consequences(desk, self.person),
            "is_firm": self.person.kind != PERSON,
            "years": deletion.EVIDENCE_YEARS,
        }

    def success(self, values: Any, button: str) -> Any:
        request, person = self.request, self.person
        words = DONE if person.email else DONE_WITHOUT_LETTER
        deletion.close(desk_of(request), person, deletion.OWN, Origin.of(request))
        headers = forget(request)
        request.session.flash(words, "success")
        return HTTPSeeOther(request.layout.path(), headers=headers)
