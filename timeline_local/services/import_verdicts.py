"""What an item is to a library: new, changed, here already, or deleted by its owner. The scan and the run both ask."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from os.path import commonpath
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import MediaRole
from timeline_local.importers.mounts import is_archive
from timeline_local.importers.registry import KEYED_BY_PATH
from timeline_local.queries import duplicates
from timeline_local.queries.imports import ImportRow
from timeline_local.services import imported_collections, track_files
from timeline_local.services.import_work import Plan
from timeline_local.services.ingest import said_hash

SAME_HERE = "already-here"
HERE_DETAIL = "It is on your timeline already."
BRINGS_DETAIL = "It is on your timeline already; the file it was read from is kept with it now."
JOINS_DETAIL = "It is on your timeline already; it comes into the collections that it belongs to."


@dataclass(frozen=True, slots=True)
class Known:
    """The verdict on a plan: new | changed | same | skipped, the memory that is already here, and the reason.

    key    what a memory made of it is stored under.
    joins  of a changed one: it is here from elsewhere and keeps its content, but comes into collections.
    brings  of a changed one: it keeps its content, but gets the file it was read from.
    """

    verdict: str
    key: str
    content: bytes
    primary: tuple[bytes, ...] = ()
    memory_pk: int | None = None
    slug: str | None = None
    detail: str | None = None
    joins: bool = False
    brings: bool = False

    @property
    def keeps_content(self) -> bool:
        """Whether the memory that is here stays as it is, whatever comes to it."""
        return self.joins or self.brings


async def compare(db: AsyncConnection, owner_pk: int, row: ImportRow, plans: list[Plan]) -> list[Known]:
    """Compare plans with what is here, in order. The scan asks, and again the run at the moment of writing."""
    contents = [said_hash(plan.draft, plan.files) for plan in plans]
    files = {sha256 for plan in plans for sha256 in _primary(plan)}
    by_key = await _by_key(db, owner_pk, row, plans)
    shown = await duplicates.primaries(db, owner_pk, memory_pks=[each.pk for each in by_key.values()])
    by_bytes = await duplicates.by_bytes(db, owner_pk, hashes=files)
    by_content = await duplicates.by_content(db, owner_pk, hashes=contents)
    gone = await duplicates.deleted(db, owner_pk, hashes=files | set(contents))
    found: list[Known] = []
    for plan, content in zip(plans, contents, strict=True):
        key, primary = stored_key(row, plan.source, plan.draft.source_key), _primary(plan)
        own = by_key.get((plan.source, key))
        if own is not None and primary and shown.get(own.pk, set()).isdisjoint(primary):
            # Another picture under an old name: a camera counts from 0001 again, a card is mounted where one was.
            own, key = None, f"{key}#{primary[0].hex()[:16]}"
        same = by_content.get(content) or next((by_bytes[each] for each in primary if each in by_bytes), None)
        fresh = Known("new", key, content, primary)
        verdict = _verdict(fresh, own=own, same=same, is_gone=not gone.isdisjoint({content, *primary}))
        found.append(_without_trash(plan.draft, verdict))
    return await _bringing(db, owner_pk, plans, await _joining(db, owner_pk, plans, found), set(by_key.values()))


def _without_trash(draft: Draft, known: Known) -> Known:
    """What lies in the trash of its source is not brought here; what is here already stays."""
    if not draft.trashed or known.verdict not in ("new", "changed"):
        return known
    if known.memory_pk is not None:
        detail = "It lies in the trash where it comes from; here it stays as it is."
        return replace(known, verdict="same", slug="trashed-at-source", detail=detail)
    detail = "It lies in the trash where it comes from; it was left out."
    return replace(known, verdict="skipped", slug="trashed-at-source", detail=detail)


async def _joining(db: AsyncConnection, owner_pk: int, plans: list[Plan], found: list[Known]) -> list[Known]:
    """With those as changed that are here from elsewhere, and are not yet in the collections this source tells of."""
    settled = list(found)
    for source in {plan.source for plan in plans}:
        places = [
            (place, known.memory_pk)
            for place, (plan, known) in enumerate(zip(plans, found, strict=True))
            if plan.source == source and plan.draft.collections and known.slug == SAME_HERE
            if known.memory_pk is not None
        ]
        pairs = [(pk, plans[place].draft.collections) for place, pk in places]
        done = await imported_collections.is_joined(db, owner_pk, pairs, source=source) if pairs else []
        for (place, _), is_done in zip(places, done, strict=True):
            if not is_done:
                settled[place] = joining(found[place])
    return settled


async def _bringing(
    db: AsyncConnection, owner_pk: int, plans: list[Plan], found: list[Known], own: Collection[duplicates.Known]
) -> list[Known]:
    """With those as changed that an earlier import of this source read, when the file itself was not yet kept."""
    keys = {each.pk for each in own}
    places = {
        place: known.memory_pk
        for place, (plan, known) in enumerate(zip(plans, found, strict=True))
        if known.slug == SAME_HERE and known.memory_pk in keys and track_files.of(plan.files)
        if known.memory_pk is not None
    }
    if not places:
        return found
    lacking = await track_files.lacking(db, owner_pk, set(places.values()))
    settled = list(found)
    for place, pk in places.items():
        if pk in lacking:
            lacking.discard(pk)  # of two files that tell of it, the first
            settled[place] = replace(
                found[place], verdict="changed", slug="brings-track", detail=BRINGS_DETAIL, brings=True
            )
    return settled


def joining(known: Known) -> Known:
    """The verdict on what is here already, but joins collections."""
    return replace(known, verdict="changed", slug="joins", detail=JOINS_DETAIL, joins=True)


async def _by_key(
    db: AsyncConnection, owner_pk: int, row: ImportRow, plans: list[Plan]
) -> dict[tuple[str, str], duplicates.Known]:
    found: dict[tuple[str, str], duplicates.Known] = {}
    for source in {plan.source for plan in plans}:
        wanted = [stored_key(row, source, plan.draft.source_key) for plan in plans if plan.source == source]
        known = await duplicates.by_keys(db, owner_pk, source=source, keys=wanted)
        found |= {(source, key): each for key, each in known.items()}
    return found


def _verdict(fresh: Known, *, own: duplicates.Known | None, same: duplicates.Known | None, is_gone: bool) -> Known:
    if own is not None and own.content_hash != fresh.content:
        return replace(fresh, verdict="changed", memory_pk=own.pk)
    here = own or same
    if here is not None:
        where = "in-trash" if here.is_trashed else SAME_HERE
        detail = "It lies in the trash of your timeline." if here.is_trashed else HERE_DETAIL
        return replace(fresh, verdict="same", memory_pk=here.pk, slug=where, detail=detail)
    if is_gone:
        detail = "You deleted it for good; it was left out."
        return replace(fresh, verdict="skipped", slug="deleted-here", detail=detail)
    return fresh


def twice(draft: Draft, known: Known) -> Known:
    """The verdict on what is in the same import once more: it only joins the collections it belongs to."""
    if draft.collections:
        return joining(known)
    return replace(known, verdict="same", slug="twice-here", detail="The same is in this import once more.")


def stored_key(row: ImportRow, source: str, key: str) -> str:
    """The key a memory is stored under.

    Of sources that read the owner's own folders it is where the file lies: two may well hold an IMG_0001.JPG each.
    Dropped files have no place of their own, so the import's id stands for it.
    """
    if source not in KEYED_BY_PATH:
        return unicodedata.normalize("NFC", key)
    root = f"upload:{row.id}" if row.is_upload else _root(row.paths).rstrip("/")
    return unicodedata.normalize("NFC", f"{root}/{key}")


@lru_cache(maxsize=16)
def _root(paths: tuple[str, ...]) -> str:
    """Where locators begin. A file has the key that it has when its folder is imported."""
    if len(paths) > 1:
        return commonpath([str(Path(path).parent) for path in paths]) if len({*map(_drive, paths)}) == 1 else ""
    chosen = Path(paths[0])
    return str(chosen.parent) if chosen.is_file() and not is_archive(chosen) else paths[0]


def _drive(path: str) -> str:
    return Path(path).drive.casefold()


def _primary(plan: Plan) -> tuple[bytes, ...]:
    return tuple(file.sha256 for file in plan.files if file.ref.role is MediaRole.PRIMARY)
