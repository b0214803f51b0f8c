"""Skeletons: the exact geometry of a whole timeline in three bytes a memory, and the order behind it.

A skeleton is a function of owner, query and revision, so a small memory of the newest ones answers most requests, and
`items` are cut from the very order the client laid out. Folded, a skeleton has one tile for the messages of a
conversation on one day, in the place of the last of them. Layout of version 1, little endian:

    "TLS1"  u32 memories  u32 days  u32 revision
    i32 day[days]  u32 count[days]  u8 ratio[memories]  u8 kind[memories] (bit 7: favourite)  u8 tint[memories]
"""

from __future__ import annotations

import asyncio
import struct
import sys
from array import array
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, compress
from operator import neg
from types import MappingProxyType
from typing import TypeAlias

from timeline_local.core.database import Database
from timeline_local.domain.kinds import Kind
from timeline_local.domain.query import Query
from timeline_local.domain.tiles import NEUTRAL_TINT, pack_tile, text_ratio
from timeline_local.exceptions import StaleRevision
from timeline_local.queries import conversations, timeline
from timeline_local.queries.conversations import Fold
from timeline_local.queries.named import names_anything, resolved
from timeline_local.services import revision

HEAD = struct.Struct("<4sIII")
MAGIC = b"TLS1"
WITHOUT_FAVOURITE = bytes(code & 0x7F for code in range(256))
# Bytes of skeletons kept, bodies and orders: some ten timelines of 100,000, or two of a million.
KEPT_BYTES = 24 * 1024 * 1024
NOTED_REVISIONS = 64  # of an owner; whoever is further behind has the whole timeline read again
_UNKNOWN: frozenset[int] = frozenset()
FOLD_COST = 400  # bytes of one fold, its keys included
SOME = 16  # messages of a fold that are looked at for who wrote them
_MESSAGE = Kind.MESSAGE.code
_FOLDED_TILE = pack_tile(_MESSAGE, False, text_ratio(100), NEUTRAL_TINT)
MOST_DAYS = 400  # above that reading some days is no cheaper than reading all


