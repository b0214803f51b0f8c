"""Positions and contacts as items of an import: planned, written, found again, taken back."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests.desk import NOW, Desk, ToldSource, picture, tell
from timeline_local.core.database import Database
from timeline_local.domain.drafts import Contact, Draft, MediaRef, PersonRef, PersonRole, Sample, Samples
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moments import TimeBasis, TimeEvidence
from timeline_local.importers.sources.vcard import VCard
from timeline_local.models import Identity, ImportItem, Person, Position, PositionSpan
from timeline_local.services import person_edits, positions
from timeline_local.services.positions import Track

START = datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.fixture
async def desk(desk: Desk) -> Desk:
    desk.sources = (ToldSource(),)
    return desk


def way(first: int, last: int, *, key: str = "way", device: str = "phone") -> Samples:
    """A position every minute, from the first to before the last."""
    samples = tuple(Sample(START + timedelta(minutes=n), 41.9 + n / 1000, 12.5, 4.0) for n in range(first, last))
    return Samples(source_key=key, device=device, samples=samples)


ANNA = Contact(
    source_key="anna",
    name="Anna Rossi",
    addresses=(
        PersonRef(name="", kind="email", value="Anna@Example.org"),
        PersonRef(name="", kind="phone", value="+39 06 1234567"),
    ),
    born="1985-04-12",
    note="met in Rome",
)


# --- positions -------------------------------------------------------------------


async def test_positions_are_stored_to_the_centimetre_with_their_device(desk: Desk, tmp_path: Path) -> None:
    sample = Sample(START, 41.9028335, -12.4964123, 4.26, -3.5, 1.234)
    row = await desk.run(tell(tmp_path / "a", Samples(source_key="s", device="phone", samples=(sample,))))
    async with desk.database.read() as db:
        stored = (await db.execute(select(Position.__table__))).one()._asdict()
    assert (row.counts["new"], positions.sample_of(stored)) == (
        1,
        Sample(START, 41.9028335, -12.4964123, 4.3, -3.5, 1.23),
    )


async def test_a_plan_counts_positions_and_neither_dates_nor_years(desk: Desk, tmp_path: Path) -> None:
    row = await desk.plan(tell(tmp_path / "a", way(0, 10)))
    assert row.plan is not None
    assert row.plan["by_kind"] == {"positions": {"new": 1, "changed": 0, "same": 0, "skipped": 0, "failed": 0}}
    assert (row.plan["by_year"], row.plan["by_basis"], row.plan["attention"]) == ({}, {}, [])
    assert await desk.count(Position) == 0


async def test_overlapping_exports_add_nothing_twice(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", way(0, 20)))
    row = await desk.run(tell(tmp_path / "b", way(10, 30), way(5, 15, key="inside")))
    assert (row.counts["new"], row.counts["same"], await desk.count(Position)) == (1, 1, 30)


async def test_the_same_instants_of_two_devices_are_two_positions(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", way(0, 5), way(0, 5, key="other", device="watch")))
    assert await desk.count(Position) == 10


async def test_undo_takes_back_exactly_what_the_import_added(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "STEP", 7)
    await desk.run(tell(tmp_path / "a", way(20, 40)))
    before = await desk.dump()
    row = await desk.run(tell(tmp_path / "b", way(0, 60)))
    assert await desk.count(Position) == 60
    undone = await desk.undo(row)
    assert await desk.dump() == before
    async with desk.database.read() as db:
        states = (await db.execute(select(ImportItem.state).where(ImportItem.import_pk == row.pk))).scalars().all()
    assert (undone.state, states, await desk.count(PositionSpan)) == ("undone", ["undone"], 1)


async def test_undone_positions_come_again(desk: Desk, tmp_path: Path) -> None:
    folder = tell(tmp_path / "a", way(0, 20))
    await desk.undo(await desk.run(folder))
    await desk.run(folder)
    assert await desk.count(Position) == 20


@pytest.mark.parametrize(
    "junk",
    [
        Sample(START, 0.0, 0.0),
        Sample(START, 91.0, 12.0),
        Sample(START, 41.0, -180.5),
        Sample(START, float("nan"), 12.0),
        Sample(datetime(1970, 1, 1, tzinfo=UTC), 41.0, 12.0),
        Sample(datetime(1904, 1, 1, tzinfo=UTC), 41.0, 12.0),
        Sample(NOW + timedelta(days=400), 41.0, 12.0),
    ],
)
async def test_positions_that_cannot_be_are_left_out(desk: Desk, tmp_path: Path, junk: Sample) -> None:
    item = Samples(source_key="s", device="phone", samples=(junk, Sample(START, 41.0, 12.0)))
    alone = Samples(source_key="t", device="phone", samples=(junk,))
    row = await desk.run(tell(tmp_path / "a", item, alone))
    assert (row.counts["new"], row.counts["skipped"], await desk.count(Position)) == (1, 1, 1)
    assert (await desk.items(row))["t"] == ("skipped", "not-believable")


async def test_a_large_export_is_written_in_many_transactions(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.services.import_run.BATCH_BYTES", 2000)
    monkeypatch.setattr("timeline_local.services.import_plan.SAMPLES_AS_DRAFT", 1)
    row = await desk.plan(tell(tmp_path / "a", *(way(n, n + 100, key=str(n)) for n in range(0, 1000, 100))))
    await desk.start(row)
    assert len(await desk.work("import")) > 5
    assert await desk.count(Position) == 1000


_TRACKS = st.lists(
    st.tuples(st.sampled_from(["phone", "watch", ""]), st.lists(st.integers(0, 30), max_size=12)), max_size=4
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=_TRACKS, second=_TRACKS)
async def test_of_any_two_imports_the_second_adds_what_the_first_had_not_and_takes_just_that_back(
    database: Database,
    owner: Any,  # noqa: ANN401 - conftest's Owner
    first: list[tuple[str, list[int]]],
    second: list[tuple[str, list[int]]],
) -> None:
    class Undone(Exception):
        pass

    with suppress(Undone):
        async with database.write() as db:
            one, two = _tracks(first, 1.0), _tracks(second, 2.0)
            await positions.add(db, owner.pk, one, source="one", import_pk=None, now=NOW)
            before = (await db.execute(select(Position.device_pk, Position.at, Position.lat_e7))).all()
            counts = await positions.add(db, owner.pk, two, source="one", import_pk=None, now=NOW)
            after = (await db.execute(select(Position.device_pk, Position.at, Position.lat_e7))).all()
            instants = {(device, at) for device, all_ in (*first, *second) for at in all_}
            assert len(after) == len(instants)
            assert set(before) <= set(after)
            assert sum(counts) == len(after) - len(before)
            raise Undone


def _tracks(told: list[tuple[str, list[int]]], lat: float) -> list[Track]:
    return [Track(device, [Sample(START + timedelta(seconds=at), lat, 12.0) for at in each]) for device, each in told]


# --- contacts --------------------------------------------------------------------


async def _people(desk: Desk) -> list[tuple[Any, ...]]:
    """Name, birthday, note and whether they have a picture, of everybody who was not merged into another."""
    statement = select(Person.name, Person.born, Person.note, Person.cover_pk.is_not(None))
    async with desk.database.read() as db:
        rows = await db.execute(statement.where(Person.merged_into_pk.is_(None)).order_by(Person.name))
        return [tuple(row) for row in rows]


async def _addresses(desk: Desk) -> dict[str, str | None]:
    """Every address with the name of the person who has it."""
    statement = select(Identity.value, Person.name).outerjoin(Person, Person.pk == Identity.person_pk)
    async with desk.database.read() as db:
        return {row.value: row.name for row in await db.execute(statement)}


def message(key: str, who: PersonRef) -> Draft:
    evidence = TimeEvidence(basis=TimeBasis.SOURCE, instant=START)
    return Draft(source_key=key, kind=Kind.MESSAGE, body=f"hello {key}", evidence=(evidence,), people=(who,))


async def test_a_contact_is_a_person_with_all_their_addresses(desk: Desk, tmp_path: Path) -> None:
    photo = picture(tmp_path / "a" / "anna.jpg")
    contact = Contact(**{**_fields(ANNA), "photo": MediaRef(locator=photo.name)})
    row = await desk.run(tell(tmp_path / "a", contact))
    assert row.plan is not None
    assert row.plan["by_kind"]["person"]["new"] == 1
    assert await _people(desk) == [("Anna Rossi", "1985-04-12", "met in Rome", True)]
    assert set(await _addresses(desk)) == {"anna@example.org", "+39061234567", "anna rossi"}


async def test_the_picture_inside_a_card_is_the_person_s(desk: Desk, tmp_path: Path) -> None:
    desk.sources = (VCard(),)
    photo = b64encode(picture(tmp_path / "anna.jpg").read_bytes()).decode()
    book = tmp_path / "a" / "book.vcf"
    book.parent.mkdir()
    book.write_text(
        f"BEGIN:VCARD\nVERSION:3.0\nFN:Anna Rossi\nPHOTO;ENCODING=b:{photo[:60]}\n {photo[60:]}\nEND:VCARD\n"
    )
    row = await desk.run(book.parent)
    assert (row.counts["new"], await _people(desk)) == (1, [("Anna Rossi", None, "", True)])
    again = await desk.run(book.parent)
    assert (again.counts["new"], again.counts["same"]) == (0, 1)


async def test_a_contact_whose_photo_is_gone_comes_without(desk: Desk, tmp_path: Path) -> None:
    contact = Contact(**{**_fields(ANNA), "photo": MediaRef(locator="gone.jpg")})
    row = await desk.run(tell(tmp_path / "a", contact))
    assert (row.counts["new"], await _people(desk)) == (1, [("Anna Rossi", "1985-04-12", "met in Rome", False)])


async def test_the_same_address_book_again_adds_nothing(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", ANNA))
    before = await desk.dump()
    row = await desk.run(tell(tmp_path / "b", ANNA))
    assert (row.counts["same"], await desk.dump()) == (1, before)


async def test_a_newer_address_book_changes_what_the_owner_left_alone(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", ANNA))
    async with desk.database.write() as db:
        await db.execute(update(Person).values(note="my own words", version=Person.version + 1))
    newer = Contact(**{**_fields(ANNA), "name": "Anna Bianchi", "note": "moved", "born": "1985"})
    row = await desk.run(tell(tmp_path / "b", newer))
    assert row.counts["changed"] == 1
    assert await _people(desk) == [("Anna Bianchi", "1985", "my own words", False)]


async def test_undo_of_a_change_leaves_the_contact_as_it_was(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", ANNA))
    before = await desk.dump()
    row = await desk.run(tell(tmp_path / "b", Contact(**{**_fields(ANNA), "name": "A. Bianchi", "note": "moved"})))
    await desk.undo(row)
    assert await desk.dump() == before


async def test_undo_of_contacts_leaves_the_library_as_it_was(desk: Desk, tmp_path: Path) -> None:
    before = await desk.dump()
    photo = picture(tmp_path / "a" / "anna.jpg")
    row = await desk.run(tell(tmp_path / "a", Contact(**{**_fields(ANNA), "photo": MediaRef(locator=photo.name)})))
    await desk.undo(row)
    assert await desk.dump() == before


async def test_people_of_messages_are_found_by_their_address_and_become_one(desk: Desk, tmp_path: Path) -> None:
    by_phone = message("1", PersonRef(name="+39061234567", kind="phone", value="+39061234567"))
    by_email = message("2", PersonRef(name="anna r", kind="email", value="anna@example.org", role=PersonRole.AUTHOR))
    await desk.run(tell(tmp_path / "a", by_phone, by_email))
    before = await desk.dump()
    row = await desk.run(tell(tmp_path / "b", ANNA))
    assert await _people(desk) == [("Anna Rossi", "1985-04-12", "met in Rome", False)]
    assert set((await _addresses(desk)).values()) == {"Anna Rossi"}
    await desk.undo(row)
    assert (await desk.dump())["person"] == before["person"]
    assert (await desk.dump())["identity"] == before["identity"]


async def test_two_entries_of_one_name_are_two_people(desk: Desk, tmp_path: Path) -> None:
    other = Contact(
        source_key="other", name="Anna Rossi", addresses=(PersonRef(name="", kind="email", value="a@rossi.it"),)
    )
    await desk.run(tell(tmp_path / "a", ANNA, other))
    assert [each[0] for each in await _people(desk)] == ["Anna Rossi", "Anna Rossi"]


async def test_a_contact_whom_the_owner_deleted_does_not_come_back(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", ANNA))
    async with desk.database.write() as db:
        person_id = (await db.execute(select(Person.id))).scalar_one()
        await person_edits.remove(db, desk.owner_pk, person_id, expected_version=None, now=NOW)
    row = await desk.run(tell(tmp_path / "b", ANNA))
    assert (await desk.items(row), await _people(desk)) == ({"anna": ("skipped", "deleted-here")}, [])


def _fields(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in Contact.__dataclass_fields__}
