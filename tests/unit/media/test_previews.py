"""Previews: the right size, upright, in true colours, small, and without anything else inside."""

import io
import math
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from timeline_local.media import pixels, previews
from timeline_local.media.facts import PreviewResult, Undecodable, previews_from_json, previews_to_json
from timeline_local.media.metadata import read_metadata
from timeline_local.media.previews import make_previews
from timeline_local.media.sniff import sniff_file

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def made(path: Path, out_dir: Path) -> PreviewResult:
    return make_previews(path, sniff_file(path), out_dir)


def grid(out_dir: Path) -> Image.Image:
    return Image.open(out_dir / "grid.webp").convert("RGB")


def is_near(left: object, right: tuple[int, int, int], slack: int = 24) -> bool:
    assert isinstance(left, tuple)
    return math.dist(left, right) < slack


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("size", "grid_size", "screen_size"),
    [
        ((4000, 3000), (427, 320), (1440, 1080)),
        ((3000, 4000), (240, 320), (1080, 1440)),
        ((6000, 1000), (960, 160), (1440, 240)),
        ((300, 2000), (48, 320), (216, 1440)),
        ((100, 80), (100, 80), (100, 80)),
        ((1, 1), (1, 1), (1, 1)),
        ((5000, 1), (960, 1), (1440, 1)),
    ],
)
def test_previews_fit_their_boxes_and_never_grow(
    tmp_path: Path, size: tuple[int, int], grid_size: tuple[int, int], screen_size: tuple[int, int]
) -> None:
    found = made(saved(Image.new("RGB", size, RED), tmp_path / "a.jpg"), tmp_path)
    assert (found.sizes["grid"][:2], found.sizes["screen"][:2]) == (grid_size, screen_size)
    assert (found.width, found.height) == size


def corners(orientation: int) -> Image.Image:
    """A picture stored so that, turned as `orientation` says, its top left quarter is red and the right half green."""
    upright = Image.new("RGB", (64, 32), BLUE)
    upright.paste(GREEN, (32, 0, 64, 32))
    upright.paste(RED, (0, 0, 32, 16))
    back = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, 1)
    return pixels.upright(upright, back)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["jpg", "png", "webp", "tif", "avif"])
