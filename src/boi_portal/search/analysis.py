"""How Polish text is cut into words and how words are brought to their base form.

Owns folding, the tokeniser, the stop words and the process's only Morfeusz dictionary. Knows
nothing of documents and of the database, and gives out plain strings only, so that nothing
compiled can ever be pickled with an index.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import morfeusz2
import Stemmer

#: Grows whenever the same text would be analysed differently, also with another edition of the dictionary: an index
#: built before is then stale.
ANALYSIS_VERSION = 1

MAX_TOKEN_LENGTH = 64

_UNDECOMPOSED = str.maketrans(
    {"ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"}
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_HYPHEN = re.compile("[\u2010\u2011]")
_TOKEN = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_SEPARATOR = re.compile(r"[-/.]")
_DIGIT = re.compile(r"\d")

_STOP_WORDS = """
a aby albo ale bo by byc czy dla do gdzie i ich ile im ja jak jaka jaki jakie je jej jego jest kiedy kto ktora ktore
ktory lub ma mam mi mnie moge moj moja moje mozna na nad nie o od oraz po pod przez przy sa sie ta tak te tego tej ten
to tu tym u w we z za ze
"""
#: Words that say nothing about what is looked for; folded.
STOP_WORDS = frozenset(_STOP_WORDS.split())


class Token(NamedTuple):
    """A run of letters and digits, possibly joined by ``-``, ``/`` or ``.``, and where it stands."""

    text: str
    start: int
    end: int


class Spelling(NamedTuple):
    """One way of reading a token: a word to look up, and whether it is a symbol that has no inflection."""

    text: str
    is_symbol: bool


def normalise(text: str) -> str:
    """Return `text` with composed letters, plain hyphens and without invisible characters."""
    return unicodedata.normalize("NFC", _HYPHEN.sub("-", _INVISIBLE.sub("", text)))


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Return `text` in lower case and without diacritics; folding twice changes nothing."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED).casefold())
    folded = "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_UNDECOMPOSED)
    return folded if folded == text else fold(folded)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text that went through :func:`normalise`.

    An over-long one gives its parts, and what is over-long without a joint is no word.
    """
    for match in _TOKEN.finditer(text):
        if match.end() - match.start() <= MAX_TOKEN_LENGTH:
            yield Token(match.group(), match.start(), match.end())
        else:
            parts = (Token(part.group(), part.start(), part.end()) for part in _PART.finditer(text, *match.span()))
            yield from (part for part in parts if len(part.text) <= MAX_TOKEN_LENGTH)


def read(token: str) -> tuple[Spelling | None, tuple[Spelling, ...]]:
    """Return how a token may be looked up: as a whole, and by its parts; one of a single part is a whole only.

    ``SO-01`` gives the symbol ``SO01`` and its parts, so that "SO-01", "so01" and "SO 01" meet. A word with a
    hyphen ("e-dowód") is a whole as well; a slash or full stop between letters parts words, so there is no whole.
    """
    parts = _SEPARATOR.split(token)
    has_digit = _DIGIT.search(token) is not None
    if len(parts) == 1:
        return Spelling(token, has_digit), ()
    singles = tuple(Spelling(part, _DIGIT.search(part) is not None) for part in parts)
    if has_digit or set(_SEPARATOR.findall(token)) == {"-"}:
        return Spelling("".join(parts), has_digit), singles
    return None, singles


def spellings(token: str) -> tuple[Spelling, ...]:
    """Return all under which a token is to be found."""
    whole, parts = read(token)
    return parts if whole is None else (whole, *parts)


def is_stop_word(word: str) -> bool:
    """Tell whether a word is too common to be looked for."""
    return fold(word) in STOP_WORDS


class _Dictionary:
    """The Morfeusz dictionary of this process: 40 MB, made at the first word that is analysed.

    One instance is not safe for two threads at once, and one per thread would cost 40 MB each, hence the lock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._morfeusz: Any = None

    def _get(self) -> Any:
        if self._morfeusz is None:
            self._morfeusz = morfeusz2.Morfeusz()
        return self._morfeusz

    def analyse(self, word: str) -> list[Any]:
        with self._lock:
            return list(self._get().analyse(word))

    def generate(self, lemma: str) -> list[Any]:
        with self._lock:
            return list(self._get().generate(lemma))


_dictionary = _Dictionary()
_stemmers = threading.local()


def _is_person_name(names: list[str]) -> bool:
    return bool(names) and set(names) <= {"imię", "nazwisko"}


@lru_cache(maxsize=20_000)
def lemmas(word: str) -> tuple[str, ...]:
    """Return the base forms of a word as Morfeusz identifies them (``zamek:Sm3~u``); none for an unknown word.

    First names and surnames count only where the word can be nothing else: "dowody" are no family.
    """
    readings = [
        (lemma, names)
        for start, _end, (_form, lemma, tag, names, _labels) in _dictionary.analyse(word)
        if start == 0 and tag != "ign" and not (tag.startswith("brev") and not lemma.islower())
    ]
    common = [lemma for lemma, names in readings if not _is_person_name(names)]
    return tuple(dict.fromkeys(common or [lemma for lemma, _names in readings]))


def forms(lemma: str) -> frozenset[str]:
    """Return all inflected forms of a base form, folded, without negated ones and abbreviations."""
    return frozenset(
        fold(form)
        for form, _lemma, tag, _names, _labels in _dictionary.generate(lemma)
        if ":neg" not in tag and not tag.startswith("brev")
    )


def plain_lemma(lemma: str) -> str:
    """Return a base form without the mark by which Morfeusz tells homonyms apart."""
    return lemma.split(":", 1)[0] or lemma


def stem(word: str) -> str:
    """Return the folded Snowball stem of a word."""
    stemmer = getattr(_stemmers, "polish", None)
    if stemmer is None:
        stemmer = _stemmers.polish = Stemmer.Stemmer("polish")
    return fold(stemmer.stemWord(word.lower()))
