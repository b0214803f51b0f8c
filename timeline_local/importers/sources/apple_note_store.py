"""Notes of a Mac or iPhone: NoteStore.sqlite, in which the app keeps them, with the files that lie beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.apple_note_tables import table_text
from timeline_local.importers.apple_note_text import BrokenNote, note_text, unpacked
from timeline_local.importers.apple_tables import BESIDE, DATABASES, Database, holds, record_of, text, whole
from timeline_local.importers.apple_times import instant
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import Attached, is_unreadable
from timeline_local.importers.file_tails import Tails
from timeline_local.importers.files import extension
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.sqlite_tables import Row

NOTES_PER_CHECKPOINT = 100
TITLE_CHARACTERS = 150
MOST_DEEP = 20  # folders in folders
_TABLES = {
    "ziccloudsyncingobject": frozenset({"zidentifier", "ztitle1", "zfolder"}),
    "zicnotedata": frozenset({"znote", "zdata"}),
}
_IN_A_BACKUP = "4f98687d8ab0d6d1a371110e6b7300f6e465bef2"  # what an iPhone's backup calls it
_NOTE = (
    "z_pk", "zidentifier", "ztitle1", "zfolder", "zispasswordprotected", "zmarkedfordeletion", "zispinned",
    "zcreationdate", "zcreationdate1", "zcreationdate2", "zcreationdate3", "zmodificationdate1",
)  # fmt: skip
# The column in which notes have their date changed with the systems; others belong to other things of the same table.
_CREATED = ("zcreationdate3", "zcreationdate1", "zcreationdate2", "zcreationdate")
_OTHERS = (
    "z_pk", "zidentifier", "ztitle2", "zparent", "zfoldertype", "ztypeuti", "ztypeuti1", "zmedia", "zalttext",
    "zfilename", "zgeneration1", "zurlstring", "zfallbackimagegeneration",
)  # fmt: skip
_TABLE, _LINK, _TAG = "com.apple.notes.table", "public.url", "com.apple.notes.inlinetextattachment.hashtag"
_TRASH, _TRASH_KIND = "TrashFolder", 1


@dataclass(frozen=True, slots=True)
class AppleNoteStore:
    name: str = "apple_note_store"
    title: str = "Notes of a Mac or iPhone"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one database is found."""
        found = next((file for file in folder.sample() if _is_database(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no database of Apple's Notes in this folder.")
        return Recognition(0.95, f"It holds the database of Apple's Notes, {found.locator}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each note."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_database, options, checkpoint):
            options.claimed.update(f"{file.locator}{end}" for end in BESIDE)
            options.claimed.update(_previews(folder, file))
            try:
                with folder.open_database(file.locator) as pages:
                    reading = _Reading(folder, file, Database.of(pages), options, seen)
                    for count, found in enumerate(reading.notes(), 1):
                        if count > done:
                            yield from found
                            if count % NOTES_PER_CHECKPOINT == 0:
                                yield after(file, count)
            except OSError as error:
                yield is_unreadable(file, error)


def _is_database(folder: Folder, file: File) -> bool:
    return (extension(file.name) in DATABASES or file.name == _IN_A_BACKUP) and holds(folder, file, _TABLES)


def _previews(folder: Folder, file: File) -> Iterator[str]:
    """Folders beside the database with small pictures of what is in notes."""
    home = file.locator.rpartition("/")[0]
    for listing in folder.walk(after=home):
        if home and not f"{listing.locator}/".startswith(f"{home}/"):
            return
        if isinstance(listing, Listing) and "Previews" in listing.locator.removeprefix(home).split("/"):
            yield f"{listing.locator}/"


@dataclass
class _Reading:
    """Memory: folders, and what is in notes besides words."""

    folder: Folder
    file: File
    database: Database
    options: ReadOptions
    seen: Seen
    folders: dict[int, Row] = field(default_factory=dict)
    attached: dict[str, Row] = field(default_factory=dict)
    media: dict[int, Row] = field(default_factory=dict)

    def notes(self) -> Iterator[list[Item]]:
        """What each note becomes. Raises OSError."""
        for row in self.database.rows("ziccloudsyncingobject", *_OTHERS):
            if text(row, "ztitle2"):
                self.folders[whole(row, "z_pk")] = row
            elif text(row, "zfilename"):
                self.media[whole(row, "z_pk")] = row
            elif text(row, "ztypeuti") or text(row, "ztypeuti1"):
                self.attached[text(row, "zidentifier")] = row
        for kept in self.database.rows("zicnotedata", "z_pk", "znote", "zdata"):
            row = self.database.row("ziccloudsyncingobject", whole(kept, "znote"), *_NOTE)
            where = f"{self.file.locator}#{whole(kept, 'z_pk')}"
            yield list(self._note(row, self.database.data(kept, "zdata"), where))

    def _note(self, row: Row, data: bytes, where: str) -> Iterator[Item]:
        key = text(row, "zidentifier")
        if not row or self._is_trashed(row):
            yield Problem(where, "trashed-at-source", "It was deleted there, or lay among the recently deleted notes.")
        elif whole(row, "zispasswordprotected"):
            yield Problem(
                where, "encrypted", "The note is locked with a password. Take the lock away in Notes to import it."
            )
        elif not key or self.seen.number(key) > 1:
            yield Problem(where, "twice", "The same note came before in this import; it is kept once.")
        else:
            yield from self._draft(row, key, data, where)

    def _draft(self, row: Row, key: str, data: bytes, where: str) -> Iterator[Item]:
        inside = _Inside(self, Attached(self.folder, where, "note"))
        try:
            words = note_text(data, inside.shown) if data else ""
        except BrokenNote as error:
            yield Problem(where, "unreadable", f"The text of this note cannot be read ({error}).")
            return
        title, body = _parted(words, text(row, "ztitle1"))
        yield from inside.files.problems
        if not (title or body or inside.files.media):
            yield Problem(where, "empty", "The note is empty.")
            return
        if len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"The note has {len(body):,} characters; {fits}")
            return
        yield Draft(
            source_key=key,
            kind=Kind.NOTE,
            title=title,
            body=body,
            evidence=tuple(_evidence(row)),
            tags=read_text(f"{title}\n{body}").tags,
            media=tuple(inside.files.media),
            collections=(self._collection(row),),
            extra={"pinned": True} if whole(row, "zispinned") else {},
            raw=record_of(row),
        )

    def _is_trashed(self, row: Row) -> bool:
        folder = self.folders.get(whole(row, "zfolder"), {})
        is_trash = whole(folder, "zfoldertype") == _TRASH_KIND or text(folder, "zidentifier").startswith(_TRASH)
        return is_trash or whole(row, "zmarkedfordeletion") != 0

    def _collection(self, row: Row) -> CollectionRef:
        """The folder of the app, called with those that it lies in."""
        names, number = list[str](), whole(row, "zfolder")
        key = text(self.folders.get(number, {}), "zidentifier")
        while number in self.folders and len(names) < MOST_DEEP:
            names.append(text(self.folders[number], "ztitle2"))
            number = whole(self.folders[number], "zparent")
        name = "/".join(reversed(names)) or "Apple Notes"
        return CollectionRef(key=key or name, name=name, kind=CollectionKind.JOURNAL)

    @cached_property
    def tails(self) -> Tails:
        return Tails(self.folder)


@dataclass
class _Inside:
    """What is in one note besides words, in the order of its text."""

    reading: _Reading
    files: Attached

    def shown(self, identifier: str) -> str:
        """What stands in the text for something: a tag, a link. A file is put to the files of the note."""
        row = self.reading.attached.get(identifier, {})
        kind = text(row, "ztypeuti1") or text(row, "ztypeuti")
        if text(row, "zalttext") and (kind == _TAG or not whole(row, "zmedia")):
            return text(row, "zalttext")
        if kind == _LINK:
            return text(row, "zurlstring")
        if kind == _TABLE:
            return self._table(row)
        self._attach(identifier, row)
        return ""

    def _table(self, row: Row) -> str:
        """A table on lines of its own."""
        number, database = whole(row, "z_pk"), self.reading.database
        kept = database.row("ziccloudsyncingobject", number, "zmergeabledata1", "zmergeabledata")
        data = database.data(kept, "zmergeabledata1") or database.data(kept, "zmergeabledata")
        try:
            table = table_text(unpacked(data))
        except BrokenNote:
            table = ""
        if not table:
            detail = "The note has a table here that cannot be read."
            self.files.problems.append(Problem(f"{self.files.where}#table", "unreadable", detail))
        return f"\n{table}\n" if table else ""

    def _attach(self, identifier: str, row: Row) -> None:
        media = self.reading.media.get(whole(row, "zmedia"), {})
        name = text(media, "zfilename")
        found = next(filter(None, map(self.reading.tails.find, _paths(identifier, row, media))), "")
        if found:
            self.files.add(found, name=name)
        else:
            self.files.lacks(name or "drawing")


def _paths(identifier: str, row: Row, media: Row) -> Iterator[str]:
    """Where a file may lie: the app puts those of today into a folder for each version of them."""
    name, key = text(media, "zfilename"), text(media, "zidentifier")
    if name:
        generation = text(media, "zgeneration1")
        yield from filter(None, (f"Media/{key}/{generation}/{name}" if generation else "", f"Media/{key}/{name}"))
    generation = text(row, "zfallbackimagegeneration")
    if generation:
        yield f"FallbackImages/{identifier}/{generation}/FallbackImage.png"
    yield from (f"FallbackImages/{identifier}.{ending}" for ending in ("jpg", "png", "jpeg"))


def _evidence(row: Row) -> Iterator[TimeEvidence]:
    made = next(filter(None, (instant(row.get(column)) for column in _CREATED)), None)
    if made is not None:
        yield TimeEvidence(basis=TimeBasis.SOURCE, instant=made, origin="when Apple says the note was written")
    changed = instant(row.get("zmodificationdate1"))
    if changed is not None:
        yield TimeEvidence(basis=TimeBasis.SOURCE, instant=changed, origin="last changed in Apple Notes")


def _parted(words: str, title: str) -> tuple[str, str]:
    """The first line is the title, as in the app."""
    first, _, rest = words.partition("\n")
    plain = first.lstrip("# ").strip()
    if plain and len(plain) <= TITLE_CHARACTERS and not first.lstrip().startswith(("- ", "1. ", "> ", "```")):
        return plain, rest.strip("\n").rstrip()
    return ("" if words else title), words.rstrip()
