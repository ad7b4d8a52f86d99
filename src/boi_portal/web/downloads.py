"""Files on their way to people: always as an attachment, with a name that every browser takes, and kept by nobody between."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Protocol
from urllib.parse import quote

from pyramid.response import FileIter, Response


class Stored(Protocol):
    """A file whose data is a blob; `size` in bytes."""

    name: str
    media_type: str
    size: int
    blob: Any


def attachment(data: bytes, name: str, media_type: str) -> Response:
    """`data` as a file to save."""
    return _as_attachment(Response(body=data, content_type=media_type, charset=None), name)


def stored_attachment(stored: Stored, name: str = "") -> Response:
    """A stored file to save, read from its blob as it is sent."""
    response = Response(content_type=stored.media_type, charset=None, app_iter=FileIter(stored.blob.open("r")))
    response.content_length = stored.size
    return _as_attachment(response, name or stored.name)


def _as_attachment(response: Response, name: str) -> Response:
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L")).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^\w .()-]", "_", plain) or "plik"
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
