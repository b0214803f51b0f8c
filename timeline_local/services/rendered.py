"""Notes as blocks, rendered once: the cache keeps what takes long to make. docs/adr/0012 has the figures.

One entry a memory, sealed with the install's key and bound to the text it was made from: an entry of another text, of
another version of this program or of another install does not open, and is a miss.
"""

from __future__ import annotations

import asyncio
import hashlib
from uuid import UUID

import orjson

from timeline_local import __version__
from timeline_local.core.cache import Cache
from timeline_local.core.encryption import FieldCipher, SealBroken
from timeline_local.services.render import Block, render

WORTH_KEEPING = 2000  # characters; shorter ones are rendered in less time than two threads take to meet
KEPT_S = 7 * 24 * 3600


async def rendered(cache: Cache, cipher: FieldCipher, memory_id: UUID, body: str) -> list[Block] | orjson.Fragment:
    """The blocks of a memory's text, ready for orjson. Long texts are rendered in a thread."""
    if len(body) < WORTH_KEEPING:
        return render(body)
    key, context = _key(memory_id), _context(body)
    kept = await cache.get(key)
    if kept is not None:
        try:
            return orjson.Fragment(cipher.decrypt(kept, context))
        except SealBroken:
            pass  # of another text: what follows replaces it
    made = await asyncio.to_thread(_made, body)
    await cache.set(key, cipher.encrypt(made, context), KEPT_S)
    return orjson.Fragment(made)


async def rendered_unkept(body: str) -> orjson.Fragment:
    """The same for a text that may be stored nowhere."""
    return orjson.Fragment(await asyncio.to_thread(_made, body))


async def forget_rendered(cache: Cache, memory_id: UUID) -> None:
    """Keep nothing of this memory's text any longer."""
    await cache.delete(_key(memory_id))


def _made(body: str) -> bytes:
    return orjson.dumps(render(body))


def _key(memory_id: UUID) -> str:
    return f"note:{memory_id}"


def _context(body: str) -> bytes:
    return b"note.blocks:" + __version__.encode() + b":" + hashlib.sha256(body.encode("utf-8", "replace")).digest()
