"""Uploads: by content and by extension, with clean names."""

import io
import zipfile

import pytest

from boi_portal.web.uploads import FROM_CITIZENS, UploadRefused, clean_name, extension_of, media_type_of

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x01\x00H\x00H\x00\x00\xff\xdb"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML = b'<?xml version="1.0" encoding="UTF-8"?><pismo/>'


def archive(*names: str, first: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        if first:
            made.writestr(zipfile.ZipInfo("mimetype"), first)
        for name in names:
            made.writestr(name, "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("pismo.pdf", PDF, "application/pdf"),
        ("PISMO.PDF", PDF, "application/pdf"),
        ("zdjęcie.png", PNG, "image/png"),
        ("zdjęcie.jpeg", JPG, "image/jpeg"),
        ("pismo.xml", XML, "application/xml"),
        ("pismo.odt", archive("content.xml", first="application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"),
    ],
)  # fmt: skip
def test_what_is_what_it_says_is_taken(name: str, data: bytes, kind: str) -> None:
    assert media_type_of(name, data, FROM_CITIZENS) == kind


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pismo.pdf", b""), ("pismo.pdf", PNG), ("pismo.pdf", b"MZ\x90\x00" + b"\0" * 100), ("zdjecie.png", PDF), ("program.exe", b"MZ"),
        ("pismo", PDF), ("pismo.", PDF), (".pdf", b"<html>"), ("pismo.pdf.exe", PDF), ("strona.html", b"<html></html>"),
        ("obraz.svg", SVG), ("pismo.docx", archive("x.txt")), ("pismo.zip", archive("x.txt")), ("pismo.pdf\x00.png", PDF),
        ("obraz.png", SVG), ("pismo.xml", b"<html><script>1</script></html>"),
    ],
)  # fmt: skip
def test_what_a_citizen_may_not_send(name: str, data: bytes) -> None:
    with pytest.raises(UploadRefused):
        media_type_of(name, data, FROM_CITIZENS)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("pismo.pdf", "pismo.pdf"),
        ("C:\\Users\\Jan\\pismo.pdf", "pismo.pdf"),
        ("../../etc/passwd", "passwd"),
        ("za\u017co\u0301łć.pdf", "zażółć.pdf"),
        ("fdp.\u202eexe.pdf", "fdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
        ('a"b.pdf', "ab.pdf"),
        ("", "plik"),
        ("...", "plik"),
        ("/", "plik"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
        ("x" * 300, "x" * 100),
        ("a." + "x" * 300, None),
        ("\u200b.pdf", None),
    ],
)
def test_names_are_cleaned(given: str, kept: str | None) -> None:
    name = clean_name(given)
    assert kept is None or name == kept
    assert 0 < len(name) <= 100
    assert clean_name(name) == name


def test_extensions() -> None:
    assert [extension_of(name) for name in ("a.PDF", "a", "a.tar.gz", ".x")] == ["pdf", "", "gz", "x"]
