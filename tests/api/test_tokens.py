"""Tokens and sessions: carried on, listed, ended at once; passwords changed; the app lock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine
from sqlalchemy import func, select, update

from tests.api.test_identity import ticket
from tests.api.test_sign_in import (
    EMAIL,
    ORIGIN,
    PASSWORD,
    account,  # noqa: F401 - a fixture
    actions,
    bearer,
    both_databases,
    browser,
    dialect,  # noqa: F401 - a fixture
    is_in,
    log_in,
    set_user,
)
from timeline_local.core.security import digest
from timeline_local.models import Job, RefreshToken, User
from timeline_local.runtime import Runtime
from timeline_local.services.identity import create_api_key
from timeline_local.services.sessions import ProgramSession, Refused, refresh


async def refreshed(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/api/v1/auth/refresh", json={"refresh_token": token}, headers=ORIGIN)


async def test_a_refresh_token_gives_the_next_pair(account: httpx.AsyncClient) -> None:  # noqa: F811
    first = (await log_in(account)).json()
    answer = await refreshed(account, first["refresh_token"])
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != first["refresh_token"]
    assert await is_in(account, bearer(answer))


@both_databases
async def test_a_refresh_token_used_twice_ends_the_session(
    account: httpx.AsyncClient,  # noqa: F811
    runtime: Runtime,
) -> None:
    first = await log_in(account)
    other = await log_in(account)
    second = await refreshed(account, first.json()["refresh_token"])
    again = await refreshed(account, first.json()["refresh_token"])
    assert (again.status_code, again.json()["type"]) == (401, "/problems/invalid-refresh-token")
    assert (await refreshed(account, second.json()["refresh_token"])).status_code == 401
    assert [await is_in(account, bearer(pair)) for pair in (first, second, other)] == [False, False, True]
    assert (await actions(runtime))[-1] == "session.revoked"


@both_databases
async def test_of_several_refreshes_at_once_exactly_one_wins(account: httpx.AsyncClient) -> None:  # noqa: F811
    token = (await log_in(account)).json()["refresh_token"]
    answers = await asyncio.gather(*(refreshed(account, token) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_who_asked_before_the_token_was_used_loses_without_ending_the_session(
    account: httpx.AsyncClient,  # noqa: F811
    runtime: Runtime,
) -> None:
    token, asked_at = (await log_in(account)).json()["refresh_token"], runtime.now()
    winner_at, loser_at = asked_at + timedelta(milliseconds=5), asked_at + timedelta(milliseconds=10)
    async with runtime.database.write() as db:
        won = await refresh(db, token, asked_at=asked_at, lifetimes=runtime.lifetimes, now=winner_at)
    async with runtime.database.write() as db:
        lost = await refresh(db, token, asked_at=asked_at, lifetimes=runtime.lifetimes, now=loser_at)
    assert isinstance(won, ProgramSession)
    assert lost == Refused()
    assert (await refreshed(account, won.refresh_token)).status_code == 200


@pytest.mark.parametrize("token", ["x", "q" * 43, "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_refresh_token_is_refused(anonymous: httpx.AsyncClient, token: str) -> None:
    assert (await refreshed(anonymous, token)).status_code == 401


async def test_no_token_stands_in_for_another_kind(account: httpx.AsyncClient) -> None:  # noqa: F811
    pair = (await log_in(account)).json()
    assert not await is_in(account, {"Authorization": f"Bearer {pair['refresh_token']}"})
    assert (await refreshed(account, pair["access_token"])).status_code == 422
    cookie = browser(await log_in(account, client="browser"))["Cookie"]
    mixed = {"Cookie": cookie, "X-TL-Session": pair["refresh_token"]}
    assert not await is_in(account, mixed)


async def test_refresh_tokens_are_stored_as_hashes(account: httpx.AsyncClient, runtime: Runtime) -> None:  # noqa: F811
    token = (await log_in(account)).json()["refresh_token"]
    async with runtime.database.read() as db:
        stored = (await db.execute(select(RefreshToken.token_hash))).scalars().all()
    assert stored == [digest(token)]


async def test_an_access_token_ends_after_its_minutes(account: httpx.AsyncClient) -> None:  # noqa: F811
    pair = await log_in(account)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=14, seconds=55)):
        assert await is_in(account, bearer(pair))
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=15, seconds=1)):
        assert not await is_in(account, bearer(pair))
        assert (await refreshed(account, pair.json()["refresh_token"])).status_code == 200


async def test_a_session_ends_when_it_is_not_used(account: httpx.AsyncClient) -> None:  # noqa: F811
    page, program = browser(await log_in(account, client="browser")), await log_in(account)
    assert await is_in(account, page)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=29)):
        assert await is_in(account, page)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        assert await is_in(account, page), "it was used two days ago"
        assert (await refreshed(account, program.json()["refresh_token"])).status_code == 401
    with time_machine.travel(datetime.now(UTC) + timedelta(days=62)):
        assert not await is_in(account, page)


async def test_a_session_ends_after_its_days_however_much_it_is_used(
    account: httpx.AsyncClient,  # noqa: F811
) -> None:
    page, program = browser(await log_in(account, client="browser")), await log_in(account)
    for day in (25, 50, 75, 89):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=day)):
            assert await is_in(account, page)
            program = await refreshed(account, program.json()["refresh_token"])
    with time_machine.travel(datetime.now(UTC) + timedelta(days=90, seconds=1)):
        assert not await is_in(account, page)
        assert (await refreshed(account, program.json()["refresh_token"])).status_code == 401


# --- ending ---------------------------------------------------------------------


async def test_signing_out_ends_this_session_at_once(account: httpx.AsyncClient) -> None:  # noqa: F811
    page, program, other = (
        browser(await log_in(account, client="browser")),
        await log_in(account),
        await log_in(account),
    )
    assert (await account.post("/api/v1/auth/logout", headers=page)).status_code == 204
    assert (await account.post("/api/v1/auth/logout", headers=bearer(program))).status_code == 204
    assert [await is_in(account, each) for each in (page, bearer(program), bearer(other))] == [False, False, True]
    assert (await refreshed(account, program.json()["refresh_token"])).status_code == 401


async def test_signing_out_everywhere_ends_all_sessions_and_no_keys(
    account: httpx.AsyncClient,  # noqa: F811
    runtime: Runtime,
    api_key: str,
) -> None:
    page, program = browser(await log_in(account, client="browser")), await log_in(account)
    assert await is_in(account, page)
    assert await is_in(account, bearer(program))
    assert (await account.post("/api/v1/auth/logout-everywhere", headers=page)).status_code == 204
    key = {"Authorization": f"Bearer {api_key}"}
    assert [await is_in(account, each) for each in (page, bearer(program), key)] == [False, False, True]
    assert (await actions(runtime))[-1] == "logout.everywhere"


@both_databases
async def test_sessions_are_listed_and_ended_one_by_one(
    account: httpx.AsyncClient,  # noqa: F811
    runtime: Runtime,
) -> None:
    page, program = browser(await log_in(account, client="browser")), bearer(await log_in(account))
    listed = (await account.get("/api/v1/auth/sessions", headers=page)).json()
    kinds = {each["kind"]: each for each in listed["items"]}
    assert (kinds["browser"]["current"], kinds["token"]["current"], listed["next_cursor"]) == (True, False, None)
    assert kinds["browser"]["device"].startswith("python-httpx")
    assert await is_in(account, program)
    address = f"/api/v1/auth/sessions/{kinds['token']['id']}"
    assert (await account.delete(address, headers=page)).status_code == 204
    assert not await is_in(account, program)
    gone = await account.delete(address, headers=page)
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/session-not-found")
    assert len((await account.get("/api/v1/auth/sessions", headers=page)).json()["items"]) == 1


async def test_a_session_that_ends_while_it_is_looked_up_is_not_remembered(
    account: httpx.AsyncClient,  # noqa: F811
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = await log_in(account)
    authentication, find = runtime.authentication, runtime.authentication._find_token_session
    found, ended = asyncio.Event(), asyncio.Event()

    async def slow(session_id: object) -> object:
        credential = await find(session_id)  # type: ignore[arg-type]
        found.set()
        await ended.wait()
        return credential

    monkeypatch.setattr(type(authentication), "_find_token_session", lambda _, session_id: slow(session_id))
    early = asyncio.create_task(is_in(account, bearer(program)))
    async with asyncio.timeout(60):
        await found.wait()
    async with runtime.database.write() as db:
        await authentication.end_all(db, runtime.owner_pk, now=runtime.now())
    authentication.forget_user(runtime.owner_pk)
    ended.set()
    assert await early, "it came before the end"
    assert not await is_in(account, bearer(program))


async def test_who_is_switched_off_is_out_at_once(account: httpx.AsyncClient, runtime: Runtime, api_key: str) -> None:  # noqa: F811
    page, program = browser(await log_in(account, client="browser")), await log_in(account)
    headers = (page, bearer(program), {"Authorization": f"Bearer {api_key}"})
    assert [await is_in(account, each) for each in headers] == [True] * 3
    await set_user(runtime, is_active=False)
    runtime.authentication.forget_user(runtime.owner_pk)
    assert [await is_in(account, each) for each in headers] == [False] * 3
    assert (await refreshed(account, program.json()["refresh_token"])).status_code == 401


async def test_a_role_counts_from_the_moment_it_changes(account: httpx.AsyncClient, runtime: Runtime) -> None:  # noqa: F811
    program = bearer(await log_in(account))
    assert (await account.get("/api/v1/api-keys", headers=program)).status_code == 200
    await set_user(runtime, role="viewer")
    runtime.authentication.forget_user(runtime.owner_pk)
    refused = await account.get("/api/v1/api-keys", headers=program)
    assert (refused.status_code, refused.json()["missing_scope"]) == (403, "keys:write")


# --- the password -----------------------------------------------------------------


async def changed(http: httpx.AsyncClient, headers: dict[str, str], **body: str) -> httpx.Response:
    return await http.post("/api/v1/auth/password", json=body, headers=headers)


async def test_a_new_password_needs_the_old_one_and_ends_other_sessions(
    account: httpx.AsyncClient,  # noqa: F811
    runtime: Runtime,
) -> None:
    page, program = browser(await log_in(account, client="browser")), await log_in(account)
    fresh = "another four quiet words"
    for wrong in ({}, {"current_password": "wrong guess"}):
        refused = await changed(account, page, new_password=fresh, **wrong)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/wrong-password")
    assert (await changed(account, page, current_password=PASSWORD, new_password=fresh)).status_code == 204
    assert [await is_in(account, each) for each in (page, bearer(program))] == [True, False]
    assert (await refreshed(account, program.json()["refresh_token"])).status_code == 401
    assert (await log_in(account)).status_code == 401
    assert (await log_in(account, password=fresh)).status_code == 200
    assert "password.changed" in await actions(runtime)


@pytest.mark.parametrize("weak", ["", "short", "password", "trustno1", EMAIL, "x" * 1001])
async def test_a_weak_password_changes_nothing(account: httpx.AsyncClient, weak: str) -> None:  # noqa: F811
    page = browser(await log_in(account, client="browser"))
    refused = await changed(account, page, current_password=PASSWORD, new_password=weak)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/password-too-weak")
    assert (await log_in(account)).status_code == 200


async def test_the_first_password_needs_no_other(account: httpx.AsyncClient, runtime: Runtime) -> None:  # noqa: F811
    await set_user(runtime, password_hash=None)
    redeemed = await account.post("/api/v1/auth/redeem", json={"ticket": await ticket(account, runtime)})
    account.cookies.clear()
    assert (await changed(account, browser(redeemed), new_password=PASSWORD)).status_code == 204
    assert (await log_in(account)).status_code == 200


async def test_guessing_the_password_from_inside_is_limited(account: httpx.AsyncClient) -> None:  # noqa: F811
    page = browser(await log_in(account, client="browser"))
    guesses = [
        await changed(account, page, current_password=f"guess {number}", new_password=PASSWORD) for number in range(11)
    ]
    assert [answer.status_code for answer in guesses] == [403] * 10 + [429]
    assert (await log_in(account)).status_code == 200, "signing in is counted apart"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/password"),
        ("POST", "/auth/totp"),
        ("POST", "/auth/totp/disable"),
        ("PUT", "/auth/app-lock"),
        ("POST", "/auth/logout-everywhere"),
        ("DELETE", "/auth/sessions/0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b"),
    ],
)
async def test_a_key_cannot_lock_its_owner_out(client: httpx.AsyncClient, method: str, path: str) -> None:
    body: dict[str, object] = {"new_password": PASSWORD} if path.endswith("password") else {}
    body |= {"enabled": False} if path.endswith("lock") else {}
    sent = None if method == "DELETE" or path.endswith(("everywhere", "totp")) else body
    refused = await client.request(method, f"/api/v1{path}", json=sent)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")


async def test_the_user_is_told_by_mail_of_new_devices_and_new_passwords(
    account: httpx.AsyncClient,  # noqa: F811
    runtime: Runtime,
) -> None:
    await set_user(runtime, email_verified_at=runtime.now())
    page = browser(await log_in(account, client="browser"))
    await log_in(account)
    assert await mails(runtime) == 1, "of the device; the second time it was known"
    await changed(account, page, current_password=PASSWORD, new_password="another four quiet words")
    assert await mails(runtime) == 2


async def mails(runtime: Runtime) -> int:
    async with runtime.database.read() as db:
        return (await db.execute(select(func.count()).where(Job.kind == "email"))).scalar_one()


# --- the app lock -----------------------------------------------------------------


async def test_the_app_lock_asks_for_the_password_and_keeps_the_ticket(
    account: httpx.AsyncClient,  # noqa: F811
    runtime: Runtime,
) -> None:
    page = browser(await log_in(account, client="browser"))
    lock = {"enabled": True, "password": "wrong guess"}
    assert (await account.put("/api/v1/auth/app-lock", json=lock, headers=page)).status_code == 403
    lock["password"] = PASSWORD
    assert (await account.put("/api/v1/auth/app-lock", json=lock, headers=page)).json() == {"enabled": True}
    issued = await ticket(account, runtime)
    answers = [
        await account.post("/api/v1/auth/redeem", json={"ticket": issued} | more)
        for more in ({}, {"password": "wrong guess"}, {"password": PASSWORD}, {"password": PASSWORD})
    ]
    assert [answer.status_code for answer in answers] == [401, 403, 200, 401]
    assert answers[0].json()["type"] == "/problems/password-needed"
    account.cookies.clear()
    lock["enabled"] = False
    assert (await account.put("/api/v1/auth/app-lock", json=lock, headers=page)).status_code == 200
    redeemed = await account.post("/api/v1/auth/redeem", json={"ticket": await ticket(account, runtime)})
    assert redeemed.status_code == 200


async def test_strangers_cannot_use_up_the_app_locks_attempts(account: httpx.AsyncClient, runtime: Runtime) -> None:  # noqa: F811
    page = browser(await log_in(account, client="browser"))
    await account.put("/api/v1/auth/app-lock", json={"enabled": True, "password": PASSWORD}, headers=page)
    await asyncio.gather(*(log_in(account, password="wrong guess") for _ in range(12)))
    asked = {"ticket": await ticket(account, runtime), "password": PASSWORD}
    assert (await account.post("/api/v1/auth/redeem", json=asked)).status_code == 200


async def test_without_a_password_there_is_no_lock(account: httpx.AsyncClient, runtime: Runtime) -> None:  # noqa: F811
    page = browser(await log_in(account, client="browser"))
    await set_user(runtime, password_hash=None)
    refused = await account.put("/api/v1/auth/app-lock", json={"enabled": True}, headers=page)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-state")


async def test_the_sign_in_page_learns_what_to_offer(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    before = (await anonymous.get("/api/v1/auth/methods")).json()
    assert before == {"password": False, "registration": "closed", "email": False}
    await set_user(runtime, email=EMAIL, password_hash=await runtime.passwords.hash(PASSWORD))
    assert (await anonymous.get("/api/v1/auth/methods")).json()["password"] is True


async def test_recovery_needs_the_instance_secret(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    challenge = (await anonymous.get("/api/v1/auth/challenge", params={"nonce": "ab" * 16})).json()
    body = {"nonce": challenge["nonce"], "proof": "00" * 32, "action": "set-password", "password": PASSWORD}
    refused = await anonymous.post("/api/v1/auth/recovery", json=body)
    assert refused.status_code == 403
    async with runtime.database.read() as db:
        assert (await db.execute(select(User.password_hash))).scalar_one() is None


# --- keys -------------------------------------------------------------------------


async def test_a_key_may_have_a_limit_of_its_own_and_its_life_is_written_down(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    made = (await client.post("/api/v1/api-keys", json={"name": "slow", "requests_per_s": 5})).json()
    listed = {key["id"]: key for key in (await client.get("/api/v1/api-keys")).json()["items"]}
    assert (made["requests_per_s"], listed[made["id"]]["requests_per_s"]) == (5, 5)
    caller = await runtime.authentication.bearer(made["key"])
    assert caller is not None
    assert caller.requests_per_s == 5
    used = {key["id"]: key for key in (await client.get("/api/v1/api-keys")).json()["items"]}[made["id"]]
    assert used["last_used_at"] is not None
    assert (await client.delete(f"/api/v1/api-keys/{made['id']}")).status_code == 204
    assert await actions(runtime) == ["api_key.created", "api_key.revoked"]


@pytest.mark.parametrize("rate", [0, -1, 10_001, "5", 1.5])
async def test_an_impossible_rate_makes_no_key(client: httpx.AsyncClient, rate: object) -> None:
    answer = await client.post("/api/v1/api-keys", json={"name": "x", "requests_per_s": rate})
    assert answer.status_code == 422


async def test_a_key_is_worth_what_its_users_role_allows(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.write() as db:
        await db.execute(update(User).where(User.pk == runtime.owner_pk).values(role="viewer"))
        made = await create_api_key(
            db, runtime.owner_pk, name="x", scopes=["memories:write", "tags:read"], expires_at=None, now=runtime.now()
        )
    caller = await runtime.authentication.bearer(made.key)
    assert caller is not None
    assert caller.scopes == {"tags:read"}
