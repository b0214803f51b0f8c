"""Google Takeout, the part of Google Photos: pictures with the JSON files that Google writes beside them.

Google says when a picture was taken as an instant without a zone, and the picture itself what its clock showed. The
picture is believed, unless its owner corrected the date in Google Photos: see `domain.corrections`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionRef, Draft, MediaRef, PersonRef, Problem
from timeline_local.domain.filenames import FILE_NAME, NameDate, date_from_path
from timeline_local.domain.kinds import MediaRole
from timeline_local.domain.times import TimeEvidence
from timeline_local.domain.xmp import Xmp, read_xmp
from timeline_local.importers.archive import HEAD_BYTES, File, Folder, SortKey, natural_key
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition, Unit
from timeline_local.importers.files import extension, is_empty, is_unsupported, source_key
from timeline_local.importers.google_sidecars import GoogleSidecar, parse_album, parse_sidecar
from timeline_local.importers.photo_groups import Group, is_media
from timeline_local.importers.picture_marks import burst_relations, picture_extra
from timeline_local.importers.takeout_tree import (
    OVERVIEW,
    TRASH,
    Album,
    Area,
    Copy,
    Tree,
    areas_of,
    explore,
    is_sidecar_name,
)
from timeline_local.importers.xmp_told import MAX_XMP_BYTES, with_xmp

ITEMS_PER_CHECKPOINT = 100


@dataclass(frozen=True, slots=True)
class GoogleTakeout:
    name: str = "google_takeout"
    title: str = "Google Photos (Takeout)"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one JSON file is found that describes a picture as Google Photos does."""
        sample = folder.sample()
        found = next((file for file in sample if is_sidecar_name(file.name) and _is_sidecar(folder, file)), None)
        if found is not None:
            return Recognition(0.97, f"It holds what Google Photos says about pictures, {found.name} for one.")
        reason = "There is no export of Google Photos here."
        if any(file.name == OVERVIEW for file in sample):
            hint = "This is a Google Takeout without Google Photos. Order one with Google Photos ticked."
            return Recognition(0.0, reason, hint)
        return Recognition(0.0, reason)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:  # noqa: ARG002 - the first source asks nobody
        return areas_of(folder).claims()

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """First the photos of the years, then what only lies in albums; each photo once, with all its albums."""
        tree = Tree(folder)
        for tree in explore(folder):  # noqa: B007 - the last one is whole
            yield Checkpoint(checkpoint)
        options.claimed.update(tree.claims())
        start = _Position.from_json(checkpoint)
        if start == _Position():
            yield from (_overview(file) for file in tree.overviews)
        yield from _Reading(tree, start, phase=0).items()
        yield from _Reading(tree, start, phase=1).items()


@dataclass(frozen=True, slots=True)
class _Position:
    """phase 0: photos of the years, 1: of albums alone; then the area and the last primary handed over."""

    phase: int = 0
    folder: str | None = None
    file: str = ""

    def to_json(self) -> JSON:
        return {"phase": self.phase, "folder": self.folder, "file": self.file}

    @classmethod
    def from_json(cls, value: JSON) -> _Position:
        if not isinstance(value, dict) or not isinstance(value.get("phase"), int):
            return cls()
        return cls(int(str(value["phase"])), str(value.get("folder", "")), str(value.get("file", "")))

    def has_passed(self, phase: int, area: Area) -> bool:
        if self.folder is None:
            return False
        return (phase, _order(area.locator)) < (self.phase, _order(self.folder))


