"""The workflow of content: robocza → do akceptacji → opublikowana → wycofana, on Substance D's workflow machine.

Entering a state sets the access list from the table in `permissions`; the transitions name the permission they ask for.
"""

from __future__ import annotations

from typing import Any

from substanced.util import set_acl
from substanced.workflow import Workflow

from .. import permissions
from ..interfaces import ISite
from .content import WORKFLOW_TYPE

STATES = {
    "draft": "Robocza",
    "pending": "Do akceptacji",
    "published": "Opublikowana",
    "withdrawn": "Wycofana",
}

# name, from, to, permission, button
TRANSITIONS = (
    ("submit", "draft", "pending", permissions.EDIT, "Przekaż do akceptacji"),
    ("return", "pending", "draft", permissions.PUBLISH, "Zwróć do poprawy"),
    ("publish", "draft", "published", permissions.PUBLISH, "Opublikuj"),
    ("accept", "pending", "published", permissions.PUBLISH, "Zaakceptuj i opublikuj"),
    ("withdraw", "published", "withdrawn", permissions.PUBLISH, "Wycofaj"),
    ("reopen", "withdrawn", "draft", permissions.PUBLISH, "Przywróć do pracy"),
    ("republish", "withdrawn", "published", permissions.PUBLISH, "Opublikuj ponownie"),
)


def _acl_setter(state: str) -> Any:
    def enter(content: Any, **kw: Any) -> None:
        acl = permissions.site_acl() if ISite.providedBy(content) else permissions.content_acl(state)
        set_acl(content, acl)

    return enter


def make_workflow() -> Workflow:
    """The content workflow, with its states and transitions."""
    workflow = Workflow(initial_state="draft", type=WORKFLOW_TYPE, name="Publikacja")
    for state, title in STATES.items():
        workflow.add_state(state, _acl_setter(state), title=title)
    for name, source, target, permission, title in TRANSITIONS:
        workflow.add_transition(name, source, target, permission=permission, title=title)
    return workflow


WORKFLOW = make_workflow()


def enter_state(content: Any, state: str) -> None:
    """Put `content` into `state` and set its access list; whoever calls has checked that it may."""
    WORKFLOW._set_state(content, state, None)


def transitions(content: Any, request: Any) -> list[dict[str, Any]]:
    """The transitions that this request's user may take now: dicts with `name`, `title`, `to_state`."""
    found: list[dict[str, Any]] = WORKFLOW.get_transitions(content, request)
    return found


def includeme(config: Any) -> None:
    def register() -> None:
        registry = config.registry
        for name, factory in registry.content.content_types.items():
            if hasattr(factory, "type_name"):
                registry.workflow.add(WORKFLOW, name)

    # after every content type is known
    config.action(("boi workflow",), register, order=9999)
