"""Reading the letters that the portal put into a Maildir instead of sending them.

Owns finding, parsing and cleaning them for a page. Must not change the Maildir: a letter stays as the portal left it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import email
import email.policy
import email.utils
import hashlib
import html
import re
from email.message import EmailMessage
from pathlib import Path

import nh3

_LINK = re.compile(r"https?://[^\s<>\"']+")
_TRAILING = ".,;:!?)]}”’"
_TAGS = {
    *("a", "p", "br", "h1", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "b", "i", "blockquote", "hr"),
    *("table", "thead", "tbody", "tr", "th", "td", "caption", "div", "span", "pre", "code"),
}
_MONTHS = (
    *("stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca"),
    *("lipca", "sierpnia", "września", "października", "listopada", "grudnia"),
)


@dataclasses.dataclass(frozen=True)
class Letter:
    """One letter; `text` and `html_source` are as sent, `id` names it in addresses."""

    id: str
    sender: str
    to: tuple[str, ...]  # addresses only
    subject: str
    date: dt.datetime  # with time zone
    text: str
    html_source: str
    attachments: tuple[str, ...]

    @property
    def day(self) -> str:
        """When it was sent, as Polish writes it, in local time."""
        local = self.date.astimezone()
        return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"

    @property
    def links(self) -> list[str]:
        """Addresses in the text, then those that only the HTML part has."""
        found = [_split_link(match.group())[0] for match in _LINK.finditer(self.text)]
        found += [html.unescape(address) for address in re.findall(r'href="(https?://[^"]+)"', self.html_source)]
        return list(dict.fromkeys(found))

    @property
    def text_html(self) -> str:
        """The text, escaped, with links that can be followed."""
        parts, end = [], 0
        for match in _LINK.finditer(self.text):
            address, rest = _split_link(match.group())
            shown = html.escape(address)
            parts.append(html.escape(self.text[end : match.start()]))
            parts.append(f'<a href="{shown}" rel="noreferrer">{shown}</a>{html.escape(rest)}')
            end = match.end()
        return "".join(parts) + html.escape(self.text[end:])

    @property
    def clean_html(self) -> str:
        """The HTML part without styles, scripts, pictures and forms; its headings stand under the page's."""
        cleaned = nh3.clean(
            self.html_source,
            tags=_TAGS,
            attributes={"a": {"href"}, "th": {"scope"}},
            clean_content_tags={"script", "style", "title"},
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noreferrer",
        )
        return re.sub(r"(</?h)([1-3])\b", lambda m: f"{m[1]}{int(m[2]) + 2}", cleaned)


class Mailbox:
    """The letters in one Maildir; the folder may appear later."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def letters(self, to: str = "") -> list[Letter]:
        """Letters, newest first; only those to the address `to` if it is given."""
        found = [_parse(path) for path in self._paths()]
        wanted = to.strip().lower()
        kept = [letter for letter in found if not wanted or wanted in map(str.lower, letter.to)]
        return sorted(kept, key=lambda letter: letter.date, reverse=True)

    def letter(self, identifier: str) -> Letter | None:
        """The letter of that id, None if there is none."""
        return next((_parse(path) for path in self._paths() if _identifier(path) == identifier), None)

    def _paths(self) -> list[Path]:
        """Newest first, by when they were written: this decides between letters of one second."""
        paths = [path for name in ("new", "cur") for path in (self._directory / name).glob("*") if path.is_file()]
        return sorted((path for path in paths if not path.name.startswith(".")), key=lambda p: -p.stat().st_mtime_ns)


def _identifier(path: Path) -> str:
    """Independent of flags, which a mail reader adds behind a colon."""
    return hashlib.sha256(path.name.partition(":")[0].encode()).hexdigest()[:16]


def _parse(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    received = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    addresses = email.utils.getaddresses([str(v) for name in ("to", "cc", "bcc") for v in message.get_all(name, [])])
    return Letter(
        id=_identifier(path),
        sender=str(message.get("from", "")),
        to=tuple(address for _, address in addresses if address),
        subject=str(message.get("subject", "")) or "(bez tematu)",
        date=_date(message) or received,
        text=_part(message, "plain"),
        html_source=_part(message, "html"),
        attachments=tuple(part.get_filename() or "bez nazwy" for part in message.iter_attachments()),
    )


def _date(message: EmailMessage) -> dt.datetime | None:
    try:
        date = email.utils.parsedate_to_datetime(str(message.get("date", "")))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=dt.UTC)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    try:
        return payload.decode(charset, "replace") if isinstance(payload, bytes) else str(payload)
    except LookupError:  # a charset that nobody knows
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)


def _split_link(text: str) -> tuple[str, str]:
    """A sentence's full stop does not belong to the address at its end."""
    address = text.rstrip(_TRAILING)
    return address, text[len(address) :]
