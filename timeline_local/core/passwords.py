"""Passwords: how they are kept, how they are checked, and which are refused.

argon2id with 19 MiB, two passes and one lane (OWASP's first choice); the default of the package, 64 MiB and four
lanes, took 1,022 MB for 16 logins at once. Two run at a time, whoever asks: more would only share the same cores.
Hashes of bcrypt are verified, and the caller is told to replace them. The packages are loaded at the first password,
since an install without accounts never meets one.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from timeline_local.exceptions import PasswordTooWeak

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
AT_ONCE = 2
SHORTEST = 8
LONGEST = 1000
BCRYPT_BYTES = 72
_BCRYPT = ("$2a$", "$2b$", "$2y$")
_COMMON = Path(__file__).with_name("common_passwords.txt")
_PRODUCT = ("timeline", "timelinelocal", "timeline-local", "timeline local")


@dataclass(frozen=True, slots=True)
class Verdict:
    """matches: it is the password. outdated: it matches, and its hash should be made anew by `Passwords.hash`."""

    matches: bool
    outdated: bool


def normalised(text: str) -> str:
    """The password as it is hashed: NFC, because keyboards differ in how they send the same letter. Nothing is cut."""
    return unicodedata.normalize("NFC", text)


class Passwords:
    """Hashes and verifies off the event loop, two at a time. Close it to let its threads go."""

    def __init__(self) -> None:
        # A pool of two, not a semaphore: a caller who gives up leaves its thread busy, and that must still count.
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._nobodys = _hash_of_nothing()

    async def hash(self, text: str) -> str:
        """The encoded argon2id hash of a password, with a fresh salt. About 20 ms of one core and 19 MiB."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _hash, normalised(text))

    async def verify(self, text: str, stored: str | None) -> Verdict:
        """Whether this is the password of a stored hash.

        stored  None when there is no such user or no password: that costs what a real check costs, and never matches.
        """
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, _verify, normalised(text), stored or self._nobodys
        )
        return await work

    def close(self) -> None:
        """Let the threads go; calling it twice is harmless."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def check_rules(text: str, *, email: str | None, name: str | None) -> None:
    """Raise PasswordTooWeak unless the password may be used: 8 to 1,000 characters, not common, not the user's own."""
    password = normalised(text)
    if len(password) < SHORTEST:
        raise PasswordTooWeak(f"A password has at least {SHORTEST} characters. Nothing was changed.")
    if len(password) > LONGEST:
        raise PasswordTooWeak(f"A password has at most {LONGEST} characters. Nothing was changed.")
    folded = password.casefold()
    if folded in _common_passwords():
        raise PasswordTooWeak("That password is one of the most used ones, tried first by anyone who guesses.")
    bare = folded.strip("0123456789!?.,;:-_+*#$%&@ ")
    if {folded, bare} & _own_words(email, name):
        raise PasswordTooWeak("A password cannot be your own name or address, nor this program's name.")


def _own_words(email: str | None, name: str | None) -> set[str]:
    address = normalised(email or "").casefold()
    called = normalised(name or "").casefold()
    words = {address, address.partition("@")[0], called, "".join(called.split()), *called.split(), *_PRODUCT}
    return words - {""}


@lru_cache(maxsize=1)
def _common_passwords() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="utf-8").split("\n"))


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher, Type  # noqa: PLC0415 - loaded at the first password

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)


def _hash(password: str) -> str:
    return _hasher().hash(_encoded(password))


def _verify(password: str, stored: str) -> Verdict:
    if stored.startswith(_BCRYPT):
        return _verify_bcrypt(password, stored)
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - as `_hasher`

    try:
        _hasher().verify(stored, _encoded(password))
    except (VerificationError, InvalidHashError):
        return Verdict(matches=False, outdated=False)
    return Verdict(matches=True, outdated=_hasher().check_needs_rehash(stored))


def _verify_bcrypt(password: str, stored: str) -> Verdict:
    """Bcrypt read no more than 72 bytes. What lies beyond was never checked, so it must not become the new hash."""
    import bcrypt  # noqa: PLC0415 - only installs that took over older accounts have such hashes

    encoded = _encoded(password)
    try:
        matches = bcrypt.checkpw(encoded[:BCRYPT_BYTES], stored.encode())
    except ValueError:  # a damaged hash
        return Verdict(matches=False, outdated=False)
    return Verdict(matches=matches, outdated=matches and len(encoded) <= BCRYPT_BYTES)


def _encoded(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _hash_of_nothing() -> str:
    """A hash that costs what ours cost and that no password fits: its digest is random."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}"
