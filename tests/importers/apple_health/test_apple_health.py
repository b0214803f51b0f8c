"""Apple Health: days and workouts out of millions of readings, phone and watch not counted twice, ways of workouts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import Kind
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.health_days import At, Days
from timeline_local.importers.sources.apple_health import AppleHealth

EXPECTED = Path(__file__).with_name("expected.json")
HOME = "apple_health_export"
# As iOS 16 wrote it: no parser that reads document types gets past the second line of this one.
DOCTYPE = "<!DOCTYPE HealthData [\n<!-- HealthKit Export Version: 12 -->\n<!ATTLIST Record broken here>\n]>"
DAY = date(2020, 1, 2).toordinal()
GPX = """<?xml version="1.0"?><gpx version="1.1" creator="Apple Health Export" xmlns="http://www.topografix.com/GPX/1/1">
<trk><name>Route</name><trkseg>
<trkpt lon="13.40" lat="52.50"><ele>34</ele><time>2020-01-02T09:00:00Z</time></trkpt>
<trkpt lon="13.41" lat="52.51"><ele>35</ele><time>2020-01-02T09:15:00Z</time></trkpt>
</trkseg></trk></gpx>"""


def export(parts: Iterable[str], exported: str = "2020-02-01 10:00:00 +0100") -> str:
    head = ['<?xml version="1.0" encoding="UTF-8"?>', DOCTYPE, '<HealthData locale="de_DE">']
    return "\n".join([*head, f'<ExportDate value="{exported}"/>', *parts, "</HealthData>"])


def record(
    kind: str, begun: str, ended: str = "", value: object = 1, unit: str = "count", source: str = "iPhone"
) -> str:
    return (
        f'<Record type="HK{kind}" sourceName="{source}" unit="{unit}" creationDate="{begun} +0100"'
        f' startDate="{begun} +0100" endDate="{ended or begun} +0100" value="{value}"/>'
    )


def quantity(
    kind: str, begun: str, ended: str = "", value: object = 1, unit: str = "count", source: str = "iPhone"
) -> str:
    return record(f"QuantityTypeIdentifier{kind}", begun, ended, value, unit, source)


def sleep(begun: str, ended: str, what: str, source: str = "Watch") -> str:
    value = f"HKCategoryValueSleepAnalysis{what}"
    return record("CategoryTypeIdentifierSleepAnalysis", begun, ended, value, "", source)


def workout(
    begun: str, ended: str, source: str = "Watch", kind: str = "Running", inner: str = "", more: str = ""
) -> str:
    return (
        f'<Workout workoutActivityType="HKWorkoutActivityType{kind}" duration="30" durationUnit="min"'
        f' sourceName="{source}"'
        f' startDate="{begun} +0100" endDate="{ended} +0100"{more}>{inner}</Workout>'
    )


RUN = (
    '<MetadataEntry key="HKTimeZone" value="Europe/Lisbon"/>'
    '<WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" sum="3.1" unit="mi"/>'
    '<WorkoutStatistics type="HKQuantityTypeIdentifierActiveEnergyBurned" sum="1255.2" unit="kJ"/>'
    '<WorkoutStatistics type="HKQuantityTypeIdentifierHeartRate" average="150.4" maximum="171" unit="count/min"/>'
    '<WorkoutRoute><FileReference path="/workout-routes/route_1.gpx"/></WorkoutRoute>'
)
RINGS = (
    '<ActivitySummary dateComponents="2020-01-02" activeEnergyBurned="512" activeEnergyBurnedUnit="kcal"'
    ' appleExerciseTime="31" appleStandHours="11"/>'
)


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    parts = [
        '<Me HKCharacteristicTypeIdentifierDateOfBirth="1980-01-01"/>',
        quantity("StepCount", "2020-01-02 09:00:00", "2020-01-02 09:10:00", 800, source="iPhone"),
        quantity("StepCount", "2020-01-02 09:00:00", "2020-01-02 09:10:00", 900, source="Watch"),
        quantity("StepCount", "2020-01-02 15:00:00", "2020-01-02 15:10:00", 300, source="iPhone"),
        quantity("DistanceWalkingRunning", "2020-01-02 09:00:00", "2020-01-02 09:10:00", 1.5, "km"),
        quantity("ActiveEnergyBurned", "2020-01-02 09:00:00", "2020-01-02 09:10:00", 100, "kcal"),
        quantity("HeartRate", "2020-01-02 09:00:00", value=60, unit="count/min"),
        quantity("HeartRate", "2020-01-02 10:00:00", value=120, unit="count/min"),
        quantity("BodyMass", "2020-01-02 20:00:00", value=150, unit="lb"),
        quantity("BodyMass", "2020-01-02 07:00:00", value=155, unit="lb"),
        quantity("OxygenSaturation", "2020-01-02 07:00:00", value=0.97, unit="%"),
        "<Correlation>"
        + quantity("BloodPressureSystolic", "2020-01-03 07:00:00", value=200, unit="mmHg")
        + "</Correlation>",
        quantity("BloodPressureSystolic", "2020-01-03 07:00:00", value=120, unit="mmHg"),
        quantity("BloodPressureDiastolic", "2020-01-03 07:00:00", value=80, unit="mmHg"),
        sleep("2020-01-01 23:00:00", "2020-01-02 06:00:00", "AsleepCore"),
        sleep("2020-01-01 23:30:00", "2020-01-02 06:30:00", "Asleep", source="Other app"),
        sleep("2020-01-01 22:30:00", "2020-01-02 07:00:00", "InBed", source="iPhone"),
        sleep("2020-01-02 02:00:00", "2020-01-02 02:10:00", "Awake"),
        record("CategoryTypeIdentifierMindfulSession", "2020-01-02 08:00:00", "2020-01-02 08:12:00", ""),
        quantity("NumberOfTimesFallen", "2020-01-02 08:00:00"),
        quantity("StepCount", "2020-01-02 08:00:00", value=5, unit="furlong"),
        quantity("StepCount", "soon"),
        quantity("StepCount", "2020-01-02 08:00:00", value="many"),
        workout("2020-01-02 10:00:00", "2020-01-02 10:30:00", inner=RUN),
        workout("2020-01-02 10:01:00", "2020-01-02 10:30:00", source="Strava"),
        workout("2020-01-03 10:00:00", "2020-01-03 10:30:00", kind="TraditionalStrengthTraining"),
        RINGS,
    ]
    files = {
        f"{HOME}/Export.xml": export(parts),
        f"{HOME}/old.xml": export(parts[:2], exported="2019-12-01 10:00:00 +0100"),
        f"{HOME}/workout-routes/route_1.gpx": GPX,
    }
    options = ReadOptions()
    items = reading.read(AppleHealth(), reading.make(tmp_path, files), options)
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())
    assert options.claimed == set(files)


def total(readings: list[tuple[str, float, float, float]]) -> float:
    days = Days()
    for source, begun, ended, value in readings:
        days.add("steps", source, At(DAY, begun), At(DAY, ended), value)
    return sum(day.sums["steps"] for _, day in days.days())


@pytest.mark.parametrize(
    ("readings", "steps"),
    [
        ([("phone", 60, 70, 100)], 100),
        ([("phone", 60, 70, 100), ("watch", 60, 70, 120)], 120),
        ([("phone", 60, 70, 100), ("watch", 180, 190, 120)], 220),
        ([("phone", 60, 70, 100), ("phone", 60, 70, 100)], 200),
        ([("phone", 0, 240, 400), ("watch", 60, 120, 150)], 450),
        ([("phone", 600, 600, 5)], 5),
        ([("phone", 1430, 1450, 20)], 20),
    ],
)
def test_what_two_devices_counted_in_an_hour_counts_once(
    readings: list[tuple[str, float, float, float]], steps: float
) -> None:
    assert total(readings) == pytest.approx(steps)


@given(
    st.lists(
        st.tuples(st.just("watch"), st.floats(0, 1439), st.floats(0, 2000), st.floats(0, 1000)), min_size=1, max_size=20
    )
)
def test_spreading_over_hours_loses_and_adds_nothing(readings: list[tuple[str, float, float, float]]) -> None:
    days = Days()
    for source, begun, length, value in readings:
        end = begun + length
        days.add("steps", source, At(DAY, begun), At(DAY + int(end // 1440), end % 1440), value)
    assert sum(day.sums["steps"] for _, day in days.days()) == pytest.approx(sum(each[3] for each in readings))


def test_a_count_may_leave_out_its_unit(tmp_path: Path, reading: ModuleType) -> None:
    text = export([quantity("StepCount", "2020-01-02 09:00:00", value=12).replace(' unit="count"', "")])
    items = reading.read(AppleHealth(), reading.make(tmp_path, {"export.xml": text}))
    assert [each.title for each in reading.drafts(items).values()] == ["12 steps"]


def test_a_night_belongs_to_the_day_it_ends_on() -> None:
    days = Days()
    days.sleep(At(DAY, 22 * 60), At(DAY + 1, 6 * 60), is_asleep=True)
    days.sleep(At(DAY + 1, 13 * 60), At(DAY + 1, 14 * 60), is_asleep=True)
    assert [(day.toordinal(), each.asleep_min) for day, each in days.days()] == [(DAY + 1, 540)]


def test_the_way_of_a_workout_is_its_path(tmp_path: Path, reading: ModuleType) -> None:
    files = {"export.xml": export([workout("2020-01-02 10:00:00", "2020-01-02 10:30:00", inner=RUN)])}
    missing = reading.read(AppleHealth(), reading.make(tmp_path / "a", files))
    assert reading.problems(missing) == {"workout-routes/route_1.gpx": "recording-missing"}
    whole = reading.read(AppleHealth(), reading.make(tmp_path / "b", {**files, "workout-routes/route_1.gpx": GPX}))
    (run,) = reading.drafts(whole).values()
    assert (run.kind, len(run.path), run.title) == (Kind.MOVE, 2, "Running, 5.0 km")
    assert (run.evidence[0].instant, run.evidence[0].zone) == (datetime(2020, 1, 2, 9, tzinfo=UTC), "Europe/Lisbon")


def test_a_way_with_a_long_pause_is_the_workout_and_its_parts(tmp_path: Path, reading: ModuleType) -> None:
    later = GPX[GPX.index("<trkpt") : GPX.index("</trkseg>")].replace("T09:", "T19:")
    files = {
        "export.xml": export([workout("2020-01-02 10:00:00", "2020-01-02 20:30:00", inner=RUN)]),
        "workout-routes/route_1.gpx": GPX.replace("</trkseg>", f"{later}</trkseg>"),
    }
    run, part = reading.drafts(reading.read(AppleHealth(), reading.make(tmp_path, files))).values()
    assert part.source_key == f"{run.source_key}/2"
    assert [each.source_key for each in part.relations] == [run.source_key]
    assert (len(run.path), len(part.path)) == (2, 2)


@pytest.mark.parametrize(
    ("files", "confidence", "hint"),
    [
        ({"a/exportación.xml": export([])}, 0.95, ""),
        ({"export_cda.xml": "<ClinicalDocument/>"}, 0, "export.xml"),
        ({"a.xml": "<gpx/>"}, 0, ""),
    ],
)
def test_it_is_recognised_by_its_root(
    tmp_path: Path, reading: ModuleType, files: dict[str, str], confidence: float, hint: str
) -> None:
    found = AppleHealth().recognise(reading.make(tmp_path, files))
    assert found.confidence == confidence
    assert hint in found.hint


def test_an_export_that_ends_in_the_middle_gives_what_came_before(tmp_path: Path, reading: ModuleType) -> None:
    text = export([quantity("StepCount", "2020-01-02 09:00:00", value=800)] * 3)[:-60]
    items = reading.read(AppleHealth(), reading.make(tmp_path, {"export.xml": text}))
    assert reading.problems(items) == {"export.xml": "unreadable"}
    assert [draft.extra["steps"] for draft in reading.drafts(items).values()] == [1600]


def test_an_entity_that_an_export_declares_stands_for_nothing(tmp_path: Path, reading: ModuleType) -> None:
    text = export([quantity("StepCount", "2020-01-02 09:00:00", value="&bomb;")])
    declared = text.replace("<!ATTLIST Record broken here>", '<!ENTITY bomb "5">')
    items = reading.read(AppleHealth(), reading.make(tmp_path, {"export.xml": declared}))
    assert reading.problems(items) == {"export.xml#broken": "reading-broken"}
    assert not reading.drafts(items)


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    days = [quantity("StepCount", f"20{at // 300:02}-{at % 12 + 1:02}-{at % 28 + 1:02} 09:00:00") for at in range(900)]
    runs = [workout(f"2020-01-{at:02} 10:00:00", f"2020-01-{at:02} 10:30:00") for at in range(1, 29)]
    folder = reading.make(tmp_path, {"export.xml": export([*days, *runs])})
    whole = list(AppleHealth().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) >= 1
    for index in places:
        rest = AppleHealth().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
