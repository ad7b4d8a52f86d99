"""The case catalog for everyone: by category, by department, by name; the category; the card."""

from __future__ import annotations

from typing import Any

from pyramid.view import view_config, view_defaults
from stdnum import iban

from .. import permissions
from ..interfaces import ICaseType, ICatalogOfCases, ICategory
from ..pages.listing import paginate, visible_children
from ..pages.views import contact_of
from ..publishing.catalog import listing
from ..publishing.lifecycle import site_of
from ..publishing.richtext import markup
from ..web.assurance import ADVICE, Assurance, help_path
from .resources import DEPARTMENTS, files_of
from .schemas import ONLINE, SECTIONS

VIEWS = {"kategorie": "Kategorie", "wydzialy": "Wydziały", "nazwy": "Nazwy"}
ONLINE_LABELS = dict(ONLINE)


@view_defaults(permission=permissions.VIEW, request_method=("GET", "HEAD"), public_page=True)
class Catalog:
    """Views of the catalog; each returns a plain dict."""

    def __init__(self, context: Any, request: Any) -> None:
        self.context = context
        self.request = request
        self.site = site_of(context)

    @view_config(context=ICatalogOfCases, renderer="templates/catalog.pt")
    def catalog(self) -> dict[str, Any]:
        """The catalog by `?wedlug=` kategorie, wydzialy or nazwy."""
        by = self.request.GET.get("wedlug", "kategorie")
        by = by if by in VIEWS else "kategorie"
        return {
            "title": self.context.title,
            "body": markup(self.context.value("body", "")),
            "by": by,
            "choices": [
                {"name": name, "label": label, "url": self.request.resource_url(self.context, query={"wedlug": name})}
                for name, label in VIEWS.items()
            ],
            **getattr(self, f"_by_{by}")(),
        }

    def _by_kategorie(self) -> dict[str, Any]:
        return {
            "categories": [
                {
                    "title": category.title,
                    "summary": category.summary,
                    "icon": category.value("icon", "file"),
                    "url": self.request.resource_url(category),
                    "count": len(listing(self.site, type="case-type", category=category.__name__)),
                }
                for category in visible_children(self.context, self.request)
            ]
        }

    def _by_wydzialy(self) -> dict[str, Any]:
        groups: list[dict[str, Any]] = []
        if DEPARTMENTS not in self.site:
            return {"departments": groups}
        for department in visible_children(self.site[DEPARTMENTS], self.request):
            cards = listing(self.site, type="case-type", department=department.__name__)
            if len(cards):
                groups.append({"title": department.title, "cards": [self._teaser(card) for card in cards]})
        return {"departments": groups}

    def _by_nazwy(self) -> dict[str, Any]:
        found = listing(self.site, type="case-type")
        paging = paginate(found, len(found), self.request)
        return {"paging": paging, "cards": [self._teaser(card) for card in paging.items]}

    def _teaser(self, card: Any) -> dict[str, Any]:
        online = card.value("online", "none")
        return {
            "title": card.title,
            "summary": card.summary,
            "symbol": card.value("symbol", ""),
            "online": online,
            "online_label": ONLINE_LABELS[online],
            "url": self.request.resource_url(card),
            "state": card.state,
        }

    @view_config(context=ICategory, renderer="templates/category.pt")
    def category(self) -> dict[str, Any]:
        """A category and its cards, in the order that editors set."""
        return {
            "title": f"{self.context.title} – sprawy",  # a department may have the same name
            "heading": self.context.title,
            "summary": self.context.summary,
            "icon": self.context.value("icon", "file"),
            "body": markup(self.context.value("body", "")),
            "cards": [self._teaser(card) for card in visible_children(self.context, self.request)],
        }

    @view_config(context=ICaseType, renderer="templates/card.pt")
    def card(self) -> dict[str, Any]:
        """A card of the catalog."""
        return card_page(self.context, self.context.fields, self.request)


def card_page(card: Any, fields: Any, request: Any) -> dict[str, Any]:
    """What a card's template shows, of `fields`: the published ones, a working copy's or an old version's."""
    site = site_of(card)
    return {
        "title": fields["title"],
        "summary": fields.get("summary", ""),
        "symbol": fields.get("symbol", ""),
        "jrwa": fields.get("jrwa", ""),
        "online": fields.get("online", "none"),
        "online_label": ONLINE_LABELS[fields.get("online", "none")],
        "sections": _sections(fields),
        "fees": fields.get("fees") or [],
        "account": _account(site, fields.get("fees_account")),
        "exemptions": markup(fields.get("exemptions", "")),
        "legal_basis": fields.get("legal_basis") or [],
        "department": _department(card, request),
        "eform": _eform(card, request),
        "downloads": _downloads(files_of(site, fields), request),
        "version": card.version,
        "published_at": card.published_at,
        "updated_at": card.updated_at,
    }


def _sections(fields: Any) -> dict[str, dict[str, Any]]:
    """Section name -> heading and text, of those that hold something."""
    return {
        name: {"heading": heading, "text": markup(fields[name])}
        for name, heading in SECTIONS.items()
        if fields.get(name)
    }


def _account(site: Any, key: str | None) -> dict[str, Any] | None:
    found = next((account for account in site.value("bank_accounts", ()) if account["key"] == key), None)
    return found and {**found, "iban": iban.format(found["iban"])}


def _department(card: Any, request: Any) -> dict[str, Any] | None:
    department = card.department_object()
    if department is None or not request.has_permission(permissions.VIEW, department):
        return None
    return {"title": department.title, "url": request.resource_url(department), **contact_of(department)}


def _eform(card: Any, request: Any) -> dict[str, Any] | None:
    eform = card.eform_object()
    if eform is None or not request.has_permission(permissions.VIEW, eform):
        return None
    return {
        "title": eform.title,
        "url": request.resource_url(eform),
        "minutes": eform.value("minutes", 0),
        "needs": ADVICE[eform.assurance] if eform.assurance > Assurance.PASSWORD else "",
        "needs_help": help_path(request, eform.assurance),
    }


def _downloads(files: list[Any], request: Any) -> list[dict[str, Any]]:
    return [
        {
            "title": file.title,
            "url": request.resource_url(file),
            "kind": file.__name__.rpartition(".")[2].upper(),
            "size": file.size,
        }
        for file in files
        if request.has_permission(permissions.VIEW, file)
    ]
