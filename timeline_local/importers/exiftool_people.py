"""People among ExifTool's tags: the faces of every schema, flat or as structures (-struct), and the plain lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from timeline_local.importers import loose

_FACES = frozenset({"face", ""})


def people_of(tags: Mapping[str, Any]) -> tuple[str, ...]:
    """Each name once. Regions of what is no face (pets, codes, what was in focus) name nobody."""
    return tuple(dict.fromkeys(filter(None, _named(tags))))


def _named(tags: Mapping[str, Any]) -> Iterator[str]:
    yield from loose.spellings(tags.get("PersonInImage"))
    for schema in ("Region", "ACDSeeRegion"):
        yield from _faces(tags, schema)
    yield from loose.spellings(tags.get("RegionPersonDisplayName"))
    for name, members in (("RegionInfo", "RegionList"), ("ACDSeeRegions", "RegionList"), ("RegionInfoMP", "Regions")):
        yield from _structures(tags.get(members, loose.members(tags.get(name)).get(members)))


def _faces(tags: Mapping[str, Any], schema: str) -> Iterator[str]:
    """Lists that belong together by their order. One that is shorter has lost it, and tells nothing of any region."""
    names = [loose.spellings(tags.get(f"{schema}{each}")) for each in ("Name", "Title", "PersonInImage")]
    kinds = loose.spellings(tags.get(f"{schema}Type"))
    rows = list(zip_longest(*names, fillvalue=""))
    kinds = kinds if len(kinds) == len(rows) else [""] * len(rows)
    for row, kind in zip(rows, kinds, strict=True):
        if kind.casefold() in _FACES:
            yield next(filter(None, row), "")


def _structures(value: object) -> Iterator[str]:
    for each in loose.items(value):
        region = loose.members(each)
        if loose.text(region.get("Type")).casefold() in _FACES:
            yield loose.text(region.get("Name")) or loose.text(region.get("PersonDisplayName"))
