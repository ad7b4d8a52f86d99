"""PDF by WeasyPrint: tagged and accessible, made of our own HTML and of nothing that is fetched.

Owns the fetcher, which knows the portal's fonts and refuses everything else, so no HTML can make the server read a
file or an
address. Rendering takes about a second: whoever offers a PDF to the world keeps the result.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from .. import web

SCHEME = "boi-asset:"
FONTS = Path(web.__file__).parent / "static" / "vendor"
STYLE = (Path(__file__).parent / "static" / "print.css").read_text(encoding="utf-8")
FACES = (
    ("latin", "U+0000-00FF, U+2000-206F, U+20AC, U+2122, U+2212"),
    ("latin-ext", "U+0100-02BA, U+1E00-1EFF"),
    ("cyrillic", "U+0400-045F, U+0490-0491"),
)


class PrintError(RuntimeError):
    """The PDF could not be made: our own HTML asked for something foreign."""


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
    return frozenset(f"source-sans-3-{subset}-wght-normal.woff2" for subset, _ in FACES)


def _font_faces() -> str:
    return "".join(
        f'@font-face {{ font-family: "Source Sans 3"; font-weight: 200 900; unicode-range: {span};'
        f' src: url("{SCHEME}source-sans-3-{subset}-wght-normal.woff2") format("woff2"); }}\n'
        for subset, span in FACES
    )


def pdf(html: str) -> bytes:
    """The PDF/UA of a whole HTML page, with the portal's print style; the page has a `lang` and a `title`.

    :raises PrintError: the page asks for anything but the portal's fonts.
    """
    fetcher, fonts = OwnAssets(), FontConfiguration()
    try:
        style = weasyprint.CSS(string=_font_faces() + STYLE, font_config=fonts, url_fetcher=fetcher)
        document = weasyprint.HTML(string=html, url_fetcher=fetcher)
        made: bytes = document.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        raise PrintError(str(error)) from error
    return made
