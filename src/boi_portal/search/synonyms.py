"""Words that mean the same to people who search: the list as editors keep it, and as an index uses it.

Owns reading and checking the list and matching it with a query. What a word is known as is the lexicon's business.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from persistent import Persistent
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .analysis import Spelling, is_stop_word, normalise, read, tokens

MAX_GROUPS = 2000

#: What a word may stand for: the id of a term or, for a word that no index knows, its stem.
Term = int | str
#: One word or several that stand together; for each the terms that it may stand for.
Phrase = tuple[tuple[Term, ...], ...]
Resolve = Callable[[Spelling], tuple[Term, ...]]
Groups = Iterable[Sequence[str]]


class SynonymsError(ValueError):
    """A list of synonyms that is not a list of lists of words."""


def parse_synonyms(source: str | Path) -> list[list[str]]:
    """Return the groups of a YAML list of lists of words or phrases.

    :raises SynonymsError: if it is anything else.
    """
    try:
        data = YAML(typ="safe", pure=True).load(source)
    except YAMLError as error:
        raise SynonymsError(str(error)) from error
    if not isinstance(data, list) or len(data) > MAX_GROUPS:
        raise SynonymsError(f"a list of at most {MAX_GROUPS} groups is expected")
    for number, group in enumerate(data, 1):
        if (
            not isinstance(group, list)
            or len(group) < 2
            or not all(isinstance(word, str) and word.strip() for word in group)
        ):
            raise SynonymsError(f"group {number}: a list of two or more words is expected")
    return data


def default_synonyms() -> list[list[str]]:
    """Return the list that a new portal starts with."""
    return parse_synonyms(Path(__file__).with_name("synonyms.yaml"))


def _unknown(word: Spelling) -> tuple[Term, ...]:
    return ()


def words_of(phrase: str) -> list[Spelling]:
    """Return the words of a phrase that count."""
    read_tokens = (read(token.text) for token in tokens(normalise(phrase)))
    words = [word for whole, parts in read_tokens for word in (parts if whole is None else (whole,))]
    return [word for word in words if not is_stop_word(word.text)]


class SynonymTable(Persistent):
    """Groups of phrases that mean the same, as terms of one lexicon. Never changed, only replaced."""

    def __init__(self, groups: Groups = (), resolve: Resolve = _unknown) -> None:
        """Make a table; `resolve` gives the terms of a word, and a phrase with a word that has none is left out."""
        self._groups: tuple[tuple[Phrase, ...], ...] = tuple(tuple(_phrases(group, resolve)) for group in groups)
        by_term: dict[Term, set[int]] = {}
        for number, group in enumerate(self._groups):
            for phrase in group:
                for term in phrase[0]:
                    by_term.setdefault(term, set()).add(number)
        self._by_term = {term: tuple(sorted(numbers)) for term, numbers in by_term.items()}

    def __contains__(self, term: Term) -> bool:
        return term in self._by_term

    def expansions(self, words: Sequence[Collection[Term]]) -> Iterator[tuple[int, int, Phrase]]:
        """Yield (first word, how many words, phrase that means the same) for a query.

        `words` are the terms of each of its words.
        """
        for start, terms in enumerate(words):
            for number in sorted({number for term in terms for number in self._by_term.get(term, ())}):
                group = self._groups[number]
                for phrase in group:
                    if _stands_at(phrase, words, start):
                        yield from ((start, len(phrase), other) for other in group if other is not phrase)


def _phrases(group: Sequence[str], resolve: Resolve) -> Iterator[Phrase]:
    for phrase in group:
        terms = tuple(resolve(word) for word in words_of(phrase))
        if terms and all(terms):
            yield terms


def _stands_at(phrase: Phrase, words: Sequence[Collection[Term]], start: int) -> bool:
    here = words[start : start + len(phrase)]
    return len(here) == len(phrase) and all(set(own) & set(asked) for own, asked in zip(phrase, here, strict=True))
