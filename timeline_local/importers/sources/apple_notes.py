"""Apple Notes as Apple hands them out (privacy.apple.com): a folder for each note, with its text and its attachments.

When a note was written stands in "Notes Details.csv" alone. Its rows name notes by their titles, which are the names of
the folders as far as a folder can have such a name; commas in titles are not escaped. The clock has no zone there.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.encodings import decode
from timeline_local.importers.files import file_date, source_key
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.trees import joined

MAX_TABLE_BYTES = 64 * 1024 * 1024
MAX_TEXT_BYTES = 16 * 1024 * 1024
NOTES_PER_CHECKPOINT = 100
TITLE_CHARACTERS = 150
MOST_FILES = 1_000  # of one note
SURE_CHARACTERS = 20  # of a folder's name that was cut

_TABLE = re.compile(r"notes details(?: \(\d\))?\.csv", re.IGNORECASE)
_HEADER = re.compile(rb"title, *created on, *modified on", re.IGNORECASE)
_STAMP = r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d"
_ROW = re.compile(rf"(?P<title>.*?), *(?P<made>{_STAMP}), *(?P<changed>{_STAMP})?(?:, *(?P<rest>.*))?")
_CLOCK = "%m-%d-%Y %H:%M:%S"
_YES = frozenset({"yes", "true", "1"})
_DELETED = "Recently Deleted"
_NUMBER = re.compile(r"-(?P<number>\d{1,4})$")
_BULLET = re.compile(r"^(?P<deep>\t*)\t(?P<sign>[◦✓•⁃]|\d{1,4}\.)\t", re.MULTILINE)
_MARKS = {"◦": "- [ ] ", "✓": "- [x] ", "•": "- ", "⁃": "- "}
_ATTACHED = "\ufffc"


@dataclass(frozen=True, slots=True)
class AppleNotes:
    name: str = "apple_notes"
    title: str = "Apple Notes"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as the table of all notes is found."""
        found = next((file for file in folder.sample() if _is_table(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no notes of Apple in this folder.")
        return Recognition(0.95, "It holds notes of Apple, as its privacy page hands them out.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each note."""
        done = str(checkpoint.get("folder", "")) if isinstance(checkpoint, dict) else ""
        is_done, count = bool(checkpoint), 0
        table = _Table.of(folder, options)
        yield from () if is_done else table.problems
        for place in _places(folder, table.roots, options):
            options.claimed.update(file.locator for file in (*place.texts, *place.attached))
            for position, text in enumerate(place.texts):
                row = table.take(place.locator)
                count += 1
                if not is_done:
                    key = row.key if row else joined(place.path, text.name)
                    yield _Note(folder, text, key, row, [] if position else place.attached).item(options)
            if not is_done and count >= NOTES_PER_CHECKPOINT:
                yield Checkpoint({"folder": place.locator})
                count = 0
            is_done = is_done and place.locator != done


def _is_table(folder: Folder, file: File) -> bool:
    return _TABLE.fullmatch(file.name) is not None and _HEADER.search(folder.head(file.locator)) is not None


@dataclass(frozen=True, slots=True)
class _Row:
    """What the table says of a note. key: the same in every export, as long as its beginning is."""

    key: str
    title: str
    made: datetime
    changed: datetime | None
    told: Mapping[str, str]

    def is_(self, name: str) -> bool:
        return self.told.get(name, "").casefold() in _YES


@dataclass
class _Table:
    """The rows of all tables by title, each taken by one note. roots: the folders that the tables lie in."""

    roots: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _rows: dict[str, list[_Row]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, folder: Folder, options: ReadOptions) -> _Table:
        table = cls()
        for listing in folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                if _TABLE.fullmatch(file.name) and not options.is_claimed(file.locator) and _is_table(folder, file):
                    options.claimed.add(file.locator)
                    table.roots.append(file.locator.rpartition("/")[0])
                    table._add(folder, file)
        return table

    def _add(self, folder: Folder, file: File) -> None:
        try:
            lines = decode(folder.read(file.locator, limit=MAX_TABLE_BYTES)).splitlines()
        except (OSError, ValueError):
            detail = "The table that says when notes were written cannot be read; they are at the dates of their files."
            self.problems.append(Problem(file.locator, "unreadable", detail))
            return
        names = [name.strip().casefold() for name in lines[0].split(",")][3:]
        found = [row for row in map(_ROW.fullmatch, lines[1:]) if row is not None]
        alike, seen = Counter(row["made"] for row in found), Seen()
        for row in found:
            title = row["title"].strip().removeprefix('"').removesuffix('"').replace('""', '"')
            made = _clock(row["made"])
            if made is not None:
                key = made.isoformat() if alike[row["made"]] == 1 else f"{made.isoformat()}/{_plain(title)}"
                told = dict(zip(names, (cell.strip() for cell in (row["rest"] or "").split(",")), strict=False))
                self._rows[_plain(title)].append(_Row(seen.unique(key), title, made, _clock(row["changed"]), told))

    def take(self, locator: str) -> _Row | None:
        """The row of the note in this folder: that of its name, or the only one that begins with it."""
        name = _plain(PurePosixPath(locator).name)
        rows = self._rows.get(name) or self._rows.get(_plain(_NUMBER.sub("", PurePosixPath(locator).name)))
        if not rows and len(name) >= SURE_CHARACTERS:
            longer = [each for title, each in self._rows.items() if title.startswith(name) and each]
            rows = longer[0] if len(longer) == 1 else None
        return rows.pop(0) if rows else None


def _plain(title: str) -> str:
    """A title without what the name of a folder cannot hold: signs, and how its letters are composed."""
    return "".join(filter(str.isalnum, title.casefold())) or title.strip()


def _clock(told: str | None) -> datetime | None:
    try:
        return datetime.strptime(told or "", _CLOCK)  # noqa: DTZ007 - the table names no zone
    except ValueError:
        return None


@dataclass(slots=True)
class _Place:
    """A folder with its texts, and what lies beside these and in folders below that hold none: drawings lie in one.

    path: the folder's inside of the export.
    """

    locator: str
    path: str
    texts: list[File]
    attached: list[File]


def _places(folder: Folder, roots: Sequence[str], options: ReadOptions) -> Iterator[_Place]:
    """The folders below the tables' that hold a text of their own name; a second note of it has a number behind."""
    # Deleted notes lie beside the folder "Notes", in which the table may be.
    above = sorted({root.rpartition("/")[0] if PurePosixPath(root).name == "Notes" else root for root in roots})
    open_: list[_Place] = []  # each in the one before
    for listing in folder.walk() if roots else ():
        root = next((each for each in above if _is_below(listing.locator, each)), None)
        if not isinstance(listing, Listing) or root is None:
            continue
        while open_ and not _is_below(listing.locator, open_[-1].locator):
            yield open_.pop()
        name = _plain(PurePosixPath(listing.locator).name)
        texts = [file for file in listing.files if _is_text(file, name) and not options.is_claimed(file.locator)]
        others = [file for file in listing.files if not file.name.lower().endswith(".txt")]
        if texts:
            path = listing.locator[len(root) :].lstrip("/")
            open_.append(_Place(listing.locator, path, sorted(texts, key=_number), others))
        elif open_:
            open_[-1].attached += others
    yield from reversed(open_)


def _is_below(locator: str, root: str) -> bool:
    return locator.startswith(f"{root}/") if root else True


def _is_text(file: File, name: str) -> bool:
    stem, dot, suffix = file.name.rpartition(".")
    return bool(dot) and suffix.lower() == "txt" and name in {_plain(stem), _plain(_NUMBER.sub("", stem))}


def _number(file: File) -> int:
    found = _NUMBER.search(file.name.rpartition(".")[0])
    return int(found["number"]) if found else 0


@dataclass(frozen=True)
class _Note:
    folder: Folder
    file: File
    key: str
    row: _Row | None
    attached: Sequence[File]

    def item(self, options: ReadOptions) -> Item:
        where = self.file.locator
        if _DELETED in PurePosixPath(where).parts[:-1] or (self.row is not None and self.row.is_("deleted")):
            return Problem(where, "trashed-at-source", "It lay among the recently deleted notes of Apple.")
        try:
            text = decode(self.folder.read(where, limit=MAX_TEXT_BYTES))
        except ValueError:
            return Problem(where, "note-too-long", "The file is too large to be a note; it was left where it is.")
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            return Problem(where, "unreadable", f"This note cannot be read ({why}).")
        title, body = _parted(text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
        if not (title or body or self.attached):
            return Problem(where, "empty", "The note is empty.")
        if len(body) > options.note_characters:
            fits = f"at most {options.note_characters:,} fit."
            return Problem(where, "note-too-long", f"The note has {len(body):,} characters; {fits}")
        return Draft(
            source_key=source_key(self.key),
            kind=Kind.NOTE,
            title=title,
            body=body,
            evidence=(*self._evidence(), file_date(self.file)),
            tags=read_text(f"{title}\n{body}").tags,
            media=self._media(),
            collections=(self._collection(),),
            extra={"pinned": True} if self.row and self.row.is_("pinned") else {},
            raw=loose.record({"text": text, **(self.row.told if self.row else {})}),
        )

    def _evidence(self) -> Iterator[TimeEvidence]:
        if self.row is not None:
            yield TimeEvidence(
                basis=TimeBasis.SOURCE, local_at=self.row.made, origin="when Apple says the note was written"
            )
        if self.row is not None and self.row.changed is not None:
            yield TimeEvidence(basis=TimeBasis.SOURCE, local_at=self.row.changed, origin="last changed in Apple Notes")

    def _media(self) -> tuple[MediaRef, ...]:
        return tuple(
            MediaRef(locator=file.locator, role=MediaRole.ATTACHMENT, position=place, name=file.name)
            for place, file in enumerate(self.attached[:MOST_FILES])
        )

    def _collection(self) -> CollectionRef:
        """The folder of the app that the note lay in."""
        parts = PurePosixPath(self.file.locator).parts[:-2]
        inner = parts[len(parts) - parts[::-1].index("Notes") :] if "Notes" in parts else ()
        key, name = ("/".join(inner),) * 2 if inner else ("apple_notes", "Apple Notes")
        return CollectionRef(key=key, name=name, kind=CollectionKind.JOURNAL)


def _parted(text: str) -> tuple[str, str]:
    """The first line is the title, as in the app. Lists are written with signs between tabs."""
    text = _BULLET.sub(lambda found: "  " * len(found["deep"]) + _MARKS.get(found["sign"], f"{found['sign']} "), text)
    lines = text.replace(_ATTACHED, "").strip("\n").split("\n")
    is_title = 0 < len(lines[0].strip()) <= TITLE_CHARACTERS and not _is_item(lines[0])
    return (lines[0].strip(), "\n".join(lines[1:]).strip("\n").rstrip()) if is_title else ("", "\n".join(lines).strip())


def _is_item(line: str) -> bool:
    return line.lstrip().startswith(tuple(_MARKS.values()))
