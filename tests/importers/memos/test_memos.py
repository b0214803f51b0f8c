"""Memos: databases of three ages, made by SQLite itself, and the answers of its API, old and new."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, RelationKind
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.memos import Memos

EXPECTED = Path(__file__).with_name("expected.json")
MAY = 1_714_550_400  # 2024-05-01 08:00 UTC
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 80  # more than a page holds

USERS = """
create table user (id integer primary key autoincrement, username text not null unique, nickname text not null
  default '', row_status text not null default 'NORMAL');
insert into user (id, username, nickname) values (1, 'anna', 'Anna'), (2, 'bo', '');
"""
# Tables as the migrations of these versions leave them, without what nobody reads here.
OF_12 = """
create table memo (id integer primary key autoincrement, creator_id integer not null, created_ts bigint not null
  default (strftime('%s', 'now')), row_status text not null check (row_status in ('NORMAL', 'ARCHIVED')) default
  'NORMAL', content text not null default '', visibility text not null default 'PRIVATE');
create table memo_organizer (id integer primary key autoincrement, memo_id integer not null, user_id integer not null,
  pinned integer not null default 0, unique(memo_id, user_id));
create table resource (id integer primary key autoincrement, creator_id integer not null, created_ts bigint not null
  default 0, filename text not null default '', blob blob default null, external_link text not null default '',
  type text not null default '', size integer not null default 0);
alter table resource add column internal_path text not null default '';
create table memo_resource (memo_id integer not null, resource_id integer not null, unique(memo_id, resource_id));
"""
OF_26 = """
create table memo (id integer primary key autoincrement, uid text not null unique, creator_id integer not null,
  created_ts bigint not null default (strftime('%s', 'now')), updated_ts bigint not null default 0, row_status text not
  null check (row_status in ('NORMAL', 'ARCHIVED')) default 'NORMAL', content text not null default '', visibility text
  not null check (visibility in ('PUBLIC', 'PROTECTED', 'PRIVATE')) default 'PRIVATE', pinned integer not null check
  (pinned in (0, 1)) default 0, payload text not null default '{}');
create table memo_relation (memo_id integer not null, related_memo_id integer not null, type text not null,
  unique(memo_id, related_memo_id, type));
create table attachment (id integer primary key autoincrement, uid text not null unique, creator_id integer not null,
  created_ts bigint not null default 0, filename text not null default '', blob blob default null, type text not null
  default '', size integer not null default 0, memo_id integer, storage_type text not null default '', reference text
  not null default '', payload text not null default '{}');
create table reaction (id integer primary key autoincrement, created_ts bigint not null default 0, creator_id integer
  not null, content_id text not null, reaction_type text not null);
"""


def database(path: Path, schema: str, *rows: tuple[str, dict[str, Any]]) -> sqlite3.Connection:
    """A database with these rows, still open: its log lies beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = sqlite3.connect(path, isolation_level=None)
    found.execute("pragma journal_mode = wal")
    found.executescript(USERS + schema)
    for table, row in rows:
        found.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", [*row.values()])  # noqa: S608
    return found


