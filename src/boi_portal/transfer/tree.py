"""The content tree as a whole: checked against the types' schemas, compared with the site, applied, written back.

`load` checks everything before it writes anything. Objects are matched on their path; what is in the site and not in the files is left
alone and named.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import colander
from pyramid.traversal import resource_path
from zope.interface import implementedBy

from ..interfaces import IContent, IFolderish
from ..publishing import lifecycle
from ..publishing.content import Content
from ..web.uploads import UploadRefused, media_type_of
from . import files
from .files import ContentFilesError, Entry, Mistake

ACTOR = "content load"
_DEFINITION_PATH = re.compile(r"([a-z_]+(?:\[\d+\]|\.[a-z_]+)+): ")
DEPARTMENTS, FORMS = "wydzialy", "formularze"


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing that loading does or would do: `add`, `edit`, `order`, `state`."""

    what: str
    path: str


@dataclasses.dataclass
class Plan:
    """What a tree holds, checked: fields by path, in the order of making."""

    entries: list[Entry]
    fields: dict[tuple[str, ...], dict[str, Any]]
    redirects: Mapping[str, str]


def types(registry: Any) -> dict[str, str]:
    """Word in content files -> Substance D content type."""
    content = registry.content
    return {
        factory.type_name: name
        for name, factory in content.content_types.items()
        if hasattr(factory, "type_name") and factory.type_name != "bin"
    }


def check(root: Path, registry: Any) -> Plan:
    """Read and check a whole tree.

    :raises ContentFilesError: with every mistake that was found.
    """
    mistakes: list[Mistake] = []
    entries: list[Entry] = []
    for relative in _content_files(root):
        try:
            entries.append(files.read(root, relative))
        except ContentFilesError as error:
            mistakes.extend(error.mistakes)
    entries.sort(key=lambda entry: (len(entry.path), entry.path))
    fields: dict[tuple[str, ...], dict[str, Any]] = {}
    known = types(registry)
    by_path = {entry.path: entry for entry in reversed(entries)}
    for entry in entries:
        if by_path[entry.path] is not entry:
            mistakes.append(Mistake(entry.file, 0, f"has the address of {by_path[entry.path].file}"))
            continue
        mistakes.extend(_check_entry(entry, by_path, known, registry, fields))
    redirects: dict[str, str] = {}
    try:
        redirects, lines = files.read_redirects(root)
    except ContentFilesError as error:
        mistakes.extend(error.mistakes)
    if not mistakes:
        for entry in entries:
            mistakes.extend(_check_references(entry, fields[entry.path], by_path))
        for old, new in redirects.items():
            if _parts(new) not in by_path:
                mistakes.append(Mistake(files.REDIRECTS_FILE, lines[old], f"there is no {new}"))
    if mistakes:
        raise ContentFilesError(mistakes)
    return Plan(entries, fields, redirects)


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _content_files(root: Path) -> Iterator[Path]:
    if not (root / files.PORTAL_FILE).is_file():
        raise ContentFilesError([Mistake(str(root), 0, f"is not a content tree: {files.PORTAL_FILE} is missing")])
    described = {path.with_suffix("") for path in root.rglob("*.yaml")}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.is_dir() or hidden or str(relative) == files.REDIRECTS_FILE:
            continue
        if path in described:
            continue
        yield relative


def _check_entry(
    entry: Entry, by_path: Mapping[tuple[str, ...], Entry], known: Mapping[str, str], registry: Any, fields: dict
) -> Iterator[Mistake]:
    if entry.type_name not in known:
        yield Mistake(
            entry.file, entry.line_of("type"), f"unknown type {entry.type_name!r}; known: {', '.join(sorted(known))}"
        )
        return
    factory = registry.content.content_types[known[entry.type_name]]
    yield from _check_place(entry, factory, by_path, known, registry)
    for name in entry.order:
        if (*entry.path, name) not in by_path:
            yield Mistake(entry.file, entry.line_of("order"), f"order names {name!r}, which is not there")
    for key in _unknown_keys(factory.schema(), entry.cstruct):
        yield Mistake(entry.file, entry.line_of(key), f"unknown key {key!r} for type {entry.type_name!r}")
    try:
        fields[entry.path] = factory.parse(_cstruct(entry.cstruct))
    except colander.Invalid as error:
        for key, reason in error.asdict(translate=_interpolated).items():
            key = key.removeprefix(".").removeprefix("_")
            inner = _DEFINITION_PATH.match(reason)  # an e-form's definition names the place itself
            line = entry.line_of(re.sub(r"\[(\d+)\]", r".\1", inner[1]) if inner else key)
            yield Mistake(entry.file, line, f"{key}: {reason}" if key else reason)
    if entry.data is not None:
        try:
            media_type_of(entry.path[-1], entry.data)
        except UploadRefused as error:
            yield Mistake(entry.file, 0, str(error))


