"""The files that moves were read from: kept once, bit for bit, beside every move that came of them."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from tests.desk import NOW, Desk
from timeline_local.domain.kinds import Kind
from timeline_local.models import MediaFile, Memory, MemoryMedia
from timeline_local.queries.imports import ImportRow
from timeline_local.services import memories
from timeline_local.services.derived import refresh_names
from timeline_local.services.import_plan import scan_batch
from timeline_local.services.user_time import Bearings

START = datetime(2024, 5, 1, 10, tzinfo=UTC)
BEARINGS = Bearings(now=NOW, home_zone="Europe/Lisbon", zone_of=lambda _lat, _lon: None)


def gpx(days: int = 3, creator: str = "watch") -> bytes:
    """A track that was gone on, an hour at a time, on so many days: as many moves."""
    hours = [START + timedelta(days=day, hours=hour) for day in range(days) for hour in (0, 1)]
    points = (
        f'<trkpt lat="46.{at.hour}" lon="7.9"><time>{at.isoformat()}</time></trkpt>'.replace("+00:00", "Z")
        for at in hours
    )
    return f'<gpx creator="{creator}"><trk><trkseg>{"".join(points)}</trkseg></trk></gpx>'.encode()


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path.parent


def plan_of(row: ImportRow) -> dict[str, Any]:
    assert row.plan is not None
    return row.plan


async def links(desk: Desk) -> list[tuple[int, str, str]]:
    """(kind of the memory, role, name of the file)"""
    statement = (
        select(Memory.kind, MemoryMedia.role, MediaFile.file_name)
        .join(MemoryMedia, MemoryMedia.memory_pk == Memory.pk)
        .join(MediaFile, MediaFile.pk == MemoryMedia.media_pk)
        .order_by(Memory.pk)
    )
    async with desk.database.read() as db:
        return [(kind, role, name) for kind, role, name in await db.execute(statement)]


async def media(desk: Desk) -> Any:  # noqa: ANN401 - a row
    async with desk.database.read() as db:
        return (await db.execute(select(MediaFile.__table__))).one()


async def forget_files(desk: Desk) -> None:
    """As a release left them that did not keep the files of moves."""
    async with desk.database.write() as db:
        await db.execute(delete(MemoryMedia))
        await db.execute(delete(MediaFile))
        await refresh_names(db, desk.owner_pk, list((await db.execute(select(Memory.pk))).scalars()))
    for path in desk.library.media.rglob("*"):
        if path.is_file():
            path.unlink()


async def test_a_file_of_several_moves_is_kept_once_with_each_of_them(desk: Desk, tmp_path: Path) -> None:
    content = gpx(days=3)
    row = await desk.run(put(tmp_path / "in" / "alps.gpx", content))
    assert await links(desk) == [(Kind.MOVE.code, "track", "alps.gpx")] * 3
    kept = await media(desk)
    assert desk.blobs.path(kept.sha256).read_bytes() == content
    assert (kept.preview_state, kept.storage, plan_of(row)["bytes_new"]) == ("none", "managed", len(content))


async def test_a_file_that_stays_in_its_folder_is_named_and_not_copied(desk: Desk, tmp_path: Path) -> None:
    await desk.run(put(tmp_path / "in" / "alps.gpx", gpx()), mode="reference")
    kept = await media(desk)
    assert (kept.storage, kept.path) == ("referenced", str(tmp_path / "in" / "alps.gpx"))
    assert not any(path.is_file() for path in desk.library.media.rglob("*"))


async def test_a_packed_file_counts_once_as_what_is_copied_in_any_case(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(folder / "export.zip", "w") as zip_:
        zip_.writestr("alps.gpx", gpx(days=3))
    row = await desk.plan(folder, mode="reference")
    assert (plan_of(row)["new"], plan_of(row)["bytes_packed"]) == (3, len(gpx(days=3)))


async def test_a_scan_that_is_killed_in_the_middle_of_a_file_counts_it_once(desk: Desk, tmp_path: Path) -> None:
    content = gpx(days=300)
    row = await desk.begin(put(tmp_path / "in" / "year.gpx", content))
    first = await scan_batch(await desk.claim("scan"))
    assert not first.done
    await desk.kill()
    await desk.work("scan")
    plan = plan_of(await desk.row(row))
    assert (plan["new"], plan["bytes_new"]) == (300, len(content))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("alps.gpx", gpx()),
        ("again.gpx", gpx()),
        ("alps.gpx.gz", gzip.compress(gpx(), mtime=0)),
        ("other.gpx", gpx() + b"<!-- written once more -->"),
    ],
    ids=["the same file", "under another name", "packed", "written once more"],
)
async def test_importing_again_adds_nothing(desk: Desk, tmp_path: Path, name: str, content: bytes) -> None:
    await desk.run(put(tmp_path / "in" / "alps.gpx", gpx()))
    before = await desk.dump()
    again = await desk.run(put(tmp_path / "again" / name, content))
    assert (again.counts["new"], again.counts["changed"], again.counts["same"]) == (0, 0, 3)
    assert await desk.dump() == before


async def test_the_same_way_in_two_files_of_one_import_is_one_memory(desk: Desk, tmp_path: Path) -> None:
    put(tmp_path / "in" / "alps.gpx", gpx())
    row = await desk.run(put(tmp_path / "in" / "alps.gpx.gz", gzip.compress(gpx(), mtime=0)))
    assert (row.counts["new"], row.counts["same"], await desk.count(Memory)) == (3, 3, 3)


async def test_a_move_of_an_earlier_release_gets_its_file_and_keeps_all_else(desk: Desk, tmp_path: Path) -> None:
    await desk.run(put(tmp_path / "in" / "alps.gpx", gpx()))
    await forget_files(desk)
    async with desk.database.write() as db:
        [first, *_] = (await db.execute(select(Memory.id, Memory.pk).order_by(Memory.pk))).all()
        changes = {"title": "Over the pass"}
        await memories.edit(db, desk.owner_pk, first.id, changes, expected_version=None, bearings=BEARINGS)
    before = await desk.dump()
    desk.now += timedelta(days=1)
    again = await desk.run(put(tmp_path / "again" / "alps.gpx", gpx()))
    assert (again.counts["changed"], again.counts["new"]) == (3, 0)
    assert {slug for _, slug in (await desk.items(again)).values()} == {"brings-track"}
    after = await desk.dump()
    assert [row[:7] for row in after["memory"]] == [row[:7] for row in before["memory"]]
    assert await links(desk) == [(Kind.MOVE.code, "track", "alps.gpx")] * 3
    await desk.undo(again)
    assert await desk.dump() == before


async def test_a_file_that_the_owner_took_off_does_not_come_back(desk: Desk, tmp_path: Path) -> None:
    await desk.run(put(tmp_path / "in" / "alps.gpx", gpx(days=1)))
    async with desk.database.write() as db:
        id_ = (await db.execute(select(Memory.id))).scalar_one()
        changes: dict[str, Any] = {"media": []}
        await memories.edit(db, desk.owner_pk, id_, changes, expected_version=None, bearings=BEARINGS)
    again = await desk.run(put(tmp_path / "again" / "alps.gpx", gpx(days=1)))
    assert (again.counts["same"], await links(desk)) == (1, [])


async def test_undo_takes_the_file_with_the_moves(desk: Desk, tmp_path: Path) -> None:
    before = await desk.dump()
    row = await desk.run(put(tmp_path / "in" / "alps.gpx", gpx()))
    await desk.undo(row)
    assert await desk.dump() == before


async def test_a_table_whose_first_bytes_resemble_a_sound_is_no_sound(desk: Desk, tmp_path: Path) -> None:
    table = b"ID3,lat,lon,time\n1,46.5,7.9,2024-05-01T10:00:00Z\n2,46.6,7.9,2024-05-01T11:00:00Z\n"
    row = await desk.run(put(tmp_path / "in" / "ways.csv", table))
    told = {each["slug"] for each in plan_of(row)["attention"]}
    assert ("damaged" in told, (await media(desk)).mime) == (False, "application/octet-stream")
