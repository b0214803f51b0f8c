"""Bluesky: posts out of a tree of blocks, links by their bytes, files by their hashes, dates that are none."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.dag_cbor import BrokenCbor, decode
from timeline_local.importers.sources.bluesky import Bluesky

EXPECTED = Path(__file__).with_name("expected.json")
_SPEC = importlib.util.spec_from_file_location("repositories", Path(__file__).with_name("repositories.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
repositories = importlib.util.module_from_spec(_SPEC)
sys.modules["repositories"] = repositories
_SPEC.loader.exec_module(repositories)

MARCH = 1_709_283_600_000_000  # 2024-03-01T09:00:00Z
POST, REPOST = "app.bsky.feed.post", "app.bsky.feed.repost"


def key(minute: int = 0, collection: str = POST) -> str:
    return f"{collection}/{repositories.key_at(MARCH + minute * 60_000_000)}"


def post(text: str = "Hello", at: str = "2024-03-01T09:00:00.123Z", **more: object) -> dict[str, Any]:
    return {"$type": POST, "text": text, "createdAt": at, "langs": ["en"], **more}


def facet(text: str, words: str, **feature: str) -> dict[str, Any]:
    start = text.encode().index(words.encode())
    return {"index": {"byteStart": start, "byteEnd": start + len(words.encode())}, "features": [feature]}


TEXT = " Ça: example.org/sea… und @bo.example #Meer "
FULL = post(
    TEXT,
    facets=[
        facet(TEXT, "example.org/sea…", uri="https://example.org/sea/side"),
        facet(TEXT, "@bo.example", did="did:plc:bo"),
        facet(TEXT, "#Meer", tag="Meer"),
    ],
    reply={"root": {"uri": "at://x", "cid": "y"}, "parent": {"uri": f"at://{repositories.DID}/{key()}", "cid": "y"}},
    embed={
        "$type": "app.bsky.embed.recordWithMedia",
        "record": {"record": {"uri": "at://did:plc:bo/app.bsky.feed.post/3k", "cid": "z"}},
        "media": {
            "images": [
                {"alt": "A wave", "image": repositories.blob(b"wave")},
                {"alt": "", "image": repositories.blob(b"gone")},
            ]
        },
    },
)
PAGE = {"external": {"uri": "https://example.org/a", "title": "A page", "description": "…"}}
RECORDS = {
    key(0): post("First"),
    key(1): FULL,
    key(2): post("", embed=PAGE),
    key(3): post("Old", "0001-01-01T00:00:00Z"),
    key(4): post("From elsewhere", "2009-05-06T07:08:09+02:00"),
    f"{POST}/self-made": post("No time", "soon"),
    key(5, REPOST): {
        "$type": REPOST,
        "subject": {"uri": "at://did:plc:bo/app.bsky.feed.post/3k"},
        "createdAt": "2024-03-02T00:00:00Z",
    },
    key(6, "app.bsky.feed.like"): {"$type": "app.bsky.feed.like", "subject": {"uri": "at://x"}},
    "app.bsky.actor.profile/self": {"$type": "app.bsky.actor.profile", "displayName": "Ana"},
}
FILES = {
    "repo.car": repositories.repository(RECORDS),
    "blobs/bafkreiefoouvupx2m4xz7zrlnztszpxh7lqxvgtdztnxhzsp5gmoo2mtjm.jpg": b"other",
}


def blob_name(data: bytes) -> str:

    return "b" + base64.b32encode(repositories.link(data, 0x55)).decode().lower().rstrip("=")


def test_a_repository_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    files = {**FILES, f"blobs/{blob_name(b'wave')}": b"wave"}
    items = reading.read(Bluesky(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize("fanout", [1, 2, 3, 50])
def test_every_record_of_the_tree_is_found_in_the_order_of_its_keys(
    tmp_path: Path, reading: ModuleType, fanout: int
) -> None:
    records = {key(minute): post(str(minute)) for minute in range(40)}
    folder = reading.make(tmp_path, {"a.car": repositories.repository(records, fanout=fanout)})
    drafts = reading.drafts(reading.read(Bluesky(), folder))
    assert [draft.body for draft in drafts.values()] == [str(minute) for minute in range(40)]
    assert next(iter(drafts)) == f"at://{repositories.DID}/{key(0)}"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2024-03-01T10:00:00+01:00", "2024-03-01T09:00:00+00:00"),
        ("2009-05-06T07:08:09Z", "2009-05-06T07:08:09+00:00"),
        ("0001-01-01T00:00:00Z", "2024-03-01T09:00:00+00:00"),
        ("2031-01-01T00:00:00Z", "2024-03-01T09:00:00+00:00"),
        ("soon", "2024-03-01T09:00:00+00:00"),
        (7, "2024-03-01T09:00:00+00:00"),
    ],
)
def test_a_date_that_cannot_be_is_that_of_the_key(
    tmp_path: Path,
    reading: ModuleType,
    said: object,
    expected: str,
) -> None:
    folder = reading.make(tmp_path, {"a.car": repositories.repository({key(): {**post("x"), "createdAt": said}})})
    (draft,) = reading.drafts(reading.read(Bluesky(), folder)).values()
    assert draft.evidence[0].instant.isoformat() == expected


def test_records_whose_block_is_missing_are_counted(tmp_path: Path, reading: ModuleType) -> None:
    data = repositories.repository({key(0): post("a"), key(1): post("b")}, without=[key(1)])
    items = reading.read(Bluesky(), reading.make(tmp_path, {"a.car": data}))
    assert len(reading.drafts(items)) == 1
    assert reading.problems(items) == {"a.car#lost": "archive-broken"}


def test_blocks_beyond_what_memory_has_room_for_are_told(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.atproto_repository.MOST_BLOCKS", 20)
    data = repositories.repository({key(minute): post(str(minute)) for minute in range(40)})
    items = reading.read(Bluesky(), reading.make(tmp_path, {"a.car": data}))
    assert [each.detail for each in items if isinstance(each, Problem) and each.locator == "a.car#end"] == [
        "This file was not read to its end (it has more than 20 blocks); what is whole before that was taken."
    ]


@pytest.mark.parametrize("cut", [1, 100, 1500])
def test_a_file_that_was_cut_off_gives_what_it_has(tmp_path: Path, reading: ModuleType, cut: int) -> None:
    data = repositories.repository({key(minute): post(str(minute)) for minute in range(40)})
    items = reading.read(Bluesky(), reading.make(tmp_path, {"a.car": data[:-cut]}))
    assert "archive-broken" in reading.problems(items).values()


def test_a_file_of_blocks_that_is_nobodys_repository_is_told(tmp_path: Path, reading: ModuleType) -> None:
    data = repositories.repository({}).replace(b"did:plc", b"xxx\xffplc")
    items = reading.read(Bluesky(), reading.make(tmp_path, {"a.car": data.replace(b"cdid", b"cdix")}))
    assert reading.problems(items) == {"a.car": "archive-broken"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x9f\xff",  # a list of no told length
        b"\xc1\x00",  # another tag
        b"\xf9\x00\x00",  # half a float
        b"\x81" * 100,
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x7b\xff\xff\xff\xff\xff\xff\xff\xffx",
        b"\xa1\x01\x01",  # a name that is a number
        b"\xd8\x2a\x43abc",
        b"\x00\x00",
    ],
)
def test_bytes_that_are_none_of_the_form_are_refused(data: bytes) -> None:
    with pytest.raises(BrokenCbor):
        decode(data)


@pytest.mark.parametrize(
    "value", [0, 23, 24, 255, 256, 65_536, 2**40, -1, -25, 1.5, "", "ä", b"x", [], [1, [2]], {}, {"a": None, "b": True}]
)
def test_values_come_back_as_they_were_written(value: object) -> None:
    assert decode(repositories.encode(value)) == value


def test_other_files_are_nothing_to_it(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.car": b"a car", "b.txt": repositories.repository({})})
    assert Bluesky().recognise(folder).confidence == 0


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    records = {key(minute): post(str(minute)) for minute in range(450)}
    folder = reading.make(tmp_path, {"a.car": repositories.repository(records)})
    whole = list(Bluesky().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 2
    for index in places:
        rest = Bluesky().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
