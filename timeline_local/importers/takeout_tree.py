"""An export of Google Photos as a whole: which folders are its own, which are albums, what lies twice in it.

A photo lies in the folder of its year and again, byte for byte, in each of its albums; an export that was split and
unpacked has every folder several times, with the picture in one of them and its sidecar in another. So folders that
differ only in which part they lie in, or in where that part was unpacked, are read as one *area*, and copies in albums
are matched with the photo of the year: by name, size, and the time in the sidecar. In memory are one area at a time,
and of the whole tree only the albums' copies and what has found no partner.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from timeline_local.domain.drafts import CollectionRef
from timeline_local.domain.kinds import MediaRole
from timeline_local.importers.archive import HEAD_BYTES, File, Folder, Listing, natural_key
from timeline_local.importers.files import extension
from timeline_local.importers.google_names import CLIP_UNITS, find_sidecar_name, plain_name, without_number
from timeline_local.importers.google_pairs import pair
from timeline_local.importers.google_sidecars import (
    MAX_SIDECAR_BYTES,
    GoogleAlbum,
    GoogleSidecar,
    parse_album,
    parse_sidecar,
)
from timeline_local.importers.photo_groups import Group, group_files, is_media
from timeline_local.importers.spoken import spoken_extensions

OVERVIEW = "archive_browser.html"
READ_PER_FOLDER = 3  # JSON files opened to see whose folder it is

# As peers list them (GPTH and its forks, immich-go, TakeoutLens); not all were seen by us.
_YEAR_FOLDER = re.compile(
    r"(?:photos? (?:from|de|del|di|da)|foto(?:['_]?s|n)? (?:von|van|aus|uit|de|del|da|från|fra)|"
    r"foto(?:grafie|grafii)? (?:del|di|dal|din)|bil(?:der|leder) fra|zdjęcia z|fotky z|fényképek -|fotoğraflar|"
    r"фото(?:графии)? (?:за|из|от|від)|(?:valo)?kuvat) ?(?:18|19|20)\d\d(?: (?:год|рік))?|"
    r"(?:18|19|20)\d\d ?(?:年の(?:写真|フォト)|년의 사진|年的(?:照片|相片))",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:18|19|20)\d\d(?!\d)", re.ASCII)
# Folders of Google's own, in the languages that peers have seen; what is in them is in no album.
TRASH = frozenset(
    "trash bin papierkorb corbeille papelera cestino lixeira prullenbak kosz koš kôš корзина кошик кошче papirkurv"  # noqa: SIM905
    " papperskorg roskakori ゴミ箱 휴지통 回收站 垃圾桶 çöp paperera".split()
)  # fmt: skip
_OWN_FOLDERS = TRASH | frozenset(
    "archive,archiv,archivieren,archief,archiveren,archivio,archivo,arquivo,arxiu,archiver,archiwum,архив,アーカイブ,"  # noqa: SIM905
    "档案,locked folder,carpeta privada,failed videos".split(",")
)  # fmt: skip
_DAY_FOLDER = re.compile(r"\d{4}-\d\d-\d\d(?: ?#\d+| - _\d+)?", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_TAKEOUT = re.compile(r"takeout(?:[ _-]?\(?#\)?)?")  # with the number that unpacking a second part beside it gives
_SAME_SHOT = timedelta(seconds=10)  # a live photo's film says when it began


@dataclass(slots=True)
class Copy:
    """A photo as it lies in an album. home: the primary of the photo it repeats, "" while none was found."""

    album: Album
    group: Group | None
    sidecar: File | None
    taken_at: datetime | None
    home: str = ""

    @property
    def files(self) -> tuple[File, ...]:
        return self.group.files if self.group else (self.sidecar,) if self.sidecar else ()


@dataclass(frozen=True, slots=True)
class Album:
    """is_named: its owner gave it its name; else it is called as its folder. file: None where it is not here."""

    key: str
    name: str
    file: File | None
    is_named: bool

    @property
    def files(self) -> tuple[File, ...]:
        return () if self.file is None else (self.file,)

    def ref(self) -> CollectionRef:
        return CollectionRef(key=self.key, name=self.name)


@dataclass(frozen=True, slots=True)
class Area:
    """One folder of the export with the files of all parts it is spread over, in natural order."""

    locator: str
    files: tuple[File, ...]

    @property
    def name(self) -> str:
        return self.locator.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class AreaGroups:
    """What an area holds: memories with their sidecars, sidecars without, XMP and AAE without, anything else."""

    groups: tuple[Group, ...]
    loose_json: tuple[File, ...]
    loose: tuple[File, ...]
    others: tuple[File, ...]


@dataclass(slots=True)
class Tree:
    """What is known of the whole export. copies: by `plain_name` of the photo."""

    folder: Folder
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)  # first locator of an area → all of them
    albums: dict[str, Album] = field(default_factory=dict)  # first locator of an area → its album
    copies: dict[str, list[Copy]] = field(default_factory=lambda: defaultdict(list))
    partners: dict[str, File] = field(default_factory=dict)  # primary without a sidecar → the one found elsewhere
    settled: set[str] = field(default_factory=set)  # sidecars without a picture beside them that found their place
    overviews: list[File] = field(default_factory=list)

    def areas(self) -> Iterator[Area]:
        """Every area in natural order of its first folder. Memory: one area."""
        for listing in self.folder.walk():
            locators = self.parts.get(listing.locator) if isinstance(listing, Listing) else None
            if locators is None or not isinstance(listing, Listing):
                continue
            files = list(listing.files)
            for other in locators[1:]:
                files += _listed(self.folder, other)
            if len(locators) > 1:
                files.sort(key=lambda file: natural_key(file.name))
            yield Area(listing.locator, tuple(files))

    def claims(self) -> Iterator[str]:
        """What belongs to the export, as `ReadOptions.claimed` has it."""
        yield from (f"{each}/" for locators in self.parts.values() for each in locators)
        yield from (file.locator for file in self.overviews)

    def sidecar(self, file: File | None) -> GoogleSidecar | None:
        """What the sidecar says; None if it cannot be read or is none."""
        data = self.read(file)
        return None if data is None else parse_sidecar(data)

    def read(self, file: File | None) -> bytes | None:
        if file is None:
            return None
        try:
            return self.folder.read(file.locator, limit=MAX_SIDECAR_BYTES)
        except (OSError, ValueError):
            return None

    def grouped(self, area: Area) -> AreaGroups:
        """The area's files, sorted into memories. Opens sidecars only where names do not decide."""
        sound = [file for file in area.files if file.size or not is_media(file.name)]
        grouping = group_files(sound, spoken=spoken_extensions(self.folder, sound))
        paired = pair(grouping.groups, grouping.jsons, self._title)
        groups = tuple(part for group in paired.groups for part in self._of_one_moment(group, grouping.jsons))
        used = {file.locator for group in groups for file in group.files} | {each.locator for each in grouping.loose}
        loose_json = tuple(grouping.jsons[name] for name in paired.loose)
        others = tuple(
            file for file in area.files if file.locator not in used and extension(file.name) not in {"json", "xmp"}
        )
        return AreaGroups(groups, loose_json, grouping.loose, others)

    def _title(self, file: File) -> str:
        found = self.sidecar(file)
        return found.title if found else ""

    def _of_one_moment(self, group: Group, jsons: Mapping[str, File]) -> Iterator[Group]:
        """A film, RAW or copy with a sidecar of its own that tells another time is another memory."""
        strangers: list[tuple[File, MediaRole, File]] = []
        for file, role in group.parts[1:]:
            own = find_sidecar_name(file.name, jsons) if role is not MediaRole.EDITED else None
            if own is not None and group.json is not None and jsons[own] is not group.json:
                ours, theirs = self.sidecar(group.json), self.sidecar(jsons[own])
                if _are_apart(ours, theirs):
                    strangers.append((file, role, jsons[own]))
        if not strangers:
            yield group
            return
        gone = {file.locator for file, _, _ in strangers}
        yield replace(group, parts=tuple(each for each in group.parts if each[0].locator not in gone))
        for file, _, own_file in strangers:
            yield Group(((file, MediaRole.PRIMARY),), json=own_file)

    def copy_at(self, primary: File) -> Copy | None:
        """The copy in an album that this file is."""
        named = self.copies.get(plain_name(primary.name), ())
        return next((each for each in named if each.group and each.group.primary.locator == primary.locator), None)

    def match(self, group: Group) -> list[Copy]:
        """The copies in albums of this photo, found once and for all. Opens its sidecar when names agree."""
        candidates = self.copies.get(plain_name(group.primary.name)) if self.copies else None
        if not candidates:
            return []
        said = self.sidecar(group.json or self.partners.get(group.primary.locator))
        taken_at = said.taken_at if said else None
        found = [each for each in candidates if not each.home and _is_copy(each, group, taken_at, has_said=bool(said))]
        for each in found:
            each.home = group.primary.locator
            if each.group is None and each.sidecar is not None:
                self.settled.add(each.sidecar.locator)
        return found


