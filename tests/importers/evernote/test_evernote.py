"""Evernote's ENEX: notes with their files and places, at their instants, whoever wrote the file."""

from __future__ import annotations

import base64
import json
import zipfile
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.evernote import Evernote

EXPECTED = Path(__file__).with_name("expected.json")
PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 3
HASH = md5(PICTURE, usedforsecurity=False).hexdigest()
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE en-export SYSTEM "http://xml.evernote.com/pub/evernote-export4.dtd">
<en-export export-date="20240601T000000Z" application="Evernote" version="10.58.8">
"""


def enex(*notes: str) -> str:
    return f"{HEAD}{''.join(notes)}</en-export>\n"


def note(title: str, content: str = "<div>Text</div>", more: str = "", created: str = "20240501T080000Z") -> str:
    return f"""  <note>
    <title>{title}</title>
    <created>{created}</created>
    <updated>20240502T080000Z</updated>
    <content>
      <![CDATA[<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!DOCTYPE en-note SYSTEM "http://xml.evernote.com/pub/enml2.dtd"><en-note>{content}</en-note>      ]]>
    </content>
    {more}
  </note>
"""


def resource(data: bytes, mime: str, name: str = "") -> str:
    named = f"<resource-attributes><file-name>{name}</file-name></resource-attributes>" if name else ""
    lines = base64.encodebytes(data).decode()
    return f'<resource><data encoding="base64">\n{lines}</data><mime>{mime}</mime>{named}</resource>'


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    place = (
        "<tag>trip</tag><tag>R &amp; D</tag><note-attributes><latitude>33.88</latitude><longitude>-117.92</longitude>"
        "<altitude>96</altitude><author>Anna</author><source-url>https://a.example/?a=1&amp;b=2</source-url>"
        "</note-attributes>"
    )
    task = (
        "<task><title>Pack</title><created>20240501T080000Z</created><taskStatus>completed</taskStatus>"
        "<sortWeight>B</sortWeight><taskGroupNoteLevelID>g</taskGroupNoteLevelID></task>"
    )
    text = enex(
        note(
            "On the &lt;road&gt;",
            f'<div>Seen:</div><div><en-media type="image/jpeg" hash="{HASH}"/></div><en-media hash="{"0" * 32}"/>',
            place + resource(b"%PDF", "application/pdf", "plan/a.pdf") + resource(PICTURE, "image/jpeg") + task,
        ),
        note("On the &lt;road&gt;", "<div>Another of the same minute</div>"),
        note("On the &lt;road&gt;", "<div>Another of the same minute</div>"),
        note("Secret", "<en-crypt>U0VD</en-crypt>", created="00001231T000000Z"),
        note("", "<div><br/></div>", resource(b"", "image/png", "empty.png")),
    )
    items = reading.read(Evernote(), reading.make(tmp_path, {"Travel.enex": text}))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_picture_comes_out_of_the_file_byte_by_byte_whatever_its_encoding(
    tmp_path: Path, reading: ModuleType, encoding: str
) -> None:
    text = enex(note("Café", f'<en-media hash="{HASH}"/>', resource(PICTURE, "image/jpeg", "é.jpg")))
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("notes/renamed.xml", text.encode(encoding))
    folder = Folder(tmp_path / "export.zip")
    assert Evernote().recognise(folder).confidence > 0.9
    (draft,) = reading.drafts(reading.read(Evernote(), folder)).values()
    with folder.open(draft.media[0].locator) as opened:
        assert (opened.read(), draft.media[0].name, draft.title) == (PICTURE, "é.jpg", "Café")


def test_content_with_entities_and_data_without_an_encoding_is_read(tmp_path: Path, reading: ModuleType) -> None:
    text = (
        "<en-export><note><title>a</title><content>&lt;en-note&gt;R &amp;amp; D&lt;/en-note&gt;</content>"
        "<resource><data>e30=</data><mime>application/json</mime></resource></note></en-export>"
    )
    folder = reading.make(tmp_path, {"a.enex": text})
    (draft,) = reading.drafts(reading.read(Evernote(), folder)).values()
    with folder.open(draft.media[0].locator) as opened:
        assert (draft.body, draft.media[0].name.partition(".")[2], opened.read()) == ("R & D", "json", b"{}")
    assert [each.origin for each in draft.evidence] == ["file date"]


def test_the_same_note_in_two_notebooks_is_taken_once(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.enex": enex(note("x")), "b.enex": enex(note("x"), note("y"))})
    items = reading.read(Evernote(), folder)
    assert ([each.title for each in reading.drafts(items).values()], reading.problems(items)) == (
        ["x", "y"],
        {"b.enex#1": "twice"},
    )


def test_a_file_that_is_cut_off_gives_the_notes_before_the_cut(tmp_path: Path, reading: ModuleType) -> None:
    text = enex(note("x"), note("y", more=resource(PICTURE, "image/jpeg")))
    items = reading.read(Evernote(), reading.make(tmp_path, {"a.enex": text[: text.index("<mime>") - 300]}))
    assert ([each.title for each in reading.drafts(items).values()], reading.problems(items)) == (
        ["x"],
        {"a.enex#2": "note-broken"},
    )


def test_a_page_of_html_is_answered_with_the_format_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    page = '<html><head><meta name="exporter-version" content="Evernote Mac 7"/></head><body>x</body></html>'
    told = Evernote().recognise(reading.make(tmp_path, {"a.html": page, "b.xml": "<gpx/>"}))
    assert (told.confidence, "ENEX" in told.hint) == (0, True)


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.evernote.ITEMS_PER_CHECKPOINT", 2)
    notes = [note(f"n{number % 3}", f"<div>{number}</div>") for number in range(7)]
    folder = reading.make(tmp_path, {"a.enex": enex(*notes), "b.enex": enex(*notes[5:], note("last"))})
    whole = list(Evernote().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Evernote().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 4
    assert whole[1] != whole[4]
    assert [[each.source_key for each in rest if isinstance(each, Draft)] for rest in rests] == [
        [each.source_key for each in whole[index:] if isinstance(each, Draft)] for index, _ in marks
    ]


def test_a_note_is_at_the_instant_that_it_says(tmp_path: Path, reading: ModuleType) -> None:
    (draft,) = reading.drafts(reading.read(Evernote(), reading.make(tmp_path, {"a.enex": enex(note("x"))}))).values()
    assert draft.evidence[0].instant == datetime(2024, 5, 1, 8, tzinfo=UTC)
