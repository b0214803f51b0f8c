"""Passwords: what is refused, what a hash is, and what checking one costs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import unicodedata
from collections.abc import AsyncIterator

import bcrypt
import pytest
from argon2 import PasswordHasher, extract_parameters

from timeline_local.core import passwords
from timeline_local.core.passwords import Passwords, Verdict, check_rules
from timeline_local.exceptions import PasswordTooWeak

EMAIL, NAME = "ana.silva@example.org", "Ana Silva"
GOOD = [
    "correct horse battery",
    "8 chars!",
    "x7#mQ2!p",
    "tr0ub4dor&3",
    "пароль-и-ключ",
    "密码很长很安全吗",
    "🔑🚪🏠🌳🐈🎈🍎🚲",
    "naïve café über",
    "שלום עולם שלי",
    "tab\tand\nnewline",
    "with \x00 inside",
    "   spaces around   ",
    "q" * 64 + "!",
    "z7" * 64,
    "z7" * 100,
    "é" * 128,
    "a1" * 500,
    '"; DROP TABLE user; --',
    "${jndi:ldap://x}",
    "ana.silva@example.org has a dog",
]
BAD = [
    "",
    "1234567",
    "short",
    "pässwör",
    "e\u0301e\u0301e\u0301e\u0301",  # eight code points, four letters
    "password",
    "PASSWORD",
    "12345678",
    "123456789",
    "qwertyuiop",
    "iloveyou",
    "football",
    "baseball",
    "superman",
    "trustno1",
    "sunshine",
    "ana.silva@example.org",
    "Ana.Silva",
    "AnaSilva2026!",
    "timeline1",
]


@pytest.fixture
async def kept() -> AsyncIterator[Passwords]:
    """A pair of hashing threads, let go afterwards."""
    made = Passwords()
    yield made
    made.close()


@pytest.mark.parametrize("text", GOOD)
def test_a_password_of_any_characters_may_be_used(text: str) -> None:
    check_rules(text, email=EMAIL, name=NAME)


@pytest.mark.parametrize("text", BAD)
def test_a_password_that_would_be_guessed_first_is_refused(text: str) -> None:
    with pytest.raises(PasswordTooWeak):
        check_rules(text, email=EMAIL, name=NAME)


def test_a_password_beyond_the_cap_is_refused_not_cut() -> None:
    with pytest.raises(PasswordTooWeak, match="at most"):
        check_rules("a1" * 500 + "b", email=None, name=None)


def test_the_list_of_common_passwords_holds_more_than_three_thousand() -> None:
    listed = passwords._common_passwords()
    assert len(listed) > 3000
    assert all(word == unicodedata.normalize("NFC", word).casefold() for word in listed)


async def test_a_hash_is_argon2id_of_the_documented_cost(kept: Passwords) -> None:
    found = extract_parameters(await kept.hash("correct horse battery"))
    assert (found.type.name, found.memory_cost, found.time_cost, found.parallelism) == ("ID", 19_456, 2, 1)


async def test_two_hashes_of_one_password_differ(kept: Passwords) -> None:
    assert await kept.hash("correct horse battery") != await kept.hash("correct horse battery")


@pytest.mark.parametrize(
    "text", ["correct horse battery", "é" * 128, "a" * 999 + "z", "with \x00 inside", "\ud800" * 8]
)
async def test_every_character_of_a_password_counts(kept: Passwords, text: str) -> None:
    stored = await kept.hash(text)
    assert await kept.verify(text, stored) == Verdict(matches=True, outdated=False)
    assert not (await kept.verify(text[:-1], stored)).matches


async def test_a_letter_may_be_sent_composed_or_not(kept: Passwords) -> None:
    stored = await kept.hash("caf\u00e9 au lait")
    assert (await kept.verify("cafe\u0301 au lait", stored)).matches


async def test_a_hash_of_lesser_cost_is_to_be_made_anew(kept: Passwords) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("correct horse battery")
    assert await kept.verify("correct horse battery", weak) == Verdict(matches=True, outdated=True)
    assert await kept.verify("wrong horse battery", weak) == Verdict(matches=False, outdated=False)


async def test_a_bcrypt_hash_is_verified_and_to_be_made_anew(kept: Passwords) -> None:
    old = bcrypt.hashpw(b"correct horse battery", bcrypt.gensalt(4)).decode()
    assert await kept.verify("correct horse battery", old) == Verdict(matches=True, outdated=True)
    assert not (await kept.verify("wrong horse battery", old)).matches


async def test_what_bcrypt_never_read_does_not_become_the_password(kept: Passwords) -> None:
    old = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert await kept.verify("x" * 72 + "anything", old) == Verdict(matches=True, outdated=False)


@pytest.mark.parametrize("stored", [None, "", "garbage", "$argon2id$v=19$broken", "$2b$04$broken"])
async def test_no_password_fits_where_there_is_none(kept: Passwords, stored: str | None) -> None:
    assert not (await kept.verify("correct horse battery", stored)).matches


async def test_a_caller_who_gives_up_still_counts_until_its_work_is_done(kept: Passwords) -> None:
    given_up = [asyncio.create_task(kept.hash("correct horse battery")) for _ in range(8)]
    await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    await asyncio.gather(*given_up, return_exceptions=True)
    assert (await kept.verify("x", await kept.hash("x"))).matches
    assert len(kept._threads._threads) <= passwords.AT_ONCE


def test_importing_the_module_loads_no_hashing_package() -> None:
    code = "import sys, timeline_local.core.passwords; print({'argon2', 'bcrypt', '_cffi_backend'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
