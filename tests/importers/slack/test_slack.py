"""Slack's export: channels by day, names by number, threads, files beside them."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.importers.sources.slack import Slack

EXPECTED = Path(__file__).with_name("expected.json")
TS = "1588168123.00010"


def said(at: int, text: str, user: str = "U1", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"type": "message", "user": user, "text": text, "ts": f"{TS}{at}", **more}


DAY = [
    said(1, "Hi <@U2>, see <#C2|plans> &amp; <https://example.org|a page> <!here>", edited={"user": "U1", "ts": "1"},
         reactions=[{"name": "thumbsup", "users": ["U2"], "count": 1}]),
    said(2, "an answer", "U2", thread_ts=f"{TS}1"),
    said(3, "", files=[{"id": "F1", "name": "a.png", "mode": "hosted"}, {"id": "F2", "name": "b.pdf", "mode": "hosted"},
                       {"id": "F3", "mode": "tombstone"}]),
    said(4, "<@U1> has joined the channel", subtype="channel_join"),
    said(5, "", "", subtype="bot_message", username="Weather", attachments=[{"title": "Rain", "text": "all day"}]),
    said(6, "This message was deleted.", "USLACKBOT", subtype="tombstone"),
    said(7, "A huddle happened", subtype="huddle_thread", room={"date_start": 1588168000, "date_end": 1588168060}),
    said(8, "me too", "U9", user_profile={"real_name": "Cleo"}),
]  # fmt: skip
FILES: dict[str, bytes | str] = {
    "ws/users.json": json.dumps([{"id": "U1", "name": "ana", "profile": {"display_name": "", "real_name": "Ana B"}},
                                 {"id": "U2", "name": "bo", "profile": {"display_name": "Bo"}}]),
    "ws/channels.json": json.dumps([{"id": "C1", "name": "general", "members": ["U1", "U2"]}]),
    "ws/dms.json": json.dumps([{"id": "D1", "members": ["U1", "U2"]}]),
    "ws/mpims.json": json.dumps([{"id": "G1", "name": "mpdm-ana--bo-1", "members": ["U1", "U2"]}]),
    "ws/general/2020-04-29.json": json.dumps(DAY),
    "ws/general/attachments/F1-a.png": b"picture",
    "ws/D1/2020-04-29.json": json.dumps([said(1, "just us")]),
    "ws/mpdm-ana--bo-1/2020-04-29.json": json.dumps([said(1, "we")]),
}  # fmt: skip


def test_a_workspace_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Slack(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("name", "told", "is_ours"),
    [
        ("general/2020-04-29.json", DAY, True),
        ("2020-04-29.json", DAY, True),
        ("general/2020-04-29.json", [{"type": "message", "ts": 1}], False),
        ("general/day.json", DAY, False),
    ],
)
def test_a_channel_is_known_by_its_days(
    tmp_path: Path, reading: ModuleType, name: str, told: object, *, is_ours: bool
) -> None:
    assert (Slack().recognise(reading.make(tmp_path, {name: json.dumps(told)})).confidence > 0) is is_ours
