"""Time-based one-time passwords (RFC 6238): six digits, thirty seconds, SHA-1, as every authenticator knows them."""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20  # the length of the hash, as RFC 4226 recommends
_DRIFT = 1  # steps that a phone's clock may be off, either way
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> bytes:
    """A fresh secret of 160 bits."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """The secret as it is typed into an authenticator: Base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def provisioning_uri(secret: bytes, *, account: str, issuer: str) -> str:
    """The `otpauth://` address that authenticators read from a QR code."""
    label = quote(f"{issuer}:{account}", safe=":@")
    fields = {"secret": secret_text(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{label}?{urlencode(fields, quote_via=quote)}"


def code_at(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """The code of one step (Unix seconds divided by 30), with leading zeros."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, now: float, *, after: int | None) -> int | None:
    """The step whose code this is, of the present one and its neighbours; None if it is none of them.

    after  the last step that was accepted: no code at or before it is good any more, so none works twice.
    """
    given = "".join(code.split()).encode("utf-8", "surrogatepass")
    present = int(now) // STEP_S
    steps = range(max(0, present - _DRIFT), present + _DRIFT + 1)
    fitting = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), given)]
    return next((step for step in fitting if after is None or step > after), None)


def new_recovery_code() -> str:
    """A code that stands in for a lost authenticator: 15 characters, 74 bits, in groups of five."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(15))
    return "-".join(letters[at : at + 5] for at in range(0, 15, 5))


def plain_recovery_code(code: str) -> str:
    """The code as it is hashed: however it was typed."""
    return "".join(letter for letter in code.casefold() if letter.isalnum())
