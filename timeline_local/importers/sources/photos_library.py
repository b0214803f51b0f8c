"""A library of Apple Photos as it lies on a Mac (`….photoslibrary`), or on an iPhone (`PhotoData` beside `DCIM`).

Its database says what a picture is called, when and where it was taken, in which albums it is and who is on it. Files
are called by the library's own numbers: the original, the film of a live photo (`_3.mov`), a RAW beside it (`_4`), the
edited version among the renders. Previews are left aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePosixPath

import orjson

from timeline_local.domain.draft_json import draft_to_json
from timeline_local.domain.drafts import (
    JSON,
    Draft,
    MediaRef,
    PersonRef,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.apple_tables import BESIDE, DATABASES, Database, holds, record_of, text, whole
from timeline_local.importers.apple_times import instant
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition, Unit
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import is_unreadable
from timeline_local.importers.files import extension, is_empty
from timeline_local.importers.photo_groups import RAWS
from timeline_local.importers.photos_tables import ASSETS, ATTRIBUTES, OF_ASSETS, Asset, Library
from timeline_local.importers.seen import Seen

ITEMS_PER_CHECKPOINT = 100
_IN_A_BACKUP = "12b144c0bd44f2b3dffd9186d3f9c05b917cee25"  # what an iPhone's backup calls it
# Folders of a library that hold its own things; whose they are is known by the folder of the database.
_HOMES = frozenset({"database", "photodata"})
_OWN = frozenset({"database", "external", "internal", "photodata", "private", "resources", "scopes"})
_LIKELY_RAWS = ("cr2", "cr3", "dng", "nef", "arw", "raf", "orf", "rw2")
_LIVE, _SCREENSHOT, _SCREEN_RECORDING = 2, 10, 103  # kinds of pictures and films
_A_DAY = 86_400  # seconds
_REFERENCED = 10  # how it came into the library: it was left where it lay
_MISSING = (
    "The library does not hold its original, which is in iCloud alone. In Photos choose Settings, iCloud, Download "
    "Originals to this Mac, wait until they are there, and import it again."
)
_ELSEWHERE = "The library only refers to this file, which lies elsewhere: import the folder it is in."


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
    is_one = extension(file.name) in DATABASES or file.name == _IN_A_BACKUP
    return is_one and any(holds(folder, file, {name: OF_ASSETS, ATTRIBUTES: frozenset()}) for name in ASSETS)


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
                library = Library(Database.of(pages))
                for count, asset in enumerate(library.assets(), 1):
                    found = self._item(library, asset, f"{self.file.locator}#{asset.uuid or count}")
                    if count > skip:
                        yield found
                        if count % ITEMS_PER_CHECKPOINT == 0:
                            yield after(self.file, count)
        except OSError as error:
            yield is_unreadable(self.file, error)
            return
        if not count:
            yield Problem(self.file.locator, "empty", "There is no picture in this library.")

    def _item(self, library: Library, asset: Asset, where: str) -> Unit | Problem:
        if not asset.uuid:
            return Problem(where, "unsupported", "It has no number of its own, by which it could be found again.")
        if self.seen.number(asset.uuid) > 1:
            return Problem(where, "twice", "The same picture came before in this import; it is kept once.")
        original = self._original(asset)
        if whole(asset.row, "ztrashedstate"):
            self.options.claimed.update(each.locator for each, _ in self._parts(library, asset, original))
            return Problem(where, "trashed-at-source", "It lay among the recently deleted pictures of Apple Photos.")
        if original is None:
            return self._missing(asset, where)
        if not original.size:
            return is_empty(original)
        parts = self._parts(library, asset, original)
        draft = _draft(library, asset, parts)
        # The database changes with every picture: what it tells of this one is what counts.
        told = orjson.dumps(draft_to_json(draft))
        number = int.from_bytes(blake2b(told, digest_size=7).digest())
        files = (*(file for file, _ in parts), File(f"{self.file.locator}#{asset.uuid}", 0, number))
        return Unit(asset.uuid, files, lambda: (draft,))

    def _missing(self, asset: Asset, where: str) -> Problem:
        name = f"{where}/{asset.name}" if asset.name else where
        if asset.is_of_others:
            return Problem(name, "not-in-export", "It was sent in a message, and is not in the library.")
        is_elsewhere = whole(asset.row, "zsavedassettype") == _REFERENCED
        return Problem(name, "not-in-export", _ELSEWHERE if is_elsewhere else _MISSING)

    def _original(self, asset: Asset) -> File | None:
        folder, name, root = text(asset.row, "zdirectory"), text(asset.row, "zfilename"), _root(self.file)
        if not name:
            return None
        if asset.row.get("zcloudbatchpublishdate"):
            names = [f"{asset.uuid}.medium.MP4", name] if asset.is_film else [name]
            shared = [f"{at}/cloudsharing/data/{folder}/{each}" for each in names for at in ("scopes", "resources")]
        else:
            shared = []
        own = (f"originals/{folder}/{name}", f"{folder}/{name}", f"scopes/momentshared/originals/{folder}/{name}")
        return self._first(root, *shared, *own)

    def _parts(self, library: Library, asset: Asset, original: File | None) -> tuple[tuple[File, MediaRole], ...]:
        if original is None:
            return ()
        stem, root = original.locator.rpartition(".")[0], _root(self.file)
        found: list[tuple[File | None, MediaRole]] = [(original, MediaRole.PRIMARY)]
        if whole(asset.row, "zkindsubtype") == _LIVE and not asset.is_film:
            found.append((self._first("", f"{stem}_3.mov", f"{stem}.MOV", f"{stem}.mov"), MediaRole.MOTION))
        if library.has_raw(asset):
            endings = (*_LIKELY_RAWS, *sorted(RAWS - {*_LIKELY_RAWS}))
            found.append((self._first("", *(f"{stem}_4.{each}" for each in endings)), MediaRole.RAW))
        if asset.is_edited:
            found += [(self._first(root, *each), MediaRole.EDITED) for each in _renders(asset)]
        return tuple((file, role) for file, role in found if file is not None and file.size)

    def _first(self, root: str, *paths: str) -> File | None:
        for path in paths:
            try:
                return self.folder.stat(f"{root}/{path}" if root else path)
            except (OSError, ValueError):
                continue
        return None


def _renders(asset: Asset) -> Iterator[tuple[str, ...]]:
    """Where the edited picture may lie, and the edited film; on an iPhone they lie by the name of the original."""
    stem = PurePosixPath(text(asset.row, "zfilename")).stem
    mac = f"resources/renders/{asset.uuid[:1]}/{asset.uuid}"
    phone = f"PhotoData/Mutations/{text(asset.row, 'zdirectory')}/{stem}/Adjustments/FullSizeRender"
    if asset.is_film:
        yield f"{mac}_2_0_a.mov", f"{phone}.mov"
        return
    endings = ("heic", "jpeg", "jpg")
    yield (*(f"{mac}_1_201_a.{each}" for each in endings), *(f"{phone}.{each}" for each in ("heic", "jpg", "jpeg")))
    if whole(asset.row, "zkindsubtype") == _LIVE:
        yield f"{mac}_2_100_a.mov", f"{phone}.mov"


def _draft(library: Library, asset: Asset, parts: tuple[tuple[File, MediaRole], ...]) -> Draft:
    cover, burst = library.cover(asset), text(asset.row, "zavalancheuuid")
    added = instant(asset.row.get("zaddeddate"))
    is_of_screen = whole(asset.row, "zkindsubtype") in {_SCREENSHOT, _SCREEN_RECORDING}
    extra: dict[str, JSON] = {
        "kind": "screenshot" if is_of_screen else "",
        "burst": burst,
        "added_at": added.isoformat() if added is not None else "",
    }
    return Draft(
        source_key=asset.uuid,
        title=text(asset.more, "ztitle"),
        body=library.description(asset),
        evidence=_evidence(asset),
        place=library.place(asset),
        tags=tuple(dict.fromkeys(library.keywords(asset))),
        people=tuple(PersonRef(name=each) for each in library.people(asset)),
        favourite=whole(asset.row, "zfavorite") != 0,
        archived=whole(asset.row, "zhidden") != 0,
        media=tuple(
            MediaRef(locator=file.locator, role=role, position=position, name=_called(asset, file, role))
            for position, (file, role) in enumerate(parts)
        ),
        collections=library.albums(asset),
        relations=(RelationRef(kind=RelationKind.PART_OF, source_key=cover),) if cover else (),
        extra={name: value for name, value in extra.items() if value},
        raw=record_of({**asset.more, **asset.row}),
    )


def _called(asset: Asset, file: File, role: MediaRole) -> str:
    """The name it had before; other files than the original have their own ending."""
    ending, stem = extension(file.name), PurePosixPath(asset.name).stem
    if role is MediaRole.PRIMARY or not stem:
        return asset.name or file.name
    return f"{stem}.{ending}" if ending else stem


def _evidence(asset: Asset) -> tuple[TimeEvidence, ...]:
    """Photos knows the instant and the zone, and lets its owner set both."""
    taken = instant(asset.row.get("zdatecreated"))
    if taken is None:
        return ()
    seconds = asset.more.get("ztimezoneoffset")
    return (
        TimeEvidence(
            basis=TimeBasis.SIDECAR,
            instant=taken,
            utc_offset_min=round(seconds / 60) if isinstance(seconds, int) and abs(seconds) <= _A_DAY else None,
            zone=loose.zone(text(asset.more, "ztimezonename")),
            origin="Apple Photos",
            may_correct=True,
        ),
    )
