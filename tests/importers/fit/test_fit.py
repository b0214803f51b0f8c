"""FIT: real files against tables, and files written here for what real ones seldom hold."""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.importers.base import Item
from timeline_local.importers.fit_messages import FitBroken, messages
from timeline_local.importers.sources.fit import Fit

HERE = Path(__file__).parent
TABLE = HERE.parents[3] / "shared" / "corpora" / "tables" / "fit.json"
ROWS: list[dict[str, Any]] = json.loads(TABLE.read_bytes()) if TABLE.exists() else []
RECORDS = [row for row in ROWS if row["records_csv"]]
PARTIAL = [row for row in ROWS if row["must_be_refused_or_partial"]]
CIRCLE = 180 / 2**31
START = 1_000_000_000  # 2021-09-08T01:46:40Z
LISBON = (462_000_000, -110_000_000)
U8, S32, U32, U16, TEXT = 0x02, 0x85, 0x86, 0x84, 0x07

Cell = tuple[int, int, int | str]  # field, base type, value


def crc(data: bytes) -> int:
    total = 0
    for byte in data:
        total ^= byte
        for _ in range(8):
            total = total >> 1 ^ (0xA001 if total & 1 else 0)
    return total


def packed(base: int, value: int | str, order: str) -> bytes:
    if isinstance(value, str):
        return value.encode().ljust(16, b"\0")
    return struct.pack(order + {U8: "B", S32: "i", U32: "I", U16: "H"}[base], value)


def message(number: int, *cells: Cell, order: str = "<", developer: bytes = b"") -> bytes:
    """A definition and one message of it."""
    values = [packed(base, value, order) for _, base, value in cells]
    fields = b"".join(bytes([field, len(value), base]) for (field, base, _), value in zip(cells, values, strict=True))
    head = bytes([0x60 if developer else 0x40, 0, int(order == ">")]) + struct.pack(order + "HB", number, len(cells))
    extra = bytes([1, 0, len(developer), 0]) if developer else b""
    return head + fields + extra + b"\0" + b"".join(values) + developer


def fit(*parts: bytes) -> bytes:
    data = b"".join(parts)
    head = struct.pack("<BBHI4sH", 14, 0x20, 2100, len(data), b".FIT", 0)
    return head + data + struct.pack("<H", crc(head + data))


def record(second: int, lat: int = LISBON[0], lon: int = LISBON[1], *more: Cell) -> bytes:
    return message(20, (253, U32, START + second), (0, S32, lat), (1, S32, lon), *more)


def session(start: int, seconds: int, sport: int, *more: Cell) -> bytes:
    return message(
        18,
        (253, U32, START + start + seconds),
        (2, U32, START + start),
        (7, U32, seconds * 1000),
        (5, U8, sport),
        *more,
    )


def read(tmp_path: Path, reading: ModuleType, data: bytes, name: str = "a.fit") -> list[Item]:
    found: list[Item] = reading.read(Fit(), reading.make(tmp_path, {name: data}))
    return found


def drafts(items: Sequence[Item]) -> list[Draft]:
    return [item for item in items if isinstance(item, Draft)]


TRIATHLON = fit(
    message(0, (0, U8, 4), (1, U16, 1), (2, U16, 2530), (3, 0x8C - 6, 77)),
    record(0),
    record(1, LISBON[0] + 500),
    record(100, LISBON[0] + 900, LISBON[1], (78, U32, 2600), (3, U8, 120), (73, U32, 8000)),
    record(101, LISBON[0] + 1900),
    session(0, 100, 5, (9, U32, 80_000)),
    session(100, 50, 2),
    message(34, (253, U32, START + 200), (5, U32, START + 200 + 3600)),
)


def test_a_race_of_two_sports_gives_the_golden_items(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, TRIATHLON)
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


@pytest.mark.parametrize("row", RECORDS, ids=lambda row: Path(row["file"]).stem)
def test_a_real_file_gives_every_record_of_its_table(tmp_path: Path, reading: ModuleType, row: dict[str, Any]) -> None:
    table = list(csv.DictReader(io.StringIO(reading.corpus(row["records_csv"]).read_text())))
    items = read(tmp_path, reading, reading.corpus(row["file"]).read_bytes())
    [draft] = drafts(items)
    assert len(draft.path) == row["expected_records"] == len(table)
    pacific = timedelta(hours=7)
    for sample, expected in zip(draft.path, table, strict=True):
        local = datetime.strptime(expected["timestamp"], "%a %b %d %H:%M:%S PDT %Y")  # noqa: DTZ007
        assert sample.at == local.replace(tzinfo=UTC) + pacific
        assert sample.lat == pytest.approx(int(expected["position_lat"]) * CIRCLE, abs=1e-7)
        assert sample.lon == pytest.approx(int(expected["position_long"]) * CIRCLE, abs=1e-7)
        assert sample.altitude_m == pytest.approx(float(expected["altitude"]), abs=1e-3)
        assert sample.speed_mps == pytest.approx(float(expected["speed"]))


