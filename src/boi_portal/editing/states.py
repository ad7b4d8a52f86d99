"""`/…/stan`: where the object is on its way from draft to withdrawal, and the steps that this editor may take."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.view import view_config

from .. import permissions
from ..interfaces import IContent, ISite
from ..publishing import lifecycle
from ..publishing.lifecycle import LifecycleError, referrers, site_of
from ..publishing.workflow import STATES, transitions
from ..web.formfields import posted_text
from .people import actor, shown_name
from .places import live_content

STEP, NOTE = "przejscie", "uwaga"
COPY = "kopia"  # the step that publishes a working copy
LONGEST_NOTE = 200

EXPLAINED = {
    "draft": "Widzą ją tylko redaktorzy.",
    "pending": "Czeka, aż redaktor naczelny ją zaakceptuje albo zwróci do poprawy.",
    "published": "Widzą ją wszyscy.",
    "withdrawn": "Nikt poza redaktorami jej nie widzi. Jej wersje zostają w historii.",
}


@view_config(
    context=IContent, name="stan", permission=permissions.EDIT, request_method="GET", renderer="templates/state.pt"
)
def state(context: Any, request: Any) -> dict[str, Any]:
    """The state and the steps that can be taken now."""
    content = live_content(context)
    copy = content.working_copy
    return {
        "title": f"Stan: {content.title or content.label}",
        "state": content.state,
        "state_title": STATES[content.state],
        "explained": EXPLAINED[content.state],
        "published_at": content.published_at,
        "updated_at": content.updated_at,
        "updated_by": shown_name(site_of(content), content.updated_by),
        "version": content.version,
        "copy": copy and {"by": shown_name(site_of(content), copy.by), "at": copy.at},
        "steps": steps(content, request),
        "takes_note": content.versioned,
        "users": [user.title for user in referrers(content)] if content.state == "published" else [],
    }


def steps(content: Any, request: Any) -> list[dict[str, str]]:
    """Name and title of each step that this request's user may take."""
    found = []
    if (
        content.state == "published"
        and content.working_copy is not None
        and request.has_permission(permissions.PUBLISH, content)
    ):
        found.append({"name": COPY, "title": "Opublikuj kopię roboczą", "to": "published"})
    if ISite.providedBy(content):
        return found  # the portal itself is always there
    return found + [
        {"name": step["name"], "title": step["title"], "to": step["to_state"]} for step in transitions(content, request)
    ]


@view_config(
    context=IContent, name="stan", permission=permissions.EDIT, request_method="POST", renderer="templates/state.pt"
)
def take_step(context: Any, request: Any) -> Any:
    """Take one step.

    :raises HTTPForbidden: it is not open to this user now.
    """
    content = live_content(context)
    step = next((step for step in steps(content, request) if step["name"] == request.POST.get(STEP)), None)
    if step is None:
        raise HTTPForbidden()
    note = posted_text(request, NOTE).strip()[:LONGEST_NOTE]
    try:
        if step["to"] == "published":
            lifecycle.publish(request.registry, content, actor(request), note)
        else:
            lifecycle.change_state(request.registry, content, step["to"], actor(request))
    except LifecycleError as error:
        request.response.status_int = 422
        return {**state(context, request), "error": str(error)}
    request.session.flash(f"Nowy stan: „{STATES[step['to']]}”.", "success")
    return HTTPSeeOther(_after(content, request))


def _after(content: Any, request: Any) -> str:
    """Whoever has handed the object on may no longer see its state."""
    view = "stan" if request.has_permission(permissions.EDIT, content) else ""
    return str(request.layout.path(content, view) if view else request.layout.path(content))
