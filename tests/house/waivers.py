"""Where a rule of this folder is broken on purpose: the rule, the place, since when, and why. One table, no others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Waiver:
    rule: str
    place: str
    since: date
    reason: str


_FROZEN = "a released revision is never edited again, and reads best as one page"

WAIVERS: tuple[Waiver, ...] = (
    Waiver("file size", "migrations/versions/0001_first_release.py", date(2026, 11, 22), _FROZEN),
    Waiver("function size", "migrations/versions/0001_first_release.py:_memory", date(2026, 11, 22), _FROZEN),
)


def not_waived(rule: str, places: Iterable[str]) -> list[str]:
    """The places that break the rule without leave, and the waivers that nothing needs any more.

    A place is matched without its line number, which moves.
    """
    allowed = {waiver.place for waiver in WAIVERS if waiver.rule == rule}
    found = list(places)
    used = {_place(place) for place in found}
    stale = [f"waiver no longer needed: {place}" for place in sorted(allowed - used)]
    return [place for place in found if _place(place) not in allowed] + stale


def _place(found: str) -> str:
    """`file.py` of `file.py: …`, `file.py:name` of `file.py:12:name …`."""
    file, _, rest = found.partition(":")
    line, _, name = rest.partition(":")
    return f"{file}:{name.split()[0]}" if line.isdigit() and name else file
