"""Kindle: the highlights and notes of "My Clippings.txt", a memory for each book and day.

Dozens of them are made in an evening; alone none would be a memory. The words around them are in the language of the
device and differ from one model to the next, but the lines do not: the book, where and when, nothing, the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from timeline_local.domain.drafts import JSON, Draft, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.month_names import read_worded_date
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_of_forms
from timeline_local.importers.chat_clocks import read_clock
from timeline_local.importers.encodings import decode, decode_head
from timeline_local.importers.files import extension
from timeline_local.importers.tracks import ProblemLog
from timeline_local.importers.trees import why

CLIPPINGS = "clippings"
HEAD_BYTES = 8 * 1024
LINE_BYTES = 1024 * 1024
MAX_ENTRY_CHARACTERS = 256 * 1024
DRAFTS_PER_CHECKPOINT = 200
COMPARED = 20  # of the last highlights of a day, with which a new one may be the same, longer

_DIVIDER = "=========="
_WHERE = re.compile(r"^- [^|\n]{1,200}(?:\|[^|\n]{1,200}){1,3}$", re.MULTILINE)
_BOOK = re.compile(r"(?P<title>.+?)\s*\((?P<author>[^()]*(?:\([^()]*\)[^()]*)*)\)\s*")
_CLOCK = re.compile(
    r"(?:(?<=[\s日])(?P<half>[^\d\s:,]{1,6})\s?)?(?P<digits>\d{1,2}[:.]\d\d[:.]\d\d)\s*(?P<after>[^\d:]{1,12})?$"
)
_NOTES = re.compile(
    r"\b(?:note|notiz|nota|notitie|anotaç[aã]o|anteckning|notatka|заметка|примечание)\b|メモ|笔记|筆記|메모",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_LIMITED = re.compile(r"<[^<>]*(?:limit|límite|limite|Limit)[^<>]*>")  # what a publisher does not let be copied


@dataclass(frozen=True, slots=True)
class Kindle:
    name: str = "kindle"
    title: str = "Kindle"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a text whose entries are divided as a Kindle does, and say where and when."""
        found = next((file for file in folder.sample() if _form(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no clippings of a Kindle here.")
        return Recognition(0.95, f"It holds clippings of a Kindle, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each book and day, of all files together. Memory: all clippings, which people made by hand."""
        start = checkpoint if isinstance(checkpoint, dict) else {}
        done = start.get("days")
        skip = done if isinstance(done, int) else 0
        days: dict[tuple[str, str, date], _Day] = {}
        for file, _ in files_of_forms(folder, _form, options):
            log = ProblemLog(file.locator)
            for problem in _gather(folder, file, days, log):
                if not start:  # else it was told before
                    yield problem
        yield Checkpoint({"days": skip})
        for count, (key, day) in enumerate(days.items(), 1):
            if count > skip:
                yield day.draft(*key)
                if count % DRAFTS_PER_CHECKPOINT == 0:
                    yield Checkpoint({"days": count})


def _form(folder: Folder, file: File) -> str:
    if extension(file.name) != "txt":
        return ""
    head = decode_head(folder.head(file.locator, HEAD_BYTES)).replace("\r", "")
    return CLIPPINGS if f"\n{_DIVIDER}" in head and _WHERE.search(head) is not None else ""


@dataclass(frozen=True, slots=True)
class _Clip:
    """A highlight, or what the reader wrote. places: the numbers of its page and location."""

    at: datetime
    text: str
    places: frozenset[str]
    is_note: bool

    def is_same(self, other: _Clip) -> bool:
        is_near = self.is_note == other.is_note and not self.places.isdisjoint(other.places)
        return is_near and (self.text in other.text or other.text in self.text)

    def lines(self) -> Iterator[str]:
        """As a quote, unless the reader's own."""
        return (line if self.is_note else f"> {line}" for line in self.text.split("\n"))


@dataclass(slots=True)
class _Day:
    """What was clipped of a book on one day."""

    clips: list[_Clip] = field(default_factory=list)

    def add(self, clip: _Clip) -> None:
        """A highlight that was made longer stands there twice: the longer one counts, at the time of the first."""
        for index in range(len(self.clips) - 1, max(len(self.clips) - COMPARED, 0) - 1, -1):
            other = self.clips[index]
            if clip.is_same(other):
                self.clips[index] = replace(other, text=max(other.text, clip.text, key=len))
                return
        self.clips.append(clip)

    def draft(self, title: str, author: str, day: date) -> Draft:
        clips = sorted(self.clips, key=lambda clip: clip.at)
        quoted = ("\n".join(each.lines()) for each in clips)
        return Draft(
            source_key=f"{title}/{author}/{day.isoformat()}",
            kind=Kind.NOTE,
            title=f"{title} — {author}" if author else title,
            body="\n\n".join(quoted),
            evidence=(TimeEvidence(basis=TimeBasis.SOURCE, local_at=clips[0].at, origin="the Kindle's clock"),),
            extra={"clippings": len(clips)},
        )


def _gather(folder: Folder, file: File, days: dict[tuple[str, str, date], _Day], log: ProblemLog) -> Iterator[Problem]:
    try:
        for count, lines in enumerate(_entries(folder, file), 1):
            title, author = _book(lines[0])
            at = _when(lines[1]) if len(lines) > 1 else None
            text = "\n".join(lines[2:]).strip()
            if not title or at is None:
                detail = "This entry names no book, or no time that can be read."
                yield from log.note(f"entry {count}", "no-time", detail)
            elif not text:
                yield from log.note(f"entry {count}", "empty", "It is a bookmark, or a highlight without words.")
            elif _LIMITED.fullmatch(text):
                detail = "The publisher does not let more of this book be copied; the words are missing."
                yield from log.note(f"entry {count}", "empty", detail)
            else:
                day = days.setdefault((title, author, at.date()), _Day())
                where = lines[1].rpartition("|")[0]
                is_note = _NOTES.search(where.partition("|")[0]) is not None
                day.add(_Clip(at, text, frozenset(_NUMBER.findall(where)), is_note))
    except OSError as error:
        yield from log.problem("unreadable", f"This file cannot be read ({why(error)}).")
    yield from log.rest()


def _entries(folder: Folder, file: File) -> Iterator[list[str]]:
    """The lines of each entry, without the empty ones before it."""
    lines: list[str] = []
    size = 0
    with folder.open_text(file.locator) as opened:
        while data := opened.readline(LINE_BYTES):
            line = decode(data).strip("\ufeff\r\n")
            if line.strip() == _DIVIDER:
                if lines:
                    yield lines
                lines, size = [], 0
            elif (lines or line.strip()) and size < MAX_ENTRY_CHARACTERS:
                lines.append(line)
                size += len(line)
    if len(lines) > 1:
        yield lines


def _book(line: str) -> tuple[str, str]:
    """Title and author, who stands in the last brackets."""
    plain = loose.text(line.strip("\ufeff"))
    found = _BOOK.fullmatch(plain)
    return (found["title"], found["author"].strip()) if found else (plain, "")


def _when(line: str) -> datetime | None:
    """Of the last part of "- Your Highlight on page 23 | Added on Friday, January 1, 2021 12:00:00 PM"."""
    text = line.rpartition("|")[2].replace("\u202f", " ").replace("\u00a0", " ").strip()
    found = _CLOCK.search(text)
    if found is None:
        return None
    on = read_worded_date(text[: found.start()]) or read_worded_date(text[: found.start("digits")])
    spelled = [f"{found['half'] or ''} {found['digits']} {found['after'] or ''}", found["digits"]]
    clock: time | None = next(filter(None, (read_clock(each.replace(".", ":")) for each in spelled)), None)
    return datetime.combine(on, clock) if isinstance(on, date) and clock is not None else None
