"""What cannot be meant in what was sent is found item by item."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.schemas.push import SentItem
from timeline_local.services.push_drafts import drafts_of
from timeline_local.services.user_time import Bearings

BEARINGS = Bearings(now=datetime(2026, 3, 2, tzinfo=UTC), home_zone="Europe/Lisbon", zone_of=lambda *_: None)
MEANINGLESS = {
    "two dates": {"local_at": "2026-03-01T09:00:00", "happened_at": "2026-03-01T09:00:00Z"},
    "no such zone": {"zone": "Europe/Atlantis", "local_at": "2026-03-01T09:00:00"},
    "no EDTF": {"when": "next week"},
    "an end alone": {"happened_until": "2026-03-01T09:00:00Z"},
    "an end before": {"happened_at": "2026-03-02T09:00:00Z", "happened_until": "2026-03-01T09:00:00Z"},
    "an end of a fuzzy date": {"when": "1987", "happened_until": "2026-03-01T09:00:00Z"},
    "half a place": {"place": {"lat": 38.7}},
    "beyond all years": {"local_at": "0001-01-01T00:00:00", "zone": "Asia/Tokyo"},
    "a key twice": {"key": "first"},
}


def made(*items: dict[str, Any], account: str = "") -> list[Draft | Problem]:
    return drafts_of([SentItem.model_validate(item) for item in items], account, BEARINGS)


@pytest.mark.parametrize("wrong", MEANINGLESS.values(), ids=MEANINGLESS)
def test_what_cannot_be_meant_is_a_problem_of_its_own(wrong: dict[str, Any]) -> None:
    found = made({"key": "first"}, {"key": "second", **wrong})
    assert [type(each) for each in found] == [Draft, Problem]


def test_keys_of_two_accounts_differ_whatever_is_in_them() -> None:
    pairs = [("", "a:b"), ("a", "b"), ("a:", "b"), ("a", ":b"), ("é", "b"), ("", "a%3A:b")]
    keys = [
        found.source_key
        for account, key in pairs
        for found in made({"key": key}, account=account)
        if isinstance(found, Draft)
    ]
    assert len(set(keys)) == len(pairs)
