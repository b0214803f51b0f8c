"""OwnTracks: lines of the recorder, lists of its API, and what is no position."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Samples
from timeline_local.importers.sources.owntracks_rec import OwntracksRec

HERE = Path(__file__).parent
MESSAGE = {"_type": "location", "lat": 52.2, "lon": 13.3, "tst": 1709283789, "vel": 36, "topic": "owntracks/a/b"}


def test_a_record_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(OwntracksRec(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.rec", f"2024-03-01T09:03:09Z\t*\t{json.dumps(MESSAGE)}\n"),
        ("a.txt", f"2024-03-01T09:03:09Z  *       {json.dumps(MESSAGE)}"),
        ("a.json", json.dumps(MESSAGE)),
        ("b.json", json.dumps([MESSAGE])),
        ("c.json", json.dumps({"count": 1, "status": 200, "data": [MESSAGE]}, indent=2)),
    ],
)
def test_every_shape_is_recognised_and_read(tmp_path: Path, reading: ModuleType, name: str, text: str) -> None:
    folder = reading.make(tmp_path, {name: text})
    assert OwntracksRec().recognise(folder).confidence > 0.9
    [item] = [item for item in reading.read(OwntracksRec(), folder) if isinstance(item, Samples)]
    assert (item.device, item.samples[0].speed_mps) == ("owntracks/a/b", 10)


def test_positions_of_overlapping_records_have_the_same_keys(tmp_path: Path, reading: ModuleType) -> None:
    lines = (HERE / "export" / "2024-03.rec").read_text().splitlines()
    told = [
        [item for item in reading.read(OwntracksRec(), reading.make(tmp_path / name, {name: lines[0]})) if item]
        for name in ("x.rec", "y.rec")
    ]
    assert [item for item in told[0] if isinstance(item, Samples)] == told[1][:1]
