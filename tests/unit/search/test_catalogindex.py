"""The index in a Substance D catalog, with hypatia's queries."""

import hypatia.interfaces
import pytest
from pyramid import testing
from substanced.catalog.factories import CatalogFactory
from substanced.interfaces import MODE_IMMEDIATE, IIndexView
from zope.interface import Interface
from zope.interface.verify import verifyObject

from boi_portal.search import catalogindex
from boi_portal.search.catalogindex import PolishText, PolishTextIndex


class Page:
    def __init__(self, title, body=""):
        self.title, self.body = title, body


def fields(page, default):
    return {"title": page.title, "body": page.body} if page.title else default


@pytest.fixture
def index():
    index = PolishTextIndex(fields)
    for docid, title in enumerate(["Wydanie dowodu osobistego", "Wymiana dowodu rejestracyjnego", "Pobyt stały"], 1):
        index.index_doc(docid, Page(title))
    index.index_doc(4, Page(""))
    return index


def test_interfaces(index):
    assert verifyObject(hypatia.interfaces.IIndexInjection, index)
    assert verifyObject(hypatia.interfaces.IIndexEnumeration, index)


def test_enumeration(index):
    assert (list(index.indexed()), list(index.not_indexed()), list(index.docids())) == ([1, 2, 3], [4], [1, 2, 3, 4])
    assert (index.indexed_count(), index.not_indexed_count(), index.docids_count()) == (3, 1, 4)
    assert index.word_count() > 5 and index.document_repr(3) == "Pobyt stały" and index.document_repr(4, "?") == "?"


def test_object_that_loses_and_gains_its_text(index):
    index.reindex_doc(1, Page(""))
    index.reindex_doc(4, Page("Podatek"))
    assert (list(index.indexed()), list(index.not_indexed())) == ([2, 3, 4], [1])
    index.unindex_doc(1)
    index.unindex_doc(4)
    assert list(index.docids()) == [2, 3]


def test_reset(index):
    index.reset()
    assert list(index.docids()) == [] and len(index.apply("dowód")) == 0


def test_queries(index):
    assert set(index.contains("dowodów").execute(resolver=lambda docid: docid).ids) == {1, 2}
    assert set(index.notcontains("dowodów").execute(resolver=lambda docid: docid).ids) == {3, 4}
    both = index.eq("dowód") & index.eq("osobisty")
    assert list(both.execute(resolver=lambda docid: docid).ids) == [1]
    assert [set(index.apply(query)) for query in ("(", "AND", "")] == [set(), set(), set()]


def test_sort_by_relevance(index):
    scored = index.apply("dowód rejestracyjny")
    assert index.sort(scored) == [2, 1]
    assert index.sort(scored, reverse=True) == [1, 2]
    assert index.sort(scored, limit=1) == [2]
    assert not index.sort(index.apply("zzz"))
    with pytest.raises(TypeError):
        index.sort([1, 2])


class TestFactory:
    @pytest.fixture
    def config(self):
        with testing.testConfig() as config:
            yield config

    def test_fields_come_from_index_views(self, config):
        config.registry.registerAdapter(fields, (Interface,), IIndexView, name="boi|text")
        index = PolishText(action_mode=MODE_IMMEDIATE)("boi", "text")
        assert index.action_mode is MODE_IMMEDIATE
        index.index_resource(Page("Pobyt stały"), oid=1)
        index.index_resource(Page(""), oid=2)
        assert (list(index.apply("pobytu")), list(index.not_indexed())) == ([1], [2])

    def test_index_is_stale_when_the_analysis_changes(self, monkeypatch):
        factory = PolishText()
        index = factory("boi", "text")
        assert not factory.is_stale(index)
        monkeypatch.setattr(catalogindex, "ANALYSIS_VERSION", -1)
        assert factory.is_stale(index)

    def test_catalog_factory_makes_it(self):
        catalog = testing.DummyResource()
        catalog.replace = catalog.add = catalog.__setitem__
        CatalogFactory("boi", {"text": PolishText()}).replace(catalog)
        assert isinstance(catalog["text"], PolishTextIndex)
