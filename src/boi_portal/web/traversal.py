"""Traversal: the site's objects, and rooms beside them.

A room (my cases, the desk, the account) is not content: it is made anew for each request from `add_room`'s factory and hangs under
the site by name, so that `resource_url` and permissions work as for any resource. A feature may put a room of its own into another's
(`konto/osoby`). Rooms are not reachable below /manage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pyramid.traversal import ResourceTreeTraverser
from zope.interface import implementer

from .. import permissions
from ..interfaces import IPrivate, IRoom, ISite


@implementer(IRoom)
class Room:
    """A place in the tree, made for one request. Subclasses answer `__getitem__` and set `__acl__`."""

    title = ""

    def __init__(self, request: Any, parent: Any = None, name: str = "") -> None:
        self.request = request
        self.__parent__ = parent
        self.__name__ = name

    def __getitem__(self, name: str) -> Any:
        """The room that another feature put here; a room with more inside than that asks here last."""
        factory: RoomFactory = self.request.registry.boi_rooms[f"{self.__name__}/{name}"]
        return factory(self.request, self, name)

    def __acl__(self) -> list[Any]:
        return permissions.applicant_room_acl()


@implementer(IPrivate)
class PrivateResource:
    """A record seen through an address: location-aware, made for one request. `record` is the stored object.

    `forbidden_text` (`web.errors.ErrorText`) is told to who may see the record but not do what was asked.
    """

    forbidden_text: Any = None

    def __init__(self, record: Any, parent: Any, name: str) -> None:
        self.record = record
        self.__parent__ = parent
        self.__name__ = name

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)

    def __acl__(self) -> list[Any]:
        raise NotImplementedError


RoomFactory = Callable[[Any, Any, str], Room]


class SiteTraverser:
    """Pyramid's traverser, which first looks whether the first segment names a room."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.plain = ResourceTreeTraverser(root)

    def __call__(self, request: Any) -> dict[str, Any]:
        rooms: dict[str, RoomFactory] = request.registry.boi_rooms
        if request.matched_route is None:
            name, _, rest = request.path_info.lstrip("/").partition("/")
            if name in rooms:
                return self._enter(request, rooms[name](request, self.root, name), rest)
        return self.plain(request)

    def _enter(self, request: Any, room: Room, rest: str) -> dict[str, Any]:
        context: Any = room
        segments = [segment for segment in rest.split("/") if segment]
        traversed: list[str] = [room.__name__]
        view_name = ""
        for segment in _steps(segments):
            if segment.startswith("@@"):
                view_name = segment[2:]
                break
            try:
                context = context[segment]
            except KeyError:
                view_name = segment
                break
            traversed.append(segment)
        subpath = tuple(segments)
        return {
            "context": context,
            "view_name": view_name,
            "subpath": subpath,
            "traversed": tuple(traversed),
            "virtual_root": self.root,
            "virtual_root_path": (),
            "root": self.root,
        }


def _steps(segments: list[str]) -> Iterator[str]:
    """The segments one by one; what was not taken stays in the list, as the view's subpath."""
    while segments:
        yield segments.pop(0)


def add_room(config: Any, name: str, factory: RoomFactory) -> None:
    """Directive: `factory(request, parent, name)` makes the room at `/name`, or at `/room/name` inside a room of the site."""
    factory = config.maybe_dotted(factory)

    def register() -> None:
        config.registry.boi_rooms[name] = factory

    config.action(("boi room", name), register)


def includeme(config: Any) -> None:
    config.registry.boi_rooms = {}
    config.add_directive("add_room", add_room)
    config.add_traverser(SiteTraverser, ISite)
