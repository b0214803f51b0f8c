"""A library of Apple Photos: what its database says of each picture, and which of its files are one memory.

Rows of two real libraries are those of osxphotos (see README.md). The other ones have the columns that osxphotos reads
of Photos 5 and Photos 10, with the names that each of them has.
"""

from __future__ import annotations

import json
import plistlib
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem, RelationKind
from timeline_local.importers.base import Checkpoint, ReadOptions, Unit
from timeline_local.importers.pictured import ELSEWHERE
from timeline_local.importers.registry import judge, read_all
from timeline_local.importers.sources.photo_folder import PhotoFolder
from timeline_local.importers.sources.photos_library import PhotosLibrary

EXPECTED = Path(__file__).with_name("expected.json")
LIBRARY = "Mine.photoslibrary"
# What differs between the systems: tables and columns.
OLD = {
    "asset": "ZGENERICASSET", "edited": "ZHASADJUSTMENTS", "albums": "Z_26ASSETS", "album": "Z_26ALBUMS",
    "of_album": "Z_34ASSETS", "keyword": "Z_37KEYWORDS", "person": "ZPERSON", "face": "ZASSET",
}  # fmt: skip
NEW = {
    "asset": "ZASSET", "edited": "ZADJUSTMENTSSTATE", "albums": "Z_30ASSETS", "album": "Z_30ALBUMS",
    "of_album": "Z_3ASSETS", "keyword": "Z_47KEYWORDS", "person": "ZPERSONFORFACE", "face": "ZASSETFORFACE",
}  # fmt: skip
SCHEMA = """
CREATE TABLE {asset} (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZADDITIONALATTRIBUTES INTEGER,
  ZAVALANCHEPICKTYPE INTEGER, {edited} INTEGER, ZFAVORITE INTEGER, ZHIDDEN INTEGER, ZKIND INTEGER, ZKINDSUBTYPE INTEGER,
  ZSAVEDASSETTYPE INTEGER, ZTRASHEDSTATE INTEGER, ZVISIBILITYSTATE INTEGER, ZMASTER INTEGER, ZADDEDDATE TIMESTAMP,
  ZCLOUDBATCHPUBLISHDATE TIMESTAMP, ZDATECREATED TIMESTAMP, ZLATITUDE FLOAT, ZLONGITUDE FLOAT, ZAVALANCHEUUID VARCHAR,
  ZDIRECTORY VARCHAR, ZFILENAME VARCHAR, ZUUID VARCHAR, ZUNIFORMTYPEIDENTIFIER VARCHAR, ZIMAGEREQUESTHINTS BLOB);
CREATE TABLE ZADDITIONALASSETATTRIBUTES (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZASSET INTEGER,
  ZTIMEZONEOFFSET INTEGER, ZASSETDESCRIPTION INTEGER, ZSYNDICATIONHISTORY INTEGER, ZORIGINALFILENAME VARCHAR,
  ZTIMEZONENAME VARCHAR, ZTITLE VARCHAR, ZSYNDICATIONIDENTIFIER VARCHAR, ZREVERSELOCATIONDATA BLOB);
CREATE TABLE ZASSETDESCRIPTION (Z_PK INTEGER PRIMARY KEY, ZASSETATTRIBUTES INTEGER, ZLONGDESCRIPTION VARCHAR);
CREATE TABLE ZKEYWORD (Z_PK INTEGER PRIMARY KEY, ZTITLE VARCHAR, ZUUID VARCHAR);
CREATE TABLE Z_1KEYWORDS (Z_1ASSETATTRIBUTES INTEGER, {keyword} INTEGER, PRIMARY KEY (Z_1ASSETATTRIBUTES, {keyword}));
CREATE TABLE ZGENERICALBUM (Z_PK INTEGER PRIMARY KEY, ZKIND INTEGER, ZTRASHEDSTATE INTEGER, ZPARENTFOLDER INTEGER,
  ZTITLE VARCHAR, ZUUID VARCHAR);
CREATE TABLE {albums} ({album} INTEGER, {of_album} INTEGER, Z_FOK_{of_album} INTEGER,
  PRIMARY KEY ({album}, {of_album}));
CREATE TABLE Z_3MEMORIESBEINGCURATEDASSETS (Z_3CURATEDASSETS INTEGER, Z_44MEMORIESBEINGCURATEDASSETS INTEGER);
CREATE TABLE ZPERSON (Z_PK INTEGER PRIMARY KEY, ZDISPLAYNAME VARCHAR, ZFULLNAME VARCHAR, ZPERSONUUID VARCHAR);
CREATE TABLE ZDETECTEDFACE (Z_PK INTEGER PRIMARY KEY, ZHIDDEN INTEGER, {face} INTEGER, {person} INTEGER, ZUUID VARCHAR);
CREATE TABLE ZINTERNALRESOURCE (Z_PK INTEGER PRIMARY KEY, ZASSET INTEGER, ZDATASTORESUBTYPE INTEGER);
INSERT INTO ZKEYWORD VALUES (1, 'Garden', 'K1'), (2, 'Été', 'K2');
INSERT INTO ZGENERICALBUM VALUES (1, 3999, 0, NULL, NULL, 'ROOT'), (2, 2, 0, 1, 'Holidays', 'AL1'),
  (3, 2, 1, 1, 'Thrown away', 'AL2'), (4, 1506, 0, NULL, 'Import', 'AL3'), (5, 1505, 0, NULL, 'Shared', 'AL4');
INSERT INTO ZPERSON VALUES (1, 'Ana', 'Ana Núñez', 'P1'), (2, '', '', 'P2'), (3, 'Bo', NULL, 'P3');
"""


