"""Repositories of the AT protocol in a CAR file: blocks under their hashes, records found through a tree of keys.

A key is "app.bsky.feed.post/3kabc…": the collection, and the record's key in it, which sorts by time.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from timeline_local.importers import loose
from timeline_local.importers.archive import Folder
from timeline_local.importers.dag_cbor import BrokenCbor, Cid, Value, decode, read_cid, read_varint

MAX_BLOCK_BYTES = 2 * 1024 * 1024
MOST_BLOCKS = 1_200_000  # 250 bytes each in memory (measured in 2026-11)
MAX_DEPTH = 128
_LONGEST_VARINT = 10
_ASKED = 10_000  # blocks that may be the commit, where the head does not tell
_SIGNS = (b"eroots", b"gversion")
_SIGNED_WITHIN = 256


class BrokenRepository(ValueError):
    """The file is no repository from some place on."""


@dataclass(slots=True)
class Repository:
    """An opened file. did: whose it is. damage: why the blocks end before the file does, "" where they do not."""

    file: BinaryIO
    blocks: dict[bytes, tuple[int, int]]
    root: bytes = b""
    did: str = ""
    damage: str = ""
    lost: int = 0

    def records(self) -> Generator[tuple[str, Value], None, None]:
        """Keys with their records, in the order of the keys. lost: records and nodes whose block is not here."""
        root = self._root()
        stack: list[tuple[Cid | None, str, Cid | None]] = [(root, "", None)]  # a node, or a key with its record
        seen: set[bytes] = set()
        while stack:
            node, key, record = stack.pop()
            if record is not None:
                try:
                    yield key, self.read(record)
                except BrokenRepository:
                    self.lost += 1
            elif node is not None and node.data not in seen:
                seen.add(node.data)
                stack.extend(reversed(self._entries(node)))
                if len(stack) > MAX_DEPTH * len(self.blocks) + MAX_DEPTH:
                    raise BrokenRepository("its tree has no end")

    def read(self, cid: Cid) -> Value:
        """The value of a block. Raises BrokenRepository, OSError."""
        place = self.blocks.get(cid.data)
        if place is None:
            raise BrokenRepository("a block is missing")
        self.file.seek(place[0])
        try:
            return decode(self.file.read(place[1]))
        except BrokenCbor as error:
            raise BrokenRepository(str(error)) from error

    def _root(self) -> Cid:
        """The node that all keys are below. The commit is the block that says whose the repository is."""
        for data in islice((self.root, *self.blocks), _ASKED):
            with suppress(BrokenRepository):
                said = loose.members(self.read(Cid(data)))
                below, did = said.get("data"), said.get("did")
                if isinstance(below, Cid) and isinstance(did, str) and "$type" not in said:
                    self.did = did
                    return below
        raise BrokenRepository("nothing in it says whose repository it is")

    def _entries(self, node: Cid) -> list[tuple[Cid | None, str, Cid | None]]:
        """What is below a node, in its order: nodes, and keys with their records."""
        try:
            said = loose.members(self.read(node))
        except BrokenRepository:
            self.lost += 1
            return []
        left = said.get("l")
        found: list[tuple[Cid | None, str, Cid | None]] = [(left, "", None)] if isinstance(left, Cid) else []
        before = b""
        for each in map(loose.members, loose.items(said.get("e"))):
            shared, rest = each.get("p"), each.get("k")
            if not isinstance(shared, int) or not isinstance(rest, bytes):
                continue
            before = before[: max(shared, 0)] + rest
            record, right = each.get("v"), each.get("t")
            if isinstance(record, Cid):
                found.append((None, before.decode("utf-8", "replace"), record))
            if isinstance(right, Cid):
                found.append((right, "", None))
        return found


def is_repository(head: bytes) -> bool:
    """Whether a file begins as a CAR file does."""
    return all(sign in head[:_SIGNED_WITHIN] for sign in _SIGNS)


def open_repository(folder: Folder, locator: str) -> Repository:
    """Look through a file once; whoever opens it closes `file`. Raises OSError."""
    file = folder.open(locator)
    repository = Repository(file, {})
    try:
        repository.root, at = _head(file)
        while (at := _take_block(file, at, repository.blocks)) and len(repository.blocks) < MOST_BLOCKS:
            pass
        repository.damage = f"it has more than {MOST_BLOCKS:,} blocks" if at else ""
    except (BrokenCbor, BrokenRepository) as error:
        repository.damage = str(error)
    except OSError:
        if not repository.blocks:
            file.close()
            raise
        repository.damage = "the file cannot be read any further"
    return repository


def _head(file: BinaryIO) -> tuple[bytes, int]:
    """The block that the file says to begin with, and where the first block begins."""
    length, begin = read_varint(file.read(_LONGEST_VARINT), 0)
    if length > MAX_BLOCK_BYTES:
        raise BrokenRepository("its head is too long")
    file.seek(begin)
    roots = loose.items(loose.members(decode(file.read(length))).get("roots"))
    return next((each.data for each in roots if isinstance(each, Cid)), b""), begin + length


def _take_block(file: BinaryIO, at: int, blocks: dict[bytes, tuple[int, int]]) -> int:
    """Take note of the block that begins here; where the next one does, 0 at the end."""
    file.seek(at)
    head = file.read(_LONGEST_VARINT + 128)
    if not head:
        return 0
    length, begin = read_varint(head, 0)
    cid, end = read_cid(head, begin)
    if length > MAX_BLOCK_BYTES or length < end - begin:
        raise BrokenRepository("a block has no length that it can have")
    blocks.setdefault(cid.data, (at + end, length - (end - begin)))
    return at + begin + length
