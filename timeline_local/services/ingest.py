"""From what a source and the files themselves say to one memory: which date, which place, which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.domain.drafts import Draft, MediaRef, PersonRef, PlaceRef
from timeline_local.domain.fingerprints import content_hash
from timeline_local.domain.ids import new_id
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.merge import Rank
from timeline_local.domain.spheres import is_on_earth
from timeline_local.domain.times import Decision, Precision, TimeBasis, TimeEvidence, ZoneBasis, decide
from timeline_local.media.facts import MediaFacts, facts_from_json, facts_to_json
from timeline_local.media.sniff import Family
from timeline_local.models import MediaFile
from timeline_local.queries.dialect import upsert
from timeline_local.queries.nearby import TRUSTED
from timeline_local.services.evidence import considered_json
from timeline_local.services.media_trash import take_out
from timeline_local.services.memory_content import MediaLink, MemoryContent
from timeline_local.services.nearby import Asked, Camera, Zoned

_KINDS: Mapping[str, Kind] = {
    "image": Kind.PHOTO,
    "raw": Kind.PHOTO,
    "video": Kind.VIDEO,
    "audio": Kind.AUDIO,
    "document": Kind.DOCUMENT,
    "text": Kind.DOCUMENT,
}
_CLOCKED = frozenset({Precision.INSTANT, Precision.MINUTE})  # where a wrong zone moves something
_PICTURED = frozenset({"image", "raw", "video"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """One file of a draft as it was found: its bytes' hash, what it is, and what it says about itself.

    facts  None when it could not be decoded; problem then says why (a slug).   mtime_ns  None for uploads.
    """

    ref: MediaRef
    sha256: bytes
    size_bytes: int
    mtime_ns: int | None
    mime: str
    family: Family
    facts: MediaFacts | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the bytes of a file are: in the library (path None), or left where the owner keeps them."""

    path: str | None = None
    mtime_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known besides the files. zone_of: (lat, lon) → IANA zone. tags: given to everything of an import."""

    zone_of: Callable[[float, float], str | None]
    home_zone: str | None
    now: datetime
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """When a memory happened. place: where its owner was then, for one that has no place of its own."""

    decision: Decision
    place: PlaceRef | None = None


def kind_of(draft: Draft, files: Sequence[FoundFile]) -> Kind:
    """The kind of the memory: what the source says, else what its first file is."""
    if draft.kind is not None:
        return draft.kind
    return _KINDS.get(files[0].family, Kind.DOCUMENT) if files else Kind.NOTE


def said_hash(draft: Draft, files: Sequence[FoundFile]) -> bytes:
    """The content hash of a draft with its files. What a move was read from says nothing besides: the same way in a
    packed file, or written once more by another program, is the same move.
    """
    return content_hash(draft, [file.sha256 for file in files if file.ref.role is not MediaRole.TRACK])


def when_of(
    draft: Draft, files: Sequence[FoundFile], around: Surroundings, nearby: Sequence[TimeEvidence] = ()
) -> Decision:
    """Weigh everything that was said about the time. nearby: what the owner's positions and other memories tell."""
    lat, lon, _ = _coordinates(draft, files)
    return decide(
        (*draft.evidence, *_file_evidence(draft, files), *nearby),
        coordinates=None if lat is None or lon is None else (lat, lon),
        zone_of=around.zone_of,
        home_zone=around.home_zone,
        fallback=around.now,
        now=around.now,
        is_of_a_day=draft.kind is Kind.NOTE,
    )


def content_of(
    draft: Draft,
    files: Sequence[FoundFile],
    *,
    source: str,
    source_key: str | None,
    media: Mapping[bytes, int],
    around: Surroundings,
    weighed: Weighed | None = None,
    said: bytes | None = None,
) -> MemoryContent:
    """The memory this draft is to become.

    files  those of the draft, in its order.   media  sha-256 → media_file.pk of those already stored.
    weighed, said  when it happened and its content hash, where these were worked out before.
    """
    weighed = weighed or Weighed(when_of(draft, files, around))
    decision = weighed.decision
    lat, lon, altitude = _coordinates(draft, files)
    accuracy = draft.place.accuracy_m if draft.place and lat is not None else None
    derived = weighed.place if lat is None else None
    if derived is not None:
        lat, lon, accuracy = derived.lat, derived.lon, derived.accuracy_m
    facts = _leading_facts(draft, files)
    return MemoryContent(
        kind=kind_of(draft, files),
        moment=decision.moment,
        title=draft.title or (facts.title if facts else ""),
        body=draft.body or (facts.description if facts else ""),
        lat=lat,
        lon=lon,
        accuracy_m=accuracy,
        place_is_derived=derived is not None,
        altitude_m=altitude,
        favourite=draft.favourite,
        rating=draft.rating if draft.rating is not None else (facts.rating if facts else None),
        mood=draft.mood,
        archived=draft.archived,
        tags=_once((*draft.tags, *(facts.keywords if facts else ()), *around.tags)),
        people=_people(draft, facts),
        place=_place(draft, facts),
        media=_links(files, media),
        source=source,
        source_key=source_key,
        content_hash=said or said_hash(draft, files),
        extra=draft.extra,
        considered=considered_json(decision.considered),
        provenance_source=source,
        provenance_rank=Rank.FILE if draft.raw is None else Rank.SOURCE,
    )


