"""The folder browser: what lies where on this computer, as far as it may be shown. Names and counts, no content."""

from __future__ import annotations

import os
import shutil
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from timeline_local.config import Settings
from timeline_local.core.security import Caller
from timeline_local.exceptions import FolderNotAllowed, FolderNotFound, NotAllowed
from timeline_local.importers.archive import natural_key
from timeline_local.importers.files import extension
from timeline_local.importers.mounts import is_archive_name
from timeline_local.importers.photo_groups import MEDIA

MOST_FOLDERS = 2000
MOST_CHOICES = 500
# What a program saves an export as, where that is one file. Photos and notes are chosen with their folder.
EXPORTS = frozenset(
    "bear2bk bearbk csv daylio db diary eml enex fit geojson gpx ics igc jex json jsonl kml kmz mbox nmea ofx plt"  # noqa: SIM905
    " rec rte tcx textpack vcf vcs wpt xml".split()
)
DISK_ROLES = ("owner", "admin")
MOST_ENTRIES = 100_000
_NOTES = frozenset({"md", "markdown", "org", "txt"})
_MOUNTS = ("/media", "/mnt", "/run/media", "/Volumes")


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A file that can be imported by itself: an archive, or what an export is told to be saved as."""

    name: str
    path: str
    size_bytes: int
    is_archive: bool


@dataclass(frozen=True, slots=True)
class FolderView:
    """One folder: parent is None at a root. files, media and notes count its own files.

    choices  archives and files of exports, at most MOST_CHOICES.  free_bytes  of its disk; None where nobody tells.
    """

    path: str
    parent: str | None
    roots: tuple[Place, ...]
    folders: tuple[Place, ...]
    choices: tuple[Choice, ...]
    files: int
    media: int
    notes: int
    free_bytes: int | None


def check_may_read_disk(caller: Caller) -> None:
    """Raises NotAllowed for guests of this computer: its files may be anybody's; their own are uploads."""
    if caller.role not in DISK_ROLES:
        raise NotAllowed("Only the owner and admins may read folders of the server. Send the files instead.")


def view_folder(path: str | None, settings: Settings) -> FolderView:
    """A folder, or the first root when none is named. Blocks: call it from a worker thread.

    Raises FolderNotFound, and FolderNotAllowed outside configured roots and inside the library.
    """
    roots = tuple(_roots(settings))
    library = settings.data_dir.resolve()
    folder = _resolved(path) if path else _first(roots)
    if settings.imports.roots and not any(_is_in(folder, Path(root.path)) for root in roots):
        raise FolderNotAllowed("Only folders below those set in TIMELINE_IMPORTS__ROOTS are shown.")
    if _is_in(folder, library):
        raise FolderNotAllowed("That is the library itself; what is in it is on your timeline already.")
    folders: list[Place] = []
    choices: list[Choice] = []
    counts = {"files": 0, "media": 0, "notes": 0}
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_ENTRIES:
                    break
                _count(entry, library, folders, choices, counts)
    except OSError as error:
        raise FolderNotFound("This folder cannot be read. Choose another one.") from error
    folders.sort(key=lambda each: natural_key(each.name))
    choices.sort(key=lambda each: (not each.is_archive, natural_key(each.name)))
    is_root = str(folder) in {root.path for root in roots} and bool(settings.imports.roots)
    parent = None if is_root or folder.parent == folder else str(folder.parent)
    return FolderView(
        path=str(folder),
        parent=parent,
        roots=roots,
        folders=tuple(folders[:MOST_FOLDERS]),
        choices=tuple(choices[:MOST_CHOICES]),
        free_bytes=_free_bytes(folder),
        **counts,
    )


def _free_bytes(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _count(
    entry: os.DirEntry[str], library: Path, folders: list[Place], choices: list[Choice], counts: dict[str, int]
) -> None:
    if entry.name.startswith(".") or not _is_text(entry.name):
        return
    try:
        if entry.is_dir(follow_symlinks=False):
            if Path(entry.path) != library and os.access(entry.path, os.R_OK | os.X_OK):
                folders.append(Place(entry.name, entry.path))
        elif entry.is_file():
            counts["files"] += 1
            kind = extension(entry.name)
            counts["media"] += kind in MEDIA
            counts["notes"] += kind in _NOTES
            if is_archive_name(entry.name) or kind in EXPORTS:
                size = entry.stat().st_size
                choices.append(Choice(entry.name, entry.path, size, is_archive_name(entry.name)))
    except OSError:
        return


def _is_text(name: str) -> bool:
    """False for names that are not UTF-8: JSON cannot carry them. Their files are imported with the folder above."""
    return name.isprintable() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def _resolved(path: str) -> Path:
    given = Path(path)
    if "\x00" in path or not given.is_absolute():
        raise FolderNotAllowed("Give the whole path of the folder, from the root of the disk on.")
    try:
        folder = given.resolve(strict=True)
        is_folder = folder.is_dir()
    except (OSError, RuntimeError) as error:
        raise FolderNotFound("There is no such folder on this computer, or it cannot be read.") from error
    if not is_folder:
        raise FolderNotFound("That is a file. Choose the folder it lies in.")
    return folder


def _first(roots: tuple[Place, ...]) -> Path:
    if not roots:
        raise FolderNotFound("None of the folders set in TIMELINE_IMPORTS__ROOTS can be read.")
    return Path(roots[0].path)


def _roots(settings: Settings) -> Iterator[Place]:
    configured = settings.imports.roots
    candidates = [root.expanduser() for root in configured] if configured else [Path.home(), *_drives()]
    shown: set[str] = set()
    for candidate in candidates:
        try:
            path = str(candidate.resolve(strict=True))
        except (OSError, RuntimeError):
            continue
        if path not in shown and os.access(path, os.R_OK | os.X_OK):
            shown.add(path)
            yield Place("Home" if candidate == Path.home() else Path(path).name or path, path)


def _drives() -> list[Path]:
    """Other disks: drive letters on Windows, what is mounted for people elsewhere, and the root of the disk."""
    if sys.platform == "win32":
        return [drive for letter in string.ascii_uppercase if (drive := Path(f"{letter}:\\")).exists()]
    mounts: list[Path] = []
    for place in map(Path, _MOUNTS):
        try:
            mounts += sorted(each for each in place.iterdir() if each.is_dir() and not each.name.startswith("."))
        except OSError:
            continue
    return [*mounts, Path("/")]


def _is_in(folder: Path, above: Path) -> bool:
    return folder == above or above in folder.parents
