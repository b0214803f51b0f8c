"""The columns of a whole memory, raw, and a row of them as the wire's JSON values."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    SQLColumnExpression,
    Uuid,
    select,
    type_coerce,
)

from timeline_local.core.place_words import Named, PlaceWords
from timeline_local.domain.fingerprints import fold
from timeline_local.domain.fuzzy import DATE_MARK, edtf_of
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moments import Moment, Precision, TimeBasis
from timeline_local.domain.times import UNDATED_DAY, from_day_number, from_micros, wall_from_micros
from timeline_local.models import (
    Identity,
    Import,
    Location,
    MediaFile,
    Memory,
    MemoryMedia,
    MemoryPerson,
    MemoryTag,
    Person,
    Tag,
)
from timeline_local.queries import dialect as sql

UrlFor: TypeAlias = Callable[[UUID | str, str, int], str]
"""(media id, "original" | "grid" | "screen", preview version) → the address to fetch it from."""

_POINTS = frozenset({"instant", "minute", "unknown"})
_KINDS = {kind.code: kind.value for kind in Kind}

PK = 8
"""Where a row has the memory's key."""
PLACE = 3
"""How many columns at the beginning of a row say where it stands: its id, day number and microseconds."""

_ROLES = ("author", "recipient", "attendee", "mentioned")
_ONE_TEXT = 2  # quotation marks of a JSON array with one text
_WIRE_LENGTH = 36


def page_columns(dialect: str) -> list[SQLColumnExpression[Any]]:
    """What `memory_json` reads, by the names it reads it."""
    instants = (Memory.happened_at, Memory.happened_until, Memory.local_at, Memory.trashed_at)
    stamps = (Memory.created_at, Memory.updated_at)
    plain: tuple[SQLColumnExpression[Any], ...] = (
        Memory.pk,
        Memory.kind,
        Memory.title,
        Memory.body,
        Memory.utc_offset_min,
        Memory.zone,
        Memory.precision,
        Memory.time_basis,
        Memory.zone_basis,
        Memory.lat,
        Memory.lon,
        Memory.accuracy_m,
        Memory.altitude_m,
        Memory.favourite,
        Memory.rating,
        Memory.mood,
        Memory.archived,
        Memory.source,
        Memory.source_key,
        Memory.version,
    )
    return [
        _raw_id(dialect, Memory.id).label("id"),
        type_coerce(Memory.local_on, Integer).label("local_on"),
        *(type_coerce(column, BigInteger).label(column.key) for column in (*instants, *stamps)),
        *plain,
        _raw_id(dialect, Location.id).label("location_id"),
        Location.name.label("location_name"),
        Location.city.label("location_city"),
        Location.region.label("location_region"),
        Location.country.label("location_country"),
        Location.country_code.label("location_country_code"),
        _raw_id(dialect, Import.id).label("import_id"),
        _tags(dialect).label("tags"),
        _people(dialect).label("people"),
        _media(dialect).label("media"),
        sql.json_member(dialect, Memory.extra, DATE_MARK).label("date_mark"),
        Memory.locked_body.is_not(None).label("locked"),
    ]


def memory_json(row: Sequence[Any], url_for: UrlFor, words: PlaceWords | None = None) -> dict[str, Any]:
    """One memory, its values as orjson takes them; the fields are those of schemas.memories.Memory.

    words  what its place is called to who asks; None: as it is stored.
    """
    # Taken apart in one go, in the order of page_columns: by name, each value would cost a call.
    # fmt: off
    (
        id_, local_on, happened_at, happened_until, local_at, trashed_at, created_at, updated_at,
        _, kind, title, body, utc_offset_min, zone, precision, time_basis, zone_basis,
        lat, lon, accuracy_m, altitude_m, favourite, rating, mood, archived, source, source_key, version,
        location_id, location_name, city, region, country, country_code,
        import_id, tags, people, media, date_mark, locked,
    ) = row
    # fmt: on
    return {
        "id": wire_id(id_),
        "kind": _KINDS[kind],
        "title": title,
        "body": body,
        "locked": bool(locked),
        "happened_at": from_micros(happened_at),
        "happened_until": None if happened_until is None else from_micros(happened_until),
        "local_at": wall_from_micros(local_at),
        "local_on": None if local_on == UNDATED_DAY else _day(local_on),
        "utc_offset_min": utc_offset_min,
        "zone": zone,
        "precision": precision,
        "time_basis": time_basis,
        "zone_basis": zone_basis,
        "when": None
        if precision in _POINTS
        else _when(happened_at, happened_until, local_at, utc_offset_min, zone, precision, date_mark or ""),
        "lat": lat,
        "lon": lon,
        "accuracy_m": accuracy_m,
        "altitude_m": altitude_m,
        "tags": _tags_json(tags),
        "people": [] if people == "[]" else _people_json(people),
        "location": None
        if location_id is None
        else _place_json(location_id, Named(location_name, city, region, country, country_code), words),
        "media": [] if media == "[]" else _media_list(media, url_for),
        "favourite": bool(favourite),
        "rating": rating,
        "mood": mood,
        "archived": bool(archived),
        "trashed_at": None if trashed_at is None else from_micros(trashed_at),
        "source": source,
        "source_key": source_key,
        "import_id": None if import_id is None else _known_id(import_id),
        "created_at": _stamp(created_at),
        "updated_at": _stamp(updated_at),
        "version": version,
    }


def _place_json(id_: Any, place: Named, words: PlaceWords | None) -> dict[str, str | None]:  # noqa: ANN401 - an id
    told = place if words is None else words.told(place)
    return {
        "id": _known_id(id_),
        "name": told.name,
        "city": told.city,
        "region": told.region,
        "country": told.country,
        "country_code": told.country_code,
    }


