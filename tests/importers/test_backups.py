"""Backups of an iPhone as the Finder writes them: hashed files under the names they had on the phone.

There is no real backup here: lists, hashes and records have the shape that many readers of them publish.
"""

from __future__ import annotations

import os
import plistlib
import random
import sqlite3
import struct
from collections.abc import Callable, Mapping
from hashlib import sha1
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Contact, Draft, Problem
from timeline_local.importers.archive import Folder, Listing
from timeline_local.importers.base import ReadOptions, opened
from timeline_local.importers.registry import judge, read_all

MESSAGES = """
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, service TEXT);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, chat_identifier TEXT);
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT, date INTEGER,
  handle_id INTEGER, is_from_me INTEGER, attributedBody BLOB);
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, filename TEXT, transfer_name TEXT);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
INSERT INTO handle VALUES (1, '+4151', 'SMS');
INSERT INTO chat VALUES (1, 'SMS;-;+4151', '+4151');
INSERT INTO message VALUES (1, 'M1', 'look', 700000000000000000, 1, 0, NULL);
INSERT INTO attachment VALUES (1, '~/Library/SMS/Attachments/ab/11/AT_1/a.jpg', 'a.jpg');
INSERT INTO message_attachment_join VALUES (1, 1);
INSERT INTO chat_message_join VALUES (1, 1);
"""
CONTACTS = """
CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, First TEXT, Last TEXT, guid TEXT);
CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, value TEXT);
INSERT INTO ABPerson VALUES (1, 'Ana', 'Núñez', 'G1');
INSERT INTO ABMultiValue VALUES (1, 1, 3, '+41 51');
"""
CALLS = """
CREATE TABLE ZCALLRECORD (Z_PK INTEGER PRIMARY KEY, ZDATE TIMESTAMP, ZDURATION FLOAT, ZORIGINATED INTEGER,
  ZADDRESS VARCHAR, ZUNIQUE_ID VARCHAR);
INSERT INTO ZCALLRECORD VALUES (1, 700000000.0, 3.0, 1, '+4151', 'CALL1');
"""
CHATS = """
CREATE TABLE ZWACHATSESSION (Z_PK INTEGER PRIMARY KEY, ZCONTACTJID VARCHAR, ZPARTNERNAME VARCHAR);
CREATE TABLE ZWAMESSAGE (Z_PK INTEGER PRIMARY KEY, ZCHATSESSION INTEGER, ZMESSAGETYPE INTEGER, ZISFROMME INTEGER,
  ZMEDIAITEM INTEGER, ZMESSAGEDATE TIMESTAMP, ZSTANZAID VARCHAR, ZTEXT VARCHAR);
CREATE TABLE ZWAMEDIAITEM (Z_PK INTEGER PRIMARY KEY, ZMESSAGE INTEGER, ZMEDIALOCALPATH VARCHAR);
INSERT INTO ZWACHATSESSION VALUES (1, '4151@s.whatsapp.net', 'Ana Núñez');
INSERT INTO ZWAMESSAGE VALUES (1, 1, 1, 0, 1, 700000000.0, '3EB0', NULL);
INSERT INTO ZWAMEDIAITEM VALUES (1, 1, 'Media/4151@s.whatsapp.net/0/1/a.jpg');
"""
PHOTOS = """
CREATE TABLE ZASSET (Z_PK INTEGER PRIMARY KEY, ZADDITIONALATTRIBUTES INTEGER, ZDATECREATED TIMESTAMP,
  ZDIRECTORY VARCHAR, ZFILENAME VARCHAR, ZUUID VARCHAR);
CREATE TABLE ZADDITIONALASSETATTRIBUTES (Z_PK INTEGER PRIMARY KEY, ZASSET INTEGER, ZTITLE VARCHAR);
INSERT INTO ZASSET VALUES (1, 1, 700000000.0, 'DCIM/100APPLE', 'IMG_0001.JPG', 'UUID1');
INSERT INTO ZADDITIONALASSETATTRIBUTES VALUES (1, 1, 'Lake');
"""
PICTURE = b"\xff\xd8\xff\xe0" + bytes(60)
CHANGED = 1_600_000_000  # seconds


