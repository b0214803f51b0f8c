"""Mail by its threads: an answer makes one, which holds what it answers; lone messages are in none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.desk import Desk, note
from timeline_local.domain.query import parse
from timeline_local.models import Collection, CollectionMember, Memory, SourceLink
from timeline_local.queries import conversations
from timeline_local.services import collections
from timeline_local.services.skeletons import Skeletons

A, B, C, D = ("a@x", "b@x", "c@x", "d@x")


def mail(own: str, *answers: str, subject: str = "Re: Lunch", only: str = "references", minute: int = 0) -> str:
    """A message; answers: whom it goes back to, the first one first."""
    told = {
        "Message-ID": f"<{own}>",
        "From": f"{own[0].upper()} <{own[0]}@example.org>",
        "Subject": subject,
        "Date": f"Fri, 14 Jun 2019 09:{minute:02}:00 +0200",
        "References": " ".join(f"<{each}>" for each in answers) if only == "references" else "",
        "In-Reply-To": f"<{answers[-1]}>" if answers else "",
    }
    head = "".join(f"{name}: {value}\n" for name, value in told.items() if value)
    return f"From a@example.org Fri Jun 14 09:01:02 2019\n{head}\nThis is {own}\n\n"


LUNCH = (
    mail(A, subject="Lunch"),
    mail(B, A, minute=1),
    mail(C, A, B, minute=2),
    mail(D, subject="Alone", minute=3),
)


def mailbox(folder: Path, *messages: str) -> Path:
    return note(folder / "Inbox.mbox", "".join(messages)).parent


async def threads(desk: Desk) -> dict[str, list[str]]:
    """Conversation → the source keys of its members in order."""
    members = (
        select(Collection.name, Memory.source_key)
        .join(CollectionMember, CollectionMember.collection_pk == Collection.pk)
        .join(Memory, Memory.pk == CollectionMember.memory_pk)
        .where(Collection.kind == "conversation")
        .order_by(Collection.pk, CollectionMember.position, Memory.pk)
    )
    found: dict[str, list[str]] = {}
    async with desk.database.read() as db:
        for name, key in await db.execute(members):
            found.setdefault(name, []).append(str(key))
    return found


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
@pytest.mark.parametrize("batch", [1, 50])
async def test_a_thread_is_a_conversation_called_like_its_subject(
    desk: Desk, tmp_path: Path, order: Sequence[int], batch: int
) -> None:
    desk.settings = desk.settings.model_copy(
        update={"imports": desk.settings.imports.model_copy(update={"batch": batch})}
    )
    folder = mailbox(tmp_path / "in", *(LUNCH[place] for place in order))
    row = await desk.run(folder)
    assert row.counts["new"] == 4
    assert await threads(desk) == {"Lunch": [A, B, C]}
    before = await desk.dump()
    again = await desk.run(mailbox(tmp_path / "again", *LUNCH))
    assert (again.counts["new"], again.counts["changed"], again.counts["same"]) == (0, 0, 4)
    assert await desk.dump() == before


async def test_a_day_of_a_thread_is_one_tile(desk: Desk, tmp_path: Path) -> None:
    await desk.run(mailbox(tmp_path / "in", *LUNCH))
    found = await Skeletons(desk.database).get(desk.owner_pk, parse("", date(2026, 3, 1)), fold=True)
    assert len(found.pks) == 2
    async with desk.database.read() as db:
        (told,) = (await conversations.told(db, desk.owner_pk, found.folds)).values()
    assert (told.name, told.first, told.people) == ("Lunch", f"This is {A}", ("A", "B", "C"))


@pytest.mark.parametrize("only", ["references", "in-reply-to"])
async def test_a_program_that_names_the_last_message_alone_parts_no_thread(
    desk: Desk, tmp_path: Path, only: str
) -> None:
    short = (mail(A, subject="Lunch"), mail(B, A, only=only, minute=1), mail(C, B, only=only, minute=2))
    await desk.run(mailbox(tmp_path / "in", *short, mail(D, C, only=only, minute=3)))
    assert await threads(desk) == {"Lunch": [A, B, C, D]}


@pytest.mark.parametrize("first", [[0], [1], [2], [0, 1], [1, 2], [0, 2]])
async def test_what_comes_with_a_later_mailbox_belongs_to_its_thread(
    desk: Desk, tmp_path: Path, first: list[int]
) -> None:
    await desk.run(mailbox(tmp_path / "1", *(LUNCH[place] for place in first)))
    before = await desk.dump(), await threads(desk)
    row = await desk.run(mailbox(tmp_path / "2", *LUNCH))
    assert await threads(desk) == {"Lunch": [A, B, C]}
    await desk.undo(row)
    assert (await desk.dump(), await threads(desk)) == before


async def test_threads_of_one_subject_are_several_and_no_album_of_the_owner_s(desk: Desk, tmp_path: Path) -> None:
    async with desk.database.write() as db:
        await collections.create(db, desk.owner_pk, {"name": "Lunch"}, today=desk.now.date(), now=desk.now)
    pairs = [(mail(f"{k}a@x", subject="Lunch"), mail(f"{k}b@x", f"{k}a@x")) for k in range(3)]
    await desk.run(mailbox(tmp_path / "in", *(each for pair in pairs for each in pair)))
    found = await threads(desk)
    assert list(found) == ["Lunch (2)", "Lunch (3)", "Lunch (4)"]
    assert [len(keys) for keys in found.values()] == [2, 2, 2]


async def test_a_thread_that_the_owner_deleted_is_not_made_again(desk: Desk, tmp_path: Path) -> None:
    await desk.run(mailbox(tmp_path / "1", *LUNCH[:2]))
    async with desk.database.write() as db:
        made = (await db.execute(select(Collection.id))).scalar_one()
        await collections.drop(db, desk.owner_pk, made, expected_version=None)
    await desk.run(mailbox(tmp_path / "2", *LUNCH))
    assert await threads(desk) == {}


async def test_undo_of_a_mailbox_leaves_no_thread_and_no_link(desk: Desk, tmp_path: Path) -> None:
    row = await desk.run(mailbox(tmp_path / "in", *LUNCH))
    await desk.undo(row)
    async with desk.database.read() as db:
        for table in (Memory, Collection, SourceLink):
            assert (await db.execute(select(func.count()).select_from(table))).scalar_one() == 0
