"""The files of an unfinished export, and the checkpoint that counts what stands in them.

Everything a batch writes is synced before the checkpoint that counts it; a batch begins by cutting off whatever stands
behind the checkpoint. In the folder of an unfinished export:

    keys    the memories in order, 8 bytes each: decided once, so none comes twice and none is left out
    positions  where the owner's devices were, as lines
    lines   the text: of `ndjson` and `csv` the result itself, of `zip` what is packed in the end
    files   the originals to pack, one JSON document a line     seen   one bit for each file that is in there
    packed  the zip, and its directory                          sums   the manifest so far
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, TypeAlias

from timeline_local.core.blobs import Blobs
from timeline_local.core.database import Database
from timeline_local.core.private_files import FILE_MODE
from timeline_local.core.zips import Marks
from timeline_local.exceptions import DiskFull
from timeline_local.queries.exports import ExportRow
from timeline_local.queries.jobs import JobRow

JSON: TypeAlias = dict[str, Any]
CHUNK = 1024 * 1024
SUFFIX = {"ndjson": "ndjson", "csv": "csv", "zip": "zip", "markdown": "zip"}
PACKING = ("zip", "markdown")
NO_COUNTS: JSON = {"memories": 0, "originals": 0, "missing": 0, "damaged": 0, "bytes": 0}


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


def append(path: Path, length: int, content: bytes) -> int:
    """Write behind the first `length` bytes, cutting off what stood there; the new length, durable."""
    with _opened(path) as file:
        file.truncate(length)
        file.seek(length)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def write_whole(path: Path, content: bytes) -> None:
    """The content as all that stands in a file, durable."""
    append(path, 0, content)


def _opened(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), FILE_MODE), "r+b")


def check_space(work: ExportWork, size: int) -> None:
    """Raises DiskFull when so many bytes more would take from the reserve."""
    free = shutil.disk_usage(work.root).free
    if free - size < work.reserve_bytes:
        raise DiskFull(f"{free:,} bytes are free, and {size:,} more are needed. What was written is removed again.")
