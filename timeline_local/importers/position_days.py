"""Positions that make no memory, gathered by device and day, so that overlapping exports name the same pieces alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import MAX_PATH, Sample, Samples
from timeline_local.importers.tracks import Point, samples_of

_MOST_DEVICES = 64  # gathered at once; more than anybody owns


@dataclass(slots=True)
class _Day:
    on: date
    samples: list[Sample] = field(default_factory=list)


@dataclass(slots=True)
class PositionDays:
    """Gathers positions of several devices, in any order of time. prefix: begins the keys of what it hands over.

    Memory: one day of each device. Samples of a day whose positions come in pieces follow in pieces.
    """

    prefix: str
    _days: dict[str, _Day] = field(default_factory=dict)

    def add(self, device: str, point: Point) -> Iterator[Samples]:
        """Take a position with a time; gives what is complete. One that is nowhere on Earth is left out."""
        if point.at is None or not is_position(point.lat, point.lon):
            return
        day = self._days.get(device)
        if day is not None and (day.on != point.at.date() or len(day.samples) >= MAX_PATH):
            yield from self._told(device)
            day = None
        if day is None:
            if len(self._days) >= _MOST_DEVICES:
                yield from self._told(next(iter(self._days)))
            day = self._days[device] = _Day(point.at.date())
        day.samples.append(sample_of(point))

    def rest(self) -> Iterator[Samples]:
        for device in list(self._days):
            yield from self._told(device)

    def _told(self, device: str) -> Iterator[Samples]:
        samples = sorted(self._days.pop(device).samples, key=lambda each: each.at)
        yield from samples_of(device, samples, prefix=self.prefix)


def sample_of(point: Point) -> Sample:
    """A position with a time as it is stored: to a centimetre and a millimetre a second."""
    if point.at is None:
        raise AssertionError("only positions with a time are gathered")
    speed = None if point.speed_mps is None else round(point.speed_mps, 3)
    return Sample(point.at, round(point.lat, 7), round(point.lon, 7), point.accuracy_m, point.altitude_m, speed)
