"""Messenger: both layouts, letters that were written wrong, numbered files, files, reactions, what was taken back."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.drafts import Draft
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.meta_chats import mended
from timeline_local.importers.registry import SOURCES, recognise_all
from timeline_local.importers.sources.instagram import Instagram
from timeline_local.importers.sources.messenger import Messenger

EXPECTED = Path(__file__).with_name("expected.json")
NEW = "your_activity_across_facebook/messages/inbox/annaberg_x1"
OLD = "messages/inbox/annaberg_x1"
START = 1560502862000


def wrong(value: Any) -> Any:  # noqa: ANN401 - JSON is anything
    """As Meta writes it: every letter of the UTF-8 as one of Latin-1."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, list):
        return [wrong(each) for each in value]
    return {name: wrong(each) for name, each in value.items()} if isinstance(value, dict) else value


def message(number: int, content: str = "", **more: object) -> dict[str, Any]:
    said = {"sender_name": "Anna Bergström", "timestamp_ms": START + 1000 * number}
    return said | ({"content": content} if content else {}) | more


def chat(*messages: dict[str, Any], **more: object) -> str:
    """The newest message first, the title behind them."""
    head = {"participants": [{"name": "Anna Bergström"}, {"name": "Bo"}], "messages": list(reversed(messages))}
    tail = {"title": "Anna Bergström", "is_still_participant": True, "thread_path": "inbox/annaberg_x1"}
    return json.dumps(wrong(head | tail | more))


WHOLE = chat(
    message(1, "Schön, à bientôt 🙂 à"),
    message(2, photos=[{"uri": f"{NEW}/photos/1.jpg", "creation_timestamp": 1}, {"uri": f"{NEW}/photos/ä.jpg"}]),
    message(3, videos=[{"uri": f"{NEW}/videos/gone.mp4"}]),
    message(4, "listen", audio_files=[{"uri": f"{NEW}/audio/a.mp4"}]),
    message(5, "look", share={"link": "https://example.org/a", "share_text": "A page"}),
    message(6, "nice", reactions=[{"reaction": "👍", "actor": "Bo"}]),
    message(7, "gone", is_unsent=True),
    message(8, "Anna added Bo.", type="Subscribe", users=[{"name": "Bo"}]),
    message(9, "Anna called you.", type="Call", call_duration=90),
    message(10),
    message(11, "ok"),
    message(11, "ok"),
    message(12, "when?", timestamp_ms="soon"),
    message(13, sticker={"uri": "messages/stickers_used/s.png"}),
)


