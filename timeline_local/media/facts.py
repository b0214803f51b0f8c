"""What decoding a media file yields, and the one error it can end in.

Plain data without any decoder behind it, so the server can import it; the decoding process sends it as JSON.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, NamedTuple

from timeline_local.domain.draft_json import evidence_from_json, evidence_to_json
from timeline_local.domain.times import TimeEvidence

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]

MAX_RAW_BYTES = 64 * 1024
MAX_TEXT_CHARS = 10_000
MAX_KEYWORDS = 200


class Undecodable(Exception):
    """A file gave no picture or no facts. slug: stable, kebab-case; detail: for the report, names no path."""

    def __init__(self, slug: str, detail: str = "") -> None:
        super().__init__(slug, detail)
        self.slug = slug
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.slug}: {self.detail}" if self.detail else self.slug


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """Everything a file says about itself.

    width, height  upright pixels, after orientation; None when the format has none (audio, PDF).
    orientation    1..8 as in EXIF: what a viewer that draws the stored pixels must still do.
    exposure       any of f_number, seconds, iso, focal_length_mm, focal_length_35mm, flash.
    evidence       dates, the best first within each basis.
    content_id     pairs the picture and the film of a live photo.
    motion_offset  byte position of a film that stands inside this picture's file.
    raw            a JSON-safe extract for later re-derivation, at most 64 KB.
    problems       slugs of what was wrong but did not stop the reading.
    """

    mime: str
    width: int | None = None
    height: int | None = None
    orientation: int = 1
    duration_ms: int | None = None
    camera_make: str = ""
    camera_model: str = ""
    lens: str = ""
    exposure: Mapping[str, int | float | bool] = field(default_factory=dict)
    lat: float | None = None
    lon: float | None = None
    altitude_m: float | None = None
    evidence: tuple[TimeEvidence, ...] = ()
    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    rating: int | None = None
    city: str = ""
    region: str = ""
    country: str = ""
    content_id: str = ""
    motion_offset: int | None = None
    raw: Mapping[str, JSON] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


# Name and default; looking at the fields each time took most of writing them.
_FIELDS: tuple[tuple[str, Any], ...] = tuple(
    (each.name, each.default if each.default_factory is MISSING else each.default_factory())
    for each in fields(MediaFacts)
)


class PreviewSize(NamedTuple):
    """One written preview."""

    width: int
    height: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewResult:
    """Previews written as `<out_dir>/<name>.webp`, name being a key of `sizes` (grid, screen).

    width, height  upright pixels of the original.  thumbhash  at most 25 bytes.  tint  RGB332.
    """

    sizes: Mapping[str, PreviewSize]
    thumbhash: bytes
    tint: int
    width: int
    height: int
    problems: tuple[str, ...] = ()


def facts_to_json(facts: MediaFacts) -> dict[str, Any]:
    """A JSON-safe dict; `facts_from_json` gives the equal value back. Fields that hold their default are left out."""
    data = {name: value for name, default in _FIELDS if (value := getattr(facts, name)) != default}
    if facts.evidence:
        data["evidence"] = [evidence_to_json(each) for each in facts.evidence]
    return data


def facts_from_json(data: Mapping[str, Any]) -> MediaFacts:
    """The inverse of `facts_to_json`."""
    values = dict(data)
    values["evidence"] = tuple([evidence_from_json(each) for each in data.get("evidence", ())])
    for name in ("keywords", "people", "problems"):
        values[name] = tuple(data.get(name, ()))
    return MediaFacts(**values)


def previews_to_json(result: PreviewResult) -> dict[str, Any]:
    """A JSON-safe dict; `previews_from_json` gives the equal value back."""
    data = {f.name: getattr(result, f.name) for f in fields(result)}
    return {**data, "thumbhash": result.thumbhash.hex()}


def previews_from_json(data: Mapping[str, Any]) -> PreviewResult:
    """The inverse of `previews_to_json`."""
    values = dict(data)
    values["sizes"] = {name: PreviewSize(*size) for name, size in data["sizes"].items()}
    values["thumbhash"] = bytes.fromhex(data["thumbhash"])
    values["problems"] = tuple(data["problems"])
    return PreviewResult(**values)


def unique(texts: Sequence[str]) -> tuple[str, ...]:
    """The non-empty texts in order, each once, capped."""
    return tuple(dict.fromkeys(t for text in texts if (t := clip(text, 500))))[:MAX_KEYWORDS]


def clip(text: str, limit: int = MAX_TEXT_CHARS) -> str:
    """Trimmed text without NULs, at most `limit` characters."""
    return text.replace("\x00", "").strip()[:limit].strip()


def capped_raw(values: Mapping[str, JSON]) -> dict[str, JSON]:
    """The leading entries that fit into 64 KB of JSON; values that JSON cannot carry are left out."""
    kept: dict[str, JSON] = {}
    budget = MAX_RAW_BYTES
    for name, value in values.items():
        safe = _json_safe(value)
        # Twelve bytes is the longest form of one character in JSON (a surrogate pair).
        cost = 12 * (len(name) + len(safe)) if isinstance(safe, str) and not safe.isascii() else len(repr(safe)) * 2
        if safe is None or cost > budget:
            continue
        budget -= cost + len(name) + 6
        kept[name] = safe
    return kept


def _json_safe(value: JSON) -> JSON:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list | tuple):
        return [_json_safe(item) for item in value]
    return value
