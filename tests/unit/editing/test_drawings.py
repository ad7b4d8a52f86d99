"""Drawings that do nothing but get looked at."""

import pytest

from boi_portal.editing.drawings import safe_drawing
from boi_portal.web.uploads import UploadRefused

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:i="urn:program">'


def drawing(inside: str) -> bytes:
    return f"{HEAD}{inside}</svg>".encode()


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<path onclick="x()"/>',
        '<g OnLoad="x()"/>',
        "<foreignObject><p/></foreignObject>",
        '<a href="https://obce.example"><path/></a>',
        '<a xlink:href="javascript:x()"><path/></a>',
        '<use href="https://obce.example/a.svg#b"/>',
        '<use xlink:href="data:image/svg+xml;base64,AAAA"/>',
        '<image href="https://obce.example/a.png"/>',
        '<image xlink:href="data:text/html,x"/>',
        '<rect style="fill:url(https://obce.example/x)"/>',
        '<rect fill="url(//obce.example/x)"/>',
        "<style>@import 'https://obce.example/x.css';</style>",
        "<style>rect{background:u\\72l(x)}</style>",
        '<animate attributeName="href" to="javascript:x()"/>',
        '<set attributeName="onload" to="x()"/>',
        '<g xml:base="https://obce.example/"/>',
        "<iframe/>",
    ],
)
def test_what_acts_or_fetches_is_refused(inside: str) -> None:
    with pytest.raises(UploadRefused):
        safe_drawing("x.svg", drawing(inside))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg",
        b"<html/>",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>',
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>',
        b'<svg xmlns="http://obce.example/"/>',
    ],
)
def test_what_is_no_plain_drawing_is_refused(data: bytes) -> None:
    with pytest.raises(UploadRefused):
        safe_drawing("x.svg", data)


def test_leavings_of_programs_are_taken_out_and_shapes_stay() -> None:
    data = drawing('<!-- c --><metadata>m</metadata><i:view i:zoom="2"/><g i:label="w"><use href="#a"/><path id="a" d="M0 0"/></g>')
    kept = safe_drawing("x.svg", data).decode()
    assert "metadata" not in kept and "zoom" not in kept and "<!--" not in kept and "label" not in kept
    assert '<use href="#a"/>' in kept and 'd="M0 0"' in kept


def test_external_document_type_does_no_harm() -> None:
    head = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert b"DOCTYPE" not in safe_drawing("x.svg", head.encode() + drawing("<path/>"))