def archived(told: dict[str, Any]) -> bytes:
    """As NSKeyedArchiver writes an object of a class of Photos."""
    objects: list[Any] = ["$null"]

    def add(value: object) -> plistlib.UID:
        objects.append(None)
        place = len(objects) - 1
        if isinstance(value, dict):
            objects[place] = {name: add(each) for name, each in value.items()}
        elif isinstance(value, list):
            objects[place] = {"NS.objects": [add(each) for each in value]}
        else:
            objects[place] = value
        return plistlib.UID(place)

    top = {"$archiver": "NSKeyedArchiver", "$version": 100_000, "$top": {"root": add(told)}, "$objects": objects}
    return plistlib.dumps(top, fmt=plistlib.FMT_BINARY)


PLACE = archived({
    "addressString": "Am See 1\nZürich", "countryCode": "CH",
    "postalAddress": {"_city": "Zürich", "_state": "ZH", "_country": "Schweiz", "_street": "Am See 1"},
    "mapItem": {"sortedPlaceInfos": [
        {"name": "Schweiz", "placeType": 1, "area": 4e10}, {"name": "Botanischer Garten", "placeType": 8, "area": 5e4},
        {"name": "Altstadt", "placeType": 8, "area": 9e5},
    ]},
})  # fmt: skip
AT = 600_000_000.5  # 2020-01-06 10:40:00.5 UTC
ROWS: tuple[dict[str, Any], ...] = (
    {"uuid": "A1", "ending": "heic", "name": "IMG_0001.HEIC", "ZKINDSUBTYPE": 2, "ZFAVORITE": 1, "edited": 1,
     "title": "Tea", "description": "In the garden", "offset": 3600, "zone": "Europe/Zurich", "ZLATITUDE": 47.3,
     "ZLONGITUDE": 8.5, "place": PLACE, "keywords": (1, 2), "albums": (2, 3, 4),
     "faces": ((1, 0), (2, 0), (3, 1), (1, 0)),
     "ZADDEDDATE": AT + 60},
    {"uuid": "B2", "ending": "jpeg", "name": "DSC_1.JPG", "raw": 1, "ZHIDDEN": 1, "offset": -12_600,
     "zone": "GMT-0330"},
    {"uuid": "C3", "ending": "mov", "name": "IMG_0003.MOV", "ZKIND": 1, "edited": 2},
    {"uuid": "D4", "ending": "jpeg", "name": "IMG_0004.JPG", "ZTRASHEDSTATE": 1},
    {"uuid": "E5", "ending": "jpeg", "name": "IMG_0005.JPG"},
    {"uuid": "F6", "ending": "jpeg", "name": "old.jpg", "ZSAVEDASSETTYPE": 10, "directory": "/Volumes/Disk"},
    {"uuid": "G7", "ending": "jpeg", "name": "shared.jpg", "directory": "S", "ZCLOUDBATCHPUBLISHDATE": AT,
     "albums": (5,)},
    {"uuid": "H8", "ending": "jpeg", "name": "IMG_8.JPG", "ZAVALANCHEUUID": "BURST", "ZAVALANCHEPICKTYPE": 2},
    {"uuid": "I9", "ending": "jpeg", "name": "IMG_9.JPG", "ZAVALANCHEUUID": "BURST", "ZAVALANCHEPICKTYPE": 20},
    {"uuid": "J1", "ending": "png", "name": "IMG_10.PNG", "ZKINDSUBTYPE": 10, "ZDATECREATED": None},
    {"uuid": "K1", "ending": "jpeg", "name": "sent.jpg", "syndicated": "x"},
    {"uuid": "L1", "ending": "jpeg", "name": "empty.jpg"},
)  # fmt: skip
FILES: dict[str, bytes | str] = {
    f"{LIBRARY}/{name}": content
    for name, content in {
        "originals/A/A1.heic": "still", "originals/A/A1_3.mov": "film", "resources/renders/A/A1_1_201_a.heic": "edit",
        "resources/renders/A/A1_2_100_a.mov": "edited film", "resources/renders/A/A1.plist": "x",
        "originals/B/B2.jpeg": "x", "originals/B/B2_4.cr2": "raw", "originals/C/C3.mov": "film",
        "resources/renders/C/C3_2_0_a.mov": "edited film", "originals/D/D4.jpeg": "trash",
        "scopes/cloudsharing/data/S/G7.jpeg": "shared", "originals/H/H8.jpeg": "1", "originals/I/I9.jpeg": "2",
        "originals/J/J1.png": "screen", "originals/L/L1.jpeg": "",
        "originals/Z/Z0.jpeg": "the database does not know it", "resources/derivatives/A/A1_1_105_c.jpeg": "small",
        "resources/derivatives/masters/A/A1_4_5005_c.jpeg": "small",
        "database/search/psi.sqlite": "x", "private/com.apple.Photos/x.plist": "x", "external/y.jpg": "x",
    }.items()
}  # fmt: skip


