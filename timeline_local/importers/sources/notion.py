"""Notion's export as Markdown and CSV: a file for each page, its pictures and sub-pages in a folder of its name.

Pages of a database begin with lines of "Property: value"; the table beside their folder tells which ones there are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, Draft, MediaRef, Problem, RelationKind, RelationRef
from timeline_local.domain.filenames import date_from_path
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.encodings import decode, decode_head
from timeline_local.importers.files import file_date, source_key
from timeline_local.importers.front_matter import dated
from timeline_local.importers.note_text import NoteText, read_text
from timeline_local.importers.trees import joined
from timeline_local.importers.vault import Vault

ITEMS_PER_CHECKPOINT = 100
MAX_PAGE_BYTES = 4 * 1024 * 1024
MOST_LINKS = 100

_PAGE = re.compile(r"(?P<title>.+?)[ ]?(?P<id>[0-9a-f]{32})\.md", re.DOTALL)
_TABLE = re.compile(r"(?P<title>.*?)[ ]?(?P<id>[0-9a-f]{32})(?:_all)?\.csv", re.DOTALL)
_WEB_PAGE = re.compile(r".*[0-9a-f]{32}\.html", re.DOTALL)
_LINK = re.compile(r"(?P<id>[0-9a-f]{32})\.md\)")
_PROPERTY = re.compile(r"(?P<name>[^:\n]{1,100}): (?P<value>.*)")
_ZONE = re.compile(r"\s*\((?:GMT|UTC)(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?\)$")
_WORDED_ZONE = re.compile(r"\s*\([A-Z]{2,5}\)$")
# Properties that say when something was, and words in the names of those that say something else.
_WHEN = ("date", "day", "datum", "tag", "fecha", "data", "dag", "when", "дата", "日期", "日付", "날짜")
_MADE = (
    "created",
    "erstellt",
    "créé",
    "creado",
    "criad",
    "creat",
    "aangemaakt",
    "skapad",
    "создан",
    "创建",
    "作成",
    "생성",
)
_OTHER = ("due", "deadline", "end", "until", "updated", "edited", "modified", "birth", "update", "fällig", "reminder")
_TAGS = frozenset({"tags", "tag", "labels", "schlagwörter", "étiquettes", "etiquetas", "標籤", "标签", "タグ"})
_HINT = "This is an export of Notion as web pages. Export again and choose Markdown & CSV as the format."
_FARTHEST_MIN = 14 * 60


@dataclass(frozen=True, slots=True)
class Notion:
    name: str = "notion"
    title: str = "Notion"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of files that end in the id of a page."""
        sample = folder.sample()
        found = next((file for file in sample if _PAGE.fullmatch(file.name)), None)
        if found is not None:
            return Recognition(0.9, f"It holds pages of Notion, {found.name}.")
        is_web = any(_WEB_PAGE.fullmatch(file.name) for file in sample)
        return Recognition(0.0, "There are no pages of Notion in this folder.", _HINT if is_web else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each page, then the tables whose rows were among them."""
        last = str(checkpoint.get("file", "")) if isinstance(checkpoint, dict) else ""
        reading = _Reading(folder, options)
        for count, (file, columns) in enumerate(reading.pages(), 1):
            if not last:
                yield reading.page(file, columns)
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield Checkpoint({"file": file.locator})
            elif file.locator == last:
                last = ""
        for file in reading.tables:
            options.claimed.add(file.locator)
            yield Problem(file.locator, "twice", "The rows of this table are pages of their own; these are taken.")


@dataclass
class _Reading:
    """tables: those whose rows were found as pages."""

    folder: Folder
    options: ReadOptions
    tables: list[File] = field(default_factory=list)
    _columns: dict[str, tuple[frozenset[str], list[File]]] = field(default_factory=dict)  # by folder
    _vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self._vault = Vault(self.folder)

    def pages(self) -> Iterator[tuple[File, frozenset[str]]]:
        """The pages in the order of the folders, with the properties that those of a database have."""
        for listing in self.folder.walk():
            if not isinstance(listing, Listing):
                continue
            for file in listing.files:
                table = _TABLE.fullmatch(file.name)
                if table is not None and not self.options.is_claimed(file.locator):
                    self._take_table(listing, file, table)
            columns, tables = self._columns.get(listing.locator, (frozenset(), []))
            found = [file for file in listing.files if _PAGE.fullmatch(file.name)]
            found = [file for file in found if not self.options.is_claimed(file.locator)]
            if found:
                self.tables += tables
            for file in found:
                self.options.claimed.add(file.locator)
                yield file, columns

    def _take_table(self, listing: Listing, file: File, table: re.Match[str]) -> None:
        """Rows lie in a folder of the table's name, until 2023 with its id behind it."""
        first = decode_head(self.folder.head(file.locator)).lstrip("\ufeff").split("\n")[:1]
        try:
            names = frozenset(cell.strip() for row in csv.reader(first) for cell in row)
        except csv.Error:
            names = frozenset()
        title = table["title"].strip()
        for name in {title, f"{title} {table['id']}".strip()} - {""}:
            known, files = self._columns.setdefault(joined(listing.locator, name), (frozenset(), []))
            self._columns[joined(listing.locator, name)] = (known | names, [*files, file])

    def page(self, file: File, columns: frozenset[str]) -> Item:
        named = _PAGE.fullmatch(file.name)
        try:
            data = self.folder.read(file.locator, limit=MAX_PAGE_BYTES)
        except ValueError:
            return Problem(
                file.locator, "note-too-long", "The file is too large to be a page; it was left where it is."
            )
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            return Problem(file.locator, "unreadable", f"This page cannot be read ({why}).")
        note = read_text(decode(data))
        told, body = _properties(note.rest if note.heading else note.body, columns)
        title = note.heading or (named["title"].strip() if named else "")
        media = self._media(file, note)
        if not (body or media or told):
            return Problem(file.locator, "empty", f"The page {title} is empty.")
        if len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            return Problem(file.locator, "note-too-long", f"The page has {len(body):,} characters; {fits}")
        key = named["id"] if named else file.locator
        links = (found["id"] for found in _LINK.finditer(note.body))
        tags = [tag for name, value in told.items() if name.casefold() in _TAGS for tag in value.split(",")]
        return Draft(
            source_key=source_key(key),
            kind=Kind.NOTE,
            title=title,
            body=body,
            evidence=(*_evidence(title, told), file_date(file)),
            tags=tuple(dict.fromkeys(filter(None, (*(tag.strip() for tag in tags), *note.tags)))),
            media=media,
            relations=tuple(
                RelationRef(kind=RelationKind.RELATED, source_key=each)
                for each in list(dict.fromkeys(links))[:MOST_LINKS]
                if each != key
            ),
            extra={"properties": dict(told)} if told else {},
            raw=loose.record({"page": decode(data)}),
        )

    def _media(self, file: File, note: NoteText) -> tuple[MediaRef, ...]:
        found = dict.fromkeys(
            locator for target in note.embeds if (locator := self._vault.find(file.locator, target)) is not None
        )
        return tuple(
            MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=place, name=PurePosixPath(locator).name)
            for place, locator in enumerate(each for each in found if not _TABLE.fullmatch(PurePosixPath(each).name))
        )