@pytest.mark.parametrize("row", PARTIAL, ids=lambda row: Path(row["file"]).stem)
def test_a_broken_real_file_gives_what_it_has_and_says_so(
    tmp_path: Path, reading: ModuleType, row: dict[str, Any]
) -> None:
    items = read(tmp_path, reading, reading.corpus(row["file"]).read_bytes())
    assert [len(draft.path) for draft in drafts(items)] == [14]
    assert reading.problems(items) == {"a.fit": "unreadable"}


def test_the_wall_clock_of_the_device_is_kept(tmp_path: Path, reading: ModuleType) -> None:
    data = reading.corpus("location/fitparse/tests/files/Activity.fit").read_bytes()
    [draft] = drafts(read(tmp_path, reading, data))
    assert draft.evidence[0].utc_offset_min == -240


def test_training_without_a_way_is_kept_with_its_figures(tmp_path: Path, reading: ModuleType) -> None:
    data = fit(
        message(20, (253, U32, START), (3, U8, 120)),
        session(0, 1800, 1, (9, U32, 500_000), (16, U8, 140), (17, U8, 160)),
    )
    [draft] = drafts(read(tmp_path, reading, data))
    assert (draft.kind, draft.title, draft.path) == (Kind.HEALTH, "Running, 5.0 km", ())
    assert draft.extra["heart_rate"] == {"average": 140, "most": 160}
    assert draft.evidence[0].until == datetime(2021, 9, 8, 2, 16, 40, tzinfo=UTC)


def test_a_change_between_two_sports_is_neither_of_them(tmp_path: Path, reading: ModuleType) -> None:
    rowing = message(12, (0, U8, 15), (3, TEXT, "Row"))
    (workout,) = drafts(read(tmp_path, reading, fit(rowing, session(0, 60, 3))))
    assert "mode" not in workout.extra


def test_big_endian_developer_and_compressed_fields_are_read(tmp_path: Path, reading: ModuleType) -> None:
    first = message(20, (253, U32, START), (0, S32, LISBON[0]), (1, S32, LISBON[1]), order=">", developer=b"\1\2\3")
    short = bytes([0x40, 0, 0]) + struct.pack("<HB", 20, 2) + bytes([0, 4, S32, 1, 4, S32])
    compressed = bytes([0x80 | (START + 5) & 0x1F]) + struct.pack("<ii", LISBON[0] + 100, LISBON[1])
    [draft] = drafts(read(tmp_path, reading, fit(first, short, compressed)))
    begin = datetime(2021, 9, 8, 1, 46, 40, tzinfo=UTC)
    assert [each.at - begin for each in draft.path] == [timedelta(), timedelta(seconds=5)]


def test_files_behind_one_another_are_all_read(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, fit(record(0)) + fit(record(9)))
    assert [len(draft.path) for draft in drafts(items)] == [2]


def test_invalid_values_and_times_since_power_on_are_no_positions(tmp_path: Path, reading: ModuleType) -> None:
    data = fit(
        record(0, 0x7FFFFFFF, 0x7FFFFFFF),
        message(20, (253, U32, 300), (0, S32, LISBON[0]), (1, S32, LISBON[1])),
        record(5),
    )
    [draft] = drafts(read(tmp_path, reading, data))
    assert [each.at.second for each in draft.path] == [45]


def test_seconds_since_power_on_are_times_once_the_device_tells_when_that_was(
    tmp_path: Path, reading: ModuleType
) -> None:
    here = ((0, S32, LISBON[0]), (1, S32, LISBON[1]))
    data = fit(
        message(20, (253, U32, 67), *here),
        message(162, (253, U32, START), (1, U32, 69), (3, U32, START - 25_200)),
        message(20, (253, U32, 70), *here),
        message(18, (253, U32, 80), (2, U32, 2), (5, U8, 2)),
    )
    [draft] = drafts(read(tmp_path, reading, data))
    begin = datetime(2021, 9, 8, 1, 46, 40, tzinfo=UTC)
    assert [(each.at - begin).total_seconds() for each in draft.path] == [-2, 1]
    assert draft.evidence[0].utc_offset_min == -420