def _when(
    happened_at: int,
    happened_until: int | None,
    local_at: int,
    utc_offset_min: int | None,
    zone: str | None,
    precision: str,
    mark: str,
) -> str | None:
    """The EDTF text of a fuzzy date."""
    return edtf_of(
        Moment(
            happened_at=from_micros(happened_at),
            happened_until=None if happened_until is None else from_micros(happened_until),
            local_at=wall_from_micros(local_at),
            utc_offset_min=utc_offset_min,
            zone=zone,
            precision=Precision(precision),
            time_basis=TimeBasis.NONE,
            zone_basis=None,
        ),
        mark=mark,
    )


def _tags(dialect: str) -> ColumnElement[str]:
    found = select(sql.json_list(dialect, Tag.name)).join_from(MemoryTag, Tag, Tag.pk == MemoryTag.tag_pk)
    return _of_memory(found, MemoryTag.memory_pk)


def _people(dialect: str) -> ColumnElement[str]:
    one = sql.json_array(dialect, sql.id_digits(dialect, Person.id), Person.name, Identity.value, MemoryPerson.role)
    found = (
        select(sql.json_list(dialect, one))
        .join_from(MemoryPerson, Identity, Identity.pk == MemoryPerson.identity_pk)
        .join(Person, Person.pk == Identity.person_pk)
    )
    return _of_memory(found, MemoryPerson.memory_pk)


def _media(dialect: str) -> ColumnElement[str]:
    one = sql.json_array(
        dialect,
        MemoryMedia.position,
        MemoryMedia.media_pk,
        sql.id_digits(dialect, MediaFile.id),
        MemoryMedia.role,
        MediaFile.mime,
        MediaFile.width,
        MediaFile.height,
        MediaFile.duration_ms,
        MediaFile.size_bytes,
        MediaFile.file_name,
        MediaFile.preview_state,
        MediaFile.preview_version,
        sql.hex_text(dialect, MediaFile.thumbhash),
    )
    found = select(sql.json_list(dialect, one)).join_from(MemoryMedia, MediaFile, MediaFile.pk == MemoryMedia.media_pk)
    return _of_memory(found, MemoryMedia.memory_pk)


def _of_memory(found: Select[str], memory_pk: SQLColumnExpression[int]) -> ColumnElement[str]:
    """In no order: a sorter for each of a page's lists costs more than sorting the few that have two members."""
    return found.where(memory_pk == Memory.pk).correlate(Memory).scalar_subquery()


def _tags_json(text: str) -> Any:  # noqa: ANN401 - what orjson takes
    """By letter, whatever their case and accents."""
    if text.count('"') <= _ONE_TEXT:
        return orjson.Fragment(text)
    return sorted(orjson.loads(text), key=_folded)


def _people_json(text: str) -> list[dict[str, str]]:
    """Each person once, in the order of the first of their names or addresses, with the strongest of their roles."""
    found = orjson.loads(text)
    if len(found) > 1:
        found.sort(key=itemgetter(2))
    people: dict[str, dict[str, str]] = {}
    for digits, name, _, role in found:
        if digits not in people:
            people[digits] = {"id": _known_id(digits), "name": name, "role": role}
        elif _ROLES.index(role) < _ROLES.index(people[digits]["role"]):
            people[digits]["role"] = role
    return list(people.values())


def _media_list(text: str, url_for: UrlFor) -> list[dict[str, Any]]:
    found = orjson.loads(text)
    if len(found) > 1:
        found.sort(key=itemgetter(0, 1))
    return [_media_json(each, url_for) for each in found]


def _media_json(fields: list[Any], url_for: UrlFor) -> dict[str, Any]:
    # fmt: off
    (
        position, _, digits, role, mime, width, height, duration_ms, size_bytes, file_name, state, version, thumbhash,
    ) = fields
    # fmt: on
    media_id = wire_id(digits)
    has_preview = state != "none"  # a pending one is made when it is fetched
    return {
        "id": media_id,
        "role": role,
        "position": position,
        "mime": mime,
        "width": width,
        "height": height,
        "duration_ms": duration_ms,
        "size_bytes": size_bytes,
        "file_name": file_name,
        "has_preview": has_preview,
        "preview_state": state,
        "placeholder": placeholder_text(bytes.fromhex(thumbhash)) if thumbhash else None,
        "original": url_for(media_id, "original", version),
        "grid": url_for(media_id, "grid", version) if has_preview else None,
        "screen": url_for(media_id, "screen", version) if has_preview else None,
    }


def placeholder_text(thumbhash: bytes) -> str:
    """The thumbhash as base64."""
    return binascii.b2a_base64(thumbhash, newline=False).decode()


def _raw_id(dialect: str, column: Any) -> ColumnElement[Any]:  # noqa: ANN401 - a mapped attribute
    return type_coerce(column, LargeBinary(16) if dialect == "sqlite" else Uuid(as_uuid=True))


def wire_id(value: bytes | UUID | str) -> str:
    """The 36 characters of the wire, of what a driver or `id_digits` makes of an id."""
    if isinstance(value, UUID):
        return str(value)
    digits = value.hex() if isinstance(value, bytes) else value.lower()
    if len(digits) == _WIRE_LENGTH:
        return digits
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


# Of imports, locations and people, a page has a few and each many times.
_known_id = lru_cache(maxsize=4096)(wire_id)
_folded = lru_cache(maxsize=4096)(fold)


_stamp = lru_cache(maxsize=1024)(from_micros)  # what was imported together was made at the same instant
_day = lru_cache(maxsize=4096)(from_day_number)
