"""What follows a sign-in: the session is put on its account's list, and a browser not seen before is worth a letter.

Owns the device cookie. It decides nothing about who may come in.
"""

from __future__ import annotations

from typing import Any

from ..office.audit import Origin
from ..publishing.content import now
from ..web.security import staff_user
from . import devices, notices
from .credentials import own_credentials
from .devices import Device
from .resources import applicant_of
from .session_list import SessionNote


def note_arrival(request: Any, userid: Any) -> None:
    """Note that this request's session has just become this user's."""
    note_session(request, userid)
    _note_device(request, userid)


def note_session(request: Any, userid: Any) -> None:
    """Put this request's session on the list of its account, as whenever it gets a new id."""
    office, origin = request.office, Origin.of(request)
    sessions = own_credentials(office, userid).sessions
    sessions.drop(lambda note: note.key not in office.sessions)
    browser = devices.browser_text(origin.agent)
    sessions.add(SessionNote(request.session.key, now(), browser, origin.address))


def _note_device(request: Any, userid: Any) -> None:
    origin, known = Origin.of(request), own_credentials(request.office, userid).devices
    browser, at, id_ = devices.browser_text(origin.agent), now(), _device_id(request)
    key = devices.device_key(userid, id_)
    device = known.get(key)
    if device is not None:
        device.seen(browser, at)
    else:
        if len(known):  # the first sign-in of all is from a new device by nature
            account = applicant_of(request.office, userid) or staff_user(request, userid)
            address = notices.address_maker(notices.base_of(request))
            notices.new_device(request.office, account, browser, origin.address, address)
        known.add(key, Device(browser, at))
    _keep_cookie(request, id_)


def _device_id(request: Any) -> str:
    given = request.cookies.get(devices.cookie_name(request.registry.boi_settings), "")
    return given if devices.is_device_id(given) else devices.new_device_id()


def _keep_cookie(request: Any, id_: str) -> None:
    settings = request.registry.boi_settings

    def set_cookie(request: Any, response: Any) -> None:
        response.set_cookie(
            devices.cookie_name(settings), id_, max_age=devices.COOKIE_SECONDS, path="/",
            secure=settings.secure_cookies, httponly=True, samesite="Lax",
        )  # fmt: skip

    request.add_response_callback(set_cookie)
