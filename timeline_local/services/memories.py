"""What an owner does to one memory: write it, edit it, give it files. Trash has its own file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import JSON
from timeline_local.domain.fingerprints import row_hash
from timeline_local.domain.fuzzy import DATE_MARK
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.merge import Rank
from timeline_local.domain.times import Moment, Precision, TimeBasis, ZoneBasis
from timeline_local.exceptions import FieldError, InvalidInput, MemoryNotFound, NotesLocked, VersionConflict
from timeline_local.models import MediaFile, Memory, MemoryMedia, Provenance
from timeline_local.queries.dialect import hold_files, upsert
from timeline_local.services import buckets, user_time
from timeline_local.services.derived import refresh_derived
from timeline_local.services.evidence import moment_json
from timeline_local.services.media_trash import take_out
from timeline_local.services.memory_content import (
    USER_SOURCE,
    MediaLink,
    MemoryContent,
    link_media,
    moment_values,
    row_hash_of,
    with_mark,
)
from timeline_local.services.memory_writes import insert_memories
from timeline_local.services.naming import chosen_location, chosen_people
from timeline_local.services.people import set_people
from timeline_local.services.revision import bump
from timeline_local.services.tags import set_tags
from timeline_local.services.user_time import Bearings, Said

_PLAIN = ("title", "body", "favourite", "rating", "mood", "archived")
_EMPTY: dict[str, Any] = {"title": "", "body": "", "favourite": False, "archived": False}
_PICTURED = {"image": Kind.PHOTO, "video": Kind.VIDEO, "audio": Kind.AUDIO}
_UNPLACED = {"accuracy_m": None, "altitude_m": None, "location_pk": None}


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did to the timeline, for whoever announces it. days: the day numbers it touched."""

    pk: int
    id: UUID
    version: int
    revision: int
    days: tuple[int, ...]


async def create(db: AsyncConnection, owner_pk: int, fields: Mapping[str, Any], *, bearings: Bearings) -> Changed:
    """Write a new memory. fields: those of schemas.memories.NewMemory that were given.

    Without a date it happened now. Without a kind it is a note, unless it is nothing but files.
    Raises InvalidInput.
    """
    place = _place(fields.get("lat"), fields.get("lon"))
    dated = {name: value for name, value in fields.items() if name in user_time.FIELDS and value is not None}
    said = (
        user_time.moment_said(dated, bearings, coordinates=place)
        if dated
        else user_time.moment_now(bearings, coordinates=place)
    )
    if fields.get("media"):
        await hold_files(db)
    files = await _media_files(db, owner_pk, fields.get("media") or ())
    kind = Kind(fields["kind"]) if fields.get("kind") else _kind_of(fields, files)
    people = await chosen_people(db, owner_pk, fields.get("people") or (), memory_pk=None, now=bearings.now)
    spot = await chosen_location(db, owner_pk, fields.get("location"), coordinates=place, now=bearings.now)
    content = MemoryContent(
        kind=kind,
        moment=said.moment,
        title=fields.get("title") or "",
        body=fields.get("body") or "",
        lat=fields.get("lat"),
        lon=fields.get("lon"),
        favourite=fields.get("favourite") or False,
        rating=fields.get("rating"),
        mood=fields.get("mood"),
        extra=with_mark({}, said.mark),
        location_pk=None if spot is None else spot[0],
        archived=fields.get("archived") or False,
        tags=tuple(fields.get("tags") or ()),
        people=tuple(people),
        media=_links(kind, [pk for pk, _ in files]),
        content_hash=row_hash(_gist(fields, said)),
        considered=said.considered,
    )
    (written,) = await insert_memories(db, owner_pk, [content], import_pk=None, now=bearings.now)
    day, _ = buckets.placement(said.moment.local_on, kind.code)
    return Changed(written.pk, written.id, 1, await bump(db, owner_pk), (day,))


