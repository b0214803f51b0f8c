"""The scan of an import: what it would do with every item, and why. Nothing but its own rows is written.

A batch reads some items in a worker thread, compares them with what is here, hashes and decodes only what may be new,
and writes their rows together with the checkpoint and the running totals. So a scan that was killed goes on where its
last batch ended, and counts nothing twice.
"""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import JSON, Contact, Draft, Problem, Samples
from timeline_local.domain.kinds import MediaRole
from timeline_local.exceptions import FolderNotFound, NothingToImport
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, Found, Item, ReadOptions, Unit
from timeline_local.importers.files import source_key
from timeline_local.importers.registry import Judged, Read, judge, read_all, walk_problems
from timeline_local.importers.seen import Seen
from timeline_local.models import Import, ImportItem
from timeline_local.queries import imports
from timeline_local.queries.dialect import key_list
from timeline_local.queries.imports import Earlier, ImportRow
from timeline_local.queries.locked_notes import locked_among
from timeline_local.services import import_asides, jobs, positions, track_files
from timeline_local.services.import_files import decode, is_unfit, look_at
from timeline_local.services.import_folder import folder_of, packed_bytes
from timeline_local.services.import_rows import (
    Aside,
    Candidate,
    Row,
    insert_rows,
    know_home,
    planned_row,
    problem_row,
    settled_row,
    weigh_plans,
)
from timeline_local.services.import_verdicts import HERE_DETAIL, SAME_HERE, Known, compare, twice
from timeline_local.services.import_work import (
    BatchResult,
    ImportWork,
    Plan,
    Progress,
    fingerprint,
    listed_fingerprint,
    without_text,
)
from timeline_local.services.ingest import FoundFile
from timeline_local.services.tally import Tally

BATCH_ITEMS = 200
BATCH_UNITS = 2000  # listed at once: one that is as it was costs microseconds
BATCH_S = 1.0
MOST_TOLD = 3  # problems in one sentence
BYTES_AS_ITEM = 512 * 1024  # of files that take as much of a batch as one item: 100 MB, a second of a slow disk
SAMPLES_AS_DRAFT = 100  # samples that take as much of a batch as one draft: 20,000 of them are a batch

KeyedT = TypeVar("KeyedT", bound=Draft | Samples | Contact)


async def scan_batch(work: ImportWork) -> BatchResult:
    """Plan the next items. Raises FolderNotFound, and NothingToImport when no source knows the folder's files.

    While they are judged and written, those after them are read.
    """
    scan: _Scan | None = work.memo.get("scan")
    if scan is None:
        scan = work.memo["scan"] = await _open(work)
    batch = await (scan.following or _read(work, scan))
    scan.following = None if batch.is_end else asyncio.create_task(_read(work, scan))
    try:
        await _judge(work, scan, batch)
        await _write(work, scan, batch)
    except BaseException:
        if scan.following is not None:
            scan.following.cancel()
        raise
    finally:
        await _settle(scan.following)
    done = scan.tally.total
    return BatchResult(
        done=batch.is_end,
        progress=Progress(
            done=done, total=done if batch.is_end else None, bytes_done=scan.tally.bytes_seen, current=batch.current
        ),
    )


async def _settle(following: asyncio.Task[_Batch] | None) -> None:
    """Wait for it; what went wrong with it is told by the batch that it was to become."""
    if following is not None:
        await asyncio.wait([following])
        if not following.cancelled():
            following.exception()


