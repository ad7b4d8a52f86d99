"""What can happen to a content object: made, edited, published, withdrawn, moved, deleted, brought back.

Every function works in the current transaction and announces the change, so that indexes and page caches follow. Who may do
what is checked by the caller (`permissions`, `workflow.transitions`).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyramid.interfaces import IMultiView, IRequest, ISecuredView, IView, IViewClassifier
from pyramid.traversal import find_interface, resource_path
from substanced.event import ObjectModified
from zope.interface import providedBy

from ..interfaces import IContent, IFolderish, ISite
from . import revision
from .catalog import boi_index
from .content import Content, WorkingCopy, now
from .schema import NAME
from .versions import Version
from .workflow import enter_state

BIN = "kosz"
RESERVED = frozenset({"manage", "static"})  # addresses that never reach the tree


class LifecycleError(ValueError):
    """The change cannot be made; the message is for the editor, in Polish."""


def site_of(content: Any) -> Any:
    """The portal's root above `content`."""
    return find_interface(content, ISite)


def add(registry: Any, parent: Any, name: str, content: Content, by: str, state: str = "draft") -> Content:
    """Put a new object into `parent` under `name`, in `state`.

    :raises LifecycleError: the name is taken or not of the form of an address.
    """
    _check_name(registry, parent, name)
    content.created_at = now()
    content.updated_by = by
    parent.add(name, content, registry=registry)
    enter_state(content, "draft")
    if state == "published":
        publish(registry, content, by, note="Pierwsza publikacja")
    elif state != "draft":
        enter_state(content, state)
        _announce(registry, content)
    return content


def _check_name(registry: Any, parent: Any, name: str) -> None:
    if not NAME.match(name):
        raise LifecycleError(f"Adres „{name}” ma niedozwolone znaki. Użyj małych liter bez polskich znaków, cyfr i łącznika.")
    if name in parent:
        raise LifecycleError(f"Adres „{name}” jest już zajęty. Podaj inny.")
    if is_reserved(registry, providedBy(parent), name):
        raise LifecycleError(f"Adres „{name}” jest zastrzeżony dla portalu. Podaj inny.")


def is_reserved(registry: Any, parent: Any, name: str) -> bool:
    """Whether the portal itself answers at `name` below a parent of this specification (`providedBy`, `implementedBy`).

    Content there would hide a view or a room, or be hidden by it.
    """
    if parent.isOrExtends(ISite) and (name in RESERVED or name in getattr(registry, "boi_rooms", ())):
        return True
    place = (IViewClassifier, IRequest, parent)
    return any(registry.adapters.lookup(place, kind, name=name) for kind in (IView, ISecuredView, IMultiView))


def edit(registry: Any, content: Content, fields: Mapping[str, Any], by: str) -> None:
    """Keep edited fields: of a published object as a working copy, of any other at once. Equal fields write nothing."""
    if dict(fields) == content.edited_fields():
        return
    if content.state == "published":
        content.working_copy = WorkingCopy(fields, by, now())
        _list_working_copy(content)
        return
    content.fields = copy.deepcopy(dict(fields))
    content.working_copy = None  # one that waited when it was withdrawn
    content.updated_at = now()
    content.updated_by = by
    _announce(registry, content)


def discard_working_copy(content: Content) -> None:
    """Forget the edits that wait for publication."""
    content.working_copy = None
    _list_working_copy(content)


def publish(registry: Any, content: Content, by: str, note: str = "") -> Version | None:
    """Show the world the edited fields; makes a version where the type has them and something changed.

    :raises LifecycleError: the object lies in the bin.
    """
    if content.deleted_from is not None:
        raise LifecycleError("Obiekt jest w koszu. Najpierw go przywróć.")
    if content.working_copy is not None:
        content.fields = copy.deepcopy(dict(content.working_copy.fields))
        content.working_copy = None
    at = now()
    content.updated_at = at
    content.updated_by = by
    content.published_at = content.published_at or at
    if content.state != "published":
        enter_state(content, "published")
    version = _new_version(content, by, note, at)
    _announce(registry, content)
    return version


def _new_version(content: Content, by: str, note: str, at: Any) -> Version | None:
    if not content.versioned:
        return None
    store = site_of(content).versions
    if content.version and store.get(content.uid, content.version).fields == dict(content.fields):
        return None  # nothing in it changed: the published version still is this one
    version: Version = store.add(content.uid, content.type_name, content.fields, by, note, at)
    content.version = version.number
    return version


def change_state(registry: Any, content: Content, state: str, by: str) -> None:
    """Move to `state`; publishing goes through `publish`."""
    if state == "published":
        publish(registry, content, by)
        return
    enter_state(content, state)
    content.updated_by = by
    _announce(registry, content)


def bring_back(registry: Any, content: Content, number: int, by: str) -> None:
    """Make version `number` the edited fields; it goes live by publishing, as a new version.

    :raises VersionNotFound: no such version.
    """
    edit(registry, content, site_of(content).versions.get(content.uid, number).fields, by)


