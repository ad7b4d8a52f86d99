"""Pages for what went wrong: who gets 404, who is led to sign-in, and what each error says.

A record that is nobody else's business, and content that is not published, answer 404 to whoever may not see them: the answer never
tells that they exist. A visitor before a room of signed-in people is led to sign-in whatever stands behind the door.
"""

from __future__ import annotations

import dataclasses
import logging
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from chameleon import PageTemplateFile
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken, PredicateMismatch
from pyramid.httpexceptions import (
    HTTPClientError,
    HTTPForbidden,
    HTTPMovedPermanently,
    HTTPSeeOther,
    HTTPServerError,
)
from pyramid.renderers import render
from pyramid.response import Response
from pyramid.traversal import lineage, resource_path, traverse
from pyramid_retry import is_error_retryable
from transaction.interfaces import TransientError
from ZODB.POSException import StorageError

from .. import permissions
from ..interfaces import IContent, IPrivate, IRoom
from ..publishing.site import SiteMissing
from .security import same_origin

logger = logging.getLogger(__name__)

SIGN_IN = "logowanie"
RETURN_KEY = "powrot"
RESENT_AT_MOST = 100_000  # characters of a refused form that are carried over to the next try
_SECRET_FIELD = re.compile(r"passw|has[lł]o", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")

_bare = PageTemplateFile(str(Path(__file__).parent / "templates" / "bare.pt"))


@dataclasses.dataclass(frozen=True)
class ErrorText:
    """What an error page says: heading, and paragraphs of what to do."""

    title: str
    advice: tuple[str, ...]


TEXTS = {
    400: ErrorText(
        "Nie rozumiemy tego żądania",
        (
            "Adres albo dane, które przysłała przeglądarka, są uszkodzone.",
            "Wróć do poprzedniej strony i spróbuj jeszcze raz. Jeśli adres wpisano ręcznie, sprawdź, czy nie ma w nim literówki.",
        ),
    ),
    403: ErrorText(
        "Nie masz dostępu do tej strony",
        (
            "Twoje konto nie ma uprawnień, których ta strona wymaga.",
            "Jeśli uważasz, że to pomyłka, skontaktuj się z urzędem.",
        ),
    ),
    404: ErrorText(
        "Nie ma takiej strony",
        (
            "Strona mogła zostać usunięta albo adres jest niedokładny.",
            "Poszukaj sprawy w katalogu albo skorzystaj z wyszukiwarki.",
        ),
    ),
    405: ErrorText(
        "Tej strony nie można otworzyć w ten sposób",
        ("Ten adres służy tylko do wysyłania albo tylko do czytania danych. Zacznij od strony głównej.",),
    ),
    413: ErrorText(
        "Przesyłane dane są za duże",
        (
            "Pliki, które próbujesz wysłać, są razem większe, niż portal przyjmuje za jednym razem.",
            "Wróć do formularza i zmniejsz pliki albo wyślij mniej plików naraz.",
        ),
    ),
    422: ErrorText("Nie możemy przyjąć tych danych", ("Wróć do formularza i popraw dane.",)),
    429: ErrorText("Za dużo prób", ("Odczekaj chwilę i spróbuj ponownie.",)),
    500: ErrorText(
        "Coś poszło nie tak",
        (
            "To błąd po naszej stronie. Nic z tego, co teraz wysłano, nie zostało zapisane.",
            "Spróbuj ponownie za kilka minut. Jeśli błąd się powtarza, zgłoś go urzędowi i podaj numer błędu.",
        ),
    ),
    503: ErrorText(
        "Portal jest chwilowo niedostępny",
        ("Trwają prace albo portal jest przeciążony. Spróbuj ponownie za kilka minut.",),
    ),
}
SITE_MISSING = ErrorText(
    "Portal nie został jeszcze uruchomiony",
    (
        "W bazie danych nie ma treści portalu.",
        "Administrator: uruchom polecenie „boi content load”, a potem odśwież tę stronę.",
    ),
)
SIGNED_OUT = ErrorText(
    "Trzeba się zalogować",
    (
        "Sesja wygasła albo nastąpiło wylogowanie, dlatego tych danych nie przyjęliśmy.",
        "Zaloguj się, a potem wypełnij formularz jeszcze raz. To, co zapisano w wersji roboczej, czeka na koncie.",
    ),
)
FORGED = ErrorText(
    "Nie możemy potwierdzić, skąd pochodzi formularz",
    (
        "Tak dzieje się, gdy strona była długo otwarta, gdy w innej karcie nastąpiło zalogowanie lub wylogowanie albo gdy przeglądarka "
        "ukrywa adres, z którego wysyła dane.",
        "Nic nie zostało zapisane. Wróć do formularza i wyślij go jeszcze raz.",
    ),
)


def safe_path(address: str | None, default: str = "/") -> str:
    """`address` if it is a path of this portal, else `default`; for redirects to an address that came with a request."""
    if not address or not address.startswith("/") or address.startswith("//") or _CONTROL.search(address):
        return default
    if not address.isascii():
        return default  # addresses that we make are quoted, and a header can hold no other letters
    try:
        parts = urlsplit(address)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else address


def sign_in_path(request: Any, back: str | None = None) -> str:
    """The sign-in page's address, which leads back to `back` (default: this page)."""
    target = request.path_qs if back is None else back
    return f"{request.layout.path(SIGN_IN)}?{RETURN_KEY}={quote(target, safe='/')}"


# views


def forbidden(error: HTTPForbidden, request: Any) -> Any:
    """What may not be seen does not exist; what needs an account leads to sign-in."""
    if request.authenticated_userid is None and _is_before_a_room(request):
        return _to_sign_in(request)
    if _is_secret(request):
        return not_found(error, request)
    if request.authenticated_userid is None:
        return _to_sign_in(request)
    return error_page(request, 403, getattr(request.context, "forbidden_text", None))


def not_found(error: Any, request: Any) -> Any:
    """A moved object's new address, the door of a room, or 404."""
    if request.authenticated_userid is None and _is_before_a_room(request):
        return _to_sign_in(request)
    if isinstance(error, PredicateMismatch) and not _is_secret(request):
        return error_page(request, 405)
    moved = _moved_to(request) if request.method in ("GET", "HEAD") else None
    if moved is not None:
        query = f"?{request.query_string}" if request.query_string else ""
        return HTTPMovedPermanently(moved + query)
    return error_page(request, 404)


def _to_sign_in(request: Any) -> Any:
    if request.method in ("GET", "HEAD"):
        return HTTPSeeOther(sign_in_path(request))
    back = (
        safe_path(urlsplit(request.referrer).path, "/")
        if request.referrer and _is_own(request.referrer, request)
        else "/"
    )
    return error_page(request, 403, SIGNED_OUT, action=(sign_in_path(request, back), "Zaloguj się"))


def _is_own(address: str, request: Any) -> bool:
    return address.startswith(request.host_url + "/")


def _is_before_a_room(request: Any) -> bool:
    """Whether the page lies in a room that this request's user may not enter."""
    context = getattr(request, "context", None)
    room = next((item for item in lineage(context) if IRoom.providedBy(item)), None) if context is not None else None
    return room is not None and not request.has_permission(permissions.VIEW, room)


def _is_secret(request: Any) -> bool:
    """Whether this request's user must not learn that there is anything at this address."""
    context = getattr(request, "context", None)
    kept = IPrivate.providedBy(context) or IContent.providedBy(context)
    return kept and not request.has_permission(permissions.VIEW, context)


def _moved_to(request: Any) -> str | None:
    """The present address of what once was at this one, also below a moved folder; None where nothing was or may be seen."""
    root: Any = getattr(request, "root", None)
    redirects = getattr(root, "redirects", None)
    if not redirects:
        return None
    path = "/" + request.path_info.strip("/")
    rest: list[str] = []
    while path not in redirects:
        path, _, last = path.rpartition("/")
        rest.insert(0, last)
        if not path:
            return None
    target = root.__objectmap__.object_for(redirects[path])
    if target is None:
        return None
    found = traverse(target, [segment for segment in rest if not segment.startswith("@@")])
    context = found["context"]
    if not request.has_permission(permissions.VIEW, context):
        return None
    remainder = [name for name in (found["view_name"], *found["subpath"]) if name]
    new = request.layout.path(context, *(quote(name) for name in remainder))
    return None if resource_path(context) == request.path_info else new


def forged(error: Any, request: Any) -> Any:
    """A form that cannot be told to be our own. One that our own page sent may be sent again at a click."""
    fields = list(_resendable(request)) if isinstance(error, BadCSRFToken) and same_origin(request) else []
    logger.info("form refused", extra={"reason": type(error).__name__})
    back = request.path_qs if request.method == "POST" else "/"
    return error_page(request, 400, FORGED, resend=fields, action=(back, "Wróć do formularza"))


def _resendable(request: Any) -> Iterable[tuple[str, str]]:
    """What was typed, but passwords, files and the worthless token."""
    pairs = [pair for pair in request.POST.items() if isinstance(pair[1], str) and pair[0] != "csrf_token"]
    whole = len(pairs) == len([name for name in request.POST if name != "csrf_token"])
    secret = any(_SECRET_FIELD.search(name) for name, _ in pairs)
    size = sum(len(name) + len(value) for name, value in pairs)
    return pairs if whole and not secret and size <= RESENT_AT_MOST else []


def client_error(error: HTTPClientError, request: Any) -> Any:
    """Any other 4xx that a view raised; what it adds to the headers (`Allow`, `Retry-After`) is kept."""
    response = error_page(request, error.status_int)
    for name in ("Allow", "Retry-After"):
        if name in error.headers:
            response.headers[name] = error.headers[name]
    return response


def unavailable(error: Exception, request: Any) -> Response:
    """The database cannot be read or is too busy."""
    if not is_error_retryable(request, error):
        logger.error("portal unavailable", exc_info=error)
    return bare_page(503, retry_after=30)


def server_error(error: HTTPServerError, request: Any) -> Response:
    """Any 5xx that a view raised on purpose."""
    return bare_page(error.status_int)


def site_missing(error: SiteMissing, request: Any) -> Response:
    """There is no portal in the database yet."""
    logger.error("the database holds no portal")
    return bare_page(503, SITE_MISSING, retry_after=60)


def failed(error: Exception, request: Any) -> Response:
    """A fault of ours: an entry in the log, found by the number that the page shows."""
    if is_error_retryable(request, error):
        return bare_page(503, retry_after=30)  # thrown away: the request is run again
    number = secrets.token_hex(4)
    logger.error("request failed", exc_info=error, extra={"error_number": number})
    return bare_page(500, number=number)


# pages


def error_page(request: Any, status: int, text: ErrorText | None = None, **values: Any) -> Response:
    """An error in the portal's frame; in the bare one where the frame cannot be drawn."""
    shown = text or TEXTS.get(status) or TEXTS[400]
    given = {"title": shown.title, "advice": shown.advice, "status": status, "action": None, "resend": (), **values}
    if getattr(request, "root", None) is None:
        return bare_page(status, shown)
    try:
        body = render("boi_portal.web:templates/error.pt", given, request=request)
    except Exception:  # drawing the frame needs the databases, which may be what failed
        logger.exception("error page could not be drawn")
        return bare_page(status, shown)
    return Response(body, status=status, content_type="text/html", charset="utf-8")


def bare_page(status: int, text: ErrorText | None = None, number: str = "", retry_after: int = 0) -> Response:
    """An error page that needs neither databases nor style sheets."""
    shown = text or TEXTS.get(status) or TEXTS[500]
    body = _bare(title=shown.title, advice=shown.advice, number=number)
    response = Response(body, status=status, content_type="text/html", charset="utf-8")
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def includeme(config: Any) -> None:
    config.add_forbidden_view(forbidden)
    config.add_notfound_view(not_found)
    config.add_exception_view(forged, context=BadCSRFToken)
    config.add_exception_view(forged, context=BadCSRFOrigin)
    config.add_exception_view(client_error, context=HTTPClientError)
    config.add_exception_view(server_error, context=HTTPServerError)
    config.add_exception_view(site_missing, context=SiteMissing)
    config.add_exception_view(unavailable, context=StorageError)
    config.add_exception_view(unavailable, context=TransientError)
    config.add_exception_view(failed, context=Exception)


__all__ = ["bare_page", "error_page", "safe_path", "sign_in_path"]
