"""Wire shapes of memories."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    NaiveDatetime,
    Tag,
    WithJsonSchema,
)

from timeline_local.domain.drafts import PersonRole
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.moments import Precision, TimeBasis, ZoneBasis
from timeline_local.schemas.problems import Body, Given, LocationName, PersonName, TagName, Text, Title, Wire

ID = "01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"
_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d*)?\s*")
# RFC 3339's date-time has an offset; a wall clock has none.
LocalTime = Annotated[NaiveDatetime, WithJsonSchema({"type": "string", "format": "date-time-local"})]


class Person(Wire):
    """Somebody in a memory. role: its author, who it was sent to, who took part, or who is named or pictured in it."""

    id: UUID
    name: str = Field(examples=["Ana"])
    role: PersonRole = Field(examples=["mentioned"])


class Location(Wire):
    id: UUID
    name: str = Field(examples=["Trastevere"])
    city: str | None = Field(examples=["Rome"])
    region: str | None = Field(examples=["Lazio"])
    country: str | None = Field(examples=["Italy"])
    country_code: str | None = Field(description="ISO 3166-1, where it is known.", examples=["IT"])


class MemoryMedia(Wire):
    """A media file in its place. grid and screen are null until there is a preview; width and height are upright."""

    id: UUID
    role: MediaRole
    position: int
    mime: str = Field(examples=["image/jpeg"])
    width: int | None
    height: int | None
    duration_ms: int | None
    size_bytes: int
    file_name: str = Field(examples=["IMG_2041.jpg"])
    has_preview: bool
    preview_state: Literal["ready", "pending", "none"]
    placeholder: str | None = Field(description="A thumbhash of at most 25 bytes, as base64.")
    original: str = Field(examples=[f"/api/v1/media/{ID}/original"])
    grid: str | None
    screen: str | None


class Memory(Wire):
    """One memory.

    local_at is the wall clock where it happened and never shifts; happened_at the best estimate of the instant.
    utc_offset_min and zone are null when nobody knows. when is EDTF text for days and fuzzy dates, else null.
    local_on is null exactly when the date is unknown.
    """

    id: UUID = Field(examples=[ID])
    kind: Kind
    title: str
    body: str = Field(description="Markdown; empty for a locked note, unless you read it by itself while unlocked.")
    locked: bool = Field(description="Whether the text is sealed with the passphrase of locked notes.")
    happened_at: AwareDatetime
    happened_until: AwareDatetime | None
    local_at: LocalTime
    local_on: date | None
    utc_offset_min: int | None = Field(examples=[120])
    zone: str | None = Field(examples=["Europe/Rome"])
    precision: Precision
    time_basis: TimeBasis
    zone_basis: ZoneBasis | None
    when: str | None = Field(examples=["1999-22", "2004-06~"])
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    altitude_m: float | None
    tags: list[str]
    people: list[Person]
    location: Location | None
    media: list[MemoryMedia]
    favourite: bool
    rating: int | None = Field(description="1 to 5; 0 where a source said unrated.", examples=[4])
    mood: int | None = Field(description="1 very low to 5 very good.", examples=[5])
    archived: bool
    trashed_at: AwareDatetime | None
    source: str = Field(examples=["user"])
    source_key: str | None
    import_id: UUID | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int


class OneMemory(Memory):
    """As in lists, with the body as blocks of tokens that need no HTML to be shown."""

    blocks: list[dict[str, Any]] = Field(
        description=(
            "[{t: p|h|ul|ol|li|quote|code|hr|table|tr|th|td, level?, start?, lang?, align?, s?, c?}], inline tokens "
            "{t: text|em|strong|del|code|link|br|image|tag, s?, c?, href?, media?}."
        ),
        examples=[[{"t": "p", "c": [{"t": "text", "s": "The smell of the bakery at 6."}]}]],
    )


class Memories(Wire):
    items: list[Memory]
    next_cursor: str | None = Field(description="Null on the last page.")


def _is_number(value: object) -> bool:
    """Whether pydantic would take it for seconds since 1970, which the description does not offer."""
    return isinstance(value, bool | int | float) or (isinstance(value, str) and bool(_NUMBER.fullmatch(value)))


def _as_clock(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if _is_number(value):
        raise ValueError("must be a date and time as text, such as 2019-06-14T18:30:00+02:00")
    return value


def _as_day(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if _is_number(value):
        raise ValueError("must be a day as text, such as 2019-06-14")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_as_clock)]
WallClock = Annotated[LocalTime, BeforeValidator(_as_clock)]
Day = Annotated[date, BeforeValidator(_as_day)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Chosen(Wire):
    """Somebody or something that is there already. Other members are ignored: what was read can be sent back."""

    id: UUID


def _choice(value: Any) -> str:  # noqa: ANN401 - whatever was sent
    return "name" if isinstance(value, str) else "id"


_ById = Annotated[Chosen, Tag("id")]
PersonChoice = Annotated[Annotated[PersonName, Tag("name")] | _ById, Discriminator(_choice)]
LocationChoice = Annotated[Annotated[LocationName, Tag("name")] | _ById, Discriminator(_choice)]


class MemoryFields(Given):
    """What can be written. Of happened_at, local_at and when at most one; none means now."""

    kind: Kind | None = None
    title: Title | None = None
    body: Body | None = None
    happened_at: Instant | None = Field(None, description="An instant with its offset.")
    local_at: WallClock | None = Field(None, description="The wall clock there, without an offset; zone says where.")
    happened_until: Instant | None = Field(None, description="The end of something that lasted, after its beginning.")
    when: Annotated[Text, Field(max_length=64)] | None = Field(
        None, description="EDTF: 1987, 1999-22 (summer), 2004-06~ (about), 1984? (perhaps), 2004-06/2006-08."
    )
    zone: Annotated[Text, Field(max_length=64)] | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    location: LocationChoice | None = Field(
        None, description="One of your locations: its id, its name (made if there is none), or as it was read."
    )
    tags: list[TagName] | None = Field(None, max_length=100)
    people: list[PersonChoice] | None = Field(
        None, max_length=100, description="Names as you see them, or people as they were read."
    )
    favourite: bool | None = None
    rating: int | None = Field(None, ge=1, le=5)
    mood: int | None = Field(None, ge=1, le=5, description="1 very low to 5 very good.")
    media: list[UUID] | None = Field(None, max_length=200, description="Ids of files already uploaded, in order.")
    archived: bool | None = None


class NewMemory(MemoryFields):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"body": "Woke up before everyone. #lisbon", "tags": ["lisbon"], "people": ["Ana"]},
                {"title": "First day of school", "when": "1994-09", "zone": "Europe/Rome"},
                {"title": "Learned to swim", "when": "1984?", "rating": 5, "mood": 4},
            ]
        }
    )


class MemoryPatch(MemoryFields):
    """A merge patch: fields left out stay, null empties. A null date makes the memory undated."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "A better title", "tags": ["family", "rome"]}]})


class Evidence(Wire):
    basis: str
    origin: str = Field(examples=["EXIF DateTimeOriginal"])
    local_at: str | None
    instant: str | None
    utc_offset_min: int | None
    accepted: bool
    reason: str = Field(examples=["the most trusted date"])


class WhyTime(Wire):
    winner: Evidence | None
    moment: dict[str, Any] | None
    considered: list[Evidence]


class WhyField(Wire):
    """One statement about one field; of several about the same field, the first is in force."""

    field: str = Field(examples=["title"])
    value: Any
    source: str = Field(examples=["user"])
    import_id: UUID | None
    rank: int
    at: datetime


class Why(Wire):
    time: WhyTime
    fields: list[WhyField]


class Emptied(Wire):
    purged: int = Field(examples=[12], description="Memories that are gone.")
    files: int = Field(examples=[0], description="Media files that nothing showed and that were in the trash, too.")
