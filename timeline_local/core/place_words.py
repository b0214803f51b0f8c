"""What places are called in other languages than English, which is that of the table of places.

Countries and the largest cities are of the Unicode CLDR, regions and what is called after them of Debian's iso-codes,
other cities, in seven languages, of GeoLite2; `place_words-LICENSE.txt` and `city_words-LICENSE.txt` say under which
licences. A language is read when somebody first asks in it.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("place_words.zip")
CITIES = Path(__file__).with_name("city_words.zip")  # apart, as whoever changes it must pass it on as it was given
BUCKETS = 64
ENGLISH = "en"
_CHINESE = re.compile(r"zh-(tw|hk|mo)\b")  # where the older characters are written
_QUALITY = re.compile(r";\s*q=([01](?:\.\d{0,3})?)\s*$")
_MOST_TAGS = 16


@dataclass(frozen=True, slots=True)
class Named:
    """A place as it is stored: its name, and the levels it lies in. country_code: ISO 3166-1, None where unknown."""

    name: str
    city: str | None
    region: str | None
    country: str | None
    country_code: str | None


@dataclass(frozen=True, slots=True, eq=False)
class PlaceWords:
    """One language. countries: code → name. regions: code → English → name. cities: code → region → English → name."""

    language: str
    countries: Mapping[str, str]
    regions: Mapping[str, Mapping[str, str]]
    cities: Mapping[str, Mapping[str, Mapping[str, str]]]

    def told(self, place: Named) -> Named:
        """The same place in this language; what has no name in it keeps its own.

        A name is a word of the table only where it is that of the city, the region or the country: what somebody called
        a place stays as it is.
        """
        code = place.country_code or ""
        country = self.countries.get(code, place.country or "") or None
        region = self.regions.get(code, {}).get(place.region or "", place.region)
        city = self.cities.get(code, {}).get(place.region or "", {}).get(place.city or "", place.city)
        name = place.name
        for own, other in ((place.city, city), (place.region, region), (place.country, country)):
            if name == own and other:
                name = other
                break
        return Named(name, city, region, country if place.country else place.country, place.country_code)


@lru_cache(maxsize=256)
def words_for(accepted: str) -> PlaceWords | None:
    """The words of the first language of an Accept-Language that there are some of; None for English, and for none."""
    for tag in _preferred(accepted):
        for language in _wider(tag):
            if language == ENGLISH:
                return None
            if language in _languages():
                return _read(language)
    return None


def _preferred(accepted: str) -> list[str]:
    weighed: list[tuple[float, str]] = []
    for part in accepted.lower().split(",")[:_MOST_TAGS]:
        quality = _QUALITY.search(part)
        weighed.append((float(quality[1]) if quality else 1.0, part.partition(";")[0].strip()))
    return [tag for quality, tag in sorted(weighed, key=lambda each: -each[0]) if quality > 0]


def _wider(tag: str) -> list[str]:
    """The tag, then without its last parts: de-ch, de."""
    parts = _CHINESE.sub("zh-hant", tag).split("-")
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]


@lru_cache(maxsize=1)
def _languages() -> frozenset[str]:
    with zipfile.ZipFile(FILE) as packed:
        return frozenset(name.removesuffix(".json") for name in packed.namelist() if "/" not in name)


@lru_cache(maxsize=8)
def _read(language: str) -> PlaceWords:
    words, cities = _member(FILE, f"{language}.json"), _member(CITIES, f"{language}.json")
    for code, regions in words["cities"].items():
        for region, names in regions.items():
            cities.setdefault(code, {}).setdefault(region, {}).update(names)
    return PlaceWords(language, words["countries"], words["regions"], cities)


def meant_by(folded: str) -> tuple[str, ...]:
    """What a name in any language is called in the table, none if that is its own name.  folded: as `searchable`."""
    number = zlib.crc32(folded.encode()) % BUCKETS
    return tuple(dict.fromkeys(name for file in (FILE, CITIES) for name in _part(file, number).get(folded, ())))


@lru_cache(maxsize=8)
def _part(file: Path, number: int) -> Mapping[str, list[str]]:
    return _member(file, f"meant/{number}.json")


def _member(file: Path, name: str) -> dict[str, Any]:
    """Nothing where the file has no such member."""
    with zipfile.ZipFile(file) as packed:
        try:
            found: dict[str, Any] = json.loads(packed.read(name))
        except KeyError:
            return {}
        return found