def test_every_orientation_is_applied_exactly_once(tmp_path: Path, form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    path = saved(corners(orientation), tmp_path / f"a.{form}", exif=exif, quality=95)
    found, facts = made(path, tmp_path), read_metadata(path, sniff_file(path))
    image = grid(tmp_path)
    assert (found.width, found.height, facts.width, facts.height, image.size) == (64, 32, 64, 32, (64, 32))
    spots = [image.getpixel(at) for at in ((10, 5), (10, 26), (54, 16))]
    assert [is_near(spot, colour, 60) for spot, colour in zip(spots, (RED, BLUE, GREEN), strict=True)] == [True] * 3


@pytest.mark.parametrize("number", range(2, 9))
@pytest.mark.parametrize("form", ["jpg", "webp"])
def test_the_pictures_of_all_orientations_look_alike(corpora: Path, tmp_path: Path, number: int, form: str) -> None:
    made(corpora / f"media/pillow/hopper_orientation_{number}.{form}", tmp_path)
    small = grid(tmp_path).resize((8, 8), Image.Resampling.BOX)
    (tmp_path / "b").mkdir()
    made(corpora / "media/pillow/hopper_orientation_2.jpg", tmp_path / "b")
    expected = grid(tmp_path / "b").resize((8, 8), Image.Resampling.BOX)
    differences = [abs(a - b) for a, b in zip(small.tobytes(), expected.tobytes(), strict=True)]
    assert max(differences) < 25


def half_clear(mode: str) -> Image.Image:
    return Image.new(mode, (20, 20), {"RGBA": (255, 0, 0, 0), "LA": (0, 0)}[mode])


@pytest.mark.parametrize(
    ("image", "name", "colour"),
    [
        (half_clear("RGBA"), "a.png", WHITE),
        (half_clear("LA"), "a.png", WHITE),
        (Image.new("RGBA", (20, 20), (255, 0, 0, 128)), "a.webp", (255, 127, 127)),
        (Image.new("L", (20, 20), 200), "a.jpg", (200, 200, 200)),
        (Image.new("I;16", (20, 20), 200 * 256), "a.png", (200, 200, 200)),
        (Image.new("I;16", (20, 20), 200 * 256), "a.tif", (200, 200, 200)),
        (Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "a.jpg", RED),
        (Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "a.tif", RED),
        (Image.new("1", (20, 20), 1), "a.png", WHITE),
        (Image.new("RGB", (20, 20), BLUE).quantize(4), "a.png", BLUE),
        (Image.new("RGB", (20, 20), BLUE).quantize(4), "a.bmp", BLUE),
        (Image.new("RGB", (20, 20), BLUE), "a.gif", BLUE),
    ],
    ids=lambda v: getattr(v, "mode", None),
)
def test_every_kind_of_pixel_becomes_true_colour(
    tmp_path: Path, image: Image.Image, name: str, colour: tuple[int, int, int]
) -> None:
    made(saved(image, tmp_path / name), tmp_path)
    assert is_near(grid(tmp_path).getpixel((10, 10)), colour)


SLOPE = Image.linear_gradient("L").resize((3000, 2000))


@pytest.mark.parametrize(
    "image",
    [
        SLOPE.convert("RGBA"),
        SLOPE.convert("RGB").convert("P"),
        SLOPE,
        SLOPE.convert("CMYK"),
        SLOPE.convert("I").point(lambda value: value * 256),
    ],
    ids=lambda image: image.mode,
)
def test_large_pictures_are_shrunk_in_bands_without_seams(image: Image.Image) -> None:
    whole = pixels.shrunk(image, (300, 200))
    rows = list(whole.convert("L").crop((150, 0, 151, 200)).tobytes())
    steps = [abs(after - before) for before, after in pairwise(rows)]
    # The palette picture has coarser steps, but none where a band ends.
    assert (whole.size, max(steps) <= 12, len(set(rows)) > 20) == ((300, 200), True, True)


def test_a_wide_profile_is_converted_to_srgb(tmp_path: Path) -> None:
    # A profile of our own: sRGB with its red and blue primaries exchanged, so that the conversion shows.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    table = {bytes(profile[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, blue = table[b"rXYZ"], table[b"bXYZ"]
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    path = saved(Image.new("RGB", (20, 20), RED), tmp_path / "a.png", icc_profile=bytes(profile))
    made(path, tmp_path)
    assert is_near(grid(tmp_path).getpixel((10, 10)), BLUE, 40)


@pytest.mark.parametrize(
    "profile", [b"junk", b"\x00" * 200, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_an_unusable_profile_is_ignored(tmp_path: Path, profile: bytes) -> None:
    made(saved(Image.new("RGB", (20, 20), RED), tmp_path / "a.png", icc_profile=profile), tmp_path)
    assert is_near(grid(tmp_path).getpixel((10, 10)), RED)


def test_nothing_but_pixels_is_in_a_preview(corpora: Path, tmp_path: Path) -> None:
    made(corpora / "media/immich-test-assets/formats/heic/IMG_2682.heic", tmp_path)
    data = (tmp_path / "screen.webp").read_bytes()
    assert [name for name in (b"EXIF", b"XMP ", b"ICCP", b"Apple") if name in data] == []


def test_an_animation_gives_its_first_frame_and_its_length(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in (RED, GREEN, BLUE)]
    for name in ("a.gif", "a.webp"):
        path = saved(frames[0], tmp_path / name, save_all=True, append_images=frames[1:], duration=[100, 200, 300])
        made(path, tmp_path)
        assert read_metadata(path, sniff_file(path)).duration_ms == 600
        assert is_near(grid(tmp_path).getpixel((10, 10)), RED)


def test_a_200_megapixel_jpeg_gets_its_previews(tmp_path: Path) -> None:
    # One row of blocks, repeated: a real JPEG of 16,320 x 12,240 pixels without drawing 200 million of them.
    path = saved(Image.new("L", (16_320, 12_240), 90), tmp_path / "a.jpg", quality=10)
    found = made(path, tmp_path)
    assert (found.width, found.height, found.sizes["screen"][:2]) == (16_320, 12_240, (1440, 1080))


def test_other_formats_are_refused_above_their_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "MAX_DECODED_BYTES", 10_000)
    path = saved(Image.new("RGB", (60, 60)), tmp_path / "a.png")
    with pytest.raises(Undecodable, match="image-too-large"):
        made(path, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png"]


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"text", b"\x00\x01", b"OggS" + bytes(60)])
def test_what_has_no_picture_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(Undecodable, match="no-picture"):
        made(tmp_path / "a", tmp_path)


def test_a_result_survives_the_way_through_json(tmp_path: Path) -> None:
    found = made(saved(Image.new("RGB", (60, 60)), tmp_path / "a.png"), tmp_path)
    assert previews_from_json(previews_to_json(found)) == found


def test_the_tint_is_the_average_colour(tmp_path: Path) -> None:
    assert made(saved(Image.new("RGB", (60, 60), RED), tmp_path / "a.png"), tmp_path).tint == 0b11100000


def test_a_cut_off_jpeg_shows_what_is_there(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((600, 400), 60).convert("RGB").save(buffer, "JPEG")
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue()[: buffer.tell() // 2])
    found = made(tmp_path / "a.jpg", tmp_path)
    assert (found.problems, found.sizes["screen"][:2]) == (("truncated",), (600, 400))


def test_boxes_are_those_of_the_timeline() -> None:
    assert previews.BOXES == {"grid": (960, 320), "screen": (1440, 1440)}