def asked_of(draft: Draft, files: Sequence[FoundFile], decision: Decision) -> Asked | None:
    """What is to be looked for around a memory; None if it knows its zone and its place, or has no clock at all."""
    moment, winner = decision.moment, decision.winner
    if winner is None or moment.precision not in _CLOCKED:
        return None
    lacks_zone = moment.zone_basis in (None, ZoneBasis.HOME_ZONE)
    is_picture = draft.kind is None and bool(files) and files[0].family in _PICTURED
    lacks_place = is_picture and _coordinates(draft, files)[0] is None
    if not (lacks_zone or lacks_place):
        return None
    camera = _camera(draft, files)
    is_wall = lacks_zone and winner.local_at is not None and winner.instant is None
    return Asked(
        None if is_wall else moment.happened_at, moment.happened_at, moment.local_at, camera, lacks_zone, lacks_place
    )


def zoned(draft: Draft, files: Sequence[FoundFile], decision: Decision) -> Zoned | None:
    """What a memory tells those around it; None if it does not know its zone itself."""
    moment = decision.moment
    if moment.precision not in _CLOCKED or moment.utc_offset_min is None or moment.zone_basis not in TRUSTED:
        return None
    camera = _camera(draft, files) or ("", "")
    return Zoned(moment.happened_at, moment.local_at, moment.utc_offset_min, moment.zone, *camera)


def _camera(draft: Draft, files: Sequence[FoundFile]) -> Camera | None:
    facts = _leading_facts(draft, files)
    return (facts.camera_make or "", facts.camera_model or "") if facts and facts.camera_model else None


async def store_media(
    db: AsyncConnection,
    owner_pk: int,
    files: Mapping[bytes, tuple[FoundFile, Placement]],
    *,
    now: datetime,
) -> dict[bytes, int]:
    """Rows for files whose bytes are safe, by sha-256; those already known keep theirs. Three statements at most.

    A file so far left in place, whose bytes are in the library now, becomes a managed one; one in the trash comes out.
    """
    if not files:
        return {}
    rows = [_media_row(owner_pk, found, placement, now=now) for found, placement in files.values()]
    await _storing(db.dialect, tuple(rows[0])).written(db, rows)
    managed = [sha256 for sha256, (_, placement) in files.items() if placement.path is None]
    if managed:
        taken_in = update(MediaFile).where(
            MediaFile.owner_pk == owner_pk, MediaFile.sha256.in_(managed), MediaFile.storage == "referenced"
        )
        await db.execute(taken_in.values(storage="managed", path=None, mtime_ns=None, updated_at=now))
    known = select(MediaFile.sha256, MediaFile.pk, MediaFile.trashed_at).where(
        MediaFile.owner_pk == owner_pk, MediaFile.sha256.in_(bindparam("hashes", expanding=True))
    )
    found = (await db.execute(known, {"hashes": list(files)})).all()
    if any(row.trashed_at is not None for row in found):
        await take_out(db, owner_pk, [row.pk for row in found])
    return {row.sha256: row.pk for row in found}


@lru_cache(maxsize=4)
def _storing(dialect: Dialect, columns: tuple[str, ...]) -> Prepared:
    return Prepared.insert(upsert(dialect.name, MediaFile).on_conflict_do_nothing().inline(), dialect, columns)


