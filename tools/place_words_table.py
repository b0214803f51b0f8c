"""Writes timeline_local/core/place_words.zip: what countries, regions and cities are called in other languages.

    pip download --no-deps pycountry==26.2.16
    npm pack cldr-localenames-full@48.2.0 cldr-dates-full@48.2.0 cldr-subdivisions-full@48.2.0
    uv run python tools/place_words_table.py pycountry-26.2.16-py3-none-any.whl cldr-*-48.2.0.tgz

Countries and the cities that time zones are called after are of the Unicode CLDR (Unicode licence v3), regions of
Debian's iso-codes, which pycountry carries (LGPL 2.1 or later). A region of our table is the subdivision of its country
that CLDR calls so in English, or that is called so at home; a city also gets the name of the province or canton around
it that is called as it is. What is called as in English is left out.
"""

from __future__ import annotations

import gettext
import io
import json
import re
import sys
import tarfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from timeline_local.core.place_words import BUCKETS, FILE
from timeline_local.core.places import places
from timeline_local.queries.words import searchable

Names = dict[str, str]
LANGUAGE = re.compile(r"[a-z]{2,3}|zh-Hant|pt-PT")
FEWEST_COUNTRIES, FEWEST_REGIONS = 120, 20  # a language with less has hardly been looked after
ALSO = frozenset("ar bn fa hy mk nb no pt pt-PT vi".split())  # noqa: SIM905 - countries and large cities at least
SHORT = ("HK", "MO", "PS")  # whose short names are the usual ones; others are abbreviations
OF_A_CITY = re.compile(r"province|city|prefecture|canton|district|municipal|capital|decentralized|governorate|county")
SAYS_WHAT = tuple("県都府省市州郡區区道")
GENERIC = re.compile(
    r"\b(the|of|city|state|region|province|county|department|district|governorate|voivodeship|oblast|canton|prefecture"
    r"|municipality|metropolitan|autonomous|republic|capital|territory|community|federal|special|administrative|emirate)\b"
)
# Where subdivisions are called at home as they are in the language: translators leave them as they are.
HOME = {
    "cs": "CZ", "da": "DK", "de": "DE AT LI", "es": "ES", "fi": "FI", "fr": "FR", "hu": "HU", "it": "IT", "nb": "NO",
    "nl": "NL", "no": "NO", "pl": "PL", "pt": "BR", "pt-PT": "PT", "ro": "RO", "sv": "SE", "tr": "TR",
}  # fmt: skip
DATED = (1980, 1, 1, 0, 0, 0)  # the same file whenever it is made


class Cldr:
    """The files of CLDR's packages."""

    def __init__(self, archives: list[str]) -> None:
        self.files: dict[str, bytes] = {}
        for archive in archives:
            with tarfile.open(archive) as packed:
                for member in packed:
                    if re.search(r"/(territories|timeZoneNames|subdivisions)\.json$|/en/[^/]+\.json$", member.name):
                        opened = packed.extractfile(member)
                        self.files[member.name.removeprefix("package/")] = opened.read() if opened else b""

    def territories(self, language: str) -> Names:
        found = self._of(f"main/{language}/territories.json", "main", language, "localeDisplayNames", "territories")
        return found | {code: found[f"{code}-alt-short"] for code in SHORT if f"{code}-alt-short" in found}

    def cities(self, language: str) -> Names:
        """By the name of the zone."""
        path = f"main/{language}/timeZoneNames.json"
        zones = self._of(path, "main", language, "dates", "timeZoneNames", "zone")
        return dict(_exemplars(zones, ""))

    def subdivisions(self) -> Names:
        """In English, by codes such as DE-BY."""
        (path,) = (name for name in self.files if name.startswith("subdivisions/en/"))
        found = self._of(path, "subdivisions", "localeDisplayNames", "subdivisions")
        return {f"{code[:2]}-{code[2:]}".upper(): name for code, name in found.items()}

    def languages(self) -> list[str]:
        found = {name.split("/")[1] for name in self.files if name.endswith("/territories.json")}
        return sorted(each for each in found if LANGUAGE.fullmatch(each) and each != "en")

    def _of(self, path: str, *steps: str) -> dict[str, Any]:
        value = json.loads(self.files[path]) if path in self.files else {}
        for step in steps:
            value = value.get(step, {})
        return dict(value)


