"""Signing in from this computer, API keys, preferences: what lets in, and what no longer does."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine

from timeline_local.core.security import SCOPES, client_proof, server_proof
from timeline_local.runtime import Runtime
from timeline_local.services.identity import create_api_key


async def ticket(http: httpx.AsyncClient, runtime: Runtime) -> str:
    """A launch ticket, got as the command line gets it."""
    secret, nonce = runtime.claim.secrets.instance, secrets.token_hex(16)
    challenge = (await http.get("/api/v1/auth/challenge", params={"nonce": nonce})).json()
    assert challenge["proof"] == server_proof(secret, nonce)
    answer = {"nonce": challenge["nonce"], "proof": client_proof(secret, challenge["nonce"])}
    issued = await http.post("/api/v1/auth/tickets", json=answer)
    assert issued.status_code == 200
    return str(issued.json()["ticket"])


async def signed_in(http: httpx.AsyncClient, runtime: Runtime) -> tuple[str, str]:
    """(cookie header, session secret) of a fresh session."""
    redeemed = await http.post("/api/v1/auth/redeem", json={"ticket": await ticket(http, runtime)})
    assert redeemed.status_code == 200
    http.cookies.clear()
    return redeemed.headers["set-cookie"].split(";")[0], redeemed.json()["session_secret"]


async def test_a_ticket_signs_in_once(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    issued = await ticket(anonymous, runtime)
    answers = [await anonymous.post("/api/v1/auth/redeem", json={"ticket": issued}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert answers[1].json()["type"] == "/problems/invalid-ticket"


async def test_of_fifty_who_redeem_at_once_one_gets_in(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    issued = await ticket(anonymous, runtime)
    answers = await asyncio.gather(*(anonymous.post("/api/v1/auth/redeem", json={"ticket": issued}) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49


async def test_the_cookie_is_bound_to_this_host_and_unreadable(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    redeemed = await anonymous.post("/api/v1/auth/redeem", json={"ticket": await ticket(anonymous, runtime)})
    cookie = redeemed.headers["set-cookie"]
    assert cookie.startswith("__Host-tl_")
    assert {"httponly", "secure", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}


async def test_a_wrong_proof_gets_no_ticket(anonymous: httpx.AsyncClient) -> None:
    challenge = (await anonymous.get("/api/v1/auth/challenge", params={"nonce": "ab" * 16})).json()
    answer = await anonymous.post("/api/v1/auth/tickets", json={"nonce": challenge["nonce"], "proof": "00" * 32})
    assert answer.status_code == 403


async def test_a_nonce_that_is_none_is_refused(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get("/api/v1/auth/challenge", params={"nonce": "not hex"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-request")


async def test_cookie_and_secret_together_open_the_api(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    cookie, secret = await signed_in(anonymous, runtime)
    answer = await anonymous.get("/api/v1/bootstrap", headers={"Cookie": cookie, "X-TL-Session": secret})
    assert (answer.status_code, answer.json()["user"]["role"]) == (200, "owner")


@pytest.mark.parametrize("kept", ["Cookie", "X-TL-Session"])
async def test_either_half_alone_opens_nothing(anonymous: httpx.AsyncClient, runtime: Runtime, kept: str) -> None:
    cookie, secret = await signed_in(anonymous, runtime)
    half = {"Cookie": cookie, "X-TL-Session": secret}[kept]
    assert (await anonymous.get("/api/v1/bootstrap", headers={kept: half})).status_code == 401


async def test_a_session_ends_at_once_on_signing_out(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    cookie, secret = await signed_in(anonymous, runtime)
    headers = {"Cookie": cookie, "X-TL-Session": secret, "Origin": "http://127.0.0.1:8765"}
    assert (await anonymous.post("/api/v1/auth/logout", headers=headers)).status_code == 204
    assert (await anonymous.get("/api/v1/bootstrap", headers=headers)).status_code == 401


async def test_a_session_ends_when_it_is_old(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    cookie, secret = await signed_in(anonymous, runtime)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=91)):
        answer = await anonymous.get("/api/v1/bootstrap", headers={"Cookie": cookie, "X-TL-Session": secret})
    assert answer.status_code == 401


async def test_a_new_process_knows_the_sessions_of_the_last_one(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    cookie, secret = await signed_in(anonymous, runtime)
    runtime.authentication._known.clear()
    runtime.authentication._signing.clear()
    await runtime.authentication.load()
    assert len(runtime.authentication._signing) == 1
    answer = await anonymous.get("/api/v1/bootstrap", headers={"Cookie": cookie, "X-TL-Session": secret})
    assert answer.status_code == 200


async def test_a_key_is_shown_once_and_works(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/v1/api-keys", json={"name": "script"})).json()
    listed = (await client.get("/api/v1/api-keys")).json()["items"]
    assert made["id"] in {key["id"] for key in listed}
    assert all("key" not in key for key in listed)
    answer = await client.get("/api/v1/bootstrap", headers={"Authorization": f"Bearer {made['key']}"})
    assert answer.status_code == 200


async def test_a_revoked_key_opens_nothing(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/v1/api-keys", json={"name": "script"})).json()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert (await client.get("/api/v1/settings", headers=bearer)).status_code == 200
    assert (await client.delete(f"/api/v1/api-keys/{made['id']}")).status_code == 204
    assert (await client.get("/api/v1/settings", headers=bearer)).status_code == 401
    assert (await client.delete(f"/api/v1/api-keys/{made['id']}")).status_code == 404


async def test_a_key_that_has_expired_opens_nothing(client: httpx.AsyncClient) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    made = (await client.post("/api/v1/api-keys", json={"name": "short", "expires_at": soon})).json()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert (await client.get("/api/v1/settings", headers=bearer)).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)):
        assert (await client.get("/api/v1/settings", headers=bearer)).status_code == 401


async def test_a_key_does_only_what_its_scopes_say(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/v1/api-keys", json={"name": "reader", "scopes": ["settings:read"]})).json()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert (await client.get("/api/v1/settings", headers=bearer)).status_code == 200
    refused = await client.patch("/api/v1/settings", headers=bearer, json={"name": "Eve"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/scope-missing")


async def test_a_key_cannot_make_a_stronger_one(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.write() as db:
        made = await create_api_key(
            db, runtime.owner_pk, name="maker", scopes=["keys:write"], expires_at=None, now=runtime.now()
        )
    bearer = {"Authorization": f"Bearer {made.key}"}
    stronger = await client.post("/api/v1/api-keys", headers=bearer, json={"name": "x", "scopes": ["memories:read"]})
    equal = await client.post("/api/v1/api-keys", headers=bearer, json={"name": "x"})
    assert (stronger.status_code, equal.json()["scopes"]) == (403, ["keys:write"])


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"name": ""}, "invalid-input"),
        ({"name": "x", "scopes": ["everything"]}, "invalid-input"),
        ({"name": "x", "scopes": []}, "invalid-input"),
        ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "invalid-input"),
        ({"name": "x", "owner": "me"}, "invalid-input"),
    ],
)
async def test_an_impossible_key_is_refused(client: httpx.AsyncClient, body: dict[str, object], slug: str) -> None:
    answer = await client.post("/api/v1/api-keys", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")


@pytest.mark.parametrize("token", ["", "tl_", "tl_aaaaaaaa_" + "b" * 43, "x" * 5000, "tl_ä", "Basic abc"])
async def test_what_is_no_key_of_ours_opens_nothing(anonymous: httpx.AsyncClient, token: str) -> None:
    answer = await anonymous.get("/api/v1/settings", headers=[(b"Authorization", f"Bearer {token}".encode())])
    assert answer.status_code == 401


async def test_a_key_is_stored_only_as_its_hash(runtime: Runtime, api_key: str) -> None:
    secret = api_key.split("_", 2)[2].encode()  # which may hold that character itself
    files = [path for path in runtime.library.root.rglob("*") if path.is_file()]
    assert not any(secret in path.read_bytes() for path in files)


async def test_preferences_keep_what_was_chosen(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/settings")).json()["home_zone"] == "Europe/Lisbon"
    chosen = {"name": "Ana", "theme": "dark", "home_zone": "Asia/Tokyo", "setup_done": True}
    changed = (await client.patch("/api/v1/settings", json=chosen)).json()
    assert chosen.items() <= changed.items()
    assert (await client.get("/api/v1/settings")).json() == changed
    boot = (await client.get("/api/v1/bootstrap")).json()
    assert (boot["setup_done"], boot["user"]["name"], boot["home_zone"]) == (True, "Ana", "Asia/Tokyo")


@pytest.mark.parametrize("body", [{"home_zone": "Mars/Olympus"}, {"theme": "pink"}, {"language": "<b>"}, {"role": "x"}])
async def test_an_impossible_preference_changes_nothing(client: httpx.AsyncClient, body: dict[str, str]) -> None:
    before = (await client.get("/api/v1/settings")).json()
    assert (await client.patch("/api/v1/settings", json=body)).status_code == 422
    assert (await client.get("/api/v1/settings")).json() == before


async def test_settings_in_force_mask_secrets_and_name_their_origin(client: httpx.AsyncClient) -> None:
    rows = {row["name"]: row for row in (await client.get("/api/v1/settings/effective")).json()["items"]}
    assert rows["limits.tags"]["source"] == "default"
    assert rows["database.url"]["value"] in (None, "**********")


async def test_quitting_is_asked_of_the_server(client: httpx.AsyncClient, runtime: Runtime) -> None:
    assert (await client.post("/api/v1/system/quit")).status_code == 202
    assert runtime.quit.is_set()


async def test_health_is_open_and_tells_nothing(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/api/v1/health")).json() == {"status": "ok"}
    ready = await anonymous.get("/api/v1/health/ready")
    assert (ready.status_code, set(ready.json()["checks"].values())) == (200, {"ok"})


async def test_readiness_says_when_the_media_folder_is_gone(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    runtime.library.media.rmdir()
    ready = await anonymous.get("/api/v1/health/ready")
    assert (ready.status_code, ready.json()["checks"]["media"]) == (503, "cannot be written")


def test_the_scopes_a_key_gets_by_default_leave_out_admin() -> None:
    from timeline_local.services.identity import DEFAULT_SCOPES

    assert set(DEFAULT_SCOPES) == SCOPES - {"admin"}
