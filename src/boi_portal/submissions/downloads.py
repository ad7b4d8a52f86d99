"""Files on their way: what people download (`web.downloads`), and one file that they send."""

from __future__ import annotations

from typing import Any

from ..web.downloads import attachment, stored_attachment

__all__ = ["attachment", "stored_attachment", "uploaded"]


def uploaded(request: Any, field: str, limit: int) -> bytes:
    """The bytes that a file field sent, one more than `limit` at most; empty where no file was sent."""
    upload = request.POST.get(field)
    if not hasattr(upload, "file"):
        return b""
    upload.file.seek(0)  # a request that is run again finds the file read to its end
    return bytes(upload.file.read(limit + 1))
