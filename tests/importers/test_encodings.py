"""Text in whatever encoding: every source reads UTF-16 as it reads UTF-8, and cards what their lines say."""

from __future__ import annotations

import codecs
import gzip
import io
from base64 import b64encode
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.draft_json import item_to_json
from timeline_local.domain.drafts import Contact, Draft, Problem
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Item, ReadOptions, opened
from timeline_local.importers.encodings import as_utf8, decode, decode_as, decode_head, unicode_of
from timeline_local.importers.registry import judge, read_all
from timeline_local.importers.sources.icalendar import ICalendar
from timeline_local.importers.sources.vcard import VCard
from timeline_local.importers.sources.whatsapp import WhatsApp

JPEG = b64encode(b"\xff\xd8\xff" + bytes(range(200))).decode()
FILES = {
    "a.ics": """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART:20240501T080000Z
SUMMARY:Käse & 会議
END:VEVENT
END:VCALENDAR
""",
    "a.vcf": f"""BEGIN:VCARD
VERSION:3.0
FN:Jürgen 山田
PHOTO;ENCODING=b:{JPEG[:70]}
 {JPEG[70:]}
END:VCARD
""",
    "WhatsApp Chat with Bo.txt": "3/4/21, 9:05 - Bo: Grüße\n3/4/21, 9:06 - Ann: 好\n",
    "journal.txt": "[2024-05-01 10:00] Käse\nund 会議\n",
    "Journal.json": """{"metadata": {"version": "1.0"}, "entries": [
{"uuid": "A", "creationDate": "2024-05-01T08:00:00Z", "text": "Käse"}]}""",
    "way.gpx": '<?xml version="1.0" encoding="UTF-16"?><gpx><wpt lat="1" lon="2"><name>Käse</name></wpt></gpx>',
    "way.geojson": """{"type": "Feature", "properties": {"name": "Käse"},
"geometry": {"type": "Point", "coordinates": [1, 2]}}""",
    "points.csv": "time,latitude,longitude\n2024-05-01T08:00:00Z,1.5,2.5\n2024-05-01T09:00:00Z,1.6,2.5\n",
    "NetflixViewingHistory.csv": 'Title,Date\n"Käse","1/2/24"\n',
    "n.md": "---\ndate: 2024-05-01\n---\n# Käse\n会議\n",
}
FORMS = {
    "UTF-16 of Windows": codecs.BOM_UTF16_LE + b"|utf-16-le",
    "UTF-16 of old Macs": codecs.BOM_UTF16_BE + b"|utf-16-be",
    "UTF-16 without a mark": b"|utf-16-le",
    "UTF-32": codecs.BOM_UTF32_LE + b"|utf-32-le",
}


def written(text: str, form: str) -> bytes:
    mark, _, codec = FORMS[form].rpartition(b"|")
    return mark + text.encode(codec.decode())


def everything(folder: Folder) -> list[Item]:
    sources = [each.source for each in judge(folder).recognised]
    return list(opened(each.item for each in read_all(folder, sources, ReadOptions())))


def told(items: list[Item]) -> list[object]:
    """What was found, without the records that are kept of it, which are bytes of the file."""
    found = [item_to_json(each) for each in items if isinstance(each, Draft | Contact)]
    return [{name: value for name, value in each.items() if name not in {"raw", "photo"}} for each in found]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", FILES)
def test_every_source_reads_text_in_any_form_of_unicode(
    tmp_path: Path, reading: ModuleType, name: str, form: str
) -> None:
    plain = everything(reading.make(tmp_path / "plain", {name: FILES[name]}))
    items = everything(reading.make(tmp_path / "other", {name: written(FILES[name], form)}))
    assert told(items) == told(plain) != []
    assert not [each for each in items if isinstance(each, Problem)]


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_in_a_card_is_found_in_any_form(tmp_path: Path, reading: ModuleType, form: str) -> None:
    folder = reading.make(tmp_path, {"a.vcf": written(FILES["a.vcf"], form)})
    (card,) = [each for each in reading.read(VCard(), folder) if isinstance(each, Contact)]
    assert card.photo is not None
    assert folder.read(card.photo.locator, limit=1000) == b"\xff\xd8\xff" + bytes(range(200))


