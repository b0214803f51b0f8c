"""Dates that Apple's programs store: seconds since 2001, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from timeline_local.importers.apple_times import instant, instant_of_message

NOON = datetime(2024, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize("value", [727_012_800, 727_012_800.0, "727012800"])
def test_seconds_are_counted_from_2001(value: object) -> None:
    assert instant(value) == NOON
    assert instant_of_message(value) == NOON


def test_messages_count_billionths_too_and_to_the_last() -> None:
    assert instant_of_message(727_012_800_000_000_000) == NOON
    assert instant_of_message(727_012_800_123_456_789) == NOON.replace(microsecond=123_456)


@pytest.mark.parametrize("value", [123_456_789_012_345, -1e18, float("nan"), 0, None, "", "soon", b"1", True, 2e10 * 5])
def test_what_is_no_number_of_seconds_is_no_date(value: object) -> None:
    assert instant(value) is None


def test_dates_before_2001_and_without_a_year_are_read() -> None:
    assert instant(-31_622_400) == datetime(2000, 1, 1, tzinfo=UTC)
    assert instant(-12_504_369_600) == datetime(1604, 10, 2, 12, tzinfo=UTC)
