"""People over HTTP, on both databases: lists, edits, addresses, merges and what memories say of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from timeline_local.runtime import Runtime
from timeline_local.schemas import people as wire
from timeline_local.services import retelling

JSON = dict[str, Any]
API = "/api/v1"


async def write(client: httpx.AsyncClient, *people: object, **fields: object) -> str:
    answer = await client.post(f"{API}/memories", json={"title": "A day", "people": list(people), **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def add(client: httpx.AsyncClient, name: str, **fields: object) -> JSON:
    answer = await client.post(f"{API}/people", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    made: JSON = answer.json()
    return made


async def person(client: httpx.AsyncClient, name: str) -> JSON:
    items = (await client.get(f"{API}/people", params={"q": name})).json()["items"]
    (found,) = (each for each in items if each["name"] == name)
    made: JSON = found
    return made


async def names(client: httpx.AsyncClient, memory_id: str) -> list[str]:
    return [each["name"] for each in (await client.get(f"{API}/memories/{memory_id}")).json()["people"]]


async def finds(client: httpx.AsyncClient, q: str) -> set[str]:
    return {each["id"] for each in (await client.get(f"{API}/memories", params={"q": q})).json()["items"]}


async def post(client: httpx.AsyncClient, path: str, body: JSON, *, status: int = 200) -> JSON:
    answer = await client.post(f"{API}{path}", json=body)
    assert answer.status_code == status, answer.text
    made: JSON = answer.json()
    return made


async def test_a_person_reads_back_as_the_documented_shape(client: httpx.AsyncClient) -> None:
    made = await client.post(
        f"{API}/people",
        json={
            "name": "Anna Keller",
            "note": "From the choir.",
            "identities": [
                {"kind": "email", "value": " Anna@Example.ORG "},
                {"kind": "phone", "value": "0039 06 123-4567"},
                {"kind": "handle", "value": "@Anna"},
            ],
        },
    )
    answer = await client.get(made.headers["Location"])
    read = wire.Person.model_validate_json(answer.content)
    assert (made.status_code, answer.headers["ETag"]) == (201, made.headers["ETag"])
    assert {(each.kind, each.value) for each in read.identities} == {
        ("name", "anna keller"),
        ("email", "anna@example.org"),
        ("phone", "+39061234567"),
        ("handle", "anna"),
    }
    assert (read.name, read.note, read.memories, read.merged) == ("Anna Keller", "From the choir.", 0, [])


async def test_people_come_by_name_in_pages_that_meet(client: httpx.AsyncClient) -> None:
    for name in ("Zoë", "ana", "Ana B", "Émile", "Bob"):
        await add(client, name)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await client.get(f"{API}/people", params=query)).json()
        seen += [each["name"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["ana", "Ana B", "Bob", "Émile", "Zoë"]


async def test_people_come_by_number_of_memories_in_pages_that_meet(client: httpx.AsyncClient) -> None:
    await write(client, "Ana", "Bob", "Cleo")
    await write(client, "Ana", "Bob")
    await write(client, "Ana")
    trashed = await write(client, "Cleo")
    await client.delete(f"{API}/memories/{trashed}")
    first = (await client.get(f"{API}/people", params={"order": "memories", "limit": 2})).json()
    more = {"order": "memories", "limit": 2, "cursor": first["next_cursor"]}
    second = (await client.get(f"{API}/people", params=more)).json()
    counted = [(each["name"], each["memories"]) for each in first["items"] + second["items"]]
    assert counted == [("Ana", 3), ("Bob", 2), ("Cleo", 1)]


async def test_a_list_is_narrowed_by_how_a_word_of_the_name_begins(client: httpx.AsyncClient) -> None:
    await add(client, "Anna Keller")
    await add(client, "Bob")
    found = [(await client.get(f"{API}/people", params={"q": q})).json()["items"] for q in ("ann", "KÉL", "nna", "%")]
    assert [[each["name"] for each in items] for items in found] == [["Anna Keller"], ["Anna Keller"], [], []]


async def test_a_cursor_of_another_order_is_refused(client: httpx.AsyncClient) -> None:
    for name in ("Ana", "Bob"):
        await add(client, name)
    cursor = (await client.get(f"{API}/people", params={"limit": 1})).json()["next_cursor"]
    answer = await client.get(f"{API}/people", params={"cursor": cursor, "order": "memories"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-cursor")


async def test_creating_twice_with_one_key_makes_one_person(client: httpx.AsyncClient) -> None:
    body, headers = {"name": "Ana"}, {"Idempotency-Key": "one"}
    first = await client.post(f"{API}/people", json=body, headers=headers)
    again = await client.post(f"{API}/people", json=body, headers=headers)
    other = await client.post(f"{API}/people", json={"name": "Bob"}, headers=headers)
    assert (again.json(), other.status_code) == (first.json(), 409)


async def test_a_renamed_person_is_found_and_shown_under_the_new_name(client: httpx.AsyncClient) -> None:
    memory = await write(client, "Ana")
    before = await client.get(f"{API}/memories/{memory}")
    ana = await person(client, "Ana")
    answer = await client.patch(f"{API}/people/{ana['id']}", json={"name": "Beatriz"}, headers={"If-Match": '"1"'})
    after = await client.get(f"{API}/memories/{memory}", headers={"If-None-Match": before.headers["ETag"]})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert [each["name"] for each in after.json()["people"]] == ["Beatriz"]
    assert await finds(client, "beatriz") == await finds(client, "with:beatriz") == {memory}
    assert after.json()["updated_at"] == before.json()["updated_at"]


async def test_a_stale_edit_is_refused(client: httpx.AsyncClient) -> None:
    ana = await add(client, "Ana")
    path, stale = f"{API}/people/{ana['id']}", {"If-Match": '"7"'}
    edited = await client.patch(path, json={"name": "Bea"}, headers=stale)
    deleted = await client.delete(path, headers=stale)
    merged = await client.post(f"{path}/merge", json={"people": [str(uuid4())]}, headers=stale)
    assert {edited.status_code, deleted.status_code, merged.status_code} == {412}


async def test_what_imports_call_a_renamed_person_is_still_that_person(client: httpx.AsyncClient) -> None:
    await write(client, "Ana")
    ana = await person(client, "Ana")
    await client.patch(f"{API}/people/{ana['id']}", json={"name": "Ana Sousa"})
    old, new = await write(client, "Ana"), await write(client, "ana sousa")
    assert (await names(client, old), await names(client, new)) == (["Ana Sousa"], ["Ana Sousa"])
    assert (await client.get(f"{API}/people")).json()["items"][0]["memories"] == 3


async def test_a_memory_takes_people_by_id_and_gives_back_what_it_was_given(client: httpx.AsyncClient) -> None:
    first, second = await add(client, "Anna"), await add(client, "Anna")
    memory = await write(client, {"id": second["id"]})
    read = (await client.get(f"{API}/memories/{memory}")).json()
    assert [each["id"] for each in read["people"]] == [second["id"]]
    patch = {"people": [*read["people"], {"id": first["id"]}, "Bob"]}
    patched = (await client.patch(f"{API}/memories/{memory}", json=patch)).json()
    assert {each["id"] for each in patched["people"]} >= {first["id"], second["id"]}
    assert len(patched["people"]) == 3


async def test_a_stranger_by_id_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{API}/memories", json={"title": "x", "people": ["Ana", {"id": str(uuid4())}]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/people/1")


async def test_a_deleted_person_is_gone_from_memories_and_comes_back_by_hand_only(client: httpx.AsyncClient) -> None:
    memory = await write(client, "Ana", "Bob")
    ana = await person(client, "Ana")
    answer = await client.delete(f"{API}/people/{ana['id']}")
    assert (answer.status_code, await names(client, memory)) == (204, ["Bob"])
    assert await finds(client, "ana") == await finds(client, "with:ana") == set()
    assert (await client.get(f"{API}/people/{ana['id']}")).status_code == 404
    await write(client, "Ana")
    assert await names(client, memory) == ["Ana", "Bob"]


async def test_addresses_are_added_moved_taken_off_and_split_off(client: httpx.AsyncClient) -> None:
    memory = await write(client, "Ana")
    ana, bob = await person(client, "Ana"), await add(client, "Bob")
    mail = {"kind": "email", "value": "ana@example.org"}
    added = await post(client, f"/people/{ana['id']}/identities", mail, status=201)
    taken = await post(client, f"/people/{bob['id']}/identities", mail, status=409)
    assert (taken["type"], taken["person"]) == ("/problems/identity-taken", ana["id"])
    (name,) = (each["id"] for each in added["identities"] if each["kind"] == "name")
    await post(client, f"/people/{bob['id']}/identities", {"identity": name}, status=201)
    assert await names(client, memory) == ["Bob"]
    split = await post(client, f"/people/{bob['id']}/identities/{name}/split", {"name": "Ana Rosa"}, status=201)
    assert await names(client, memory) == ["Ana Rosa"]
    gone = await client.delete(f"{API}/people/{split['id']}/identities/{name}")
    assert (gone.status_code, await names(client, memory)) == (204, [])
    back = await post(client, f"/people/{ana['id']}/identities", {"kind": "name", "value": "ANA"}, status=201)
    assert (back["memories"], await names(client, memory)) == (1, ["Ana"])


async def test_what_is_no_address_is_refused_and_not_repeated(client: httpx.AsyncClient) -> None:
    body = {"name": "Ana", "identities": [{"kind": "email", "value": "someone@"}]}
    answer = await client.post(f"{API}/people", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/identities/0/value")
    assert "someone@" not in answer.text
    assert (await client.get(f"{API}/people")).json()["items"] == []


async def test_a_merge_joins_everything_and_its_undo_takes_it_apart(client: httpx.AsyncClient) -> None:
    one, two = await write(client, "Anna K"), await write(client, "Anna Keller", "Anna K")
    short, whole = await person(client, "Anna K"), await person(client, "Anna Keller")
    await client.patch(f"{API}/people/{short['id']}", json={"note": "choir"})
    merged = await post(client, f"/people/{whole['id']}/merge", {"people": [short["id"]]})
    assert (merged["person"]["memories"], merged["person"]["note"]) == (2, "choir")
    assert [each["id"] for each in merged["person"]["merged"]] == [short["id"]]
    assert (await names(client, one), await names(client, two)) == (["Anna Keller"], ["Anna Keller"])
    assert await finds(client, "keller") == await finds(client, "with:keller") == {one, two}
    moved = await client.get(f"{API}/people/{short['id']}")
    assert (moved.status_code, moved.headers["Location"]) == (308, f"{API}/people/{whole['id']}")
    undone = await client.post(f"{API}/undo/{merged['undo_token']}")
    assert undone.json() == {"restored": 1}
    assert (await names(client, one), await names(client, two)) == (["Anna K"], ["Anna K", "Anna Keller"])
    assert await finds(client, "keller") == {two}
    assert (await person(client, "Anna Keller"))["note"] == ""


async def test_a_merge_survives_new_mentions_and_is_taken_apart_at_any_time(client: httpx.AsyncClient) -> None:
    await write(client, "Nana")
    nana, rosa = await person(client, "Nana"), await add(client, "Rosa")
    await post(client, f"/people/{rosa['id']}/merge", {"people": [nana["id"]]})
    later = await write(client, "Nana")
    assert await names(client, later) == ["Rosa"]
    apart = await post(client, f"/people/{rosa['id']}/unmerge", {})
    assert [each["id"] for each in apart["people"]] == [nana["id"]]
    assert (await names(client, later), apart["people"][0]["memories"]) == (["Nana"], 2)
    assert (await client.post(f"{API}/people/{rosa['id']}/unmerge", json={})).status_code == 409


async def test_who_cannot_be_merged_is_named(client: httpx.AsyncClient) -> None:
    ana, bob, cleo = [await add(client, name) for name in ("Ana", "Bob", "Cleo")]
    await post(client, f"/people/{cleo['id']}/merge", {"people": [bob["id"]]})
    answers = [
        await client.post(f"{API}/people/{ana['id']}/merge", json={"people": [cleo["id"], other]})
        for other in (ana["id"], str(uuid4()), bob["id"])
    ]
    assert {(each.status_code, each.json()["errors"][0]["pointer"]) for each in answers} == {(422, "#/people/1")}


async def test_many_memories_are_renamed_by_a_job(
    client: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retelling, "AT_ONCE", 2)
    monkeypatch.setattr(retelling, "CHUNK", 2)
    written = {await write(client, "Ana") for _ in range(5)}
    ana = await person(client, "Ana")
    listener = runtime.changes.subscribe(runtime.owner_pk)
    await client.patch(f"{API}/people/{ana['id']}", json={"name": "Beatriz"})
    async for event in listener:
        if event.event == "job" and event.data["kind"] == "retell" and event.data["state"] == "done":
            break
    assert await finds(client, "beatriz") == written


async def test_another_owners_people_are_not_there(client: httpx.AsyncClient) -> None:
    path = f"{API}/people/{uuid4()}"
    statuses = [
        (await client.get(path)).status_code,
        (await client.patch(path, json={"name": "x"})).status_code,
        (await client.delete(path)).status_code,
        (await client.post(f"{path}/merge", json={"people": [str(uuid4())]})).status_code,
        (await client.post(f"{path}/identities", json={"kind": "name", "value": "x"})).status_code,
    ]
    assert set(statuses) == {404}
