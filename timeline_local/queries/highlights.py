"""Where the words of a search stand in a text, compared as the full text index compares them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from timeline_local.domain.fingerprints import fold
from timeline_local.domain.query import AllOf, Or, Phrase, Query, Term, Word
from timeline_local.domain.snippets import snippet
from timeline_local.queries.search import SHORTEST_PREFIX, words_of

LENGTH = 240  # characters of a snippet
_BEFORE = 60  # characters shown before the first hit
_WITHIN = 160  # hits this close to one another are shown together
_MOST_HITS = 200  # looked at in one text
_WINDOW = 1200  # characters that a snippet is cut from; Markdown takes some of them
_STEP = 100  # characters whose folding is looked at together
_NEVER = re.compile(r"(?!)")

Run = tuple[str, bool]
"""A piece of text, and whether it is what was searched for; all pieces joined are the text."""


@dataclass(frozen=True, slots=True)
class Highlighter:
    """Finds the words and phrases of one query, negated ones aside; groups of the pattern tell them apart."""

    pattern: re.Pattern[str]

    @classmethod
    def of(cls, query: Query) -> Highlighter:
        """For a query of at most MAX_TERMS terms."""
        last = len(query.terms) - 1
        wanted = [
            _spelled(words, is_prefix=isinstance(term, Word) and number == last and len(words[-1]) >= SHORTEST_PREFIX)
            for number, whole in enumerate(query.terms)
            for term in _texts(whole)
            if (words := words_of(term.text))
        ]
        return cls(re.compile("|".join(f"({each})" for each in wanted)) if wanted else _NEVER)

    def __bool__(self) -> bool:
        """Whether there is anything to find."""
        return self.pattern is not _NEVER

    def runs(self, text: str) -> list[Run]:
        """The text in pieces. Linear; meant for lines, not for books."""
        text = unicodedata.normalize("NFC", text)
        folded, origins = _folded_with_origins(text)
        found: list[Run] = []
        at = 0
        for match in self.pattern.finditer(folded):
            start, end = origins[match.start()], origins[match.end()]
            if start > at:
                found.append((text[at:start], False))
            found.append((text[start:end], True))
            at = end
        if at < len(text):
            found.append((text[at:], False))
        return found

    def snippet(self, body: str) -> list[Run]:
        """At most LENGTH characters of a note in pieces, without Markdown: where most of the query is, or its start.

        Linear in the note; a note of 100,000 characters takes some 10 ms.
        """
        start = self._best(body)
        text = snippet(body[start or 0 : (start or 0) + _WINDOW], LENGTH)
        if start is None:
            return [(text, False)] if text else []
        return self.runs(f"…{text}" if start and text else text)

    def _best(self, body: str) -> int | None:
        """Where a snippet should begin, in characters of the body; None where nothing is found in it."""
        folded = body.lower() if body.isascii() else fold(body)
        matches = islice(self.pattern.finditer(folded), _MOST_HITS)
        hits = [(match.start(), match.lastindex) for match in matches]
        if not hits:
            return None
        best = max(range(len(hits)), key=lambda first: (_different(hits, first), -first))
        place = _unfolded(body, folded, hits[best][0])
        return 0 if place <= 2 * _BEFORE else _word_after(body, place - _BEFORE, place)


def _different(hits: list[tuple[int, int | None]], first: int) -> int:
    """How many different terms stand within reach of a hit."""
    start = hits[first][0]
    return len({group for place, group in hits[first:] if place - start <= _WITHIN})


def _unfolded(body: str, folded: str, place: int) -> int:
    """The place in the body of a place in the folded body, right to a few characters."""
    if len(folded) == len(body):
        return place
    before = 0
    for start in range(0, len(body), _STEP):
        length = len(fold(body[start : start + _STEP]))
        if before + length > place:
            return start + min(place - before, _STEP)
        before += length
    return len(body)


def _word_after(body: str, start: int, end: int) -> int:
    """Behind the last line break between two places, or else behind the first space."""
    if (line := body.rfind("\n", start, end)) >= 0:
        return line + 1
    space = body.find(" ", start, end)
    return space + 1 if space >= 0 else start


def _texts(term: Term) -> Iterator[Word | Phrase]:
    if isinstance(term, Word | Phrase):
        yield term
    elif isinstance(term, Or | AllOf):
        for each in term.terms:
            yield from _texts(each)


def _spelled(words: Iterable[str], *, is_prefix: bool) -> str:
    """Whole words side by side, whatever stands between them; the last one may go on."""
    between = r"[\W_]+"
    end = r"[^\W_]*" if is_prefix else r"(?![^\W_])"
    return rf"(?<![^\W_]){between.join(re.escape(word) for word in words)}{end}"


_folded_letter = lru_cache(maxsize=4096)(fold)  # the same few letters come again and again


def _folded_with_origins(text: str) -> tuple[str, list[int] | range]:
    """The text as searches compare it, and for each of its characters, and its end, the place in the text."""
    if text.isascii():
        return text.lower(), range(len(text) + 1)
    pieces: list[str] = []
    origins: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = _folded_letter(text[start:end])
        pieces.append(piece)
        origins += [start] * len(piece)
        start = end
    origins.append(len(text))
    return "".join(pieces), origins
