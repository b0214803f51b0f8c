"""Messages of a Mac or iPhone: the words, who said them where, files, reactions, edits, and what is no message.

There is no real database here: the tables are those that `.schema` shows of macOS 10.12 and 26, and archives of words
are written as NSArchiver does (see test_typedstream.py).
"""

from __future__ import annotations

import json
import plistlib
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.apple_messages import AppleMessages

EXPECTED = Path(__file__).with_name("expected.json")
SCHEMA = """
CREATE TABLE _SqliteDatabaseProperties (key TEXT, value TEXT, UNIQUE(key));
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL, country TEXT,
  service TEXT NOT NULL, uncanonicalized_id TEXT, person_centric_id TEXT, UNIQUE (id, service));
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER, state INTEGER,
  account_id TEXT, properties BLOB, chat_identifier TEXT, service_name TEXT, room_name TEXT, account_login TEXT,
  is_archived INTEGER DEFAULT 0, last_addressed_handle TEXT, display_name TEXT, group_id TEXT);
CREATE TABLE chat_handle_join (chat_id INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE,
  handle_id INTEGER REFERENCES handle (ROWID) ON DELETE CASCADE, UNIQUE(chat_id, handle_id));
CREATE TABLE chat_message_join (chat_id INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE,
  message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE, message_date INTEGER DEFAULT 0,
  PRIMARY KEY (chat_id, message_id));
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, created_date INTEGER
  DEFAULT 0, start_date INTEGER DEFAULT 0, filename TEXT, uti TEXT, mime_type TEXT, transfer_state INTEGER DEFAULT 0,
  is_outgoing INTEGER DEFAULT 0, user_info BLOB, transfer_name TEXT, total_bytes INTEGER DEFAULT 0,
  is_sticker INTEGER DEFAULT 0, sticker_user_info BLOB, attribution_info BLOB, hide_attachment INTEGER DEFAULT 0);
CREATE TABLE message_attachment_join (message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE,
  attachment_id INTEGER REFERENCES attachment (ROWID) ON DELETE CASCADE, UNIQUE(message_id, attachment_id));
"""
OLD_MESSAGES = """
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT,
  replace INTEGER DEFAULT 0, service_center TEXT, handle_id INTEGER DEFAULT 0, subject TEXT, country TEXT,
  attributedBody BLOB, version INTEGER DEFAULT 0, type INTEGER DEFAULT 0, service TEXT, account TEXT, account_guid TEXT,
  error INTEGER DEFAULT 0, date INTEGER, date_read INTEGER, date_delivered INTEGER, is_delivered INTEGER DEFAULT 0,
  is_finished INTEGER DEFAULT 0, is_emote INTEGER DEFAULT 0, is_from_me INTEGER DEFAULT 0, is_empty INTEGER DEFAULT 0,
  is_delayed INTEGER DEFAULT 0, is_auto_reply INTEGER DEFAULT 0, is_prepared INTEGER DEFAULT 0, is_read INTEGER DEFAULT
  0, is_system_message INTEGER DEFAULT 0, is_sent INTEGER DEFAULT 0, has_dd_results INTEGER DEFAULT 0,
  cache_has_attachments INTEGER DEFAULT 0, cache_roomnames TEXT, item_type INTEGER DEFAULT 0, other_handle INTEGER
  DEFAULT 0, group_title TEXT, group_action_type INTEGER DEFAULT 0, share_status INTEGER DEFAULT 0, share_direction
  INTEGER DEFAULT 0);
"""
LATER = (
    "associated_message_guid TEXT", "associated_message_type INTEGER DEFAULT 0", "balloon_bundle_id TEXT",
    "payload_data BLOB", "expressive_send_style_id TEXT", "message_summary_info BLOB", "destination_caller_id TEXT",
    "reply_to_guid TEXT", "thread_originator_guid TEXT", "thread_originator_part TEXT",
    "date_retracted INTEGER DEFAULT 0", "date_edited INTEGER DEFAULT 0", "associated_message_emoji TEXT DEFAULT NULL",
)  # fmt: skip
RECOVERABLE = "CREATE TABLE chat_recoverable_message_join (chat_id INTEGER, message_id INTEGER, delete_date INTEGER);"
PEOPLE = """
INSERT INTO handle (ROWID, id, service) VALUES (1, '+491701234567', 'iMessage'), (2, 'ben@example.com', 'iMessage'),
  (3, '+491701234567', 'SMS'), (4, 'Paketdienst', 'SMS');
INSERT INTO chat (ROWID, guid, style, chat_identifier, service_name, display_name) VALUES
  (1, 'iMessage;-;+491701234567', 45, '+491701234567', 'iMessage', ''),
  (2, 'iMessage;+;chat123', 43, 'chat123', 'iMessage', 'Climbing'),
  (3, 'SMS;-;+491701234567', 45, '+491701234567', 'SMS', NULL),
  (4, 'iMessage;+;chat9', 43, 'chat9', 'iMessage', NULL);
INSERT INTO chat_handle_join VALUES (1, 1), (2, 1), (2, 2), (3, 3), (4, 2), (4, 1);
"""
NS = 735_689_415_000_000_000  # 2024-04-24 22:10:15 UTC
JPEG = b"\xff\xd8\xff\xe0"


