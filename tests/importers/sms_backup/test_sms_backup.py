"""Backups of text messages: broken XML, emoji in halves, groups, pictures in the file, calls, backups that overlap."""

from __future__ import annotations

import base64
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft, PersonRole
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.sms_backup import SmsBackup

EXPECTED = Path(__file__).with_name("expected.json")
START = 1560502862000
PICTURE = bytes(range(256)) * 3


def sms(number: int, body: str, kind: int = 1, address: str = "+39 06 1234567", name: str = "Anna Berg") -> str:
    return (
        f'<sms protocol="0" address="{address}" date="{START + number}" type="{kind}" subject="null" body="{body}" '
        f'read="1" status="-1" date_sent="{START}" readable_date="14 Jun 2019" contact_name="{name}" />'
    )


def mms(number: int, *inner: str, box: int = 1) -> str:
    people = 'address="+39061234567~+4930123456" contact_name="Anna Berg, Bo"'
    opening = f'<mms date="{START + number}" msg_box="{box}" {people} sub="null">'
    parts = "".join(each for each in inner if each.startswith("<part"))
    addresses = "".join(each for each in inner if each.startswith("<addr"))
    return f"{opening}<parts>{parts}</parts><addrs>{addresses}</addrs></mms>"


def part(kind: str, text: str = "null", data: bytes | None = None, name: str = "null") -> str:
    written = "" if data is None else f' data="{base64.b64encode(data).decode()}"'
    return f'<part seq="0" ct="{kind}" name="{name}" cl="{name}" text="{text}"{written} />'


def addr(number: str, kind: int) -> str:
    return f'<addr address="{number}" type="{kind}" charset="106" />'


def backup(*items: str, root: str = "smses") -> str:
    head = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<!--File Created By <SMS> Backup & Restore-->\n"
    sheet = '<?xml-stylesheet type="text/xsl" href="sms.xsl"?>\n'
    return f'{head}{sheet}<{root} count="{len(items)}">\n' + "\n".join(items) + f"\n</{root}>"


WHOLE = backup(
    sms(1, "Hi &#55357;&#56832; &amp;amp; &lt;you&gt; &quot;x&quot; 😀&#10;next line"),
    sms(2, "AT&T & a&copy=1 &#x1F600; &amp;#55357;&amp;#56832;", kind=2),
    sms(3, "a draft", kind=3),
    sms(4, "null"),
    sms(5, "Your code is 1", address="VODAFONE", name="(Unknown)"),
    sms(6, "again"),
    sms(6, "again"),
    sms(7, 'she said "no" to me'),
    sms(8, "when?").replace(f'date="{START + 8}"', 'date="soon"'),
    sms(9, "no contact", address="0612", name="null"),
    mms(
        10,
        part("application/smil", "&lt;smil>&lt;/smil>", name="smil.xml"),
        part("text/plain", "To all"),
        part("image/jpeg", data=PICTURE, name="IMG_1"),
        part("image/png", name="gone.png"),
        addr("+4930123456", 137),
        addr("+39061234567", 151),
        addr("+391", 151),
    ),
    mms(11, part("text/plain", "From me"), addr("insert-address-token", 137), box=2),
    mms(12, part("text/plain", "who?"), addr("insert-address-token", 137)),
    mms(13, part("application/smil")),
)
CALLS = backup(
    f'<call number="+39061234567" duration="90" date="{START + 20}" type="1" contact_name="Anna Berg" />',
    f'<call number="06 1234567" duration="0" date="{START + 21}" type="3" contact_name="Anna Berg" />',
    f'<call number="-2" duration="5" date="{START + 22}" type="2" contact_name="(Unknown)" />',
    root="calls",
)


def test_a_backup_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"sms-20190615.xml": WHOLE, "calls-20190615.xml": CALLS})
    assert reading.golden(reading.read(SmsBackup(), folder)) == json.loads(EXPECTED.read_bytes())


