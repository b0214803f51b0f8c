"""The listening socket, bound before anything heavy is loaded, so that connections queue from the first moment."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from timeline_local.core.instance import PORT_FILE, own_port
from timeline_local.core.private_files import write_private
from timeline_local.exceptions import PortTaken, StartRefused

if TYPE_CHECKING:
    from timeline_local.config import ServerSettings

DEFAULT_PORT = 8765
NEIGHBOURS = 20
BACKLOG = 2048


def listen(server: ServerSettings, data_dir: Path) -> socket.socket:
    """A listening socket: on the port that is set, else on the library's own, 8765, the next 20, or any free one.

    The first one used is the library's own from then on, because bookmarks and the browser's storage hang on it; where
    it is taken another one does for this time. Raises PortTaken if the port that is set is taken, StartRefused if the
    address may not or cannot be used.
    """
    _check_host(server)
    if server.port is not None:
        return _demanded(server.host, server.port)
    own = own_port(data_dir)
    for port in _wanted(own):
        found = _try(server.host, port)
        if found is not None:
            if own is None:
                write_private(data_dir / PORT_FILE, str(found.getsockname()[1]).encode())
            return found
    raise PortTaken("No port of this computer is free. Nothing was changed.")


def wished(server: ServerSettings, data_dir: Path) -> int:
    """The port that is tried first."""
    return server.port or next(_wanted(own_port(data_dir)))


def _check_host(server: ServerSettings) -> None:
    if server.allow_lan or server.host == "localhost":
        return
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(server.host).is_loopback:
            return
    raise StartRefused(
        f"Other machines could reach {server.host}. Nothing was started. "
        "Leave --host away, or set TIMELINE_SERVER__ALLOW_LAN=true if that is what you want."
    )


def _wanted(own: int | None) -> Iterator[int]:
    if own is not None:
        yield own
    yield from range(DEFAULT_PORT, DEFAULT_PORT + NEIGHBOURS + 1)
    yield 0


def _demanded(host: str, port: int) -> socket.socket:
    found = _try(host, port)
    if found is None:
        raise PortTaken(
            f"Port {port} is taken by {_who(port) or 'another program'}. Nothing was started. "
            "Choose another one with --port, or leave --port away."
        )
    return found


def _try(host: str, port: int) -> socket.socket | None:
    """A listening socket there; None if the port is taken. Raises StartRefused when the address is no good."""
    family, kind, protocol, _, address = _resolve(host, port)
    made = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # a quick restart must not wait for old connections; on Windows it would allow theft
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
        made.setblocking(False)
        made.set_inheritable(False)
    except OSError as error:
        made.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return None
        raise StartRefused(f"{host} is no address of this computer ({error.strerror}). Nothing was started.") from error
    return made


def _resolve(host: str, port: int) -> tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise StartRefused(f"{host!r} is no address of this computer. Nothing was started.") from error
    family, kind, protocol, name, address = found[0]
    return family, kind, protocol, name, (address[0], port, *address[2:])


def reachable(host: str) -> str:
    """The address at which this computer itself reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared only


def _who(port: int) -> str | None:
    """The name of the process that listens there, as far as Linux tells us."""
    if not sys.platform.startswith("linux"):
        return None
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(descriptor.readlink()) in sockets:
                process = descriptor.parents[1]
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with contextlib.suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[1].endswith(f":{port:04X}") and fields[3] == "0A":  # listening
                    yield fields[9]
