"""RAW families: facts through our TIFF reader, size and preview through LibRaw, on files we write ourselves."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.raw_files import HEIGHT, WIDTH, dng
from timeline_local.media.facts import Undecodable
from timeline_local.media.metadata import read_metadata
from timeline_local.media.previews import make_previews
from timeline_local.media.raw import raw_exif
from timeline_local.media.sniff import sniff, sniff_file
from timeline_local.media.tiff import Tiff, TiffError

Block = Callable[..., bytes]
DATE = {0x9003: "2020:05:04 18:39:11"}


@pytest.mark.parametrize(("orientation", "size"), [(1, (WIDTH, HEIGHT)), (6, (HEIGHT, WIDTH)), (8, (HEIGHT, WIDTH))])
def test_a_dng_without_a_preview_is_developed_upright(tmp_path: Path, orientation: int, size: tuple[int, int]) -> None:
    path = dng(tmp_path / "a.dng", orientation)
    facts = read_metadata(path, sniff_file(path))
    preview = make_previews(path, sniff_file(path), tmp_path)
    assert (facts.mime, facts.camera_make, facts.orientation) == ("image/x-adobe-dng", "Ours", orientation)
    assert ((facts.width, facts.height), (preview.width, preview.height)) == (size, size)
    shape = preview.sizes["screen"][0] > preview.sizes["screen"][1]
    assert shape == (size[0] > size[1])


@pytest.mark.parametrize(("orientation", "size"), [(1, (320, 240)), (6, (240, 320)), (3, (320, 240))])
def test_the_preview_the_camera_stored_is_used_and_turned(
    tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), (0, 0, 255)).save(buffer, "JPEG")
    path = dng(tmp_path / "a.dng", orientation, buffer.getvalue())
    found = make_previews(path, sniff_file(path), tmp_path)
    assert (found.sizes["screen"][:2], found.tint) == (size, 0b00000011)


@pytest.mark.parametrize("magic", [b"IIRO", b"IIU\x00", b"II*\x00"])
def test_raw_files_on_tiff_give_their_exif_whatever_the_magic(tmp_path: Path, tiff_block: Block, magic: bytes) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(magic + tiff_block({0x10F: "Maker", 0x110: "Model"}, DATE)[4:])
    found = raw_exif(path)
    assert (found.make, found.model, str(found.original)) == ("Maker", "Model", "2020-05-04 18:39:11")


def test_a_fuji_raw_gives_the_exif_of_the_picture_inside(tmp_path: Path, tiff_block: Block) -> None:
    buffer = io.BytesIO()
    exif = b"Exif\x00\x00" + tiff_block({0x10F: "FUJIFILM"}, DATE)
    Image.new("RGB", (16, 16)).save(buffer, "JPEG", exif=exif)
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\x00") + struct.pack(">II", 200, buffer.tell())
    path = tmp_path / "a.raf"
    path.write_bytes(head.ljust(200, b"\x00") + buffer.getvalue())
    assert (raw_exif(path).make, str(raw_exif(path).original)) == ("FUJIFILM", "2020-05-04 18:39:11")


def box(kind: bytes, *content: bytes) -> bytes:
    inner = b"".join(content)
    return struct.pack(">I", len(inner) + 8) + kind + inner


def test_a_canon_cr3_gives_its_three_directories(tmp_path: Path, tiff_block: Block) -> None:
    gps = {1: "N", 2: [(41, 1), (30, 1), (0, 1)], 3: "E", 4: [(9, 1), (0, 1), (0, 1)]}
    canon = box(
        b"uuid",
        bytes.fromhex("85c0b687820f11e08111f4ce462b6a48"),
        box(b"CNCV", b"CanonCR3"),
        box(b"CMT1", tiff_block({0x10F: "Canon"})),
        box(b"CMT2", tiff_block(DATE)),
        box(b"CMT4", tiff_block(gps)),
    )
    path = tmp_path / "a.cr3"
    path.write_bytes(box(b"ftyp", b"crx \x00\x00\x00\x01crx isom") + box(b"moov", canon))
    found = raw_exif(path)
    assert sniff(path.read_bytes()).extension == "cr3"
    assert (found.make, str(found.original), found.position) == ("Canon", "2020-05-04 18:39:11", (41.5, 9.0, None))


@pytest.mark.parametrize("data", [b"II*\x00", b"FUJIFILMCCD-RAW 0201", b"\x00\x00\x00\x18ftypcrx " + bytes(20)])
def test_a_broken_raw_is_a_problem_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.nef"
    path.write_bytes(data)
    assert raw_exif(path).problems == ["exif-unreadable"]
    with pytest.raises(Undecodable, match="raw-unreadable"):
        make_previews(path, sniff(b"IIRO"), tmp_path)


def test_a_raw_of_an_unknown_camera_keeps_its_date(tmp_path: Path, tiff_block: Block) -> None:
    path = tmp_path / "a.orf"
    path.write_bytes(b"IIRO" + tiff_block({0x10F: "Maker"}, DATE)[4:])
    facts = read_metadata(path, sniff_file(path))
    assert (facts.width, facts.problems, str(facts.evidence[0].local_at)) == (
        None,
        ("raw-unreadable",),
        "2020-05-04 18:39:11",
    )


@pytest.mark.parametrize("data", [b"", b"II", b"XX*\x00\x08\x00\x00\x00", b"II*\x00\x08\x00\x00\x00"])
def test_a_structure_that_is_no_tiff_says_so(data: bytes) -> None:
    with pytest.raises(TiffError):
        Tiff.from_bytes(data).first_directory()


def test_a_chain_of_directories_ends_where_it_loops(tiff_block: Block) -> None:
    block = bytearray(tiff_block({0x112: 1}))
    block[8 + 2 + 12 : 8 + 2 + 12 + 4] = struct.pack("<I", 8)
    assert len(list(Tiff.from_bytes(bytes(block)).directories())) == 1


def heap(*records: tuple[int, bytes]) -> bytes:
    """A heap of Canon's: values, then the list of them, then where that begins."""
    values, rows = b"", b""
    for tag, value in records:
        if tag & 0x4000:
            rows += struct.pack("<H8s", tag, value)
        else:
            rows += struct.pack("<HII", tag, len(value), len(values))
            values += value
    return values + struct.pack("<H", len(records)) + rows + struct.pack("<I", len(values))


