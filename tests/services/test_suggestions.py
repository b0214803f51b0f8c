"""What a search box offers: names of the owner's by what they stand for, then the words of the language."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.conftest import Owner
from timeline_local.core.database import Database
from timeline_local.domain.query import parse
from timeline_local.queries.vocabulary import Name
from timeline_local.queries.words import searchable
from timeline_local.services import memories, trash
from timeline_local.services.suggestions import MOST, suggest
from timeline_local.services.user_time import Bearings
from timeline_local.services.vocabulary import LARGE_PAUSE_S, Entry, Vocabularies, Vocabulary

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MORNING = datetime(2019, 6, 14, 9)  # noqa: DTZ001 - a wall clock
BEARINGS = Bearings(now=NOW, home_zone="UTC", zone_of=lambda _lat, _lon: None)


def entries(*names: tuple[str, int | None]) -> tuple[Entry, ...]:
    return tuple(Entry(Name(name, name, memories), f" {searchable(name)}") for name, memories in names)


KNOWN = Vocabulary(
    revision=1,
    people=entries(("Ana Sousa", 40), ("Zoë Anand", 12), ("Miguel", 3)),
    tags=entries(("travel/italy", 30), ("analog", 5)),
    places=entries(("Ancona", 21), ("New York", 2)),
    near=entries(("Ancona", 21)),
    collections=entries(("Trip to Rome", None)),
    kinds=entries(("photo", 90), ("note", 10), ("health", 0)),
    sources=entries(("photo_folder", 80)),
    cameras=entries(
        ('Canon "EOS"', 7),
    ),
    months=((date(2020, 1, 1), 2), (date(2019, 7, 1), 5), (date(2019, 6, 1), 8), (date(1850, 6, 1), 1)),
    is_small=True,
    spots=(),
)


def offered(marked: str) -> list[str]:
    """The whole text after each choice."""
    caret, text = marked.index("|"), marked.replace("|", "")
    found = suggest(text, caret, KNOWN)
    return [text[: found.start] + each.insert + text[found.end :] for each in found.items]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("|", ["with:", "in:", "tag:", "kind:", "on:", "is:", "has:", "camera:"]),
        ("an|", ['with:"Ana Sousa"', "in:Ancona", 'with:"Zoë Anand"', "tag:analog"]),
        ("beach an| sun", [f"beach {each} sun" for each in ('with:"Ana Sousa"', "in:Ancona", 'with:"Zoë Anand"')]),
        ("with:|", ['with:"Ana Sousa"', 'with:"Zoë Anand"', "with:Miguel"]),
        ("-with:ZOE|", ['-with:"Zoë Anand"']),
        ('with:"ana so|', ['with:"Ana Sousa"']),
        ("#it|", ["tag:travel/italy"]),
        ("in:yo|", ['in:"New York"']),
        ("near:|", ["near:Ancona"]),
        ("collection:trip|", ['collection:"Trip to Rome"']),
        ("type:p|", ["kind:photo"]),
        ("kind:|", ["kind:photo", "kind:note", "kind:health"]),
        ("health|", []),
        ("from:folder|", ["from:photo_folder"]),
        ("camera:eos|", [r'camera:"Canon \"EOS\""']),
        ("is:un|", ["is:undated", "is:untitled"]),
        ("has:p|", ["has:people"]),
        ("fav|", ["is:favourite"]),
        ("rating:>|", ["rating:>=4", "rating:>=3"]),
        ("on:20|", ["on:2019", "on:2020"]),
        ("20|", ["2019", "2020"]),
        ("18|", []),
        ("on:18|", ["on:1850"]),
        ("2019-|", ["2019-06", "2019-07"]),
        ("june|", ["june 2019"]),
        ("before:june|", ['before:"june 2019"']),
        ("yest|", ["yesterday"]),
        ("during:last su|", []),
        ('during:"last su|', ['during:"last summer"']),
        ("zzz|", []),
    ],
)
def test_what_is_offered_for_a_token(marked: str, expected: list[str]) -> None:
    assert offered(marked)[: len(expected) or None] == expected


@pytest.mark.parametrize(
    "text", ["an", "w", "with:", "in:", "#", "kind:", "is:", "has:", "mood:", "on:", "before:", "ju"]
)
def test_every_choice_is_a_term_or_the_beginning_of_one(text: str) -> None:
    for each in suggest(text, len(text), KNOWN).items:
        query = (
            parse(each.insert + ("x" if each.is_open and each.key in {"with", "in", "tag"} else ""), NOW.date())
            if (not each.is_open or each.key in {"with", "in", "tag"})
            else None
        )
        assert query is None or len(query.terms) == 1


def test_there_are_never_more_than_eight_and_words_have_their_place() -> None:
    crowded = replace(KNOWN, people=entries(*((f"Iseult {number}", 9) for number in range(20))))
    found = suggest("is", 2, crowded).items
    assert len(found) == MOST
    assert [each.insert for each in found if each.kind != "person"] == ["is:"]


async def write(database: Database, owner: Owner, **fields: object) -> memories.Changed:
    async with database.write() as db:
        return await memories.create(db, owner.pk, {"local_at": MORNING, **fields}, bearings=BEARINGS)


def labels(found: tuple[Entry, ...]) -> list[tuple[str, int | None]]:
    return [(entry.name.label, entry.name.memories) for entry in found]


async def test_the_names_of_a_timeline(database: Database, owner: Owner) -> None:
    await write(database, owner, body="one", people=["Ana", "Zoë"], tags=["sea"], location="Harbour")
    await write(database, owner, body="two", people=["Zoë"], tags=["sea", "Sun"])
    gone = await write(database, owner, body="three", people=["Nobody"], tags=["gone"], location="Nowhere")
    async with database.write() as db:
        await trash.trash(db, owner.pk, gone.id, now=NOW, expected_version=None)
    known, is_behind = await Vocabularies(database).get(owner.pk)
    assert labels(known.people) == [("Zoë", 2), ("Ana", 1)]
    assert labels(known.tags) == [("sea", 2), ("Sun", 1)]
    assert labels(known.places) == [("Harbour", 1)]
    assert labels(known.sources) == [("user", 2)]
    assert known.months == ((date(2019, 6, 1), 2),)
    assert labels(known.kinds)[0] == ("note", 2)
    assert not is_behind


async def test_a_small_timeline_is_read_anew_when_it_changed(database: Database, owner: Owner) -> None:
    known = Vocabularies(database)
    await write(database, owner, body="one", tags=["sea"])
    first, _ = await known.get(owner.pk)
    assert (await known.get(owner.pk))[0] is first
    await write(database, owner, body="two", tags=["sun"])
    assert labels((await known.get(owner.pk))[0].tags) == [("sea", 1), ("sun", 1)]


async def test_a_large_one_answers_with_what_it_has_and_is_renewed_at_leisure(database: Database, owner: Owner) -> None:
    clock = [0.0]
    known = Vocabularies(database, small=0, clock=lambda: clock[0])
    await write(database, owner, body="one", tags=["sea"], people=["Ana"], location="Harbour")
    glance, is_behind = await known.get(owner.pk)
    assert is_behind
    assert [labels(found) for found in (glance.tags, glance.people, glance.places)] == [
        [("sea", None)],
        [("Ana", None)],
        [("Harbour", None)],
    ]
    first = await known.renew(owner.pk)
    assert labels(first.people) == [("Ana", 1)]
    await write(database, owner, body="two", tags=["sun"])
    assert await known.get(owner.pk) == (first, False)
    clock[0] = LARGE_PAUSE_S
    assert await known.get(owner.pk) == (first, True)
    await known.renew(owner.pk)
    assert labels((await known.get(owner.pk))[0].tags) == [("sea", 1), ("sun", 1)]