async def edit(
    db: AsyncConnection,
    owner_pk: int,
    memory_id: UUID,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    bearings: Bearings,
    seal: Callable[[UUID, str], bytes] | None = None,
) -> Changed:
    """Apply a merge patch: fields given are set, null empties them, others stay. Edited fields outrank every import.

    expected_version  the version the caller has seen, or None to edit whatever is there.
    seal              how a new text of a locked note is sealed; None if the caller has not unlocked their notes.
    Raises MemoryNotFound, VersionConflict, InvalidInput, NotesLocked.
    """
    if "media" in changes:
        await hold_files(db)
    old = await locked_row(db, owner_pk, memory_id)
    if expected_version is not None and old["version"] != expected_version:
        raise conflict(old["version"])
    if not changes:
        return Changed(old["pk"], memory_id, old["version"], await bump(db, owner_pk), ())
    columns, said = _edited(old, changes, bearings)
    if "body" in changes and old["locked_body"] is not None:
        if seal is None:
            raise NotesLocked("Unlock your notes with the passphrase before you edit this text. Nothing was changed.")
        columns |= {"body": "", "locked_body": seal(memory_id, columns["body"])}
    if "location" in changes:
        place = _place(columns.get("lat", old["lat"]), columns.get("lon", old["lon"]))
        spot = await chosen_location(db, owner_pk, changes["location"], coordinates=place, now=bearings.now)
        columns["location_pk"] = None if spot is None else spot[0]
        changes = {**changes, "location": None if spot is None else spot[1]}
    new = {**old, **columns, "updated_at": bearings.now, "version": old["version"] + 1}
    new["row_hash"] = row_hash_of(new)
    stored = await db.execute(
        update(Memory)
        .where(Memory.owner_pk == owner_pk, Memory.pk == old["pk"], Memory.version == old["version"])
        .values(
            {name: new[name] for name in (*columns, "updated_at", "version", "row_hash")},
        )
    )
    if stored.rowcount == 0:
        raise conflict(old["version"] + 1)
    if "people" in changes:
        people = await chosen_people(db, owner_pk, changes["people"] or (), memory_pk=old["pk"], now=bearings.now)
        changes = {**changes, "people": people}
    await _edit_parts(db, owner_pk, old, changes, kind=Kind.from_code(new["kind"]), now=bearings.now)
    await remember_edits(db, owner_pk, [old["pk"]], _told(changes, new, said), now=bearings.now)
    await buckets.move(db, owner_pk, gone=_placements(old), come=_placements(new))
    await refresh_derived(db, owner_pk, [old["pk"]])
    days = tuple(dict.fromkeys(buckets.placement(row["local_on"], row["kind"])[0] for row in (old, new)))
    return Changed(old["pk"], memory_id, new["version"], await bump(db, owner_pk), days)


async def attach(
    db: AsyncConnection, owner_pk: int, memory_id: UUID, media_ids: Sequence[UUID], *, bearings: Bearings
) -> Changed:
    """Add files to the end of a memory's own. Raises MemoryNotFound, InvalidInput."""
    await hold_files(db)
    present = await _attached(db, (await locked_row(db, owner_pk, memory_id))["pk"])
    wanted = [*present, *(each for each in media_ids if each not in present)]
    return await edit(db, owner_pk, memory_id, {"media": wanted}, expected_version=None, bearings=bearings)


async def detach(
    db: AsyncConnection, owner_pk: int, memory_id: UUID, media_ids: Sequence[UUID], *, bearings: Bearings
) -> Changed:
    """Take files off a memory; the files stay in the library. Raises MemoryNotFound."""
    await hold_files(db)
    present = await _attached(db, (await locked_row(db, owner_pk, memory_id))["pk"])
    wanted = [each for each in present if each not in media_ids]
    return await edit(db, owner_pk, memory_id, {"media": wanted}, expected_version=None, bearings=bearings)


async def locked_row(db: AsyncConnection, owner_pk: int, memory_id: UUID) -> dict[str, Any]:
    """The columns of a memory, held until the transaction ends. Raises MemoryNotFound."""
    names = [column.key for column in Memory.__table__.columns]
    statement = select(*(getattr(Memory, name) for name in names)).where(
        Memory.owner_pk == owner_pk, Memory.id == memory_id
    )
    row = (await db.execute(statement.with_for_update())).one_or_none()
    if row is None:
        raise MemoryNotFound(f"No memory {memory_id} in your timeline.")
    return row._asdict()


