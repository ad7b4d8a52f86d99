"""Fields that name other objects, turned into choices built from the site: department, e-form, account, files, cards.

The types' schemas know names only; what there is to choose from is known here, where the site is. What is chosen is checked
against the same list.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import colander
import deform.widget
from pyramid.traversal import resource_path

from ..interfaces import ICaseType, IContent, IFile, IFolderish

DEPARTMENTS, FORMS, FILES, CATALOG = "wydzialy", "formularze", "pliki", "katalog"
NOTHING = "– brak –"
Options = list[tuple[str, str]]


@dataclasses.dataclass(frozen=True)
class Choice:
    """How one field becomes a choice: its title, its options, and whether its values are paths (with which first sign)."""

    title: str
    options: Callable[[Any], Any]
    prefix: str | None = None


def _children(site: Any, folder: str) -> Iterator[Any]:
    if folder in site:
        yield from (child for child in site[folder].values() if IContent.providedBy(child))


def _named(site: Any, folder: str) -> Options:
    return [(child.__name__, child.title) for child in _children(site, folder) if child.state != "withdrawn"]


def _walk(content: Any, interface: Any) -> Iterator[Any]:
    for child in content.values():
        if interface.providedBy(child):
            yield child
        elif IFolderish.providedBy(child):
            yield from _walk(child, interface)


def _path(content: Any) -> str:
    return resource_path(content).strip("/")


def _files(site: Any, prefix: str, pictures: bool = False) -> Options:
    if FILES not in site:
        return []
    return [
        (prefix + _path(file), f"{file.title} ({file.__name__})")
        for file in _walk(site[FILES], IFile)
        if not pictures or file.media_type.startswith("image/")
    ]


def _cards(site: Any) -> list[Any]:
    return [
        deform.widget.OptGroup(category.title, *((_path(card), card.title) for card in _walk(category, ICaseType)))
        for category in _children(site, CATALOG)
        if IFolderish.providedBy(category)
    ]


def _accounts(site: Any) -> Options:
    return [(account["key"], account["label"]) for account in site.value("bank_accounts", ())]


CHOICES: Mapping[str, Choice] = {
    "department": Choice("Wydział", lambda site: _named(site, DEPARTMENTS)),
    "eform": Choice("Formularz elektroniczny", lambda site: _named(site, FORMS)),
    "fees_account": Choice("Rachunek do opłat", _accounts),
    "downloads": Choice("Plik", lambda site: _files(site, "/"), prefix="/"),
    "popular": Choice("Karta", _cards, prefix=""),
    "coat_of_arms": Choice("Herb", lambda site: _files(site, "", pictures=True), prefix=""),
}


def offer_choices(schema: colander.SchemaNode, site: Any, fields: Mapping[str, Any]) -> None:
    """Give the nodes of `schema` that name other objects their choices; `fields` are the values the form starts with.

    A value that leads nowhere any more stays visible in its list and is refused until something else is chosen.
    """
    for node in schema.children:
        choice = CHOICES.get(node.name)
        if choice is None:
            continue
        rows = isinstance(node.typ, colander.Sequence)
        target = node.children[0] if rows else node
        given = (fields.get(node.name) or ()) if rows else [fields.get(node.name) or ""]
        _offer(target, choice, choice.options(site), given)


def _offer(node: colander.SchemaNode, choice: Choice, options: list[Any], given: Any) -> None:
    known = set(_values(options))
    lost = [(value, f"{value} (już tego nie ma)") for value in given if value and value not in known]
    empty = ("", NOTHING if node.missing is not colander.required else "– wybierz –")
    node.title = choice.title
    node.description = ""
    node.widget = deform.widget.SelectWidget(values=[empty, *options, *lost])
    node.validator = _one_of(known)


def _values(options: list[Any]) -> Iterator[str]:
    for option in options:
        if isinstance(option, deform.widget.OptGroup):
            yield from (value for value, _ in option.options)
        else:
            yield option[0]


def _one_of(known: set[str]) -> Callable[[Any, str], None]:
    def check(node: colander.SchemaNode, value: str) -> None:
        if value not in known:
            raise colander.Invalid(node, "Wybierz pozycję z listy.")

    return check


def with_uniform_paths(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` whose paths are written as in the lists of choices, so that the right ones stand selected."""
    found = dict(fields)
    for name, choice in CHOICES.items():
        if choice.prefix is None or not found.get(name):
            continue
        value = found[name]
        found[name] = (
            choice.prefix + value.strip("/")
            if isinstance(value, str)
            else [choice.prefix + path.strip("/") for path in value]
        )
    return found
