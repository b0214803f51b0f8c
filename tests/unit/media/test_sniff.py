"""Formats are told by content; a name never changes a family."""

import struct
from pathlib import Path

import pytest

from timeline_local.media.sniff import HEAD_BYTES, sniff, sniff_file


def ftyp(major: bytes, *others: bytes) -> bytes:
    body = major + bytes(4) + b"".join(others)
    return struct.pack(">I", len(body) + 8) + b"ftyp" + body + bytes(8)


@pytest.mark.parametrize(
    ("head", "mime", "extension", "family"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg", "jpg", "image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png", "png", "image"),
        (b"GIF89a" + bytes(8), "image/gif", "gif", "image"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp", "webp", "image"),
        (b"RIFF\x10\x00\x00\x00AVI LIST", "video/x-msvideo", "avi", "video"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav", "wav", "audio"),
        (b"BM" + bytes(12) + b"\x28\x00\x00\x00" + bytes(20), "image/bmp", "bmp", "image"),
        (ftyp(b"heic", b"mif1", b"heic"), "image/heic", "heic", "image"),
        (ftyp(b"mif1", b"mif1", b"heic"), "image/heic", "heic", "image"),
        (ftyp(b"mif1", b"mif1", b"avif"), "image/avif", "avif", "image"),
        (ftyp(b"mif1", b"miaf"), "image/heif", "heif", "image"),
        (ftyp(b"avif", b"mif1"), "image/avif", "avif", "image"),
        (ftyp(b"qt  "), "video/quicktime", "mov", "video"),
        (ftyp(b"mp42", b"isom"), "video/mp4", "mp4", "video"),
        (ftyp(b"3gp4"), "video/3gpp", "3gp", "video"),
        (ftyp(b"3g2a"), "video/3gpp2", "3g2", "video"),
        (ftyp(b"M4V "), "video/x-m4v", "m4v", "video"),
        (ftyp(b"M4A "), "audio/mp4", "m4a", "audio"),
        (ftyp(b"crx "), "image/x-canon-cr3", "cr3", "raw"),
        (ftyp(b"zzzz", b"qt  "), "video/quicktime", "mov", "video"),
        (ftyp(b"zzzz"), "video/mp4", "mp4", "video"),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", "video/quicktime", "mov", "video"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm", "webm", "video"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "video/x-matroska", "mkv", "video"),
        (b"OggS" + bytes(20), "audio/ogg", "ogg", "audio"),
        (b"fLaC" + bytes(20), "audio/flac", "flac", "audio"),
        (b"ID3\x04\x00" + bytes(20), "audio/mpeg", "mp3", "audio"),
        (b"\xff\xfb\x90\x64" + bytes(20), "audio/mpeg", "mp3", "audio"),
        (b"FUJIFILMCCD-RAW 0201", "image/x-fuji-raf", "raf", "raw"),
        (b"IIRO\x08\x00\x00\x00", "image/x-olympus-orf", "orf", "raw"),
        (b"IIU\x00\x18\x00\x00\x00", "image/x-panasonic-rw2", "rw2", "raw"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "image/x-canon-cr2", "cr2", "raw"),
        (b"%PDF-1.7\n", "application/pdf", "pdf", "document"),
        (b"Dear diary,\nna\xc3\xafve.", "text/plain", "txt", "text"),
        (b"\xff\xfeh\x00i\x00", "text/plain", "txt", "text"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "text/plain", "txt", "text"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "text/plain", "txt", "text"),
        (b"\x00\x01\x02\x03", "application/octet-stream", "", "unknown"),
        (b"\xff\xfb\xf0\x64", "application/octet-stream", "", "unknown"),
        (b"", "application/octet-stream", "", "unknown"),
    ],
)
def test_a_format_is_known_by_its_first_bytes(head: bytes, mime: str, extension: str, family: str) -> None:
    found = sniff(head)
    assert (found.mime, found.extension, found.family) == (mime, extension, family)


@pytest.mark.parametrize("start", [0, 4])
def test_a_transport_stream_is_known_by_its_packet_rhythm(start: int) -> None:
    packet = bytes(start) + b"G" + bytes(187)
    assert sniff(packet * 4).extension == "mts"


@pytest.mark.parametrize(
    ("make", "subfile", "name", "extension"),
    [
        ("NIKON CORPORATION", 1, "", "nef"),
        ("SONY", 1, "", "arw"),
        ("PENTAX", 1, "", "pef"),
        ("SAMSUNG", 1, "", "srw"),
        ("NIKON CORPORATION", 0, "scan.tif", "tif"),
        ("NIKON CORPORATION", 0, "DSC_1.NRW", "nrw"),
        ("Leica", 0, "L1.RWL", "rwl"),
        ("Canon", 0, "a.jpg", "tif"),
    ],
)
def test_raw_on_tiff_is_told_by_maker_or_name(
    tiff_block: object, make: str, subfile: int, name: str, extension: str
) -> None:
    assert callable(tiff_block)
    assert sniff(tiff_block({0xFE: subfile, 0x10F: make}), name).extension == extension


def test_a_dng_is_known_by_its_version_tag(tiff_block: object) -> None:
    assert callable(tiff_block)
    assert sniff(tiff_block({0xC612: b"\x01\x04\x00\x00"})).mime == "image/x-adobe-dng"


def test_a_name_never_changes_the_family() -> None:
    assert sniff(b"\xff\xd8\xff\xe0", "movie.mp4").mime == "image/jpeg"


def test_a_text_cut_inside_a_character_is_still_text() -> None:
    head = ("é" * HEAD_BYTES).encode()[1 : HEAD_BYTES + 1]
    assert sniff(b"a" + head[1:]).family == "text"


def test_a_webm_that_is_an_mp4_is_called_an_mp4(corpora: Path) -> None:
    path = next(corpora.glob("takeout/**/signal-2020-07-18-183333.webm"))
    assert sniff_file(path).mime == "video/mp4"
