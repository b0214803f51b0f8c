"""Flickr's account data: one JSON for each picture in one zip, the pictures in others, told together by their number.

A file is called `<name>_<id>_o.jpg`, `<id>_<secret>_o.jpg` or `<name>_<id>.mp4`, its JSON `photo_<id>.json`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import JSON, CollectionRef, Draft, MediaRef, PersonRef, PlaceRef, Problem
from timeline_local.domain.filenames import FILE_NAME, date_from_path
from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import HEAD_BYTES, File, Folder, Listing
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition, Unit
from timeline_local.importers.files import extension, is_empty
from timeline_local.importers.html_text import html_text
from timeline_local.importers.photo_groups import is_media
from timeline_local.importers.trees import why

ITEMS_PER_CHECKPOINT = 100
MAX_PHOTO_BYTES = 4 * 1024 * 1024  # one has its EXIF and all comments
MAX_LIST_BYTES = 64 * 1024 * 1024
MOST_COMMENTS = 200

_PHOTO = re.compile(r"photo_(?P<id>\d{1,20})(?: ?\(\d+\))?\.json", re.ASCII | re.IGNORECASE)
_ID = re.compile(rb'"id"\s*:\s*"?(\d{1,20})\b')
_NUMBER = re.compile(r"(?<![0-9a-z])\d{1,20}(?![0-9a-z])", re.ASCII)
_MACHINE = re.compile(r"\w+:\w+=.*", re.ASCII | re.DOTALL)
# As cameras call their files: no title that anybody gave.
_CAMERAS = re.compile(
    r"(?:[a-z]{1,5}[_-]?\d{4,}|\d{3}[_-]\d{4}|\d{5,})(?:[_-]\d+)*(?:\.[a-z0-9]{3,4})?", re.ASCII | re.IGNORECASE
)
# What else the download holds, by the beginning of its names.
_LISTS = re.compile(
    r"(?:account_|albums|apps_comments|contacts|faves|followers|galleries|group|photos_comments|received_flickrmail|"
    r"sent_flickrmail|sets_comments|set_comments|my_feedback)\w*\.json",
    re.ASCII | re.IGNORECASE,
)
_PRECISIONS = {"4": Precision.MONTH, "6": Precision.YEAR, "8": Precision.YEAR}
_MICRODEGREES = 1_000_000
_QUARTER = timedelta(minutes=15)
_FURTHEST = timedelta(hours=15)
_HINT = (
    "This is the account data of Flickr without its pictures and what is said of them. Choose all zips of the download"
    " together: data-download-1.zip and so on, and the one whose name ends in part1.zip."
)


@dataclass(frozen=True, slots=True)
class Flickr:
    name: str = "flickr"
    title: str = "Flickr"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of what Flickr says of a picture or an album; other files of its account are answered with a hint."""
        jsons = [file for file in folder.sample() if extension(file.name) == "json"]
        found = next((file for file in jsons if _tells_pictures(folder.head(file.locator, HEAD_BYTES))), None)
        if found is not None:
            return Recognition(0.96, f"It holds what Flickr says about pictures, {found.name} for one.")
        is_account = any(_LISTS.fullmatch(file.name) and b"flickr.com" in _head(folder, file) for file in jsons)
        return Recognition(0.0, "There is no account data of Flickr here.", _HINT if is_account else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One unit for each picture or film, in the order of their numbers."""
        export = _explored(folder, options)
        options.claimed.update(export.claims())
        start = checkpoint if isinstance(checkpoint, dict) else {}
        done = start.get("id")
        if not isinstance(done, int):
            done = -1
            yield from export.problems
        for count, number in enumerate(sorted(export.photos), 1):
            if number <= done:
                continue
            yield from _items(export, number)
            if count % ITEMS_PER_CHECKPOINT == 0:
                yield Checkpoint({"id": number})


@dataclass(slots=True)
class _Export:
    """photos: number → its JSON. media: number → its files. albums: number of a picture → its albums."""

    folder: Folder
    photos: dict[int, File] = field(default_factory=dict)
    media: dict[int, list[File]] = field(default_factory=lambda: defaultdict(list))
    lists: list[File] = field(default_factory=list)
    albums: dict[int, list[CollectionRef]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, str] = field(default_factory=dict)  # a person's name in addresses → their screen name
    problems: list[Problem] = field(default_factory=list)

    def claims(self) -> Iterator[str]:
        yield from (file.locator for file in self.photos.values())
        yield from (file.locator for files in self.media.values() for file in files)
        yield from (file.locator for file in self.lists)
        yield from (problem.locator for problem in self.problems)


def _tells_pictures(head: bytes) -> bool:
    """Whether this is the JSON of a picture, or the list of albums."""
    if b'"photopage"' in head and b'"date_taken"' in head:
        return True
    return b'"albums"' in head and b'"photo_count"' in head and b"flickr.com" in head


def _head(folder: Folder, file: File) -> bytes:
    return folder.head(file.locator, HEAD_BYTES)


def _explored(folder: Folder, options: ReadOptions) -> _Export:
    export = _Export(folder)
    homes: set[str] = set()
    for listing, file in _free(folder, options):
        number = _told_number(folder, file)
        if number is None:
            continue
        homes.add(listing.locator)
        if number in export.photos:
            export.problems.append(Problem(file.locator, "twice", "Another file says the same of this picture."))
        else:
            export.photos[number] = file
    if not homes:
        return export
    for listing, file in _free(folder, options):
        if is_media(file.name):
            numbers = (int(each[0]) for each in _NUMBER.finditer(file.name.rpartition(".")[0].lower()))
            known = [number for number in numbers if number in export.photos]
            if known:
                export.media[known[-1]].append(file)
        elif _LISTS.fullmatch(file.name) and (listing.locator in homes or b"flickr.com" in _head(folder, file)):
            _add_list(export, file)
    return export


def _told_number(folder: Folder, file: File) -> int | None:
    """The number of the picture that a JSON is of, whatever it is called; None for any other file."""
    if extension(file.name) != "json" or _LISTS.fullmatch(file.name):
        return None
    head = _head(folder, file)
    if not _tells_pictures(head):
        return None
    named = _PHOTO.fullmatch(file.name)
    told = named["id"].encode() if named else next(iter(_ID.findall(head)), b"")
    return int(told) if told else None


def _free(folder: Folder, options: ReadOptions) -> Iterator[tuple[Listing, File]]:
    for listing in folder.walk():
        if isinstance(listing, Listing):
            yield from ((listing, file) for file in listing.files if not options.is_claimed(file.locator))


def _add_list(export: _Export, file: File) -> None:
    """Take note of albums and of people's names; any other list is left out."""
    export.lists.append(file)
    name = file.name.lower()
    if not name.startswith(("albums", "contacts", "followers")):
        detail = "This holds no pictures of yours: your account, groups, mail, or what you liked and commented on."
        export.problems.append(Problem(file.locator, "unsupported", detail))
        return
    try:
        said = loose.members(loose.document(export.folder.read(file.locator, limit=MAX_LIST_BYTES)))
    except OSError as error:
        export.problems.append(Problem(file.locator, "unreadable", f"This list cannot be read ({why(error)})."))
        return
    except ValueError as error:
        export.problems.append(Problem(file.locator, "unreadable", f"This list cannot be read ({error})."))
        return
    for album in map(loose.members, loose.items(said.get("albums"))):
        for position, each in enumerate(loose.items(album.get("photos"))):
            ref = _album(album, position)
            if ref is not None and (number := _number(each)):
                export.albums[number].append(ref)
    for people in (said.get("contacts"), said.get("followers")):
        for known, address in loose.members(people).items():
            export.names[loose.text(address).rstrip("/").rpartition("/")[2]] = loose.text(known)


def _album(said: Mapping[str, Any], position: int | None = None) -> CollectionRef | None:
    number, title = _number(said.get("id")), loose.text(said.get("title"))
    return CollectionRef(key=f"album:{number}", name=title, position=position) if number and title else None


def _items(export: _Export, number: int) -> Iterator[Item]:
    said = export.photos[number]
    files = [file for file in export.media.get(number, ()) if file.size]
    yield from (is_empty(file) for file in export.media.get(number, ()) if not file.size)
    if not files:
        detail = "Its picture is missing here: this file only describes it. It may lie in another zip of the download."
        yield Problem(said.locator, "sidecar-without-media", detail)
        return
    for file in files[1:]:
        yield Problem(file.locator, "twice", f"It is the same picture of Flickr as {files[0].name}, which is taken.")
    albums = [file for file in export.lists if file.name.lower().startswith("albums")]
    yield Unit(f"photo:{number}", (files[0], said, *albums), partial(_read, export, number, files[0], said))


def _read(export: _Export, number: int, file: File, sidecar: File) -> list[Draft | Problem]:
    try:
        raw = export.folder.read(sidecar.locator, limit=MAX_PHOTO_BYTES)
        said = loose.members(loose.document(raw))
    except (OSError, ValueError) as error:
        detail = f"This sidecar cannot be read ({error}); its picture is taken without it."
        unread = _draft(export, number, file, {}, None)
        return [unread, Problem(sidecar.locator, "sidecar-unreadable", detail)]
    return [_draft(export, number, file, said, raw)]


def _draft(export: _Export, number: int, file: File, said: Mapping[str, Any], raw: bytes | None) -> Draft:
    name = loose.text(said.get("name"))
    albums = {ref.key: ref for each in map(loose.members, loose.items(said.get("albums"))) if (ref := _album(each))}
    albums |= {ref.key: ref for ref in export.albums.get(number, ())}
    tags = (_tag(each) for each in loose.items(said.get("tags")))
    return Draft(
        source_key=f"photo:{number}",
        title="" if _CAMERAS.fullmatch(name) else name,
        body=_words(said.get("description")),
        evidence=_evidence(said, name),
        place=_place(said.get("geo")),
        tags=tuple(dict.fromkeys(tag for tag in tags if tag and not _MACHINE.fullmatch(tag))),
        people=_people(export, said),
        media=(MediaRef(locator=file.locator, name=file.name),),
        collections=tuple(albums.values()),
        extra=_extra(export, said),
        raw=raw,
    )


def _evidence(said: Mapping[str, Any], name: str) -> tuple[TimeEvidence, ...]:
    """When it was taken, by the clock there. The dates of files are those of the export."""
    named = date_from_path(PurePosixPath(name)) if name and "/" not in name else None
    in_name = (named.evidence(),) if named is not None and named.origin == FILE_NAME else ()
    stamp = read_stamp(loose.text(said.get("date_taken")))
    if stamp is None:
        return in_name
    is_upload = _is_upload(stamp.local_at, loose.text(said.get("date_imported")))
    taken = TimeEvidence(
        basis=TimeBasis.FILE_DATE if is_upload else TimeBasis.SIDECAR,
        local_at=stamp.local_at,
        precision=_precision(said, stamp.local_at, stamp.precision),
        origin="when it came to Flickr" if is_upload else "Flickr",
        may_correct=not is_upload,
    )
    return (taken, *in_name)


def _is_upload(taken: datetime, imported: str) -> bool:
    """Whether Flickr knew no date and took that of the upload, which it writes down in another zone."""
    stamp = read_stamp(imported)
    apart = abs(taken - stamp.local_at) if stamp is not None else _FURTHEST
    return apart < _FURTHEST and not apart % _QUARTER


def _precision(said: Mapping[str, Any], taken: datetime, precision: Precision) -> Precision:
    """How much of a date its owner gave; Flickr writes the rest of it as the first of its kind, at midnight."""
    told = _PRECISIONS.get(loose.spelled(said.get("date_taken_granularity")))
    if told is not None or precision is not Precision.INSTANT or (taken.hour, taken.minute, taken.second) != (0, 0, 0):
        return told or precision
    return Precision.YEAR if (taken.month, taken.day) == (1, 1) else Precision.DAY


def _place(geo: object) -> PlaceRef | None:
    """Degrees, or millionths of degrees where there is no point in them; alone, or in a list of one."""
    said = loose.members(next(iter(loose.items(geo)), None) if isinstance(geo, list) else geo)
    lat, lon = loose.coordinates(_degrees(said.get("latitude")), _degrees(said.get("longitude")))
    return None if lat is None else PlaceRef(lat=lat, lon=lon)


def _degrees(value: object) -> float | None:
    found = loose.number(value)
    return found if found is None or "." in loose.spelled(value) else found / _MICRODEGREES


def _tag(value: object) -> str:
    return loose.text(value) or loose.text(loose.members(value).get("tag"))


def _people(export: _Export, said: Mapping[str, Any]) -> tuple[PersonRef, ...]:
    found: dict[str, PersonRef] = {}
    for each in loose.items(said.get("people")):
        person = loose.members(each)
        told = (loose.text(person.get(key)) for key in ("screen_name", "name", "username"))
        address = loose.text(each) or loose.text(person.get("id")) or loose.text(person.get("nsid"))
        name = next(filter(None, told), "") or export.names.get(address, "") or address
        if name:
            found[name] = PersonRef(name=name, kind="flickr", value=address) if address else PersonRef(name=name)
    return tuple(found.values())


def _extra(export: _Export, said: Mapping[str, Any]) -> dict[str, JSON]:
    comments: list[JSON] = [
        {"by": export.names.get(who, who), "text": text}
        for each in map(loose.members, loose.items(said.get("comments"))[:MOST_COMMENTS])
        if (text := _words(each.get("comment")) or _words(each.get("message")))
        for who in [loose.text(each.get("user")).rstrip("/").rpartition("/")[2]]
    ]
    notes: list[JSON] = [
        text
        for each in map(loose.members, loose.items(said.get("notes"))[:MOST_COMMENTS])
        if (text := _words(each.get("text")) or _words(each.get("note")))
    ]
    groups: list[JSON] = [
        name for each in map(loose.members, loose.items(said.get("groups"))) if (name := loose.text(each.get("name")))
    ]
    found: dict[str, JSON] = {
        "url": loose.text(said.get("photopage")),
        "private": loose.text(said.get("privacy")) == "private",
        "comments": comments,
        "notes": notes,
        "groups": groups,
    }
    return {name: value for name, value in found.items() if value}


def _words(value: object) -> str:
    """A text in the HTML that Flickr lets people write, whose lines are lines."""
    return html_text(loose.text(value).replace("\n", "<br>"))


def _number(value: object) -> int | None:
    """The number of a picture or album, written as text or not."""
    text = loose.spelled(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None  # noqa: PLR2004 - as in _PHOTO
