"""Positions, devices and ways over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import delete, func, insert, select

from tests.desk import Desk, ToldSource, tell
from timeline_local.config import Settings
from timeline_local.domain.drafts import JSON, Draft, Sample, Samples
from timeline_local.domain.ids import new_id
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moments import TimeBasis, TimeEvidence
from timeline_local.models import Job, Position, User
from timeline_local.runtime import Runtime
from timeline_local.services import positions
from timeline_local.services.positions import Track

URL = "/api/v1/positions"
START = datetime(2024, 5, 1, 10, tzinfo=UTC)


def at(minute: int) -> str:
    return (START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


def way(first: int, last: int, *, device: str = "phone", lon: float = 12.5) -> Samples:
    samples = tuple(Sample(START + timedelta(minutes=n), 41.9 + n / 1000, lon, 4.0) for n in range(first, last))
    return Samples(source_key=device, device=device, samples=samples)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """No runner: the tests themselves work on the jobs."""
    return settings.model_copy(update={"jobs": settings.jobs.model_copy(update={"embedded": False})})


@pytest.fixture
async def desk(runtime: Runtime, owner: Any) -> AsyncIterator[Desk]:  # noqa: ANN401 - conftest's Owner
    made = Desk(runtime.database, runtime.library, runtime.settings, owner.pk)
    made.sources = (ToldSource(),)
    await made.decoder.start()
    yield made
    await made.decoder.stop()


async def fetch(client: httpx.AsyncClient, **params: Any) -> Any:  # noqa: ANN401 - JSON
    answer = await client.get(URL, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def minutes(client: httpx.AsyncClient, **params: Any) -> list[int]:  # noqa: ANN401 - parameters
    found = await fetch(client, **params)
    return [(datetime.fromisoformat(each["at"]) - START) // timedelta(minutes=1) for each in found["items"]]


async def kinds_of_jobs(client: httpx.AsyncClient) -> list[str]:
    return [each["kind"] for each in (await client.get("/api/v1/jobs")).json()["items"]]


async def test_positions_come_in_pages_that_meet(client: httpx.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", way(0, 10), way(5, 8, device="watch")))
    whole = await fetch(client)
    pages: list[Any] = []
    page = await fetch(client, limit=3)
    while page["next_cursor"]:
        pages += page["items"]
        page = await fetch(client, limit=3, cursor=page["next_cursor"])
    assert [*pages, *page["items"]] == whole["items"]
    assert (len(whole["items"]), whole["next_cursor"]) == (13, None)
    first = {"at": at(0), "lat": 41.9, "lon": 12.5, "accuracy_m": 4.0, "altitude_m": None, "speed_mps": None}
    assert whole["items"][0] == first | {"device": whole["items"][0]["device"]}


async def test_an_interval_a_device_and_a_box_are_asked_for(
    client: httpx.AsyncClient, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.run(tell(tmp_path / "a", way(0, 10), way(0, 4, device="watch", lon=-179.9)))
    devices = (await client.get(f"{URL}/devices")).json()["items"]
    assert [(each["key"], each["first"], each["last"]) for each in devices] == [
        ("phone", at(0), at(9)),
        ("watch", at(0), at(3)),
    ]
    watch = devices[1]["id"]
    assert await minutes(client, **{"from": at(2), "to": at(4)}) == [2, 3, 2, 3]
    assert await minutes(client, device=watch) == [0, 1, 2, 3]
    assert await minutes(client, bbox="12,41.9025,13,41.9045") == [3, 4]
    assert await minutes(client, bbox="179,40,-179,50") == [0, 1, 2, 3]
    monkeypatch.setattr("timeline_local.queries.positions.SCANNED", 4)
    short = await fetch(client, bbox="12,41.9065,13,50")
    assert (short["items"], short["next_cursor"] is None) == ([], False)
    assert await minutes(client, bbox="12,41.9065,13,50", cursor=short["next_cursor"]) == [7]


async def test_positions_stream_as_lines(client: httpx.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", way(0, 10)))
    answer = await client.get(f"{URL}/stream", params={"from": at(5)})
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert ([each["at"] for each in lines], answer.headers["content-type"]) == (
        [at(n) for n in range(5, 10)],
        "application/x-ndjson",
    )


@pytest.mark.parametrize(
    "params", [{"bbox": "1,2,3"}, {"bbox": "a,b,c,d"}, {"bbox": "0,50,1,40"}, {"bbox": "nan,0,1,1"}, {"from": "2024"}]
)
async def test_what_cannot_be_read_is_refused(client: httpx.AsyncClient, params: dict[str, str]) -> None:
    assert (await client.get(URL, params=params)).status_code == 422


async def test_deleted_positions_are_gone_at_once_and_come_back_by_undo(
    client: httpx.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    await desk.run(tell(tmp_path / "a", way(0, 10)))
    answer = await client.delete(URL, params={"from": at(2), "to": at(8)})
    assert (answer.json()["count"], await minutes(client)) == (6, [0, 1, 8, 9])
    await client.post(f"/api/v1/undo/{answer.json()['undo_token']}")
    assert await minutes(client) == list(range(10))


async def test_visits_are_worked_out_anew_when_positions_go_and_when_they_come_back(
    client: httpx.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    await desk.run(tell(tmp_path / "a", way(0, 10)))
    answer = await client.delete(URL, params={"from": at(2), "to": at(8)})
    assert "derive_visits" in await kinds_of_jobs(client)
    async with desk.database.write() as db:
        await db.execute(delete(Job))
    await client.post(f"/api/v1/undo/{answer.json()['undo_token']}")
    assert await kinds_of_jobs(client) == ["derive_visits"]


async def test_deleted_positions_do_not_come_back_with_an_import_and_are_removed_for_good(
    client: httpx.AsyncClient, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "STEP", 2)
    await desk.run(tell(tmp_path / "a", way(0, 10)))
    await client.delete(URL, params={"from": at(2), "to": at(8)})
    await desk.run(tell(tmp_path / "b", way(0, 12)))
    assert await minutes(client) == [0, 1, 8, 9, 10, 11]
    later = datetime.now(UTC) + timedelta(days=2)
    is_more = True
    while is_more:
        async with desk.database.write() as db:
            is_more = await positions.purge(db, desk.owner_pk, now=later)
    async with desk.database.read() as db:
        left = len((await db.execute(select(Position.at))).all())
    assert (left, await minutes(client)) == (6, [0, 1, 8, 9, 10, 11])
    await desk.run(tell(tmp_path / "c", way(0, 13)))
    assert await minutes(client) == [0, 1, 8, 9, 10, 11, 12]


async def test_what_one_import_added_is_deleted(client: httpx.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", way(3, 5)))
    row = await desk.run(tell(tmp_path / "b", way(0, 10)))
    answer = await client.delete(URL, params={"import": str(row.id)})
    assert (answer.json()["count"], await minutes(client)) == (8, [3, 4])


async def test_deleting_needs_to_know_which(client: httpx.AsyncClient) -> None:
    assert (await client.delete(URL, params={"from": at(0)})).status_code == 422
    nothing = await client.delete(URL, params={"from": at(0), "to": at(1)})
    assert nothing.json() == {"count": 0, "undo_token": None}


async def test_another_users_positions_are_neither_shown_nor_deleted(
    client: httpx.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    await desk.run(tell(tmp_path / "a", way(0, 3)))
    async with desk.database.write() as db:
        values = {"id": new_id(), "created_at": START, "updated_at": START, "version": 1}
        user = {**values, "name": "Ben", "role": "member", "is_active": True}
        other = (await db.execute(insert(User).values(user).returning(User.pk))).scalar_one()
        track = Track("phone", way(0, 9).samples)
        await positions.add(db, other, [track], source="told", import_pk=None, now=START)
    assert await minutes(client) == [0, 1, 2]
    assert len((await client.get(f"{URL}/devices")).json()["items"]) == 1
    assert (await client.delete(URL, params={"from": at(0), "to": at(9)})).json()["count"] == 3
    async with desk.database.read() as db:
        left = await db.execute(select(func.count()).select_from(Position).where(Position.owner_pk == other))
        assert left.scalar_one() == 9


async def test_a_way_without_times_is_drawn(client: httpx.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    evidence = TimeEvidence(basis=TimeBasis.SOURCE, instant=START)
    told: JSON = [[41.9, 12.5], [41.91, 12.6], [41.9, 12.7], "nowhere", [1, 2, 3], [True, 4], [91, 4]]
    plan = Draft(source_key="p", kind=Kind.MOVE, evidence=(evidence,), extra={"route": told})
    path, between = way(0, 2).samples, Draft(source_key="b", kind=Kind.MOVE, device="phone", evidence=(evidence,))
    await desk.run(tell(tmp_path / "a", plan, replace(between, path=path, extra={"route": told})))
    found = (await client.get("/api/v1/memories")).json()["items"]
    ids = {each["source_key"]: each["id"] for each in found}
    drawn = (await client.get(f"/api/v1/memories/{ids['p']}/path")).json()
    assert drawn == {
        "count": 3,
        "at": [None, None, None],
        "lat": [41.9, 41.91, 41.9],
        "lon": [12.5, 12.6, 12.7],
        "altitude_m": [None, None, None],
    }
    ends = (await client.get(f"/api/v1/memories/{ids['b']}/path", params={"points": 2})).json()
    assert (ends["at"], ends["lon"]) == ([at(0), at(1)], [12.5, 12.7])


async def test_a_memory_tells_its_way_in_as_many_points_as_asked_for(
    client: httpx.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    path = way(0, 100).samples
    evidence = TimeEvidence(basis=TimeBasis.SOURCE, instant=START)
    move = Draft(source_key="m", kind=Kind.MOVE, path=path, device="phone", evidence=(evidence,))
    note = Draft(source_key="n", kind=Kind.NOTE, body="x", evidence=(evidence,))
    await desk.run(tell(tmp_path / "a", move, note))
    found = (await client.get("/api/v1/memories")).json()["items"]
    ids = {each["source_key"]: each["id"] for each in found}
    whole = (await client.get(f"/api/v1/memories/{ids['m']}/path")).json()
    drawn = (await client.get(f"/api/v1/memories/{ids['m']}/path", params={"points": 2})).json()
    assert (whole["count"], len(whole["at"]), whole["lat"][:2]) == (100, 100, [41.9, 41.901])
    assert (drawn["count"], drawn["at"], drawn["lon"]) == (100, [at(0), at(99)], [12.5, 12.5])
    assert (await client.get(f"/api/v1/memories/{ids['n']}/path")).json()["at"] == []