def archive(words: str) -> bytes:
    data = words.encode()
    return (
        b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85"
        b"\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+" + bytes([len(data)]) + data + b"\x86\x84\x02iI\x01\x01"
    )


def binary(value: dict[str, Any]) -> bytes:
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)


def keyed(told: dict[str, object]) -> bytes:
    names, uid = [*told], plistlib.UID
    top = {"NS.keys": [uid(at + 2) for at in range(len(names))], "NS.objects": [*told.values()]}
    return binary({"$archiver": "NSKeyedArchiver", "$top": {"root": uid(1)}, "$objects": ["$null", top, *names]})


EDITED = binary({
    "otr": {"0": {"lo": 0, "le": 3}},
    "ec": {"0": [{"d": 1.0, "t": archive(each)} for each in ("Frist", "Fisrt", "First")]},
})  # fmt: skip
ROWS: tuple[dict[str, Any], ...] = (
    {"guid": "A", "text": "Hello", "handle_id": 1, "subject": "Hi"},
    {"guid": "B", "attributedBody": archive("We come \ufffc too"), "is_from_me": 1, "chat": 1,
     "thread_originator_guid": "A", "expressive_send_style_id": "com.apple.messages.effect.CKConfettiEffect"},
    {"guid": "C", "text": "\ufffc", "handle_id": 2, "chat": 2, "files": (1, 2, 3)},
    {"guid": "D", "text": "Loved “Hello”", "is_from_me": 1, "associated_message_guid": "p:0/A",
     "associated_message_type": 2000},
    {"guid": "E", "text": "Laughed", "handle_id": 2, "chat": 2, "associated_message_guid": "bp:C",
     "associated_message_type": 2003, "files": (4,)},
    {"guid": "F", "handle_id": 1, "chat": 2, "associated_message_guid": "p:0/C", "associated_message_type": 2006,
     "associated_message_emoji": "🦊"},
    {"guid": "G", "handle_id": 1, "chat": 2, "associated_message_guid": "p:0/C", "associated_message_type": 3006,
     "associated_message_emoji": "🦊"},
    {"guid": "H", "handle_id": 1, "associated_message_guid": "p:0/GONE", "associated_message_type": 2001},
    {"guid": "I", "attributedBody": archive("First"), "handle_id": 2, "chat": 2, "date_edited": NS + 60_000_000_000,
     "message_summary_info": EDITED},
    {"guid": "J", "handle_id": 2, "chat": 2, "date_edited": NS + 1, "message_summary_info": binary({"rp": [0]})},
    {"guid": "K", "handle_id": 1, "chat": 2, "item_type": 2, "group_title": "Climbing"},
    {"guid": "L", "text": "https://example.com/", "handle_id": 1, "files": (5,),
     "balloon_bundle_id": "com.apple.messages.URLBalloonProvider",
     "payload_data": keyed({"richLinkMetadata": {"title": "Example"}})},
    {"guid": "M", "text": "\ufffd", "handle_id": 1, "balloon_bundle_id":
     "com.apple.messages.MSMessageExtensionBalloonPlugin:00:com.gamerdelights.gamepigeon.ext"},
    {"guid": "N", "text": "\ufffd", "handle_id": 1, "balloon_bundle_id": "x:y:com.example.polls",
     "payload_data": keyed({"an": "Polls", "ldtext": "Pizza or pasta?"})},
    {"guid": "O", "text": "not sent", "is_from_me": 1, "error": 22},
    {"guid": "P", "text": "gone soon", "handle_id": 1, "trashed": 1},
    {"guid": "Q", "text": "By text message", "handle_id": 3, "chat": 3, "service": "SMS"},
    {"guid": "R", "text": "Your parcel", "handle_id": 4, "chat": 0, "service": "SMS"},
    {"guid": "S", "text": "to nobody", "is_from_me": 1, "chat": 4},
    {"guid": "T", "handle_id": 1},
    {"guid": "U", "text": "no time", "handle_id": 1, "date": 0},
)  # fmt: skip
PATHS = (
    "~/Library/Messages/Attachments/ab/11/AT_0_1/IMG_1.heic", "/var/mobile/Library/SMS/Attachments/cd/02/AT_2/a b.mov",
    "~/Library/Messages/Attachments/ef/03/AT_3/lost.pdf", "~/Library/Messages/Attachments/aa/04/AT_4/sticker.png",
    "~/Library/Messages/Attachments/bb/05/AT_5/X.pluginPayloadAttachment",
)  # fmt: skip
FILES: dict[str, bytes | str] = {
    "Attachments/ab/11/AT_0_1/IMG_1.heic": JPEG,
    "elsewhere/cd/02/AT_2/a b.mov": b"\0\0\0\x18ftypqt  ",
    "other/AT_9/a b.mov": b"\0\0\0\x18ftypqt  x",
    "Attachments/aa/04/AT_4/sticker.png": b"\x89PNG\r\n\x1a\n",
    "Attachments/bb/05/AT_5/X.pluginPayloadAttachment": JPEG,
}


