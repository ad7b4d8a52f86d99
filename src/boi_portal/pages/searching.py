"""The search page: what people typed, understood with Polish endings, and only what they may see."""

from __future__ import annotations

from typing import Any

from pyramid.view import view_config

from .. import permissions
from ..interfaces import ICaseType, IEForm, IHelpPage, ISite
from ..publishing.catalog import boi_index
from ..search.snippets import snippet
from .listing import paginate

PAGE_SIZE = 10
KINDS = ((ICaseType, "Sprawa"), (IEForm, "Formularz"), (IHelpPage, "Pomoc"))


@view_config(
    context=ISite, name="szukaj", permission=permissions.VIEW, request_method=("GET", "HEAD"),
    renderer="templates/search.pt", public_page=True,
)  # fmt: skip
def search(context: Any, request: Any) -> dict[str, Any]:
    """Results for `?q=`, best first, ten to a page."""
    query = request.GET.get("q", "").strip()
    title = f"Wyniki wyszukiwania: {query[:80]}" if query else "Wyszukiwarka"
    if not query:
        return {"title": title, "query": "", "result": None, "paging": None, "hits": []}
    index = boi_index(context, "text").index
    resolve = context.__objectmap__.object_for

    def may_see(docid: int) -> bool:
        found = resolve(docid)
        return found is not None and request.has_permission(permissions.VIEW, found)

    result = index.search(query, where=may_see)
    paging = paginate(result.hits, len(result.hits), request, PAGE_SIZE)
    hits = [_hit(resolve(hit.docid), result.analysis, request) for hit in paging.items]
    return {"title": title, "query": query, "result": result, "paging": paging, "hits": hits}


def _hit(content: Any, analysis: Any, request: Any) -> dict[str, Any]:
    texts = content.searchable()
    return {
        "title": content.title,
        "url": request.resource_url(content),
        "kind": next((name for interface, name in KINDS if interface.providedBy(content)), content.label),
        "online": content.value("online", ""),
        "summary": content.summary,
        "snippet": snippet(texts["body"] or texts["summary"], analysis),
    }