def explore(folder: Folder) -> Iterator[Tree]:
    """Look through the export; yields the unfinished tree after each folder, so that others may breathe."""
    tree = Tree(folder)
    yield from _find_areas(tree)
    yield from _find_copies(tree)


def areas_of(folder: Folder) -> Tree:
    """The tree with its areas alone. Cost: one walk, and a few sidecars of every folder."""
    tree = Tree(folder)
    for _ in _find_areas(tree):
        pass
    return tree


def _has_sidecar(folder: Folder, listing: Listing) -> bool:
    """Whether a sidecar of Google Photos is among the files of a folder; a few likely ones are opened."""
    named = (file for file in listing.files if is_sidecar_name(file.name))
    return any(
        parse_sidecar(folder.head(file.locator, HEAD_BYTES)) is not None for file in islice(named, READ_PER_FOLDER)
    )


def is_sidecar_name(name: str) -> bool:
    """Whether this is a JSON file whose name may be made of a picture's: with its extension, or clipped before it."""
    if extension(name) != "json":
        return False
    stem = name[: -len(".json")]
    is_long = len(stem.encode("utf-16-le", "replace")) // 2 >= CLIP_UNITS - len("(999)")
    return is_long or "." not in stem or any(is_media(f"x.{without_number(part)[0]}") for part in stem.split(".")[1:])


