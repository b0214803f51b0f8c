"""Databases of WhatsApp for tests: there is no real one here.

Names of tables and columns are those that readers of such databases publish, with the columns that are read and some
others: KnugiHK/WhatsApp-Chat-Exporter (MIT) and sepinf-inc/IPED (GPL, of which no code is here). All rows are invented.
"""

# ruff: noqa: S608 - names of tables and columns are put together here

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

JPEG = b"\xff\xd8\xff\xe0"
ANA, BO, HIDDEN, GROUP = "491701234567@s.whatsapp.net", "4152@s.whatsapp.net", "9988@lid", "120363000001@g.us"
AT = 735_689_415.0  # seconds since 2001: 2024-04-24 22:10:15 UTC
MS = 1_713_996_615_000  # the same since 1970, in thousandths

PHONE_SCHEMA = """
CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER);
CREATE TABLE ZWACHATSESSION (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZARCHIVED INTEGER, ZHIDDEN INTEGER,
  ZMESSAGECOUNTER INTEGER, ZREMOVED INTEGER, ZSESSIONTYPE INTEGER, ZGROUPINFO INTEGER, ZLASTMESSAGEDATE TIMESTAMP,
  ZCONTACTIDENTIFIER VARCHAR, ZCONTACTJID VARCHAR, ZLASTMESSAGETEXT VARCHAR, ZPARTNERNAME VARCHAR);
CREATE TABLE ZWAMESSAGE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZDOCID INTEGER, ZFLAGS INTEGER,
  ZGROUPEVENTTYPE INTEGER, ZISFROMME INTEGER, ZMESSAGEERRORSTATUS INTEGER, ZMESSAGESTATUS INTEGER, ZMESSAGETYPE INTEGER,
  ZSORT INTEGER, ZSTARRED INTEGER, ZCHATSESSION INTEGER, ZGROUPMEMBER INTEGER, ZMEDIAITEM INTEGER,
  ZMESSAGEINFO INTEGER, ZPARENTMESSAGE INTEGER, ZMESSAGEDATE TIMESTAMP, ZSENTDATE TIMESTAMP, ZFROMJID VARCHAR,
  ZMEDIASECTIONID VARCHAR, ZPUSHNAME VARCHAR, ZSTANZAID VARCHAR, ZTEXT VARCHAR, ZTOJID VARCHAR);
CREATE TABLE ZWAMEDIAITEM (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZCLOUDSTATUS INTEGER,
  ZFILESIZE INTEGER, ZMEDIAORIGIN INTEGER, ZMOVIEDURATION INTEGER, ZMESSAGE INTEGER, ZLATITUDE FLOAT, ZLONGITUDE FLOAT,
  ZMEDIALOCALPATH VARCHAR, ZMEDIAURL VARCHAR, ZTITLE VARCHAR, ZVCARDNAME VARCHAR, ZVCARDSTRING VARCHAR,
  ZXMPPTHUMBPATH VARCHAR, ZMEDIAKEY BLOB, ZMETADATA BLOB);
CREATE TABLE ZWAMESSAGEINFO (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZMESSAGE INTEGER,
  ZRECEIPTINFO BLOB);
CREATE TABLE ZWAGROUPMEMBER (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZISACTIVE INTEGER,
  ZISADMIN INTEGER, ZCHATSESSION INTEGER, ZCONTACTNAME VARCHAR, ZFIRSTNAME VARCHAR, ZMEMBERJID VARCHAR);
CREATE TABLE ZWAPROFILEPUSHNAME (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZJID VARCHAR,
  ZPUSHNAME VARCHAR);
"""
PHONE_PEOPLE = f"""
INSERT INTO ZWACHATSESSION (Z_PK, ZCONTACTJID, ZPARTNERNAME, ZCONTACTIDENTIFIER) VALUES
  (1, '{ANA}', '\u200eAna Núñez', NULL), (2, '{GROUP}', 'Climbing', NULL), (3, '{HIDDEN}', '+41 52', '{BO}'),
  (4, 'status@broadcast', 'x', NULL), (5, '77-1@g.us', NULL, NULL);
INSERT INTO ZWAGROUPMEMBER (Z_PK, ZCHATSESSION, ZMEMBERJID, ZCONTACTNAME) VALUES
  (1, 2, '{ANA}', 'Ana'), (2, 2, '{HIDDEN}', NULL), (3, 5, '4153@s.whatsapp.net', '+41 53'), (4, 5, '7777@lid', NULL);
INSERT INTO ZWAPROFILEPUSHNAME (ZJID, ZPUSHNAME) VALUES ('{BO}', 'bo ✌'), ('{ANA}', 'anuska'), ('7777@lid', 'Cem');
"""
CONTACTS = """
CREATE TABLE ZWAADDRESSBOOKCONTACT (Z_PK INTEGER PRIMARY KEY, ZFULLNAME VARCHAR, ZPHONENUMBER VARCHAR,
  ZWHATSAPPID VARCHAR, ZLID VARCHAR, ZABOUTTEXT VARCHAR);
"""
LIDS = "CREATE TABLE ZWAPHONENUMBERLIDPAIR (Z_PK INTEGER PRIMARY KEY, ZLID VARCHAR, ZPHONENUMBER VARCHAR);"

