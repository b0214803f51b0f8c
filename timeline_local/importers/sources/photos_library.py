"""A library of Apple Photos as it lies on a Mac (`….photoslibrary`), or on an iPhone (`PhotoData` beside `DCIM`).

Its database says what a picture is called, when and where it was taken, in which albums it is and who is on it. Files
are called by the library's own numbers; previews are left aside. What the database of Photos 5 and later tells is in
`photos_tables`, that of an older one in `photos_masters`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import PurePosixPath

import orjson

from timeline_local.domain.draft_json import draft_to_json
from timeline_local.domain.drafts import JSON, MediaRef, Problem
from timeline_local.domain.kinds import MediaRole
from timeline_local.importers.apple_tables import BESIDE, DATABASES, Database, holds
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition, Unit
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import is_there, is_unreadable
from timeline_local.importers.files import extension, is_empty
from timeline_local.importers.photos_masters import OF_VERSIONS, OldLibrary
from timeline_local.importers.photos_tables import ASSETS, ATTRIBUTES, OF_ASSETS, Library
from timeline_local.importers.pictured import Picture
from timeline_local.importers.seen import Seen

ITEMS_PER_CHECKPOINT = 100
_IN_A_BACKUP = "12b144c0bd44f2b3dffd9186d3f9c05b917cee25"  # what an iPhone's backup calls it
_NEWER = "Photos.sqlite"  # a library that was converted has both databases
# Folders of a library that hold its own things; whose they are is known by the folder of the database.
_HOMES = frozenset({"database", "photodata"})
_OWN = frozenset(
    {
        "attachments", "database", "external", "internal", "photodata", "plugins", "previews", "private", "resources",
        "scopes", "thumbnails",
    }
)  # fmt: skip

Parts = tuple[tuple[File, MediaRole], ...]


@dataclass(frozen=True, slots=True)
class PhotosLibrary:
    name: str = "photos_library"
    title: str = "Library of Apple Photos"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one database is found."""
        found = next((file for file in folder.sample() if _is_database(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no library of Apple Photos in this folder.")
        return Recognition(0.96, f"It holds a library of Apple Photos, with its database {found.locator}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One unit for each picture and film."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_database, options, checkpoint):
            options.claimed.update(f"{file.locator}{end}" for end in BESIDE)
            options.claimed.update(_own_folders(folder, file))
            yield from _Reading(folder, file, options, seen).items(done)


def _is_database(folder: Folder, file: File) -> bool:
    if extension(file.name) not in DATABASES and file.name != _IN_A_BACKUP:
        return False
    if any(holds(folder, file, {name: OF_ASSETS, ATTRIBUTES: frozenset()}) for name in ASSETS):
        return True
    newer = f"{file.locator.rpartition('/')[0]}/{_NEWER}".lstrip("/")
    return holds(folder, file, OF_VERSIONS) and not is_there(folder, newer)


def _root(file: File) -> str:
    """The folder of the library."""
    return file.locator.rpartition("/")[0].rpartition("/")[0]


def _own_folders(folder: Folder, file: File) -> Iterator[str]:
    """Those with previews, faces, caches: nothing in there is a picture of its own."""
    home, root = file.locator.rpartition("/")[0], _root(file)
    if home.rpartition("/")[2].casefold() not in _HOMES:
        return
    for listing in folder.walk(after=root):
        below = listing.locator.removeprefix(root).lstrip("/")
        if root and not f"{listing.locator}/".startswith(f"{root}/"):
            return
        if isinstance(listing, Listing) and below.partition("/")[0].casefold() in _OWN:
            yield f"{listing.locator}/"


@dataclass(slots=True)
class _Reading:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen

    def items(self, skip: int) -> Iterator[Item]:
        count = 0
        try:
            with self.folder.open_database(self.file.locator) as pages:
                database = Database.of(pages)
                library = OldLibrary(database) if "rkversion" in database.tables else Library(database)
                for count, picture in enumerate(library.pictures(), 1):
                    found = self._item(picture, f"{self.file.locator}#{picture.uuid or count}")
                    if count > skip:
                        yield found
                        if count % ITEMS_PER_CHECKPOINT == 0:
                            yield after(self.file, count)
        except OSError as error:
            yield is_unreadable(self.file, error)
            return
        if not count:
            yield Problem(self.file.locator, "empty", "There is no picture in this library.")

    def _item(self, picture: Picture, where: str) -> Unit | Problem:
        if not picture.uuid:
            return Problem(where, "unsupported", "It has no number of its own, by which it could be found again.")
        if self.seen.number(picture.uuid) > 1:
            return Problem(where, "twice", "The same picture came before in this import; it is kept once.")
        original, path = self._first(picture.originals)
        if picture.is_trashed:
            self.options.claimed.update(each.locator for each, _ in self._parts(picture, original, path))
            return Problem(where, "trashed-at-source", "It lay among the recently deleted pictures of Apple Photos.")
        if original is None:
            return Problem(f"{where}/{picture.name}" if picture.name else where, "not-in-export", picture.missing)
        if not original.size:
            return is_empty(original)
        return self._unit(picture, self._parts(picture, original, path))

    def _unit(self, picture: Picture, parts: Parts) -> Unit:
        media = tuple(
            MediaRef(locator=file.locator, role=role, position=position, name=_called(picture, file, role))
            for position, (file, role) in enumerate(parts)
        )
        draft = replace(picture.draft(), media=media)
        # The database changes with every picture: what it tells of this one is what counts.
        number = int.from_bytes(blake2b(orjson.dumps(draft_to_json(draft)), digest_size=7).digest())
        files = (*(file for file, _ in parts), File(f"{self.file.locator}#{picture.uuid}", 0, number))
        return Unit(picture.uuid, files, lambda: (draft,))

    def _parts(self, picture: Picture, original: File | None, path: str) -> Parts:
        if original is None:
            return ()
        found = [(original, MediaRole.PRIMARY)]
        for role, places in picture.beside(path):
            file, _ = self._first(places)
            found += [(file, role)] if file is not None else []
        return tuple((file, role) for file, role in found if file.size)

    def _first(self, paths: tuple[str, ...]) -> tuple[File | None, str]:
        """The first file that is there, and its path in the library."""
        root = _root(self.file)
        for path in paths:
            try:
                return self.folder.stat(f"{root}/{path}" if root else path), path
            except (OSError, ValueError):
                continue
        return None, ""


def _called(picture: Picture, file: File, role: MediaRole) -> str:
    """The name it had before; other files than the original have their own ending."""
    ending, stem = extension(file.name), PurePosixPath(picture.name).stem
    if role is MediaRole.PRIMARY or not stem:
        return picture.name or file.name
    return f"{stem}.{ending}" if ending else stem
