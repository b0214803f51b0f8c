"""What one user has is nothing to another: every id in every route, and everything that counts, lists or searches.

Generated from the application's description. A route with an id of a new kind fails here until `everything_of` makes
such a thing, so none can be forgotten.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from tests.api.callers import API, Asker, Reply, dereferenced, example_body, new_user, operations, owner_of
from timeline_local.domain.ids import new_id
from timeline_local.runtime import Runtime

MARK = "Xylophone"
# A user's own administration is another's business only for those who hold `admin`.
INSTALL = ("/admin/", "/auth/", "/guides", "/system/")
# Only who may read this computer's disk has any: `test_watched_folders` asks for another's.
FOR_THE_DISK = f"{API}/watched-folders/"
# Answers that are the same whatever the id: a token that was never given, locks without a passphrase.
OTHERWISE = {"/undo/{token}": 410, "/memories/{memory_id}/lock": 409, "/memories/{memory_id}/unlock": 409}
# What differs from one answer to the next whoever else is there.
VOLATILE = frozenset({"free_bytes", "request_id", "last_seen_at", "last_used_at", "uptime_s", "checks"})
# Takes apart what its caller sent, and reads nothing of anybody's.
ECHOES = frozenset({f"{API}/search/parse?q"})
DAYS = {"from": "1900-01-01", "to": "2099-12-31"}
QUERIES = {
    "from": "0",
    "to": "10",
    "rev": "1",
    "nonce": "ab" * 16,
    "near": "38.7,-9.1",
    "within_m": "100000",
    "day": "06-14",
    "year": "2026",
}


@pytest.fixture
def app(anonymous: httpx.AsyncClient) -> FastAPI:
    """The whole application, its jobs running."""
    transport = anonymous._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


def form(name: str, data: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and body of a form that holds one file."""
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return {"content-type": "multipart/form-data; boundary=b"}, head.encode() + data + b"\r\n--b--\r\n"


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def done(reply: Reply) -> Any:  # noqa: ANN401 - JSON
    assert reply.status in range(200, 300), reply.body
    return reply.json if reply.body else None


async def everything_of(user: Asker) -> dict[str, str]:
    """One of every object, made by this user; by the name that its id has in addresses."""
    made: dict[str, str] = {"size": "grid"}
    memory = {"title": f"{MARK} day", "body": f"#{MARK}", "tags": [MARK], "people": [MARK], "lat": 38.7, "lon": -9.1}
    made["memory_id"] = done(await user("POST", f"{API}/memories", memory))["id"]
    headers, body = form(f"{MARK}.jpg", picture())
    made["media_id"] = done(await user("POST", f"{API}/media", headers=headers, body=body))["media"]["id"]
    made["import_id"] = done(await user("POST", f"{API}/imports", {"upload": True, "name": MARK}))["id"]
    headers, body = form(f"{MARK}.txt", f"{MARK} in a note".encode())
    done(await user("POST", f"{API}/imports/{made['import_id']}/files", headers=headers, body=body))
    made["job_id"] = done(await user("POST", f"{API}/imports/{made['import_id']}/scan"))["job_id"]
    made["key_id"] = done(await user("POST", f"{API}/api-keys", {"name": MARK}))["id"]
    made["tag_id"] = done(await user("GET", f"{API}/tags"))["items"][0]["id"]
    account = {"source": "mastodon", "label": MARK, "token": "secret of theirs"}
    made["account_id"] = done(await user("POST", f"{API}/source-accounts", account))["id"]
    made |= await groups_of(user, made["memory_id"])
    batch = {"ids": [made["memory_id"]], "action": "favourite"}
    made["token"] = done(await user("POST", f"{API}/memories/batch", batch))["undo_token"]
    await rested(user, made["import_id"])
    return made


async def groups_of(user: Asker, memory_id: str) -> dict[str, str]:
    """Who, where, together with what; and what was taken away."""
    made: dict[str, str] = {}
    identity = {"kind": "email", "value": f"{MARK}@example.org"}
    person = done(await user("POST", f"{API}/people", {"name": f"{MARK} Keller", "identities": [identity]}))
    made |= {"person_id": person["id"], "identity_id": person["identities"][0]["id"]}
    place = {"name": f"{MARK} street", "lat": 38.7, "lon": -9.1, "radius_m": 100}
    made["location_id"] = done(await user("POST", f"{API}/locations", place))["id"]
    made["collection_id"] = done(await user("POST", f"{API}/collections", {"name": MARK}))["id"]
    done(await user("POST", f"{API}/collections/{made['collection_id']}/memories", {"memories": [memory_id]}))
    other = done(await user("POST", f"{API}/memories", {"title": f"{MARK} night"}))["id"]
    related = done(await user("POST", f"{API}/memories/{memory_id}/relations", {"to": other, "kind": "related"}))
    made["relation_id"] = related["id"]
    made["export_id"] = done(await user("POST", f"{API}/exports", {"format": "ndjson"}))["id"]
    made["session_id"] = done(await user("GET", f"{API}/auth/sessions"))["items"][0]["id"]
    async with asyncio.timeout(60):
        while done(await user("GET", f"{API}/exports/{made['export_id']}"))["state"] != "done":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return made


