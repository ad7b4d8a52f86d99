"""What the interface may not do with content, because it would go around the portal's own rules.

Folders of content are listed, ordered, renamed, moved and emptied through `publishing.lifecycle`; copying (two objects with one
history), adding without the type's form, uploads and access lists by hand are closed. The workflow leads to the page's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import substanced.folder
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from substanced.folder.views import FolderContents, FolderServices
from substanced.interfaces import IFolder
from substanced.util import JsonDict

from ..editing.addresses import AddressRefused, check_address
from ..editing.people import actor
from ..editing.places import BIN_TYPE
from ..interfaces import IContent, IFolderish
from ..publishing import lifecycle
from ..publishing.content import FolderContent
from ..publishing.lifecycle import LifecycleError
from ..publishing.workflow import STATES
from ..web.polish import counted
from .mending import ManagementApi

EVENTS_RETRY = 10 * 60 * 1000  # milliseconds until the browser asks again
# views of Substance D that put objects of its own kinds into a folder
ADDING = (
    "add_folder",
    "add_file",
    "add_catalogs_service",
    "add_catalog",
    "add_principals_service",
    "add_lock_service",
    "add_lock",
)
UPLOADS = ("upload", "upload-submit", "add_file")


class ContentApi(ManagementApi):
    """The tabs above an object: for content without the ones that are closed."""

    def mgmt_views(self, context: Any) -> list[dict[str, Any]]:
        """Tabs in their order."""
        tabs: list[dict[str, Any]] = super().mgmt_views(context)
        if not IContent.providedBy(context):
            return tabs
        renamed = [{**tab, "title": "Stan"} if tab["view_name"] == "workflows" else tab for tab in tabs]
        return [tab for tab in renamed if tab["view_name"] not in ("acl_edit", *UPLOADS)]


class ContentsOfContent(FolderContents):
    """The grid of a folder of content."""

    def get_default_buttons(self) -> list[dict[str, Any]]:
        """Substance D's buttons without copying; none in the bin."""
        if self.context.type_name == BIN_TYPE:
            return []
        groups = super().get_default_buttons()
        for group in groups:
            group["buttons"] = [button for button in group["buttons"] if button["id"] not in ("copy", "duplicate")]
        return groups

    def get_default_columns(self, resource: Any) -> list[dict[str, Any]]:
        """Name, title and state."""
        columns = super().get_default_columns(resource)
        title = getattr(resource, "title", "") if IContent.providedBy(resource) else ""
        state = STATES[resource.state] if IContent.providedBy(resource) else ""
        return [*columns, {"name": "Tytuł", "value": title}, {"name": "Stan", "value": state}]

    def _refuse(self) -> Any:
        raise HTTPForbidden("Not done with content")

    copy = copy_finish = duplicate = _refuse

    def delete(self) -> Any:
        """Move the chosen objects to the bin."""
        return self._each(self._chosen(), self._delete, "Do kosza trafiło")

    def _delete(self, name: str) -> None:
        if self.context.type_name == BIN_TYPE:
            raise HTTPForbidden("What lies in the bin stays there")
        lifecycle.delete(self.request.registry, self.context[name], actor(self.request))

    def rename_finish(self) -> Any:
        """Give the chosen objects new addresses; the old ones lead to them."""
        if self.request.POST.get("form.rename_finish") == "cancel":
            return self.get_redirect_response()
        names = [name for name in self.request.POST.getall("item-rename") if self._is_content(name)]
        return self._each(names, self._rename, "Zmieniono adres")

    def _rename(self, name: str) -> None:
        new = str(self.request.POST.get(name, ""))
        if new == name:
            return
        if lifecycle.referrers(self.context[name]):
            raise LifecycleError(f"Nie można zmienić adresu „{name}”, bo odwołują się do niego inne obiekty.")
        self._move(self.context[name], self.context, new)

    def _move(self, content: Any, target: Any, name: str) -> None:
        try:
            check_address(target, name, self.request)
        except AddressRefused as refusal:
            raise LifecycleError(str(refusal)) from None
        lifecycle.move(self.request.registry, content, target, name)

    def move_finish(self) -> Any:
        """Move what was chosen elsewhere to this folder, if it takes such objects."""
        oids = self.request.session.pop("tomove", ())
        objectmap = self.request.root.__objectmap__
        found = {str(oid): objectmap.object_for(oid) for oid in oids}
        return self._each(
            [oid for oid, content in found.items() if content is not None],
            lambda oid: self._move_here(found[oid]),
            "Przeniesiono",
        )

    def _move_here(self, content: Any) -> None:
        if not IContent.providedBy(content) or content.type_name not in self.context.addable:
            raise LifecycleError("Ten folder nie przyjmuje takich obiektów.")
        if lifecycle.referrers(content):
            raise LifecycleError(f"Nie można przenieść „{content.title}”, bo odwołują się do tego inne obiekty.")
        self._move(content, self.context, content.__name__)

    def reorder_rows(self) -> Any:
        """Put the dragged rows before another one."""
        moved = [name for name in self.modified_items() if name in self.context]
        rest = [name for name in self.context.keys() if name not in set(moved)]  # noqa: SIM118 - a folder's keys have an order
        before = self.request.POST.get("insert-before") or ""
        place = rest.index(before) if before in rest else len(rest)
        lifecycle.reorder(self.request.registry, self.context, [*rest[:place], *moved, *rest[place:]])
        flash = self.request.sdiapi.get_flash_with_undo_snippet("Kolejność zmieniona.")
        return JsonDict(flash=flash, flash_queue="success", **self._get_json())

    def _chosen(self) -> list[str]:
        return [name for name in self.modified_items() if self._is_content(name)]

    def _is_content(self, name: str) -> bool:
        return name in self.context and IContent.providedBy(self.context[name])

    def _each(self, names: list[str], do: Callable[[str], None], done: str) -> Any:
        """Do it to each, all or none; a refusal is told and nothing is written."""
        try:
            for name in names:
                do(name)
        except LifecycleError as error:
            self.request.tm.abort()
            self.request.tm.begin()
            self.request.sdiapi.flash(str(error), "danger")
        else:
            self.request.sdiapi.flash_with_undo(
                f"{done}: {counted(len(names), 'obiekt', 'obiekty', 'obiektów')}.", "success"
            )
        return self.get_redirect_response()


