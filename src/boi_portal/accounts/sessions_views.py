"""`/konto/sesje`: where one is signed in, and signing out there.

Whatever a request names is looked for on the list of whoever is signed in, and nowhere else.
"""

from __future__ import annotations

import dataclasses
import datetime
import time
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from .. import permissions
from ..office.audit import Origin, record
from ..web.security import USER_KEY, staff_user
from ..web.sessions import SessionRecord, is_over
from .credentials import credentials_of
from .devices import browser_text
from .resources import applicant_of
from .rooms import AccountRoom
from .session_list import SessionNote
from .signin import end_sessions

ENDED = "Wylogowaliśmy tamto urządzenie."
OTHERS_ENDED = "Wylogowaliśmy Cię na wszystkich innych urządzeniach."
ALL_ENDED = "Wylogowaliśmy Cię na wszystkich urządzeniach, także na tym."


@dataclasses.dataclass(frozen=True)
class OpenSession:
    """A session as its owner sees it. `id` is that of its note; empty for the one that asks."""

    id: str
    browser: str
    address: str
    begun: datetime.datetime
    used: datetime.datetime


@view_defaults(context=AccountRoom, name="sesje", permission=permissions.VIEW)
class SessionsView:
    """The list, and what is done to it."""

    def __init__(self, context: Any, request: Any) -> None:
        self.context = context
        self.request = request
        self.userid = request.authenticated_userid
        self.account = applicant_of(request.office, self.userid) or staff_user(request, self.userid)

    @view_config(request_method="GET", renderer="templates/sessions.pt")
    def show(self) -> dict[str, Any]:
        """`/konto/sesje`"""
        return {"title": "Sesje i urządzenia", "this": self._this(), "others": self._others()}

    def _this(self) -> OpenSession:
        origin, session = Origin.of(self.request), self.request.session
        begun = _moment(session.created)
        return OpenSession("", browser_text(origin.agent), origin.address, begun, _moment(time.time()))

    def _others(self) -> list[OpenSession]:
        """Open sessions but the one that asks, the one last used first."""
        credentials = credentials_of(self.request.office, self.userid)
        notes = credentials.sessions.items() if credentials is not None else ()
        found = []
        for id_, note in notes:
            stored = self._open_record(note)
            if stored is not None and note.key != self.request.session.key:
                found.append(OpenSession(id_, note.browser, note.address, note.begun, _moment(stored.used)))
        return sorted(found, key=lambda one: one.used, reverse=True)

    def _open_record(self, note: SessionNote) -> SessionRecord | None:
        """The session of a note, if somebody could still use it."""
        settings = self.request.registry.boi_settings
        stored: SessionRecord | None = self.request.office.sessions.get(note.key)
        if stored is None or stored.data.get(USER_KEY) != self.userid:
            return None
        if is_over(stored, settings.session_idle, settings.session_absolute, time.time()):
            return None
        return stored if stored.created >= self.account.sessions_since else None

    @view_config(request_method="POST", request_param="wyloguj")
    def end_one(self) -> Any:
        """Sign one other session out; one that has ended meanwhile is no failure.

        :raises HTTPNotFound: it is not, and was not, one of this account.
        """
        request = self.request
        id_ = request.POST.get("wyloguj")
        credentials = credentials_of(request.office, self.userid)
        note = credentials.sessions.get(id_) if credentials is not None and isinstance(id_, str) else None
        if note is None:
            raise HTTPNotFound()
        if self._open_record(note) is not None:
            del request.office.sessions[note.key]
            record(request.office, "session-end", self.userid, self.userid, Origin.of(request))
        request.session.flash(ENDED, "success")
        return HTTPSeeOther(request.layout.path("konto", "sesje"))

    @view_config(request_method="POST", request_param="inne")
    def end_others(self) -> Any:
        """Sign out everywhere but here."""
        request = self.request
        end_sessions(request, self.userid, self.account)
        record(request.office, "session-end-all", self.userid, self.userid, Origin.of(request), "others")
        request.session.flash(OTHERS_ENDED, "success")
        return HTTPSeeOther(request.layout.path("konto", "sesje"))

    @view_config(request_method="POST", request_param="wszystkie")
    def end_all(self) -> Any:
        """Sign out everywhere, here too."""
        request = self.request
        end_sessions(request, self.userid, self.account)
        record(request.office, "session-end-all", self.userid, self.userid, Origin.of(request), "all")
        headers = forget(request)
        request.session.flash(ALL_ENDED, "success")
        return HTTPSeeOther(request.layout.path(), headers=headers)


def _moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
