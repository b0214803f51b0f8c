"""KakaoTalk: the text that phones and computers export of a chat, in Korean or English, and the table of a Mac.

Computers write a line a day and "[who] [time] words"; phones write the date into every line: "date, who : words".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON
from timeline_local.domain.month_names import read_worded_date
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_clocks import read_clock
from timeline_local.importers.chat_reading import SYSTEM, UNSENT, Chat, Program, Said, author, read_chats, sent_by_clock
from timeline_local.importers.conversations import is_there
from timeline_local.importers.encodings import decode, decode_head
from timeline_local.importers.json_stream import Letters
from timeline_local.importers.table_rows import csv_rows

HEAD_BYTES = 8 * 1024
MAX_LINE_BYTES = 1024 * 1024
MAX_LINES = 20_000  # of one message
_TITLES = re.compile(
    r"(?:(?P<name>.{1,200}?)(?: \d+)? ?님과(?:의)? 카카오톡 ?대화|(?P<room>.{1,200}?) 카카오톡 대화"
    r"|KakaoTalk Chats with (?P<with>.{1,200})|Chat with (?P<chat>.{1,200})"
    r"|(?P<talk>.{1,200}?) (?:with KakaoTalk|Talk) Chats)"
)
_SAVED = re.compile(r"(?:저장한 ?날짜|Date Saved|Saved Date) ?: ?.+", re.IGNORECASE)
_DAY = re.compile(r"-{5,} ?(?P<day>.{6,40}?) ?-{5,}")
_OF_COMPUTERS = re.compile(r"\[(?P<who>[^\]\n]{1,100})\] \[(?P<clock>[^\]\n]{4,14})\] ?(?P<text>.*)")
_DATE = r"(?:\d{4}년 \d{1,2}월 \d{1,2}일|\d{4}\. ?\d{1,2}\. ?\d{1,2}\.|[A-Z][a-z]{2,8} \d{1,2}, \d{4},?(?: at)?)"
_OF_PHONES = re.compile(rf"(?P<day>{_DATE})[ \u202f](?P<clock>[^,\n]{{4,14}}?)(?:, (?P<rest>.*))?")
_SPOKEN = re.compile(r"(?P<who>[^:\n]{1,100}?) : (?P<text>.*)")
_ONLY_DAY = re.compile(rf"{_DATE}(?: [^\W\d]{{2,10}})?")
_NUMBERED = re.compile(r"(?P<year>\d{4})\. ?(?P<month>\d{1,2})\. ?(?P<day>\d{1,2})\.")
_FILE = re.compile(r"[\w-]{4,100}\.\w{2,5}")
_GONE = frozenset({"삭제된 메시지입니다.", "This message was deleted."})
_TABLE = re.compile(rb'\W*Date"?,"?User"?,"?Message"?\s')


@dataclass(frozen=True, slots=True)
class KakaoTalk:
    name: str = "kakaotalk"
    title: str = "KakaoTalk"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one chat is found, whatever it is called."""
        found = next((file for file in folder.sample() if _form(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no exported chat of KakaoTalk in this folder.")
        return Recognition(0.9, f"It holds an exported chat of KakaoTalk, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""

        def tell(file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:  # noqa: ARG001 - neither has any
            return (_table if _form(folder, file) == "table" else _text)(folder, file)

        yield from read_chats(folder, options, checkpoint, program=Program("KakaoTalk"), is_chat=_is_chat, tell=tell)


def _form(folder: Folder, file: File) -> str:
    """By its first lines: what the chat is called and when it was saved, then a day or a message."""
    name = file.name.lower()
    if name.endswith(".csv"):
        return "table" if _TABLE.match(folder.head(file.locator, HEAD_BYTES)) else ""
    if not name.endswith(".txt"):
        return ""
    lines = [line.strip("\ufeff\r ") for line in decode_head(folder.head(file.locator, HEAD_BYTES)).split("\n")][:40]
    is_saved = any(_SAVED.fullmatch(line) for line in lines[:4])
    is_called = any(_TITLES.fullmatch(line) for line in lines[:4])
    days = any(_DAY.fullmatch(line) for line in lines) and any(_OF_COMPUTERS.fullmatch(line) for line in lines)
    phones = any((found := _OF_PHONES.fullmatch(line)) and _SPOKEN.fullmatch(found["rest"] or "") for line in lines)
    return "text" if (is_saved or is_called) and (days or phones) else ""


def _is_chat(folder: Folder, file: File) -> bool:
    return bool(_form(folder, file))


def _text(folder: Folder, file: File) -> Iterator[tuple[Chat, Said]]:
    home, chat = file.locator.rpartition("/")[0], _named(folder, file)
    day: date | None = None
    begun: tuple[datetime | None, str] | None = None
    words: list[str] = []

    def said() -> Said:
        at, who = begun or (None, "")
        text = "\n".join(words).strip()
        near = [f"{home}/{each}".lstrip("/") for each in text.split("\n") if _FILE.fullmatch(each)]
        here = [each for each in near if is_there(folder, each)] if len(near) == text.count("\n") + 1 else []
        return Said(
            at=sent_by_clock(at),
            author=author(who),
            body="" if here and len(here) == len(near) else text,
            files=tuple((each,) for each in here),
            skipped=SYSTEM if not who else UNSENT if text in _GONE else "",
        )

    for line in _lines(folder, file):
        head = _head(line, day)
        if head is None:
            words += [line] if begun is not None and len(words) < MAX_LINES else []
            continue
        if begun is not None:
            yield chat, said()
        day, begun, words = head.day or day, head.begun, [head.text]
    if begun is not None:
        yield chat, said()


@dataclass(frozen=True, slots=True)
class _Head:
    """A line that ends the message before: a day, or the beginning of a message."""

    day: date | None = None
    begun: tuple[datetime | None, str] | None = None
    text: str = ""


def _head(line: str, day: date | None) -> _Head | None:
    parted = _DAY.fullmatch(line)
    if parted is not None:
        return _Head(_date(parted["day"]))
    spoken = _OF_COMPUTERS.fullmatch(line)
    if spoken is not None and read_clock(spoken["clock"]) is not None:
        return _Head(begun=(_moment(day, spoken["clock"]), spoken["who"].strip()), text=spoken["text"])
    found = _OF_PHONES.fullmatch(line)
    if found is not None and read_clock(found["clock"]) is not None:
        on, rest = _date(found["day"]), found["rest"]
        if rest is None:
            return _Head(on)  # a line that only says when the next ones were written
        who = _SPOKEN.fullmatch(rest)
        return _Head(on, (_moment(on, found["clock"]), who["who"].strip() if who else ""), who["text"] if who else rest)
    return _Head(_date(line)) if _ONLY_DAY.fullmatch(line) or _SAVED.fullmatch(line) else None


def _date(text: str) -> date | None:
    found = _NUMBERED.fullmatch(text.strip())
    if found is None:
        return read_worded_date(text)
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def _moment(day: date | None, clock: str) -> datetime | None:
    at = read_clock(clock)
    return None if day is None or at is None else datetime.combine(day, at)


def _table(folder: Folder, file: File) -> Iterator[tuple[Chat, Said]]:
    name = PurePosixPath(file.name).stem
    try:
        for at, row in enumerate(csv_rows(folder, file.locator, delimiter=",")):
            if at:
                when, who, text = (loose.text(cell) for cell in [*row, "", "", ""][:3])
                gone = UNSENT if text in _GONE else ""
                yield Chat(name, name), Said(at=sent_by_clock(_iso(when)), author=author(who), body=text, skipped=gone)
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def _named(folder: Folder, file: File) -> Chat:
    for _, line in zip(range(4), _lines(folder, file), strict=False):
        found = _TITLES.fullmatch(line)
        if found is not None:
            name = next(filter(None, found.groups()), "").strip()
            return Chat(name, name)
    stem = PurePosixPath(file.name).stem
    return Chat(stem, stem)


def _lines(folder: Folder, file: File) -> Iterator[str]:
    with folder.open_text(file.locator) as opened:
        while data := opened.readline(MAX_LINE_BYTES):
            yield decode(data).strip("\ufeff\r\n")
