"""Whole imports over real folders: plan, run, again, undo; and what happens when it is killed in between."""

from __future__ import annotations

import os
import shutil
import unicodedata
import wave
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from tests.desk import MTIME, NOW, STEPS, Desk, note, picture
from timeline_local.domain.kinds import Kind
from timeline_local.exceptions import DiskFull, NothingToImport, Unavailable, WrongState
from timeline_local.models import ImportItem, Location, MediaFile, Memory, Provenance, Tag, Tombstone
from timeline_local.queries import imports as queries
from timeline_local.services import buckets, import_plan, imports, jobs
from timeline_local.services.import_run import run_batch
from timeline_local.services.memory_writes import insert_memories

CORPORA = Path(os.environ.get("TIMELINE_LOCAL_CORPORA", Path(__file__).resolve().parents[3] / "shared" / "corpora"))
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag>
</dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    root = tmp_path / "vault"
    picture(root / "20190614_150405.jpg", 1)
    picture(root / "20190615_150405.jpg", 2)
    note(root / "20190615_150405.jpg.xmp", XMP % "beach")
    picture(root / "copy" / "20190614_150405.jpg", 1)
    picture(root / "shown.png", 3)
    note(root / "2020-09-14.md", "# Party\n\nwith #friends ![[shown.png]]")
    note(root / "empty.md", "")
    note(root / "broken.jpg", "<html>not a picture")
    note(root / "thing.xcf", "x")
    return root


async def test_a_plan_says_what_will_happen_and_changes_nothing(desk: Desk, vault: Path) -> None:
    row = await desk.plan(vault)
    assert (row.state, row.source) == ("planned", "folder")
    assert row.plan is not None
    assert row.counts == {"new": 3, "changed": 0, "same": 1, "skipped": 2, "failed": 1}
    assert row.plan["by_year"] == {"2019": 2, "2020": 1}
    assert row.plan["by_basis"] == {"file_name": 3}
    assert row.plan["by_kind"]["photo"] == {"new": 2, "changed": 0, "same": 1, "skipped": 0, "failed": 0}
    assert {each["slug"] for each in row.plan["attention"]} >= {"failed", "skipped", "zone-assumed"}
    assert await desk.items(row) == {
        "2020-09-14.md": ("new", None),
        "empty.md": ("skipped", "empty"),
        "20190614_150405.jpg": ("new", None),
        "20190615_150405.jpg": ("new", None),
        "broken.jpg": ("failed", "not-what-it-says"),
        "thing.xcf": ("skipped", "unsupported"),
        "copy/20190614_150405.jpg": ("same", "twice-here"),
    }
    assert (await desk.count(Memory), await desk.count(MediaFile)) == (0, 0)


async def test_a_run_writes_each_new_item_once_with_its_files(desk: Desk, vault: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in vault.rglob("*") if path.is_file()}
    row = await desk.run(vault)
    assert (row.state, row.finished_at, row.undoable_until) == ("done", NOW, NOW + timedelta(days=30))
    dump = await desk.dump()
    assert [(each[0], each[1]) for each in dump["memory"] if each[5] == "notes_folder"] == [
        ("Party", "with #friends ![[shown.png]]")
    ]
    assert sorted(each[0] for each in dump["tag"]) == ["beach", "friends"]
    assert (len(dump["memory"]), len(dump["media_file"]), len(dump["files"])) == (3, 3, 3)
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in vault.rglob("*") if path.is_file()}


async def test_importing_the_same_folder_again_adds_nothing(desk: Desk, vault: Path) -> None:
    await desk.run(vault)
    before = await desk.dump()
    again = await desk.run(vault)
    assert again.counts == {"new": 0, "changed": 0, "same": 4, "skipped": 2, "failed": 1}
    assert await desk.dump() == before


