"""Strava's export: rows with their recordings and pictures, in any language, going on, and what is missing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import Kind
from timeline_local.importers.base import Checkpoint, Item, ReadOptions
from timeline_local.importers.registry import SOURCES, read_all
from timeline_local.importers.sources import strava
from timeline_local.importers.sources.strava import Strava

HERE = Path(__file__).parent
EXPORT = HERE / "export" / "export_123"
GPX = (EXPORT / "activities" / "101.gpx").read_bytes()
TABLE = (EXPORT / "activities.csv").read_text()
TCX = """  <TrainingCenterDatabase><Activities><Activity Sport="Other"><Id>2018-09-20T06:00:00Z</Id><Lap><Track>
<Trackpoint><Time>2018-09-20T06:00:00Z</Time><Position><LatitudeDegrees>1</LatitudeDegrees>
<LongitudeDegrees>2</LongitudeDegrees></Position></Trackpoint></Track></Lap></Activity></Activities></TrainingCenterDatabase>"""
GERMAN = (
    "Aktivitäts-ID,Aktivitätsdatum,Name der Aktivität,Aktivitätsart,Aktivitätsbeschreibung,Verstrichene Zeit,Distanz,"
    "Maximale Herzfrequenz,Relative Leistung,Pendelstrecke,Private Notiz,Ausrüstung,Dateiname,Gewicht,Radgewicht,"
    "Verstrichene Zeit,Bewegungszeit,Distanz,Maximale Geschwindigkeit\n"
    '7,"16.09.2018, 15:43:10",Morgenrunde,Ride,,120,"0,80",,,,,,activities/101.gpx,,,120.0,110.0,801.5,\n'
)


def drafts(items: list[Item]) -> dict[str, Draft]:
    return {item.source_key: item for item in items if isinstance(item, Draft)}


def test_an_export_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Strava(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


def test_a_table_in_another_language_is_read_by_the_order_of_its_columns(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"activities.csv": GERMAN, "activities/101.gpx": GPX})
    [draft] = drafts(reading.read(Strava(), folder)).values()
    assert (draft.title, len(draft.path)) == ("Morgenrunde", 3)
    assert (draft.extra["distance_m"], draft.extra["moving_s"]) == (802, 110)


def test_packed_recordings_are_read(tmp_path: Path, reading: ModuleType) -> None:
    row = TABLE.splitlines()[0] + "\n" + GERMAN.splitlines()[1].replace("101.gpx", "9.tcx.gz")
    folder = reading.make(tmp_path, {"activities.csv": row, "activities/9.tcx.gz": gzip.compress(TCX.encode())})
    [draft] = drafts(reading.read(Strava(), folder)).values()
    assert (draft.kind, draft.extra["mode"], len(draft.path)) == (Kind.MOVE, "cycling", 1)


def test_a_broken_recording_gives_what_it_has_and_says_so(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"activities.csv": GERMAN, "activities/101.gpx": GPX[: GPX.index(b"15:44")]})
    items = reading.read(Strava(), folder)
    assert [len(draft.path) for draft in drafts(items).values()] == [1]
    assert reading.problems(items) == {"activities/101.gpx": "unreadable"}


def test_recordings_and_pictures_are_no_memories_of_their_own(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "activities.csv": TABLE,
        "activities/101.gpx": GPX,
        "media/a.jpg": b"\xff\xd8\xff",
        "routes/1.gpx": GPX.replace(b"16T15", b"16T23"),
    }
    read = list(read_all(reading.make(tmp_path, files), SOURCES, ReadOptions()))
    told = [(each.source, each.item.source_key) for each in read if isinstance(each.item, Draft)]
    assert [key for source, key in told if source == "strava"] == [f"activity:{each}" for each in (101, 102, 103, 104)]
    assert [source for source, _ in told if source != "strava"] == ["gpx"]  # the route that is in no row


def test_reading_goes_on_at_every_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strava, "ROWS_PER_CHECKPOINT", 2)
    folder = reading.make(tmp_path, {"activities.csv": TABLE, "activities/101.gpx": GPX})
    whole = list(Strava().read(folder, ReadOptions(), None))
    stops = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(stops) == 3
    for stop in stops[:-1]:
        item = whole[stop]
        assert isinstance(item, Checkpoint)
        assert list(Strava().read(folder, ReadOptions(), item.position)) == whole[stop + 1 :]


def test_another_table_of_that_name_is_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    assert Strava().recognise(reading.make(tmp_path, {"activities.csv": "id,name\n1,x\n"})).confidence == 0


def test_an_empty_table_is_told(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"activities.csv": GERMAN.splitlines()[0]})
    assert reading.problems(reading.read(Strava(), folder)) == {"activities.csv": "empty"}


def test_another_table_of_an_export_is_answered_with_what_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    table = "Athlete ID,Email Address,First Name\n1,a@example.org,Anna\n"
    found = Strava().recognise(reading.make(tmp_path, {"profile.csv": table}))
    assert found.confidence == 0
    assert "activities.csv" in found.hint
