"""Whose value stands when several sources speak about one field. Hand edits always win."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID


class Rank(IntEnum):
    """How much a value is trusted; stored, so numbers keep their meaning. Gaps leave room."""

    DERIVED = 10
    """Worked out by us: a place name from the gazetteer, a title from a file name."""
    FILE = 20
    """Embedded in the file itself: EXIF, QuickTime, tags of an audio file."""
    SOURCE = 30
    """Told by the export: a Takeout sidecar, a journal's JSON."""
    SIDECAR = 40
    """Written beside the file by a program the owner organises photos with (XMP)."""
    USER = 100
    """Typed or chosen here by the owner."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the value of one field came from. `at`: aware, when it was said to us; `source` as in the glossary."""

    rank: int
    source: str
    at: datetime
    import_id: UUID | None = None


def prefer(current: Provenance | None, incoming: Provenance) -> bool:
    """Whether the incoming value replaces the current one.

    A higher rank wins. At equal rank a source may correct itself, and the owner may change their mind, with a value
    said later; another source's value of the same rank stays out, so that the order of imports does not flip fields.
    """
    if current is None:
        return True
    if incoming.rank != current.rank:
        return incoming.rank > current.rank
    same_speaker = incoming.source == current.source or incoming.rank == Rank.USER
    return same_speaker and incoming.at >= current.at


def prefer_value(current: Provenance | None, incoming: Provenance, *, is_empty: bool) -> bool:
    """As `prefer`, for a value that may be empty: only the owner erases what somebody else said."""
    if is_empty and current is not None and incoming.rank != Rank.USER and incoming.source != current.source:
        return False
    return prefer(current, incoming)
