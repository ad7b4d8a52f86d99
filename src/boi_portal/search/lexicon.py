"""The words an index knows: every inflected form, folded, and the terms it may stand for.

Owns the persistent form → term map and what finds a term for a word: exact look-up, same stem,
near spelling, common beginning. Looking up needs no dictionary, so a process that only answers
queries never loads one; only :meth:`Lexicon.learn` does. Knows nothing of documents.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from BTrees.IOBTree import IOBTree
from BTrees.OIBTree import OIBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent

from .analysis import Spelling, fold, forms, lemmas, plain_lemma, stem

MIN_PREFIX = 3
MIN_EDIT_LENGTH = 4
#: From this length on two slips of the keyboard are forgiven, below it one.
TWO_EDITS_LENGTH = 8
#: How many forms with a common beginning are looked at; "prz" alone has thousands.
MAX_PREFIX_FORMS = 400


class Near(NamedTuple):
    """A known form near to an unknown word: edits apart, the form as it is written, its terms."""

    distance: int
    spelling: str
    terms: tuple[int, ...]


class Lexicon(Persistent):
    """Folded form → ids of the terms (folded base forms) that it may stand for."""

    def __init__(self) -> None:
        self._forms = OOBTree()
        self._stems = OOBTree()
        self._spellings = OOBTree()
        self._term_of_lemma = OIBTree()
        self._term_of_word = OIBTree()
        self._words = IOBTree()

    def __len__(self) -> int:
        return len(self._words)

    def learn(self, word: Spelling) -> tuple[int, ...]:
        """Return the terms of a word that is being indexed, making those that are new.

        The answer depends on the word alone, not on what was learnt before.
        """
        folded = fold(word.text)
        found = () if word.is_symbol else lemmas(word.text)
        terms = tuple(dict.fromkeys(self._learn_lemma(lemma) for lemma in found or (word.text.lower(),)))
        self._add_form(folded, terms)
        self._remember_spelling(folded, word.text.lower())
        return terms

    def look_up(self, word: str) -> tuple[int, ...]:
        """Return the terms that a word, in any form and with or without diacritics, may stand for."""
        return tuple(self._forms.get(fold(word), ()))

    def same_stem(self, word: str) -> tuple[int, ...]:
        """Return the terms that share a Snowball stem with a word."""
        found = dict.fromkeys(self._stems.get(stem(word), ()))
        found.update(dict.fromkeys(self._stems.get(stem(fold(word)), ())))
        return tuple(found)

    def word_of(self, term: int) -> str:
        """Return the base form that a term stands for, as it is written."""
        return str(self._words[term])

    def near(self, word: str, is_live: Callable[[int], bool], limit: int = 3) -> list[Near]:
        """Return the best known forms near to a word, each of them for a term that no better one stands for.

        `is_live` says of a term whether it leads anywhere.
        """
        folded = fold(word)
        best: list[Near] = []
        seen: set[int] = set()
        for distance, _unseen, _longer, form in sorted(self._near_forms(folded)):
            terms = tuple(term for term in self._forms[form] if term not in seen and is_live(term))
            if terms:
                seen.update(terms)
                best.append(Near(distance, str(self._spellings.get(form) or self._words[terms[0]]), terms))
            if len(best) == limit:
                break
        return best

    def _remember_spelling(self, folded: str, spelling: str) -> None:
        """Keep how a form is written, rather with its diacritics than as in an address or a careless text."""
        known = self._spellings.get(folded)
        if known is None or (known == folded and spelling != folded):
            self._spellings[folded] = spelling

    def _learn_lemma(self, lemma: str) -> int:
        term = self._term_of_lemma.get(lemma)
        if term is not None:
            return int(term)
        word = plain_lemma(lemma)
        term = self._term(word)
        self._term_of_lemma[lemma] = term
        for form in forms(lemma) | {fold(word)}:
            self._add_form(form, (term,))
        for root in {stem(word), stem(fold(word))}:
            _add(self._stems, root, (term,))
        return term

    def _term(self, word: str) -> int:
        folded = fold(word)
        term = self._term_of_word.get(folded)
        if term is None:
            term = self._words.maxKey() + 1 if self._words else 1
            self._term_of_word[folded] = term
            self._words[term] = word
        return int(term)

    def _add_form(self, form: str, terms: Iterable[int]) -> None:
        _add(self._forms, form, terms)

    def _near_forms(self, folded: str) -> Iterator[tuple[int, bool, int, str]]:
        """Yield (distance, is in no text, difference in length, form): in this order they are sorted."""
        if len(folded) >= MIN_PREFIX:
            for count, form in enumerate(self._forms.keys(folded, folded + "\U0010ffff")):
                if count == MAX_PREFIX_FORMS:
                    break
                is_unseen = form not in self._spellings
                yield 1 + is_unseen, is_unseen, len(form) - len(folded), form
        if len(folded) >= MIN_EDIT_LENGTH and folded.isalpha():
            for distance, form in forms_within(self._forms, folded, 2 if len(folded) >= TWO_EDITS_LENGTH else 1):
                yield distance, form not in self._spellings, abs(len(form) - len(folded)), form


def _add(tree: OOBTree, key: str, terms: Iterable[int]) -> None:
    known = tree.get(key, ())
    union = tuple(sorted({*known, *terms}))
    if union != known:
        tree[key] = union


def _next_row(word: str, char: str, previous_char: str, rows: list[list[int]]) -> list[int]:
    """Return the next row of the table of edits (insertion, deletion, change, two neighbours swapped)."""
    above = rows[-1]
    row = [above[0] + 1]
    for i, own in enumerate(word, 1):
        cost = min(above[i] + 1, row[i - 1] + 1, above[i - 1] + (own != char))
        if i > 1 and len(rows) > 1 and own == previous_char and word[i - 2] == char:
            cost = min(cost, rows[-2][i - 2] + 1)
        row.append(cost)
    return row


def forms_within(forms_tree: OOBTree, word: str, limit: int) -> Iterator[tuple[int, str]]:
    """Yield (edits, form) for the forms of a sorted tree that are at most `limit` edits away from `word`.

    Walks the tree in order, keeps the rows of the edit table for the common beginning, and jumps
    over all that begins like a form whose beginning alone is too far away. Two edits are looked for
    among forms with the same first letter only: nobody mistypes that one, and it saves most of the walk.
    """
    start = word[0] if limit > 1 else ""
    stop = start + "\U0010ffff"
    rows = [list(range(len(word) + 1))]
    previous = ""
    cursor: str | None = start
    while cursor is not None:
        jump = None
        for form in forms_tree.keys(cursor, stop):
            shared = _common_length(previous, form, len(rows) - 1)
            del rows[shared + 1 :]
            dead = _extend(rows, word, form, limit)
            previous = form
            if dead:
                jump = form[:dead]
                break
            if rows[-1][-1] <= limit:
                yield rows[-1][-1], form
        cursor = jump + "\U0010ffff" if jump else None


def _common_length(one: str, other: str, most: int) -> int:
    length = 0
    for a, b in zip(one[:most], other[:most], strict=False):
        if a != b:
            break
        length += 1
    return length


def _extend(rows: list[list[int]], word: str, form: str, limit: int) -> int:
    """Add the rows for the rest of `form`; return the length of its beginning that is hopeless, 0 if none is."""
    for i in range(len(rows) - 1, len(form)):
        rows.append(_next_row(word, form[i], form[i - 1] if i else "", rows))
        if min(rows[-1]) > limit and min(rows[-2]) + 1 > limit:
            return i + 1
    return 0