def database(tmp_path: Path, schema: str) -> bytes:
    path = tmp_path / f"{sha1(schema.encode()).hexdigest()}.made"  # noqa: S324 - a name
    if not path.exists():
        with sqlite3.connect(path) as made:
            made.executescript(schema)
        made.close()
    return path.read_bytes()


def contents(tmp_path: Path) -> dict[tuple[str, str], bytes]:
    return {
        ("HomeDomain", "Library/SMS/sms.db"): database(tmp_path, MESSAGES),
        ("HomeDomain", "Library/AddressBook/AddressBook.sqlitedb"): database(tmp_path, CONTACTS),
        ("HomeDomain", "Library/CallHistoryDB/CallHistory.storedata"): database(tmp_path, CALLS),
        ("HomeDomain", "Library/Preferences/x.plist"): b"x",
        ("MediaDomain", "Library/SMS/Attachments/ab/11/AT_1/a.jpg"): PICTURE,
        ("CameraRollDomain", "Media/PhotoData/Photos.sqlite"): database(tmp_path, PHOTOS),
        ("CameraRollDomain", "Media/PhotoData/Thumbnails/t.jpg"): b"small",
        ("CameraRollDomain", "Media/DCIM/100APPLE/IMG_0001.JPG"): PICTURE + b"1",
        ("CameraRollDomain", "Media/DCIM/100APPLE/IMG_0002.JPG"): PICTURE + b"2",
        ("AppDomain-com.example", "Documents/cat.jpg"): b"of an app",
        (
            "AppDomainGroup-group.com.apple.VoiceMemos.shared",
            "Recordings/20240501 101112-AB.m4a",
        ): b"\0\0\0\x1cftypM4A ",
        ("AppDomainGroup-group.com.apple.VoiceMemos.shared", "Recordings/CloudRecordings.db"): b"x",
    }


def record(size: int) -> bytes:
    """What a backup says of a file: an object of the class MBFile."""
    uid = plistlib.UID
    told = {"$class": uid(2), "LastModified": CHANGED, "Birth": CHANGED - 9, "Size": size, "RelativePath": uid(0)}
    objects = ["$null", told, {"$classname": "MBFile", "$classes": ["MBFile", "NSObject"]}]
    top = {"$archiver": "NSKeyedArchiver", "$version": 100_000, "$top": {"root": uid(1)}, "$objects": objects}
    return plistlib.dumps(top, fmt=plistlib.FMT_BINARY)


def backup(root: Path, files: Mapping[tuple[str, str], bytes], *, is_encrypted: bool = False) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / "Info.plist").write_bytes(plistlib.dumps({"Device Name": "Ana's iPhone"}))
    (root / "Manifest.plist").write_bytes(plistlib.dumps({"IsEncrypted": is_encrypted}, fmt=plistlib.FMT_BINARY))
    with sqlite3.connect(root / "Manifest.db") as made:
        made.executescript(
            "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);"
            "CREATE INDEX FilesDomainIdx ON Files(domain);"
            "CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB);"
        )
        for (domain, path), content in files.items():
            number = sha1(f"{domain}-{path}".encode()).hexdigest()  # noqa: S324 - what the format has
            made.execute("INSERT INTO Files VALUES (?, ?, ?, 1, ?)", (number, domain, path, record(len(content))))
            (root / number[:2]).mkdir(exist_ok=True)
            (root / number[:2] / number).write_bytes(content)
        made.execute("INSERT INTO Files VALUES ('00', 'HomeDomain', 'Library/SMS', 2, NULL)")
    made.close()


