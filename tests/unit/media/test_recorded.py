"""When films and sounds were recorded, where FFmpeg does not look: AVI, WAV, WMV, DV and AVCHD."""

import io
import struct
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.media.facts import MediaFacts
from timeline_local.media.metadata import read_metadata
from timeline_local.media.previews import make_previews
from timeline_local.media.recorded import MAX_START, recorded
from timeline_local.media.sniff import sniff_file

Film = Callable[..., Path]
UUID = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66")


def facts(path: Path, data: bytes) -> MediaFacts:
    path.write_bytes(data)
    return read_metadata(path, sniff_file(path))


def chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def riff(*chunks: bytes) -> io.BytesIO:
    return io.BytesIO(b"RIFF\0\0\0\0AVI " + b"".join(chunks))


def listed(kind: bytes, *chunks: bytes) -> bytes:
    content = kind + b"".join(chunks)
    return b"LIST" + struct.pack("<I", len(content)) + content


def said(found: tuple[TimeEvidence, ...]) -> list[tuple[str, Precision]]:
    return [(str(each.local_at), each.precision) for each in found]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (b"Mon Mar 10 15:04:43 2003\n\0", "2003-03-10 15:04:43"),
        (b"MON MAR  3 15:04:43 2003", "2003-03-03 15:04:43"),
        (b"2009/10/27 12:14:34\0", "2009-10-27 12:14:34"),
        (b"2001/ 1/27  1:42PM\0", "2001-01-27 13:42:00"),
        (b"2001/ 1/27 12:42AM\0", "2001-01-27 00:42:00"),
        (b"2005:08:17 11:42:43", "2005-08-17 11:42:43"),
        (b"2005-08-17", "2005-08-17 00:00:00"),
    ],
)
def test_a_compact_cameras_film_has_its_date_in_whatever_words(text: bytes, at: str) -> None:
    film = riff(listed(b"hdrl", chunk(b"avih", bytes(56)), chunk(b"IDIT", text)), listed(b"movi", b"x" * 99))
    (only,) = recorded(film, "avi")
    assert (str(only.local_at), only.basis) == (at, TimeBasis.EXIF)


@pytest.mark.parametrize("text", [b"", b"\0\0", b"Mon Foo 10 15:04:43 2003", b"2003/02/31 10:00:00", b"0000-00-00"])
def test_what_is_no_date_is_none(text: bytes) -> None:
    assert recorded(riff(chunk(b"IDIT", text)), "avi") == ()


def test_a_real_film_tells_it(film: Film, tmp_path: Path) -> None:
    data = film(tmp_path / "a.avi").read_bytes() + chunk(b"IDIT", b"Mon Mar 10 15:04:43 2003\n\0")
    assert [str(each.local_at) for each in facts(tmp_path / "b.avi", data).evidence] == ["2003-03-10 15:04:43"]


