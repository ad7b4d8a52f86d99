"""The level of assurance that a draft's form demands, asked for on each of its pages and when it is filed.

What counts is the higher of two: what the version demands with which the draft was begun, and what the office demands of the form today.
"""

from __future__ import annotations

from typing import Any

from ..publishing.versions import VersionNotFound
from ..web.assurance import Assurance, assurance_of, require_level, step_up_path
from . import drafts
from .drafts import Draft


def level_of(draft: Draft, site: Any) -> Assurance:
    """What is demanded of whoever fills in or files this draft."""
    form = drafts.form_of(draft, site)
    today = form.assurance if form is not None else Assurance.NONE
    try:
        begun = drafts.definition_of(draft, site).assurance
    except VersionNotFound:
        begun = Assurance.NONE
    return max(today, begun)


def require(request: Any, draft: Draft, back: str | None = None) -> None:
    """Go on only with the level of this draft; `back` as in `web.assurance.require_level`.

    :raises HTTPSeeOther: the session has less.
    """
    require_level(request, level_of(draft, request.root), back)


def step_up(request: Any, draft: Draft, back: str) -> str:
    """Where to prove more before going on; empty where the level is reached. Unlike `require` it lets what was written stay written."""
    level = level_of(draft, request.root)
    return "" if assurance_of(request) >= level else step_up_path(request, back, level)
