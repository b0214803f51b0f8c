"""Access tokens: ours are read, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.forged_tokens import Forger
from timeline_local.core.tokens import AccessTokens, looks_like_one
from timeline_local.domain.ids import new_id

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = b"s" * 32
USER, SESSION = new_id(), new_id()
OURS = AccessTokens(SECRET, "0123456789abcdef", minutes=15)
FORGER = Forger(SECRET, "0123456789abcdef", USER, SESSION, NOW)
HOSTILE = FORGER.hostile()


def test_a_token_made_by_hand_as_ours_is_read() -> None:
    """The counter-check: the hostile ones below differ from this in one thing each."""
    read = OURS.read(FORGER.good(), NOW)
    assert read is not None
    assert (read.user_id, read.session_id, read.expires_at) == (USER, SESSION, NOW + timedelta(minutes=15))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_refused(name: str) -> None:
    assert OURS.read(HOSTILE[name], NOW) is None


def test_a_token_is_read_until_its_last_second() -> None:
    token = OURS.issue(USER, SESSION, NOW)
    assert OURS.read(token, NOW + timedelta(seconds=899)) is not None
    assert OURS.read(token, NOW + timedelta(seconds=900)) is None
    assert OURS.read(token, NOW - timedelta(seconds=1)) is None


def test_two_tokens_of_one_session_differ() -> None:
    assert OURS.issue(USER, SESSION, NOW) != OURS.issue(USER, SESSION, NOW)


def test_another_install_reads_nothing_of_ours() -> None:
    other = AccessTokens(b"o" * 32, "0123456789abcdef", minutes=15)
    assert other.read(OURS.issue(USER, SESSION, NOW), NOW) is None


def test_only_what_has_its_shape_is_read_at_all() -> None:
    assert looks_like_one(OURS.issue(USER, SESSION, NOW))
    assert not any(looks_like_one(token) for token in ("", "a.b.c", "tl_aaaaaaaa_" + "b" * 43, "eyJ" * 2000 + ".b.c"))


def test_importing_the_module_loads_no_token_package() -> None:
    code = "import sys, timeline_local.core.tokens; print({'jwt', 'cryptography'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
