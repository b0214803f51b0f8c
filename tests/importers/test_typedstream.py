"""Words out of archives of NSArchiver and NSKeyedArchiver; bytes that are none give none, in bounded time."""

from __future__ import annotations

import plistlib
import random

import pytest

from timeline_local.importers.plists import MAX_BYTES, read_plist, unarchived
from timeline_local.importers.typedstream import words_of

# The README of pytypedstream (https://github.com/dgelessus/python-typedstream, LGPL 3) shows this archive of a string.
STRING = (
    b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x08NSString\x01\x84\x84\x08NSObject\x00\x85\x84\x01+\x0c"
    b"string value\x86"
)
PLAIN = b"\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92\x84\x84\x84\x08NSString\x01\x94"
MUTABLE = (
    b"\x84\x84\x19NSMutableAttributedString\x00\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85"
    b"\x92\x84\x84\x84\x0fNSMutableString\x01\x84\x84\x08NSString\x01\x95"
)


def archive(words: str, classes: bytes = PLAIN) -> bytes:
    """An attributed string of one run, as Messages of macOS 10.13 to 26 keeps it."""
    data = words.encode()
    size = bytes([len(data)]) if len(data) < 128 else b"\x81" + len(data).to_bytes(2, "little")
    run = b"\x86\x84\x02iI\x01" + bytes([min(len(words), 100)])
    looks = (
        b"\x92\x84\x84\x84\x0cNSDictionary\x00\x94\x84\x01i\x01\x92\x84\x96\x96\x1d__kIMMessagePartAttributeName\x86"
    )
    return b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84" + classes + b"\x84\x01+" + size + data + run + looks


def keyed(*objects: object) -> bytes:
    return plistlib.dumps(
        {"$archiver": "NSKeyedArchiver", "$top": {"root": plistlib.UID(1)}, "$objects": ["$null", *objects]},
        fmt=plistlib.FMT_BINARY,
    )


def test_a_string_that_others_show_is_read() -> None:
    assert words_of(STRING) == "string value"


@pytest.mark.parametrize("words", ["hi", "Ana’s + 🎉 日本", "x" * 127, "x" * 128, "é" * 9000, ""])
@pytest.mark.parametrize("classes", [PLAIN, MUTABLE])
def test_the_words_are_taken_whatever_their_length(words: str, classes: bytes) -> None:
    assert words_of(archive(words, classes)) == words


def test_a_text_may_be_longer_than_two_bytes_count() -> None:
    data = archive("hi").replace(b"\x02hi", b"\x82" + (70_000).to_bytes(4, "little") + b"x" * 70_000)
    assert words_of(data) == "x" * 70_000


def test_an_archive_of_another_order_of_bytes_is_read() -> None:
    data = STRING.replace(b"streamtyped\x81\xe8\x03", b"typedstream\x81\x03\xe8")
    assert words_of(data) == "string value"


def test_words_of_a_keyed_archive_are_taken() -> None:
    assert words_of(keyed({"NSString": plistlib.UID(2)}, "Hello from another archive")) == "Hello from another archive"


def test_changed_and_cut_archives_break_nothing() -> None:
    rnd = random.Random(3)  # noqa: S311 - the same changes at every run
    for data in (archive("hello " * 30), keyed({"NS.keys": [plistlib.UID(2)], "NS.objects": [plistlib.UID(1)]}, "a")):
        for _ in range(2_000):
            changed = bytearray(data)
            for _ in range(rnd.choice([1, 2, 8])):
                changed[rnd.randrange(len(data))] = rnd.randrange(256)
            assert isinstance(words_of(bytes(changed[: rnd.choice([len(data), rnd.randrange(len(data))])])), str)


def test_a_text_that_was_cut_off_is_none() -> None:
    assert words_of(archive("hello " * 30)[:100]) == ""


def test_an_archived_dictionary_has_its_keys_and_lists_their_values() -> None:
    uid = plistlib.UID
    data = keyed(
        {"NS.keys": [uid(2), uid(3)], "NS.objects": [uid(4), uid(5)]},
        "ldtext", "more", "Dinner?", {"NS.objects": [uid(4), {"a": 1}, uid(1)]},
    )  # fmt: skip
    assert unarchived(data) == {"ldtext": "Dinner?", "more": ["Dinner?", {"a": 1}, None]}


def test_an_archive_that_doubles_itself_does_not_grow() -> None:
    uid = plistlib.UID
    told = unarchived(keyed(*({"NS.objects": [uid(at + 1)] * 2} for at in range(1, 40)), "end"))
    assert isinstance(told, list)
    assert told[0] is told[1]


@pytest.mark.parametrize("data", [b"", b"bplist00", b"<?xml version='1.0'?><plist><integer>x</integer></plist>", b"["])
def test_what_is_no_property_list_is_none(data: bytes) -> None:
    assert read_plist(data) is None
    assert unarchived(data) is None


def test_a_property_list_of_any_length_is_not_held() -> None:
    assert read_plist(plistlib.dumps("x" * MAX_BYTES)) is None
