"""What the lexicon knows of a word, and what is near to one that it does not know."""

import itertools

import pytest
from BTrees.OOBTree import OOBTree

from boi_portal.search.analysis import Spelling
from boi_portal.search.lexicon import Lexicon, forms_within


def lexicon_of(*words):
    lexicon = Lexicon()
    for word in words:
        lexicon.learn(Spelling(word, False))
    return lexicon


def edits(one, other):
    """Return the edits between two words by the textbook's full table (optimal string alignment)."""
    table = [[max(i, j) if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i, j in itertools.product(range(1, len(one) + 1), range(1, len(other) + 1)):
        costs = [table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (one[i - 1] != other[j - 1])]
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            costs.append(table[i - 2][j - 2] + 1)
        table[i][j] = min(costs)
    return table[-1][-1]


@pytest.mark.parametrize("form", ["dowód", "dowod", "DOWODEM", "dowodzie", "dowodami"])
def test_look_up_in_any_form(form):
    lexicon = lexicon_of("dowodu")
    assert [lexicon.word_of(term) for term in lexicon.look_up(form)] == ["dowód"]


def test_look_up_of_a_word_that_was_not_learnt():
    assert lexicon_of("dowodu").look_up("meldunek") == ()


def test_learning_twice_changes_nothing():
    lexicon = lexicon_of("zamek", "sąd", "sad")
    before = len(lexicon), lexicon.look_up("sadu")
    assert lexicon.learn(Spelling("zamek", False)) == lexicon.look_up("zamek")
    assert (len(lexicon), lexicon.look_up("sadu")) == before


def test_terms_of_a_word_do_not_depend_on_what_was_learnt_before():
    one, other = lexicon_of("sąd"), lexicon_of("sady", "dowód", "sąd")
    found = [{lexicon.word_of(term) for term in lexicon.learn(Spelling("wydanie", False))} for lexicon in (one, other)]
    assert found[0] == found[1] == {"wydać", "wydanie"}


def test_same_stem_finds_a_word_that_no_dictionary_knows():
    lexicon = lexicon_of("bajtlownik")
    assert lexicon.look_up("bajtlownikami") == ()
    assert lexicon.same_stem("bajtlownikami") == lexicon.look_up("bajtlownik")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("osobisyt", "osobisty"),
        ("dwood", "dowód"),
        ("zameldowanei", "zameldowanie"),
        ("zamel", "zameldowanie"),
    ],
)
def test_near(typed, meant):
    lexicon = lexicon_of("osobisty", "dowód", "zameldowanie", "odpady", "pojazd")
    near = lexicon.near(typed, lambda term: True)
    assert near[0].spelling == meant


@pytest.mark.parametrize("typed", ["meldowanie", "xx", "za", "qwertyuiop", "12345", ""])
def test_nothing_is_near(typed):
    assert lexicon_of("dowód", "zameldowanie").near(typed, lambda term: True) == []


def test_near_offers_only_what_leads_somewhere():
    lexicon = lexicon_of("dowód", "powód")
    powod = lexicon.look_up("powód")
    assert [near.terms for near in lexicon.near("bowod", lambda term: term in powod)] == [powod]


@pytest.mark.parametrize("limit", [1, 2])
def test_forms_within_agrees_with_the_full_table(limit):
    lexicon = lexicon_of("dowód", "droga", "podatek", "pojazd", "pobyt", "zgon", "zamek", "zmiana", "odpady", "odpis")
    forms = list(lexicon._forms)
    tree = OOBTree(dict.fromkeys(forms))
    for word in ["dwood", "odpaad", "pjoazd", "zmaina", "podtek", "zgno", "pobt", "drgoa", *forms[::25]]:
        expected = {
            (edits(word, form), form)
            for form in forms
            if edits(word, form) <= limit and (limit == 1 or form[0] == word[0])
        }
        assert set(forms_within(tree, word, limit)) == expected
