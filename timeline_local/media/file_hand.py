"""The process that handles originals: it reads, hashes and writes files by the hundred, beside the server.

In threads of the server the same took up to twice the processor's time, much of it spent on switching between them
(2026-11). Foreign bytes are not decoded here (`media.worker` does that), only looked at: their hash, and what their
first bytes tell.

What cannot be done here, for whatever reason, is left to the server, whose own way finds the reason.
"""

from __future__ import annotations

import sys
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from timeline_local.core.shelf import MANY, Shelf, Whole, each_of, remove
from timeline_local.core.side_process import Helper, command_of, serve
from timeline_local.domain.stretches import Stretch, stretch_from_json
from timeline_local.media.sniff import HEAD_BYTES, Sniffed, sniff

FLAG = "--file-hand"
IDLE_S = 60.0
_UNDONE = (OSError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was read: the hash of its bytes, and what they are."""

    sha256: bytes
    size: int
    sniffed: Sniffed


class FileHand:
    """The server's side of it. Methods block, and may be called from any thread; one request is answered at a time.

    The process starts when it is needed, and ends after a minute without work.
    """

    def __init__(self) -> None:
        self._helper: Helper | None = None
        self._asking = threading.Lock()
        self._asked_at = 0.0
        self._is_closed = False

    def take(
        self, root: Path, incoming: Path, wanted: Sequence[tuple[Stretch, int, bytes]]
    ) -> list[Whole | bool | None]:
        """Durable temporary files of these: where they lie, their size and hash.

        True for what the shelf holds already; None for what is not done.
        """
        offers = [[stretch.to_json(), size, hashed.hex()] for stretch, size, hashed in wanted]
        reply = self._ask({"op": "take", "root": str(root), "incoming": str(incoming), "offers": offers})
        return [_whole(each) if isinstance(each, list) else each for each in reply or [None] * len(wanted)]

    def name(
        self, root: Path, incoming: Path, parts: Sequence[Whole], held: Sequence[bytes], *, naming: threading.Lock
    ) -> list[bool] | None:
        """Put these under their hashes, durably, and also the names of what was held; whether each is new there.

        naming  is held meanwhile; whoever else needs it does not wait for a film that is being read.
        None: it was not done, or only some of it, which does no harm when it is done again.
        """
        told = [[part.path, part.size, part.sha256.hex()] for part in parts]
        request = {"op": "name", "root": str(root), "incoming": str(incoming), "parts": told}
        named: list[bool] | None = self._ask(request | {"held": [each.hex() for each in held]}, naming)
        return named

    def look(self, files: Sequence[tuple[Stretch, str]]) -> list[Looked | None]:
        """Hash and kind of files, by where they lie and what they are called; None for what is not done."""
        reply = self._ask({"op": "look", "files": [[stretch.to_json(), name] for stretch, name in files]})
        return [_looked(each) if each else None for each in reply or [None] * len(files)]

    def close(self) -> None:
        """End the process at once; what is asked of it comes back undone. Nothing can be asked afterwards."""
        self._is_closed = True
        helper = self._helper
        if helper is not None:
            helper.kill()
        with self._asking:
            self._let_go()

    def _ask(self, request: Mapping[str, Any], also: threading.Lock | None = None) -> Any:  # noqa: ANN401 - as the operation answers
        with self._asking, also or nullcontext():
            self._asked_at = time.monotonic()
            try:
                helper = None if self._is_closed else self._ready()
                return None if helper is None else helper.ask(request)["answer"]
            except (OSError, ValueError):
                self._let_go()
                return None

    def _ready(self) -> Helper:
        if self._helper is None or not self._helper.is_alive:
            self._let_go()
            self._helper = Helper.start(command_of("timeline_local.media.file_hand", FLAG))
            self._look_after(IDLE_S)
        return self._helper

    def _look_after(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self._rest)
        timer.daemon = True
        timer.start()

    def _rest(self) -> None:
        with self._asking:
            left = self._asked_at + IDLE_S - time.monotonic()
            if self._helper is None:
                return
            if left <= 0:
                self._let_go()
                return
        self._look_after(left)

    def _let_go(self) -> None:
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.kill()
            helper.reap()


def _whole(told: Sequence[Any]) -> Whole:
    path, size, hashed = told
    return Whole(path, bytes.fromhex(hashed), size)


def _looked(told: Sequence[Any]) -> Looked:
    hashed, size, mime, extension, family = told
    return Looked(bytes.fromhex(hashed), size, Sniffed(mime, extension, family))


# --- in the process --------------------------------------------------------------------


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What the process answers."""
    try:
        return {"answer": _OPERATIONS[request["op"]](request)}
    except OSError:
        return {"answer": None}


def _take(request: Mapping[str, Any]) -> list[Any]:
    shelf, offers = _shelf(request), request["offers"]
    if len(offers) < MANY or not shelf.syncs_together:
        return each_of(lambda offer: _taken(shelf, offer, is_synced=True), offers)
    found = [_taken(shelf, offer, is_synced=False) for offer in offers]
    try:
        shelf.sync_all()
    except OSError:
        for each in found:
            if isinstance(each, list):
                remove(each[0])
        raise
    return found


def _taken(shelf: Shelf, offer: Sequence[Any], *, is_synced: bool) -> list[Any] | bool | None:
    told, size, hashed = offer
    stretch = stretch_from_json(told)
    with suppress(*_UNDONE):
        if shelf.holds(bytes.fromhex(hashed), size):
            return True
        with _opened(stretch) as file:
            part = shelf.write(shelf.new_part(), stretch.chunks(file, with_sum=False), is_synced=is_synced)
        if part.sha256.hex() == hashed:
            return [part.path, part.size, hashed]
        remove(part.path)
    return None


def _name(request: Mapping[str, Any]) -> list[bool]:
    shelf, parts = _shelf(request), [*map(_whole, request["parts"])]
    new = shelf.rename(parts)
    shelf.sync_names([*(part.sha256 for part in parts), *map(bytes.fromhex, request["held"])])
    return new


def _look(request: Mapping[str, Any]) -> list[Any]:
    return [_seen(stretch_from_json(told), name) for told, name in request["files"]]


def _seen(stretch: Stretch, name: str) -> list[Any] | None:
    digest, head, size = sha256(), b"", 0
    with suppress(*_UNDONE), _opened(stretch) as file:
        for chunk in stretch.chunks(file):
            head = head or chunk[:HEAD_BYTES]
            digest.update(chunk)
            size += len(chunk)
        sniffed = sniff(head, name)
        return [digest.hexdigest(), size, sniffed.mime, sniffed.extension, sniffed.family]
    return None


def _opened(stretch: Stretch) -> BinaryIO:
    return Path(stretch.path).open("rb", buffering=0)


def _shelf(request: Mapping[str, Any]) -> Shelf:
    return Shelf(Path(request["root"]), Path(request["incoming"]))


_OPERATIONS = {"take": _take, "name": _name, "look": _look}


def main() -> int:
    """Run as this process until stdin ends."""
    return serve(answer, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    sys.exit(main())