def _media_row(owner_pk: int, found: FoundFile, placement: Placement, *, now: datetime) -> dict[str, Any]:
    facts = found.facts or MediaFacts(mime=found.mime)
    is_pictured = found.family in _PICTURED and found.facts is not None
    return {
        "id": new_id(),
        "owner_pk": owner_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "sha256": found.sha256,
        "size_bytes": found.size_bytes,
        "mime": facts.mime or found.mime,
        "file_name": found.ref.name or found.ref.locator.rpartition("/")[2],
        "storage": "managed" if placement.path is None else "referenced",
        "path": placement.path,
        "mtime_ns": placement.mtime_ns,
        "width": facts.width,
        "height": facts.height,
        "orientation": facts.orientation if facts.width else None,
        "duration_ms": facts.duration_ms,
        "camera_make": facts.camera_make or None,
        "camera_model": facts.camera_model or None,
        "lens": facts.lens or None,
        "content_id": facts.content_id or None,
        "facts": {
            "exposure": dict(facts.exposure),
            "raw": dict(facts.raw),
            "motion_offset": facts.motion_offset,
            "problems": list(facts.problems),
        },
        "preview_state": "pending" if is_pictured else "none",
        "preview_reason": None if is_pictured else found.problem or "no-picture",
        "preview_version": 0,
    }


def _file_evidence(draft: Draft, files: Sequence[FoundFile]) -> tuple[TimeEvidence, ...]:
    """What the files say: the primary's word, else that of the parts that were taken at the same moment."""
    if draft.kind is not None:
        return ()  # what a note shows was not taken when the note was written
    weak: tuple[TimeEvidence, ...] = ()
    for file in sorted(files, key=lambda each: _SPEAKS.get(each.ref.role, 9)):
        dated = () if file.facts is None or file.ref.role not in _SPEAKS else file.facts.evidence
        if any(each.basis not in _WEAK for each in dated):
            return dated
        weak = weak or tuple(each for each in dated if each.basis is TimeBasis.FILE_DATE)
    return weak


_WEAK = frozenset({TimeBasis.FILE_NAME, TimeBasis.FILE_DATE})
_SPEAKS = {MediaRole.PRIMARY: 0, MediaRole.RAW: 1, MediaRole.MOTION: 2, MediaRole.EDITED: 3}


def _leading_facts(draft: Draft, files: Sequence[FoundFile]) -> MediaFacts | None:
    is_own = draft.kind is None and bool(files)
    return files[0].facts if is_own else None


def _coordinates(draft: Draft, files: Sequence[FoundFile]) -> tuple[float | None, float | None, float | None]:
    """(lat, lon, altitude): the source's, which holds the owner's corrections, else the files'."""
    place = draft.place
    if place is not None and place.lat is not None and place.lon is not None and is_on_earth(place.lat, place.lon):
        return place.lat, place.lon, place.altitude_m
    speaking = [file.facts for file in files if file.facts is not None and draft.kind is None]
    placed = next((facts for facts in speaking if facts.lat is not None and facts.lon is not None), None)
    return (None, None, None) if placed is None else (placed.lat, placed.lon, placed.altitude_m)


def _place(draft: Draft, facts: MediaFacts | None) -> PlaceRef | None:
    place = draft.place
    if place is not None and (place.name or place.city or place.region or place.country or place.address):
        return place
    if facts is None or not (facts.city or facts.region or facts.country):
        return None
    return PlaceRef(city=facts.city, region=facts.region, country=facts.country)


def _people(draft: Draft, facts: MediaFacts | None) -> tuple[PersonRef, ...]:
    named = {each.name.casefold() for each in draft.people}
    shown = facts.people if facts else ()
    return (*draft.people, *(PersonRef(name=name) for name in shown if name.casefold() not in named))


def _links(files: Sequence[FoundFile], media: Mapping[bytes, int]) -> tuple[MediaLink, ...]:
    return tuple(
        MediaLink(media_pk=media[file.sha256], role=file.ref.role, position=file.ref.position)
        for file in files
        if file.sha256 in media
    )


def _once(tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for tag in tags if tag.strip()))


def found_to_json(found: FoundFile) -> dict[str, Any]:
    """A JSON-safe dict; `found_from_json` gives the equal value back."""
    ref = found.ref
    return {
        "ref": {"locator": ref.locator, "role": ref.role.value, "position": ref.position, "name": ref.name},
        "sha256": found.sha256.hex(),
        "size_bytes": found.size_bytes,
        "mtime_ns": found.mtime_ns,
        "mime": found.mime,
        "family": found.family,
        "facts": None if found.facts is None else facts_to_json(found.facts),
        "problem": found.problem,
    }


def found_from_json(data: Mapping[str, Any]) -> FoundFile:
    """The inverse of `found_to_json`."""
    ref = data["ref"]
    return FoundFile(
        ref=MediaRef(**{**ref, "role": MediaRole(ref["role"])}),
        sha256=bytes.fromhex(data["sha256"]),
        size_bytes=data["size_bytes"],
        mtime_ns=data["mtime_ns"],
        mime=data["mime"],
        family=data["family"],
        facts=None if data["facts"] is None else facts_from_json(data["facts"]),
        problem=data["problem"],
    )
