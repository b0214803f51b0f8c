"""Address books: names, every address, birthdays with and without a year, in all three versions of the format."""

from __future__ import annotations

import json
import textwrap
from base64 import b64encode
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Contact
from timeline_local.importers.base import Checkpoint, Item, ReadOptions
from timeline_local.importers.sources.vcard import VCard

EXPECTED = Path(__file__).with_name("expected.json")


def card(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""))


def contacts(items: list[Item]) -> list[Contact]:
    return [item for item in items if isinstance(item, Contact)]


def one(tmp_path: Path, reading: ModuleType, *lines: str) -> Contact:
    (found,) = contacts(reading.read(VCard(), reading.make(tmp_path, {"a.vcf": card(*lines)})))
    return found


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("FN:Anna Berg", "N:Berg;Anna;;;"), "Anna Berg"),
        (("N:Berg;Anna;Maria;Dr.;PhD",), "Dr. Anna Maria Berg PhD"),
        (("N:Berg\\;Son;Anna",), "Anna Berg;Son"),
        (("ORG:Acme;Sales",), "Acme, Sales"),
        (("item1.FN:Anna", "item1.X-ABLabel:x"), "Anna"),
        (("FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BCr=\r\ngen",), "Jürgen"),
        (("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:J=FCrgen",), "Jürgen"),
        (("FN:Long", " er name"), "Longer name"),
        (("FN;ENCODING=QUOTED-PRINTABLE:J=C3=BC=\r\n rgen",), "Jürgen"),
        (("AGENT:", "BEGIN:VCARD", "FN:Bo", "END:VCARD", "FN:Anna"), "Anna"),
        (("EMAIL:x@example.org",), "x@example.org"),
    ],
)
def test_a_person_is_called_what_the_card_says(
    tmp_path: Path, reading: ModuleType, lines: tuple[str, ...], name: str
) -> None:
    assert one(tmp_path, reading, *lines).name == name


def test_every_address_is_an_identity(tmp_path: Path, reading: ModuleType) -> None:
    found = one(
        tmp_path,
        reading,
        "FN:Anna",
        "EMAIL;TYPE=INTERNET;TYPE=HOME:anna@example.org",
        "item1.EMAIL;PREF:work@example.org",
        "TEL;CELL:+49 170 1234567",
        "TEL;VALUE=uri:tel:+49-30-1234",
        "IMPP;X-SERVICE-TYPE=Jabber:xmpp:anna@jabber.example",
        "X-SKYPE:anna.skype",
    )
    assert [(each.kind, each.value) for each in found.addresses] == [
        ("email", "anna@example.org"),
        ("email", "work@example.org"),
        ("phone", "+49 170 1234567"),
        ("phone", "+49-30-1234"),
        ("handle", "jabber:anna@jabber.example"),
        ("handle", "skype:anna.skype"),
    ]
    assert {each.name for each in found.addresses} == {"Anna"}


@pytest.mark.parametrize(
    ("line", "born"),
    [
        ("BDAY:1985-04-12", "1985-04-12"),
        ("BDAY;VALUE=DATE:19850412", "1985-04-12"),
        ("BDAY:1985-04-12T00:00:00Z", "1985-04-12"),
        ("BDAY:--0412", "--04-12"),
        ("BDAY:--04-12", "--04-12"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12", "--04-12"),
        ("BDAY:1985", "1985"),
        ("BDAY:--0229", "--02-29"),
        ("BDAY:0000-04-12", "--04-12"),
        ("BDAY:1985-04", "1985-04"),
        ("BDAY:1985-13", ""),
        ("BDAY:1985-02-30", ""),
        ("BDAY;VALUE=text:circa 1800", ""),
    ],
)
def test_a_birthday_needs_no_year(tmp_path: Path, reading: ModuleType, line: str, born: str) -> None:
    assert one(tmp_path, reading, "FN:Anna", line).born == born


def test_a_picture_beside_the_book_belongs_to_whom_it_is_called_after(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"Contacts/All.vcf": card("FN:Anna Berg"), "Contacts/Anna Berg.jpg": b"picture"})
    (found,) = contacts(reading.read(VCard(), folder))
    assert found.photo is not None
    assert found.photo.locator == "Contacts/Anna Berg.jpg"


def photo_of(tmp_path: Path, reading: ModuleType, text: str) -> bytes | None:
    folder = reading.make(tmp_path, {"a.vcf": text})
    (found,) = contacts(reading.read(VCard(), folder))
    if found.photo is None:
        return None
    picture: bytes = folder.read(found.photo.locator, limit=10_000)
    assert folder.stat(found.photo.locator).size == len(picture)
    return picture


PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(200))
FOLDED = "\r\n ".join(textwrap.wrap(b64encode(PICTURE).decode(), 70))