class ServicesOfContent(FolderServices):
    """The grid of a folder's services: to look into, never to delete or move."""

    def get_default_buttons(self) -> list[dict[str, Any]]:
        """None."""
        return []

    def _refuse(self) -> Any:
        raise HTTPForbidden("Services stay where they are")

    copy = copy_finish = duplicate = delete = rename = rename_finish = move = move_finish = reorder_rows = _refuse


def closed(context: Any, request: Any) -> Any:
    """:raises HTTPNotFound: always."""
    raise HTTPNotFound()


def to_state_page(context: Any, request: Any) -> HTTPSeeOther:
    """The workflow of content has a page of its own, which makes versions."""
    return HTTPSeeOther(request.layout.path(context, "stan"))


def no_events(request: Any) -> Response:
    """What the contents grid asks every few seconds: nothing happened. The portal keeps its own audit trail, not Substance D's."""
    return Response(f"retry: {EVENTS_RETRY}\n\n", content_type="text/event-stream", charset="utf-8")


def includeme(config: Any) -> None:
    FolderContent.__sdi_addable__ = ()
    config.add_request_method(ContentApi, "sdiapi", reify=True)
    library = config.with_package(substanced.folder)  # its templates are named relative to it
    library.add_folder_contents_views(cls=ContentsOfContent, context=IFolderish)
    library.add_folder_contents_views(
        cls=ServicesOfContent, context=IFolderish, name="services", tab_title="Usługi", tab_near="RIGHT",
        view_permission="sdi.view-services", tab_condition=_has_services,
    )  # fmt: skip
    for name in dict.fromkeys((*ADDING, *UPLOADS)):
        config.add_mgmt_view(closed, context=IFolderish, name=name, tab_condition=False)
    for name in UPLOADS:
        config.add_mgmt_view(closed, context=IFolder, name=name, tab_condition=False, addable_content="File")
    config.add_mgmt_view(
        closed,
        context=IFolder,
        name="upload-submit",
        tab_condition=False,
        addable_content="File",
        request_method="POST",
    )
    # of the library's own folders: services are made by following a link, and files of other sessions asked for by anybody
    config.add_mgmt_view(closed, context=IFolder, name="add_lock_service", tab_condition=False)
    config.add_mgmt_view(closed, name="add_principals_service", tab_condition=False)
    # a view with a permission would stand beside the library's, which has none, and never be asked
    config.add_mgmt_view(closed, name="preview_image_upload", tab_condition=False, permission=NO_PERMISSION_REQUIRED)
    config.add_mgmt_view(closed, context=IContent, name="acl_edit", tab_condition=False)
    config.add_mgmt_view(no_events, name="auditstream-sse", tab_condition=False)
    config.add_mgmt_view(to_state_page, context=IContent, name="workflows", tab_condition=False)


def _has_services(context: Any, request: Any) -> bool:
    return context.__parent__ is None