def _interpolated(message: Any) -> str:
    return str(message.interpolate() if hasattr(message, "interpolate") else message)


def _check_place(
    entry: Entry, factory: Any, by_path: Mapping[tuple[str, ...], Entry], known: Mapping[str, str], registry: Any
) -> Iterator[Mistake]:
    """Whether an object of this type may be described by this file and stand at this address."""
    is_folder, line = IFolderish.implementedBy(factory), entry.line_of("type")
    if (entry.type_name == "portal") != (not entry.path):
        yield Mistake(entry.file, line, f"type 'portal' belongs into {files.PORTAL_FILE}, and nothing else does")
    if Path(entry.file).name == files.FOLDER_FILE and not is_folder:
        yield Mistake(entry.file, line, f"type {entry.type_name!r} is no folder")
    if entry.order and not is_folder:
        yield Mistake(entry.file, entry.line_of("order"), "order is for folders")
    if not entry.path:
        return
    folder = by_path.get(entry.path[:-1])
    if folder is None:
        yield Mistake(entry.file, 0, f"its folder {'/'.join(entry.path[:-1])!r} has no {files.FOLDER_FILE}")
    elif folder.type_name in known:
        around = registry.content.content_types[known[folder.type_name]]
        if not IFolderish.implementedBy(around):
            yield Mistake(entry.file, 0, f"lies in {folder.file}, which is no folder")
        elif lifecycle.is_reserved(registry, implementedBy(around), entry.path[-1]):
            yield Mistake(entry.file, 0, f"the portal itself answers at {'/'.join(entry.path)!r}; choose another name")


def _unknown_keys(node: colander.SchemaNode, cstruct: Any, prefix: str = "") -> Iterator[str]:
    """Keys that the schema does not know, also in rows: colander would leave them out without a word."""
    if isinstance(node.typ, colander.Mapping) and isinstance(cstruct, Mapping):
        children = {child.name: child for child in node.children}
        for key, value in cstruct.items():
            if key in children:
                yield from _unknown_keys(children[key], value, f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}"
    elif isinstance(node.typ, colander.Sequence) and isinstance(cstruct, list):
        for place, value in enumerate(cstruct):
            yield from _unknown_keys(node.children[0], value, f"{prefix}{place}.")


