"""What was listened to: plays in, sittings out.

A play of a few minutes is no memory, and a day is none either: which day it was depends on a zone that no export tells.
So plays that follow each other within PAUSE are one sitting, which has its own beginning and end, and is the same one
whenever it is read again.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from timeline_local.domain.times import from_micros, micros
from timeline_local.importers.seen import Seen

PAUSE = timedelta(minutes=30)
LEAST = timedelta(seconds=30)  # Spotify counts a play from here on; what is shorter was skipped
MAX_PLAYS = 500  # of one sitting: a night and a day of songs; a longer one goes on as another
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND


@dataclass(frozen=True, slots=True)
class Play:
    """ended_at: aware UTC.   by: artist, show or author.   is_exact: its end is to the second, else to the minute."""

    ended_at: datetime
    played_ms: int
    title: str
    by: str
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """A song, or chapter, of a sitting. played_ms: of all its plays there."""

    title: str
    by: str
    played_ms: int
    plays: int


@dataclass(frozen=True, slots=True)
class Sitting:
    """began_at, ended_at: aware UTC. heard: in the order of their first play. skipped: plays shorter than LEAST.

    key  the minute in which its first play ended: what both kinds of Spotify's export tell alike.
    """

    key: str
    began_at: datetime
    ended_at: datetime
    heard: tuple[Heard, ...]
    skipped: int

    @property
    def played_ms(self) -> int:
        return sum(each.played_ms for each in self.heard)

    def by(self) -> list[str]:
        """Who was heard, the longest heard first."""
        sums: dict[str, int] = {}
        for each in self.heard:
            if each.by:
                sums[each.by] = sums.get(each.by, 0) + each.played_ms
        return sorted(sums, key=lambda name: -sums[name])


@dataclass(slots=True)
class Plays:
    """All plays of an export in any order. Memory: some 80 bytes a play, and each title once.

    The exact ones must be added first: one to the minute that is there already is then known.
    """

    twice: int = 0
    _ends: array[int] = field(default_factory=lambda: array("q"))
    _lengths: array[int] = field(default_factory=lambda: array("q"))
    _titles: array[int] = field(default_factory=lambda: array("L"))
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _seen: Seen = field(default_factory=Seen)
    _minutes: Seen = field(default_factory=Seen)

    def add(self, play: Play) -> None:
        end = micros(play.ended_at)
        number = self._numbers.setdefault((play.title, play.by), len(self._numbers))
        is_new = self._seen.number(f"{end} {play.played_ms} {number}") == 1
        is_first = self._minutes.number(f"{end // _MINUTE} {number}") == 1
        if not is_new or not (play.is_exact or is_first):
            self.twice += 1
            return
        self._ends.append(end)
        self._lengths.append(play.played_ms)
        self._titles.append(number)

    def sittings(self) -> Iterator[Sitting]:
        """In the order of time. Cost: one sort."""
        order = sorted(range(len(self._ends)), key=lambda at: (self._ends[at], self._titles[at]))
        names = list(self._numbers)
        pause = PAUSE // timedelta(microseconds=1)
        keys = Seen()
        begun: list[int] = []
        for at in order:
            starts = self._ends[at] - self._lengths[at] * 1000
            if begun and (starts - self._ends[begun[-1]] > pause or len(begun) >= MAX_PLAYS):
                yield self._sitting(begun, names, keys)
                begun = []
            begun.append(at)
        if begun:
            yield self._sitting(begun, names, keys)

    def _sitting(self, plays: Sequence[int], names: Sequence[tuple[str, str]], keys: Seen) -> Sitting:
        heard: dict[int, tuple[int, int]] = {}
        skipped = 0
        for at in plays:
            if timedelta(milliseconds=self._lengths[at]) < LEAST:
                skipped += 1
                continue
            number = self._titles[at]
            length, count = heard.get(number, (0, 0))
            heard[number] = (length + self._lengths[at], count + 1)
        began = min(self._ends[at] - self._lengths[at] * 1000 for at in plays)
        return Sitting(
            key=keys.unique(from_micros(self._ends[plays[0]] // _MINUTE * _MINUTE).strftime("%Y-%m-%dT%H:%MZ")),
            began_at=from_micros(began // _SECOND * _SECOND),
            ended_at=from_micros(self._ends[plays[-1]]),
            heard=tuple(Heard(*names[number], length, count) for number, (length, count) in heard.items()),
            skipped=skipped,
        )
