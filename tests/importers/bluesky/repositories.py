"""Repositories of the AT protocol made on the spot: blocks under true hashes, keys in a tree of nodes."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"


class Link(bytes):
    """A hash that another block is known by."""


def encode(value: Any) -> bytes:  # noqa: ANN401, PLR0911 - any value of the form, each kind in its line
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, Link):
        return b"\xd8\x2a" + encode(b"\x00" + bytes(value))
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
        return _head(5, len(value)) + b"".join(encode(name) + encode(value[name]) for name in names)
    return _head(4, len(value)) + b"".join(encode(each) for each in value)


def _head(kind: int, number: int) -> bytes:
    for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes([kind << 5 | number])
        if number < 1 << 8 * width:
            return bytes([kind << 5 | info]) + number.to_bytes(width, "big")
    raise ValueError(number)


def varint(number: int) -> bytes:
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def link(data: bytes, codec: int = 0x71) -> Link:
    return Link(b"\x01" + bytes([codec]) + b"\x12\x20" + hashlib.sha256(data).digest())


def blob(data: bytes, kind: str = "image/jpeg") -> dict[str, Any]:
    return {"$type": "blob", "ref": link(data, 0x55), "mimeType": kind, "size": len(data)}


def key_at(micros: int) -> str:
    number, digits = micros << 10, ""
    for _ in range(13):
        digits = _DIGITS[number & 31] + digits
        number >>= 5
    return digits


def repository(records: Mapping[str, Any], *, without: Sequence[str] = (), fanout: int = 3) -> bytes:
    """A CAR file with these records by key. without: keys whose block is left out."""
    blocks: dict[Link, bytes] = {}

    def put(value: Any) -> Link:  # noqa: ANN401 - as above
        data = encode(value)
        blocks[link(data)] = data
        return link(data)

    def node(keys: Sequence[str]) -> Link:
        """The middle keys in this node, the others in nodes to the left of each and to the right of the last."""
        gaps: list[list[str]]
        if len(keys) <= fanout:
            here, gaps = list(keys), [[] for _ in range(len(keys) + 1)]
        else:
            step = len(keys) // fanout
            places = [step // 2 + number * step for number in range(fanout)]
            here = [keys[place] for place in places]
            edges = [-1, *places, len(keys)]
            gaps = [list(keys[start + 1 : end]) for start, end in pairwise(edges)]
        entries, before = [], b""
        for key, right in zip(here, gaps[1:], strict=True):
            plain = key.encode()
            shared = next(
                (n for n, (a, b) in enumerate(zip(before, plain, strict=False)) if a != b), min(len(before), len(plain))
            )
            value = put(records[key])
            if key in without:
                del blocks[value]
            entries.append({"p": shared, "k": plain[shared:], "v": value, "t": node(right) if right else None})
            before = plain
        return put({"l": node(gaps[0]) if gaps[0] else None, "e": entries})

    root = node(sorted(records)) if records else put({"l": None, "e": []})
    commit = put({"did": DID, "version": 3, "data": root, "rev": "3l", "prev": None, "sig": b"x"})
    head = encode({"roots": [commit], "version": 1})
    ordered = [(commit, blocks.pop(commit)), *blocks.items()]
    return varint(len(head)) + head + b"".join(varint(len(cid) + len(data)) + cid + data for cid, data in ordered)
