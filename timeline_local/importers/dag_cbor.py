"""DAG-CBOR, the form of records in repositories of the AT protocol: CBOR of definite lengths, with links by hash.

Nothing of a reader of any CBOR is needed: no tags but 42, no other numbers than whole ones and doubles.
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON
from timeline_local.importers.encodings import clean

MAX_DEPTH = 64
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _, _TAG, _SIMPLE = range(8)  # what is left is a map
_LINK = 42
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_IN_PLACE = 24
_CONSTANTS = {20: False, 21: True, 22: None}
_DOUBLE = 27


class BrokenCbor(ValueError):
    """The bytes are no DAG-CBOR."""


@dataclass(frozen=True, slots=True)
class Cid:
    """A link: the hash of another block, in bytes."""

    data: bytes

    def __str__(self) -> str:
        """As files and addresses spell it: "bafkrei…"."""
        return "b" + base64.b32encode(self.data).decode().lower().rstrip("=")


Value = bool | int | float | str | bytes | Cid | list["Value"] | dict[str, "Value"] | None


def decode(data: bytes) -> Value:
    """The value of a whole block. Memory: in proportion to its bytes. Raises BrokenCbor."""
    value, end = _value(data, 0, 0)
    if end != len(data):
        raise BrokenCbor("something stands behind the value")
    return value


def as_json(value: Value) -> JSON:
    """The same as JSON, links and bytes as the AT protocol writes them there."""
    if isinstance(value, Cid):
        return {"$link": str(value)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode().rstrip("=")}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return {name: as_json(each) for name, each in value.items()} if isinstance(value, dict) else value


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in pieces of seven bits, and where it ends. Raises BrokenCbor."""
    value = shift = 0
    while shift < 64:  # noqa: PLR2004 - bits
        if at >= len(data):
            raise BrokenCbor("it ends in the middle")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last piece
            return value, at
        shift += 7
    raise BrokenCbor("a number has no end")


def read_cid(data: bytes, at: int) -> tuple[Cid, int]:
    """A link as it stands before a block, and where it ends. Raises BrokenCbor."""
    begin = at
    if data[at : at + 2] == b"\x12\x20":  # of the first version: a hash alone
        end = at + 34
    else:
        for _ in range(3):  # version, codec, hash
            _, at = read_varint(data, at)
        length, at = read_varint(data, at)
        end = at + length
    if end > len(data):
        raise BrokenCbor("it ends in the middle")
    return Cid(data[begin:end]), end


def _value(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    if depth > MAX_DEPTH:
        raise BrokenCbor("it is nested too deeply")
    if at >= len(data):
        raise BrokenCbor("it ends in the middle")
    kind, info = data[at] >> 5, data[at] & 0x1F
    if kind == _SIMPLE:
        return _simple(data, at + 1, info)
    number, at = _number(data, at + 1, info)
    if kind in {_UNSIGNED, _NEGATIVE}:
        return (number if kind == _UNSIGNED else -1 - number), at
    if kind in {_BYTES, _TEXT}:
        piece = _piece(data, at, number)
        return (piece if kind == _BYTES else clean(piece.decode("utf-8", "replace"))), at + number
    if kind == _TAG:
        return _link(data, at, number, depth)
    return (_list if kind == _LIST else _map)(data, at, number, depth)


def _number(data: bytes, at: int, info: int) -> tuple[int, int]:
    if info < _IN_PLACE:
        return info, at
    width = _WIDTHS.get(info)
    if width is None:
        raise BrokenCbor("a length is not told")
    return int.from_bytes(_piece(data, at, width), "big"), at + width


def _simple(data: bytes, at: int, info: int) -> tuple[Value, int]:
    if info in _CONSTANTS:
        return _CONSTANTS[info], at
    if info != _DOUBLE:
        raise BrokenCbor("it holds a value that is none of its form")
    found: float = struct.unpack(">d", _piece(data, at, 8))[0]
    return found, at + 8


def _piece(data: bytes, at: int, length: int) -> bytes:
    if length > len(data) - at:
        raise BrokenCbor("it ends in the middle")
    return data[at : at + length]


def _list(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    values: list[Value] = []
    for _ in range(count):
        value, at = _value(data, at, depth + 1)
        values.append(value)
    return values, at


def _map(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    values: dict[str, Value] = {}
    for _ in range(count):
        name, at = _value(data, at, depth + 1)
        if not isinstance(name, str):
            raise BrokenCbor("a name is no text")
        values[name], at = _value(data, at, depth + 1)
    return values, at


def _link(data: bytes, at: int, tag: int, depth: int) -> tuple[Value, int]:
    value, at = _value(data, at, depth + 1)
    if tag != _LINK or not isinstance(value, bytes) or not value.startswith(b"\x00"):
        raise BrokenCbor("it holds a value that is none of its form")
    return Cid(value[1:]), at
