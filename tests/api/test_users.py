"""One's own account, other people's accounts, and several people side by side on one install."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine
from PIL import Image
from sqlalchemy import func, select

from tests.mailbox import newest_token, subjects
from timeline_local.core.changes import Subscription
from timeline_local.models import Job, MediaFile, MemoryText, User
from timeline_local.models.base import Base
from timeline_local.runtime import Runtime
from timeline_local.services.audit import SYSTEM
from timeline_local.services.users import NewUser, create

API = "/api/v1"
PASSWORD = "seven green tortoises"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in with a password; their requests carry an access token."""

    http: httpx.AsyncClient
    pk: int
    id: UUID
    email: str
    headers: dict[str, str]

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        headers = self.headers | more.pop("headers", {})
        return await self.http.request(method, f"{API}{path}", headers=headers, **more)

    async def writes(self, body: str) -> str:
        made = await self.ask("POST", "/memories", json={"body": body})
        return str(made.json()["id"])

    async def sends(self, data: bytes) -> dict[str, Any]:
        sent = await self.ask("POST", "/media", files={"file": ("picture.jpg", data, "image/jpeg")})
        assert sent.status_code == 201, sent.text
        return {"id": sent.json()["media"]["id"], "memory_id": sent.json()["memory"]["id"]}


async def join(
    http: httpx.AsyncClient, runtime: Runtime, name: str, role: str = "member", *, verified: bool = True
) -> Person:
    email = f"{name}@example.org"
    given = NewUser(
        email=email, name=name, password_hash=await runtime.passwords.hash(PASSWORD), role=role, verified=verified
    )
    async with runtime.database.write() as db:
        pk, user_id = await create(db, given, actor=SYSTEM, now=runtime.now())
    signed = await http.post(
        f"{API}/auth/login",
        json={"email": email, "password": PASSWORD, "client": "token"},
        headers={"Authorization": ""},
    )
    return Person(http, pk, user_id, email, {"Authorization": f"Bearer {signed.json()['access_token']}"})


@pytest.fixture
async def ana(anonymous: httpx.AsyncClient, runtime: Runtime) -> Person:
    return await join(anonymous, runtime, "ana")


@pytest.fixture
async def ben(anonymous: httpx.AsyncClient, runtime: Runtime) -> Person:
    return await join(anonymous, runtime, "ben")


def picture(shade: str = "teal") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), shade).save(buffer, "JPEG")
    return buffer.getvalue()


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def rows_of(runtime: Runtime, pk: int) -> dict[str, int]:
    """How many rows each table has of this user."""
    counts: dict[str, int] = {}
    owned = [table for table in Base.metadata.sorted_tables if "owner_pk" in table.columns]
    async with runtime.database.read() as db:
        for table in owned:
            statement = select(func.count()).select_from(table).where(table.columns["owner_pk"] == pk)
            counts[table.name] = (await db.execute(statement)).scalar_one()
    return {name: count for name, count in counts.items() if count}


# --- one's own account --------------------------------------------------------------


async def test_an_account_is_read_with_its_etag_and_edited_with_it(ana: Person) -> None:
    read = await ana.ask("GET", "/users/me")
    tag = read.headers["etag"]
    unchanged = await ana.ask("GET", "/users/me", headers={"If-None-Match": tag})
    renamed = await ana.ask("PATCH", "/users/me", json={"name": "Anna"}, headers={"If-Match": tag})
    stale = await ana.ask("PATCH", "/users/me", json={"name": "Ann"}, headers={"If-Match": tag})
    assert [each.status_code for each in (read, unchanged, renamed, stale)] == [200, 304, 200, 412]
    assert (renamed.json()["name"], renamed.headers["etag"] != tag) == ("Anna", True)
    assert (await ana.ask("GET", "/users/me")).json() == renamed.json()


async def test_nobody_makes_themselves_more_than_they_are(ana: Person) -> None:
    wanted: list[Any] = [{"role": "owner"}, {"is_active": False}, {"email": "nobody"}, {"name": ""}, []]
    answers = [await ana.ask("PATCH", "/users/me", json=body) for body in wanted]
    assert [each.status_code for each in answers] == [422] * 5