def memo(number: int, **more: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - any value
    told = {"id": number, "creator_id": 1, "created_ts": MAY + number, "content": f"Memo {number}"}
    return "memo", {**told, **more}


def file(table: str, number: int, **more: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - any value
    return table, {"id": number, "creator_id": 1, "created_ts": MAY, "filename": f"{number}.jpg", **more}


def local(name: str) -> dict[str, Any]:
    return {"storage_type": "LOCAL", "reference": f"assets/{name}"}


def newest(path: Path) -> sqlite3.Connection:
    place = {"placeholder": "Paris, France", "latitude": 48.85, "longitude": 2.35}
    return database(
        path,
        OF_26,
        memo(1, uid="first", content="# Bonjour\nOn the train #travel/france", pinned=1, visibility="PUBLIC",
             payload=json.dumps({"tags": ["travel/france"], "property": {"hasLink": False}, "location": place})),
        memo(2, uid="second", creator_id=2, content="How nice!", row_status="ARCHIVED"),
        memo(3, uid="third", content="See the first"),
        memo(4, uid="empty", content=""),
        ("memo_relation", {"memo_id": 2, "related_memo_id": 1, "type": "COMMENT"}),
        ("memo_relation", {"memo_id": 3, "related_memo_id": 1, "type": "REFERENCE"}),
        file("attachment", 1, uid="a1", memo_id=1, blob=PICTURE, size=len(PICTURE), filename="train.jpg"),
        file("attachment", 2, uid="a2", memo_id=1, filename="sea.jpg", **local("17_sea.jpg")),
        file("attachment", 3, uid="a3", memo_id=3, storage_type="EXTERNAL", reference="https://example.org/x.png"),
        file("attachment", 4, uid="a4", memo_id=3, filename="gone.jpg", **local("gone.jpg")),
        file("attachment", 5, uid="a5", blob=b"%PDF-1.4", filename="plan.pdf"),
        ("reaction", {"creator_id": 2, "content_id": "memos/first", "reaction_type": "🎉"}),
    )  # fmt: skip


def test_a_database_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    connection = newest(tmp_path / "memos_prod.db")
    folder = reading.make(tmp_path, {"assets/17_sea.jpg": b"\xff\xd8\xff sea"})
    items = reading.read(Memos(), folder)
    connection.close()
    told = json.dumps(reading.golden(items), ensure_ascii=False, indent=1)
    placeless = re.sub(r"//sqlite,\d+,\d+,", "//sqlite,0,0,", told)  # other versions of SQLite put rows elsewhere
    assert json.loads(placeless) == json.loads(EXPECTED.read_bytes())


def test_files_in_the_database_come_out_byte_by_byte_also_of_a_log_and_in_a_zip(
    tmp_path: Path, reading: ModuleType
) -> None:
    connection = newest(tmp_path / "data" / "memos_prod.db")
    with zipfile.ZipFile(tmp_path / "backup.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path in (tmp_path / "data").iterdir():
            packed.write(path, f"memos/{path.name}")
    connection.close()
    folder = Folder(tmp_path / "backup.zip")
    assert Memos().recognise(folder).confidence > 0.9
    ref = reading.drafts(reading.read(Memos(), folder))["first"].media[0]
    with folder.open(ref.locator) as opened:
        assert (opened.read(), ref.name, folder.stat(ref.locator).size) == (PICTURE, "train.jpg", len(PICTURE))


def test_a_database_of_2023_has_pins_files_and_numbers_of_its_own(tmp_path: Path, reading: ModuleType) -> None:
    database(
        tmp_path / "old copy.db.bak",
        OF_12,
        memo(1),
        memo(2, content="Two #one_tag"),
        ("memo_organizer", {"memo_id": 2, "user_id": 1, "pinned": 1}),
        file("resource", 1, internal_path="/var/opt/memos/assets/9_a.jpg", filename="a.jpg"),
        file("resource", 2, external_link="https://example.org/b.png"),
        ("memo_resource", {"memo_id": 2, "resource_id": 1}),
        ("memo_resource", {"memo_id": 2, "resource_id": 2}),
    ).close()
    drafts = reading.drafts(reading.read(Memos(), reading.make(tmp_path, {"assets/9_a.jpg": b"a"})))
    two = drafts["2"]
    assert (sorted(drafts), [each.locator for each in two.media], two.media[0].name) == (
        ["1", "2"],
        ["assets/9_a.jpg"],
        "a.jpg",
    )
    assert (two.tags, two.extra["pinned"], two.extra["links"]) == (("one_tag",), True, ["https://example.org/b.png"])
    assert two.evidence[0].instant == datetime(2024, 5, 1, 8, 0, 2, tzinfo=UTC)


NEW = {
    "name": "memos/abc",
    "state": "ARCHIVED",
    "creator": "users/1",
    "createTime": "2024-05-01T08:00:00Z",
    "displayTime": "2024-06-01T08:00:00Z",
    "content": "Hello #sea",
    "visibility": "PRIVATE",
    "tags": ["sea"],
    "pinned": True,
    "attachments": [{"name": "attachments/x1", "filename": "a.jpg", "externalLink": ""}],
    "relations": [
        {"memo": {"name": "memos/abc"}, "relatedMemo": {"name": "memos/def"}, "type": "REFERENCE"},
        {"memo": {"name": "memos/ghi"}, "relatedMemo": {"name": "memos/abc"}, "type": "COMMENT"},
    ],
    "location": {"placeholder": "Rome", "latitude": 41.9, "longitude": 12.5},
}
OLD = {
    "id": 7,
    "rowStatus": "NORMAL",
    "creatorId": 1,
    "createdTs": MAY,
    "content": "Hello #sea",
    "visibility": "PRIVATE",
    "resourceList": [{"id": 3, "filename": "a.jpg"}],
}


@pytest.mark.parametrize("told", [{"memos": [NEW], "nextPageToken": ""}, [NEW], NEW])
def test_an_answer_of_the_api_gives_its_memos(tmp_path: Path, reading: ModuleType, told: object) -> None:
    folder = reading.make(tmp_path, {"page 1.json": json.dumps(told), "files/x1/a.jpg": b"a", "files/b/a.jpg": b"b"})
    assert Memos().recognise(folder).confidence > 0.9
    (draft,) = reading.drafts(reading.read(Memos(), folder)).values()
    assert (draft.source_key, draft.body, draft.tags, draft.archived) == ("abc", "Hello #sea", ("sea",), True)
    assert draft.evidence[0].instant == datetime(2024, 5, 1, 8, tzinfo=UTC)
    assert [(each.kind, each.source_key) for each in draft.relations] == [(RelationKind.RELATED, "def")]
    assert (draft.place and draft.place.name, draft.media[0].locator) == ("Rome", "files/x1/a.jpg")


@pytest.mark.parametrize("told", [{"data": [OLD]}, [OLD]])
def test_an_answer_of_before_2024_gives_its_memos(tmp_path: Path, reading: ModuleType, told: object) -> None:
    items = reading.read(Memos(), reading.make(tmp_path, {"memos.json": json.dumps(told, indent=1)}))
    (draft,) = reading.drafts(items).values()
    assert (draft.source_key, draft.evidence[0].instant) == ("7", datetime(2024, 5, 1, 8, tzinfo=UTC))
    assert reading.problems(items) == {"memos.json#1/a.jpg": "file-missing"}


def test_a_memo_that_the_database_and_a_list_tell_is_taken_once(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "a.db", OF_26, memo(1, uid="abc")).close()
    items = reading.read(Memos(), reading.make(tmp_path, {"b.json": json.dumps([{**NEW, "attachments": []}])}))
    assert (list(reading.drafts(items)), reading.problems(items)) == (["abc"], {"b.json#1": "twice"})


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json", '[{"name": "memos/a"}]'), ("a.json", '{"content": "x", "createdTs": 1}'), ("a.db", "no database")],
)
def test_other_files_are_not_taken_for_memos(tmp_path: Path, reading: ModuleType, name: str, content: str) -> None:
    assert Memos().recognise(reading.make(tmp_path, {name: content})).confidence == 0


def test_databases_of_others_are_not_taken_for_memos_and_a_log_alone_is_explained(
    tmp_path: Path, reading: ModuleType
) -> None:
    database(tmp_path / "other.db", "create table memo (id integer, text text)").close()
    told = Memos().recognise(reading.make(tmp_path, {"memos_prod.db-wal": "x"}))
    assert (told.confidence, "memos_prod.db," in told.hint) == (0, True)


def test_a_database_that_is_cut_off_gives_the_memos_before_the_cut(tmp_path: Path, reading: ModuleType) -> None:
    path = tmp_path / "memos_prod.db"
    database(path, OF_26, *(memo(n, uid=f"u{n}", content="x" * 300) for n in range(1, 401))).close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    items = reading.read(Memos(), Folder(tmp_path))
    assert (list(reading.problems(items).values()), len(reading.drafts(items)) > 100) == (["unreadable"], True)


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.memos.ITEMS_PER_CHECKPOINT", 2)
    database(tmp_path / "a.db", OF_26, *(memo(n, uid=f"u{n}", creator_id=n % 2) for n in range(1, 6))).close()
    folder = reading.make(tmp_path, {"b.json": json.dumps([{**NEW, "name": f"memos/{n}"} for n in range(5)])})
    whole = list(Memos().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Memos().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 4
    assert [[each for each in rest if isinstance(each, Draft)] for rest in rests] == [
        [each for each in whole[index:] if isinstance(each, Draft)] for index, _ in marks
    ]
