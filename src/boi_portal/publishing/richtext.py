"""Rich text: the one allow-list, applied when saving and when showing, and its plain words.

Headings start at h2, so that a page keeps its single h1.
"""

from __future__ import annotations

import html
import re

import nh3
from chameleon.utils import Markup

TAGS = {
    "a", "abbr", "blockquote", "br", "caption", "dd", "dl", "dt", "em", "h2", "h3", "h4", "li", "ol", "p", "section",
    "strong", "table", "tbody", "td", "th", "thead", "time", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"id", "lang"},
    "a": {"href"},
    "abbr": {"title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
SCHEMES = {"http", "https", "mailto", "tel"}

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    link_rel=None,
    strip_comments=True,
    clean_content_tags={"script", "style"},
)


def clean(text: str) -> str:
    """`text` with nothing in it but the allowed elements, attributes and schemes."""
    return _cleaner.clean(text).strip()


def markup(text: str | None) -> Markup:
    """`text` cleaned once more and marked as safe for a template."""
    return Markup(clean(text or ""))


def plain_text(text: str) -> str:
    """The words of a rich text, elements turned into spaces."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", text))).strip()