def database(path: Path, rows: tuple[dict[str, Any], ...] = ROWS, *, first: int = NS) -> None:
    with sqlite3.connect(path) as made:
        made.executescript(SCHEMA + OLD_MESSAGES + PEOPLE)
        for column in LATER:
            made.execute(f"ALTER TABLE message ADD COLUMN {column}")
        made.execute(RECOVERABLE)
        for number, name in enumerate(PATHS, 1):
            made.execute(
                "INSERT INTO attachment (ROWID, guid, filename, transfer_name) VALUES (?, ?, ?, ?)",
                (number, f"at{number}", name, name.rpartition("/")[2]),
            )
        for number, row in enumerate(rows, 1):
            _insert(made, number, {"service": "iMessage", "date": first + number * 1_000_000_000, "chat": 1, **row})


def _insert(made: sqlite3.Connection, number: int, row: dict[str, Any]) -> None:
    chat, files, trashed = row.pop("chat"), row.pop("files", ()), row.pop("trashed", 0)
    names = ", ".join(row)
    made.execute(
        f"INSERT INTO message (ROWID, {names}) VALUES (?{', ?' * len(row)})",  # noqa: S608 - names of columns
        (number, *row.values()),
    )
    if trashed:
        made.execute("INSERT INTO chat_recoverable_message_join VALUES (?, ?, 0)", (chat, number))
    elif chat:
        made.execute("INSERT INTO chat_message_join VALUES (?, ?, 0)", (chat, number))
    made.executemany("INSERT INTO message_attachment_join VALUES (?, ?)", [(number, each) for each in files])


