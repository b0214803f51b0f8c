"""Writing an export, batch by batch, so that a killed process goes on where it ended.

Everything a batch writes is synced before the checkpoint that counts it; a batch begins by cutting off whatever stands
behind the checkpoint. In the folder of an unfinished export:

    keys    the memories in order, 8 bytes each: decided once, so none comes twice and none is left out
    positions  where the owner's devices were, as lines
    lines   the text: of `ndjson` and `csv` the result itself, of `zip` what is packed in the end
    files   the originals to pack, one JSON document a line     seen   one bit for each file that is in there
    packed  the zip, and its directory                          sums   the manifest so far
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, TypeAlias
from uuid import UUID

import orjson
from sqlalchemy import update

from timeline_local import __version__
from timeline_local.core.blobs import Blobs
from timeline_local.core.database import Database
from timeline_local.core.disks import FULL
from timeline_local.core.private_files import FILE_MODE, make_private_dir, sync_dir
from timeline_local.core.zips import Marks, ZipWriter
from timeline_local.domain.query import parse
from timeline_local.exceptions import DiskFull, OriginalMissing
from timeline_local.models import Export
from timeline_local.queries import exports as queries
from timeline_local.queries import memories, positions
from timeline_local.queries.exports import ExportRow
from timeline_local.queries.jobs import JobRow
from timeline_local.queries.positions import Wanted
from timeline_local.services import jobs
from timeline_local.services.export_readme import readme
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
from timeline_local.services.originals import checked_original

JSON: TypeAlias = dict[str, Any]
MEMORIES = 200  # written in one batch
ORIGINALS_BYTES = 64 * 1024 * 1024  # packed in one batch, and at least one file
ORIGINALS = 200
POSITIONS = 20_000
CHUNK = 1024 * 1024
SUFFIX = {"ndjson": "ndjson", "csv": "csv", "zip": "zip", "markdown": "zip"}
PACKING = ("zip", "markdown")
NO_COUNTS: JSON = {"memories": 0, "originals": 0, "missing": 0, "damaged": 0, "bytes": 0}
_KEY_BYTES = 8
_LINES_OF = {"memories.ndjson": "lines", "positions.ndjson": "positions"}


@dataclass(slots=True)
class ExportWork:
    """What a batch needs. state: the checkpoint as this process last wrote it."""

    database: Database
    blobs: Blobs
    root: Path
    reserve_bytes: int
    keep: timedelta
    now: Callable[[], datetime]
    job: JobRow
    state: JSON | None = None

    def folder(self, export: ExportRow) -> Path:
        """Where the export is written until it is finished."""
        return work_folder(self.root, export)


@dataclass(frozen=True, slots=True)
class Written:
    """How far an export is after a batch."""

    is_last: bool
    done: int = 0
    total: int | None = None
    bytes_done: int = 0
    bytes_total: int | None = None


@dataclass(slots=True)
class State:
    """The checkpoint: which phase, how many memories, and the lengths of the files so far."""

    phase: str = "memories"
    total: int = 0
    done: int = 0
    lines: int = 0
    files: int = 0
    read: int = 0
    sums: int = 0
    zip: JSON = field(default_factory=lambda: asdict(Marks()))
    bytes_total: int = 0
    counts: JSON = field(default_factory=lambda: dict(NO_COUNTS))
    positions: int = 0
    behind: list[str] | None = None  # the device's id and the instant of the last position written


def work_folder(root: Path, export: ExportRow) -> Path:
    """Where an export is written until it is finished."""
    return root / f"{export.id}.part"


def final_path(root: Path, export: ExportRow) -> Path:
    """Where the finished file lies."""
    return root / f"{export.id}.{SUFFIX[export.format]}"


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
    _write_whole(folder / "keys", keys.tobytes())
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
        with _zip(folder, state) as zip_:
            for memory, files, _, _ in rows:
                at = memory["local_at"]
                zip_.add(note_path(memory), note(memory, files if packs else []), at=at)
            state.zip = asdict(zip_.sync())
    else:
        made = b"".join(_row(export, row, packs=packs) for row in rows)
        if export.format == "csv" and state.lines == 0:
            made = csv_head() + made
        state.lines = _append(folder / "lines", state.lines, made)
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
        state.files = _append(folder / "files", state.files, bytes(made))
        _write_whole(folder / "seen.new", bytes(seen))
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
    await asyncio.to_thread(_pack_documents, work, export, state, documents)
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
    state.positions = await asyncio.to_thread(_append, work.folder(export) / "positions", state.positions, made)
    state.counts["positions"] += len(page.items)
    state.behind = None if page.next is None else [str(page.next[0]), page.next[1].isoformat()]
    if page.next is None:
        await asyncio.to_thread(_pack_file, work, export, state, name="positions.ndjson", size=state.positions)
        state.phase = "pack"
    await _keep(work, state)
    return _told(state)


def _pack_documents(work: ExportWork, export: ExportRow, state: State, documents: dict[str, bytes]) -> None:
    folder = work.folder(export)
    sums = bytearray()
    with _zip(folder, state) as zip_:
        for name, content in documents.items():
            zip_.add(name, content, at=_made(export))
            sums += _sum(name, content)
        state.zip = asdict(zip_.sync())
    state.sums = _append(folder / "sums", state.sums, bytes(sums))


# --- packing -----------------------------------------------------------------------------


async def _pack(work: ExportWork, export: ExportRow, state: State) -> Written:
    """The lines as one entry of the zip."""
    if export.format == "zip":
        await asyncio.to_thread(_pack_file, work, export, state, name="memories.ndjson", size=state.lines)
    state.phase = "originals"
    await _keep(work, state)
    return _told(state)


def _pack_file(work: ExportWork, export: ExportRow, state: State, *, name: str, size: int) -> None:
    """The first bytes of a file of lines as an entry of the zip."""
    folder = work.folder(export)
    source = folder / _LINES_OF[name]
    digest = hashlib.sha256()
    _check_space(work, size)
    source.touch(FILE_MODE)
    with _zip(folder, state) as zip_:
        with (
            zip_.entry(name, size=size, at=_made(export), deflates=True) as entry,
            source.open("rb") as lines,
        ):
            left = size
            while left and (chunk := lines.read(min(left, CHUNK))):
                digest.update(chunk)
                entry.write(chunk)
                left -= len(chunk)
        state.zip = asdict(zip_.sync())
    state.sums = _append(folder / "sums", state.sums, _sum_of(name, digest.hexdigest(), size))


async def _originals(work: ExportWork, export: ExportRow, state: State) -> Written:
    """The next originals; one that is missing is told in the manifest and does not stop the others."""
    folder = work.folder(export)
    listed, state.read = await asyncio.to_thread(_listed, folder / "files", state.read, state.files)
    if not listed:
        state.phase = "finish"
        await _keep(work, state)
        return _told(state)
    sums = bytearray()
    zip_ = await asyncio.to_thread(_zip, folder, state)
    with zip_:
        for each in listed:
            sums += await _pack_original(work, state, zip_, each)
        state.zip = asdict(await asyncio.to_thread(zip_.sync))
    state.sums = await asyncio.to_thread(_append, folder / "sums", state.sums, bytes(sums))
    await _keep(work, state)
    return _told(state)


def _listed(path: Path, start: int, end: int) -> tuple[list[JSON], int]:
    """The next originals to pack, and where the ones behind them begin."""
    found: list[JSON] = []
    if start >= end:
        return found, start
    weight = 0
    with path.open("rb") as file:
        file.seek(start)
        while start < end and len(found) < ORIGINALS and weight < ORIGINALS_BYTES:
            text = file.readline()
            found.append(orjson.loads(text))
            weight += found[-1]["size_bytes"]
            start += len(text)
    return found, start


async def _pack_original(work: ExportWork, state: State, zip_: ZipWriter, file: JSON) -> bytes:
    """One file into the zip, checked on the way; its line of the manifest."""
    name, size = file["name"], file["size_bytes"]
    known: Any = SimpleNamespace(**file | {"sha256": bytes.fromhex(file["sha256"])})
    digest = hashlib.sha256()
    await asyncio.to_thread(_check_space, work, size)
    try:
        path = await asyncio.to_thread(checked_original, work.blobs, known)
        at = datetime.fromisoformat(file["at"])
        with zip_.entry(name, size=size, at=at, deflates=False) as entry, path.open("rb") as original:
            # Chunk by chunk, so that a stopping server waits for one chunk and not for a film.
            while chunk := await asyncio.to_thread(original.read, CHUNK):
                await asyncio.to_thread(_copy, chunk, digest, entry)
    except (OriginalMissing, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        state.counts["missing"] += 1
        return encode({"path": name, "sha256": file["sha256"], "size_bytes": size, "missing": True})
    state.counts["originals"] += 1
    state.counts["bytes"] += entry.size
    is_damaged = digest.digest() != known.sha256
    state.counts["damaged"] += is_damaged
    told = {"path": name, "sha256": digest.hexdigest(), "size_bytes": entry.size}
    return encode(told | ({"damaged": True, "expected_sha256": file["sha256"]} if is_damaged else {}))


def _copy(chunk: bytes, digest: Any, entry: Any) -> None:  # noqa: ANN401 - a hash and an entry
    digest.update(chunk)
    entry.write(chunk)


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
            _close_zip(work, export, state)
        else:
            head = csv_head() if export.format == "csv" and state.lines == 0 else b""
            state.lines = _append(source, state.lines, head)
        source.replace(final)
        sync_dir(final.parent)
    digest = hashlib.sha256()
    with final.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return final.stat().st_size, digest.digest()


def _close_zip(work: ExportWork, export: ExportRow, state: State) -> None:
    folder = work.folder(export)
    _check_space(work, state.sums + state.zip["directory"])
    with _zip(folder, state) as zip_:
        text = readme(export, state.counts, version=__version__).encode()
        if export.format == "zip":
            zip_.add("README.txt", text, at=_made(export))
            sums = _append(folder / "sums", state.sums, _sum("README.txt", text))
            with (
                zip_.entry("manifest.ndjson", size=sums, at=_made(export), deflates=True) as entry,
                (folder / "sums").open("rb") as file,
            ):
                while chunk := file.read(CHUNK):
                    entry.write(chunk)
        else:
            zip_.add("README", text, at=_made(export))  # no .txt: that would be read back as a note
        zip_.close_zip()


_STEPS = {
    "memories": _memories,
    "account": _account,
    "positions": _positions,
    "pack": _pack,
    "originals": _originals,
    "finish": _finish,
}


# --- files ---------------------------------------------------------------------------------


def _zip(folder: Path, state: State) -> ZipWriter:
    return ZipWriter(folder / "packed", folder / "directory", Marks(**state.zip))


def _append(path: Path, length: int, content: bytes) -> int:
    """Write behind the first `length` bytes, cutting off what stood there; the new length, durable."""
    with _opened(path) as file:
        file.truncate(length)
        file.seek(length)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _write_whole(path: Path, content: bytes) -> None:
    _append(path, 0, content)


def _opened(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), FILE_MODE), "r+b")


def _check_space(work: ExportWork, size: int) -> None:
    free = shutil.disk_usage(work.root).free
    if free - size < work.reserve_bytes:
        raise DiskFull(f"{free:,} bytes are free, and {size:,} more are needed. What was written is removed again.")


def _sum(name: str, content: bytes) -> bytes:
    return _sum_of(name, hashlib.sha256(content).hexdigest(), len(content))


def _sum_of(name: str, sha256: str, size: int) -> bytes:
    return encode({"path": name, "sha256": sha256, "size_bytes": size})


def _made(export: ExportRow) -> datetime:
    return export.created_at.astimezone(UTC).replace(tzinfo=None)
