"""The full-text index as an index of a Substance D catalog.

Owns the adaptation alone: discriminator, hypatia's query objects, index factory. What is found, and how it is ranked,
is the business of :mod:`.index`, whose ``TextIndex.search`` the search views call: ``catalog["text"].index.search(…)``.
"""

from collections.abc import Callable, Iterator
from typing import Any

import hypatia.interfaces
import hypatia.query
import hypatia.util
from persistent import Persistent
from substanced.catalog.factories import IndexFactory
from substanced.catalog.indexes import SDIndex
from substanced.content import content
from zope.interface import implementer

from .analysis import ANALYSIS_VERSION
from .index import TextIndex

_marker = object()


@content("Polish Text Index", icon="glyphicon glyphicon-search", is_index=True)
@implementer(hypatia.interfaces.IIndex, hypatia.interfaces.IIndexSort, hypatia.interfaces.IIndexStatistics)
class PolishTextIndex(SDIndex, hypatia.util.BaseIndexMixin, Persistent):
    """A catalog's index over the mapping field → plain text that its discriminator gives for an object."""

    def __init__(self, discriminator: Callable[[Any, Any], Any], action_mode: Any = None) -> None:
        self.discriminator = discriminator
        self.index = TextIndex()
        self._not_indexed = self.family.IF.TreeSet()
        if action_mode is not None:
            self.action_mode = action_mode

    def reset(self) -> None:
        """Forget all objects."""
        self.index.reset()
        self._not_indexed = self.family.IF.TreeSet()

    def index_doc(self, docid: int, obj: Any) -> None:
        """Index an object, or index it again; one without text is remembered as not indexed."""
        fields = self.discriminate(obj, _marker)
        if fields is _marker:
            self.index.unindex_doc(docid)
            self._not_indexed.insert(docid)
            return
        if docid in self._not_indexed:
            self._not_indexed.remove(docid)
        self.index.index_doc(docid, fields)

    def reindex_doc(self, docid: int, obj: Any) -> None:
        """Index an object again, writing only what changed."""
        self.index_doc(docid, obj)

    def unindex_doc(self, docid: int) -> None:
        """Forget an object."""
        if docid in self._not_indexed:
            self._not_indexed.remove(docid)
        self.index.unindex_doc(docid)

    def indexed(self) -> Any:
        """Return the set of the objects that have text."""
        return self.family.IF.TreeSet(self.index.docids())

    def indexed_count(self) -> int:
        """Return how many objects have text."""
        return len(self.index)

    def not_indexed(self) -> Any:
        """Return the set of the objects that have no text."""
        return self._not_indexed

    def word_count(self) -> int:
        """Return how many base forms the index knows."""
        return len(self.index.lexicon)

    def document_repr(self, docid: int, default: Any = None) -> Any:
        """Return the title an object was indexed with."""
        title = self.index.title(docid)
        return default if title is None else title

    def apply(self, query: str) -> Any:
        """Return docid → score for a query as a person typed it."""
        found = self.family.IF.BTree()
        for hit in self.index.search(query).hits:
            found[hit.docid] = hit.score
        return found

    applyContains = applyEq = apply

    def applyNotContains(self, query: str) -> Any:
        """Return the objects that do not answer a query."""
        return self._negate(self.apply, query)

    applyNotEq = applyNotContains

    def contains(self, query: str) -> hypatia.query.Contains:
        """Return hypatia's query object for a query."""
        return hypatia.query.Contains(self, query)

    eq = contains

    def notcontains(self, query: str) -> hypatia.query.NotContains:
        """Return hypatia's query object for what does not answer a query."""
        return hypatia.query.NotContains(self, query)

    noteq = notcontains

    def sort(
        self,
        docids: Any,
        reverse: bool = False,
        limit: int | None = None,
        sort_type: Any = None,
        raise_unsortable: bool = True,
    ) -> Any:
        """Return the docids of a scored result, best first.

        :raises TypeError: if the result has no scores, that is, if the query did not ask this index.
        """
        if not docids:
            return docids
        if not hasattr(docids, "items"):
            raise TypeError("only a result with scores can be sorted by relevance")
        by_score: Iterator[int] = iter(
            sorted(docids.keys(), key=lambda docid: (-docids[docid], docid), reverse=reverse)
        )
        return list(by_score)[: limit or None]


class PolishText(IndexFactory):
    """Index factory for a catalog factory; the fields come from the index views of the objects.

    Such a view returns field → plain text, or the default for an object that is not to be found by text. An index made
    with an older analysis counts as stale, so that synchronising the catalogs makes it anew; its synonyms must then be
    set again.
    """

    index_type = PolishTextIndex

    def hashvalues(self) -> dict[str, Any]:
        """Return what makes an index stale when it changes."""
        values: dict[str, Any] = super().hashvalues()
        values["analysis"] = ANALYSIS_VERSION
        return values
