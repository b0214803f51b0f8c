"""RedNotebook, the journal of the desktop: one text for each month, a map in YAML from its days to what stands there.

A day has a text, and categories with entries or without; those are its tags. The text is in the markup of txt2tags;
from 2026 on it may be in Markdown, which a file beside the months says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    MediaRef,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.encodings import decode
from timeline_local.importers.files import source_key
from timeline_local.importers.front_matter import load_yaml
from timeline_local.importers.note_text import read_text
from timeline_local.importers.trees import joined
from timeline_local.importers.txt2tags import Tagged, tagged_text
from timeline_local.importers.vault import Vault

MAX_MONTH_BYTES = 2 * 1024 * 1024
MOST_BRACKETS = 20_000
SMALL_BYTES = 4 * 1024
MOST_FILES = 1_000  # of one day

_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])\.txt")
_DAY = re.compile(rb"(?:^|\n)'?(?:[1-9]|[12]\d|3[01])'?:(?:[ \t]*\{|[ \t]*\r?\n[ ]+\S)")
_TEXT = re.compile(rb"[\s{,]text:")
_OF_PYTHON = re.compile(r"!!python/(?:unicode|str)[ ]?")  # written by versions of before 2010
_IN_MARKDOWN = re.compile(rb"^markup=markdown\s*$", re.MULTILINE)
_TAGS = "tags"


@dataclass(frozen=True, slots=True)
class RedNotebook:
    name: str = "rednotebook"
    title: str = "RedNotebook"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a text called after a month that begins with a day."""
        found = next((file for file in folder.sample() if _is_month(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no month of RedNotebook in this folder.")
        return Recognition(0.95, f"It holds months of RedNotebook, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each day."""
        vault = Vault(folder)
        for listing, file, done in files_from(folder, _is_month, options, checkpoint):
            if not done:
                yield from _Month(folder, listing, file, options, vault).items()
                yield after(file, 1)


def _is_month(folder: Folder, file: File) -> bool:
    if _MONTH.fullmatch(file.name) is None:
        return False
    head = folder.head(file.locator)
    return _DAY.search(head) is not None and _TEXT.search(head) is not None


@dataclass
class _Month:
    folder: Folder
    listing: Listing
    file: File
    options: ReadOptions
    vault: Vault
    _is_markdown: bool = field(init=False)

    def __post_init__(self) -> None:
        others = (
            each for each in self.listing.files if 0 < each.size <= SMALL_BYTES and not _MONTH.fullmatch(each.name)
        )
        self._is_markdown = any(_IN_MARKDOWN.search(self.folder.head(each.locator)) for each in others)

    def items(self) -> Iterator[Item]:
        """Memory: one month."""
        try:
            text = decode(self.folder.read(self.file.locator, limit=MAX_MONTH_BYTES))
        except ValueError:
            yield Problem(self.file.locator, "note-too-long", "The file is too large to be a month; it was left there.")
            return
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This month cannot be read ({why}).")
            return
        days = load_yaml(_OF_PYTHON.sub("", text), most=MOST_BRACKETS)
        if days is None:
            detail = "This month is no map of days, or it is damaged. RedNotebook itself would not open it."
            yield Problem(self.file.locator, "journal-broken", detail)
            return
        for number, told in sorted(days.items(), key=lambda each: each[0].zfill(2)):
            yield from self._day(number, loose.members(told))

    def _day(self, number: str, told: Mapping[str, Any]) -> Iterator[Item]:
        where = f"{self.file.locator}#{number}"
        day = _date(self.file.name, number)
        if day is None:
            yield Problem(where, "entry-broken", "This is no day of the month.")
            return
        written = told.get("text")
        text = str(written) if isinstance(written, str | int | float) else ""
        found = Tagged(text.strip("\n").rstrip()) if self._is_markdown else tagged_text(text)
        tags, listed = _categories(told)
        note = read_text(found.markdown)
        media, missing = self._media([*found.files, *note.embeds] if self._is_markdown else found.files)
        for name in missing:
            yield Problem(f"{where}/{name}", "file-missing", "The day shows this file, but it is not here.")
        body = "\n\n".join(filter(None, ((note.rest if note.heading else note.body).strip(), *listed)))
        if not (note.heading or body or media or tags):
            yield Problem(where, "empty", "The day is empty.")
        elif len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"The day has {len(body):,} characters; {fits}")
        else:
            yield Draft(
                source_key=source_key(where),
                kind=Kind.NOTE,
                title=note.heading or ("" if body or media else ", ".join(tags)),
                body=body,
                evidence=(
                    TimeEvidence(
                        basis=TimeBasis.SOURCE, local_at=day, precision=Precision.DAY, origin="the day in RedNotebook"
                    ),
                ),
                tags=tuple(dict.fromkeys((*tags, *note.tags))),
                media=media,
                collections=(self._journal(),),
                relations=tuple(
                    RelationRef(kind=RelationKind.RELATED, source_key=source_key(self._key(each)))
                    for each in dict.fromkeys(found.days)
                    if self._key(each) != where
                ),
                raw=loose.record({"text": text, **{name: value for name, value in told.items() if name != "text"}}),
            )

    def _media(self, files: list[str]) -> tuple[tuple[MediaRef, ...], list[str]]:
        """The files that are here; of the others those that are pictures by their names are told."""
        found = {each: self.vault.find(self.file.locator, each) for each in dict.fromkeys(files[:MOST_FILES])}
        here = dict.fromkeys(filter(None, found.values()))
        media = tuple(
            MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=place, name=PurePosixPath(locator).name)
            for place, locator in enumerate(here)
        )
        return media, [PurePosixPath(each).name for each, locator in found.items() if locator is None]

    def _key(self, day: str) -> str:
        return f"{joined(self.listing.locator, day[:7])}.txt#{int(day[8:])}"

    def _journal(self) -> CollectionRef:
        """What the journal is called: the folder of its months."""
        name = PurePosixPath(self.listing.locator).name
        name = "RedNotebook" if name in {"", "data"} else name
        return CollectionRef(key=f"rednotebook/{name}", name=name, kind=CollectionKind.JOURNAL)


def _date(month: str, number: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{month.removesuffix('.txt')}-{number.zfill(2)}")
    except ValueError:
        return None


def _categories(told: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The tags of a day, and the lists of those that have entries."""
    tags: list[str] = []
    listed: list[str] = []
    for name, entries in told.items():
        names = [str(each) for each in loose.members(entries)]
        if name == "text":
            continue
        if str(name).casefold() == _TAGS:
            tags += names
            continue
        tags.append(str(name))
        if names:
            listed.append("\n".join([f"**{name}**", "", *(f"- {tagged_text(each).markdown}" for each in names)]))
    return tags, listed
