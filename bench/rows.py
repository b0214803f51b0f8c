"""The rows of a sketch, as `services.memory_writes.insert_memories` would write them: same functions, same columns.

Keys are worked out from the memory's number, so that pieces of a library can be made in any order.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite

from bench.sketches import SOURCES, Lexicon, Sketch
from timeline_local.domain.fingerprints import fold
from timeline_local.domain.kinds import MediaRole
from timeline_local.models import Base
from timeline_local.services.buckets import placement
from timeline_local.services.derived import Derived, Picture, Told, derive
from timeline_local.services.locations import Spot, location_key
from timeline_local.services.memory_content import MediaLink, MemoryContent, memory_values, provenance_rows
from timeline_local.services.people import MENTIONED, address_of, addresses_of
from timeline_local.services.tags import tag_names

OWNER = 1
T = TypeVar("T")
Row: TypeAlias = tuple[Any, ...]
Values: TypeAlias = Mapping[str, Any]
FileOf: TypeAlias = Callable[[Sketch], tuple[bytes, int]]
"""The SHA-256 and the size of a photo's file."""


@dataclass(slots=True)
class Piece:
    """Rows by table, ready for the driver, and how many memories come to each (day, kind)."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    placed: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))


class Binder:
    """Turns named values into the driver's tuples, by the types of the product's own columns.

    Columns that the database fills in by itself are left to it.
    """

    def __init__(self, name: str) -> None:
        table: Table = Base.metadata.tables[name]
        self.table = name
        self._columns = [
            (column.key, column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT))
            for column in table.columns
            if column.server_default is None
        ]
        self._empty = {column.key: None for column in table.columns if column.nullable}

    @property
    def statement(self) -> str:
        names = ", ".join(f'"{key}"' for key, _ in self._columns)
        marks = ", ".join("?" * len(self._columns))
        return f'INSERT INTO "{self.table}" ({names}) VALUES ({marks})'

    def __call__(self, values: Values) -> Row:
        full = {**self._empty, **values}
        return tuple(full[key] if bind is None else bind(full[key]) for key, bind in self._columns)


_DIALECT = sqlite.dialect()
WRITTEN_PER_MEMORY = (
    "media_file",
    "memory",
    "memory_text",
    "memory_tag",
    "memory_person",
    "memory_media",
    "provenance",
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of everything that memories share."""

    tags: Mapping[str, int]
    people: Mapping[tuple[str, str], int]
    places: Mapping[str, int]


def keys_of(lexicon: Lexicon) -> Keys:
    """Keys in the order of the lexicon, from 1."""
    tags = tag_names(lexicon.tags)
    people = addresses_of(lexicon.people)
    places = dict.fromkeys(key for place in lexicon.places if (key := location_key(place)))
    return Keys(tags=_numbered(tags), people=_numbered(people), places=_numbered(places))


def _numbered(found: Iterable[T]) -> dict[T, int]:
    return {each: pk for pk, each in enumerate(found, 1)}


class RowMaker:
    """Makes the rows of sketches. One per process: it holds the binders."""

    def __init__(self, keys: Keys, file_of: FileOf) -> None:
        self._keys = keys
        self._file_of = file_of
        self._bind = {name: Binder(name) for name in WRITTEN_PER_MEMORY}

    def add(self, piece: Piece, sketch: Sketch) -> None:
        """Add the rows of one memory."""
        pk, content = sketch.number + 1, sketch.content
        if sketch.picture is not None:
            self._put(piece, "media_file", self._media_values(sketch))
            content = replace(content, media=(MediaLink(media_pk=pk),))
            link = {"memory_pk": pk, "media_pk": pk, "role": MediaRole.PRIMARY.value, "position": 0}
            self._put(piece, "memory_media", link)
        derived = derived_of(sketch)
        self._put(
            piece,
            "memory",
            {
                "pk": pk,
                "id": sketch.id,
                "owner_pk": OWNER,
                "created_at": sketch.written_at,
                "updated_at": sketch.written_at,
                "version": 1,
                "trashed_at": sketch.written_at if content.trashed else None,
                "import_pk": import_pk_of(sketch),
                "cover_pk": derived.cover_pk,
                "tile": derived.tile,
                **memory_values(content, self._spot(content)),
            },
        )
        text = {"memory_pk": pk, "title": derived.title, "body": derived.body, "other": derived.other}
        self._put(piece, "memory_text", text)
        self._add_names(piece, sketch)
        self._add_provenance(piece, sketch)
        if not content.trashed and not content.archived:
            piece.placed[placement(content.moment.local_on, content.kind.code)] += 1

    def _spot(self, content: MemoryContent) -> Spot | None:
        pk = self._keys.places.get(location_key(content.place) or "")
        return None if pk is None else Spot(pk, ())

    def _add_names(self, piece: Piece, sketch: Sketch) -> None:
        pk = sketch.number + 1
        for tag in tag_names(sketch.content.tags):
            self._put(piece, "memory_tag", {"memory_pk": pk, "tag_pk": self._keys.tags[tag]})
        for address in addresses_of(sketch.content.people):
            link = {"memory_pk": pk, "identity_pk": self._keys.people[address], "role": MENTIONED}
            self._put(piece, "memory_person", link)

    def _add_provenance(self, piece: Piece, sketch: Sketch) -> None:
        content, pk = sketch.content, sketch.number + 1
        for at, said in enumerate(provenance_rows(content)):
            self._put(
                piece,
                "provenance",
                {
                    "pk": pk * 8 + at,
                    "owner_pk": OWNER,
                    "memory_pk": pk,
                    **said,
                    "import_pk": import_pk_of(sketch),
                    "at": sketch.written_at,
                },
            )

    def _put(self, piece: Piece, table: str, values: Values) -> None:
        piece.rows[table].append(self._bind[table](values))

    def _media_values(self, sketch: Sketch) -> Values:
        picture = sketch.picture
        assert picture is not None  # noqa: S101 - the caller's branch
        sha256, size_bytes = self._file_of(sketch)
        return {
            **dict.fromkeys(("path", "mtime_ns", "duration_ms", "lens", "content_id", "preview_reason")),
            "pk": sketch.number + 1,
            "id": media_id_of(sketch),
            "owner_pk": OWNER,
            "created_at": sketch.written_at,
            "updated_at": sketch.written_at,
            "version": 1,
            "sha256": sha256,
            "size_bytes": size_bytes,
            "mime": "image/jpeg",
            "file_name": picture.file_name,
            "storage": "managed",
            "width": picture.width,
            "height": picture.height,
            "orientation": 1,
            "thumbhash": picture.thumbhash,
            "tint": picture.tint,
            "camera_make": picture.camera[0],
            "camera_model": picture.camera[1],
            "facts": {},
            "preview_state": "ready",
            "preview_version": 1,
        }


