"""The sandbox's pages: its front page, the signing application, the certificates it issued, the mailbox.

Owns routes and views of a small Pyramid application. Every page works without script; nothing is loaded from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from boi_portal.sandbox import signing
from boi_portal.sandbox.authority import Authorities, CertificateState
from boi_portal.sandbox.mailbox import Letter, Mailbox
from boi_portal.sandbox.people import OFFERED, Person, PersonError

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
OTHER_PERSON = "inna"


def make_app(authorities: Authorities, mailbox: Mailbox, portal: str) -> Any:
    """The WSGI application; `portal` is the address that its pages link to."""
    config = Configurator(settings={"portal": portal})
    config.include("pyramid_chameleon")
    config.registry.authorities = authorities
    config.registry.mailbox = mailbox
    config.add_tween("boi_portal.sandbox.app.headers_tween")
    config.add_static_view("static", "boi_portal.sandbox:static")
    routes = {
        "front": "/",
        "sign": "/podpis",
        "issued": "/certyfikaty",
        "mailbox": "/poczta",
        "mailbox.json": "/poczta.json",
        "letter": "/poczta/{id}",
    }
    for name, pattern in routes.items():
        config.add_route(name, pattern)
    views: tuple[tuple[str, str, Callable[..., Any], str | None], ...] = (
        ("front", "GET", front, "templates/front.pt"),
        ("sign", "GET", sign_form, "templates/sign.pt"),
        ("sign", "POST", sign_submitted, "templates/sign.pt"),
        ("issued", "GET", issued, "templates/issued.pt"),
        ("issued", "POST", revoke, None),
        ("mailbox", "GET", letters, "templates/mailbox.pt"),
        ("mailbox.json", "GET", letters_json, "json"),
        ("letter", "GET", letter, "templates/letter.pt"),
    )
    for name, method, view, renderer in views:
        config.add_view(view, route_name=name, request_method=method, renderer=renderer)
    config.add_notfound_view(not_found, renderer="templates/not_found.pt")
    return config.make_wsgi_app()


def headers_tween(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Put the security headers on every answer, and let go of what was uploaded."""

    def tween(request: Request) -> Response:
        response = handler(request)
        response.headers.update(HEADERS)
        if request.is_body_seekable:  # WebOb's copy of a body that was read; a large one is a temporary file
            request.body_file_raw.close()
        return response

    return tween


def front(request: Request) -> dict[str, Any]:
    """What there is, and the way back to the portal."""
    return {"portal": request.registry.settings["portal"]}


def sign_form(request: Request) -> dict[str, Any]:
    """The empty form of the signing application."""
    return _sign_page({}, {})


def sign_submitted(request: Request) -> Response | dict[str, Any]:
    """The signed document as a download, or the form with what is wrong (422).

    Fields: `dokument` (file), `osoba` (PESEL of an offered person, or `inna`), `imie`, `nazwisko`, `pesel`, `stan`.
    """
    values = {name: _text(request, name) for name in ("osoba", "imie", "nazwisko", "pesel", "stan")}
    errors: dict[str, str] = {}
    person = _chosen_person(values, errors)
    state = _chosen_state(values, errors)
    filename, document = _upload(request, "dokument")
    if not document:
        errors["dokument"] = "Wybierz plik XML z dokumentem do podpisania."
    if person and state and not errors:
        try:
            signed = signing.sign(document, request.registry.authorities.credential(person, state))
            return _download(signed, filename)
        except signing.DocumentError as error:
            errors["dokument"] = str(error)
    request.response.status_int = 422
    return _sign_page(values, errors)


def issued(request: Request) -> dict[str, Any]:
    """Certificates that people got here."""
    return {"issued": request.registry.authorities.issued()}


def revoke(request: Request) -> Response:
    """Revoke the certificate of number `numer`, and publish the list at once."""
    if not request.registry.authorities.revoke(_text(request, "numer")):
        raise HTTPNotFound()
    return HTTPSeeOther(request.route_path("issued"))


def letters(request: Request) -> dict[str, Any]:
    """The mailbox, newest first; `do` narrows it to one address."""
    to = request.GET.get("do", "").strip()
    return {"letters": request.registry.mailbox.letters(to), "to": to}


def letters_json(request: Request) -> list[dict[str, Any]]:
    """The same for tests; `to` narrows it to one address."""
    return [_letter_record(found) for found in request.registry.mailbox.letters(request.GET.get("to", ""))]


def letter(request: Request) -> dict[str, Any]:
    """One letter, text and cleaned HTML."""
    found = request.registry.mailbox.letter(request.matchdict["id"])
    if found is None:
        raise HTTPNotFound()
    return {"letter": found}


def not_found(request: Request) -> dict[str, Any]:
    """A page for addresses that lead nowhere."""
    request.response.status_int = 404
    return {}


def _sign_page(values: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    return {
        "people": OFFERED,
        "other_person": OTHER_PERSON,
        "fields": (
            ("imie", "Imię", ""),
            ("nazwisko", "Nazwisko", ""),
            ("pesel", "PESEL", "11 cyfr. Podaj numer zmyślony, nigdy prawdziwy."),
        ),
        "states": list(CertificateState),
        "values": {"osoba": OFFERED[0].pesel, "stan": CertificateState.VALID.value} | values,
        "errors": errors,
    }


def _text(request: Request, name: str) -> str:
    value = request.POST.get(name, "")
    return value if isinstance(value, str) else ""


def _upload(request: Request, name: str) -> tuple[str, bytes]:
    """Name and content of an uploaded file; the content one byte too long at most."""
    upload = request.POST.get(name)
    if not hasattr(upload, "file"):
        return "", b""
    with upload.file:
        return upload.filename, upload.file.read(signing.MAX_BYTES + 1)


def _chosen_person(values: dict[str, str], errors: dict[str, str]) -> Person | None:
    offered = next((person for person in OFFERED if person.pesel == values["osoba"]), None)
    if offered:
        return offered
    if values["osoba"] not in {"", OTHER_PERSON}:
        errors["osoba"] = "Wybierz osobę z listy."
        return None
    values["osoba"] = OTHER_PERSON
    try:
        return Person.entered(values["imie"], values["nazwisko"], values["pesel"])
    except PersonError as error:
        errors[error.field] = str(error)
        return None


def _chosen_state(values: dict[str, str], errors: dict[str, str]) -> CertificateState | None:
    values["stan"] = values["stan"] or CertificateState.VALID.value
    try:
        return CertificateState(values["stan"])
    except ValueError:
        errors["stan"] = "Wybierz stan certyfikatu z listy."
        return None


def _download(signed: bytes, filename: str) -> Response:
    stem = Path(re.sub(r"[^\w .-]+", "-", filename or "")).stem.strip(" .-")[:100] or "dokument"
    name = f"{stem}-podpisany.xml"
    plain = name.encode("ascii", "replace").decode().replace("?", "-")
    response = Response(body=signed, content_type="application/xml", charset=None)
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return response


def _letter_record(found: Letter) -> dict[str, Any]:
    return {
        "id": found.id,
        "from": found.sender,
        "to": list(found.to),
        "subject": found.subject,
        "date": found.date.isoformat(),
        "text": found.text,
        "html": found.html_source,
        "links": found.links,
        "attachments": list(found.attachments),
    }
