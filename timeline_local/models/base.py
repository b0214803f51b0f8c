"""What every table shares: the registry, the naming of constraints, and the column types both databases agree on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, MetaData, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import Text, TypeDecorator, TypeEngine

from timeline_local.domain.times import UNDATED_DAY, day_number, from_day_number, from_micros, micros

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The registry of all tables. Statements are Core statements; no object of these classes is ever made."""

    metadata = MetaData(naming_convention=NAMING)


class Uid(TypeDecorator[UUID]):
    """A UUIDv7: 16 bytes in SQLite, uuid in PostgreSQL; both sort by byte order, so in order of creation."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Uuid(as_uuid=True))
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> UUID | bytes | None:
        if value is None or dialect.name == "postgresql":
            return value
        return value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:  # noqa: ANN401 - driver's type
        if value is None or dialect.name == "postgresql":
            return value  # type: ignore[no-any-return]
        return UUID(bytes=value)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime as whole microseconds since 1970: exact, compact and equal on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        del dialect
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else from_micros(value)


class WallClock(TypeDecorator[datetime]):
    """A naive datetime, the clock on the wall where it happened, counted as if it were UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        del dialect
        return None if value is None else micros(value.replace(tzinfo=UTC))

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else from_micros(value).replace(tzinfo=None)


class LocalDay(TypeDecorator[date]):
    """A calendar day as days since 1970-01-01; None is the undated shelf, stored as −2³¹ so that it sorts last."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int:
        del dialect
        return UNDATED_DAY if value is None else day_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> date | None:
        del dialect
        return None if value is None or value == UNDATED_DAY else from_day_number(value)


class Json(TypeDecorator[Any]):
    """A JSON value: text in SQLite, jsonb in PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401 - any JSON value
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401 - any JSON value
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.loads(value)


class Keyed:
    """The integer key that never leaves the process: FTS and foreign keys point at it."""

    pk: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, sort_order=-100)


class Identified(Keyed):
    """A row with a public id and an edit history: id on the wire, version in the ETag."""

    id: Mapped[UUID] = mapped_column(Uid, unique=True, sort_order=-99)
    created_at: Mapped[datetime] = mapped_column(Instant, sort_order=-97)
    updated_at: Mapped[datetime] = mapped_column(Instant, sort_order=-96)
    version: Mapped[int] = mapped_column(default=1, sort_order=-95)
