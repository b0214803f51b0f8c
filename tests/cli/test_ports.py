from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest

from timeline_local.cli.ports import listen, reachable, wished
from timeline_local.config import ServerSettings
from timeline_local.exceptions import StartRefused


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return port_of(found)


def test_connections_queue_from_the_first_moment(data: Path) -> None:
    with closing(listen(ServerSettings(port=0), data)) as listening:
        socket.create_connection(("127.0.0.1", port_of(listening)), timeout=1).close()


def test_the_port_used_last_is_taken_again(data: Path) -> None:
    remembered = free_port()
    (data / "run" / "port").write_text(str(remembered))
    with closing(listen(ServerSettings(), data)) as listening:
        assert port_of(listening) == remembered


@pytest.mark.parametrize("content", ["", "x", "0", "70000", "-1"])
def test_a_port_that_was_not_remembered_well_is_forgotten(data: Path, content: str) -> None:
    (data / "run" / "port").write_text(content)
    with closing(listen(ServerSettings(), data)) as listening:
        assert (data / "run" / "port").read_text() == str(port_of(listening))


def test_a_port_that_somebody_else_took_is_left_to_them(data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as squatter:
        (data / "run" / "port").write_text(str(port_of(squatter)))
        with closing(listen(ServerSettings(), data)) as listening:
            assert port_of(listening) != port_of(squatter)
        assert wished(ServerSettings(), data) == port_of(squatter)


def test_once_it_is_free_again_a_library_has_its_port_back(data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as squatter:
        own = port_of(squatter)
        (data / "run" / "port").write_text(str(own))
        listen(ServerSettings(), data).close()
    with closing(listen(ServerSettings(), data)) as listening:
        assert port_of(listening) == own


def test_a_demanded_port_is_not_remembered(data: Path) -> None:
    listen(ServerSettings(port=0), data).close()
    assert not (data / "run" / "port").exists()


def test_an_address_that_is_not_of_this_computer_is_refused(data: Path) -> None:
    with pytest.raises(StartRefused, match="no address of this computer"):
        listen(ServerSettings(host="192.0.2.1", allow_lan=True), data)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - compared only
        ("::", "::1"),
        ("localhost", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_a_server_that_listens_everywhere_is_reached_by_loopback(host: str, address: str) -> None:
    assert reachable(host) == address
