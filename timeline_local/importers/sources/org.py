"""Org files: journals of org-journal, date trees, dated headings, and notes as org-roam and Denote keep them.

An entry of a journal is a memory; a file without any is one. Org tells no zone: its times are clocks on the wall.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, Draft, MediaRef, Problem, RelationKind, RelationRef
from timeline_local.domain.filenames import date_from_path
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.encodings import decode, decode_head
from timeline_local.importers.files import file_date, source_key
from timeline_local.importers.org_entries import Entry, entries_of
from timeline_local.importers.org_outline import Outline, Stamp, outline_of, stamp_in
from timeline_local.importers.org_text import OrgText, org_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.vault import Vault

HEAD_BYTES = 4 * 1024
MAX_FILE_BYTES = 16 * 1024 * 1024
ITEMS_PER_CHECKPOINT = 200

_NAMES = (".org", ".org_archive")
_SEALED_NAMES = (".org.gpg", ".org.age")
_JOURNAL_NAME = re.compile(r"\d{4}-?(?:\d\d-?(?:\d\d)?)?", re.ASCII)  # as org-journal calls its files: no extension
_BEGINS = re.compile(r"\s*(?:\* \S|#\+\w+:)")
_DENOTE = re.compile(r"\d{8}T\d{6}(?:==\S+?)?--(?P<title>[^_]+)(?:__(?P<tags>\S+))?")
_ROAM = re.compile(r"\d{8,14}[-_](?P<title>.+)", re.ASCII)
_SEALED = "-----BEGIN PGP MESSAGE-----"


@dataclass(frozen=True, slots=True)
class Org:
    name: str = "org"
    title: str = "Org files"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one file is found."""
        sample = folder.sample()
        found = next((file for file in sample if _is_org(folder, file)), None)
        if found is not None:
            return Recognition(0.9, f"It holds Org files, {found.name} for one.")
        is_sealed = any(file.name.lower().endswith(_SEALED_NAMES) for file in sample)
        hint = "These Org files are encrypted. Decrypt them, and choose the .org files." if is_sealed else ""
        return Recognition(0.0, "There are no Org files in this folder.", hint)

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry, and for what of a file belongs to none."""
        vault = Vault(folder)
        for _, file, done in files_from(folder, _is_org, options, checkpoint):
            yield from _Reading(folder, vault, file, options).items(done)


def _is_org(folder: Folder, file: File) -> bool:
    name = file.name.lower()
    if name.endswith(_NAMES):
        return True
    is_journal = _JOURNAL_NAME.fullmatch(name) is not None
    return is_journal and _BEGINS.match(decode_head(folder.head(file.locator, HEAD_BYTES))) is not None


@dataclass
class _Reading:
    """One file. Memory: the file."""

    folder: Folder
    vault: Vault
    file: File
    options: ReadOptions
    seen: Seen = field(default_factory=Seen)

    def items(self, skip: int) -> Iterator[Item]:
        try:
            data = self.folder.read(self.file.locator, limit=MAX_FILE_BYTES)
        except ValueError:
            yield Problem(
                self.file.locator, "note-too-long", "The file is too large for notes; it was left where it is."
            )
            return
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This file cannot be read ({why}).")
            return
        outline = outline_of(decode(data))
        count = given = 0
        for count, entry in enumerate(entries_of(outline, self._day()), 1):
            found = list(self._entry(entry, outline, count))
            given += len(found)
            if count > skip:
                yield from found
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield after(self.file, count)
        if not given and not skip:
            yield Problem(self.file.locator, "empty", "The file holds no text.")

    def _day(self) -> date | None:
        """The day that the file's name is, as of a daily journal."""
        stem = PurePosixPath(self.file.name).stem
        named = date_from_path(PurePosixPath(stem)) if _JOURNAL_NAME.fullmatch(stem) else None
        return named.local_at.date() if named is not None and named.precision is Precision.DAY else None

    def _entry(self, entry: Entry, outline: Outline, number: int) -> Iterator[Draft | Problem]:
        where = f"{self.file.locator}#{number}"
        lines, is_sealed = _lines(entry)
        if is_sealed:
            yield Problem(
                where, "encrypted", "A part of this entry is encrypted; it was left out. Decrypt it in Emacs."
            )
        told = org_text(lines)
        media, missing = self._media(told, entry)
        for path in missing:
            yield Problem(f"{where}/{path}", "file-missing", "The entry links to this file, but it is not here.")
        is_file = entry.at is None
        title = self._title(outline) if is_file else _plain(entry.title)
        has_words = bool(told.markdown or media or (title and not is_file))
        if not has_words:
            if not is_file:
                yield Problem(where, "empty", "The entry is empty.")
        elif len(told.markdown) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"The entry has {len(told.markdown):,} characters; {fits}")
        else:
            yield Draft(
                source_key=source_key(self._key(entry)),
                kind=Kind.NOTE,
                title=title,
                body=told.markdown,
                evidence=self._evidence(entry, outline),
                tags=_tags(entry, self.file),
                media=media,
                relations=tuple(RelationRef(kind=RelationKind.RELATED, source_key=f"id/{each}") for each in told.ids),
                extra={"state": entry.keyword} if entry.keyword else {},
                raw=loose.record({"path": self.file.locator, "org": "\n".join(lines)}),
            )

    def _key(self, entry: Entry) -> str:
        """An id, where Emacs gave one; else the file, and which entry of what time it is."""
        if entry.identifier:
            return self.seen.unique(f"id/{entry.identifier}")
        if entry.at is None:
            return self.file.locator
        stamp = entry.at.local_at.isoformat(timespec="minutes") if entry.at.has_clock else entry.at.local_at.date()
        return self.seen.unique(f"{self.file.locator}#{stamp}")

    def _title(self, outline: Outline) -> str:
        told = outline.settings.get("TITLE", "")
        if told:
            return _plain(told)
        stem = PurePosixPath(self.file.name).stem
        if _JOURNAL_NAME.fullmatch(stem):
            return ""
        named = _DENOTE.fullmatch(stem) or _ROAM.fullmatch(stem)
        return re.sub(r"[-_]+", " ", named["title"]).strip() if named else stem

    def _evidence(self, entry: Entry, outline: Outline) -> tuple[TimeEvidence, ...]:
        if entry.at is not None:
            return (_said(entry.at, entry.origin),)
        settings = ("DATE", "CREATED")
        told = [(outline.settings.get(name, ""), f"#+{name}") for name in settings]
        told.append((outline.top.properties.get("CREATED", ""), "property CREATED of the file"))
        found = [_said(stamp, origin) for value, origin in told if (stamp := stamp_in(value)) is not None]
        path = PurePosixPath(self.folder.root.name) / self.file.locator
        named = date_from_path(path.with_suffix(""))
        return (*found, *([named.evidence()] if named is not None else []), file_date(self.file))

    def _media(self, told: OrgText, entry: Entry) -> tuple[tuple[MediaRef, ...], list[str]]:
        found: dict[str, None] = {}
        missing: list[str] = []
        for path in told.files:
            locator = self._attached(path, entry) or self.vault.find(self.file.locator, path)
            if locator is not None:
                found[locator] = None
            elif "." in PurePosixPath(path).name and not path.lower().endswith(_NAMES):
                missing.append(path)
        media = tuple(
            MediaRef(locator=each, role=MediaRole.ATTACHMENT, position=position, name=PurePosixPath(each).name)
            for position, each in enumerate(found)
        )
        return media, missing

    def _attached(self, path: str, entry: Entry) -> str | None:
        """A file that Emacs keeps for a heading: in a folder by its id, the first two letters apart."""
        if len(entry.identifier) <= 2:  # noqa: PLR2004 - letters
            return None
        return self.vault.find(self.file.locator, f"data/{entry.identifier[:2]}/{entry.identifier[2:]}/{path}")


