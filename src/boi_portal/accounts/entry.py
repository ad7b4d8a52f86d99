"""Where a session becomes somebody's: every way of proving who one is ends here."""

from __future__ import annotations

from typing import Any

from pyramid.security import remember

from ..office.audit import Origin, record
from ..web.assurance import ASSURANCE_KEY, Assurance
from ..web.security import USER_KEY


def enter(request: Any, userid: Any, assurance: Assurance, how: str) -> None:
    """Begin the session of somebody who has proved who he is; `how` (`password`, `passkey`, …) goes into the audit trail.

    What the last person left behind in this browser's session is not this one's.
    """
    if request.session.get(USER_KEY) not in (None, userid):
        request.session.invalidate()
    remember(request, userid)
    request.session[ASSURANCE_KEY] = int(assurance)
    record(request.office, "sign-in", userid, userid, Origin.of(request), how)
