"""PDF by WeasyPrint: tagged and accessible, made of our own HTML and of nothing that is fetched.

Owns the fetcher, which knows the portal's fonts and refuses everything else, so no HTML can make the server read a
file or an address. Imported by `printing` alone, with the first PDF.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from .. import web
from .printing import PrintError

SCHEME = "boi-asset:"
FONTS = Path(web.__file__).parent / "static" / "vendor"
STYLE = (Path(__file__).parent / "static" / "print.css").read_text(encoding="utf-8")
# Each subset is a family of its own: one family of several files, told apart by `unicode-range`, comes out with
# wrong letters.
FACES = {"latin": "Portal Latin", "latin-ext": "Portal Latin Ext", "cyrillic": "Portal Cyrillic"}


class _Refused(FatalURLFetchingError):
    """Stops the rendering; WeasyPrint swallows ordinary exceptions."""


class OwnAssets(URLFetcher):
    """Gives fonts of the portal by name and refuses every other address."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        name = url.removeprefix(SCHEME)
        if not url.startswith(SCHEME) or name not in _font_names():
            raise _Refused(f"not an asset of the portal: {url[:100]}")
        return URLFetcherResponse(url, (FONTS / name).read_bytes(), {"Content-Type": "font/woff2"})


def _font_names() -> frozenset[str]:
    return frozenset(f"source-sans-3-{subset}-wght-normal.woff2" for subset in FACES)


def _font_faces() -> str:
    faces = "".join(
        f'@font-face {{ font-family: "{family}"; font-weight: 200 900;'
        f' src: url("{SCHEME}source-sans-3-{subset}-wght-normal.woff2") format("woff2"); }}\n'
        for subset, family in FACES.items()
    )
    stack = ", ".join(f'"{family}"' for family in FACES.values())
    return f"{faces}html {{ font-family: {stack}, sans-serif; }}\n"


def typeset(html: str) -> bytes:
    """The PDF/UA of a whole HTML page, with the portal's print style; the page has a `lang` and a `title`.

    :raises PrintError: the page asks for anything but the portal's fonts.
    """
    fetcher, fonts = OwnAssets(), FontConfiguration()
    try:
        style = weasyprint.CSS(string=STYLE + _font_faces(), font_config=fonts, url_fetcher=fetcher)
        document = weasyprint.HTML(string=html, url_fetcher=fetcher)
        made: bytes = document.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        raise PrintError(str(error)) from error
    return made