def test_a_chat_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    files = {f"{NEW}/message_1.json": WHOLE, f"{NEW}/photos/1.jpg": b"1", f"{NEW}/photos/ä.jpg": b"2"}
    files |= {f"{NEW}/audio/a.mp4": b"3", "your_activity_across_facebook/messages/stickers_used/s.png": b"4"}
    items = reading.read(Messenger(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@given(st.text())
def test_letters_that_were_written_wrong_are_put_right(text: str) -> None:
    assert mended(wrong(text)) == text


@pytest.mark.parametrize("text", ["", "plain", "é", "Ünal", "à la carte", "日本 é", "🙂", "Ãx", "\x85"])
def test_letters_that_are_right_are_left(text: str) -> None:
    assert mended(text) == text
    assert mended(wrong(text)) == text


@pytest.mark.parametrize("nest", ["", "export/", "facebook-bo/deep/"])
@pytest.mark.parametrize("home", [NEW, OLD, "your_facebook_activity/messages/archived_threads/annaberg_x1"])
def test_files_are_found_wherever_the_export_lies(tmp_path: Path, reading: ModuleType, nest: str, home: str) -> None:
    said = chat(message(1, photos=[{"uri": f"{home}/photos/1.jpg"}]))
    folder = reading.make(tmp_path, {f"{nest}{home}/message_1.json": said, f"{nest}{home}/photos/1.jpg": b"1"})
    (draft,) = reading.drafts(reading.read(Messenger(), folder)).values()
    assert [each.locator for each in draft.media] == [f"{nest}{home}/photos/1.jpg"]


def test_a_chat_taken_out_of_its_export_has_its_files_beside_it(tmp_path: Path, reading: ModuleType) -> None:
    said = chat(message(1, photos=[{"uri": f"{NEW}/photos/1.jpg"}, {"uri": f"{NEW}/photos/2.jpg"}]))
    folder = reading.make(tmp_path, {"Anna/message_1.json": said, "Anna/photos/1.jpg": b"1", "Anna/2.jpg": b"2"})
    (draft,) = reading.drafts(reading.read(Messenger(), folder)).values()
    assert [each.locator for each in draft.media] == ["Anna/photos/1.jpg", "Anna/2.jpg"]
    assert [each.key for each in draft.collections] == ["annaberg_x1"]


def test_later_exports_keep_the_keys_though_messages_move_between_files(tmp_path: Path, reading: ModuleType) -> None:
    said = [message(number, f"{number}") for number in range(6)]
    first = reading.make(
        tmp_path / "1", {f"{OLD}/message_1.json": chat(*said[2:4]), f"{OLD}/message_2.json": chat(*said[:2])}
    )
    second = reading.make(
        tmp_path / "2", {f"{NEW}/message_1.json": chat(*said[3:]), f"{NEW}/message_2.json": chat(*said[:3])}
    )
    before, now = (reading.drafts(reading.read(Messenger(), folder)) for folder in (first, second))
    assert (len(before), len(now)) == (4, 6)
    assert before.keys() < now.keys()


def test_the_flat_form_of_encrypted_chats_is_read(tmp_path: Path, reading: ModuleType) -> None:
    said = {
        "participants": ["Anna Bergström", "Bo"],
        "threadName": "Anna Bergström_5",
        "messages": [
            {"senderName": "Bo", "text": "Schön", "timestamp": START, "media": [{"uri": "./media/1.jpg"}],
             "type": "media", "isUnsent": False, "reactions": [{"actor": "Anna", "reaction": "❤"}]},
            {"senderName": "Bo", "text": "", "timestamp": START, "media": [], "type": "text", "isUnsent": True},
        ],
    }  # fmt: skip
    folder = reading.make(tmp_path, {"e/Anna Bergström_5.json": orjson.dumps(said), "e/media/1.jpg": b"1"})
    assert Messenger().recognise(folder).confidence > 0
    items = reading.read(Messenger(), folder)
    (draft,) = reading.drafts(items).values()
    assert (draft.body, draft.people[0].name, draft.media[0].locator) == ("Schön", "Bo", "e/media/1.jpg")
    assert [(each.key, each.name) for each in draft.collections] == [("Anna Bergström_5", "Anna Bergström")]
    assert list(reading.problems(items).values()) == ["unsent"]


def test_a_chat_without_a_title_is_called_after_who_takes_part(tmp_path: Path, reading: ModuleType) -> None:
    people = [{"name": name} for name in ("Anna", "Bo", "Cleo", "Dan", "Eve", "Finn")]
    folder = reading.make(tmp_path, {f"{NEW}/message_1.json": chat(message(1, "a"), title="", participants=people)})
    (draft,) = reading.drafts(reading.read(Messenger(), folder)).values()
    assert [each.name for each in draft.collections] == ["Anna, Bo, Cleo, Dan +2"]


@pytest.mark.parametrize("name", ["message_1.json", "other.json", f"{NEW}/autofill_information.json"])
def test_other_json_is_not_taken(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {name: '{"messages": [], "people": []}'})
    assert Messenger().recognise(folder).confidence == 0


def test_a_chat_of_another_name_is_known_by_its_messages(tmp_path: Path, reading: ModuleType) -> None:
    text = json.dumps({"messages": [message(1, "Hello"), message(2, "Hi")]})
    items = reading.read(Messenger(), reading.make(tmp_path, {"testlog.json": text}))
    assert Messenger().recognise(Folder(tmp_path)).confidence > 0
    assert [each.body for each in reading.drafts(items).values()] == ["Hello", "Hi"]


def test_pages_of_an_unknown_form_are_answered_with_the_one_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"{NEW}/message_1.html": "<html>"})
    assert "JSON" in Messenger().recognise(folder).hint
    assert Instagram().recognise(folder).hint == ""


