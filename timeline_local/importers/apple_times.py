"""Dates as Apple's programs store them: seconds, or their billionths, since the beginning of 2001 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from timeline_local.importers import loose

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
_FEWEST_BILLIONTHS = 1e11  # so many seconds are the year 5169, so many billionths two minutes


def instant(value: object) -> datetime | None:
    """Aware UTC; None for what is no date. 0 stands for none."""
    found = loose.number(value)
    if not found:
        return None
    if abs(found) >= _FEWEST_BILLIONTHS:
        micros = value // 1000 if isinstance(value, int) else int(found / 1000)
    else:
        micros = round(found * 1_000_000)
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return None
