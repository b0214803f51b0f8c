"""ExifTool's JSON: dates, places and people that stand apart in several tags, of cameras, phones and programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from timeline_local.domain.times import decide
from timeline_local.domain.xmp import Xmp
from timeline_local.importers.exiftool_json import read_exiftool

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILM = {"TrackCreateDate": "2022:06:25 04:50:58", "MediaCreateDate": "2022:06:25 04:50:58"}


def read(**tags: object) -> Xmp:
    found = read_exiftool(json.dumps([{"SourceFile": "a", **tags}]).encode())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("tags", "local", "instant"),
    [
        # A film's clock is UTC: beside it a wall clock tells its zone (Canon); the same in both tells none.
        (
            {**FILM, "CreateDate": "2022:06:25 04:50:58", "DateTimeOriginal": "2022:06:25 06:50:58"},
            "2022-06-25T06:50:58",
            "2022-06-25T04:50:58",
        ),
        (
            {**FILM, "CreateDate": "2022:06:25 04:50:58", "DateTimeOriginal": "2022:06:25 04:50:58"},
            "2022-06-25T04:50:58",
            "2022-06-25T11:50:58",
        ),
        ({**FILM, "CreationDateValue": "2022:06:25 06:50:58+02:00"}, "2022-06-25T06:50:58", "2022-06-25T04:50:58"),
        ({**FILM, "ContentCreateDate": "2022:06:25 06:50:58+02:00"}, "2022-06-25T06:50:58", "2022-06-25T04:50:58"),
        (FILM, "2022-06-24T21:50:58", "2022-06-25T04:50:58"),
        # Pictures: offsets, days and clocks in tags of their own.
        (
            {"CreateDate": "2022:11:02 12:54:16", "OffsetTimeDigitized": "+01:00"},
            "2022-11-02T12:54:16",
            "2022-11-02T11:54:16",
        ),
        (
            {"DateCreated": "2021:04:08", "TimeCreated": "16:04:55-04:00"},
            "2021-04-08T16:04:55",
            "2021-04-08T20:04:55",
        ),
        (
            {"DateTimeOriginal": "2016:08:12 13:28:50", "TimeZoneOffset": "9 8"},
            "2016-08-12T13:28:50",
            "2016-08-12T04:28:50",
        ),
        ({"DateTimeOriginal": "2016:08:12 13:28:50", "OffsetTime": "-9"}, "2016-08-12T13:28:50", "2016-08-12T22:28:50"),
        (
            {"DateTimeOriginal": "2018:10:19 11:15:14", "DateTimeUTC": "2018:10:19 05:45:12"},
            "2018-10-19T11:15:14",
            "2018-10-19T05:45:14",
        ),
        (
            {"DateTimeOriginal": "2016:10:19 11:15:14", "GPSDateTime": "2016:10:19 18:15:12Z"},
            "2016-10-19T11:15:14",
            "2016-10-19T18:15:14",
        ),
        ({"DateTimeOriginal": "2014:07:17 08:46:27-04:00 DST"}, "2014-07-17T08:46:27", "2014-07-17T12:46:27"),
        ({"DateTimeCreated": "2021:04:08 16:04:55-04:00"}, "2021-04-08T16:04:55", "2021-04-08T20:04:55"),
        ({"GPSDateTime": "2015:02:13 16:14:11Z"}, "2015-02-13T08:14:11", "2015-02-13T16:14:11"),
        ({"GPSDateStamp": "2015:02:13", "GPSTimeStamp": "16:14:11"}, "2015-02-13T08:14:11", "2015-02-13T16:14:11"),
    ],
)
def test_a_date_is_put_together_of_its_tags(tags: dict[str, object], local: str, instant: str) -> None:
    moment = decide(
        read(**tags).evidence(),
        coordinates=None,
        zone_of=lambda *_: None,
        home_zone="America/Los_Angeles",
        fallback=NOW,
        now=NOW,
    ).moment
    assert (moment.local_at.isoformat(), moment.happened_at.isoformat()) == (local, f"{instant}+00:00")


@pytest.mark.parametrize(
    ("tags", "place"),
    [
        ({"GPSCoordinates": "43 deg 30' 36.00\" N, 4 deg 30' 0.00\" W, 4 m Above Sea Level"}, (43.51, -4.5)),
        ({"GPSPosition": "43.51 -4.5"}, (43.51, -4.5)),
        ({"GPSPosition": "43.51"}, (None, None)),
        ({"GPSPosition": "43° 30' 36\" N 4.5° W"}, (43.51, -4.5)),
        ({"GPSPosition": "here, there"}, (None, None)),
        ({"GPSLatitude": 0.00001, "GPSLongitude": -4.5}, (0.00001, -4.5)),
        ({"GPSLatitude": "43.51", "GPSLatitudeRef": "S", "GPSLongitude": "-4.5"}, (-43.51, -4.5)),
    ],
)
def test_a_place_is_read_of_either_spelling(tags: dict[str, object], place: tuple[float | None, float | None]) -> None:
    found = read(**tags)
    assert (found.lat, found.lon) == place


FACES = [{"Name": "Ada", "Type": "face"}, {"Name": "Rex", "Type": "Pet"}]


@pytest.mark.parametrize(
    ("tags", "people"),
    [
        ({"RegionName": ["Ada", "Rex"], "RegionType": ["Face", "Pet"]}, ["Ada"]),
        ({"RegionName": "Ada", "RegionType": "Face"}, ["Ada"]),
        ({"RegionName": ["Ada", "Ben"], "RegionType": ["Pet"]}, ["Ada", "Ben"]),  # nobody knows whose the type is
        ({"RegionName": ["", ""], "RegionTitle": ["Ada", ""], "RegionPersonInImage": ["", "Ben"]}, ["Ada", "Ben"]),
        ({"ACDSeeRegionName": ["Ada", "Tree"], "ACDSeeRegionType": ["Face", "Object"]}, ["Ada"]),
        ({"RegionInfo": {"RegionList": FACES}}, ["Ada"]),
        ({"XMP": {"RegionInfo": {"RegionList": FACES}}}, ["Ada"]),
        ({"RegionInfoMP": {"Regions": [{"PersonDisplayName": "Ada"}, 7]}}, ["Ada"]),
        ({"PersonInImage": ["Ada", "Ben"], "RegionName": "Ada", "RegionPersonDisplayName": "Ben"}, ["Ada", "Ben"]),
    ],
)
def test_people_are_faces_and_no_pets(tags: dict[str, object], people: list[str]) -> None:
    assert [each.name for each in read(**tags).people] == people


@pytest.mark.parametrize(
    ("tags", "keywords"),
    [
        ({"Keywords": "Child", "TagsList": ["Parent/Child"]}, ("Parent/Child",)),
        ({"HierarchicalSubject": ["Parent|Child", "Mum/Dad", 2024]}, ("Parent/Child", "Mum-Dad", "2024")),
        (
            {"LastKeywordXMP": "Parent/Child", "CatalogSets": ["A|B"], "Subject": ["A", "C"]},
            ("Parent/Child", "A/B", "C"),
        ),
    ],
)
def test_keywords_keep_their_levels(tags: dict[str, object], keywords: tuple[str, ...]) -> None:
    assert read(**tags).keywords == keywords


def test_tags_without_the_name_of_a_file_are_known_by_their_groups() -> None:
    found = read_exiftool(b'[{"EXIF:ImageDescription": "Girl", "XMP:PersonInImage": ["Ada"]}]')
    assert found is not None
    assert (found.description, [each.name for each in found.people]) == ("Girl", ["Ada"])
    assert read_exiftool(b'[{"EXIF": 1}]') is None
