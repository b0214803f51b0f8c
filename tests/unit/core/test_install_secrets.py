"""The keys of an install in the keyring of the account, and without one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as ForgetfulKeyring
from keyring.errors import KeyringLocked

from tests.keyrings import MemoryKeyring, in_use
from timeline_local.core.install_secrets import (
    ensure_secrets,
    move_secrets,
    place_of,
    read_secrets,
    rotated,
    write_secrets,
)
from timeline_local.exceptions import KeyringAway


@pytest.fixture
def keyring() -> Iterator[MemoryKeyring]:
    """The keyring of this process."""
    backend = MemoryKeyring()
    with in_use(backend):
        yield backend


class LockedKeyring(MemoryKeyring):
    """A keyring whose owner does not unlock it."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked


def test_new_keys_go_into_the_keyring_and_only_their_name_into_the_file(tmp_path: Path, keyring: MemoryKeyring) -> None:
    made = ensure_secrets(tmp_path, "keyring")
    written = (tmp_path / "secrets.json").read_text()
    assert set(json.loads(written)) == {"keyring"}
    assert made.field_key.hex() not in written
    assert [service for service, _ in keyring.kept] == ["timeline-local"]
    assert read_secrets(tmp_path) == ensure_secrets(tmp_path, "keyring") == made
    assert place_of(tmp_path) == "keyring"


def test_keys_move_into_the_keyring_and_back_and_are_in_one_place_each_time(
    tmp_path: Path, keyring: MemoryKeyring
) -> None:
    made = ensure_secrets(tmp_path)
    assert (place_of(tmp_path), keyring.kept) == ("file", {})
    assert move_secrets(tmp_path, "keyring")
    assert not move_secrets(tmp_path, "keyring")
    assert (read_secrets(tmp_path), place_of(tmp_path), len(keyring.kept)) == (made, "keyring", 1)
    assert move_secrets(tmp_path, "file")
    assert (read_secrets(tmp_path), place_of(tmp_path), keyring.kept) == (made, "file", {})
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_rotated_keys_stay_where_the_old_ones_were(tmp_path: Path, keyring: MemoryKeyring) -> None:
    made = rotated(ensure_secrets(tmp_path, "keyring"))
    write_secrets(tmp_path, made)
    assert (read_secrets(tmp_path), place_of(tmp_path), len(keyring.kept)) == (made, "keyring", 1)


def test_two_libraries_of_an_account_have_keys_of_their_own(tmp_path: Path, keyring: MemoryKeyring) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (ensure_secrets(tmp_path / name, "keyring") for name in ("one", "two"))
    assert one != two
    assert (read_secrets(tmp_path / "one"), read_secrets(tmp_path / "two")) == (one, two)


@pytest.mark.parametrize("backend", [NoKeyring(), ForgetfulKeyring(), LockedKeyring()])  # type: ignore[no-untyped-call]
def test_without_a_keyring_that_keeps_them_new_keys_go_into_the_file(
    tmp_path: Path, backend: MemoryKeyring | NoKeyring | ForgetfulKeyring
) -> None:
    with in_use(backend):
        made = ensure_secrets(tmp_path, "keyring")
        assert (read_secrets(tmp_path), place_of(tmp_path)) == (made, "file")
        with pytest.raises(KeyringAway, match=r"Nothing was changed"):
            move_secrets(tmp_path, "keyring")
        assert read_secrets(tmp_path) == made


def test_without_the_package_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_secrets(tmp_path)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(KeyringAway, match=r"timeline-local\[keyring\]"):
        move_secrets(tmp_path, "keyring")


@pytest.mark.parametrize("backend", [NoKeyring(), MemoryKeyring(), LockedKeyring()])  # type: ignore[no-untyped-call]
def test_keys_that_the_keyring_does_not_give_are_never_replaced(
    tmp_path: Path, keyring: MemoryKeyring, backend: MemoryKeyring | NoKeyring
) -> None:
    made = ensure_secrets(tmp_path, "keyring")
    before = (tmp_path / "secrets.json").read_bytes()
    with in_use(backend), pytest.raises(KeyringAway, match=r"Nothing was changed"):
        ensure_secrets(tmp_path, "keyring")
    assert (tmp_path / "secrets.json").read_bytes() == before
    assert read_secrets(tmp_path) == made