@dataclass
class _Scan:
    """A scan while one process works on it. Everything that must survive is in position and tally."""

    folder: Folder
    row: ImportRow
    reader: Iterator[Read]
    position: JSON
    tally: Tally
    earlier: list[int]
    source: str
    past: int = 0  # how many reads were judged since that position
    again: int = 0  # how many had been when a scan was killed, and come again
    keys: Seen = field(default_factory=Seen)  # of all items of this import
    seen: set[int] = field(default_factory=set)  # eight bytes of each hash: a million of them take 60 MB
    ahead: deque[Read] = field(default_factory=deque)  # listed, not judged yet
    unchanged: dict[str, Earlier] = field(default_factory=dict)  # the units among them that are as they were
    track: bytes = b""  # the file that was counted last for moves: those it tells follow one another
    is_listed: bool = False
    following: asyncio.Task[_Batch] | None = None  # done when a step ends

    def list_ahead(self) -> None:
        """What comes next, at most a second's worth of it. Drafts are large, units are not."""
        started, weight = time.monotonic(), 0.0
        for read in self.reader:
            self.ahead.append(read)
            weight += _weight(read.item)
            is_enough = weight >= BATCH_ITEMS or len(self.ahead) >= BATCH_UNITS
            if is_enough or time.monotonic() - started > BATCH_S:
                return
        self.is_listed = True

    def cut(self) -> list[Read]:
        """The next batch: as much as was listed, but only so many that must be looked at."""
        taken: list[Read] = []
        costly = 0.0
        while self.ahead and costly < BATCH_ITEMS:
            read = self.ahead.popleft()
            taken.append(read)
            costly += 0 if isinstance(read.item, Checkpoint) or self.knows(read) else _cost(read.item)
        return taken

    def knows(self, read: Read) -> bool:
        return isinstance(read.item, Unit) and read.item.source_key in self.unchanged

    def comes_again(self, read: Read) -> bool:
        """Whether a scan that was killed has judged it. Asked once for each read, in order."""
        if isinstance(read.item, Checkpoint):
            self.past = 0
            return False
        self.past += 1
        self.again -= 1
        return self.again >= 0

    def counted(self, files: Sequence[FoundFile]) -> tuple[FoundFile, ...]:
        """Those whose bytes count for an item that is wanted: a file of several moves counts for the first of them."""
        tracks = [file.sha256 for file in track_files.of(files)]
        told, self.track = self.track, tracks[-1] if tracks else self.track
        return tuple(file for file in files if file.ref.role is not MediaRole.TRACK or file.sha256 != told)

    def own_key(self, key: str) -> str:
        """The key, if nothing has it yet: a disk holds one name in two spellings, and a source may tell a key twice."""
        number = self.keys.number(key)
        own = key
        while number > 1 and self.keys.number(own := f"{key}#{number}") > 1:
            number += 1
        return own


def _weight(item: Item) -> float:
    """How much of a batch an item takes: drafts are held until they are judged, and paths are long."""
    if isinstance(item, Samples):
        return max(1, len(item.samples) / SAMPLES_AS_DRAFT)
    if isinstance(item, Draft):
        return 1 + len(item.path) / SAMPLES_AS_DRAFT
    return float(isinstance(item, Contact))


def _cost(item: Item) -> float:
    """How much of a batch it is to look at an item."""
    size = sum(file.size for file in item.files) if isinstance(item, Unit) else 0
    return max(1, _weight(item), size / BYTES_AS_ITEM)


@dataclass(slots=True)
class _Batch:
    """Some items on their way into the plan. position, past: where a scan that is killed after it goes on.

    rows  by key, in the order of reading; empty ones keep their place.   sources  which one found an item, by its key.
    same  items of earlier imports by key, of which this import gets copies.
    candidates, asides  those that are still to be judged.
    """

    is_end: bool
    position: JSON = None
    past: int = 0
    current: str | None = None
    rows: dict[str, Row] = field(default_factory=dict)
    same: dict[str, Earlier] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    candidates: list[Candidate] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)


async def _open(work: ImportWork) -> _Scan:
    async with work.database.read() as db:
        row = await imports.by_pk(db, work.owner_pk, work.import_pk)
        await know_home(db, work)
        earlier = await imports.earlier_imports(db, work.owner_pk, path=row.path, before=row.pk)
        keys = await _given_out(db, work)
    folder = folder_of(work, row, include_hidden=bool(row.options.get("include_hidden")))
    if not await asyncio.to_thread(folder.is_there):
        raise FolderNotFound("What this import was to read is not there any more. Nothing was imported.")
    judged = await asyncio.to_thread(judge, folder, work.sources)
    recognised = judged.recognised
    if not recognised:
        raise NothingToImport(await asyncio.to_thread(_advice, folder, judged))
    kept = work.job.checkpoint or {}
    options = ReadOptions(note_characters=work.settings.limits.body_characters)
    sources = [each.source for each in recognised]
    return _Scan(
        folder=folder,
        row=row,
        reader=read_all(folder, sources, options, kept.get("position")),
        position=kept.get("position"),
        tally=Tally.from_json(kept.get("tally")),
        earlier=earlier,
        source=sources[0].name if len(sources) == 1 else "folder",
        again=kept.get("past", 0),
        track=bytes.fromhex(kept.get("track", "")),
        keys=keys,
    )


async def _given_out(db: AsyncConnection, work: ImportWork) -> Seen:
    """The keys that a scan which was killed has given to items."""
    keys = Seen()
    if work.job.checkpoint is not None:
        for key in await imports.keys(db, work.owner_pk, work.import_pk):
            keys.number(key)
    return keys


