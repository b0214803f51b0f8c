"""The made-up libraries: equal for equal seeds, and the same rows that the product would have written."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bench.generate import generate
from bench.rows import OWNER
from bench.sketches import sketches
from timeline_local.config import load_settings
from timeline_local.core.database import open_database, sqlite_module
from timeline_local.services.memory_writes import insert_memories

COUNT, SEED = 400, 7
TABLES = (
    "user",
    "change_counter",
    "import",
    "tag",
    "person",
    "identity",
    "location",
    "media_file",
    "memory",
    "memory_text",
    "memory_tag",
    "memory_person",
    "memory_media",
    "provenance",
    "bucket_count",
)

# What does not depend on keys and on when a row was written; pictures are compared where there are none.
COMPARED = {
    "memory": (
        "SELECT kind, title, body, happened_at, happened_until, local_at, local_on, utc_offset_min, zone, precision, "
        "time_basis, zone_basis, lat, lon, accuracy_m, altitude_m, favourite, rating, archived, source, source_key, "
        "hex(content_hash), hex(row_hash), extra, tile, trashed_at IS NULL, version, (SELECT l.folded FROM location l "
        "WHERE l.pk = location_pk) FROM memory ORDER BY content_hash"
    ),
    "texts": (
        "SELECT t.title, t.body, t.other FROM memory_text t JOIN memory m ON m.pk = t.memory_pk ORDER BY m.content_hash"
    ),
    "tags": (
        "SELECT hex(m.content_hash), t.name, t.folded FROM memory_tag mt JOIN tag t ON t.pk = mt.tag_pk "
        "JOIN memory m ON m.pk = mt.memory_pk ORDER BY 1, 3"
    ),
    "people": (
        "SELECT hex(m.content_hash), i.kind, i.value, i.name, p.name, mp.role FROM memory_person mp "
        "JOIN identity i ON i.pk = mp.identity_pk JOIN person p ON p.pk = i.person_pk "
        "JOIN memory m ON m.pk = mp.memory_pk ORDER BY 1, 3"
    ),
    "provenance": (
        "SELECT hex(m.content_hash), field, p.source, rank, value FROM provenance p "
        "JOIN memory m ON m.pk = p.memory_pk ORDER BY 1, 2"
    ),
    "counts": "SELECT unit, start, kind, count FROM bucket_count ORDER BY unit, start, kind",
    "found by a word": (
        "SELECT hex(content_hash) FROM memory WHERE pk IN (SELECT rowid FROM memory_fts WHERE memory_fts MATCH 'qx1') "
        "ORDER BY 1"
    ),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up library."""
    return generate(tmp_path_factory.mktemp("bench") / "library", COUNT, SEED, workers=0).database


def rows(database: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite_module().connect(str(database))) as db:
        return list(db.execute(statement))


def test_the_same_seed_makes_the_same_library(library: Path, tmp_path: Path) -> None:
    again = generate(tmp_path / "again", COUNT, SEED, workers=2).database
    for table in TABLES:
        every_row = f'SELECT * FROM "{table}"'  # noqa: S608 - a name from the list above
        assert rows(again, every_row) == rows(library, every_row)


def test_another_seed_makes_another_library(library: Path, tmp_path: Path) -> None:
    other = generate(tmp_path / "other", COUNT, SEED + 1, workers=0).database
    assert rows(other, "SELECT body FROM memory") != rows(library, "SELECT body FROM memory")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up library without pictures, which come into the product on another way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.sketches._PICTURED", 0.0)
        return generate(tmp_path_factory.mktemp("bench") / "plain", COUNT, SEED, workers=0).database


@pytest.fixture
async def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same memories, written by insert_memories into an empty library."""
    monkeypatch.setattr("bench.sketches._PICTURED", 0.0)
    database_path = generate(tmp_path / "written", 0, SEED, workers=0).database
    settings = load_settings(data_dir=database_path.parent, environment="test")
    database = open_database(settings.database, database_path)
    drawn = list(sketches(range(COUNT), count=COUNT, seed=SEED))
    for start in range(0, COUNT, 50):
        batch = drawn[start : start + 50]
        async with database.write() as db:
            await insert_memories(db, OWNER, [each.content for each in batch], import_pk=None, now=batch[0].written_at)
    await database.close()
    return database_path


@pytest.mark.parametrize("what", COMPARED)
async def test_made_up_rows_are_those_the_product_writes(plain: Path, written: Path, what: str) -> None:
    assert rows(plain, COMPARED[what])
    assert rows(plain, COMPARED[what]) == rows(written, COMPARED[what])


def test_ids_are_of_version_7_and_unique(library: Path) -> None:
    ids = [UUID(bytes=key) for (key,) in rows(library, "SELECT id FROM memory UNION ALL SELECT id FROM media_file")]
    assert {each.version for each in ids} == {7}
    assert len(set(ids)) == len(ids)


def test_photos_can_come_with_real_files(tmp_path: Path) -> None:
    made = generate(tmp_path / "pictures", 20, SEED, with_pictures=True, workers=0)
    hashes = [digest.hex() for (digest,) in rows(made.database, "SELECT sha256 FROM media_file")]
    assert hashes
    assert sorted(hashes) == sorted(path.name for path in made.media.rglob("*") if path.is_file())


def test_the_file_is_sound_and_its_references_hold(library: Path) -> None:
    assert rows(library, "PRAGMA integrity_check") == [("ok",)]
    assert rows(library, "PRAGMA foreign_key_check") == []
