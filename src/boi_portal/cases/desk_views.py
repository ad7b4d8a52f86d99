"""The clerk's desk: the department's cases, and one case with all that a clerk does to it on its one page.

Whoever reads a case here leaves a line in the audit trail: that is the one thing that these pages write when they are only read.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import colander
import deform.widget
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..casetypes.resources import DEPARTMENTS, child
from ..office import audit
from ..publishing import schema
from ..submissions.means import portal_url
from ..web.forms import Button, FormView, PortalForm
from ..web.polish import today
from . import desk, files, handling, signs, stages
from .handling import Clerk, HandlingError, Move
from .records import Case
from .resources import DeskCaseResource, DeskRoom
from .views import badge, case_page, document_page

PAGE = 50  # cases on a page of the list
EVENT_READ, EVENT_FILE, EVENT_REGISTERED, EVENT_STAGE = "case-read", "case-file", "case-registered", "case-stage"

# filter in the address -> its label and the stages it shows
FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("Otwarte", stages.OPEN),
    "czekaja-na-urzad": ("Czekają na urząd", stages.WAITING_FOR_OFFICE),
    **{name: (stage.title, (name,)) for name, stage in stages.STAGES.items()},
}


@view_config(context=DeskRoom, request_method="GET", permission=permissions.DESK, renderer="templates/desk.pt")
def list_desk(context: DeskRoom, request: Any) -> dict[str, Any]:
    """`/urzad`"""
    office, departments = request.office, context.departments
    chosen = request.GET.get("etap", "")
    chosen = chosen if chosen in FILTERS else ""
    numbers = desk.listed(office, departments, FILTERS[chosen][1], today())
    pages = max(1, -(-len(numbers) // PAGE))
    page = min(_whole(request.GET.get("strona", "")), pages)
    shown = [office.cases[number] for number in numbers[(page - 1) * PAGE : page * PAGE]]
    counts = {name: sum(desk.count(office, department, name) for department in departments) for name in stages.STAGES}
    return {
        "title": context.title,
        "rooms": context.rooms(),
        "departments": [child(request.root, DEPARTMENTS, name) for name in departments],
        "filters": [(name, label, sum(counts[stage] for stage in wanted)) for name, (label, wanted) in FILTERS.items()],
        "chosen": chosen,
        "total": len(numbers),
        "cases": shown,
        "late": {case.number for case in shown if case.is_late(today())},
        "page": page,
        "pages": pages,
        "badge": badge,
    }


def _whole(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1


class RegisterSchema(colander.Schema):
    """Registration."""

    znak = schema.text(
        "Znak sprawy",
        max_length=60,
        description="Komórka, symbol JRWA, numer i rok. Możesz zmienić propozycję albo dodać inicjały: SO.5343.12.2026.JK",
    )


def move_schema(now: str) -> colander.Schema:
    """The form of a change from stage `now`: only what can follow it."""
    following = stages.TRANSITIONS[now]
    node = colander.Schema()
    node.add(schema.choice("Nowy etap", [(name, stages.STAGES[name].title) for name in following], name="etap"))
    if stages.CLOSED in following:
        outcomes = [(one.name, one.title) for one in stages.OUTCOMES.values()]
        about = "Tylko przy zakończeniu sprawy."
        node.add(_optional_choice("Sposób załatwienia", outcomes, "wynik", about))
    if stages.CORRECTION in following:
        node.add(
            schema.iso_date("Do kiedy uzupełnić", required=False, name="termin", description="Tylko przy wezwaniu.")
        )
    if stages.IN_PROGRESS in following:
        about = "Zostaw puste, jeśli termin się nie zmienia."
        node.add(schema.iso_date("Planowany dzień załatwienia", required=False, name="planowany", description=about))
    about = "Zobaczy ją przy sprawie po zalogowaniu. Obowiązkowa przy wezwaniu, zawieszeniu i wznowieniu."
    node.add(
        schema.long_text("Wiadomość do interesanta", max_length=handling.MAX_NOTE, name="wiadomosc", description=about)
    )
    return node


@view_defaults(context=DeskCaseResource, renderer="templates/desk_case.pt")
class DeskCaseView(FormView):
    """`/urzad/sprawy/{number}`: the case and the one thing that can be done next."""

    formid = "sprawa"

    def __init__(self, context: DeskCaseResource, request: Any) -> None:
        super().__init__(context, request)
        self.case: Case = context.record
        self.registering = self.case.last.stage == stages.FILED
        self.title = self.case.title
        self.buttons = (Button("zarejestruj", "Zarejestruj"),) if self.registering else (Button("zmien", "Zmień etap"),)

    @view_config(request_method="GET", permission=permissions.CASE_VIEW)
    def read(self) -> Any:
        """The case. Reading it is written down."""
        note_reading(self.context, self.request, EVENT_READ)
        return self()

    @view_config(request_method="POST", permission=permissions.CASE_HANDLE)
    def handle(self) -> Any:
        """Register it, or move it to another stage."""
        return self()

    def make_schema(self) -> colander.SchemaNode:
        node = RegisterSchema() if self.registering else move_schema(self.case.last.stage)
        return node.bind(request=self.request, context=self.context)

    def initial(self) -> Any:
        if not self.registering:
            return colander.null
        department = child(self.request.root, DEPARTMENTS, self.case.department)
        unit = department.value("code", "") if department is not None else ""
        return {"znak": signs.proposed(self.request.office, unit, self.case.jrwa, today().year)}

    def success(self, values: Mapping[str, Any], button: str) -> Any:
        office, settings = self.request.office, self.request.registry.boi_settings
        before = self.request.tm.savepoint()
        try:
            if self.registering:
                handling.register(office, self.case, values["znak"], self._clerk(), settings.rpw_pattern)
            else:
                handling.change_stage(office, self.case, _move_of(values), self._clerk())
        except HandlingError as error:
            before.rollback()
            return self._refused(error)
        self._note()
        return HTTPSeeOther(self.request.layout.path(self.context))

    def _refused(self, error: HandlingError) -> Any:
        """Not `Rejected`, which would roll back the line that says who has seen the case."""
        form = self.make_form()
        form.set_pstruct(form.read(list(self.request.POST.items())))
        form.reject(str(error), error.field)
        return self.failure(form)

    def failure(self, form: PortalForm) -> dict[str, Any]:
        """The case is shown with what is wrong, so it was seen."""
        note_reading(self.context, self.request, EVENT_READ)
        return super().failure(form)

    def _note(self) -> None:
        case, flash = self.case, self.request.session.flash
        note_reading(self.context, self.request, EVENT_REGISTERED if self.registering else EVENT_STAGE)
        if self.registering:
            flash(f"Sprawa zarejestrowana. Numer {case.rpw_number}, znak {case.case_sign}.", "success")
        else:
            flash(f"Zmieniono etap: {case.stage.title}. Interesant dostanie wiadomość.", "success")

    def _clerk(self) -> Clerk:
        at = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        return Clerk(str(self.request.authenticated_userid), at, portal_url(self.request))

    def page(self) -> Mapping[str, Any]:
        return {**case_page(self.context, self.request), "registering": self.registering}


def _optional_choice(title: str, options: list[tuple[str, str]], name: str, about: str) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(),
        name=name,
        title=title,
        description=about,
        validator=colander.OneOf([value for value, _ in options]),
        widget=deform.widget.SelectWidget(values=[("", "– nie dotyczy –"), *options]),
        missing="",
    )


def _move_of(values: Mapping[str, Any]) -> Move:
    return Move(
        stage=values["etap"],
        note=values["wiadomosc"].replace("\r\n", "\n"),
        outcome=values.get("wynik", ""),
        reply_by=_day(values.get("termin")),
        deadline=_day(values.get("planowany")),
    )


def _day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


@view_defaults(context=DeskCaseResource, request_method="GET", permission=permissions.CASE_VIEW)
class DeskFileViews:
    """What was filed, for the clerk."""

    def __init__(self, context: DeskCaseResource, request: Any) -> None:
        self.context = context
        self.request = request

    @view_config(name="pismo", renderer="templates/document.pt")
    def document(self) -> dict[str, Any]:
        """The document in words."""
        note_reading(self.context, self.request, EVENT_READ)
        return document_page(self.context, self.request)

    @view_config(name=files.SIGNED)
    @view_config(name=files.PICTURE)
    @view_config(name=files.RECEIPT)
    @view_config(name=files.RECEIPT_PICTURE)
    @view_config(name=files.ATTACHMENT)
    @view_config(name=files.MANDATE)
    def file(self) -> Response:
        """A file of the case."""
        response = files.response_for(self.context.submission, self.request.view_name, self.request)
        note_reading(self.context, self.request, EVENT_FILE)
        return response


def note_reading(context: DeskCaseResource, request: Any, what: str) -> None:
    """Write down which employee dealt with which case."""
    audit.record(request.office, what, request.authenticated_userid, context.record.number, audit.Origin.of(request))
