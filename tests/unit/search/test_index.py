"""Queries against small indexes: ranking, symbols, synonyms, unknown words, hostile input."""

import io
import pickle

import pytest
import transaction
import ZODB
from ZODB.MappingStorage import MappingStorage

from boi_portal.search.index import FIELDS, MAX_QUERY_WORDS, TextIndex

DOCUMENTS = {
    1: {
        "title": "Wydanie dowodu osobistego",
        "symbol": "SO-01",
        "keywords": "e-dowód",
        "body": "Wniosek i fotografia.",
    },
    2: {"title": "Wymiana dowodu rejestracyjnego", "symbol": "KM-02", "body": "Badanie techniczne pojazdu."},
    3: {"title": "Zameldowanie na pobyt stały", "symbol": "SO-03", "body": "Do wglądu dowód osobisty. Nr RPW/12/2026."},
    4: {"title": "Odbiór odpadów", "symbol": "OŚ-01", "summary": "Kiedy wywozimy odpady komunalne."},
}
SYNONYMS = [["odpady", "śmieci"], ["prawo jazdy", "prawko"], ["dowód osobisty", "plastik"]]


def index_of(documents):
    index = TextIndex()
    for docid, fields in documents.items():
        index.index_doc(docid, fields)
    return index


@pytest.fixture
def index():
    return index_of(DOCUMENTS)


def found(index, query, **options):
    return [hit.docid for hit in index.search(query, **options).hits]


class TestRanking:
    def test_two_words_rank_above_one_wherever_they_stand(self, index):
        index.index_doc(9, {"title": "Dowód dowód", "keywords": "dowód", "summary": "dowód", "body": "dowód " * 500})
        assert found(index, "dowód osobisty") == [1, 3, 9, 2]

    def test_heavier_fields_rank_higher(self):
        index = index_of({number: {name: "pobyt"} for number, name in enumerate(FIELDS)})
        order = [list(FIELDS)[docid] for docid in found(index, "pobytem")]
        assert set(order[:2]) == {"title", "symbol"} and order[2:] == ["keywords", "summary", "body"]

    def test_repeating_a_word_in_a_body_does_not_beat_a_title(self):
        assert found(index_of({1: {"body": "pobyt " * 5000}, 2: {"title": "Pobyt stały"}}), "pobyt") == [2, 1]

    def test_rarer_words_weigh_more(self):
        documents = {number: {"body": "opłata skarbowa"} for number in range(1, 9)}
        index = index_of(documents | {9: {"body": "kaloryfer"}})
        assert found(index, "opłata kaloryfer")[0] == 9

    def test_saying_a_word_twice_changes_nothing(self, index):
        assert index.search("dowód dowód DOWOD").hits == index.search("dowód").hits

    def test_limit_and_where(self, index):
        result = index.search("dowód", limit=1, where=lambda docid: docid != 1)
        assert ([hit.docid for hit in result.hits], result.total) == ([2], 3)

    def test_scores_fall(self, index):
        scores = [hit.score for hit in index.search("dowód osobisty so").hits]
        assert scores == sorted(scores, reverse=True) and len(set(scores)) == len(scores)


class TestSymbols:
    @pytest.mark.parametrize("query", ["SO-01", "so-01", "SO/01", "so01", "SO 01"])
    def test_symbol_is_found_however_it_is_written(self, index, query):
        assert found(index, query)[0] == 1

    def test_symbol_is_not_taken_for_a_neighbouring_one(self, index):
        assert found(index, "SO-03") == [3]

    def test_number_in_a_body(self, index):
        assert found(index, "rpw/12/2026") == [3]

    def test_unknown_symbol_offers_those_that_begin_alike(self, index):
        result = index.search("SO-99")
        assert {hit.docid for hit in result.hits} == {1, 3} and result.unknown == ("99",)

    @pytest.mark.parametrize("query", ["e-dowód", "edowod", "e dowód"])
    def test_word_with_a_hyphen(self, index, query):
        assert found(index, query)[0] == 1


