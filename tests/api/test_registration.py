"""Joining, confirming an address, getting back in; and that strangers learn nothing from any of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine
from sqlalchemy import select

from tests.mailbox import mails, newest_token, subjects, text_of
from timeline_local.models import Job, User
from timeline_local.runtime import Runtime
from timeline_local.services.audit import SYSTEM
from timeline_local.services.registration import forget_unconfirmed
from timeline_local.services.users import NewUser, create

API = "/api/v1"
ANA, BEN = "ana@example.org", "ben@example.org"
PASSWORD = "seven green tortoises"
OTHER = "eleven blue lanterns"


@pytest.fixture
def opened(runtime: Runtime) -> Runtime:
    """An install that anybody may join."""
    auth = runtime.settings.auth.model_copy(update={"open_registration": True})
    runtime.settings = runtime.settings.model_copy(update={"auth": auth})
    return runtime


@pytest.fixture
async def ana(runtime: Runtime) -> int:
    """A member with a confirmed address and a password."""
    password_hash = await runtime.passwords.hash(PASSWORD)
    given = NewUser(email=ANA, name="Ana", password_hash=password_hash, role="member", verified=True)
    async with runtime.database.write() as db:
        pk, _ = await create(db, given, actor=SYSTEM, now=runtime.now())
    return pk


async def register(http: httpx.AsyncClient, email: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - JSON
    body = {"email": email, "password": PASSWORD, "name": "Ana", **more}
    return await http.post(f"{API}/auth/register", json=body)


async def signs_in(http: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    body = {"email": email, "password": password, "client": "token"}
    return await http.post(f"{API}/auth/login", json=body)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def invitation(client: httpx.AsyncClient, **body: str) -> dict[str, Any]:
    made = await client.post(f"{API}/admin/invitations", json=body)
    assert made.status_code == 201, made.text
    return dict(made.json())


# --- by invitation ---------------------------------------------------------------


async def test_whoever_is_invited_joins_with_the_mailed_link(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await invitation(client, email="Ana@Example.org ", role="viewer")
    token = await newest_token(runtime, ANA)
    joined = await register(client, ANA, invitation=token)
    assert (joined.status_code, joined.json()) == (201, {"state": "ready"})
    access = (await signs_in(client, ANA)).json()["access_token"]
    me = (await client.get(f"{API}/users/me", headers={"Authorization": f"Bearer {access}"})).json()
    assert (me["role"], me["email"], me["name"], me["email_verified_at"] is not None) == ("viewer", ANA, "Ana", True)


async def test_of_ten_who_use_an_invitation_at_once_one_joins(client: httpx.AsyncClient) -> None:
    token = (await invitation(client))["token"]
    answers = await asyncio.gather(*(register(client, f"a{n}@example.org", invitation=token) for n in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 9
    users = (await client.get(f"{API}/admin/users")).json()["items"]
    assert [user["role"] for user in users] == ["owner", "member"]


async def test_an_invitation_for_another_address_stays_good(client: httpx.AsyncClient) -> None:
    token = (await invitation(client, email=ANA))["token"]
    assert problem(await register(client, BEN, invitation=token)) == (422, "invalid-input")
    assert (await register(client, ANA, invitation=token)).status_code == 201


async def test_an_invitation_that_was_revoked_or_replaced_or_is_over_opens_nothing(client: httpx.AsyncClient) -> None:
    revoked, replaced = await invitation(client), await invitation(client, email=ANA)
    await client.delete(f"{API}/admin/invitations/{revoked['id']}")
    newest = await invitation(client, email=ANA)
    for one in (revoked, replaced):
        assert problem(await register(client, ANA, invitation=one["token"])) == (422, "invalid-token")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8)):
        assert problem(await register(client, ANA, invitation=newest["token"])) == (422, "invalid-token")


async def test_without_an_invitation_nobody_joins_a_closed_install(anonymous: httpx.AsyncClient) -> None:
    assert problem(await register(anonymous, ANA)) == (403, "registration-closed")


async def test_an_impossible_account_leaves_the_invitation_good(client: httpx.AsyncClient) -> None:
    token = (await invitation(client))["token"]
    changes = [
        {"password": "password1"},
        {"password": ANA},
        {"email": "ana@example.org\nBcc: x@example.org"},
        {"email": "no address"},
        {"name": ""},
        {"role": "owner"},
    ]
    answers = [await register(client, **({"email": ANA, "invitation": token} | change)) for change in changes]
    slugs = ["password-too-weak"] * 2 + ["invalid-input"] * 4
    assert [problem(answer) for answer in answers] == [(422, slug) for slug in slugs]
    assert (await register(client, ANA, invitation=token)).status_code == 201


# --- a new server -----------------------------------------------------------------


async def test_the_setup_token_gives_a_new_servers_owner_a_password_once(
    anonymous: httpx.AsyncClient, runtime: Runtime
) -> None:
    first, second = (runtime.tickets.issue(runtime.owner_pk) for _ in range(2))
    assert (await register(anonymous, ANA, invitation=first)).json() == {"state": "ready"}
    assert problem(await register(anonymous, BEN, invitation=second)) == (422, "invalid-token")
    access = (await signs_in(anonymous, ANA)).json()["access_token"]
    me = (await anonymous.get(f"{API}/users/me", headers={"Authorization": f"Bearer {access}"})).json()
    assert (me["role"], me["name"], me["email"], me["email_verified_at"]) == ("owner", "Ana", ANA, None)
    token = await newest_token(runtime, ANA)
    assert (await anonymous.post(f"{API}/auth/email/verify", json={"token": token})).status_code == 204


# --- an open server -----------------------------------------------------------------


async def test_on_an_open_server_the_mailed_link_lets_a_newcomer_in(
    anonymous: httpx.AsyncClient, opened: Runtime
) -> None:
    asked = await register(anonymous, ANA)
    assert (asked.status_code, asked.json()) == (202, {"state": "confirm"})
    token = await newest_token(opened, ANA)
    before = await signs_in(anonymous, ANA)
    verified = [await anonymous.post(f"{API}/auth/email/verify", json={"token": token}) for _ in range(2)]
    after = await signs_in(anonymous, ANA)
    assert [answer.status_code for answer in (before, *verified, after)] == [401, 204, 422, 200]


async def test_joining_with_a_known_address_answers_alike_and_changes_nothing(
    anonymous: httpx.AsyncClient, opened: Runtime, ana: int
) -> None:
    answers = [await register(anonymous, email, password=OTHER) for email in (ANA, BEN)]
    told = [(answer.status_code, answer.json(), sorted(answer.headers)) for answer in answers]
    assert told[0] == told[1]
    sent = {str(mail["To"]): mail for mail in await mails(opened)}
    assert (sent[ANA]["Subject"], sent[BEN]["Subject"]) == ("You have an account already", "Confirm your mail address")
    assert [(await signs_in(anonymous, ANA, word)).status_code for word in (OTHER, PASSWORD)] == [401, 200]


async def test_who_joins_again_before_confirming_is_who_joined_last(
    anonymous: httpx.AsyncClient, opened: Runtime
) -> None:
    await register(anonymous, ANA)
    first = await newest_token(opened, ANA)
    await register(anonymous, ANA, password=OTHER)
    second = await newest_token(opened, ANA)
    used = [await anonymous.post(f"{API}/auth/email/verify", json={"token": token}) for token in (first, second)]
    assert [answer.status_code for answer in used] == [422, 204]
    assert [(await signs_in(anonymous, ANA, word)).status_code for word in (PASSWORD, OTHER)] == [401, 200]


async def test_an_account_nobody_confirms_is_forgotten(anonymous: httpx.AsyncClient, opened: Runtime) -> None:
    await register(anonymous, ANA)
    await mails(opened)
    for days, gone in ((1, 0), (3, 1)):
        async with opened.database.write() as db:
            assert await forget_unconfirmed(db, now=opened.now() + timedelta(days=days)) == gone
    async with opened.database.read() as db:
        assert (await db.execute(select(User.role))).scalars().all() == ["owner"]


# --- a forgotten password -----------------------------------------------------------


async def test_a_forgotten_password_is_replaced_and_everything_signed_out(
    anonymous: httpx.AsyncClient, runtime: Runtime, ana: int
) -> None:
    access = {"Authorization": f"Bearer {(await signs_in(anonymous, ANA)).json()['access_token']}"}
    assert (await anonymous.get(f"{API}/users/me", headers=access)).status_code == 200
    assert (await anonymous.post(f"{API}/auth/password/forgot", json={"email": "ANA@example.org"})).status_code == 202
    token = await newest_token(runtime, ANA)
    body = {"token": token, "new_password": OTHER}
    weak = await anonymous.post(f"{API}/auth/password/reset", json={"token": token, "new_password": "12345678"})
    answers = await asyncio.gather(*(anonymous.post(f"{API}/auth/password/reset", json=body) for _ in range(8)))
    assert problem(weak) == (422, "password-too-weak")
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 7
    assert (await anonymous.get(f"{API}/users/me", headers=access)).status_code == 401
    assert [(await signs_in(anonymous, ANA, word)).status_code for word in (PASSWORD, OTHER)] == [401, 200]
    assert await subjects(runtime, ANA) == ["Choose a new password", "Your password was changed"]


async def test_asking_for_a_known_and_an_unknown_address_is_answered_alike(
    anonymous: httpx.AsyncClient, runtime: Runtime, ana: int
) -> None:
    answers = [await anonymous.post(f"{API}/auth/password/forgot", json={"email": email}) for email in (ANA, BEN)]
    told = [(answer.status_code, answer.content, sorted(answer.headers)) for answer in answers]
    assert told[0] == told[1]
    assert [mail["To"] for mail in await mails(runtime)] == [ANA]


async def test_a_reset_link_ends_and_so_does_the_one_before(
    anonymous: httpx.AsyncClient, runtime: Runtime, ana: int
) -> None:
    tokens = []
    for _ in range(2):
        await anonymous.post(f"{API}/auth/password/forgot", json={"email": ANA})
        tokens.append(await newest_token(runtime, ANA))
    first = await anonymous.post(f"{API}/auth/password/reset", json={"token": tokens[0], "new_password": OTHER})
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61)):
        late = await anonymous.post(f"{API}/auth/password/reset", json={"token": tokens[1], "new_password": OTHER})
    assert problem(first) == problem(late) == (422, "invalid-token")


async def test_nobody_is_mailed_without_end(anonymous: httpx.AsyncClient, runtime: Runtime, ana: int) -> None:
    answers = [await anonymous.post(f"{API}/auth/password/forgot", json={"email": ANA}) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert len(await mails(runtime)) == 5


async def test_a_verification_link_sets_no_password_and_the_other_way_round(
    anonymous: httpx.AsyncClient, opened: Runtime, ana: int
) -> None:
    await register(anonymous, BEN)
    await anonymous.post(f"{API}/auth/password/forgot", json={"email": ANA})
    confirm, reset = await newest_token(opened, BEN), await newest_token(opened, ANA)
    crossed = [
        await anonymous.post(f"{API}/auth/password/reset", json={"token": confirm, "new_password": OTHER}),
        await anonymous.post(f"{API}/auth/email/verify", json={"token": reset}),
    ]
    assert [problem(answer) for answer in crossed] == [(422, "invalid-token")] * 2


async def test_neither_tokens_nor_addresses_stand_in_the_jobs_table(
    anonymous: httpx.AsyncClient, opened: Runtime, ana: int
) -> None:
    await register(anonymous, BEN)
    await anonymous.post(f"{API}/auth/password/forgot", json={"email": ANA})
    sent = await mails(opened)
    assert all("#token=" in text_of(mail) for mail in sent)
    async with opened.database.read() as db:
        jobs = (await db.execute(select(Job.payload, Job.progress, Job.error).where(Job.kind == "email"))).all()
    assert len(jobs) == 2
    assert [job.payload for job in jobs] == [{}, {}]
