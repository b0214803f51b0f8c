"""Front matter of a note, YAML or Hugo's TOML: split off, read safely, and turned into words we know."""

from __future__ import annotations

import math
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import Any

import yaml

from timeline_local.domain.drafts import JSON, PlaceRef
from timeline_local.domain.filenames import date_from_path
from timeline_local.domain.fuzzy import parse_edtf
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence, ensure_utc
from timeline_local.importers.encodings import clean

MAX_CHARACTERS = 64 * 1024
MAX_VALUES = 1000
MAX_DEPTH = 8

_BLOCK = re.compile(r"---[ \t]*\n(?P<yaml>(?:|.*?\n))(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML_BLOCK = re.compile(r"\+\+\+[ \t]*\n(?P<toml>(?:|.*?\n))\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_PAGE_BLOCK = re.compile(r"(?:[A-Za-z][\w-]{0,40}:: ?[^\n]*(?:\n|\Z))+(?=[ \t]*\n|- |\Z)")
_PAGE_LINK = re.compile(r"#?\[\[([^\[\]\n]*)\]\]")
_DATE_FIELDS = (
    "date", "created", "created_at", "created_date", "date_created", "datecreated", "creation_date", "datetime", "day",
)  # fmt: skip
_BETWEEN_WORDS = re.compile(r"[ -]+")  # of the name of a field
_DAY_FIRST_SLASHES = re.compile(r"(?:1[3-9]|2\d|3[01])/\d\d?/\d{4}", re.ASCII)  # which no month is
_EPOCH_SECONDS = re.compile(r"[1-9]\d{8,9}", re.ASCII)
_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905
_DAY = r"(?P<day>\d\d?)(?:st|nd|rd|th)?"
_CLOCK = r"(?:,? (?:at )?(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?: ?(?P<half>[AaPp])[Mm])?)?"
_MONTH_FIRST = re.compile(
    rf"(?:[A-Za-z]+, )?(?P<month>[A-Za-z]{{3,9}})\.? {_DAY},? (?P<year>\d{{4}}){_CLOCK}", re.ASCII
)
_DAY_FIRST = re.compile(rf"(?:[A-Za-z]+, )?{_DAY}\.? (?P<month>[A-Za-z]{{3,9}}),? (?P<year>\d{{4}}){_CLOCK}", re.ASCII)
_NOON = 12
_KNOWN = frozenset(
    {*_DATE_FIELDS, "title", "tags", "tag", "keywords", "lat", "latitude", "lon", "lng", "longitude", "location"}
)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the block says; `extra` is everything we have no place for, as JSON."""

    title: str = ""
    evidence: tuple[TimeEvidence, ...] = ()
    tags: tuple[str, ...] = ()
    place: PlaceRef | None = None
    extra: dict[str, JSON] = field(default_factory=dict)


def split(text: str) -> tuple[FrontMatter, str]:
    """The front matter and the text after it; a block that cannot be read stays part of the text."""
    if (match := _BLOCK.match(text, 0, MAX_CHARACTERS)) is not None:
        values = load_yaml(match["yaml"])
    elif (match := _TOML_BLOCK.match(text, 0, MAX_CHARACTERS)) is not None:
        values = _load_toml(match["toml"])
    else:
        return _of_page(text), text
    return (FrontMatter(), text) if values is None else (_understood(values), text[match.end() :])


class _NoAliases(yaml.SafeLoader):
    """Refuses aliases: a few bytes of them can stand for gigabytes of values.

    Reads plain words as people mean them (YAML 1.2): `12:30`, `010`, `on` and `yes` are text. A date that is none is
    text too, so that it does not take the title and the tags with it.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML declares it

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML's own types
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)

    def construct_date(self, node: yaml.ScalarNode) -> object:
        """A date, a time of a day, or the text as it stands."""
        try:
            return self.construct_yaml_timestamp(node)
        except (ValueError, OverflowError):
            return self.construct_scalar(node)


_NoAliases.add_constructor("tag:yaml.org,2002:timestamp", _NoAliases.construct_date)
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _NoAliases.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))
_NoAliases.add_implicit_resolver("tag:yaml.org,2002:timestamp", _NoAliases.timestamp_regexp, list("0123456789"))


