"""The running totals of a scan: they ride in the job's checkpoint, so that a plan needs no second look at its items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

VERDICTS = ("new", "changed", "same", "skipped", "failed")
ATTENTION = {
    "undated": ("has no date; it will stand on", "have no date; they will stand on", " the shelf “No date”"),
    "file-date-only": ("is dated only by the date of its file", "are dated only by the date of their file", ""),
    "zone-assumed": ("does not tell its time zone", "do not tell their time zone", "; yours is assumed"),
    "damaged": (
        "could not be read completely; it is kept",
        "could not be read completely; they are kept",
        " without a preview",
    ),
    "parts-missing": ("lacks a file that belongs to it", "lack a file that belongs to them", ""),
    "failed": ("cannot be imported", "cannot be imported", ""),
    "skipped": ("is left out", "are left out", " on purpose"),
}
"""What is said of one, of several, and of either."""

_COUNTERS = ("kinds", "sources", "bases", "years", "attention")
_SUMS = ("bytes_new", "bytes_packed", "bytes_seen")


class Counted(Protocol):
    """A row of an import with what is counted besides its columns."""

    values: dict[str, Any]
    needs: int
    packed: int
    attention: tuple[str, ...]


@dataclass
class Tally:
    """kinds: "photo new" → count, sources: "photo_folder new" → count; the other counters by the word they count.

    bytes_new     what copying takes.   bytes_packed  how much of that lies in archives, and is copied in any mode.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    bases: Counter[str] = field(default_factory=Counter)
    years: Counter[str] = field(default_factory=Counter)
    attention: Counter[str] = field(default_factory=Counter)
    bytes_new: int = 0
    bytes_packed: int = 0
    bytes_seen: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Tally:
        """The inverse of `to_json`; empty for None."""
        if data is None:
            return cls()
        known: dict[str, Any] = {name: Counter(data.get(name, {})) for name in _COUNTERS}
        return cls(**known | {name: data.get(name, 0) for name in _SUMS})

    def to_json(self) -> dict[str, Any]:
        counters = {name: dict(getattr(self, name)) for name in _COUNTERS}
        return counters | {name: getattr(self, name) for name in _SUMS}

    def count(self, row: Counted, source: str) -> None:
        """Take one more item into the totals. source: which one found it."""
        values = row.values
        verdict = values["verdict"]
        self.sources[f"{source} {verdict}"] += 1
        self.kinds[f"{values['kind'] or 'other'} {verdict}"] += 1
        self.bytes_seen += values["size_bytes"]
        self.attention.update(row.attention)
        if verdict in ("failed", "skipped"):
            self.attention[verdict] += 1
        if values["state"] == "planned":
            self.bytes_new += row.needs
            self.bytes_packed += row.packed
        if values["state"] == "planned" and values["time_basis"] is not None:
            self.bases[values["time_basis"]] += 1
            self.years[f"{values['local_at'].year:04d}" if values["local_at"] else "undated"] += 1

    def count_same(self, kind: str | None, size_bytes: int, source: str) -> None:
        """Take in an item that is as an earlier import left it."""
        self.sources[f"{source} same"] += 1
        self.kinds[f"{kind or 'other'} same"] += 1
        self.bytes_seen += size_bytes

    @property
    def total(self) -> int:
        return self.kinds.total()

    def counts(self) -> dict[str, int]:
        """How many items of each verdict."""
        found = dict.fromkeys(VERDICTS, 0)
        for name, count in self.kinds.items():
            found[name.rpartition(" ")[2]] += count
        return found

    def plan(self) -> dict[str, Any]:
        """The summary as the API shows it; free space is added when it is shown."""
        return {
            "total": self.total,
            **self.counts(),
            "bytes_new": self.bytes_new,
            "bytes_packed": self.bytes_packed,
            "by_kind": _by_verdict(self.kinds),
            "by_source": _by_verdict(self.sources),
            "by_basis": dict(sorted(self.bases.items())),
            "by_year": {year: count for year, count in sorted(self.years.items()) if year != "undated"},
            "attention": [
                {"slug": slug, "title": f"{count:,} {one if count == 1 else several}{rest}", "count": count}
                for slug, (one, several, rest) in ATTENTION.items()
                if (count := self.attention[slug])
            ],
        }


def _by_verdict(counted: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Counts of "word verdict" as word → verdict → count."""
    found: dict[str, dict[str, int]] = {}
    for name, count in sorted(counted.items()):
        word, _, verdict = name.rpartition(" ")
        found.setdefault(word, dict.fromkeys(VERDICTS, 0))[verdict] += count
    return found