def old_backup(root: Path, files: Mapping[tuple[str, str], bytes]) -> None:
    """As iTunes wrote them until iOS 9: all files in one folder, the list in a form of its own."""

    def text(value: str) -> bytes:
        return struct.pack(">H", len(value.encode())) + value.encode()

    root.mkdir(parents=True, exist_ok=True)
    (root / "Manifest.plist").write_bytes(plistlib.dumps({"IsEncrypted": False}))
    listed = [b"mbdb\x05\x00", text("HomeDomain"), text("Library/SMS"), b"\xff\xff" * 3, b"\x41\xed", bytes(38)]
    for (domain, path), content in files.items():
        numbers = struct.pack(">HQIIIIIQBB", 0o100644, 7, 501, 501, CHANGED, CHANGED, CHANGED, len(content), 3, 1)
        listed += [text(domain), text(path), b"\xff\xff", text("hash"), b"\xff\xff", numbers, text("name"), text("x")]
        (root / sha1(f"{domain}-{path}".encode()).hexdigest()).write_bytes(content)  # noqa: S324 - what the format has
    (root / "Manifest.mbdb").write_bytes(b"".join(listed))


def test_a_backup_of_an_old_system_is_shown_so_too(tmp_path: Path) -> None:
    old_backup(tmp_path / "made", contents(tmp_path))
    folder = Folder(tmp_path / "made")
    assert locators(folder) == SHOWN
    found = folder.stat("Media/DCIM/100APPLE/IMG_0001.JPG")
    assert (found.mtime_ns, found.size) == (CHANGED * 1_000_000_000, len(PICTURE) + 1)
    assert [each.slug for each in folder.walk() if isinstance(each, Problem)] == ["unsupported"]


def test_an_old_list_that_ends_too_soon_gives_what_it_has(tmp_path: Path) -> None:
    old_backup(tmp_path / "made", contents(tmp_path))
    path = tmp_path / "made/Manifest.mbdb"
    path.write_bytes(path.read_bytes()[:-700])
    folder = Folder(tmp_path / "made")
    assert {*locators(folder)} < {*SHOWN}
    assert [each.slug for each in folder.walk() if isinstance(each, Problem)] == ["unreadable", "unsupported"]


@pytest.mark.parametrize("make", [backup, old_backup])
def test_files_beyond_what_memory_has_room_for_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path, Mapping[tuple[str, str], bytes]], None]
) -> None:
    monkeypatch.setattr("timeline_local.importers.backups.MOST_FILES", 6)
    make(tmp_path / "made", contents(tmp_path))
    folder = Folder(tmp_path / "made")
    assert len(locators(folder)) == 6
    told = {each.slug: each.detail for each in folder.walk() if isinstance(each, Problem)}
    assert told["too-many"].startswith("Of this backup 6 files are read; 2 more ")
    assert told["unsupported"].startswith("4 other files ")


def locators(folder: Folder) -> list[str]:
    return [file.locator for each in folder.walk() if isinstance(each, Listing) for file in each.files]


SHOWN = [
    "Library/AddressBook/AddressBook.sqlitedb", "Library/CallHistoryDB/CallHistory.storedata",
    "Library/SMS/sms.db", "Library/SMS/Attachments/ab/11/AT_1/a.jpg", "Media/DCIM/100APPLE/IMG_0001.JPG",
    "Media/DCIM/100APPLE/IMG_0002.JPG", "Media/PhotoData/Photos.sqlite", "Media/Recordings/20240501 101112-AB.m4a",
]  # fmt: skip


@pytest.mark.parametrize("below", ["", "MobileSync/Backup/00008030-1"])
def test_a_backup_is_shown_as_the_folders_of_the_phone(tmp_path: Path, below: str) -> None:
    backup(tmp_path / "made" / below, contents(tmp_path))
    folder = Folder(tmp_path / "made")
    assert locators(folder) == [f"{below}/{each}".lstrip("/") for each in SHOWN]
    assert folder.read(f"{below}/{SHOWN[3]}".lstrip("/"), limit=100) == PICTURE


