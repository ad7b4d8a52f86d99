"""A program: HTML from standard input, PDF to standard output. Run by `printing` in a process of its own.

WeasyPrint and its fonts take 40 MB that a server would never give back, so it does not live there. Owns the fetcher, which knows the
portal's fonts and refuses everything else: no HTML can make it read a file or an address. Imports nothing of the portal.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

REFUSED = 3  # exit status
SCHEME = "boi-asset:"
FONTS = Path(__file__).parents[1] / "web" / "static" / "vendor"
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
    """The PDF/UA of a whole page."""
    fetcher, fonts = OwnAssets(), FontConfiguration()
    style = weasyprint.CSS(string=STYLE + _font_faces(), font_config=fonts, url_fetcher=fetcher)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    made: bytes = document.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
    return made


def main() -> int:
    """Typeset; the exit status is REFUSED, with a word on standard error, where the page asks for something foreign."""
    try:
        made = typeset(sys.stdin.buffer.read().decode())
    except FatalURLFetchingError as error:
        sys.stderr.write(str(error))
        return REFUSED
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
