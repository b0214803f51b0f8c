"""Tokens, keys, sessions and passwords of a running server: nothing forged opens it, and what was ended stays ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from tests.blackbox.boxed import API, Answer, Server
from tests.blackbox.clock import Clock
from tests.blackbox.test_sign_in import PASSWORD, bearer, give_password, log_in, post
from tests.forged_tokens import Forger
from tests.unit.core.test_passwords import BAD, EMAIL, GOOD, NAME
from timeline_local.core.install_secrets import read_secrets
from timeline_local.core.local_client import LocalClient, ServerProblem

DAY_S = 86_400.0
NOT_A_TOKEN = {"beyond ASCII", "a million characters"}  # refused before anybody asks what they open


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose owner has a password."""
    with Server(tmp_path_factory.mktemp("boxed") / "library") as running:
        give_password(running, "ana@example.org")
        yield running


def opens(server: Server, headers: dict[str, str]) -> int:
    return server.ask("GET", f"{API}/settings", headers).status


def test_no_forged_token_opens_anything(house: Server) -> None:
    pair = log_in(house, "ana@example.org", PASSWORD).json
    held = read_secrets(house.data)
    assert held
    session = next(
        one for one in house.ask("GET", f"{API}/auth/sessions", bearer(pair)).json["items"] if one["current"]
    )
    user = house.ask("GET", f"{API}/users/me", bearer(pair)).json["id"]
    forger = Forger(held.signing, held.instance_id, UUID(user), UUID(session["id"]), datetime.now(UTC))
    forged = forger.hostile() | {"the refresh token": pair["refresh_token"]}
    assert len(forged) >= 25
    statuses = {name: opens(house, {"Authorization": f"Bearer {token}"}) for name, token in forged.items()}
    assert {name: status for name, status in statuses.items() if status != 401 and name not in NOT_A_TOKEN} == {}
    assert {statuses[name] for name in NOT_A_TOKEN} <= {400, 401, 431}
    assert opens(house, {"Authorization": f"Bearer {forger.good()}"}) == 200  # so each was refused for what is wrong
    assert post(house, "/auth/refresh", {"refresh_token": pair["access_token"]}).status in {401, 422}


def member(server: Server, owner: LocalClient, name: str) -> tuple[str, dict[str, str]]:
    """(the id of a new account, what signing in to it gives)"""
    account = {"email": f"{name}@example.org", "name": name, "password": PASSWORD}
    return owner.post(f"{API}/admin/users", account)["id"], log_in(server, account["email"], PASSWORD).json


def test_what_is_ended_is_ended_at_once_and_after_a_restart(house: Server) -> None:
    with house.client() as owner:
        disabled, of_disabled = member(house, owner, "ben")
        deleted, of_deleted = member(house, owner, "cleo")
        _, of_signed_out = member(house, owner, "dora")
        _, of_changed = member(house, owner, "emil")
        key = owner.post(f"{API}/api-keys", {"name": "script"})
        ended: dict[str, tuple[dict[str, str], Callable[[], object]]] = {
            "switched off": (
                bearer(of_disabled),
                lambda: owner.patch(f"{API}/admin/users/{disabled}", {"is_active": False}),
            ),
            "deleted": (bearer(of_deleted), lambda: owner.delete(f"{API}/admin/users/{deleted}")),
            "signed out": (bearer(of_signed_out), lambda: post(house, "/auth/logout", None, bearer(of_signed_out))),
            "new password": (bearer(of_changed), lambda: give_password(house, "emil@example.org", f"{PASSWORD} now")),
            "key revoked": (
                {"Authorization": f"Bearer {key['key']}"},
                lambda: owner.delete(f"{API}/api-keys/{key['id']}"),
            ),
        }
        before = {name: opens(house, headers) for name, (headers, _) in ended.items()}
        at_once = {name: end_and_ask(house, end, headers) for name, (headers, end) in ended.items()}
    house.end()
    house.restart()
    later = {name: opens(house, headers) for name, (headers, _) in ended.items()}
    refreshed = {
        post(house, "/auth/refresh", {"refresh_token": pair["refresh_token"]}).status
        for pair in (of_disabled, of_deleted, of_signed_out, of_changed)
    }
    assert (set(before.values()), refreshed) == ({200}, {401})
    assert at_once == later == dict.fromkeys(ended, 401)


def end_and_ask(server: Server, end: Callable[[], object], headers: dict[str, str]) -> int:
    end()
    return opens(server, headers)


def changed(client: LocalClient, new: str, current: str | None) -> int:
    """The status of changing the password of who is signed in."""
    given = {"new_password": new} | ({} if current is None else {"current_password": current})
    try:
        client.post(f"{API}/auth/password", given)
    except ServerProblem as problem:
        return problem.status
    return 204


@pytest.mark.slow
def test_forty_passwords_are_taken_or_refused_whole(own_server: Server) -> None:
    give_password(own_server, EMAIL)
    told: dict[str, int] = {}
    with own_server.client() as client:
        client.patch(f"{API}/users/me", {"name": NAME})
        current = PASSWORD
        for text in (*GOOD, *BAD):
            told[text] = changed(client, text, current)
            current = text if told[text] == 204 else current
        wrong = [changed(client, PASSWORD, each) for each in (current[:-1], f"{current} ", None)]
    wanted = dict.fromkeys(GOOD, 204) | dict.fromkeys(BAD, 422)
    wanted |= dict.fromkeys((text for text in GOOD if "\0" in text), 400)  # which no JSON text of ours may hold
    assert len(told) >= 40
    assert {text: status for text, status in told.items() if status != wanted[text]} == {}
    assert wrong == [403, 403, 403]
    assert log_in(own_server, EMAIL, current).status == 200
    assert log_in(own_server, EMAIL, current[:-1]).status == 401


@pytest.mark.slow
def test_sessions_end_idle_after_their_days_and_at_last_however_they_are_used(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    with Server(tmp_path / "library", settings=clock.settings) as server, ExitStack() as browsers:
        used, idle = (browsers.enter_context(server.client())._session() for _ in range(2))
        told: dict[int, tuple[int, ...]] = {}
        for day, asked in (
            (25, (used,)),
            (31, (used, idle)),
            (50, (used,)),
            (75, (used,)),
            (89, (used,)),
            (91, (used,)),
        ):
            clock.move(day * DAY_S)
            told[day] = tuple(opens(server, each) for each in asked)
        assert told == {25: (200,), 31: (200, 401), 50: (200,), 75: (200,), 89: (200,), 91: (401,)}
        assert opens(server, browsers.enter_context(server.client())._session()) == 200


def redeemed(server: Server, ticket: str) -> Answer:
    return post(server, "/auth/redeem", {"ticket": ticket})


@pytest.mark.slow
def test_a_ticket_is_worth_nothing_after_a_minute(house: Server) -> None:
    with house.client() as client:
        fresh, old = client.ticket().ticket, client.ticket().ticket
    assert redeemed(house, fresh).status == 200
    time.sleep(61)
    assert redeemed(house, old).status == redeemed(house, json.dumps("never given")).status == 401