ANDROID_SCHEMA = """
CREATE TABLE jid (_id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, server TEXT NOT NULL, agent INTEGER,
  device INTEGER, type INTEGER, raw_string TEXT);
CREATE TABLE jid_map (lid_row_id INTEGER PRIMARY KEY NOT NULL, jid_row_id INTEGER NOT NULL, sort_id INTEGER DEFAULT 0);
CREATE TABLE lid_display_name (lid_row_id INTEGER PRIMARY KEY, display_name TEXT NOT NULL, username TEXT);
CREATE TABLE chat (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid_row_id INTEGER UNIQUE, hidden INTEGER, subject TEXT,
  created_timestamp INTEGER);
CREATE TABLE message (_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_row_id INTEGER NOT NULL, from_me INTEGER NOT NULL,
  key_id TEXT NOT NULL, sender_jid_row_id INTEGER, status INTEGER, broadcast INTEGER, recipient_count INTEGER,
  origin INTEGER, timestamp INTEGER, received_timestamp INTEGER, receipt_server_timestamp INTEGER, message_type INTEGER,
  text_data TEXT, starred INTEGER, lookup_tables INTEGER, sort_id INTEGER NOT NULL DEFAULT 0,
  message_add_on_flags INTEGER, view_mode INTEGER);
CREATE TABLE message_media (message_row_id INTEGER PRIMARY KEY, chat_row_id INTEGER, transferred INTEGER,
  file_path TEXT, file_size INTEGER, media_key BLOB, width INTEGER, height INTEGER, mime_type TEXT, file_length INTEGER,
  media_name TEXT, file_hash TEXT, media_duration INTEGER, media_caption TEXT);
CREATE TABLE message_location (message_row_id INTEGER PRIMARY KEY, chat_row_id INTEGER, latitude REAL, longitude REAL,
  place_name TEXT, place_address TEXT, url TEXT, live_location_share_duration INTEGER);
CREATE TABLE message_quoted (message_row_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_row_id INTEGER NOT NULL,
  from_me INTEGER NOT NULL, sender_jid_row_id INTEGER, key_id TEXT NOT NULL, timestamp INTEGER, text_data TEXT);
CREATE TABLE message_edit_info (message_row_id INTEGER PRIMARY KEY, original_key_id TEXT NOT NULL,
  edited_timestamp INTEGER NOT NULL, sender_timestamp INTEGER NOT NULL);
CREATE TABLE message_vcard (_id INTEGER PRIMARY KEY AUTOINCREMENT, message_row_id INTEGER, vcard TEXT);
CREATE TABLE message_poll_option (_id INTEGER PRIMARY KEY AUTOINCREMENT, message_row_id INTEGER, option_name TEXT,
  vote_total INTEGER);
CREATE TABLE message_add_on (_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_row_id INTEGER, from_me INTEGER, key_id TEXT,
  sender_jid_row_id INTEGER, parent_message_row_id INTEGER, timestamp INTEGER, status INTEGER,
  message_add_on_type INTEGER);
CREATE TABLE message_add_on_reaction (message_add_on_row_id INTEGER PRIMARY KEY, reaction TEXT,
  sender_timestamp INTEGER);
CREATE TABLE group_participant_user (_id INTEGER PRIMARY KEY AUTOINCREMENT, group_jid_row_id INTEGER,
  user_jid_row_id INTEGER, rank INTEGER);
CREATE TABLE call_log (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid_row_id INTEGER, from_me INTEGER, call_id TEXT,
  transaction_id INTEGER, timestamp INTEGER, video_call INTEGER, duration INTEGER, call_result INTEGER,
  group_jid_row_id INTEGER NOT NULL DEFAULT 0);
"""
ANDROID_PEOPLE = f"""
INSERT INTO jid (_id, user, server, raw_string) VALUES (1, '491701234567', 's.whatsapp.net', '{ANA}'),
  (2, '4152', 's.whatsapp.net', '{BO}'), (3, '9988', 'lid', '{HIDDEN}'), (4, '120363000001', 'g.us', '{GROUP}'),
  (5, 'status', 'broadcast', 'status@broadcast'), (6, '77-1', 'g.us', '77-1@g.us'), (7, '7777', 'lid', '7777@lid');
INSERT INTO jid_map (lid_row_id, jid_row_id) VALUES (3, 2);
INSERT INTO lid_display_name (lid_row_id, display_name) VALUES (7, 'Cem');
INSERT INTO chat (_id, jid_row_id, subject) VALUES (1, 1, NULL), (2, 4, 'Climbing'), (3, 3, NULL), (4, 5, NULL),
  (5, 6, NULL);
INSERT INTO group_participant_user (group_jid_row_id, user_jid_row_id) VALUES (6, 2), (6, 7);
"""
OLD_SCHEMA = """
CREATE TABLE messages (_id INTEGER PRIMARY KEY AUTOINCREMENT, key_remote_jid TEXT NOT NULL, key_from_me INTEGER,
  key_id TEXT NOT NULL, status INTEGER, needs_push INTEGER, data TEXT, timestamp INTEGER, media_url TEXT,
  media_mime_type TEXT, media_wa_type TEXT, media_size INTEGER, media_name TEXT, media_caption TEXT, media_hash TEXT,
  media_duration INTEGER, origin INTEGER, latitude REAL, longitude REAL, thumb_image TEXT, remote_resource TEXT,
  received_timestamp INTEGER, raw_data BLOB, starred INTEGER, quoted_row_id INTEGER, edit_version INTEGER);
CREATE TABLE messages_quotes (_id INTEGER PRIMARY KEY AUTOINCREMENT, key_remote_jid TEXT NOT NULL, key_id TEXT NOT NULL,
  data TEXT);
CREATE TABLE chat_list (_id INTEGER PRIMARY KEY AUTOINCREMENT, key_remote_jid TEXT UNIQUE, message_table_id INTEGER,
  subject TEXT);
CREATE TABLE group_participants (_id INTEGER PRIMARY KEY AUTOINCREMENT, gjid TEXT NOT NULL, jid TEXT NOT NULL);
"""
ADDRESS_BOOK = f"""
CREATE TABLE wa_contacts (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid TEXT NOT NULL, is_whatsapp_user BOOLEAN NOT NULL,
  status TEXT, number TEXT, display_name TEXT, given_name TEXT, family_name TEXT, wa_name TEXT);
INSERT INTO wa_contacts (jid, is_whatsapp_user, display_name, wa_name) VALUES ('{ANA}', 1, 'Ana Núñez', 'anuska'),
  ('{BO}', 1, NULL, 'bo ✌');
"""
Tables = Sequence[tuple[str, Mapping[str, Any]]]


