"""Records that no program writes: any value where another one is expected. Everything becomes drafts and problems."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timeline_local.domain.draft_json import draft_from_json, draft_to_json
from timeline_local.domain.drafts import Draft, Problem
from timeline_local.domain.fingerprints import content_hash
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions, Source
from timeline_local.importers.sources.apple_health import AppleHealth
from timeline_local.importers.sources.daily_you import DailyYou
from timeline_local.importers.sources.daylio import Daylio
from timeline_local.importers.sources.diarium import Diarium
from timeline_local.importers.sources.facebook import Facebook
from timeline_local.importers.sources.instagram import Instagram
from timeline_local.importers.sources.jrnl import Jrnl
from timeline_local.importers.sources.mapping import MappedTables
from timeline_local.importers.sources.mastodon import Mastodon
from timeline_local.importers.sources.memos import Memos
from timeline_local.importers.sources.roam import Roam
from timeline_local.importers.sources.simplenote import Simplenote
from timeline_local.importers.sources.spotify import Spotify
from timeline_local.importers.sources.standard_notes import StandardNotes
from timeline_local.importers.sources.x_archive import XArchive

TIMES = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2020-01-02T22:10:00Z", "2020-01-02", "22:10", "")
WORDS = st.sampled_from([*TIMES, "7", "1104111333447004160", "RT @bo: x", "<p>x</p>", "\ud800", "\x00", "x" * 300])
LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | WORDS
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2), max_leaves=4
)


def some(*names: str, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A record with some of these fields."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, VALUES) | fixed)


ENTITIES = some("urls", "media", "hashtags", "user_mentions", urls=st.lists(some("url", "expanded_url"), max_size=2))
POST = some("id_str", "created_at", "full_text", "coordinates", "place", "in_reply_to_status_id_str", entities=ENTITIES)
NOTE = some(
    *("id", "published", "content", "summary", "to", "cc", "tag", "url", "inReplyTo", "oneOf"),
    attachment=st.lists(some("url", "name"), max_size=2),
)  # fmt: skip
PLAY = some("ts", "ms_played", "master_metadata_track_name", "episode_name", "episode_show_name", "endTime", "msPlayed")
MAPPING = """
[memory]
key = "id"
title = "{what.name}"
tags = "{what}"
rating = "id"
mood = { column = "mood", of = 10 }
[time]
column = ["at", "clock"]
until = "at"
duration = "id"
zone_column = "zone"
[place]
lat = "lat"
lon = "lon"
"""
MEMO = some(
    *("name", "uid", "id", "creator", "createTime", "createdTs", "content", "visibility", "tags", "parent"),
    attachments=st.lists(some("name", "filename", "externalLink"), max_size=2),
    relations=st.lists(some("memo", "relatedMemo", type=st.sampled_from(["COMMENT", "REFERENCE"])), max_size=2),
    location=some("latitude", "longitude", "placeholder"),
)  # fmt: skip
BLOCK = some("string", "uid", "heading", "create-time", children=st.lists(VALUES, max_size=2))
PAGE = some("title", "uid", "create-time", children=st.lists(BLOCK | VALUES, max_size=2))
PICTURE = some("uri", "creation_timestamp", "title", "description", "media_metadata")
ATTACHED = some(
    *("media", "place", "external_context", "event", "note", "poll", "text", "name"),
    life_event=some("title", start_date=some("year", "month", "day")),
    media=PICTURE | VALUES,
)  # fmt: skip
FACEBOOK = some(
    *("timestamp", "title", "tags"),
    data=st.lists(some("post", "comment", "backdated_timestamp"), max_size=2),
    attachments=st.lists(some(data=st.lists(ATTACHED, max_size=2)), max_size=2),
)  # fmt: skip
SIMPLE = some("id", "content", "creationDate", "lastModified", "tags", "pinned", "collaboratorEmails", "publicURL")
STANDARD = some(
    *("uuid", "created_at", "updated_at", "deleted", "content"),
    content_type=st.sampled_from(["Note", "Tag", "File", 7]),
    content=some(
        *("title", "text", "trashed", "starred", "noteType", "editorIdentifier", "appData", "name"),
        references=st.lists(some("uuid", "content_type", "reference_type"), max_size=2),
    ),
)  # fmt: skip
DIARIUM = some("date", "heading", "html", "rating", "location", "tags", "people", "tracker", "weather")
DAILY_YOU = some(
    *("timeCreated", "timeModified", "text", "mood", "imgPath"),
    images=st.lists(some("imgPath", "imgRank"), max_size=2),
)  # fmt: skip
DAYLIO = some(
    *("id", "year", "month", "day", "hour", "minute", "datetime", "timeZoneOffset", "mood", "note", "note_title"),
    *("tags", "assets", "isFavorite"),
)  # fmt: skip
Case = tuple[Source, str, str, st.SearchStrategy[Any]]  # the file, what stands around its list, its records
CASES: dict[str, Case] = {
    "x": (XArchive(), "tweets.js", "window.YTD.tweets.part0 = [LIST]", st.fixed_dictionaries({"tweet": POST | VALUES})),
    "mastodon": (
        Mastodon(),
        "outbox.json",
        '{"@context": "activitystreams", "x": ["Create"], "orderedItems": [LIST]}',
        some("id", "published", type=st.sampled_from(["Create", "Announce", 7]), object=NOTE | VALUES),
    ),
    "spotify": (Spotify(), "a.json", '[{"ms_played": 1, "ts": 2}, LIST]', PLAY | VALUES),
    "jrnl": (
        Jrnl(),
        "a.json",
        '{"x": {"starred": 1, "title": 1, "body": 1, "tags": 1, "time": "10:00"}, "entries": [LIST]}',
        some("title", "body", "date", "time", "tags", "starred") | VALUES,
    ),
    "facebook": (
        Facebook(),
        "a.json",
        '[{"timestamp": 1577880000, "data": [{"post": "x"}], "attachments": []}, LIST]',
        FACEBOOK | VALUES,
    ),
    "instagram": (
        Instagram(),
        "a.json",
        '{"ig_stories": [{"uri": "a.jpg"}, LIST]}',
        some("creation_timestamp", "title", "uri", media=st.lists(PICTURE | VALUES, max_size=2)) | VALUES,
    ),
    "roam": (Roam(), "a.json", '[{"title": "x", "string": "", "create-time": 1592095527164}, LIST]', PAGE | VALUES),
    "memos": (
        Memos(),
        "a.json",
        '{"memos": [{"name": "memos/a", "createTime": "2020-01-02T22:10:00Z", "content": "x"}, LIST]}',
        MEMO | VALUES,
    ),
    "simplenote": (
        Simplenote(),
        "a.json",
        '{"activeNotes": [{"id": "a", "creationDate": "2020-01-02T22:10:00Z"}, LIST], "trashedNotes": []}',
        SIMPLE | VALUES,
    ),
    "standard_notes": (
        StandardNotes(),
        "a.txt",
        '{"items": [{"content_type": "Note", "uuid": "a", "content": {"text": "x"}}, LIST]}',
        STANDARD | VALUES,
    ),
    "diarium": (
        Diarium(),
        "a.json",
        '[{"date": "2020-01-02T22:10:00", "html": "x", "rating": 1}, LIST]',
        DIARIUM | VALUES,
    ),
    "daily_you": (
        DailyYou(),
        "a.json",
        '[{"timeCreated": "2020-01-02T22:10:00", "timeModified": "", "text": "x"}, LIST]',
        DAILY_YOU | VALUES,
    ),
    "daylio": (
        Daylio(),
        "a.json",
        '{"customMoods": [{"id": 1, "mood_group_id": 1}], "isReminderOn": true, "dayEntries": [LIST]}',
        DAYLIO | VALUES,
    ),
    "mapping": (
        MappedTables(),
        "a.json",
        "[LIST]",
        some("id", "what", "at", "clock", "zone", "mood", "lat", "lon") | VALUES,
    ),
}


def told(source: Source, files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        for name, text in files.items():
            (Path(home) / name).write_text(text, encoding="utf-8")
        for item in source.read(Folder(Path(home)), ReadOptions(), None):
            assert isinstance(item, Draft | Problem | Checkpoint)
            if isinstance(item, Draft):
                assert content_hash(item)
                assert draft_from_json(json.loads(json.dumps(draft_to_json(item)))) == item
                f"{item.title}{item.body}{item.source_key}".encode()


@pytest.mark.parametrize("name", CASES)
def test_any_json_becomes_drafts_and_problems(name: str) -> None:
    source, file, around, record = CASES[name]

    @settings(max_examples=25)
    @given(st.lists(record, max_size=3))
    def check(records: list[Any]) -> None:
        text = around.replace("LIST", json.dumps([*records, {"id": "last"}])[1:-1])
        told(source, {file: text, "a.timeline.toml": MAPPING} if name == "mapping" else {file: text})

    check()


SAID = (
    *TIMES, "2020-01-02 09:00:60 +0100", "2020-01-02 24:00:00 +0100", "9999-12-31 23:59:59 -1400", "-1", "nan", "km",
    "0001-01-01 00:00:00 +1400", "2199-12-31 23:00:00 +0000", "2200-01-01 05:00:00 +0000", "1e308", "count", "kg",
    "HKQuantityTypeIdentifierStepCount", "HKCategoryTypeIdentifierSleepAnalysis", "HKCategoryValueSleepAnalysisAsleep",
    "HKQuantityTypeIdentifierBodyMass",
)  # fmt: skip
NAMES = (
    "type", "startDate", "endDate", "value", "unit", "sourceName", "dateComponents", "activeEnergyBurned", "duration",
    "totalDistance", "workoutActivityType",
)  # fmt: skip
ELEMENTS = st.tuples(
    st.sampled_from(["Record", "Workout", "ActivitySummary", "Other"]),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(SAID)),
)
INNER = '<WorkoutStatistics type="HKQuantityTypeIdentifierDistanceCycling" sum="1e300" unit="km"/>'


def spelled(name: str, attributes: dict[str, str]) -> str:
    return f"<{name} {' '.join(f'{key}={value!r}' for key, value in attributes.items())}>{INNER}</{name}>"


@settings(max_examples=40)
@given(st.lists(ELEMENTS, max_size=4))
def test_any_reading_becomes_drafts_and_problems(elements: list[tuple[str, dict[str, str]]]) -> None:
    inner = "".join(spelled(name, attributes) for name, attributes in elements)
    told(AppleHealth(), {"export.xml": f"<HealthData>{inner}</HealthData>"})