@dataclass(slots=True)
class _Reading:
    """One of the two ways through the export."""

    tree: Tree
    start: _Position
    phase: int

    def items(self) -> Iterator[Item]:
        for area in self.tree.areas():
            album = self.tree.albums.get(area.locator)
            if (album is None) is not (self.phase == 0):
                continue
            if self.start.has_passed(self.phase, area):
                self._match_all(area, album)
                continue
            yield from self._area(area, album)
            last = area.files[-1].name if area.files else ""
            yield Checkpoint(_Position(self.phase, area.locator, last).to_json())

    def _match_all(self, area: Area, album: Album | None) -> None:
        """What was handed over before the checkpoint has its copies in albums still."""
        if self.tree.copies:
            for group in self.tree.grouped(area).groups:
                self._copies(group, album)

    def _area(self, area: Area, album: Album | None) -> Iterator[Item]:
        is_here = self.start.phase == self.phase and self.start.folder == area.locator and self.start.file
        after = natural_key(self.start.file) if is_here else ()
        found = self.tree.grouped(area)
        for count, group in enumerate(found.groups, 1):
            copies = self._copies(group, album)
            if copies is None or (after and natural_key(group.primary.name) <= after):
                continue
            yield self._unit(area, group, copies)
            if count % ITEMS_PER_CHECKPOINT == 0:
                yield Checkpoint(_Position(self.phase, area.locator, group.primary.name).to_json())
        if after:
            return
        for file in found.loose_json:
            yield from self._judged(file)
        for file in found.others:
            yield is_empty(file) if is_media(file.name) and not file.size else is_unsupported(file)
        for file in found.loose:
            detail = "It only describes a picture or its edits, and there is no picture of its name here."
            yield Problem(file.locator, "sidecar-without-media", detail)

    def _copies(self, group: Group, album: Album | None) -> list[Copy] | None:
        """The copies of a photo of the years; of one that lies in albums alone, all of it. None: it was told before."""
        if album is not None:
            own = self.tree.copy_at(group.primary)
            if own is not None and own.home:
                return None
        return self.tree.match(group)

    def _unit(self, area: Area, group: Group, copies: Sequence[Copy]) -> Unit:
        partner = self.tree.partners.get(group.primary.locator)
        files = dict.fromkeys(
            (
                *group.files,
                *((partner,) if partner else ()),
                *(file for copy in copies for file in (*copy.files, *copy.album.files)),
            )
        )
        read = partial(self._read, area, group, tuple(copies), partner)
        return Unit(source_key(group.primary.locator), tuple(files), read)

    def _read(self, area: Area, group: Group, copies: Sequence[Copy], partner: File | None) -> list[Draft | Problem]:
        file = group.json or partner
        data = self.tree.read(file)
        said = parse_sidecar(data) if data is not None else None
        is_in_trash = area.name.casefold() in TRASH and area.locator not in self.tree.albums
        if said.is_trashed if said is not None else is_in_trash:
            return [Problem(group.primary.locator, "trashed-at-source", "It was in the trash when it was exported.")]
        told: list[Draft | Problem] = []
        if file is not None and said is None:
            detail = "This sidecar cannot be read; its picture is taken without it."
            told.append(Problem(file.locator, "sidecar-unreadable", detail))
        name = said.name_of(group.primary.name) if said else group.primary.name
        xmp = self._xmp(group.xmp, told)
        draft = Draft(
            source_key=source_key(group.primary.locator),
            body=said.description if said else "",
            evidence=(*(xmp.evidence() if xmp else ()), *_evidence(area, name, said)),
            place=said.place if said else None,
            people=tuple(PersonRef(name=each) for each in said.people) if said else (),
            media=_media(group, copies, name),
            favourite=said is not None and said.is_favourite,
            archived=said is not None and said.is_archived,
            collections=_collections(copies),
            relations=burst_relations(group),
            extra=_extra(group, name, said),
            raw=data if said else None,
        )
        return [draft if xmp is None else with_xmp(draft, xmp), *told]

    def _xmp(self, file: File | None, told: list[Draft | Problem]) -> Xmp | None:
        """What another program wrote beside the picture since the export was unpacked."""
        if file is None or extension(file.name) != "xmp":
            return None
        try:
            return read_xmp(self.tree.folder.read(file.locator, limit=MAX_XMP_BYTES))
        except (OSError, ValueError) as error:
            detail = f"This sidecar cannot be read ({error}); its picture is taken without it."
            told.append(Problem(file.locator, "sidecar-unreadable", detail))
            return None

    def _judged(self, file: File) -> Iterator[Problem]:
        if file.locator in self.tree.settled:
            return
        data = self.tree.read(file)
        said = parse_sidecar(data) if data is not None else None
        if said is not None:
            wanted = said.title or "Its picture"
            detail = f"{wanted} is missing here: this file only describes it. It may lie in another part of the export."
            yield Problem(file.locator, "sidecar-without-media", detail)
        elif data is None or parse_album(data) is None:
            detail = "This file of Google Photos describes no picture and no album; it was left out."
            yield Problem(file.locator, "unsupported", detail)


def _is_sidecar(folder: Folder, file: File) -> bool:
    return parse_sidecar(folder.head(file.locator, HEAD_BYTES)) is not None


def _overview(file: File) -> Problem:
    detail = "This is the overview page of a Google Takeout: it only lists what the other files hold."
    return Problem(file.locator, "unsupported", detail)


def _order(locator: str) -> tuple[SortKey, ...]:
    return tuple(natural_key(part) for part in locator.split("/")) if locator else ()


def _evidence(area: Area, name: str, said: GoogleSidecar | None) -> tuple[TimeEvidence, ...]:
    """The dates of files are those of the export; the folder's year was made of the very date in the sidecar."""
    named = date_from_path(PurePosixPath(area.name or ".") / name)
    in_name = named if named is not None and named.origin == FILE_NAME else None
    told = said.evidence(in_name) if said else ()
    return (*told, in_name.evidence()) if in_name else told or _of_folder(named)


def _of_folder(named: NameDate | None) -> tuple[TimeEvidence, ...]:
    return () if named is None else (named.evidence(),)


def _media(group: Group, copies: Sequence[Copy], name: str) -> tuple[MediaRef, ...]:
    parts = [*group.parts, *_missing_parts(group, copies)]
    names = [name, *(file.name for file, _ in parts[1:])]
    return tuple(
        MediaRef(locator=file.locator, role=role, position=position, name=name)
        for position, ((file, role), name) in enumerate(zip(parts, names, strict=True))
    )


def _missing_parts(group: Group, copies: Sequence[Copy]) -> Iterator[tuple[File, MediaRole]]:
    """Parts that lie beside a copy in an album only."""
    here = {(role, file.size) for file, role in group.parts}
    for copy in copies:
        for file, role in copy.group.parts[1:] if copy.group else ():
            if (role, file.size) not in here:
                here.add((role, file.size))
                yield file, role


def _collections(copies: Sequence[Copy]) -> tuple[CollectionRef, ...]:
    return tuple({copy.album.key: copy.album.ref() for copy in copies}.values())


def _extra(group: Group, name: str, said: GoogleSidecar | None) -> dict[str, JSON]:
    extra = {**picture_extra(group, name), **(said.extra if said else {"without_sidecar": True})}
    if str(extra.get("device_folder", "")).casefold() == "screenshots":
        extra["kind"] = "screenshot"
    return extra
