"""What may be uploaded: by content and by extension, with a clean name and a size cap.

Owns the allow-list; whoever takes a file, from a citizen or an editor, asks here.
"""

from __future__ import annotations

import re
import unicodedata

import magic

# extension -> media types that libmagic may find in it
ALLOWED = {
    "pdf": {"application/pdf"},
    "jpg": {"image/jpeg"},
    "jpeg": {"image/jpeg"},
    "png": {"image/png"},
    "svg": {"image/svg+xml"},
    "docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    "odt": {"application/vnd.oasis.opendocument.text"},
    "xml": {"text/xml", "application/xml"},
}
# what a citizen may send: no SVG, which can carry script
FROM_CITIZENS = frozenset(ALLOWED) - {"svg"}
_FOR_SERVING = {"text/xml": "application/xml"}


class UploadRefused(ValueError):
    """The file is not taken; the message says why and what to do, in Polish."""


def extension_of(name: str) -> str:
    """The extension in lower case, without the dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def media_type_of(name: str, data: bytes, accept: frozenset[str] | set[str] = frozenset(ALLOWED)) -> str:
    """The media type of a file, found in its bytes and agreeing with its extension.

    :raises UploadRefused: empty, not of an accepted kind, or content that is not what the name says.
    """
    if not data:
        raise UploadRefused(f"Plik „{name}” jest pusty. Wybierz inny plik.")
    extension = extension_of(name)
    if extension not in accept or extension not in ALLOWED:
        raise UploadRefused(
            f"Pliku „{name}” nie można dołączyć. Dozwolone rodzaje: {', '.join(sorted(accept)).upper()}."
        )
    found = magic.from_buffer(data[:65536], mime=True)
    if found not in ALLOWED[extension]:
        raise UploadRefused(
            f"Zawartość pliku „{name}” nie jest tym, na co wskazuje nazwa. Zapisz plik ponownie jako {extension.upper()}."
        )
    return _FOR_SERVING.get(found, found)


def clean_name(name: str) -> str:
    """A file name without path, control characters and what file systems dislike; at most 100 characters."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = re.sub(r'[\x00-\x1f\x7f<>:"|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]', "", name).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return name[:100] or "plik"
    return f"{stem[: 99 - len(extension)] or 'plik'}.{extension}"