def test_seconds_since_power_on_count_from_when_the_file_was_made_where_nothing_better_is_told(
    tmp_path: Path, reading: ModuleType
) -> None:
    made = message(0, (0, U8, 4), (4, U32, START))
    data = fit(made, message(20, (253, U32, 67), (0, S32, LISBON[0]), (1, S32, LISBON[1])))
    [draft] = drafts(read(tmp_path, reading, data))
    assert [each.at for each in draft.path] == [datetime(2021, 9, 8, 1, 47, 47, tzinfo=UTC)]


def test_places_that_were_saved_on_the_device_are_kept(tmp_path: Path, reading: ModuleType) -> None:
    where = ((1, S32, LISBON[0]), (2, S32, LISBON[1]))
    data = fit(
        message(0, (0, U8, 8), (1, U16, 1)),
        message(29, (253, U32, START), (0, TEXT, "The spring"), *where, (4, U16, 5156), (6, TEXT, "Cold water")),
        message(29, (0, TEXT, "Hut"), *where),
        message(29, (0, TEXT, "Nowhere"), (1, S32, 0x7FFFFFFF), (2, S32, 0x7FFFFFFF)),
    )
    items = read(tmp_path, reading, data)
    spring, hut = drafts(items)
    assert (spring.kind, spring.title, spring.body) == (Kind.VISIT, "The spring", "Cold water")
    assert spring.place is not None
    assert spring.place.altitude_m == pytest.approx(531.2)
    assert [each.instant for each in spring.evidence] == [datetime(2021, 9, 8, 1, 46, 40, tzinfo=UTC)]
    assert (hut.title, hut.evidence) == ("Hut", ())
    assert reading.problems(items) == {}


def test_a_course_is_a_way_on_no_day_whatever_times_it_carries(tmp_path: Path, reading: ModuleType) -> None:
    course = message(31, (5, TEXT, "Round the lake"), (4, U8, 2))
    items = read(tmp_path, reading, fit(message(0, (0, U8, 6)), course, record(0), record(60, LISBON[0] + 9000)))
    [draft] = drafts(items)
    assert (draft.title, draft.path, draft.extra["mode"]) == ("Round the lake", (), "cycling")
    assert [each.instant for each in draft.evidence] == [None]
    assert len(draft.extra["route"]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "offset"), [(3600, 60), (20_700, 345), (1080, None), (16_200, 270), (60, 0)])
def test_a_wall_clock_that_no_zone_has_is_not_believed(
    tmp_path: Path, reading: ModuleType, seconds: int, offset: int | None
) -> None:
    data = fit(record(0), message(34, (253, U32, START), (5, U32, START + seconds)))
    [draft] = drafts(read(tmp_path, reading, data))
    assert draft.evidence[0].utc_offset_min == offset


def test_a_checksum_that_does_not_fit_is_told_after_all_that_was_read(tmp_path: Path, reading: ModuleType) -> None:
    data = bytearray(fit(record(0)))
    data[-1] ^= 0xFF
    items = read(tmp_path, reading, bytes(data))
    assert [len(draft.path) for draft in drafts(items)] == [1]
    assert reading.problems(items) == {"a.fit": "unreadable"}


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (fit(message(0, (0, U8, 2))), "unsupported"),
        (fit(message(0, (0, U8, 4))), "empty"),
        (b"x" * 20, "unreadable"),
        (b"\x0e", "unreadable"),
        (fit(b"\x05"), "unreadable"),
    ],
)
def test_what_holds_no_activity_is_told(tmp_path: Path, reading: ModuleType, data: bytes, slug: str) -> None:
    items = read(tmp_path, reading, data)
    assert slug in [item.slug for item in items if isinstance(item, Problem)]
    assert drafts(items) == []


@pytest.mark.parametrize("cut", range(1, len(TRIATHLON), 7))
def test_a_file_cut_anywhere_never_raises_and_never_hangs(tmp_path: Path, reading: ModuleType, cut: int) -> None:
    items = read(tmp_path, reading, TRIATHLON[:cut])
    assert "a.fit" in reading.problems(items)


def test_damage_in_the_middle_is_named() -> None:
    with pytest.raises(FitBroken, match="never described"):
        list(messages(io.BytesIO(fit(record(0), b"\x0f"))))
