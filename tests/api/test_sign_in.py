"""Signing in with a password: who is let in, who is not, and how often one may try."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import bcrypt
import httpx
import pytest
import time_machine
from sqlalchemy import select, update

from tests.api.test_identity import ticket
from timeline_local.core.totp import code_at
from timeline_local.exceptions import RateLimited
from timeline_local.models import AuditEvent, LoginAttempt, User
from timeline_local.runtime import Runtime
from timeline_local.services.attempts import Confirmations

EMAIL, PASSWORD = "ana@example.org", "four quiet words apart"
ORIGIN = {"Origin": "http://127.0.0.1:8765"}


both_databases = pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each test starts the application and hashes passwords; in the quick run PostgreSQL gets those about races."""
    return str(request.param)


async def set_user(runtime: Runtime, **values: Any) -> None:  # noqa: ANN401 - columns
    """Change columns of the owner's row."""
    async with runtime.database.write() as db:
        await db.execute(update(User).where(User.pk == runtime.owner_pk).values(**values))


@pytest.fixture
async def account(anonymous: httpx.AsyncClient, runtime: Runtime) -> httpx.AsyncClient:
    """The application, whose owner has an address and a password."""
    await set_user(runtime, email=EMAIL, name="Ana", password_hash=await runtime.passwords.hash(PASSWORD))
    return anonymous


async def log_in(http: httpx.AsyncClient, **changes: Any) -> httpx.Response:  # noqa: ANN401 - JSON
    body = {"email": EMAIL, "password": PASSWORD, "client": "token"} | changes
    answer = await http.post("/api/v1/auth/login", json=body, headers=ORIGIN)
    http.cookies.clear()
    return answer


def browser(answer: httpx.Response) -> dict[str, str]:
    """The headers of a signed-in browser."""
    cookie = answer.headers["set-cookie"].split(";")[0]
    return ORIGIN | {"Cookie": cookie, "X-TL-Session": answer.json()["session_secret"]}


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def is_in(http: httpx.AsyncClient, headers: Mapping[str, str]) -> bool:
    status = (await http.get("/api/v1/settings", headers=headers)).status_code
    assert status in (200, 401)
    return status == 200


async def actions(runtime: Runtime) -> list[str]:
    async with runtime.database.read() as db:
        return list((await db.execute(select(AuditEvent.action).order_by(AuditEvent.seq))).scalars())


async def test_a_browser_signs_in_with_a_password(account: httpx.AsyncClient, runtime: Runtime) -> None:
    answer = await log_in(account, client="browser", email=" ANA@Example.ORG ")
    assert (answer.status_code, answer.json()["user"]["name"]) == (200, "Ana")
    assert await is_in(account, browser(answer))
    assert await actions(runtime) == ["login"]
    async with runtime.database.read() as db:
        assert (await db.execute(select(User.last_login_at))).scalar_one() is not None


async def test_a_program_signs_in_with_a_password(account: httpx.AsyncClient) -> None:
    answer = await log_in(account)
    told = answer.json()
    assert (answer.status_code, told["token_type"], told["expires_in"]) == (200, "Bearer", 900)
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert await is_in(account, bearer(answer))


async def test_who_may_not_sign_in_is_not_told_why(account: httpx.AsyncClient, runtime: Runtime) -> None:
    told = {"wrong": await log_in(account, password="not the password")}
    told["unknown"] = await log_in(account, email="nobody@example.org")
    await set_user(runtime, is_active=False)
    told["disabled"] = await log_in(account)
    await set_user(runtime, is_active=True, password_hash=None)
    told["empty"] = await log_in(account)
    assert {answer.status_code for answer in told.values()} == {401}
    bodies = {answer.text.replace(answer.json()["request_id"], "") for answer in told.values()}
    heads = {frozenset((k, v) for k, v in answer.headers.items() if k != "x-request-id") for answer in told.values()}
    assert (len(bodies), len(heads)) == (1, 1)
    assert await actions(runtime) == ["login.failed"] * 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": EMAIL},
        {"email": "", "password": PASSWORD},
        {"email": EMAIL, "password": 7},
        {"email": EMAIL, "password": PASSWORD, "client": "toaster"},
        {"email": EMAIL, "password": PASSWORD, "role": "admin"},
    ],
)
async def test_a_body_that_is_no_sign_in_is_refused_without_repeating_it(
    account: httpx.AsyncClient, body: dict[str, object]
) -> None:
    answer = await account.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 422
    assert PASSWORD not in answer.text


async def test_a_bcrypt_hash_is_replaced_at_the_first_sign_in(account: httpx.AsyncClient, runtime: Runtime) -> None:
    await set_user(runtime, password_hash=bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode())
    assert (await log_in(account)).status_code == 200
    async with runtime.database.read() as db:
        stored = (await db.execute(select(User.password_hash))).scalar_one()
    assert str(stored).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await log_in(account)).status_code == 200


