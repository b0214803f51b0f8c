"""Makes the two previews, the placeholder and the tint of a media file. Only the decoding process calls this."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from timeline_local.media import thumbhash
from timeline_local.media.exif import UPRIGHT_SHAPES
from timeline_local.media.facts import PreviewResult, PreviewSize, Undecodable
from timeline_local.media.sniff import Sniffed

if TYPE_CHECKING:
    from PIL import Image

# name → the box it must fit into: rows of the timeline are at most 320 px high, and a panorama stops at 960.
BOXES: Final[Mapping[str, tuple[int, int]]] = {"screen": (1440, 1440), "grid": (960, 320)}
_QUALITY: Final = 80
# Method 4 takes twice as long for the previews of a 12 MP JPEG, and its files are 24 % smaller (2026-11).
_METHOD: Final = 0


@dataclass(frozen=True, slots=True)
class _Picture:
    """An upright RGB picture that fits the screen box, and the upright size of its original."""

    image: "Image.Image"
    width: int
    height: int
    problems: tuple[str, ...] = ()


def make_previews(path: Path, sniffed: Sniffed, out_dir: Path) -> PreviewResult:
    """Write `screen.webp` and `grid.webp` into `out_dir` and describe them. Raises Undecodable, and then wrote nothing.

    Upright, sRGB, without metadata, never larger than the original. An animation gives its first frame, a film the
    key frame near one tenth. JPEG pays for the previews, not for its own size; others decode at most 256 MB.
    """
    picture = _picture(path, sniffed)
    image = picture.image
    sizes: dict[str, PreviewSize] = {}
    encoded: dict[str, bytes] = {}
    for name, box in BOXES.items():
        image = _fit(image, box)
        encoded[name] = _as_webp(image)
        sizes[name] = PreviewSize(image.width, image.height, len(encoded[name]))
    samples = _fit(image, (thumbhash.SAMPLES, thumbhash.SAMPLES))
    pixels = _rgb(samples)
    for name, data in encoded.items():
        (out_dir / f"{name}.webp").write_bytes(data)
    return PreviewResult(
        sizes=sizes,
        thumbhash=thumbhash.encode(samples.width, samples.height, pixels),
        tint=thumbhash.tint(pixels),
        width=picture.width,
        height=picture.height,
        problems=picture.problems,
    )


def _picture(path: Path, sniffed: Sniffed) -> _Picture:
    if sniffed.family == "image":
        return _still(path, sniffed)
    if sniffed.family == "raw":
        return _raw(path)
    if sniffed.family == "video":
        return _film(path, sniffed)
    raise Undecodable("no-picture", f"{sniffed.mime} has no picture")


def _still(path: Path, sniffed: Sniffed) -> _Picture:
    from timeline_local.media import images  # noqa: PLC0415 - decoders load in the decoding process only

    try:
        return _decoded(path, sniffed)
    except Undecodable as error:
        if error.slug != "image-unreadable":
            raise
    with images.tolerant():
        return replace(_decoded(path, sniffed), problems=("truncated",))


def _decoded(path: Path, sniffed: Sniffed) -> _Picture:
    from timeline_local.media import images, pixels  # noqa: PLC0415 - decoders load in the decoding process only

    with images.opened(path, sniffed) as image:
        original, orientation = image.size, images.turn_left_to_do(image)
        target = pixels.fitted(original, BOXES["screen"])
        image.draft("RGB", target)
        pixels.check_budget(image)
        image.load()
        # Turned last, when there are few pixels left to move.
        small = pixels.in_srgb(pixels.shrunk(image, target), image.info.get("icc_profile"))
        small = pixels.upright(small, orientation)
    width, height = original if orientation in UPRIGHT_SHAPES else original[::-1]
    return _Picture(small, width, height)


def _raw(path: Path) -> _Picture:
    from timeline_local.media import pixels, raw  # noqa: PLC0415 - decoders load in the decoding process only

    width, height, _ = raw.raw_size(path)
    image, orientation = raw.raw_picture(path)
    target = pixels.fitted(image.size, BOXES["screen"])
    image.draft("RGB", target)
    pixels.check_budget(image)
    small = pixels.in_srgb(pixels.shrunk(image, target), image.info.get("icc_profile"))
    return _Picture(pixels.upright(small, orientation), width, height)


def _film(path: Path, sniffed: Sniffed) -> _Picture:
    from timeline_local.media import pixels, video  # noqa: PLC0415 - decoders load in the decoding process only

    image = video.poster(path, sniffed)
    width, height = image.size
    return _Picture(pixels.shrunk(image, pixels.fitted(image.size, BOXES["screen"])), width, height)


def _fit(image: "Image.Image", box: tuple[int, int]) -> "Image.Image":
    from timeline_local.media import pixels  # noqa: PLC0415 - decoders load in the decoding process only

    return pixels.resized(image, pixels.fitted(image.size, box))


def _as_webp(image: "Image.Image") -> bytes:
    buffer = io.BytesIO()
    # The picture still carries the blocks of its original; empty ones keep the encoder from copying them.
    image.save(buffer, "WEBP", quality=_QUALITY, method=_METHOD, exif=b"", xmp=b"", icc_profile=b"")
    return buffer.getvalue()


def _rgb(image: "Image.Image") -> list[tuple[int, int, int]]:
    data = image.tobytes()
    return list(zip(data[::3], data[1::3], data[2::3], strict=True))