def load_yaml(text: str, *, most: int = MAX_VALUES) -> dict[str, Any] | None:
    """The mapping that a YAML document is, read safely; None for anything else, and for more brackets than `most`."""
    if text.count("[") + text.count("{") > most:
        return None
    try:
        values = yaml.load(text, Loader=_NoAliases)  # noqa: S506 - a SafeLoader with less
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return None
    if values is None:
        return {}
    return {str(name): value for name, value in values.items()} if isinstance(values, dict) else None


def _of_page(text: str) -> FrontMatter:
    """What Logseq writes first in a page, `name:: value`. It stays part of the text, with the pages it links."""
    match = _PAGE_BLOCK.match(text, 0, MAX_CHARACTERS)
    if match is None:
        return FrontMatter()
    told = (line.partition("::") for line in match[0].splitlines())
    values: dict[str, Any] = {name.strip(): _PAGE_LINK.sub(r"\1", value).strip() for name, _, value in told}
    if tags := values.get("tags"):
        values["tags"] = [part.strip().removeprefix("#") for part in tags.split(",")]
    found = _understood(values)
    return FrontMatter(title=found.title, evidence=found.evidence, tags=found.tags)


def _load_toml(text: str) -> dict[str, Any] | None:
    if text.count("[") + text.count("{") + text.count(".") > MAX_VALUES:
        return None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _plain(name: str) -> str:
    """A field's name as ours: Date Created and date-created are one."""
    return _BETWEEN_WORDS.sub("_", name.strip().lower())


def _understood(values: dict[str, Any]) -> FrontMatter:
    lowered = {_plain(name): value for name, value in values.items()}
    extra = {name: value for name, value in values.items() if _plain(name) not in _KNOWN}
    return FrontMatter(
        title=_text(lowered.get("title")),
        evidence=tuple(
            found for name in _DATE_FIELDS if (found := dated(lowered.get(name), f"front matter {name}")) is not None
        ),
        tags=tuple(tag for name in ("tags", "tag", "keywords") for tag in _tags(lowered.get(name))),
        place=_place(lowered),
        extra=_json_object(extra),
    )


def dated(value: object, origin: str) -> TimeEvidence | None:
    """The date that a value is, in whatever spelling; None for one that is none."""
    if isinstance(value, datetime):
        return _from_datetime(value, origin)
    if isinstance(value, date):
        local_at = datetime.combine(value, datetime.min.time())
        return TimeEvidence(basis=TimeBasis.SOURCE, local_at=local_at, precision=Precision.DAY, origin=origin)
    if isinstance(value, list) and value:
        return dated(value[0], origin)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # "date: 1987" is a year
    return _from_text(value.strip(), origin) if isinstance(value, str) else None


def _from_datetime(value: datetime, origin: str) -> TimeEvidence | None:
    offset = value.utcoffset()
    if offset is None:
        return TimeEvidence(basis=TimeBasis.SOURCE, local_at=value, origin=origin)
    minutes = int(offset.total_seconds()) // 60
    try:
        if minutes == 0:  # "Z" says which instant it was, not what the clock on the wall showed
            return TimeEvidence(basis=TimeBasis.SOURCE, instant=ensure_utc(value), origin=origin)
    except (ValueError, OverflowError):
        return None
    return TimeEvidence(
        basis=TimeBasis.SOURCE, local_at=value.replace(tzinfo=None), utc_offset_min=minutes, origin=origin
    )


def _from_text(text: str, origin: str) -> TimeEvidence | None:
    text = text.strip("[]\"' ")
    with suppress(ValueError):
        return parse_edtf(text).evidence(TimeBasis.SOURCE, origin)
    with suppress(ValueError):
        return _from_datetime(datetime.fromisoformat(text), origin)
    worded = _in_words(text, origin)  # before the words of mails, whose reader passes over "PM"
    if worded is not None:
        return worded
    with suppress(ValueError, OverflowError, TypeError):
        return _from_datetime(_worded(text), origin)
    return _spelled(text, origin)


