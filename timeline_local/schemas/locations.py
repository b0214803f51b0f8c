"""Wire shapes of locations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from timeline_local.schemas.memories import Latitude, Longitude
from timeline_local.schemas.problems import Given, LocationName, Storable, Text, Wire

ID = "01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"
OTHER_ID = "01932f6e-8c2d-7e41-b222-4b3c5d6e7f80"

Kind = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), Storable]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), Storable]
CountryCode = Annotated[Text, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$")]
Radius = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]


class Location(Wire):
    """A named place. memories: those outside the trash that are there. distance_m: in lists around a point only."""

    id: UUID = Field(examples=[ID])
    name: str = Field(examples=["Trastevere"])
    kind: str | None = Field(examples=["home"])
    lat: float | None = Field(examples=[41.8895])
    lon: float | None = Field(examples=[12.4695])
    radius_m: float | None = Field(examples=[300])
    address: str | None = Field(examples=["Via della Lungaretta 14"])
    city: str | None = Field(examples=["Rome"])
    region: str | None = Field(examples=["Lazio"])
    country: str | None = Field(examples=["Italy"])
    country_code: str | None = Field(examples=["IT"])
    zone: str | None = Field(examples=["Europe/Rome"])
    source: str = Field(description="user, import or gazetteer.", examples=["user"])
    memories: int = Field(examples=[42])
    distance_m: float | None = Field(examples=[120.5])
    created_at: datetime
    updated_at: datetime
    version: int


class Locations(Wire):
    items: list[Location]
    next_cursor: str | None = Field(description="Null on the last page.")


class LocationFields(Given):
    """What can be written. Without a zone, it is that of the coordinates."""

    name: LocationName | None = None
    kind: Kind | None = Field(None, description="home, work, restaurant …: your own words.")
    lat: Latitude | None = None
    lon: Longitude | None = None
    radius_m: Radius | None = None
    address: Address | None = None
    city: LocationName | None = None
    region: LocationName | None = None
    country: LocationName | None = None
    country_code: CountryCode | None = Field(None, description="ISO 3166-1, two letters.")
    zone: Annotated[Text, Field(max_length=64)] | None = None


class NewLocation(LocationFields):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Trastevere", "lat": 41.8895, "lon": 12.4695, "radius_m": 300, "city": "Rome"},
                {"name": "Grandma's house", "kind": "home"},
            ]
        }
    )

    name: LocationName


class LocationPatch(LocationFields):
    """A merge patch: fields left out stay, null empties."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Home", "kind": "home", "radius_m": 80}]})


class Merge(Given):
    """Which are the same place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"locations": [OTHER_ID]}]})

    locations: list[UUID] = Field(min_length=1, max_length=100)


class Merged(Wire):
    location: Location
    undo_token: UUID = Field(description="For POST /undo/{token}, for a day.")
