"""Folders of photos, videos and recordings, with XMP and Google sidecars; RAW, films and edits join their picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePath, PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionRef, Draft, MediaRef, PersonRef, PlaceRef, Problem
from timeline_local.domain.filenames import FILE_NAME, date_from_path
from timeline_local.domain.times import TimeEvidence
from timeline_local.domain.xmp import Xmp, XmpError, read_xmp
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing, natural_key
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition, Unit
from timeline_local.importers.dji_srt import READ_BYTES as SUBTITLES_BYTES
from timeline_local.importers.dji_srt import read_dji
from timeline_local.importers.ente_json import describes, read_ente, with_entes
from timeline_local.importers.exiftool_json import read_exiftool
from timeline_local.importers.exiftool_lists import ExiftoolLists, find_lists
from timeline_local.importers.files import (
    extension,
    file_date,
    is_empty,
    is_unsupported,
    source_key,
)
from timeline_local.importers.google_pairs import pair
from timeline_local.importers.google_sidecars import MAX_SIDECAR_BYTES, GoogleSidecar, parse_album, parse_sidecar
from timeline_local.importers.immich_json import read_immich
from timeline_local.importers.photo_groups import VIDEOS, Group, group_files, is_media, stem_of
from timeline_local.importers.photoprism_tree import YAMLS, PhotoPrismStorage, explore
from timeline_local.importers.photoprism_yaml import MAX_BYTES as PHOTOPRISM_BYTES
from timeline_local.importers.photoprism_yaml import PhotoPrismSidecar, read_photoprism
from timeline_local.importers.picasa import MAX_BYTES, NAMES, PicasaFolder, PicasaPicture, read_picasa
from timeline_local.importers.picture_marks import burst_relations, picture_extra
from timeline_local.importers.sony_xml import read_sony
from timeline_local.importers.spoken import spoken_extension, spoken_extensions, tells_nothing
from timeline_local.importers.trees import why
from timeline_local.importers.xmp_told import MAX_XMP_BYTES, joined_places, with_xmp

ITEMS_PER_CHECKPOINT = 100
_BROKEN = "This file is no JSON, or it was cut off. Get it once more if it belongs to an export."

_NOTES = frozenset({"markdown", "md", "txt"})
_COMPANIONS = frozenset({"aae", "ctg", "ini", "lrv", "thm", "xmp"})  # belong to a camera or an editor, hold no memory
_APPLE_LIBRARIES = (".photoslibrary", ".photolibrary", ".migratedphotolibrary", ".aplibrary")
_APPLE_ORIGINALS = frozenset({"originals", "masters"})


@dataclass(frozen=True, slots=True)
class PhotoFolder:
    name: str = "photo_folder"
    title: str = "Photos and videos"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one photo, video or recording is found."""
        sample = folder.sample()
        found = next((file for file in sample if is_media(file.name)), None)
        unnamed = (file for file in sample if tells_nothing(file.name) and spoken_extension(folder, file))
        found = found or next(unnamed, None)
        if found is None:
            return Recognition(0.0, "There are no photos, videos or recordings in this folder.")
        return Recognition(0.9, f"It holds photos, videos or recordings, {found.name} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One unit for each picture, film or recording; any other file is a problem with the slug "unsupported"."""
        start = _Position.from_json(checkpoint)
        apart = _Apart(explore(folder), find_lists(folder, options))
        for listing in folder.walk(after=start.folder):
            if isinstance(listing, Problem):
                continue
            done = start.file if listing.locator == start.folder else ""
            yield from _items(folder, listing, apart, options, done)
            if listing.files:
                yield Checkpoint(_Position(listing.locator, listing.files[-1].name).to_json())


@dataclass(frozen=True, slots=True)
class _Position:
    """The last folder and, within it, the last primary file that was handed over."""

    folder: str = ""
    file: str = ""

    def to_json(self) -> JSON:
        return {"folder": self.folder, "file": self.file}

    @classmethod
    def from_json(cls, value: JSON) -> _Position:
        if not isinstance(value, dict):
            return cls()
        return cls(str(value.get("folder", "")), str(value.get("file", "")))


@dataclass(frozen=True, slots=True)
class _Apart:
    """What lies elsewhere than the pictures it tells of."""

    prism: PhotoPrismStorage = field(default_factory=PhotoPrismStorage)
    lists: ExiftoolLists = field(default_factory=ExiftoolLists)

    def told(self, file: File) -> Iterator[Problem] | None:
        """What is said of a file that was read with its likes; None for any other."""
        if file.locator in self.prism.problems:
            return iter((self.prism.problems[file.locator],))
        if file.locator in self.prism.album_files:
            return iter(())
        return self.lists.told(file) if self.lists.is_list(file) else None


def _items(folder: Folder, listing: Listing, apart: _Apart, options: ReadOptions, done: str) -> Iterator[Item]:
    files = [file for file in listing.files if not options.is_claimed(file.locator)]
    if _is_apple_inside(listing.locator):
        yield from (_apple_inside(file) for file in files)
        return
    if apart.prism.is_own(listing.locator):
        yield from apart.prism.told(folder, listing)
        return
    lists = {file.locator: told for file in files if (told := apart.told(file)) is not None}
    files = [file for file in files if file.locator not in lists]
    # An empty picture must not take its film, or an empty film its picture, out of the import.
    sound = [file for file in files if file.size or not is_media(file.name)]
    spoken = spoken_extensions(folder, sound)
    yamls = {stem_of(file.name): file for file in sound if extension(file.name) in YAMLS}
    yamls = {**apart.prism.yamls(folder, listing.locator), **yamls}
    subtitles = {stem_of(file.name): file for file in sound if extension(file.name) == "srt"}
    grouping = group_files(sound, spoken=spoken, yamls=yamls)
    reading = _Reading(folder, listing, apart, notes=_picasa(folder, listing))
    paired = pair(grouping.groups, grouping.jsons, reading.title_of)
    groups = with_entes(paired.groups, folder, listing.locator)
    reading = replace(reading, is_export=any(group.json for group in groups))
    groups = tuple(_with_piece(_with_subtitles(each, subtitles), apart.lists) for each in groups)
    yield from reading.items(groups, done)
    yield from reading.loose([grouping.jsons[name] for name in paired.loose], grouping.loose)
    sidecars = (each for group in groups for each in (group.yaml, group.xmp))
    known = spoken.keys() | {each.locator for each in sidecars if each}
    for told in lists.values():
        yield from told
    for file in files:
        if not file.size and is_media(file.name):
            yield is_empty(file)
        elif file.locator not in known and _is_unsupported(file.name):
            yield is_unsupported(file)


def _with_subtitles(group: Group, subtitles: Mapping[str, File]) -> Group:
    """The group with what a drone may say of its film, where no editor says anything."""
    found = (subtitles.get(stem_of(file.name)) for file, _ in group.parts if extension(file.name) in VIDEOS)
    said = next(filter(None, found), None) if subtitles and group.xmp is None else None
    return group if said is None else replace(group, xmp=said)


def _with_piece(group: Group, lists: ExiftoolLists) -> Group:
    """The group with what a list says of its picture, where no sidecar of its own does."""
    piece = lists.piece(group.primary) if group.json is None else None
    return group if piece is None else replace(group, json=piece)


def _picasa(folder: Folder, listing: Listing) -> tuple[File, PicasaFolder] | None:
    """Picasa hides its notes, so no listing shows them."""
    for name in NAMES:
        locator = f"{listing.locator}/{name}" if listing.locator else name
        try:
            return folder.stat(locator), read_picasa(folder.read(locator, limit=MAX_BYTES))
        except (OSError, ValueError):
            continue
    return None


@dataclass(frozen=True, slots=True)
class _Reading:
    """The reading of one folder's own files."""

    folder: Folder
    listing: Listing
    apart: _Apart
    problems: list[Problem] = field(default_factory=list)
    is_export: bool = False  # an export writes its files with the day of the export
    notes: tuple[File, PicasaFolder] | None = None

    def items(self, groups: Sequence[Group], done: str) -> Iterator[Item]:
        after = natural_key(done) if done else ()
        noted = (self.notes[0],) if self.notes else ()
        newest = self.apart.prism.newest
        albums = (newest,) if newest else ()
        for count, group in enumerate(groups, 1):
            if after and natural_key(group.primary.name) <= after:
                continue
            files = (*group.files, *noted, *(albums if group.yaml else ()))
            yield Unit(source_key(group.primary.locator), files, partial(self._read, group))
            if count % ITEMS_PER_CHECKPOINT == 0:
                yield Checkpoint(_Position(self.listing.locator, group.primary.name).to_json())

    def loose(self, jsons: Sequence[File], others: Sequence[File]) -> Iterator[Problem]:
        """What describes a picture that is not here."""
        yield from filter(None, map(self._judge_loose, jsons))
        for file in others:
            detail = "It only describes a picture or its edits, and there is no picture of its name here."
            yield Problem(file.locator, "sidecar-without-media", detail)

    def title_of(self, file: File) -> str:
        try:
            said = parse_sidecar(self.folder.read(file.locator, limit=MAX_SIDECAR_BYTES))
        except (OSError, ValueError):
            return ""
        return said.title if said else ""

    def _read(self, group: Group) -> list[Draft | Problem]:
        return [self._draft(group), *self._told()]

    def _told(self) -> Iterator[Problem]:
        yield from self.problems
        self.problems.clear()

    def _draft(self, group: Group) -> Draft | Problem:
        said = self._sidecar(group.json, MAX_SIDECAR_BYTES)
        google = parse_sidecar(said) or read_ente(said) if said is not None else None
        immich = read_immich(said) if said is not None and google is None else None
        tags = immich.xmp if immich else read_exiftool(said) if said is not None and google is None else None
        xmp, xmp_raw = self._xmp(group.xmp)
        prism, prism_raw = self._photoprism(group.yaml)
        if (google is not None and google.is_trashed) or (immich is not None and immich.is_trashed):
            detail = "It was in the trash when it was exported."
            return Problem(group.primary.locator, "trashed-at-source", detail)
        draft = Draft(
            source_key=source_key(group.primary.locator),
            evidence=(
                *(prism.evidence if prism else ()),
                *self._evidence(group, google, [each for each in (xmp, tags) if each]),
            ),
            media=_media(group, google),
            relations=burst_relations(group),
            extra=picture_extra(group, group.primary.name),
            raw=said if google or tags else xmp_raw or prism_raw,
        )
        if google is not None:
            draft = _with_google(draft, google)
        if prism is not None:
            draft = replace(with_xmp(draft, prism.xmp), archived=draft.archived or prism.is_archived)
            albums = self.apart.prism.albums.get(prism.uid, ())
            draft = replace(draft, extra={**draft.extra, **prism.extra}, collections=albums)
        if immich is not None:
            draft = replace(
                draft, archived=draft.archived or immich.is_archived, collections=(*draft.collections, *immich.albums)
            )
        draft = draft if tags is None else with_xmp(draft, tags)
        draft = draft if xmp is None else with_xmp(draft, xmp)
        return self._with_picasa(draft, group)

    def _with_picasa(self, draft: Draft, group: Group) -> Draft:
        if self.notes is None:
            return draft
        noted = self.notes[1].pictures.get(group.primary.name.casefold(), PicasaPicture())
        known = {each.name.casefold() for each in draft.people}
        albums = [CollectionRef(key=f"picasa:{key}", name=name) for key, name in noted.albums]
        if self.notes[1].name:
            key = f"picasa:folder:{source_key(self.listing.locator)}"
            albums.insert(0, CollectionRef(key=key, name=self.notes[1].name))
        place = None if noted.lat is None else PlaceRef(lat=noted.lat, lon=noted.lon)
        return replace(
            draft,
            body=draft.body or noted.caption,
            favourite=draft.favourite or noted.has_star,
            tags=tuple(dict.fromkeys((*draft.tags, *noted.keywords))),
            people=(*draft.people, *(PersonRef(name=each) for each in noted.people if each.casefold() not in known)),
            place=joined_places(draft.place, place),
            collections=(*draft.collections, *albums),
        )

    def _xmp(self, file: File | None) -> tuple[Xmp | None, bytes | None]:
        if file is not None and extension(file.name) == "srt":
            return self._subtitles(file), None
        data = self._sidecar(file, MAX_XMP_BYTES)
        if file is None or data is None:
            return None, None
        try:
            return (read_sony if extension(file.name) == "xml" else read_xmp)(data), data
        except XmpError as error:
            self.problems.append(_unreadable(file, str(error)))
            return None, None

    def _subtitles(self, file: File) -> Xmp | None:
        """What a drone says in them; of others it is told that they are left out."""
        try:
            with self.folder.open_text(file.locator) as opened:
                found = read_dji(opened.read(SUBTITLES_BYTES))
        except (OSError, ValueError) as error:
            self.problems.append(_unreadable(file, str(error)))
            return None
        if found is None:
            self.problems.append(is_unsupported(file))
        return found

    def _photoprism(self, file: File | None) -> tuple[PhotoPrismSidecar | None, bytes | None]:
        data = self._sidecar(file, PHOTOPRISM_BYTES)
        if file is None or data is None:
            return None, None
        read = read_photoprism(data)
        if read is None:
            self.problems.append(is_unsupported(file))
        return read, data if read else None

    def _sidecar(self, file: File | None, limit: int) -> bytes | None:
        if file is None:
            return None
        try:
            return self.folder.read(file.locator, limit=limit)
        except (OSError, ValueError) as error:
            self.problems.append(_unreadable(file, str(error)))
            return None

    def _evidence(self, group: Group, google: GoogleSidecar | None, tags: Sequence[Xmp]) -> tuple[TimeEvidence, ...]:
        found = [each for said in tags for each in said.evidence()]
        named = date_from_path(self._named_path(group.primary, google))
        if google is not None:
            found += google.evidence(named if named is not None and named.origin == FILE_NAME else None)
        if named is not None:
            found.append(named.evidence())
        if not self.is_export:
            found.append(file_date(group.primary))
        return tuple(found)

    def _named_path(self, primary: File, google: GoogleSidecar | None) -> PurePath:
        path = PurePosixPath(self.folder.root.name) / primary.locator
        return path.with_name(google.name_of(primary.name)) if google else path

    def _is_there(self, locator: str) -> bool:
        try:
            return bool(locator and self.folder.stat(locator))
        except (OSError, ValueError):
            return False

    def _judge_loose(self, file: File) -> Problem | None:
        try:
            data = self.folder.read(file.locator, limit=MAX_SIDECAR_BYTES)
            loose.document(data)
        except OSError as error:
            return Problem(file.locator, "unreadable", f"This file cannot be read ({why(error)}).")
        except ValueError:
            is_large = file.size > MAX_SIDECAR_BYTES
            return is_unsupported(file) if is_large else Problem(file.locator, "unreadable", _BROKEN)
        sidecar = parse_sidecar(data) or read_ente(data)
        if sidecar is not None and self._is_there(describes(file.locator)):
            return None
        if sidecar is None:
            return None if parse_album(data) else is_unsupported(file)
        wanted = sidecar.title or "Its picture"
        detail = f"{wanted} is missing here: this file only describes it. It may lie in another part of the export."
        return Problem(file.locator, "sidecar-without-media", detail)


def _unreadable(file: File, reason: str) -> Problem:
    detail = f"This sidecar cannot be read ({reason}); its picture is taken without it."
    return Problem(file.locator, "sidecar-unreadable", detail)


def _media(group: Group, google: GoogleSidecar | None) -> tuple[MediaRef, ...]:
    true_name = google.name_of(group.primary.name) if google else ""
    return tuple(
        MediaRef(
            locator=file.locator,
            role=role,
            position=position,
            name=true_name if true_name and position == 0 else file.name,
        )
        for position, (file, role) in enumerate(group.parts)
    )


def _with_google(draft: Draft, google: GoogleSidecar) -> Draft:
    return replace(
        draft,
        body=google.description,
        place=google.place,
        people=tuple(PersonRef(name=name) for name in google.people),
        favourite=google.is_favourite,
        archived=google.is_archived,
        extra={**draft.extra, **google.extra},
    )


def _is_unsupported(name: str) -> bool:
    found = extension(name)
    return not is_media(name) and found not in _NOTES and found not in _COMPANIONS and found != "json"


def _is_apple_inside(locator: str) -> bool:
    """Whether a folder of an Apple Photos library holds anything but its originals: previews, faces, a database."""
    parts = locator.casefold().split("/")
    for index, part in enumerate(parts):
        if part.endswith(_APPLE_LIBRARIES):
            return index + 1 == len(parts) or parts[index + 1] not in _APPLE_ORIGINALS
    return False


def _apple_inside(file: File) -> Problem:
    detail = "Apple Photos keeps this for itself: a preview or a list of its own. The originals are read."
    if file.name == "Photos.sqlite":
        detail = (
            "Titles, albums and faces lie in this database, which cannot be read: export with IPTC as XMP to have them."
        )
    return Problem(file.locator, "unsupported", detail)
