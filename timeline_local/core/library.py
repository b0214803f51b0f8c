"""The library folder: what lies where, and the refusal to take a damaged one for an empty one.

library.json   marker: id, schema, the version that wrote it     timeline.db   the database (SQLite)
media/         originals by hash                                  previews/     derivable pictures
incoming/      unfinished files, swept at start                   backups/      snapshots before a migration
exports/       what was written out, for some days
cache/         disposable, made anew on any error
reserve        nothing but room, for when the disk is full (SQLite)
outbox/        mails as files, where no mail server is set; made with the first one
logs/  run/ (0700)  secrets.json (0600)
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from timeline_local import __version__
from timeline_local.core.disks import check_disk, not_writable
from timeline_local.core.private_files import make_private_dir, write_private
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import LibraryDamaged, LibraryMissing, LibraryNewer, LibraryUnfinished

MARKER_FORMAT = 1
MOVED_FORMAT = 2  # a folder that was left: what is older than this sees that it is none for it
MARKER = "library.json"
UNFINISHED = "unfinished.json"
SQLITE_HEADER = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Library:
    """The folders of one library; all exist once `open_library` has returned."""

    id: UUID
    root: Path

    @property
    def database(self) -> Path:
        return self.root / "timeline.db"

    @property
    def media(self) -> Path:
        return self.root / "media"

    @property
    def previews(self) -> Path:
        return self.root / "previews"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def name(self) -> str:
        return self.root.name

    def free_bytes(self) -> int:
        """Bytes free on the disk that holds the library."""
        return shutil.disk_usage(self.root).free


def open_library(root: Path, *, uses_sqlite: bool) -> Library:
    """The library in this folder, made if the folder is new.

    Raises LibraryNotWritable, LibraryDiskUnfit, LibraryMissing (it was moved), LibraryUnfinished, LibraryNewer, and
    LibraryDamaged when the folder holds a library whose database is missing or is no database: that is never answered
    with a fresh, empty one.
    """
    marker = root / MARKER
    check_disk(root, is_new=not marker.exists(), uses_sqlite=uses_sqlite)
    _finish_move(root)
    _probe(root)
    library = Library(_marked_id(marker) if marker.exists() else new_id(), root)
    if uses_sqlite:
        _check_database(library, is_known=marker.exists())
    kept = (library.media, library.previews, library.backups, library.exports, library.logs)
    for folder in (*kept, library.incoming, library.run):
        make_private_dir(folder)
    if not marker.exists():
        content = {"format": MARKER_FORMAT, "id": str(library.id), "written_by": __version__}
        write_private(marker, json.dumps(content, indent=2).encode() + b"\n")
    return library


def _probe(root: Path) -> None:
    """Write, fsync and delete a file: what the folder really allows, not what its mode says."""
    probe = root / f".probe-{os.getpid()}"
    try:
        make_private_dir(root)
        write_private(probe, b"probe")
        probe.unlink()
    except OSError as error:
        raise not_writable(root, error) from error


def _finish_move(root: Path) -> None:
    """Refuse a copy that was never finished; where only its last step is missing, do that."""
    note = root / UNFINISHED
    if not note.exists():
        return
    try:
        source = Path(json.loads(note.read_bytes())["from"])
        marked: object = json.loads((source / MARKER).read_bytes()).get("moved_to")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        source, marked = Path("its former folder"), None
    if marked != str(root):
        raise LibraryUnfinished(
            f"{root} holds an unfinished copy of the library in {source}. Nothing was changed. Start that one; "
            f"moving it here again goes on with the copy. If it is gone for good, delete {UNFINISHED} in the copy."
        )
    note.unlink()


def _marked_id(marker: Path) -> UUID:
    try:
        content = json.loads(marker.read_bytes())
        format_, id_ = int(content["format"]), UUID(content["id"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise LibraryDamaged(
            "library.json cannot be read. Nothing was changed. Put the file back from a backup, then start again."
        ) from error
    if moved_to := content.get("moved_to"):
        raise LibraryMissing(
            f"Your library was moved from {marker.parent} to {moved_to}, which is not there now. Nothing was changed, "
            "and no new, empty one was made in its place. Connect that disk and start again."
        )
    if format_ > MARKER_FORMAT:
        raise LibraryNewer(
            f"This library was written by version {content.get('written_by', '?')}; this is {__version__}. "
            "Nothing was changed. Install that version or a newer one."
        )
    return id_


def _check_database(library: Library, *, is_known: bool) -> None:
    path = library.database
    has_media = library.media.is_dir() and any(library.media.iterdir())
    if not path.exists():
        if is_known or has_media or _snapshots(library):
            raise LibraryDamaged(
                "This folder holds a library, but its timeline.db is missing. No new, empty one was made in its place. "
                + restore_hint(library)
            )
        return
    head = b"no file"
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(len(SQLITE_HEADER))
    if head not in (b"", SQLITE_HEADER) or (head == b"" and (has_media or _snapshots(library))):
        raise LibraryDamaged(f"timeline.db is not a database any more. Nothing was changed. {restore_hint(library)}")


def _snapshots(library: Library) -> list[Path]:
    return sorted(library.backups.glob("*.db")) if library.backups.is_dir() else []


def restore_hint(library: Library) -> str:
    """What to do about a damaged database: which snapshot to put in its place."""
    snapshots = _snapshots(library)
    if not snapshots:
        return "Put timeline.db back from your own backup of the folder, then start again."
    return f"Copy backups/{snapshots[-1].name} to timeline.db in the library folder, then start again."
