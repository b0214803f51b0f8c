"""A mapping: the TOML file by which somebody says what the rows of a table of theirs mean.

It is data and is only ever looked up: there are no expressions, no attributes, no code in it. Everything that is wrong
with one is said at once, each fault with its line, its key and what was expected there (`docs/importers/mapping.md`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from timeline_local.domain.kinds import Kind
from timeline_local.domain.stamps import read_offset
from timeline_local.domain.zones import find_zone
from timeline_local.importers.encodings import decode, text_codec
from timeline_local.importers.table_rows import DELIMITERS
from timeline_local.importers.templates import Template, TemplateBroken, read_template

CSV, JSON, JSON_LINES = "csv", "json", "jsonl"
FORMATS = {"csv": CSV, "tsv": CSV, "txt": CSV, "json": JSON, "jsonl": JSON_LINES, "ndjson": JSON_LINES}  # by extension
ISO = "iso"
COUNTS = {"unix": 1_000_000, "unix_ms": 1_000, "unix_us": 1}  # microseconds of one
UNITS_S = {"s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0}
FILES = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.AUDIO})
KINDS = tuple(kind for kind in Kind if kind is not Kind.MOVE)  # a move has a way, which no single row tells
DIRECTIVES = "YymdHIMSfpbBjaAz"

_SYNTAX = re.compile(r"\(at line (?P<line>\d+)")
_KNOWN: Dictionary[str, tuple[str, ...]] = {
    "": ("source", "memory", "time", "place", "only"),
    "source": ("name", "file", "format", "delimiter", "encoding", "skip_lines", "rows"),
    "memory": ("kind", "key", "title", "text", "tags", "people", "separator", "rating", "mood", "media"),
    "time": ("column", "format", "zone", "zone_column", "until", "duration", "duration_unit"),
    "place": ("name", "address", "city", "country", "lat", "lon"),
}  # fmt: skip
_SCALE = ("column", "of", "words")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a line of a mapping, for its author; line 0 where there is none."""

    line: int
    detail: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A rating or mood: a column with numbers up to `of`, or with words that stand for 1 to 5."""

    column: str
    of: float = 5
    words: Dictionary[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """columns  joined by a space, then read by `format`: iso, one of COUNTS, or a pattern of DIRECTIVES.

    zone  IANA name, offset, or UTC; "" for none.   until: as `columns`.   duration: a column, in units of UNITS_S.
    """

    columns: tuple[str, ...]
    format: str = ISO
    zone: str = ""
    zone_column: str = ""
    until: tuple[str, ...] = ()
    duration: str = ""
    unit_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A mapping without faults. file: a path beside it, whose name may hold `*`; rows: where the list lies in JSON.

    format, delimiter  "" where each table tells its own.

    lines  the line of each key, "time.column" for one, to tell where a column is named that is not there.
    """

    name: str
    file: str
    format: str
    delimiter: str
    encoding: str
    skip_lines: int
    rows: str
    kind: Kind
    key: tuple[str, ...]
    title: Template
    text: Template
    tags: tuple[Template, ...]
    people: tuple[Template, ...]
    separator: str
    rating: Scale | None
    mood: Scale | None
    media: Template | None
    times: Times
    place: Dictionary[str, Template]
    lat: str
    lon: str
    only: Dictionary[str, frozenset[str]]
    lines: Dictionary[str, int]

    def columns(self) -> dict[str, str]:
        """Every column that it names → the key that names it first."""
        scales = {"memory.rating": self.rating, "memory.mood": self.mood}
        named: list[tuple[str, Sequence[str]]] = [
            ("memory.key", self.key),
            ("memory.title", self.title.columns),
            ("memory.text", self.text.columns),
            *(("memory.tags", each.columns) for each in self.tags),
            *(("memory.people", each.columns) for each in self.people),
            *((key, (scale.column,)) for key, scale in scales.items() if scale),
            ("memory.media", self.media.columns if self.media else ()),
            ("time.column", self.times.columns),
            ("time.until", self.times.until),
            ("time.zone_column", [self.times.zone_column] if self.times.zone_column else ()),
            ("time.duration", [self.times.duration] if self.times.duration else ()),
            *((f"place.{key}", each.columns) for key, each in self.place.items()),
            ("place.lat", [self.lat] if self.lat else ()),
            ("place.lon", [self.lon] if self.lon else ()),
            ("only", tuple(self.only)),
        ]
        found: dict[str, str] = {}
        for key, columns in named:
            for column in columns:
                found.setdefault(column, key)
        return found


def read_mapping(data: bytes, *, stem: str) -> Mapping | list[Fault]:
    """The mapping in a file, or everything that is wrong with it.

    stem  what the file is called without ".timeline.toml": the data lies in a file of that name unless it says another.
    """
    try:
        text = decode(data)
        told = tomllib.loads(text)
    except RecursionError:
        return [Fault(0, "It is nested too deeply.")]
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX.search(str(error))
        return [Fault(int(found["line"]) if found else 0, f"It is no TOML: {error}.")]
    reading = _Reading(told, _lines(text))
    mapping = reading.mapping(stem)
    return sorted(reading.faults, key=lambda fault: fault.line) or mapping


