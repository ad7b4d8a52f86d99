"""The full-text index of the portal's content: which documents answer a query, and in what order.

Owns postings and ranking. Independent of the web and of Substance D: a document is a number and a mapping
of plain text, a query is whatever a person typed. It never refuses a query and never asks who is searching:
the caller shows only what may be seen.

How documents are ranked: first by how many words of the query they answer (:data:`CONFIDENCE`), then by how rare
these words are and in which fields they stand. A field's part of the weight saturates (three "dowód" in a text are not
three times one) and is reckoned against fixed lengths, so that indexing one document rewrites nothing of the others.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from BTrees.IFBTree import IFBTree
from BTrees.IOBTree import IOBTree
from BTrees.Length import Length
from BTrees.LFBTree import LFBTree
from BTrees.LOBTree import LOBTree
from BTrees.OOBTree import OOTreeSet
from persistent import Persistent

from .analysis import Spelling, fold, is_stop_word, normalise, read, spellings, stem, tokens
from .lexicon import Lexicon
from .synonyms import Groups, Phrase, SynonymTable, Term

MAX_QUERY_LENGTH = 1000
MAX_QUERY_WORDS = 12
#: Looking for near words costs milliseconds a word.
MAX_NEAR_WORDS = 4
MAX_FIELD_TOKENS = 50_000
MAX_TITLE_STARTS = 12
MAX_SUGGESTIONS_SEEN = 500

#: Field → (weight, its usual length in words).
FIELDS = {"title": (6.0, 5), "keywords": (4.0, 5), "symbol": (6.0, 2), "summary": (3.0, 15), "body": (1.0, 250)}
OTHER_FIELD = (1.0, 50)
_LENGTH_INFLUENCE = 0.5

#: How a word was understood → (how far it counts as answered, factor on its weight).
CONFIDENCE = {"exact": (1.0, 1.0), "stem": (0.75, 0.8), "near": (0.5, 0.5), "unknown": (0.0, 0.0)}
SMALLEST_CONFIDENCE_STEP = 0.25
SYNONYM_WEIGHT = 0.6
#: A sum of weights that counts as middling; only the shape of :attr:`Hit.score` depends on it.
_MIDDLING_WEIGHT = 20.0

Where = Callable[[int], bool]


@dataclass(frozen=True)
class Hit:
    """A document that answers a query; `score` is comparable within one result, larger is better."""

    docid: int
    score: float


@dataclass(frozen=True)
class Suggestion:
    """A document whose title completes what was typed."""

    docid: int
    title: str


@dataclass
class QueryWord:
    """A word of a query and what it was understood as: a key of :data:`CONFIDENCE`."""

    text: str
    understood: str = "unknown"
    terms: tuple[Term, ...] = ()
    nearest: tuple[str, ...] = ()
    #: What answers the word: (phrases, weight); a phrase is answered where all of its words stand.
    alternatives: list[tuple[Phrase, float]] = field(default_factory=list)


class QueryAnalysis:
    """A query as the index understood it; also tells which words of a text are hits."""

    def __init__(
        self, words: list[QueryWord], ignored: tuple[str, ...], look_up: Callable[[str], tuple[int, ...]]
    ) -> None:
        self.words = words
        self.ignored = ignored
        self._look_up = look_up
        self._terms = {
            term for word in words for phrase, _weight in word.alternatives for terms in phrase for term in terms
        }
        self._known: dict[str, bool] = {}

    def is_hit(self, token: str) -> bool:
        """Tell whether a token of a text, in any form, answers the query."""
        if token not in self._known:
            self._known[token] = any(
                not self._terms.isdisjoint(self._look_up(word.text))
                for word in spellings(token)
                if not is_stop_word(word.text)
            )
        return self._known[token]


@dataclass(frozen=True)
class SearchResult:
    """What answers a query, best first, and how the query was understood.

    `total` counts all documents that answer, also those beyond a limit or refused by `where`. `ignored` are words too
    common to be looked for, or beyond the number that is; `unknown` words are in no document; `did_you_mean` gives, for
    those that have any, the nearest words that are in one: these were looked for instead.
    """

    hits: list[Hit]
    total: int
    analysis: QueryAnalysis
    unknown: tuple[str, ...] = ()
    did_you_mean: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ignored(self) -> tuple[str, ...]:
        """Words of the query that were left out."""
        return self.analysis.ignored


class Posting(LFBTree):
    """The documents that hold one term, with its weight there; in small leaves, as each new document rewrites some."""

    max_leaf_size = 40


class TextIndex(Persistent):
    """Documents by the words in them, for Polish text.

    Indexing runs the Polish dictionary (40 MB in the process that does it); searching does not.
    """

    def __init__(self) -> None:
        self._synonyms = SynonymTable()
        self.reset()

    def reset(self) -> None:
        """Forget all documents, all words and the synonyms, which are kept as words of the lexicon."""
        self.lexicon = Lexicon()
        self._synonyms = SynonymTable()
        self._postings = IOBTree()
        self._documents = LOBTree()
        self._titles = LOBTree()
        self._title_starts = OOTreeSet()
        self._count = Length()

    def __len__(self) -> int:
        return int(self._count())

    def __contains__(self, docid: int) -> bool:
        return docid in self._documents

    def docids(self) -> Iterator[int]:
        """Yield the numbers of all documents."""
        return iter(self._documents.keys())

    def title(self, docid: int) -> str | None:
        """Return the title a document was indexed with."""
        title: str | None = self._titles.get(docid)
        return title

    def index_doc(self, docid: int, fields: Mapping[str, str]) -> None:
        """Index a document, or index it again; only what changed is written.

        `fields` holds plain text (no HTML) under the names in :data:`FIELDS`; other names count like a body.
        """
        weights = self._weights(fields)
        document = self._documents.get(docid)
        if document is None:
            document = self._documents[docid] = IFBTree()
            self._count.change(1)
        before = dict(document.items())
        for term in before.keys() - weights.keys():
            del document[term]
            self._remove_posting(term, docid)
        for term, weight in weights.items():
            if before.get(term) != weight:
                document[term] = weight
                self._posting(term)[docid] = weight
        self._set_title(docid, normalise(fields.get("title", "")).strip())

    def unindex_doc(self, docid: int) -> None:
        """Forget a document; one that is not there is no error."""
        document = self._documents.get(docid)
        if document is None:
            return
        for term in list(document.keys()):
            self._remove_posting(term, docid)
        del self._documents[docid]
        self._count.change(-1)
        self._set_title(docid, "")

    def set_synonyms(self, groups: Groups) -> None:
        """Keep groups of words or phrases that mean the same, and learn all their forms."""
        self._synonyms = SynonymTable(groups, self.lexicon.learn)

    def search(
        self, query: str, synonyms: Groups | None = None, limit: int | None = None, where: Where | None = None
    ) -> SearchResult:
        """Return the documents that answer a query, best first; never raises, whatever was typed.

        `synonyms` stand in for those kept by :meth:`set_synonyms`; of a word in them that the index does not know, only
        forms with the same stem are then recognised.
        `where` is asked in the order of rank until `limit` documents passed it.
        """
        analysis = self.analyse(query, synonyms)
        answered: defaultdict[int, float] = defaultdict(float)
        weights: defaultdict[int, float] = defaultdict(float)
        unknown: list[QueryWord] = []
        for word in analysis.words:
            scores = self._scores(word)
            if word.understood in ("near", "unknown") or not scores:
                unknown.append(word)
            confidence, _factor = CONFIDENCE[word.understood]
            rarity = math.log(1 + (len(self) - len(scores) + 0.5) / (len(scores) + 0.5)) if scores else 0.0
            for docid, score in scores.items():
                answered[docid] += confidence
                weights[docid] += score * rarity
        ranked = sorted(((_score(answered[docid], weights[docid]), -docid) for docid in answered), reverse=True)
        hits = (Hit(-negative, score) for score, negative in ranked)
        return SearchResult(
            _first(hits, limit, where),
            len(ranked),
            analysis,
            tuple(word.text for word in unknown),
            {word.text: word.nearest for word in unknown if word.nearest},
        )

    def suggest(self, prefix: str, limit: int = 10, where: Where | None = None) -> list[Suggestion]:
        """Return titles that go on from what was typed, then titles that answer it as a query.

        What was typed may begin a title, or any word in it.
        """
        key = _title_key(prefix[:MAX_QUERY_LENGTH])
        if not key:
            return []
        found: dict[int, int] = {}
        for number, (_rest, position, docid) in enumerate(self._title_starts.keys((key,), (key + "\U0010ffff",))):
            if number == MAX_SUGGESTIONS_SEEN:
                break
            found[docid] = min(position, found.get(docid, position))
        completed = sorted(found, key=lambda docid: (found[docid] > 0, fold(self._titles[docid]), docid))
        suggestions = [Suggestion(docid, self._titles[docid]) for docid in _passing(completed, limit, where)]
        if len(suggestions) < limit:
            others = (
                hit.docid for hit in self.search(prefix).hits if hit.docid not in found and hit.docid in self._titles
            )
            suggestions += [
                Suggestion(docid, self._titles[docid]) for docid in _passing(others, limit - len(suggestions), where)
            ]
        return suggestions

    def analyse(self, query: str, synonyms: Groups | None = None) -> QueryAnalysis:
        """Return what the words of a query are understood as."""
        table = self._synonyms if synonyms is None else SynonymTable(synonyms, self._terms_or_stem)
        words: dict[str, QueryWord] = {}
        ignored: list[str] = []
        for spelling in self._query_spellings(normalise(query[:MAX_QUERY_LENGTH])):
            if is_stop_word(spelling.text) or len(words) == MAX_QUERY_WORDS:
                ignored.append(spelling.text)
            else:
                words.setdefault(fold(spelling.text), QueryWord(spelling.text))
        understood = list(words.values())
        self._understand(understood, table)
        _expand(understood, table)
        return QueryAnalysis(understood, tuple(dict.fromkeys(ignored)), self.lexicon.look_up)

    def _query_spellings(self, query: str) -> Iterator[Spelling]:
        for token in tokens(query):
            whole, parts = read(token.text)
            if whole is not None and (
                not parts or any(term in self._postings for term in self.lexicon.look_up(whole.text))
            ):
                yield whole
            else:
                yield from parts

    def _understand(self, words: list[QueryWord], table: SynonymTable) -> None:
        def is_live(term: Term) -> bool:
            return term in table or (isinstance(term, int) and term in self._postings)

        searched_near = 0
        for word in words:
            exact = tuple(filter(is_live, self._terms_or_stem(Spelling(word.text, False))))
            same_stem = () if exact else tuple(filter(is_live, self.lexicon.same_stem(word.text)))
            if exact or same_stem:
                word.understood, word.terms = ("exact", exact) if exact else ("stem", same_stem)
            elif searched_near < MAX_NEAR_WORDS:
                searched_near += 1
                near = self.lexicon.near(word.text, is_live)
                word.nearest = tuple(form.spelling for form in near)
                word.terms = tuple(term for form in near for term in form.terms)
                word.understood = "near" if near else "unknown"

    def _terms_or_stem(self, word: Spelling) -> tuple[Term, ...]:
        return self.lexicon.look_up(word.text) or (stem(fold(word.text)),)

    def _scores(self, word: QueryWord) -> dict[int, float]:
        """Return docid → weight of the best of the alternatives that answer a word there."""
        best: dict[int, float] = {}
        for phrase, factor in word.alternatives:
            for docid, weight in self._phrase_weights(phrase).items():
                best[docid] = max(best.get(docid, 0.0), weight * factor)
        return best

    def _phrase_weights(self, phrase: Phrase) -> dict[int, float]:
        found = [self._term_weights(terms) for terms in phrase]
        common = set(found[0]).intersection(*found[1:])
        return {docid: sum(weights[docid] for weights in found) / len(found) for docid in common}

    def _term_weights(self, terms: tuple[Term, ...]) -> dict[int, float]:
        best: dict[int, float] = {}
        for term in terms:
            posting = self._postings.get(term) if isinstance(term, int) else None
            for docid, weight in posting.items() if posting is not None else ():
                best[docid] = max(best.get(docid, 0.0), weight)
        return best

    def _weights(self, fields: Mapping[str, str]) -> dict[int, float]:
        """Return term → weight in a document.

        In steps that a 32-bit float holds exactly, so that what is stored compares equal to what is reckoned again.
        """
        weights: defaultdict[int, float] = defaultdict(float)
        for name, text in fields.items():
            weight, usual_length = FIELDS.get(name, OTHER_FIELD)
            words = _count_words(text)
            damping = 1 - _LENGTH_INFLUENCE + _LENGTH_INFLUENCE * _rough_length(words) / usual_length
            counts: Counter[int] = Counter()
            for word, count in words.items():
                for term in self.lexicon.learn(word):
                    counts[term] += count
            for term, count in counts.items():
                weights[term] += weight * count / (count + damping)
        return {term: max(1, round(weight * 32)) / 32 for term, weight in weights.items()}

    def _posting(self, term: int) -> Posting:
        posting = self._postings.get(term)
        if posting is None:
            posting = self._postings[term] = Posting()
        return posting

    def _remove_posting(self, term: int, docid: int) -> None:
        posting = self._postings[term]
        del posting[docid]
        if not posting:
            del self._postings[term]

    def _set_title(self, docid: int, title: str) -> None:
        before = self._titles.get(docid, "")
        if title == before:
            return
        for start in _title_starts(before, docid):
            self._title_starts.remove(start)
        self._title_starts.update(_title_starts(title, docid))
        if title:
            self._titles[docid] = title
        else:
            del self._titles[docid]


def _count_words(text: str) -> Counter[Spelling]:
    counts: Counter[Spelling] = Counter()
    for token in islice(tokens(normalise(text)), MAX_FIELD_TOKENS):
        counts.update(word for word in spellings(token.text) if not is_stop_word(word.text))
    return counts


def _rough_length(words: Counter[Spelling]) -> float:
    """Return the number of words in steps of √2: one word more must not change the weights of all others."""
    return 2 ** (round(2 * math.log2(max(1, words.total()))) / 2)


def _expand(words: list[QueryWord], table: SynonymTable) -> None:
    for word in words:
        if word.terms:
            _confidence, factor = CONFIDENCE[word.understood]
            word.alternatives.append(((word.terms,), factor))
    for start, count, phrase in table.expansions([word.terms for word in words]):
        for word in words[start : start + count]:
            _confidence, factor = CONFIDENCE[word.understood]
            word.alternatives.append((phrase, factor * SYNONYM_WEIGHT))


def _score(answered: float, weight: float) -> float:
    """Return one number that orders by words answered first, then by weight: the latter's part is always below one."""
    return answered / SMALLEST_CONFIDENCE_STEP + weight / (weight + _MIDDLING_WEIGHT)


def _first(hits: Iterator[Hit], limit: int | None, where: Where | None) -> list[Hit]:
    found: list[Hit] = []
    for hit in hits:
        if limit is not None and len(found) >= limit:
            break
        if where is None or where(hit.docid):
            found.append(hit)
    return found


def _passing(docids: Iterator[int] | list[int], limit: int, where: Where | None) -> list[int]:
    return [hit.docid for hit in _first((Hit(docid, 0.0) for docid in docids), limit, where)]


def _title_key(title: str) -> str:
    return " ".join(fold(token.text) for token in tokens(normalise(title)))


def _title_starts(title: str, docid: int) -> list[tuple[str, int, int]]:
    words = _title_key(title).split()
    return [(" ".join(words[position:]), position, docid) for position in range(min(len(words), MAX_TITLE_STARTS))]
