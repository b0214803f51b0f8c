"""Multipart bodies read as they arrive: a file goes straight into the store, never through a second copy."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from timeline_local.exceptions import BodyTooLarge, MalformedRequest, UnsupportedContentType

MOST_PARTS = 16
FIELD_BYTES = 64 * 1024
FILE = {"type": "string", "contentMediaType": "application/octet-stream"}  # how OpenAPI 3.1 writes "any bytes"


@dataclass(slots=True)
class Part:
    """One part of the form. Read `chunks` before asking for the next part. file_name is None for plain fields."""

    name: str
    file_name: str | None
    _body: Body = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of this part as they arrive."""
        while (chunk := await self._body.next_chunk()) is not None:
            yield chunk

    async def read(self, most: int = FIELD_BYTES) -> bytes:
        """All bytes of a small part. Raises BodyTooLarge past `most`."""
        whole = bytearray()
        async for chunk in self.chunks():
            whole += chunk
            if len(whole) > most:
                raise BodyTooLarge(f"The part {self.name!r} is larger than {most:,} bytes. Nothing was kept.")
        return bytes(whole)


async def read_parts(request: Request) -> AsyncIterator[Part]:
    """The parts of a multipart/form-data body, in order.

    Raises UnsupportedContentType, and MalformedRequest for a body that breaks off or is not well-formed.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise UnsupportedContentType("Send the file as multipart/form-data, in a field named `file`.")
    body = Body(request, options[b"boundary"])
    for _ in range(MOST_PARTS):
        part = await body.next_part()
        if part is None:
            return
        yield part
        await body.skip_rest()
    if await body.next_part() is not None:
        raise MalformedRequest(f"A form may have at most {MOST_PARTS} parts. Nothing more was read.")


class Body:
    """Turns the parser's callbacks into parts and chunks, reading the request only as far as they are asked for."""

    def __init__(self, request: Request, boundary: bytes) -> None:
        self._stream = request.stream()
        self._events: deque[tuple[str, Any]] = deque()
        self._header = bytearray(), bytearray()
        self._headers: dict[str, bytes] = {}
        self._in_part = False
        self._ended = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks(), max_header_count=16, max_header_size=8192)
        except FormParserError as error:
            raise MalformedRequest("The boundary of the form cannot be used. Nothing was kept.") from error

    async def next_part(self) -> Part | None:
        """The next part, its headers read; None at the end of the form."""
        while True:
            event = await self._next()
            if event is None:
                return None
            if event[0] == "part":
                self._in_part = True
                return Part(event[1][0], event[1][1], self)

    async def next_chunk(self) -> bytes | None:
        """The next bytes of the current part; None at its end."""
        while self._in_part:
            event = await self._next()
            if event is None:
                raise MalformedRequest("The form broke off. Nothing of it was kept; send it again.")
            if event[0] == "data":
                data: bytes = event[1]
                return data
            if event[0] == "end":
                self._in_part = False
        return None

    async def skip_rest(self) -> None:
        """Read to the end of the current part."""
        while await self.next_chunk() is not None:
            pass

    async def _next(self) -> tuple[str, Any] | None:
        while not self._events:
            if self._ended:
                return None
            chunk = await anext(self._stream, b"")
            if chunk:
                self._feed(chunk)
            else:
                self._finish()
        return self._events.popleft()

    def _feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MalformedRequest("The form is not well-formed. Nothing of it was kept.") from error

    def _finish(self) -> None:
        if not self._ended:
            try:
                self._parser.finalize()
            except FormParserError as error:
                raise MalformedRequest("The form broke off. Nothing of it was kept; send it again.") from error
        self._ended = True

    def _callbacks(self) -> Any:  # noqa: ANN401 - the parser's own typed dict of callbacks
        name, value = self._header
        return {
            "on_part_begin": self._headers.clear,
            "on_header_begin": self._clear_header,
            "on_header_field": lambda data, start, end: name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: value.extend(data[start:end]),
            "on_header_end": lambda: self._headers.update({name.decode("latin-1").lower(): bytes(value)}),
            "on_headers_finished": self._begin_part,
            "on_part_data": lambda data, start, end: self._events.append(("data", data[start:end])),
            "on_part_end": lambda: self._events.append(("end", None)),
        }

    def _clear_header(self) -> None:
        for text in self._header:
            text.clear()

    def _begin_part(self) -> None:
        disposition, options = parse_options_header(self._headers.get("content-disposition", b""))
        if disposition != b"form-data" or b"name" not in options:
            raise MalformedRequest("A part of the form has no name. Nothing of it was kept.")
        file_name = options.get(b"filename")
        text = None if file_name is None else file_name.decode("utf-8", "replace")
        self._events.append(("part", (options[b"name"].decode("utf-8", "replace"), text)))
