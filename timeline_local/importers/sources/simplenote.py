"""Simplenote's export: one JSON of all notes, and a text file for each that says the same, without its date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from timeline_local.domain.drafts import JSON, Draft, PersonRef, Problem, RelationKind, RelationRef
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.encodings import decode_head
from timeline_local.importers.files import file_date, source_key
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.seen import Seen
from timeline_local.importers.trees import joined

HEAD_BYTES = 16 * 1024
ITEMS_PER_CHECKPOINT = 200
TITLE_CHARACTERS = 150
ALIKE_CHARACTERS = 200  # at the start of a note and its text file

_LISTS = ("activeNotes", "trashedNotes")
_LINK = re.compile(r"simplenote://note/(?P<id>[\w-]{8,80})")


@dataclass(frozen=True, slots=True)
class Simplenote:
    name: str = "simplenote"
    title: str = "Simplenote"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as the list of notes is found."""
        found = next((file for file in folder.sample() if _is_export(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no notes of Simplenote in this folder.")
        return Recognition(0.95, "It holds notes of Simplenote.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each note. The text files beside them are left out."""
        for listing, file, done in files_from(folder, _is_export, options, checkpoint):
            notes = _Notes(folder, file, options)
            options.claimed.update(notes.copies(listing))
            yield from notes.items(done)


def _is_export(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return b'"activeNotes"' in head and (b'"creationDate"' in head or b'"trashedNotes"' in head)


@dataclass
class _Notes:
    folder: Folder
    file: File
    options: ReadOptions

    def items(self, skip: int) -> Iterator[Item]:
        """Memory: one note."""
        count, letters, seen = 0, Letters(self.file.locator), Seen()
        try:
            for name in _LISTS:
                for told in json_items(self.folder, self.file.locator, f"{name}.item", letters):
                    count += 1
                    where = f"{self.file.locator}#{count}"
                    item = self._note(loose.members(told), where, seen) if name == _LISTS[0] else _trashed(where)
                    if count > skip:
                        yield item
                        if count % ITEMS_PER_CHECKPOINT == 0:
                            yield after(self.file, count)
        except BrokenJson as error:
            detail = f"After {count:,} notes this file cannot be read any further: {error}. Export it again."
            yield Problem(self.file.locator, "notes-broken", detail)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This file cannot be read ({why}).")
        yield from letters.told()

    def copies(self, listing: Listing) -> Iterator[str]:
        """The text files above the list, and in the trash there, that begin as one of its notes does."""
        above = listing.locator.rpartition("/")[0]
        wanted = {above, joined(above, "trash"), listing.locator}
        begins: set[int] = set()
        for each in self.folder.walk(after=above):
            if not isinstance(each, Listing) or each.locator not in wanted:
                continue
            for file in each.files:
                if file.name.lower().endswith(".txt"):
                    begins = begins or set(self._begins())
                    text = decode_head(self.folder.head(file.locator, 4 * ALIKE_CHARACTERS))
                    if hash(_begin(text)) in begins or hash(_begin(text.partition("\n\nTags:\n")[0])) in begins:
                        yield file.locator

    def _begins(self) -> Iterator[int]:
        try:
            for name in _LISTS:
                for told in json_items(self.folder, self.file.locator, f"{name}.item"):
                    yield hash(_begin(_content(loose.members(told))))
        except (BrokenJson, OSError):
            return  # told by whoever reads the notes

    def _note(self, note: Mapping[str, Any], where: str, seen: Seen) -> Item:
        identifier, content = loose.text(note.get("id")), _content(note)
        key = seen.unique(identifier) if identifier else ""
        title, body = _parted(content)
        if not key:
            return Problem(where, "note-broken", "The note has no id.")
        if not content:
            return Problem(where, "empty", "The note is empty.")
        if len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit. Split it in Simplenote, then export again."
            return Problem(where, "note-too-long", f"The note has {len(body):,} characters; {fits}")
        told: dict[str, JSON] = {"pinned": note.get("pinned") is True, "url": loose.text(note.get("publicURL"))}
        links = (found["id"] for found in _LINK.finditer(content))
        return Draft(
            source_key=source_key(key),
            kind=Kind.NOTE,
            title=title,
            body=body,
            evidence=(*_evidence(note), file_date(self.file)),
            tags=loose.texts(note.get("tags")),
            people=tuple(
                PersonRef(name=each, kind="email", value=each) for each in loose.texts(note.get("collaboratorEmails"))
            ),
            relations=tuple(
                RelationRef(kind=RelationKind.RELATED, source_key=each)
                for each in dict.fromkeys(links)
                if each != identifier
            ),
            extra={name: value for name, value in told.items() if value},
            raw=loose.record(note),
        )


def _trashed(where: str) -> Problem:
    return Problem(where, "trashed-at-source", "It lay in the trash of Simplenote.")


def _content(note: Mapping[str, Any]) -> str:
    return loose.text(note.get("content")).replace("\r\n", "\n").replace("\r", "\n")


def _begin(text: str) -> str:
    return " ".join(text.split())[: ALIKE_CHARACTERS // 2]


def _parted(content: str) -> tuple[str, str]:
    """The first line is the title, as in the app; one that is too long for that is of the text."""
    first, _, rest = content.partition("\n")
    title = first.lstrip("#").strip() if first.startswith("#") and first.lstrip("#").startswith(" ") else first.strip()
    return (title, rest.strip("\n").rstrip()) if len(title) <= TITLE_CHARACTERS else ("", content)


def _evidence(note: Mapping[str, Any]) -> Iterator[TimeEvidence]:
    told = (("creationDate", "when Simplenote says it was written"), ("lastModified", "last changed in Simplenote"))
    for name, origin in told:
        instant = loose.instant(note.get(name))
        if instant is not None:
            yield TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin=origin)
