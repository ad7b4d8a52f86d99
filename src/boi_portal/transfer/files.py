"""Content files: their form on disk, and mistakes in them told with file, line and reason.

Owns parsing and writing of single files (`docs/content-format.md`); knows nothing of the database.
"""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scalarstring import LiteralScalarString

from ..casetypes.schemas import SECTIONS

FOLDER_FILE = "_folder.html"
PORTAL_FILE = "portal.html"
REDIRECTS_FILE = "_redirects.yaml"
NAME = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*\Z")
_FRONT = re.compile(r"---\n(.*?\n)---\n", re.DOTALL)
_SECTION = re.compile(r'<section data-field="([a-z_]+)">(.*?)</section>', re.DOTALL)
# keys of a file that are not fields of the object
META = ("type", "state", "order")
# types that are written in YAML alone
YAML_TYPES = ("eform", "file")


@dataclasses.dataclass(frozen=True)
class Mistake:
    """Something wrong in a file; `line` counts from 1, 0 means the file as a whole."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.reason}"


class ContentFilesError(ValueError):
    """Files are broken; nothing was written. `mistakes` holds them all."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


@dataclasses.dataclass(frozen=True)
class Entry:
    """One object as its files say. `path` is () for the portal itself; `lines` tells where a key stands: `fees.0.amount` -> line."""

    path: tuple[str, ...]
    file: str
    type_name: str
    cstruct: Mapping[str, Any]
    state: str = "published"
    order: tuple[str, ...] = ()
    data: bytes | None = None
    lines: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """The line of a key, or of the nearest one around it that is written; 0 where there is none."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return self.lines.get(key, 0)


class _Constructor(RoundTripConstructor):
    """Leaves dates as they are written: the schema checks them, and can say which one is wrong."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda self, node: node.value)


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    yaml.allow_unicode = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(
        type(None), lambda self, _: self.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    return yaml


def read(root: Path, relative: Path) -> Entry:
    """Read one content file (`.html`, an e-form's `.yaml`, or a file's `.yaml`).

    :raises ContentFilesError: it cannot be understood.
    """
    name = str(relative)
    if relative.suffix not in (".html", ".yaml"):
        raise _mistake(name, 0, f"has no {relative.name}.yaml beside it that describes it")
    text = _text(root, relative)
    if relative.suffix == ".html":
        return _read_html(root, relative, text)
    return _read_yaml(root, relative, text)


def _text(root: Path, relative: Path) -> str:
    try:
        return (root / relative).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _mistake(str(relative), 0, f"is not UTF-8 text (byte {error.start})") from None


def _read_html(root: Path, relative: Path, text: str) -> Entry:
    name = str(relative)
    front = _FRONT.match(text)
    if front is None:
        raise _mistake(name, 1, "must begin with front matter between two lines of ---")
    values, lines = _parse(name, front.group(1), offset=1)
    if values.get("type") in YAML_TYPES:
        raise _mistake(name, lines["type"], f"type {values['type']!r} is written as .yaml")
    body = text[front.end() :]
    body_line = text[: front.end()].count("\n") + 1
    if values.get("type") == "case-type":
        _read_sections(name, body, body_line, values, lines)
    elif body.strip():
        values["body"], lines["body"] = body.strip(), body_line
    return _entry(name, _html_path(relative), values, lines)


def _read_sections(name: str, body: str, body_line: int, values: dict[str, Any], lines: dict[str, int]) -> None:
    left = body
    for match in _SECTION.finditer(body):
        field = match.group(1)
        line = body_line + body[: match.start()].count("\n")
        if field not in SECTIONS:
            raise _mistake(name, line, f"unknown section {field!r}; known: {', '.join(SECTIONS)}")
        if field in values:
            raise _mistake(name, line, f"section {field!r} stands twice")
        values[field], lines[field] = match.group(2).strip(), line
        left = left.replace(match.group(0), "", 1)
    if left.strip():
        first = left.strip().splitlines()[0]
        line = body_line + body[: body.find(first)].count("\n")
        raise _mistake(name, line, 'text outside of <section data-field="…">')


def _read_yaml(root: Path, relative: Path, text: str) -> Entry:
    name = str(relative)
    values, lines = _parse(name, text, offset=0)
    path = tuple(relative.with_suffix("").parts)
    if "type" in values and values["type"] not in YAML_TYPES:
        raise _mistake(name, lines["type"], f"type {values['type']!r} is written as .html")
    data = None
    if values.get("type") == "file":
        beside = root / relative.with_suffix("")
        if not beside.is_file():
            raise _mistake(name, 0, f"the file {beside.name} that it describes is missing")
        data = beside.read_bytes()
    return _entry(name, path, values, lines, data)


def _html_path(relative: Path) -> tuple[str, ...]:
    if str(relative) == PORTAL_FILE:
        return ()
    if relative.name == FOLDER_FILE:
        return tuple(relative.parent.parts)
    return tuple(relative.with_suffix("").parts)


def _entry(
    name: str, path: tuple[str, ...], values: dict[str, Any], lines: dict[str, int], data: bytes | None = None
) -> Entry:
    for segment in path:
        if not NAME.match(segment):
            raise _mistake(name, 0, f"{segment!r} is not a name: use a-z, 0-9 and -")
    type_name = values.pop("type", None)
    if not isinstance(type_name, str):
        raise _mistake(name, lines.get("type", 1), "type is missing")
    state = values.pop("state", "published")
    if state not in ("draft", "pending", "published", "withdrawn"):
        raise _mistake(name, lines.get("state", 0), f"state {state!r}: use draft, pending, published or withdrawn")
    order = values.pop("order", None) or []
    if not isinstance(order, list) or not all(isinstance(item, str) for item in order):
        raise _mistake(name, lines.get("order", 0), "order must be a list of names")
    if len(set(order)) < len(order):
        raise _mistake(name, lines["order"], "order holds a name twice")
    return Entry(path, name, type_name, values, state, tuple(order), data, lines)


def _parse(name: str, text: str, offset: int) -> tuple[dict[str, Any], dict[str, int]]:
    if "\t" in text:
        raise _mistake(
            name, offset + text[: text.index("\t")].count("\n") + 1, "tabulators are not allowed: use spaces"
        )
    try:
        loaded = _yaml().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 + offset if error.problem_mark else 0
        raise _mistake(name, line, f"YAML: {error.problem}") from None
    except ReaderError as error:
        line = text[: error.position].count("\n") + 1 + offset
        raise _mistake(name, line, f"YAML: character {error.character!r}: {error.reason}") from None
    if not isinstance(loaded, CommentedMap):
        raise _mistake(name, offset + 1, "expected `key: value` lines")
    return _plain(loaded), {key: line + 1 + offset for key, line in _lines(loaded, "", frozenset())}


def _lines(value: Any, prefix: str, above: frozenset[int]) -> Iterator[tuple[str, int]]:
    """Dotted key -> line, counted from 0, of everything inside `value`."""
    if id(value) in above:
        return  # an anchor that holds itself
    above = above | {id(value)}
    if isinstance(value, CommentedMap):
        places = {key: value.lc.key(key)[0] for key in value if key in value.lc.data} if value.lc.data else {}
    elif isinstance(value, CommentedSeq):
        places = {index: value.lc.item(index)[0] for index in range(len(value))}
    else:
        return
    for key, line in places.items():
        yield f"{prefix}{key}", line
        yield from _lines(value[key], f"{prefix}{key}.", above)


def _plain(value: Any) -> Any:
    """YAML's values as JSON-like ones."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, CommentedSeq | list):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def _mistake(name: str, line: int, reason: str) -> ContentFilesError:
    return ContentFilesError([Mistake(name, line, reason)])


# writing


def render(entry: Entry) -> str:
    """The text of an entry's `.html` or `.yaml` file; empty values are left out."""
    values = {key: value for key, value in entry.cstruct.items() if not _empty(value)}
    head: dict[str, Any] = {"type": entry.type_name}
    if entry.state != "published":
        head["state"] = entry.state
    if entry.type_name in YAML_TYPES:
        return _dump({**head, **values})
    bodies = {name: values.pop(name) for name in SECTIONS if name in values} if entry.type_name == "case-type" else {}
    body = values.pop("body", "")
    if entry.order:
        values["order"] = list(entry.order)
    sections = "".join(f'<section data-field="{name}">\n{text}\n</section>\n' for name, text in bodies.items())
    return f"---\n{_dump({**head, **values})}---\n{sections}{body + chr(10) if body else ''}"


def render_redirects(redirects: Mapping[str, str]) -> str:
    """The text of the redirects file: old path -> new path."""
    return _dump(dict(sorted(redirects.items())))


def read_redirects(root: Path) -> tuple[dict[str, str], dict[str, int]]:
    """Old path -> new path, and old path -> line; nothing where the file is missing.

    :raises ContentFilesError: it cannot be understood.
    """
    if not (root / REDIRECTS_FILE).exists():
        return {}, {}
    values, lines = _parse(REDIRECTS_FILE, _text(root, Path(REDIRECTS_FILE)), offset=0)
    for old, new in values.items():
        if not isinstance(new, str) or not (old.startswith("/") and new.startswith("/")):
            raise _mistake(REDIRECTS_FILE, lines.get(old, 0), f"{old}: expected `/old/path: /new/path`")
    return values, lines


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _dump(values: Mapping[str, Any]) -> str:
    out = io.StringIO()
    _yaml().dump(_styled(values), out)
    return out.getvalue()


def _styled(value: Any) -> Any:
    """Long texts as blocks, so that a change of a sentence is a change of a line."""
    if isinstance(value, Mapping):
        return {key: _styled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_styled(item) for item in value]
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    return value