async def test_a_new_address_counts_once_its_reader_confirms_it(ana: Person, runtime: Runtime) -> None:
    asked = {"email": "ANNA@example.net", "current_password": PASSWORD}
    pending = (await ana.ask("PATCH", "/users/me", json=asked)).json()
    assert (pending["email"], pending["pending_email"]) == ("ana@example.org", "anna@example.net")
    token = await newest_token(runtime, "anna@example.net")
    assert (await ana.ask("POST", "/auth/email/verify", json={"token": token})).status_code == 204
    me = (await ana.ask("GET", "/users/me")).json()
    assert (me["email"], me["pending_email"]) == ("anna@example.net", None)
    assert await subjects(runtime, "ana@example.org") == ["Your mail address was changed"]


async def test_another_address_needs_the_password(ana: Person) -> None:
    for given in ({}, {"current_password": "not mine at all"}):
        refused = await ana.ask("PATCH", "/users/me", json={"email": "anna@example.net"} | given)
        assert problem(refused) == (403, "wrong-password")
    assert (await ana.ask("GET", "/users/me")).json()["pending_email"] is None


async def test_asking_for_someone_elses_address_tells_nothing_and_gives_nothing(
    ana: Person, ben: Person, runtime: Runtime
) -> None:
    asked = {"current_password": PASSWORD}
    answers = [
        (await ana.ask("PATCH", "/users/me", json=asked | {"email": email})).json()
        for email in (ben.email, "free@example.org")
    ]
    assert [each["pending_email"] for each in answers] == [ben.email, "free@example.org"]
    assert await subjects(runtime, ben.email) == ["You have an account already"]


async def test_asking_again_mails_again_and_ends_the_link_before(ana: Person, runtime: Runtime) -> None:
    await ana.ask("PATCH", "/users/me", json={"email": "anna@example.net", "current_password": PASSWORD})
    first = await newest_token(runtime, "anna@example.net")
    assert (await ana.ask("POST", "/auth/email/verification")).status_code == 202
    second = await newest_token(runtime, "anna@example.net")
    used = [await ana.ask("POST", "/auth/email/verify", json={"token": token}) for token in (first, second)]
    assert [each.status_code for each in used] == [422, 204]


async def test_the_owners_first_address_counts_at_once_and_is_confirmed_later(
    client: httpx.AsyncClient, runtime: Runtime, ben: Person
) -> None:
    cookie, secret = await _signed_in_by_ticket(client, runtime)
    owner = {"Cookie": cookie, "X-TL-Session": secret, "Origin": "http://127.0.0.1:8765"}
    del client.headers["Authorization"]
    taken = await client.patch(f"{API}/users/me", json={"email": ben.email}, headers=owner)
    given = await client.patch(f"{API}/users/me", json={"email": "owner@example.org"}, headers=owner)
    assert problem(taken) == (409, "address-taken")
    assert (given.json()["email"], given.json()["email_verified_at"]) == ("owner@example.org", None)
    token = await newest_token(runtime, "owner@example.org")
    assert (await client.post(f"{API}/auth/email/verify", json={"token": token})).status_code == 204
    assert (await client.get(f"{API}/users/me", headers=owner)).json()["email_verified_at"] is not None


async def _signed_in_by_ticket(http: httpx.AsyncClient, runtime: Runtime) -> tuple[str, str]:
    ticket = runtime.tickets.issue(runtime.owner_pk)
    redeemed = await http.post(f"{API}/auth/redeem", json={"ticket": ticket})
    http.cookies.clear()
    return redeemed.headers["set-cookie"].split(";")[0], redeemed.json()["session_secret"]


# --- leaving -------------------------------------------------------------------------


async def test_who_leaves_takes_everything_but_what_others_have_too(ana: Person, ben: Person, runtime: Runtime) -> None:
    shared, own = picture("teal"), picture("navy")
    both = [await person.sends(shared) for person in (ana, ben)]
    alone = await ana.sends(own)
    await ana.writes("Xylophone lesson")
    kept = await ben.writes("Xylophone concert")
    hashes = [await _hash(runtime, each["id"]) for each in (both[0], alone)]
    before = await rows_of(runtime, ben.pk)

    gone = await ana.ask("DELETE", "/users/me", json={"confirm": "DELETE", "password": PASSWORD})

    assert gone.status_code == 204
    assert (await ana.ask("GET", "/users/me")).status_code == 401
    assert await rows_of(runtime, ana.pk) == {}
    assert await runtime.blobs.missing(hashes) == hashes[1:]
    assert not runtime.previews.folder(hashes[1]).exists()
    found = (await ben.ask("GET", "/memories", params={"q": "xylophone"})).json()["items"]
    assert [each["id"] for each in found] == [kept]
    assert (await ben.ask("GET", f"/media/{both[1]['id']}/original")).content == shared
    assert {name for name in before if name != "job"} <= set(await rows_of(runtime, ben.pk))
    assert await subjects(runtime, ana.email) == ["Your account was deleted"]