def conflict(version: int) -> VersionConflict:
    """The refusal of an edit that was made on an older version."""
    return VersionConflict(
        "This memory was changed elsewhere since you opened it. Nothing was overwritten; "
        "fetch it again and repeat your change.",
        facts={"version": version},
    )


async def remember_edits(
    db: AsyncConnection, owner_pk: int, memory_pks: Sequence[int], told: Mapping[str, JSON], *, now: datetime
) -> None:
    """Note that the owner said these values of these fields, so that no import overrules them."""
    await remember_each(db, owner_pk, dict.fromkeys(memory_pks, told), now=now)


async def remember_each(
    db: AsyncConnection, owner_pk: int, told: Mapping[int, Mapping[str, JSON]], *, now: datetime
) -> None:
    """As `remember_edits`, with words of its own for each memory."""
    rows = [
        {
            "owner_pk": owner_pk,
            "memory_pk": pk,
            "field": field,
            "source": USER_SOURCE,
            "rank": int(Rank.USER),
            "value": "" if value is None else value,  # the column keeps no null: emptied is also something said
            "import_pk": None,
            "at": now,
        }
        for pk, said in told.items()
        for field, value in said.items()
    ]
    if not rows:
        return
    add = upsert(db.dialect.name, Provenance)
    kept = {name: add.excluded[name] for name in ("rank", "value", "import_pk", "at")}
    await db.execute(add.on_conflict_do_update(index_elements=["memory_pk", "field", "source"], set_=kept), rows)


def moment_of_row(row: Mapping[str, Any]) -> Moment:
    """The six facts of a stored memory."""
    return Moment(
        happened_at=row["happened_at"].astimezone(UTC),
        happened_until=row["happened_until"],
        local_at=row["local_at"],
        utc_offset_min=row["utc_offset_min"],
        zone=row["zone"],
        precision=Precision(row["precision"]),
        time_basis=TimeBasis(row["time_basis"]),
        zone_basis=None if row["zone_basis"] is None else ZoneBasis(row["zone_basis"]),
    )


def _edited(
    old: Mapping[str, Any], changes: Mapping[str, Any], bearings: Bearings
) -> tuple[dict[str, Any], Said | None]:
    """The columns that a patch sets, and the moment if it names one."""
    columns = {name: _EMPTY.get(name) if changes[name] is None else changes[name] for name in _PLAIN if name in changes}
    if "kind" in changes:
        if changes["kind"] is None:
            raise InvalidInput("A memory needs a kind.", errors=(FieldError("#/kind", "cannot be empty"),))
        columns["kind"] = Kind(changes["kind"]).code
    if "lat" in changes or "lon" in changes:
        columns |= {name: changes.get(name, old[name]) for name in ("lat", "lon")} | _UNPLACED
    place = _place(columns.get("lat", old["lat"]), columns.get("lon", old["lon"]))
    said = None
    if user_time.FIELDS & changes.keys():
        said = user_time.moment_said(changes, bearings, coordinates=place, current=moment_of_row(old))
        is_dated_anew = changes.keys() & set(user_time.STATEMENTS)
        mark = said.mark if is_dated_anew else old["extra"].get(DATE_MARK, "")
        columns |= moment_values(said.moment) | {"extra": with_mark(old["extra"], mark)}
    return columns, said


async def _edit_parts(
    db: AsyncConnection, owner_pk: int, old: Mapping[str, Any], changes: Mapping[str, Any], *, kind: Kind, now: datetime
) -> None:
    """Replace the tags, people and files that a patch names."""
    if "tags" in changes:
        await set_tags(db, owner_pk, old["pk"], changes["tags"] or (), now=now)
    if "people" in changes:
        await set_people(db, owner_pk, old["pk"], changes["people"], now=now)
    if "media" in changes:
        files = await _media_files(db, owner_pk, changes["media"] or ())
        roles = await _roles(db, old["pk"])
        links = [
            MediaLink(media_pk=link.media_pk, role=roles.get(link.media_pk, link.role), position=link.position)
            for link in _links(kind, [pk for pk, _ in files])
        ]
        await db.execute(delete(MemoryMedia).where(MemoryMedia.memory_pk == old["pk"]))
        await link_media(db, {old["pk"]: links})


