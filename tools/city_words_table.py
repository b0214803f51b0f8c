"""Writes timeline_local/core/city_words.zip: what cities are called in seven other languages.

    pip download --no-deps --no-binary :all: maxminddb-geolite2==2018.703
    uv run --with maxminddb python tools/city_words_table.py maxminddb-geolite2-2018.703.tar.gz

The names are those of MaxMind's GeoLite2 of July 2018 (CC BY-SA), which has them from GeoNames; its addresses are not
used. A city of ours is the nearest of its country that is called so in any of its languages and lies within 25 km, as
that table names the middle of a city and ours its head. What is called as in our own table is left out.
"""

from __future__ import annotations

import math
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import maxminddb  # type: ignore[import-not-found,unused-ignore]  # only this tool needs it

from timeline_local.core.place_words import CITIES
from timeline_local.core.places import places
from timeline_local.queries.words import searchable
from tools.place_words_table import parts_of, write

LANGUAGES = {"de": "de", "es": "es", "fr": "fr", "ja": "ja", "pt": "pt-BR", "ru": "ru", "zh": "zh-CN"}
LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
CITY = "市"
WIDELY_KNOWN = 5  # languages that have a name for it
FARTHEST_KM = 25
DEGREE_KM = 111.2


@dataclass(frozen=True, slots=True)
class City:
    """names: by language, as GeoLite2 has them."""

    country: str
    lat: float
    lon: float
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """A city of our own table."""

    country: str
    region: str
    name: str
    lat: float
    lon: float


def cities_of(archive: str) -> Iterator[City]:
    """Each city of the database in the source archive once; a minute's work, as it is kept by address."""
    with tempfile.NamedTemporaryFile(suffix=".mmdb") as database, tarfile.open(archive) as packed:
        (member,) = (each for each in packed if each.name.endswith(".mmdb"))
        inner = packed.extractfile(member)
        if inner is None:
            raise SystemExit(f"{member.name} is no file")
        shutil.copyfileobj(inner, database)
        database.flush()
        seen: set[int] = set()
        with maxminddb.open_database(database.name) as reader:
            for _, row in reader:
                number = row.get("city", {}).get("geoname_id")
                if number is not None and number not in seen and "location" in row and "country" in row:
                    seen.add(number)
                    at = row["location"]
                    yield City(row["country"]["iso_code"], at["latitude"], at["longitude"], row["city"]["names"])


def heads() -> Iterator[Head]:
    table = places()
    columns = table.columns
    for at in range(len(columns["region"])):
        yield Head(
            table.codes[columns["country"][at]],
            table.regions[columns["region"][at]],
            table.name(at),
            columns["name_lat"][at] / 10_000,
            columns["name_lon"][at] / 10_000,
        )


def matched(cities: Iterable[City]) -> Iterator[tuple[Head, City]]:
    """Each of our cities with the nearest that is called so."""
    called: dict[tuple[str, str], list[City]] = defaultdict(list)
    for city in cities:
        for name in {searchable(each) for each in city.names.values()}:
            called[city.country, name].append(city)
    for head in heads():
        near = [(_apart_km(head, city), city) for city in called.get((head.country, searchable(head.name)), ())]
        distance, nearest = min(near, key=lambda each: each[0], default=(math.inf, None))
        if nearest is not None and distance <= FARTHEST_KM:
            yield head, nearest


def _apart_km(head: Head, city: City) -> float:
    east = (head.lon - city.lon) * math.cos(math.radians(head.lat))
    return math.hypot(head.lat - city.lat, east) * DEGREE_KM


def tables(pairs: Iterable[tuple[Head, City]]) -> dict[str, dict[str, Any]]:
    """Of each language: country code → region → our name → name."""
    found: dict[str, dict[str, Any]] = {language: {} for language in LANGUAGES}
    for head, city in pairs:
        for language, theirs in LANGUAGES.items():
            said = _said(city, theirs, head)
            if said != head.name:
                found[language].setdefault(head.country, {}).setdefault(head.region, {})[head.name] = said
    return found


def _said(city: City, language: str, head: Head) -> str:
    """What people call it: not "municipality of", and no name out of another time, which only small places have."""
    said = city.names.get(language, head.name)
    if len(said) > len(CITY) + 1:
        said = said.removesuffix(CITY)
    is_spelling = searchable(said) == searchable(head.name) or not LATIN.match(said)
    is_known = len(city.names) >= WIDELY_KNOWN and len(said.split()) <= len(head.name.split())
    return said if is_spelling or is_known else head.name


def meant(pairs: Iterable[tuple[Head, City]]) -> dict[str, set[str]]:
    """Folded names of any language → what the cities are called in our table."""
    found: dict[str, set[str]] = defaultdict(set)
    for head, city in pairs:
        for language in ("en", *LANGUAGES.values()):
            folded = searchable(_said(city, language, head))
            if folded != searchable(head.name):
                found[folded].add(head.name)
    return found


def main(archive: str) -> None:
    pairs = list(matched(cities_of(archive)))
    words = tables(pairs)
    with zipfile.ZipFile(CITIES, "w") as packed:
        for language, table in words.items():
            write(packed, f"{language}.json", table)
        countries = {searchable(name) for name in places().countries}  # Mexico is no city
        for number, part in enumerate(parts_of(meant(pairs), but=countries)):
            write(packed, f"meant/{number}.json", part)
    counts = {
        language: sum(len(cities) for regions in table.values() for cities in regions.values())
        for language, table in words.items()
    }
    print(f"{len(pairs)} cities, {counts}, {CITIES.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
