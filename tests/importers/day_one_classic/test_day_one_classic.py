"""Day One Classic: one property list an entry, with its photo beside it."""

from __future__ import annotations

import json
import plistlib
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.day_one_classic import DayOneClassic

EXPECTED = Path(__file__).with_name("expected.json")
ONE = "F" * 32
ENTITY = b'<!DOCTYPE p [<!ENTITY a "a">]><plist><dict><key>UUID</key><string>&a;</string></dict></plist>'


def entry(**more: Any) -> bytes:  # noqa: ANN401 - any property
    told = {
        "Creation Date": datetime(2013, 7, 1, 20, 15),  # noqa: DTZ001 - property lists hold UTC without saying so
        "Entry Text": "# In Rome\n\nWe ate.",
        "Starred": True,
        "Tags": ["food"],
        "Time Zone": "Europe/Rome",
        "UUID": ONE,
        "Location": {
            "Latitude": 41.9,
            "Longitude": 12.5,
            "Place Name": "Da Enzo",
            "Locality": "Rome",
            "Country": "Italy",
        },
        "Weather": {"Celsius": "28", "Description": "Clear", "Sunset Date": datetime(2013, 7, 1, 18, 48)},  # noqa: DTZ001
        **more,
    }
    return plistlib.dumps({name: value for name, value in told.items() if value is not None})


def test_a_journal_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        f"Journal.dayone/entries/{ONE}.doentry": entry(),
        f"Journal.dayone/photos/{ONE}.jpg": b"picture",
        "Journal.dayone/entries/A.doentry": entry(UUID=None, Starred=False, Location=None, Weather=None),
    }
    items = reading.read(DayOneClassic(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "entry-broken"),
        (b"bplist00nonsense", "entry-broken"),
        (plistlib.dumps(["no", "entry"]), "entry-broken"),
        (entry(**{"Creation Date": None}), "entry-broken"),
        (entry(**{"Entry Text": ""}), "empty"),
        (entry(**{"Entry Text": "x" * 100_001}), "note-too-long"),
        (ENTITY, "entry-broken"),
    ],
)
def test_a_broken_entry_is_told_and_ends_nothing(tmp_path: Path, reading: ModuleType, data: bytes, slug: str) -> None:
    folder = reading.make(tmp_path, {"J.dayone/entries/a.doentry": data, "J.dayone/entries/b.doentry": entry()})
    items = reading.read(DayOneClassic(), folder)
    assert reading.problems(items) == {"J.dayone/entries/a.doentry": slug}
    assert list(reading.drafts(items)) == [ONE]


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    files = {f"J.dayone/entries/{n}.doentry": entry(UUID=f"{n:032X}") for n in range(130)}
    folder = reading.make(tmp_path, files)
    whole = list(DayOneClassic().read(folder, ReadOptions(), None))
    for index, item in enumerate(whole):
        if isinstance(item, Checkpoint):
            rest = DayOneClassic().read(folder, ReadOptions(), item.position)
            assert [each for each in rest if isinstance(each, Draft)] == [
                each for each in whole[index:] if isinstance(each, Draft)
            ]


def test_other_folders_are_not_taken_for_a_journal(tmp_path: Path, reading: ModuleType) -> None:
    assert DayOneClassic().recognise(reading.make(tmp_path, {"entries/a.plist": entry()})).confidence == 0