def _lines(entry: Entry) -> tuple[list[str], bool]:
    """The text of an entry with the headings below it, as Org; and whether some of it is encrypted."""
    lines: list[str] = []
    ahead = [(part, 0) for part in reversed(entry.parts)]
    base = min((part.level for part in entry.parts), default=0)
    while ahead:
        heading, depth = ahead.pop()
        if depth:
            state = f"{heading.keyword} " if heading.keyword else ""
            lines += ["", f"{'#' * min(heading.level - base + 1, 6)} {state}{heading.title}", ""]
        lines += heading.lines
        ahead += [(child, depth + 1) for child in reversed(heading.children)]
    text = "\n".join(lines)
    if _SEALED not in text:
        return lines, False
    kept = re.sub(rf"{_SEALED}.*?(?:-----END PGP MESSAGE-----|\Z)", "", text, flags=re.DOTALL)
    return kept.split("\n"), True


def _said(stamp: Stamp, origin: str) -> TimeEvidence:
    return TimeEvidence(basis=TimeBasis.SOURCE, local_at=stamp.local_at, precision=stamp.precision, origin=origin)


def _plain(title: str) -> str:
    """A title is no Markdown: links in it are their words."""
    return re.sub(r"\[\[[^\[\]]+\]\[([^\[\]]+)\]\]", r"\1", re.sub(r"\[\[([^\[\]]+)\]\]", r"\1", title)).strip()


def _tags(entry: Entry, file: File) -> tuple[str, ...]:
    named = _DENOTE.fullmatch(PurePosixPath(file.name).stem)
    of_name: Sequence[str] = named["tags"].split("_") if named and named["tags"] else ()
    return tuple(dict.fromkeys(each for each in (*entry.tags, *of_name) if each and each != "crypt"))
