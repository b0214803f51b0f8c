"""Locked notes: the text of single memories, sealed with a key that only the owner's passphrase opens.

A random key seals the texts (AES-256-GCM); the passphrase, through scrypt, seals that key (`note_lock`). A new
passphrase therefore seals 32 bytes anew and no text; a forgotten one loses every locked text, and nobody can help.
Whoever holds the key is a session that gave the passphrase less than five idle minutes ago (core.note_keys).

Locking takes the text out of everything else that may hold it: search, who-said-what, what undo would put back, the
records of imports, the free space of the SQLite file and its write-ahead log.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.encryption import KEY_BYTES, FieldCipher, SealBroken
from timeline_local.core.security import Caller, digest
from timeline_local.exceptions import NotesLocked, PassphraseMissing, WrongPassphrase
from timeline_local.models import ImportItem, Memory, NoteLock, Provenance
from timeline_local.queries import locked_notes as queries
from timeline_local.queries.dialect import forget_from_now_on, upsert
from timeline_local.services import jobs
from timeline_local.services.audit import actor_of, record
from timeline_local.services.derived import refresh_derived
from timeline_local.services.import_work import without_text
from timeline_local.services.memories import Changed, locked_row, remember_edits
from timeline_local.services.memory_content import row_hash_of
from timeline_local.services.revision import bump

# 32 MiB for each guess.
SCRYPT = {"name": "scrypt", "n": 2**15, "r": 8, "p": 1}
SALT_BYTES = 16
FORGET_WORDS = "forget_words"  # the job that follows a lock
_ONE_AT_A_TIME = asyncio.Lock()


def attempts_account(user_id: UUID) -> bytes:
    """Under which wrong passphrases are counted, as services.attempts counts sign-ins."""
    return digest(f"notes:{user_id}")


async def derived_key(passphrase: str, derivation: Mapping[str, Any]) -> bytes:
    """The key that a passphrase means, off the event loop and one at a time: each takes 32 MiB."""
    password = unicodedata.normalize("NFC", passphrase).encode()
    n, r, p = int(derivation["n"]), int(derivation["r"]), int(derivation["p"])
    salt = bytes.fromhex(derivation["salt"])
    async with _ONE_AT_A_TIME:
        return await asyncio.to_thread(
            hashlib.scrypt, password, salt=salt, n=n, r=r, p=p, maxmem=160 * n * r, dklen=KEY_BYTES
        )


async def wrap(passphrase: str, user_id: UUID, key: bytes) -> tuple[dict[str, Any], bytes]:
    """(derivation, wrapped key): the note key sealed with the passphrase and a fresh salt."""
    derivation = {**SCRYPT, "salt": secrets.token_bytes(SALT_BYTES).hex()}
    return derivation, FieldCipher(await derived_key(passphrase, derivation)).encrypt(key, _lock_context(user_id))


async def unwrap(passphrase: str, user_id: UUID, lock: queries.Lock) -> bytes:
    """The note key. Raises WrongPassphrase."""
    try:
        outer = FieldCipher(await derived_key(passphrase, lock.derivation))
        return outer.decrypt(lock.wrapped_key, _lock_context(user_id))
    except SealBroken:
        raise WrongPassphrase("That is not the passphrase of your locked notes. They stay locked.") from None


async def found_lock(db: AsyncConnection, owner_pk: int) -> queries.Lock:
    """The owner's lock. Raises PassphraseMissing."""
    lock = await queries.lock_of(db, owner_pk)
    if lock is None:
        raise PassphraseMissing("You have set no passphrase for locked notes yet. Nothing was changed.")
    return lock


def new_key() -> bytes:
    """A key for an owner's locked notes."""
    return secrets.token_bytes(KEY_BYTES)


async def store_lock(
    db: AsyncConnection, me: Caller, derivation: Mapping[str, Any], wrapped_key: bytes, *, is_first: bool, now: datetime
) -> None:
    """Keep the wrapped key, in the place of an older one unless this is the first.

    Raises WrongPassphrase when another session has set the first one meanwhile.
    """
    values = {"derivation": dict(derivation), "wrapped_key": wrapped_key, "created_at": now}
    if is_first:
        add = upsert(db.dialect.name, NoteLock).values(owner_pk=me.user_pk, **values)
        if (await db.execute(add.on_conflict_do_nothing())).rowcount == 0:
            raise WrongPassphrase("The passphrase was set elsewhere at this moment. Nothing was changed.")
        await forget_from_now_on(db)
    else:
        await db.execute(update(NoteLock).where(NoteLock.owner_pk == me.user_pk).values(**values))
    await record(db, actor_of(me), "notes.passphrase_set" if is_first else "notes.passphrase_changed", now=now)


