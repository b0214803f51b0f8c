"""The inside of the decoding process: puts limits on itself, then answers requests until its input ends.

Also the synchronous way to decode for benchmarks and scripts: `answer` needs no process at all.
"""

import contextlib
import ctypes
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from timeline_local.core import side_process
from timeline_local.domain.parts import Part
from timeline_local.domain.stretches import stretch_from_json
from timeline_local.media.facts import Undecodable, facts_to_json, previews_to_json
from timeline_local.media.metadata import read_metadata
from timeline_local.media.previews import make_previews
from timeline_local.media.sniff import Sniffed, sniff_file

_MIB: Final = 1024 * 1024
_ADDRESS_SPACE: Final = 1536 * _MIB
# Private writable memory: what decoding can make resident, besides code, below the promised 512 MB. A 48 MP AVIF
# needs 440 of it (2026-11).
_DATA: Final = 480 * _MIB
_LARGEST_FILE: Final = 512 * _MIB
_OPEN_FILES: Final = 64
_CPU_SECONDS: Final = 40
_NICENESS: Final = 5
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWNET: Final = 0x40000000


def serve(requests: BinaryIO, replies: BinaryIO) -> int:
    """Answer length-prefixed JSON requests until `requests` ends; returns the exit status."""
    restrict()
    return side_process.serve(_reply_in_time, requests, replies)


def _reply_in_time(request: Mapping[str, Any]) -> dict[str, Any]:
    _allow_cpu_time()
    return reply_to(request)


def reply_to(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request: `result`, or `error` and `detail`; `is_spent` asks for a fresh process.

    To one of several requests: their `replies`, up to the first that asks for a fresh process.
    """
    if "requests" in request:
        replies = list(_replies_to(request["requests"]))
        return {"replies": replies, "is_spent": bool(replies[-1].get("is_spent"))}
    try:
        return {"result": answer(request)}
    except Undecodable as error:
        return {"error": error.slug, "detail": error.detail}
    except MemoryError:
        return {"error": "out-of-memory", "detail": "the file needs more memory than it may have", "is_spent": True}
    except OSError as error:
        return {"error": "file-unreadable", "detail": error.strerror or type(error).__name__, "errno": error.errno}
    except Exception as error:  # noqa: BLE001 - the edge between foreign bytes and the server: one file, one answer
        return {"error": "decoder-failed", "detail": f"{type(error).__name__}: {error}"[:300], "is_spent": True}


def _replies_to(requests: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for request in requests:
        reply = reply_to(request)
        yield reply
        if reply.get("is_spent"):
            return


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Decode in this process. Raises Undecodable, OSError.

    Request: op (facts | previews), name_hint, for facts a `Stretch` as JSON, for previews path and out_dir.
    """
    path = Path(request["path"])
    if request["op"] == "facts":
        file = _part(request) if request.get("packing") else path
        return facts_to_json(read_metadata(file, sniff_file(file, request.get("name_hint", ""))))
    sniffed: Sniffed = sniff_file(path, request.get("name_hint", ""))
    return previews_to_json(make_previews(path, sniffed, Path(request["out_dir"])))


def _part(request: Mapping[str, Any]) -> Part:
    try:
        return stretch_from_json(request).part()
    except ValueError as error:
        raise Undecodable("file-unreadable", str(error)) from error


def restrict() -> None:
    """Give up what decoding never needs: memory, processor, file size, core dumps, new rights and the network."""
    os.umask(0o077)
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - exists on Unix only

    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    limits = {
        resource.RLIMIT_AS: _ADDRESS_SPACE,
        resource.RLIMIT_DATA: _DATA,
        resource.RLIMIT_FSIZE: _LARGEST_FILE,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    for limit, value in limits.items():
        # macOS knows the address space limit and refuses to set it.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (value, value))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # An empty network namespace; only root may, for others the forced formats and protocols must do.
        libc.unshare(_CLONE_NEWNET)


def _allow_cpu_time() -> None:
    """A fresh window of processor time for one request; the kernel ends the process when it is used up."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - exists on Unix only

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + _CPU_SECONDS, hard))