async def test_what_was_not_touched_since_is_known_by_size_and_date_alone(desk: Desk, tmp_path: Path) -> None:
    for number in range(5):
        picture(tmp_path / "card" / f"IMG_{number}.png", number)
    await desk.run(tmp_path / "card")
    card = tmp_path / "card"
    note(card / "IMG_1.png", "x" * (card / "IMG_1.png").stat().st_size)  # would be a failure if anybody looked
    picture(card / "IMG_2.png", 9)
    os.utime(card / "IMG_2.png", (MTIME + 1, MTIME + 1))
    picture(card / "IMG_9.png", 10)
    again = await desk.plan(card)
    found = await desk.items(again)
    assert {path: verdict for path, (verdict, _) in found.items()} == {
        "IMG_0.png": "same",
        "IMG_1.png": "same",
        "IMG_2.png": "new",
        "IMG_3.png": "same",
        "IMG_4.png": "same",
        "IMG_9.png": "new",
    }
    async with desk.database.read() as db:
        items = await queries.items_page(db, desk.owner_pk, again.pk, verdict="same", after=None, limit=10)
    assert [(each.kind, each.memory_id is not None, each.reason_slug) for each in items] == [
        ("photo", True, "already-here")
    ] * 4
    assert again.plan is not None
    assert again.plan["by_kind"]["photo"]["same"] == 4


async def test_the_same_files_in_another_place_add_nothing(desk: Desk, vault: Path, tmp_path: Path) -> None:
    await desk.run(vault)
    before = await desk.dump()
    shutil.copytree(vault, tmp_path / "elsewhere")
    again = await desk.run(tmp_path / "elsewhere")
    assert again.counts["new"] == 0
    assert await desk.dump() == before


async def test_equal_names_in_two_folders_are_two_memories(desk: Desk, tmp_path: Path) -> None:
    picture(tmp_path / "one" / "IMG_0001.jpg", 1)
    picture(tmp_path / "two" / "IMG_0001.jpg", 2)
    await desk.run(tmp_path / "one")
    row = await desk.run(tmp_path / "two")
    assert (row.counts["new"], await desk.count(Memory)) == (1, 2)


async def test_undo_leaves_the_library_as_it_was(desk: Desk, vault: Path, tmp_path: Path) -> None:
    note(tmp_path / "first" / "2001-01-01.md", "before #beach")
    await desk.run(tmp_path / "first")
    before = await desk.dump()
    desk.now = NOW + timedelta(hours=1)
    row = await desk.run(vault)
    assert await desk.dump() != before
    desk.now = NOW + timedelta(hours=2)
    undone = await desk.undo(row)
    assert undone.state == "undone"
    assert await desk.dump() == before


async def test_an_undone_import_can_be_done_again(desk: Desk, vault: Path) -> None:
    first = await desk.run(vault)
    before = await desk.dump()
    await desk.undo(first)
    again = await desk.run(vault)
    assert again.counts["new"] == 3
    assert await desk.dump() == before
    assert await desk.count(Tombstone) == 0


async def test_what_was_edited_since_survives_undo_unless_forced(desk: Desk, vault: Path) -> None:
    row = await desk.run(vault)
    async with desk.database.write() as db:
        pk = (await db.execute(select(Memory.pk).where(Memory.title == "Party"))).scalar_one()
        await db.execute(update(Memory).where(Memory.pk == pk).values(title="My party"))
        edited = {"owner_pk": desk.owner_pk, "memory_pk": pk, "field": "title", "source": "user", "rank": 100}
        await db.execute(Provenance.__table__.insert().values(**edited, value="My party", at=NOW))  # type: ignore[attr-defined]
    undone = await desk.undo(row)
    assert [each[0] for each in (await desk.dump())["memory"]] == ["My party"]
    assert (await desk.items(undone))["2020-09-14.md"] == ("new", "edited-since")


