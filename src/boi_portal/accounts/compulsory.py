"""The second factor that every employee must have: from when, and the line that says so until then.

The time to set it up counts from the employee's first sign-in and is `boi.staff_second_factor_grace_days` days; with 0 the first sign-in
leads to setting it up.
"""

from __future__ import annotations

import datetime
from typing import Any

from pyramid.renderers import render

from ..publishing.content import now
from ..web.assurance import Assurance, assurance_of
from .credentials import credentials_of, own_credentials

SECURITY = "bezpieczenstwo"  # the view to which the line leads


def is_for(userid: Any) -> bool:
    """Whether this user must have a second factor: employees, whose user ids are numbers."""
    return isinstance(userid, int)


def note_sign_in(request: Any, userid: Any) -> None:
    """Keep the time of an employee's first sign-in."""
    if not is_for(userid):
        return
    factors = own_credentials(request.office, userid).factors
    if factors.first_sign_in is None:
        factors.first_sign_in = now()


def needed_from(request: Any, userid: Any) -> datetime.datetime | None:
    """From when this user cannot sign in with a password alone; None: may for ever, or has never signed in."""
    found = credentials_of(request.office, userid) if is_for(userid) else None
    if found is None or found.factors.first_sign_in is None:
        return None
    days = request.registry.boi_settings.staff_second_factor_grace_days
    first: datetime.datetime = found.factors.first_sign_in
    return first + datetime.timedelta(days=days)


def is_overdue(request: Any, userid: Any) -> bool:
    """Whether this user must set up a second factor before anything else."""
    start = needed_from(request, userid)
    return start is not None and now() >= start


def panel(context: Any, request: Any) -> str | None:
    """The line at the top of an employee's pages: the date, and the way to setting up."""
    userid = request.authenticated_userid
    if assurance_of(request) >= Assurance.TWO_FACTOR or request.view_name == SECURITY:
        return None  # the page itself says it
    found = credentials_of(request.office, userid)
    start = needed_from(request, userid)
    if start is None or (found is not None and found.factors):
        return None
    html: str = render("templates/second_factor_due.pt", {"start": start}, request)
    return html


def includeme(config: Any) -> None:
    config.add_toolbar(panel)
