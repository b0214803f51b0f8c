"""Standard Notes' decrypted backup: one JSON of all things, and a text for each note, which says nothing more.

Tags name their notes, and the tag that they lie in. What a note is written in is told by its type, before 2022 by the
editor that was chosen for it. Files are not in the backup.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.files import extension, source_key
from timeline_local.importers.html_text import html_text
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.lexical import lexical_text
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.trees import joined

HEAD_BYTES = 64 * 1024
ITEMS_PER_CHECKPOINT = 200
MOST_NESTED = 20  # tags

_SIGNS = (re.compile(rb'"items"\s*:\s*\['), re.compile(rb'"content_type"\s*:\s*"'), re.compile(rb'"uuid"\s*:\s*"'))
_READABLE, _SEALED = re.compile(rb'"content"\s*:\s*\{'), re.compile(rb'"content"\s*:\s*"00\d')
_COPIES = "Items"
_OWN = "org.standardnotes.sn"
_EDITORS = (
    ("super", "super"), ("token", "authentication"), ("authenticator", "authentication"), ("markdown", "markdown"),
    ("task", "task"), ("checklist", "task"), ("plus", "rich-text"), ("bold", "rich-text"), ("code", "code"),
    ("spreadsheet", "spreadsheet"),
)  # fmt: skip
_NO_MEMORY = {
    "authentication": "It holds keys of second factors, which are no memory. Keep them where they are safe.",
    "spreadsheet": "It is a spreadsheet. Export it from Standard Notes as a table.",
}
_FIRST_YEAR = 1971  # an earlier date is none
_JOURNAL = CollectionRef(key="standard_notes", name="Standard Notes", kind=CollectionKind.JOURNAL)
_HINT = "This backup of Standard Notes is encrypted. Download it again and choose Decrypted."


@dataclass(frozen=True, slots=True)
class StandardNotes:
    name: str = "standard_notes"
    title: str = "Standard Notes"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a list of things whose contents can be read."""
        sample = folder.sample()
        found = next((file for file in sample if _is_backup(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds notes of Standard Notes, in {found.name}.")
        is_sealed = any(_is_backup(folder, file, _SEALED) for file in sample)
        return Recognition(0.0, "There are no notes of Standard Notes in this folder.", _HINT if is_sealed else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each note. The texts beside the list are left out."""
        seen = Seen()
        for listing, file, done in files_from(folder, _is_backup, options, checkpoint):
            options.claimed.update(_copies(folder, listing))
            yield from _Backup(folder, file, options, seen).items(done)


def _is_backup(folder: Folder, file: File, content: re.Pattern[bytes] = _READABLE) -> bool:
    if extension(file.name) not in {"txt", "json"}:
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    is_list = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and all(sign.search(head) for sign in _SIGNS)
    return is_list and content.search(head) is not None


def _copies(folder: Folder, listing: Listing) -> Iterator[str]:
    """The texts of the same things, each on its own."""
    above = joined(listing.locator, _COPIES)
    for each in folder.walk(after=above):
        if isinstance(each, Listing) and each.locator.startswith(f"{above}/"):
            yield from (file.locator for file in each.files)


@dataclass
class _Backup:
    """Memory: the names of all tags and files, and those of each note; one note."""

    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen
    _tags: dict[str, tuple[str, str]] = field(default_factory=dict)  # name, the one it lies in
    _tagged: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by note
    _files: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # names by note

    def items(self, skip: int) -> Iterator[Item]:
        count, letters = 0, Letters(self.file.locator)
        try:
            self._look_up()
            for told in json_items(self.folder, self.file.locator, "items.item", letters):
                thing = loose.members(told)
                if thing.get("content_type") != "Note":
                    continue
                count += 1
                found = list(self._note(thing, f"{self.file.locator}#{count}"))
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except BrokenJson as error:
            detail = f"After {count:,} notes this file cannot be read any further: {error}. Download it again."
            yield Problem(self.file.locator, "notes-broken", detail)
            return
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This file cannot be read ({why}).")
            return
        yield from letters.told()

    def _look_up(self) -> None:
        """Tags and files; of a broken backup those before the break. Raises OSError."""
        with suppress(BrokenJson):
            for told in json_items(self.folder, self.file.locator, "items.item"):
                thing = loose.members(told)
                kind, content = thing.get("content_type"), loose.members(thing.get("content"))
                if kind == "Tag" and thing.get("deleted") is not True:
                    identifier = loose.text(thing.get("uuid"))
                    above = next(_references(content, "TagToParentTag"), "")
                    self._tags[identifier] = (loose.text(content.get("title")), above)
                    for note in _references(content, "Note"):
                        self._tagged[note].append(identifier)
                elif kind == "File":
                    for note in _references(content, "FileToNote"):
                        self._files[note].append(loose.text(content.get("name")) or "file")

    def _note(self, thing: Mapping[str, Any], where: str) -> Iterator[Draft | Problem]:
        content, identifier = loose.members(thing.get("content")), loose.text(thing.get("uuid"))
        evidence, kind = tuple(_evidence(thing, content)), _kind(content)
        if isinstance(thing.get("content"), str):
            yield Problem(where, "encrypted", "The note is encrypted. Download the backup again as Decrypted.")
        elif not identifier or not evidence:
            yield Problem(where, "note-broken", "The note has no id, or no date that can be read.")
        elif self.seen.number(identifier) > 1:
            yield Problem(where, "twice", "The same note came before in this import; it is kept once.")
        elif thing.get("deleted") is True or content.get("trashed") is True:
            yield Problem(where, "trashed-at-source", "It lay in the trash of Standard Notes.")
        elif kind in _NO_MEMORY:
            yield Problem(where, "unsupported", _NO_MEMORY[kind])
        else:
            yield from self._told(thing, content, evidence, where)

    def _told(
        self,
        thing: Mapping[str, Any],
        content: Mapping[str, Any],
        evidence: tuple[TimeEvidence, ...],
        where: str,
    ) -> Iterator[Draft | Problem]:
        identifier, title = loose.text(thing.get("uuid")), loose.text(content.get("title"))
        body, own = _body(content), loose.members(loose.members(content.get("appData")).get(_OWN))
        for name in self._files.get(identifier, ()):
            yield Problem(f"{where}/{name}", "not-in-export", "The note has this file, but backups lack all files.")
        if not (title or body):
            yield Problem(where, "empty", "The note is empty.")
        elif len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"The note has {len(body):,} characters; {fits}")
        else:
            tags = [self._path(each) for each in self._tagged.get(identifier, ())]
            yield Draft(
                source_key=source_key(identifier),
                kind=Kind.NOTE,
                title=title,
                body=body,
                evidence=evidence,
                tags=tuple(dict.fromkeys(filter(None, (*tags, *read_text(body).tags)))),
                favourite=content.get("starred") is True,
                archived=True in (own.get("archived"), content.get("archived")),
                collections=(_JOURNAL,),
                relations=tuple(
                    RelationRef(kind=RelationKind.RELATED, source_key=each)
                    for each in dict.fromkeys(_references(content, "NoteToNote"))
                    if each != identifier
                ),
                extra={"pinned": True} if True in (own.get("pinned"), content.get("pinned")) else {},
                raw=loose.record(thing),
            )

    def _path(self, identifier: str) -> str:
        """A tag with those that it lies in, from the outermost on."""
        passed: dict[str, str] = {}
        while identifier in self._tags and identifier not in passed and len(passed) < MOST_NESTED:
            passed[identifier], identifier = self._tags[identifier]
        return "/".join(filter(None, reversed(passed.values())))


def _references(content: Mapping[str, Any], kind: str) -> Iterator[str]:
    """The ids of what it names in this way. Tags of old name notes without saying how."""
    for told in map(loose.members, loose.items(content.get("references"))):
        if kind in (told.get("content_type"), told.get("reference_type")):
            yield loose.text(told.get("uuid"))


def _kind(content: Mapping[str, Any]) -> str:
    told, editor = loose.text(content.get("noteType")), loose.text(content.get("editorIdentifier"))
    if told and told != "unknown":
        return told
    return next((kind for word, kind in _EDITORS if word in editor), "plain-text")


def _body(content: Mapping[str, Any]) -> str:
    told = content.get("text")
    text, kind = told.replace("\r\n", "\n") if isinstance(told, str) else "", _kind(content)
    if kind == "rich-text":
        return html_text(text)
    if text.lstrip().startswith("{") and kind in {"super", "task", "plain-text"}:
        with suppress(ValueError):
            state = loose.members(loose.document(text))
            found = lexical_text(state) if "root" in state else "\n\n".join(_tasks(state))
            return found or ("" if kind == "super" else text.strip())
    if kind == "code" and text.strip():
        return f"```\n{text.strip()}\n```"
    return text.strip("\n").rstrip()


def _tasks(state: Mapping[str, Any]) -> Iterator[str]:
    """The groups of a list of tasks."""
    for group in map(loose.members, loose.items(state.get("groups"))):
        lines = [f"## {name}"] if (name := loose.text(group.get("name"))) else []
        tasks = map(loose.members, loose.items(group.get("tasks")))
        signs = ((task, "x" if task.get("completed") is True else " ") for task in tasks)
        yield "\n".join([*lines, *(f"- [{sign}] {loose.text(task.get('description'))}" for task, sign in signs)])


def _evidence(thing: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[TimeEvidence]:
    own = loose.members(loose.members(content.get("appData")).get(_OWN))
    for value, origin in (
        (thing.get("created_at"), "when Standard Notes says it was written"),
        (own.get("client_updated_at") or thing.get("updated_at"), "last changed in Standard Notes"),
    ):
        instant = loose.instant(value)
        if instant is not None and instant.year >= _FIRST_YEAR:
            yield TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin=origin)