def test_packed_text_is_read_in_any_form(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.csv.gz": gzip.compress(written(FILES["points.csv"], "UTF-16 of Windows"))})
    assert len(told(everything(folder))) == 1


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"FN;CHARSET=SHIFT_JIS:" + "山田".encode("shift_jis"), "山田"),
        (b"FN;CHARSET=ISO-2022-JP:" + "山田".encode("iso-2022-jp"), "山田"),
        (b"FN;CHARSET=GB2312:" + "陈瑄".encode("gb18030"), "陈瑄"),
        (b'FN;CHARSET="windows-1251":' + "Анна".encode("cp1251"), "Анна"),
        (b"FN;CHARSET=ISO-8859-1:" + "Łukasz".encode(), "Łukasz"),
        (b"FN;CHARSET=ISO-8859-1:Co\x92", "Co’"),
        (b"FN;CHARSET=idna:Co\x92", "Co’"),
        (b"FN:J\xfcrgen", "Jürgen"),
        (b"FN;ENCODING=QUOTED-PRINTABLE;CHARSET=Shift_JIS:=8E=\r\n=52=93=63", "山田"),
        (b"FN;ENCODING=QUOTED-PRINTABLE;CHARSET=undefined:J=FCrgen", "Jürgen"),
        (b"FN;ENCODING=QUOTED-PRINTABLE:J=FCrgen", "Jürgen"),
    ],
)
def test_a_line_of_a_card_is_read_in_the_charset_it_says_or_is_in(
    tmp_path: Path, reading: ModuleType, line: bytes, name: str
) -> None:
    folder = reading.make(tmp_path, {"a.vcf": b"BEGIN:VCARD\r\n" + line + b"\r\nEND:VCARD\r\n"})
    (card,) = [each for each in reading.read(VCard(), folder) if isinstance(each, Contact)]
    assert card.name == name


def test_an_event_of_an_old_calendar_is_read_as_its_lines_say(tmp_path: Path, reading: ModuleType) -> None:
    lines = (
        "BEGIN:VCALENDAR", "VERSION:1.0", "BEGIN:VEVENT", "UID:1", "DTSTART:20240501T080000Z",
        "SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:K=C3=\r\n=A4se; gut, oder?",
        "DESCRIPTION;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:eins=0D=0Azw=F6lf",
        "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    (draft,) = reading.drafts(reading.read(ICalendar(), reading.make(tmp_path, {"a.vcs": "\r\n".join(lines)}))).values()
    assert (draft.title, draft.body) == ("Käse; gut, oder?", "eins\nzwölf")


@pytest.mark.parametrize("size", range(4090, 4100))
def test_a_chat_is_found_wherever_its_first_bytes_are_cut(tmp_path: Path, reading: ModuleType, size: int) -> None:
    line = "3/4/21, 9:05\u202fAM - Bo: x\n"
    chat = line.replace("x", "x" * (size - len(line.encode()) * 101)) + line * 200
    assert WhatsApp().recognise(reading.make(tmp_path, {"a.txt": chat})).confidence > 0


@pytest.mark.parametrize(
    ("head", "codec"),
    [(b"", ""), (b"a\x00", ""), (b"\x01\x00\x02\x00\x03\x00\x04\x00", ""), (b"BEGIN", ""), (b"\x00" * 16, "")],
)
def test_what_could_be_anything_is_not_taken_for_utf_16(head: bytes, codec: str) -> None:
    assert unicode_of(head) == codec


def test_what_is_no_letter_of_utf_16_is_one_sign(tmp_path: Path) -> None:
    file = io.BytesIO(codecs.BOM_UTF16_LE + "a".encode("utf-16-le") + b"\x00\xd8" + "b".encode("utf-16-le") + b"x")
    assert as_utf8(file).read() == "a\ufffdb\ufffd".encode()


@pytest.mark.parametrize("data", [b"J\xfcrgen \x81", "Jürgen \x81".encode()])
def test_bytes_that_no_encoding_has_end_nothing(data: bytes) -> None:
    assert decode(data) == decode_as(data) == decode_head(data) == "Jürgen \x81"