def test_a_packed_backup_is_shown_so_too(tmp_path: Path, packing: ModuleType) -> None:
    backup(tmp_path / "made", contents(tmp_path))
    files = {
        str(each.relative_to(tmp_path)): each.read_bytes() for each in (tmp_path / "made").rglob("*") if each.is_file()
    }
    folder = Folder(packing.pack(tmp_path / "packed.zip", files))
    assert locators(folder) == [f"made/{each}" for each in SHOWN]
    assert folder.read("made/Media/DCIM/100APPLE/IMG_0002.JPG", limit=100) == PICTURE + b"2"


def test_a_file_is_dated_as_it_was_on_the_phone_and_found_without_a_walk(tmp_path: Path) -> None:
    backup(tmp_path / "made", contents(tmp_path))
    found = Folder(tmp_path / "made").stat("Media/DCIM/100APPLE/IMG_0001.JPG")
    assert (found.mtime_ns, found.size) == (CHANGED * 1_000_000_000, len(PICTURE) + 1)


def test_everything_of_a_phone_becomes_memories(tmp_path: Path) -> None:
    backup(tmp_path / "made", contents(tmp_path))
    folder = Folder(tmp_path / "made")
    sources = [each.source for each in judge(folder).recognised]
    found = [each for read in read_all(folder, sources, ReadOptions()) for each in opened([read.item])]
    drafts = {each.source_key: each for each in found if isinstance(each, Draft)}
    assert [*drafts] == ["UUID1", "M1", "CALL1", "Media/DCIM/100APPLE/IMG_0002.JPG", SHOWN[-1]]
    assert [each.locator for each in drafts["M1"].media] == ["Library/SMS/Attachments/ab/11/AT_1/a.jpg"]
    assert drafts["UUID1"].title == "Lake"
    assert [each.name for each in found if isinstance(each, Contact)] == ["Ana Núñez"]


@pytest.mark.parametrize("app", ["WhatsApp", "WhatsAppSMB"])
def test_messages_of_whatsapp_come_with_their_files(tmp_path: Path, app: str) -> None:
    domain = f"AppDomainGroup-group.net.whatsapp.{app}.shared"
    names = ("ContactsV2.sqlite", "Media/Profile/4151.jpg", "Message/Media/4151@s.whatsapp.net/0/1/a.thumb")
    picture = "Message/Media/4151@s.whatsapp.net/0/1/a.jpg"
    files = {(domain, "ChatStorage.sqlite"): database(tmp_path, CHATS), (domain, picture): PICTURE}
    backup(tmp_path / "made", files | {(domain, name): b"x" for name in names})
    folder = Folder(tmp_path / "made")
    home = f"Library/Group Containers/group.net.whatsapp.{app}.shared"
    shown = ["ChatStorage.sqlite", "ContactsV2.sqlite", picture]
    assert locators(folder) == [f"{home}/{each}" for each in shown]
    sources = [each.source for each in judge(folder).recognised]
    (draft,) = [each.item for each in read_all(folder, sources, ReadOptions()) if isinstance(each.item, Draft)]
    assert (draft.source_key, draft.media[0].locator) == ("4151@s.whatsapp.net:3EB0", f"{home}/{picture}")


def test_notes_come_with_their_files_and_without_their_previews(tmp_path: Path) -> None:
    domain, account = "AppDomainGroup-group.com.apple.notes", "Accounts/A1"
    names = ("NoteStore.sqlite", f"{account}/FallbackImages/D.png", f"{account}/Media/M1/1_A/a.jpg", "Media/M2/b.jpg")
    others = (f"{account}/Previews/p.png", "Cache/c.db")
    backup(tmp_path / "made", {(domain, name): b"x" for name in (*names, *others)})
    home = "Library/Group Containers/group.com.apple.notes"
    assert locators(Folder(tmp_path / "made")) == [f"{home}/{each}" for each in names]


