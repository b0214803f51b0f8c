"""How often somebody may ask, seen from outside, and who is believed about who asks."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blackbox.boxed import API, Server

BURST = 40
LIMITS = {"TIMELINE_LIMITS__REQUESTS_PER_S": "1", "TIMELINE_LIMITS__BURST": str(BURST)}


def spoofed(number: int) -> dict[str, str]:
    """Headers of a client that claims to be another one each time."""
    address = f"203.0.113.{number % 250}"
    return {"X-Forwarded-For": address, "Forwarded": f"for={address}", "X-Real-IP": address, "X-Forwarded-Host": "x"}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with small limits and no proxy."""
    with Server(tmp_path_factory.mktemp("limited") / "library", settings=LIMITS) as running:
        yield running


@pytest.fixture(scope="module")
def keys(limited: Server) -> list[str]:
    """Two keys, made before anything is used up."""
    return [limited.api_key() for _ in range(2)]


def passed(server: Server, path: str, headers: list[dict[str, str]]) -> tuple[Counter[int], int]:
    """The answers, by status, and the most that may have passed; a refusal must say when to come back."""
    counted: Counter[int] = Counter()
    began = time.monotonic()
    for one in headers:
        answer = server.ask("GET", path, one)
        counted[answer.status] += 1
        if answer.status == 429:
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.json["type"] == "/problems/rate-limited"
    # One more for each second that a busy machine took.
    return counted, BURST + math.ceil(time.monotonic() - began) + 1


def test_claiming_another_address_each_time_gains_nothing(limited: Server, keys: list[str]) -> None:
    counted, most = passed(limited, f"{API}/health", [spoofed(number) for number in range(120)])
    assert 0 < counted[200] <= most
    assert counted[200] + counted[429] == 120


def test_a_key_has_a_limit_of_its_own_and_one_key_does_not_use_up_another(limited: Server, keys: list[str]) -> None:
    for key in keys:
        counted, most = passed(limited, f"{API}/tags", [{"Authorization": f"Bearer {key}"}] * 120)
        assert BURST <= counted[200] <= most
        assert counted[200] + counted[429] == 120


def test_behind_a_trusted_proxy_the_last_address_it_does_not_know_counts(tmp_path: Path) -> None:
    settings = LIMITS | {"TIMELINE_SERVER__TRUST_PROXY": "true"}
    with Server(tmp_path / "library", settings=settings) as server:
        one_client = [{"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.9, 127.0.0.1"} for n in range(120)]
        counted, most = passed(server, f"{API}/health", one_client)
        assert BURST <= counted[200] <= most
        many_clients = [{"X-Forwarded-For": f"203.0.113.9, 198.51.100.{n}"} for n in range(120)]
        assert passed(server, f"{API}/health", many_clients)[0] == {200: 120}
