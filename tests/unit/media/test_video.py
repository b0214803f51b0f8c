"""Films and sounds: clocks, turns, lengths, posters, and no way out of the file."""

import socket
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from timeline_local.domain.times import TimeBasis
from timeline_local.media.boxes import boxes, find, read_movie
from timeline_local.media.facts import MediaFacts, Undecodable
from timeline_local.media.gps import parse_iso6709
from timeline_local.media.metadata import read_metadata
from timeline_local.media.previews import make_previews
from timeline_local.media.sniff import sniff_file

Film = Callable[..., Path]
BOX_HEAD = 8


def facts(path: Path) -> MediaFacts:
    return read_metadata(path, sniff_file(path))


def patched(path: Path, kind: bytes, at: int, value: bytes) -> Path:
    """Overwrites bytes inside the content of the first box of a kind."""
    data = bytearray(path.read_bytes())
    start = data.index(kind) + 4 + at
    data[start : start + len(value)] = value
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "codec", "mime"),
    [
        ("a.mp4", "mpeg4", "video/mp4"),
        ("a.mov", "mpeg4", "video/quicktime"),
        ("a.mkv", "mpeg4", "video/x-matroska"),
        ("a.webm", "vp8", "video/webm"),
        ("a.avi", "mpeg4", "video/x-msvideo"),
        ("a.ts", "mpeg2video", "video/mp2t"),
    ],
)
def test_every_container_gives_size_length_and_poster(
    film: Film, tmp_path: Path, name: str, codec: str, mime: str
) -> None:
    path = film(tmp_path / name, codec=codec, frames=20)
    found = facts(path)
    assert (found.mime, found.width, found.height) == (mime, 64, 48)
    assert found.duration_ms == pytest.approx(2000, abs=250)
    assert make_previews(path, sniff_file(path), tmp_path).sizes["grid"][:2] == (64, 48)


def test_apples_clock_comes_first_with_its_offset(film: Film, tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mov",
        **{
            "com.apple.quicktime.creationdate": "2019-07-24T11:25:40+0300",
            "com.apple.quicktime.content.identifier": "ABCD-1234",
            "com.apple.quicktime.location.ISO6709": "+32.0929+034.8620+028.516/",
            "com.apple.quicktime.make": "Apple",
        },
    )
    found = facts(path)
    first = found.evidence[0]
    assert (first.basis, str(first.local_at), first.utc_offset_min) == (
        TimeBasis.EXIF_OFFSET,
        "2019-07-24 11:25:40",
        180,
    )
    assert (found.content_id, found.camera_make) == ("ABCD-1234", "Apple")
    assert (found.lat, found.lon, found.altitude_m) == (32.0929, 34.862, 28.516)