def _exemplars(zones: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for name, value in zones.items():
        if "exemplarCity" in value:
            yield f"{before}{name}", value["exemplarCity"]
        elif isinstance(value, dict) and value.get("_type") != "zone":
            yield from _exemplars(value, f"{before}{name}/")


class IsoCodes:
    """The subdivisions of iso-codes: what they are called at home, and in other languages."""

    def __init__(self, wheel: str) -> None:
        self.wheel = zipfile.ZipFile(wheel)
        rows = json.loads(self.wheel.read("pycountry/databases/iso3166-2.json"))["3166-2"]
        self.rows: dict[str, dict[str, str]] = {row["code"]: row for row in rows}

    def words(self, language: str) -> gettext.NullTranslations:
        name = {"zh": "zh_CN", "zh-Hant": "zh_TW", "pt": "pt_BR", "pt-PT": "pt"}.get(
            language, language.replace("-", "_")
        )
        path = f"pycountry/locales/{name}/LC_MESSAGES/iso3166-2.mo"
        if path not in self.wheel.namelist():
            return gettext.NullTranslations()
        return gettext.GNUTranslations(io.BytesIO(self.wheel.read(path)))


class Ours:
    """The names of our own table of places, and what they are elsewhere."""

    def __init__(self, cldr: Cldr, iso: IsoCodes) -> None:
        table = places()
        self.countries = dict(zip(table.codes, table.countries, strict=True))
        columns = table.columns
        heads = range(len(columns["region"]))
        self.cities = {
            (table.codes[columns["country"][at]], table.regions[columns["region"][at]], table.name(at)) for at in heads
        }
        zones: dict[tuple[str, str], set[tuple[str, str, str]]] = defaultdict(set)
        for head, zone in zip(columns["head"], columns["zone"], strict=True):
            code, region = table.codes[columns["country"][head]], table.regions[columns["region"][head]]
            zones[table.zones[zone], searchable(table.name(head))].add((code, region, table.name(head)))
        english = cldr.cities("en")
        self.zone_cities: dict[str, set[tuple[str, str, str]]] = {
            zone: zones[zone, searchable(english.get(zone, zone.rpartition("/")[2].replace("_", " ")))]
            for zone in table.zones
        }
        self.regions = self._matched(cldr.subdivisions(), iso)
        self.provinces = dict(self._around(cldr.subdivisions(), iso))
        large = (city for cities in (self.provinces, *self.zone_cities.values()) for _, _, city in cities)
        names = (*self.countries.values(), *(region for _, region in self.regions), *large)
        self.own = {searchable(name) for name in names}

    def _matched(self, english: Names, iso: IsoCodes) -> dict[tuple[str, str], str]:
        """(country, region) → the code of its subdivision; what two could be is none."""
        called: dict[tuple[str, str], set[str]] = defaultdict(set)
        for code, row in iso.rows.items():
            for name in {row["name"], english.get(code, row["name"])}:
                called[code[:2], searchable(name)].add(code)
                called[code[:2], _bare(name)].add(code)
        found: dict[tuple[str, str], str] = {}
        for country, region, _ in self.cities:
            for key in (searchable(region), _bare(region)):
                codes = called.get((country, key), set())
                highest = {code for code in codes if "parent" not in iso.rows[code]} or codes
                if region and len(highest) == 1:
                    found.setdefault((country, region), *highest)
        return found

    def _around(self, english: Names, iso: IsoCodes) -> Iterator[tuple[tuple[str, str, str], str]]:
        """(country, region, city) → the code of the province that is called as the city is."""
        called: dict[tuple[str, str, str], str] = {}
        for code, row in iso.rows.items():
            if OF_A_CITY.search(row["type"].casefold()):
                parent = row.get("parent", code)
                parent = parent if "-" in parent else f"{code[:2]}-{parent}"
                for name in {row["name"], english.get(code, row["name"])}:
                    called[code[:2], parent, searchable(name)] = code
        for country, region, city in self.cities:
            around = self.regions.get((country, region))
            code_ = called.get((country, around or "", searchable(city)))
            if code_ is not None:
                yield (country, region, city), code_


def _bare(name: str) -> str:
    return " ".join(GENERIC.sub(" ", searchable(name)).split()) or searchable(name)


def _said(words: gettext.NullTranslations, row: Mapping[str, str]) -> str:
    """What a subdivision is called there; "" for what nobody translated."""
    found = words.gettext(row["name"])
    return "" if found == row["name"] else re.split("[;,]", found)[0].strip()


def language_of(language: str, cldr: Cldr, iso: IsoCodes, ours: Ours) -> dict[str, Any]:
    """countries: code → name; regions: code → English → name; cities: code → region → English → name."""
    territories, words = cldr.territories(language), iso.words(language)
    countries = {
        code: territories[code]
        for code, english in ours.countries.items()
        if territories.get(code, code) not in (code, english)
    }
    # Translators of one list see "Georgia" once, whichever of the two is meant; and a line above or below their own.
    mistaken = {ours.countries[code]: name for code, name in countries.items()}
    neighbours = {(country, searchable(region)) for country, region in ours.regions}
    regions: dict[str, Names] = defaultdict(dict)
    for (country, region), code in ours.regions.items():
        said = _said(words, iso.rows[code]) or (iso.rows[code]["name"] if country in HOME.get(language, "") else "")
        is_another = searchable(said) != searchable(region) and (country, searchable(said)) in neighbours
        if said not in ("", region, mistaken.get(region)) and not is_another:
            regions[country][region] = said
    cities: dict[str, dict[str, Names]] = defaultdict(lambda: defaultdict(dict))
    for (country, region, city), code in ours.provinces.items():
        said = _said(words, iso.rows[code])
        if said and said != city and not said.endswith(SAYS_WHAT) and len(said.split()) <= len(city.split()):
            cities[country][region][city] = said
    for zone, said in cldr.cities(language).items():
        for country, region, city in ours.zone_cities.get(zone, ()):
            if said != city:
                cities[country][region][city] = said
            else:
                cities[country][region].pop(city, None)
    return {"countries": countries, "regions": regions, "cities": cities}


def index(tables: Mapping[str, dict[str, Any]], ours: Ours) -> list[dict[str, list[str]]]:
    """Folded names of any language → what our table calls them in English, in parts by their hash.

    What is a name in the table itself means that alone: Mexico is no city, whatever it is called in Spanish.
    """
    meant: dict[str, set[str]] = defaultdict(set)
    for table in tables.values():
        for code, name in table["countries"].items():
            meant[searchable(name)].add(ours.countries[code])
        for regions in table["regions"].values():
            for english, name in regions.items():
                meant[searchable(name)].add(english)
        for within in table["cities"].values():
            for cities in within.values():
                for english, name in cities.items():
                    meant[searchable(name)].add(english)
    return parts_of(meant, but=ours.own)


def parts_of(meant: Mapping[str, set[str]], *, but: set[str]) -> list[dict[str, list[str]]]:
    """Folded name → what is meant by it, in parts by their hash; without those of `but`."""
    parts: list[dict[str, list[str]]] = [{} for _ in range(BUCKETS)]
    for folded in sorted(meant):
        if folded and folded not in but:
            parts[zlib.crc32(folded.encode()) % BUCKETS][folded] = sorted(meant[folded])
    return parts


def main(wheel: str, archives: list[str]) -> None:
    cldr, iso = Cldr(archives), IsoCodes(wheel)
    ours = Ours(cldr, iso)
    tables = {language: language_of(language, cldr, iso, ours) for language in cldr.languages()}
    tables = {language: table for language, table in tables.items() if language in ALSO or _is_cared_for(table)}
    with zipfile.ZipFile(FILE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for language, table in tables.items():
            write(packed, f"{language.lower()}.json", table)
        for number, part in enumerate(index(tables, ours)):
            write(packed, f"meant/{number}.json", part)
    print(f"{len(tables)} languages, {FILE.stat().st_size:,} bytes")


def _is_cared_for(table: Mapping[str, Any]) -> bool:
    regions = sum(map(len, table["regions"].values()))
    return len(table["countries"]) >= FEWEST_COUNTRIES and regions >= FEWEST_REGIONS


def write(packed: zipfile.ZipFile, name: str, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    packed.writestr(zipfile.ZipInfo(name, DATED), text, zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
