"""Camera RAW: EXIF through our TIFF reader, size and preview through LibRaw. Only the decoding process imports this."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rawpy
from PIL import Image

from timeline_local.media import ciff
from timeline_local.media.boxes import Box, boxes, find
from timeline_local.media.exif import Exif, read_directories, read_exif
from timeline_local.media.facts import Undecodable
from timeline_local.media.packets import RAF_JPEG_AT
from timeline_local.media.tiff import Tiff, TiffError

_MAX_SENSOR_PIXELS = 160_000_000
_FLIP_ORIENTATION = {0: 1, 3: 3, 5: 8, 6: 6}
# Canon keeps the EXIF of a CR3 as three small TIFF structures in this box.
_CANON_BOX = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_CANON_PARTS = (b"CMT1", b"CMT2", b"CMT4")
_X3F_PART_HEAD = 28
_MOST_PARTS = 100


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The RAW file, its head read and no pixel decoded. Raises Undecodable, also from inside the block."""
    try:
        with rawpy.imread(str(path)) as raw:
            sizes = raw.sizes
            if sizes.raw_width * sizes.raw_height > _MAX_SENSOR_PIXELS:
                raise Undecodable("image-too-large", "the sensor has more pixels than any camera")
            yield raw
    except (rawpy.LibRawError, OSError, ValueError, RuntimeError) as error:
        raise Undecodable("raw-unreadable", f"{type(error).__name__}: {error}"[:200]) from error


def raw_size(path: Path) -> tuple[int, int, int]:
    """Upright width and height, and the EXIF orientation. Raises Undecodable."""
    with opened(path) as raw:
        sizes = raw.sizes
        orientation = _FLIP_ORIENTATION.get(sizes.flip, 1)
        turned = orientation in {6, 8}
        width, height = (sizes.height, sizes.width) if turned else (sizes.width, sizes.height)
        return int(width), int(height), orientation


def raw_exif(path: Path) -> Exif:
    """The EXIF of any RAW family; empty with a problem where it stands in no known place."""
    with path.open("rb") as file:
        try:
            return _reader(file.read(15))(file)
        except TiffError:
            return Exif(problems=["exif-unreadable"])


def _reader(mark: bytes) -> Callable[[io.BufferedReader], Exif]:
    """What reads the file that begins so; most families are TIFF."""
    if mark == b"FUJIFILMCCD-RAW":
        return _read_raf
    if mark[6:14] == ciff.MARK:
        return ciff.read_crw
    if mark[4:8] == b"ftyp":
        return _read_cr3
    if mark.startswith(b"\x00MRM"):
        return _read_mrw
    return _read_x3f if mark.startswith(b"FOVb") else _read_tiff


def _read_tiff(file: io.BufferedReader) -> Exif:
    return read_exif(Tiff.from_file(file))


def raw_picture(path: Path) -> tuple[Image.Image, int]:
    """The preview the camera stored, else a half-size development, with the EXIF orientation still to be applied.

    Raises Undecodable.
    """
    with opened(path) as raw:
        orientation = _FLIP_ORIENTATION.get(raw.sizes.flip, 1)
        image = _stored_preview(raw) or _develop(raw)
    # Some cameras turn the stored preview, but not the sensor data; it is then already as high as it should be.
    turned_already = orientation in {6, 8} and image.height > image.width
    return image, 1 if turned_already else orientation


def _stored_preview(raw: Any) -> Image.Image | None:  # noqa: ANN401 - rawpy has no types
    try:
        thumb = raw.extract_thumb()
    except rawpy.LibRawError:
        return None
    if thumb.format == rawpy.ThumbFormat.JPEG:
        return Image.open(io.BytesIO(thumb.data), formats=("JPEG",))
    return Image.fromarray(thumb.data)


def _develop(raw: Any) -> Image.Image:  # noqa: ANN401 - rawpy has no types
    return Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8, user_flip=0))


def _read_raf(file: io.BufferedReader) -> Exif:
    """A Fuji RAW starts with a full JPEG; its EXIF block stands right behind the first marker."""
    file.seek(RAF_JPEG_AT)
    start = int.from_bytes(file.read(4), "big")
    return _exif_of_jpeg(file, start)


def _exif_of_jpeg(file: io.BufferedReader, start: int) -> Exif:
    file.seek(start)
    at = file.read(64 * 1024).find(b"Exif\x00\x00")
    return read_exif(Tiff.from_file(file, start + at + 6)) if at >= 0 else Exif(problems=["exif-unreadable"])


def _read_mrw(file: io.BufferedReader) -> Exif:
    """A Minolta RAW begins with blocks, one of which is a TIFF structure."""
    file.seek(8)
    for _ in range(_MOST_PARTS):
        name, size = file.read(4), int.from_bytes(file.read(4), "big")
        if name == b"\x00TTW":
            return read_exif(Tiff.from_file(file, file.tell()))
        if len(name) < 4:  # noqa: PLR2004 - the file ends
            break
        file.seek(size, io.SEEK_CUR)
    return Exif(problems=["exif-unreadable"])


def _read_x3f(file: io.BufferedReader) -> Exif:
    """A Sigma RAW ends with a list of its parts, the picture for its screen among them: a JPEG."""
    file.seek(-4, io.SEEK_END)
    file.seek(int.from_bytes(file.read(4), "little"))
    head = file.read(12)
    count = min(int.from_bytes(head[8:], "little"), _MOST_PARTS) if head.startswith(b"SECd") else 0
    rows = [file.read(12) for _ in range(count)]
    for row in rows:
        start = int.from_bytes(row[:4], "little") + _X3F_PART_HEAD
        file.seek(start)
        if row[8:] == b"IMA2" and file.read(2) == b"\xff\xd8":
            return _exif_of_jpeg(file, start)
    return Exif(problems=["exif-unreadable"])


def _read_cr3(file: io.BufferedReader) -> Exif:
    parts = _canon_parts(file)
    found = {kind: Tiff.from_file(file, box.start).first_directory() for kind, box in parts.items()}
    main = found.get(b"CMT1")
    if main is None:
        return Exif(problems=["exif-unreadable"])
    return read_directories(main, found.get(b"CMT2"), found.get(b"CMT4"))


def _canon_parts(file: io.BufferedReader) -> dict[bytes, Box]:
    moov = find(file, None, b"moov")
    for box in boxes(file, moov.start, moov.end) if moov else ():
        file.seek(box.start)
        if box.kind == b"uuid" and file.read(16) == _CANON_BOX:
            return {part.kind: part for part in boxes(file, box.start + 16, box.end) if part.kind in _CANON_PARTS}
    return {}
