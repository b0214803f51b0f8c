"""LINE: the text of an exported chat. A line with the day, then a line a message: time, who, words, parted by tabs.

Words of several lines stand in quotes. Whether 9/8/2026 is in August or September is decided by the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_clocks import read_clock
from timeline_local.importers.chat_heads import Line as Head
from timeline_local.importers.chat_heads import Numbers
from timeline_local.importers.chat_lines import chat_order
from timeline_local.importers.chat_reading import SYSTEM, UNSENT, Chat, Program, Said, author, read_chats, sent_by_clock
from timeline_local.importers.encodings import decode, decode_head
from timeline_local.importers.json_stream import Letters

HEAD_BYTES = 8 * 1024
MAX_LINE_BYTES = 1024 * 1024
MAX_LINES = 20_000  # of one message
_HEAD = "[LINE]"
_TITLES = re.compile(
    r"\[LINE\]\s*(?:(?:Chat history (?:with|in)|Chat with|ประวัติการสนทนากับ|ประวัติการแชทกับ|與|与)\s*"
    r"(?P<behind>.+?)\s*(?:的聊天(?:記錄|记录))?|(?P<before>.+?)\s*(?:との|の)トーク履歴|(?P<plain>.+))"
)
# "2024/01/15(Mon)", "2024.01.15 Monday", "Fri, 9/25/2026"
_WEEKDAY = r"[^\d\s/.,()]{1,16}"
_DAY = re.compile(
    rf"(?:{_WEEKDAY}\.?, ?)?"
    rf"(?P<one>\d{{1,4}})[/.](?P<two>\d{{1,2}})[/.](?P<three>\d{{1,4}})\.?(?: ?\(?{_WEEKDAY}\.?\)?)?"
)
_CALL = re.compile(r"☎[^\d]{0,40}(?P<long>\d{1,3}(?::\d\d){1,2})")
_UNSENT = re.compile(r"unsent a message|メッセージの送信を取り消しました|已收回訊息|已撤回|ยกเลิกข้อความ")


@dataclass(frozen=True, slots=True)
class Line:
    name: str = "line"
    title: str = "LINE"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one chat is found, whatever it is called."""
        found = next((file for file in folder.sample() if _is_chat(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no exported chat of LINE in this folder.")
        return Recognition(0.9, f"It holds an exported chat of LINE, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""

        def tell(file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:  # noqa: ARG001 - a text has none
            return _told(folder, file)

        yield from read_chats(folder, options, checkpoint, program=Program("LINE"), is_chat=_is_chat, tell=tell)


def _is_chat(folder: Folder, file: File) -> bool:
    """By its first line, or where that was taken off by a day and a message below it."""
    if not file.name.lower().endswith(".txt"):
        return False
    lines = [line.strip("\ufeff\r ") for line in decode_head(folder.head(file.locator, HEAD_BYTES)).split("\n")]
    has_head = lines[0].startswith(_HEAD)
    days = [at for at, line in enumerate(lines[:40]) if _DAY.fullmatch(line)]
    return any(_message(line) is not None for at in days[:3] for line in lines[at + 1 : at + 40]) and (
        has_head or any(line.count("\t") > 1 for line in lines)
    )


def _message(line: str) -> tuple[time, str, str] | None:
    """(time, who, words) of a line that begins a message; nobody for what LINE says itself."""
    at, tab, rest = line.partition("\t")
    clock = read_clock(at) if tab else None
    if clock is None:
        return None
    who, tab, words = rest.partition("\t")
    return (clock, who.strip(), words) if tab else (clock, "", who)


def _told(folder: Folder, file: File) -> Iterator[tuple[Chat, Said]]:
    """Read twice: for the order of day and month, then for the messages."""
    order = chat_order(each for line in _lines(folder, file) if (each := _day(line)) is not None)
    chat = Chat("", "")
    day: Numbers | None = None
    begun: tuple[Numbers, time, str] | None = None
    words: list[str] = []

    def said() -> Said:
        date, clock, who = begun or ((0, 0, 0), time(), "")
        text = _unquoted("\n".join(words))
        at = order.wall_clock(Head(date, clock.hour, clock.minute, clock.second, who, text))
        call = _CALL.match(text)
        return Said(
            at=sent_by_clock(at),
            author=author(who),
            body="Call" if call else text,
            seconds=_seconds(call["long"]) if call else None,
            skipped=UNSENT if not who and _UNSENT.search(text) else "" if who else SYSTEM,
        )

    for line in _lines(folder, file):
        if not chat.key:
            chat = _chat_of(line, file)
        found_day, found = _day(line), _message(line)
        is_head = line.startswith(_HEAD)
        if found_day is None and found is None and not is_head:
            words += [line] if begun is not None and len(words) < MAX_LINES else []
            continue
        if begun is not None:
            yield chat, said()
            begun = None
        if found is not None and day is not None:
            begun, words = (day, found[0], found[1]), [found[2]]
        day = found_day or day
    if begun is not None:
        yield chat, said()


def _lines(folder: Folder, file: File) -> Iterator[str]:
    with folder.open_text(file.locator) as opened:
        while data := opened.readline(MAX_LINE_BYTES):
            yield decode(data).strip("\ufeff\r\n")


def _day(line: str) -> Numbers | None:
    found = _DAY.fullmatch(line.strip())
    return None if found is None else (int(found["one"]), int(found["two"]), int(found["three"]))


def _chat_of(line: str, file: File) -> Chat:
    """By the first line, else by the name of the file, which says the same."""
    found = _TITLES.fullmatch(line.strip()) or _TITLES.fullmatch(PurePosixPath(file.name).stem)
    name = next(filter(None, found.groups()), "") if found else PurePosixPath(file.name).stem
    return Chat(name, name)


def _unquoted(text: str) -> str:
    """Words of several lines stand in quotes, with their own ones doubled."""
    plain = text.strip()
    if "\n" in plain and plain.startswith('"') and plain.endswith('"'):
        return plain[1:-1].replace('""', '"').strip()
    return plain


def _seconds(text: str) -> float:
    found = 0
    for part in text.split(":"):
        found = found * 60 + int(part)
    return float(found)
