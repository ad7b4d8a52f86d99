"""What everybody sees of e-forms: the list, a form's page, its printable blank. Filling in is `submissions`'
business."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import quote

from pyramid.renderers import render
from pyramid.response import Response
from pyramid.view import view_config
from substanced.util import find_objectmap

from .. import permissions
from ..interfaces import CaseTypeToEForm, IEForm, IForms
from ..publishing import richtext
from ..web.assurance import ADVICE, Assurance, help_path
from . import printing
from .definition import Definition
from .fields import Field
from .fields.composite import Address
from .resources import with_pages

CELLS = {"pesel": 11, "nip": 10, "regon": 14, "postalcode": 5}
BLANK_ROWS = 2  # rows of a repeat on paper


@view_config(
    context=IForms,
    permission=permissions.VIEW,
    request_method=("GET", "HEAD"),
    renderer="templates/forms.pt",
    public_page=True,
)
def forms(context: Any, request: Any) -> dict[str, Any]:
    """`/formularze`: the forms that this visitor may see."""
    return {
        "title": context.title,
        "summary": context.summary,
        "body": richtext.markup(context.value("body", "")),
        "forms": [
            {"title": form.title, "summary": form.summary, "url": request.layout.path(form)}
            for form in context.values()
            if request.has_permission(permissions.VIEW, form)
        ],
    }


@view_config(
    context=IEForm,
    permission=permissions.VIEW,
    request_method=("GET", "HEAD"),
    renderer="templates/eform.pt",
    public_page=True,
)
def eform(context: Any, request: Any) -> dict[str, Any]:
    """`/formularze/{name}`: what the form is for, what to have ready, and the way in."""
    definition = Definition.from_fields(with_pages(context.fields))
    return {
        "title": context.title,
        "summary": context.summary,
        "symbol": definition.symbol,
        "addressee": definition.addressee,
        "minutes": definition.minutes,
        "intro": richtext.markup(definition.intro),
        "needs": ADVICE[definition.assurance] if definition.assurance > Assurance.PASSWORD else "",
        "needs_help": help_path(request, definition.assurance),
        "pages": definition.pages,
        "live": context.state == "published" and context.version > 0,
        "card": _card_of(context, request),
        "here": quote(request.layout.path(context), safe="/"),
    }


def _card_of(form: Any, request: Any) -> dict[str, str] | None:
    """The first card that offers this form and that the visitor may see."""
    objectmap = find_objectmap(form)
    for oid in objectmap.sourceids(form, CaseTypeToEForm) if objectmap is not None else ():
        card = objectmap.object_for(oid)
        if card is not None and request.has_permission(permissions.VIEW, card):
            return {"title": card.title, "url": request.layout.path(card)}
    return None


@view_config(
    context=IEForm, name="druk.pdf", permission=permissions.VIEW, request_method=("GET", "HEAD"), public_page=True
)
def blank(context: Any, request: Any) -> Response:
    """`/formularze/{name}/druk.pdf`: the form on paper."""
    definition = Definition.from_fields(with_pages(context.fields))
    html = render(
        "templates/blank.pt",
        {
            "definition": definition,
            "version": context.version or "robocza",
            "office": request.layout.site.office or request.layout.site.title,
            "address": f"{request.registry.boi_settings.public_url or request.host_url}{request.layout.path(context)}",
            "markup": richtext.markup,
            "text": richtext.plain_text,
            "cells": lambda field: CELLS.get(field.type),
            "parts": _parts,
            "blank_rows": lambda field: min(field.options["max"], max(field.options["min"] or 0, BLANK_ROWS)),
        },
        request,
    )
    response = Response(_printed(html), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{context.__name__}.pdf"'
    return response


@functools.lru_cache(maxsize=32)
def _printed(html: str) -> bytes:
    """The PDF of a blank: the same form is printed by many people, and laying it out takes a second."""
    return printing.pdf(html)


def _parts(field: Field) -> tuple[Field, ...]:
    assert isinstance(field.kind, Address)  # noqa: S101 - asked by the template for addresses only
    return field.kind.parts(field)