def _worded(text: str) -> datetime:
    """Seconds since 1970, or a date as mails and web servers write it. Raises ValueError, OverflowError, TypeError."""
    if _EPOCH_SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text), tz=UTC)
    return parsedate_to_datetime(text) if ":" in text else datetime.fromisoformat(text)


def day_in_words(text: str) -> datetime | None:
    """The day that a text is, as Logseq calls its journals: "Mar 4th, 2019"."""
    found = _in_words(text, "")
    return found.local_at if found is not None and found.precision is Precision.DAY else None


def _in_words(text: str, origin: str) -> TimeEvidence | None:
    """English words: "March 4, 2019", "Mar 4th, 2019", "4 March 2019", "Friday, March 4th 2022, 5:06:07 am"."""
    match = _MONTH_FIRST.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    month = _MONTHS.get(match["month"][:3].lower()) if match else None
    if match is None or month is None:
        return None
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % _NOON + (_NOON if match["half"] in "pP" else 0)
    clock = (hour, int(match["minute"] or 0), int(match["second"] or 0))
    try:
        local_at = datetime(int(match["year"]), month, int(match["day"]), *clock)  # noqa: DTZ001 - no zone is told
    except ValueError:
        return None
    fine = Precision.INSTANT if match["second"] else Precision.MINUTE
    precision = fine if match["hour"] else Precision.DAY
    return TimeEvidence(basis=TimeBasis.SOURCE, local_at=local_at, precision=precision, origin=origin)


def _spelled(text: str, origin: str) -> TimeEvidence | None:
    """Other spellings of a date, as they also stand in file names: "14.09.2020", "September 2020"."""
    text = text.replace("/", "." if _DAY_FIRST_SLASHES.fullmatch(text) else "-")
    named = date_from_path(PurePosixPath(text + ".md")) if 0 < len(text) <= 64 else None  # noqa: PLR2004 - no date is longer
    if named is None:
        return None
    return TimeEvidence(basis=TimeBasis.SOURCE, local_at=named.local_at, precision=named.precision, origin=origin)


def _tags(value: object) -> list[str]:
    if isinstance(value, str):
        parts = value.split(",") if "," in value else value.split()
        return [part.strip() for part in parts if part.strip()]
    if isinstance(value, list):
        return [text for each in value if (text := _text(each))]
    return []


def _place(values: dict[str, Any]) -> PlaceRef | None:
    location = values.get("location")
    inner = {str(name).lower(): value for name, value in location.items()} if isinstance(location, dict) else {}
    pair = location if isinstance(location, list) and len(location) == 2 else _pair(location)  # noqa: PLR2004
    if pair is not None:
        inner = {"lat": pair[0], "lon": pair[1]}
    both = {**values, **inner}
    lat = _degrees(both.get("lat", both.get("latitude")), 90)
    lon = _degrees(both.get("lon", both.get("lng", both.get("longitude"))), 180)
    name = _text(location) if pair is None and isinstance(location, str) else _text(inner.get("name"))
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return PlaceRef(name=name) if name else None
    return PlaceRef(lat=lat, lon=lon, name=name)


def _pair(value: object) -> list[str] | None:
    """Two numbers divided by a comma, as in `52.5, 13.4`."""
    parts = value.split(",") if isinstance(value, str) else []
    is_pair = len(parts) == 2 and all(_degrees(part.strip(), 180) is not None for part in parts)  # noqa: PLR2004
    return parts if is_pair else None


def _degrees(value: object, limit: float) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) <= limit else None


def _text(value: object) -> str:
    if not isinstance(value, str | int | float | date) or isinstance(value, bool):
        return ""
    return clean(str(value)).strip()


def _json_object(values: dict[str, Any]) -> dict[str, JSON]:
    budget = [MAX_VALUES]
    return {clean(name): _json(value, budget, MAX_DEPTH) for name, value in values.items()}


def _json(value: object, budget: list[int], depth: int) -> JSON:
    budget[0] -= 1
    if budget[0] < 0 or depth < 0:
        return None
    if isinstance(value, dict):
        return {clean(str(name)): _json(each, budget, depth - 1) for name, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_json(each, budget, depth - 1) for each in value]
    return _json_scalar(value)


def _json_scalar(value: object) -> JSON:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value) if abs(value) < 10**100 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return clean(str(value))