def _properties(text: str, columns: frozenset[str]) -> tuple[Mapping[str, str], str]:
    """The lines of properties that a page of a database begins with, and its text."""
    lines = text.strip("\n").split("\n")
    told: dict[str, str] = {}
    for count, line in enumerate(lines):
        found = _PROPERTY.fullmatch(line)
        if found is None or found["name"] not in columns:
            return told, "\n".join(lines[count:]).strip("\n")
        told[found["name"]] = found["value"].strip()
    return told, ""


def _evidence(title: str, told: Mapping[str, str]) -> Iterator[TimeEvidence]:
    """What the owner says it was, the day in the title, then when the page was made."""
    meant = {name: name.casefold().strip() for name in told}
    meant = {name: plain for name, plain in meant.items() if not any(word in plain for word in _OTHER)}
    made = [name for name, plain in meant.items() if any(word in plain for word in _MADE)]
    exact = [name for name, plain in meant.items() if plain in _WHEN]
    close = [name for name, plain in meant.items() if any(word in plain for word in _WHEN)]
    yield from _said(told, [name for name in dict.fromkeys((*exact, *close)) if name not in made])
    named = dated(title.lstrip("@"), "title of the page") if title else None
    in_name = date_from_path(PurePosixPath(title.replace("/", "-"))) if title and named is None else None
    if named is not None:
        yield named
    elif in_name is not None:
        yield in_name.evidence()
    yield from _said(told, made)


def _said(told: Mapping[str, str], names: Sequence[str]) -> Iterator[TimeEvidence]:
    for name in names:
        found = _date(told[name], f"property {name}")
        if found is not None:
            yield found


def _date(value: str, origin: str) -> TimeEvidence | None:
    """A date as Notion writes it: "May 1, 2024 10:30 AM (GMT+2) → May 3, 2024" is the first of these."""
    first = value.partition("→")[0].strip().lstrip("@")
    zone = _ZONE.search(first)
    found = dated(_WORDED_ZONE.sub("", _ZONE.sub("", first)), origin)
    if found is None or zone is None or found.local_at is None:
        return found
    minutes = int(zone["hours"]) * 60 + int(zone["minutes"] or 0)
    return (
        replace(found, utc_offset_min=-minutes if zone["sign"] == "-" else minutes)
        if minutes <= _FARTHEST_MIN
        else found
    )
