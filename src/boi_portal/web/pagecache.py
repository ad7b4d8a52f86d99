"""Pages of visitors, kept in this process as the bytes that were sent, for as long as no content changes.

A view says with the view option `public_page=True` that its answer depends on published content and on the address alone. Such
an answer to a GET without a session cookie is kept under host, path and query, together with the content revision *that its
transaction saw*; it is given out while that is still the current one, and for a minute at most, so that what depends on the
date follows. Everybody else's pages never come near.

The tween is the outermost one: a hit touches neither database, transaction, traversal nor template.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

import transaction
from pyramid.interfaces import IResponse
from pyramid_zodbconn import get_connection
from zope.interface import implementer

from ..publishing import revision
from .sessions import cookie_name

logger = logging.getLogger(__name__)

MAX_AGE = 60.0  # seconds that a page is given out at most
LONGEST_ADDRESS = 400  # characters of path and query; longer ones are nobody's second request, and are not counted as room
OVERHEAD = 1500  # bytes of a kept page beside its body
SHARED = "public, max-age=0, s-maxage=60, stale-while-revalidate=30"
REVISION_KEY = "boi.public_page_revision"

Key = tuple[str, str, str, str]


@implementer(IResponse)
class KeptPage:
    """An answer as it goes out. Answers like a WebOb response as far as the server and the framework ask."""

    __slots__ = ("body", "etag", "headerlist", "headers_304", "made", "revision", "size")

    status = "200 OK"
    status_int = status_code = 200

    def __init__(self, headers: list[tuple[str, str]], body: bytes, etag: str, number: int) -> None:
        self.headerlist = headers
        self.headers_304 = [pair for pair in headers if pair[0].lower() not in {"content-length", "content-type"}]
        self.body = body
        self.etag = etag
        self.revision = number
        self.made = time.monotonic()
        self.size = len(body) + OVERHEAD

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked = environ.get("HTTP_IF_NONE_MATCH")
        if asked and _matches(asked, self.etag):
            start_response("304 Not Modified", list(self.headers_304))
            return ()
        start_response("200 OK", list(self.headerlist))
        return () if environ["REQUEST_METHOD"] == "HEAD" else (self.body,)


def _matches(asked: str, etag: str) -> bool:
    return asked.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in asked.split(","))


class RevisionWatch:
    """The content revision, asked for in a transaction of its own, at most every `interval` seconds or when told to."""

    def __init__(self, database: Any, signal: Any, interval: float) -> None:
        self._database = database
        self._signal = signal
        self._interval = interval
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self.number = -1

    def current(self) -> int:
        """The revision, as new as the interval allows; -1 while the database cannot be read."""
        if self._signal.stale or time.monotonic() - self._asked_at > self._interval:
            self._ask()
        return self.number

    def _ask(self) -> None:
        with self._lock:
            if not self._signal.stale and time.monotonic() - self._asked_at <= self._interval:
                return  # another thread has just asked
            self._signal.stale = False  # before looking: a commit after the look sets it again
            try:
                self.number = self._look()
            except Exception:  # whatever a storage raises: without a revision nothing is given out
                logger.exception("content revision cannot be read")
                self.number = -1
            self._asked_at = time.monotonic()

    def _look(self) -> int:
        manager = transaction.TransactionManager(explicit=True)
        connection = self._database.open(transaction_manager=manager)
        try:
            with manager:
                return revision.current(connection)
        finally:
            connection.close()


class PageCache:
    """Kept pages, the longest unused ones let go when `limit` bytes are full."""

    def __init__(self, limit: int, current_revision: Callable[[], int]) -> None:
        self._limit = limit
        self._current = current_revision
        self._pages: OrderedDict[Key, KeptPage] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0

    def get(self, key: Key) -> KeptPage | None:
        """A page that is still true."""
        page = self._pages.get(key)
        if page is None:
            return None
        if page.revision != self._current() or time.monotonic() - page.made > MAX_AGE:
            self._drop(key)
            return None
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
        return page

    def put(self, key: Key, page: KeptPage) -> None:
        """Keep a page, unless it alone would take an eighth of the room."""
        if page.size > self._limit // 8:
            return
        with self._lock:
            self._remove(key)
            self._pages[key] = page
            self.size += page.size
            while self.size > self._limit:
                self._remove(next(iter(self._pages)))

    def _drop(self, key: Key) -> None:
        with self._lock:
            self._remove(key)

    def _remove(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self.size -= page.size

    def __len__(self) -> int:
        return len(self._pages)


def public_page(view: Any, info: Any) -> Any:
    """View deriver: of a view with `public_page=True`, note the revision that its transaction saw."""
    if not info.options.get("public_page"):
        return view

    def noting(context: Any, request: Any) -> Any:
        response = view(context, request)
        request.environ[REVISION_KEY] = revision.current(get_connection(request))
        return response

    return noting


public_page.options = ("public_page",)  # type: ignore[attr-defined]


def tween_factory(handler: Any, registry: Any) -> Any:
    """The tween. With `boi.page_cache_mb = 0` nothing is kept, and public pages still carry their headers."""
    settings = registry.boi_settings
    watch = RevisionWatch(registry._zodb_databases[""], registry.boi_revision_signal, settings.page_cache_poll)
    cache = PageCache(settings.page_cache_mb * 1_000_000, watch.current)
    registry.boi_page_cache, registry.boi_revision_watch = cache, watch
    cookie = cookie_name(settings)  # without "=": before it a cookie may have spaces

    def tween(request: Any) -> Any:
        environ = request.environ
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or cookie in environ.get("HTTP_COOKIE", ""):
            return handler(request)
        key = (
            environ["wsgi.url_scheme"],
            environ.get("HTTP_HOST", ""),
            environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
        )
        page = cache.get(key)
        if page is not None:
            return page
        response = handler(request)
        number = environ.get(REVISION_KEY)
        if number is None or response.status_int != 200 or _sets_cookie(request, response):
            return response
        page = _kept(response, number)
        if environ["REQUEST_METHOD"] == "GET" and len(key[2]) + len(key[3]) <= LONGEST_ADDRESS:
            cache.put(key, page)
        return page if environ["REQUEST_METHOD"] == "GET" else response

    return tween


def _sets_cookie(request: Any, response: Any) -> bool:
    """Sessions set their cookie in a response callback, which runs after every tween."""
    return "Set-Cookie" in response.headers or bool(request.response_callbacks)


def _kept(response: Any, number: int) -> KeptPage:
    body = response.body
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = response.headers
    if "immutable" not in headers.get("Cache-Control", ""):
        headers["Cache-Control"] = SHARED
        headers["Vary"] = "Cookie"
    headers["ETag"] = etag
    headers["Content-Length"] = str(len(body))
    return KeptPage(list(headers.items()), body, etag, number)


def includeme(config: Any) -> None:
    config.add_view_deriver(public_page)
    config.add_tween(
        f"{__name__}.tween_factory", over=("boi_portal.web.headers.tween_factory", "pyramid_tm.tm_tween_factory")
    )
