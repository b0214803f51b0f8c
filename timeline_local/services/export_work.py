"""Writing an export, batch by batch and phase by phase, so that a killed process goes on where it ended.

`export_files` tells what lies in the folder meanwhile, `export_packing` how the zip grows.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from array import array
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import update

from timeline_local.core.disks import FULL
from timeline_local.core.private_files import make_private_dir, sync_dir
from timeline_local.domain.query import parse
from timeline_local.exceptions import DiskFull
from timeline_local.models import Export
from timeline_local.queries import exports as queries
from timeline_local.queries import memories, positions
from timeline_local.queries.exports import ExportRow
from timeline_local.queries.positions import Wanted
from timeline_local.services import jobs
from timeline_local.services.export_files import (
    CHUNK,
    JSON,
    PACKING,
    ExportWork,
    State,
    Written,
    append,
    final_path,
    write_whole,
)
from timeline_local.services.export_packing import close_zip, opened_zip, pack_documents, pack_file, pack_originals
from timeline_local.services.export_rows import (
    csv_head,
    csv_row,
    encode,
    line,
    media_path,
    note,
    note_path,
    position_line,
)

MEMORIES = 200  # written in one batch
POSITIONS = 20_000
_KEY_BYTES = 8


async def write_batch(work: ExportWork) -> Written:
    """Write one batch of the job's export. Raises DiskFull, and then leaves nothing on the disk.

    An export that was deleted meanwhile ends at once.
    """
    async with work.database.read() as db:
        export = await queries.of_job(db, work.job.owner_pk, work.job.pk)
    if export is None:
        return Written(is_last=True)
    kept = work.state or work.job.checkpoint
    try:
        state = await _begin(work, export) if kept is None else State(**kept)
        return await _STEPS[state.phase](work, export, state)
    except OSError as error:
        if error.errno not in FULL:
            raise
        await _give_up(work, export)
        raise DiskFull("The disk filled up while the export was written. What was written is removed again.") from error
    except DiskFull:
        await _give_up(work, export)
        raise


async def _give_up(work: ExportWork, export: ExportRow) -> None:
    await asyncio.to_thread(shutil.rmtree, work.folder(export), ignore_errors=True)
    work.state = None
    async with work.database.write() as db:
        await jobs.checkpoint(db, work.job, None)


async def _begin(work: ExportWork, export: ExportRow) -> State:
    """Decide which memories go in, and in which order."""
    options = export.options
    query = parse(options["query"], export.created_at.date()) if options.get("query") else None
    async with work.database.snapshot() as db:
        keys = await queries.keys(db, export.owner_pk, query, with_trash=bool(options.get("account")))
    await asyncio.to_thread(_lay_out, work.folder(export), keys)
    state = State(total=len(keys))
    await _keep(work, state)
    return state


def _lay_out(folder: Path, keys: array[int]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    make_private_dir(folder)
    write_whole(folder / "keys", keys.tobytes())
    sync_dir(folder)
    sync_dir(folder.parent)


async def _keep(work: ExportWork, state: State) -> None:
    """Let the next batch go on from here, after a kill too."""
    async with work.database.write() as db:
        await jobs.checkpoint(db, work.job, asdict(state))
    work.state = asdict(state)


def _told(state: State, *, is_last: bool = False) -> Written:
    counts = state.counts
    return Written(is_last, state.done, state.total, counts["bytes"], state.bytes_total or None)


# --- memories ------------------------------------------------------------------------


async def _memories(work: ExportWork, export: ExportRow, state: State) -> Written:
    """The next memories: as lines, or as notes straight into the zip."""
    folder = work.folder(export)
    pks = await asyncio.to_thread(_keys, folder / "keys", state.done)
    if not pks:
        state.phase = "account" if export.options.get("account") else "pack"
        if export.format not in PACKING:
            state.phase = "finish"
        await _keep(work, state)
        return _told(state)
    async with work.database.snapshot() as db:
        found = await memories.by_pks(db, export.owner_pk, pks, url_for=_no_address)
        files = await queries.media_of(db, export.owner_pk, pks)
        extras = await queries.extras(db, export.owner_pk, pks)
        paths = await queries.paths(db, export.owner_pk, pks)
    here = [pk for pk in pks if pk in found and pk in extras]
    rows = [(found[pk], files.get(pk, []), extras[pk], paths.get(pk)) for pk in here]
    await asyncio.to_thread(_write_memories, folder, export, state, rows)
    state.done += len(pks)
    state.counts["memories"] += len(here)
    await _keep(work, state)
    return _told(state)


def _no_address(*_: object) -> str:
    return ""


def _keys(path: Path, done: int) -> list[int]:
    with path.open("rb") as file:
        file.seek(done * _KEY_BYTES)
        return array("q", file.read(MEMORIES * _KEY_BYTES)).tolist()


Rows: TypeAlias = Sequence[tuple[JSON, list[Any], Any, JSON | None]]


def _write_memories(folder: Path, export: ExportRow, state: State, rows: Rows) -> None:
    packs = export.format in PACKING and export.options.get("originals", True)
    if export.format == "markdown":
        with opened_zip(folder, state) as zip_:
            for memory, files, _, _ in rows:
                at = memory["local_at"]
                zip_.add(note_path(memory), note(memory, files if packs else []), at=at)
            state.zip = asdict(zip_.sync())
    else:
        made = b"".join(_row(export, row, packs=packs) for row in rows)
        if export.format == "csv" and state.lines == 0:
            made = csv_head() + made
        state.lines = append(folder / "lines", state.lines, made)
    if packs:
        _list_files(folder, state, [each for _, files, _, _ in rows for each in files])


def _row(export: ExportRow, row: tuple[JSON, list[Any], Any, JSON | None], *, packs: bool) -> bytes:
    memory, files, more, path = row
    if export.format == "csv":
        return csv_row(memory, files)
    return encode(line(memory, files, more.extra, more.locked_body, path=path, with_files=packs))


def _list_files(folder: Path, state: State, files: Sequence[Any]) -> None:
    """Note the originals that are not to be packed yet."""
    seen = bytearray((folder / "seen").read_bytes()) if state.files else bytearray()
    made = bytearray()
    for each in files:
        byte, bit = each.pk >> 3, 1 << (each.pk & 7)
        if len(seen) <= byte:
            seen.extend(bytes(byte + 1 - len(seen)))
        if seen[byte] & bit:
            continue
        seen[byte] |= bit
        state.bytes_total += each.size_bytes
        made += encode(
            {
                "name": media_path(each),
                "sha256": each.sha256.hex(),
                "size_bytes": each.size_bytes,
                "storage": each.storage,
                "path": each.path,
                "mtime_ns": each.mtime_ns,
                "at": (each.first_at or datetime(1980, 1, 1)).isoformat(),  # noqa: DTZ001 - a wall clock
            }
        )
    if made:
        # A kill between the two only lets files be listed again that the cut-off end of `files` no longer has.
        state.files = append(folder / "files", state.files, bytes(made))
        write_whole(folder / "seen.new", bytes(seen))
        (folder / "seen.new").replace(folder / "seen")


# --- everything else of an account -----------------------------------------------------


async def _account(work: ExportWork, export: ExportRow, state: State) -> Written:
    """People, locations, collections, tags, relations and settings: small beside the memories, so in one batch."""
    async with work.database.snapshot() as db:
        user, settings = await queries.user(db, export.owner_pk), await queries.settings(db, export.owner_pk)
        lists = {
            "people": await queries.people(db, export.owner_pk),
            "locations": await queries.locations(db, export.owner_pk),
            "tags": await queries.tags(db, export.owner_pk),
            "collections": await queries.collections(db, export.owner_pk),
            "relations": await queries.relations(db, export.owner_pk),
            "devices": [row._asdict() for row in await positions.devices(db, export.owner_pk)],
        }
    documents = {"account.json": encode(user), "settings.json": encode(settings)}
    documents |= {f"{name}.ndjson": b"".join(map(encode, items)) for name, items in lists.items()}
    state.counts |= {name: len(items) for name, items in lists.items()}
    await asyncio.to_thread(pack_documents, work, export, state, documents)
    state.phase = "positions"
    state.counts["positions"] = 0
    await _keep(work, state)
    return _told(state)


async def _positions(work: ExportWork, export: ExportRow, state: State) -> Written:
    """The next positions as lines of a file of their own; at their end it goes into the zip."""
    behind = None if state.behind is None else (UUID(state.behind[0]), datetime.fromisoformat(state.behind[1]))
    async with work.database.snapshot() as db:
        page = await positions.page(db, export.owner_pk, Wanted(), behind=behind, limit=POSITIONS)
    made = b"".join(encode(position_line(row)) for row in page.items)
    state.positions = await asyncio.to_thread(append, work.folder(export) / "positions", state.positions, made)
    state.counts["positions"] += len(page.items)
    state.behind = None if page.next is None else [str(page.next[0]), page.next[1].isoformat()]
    if page.next is None:
        await asyncio.to_thread(pack_file, work, export, state, name="positions.ndjson", size=state.positions)
        state.phase = "pack"
    await _keep(work, state)
    return _told(state)


# --- packing -----------------------------------------------------------------------------


async def _pack(work: ExportWork, export: ExportRow, state: State) -> Written:
    """The lines as one entry of the zip."""
    if export.format == "zip":
        await asyncio.to_thread(pack_file, work, export, state, name="memories.ndjson", size=state.lines)
    state.phase = "originals"
    await _keep(work, state)
    return _told(state)


async def _originals(work: ExportWork, export: ExportRow, state: State) -> Written:
    """The next originals; one that is missing is told in the manifest and does not stop the others."""
    if not await pack_originals(work, export, state):
        state.phase = "finish"
    await _keep(work, state)
    return _told(state)


# --- the end -----------------------------------------------------------------------------


async def _finish(work: ExportWork, export: ExportRow, state: State) -> Written:
    """Close the file, give it its name, and only then say that it is there."""
    size, digest = await asyncio.to_thread(_close, work, export, state)
    now = work.now()
    async with work.database.write() as db:
        await jobs.checkpoint(db, work.job, asdict(state))
        await db.execute(
            update(Export)
            .where(Export.owner_pk == export.owner_pk, Export.pk == export.pk)
            .values(
                state="done",
                counts=state.counts,
                size_bytes=size,
                sha256=digest,
                finished_at=now,
                updated_at=now,
                expires_at=now + work.keep,
                version=Export.version + 1,
            )
        )
    await asyncio.to_thread(shutil.rmtree, work.folder(export), ignore_errors=True)
    return _told(state, is_last=True)


def _close(work: ExportWork, export: ExportRow, state: State) -> tuple[int, bytes]:
    folder, final = work.folder(export), final_path(work.root, export)
    source = folder / ("packed" if export.format in PACKING else "lines")
    if not final.exists() or source.exists():
        if export.format in PACKING:
            close_zip(work, export, state)
        else:
            head = csv_head() if export.format == "csv" and state.lines == 0 else b""
            state.lines = append(source, state.lines, head)
        source.replace(final)
        sync_dir(final.parent)
    digest = hashlib.sha256()
    with final.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return final.stat().st_size, digest.digest()


_STEPS = {
    "memories": _memories,
    "account": _account,
    "positions": _positions,
    "pack": _pack,
    "originals": _originals,
    "finish": _finish,
}