async def test_a_bulk_edit_counts_as_an_edit_and_the_trash_does_not(desk: Desk, vault: Path) -> None:
    row = await desk.run(vault)
    async with desk.database.write() as db:
        again = {"version": Memory.version + 1, "updated_at": NOW + timedelta(hours=1)}
        await db.execute(update(Memory).where(Memory.title == "Party").values(favourite=True, **again))
        await db.execute(update(Memory).where(Memory.title == "").values(trashed_at=NOW, **again))
        await db.execute(text("DELETE FROM bucket_count"))
        await buckets.recount(db, desk.owner_pk)
    await desk.undo(row)
    assert [each[0] for each in (await desk.dump())["memory"]] == ["Party"]


async def test_a_sidecar_written_later_changes_the_memory_and_undo_takes_it_back(desk: Desk, vault: Path) -> None:
    await desk.run(vault)
    before = await desk.dump()
    note(vault / "20190614_150405.jpg.xmp", XMP % "pier")
    desk.now = NOW + timedelta(hours=1)
    row = await desk.run(vault)
    assert row.counts["changed"] == 1
    assert "pier" in [each[0] for each in (await desk.dump())["tag"]]
    await desk.undo(row)
    after = await desk.dump()
    assert {name: after[name] for name in ("memory", "memory_text", "bucket_count", "media_file")} == {
        name: before[name] for name in ("memory", "memory_text", "bucket_count", "media_file")
    }


async def test_undo_leaves_out_what_was_deleted_since(desk: Desk, tmp_path: Path) -> None:
    """A tag, a picture that the changed note no longer shows, and a place."""
    picture(tmp_path / "n" / "shown.png", 1)
    note(tmp_path / "n" / "2020-01-01.md", "---\nlocation: Porto\n---\nwith #friends ![[shown.png]]")
    await desk.run(tmp_path / "n")
    note(tmp_path / "n" / "2020-01-01.md", "alone")
    row = await desk.run(tmp_path / "n")
    assert row.counts["changed"] == 1
    async with desk.database.write() as db:
        await db.execute(delete(MediaFile))
        await db.execute(delete(Tag))
        await db.execute(delete(Location))
    undone = await desk.undo(row)
    assert undone.state == "undone"
    assert [each[1] for each in (await desk.dump())["memory"]] == ["with #friends ![[shown.png]]"]


async def test_another_picture_under_an_old_name_replaces_nothing(desk: Desk, tmp_path: Path) -> None:
    path = picture(tmp_path / "card" / "IMG_0001.jpg", 1)
    await desk.run(tmp_path / "card")
    picture(path, 2)
    os.utime(path, (MTIME + 60, MTIME + 60))
    row = await desk.run(tmp_path / "card")
    assert (row.counts["new"], await desk.count(Memory), await desk.count(MediaFile)) == (1, 2, 2)
    again = await desk.run(tmp_path / "card")
    assert (again.counts["same"], await desk.count(Memory)) == (1, 2)


async def test_one_name_in_two_unicode_spellings_is_two_items(desk: Desk, tmp_path: Path) -> None:
    note(tmp_path / "n" / "caf\u00e9 2020-01-01.md", "composed")
    note(tmp_path / "n" / "cafe\u0301 2020-01-01.md", "decomposed")
    row = await desk.run(tmp_path / "n")
    assert (row.counts["new"], row.counts["failed"], await desk.count(Memory)) == (2, 0, 2)


