"""What programs and devices send by themselves, on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from timeline_local.domain.drafts import MAX_PATH, CollectionKind, PersonRole, RelationKind
from timeline_local.domain.kinds import Kind
from timeline_local.schemas.imports import Reason, Verdict
from timeline_local.schemas.memories import Instant, Latitude, Longitude, WallClock
from timeline_local.schemas.problems import Body, Given, Moment, Storable, TagName, Text, Title, Wire

MOST_ITEMS = 500
MOST_TRACKS = 64
Source = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=50)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=500), Storable]
Label = Annotated[Text, StringConstraints(max_length=100)]
Name = Annotated[Text, StringConstraints(max_length=200)]
Metres = Annotated[float, Field(ge=0, le=1e8, allow_inf_nan=False)]
Height = Annotated[float, Field(ge=-1e8, le=1e8, allow_inf_nan=False)]


class SentPlace(Given):
    """Where: coordinates, names, or both. country is a name or an ISO code; (0, 0) means nowhere."""

    lat: Latitude | None = None
    lon: Longitude | None = None
    accuracy_m: Metres | None = None
    altitude_m: Height | None = None
    name: Name = ""
    address: Annotated[Text, StringConstraints(max_length=500)] = ""
    city: Name = ""
    region: Name = ""
    country: Name = ""


class SentPerson(Given):
    """Somebody in it. kind: what value is, such as email, phone or the name of a service; without value, a name."""

    name: Annotated[Text, StringConstraints(min_length=1, max_length=200)]
    kind: Source = "name"
    value: Name = ""
    role: PersonRole = PersonRole.MENTIONED


class SentCollection(Given):
    """A collection it belongs to, by a key that stays when it gets another name."""

    key: Key
    name: Annotated[Text, StringConstraints(min_length=1, max_length=200)]
    kind: CollectionKind = CollectionKind.ALBUM


class SentRelation(Given):
    """What it is to another item of the same source and account, which may also come later."""

    kind: RelationKind
    key: Key


class SentItem(Given):
    """One memory. key: yours, the same whenever you send it again. Of happened_at, local_at and when at most one."""

    key: Key
    kind: Kind = Kind.NOTE
    title: Title = ""
    body: Body = ""
    happened_at: Instant | None = Field(None, description="An instant with its offset.")
    local_at: WallClock | None = Field(None, description="The wall clock there, without an offset; zone says where.")
    when: Annotated[Text, Field(max_length=64)] | None = Field(None, description="EDTF, such as 1987 or 2004-06~.")
    happened_until: Instant | None = Field(None, description="The end, with happened_at or local_at.")
    zone: Annotated[Text, Field(max_length=64)] | None = Field(None, description="IANA zone.")
    place: SentPlace | None = None
    tags: list[TagName] = Field([], max_length=100)
    people: list[SentPerson] = Field([], max_length=100)
    collections: list[SentCollection] = Field([], max_length=20)
    relations: list[SentRelation] = Field([], max_length=20)
    favourite: bool = False
    rating: int | None = Field(None, ge=0, le=5)
    archived: bool = False
    extra: dict[str, Any] = Field({}, description="Whatever else you know; kept with the memory and exported.")


class SentPosition(Given):
    at: Moment = Field(description="With its offset.")
    lat: Latitude
    lon: Longitude
    accuracy_m: Metres | None = None
    altitude_m: Height | None = None
    speed_mps: Metres | None = None


class SentTrack(Given):
    """Where one device was. What is known of an instant already is not stored twice."""

    device: Annotated[Text, StringConstraints(min_length=1, max_length=200)]
    positions: list[SentPosition] = Field(min_length=1, max_length=MAX_PATH)


class Batch(Given):
    """source: your program's name. account: whose, or which of several; keys are your own within both."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "source": "scale",
                    "items": [
                        {"key": "2026-03-01", "kind": "health", "title": "71.4 kg", "local_at": "2026-03-01T07:10:00"}
                    ],
                }
            ]
        },
    )

    source: Source
    account: Label = ""
    items: list[SentItem] = Field([], max_length=MOST_ITEMS)
    tracks: list[SentTrack] = Field([], max_length=MOST_TRACKS)


class ItemVerdict(Wire):
    """new, changed and same as in imports; skipped: you deleted it; failed: what is wrong with it stands in reason."""

    key: str
    verdict: Verdict
    memory_id: UUID | None
    reason: Reason | None


class TrackVerdict(Wire):
    device: str
    new: int = Field(description="How many positions were stored; the others were here, deleted, or cannot be right.")


class Received(Wire):
    """import_id: where it can be undone; null when nothing was written."""

    import_id: UUID | None
    items: list[ItemVerdict]
    tracks: list[TrackVerdict]


class OwnTracksMessage(BaseModel):
    """A message as the app sends it; what each kind holds is OwnTracks' own."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"_type": "location", "tid": "an", "lat": 38.711, "lon": -9.139, "tst": 1772355600, "acc": 12}]
        },
    )

    type: str = Field(alias="_type", min_length=1, max_length=50)


class OverlandBatch(BaseModel):
    """GeoJSON features as Overland sends them; what else is in the batch is not read."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "locations": [
                        {
                            "type": "Feature",
                            "geometry": {"type": "Point", "coordinates": [-9.139, 38.711]},
                            "properties": {"timestamp": "2026-03-01T09:00:00Z", "device_id": "phone"},
                        }
                    ]
                }
            ]
        },
    )

    locations: list[dict[str, Any]] = Field(max_length=10_000)


class OverlandDone(Wire):
    """What the app takes for success: it keeps its batch until it reads this."""

    result: Literal["ok"] = "ok"
