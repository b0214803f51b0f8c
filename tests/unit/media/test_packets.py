"""Metadata where decoders do not look: boxes, text chunks, and pictures that nobody here can show."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from timeline_local.media.facts import MediaFacts, Undecodable
from timeline_local.media.images import opened
from timeline_local.media.metadata import read_metadata
from timeline_local.media.raw import raw_exif
from timeline_local.media.sniff import sniff_file

Block = Callable[..., bytes]
DATE = {0x9003: "2020:05:04 18:39:11"}
TAKEN = "2020-05-04 18:39:11"
JXL = b"\x00\x00\x00\x0cJXL \r\n\x87\n"


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def facts(path: Path, data: bytes) -> MediaFacts:
    path.write_bytes(data)
    return read_metadata(path, sniff_file(path))


def taken(found: MediaFacts) -> list[str]:
    return [str(each.local_at) for each in found.evidence]


@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
def test_a_jpeg_xl_that_cannot_be_shown_has_its_date(tmp_path: Path, tiff_block: Block, *, is_packed: bool) -> None:
    block = struct.pack(">I", 0) + tiff_block({0x10F: "Maker"}, DATE)
    held = box(b"brob", b"Exif" + brotli.compress(block)) if is_packed else box(b"Exif", block)
    found = facts(tmp_path / "a.jxl", JXL + box(b"ftyp", b"jxl \0\0\0\0jxl ") + held + box(b"jxlc", b"\xff\x0a"))
    assert (taken(found), found.camera_make, found.problems) == ([TAKEN], "Maker", ("no-decoder",))


@pytest.mark.parametrize("packed", [b"", b"\xff not packed"])
def test_a_jpeg_xl_without_a_date_is_told_as_before(tmp_path: Path, packed: bytes) -> None:
    with pytest.raises(Undecodable, match="no decoder"):
        facts(tmp_path / "a.jxl", JXL + box(b"ftyp", b"jxl ") + box(b"brob", b"Exif" + packed) + box(b"brob", b""))


def test_a_jpeg_whose_pixels_are_gone_has_its_date(tmp_path: Path, tiff_block: Block) -> None:
    exif = b"Exif\x00\x00" + tiff_block({}, DATE)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    found = facts(tmp_path / "a.jpg", b"\xff\xd8" + segment + b"\xff\xd9")
    assert (taken(found), found.problems) == ([TAKEN], ("image-unreadable",))


def test_a_jpeg_2000_gives_what_stands_in_its_boxes(tmp_path: Path, tiff_block: Block) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 8)).save(buffer, "JPEG2000")
    data = buffer.getvalue() + box(b"uuid", b"JpgTiffExif->JP2" + tiff_block({0x10F: "Maker"}, DATE))
    found = facts(tmp_path / "a.jp2", data)
    assert (taken(found), found.camera_make, found.width, found.height) == ([TAKEN], "Maker", 16, 8)


def photoshop(exif: bytes, *, depth: int = 8) -> bytes:
    """A picture of 2 by 1 red points; of the resource before EXIF the name is odd."""
    resources = [(0x03ED, b"\x03abc", b"odd"), (0x0422, b"\0\0", exif)]
    blocks = b"".join(
        b"8BIM" + struct.pack(">H", number) + name + struct.pack(">I", len(data)) + data + b"\0" * (len(data) % 2)
        for number, name, data in resources
    )
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 1, 2, depth, 3)
    pixels = struct.pack(">H", 0) + b"\xff" * (depth // 8) * 2 + b"\0" * (depth // 8) * 4
    return head + struct.pack(">I", 0) + struct.pack(">I", len(blocks)) + blocks + struct.pack(">I", 0) + pixels


@pytest.mark.parametrize(("depth", "problems"), [(8, ()), (16, ("image-unreadable",))])
def test_a_picture_of_photoshop_has_its_date(
    tmp_path: Path, tiff_block: Block, depth: int, problems: tuple[str, ...]
) -> None:
    path = tmp_path / "a.psd"
    found = facts(path, photoshop(tiff_block({0x10F: "Maker"}, DATE), depth=depth))
    assert (taken(found), found.camera_make, found.problems) == ([TAKEN], "Maker", problems)
    if not problems:
        assert (found.width, found.height) == (2, 1)
        with opened(path, sniff_file(path)) as image:
            assert image.convert("RGB").getpixel((1, 0)) == (255, 0, 0)


@pytest.mark.parametrize("name", ["exif", "APP1"])
def test_a_block_that_was_written_into_a_png_as_text_is_read(tmp_path: Path, tiff_block: Block, name: str) -> None:
    block = b"Exif\x00\x00" + tiff_block({}, DATE)
    lines = [block.hex()[at : at + 72] for at in range(0, len(block.hex()), 72)]
    text = PngInfo()
    text.add_text(f"Raw profile type {name}", "\n".join(["", name, f"{len(block):8}", *lines, ""]), zip=True)
    text.add_text("Raw profile type iptc", "\niptc\n 4\nnone")
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG", pnginfo=text)
    assert taken(facts(tmp_path / "a.png", buffer.getvalue())) == [TAKEN]


def test_a_png_with_a_long_text_is_a_picture(tmp_path: Path) -> None:
    text = PngInfo()
    text.add_text("workflow", "x" * 2_000_000, zip=True)
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3)).save(buffer, "PNG", pnginfo=text)
    found = facts(tmp_path / "a.png", buffer.getvalue())
    assert (found.width, found.height) == (4, 3)


def test_several_pictures_in_one_jpeg_are_a_picture(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 8)).save(buffer, "MPO", save_all=True, append_images=[Image.new("RGB", (16, 8))])
    found = facts(tmp_path / "a.jpg", buffer.getvalue())
    assert (found.mime, found.width, found.height) == ("image/jpeg", 16, 8)


def test_a_minolta_raw_gives_its_exif(tmp_path: Path, tiff_block: Block) -> None:
    blocks = b"\x00PRD" + struct.pack(">I", 4) + b"size"
    block = tiff_block({0x10F: "Minolta"}, DATE)
    path = tmp_path / "a.mrw"
    path.write_bytes(b"\x00MRM" + struct.pack(">I", 99) + blocks + b"\x00TTW" + struct.pack(">I", len(block)) + block)
    assert (raw_exif(path).make, str(raw_exif(path).original)) == ("Minolta", TAKEN)


def test_a_sigma_raw_gives_the_exif_of_the_picture_for_its_screen(tmp_path: Path, tiff_block: Block) -> None:
    jpeg = b"\xff\xd8\xff\xe1\x00\x00Exif\x00\x00" + tiff_block({0x10F: "SIGMA"}, DATE)
    head = b"FOVb".ljust(40, b"\x00")
    part = b"SECi".ljust(28, b"\x00") + jpeg
    rows = struct.pack("<II4s", 0, 40, b"PROP") + struct.pack("<II4s", len(head), len(part), b"IMA2")
    listed = b"SECd" + struct.pack("<II", 2, 2) + rows + struct.pack("<I", len(head) + len(part))
    path = tmp_path / "a.x3f"
    path.write_bytes(head + part + listed)
    assert (raw_exif(path).make, str(raw_exif(path).original)) == ("SIGMA", TAKEN)


@pytest.mark.parametrize(
    "data", [b"\x00MRM", b"\x00MRM\0\0\0\0\0PRD\xff\xff\xff\xff", b"FOVb", b"FOVb".ljust(60, b"\x00")]
)
def test_a_raw_file_that_ends_early_has_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(data)
    assert raw_exif(path).problems == ["exif-unreadable"]
