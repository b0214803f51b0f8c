"""One memory as a line, a row of a table or a note: pure functions of what the database told."""

from __future__ import annotations

import base64
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Protocol
from uuid import UUID

import orjson
import yaml

from timeline_local.domain.kinds import MediaRole
from timeline_local.services.positions import sample_of

JSON = dict[str, Any]
COLUMNS = (
    *("id", "kind", "local_on", "local_at", "utc_offset_min", "zone", "when", "precision", "title", "body"),
    *("tags", "people", "location", "city", "country", "lat", "lon", "rating", "mood", "favourite", "archived"),
    *("source", "files"),
)
LONGEST_NAME = 80  # characters of a file's name: four bytes each still leave room for what is put around it
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What Windows, the strictest of the systems, refuses in a name.
_REFUSED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")
_POINTS = frozenset({"instant", "minute"})
_TEXT_ONLY_MEDIA = ("role", "position", "mime", "width", "height", "duration_ms", "size_bytes", "file_name")
_CAMERA = ("camera_make", "camera_model", "lens")


class File(Protocol):
    """A row of queries.exports.media_of."""

    id: UUID
    sha256: bytes
    file_name: str
    role: str
    first_at: datetime | None


def encode(value: JSON) -> bytes:
    """One JSON document and the end of its line."""
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def line(
    memory: JSON,
    files: Sequence[Any],
    extra: JSON,
    sealed: bytes | None,
    *,
    path: JSON | None = None,
    with_files: bool,
) -> JSON:
    """Every field of a memory as the API tells it, its files by hash and place in the export, and what its source had.

    memory  as queries.memories.by_pks gives it.   files  its rows of queries.exports.media_of.
    path    its way, as queries.exports.paths gives it.
    """
    media = [
        {
            "id": str(each.id),
            "sha256": each.sha256.hex(),
            **{name: getattr(each, name) for name in _TEXT_ONLY_MEDIA},
            **{name: getattr(each, name) for name in _CAMERA},
            "path": media_path(each) if with_files else None,
        }
        for each in files
    ]
    locked = {} if sealed is None else {"locked_body": base64.b64encode(sealed).decode()}
    way = {} if path is None else {"path": path}
    return {**memory, "media": media, "extra": extra, **locked, **way}


def position_line(row: Any) -> JSON:  # noqa: ANN401 - a row of queries.positions.page
    """Where a device was: degrees, metres, metres a second."""
    sample = sample_of(row._asdict())
    told = {"accuracy_m": sample.accuracy_m, "altitude_m": sample.altitude_m, "speed_mps": sample.speed_mps}
    plain = {"device": str(row.device), "at": sample.at, "lat": sample.lat, "lon": sample.lon}
    return plain | {name: value for name, value in told.items() if value is not None}


def csv_head() -> bytes:
    """The first line of the table of memories."""
    return csv_mark(COLUMNS)


def csv_row(memory: JSON, files: Iterable[File]) -> bytes:
    """One memory as a line of a table."""
    place = memory["location"] or {}
    told = {
        **memory,
        "tags": ", ".join(orjson.loads(bytes_of(memory["tags"]))),
        "people": ", ".join(each["name"] for each in orjson.loads(bytes_of(memory["people"]))),
        "location": place.get("name"),
        "city": place.get("city"),
        "country": place.get("country"),
        "files": ", ".join(each.file_name for each in files),
    }
    return csv_line([told[name] for name in COLUMNS])


def bytes_of(fragment: Any) -> bytes:  # noqa: ANN401 - JSON that the database made, or a value
    """The JSON text of part of a memory."""
    return orjson.dumps(fragment)


def csv_mark(columns: Sequence[str]) -> bytes:
    """The first line of a table, behind the mark by which spreadsheets know UTF-8."""
    return b"\xef\xbb\xbf" + csv_line(columns)


def csv_line(cells: Sequence[object]) -> bytes:
    """One line of a table. Text that a spreadsheet would calculate is shown instead."""
    written = io.StringIO()
    csv.writer(written).writerow([_cell(each) for each in cells])
    return written.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def note(memory: JSON, files: Sequence[File]) -> bytes:
    """A Markdown note with front matter, as our own notes importer and other programs read it; files at its end."""
    place = memory["location"] or {}
    told = {
        "id": str(memory["id"]),
        "kind": memory["kind"],
        "title": memory["title"],
        "date": _date(memory),
        "tags": orjson.loads(bytes_of(memory["tags"])),
        "people": [each["name"] for each in orjson.loads(bytes_of(memory["people"]))],
        "lat": memory["lat"],
        "lon": memory["lon"],
        "location": place.get("name"),
        "zone": memory["zone"],
        **{name: memory[name] for name in ("rating", "mood", "favourite", "archived")},
        "source": memory["source"],
    }
    kept = {name: value for name, value in told.items() if value not in (None, "", [], False)}
    front = yaml.safe_dump(kept, allow_unicode=True, sort_keys=False, width=10_000)
    shown = "".join(f"\n{_embedded(each)}(<{_upwards(memory, media_path(each))}>)\n" for each in files)
    return f"---\n{front}---\n\n{memory['body']}\n{shown}".encode("utf-8", "replace")


def _embedded(file: File) -> str:
    """How a note shows a file; one that a way was read from is only linked."""
    return "[Track]" if file.role == MediaRole.TRACK else "![]"


def _date(memory: JSON) -> str | None:
    """What the importer reads back as the same day, wall clock and offset."""
    if memory["precision"] not in _POINTS:
        return str(memory["when"]) if memory["when"] else None
    local_at: datetime = memory["local_at"]
    offset = memory["utc_offset_min"]
    if not offset:
        return local_at.isoformat()  # a Z would be read as an instant without a wall clock
    sign = "-" if offset < 0 else "+"
    return f"{local_at.isoformat()}{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"


def note_path(memory: JSON) -> str:
    """Where the note of a memory lies: by year, named by day and title; without a title by its day alone."""
    local_on, key = memory["local_on"], str(memory["id"])[-8:]
    folder = "undated" if local_on is None else f"{local_on.year:04}"
    day = "" if local_on is None else local_on.isoformat()
    if not memory["title"]:
        # Nothing but a date in the name, so that no title is read from it; the folder makes it the only one.
        return f"notes/{folder}/{key}/{day or '0000'}.md"
    return f"notes/{folder}/{day} {safe_name(memory['title'])} {key}.md".replace("/ ", "/")


def _upwards(memory: JSON, path: str) -> str:
    return "../" * note_path(memory).count("/") + path


def media_path(file: File) -> str:
    """Where an original lies: by the month it first belongs to, under its own name and a bit of its hash."""
    given = PurePosixPath(file.file_name.replace("\\", "/")).name
    stem, suffix = PurePosixPath(given).stem, PurePosixPath(given).suffix
    folder = "undated" if file.first_at is None else f"{file.first_at.year:04}/{file.first_at.month:02}"
    ending = f".{safe_name(suffix[1:])[:10]}" if len(suffix) > 1 else ""
    return f"originals/{folder}/{safe_name(stem)}-{file.sha256.hex()[:8]}{ending}"


def safe_name(text: str) -> str:
    """The text as a name every system takes: one part, no signs that mean something, of bounded length."""
    plain = unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode()
    name = " ".join(_REFUSED.sub(" ", plain).split())[:LONGEST_NAME].strip(" .") or "file"
    return f"_{name}" if _RESERVED.match(name) else name
