"""Files read where they lie, by whoever knows nothing of folders and archives."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from timeline_local.domain.stretches import Packing, Stretch, stretch_from_json

CONTENT = b"what happened " * 200_000  # more than two chunks


@pytest.fixture(params=[zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> Stretch:
    with zipfile.ZipFile(tmp_path / "made.zip", "w", request.param) as archive:
        archive.writestr("before.txt", "before")
        archive.writestr("it.txt", CONTENT)
        info = archive.getinfo("it.txt")
        end = archive.start_dir
    packing = Packing(
        header=info.header_offset,
        packed=info.compress_size,
        end=end,
        size=info.file_size,
        is_deflated=info.compress_type == zipfile.ZIP_DEFLATED,
        crc=info.CRC,
    )
    return Stretch(str(tmp_path / "made.zip"), packing)


def read(stretch: Stretch) -> bytes:
    with Path(stretch.path).open("rb", buffering=0) as file:
        return b"".join(stretch.chunks(file))


def test_a_file_in_a_zip_is_read_whole(packed: Stretch) -> None:
    assert read(packed) == CONTENT


def test_a_stretch_travels_as_json(packed: Stretch) -> None:
    assert stretch_from_json(json.loads(json.dumps(packed.to_json()))) == packed
    assert stretch_from_json(Stretch("/a\udcff").to_json()) == Stretch("/a\udcff")


@pytest.mark.parametrize(
    "wrong", [{"size": 5}, {"size": len(CONTENT) + 1}, {"crc": 1}, {"header": 3}, {"end": 100}, {"packed": 40}]
)
def test_what_is_not_as_its_zip_says_is_refused(packed: Stretch, wrong: dict[str, int]) -> None:
    assert packed.packing is not None
    with pytest.raises((ValueError, zlib.error)):
        read(replace(packed, packing=Packing(**{**asdict(packed.packing), **wrong})))


def test_a_bomb_is_given_up_at_its_announced_size(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50_000_000))
        info = archive.getinfo("zeros")
        end = archive.start_dir
    packing = Packing(header=0, packed=info.compress_size, end=end, size=2_000_000, is_deflated=True, crc=None)
    found: list[int] = []

    def read_on() -> None:
        with (tmp_path / "bomb.zip").open("rb") as file:
            found.extend(map(len, Stretch(str(tmp_path / "bomb.zip"), packing).chunks(file)))

    with pytest.raises(ValueError, match="not what its zip says"):
        read_on()
    assert sum(found) <= 2_000_000


def test_who_knows_the_hash_needs_no_checksum(packed: Stretch) -> None:
    assert packed.packing is not None
    wrong = replace(packed, packing=replace(packed.packing, crc=1))
    with Path(packed.path).open("rb") as file:
        assert b"".join(wrong.chunks(file, with_sum=False)) == CONTENT