def _cstruct(value: Any) -> Any:
    """YAML's null is colander's null."""
    if value is None:
        return colander.null
    if isinstance(value, Mapping):
        return {key: _cstruct(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cstruct(item) for item in value]
    return value


def _check_references(
    entry: Entry, fields: Mapping[str, Any], by_path: Mapping[tuple[str, ...], Entry]
) -> Iterator[Mistake]:
    for key, folder in (("department", DEPARTMENTS), ("eform", FORMS)):
        name = fields.get(key)
        if name and (folder, name) not in by_path:
            yield Mistake(entry.file, entry.line_of(key), f"{key}: there is no {folder}/{name}")
    for path in [*(fields.get("downloads") or ()), *(fields.get("popular") or ())]:
        if _parts(path) not in by_path:
            yield Mistake(entry.file, entry.line_of("downloads") or entry.line_of("popular"), f"there is no {path}")


def load(root: Path, site: Any, registry: Any, dry_run: bool = False) -> list[Change]:
    """Make the site hold what the tree says, in the current transaction; the caller commits.

    :raises ContentFilesError: the tree is broken; nothing was touched.
    """
    plan = check(root, registry)
    mistakes = [mistake for entry in plan.entries for mistake in _check_present(entry, plan, site)]
    if mistakes:
        raise ContentFilesError(mistakes)
    orders = {entry.path: order for entry in plan.entries if (order := _new_order(entry, plan, site))}
    changes = [change for entry in plan.entries for change in _apply(entry, plan, site, registry, dry_run)]
    changes.extend(Change("order", "/" + "/".join(path)) for path in orders)
    changes.extend(Change("redirect", old) for old, new in plan.redirects.items() if not _leads(site, old, new))
    if dry_run:
        return changes
    for path, order in orders.items():
        lifecycle.reorder(registry, _find(site, path), order)
    for entry in plan.entries:
        _find(site, entry.path).connect_references()
    for old, new in plan.redirects.items():
        if not _leads(site, old, new):
            site.redirects[old] = _find(site, _parts(new)).__oid__
    return changes


def _check_present(entry: Entry, plan: Plan, site: Any) -> Iterator[Mistake]:
    """Whether the entry may go where it belongs in this site."""
    content = _find(site, entry.path)
    if content is None:
        return
    if not IContent.providedBy(content) or content.type_name == "bin":
        yield Mistake(entry.file, 0, f"the portal needs the name {entry.path[-1]!r} itself; choose another")
    elif content.type_name != entry.type_name:
        yield Mistake(entry.file, entry.line_of("type"), f"the portal holds an object of type {content.type_name!r} here")
    elif content.working_copy is not None and dict(content.fields) != plan.fields[entry.path]:
        by = content.working_copy.by
        yield Mistake(entry.file, 0, f"has edits by {by} that wait for publication: publish or discard them first")


def _leads(site: Any, old: str, new: str) -> bool:
    """Whether `old` leads to what stands at `new` already."""
    target = _find(site, _parts(new))
    return target is not None and site.redirects.get(old) == target.__oid__


def _apply(entry: Entry, plan: Plan, site: Any, registry: Any, dry_run: bool) -> Iterator[Change]:
    fields, path = plan.fields[entry.path], "/" + "/".join(entry.path)
    content = _find(site, entry.path)
    if content is None:
        yield Change("add", path)
        if not dry_run:
            _add(entry, fields, site, registry)
        return
    same_file = entry.data is None or content.sha256 == hashlib.sha256(entry.data).hexdigest()
    if dict(content.fields) != fields or not same_file:
        yield Change("edit", path)
        if not dry_run:
            _edit(content, entry, fields, registry, same_file)
    if content.state != entry.state:
        yield Change("state", path)
        if not dry_run:
            lifecycle.change_state(registry, content, entry.state, ACTOR)


def _add(entry: Entry, fields: dict[str, Any], site: Any, registry: Any) -> None:
    content = registry.content.create(types(registry)[entry.type_name], fields)
    if entry.data is not None:
        content.store(entry.data, media_type_of(entry.path[-1], entry.data), hashlib.sha256(entry.data).hexdigest())
    parent = _find(site, entry.path[:-1])
    lifecycle.add(registry, parent, entry.path[-1], content, ACTOR, entry.state)


def _edit(content: Content, entry: Entry, fields: dict[str, Any], registry: Any, same_file: bool) -> None:
    if entry.data is not None and not same_file:
        content.store(entry.data, media_type_of(entry.path[-1], entry.data), hashlib.sha256(entry.data).hexdigest())
    lifecycle.edit(registry, content, fields, ACTOR)
    if content.state == "published":
        lifecycle.publish(registry, content, ACTOR, note="Wczytanie z plików")


def _new_order(entry: Entry, plan: Plan, site: Any) -> list[str]:
    """The order that the folder is to have; empty where it will have it by itself."""
    if not entry.order:
        return []
    content = _find(site, entry.path)
    old = [] if content is None else list(content.keys())
    depth = len(entry.path)
    coming = [other.path[-1] for other in plan.entries if other.path[:depth] == entry.path and len(other.path) == depth + 1]
    names = [*old, *(name for name in coming if name not in old)]
    if content is None or not content.is_ordered():
        names.sort()
    wanted = [*entry.order, *(name for name in names if name not in entry.order)]
    return wanted if wanted != names else []


def _find(site: Any, path: tuple[str, ...]) -> Any:
    found = site
    for name in path:
        if not IFolderish.providedBy(found) or name not in found:
            return None
        found = found[name]
    return found


def dump(site: Any, root: Path) -> int:
    """Write the site's content as a tree into the empty or missing folder `root`. Returns how many objects.

    :raises FileExistsError: the folder holds something.
    """
    if root.exists() and any(root.iterdir()):
        raise FileExistsError(f"{root} is not empty")
    root.mkdir(parents=True, exist_ok=True)
    count = 0
    for content in walk(site):
        _write(content, root)
        count += 1
    redirects = {
        old: resource_path(target)
        for old, oid in site.redirects.items()
        if (target := site.__objectmap__.object_for(oid)) is not None and target.deleted_from is None
    }
    if redirects:
        (root / files.REDIRECTS_FILE).write_text(files.render_redirects(redirects), encoding="utf-8")
    return count


def walk(content: Any) -> Iterator[Any]:
    """A content object and all content below it, without the bin and the services."""
    yield content
    if IFolderish.providedBy(content):
        for child in content.values():
            if IContent.providedBy(child) and child.type_name != "bin":
                yield from walk(child)


def _write(content: Any, root: Path) -> None:
    path = tuple(part for part in resource_path(content).split("/") if part)
    order: tuple[str, ...] = ()
    if IFolderish.providedBy(content) and content.is_ordered():
        order = tuple(
            name for name in content if IContent.providedBy(content[name]) and content[name].type_name != "bin"
        )
    entry = Entry(path, "", content.type_name, content.fields, content.state, order)
    target = _target(content, path, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(files.render(entry), encoding="utf-8")
    if content.type_name == "file":
        target.with_suffix("").write_bytes(content.read())


def _target(content: Any, path: tuple[str, ...], root: Path) -> Path:
    if not path:
        return root / files.PORTAL_FILE
    if IFolderish.providedBy(content):
        return root.joinpath(*path) / files.FOLDER_FILE
    suffix = ".yaml" if content.type_name in ("eform", "file") else ".html"
    return root.joinpath(*path[:-1]) / (path[-1] + suffix)
