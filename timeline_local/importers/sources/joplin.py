"""Joplin's own export, a JEX file (a tar) or the folder "RAW": one text for each thing, be it a note, notebook or tag.

A text is a title, a body and lines of properties, with an empty line between each two of them. What kind of thing it is
stands in the last line; which tags a note has is told by things of their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    MediaRef,
    PlaceRef,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.encodings import decode
from timeline_local.importers.files import source_key
from timeline_local.importers.html_text import html_text
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen

MAX_TEXT_BYTES = 16 * 1024 * 1024
TAIL_BYTES = 16 * 1024  # in which the properties are
NOTES_PER_CHECKPOINT = 100
MOST_FILES = 1_000  # of one note
MOST_NESTED = 50  # notebooks

_NAME = re.compile(r"[0-9a-f]{32}\.md")
_RESOURCE = re.compile(r"(?P<id>[0-9a-f]{32})(?:\.[^.]*)?")
_FOLDERS = frozenset({"resources", ".resource"})
_PROPERTY = re.compile(r"(?P<name>[a-z_]+): ?(?P<value>.*)")
_LINK = re.compile(r'(?P<embed>!?)\[(?P<label>[^\[\]\n]*)\]\(:/(?P<id>[0-9a-f]{32})(?:#[^)\s]*)?(?:[ ]+"[^"\n]*")?\)')
_NAMED = re.compile(r":/(?P<id>[0-9a-f]{32})")
_GAP = re.compile(r"\n{3,}")
_NOTE, _NOTEBOOK, _RESOURCES, _TAG, _TAGGED = "1", "2", "4", "5", "6"
_IN_HTML = "2"
_LAST_LINE = 20


@dataclass(frozen=True, slots=True)
class Joplin:
    name: str = "joplin"
    title: str = "Joplin"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one text says that it is a thing of Joplin."""
        found = next((file for file in folder.sample() if _is_thing(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no notes of Joplin in this folder.")
        return Recognition(0.95, "It holds notes of Joplin, as its own export writes them.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each note. What is said of notes elsewhere is read first."""
        export = _Export(folder, options)
        for count, (_, file, done) in enumerate(files_from(folder, export.is_note, options, checkpoint), 1):
            if not done:
                yield from export.note(file)
                if count % NOTES_PER_CHECKPOINT == 0:
                    yield after(file, 1)


def _is_thing(folder: Folder, file: File) -> bool:
    return _NAME.fullmatch(file.name) is not None and "type_" in _end(folder, file)[1]


def _end(folder: Folder, file: File) -> tuple[str, Mapping[str, str]]:
    """The properties of a thing and what comes before; nothing of what is none or cannot be read.

    Cost: the end of the file, all of one whose properties do not fit there, which hold the text of a scanned page.
    """
    try:
        with folder.open(file.locator) as opened:
            opened.seek(max(0, file.size - TAIL_BYTES))
            tail = opened.read(TAIL_BYTES).decode("utf-8", "replace")
        found = _properties(tail)
        if not found[1] and file.size > TAIL_BYTES and "\ntype_: " in tail[-_LAST_LINE:]:
            return _properties(decode(folder.read(file.locator, limit=MAX_TEXT_BYTES)))
    except (OSError, ValueError):
        return "", {}
    return found


def _properties(text: str) -> tuple[str, Mapping[str, str]]:
    """What comes before the properties, and these; {} where the text does not end in some."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    told: dict[str, str] = {}
    while lines and (found := _PROPERTY.fullmatch(lines[-1])) is not None:
        told.setdefault(found["name"], found["value"].strip())
        lines.pop()
    is_thing = "id" in told and "type_" in told and (not lines or not lines[-1].strip())
    return "\n".join(lines), told if is_thing else {}


@dataclass
class _Export:
    """What there is besides notes. Memory: the names of all notebooks, tags and files, and the tags of each note."""

    folder: Folder
    options: ReadOptions
    _notes: set[str] = field(default_factory=set)  # locators
    _notebooks: dict[str, tuple[str, str]] = field(default_factory=dict)  # name, the one it lies in
    _tags: dict[str, str] = field(default_factory=dict)
    _tagged: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _titles: dict[str, str] = field(default_factory=dict)  # of files
    _files: dict[str, File] = field(default_factory=dict)
    _seen: Seen = field(default_factory=Seen)

    def __post_init__(self) -> None:
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                if not self.options.is_claimed(file.locator):
                    self._look_at(file)
        if self._notes:
            self.options.claimed.update(file.locator for file in self._files.values())
        for name in self._tagged:
            self._tagged[name].sort()

    def is_note(self, _: Folder, file: File) -> bool:
        return file.locator in self._notes

    def _look_at(self, file: File) -> None:
        parent = file.locator.rpartition("/")[0].rpartition("/")[2]
        resource = _RESOURCE.fullmatch(file.name) if parent in _FOLDERS else None
        if resource is not None:
            self._files.setdefault(resource["id"], file)
        if _NAME.fullmatch(file.name) is None:
            return
        before, told = _end(self.folder, file)
        kind, title, identifier = told.get("type_"), before.strip().partition("\n")[0], told.get("id", "")
        if kind == _NOTE:
            self._notes.add(file.locator)
            return
        if kind is not None:
            self.options.claimed.add(file.locator)
        if kind == _NOTEBOOK:
            self._notebooks[identifier] = (title, told.get("parent_id", ""))
        elif kind == _RESOURCES:
            self._titles[identifier] = title
        elif kind == _TAG:
            self._tags[identifier] = title
        elif kind == _TAGGED:
            self._tagged[told.get("note_id", "")].append(told.get("tag_id", ""))

    def note(self, file: File) -> Iterator[Draft | Problem]:
        where = file.locator
        try:
            before, told = _properties(decode(self.folder.read(where, limit=MAX_TEXT_BYTES)))
        except ValueError:
            yield Problem(where, "note-too-long", "The file is too large to be a note; it was left where it is.")
            return
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(where, "unreadable", f"This note cannot be read ({why}).")
            return
        if "id" not in told:
            yield Problem(where, "note-broken", "What Joplin says of this note is damaged. Export it again.")
        elif self._seen.number(told["id"]) > 1:
            yield Problem(where, "twice", "The same note came before in this import; it is kept once.")
        elif told.get("encryption_applied") == "1":
            detail = "The note is encrypted. Export it from an app of Joplin that knows the password."
            yield Problem(where, "encrypted", detail)
        elif told.get("deleted_time", "0") not in {"", "0"}:
            yield Problem(where, "trashed-at-source", "It lay in the trash of Joplin.")
        else:
            title, _, body = before.partition("\n")
            yield from self._told_note(file, title.strip(), body.strip("\n").rstrip(), told)

    def _told_note(self, file: File, title: str, body: str, told: Mapping[str, str]) -> Iterator[Draft | Problem]:
        named = list(dict.fromkeys(found["id"] for found in _NAMED.finditer(body)))
        embedded = {found["id"] for found in _LINK.finditer(body) if found["embed"]}
        media = tuple(
            MediaRef(
                locator=self._files[each].locator, role=MediaRole.ATTACHMENT, position=place, name=self._name(each)
            )
            for place, each in enumerate([each for each in named if each in self._files][:MOST_FILES])
        )
        for each in named:
            if each not in self._files and (each in self._titles or each in embedded):
                detail = "The note shows this file, but it is not here."
                yield Problem(f"{file.locator}#{self._name(each)}", "file-missing", detail)
        text = html_text(body) if told.get("markup_language") == _IN_HTML else self._markdown(body)
        tags = (self._tags.get(each, "") for each in self._tagged.get(told["id"], ()))
        if not (title or text or media):
            yield Problem(file.locator, "empty", "The note is empty.")
        elif len(text) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(file.locator, "note-too-long", f"The note has {len(text):,} characters; {fits}")
        else:
            yield Draft(
                source_key=source_key(told["id"]),
                kind=Kind.NOTE,
                title=title,
                body=text,
                evidence=tuple(_evidence(told)),
                place=_place(told),
                tags=tuple(dict.fromkeys(filter(None, (*tags, *read_text(text).tags)))),
                media=media,
                collections=self._notebook(told.get("parent_id", "")),
                relations=tuple(
                    RelationRef(kind=RelationKind.RELATED, source_key=each)
                    for each in named
                    if each not in self._files and each not in self._titles and each not in embedded
                ),
                extra=_extra(told),
                raw=loose.record({"title": title, "body": body, **told}),
            )

    def _markdown(self, body: str) -> str:
        found = _LINK.sub(self._label, body).strip()
        return found if found == body else _GAP.sub("\n\n", found)

    def _label(self, found: re.Match[str]) -> str:
        """Files are shown with the note; of links to other notes the words stay."""
        return "" if found["embed"] and found["id"] in self._files else found["label"]

    def _name(self, identifier: str) -> str:
        """What the file was called when it was put into the note."""
        file = self._files.get(identifier)
        title, ending = self._titles.get(identifier, ""), file.name.partition(".")[2] if file else ""
        if not title:
            return file.name if file else identifier
        return title if not ending or title.lower().endswith(f".{ending.lower()}") else f"{title}.{ending}"

    def _notebook(self, identifier: str) -> tuple[CollectionRef, ...]:
        """The notebook with those that it lies in."""
        names: list[str] = []
        at = identifier
        passed: set[str] = set()
        while at in self._notebooks and at not in passed and len(passed) < MOST_NESTED:
            passed.add(at)
            name, at = self._notebooks[at]
            names.insert(0, name)
        name = "/".join(names)
        return (CollectionRef(key=identifier, name=name, kind=CollectionKind.JOURNAL),) if name else ()


def _time(value: str | None) -> datetime | None:
    """ISO 8601, or thousandths of seconds since 1970; 0 is no date."""
    millis = loose.number(value)
    return loose.instant(value) if millis is None else loose.instant_of_micros(millis * 1000)


def _evidence(told: Mapping[str, str]) -> Iterator[TimeEvidence]:
    """What the owner set goes before when the app made the note."""
    for names, origin in (
        (("user_created_time", "created_time"), "when Joplin says it was written"),
        (("user_updated_time", "updated_time"), "last changed in Joplin"),
    ):
        instant = next((found for name in names if (found := _time(told.get(name))) is not None), None)
        if instant is not None:
            yield TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin=origin)


def _place(told: Mapping[str, str]) -> PlaceRef | None:
    lat, lon = loose.coordinates(told.get("latitude"), told.get("longitude"))
    altitude = loose.number(told.get("altitude"))
    return None if lat is None else PlaceRef(lat=lat, lon=lon, altitude_m=altitude or None)


def _extra(told: Mapping[str, str]) -> Mapping[str, JSON]:
    found: dict[str, JSON] = {name: told[name] for name in ("author", "source_url") if told.get(name)}
    if told.get("is_todo") == "1":
        times = {name: _time(told.get(f"todo_{name}")) for name in ("due", "completed")}
        found["todo"] = {name: time.isoformat() for name, time in times.items() if time is not None}
    if told.get("is_conflict") == "1":
        found["conflict"] = True
    return found
