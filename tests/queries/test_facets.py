"""Facets against counting by hand, over a made-up timeline of two owners."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert

from tests.queries.test_search import NOW, Owner, content
from timeline_local.core.database import Database
from timeline_local.domain.drafts import PersonRef, PlaceRef
from timeline_local.models import MediaFile, User
from timeline_local.queries.facets import Facets, facets
from timeline_local.services.memory_content import MediaLink, MemoryContent
from timeline_local.services.memory_writes import insert_memories

CAMERAS = [("Google", "Pixel 7"), ("Canon", "Canon EOS 80D"), (None, None), ("Apple", None)]
NAMED: dict[tuple[str | None, str | None], str] = {
    ("Google", "Pixel 7"): "Google Pixel 7",
    ("Canon", "Canon EOS 80D"): "Canon EOS 80D",
    ("Apple", None): "Apple",
}
PLACES = [
    PlaceRef(name="Home", city="Porto", country="Portugal"),
    PlaceRef(city="Porto", country="Portugal"),
    PlaceRef(country="Portugal"),
    None,
]


@pytest.fixture
async def cameras(database: Database, owner: Owner) -> dict[int, str]:
    """Eight files with the name of the camera that took them."""
    found = {}
    async with database.write() as db:
        for number in range(8):
            make, model = CAMERAS[number % 4]
            row: dict[str, Any] = {
                "id": uuid4(),
                "owner_pk": owner.pk,
                "created_at": NOW,
                "updated_at": NOW,
                "sha256": bytes([number]) * 32,
                "size_bytes": 9,
                "mime": "image/jpeg",
                "file_name": f"{number}.jpg",
                "storage": "managed",
                "camera_make": make,
                "camera_model": model,
                "facts": {},
                "preview_state": "none",
                "preview_version": 0,
            }
            pk = (await db.execute(insert(MediaFile).values(**row).returning(MediaFile.pk))).scalar_one()
            found[pk] = NAMED.get((make, model), "")
    return found


def made_up(number: int, dice: random.Random, files: list[int]) -> MemoryContent:
    return content(
        f"m{number}",
        tags=tuple(dice.sample(["sea", "sea/cold", "home", "work"], dice.randrange(4))),
        people=tuple(PersonRef(name=name) for name in dice.sample(["Ana", "Ben", "Cleo"], dice.randrange(3))),
        place=dice.choice(PLACES),
        source=dice.choice(["notes", "user"]),
        media=tuple(MediaLink(media_pk=pk, position=at) for at, pk in enumerate(dice.sample(files, dice.randrange(4)))),
    )


def counted(names: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(((name, n) for name, n in Counter(names).items() if name), key=lambda each: (-each[1], each[0]))


def by_hand(memories: list[MemoryContent], cameras: dict[int, str]) -> Facets:
    spots = [each.place for each in memories if each.place is not None]
    return Facets(
        people=counted(name for each in memories for name in {ref.name for ref in each.people}),
        places=counted(spot.name or spot.city or spot.country for spot in spots),
        cameras=counted(name for each in memories for name in {cameras[link.media_pk] for link in each.media}),
        sources=counted(each.source for each in memories),
        tags=counted(tag for each in memories for tag in each.tags),
    )


@pytest.mark.parametrize("seed", range(3))
async def test_facets_are_what_counting_by_hand_gives(
    database: Database, owner: Owner, cameras: dict[int, str], seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a made-up timeline is no secret
    memories = [made_up(number, dice, list(cameras)) for number in range(60)]
    async with database.write() as db:
        written = await insert_memories(db, owner.pk, memories, import_pk=None, now=NOW)
    asked = dice.sample(range(60), 40)
    async with database.read() as db:
        found = await facets(db, owner.pk, [written[number].pk for number in asked])
    assert found == by_hand([memories[number] for number in asked], cameras)


async def test_another_owners_keys_count_nothing(database: Database, owner: Owner, cameras: dict[int, str]) -> None:
    dice = random.Random(1)  # noqa: S311 - as above
    async with database.write() as db:
        made = await insert_memories(db, owner.pk, [made_up(1, dice, list(cameras))], import_pk=None, now=NOW)
        values = {"id": uuid4(), "created_at": NOW, "updated_at": NOW, "name": "Eve", "role": "member"}
        other = (await db.execute(insert(User).values(**values, is_active=True).returning(User.pk))).scalar_one()
    async with database.read() as db:
        assert await facets(db, other, [each.pk for each in made]) == Facets([], [], [], [], [])
