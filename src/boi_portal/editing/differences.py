"""Two states of an object compared field by field, with the words that came and went.

Owns how values are read as lines of words. It marks nothing up: templates turn `Part`s into `ins` and `del`.
"""

from __future__ import annotations

import dataclasses
import difflib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import colander

from ..publishing.schema import RichTextWidget

SAME, GONE, CAME = "same", "del", "ins"
MOST_PAIRS = 4_000_000  # words × words that are compared one by one; beyond it a passage counts as replaced

_BLOCK = re.compile(r"</?(?:p|h[2-4]|li|tr|dt|dd|section|blockquote|table|ul|ol|dl)\b[^>]*>|<br\s*/?>", re.IGNORECASE)
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclasses.dataclass(frozen=True)
class Part:
    """A run of text; `kind` is `same`, `del` or `ins`."""

    kind: str
    text: str


@dataclasses.dataclass(frozen=True)
class Difference:
    """One field that differs."""

    name: str
    label: str
    parts: tuple[Part, ...]


def differences(schema: colander.SchemaNode, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """The fields that differ between `old` and `new`, in the order of the schema; fields it does not know come last."""
    nodes = {node.name: node for node in schema.children}
    names = [*nodes, *sorted(set(old) | set(new) - set(nodes))]
    found = []
    for name in dict.fromkeys(names):
        before, after = old.get(name), new.get(name)
        if before == after or (_empty(before) and _empty(after)):
            continue
        node = nodes.get(name)
        found.append(Difference(name, node.title if node else name, tuple(_field_parts(node, before, after))))
    return found


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {}, ())


def _field_parts(node: Any, before: Any, after: Any) -> list[Part]:
    texts = readable(node, before), readable(node, after)
    if texts[0] == texts[1]:  # only the markup differs
        texts = str(before), str(after)
    return compare(*texts)


def readable(node: Any, value: Any) -> str:
    """A field's value as lines of words."""
    if _empty(value):
        return ""
    if node is not None and isinstance(node.widget, RichTextWidget) and isinstance(value, str):
        return _rich_lines(value)
    return "\n".join(_lines(node, value))


def _rich_lines(value: str) -> str:
    linked = _LINK.sub(r"\2 [\1]", value)
    blocks = (html.unescape(_TAG.sub("", part)) for part in _BLOCK.split(linked))
    return "\n".join(filter(None, (" ".join(block.split()) for block in blocks)))


def _lines(node: Any, value: Any, depth: int = 0) -> Iterator[str]:
    indent = "    " * depth
    if isinstance(value, Mapping):
        titles = {child.name: child.title for child in getattr(node, "children", ())}
        for key, item in value.items():
            if _empty(item):
                continue
            child = next((child for child in getattr(node, "children", ()) if child.name == key), None)
            label = titles.get(key) or key
            if isinstance(item, (Mapping, list, tuple)):
                yield f"{indent}{label}:"
                yield from _lines(child, item, depth + 1)
            else:
                yield f"{indent}{label}: {_word(child, item)}"
    elif isinstance(value, (list, tuple)):
        row = node.children[0] if getattr(node, "children", None) else None
        for number, item in enumerate(value, 1):
            if isinstance(item, (Mapping, list, tuple)):
                yield f"{indent}{number}."
                yield from _lines(row, item, depth + 1)
            else:
                yield f"{indent}{_word(row, item)}"
    else:
        yield indent + _word(node, value)


def _word(node: Any, value: Any) -> str:
    if isinstance(value, bool):
        return "tak" if value else "nie"
    options = getattr(getattr(node, "widget", None), "values", None) or ()
    labels = {option[0]: option[1] for option in options if isinstance(option, tuple)}
    return str(labels.get(value, value))


def compare(before: str, after: str) -> list[Part]:
    """The way from one text to the other, line by line and within lines word by word."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found: list[Part] = []
    for action, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = "".join(old[a:b]), "".join(new[c:d])
        if action == "equal":
            found.append(Part(SAME, gone))
        else:
            found.extend(_words(gone, came))
    return _joined(found)


def _words(gone: str, came: str) -> Iterator[Part]:
    old, new = (re.findall(r"\s+|\w+|[^\w\s]", text) for text in (gone, came))
    if len(old) * len(new) > MOST_PAIRS:
        yield Part(GONE, gone)
        yield Part(CAME, came)
        return
    removed = added = ""
    for action, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = "".join(old[a:b]), "".join(new[c:d])
        if action == "equal" and (gone.strip() or not (removed and added)):
            yield from (Part(GONE, removed), Part(CAME, added), Part(SAME, gone))
            removed = added = ""
            continue
        removed, added = removed + gone, added + came  # spaces between changed words change with them
    yield from (Part(GONE, removed), Part(CAME, added))


def _joined(parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        if not part.text:
            continue
        if found and found[-1].kind == part.kind:
            found[-1] = Part(part.kind, found[-1].text + part.text)
        else:
            found.append(part)
    return found