def _find_areas(tree: Tree) -> Iterator[Tree]:
    kinds: dict[str, bool] = {}  # locator → it holds sidecars
    for listing in tree.folder.walk():
        if not isinstance(listing, Listing):
            continue
        tree.overviews += [file for file in listing.files if file.name == OVERVIEW]
        kinds[listing.locator] = _has_sidecar(tree.folder, listing)
        yield tree
    roots = {_parent_key(locator) for locator, has_any in kinds.items() if has_any}
    known = {key(locator) for key in (_area_key, _below_takeout) for locator, has_any in kinds.items() if has_any}
    spread: dict[str, list[str]] = defaultdict(list)
    for locator, has_any in kinds.items():
        key = _area_key(locator)
        is_near = any("google" in near and near in roots for near in (_parent_key(locator), _places(locator)))
        if has_any or is_near or not known.isdisjoint({key, _below_takeout(locator) or key}):
            spread[key].append(locator)
    order = {locator: number for number, locator in enumerate(kinds)}
    together = (sorted(each, key=order.__getitem__) for each in _wherever_unpacked(tree.folder, spread.values()))
    tree.parts = {locators[0]: tuple(locators) for locators in together}


def _wherever_unpacked(folder: Folder, areas: Iterable[list[str]]) -> Iterator[list[str]]:
    """The areas, with those put together that are one folder of one export whose parts lie in different places.

    Two exports, of two people or years, have the same folders, too. There a name is in both somewhere, and then none of
    their folders are put together. Cost: one more listing of the folders in question.
    """
    alike: dict[str, list[list[str]]] = defaultdict(list)
    for locators in areas:
        alike[_below_takeout(locators[0]) or locators[0]].append(locators)
    clashing = {pair for several in alike.values() if len(several) > 1 for pair in _clashes(folder, several)}
    for several in alike.values():
        joined: list[list[str]] = []
        for locators in several:
            place = _above_takeout(locators[0])
            fitting = (
                each
                for each in joined
                if clashing.isdisjoint(frozenset((place, _above_takeout(other))) for other in each)
            )
            home = next(fitting, None)
            if home is None:
                joined.append(list(locators))
            else:
                home += locators
        yield from joined


def _clashes(folder: Folder, several: Iterable[list[str]]) -> Iterator[frozenset[str]]:
    """The pairs of places that have a file of the same name in the same folder of their exports."""
    taken: dict[str, str] = {}
    for locators in several:
        place = _above_takeout(locators[0])
        for file in (file for locator in locators for file in _listed(folder, locator)):
            other = taken.setdefault(file.name, place)
            if other != place:
                yield frozenset((place, other))


def _find_copies(tree: Tree) -> Iterator[Tree]:
    """Albums with their copies; pictures and sidecars that lie in different areas."""
    needy: dict[str, list[File]] = defaultdict(list)
    orphans: dict[str, list[File]] = defaultdict(list)
    unnamed = _albums_by_name(tree.parts)
    for area in tree.areas():
        found = tree.grouped(area)
        album = Album(_key(area), area.name, None, is_named=False) if area.locator in unnamed else None
        for file in found.loose_json:
            data = tree.read(file) or b""
            said = parse_sidecar(data)
            if said is not None:
                orphans[plain_name(said.title or file.name)].append(file)
            else:
                album = _better(album, _album(area, file, parse_album(data)))
        if album is not None:
            tree.albums[area.locator] = album
            _add_copies(tree, album, found)
        for group in found.groups:
            if group.json is None:
                needy[plain_name(group.primary.name)].append(group.primary)
        yield tree
    for name, files in needy.items():
        if len(files) == len(orphans.get(name, ())) == 1:
            tree.partners[files[0].locator] = orphans[name][0]
            tree.settled.add(orphans[name][0].locator)


