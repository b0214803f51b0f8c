"""Servers for the black-box tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.blackbox.boxed import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a library of its own, shared by a module."""
    with Server(tmp_path_factory.mktemp("boxed") / "library") as running:
        yield running


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    """A key that may do everything but administration."""
    return server.api_key()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server of this test alone."""
    with Server(tmp_path / "library") as running:
        yield running


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many small photographs and a few notes."""
    made = tmp_path_factory.mktemp("many")
    for number in range(150):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = (
            f"20{10 + number % 15}:{1 + number % 12:02}:{1 + number % 28:02} 10:{number % 60:02}:00"
        )
        colour = ((number * 37) % 256, (number * 91) % 256, (number * 13) % 256)
        Image.new("RGB", (96, 64), colour).save(made / f"picture_{number:04}.jpg", exif=exif)
    return made
