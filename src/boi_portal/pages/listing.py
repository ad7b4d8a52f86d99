"""Lists of content: what of a folder this request may see, and paging."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from .. import permissions
from ..interfaces import IContent

PAGE_SIZE = 50


def visible_children(folder: Any, request: Any) -> list[Any]:
    """The content in `folder` that this request may see, in the folder's order."""
    return [
        child
        for child in folder.values()
        if IContent.providedBy(child) and request.has_permission(permissions.VIEW, child)
    ]


@dataclasses.dataclass(frozen=True)
class Paging:
    """One page of a long list: its items, and the addresses of the pages beside it (None at the ends)."""

    items: Sequence[Any]
    number: int
    pages: int
    total: int
    previous_url: str | None
    next_url: str | None


def page_number(request: Any) -> int:
    """The page that `?strona=` asks for, from 1; anything that is no number is page 1."""
    text = request.GET.get("strona", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def paginate(found: Any, total: int, request: Any, size: int = PAGE_SIZE) -> Paging:
    """The page of `found` (an iterable that is read no further than needed) that the request asks for."""
    pages = max(1, math.ceil(total / size))
    number = min(page_number(request), pages)
    items = []
    for place, item in enumerate(found):
        if place >= number * size:
            break
        if place >= (number - 1) * size:
            items.append(item)
    return Paging(
        items, number, pages, total,
        _page_url(request, number - 1) if number > 1 else None,
        _page_url(request, number + 1) if number < pages else None,
    )  # fmt: skip


def _page_url(request: Any, number: int) -> str:
    query = {key: value for key, value in request.GET.items() if key != "strona"}
    if number > 1:
        query["strona"] = str(number)
    url: str = request.resource_url(request.context, request.view_name or "", query=query)
    return url
