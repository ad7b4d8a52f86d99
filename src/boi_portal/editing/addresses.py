"""Addresses of new and moved objects: proposed from titles, without Polish letters, never in the way of a page of the portal."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from pyramid.interfaces import IRequest, IView, IViewClassifier
from zope.interface import providedBy

from ..interfaces import ISite
from ..publishing.schema import NAME

LONGEST = 80  # characters
# the first segments of addresses that are not content
RESERVED = {"manage", "static", "deformstatic", "sdistatic", "saml", "api", "healthz", "metrics", "piaskownica"}


class AddressRefused(ValueError):
    """The address cannot be used; the message is for the editor, in Polish."""


def address_from(text: str) -> str:
    """The address that a title suggests: „Zgłoszenie żłobka” → `zgloszenie-zlobka`; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("ł", "l").replace("ß", "ss"))
    plain = plain.encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) <= LONGEST:
        return words
    return words[: LONGEST + 1].rpartition("-")[0] or words[:LONGEST]


def file_address(file_name: str) -> str:
    """The address of an uploaded file: its name's words and its extension."""
    stem, dot, extension = file_name.rpartition(".")
    if not dot:
        return address_from(file_name)
    return f"{address_from(stem) or 'plik'}.{address_from(extension)}"


def free_address(parent: Any, wanted: str, request: Any) -> str:
    """`wanted`, or `wanted-2`, `wanted-3`… where it is taken; the number stands before an extension."""
    stem, dot, extension = wanted.rpartition(".") if "." in wanted else (wanted, "", "")
    found, number = wanted, 1
    while found in parent or is_reserved(parent, found, request):
        number += 1
        found = f"{stem}-{number}{dot}{extension}"
    return found


def check_address(parent: Any, name: str, request: Any) -> None:
    """Refuse a name that cannot be an address in `parent`.

    :raises AddressRefused: of another form, taken, or the address of a page of the portal.
    """
    if not NAME.match(name) or len(name) > LONGEST + 10:
        raise AddressRefused(
            "Adres może mieć małe litery bez polskich znaków, cyfry i łączniki, na przykład wydanie-dowodu-osobistego."
        )
    if name in parent:
        raise AddressRefused(f"Adres „{name}” jest już zajęty w tym miejscu. Podaj inny.")
    if is_reserved(parent, name, request):
        raise AddressRefused(f"Adresu „{name}” używa sam portal. Podaj inny.")


def is_reserved(parent: Any, name: str, request: Any) -> bool:
    """Whether an object of this name would hide a page of the portal, or be hidden by one."""
    if ISite.providedBy(parent) and (name in RESERVED or name in request.registry.boi_rooms):
        return True
    lookup = request.registry.adapters.lookup
    return lookup((IViewClassifier, IRequest, providedBy(parent)), IView, name=name) is not None