def library(path: Path, rows: tuple[dict[str, Any], ...] = ROWS, *, names: dict[str, str] = NEW) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as made:
        made.executescript(SCHEMA.format(**names))
        for number, row in enumerate(rows, 1):
            _insert(made, number, {"ZDATECREATED": AT, "directory": row["uuid"][0], **row}, names)
    made.close()


def _insert(made: sqlite3.Connection, number: int, row: dict[str, Any], names: dict[str, str]) -> None:
    told = {name: value for name, value in row.items() if name.startswith("Z")}
    told |= {"ZUUID": row["uuid"], "ZFILENAME": f"{row['uuid']}.{row['ending']}", "ZDIRECTORY": row["directory"]}
    told |= {"Z_PK": number, "ZADDITIONALATTRIBUTES": number + 100, names["edited"]: row.get("edited", 0)}
    columns = ", ".join(told)
    made.execute(
        f"INSERT INTO {names['asset']} ({columns}) VALUES ({', '.join('?' * len(told))})",  # noqa: S608 - names
        [*told.values()],
    )
    made.execute("INSERT INTO ZASSETDESCRIPTION VALUES (?, ?, ?)", (number, number + 100, row.get("description")))
    made.execute(
        "INSERT INTO ZADDITIONALASSETATTRIBUTES VALUES (?, 1, 1, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
        (number + 100, number, row.get("offset"), number, row["name"], row.get("zone"), row.get("title"),
         row.get("syndicated"), row.get("place")),
    )  # fmt: skip
    made.executemany(
        "INSERT INTO Z_1KEYWORDS VALUES (?, ?)", [(number + 100, each) for each in row.get("keywords", ())]
    )
    made.executemany(
        f"INSERT INTO {names['albums']} VALUES (?, ?, 0)",  # noqa: S608 - a name
        [(each, number) for each in row.get("albums", ())],
    )
    made.executemany(
        f"INSERT INTO ZDETECTEDFACE (ZHIDDEN, {names['face']}, {names['person']}) VALUES (?, ?, ?)",  # noqa: S608
        [(hidden, number, person) for person, hidden in row.get("faces", ())],
    )
    if "raw" in row:
        made.execute("INSERT INTO ZINTERNALRESOURCE (ZASSET, ZDATASTORESUBTYPE) VALUES (?, 17)", (number,))


