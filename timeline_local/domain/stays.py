"""Stays and trips of one device, out of its positions, by rules that can be told in a sentence.

A stay is at least ten minutes within 150 metres. A trip leads from one stay to the next. Whoever moved faster than
500 km/h flew. After three hours without a position nothing is known: neither goes on, unless it was a flight.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeAlias

from timeline_local.domain.drafts import Sample
from timeline_local.domain.spheres import distance_m

STAY_S = 600.0
WITHIN_M = 150.0
LONGEST_GAP = timedelta(hours=3)
LONGEST_FLIGHT = timedelta(hours=20)
FLIGHT_MPS = 500 / 3.6
MOST_VAGUE_M = 200.0  # a position less accurate than this tells no stay from a walk


@dataclass(frozen=True, slots=True)
class Stay:
    """start and end: the first and the last position. lat, lon: their middle. count: how many there were."""

    start: datetime
    end: datetime
    lat: float
    lon: float
    count: int


@dataclass(frozen=True, slots=True)
class Trip:
    """From the last position of a stay to the first of the next one. distance_m: along the way."""

    start: datetime
    end: datetime
    lat: float
    lon: float
    distance_m: float
    count: int
    is_flight: bool


Segment: TypeAlias = Stay | Trip


@dataclass(slots=True)
class _Cluster:
    """Positions near one another: the place in the list of the first and the last, and their middle."""

    first: int
    last: int
    lat: float
    lon: float

    def add(self, place: int, sample: Sample) -> None:
        count = self.last - self.first + 1
        self.lat += (sample.lat - self.lat) / (count + 1)
        self.lon += _turn(sample.lon - self.lon) / (count + 1)
        self.last = place

    def holds(self, sample: Sample) -> bool:
        return distance_m(self.lat, self.lon, sample.lat, sample.lon) <= WITHIN_M


def segments(samples: Sequence[Sample]) -> list[Segment]:
    """Stays and the trips between them, in the order of time; they meet, and never overlap. samples: by time."""
    known = [each for each in samples if each.accuracy_m is None or each.accuracy_m <= MOST_VAGUE_M]
    stays = _joined(known, [each for each in _clusters(known) if _lasts(known, each)])
    found: list[Segment] = []
    for before, here in zip([None, *stays], stays, strict=False):
        if before is not None and not _is_cut_between(known, before, here):
            found.append(_trip(known, before, here))
        found.append(_stay(known, here))
    return found


def _clusters(known: Sequence[Sample]) -> list[_Cluster]:
    found: list[_Cluster] = []
    for place, sample in enumerate(known):
        if place == 0 or _is_gap(known[place - 1], sample) or not found[-1].holds(sample):
            found.append(_Cluster(place, place, sample.lat, sample.lon))
        else:
            found[-1].add(place, sample)
    return found


def _joined(known: Sequence[Sample], stays: Sequence[_Cluster]) -> list[_Cluster]:
    """A stray position in between makes no two stays of one."""
    found: list[_Cluster] = []
    for each in stays:
        last = found[-1] if found else None
        is_same = last is not None and distance_m(last.lat, last.lon, each.lat, each.lon) <= WITHIN_M
        if last is not None and is_same and not _is_cut_between(known, last, each) and _is_brief(known, last, each):
            last.last = each.last
        else:
            found.append(replace(each))
    return found


def _is_brief(known: Sequence[Sample], one: _Cluster, other: _Cluster) -> bool:
    return (known[other.first].at - known[one.last].at).total_seconds() < STAY_S


def _lasts(known: Sequence[Sample], cluster: _Cluster) -> bool:
    return (known[cluster.last].at - known[cluster.first].at).total_seconds() >= STAY_S


def _is_gap(before: Sample, after: Sample) -> bool:
    apart = after.at - before.at
    return apart > LONGEST_GAP and not (apart <= LONGEST_FLIGHT and _speed(before, after) > FLIGHT_MPS)


def _is_cut_between(known: Sequence[Sample], one: _Cluster, other: _Cluster) -> bool:
    return any(_is_gap(known[place], known[place + 1]) for place in range(one.last, other.first))


def _stay(known: Sequence[Sample], cluster: _Cluster) -> Stay:
    count = cluster.last - cluster.first + 1
    return Stay(known[cluster.first].at, known[cluster.last].at, cluster.lat, _turn(cluster.lon), count)


def _trip(known: Sequence[Sample], one: _Cluster, other: _Cluster) -> Trip:
    way = known[one.last : other.first + 1]
    steps = [distance_m(a.lat, a.lon, b.lat, b.lon) for a, b in pairwise(way)]
    is_flight = any(_speed(a, b) > FLIGHT_MPS for a, b in pairwise(way))
    return Trip(way[0].at, way[-1].at, way[0].lat, way[0].lon, sum(steps), len(way), is_flight)


def _speed(before: Sample, after: Sample) -> float:
    """Metres a second; a jump of less than a kilometre is a receiver's, not a traveller's."""
    apart = distance_m(before.lat, before.lon, after.lat, after.lon)
    seconds = (after.at - before.at).total_seconds()
    return 0.0 if apart < 1000 or seconds <= 0 else apart / seconds  # noqa: PLR2004 - metres


def _turn(degrees: float) -> float:
    return (degrees + 180) % 360 - 180