async def test_two_unicode_spellings_are_two_items_even_in_two_batches(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(tmp_path / "n" / "caf\u00e9 2020-01-01.md", "composed")
    note(tmp_path / "n" / "cafe\u0301 2020-01-01.md", "decomposed")
    monkeypatch.setattr(import_plan, "BATCH_ITEMS", 1)
    row = await desk.run(tmp_path / "n")
    assert row.counts["new"] == 2
    again = await desk.run(tmp_path / "n")
    assert (again.counts["new"], again.counts["same"]) == (0, 2)


@pytest.mark.parametrize("batch", [1, 200])
async def test_a_folder_that_another_system_spells_differently_adds_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(import_plan, "BATCH_ITEMS", batch)
    folder = tmp_path / "n"
    names = [f"caf\u00e9 {number} 2020-01-0{number}" for number in range(1, 6)]
    for number, name in enumerate(names):
        note(folder / f"{name}.md", f"note {number}")
        picture(folder / f"{name}.png", number)
    await desk.run(folder)
    before = await desk.dump()
    for name in names:
        for suffix in ("md", "png"):
            spelled = unicodedata.normalize("NFD", f"{name}.{suffix}")
            (folder / f"{name}.{suffix}").rename(folder / spelled)
    again = await desk.run(folder)
    assert (again.counts["new"], again.counts["changed"], again.counts["same"]) == (0, 0, 10)
    assert (await desk.dump())["memory"] == before["memory"]


async def test_folders_of_ended_uploads_are_found(desk: Desk) -> None:
    staging = desk.library.incoming / "imports"
    async with desk.database.write() as db:
        made = [
            await imports.create_upload(db, desk.owner_pk, staging=staging, label=name, options={}, now=NOW)
            for name in "ab"
        ]
        await imports.cancel(db, desk.owner_pk, made[0].id, keep=True, settings=desk.settings, now=NOW)
        for row in made:
            Path(row.path).mkdir(parents=True)
        (staging / "not-ours").mkdir()
        assert await imports.sweep_staging(db, desk.owner_pk, staging) == [Path(made[0].path)]


async def test_a_note_written_on_changes_its_memory(desk: Desk, tmp_path: Path) -> None:
    note(tmp_path / "n" / "2020-01-01.md", "before")
    await desk.run(tmp_path / "n")
    note(tmp_path / "n" / "2020-01-01.md", "after")
    row = await desk.run(tmp_path / "n")
    assert row.counts["changed"] == 1
    assert [each[1] for each in (await desk.dump())["memory"]] == ["after"]


async def test_a_table_with_a_mapping_that_has_grown_adds_only_what_is_new(desk: Desk, tmp_path: Path) -> None:
    mapping = '[memory]\nkey = "id"\ntitle = "{what}"\nmood = "mood"\n[time]\ncolumn = "day"\n'
    note(tmp_path / "t" / "days.timeline.toml", mapping)
    note(tmp_path / "t" / "days.csv", "id,day,what,mood\n1,2020-01-01,Swum,4\n2,2020-01-02,Read,2\n")
    assert (await desk.run(tmp_path / "t")).counts["new"] == 2
    note(
        tmp_path / "t" / "days.csv", "id,day,what,mood\n1,2020-01-01,Swum,4\n2,2020-01-02,Read,5\n3,2020-01-03,Slept,\n"
    )
    again = await desk.run(tmp_path / "t")
    assert again.counts == {"new": 1, "changed": 1, "same": 1, "skipped": 0, "failed": 0}
    assert (await desk.run(tmp_path / "t")).counts["same"] == 3


async def test_what_was_deleted_for_good_does_not_come_back(desk: Desk, tmp_path: Path) -> None:
    path = picture(tmp_path / "a" / "x.jpg")
    row = await desk.run(tmp_path / "a")
    async with desk.database.write() as db:
        sha256 = (await db.execute(select(MediaFile.sha256))).scalar_one()
        await db.execute(Tombstone.__table__.insert().values(owner_pk=desk.owner_pk, hash=sha256, at=NOW))  # type: ignore[attr-defined]
    await desk.undo(row)
    assert path.exists()
    again = await desk.plan(tmp_path / "a")
    assert await desk.items(again) == {"x.jpg": ("skipped", "deleted-here")}


async def test_originals_left_in_place_are_named_not_copied(desk: Desk, vault: Path) -> None:
    await desk.run(vault, mode="reference")
    dump = await desk.dump()
    assert dump["files"] == []
    assert {(each[1], each[2]) for each in dump["media_file"]} >= {("referenced", str(vault / "shown.png"))}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda path: path.unlink(), ("failed", "vanished")),
        (lambda path: picture(path, 99), ("new", None)),
        (lambda path: path.write_bytes(b""), ("new", None)),
    ],
)
async def test_what_changes_between_plan_and_run_is_looked_at_again(
    desk: Desk, vault: Path, change: Callable[[Path], Any], outcome: tuple[str, str | None]
) -> None:
    row = await desk.plan(vault)
    change(vault / "20190615_150405.jpg")
    await desk.start(row)
    await desk.work("import")
    items = await desk.items(row)
    assert items["20190615_150405.jpg"] == outcome
    assert items["2020-09-14.md"] == ("new", None)


