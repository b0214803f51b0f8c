"""Instagram: the same chats as Messenger's, told apart by what lies around them."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.sources.instagram import Instagram
from timeline_local.importers.sources.messenger import Messenger

EXPECTED = Path(__file__).with_name("expected.json")
CHAT = {
    "participants": [{"name": "Zoë".encode().decode("latin-1")}, {"name": "Bo"}],
    "messages": [
        {"sender_name": "Bo", "timestamp_ms": 1700000000500, "content": "Liked a message"},
        {"sender_name": "Zoë".encode().decode("latin-1"), "timestamp_ms": 1700000000000,
         "photos": [{"uri": "your_instagram_activity/messages/inbox/zoe_9/photos/7.jpg"}],
         "reactions": [{"reaction": "❤".encode().decode("latin-1"), "actor": "Bo", "timestamp": 1700000000}]},
    ],
    "title": "Zoë".encode().decode("latin-1"),
    "thread_path": "inbox/zoe_9",
}  # fmt: skip
HOME = "your_instagram_activity/messages/inbox/zoe_9"


def test_a_chat_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"{HOME}/message_1.json": json.dumps(CHAT), f"{HOME}/photos/7.jpg": b"picture"})
    assert reading.golden(reading.read(Instagram(), folder)) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize("nest", ["", "instagram-bo/"])
@pytest.mark.parametrize(
    "beside", ["followers_and_following/followers.json", "connections/followers_and_following/x.json",
               "account_information/a.json", "login_and_account_creation/a.json"]
)  # fmt: skip
def test_the_old_layout_is_instagrams_where_only_instagram_writes_what_lies_beside_it(
    tmp_path: Path, reading: ModuleType, nest: str, beside: str
) -> None:
    files = {f"{nest}messages/inbox/zoe_9/message_1.json": json.dumps(CHAT), f"{nest}{beside}": "{}"}
    folder = reading.make(tmp_path, files)
    assert Instagram().recognise(folder).confidence > 0
    assert Messenger().recognise(folder).confidence == 0


def test_the_old_layout_alone_is_taken_for_messengers(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"messages/inbox/zoe_9/message_1.json": json.dumps(CHAT)})
    assert Instagram().recognise(folder).confidence == 0
    assert Messenger().recognise(folder).confidence > 0


def test_the_form_in_html_is_answered_with_the_one_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"{HOME}/message_1.html": "<html>"})
    assert "JSON" in Instagram().recognise(folder).hint
    assert Messenger().recognise(folder).hint == ""
