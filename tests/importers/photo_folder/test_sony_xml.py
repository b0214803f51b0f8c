"""What Sony's cameras write beside their films."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.sources.photo_folder import PhotoFolder

_SAID = """<?xml version="1.0" encoding="UTF-8"?>
<NonRealTimeMeta xmlns="urn:schemas-professionalDisc:nonRealTimeMeta:ver.2.20"><Duration value="24"/>
<CreationDate value="2026-01-28T10:50:45+08:00"/><Device manufacturer="Sony" modelName="ILME-FX30"/>
<AcquisitionRecord><Group name="ExifGPS"><Item name="LatitudeRef" value="N"/><Item name="Latitude" value="35:30:00"/>
<Item name="LongitudeRef" value="W"/><Item name="Longitude" value="139:15:00"/></Group></AcquisitionRecord>
</NonRealTimeMeta>"""


@pytest.mark.parametrize("film", ["C0340.MP4", "FX30.5378.MP4"])
def test_a_film_has_its_zone_and_its_place(tmp_path: Path, reading: ModuleType, film: str) -> None:
    files = {film: "x", film.replace(".MP4", "M01.XML"): _SAID}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert reading.problems(items) == {}
    draft = reading.drafts(items)[film]
    assert (draft.evidence[0].local_at, draft.evidence[0].utc_offset_min) == (datetime(2026, 1, 28, 10, 50, 45), 480)  # noqa: DTZ001
    assert (draft.place.lat, draft.place.lon) == (35.5, -139.25)


def test_xml_of_others_is_told(tmp_path: Path, reading: ModuleType) -> None:
    files = {"C1.MP4": "x", "C1M01.XML": "<a/>", "C2M01.XML": _SAID, "b.xml": "<b/>"}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert reading.problems(items) == {
        "C1M01.XML": "sidecar-unreadable", "C2M01.XML": "unsupported", "b.xml": "unsupported",
    }  # fmt: skip
