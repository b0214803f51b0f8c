"""Dates as Apple's programs store them: seconds, or their billionths, since the beginning of 2001 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from timeline_local.importers import loose

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
_FEWEST_BILLIONTHS = 1e11  # so many seconds are the year 5169, so many billionths two minutes


def instant(seconds: object) -> datetime | None:
    """Aware UTC; None for what is no date. 0 stands for none."""
    found = loose.number(seconds)
    return _after(round(found * 1_000_000)) if found and abs(found) < _FEWEST_BILLIONTHS else None


def instant_of_message(value: object) -> datetime | None:
    """As `instant`, of a number that newer systems write in billionths of seconds."""
    found = loose.number(value)
    if not found or abs(found) < _FEWEST_BILLIONTHS:
        return instant(value)
    return _after(int(found / 1000))


def _after(micros: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return None
