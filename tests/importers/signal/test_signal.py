"""Signal's own export, and the chats that signal-export, sigtop and signalbackup-tools write."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import ReadOptions
from timeline_local.importers.registry import judge, read_all
from timeline_local.importers.sources.signal import Signal

EXPECTED = Path(__file__).with_name("expected.json")
MS = 1_700_000_000_000
PICTURE, LONG = "ab" * 32, "cd" * 32


def pointer(digest: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {
        "contentType": "image/jpeg",
        "locatorInfo": {"plaintextHash": b64encode(bytes.fromhex(digest)).decode()},
        **more,
    }


def item(at: int, author: str, chat: str = "10", **what: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"chatItem": {"chatId": chat, "authorId": author, "dateSent": str(MS + at), "incoming": {}, **what}}


def text(body: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"standardMessage": {"text": {"body": body, **more}}}


ADA = {"aci": "QUFB", "e164": "4366012", "systemGivenName": "Ada", "systemFamilyName": "L"}
EXPORT = [
    {"account": {"givenName": "Me"}},
    {"recipient": {"id": "1", "self": {}}},
    {"recipient": {"id": "2", "contact": ADA}},
    {"recipient": {"id": "3", "group": {"masterKey": "R1I=", "snapshot": {"title": {"title": "Hiking"}}}}},
    {"chat": {"id": "10", "recipientId": "2"}},
    {"chat": {"id": "11", "recipientId": "3"}},
    item(0, "2", **text("Hello\nyou")),
    item(1, "1", "11", **text("\ufffc look", bodyRanges=[{"start": 0, "length": 1, "mentionAci": "QUFB"}])),
    item(2, "2", standardMessage={"attachments": [
        {"pointer": pointer(PICTURE), "wasDownloaded": True}, {"pointer": pointer("ef" * 32, fileName="gone.jpg")}],
        "reactions": [{"emoji": "❤", "authorId": "1", "sentTimestamp": "1"}]}),
    item(3, "2", standardMessage={"text": {"body": "It begins"}, "longText": pointer(LONG)}),
    item(4, "2", stickerMessage={"sticker": {"emoji": "🐱"}}),
    item(5, "2", poll={"question": "Tea?", "options": [{"option": "yes"}, {"option": "no"}]}),
    item(6, "2", remoteDeletedMessage={}),
    item(7, "2", updateMessage={"simpleUpdate": {"type": "IDENTITY_UPDATE"}}),
    item(8, "1", updateMessage={"individualCall": {"state": "ACCEPTED", "startedCallTimestamp": str(MS + 8)}}),
    item(9, "2", updateMessage={"groupCall": {"startedCallTimestamp": MS, "endedCallTimestamp": MS + 60_000}}),
]  # fmt: skip
NEW = {"date": "2023-11-14T22:13:20", "sender": "Me", "body": "From data  ", "quote": "", "sticker": None,
       "reactions": [["Ada", "👍"]], "deleted": False,
       "attachments": [{"name": "a b.png", "path": "media/a%20b.png"}]}  # fmt: skip
MARKDOWN = """[2019-05-29, 15:04] Me: How is everyone?
Second line  
[2019-05-29 15:05:10] Aya: ![x.jpg](./media/x.jpg)  See [a page](https://example.org)
(- Jim: 👍, Me: ❤ -)
[2019-05-29 15:06:10] Aya: (This message was deleted)
"""  # noqa: W291 - two spaces break a line
SIGTOP = """Conversation: Ada (+4366012)

From: You
Type: outgoing
Sent: Tue, 14 Nov 2023 23:13:20 +0100
Reaction: 👍 from Ada

Words
From: nobody
Type: x

From: Ada (+4366012)
Type: incoming
Sent: Tue, 14 Nov 2023 23:14:20 +0100
Received: Tue, 14 Nov 2023 23:14:21 +0100
Attachment: c.jpg (image/jpeg, 3 bytes)

> From: You
> Sent: Tue, 14 Nov 2023 23:13:20 +0100
>
> Words

Answer

Type: keychange
Sent: Tue, 14 Nov 2023 23:15:20 +0100
Received: Tue, 14 Nov 2023 23:15:21 +0100

"""
TOOLS = """[Nov 14, 2023 22:13:20] *** You created the group
[Nov 14, 2023 22:13:21] <Ada> Look: https://example.org
more
[Nov 14, 2023 22:13:22] *** <Ada> sent file "a.jpg"
"""
FILES: dict[str, bytes | str] = {
    "export/main.jsonl": "\n".join(json.dumps(line) for line in EXPORT),
    "export/metadata.json": '{"version": 1}',
    f"export/files/ab/{PICTURE}.jpg": b"picture",
    f"export/files/cd/{LONG}.bin": b"It begins and ends",
    "new/Ada/data.json": json.dumps(NEW) + "\n",
    "new/Ada/chat.md": "[2023-11-14 22:13:20] Me: From data  \n",
    "new/Ada/media/a b.png": b"picture",
    "old/Family/index.md": MARKDOWN,
    "old/Family/media/x.jpg": b"picture",
    "sigtop/Ada.txt": SIGTOP,
    "sigtop/c.jpg": b"picture",
    "tools/Hiking (_id3).txt": TOOLS,
}


def test_every_form_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Signal(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_no_other_source_takes_any_of_it(tmp_path: Path, reading: ModuleType) -> None:
    """The text of signalbackup-tools was taken for WhatsApp's, and chats in Markdown for notes."""
    folder = reading.make(tmp_path, FILES)
    sources = [each.source for each in judge(folder).recognised]
    found = [(each.source, each.item) for each in read_all(folder, sources, ReadOptions())]
    assert {source for source, item in found if isinstance(item, Draft) and not item.media} == {"signal"}


@pytest.mark.parametrize(
    ("name", "head", "is_ours"),
    [
        ("renamed.jsonl", "\n".join(json.dumps(line) for line in EXPORT), True),
        ("a.jsonl", '{"account": 1}\n', False),
        ("note.md", MARKDOWN, False),
        ("chat.md", "# A note\n", False),
        ("a.txt", "[Nov 14, 2023 22:13:20] Ada: hello", False),
        ("a.txt", TOOLS, True),
        ("a.txt", "Conversation: with a friend\n\nWe met", False),
    ],
)
def test_chats_are_known_by_their_content(
    tmp_path: Path, reading: ModuleType, name: str, head: str, *, is_ours: bool
) -> None:
    assert (Signal().recognise(reading.make(tmp_path, {name: head})).confidence > 0) is is_ours


def test_an_encrypted_backup_is_answered_with_what_to_do(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"signal-2024-01-01-10-00-00.backup": b"\x00\x00\x00\x36"})
    assert "Export chat history" in Signal().recognise(folder).hint
