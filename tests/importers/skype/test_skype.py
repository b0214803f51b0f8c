"""Skype's export: words in a little XML, files by number, calls by their end."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.importers.sources.skype import Skype

EXPECTED = Path(__file__).with_name("expected.json")
PICTURE = (
    '<URIObject type="Picture.1" uri="https://api.asm.skype.com/v1/objects/{0}" url_thumbnail="x">'
    '<OriginalName v="{1}"/></URIObject>'
)
CALL = (
    '<partlist type="{0}" alt=""><part identity="8:live:bo"><name>Bo</name>{1}</part>'
    '<part identity="8:live:ana"/></partlist>'
)


def said(number: str, content: str, kind: str = "RichText", who: str = "8:live:bo", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {
        "id": number, "displayName": "Bo" if who == "8:live:bo" else None, "messagetype": kind, "version": 1,
        "originalarrivaltime": "2020-04-29T13:48:43.456Z", "content": content, "conversationid": "8:live:bo",
        "from": who, "properties": None, "amsreferences": None, **more,
    }  # fmt: skip


EXPORT = {
    "userId": "8:live:ana",
    "exportDate": "2023-01-01T00:00",
    "conversations": [
        {"id": "8:live:bo", "displayName": "Bo", "properties": {}, "threadProperties": None, "MessageList": [
            said("1", 'a &amp; b <ss type="smile">:)</ss>\n<a href="https://example.org">https://example.org</a>'),
            said("2", '<quote author="ana"><legacyquote>[1] ana: </legacyquote>first\nlines<legacyquote>\n\n&lt;&lt;'
                 '</legacyquote></quote>my answer<e_m a="bo" ts_ms="1"></e_m>', properties={"edittime": "1"}),
            said("3", PICTURE.format("0-weu-d3-4f", "a.jpg"), "RichText/UriObject", amsreferences=["0-weu-d3-4f"]),
            said("4", PICTURE.format("0-weu-d3-5f", "b &amp; c.pdf"), "RichText/Media_GenericFile"),
            said("5", CALL.format("started", ""), "Event/Call"),
            said("6", CALL.format("ended", "<duration>63.5</duration>"), "Event/Call"),
            said("7", CALL.format("missed", ""), "Event/Call", who="8:live:ana"),
            said("8", '<location latitude="48200000" longitude="16400000"><a href="x">Kai 1</a></location>',
                 "RichText/Location"),
            said("9", "", properties={"deletetime": "1"}),
            said("10", "<topicupdate/>", "ThreadActivity/TopicUpdate"),
            said("11", '<contacts><c t="s" s="x" f="Cleo"/></contacts>', "RichText/Contacts"),
        ]},
        {"id": "19:abc@thread.skype", "displayName": None, "threadProperties": {"topic": "Trip"}, "MessageList": [
            said("1", "all?", who="8:live:ana")]},
    ],
}  # fmt: skip
FILES: dict[str, bytes | str] = {
    "export/messages.json": json.dumps(EXPORT),
    "export/media/0-weu-d3-4f.1.jpg": b"picture",
    "export/media/0-weu-d3-4f.json": '{"filename": "a.jpg"}',
}


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Skype(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("name", "told", "is_ours"),
    [("renamed.json", EXPORT, True), ("a.json", {"conversations": [], "userId": "x"}, False)],
)
def test_it_is_known_by_its_content(
    tmp_path: Path, reading: ModuleType, name: str, told: object, *, is_ours: bool
) -> None:
    assert (Skype().recognise(reading.make(tmp_path, {name: json.dumps(told)})).confidence > 0) is is_ours
