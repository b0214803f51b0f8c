"""What memories of an import belong to: collections, one another, people in their roles, places, the ways they went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.desk import NOW, Desk, ToldSource, picture, tell
from timeline_local.domain.drafts import (
    CollectionKind,
    CollectionRef,
    Draft,
    MediaRef,
    PersonRef,
    PersonRole,
    PlaceRef,
    RelationKind,
    RelationRef,
    Sample,
)
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moments import TimeBasis, TimeEvidence
from timeline_local.models import (
    Collection,
    CollectionMember,
    Identity,
    Location,
    Memory,
    MemoryPath,
    MemoryPerson,
    Position,
    Relation,
)
from timeline_local.services import (
    collections,
    location_edits,
    location_merge,
    people,
    relations,
)

START = datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.fixture
async def desk(desk: Desk) -> Desk:
    desk.sources = (ToldSource(),)
    return desk


def note(key: str, *, minute: int = 0, **more: Any) -> Draft:  # noqa: ANN401 - fields of a draft
    evidence = TimeEvidence(basis=TimeBasis.SOURCE, instant=START + timedelta(minutes=minute))
    return Draft(**{"source_key": key, "kind": Kind.NOTE, "body": f"text {key}", "evidence": (evidence,), **more})


def album(name: str = "Rome", *, key: str = "rome", position: int | None = None) -> tuple[CollectionRef, ...]:
    return (CollectionRef(key=key, name=name, kind=CollectionKind.TRIP, position=position),)


async def members(desk: Desk) -> dict[str, list[str]]:
    """The bodies of all members by the name of their collection, in their order."""
    statement = (
        select(Collection.name, Memory.body)
        .outerjoin(CollectionMember, CollectionMember.collection_pk == Collection.pk)
        .outerjoin(Memory, Memory.pk == CollectionMember.memory_pk)
        .order_by(CollectionMember.position, Memory.pk)
    )
    found: dict[str, list[str]] = {}
    async with desk.database.read() as db:
        for name, body in await db.execute(statement):
            found.setdefault(name, []).extend([] if body is None else [body.removeprefix("text ")])
    return found


async def the_collection(desk: Desk) -> Any:  # noqa: ANN401 - a row
    async with desk.database.read() as db:
        return (await db.execute(select(Collection.id, Collection.kind, Collection.pk))).one()


async def memory_pk(desk: Desk, key: str) -> int:
    async with desk.database.read() as db:
        return (await db.execute(select(Memory.pk).where(Memory.source_key == key))).scalar_one()


# --- collections -------------------------------------------------------------------


async def test_members_stand_in_the_order_of_time_or_as_their_source_has_them(desk: Desk, tmp_path: Path) -> None:
    timed = [note("c", minute=3, collections=album()), note("a", minute=1, collections=album())]
    placed = [
        note("x", minute=1, collections=album("Best", key="best", position=2)),
        note("y", minute=2, collections=album("Best", key="best", position=1)),
    ]
    await desk.run(tell(tmp_path / "a", *timed, *placed))
    assert await members(desk) == {"Rome": ["a", "c"], "Best": ["y", "x"]}
    later = await desk.run(tell(tmp_path / "b", *timed, note("b", minute=2, collections=album())))
    assert (later.counts["same"], (await members(desk))["Rome"]) == (2, ["a", "b", "c"])


async def test_a_collection_keeps_its_kind_and_is_found_by_its_key(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("a", collections=album())))
    await desk.run(tell(tmp_path / "b", note("b", collections=album("Rome 2024"))))
    assert ((await the_collection(desk)).kind, await members(desk)) == ("trip", {"Rome 2024": ["a", "b"]})


async def test_the_owners_name_of_a_collection_stays(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("a", collections=album())))
    async with desk.database.write() as db:
        collection_id = (await the_collection(desk)).id
        name = {"name": "La dolce vita"}
        await collections.edit(db, desk.owner_pk, collection_id, name, expected_version=None, today=NOW.date(), now=NOW)
    await desk.run(tell(tmp_path / "b", note("b", collections=album("Rome 2024"))))
    assert await members(desk) == {"La dolce vita": ["a", "b"]}


async def test_a_collection_that_the_owner_deleted_does_not_come_back(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("a", collections=album())))
    async with desk.database.write() as db:
        await collections.drop(db, desk.owner_pk, (await the_collection(desk)).id, expected_version=None)
    await desk.run(tell(tmp_path / "b", note("b", collections=album())))
    assert await members(desk) == {}


async def test_a_member_that_the_owner_took_out_stays_out(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("a", collections=album()), note("b", collections=album())))
    async with desk.database.write() as db:
        await collections.remove(
            db, desk.owner_pk, (await the_collection(desk)).id, [await memory_pk(desk, "a")], now=NOW
        )
    changed = note("a", collections=album(), title="new words")
    row = await desk.run(tell(tmp_path / "b", changed))
    assert (row.counts["changed"], await members(desk)) == (1, {"Rome": ["b"]})


async def test_the_owners_own_collection_of_that_name_is_filled(desk: Desk, tmp_path: Path) -> None:
    fields = {"name": "Rome"}
    async with desk.database.write() as db:
        await collections.create(db, desk.owner_pk, fields, today=NOW.date(), now=NOW)
    row = await desk.run(tell(tmp_path / "a", note("a", collections=album())))
    assert await members(desk) == {"Rome": ["a"]}
    await desk.undo(row)
    assert await members(desk) == {"Rome": []}


async def test_two_albums_of_one_name_are_two_collections(desk: Desk, tmp_path: Path) -> None:
    await desk.run(
        tell(tmp_path / "a", note("a", collections=album("", key="1")), note("b", collections=album("", key="2")))
    )
    assert await members(desk) == {"Trip": ["a"], "Trip (2)": ["b"]}


async def test_undo_takes_back_collections_members_and_names(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("a", collections=album())))
    before = (await desk.dump(), await members(desk))
    more = (*album("Rome 2024"), *album("Best", key="best"))
    row = await desk.run(tell(tmp_path / "b", note("a", title="new", collections=more), note("b", collections=more)))
    assert await members(desk) == {"Rome 2024": ["a", "b"], "Best": ["a", "b"]}
    await desk.undo(row)
    assert (await desk.dump(), await members(desk)) == before


async def test_a_picture_that_is_here_already_joins_its_album(desk: Desk, tmp_path: Path) -> None:
    picture(tmp_path / "a" / "x.jpg")
    picture(tmp_path / "b" / "y.jpg")
    plain = Draft(source_key="one", media=(MediaRef(locator="x.jpg"),))
    in_album = Draft(source_key="two", media=(MediaRef(locator="y.jpg"),), collections=album())
    await desk.run(tell(tmp_path / "a", plain))
    before = await desk.dump()
    folder = tell(tmp_path / "b", in_album)
    row = await desk.run(folder)
    assert (row.counts["changed"], await desk.count(Memory), await desk.count(CollectionMember)) == (1, 1, 1)
    again = await desk.run(folder)
    assert (again.counts["changed"], again.counts["same"]) == (0, 1)
    await desk.undo(row)
    assert (await desk.dump(), await members(desk)) == (before, {})


async def test_a_picture_twice_in_one_export_joins_every_album(desk: Desk, tmp_path: Path) -> None:
    picture(tmp_path / "a" / "x.jpg")
    picture(tmp_path / "a" / "y.jpg")
    one = Draft(source_key="one", media=(MediaRef(locator="x.jpg"),), collections=album())
    two = Draft(source_key="two", media=(MediaRef(locator="y.jpg"),), collections=album("Best", key="best"))
    row = await desk.run(tell(tmp_path / "a", one, two))
    assert (row.counts["new"], row.counts["changed"], await desk.count(Memory)) == (1, 1, 1)
    assert {name: len(bodies) for name, bodies in (await members(desk)).items()} == {"Rome": 1, "Best": 1}


# --- relations -----------------------------------------------------------------------


def reply(key: str, to: str, kind: RelationKind = RelationKind.REPLY) -> Draft:
    return note(key, relations=(RelationRef(kind=kind, source_key=to),))


async def links(desk: Desk) -> list[tuple[str, str, str]]:
    """(from, kind, to) of all relations, by the keys of the memories."""
    async with desk.database.read() as db:
        names = {row.pk: row.source_key for row in await db.execute(select(Memory.pk, Memory.source_key))}
        rows = (await db.execute(select(Relation.from_pk, Relation.kind, Relation.to_pk))).all()
    return sorted((names[one], kind, names[other]) for one, kind, other in rows)


async def test_memories_are_linked_whichever_is_read_first(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", reply("2", "1"), note("1"), reply("3", "2")))
    await desk.run(tell(tmp_path / "b", reply("0", "later"), reply("4", "1")))
    assert await links(desk) == [("2", "reply", "1"), ("3", "reply", "2"), ("4", "reply", "1")]
    await desk.run(tell(tmp_path / "c", note("later")))
    assert ("0", "reply", "later") in await links(desk)


async def test_a_memory_is_not_linked_to_itself_nor_related_twice(desk: Desk, tmp_path: Path) -> None:
    await desk.run(
        tell(
            tmp_path / "a",
            reply("1", "1"),
            reply("2", "3", RelationKind.RELATED),
            reply("3", "2", RelationKind.RELATED),
        )
    )
    assert [kind for _, kind, _ in await links(desk)] == ["related"]


async def test_a_link_the_owner_took_off_stays_off(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("1"), reply("2", "1")))
    async with desk.database.write() as db:
        relation_id = (await db.execute(select(Relation.id))).scalar_one()
        memory_id = (await db.execute(select(Memory.id).where(Memory.source_key == "2"))).scalar_one()
        await relations.unrelate(db, desk.owner_pk, memory_id, relation_id)
    relation = (RelationRef(kind=RelationKind.REPLY, source_key="1"),)
    row = await desk.run(tell(tmp_path / "b", note("1"), note("2", title="changed", relations=relation)))
    assert (row.counts["changed"], await links(desk)) == (1, [])


async def test_undo_takes_links_back_that_the_import_made_between_older_memories(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("1"), note("2")))
    before = await desk.dump()
    relation = (RelationRef(kind=RelationKind.QUOTE, source_key="1"),)
    row = await desk.run(tell(tmp_path / "b", note("2", relations=relation)))
    assert await links(desk) == [("2", "quote", "1")]
    await desk.undo(row)
    assert (await links(desk), await desk.dump()) == ([], before)


async def test_a_link_comes_back_with_its_other_end(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", reply("2", "1")))
    target = tell(tmp_path / "b", note("1"))
    await desk.undo(await desk.run(target))
    assert await links(desk) == []
    await desk.run(target)
    assert await links(desk) == [("2", "reply", "1")]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), cut=st.integers(0, 6), to=st.lists(st.integers(0, 7), min_size=6, max_size=6))
async def test_links_are_the_same_in_whatever_order_their_memories_come(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, order: list[int], cut: int, to: list[int]
) -> None:
    drafts = [reply(str(number), str(to[number])) for number in order]
    parts = [part for part in (drafts[:cut], drafts[cut:]) if part]
    rows = [await desk.run(tell(tmp_path_factory.mktemp("told"), *part)) for part in parts]
    found = await links(desk)
    for row in rows:
        await desk.undo(row)
    assert found == sorted((str(one), "reply", str(to[one])) for one in range(6) if to[one] < 6 and to[one] != one)
    assert (await links(desk), await desk.count(Memory)) == ([], 0)


# --- people, places, the trash ---------------------------------------------------------


async def roles(desk: Desk) -> dict[str, str]:
    async with desk.database.read() as db:
        rows = await db.execute(select(Identity.name, MemoryPerson.role).join_from(MemoryPerson, Identity))
        return {row.name: row.role for row in rows}


async def test_people_have_the_strongest_of_their_roles(desk: Desk, tmp_path: Path) -> None:
    people = (
        PersonRef(name="Anna"),
        PersonRef(name="Anna", role=PersonRole.AUTHOR),
        PersonRef(name="Ben", role=PersonRole.RECIPIENT),
    )
    await desk.run(tell(tmp_path / "a", note("a", people=people)))
    assert await roles(desk) == {"Anna": "author", "Ben": "recipient"}


async def test_who_stays_when_the_owner_names_people_anew_keeps_the_role(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("a", people=(PersonRef(name="Anna", role=PersonRole.AUTHOR),))))
    async with desk.database.write() as db:
        named = [PersonRef(name="Anna"), PersonRef(name="Cleo")]
        await people.set_people(db, desk.owner_pk, await memory_pk(desk, "a"), named, now=NOW)
    assert await roles(desk) == {"Anna": "author", "Cleo": "mentioned"}


def at_place(key: str, place: PlaceRef) -> Draft:
    return note(key, place=place)


BAR = PlaceRef(lat=41.9, lon=12.5, name="Bar", kind="cafe", address="Via Appia 1", key="place-1")


async def places(desk: Desk) -> list[tuple[Any, ...]]:
    async with desk.database.read() as db:
        rows = await db.execute(select(Location.name, Location.kind, Location.address).order_by(Location.pk))
        return [tuple(row) for row in rows]


async def test_a_place_is_found_by_its_sources_key_whatever_it_is_called(desk: Desk, tmp_path: Path) -> None:
    renamed = PlaceRef(lat=41.9, lon=12.5, name="Bar Roma", key="place-1")
    await desk.run(tell(tmp_path / "a", at_place("a", BAR)))
    await desk.run(tell(tmp_path / "b", at_place("b", renamed)))
    assert await places(desk) == [("Bar", "cafe", "Via Appia 1")]


async def test_two_houses_of_one_name_are_two_locations(desk: Desk, tmp_path: Path) -> None:
    other = PlaceRef(lat=48.1, lon=11.5, name="Bar", key="place-2")
    await desk.run(tell(tmp_path / "a", at_place("a", BAR), at_place("b", other)))
    assert len(await places(desk)) == 2


async def test_a_location_that_the_owner_deleted_is_not_made_again(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", at_place("a", BAR)))
    async with desk.database.write() as db:
        location_id = (await db.execute(select(Location.id))).scalar_one()
        await location_edits.remove(db, desk.owner_pk, location_id, expected_version=None, now=NOW)
    await desk.run(tell(tmp_path / "b", at_place("b", BAR)))
    assert await places(desk) == []


async def test_a_key_leads_to_what_its_location_was_merged_into(desk: Desk, tmp_path: Path) -> None:
    other = PlaceRef(lat=41.9, lon=12.6, name="Cinema", key="place-2")
    await desk.run(tell(tmp_path / "a", at_place("a", BAR), at_place("b", other)))
    async with desk.database.write() as db:
        bar, cinema = (await db.execute(select(Location.id).order_by(Location.pk))).scalars()
        merged = await location_merge.merge(db, desk.owner_pk, bar, [cinema], expected_version=None, now=NOW)
    await desk.run(tell(tmp_path / "b", at_place("c", other)))
    assert [each[0] for each in await places(desk)] == ["Bar"]
    async with desk.database.write() as db:
        await location_merge.undo_merge(db, desk.owner_pk, merged.data, now=NOW)
    await desk.run(tell(tmp_path / "c", at_place("d", other)))
    assert sorted(each[0] for each in await places(desk)) == ["Bar", "Cinema"]


async def test_undo_forgets_the_keys_of_places_it_takes_back(desk: Desk, tmp_path: Path) -> None:
    before = await desk.dump()
    folder = tell(tmp_path / "a", at_place("a", BAR))
    await desk.undo(await desk.run(folder))
    assert await desk.dump() == before
    await desk.run(folder)
    assert len(await places(desk)) == 1


async def test_what_lies_in_its_sources_trash_is_left_out_and_what_is_here_stays(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("a")))
    before = await desk.dump()
    row = await desk.run(tell(tmp_path / "b", note("a", trashed=True), note("b", trashed=True)))
    assert await desk.items(row) == {"a": ("same", "trashed-at-source"), "b": ("skipped", "trashed-at-source")}
    assert await desk.dump() == before


async def test_the_same_key_from_another_folder_is_the_same_memory(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", note("a")))
    row = await desk.run(tell(tmp_path / "b", note("a", title="more")))
    assert (row.counts["changed"], await desk.count(Memory)) == (1, 1)


# --- the ways memories went --------------------------------------------------------------


def move(key: str, first: int, last: int, **more: Any) -> Draft:  # noqa: ANN401 - fields of a draft
    path = tuple(Sample(START + timedelta(minutes=n), 41.9 + n / 1000, 12.5) for n in range(first, last))
    return note(key, kind=Kind.MOVE, path=path, device="phone", **more)


async def ways(desk: Desk) -> dict[str, tuple[int, int]]:
    """From and until which minute each memory went its way."""
    statement = select(Memory.source_key, MemoryPath.from_at, MemoryPath.until_at)
    async with desk.database.read() as db:
        rows = (await db.execute(statement.join(MemoryPath, MemoryPath.memory_pk == Memory.pk))).all()
    minute = timedelta(minutes=1)
    return {str(key): ((start - START) // minute, (end - START) // minute) for key, start, end in rows}


async def test_a_way_is_stored_once_however_many_memories_go_it(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", move("a", 0, 10), move("b", 5, 15), move("c", 9, 10)))
    assert await ways(desk) == {"a": (0, 9), "b": (5, 14), "c": (9, 9)}
    assert await desk.count(Position) == 15


async def test_undo_of_a_changed_way_gives_the_old_one_back(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", move("a", 0, 10)))
    before = await desk.dump()
    row = await desk.run(tell(tmp_path / "b", move("a", 2, 30)))
    assert (await ways(desk), await desk.count(Position)) == ({"a": (2, 29)}, 30)
    await desk.undo(row)
    assert (await ways(desk), await desk.dump()) == ({"a": (0, 9)}, before)


async def test_undo_of_ways_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    before = await desk.dump()
    row = await desk.run(tell(tmp_path / "a", move("a", 0, 10)))
    await desk.undo(row)
    assert (await ways(desk), await desk.dump()) == ({}, before)
