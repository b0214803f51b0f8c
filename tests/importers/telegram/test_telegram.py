"""Telegram: a whole account and one chat, words in pieces, answers, calls, and files that are here or are not."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from timeline_local.domain.drafts import Contact, Draft
from timeline_local.domain.kinds import Kind
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.telegram import Telegram

EXPECTED = Path(__file__).with_name("expected.json")
PHOTO = "chats/chat_1/photos/photo_1@14-06-2019_09-01-03.jpg"
LACKING = "(File not included. Change data exporting settings to download.)"


def message(number: int, text: object, **more: object) -> dict[str, Any]:
    said = {"id": number, "type": "message", "date": "2019-06-14T11:01:02", "date_unixtime": str(1560502862 + number)}
    return said | {"from": "Anna Berg", "from_id": "user7", "text": text} | more


def chat(*messages: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"name": "Anna Berg", "type": "personal_chat", "id": 7} | more | {"messages": list(messages)}


def account(*chats: dict[str, Any], **more: object) -> str:
    about = {"about": "Here is the data you requested.", "personal_information": {"user_id": 1, "first_name": "Bo"}}
    return json.dumps(about | more | {"chats": {"about": "All chats.", "list": list(chats)}})


WHOLE = account(
    chat(
        message(1, "Look at this\nin two lines"),
        message(2, ["see ", {"type": "text_link", "text": "here", "href": "https://example.org/a"}, " and ",
                    {"type": "code", "text": "x = 1"}, {"type": "bold", "text": "!"}, 7], reply_to_message_id=1),
        message(3, "at the sea", photo=PHOTO, width=4, height=3),
        message(4, "", file=LACKING, file_name="film.mp4", media_type="video_file"),
        message(5, "", sticker_emoji="🙂", file="", media_type="sticker"),
        message(6, "later", edited_unixtime="1560510000", forwarded_from="Cleo",
                reactions=[{"type": "emoji", "count": 2, "emoji": "👍"}]),
        message(7, "", location_information={"latitude": 41.9, "longitude": 12.5}, place_name="Piazza"),
        message(8, "", poll={"question": "Where?", "answers": [{"text": "Rome"}, {"text": "Bari"}]}),
        message(9, "", contact_information={"first_name": "Cleo", "phone_number": "+39 06 1"}),
        message(10, "gone", file="chats/chat_1/files/gone.pdf"),
        message(11, ""),
        message(12, "when?", date="yesterday", date_unixtime="soon"),
        message(13, "no clock but the computer's", date_unixtime=None),
        message(14, "again"),
        message(14, "again"),
        {"id": 15, "type": "service", "date": "2019-06-14T11:01:02", "date_unixtime": "1560502900",
         "actor": "Anna Berg", "actor_id": "user7", "action": "phone_call", "duration_seconds": 90},
        {"id": 16, "type": "service", "date": "2019-06-14T11:01:02", "action": "pin_message", "text": ""},
    ),
    {"type": "saved_messages", "id": 1, "messages": [message(1, "for me", **{"from": "Bo", "from_id": 1})]},
    contacts={"about": "", "list": [{"first_name": "Cleo", "last_name": "", "phone_number": "0039 06 1"}, {}]},
)  # fmt: skip


def test_an_account_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Telegram(), reading.make(tmp_path, {"result.json": WHOLE, PHOTO: b"picture"}))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_a_chat_exported_alone_has_the_keys_it_has_in_the_whole_account(tmp_path: Path, reading: ModuleType) -> None:
    one = chat(message(1, "a"), message(2, "b"))
    alone = reading.drafts(reading.read(Telegram(), reading.make(tmp_path / "1", {"r.json": json.dumps(one)})))
    whole = reading.drafts(reading.read(Telegram(), reading.make(tmp_path / "2", {"x/result.json": account(one)})))
    assert alone == whole
    assert len(alone) == 2


def test_both_exports_in_one_folder_give_each_message_once(tmp_path: Path, reading: ModuleType) -> None:
    one = chat(message(1, "a"), message(2, "b"))
    folder = reading.make(tmp_path, {"1/result.json": json.dumps(one), "2/result.json": account(one)})
    items = reading.read(Telegram(), folder)
    assert len([each for each in items if isinstance(each, Draft)]) == 2
    assert reading.problems(items) == {"2/result.json#1": "twice", "2/result.json#2": "twice"}


@pytest.mark.parametrize(("kind", "key"), [("private_group", "group7"), ("public_channel", "channel7")])
def test_numbers_of_users_and_of_groups_are_not_the_same(
    tmp_path: Path, reading: ModuleType, kind: str, key: str
) -> None:
    folder = reading.make(tmp_path, {"a.json": json.dumps(chat(message(1, "a"), type=kind, name="Choir"))})
    (draft,) = reading.drafts(reading.read(Telegram(), folder)).values()
    assert [(each.key, each.name) for each in draft.collections] == [(key, "Choir")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"messages": [], "type": "other"}'),
        ("a.json", "[]"),
        ("a.txt", json.dumps(chat(message(1, "a")))),
        ("messages.html", "<html>other"),
    ],
)
def test_other_files_are_not_taken(tmp_path: Path, reading: ModuleType, name: str, text: str) -> None:
    found = Telegram().recognise(reading.make(tmp_path, {name: text}))
    assert (found.confidence, found.hint) == (0, "")


def test_words_that_are_told_as_entities_alone_are_read(tmp_path: Path, reading: ModuleType) -> None:
    pieces = [{"type": "plain", "text": "see "}, {"type": "text_link", "text": "it", "href": "https://a.example"}]
    said = {"id": 1, "type": "message", "date_unixtime": "1673776200", "from": "Anna", "text_entities": pieces}
    items = reading.read(Telegram(), reading.make(tmp_path, {"result.json": json.dumps(chat(said))}))
    assert [each.body for each in reading.drafts(items).values()] == ["see [it](https://a.example)"]


def test_messages_are_known_without_what_stands_before_them(tmp_path: Path, reading: ModuleType) -> None:
    bare = [
        {"type": "message", "date_unixtime": "1544006350", "from": "Anna", "text": text} for text in ("Hello", "Hi")
    ]
    folder = reading.make(tmp_path, {"Lunch.json": json.dumps({"messages": bare})})
    assert Telegram().recognise(folder).confidence > 0
    found = reading.drafts(reading.read(Telegram(), folder)).values()
    assert [(each.body, each.collections[0].name) for each in found] == [("Hello", "Lunch"), ("Hi", "Lunch")]


def test_the_form_in_html_is_answered_with_the_one_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    found = Telegram().recognise(reading.make(tmp_path, {"messages.html": "<html><title>Exported Data</title>"}))
    assert found.confidence == 0
    assert "JSON" in found.hint


@pytest.mark.parametrize("end", ["", '{"id": 3, "type": "mess', "nonsense"])
def test_a_file_that_is_cut_off_gives_what_comes_before(tmp_path: Path, reading: ModuleType, end: str) -> None:
    text = json.dumps(chat(message(1, "a"), message(2, "b"))).removesuffix("]}") + f", {end}"
    items = reading.read(Telegram(), reading.make(tmp_path, {"a.json": text}))
    assert list(reading.drafts(items)) == ["user7/1", "user7/2"]
    assert reading.problems(items) == {"a.json": "export-broken"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": {"a": 1}},
        {"text": None, "from": 3},
        {"photo": 5},
        {"file": "../../x"},
        {"id": None},
        {"id": 10**30},
        {"duration_seconds": 10**30},
        {"reactions": [{"emoji": "x", "count": 1e300}]},
        {"date_unixtime": 1e300, "date": 3},
        {"edited_unixtime": "1e400"},
        {"from_id": [], "from": "x" * 10},
        {"poll": [], "contact_information": 3},
    ],
)
def test_whatever_stands_in_a_field_the_next_message_is_read(
    tmp_path: Path, reading: ModuleType, wrong: dict[str, object]
) -> None:
    text = json.dumps(chat(message(1, "a") | wrong, message(2, "next")))
    items = reading.read(Telegram(), reading.make(tmp_path, {"a.json": text}))
    assert orjson.dumps(reading.golden(items))
    assert reading.drafts(items)["user7/2"].body == "next"


def test_a_text_that_no_memory_can_hold_is_listed(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.json": json.dumps(chat(message(1, "a" * 11), message(2, "b" * 10)))})
    items = reading.read(Telegram(), folder, ReadOptions(note_characters=10))
    assert (list(reading.drafts(items)), reading.problems(items)) == (["user7/2"], {"a.json#1": "note-too-long"})


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    one = chat(*(message(number, f"{number}") for number in range(300)))
    other = chat(*(message(number, f"{number}") for number in range(150)), id=8, name="Cleo")
    folder = reading.make(tmp_path, {"result.json": account(one, other)})
    whole = list(Telegram().read(folder, ReadOptions(), None))
    stops = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(stops) == 2
    for stop in stops:
        item = whole[stop]
        assert isinstance(item, Checkpoint)
        rest = list(Telegram().read(folder, ReadOptions(), item.position))
        assert rest == whole[stop + 1 :]


def test_a_large_export_is_read_in_little_memory(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.json": json.dumps(chat(*(message(n, "word " * 400) for n in range(1500))))})
    tracemalloc.start()
    try:
        assert _count(Telegram().read(folder, ReadOptions(), None)) == 1500
        assert tracemalloc.get_traced_memory()[1] < 1_500_000  # the file has 3 MB
    finally:
        tracemalloc.stop()


def _count(items: Iterable[object]) -> int:
    return sum(isinstance(item, Draft) for item in items)


def test_a_call_is_an_event_that_lasts(tmp_path: Path, reading: ModuleType) -> None:
    folder: Folder = reading.make(tmp_path, {"result.json": WHOLE})
    items = reading.read(Telegram(), folder)
    call = reading.drafts(items)["user7/15"]
    (evidence,) = call.evidence
    assert (call.kind, call.title) == (Kind.EVENT, "Call: Anna Berg")
    assert (evidence.until - evidence.instant).total_seconds() == 90
    assert [each.name for each in items if isinstance(each, Contact)] == ["Cleo"]