# --- how often one may try -------------------------------------------------------


@both_databases
async def test_an_account_can_be_tried_ten_times_whatever_headers_say(
    account: httpx.AsyncClient, runtime: Runtime
) -> None:
    guesses = [
        account.post(
            "/api/v1/auth/login",
            json={"email": EMAIL, "password": f"guess {number}"},
            headers={"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"},
        )
        for number in range(40)
    ]
    answers = await asyncio.gather(*guesses)
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 30
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["type"] == "/problems/rate-limited"
    assert 800 < int(refused.headers["retry-after"]) <= 901
    assert (await log_in(account)).status_code == 429
    assert await actions(runtime) == ["login.failed"] * 10


async def test_an_unknown_address_is_limited_as_a_known_one(account: httpx.AsyncClient) -> None:
    answers = [await log_in(account, email="nobody@example.org") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


async def test_a_limited_account_does_not_keep_the_owner_out(account: httpx.AsyncClient, runtime: Runtime) -> None:
    await asyncio.gather(*(log_in(account, password="wrong guess") for _ in range(12)))
    redeemed = await account.post("/api/v1/auth/redeem", json={"ticket": await ticket(account, runtime)})
    assert redeemed.status_code == 200


async def test_thirty_attempts_a_minute_are_enough_for_all_accounts(account: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(log_in(account, email=f"{number}@example.org") for number in range(33)))
    assert sorted(answer.status_code for answer in answers) == [401] * 30 + [429] * 3


async def test_right_passwords_do_not_use_up_attempts(account: httpx.AsyncClient, runtime: Runtime) -> None:
    answers = [await log_in(account) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {200}
    async with runtime.database.read() as db:
        assert (await db.execute(select(LoginAttempt.pk))).all() == []


async def test_the_limit_ends_after_fifteen_minutes(account: httpx.AsyncClient) -> None:
    await asyncio.gather(*(log_in(account, password="wrong guess") for _ in range(10)))
    assert (await log_in(account)).status_code == 429
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=15, seconds=1)):
        assert (await log_in(account)).status_code == 200


async def test_attempts_that_a_wrong_clock_put_into_the_future_do_not_count_for_ever(
    account: httpx.AsyncClient, runtime: Runtime
) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3650)):
        await asyncio.gather(*(log_in(account, password="wrong guess") for _ in range(10)))
    answers = [await log_in(account) for _ in range(2)]
    assert 200 in [answer.status_code for answer in answers]


def test_confirmations_are_counted_apart_for_each_user() -> None:
    clock = iter(range(100))
    confirmations = Confirmations(monotonic=lambda: float(next(clock)))
    for _ in range(10):
        confirmations.admit(1)
    with pytest.raises(RateLimited):
        confirmations.admit(1)
    confirmations.admit(2)
    confirmations.take_back(1)
    confirmations.admit(1)


# --- the second factor -----------------------------------------------------------


class Phone:
    """An authenticator with the account's secret; its clock is the test's."""

    def __init__(self, secret: str) -> None:
        import base64

        self._secret = base64.b32decode(secret + "=" * (-len(secret) % 8))

    def code(self) -> str:
        return code_at(self._secret, int(datetime.now(UTC).timestamp()) // 30)


START = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)


async def with_second_factor(http: httpx.AsyncClient) -> tuple[Phone, list[str], dict[str, str]]:
    """(the phone, the recovery codes, a signed-in program's headers)"""
    headers = bearer(await log_in(http))
    begun = (await http.post("/api/v1/auth/totp", headers=headers)).json()
    assert begun["uri"].startswith("otpauth://totp/Timeline%20Local:ana@example.org?secret=")
    phone = Phone(begun["secret"])
    confirmed = await http.post("/api/v1/auth/totp/confirm", json={"code": phone.code()}, headers=headers)
    assert confirmed.status_code == 200
    return phone, confirmed.json()["recovery_codes"], headers


async def test_a_second_factor_is_asked_for_and_works_once(account: httpx.AsyncClient, runtime: Runtime) -> None:
    with time_machine.travel(START, tick=False) as clock:
        phone, codes, _ = await with_second_factor(account)
        assert len(set(codes)) == 10
        assert (await log_in(account)).json()["type"] == "/problems/second-factor-needed"
        assert (await log_in(account, code=phone.code())).status_code == 401, "it confirmed the set-up already"
        clock.shift(30)
        code = phone.code()
        assert (await log_in(account, code=f"{code[:3]} {code[3:]}")).status_code == 200
        assert (await log_in(account, code=code)).json()["type"] == "/problems/sign-in-failed"
        assert (await log_in(account, code="000000", password="wrong guess")).status_code == 401
    assert await actions(runtime) == ["login", "totp.enabled", "login.failed", "login", "login.failed", "login.failed"]


