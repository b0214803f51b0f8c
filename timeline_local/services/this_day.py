"""On this day: what happened on a day of the year in the years before, a conversation's day as one, and birthdays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.place_words import PlaceWords
from timeline_local.domain.birthdays import YearDay, years_since
from timeline_local.domain.times import from_day_number
from timeline_local.queries import conversations, identity, memories, this_day
from timeline_local.queries.conversations import Fold, Told
from timeline_local.queries.memory_rows import UrlFor
from timeline_local.queries.this_day import AnyRow
from timeline_local.services.skeletons import folded


@dataclass(frozen=True, slots=True)
class Year:
    """One day of a year. count: its tiles. shown: the latest of them; told: of those that stand for a conversation."""

    day: date
    count: int
    shown: Sequence[tuple[dict[str, Any], Told | None, int]]


@dataclass(frozen=True, slots=True)
class Birthday:
    """person: a row of queries.this_day.born_on. years: since they were born, None where nobody knows."""

    person: AnyRow
    years: int | None


async def happened(
    db: AsyncConnection,
    owner_pk: int,
    day: YearDay,
    year: int,
    *,
    limit: int,
    url_for: UrlFor,
    words: PlaceWords | None = None,
) -> list[Year]:
    """The years before this one in which something happened on the day, newest first.

    limit   tiles shown of each.   Cost  a look-up for each year, and for each memory of these days; seven statements.
    """
    kept = day.kept_in(year)
    years = await this_day.years(db, owner_pk, before=year)
    days = [date_ for each in years for one in kept if (date_ := one.in_year(each)) is not None]
    found = await this_day.positions(db, owner_pk, days)
    of = await conversations.conversation_of(db, owner_pk, pks=found.pks)
    found, folds = folded(found, of)
    by_day: dict[int, list[int]] = {}
    for pk, number in zip(found.pks, found.days, strict=True):
        by_day.setdefault(number, []).append(pk)
    wanted = [pk for pks in by_day.values() for pk in pks[:limit]]
    told = await conversations.told(db, owner_pk, {pk: folds[pk] for pk in wanted if pk in folds})
    whole = await memories.by_pks(db, owner_pk, wanted, url_for=url_for, words=words)
    return [
        Year(from_day_number(number), len(pks), [_shown(pk, whole, told, folds) for pk in pks[:limit] if pk in whole])
        for number, pks in by_day.items()
    ]


def _shown(
    pk: int, whole: Mapping[int, dict[str, Any]], told: Mapping[int, Told], folds: Mapping[int, Fold]
) -> tuple[dict[str, Any], Told | None, int]:
    return whole[pk], told.get(pk), folds[pk].count if pk in folds else 1


async def birthdays(db: AsyncConnection, owner_pk: int, day: YearDay, year: int) -> list[Birthday]:
    """Who was born on the day, by name; nobody where the owner does not want to see birthdays."""
    if not (await identity.preferences(db, owner_pk)).get("birthdays", True):
        return []
    people = await this_day.born_on(db, owner_pk, day.kept_in(year))
    found = [Birthday(each, years_since(each.born, year)) for each in people]
    return [each for each in found if each.years is None or each.years >= 0]
