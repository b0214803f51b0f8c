"""Apple's Journal: the pages of HTML that the app exports, one for each entry, with their pictures, films and sounds.

A page holds a header with the day in the language of the phone, a grid of what belongs to the entry, a prompt, a title
and the text. Beside the files lie small JSON files that say where they are from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    MediaRef,
    PersonRef,
    PlaceRef,
    Problem,
)
from timeline_local.domain.filenames import date_from_path
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.month_names import read_worded_date
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.encodings import decode
from timeline_local.importers.files import file_date, source_key
from timeline_local.importers.html_text import Markdown
from timeline_local.importers.html_tokens import read_html

HEAD_BYTES = 64 * 1024
MAX_PAGE_BYTES = 4 * 1024 * 1024
MAX_SIDECAR_BYTES = 1024 * 1024
PAGES_PER_CHECKPOINT = 50

_JOURNAL = CollectionRef(key="apple_journal", name="Apple Journal", kind=CollectionKind.JOURNAL)
_INDEX = "index.html"
_TEXTS = frozenset({"pageHeader", "title", "reflectionPrompt", "bodyText"})
_TYPE = "assetType_"
_MAPS = frozenset({"genericMap", "multiPinMap"})
_SOUND_AND_MOTION = (".mov", ".mp4", ".m4v")


@dataclass(frozen=True, slots=True)
class AppleJournal:
    name: str = "apple_journal"
    title: str = "Apple Journal"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one page of an entry is found."""
        found = next((file for file in folder.sample() if _is_page(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no entries of Apple Journal in this folder.")
        return Recognition(0.95, f"It holds entries of Apple Journal, {found.name} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each page."""
        export = _Export(folder, options)
        count = 0
        for _, file, done in files_from(folder, _is_page, options, checkpoint):
            if done:
                continue
            yield from export.entry(file)
            count += 1
            if count % PAGES_PER_CHECKPOINT == 0:
                yield after(file, 1)


def _is_page(folder: Folder, file: File) -> bool:
    name = file.name.lower()
    if not name.endswith((".html", ".htm")) or name == _INDEX:
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return b"pageHeader" in head and (b"bodyText" in head or b"assetGrid" in head)


@dataclass(slots=True)
class _Asset:
    """One field of the grid. kind: photo, video, stateOfMind, …; key: its id; paths as the page spells them.

    said  the pieces of text in each part of it.
    """

    kind: str
    key: str
    paths: list[str] = field(default_factory=list)
    said: list[list[str]] = field(default_factory=lambda: [[]])


class _Page:
    """The parts of a page. Only divs are counted: the app writes its own into paragraphs that end before they do."""

    def __init__(self) -> None:
        self.texts = {name: Markdown() for name in _TEXTS}
        self.assets: list[_Asset] = []
        self._open: list[tuple[str, bool]] = []  # of each open div: the text it is, and whether it is one of the grid
        self._in_grid = 0  # how many of these are of the grid

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "div":
            classes = attributes.get("class", "").split()
            is_asset = "gridItem" in classes
            if is_asset:
                kind = next((each.removeprefix(_TYPE) for each in classes if each.startswith(_TYPE)), "")
                self.assets.append(_Asset(kind, attributes.get("id", "")))
            elif self._asset is not None:
                self._asset.said.append([])
            text = next((each for each in classes if each in _TEXTS), self._text)
            self._open.append((text, is_asset))
            self._in_grid += is_asset
        elif self._asset is not None:
            source = attributes.get("src", "")
            if source and not source.startswith("data:"):
                self._asset.paths.append(source)
        elif self._text:
            self.texts[self._text].start(tag, attributes)

    def end(self, tag: str) -> None:
        if tag == "div":
            if self._open:
                self._in_grid -= self._open.pop()[1]
        elif self._asset is None and self._text:
            self.texts[self._text].end(tag)

    def text(self, data: str) -> None:
        if self._asset is not None:
            self._asset.said[-1].append(data)
        elif self._text:
            self.texts[self._text].text(data)

    @property
    def _text(self) -> str:
        return self._open[-1][0] if self._open else ""

    @property
    def _asset(self) -> _Asset | None:
        return self.assets[-1] if self._in_grid else None


@dataclass
class _Export:
    folder: Folder
    options: ReadOptions

    def entry(self, file: File) -> Iterator[Item]:
        try:
            data = self.folder.read(file.locator, limit=MAX_PAGE_BYTES)
        except ValueError:
            yield Problem(file.locator, "note-too-long", "This page is too large to be an entry.")
            return
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(file.locator, "unreadable", f"This file cannot be read ({why}).")
            return
        self.options.claimed.add(str(PurePosixPath(file.locator).parent.parent / _INDEX))
        page = _Page()
        read_html(decode(data), page)
        yield from self._entry(file, page)

    def _entry(self, file: File, page: _Page) -> Iterator[Item]:
        media, lost = self._media(file, page)
        yield from lost
        title = " ".join(page.texts["title"].result().split())
        prompt, text = page.texts["reflectionPrompt"].result(), page.texts["bodyText"].result()
        body = "\n\n".join(filter(None, (f"> {' '.join(prompt.split())}" if prompt else "", text)))
        words = {kind: list(each) for kind, each in _words(page).items()}
        if not (title or text or media or words):
            yield Problem(file.locator, "empty", "The entry is empty.")
        elif len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(file.locator, "note-too-long", f"The entry has {len(body):,} characters; {fits}")
        else:
            yield Draft(
                source_key=source_key(file.name),  # the app names its pages, wherever the export lies
                kind=Kind.NOTE,
                title=title,
                body=body,
                evidence=_evidence(file, page.texts["pageHeader"].result()),
                place=self._place(page, words),
                people=tuple(PersonRef(name=name) for name in words.get("contact", ())),
                media=media,
                collections=(_JOURNAL,),
                extra={kind: [*each] for kind, each in words.items()},
            )

    def _media(self, file: File, page: _Page) -> tuple[tuple[MediaRef, ...], list[Problem]]:
        found: dict[str, MediaRole] = {}
        lost: list[Problem] = []
        for asset in page.assets:
            for path in asset.paths:
                locator = self._at(file, path)
                if locator is None:
                    name = PurePosixPath(path).name
                    detail = "The entry names this file, but it is not here."
                    lost.append(Problem(f"{file.locator}#{name}", "file-missing", detail))
                else:
                    found.setdefault(locator, MediaRole.ATTACHMENT)
            for locator in self._beside.get(asset.key.casefold(), ()):
                if locator.lower().endswith(".json"):
                    self.options.claimed.add(locator)
                elif asset.paths and locator.lower().endswith(_SOUND_AND_MOTION):
                    found.setdefault(locator, MediaRole.MOTION)
                else:
                    found.setdefault(locator, MediaRole.ATTACHMENT)
        media = (
            MediaRef(locator=locator, role=role, position=position, name=PurePosixPath(locator).name)
            for position, (locator, role) in enumerate(found.items())
        )
        return tuple(media), lost

    def _place(self, page: _Page, words: Mapping[str, list[str]]) -> PlaceRef | None:
        """Where the entry is of, if everything in it that tells a place tells the same one."""
        told = [place for asset in page.assets for place in self._places(asset)]
        named = [name for kind in _MAPS for name in words.get(kind, ())]
        if not told:
            return PlaceRef(name=named[0]) if len(set(named)) == 1 else None
        first = told[0]
        is_one = all((each.name, each.lat, each.lon) == (first.name, first.lat, first.lon) for each in told)
        return first if is_one else None

    def _places(self, asset: _Asset) -> Iterator[PlaceRef]:
        for locator in self._beside.get(asset.key.casefold(), ()):
            if not locator.lower().endswith(".json"):
                continue
            try:
                told = loose.members(loose.document(self.folder.read(locator, limit=MAX_SIDECAR_BYTES)))
            except (OSError, ValueError):
                continue
            for each in (told, *map(loose.members, loose.items(told.get("visits")))):
                place = _place_of(each)
                if place is not None:
                    yield place

    def _at(self, page: File, path: str) -> str | None:
        """The locator of what a page names, also where the export was taken out of its folders."""
        name = unquote(path).rpartition("/")[2]
        parent = PurePosixPath(page.locator).parent.parent
        exact = str(parent / "Resources" / name)
        named = self._by_name.get(name, ())
        return exact if exact in named else next(iter(named), None)

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                if not _is_page(self.folder, file):
                    found.setdefault(file.name, []).append(file.locator)
        return found

    @cached_property
    def _beside(self) -> Mapping[str, list[str]]:
        """The files by their names without extension: the ids of what the grid shows."""
        found: dict[str, list[str]] = {}
        for name, locators in self._by_name.items():
            found.setdefault(PurePosixPath(name).stem.casefold(), []).extend(locators)
        return found


def _words(page: _Page) -> dict[str, list[str]]:
    """What the grid says besides files, by kind."""
    found: dict[str, list[str]] = {}
    for asset in page.assets:
        said = [words for pieces in asset.said if (words := " ".join(" ".join(pieces).split()))]
        if asset.kind and said:
            found[asset.kind] = list(dict.fromkeys([*found.get(asset.kind, ()), *said]))
    return found


def _place_of(told: Mapping[str, Any]) -> PlaceRef | None:
    lat, lon = loose.coordinates(told.get("latitude"), told.get("longitude"))
    name, city = loose.text(told.get("placeName")), loose.text(told.get("city"))
    return loose.place_or_none(PlaceRef(lat=lat, lon=lon, name=name, city=city))


def _evidence(file: File, header: str) -> tuple[TimeEvidence, ...]:
    """The day in the header; where that is in a language nobody here reads, the one in the file's name."""
    named = date_from_path(PurePosixPath(file.name))
    near = named.local_at.date() if named is not None else None
    day = read_worded_date(header, near)
    told = day or near
    if told is None:
        return (file_date(file),)
    origin = "the entry's own day" if day else "the day in the name of the page"
    return (_of_day(told, origin), file_date(file))


def _of_day(day: date, origin: str) -> TimeEvidence:
    local_at = datetime.combine(day, datetime.min.time())
    return TimeEvidence(basis=TimeBasis.SOURCE, local_at=local_at, precision=Precision.DAY, origin=origin)
