"""Statements are compiled once a process, as in a server that runs for long, and not again for each test's database.

SQLAlchemy keeps what it compiled with each engine and by the identity of its dialect, and so do our prepared
statements; a test has an engine of its own. A fifth of the time of the tests of the API was compiling (2026-11).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import LRUCache

ROOMS = ("timeline_local.core.database", "timeline_local.core.postgres")


def compile_once(patch: pytest.MonkeyPatch) -> None:
    """Let the engines of this process share what they compiled; `undo` of the patch ends it."""
    kept: LRUCache[Any, Any] = LRUCache(5000)
    for room in ROOMS:
        sharing = partial(create_async_engine, execution_options={"compiled_cache": kept})
        patch.setattr(f"{room}.create_async_engine", sharing)
    for dialect in (SQLiteDialect_aiosqlite, PGDialect_asyncpg):
        patch.setattr(dialect, "__hash__", lambda own: hash(type(own)))
        patch.setattr(dialect, "__eq__", lambda own, other: type(own) is type(other))
