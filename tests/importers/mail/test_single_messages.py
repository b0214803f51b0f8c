"""Mail in files of one message: Maildirs, MH folders, Apple Mail's own store; and what programs mark beside it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.sources.mail import MailSource

MESSAGE = (
    "Return-Path: <anna@example.org>\nMessage-ID: <1@example.org>\nFrom: Anna <anna@example.org>\n"
    "Subject: Lunch\nDate: Fri, 14 Jun 2019 09:01:02 +0200\n\nAt noon?\n"
)
PLIST = '<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>flags</key></dict></plist>\n'


@pytest.mark.parametrize(
    "name",
    [
        "Mail/cur/1204680122.M1P2.host:2,S",
        "Mail/cur/1204680122.M1P2.host;2,",
        "Mail/new/1204680122.M1P2.host",
        "moved/1204680122.M1P2.host,FMD5=0123!2,RS",
        "inbox/17",
        "Messages/17.emlx",
        "17.msg",
        "unsplit.mbox",
    ],
)
def test_a_file_of_one_message_is_mail_whatever_program_keeps_it(
    tmp_path: Path, reading: ModuleType, name: str
) -> None:
    folder = reading.make(tmp_path, {name: MESSAGE})
    assert MailSource().recognise(folder).confidence > 0
    assert reading.drafts(reading.read(MailSource(), folder))["1@example.org"].body == "At noon?"


@pytest.mark.parametrize("message", [MESSAGE, MESSAGE.rstrip("\n")], ids=["whole line", "half line"])
@pytest.mark.parametrize("padding", ["", "      "])
def test_of_apple_mails_own_store_the_message_ends_where_its_first_line_says(
    tmp_path: Path, reading: ModuleType, padding: str, message: str
) -> None:
    folder = reading.make(tmp_path, {"1.emlx": f"{len(message)}{padding}\n{message}{PLIST}"})
    assert MailSource().recognise(folder).confidence > 0
    (draft,) = reading.drafts(reading.read(MailSource(), folder)).values()
    assert (draft.title, draft.body) == ("Lunch", "At noon?")


def test_a_file_in_apple_mails_store_is_read_where_it_stands(tmp_path: Path, reading: ModuleType) -> None:
    part = 'Content-Type: text/plain; name="a.txt"\nContent-Transfer-Encoding: base64\n\n'
    message = MESSAGE.replace("\n\nAt noon?\n", f"\n{part}aGVsbG8=\n")
    folder = reading.make(tmp_path, {"1.emlx": f"{len(message)}\n{message}{PLIST}"})
    (draft,) = reading.drafts(reading.read(MailSource(), folder)).values()
    with folder.open(draft.media[0].locator) as opened:
        assert opened.read() == b"hello"


@pytest.mark.parametrize(
    ("name", "header", "slug"),
    [
        ("cur/1.host:2,DS", "", "never-sent"),
        ("cur/1.host:2,ST", "", "trashed-at-source"),
        ("1.mbox", "X-Mozilla-Status: 0009\n", "trashed-at-source"),
        ("1.mbox", "X-Status: D\n", "trashed-at-source"),
        ("1.mbox", "X-Status: T\n", "never-sent"),
    ],
)
def test_drafts_and_what_was_thrown_away_are_left_out_and_told(
    tmp_path: Path, reading: ModuleType, name: str, header: str, slug: str
) -> None:
    items = reading.read(MailSource(), reading.make(tmp_path, {name: header + MESSAGE}))
    assert (reading.drafts(items), list(reading.problems(items).values())) == ({}, [slug])


@pytest.mark.parametrize(
    ("folder", "slug"),
    [(".INBOX.Trash", "trashed-at-source"), (".Deleted Items", "trashed-at-source"), (".Junk", "junk"),
     (".Drafts", "never-sent")],
)  # fmt: skip
def test_what_lay_in_the_trash_of_a_maildir_is_left_out_and_told(
    tmp_path: Path, reading: ModuleType, folder: str, slug: str
) -> None:
    files = {f"mail/{folder}/cur/1": MESSAGE, "mail/cur/2": MESSAGE.replace("<1@", "<2@"), "mail/new/3": ""}
    items = reading.read(MailSource(), reading.make(tmp_path, files))
    assert list(reading.drafts(items)) == ["2@example.org"]
    assert list(reading.problems(items).values()) == [slug]


@pytest.mark.parametrize(
    ("name", "header"),
    [("cur/1.host:2,FS", ""), ("1.mbox", "X-Mozilla-Status: 0005\n"), ("1.mbox", "X-Status: AF\n")],
)
def test_what_was_marked_is_a_favourite(tmp_path: Path, reading: ModuleType, name: str, header: str) -> None:
    items = reading.read(MailSource(), reading.make(tmp_path, {name: header + MESSAGE}))
    assert reading.drafts(items)["1@example.org"].favourite


@pytest.mark.parametrize("status", ["", "0001", "none", "\u00fc"])
def test_a_status_that_says_neither_changes_nothing(tmp_path: Path, reading: ModuleType, status: str) -> None:
    items = reading.read(MailSource(), reading.make(tmp_path, {"1.mbox": f"X-Mozilla-Status: {status}\n{MESSAGE}"}))
    assert not reading.drafts(items)["1@example.org"].favourite


def test_the_first_line_of_a_mailbox_begins_a_message_even_without_a_date(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(MailSource(), reading.make(tmp_path, {"a.mbox": f"From - \n{MESSAGE}"}))
    assert list(reading.drafts(items)) == ["1@example.org"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("letter", "Dear Bo,\nfrom: Anna\nto: Bo\nsubject: lunch\n"),
        ("notes.txt", MESSAGE),
        ("cur/readme", "Nothing here.\n"),
        ("17", "12\nFriends\n"),
    ],
)
def test_a_text_that_is_no_message_is_not_taken(tmp_path: Path, reading: ModuleType, name: str, text: str) -> None:
    assert MailSource().recognise(reading.make(tmp_path, {name: text})).confidence == 0
