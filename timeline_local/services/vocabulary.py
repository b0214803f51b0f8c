"""The names each owner's timeline knows, kept in memory in the order in which a search box should suggest them.

Counting what a million memories mention takes most of a second, suggesting must take a few milliseconds. So the names
of a revision are kept; of a small timeline they are read anew as soon as it changed, of a large one the last ones
answer while the next are being read.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import Database
from timeline_local.core.place_words import PlaceWords
from timeline_local.domain.kinds import Kind
from timeline_local.queries import vocabulary as queries
from timeline_local.queries.timeline import total
from timeline_local.queries.vocabulary import Name, Spot
from timeline_local.queries.words import searchable
from timeline_local.services import revision

MOST_NAMES = 5000  # of a sort; of more, those that stand for the fewest memories are not suggested
MOST_OWNERS = 16
SMALL = 20_000  # memories; the names of so many are read in less than a tenth of a second (2026-11)
LARGE_PAUSE_S = 10.0  # between two readings of a large timeline, which an import changes many times a second


@dataclass(frozen=True, slots=True)
class Entry:
    """name: what to suggest.   folded: a space, and its words as searches compare them."""

    name: Name
    folded: str


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """All names of one owner at a revision, of each sort those of the most memories first.

    places are locations and the cities and countries they lie in, near those that have coordinates. months newest
    first. is_small: whether it is worth waiting for the next one. spots: what places and near are made of.
    """

    revision: int
    people: tuple[Entry, ...]
    tags: tuple[Entry, ...]
    places: tuple[Entry, ...]
    near: tuple[Entry, ...]
    collections: tuple[Entry, ...]
    kinds: tuple[Entry, ...]
    sources: tuple[Entry, ...]
    cameras: tuple[Entry, ...]
    months: tuple[tuple[date, int], ...]
    is_small: bool
    spots: tuple[Spot, ...]


class Vocabularies:
    """The vocabularies of this process, made when first asked for; the owners who asked last are remembered."""

    def __init__(self, database: Database, *, small: int = SMALL, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._small = small
        self._clock = clock
        self._kept: OrderedDict[int, tuple[Vocabulary, float]] = OrderedDict()
        self._making: dict[int, asyncio.Lock] = {}

    async def get(self, owner_pk: int) -> tuple[Vocabulary, bool]:
        """The owner's names, and whether `renew` should be called once they are answered.

        Cost    one statement when they are known. Of a large timeline whose names are not, they come uncounted, in a
                few milliseconds; else ten statements count everything, some 35 ms for 10,000 memories.
        """
        kept = self._kept.get(owner_pk)
        if kept is None:
            async with self._database.read() as db:
                if await total(db, owner_pk) > self._small:
                    return await _glance(db, owner_pk), True
            return await self.renew(owner_pk), False
        self._kept.move_to_end(owner_pk)
        found, made_at = kept
        async with self._database.read() as db:
            is_present = found.revision == await revision.current(db, owner_pk)
        if is_present:
            return found, False
        if found.is_small:
            return await self.renew(owner_pk), False
        return found, self._clock() - made_at >= LARGE_PAUSE_S

    async def renew(self, owner_pk: int) -> Vocabulary:
        """The names at the present revision. Several who ask at once wait for one reading."""
        lock = self._making.setdefault(owner_pk, asyncio.Lock())
        try:
            async with lock:
                kept = self._kept.get(owner_pk)
                async with self._database.snapshot() as db:
                    now = await revision.current(db, owner_pk)
                    if kept is not None and kept[0].revision == now:
                        return kept[0]
                    found = await _read(db, owner_pk, now, small=self._small)
        finally:
            if not lock.locked():
                self._making.pop(owner_pk, None)
        self._kept[owner_pk] = (found, self._clock())
        self._kept.move_to_end(owner_pk)
        while len(self._kept) > MOST_OWNERS:
            self._kept.popitem(last=False)
        return found


async def _glance(db: AsyncConnection, owner_pk: int) -> Vocabulary:
    """What can be had at once: names by letter, kinds and months; no sources and no cameras."""
    people, tags, spots = await queries.uncounted(db, owner_pk)
    return Vocabulary(
        revision=-1,
        people=_entries(people),
        tags=_entries(tags),
        places=_entries(_levels(spots)),
        near=_entries(_levels(spot for spot in spots if spot.has_point)),
        collections=_entries(await queries.collections(db, owner_pk)),
        kinds=_entries(await _kinds(db, owner_pk)),
        sources=(),
        cameras=(),
        months=tuple(sorted(await queries.months(db, owner_pk), reverse=True)),
        is_small=False,
        spots=tuple(spots),
    )


@lru_cache(maxsize=MOST_OWNERS)
def in_words(known: Vocabulary, words: PlaceWords) -> Vocabulary:
    """The same names, with places as they are called in another language; found by their own names, too."""
    near = [spot for spot in known.spots if spot.has_point]
    return replace(known, places=_told(known.spots, words), near=_told(near, words))


def _told(spots: Sequence[Spot], words: PlaceWords) -> tuple[Entry, ...]:
    there = [spot.told(words) for spot in spots]
    own: dict[str, set[str]] = defaultdict(set)
    for spot, told in zip(spots, there, strict=True):
        for name, other in ((spot.name, told.name), (spot.city, told.city), (spot.country, told.country)):
            own[searchable(other)].add(searchable(name))
    return tuple(
        Entry(entry.name, " ".join((entry.folded, *sorted(own[searchable(entry.name.value)]))))
        for entry in _entries(_levels(there))
    )


async def _kinds(db: AsyncConnection, owner_pk: int) -> list[Name]:
    counted = await queries.kinds(db, owner_pk)
    return [Name(kind.value, kind.value, counted.get(kind.code, 0)) for kind in Kind]


async def _read(db: AsyncConnection, owner_pk: int, now: int, *, small: int) -> Vocabulary:
    spots = await queries.spots(db, owner_pk)
    return Vocabulary(
        revision=now,
        people=_entries(await queries.people(db, owner_pk)),
        tags=_entries(await queries.tags(db, owner_pk)),
        places=_entries(_levels(spots)),
        near=_entries(_levels(spot for spot in spots if spot.has_point)),
        collections=_entries(await queries.collections(db, owner_pk)),
        kinds=_entries(await _kinds(db, owner_pk)),
        sources=_entries(await queries.sources(db, owner_pk)),
        cameras=_entries(await queries.cameras(db, owner_pk)),
        months=tuple(sorted(await queries.months(db, owner_pk), reverse=True)),
        is_small=await total(db, owner_pk) <= small,
        spots=tuple(spots),
    )


def _entries(names: Iterable[Name]) -> tuple[Entry, ...]:
    """One entry for each way to search, the most memories first, then by name."""
    found: dict[str, list[Name]] = defaultdict(list)
    for name in names:
        found[searchable(name.value)].append(name)
    joined = [(_joined(same), folded) for folded, same in found.items() if folded]
    joined.sort(key=lambda each: (-(each[0].memories or 0), each[1]))
    return tuple(Entry(name, f" {searchable(name.label)}") for name, _ in joined[:MOST_NAMES])


def _joined(names: Sequence[Name]) -> Name:
    """Names that one search finds together, under the one of the most memories."""
    first = max(names, key=lambda name: (name.memories or 0, name.label))
    if len(names) == 1:
        return first
    counts = [name.memories for name in names if name.memories is not None]
    return Name(first.label, first.value, sum(counts) if counts else None, first.detail)


def _levels(spots: Iterable[Spot]) -> list[Name]:
    """Every location, city and country by itself, with all that lies in it; a city is told with its country."""
    counts: dict[str, int | None] = {}
    told: dict[str, tuple[str, str]] = {}
    for spot in spots:
        within = ", ".join(dict.fromkeys(part for part in (spot.city, spot.country) if part and part != spot.name))
        levels = {searchable(spot.country): (spot.country, ""), searchable(spot.city): (spot.city, spot.country)}
        levels.setdefault(searchable(spot.name), (spot.name, within))
        for folded, words in levels.items():
            counts[folded] = None if spot.memories is None else (counts.get(folded) or 0) + spot.memories
            told.setdefault(folded, words)
    return [Name(label, label, counts[folded], detail) for folded, (label, detail) in told.items() if folded]
