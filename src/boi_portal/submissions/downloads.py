"""Files on their way: what people download, always as an attachment with a name that every browser takes, and one file they send."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import quote

from pyramid.response import FileIter, Response

from .drafts import StoredFile


def attachment(data: bytes, name: str, media_type: str) -> Response:
    """`data` as a file to save."""
    return _as_attachment(Response(body=data, content_type=media_type, charset=None), name)


def stored_attachment(stored: StoredFile, name: str = "") -> Response:
    """A stored file to save, read from its blob as it is sent."""
    response = Response(content_type=stored.media_type, charset=None, app_iter=FileIter(stored.blob.open("r")))
    response.content_length = stored.size
    return _as_attachment(response, name or stored.name)


def uploaded(request: Any, field: str, limit: int) -> bytes:
    """The bytes that a file field sent, one more than `limit` at most; empty where no file was sent."""
    upload = request.POST.get(field)
    if not hasattr(upload, "file"):
        return b""
    upload.file.seek(0)  # a request that is run again finds the file read to its end
    return bytes(upload.file.read(limit + 1))


def _as_attachment(response: Response, name: str) -> Response:
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L")).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^\w .()-]", "_", plain) or "plik"
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
