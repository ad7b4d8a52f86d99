"""The content tree as a whole: checked against the types' schemas, compared with the site, applied, written back.

`load` checks everything before it writes anything. Objects are matched on their path; what is in the site and not in the files is left
alone and named.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import colander
from pyramid.traversal import resource_path

from ..interfaces import IContent, IFolderish
from ..publishing import lifecycle
from ..publishing.content import Content
from ..web.uploads import UploadRefused, media_type_of
from . import files
from .files import ContentFilesError, Entry, Mistake

ACTOR = "content load"
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
    by_path = {entry.path: entry for entry in entries}
    for entry in entries:
        mistakes.extend(_check_entry(entry, by_path, known, registry, fields))
    if not mistakes:
        for entry in entries:
            mistakes.extend(_check_references(entry, fields[entry.path], by_path))
    if mistakes:
        raise ContentFilesError(mistakes)
    return Plan(entries, fields, files.read_redirects(root))


def _content_files(root: Path) -> Iterator[Path]:
    if not (root / files.PORTAL_FILE).is_file():
        raise ContentFilesError([Mistake(str(root), 0, f"is not a content tree: {files.PORTAL_FILE} is missing")])
    described = {path.with_suffix("") for path in root.rglob("*.yaml")}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_dir() or str(relative) == files.REDIRECTS_FILE or path.name.startswith("."):
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
    if entry.path and entry.path[:-1] not in by_path:
        yield Mistake(entry.file, 0, f"its folder {'/'.join(entry.path[:-1])!r} has no {files.FOLDER_FILE}")
    factory = registry.content.content_types[known[entry.type_name]]
    for name in entry.order:
        if (*entry.path, name) not in by_path:
            yield Mistake(entry.file, entry.line_of("order"), f"order names {name!r}, which is not there")
    for key in entry.cstruct:
        if key not in {node.name for node in factory.schema()}:
            yield Mistake(entry.file, entry.line_of(key), f"unknown key {key!r} for type {entry.type_name!r}")
    try:
        fields[entry.path] = factory.parse(_cstruct(entry.cstruct))
    except colander.Invalid as error:
        for key, reason in error.asdict(translate=str).items():
            key = key.removeprefix(".").removeprefix("_")
            yield Mistake(entry.file, entry.line_of(key), f"{key}: {reason}" if key else reason)
    if entry.data is not None:
        try:
            media_type_of(entry.path[-1], entry.data)
        except UploadRefused as error:
            yield Mistake(entry.file, 0, str(error))


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
        if tuple(path.strip("/").split("/")) not in by_path:
            yield Mistake(entry.file, entry.line_of("downloads") or entry.line_of("popular"), f"there is no {path}")


def load(root: Path, site: Any, registry: Any, dry_run: bool = False) -> list[Change]:
    """Make the site hold what the tree says, in the current transaction; the caller commits.

    :raises ContentFilesError: the tree is broken; nothing was touched.
    """
    plan = check(root, registry)
    changes = [change for entry in plan.entries for change in _apply(entry, plan, site, registry, dry_run)]
    if dry_run:
        return changes
    for entry in plan.entries:
        changes.extend(_apply_order(entry, _find(site, entry.path)))
        _find(site, entry.path).connect_references()
    for old, new in plan.redirects.items():
        target = _find(site, tuple(new.strip("/").split("/")))
        if target is not None and site.redirects.get(old) != target.__oid__:
            site.redirects[old] = target.__oid__
            changes.append(Change("redirect", old))
    return changes


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


def _apply_order(entry: Entry, content: Any) -> Iterator[Change]:
    if not IFolderish.providedBy(content) or not entry.order:
        return
    names = list(content.keys())
    wanted = [*entry.order, *(name for name in names if name not in entry.order)]
    if names != wanted:
        content.set_order(wanted, reorderable=True)
        yield Change("order", "/" + "/".join(entry.path))


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
        if (target := site.__objectmap__.object_for(oid)) is not None
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