@pytest.mark.parametrize("names", [OLD, NEW], ids=["Photos 5", "Photos 10"])
def test_a_library_becomes_what_the_golden_file_says(
    tmp_path: Path, reading: ModuleType, names: dict[str, str]
) -> None:
    library(tmp_path / f"{LIBRARY}/database/Photos.sqlite", names=names)
    items = reading.read(PhotosLibrary(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_every_picture_is_told(tmp_path: Path, reading: ModuleType) -> None:
    library(tmp_path / f"{LIBRARY}/database/Photos.sqlite")
    items = reading.read(PhotosLibrary(), reading.make(tmp_path, FILES))
    assert [*reading.drafts(items)] == ["A1", "B2", "C3", "G7", "H8", "I9", "J1"]
    assert [each.slug for each in items if isinstance(each, Problem)] == [
        "trashed-at-source", "not-in-export", "not-in-export", "not-in-export", "empty",
    ]  # fmt: skip


def test_the_instant_and_the_zone_of_a_picture_are_told(tmp_path: Path, reading: ModuleType) -> None:
    library(tmp_path / f"{LIBRARY}/database/Photos.sqlite")
    found = reading.drafts(reading.read(PhotosLibrary(), reading.make(tmp_path, FILES)))
    (zurich,), (newfoundland,) = found["A1"].evidence, found["B2"].evidence
    assert (zurich.instant, zurich.utc_offset_min, zurich.zone) == (
        datetime(2020, 1, 6, 10, 40, 0, 500_000, tzinfo=UTC), 60, "Europe/Zurich",
    )  # fmt: skip
    assert (newfoundland.utc_offset_min, newfoundland.zone) == (-210, None)


def test_the_shots_of_a_burst_belong_to_the_one_that_was_picked(tmp_path: Path, reading: ModuleType) -> None:
    library(tmp_path / f"{LIBRARY}/database/Photos.sqlite")
    found = reading.drafts(reading.read(PhotosLibrary(), reading.make(tmp_path, FILES)))
    assert [(each.kind, each.source_key) for each in found["H8"].relations] == [(RelationKind.PART_OF, "I9")]
    assert not found["I9"].relations


def test_previews_are_left_aside_and_strays_are_pictures(tmp_path: Path, reading: ModuleType) -> None:
    library(tmp_path / f"{LIBRARY}/database/Photos.sqlite")
    folder = reading.make(tmp_path, {**FILES, "beside.jpg": "x"})
    read = [each.item for each in read_all(folder, [PhotosLibrary(), PhotoFolder()], ReadOptions())]
    later = [each for each in read if isinstance(each, Unit) and "." in each.source_key]
    assert [each.source_key for each in later] == ["beside.jpg", f"{LIBRARY}/originals/Z/Z0.jpeg"]
    assert not [each for each in read if isinstance(each, Problem) and each.slug == "unsupported"]


def test_a_picture_is_read_again_only_when_it_changed(tmp_path: Path, reading: ModuleType) -> None:
    def units() -> dict[str, tuple[object, ...]]:
        read = PhotosLibrary().read(reading.make(tmp_path, FILES), ReadOptions(), None)
        return {each.source_key: each.files for each in read if isinstance(each, Unit)}

    path = tmp_path / f"{LIBRARY}/database/Photos.sqlite"
    library(path)
    first = units()
    with sqlite3.connect(path) as made:
        made.execute("UPDATE ZASSET SET ZFAVORITE = 1 WHERE ZUUID = 'B2'")
    made.close()
    second = units()
    assert [key for key, files in first.items() if second[key] != files] == ["B2"]


def test_the_pictures_of_an_iphone_lie_beside_the_folder_of_its_database(tmp_path: Path, reading: ModuleType) -> None:
    row = {"uuid": "A1", "ending": "HEIC", "name": "IMG_0001.HEIC", "directory": "DCIM/100APPLE", "ZKINDSUBTYPE": 2}
    library(tmp_path / "Media/PhotoData/Photos.sqlite", ({**row, "edited": 1},))
    files = {
        "Media/DCIM/100APPLE/A1.HEIC": "x", "Media/DCIM/100APPLE/A1.MOV": "film",
        "Media/PhotoData/Mutations/DCIM/100APPLE/A1/Adjustments/FullSizeRender.jpg": "edit",
        "Media/PhotoData/Thumbnails/x.jpg": "small",
    }  # fmt: skip
    options = ReadOptions()
    found = reading.drafts(reading.read(PhotosLibrary(), reading.make(tmp_path, files), options))
    assert [(each.role.value, each.name) for each in found["A1"].media] == [
        ("primary", "IMG_0001.HEIC"), ("motion", "IMG_0001.mov"), ("edited", "IMG_0001.jpg"),
    ]  # fmt: skip
    assert options.is_claimed("Media/PhotoData/Thumbnails/x.jpg")


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.photos_library.ITEMS_PER_CHECKPOINT", 3)
    library(tmp_path / f"{LIBRARY}/database/Photos.sqlite")
    folder = reading.make(tmp_path, FILES)
    whole = list(PhotosLibrary().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*PhotosLibrary().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 4
    assert [[_key(each) for each in rest] for rest in rests] == [
        [_key(each) for each in whole[index + 1 :]] for index, _ in marks
    ]


def _key(item: object) -> object:
    return (item.source_key, item.files) if isinstance(item, Unit) else item


def test_two_copies_of_a_library_give_each_picture_once(tmp_path: Path, reading: ModuleType) -> None:
    for name in ("a", "b"):
        library(tmp_path / f"{name}/database/Photos.sqlite", ROWS[8:9])
    files = {f"{name}/originals/I/I9.jpeg": "x" for name in ("a", "b")}
    items = reading.read(PhotosLibrary(), reading.make(tmp_path, files))
    assert [type(each) for each in items if isinstance(each, Draft | Problem)] == [Draft, Problem]


def test_a_library_is_known_by_its_tables(tmp_path: Path, reading: ModuleType) -> None:
    library(tmp_path / "renamed/database/other.db", ROWS[:1])
    found = judge(reading.make(tmp_path, {"renamed/originals/A/A1.heic": "x"})).recognised
    assert [each.source.name for each in found] == ["photos_library", "photo_folder"]


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_what_lies_beside_the_database_is_nobodys(tmp_path: Path, reading: ModuleType, ending: str) -> None:
    library(tmp_path / "database/Photos.sqlite", ROWS[:1])
    options = ReadOptions()
    reading.read(PhotosLibrary(), reading.make(tmp_path, {}), options)
    assert options.is_claimed(f"database/Photos.sqlite{ending}")
    assert not options.is_claimed("a.jpg")


def test_other_databases_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    with sqlite3.connect(tmp_path / "Photos.sqlite") as made:
        made.execute("CREATE TABLE ZASSET (ZUUID)")
    made.close()
    folder = reading.make(tmp_path, {"b/Photos.sqlite": "SQLite format 3\0", "c.sqlite": ""})
    assert PhotosLibrary().recognise(folder).confidence == 0
    assert reading.read(PhotosLibrary(), folder) == []


def test_a_library_that_ends_too_soon_is_told(tmp_path: Path, reading: ModuleType) -> None:
    rows = tuple({"uuid": f"A{n}", "ending": "heic", "name": "x" * 400} for n in range(60))
    path = tmp_path / f"{LIBRARY}/database/Photos.sqlite"
    library(path, rows)
    path.write_bytes(path.read_bytes()[:-20_000])
    items = reading.read(PhotosLibrary(), reading.make(tmp_path, {}))
    assert "unreadable" in reading.problems(items).values()


def test_an_empty_library_is_told(tmp_path: Path, reading: ModuleType) -> None:
    library(tmp_path / "database/Photos.sqlite", ())
    assert [*reading.problems(reading.read(PhotosLibrary(), reading.make(tmp_path, {}))).values()] == ["empty"]


def real(root: Path, name: str, *, originals: str) -> None:
    """One of the libraries of osxphotos (see README.md), with originals of our own."""
    told: dict[str, list[list[Any]]] = json.loads((Path(__file__).parent / f"{name}.json").read_bytes())
    path = root / f"{LIBRARY}/database/{'photos.db' if name == 'photos_2' else 'Photos.sqlite'}"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as made:
        for table, (columns, *rows) in told.items():
            named = ", ".join(f'"{each}"' for each in columns)
            kinds = ", ".join(f'"{each}" INTEGER' if at == 0 else f'"{each}"' for at, each in enumerate(columns))
            key = columns[0] if columns[0] in {"Z_PK", "modelId"} else f'{columns[0]}", "{columns[1]}'
            made.execute(f'CREATE TABLE "{table}" ({kinds}, PRIMARY KEY ("{key}"))')
            made.executemany(f'INSERT INTO "{table}" ({named}) VALUES ({", ".join("?" * len(columns))})', rows)  # noqa: S608
        for (place,) in made.execute(originals).fetchall():
            file = root / LIBRARY / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(place.encode())
    made.close()


SEVEN = "SELECT 'originals/' || ZDIRECTORY || '/' || ZFILENAME FROM ZASSET WHERE ZDIRECTORY NOT LIKE '/%'"
TWO = "SELECT 'Masters/' || imagePath FROM RKMaster WHERE NOT fileIsReference"
KIDS = "DC99FBDD-7A52-4100-A5BB-344131646C30"


def counted(found: dict[str, Draft], names: str) -> dict[str, int]:
    told = Counter(
        each if isinstance(each, str) else each.name for draft in found.values() for each in getattr(draft, names)
    )
    return dict(sorted(told.items()))


def test_a_library_of_photos_7_is_read_as_osxphotos_reads_it(tmp_path: Path, reading: ModuleType) -> None:
    real(tmp_path, "photos_7", originals=SEVEN)
    items = reading.read(PhotosLibrary(), reading.make(tmp_path, {}))
    found = reading.drafts(items)
    one, wedding = found["D79B8D77-BFFC-460B-9312-034F2877D35B"], found["E9BC5C36-7CD1-40A1-A72B-8B8FAC227D51"]
    assert (one.title, one.body, one.tags, one.media[0].name) == (
        "I found one!", "Girl holding pumpkin", ("Kids",), "Pumkins2.jpg",
    )  # fmt: skip
    assert [each.name for each in one.people] == ["Katie"]
    assert sorted(each.name for each in one.collections) == ["Multi Keyword", "Pumpkin Farm", "Test Album"]
    assert (one.evidence[0].instant, one.evidence[0].utc_offset_min) == (
        datetime(2018, 9, 28, 20, 7, 7, tzinfo=UTC), -240,
    )  # fmt: skip
    assert (wedding.body, sorted(wedding.tags), wedding.favourite) == ("Bride Wedding day", ["Maria", "wedding"], True)
    assert sorted(each.name for each in wedding.collections) == [
        "AlbumInFolder", "I have a deleted twin", "Multi Keyword",
    ]  # fmt: skip
    assert (found[KIDS].place.lat, found[KIDS].place.lon) == (51.50357167, -0.1318055)
    assert found["6191423D-8DB8-4D4C-92BE-9BBBA308AAC4"].place is None


def test_counts_of_a_library_of_photos_7_are_those_of_osxphotos(tmp_path: Path, reading: ModuleType) -> None:
    """Less what is in the trash, and what is not in the library: osxphotos counts both."""
    real(tmp_path, "photos_7", originals=SEVEN)
    items = reading.read(PhotosLibrary(), reading.make(tmp_path, {}))
    found = reading.drafts(items)
    assert len(found) == 21 - 2 - 2
    assert Counter(reading.problems(items).values()) == {"trashed-at-source": 2, "not-in-export": 2}
    assert counted(found, "people") == {"Katie": 3, "Maria": 2 - 1, "Suzy": 2}
    assert counted(found, "tags") == {
        "Drink": 2, "England": 1, "Kids": 4 - 1, "London": 1, "London 2018": 1, "Maria": 1, "St. James's Park": 1,
        "Travel": 2, "UK": 1, "United Kingdom": 1, "Val d'Isère": 2, "Wine": 2, "Wine Bottle": 2, "flowers": 1,
        "foo/bar": 1, "wedding": 3 - 1,
    }  # fmt: skip
    assert counted(found, "collections") == {
        "2018-10 - Sponsion, Museum, Frühstück, Römermuseum": 1, "2019-10/11 Paris Clermont": 1, "AlbumInFolder": 2,
        "I have a deleted twin": 1, "Multi Keyword": 2, "Pumpkin Farm": 3, "Raw": 4 - 1, "Test Album": 2,
    }  # fmt: skip


def test_a_date_that_is_none_is_not_believed(tmp_path: Path, reading: ModuleType) -> None:
    real(tmp_path, "photos_7", originals=SEVEN)
    found = reading.drafts(reading.read(PhotosLibrary(), reading.make(tmp_path, {})))
    assert found["8846E3E6-8AC8-4857-8448-E3D025784410"].evidence == ()


def test_a_library_of_photos_2_is_read_as_osxphotos_reads_it(tmp_path: Path, reading: ModuleType) -> None:
    real(tmp_path, "photos_2", originals=TWO)
    items = reading.read(PhotosLibrary(), reading.make(tmp_path, {}))
    found = reading.drafts(items)
    one = found["sE5LlfekS8ykEE7o0cuMVA"]
    assert (one.title, one.body, one.tags) == ("I found one!", "Girl holding pumpkin", ("Kids",))
    assert [each.locator for each in one.media] == [f"{LIBRARY}/Masters/2019/08/24/20190824-030824/Pumkins2.jpg"]
    assert [each.name for each in one.people] == ["Katie"]
    assert sorted(each.name for each in one.collections) == ["AlbumInFolder", "Pumpkin Farm"]
    assert (one.evidence[0].instant, one.evidence[0].utc_offset_min, one.evidence[0].zone) == (
        datetime(2018, 9, 28, 20, 7, 7, tzinfo=UTC), -240, "America/New_York",
    )  # fmt: skip
    assert [each.detail for each in items if isinstance(each, Problem)] == [ELSEWHERE]
    assert len(found) == 10 - 1


def test_counts_of_a_library_of_photos_2_are_those_of_osxphotos(tmp_path: Path, reading: ModuleType) -> None:
    """Less the picture that is not in the library."""
    real(tmp_path, "photos_2", originals=TWO)
    found = reading.drafts(reading.read(PhotosLibrary(), reading.make(tmp_path, {})))
    assert counted(found, "people") == {"Katie": 3, "Maria": 1, "Suzy": 2}
    assert counted(found, "tags") == {
        "England": 1, "Kids": 4 - 1, "London": 1, "London 2018": 1, "St. James's Park": 1, "UK": 1, "United Kingdom": 1,
        "flowers": 2, "wedding": 3,
    }  # fmt: skip
    assert counted(found, "collections") == {"AlbumInFolder": 1, "Pumpkin Farm": 3}


def test_a_raw_and_places_of_an_old_library_are_taken(tmp_path: Path, reading: ModuleType) -> None:
    real(tmp_path, "photos_2", originals=TWO)
    found = reading.drafts(reading.read(PhotosLibrary(), reading.make(tmp_path, {})))
    assert [(each.role.value, each.name) for each in found["+6wHHkUSTWWyz7TYEsbGtQ"].media] == [
        ("primary", "IMG_1994.JPG"), ("raw", "IMG_1994.cr2"),
    ]  # fmt: skip
    assert [each.name for each in found["FPm+ICxpQV+LPBKR22UepA"].media] == ["IMG_1998.CR2"]
    place = found["N6w0wuZRSEC3l2wyabbjRQ"].place
    assert (place.name, place.city, place.region, place.country, place.lat) == (
        "St James's Park", "Westminster", "England", "United Kingdom", 51.50357167,
    )  # fmt: skip


def test_films_and_edits_of_an_old_library_are_found_by_their_numbers(tmp_path: Path, reading: ModuleType) -> None:
    real(tmp_path, "photos_2", originals=TWO)
    with sqlite3.connect(tmp_path / f"{LIBRARY}/database/photos.db") as made:
        made.executescript(
            "ALTER TABLE RKVersion ADD COLUMN adjustmentUuid; ALTER TABLE RKVersion ADD COLUMN specialType INTEGER;"
            "CREATE TABLE RKModelResource (modelId INTEGER PRIMARY KEY, attachedModelId INTEGER,"
            " attachedModelType INTEGER, resourceTag VARCHAR, resourceType INTEGER, UTI VARCHAR);"
            "UPDATE RKVersion SET adjustmentUuid = 'EDIT', specialType = 5 WHERE modelId = 3;"
            "UPDATE RKVersion SET adjustmentUuid = 'UNADJUSTED' WHERE modelId = 4;"
            "INSERT INTO RKModelResource VALUES (1383, 3, 2, 'EDIT', 4, 'public.jpeg'), (74565, 3, 2, 'EDIT', 8, ''),"
            " (9, 3, 2, 'OLDER', 4, ''), (10, 4, 2, 'UNADJUSTED', 4, ''),"
            " (11, 3, 1, '', 8, 'com.apple.quicktime-movie');"
        )
    made.close()
    media = f"{LIBRARY}/resources/media"
    files = {
        f"{media}/version/05/00/fullsizeoutput_567.jpeg": "x",
        f"{media}/version/23/01/videocomplementoutput_12345.mov": "x",
        f"{media}/master/00/00/jpegvideocomplement_b.mov": "x", f"{media}/version/00/00/fullsizeoutput_a.jpeg": "x",
    }  # fmt: skip
    found = reading.drafts(reading.read(PhotosLibrary(), reading.make(tmp_path, files)))
    told = [
        (each.role.value, each.locator.removeprefix(f"{media}/")) for each in found["sE5LlfekS8ykEE7o0cuMVA"].media[1:]
    ]
    assert told == [
        ("motion", "master/00/00/jpegvideocomplement_b.mov"), ("edited", "version/05/00/fullsizeoutput_567.jpeg"),
        ("edited", "version/23/01/videocomplementoutput_12345.mov"),
    ]  # fmt: skip
    assert len(found["UFMoHg17SwaPSyz7li4y2Q"].media) == 1


def test_the_old_database_of_a_converted_library_is_passed_over(tmp_path: Path, reading: ModuleType) -> None:
    real(tmp_path, "photos_2", originals=TWO)
    library(tmp_path / f"{LIBRARY}/database/Photos.sqlite", ROWS[9:10])
    items = reading.read(PhotosLibrary(), reading.make(tmp_path, FILES))
    assert [*reading.drafts(items)] == ["J1"]


def golden_items(root: Path, reading: ModuleType) -> Any:  # noqa: ANN401 - items of any kind
    library(root / f"{LIBRARY}/database/Photos.sqlite")
    return reading.read(PhotosLibrary(), reading.make(root, FILES))