async def lock_memory(
    db: AsyncConnection, owner_pk: int, memory_id: UUID, *, key: bytes | None, now: datetime
) -> Changed:
    """Seal a memory's text; harmless if it is locked already.

    A job then takes its words out of the index; wake the runner after the commit. Raises MemoryNotFound, NotesLocked.
    """
    old = await locked_row(db, owner_pk, memory_id)
    if old["locked_body"] is not None:
        return await _unchanged(db, owner_pk, old)
    columns = {
        "body": "",
        "locked_body": sealed_body(key, memory_id, old["body"]),
        # The old one is a hash of the text too: whoever guesses the text could tell that it is right.
        "content_hash": secrets.token_bytes(32),
    }
    changed = await _store(db, owner_pk, old, columns, now=now)
    await _scrub(db, owner_pk, old["pk"])
    await remember_edits(db, owner_pk, [old["pk"]], {"body": ""}, now=now)
    await jobs.ensure(db, owner_pk, kind=FORGET_WORDS, now=now)
    return changed


async def unlock_memory(
    db: AsyncConnection, owner_pk: int, memory_id: UUID, *, key: bytes | None, now: datetime
) -> Changed:
    """Put the text back in the clear, for good; harmless if it is not locked. Raises MemoryNotFound, NotesLocked."""
    old = await locked_row(db, owner_pk, memory_id)
    if old["locked_body"] is None:
        return await _unchanged(db, owner_pk, old)
    body = opened_body(key, memory_id, old["locked_body"])
    changed = await _store(db, owner_pk, old, {"body": body, "locked_body": None}, now=now)
    await remember_edits(db, owner_pk, [old["pk"]], {"body": body}, now=now)
    return changed


async def read_locked(db: AsyncConnection, owner_pk: int, memory_id: UUID, *, key: bytes) -> str:
    """The text of a locked memory."""
    return opened_body(key, memory_id, await queries.sealed_body(db, owner_pk, memory_id))


def sealed_body(key: bytes | None, memory_id: UUID, body: str) -> bytes:
    """The text as it is kept. Raises NotesLocked without a key."""
    return _cipher(key).encrypt(body.encode(), _body_context(memory_id))


def sealer(key: bytes | None) -> Callable[[UUID, str], bytes] | None:
    """How a new text of a locked note is sealed; None without a key."""
    return None if key is None else partial(sealed_body, key)


def opened_body(key: bytes | None, memory_id: UUID, sealed: bytes) -> str:
    """The text of sealed bytes. Raises NotesLocked without a key, and SealBroken if they are damaged."""
    return _cipher(key).decrypt(sealed, _body_context(memory_id)).decode()


def _cipher(key: bytes | None) -> FieldCipher:
    if key is None:
        raise NotesLocked("Unlock your notes with the passphrase first. Nothing was changed.")
    return FieldCipher(key)


def _lock_context(user_id: UUID) -> bytes:
    return b"note-lock:" + user_id.bytes


def _body_context(memory_id: UUID) -> bytes:
    return b"memory.body:" + memory_id.bytes


async def _unchanged(db: AsyncConnection, owner_pk: int, row: Mapping[str, Any]) -> Changed:
    return Changed(row["pk"], row["id"], row["version"], await bump(db, owner_pk), ())


async def _store(
    db: AsyncConnection, owner_pk: int, old: Mapping[str, Any], columns: Mapping[str, Any], *, now: datetime
) -> Changed:
    new = {**old, **columns, "updated_at": now, "version": old["version"] + 1}
    values = {**columns, "updated_at": now, "version": new["version"], "row_hash": row_hash_of(new)}
    await db.execute(update(Memory).where(Memory.owner_pk == owner_pk, Memory.pk == old["pk"]).values(values))
    await refresh_derived(db, owner_pk, [old["pk"]])
    return Changed(old["pk"], old["id"], new["version"], await bump(db, owner_pk), ())


async def _scrub(db: AsyncConnection, owner_pk: int, memory_pk: int) -> None:
    """Take the text out of who said what, of the records of imports and of what undoing one would put back."""
    await db.execute(
        delete(Provenance).where(
            Provenance.owner_pk == owner_pk, Provenance.memory_pk == memory_pk, Provenance.field == "body"
        )
    )
    for item in await queries.records_of(db, owner_pk, memory_pk):
        values = {"raw": None, "before": without_body(item.before), "draft": without_text(item.draft)}
        await db.execute(update(ImportItem).where(ImportItem.pk == item.pk).values(values))


def without_body(before: dict[str, Any] | None) -> dict[str, Any] | None:
    """What undo would put back (services.snapshots), without the text and without who said it."""
    if before is None:
        return None
    said = [row for row in before["provenance"] if row["field"] != "body"]
    return {**before, "row": {**before["row"], "body": ""}, "provenance": said}
