"""The frame of every page: what the layout template knows, static files under addresses of their content, the town's colours.

`layout` is added to every rendering. It is lazy: a page that does not use the layout pays nothing, and an error page can be drawn
when there is no site.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pyramid.decorator import reify
from pyramid.events import BeforeRender
from pyramid.path import AssetResolver
from pyramid.renderers import get_renderer
from pyramid.response import Response
from pyramid.static import static_view
from pyramid.traversal import lineage, resource_path

from .. import permissions
from ..interfaces import ISite
from . import polish
from .colours import theme
from .security import APPLICANT_PREFIX, staff_user

logger = logging.getLogger(__name__)

YEAR = 365 * 24 * 3600  # seconds
KINDS_OF_MESSAGE = ("success", "info", "warning", "danger")

Toolbar = Callable[[Any, Any], str | None]
Banner = Callable[[Any], str | None]


class TownFields(dict[str, Any]):
    """The site's fields, readable as attributes too; what is missing is empty."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self.get(name, "")
        return TownFields(value) if isinstance(value, dict) else value


@dataclasses.dataclass(frozen=True)
class SignedIn:
    """The person who is signed in, as pages show them. `kind` is `applicant` or `staff`."""

    id: Any
    login: str
    name: str
    kind: str

    @property
    def initials(self) -> str:
        """One or two letters."""
        parts = re.findall(r"\w+", self.name) or ["?"]
        return "".join(part[0] for part in (parts if len(parts) < 3 else [parts[0], parts[-1]])).upper()


@dataclasses.dataclass(frozen=True)
class Crumb:
    """One step of the way to this page; the last has no address."""

    title: str
    href: str = ""


@dataclasses.dataclass(frozen=True)
class Message:
    """A flashed message; `kind` is `success`, `info`, `warning` or `danger`."""

    text: str
    kind: str

    @property
    def icon(self) -> str:
        """The icon that goes with its kind."""
        return {"success": "check", "info": "info"}.get(self.kind, "alert")


