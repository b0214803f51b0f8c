"""Backups of an iPhone or iPad, as the Finder and iTunes write them, shown as the folders of the phone.

A backup keeps every file under a hash of its name, and the names in Manifest.db. Here its folder holds what lay below
/var/mobile there: `Library/SMS/sms.db`, `Media/DCIM/…`. Only what some source reads is shown: the rest, most of it
files of apps, is counted and told once. Locators are the same for every backup of the phone.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from timeline_local.domain.drafts import Problem
from timeline_local.domain.stretches import Stretch
from timeline_local.importers import loose, mbdb
from timeline_local.importers.plists import MAX_BYTES, read_plist, unarchived
from timeline_local.importers.sqlite_pages import MAGIC, Pages
from timeline_local.importers.sqlite_tables import Blob, Row, held, rows, tables
from timeline_local.importers.trees import Entries, File, Opener, Tree, joined, missing, why

LIST, OLD_LIST, ABOUT = "Manifest.db", "Manifest.mbdb", "Manifest.plist"  # the second one until iOS 9
TOPS = frozenset({"Library", "Media"})  # of what is shown
# What sources read, by the domain of a backup and the beginning of the path in it.
_WANTED = {
    "HomeDomain": ("Library/SMS/sms.db", "Library/AddressBook/AddressBook", "Library/CallHistoryDB/CallHistory."),
    "MediaDomain": ("Library/SMS/Attachments/", "Media/Recordings/"),
    "CameraRollDomain": (
        "Media/DCIM/", "Media/PhotoData/CPLAssets/", "Media/PhotoData/Mutations/", "Media/PhotoData/Photos.sqlite",
        "Media/PhotoData/PhotoCloudSharingData/",
    ),
}  # fmt: skip
# Recordings are files of an app since iOS 12; they are shown where they lay before.
_RECORDER, _RECORDINGS = "AppDomainGroup-group.com.apple.VoiceMemos.shared", "Recordings/"
# What apps of a group keep is shown where a Mac has it: its folder on a phone is called by a number. The small pictures
# beside their files are nobody's.
_GROUPS = re.compile(r"AppDomainGroup-(group\.(?:net\.whatsapp\.WhatsApp(?:SMB)?\.shared|com\.apple\.notes))")
_OF_GROUPS = re.compile(
    r"(?:ChatStorage|ContactsV2|LID|NoteStore)\.sqlite(?:-wal)?|Message/(?!.*\.thumb$).+"
    r"|(?:Accounts/[^/]+/)?(?:Media/(?!Profile/)|FallbackImages/).+",
    re.DOTALL,
)
_HASH = re.compile(r"[0-9a-f]{40}")
_COLUMNS = frozenset({"fileid", "domain", "relativepath", "flags", "file"})
_A_FILE = 1  # a flag; others are folders and links
_LATEST = 253_402_300_799  # seconds: the end of the year 9999
MOST_FILES = 400_000  # that are shown: 400 bytes each in memory, 950 of those in messages (measured in 2026-11)
_CLOSED = "This backup of an iPhone is encrypted: nothing of it can be read."
ENCRYPTED = (
    "This backup of an iPhone is encrypted, and cannot be read without its password. In the Finder (or iTunes) turn "
    "off “Encrypt local backup”, back up again, and import that."
)


def is_encrypted(about: bytes) -> bool:
    """Whether Manifest.plist says that a backup is encrypted."""
    return loose.members(read_plist(about)).get("IsEncrypted") is True


class _Kept(NamedTuple):
    """A file of a backup: where it lies in there, and when it was last changed on the phone, 0 if nobody knows."""

    place: str
    mtime_ns: int


@dataclass(slots=True)
class _Backup:
    """The files of a backup that are shown, by folder and name; `folders` by the folder they lie in."""

    files: dict[str, dict[str, _Kept]] = field(default_factory=lambda: defaultdict(dict))
    folders: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    problems: list[Problem] = field(default_factory=list)
    is_closed: bool = False

    def add(self, path: str, kept: _Kept) -> None:
        folder, _, name = path.rpartition("/")
        self.files[folder].setdefault(name, kept)
        while folder:
            above, _, name = folder.rpartition("/")
            if name in self.folders[above]:
                break
            self.folders[above][name] = None
            folder = above


@dataclass
class BackupTree:
    """A tree in which the folder of a backup holds the folders of the phone. Everything else is as it was."""

    base: Tree
    _backups: dict[str, _Backup | None] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def entries(self, locator: str) -> Entries:
        backup, root, inner = self._split(locator)
        if backup is not None:
            return self._shown(backup, root, inner)
        found = self.base.entries(locator)
        names = {file.name for file in found.files}
        backup = self._backup(locator) if ABOUT in names and names & {LIST, OLD_LIST} else None
        if backup is None:
            return found
        about = [file for file in found.files if backup.is_closed and file.name == ABOUT]
        shown = self._shown(backup, locator, "")
        return Entries(about, shown.folders, [*shown.problems, *backup.problems])

    def _shown(self, backup: _Backup, root: str, inner: str) -> Entries:
        found = Entries(folders=[*backup.folders.get(inner, ())])
        for name, kept in backup.files.get(inner, {}).items():
            try:
                found.files.append(self._listed(joined(joined(root, inner), name), kept))
            except (OSError, ValueError):
                continue  # the list has it, the backup does not
        return found

    def _listed(self, locator: str, kept: _Kept) -> File:
        file = self.base.find(kept.place)
        return File(locator, file.size, kept.mtime_ns or file.mtime_ns)

    def find(self, locator: str) -> File:
        kept = self._kept(locator)
        return self.base.find(locator) if kept is None else self._listed(locator, kept)

    def open(self, locator: str) -> BinaryIO:
        return self.base.open(self._place(locator))

    def opener(self, locator: str) -> Opener:
        return self.base.opener(self._place(locator))

    def place(self, locator: str) -> Path:
        return self.base.place(self._place(locator))

    def stretch(self, locator: str) -> Stretch:
        return self.base.stretch(self._place(locator))

    def checksum(self, locator: str) -> int:
        return self.base.checksum(self._place(locator))

    def _place(self, locator: str) -> str:
        kept = self._kept(locator)
        return locator if kept is None else kept.place

    def _kept(self, locator: str) -> _Kept | None:
        """The file of a backup; None for one that lies in none. Raises FileNotFoundError."""
        backup, _, inner = self._split(locator)
        if backup is None:
            return None
        folder, _, name = inner.rpartition("/")
        kept = backup.files.get(folder, {}).get(name)
        if kept is None:
            raise missing(locator)
        return kept

    def _split(self, locator: str) -> tuple[_Backup | None, str, str]:
        """The backup that shows what a locator names, the backup's own locator, and the path on the phone."""
        parts = locator.split("/")
        for place, part in enumerate(parts):
            if part in TOPS:
                root = "/".join(parts[:place])
                backup = self._backup(root)
                if backup is not None:
                    return backup, root, "/".join(parts[place:])
        return None, "", ""

    def _backup(self, root: str) -> _Backup | None:
        with self._lock:
            if root not in self._backups:
                self._backups[root] = self._read(root)
            return self._backups[root]

    def _read(self, root: str) -> _Backup | None:
        """The backup in a folder; None where there is none."""
        try:
            with self.base.open(joined(root, ABOUT)) as about:
                is_closed = is_encrypted(about.read(MAX_BYTES))
            is_old = not self._begins(root, LIST)
            begin = self._begins(root, OLD_LIST if is_old else LIST)
        except (OSError, ValueError):
            return None
        if not begin:
            return None
        found = _Backup(is_closed=is_closed or begin != (mbdb.MAGIC if is_old else MAGIC)[: len(begin)])
        if found.is_closed:
            found.problems.append(Problem(joined(root, ABOUT), "encrypted", _CLOSED))
        elif is_old:
            self._fill_old(found, root)
        elif not self._fill(found, root):
            return None
        return found

    def _begins(self, root: str, name: str) -> bytes:
        """The first bytes of a file; none where there is no such file. Raises OSError, OutsideFolder."""
        try:
            with self.base.open(joined(root, name)) as file:
                return file.read(len(mbdb.MAGIC))
        except FileNotFoundError:
            return b""

    def _fill_old(self, backup: _Backup, root: str) -> None:
        count = _Count()
        try:
            with self.base.open(joined(root, OLD_LIST)) as file:
                for each in mbdb.records(file):
                    path = _path(each.domain, each.path) if each.is_file else ""
                    if count.is_shown(path, is_file=each.is_file):
                        backup.add(path, _Kept(joined(root, each.number), each.changed * 1_000_000_000))
        except OSError as error:
            backup.problems.append(_unread(joined(root, OLD_LIST), error))
        backup.problems += count.told(joined(root, OLD_LIST))

    def _fill(self, backup: _Backup, root: str) -> bool:
        """Put in what the list names; whether it is such a list."""
        count = _Count()
        try:
            with self._pages(joined(root, LIST)) as pages:
                table = tables(pages).get("files")
                if table is None or not set(table.columns) >= _COLUMNS - {"file"}:
                    return False
                for row in rows(pages, table, _COLUMNS):
                    is_file, place = row.get("flags") == _A_FILE, _kept_at(root, row)
                    path = _path(row.get("domain"), row.get("relativepath")) if is_file and place else ""
                    if count.is_shown(path, is_file=is_file):
                        backup.add(path, _Kept(place, _changed(pages, row)))
        except OSError as error:
            backup.problems.append(_unread(joined(root, LIST), error))
        backup.problems += count.told(joined(root, LIST))
        return True

    def _pages(self, locator: str) -> Pages:
        try:
            log = self.base.opener(f"{locator}-wal")()
        except (OSError, ValueError):
            return Pages(self.base.opener(locator)())
        return Pages(self.base.opener(locator)(), log)