async def _hash(runtime: Runtime, media_id: str) -> bytes:
    async with runtime.database.read() as db:
        return (await db.execute(select(MediaFile.sha256).where(MediaFile.id == UUID(media_id)))).scalar_one()


async def test_nothing_of_one_who_left_is_found_by_the_search_of_the_next(
    ana: Person, anonymous: httpx.AsyncClient, runtime: Runtime
) -> None:
    for number in range(3):
        await ana.writes(f"Xylophone {number}")
    await ana.ask("DELETE", "/users/me", json={"confirm": "DELETE", "password": PASSWORD})
    next_one = await join(anonymous, runtime, "ana")
    await next_one.writes("quiet day")
    assert (await next_one.ask("GET", "/memories", params={"q": "xylophone"})).json()["items"] == []
    assert next_one.pk != ana.pk
    async with runtime.database.read() as db:
        assert (await db.execute(select(func.count()).select_from(MemoryText))).scalar_one() == 1


async def test_nobody_leaves_by_mistake(ana: Person) -> None:
    sent = [
        {"confirm": "DELETE"},
        {"confirm": "DELETE", "password": "not mine at all"},
        {"confirm": "delete", "password": PASSWORD},
        {"password": PASSWORD},
    ]
    answers = [problem(await ana.ask("DELETE", "/users/me", json=body)) for body in sent]
    assert answers == [(403, "wrong-password")] * 2 + [(422, "invalid-input")] * 2
    assert (await ana.ask("GET", "/users/me")).status_code == 200


async def test_the_owner_stays_while_others_are_there_and_then_the_install_begins_anew(
    anonymous: httpx.AsyncClient, runtime: Runtime, ben: Person
) -> None:
    cookie, secret = await _signed_in_by_ticket(anonymous, runtime)
    headers = {"Cookie": cookie, "X-TL-Session": secret, "Origin": "http://127.0.0.1:8765"}
    await anonymous.post(f"{API}/memories", json={"body": "mine"}, headers=headers)

    async def leave() -> httpx.Response:
        return await anonymous.request("DELETE", f"{API}/users/me", headers=headers, json={"confirm": "DELETE"})

    assert problem(await leave()) == (409, "owner-stays")
    assert (await anonymous.get(f"{API}/users/me", headers=headers)).status_code == 200
    await ben.ask("DELETE", "/users/me", json={"confirm": "DELETE", "password": PASSWORD})
    assert (await leave()).status_code == 204
    assert (await anonymous.get(f"{API}/users/me", headers=headers)).status_code == 401
    cookie, secret = await _signed_in_by_ticket(anonymous, runtime)
    fresh = {"Cookie": cookie, "X-TL-Session": secret}
    assert (await anonymous.get(f"{API}/memories", headers=fresh)).json()["items"] == []


async def test_an_owner_without_a_password_leaves_only_soon_after_signing_in(
    anonymous: httpx.AsyncClient, runtime: Runtime
) -> None:
    cookie, secret = await _signed_in_by_ticket(anonymous, runtime)
    headers = {"Cookie": cookie, "X-TL-Session": secret, "Origin": "http://127.0.0.1:8765"}
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=20)):
        late = await anonymous.request("DELETE", f"{API}/users/me", json={"confirm": "DELETE"}, headers=headers)
    assert problem(late) == (403, "forbidden")


async def test_a_key_deletes_no_account(client: httpx.AsyncClient) -> None:
    refused = await client.request("DELETE", f"{API}/users/me", json={"confirm": "DELETE"})
    assert problem(refused) == (403, "forbidden")


# --- administrators ---------------------------------------------------------------------


