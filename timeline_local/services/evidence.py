"""Moments and time evidence as JSON, the way they are kept in provenance and shown to whoever asks "why this date?"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from timeline_local.domain.drafts import JSON
from timeline_local.domain.times import Considered, Moment


def considered_json(considered: Iterable[Considered]) -> list[JSON]:
    """Each piece of evidence with its fate, in the order it was weighed."""
    return [
        {
            "basis": each.evidence.basis.value,
            "origin": each.evidence.origin,
            "local_at": _iso(each.evidence.local_at),
            "instant": _iso(each.evidence.instant),
            "utc_offset_min": each.evidence.utc_offset_min,
            "accepted": each.accepted,
            "reason": each.reason,
        }
        for each in considered
    ]


def moment_json(moment: Moment) -> dict[str, JSON]:
    """The six facts, as the wire spells them."""
    return {
        "happened_at": _iso(moment.happened_at),
        "happened_until": _iso(moment.happened_until),
        "local_at": _iso(moment.local_at),
        "utc_offset_min": moment.utc_offset_min,
        "zone": moment.zone,
        "precision": moment.precision.value,
        "time_basis": moment.time_basis.value,
        "zone_basis": None if moment.zone_basis is None else moment.zone_basis.value,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