def move(registry: Any, content: Content, target: Any, name: str | None = None) -> None:
    """Move (or rename) `content`; the old address leads to the new one.

    :raises LifecycleError: the name is taken, the target lies inside the object or is no folder, something refers to the object by
        its name, or the object lies in the bin.
    """
    source, old_name, new_name = content.__parent__, content.__name__, name or content.__name__
    if source is target and old_name == new_name:
        return
    _check_movable(content, target)
    _check_name(registry, target, new_name)
    site = site_of(content)
    old_path = resource_path(content)
    source.move(old_name, target, newname=new_name, registry=registry)
    site.redirects[old_path] = content.__oid__
    site.redirects.pop(resource_path(content), None)
    _announce(registry, content)


def _check_movable(content: Content, target: Any) -> None:
    site = site_of(content)
    if content is site or content is site[BIN]:
        raise LifecycleError("Tego obiektu nie można przenieść.")
    if content.deleted_from is not None:
        raise LifecycleError("Obiekt jest w koszu. Najpierw go przywróć.")
    if _is_inside(target, content):
        raise LifecycleError("Nie można przenieść folderu do niego samego.")
    if not IFolderish.providedBy(target) or target is site[BIN] or target.deleted_from is not None:
        raise LifecycleError("W to miejsce nie można przenieść obiektu. Wybierz folder.")
    _refuse_referred(content, "Nie można zmienić adresu")


def _refuse_referred(content: Content, what: str) -> None:
    users = referrers(content)
    if users:
        names = ", ".join(f"„{user.title}”" for user in users[:5])
        raise LifecycleError(f"{what}: odwołują się do tego obiektu {names}. Najpierw zmień te obiekty.")


def reorder(registry: Any, folder: Any, names: Sequence[str]) -> None:
    """Put the children of `folder` into the order of `names`; those not named follow in their old order."""
    old = list(folder.keys())
    new = [*names, *(name for name in old if name not in set(names))]
    if new != old:
        folder.set_order(new, reorderable=True)
        _announce(registry, folder)


def delete(registry: Any, content: Content, by: str) -> None:
    """Move to the bin with all that is inside, withdrawn. Versions stay, so what was filed with them stays readable.

    :raises LifecycleError: something refers to the object, or it is in the bin already.
    """
    site = site_of(content)
    if content is site or content is site[BIN]:
        raise LifecycleError("Tego obiektu nie można usunąć.")
    if content.deleted_from is not None:
        raise LifecycleError("Obiekt już jest w koszu.")
    _refuse_referred(content, "Nie można usunąć")
    for item in list(_subtree(content)):
        item.deleted_from = resource_path(item)
        if item.state != "withdrawn":
            enter_state(item, "withdrawn")
        item.updated_by = by
    content.__parent__.move(content.__name__, site[BIN], newname=content.uid, registry=registry)
    _announce(registry, content)


def _subtree(content: Any) -> Iterator[Any]:
    """The object and all content inside it."""
    yield content
    if IFolderish.providedBy(content):
        for child in content.values():
            if IContent.providedBy(child):
                yield from _subtree(child)


def undelete(registry: Any, content: Content, by: str) -> None:
    """Bring a deleted object back to where it was, with all that is inside, as drafts.

    :raises LifecycleError: its folder is gone or its address is taken.
    """
    site = site_of(content)
    if content.deleted_from is None:
        raise LifecycleError("Obiekt nie jest w koszu.")
    if content.__parent__ is not site[BIN]:
        raise LifecycleError("Obiekt leży w usuniętym folderze. Przywróć ten folder.")
    *folder_path, name = content.deleted_from.strip("/").split("/")
    folder = site
    for segment in folder_path:
        if segment not in folder:
            raise LifecycleError("Folder, w którym był obiekt, już nie istnieje. Przywróć najpierw folder.")
        folder = folder[segment]
    if name in folder:
        raise LifecycleError(f"Adres „{content.deleted_from}” jest już zajęty.")
    for item in list(_subtree(content)):
        item.deleted_from = None
        enter_state(item, "draft")
        item.updated_by = by
    content.__parent__.move(content.__name__, folder, newname=name, registry=registry)
    _announce(registry, content)


def referrers(content: Any) -> list[Any]:
    """Content that refers to `content` or to something inside it, by object map references; not what lies in the bin."""
    site = site_of(content)
    objectmap = site.__objectmap__
    found: dict[int, Any] = {}
    inside = set(objectmap.pathlookup(content))
    for reftype in objectmap.get_reftypes():
        if not getattr(reftype, "__module__", "").startswith("boi_portal"):
            continue
        for target in inside:
            for oid in objectmap.sourceids(target, reftype):
                source = objectmap.object_for(oid)
                if oid not in inside and source is not None and getattr(source, "deleted_from", None) is None:
                    found[oid] = source
    return list(found.values())


def _is_inside(target: Any, content: Any) -> bool:
    while target is not None:
        if target is content:
            return True
        target = target.__parent__
    return False


def _list_working_copy(content: Content) -> None:
    """Tell the list of working copies alone: the world sees nothing of them, so its pages stay as they are."""
    boi_index(content, "working_copy").reindex_resource(content)


def _announce(registry: Any, content: Content) -> None:
    content.connect_references()
    event = ObjectModified(content)
    registry.subscribers((event, content), None)
    revision.bump(site_of(content) or content, registry.boi_revision_signal)
