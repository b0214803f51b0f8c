"""XMP, EXIF and IPTC where decoders do not come: behind the pixels, in GIFs, in films, below odd heads."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from timeline_local.domain.times import TimeBasis
from timeline_local.media.facts import MediaFacts
from timeline_local.media.iptc import read_iptc
from timeline_local.media.metadata import read_metadata
from timeline_local.media.sniff import sniff_file

Block = Callable[..., bytes]
TAKEN = "2020-05-04 18:39:11"
STANDARD = b"http://ns.adobe.com/xap/1.0/\x00"


def packet(*properties: str) -> bytes:
    spaces = (
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    )
    return (
        f'<?xpacket begin="\ufeff"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {spaces}><rdf:Description>'
        f'{"".join(properties)}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


DATED = packet("<exif:DateTimeOriginal>2020-05-04T18:39:11</exif:DateTimeOriginal>")
TOLD = packet(
    "<exif:DateTimeOriginal>2020-05-04T18:39:11+02:00</exif:DateTimeOriginal>",
    "<xmp:CreateDate>2024-01-01T00:00:00Z</xmp:CreateDate>",
    "<xmp:Rating>4</xmp:Rating>",
    "<dc:subject><rdf:Bag><rdf:li>lake</rdf:li></rdf:Bag></dc:subject>",
    "<exif:GPSLatitude>48,30N</exif:GPSLatitude><exif:GPSLongitude>11,15E</exif:GPSLongitude>",
)


def facts(path: Path, data: bytes) -> MediaFacts:
    path.write_bytes(data)
    return read_metadata(path, sniff_file(path))


def taken(found: MediaFacts) -> list[str]:
    return [str(each.local_at) for each in found.evidence]


def saved(kind: str, **options: Any) -> bytes:  # noqa: ANN401 - what Pillow takes
    buffer = io.BytesIO()
    Image.new("RGB", (16, 8)).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("head", [b"XMP\x00://ns.adobe.com/xap/1.0/\x00", b"XMP\x00", b""])
def test_a_jpeg_has_its_xmp_below_the_heads_that_agencies_write(tmp_path: Path, head: bytes) -> None:
    segment = head + DATED
    data = saved("JPEG")
    segments = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
    assert taken(facts(tmp_path / "a.jpg", data[:2] + segments + data[2:])) == [TAKEN]


def test_a_jpeg_whose_pixels_are_gone_has_what_its_press_records_say(tmp_path: Path) -> None:
    records = b"\x1c\x02\x37\x00\x0820200504" + b"\x1c\x02\x05\x00\x04Lake"
    resource = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(records)) + records
    segment = b"\xff\xed" + struct.pack(">H", len(resource) + 2) + resource
    found = facts(tmp_path / "a.jpg", b"\xff\xd8" + segment + b"\xff\xd9")
    assert (taken(found), found.title) == (["2020-05-04 00:00:00"], "Lake")


@pytest.mark.parametrize("day", ["2015-01-22", "2015:01:22", "20150122"])
def test_the_day_of_press_records_may_be_divided(day: str) -> None:
    records = b"\x1c\x02\x37" + struct.pack(">H", len(day)) + day.encode()
    assert str(read_iptc(records).taken_at) == "2015-01-22 00:00:00"


@pytest.mark.parametrize("mark", [b"8BIM", b"AgHg", b"DCSR", b"PHUT", b"MeSa"])
def test_the_blocks_of_photoshop_may_be_of_other_programs(tmp_path: Path, mark: bytes) -> None:
    blocks = (
        mark + struct.pack(">H", 0x0424) + b"\0\0" + struct.pack(">I", len(DATED)) + DATED + b"\0" * (len(DATED) % 2)
    )
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 1, 2, 8, 3) + struct.pack(">I", 0)
    pixels = struct.pack(">IH", 0, 0) + b"\xff" * 2 + b"\0" * 4
    assert taken(facts(tmp_path / "a.psd", head + struct.pack(">I", len(blocks)) + blocks + pixels)) == [TAKEN]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_a_png_has_its_exif_and_xmp_behind_the_pixels(tmp_path: Path, tiff_block: Block) -> None:
    data = saved("PNG")
    more = chunk(b"eXIf", tiff_block({0x10F: "Maker"})) + chunk(b"iTXt", b"XML:com.adobe.xmp" + b"\0" * 5 + DATED)
    found = facts(tmp_path / "a.png", data[:-12] + more + data[-12:])
    assert (taken(found), found.camera_make) == ([TAKEN], "Maker")


def test_the_title_and_description_of_a_png_are_read(tmp_path: Path) -> None:
    text = PngInfo()
    text.add_text("Title", "At the lake")
    text.add_itxt("Description", "Früh am Morgen")
    found = facts(tmp_path / "a.png", saved("PNG", pnginfo=text))
    assert (found.title, found.description) == ("At the lake", "Früh am Morgen")


def gif(xmp: bytes) -> bytes:
    """Two frames of 100 ms, and a packet before them as the standard has it."""
    frames = [Image.new("RGB", (16, 8), (number, 0, 0)) for number in (0, 255)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    trailer = b"\x01" + bytes(range(0xFF, -1, -1)) + b"\x00"
    data = buffer.getvalue()
    at = data.index(b"\x21\xf9")
    return data[:at] + b"\x21\xff\x0bXMP DataXMP" + xmp + trailer + data[at:]


def test_a_gif_has_its_date_in_xmp_and_runs_as_long_as_before(tmp_path: Path) -> None:
    found = facts(tmp_path / "a.gif", gif(DATED))
    assert (taken(found), found.duration_ms, found.width) == ([TAKEN], 200, 16)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def with_box_of_its_own(data: bytes) -> bytes:
    return data + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + TOLD)


def with_user_data(data: bytes) -> bytes:
    """The film's index is at its end, so that it can grow."""
    at = data.index(b"moov") - 4
    index = data[at + 8 :].replace(b"udta", b"free") + box(b"udta", box(b"XMP_", TOLD))
    return data[:at] + box(b"moov", index)


def with_chunk(data: bytes) -> bytes:
    return data + b"_PMX" + struct.pack("<I", len(TOLD)) + TOLD + b"\0" * (len(TOLD) % 2)


@pytest.mark.parametrize(
    ("name", "written"),
    [("a.mp4", with_box_of_its_own), ("a.mov", with_user_data), ("a.avi", with_chunk)],
)
def test_a_film_has_what_programs_wrote_into_it(
    film: Callable[..., Path], tmp_path: Path, name: str, written: Callable[[bytes], bytes]
) -> None:
    found = facts(tmp_path / f"b{name}", written(film(tmp_path / name).read_bytes()))
    first = found.evidence[0]
    assert (first.basis, str(first.local_at), first.utc_offset_min) == (TimeBasis.EXIF_OFFSET, TAKEN, 120)
    assert (found.rating, found.keywords, found.lat, found.lon) == (4, ("lake",), 48.5, 11.25)


def test_when_a_films_file_was_made_is_worth_no_more_than_a_sidecar(film: Callable[..., Path], tmp_path: Path) -> None:
    found = facts(tmp_path / "b.mp4", with_box_of_its_own(film(tmp_path / "a.mp4").read_bytes()))
    assert [each.basis for each in found.evidence if each.origin == "XMP xmp:CreateDate"] == [TimeBasis.SIDECAR]
