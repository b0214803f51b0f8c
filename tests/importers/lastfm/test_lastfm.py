"""Last.fm and ListenBrainz: every list makes the same sittings; what was skipped or is playing is left out.

Columns and fields are those that the tools write; rows are ours.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.lastfm import LastFm

EXPECTED = Path(__file__).with_name("expected.json")
BEGAN = 1_704_067_200  # 2024-01-01T00:00:00Z
SONGS = [
    ("Nils Frahm", "Says", 0),
    ("Nils Frahm", "My Friend", 480),
    ("The xx", "Intro", 1800),
    ("The xx", "Intro", 9000),
]


def columns(songs: list[tuple[str, str, int]]) -> str:
    rows = (f'"{BEGAN + at}","01 Jan 2024, 00:00","{who}","","Album","","{what}",""\n' for who, what, at in songs)
    return "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n" + "".join(rows)


def stats(songs: list[tuple[str, str, int]]) -> str:
    rows = (f'"{who}";"Album";"id";"{what}";"{(BEGAN + at) * 1000}"\n' for who, what, at in songs)
    return "\ufeffArtist;Album;AlbumId;Track;Date#ana\n" + "".join(rows)


def bare(songs: list[tuple[str, str, int]]) -> str:
    return "".join(
        f"{who},Album,{what},{datetime.fromtimestamp(BEGAN + at, UTC):%d %b %Y %H:%M}\n" for who, what, at in songs
    )


def stats_json(songs: list[tuple[str, str, int]]) -> str:
    told = [
        {"track": what, "artist": who, "album": "A", "albumId": "", "date": (BEGAN + at) * 1000}
        for who, what, at in songs
    ]
    return json.dumps({"username": "ana", "scrobbles": told})


def answer(who: str, what: str, at: int) -> dict[str, Any]:
    return {
        "artist": {"mbid": "", "#text": who},
        "name": what,
        "album": {"#text": "A"},
        "date": {"uts": str(BEGAN + at), "#text": "01 Jan 2024, 00:00"},
    }


def pages(songs: list[tuple[str, str, int]]) -> str:
    half = len(songs) // 2
    return json.dumps(
        [{"track": [answer(*each) for each in part], "@attr": {"page": "1"}} for part in (songs[:half], songs[half:])]
    )


def alone(songs: list[tuple[str, str, int]]) -> str:
    return json.dumps({"recenttracks": {"track": [answer(*each) for each in songs]}})


def listen(who: str, what: str, at: int) -> dict[str, Any]:
    return {"listened_at": BEGAN + at, "track_metadata": {"artist_name": who, "track_name": what, "release_name": "A"}}


def listens(songs: list[tuple[str, str, int]]) -> str:
    return json.dumps([listen(*each) for each in songs])


def lines(songs: list[tuple[str, str, int]]) -> str:
    return "".join(json.dumps(listen(*each)) + "\n" for each in songs)


def log(songs: list[tuple[str, str, int]]) -> str:
    return "#AUDIOSCROBBLER/1.1\n#TZ/UTC\n#CLIENT/Rockbox\n" + "".join(
        f"{who}\tAlbum\t{what}\t1\t240\tL\t{BEGAN + at}\t\n" for who, what, at in songs
    )


FORMS = {
    "a.csv": columns,
    "b.csv": stats,
    "c.csv": bare,
    "d.json": stats_json,
    "e.json": pages,
    "f.json": alone,
    "g.json": listens,
    "h.jsonl": lines,
    "i.log": log,
}
PLAYING = {"artist": {"#text": "A"}, "name": "B", "@attr": {"nowplaying": "true"}}
FILES = {
    "a.csv": columns(SONGS) + '"","now","The xx","","","","Angels",""\n',
    "i.log": log(SONGS[:1]) + f"The xx\tAlbum\tShelter\t1\t240\tS\t{BEGAN}\t\njunk\n",
    "e.json": json.dumps([{"track": [PLAYING, answer("C", "D", 90_000)]}]),
}


def test_lists_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(LastFm(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize("name", FORMS)
def test_every_list_makes_the_same_sittings(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {name: FORMS[name](SONGS)})
    assert LastFm().recognise(folder).confidence > 0.9
    items = reading.read(LastFm(), folder)
    found = [(key, draft.title, draft.evidence[0].instant) for key, draft in reading.drafts(items).items()]
    assert found == [
        ("sitting:2024-01-01T00:00Z", "Nils Frahm, The xx · 3 songs", datetime(2024, 1, 1, tzinfo=UTC)),
        ("sitting:2024-01-01T02:30Z", "Intro", datetime(2024, 1, 1, 2, 30, tzinfo=UTC)),
    ]
    assert reading.problems(items) == {}


@pytest.mark.parametrize("head", ["#TZ/UNKNOWN\n", "#TZ/\n", ""])
def test_a_log_whose_clock_nobody_knows_keeps_it(tmp_path: Path, reading: ModuleType, head: str) -> None:
    text = log(SONGS[:2]).replace("#TZ/UTC\n", head)
    (draft,) = reading.drafts(reading.read(LastFm(), reading.make(tmp_path, {"a.log": text}))).values()
    (said,) = draft.evidence
    assert (said.instant, said.local_at) == (None, datetime.fromisoformat("2024-01-01"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "Artist,Album,Track\nA,B,C\n"),
        ("a.csv", ""),
        ("a.csv", 'a,b,c,"d\n'),
        ("a.json", '{"scrobbles": 7}'),
        ("a.json", '[{"uts": 1, "artist": "x"}]'),
        ("a.log", "2024-01-01 started"),
        ("a.txt", columns(SONGS)),
    ],
)
def test_other_lists_are_nothing_to_it(tmp_path: Path, reading: ModuleType, name: str, text: str) -> None:
    folder = reading.make(tmp_path, {name: text})
    assert LastFm().recognise(folder).confidence == 0
    assert [each for each in reading.read(LastFm(), folder) if not isinstance(each, Checkpoint)] == []


@pytest.mark.parametrize("name", ["d.json", "e.json", "g.json", "h.jsonl"])
def test_a_list_that_breaks_off_keeps_what_came_before(tmp_path: Path, reading: ModuleType, name: str) -> None:
    items = reading.read(LastFm(), reading.make(tmp_path, {name: FORMS[name](SONGS)[:-20]}))
    assert "sitting:2024-01-01T00:00Z" in reading.drafts(items)
    assert len(reading.problems(items)) == 1


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    songs = [("A", f"Song {number}", number * 4000) for number in range(450)]
    folder = reading.make(tmp_path, {"a.csv": columns([*songs, ("A", "", 1)]), "b.csv": columns([("A", "", 2)])})
    whole = list(LastFm().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 3
    for index in places:
        rest = LastFm().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if not isinstance(each, Checkpoint)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]


def test_what_was_heard_before_there_were_such_lists_has_no_time(tmp_path: Path, reading: ModuleType) -> None:
    songs = [("A", "Shelter", 0), ("A", "Clock of 1990", 631_152_000 - BEGAN)]
    items = reading.read(LastFm(), reading.make(tmp_path, {"a.csv": columns(songs)}))
    assert [each.title for each in reading.drafts(items).values()] == ["Shelter"]
    assert list(reading.problems(items).values()) == ["play-broken"]


def test_a_sitting_without_an_end_is_cut(tmp_path: Path, reading: ModuleType) -> None:
    songs = [("A", f"Song {number}", number * 60) for number in range(600)]
    drafts = reading.drafts(reading.read(LastFm(), reading.make(tmp_path, {"a.csv": columns(songs)})))
    assert [each.extra["plays"] for each in drafts.values()] == [500, 100]
