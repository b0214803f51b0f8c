"""What a search box can offer for the token at the caret: the words of the query language, and the owner's own names.

Names come in the order of how many memories they stand for; the words of the language fill what they leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from timeline_local.domain.query_nodes import Feature, Flag, valued
from timeline_local.domain.query_tokens import Typed, typed_at
from timeline_local.queries.words import searchable
from timeline_local.services.vocabulary import Entry, Vocabulary

MOST = 8
_FOR_WORDS = 2  # places of the language's own words beside names, so that no name is in the way of learning them
# In the order in which they are offered before anything is typed.
KEYS = (
    ("with", "person"),
    ("in", "place"),
    ("tag", "tag"),
    ("kind", "kind"),
    ("on", "date"),
    ("is", "flag"),
    ("has", "feature"),
    ("camera", "camera"),
    ("from", "source"),
    ("collection", "collection"),
    ("before", "date"),
    ("after", "date"),
    ("during", "date"),
    ("near", "place"),
    ("rating", "scale"),
    ("mood", "scale"),
)
_ALIASES = {"type": "kind"}
_RELATIVE = (
    "today",
    "yesterday",
    "this week",
    "last week",
    "this month",
    "last month",
    "this year",
    "last year",
    "last spring",
    "last summer",
    "last autumn",
    "last winter",
)
_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_SCALES = ("5", ">=4", "4", ">=3", "3", "2", "1")
_SPOKEN_YEARS = range(1900, 2100)  # those that the query language knows for years without a key
_FEW_YEARS = 4  # offered before a date is begun; the other half are days told from today
_SHORTEST_WORD = 2  # letters of a bare word before dates are offered for it: a single digit says nothing yet


@dataclass(frozen=True, slots=True)
class Suggestion:
    """kind: what it names, "key" for the beginning of a term.   insert: what takes the token's place.

    key       of the term that `insert` is.   detail    what tells it from others of its name, or "".
    memories  how many it stands for, None where nobody counts.   is_open   whether something has to follow.
    """

    kind: str
    key: str
    label: str
    insert: str
    detail: str = ""
    memories: int | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Suggestions:
    """For the characters from `start` up to `end`."""

    start: int
    end: int
    items: tuple[Suggestion, ...]


def suggest(text: str, caret: int, known: Vocabulary) -> Suggestions:
    """At most MOST suggestions for what is typed at the caret. Cost: one pass over the names of the sort, or of all."""
    typed = typed_at(text, caret)
    found = _bare(typed, known) if typed.key is None else islice(_keyed(typed, known), MOST)
    return Suggestions(typed.start, typed.end, tuple(found))


def _keyed(typed: Typed, known: Vocabulary) -> Iterator[Suggestion]:
    key = _ALIASES.get(typed.key or "", typed.key or "")
    sort = dict(KEYS)[key]
    prefix = searchable(typed.value)
    if key in _NAMES:
        yield from _named(key, sort, _NAMES[key](known), prefix)
    elif sort == "date":
        yield from _dates(key, typed.value, known)
    else:
        for word in _WORDS[key]:
            if word.startswith(typed.value.strip().lower()):
                yield Suggestion(sort, key, word, f"{key}:{word}")


_NAMES: dict[str, Callable[[Vocabulary], tuple[Entry, ...]]] = {
    "with": lambda known: known.people,
    "in": lambda known: known.places,
    "near": lambda known: known.near,
    "tag": lambda known: known.tags,
    "kind": lambda known: known.kinds,
    "camera": lambda known: known.cameras,
    "from": lambda known: known.sources,
    "collection": lambda known: known.collections,
}
_WORDS: dict[str, tuple[str, ...]] = {
    "is": tuple(Flag),
    "has": tuple(Feature),
    "rating": _SCALES,
    "mood": _SCALES,
}


def _named(key: str, sort: str, entries: Iterable[Entry], prefix: str) -> Iterator[Suggestion]:
    """Names of which a word begins with the prefix."""
    wanted = f" {prefix}"
    for entry in entries:
        if wanted in entry.folded:
            name = entry.name
            yield Suggestion(sort, key, name.label, f"{key}:{valued(name.value)}", name.detail, name.memories)


def _bare(typed: Typed, known: Vocabulary) -> Iterator[Suggestion]:
    """For a word without a key: whatever is called so."""
    prefix = searchable(typed.value)
    if not prefix:
        yield from (_key(key) for key, _ in KEYS[:MOST])
        return
    words = list(islice(_words(prefix), MOST))
    names: list[Suggestion] = []
    for key in ("with", "in", "tag", "collection", "kind", "camera", "from"):
        found = _named(key, dict(KEYS)[key], _NAMES[key](known), prefix)
        names += islice((each for each in found if each.memories != 0), MOST)
    if len(prefix) >= _SHORTEST_WORD:
        names += islice(_dates("", typed.value, known), MOST)
    names.sort(key=lambda each: -(each.memories or 0))  # stable: sorts in their order among equals
    room = MOST - min(len(words), _FOR_WORDS)
    shown = names[:room]
    yield from (*shown, *words[: MOST - len(shown)])


def _words(prefix: str) -> Iterator[Suggestion]:
    """Keys, flags and features that begin so; kinds are names, for they are counted."""
    yield from (_key(key) for key, _ in KEYS if key.startswith(prefix))
    for key in ("is", "has"):
        for word in _WORDS[key]:
            if word.startswith(prefix):
                yield Suggestion(dict(KEYS)[key], key, word, f"{key}:{word}")


def _key(key: str) -> Suggestion:
    return Suggestion("key", key, f"{key}:", f"{key}:", is_open=True)


def _dates(key: str, typed: str, known: Vocabulary) -> Iterator[Suggestion]:
    """Years and months that have memories, and days told from today; without a key as a bare date."""
    wanted = " ".join(typed.lower().split())
    months = [each for each in known.months if key or each[0].year in _SPOKEN_YEARS]
    years: dict[int, int] = {}
    for month, memories in months:
        years[month.year] = years.get(month.year, 0) + memories
    if wanted[:1].isdigit():
        yield from _numbered(key, wanted, years, months)
        return
    if not wanted:
        yield from (_date(key, f"{year:04}", memories) for year, memories in _most_first(years)[:_FEW_YEARS])
    yield from (_date(key, phrase, None) for phrase in _RELATIVE if phrase.startswith(wanted))
    if not wanted:
        return
    for month, memories in months:
        phrase = f"{_MONTHS[month.month - 1]} {month.year:04}"
        if phrase.startswith(wanted) and month.year in _SPOKEN_YEARS:
            yield _date(key, phrase, memories)


def _numbered(key: str, wanted: str, years: dict[int, int], months: Iterable[tuple[date, int]]) -> Iterator[Suggestion]:
    for year, memories in _most_first(years):
        if f"{year:04}".startswith(wanted):
            yield _date(key, f"{year:04}", memories)
    for month, memories in months:
        text = f"{month.year:04}-{month.month:02}"
        if text.startswith(wanted) and len(wanted) >= len(f"{month.year:04}"):
            yield _date(key, text, memories)


def _most_first(years: dict[int, int]) -> list[tuple[int, int]]:
    return sorted(years.items(), key=lambda each: (-each[1], -each[0]))


def _date(key: str, phrase: str, memories: int | None) -> Suggestion:
    insert = f"{key}:{valued(phrase)}" if key else phrase
    return Suggestion("date", key or "on", phrase, insert, memories=memories)
