"""The gate before everything that an account can do: nothing goes before consent was given.

An account that the office has made has none yet. Its person may read published content, sign out, consent, have a copy of the data and
delete the account; every other address leads to the consent.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pyramid.events import ContextFound
from pyramid.httpexceptions import HTTPSeeOther

from ..accounts.consents import needs_consent
from ..accounts.resources import applicant_of
from ..interfaces import IContent, IRoom, ISite
from ..web.errors import RETURN_KEY

CONSENT = "zgoda"
# views of the site that everybody needs: signing out, keeping the session, the town's colours
ALWAYS = frozenset({"wyloguj", "sesja", "motyw.css"})
# rooms and their views that are open: the consent, what one may do without it (with a fresh proof), signing out at a provider's word
IN_ROOMS = frozenset(
    {("konto", CONSENT), ("konto", "moje-dane"), ("konto", "usun"), ("logowanie", "potwierdz"), ("saml", "wyloguj")}
)


def guard(event: ContextFound) -> None:
    """Lead to the consent whoever has not given it.

    :raises HTTPSeeOther: this address is not for an account without consent.
    """
    request = event.request
    applicant = applicant_of(request.office, request.authenticated_userid) if request.session.exists else None
    if applicant is None or not needs_consent(applicant) or _is_open(request):
        return
    back = request.path_qs if request.method in ("GET", "HEAD") else request.layout.path()
    raise HTTPSeeOther(f"{request.layout.path('konto', CONSENT)}?{RETURN_KEY}={quote(back, safe='/')}")


def _is_open(request: Any) -> bool:
    context, name = request.context, request.view_name
    if ISite.providedBy(context):
        return name in ALWAYS
    if IRoom.providedBy(context):
        return (context.__name__, name) in IN_ROOMS
    return IContent.providedBy(context) and request.method in ("GET", "HEAD")


def includeme(config: Any) -> None:
    config.add_subscriber(guard, ContextFound)
