"""`/urzad/interesanci`: clerks find applicants who have a case in their department.

What is typed may be a PESEL, so it is sent in a POST: an address would stand in logs and in the browser's history. The answer changes
nothing and is shown at once. Each search leaves a line in the audit trail, and each applicant who was shown another; neither says what was
typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.view import view_config

from .. import permissions
from ..accounts.resources import KINDS, Applicant
from ..office.audit import Origin, record
from ..publishing import schema
from ..web.forms import Button, FormView
from ..web.polish import counted
from ..web.traversal import Room
from . import people
from .people import Found
from .records import Case
from .views import badge

SEARCH, SHOWN = "people-search", "person-found"
MOST_CASES = 10  # of one applicant on the page


class ApplicantsRoom(Room):
    """`/urzad/interesanci`"""

    title = "Interesanci"

    def __acl__(self) -> list[Any]:
        return permissions.applicants_acl()


class SearchSchema(colander.Schema):
    """The search."""

    szukane = schema.text(
        "Kogo szukasz",
        max_length=120,
        description="Początek nazwiska lub nazwy firmy albo cały PESEL, NIP, adres e-mail, login lub numer sprawy.",
    )


@view_config(context=ApplicantsRoom, permission=permissions.APPLICANTS, renderer="templates/people.pt")
class SearchView(FormView):
    """The search and, after it, who was found."""

    title = ApplicantsRoom.title
    lead = "Znajdziesz tu osoby i firmy, które mają sprawę w Twoim wydziale. Każde wyszukanie zapisujemy w dzienniku zdarzeń."
    schema = SearchSchema
    buttons = (Button("szukaj", "Szukaj"),)
    typed = ""
    found: Found | None = None

    def initial(self) -> Any:
        return {"szukane": self.typed} if self.typed else colander.null

    def success(self, values: Mapping[str, Any], button: str) -> Any:
        request, self.typed = self.request, values["szukane"]
        departments = self.context.__parent__.departments
        self.found = people.find(request.office, departments, self.typed, request.registry.boi_settings.secret)
        self._note(self.found)
        return self.show(self.make_form())

    def _note(self, found: Found) -> None:
        clerk, origin = self.request.authenticated_userid, Origin.of(self.request)
        record(self.request.office, SEARCH, clerk, "", origin, found.by)
        for applicant, _ in found.people:
            record(self.request.office, SHOWN, clerk, applicant.userid, origin, found.by)

    def page(self) -> Mapping[str, Any]:
        rows = [self._row(applicant, cases) for applicant, cases in self.found.people] if self.found is not None else []
        more = self.found is not None and self.found.more
        return {
            "heading": _heading(len(rows), more) if self.found is not None else "",
            "more": more,
            "people": rows,
            "badge": badge,
        }

    def _row(self, applicant: Applicant, cases: tuple[Case, ...]) -> dict[str, Any]:
        numbers = applicant.numbers
        return {
            "id": applicant.id,
            "name": applicant.display_name,
            "person": applicant.name if applicant.org_name else "",
            "kind": KINDS[applicant.kind],
            "pesel": masked(numbers.get("pesel", "")),
            "nip": numbers.get("nip", ""),
            "cases": cases[:MOST_CASES],
            "hidden": len(cases) - len(cases[:MOST_CASES]),
        }


def _heading(number: int, more: bool) -> str:
    if not number:
        return "Nikogo nie znaleziono"
    if more:
        return f"Pierwszych {counted(number, 'interesant', 'interesantów', 'interesantów')}"
    return f"Znaleziono: {counted(number, 'interesant', 'interesantów', 'interesantów')}"


def masked(number: str) -> str:
    """A PESEL of which only the last four digits are shown."""
    return "•" * (len(number) - 4) + number[-4:] if len(number) > 4 else ""


def includeme(config: Any) -> None:
    config.add_room("urzad/interesanci", ApplicantsRoom)
