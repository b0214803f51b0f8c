"""Chats through a whole import: files that stand inside of a file are stored, and a later export adds what is new."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select

from tests.desk import Desk, note
from timeline_local.domain.query import parse
from timeline_local.models import Collection, CollectionMember, Identity, ImportItem, MediaFile, Memory, MemoryMedia
from timeline_local.queries import conversations
from timeline_local.queries.imports import ImportRow
from timeline_local.services.skeletons import Skeletons


def picture(colour: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(made, "PNG")
    return made.getvalue()


def sms(at: int, body: str, name: str = "Anna") -> str:
    return f'<sms address="+39061234567" date="{1560502862000 + at}" type="1" body="{body}" contact_name="{name}" />'


def mms(at: int, data: bytes, name: str = "Anna") -> str:
    part = f'<part seq="0" ct="image/png" cl="a.png" text="null" data="{base64.b64encode(data).decode()}" />'
    opening = f'<mms address="+39061234567" date="{1560502862000 + at}" msg_box="1" contact_name="{name}">'
    return f"{opening}<parts>{part}</parts></mms>"


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        note(folder / name, text)
    return folder


def backup(*items: str) -> str:
    return f"<smses>{''.join(items)}</smses>"


async def verdicts(desk: Desk, row: ImportRow) -> dict[str, int]:
    async with desk.database.read() as db:
        counted = select(ImportItem.verdict, func.count()).where(ImportItem.import_pk == row.pk)
        rows = await db.execute(counted.group_by(ImportItem.verdict))
        return {row[0]: row[1] for row in rows}


async def test_a_picture_that_stands_in_a_backup_becomes_a_file_of_its_message(desk: Desk, tmp_path: Path) -> None:
    red = picture("red")
    row = await desk.run(write(tmp_path / "in", {"sms.xml": backup(sms(1, "before"), mms(2, red))}), mode="reference")
    statement = (
        select(MediaFile.file_name, MediaFile.size_bytes, MediaFile.width, MediaFile.storage, MediaFile.sha256)
        .join(MemoryMedia, MemoryMedia.media_pk == MediaFile.pk)
        .join(Memory, Memory.pk == MemoryMedia.memory_pk)
    )
    async with desk.database.read() as db:
        (found,) = (await db.execute(statement)).all()
    assert tuple(found)[:4] == ("a.png", len(red), 8, "managed")
    assert desk.blobs.path(found.sha256).read_bytes() == red
    assert await verdicts(desk, row) == {"new": 2}


async def test_a_later_backup_adds_what_is_new_though_everything_stands_elsewhere_in_it(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.run(write(tmp_path / "1", {"sms.xml": backup(sms(1, "a"), mms(2, picture("red")))}))
    later = backup(sms(3, "between"), sms(1, "a"), mms(2, picture("red"), "Berg"), mms(4, picture("blue"), "Berg"))
    row = await desk.run(write(tmp_path / "2", {"sms.xml": later}))
    assert await verdicts(desk, row) == {"new": 2, "same": 1, "changed": 1}  # the contact has another name by then
    again = await desk.run(write(tmp_path / "3", {"other.xml": later}))
    assert await verdicts(desk, again) == {"same": 4}
    async with desk.database.read() as db:
        assert len((await db.execute(select(Memory.pk))).all()) == 4
        named = select(Collection.name, Collection.kind).join(
            CollectionMember, CollectionMember.collection_pk == Collection.pk
        )
        assert set((await db.execute(named)).all()) == {("Berg", "conversation")}
        assert len((await db.execute(select(Identity.pk))).all()) == 1


def whatsapp(*said: tuple[int, str]) -> dict[str, str]:
    lines = (f"14/06/2019, 09:{minute:02} - Anna: {text}\n" for minute, text in said)
    return {"WhatsApp Chat with Anna.txt": "".join(lines)}


def texts(*said: tuple[int, str]) -> dict[str, str]:
    """Two of one minute are some milliseconds apart: what has all of them in common is one message, backed up twice."""
    at = [60_000 * minute - 862_000 + said[:place].count((minute, text)) for place, (minute, text) in enumerate(said)]
    return {"sms.xml": backup(*(sms(when, text) for when, (_, text) in zip(at, said, strict=True)))}


def telegram(*said: tuple[int, str]) -> dict[str, str]:
    written = [
        {"id": 10 * minute + said[:place].count((minute, text)), "type": "message", "from": "Anna", "from_id": "user1"}
        | {"date_unixtime": str(1560502800 + 60 * minute), "text": text}
        for place, (minute, text) in enumerate(said)
    ]
    chat = {"name": "Anna", "type": "personal_chat", "id": 1, "messages": written}
    return {"result.json": json.dumps(chat)}


def meta(folder: str, *said: tuple[int, str]) -> dict[str, str]:
    written = [
        {"sender_name": "Anna", "timestamp_ms": (1560502800 + 60 * minute) * 1000, "content": text}
        for minute, text in reversed(said)
    ]
    chat = {"participants": [{"name": "Anna"}], "messages": written, "title": "Anna", "thread_path": "inbox/anna_1"}
    return {f"{folder}/messages/inbox/anna_1/message_1.json": json.dumps(chat)}


EXPORTS = {
    "whatsapp": whatsapp,
    "sms": texts,
    "telegram": telegram,
    "messenger": partial(meta, "your_facebook_activity"),
    "instagram": partial(meta, "your_instagram_activity"),
}
OK = (1, "ok")


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS.keys())
async def test_what_was_said_twice_in_one_minute_was_said_twice(
    desk: Desk, tmp_path: Path, export: Callable[..., dict[str, str]]
) -> None:
    row = await desk.run(write(tmp_path / "1", export(OK, OK, (2, "well"))))
    assert await verdicts(desk, row) == {"new": 3}
    assert await desk.count(Memory) == 3
    again = await desk.run(write(tmp_path / "2", export(OK, OK, (2, "well"))))
    assert await verdicts(desk, again) == {"same": 3}
    longer = await desk.run(write(tmp_path / "3", export((0, "hi"), OK, OK, (2, "well"), (3, "ok"))))
    found = await verdicts(desk, longer)
    assert await desk.count(Memory) == 5
    assert found["new"] == 2


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS.keys())
async def test_two_exports_of_one_chat_in_one_folder_add_nothing_twice(
    desk: Desk, tmp_path: Path, export: Callable[..., dict[str, str]]
) -> None:
    first, second = export(OK, OK, (2, "well")), export(OK, OK, (2, "well"), (3, "ok"))
    both = {f"a/{name}": text for name, text in first.items()} | {f"b/{name}": text for name, text in second.items()}
    row = await desk.run(write(tmp_path / "in", both))
    assert await desk.count(Memory) == 4
    assert (await verdicts(desk, row))["skipped"] == 3


async def test_undo_takes_the_messages_and_their_files_back(desk: Desk, tmp_path: Path) -> None:
    row = await desk.run(write(tmp_path / "in", {"sms.xml": backup(sms(1, "a"), mms(2, picture("red")))}))
    await desk.undo(row)
    async with desk.database.read() as db:
        assert (await db.execute(select(Memory.pk))).all() == []
        assert (await db.execute(select(Collection.pk))).all() == []


async def test_a_chat_is_folded_on_the_timeline_with_its_names_and_first_words(desk: Desk, tmp_path: Path) -> None:
    said = "14/06/2019, 09:01 - Anna: Good morning\n14/06/2019, 09:02 - Bo: hi\n14/06/2019, 21:00 - Anna: Good night\n"
    later = "15/06/2019, 09:00 - Bo: alone\n"
    await desk.run(write(tmp_path / "in", {"WhatsApp Chat with Choir.txt": said + later}))
    found = await Skeletons(desk.database).get(desk.owner_pk, parse("", date(2026, 3, 1)), fold=True)
    assert [count for _, count in found.day_counts()] == [1, 1]
    async with desk.database.read() as db:
        (told,) = (await conversations.told(db, desk.owner_pk, found.folds)).values()
        assert await conversations.told(db, desk.owner_pk + 1, found.folds) == {}
        assert await conversations.conversation_of(db, desk.owner_pk + 1) == {}
    assert (told.name, told.first, told.people) == ("Choir", "Good morning", ("Anna", "Bo"))
