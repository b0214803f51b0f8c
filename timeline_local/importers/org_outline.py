"""The outline of an Org file: its headings with their states, tags and properties, and the lines below each.

Syntax: https://orgmode.org/worg/org-syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from timeline_local.domain.times import Precision

MAX_LEVEL = 50  # deeper ones are taken for that level
# The states of headings that people use without saying so in the file.
KEYWORDS = frozenset(
    "TODO DONE NEXT WAITING WAIT HOLD CANCELLED CANCELED STARTED STRT DOING IN-PROGRESS SOMEDAY MAYBE PROJ KILL".split()  # noqa: SIM905
)

_HEADING = re.compile(r"(?P<stars>\*+)[ \t]+(?P<text>.*)")
_TAGS = re.compile(r"(?:^|(?<=[ \t])):(?P<tags>[\w@#%:]+):$")
_PRIORITY = re.compile(r"\[#\w{1,2}\][ \t]*")
_SETTING = re.compile(r"#\+(?P<name>\w+):[ \t]*(?P<value>.*)")
_PROPERTY = re.compile(r"[ \t]*:(?P<name>[^\s:]+):[ \t]*(?P<value>.*)")
_DRAWER = re.compile(r"[ \t]*:(?P<name>[\w-]+):[ \t]*")
_END = re.compile(r"[ \t]*:END:[ \t]*", re.IGNORECASE)
_PLANNING = re.compile(r"[ \t]*(?:CLOSED|SCHEDULED|DEADLINE):[ \t]*[<\[]")
_BLOCK = re.compile(r"[ \t]*#\+(?P<edge>begin|end)_(?P<name>\S+)", re.IGNORECASE)
_STAMP = re.compile(
    r"(?P<open>[<\[])(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?: +[^\s\]>\d+-][^\s\]>]*)?(?: +(?P<hour>\d\d?):(?P<minute>\d\d)(?:-\d\d?:\d\d)?)?[^\]>\n]{0,40}[\]>]"
)
_DAY_DIGITS = re.compile(r"(?P<year>\d{4})-?(?P<month>\d\d)-?(?P<day>\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A timestamp: a clock on the wall, or a day. is_active: in angle brackets, for the agenda."""

    local_at: datetime
    has_clock: bool
    is_active: bool = False

    @property
    def precision(self) -> Precision:
        return Precision.MINUTE if self.has_clock else Precision.DAY


def stamp_of(found: re.Match[str]) -> Stamp | None:
    """The timestamp that was found; None for a day that no calendar has."""
    try:
        local_at = datetime(int(found["year"]), int(found["month"]), int(found["day"]))  # noqa: DTZ001 - no zone is told
        if found["hour"]:
            local_at = datetime.combine(local_at, time(int(found["hour"]), int(found["minute"])))
    except ValueError:
        return None
    return Stamp(local_at, found["hour"] is not None, found["open"] == "<")


def stamps(text: str) -> Iterator[tuple[re.Match[str], Stamp]]:
    """The timestamps of a text, with where they stand."""
    for found in _STAMP.finditer(text):
        stamp = stamp_of(found)
        if stamp is not None:
            yield found, stamp


def stamp_in(value: str) -> Stamp | None:
    """The first timestamp of a value, which may also be a day in digits."""
    found = next((stamp for _, stamp in stamps(value)), None)
    day = _DAY_DIGITS.fullmatch(value.strip()) if found is None else None
    if day is None:
        return found
    try:
        return Stamp(datetime(int(day["year"]), int(day["month"]), int(day["day"])), has_clock=False)  # noqa: DTZ001
    except ValueError:
        return None


@dataclass(slots=True)
class Heading:
    """level: from 1.   title: without state, priority and tags.   properties: names in capitals.

    lines  the text below it, without drawers and planning, up to the next heading.
    """

    level: int
    title: str = ""
    keyword: str = ""
    tags: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    children: list[Heading] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()


@dataclass(frozen=True, slots=True)
class Outline:
    """top: what stands before the first heading, its properties those of the file.   settings: "#+NAME: value"."""

    top: Heading
    settings: Mapping[str, str]

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(filter(None, re.split(r"[:\s]+", self.settings.get("FILETAGS", ""))))


def outline_of(text: str) -> Outline:
    """The outline of a file. Cost: one look at each line."""
    top, settings = Heading(0), dict[str, str]()
    states = set(KEYWORDS)
    path, block, drawer = [top], "", ""
    for line in text.split("\n"):
        here = path[-1]
        edge = _BLOCK.match(line)
        heading = _HEADING.match(line) if not block else None
        if heading is not None:
            found = _heading(heading, states)
            while path[-1].level >= found.level:
                path.pop()
            path[-1].children.append(found)
            path.append(found)
            drawer = ""
        elif drawer:
            drawer = "" if _END.fullmatch(line) else drawer
            _property(here, drawer, line)
        elif not block and (opened := _drawer(here, line)):
            drawer = opened
        elif not block and here.level and not here.lines and _PLANNING.match(line):
            continue
        elif not block and (setting := _SETTING.match(line)) and edge is None:
            _set(settings, states, setting["name"].upper(), setting["value"].strip())
        else:
            block = _block(block, edge)
            here.lines.append(line)
    return Outline(top, settings)


def _heading(found: re.Match[str], states: set[str]) -> Heading:
    text = found["text"].strip()
    tagged = _TAGS.search(text)
    tags = tuple(filter(None, tagged["tags"].split(":"))) if tagged else ()
    text = text[: tagged.start()].strip() if tagged else text
    first, _, rest = text.partition(" ")
    keyword = first if first in states else ""
    title = _PRIORITY.sub("", rest if keyword else text, count=1).strip()
    return Heading(min(len(found["stars"]), MAX_LEVEL), title, keyword, tags)


def _drawer(here: Heading, line: str) -> str:
    """The name of a drawer that begins here: properties before any text, or what a program notes."""
    found = _DRAWER.fullmatch(line)
    if found is None or _END.fullmatch(line):
        return ""
    name = found["name"].upper()
    is_properties = name == "PROPERTIES" and not any(each.strip() for each in here.lines)
    return name if is_properties or name == "LOGBOOK" else ""


def _property(here: Heading, drawer: str, line: str) -> None:
    found = _PROPERTY.fullmatch(line) if drawer == "PROPERTIES" else None
    if found is not None:
        here.properties.setdefault(found["name"].upper(), found["value"].strip())


def _set(settings: dict[str, str], states: set[str], name: str, value: str) -> None:
    if name in {"TODO", "SEQ_TODO", "TYP_TODO"}:
        states.update(word.partition("(")[0] for word in value.split() if word != "|")
    settings.setdefault(name, value)


def _block(block: str, edge: re.Match[str] | None) -> str:
    """The block that is open behind a line."""
    if edge is None:
        return block
    name, is_begin = edge["name"].lower(), edge["edge"].lower() == "begin"
    if is_begin:
        return block or name
    return "" if name == block else block
