"""What the query language finds, the same on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import Database
from timeline_local.domain.drafts import PersonRef, PlaceRef
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.query import parse
from timeline_local.domain.times import Moment, Precision, TimeBasis
from timeline_local.models import MediaFile, Memory
from timeline_local.queries import memories, search
from timeline_local.services.memory_writes import MediaLink, MemoryContent, insert_memories

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
TODAY = date(2024, 5, 1)


class Owner(Protocol):
    pk: int
    id: UUID


def url(media_id: UUID | str, variant: str, version: int) -> str:
    return f"/{media_id}/{variant}/{version}"


def content(title: str, *, day: str = "2019-06-14", **fields: Any) -> MemoryContent:  # noqa: ANN401 - any field
    local = datetime.fromisoformat(f"{day}T10:00:00")
    precision = fields.pop("precision", Precision.INSTANT)
    moment = Moment(local.replace(tzinfo=UTC), None, local, 0, "UTC", precision, TimeBasis.SOURCE, None)
    plain: dict[str, Any] = {
        "kind": Kind.NOTE,
        "title": title,
        "moment": moment,
        "source": "notes",
        "source_key": title,
        "content_hash": uuid4().bytes * 2,
    }
    return MemoryContent(**{**plain, **fields})


async def photo(db: AsyncConnection, owner_pk: int) -> int:
    row: dict[str, Any] = {
        "id": uuid4(),
        "owner_pk": owner_pk,
        "created_at": NOW,
        "updated_at": NOW,
        "sha256": b"p" * 32,
        "size_bytes": 9,
        "mime": "image/jpeg",
        "file_name": "PXL_20190614-beach.jpg",
        "storage": "managed",
        "width": 40,
        "height": 30,
        "camera_make": "Google",
        "camera_model": "Pixel 7",
        "facts": {},
        "preview_state": "ready",
        "preview_version": 2,
        "thumbhash": b"\x01\xff",
    }
    return (await db.execute(insert(MediaFile).values(**row).returning(MediaFile.pk))).scalar_one()


@pytest.fixture
async def diary(database: Database, owner: Owner) -> Database:
    """A small diary with one of everything that can be searched for."""
    async with database.write() as db:
        media_pk = await photo(db, owner.pk)
        batch = [
            content("Café in Zürich", body="Crème brûlée with Zoë (twice). A AND B", day="2018-03-01"),
            content("Beach", body="blue sea and sand", tags=("Travel/Italy", "sea"), favourite=True),
            content("Blue hour", body="the sea was blue", day="2020-01-05", tags=("travel",)),
            content("Photo", kind=Kind.PHOTO, media=(MediaLink(media_pk=media_pk),), source="google_takeout"),
            content("Dinner", people=(PersonRef(name="Ana Sousa"),), place=PlaceRef(name="Trastevere", city="Rome")),
            content("Trek", lat=41.9, lon=12.5, day="2021-07-07"),
            content("", body="untitled words", precision=Precision.UNKNOWN, source_key="untitled"),
            content("Old things", archived=True),
            content("Thrown away", trashed=True),
            content("Quoted", body='he said "well-known" things; 100% sure', day="2017-01-01"),
        ]
        await insert_memories(db, owner.pk, batch, import_pk=None, now=NOW)
    return database


async def titles(database: Database, owner: Owner, text: str, **how: Any) -> list[str]:  # noqa: ANN401 - passed on
    async with database.read() as db:
        plain: dict[str, Any] = {"cursor": None, "limit": 50, "order": "newest", "url_for": url}
        page = await memories.page(db, owner.pk, parse(text, TODAY), **{**plain, **how})
    return [item["title"] for item in items(page)]


def items(page: memories.Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(orjson.dumps(page.items))
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cafe", ["Café in Zürich"]),
        ("CRÈME", ["Café in Zürich"]),
        ("zurich", ["Café in Zürich"]),
        ("sea", ["Blue hour", "Beach"]),
        ("bea", ["Photo", "Beach"]),
        ("be", []),
        ("blue sea", ["Blue hour", "Beach"]),
        ('"blue sea"', ["Beach"]),
        ('"sea blue"', []),
        ("sea -sand", ["Blue hour"]),
        ("sand OR dinner", ["Dinner", "Beach"]),
        ("well-known", ["Quoted"]),
        ("beach.jpg", ["Photo"]),
        ("rome", ["Dinner"]),
        ("sousa", ["Dinner"]),
        ("kind:photo", ["Photo"]),
        ("tag:travel", ["Blue hour", "Beach"]),
        ("#travel/italy", ["Beach"]),
        ("-tag:travel sea", []),
        ("is:favourite", ["Beach"]),
        ("is:undated", [""]),
        ("is:untitled", [""]),
        ("is:archived", ["Old things"]),
        ("is:trashed", ["Thrown away"]),
        ("thrown", []),
        ("thrown is:trashed", ["Thrown away"]),
        ("-is:trashed trek", ["Trek"]),
        ("has:people", ["Dinner"]),
        ("has:location", ["Trek", "Dinner"]),
        ("-has:location on:2019", ["Photo", "Beach"]),
        ("has:text 2019", ["Beach"]),
        ("has:sound", []),
        ("2018", ["Café in Zürich"]),
        ("before:2018", ["Quoted"]),
        ("after:2020", ["Trek"]),
        ("on:2019-06-14 sand", ["Beach"]),
        ("from:takeout", ["Photo"]),
        ("camera:pixel", ["Photo"]),
        ("with:ana", ["Dinner"]),
        ('with:"ana sousa"', ["Dinner"]),
        ("with:an", []),
        ("in:rome", ["Dinner"]),
        ("in:trastevere", ["Dinner"]),
        ("in:ro", []),
        ("in:rom", ["Dinner"]),  # as Germans call it
        ('near:"41.91,12.49" 5km', ["Trek"]),
        ('near:"41.9,12.7" 5km', []),
        ('-near:"41.9,12.5" 5km after:2019', ["Blue hour"]),
    ],
)
async def test_a_query_finds_exactly_what_it_means(diary: Database, owner: Owner, text: str, found: list[str]) -> None:
    assert await titles(diary, owner, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(twice).", ["Café in Zürich"]),
        ("a AND", ["Café in Zürich"]),
        ("NEAR(sea", []),
        ("sea*", ["Blue hour", "Beach"]),
        ("100%", ["Quoted"]),
        ("*", []),
        ("(", []),
        ("'", []),
        ("title:sea", []),
        ("& | ! <->", []),
        ("^sea", ["Blue hour", "Beach"]),
        ("\\", []),
        ("sea' OR '1'='1", ["Blue hour", "Beach"]),
    ],
)
async def test_signs_of_the_engines_are_only_text(diary: Database, owner: Owner, text: str, found: list[str]) -> None:
    assert await titles(diary, owner, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rating:4", ["Four"]),
        ("rating:>=4", ["Five", "Four"]),
        ("rating:<5", ["Four", "One"]),
        ("rating:1-4 -mood:2", ["Four"]),
        ("mood:2", ["One"]),
        ("is:rated", ["Five", "Four", "One"]),
        ("-is:rated 2024", ["Zero"]),
    ],
)
async def test_stars_and_moods_are_found(diary: Database, owner: Owner, text: str, found: list[str]) -> None:
    rated = {"One": (1, 2), "Four": (4, None), "Five": (5, 5), "Zero": (0, None)}
    batch = [
        content(title, day=f"2024-01-0{place}", rating=stars, mood=mood)
        for place, (title, (stars, mood)) in enumerate(rated.items(), 1)
    ]
    async with diary.write() as db:
        await insert_memories(db, owner.pk, batch, import_pk=None, now=NOW)
    assert sorted(await titles(diary, owner, text)) == sorted(found)


async def test_duplicates_say_the_same_or_are_the_same_file(diary: Database, owner: Owner) -> None:
    async with diary.write() as db:
        (media_pk,) = (await db.execute(select(MediaFile.pk))).scalars()
        batch = [
            content("Said", content_hash=b"s" * 32),
            content("Said again", content_hash=b"s" * 32),
            content("Thrown away twin", content_hash=b"s" * 32, trashed=True),
            content("Same photo", kind=Kind.PHOTO, media=(MediaLink(media_pk=media_pk),)),
            content("A note that shows it", media=(MediaLink(media_pk=media_pk, role=MediaRole.ATTACHMENT),)),
        ]
        await insert_memories(db, owner.pk, batch, import_pk=None, now=NOW)
    assert sorted(await titles(diary, owner, "is:duplicate")) == ["Photo", "Said", "Said again", "Same photo"]
    assert "Said" not in await titles(diary, owner, "-is:duplicate")


async def test_near_takes_the_name_of_a_place(diary: Database, owner: Owner) -> None:
    porto = PlaceRef(name="Ribeira", city="Porto", lat=41.14, lon=-8.61)
    batch = [
        content("By the river", place=porto, lat=41.141, lon=-8.612),
        content("Not named", lat=41.15, lon=-8.6),
        content("Lisbon", lat=38.7, lon=-9.1),
    ]
    async with diary.write() as db:
        await insert_memories(db, owner.pk, batch, import_pk=None, now=NOW)
    assert sorted(await titles(diary, owner, "near:Porto 3km")) == ["By the river", "Not named"]
    assert await titles(diary, owner, "near:Atlantis") == []
    assert "Not named" not in await titles(diary, owner, "-near:Porto 3km")


async def test_relevance_puts_titles_first(diary: Database, owner: Owner) -> None:
    assert await titles(diary, owner, "blue", order="relevance") == ["Blue hour", "Beach"]
    assert await titles(diary, owner, "beach", order="relevance") == ["Beach", "Photo"]


async def test_relevance_goes_on_by_cursor(diary: Database, owner: Owner) -> None:
    async with diary.read() as db:
        query = parse("sea", TODAY)
        first = await memories.page(db, owner.pk, query, cursor=None, limit=1, order="relevance", url_for=url)
        rest = await memories.page(db, owner.pk, query, cursor=first.next, limit=9, order="relevance", url_for=url)
    ids = [item["id"] for page in (first, rest) for item in items(page)]
    assert (len(ids), len(set(ids)), rest.next) == (2, 2, None)


async def test_a_common_word_is_found_by_walking_the_timeline(
    diary: Database, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = await titles(diary, owner, "sea")
    monkeypatch.setattr(search, "FEW", 1)
    assert await titles(diary, owner, "sea") == looked_up
    assert await titles(diary, owner, "sea", order="oldest") == looked_up[::-1]


async def test_another_owner_finds_nothing(diary: Database, owner: Owner) -> None:
    async with diary.read() as db:
        found = await memories.page(
            db, owner.pk + 1, parse("sea", TODAY), cursor=None, limit=9, order="newest", url_for=url
        )
        walked = (await db.execute(select(Memory.pk).where(where_sea(diary, owner.pk + 1)))).all()
    assert (items(found), walked) == ([], [])


def where_sea(database: Database, owner_pk: int) -> Any:  # noqa: ANN401 - a condition
    return search.where(parse("sea", TODAY), owner_pk=owner_pk, dialect=database.dialect)


async def test_media_carry_their_addresses_and_placeholder(diary: Database, owner: Owner) -> None:
    async with diary.read() as db:
        query = parse("kind:photo", TODAY)
        page = await memories.page(db, owner.pk, query, cursor=None, limit=1, order="newest", url_for=url)
    (media,) = items(page)[0]["media"]
    assert (media["grid"], media["placeholder"]) == (f"/{media['id']}/grid/2", "Af8=")


async def test_changed_text_is_found_by_its_new_words_only(diary: Database, owner: Owner) -> None:
    from timeline_local.services.memory_writes import refresh_derived

    async with diary.write() as db:
        pk = (await db.execute(select(Memory.pk).where(Memory.title == "Beach"))).scalar_one()
        await db.execute(update(Memory).where(Memory.pk == pk).values(body="mountains"))
        await refresh_derived(db, owner.pk, [pk])
    assert await titles(diary, owner, "sand") == []
    assert await titles(diary, owner, "mountains") == ["Beach"]
