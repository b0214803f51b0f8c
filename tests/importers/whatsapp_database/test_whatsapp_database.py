"""WhatsApp's own databases: words, who said them where, files, replies, reactions, places, and what is no message."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from tests.importers.whatsapp_database import databases as given
from tests.importers.whatsapp_database.databases import ANA, BO, GROUP, HIDDEN, JPEG
from timeline_local.domain.drafts import Draft, PersonRole, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, opened
from timeline_local.importers.registry import judge, read_all
from timeline_local.importers.sources.whatsapp_database import WhatsAppDatabase

EXPECTED = Path(__file__).with_name("expected.json")
SOURCE = WhatsAppDatabase()


def phone(path: Path, messages: tuple[dict[str, object], ...] = given.PHONE_MESSAGES) -> None:
    given.made(path, given.PHONE_SCHEMA + given.PHONE_PEOPLE, given.phone_rows(messages))


def android(path: Path, messages: tuple[dict[str, object], ...] = given.ANDROID_MESSAGES) -> None:
    rows = [*given.android_rows(messages), *given.ADD_ONS]
    given.made(path, given.ANDROID_SCHEMA + given.ANDROID_PEOPLE, rows)


def of_a_phone(root: Path, reading: ModuleType) -> list[Item]:
    phone(root / "ChatStorage.sqlite")
    return list(reading.read(SOURCE, reading.make(root, given.PHONE_FILES)))


def of_android(root: Path, reading: ModuleType) -> list[Item]:
    android(root / "msgstore.db")
    given.made(root / "wa.db", given.ADDRESS_BOOK)
    return list(reading.read(SOURCE, reading.make(root, given.ANDROID_FILES)))


def of_old_android(root: Path, reading: ModuleType) -> list[Item]:
    given.made(root / "msgstore.db", given.OLD_SCHEMA, given.OLD_MESSAGES)
    given.made(root / "wa.db", given.ADDRESS_BOOK)
    return list(reading.read(SOURCE, reading.make(root, {"x/WhatsApp Images/IMG-20140424-WA0001.jpg": JPEG})))


def test_databases_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    found = {
        "phone": reading.golden(of_a_phone(tmp_path / "phone", reading)),
        "android": reading.golden(of_android(tmp_path / "android", reading)),
        "old": reading.golden(of_old_android(tmp_path / "old", reading)),
    }
    assert found == json.loads(EXPECTED.read_bytes())


def test_every_row_of_a_phone_is_told(tmp_path: Path, reading: ModuleType) -> None:
    items = of_a_phone(tmp_path, reading)
    told = [each.source_key.rpartition(":")[2][-2:] for each in items if isinstance(each, Draft)]
    assert told == ["01", "02", "03", "04", "05", "06", "16", "17"]
    assert [each.slug for each in items if isinstance(each, Problem)] == [
        "not-in-export", "not-in-export", "system-message", "system-message", "unsent", "system-message", "unsupported",
        "empty", "no-time",
    ]  # fmt: skip


def test_every_row_of_android_is_told(tmp_path: Path, reading: ModuleType) -> None:
    items = of_android(tmp_path, reading)
    told = [each.source_key.rpartition(":")[2] for each in items if isinstance(each, Draft)]
    assert told == ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A13", "A15", "A16", "A17", "call C1", "call C2"]
    assert [each.slug for each in items if isinstance(each, Problem)] == [
        "not-in-export", "system-message", "system-message", "unsent", "unsupported", "unsupported", "no-time",
    ]  # fmt: skip


def test_times_are_seconds_since_2001_on_a_phone_and_thousandths_since_1970_on_android(
    tmp_path: Path, reading: ModuleType
) -> None:
    first, *_ = reading.drafts(of_a_phone(tmp_path / "a", reading)).values()
    _, other, *_ = reading.drafts(of_android(tmp_path / "b", reading)).values()
    assert first.evidence[0].instant == datetime(2024, 4, 24, 22, 10, 16, tzinfo=UTC)
    assert other.evidence[0].instant == datetime(2024, 4, 24, 22, 10, 18, tzinfo=UTC)


def test_who_hides_a_number_is_known_by_it_where_it_is_known(tmp_path: Path, reading: ModuleType) -> None:
    found = reading.drafts(of_a_phone(tmp_path, reading))
    author = found[f"{GROUP}:3EB0AAAA0003"].people[0]
    assert (author.name, author.kind, author.value) == ("bo ✌", "phone", "+4152")
    assert f"{BO}:3EB0AAAA0004" in found


def test_the_address_book_has_the_names(tmp_path: Path, reading: ModuleType) -> None:
    row = {"ZFULLNAME": "Ana of the book", "ZWHATSAPPID": ANA, "ZLID": "1@lid"}
    given.made(tmp_path / "ContactsV2.sqlite", given.CONTACTS, [("ZWAADDRESSBOOKCONTACT", row)])
    lids = [("ZWAPHONENUMBERLIDPAIR", {"ZLID": "7777@lid", "ZPHONENUMBER": "4155"})]
    given.made(tmp_path / "LID.sqlite", given.LIDS, lids)
    found = reading.drafts(of_a_phone(tmp_path, reading))
    assert found[f"{ANA}:3EB0AAAA0001"].collections[0].name == "Ana of the book"
    assert found["77-1@g.us:3EB0AAAA0016"].collections[0].name == "+4153, Cem"
    assert {"emoji": "😂", "by": "Cem"} in found[f"{ANA}:3EB0AAAA0001"].extra["reactions"]


def test_a_hidden_number_that_nobody_knows_is_an_address_of_whatsapp(tmp_path: Path, reading: ModuleType) -> None:
    (author,) = reading.drafts(of_android(tmp_path, reading))["77-1@g.us:A16"].people
    assert (author.name, author.kind, author.value) == ("Cem", "whatsapp", "7777@lid")


def test_the_owner_is_the_author_of_what_was_sent(tmp_path: Path, reading: ModuleType) -> None:
    found = reading.drafts(of_android(tmp_path, reading))[f"{ANA}:A2"].people
    assert [(each.name, each.role) for each in found] == [
        ("Me", PersonRole.AUTHOR),
        ("Ana Núñez", PersonRole.RECIPIENT),
    ]


@pytest.mark.parametrize(("read", "key"), [(of_a_phone, "3EB0AAAA0002"), (of_android, "A2")])
def test_an_answer_belongs_to_what_it_answers(tmp_path: Path, reading: ModuleType, read: object, key: str) -> None:
    assert callable(read)
    found = reading.drafts(read(tmp_path, reading))
    (relation,) = found[f"{ANA}:{key}"].relations
    assert relation.source_key == next(iter(found))


def test_an_answer_in_an_archive_is_found(tmp_path: Path, reading: ModuleType) -> None:
    (relation,) = reading.drafts(of_a_phone(tmp_path, reading))[f"{GROUP}:3EB0AAAA0003"].relations
    assert relation.source_key == f"{GROUP}:3EB0AAAA0001"


def test_width_and_height_of_a_picture_are_no_place(tmp_path: Path, reading: ModuleType) -> None:
    found = reading.drafts(of_a_phone(tmp_path, reading))
    assert found[f"{GROUP}:3EB0AAAA0003"].place is None
    place = found[f"{BO}:3EB0AAAA0004"].place
    assert (place.lat, place.lon, place.name) == (47.05, 8.3, "Pier")


def test_reactions_that_were_taken_back_are_none(tmp_path: Path, reading: ModuleType) -> None:
    first = next(iter(reading.drafts(of_android(tmp_path, reading)).values()))
    assert first.extra["reactions"] == [{"emoji": "👍", "by": "bo ✌"}, {"emoji": "❤️", "by": "Me"}]


def test_calls_are_events_that_last(tmp_path: Path, reading: ModuleType) -> None:
    found = reading.drafts(of_android(tmp_path, reading))
    call, missed = found[f"{BO}:call C1"], found[f"{ANA}:call C2"]
    assert (call.kind, call.title, missed.title) == (Kind.EVENT, "Call: bo ✌", "Missed call: Ana Núñez")
    assert (call.evidence[0].until - call.evidence[0].instant).total_seconds() == 62
    assert missed.evidence[0].until is None


def test_files_are_found_where_they_lie_beside_it_and_anywhere_by_name_and_size(
    tmp_path: Path, reading: ModuleType
) -> None:
    found = reading.drafts(of_android(tmp_path, reading)).values()
    assert [each.locator for draft in found for each in draft.media] == [*given.ANDROID_FILES][:3]


def test_a_file_of_another_size_is_another_file(tmp_path: Path, reading: ModuleType) -> None:
    android(tmp_path / "msgstore.db")
    items = reading.read(SOURCE, reading.make(tmp_path, {"sorted/PTT-20240424-WA0002.opus": b"OggS\0\0"}))
    assert [each.media for each in items if isinstance(each, Draft) and each.media] == []


def test_a_path_of_the_oldest_databases_is_found(tmp_path: Path, reading: ModuleType) -> None:
    picture = reading.drafts(of_old_android(tmp_path, reading))["4917-12@g.us:1398372615-2"]
    assert [each.locator for each in picture.media] == ["x/WhatsApp Images/IMG-20140424-WA0001.jpg"]
    assert (picture.body, picture.collections[0].name) == ("look", "Old friends")


def test_a_database_that_was_being_moved_tells_every_message_once(tmp_path: Path, reading: ModuleType) -> None:
    rows = given.android_rows([{"key_id": "1398372615-1", "text_data": "Hello, moved"}])
    schema = given.ANDROID_SCHEMA + given.ANDROID_PEOPLE + given.OLD_SCHEMA
    given.made(tmp_path / "msgstore.db", schema, [*rows, *given.OLD_MESSAGES])
    items = reading.read(SOURCE, reading.make(tmp_path, {}))
    found = reading.drafts(items)
    assert found[f"{ANA}:1398372615-1"].body == "Hello, moved"
    assert f"{ANA}:1398372615-4" in found
    assert "twice" not in reading.problems(items).values()


def test_faces_stickers_and_small_pictures_are_nobodys(tmp_path: Path, reading: ModuleType) -> None:
    options = ReadOptions()
    phone(tmp_path / "ChatStorage.sqlite")
    files = {**given.PHONE_FILES, "Media/WhatsApp Profile Photos/bo.jpg": JPEG, "Profile/mine.jpg": JPEG}
    reading.read(SOURCE, reading.make(tmp_path, files), options)
    assert [each for each in files if not options.is_claimed(each)] == [
        f"Message/Media/{GROUP}/1/2/a.jpg",
        "moved/plan-uuid.pdf",
        "Profile/mine.jpg",
    ]


def test_two_phones_in_one_import_are_both_read(tmp_path: Path, reading: ModuleType) -> None:
    phone(tmp_path / "old phone/ChatStorage.sqlite", given.PHONE_MESSAGES[:1])
    android(tmp_path / "new phone/msgstore.db", given.ANDROID_MESSAGES[:2])
    given.made(tmp_path / "old phone/LID.sqlite", given.LIDS)
    found = reading.drafts(reading.read(SOURCE, reading.make(tmp_path, {})))
    assert {f"{ANA}:A1", f"{ANA}:3EB0AAAA0001"} <= found.keys()


def test_a_phone_that_keeps_hidden_numbers_in_the_same_database_is_read(tmp_path: Path, reading: ModuleType) -> None:
    schema = given.PHONE_SCHEMA + given.LIDS
    session = {"Z_PK": 1, "ZCONTACTJID": HIDDEN, "ZPARTNERNAME": "Bo"}
    pair = {"ZLID": HIDDEN, "ZPHONENUMBER": "+41 52"}
    rows: given.Tables = [
        ("ZWACHATSESSION", session),
        ("ZWAPHONENUMBERLIDPAIR", pair),
        *given.phone_rows(given.PHONE_MESSAGES[:1]),
    ]
    given.made(tmp_path / "ChatStorage.sqlite", schema, rows)
    found = reading.drafts(reading.read(SOURCE, reading.make(tmp_path, {})))
    assert [*found] == [f"{BO}:3EB0AAAA0001"]


@pytest.mark.parametrize("cut", [2, 5])
def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    monkeypatch.setattr("timeline_local.importers.chat_reading.ITEMS_PER_CHECKPOINT", cut)
    android(tmp_path / "msgstore.db")
    folder = reading.make(tmp_path, given.ANDROID_FILES)
    whole = list(SOURCE.read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*SOURCE.read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) > 2
    assert rests == [whole[index + 1 :] for index, _ in marks]


@pytest.mark.parametrize("name", ["7c7fba66680ef796b916b067077cc246adacf01d", "a/b/renamed.db"])
def test_a_database_is_known_whatever_it_is_called(tmp_path: Path, reading: ModuleType, name: str) -> None:
    phone(tmp_path / name)
    found = judge(reading.make(tmp_path, {})).recognised
    assert [each.source.name for each in found if each.recognition.confidence > 0.9] == ["whatsapp_database"]


def test_a_packed_database_is_read_with_its_files(tmp_path: Path, reading: ModuleType, packing: ModuleType) -> None:
    android(tmp_path / "made/msgstore.db")
    files = {"WhatsApp/Databases/msgstore.db": (tmp_path / "made/msgstore.db").read_bytes()}
    files |= {f"WhatsApp/{name}": content for name, content in given.ANDROID_FILES.items()}
    folder = reading.Folder(packing.pack(tmp_path / "packed.zip", files))
    found = reading.drafts(reading.read(SOURCE, folder)).values()
    assert len([each for draft in found for each in draft.media]) == 3


@pytest.mark.parametrize("name", ["msgstore.db.crypt14", "Databases/msgstore-2024-04-24.1.db.crypt15"])
def test_an_encrypted_backup_is_answered_with_what_to_do(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {name: bytes(range(200))})
    assert "Decrypt it with its key" in judge(folder).hint


@pytest.mark.parametrize("name", ["msgstore.db", "ChatStorage.sqlite", "a/wa.db"])
def test_a_file_that_is_only_called_as_a_database_is_answered_with_what_to_do(
    tmp_path: Path, reading: ModuleType, name: str
) -> None:
    assert "Export chat" in judge(reading.make(tmp_path, {name: b"\x00\x01"})).hint


def test_an_address_book_alone_is_answered_with_what_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    given.made(tmp_path / "wa.db", given.ADDRESS_BOOK)
    assert "together with msgstore.db" in judge(reading.make(tmp_path, {})).hint


def test_other_databases_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    given.made(tmp_path / "msgstore.db", "CREATE TABLE message (key_id TEXT, timestamp INTEGER);")
    folder = reading.make(tmp_path, {"ChatStorage.sqlite": "SQLite format 3\0", "x.db": b""})
    assert SOURCE.recognise(folder).confidence == 0
    assert reading.read(SOURCE, folder) == []


def test_a_path_does_not_lead_out_of_the_folder(tmp_path: Path, reading: ModuleType) -> None:
    media = {"ZMEDIALOCALPATH": "../../secret.jpg"}
    phone(tmp_path / "in/ChatStorage.sqlite", ({"ZSTANZAID": "A", "ZTEXT": "x", "media": media},))
    (tmp_path / "secret.jpg").write_bytes(JPEG)
    items = reading.read(SOURCE, reading.make(tmp_path / "in", {}))
    assert [each.slug for each in items if isinstance(each, Problem)] == ["not-in-export"]


@pytest.mark.parametrize("seed", range(5))
def test_a_changed_database_ends_nothing(tmp_path: Path, reading: ModuleType, seed: int) -> None:
    android(tmp_path / "msgstore.db")
    phone(tmp_path / "ChatStorage.sqlite")
    given.made(tmp_path / "wa.db", given.ADDRESS_BOOK)
    rnd = random.Random(seed)  # noqa: S311 - the same changes at every run
    for path in tmp_path.iterdir():
        data = bytearray(path.read_bytes())
        for _ in range(rnd.choice([1, 20, 200])):
            data[rnd.randrange(100, len(data))] = rnd.randrange(256)
        path.write_bytes(data)
    folder = reading.make(tmp_path, {})
    sources = [each.source for each in judge(folder).recognised]
    for item in opened(each.item for each in read_all(folder, sources, ReadOptions())):
        assert isinstance(item, Draft | Problem | Checkpoint)
