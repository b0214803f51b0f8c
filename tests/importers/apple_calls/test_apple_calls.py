"""Calls of an iPhone or Mac: with whom, how long, and which way.

There is no real list here: the tables are those that readers of forensic images publish of iOS 8 to 18.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from timeline_local.domain.drafts import Problem
from timeline_local.domain.kinds import Kind
from timeline_local.importers.base import ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.apple_calls import AppleCalls

EXPECTED = Path(__file__).with_name("expected.json")
AT = 757_382_400.25  # 2025-01-01 00:00:00.25 UTC
SCHEMA = """
CREATE TABLE Z_METADATA (Z_VERSION INTEGER PRIMARY KEY, Z_UUID VARCHAR(255), Z_PLIST BLOB);
CREATE TABLE ZCALLRECORD (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZANSWERED INTEGER, ZCALLTYPE INTEGER,
  ZORIGINATED INTEGER, ZREAD INTEGER, ZDATE TIMESTAMP, ZDURATION FLOAT, ZADDRESS VARCHAR, ZISO_COUNTRY_CODE VARCHAR,
  ZLOCATION VARCHAR, ZNAME VARCHAR, ZSERVICE_PROVIDER VARCHAR, ZUNIQUE_ID VARCHAR);
CREATE TABLE ZHANDLE (Z_PK INTEGER PRIMARY KEY, ZTYPE INTEGER, ZNORMALIZEDVALUE VARCHAR, ZVALUE VARCHAR);
CREATE TABLE Z_2REMOTEPARTICIPANTHANDLES (Z_2REMOTEPARTICIPANTCALLS INTEGER, Z_4REMOTEPARTICIPANTHANDLES INTEGER,
  PRIMARY KEY (Z_2REMOTEPARTICIPANTCALLS, Z_4REMOTEPARTICIPANTHANDLES));
INSERT INTO ZHANDLE VALUES (1, 2, '', '+4151'), (2, 3, 'bo@example.com', NULL);
INSERT INTO Z_2REMOTEPARTICIPANTHANDLES VALUES (4, 1), (4, 2);
"""
ROWS: tuple[dict[str, Any], ...] = (
    {"ZUNIQUE_ID": "A", "ZORIGINATED": 1, "ZADDRESS": "+491701234567", "ZNAME": "Ana", "ZDURATION": 62.5,
     "ZSERVICE_PROVIDER": "com.apple.Telephony", "ZCALLTYPE": 1},
    {"ZUNIQUE_ID": "B", "ZADDRESS": b"+4152", "ZANSWERED": 0},
    {"ZUNIQUE_ID": "C", "ZADDRESS": "bo@example.com", "ZANSWERED": 1, "ZDURATION": 5.0, "ZCALLTYPE": 8,
     "ZSERVICE_PROVIDER": "com.apple.FaceTime"},
    {"ZUNIQUE_ID": "D", "ZANSWERED": 1, "ZDURATION": 900.0, "ZSERVICE_PROVIDER": "net.whatsapp.WhatsApp"},
    {"ZUNIQUE_ID": "E", "ZADDRESS": ""},
    {"ZUNIQUE_ID": "F", "ZADDRESS": "+4152", "ZDATE": None},
    {"ZUNIQUE_ID": "A", "ZADDRESS": "+4152"},
)  # fmt: skip


def calls(path: Path, rows: tuple[dict[str, Any], ...] = ROWS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as made:
        made.executescript(SCHEMA)
        for number, row in enumerate(rows, 1):
            told = {"ZDATE": AT + number * 1_000, "ZORIGINATED": 0, "ZDURATION": 0.0, **row}
            made.execute(
                f"INSERT INTO ZCALLRECORD (Z_PK, {', '.join(told)}) VALUES (?{', ?' * len(told)})",  # noqa: S608
                (number, *told.values()),
            )
    made.close()


def golden_items(root: Path, reading: ModuleType) -> Any:  # noqa: ANN401 - items of any kind
    calls(root / "CallHistory.storedata")
    return reading.read(AppleCalls(), reading.make(root, {}))


def test_a_list_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    assert reading.golden(golden_items(tmp_path, reading)) == json.loads(EXPECTED.read_bytes())


def test_a_call_lasts_as_long_as_it_did(tmp_path: Path, reading: ModuleType) -> None:
    found = reading.drafts(golden_items(tmp_path, reading))
    (evidence,) = found["A"].evidence
    assert evidence.instant == datetime(2025, 1, 1, 0, 16, 40, 250_000, tzinfo=UTC)
    assert evidence.until == datetime(2025, 1, 1, 0, 17, 42, 750_000, tzinfo=UTC)
    assert {each.kind for each in found.values()} == {Kind.EVENT}


def test_calls_that_were_missed_say_so(tmp_path: Path, reading: ModuleType) -> None:
    found = reading.drafts(golden_items(tmp_path, reading))
    assert [each.title for each in found.values()] == [
        "Call: Ana", "Missed call: +4152", "Call: bo@example.com", "Call: +4151, bo@example.com",
        "Missed call: Unknown number",
    ]  # fmt: skip


def test_a_call_that_was_taken_is_none_that_was_missed_however_short(tmp_path: Path, reading: ModuleType) -> None:
    calls(tmp_path / "CallHistory.storedata", ({"ZUNIQUE_ID": "A", "ZADDRESS": "+4152", "ZANSWERED": 1},))
    (draft,) = reading.drafts(reading.read(AppleCalls(), reading.make(tmp_path, {}))).values()
    assert draft.title == "Call: +4152"


def test_calls_without_a_date_and_those_that_come_twice_are_told(tmp_path: Path, reading: ModuleType) -> None:
    items = golden_items(tmp_path, reading)
    assert [each.slug for each in items if isinstance(each, Problem)] == ["no-time", "twice"]


def test_a_list_is_known_whatever_it_is_called(tmp_path: Path, reading: ModuleType) -> None:
    calls(tmp_path / "5a4935c78a5255723f707230a451d79c540d2741")
    found = judge(reading.make(tmp_path, {})).recognised
    assert "apple_calls" in [each.source.name for each in found]


def test_what_lies_beside_it_is_nobodys(tmp_path: Path, reading: ModuleType) -> None:
    calls(tmp_path / "a/CallHistory.storedata")
    options = ReadOptions()
    reading.read(AppleCalls(), reading.make(tmp_path, {}), options)
    assert options.is_claimed("a/CallHistory.storedata-wal")


def test_other_databases_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"CallHistory.storedata": "SQLite format 3\0", "b.storedata": ""})
    assert AppleCalls().recognise(folder).confidence == 0
    assert reading.read(AppleCalls(), folder) == []