def test_the_keywords_that_apple_photos_exports_are_read(film: Film, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mov", **{"com.apple.quicktime.keywords": "lake, Anna,lake"})
    assert facts(path).keywords == ("lake", "Anna")


@pytest.mark.parametrize(
    ("date", "local_at"),
    [
        ("2011-07-10T18:22:14+0200", "2011-07-10 18:22:14"),
        ("2011-07-10T07:00:00Z", "None"),
        ("2011-07-10", "None"),
        ("2011", "None"),
    ],
)
def test_an_older_phones_clock_is_a_date_with_its_offset(film: Film, tmp_path: Path, date: str, local_at: str) -> None:
    assert str(facts(film(tmp_path / "a.mov", date=date)).evidence[0].local_at) == local_at


def test_the_clocks_of_track_and_film_are_utc(film: Film, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    seconds = int((datetime(2017, 2, 22, 8, 20, 28, tzinfo=UTC) - datetime(1904, 1, 1, tzinfo=UTC)).total_seconds())
    patched(patched(path, b"mvhd", 4, (seconds + 60).to_bytes(4, "big")), b"mdhd", 4, seconds.to_bytes(4, "big"))
    assert [(e.basis, str(e.instant), e.local_at) for e in facts(path).evidence] == [
        (TimeBasis.EXIF, "2017-02-22 08:20:28+00:00", None),
        (TimeBasis.EXIF, "2017-02-22 08:21:28+00:00", None),
    ]


def test_a_clock_of_zero_is_still_evidence(film: Film, tmp_path: Path) -> None:
    (only,) = facts(film(tmp_path / "a.mp4")).evidence
    assert only.instant == datetime(1904, 1, 1, tzinfo=UTC)


def test_a_matroska_date_is_utc(film: Film, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", creation_time="2017-02-22T08:20:28Z")
    assert [e.instant for e in facts(path).evidence] == [datetime(2017, 2, 22, 8, 20, 28, tzinfo=UTC)]


TURNED = {90: (0, 65536, -65536, 0), 180: (-65536, 0, 0, -65536), 270: (0, -65536, 65536, 0)}


@pytest.mark.parametrize(("turn", "orientation", "size"), [(90, 6, (48, 64)), (180, 3, (64, 48)), (270, 8, (48, 64))])
def test_a_turned_film_is_upright(
    film: Film, tmp_path: Path, turn: int, orientation: int, size: tuple[int, int]
) -> None:
    a, b, c, d = (value.to_bytes(4, "big", signed=True) for value in TURNED[turn])
    path = patched(film(tmp_path / "a.mp4"), b"tkhd", 40, a + b + bytes(4) + c + d)
    found, preview = facts(path), make_previews(path, sniff_file(path), tmp_path)
    assert (found.orientation, (found.width, found.height)) == (orientation, size)
    assert ((preview.width, preview.height), preview.sizes["grid"][:2]) == (size, size)


def test_a_real_portrait_film_stands_upright(corpora: Path, tmp_path: Path) -> None:
    path = corpora / "media/metadata-extractor/mov/with-gps.mov"
    found = make_previews(path, sniff_file(path), tmp_path)
    with Image.open(tmp_path / "screen.webp") as image:
        assert (image.size, (found.width, found.height)) == ((320, 568), (320, 568))


def test_the_poster_is_not_the_first_frame_of_a_long_film(film: Film, tmp_path: Path) -> None:
    make_previews(film(tmp_path / "a.mp4", frames=12), sniff_file(tmp_path / "a.mp4"), tmp_path)
    with Image.open(tmp_path / "grid.webp") as image:
        assert image.size == (64, 48)


def sound(path: Path, codec: str, **tags: str) -> Path:
    with av.open(str(path), "w") as container:
        container.metadata.update(tags)
        stream: Any = container.add_stream(codec, rate=48_000)
        frame = av.AudioFrame(format=stream.format.name, layout=stream.layout.name, samples=stream.frame_size or 1024)
        frame.sample_rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for _ in range(60):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "mime"),
    [
        ("a.m4a", "aac", "audio/mp4"),
        ("a.flac", "flac", "audio/flac"),
        ("a.ogg", "libopus", "audio/ogg"),
        ("a.mp3", "libmp3lame", "audio/mpeg"),
    ],
)
def test_sounds_have_a_length_and_no_picture(tmp_path: Path, name: str, codec: str, mime: str) -> None:
    path = sound(tmp_path / name, codec)
    found = facts(path)
    assert (found.mime, found.width, found.height) == (mime, None, None)
    assert found.duration_ms is not None
    assert found.duration_ms > 1000


def test_a_wav_has_its_length(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(16_000))
    assert (facts(path).duration_ms, facts(path).mime) == (1000, "audio/wav")


def test_a_sound_has_no_preview(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.m4a", "aac")
    with pytest.raises(Undecodable, match="no-picture"):
        make_previews(path, sniff_file(path), tmp_path)


def test_an_absurd_length_is_a_problem_and_no_length(film: Film, tmp_path: Path) -> None:
    path = patched(film(tmp_path / "a.mp4"), b"mvhd", 12, b"\x00\x00\x00\x01\x7f\xff\xff\xff")
    found = facts(path)
    assert found.duration_ms is None or found.duration_ms <= 1000 * 60 * 60 * 24 * 30


@pytest.mark.parametrize("url", [b"http://127.0.0.1:9/a.mp4", b"file:///etc/passwd"])
def test_a_film_that_points_elsewhere_opens_nothing(
    film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: bytes
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    path = film(tmp_path / "a.mov")
    data = path.read_bytes()
    # The data reference of the track says "in this file"; a reference of the same length names another one.
    reference = data.index(b"url \x00\x00\x00\x01")
    path.write_bytes(data[: reference + 4] + bytes(4) + data[reference + 8 :] + url)
    assert facts(path).mime == "video/quicktime"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+32.0929+034.8620+028.516/", (32.0929, 34.862, 28.516)),
        ("+51.4169-000.0806/", (51.4169, -0.0806, None)),
        ("+3230.5-11630.5/", (32.508333, -116.508333, None)),
        ("-323030+0343030-012.0CRSWGS_84/", (-32.508333, 34.508333, -12.0)),
        ("+00.0000+000.0000/", None),
        ("+91.0000+000.0000/", None),
        ("north", None),
        ("", None),
    ],
)
def test_iso_6709_positions(text: str, expected: tuple[float, float, float | None] | None) -> None:
    assert parse_iso6709(text) == (expected and pytest.approx(expected, abs=1e-5))


def test_broken_boxes_end_quietly(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\x00\x00\x00\x10moov\x00\x00\x00\x02mvhd" + b"\x00\x00\x00\x01wide")
    with path.open("rb") as file:
        assert (read_movie(file).created, find(file, None, b"trak")) == (None, None)
        assert [box.kind for box in boxes(file)] == [b"moov"]


def test_what_is_told_of_a_broken_film_names_no_path(tmp_path: Path) -> None:
    path = tmp_path / "secret.mkv"
    path.write_bytes(b"\x1aE\xdf\xa3" + bytes(20))
    with pytest.raises(Undecodable) as told:
        facts(path)
    assert "secret" not in str(told.value)