def _advice(folder: Folder, judged: Judged) -> str:
    """What to do about a folder that no source can read anything of."""
    problems = [f"{each.locator}: {each.detail}" for each in islice(walk_problems(folder), MOST_TOLD)]
    if problems or judged.hint:
        return " ".join([*problems, judged.hint]).strip()
    choose = "Choose the folder that holds your pictures, films or notes, or an export as it was downloaded."
    return f"Nothing in it is read here. {choose}"


# --- reading -------------------------------------------------------------------------


async def _read(work: ImportWork, scan: _Scan) -> _Batch:
    """The next items, and what their files hold; those that are as they were are only told."""
    reads, is_end = await _next(work, scan)
    batch = _Batch(is_end)
    await asyncio.to_thread(_open_up, work, scan, reads, batch)
    keys = [each.key for each in batch.candidates if each.is_told]
    async with work.database.read() as db:
        old = await imports.earlier_items(db, work.owner_pk, import_pks=scan.earlier, keys=keys)
    candidates: list[Candidate] = []
    for each in batch.candidates:
        known = old.get(each.key)
        if known is not None and known.head == each.head:
            batch.same[each.key] = known
        else:
            candidates.append(each)
    looked = await look_at(work.hand, scan.folder, [each.draft.media for each in candidates])
    batch.candidates = []
    for each, files in zip(candidates, looked, strict=True):
        if isinstance(files, Problem):
            batch.rows[each.key] = problem_row(work, each.key, files, each)
        else:
            each.files = files
            batch.candidates.append(each)
    return batch


async def _next(work: ImportWork, scan: _Scan) -> tuple[list[Read], bool]:
    """The next batch; whether it is the last."""
    if not scan.ahead:
        await asyncio.to_thread(scan.list_ahead)
        heads = {
            read.item.source_key: listed_fingerprint(read.source, read.item.source_key, read.item.files)
            for read in scan.ahead
            if isinstance(read.item, Unit) and scan.earlier
        }
        async with work.database.read() as db:
            old = await imports.earlier_items(db, work.owner_pk, import_pks=scan.earlier, keys=heads)
        scan.unchanged = {key: known for key, known in old.items() if known.head == heads[key]}
    taken = scan.cut()
    return taken, scan.is_listed and not scan.ahead


def _open_up(work: ImportWork, scan: _Scan, reads: list[Read], batch: _Batch) -> None:
    """Read the units that changed."""
    for read in reads:
        item, is_again = read.item, scan.comes_again(read)
        if isinstance(item, Checkpoint):
            batch.position = item.position
            continue
        batch.current = item.locator if isinstance(item, Problem) else item.source_key
        is_given_out = batch.current in scan.keys
        if is_again and is_given_out and isinstance(item, Unit):
            continue
        if scan.knows(read) and not is_given_out:
            batch.same[scan.own_key(batch.current)] = scan.unchanged[batch.current]
            batch.sources[batch.current] = read.source
            continue
        head = listed_fingerprint(read.source, item.source_key, item.files) if isinstance(item, Unit) else b""
        for found in _opened(item):
            told = _key(found)
            if is_again and told in scan.keys:
                continue
            key = scan.own_key(told)
            batch.sources[key] = read.source
            if isinstance(found, Problem):
                batch.rows[key] = problem_row(work, key, found)
                continue
            batch.rows[key] = Row({})
            found = positions.believable(found, work.now())  # noqa: PLW2901 - the same without what cannot be
            if isinstance(found, Draft):
                batch.candidates.append(Candidate(read.source, _under(found, key), key, head, is_told=not head))
            else:
                batch.asides.append(Aside(read.source, _under(found, key), key, head))
    batch.past = scan.past
    _look(scan.folder, batch.candidates)


def _opened(item: Found | Unit) -> Sequence[Found]:
    return item.read() if isinstance(item, Unit) else (item,)


def _key(found: Found) -> str:
    """What an item goes by. A problem has none of its own, and must not take that of what it is about."""
    if isinstance(found, Problem):
        return f"{source_key(found.locator)}!{found.slug}"
    return unicodedata.normalize("NFC", found.source_key)


def _under(found: KeyedT, key: str) -> KeyedT:
    """The same under this key, which as a rule is its own."""
    return found if found.source_key == key else replace(found, source_key=key)


def _look(folder: Folder, candidates: list[Candidate]) -> None:
    """Sizes and dates of all files; a file that is gone has none."""
    for each in candidates:
        for media in each.draft.media:
            try:
                file = folder.stat(media.locator)
            except (OSError, ValueError):
                continue
            each.stats[media.locator] = (file.size, file.mtime_ns)
        each.head = each.head or fingerprint(each.source, each.draft, each.stats)