@dataclass(slots=True)
class _Count:
    """How many files a backup has that are shown, that would be if there were fewer, and how many others."""

    shown: int = 0
    beyond: int = 0
    others: int = 0

    def is_shown(self, path: str, *, is_file: bool) -> bool:
        """Count a file."""
        is_one = bool(path) and self.shown < MOST_FILES
        self.shown += is_one
        self.beyond += bool(path) and not is_one
        self.others += is_file and not path
        return is_one

    def told(self, where: str) -> list[Problem]:
        found: list[Problem] = []
        if self.others:
            detail = f"{self.others:,} other files of this backup belong to apps and settings, and are not read."
            found.append(Problem(where, "unsupported", detail))
        if self.beyond:
            detail = (
                f"Of this backup {self.shown:,} files are read; {self.beyond:,} more pictures and files of messages "
                "are not. Import the pictures out of Photos instead."
            )
            found.append(Problem(where, "too-many", detail))
        return found


def _unread(where: str, error: OSError) -> Problem:
    return Problem(where, "unreadable", f"The list of this backup cannot be read any further ({why(error)}).")


def _path(domain: object, path: object) -> str:
    """Where a file lay on the phone; "" for what is not shown."""
    if not (isinstance(domain, str) and isinstance(path, str)):
        return ""
    if domain == _RECORDER and path.startswith(_RECORDINGS) and path.endswith(".m4a"):
        domain, path = "MediaDomain", f"Media/{path}"
    container = _GROUPS.fullmatch(domain)
    if container is not None:
        path = f"Library/Group Containers/{container[1]}/{path}" if _OF_GROUPS.fullmatch(path) else ""
    is_shown = container is not None or path.startswith(_WANTED.get(domain, ()))
    return path if is_shown and "\x00" not in path and not {"", ".", ".."} & {*path.split("/")} else ""


def _kept_at(root: str, row: Row) -> str:
    number = row.get("fileid")
    return joined(root, f"{number[:2]}/{number}") if isinstance(number, str) and _HASH.fullmatch(number) else ""


def _changed(pages: Pages, row: Row) -> int:
    """When it was changed last, as its own record says; the files of a backup are dated as the backup."""
    value = row.get("file")
    data = held(pages, value, limit=MAX_BYTES) if isinstance(value, Blob) else b""
    seconds = loose.number(loose.members(unarchived(data)).get("LastModified")) if data else None
    return int(seconds) * 1_000_000_000 if seconds and 0 < seconds <= _LATEST else 0
