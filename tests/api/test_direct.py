"""Plain reads take a short way to their endpoint, and nobody can tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Header, Query
from starlette.responses import Response

from timeline_local.api import app as api
from timeline_local.api.direct import plain_reads
from timeline_local.api.v1.router import PREFIX, ROUTERS
from timeline_local.main import create_app
from timeline_local.runtime import Runtime
from timeline_local.services.identity import create_api_key

HOT = ("/memories", "/timeline/skeleton", "/timeline/items", "/timeline/buckets", "/timeline/days")
PATHS = (
    "/memories",
    "/memories?limit=1",
    "/memories?limit=1&limit=2",
    "/memories?limit=",
    "/memories?limit=0",
    "/memories?limit=two",
    "/memories?order=sideways",
    "/memories?q=note&order=oldest",
    "/memories?q=%22open",
    "/memories?cursor=broken",
    "/memories?unknown=1&&=",
    "/timeline/skeleton?q=note",
    "/timeline/items",
    "/timeline/items?from=0&to=1&rev=x",
    "/timeline/items?from=0&to=5000&rev=1",
    "/timeline/items?from=0&to=1&rev=99",
    "/timeline/buckets?unit=day",
    "/timeline/buckets?unit=week",
    "/timeline/days?from=2020-01-01&to=2020-12-31",
    "/timeline/days?from=2020-01-01",
    "/timeline/days?from=2020-13-01&to=2020-12-31",
    "/timeline/days?from=2020-01-02&to=2020-01-01",
)


@pytest.fixture
async def by_the_framework(
    client: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """The same library and key, but every request goes the framework's way."""
    app = create_app(runtime)
    with monkeypatch.context() as patched:
        patched.setattr(api, "DirectRoutes", lambda inner, _: inner)
        app.middleware_stack = app.build_middleware_stack()
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=client.base_url, headers=client.headers) as other:
        yield other


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_both_ways_answer_alike(client: httpx.AsyncClient, by_the_framework: httpx.AsyncClient) -> None:
    await client.post(PREFIX + "/memories", json={"title": "A note", "local_at": "2020-02-02T10:00:00"})
    answers = {path: [await ask.get(PREFIX + path) for ask in (client, by_the_framework)] for path in PATHS}
    different = [path for path, (one, other) in answers.items() if comparable(one) != comparable(other)]
    assert different == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_an_unchanged_timeline_is_told_both_ways(
    client: httpx.AsyncClient, by_the_framework: httpx.AsyncClient
) -> None:
    known = (await client.get(PREFIX + "/timeline/skeleton")).headers["etag"]
    for ask in (client, by_the_framework):
        answer = await ask.get(PREFIX + "/timeline/skeleton", headers={"if-none-match": known})
        assert answer.status_code == 304


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_key_without_the_scope_is_refused_on_the_short_way(
    anonymous: httpx.AsyncClient, runtime: Runtime
) -> None:
    async with runtime.database.write() as db:
        made = await create_api_key(
            db, runtime.owner_pk, name="poor", scopes=["tags:read"], expires_at=None, now=runtime.now()
        )
    answer = await anonymous.get(PREFIX + "/memories", headers={"Authorization": f"Bearer {made.key}"})
    assert (answer.status_code, answer.json()["missing_scope"]) == (403, "memories:read")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_log_names_the_address_of_the_short_way(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await client.get(PREFIX + "/memories?q=secret")
    assert {row.route for row in runtime.route_times.slowest(9)} >= {PREFIX + "/memories"}


def comparable(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    request_id = answer.headers["x-request-id"]
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, answer.content.replace(request_id.encode(), b""), headers


def test_what_every_screen_asks_takes_the_short_way() -> None:
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    assert {PREFIX + path for path in HOT} <= set(plain_reads(app.routes))


async def _dependency(one: str = "one") -> str:
    return one


def _blocking() -> str:
    return "in a thread"


async def _closing() -> AsyncIterator[str]:
    yield "open"


def test_what_needs_the_framework_is_left_to_it() -> None:
    app = FastAPI()

    @app.get("/plain")
    async def plain(
        one: Annotated[str, Depends(_dependency)], two: int = 2, three: Annotated[str | None, Header()] = None
    ) -> Response:
        return Response(f"{one}{two}{three}")

    @app.get("/modelled")
    async def modelled() -> str:
        return ""

    @app.get("/several")
    async def several(many: Annotated[list[str], Query()]) -> Response:
        return Response(str(many))

    @app.get("/blocking")
    async def blocking(one: Annotated[str, Depends(_blocking)]) -> Response:
        return Response(one)

    @app.get("/closing")
    async def closing(one: Annotated[str, Depends(_closing)]) -> Response:
        return Response(one)

    @app.post("/changing")
    async def changing() -> Response:
        return Response()

    assert set(plain_reads(app.routes)) == {"/plain"}


def test_an_address_behind_a_pattern_that_it_fits_is_left_to_the_framework() -> None:
    app = FastAPI()

    @app.get("/things/{name}")
    async def one(name: str) -> Response:
        return Response(name)

    @app.get("/things/all")
    async def every() -> Response:
        return Response("all")

    assert set(plain_reads(app.routes)) == set()
