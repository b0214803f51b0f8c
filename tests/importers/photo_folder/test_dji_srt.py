"""What DJI's drones say in subtitles beside their films; subtitles of anything else stay what they are.

Lines are those of samples of DJI_SRT_Parser (MIT) and of the tests of other readers, for the models they name.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.times import TimeBasis
from timeline_local.importers.dji_srt import read_dji
from timeline_local.importers.sources.photo_folder import PhotoFolder


def subtitles(*bodies: str) -> str:
    return "\n".join(
        f"{number}\n00:00:0{number},000 --> 00:00:0{number + 1},000\n{body}\n" for number, body in enumerate(bodies)
    )


MAVIC_2 = """<font size="36">FrameCnt : 1, DiffTime : 33ms
2019-09-25 01:22:35,118,697
[iso : 100] [fnum : 280] [focal_len : 240] [latitude: 34.868] [longtitude: -112.515] [altitude: 1429.697998] </font>"""
MINI_3 = """<font size="28">FrameCnt: 1, DiffTime: 33ms
2024-08-07 12:34:24.380
[iso: 100] [focal_len: 24.00] [latitude: 69.189116] [longitude: 35.259334] [rel_alt: 1.100 abs_alt: -2.927] </font>"""
AIR_2S = "2021.05.03 10:20:30\n[dzoom_ratio: 10000, delta:0],[latitude: 48.486375] [longitude: 8.375566] </font>"
PHANTOM = """HOME(149.0251,-20.2532) 2017.08.05 14:11:51
GPS(149.0251,-20.2533,16) BAROMETER:1.9
ISO:100 Shutter:60 EV: Fnum:2.2"""
MATRICE = "2022.06.21 16:06:17\nGPS(36.6146,-6.1120,0.0M) BAROMETER:0.3M"
MAVIC_PRO = "F/2.8, SS 206.14, ISO 150, EV 0, GPS (-122.3699, 37.8166, 15), D 224.3m, H 11.4m, H.S 5.60m/s"


@pytest.mark.parametrize(
    ("body", "place", "taken"),
    [
        (MAVIC_2, (34.868, -112.515), "2019-09-25T01:22:35.118000"),
        (MAVIC_2.replace("34.868", "0.608553").replace("-112.515", "-1.963763"), (34.8675, -112.5153), None),
        (MINI_3, (69.189116, 35.259334), "2024-08-07T12:34:24.380000"),
        (AIR_2S, (48.486375, 8.375566), "2021-05-03T10:20:30"),
        (PHANTOM, (-20.2533, 149.0251), "2017-08-05T14:11:51"),
        (MATRICE, (36.6146, -6.1120), "2022-06-21T16:06:17"),
        (MAVIC_PRO, (37.8166, -122.3699), None),
        (MAVIC_PRO.replace("-122.3699, 37.8166", "37.8166, -122.3699"), (37.8166, -122.3699), None),
        (f"2024-08-07 12:34:24\n{MINI_3.replace('69.189116', '0.000000')}", (None, None), "2024-08-07T12:34:24"),
    ],
    ids=["mavic 2", "radians", "mini 3", "air 2s", "phantom", "matrice", "mavic pro", "swapped", "no satellites"],
)
def test_every_model_tells_where_and_when(
    body: str, place: tuple[float | None, float | None], taken: str | None
) -> None:
    found = read_dji(subtitles(body).encode())
    assert found is not None
    assert [found.lat, found.lon] == pytest.approx(list(place), abs=1e-4)
    assert taken is None or [each.stamp.local_at.isoformat() for each in found.dates] == [taken]


def test_the_first_position_that_is_one_counts() -> None:
    blind = MINI_3.replace("69.189116", "0.0").replace("35.259334", "0.0")
    found = read_dji(subtitles(blind, MINI_3).encode())
    assert found is not None
    assert (found.lat, found.altitude_m) == (69.189116, -2.927)


def test_a_film_has_the_place_and_the_time_of_its_drone(tmp_path: Path, reading: ModuleType) -> None:
    files = {"DJI_0001.MP4": "x", "DJI_0001.SRT": subtitles(MINI_3)}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    (draft,) = reading.drafts(items).values()
    assert (draft.place.lat, draft.place.lon) == (69.189116, 35.259334)
    first = draft.evidence[0]
    assert (first.basis, first.local_at) == (TimeBasis.SIDECAR, datetime(2024, 8, 7, 12, 34, 24, 380_000))  # noqa: DTZ001
    assert reading.problems(items) == {}


@pytest.mark.parametrize("text", [subtitles("To be, or not to be"), "", "GPS(1,2,3)", subtitles("2020-01-01 10:00:00")])
def test_subtitles_of_anything_else_are_told_as_before(tmp_path: Path, reading: ModuleType, text: str) -> None:
    files = {"a.mp4": "x", "a.srt": text or " ", "b.srt": subtitles(MINI_3)}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert list(reading.drafts(items)) == ["a.mp4"]
    assert reading.problems(items) == {"a.srt": "unsupported", "b.srt": "unsupported"}


def test_an_xmp_of_the_owner_goes_before_the_drones_words(tmp_path: Path, reading: ModuleType) -> None:
    xmp = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/></rdf:RDF></x:xmpmeta>"""
    files = {"a.mp4": "x", "a.SRT": subtitles(MINI_3), "a.xmp": xmp}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    (draft,) = reading.drafts(items).values()
    assert (draft.rating, draft.place) == (5, None)
    assert reading.problems(items) == {"a.SRT": "unsupported"}