class Layout:
    """What templates know as `layout`."""

    date = staticmethod(polish.date_text)
    datetime = staticmethod(polish.datetime_text)
    money = staticmethod(polish.money)
    plural = staticmethod(polish.plural)
    counted = staticmethod(polish.counted)
    file_size = staticmethod(polish.file_size)
    hours = staticmethod(polish.hours_text)

    def __init__(self, request: Any) -> None:
        self.request = request

    # the frame

    @reify
    def macros(self) -> Any:
        """Macros of the layout: `page`, `csrf`, `field-error`, `error-summary`, `icon`."""
        return get_renderer("boi_portal.web:templates/layout.pt").implementation().macros

    @reify
    def site(self) -> TownFields:
        """The town's fields."""
        return TownFields(getattr(self._root, "fields", {}))

    @reify
    def _root(self) -> Any:
        return getattr(self.request, "root", None)

    @property
    def settings(self) -> Any:
        """The portal's settings."""
        return self.request.registry.boi_settings

    def static(self, name: str) -> str:
        """The address of a static file: `portal.css`, or `editing/toolbar.js` from a feature's folder."""
        path: str = self.request.asset_path(name)
        return path

    @property
    def theme(self) -> str:
        """The address of the style sheet with the town's colours; it changes with them."""
        return f"{self.path()}motyw.css?v={theme_version(self.site)}"

    @property
    def coat_of_arms(self) -> str:
        """The address of the coat of arms; empty where the town has given none."""
        path = self.site.coat_of_arms
        return f"{self.path()}{path.lstrip('/')}" if path else ""

    def icon(self, name: str, css: str = "icon") -> Markup:
        """An icon of the sprite, drawn in the text's colour and hidden from screen readers."""
        return Markup('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>').format(
            css, self.static("icons.svg"), name
        )

    def path(self, resource: Any = None, *elements: str) -> str:
        """The address of a resource without a slash at its end (of the site: `/`); `path('konto')` is relative to the site."""
        base = self.request.script_name.rstrip("/")
        if isinstance(resource, str):
            return "/".join([base, resource.strip("/"), *elements])
        place = "/" if resource is None else resource_path(resource)
        return base + "/".join([place.rstrip("/"), *elements]) if elements else base + place

    @reify
    def messages(self) -> list[Message]:
        """Flashed messages, each shown once."""
        session = self.request.session
        if not session.exists:
            return []
        return [Message(text, kind) for kind in KINDS_OF_MESSAGE for text in session.pop_flash(kind)]

    @reify
    def session_expires_in(self) -> int:
        """Seconds until a signed-in person's session ends; 0 for visitors."""
        return self.request.session.expires_in if self.user is not None else 0

    @reify
    def failed(self) -> bool:
        """Whether this page tells that a form was refused; its title then begins with the word."""
        return self.request.response.status_int == 422

    # people

    @reify
    def user(self) -> SignedIn | None:
        """Who is signed in."""
        userid = self.request.authenticated_userid
        if userid is None:
            return None
        if isinstance(userid, str):
            person = self.request.office.applicants.get(userid.removeprefix(APPLICANT_PREFIX))
            login = getattr(person, "login", "")
            return SignedIn(userid, login, getattr(person, "display_name", "") or login, "applicant")
        person = staff_user(self.request, userid)
        login = person.__name__
        return SignedIn(userid, login, getattr(person, "display_name", "") or login, "staff")

    @reify
    def is_clerk(self) -> bool:
        """Whether the clerk's desk is this person's."""
        roles = {permissions.role(name) for name in (permissions.CLERK, permissions.HEAD, permissions.ADMIN)}
        return self._is_staff and not roles.isdisjoint(self.request.effective_principals)

    @reify
    def is_admin(self) -> bool:
        """Whether the management interface is this person's."""
        return self._is_staff and permissions.role(permissions.ADMIN) in self.request.effective_principals

    @property
    def _is_staff(self) -> bool:
        return self.user is not None and self.user.kind == "staff"

    def has_permission(self, name: str, context: Any = None) -> bool:
        """Whether the user has a permission on the page's context (or another one)."""
        return bool(self.request.has_permission(name, context))

    @reify
    def toolbar(self) -> Markup:
        """Panels for employees, from `config.add_toolbar`; empty for everybody else."""
        context = getattr(self.request, "context", None)
        if not self._is_staff or context is None:
            return Markup("")
        panels = (panel(context, self.request) for panel in self.request.registry.boi_toolbars)
        return Markup("").join(Markup(panel) for panel in panels if panel)  # noqa: S704 - panels are own templates

    @reify
    def banner(self) -> Markup:
        """What applicants are told at the top of every page, from `config.add_banner`; empty for everybody else."""
        if self.user is None or self.user.kind != "applicant" or self._root is None:
            return Markup("")
        banners = (banner(self.request) for banner in self.request.registry.boi_banners)
        return Markup("").join(Markup(banner) for banner in banners if banner)  # noqa: S704 - banners are own templates

    # where one is

    @property
    def is_home(self) -> bool:
        """Whether this is the home page."""
        context = getattr(self.request, "context", None)
        return context is not None and context is self._root and not getattr(self.request, "view_name", "")

    def breadcrumbs(self, title: str = "") -> list[Crumb]:
        """The way here from the home page; `title` is the page's own. Empty on the home page itself.

        A view that knows better puts its own list into the rendering as `breadcrumbs`.
        """
        context = getattr(self.request, "context", None)
        if context is None or not title or self.is_home:
            return []
        above = [item for item in lineage(context) if item is not self._root]
        if not self.request.view_name and above:
            above = above[1:]
        crumbs = [
            Crumb(item.title or item.__name__, self.path(item)) for item in reversed(above) if self._is_open(item)
        ]
        return [Crumb("Strona główna", self.path()), *crumbs, Crumb(title)]

    def _is_open(self, item: Any) -> bool:
        return bool(getattr(item, "title", "")) and bool(self.request.has_permission(permissions.VIEW, item))

    def is_at(self, name: str) -> bool:
        """Whether the page lies in the first segment `name`, for marking it in the navigation."""
        return self.request.path_info.strip("/").partition("/")[0] == name


def add_layout(event: Any) -> None:
    """Give every template its `layout`."""
    request = event.get("request")
    if request is not None and "layout" not in event:
        event["layout"] = request.layout