async def rested(user: Asker, import_id: str) -> None:
    """Wait until the import is planned, so that nothing moves while answers are compared."""
    async with asyncio.timeout(60):
        while done(await user("GET", f"{API}/imports/{import_id}"))["state"] == "scanning":  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def names(path: str) -> list[str]:
    return re.findall(r"\{([^}]*)\}", path)


def with_ids(path: str, ids: Mapping[str, str]) -> str:
    return re.sub(r"\{([^}]*)\}", lambda found: ids[found.group(1)], path)


def personal(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    """The operations on a user's own things."""
    return [
        one
        for one in operations(app)
        if not one[1].startswith(FOR_THE_DISK)
        if one[1].startswith(f"{API}/auth/sessions") or not one[1].removeprefix(API).startswith(INSTALL)
    ]


def body_for(app: FastAPI, operation: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    return example_body(app, operation)


async def ask(user: Asker, app: FastAPI, method: str, path: str, operation: Mapping[str, Any]) -> Reply:
    """The operation with a body that fits it."""
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        headers, body = form("x.txt", b"x")
        return await user(method, path, headers=headers, body=body)
    return await user(method, path, body_for(app, operation), query=required_query(operation))


def required_query(operation: Mapping[str, Any]) -> dict[str, str]:
    wanted = [one for one in operation.get("parameters", ()) if one["in"] == "query" and one.get("required")]
    return {
        one["name"]: DAYS[one["name"]] if one["schema"].get("format") == "date" else QUERIES[one["name"]]
        for one in wanted
    }


def plain(reply: Reply, *ids: str) -> str:
    """The answer without what differs anyway."""
    text = reply.body.decode()
    for each in ids:
        text = text.replace(each, "ID")
    return re.sub(r'"request_id": ?"[^"]*"', "", text)


async def test_another_users_id_is_as_unknown_as_one_of_nobody(app: FastAPI) -> None:
    ana = await new_user(app, "ana", "member")
    theirs = await everything_of(ana)
    with_id = [(method, path, operation) for method, path, operation in personal(app) if names(path)]
    assert {name for _, path, _ in with_id for name in names(path)} <= set(theirs), "make one of those in everything_of"
    before = await dump(ana, app, theirs)
    nobodys = {name: "grid" if name == "size" else str(new_id()) for name in theirs}
    wrong = {}
    for ben in (await new_user(app, "ben", "member"), await new_user(app, "eve", "admin"), await owner_of(app)):
        for method, path, operation in with_id:
            hit = await ask(ben, app, method, with_ids(path, theirs), operation)
            miss = await ask(ben, app, method, with_ids(path, nobodys), operation)
            same = plain(hit, *theirs.values()) == plain(miss, *nobodys.values())
            if hit.status != OTHERWISE.get(path.removeprefix(API), 404) or not same:
                wrong[ben.name, method, path] = (hit.status, hit.body[:200])
    assert wrong == {}
    assert await dump(ana, app, theirs) == before


async def dump(user: Asker, app: FastAPI, ids: Mapping[str, str]) -> dict[str, Any]:
    """Everything the user can read: each thing, each list, each count."""
    told: dict[str, Any] = {}
    for method, path, operation in personal(app):
        if method != "GET" or path.endswith(("/events", "/fs/list")):
            continue
        if set(names(path)) <= set(ids):
            reply = await user(method, with_ids(path, ids), query=required_query(operation))
            told[path] = (reply.status, steady(reply))
            if any(one["name"] == "q" for one in operation.get("parameters", ())):
                reply = await user(method, with_ids(path, ids), query=required_query(operation) | {"q": MARK})
                told[f"{path}?q"] = (reply.status, steady(reply))
    assert [path for path, (status, _) in told.items() if status in (400, 422)] == []
    return told


def steady(reply: Reply) -> Any:  # noqa: ANN401 - JSON or bytes
    if not reply.headers.get("content-type", "").startswith(("application/json", "application/problem")):
        return reply.body
    return _without(reply.json)


def _without(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {name: _without(each) for name, each in value.items() if name not in VOLATILE}
    return [_without(each) for each in value] if isinstance(value, list) else value


async def test_nothing_another_user_does_changes_what_one_is_told(app: FastAPI) -> None:
    """Counts, facets, searches, lists, the calendar, the map, the start page: byte for byte as before."""
    ben = await new_user(app, "ben", "member")
    before = await dump(ben, app, {})
    theirs = await everything_of(await new_user(app, "ana", "member"))
    after = await dump(ben, app, {})
    assert after == before
    told = json.dumps({path: str(value) for path, value in after.items() if path not in ECHOES})
    assert [word for word in (MARK, *theirs.values()) if word in told and word != "grid"] == []


def id_fields(app: FastAPI, schema: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where in a body ids can stand."""
    schema = dereferenced(app, schema)
    if schema.get("format") == "uuid":
        yield at
    for inner in [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]:
        yield from id_fields(app, inner, at)
    if "items" in schema:
        yield from id_fields(app, schema["items"], (*at, "[]"))
    for name, inner in schema.get("properties", {}).items():
        yield from id_fields(app, inner, (*at, name))


def put(body: Any, at: tuple[str, ...], value: str) -> Any:  # noqa: ANN401 - JSON
    """The body with the value at that place."""
    if not at:
        return value
    if at[0] == "[]":
        return [put(None, at[1:], value)]
    body = dict(body) if isinstance(body, dict) else {}
    return body | {at[0]: put(body.get(at[0]), at[1:], value)}


async def test_another_users_id_in_a_body_reaches_nothing(app: FastAPI) -> None:
    ana, ben = await new_user(app, "ana", "member"), await new_user(app, "ben", "member")
    theirs, own = await everything_of(ana), await everything_of(ben)
    before = await dump(ana, app, theirs)
    tried, wrong = 0, {}
    for method, path, operation in personal(app):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        for at in id_fields(app, content["schema"]) if content else ():
            for noun, id_ in theirs.items():
                if noun == "size":
                    continue
                tried += 1
                reply = await ben(method, with_ids(path, own), put(body_for(app, operation), at, id_))
                if reply.status >= 500 or MARK.lower() in _foreign(reply, own):
                    wrong[method, path, at, noun] = (reply.status, reply.body[:300])
    assert tried > 10
    assert wrong == {}
    assert await dump(ana, app, theirs) == before


def _foreign(reply: Reply, own: Mapping[str, str]) -> str:
    """What an answer tells if it is not about the asker's own things, which carry the same words."""
    text = reply.body.decode()
    return "" if any(each in text for each in own.values()) else text.lower()


async def test_a_file_that_another_user_has_too_is_new_to_me(app: FastAPI) -> None:
    replies = []
    for name in ("ana", "ben"):
        headers, body = form("same.jpg", picture())
        replies.append(await (await new_user(app, name, "member"))("POST", f"{API}/media", headers=headers, body=body))
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[1].json["duplicate"] is False
    assert replies[0].json["media"]["id"] != replies[1].json["media"]["id"]


async def test_a_signature_opens_the_signers_files_only(app: FastAPI, runtime: Runtime) -> None:
    ana, ben = await new_user(app, "ana", "member"), await new_user(app, "ben", "member")
    theirs, own = await everything_of(ana), await everything_of(ben)
    caller = await runtime.authentication.session(ben.headers["cookie"].partition("=")[2], ben.headers["x-tl-session"])
    assert caller is not None
    assert caller.session_key is not None
    stranger = Asker(app, "nobody", "", 0, None, {})
    now = runtime.now().timestamp()
    statuses = {}
    for name, id_ in (("own", own["media_id"]), ("theirs", theirs["media_id"])):
        path = f"{API}/media/{id_}/original"
        reply = await stranger("GET", f"{path}?{runtime.signer.query(path, caller.session_key, now)}")
        statuses[name] = reply.status
    assert statuses == {"own": 200, "theirs": 404}


async def test_an_idempotency_key_is_its_users_own(app: FastAPI) -> None:
    ana, ben = await new_user(app, "ana", "member"), await new_user(app, "ben", "member")
    headers, body = {"idempotency-key": "the-same-key"}, {"title": MARK}
    first, second, third = [
        done(await user("POST", f"{API}/memories", body, headers=headers))["id"] for user in (ana, ben, ana)
    ]
    assert first == third != second


async def test_events_of_another_user_are_not_heard(app: FastAPI, runtime: Runtime) -> None:
    ana, ben = await new_user(app, "ana", "member"), await new_user(app, "ben", "member")
    heard = runtime.changes.subscribe(ben.pk, None)
    done(await ana("POST", f"{API}/memories", {"title": MARK}))
    await everything_of(ana)
    assert len(heard._waiting) == 0
    done(await ben("POST", f"{API}/memories", {"title": "mine"}))
    event = await heard.next(timeout_s=60)
    heard.close()
    assert event is not None
    assert event.event == "timeline"


@pytest.mark.parametrize("role", ["member", "viewer"])
async def test_guests_of_a_computer_do_not_read_its_disk(app: FastAPI, runtime: Runtime, role: str) -> None:
    guest = await new_user(app, "guest", role)
    before = sorted(runtime.library.root.parent.iterdir())
    replies = [
        await guest("GET", f"{API}/fs/list"),
        await guest("GET", f"{API}/fs/list", query={"path": str(runtime.library.root.parent)}),
        await guest("POST", f"{API}/imports", {"path": str(runtime.library.root.parent)}),
        await guest("GET", f"{API}/settings/effective"),
    ]
    assert {reply.status for reply in replies} == {403}
    assert done(await guest("GET", f"{API}/bootstrap"))["library"]["path"] == ""
    assert done(await (await owner_of(app))("GET", f"{API}/bootstrap"))["library"]["path"] == str(runtime.library.root)
    assert sorted(runtime.library.root.parent.iterdir()) == before