# --- the verdicts ----------------------------------------------------------------------


async def _judge(work: ImportWork, scan: _Scan, batch: _Batch) -> None:
    """Verdicts on everything that was read."""
    plans = [Plan(each.source, each.draft, each.files) for each in batch.candidates]
    async with work.database.read() as db:
        known = await compare(db, work.owner_pk, scan.row, plans)
    wanted: list[tuple[Candidate, Known]] = []
    for each, found in zip(batch.candidates, known, strict=True):
        hashes = [int.from_bytes(each[:8], "big") for each in (found.content, *found.primary)]
        if found.verdict == "new" and not scan.seen.isdisjoint(hashes):
            found = twice(each.draft, found)  # noqa: PLW2901 - in the light of the others
        scan.seen.update(hashes)
        if found.verdict in ("new", "changed"):
            each.counted = scan.counted(each.files)
            wanted.append((each, found))
        else:
            each.counted = tuple(file for file in each.files if file.ref.role is not MediaRole.TRACK)
            batch.rows[each.key] = settled_row(work, each, found)
    batch.rows.update(await _planned(work, scan, wanted))
    batch.rows.update(await import_asides.judge(work, scan.folder, batch.asides))


async def _planned(work: ImportWork, scan: _Scan, wanted: list[tuple[Candidate, Known]]) -> list[tuple[str, Row]]:
    """The rows of what is new or changed, by key; the files have to be decoded for them."""
    await asyncio.to_thread(_weigh, scan.folder, [each for each, _ in wanted])
    decoded = await decode(work, scan.folder, [each.files for each, _ in wanted])
    sound = {
        id(each): Plan(each.source, each.draft, result)
        for (each, _), result in zip(wanted, decoded, strict=True)
        if not isinstance(result, Problem)
    }
    async with work.database.read() as db:
        weighed = await weigh_plans(db, work, scan.row, sound)
    rows: list[tuple[str, Row]] = []
    for (each, found), result in zip(wanted, decoded, strict=True):
        if isinstance(result, Problem):
            rows.append((each.key, problem_row(work, each.key, result, each)))
        elif unfit := is_unfit(each.draft, result):
            rows.append((each.key, problem_row(work, each.key, unfit, each)))
        else:
            each.files = result
            rows.append((each.key, planned_row(work, each, found, weighed[id(each)])))
    return rows


def _weigh(folder: Folder, candidates: Sequence[Candidate]) -> None:
    for each in candidates:
        each.packed = packed_bytes(folder, each.counted)


async def _leave_out_locked(db: AsyncConnection, work: ImportWork, rows: list[Row]) -> None:
    """The text of a locked note is not kept by the plan of an import of the file it came from either."""
    known = {pk for row in rows if (pk := row.values["memory_pk"]) is not None}
    locked = await locked_among(db, work.owner_pk, known)
    for row in rows:
        if row.values["memory_pk"] in locked:
            row.values.update(raw=None, draft=without_text(row.values["draft"]))


async def _write(work: ImportWork, scan: _Scan, batch: _Batch) -> None:
    now: datetime = work.now()
    rows = [row for row in batch.rows.values() if row.values]
    scan.position = batch.position if batch.position is not None else scan.position
    for row in rows:
        scan.tally.count(row, batch.sources[row.values["source_key"]])
    for key, known in batch.same.items():
        scan.tally.count_same(known.kind, known.size_bytes, batch.sources[key])
    async with work.database.write() as db:
        if batch.same:
            await _copy_items(db, work, [known.pk for known in batch.same.values()], now=now)
        if rows:
            await _leave_out_locked(db, work, rows)
            await insert_rows(db, [row.values for row in rows])
        kept = {
            "position": scan.position,
            "past": batch.past,
            "tally": scan.tally.to_json(),
            "track": scan.track.hex(),
        }
        await jobs.checkpoint(db, work.job, kept)
        values: dict[str, Any] = {"counts": scan.tally.counts(), "source": scan.source, "updated_at": now}
        if batch.is_end:
            values |= {"state": "planned", "plan": scan.tally.plan()}
        await db.execute(
            update(Import).where(Import.owner_pk == work.owner_pk, Import.pk == work.import_pk).values(**values)
        )


async def _copy_items(db: AsyncConnection, work: ImportWork, pks: list[int], *, now: datetime) -> None:
    dialect = db.dialect.name
    columns, rows = imports.copies_of(
        dialect, work.owner_pk, work.import_pk, slug=SAME_HERE, detail=HERE_DETAIL, now=now
    )
    await db.execute(insert(ImportItem).from_select(columns, rows), {"keys": key_list(dialect, pks)})