def test_a_database_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "chat.db")
    items = reading.read(AppleMessages(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_every_row_is_told_but_reactions_that_belong_to_something(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "chat.db")
    items = reading.read(AppleMessages(), reading.make(tmp_path, FILES))
    told = [each for each in items if isinstance(each, Draft)]
    skipped = [each.slug for each in items if isinstance(each, Problem)]
    assert "".join(each.source_key for each in told) == "ABCILNQRS"
    assert skipped == [
        "not-in-export", "system-message", "unsent", "system-message", "unsupported", "never-sent",
        "trashed-at-source", "empty", "no-time",
    ]  # fmt: skip


def test_dates_of_old_systems_are_seconds(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "sms.db", ({"guid": "A", "text": "x", "handle_id": 1, "date": 507_000_000},))
    (draft,) = reading.drafts(reading.read(AppleMessages(), reading.make(tmp_path, {}))).values()
    assert draft.evidence[0].instant == datetime(2017, 1, 25, 1, 20, tzinfo=UTC)


def test_tables_of_old_systems_are_read(tmp_path: Path, reading: ModuleType) -> None:
    with sqlite3.connect(tmp_path / "sms.db") as made:
        made.executescript(SCHEMA + OLD_MESSAGES + PEOPLE)
        made.execute("INSERT INTO message (guid, text, handle_id, date) VALUES ('A', 'x', 1, 507000000)")
        made.execute("INSERT INTO chat_message_join VALUES (2, 1, 0)")
    (draft,) = reading.drafts(reading.read(AppleMessages(), reading.make(tmp_path, {}))).values()
    assert (draft.source_key, draft.collections[0].name) == ("A", "Climbing")


def test_what_stands_in_the_log_alone_is_read(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "live.db")
    made = sqlite3.connect(tmp_path / "live.db", isolation_level=None)
    made.execute("PRAGMA journal_mode = wal")
    made.execute("INSERT INTO message (guid, text, handle_id, date) VALUES ('NEW', 'just now', 1, ?)", (NS,))
    (tmp_path / "copy").mkdir()
    for end in ("", "-wal"):
        shutil.copy(tmp_path / f"live.db{end}", tmp_path / f"copy/chat.db{end}")
    made.close()
    assert "NEW" in reading.drafts(reading.read(AppleMessages(), reading.make(tmp_path / "copy", {})))


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.chat_reading.ITEMS_PER_CHECKPOINT", 4)
    database(tmp_path / "chat.db")
    folder = reading.make(tmp_path, FILES)
    whole = list(AppleMessages().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*AppleMessages().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) > 2
    assert rests == [whole[index + 1 :] for index, _ in marks]


def test_the_same_messages_of_two_devices_come_once(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "chat.db", ROWS[:1])
    database(tmp_path / "sms.db", ROWS[:1])
    items = reading.read(AppleMessages(), reading.make(tmp_path, {}))
    assert [*reading.drafts(items)] == ["A"]
    assert [*reading.problems(items).values()] == ["twice"]


def test_of_what_was_edited_the_last_words_are_those_of_the_archive(tmp_path: Path, reading: ModuleType) -> None:
    row = {"guid": "A", "text": "Frist", "attributedBody": archive("First"), "handle_id": 1}
    database(tmp_path / "chat.db", ({**row, "date_edited": NS + 60_000_000_000}, {**row, "guid": "B"}))
    drafts = reading.drafts(reading.read(AppleMessages(), reading.make(tmp_path, {})))
    assert {key: each.body for key, each in drafts.items()} == {"A": "First", "B": "Frist"}


def test_files_of_reactions_and_previews_are_nobodys_pictures(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "chat.db")
    options = ReadOptions()
    reading.read(AppleMessages(), reading.make(tmp_path, FILES), options)
    assert options.is_claimed("Attachments/aa/04/AT_4/sticker.png")
    assert options.is_claimed("Attachments/bb/05/AT_5/X.pluginPayloadAttachment")
    assert not options.is_claimed("other/AT_9/a b.mov")


def test_the_film_of_a_live_photo_lies_beside_it(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "chat.db", ({"guid": "A", "handle_id": 1, "files": (1,)},))
    folder = "Attachments/ab/11/AT_0_1"
    files = {f"{folder}/IMG_1.heic": JPEG, f"{folder}/IMG_1.MOV": b"film", f"{folder}/IMG_2.MOV": b"another"}
    (draft,) = reading.drafts(reading.read(AppleMessages(), reading.make(tmp_path, files))).values()
    assert [each.locator for each in draft.media] == [f"{folder}/IMG_1.heic", f"{folder}/IMG_1.MOV"]


def test_caches_of_messages_are_nobodys_pictures(tmp_path: Path, reading: ModuleType) -> None:
    (tmp_path / "Messages").mkdir()
    database(tmp_path / "Messages/chat.db", ROWS[:1])
    files = {"Messages/StickerCache/a/b.heic": JPEG, "Messages/mine/c.jpg": JPEG, "Z/StickerCache/d.jpg": JPEG}
    options = ReadOptions()
    reading.read(AppleMessages(), reading.make(tmp_path, files), options)
    assert [options.is_claimed(each) for each in files] == [True, False, False]


def test_a_path_does_not_lead_out_of_the_folder(tmp_path: Path, reading: ModuleType) -> None:
    (tmp_path / "in").mkdir()
    database(tmp_path / "in/chat.db", ({"guid": "A", "text": "x", "handle_id": 1, "files": (1,)},))
    with sqlite3.connect(tmp_path / "in/chat.db") as made:
        made.execute("UPDATE attachment SET filename = '~/Library/Messages/Attachments/../../secret.jpg'")
    (tmp_path / "secret.jpg").write_bytes(JPEG)
    items = reading.read(AppleMessages(), reading.make(tmp_path / "in", {}))
    assert [each.slug for each in items if isinstance(each, Problem)] == ["not-in-export"]


def test_it_is_known_whatever_it_is_called(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "3d0d7e5fb2ce288813306e4d4636395e047a3d28")
    found = judge(reading.make(tmp_path, {})).recognised
    assert [each.source.name for each in found if each.recognition.confidence > 0.9] == ["apple_messages"]


def test_other_databases_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    with sqlite3.connect(tmp_path / "chat.db") as made:
        made.execute("CREATE TABLE message (guid, text)")
    folder = reading.make(tmp_path, {"sms.db": "SQLite format 3\0", "x.db": b""})
    assert AppleMessages().recognise(folder).confidence == 0
    assert reading.read(AppleMessages(), folder) == []


def test_a_file_that_ends_too_soon_gives_what_it_has(tmp_path: Path, reading: ModuleType) -> None:
    rows = tuple({"guid": f"G{number}", "text": "x" * 900, "handle_id": 1} for number in range(60))
    database(tmp_path / "chat.db", rows)
    whole = (tmp_path / "chat.db").read_bytes()
    (tmp_path / "chat.db").write_bytes(whole[: len(whole) - 30_000])
    items = reading.read(AppleMessages(), reading.make(tmp_path, {}))
    assert [each.slug for each in items if isinstance(each, Problem)] == ["unreadable"]