@pytest.mark.parametrize(
    "line",
    [
        f"PHOTO;ENCODING=b;TYPE=JPEG:{FOLDED}",
        f"PHOTO;ENCODING=BASE64;JPEG:\r\n {FOLDED}\r\n",
        f"item2.PHOTO:data:image/jpeg;base64,{FOLDED}",
        f"PHOTO;X-ABCROP-RECTANGLE=ABClipRect_1&0&0&9&9&aaaaaaaaaaaaaaaaaaa==;ENCODI\r\n NG=b;TYPE=JPEG:{FOLDED}",
        f"AGENT:\r\nBEGIN:VCARD\r\nPHOTO:R0lGODlh\r\nEND:VCARD\r\nphoto;type=JPEG;encoding=b:{FOLDED}",
    ],
    ids=["3.0", "2.1", "4.0", "a long head", "after another's"],
)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_picture_in_a_card_is_the_contact_s(tmp_path: Path, reading: ModuleType, line: str, end: str) -> None:
    text = "\ufeff" + card("FN:Äänna Berg", line, "NOTE:Choir")
    assert photo_of(tmp_path, reading, text.replace("\r\n", end)) == PICTURE


@pytest.mark.parametrize("line", ["PHOTO;VALUE=uri:https://example.org/a.jpg", "PHOTO:AAAA", "PHOTO:", "PHOTO:/9j/"])
def test_what_is_no_picture_is_left_out(tmp_path: Path, reading: ModuleType, line: str) -> None:
    assert photo_of(tmp_path, reading, card("FN:Anna", line)) is None


def test_a_group_of_contacts_is_no_person(tmp_path: Path, reading: ModuleType) -> None:
    text = card("FN:Anna") + card("FN:Choir", "X-ADDRESSBOOKSERVER-KIND:group") + card("FN:Friends", "KIND:group")
    items = reading.read(VCard(), reading.make(tmp_path, {"a.vcf": text}))
    assert [each.name for each in contacts(items)] == ["Anna"]
    assert reading.problems(items) == {"a.vcf#2": "unsupported", "a.vcf#3": "unsupported"}


def test_letters_are_read_as_the_line_says(tmp_path: Path, reading: ModuleType) -> None:
    text = card("FN;CHARSET=SHIFT_JIS:Yamada", "NOTE;CHARSET=nonsense:caf\xe9").encode("cp1252")
    folder = reading.make(tmp_path, {"a.vcf": text.replace(b"Yamada", "山田".encode("shift_jis"))})
    (found,) = contacts(reading.read(VCard(), folder))
    assert (found.name, found.note) == ("山田", "café")


def test_a_book_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    anna = ("N:Berg;Anna;;;", "FN:Anna Berg", "EMAIL:anna@example.org", "TEL:+49 170 1", "BDAY:--0412", "NOTE:Choir")
    text = card(*anna, "UID:1") + card("NICKNAME:Bo", "X-ICQ:12345") + card("VERSION:4.0")
    folder = reading.make(tmp_path, {"All Contacts/All Contacts.vcf": text, "All Contacts/Anna Berg.jpg": b"picture"})
    assert reading.golden(reading.read(VCard(), folder)) == json.loads(EXPECTED.read_bytes())


def test_the_record_that_is_kept_holds_no_picture(tmp_path: Path, reading: ModuleType) -> None:
    found = one(tmp_path, reading, "FN:Anna", "PHOTO;ENCODING=b;TYPE=JPEG:AAAA", " BBBB", "NOTE:Met in\\nRome")
    assert (found.note, found.raw) == ("Met in\nRome", b"VERSION:3.0\r\nFN:Anna\r\nNOTE:Met in\\nRome")


def test_a_card_without_anything_and_one_that_is_cut_off_are_told(tmp_path: Path, reading: ModuleType) -> None:
    text = card() + card("FN:Anna") + card("FN:Bo")[:-11]
    items = reading.read(VCard(), reading.make(tmp_path, {"a.vcf": text}))
    assert [each.name for each in contacts(items)] == ["Anna", "Bo"]
    assert reading.problems(items) == {"a.vcf#1": "empty", "a.vcf#3/end": "contact-broken"}


@pytest.mark.parametrize("name", ["a.ics", "a.txt", "A.VCARD"])
def test_cards_are_known_by_their_first_line(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {name: card("FN:Anna"), "b.txt": "Put BEGIN:VCARD at the top."})
    assert VCard().recognise(folder).confidence > 0
    assert [each.name for each in contacts(reading.read(VCard(), folder))] == ["Anna"]


def test_a_key_stays_the_same_when_the_book_is_exported_again(tmp_path: Path, reading: ModuleType) -> None:
    assert one(tmp_path, reading, "FN:Anna", "UID:urn:uuid:1").source_key == "urn:uuid:1"
    assert one(tmp_path, reading, "FN:Anna", "EMAIL:a@example.org").source_key == "Anna/a@example.org"


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.vcf": "".join(card(f"FN:Person {n}") for n in range(450))})
    whole = list(VCard().read(folder, ReadOptions(), None))
    assert any(isinstance(item, Checkpoint) for item in whole)
    for index, item in enumerate(whole):
        if isinstance(item, Checkpoint):
            rest = list(VCard().read(folder, ReadOptions(), item.position))
            assert contacts(rest) == contacts(whole[index:])
