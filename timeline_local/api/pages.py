"""Cursors of list pages and ETags of single things: how a position and a version travel over HTTP."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import Annotated
from uuid import UUID

from fastapi import Header

from timeline_local.exceptions import InvalidCursor

Position = tuple[int, int, bytes]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=500, description='The ETag you edit, as `"3"`.')]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=500)]

_VERSION = 1
_TEXT_VERSION = 2
LONGEST_TEXT_CURSOR = 1200  # 200 characters of up to four bytes, an id, and the framing
_LAYOUT = struct.Struct(">Bqq16s")
_CHECK = 4
_LONGEST = 64


def encode_cursor(position: Position) -> str:
    """The opaque form of a keyset position: (day number, microseconds, 16 id bytes). 50 URL-safe characters."""
    first, second, key = position
    raw = _LAYOUT.pack(_VERSION, first, second, key)
    return base64.urlsafe_b64encode(raw + _checksum(raw)).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> Position:
    """The position of a cursor of ours; raises InvalidCursor on anything else, a changed character included.

    The checksum finds damage; it is no secret. A cursor only says where to go on: what may be seen there is decided
    by the query.
    """
    if len(cursor) > _LONGEST or not cursor.isascii():
        raise _invalid()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _invalid() from None
    body, check = raw[:-_CHECK], raw[-_CHECK:]
    if len(body) != _LAYOUT.size or check != _checksum(body) or body[0] != _VERSION:
        raise _invalid()
    _, first, second, key = _LAYOUT.unpack(body)
    if encode_cursor((first, second, key)) != cursor:
        raise _invalid()
    return first, second, key


def encode_text_cursor(text: str, key: UUID) -> str:
    """The opaque form of a keyset position in a list of names: (sort key, id)."""
    raw = bytes((_TEXT_VERSION,)) + key.bytes + text.encode()
    return base64.urlsafe_b64encode(raw + _checksum(raw)).rstrip(b"=").decode()


def decode_text_cursor(cursor: str) -> tuple[str, UUID]:
    """The position of a cursor of `encode_text_cursor`; raises InvalidCursor on anything else."""
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        body, check = raw[:-_CHECK], raw[-_CHECK:]
        if check != _checksum(body) or body[0] != _TEXT_VERSION:
            raise _invalid()
        text, key = body[17:].decode(), UUID(bytes=body[1:17])
    except (binascii.Error, ValueError, IndexError):
        raise _invalid() from None
    if "\0" in text or encode_text_cursor(text, key) != cursor:
        raise _invalid()
    return text, key


def _checksum(raw: bytes) -> bytes:
    return hashlib.blake2s(raw, digest_size=_CHECK).digest()


def _invalid() -> InvalidCursor:
    return InvalidCursor("That cursor does not come from a page of ours. Start again without a cursor.")


def etag(version: int | str) -> str:
    """The strong ETag of a version."""
    return f'"{version}"'


def weak_etag(revision: int | str) -> str:
    """The weak ETag of something computed from a revision, equal in meaning but not byte by byte."""
    return f'W/"{revision}"'


def if_match(header: str | None, current: str) -> bool:
    """Whether an edit may go on: True without a header, for `*`, and if the current ETag is among those named.

    A weak tag is compared by its value: a proxy may have weakened ours, and ours name versions, not bytes.
    """
    return header is None or header.strip() == "*" or _opaque(current) in _tags(header)


def if_none_match(header: str | None, current: str) -> bool:
    """Whether the client already has it, so that 304 is the answer."""
    return header is not None and (header.strip() == "*" or _opaque(current) in _tags(header))


def _tags(header: str) -> set[str]:
    return {_opaque(tag) for tag in header.split(",")}


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/")
