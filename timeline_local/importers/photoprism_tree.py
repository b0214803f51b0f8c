"""PhotoPrism's storage: the sidecars in a tree beside that of the pictures, and albums in files of their own.

"sidecar/2019/06/a.yml" describes "originals/2019/06/a.jpg", wherever both trees lie and whatever the second is called:
the names of sidecars tell where the pictures are.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from timeline_local.domain.drafts import CollectionRef, Problem
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.encodings import decode
from timeline_local.importers.files import extension
from timeline_local.importers.front_matter import load_yaml
from timeline_local.importers.photo_groups import is_media, stem_of

YAMLS = frozenset({"yml", "yaml"})
SIDECARS, CACHE, OWN_ALBUMS = "sidecar", "cache", "album"
MAX_ALBUM_BYTES = 32 * 1024 * 1024  # some 300,000 pictures
SAMPLED = 64  # sidecars of a tree that are asked where their pictures lie
SAMPLED_ALIKE = 2
_HEAD = 4096
# Albums that PhotoPrism makes of its own accord, of folders, dates and places.
_MADE_ALBUMS = frozenset({"folder", "moment", "month", "state"})
_PICTURES = re.compile(r"^Photos:[ ]*$", re.MULTILINE)
_PICTURE = re.compile(r"^[ ]*- UID: *\"?(?P<uid>\w+)\"?[ ]*$(?P<more>(?:\n[ ]+(?!- )[^\n]*)*)", re.MULTILINE | re.ASCII)
_GONE = re.compile(r"^[ ]+(?:Hidden|Missing): true[ ]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SidecarTree:
    """root: of the sidecars. pictures: of their pictures; None where these are not in this import."""

    root: str
    pictures: str | None

    def beside(self, locator: str) -> str | None:
        """The folder of sidecars for a folder of pictures."""
        return None if self.pictures is None else _moved(locator, self.pictures, self.root)

    def described(self, locator: str) -> str | None:
        """The folder of pictures for a folder of sidecars."""
        return None if self.pictures is None else _moved(locator, self.root, self.pictures)


@dataclass(frozen=True, slots=True)
class PhotoPrismStorage:
    """What PhotoPrism keeps apart from the pictures.

    albums    the owner's, by the UID of each picture.   album_files  those they were read from, by locator.
    newest    the file of an album that was written last: when it changes, albums did.
    problems  what is told of files of albums, by locator.
    """

    trees: tuple[SidecarTree, ...] = ()
    albums: Mapping[str, tuple[CollectionRef, ...]] = field(default_factory=dict)
    album_files: Mapping[str, File] = field(default_factory=dict)
    problems: Mapping[str, Problem] = field(default_factory=dict)

    @property
    def newest(self) -> File | None:
        return max(self.album_files.values(), key=lambda file: (file.mtime_ns, file.locator), default=None)

    def yamls(self, folder: Folder, locator: str) -> dict[str, File]:
        """Sidecars of the pictures of a folder that lie elsewhere, by `stem_of` their names."""
        beside = [found for tree in self.trees if (found := tree.beside(locator)) is not None]
        return {stem_of(file.name): file for each in beside for file in _files(folder, each) if _is_yaml(file)}

    def is_own(self, locator: str) -> bool:
        """Whether PhotoPrism keeps the files of a folder for itself: sidecars and previews."""
        return any(
            _is_below(locator, root) for tree in self.trees for root in (tree.root, _beside(tree.root, CACHE)) if root
        )

    def told(self, folder: Folder, listing: Listing) -> Iterable[Problem]:
        """What is said of a folder that PhotoPrism keeps for itself: of sidecars each, of previews how many there are.

        There are several previews of every picture, so of the cache it is said once that it is left out.
        """
        tree = next((each for each in self.trees if _is_below(listing.locator, each.root)), None)
        if tree is None:
            if any(listing.locator == _beside(each.root, CACHE) for each in self.trees):
                detail = "PhotoPrism keeps its previews here, and what else it can make again. The originals are read."
                yield Problem(listing.locator, "unsupported", detail)
            return
        pictures = tree.described(listing.locator)
        stems = set() if pictures is None else _stems(_files(folder, pictures))
        made = [file for file in listing.files if not _is_yaml(file)]
        for file in listing.files:
            if _is_yaml(file) and stem_of(file.name) not in stems:
                detail = "It only describes a picture, which is not here. Import PhotoPrism's originals with it."
                yield Problem(file.locator, "sidecar-without-media", detail)
        if made:
            detail = (
                f"{len(made):,} files here are PhotoPrism's own, previews or lists of tags. The originals are read."
            )
            yield Problem(made[0].locator if len(made) == 1 else listing.locator, "unsupported", detail)


def explore(folder: Folder) -> PhotoPrismStorage:
    """Find what there is. Cost: one walk and some heads; a second walk where there are sidecars, to find the pictures.

    Memory: some 100 bytes for each picture in an album.
    """
    samples: dict[str, list[tuple[str, str]]] = defaultdict(list)  # root → folder below it, stem
    albums: dict[str, list[CollectionRef]] = defaultdict(list)
    album_files: dict[str, File] = {}
    problems: dict[str, Problem] = {}
    for listing in folder.walk():
        if not isinstance(listing, Listing):
            continue
        root = _root(listing.locator)
        if root is not None and len(samples[root]) < SAMPLED:
            found = [file for file in listing.files if _is_yaml(file)][:SAMPLED_ALIKE]
            below = _below(listing.locator, root)
            samples[root] += [(below, stem_of(file.name)) for file in found if _is_sidecar(folder, file)]
        if listing.locator.rpartition("/")[2] in _MADE_ALBUMS | {OWN_ALBUMS}:
            for file in filter(_is_yaml, listing.files):
                _read_album(folder, file, albums, album_files, problems)
    trees = tuple(SidecarTree(root, _pictures(folder, root, found)) for root, found in samples.items() if found)
    return PhotoPrismStorage(trees, {uid: tuple(each) for uid, each in albums.items()}, album_files, problems)


def _read_album(
    folder: Folder,
    file: File,
    albums: dict[str, list[CollectionRef]],
    files: dict[str, File],
    problems: dict[str, Problem],
) -> None:
    """Take note of an album, or of why it is none of the owner's; other YAML is passed over."""
    head = folder.head(file.locator, _HEAD)
    if b"UID:" not in head or b"Type:" not in head:
        return
    try:
        text = decode(folder.read(file.locator, limit=MAX_ALBUM_BYTES))
    except (OSError, ValueError) as error:
        problems[file.locator] = Problem(file.locator, "unreadable", f"This album cannot be read ({error}).")
        return
    about, pictures = _halves(text)
    said = load_yaml(about) or {}
    uid, kind = loose.text(said.get("UID")), loose.text(said.get("Type"))
    if not uid or kind not in _MADE_ALBUMS | {OWN_ALBUMS}:
        return
    if kind != OWN_ALBUMS:
        detail = "PhotoPrism made this album itself, of a folder, a month or a place; it says nothing of its owner's."
        problems[file.locator] = Problem(file.locator, "unsupported", detail)
    elif said.get("DeletedAt") is not None:
        problems[file.locator] = Problem(file.locator, "trashed-at-source", "This album was deleted in PhotoPrism.")
    else:
        files[file.locator] = file
        name = loose.text(said.get("Title")) or loose.text(said.get("Slug")) or uid
        album = CollectionRef(key=f"photoprism:{uid}", name=name)
        for each in _PICTURE.finditer(pictures):
            if not _GONE.search(each["more"]):
                albums[each["uid"]].append(album)