def _told(changes: Mapping[str, Any], new: Mapping[str, Any], said: Said | None) -> dict[str, JSON]:
    """What the owner said, by the fields of provenance."""
    told: dict[str, JSON] = {name: new[name] for name in _PLAIN if name in changes}
    if "kind" in changes:
        told["kind"] = str(changes["kind"])
    if changes.keys() & {"lat", "lon", "location"}:
        named = {"location": _text(changes["location"])} if "location" in changes else {}
        told["place"] = {"lat": new["lat"], "lon": new["lon"], **named}
    if "people" in changes:
        told["people"] = [each.name for each in changes["people"]]
    for name in ("tags", "media"):
        if name in changes:
            told[name] = [str(each) for each in changes[name] or ()]
    if said is not None:
        told["time"] = {"moment": moment_json(said.moment), "considered": said.considered}
    return told


def _place(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    if (lat is None) != (lon is None):
        missing = "lat" if lat is None else "lon"
        raise InvalidInput(
            "A place needs both lat and lon. Nothing was saved.", errors=(FieldError(f"#/{missing}", "is missing"),)
        )
    return None if lat is None or lon is None else (lat, lon)


def _gist(fields: Mapping[str, Any], said: Said) -> dict[str, Any]:
    """What makes two memories written here the same."""
    gist = {"title": fields.get("title"), "body": fields.get("body"), "at": said.moment.local_at}
    return gist | ({"media": [str(each) for each in fields["media"]]} if fields.get("media") else {})


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _placements(row: Mapping[str, Any]) -> list[buckets.Placement]:
    if row["trashed_at"] is not None or row["archived"]:
        return []
    return [buckets.placement(row["local_on"], row["kind"])]


def _kind_of(fields: Mapping[str, Any], files: Sequence[tuple[int, str]]) -> Kind:
    if not files or fields.get("title") or fields.get("body"):
        return Kind.NOTE
    return _PICTURED.get(files[0][1].partition("/")[0], Kind.DOCUMENT)


def _links(kind: Kind, media_pks: Sequence[int]) -> tuple[MediaLink, ...]:
    """Files in order: the first one is the memory itself, unless it is a text that they belong to."""
    first = MediaRole.PRIMARY if kind in _PICTURED.values() or kind is Kind.DOCUMENT else MediaRole.ATTACHMENT
    return tuple(
        MediaLink(media_pk=pk, role=first if place == 0 else MediaRole.ATTACHMENT, position=place)
        for place, pk in enumerate(dict.fromkeys(media_pks))
    )


async def _media_files(db: AsyncConnection, owner_pk: int, ids: Sequence[UUID]) -> list[tuple[int, str]]:
    """(media_pk, mime) of the owner's files, in order, out of the trash. Raises InvalidInput for one not there."""
    if not ids:
        return []
    statement = select(MediaFile.id, MediaFile.pk, MediaFile.mime).where(
        MediaFile.owner_pk == owner_pk, MediaFile.id.in_(ids)
    )
    found = {row.id: (row.pk, row.mime) for row in await db.execute(statement)}
    missing = tuple(
        FieldError(f"#/media/{place}", "is no media file of yours") for place, id_ in enumerate(ids) if id_ not in found
    )
    if missing:
        raise InvalidInput("Some media files are not in your library. Nothing was saved.", errors=missing)
    await take_out(db, owner_pk, [pk for pk, _ in found.values()])
    return [found[id_] for id_ in ids]


async def _roles(db: AsyncConnection, memory_pk: int) -> dict[int, MediaRole]:
    statement = select(MemoryMedia.media_pk, MemoryMedia.role).where(MemoryMedia.memory_pk == memory_pk)
    return {row.media_pk: MediaRole(row.role) for row in await db.execute(statement)}


async def _attached(db: AsyncConnection, memory_pk: int) -> list[UUID]:
    statement = (
        select(MediaFile.id)
        .join(MemoryMedia, MemoryMedia.media_pk == MediaFile.pk)
        .where(MemoryMedia.memory_pk == memory_pk)
        .order_by(MemoryMedia.position, MediaFile.pk)
    )
    return list((await db.execute(statement)).scalars())
