"""`/…/zawartosc`: what a folder holds – order, moving, deleting, publishing many; and the bin, from which things come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import colander
import deform.widget
from pyramid.httpexceptions import HTTPBadRequest, HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.traversal import find_resource, resource_path
from pyramid.view import view_config

from .. import permissions
from ..interfaces import IContent, IFolderish, ISite
from ..publishing import lifecycle
from ..publishing.lifecycle import LifecycleError, referrers, site_of
from ..publishing.schema import text
from ..publishing.site import Bin
from ..publishing.workflow import STATES
from ..web.formfields import posted_text
from ..web.forms import Button, FormView, Rejected
from ..web.polish import counted
from .addresses import AddressRefused, check_address
from .people import actor, shown_name
from .places import addable_types, content_children, live_content, targets

ACTION, CHOSEN = "zrob", "wybrane"


@view_config(
    context=IFolderish, name="zawartosc", permission=permissions.EDIT, request_method="GET", renderer="templates/contents.pt"
)  # fmt: skip
def contents(context: Any, request: Any) -> dict[str, Any]:
    """The folder's content in its order."""
    live_content(context)
    children = content_children(context)
    return {
        "title": f"Zawartość: {context.title or context.label}",
        "rows": [_row(child, request) for child in children],
        "may_add": bool(addable_types(context, request)) and request.has_permission(permissions.ADD, context),
        "may_publish": request.has_permission(permissions.PUBLISH, context),
        "add_url": request.layout.path(context, "dodaj"),
        "bin_url": request.layout.path(site_of(context)[lifecycle.BIN], "zawartosc"),
    }


def _row(child: Any, request: Any) -> dict[str, Any]:
    path, may = request.layout.path, request.has_permission
    may_edit = may(permissions.EDIT, child)
    return {
        "name": child.__name__,
        "title": child.title or child.__name__,
        "label": child.label,
        "url": path(child),
        "contents_url": path(child, "zawartosc") if IFolderish.providedBy(child) and may_edit else "",
        "state": child.state,
        "state_title": STATES[child.state],
        "has_copy": child.working_copy is not None,
        "updated_at": child.updated_at,
        "edit_url": path(child, "edytuj") if may_edit else "",
        "move_url": path(child, "przenies") if may_edit else "",
        "delete_url": path(child, "usun") if may(permissions.DELETE, child) else "",
        "publishable": may(permissions.PUBLISH, child)
        and (child.state != "published" or child.working_copy is not None),
    }


@view_config(context=IFolderish, name="zawartosc", permission=permissions.EDIT, request_method="POST")
def change_contents(context: Any, request: Any) -> Any:
    """Move one up or down, or publish the chosen ones."""
    live_content(context)
    what, _, name = posted_text(request, ACTION).partition(":")
    if what in ("wyzej", "nizej"):
        _step(context, request, name, -1 if what == "wyzej" else 1)
        return HTTPSeeOther(request.layout.path(context, "zawartosc") + f"#wiersz-{name}")
    if what == "opublikuj":
        _publish_chosen(context, request)
        return HTTPSeeOther(request.layout.path(context, "zawartosc"))
    raise HTTPBadRequest()


def _step(folder: Any, request: Any, name: str, by: int) -> None:
    names = [child.__name__ for child in content_children(folder)]
    if name not in names:
        raise HTTPBadRequest()
    place = names.index(name)
    other = place + by
    if 0 <= other < len(names):
        names[place], names[other] = names[other], names[place]
        lifecycle.reorder(request.registry, folder, names)


def _publish_chosen(folder: Any, request: Any) -> None:
    chosen = [
        folder[name] for name in request.POST.getall(CHOSEN) if name in folder and IContent.providedBy(folder[name])
    ]
    if not all(request.has_permission(permissions.PUBLISH, child) for child in chosen):
        raise HTTPForbidden()
    waiting = [child for child in chosen if child.state != "published" or child.working_copy is not None]
    for child in waiting:
        lifecycle.publish(request.registry, child, actor(request))
    if waiting:
        request.session.flash(f"Opublikowano {counted(len(waiting), 'obiekt', 'obiekty', 'obiektów')}.", "success")
    else:
        request.session.flash("Nic nie zaznaczono. Zaznacz obiekty, które chcesz opublikować.", "warning")


# moving