def crw(*records: tuple[int, bytes]) -> bytes:
    return b"II" + struct.pack("<I", 26) + b"HEAPCCDR" + bytes(12) + heap(*records)


TIME = (0x180E, struct.pack("<III", 1_068_485_966, 0, 0))


def test_an_old_raw_of_canon_has_its_clock_in_its_heaps(tmp_path: Path) -> None:
    turned = (0x1810, struct.pack("<IIfiIII", 3072, 2048, 1.0, 270, 8, 24, 1))
    camera = (0x2807, heap((0x080A, b"Canon\0Canon EOS D30\0")))
    path = tmp_path / "a.crw"
    path.write_bytes(crw((0x300A, heap(camera, TIME, turned))))
    found = raw_exif(path)
    assert (str(found.original), found.make, found.model) == ("2003-11-10 17:39:26", "Canon", "Canon EOS D30")
    assert (found.orientation, found.problems) == (8, [])


def test_an_old_raw_of_canon_that_points_to_itself_ends(tmp_path: Path) -> None:
    data = bytearray(crw(*[(0x300A, b"")] * 300))
    for at in range(28, 28 + 3000, 10):
        data[at : at + 10] = struct.pack("<HII", 0x300A, len(data) - 26, 0)
    path = tmp_path / "a.crw"
    path.write_bytes(data)
    assert raw_exif(path).problems == ["exif-unreadable"]


@pytest.mark.parametrize("cut", [14, 20, 26, 30, 60])
def test_an_old_raw_of_canon_that_ends_early_has_none(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.crw"
    path.write_bytes(crw((0x300A, heap(TIME)))[:cut])
    assert raw_exif(path).problems == ["exif-unreadable"]


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
)


def test_a_fuji_raw_has_the_rating_of_its_camera(tmp_path: Path, tiff_block: Block) -> None:
    buffer = io.BytesIO()
    exif = b"Exif\x00\x00" + tiff_block({0x10F: "FUJIFILM"}, DATE)
    Image.new("RGB", (16, 16)).save(buffer, "JPEG", exif=exif, xmp=XMP)
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\x00") + struct.pack(">II", 200, buffer.tell())
    path = tmp_path / "a.raf"
    path.write_bytes(head.ljust(200, b"\x00") + buffer.getvalue())
    assert read_metadata(path, sniff_file(path)).rating == 4


def test_a_raw_of_canons_newer_form_has_its_xmp(tmp_path: Path, tiff_block: Block) -> None:
    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content) + 8) + kind + content

    parts = box(b"CMT1", tiff_block({0x10F: "Canon"})) + box(b"CMT2", tiff_block(DATE))
    moov = box(b"moov", box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + parts))
    xmp = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP)
    path = tmp_path / "a.cr3"
    path.write_bytes(box(b"ftyp", b"crx \0\0\0\1crx isom") + moov + xmp)
    assert read_metadata(path, sniff_file(path)).rating == 4
