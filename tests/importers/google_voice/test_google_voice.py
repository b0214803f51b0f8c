"""The pages of Google Voice: texts with one and with several, calls, voicemails, recordings."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.sources.google_voice import GoogleVoice

EXPECTED = Path(__file__).with_name("expected.json")
HEAD = '<?xml version="1.0" ?>\n<html><head><title>{0}</title><style>q {{ color: red }}</style></head><body>'
TAGS = '<div class="tags">Labels: <a rel="tag" href="http://www.google.com/voice#{0}">x</a></div></body></html>'


def who(name: str, phone: str) -> str:
    named = '<abbr class="fn" title="">Me</abbr>' if name == "Me" else f'<span class="fn">{name}</span>'
    return f'<cite class="sender vcard"><a class="tel" href="tel:{phone}">{named}</a></cite>'


def said(at: str, person: str, words: str, more: str = "") -> str:
    dt = f'<abbr class="dt" title="{at}">Dec 15, 2011, 8:08:08&#8239;PM</abbr>'
    return f'<div class="message">{dt}:\n{person}:\n<q>{words}</q>{more}</div>'


def texts(title: str, *messages: str, people: str = "") -> str:
    return HEAD.format(title) + f'<div class="hChatLog hfeed">{people}{"".join(messages)}</div>' + TAGS.format("sms")


def call(title: str, label: str, name: str, more: str = "") -> str:
    told = f'<span class="album">Call Log for</span><span class="fn">{title}</span><div class="contributor vcard">'
    person = f'<a class="tel" href="tel:+12125551234"><span class="fn">{name}</span></a></div>'
    at = '<abbr class="published" title="2016-11-22T14:27:58.000-08:00">Nov 22</abbr>'
    return HEAD.format(title) + f'<div class="haudio">{told}{person}{at}{more}</div>' + TAGS.format(label)


BO, ME = who("Bo Berg", "+12125551234"), who("Me", "+16465559876")
HOME = "Takeout/Voice/Calls"
FILES: dict[str, bytes | str] = {
    f"{HOME}/Bo Berg - Text - 2011-12-16T01_08_08Z.html": texts(
        "Bo Berg",
        said("2011-12-15T20:08:08.451-05:00", BO, "Are you there? &amp; <br>Well?"),
        said("2011-12-15T20:14:11.911-05:00", ME, "MMS Sent",
             '<div><img src="Bo Berg - Text - 2011-12-16T01_08_08Z-2-1" alt="Image MMS Attachment" /></div>'),
        said("never", BO, "x"),
    ),
    f"{HOME}/Bo Berg - Text - 2011-12-16T01_08_08Z-2-1.jpg": b"picture",
    f"{HOME}/Bo Berg - Text - 2012-01-01T01_08_08Z.html": texts(
        "Me to Bo Berg", said("2012-01-01T01:08:08Z", ME, "alone")
    ),
    f"{HOME}/Group Conversation - 2023-10-01T15_30_41Z.html": texts(
        "Group Conversation", said("2023-10-01T08:30:41.563-07:00", BO, "All?"),
        people=f'<div class="participants">Group conversation with: {BO}, {who("", "+17738446228")}</div>',
    ),
    f"{HOME}/Bo Berg - Received - 2016-11-22T22_27_58Z.html": call(
        "Received call from Bo Berg", "received", "Bo Berg",
        '<abbr class="duration" title="PT1H2M4S">(1:02:04)</abbr>'),
    f"{HOME}/Bo Berg - Missed - 2016-11-22T22_27_58Z.html": call("Missed call from Bo Berg", "missed", "Bo Berg"),
    f"{HOME}/ - Voicemail - 2016-11-22T22_27_58Z.html": call(
        "Voicemail from", "voicemail", "", '<span class="description"><span class="full-text">Call me</span></span>'
        '<audio controls="controls" src="- Voicemail.mp3"><a rel="enclosure" href="- Voicemail.mp3">Audio</a></audio>'),
    f"{HOME}/- Voicemail.mp3": b"recording",
}  # fmt: skip


def test_pages_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(GoogleVoice(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("name", "text", "is_ours"),
    [
        ("renamed.html", texts("x", said("2011-12-15T20:08:08Z", BO, "y")), True),
        ("a.html", '<html><div class="haudio">An album</div>', False),
        ("a.txt", texts("x", said("2011-12-15T20:08:08Z", BO, "y")), False),
    ],
)
def test_pages_are_known_by_their_content(
    tmp_path: Path, reading: ModuleType, name: str, text: str, *, is_ours: bool
) -> None:
    assert (GoogleVoice().recognise(reading.make(tmp_path, {name: text})).confidence > 0) is is_ours


def test_a_page_that_was_cut_off_gives_what_it_has(tmp_path: Path, reading: ModuleType) -> None:
    page = texts("x", said("2011-12-15T20:08:08Z", BO, "first"), said("2011-12-15T20:08:09Z", BO, "second"))
    items = reading.read(GoogleVoice(), reading.make(tmp_path, {"a.html": page[: page.index("second") + 3]}))
    assert [draft.body for draft in reading.drafts(items).values()] == ["first", "sec"]
