"""Spotify: both histories, sittings instead of songs, nothing twice, no addresses of computers."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.spotify import Spotify

EXPECTED = Path(__file__).with_name("expected.json")


def play(
    ts: str, track: str | None = "So What", artist: str | None = "Miles Davis", ms: int = 200_000, **more: str
) -> Any:  # noqa: ANN401 - any JSON
    return {
        "ts": ts,
        "platform": "ios",
        "ms_played": ms,
        "conn_country": "DE",
        "ip_addr": "198.51.100.7",
        "master_metadata_track_name": track,
        "master_metadata_album_artist_name": artist,
        "spotify_track_uri": "spotify:track:4vLYewWIvqHfKtJDk8c8tq",
        "episode_name": None,
        **more,
    }


def of_account(end: str, track: str = "So What", artist: str = "Miles Davis", ms: int = 200_000) -> Any:  # noqa: ANN401 - any JSON
    return {"endTime": end, "artistName": artist, "trackName": track, "msPlayed": ms}


def test_a_history_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    episode = {"episode_name": "Salt", "episode_show_name": "Kitchen"}
    chapter = {"audiobook_title": "Emma", "audiobook_chapter_title": "Chapter 1"}
    history = [
        play("2020-01-02T22:10:00Z"),
        play("2020-01-02T22:03:20Z"),
        play("2020-01-02T22:12:00Z", "Blue", "Joni Mitchell", 20_000),
        play("2020-01-02T22:16:00Z", "River", "Joni Mitchell", 240_000),
        play("2020-01-02T22:20:00Z", "Army of Me", "Björk", 234_000),
        play("2020-01-02T23:20:00Z", None, None, 1_800_000, **episode),
        play("2020-01-03T09:00:00Z", None, None, 60_000, **chapter),
        play("2020-02-01T09:00:00Z", ms=4_000),
        play("2020-02-01T12:00:00Z", None, None),
        play("soon"),
    ]
    items = reading.read(
        Spotify(), reading.make(tmp_path, {"MyData/Streaming_History_Audio_2020.json": json.dumps(history)})
    )
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())
    assert "198.51.100.7" not in str(items)


def test_both_histories_together_tell_everything_once(tmp_path: Path, reading: ModuleType) -> None:
    extended = [play("2020-01-02T22:03:20Z"), play("2020-01-02T22:10:30Z")]
    account = [of_account("2020-01-02 22:03"), of_account("2020-01-02 22:10"), of_account("2020-03-01 10:00")]
    files = {"a/StreamingHistory0.json": json.dumps(account), "b/endsong_0.json": json.dumps(extended)}
    items = reading.read(Spotify(), reading.make(tmp_path, files))
    assert [draft.extra["plays"] for draft in reading.drafts(items).values()] == [2, 1]
    assert reading.problems(items) == {"plays#twice": "twice"}


def test_either_history_gives_a_sitting_the_same_key(tmp_path: Path, reading: ModuleType) -> None:
    exact = json.dumps([play("2020-01-02T22:03:20Z"), play("2020-01-02T22:10:30Z", "Blue")])
    rough = json.dumps([of_account("2020-01-02 22:03"), of_account("2020-01-02 22:10", "Blue")])
    keys = [
        list(reading.drafts(reading.read(Spotify(), reading.make(tmp_path / name, {"x.json": text}))))
        for name, text in (("exact", exact), ("rough", rough))
    ]
    assert keys[0] == keys[1] == ["sitting:2020-01-02T22:03Z"]


@pytest.mark.parametrize(
    ("files", "confidence", "hint"),
    [
        ({"renamed.json": json.dumps([play("2020-01-02T22:03:20Z")])}, 0.95, ""),
        ({"a.json": '[{"ts": 1}]'}, 0, ""),
        ({"YourLibrary.json": "{}", "Userdata.json": "{}"}, 0, "StreamingHistory"),
    ],
)
def test_it_is_recognised_by_its_content(
    tmp_path: Path, reading: ModuleType, files: dict[str, str], confidence: float, hint: str
) -> None:
    found = Spotify().recognise(reading.make(tmp_path, files))
    assert found.confidence == confidence
    assert hint in found.hint


def test_a_file_that_ends_in_the_middle_gives_what_came_before(tmp_path: Path, reading: ModuleType) -> None:
    text = json.dumps([play("2020-01-02T22:03:20Z"), play("2020-01-02T22:10:30Z")])[:-40]
    items = reading.read(Spotify(), reading.make(tmp_path, {"x.json": text}))
    assert reading.problems(items) == {"x.json": "history-broken"}
    assert len(reading.drafts(items)) == 1


def test_a_long_sitting_is_cut_and_every_key_is_its_own(tmp_path: Path, reading: ModuleType) -> None:
    plays = [play(f"2020-01-02T22:03:{number % 60:02}Z", str(number), ms=31_000) for number in range(1_100)]
    items = reading.read(Spotify(), reading.make(tmp_path, {"x.json": json.dumps(plays)}))
    assert sum(draft.extra["plays"] for draft in reading.drafts(items).values()) == 1_100
    assert len(reading.drafts(items)) == 3


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    plays = [play(f"201{number // 300}-{number % 12 + 1:02}-{number % 25 + 1:02}T22:03:20Z") for number in range(450)]
    folder = reading.make(tmp_path, {"x.json": json.dumps(plays), "y.json": json.dumps([play("2030-01-01T10:00:00Z")])})
    whole = list(Spotify().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 3
    for index in places:
        rest = Spotify().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
