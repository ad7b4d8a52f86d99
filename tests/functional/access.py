"""The table of who gets what: its file, its columns, and how an answer is written in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from webob import Request

from boi_portal.web.sessions import cookie_name
from tests.town import KEPT, PEOPLE, Town, View

FILE = Path(__file__).with_name("access.txt")
CALLER = "caller"  # another system with a good token
PERSONS = (*PEOPLE, CALLER)
# heads of the table's columns after context, view and method
HEADS = tuple({"other clerk": "clerk2"}.get(name, name) for name in PERSONS)
NO_NAME = "-"

# where redirects lead that say no: address -> its mark
DOORS = {"/logowanie": "L", "/konto/zgoda": "Z", "/logowanie/potwierdz": "P"}


class Key(NamedTuple):
    """What a row is about. `method` is GET or POST; `param` the parameter that is sent besides, or empty."""

    context: str
    view: str
    method: str
    param: str

    def __str__(self) -> str:
        method = f"{self.method}:{self.param}" if self.param else self.method
        return f"{self.context} {self.view or NO_NAME} {method}"


def key_of(view: View, method: str, param: str = "") -> Key:
    """The key of a view's row."""
    if view.managed:
        return Key(f"manage:{view.context or 'any'}", view.name, method, param)
    return Key(f"route:{view.route}" if view.route else view.context, view.name, method, param)


def wanted(town: Town) -> dict[Key, View]:
    """What must be in the table: every view by GET and by POST, and by each parameter that chooses another view of that name."""
    found: dict[Key, View] = {}
    for view in town.views():
        for method in ("GET", "POST"):
            found.setdefault(key_of(view, method), view)
        if view.param:
            found.setdefault(key_of(view, view.methods[0] if view.methods else "POST", view.param), view)
    return found


class TableError(ValueError):
    """A line of the table cannot be read; the message says which and why."""


def read_table(text: str) -> dict[Key, dict[str, str]]:
    """The rows of the table: key -> person -> code.

    :raises TableError: a line is not a row, or stands twice.
    """
    rows: dict[Key, dict[str, str]] = {}
    heads: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split()
        if not cells or line.startswith("#"):
            continue
        if cells[0] == "context":
            heads = tuple(cells[3:])
            continue
        if heads != HEADS or len(cells) != 3 + len(HEADS):
            raise TableError(f"line {number}: a row has context, view, method and {len(HEADS)} codes: {line}")
        method, _, param = cells[2].partition(":")
        key = Key(cells[0], "" if cells[1] == NO_NAME else cells[1], method, param)
        if key in rows:
            raise TableError(f"line {number}: {key} stands twice")
        rows[key] = dict(zip(PERSONS, cells[3:], strict=True))
    return rows


def line_of(key: Key, codes: Mapping[str, str]) -> str:
    """A row as it is written."""
    context, view, method = str(key).split()
    return (
        f"{context:22} {view:22} {method:26} "
        + " ".join(f"{codes[who]:{max(4, len(head))}}" for who, head in zip(PERSONS, HEADS, strict=True)).rstrip()
    )


def code_of(answer: Any) -> str:
    """An answer as it is written in the table: its status; a redirect to a door with the door's mark."""
    if answer.status_int not in (301, 302, 303):
        return str(answer.status_int)
    path = urlsplit(answer.location).path
    return f"{answer.status_int}{DOORS.get(path, '')}"


class Asker:
    """Asks a town's addresses as each person; one request leaves nothing behind for the next."""

    def __init__(self, town: Town, caller_token: str) -> None:
        self.town = town
        self._caller_token = caller_token
        name = cookie_name(town.portal.registry.boi_settings)
        self._cookies = {
            who: f"{name}={browser.cookies[name]}" for who, browser in town.people.items() if PEOPLE[who] is not None
        }

    def ask(self, who: str, view: View, key: Key, with_token: bool = True) -> Any:
        """The answer to this person's request."""
        address = self.town.addresses_of(view)[0]
        sent = {key.param: "1"} if key.param else {}
        headers: dict[str, Any] = {"REMOTE_ADDR": "127.0.0.1"}
        if view.managed and key.param == "reindex":
            headers[KEPT] = True
        if who == CALLER:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {self._caller_token}"
        elif who in self._cookies:
            headers["HTTP_COOKIE"] = self._cookies[who]
        if who != CALLER and (with_token or who in self._cookies):
            headers["HTTP_ORIGIN"] = "http://localhost"
        if key.method == "POST" and with_token and who in self._cookies:
            token = self.town.people[who].token
            sent = {"csrf_token": token, "_csrf_token_": token, **sent}
        query = f"?{urlencode(sent)}" if key.method == "GET" and sent else ""
        posted = sent if key.method == "POST" else None
        request = Request.blank(address + query, environ=headers, base_url="http://localhost", POST=posted)
        answer = request.get_response(self.town.portal.app)
        assert answer.body is not None  # read to its end, as a server does, so that files are closed
        return answer
