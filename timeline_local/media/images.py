"""Opens still pictures with Pillow under our own rules. Only the decoding process imports this.

The decoder is chosen by the sniffed format alone, every failure is an Undecodable, and sizes are judged by us from the
header before any pixel is decoded.
"""

import struct
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image, ImageFile, PngImagePlugin, UnidentifiedImageError

from timeline_local.domain.parts import Part
from timeline_local.media.animation import gif_duration_ms, webp_duration_ms
from timeline_local.media.exif import Exif, read_exif, read_exif_block
from timeline_local.media.facts import Undecodable
from timeline_local.media.packets import MAX_BLOCK, Packets, packets_of
from timeline_local.media.sniff import Sniffed
from timeline_local.media.tiff import Tiff, TiffError

# Pillow's own guard is kept as a second fence far above every camera; `previews` has the real budget.
Image.MAX_IMAGE_PIXELS = 1_000_000_000
# Photoshop's XMP and the workflows of picture generators outgrow Pillow's mebibyte, which cost the whole picture.
PngImagePlugin.MAX_TEXT_CHUNK = MAX_BLOCK

JPEG_2000, PHOTOSHOP = "image/jp2", "image/vnd.adobe.photoshop"  # whose metadata the decoder passes over
READ_BY_US = frozenset({JPEG_2000, PHOTOSHOP, "image/gif"})
_FORMATS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("JPEG",),  # several pictures in one file, too: its plugin knows them
    "image/png": ("PNG",),
    "image/gif": ("GIF",),
    "image/webp": ("WEBP",),
    "image/tiff": ("TIFF",),
    "image/bmp": ("BMP",),
    PHOTOSHOP: ("PSD",),  # the picture of all its layers together, which programs write beside them
    "image/avif": ("AVIF",),
    JPEG_2000: ("JPEG2000",),
    "image/heic": ("HEIF",),
    "image/heif": ("HEIF",),
}
_HEIF = ("image/heic", "image/heif")
MOTION_MIMES = ("image/jpeg", *_HEIF)
_ANIMATIONS = {"image/gif": gif_duration_ms, "image/webp": webp_duration_ms}
_TURNED_BY_PLUGIN = ("HEIF", "TIFF")

# What Pillow and its plugins raise on bytes that are not what they claim; found by running the malformed corpus.
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    RuntimeError,
    TypeError,
    AttributeError,
    ZeroDivisionError,
    struct.error,
)


@contextmanager
def opened(path: Path | Part, sniffed: Sniffed) -> Iterator[Image.Image]:
    """The picture with its header read and no pixel decoded. Raises Undecodable, also from inside the block."""
    formats = _FORMATS.get(sniffed.mime)
    if formats is None:
        raise Undecodable("no-decoder", f"no decoder for {sniffed.mime}")
    if sniffed.mime in _HEIF:
        _register_heif()
    try:
        with warnings.catch_warnings():
            # Pillow warns about damaged metadata, our facts carry it as a problem.
            warnings.simplefilter("ignore")
            with path.open("rb") as file, Image.open(file, formats=formats) as image:
                yield image
    except Image.DecompressionBombError as error:
        raise Undecodable("image-too-large", "the picture claims more pixels than any camera makes") from error
    except UnidentifiedImageError as error:
        raise Undecodable("image-unreadable", f"the file begins as {sniffed.mime} but its header is broken") from error
    except DECODER_ERRORS as error:
        raise Undecodable("image-unreadable", f"{type(error).__name__}: {error}"[:200]) from error


@contextmanager
def tolerant() -> Iterator[None]:
    """Inside of the block a cut-off picture decodes to the part that is there."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def packets(image: Image.Image) -> Packets:
    """EXIF, XMP and IPTC of an opened picture, whatever form the plugin keeps them in."""
    info = image.info
    blocks = info.get("photoshop")
    iptc = blocks.get(0x0404, b"") if isinstance(blocks, dict) else b""
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or _raw_profile(info, "xmp")
    exif = info.get("exif") or _raw_profile(info, "exif") or _raw_profile(info, "APP1")
    found = Packets(_as_bytes(exif), _as_bytes(xmp), _as_bytes(iptc or _raw_profile(info, "iptc")))
    if image.format == "PNG":
        found.title, found.description = (str(info.get(name, "")) for name in ("Title", "Description"))
    return found


def complete(blocks: Packets, file: BinaryIO, mime: str) -> Packets:
    """With what stands where the decoder of the format does not look; it reads the file only where something lacks."""
    if mime in READ_BY_US:
        return packets_of(file, mime)
    lacks = not blocks.xmp if mime == "image/jpeg" else mime == "image/png" and not (blocks.exif and blocks.xmp)
    more = packets_of(file, mime) if lacks else blocks
    return replace(blocks, exif=blocks.exif or more.exif, xmp=blocks.xmp or more.xmp)


def is_turned_by_plugin(image: Image.Image) -> bool:
    """True when the plugin gives upright pixels whatever the EXIF says: nobody may turn them a second time."""
    return image.format in _TURNED_BY_PLUGIN


def turn_left_to_do(image: Image.Image) -> int:
    """The EXIF orientation that nobody has applied yet."""
    block = b"" if is_turned_by_plugin(image) else packets(image).exif
    return read_exif_block(block).orientation if block else 1


def read_blocks(file: BinaryIO, sniffed: Sniffed, blocks: Packets) -> Exif:
    """The EXIF of a picture: its block, or the directories of the file itself for TIFF."""
    if sniffed.mime == "image/tiff":
        try:
            return read_exif(Tiff.from_file(file))
        except TiffError:
            return Exif(problems=["exif-unreadable"])
    return read_exif_block(blocks.exif) if blocks.exif else Exif()


def duration_ms(file: BinaryIO, sniffed: Sniffed) -> int | None:
    """How long an animation runs; None for a single picture."""
    measure = _ANIMATIONS.get(sniffed.mime)
    return measure(file) if measure else None


def _raw_profile(info: Mapping[Any, object], name: str) -> bytes:
    """A block that ImageMagick wrote into a PNG as text: its name, its size, its bytes in hexadecimal."""
    told = info.get(f"Raw profile type {name}")
    try:
        return bytes.fromhex("".join(told.split()[2:])) if isinstance(told, str) else b""
    except ValueError:
        return b""


def _as_bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else b""


def _register_heif() -> None:
    # 20 ms and 5 MB that only HEIC pictures pay for; the package says nothing about its types.
    import pi_heif  # type: ignore[import-untyped]  # noqa: PLC0415

    pi_heif.register_heif_opener()