def zipped(name: str, data: bytes | str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return made.getvalue()


PICTURED = backup(mms(1, part("image/jpeg", data=PICTURE, name="a.jpg"), part("image/png", data=b"12", name="b.png")))


@pytest.mark.parametrize(
    "files",
    [
        {"in/sms.xml": PICTURED},
        {"backup.zip": zipped("in/sms.xml", PICTURED)},
        {"in/sms.xml": PICTURED.encode("utf-16")},
        {"backup.zip": zipped("in/sms.xml", PICTURED.replace("UTF-8", "UTF-16").encode("utf-16-be"))},
    ],
)
def test_a_picture_is_read_out_of_the_file_it_stands_in(
    tmp_path: Path, reading: ModuleType, files: dict[str, bytes | str]
) -> None:
    folder = reading.make(tmp_path, files)
    (draft,) = reading.drafts(reading.read(SmsBackup(), folder)).values()
    first, second = draft.media
    assert folder.read(first.locator, limit=10_000) == PICTURE
    assert folder.read(second.locator, limit=10_000) == b"12"
    assert folder.stat(first.locator).size == len(PICTURE)
    assert (first.name, second.name, folder.place(first.locator)) == ("a.jpg", "b.png", None)


def test_backups_that_overlap_give_each_message_once(tmp_path: Path, reading: ModuleType) -> None:
    said = (sms(1, "a"), sms(2, "b"), sms(2, "b"))
    folder = reading.make(tmp_path, {"1.xml": backup(*said), "2.xml": backup(*said, sms(3, "c"))})
    items = reading.read(SmsBackup(), folder)
    assert [draft.body for draft in reading.drafts(items).values()] == ["a", "b", "c"]
    assert reading.problems(items) == dict.fromkeys(("1.xml#3", "2.xml#1", "2.xml#2", "2.xml#3"), "twice")


@pytest.mark.parametrize(("box", "role"), [(1, PersonRole.AUTHOR), (2, PersonRole.RECIPIENT)])
def test_a_picture_message_without_a_number_is_with_whom_its_addresses_say(
    tmp_path: Path, reading: ModuleType, box: int, role: PersonRole
) -> None:
    own, other = ("+39111", "+39222")
    told = (addr(other, 137), addr(own, 151)) if box == 1 else (addr(own, 137), addr(other, 151))
    whole = mms(1, part("text/plain", "Hi"), *told, box=box)
    text = backup(
        whole.replace('address="+39061234567~+4930123456" contact_name="Anna Berg, Bo"', 'contact_name="null"')
    )
    (draft,) = reading.drafts(reading.read(SmsBackup(), reading.make(tmp_path, {"a.xml": text}))).values()
    assert [(each.value, each.role) for each in draft.people] == [(other, role)]


def test_a_later_backup_keeps_the_keys_whatever_the_contact_is_called_by_then(
    tmp_path: Path, reading: ModuleType
) -> None:
    folder = reading.make(tmp_path / "1", {"a.xml": backup(sms(1, "a"), sms(2, "b", kind=2))})
    later = reading.make(tmp_path / "2", {"b.xml": backup(sms(2, "b", kind=2, name="Anna"), sms(1, "a", name="Anna"))})
    first, second = (reading.drafts(reading.read(SmsBackup(), each)) for each in (folder, later))
    assert first.keys() == second.keys()


def test_a_number_with_and_without_its_country_is_one_conversation(tmp_path: Path, reading: ModuleType) -> None:
    numbers = ("+44 7911 123456", "07911 123456", "00447911123456")
    said = (sms(place, "a", address=number) for place, number in enumerate(numbers))
    folder = reading.make(tmp_path, {"a.xml": backup(*said)})
    drafts = reading.drafts(reading.read(SmsBackup(), folder)).values()
    assert len({each.key for draft in drafts for each in draft.collections}) == 1


@pytest.mark.parametrize("end", [35, 120, 200, -60])
def test_a_file_that_is_cut_off_gives_what_comes_before(tmp_path: Path, reading: ModuleType, end: int) -> None:
    whole = backup(sms(1, "first"), mms(2, part("image/jpeg", data=PICTURE * 9, name="a.jpg")))
    text = whole[: whole.index("<mms") + end] if end > 0 else whole[:end]
    items = reading.read(SmsBackup(), reading.make(tmp_path, {"a.xml": text}))
    assert [draft.body for draft in reading.drafts(items).values()] == ["first"]
    assert reading.problems(items) == {"a.xml#2": "message-broken"}


def test_letters_of_another_encoding_than_the_file_says_are_read(tmp_path: Path, reading: ModuleType) -> None:
    data = backup(sms(1, "Gr\xfc\xdfe")).encode("latin-1")
    (draft,) = reading.drafts(reading.read(SmsBackup(), reading.make(tmp_path, {"a.xml": data}))).values()
    assert draft.body == "Grüße"


@pytest.mark.parametrize("text", ["<gpx></gpx>", "", "plain", "<sms/>"])
def test_other_xml_is_not_taken(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert SmsBackup().recognise(reading.make(tmp_path, {"a.xml": text})).confidence == 0


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    one, other = (backup(*(sms(n // 2, "ok", kind=kind) for n in range(250))) for kind in (1, 2))
    folder = reading.make(tmp_path, {"a.xml": one, "b.xml": other})
    whole = list(SmsBackup().read(folder, ReadOptions(), None))
    stops = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(stops) == 2
    for stop in stops:
        item = whole[stop]
        assert isinstance(item, Checkpoint)
        assert list(SmsBackup().read(folder, ReadOptions(), item.position)) == whole[stop + 1 :]


def _with_a_film(path: Path, megabytes: int) -> None:
    """A backup with one film, packed: it is never held whole."""
    before, after = backup(mms(1, part("video/mp4", data=b"", name="a.mp4")), sms(2, "after")).split('data="', 1)
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.xml", "w") as file,
    ):
        file.write(f'{before}data="'.encode())
        for _ in range(megabytes):
            file.write(b"AAAA" * (256 * 1024))
        file.write(after.encode())


def test_a_film_is_found_and_read_in_little_memory(tmp_path: Path) -> None:
    _with_a_film(tmp_path / "sms.zip", 16)
    folder = Folder(tmp_path)
    tracemalloc.start()
    try:
        film, last = (item for item in SmsBackup().read(folder, ReadOptions(), None) if isinstance(item, Draft))
        assert sum(len(chunk) for chunk in _chunks(folder, film.media[0].locator)) == 12 * 1024 * 1024
        assert tracemalloc.get_traced_memory()[1] < 6 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert last.body == "after"


def _chunks(folder: Folder, locator: str) -> Iterator[bytes]:
    with folder.open(locator) as file:
        while chunk := file.read(64 * 1024):
            yield chunk
