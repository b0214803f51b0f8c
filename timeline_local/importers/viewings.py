"""What was watched or heard, of which only the beginnings are told: viewings in, sittings out.

A video or song of a few minutes is no memory, and a day of them would hide all others. So viewings that begin within a
pause of each other are one sitting; as nobody tells how long they ran, a sitting ends when its last one began.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence, from_micros, micros
from timeline_local.importers.seen import Seen

PAUSE = timedelta(hours=1)  # few videos run longer
PAUSE_OF_SONGS = timedelta(minutes=30)
MAX_VIEWINGS = 500  # of one sitting; a longer one goes on as another
NAMED = 2  # of those whose things they were, in a title
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Viewing:
    """began_at: aware UTC; with is_wall_clock what a clock showed that is not known to be UTC's. by: whose it is."""

    began_at: datetime
    title: str
    by: str
    address: str
    is_wall_clock: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing of a sitting, and how often it was begun there."""

    title: str
    by: str
    address: str
    times: int


@dataclass(frozen=True, slots=True)
class ViewingSitting:
    """began_at, last_at: as of viewings. watched: in the order of their first time. key: the minute it began in."""

    key: str
    began_at: datetime
    last_at: datetime
    watched: tuple[Watched, ...]
    is_wall_clock: bool

    def by(self) -> list[str]:
        """Whose things they were, the most often watched first."""
        counts = Counter({each.by: 0 for each in self.watched if each.by})
        for each in self.watched:
            if each.by:
                counts[each.by] += each.times
        return sorted(counts, key=lambda name: -counts[name])


@dataclass(slots=True)
class Viewings:
    """All viewings of an export in any order. Memory: some 40 bytes each, and each title once.

    One thing begun in one second is one viewing, in however many files it stands: twice counts the others.
    pause  what parts two sittings.
    """

    pause: timedelta = PAUSE
    twice: int = 0
    _begins: array[int] = field(default_factory=lambda: array("q"))
    _titles: array[int] = field(default_factory=lambda: array("L"))
    _walls: array[int] = field(default_factory=lambda: array("b"))
    _numbers: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _seen: Seen = field(default_factory=Seen)

    def add(self, viewing: Viewing) -> None:
        begin = micros(viewing.began_at) // _SECOND
        if self._seen.number(f"{begin} {viewing.address or viewing.title}") > 1:
            self.twice += 1
            return
        said = (viewing.title, viewing.by, viewing.address)
        self._begins.append(begin)
        self._titles.append(self._numbers.setdefault(said, len(self._numbers)))
        self._walls.append(viewing.is_wall_clock)

    def sittings(self) -> Iterator[ViewingSitting]:
        """In the order of time. Cost: one sort."""
        names = list(self._numbers)
        order = sorted(range(len(self._begins)), key=lambda at: (self._begins[at], names[self._titles[at]]))
        pause, keys, begun = self.pause // timedelta(seconds=1), Seen(), list[int]()
        for at in order:
            if begun and (self._begins[at] - self._begins[begun[-1]] > pause or len(begun) >= MAX_VIEWINGS):
                yield self._sitting(begun, names, keys)
                begun = []
            begun.append(at)
        if begun:
            yield self._sitting(begun, names, keys)

    def _sitting(self, viewings: Sequence[int], names: Sequence[tuple[str, str, str]], keys: Seen) -> ViewingSitting:
        times = Counter(self._titles[at] for at in viewings)
        began, last = (from_micros(self._begins[at] * _SECOND) for at in (viewings[0], viewings[-1]))
        return ViewingSitting(
            key=keys.unique(began.strftime("%Y-%m-%dT%H:%MZ")),
            began_at=began,
            last_at=last,
            watched=tuple(Watched(*names[number], count) for number, count in times.items()),
            is_wall_clock=any(self._walls[at] for at in viewings),
        )


def as_draft(sitting: ViewingSitting, *, what: str, unit: str, origin: str) -> Draft:
    """A sitting as one memory. what: stands before its key. unit: what one thing of it is called, "song"."""
    names = sitting.by()
    rest = len(names) - NAMED
    title = ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
    count = sum(each.times for each in sitting.watched)
    first = sitting.watched[0]
    is_long = sitting.last_at > sitting.began_at
    wall = sitting.is_wall_clock
    return Draft(
        source_key=f"{what}:{sitting.key}",
        kind=Kind.PLAY,
        title=first.title if count == 1 else f"{title or first.title} · {count} {unit}s",
        body="\n".join(map(_line, sitting.watched)),
        evidence=(
            TimeEvidence(
                basis=TimeBasis.SOURCE,
                instant=None if wall else sitting.began_at,
                until=sitting.last_at if is_long and not wall else None,
                local_at=sitting.began_at.replace(tzinfo=None) if wall else None,
                local_until=sitting.last_at.replace(tzinfo=None) if is_long and wall else None,
                origin=f"{origin}, in a zone it does not name" if wall else origin,
            ),
        ),
        extra={"plays": count},
    )


def _line(each: Watched) -> str:
    title = each.title.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") if each.address else each.title
    linked = f"[{title}]({each.address})" if each.address else title
    return f"- {linked}{f' — {each.by}' if each.by else ''}{f' (×{each.times})' if each.times > 1 else ''}"