class TestSynonyms:
    def test_kept_synonym_is_found_in_any_form(self, index):
        index.set_synonyms(SYNONYMS)
        result = index.search("śmieciami")
        assert [hit.docid for hit in result.hits] == [4] and result.unknown == ()

    def test_synonyms_can_be_passed_with_the_query(self, index):
        assert found(index, "smieci") != [4]
        assert found(index, "smieci", synonyms=SYNONYMS) == [4]

    def test_passed_synonyms_stand_in_for_those_kept(self, index):
        index.set_synonyms(SYNONYMS)
        assert index.search("śmieci", synonyms=[]).unknown == ("śmieci",)

    def test_synonym_weighs_less_than_the_word_itself(self, index):
        index.set_synonyms(SYNONYMS)
        index.index_doc(5, {"title": "Odbiór śmieci"})
        assert found(index, "śmieci") == [5, 4]
        assert found(index, "odpady")[-1] == 5

    def test_phrase_stands_for_a_word_only_where_all_of_it_is(self, index):
        index.set_synonyms(SYNONYMS)
        assert found(index, "plastik") == [1, 3]

    def test_word_stands_for_a_phrase_that_was_typed_whole(self, index):
        index.set_synonyms(SYNONYMS)
        index.index_doc(6, {"title": "Plastik"})
        assert 6 in found(index, "dowody osobiste")
        assert 6 not in found(index, "dowody")


class TestUnknownWords:
    def test_unknown_word_does_not_empty_the_result(self, index):
        result = index.search("qqqxyz odpady")
        assert [hit.docid for hit in result.hits] == [4]
        assert result.unknown == ("qqqxyz",) and not result.did_you_mean

    def test_mistyped_word_finds_the_nearest_and_says_so(self, index):
        result = index.search("zameldowanei")
        assert [hit.docid for hit in result.hits] == [3]
        assert result.unknown == ("zameldowanei",)
        assert result.did_you_mean == {"zameldowanei": ("zameldowanie",)}

    def test_word_as_typed_ranks_above_one_that_is_near(self, index):
        index.index_doc(7, {"title": "Odpust i obiór"})
        assert found(index, "odbiór obiur")[0] == 4

    def test_word_of_a_document_that_is_gone_is_unknown(self, index):
        index.unindex_doc(4)
        result = index.search("odpady")
        assert result.hits == [] and result.unknown == ("odpady",)

    def test_stop_words_are_ignored(self, index):
        result = index.search("jak się zameldować na pobyt")
        assert found(index, "jak się zameldować na pobyt")[0] == 3
        assert result.ignored == ("jak", "się", "na") and result.unknown == ()


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "AND",
        "OR NOT",
        "(",
        ")(",
        '"',
        '"dowód',
        "-",
        "-dowód",
        "*",
        "dow*",
        "?",
        "i w na do",
        "\x00",
        "\ud800",
        "💥",
        "٣٤",
        "ﷺ" * 500,
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "dowód " * 2000,
        "a" * 10_000,
        " ".join(f"qwe{number}rty" for number in range(2000)),
        "-/." * 3000,
        "a-" * 5000,
        "\u0301" * 10_000,
    ],
    ids=lambda query: ascii(query[:12]),
)
def test_hostile_query_gives_a_result(index, query):
    index.set_synonyms(SYNONYMS)
    result = index.search(query)
    assert result.total == len(result.hits) <= len(index)
    assert len(result.analysis.words) <= MAX_QUERY_WORDS
    assert len(index.suggest(query)) <= 10


def test_hostile_text_is_indexed():
    index = index_of({1: {"title": "\x00\ud800(", "body": "a-" * 10_000 + "dowód"}, 2: {}, 3: {"": ""}})
    assert (len(index), found(index, "dowód")) == (3, [1])


