"""Sealing single fields: AES-256-GCM with key ids, so that a key can be changed without losing what the old one sealed.

Sealed bytes: version (1) · key id (4) · nonce (12) · ciphertext and tag (16). The first five bytes and the caller's
context are authenticated too, so that a sealed value cannot be moved to another row or field.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

KEY_BYTES = 32
_VERSION = b"\x01"
_HEAD = 5
_NONCE = 12
_TAG = 16


class SealBroken(ValueError):
    """The sealed bytes are not ours, are damaged, belong elsewhere, or their key is gone."""


def key_id(key: bytes) -> bytes:
    """Four bytes that name a key and tell nothing about it."""
    return hashlib.sha256(b"field-key-id:" + key).digest()[:4]


class FieldCipher:
    """Seals small values with one key; opens what that key or an older one sealed."""

    def __init__(self, key: bytes, *, older: Sequence[bytes] = ()) -> None:
        """Take 32-byte keys. Raises ValueError if one has another length."""
        if any(len(each) != KEY_BYTES for each in (key, *older)):
            message = f"a field key has {KEY_BYTES} bytes"
            raise ValueError(message)
        self._current = key_id(key)
        self._keys = {key_id(each): each for each in (*older, key)}

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        """Seal `plain`, 33 bytes longer then. context: where it belongs, as b"user.totp:" + id; needed to open it."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - 80 ms, at the first use

        head = _VERSION + self._current
        nonce = secrets.token_bytes(_NONCE)
        return head + nonce + AESGCM(self._keys[self._current]).encrypt(nonce, plain, head + context)

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed with this context. Raises SealBroken."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        head, nonce, body = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE], sealed[_HEAD + _NONCE :]
        key = self._keys.get(head[1:])
        if head[:1] != _VERSION or key is None or len(body) < _TAG:
            message = "the sealed value is not ours, or its key is gone"
            raise SealBroken(message)
        try:
            return AESGCM(key).decrypt(nonce, body, head + context)
        except InvalidTag:
            message = "the sealed value is damaged or belongs elsewhere"
            raise SealBroken(message) from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value was sealed with the newest key, so that it need not be sealed again."""
        return sealed[:_HEAD] == _VERSION + self._current

    def __repr__(self) -> str:
        return f"FieldCipher(key_id={self._current.hex()!r})"
