"""The decoding process: foreign bytes are decoded there, so that a crash, a bomb or a hang never reaches the server.

The server keeps a `DecodePool`. Its children run `python -m timeline_local.media.worker` (a frozen build starts itself
with `--decode-worker`), read one request at a time from stdin and answer on stdout; a message is four bytes of length
and JSON. Nothing here imports a decoder: the child does, in `decoding`.
"""

import asyncio
import errno
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from timeline_local.core.side_process import Helper, command_of
from timeline_local.domain.stretches import Stretch
from timeline_local.media.facts import (
    MediaFacts,
    PreviewResult,
    Undecodable,
    facts_from_json,
    previews_from_json,
)

GROUP = 64  # files in one message: two processes share what an import looks at together

# Says nothing about the file that is read, but that the disk for the previews is full or read-only.
UNWRITTEN: Final = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EROFS)


class DecodePool:
    """Up to `size` decoding processes, started when needed and stopped when idle.

    timeout_s      wall time of one request; then its process is killed.
    idle_s         a process that has had nothing to do for so long is stopped, to give its memory back.
    recycle_after  requests before a process is replaced, which bounds what a leaking decoder can gather.
    """

    def __init__(
        self,
        *,
        size: int = 2,
        timeout_s: float = 30.0,
        idle_s: float = 60.0,
        recycle_after: int = 500,
        command: Sequence[str] | None = None,
    ) -> None:
        self._slots = asyncio.Semaphore(size)
        self._size = size
        self._threads: ThreadPoolExecutor | None = None
        self._timeout_s = timeout_s
        self._idle_s = idle_s
        self._recycle_after = recycle_after
        self._command = tuple(command or worker_command())
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._endings: set[asyncio.Task[None]] = set()
        self._is_open = False

    async def start(self) -> None:
        """Open the pool; the processes start with the first request."""
        self._is_open = True
        # Twice as many: one that was given up is freed by its process's end, while the next request has begun.
        self._threads = ThreadPoolExecutor(2 * self._size, thread_name_prefix="decode")

    async def stop(self) -> None:
        """Kill every process and wait until none is left; requests under way end as Undecodable. Idempotent."""
        self._is_open = False
        threads, self._threads = self._threads, None  # from here on no process is started
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._idle.clear()
        await asyncio.gather(*(child.kill() for child in tuple(self._all)), *self._endings)
        self._all.clear()
        if threads is not None:
            threads.shutdown(wait=False)

    async def facts(self, path: Path, *, name_hint: str = "") -> MediaFacts:
        """What the file says about itself; name_hint: its original name, for TIFF-based RAW. Raises Undecodable."""
        return _facts(await self._ask(_facts_request(path, name_hint)))

    async def facts_of(self, files: Sequence[tuple[Path | Stretch, str]]) -> list[MediaFacts | Undecodable]:
        """As `facts`, of many files with their name hints; what lies in a zip must be pictures, not compressed.

        They are asked for in groups: a message took the server as long as reading the facts of a picture (2026-11).
        """
        requests = [_facts_request(*each) for each in files]
        groups = [requests[start : start + GROUP] for start in range(0, len(requests), GROUP)]
        found = await asyncio.gather(*map(self._replies, groups))
        return [_facts_or_problem(reply) for replies in found for reply in replies]

    async def _replies(self, requests: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        try:
            replies = (await self._ask({"requests": requests}))["replies"] if len(requests) > 1 else []
        except Undecodable:
            replies = []  # one of them ended the process, or all together took too long
        rest = await asyncio.gather(*map(self._reply_alone, requests[len(replies) :]))
        return [*replies, *rest]

    async def _reply_alone(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return await self._ask(request)
        except Undecodable as error:
            return {"error": error.slug, "detail": error.detail}

    async def previews(self, path: Path, out_dir: Path, *, name_hint: str = "") -> PreviewResult:
        """Previews written as `<out_dir>/<name>.webp`. Raises Undecodable, and OSError if they could not be written."""
        request = {"op": "previews", "path": str(path), "out_dir": str(out_dir), "name_hint": name_hint}
        reply = await self._ask(request)
        if reply.get("errno") in UNWRITTEN:
            raise OSError(reply["errno"], reply["detail"])
        return previews_from_json(_result(reply))

    async def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The reply to a request. Raises Undecodable if there comes none."""
        async with self._slots:
            child, threads = await self._take()
            try:
                async with asyncio.timeout(self._timeout_s):
                    reply = await child.ask(request, threads)
            except TimeoutError:
                await self._end(child)
                raise Undecodable("decode-timed-out", f"gave up after {self._timeout_s:g} s") from None
            except (OSError, ValueError):
                await self._end(child)
                raise Undecodable("decoder-crashed", "the decoding process ended on this file") from None
            except BaseException:
                # Cancelled half-way through a message: nobody can tell where the next one would start.
                await self._end(child)
                raise
            await self._give_back(child, is_spent=bool(reply.get("is_spent")))
        return reply

    async def _take(self) -> "tuple[_Child, Executor]":
        while self._idle:
            child = self._idle.pop()
            if child.is_alive and self._threads is not None:
                return child, self._threads
            await self._end(child)
        if self._threads is None:  # perhaps only since the last line above
            raise Undecodable("decoder-stopped", "the server is shutting down")
        child = _Child(Helper.start(self._command))
        self._all.add(child)
        return child, self._threads

    async def _give_back(self, child: "_Child", *, is_spent: bool) -> None:
        if is_spent or child.requests >= self._recycle_after or not self._is_open:
            await self._end(child)
            return
        self._idle.append(child)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._idle_s, self._stop_idle)

    def _stop_idle(self) -> None:
        while self._idle:
            ending = asyncio.get_running_loop().create_task(self._end(self._idle.pop()))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    async def _end(self, child: "_Child") -> None:
        await child.kill()
        self._all.discard(child)


class _Child:
    """One decoding process, which a thread talks with."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper
        self.requests = 0

    @property
    def is_alive(self) -> bool:
        return self._helper.is_alive

    async def ask(self, request: Mapping[str, Any], threads: Executor) -> dict[str, Any]:
        """Send one request and read its answer; raises OSError or ValueError when the process ends.

        Cancelled, it leaves a thread that waits for the answer until the process is killed.
        """
        self.requests += len(request["requests"]) if "requests" in request else 1
        return await asyncio.get_running_loop().run_in_executor(threads, self._helper.ask, request)

    async def kill(self) -> None:
        """End the process at once and reap it."""
        self._helper.kill()
        await asyncio.to_thread(self._helper.reap)


def _facts_request(file: Path | Stretch, name_hint: str) -> dict[str, Any]:
    stretch = file if isinstance(file, Stretch) else Stretch(str(file))
    return {"op": "facts", "name_hint": name_hint, **stretch.to_json()}


def _result(reply: Mapping[str, Any]) -> dict[str, Any]:
    if "error" in reply:
        raise Undecodable(reply["error"], reply["detail"])
    result: dict[str, Any] = reply["result"]
    return result


def _facts(reply: Mapping[str, Any]) -> MediaFacts:
    return facts_from_json(_result(reply))


def _facts_or_problem(reply: Mapping[str, Any]) -> MediaFacts | Undecodable:
    try:
        return _facts(reply)
    except Undecodable as error:
        return error


def worker_command() -> list[str]:
    """How to start the decoding process from this one."""
    return command_of("timeline_local.media.worker", "--decode-worker")


def main() -> int:
    """Run as the decoding process until stdin ends."""
    from timeline_local.media import decoding  # noqa: PLC0415 - only the child may load what decodes

    return decoding.serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    sys.exit(main())
