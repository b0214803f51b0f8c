"""Apple's privacy export of iCloud Photos ("Request a copy of your data").

The originals lie in `Photos/`, what iCloud knows about them in CSV files: `Photo Details.csv` in the same folder, and
one column of names for each album and each memory. Its parts may have been unpacked into one folder or side by side.
Shared albums have their pictures in folders of their own, each beside its `AlbumInfo.json`.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionRef, Draft, MediaRef, Problem
from timeline_local.domain.filenames import FILE_NAME, date_from_path
from timeline_local.domain.times import TimeEvidence
from timeline_local.importers.archive import File, Folder, Listing, natural_key
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition, Unit
from timeline_local.importers.files import extension, is_empty, is_unsupported, source_key
from timeline_local.importers.icloud_csv import Detail, is_details, read_details, read_names
from timeline_local.importers.icloud_shared import FILE as ALBUM_FILE
from timeline_local.importers.icloud_shared import KEY as ALBUM_KEY
from timeline_local.importers.icloud_shared import MAX_BYTES as MAX_ALBUM_BYTES
from timeline_local.importers.icloud_shared import SharedAlbum, read_album
from timeline_local.importers.photo_groups import Group, group_files, is_media
from timeline_local.importers.picture_marks import burst_relations, picture_extra

ITEMS_PER_CHECKPOINT = 100
MAX_CSV_BYTES = 64 * 1024 * 1024

_DETAILS = "photo details"  # an empty one is only known by its name
_DELETED = "recently deleted"
_ORIGINALS = "photos"  # of a part of the export; its details may lie in another part
_DATABASE = "photos.sqlite"
_HINT = (
    "This is a library of Apple Photos without its originals. In Apple Photos select everything, choose File, Export, "
    "Export Unmodified Originals with “Export IPTC as XMP”, and import that folder."
)
_NO_ROWS = (
    "This list is empty, or cannot be read: what iCloud knows about its pictures, such as favourites and what was "
    "hidden, is missing. They are taken with what they say themselves."
)
_LISTS = {"albums": False, "shared albums": False, "memories": True}


@dataclass(frozen=True, slots=True)
class ApplePhotos:
    name: str = "apple_photos"
    title: str = "Photos of iCloud (privacy export)"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one CSV file, or one album, is found that lists pictures as iCloud does."""
        sample = folder.sample()
        csvs = (file for file in sample if extension(file.name) == "csv")
        found = next((file for file in csvs if file.size and is_details(folder.head(file.locator))), None)
        found = found or next((file for file in sample if _album(folder, file) is not None), None)
        if found is not None:
            return Recognition(0.96, f"It holds what iCloud says about pictures, {found.name} for one.")
        is_library = any(file.name.casefold() == _DATABASE for file in sample)
        return Recognition(0.0, "There is no privacy export of iCloud Photos here.", _HINT if is_library else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One unit for each picture or film in a folder that iCloud's details describe."""
        export = _explored(folder)
        options.claimed.update(f"{locator}/" for locator in (*export.details, *export.deleted, *export.shared))
        options.claimed.update(file.locator for file in export.lists)
        start = checkpoint if isinstance(checkpoint, dict) else {}
        after_folder, after_file = str(start.get("folder", "")), str(start.get("file", ""))
        if not start:
            yield from export.problems
        for listing in folder.walk(after=after_folder):
            if isinstance(listing, Problem):
                continue  # the photo source walks the same folders and tells
            if listing.locator in export.deleted:
                yield from (_deleted(file) for file in listing.files if is_media(file.name))
            elif listing.locator in export.details or listing.locator in export.shared:
                done = after_file if listing.locator == after_folder else ""
                yield from _Reading(export, listing).items(done)


@dataclass(slots=True)
class _Export:
    """What the CSV files say. details: locator of a folder → its CSV files; albums, memories: by name of the picture.

    shared  locator of a folder → the shared album whose pictures it holds, and the file that says so.
    strays  details of pictures that lie in another folder than their CSV file.
    """

    folder: Folder
    details: dict[str, tuple[File, ...]] = field(default_factory=dict)
    shared: dict[str, tuple[SharedAlbum, File]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    lists: list[File] = field(default_factory=list)
    albums: dict[str, list[tuple[CollectionRef, File]]] = field(default_factory=lambda: defaultdict(list))
    memories: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    strays: dict[str, list[Detail]] = field(default_factory=lambda: defaultdict(list))
    problems: list[Problem] = field(default_factory=list)


def _explored(folder: Folder) -> _Export:
    export, told_elsewhere = _Export(folder), list[Listing]()
    for listing in folder.walk():
        if not isinstance(listing, Listing):
            continue
        found = _details(folder, listing)
        name = listing.locator.rpartition("/")[2].casefold()
        albums = ((album, file) for file in listing.files if (album := _album(folder, file)) is not None)
        if (shared := next(albums, None)) is not None:
            export.shared[listing.locator] = shared
        elif found and name != _DELETED:
            export.details[listing.locator] = found
            _add_details(export, listing, found)
        elif name == _DELETED:
            export.deleted.add(listing.locator)
        elif name in _LISTS:
            _add_lists(export, listing, is_memory=_LISTS[name])
        elif name == _ORIGINALS:
            told_elsewhere.append(listing)
    of_others = (each for each in told_elsewhere if any(_fold(file.name) in export.strays for file in each.files))
    export.details.update((each.locator, ()) for each in of_others)
    if not (export.details or export.shared):
        return _Export(folder)  # folders of these names belong to somebody else
    return export


def _add_details(export: _Export, listing: Listing, csvs: Sequence[File]) -> None:
    """Note the rows of pictures that lie elsewhere, and the lists without rows."""
    here = {_fold(file.name) for file in listing.files}
    for file in csvs:
        details = read_details(_content(export.folder, file))
        for detail in details:
            if _fold(detail.name) not in here:
                export.strays[_fold(detail.name)].append(detail)
        if not details:
            export.problems.append(Problem(file.locator, "empty", _NO_ROWS))


def _add_lists(export: _Export, listing: Listing, *, is_memory: bool) -> None:
    for file in listing.files:
        if extension(file.name) != "csv":
            continue
        export.lists.append(file)
        names = read_names(_content(export.folder, file))
        if not names:
            detail = "This list is empty, or is none of pictures: nothing belongs to it."
            export.problems.append(Problem(file.locator, "empty", detail))
            continue
        title = unicodedata.normalize("NFC", PurePosixPath(file.name).stem)
        for name in names:
            if is_memory:
                export.memories[_fold(name)].append(title)
            else:
                export.albums[_fold(name)].append((CollectionRef(key=title, name=title), file))


@dataclass(slots=True)
class _Reading:
    """The reading of one folder of originals."""

    export: _Export
    listing: Listing
    known: dict[str, list[Detail]] = field(default_factory=lambda: defaultdict(list))

    def items(self, done: str) -> Iterator[Item]:
        csvs = self.export.details.get(self.listing.locator, ())
        album, *info = self.export.shared.get(self.listing.locator, (None,))
        for detail in album.details if album else _read_all(self.export.folder, csvs):
            self.known[_fold(detail.name)].append(detail)
        sound = [file for file in self.listing.files if file.size or not is_media(file.name)]
        grouping = group_files(sound)
        after = natural_key(done) if done else ()
        for count, group in enumerate(grouping.groups, 1):
            if not after or natural_key(group.primary.name) > after:
                lists = [] if album else [file for _, file in self.export.albums.get(_fold(group.primary.name), ())]
                files = dict.fromkeys((*group.files, *csvs, *info, *lists))
                yield Unit(source_key(group.primary.locator), tuple(files), partial(self._read, group, album))
            if count % ITEMS_PER_CHECKPOINT == 0:
                yield Checkpoint({"folder": self.listing.locator, "file": group.primary.name})
        for file in self.listing.files:
            if is_media(file.name) and not file.size:
                yield is_empty(file)
            elif not is_media(file.name) and extension(file.name) not in {"csv", "xmp", "aae"} and file not in info:
                yield is_unsupported(file)
        if self.listing.files:
            yield Checkpoint({"folder": self.listing.locator, "file": self.listing.files[-1].name})

    def _read(self, group: Group, album: SharedAlbum | None) -> list[Draft | Problem]:
        detail = self._detail(group, is_shared=album is not None)
        if detail is not None and detail.is_deleted:
            return [_deleted(group.primary)]
        name = _fold(group.primary.name)
        extra = picture_extra(group, group.primary.name)
        memories = list(dict.fromkeys(self.export.memories.get(name, ()))) if album is None else []
        if album is not None and detail is not None:
            extra |= album.said.get(detail.name, {})
        if memories:
            extra["memories"] = [*memories]
        if detail is not None and detail.added_at is not None:
            extra["added_at"] = detail.added_at.isoformat()
        refs = [album.collection] if album else [ref for ref, _ in self.export.albums.get(name, ())]
        albums = {ref.key: ref for ref in refs}
        draft = Draft(
            source_key=source_key(group.primary.locator),
            evidence=_evidence(group, detail),
            favourite=detail is not None and detail.is_favourite,
            archived=detail is not None and detail.is_hidden,
            media=tuple(
                MediaRef(locator=file.locator, role=role, position=position, name=file.name)
                for position, (file, role) in enumerate(group.parts)
            ),
            collections=tuple(albums.values()),
            relations=burst_relations(group),
            extra=extra,
            raw=detail.record.encode() if detail is not None else None,
        )
        return [draft]

    def _detail(self, group: Group, *, is_shared: bool) -> Detail | None:
        """What iCloud says; None where several pictures share the name and are told different things."""
        strays = {} if is_shared else self.export.strays
        for file, _ in group.parts:
            found = self.known.get(_fold(file.name)) or strays.get(_fold(file.name)) or []
            if found and len({(each.taken_at, each.is_deleted) for each in found}) == 1:
                return found[0]
        return None


def _details(folder: Folder, listing: Listing) -> tuple[File, ...]:
    csvs = [file for file in listing.files if extension(file.name) == "csv"]
    return tuple(
        file
        for file in csvs
        if (not file.size and file.name.casefold().startswith(_DETAILS)) or is_details(folder.head(file.locator))
    )


def _album(folder: Folder, file: File) -> SharedAlbum | None:
    if extension(file.name) != "json":
        return None
    try:
        if file.name.casefold() != ALBUM_FILE and ALBUM_KEY not in folder.head(file.locator):
            return None
        return read_album(folder.read(file.locator, limit=MAX_ALBUM_BYTES))
    except (OSError, ValueError):
        return None


def _content(folder: Folder, file: File) -> bytes:
    try:
        return folder.read(file.locator, limit=MAX_CSV_BYTES)
    except (OSError, ValueError):
        return b""


def _read_all(folder: Folder, csvs: Sequence[File]) -> Iterator[Detail]:
    for file in csvs:
        yield from read_details(_content(folder, file))


def _evidence(group: Group, detail: Detail | None) -> tuple[TimeEvidence, ...]:
    """The dates of files are those of the export, and no folder is named after a day."""
    named = date_from_path(PurePosixPath(group.primary.name))
    in_name = (named.evidence(),) if named is not None and named.origin == FILE_NAME else ()
    return (*(detail.evidence() if detail is not None else ()), *in_name)


def _deleted(file: File) -> Problem:
    return Problem(file.locator, "trashed-at-source", "It was deleted in iCloud when it was exported.")


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
