"""The zip of an export: documents, files of lines, originals, and the manifest that lists them all.

It grows batch by batch behind the marks of the checkpoint, so a killed process goes on inside of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson

from timeline_local import __version__
from timeline_local.core.disks import FULL
from timeline_local.core.private_files import FILE_MODE
from timeline_local.core.zips import Marks, ZipWriter
from timeline_local.exceptions import OriginalMissing
from timeline_local.queries.exports import ExportRow
from timeline_local.services.export_files import CHUNK, JSON, ExportWork, State, append, check_space
from timeline_local.services.export_readme import readme
from timeline_local.services.export_rows import encode
from timeline_local.services.originals import checked_original

ORIGINALS_BYTES = 64 * 1024 * 1024  # packed in one batch, and at least one file
ORIGINALS = 200
_LINES_OF = {"memories.ndjson": "lines", "positions.ndjson": "positions"}


def opened_zip(folder: Path, state: State) -> ZipWriter:
    """The zip as far as the checkpoint says."""
    return ZipWriter(folder / "packed", folder / "directory", Marks(**state.zip))


def pack_documents(work: ExportWork, export: ExportRow, state: State, documents: Mapping[str, bytes]) -> None:
    """Whole documents by their names, each noted in the manifest."""
    folder = work.folder(export)
    sums = bytearray()
    with opened_zip(folder, state) as zip_:
        for name, content in documents.items():
            zip_.add(name, content, at=_made(export))
            sums += _sum(name, content)
        state.zip = asdict(zip_.sync())
    state.sums = append(folder / "sums", state.sums, bytes(sums))


def pack_file(work: ExportWork, export: ExportRow, state: State, *, name: str, size: int) -> None:
    """The first bytes of a file of lines as an entry of the zip."""
    folder = work.folder(export)
    source = folder / _LINES_OF[name]
    digest = hashlib.sha256()
    check_space(work, size)
    source.touch(FILE_MODE)
    with opened_zip(folder, state) as zip_:
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
    state.sums = append(folder / "sums", state.sums, _sum_of(name, digest.hexdigest(), size))


async def pack_originals(work: ExportWork, export: ExportRow, state: State) -> bool:
    """The next originals; one that is missing is told in the manifest and does not stop the others. False: no more."""
    folder = work.folder(export)
    listed, state.read = await asyncio.to_thread(_listed, folder / "files", state.read, state.files)
    if not listed:
        return False
    sums = bytearray()
    zip_ = await asyncio.to_thread(opened_zip, folder, state)
    with zip_:
        for each in listed:
            sums += await _pack_original(work, state, zip_, each)
        state.zip = asdict(await asyncio.to_thread(zip_.sync))
    state.sums = await asyncio.to_thread(append, folder / "sums", state.sums, bytes(sums))
    return True


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
    await asyncio.to_thread(check_space, work, size)
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


def close_zip(work: ExportWork, export: ExportRow, state: State) -> None:
    """What somebody should read first, the manifest where there is one, and the end of the zip."""
    folder = work.folder(export)
    check_space(work, state.sums + state.zip["directory"])
    with opened_zip(folder, state) as zip_:
        text = readme(export, state.counts, version=__version__).encode()
        if export.format == "zip":
            zip_.add("README.txt", text, at=_made(export))
            sums = append(folder / "sums", state.sums, _sum("README.txt", text))
            with (
                zip_.entry("manifest.ndjson", size=sums, at=_made(export), deflates=True) as entry,
                (folder / "sums").open("rb") as file,
            ):
                while chunk := file.read(CHUNK):
                    entry.write(chunk)
        else:
            zip_.add("README", text, at=_made(export))  # no .txt: that would be read back as a note
        zip_.close_zip()


def _sum(name: str, content: bytes) -> bytes:
    return _sum_of(name, hashlib.sha256(content).hexdigest(), len(content))


def _sum_of(name: str, sha256: str, size: int) -> bytes:
    return encode({"path": name, "sha256": sha256, "size_bytes": size})


def _made(export: ExportRow) -> datetime:
    return export.created_at.astimezone(UTC).replace(tzinfo=None)