@dataclass(frozen=True, slots=True)
class Skeleton:
    """revision: what the owner's counter stood at. pks: the memories in order.

    folds  of those that stand for a conversation's day: what is folded there. The days count each as one.
    """

    revision: int
    body: bytes
    pks: array[int]
    folds: dict[int, Fold] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        """Bytes held."""
        return len(self.body) + self.pks.itemsize * len(self.pks) + FOLD_COST * len(self.folds)

    def day_counts(self) -> list[tuple[int, int]]:
        """(day, count), newest first, undated last."""
        days, counts = self.runs()
        return list(zip(days, counts, strict=True))

    def runs(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The days, newest first, undated last; and how many memories each has."""
        (days,) = struct.unpack_from("<I", self.body, 8)
        numbers = struct.unpack_from(f"<{days}i{days}I", self.body, HEAD.size)
        return numbers[:days], numbers[days:]

    def columns(self) -> tuple[bytes, bytes, bytes]:
        """The three bytes of every memory: all first ones, all second ones, all third ones."""
        count = len(self.pks)
        start = len(self.body) - 3 * count
        first, second = start + count, start + 2 * count
        return self.body[start:first], self.body[first:second], self.body[second:]

    def kinds(self) -> bytes:
        """The kind code of every memory in order, without the favourite bit."""
        end = len(self.body) - len(self.pks)
        return self.body[end - len(self.pks) : end].translate(WITHOUT_FAVOURITE)


_Key: TypeAlias = tuple[int, str, bool]
"""Owner, query in its one spelling, and whether conversations are folded."""


class Skeletons:
    """The skeletons of this process, made when first asked for, forgotten oldest first."""

    def __init__(self, database: Database, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._database = database
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[_Key, Skeleton] = OrderedDict()
        self._making: dict[_Key, asyncio.Lock] = {}
        self._noted: dict[int, OrderedDict[int, frozenset[int]]] = {}

    async def get(self, owner_pk: int, query: Query, *, fold: bool = False) -> Skeleton:
        """The skeleton of the query at the owner's present revision.

        fold    the messages of a conversation on one day as one, where the query is empty: who searches, finds each.
        Cost    one statement when it is known, else a scan of what the query finds, and one for each name in it.
                Two who ask at once wait for one.
        """
        if names_anything(query):
            # What a name stands for may change with the day, without any change of the timeline.
            async with self._database.read() as db:
                query = await resolved(db, owner_pk, query)
        key = (owner_pk, query.canonical(), fold and not query.terms)
        lock = self._making.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                return await self._get(key, query)
        finally:
            if not lock.locked():
                self._making.pop(key, None)

    async def get_at(self, owner_pk: int, query: Query, at: int, *, fold: bool = False) -> Skeleton:
        """The skeleton a client holds. Raises StaleRevision, with the present one, when the timeline has changed."""
        found = await self.get(owner_pk, query, fold=fold)
        if found.revision != at:
            raise StaleRevision(
                "The timeline has changed. Get the skeleton again; nothing else is needed.",
                facts={"rev": found.revision},
            )
        return found

    def note(self, owner_pk: int, at: int, days: Iterable[int]) -> None:
        """The change that led to this revision touched nothing but memories of these days, before or after it.

        Where every step since a kept skeleton is noted, only those days are read to make the present one.
        """
        noted = self._noted.setdefault(owner_pk, OrderedDict())
        noted[at] = frozenset(days)
        while len(noted) > NOTED_REVISIONS:
            noted.popitem(last=False)

    async def _get(self, key: _Key, query: Query) -> Skeleton:
        owner_pk, kept = key[0], self._kept.get(key)
        if kept is not None:
            async with self._database.read() as db:
                if kept.revision == await revision.current(db, owner_pk):
                    self._kept.move_to_end(key)
                    return kept
        skeleton = await self._made(key, query, kept)
        self._kept[key] = skeleton
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(each.cost for each in self._kept.values()) > self._kept_bytes:
            self._kept.popitem(last=False)
        return skeleton

    async def _made(self, key: _Key, query: Query, kept: Skeleton | None) -> Skeleton:
        """The present skeleton: the kept one with some days read anew, or all of it read."""
        owner_pk, _, is_folded = key
        async with self._database.snapshot() as db:
            now = await revision.current(db, owner_pk)
            days = None if kept is None else self._days_between(owner_pk, kept.revision, now)
            found = await timeline.positions(db, owner_pk, query, days=days)
            folds: dict[int, Fold] = {}
            if is_folded:
                pks = None if days is None else found.pks
                of = await conversations.conversation_of(db, owner_pk, pks=pks)
                found, folds = await asyncio.to_thread(folded, found, of)
        if kept is not None and days is not None:
            return spliced(kept, days, found, now, folds)
        return Skeleton(now, await asyncio.to_thread(pack, found, now), found.pks, folds)

    def _days_between(self, owner_pk: int, before: int, now: int) -> frozenset[int] | None:
        """What changed between two revisions; None when that was not noted, or is too much to read day by day."""
        noted = self._noted.get(owner_pk)
        if noted is None or not 0 < now - before <= len(noted):
            return None
        steps = [noted.get(at, _UNKNOWN) for at in range(before + 1, now + 1)]
        days = _UNKNOWN.union(*steps)
        return days if all(steps) and len(days) <= MOST_DAYS else None


def pack(found: timeline.Positions, at: int) -> bytes:
    """The bytes of a skeleton. Linear: about 60 ns a memory."""
    runs = Counter(found.days)  # keeps the order in which days first come, and each day comes in one run
    return _body(at, tuple(runs.keys()), tuple(runs.values()), _tile_columns(found.tiles))


def folded(found: timeline.Positions, of: Mapping[int, int]) -> tuple[timeline.Positions, dict[int, Fold]]:
    """The positions with one for all messages of a conversation on one day, in the place of the last; what is in each.

    of: memory → conversation. Two messages are the fewest that are folded. Linear: 1 µs a message (2026-11).
    """
    if not of:
        return found, {}
    together: dict[tuple[int, int], list[int]] = {}
    kinds = _tile_columns(found.tiles)[1].translate(WITHOUT_FAVOURITE)
    for place, (kind, pk, day) in enumerate(zip(kinds, found.pks, found.days, strict=True)):
        if kind == _MESSAGE and (conversation := of.get(pk)) is not None:
            if (key := (day, conversation)) in together:
                together[key].append(place)
            else:
                together[key] = [place]
    kept, tiles = bytearray(b"\1") * len(found.pks), array("I", found.tiles)
    folds: dict[int, Fold] = {}
    for (day, collection_pk), places in together.items():
        if len(places) > 1:
            some = tuple(found.pks[place] for place in places[: -SOME - 1 : -1])
            folds[found.pks[places[0]]] = Fold(day, collection_pk, len(places), some[0], some)
            tiles[places[0]] = _FOLDED_TILE
            for place in places[1:]:
                kept[place] = 0
    columns = (array(each.typecode, compress(each, kept)) for each in (found.pks, found.days, tiles))
    return timeline.Positions(*columns), folds


def spliced(
    old: Skeleton,
    days: Collection[int],
    found: timeline.Positions,
    at: int,
    folds: Mapping[int, Fold] = MappingProxyType({}),
) -> Skeleton:
    """The old skeleton with these days replaced by what was found of them. Copies bytes: 1 ms for 100,000 memories."""
    had, had_counts = old.runs()
    has = Counter(found.days)
    old_starts, new_starts = (list(accumulate(counts, initial=0)) for counts in (had_counts, has.values()))
    new_at = dict(zip(has, new_starts, strict=False))
    pks, columns = array("q"), [bytearray(), bytearray(), bytearray()]
    old_columns, new_columns = old.columns(), _tile_columns(found.tiles)
    all_days: list[int] = []
    all_counts: list[int] = []
    for start, end, day in _between(had, days):
        kept = slice(old_starts[start], old_starts[end])
        all_days += had[start:end]
        all_counts += had_counts[start:end]
        pks += old.pks[kept]
        new = slice(0, 0)
        if day is not None and has[day]:
            new = slice(new_at[day], new_at[day] + has[day])
            all_days.append(day)
            all_counts.append(has[day])
        pks += found.pks[new]
        for column, before, after in zip(columns, old_columns, new_columns, strict=True):
            column.extend(before[kept])
            column.extend(after[new])
    kept_folds = {head: fold for head, fold in old.folds.items() if fold.day not in days}
    return Skeleton(at, _body(at, all_days, all_counts, columns), pks, kept_folds | dict(folds))


def _between(had: tuple[int, ...], days: Collection[int]) -> Iterator[tuple[int, int, int | None]]:
    """(first run to keep, the run behind the last one, the day that comes then), newest first; None at the end."""
    start = 0
    for day in sorted(days, reverse=True):
        end = bisect_left(had, -day, key=neg)
        yield start, end, day
        start = end + (end < len(had) and had[end] == day)
    yield start, len(had), None


def _body(at: int, days: Collection[int], counts: Collection[int], columns: Iterable[bytes | bytearray]) -> bytes:
    numbers = array("i", days), array("I", counts)
    for each in numbers:
        _little_endian(each)
    head = HEAD.pack(MAGIC, sum(counts), len(days), at & 0xFFFFFFFF)
    return b"".join((head, *(each.tobytes() for each in numbers), *columns))


def _tile_columns(tiles: array[int]) -> tuple[bytes, bytes, bytes]:
    copied = array("I", tiles)
    _little_endian(copied)
    packed = copied.tobytes()
    return packed[0::4], packed[1::4], packed[2::4]


def _little_endian(numbers: array[int]) -> None:
    if sys.byteorder == "big":
        numbers.byteswap()
