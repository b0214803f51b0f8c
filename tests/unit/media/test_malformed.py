"""Broken, lying and hostile files: facts or a named refusal, never another exception."""

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from timeline_local.media.decoding import reply_to
from timeline_local.media.facts import Undecodable
from timeline_local.media.previews import make_previews
from timeline_local.media.sniff import sniff_file

# file → what asking for facts, and for previews, ends in ("" for an answer).
EXPECTED = {
    "PngSuite/xc1n0g08.png": ("image-unreadable", "image-unreadable"),
    "PngSuite/xc9n2c08.png": ("image-unreadable", "image-unreadable"),
    "PngSuite/xcrn0g04.png": ("", "no-picture"),
    "PngSuite/xcsn0g01.png": ("", ""),
    "PngSuite/xd0n2c08.png": ("image-unreadable", "image-unreadable"),
    "pillow/broken.png": ("image-unreadable", "image-unreadable"),
    "pillow/broken_exif_dpi.jpg": ("", ""),
    "pillow/decompression_bomb.gif": ("image-too-large", "image-too-large"),
    "pillow/invalid-exif.jpg": ("", ""),
    "pillow/truncated_end_chunk.png": ("", ""),
    "pillow/truncated_image.png": ("", ""),
    "pillow/truncated_jpeg.jpg": ("", ""),
}


def ask(op: str, path: Path, out_dir: Path) -> str:
    reply = reply_to({"op": op, "path": str(path), "out_dir": str(out_dir)})
    return str(reply.get("error", ""))


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items(), ids=list(EXPECTED))
def test_a_malformed_file_ends_as_the_table_says(
    corpora: Path, tmp_path: Path, name: str, expected: tuple[str, str]
) -> None:
    path = corpora / "malformed" / name
    assert (ask("facts", path, tmp_path), ask("previews", path, tmp_path)) == expected


def test_the_table_names_every_malformed_file(corpora: Path) -> None:
    found = {p.relative_to(corpora / "malformed").as_posix() for p in (corpora / "malformed").rglob("*.*")}
    assert found == set(EXPECTED)


def sample(form: str) -> bytes:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x10F], exif[0x132] = "SONY", "2020:01:02 03:04:05"
    Image.effect_noise((48, 32), 40).convert("RGB").save(buffer, form, exif=exif)
    return buffer.getvalue()


FORMS = ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"]
ALLOWED = {"", "image-unreadable", "image-too-large", "no-picture", "no-decoder", "video-unreadable", "raw-unreadable"}


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("form", FORMS)
def test_flipped_bytes_end_in_an_answer_or_a_named_refusal(tmp_path: Path, form: str, seed: int) -> None:
    chance = random.Random(f"{form}{seed}")  # noqa: S311 - repeatable damage
    data = bytearray(sample(form))
    for _ in range(1 + seed):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path = tmp_path / "a"
    path.write_bytes(data)
    assert {ask("facts", path, tmp_path), ask("previews", path, tmp_path)} <= ALLOWED


@pytest.mark.parametrize("part", [0.02, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("form", FORMS)
def test_a_cut_off_file_ends_in_an_answer_or_a_named_refusal(tmp_path: Path, form: str, part: float) -> None:
    data = sample(form)
    path = tmp_path / "a"
    path.write_bytes(data[: int(len(data) * part)])
    assert {ask("facts", path, tmp_path), ask("previews", path, tmp_path)} <= ALLOWED


@pytest.mark.parametrize("part", [0.01, 0.3, 0.7])
@pytest.mark.parametrize("name", ["mov/with-gps.mov", "mp4/with-gps.mp4", "heic/exif-at-eof.heic"])
def test_a_cut_off_original_ends_in_an_answer_or_a_named_refusal(
    corpora: Path, tmp_path: Path, name: str, part: float
) -> None:
    data = (corpora / "media/metadata-extractor" / name).read_bytes()
    path = tmp_path / "a"
    path.write_bytes(data[: int(len(data) * part)])
    assert {ask("facts", path, tmp_path), ask("previews", path, tmp_path)} <= ALLOWED


@pytest.mark.parametrize(
    "text",
    ["#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "ffconcat version 1.0\nfile /etc/passwd\n", "<svg onload='x()'/>", "GIF"],
)
def test_a_playlist_or_script_named_as_a_film_stays_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_text(text)
    assert sniff_file(path).family == "text"
    with pytest.raises(Undecodable, match="no-picture"):
        make_previews(path, sniff_file(path), tmp_path)
