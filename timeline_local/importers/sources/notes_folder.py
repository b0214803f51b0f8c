"""Folders of Markdown and text notes: Obsidian vaults, Logseq journals, plain folders of .txt files.

The day of a note: its front matter, else its name, else its first heading, else the date of its file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, Draft, MediaRef, Problem
from timeline_local.domain.filenames import FILE_NAME, date_from_path
from timeline_local.domain.fingerprints import fold
from timeline_local.domain.fuzzy import parse_edtf
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import front_matter
from timeline_local.importers.archive import File, Folder, Listing, natural_key
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.encodings import decode
from timeline_local.importers.files import file_date, source_key
from timeline_local.importers.note_text import NoteText, read_text
from timeline_local.importers.vault import Vault

LOOKED_AT = 20_000  # files listed to recognise a folder: a vault may begin with a large folder of pictures
ITEMS_PER_CHECKPOINT = 100
MAX_NOTE_BYTES = 4 * 1024 * 1024

_NOTES = (".md", ".markdown", ".txt")
# "2020-09-14", "2020_09_14", "20200914": nothing but a date, so no title.
_ONLY_A_DATE = re.compile(r"\d{4}(?P<sep>[-_. ]?)\d\d(?P=sep)\d\d|\d\d\.\d\d\.\d{4}|\d{4}-\d\d|\d{4}", re.ASCII)
# Notes of a week, a quarter or a year, as Obsidian's periodic notes are called: "2023-W12", "2023-Q2", "2023".
_PERIOD = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?:[-_ ]?(?:W|KW)(?P<week>[0-5]\d)|[-_ ]?Q(?P<quarter>[1-4]))?", re.ASCII | re.IGNORECASE
)
_KEPT_COPIES = re.compile(r"(?:.*/)?logseq/(?:bak|version-files|\.recycle)(?:/.*)?")
_COPY = "Logseq keeps this copy of an earlier version of a page; the page itself is read."
_DATE_AND_TITLE = re.compile(r"\d{4}(?P<sep>[-_.]?)\d\d(?P=sep)\d\d[ _-]+(?P<title>\D.*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class NotesFolder:
    name: str = "notes_folder"
    title: str = "Markdown and text notes"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one note is found."""
        files = (file for listing in folder.walk() if isinstance(listing, Listing) for file in listing.files)
        found = next((file for file in islice(files, LOOKED_AT) if _is_note(file)), None)
        if found is None:
            return Recognition(0.0, "There are no Markdown or text files in this folder.")
        is_markdown = not found.name.lower().endswith(".txt")
        return Recognition(0.9 if is_markdown else 0.6, f"It holds notes, {found.name} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each note, with the files it shows as attachments."""
        vault = Vault(folder)
        start = checkpoint if isinstance(checkpoint, dict) else {}
        after_folder, after_file = str(start.get("folder", "")), str(start.get("file", ""))
        for listing in folder.walk(after=after_folder):
            if isinstance(listing, Problem):
                continue  # the photo source walks the same folders and tells
            notes = [file for file in listing.files if _is_note(file) and not options.is_claimed(file.locator)]
            options.claimed.update(file.locator for file in notes)
            if _KEPT_COPIES.fullmatch(listing.locator):
                yield from (Problem(file.locator, "unsupported", _COPY) for file in notes)
                continue
            after = natural_key(after_file) if listing.locator == after_folder and after_file else ()
            for count, file in enumerate(notes, 1):
                if natural_key(file.name) <= after:
                    continue
                yield _read_note(vault, file, options)
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield Checkpoint({"folder": listing.locator, "file": file.name})
            if notes:
                yield Checkpoint({"folder": listing.locator, "file": notes[-1].name})


def _read_note(vault: Vault, file: File, options: ReadOptions) -> Item:
    try:
        data = vault.folder.read(file.locator, limit=MAX_NOTE_BYTES)
    except ValueError:
        return Problem(file.locator, "note-too-long", "The file is too large to be a note; it was left where it is.")
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        return Problem(file.locator, "unreadable", f"This file cannot be read ({why}).")
    text = decode(data)
    matter, body = front_matter.split(text)
    if not body.strip() and not matter.title:
        return Problem(file.locator, "empty", "The note is empty.")
    if len(body) > options.note_characters:
        fits = f"at most {options.note_characters:,} fit. Split it, then import again."
        detail = f"The note has {len(body):,} characters; {fits}"
        return Problem(file.locator, "note-too-long", detail)
    return _draft(vault, file, matter, read_text(body), data)


def _draft(vault: Vault, file: File, matter: front_matter.FrontMatter, note: NoteText, data: bytes) -> Draft:
    stem = PurePosixPath(file.name).stem
    title, is_from_heading = _title(stem, matter, note)
    extra = dict(matter.extra)
    if note.links:
        extra["links"] = list(note.links)
    return Draft(
        source_key=source_key(file.locator),
        kind=Kind.NOTE,
        title=title,
        body=(note.rest if is_from_heading else note.body).strip("\n"),
        evidence=_evidence(vault, file, matter, note),
        place=matter.place,
        tags=_unique_tags((*matter.tags, *note.tags)),
        media=_attachments(vault, file, note),
        extra=extra,
        raw=data,
    )


def _title(stem: str, matter: front_matter.FrontMatter, note: NoteText) -> tuple[str, bool]:
    """The title, and whether it was the first heading (which then leaves the text)."""
    if matter.title:
        return matter.title, matter.title == note.heading
    if note.heading:
        return note.heading, True
    if _ONLY_A_DATE.fullmatch(stem):
        return "", False
    dated = _DATE_AND_TITLE.fullmatch(stem)
    return unicodedata.normalize("NFC", dated["title"] if dated else stem).strip(), False


def _evidence(vault: Vault, file: File, matter: front_matter.FrontMatter, note: NoteText) -> tuple[TimeEvidence, ...]:
    found = list(matter.evidence)
    path = PurePosixPath(vault.folder.root.name) / file.locator
    named = date_from_path(path.with_suffix(""))
    is_whole = named is not None and named.precision in {Precision.INSTANT, Precision.MINUTE, Precision.DAY}
    heading = _from_heading(note)
    period = _period(path.stem)
    if period is not None:
        found.append(period)
    elif named is not None and (is_whole or heading is None):
        found.append(named.evidence())
    worded = front_matter.day_in_words(path.stem) if named is None else None
    if worded is not None:
        found.append(
            TimeEvidence(basis=TimeBasis.FILE_NAME, local_at=worded, precision=Precision.DAY, origin=FILE_NAME)
        )
    if heading is not None:
        found.append(heading)
    return (*found, file_date(file))


def _period(stem: str) -> TimeEvidence | None:
    match = _PERIOD.fullmatch(stem)
    if match is None:
        return None
    year, span = match["year"], match["year"]
    try:
        if match["week"]:
            first = date.fromisocalendar(int(year), int(match["week"]), 1)
            span = f"{first}/{first + timedelta(days=6)}"
        elif match["quarter"]:
            last = 3 * int(match["quarter"])
            span = f"{year}-{last - 2:02}/{year}-{last:02}"
        return parse_edtf(span).evidence(TimeBasis.FILE_NAME, FILE_NAME)
    except ValueError:
        return None


def _from_heading(note: NoteText) -> TimeEvidence | None:
    named = date_from_path(PurePosixPath(note.any_heading.replace("/", "-")[:100])) if note.any_heading else None
    if named is None:
        return None
    return TimeEvidence(
        basis=TimeBasis.FILE_NAME, local_at=named.local_at, precision=named.precision, origin="first heading"
    )


def _attachments(vault: Vault, file: File, note: NoteText) -> tuple[MediaRef, ...]:
    found = dict.fromkeys(locator for target in note.embeds if (locator := vault.find(file.locator, target)))
    return tuple(
        MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=position, name=PurePosixPath(locator).name)
        for position, locator in enumerate(found)
    )


def _unique_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """In order, each once whatever its case: a tag of the front matter is often repeated in the text."""
    kept: dict[str, str] = {}
    for tag in tags:
        kept.setdefault(fold(tag.lstrip("#")), tag)
    return tuple(kept.values())


def _is_note(file: File) -> bool:
    return file.name.lower().endswith(_NOTES)