def _albums_by_name(locators: Iterable[str]) -> set[str]:
    """The folders that must be albums by their names alone: beside folders of years, and none of those themselves.

    The file that calls an album may lie in a part of the export that is not here. Folders of years are told in any
    language by being several that differ in their year alone.
    """
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for locator in locators:
        parent, _, name = locator.rpartition("/")
        alike[_places(parent), _YEAR.sub("#", _fold(name))].append(locator)
    dated = {each for (_, name), several in alike.items() if "#" in name and len(several) > 1 for each in several}
    years = {each for each in locators if _YEAR_FOLDER.fullmatch(_name(each))}
    roots = {_parent_key(each) for each in years}
    return {
        each
        for each in locators
        if _parent_key(each) in roots
        and each not in dated | years
        and not _DAY_FOLDER.fullmatch(_name(each))
        and _name(each).casefold() not in _OWN_FOLDERS
    }


def _add_copies(tree: Tree, album: Album, found: AreaGroups) -> None:
    for group in found.groups:
        said = tree.sidecar(group.json)
        copy = Copy(album, group, group.json if said else None, said.taken_at if said else None)
        tree.copies[plain_name(group.primary.name)].append(copy)
    for file in found.loose_json:
        said = tree.sidecar(file)
        if said is not None and said.title:
            tree.copies[plain_name(said.title)].append(Copy(album, None, file, said.taken_at))


def _album(area: Area, file: File, said: GoogleAlbum | None) -> Album | None:
    """The album of a folder; None when its file only says that these are the photos of a year or a day."""
    if said is None:
        return None
    name = said.title or area.name
    if _YEAR_FOLDER.fullmatch(name) or _DAY_FOLDER.fullmatch(name):
        return None
    return Album(_key(area), name, file, bool(said.title))


def _better(known: Album | None, other: Album | None) -> Album | None:
    """Albums without a name share one folder, and so do those of one name; the first that has one counts."""
    is_better = other is not None and (known is None or known.file is None or (other.is_named and not known.is_named))
    return other if is_better else known


def _is_copy(copy: Copy, group: Group, taken_at: datetime | None, *, has_said: bool) -> bool:
    if copy.group is not None and copy.group.primary.size != group.primary.size:
        return False
    if copy.sidecar is not None and has_said:
        return copy.taken_at == taken_at
    return copy.group is not None


def _are_apart(ours: GoogleSidecar | None, theirs: GoogleSidecar | None) -> bool:
    if ours is None or theirs is None or ours.taken_at is None or theirs.taken_at is None:
        return False
    return abs(ours.taken_at - theirs.taken_at) > _SAME_SHOT


def _listed(folder: Folder, locator: str) -> Sequence[File]:
    found = next((each for each in folder.walk(after=locator) if isinstance(each, Listing)), None)
    return found.files if found is not None and found.locator == locator else ()


def _key(area: Area) -> str:
    return unicodedata.normalize("NFC", area.name)


def _name(locator: str) -> str:
    return locator.rpartition("/")[2]


def _area_key(locator: str) -> str:
    """The same for the same folder in every part of an export: "…-001/Takeout/…/X" and "…-002/Takeout/…/X"."""
    parent, _, name = locator.rpartition("/")
    return f"{_parent_key(locator)}/{_fold(name)}" if parent else _fold(name)


def _below_takeout(locator: str) -> str:
    """The same for the same folder of an export wherever its "Takeout" lies, also as "Takeout 2"; "" outside of one."""
    parts = _area_key(locator).split("/")
    at = _takeout_at(parts)
    return "/".join(parts[at:]) if 0 < at < len(parts) else ""


def _above_takeout(locator: str) -> str:
    """Where the "Takeout" lies that the folder belongs to, and what it is called there."""
    parts = _area_key(locator).split("/")
    return "/".join(parts[: _takeout_at(parts)])


def _takeout_at(parts: Sequence[str]) -> int:
    """How many parts of a path lead to the folder's "Takeout", itself among them; 0 where there is none."""
    return next((at for at in range(len(parts), 0, -1) if _TAKEOUT.fullmatch(parts[at - 1])), 0)


def _parent_key(locator: str) -> str:
    return _places(locator.rpartition("/")[0])


def _places(locator: str) -> str:
    """A path without the numbers in which the parts of an export differ."""
    return _DIGITS.sub("#", _fold(locator))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
