"""Wire shapes of signing in, API keys and preferences."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from timeline_local.schemas.exact import Exact

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Wire(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class Given(Exact):
    """What comes in."""

    model_config = ConfigDict(frozen=True)


class ChallengeAnswer(Wire):
    """nonce: the server's own, to be answered within a minute. proof: that it holds this install's secret."""

    nonce: str = Field(examples=["9f6c2d"])
    proof: str = Field(examples=["5a1be0"])
    instance_id: str = Field(examples=["3c9e1f0a7b2d4c65"])


class TicketRequest(Given):
    nonce: str = Field(max_length=200, examples=["9f6c2d"])
    proof: str = Field(max_length=200, examples=["5a1be0"])


class Ticket(Wire):
    """url: where the browser goes; the ticket is in its fragment, which is never sent to a server."""

    ticket: str = Field(examples=["q0Yk…"])
    url: str = Field(examples=["http://tl-k3v9.localhost:8765/#ticket=q0Yk…"])


class TicketRedemption(Given):
    """password: only where the app lock is on."""

    ticket: str = Field(min_length=1, max_length=200, examples=["q0Yk…"])
    password: Annotated[str, StringConstraints(max_length=4000)] | None = Field(None, examples=[None])


class Me(Wire):
    id: UUID = Field(examples=["01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"])
    name: str = Field(examples=["Ana"])
    role: str = Field(examples=["owner"])


class SignedIn(Wire):
    """session_secret goes into the header X-TL-Session of every call; the cookie alone opens nothing."""

    session_secret: str = Field(examples=["Zp3…"])
    user: Me


class ApiKeyRequest(Given):
    """scopes absent: all but admin. expires_at absent: never. requests_per_s absent: the install's limit."""

    name: Name = Field(examples=["Backup script"])
    scopes: list[Annotated[str, StringConstraints(max_length=40)]] | None = Field(
        None, min_length=1, max_length=40, examples=[["memories:read", "timeline:read"]]
    )
    expires_at: datetime | None = Field(None, examples=["2027-01-01T00:00:00Z"])
    requests_per_s: int | None = Field(None, ge=1, le=10_000, examples=[20])


class ApiKey(Wire):
    id: UUID = Field(examples=["01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"])
    name: str = Field(examples=["Backup script"])
    prefix: str = Field(examples=["A1b2C3d4"])
    scopes: list[str] = Field(examples=[["memories:read", "timeline:read"]])
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = Field(None, description="To five minutes.")
    requests_per_s: int | None = Field(None, examples=[20])


class NewApiKey(ApiKey):
    """key: the whole key, shown this once."""

    key: str = Field(examples=["tl_A1b2C3d4_…"])


class ApiKeys(Wire):
    items: list[ApiKey]


class Preferences(Wire):
    """What the owner prefers; every one has a default."""

    name: str = ""
    language: str = "en"
    place_language: str = Field(
        default="",
        description="In which language screens ask for the names of places, by Accept-Language; empty: the browser's.",
    )
    theme: Literal["system", "light", "dark"] = "system"
    density: Literal["small", "medium", "large"] = "medium"
    home_zone: str = Field("UTC", examples=["Europe/Lisbon"])
    single_key_shortcuts: bool = True
    birthdays: bool = Field(default=True, description="Shown among what happened on this day.")
    setup_done: bool = False
    app_lock: bool = Field(default=False, description="Read only here; see PUT /auth/app-lock.")


class PreferencesPatch(Given):
    """A merge patch: absent members stay as they are."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] | None = Field(
        None, examples=["Ana"]
    )
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)] | None = (
        Field(None, examples=["en"])
    )
    place_language: (
        Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$", max_length=35)] | None
    ) = Field(None, examples=["de"])
    theme: Literal["system", "light", "dark"] | None = None
    density: Literal["small", "medium", "large"] | None = None
    home_zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = Field(
        None, examples=["Europe/Lisbon"]
    )
    single_key_shortcuts: bool | None = None
    birthdays: bool | None = None
    setup_done: bool | None = None


class EffectiveSetting(Wire):
    """One setting of the server: its value (secrets masked) and where it came from."""

    name: str = Field(examples=["server.port"])
    env: str = Field(examples=["TIMELINE_SERVER__PORT"])
    value: Any = Field(examples=[8765])
    source: str = Field(examples=["default"])
    description: str


class EffectiveSettings(Wire):
    items: list[EffectiveSetting]


class LibraryFacts(Wire):
    """path: where the library lies on the server; empty for those who do not administer it."""

    id: UUID
    name: str
    path: str
    free_bytes: int


class BootUser(Me):
    settings: Preferences


class Bootstrap(Wire):
    """Everything a page needs at its start, in one call."""

    version: str
    build: str
    library: LibraryFacts
    user: BootUser
    memories: int
    trashed: int
    revision: int
    setup_done: bool
    home_zone: str


class Health(Wire):
    status: Literal["ok"] = "ok"


class Readiness(Wire):
    """checks: a word for each part, `ok` or what is wrong in general terms."""

    status: Literal["ready", "unavailable"]
    checks: dict[str, str] = Field(
        examples=[{"database": "ok", "migrations": "ok", "media": "ok", "disk": "ok", "cache": "ok"}]
    )
