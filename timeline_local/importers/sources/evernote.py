"""Evernote's ENEX: a file of notes, their pictures and documents in it as text.

It gives no ids: a note is known by when it was written and its title. Format as of Evernote 10,
https://xml.evernote.com/pub/evernote-export4.dtd
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, PlaceRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.embedded import Coding, Embedded
from timeline_local.importers.enml import note_body
from timeline_local.importers.files import extension, file_date, source_key
from timeline_local.importers.seen import Seen
from timeline_local.importers.xml_tags import Place, Tag, tags

HEAD_BYTES = 8 * 1024
ITEMS_PER_CHECKPOINT = 100
MOST_FILES = 1_000  # of one note
MOST_TASKS = 2_000

_PLACED = frozenset({"data"})
_TEXTS = frozenset(
    "title content created updated tag data mime file-name latitude longitude altitude author source source-url"  # noqa: SIM905
    " source-application subject-date reminder-time place-name taskStatus taskGroupNoteLevelID sortWeight".split()
)
_KEPT = ("author", "source", "source-url", "source-application", "subject-date", "reminder-time")
_TYPES = mimetypes.MimeTypes(filenames=())  # without what this computer's own lists say
_PAGE = b'name="exporter-version" content="Evernote'
_HINT = "This is a note that Evernote exported as a web page. Export again and choose ENEX as the format."


@dataclass(frozen=True, slots=True)
class Evernote:
    name: str = "evernote"
    title: str = "Evernote"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one file of notes is found."""
        sample = folder.sample()
        found = next((file for file in sample if _is_ours(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds notes of Evernote, {found.name}.")
        is_page = any(
            file.name.lower().endswith((".html", ".htm")) and _PAGE in folder.head(file.locator, HEAD_BYTES)
            for file in sample
        )
        return Recognition(0.0, "There are no notes of Evernote in this folder.", _HINT if is_page else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each note, notebook by notebook."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_ours, options, checkpoint):
            yield from _Notebook(folder, file, options, seen).items(done)


def _is_ours(folder: Folder, file: File) -> bool:
    if extension(file.name) not in {"enex", "xml", ""}:
        return False
    return b"<en-export" in folder.head(file.locator, HEAD_BYTES)


@dataclass(slots=True)
class _File:
    """A picture or document of a note. place: of its bytes, None where there are none."""

    place: Place | None = None
    mime: str = ""
    name: str = ""

    def called(self) -> str:
        name = PurePosixPath(self.name.replace("\\", "/")).name
        if name and extension(name):
            return name
        ending = _TYPES.guess_extension(self.mime.split(";")[0].strip().lower()) or ""
        return f"{name or (self.place.digest if self.place else 'file')}{ending}"


@dataclass(slots=True)
class _Note:
    """One note as its tags tell it. tasks: titles and states, with what they are sorted by, by their group."""

    texts: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    files: list[_File] = field(default_factory=list)
    tasks: list[dict[str, str]] = field(default_factory=list)
    is_whole: bool = True
    is_long: bool = False

    def of_groups(self) -> dict[str, list[str]]:
        """The tasks as lines of Markdown, by their group."""
        found: dict[str, list[str]] = {}
        for task in sorted(self.tasks, key=lambda each: each.get("sortWeight", "")):
            box = "x" if task.get("taskStatus") == "completed" else " "
            found.setdefault(task.get("taskGroupNoteLevelID", ""), []).append(f"- [{box}] {task.get('title', '')}")
        return found


def _notes(found: Iterator[Tag]) -> Iterator[_Note]:
    """The notes as they end. One that never ends is given when the next one begins, or the file ends."""
    note: _Note | None = None
    inside: _File | dict[str, str] | None = None  # the file or the task that is being told
    for tag in found:
        if tag.name == "note":
            if note is not None:
                note.is_whole = note.is_whole and tag.closes and tag.is_whole
                yield note
            note, inside = (None if tag.closes else _Note()), None
        elif note is None:
            continue
        elif tag.name in {"resource", "task"}:
            inside = None if tag.closes else _File() if tag.name == "resource" else {}
            if isinstance(inside, _File) and len(note.files) < MOST_FILES:
                note.files.append(inside)
            elif isinstance(inside, dict) and len(note.tasks) < MOST_TASKS:
                note.tasks.append(inside)
        elif tag.opens and tag.name in _TEXTS:
            _take(note, inside, tag)
    if note is not None:
        note.is_whole = False
        yield note


def _take(note: _Note, inside: _File | dict[str, str] | None, tag: Tag) -> None:
    note.is_whole = note.is_whole and tag.is_whole
    text = tag.text.strip()
    if isinstance(inside, _File):
        if tag.name == "data":
            inside.place = tag.places.get("")
        elif tag.name == "mime":
            inside.mime = text
        elif tag.name == "file-name":
            inside.name = text
    elif inside is not None:
        inside[tag.name] = text
    elif tag.name == "tag":
        note.tags.append(text)
    else:
        note.is_long = note.is_long or "" in tag.places
        note.texts[tag.name] = text


@dataclass
class _Notebook:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen

    def items(self, skip: int) -> Iterator[Item]:
        """Memory: one note without its files."""
        count = 0
        try:
            with self.folder.open(self.file.locator) as opened:
                for count, note in enumerate(_notes(tags(opened, _PLACED, _TEXTS)), 1):
                    found = list(self._note(note, f"{self.file.locator}#{count}"))
                    if count > skip:
                        yield from found
                        if count % ITEMS_PER_CHECKPOINT == 0:
                            yield after(self.file, count)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"After {count:,} notes this file cannot be read ({why}).")
            return
        if not count:
            yield Problem(self.file.locator, "empty", "There is no note in this file.")

    def _note(self, note: _Note, where: str) -> Iterator[Item]:
        if not note.is_whole:
            detail = "This note is broken, or the file ends in it. Export its notebook again."
            yield Problem(where, "note-broken", detail)
            return
        title, content = " ".join(note.texts.get("title", "").split()), note.texts.get("content", "")
        created, updated = (_instant(note.texts.get(name)) for name in ("created", "updated"))
        told = f"{note.texts.get('created', '')}/{_digest(title)}"
        if self.seen.number(f"{told}/{_digest(content)}") > 1:
            yield Problem(where, "twice", "The same note came before in this import; it is kept once.")
            return
        key, body = self.seen.unique(told), note_body(content, note.of_groups())
        if body.is_sealed:
            detail = "A part of this note is encrypted. Decrypt it in Evernote, and export it again; the rest is here."
            yield Problem(f"{where}/encrypted", "encrypted", detail)
        media: list[MediaRef] = []
        yield from self._attach(media, note.files, body.files, where)
        if not (title or body.text or media):
            yield Problem(where, "empty", "The note is empty.")
        elif note.is_long or len(body.text) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit. Split it in Evernote, then export again."
            yield Problem(where, "note-too-long", f"The note has {len(body.text):,} characters or more; {fits}")
        else:
            yield Draft(
                source_key=source_key(key),
                kind=Kind.NOTE,
                title=title,
                body=body.text,
                evidence=(*_evidence(created, updated), file_date(self.file)),
                place=_place(note),
                tags=tuple(filter(None, note.tags)),
                media=tuple(media),
                collections=(self._collection(),),
                extra={name.replace("-", "_"): note.texts[name] for name in _KEPT if note.texts.get(name)},
                raw=loose.record({**note.texts, "tags": note.tags, "tasks": note.tasks}),
            )

    def _attach(
        self, media: list[MediaRef], files: Sequence[_File], shown: Sequence[str], where: str
    ) -> Iterator[Problem]:
        """The files in the order in which the text shows them, then those that it does not show."""
        order = {digest: place for place, digest in enumerate(shown)}
        taken = set[str]()
        known = sorted(files, key=lambda each: order.get(each.place.digest if each.place else "", len(order)))
        for each in known:
            if each.place is None or not each.place.size:
                yield Problem(
                    f"{where}/{each.called()}", "file-missing", "The export names this file without its bytes."
                )
                continue
            place = each.place
            if place.digest in taken:
                continue  # some notes hold the same bytes under two names
            taken.add(place.digest)
            inner = Embedded(self.file.locator, Coding.BASE64, place.start, place.length, place.size, each.called())
            ref = MediaRef(locator=inner.locator, role=MediaRole.ATTACHMENT, position=len(media), name=each.called())
            media.append(ref)
        here = {each.place.digest for each in files if each.place}
        for digest in shown:
            if digest not in here:
                yield Problem(f"{where}/{digest}", "file-missing", "The note shows this file, but the export lacks it.")

    def _collection(self) -> CollectionRef:
        """A notebook is exported into a file with its name."""
        name = PurePosixPath(self.file.name).stem
        return CollectionRef(key=name, name=name, kind=CollectionKind.JOURNAL)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _instant(text: str | None) -> datetime | None:
    found = loose.instant(text)
    return found if found is not None and found.year > 1 else None


def _evidence(created: datetime | None, updated: datetime | None) -> Iterator[TimeEvidence]:
    """When it was written; that it was changed then, where the other is missing or cannot be."""
    for instant, origin in ((created, "when Evernote says it was written"), (updated, "last changed in Evernote")):
        if instant is not None:
            yield TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin=origin)


def _place(note: _Note) -> PlaceRef | None:
    lat, lon = loose.coordinates(note.texts.get("latitude"), note.texts.get("longitude"))
    altitude = loose.number(note.texts.get("altitude")) if lat is not None else None
    place = PlaceRef(lat=lat, lon=lon, name=note.texts.get("place-name", ""), altitude_m=altitude or None)
    return loose.place_or_none(place)