@both_databases
async def test_of_two_requests_with_one_code_one_gets_in(account: httpx.AsyncClient) -> None:
    with time_machine.travel(START, tick=False) as clock:
        phone, _, _ = await with_second_factor(account)
        clock.shift(30)
        answers = await asyncio.gather(*(log_in(account, code=phone.code()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_a_recovery_code_stands_in_once(account: httpx.AsyncClient, runtime: Runtime) -> None:
    _, codes, _ = await with_second_factor(account)
    assert (await log_in(account, code=codes[3].upper().replace("-", " "))).status_code == 200
    assert (await log_in(account, code=codes[3])).status_code == 401
    assert (await log_in(account, code=codes[4])).status_code == 200
    used, refused = ["recovery_code.used", "login"], ["login.failed"]
    assert await actions(runtime) == ["login", "totp.enabled", *used, *refused, *used]


async def test_wrong_codes_are_limited_as_wrong_passwords_are(account: httpx.AsyncClient) -> None:
    _, codes, _ = await with_second_factor(account)
    answers = [await log_in(account, code=f"{number:06}x") for number in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert (await log_in(account, code=codes[0])).status_code == 429


async def test_asking_for_the_code_uses_up_no_attempt(account: httpx.AsyncClient) -> None:
    await with_second_factor(account)
    answers = [await log_in(account) for _ in range(12)]
    assert {answer.json()["type"] for answer in answers} == {"/problems/second-factor-needed"}


async def test_new_recovery_codes_need_a_code_and_void_the_old_ones(
    account: httpx.AsyncClient, runtime: Runtime
) -> None:
    _, codes, headers = await with_second_factor(account)
    wrong = await account.post("/api/v1/auth/recovery-codes", json={"code": "abcde"}, headers=headers)
    assert (wrong.status_code, wrong.json()["type"]) == (403, "/problems/wrong-code")
    fresh = await account.post("/api/v1/auth/recovery-codes", json={"code": codes[0]}, headers=headers)
    assert not set(fresh.json()["recovery_codes"]) & set(codes)
    assert (await log_in(account, code=codes[1])).status_code == 401
    assert (await log_in(account, code=fresh.json()["recovery_codes"][0])).status_code == 200
    assert (await actions(runtime))[2:] == [
        "recovery_code.used",
        "recovery_codes.renewed",
        "login.failed",
        "recovery_code.used",
        "login",
    ]


@pytest.mark.parametrize("proof", ["password", "code"])
async def test_the_second_factor_is_switched_off_by_password_or_code(account: httpx.AsyncClient, proof: str) -> None:
    _, codes, headers = await with_second_factor(account)
    refused = await account.post("/api/v1/auth/totp/disable", json={}, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/wrong-password")
    given = {"password": PASSWORD} if proof == "password" else {"code": codes[0]}
    assert (await account.post("/api/v1/auth/totp/disable", json=given, headers=headers)).status_code == 204
    assert (await log_in(account)).status_code == 200


async def test_a_second_factor_is_set_up_only_once_and_never_unconfirmed(account: httpx.AsyncClient) -> None:
    headers = bearer(await log_in(account))
    nothing = await account.post("/api/v1/auth/totp/confirm", json={"code": "123456"}, headers=headers)
    assert (nothing.status_code, nothing.json()["type"]) == (409, "/problems/wrong-state")
    await account.post("/api/v1/auth/totp", headers=headers)
    wrong = await account.post("/api/v1/auth/totp/confirm", json={"code": "12345x"}, headers=headers)
    assert wrong.json()["type"] == "/problems/wrong-code"
    assert (await log_in(account)).status_code == 200, "not in force before it is confirmed"
    await with_second_factor(account)
    assert (await account.post("/api/v1/auth/totp", headers=headers)).status_code == 409


async def test_codes_of_a_session_are_limited_too(account: httpx.AsyncClient) -> None:
    _, _, headers = await with_second_factor(account)
    answers = [
        await account.post("/api/v1/auth/recovery-codes", json={"code": f"{number}"}, headers=headers)
        for number in range(11)
    ]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]


async def test_a_secret_is_kept_sealed(account: httpx.AsyncClient, runtime: Runtime) -> None:
    headers = bearer(await log_in(account))
    begun = (await account.post("/api/v1/auth/totp", headers=headers)).json()
    async with runtime.database.read() as db:
        stored = (await db.execute(select(User.totp_secret))).scalar_one()
    import base64

    assert stored is not None
    assert base64.b32decode(begun["secret"]) not in stored