def test_a_recorders_sound_has_its_date(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    data = buffer.getvalue() + chunk(b"bext", bytes(320) + b"2019-05-0607:08:09" + bytes(264))
    assert said(facts(tmp_path / "a.wav", data).evidence) == [("2019-05-06 07:08:09", Precision.INSTANT)]


def test_a_sound_that_knows_its_day_alone_says_so() -> None:
    assert said(recorded(riff(listed(b"INFO", chunk(b"ICRD", b"2001-02-21\0"))), "wav")) == [
        ("2001-02-21 00:00:00", Precision.DAY)
    ]


def test_a_windows_film_has_its_instant(film: Film, tmp_path: Path) -> None:
    data = bytearray(film(tmp_path / "a.wmv", codec="wmv2").read_bytes())
    at = data.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")) + 48
    data[at : at + 8] = struct.pack("<Q", 127_000_000_000_000_000)
    assert [each.instant for each in facts(tmp_path / "b.wmv", bytes(data)).evidence] == [
        datetime(2003, 6, 13, 17, 46, 40, tzinfo=UTC)  # 1,055,526,400 seconds after 1970
    ]


def camcorder(zone: int, *, lead: bytes = b"", cut: int = 184) -> bytes:
    """Two packets of one stream, in which the words of the camera are cut after `cut` bytes; one of another between."""
    words = UUID + b"MDPM" + bytes([3, 0x18, zone, 0x20, 0x08, 0x12, 0x19, 0x31, 0x23, 0x16, 0x24, 0x70]) + bytes(4)
    payload = (b"\0\0\1\x06\x05" + words + bytes(300))[:300]
    packets = []
    for pid, content in ((0x1011, payload[:cut]), (0x1100, b"sound"), (0x1011, payload[cut : cut + 184])):
        padding = 184 - len(content)
        filled = (bytes([padding - 1]) + b"\0" * (padding - 1)) if padding else b""
        head = struct.pack(">BHB", 0x47, pid, 0x30 if padding else 0x10)
        packets.append(lead + head + filled + content)
    return b"".join(packets)


@pytest.mark.parametrize(
    ("zone", "offset"),
    [(0x02, 60), (0x22, -60), (0x0B, 330), (0x00, None), (0x42, None), (0xFF, None), (0x1F, None)],
)
@pytest.mark.parametrize("cut", [184, 10, 26])
@pytest.mark.parametrize("lead", [b"", b"\0\0\0\0"])
def test_a_camcorders_film_has_its_date_in_the_pictures(zone: int, offset: int | None, cut: int, lead: bytes) -> None:
    (only,) = recorded(io.BytesIO(camcorder(zone, lead=lead, cut=cut)), "mts")
    assert (str(only.local_at), only.utc_offset_min) == ("2008-12-31 23:16:24", offset)


def test_a_real_transport_stream_tells_it(film: Film, tmp_path: Path) -> None:
    data = film(tmp_path / "a.ts", codec="mpeg2video").read_bytes()
    assert len(data) < MAX_START
    assert str(facts(tmp_path / "b.ts", data + camcorder(2)).evidence[0].local_at) == "2008-12-31 23:16:24"


def dv(date: bytes, clock: bytes) -> bytes:
    """A frame of 625 lines with nothing but its packs, in the second block for them of its third sequence."""
    frame = bytearray(b"\xff" * 144_000)
    frame[:80], frame[80:160] = b"\x1f\x07\x00\xbf".ljust(80, b"x"), b"\x3f\x07\x00".ljust(80, b"x")
    at = 2 * 12_000 + 4 * 80 + 3 + 5 * 7
    frame[at : at + 10] = b"\x62" + date + b"\x63" + clock
    return bytes(frame)


@pytest.mark.parametrize(
    ("date", "clock", "at"),
    [
        (b"\xff\xd6\x82\x10", b"\xff\xa8\xb6\xe1", "2010-02-16 21:36:28"),
        (b"\xff\x31\x12\x99", b"\xff\x59\x59\x23", "1999-12-31 23:59:59"),
    ],
)
def test_a_dv_camcorders_film_has_its_date_beside_the_first_frame(date: bytes, clock: bytes, at: str) -> None:
    (only,) = recorded(io.BytesIO(dv(date, clock)), "dv")
    assert (str(only.local_at), only.basis) == (at, TimeBasis.EXIF)


def test_an_avi_that_holds_dv_has_its_date(tmp_path: Path) -> None:
    frame = dv(b"\xff\x16\x02\x10", b"\xff\x28\x36\x21")
    found = recorded(riff(listed(b"hdrl", chunk(b"avih", bytes(56))), listed(b"movi", chunk(b"00dc", frame))), "avi")
    assert [str(each.local_at) for each in found] == ["2010-02-16 21:36:28"]


def test_a_tape_whose_clock_was_never_set_has_no_date() -> None:
    assert recorded(io.BytesIO(dv(b"\xff" * 4, b"\xff" * 4)), "dv") == ()


def test_a_real_dv_film_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.dv"
    with av.open(str(path), "w", format="dv") as container:
        stream: Any = container.add_stream("dvvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        for _ in range(3):
            frame = av.VideoFrame.from_image(Image.new("RGB", (720, 576), (90, 100, 50)))  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    found = read_metadata(path, sniff_file(path))
    assert (found.mime, found.width, found.height, found.problems) == ("video/x-dv", 720, 576, ())
    assert make_previews(path, sniff_file(path), tmp_path).sizes["grid"]


def test_a_film_that_nobody_here_can_open_has_its_date(tmp_path: Path) -> None:
    data = b"RIFF\0\0\0\0AVI " + chunk(b"IDIT", b"Mon Mar 10 15:04:43 2003")
    found = facts(tmp_path / "a.avi", data)
    assert ([str(each.local_at) for each in found.evidence], found.problems) == (
        ["2003-03-10 15:04:43"],
        ("video-unreadable",),
    )


@given(st.sampled_from(["avi", "wav", "wmv", "mts", "mp4", "dv"]), st.binary(max_size=600), st.integers(0, 560))
def test_no_bytes_at_all_break_it(extension: str, data: bytes, at: int) -> None:
    for whole in (riff(chunk(b"IDIT", data), listed(b"INFO", data)).getvalue(), camcorder(2)):
        assert len(recorded(io.BytesIO(whole[:at] + data + whole[at:]), extension)) <= 1
