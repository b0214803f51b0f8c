"""Readiness, the administrator's page of figures, and /metrics."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from timeline_local.api import figures
from timeline_local.api.static import StaticSite
from timeline_local.config import MonitoringSettings
from timeline_local.core.cache import CacheReport, NoCache
from timeline_local.exceptions import DatabaseUnavailable
from timeline_local.main import create_app
from timeline_local.runtime import Runtime
from timeline_local.services import jobs
from timeline_local.services.identity import create_api_key

READY = "/api/v1/health/ready"
TOKEN = "a-token-of-the-monitoring-only"


class CacheThatIsAway(NoCache):
    async def report(self) -> CacheReport:
        return CacheReport("redis", "away", None, None, 0, 3, 1)


async def test_it_is_ready_when_every_part_is(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get(READY)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "status": "ready",
        "checks": {"database": "ok", "migrations": "ok", "media": "ok", "disk": "ok", "cache": "ok"},
    }


async def test_it_is_ready_without_its_cache(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    await runtime.cache.close()
    runtime.cache = CacheThatIsAway()
    answer = await anonymous.get(READY)
    assert (answer.status_code, answer.json()["checks"]["cache"]) == (200, "away")


async def test_it_is_not_ready_without_its_database(
    anonymous: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr("timeline_local.queries.health.facts", away)
    answer = await anonymous.get(READY)
    checks = answer.json()["checks"]
    assert (answer.status_code, checks["database"], checks["migrations"]) == (503, "does not answer", "not known")


async def test_it_is_not_ready_with_a_schema_of_another_version(
    anonymous: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "schema_of_this_version", lambda: "9999")
    answer = await anonymous.get(READY)
    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "of another version")


async def test_it_is_not_ready_when_the_disk_is_full(
    anonymous: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = runtime.settings.media.model_copy(update={"reserve_bytes": 2**62})
    runtime.settings = runtime.settings.model_copy(update={"media": full})
    answer = await anonymous.get(READY)
    assert (answer.status_code, answer.json()["checks"]["disk"]) == (503, "full")


async def test_it_is_not_ready_when_the_library_is_gone(
    anonymous: httpx.AsyncClient, runtime: Runtime, tmp_path: Path
) -> None:
    root = runtime.library.root
    away = root.rename(tmp_path / "unplugged")
    answer = await anonymous.get(READY)
    left = list(root.parent.glob("library/**"))
    away.rename(root)
    assert left == []
    checks = answer.json()["checks"]
    assert (answer.status_code, checks["media"], checks["disk"]) == (503, "cannot be written", "cannot be read")
    assert (await anonymous.get(READY)).json()["checks"]["disk"] == "ok"


async def test_it_is_not_ready_while_it_drains(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    runtime.is_draining = True
    answer = await anonymous.get(READY)
    assert (answer.status_code, answer.json()["checks"]["server"]) == (503, "draining")


async def test_the_administrator_sees_how_every_part_stands(
    client: httpx.AsyncClient, runtime: Runtime, dialect: str
) -> None:
    await client.get("/api/v1/memories")
    found = (await client.get("/api/v1/admin/health")).json()
    database = found["database"]
    assert (database["state"], database["dialect"]) == ("ok", dialect)
    assert database["size_bytes"] > 0
    assert (database["wal_bytes"] is None) == (dialect == "postgresql")
    assert database["schema_version"] == figures.schema_of_this_version()
    assert found["pool"]["size"] >= found["pool"]["in_use"]
    assert (found["cache"]["kind"], found["cache"]["state"]) == ("disk", "ok")
    assert found["disk"]["total_bytes"] > found["disk"]["free_bytes"] > 0
    assert found["sqlite"]["fts5"]
    assert found["uptime_s"] >= 0
    assert "/api/v1/memories" in {row["route"] for row in found["slowest_routes"]}


async def test_the_queue_counts_what_could_run_and_how_long_it_has_waited(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    before = (await client.get("/api/v1/admin/health")).json()["queue"]
    async with runtime.database.write() as db:
        await jobs.enqueue(db, runtime.owner_pk, kind="nobody-runs-this", payload={}, now=runtime.now())
    after = (await client.get("/api/v1/admin/health")).json()["queue"]
    assert after["waiting"] == before["waiting"] + 1
    assert after["oldest_waiting_s"] >= 0
    assert (before["failed"], before["paused"]) == (0, 0)


async def test_what_is_away_is_told_as_away(
    client: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr("timeline_local.queries.health.facts", away)
    monkeypatch.setattr("timeline_local.queries.health.queue", away)
    answer = await client.get("/api/v1/admin/health")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["database"]["state"], found["database"]["size_bytes"], found["queue"]) == ("away", None, None)


# --- /metrics -------------------------------------------------------------------


@pytest.fixture
async def measured(
    runtime: Runtime, site: StaticSite, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """The application with `/metrics` on and a token for it."""
    monkeypatch.setattr("timeline_local.main.load_site", lambda _: site)
    monitoring = MonitoringSettings.model_validate({"metrics": True, "metrics_token": TOKEN})
    runtime.settings = runtime.settings.model_copy(update={"monitoring": monitoring})
    app = create_app(runtime)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as made:
            yield made


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_metrics_are_off_unless_they_are_switched_on(client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 404


async def test_metrics_are_read_with_the_token_or_a_key_of_the_administrator(
    measured: httpx.AsyncClient, api_key: str
) -> None:
    for key in (TOKEN, api_key):
        answer = await measured.get("/metrics", headers=bearer(key))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert "timeline_database_up 1\n" in answer.text
        assert 'timeline_jobs{state="failed"} 0\n' in answer.text


@pytest.mark.parametrize(
    "headers",
    [{}, bearer("tl_" + "x" * 20), bearer(TOKEN[:-1]), bearer(""), {"Authorization": f"Basic {TOKEN}"}],
    ids=["nothing", "no key", "nearly", "empty", "basic"],
)
async def test_metrics_are_closed_to_everybody_else(measured: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await measured.get("/metrics", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/not-signed-in")


async def test_a_key_without_the_scope_admin_reads_no_metrics(measured: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.write() as db:
        made = await create_api_key(
            db, runtime.owner_pk, name="reader", scopes=["memories:read"], expires_at=None, now=runtime.now()
        )
    answer = await measured.get("/metrics", headers=bearer(made.key))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/scope-missing")


async def test_the_token_of_metrics_opens_nothing_else(measured: httpx.AsyncClient) -> None:
    assert (await measured.get("/api/v1/memories", headers=bearer(TOKEN))).status_code == 401
    assert (await measured.post("/metrics", headers=bearer(TOKEN))).status_code == 401


async def test_metrics_name_templates_and_never_paths_or_queries(measured: httpx.AsyncClient, api_key: str) -> None:
    unknown = "0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b"
    await measured.get(f"/api/v1/memories/{unknown}?secret=word", headers=bearer(api_key))
    text = (await measured.get("/metrics", headers=bearer(TOKEN))).text
    assert re.search(
        r'timeline_http_answers_total\{method="GET",route="/api/v1/memories/\{\w+\}",status="4xx"\} 1', text
    )
    assert unknown not in text
    assert "secret" not in text