def test_what_is_not_shown_is_counted(tmp_path: Path) -> None:
    backup(tmp_path / "made", contents(tmp_path))
    (told,) = [each for each in Folder(tmp_path / "made").walk() if isinstance(each, Problem)]
    assert (told.slug, told.detail[:14]) == ("unsupported", "4 other files ")


@pytest.mark.parametrize("is_damaged", [True, False])
def test_an_encrypted_backup_is_answered_with_what_to_do(tmp_path: Path, is_damaged: bool) -> None:  # noqa: FBT001
    backup(tmp_path / "made", contents(tmp_path), is_encrypted=True)
    if is_damaged:
        (tmp_path / "made/Manifest.db").write_bytes(os.urandom(5_000))
    folder = Folder(tmp_path / "made")
    assert locators(folder) == ["Manifest.plist"]
    assert [each.slug for each in folder.walk() if isinstance(each, Problem)] == ["encrypted"]
    assert "Encrypt local backup" in judge(folder).hint


def test_names_do_not_lead_out_of_a_backup(tmp_path: Path) -> None:
    names = ("Media/DCIM/../../../secret.jpg", "Media/DCIM//a.jpg", "Media/DCIM/./a.jpg", "Media/DCIM/a\0.jpg")
    backup(tmp_path / "made", {("CameraRollDomain", each): b"x" for each in names})
    with sqlite3.connect(tmp_path / "made/Manifest.db") as made:
        row = ("../../../secret", "CameraRollDomain", "Media/DCIM/b.jpg")
        made.execute("INSERT INTO Files VALUES (?, ?, ?, 1, NULL)", row)
    made.close()
    assert locators(Folder(tmp_path / "made")) == []


def test_a_file_that_the_list_names_alone_is_passed_over(tmp_path: Path) -> None:
    backup(tmp_path / "made", contents(tmp_path))
    number = sha1(b"CameraRollDomain-Media/DCIM/100APPLE/IMG_0001.JPG").hexdigest()  # noqa: S324 - what the format has
    (tmp_path / f"made/{number[:2]}/{number}").unlink()
    folder = Folder(tmp_path / "made")
    assert "Media/DCIM/100APPLE/IMG_0001.JPG" not in locators(folder)
    with pytest.raises(FileNotFoundError):
        folder.stat("Media/DCIM/100APPLE/IMG_0001.JPG")
    with pytest.raises(FileNotFoundError):
        folder.stat("Media/DCIM/100APPLE/IMG_0003.JPG")


def test_other_folders_stay_as_they_are(tmp_path: Path, reading: ModuleType) -> None:
    files = {"Manifest.db": "x", "Media/a.jpg": "x", "b/Manifest.db": "x", "b/Manifest.plist": "<plist/>"}
    with sqlite3.connect(tmp_path / "other.db") as made:
        made.execute("CREATE TABLE Files (x)")
    made.close()
    files |= {"c/Manifest.plist": "x"}
    folder = reading.make(tmp_path / "made", files)
    (tmp_path / "made/c/Manifest.db").write_bytes((tmp_path / "other.db").read_bytes())
    assert {"Manifest.db", "Media/a.jpg", "c/Manifest.db", "c/Manifest.plist"} <= {*locators(folder)}
    assert folder.stat("Media/a.jpg").size == 1


def test_a_changed_list_ends_nothing(tmp_path: Path) -> None:
    backup(tmp_path / "made", contents(tmp_path))
    path = tmp_path / "made/Manifest.db"
    data, rnd = path.read_bytes(), random.Random(5)  # noqa: S311 - the same changes at every run
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(rnd.choice([1, 5, 60])):
            changed[rnd.randrange(len(data))] = rnd.randrange(256)
        path.write_bytes(changed[: rnd.choice([len(data), rnd.randrange(len(data))])])
        folder = Folder(tmp_path / "made")
        assert all(folder.stat(each).size >= 0 for each in locators(folder))
