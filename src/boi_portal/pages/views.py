"""Pages of words for everyone: home, plain pages, help, news, departments, files."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.traversal import find_resource
from pyramid.view import view_config, view_defaults

from .. import interfaces, permissions
from ..publishing.catalog import listing
from ..publishing.lifecycle import site_of
from ..publishing.richtext import markup
from .listing import visible_children

NEWS_ON_HOME = 3
# shown in place; everything else is offered as a download
SHOWN = {"image/png", "image/jpeg", "image/svg+xml", "application/pdf"}


@view_defaults(permission=permissions.VIEW, request_method=("GET", "HEAD"), public_page=True)
class Pages:
    """Views of single content objects; each returns a plain dict."""

    def __init__(self, context: Any, request: Any) -> None:
        self.context = context
        self.request = request

    def _page(self, **more: Any) -> dict[str, Any]:
        return {
            "title": self.context.title,
            "summary": self.context.summary,
            "body": markup(self.context.value("body", "")),
            "updated_at": self.context.updated_at,
            **more,
        }

    def _teaser(self, content: Any) -> dict[str, Any]:
        return {
            "title": content.title,
            "summary": content.summary,
            "url": self.request.resource_url(content),
            "date": content.value("date", ""),
            "state": content.state,
        }

    def _teasers(self) -> list[dict[str, Any]]:
        return [self._teaser(child) for child in visible_children(self.context, self.request)]

    @view_config(context=interfaces.ISite, renderer="templates/home.pt")
    def home(self) -> dict[str, Any]:
        """The home page: search, sign-in, most-chosen cases, categories, news."""
        return self._page(
            popular=[self._card(card) for card in self._popular()],
            categories=self._categories(),
            news=self._news(),
        )

    def _popular(self) -> list[Any]:
        found = []
        for path in self.context.value("popular", ()):
            try:
                card = find_resource(self.context, "/" + path.strip("/"))
            except KeyError:
                continue  # the editor moved or deleted it; the list just gets shorter
            if interfaces.IContent.providedBy(card) and self.request.has_permission(permissions.VIEW, card):
                found.append(card)
        return found

    def _card(self, card: Any) -> dict[str, Any]:
        return {**self._teaser(card), "online": card.value("online", "none")}

    def _categories(self) -> list[dict[str, Any]]:
        if "katalog" not in self.context:
            return []
        return [
            {**self._teaser(category), "icon": category.value("icon", "file")}
            for category in visible_children(self.context["katalog"], self.request)
        ]

    def _news(self) -> list[dict[str, Any]]:
        if "aktualnosci" not in self.context:
            return []
        news = [self._teaser(item) for item in visible_children(self.context["aktualnosci"], self.request)]
        return sorted(news, key=lambda item: item["date"], reverse=True)[:NEWS_ON_HOME]

    @view_config(context=interfaces.IPage, renderer="templates/page.pt")
    def page(self) -> dict[str, Any]:
        """A plain page or a page of help."""
        return self._page(siblings=self._siblings() if interfaces.IHelpPage.providedBy(self.context) else [])

    def _siblings(self) -> list[dict[str, Any]]:
        return [
            {**self._teaser(child), "current": child is self.context}
            for child in visible_children(self.context.__parent__, self.request)
        ]

    @view_config(context=interfaces.IFolderish, renderer="templates/folder.pt")
    def folder(self) -> dict[str, Any]:
        """A folder: its introduction and what it holds."""
        return self._page(children=self._teasers())

    @view_config(context=interfaces.INewsFolder, renderer="templates/news-folder.pt")
    def news_folder(self) -> dict[str, Any]:
        """All news, newest first."""
        news = sorted(self._teasers(), key=lambda item: item["date"], reverse=True)
        return self._page(news=news)

    @view_config(context=interfaces.INews, renderer="templates/news.pt")
    def news(self) -> dict[str, Any]:
        """A news item."""
        return self._page(date=self.context.value("date", ""))

    @view_config(context=interfaces.IDepartments, renderer="templates/departments.pt")
    def departments(self) -> dict[str, Any]:
        """All departments with their contact data."""
        return self._page(
            departments=[self._department(child) for child in visible_children(self.context, self.request)]
        )

    @view_config(context=interfaces.IDepartment, renderer="templates/department.pt")
    def department(self) -> dict[str, Any]:
        """A department and the cards it handles."""
        cards = listing(site_of(self.context), type="case-type", department=self.context.__name__)
        return self._page(department=self._department(self.context), cards=[self._card(card) for card in cards])

    def _department(self, department: Any) -> dict[str, Any]:
        return {**self._teaser(department), **contact_of(department)}

    @view_config(context=interfaces.IFile)
    def file(self) -> Response:
        """The file itself; shown in place only where it is a picture or a PDF."""
        return file_response(self.context)


def contact_of(department: Any) -> dict[str, Any]:
    """Where and when a department is to be found."""
    names = ("code", "room", "floor", "phone", "email", "hours", "head")
    return {name: department.value(name, "") for name in names}


def file_response(content: Any) -> Response:
    """A stored file as a response.

    :raises HTTPNotFound: the object holds no file.
    """
    if content.blob is None:
        raise HTTPNotFound()
    shown = content.media_type in SHOWN
    response = Response(content.read(), content_type=content.media_type, charset=None)
    response.content_disposition = f'{"inline" if shown else "attachment"}; filename="{content.__name__}"'
    response.etag = content.sha256
    # a drawing from the office may still not run anything, even when opened by its address
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