class TestChanges:
    def test_indexing_again_replaces(self, index):
        index.index_doc(4, {"title": "Podatek rolny"})
        assert (found(index, "podatki"), found(index, "odpady"), len(index)) == ([4], [], 4)

    def test_unindexing_forgets_and_may_be_repeated(self, index):
        index.unindex_doc(1)
        index.unindex_doc(1)
        assert (1 in index, len(index), index.title(1), 1 in found(index, "dowód")) == (False, 3, None, False)
        assert 1 not in [suggestion.docid for suggestion in index.suggest("wydanie")]

    def test_reset_forgets_all(self, index):
        index.set_synonyms(SYNONYMS)
        index.reset()
        assert (len(index), found(index, "dowód"), index.suggest("wy"), list(index.docids())) == (0, [], [], [])

    def test_unindexing_all_leaves_no_postings(self, index):
        for docid in DOCUMENTS:
            index.unindex_doc(docid)
        assert not index._postings and not index._documents and not index._title_starts and not index._titles


class TestSuggestions:
    def suggested(self, index, prefix, **options):
        return [suggestion.title for suggestion in index.suggest(prefix, **options)]

    def test_beginnings_of_titles_come_before_beginnings_of_words(self, index):
        index.index_doc(5, {"title": "Stały dodatek"})
        assert self.suggested(index, "stal") == ["Stały dodatek", "Zameldowanie na pobyt stały"]

    def test_several_words_with_the_last_one_unfinished(self, index):
        assert self.suggested(index, "Dowodu OSOB")[0] == "Wydanie dowodu osobistego"

    def test_inflected_words_are_answered_as_a_query(self, index):
        assert self.suggested(index, "odpadami") == ["Odbiór odpadów"]

    def test_limit_and_where(self, index):
        assert self.suggested(index, "dowod", limit=1, where=lambda docid: docid != 2) == ["Wydanie dowodu osobistego"]

    @pytest.mark.parametrize("prefix", ["", " ", "(", "qqqqqq"])
    def test_nothing_to_suggest(self, index, prefix):
        assert index.suggest(prefix) == []


class TestStorage:
    @pytest.fixture
    def database(self):
        database = ZODB.DB(MappingStorage())
        yield database
        database.close()

    @pytest.fixture
    def stored(self, database):
        connection = database.open()
        index = connection.root()["index"] = index_of(DOCUMENTS)
        index.set_synonyms(SYNONYMS)
        transaction.commit()
        yield index
        transaction.abort()
        connection.close()

    def test_index_is_the_same_when_opened_again(self, database, stored):
        expected = [stored.search(query).hits for query in ("dowodami osobistymi", "śmieci", "SO-01")]
        manager = transaction.TransactionManager()
        connection = database.open(manager)
        again = connection.root()["index"]
        assert [again.search(query).hits for query in ("dowodami osobistymi", "śmieci", "SO-01")] == expected
        connection.close()

    def test_searching_writes_nothing(self, stored):
        stored.search("dowód xyzdowod śmieci")
        stored.suggest("dow")
        assert stored._p_jar._registered_objects == []

    def test_indexing_again_without_a_change_writes_nothing(self, stored):
        stored.index_doc(3, DOCUMENTS[3])
        assert stored._p_jar._registered_objects == []

    def test_a_changed_word_rewrites_little(self, stored):
        stored.index_doc(3, DOCUMENTS[3] | {"body": DOCUMENTS[3]["body"].replace("RPW/12/2026", "RPW/13/2026")})
        assert 0 < len(stored._p_jar._registered_objects) < 15

    def test_records_hold_nothing_compiled(self, stored):
        modules = {type(obj).__module__.split(".")[0] for obj in _reachable(stored)}
        assert modules <= {"boi_portal", "BTrees", "builtins"}


def _reachable(root):
    """Return what is pickled with a persistent object, and with those it refers to."""
    seen, todo = {}, [root]

    class Pickler(pickle.Pickler):
        def reducer_override(self, obj):
            if id(obj) not in seen and not isinstance(obj, type):
                seen[id(obj)] = obj
            return NotImplemented

    while todo:
        Pickler(io.BytesIO(), 3).dump(todo.pop().__getstate__())
    return seen.values()
