"""The `boi` catalog: what lists of content are made from. Text is indexed by the worker, everything else at commit.

Only content is in it; Substance D's services and staff are left out, so random names never reach the text index.
"""

from __future__ import annotations

from typing import Any

from hypatia.util import ResultSet
from substanced.catalog import Field, catalog_factory, indexview, indexview_defaults
from substanced.interfaces import MODE_DEFERRED
from substanced.util import find_catalog

from ..interfaces import IContent, ISite
from ..search.catalogindex import PolishText
from ..search.synonyms import default_synonyms


@catalog_factory("boi")
class BoiCatalogFactory:
    """The portal's own indexes."""

    type = Field()  # the word of content files: lists of one kind
    state = Field()  # lists for editors; what the world may see
    sort_title = Field()  # alphabetical lists
    category = Field()  # name of the folder that holds it
    department = Field()  # cards of a department
    online = Field()  # cards that can be done on line
    working_copy = Field()  # who has edits that wait for publication
    text = PolishText(action_mode=MODE_DEFERRED)


@indexview_defaults(catalog_name="boi", context=IContent)
class BoiIndexViews:
    """What of an object goes into which index."""

    def __init__(self, resource: Any) -> None:
        self.resource = resource

    def _listed(self) -> bool:
        return not ISite.providedBy(self.resource) and getattr(self.resource, "deleted_from", None) is None

    @indexview()
    def type(self, default: Any) -> Any:
        return self.resource.type_name if self._listed() else default

    @indexview()
    def state(self, default: Any) -> Any:
        return self.resource.state if self._listed() else default

    @indexview()
    def sort_title(self, default: Any) -> Any:
        return sort_key(self.resource.title)

    @indexview()
    def category(self, default: Any) -> Any:
        parent = self.resource.__parent__
        return default if parent is None else parent.__name__ or default

    @indexview()
    def department(self, default: Any) -> Any:
        return self.resource.value("department", default)

    @indexview()
    def online(self, default: Any) -> Any:
        return self.resource.value("online", default)

    @indexview()
    def working_copy(self, default: Any) -> Any:
        copy = self.resource.working_copy
        return default if copy is None or not self._listed() else copy.by

    @indexview()
    def text(self, default: Any) -> Any:
        if not self._listed() or self.resource.state != "published":
            return default
        return self.resource.searchable()


POLISH_ORDER = {sign: place for place, sign in enumerate("aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźż")}


def sort_key(text: str) -> str:
    """A key that sorts as the Polish alphabet does (ą after a, ł after l)."""
    return "".join(chr(0x100 + POLISH_ORDER[sign]) if sign in POLISH_ORDER else sign for sign in text.casefold())


def boi_index(site: Any, name: str) -> Any:
    """An index of the `boi` catalog."""
    return find_catalog(site, "boi")[name]


def listing(site: Any, **values: str) -> ResultSet:
    """Published content whose fields equal `values`, in the order of titles; objects are loaded when they are used."""
    catalog = find_catalog(site, "boi")
    query = catalog["state"].eq("published")
    for name, value in values.items():
        query &= catalog[name].eq(value)
    catalog["sort_title"].flush()  # a query flushes its own indexes alone
    return query.execute().sort(catalog["sort_title"])


def sync_synonyms(site: Any) -> bool:
    """Give the text index the synonyms that editors keep, or the shipped ones where they keep none. Tells whether it wrote."""
    lines = str(site.value("synonyms", "")).splitlines()
    groups = [[word.strip() for word in line.split(",") if word.strip()] for line in lines if line.strip()]
    groups = groups or default_synonyms()
    holder = boi_index(site, "text")
    if getattr(holder, "synonyms_set", None) == groups:
        return False
    holder.index.set_synonyms(groups)
    holder.synonyms_set = groups
    return True