def derived_of(sketch: Sketch) -> Derived:
    """Tile, cover and search text, as insert_memories works them out."""
    content, pk = sketch.content, sketch.number + 1
    place = content.place
    spoken = (place.name, place.city, place.region, place.country) if place else ()
    names = (" ".join(ref.name.split()) for ref in addresses_of(content.people).values())
    told = Told(
        kind_code=content.kind.code,
        favourite=content.favourite,
        title=content.title,
        body=content.body,
        other=(*tag_names(content.tags).values(), *names, *(part for part in spoken if part)),
        pictures=() if sketch.picture is None else (_shown(sketch, pk),),
    )
    return derive(told)


def _shown(sketch: Sketch, pk: int) -> Picture:
    picture = sketch.picture
    assert picture is not None  # noqa: S101 - the caller's branch
    return Picture(
        pk=pk,
        mime="image/jpeg",
        width=picture.width,
        height=picture.height,
        tint=picture.tint,
        file_name=picture.file_name,
        role=MediaRole.PRIMARY.value,
        position=0,
    )


def media_id_of(sketch: Sketch) -> Any:  # noqa: ANN401 - a UUID
    """The photo's id: the memory's with another random part."""
    return type(sketch.id)(int=sketch.id.int ^ 0x5DEECE66D)


def import_pk_of(sketch: Sketch) -> int | None:
    """The import a memory came with; None for what was written by hand."""
    return sketch.source or None


def made_up_file(sketch: Sketch) -> tuple[bytes, int]:
    """A hash and a size for a file that nobody will read."""
    size = 0 if sketch.picture is None else sketch.picture.size_bytes
    return hashlib.sha256(b"file:" + sketch.id.bytes).digest(), size


def shared_rows(lexicon: Lexicon, ids: Callable[[], Any], at: datetime) -> dict[str, list[Row]]:
    """The rows memories point at: imports, tags, people with an address each, places."""
    base = {"owner_pk": OWNER, "created_at": at, "updated_at": at, "version": 1}
    keys = keys_of(lexicon)
    names = tag_names(lexicon.tags)
    tags = [{"pk": pk, "name": names[folded], "folded": folded} for folded, pk in keys.tags.items()]
    refs = addresses_of(lexicon.people)
    people = [
        {"pk": pk, "name": name, "folded": fold(name), "note": ""}
        for address, pk in keys.people.items()
        for name in (refs[address].name,)
    ]
    identities = [
        {"pk": pk, "kind": kind, "value": value, "name": refs[kind, value].name, "person_pk": pk}
        for (kind, value), pk in keys.people.items()
    ]
    assert all(address_of(ref) for ref in lexicon.people)  # noqa: S101 - each made-up name has letters
    values = {"import": _imports(at), "tag": tags, "person": people, "identity": identities}
    values["location"] = _places(lexicon, keys)
    return {name: [Binder(name)(base | {"id": ids()} | each) for each in rows] for name, rows in values.items()}


def _imports(at: datetime) -> list[dict[str, Any]]:
    done = {"state": "done", "is_upload": False, "options": {}, "plan": None, "counts": {}, "error": None}
    times = {"job_pk": None, "started_at": at, "finished_at": at, "undoable_until": None}
    return [
        {**done, **times, "pk": pk, "source": source, "label": source, "path": f"/made/up/{source}"}
        for pk, source in enumerate(SOURCES)
        if pk
    ]


def _places(lexicon: Lexicon, keys: Keys) -> list[dict[str, Any]]:
    found = {location_key(place): place for place in reversed(lexicon.places)}
    return [
        {
            "pk": pk,
            "name": found[key].name,
            "folded": key,
            "lat": found[key].lat,
            "lon": found[key].lon,
            "radius_m": None,
            "city": found[key].city,
            "region": None,
            "country": found[key].country,
            "source": "import",
        }
        for key, pk in keys.places.items()
    ]
