"""Sessions kept on the server: the cookie holds a random id, the office database the data, under the id's SHA-256.

A visitor has no session until something must be remembered. The last use is written at most once a minute, so that reading
pages hardly ever writes.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from typing import Any

from persistent import Persistent
from pyramid.interfaces import ISession
from ZODB.POSException import ConflictError
from zope.interface import implementer

from ..office.store import Office

TOUCH_AFTER = 60  # seconds


class SessionRecord(Persistent):
    """A session as it is stored. `data` is replaced as a whole. Times are seconds since the epoch."""

    def __init__(self, created: float) -> None:
        self.created = created
        self.used = created
        self.data: dict[str, Any] = {}

    def _p_resolveConflict(self, old: dict, committed: dict, new: dict) -> dict:
        """Two requests of one person may both note that it was used; anything else is a real conflict."""
        if old["data"] == new["data"]:
            return {**committed, "used": max(committed["used"], new["used"])}
        if old["data"] == committed["data"]:
            return {**new, "used": max(committed["used"], new["used"])}
        raise ConflictError


def session_key(cookie: str) -> str:
    """Where a cookie's session lies: a read of the database gives nobody a usable cookie."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def is_over(record: SessionRecord, idle: int, absolute: int, at: float) -> bool:
    """Whether a session was not used for `idle` seconds, or is older than `absolute`."""
    return at - record.used > idle or at - record.created > absolute


@implementer(ISession)
class ServerSession:
    """Pyramid's session, read when first asked for and written when changed."""

    def __init__(self, request: Any) -> None:
        self.request = request
        settings = request.registry.boi_settings
        self.cookie_name = cookie_name(settings)
        self._idle, self._absolute = settings.session_idle, settings.session_absolute
        self._secure = settings.secure_cookies
        self._cookie: str | None = request.cookies.get(self.cookie_name) or None
        self._record = self._load()

    def _load(self) -> SessionRecord | None:
        if self._cookie is None:
            return None
        record: SessionRecord | None = self.office.sessions.get(session_key(self._cookie))
        at = time.time()
        if record is None or is_over(record, self._idle, self._absolute, at):
            return None
        if at - record.used > TOUCH_AFTER:
            record.used = at
        return record

    @property
    def office(self) -> Office:
        office: Office = self.request.office
        return office

    @property
    def exists(self) -> bool:
        """Whether there is a stored session; asking does not make one."""
        return self._record is not None

    @property
    def key(self) -> str:
        """Where this session lies in `office.sessions`; empty where there is none."""
        return session_key(self._cookie) if self._record is not None and self._cookie is not None else ""

    @property
    def expires_in(self) -> int:
        """Seconds until this session ends if nothing more is done."""
        if self._record is None:
            return 0
        ends = min(self._record.used + self._idle, self._record.created + self._absolute)
        return max(0, int(ends - time.time()))

    def touch(self) -> None:
        """Note now, at a person's own wish, that the session is used."""
        if self._record is not None:
            self._record.used = time.time()

    # what changes the session

    def _start(self) -> SessionRecord:
        self._cookie = secrets.token_urlsafe(32)
        self._record = SessionRecord(time.time())
        self.office.sessions[session_key(self._cookie)] = self._record
        self.request.add_response_callback(self._set_cookie)
        return self._record

    def _set_cookie(self, request: Any, response: Any) -> None:
        if self._cookie is None:
            # with the same attributes, without which browsers do not take it for a `__Host-` cookie
            response.set_cookie(
                self.cookie_name, "", max_age=0, path="/", secure=self._secure, httponly=True, samesite="Lax"
            )
            return
        response.set_cookie(
            self.cookie_name, self._cookie, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )

    def renew(self) -> None:
        """Give the session a new id, as at every sign-in; the old cookie is worth nothing from then on."""
        data = dict(self._record.data) if self._record else {}
        self._drop()
        self._start().data = data

    def invalidate(self) -> None:
        """End the session."""
        had = self._cookie is not None
        self._drop()
        if had:
            self.request.add_response_callback(self._set_cookie)

    def _drop(self) -> None:
        if self._cookie is not None:
            self.office.sessions.pop(session_key(self._cookie), None)
        self._cookie = self._record = None

    def changed(self) -> None:
        """Part of Pyramid's contract; values here are replaced, never changed in place."""
        if self._record is not None:
            self._record.data = dict(self._record.data)

    # mapping

    @property
    def _data(self) -> dict[str, Any]:
        return self._record.data if self._record is not None else {}

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self._data.get(key, default)

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def keys(self) -> Any:
        return self._data.keys()

    def values(self) -> Any:
        return self._data.values()

    def items(self) -> Any:
        return self._data.items()

    def __len__(self) -> int:
        return len(self._data)

    def __setitem__(self, key: str, value: Any) -> None:
        record = self._record or self._start()
        record.data = {**record.data, key: value}

    def __delitem__(self, key: str) -> None:
        if key not in self._data:
            raise KeyError(key)
        assert self._record is not None  # noqa: S101 - _data is empty without a record
        self._record.data = {name: value for name, value in self._record.data.items() if name != key}

    def pop(self, key: str, *default: Any) -> Any:
        if key not in self._data and default:
            return default[0]
        value = self[key]
        del self[key]
        return value

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **kw: Any) -> None:
        record = self._record or self._start()
        record.data = {**record.data, **dict(*args, **kw)}

    def clear(self) -> None:
        if self._record is not None:
            self._record.data = {}

    @property
    def started(self) -> float:
        """When this session's id was given, in seconds since the epoch; 0 where there is none."""
        return self._record.created if self._record else 0.0

    # Pyramid's extras

    @property
    def created(self) -> int:
        return int(self._record.created if self._record else time.time())

    @property
    def new(self) -> bool:
        return self._record is None or not self.request.cookies.get(self.cookie_name)

    def flash(self, msg: Any, queue: str = "", allow_duplicate: bool = True) -> None:
        name = "_f_" + queue
        waiting = list(self.get(name, ()))
        if allow_duplicate or msg not in waiting:
            self[name] = [*waiting, msg]

    def pop_flash(self, queue: str = "") -> list[Any]:
        name = "_f_" + queue
        return self.pop(name) if name in self else []

    def peek_flash(self, queue: str = "") -> list[Any]:
        return list(self.get("_f_" + queue, ()))

    def new_csrf_token(self) -> str:
        token = secrets.token_urlsafe(32)
        self["_csrft_"] = token
        return token

    def get_csrf_token(self) -> str:
        token: str = self.get("_csrft_") or self.new_csrf_token()
        return token


def cookie_name(settings: Any) -> str:
    """`__Host-` binds a cookie to this host and to https; over plain http browsers refuse it."""
    return "__Host-boi" if settings.secure_cookies else "boi"


def drop_expired(office: Office, idle: int, absolute: int, limit: int = 500) -> int:
    """Delete up to `limit` sessions that have ended; for the worker. Returns how many."""
    at = time.time()
    ended = []
    for key, record in office.sessions.items():
        if is_over(record, idle, absolute, at):
            ended.append(key)
            if len(ended) >= limit:
                break
    for key in ended:
        del office.sessions[key]
    return len(ended)


def includeme(config: Any) -> None:
    config.set_session_factory(ServerSession)
