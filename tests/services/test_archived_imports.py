"""Imports of archives: killed at every batch, undone, and with a part that is damaged or exchanged meanwhile."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from tests.desk import STEPS, Desk, picture
from timeline_local.exceptions import DiskFull
from timeline_local.models import MediaFile, Memory
from timeline_local.services import jobs


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Twelve pictures and a note in two zips."""
    folder = tmp_path / "export"
    folder.mkdir()
    for part in (1, 2):
        with zipfile.ZipFile(folder / f"takeout-1Z-00{part}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(6):
                made = picture(tmp_path / "made.jpg", part * 10 + number)
                archive.write(made, f"Camera/IMG_{part}{number}.jpg")
    with zipfile.ZipFile(folder / "takeout-1Z-002.zip", "a") as archive:
        archive.writestr("Notes/2020-01-01.md", "words")
    return folder


async def limp(desk: Desk, kind: str) -> None:
    """One batch, then a kill, again and again until the end."""
    while True:
        work = await desk.claim(kind)
        if (await STEPS[kind](work)).done:
            async with desk.database.write() as db:
                await jobs.finish(db, work.job, state="done", now=desk.now, progress={})
            return
        await desk.kill()


async def test_an_import_of_archives_goes_on_after_a_kill_at_every_batch(
    desk: Desk, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.services.import_plan.BATCH_ITEMS", 3)
    desk.settings = desk.settings.model_copy(update={"imports": desk.settings.imports.model_copy(update={"batch": 4})})
    row = await desk.plan(export)
    await desk.start(row)
    await limp(desk, "import")
    assert await desk.count(Memory) == 13
    assert len((await desk.dump())["files"]) == 12
    again = await desk.plan(export)
    assert (again.counts["new"], again.counts["same"]) == (0, 13)


async def test_pictures_say_the_same_whether_their_archive_compresses_them_or_not(desk: Desk, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0110] = "PixelCam"
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        data = BytesIO()
        Image.new("RGB", (32, 24), "green" if name == "stored" else "red").save(data, "JPEG", exif=exif)
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", method) as archive:
            archive.writestr(f"{name}.jpg", data.getvalue())
    await desk.run(tmp_path)
    async with desk.database.read() as db:
        found = (await db.execute(select(MediaFile.camera_model, MediaFile.width, MediaFile.height))).all()
    assert [tuple(each) for each in found] == [("PixelCam", 32, 24)] * 2
    assert not list((desk.library.root / "incoming").iterdir())


async def test_undo_leaves_the_library_as_it_was(desk: Desk, export: Path) -> None:
    before = await desk.dump()
    row = await desk.run(export)
    await desk.undo(row)
    assert await desk.dump() == before


async def test_an_archive_that_goes_away_after_the_plan_fails_only_its_own_items(desk: Desk, export: Path) -> None:
    row = await desk.plan(export)
    (export / "takeout-1Z-001.zip").unlink()
    await desk.start(row)
    await desk.work("import")
    found = await desk.items(row)
    assert {path: slug for path, (_, slug) in found.items() if slug} == {
        f"Camera/IMG_1{number}.jpg": "vanished" for number in range(6)
    }
    assert await desk.count(Memory) == 7


async def test_bytes_that_rotted_in_the_archive_are_one_failed_item(desk: Desk, export: Path) -> None:
    archive = export / "takeout-1Z-001.zip"
    with zipfile.ZipFile(archive) as packed:
        at = packed.getinfo("Camera/IMG_13.jpg").header_offset + 200
    data = bytearray(archive.read_bytes())
    data[at] ^= 0xFF
    archive.write_bytes(data)
    row = await desk.run(export)
    found = await desk.items(row)
    assert [path for path, (verdict, _) in found.items() if verdict == "failed"] == ["Camera/IMG_13.jpg"]
    assert await desk.count(Memory) == 12


async def test_what_must_be_copied_needs_its_room_even_when_originals_stay(desk: Desk, export: Path) -> None:
    row = await desk.plan(export, mode="reference")
    with pytest.raises(DiskFull, match=r"Free some space\.$"):
        await desk.start(row, free_bytes=10)
