"""My cases and one case, as the applicant sees them. Only reads."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..accounts.resources import applicant_of
from ..casetypes.resources import DEPARTMENTS, child
from ..submissions import document
from ..web.polish import today
from . import files, stages
from .records import Case
from .resources import CaseResource, CasesRoom

BADGES = {"office": "badge-accent", "applicant": "badge-warning", "waiting": "", "closed": "badge-success"}


@view_config(context=CasesRoom, request_method="GET", permission=permissions.ACCOUNT, renderer="templates/cases.pt")
def list_cases(context: CasesRoom, request: Any) -> dict[str, Any]:
    """`/sprawy`"""
    drafts = request.layout.path("robocze")
    return {"title": context.title, "cases": context.cases(), "badge": badge, "drafts": drafts, "acting": request.acting}


@view_defaults(context=CaseResource, request_method="GET", permission=permissions.OWN)
class CaseViews:
    """`/sprawy/{number}` and what lies below."""

    def __init__(self, context: CaseResource, request: Any) -> None:
        self.context = context
        self.request = request

    @view_config(renderer="templates/case.pt")
    def show(self) -> dict[str, Any]:
        """The case."""
        case = self.context.record
        return {
            "title": case.title,
            "reply_form": reply_form(self.request),
            "number": case.number,
            **case_page(self.context, self.request),
        }

    @view_config(name="pismo", renderer="templates/document.pt")
    def document(self) -> dict[str, Any]:
        """What was filed, in words."""
        return document_page(self.context, self.request)

    @view_config(name=files.SIGNED)
    @view_config(name=files.PICTURE)
    @view_config(name=files.RECEIPT)
    @view_config(name=files.RECEIPT_PICTURE)
    @view_config(name=files.ATTACHMENT)
    @view_config(name=files.MANDATE)
    def file(self) -> Response:
        """A file of the case."""
        return files.response_for(self.context.submission, self.request.view_name, self.request)


def case_page(context: Any, request: Any) -> dict[str, Any]:
    """What both the citizen's and the clerk's page of a case show."""
    case: Case = context.record
    submission = context.submission
    return {
        "case": case,
        "submission": submission,
        "history": list(reversed(case.events)),
        "stages": stages.STAGES,
        "owner": applicant_of(request.office, case.owner),
        "outcomes": stages.OUTCOMES,
        "badge": badge,
        "late": case.is_late(today()),
        "department": department_of(case, request),
        "files": files.files_of(submission),
        "attachments": files.attachments_of(submission),
        "path": lambda *elements: request.layout.path(context, *elements),
    }


def document_page(context: Any, request: Any) -> dict[str, Any]:
    """The page with what was filed, as the form's version of that time had it."""
    return {
        "title": f"Pismo w sprawie {context.record.number}",
        "letter": document.read(context.submission.document.data),
        "path": lambda *elements: request.layout.path(context, *elements),
    }


def department_of(case: Case, request: Any) -> Any:
    """The department's page as it is today, if it can be seen, or None."""
    found = child(request.root, DEPARTMENTS, case.department)
    return found if found is not None and request.has_permission(permissions.VIEW, found) else None


def reply_form(request: Any) -> str:
    """The address of the form by which papers are completed; empty where there is none."""
    form = child(request.root, "formularze", "pismo-ogolne")
    seen = form is not None and request.has_permission(permissions.VIEW, form)
    return request.layout.path(form) if seen else ""


def badge(case: Case) -> str:
    """The CSS classes of a stage's badge."""
    return f"badge {BADGES[case.stage.kind]}".strip()
