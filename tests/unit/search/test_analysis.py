"""Folding, cutting into tokens, base forms."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from boi_portal.search.analysis import fold, forms, is_stop_word, lemmas, normalise, plain_lemma, spellings, tokens


def words(text):
    return [token.text for token in tokens(normalise(text))]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Zażółć gęślą jaźń", "zazolc gesla jazn"),
        ("ŁÓDŹ", "lodz"),
        ("Straße", "strasse"),
        ("Đorđe Ćirić", "dorde ciric"),
        ("ﬁnał", "final"),
        ("SO-01", "so-01"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


def test_fold_twice_changes_nothing_whatever_the_character():
    characters = [chr(code) for code in range(0x20000) if not 0xD800 <= code < 0xE000]
    assert [char for char in characters if fold(fold(char)) != fold(char)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wniosek (SO-01), zob. RPW/12/2026.", ["Wniosek", "SO-01", "zob", "RPW/12/2026"]),
        ("OR.1431.12.2026.JK", ["OR.1431.12.2026.JK"]),
        ("_a__b_ - / .", ["a", "b"]),
        ("zame\u00adldo\u200bwanie", ["zameldowanie"]),
        ("e\u2011dowód", ["e-dowód"]),
        ("z\u0301rebie\u0328", ["źrebię"]),
        ("x" * 65, []),
        ("dowód/" * 20, ["dowód"] * 20),
        ("", []),
    ],
)
def test_tokens(text, expected):
    assert words(text) == expected


def test_tokens_say_where_they_stand():
    text = "do SO-01, tak"
    assert [text[token.start : token.end] for token in tokens(text)] == ["do", "SO-01", "tak"]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("dowód", [("dowód", False)]),
        ("SO-01", [("SO01", True), ("SO", False), ("01", True)]),
        ("e-dowód", [("edowód", False), ("e", False), ("dowód", False)]),
        ("i/lub", [("i", False), ("lub", False)]),
        ("gov.pl", [("gov", False), ("pl", False)]),
    ],
)
def test_spellings(token, expected):
    assert [tuple(spelling) for spelling in spellings(token)] == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("dowodu", "dowód"), ("dzieci", "dziecko"), ("Zameldowanie", "zameldować"), ("WNIOSEK", "wniosek")],
)
def test_lemmas(word, expected):
    assert expected in [plain_lemma(lemma) for lemma in lemmas(word)]


def test_lemmas_of_an_unknown_word():
    assert lemmas("xyzzyq") == ()


def test_surnames_are_left_out_where_a_word_is_something_else():
    assert [plain_lemma(lemma) for lemma in lemmas("Kraków")] == ["Kraków"]


def test_forms_are_folded_and_not_negated():
    found = forms("zameldować")
    assert {"zameldowanie", "zameldowan", "zameldowac", "zameldowany"} <= found
    assert not any(form.startswith("nie") for form in found)


def test_stop_words_are_known_in_any_spelling():
    assert is_stop_word("Się") and is_stop_word("sie") and not is_stop_word("dowód")


def test_dictionary_serves_several_threads_at_once():
    asked = ["dowodu", "zameldowania", "odpadami", "pojazdów"] * 200
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lemmas.__wrapped__, asked))
    assert answers == [lemmas(word) for word in asked]
