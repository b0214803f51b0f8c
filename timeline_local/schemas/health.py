"""What health checks and the administrator's page of figures answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Wire(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class DatabaseHealth(Wire):
    """size_bytes and wal_bytes are null where the server does not tell."""

    state: Literal["ok", "away"]
    dialect: str = Field(examples=["sqlite", "postgresql"])
    version: str | None = Field(examples=["3.53.4"])
    schema_version: str | None = Field(examples=["0002"])
    size_bytes: int | None = Field(examples=[73400320])
    wal_bytes: int | None = Field(examples=[4194304])


class PoolHealth(Wire):
    """Connections for reading on SQLite, for everything on PostgreSQL."""

    size: int = Field(examples=[10])
    in_use: int = Field(examples=[1])


class CacheHealth(Wire):
    kind: Literal["disk", "redis", "none"]
    state: Literal["ok", "away"]
    entries: int | None = Field(examples=[12])
    size_bytes: int | None = Field(examples=[2097152])
    hits: int = Field(examples=[40])
    misses: int = Field(examples=[12])
    failures: int = Field(examples=[0])


class QueueHealth(Wire):
    """Over all users. oldest_waiting_s counts from when the job could have run."""

    waiting: int = Field(examples=[0])
    running: int = Field(examples=[1])
    paused: int = Field(examples=[0])
    failed: int = Field(examples=[0])
    oldest_waiting_s: float | None = Field(examples=[0.4])


class DiskHealth(Wire):
    """reserve_bytes: below this nothing is uploaded any more."""

    free_bytes: int = Field(examples=[51539607552])
    total_bytes: int = Field(examples=[107374182400])
    reserve_bytes: int = Field(examples=[16777216])


class SqliteHealth(Wire):
    """wal_reset_fixed: older versions may lose a commit when two connections write; here only one ever does."""

    version: str = Field(examples=["3.53.4"])
    wal_reset_fixed: bool
    fts5: bool


class SlowRoute(Wire):
    """Milliseconds until an answer began, since the process started."""

    method: str = Field(examples=["GET"])
    route: str = Field(examples=["/api/v1/memories"])
    count: int = Field(examples=[120])
    mean_ms: float = Field(examples=[4.1])
    p50_ms: float = Field(examples=[3.2])
    p95_ms: float = Field(examples=[9.8])
    worst_ms: float = Field(examples=[31.0])


class AdminHealth(Wire):
    version: str = Field(examples=["0.1.0"])
    uptime_s: float = Field(examples=[86400.5])
    database: DatabaseHealth
    pool: PoolHealth
    cache: CacheHealth
    queue: QueueHealth | None = Field(description="null while the database is away")
    disk: DiskHealth | None = Field(description="null while the library's disk cannot be read")
    sqlite: SqliteHealth
    slowest_routes: list[SlowRoute]