def add_toolbar(config: Any, panel: Toolbar) -> None:
    """Directive: `panel(context, request)` returns markup for employees above the page, or None."""
    panel = config.maybe_dotted(panel)

    def register() -> None:
        config.registry.boi_toolbars.append(panel)

    config.action(("boi toolbar", panel), register)


def add_banner(config: Any, banner: Banner) -> None:
    """Directive: `banner(request)` returns markup for a signed-in applicant at the top of the page, or None."""
    banner = config.maybe_dotted(banner)

    def register() -> None:
        config.registry.boi_banners.append(banner)

    config.action(("boi banner", banner), register)


# static files


class Assets:
    """Folders of static files, served under an address that holds the digest of all their content.

    So every file may be kept for a year, and what a style sheet refers to by a relative address changes with it.
    """

    def __init__(self) -> None:
        self.folders: dict[str, str] = {}

    @reify
    def version(self) -> str:
        """Twelve hexadecimal digits made from all files."""
        digest = hashlib.sha256()
        for name, spec in sorted(self.folders.items()):
            root = Path(AssetResolver().resolve(spec).abspath())
            for path in sorted(item for item in root.rglob("*") if item.is_file()):
                digest.update(f"{name}/{path.relative_to(root).as_posix()}".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()[:12]

    @reify
    def views(self) -> dict[str, Any]:
        """The view of each folder."""
        return {name: static_view(spec, cache_max_age=YEAR, use_subpath=True) for name, spec in self.folders.items()}


def add_assets(config: Any, name: str, spec: str) -> None:
    """Directive: serve the folder `spec` (`package:static`) as `layout.static('name/…')`."""

    def register() -> None:
        config.registry.boi_assets.folders[name] = spec

    config.action(("boi assets", name), register)


def asset_path(request: Any, name: str) -> str:
    """The address of a static file."""
    return f"{request.script_name}/static/{request.registry.boi_assets.version}/{name}"


def static_file(request: Any) -> Any:
    """A static file; of another version than the present one nothing may be kept."""
    assets: Assets = request.registry.boi_assets
    subpath = request.matchdict["subpath"]
    folder = subpath[0] if len(subpath) > 1 and subpath[0] in assets.views else ""
    request.subpath = subpath[1:] if folder else subpath
    response = assets.views[folder](None, request)
    if request.matchdict["version"] != assets.version:
        response.headers["Cache-Control"] = "no-cache"
        response.headers.pop("Expires", None)
    elif response.status_int == 200:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


# colours


def theme_version(site: Mapping[str, Any]) -> str:
    """A word that changes with the town's colours."""
    return re.sub(r"[^0-9a-f-]", "", f"{site.get('accent') or ''}-{site.get('accent_dark') or ''}".lower())


def theme_view(context: Any, request: Any) -> Response:
    """`/motyw.css`: the custom properties made from the town's accent colours."""
    fields = context.fields
    response = Response(
        theme(fields.get("accent"), fields.get("accent_dark")), content_type="text/css", charset="utf-8"
    )
    if request.params.get("v") == theme_version(fields):
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


# the session


def extend_session(context: Any, request: Any) -> Any:
    """`POST /sesja`: the person is still there. Answers how many seconds are left."""
    if request.session.exists:
        request.session.touch()
    return {"expires_in": request.session.expires_in}


def _request_layout(request: Any) -> Layout:
    return Layout(request)


def _no_root(request: Any) -> None:
    """Static files need no database."""


def includeme(config: Any) -> None:
    config.registry.boi_toolbars = []
    config.registry.boi_banners = []
    config.registry.boi_assets = Assets()
    config.add_directive("add_toolbar", add_toolbar)
    config.add_directive("add_banner", add_banner)
    config.add_directive("add_assets", add_assets)
    config.add_request_method(_request_layout, "layout", reify=True)
    config.add_request_method(asset_path, "asset_path")
    config.add_subscriber(add_layout, BeforeRender)
    config.add_assets("", "boi_portal.web:static")
    config.add_route("boi_static", "/static/{version}/*subpath", factory=_no_root, request_method=("GET", "HEAD"))
    config.add_view(static_file, route_name="boi_static")
    config.add_view(theme_view, context=ISite, name="motyw.css", request_method="GET", public_page=True)
    config.add_view(extend_session, context=ISite, name="sesja", request_method="POST", renderer="json")
