"""A picture as the database of a photo library tells of it, whichever library that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose

NOT_HERE = (
    "The library does not hold its original, which is in iCloud alone. In Photos choose Settings, iCloud, Download "
    "Originals to this Mac, wait until they are there, and import it again."
)
ELSEWHERE = "The library only refers to this file, which lies elsewhere: import the folder it is in."
_A_DAY = 86_400  # seconds

Beside = Callable[[str], Iterator[tuple[MediaRole, tuple[str, ...]]]]


@dataclass(frozen=True, slots=True)
class Picture:
    """name: what it was called before it came into the library.   missing: what is said where its original is not here.

    originals  where that may lie, below the folder of the library, the likeliest first.
    beside     of the one that was found: its other files with their roles, each with the places where it may lie.
    draft      what is told of it, without its files.
    """

    uuid: str
    name: str
    is_trashed: bool
    originals: tuple[str, ...]
    beside: Beside
    draft: Callable[[], Draft]
    missing: str = NOT_HERE


def evidence(taken: datetime | None, seconds: object, zone: str) -> tuple[TimeEvidence, ...]:
    """Photos knows the instant and the zone, and lets its owner set both. seconds: east of UTC."""
    if taken is None:
        return ()
    offset = round(seconds / 60) if isinstance(seconds, int) and abs(seconds) <= _A_DAY else None
    return (
        TimeEvidence(
            basis=TimeBasis.SIDECAR,
            instant=taken,
            utc_offset_min=offset,
            zone=loose.zone(zone),
            origin="Apple Photos",
            may_correct=True,
        ),
    )
