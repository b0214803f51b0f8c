"""Wire shapes of what happened on this day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from timeline_local.schemas.memories import Memory
from timeline_local.schemas.problems import Wire
from timeline_local.schemas.timeline import Conversation


class BornPerson(Wire):
    id: UUID
    name: str = Field(examples=["Anna Keller"])
    picture: str | None = Field(description="The address of the cover's preview.")


class Birthday(Wire):
    """years: since they were born; null where the year is not known."""

    person: BornPerson
    born: str = Field(examples=["1985-06-14", "--06-14"])
    years: int | None = Field(examples=[41])


class Shown(Wire):
    """A memory; conversation is set where it stands for a conversation's day, of which it is the last message."""

    memory: Memory
    conversation: Conversation | None


class Year(Wire):
    day: date = Field(examples=["2019-06-14"])
    years_ago: int = Field(examples=[7])
    count: int = Field(description="All of that day, a conversation's day as one.", examples=[29])
    items: list[Shown]


class ThisDay(Wire):
    """years: those in which something happened, newest first."""

    day: str = Field(examples=["06-14"])
    year: int = Field(examples=[2026])
    birthdays: list[Birthday]
    years: list[Year]
