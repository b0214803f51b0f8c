"""Discord's channels, out of DiscordChatExporter and out of the package that Discord sends."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.importers.sources.discord import Discord

EXPECTED = Path(__file__).with_name("expected.json")
ANA = {"id": "11", "name": "ana", "nickname": "Ana B.", "isBot": False}


def said(number: str, content: str, kind: str = "Default", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    told = {"id": number, "type": kind, "timestamp": "2021-03-04T21:00:00.5+02:00", "content": content, "author": ANA}
    return {**told, "attachments": [], "embeds": [], "stickers": [], "reactions": [], "mentions": [], **more}


CHANNEL = {
    "guild": {"id": "5", "name": "Bikes"},
    "channel": {"id": "7", "type": "GuildTextChat", "category": "Text", "name": "rides", "topic": None},
    "dateRange": {"after": None, "before": None},
    "exportedAt": "2024-01-01T00:00:00+00:00",
    "messages": [
        said("100", "Hello @Bo", mentions=[{"id": "12", "name": "bo", "nickname": "Bo"}],
             reactions=[{"emoji": {"name": "👍"}, "count": 2}]),
        said("101", "", attachments=[{"id": "1", "url": "rides.json_Files/a%20b-1.png", "fileName": "a b.png"},
                                     {"id": "2", "url": "https://cdn.example/c.png", "fileName": "c.png"}]),
        said("102", "Yes", "Reply", reference={"messageId": "100", "channelId": "7"}, timestampEdited="2021-03-05"),
        said("103", "Ana pinned a message", "ChannelPinnedMessage"),
        said("104", "Started a call that lasted 2 minutes.", "Call", callEndedTimestamp="2021-03-04T19:02:00.5+00:00"),
        said("105", "", embeds=[{"title": "A page", "description": "Of it", "url": "https://example.org"}]),
        said("106", ""),
        said("107", "when", timestamp="never"),
    ],
    "messageCount": 8,
}  # fmt: skip
PACKAGE = [
    {"ID": 200, "Timestamp": "2022-01-02 03:04:05", "Contents": "to Bo", "Attachments": ""},
    {
        "ID": 201,
        "Timestamp": "2022-01-02 03:04:06",
        "Contents": "look",
        "Attachments": "https://cdn.example/x.jpg?ex=1",
    },
]
FILES: dict[str, bytes | str] = {
    "chats/rides.json": json.dumps(CHANNEL),
    "chats/rides.json_Files/a b-1.png": b"picture",
    "package/messages/c9/messages.json": json.dumps(PACKAGE),
    "package/messages/c9/channel.json": json.dumps({"id": "9", "type": "DM", "recipients": ["1", "2"]}),
    "package/messages/index.json": json.dumps({"9": "Direct Message with bo#0001"}),
    "package/account/user.json": json.dumps({"id": "11", "username": "ana", "global_name": "Ana"}),
    "package/messages/c8/messages.csv": "ID,Timestamp,Contents,Attachments\n300,2019-01-02 03:04:05.123000+00:00,"
    '"a\nb",\n',
    "package/messages/c8/channel.json": json.dumps({"id": "8", "name": "talk", "guild": {"id": "5", "name": "Bikes"}}),
    "rows/Bikes - rides [7].csv": "AuthorID,Author,Date,Content,Attachments,Reactions\n"
    '"11","ana","2021-03-04T19:00:00.0000000+00:00","From a table","",""\n',
}


def test_every_form_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Discord(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("name", "text", "is_ours"),
    [
        ("renamed.json", json.dumps(CHANNEL), True),
        ("a.json", json.dumps(PACKAGE), True),
        ("a.json", json.dumps({"channel": 1, "messages": []}), False),
        ("a.json", '[{"ID": 1, "Name": "x"}]', False),
        ("a.csv", "Author,Date,Content\n", False),
    ],
)
def test_channels_are_known_by_their_content(
    tmp_path: Path, reading: ModuleType, name: str, text: str, *, is_ours: bool
) -> None:
    assert (Discord().recognise(reading.make(tmp_path, {name: text})).confidence > 0) is is_ours


def test_a_channel_as_a_web_page_is_answered_with_the_form_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    page = "<html><title>discord</title><div class=chatlog>"
    assert "JSON" in Discord().recognise(reading.make(tmp_path, {"a.html": page})).hint
