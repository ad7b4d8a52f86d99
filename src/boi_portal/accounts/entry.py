"""Where a session becomes somebody's: every way of proving who one is ends here."""

from __future__ import annotations

import time
from typing import Any

from pyramid.security import remember

from ..office.audit import Origin, record
from ..web.assurance import ASSURANCE_KEY, PROVED_KEY, Assurance, assurance_of
from ..web.security import USER_KEY, staff_user
from .arrivals import note_arrival, note_session
from .resources import applicant_of

# what a session holds while somebody is on the way in; over as soon as he is
PENDING_KEY = "pending"
CHALLENGE_KEY = "webauthn"


def account_of(request: Any, userid: Any) -> Any:
    """The applicant or employee with this user id who may sign in, or None."""
    applicant = applicant_of(request.office, userid)
    if applicant is not None:
        return applicant if applicant.active else None
    return staff_user(request, userid)


def enter(request: Any, userid: Any, assurance: Assurance, how: str) -> None:
    """Begin the session of somebody who has proved who he is; `how` (`password`, `passkey`, …) goes into the audit trail.

    What the last person left behind in this browser's session is not this one's.
    """
    if request.session.get(USER_KEY) not in (None, userid):
        request.session.invalidate()
    for key in (PENDING_KEY, CHALLENGE_KEY):
        request.session.pop(key, None)
    remember(request, userid)
    request.session[ASSURANCE_KEY] = int(assurance)
    request.session[PROVED_KEY] = time.time()
    record(request.office, "sign-in", userid, userid, Origin.of(request), how)
    note_arrival(request, userid)


def confirm(request: Any, assurance: Assurance, how: str) -> None:
    """Note that the signed-in person has proved again who he is. The level rises to `assurance` and never falls.

    The session gets a new id, as at sign-in. Its forgery token stays, so that pages open in other tabs can still be sent.
    """
    userid = request.authenticated_userid
    level = max(assurance, assurance_of(request))
    request.session.pop(CHALLENGE_KEY, None)
    request.session.renew()
    note_session(request, userid)
    request.session[ASSURANCE_KEY] = int(level)
    request.session[PROVED_KEY] = time.time()
    record(request.office, "step-up", userid, userid, Origin.of(request), how)