@view_config(
    context=IContent, name="przenies", permission=permissions.EDIT, renderer="boi_portal.web:templates/form.pt"
)
class MoveView(FormView):
    """Another folder, another address, or both. The old address leads to the new one."""

    def __init__(self, context: Any, request: Any) -> None:
        super().__init__(live_content(context), request)
        self.title = f"Przenieś lub zmień adres: {context.title}"
        self.lead = "Kto wejdzie pod stary adres, trafi pod nowy."
        if ISite.providedBy(context):
            raise HTTPNotFound()
        back = request.layout.path(context.__parent__, "zawartosc")
        self.buttons = [Button("przenies", "Przenieś"), Button("wroc", "Anuluj", "quiet", type="link", value=back)]

    def make_schema(self) -> colander.SchemaNode:
        folders = targets(self.context, self.request)
        values = [(resource_path(folder), _place_title(folder)) for folder in folders]
        node = colander.SchemaNode(colander.Mapping())
        target = colander.SchemaNode(
            colander.String(),
            name="dokad",
            title="Folder",
            widget=deform.widget.SelectWidget(values=values),
            validator=colander.OneOf([value for value, _ in values]),
        )
        node.add(target)
        node.add(text("Adres", name="adres", max_length=90, description="Ostatnia część adresu strony."))
        return node

    def initial(self) -> Any:
        return {"dokad": resource_path(self.context.__parent__), "adres": self.context.__name__}

    def success(self, values: Any, button: str) -> Any:
        target = find_resource(self.context, values["dokad"])
        if target is self.context.__parent__ and values["adres"] == self.context.__name__:
            raise Rejected("Wybierz inny folder albo podaj inny adres.")
        self._check(target, values["adres"])
        try:
            lifecycle.move(self.request.registry, self.context, target, values["adres"])
        except LifecycleError as error:
            raise Rejected(str(error)) from None
        self.request.session.flash("Przeniesione. Stary adres prowadzi do nowego.", "success")
        return HTTPSeeOther(self.request.layout.path(target, "zawartosc"))

    def _check(self, target: Any, name: str) -> None:
        users = [] if name == self.context.__name__ and target is self.context.__parent__ else referrers(self.context)
        if users:
            raise Rejected(
                f"Nie można zmienić adresu, bo odwołują się do niego: {_titles(users)}. Najpierw zmień te obiekty."
            )
        try:
            check_address(target, name, self.request)
        except AddressRefused as refusal:
            raise Rejected(str(refusal), "adres") from None


def _place_title(folder: Any) -> str:
    titles = []
    while folder is not None:
        titles.append(folder.title or folder.label)
        folder = folder.__parent__
    return " › ".join(reversed(titles))


def _titles(found: Sequence[Any]) -> str:
    shown = ", ".join(f"„{item.title}”" for item in found[:5])
    return f"{shown} i inne" if len(found) > 5 else shown


# the bin


@view_config(
    context=IContent, name="usun", permission=permissions.DELETE, request_method="GET", renderer="templates/delete.pt"
)
def ask_delete(context: Any, request: Any) -> dict[str, Any]:
    """What would go to the bin, and what stands against it."""
    live_content(context)
    users = referrers(context)
    return {
        "title": f"Usuń: {context.title}",
        "label": context.label,
        "inside": len(content_children(context)) if IFolderish.providedBy(context) else 0,
        "users": [{"title": user.title, "url": request.layout.path(user)} for user in users],
        "back": request.layout.path(context.__parent__ or context, "zawartosc"),
    }


@view_config(
    context=IContent, name="usun", permission=permissions.DELETE, request_method="POST", renderer="templates/delete.pt"
)
def delete(context: Any, request: Any) -> Any:
    """Move to the bin; refused with 422 where something refers to the object."""
    parent, title = live_content(context).__parent__, context.title
    try:
        lifecycle.delete(request.registry, context, actor(request))
    except LifecycleError as error:
        request.response.status_int = 422
        return {**ask_delete(context, request), "error": str(error)}
    request.session.flash(f"„{title}” leży w koszu. Można to stamtąd przywrócić.", "success")
    return HTTPSeeOther(request.layout.path(parent, "zawartosc"))


@view_config(
    context=Bin, name="zawartosc", permission=permissions.EDIT, request_method="GET", renderer="templates/bin.pt",

)  # fmt: skip
def bin_contents(context: Any, request: Any) -> Mapping[str, Any]:
    """What lies in the bin, the latest first."""
    site = site_of(context)
    deleted = [child for child in context.values() if IContent.providedBy(child)]
    deleted.sort(key=lambda child: str(child.updated_at or ""), reverse=True)
    rows = [
        {
            "name": child.__name__,
            "title": child.title,
            "label": child.label,
            "from": child.deleted_from,
            "by": shown_name(site, child.updated_by),
            "may_bring_back": request.has_permission(permissions.PUBLISH, child),
        }
        for child in deleted
    ]
    return {"title": "Kosz", "rows": rows}


@view_config(
    context=Bin, name="zawartosc", permission=permissions.EDIT, request_method="POST",
    renderer="templates/bin.pt",
)  # fmt: skip
def bring_back_from_bin(context: Any, request: Any) -> Any:
    """Bring one object back to where it was, as a draft."""
    what, _, name = posted_text(request, ACTION).partition(":")
    if what != "przywroc" or name not in context:
        raise HTTPBadRequest()
    content = context[name]
    if not request.has_permission(permissions.PUBLISH, content):
        raise HTTPForbidden()
    try:
        lifecycle.undelete(request.registry, content, actor(request))
    except LifecycleError as error:
        request.response.status_int = 422
        return {**bin_contents(context, request), "error": str(error)}
    request.session.flash(f"„{content.title}” wróciło na swoje miejsce jako robocze.", "success")
    return HTTPSeeOther(request.layout.path(content.__parent__, "zawartosc"))