def made(path: Path, schema: str, rows: Tables = ()) -> None:
    """A database with these rows, each of a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as database:
        database.executescript(schema)
        for table, row in rows:
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", [*row.values()])
    database.close()


def field(number: int, data: bytes) -> bytes:
    """Bytes of a field of an archive, at most 127 of them."""
    return bytes([number << 3 | 2, len(data)]) + data


def reactions(others: Mapping[str, str], own: str = "") -> bytes:
    told = [
        field(1, field(1, b"token") + field(2, who.encode()) + field(3, emoji.encode()) + b"\x20\x05")
        for who, emoji in others.items()
    ]
    return b"\x08\x01" + field(7, b"".join(told) + (field(2, field(2, own.encode())) if own else b""))


def phone_rows(messages: Sequence[Mapping[str, Any]]) -> Tables:
    """Messages with what belongs to them: `media` and `info` are rows of other tables."""
    rows: list[tuple[str, Mapping[str, Any]]] = []
    for number, message in enumerate(messages, 1):
        told = {"Z_PK": number, "ZMESSAGEDATE": AT + number, "ZMESSAGETYPE": 0, "ZISFROMME": 0, "ZCHATSESSION": 1}
        told |= {name: value for name, value in message.items() if name not in {"media", "info"}}
        if "media" in message:
            told["ZMEDIAITEM"] = number
            rows.append(("ZWAMEDIAITEM", {"Z_PK": number, "ZMESSAGE": number, **message["media"]}))
        if "info" in message:
            told["ZMESSAGEINFO"] = number
            rows.append(("ZWAMESSAGEINFO", {"Z_PK": number, "ZMESSAGE": number, "ZRECEIPTINFO": message["info"]}))
        rows.append(("ZWAMESSAGE", told))
    return rows


def android_rows(messages: Sequence[Mapping[str, Any]]) -> Tables:
    """Messages with what belongs to them: names of other tables hold rows of those."""
    rows: list[tuple[str, Mapping[str, Any]]] = []
    for number, message in enumerate(messages, 1):
        told: dict[str, Any] = {"_id": number, "timestamp": MS + number * 1000, "message_type": 0, "from_me": 0}
        told |= {"chat_row_id": 1} | {name: value for name, value in message.items() if not name.startswith("message_")}
        told |= {"message_type": message.get("message_type", 0)}
        beside = {name: value for name, value in message.items() if isinstance(value, list)}
        rows.append(("message", told))
        rows += [(name, {"message_row_id": number, **each}) for name, value in beside.items() for each in value]
    return rows


PHONE_MESSAGES: tuple[dict[str, Any], ...] = (
    {"ZSTANZAID": "3EB0AAAA0001", "ZTEXT": "Hello", "info": reactions({BO: "👍", HIDDEN: "", "7777@lid": "😂"}, "❤️")},
    {"ZSTANZAID": "3EB0AAAA0002", "ZTEXT": "Hi", "ZISFROMME": 1, "ZPARENTMESSAGE": 1, "ZSTARRED": 1},
    {"ZSTANZAID": "3EB0AAAA0003", "ZMESSAGETYPE": 1, "ZCHATSESSION": 2, "ZGROUPMEMBER": 2,
     "media": {"ZMEDIALOCALPATH": f"Media/{GROUP}/1/2/a.jpg", "ZTITLE": "at the top", "ZLATITUDE": 1600.0,
               "ZLONGITUDE": 1200.0, "ZFILESIZE": 4, "ZMETADATA": field(5, b"3EB0AAAA0001") + b"\x08\x02"}},
    {"ZSTANZAID": "3EB0AAAA0004", "ZMESSAGETYPE": 5, "ZCHATSESSION": 3,
     "media": {"ZLATITUDE": 47.05, "ZLONGITUDE": 8.3, "ZTITLE": "Pier"}},
    {"ZSTANZAID": "3EB0AAAA0005", "ZMESSAGETYPE": 4, "media": {
        "ZVCARDNAME": "Bo_$!<Name-Separator>!$_Cem", "ZVCARDSTRING": "BEGIN:VCARD"}},
    {"ZSTANZAID": "3EB0AAAA0006", "ZMESSAGETYPE": 8, "ZISFROMME": 1, "ZCHATSESSION": 2, "ZTEXT": "the plan",
     "media": {"ZMEDIALOCALPATH": "Media/x/plan-uuid.pdf", "ZTITLE": "plan.pdf", "ZFILESIZE": 9}},
    {"ZSTANZAID": "3EB0AAAA0007", "ZMESSAGETYPE": 3, "media": {"ZMEDIALOCALPATH": "Media/x/gone.opus"}},
    {"ZSTANZAID": "3EB0AAAA0008", "ZMESSAGETYPE": 2, "ZCHATSESSION": 5, "ZGROUPMEMBER": 4},
    {"ZSTANZAID": "3EB0AAAA0009", "ZMESSAGETYPE": 6, "ZCHATSESSION": 2, "ZGROUPEVENTTYPE": 2},
    {"ZSTANZAID": "3EB0AAAA0010", "ZMESSAGETYPE": 10, "ZGROUPEVENTTYPE": 1},
    {"ZSTANZAID": "3EB0AAAA0011", "ZMESSAGETYPE": 14},
    {"ZSTANZAID": "3EB0AAAA0012", "ZMESSAGETYPE": 59},
    {"ZSTANZAID": "3EB0AAAA0013", "ZMESSAGETYPE": 46},
    {"ZSTANZAID": "3EB0AAAA0014", "ZMESSAGETYPE": 0},
    {"ZSTANZAID": "3EB0AAAA0015", "ZTEXT": "when?", "ZMESSAGEDATE": None},
    {"ZSTANZAID": "3EB0AAAA0016", "ZTEXT": "https://example.com/", "ZMESSAGETYPE": 7, "ZCHATSESSION": 5,
     "ZGROUPMEMBER": 3, "media": {"ZTITLE": "Example"}},
    {"ZSTANZAID": "3EB0AAAA0017", "ZTEXT": "a story", "ZCHATSESSION": 4, "ZFROMJID": BO},
)  # fmt: skip
PHONE_FILES = {
    f"Message/Media/{GROUP}/1/2/a.jpg": JPEG,
    f"Message/Media/{GROUP}/1/2/a.thumb": JPEG,
    "moved/plan-uuid.pdf": b"%PDF-1.7\n",
    "Media/Profile/4152-1.jpg": JPEG,
}
ANDROID_MESSAGES: tuple[dict[str, Any], ...] = (
    {"key_id": "-1", "chat_row_id": -1},
    {"key_id": "A1", "text_data": "Hello"},
    {"key_id": "A2", "text_data": "Hi", "from_me": 1, "starred": 1, "message_quoted": [
        {"chat_row_id": 1, "from_me": 0, "key_id": "A1"}]},
    {"key_id": "A3", "message_type": 1, "chat_row_id": 2, "sender_jid_row_id": 3, "text_data": "at the top",
     "message_media": [{"file_path": "Media/WhatsApp Images/IMG-20240424-WA0001.jpg", "file_size": 4}]},
    {"key_id": "A4", "message_type": 5, "chat_row_id": 3, "message_location": [
        {"latitude": 47.05, "longitude": 8.3, "place_name": "Pier", "place_address": "Lake 1"}]},
    {"key_id": "A5", "message_type": 4, "text_data": "Bo", "message_vcard": [
        {"vcard": "BEGIN:VCARD\nVERSION:3.0\nFN:Bo Li\nEND:VCARD"}, {"vcard": "BEGIN:VCARD\nitem1.FN;X=Y:Cem\n"}]},
    {"key_id": "A6", "message_type": 9, "from_me": 1, "chat_row_id": 2, "message_media": [
        {"file_path": "/storage/emulated/0/WhatsApp/Media/WhatsApp Documents/plan.pdf", "file_size": 9,
         "media_name": "plan.pdf", "media_caption": "plan"}]},
    {"key_id": "A7", "message_type": 2, "message_media": [
        {"file_path": "Media/WhatsApp Voice Notes/202417/PTT-20240424-WA0002.opus", "file_size": 5}]},
    {"key_id": "A8", "message_type": 3, "message_media": [{"file_path": None, "media_caption": "not loaded"}]},
    {"key_id": "A9", "message_type": 7, "chat_row_id": 2},
    {"key_id": "A10", "message_type": 10},
    {"key_id": "A11", "message_type": 15},
    {"key_id": "A12", "message_type": 11},
    {"key_id": "A13", "message_type": 66, "chat_row_id": 2, "sender_jid_row_id": 1, "text_data": "Where?",
     "message_poll_option": [{"option_name": "Lake"}, {"option_name": "Hill"}]},
    {"key_id": "A14", "message_type": 85},
    {"key_id": "A15", "text_data": "now right", "message_edit_info": [
        {"original_key_id": "A15", "edited_timestamp": MS + 60_000, "sender_timestamp": MS}]},
    {"key_id": "A16", "text_data": "no name", "chat_row_id": 5, "sender_jid_row_id": 7},
    {"key_id": "A17", "text_data": "a story", "chat_row_id": 4, "sender_jid_row_id": 2},
    {"key_id": "A18", "text_data": "when?", "timestamp": 0},
)  # fmt: skip
ADD_ONS: Tables = (
    ("message_add_on", {"_id": 1, "parent_message_row_id": 2, "sender_jid_row_id": 3, "message_add_on_type": 56}),
    ("message_add_on", {"_id": 2, "parent_message_row_id": 2, "from_me": 1, "message_add_on_type": 56}),
    ("message_add_on", {"_id": 3, "parent_message_row_id": 2, "sender_jid_row_id": 1, "message_add_on_type": 56}),
    ("message_add_on_reaction", {"message_add_on_row_id": 1, "reaction": "👍"}),
    ("message_add_on_reaction", {"message_add_on_row_id": 2, "reaction": "❤️"}),
    ("message_add_on_reaction", {"message_add_on_row_id": 3, "reaction": ""}),
    ("call_log", {"_id": 1, "jid_row_id": 3, "from_me": 1, "call_id": "C1", "timestamp": MS, "video_call": 1,
                  "duration": 62}),
    ("call_log", {"_id": 2, "jid_row_id": 1, "from_me": 0, "call_id": "C2", "timestamp": MS, "duration": 0}),
)  # fmt: skip
ANDROID_FILES = {
    "Media/WhatsApp Images/IMG-20240424-WA0001.jpg": JPEG,
    "Media/WhatsApp Documents/plan.pdf": b"%PDF-1.7\n",
    "sorted/PTT-20240424-WA0002.opus": b"OggS\0",
    "Media/WhatsApp Profile Photos/bo.jpg": JPEG,
}


def archive_of_java(path: str) -> bytes:
    """What the oldest databases keep of a file: an object of Java with texts, of which one is the path."""
    data = path.encode()
    return b"\xac\xed\x00\x05sr\x00\x16com.whatsapp.MediaData" + b"t" + len(data).to_bytes(2, "big") + data + b"xq\x00"


OLD_MESSAGES: Tables = (
    ("messages", {"key_remote_jid": "-1", "key_id": "-1", "media_wa_type": "0"}),
    ("messages", {"key_remote_jid": ANA, "key_from_me": 0, "key_id": "1398372615-1", "data": "Hello", "timestamp": MS,
                  "media_wa_type": "0", "status": 0}),
    ("messages", {"key_remote_jid": "4917-12@g.us", "key_from_me": 0, "key_id": "1398372615-2", "timestamp": MS,
                  "media_wa_type": "1", "media_size": 4, "media_caption": "look", "remote_resource": BO,
                  "thumb_image": archive_of_java("/sdcard/WhatsApp/Media/WhatsApp Images/IMG-20140424-WA0001.jpg")}),
    ("messages", {"key_remote_jid": ANA, "key_from_me": 1, "key_id": "1398372615-3", "timestamp": MS + 1,
                  "media_wa_type": "5", "latitude": 47.05, "longitude": 8.3, "media_name": "Pier"}),
    ("messages", {"key_remote_jid": ANA, "key_from_me": 1, "key_id": "1398372615-4", "timestamp": MS + 2,
                  "media_wa_type": "0", "data": "yes", "quoted_row_id": 1}),
    ("messages", {"key_remote_jid": "4917-12@g.us", "key_from_me": 1, "key_id": "1398372615-5", "timestamp": MS + 3,
                  "media_wa_type": "0", "status": 6, "data": "Climbing"}),
    ("messages", {"key_remote_jid": ANA, "key_from_me": 0, "key_id": "1398372615-6", "timestamp": MS + 4,
                  "media_wa_type": "15"}),
    ("messages", {"key_remote_jid": ANA, "key_from_me": 0, "key_id": "1398372615-7", "timestamp": MS + 5,
                  "media_wa_type": "4", "media_name": "Bo", "data": "BEGIN:VCARD\nFN:Bo Li\nEND:VCARD"}),
    ("messages", {"key_remote_jid": ANA, "key_from_me": 0, "key_id": "1398372615-8", "timestamp": MS + 6,
                  "media_wa_type": None, "data": "kind of nothing"}),
    ("messages_quotes", {"_id": 1, "key_remote_jid": ANA, "key_id": "1398372615-1", "data": "Hello"}),
    ("chat_list", {"key_remote_jid": "4917-12@g.us", "subject": "Old friends"}),
)  # fmt: skip
