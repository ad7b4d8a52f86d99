"""The gate of every request: what is malformed gets 4xx before anything reads it, and every answer leaves with its security headers.

Headers that a view sets itself are kept, so a view may be stricter; it cannot forget one.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from .errors import bare_page
from .sessions import cookie_name

MAX_CONTROLS = 2000  # of one posted form
LONGEST_LENGTH = 15  # digits of a Content-Length
_CHUNK = 1 << 16
_SERVED = (200, 206, 304)  # statuses of a static file that was found

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Substance D's management interface has inline scripts and styles
MANAGEMENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; form-action 'self'; base-uri 'self'; frame-ancestors 'self'"
)
HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    # the address of the page is what a refused form falls back on; `no-referrer` would also null the Origin of a POST
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")

_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?\Z")
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class Gate:
    """What may come in."""

    def __init__(self, settings: Any) -> None:
        self.hosts = frozenset(host.lower() for host in settings.hosts)
        self.body_max = settings.body_max_mb * 1_000_000

    def refusal(self, request: Any) -> int | None:
        """The status that this request is refused with, or None."""
        environ = request.environ
        if not self._known_host(environ.get("HTTP_HOST", "")) or not _readable_address(environ):
            return 400
        if not _readable_cookies(request):
            return 400
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return None
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            return 400
        if len(length) > LONGEST_LENGTH or int(length) > self.body_max:
            return 413
        return None if _readable_form(request) else 400

    def _known_host(self, host: str) -> bool:
        found = _HOST.match(host)
        return found is not None and found[1].lower() in self.hosts


def _readable_address(environ: dict[str, Any]) -> bool:
    """Whether path and query are UTF-8 without control characters."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    query = environ.get("QUERY_STRING", "")
    if not (path.isascii() and path.isprintable()) and not _is_text(path.encode("latin-1", "replace")):
        return False
    return ("%" not in query and query.isascii()) or _is_text(
        unquote_to_bytes(query.encode("latin-1", "replace")), _IN_QUERY
    )


def _readable_cookies(request: Any) -> bool:
    """Whether the cookies are UTF-8, which a quoted one may turn out not to be."""
    try:
        list(request.cookies)
    except UnicodeDecodeError:
        return False
    return True


_IN_QUERY = frozenset(b"\t\n\r")


def _is_text(octets: bytes, allowed: frozenset[int] = frozenset()) -> bool:
    if any(octet < 0x20 and octet not in allowed for octet in octets):
        return False
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _readable_form(request: Any) -> bool:
    """Whether a posted form can be parsed: few enough controls, whole, UTF-8, without NUL."""
    if request.content_type not in _FORM_TYPES:
        return True
    if request.charset.lower().replace("-", "") != "utf8" or _controls(request) > MAX_CONTROLS:
        return False
    try:
        pairs = list(request.POST.items())
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OSError,
    ):  # what the multipart parser raises on broken bodies
        return False
    return not any("\0" in part for pair in pairs for part in pair if isinstance(part, str))


def _controls(request: Any) -> int:
    """How many controls a body seems to hold, found without parsing it."""
    mark = b"&" if request.content_type == _FORM_TYPES[0] else b"--" + _boundary(request)
    request.make_body_seekable()
    body, found, kept = request.body_file_raw, 0, b""
    while chunk := body.read(_CHUNK):
        chunk = kept + chunk
        found += chunk.count(mark)
        kept = chunk[-(len(mark) - 1) :] if len(mark) > 1 else b""
    body.seek(0)
    return found


def _boundary(request: Any) -> bytes:
    found = re.search(r"boundary=\"?([^\";]+)", request.headers.get("Content-Type", ""), re.IGNORECASE)
    return found[1].strip().encode("latin-1", "replace") if found else b""


class Dresser:
    """What every answer carries."""

    def __init__(self, settings: Any) -> None:
        self.common = (*HEADERS, TRANSPORT) if settings.secure_cookies else HEADERS
        self.cookie = cookie_name(settings)

    def dress(self, request: Any, response: Any) -> Any:
        """Add the headers that the view has not set itself."""
        headers = response.headers
        for name, value in self.common:
            headers.setdefault(name, value)
        path = request.environ.get("PATH_INFO", "")
        management = path == "/manage" or path.startswith("/manage/")
        headers.setdefault("Content-Security-Policy", MANAGEMENT_POLICY if management else POLICY)
        # an error page at a static address is drawn for the person who asked
        static = path.startswith("/static/") and response.status_int in _SERVED
        if not static and ("Cache-Control" not in headers or self._has_session(request, response)):
            headers["Cache-Control"] = "no-store"
        return response

    def _has_session(self, request: Any, response: Any) -> bool:
        """Pages of people with a session are nobody else's; the style sheet of colours is the same for all."""
        if "immutable" in response.headers.get("Cache-Control", ""):
            return False
        return self.cookie in request.cookies or "Set-Cookie" in response.headers or bool(request.response_callbacks)


def tween_factory(handler: Any, registry: Any) -> Any:
    """The tween: the gate before, the dresser after."""
    gate, dresser = Gate(registry.boi_settings), Dresser(registry.boi_settings)

    def tween(request: Any) -> Any:
        refused = gate.refusal(request)
        response = bare_page(refused) if refused else handler(request)
        return dresser.dress(request, response)

    return tween


def includeme(config: Any) -> None:
    config.add_tween(f"{__name__}.tween_factory", over="pyramid_tm.tm_tween_factory")