def _lines(text: str) -> dict[str, int]:
    """The line of each table and key; of two that are alike, the first."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        said = line.strip()
        if said.startswith("["):
            table = said.lstrip("[").partition("]")[0].replace('"', "").strip()
            found.setdefault(table, number)
        elif "=" in said and not said.startswith("#"):
            name = said.partition("=")[0].strip().strip("\"'")
            found.setdefault(f"{table}.{name}" if table else name, number)
    return found


@dataclass(slots=True)
class _Reading:
    """One mapping while it is checked: every look-up says what it expects, and notes a fault where it is not so."""

    told: Dictionary[str, Any]
    lines: Dictionary[str, int]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, key: str, detail: str) -> None:
        line = self.lines.get(key) or self.lines.get(key.rpartition(".")[0], 0)
        self.faults.append(Fault(line, f"“{key}” {detail}"))

    def mapping(self, stem: str) -> Mapping:
        for table in ("", *self.told):
            self._check_names(table)
        kind = self.choice("memory.kind", tuple(each.value for each in KINDS), Kind.EVENT.value)
        lat, lon = self.column("place.lat"), self.column("place.lon")
        if bool(lat) != bool(lon):
            self.fault("place", "needs both “lat” and “lon”, or none of them.")
        media = self.template("memory.media")
        if Kind(kind) in FILES and media is None:
            self.fault("memory.kind", f"is {kind}, which is a file: say in “memory.media” where it lies.")
        title, text = self.template("memory.title"), self.template("memory.text")
        if not self.faults and title is None and text is None and media is None:
            self.fault("memory", "needs a “title”, a “text” or a “media”: else there is nothing to show.")
        return Mapping(
            name=self.text("source.name") or stem,
            file=self._file(stem),
            format=self.choice("source.format", (CSV, JSON, JSON_LINES), ""),
            delimiter=self.choice("source.delimiter", DELIMITERS, ""),
            encoding=self._encoding(),
            skip_lines=int(self.number("source.skip_lines", 0, least=0)),
            rows=self.text("source.rows"),
            kind=Kind(kind),
            key=self.columns("memory.key"),
            title=title or read_template(""),
            text=text or read_template(""),
            tags=self.templates("memory.tags"),
            people=self.templates("memory.people"),
            separator=self.text("memory.separator", strips=False),
            rating=self.scale("memory.rating"),
            mood=self.scale("memory.mood"),
            media=media,
            times=self._times(),
            place={key: made for key in _KNOWN["place"][:4] if (made := self.template(f"place.{key}")) is not None},
            lat=lat,
            lon=lon,
            only=self._only(),
            lines=self.lines,
        )

    def get(self, key: str) -> Any:  # noqa: ANN401 - TOML is anything
        table, _, name = key.partition(".")
        within = self.told.get(table)
        return within.get(name) if isinstance(within, dict) else None

    def text(self, key: str, *, strips: bool = True) -> str:
        value = self.get(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not (value.strip() if strips else value):
            self.fault(key, f"is {_spelled(value)}; it must be a text.")
            return ""
        return value.strip() if strips else value

    def number(self, key: str, default: float, *, least: float) -> float:
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < float("inf"):
            self.fault(key, f"is {_spelled(value)}; it must be a number of at least {least}.")
            return default
        return value

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        value = self.get(key)
        if value is None:
            return default
        if value not in choices:
            self.fault(key, f"is {_spelled(value)}; it must be one of {', '.join(map(_spelled, choices))}.")
            return default
        return str(value)

    def column(self, key: str) -> str:
        """One column. A template here is the likeliest mistake."""
        found = self.text(key)
        if "{" in found:
            self.fault(key, f"is {_spelled(found)}; it must be the name of one column, without braces.")
            return ""
        return found

    def columns(self, key: str) -> tuple[str, ...]:
        value = self.get(key)
        if not isinstance(value, list):
            return (found,) if (found := self.column(key)) else ()
        if not value or not all(isinstance(each, str) and each.strip() and "{" not in each for each in value):
            self.fault(key, "must be the name of a column, or a list of such names, without braces.")
            return ()
        return tuple(each.strip() for each in value)

    def template(self, key: str) -> Template | None:
        found = self.text(key)
        return self._made(key, found) if found else None

    def templates(self, key: str) -> tuple[Template, ...]:
        value = self.get(key)
        if not isinstance(value, list):
            return (made,) if (made := self.template(key)) is not None else ()
        if not all(isinstance(each, str) and each.strip() for each in value):
            self.fault(key, "must be a list of texts.")
            return ()
        return tuple(made for each in value if (made := self._made(key, each)) is not None)

    def scale(self, key: str) -> Scale | None:
        """A column with 1 to 5, or a table {column, of} or {column, words}."""
        value = self.get(key)
        if not isinstance(value, dict):
            found = self.column(key)
            return Scale(found) if found else None
        for name in value.keys() - set(_SCALE):
            self.fault(key, f"holds “{name}”; it may hold {', '.join(f'“{each}”' for each in _SCALE)}.")
        column, of, words = value.get("column"), value.get("of", 5), value.get("words", {})
        if not isinstance(column, str) or not column.strip():
            self.fault(key, "needs a “column”.")
        elif isinstance(of, bool) or not isinstance(of, int | float) or not 0 < of < float("inf"):
            self.fault(key, f"has “of” = {_spelled(of)}; it must be the best rating there is, 10 for one.")
        elif not isinstance(words, dict) or not all(type(each) is int and 1 <= each <= 5 for each in words.values()):  # noqa: PLR2004 - the scale
            self.fault(key, "has “words” that do not stand for 1 to 5, as in { good = 4, bad = 2 }.")
        else:
            return Scale(column.strip(), of, {name.casefold(): each for name, each in words.items()})
        return None

    def _made(self, key: str, text: str) -> Template | None:
        try:
            return read_template(text)
        except TemplateBroken as error:
            self.fault(key, f"cannot be read: {error}.")
            return None

    def _check_names(self, table: str) -> None:
        known = _KNOWN.get(table)
        within = self.told if not table else self.told.get(table)
        if table and known and not isinstance(within, dict):
            self.fault(table, f"must be a table: begin it with a line [{table}].")
        if known is None or not isinstance(within, dict):
            return
        for name in within.keys() - set(known):
            near = difflib.get_close_matches(name, known, 1)
            meant = f" Did you mean “{near[0]}”?" if near else f" There are {', '.join(f'“{each}”' for each in known)}."
            self.fault(f"{table}.{name}" if table else name, f"is not known.{meant}")

    def _file(self, stem: str) -> str:
        found = self.text("source.file")
        parts = found.split("/")
        if found.startswith("/") or "\\" in found or ".." in parts or any("*" in part for part in parts[:-1]):
            self.fault("source.file", "must be a path below this file's folder, with / between; its name may hold *.")
        return found or f"{stem}.*"

    def _encoding(self) -> str:
        found = self.text("source.encoding")
        if found and not text_codec(found):
            self.fault("source.encoding", f"is {_spelled(found)}, which is no encoding; utf-8 and cp1252 are.")
            return ""
        return found

    def _times(self) -> Times:
        columns = self.columns("time.column")
        if not columns and self.get("time.column") is None:
            self.fault("time.column", "is missing: it must name the column that says when it was.")
        unit = self.choice("time.duration_unit", tuple(UNITS_S), "s")
        return Times(
            columns=columns,
            format=self._time_format(),
            zone=self._zone(),
            zone_column=self.column("time.zone_column"),
            until=self.columns("time.until"),
            duration=self.column("time.duration"),
            unit_s=UNITS_S[unit],
        )

    def _time_format(self) -> str:
        found = self.text("time.format") or ISO
        if found == ISO or found in COUNTS:
            return found
        directives = re.findall(r"%(.?)", found.replace("%%", ""))
        unknown = [each for each in directives if not each or each not in DIRECTIVES]
        if unknown or not directives:
            known = " ".join(f"%{each}" for each in DIRECTIVES)
            choices = f"{ISO}, {', '.join(COUNTS)}, or a pattern of {known}"
            self.fault("time.format", f"is {_spelled(found)}; it must be {choices}, as in %d.%m.%Y %H:%M.")
        elif len(set(directives)) < len(directives):
            self.fault("time.format", f"is {_spelled(found)}; it names a part of the time twice.")
        elif not {"Y", "y"} & set(directives):
            self.fault("time.format", f"is {_spelled(found)}; it must hold the year, %Y.")
        return found

    def _zone(self) -> str:
        found = self.text("time.zone")
        if found and found != "UTC" and find_zone(found) is None and read_offset(found) is None:
            self.fault("time.zone", f"is {_spelled(found)}; it must be as Europe/Berlin, UTC or +02:00.")
        return found

    def _only(self) -> dict[str, frozenset[str]]:
        told = self.told.get("only")
        found: dict[str, frozenset[str]] = {}
        for column, value in (told if isinstance(told, dict) else {}).items():
            wanted = value if isinstance(value, list) else [value]
            if not wanted or not all(isinstance(each, str | int | float) for each in wanted):
                self.fault(f"only.{column}", "must be a value of that column, or a list of values.")
            found[column] = frozenset(_value(each).casefold() for each in wanted)
        return found


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _spelled(value: object) -> str:
    if isinstance(value, str):
        return "a tab" if value == "\t" else f"“{value}”"
    return _value(value) if isinstance(value, bool | int | float) else f"a {type(value).__name__}"
