"""Which city, region and country a point lies in, from a table in memory: no network, no disk.

The nearest place of the point's own time zone gives the names. Zones are areas with exact borders, so a point beside a
border gets its own country's names, and one on the open sea, whose zone is no country's, gets none.
"""

from __future__ import annotations

import json
import math
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from sys import byteorder

from timeline_local.domain.spheres import is_on_earth

CELLS_A_DEGREE = 4  # a cell is at most 28 km high and wide
CITY_M = 25_000.0  # beyond, a point is in the region of the nearest place, but not in that place
REGION_M = 100_000.0  # beyond, its country is all that is said
MAGIC = b"TLP1"
_E4 = 1e4
_DEGREE_M = 111_200.0
_ACROSS = 360 * CELLS_A_DEGREE
_RINGS = math.ceil(REGION_M / _DEGREE_M * CELLS_A_DEGREE)
_POLE = 89.0
_HALF, _TURN = 180.0, 360.0


@dataclass(frozen=True, slots=True)
class Place:
    """city and region may be empty. lat, lon: the middle of the city, None without one.

    distance_m  from the point to the nearest place that speaks for it; None where only the zone does.
    """

    city: str
    region: str
    country: str
    country_code: str
    lat: float | None
    lon: float | None
    distance_m: float | None


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """A table as `unpack` gives it; about: where it comes from."""

    about: Mapping[str, object]
    names: bytes  # one after the other; each ends where `name_ends` says
    regions: Sequence[str]
    zones: Sequence[str]
    codes: Sequence[str]
    countries: Sequence[str]
    columns: Mapping[str, array[int]]
    zone_numbers: Mapping[str, int]

    def find(self, lat: float, lon: float, zone: str | None) -> Place | None:
        """The names for a point, degrees, in this IANA zone; None where no country is known. Some 50 µs (2026-11)."""
        number = None if zone is None else self.zone_numbers.get(zone)
        if number is None or not is_on_earth(lat, lon):
            return None
        nearest, distance_m = self._nearest(lat, lon, number)
        if nearest is None:
            country = self.columns["sole"][number]
            return None if country < 0 else self._place(country=country)
        head = self.columns["head"][nearest]
        country = self.columns["country"][head]
        region = self.regions[self.columns["region"][head]]
        if distance_m > CITY_M:
            return self._place(country=country, region=region, distance_m=distance_m)
        return self._place(country=country, region=region, head=head, distance_m=distance_m)

    def _place(
        self, *, country: int, region: str = "", head: int | None = None, distance_m: float | None = None
    ) -> Place:
        return Place(
            city="" if head is None else self.name(head),
            region=region,
            country=self.countries[country],
            country_code=self.codes[country],
            lat=None if head is None else self.columns["name_lat"][head] / _E4,
            lon=None if head is None else self.columns["name_lon"][head] / _E4,
            distance_m=distance_m,
        )

    def name(self, head: int) -> str:
        """The name that `head` counts."""
        ends = self.columns["name_ends"]
        return self.names[ends[head - 1] if head else 0 : ends[head]].decode()

    def _nearest(self, lat: float, lon: float, zone: int) -> tuple[int | None, float]:
        """The nearest place of a zone within REGION_M and its distance, ring of cells by ring."""
        lats, lons, zones = self.columns["lat"], self.columns["lon"], self.columns["zone"]
        cells, starts = self.columns["cells"], self.columns["starts"]
        shrink = math.cos(math.radians(min(abs(lat), _POLE)))
        edge = min(_to_edge(lat), _to_edge(lon) * shrink)  # what lies in other cells is not nearer
        found, best = None, REGION_M / _DEGREE_M * _E4
        for ring in range(_RINGS + 1):
            if ring and ((ring - 1) / CELLS_A_DEGREE + edge) * _E4 > best:
                break
            for cell in _ring(lat, lon, ring, shrink):
                at = bisect_left(cells, cell)
                if at == len(cells) or cells[at] != cell:
                    continue
                for each in range(starts[at], starts[at + 1]):
                    if zones[each] != zone:
                        continue
                    across = abs(lons[each] - lon * _E4)
                    across = min(across, _TURN * _E4 - across) * shrink
                    away = math.hypot(lats[each] - lat * _E4, across)
                    if away < best:
                        found, best = each, away
        return found, best / _E4 * _DEGREE_M


def cell_of(lat: float, lon: float) -> int:
    """The number of the cell that a point lies in, row by row from the south."""
    row = int((min(lat, _POLE) + 90) * CELLS_A_DEGREE)
    return row * _ACROSS + int((lon + _HALF) % _TURN * CELLS_A_DEGREE)


def _to_edge(degrees: float) -> float:
    """How far it is to the nearer edge of the cell, in degrees along that axis."""
    within = degrees * CELLS_A_DEGREE % 1.0
    return min(within, 1.0 - within) / CELLS_A_DEGREE


def _ring(lat: float, lon: float, ring: int, shrink: float) -> Iterator[int]:
    """The cells that are so many rows away, and as far to both sides; wider where meridians come together."""
    row, column = divmod(cell_of(lat, lon), _ACROSS)
    inner = math.ceil((ring - 1) / shrink) if ring else -1
    outer = min(_ACROSS // 2, math.ceil(ring / shrink))
    for up in range(-ring, ring + 1):
        for across in range(-outer, outer + 1):
            if abs(up) == ring or abs(across) > inner:
                yield (row + up) * _ACROSS + (column + across) % _ACROSS


# --- the table as a file ------------------------------------------------------------------


def pack(
    about: Mapping[str, object],
    names: bytes,
    lists: Mapping[str, Sequence[str]],
    columns: Mapping[str, array[int]],
) -> bytes:
    """A table as bytes. lists: regions, zones, codes, countries. columns, of 32-bit numbers:

    lat, lon, head, zone     of each place, in the order of their cells; degrees times ten thousand
    name_ends, name_lat, name_lon, region, country     of each name, which `head` counts
    cells, starts            the cells that hold places, and where each begins; one more start than cells
    sole                     the country of each zone, -1 where it has several
    """
    head = {"about": dict(about), "columns": {name: len(column) for name, column in columns.items()}, **lists}
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    body = b"".join(_little(_deltas(column)).tobytes() for column in columns.values())
    return MAGIC + zlib.compress(len(text).to_bytes(4, "little") + text + body + names, 9)


def unpack(packed: bytes) -> Gazetteer:
    """The inverse of `pack`. Raises ValueError for anything else."""
    if packed[:4] != MAGIC:
        raise ValueError("this is no table of places")
    raw = memoryview(zlib.decompress(packed[4:]))
    at = 4 + int.from_bytes(raw[:4], "little")
    head = json.loads(bytes(raw[4:at]))
    columns: dict[str, array[int]] = {}
    for name, count in head["columns"].items():
        column = array("i")
        column.frombytes(raw[at : at + 4 * count])
        columns[name] = array("i", accumulate(_little(column)))
        at += 4 * count
    return Gazetteer(
        about=head["about"],
        names=bytes(raw[at:]),
        **{name: head[name] for name in ("regions", "zones", "codes", "countries")},
        columns=columns,
        zone_numbers={zone: number for number, zone in enumerate(head["zones"])},
    )


def _deltas(column: array[int]) -> array[int]:
    """Differences of neighbours: small numbers, which compress well."""
    return array("i", (value - last for value, last in zip(column, (0, *column), strict=False)))


def _little(column: array[int]) -> array[int]:
    if byteorder == "big":
        column.byteswap()
    return column
