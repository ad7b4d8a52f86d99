"""The part of a text that best shows why it answers a query. Makes no HTML."""

from .analysis import Token, normalise, tokens
from .index import QueryAnalysis

MAX_TEXT_LENGTH = 50_000
ELLIPSIS = "…"


def snippet(text: str, analysis: QueryAnalysis, length: int = 200) -> list[tuple[str, bool]]:
    """Return about `length` characters of plain text around the hits, as (text, is a hit) parts.

    The parts joined are the excerpt; "…" stands where it leaves something out.
    """
    text = " ".join(normalise(text[:MAX_TEXT_LENGTH]).split())
    words = list(tokens(text))
    hits = [word for word in words if analysis.is_hit(word.text)]
    start, end = _window(text, words, hits, length)
    parts: list[tuple[str, bool]] = [(ELLIPSIS, False)] if start > 0 else []
    position = start
    for hit in hits:
        if position <= hit.start and hit.end <= end:
            parts += [(text[position : hit.start], False), (hit.text, True)]
            position = hit.end
    parts += [(text[position:end], False)]
    if end < len(text):
        parts.append((ELLIPSIS, False))
    return _merged(parts)


def _window(text: str, words: list[Token], hits: list[Token], length: int) -> tuple[int, int]:
    """Return where to cut, at words' edges, so that as many different hits as possible are inside."""
    if len(text) <= length or not words:
        return 0, min(len(text), length)
    first = max(hits, key=lambda hit: (_different(hits, hit.start, length), -hit.start), default=words[0])
    lead = max(0, first.start - length // 4)
    start = 0 if first.end <= length * 3 // 4 else next(word.start for word in words if word.start >= lead)
    ends = [word.end for word in words if start < word.end <= start + length]
    end = ends[-1] if ends else start + length
    return start, len(text) if end == words[-1].end and len(text) - start <= length else end


def _different(hits: list[Token], start: int, length: int) -> int:
    reach = start + length * 3 // 4
    return len({hit.text.lower() for hit in hits if start <= hit.start and hit.end <= reach})


def _merged(parts: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    merged: list[tuple[str, bool]] = []
    for text, is_hit in parts:
        if merged and not is_hit and not merged[-1][1]:
            merged[-1] = (merged[-1][0] + text, False)
        elif text:
            merged.append((text, is_hit))
    return merged