def _halves(text: str) -> tuple[str, str]:
    """What is said of an album, and the list of its pictures, which is too long for a reader of any YAML."""
    found = _PICTURES.search(text)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")


def _pictures(folder: Folder, root: str, samples: Iterable[tuple[str, str]]) -> str | None:
    """Where the pictures lie that most of these sidecars describe."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for below, stem in samples:
        wanted[below].add(stem)
    votes: Counter[str] = Counter()
    for listing in folder.walk():
        if not isinstance(listing, Listing) or _is_below(listing.locator, root):
            continue
        near = [each for each in wanted if not each or f"/{listing.locator}".endswith(f"/{each}")]
        stems = _stems(listing.files) if near else set()
        for below in near:
            if found := len(wanted[below] & stems):
                votes[listing.locator[: len(listing.locator) - len(below)].rstrip("/")] += found
    beside = _beside(root, CACHE)
    votes = Counter({each: count for each, count in votes.items() if not beside or not _is_below(each, beside)})
    return min(votes, key=lambda each: (-votes[each], len(each), each), default=None)


def _root(locator: str) -> str | None:
    """The path up to the folder of sidecars that this one lies in."""
    parts = locator.split("/")
    if SIDECARS not in parts:
        return None
    return "/".join(parts[: parts.index(SIDECARS) + 1])


def _is_sidecar(folder: Folder, file: File) -> bool:
    head = folder.head(file.locator, _HEAD)
    return b"TakenAt:" in head and b"UID:" in head


def _is_yaml(file: File) -> bool:
    return extension(file.name) in YAMLS


def _stems(files: Iterable[File]) -> set[str]:
    """As sidecars are called for these pictures; "a.heic.jpg" may be described as "a.heic" or as "a"."""
    stems = {stem_of(file.name) for file in files if is_media(file.name)}
    return stems | {stem_of(each) for each in stems}


def _files(folder: Folder, locator: str) -> Iterable[File]:
    found = next((each for each in folder.walk(after=locator) if isinstance(each, Listing)), None)
    return found.files if found is not None and found.locator == locator else ()


def _is_below(locator: str, root: str) -> bool:
    return locator == root or locator.startswith(f"{root}/") or not root


def _below(locator: str, root: str) -> str:
    return locator[len(root) :].lstrip("/")


def _moved(locator: str, root: str, other: str) -> str | None:
    """The same place below another root."""
    if not _is_below(locator, root):
        return None
    below = _below(locator, root)
    return "/".join(each for each in (other, below) if each)


def _beside(root: str, name: str) -> str:
    """A folder beside another one."""
    parent = root.rpartition("/")[0]
    return f"{parent}/{name}" if parent else name
