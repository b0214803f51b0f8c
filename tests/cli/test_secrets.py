"""`timeline-local secrets`: new keys, in the file or in the keyring; nothing sealed is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from keyring.backends.fail import Keyring as NoKeyring
from sqlalchemy import select, update

from tests.conftest import blocking
from tests.keyrings import MemoryKeyring, in_use
from timeline_local.config import load_settings
from timeline_local.core.install_secrets import read_secrets, rotated, write_secrets
from timeline_local.core.instance import claim_library
from timeline_local.core.security import Caller
from timeline_local.exceptions import SourceTokenBroken
from timeline_local.models import User
from timeline_local.runtime import Runtime, open_runtime
from timeline_local.services import source_accounts
from timeline_local.services.second_factor import seal_context

Command = Callable[..., Any]


async def _in_library(data: Path, act: Callable[[Runtime], Any]) -> Any:  # noqa: ANN401 - whatever the act answers
    runtime = await open_runtime(load_settings(data_dir=data, environment="test"))
    try:
        return await act(runtime)
    finally:
        await runtime.close()


async def _seal(runtime: Runtime) -> None:
    async with runtime.database.write() as db:
        user = (await db.execute(select(User.pk, User.id))).one()
        sealed = runtime.cipher.encrypt(b"totp secret", seal_context(user.id))
        await db.execute(update(User).where(User.pk == user.pk).values(totp_secret=sealed))
        await runtime.authentication.open_session(db, user.pk, device="test", days=1, now=runtime.now())


async def _add_account(runtime: Runtime) -> UUID:
    me = Caller(user_pk=runtime.owner_pk, user_id=UUID(int=0), role="owner", scopes=frozenset(), kind="session")
    async with runtime.database.write() as db:
        return await source_accounts.add(
            db, me, runtime.cipher, source="mastodon", label="ana", token="their token", now=runtime.now()
        )


async def _token(runtime: Runtime, account_id: UUID) -> str:
    async with runtime.database.write() as db:
        return await source_accounts.token_of(db, runtime.owner_pk, account_id, runtime.cipher, now=runtime.now())


async def _sealed(runtime: Runtime) -> tuple[bytes, bool]:
    async with runtime.database.read() as db:
        user = (await db.execute(select(User.id, User.totp_secret))).one()
    return runtime.cipher.decrypt(user.totp_secret, seal_context(user.id)), runtime.cipher.is_current(user.totp_secret)


def test_rotating_changes_every_key_and_loses_nothing(run: Command, data: Path) -> None:
    blocking(_in_library(data, _seal))
    before = json.loads((data / "secrets.json").read_text())
    told = run("secrets", "rotate", "--data", str(data))
    after = json.loads((data / "secrets.json").read_text())
    assert (told.returncode, told.stderr) == (0, "")
    assert "1 sealed values were sealed anew, 1 sessions ended" in told.stdout
    assert {name for name in before if before[name] == after[name]} == {"instance", "label"}
    assert set(after) == set(before)
    assert blocking(_in_library(data, _sealed)) == (b"totp secret", True)
    assert run("audit", "verify", "--data", str(data)).returncode == 0
    assert "secrets.rotated" in run("audit", "export", "--data", str(data)).stdout


def test_a_rotation_that_was_cut_short_is_finished_by_the_next(run: Command, data: Path) -> None:
    blocking(_in_library(data, _seal))
    with claim_library(data) as claim:  # killed after the new keys were written, before anything was sealed anew
        write_secrets(data, rotated(claim.secrets))
    assert blocking(_in_library(data, _sealed)) == (b"totp secret", False)
    assert run("secrets", "rotate", "--data", str(data)).returncode == 0
    held = read_secrets(data)
    assert held is not None
    assert held.older_field_keys == ()
    assert blocking(_in_library(data, _sealed)) == (b"totp secret", True)


def test_keys_are_not_changed_under_a_running_server(run: Command, data: Path) -> None:
    with claim_library(data):
        before = (data / "secrets.json").read_bytes()
        told = run("secrets", "rotate", "--data", str(data))
    assert (told.returncode, "already open in another process" in told.stderr) == (3, True)
    assert (data / "secrets.json").read_bytes() == before


@pytest.mark.parametrize("key", ["instance", "media", "signing", "field"])
def test_no_key_is_printed(run: Command, data: Path, key: str) -> None:
    with claim_library(data):
        pass
    told = run("secrets", "rotate", "--data", str(data))
    assert json.loads((data / "secrets.json").read_text())[key] not in told.stdout + told.stderr


@pytest.fixture
def keyring() -> Iterator[MemoryKeyring]:
    """The keyring of the account."""
    backend = MemoryKeyring()
    with in_use(backend):
        yield backend


def test_keys_are_moved_rotated_in_the_keyring_and_moved_back(run: Command, data: Path, keyring: MemoryKeyring) -> None:
    blocking(_in_library(data, _seal))
    told = run("secrets", "move", "keyring", "--data", str(data))
    assert (told.returncode, told.stderr) == (0, "")
    assert "in the keyring now" in told.stdout
    assert set(json.loads((data / "secrets.json").read_text())) == {"keyring"}
    before = dict(keyring.kept)
    assert run("secrets", "rotate", "--data", str(data)).returncode == 0
    assert keyring.kept.keys() == before.keys()
    assert keyring.kept != before
    assert blocking(_in_library(data, _sealed)) == (b"totp secret", True)
    assert "already" in run("secrets", "move", "keyring", "--data", str(data)).stdout
    assert run("secrets", "move", "file", "--data", str(data)).returncode == 0
    assert keyring.kept == {}
    assert blocking(_in_library(data, _sealed)) == (b"totp secret", True)
    assert run("audit", "verify", "--data", str(data)).returncode == 0
    assert run("audit", "export", "--data", str(data)).stdout.count("secrets.moved") == 2


def test_a_computer_without_a_keyring_says_so_and_changes_nothing(run: Command, data: Path) -> None:
    with claim_library(data):
        before = (data / "secrets.json").read_bytes()
    with in_use(NoKeyring()):  # type: ignore[no-untyped-call]
        told = run("secrets", "move", "keyring", "--data", str(data))
    assert told.returncode == 1
    assert "This computer has no keyring that answers" in told.stderr
    assert "Traceback" not in told.stderr
    assert (data / "secrets.json").read_bytes() == before


def test_tokens_of_sources_are_sealed_anew(run: Command, data: Path) -> None:
    account = blocking(_in_library(data, _add_account))
    before = read_secrets(data)
    assert "1 sealed values were sealed anew" in run("secrets", "rotate", "--data", str(data)).stdout
    assert read_secrets(data) != before
    assert blocking(_in_library(data, lambda runtime: _token(runtime, account))) == "their token"


def test_a_token_that_no_key_opens_is_counted_and_left(run: Command, data: Path) -> None:
    account = blocking(_in_library(data, _add_account))
    (data / "secrets.json").unlink()
    assert "1 second factors or tokens" in run("secrets", "rotate", "--data", str(data)).stdout
    with pytest.raises(SourceTokenBroken):
        blocking(_in_library(data, lambda runtime: _token(runtime, account)))
