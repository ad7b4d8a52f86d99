"""Drawings (SVG) of editors: kept only where they can do nothing but be looked at.

Whatever acts or fetches is refused with its reason; whatever programs leave behind (their own elements, metadata, comments) is
taken out.
"""

from __future__ import annotations

import re

from lxml import etree

from ..web.uploads import UploadRefused

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"
ELEMENTS = {
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath", "title",
    "desc", "defs", "use", "symbol", "marker", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern",
    "filter", "feBlend", "feColorMatrix", "feComposite", "feFlood", "feGaussianBlur", "feMerge", "feMergeNode",
    "feOffset", "style", "image", "switch", "view",
}  # fmt: skip
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")
_URL = re.compile(r"url\(\s*['\"]?\s*(?!#)", re.IGNORECASE)
_ACTIVE_STYLE = re.compile(r"@import|expression\s*\(|javascript:|behavior\s*:|-moz-binding|\\", re.IGNORECASE)


def safe_drawing(name: str, data: bytes) -> bytes:
    """A drawing with nothing in it but shapes.

    :raises UploadRefused: it cannot be read, or it holds script, handlers, or references to other places.
    """
    root = _parse(name, data)
    for element in list(root.iter()):
        if not isinstance(element.tag, str):  # comments and processing instructions
            _drop(element)
            continue
        tag = etree.QName(element)
        if tag.namespace != SVG or tag.localname == "metadata":
            _drop(element)
            continue
        if tag.localname not in ELEMENTS:
            raise _refusal(name, f"element <{tag.localname}>")
        _check_attributes(name, element)
        if tag.localname == "style" and _is_active("".join(element.itertext())):
            raise _refusal(name, "styl, który coś wczytuje")
    etree.cleanup_namespaces(root)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _parse(name: str, data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise UploadRefused(f"Rysunku „{name}” nie da się odczytać. Zapisz go ponownie jako zwykły SVG.") from None
    if root.getroottree().docinfo.internalDTD is not None and root.getroottree().docinfo.internalDTD.entities():
        raise _refusal(name, "własne encje")
    if root.tag != f"{{{SVG}}}svg":
        raise UploadRefused(f"Plik „{name}” nie jest rysunkiem SVG. Zapisz go ponownie jako zwykły SVG.")
    return root


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    element.tail, tail = None, element.tail
    if tail and tail.strip():
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
    parent.remove(element)


def _check_attributes(name: str, element: etree._Element) -> None:
    for key, value in list(element.attrib.items()):
        attribute = etree.QName(key)
        if attribute.namespace not in (None, XLINK, XML):
            del element.attrib[key]
            continue
        if attribute.localname.lower().startswith("on"):
            raise _refusal(name, f"obsługa zdarzeń ({attribute.localname})")
        if attribute.localname == "href" and not _is_own_reference(element, value.strip()):
            raise _refusal(name, "odwołanie do innego miejsca")
        if attribute.localname == "base" or _is_active(value):
            raise _refusal(name, f"niedozwolona wartość atrybutu {attribute.localname}")


def _is_own_reference(element: etree._Element, value: str) -> bool:
    if value.startswith("#"):
        return True
    return etree.QName(element).localname == "image" and _PICTURE.match(value) is not None


def _is_active(style: str) -> bool:
    return bool(_URL.search(style) or _ACTIVE_STYLE.search(style))


def _refusal(name: str, what: str) -> UploadRefused:
    return UploadRefused(
        f"Rysunku „{name}” nie można przyjąć, bo ma w sobie: {what}. Usuń to i zapisz go jako zwykły SVG."
    )