CARD = (
    '<section class="_3-95 _a6-g"><h2 class="_2ph_ _a6-h _a6-i">{0}</h2><div class="_2ph_ _a6-p"><div><div></div>'
    "<div>{1}</div><div></div>{2}</div></div>"
    '<footer class="_3-94 _a6-o"><div class="_a72d">{3}</div></footer></section>'
)
OLD_CARD = (
    '<div class="pam _3-95 _2pi0 _2lej uiBoxWhite noborder"><div class="_3-96 _2pio _2lek _2lel">{0}</div>'
    '<div class="_3-96 _2let"><div><div></div><div>{1}</div>{2}</div></div><div class="_3-94 _2lem">{3}</div></div>'
)
LIKES = '<div><ul class="_a6-q"><li><span>\U0001f606Bo (Jun 01, 2025 3:32:01 pm)</span></li></ul></div>'
SHOWN = '<div><div><a href="{0}/photos/1.jpg"><img src="{0}/photos/1.jpg" class="_a6_o _3-96" /></a></div></div>'


def page(*cards: str) -> str:
    style = "<style>.x { color: red; } /* _a6- */</style>"
    people = '<div class="_a6-g"><div class="_2ph_ _a6-h _a6-i">Participants: Bo and Ana</div></div>'
    return f"<html><head><title>Bo &amp; Ana</title>{style}</head><body>{people}{''.join(cards)}</body></html>"


def test_web_pages_are_read_where_there_is_no_json(tmp_path: Path, reading: ModuleType) -> None:
    cards = (
        CARD.format("Bo", "two<br /><br />lines &#039;quoted&#039;", LIKES, "Jun 01, 2025 3:31:09 pm"),
        CARD.format("Ana", "", SHOWN.format(NEW), "Jun 01, 2025 9:05:00 am"),
        CARD.format("Ana", 'see <a href="https://a.example/x">this</a>', "", "Jun 01, 2025 12:05:00 am"),
        CARD.format("Ana", "when?", "", "yesterday"),
        CARD.format("Ana", "", "", "Jun 01, 2025 12:04:00 am"),
    )
    files = {f"{NEW}/message_1.html": page(*cards), f"{NEW}/photos/1.jpg": b"picture"}
    folder = reading.make(tmp_path, files)
    assert Messenger().recognise(folder).confidence > 0
    items = reading.read(Messenger(), folder)
    found = list(reading.drafts(items).values())
    assert [(each.people[0].name, str(each.evidence[0].local_at), each.body) for each in found] == [
        ("Bo", "2025-06-01 15:31:09", "two\n\nlines 'quoted'"),
        ("Ana", "2025-06-01 09:05:00", ""),
        ("Ana", "2025-06-01 00:05:00", "see this\nhttps://a.example/x"),
    ]
    assert found[0].extra == {"reactions": ["\U0001f606Bo (Jun 01, 2025 3:32:01 pm)"]}
    assert [each.locator for each in found[1].media] == [f"{NEW}/photos/1.jpg"]
    assert {(each.collections[0].key, each.collections[0].name) for each in found} == {
        (NEW.rpartition("/")[2], "Bo & Ana")
    }
    assert sorted(reading.problems(items).values()) == ["empty", "no-time"]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (("Sep 27, 2021, 5:55 PM", "27 sept. 2021 à 17:54"), ["2021-09-27 17:55:00", "2021-09-27 17:54:00"]),
        (("03.04.2020, 17:55", "27.03.2020, 9:05"), ["2020-04-03 17:55:00", "2020-03-27 09:05:00"]),
        (("2021年9月27日 下午5:55", "2021年9月27日 午後5:55"), ["2021-09-27 17:55:00", "2021-09-27 17:55:00"]),
    ],
)
def test_pages_of_other_years_and_languages_are_read(
    tmp_path: Path, reading: ModuleType, times: tuple[str, ...], said: list[str]
) -> None:
    cards = [OLD_CARD.format("Bo", f"text {count}", "", at) for count, at in enumerate(times)]
    items = reading.read(Messenger(), reading.make(tmp_path, {"messages/inbox/bo_1/message_1.html": page(*cards)}))
    assert [str(each.evidence[0].local_at) for each in reading.drafts(items).values()] == said


