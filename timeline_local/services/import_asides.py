"""What an import brings besides memories: positions and contacts. Items of its plan like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import Contact, Problem, Samples
from timeline_local.importers.archive import Folder
from timeline_local.queries.imports import AnyRow
from timeline_local.services import contacts, positions, source_links
from timeline_local.services.import_files import examine
from timeline_local.services.import_items import RunItem
from timeline_local.services.import_rows import Aside, Row, aside_row
from timeline_local.services.import_verdicts import HERE_DETAIL, SAME_HERE, Known
from timeline_local.services.import_work import AsidePlan, ImportWork, Writing, fingerprint
from timeline_local.services.positions import Track

POSITIONS, PERSON = "positions", "person"
KINDS = (POSITIONS, PERSON)
"""As what they stand in a plan, where memories have their kind."""


def kind_of(item: Samples | Contact) -> str:
    """What an item is called in a plan."""
    return POSITIONS if isinstance(item, Samples) else PERSON


async def judge(work: ImportWork, folder: Folder, asides: Sequence[Aside]) -> list[tuple[str, Row]]:
    """Verdicts on them, as rows of the plan by key."""
    if not asides:
        return []
    found = await asyncio.gather(*(_looked_at(work, folder, each) for each in asides))
    plans = [AsidePlan(each.source, each.item, files) for each, files in zip(asides, found, strict=True)]
    async with work.database.read() as db:
        known = await compare(db, work, plans)
    rows: list[tuple[str, Row]] = []
    for each, plan, verdict in zip(asides, plans, known, strict=True):
        stats = {file.ref.locator: (file.size_bytes, file.mtime_ns or 0) for file in plan.files}
        head = each.head or fingerprint(each.source, each.item, stats)
        rows.append((each.key, aside_row(work, each.key, plan, verdict, head, kind=kind_of(each.item))))
    return rows


async def _looked_at(work: ImportWork, folder: Folder, each: Aside) -> Any:  # noqa: ANN401 - the files of an item
    """The photo of a contact; one that cannot be read is left out."""
    files = await examine(work, folder, AsidePlan(each.source, each.item, ()).refs)
    return () if isinstance(files, Problem) else files


async def compare(db: AsyncConnection, work: Writing, plans: Sequence[AsidePlan]) -> list[Known]:
    """What each is to the library, in order. The scan asks, and again the run at the moment of writing."""
    verdicts: dict[int, Known] = {}
    for source in dict.fromkeys(plan.source for plan in plans):
        mine = [plan for plan in plans if plan.source == source]
        verdicts |= await _compare_samples(db, work, source, mine)
        verdicts |= await _compare_contacts(db, work, source, mine)
    return [verdicts[id(plan)] for plan in plans]


async def _compare_samples(
    db: AsyncConnection, work: Writing, source: str, plans: Sequence[AsidePlan]
) -> dict[int, Known]:
    tracks = {id(plan): _track(plan.item) for plan in plans if isinstance(plan.item, Samples)}
    if not tracks:
        return {}
    now = work.now()
    fresh = await positions.missing(db, work.owner_pk, list(tracks.values()), source=source, now=now)
    found: dict[int, Known] = {}
    for (key, track), samples in zip(tracks.items(), fresh, strict=True):
        if samples:
            found[key] = Known("new", "", b"")
        elif track.samples:
            found[key] = Known("same", "", b"", slug=SAME_HERE, detail="These positions are here already.")
        else:
            detail = "None of these positions can be right: no place on Earth, or no date that a receiver can know."
            found[key] = Known("skipped", "", b"", slug="not-believable", detail=detail)
    return found


async def _compare_contacts(
    db: AsyncConnection, work: Writing, source: str, plans: Sequence[AsidePlan]
) -> dict[int, Known]:
    people = [(plan, plan.item) for plan in plans if isinstance(plan.item, Contact)]
    links = await source_links.find(
        db, work.owner_pk, contacts.NOUN, source=source, keys=[item.source_key for _, item in people]
    )
    found: dict[int, Known] = {}
    for plan, item in people:
        link = links.get(item.source_key)
        if link is None:
            found[id(plan)] = Known("new", item.source_key, b"")
        elif link.target is None:
            detail = "You deleted this person; they were left out."
            found[id(plan)] = Known("skipped", item.source_key, b"", slug="deleted-here", detail=detail)
        elif link.said.get("hash") == contacts.contact_hash(item, plan.files[0].sha256 if plan.files else None):
            found[id(plan)] = Known("same", item.source_key, b"", slug=SAME_HERE, detail=HERE_DETAIL)
        else:
            found[id(plan)] = Known("changed", item.source_key, b"")
    return found


async def write(
    db: AsyncConnection, work: Writing, items: Sequence[RunItem[AsidePlan]], media: Mapping[bytes, int]
) -> bool:
    """Store what is new or changed; whether anything was. media: the photos' hashes → media_file.pk."""
    wanted = [each for each in items if each.verdict in ("new", "changed")]
    now = work.now()
    for source in dict.fromkeys(each.plan.source for each in wanted):
        tracks = _tracks(each.plan.item for each in wanted if each.plan.source == source)
        await positions.add(db, work.owner_pk, tracks, source=source, import_pk=work.import_pk, now=now)
    for each in wanted:
        if isinstance(each.plan.item, Contact):
            photo = next(((file.sha256, media[file.sha256]) for file in each.plan.files if file.facts), None)
            each.before = await contacts.put(
                db,
                work.owner_pk,
                each.plan.item,
                source=each.plan.source,
                photo=photo,
                import_pk=work.import_pk,
                now=now,
            )
    return bool(wanted)


async def take_back(db: AsyncConnection, work: Writing, items: Iterable[AnyRow]) -> None:
    """Undo contacts, in the order given; positions are taken back by their import, see `positions.take_back`."""
    for item in items:
        if item.kind == PERSON:
            await contacts.take_back(db, work.owner_pk, item.before, now=work.now())
            work.memo.setdefault("media", []).extend(pk for pk in [item.before["photo"]] if pk is not None)


def _tracks(items: Iterable[Samples | Contact]) -> list[Track]:
    return [_track(item) for item in items if isinstance(item, Samples)]


def _track(item: Samples) -> Track:
    return Track(item.device, item.samples)
