"""Apple's address books: who is in them, with numbers, addresses, birthdays and pictures.

There is no real book here: the tables are those that `.schema` shows of macOS 26 and of iOS, as others publish them;
the two people of the iPhone are those of a published dump.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Contact, Problem
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.apple_contacts import AppleContacts

EXPECTED = Path(__file__).with_name("expected.json")
MAC = "AddressBook/Sources/F00D/AddressBook-v22.abcddb"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(200)) * 60  # more than a page holds
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
MAC_SCHEMA = """
CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER);
CREATE TABLE ZABCDRECORD (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZBIRTHDAYYEAR INTEGER,
  ZCREATIONDATE TIMESTAMP, ZBIRTHDAY TIMESTAMP, ZBIRTHDAYYEARLESS FLOAT, ZEXTERNALUUID VARCHAR, ZUNIQUEID VARCHAR,
  ZNAME VARCHAR, ZFIRSTNAME VARCHAR, ZMIDDLENAME VARCHAR, ZLASTNAME VARCHAR, ZNICKNAME VARCHAR, ZORGANIZATION VARCHAR,
  ZSUFFIX VARCHAR, ZTITLE VARCHAR, ZTHUMBNAILIMAGEDATA BLOB);
CREATE TABLE ZABCDPHONENUMBER (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, ZOWNER INTEGER, ZFULLNUMBER VARCHAR,
  ZLABEL VARCHAR);
CREATE TABLE ZABCDEMAILADDRESS (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, ZOWNER INTEGER, ZADDRESS VARCHAR,
  ZADDRESSNORMALIZED VARCHAR);
CREATE TABLE ZABCDSOCIALPROFILE (Z_PK INTEGER PRIMARY KEY, ZOWNER INTEGER, ZSERVICENAME VARCHAR, ZUSERNAME VARCHAR);
CREATE TABLE ZABCDNOTE (Z_PK INTEGER PRIMARY KEY, ZCONTACT INTEGER, ZTEXT VARCHAR);
INSERT INTO Z_PRIMARYKEY VALUES (19, 'ABCDGroup', 21, 1), (22, 'ABCDContact', 21, 9), (21, 'ABCDRecord', 0, 0);
INSERT INTO ZABCDPHONENUMBER VALUES (1, 14, 1, '+49 170 1234567', '_$!<Mobile>!$_'), (2, 14, 3, '112', ''),
  (3, 14, 1, 'ask her', '');
INSERT INTO ZABCDEMAILADDRESS VALUES (1, 8, 1, 'Ana@Example.com', 'ana@example.com'), (2, 8, 4, 'who@example.com', '');
INSERT INTO ZABCDSOCIALPROFILE VALUES (1, 1, 'Twitter', 'ana'), (2, 1, '', 'x');
INSERT INTO ZABCDNOTE VALUES (1, 1, 'met in Zürich');
"""
MAC_ROWS: tuple[dict[str, Any], ...] = (
    {"ZUNIQUEID": "U1:ABPerson", "ZTITLE": "Dr.", "ZFIRSTNAME": "Ana", "ZMIDDLENAME": "María", "ZLASTNAME": "Núñez",
     "ZSUFFIX": "Jr.", "ZBIRTHDAY": -497_016_000, "ZTHUMBNAILIMAGEDATA": b"\x01" + JPEG},
    {"ZUNIQUEID": "U2:ABPerson", "ZFIRSTNAME": "Bo", "ZBIRTHDAY": -12_504_369_600,
     "ZTHUMBNAILIMAGEDATA": b"\x02" + b"5C7A0F4E-0000-0000-0000-000000000000\0"},
    {"ZUNIQUEID": "U3:ABPerson", "ZORGANIZATION": "The Bakery", "ZBIRTHDAYYEARLESS": 9_547_200.0},
    {"ZUNIQUEID": "U4:ABPerson"},
    {"ZUNIQUEID": "U5:ABPerson"},
    {"ZUNIQUEID": "U6:ABGroup", "Z_ENT": 19, "ZNAME": "Friends"},
    {"ZUNIQUEID": "U7:ABPerson", "ZFIRSTNAME": "Cy", "ZNICKNAME": "Sigh",
     "ZTHUMBNAILIMAGEDATA": b"\x01" + b"no picture" * 9},
)  # fmt: skip
PHONE_SCHEMA = """
CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, First TEXT, Last TEXT, Middle TEXT, FirstPhonetic TEXT,
  MiddlePhonetic TEXT, LastPhonetic TEXT, Organization TEXT, Department TEXT, Note TEXT, Kind INTEGER, Birthday TEXT,
  JobTitle TEXT, Nickname TEXT, Prefix TEXT, Suffix TEXT, FirstSort TEXT, LastSort TEXT, CreationDate INTEGER,
  ModificationDate INTEGER, CompositeNameFallback TEXT, ExternalIdentifier TEXT, StoreID INTEGER, DisplayName TEXT,
  guid TEXT);
CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, identifier INTEGER,
  label INTEGER, value TEXT);
CREATE TABLE ABMultiValueLabel (value TEXT, UNIQUE(value));
INSERT INTO ABPerson (ROWID, First, Last, Note, Birthday, guid) VALUES
  (1, 'Robert', 'Ploutchouf', 'a neighbour', NULL, 'G1'), (2, 'Suzette', 'La crepe', NULL, '-547783200.000000', NULL);
INSERT INTO ABMultiValue VALUES (1, 1, 3, 0, 1, '01 01 01 01 01'), (2, 1, 3, 0, 4, '02 02 02 02 02'),
  (3, 2, 3, 0, 1, '03 03 03 03 03'), (4, 1, 4, 0, 2, 'mail@mail.tld'), (5, 1, 22, 0, 2, 'https://example.com');
"""
IMAGES = """
CREATE TABLE ABFullSizeImage (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, record_id INTEGER, crop_x INTEGER, data BLOB);
CREATE TABLE ABThumbnailImage (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, record_id INTEGER, format INTEGER, data BLOB);
"""


def mac_book(path: Path, rows: Sequence[dict[str, Any]] = MAC_ROWS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as made:
        made.executescript(MAC_SCHEMA)
        for number, row in enumerate(rows, 1):
            told = {"Z_ENT": 22, **row}
            made.execute(
                f"INSERT INTO ZABCDRECORD (Z_PK, {', '.join(told)}) VALUES (?{', ?' * len(told)})",  # noqa: S608
                (number, *told.values()),
            )
    made.close()


def phone_book(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(folder / "AddressBook.sqlitedb") as made:
        made.executescript(PHONE_SCHEMA)
    made.close()
    with sqlite3.connect(folder / "AddressBookImages.sqlitedb") as made:
        made.executescript(IMAGES)
        made.execute("INSERT INTO ABThumbnailImage (record_id, data) VALUES (1, ?)", (PNG,))
        made.execute("INSERT INTO ABFullSizeImage (record_id, data) VALUES (1, ?)", (JPEG,))
    made.close()


def contacts(items: Sequence[object]) -> dict[str, Contact]:
    return {each.name: each for each in items if isinstance(each, Contact)}


def golden_items(root: Path, reading: ModuleType) -> Any:  # noqa: ANN401 - items of any kind
    mac_book(root / MAC)
    phone_book(root / "Library/AddressBook")
    return reading.read(AppleContacts(), reading.make(root, {}))


def test_both_books_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    told = json.dumps(reading.golden(golden_items(tmp_path, reading)))
    placeless = re.sub(r"//sqlite,\d+,\d+,", "//sqlite,0,0,", told)  # other versions of SQLite put rows elsewhere
    assert json.loads(placeless) == json.loads(EXPECTED.read_bytes())


def test_birthdays_are_days_with_a_year_or_without(tmp_path: Path, reading: ModuleType) -> None:
    found = contacts(golden_items(tmp_path, reading))
    assert {name: each.born for name, each in found.items() if each.born} == {
        "Dr. Ana María Núñez Jr.": "1985-04-02", "Bo": "--10-02", "The Bakery": "--04-21",
        "Suzette La crepe": "1983-08-24",  # told as midnight in summer, 22:00 UTC of the day before
    }  # fmt: skip


def test_pictures_are_those_that_were_put_into_the_books(tmp_path: Path, reading: ModuleType) -> None:
    found = contacts(golden_items(tmp_path, reading))
    folder = reading.make(tmp_path, {})
    pictures = {name: each.photo for name, each in found.items() if each.photo}
    assert {name: each.name for name, each in pictures.items()} == {
        "Dr. Ana María Núñez Jr.": "Dr. Ana María Núñez Jr..jpg", "Robert Ploutchouf": "Robert Ploutchouf.jpg",
    }  # fmt: skip
    assert {folder.read(each.locator, limit=10**6) for each in pictures.values()} == {JPEG}


def test_groups_are_no_contacts_and_the_empty_are_told(tmp_path: Path, reading: ModuleType) -> None:
    mac_book(tmp_path / MAC)
    items = reading.read(AppleContacts(), reading.make(tmp_path, {}))
    assert [*contacts(items)] == ["Dr. Ana María Núñez Jr.", "Bo", "The Bakery", "who@example.com", "Cy"]
    assert [each.slug for each in items if isinstance(each, Problem)] == ["empty"]


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.apple_contacts.ITEMS_PER_CHECKPOINT", 2)
    golden_items(tmp_path, reading)
    folder = reading.make(tmp_path, {})
    whole = list(AppleContacts().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*AppleContacts().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 4
    assert rests == [whole[index + 1 :] for index, _ in marks]


def test_a_contact_of_two_copies_comes_once(tmp_path: Path, reading: ModuleType) -> None:
    for name in ("a", "b"):
        mac_book(tmp_path / f"{name}/AddressBook-v22.abcddb", MAC_ROWS[:1])
    items = reading.read(AppleContacts(), reading.make(tmp_path, {}))
    assert len(contacts(items)) == 1
    assert [*reading.problems(items).values()] == ["twice"]


def test_a_book_is_known_whatever_it_is_called(tmp_path: Path, reading: ModuleType) -> None:
    mac_book(tmp_path / "mine.db", MAC_ROWS[:1])
    assert [each.source.name for each in judge(reading.make(tmp_path, {})).recognised] == ["apple_contacts"]


def test_what_the_book_keeps_beside_it_is_nobodys(tmp_path: Path, reading: ModuleType) -> None:
    golden_items(tmp_path, reading)
    options = ReadOptions()
    reading.read(AppleContacts(), reading.make(tmp_path, {}), options)
    assert options.is_claimed("Library/AddressBook/AddressBookImages.sqlitedb")
    assert options.is_claimed("AddressBook/Sources/F00D/Metadata/x.abcdp")


def test_other_databases_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    with sqlite3.connect(tmp_path / "AddressBook.sqlitedb") as made:
        made.execute("CREATE TABLE ABPerson (First)")
    made.close()
    folder = reading.make(tmp_path, {"AddressBook-v22.abcddb": "SQLite format 3\0"})
    assert AppleContacts().recognise(folder).confidence == 0
    assert reading.read(AppleContacts(), folder) == []


def test_an_empty_book_and_a_broken_one_are_told(tmp_path: Path, reading: ModuleType) -> None:
    mac_book(tmp_path / "a/a.abcddb", ())
    mac_book(tmp_path / "b/b.abcddb", [{"ZUNIQUEID": f"U{n}", "ZFIRSTNAME": "x" * 900} for n in range(30)])
    path = tmp_path / "b/b.abcddb"
    path.write_bytes(path.read_bytes()[:-9_000])
    items = reading.read(AppleContacts(), reading.make(tmp_path, {}))
    assert reading.problems(items) == {"a/a.abcddb": "empty", "b/b.abcddb": "unreadable"}
