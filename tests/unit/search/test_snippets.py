"""Excerpts with their hits."""

import pytest

from boi_portal.search.index import TextIndex
from boi_portal.search.snippets import ELLIPSIS, snippet
from boi_portal.search.synonyms import SynonymsError, default_synonyms, parse_synonyms, words_of

LOREM = "Urząd jest czynny od poniedziałku do piątku w godzinach pracy. " * 20


@pytest.fixture(scope="module")
def index():
    index = TextIndex()
    index.index_doc(1, {"title": "Dowód osobisty", "symbol": "SO-01", "body": "odpady"})
    index.set_synonyms([["odpady", "śmieci"]])
    return index


def excerpt(index, text, query, length=200):
    return snippet(text, index.search(query).analysis, length)


def joined(parts):
    return "".join(text for text, _is_hit in parts)


def hits(parts):
    return [text for text, is_hit in parts if is_hit]


def test_inflected_forms_are_hits(index):
    parts = excerpt(index, "Wnioski o dowody osobiste składa się w urzędzie.", "dowod osobisty")
    assert parts == [
        ("Wnioski o ", False),
        ("dowody", True),
        (" ", False),
        ("osobiste", True),
        (" składa się w urzędzie.", False),
    ]


def test_synonyms_and_symbols_are_hits(index):
    assert hits(excerpt(index, "Śmieci i odpadów nie ma w SO-01.", "odpady so-01")) == ["Śmieci", "odpadów", "SO-01"]


@pytest.mark.parametrize("length", [60, 120, 200])
def test_excerpt_lies_around_the_hits(index, length):
    parts = excerpt(index, LOREM + "Zgubiony dowód trzeba zgłosić. " + LOREM, "dowodu", length)
    assert hits(parts) == ["dowód"]
    assert joined(parts).startswith(ELLIPSIS) and joined(parts).endswith(ELLIPSIS)
    assert length / 2 < len(joined(parts)) <= length + 2


def test_excerpt_prefers_where_more_different_hits_are(index):
    text = "Dowód. " + LOREM + "Tu jest dowód osobisty. " + LOREM
    assert hits(excerpt(index, text, "dowód osobisty", 100)) == ["dowód", "osobisty"]


def test_words_are_not_cut(index):
    words = set(joined(excerpt(index, LOREM + "dowód " + LOREM, "dowód", 90)).strip(ELLIPSIS).split())
    assert words <= {*LOREM.split(), "dowód", "pracy"}


def test_text_without_hits_gives_its_beginning(index):
    parts = excerpt(index, LOREM, "dowód", 50)
    assert len(parts) == 1 and LOREM.startswith(joined(parts).rstrip(ELLIPSIS)) and parts[0][1] is False


@pytest.mark.parametrize("text", ["", "   ", "…", "dowód", "x" * 1000, "dowód" + "x" * 1000, "<b>dowód</b> & 'co'"])
@pytest.mark.parametrize("length", [1, 10, 200])
def test_any_text_and_length(index, text, length):
    parts = excerpt(index, text, "dowód", length)
    assert len(joined(parts)) <= length + 2 * len(ELLIPSIS) + len("dowód")
    assert all(text for text, _is_hit in parts)


def test_default_synonyms_are_sound():
    groups = default_synonyms()
    assert len(groups) > 50
    assert [phrase for group in groups for phrase in group if not words_of(phrase)] == []


@pytest.mark.parametrize(
    "source", ["a: b", "- a", "- [a]", "- [a, 1]", "- [a, ' ']", "[", "- [a, [b]]", "!!python/x y"]
)
def test_other_than_a_list_of_groups_is_refused(source):
    with pytest.raises(SynonymsError):
        parse_synonyms(source)
