"""Swarm: check-ins of the download and of the API, their clock, people and pictures; visits, tips; guesses left out.

The API's record is after the one in the tests of swarm-to-sqlite (Apache-2.0), with other names.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.foursquare import Foursquare
from timeline_local.importers.sources.photo_folder import PhotoFolder

EXPECTED = Path(__file__).with_name("expected.json")
API: dict[str, Any] = {
    "id": "592b2cfe09e28339ac543fde",
    "createdAt": 1496001790,
    "type": "checkin",
    "entities": [{"indices": [31, 38], "type": "user", "id": "900"}],
    "shout": "7th anniversary — with Cleo",
    "timeZoneOffset": -420,
    "with": [{"id": "900", "firstName": "Cleo", "lastName": "Doe", "relationship": "friend"}],
    "venue": {
        "id": "453774dcf964a520bd3b1fe3",
        "name": "Restaurant Name",
        "location": {
            "address": "Address",
            "lat": 38.456,
            "lng": -122.345,
            "cc": "US",
            "city": "City",
            "state": "State",
        },
        "categories": [{"id": "4bf58dd8d48988d10c941735", "name": "French Restaurant", "primary": True}],
    },
    "photos": {"count": 0, "items": []},
    "event": {"id": "5bf8e4fb646e38002c472397", "name": "A movie"},
}


def checkin(number: int, at: object = "2023-11-14 22:18:20.000000", **more: object) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "createdAt": at,
        "type": "checkin",
        "timeZoneOffset": 60,
        "venue": {"id": f"v{number}", "name": f"Venue {number}", "url": "https://foursquare.com/v/1"},
        "comments": {"count": 0},
        "lat": 52.37,
        "lng": 4.89,
        **more,
    }


def items(*told: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps({"count": len(told), "items": told})


FILES: dict[str, str] = {
    "export/checkins1.json": items(
        checkin(1, shout="Late", entities=[{"type": "user", "id": "7"}], visibility="private"),
        checkin(2, venue=None),
        checkin(3, "soon"),
    ),
    "export/checkins2.json": items(checkin(4, 1700000000), checkin(2, venue=None)),
    "export/photos1.json": items(
        {
            "id": "p1",
            "createdAt": "2023-11-14 22:19:00.000000",
            "fullUrl": "https://fastly.4sqi.net/img/general/original/15_ptDs.jpg",
            "suffix": "/15_ptDs.jpg",
            "relatedItemUrl": "https://swarmapp.com/user/1/checkin/c1",
        }
    ),
    "export/pix/15_ptDs.jpg": "picture",
    "export/users.json": json.dumps({"friends": {"items": [{"id": "7", "firstName": "Bo"}]}}),
    "export/visits.json": items(
        {
            "id": "x1",
            "timeArrived": "2023-11-14 08:00:00.000000",
            "timeDeparted": "2023-11-14 17:00:00.000000",
            "latitude": 52.3,
            "longitude": 4.9,
            "city": "Amsterdam",
            "countryCode": "NL",
            "locationType": "Work",
            "isTraveling": False,
        }
    ),
    "export/unconfirmed_visits.json": items(
        {"id": "u1", "startTime": "2023-11-14 08:00:00.000000", "endTime": "2023-11-14 09:00:00.000000", "venueId": "v"}
    ),
    "export/tips.json": items(
        {
            "id": "t1",
            "createdAt": "2017-02-07 03:34:29.000000",
            "text": "The samosas were a revelation",
            "url": "https://foursquare.com/item/t1",
            "venue": {"id": "v9", "name": "Samosa House"},
        }
    ),
}


def test_a_download_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    told = reading.read(Foursquare(), reading.make(tmp_path, FILES))
    assert reading.golden(told) == json.loads(EXPECTED.read_bytes())


def test_a_visit_that_ends_before_it_began_has_no_end(tmp_path: Path, reading: ModuleType) -> None:
    text = FILES["export/visits.json"].replace("17:00:00", "07:00:00")
    (draft,) = reading.drafts(reading.read(Foursquare(), reading.make(tmp_path, {"visits.json": text}))).values()
    assert draft.evidence[0].until is None


def test_every_file_that_is_read_is_claimed(tmp_path: Path, reading: ModuleType) -> None:
    options = ReadOptions()
    reading.read(Foursquare(), reading.make(tmp_path, FILES), options)
    assert {name for name in FILES if not options.is_claimed(name)} == set()


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"meta": {"code": 200}, "response": {"checkins": {"count": 1, "items": [API]}}}),
        json.dumps([API]),
        items(API),
        json.dumps({"checkins": {"items": [API]}}),
    ],
)
def test_check_ins_of_the_api_are_read_in_every_wrapping(tmp_path: Path, reading: ModuleType, text: str) -> None:
    (draft,) = reading.drafts(reading.read(Foursquare(), reading.make(tmp_path, {"page_1.json": text}))).values()
    (said,) = draft.evidence
    assert said.instant is not None
    assert (said.instant.isoformat(), said.utc_offset_min) == ("2017-05-28T20:03:10+00:00", -420)
    assert (draft.title, draft.body) == ("Restaurant Name", "7th anniversary — with Cleo")
    assert (draft.place.lat, draft.place.lon, draft.place.kind) == (38.456, -122.345, "french restaurant")
    assert [(each.name, each.value) for each in draft.people] == [("Cleo Doe", "900")]
    assert draft.extra == {"event": "A movie"}


@pytest.mark.parametrize("offset", [None, "x", 5000, True])
def test_an_offset_that_is_none_is_not_believed(tmp_path: Path, reading: ModuleType, offset: object) -> None:
    folder = reading.make(tmp_path, {"a.json": items(checkin(1, timeZoneOffset=offset))})
    (draft,) = reading.drafts(reading.read(Foursquare(), folder)).values()
    assert draft.evidence[0].utc_offset_min is None


def test_pictures_of_check_ins_are_nobody_elses(tmp_path: Path, reading: ModuleType) -> None:
    folder, options = reading.make(tmp_path, FILES), ReadOptions()
    list(Foursquare().read(folder, options, None))
    assert reading.drafts(reading.read(PhotoFolder(), folder, options)) == {}


@pytest.mark.parametrize(
    ("told", "is_ours", "has_hint"),
    [
        ({"renamed.json": FILES["export/checkins1.json"]}, True, False),
        ({"visits.json": FILES["export/visits.json"]}, True, False),
        (dict.fromkeys(("comments.json", "lists.json", "users.json", "shares.json"), "{}"), False, True),
        ({"a.json": '{"items": [{"createdAt": 1}]}'}, False, False),
    ],
)
def test_it_is_recognised_by_what_it_says(
    tmp_path: Path, reading: ModuleType, told: dict[str, str], *, is_ours: bool, has_hint: bool
) -> None:
    found = Foursquare().recognise(reading.make(tmp_path, told))
    assert (found.confidence > 0, bool(found.hint)) == (is_ours, has_hint)


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    told = [checkin(each) for each in range(450)]
    folder = reading.make(tmp_path, {"a.json": items(*told), "b.json": items(*(checkin(500 + n) for n in range(250)))})
    whole = list(Foursquare().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 3
    for index in places:
        rest = Foursquare().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]


def test_a_list_that_breaks_off_keeps_what_came_before(tmp_path: Path, reading: ModuleType) -> None:
    text = items(checkin(1), checkin(2))
    told = reading.read(Foursquare(), reading.make(tmp_path, {"a.json": text[:-30]}))
    assert list(reading.drafts(told)) == ["checkin:c1"]
    assert reading.problems(told) == {"a.json": "unreadable"}
