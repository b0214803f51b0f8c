"""Millions of readings of watches and phones, folded into days as they come by.

A phone and a watch both count the same steps. Of each hour the device counts that counted most, so that what both saw
is counted once, and what only one of them saw is not lost. Sleep is minutes: asleep is who any device says is asleep.
Memory: some 2 KB a day, however many readings it has.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from timeline_local.domain.drafts import JSON, Draft, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moves import spell_distance
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers.archive import File
from timeline_local.importers.base import Checkpoint

HOURS, MINUTES = 24, 24 * 60
DAYS_PER_CHECKPOINT = 200
_EVENING = 18 * 60  # a night belongs to the day on which it ends: what is slept from here on, to the next one
_MOST_SOURCES = 16  # told apart of one kind on one day
_LONGEST_H = 48  # of a reading that is spread over its hours


@dataclass(frozen=True, slots=True, order=True)
class At:
    """A clock reading: the day as its ordinal, and the minute of it, with a fraction."""

    day: int
    minute: float

    def until(self, other: At) -> float:
        """Minutes."""
        return (other.day - self.day) * MINUTES + other.minute - self.minute


@dataclass(slots=True)
class Mean:
    """Of readings that do not add up. last: the one of the latest minute."""

    count: int = 0
    total: float = 0.0
    least: float = 0.0
    most: float = 0.0
    last: float = 0.0
    last_minute: float = -1.0

    def add(self, value: float, minute: float) -> None:
        self.least = min(self.least, value) if self.count else value
        self.most = max(self.most, value) if self.count else value
        self.count += 1
        self.total += value
        if minute >= self.last_minute:
            self.last, self.last_minute = value, minute

    @property
    def average(self) -> float:
        return self.total / self.count


@dataclass(slots=True)
class Day:
    """What is known of one day, by our names."""

    sums: dict[str, float] = field(default_factory=dict)
    means: dict[str, Mean] = field(default_factory=dict)
    asleep_min: int = 0
    in_bed_min: int = 0

    def figures(self) -> dict[str, JSON]:
        """As numbers, for whoever counts."""
        told: dict[str, JSON] = {name: round(value) for name, value in self.sums.items() if round(value)}
        for name, mean in self.means.items():
            told[name] = (
                {"average": round(mean.average, 1), "least": round(mean.least, 1), "most": round(mean.most, 1)}
                if name == "heart_rate"
                else round(mean.last if name in LAST else mean.average, 1)
            )
        nights = {"asleep_min": self.asleep_min, "in_bed_min": self.in_bed_min}
        return told | {name: value for name, value in nights.items() if value}


LAST = frozenset({"weight_kg", "body_fat_percent", "vo2max"})  # of these the last reading of a day is the day's


@dataclass(slots=True)
class Days:
    """All days while their readings come, in any order."""

    _hours: dict[tuple[str, int], dict[str, array[float]]] = field(default_factory=dict)
    _means: dict[tuple[str, int], Mean] = field(default_factory=dict)
    _asleep: dict[int, int] = field(default_factory=dict)
    _in_bed: dict[int, int] = field(default_factory=dict)
    _told: dict[tuple[str, int], float] = field(default_factory=dict)

    def add(self, name: str, source: str, begun: At, ended: At, value: float) -> None:
        """What adds up, spread evenly over its hours."""
        length = begun.until(ended)
        hour = int(begun.minute // 60)
        if length <= 0 or (begun.day == ended.day and hour == int(ended.minute // 60)) or length > _LONGEST_H * 60:
            self._of(name, source, begun.day)[hour] += value
            return
        at, left = begun.minute, length
        day = begun.day
        while left > 0:
            part = min(60 - at % 60, left)
            self._of(name, source, day)[int(at // 60)] += value * part / length
            at, left = at + part, left - part
            if at >= MINUTES:
                day, at = day + 1, 0.0

    def mean(self, name: str, begun: At, value: float) -> None:
        """What does not add up."""
        self._means.setdefault((name, begun.day), Mean()).add(value, begun.minute)

    def sleep(self, begun: At, ended: At, *, is_asleep: bool) -> None:
        """A stretch of a night; of at most two days."""
        if not 0 < begun.until(ended) <= _LONGEST_H * 60:
            return
        nights = self._asleep if is_asleep else self._in_bed
        start = begun.day * MINUTES + round(begun.minute) + MINUTES - _EVENING
        end = ended.day * MINUTES + round(ended.minute) + MINUTES - _EVENING
        while start < end:
            night, first = divmod(start, MINUTES)
            last = min(end - night * MINUTES, MINUTES)
            nights[night] = nights.get(night, 0) | ((1 << (last - first)) - 1) << first
            start = (night + 1) * MINUTES

    def tell(self, name: str, day: int, value: float) -> None:
        """What the phone itself says a day adds up to: it goes before what was added."""
        self._told[name, day] = value

    def spread(self, name: str, day: int, average: float, least: float, most: float) -> None:
        """What somebody else has summed up of readings that do not add up."""
        self._means[name, day] = Mean(1, average, least, most, average, 0)

    def slept(self, day: int, minutes: int) -> None:
        """How long, where nobody says when."""
        self._asleep[day] = (1 << min(max(minutes, 0), MINUTES)) - 1

    def days(self) -> Iterator[tuple[date, Day]]:
        """In the order of the calendar."""
        found: dict[int, Day] = {}
        for (name, day), sources in self._hours.items():
            total = sum(max(counted[hour] for counted in sources.values()) for hour in range(HOURS))
            found.setdefault(day, Day()).sums[name] = total
        for (name, day), value in self._told.items():
            if value > 0:
                found.setdefault(day, Day()).sums[name] = value
        for (name, day), mean in self._means.items():
            found.setdefault(day, Day()).means[name] = mean
        for day, minutes in self._asleep.items():
            found.setdefault(day, Day()).asleep_min = minutes.bit_count()
        for day, minutes in self._in_bed.items():
            found.setdefault(day, Day()).in_bed_min = (minutes | self._asleep.get(day, 0)).bit_count()
        for day in sorted(found):
            yield date.fromordinal(day), found[day]

    def _of(self, name: str, source: str, day: int) -> array[float]:
        sources = self._hours.setdefault((name, day), {})
        if source not in sources and len(sources) >= _MOST_SOURCES:
            source = next(iter(sources))
        counted = sources.get(source)
        if counted is None:
            counted = sources[source] = array("d", bytes(8 * HOURS))
        return counted


def title_of_day(day: Day) -> str:
    """What one would say first of a day: at most three figures."""
    return " · ".join(_lines(day)[:3])


def text_of_day(day: Day) -> str:
    """Everything, a line each."""
    return "\n".join(f"- {line}" for line in _lines(day))


def draft_of_day(day: date, found: Day, origin: str) -> Draft | None:
    """The day as a memory; None for one of which nothing is known."""
    title = title_of_day(found)
    if not title:
        return None
    local_at = datetime.combine(day, datetime.min.time())
    return Draft(
        source_key=f"day:{day.isoformat()}",
        kind=Kind.HEALTH,
        title=title[0].upper() + title[1:],
        body=text_of_day(found),
        evidence=(TimeEvidence(basis=TimeBasis.SOURCE, local_at=local_at, precision=Precision.DAY, origin=origin),),
        extra=found.figures(),
    )


def read_days(
    files: Iterable[tuple[File, str]],
    gather: Callable[[File, str, Days], Iterator[Problem]],
    checkpoint: JSON,
    origin: str,
) -> Iterator[Draft | Checkpoint | Problem]:
    """One draft for each day, in the order of the calendar, once all files were read; not those before a checkpoint.

    files   each with its form, as `gather` takes them: it adds to the days and gives what goes wrong.
    """
    start = checkpoint if isinstance(checkpoint, dict) else {}
    done = start.get("days")
    skip = done if isinstance(done, int) else 0
    days = Days()
    for file, form in files:
        for problem in gather(file, form, days):
            if not start:  # else it was told before
                yield problem
    yield Checkpoint({"days": skip})
    for count, (day, found) in enumerate(days.days(), 1):
        if count > skip:
            if (draft := draft_of_day(day, found, origin)) is not None:
                yield draft
            if count % DAYS_PER_CHECKPOINT == 0:
                yield Checkpoint({"days": count})


def spell_minutes(minutes: float) -> str:
    """7 h 20 min, 45 min."""
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"


def _counted(value: float, what: str) -> str:
    return f"{round(value):,} {what}{'' if round(value) == 1 else 's'}"


_SUM_LINES: tuple[tuple[str, Callable[[float], str]], ...] = (
    ("steps", lambda value: _counted(value, "step")),
    ("walked_m", lambda value: f"{spell_distance(value)} on foot"),
    ("cycled_m", lambda value: f"{spell_distance(value)} cycled"),
    ("swum_m", lambda value: f"{spell_distance(value)} swum"),
    ("wheeled_m", lambda value: f"{spell_distance(value)} by wheelchair"),
    ("flights", lambda value: f"{_counted(value, 'floor')} climbed"),
    ("exercise_min", lambda value: f"{spell_minutes(value)} of exercise"),
    ("moving_min", lambda value: f"{spell_minutes(value)} on the move"),
    ("stand_h", lambda value: f"stood in {_counted(value, 'hour')}"),
    ("active_kcal", lambda value: f"{round(value):,} kcal burned"),
    ("mindful_min", lambda value: f"{spell_minutes(value)} mindful"),
    ("daylight_min", lambda value: f"{spell_minutes(value)} in daylight"),
    ("eaten_kcal", lambda value: f"{round(value):,} kcal eaten"),
    ("water_ml", lambda value: f"{value / 1000:.1f} l of water"),
)
_MEAN_LINES = (
    ("resting_heart_rate", "resting heart rate {:.0f}"),
    ("heart_rate_variability_ms", "heart rate variability {:.0f} ms"),
    ("oxygen_percent", "oxygen {:.0f} %"),
    ("respiratory_rate", "{:.0f} breaths a minute"),
    ("vo2max", "VO₂ max {:.1f}"),
    ("body_fat_percent", "body fat {:.1f} %"),
    ("temperature_c", "{:.1f} °C"),
    ("glucose_mg_dl", "blood glucose {:.0f} mg/dL"),
)


def _lines(day: Day) -> list[str]:
    lines = [spell(day.sums[name]) for name, spell in _SUM_LINES[:1] if round(day.sums.get(name, 0))]
    if day.asleep_min:
        lines.append(f"slept {spell_minutes(day.asleep_min)}")
    elif day.in_bed_min:
        lines.append(f"in bed for {spell_minutes(day.in_bed_min)}")
    if weight := day.means.get("weight_kg"):
        lines.append(f"{weight.last:.1f} kg")
    lines += [spell(day.sums[name]) for name, spell in _SUM_LINES[1:] if round(day.sums.get(name, 0))]
    if heart := day.means.get("heart_rate"):
        lines.append(f"heart rate {heart.least:.0f} to {heart.most:.0f}, {heart.average:.0f} on average")
    upper, lower = day.means.get("systolic"), day.means.get("diastolic")
    if upper and lower:
        lines.append(f"blood pressure {upper.average:.0f}/{lower.average:.0f}")
    for name, text in _MEAN_LINES:
        if mean := day.means.get(name):
            lines.append(text.format(mean.last if name in LAST else mean.average))
    return lines
