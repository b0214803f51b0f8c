"""Databases as SQLite writes them, read without it: every value comes back, from every kind of page and from the log.

What is broken or made to harm ends in an error and in bounded time.
"""

from __future__ import annotations

import io
import random
import shutil
import sqlite3
import struct
import tempfile
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timeline_local.importers.archive import Folder
from timeline_local.importers.sqlite_pages import MAGIC, DamagedDatabase, Pages, ValueFile, Wal
from timeline_local.importers.sqlite_tables import Blob, Row, row_of, rows, tables

TEXTS = st.sampled_from(["", "a", "é" * 20, "日本" * 300, "x" * 5000])
BLOBS = st.sampled_from([b"", b"\x00", bytes(range(256)) * 2, bytes(range(256)) * 50])
NUMBERS = st.integers(-(2**63), 2**63 - 1)
REALS = st.sampled_from([0.0, 1.5, -1e300, 2.0**62, 4.0])
CREATE = """create table "we""ird" ([a b] text, /* id, */ `id` integer primary key autoincrement, -- (
  c blob check (c <> 'a,(b'), d real, "e)" bigint not null default (strftime('%s', 'now')), unique (id, d))"""


def write(
    path: Path, values: list[tuple[object, ...]], *, page: int, encoding: str, is_logged: bool, often: int = 20
) -> Path:
    """A copy of a database with these rows, its log beside it while SQLite has it open.

    often  pages of the log after which they go into the database.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"pragma page_size = {page}")
    connection.execute(f"pragma encoding = '{encoding}'")
    if is_logged:
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"pragma wal_autocheckpoint = {often}")
    connection.execute(CREATE)
    connection.execute('create view v as select * from [we"ird]')
    connection.execute("create table other (x, y, primary key (y))")
    for each in values:
        connection.execute('insert into [we"ird] ([a b], c, d, [e)]) values (?, ?, ?, ?)', each)
    connection.execute("alter table [we\"ird] add column later text default 'q'")
    copy = path.with_name("copy.db")
    for end in ("", "-wal") if is_logged else ("",):
        shutil.copy(f"{path}{end}", f"{copy}{end}")
    connection.close()
    return copy


def held(folder: Folder, row: Row) -> list[object]:
    """The values of a row, with the bytes of those that are places."""
    found: list[object] = []
    for value in row.values():
        if isinstance(value, Blob):
            with ValueFile(folder.open_database("copy.db"), value.place, value.skipped, value.size) as opened:
                found.append(opened.read())
        else:
            found.append(value)
    return found


@settings(max_examples=25)
@given(
    st.lists(st.tuples(TEXTS | st.none(), BLOBS | st.none(), REALS | st.none(), NUMBERS), max_size=12),
    st.sampled_from([512, 1024, 4096, 65536]),
    st.sampled_from(["UTF-8", "UTF-16le", "UTF-16be"]),
    st.booleans(),
)
def test_every_value_comes_back(
    values: list[tuple[object, ...]],
    page: int,
    encoding: str,
    is_logged: bool,  # noqa: FBT001 - drawn
) -> None:
    with tempfile.TemporaryDirectory() as root:
        write(Path(root) / "a.db", values, page=page, encoding=encoding, is_logged=is_logged)
        folder = Folder(Path(root))
        with folder.open_database("copy.db") as pages:
            found = tables(pages)
            read = [held(folder, row) for row in rows(pages, found['we"ird'])]
    assert found['we"ird'].columns == ("a b", "id", "c", "d", "e)", "later")
    assert "v" not in found
    assert read == [[text, number, *others] for number, (text, *others) in enumerate(values, 1)]


def test_a_row_is_found_by_its_number_and_only_what_is_wanted_is_read(tmp_path: Path) -> None:
    values: list[tuple[object, ...]] = [(str(n), None, 1.5, n) for n in range(3_000)]
    path = write(tmp_path / "a.db", values, page=512, encoding="UTF-8", is_logged=False)
    with sqlite3.connect(path) as made:
        made.execute('delete from [we"ird] where id in (1, 700, 3000)')
        made.execute("insert into [we\"ird] (id, [a b], [e)]) values (-5, 'below', 0), (90000, 'above', 0)")
    made.close()
    with Folder(tmp_path).open_database("copy.db") as pages:
        table = tables(pages)['we"ird']
        found = {number: row_of(pages, table, number, {"a b", "id"}) for number in (-5, 2, 1500, 2999, 90_000)}
        absent = [row_of(pages, table, number) for number in (1, 700, 3000, -6, 2**62, 90_001)]
    assert found == {-5: {"a b": "below", "id": -5}, 90_000: {"a b": "above", "id": 90_000}} | {
        number: {"a b": str(number - 1), "id": number} for number in (2, 1500, 2999)
    }
    assert absent == [None] * 6


def test_only_what_a_log_finished_writing_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.db", [("x", None, None, 1)] * 9, page=4096, encoding="UTF-8", is_logged=True, often=0)
    log = Path(f"{path}-wal").read_bytes()
    whole, frame = Wal.of(io.BytesIO(log), 4096), 4096 + 24
    spoiled = bytearray(log)
    spoiled[32 + frame * (len(log) // frame - 1) + 100] ^= 1
    cut, broken = Wal.of(io.BytesIO(log[:-1]), 4096), Wal.of(io.BytesIO(bytes(spoiled)), 4096)
    assert len(whole.places) > 0
    assert cut.places == broken.places != whole.places
    assert [Wal.of(io.BytesIO(each), 4096) for each in (b"", b"x" * 99, log[:8] + b"\x01" + log[9:])] == [Wal()] * 3


def test_a_file_with_changed_bytes_gives_values_or_an_error(tmp_path: Path) -> None:
    values: list[tuple[object, ...]] = [("x" * n * 40, bytes(n * 90), 1.5, n) for n in range(30)]
    data = write(tmp_path / "a.db", values, page=1024, encoding="UTF-8", is_logged=False).read_bytes()
    rnd = random.Random(7)  # noqa: S311 - the same changes at every run
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(rnd.choice([1, 3, 30])):
            head_of_a_page = rnd.randrange(len(data) // 1024) * 1024 + rnd.randrange(12)
            changed[rnd.choice([rnd.randrange(len(data)), head_of_a_page])] = rnd.randrange(256)
        _read_all(bytes(changed))


def _read_all(data: bytes) -> None:
    try:
        with Pages(io.BytesIO(data)) as pages:
            for table in tables(pages).values():
                for row in rows(pages, table):
                    assert row is not None
    except DamagedDatabase:
        return


def _page(head: bytes, cells: list[tuple[int, bytes]], *, size: int = 4096, first: bool = False) -> bytes:
    """A page with these cells at these places."""
    page = bytearray(size)
    start = 100 if first else 0
    pointers = b"".join(struct.pack(">H", at) for at, _ in cells)
    page[start : start + len(head) + len(pointers)] = head + pointers
    for at, cell in cells:
        page[at : at + len(cell)] = cell
    return bytes(page)


def _first(head: bytes, cells: list[tuple[int, bytes]]) -> bytes:
    page = bytearray(_page(head, cells, first=True))
    page[:100] = MAGIC + struct.pack(">HBBBBBB", 4096, 1, 1, 0, 64, 32, 32) + bytes(76)
    return bytes(page)


INTERIOR, LEAF = (struct.pack(">BHHHB", kind, 0, 1, 0, 0) for kind in (5, 13))
CASES = {
    "a tree that is its own branch": [_first(INTERIOR + struct.pack(">I", 1), [(4000, struct.pack(">IB", 1, 1))])],
    "a thousand rows at one place": [
        _first(struct.pack(">BHHHB", 13, 0, 1000, 0, 0), [(3000, b"\x81\x00\x01" + b"\x02\x01" + b"x" * 200)] * 1000)
    ],
    "a row that goes on in its own page": [
        _first(LEAF, [(3000, b"\xff\x00\x01" + bytes(2000))]),
    ],
    "a row of more bytes than there are": [_first(LEAF, [(3000, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")])],
    "a page that is of an index": [_first(struct.pack(">BHHHB", 10, 0, 0, 0, 0), [])],
    "pages of no size": [MAGIC + bytes(4080)],
    "nothing but the name": [MAGIC],
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_made_to_harm_ends_in_an_error(case: str) -> None:
    with pytest.raises(DamagedDatabase), Pages(io.BytesIO(b"".join(CASES[case]))) as pages:
        tables(pages)


def test_a_log_is_read_once_for_all_that_open_its_database(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.db", [("x", None, None, 1)], page=4096, encoding="UTF-8", is_logged=True)
    folder = reading.make(tmp_path, {})
    folder.open_database("copy.db").close()
    monkeypatch.setattr(Wal, "of", None)
    with folder.open_database("copy.db") as pages:
        assert len(list(rows(pages, tables(pages)['we"ird']))) == 1


def test_a_statement_with_nothing_between_two_commas_names_the_columns_around_it(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as made:
        made.execute("create table t (a, b)")
        made.execute("insert into t values (1, 2)")
        made.execute("pragma writable_schema = on")
        made.execute("update sqlite_master set sql = 'create table t (a,, b)'")
    made.close()
    with Pages((tmp_path / "a.db").open("rb")) as pages:
        assert list(rows(pages, tables(pages)["t"])) == [{"a": 1, "b": 2}]