async def test_administrators_list_everybody_in_pages(client: httpx.AsyncClient, ana: Person, ben: Person) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = (
            await client.get(f"{API}/admin/users", params={"limit": 1} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [user["name"] for user in page["items"]]
        cursor = page["next_cursor"]
    assert (sorted(seen), cursor) == (["", "ana", "ben"], None)


async def test_an_account_made_by_an_administrator_can_sign_in(client: httpx.AsyncClient, runtime: Runtime) -> None:
    body = {"name": "Cleo", "email": "Cleo@example.org", "password": PASSWORD, "role": "viewer"}
    made = await client.post(f"{API}/admin/users", json=body)
    again = await client.post(f"{API}/admin/users", json=body)
    assert (made.status_code, problem(again)) == (201, (409, "address-taken"))
    assert (await client.get(made.headers["location"])).json() == made.json()
    signed = {"email": "cleo@example.org", "password": PASSWORD, "client": "token"}
    assert (await client.post(f"{API}/auth/login", json=signed)).status_code == 200
    assert await subjects(runtime, "cleo@example.org") == ["Confirm your mail address"]


async def test_switching_an_account_off_ends_everything_at_once(
    client: httpx.AsyncClient, runtime: Runtime, ana: Person
) -> None:
    key = (await ana.ask("POST", "/api-keys", json={"name": "script"})).json()["key"]
    bearer = {"Authorization": f"Bearer {key}"}
    listening = runtime.changes.subscribe(ana.pk, None)
    assert (await client.get(f"{API}/users/me", headers=bearer)).status_code == 200
    off = await client.patch(f"{API}/admin/users/{ana.id}", json={"is_active": False})
    assert (off.status_code, off.json()["is_active"]) == (200, False)
    assert [(await ana.ask("GET", "/users/me")).status_code] == [401]
    assert (await client.get(f"{API}/users/me", headers=bearer)).status_code == 401
    async with asyncio.timeout(60):
        told = [event async for event in listening]  # to its end
    assert "timeline" not in {event.event for event in told}
    signed = {"email": ana.email, "password": PASSWORD, "client": "token"}
    assert (await client.post(f"{API}/auth/login", json=signed)).status_code == 401
    await client.patch(f"{API}/admin/users/{ana.id}", json={"is_active": True})
    assert (await ana.ask("GET", "/users/me")).status_code == 401
    assert (await client.post(f"{API}/auth/login", json=signed)).status_code == 200


async def test_another_role_counts_at_once(client: httpx.AsyncClient, ana: Person) -> None:
    assert (await ana.ask("GET", "/admin/users")).status_code == 403
    await client.patch(f"{API}/admin/users/{ana.id}", json={"role": "admin"})
    assert (await ana.ask("GET", "/admin/users")).status_code == 200
    await client.patch(f"{API}/admin/users/{ana.id}", json={"role": "viewer"})
    assert (await ana.ask("POST", "/memories", json={"body": "no"})).status_code == 403


async def test_an_administrator_touches_neither_the_owner_nor_themselves_and_makes_no_owner(
    anonymous: httpx.AsyncClient, runtime: Runtime, ben: Person
) -> None:
    admin = await join(anonymous, runtime, "root", "admin")
    async with runtime.database.read() as db:
        owner = (await db.execute(select(User.id).where(User.role == "owner"))).scalar_one()
    for user in (owner, admin.id):
        for change in ({"role": "member"}, {"is_active": False}, {"name": "x"}):
            assert problem(await admin.ask("PATCH", f"/admin/users/{user}", json=change)) == (403, "protected-user")
        assert problem(await admin.ask("DELETE", f"/admin/users/{user}")) == (403, "protected-user")
    promoted = await admin.ask("PATCH", f"/admin/users/{ben.id}", json={"role": "owner"})
    made = await admin.ask("POST", "/admin/invitations", json={"role": "owner"})
    assert (promoted.status_code, made.status_code) == (422, 422)


async def test_editing_somebody_checks_the_etag(client: httpx.AsyncClient, ana: Person) -> None:
    tag = (await client.get(f"{API}/admin/users/{ana.id}")).headers["etag"]
    edits = [
        await client.patch(f"{API}/admin/users/{ana.id}", json={"name": name}, headers={"If-Match": tag})
        for name in ("Anna", "Ann")
    ]
    assert [each.status_code for each in edits] == [200, 412]


async def test_who_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    nobody = "01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"
    asked = [
        await client.get(f"{API}/admin/users/{nobody}"),
        await client.patch(f"{API}/admin/users/{nobody}", json={"name": "x"}),
        await client.delete(f"{API}/admin/users/{nobody}"),
        await client.delete(f"{API}/admin/invitations/{nobody}"),
    ]
    assert [problem(each)[1] for each in asked] == ["user-not-found"] * 3 + ["invitation-not-found"]


async def test_deleting_somebody_ends_them_and_frees_their_address(
    client: httpx.AsyncClient, anonymous: httpx.AsyncClient, runtime: Runtime, ana: Person
) -> None:
    await ana.writes("gone soon")
    assert (await client.delete(f"{API}/admin/users/{ana.id}")).status_code == 204
    assert await rows_of(runtime, ana.pk) == {}
    assert (await ana.ask("GET", "/users/me")).status_code == 401
    invited = (await client.post(f"{API}/admin/invitations", json={"email": ana.email})).status_code
    assert invited == 201


async def test_invitations_show_what_became_of_them_and_never_their_tokens(client: httpx.AsyncClient) -> None:
    first = (await client.post(f"{API}/admin/invitations", json={"email": "a@example.org"})).json()
    await client.post(f"{API}/admin/invitations", json={})
    await client.delete(f"{API}/admin/invitations/{first['id']}")
    assert first["url"].endswith(f"/register#invitation={first['token']}")
    listed = (await client.get(f"{API}/admin/invitations")).json()["items"]
    assert [(one["email"], one["revoked_at"] is None) for one in listed] == [(None, True), ("a@example.org", False)]
    assert all("token" not in one for one in listed)


async def test_what_is_done_to_accounts_stands_in_the_audit_log_without_names(
    client: httpx.AsyncClient, ana: Person
) -> None:
    await client.patch(f"{API}/admin/users/{ana.id}", json={"role": "viewer", "is_active": False})
    await client.patch(f"{API}/admin/users/{ana.id}", json={"is_active": True})
    await client.delete(f"{API}/admin/users/{ana.id}")
    log = (await client.get(f"{API}/admin/audit", params={"action": "user."})).json()["items"]
    assert [entry["action"] for entry in log] == [
        "user.deleted",
        "user.enabled",
        "user.disabled",
        "user.role_changed",
        "user.created",
    ]
    assert {entry["object_id"] for entry in log} == {str(ana.id)}
    assert "ana" not in str(log)


# --- side by side -----------------------------------------------------------------------


async def test_the_same_bytes_of_two_people_are_two_files_on_one_blob(
    ana: Person, ben: Person, runtime: Runtime
) -> None:
    first, second = await asyncio.gather(ana.sends(picture()), ben.sends(picture()))
    assert first["id"] != second["id"]
    assert first["memory_id"] != second["memory_id"]
    await ana.ask("DELETE", f"/memories/{first['memory_id']}")
    await ana.ask("POST", f"/memories/{first['memory_id']}/purge")
    assert (await ana.ask("GET", f"/media/{first['id']}")).status_code == 404
    assert (await ben.ask("GET", f"/media/{second['id']}/original")).content == picture()
    assert (await ana.sends(picture()))["memory_id"] not in (first["memory_id"], second["memory_id"])


async def test_each_empties_their_own_trash(ana: Person, ben: Person) -> None:
    kept = [await person.writes("in the trash") for person in (ana, ben)]
    for person, memory in zip((ana, ben), kept, strict=True):
        await person.ask("DELETE", f"/memories/{memory}")
    assert (await ana.ask("POST", "/trash/empty")).json()["purged"] == 1
    assert (await ben.ask("POST", f"/memories/{kept[1]}/restore")).status_code == 200


async def test_the_nightly_purge_goes_through_everybodys_trash(ana: Person, ben: Person, runtime: Runtime) -> None:
    waiting = select(Job.owner_pk).where(Job.kind == "purge_trash", Job.state == "waiting")
    async with runtime.database.read() as db:
        owners = (await db.execute(waiting)).scalars().all()
    assert sorted(owners) == sorted([runtime.owner_pk, ana.pk, ben.pk])


async def test_an_undo_of_one_is_nothing_to_another(ana: Person, ben: Person) -> None:
    memory = await ana.writes("favourite")
    changed = await ana.ask("POST", "/memories/batch", json={"ids": [memory], "action": "favourite"})
    token = changed.json()["undo_token"]
    answers = [await person.ask("POST", f"/undo/{token}") for person in (ben, ana)]
    assert [each.status_code for each in answers] == [410, 200]


async def test_each_hears_of_their_own_changes_only(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    # Unconfirmed, so that no mail about the sign-in is a job whose events come in between.
    people = [await join(anonymous, runtime, name, verified=False) for name in ("ana", "ben")]
    listening = [runtime.changes.subscribe(person.pk, None) for person in people]
    heard = []
    for person in people:
        await person.writes("told to one")  # and told before it is answered
        heard.append([await news(each) for each in listening])
    assert heard == [[True, False], [False, True]]


async def news(subscription: Subscription) -> bool:
    """Whether a change of the timeline waits to be read."""
    events = []
    while (event := await subscription.next(timeout_s=0.01)) is not None:
        events.append(event.event)
    return "timeline" in events