async def test_a_kill_between_the_bytes_and_the_rows_loses_and_doubles_nothing(
    desk: Desk, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await desk.plan(vault)
    await desk.start(row)
    work = await desk.claim("import")
    with monkeypatch.context() as patched:
        patched.setattr(desk.database, "write", _killed)
        with pytest.raises(_Killed):
            await run_batch(work)
    assert (await desk.count(Memory), len((await desk.dump())["files"])) == (0, 3)
    await desk.kill()
    await desk.work("import")
    assert await desk.count(Memory) == 3
    assert Counter(verdict for verdict, _ in (await desk.items(row)).values())["new"] == 3


class _Killed(BaseException):
    pass


def _killed() -> Any:  # noqa: ANN401 - stands in for a transaction
    raise _Killed


async def test_a_scan_and_a_run_go_on_after_a_kill_at_every_batch(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.services.import_plan.BATCH_ITEMS", 7)
    monkeypatch.setattr("timeline_local.importers.sources.notes_folder.ITEMS_PER_CHECKPOINT", 3)
    for number in range(30):
        note(tmp_path / "notes" / f"{number % 3}" / f"2020-01-{number + 1:02}.md", f"note {number}")
    row = await desk.begin(tmp_path / "notes")
    await _limp(desk, "scan")
    planned = await desk.row(row)
    assert (planned.state, planned.counts["new"], len(await desk.items(row))) == ("planned", 30, 30)
    await desk.start(planned)
    await _limp(desk, "import")
    assert await desk.count(Memory) == 30


async def _limp(desk: Desk, kind: str) -> None:
    """One batch, then a kill, again and again until the end."""
    done = False
    while not done:
        work = await desk.claim(kind)
        done = (await STEPS[kind](work)).done
        async with desk.database.write() as db:
            await jobs.renew(db, work.job, now=NOW, lease=timedelta(minutes=1), progress={})
        await desk.kill()
    async with desk.database.write() as db:
        await db.execute(text("UPDATE job SET state = 'done' WHERE state = 'waiting'"))


async def test_one_item_that_cannot_be_written_stops_no_other(
    desk: Desk, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    async def picky(db: Any, owner_pk: int, contents: Any, **more: Any) -> Any:  # noqa: ANN401 - passes everything on
        assert all(content.title != "Party" for content in contents)
        return await insert_memories(db, owner_pk, contents, **more)

    monkeypatch.setattr("timeline_local.services.import_writing.insert_memories", picky)
    row = await desk.run(vault)
    items = await desk.items(row)
    assert items["2020-09-14.md"] == ("failed", "not-written")
    assert (await desk.count(Memory), row.counts["failed"]) == (2, 2)


async def test_copying_what_does_not_fit_is_refused_before_anything_is_written(desk: Desk, vault: Path) -> None:
    row = await desk.plan(vault)
    with pytest.raises(DiskFull, match="leave the originals where they are"):
        await desk.start(row, free_bytes=1000)
    assert (await desk.row(row)).state == "planned"


async def test_bytes_removed_under_a_run_make_it_try_again(desk: Desk, vault: Path) -> None:
    row = await desk.plan(vault)
    await desk.start(row)
    work = await desk.claim("import")

    async def gone(hashes: Iterable[bytes]) -> list[bytes]:
        return list(hashes)

    real, desk.blobs.missing = desk.blobs.missing, gone  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await run_batch(work)
    desk.blobs.missing = real  # type: ignore[method-assign]
    await desk.kill()
    await desk.work("import")
    assert await desk.count(Memory) == 3


async def test_a_folder_nobody_knows_says_which_to_choose(desk: Desk, tmp_path: Path) -> None:
    note(tmp_path / "a" / "x.exe", "x")
    with pytest.raises(NothingToImport, match="Choose the folder that holds"):
        await desk.plan(tmp_path / "a")


async def test_states_are_kept_in_order(desk: Desk, vault: Path) -> None:
    row = await desk.plan(vault)
    async with desk.database.write() as db:
        with pytest.raises(WrongState):
            await imports.undo(db, desk.owner_pk, row.id, force=False, now=NOW)
        with pytest.raises(WrongState):
            await imports.pause(db, desk.owner_pk, row.id, now=NOW)
        cancelled = await imports.cancel(db, desk.owner_pk, row.id, keep=True, settings=desk.settings, now=NOW)
        with pytest.raises(WrongState):
            await imports.cancel(db, desk.owner_pk, row.id, keep=True, settings=desk.settings, now=NOW)
    assert cancelled.state == "cancelled"


@pytest.mark.parametrize("batch", [1, 200])
async def test_cancelling_without_keeping_takes_everything_back(desk: Desk, vault: Path, batch: int) -> None:
    desk.settings = desk.settings.model_copy(
        update={"imports": desk.settings.imports.model_copy(update={"batch": batch})}
    )
    before = await desk.dump()
    row = await desk.plan(vault)
    await desk.start(row)
    work = await desk.claim("import")
    await run_batch(work)
    assert await desk.count(Memory) == min(batch, 3)
    async with desk.database.write() as db:
        await imports.cancel(db, desk.owner_pk, row.id, keep=False, settings=desk.settings, now=NOW)
    async with desk.database.write() as db:
        await jobs.finish(db, work.job, state="cancelled", now=NOW, progress={})
    await desk.work("undo")
    assert (await desk.row(row)).state == "undone"
    assert await desk.dump() == before


async def test_a_real_takeout_lands_on_the_days_google_knew(desk: Desk) -> None:
    folder = CORPORA / "takeout" / "gpth-testdata-pl" / "input"
    if not folder.exists():
        pytest.skip("the shared corpora are not here; set TIMELINE_LOCAL_CORPORA")
    row = await desk.run(folder, zone="Europe/Warsaw")
    async with desk.database.read() as db:
        found = {
            str(key).rpartition("/")[2]: at.isoformat()
            for key, at in await db.execute(select(Memory.source_key, Memory.local_at))
        }
    assert row.counts["new"] == 5
    assert found["received_1475305699271723.jpeg"][:16] == "2019-04-29T22:05"
    assert found["signal-2020-07-18-183333.webm"][:16] == "2015-01-06T20:56"


async def test_a_recording_is_a_memory_of_kind_audio_with_its_duration(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    with wave.open(str(tmp_path / "sounds" / "20200914_101112.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 12_000)
    row = await desk.run(tmp_path / "sounds")
    async with desk.database.read() as db:
        wanted = select(Memory.kind, Memory.local_at, MediaFile.duration_ms, MediaFile.mime)
        found = (await db.execute(wanted.join(MediaFile, MediaFile.owner_pk == Memory.owner_pk))).all()
    assert row.counts["new"] == 1
    assert found == [(Kind.AUDIO.code, datetime(2020, 9, 14, 10, 11, 12), 1500, "audio/wav")]  # noqa: DTZ001


async def test_items_of_a_large_folder_are_all_there(desk: Desk, tmp_path: Path) -> None:
    for number in range(1000):
        note(tmp_path / "n" / f"{number // 100}" / f"{number}.md", f"# {number}\ntext {number}")
    row = await desk.run(tmp_path / "n")
    assert (row.counts["new"], await desk.count(Memory), await desk.count(ImportItem)) == (1000, 1000, 1000)