def test_a_page_beside_its_json_is_left(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        f"{NEW}/message_1.html": page(CARD.format("Bo", "as a page", "", "Jun 01, 2025 3:31:09 pm")),
        f"{NEW}/message_1.json": chat(message(1, "as JSON")),
    }
    items = reading.read(Messenger(), reading.make(tmp_path, files))
    assert [each.body for each in reading.drafts(items).values()] == ["as JSON"]


def test_long_pages_are_read_in_pieces(tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timeline_local.importers.meta_pages.CHUNK_CHARACTERS", 7)
    cards = [CARD.format("Bo", f"é {count}", "", "Jun 01, 2025 3:31:09 pm") for count in range(5)]
    items = reading.read(Messenger(), reading.make(tmp_path, {f"{NEW}/message_1.html": page(*cards)}))
    assert [each.body for each in reading.drafts(items).values()] == [f"é {count}" for count in range(5)]


def test_a_file_that_is_cut_off_gives_what_comes_before(tmp_path: Path, reading: ModuleType) -> None:
    text = chat(message(1, "a"), message(2, "b")).partition('], "title')[0] + ', {"sender'
    items = reading.read(Messenger(), reading.make(tmp_path, {f"{NEW}/message_1.json": text}))
    assert [each.body for each in reading.drafts(items).values()] == ["b", "a"]
    assert reading.problems(items) == {f"{NEW}/message_1.json": "export-broken"}


@pytest.mark.parametrize(
    "odd",
    [
        {"content": 3},
        {"sender_name": None},
        {"photos": {"uri": "x"}},
        {"photos": [{"uri": "../../../x"}, 4]},
        {"gifs": [{"uri": "https://example.org/a.gif"}]},
        {"share": []},
        {"timestamp_ms": 10**30},
        {"call_duration": 1e300},
        {"reactions": [3, {"reaction": None}]},
    ],
)
def test_whatever_stands_in_a_field_the_next_message_is_read(
    tmp_path: Path, reading: ModuleType, odd: dict[str, object]
) -> None:
    text = chat(message(1, "next"), message(2, "a") | odd)
    items = reading.read(Messenger(), reading.make(tmp_path, {f"{NEW}/message_1.json": text}))
    assert orjson.dumps(reading.golden(items))
    assert [each.body for each in reading.drafts(items).values()][-1] == "next"


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        f"{NEW}/message_{part}.json": chat(*(message(n, f"{n % 3}", timestamp_ms=START + part) for n in range(250)))
        for part in (1, 2)
    }
    folder = reading.make(tmp_path, files)
    whole = list(Messenger().read(folder, ReadOptions(), None))
    stops = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(stops) == 2
    for stop in stops:
        item = whole[stop]
        assert isinstance(item, Checkpoint)
        assert list(Messenger().read(folder, ReadOptions(), item.position)) == whole[stop + 1 :]


def test_a_large_chat_is_read_in_little_memory(tmp_path: Path, reading: ModuleType) -> None:
    text = chat(*(message(number, f"{number} " + "word " * 400) for number in range(1500)))
    folder = reading.make(tmp_path, {f"{NEW}/message_1.json": text})
    tracemalloc.start()
    try:
        assert sum(isinstance(item, Draft) for item in Messenger().read(folder, ReadOptions(), None)) == 1500
        assert tracemalloc.get_traced_memory()[1] < 1_500_000  # the file has 3 MB
    finally:
        tracemalloc.stop()


def test_exports_of_both_services_are_each_read_by_their_own(tmp_path: Path, reading: ModuleType) -> None:
    insta = "your_instagram_activity/messages/inbox/bo_1/message_1.json"
    folder = reading.make(tmp_path, {f"{NEW}/message_1.json": chat(message(1, "a")), insta: chat(message(1, "b"))})
    sources = {each.source.name for each in recognise_all(folder, SOURCES)}
    assert sources == {"messenger", "instagram"}
    assert [draft.body for draft in reading.drafts(reading.read(Messenger(), folder)).values()] == ["a"]
    assert [draft.body for draft in reading.drafts(reading.read(Instagram(), folder)).values()] == ["b"]
