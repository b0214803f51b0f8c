"""Films hidden behind pictures: announced by XMP, by Samsung's mark, or found behind the end."""

from collections.abc import Callable
from pathlib import Path

import pytest

from timeline_local.media.metadata import read_metadata
from timeline_local.media.sniff import sniff_file

Jpeg = Callable[..., Path]
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(8) + b"mp42isom" + b"film" * 100

GCAMERA = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MicroVideo="1" GCamera:MicroVideoOffset="%d"/>
 </rdf:RDF>"""
CONTAINER = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/">
 <Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg"
 Item:Semantic="Primary" Item:Length="0"/></rdf:li><rdf:li rdf:parseType="Resource"><Container:Item
 Item:Mime="video/mp4" Item:Length="%d" Item:Semantic="MotionPhoto"/></rdf:li></rdf:Seq></Container:Directory>
 </rdf:Description></rdf:RDF>"""


def offset(path: Path) -> int | None:
    return read_metadata(path, sniff_file(path)).motion_offset


@pytest.mark.parametrize("template", [GCAMERA, CONTAINER], ids=["micro video", "motion photo"])
def test_a_google_film_is_where_the_packet_says(jpeg: Jpeg, template: bytes) -> None:
    path = jpeg(tail=FILM, xmp=template % len(FILM))
    assert offset(path) == path.stat().st_size - len(FILM)


@pytest.mark.parametrize("length", [0, 3, 10**11])
def test_a_wrong_announcement_is_checked_against_the_bytes(jpeg: Jpeg, length: int) -> None:
    assert offset(jpeg(xmp=GCAMERA % length)) is None


def test_a_samsung_film_stands_behind_its_mark(jpeg: Jpeg) -> None:
    path = jpeg(tail=b"\x00\x00\x30\x0a\x10\x00\x00\x00MotionPhoto_Data" + FILM + b"SEFH....SEFT")
    assert offset(path) == path.read_bytes().index(b"MotionPhoto_Data") + 16


def test_a_film_without_any_mark_is_found_behind_the_picture(jpeg: Jpeg) -> None:
    path = jpeg(tail=FILM)
    assert offset(path) == path.stat().st_size - len(FILM)


@pytest.mark.parametrize("tail", [b"", bytes(30), b"ftyp", b"text ftyp text"])
def test_a_plain_picture_hides_nothing(jpeg: Jpeg, tail: bytes) -> None:
    assert offset(jpeg(tail=tail)) is None


def test_a_samsung_heic_keeps_its_film_in_a_box(tmp_path: Path, corpora: Path) -> None:
    picture = (corpora / "media/metadata-extractor/heic/exif-at-eof.heic").read_bytes()
    path = tmp_path / "a.heic"
    path.write_bytes(picture + (len(FILM) + 8).to_bytes(4, "big") + b"mpvd" + FILM)
    assert offset(path) == len(picture) + 8
