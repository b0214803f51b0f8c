"""The keys of an install: made at first start, in a 0600 file or in the keyring of the system's account.

`secrets.json` holds the keys, or, where the keyring does, the name they have there. So whoever reads them needs no
setting, and moving them from one place to the other is the replacement of one file.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from timeline_local.core import account_keyring
from timeline_local.core.private_files import write_private
from timeline_local.exceptions import KeyringAway, LibraryDamaged

SECRETS_FILE = "secrets.json"
KEY_BYTES = 32  # 256 bits
POINTER = "keyring"
_LABEL_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"

Place = Literal["file", "keyring"]


def _new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made at first start, kept in secrets.json. label: this install's host name `<label>.localhost`.

    instance proves the server to its owner's programs and is never changed; media signs media URLs, signing signs
    access tokens, field_key seals single values of the database. older_field_keys: what field_key replaced, until
    nothing needs them.
    """

    instance: bytes
    media: bytes
    label: str
    signing: bytes = field(default_factory=_new_key)
    field_key: bytes = field(default_factory=_new_key)
    older_field_keys: tuple[bytes, ...] = ()

    @property
    def audit(self) -> bytes:
        """The key that seals the head of the audit log."""
        return hmac.digest(self.instance, b"audit", "sha256")

    @property
    def instance_id(self) -> str:
        """A public name of this install: 16 hex digits."""
        return hashlib.sha256(b"instance-id:" + self.instance).hexdigest()[:16]

    @property
    def cookie_name(self) -> str:
        """The session cookie's name: its own for each install, since cookies are shared between ports."""
        return f"__Host-tl_{self.label}"

    def __repr__(self) -> str:
        return f"Secrets(label={self.label!r})"


def new_secrets() -> Secrets:
    """Fresh secrets; the label is short enough to read and long enough (48 bits) not to be guessed."""
    label = "".join(secrets.choice(_LABEL_ALPHABET) for _ in range(10))
    return Secrets(_new_key(), _new_key(), f"tl-{label}")


def read_secrets(data_dir: Path) -> Secrets | None:
    """The library's secrets; None if it has none yet. Raises LibraryDamaged if the file cannot be read as ours.

    Keys that an older version did not know are fresh ones here; only `ensure_secrets` makes them last.
    """
    held = _held(data_dir)
    return None if held is None else _parsed(data_dir, held)


def ensure_secrets(data_dir: Path, place: Place = "file") -> Secrets:
    """The library's secrets, made now if there are none. Only the holder of the lock may call it.

    place  where new ones are put; without a keyring the file takes them (`place_of` tells).
    """
    held = _held(data_dir)
    if held is None:
        made = new_secrets()
        write_secrets(data_dir, made)
        if place == "keyring":
            with suppress(KeyringAway):
                move_secrets(data_dir, "keyring")
        return made
    found = _parsed(data_dir, held)
    if not {"signing", "field"} <= held.keys():
        write_secrets(data_dir, found)
    return found


def write_secrets(data_dir: Path, kept: Secrets) -> None:
    """Replace the secrets where they are. Only the holder of the lock may call it. Raises KeyringAway."""
    name = _pointer(_written(data_dir))
    if name is None:
        write_private(data_dir / SECRETS_FILE, _encoded(kept))
    else:
        account_keyring.keep(name, _encoded(kept).decode())


def place_of(data_dir: Path) -> Place:
    """Where the secrets of a library that has some are."""
    return "file" if _pointer(_written(data_dir)) is None else "keyring"


def move_secrets(data_dir: Path, place: Place) -> bool:
    """Put the secrets into the other place; False if they are there already. Only the holder of the lock may call it.

    They are in the new place, and were read back from it, before they leave the old one. Raises KeyringAway.
    """
    name = _pointer(_written(data_dir))
    held = _held(data_dir)
    if held is None or place == ("file" if name is None else "keyring"):
        return False
    content = _encoded(_parsed(data_dir, held))
    if name is not None:
        write_private(data_dir / SECRETS_FILE, content)
        account_keyring.forget(name)
        return True
    name = f"library-{secrets.token_hex(8)}"
    account_keyring.keep(name, content.decode())
    write_private(data_dir / SECRETS_FILE, json.dumps({POINTER: name}).encode())
    return True


def _encoded(kept: Secrets) -> bytes:
    content: dict[str, object] = {
        "instance": kept.instance.hex(),
        "media": kept.media.hex(),
        "signing": kept.signing.hex(),
        "field": kept.field_key.hex(),
        "label": kept.label,
    }
    if kept.older_field_keys:
        content["older_fields"] = [each.hex() for each in kept.older_field_keys]
    return json.dumps(content).encode()


def rotated(old: Secrets) -> Secrets:
    """New keys for an install that stays the same one. The old field key is kept until nothing is sealed with it."""
    return Secrets(old.instance, _new_key(), old.label, older_field_keys=(old.field_key, *old.older_field_keys))


def _held(data_dir: Path) -> dict[str, Any] | None:
    """The secrets as they are written down, from wherever they are."""
    written = _written(data_dir)
    name = _pointer(written)
    return written if name is None else _loaded(data_dir, account_keyring.kept(name).encode())


def _written(data_dir: Path) -> dict[str, Any] | None:
    """What secrets.json holds."""
    try:
        return _loaded(data_dir, (data_dir / SECRETS_FILE).read_bytes())
    except FileNotFoundError:
        return None


def _pointer(written: dict[str, Any] | None) -> str | None:
    """The name the secrets have in the keyring; None if they are in the file."""
    return None if written is None or POINTER not in written else str(written[POINTER])


def _loaded(data_dir: Path, content: bytes) -> dict[str, Any]:
    try:
        held = json.loads(content)
    except ValueError as error:
        raise _unreadable(data_dir) from error
    if not isinstance(held, dict):
        raise _unreadable(data_dir)
    return held


def _parsed(data_dir: Path, held: dict[str, Any]) -> Secrets:
    try:
        found = Secrets(
            bytes.fromhex(held["instance"]),
            bytes.fromhex(held["media"]),
            str(held["label"]),
            signing=bytes.fromhex(held["signing"]) if "signing" in held else _new_key(),
            field_key=bytes.fromhex(held["field"]) if "field" in held else _new_key(),
            older_field_keys=tuple(bytes.fromhex(each) for each in held.get("older_fields", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(data_dir) from error
    keys = (found.instance, found.media, found.signing, found.field_key, *found.older_field_keys)
    if any(len(key) != KEY_BYTES for key in keys):
        raise LibraryDamaged(f"{data_dir / SECRETS_FILE} holds a secret of the wrong length. {_WITHOUT_SECRETS}")
    return found


_WITHOUT_SECRETS = (
    "Your memories are untouched. Delete that file and start again: everyone is signed out and second factors must be "
    "set up again; nothing else is lost."
)


def _unreadable(data_dir: Path) -> LibraryDamaged:
    return LibraryDamaged(f"{data_dir / SECRETS_FILE} cannot be read. {_WITHOUT_SECRETS}")
