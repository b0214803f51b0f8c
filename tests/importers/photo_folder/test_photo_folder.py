"""Which files are one memory, what their sidecars say, and what real folders give."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.times import Precision, TimeBasis
from timeline_local.importers.base import Checkpoint, ReadOptions, opened
from timeline_local.importers.exiftool_json import read_exiftool
from timeline_local.importers.sources.photo_folder import PhotoFolder

EXPECTED = Path(__file__).with_name("expected.json")
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="5" exif:DateTimeOriginal="2019-06-14T15:04:05+02:00"
 exif:GPSLatitude="38,42.0N" exif:GPSLongitude="9,6.0W"><dc:subject><rdf:Bag><rdf:li>beach</rdf:li></rdf:Bag>
</dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""
GOOGLE = '{"title":"%s","photoTakenTime":{"timestamp":"1560512400"},"description":"pier"}'


def parts(draft: Draft) -> list[tuple[str, str]]:
    return [(media.locator, media.role.value) for media in draft.media]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["IMG_1.HEIC", "IMG_1.MOV"], [[("IMG_1.HEIC", "primary"), ("IMG_1.MOV", "motion")]]),
        (["a.jpg", "A.mp4"], [[("a.jpg", "primary"), ("A.mp4", "motion")]]),
        (["PXL_1.MP.jpg", "PXL_1.MP"], [[("PXL_1.MP.jpg", "primary"), ("PXL_1.MP", "motion")]]),
        (["IMG_1.HEIC", "IMG_1_HEVC.MOV"], [[("IMG_1.HEIC", "primary"), ("IMG_1_HEVC.MOV", "motion")]]),
        (["IMG_1.JPG", "IMG_1-medium.MOV"], [[("IMG_1.JPG", "primary"), ("IMG_1-medium.MOV", "motion")]]),
        (["IMG_1.HEIC", "IMG_1.HEIC.MOV"], [[("IMG_1.HEIC", "primary"), ("IMG_1.HEIC.MOV", "motion")]]),
        (
            ["Trip_0001.jpg", "Trip_0001_a.jpg", "Trip_0001_b.jpg", "Trip_0002_b.jpg"],
            [
                [("Trip_0001.jpg", "primary"), ("Trip_0001_a.jpg", "edited"), ("Trip_0001_b.jpg", "attachment")],
                [("Trip_0002_b.jpg", "primary")],
            ],
        ),
        (["IMG_1_HEVC.MOV"], [[("IMG_1_HEVC.MOV", "primary")]]),
        (["IMG_1.JPG", "IMG_1-adjusted.JPG"], [[("IMG_1.JPG", "primary"), ("IMG_1-adjusted.JPG", "edited")]]),
        (["MVIMG_1.jpg", "MVIMG_1.mp4"], [[("MVIMG_1.jpg", "primary"), ("MVIMG_1.mp4", "motion")]]),
        (["IMG_1.HEIC.jpg", "IMG_1.MOV"], [[("IMG_1.HEIC.jpg", "primary"), ("IMG_1.MOV", "motion")]]),
        (["a.CR2", "a.JPG"], [[("a.JPG", "primary"), ("a.CR2", "raw")]]),
        (["IMG_1234.JPG", "IMG_E1234.JPG"], [[("IMG_1234.JPG", "primary"), ("IMG_E1234.JPG", "edited")]]),
        (["a-bearbeitet.jpg", "a.jpg"], [[("a.jpg", "primary"), ("a-bearbeitet.jpg", "edited")]]),
        (["a-edited.jpg"], [[("a-edited.jpg", "primary")]]),
        (["IMG_E1234.JPG"], [[("IMG_E1234.JPG", "primary")]]),
        (["a.mov"], [[("a.mov", "primary")]]),
        (["a.dng"], [[("a.dng", "primary")]]),
        (["1.png", "1.jpg", "1.mov"], [[("1.jpg", "primary"), ("1.mov", "motion")], [("1.png", "primary")]]),
        (["a.jpg", "a.mov", "a.mp4"], [[("a.jpg", "primary"), ("a.mov", "motion")], [("a.mp4", "primary")]]),
        (["a.jpg", "a.m4a"], [[("a.jpg", "primary")], [("a.m4a", "primary")]]),
        (
            ["a.mp3", "b.flac", "c.OGG", "d.opus", "e.wav"],
            [[(n, "primary")] for n in ["a.mp3", "b.flac", "c.OGG", "d.opus", "e.wav"]],
        ),
        (["x/a.heic", "y/a.mov"], [[("x/a.heic", "primary")], [("y/a.mov", "primary")]]),
        (["a.heic", "a.jpg", "a.mov"], [[("a.heic", "primary"), ("a.mov", "motion"), ("a.jpg", "attachment")]]),
        (["a.heic", "a.jpg", "a.dng"], [[("a.jpg", "primary"), ("a.dng", "raw"), ("a.heic", "attachment")]]),
        (["IMG_1234.HEIC", "IMG_1234.AAE"], [[("IMG_1234.HEIC", "primary"), ("IMG_1234.AAE", "sidecar")]]),
        (
            ["IMG_1234.HEIC", "IMG_E1234.HEIC", "IMG_O1234.AAE"],
            [[("IMG_1234.HEIC", "primary"), ("IMG_E1234.HEIC", "edited"), ("IMG_O1234.AAE", "sidecar")]],
        ),
        (["IMG_1.heic", "IMG_1_edited.jpeg"], [[("IMG_1.heic", "primary"), ("IMG_1_edited.jpeg", "edited")]]),
        (["PXL_1.jpg", "PXL_1~2.jpg"], [[("PXL_1.jpg", "primary"), ("PXL_1~2.jpg", "edited")]]),
        (["IMAGE~1.JPG"], [[("IMAGE~1.JPG", "primary")]]),
        (
            ["PXL_20231207_032111247.RAW-01.COVER.jpg", "PXL_20231207_032111247.RAW-02.ORIGINAL.dng"],
            [
                [
                    ("PXL_20231207_032111247.RAW-01.COVER.jpg", "primary"),
                    ("PXL_20231207_032111247.RAW-02.ORIGINAL.dng", "raw"),
                ]
            ],
        ),
    ],
)
def test_files_that_belong_together_are_one_memory(
    tmp_path: Path, reading: ModuleType, files: list[str], expected: list[list[tuple[str, str]]]
) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, dict.fromkeys(files, "x")))
    assert [parts(draft) for draft in reading.drafts(items).values()] == expected


def test_a_heic_and_a_jpeg_that_were_written_days_apart_are_two_shots(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"IMG_1.HEIC": "x", "IMG_1.JPG": "y"})
    os.utime(tmp_path / "IMG_1.JPG", (1_500_000_000, 1_500_000_000))
    assert list(reading.drafts(reading.read(PhotoFolder(), folder))) == ["IMG_1.HEIC", "IMG_1.JPG"]


@pytest.mark.parametrize("sidecar", ["a.jpg.xmp", "a.xmp", "A.JPG.XMP"])
def test_an_xmp_sidecar_dates_places_and_tags_its_picture(tmp_path: Path, reading: ModuleType, sidecar: str) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"a.jpg": "x", sidecar: XMP}))
    draft = reading.drafts(items)["a.jpg"]
    assert (draft.evidence[0].local_at, draft.evidence[0].utc_offset_min) == (datetime(2019, 6, 14, 15, 4, 5), 120)  # noqa: DTZ001
    assert (draft.place.lat, draft.place.lon) == (pytest.approx(38.7), pytest.approx(-9.1))
    assert (draft.tags, draft.rating, draft.favourite) == (("beach",), 5, False)
    assert draft.raw == XMP.encode()


def test_a_favourite_of_f_stop_is_one_and_takes_no_tag_away(tmp_path: Path, reading: ModuleType) -> None:
    marked = XMP.replace('xmp:Rating="5"', 'xmlns:f="http://www.fstopapp.com/xmp/" f:favorite="1"').replace("beach", "")
    tags = '[{"SourceFile": "a.jpg", "XMP:Subject": ["sea"], "XMP:Rating": 4}]'
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"a.jpg": "x", "a.jpg.xmp": marked, "a.jpg.json": tags}))
    draft = reading.drafts(items)["a.jpg"]
    assert (draft.favourite, draft.tags, draft.rating) == (True, ("sea",), 4)


def test_a_sidecar_of_icloudpd_tells_favourites_and_screenshots(tmp_path: Path, reading: ModuleType) -> None:
    written = XMP.replace("x:xmpmeta xmlns:x", 'x:xml_doc x:xmptk="icloudpd 1.32.2" xmlns:x')
    marked = written.replace(
        "<dc:subject>",
        '<i:DigitalSourceType xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">screenCapture'
        "</i:DigitalSourceType><dc:subject>",
    ).replace("</x:xmpmeta>", "</x:xml_doc>")
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"a.jpg": "x", "a.jpg.xmp": marked}))
    draft = reading.drafts(items)["a.jpg"]
    assert (draft.favourite, draft.rating, draft.extra) == (True, None, {"kind": "screenshot"})


def test_the_sidecar_with_the_whole_name_wins(tmp_path: Path, reading: ModuleType) -> None:
    other = XMP.replace("2019-06-14", "2001-01-02")
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"a.jpg": "x", "a.xmp": other, "a.jpg.xmp": XMP}))
    assert reading.drafts(items)["a.jpg"].evidence[0].local_at.year == 2019


def test_a_damaged_sidecar_is_told_and_its_picture_kept(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"a.jpg": "x", "a.xmp": "<not xmp"}))
    assert set(reading.drafts(items)) == {"a.jpg"}
    assert reading.problems(items) == {"a.xmp": "sidecar-unreadable"}


def test_a_google_sidecar_speaks_and_the_date_of_the_file_does_not(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a.jpg": "x", "a-edited.jpg": "y", "a.jpg.supplemental-metadata.json": GOOGLE % "a.jpg"}
    draft = reading.drafts(reading.read(PhotoFolder(), reading.make(tmp_path, files)))["a.jpg"]
    assert [each.basis for each in draft.evidence] == [TimeBasis.SIDECAR]
    assert (draft.body, parts(draft)) == ("pier", [("a.jpg", "primary"), ("a-edited.jpg", "edited")])


def test_the_film_of_a_live_photo_shares_its_sidecar(tmp_path: Path, reading: ModuleType) -> None:
    files = {"IMG_1.MP4": "x", "IMG_1.HEIC": "y", "IMG_1.HEIC.supplemental-metadata.json": GOOGLE % "IMG_1.HEIC"}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert list(reading.drafts(items)) == ["IMG_1.HEIC"]
    assert reading.problems(items) == {}


@pytest.mark.parametrize(
    ("files", "slug"),
    [
        ({"a.xcf": "x"}, {"a.xcf": "unsupported"}),
        ({"a": "x"}, {"a": "unsupported"}),
        ({"a.jpg": ""}, {"a.jpg": "empty"}),
        ({"a.jpg.json": GOOGLE % "a.jpg"}, {"a.jpg.json": "sidecar-without-media"}),
        ({"metadata.json": '{"title":"Album"}'}, {}),
        ({"b.thm": "y", "n.md": "z", "m.txt": ""}, {}),
        ({"a.aae": "x", "b.xmp": XMP}, {"a.aae": "sidecar-without-media", "b.xmp": "sidecar-without-media"}),
        (
            {"a.jpg": "x", "a.jpg.json": '{"trashed":true,"photoTakenTime":{"timestamp":"9"}}'},
            {"a.jpg": "trashed-at-source"},
        ),
    ],
)
def test_what_is_left_out_is_told_with_its_reason(
    tmp_path: Path, reading: ModuleType, files: dict[str, str], slug: dict[str, str]
) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert reading.problems(items) == slug
    assert reading.drafts(items) == {}


@pytest.mark.parametrize(
    ("files", "kept"),
    [({"a.heic": "", "a.mov": "x"}, "a.mov"), ({"a.heic": "x", "a.mov": ""}, "a.heic")],
)
def test_an_empty_half_of_a_pair_does_not_take_the_other_with_it(
    tmp_path: Path, reading: ModuleType, files: dict[str, str], kept: str
) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert [parts(draft) for draft in reading.drafts(items).values()] == [[(kept, "primary")]]
    assert list(reading.problems(items).values()) == ["empty"]


def test_files_of_another_source_are_not_touched(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.jpg": "x", "b.jpg": "y"})
    items = reading.read(PhotoFolder(), folder, ReadOptions(claimed={"a.jpg"}))
    assert list(reading.drafts(items)) == ["b.jpg"]


def test_a_read_goes_on_at_each_of_its_checkpoints(tmp_path: Path, reading: ModuleType) -> None:
    names = [f"{folder}/{n}.jpg" for folder in ("a", "b", "b/c") for n in range(120)]
    folder = reading.make(tmp_path, dict.fromkeys(names, "x"))
    items = reading.read(PhotoFolder(), folder)
    stops = [index for index, item in enumerate(items) if isinstance(item, Checkpoint)]
    assert len(stops) == 6
    rest = [list(opened(PhotoFolder().read(folder, ReadOptions(), items[stop].position))) for stop in stops]
    wanted = [[each for each in items[stop + 1 :] if isinstance(each, Draft)] for stop in stops]
    assert [[each for each in items if isinstance(each, Draft)] for items in rest] == wanted


def test_recognition_says_what_it_saw(tmp_path: Path, reading: ModuleType) -> None:
    assert PhotoFolder().recognise(reading.make(tmp_path / "a", {"n.md": "x"})).confidence == 0
    found = PhotoFolder().recognise(reading.make(tmp_path / "b", {"x/IMG_1.JPG": "x"}))
    assert (found.confidence, "IMG_1.JPG" in found.reason) == (0.9, True)


def test_a_real_takeout_gives_the_golden_drafts(reading: ModuleType) -> None:
    folder = reading.Folder(reading.corpus("takeout/gpth-testdata-pl/input"))
    assert reading.golden(reading.read(PhotoFolder(), folder)) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("names", "cover"),
    [
        (["20231207_101605_001.jpg", "20231207_101605_002.jpg"], 0),
        (["PXL_20230330_184138390.MOTION-01.COVER.jpg", "PXL_20230330_184138390.MOTION-02.ORIGINAL.jpg"], 0),
        (["00001IMG_00001_BURST20171111030039.jpg", "00002IMG_00002_BURST20171111030039_COVER.jpg"], 1),
        (["IMG_20231014_183246_BURST001.jpg", "IMG_20231014_183246_BURST002_COVER.jpg"], 1),
        (["DSC_0001_BURST20230709220904977.JPG", "DSC_0002_BURST20230709220904977_COVER.JPG"], 1),
        (["IMG_1_BURST20160623205107.jpg", "IMG_2_BURST20160623205107.jpg"], 0),
        (["IMAG0012_BURST001_COVER.jpg", "IMAG0012_BURST002.jpg"], 0),
    ],
)
def test_every_shot_of_a_burst_is_a_memory_that_knows_the_cover(
    tmp_path: Path, reading: ModuleType, names: list[str], cover: int
) -> None:
    found = reading.drafts(reading.read(PhotoFolder(), reading.make(tmp_path, dict.fromkeys(names, "x"))))
    related = {key: [(each.kind.value, each.source_key) for each in draft.relations] for key, draft in found.items()}
    assert related == {name: [] if name == names[cover] else [("part_of", names[cover])] for name in names}
    assert len({draft.extra["burst"] for draft in found.values()}) == 1


@pytest.mark.parametrize("name", ["20231207_101605_001.jpg", "00001IMG_00001_BURST20171111030039.jpg", "IMG_1234.jpg"])
def test_a_lone_picture_is_no_burst(tmp_path: Path, reading: ModuleType, name: str) -> None:
    (draft,) = reading.drafts(reading.read(PhotoFolder(), reading.make(tmp_path, {name: "x"}))).values()
    assert (draft.relations, "burst" in draft.extra) == ((), False)


@pytest.mark.parametrize(
    "name",
    [
        "Screenshot_20190919-053857_Camera.jpg", "Screen Shot 2019-06-14 at 15.04.05.png",
        "Bildschirmfoto 2019-06-14.png", "Capture d’écran 2019-06-14.png",
        "Captura de pantalla 2019.png", "スクリーンショット 2019-06-14.png",
        "螢幕快照 2019-06-14.png", "微信截图_20190614.png", "Képernyőfotó 2019-06-14.png", "لقطة الشاشة 2019-06-14.png",
        "ภาพถ่ายหน้าจอ 2019-06-14.png", "Ảnh chụp Màn hình 2019-06-14.png",
        "Screenshots/IMG_1.png",
    ],
)  # fmt: skip
def test_a_screenshot_says_so(tmp_path: Path, reading: ModuleType, name: str) -> None:
    (draft,) = reading.drafts(reading.read(PhotoFolder(), reading.make(tmp_path, {name: "x"}))).values()
    assert draft.extra == {"kind": "screenshot"}


@pytest.mark.parametrize(
    "head", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypmp42"]
)
def test_a_picture_without_an_extension_is_known_by_its_bytes(tmp_path: Path, reading: ModuleType, head: bytes) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"IMG_1": head}))
    assert (list(reading.drafts(items)), reading.problems(items)) == (["IMG_1"], {})


@pytest.mark.parametrize("name", ["a.jpg_large", "a.jp", "a.bin", "a.cover", "a.jpg~"])
def test_a_picture_with_an_extension_that_is_nobodys_is_known_by_its_bytes(
    tmp_path: Path, reading: ModuleType, name: str
) -> None:
    folder = reading.make(tmp_path, {name: b"\xff\xd8\xff\xe0"})
    items = reading.read(PhotoFolder(), folder)
    assert (list(reading.drafts(items)), reading.problems(items)) == ([name], {})
    assert PhotoFolder().recognise(folder).confidence == pytest.approx(0.9)


@pytest.mark.parametrize("name", ["a.jpg_original", "a.jpg.part", "a.tmp", "a.pdf"])
def test_a_backup_or_half_a_download_is_no_picture_of_its_own(tmp_path: Path, reading: ModuleType, name: str) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {name: b"\xff\xd8\xff\xe0"}))
    assert (reading.drafts(items), reading.problems(items)) == ({}, {name: "unsupported"})


PICASA = """[Picasa]
name=Summer at sea
[Contacts2]
a1b2=Anna;;
[.album:77]
name=Best of
token=77
[a.JPG]
star=yes
caption=On the pier
keywords=sea,sand
faces=rect64(3f845bcb59418507),a1b2;rect64(9eb15f89e3d39b0f),ffffffffffffffff
albums=77
geotag=38.700000,-9.100000
"""


@pytest.mark.parametrize("name", [".picasa.ini", "Picasa.ini"])
def test_picasas_notes_are_kept(tmp_path: Path, reading: ModuleType, name: str) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"x/a.jpg": "x", "x/b.jpg": "y", f"x/{name}": PICASA}))
    noted, other = reading.drafts(items).values()
    assert (noted.favourite, noted.body, noted.tags) == (True, "On the pier", ("sea", "sand"))
    assert ([each.name for each in noted.people], noted.place.lat, noted.place.lon) == (["Anna"], 38.7, -9.1)
    assert [each.name for each in noted.collections] == ["Summer at sea", "Best of"]
    assert ([each.name for each in other.collections], other.favourite) == (["Summer at sea"], False)
    assert reading.problems(items) == {}


EXIFTOOL = [
    {
        "SourceFile": "a.jpg",
        "EXIF:DateTimeOriginal": "2019:06:14 15:04:05",
        "EXIF:OffsetTimeOriginal": "+02:00",
        "EXIF:GPSLatitude": 38.7,
        "EXIF:GPSLongitude": 9.1,
        "EXIF:GPSLongitudeRef": "W",
        "XMP:Title": "Pier",
        "IPTC:Keywords": ["sea", "sand"],
        "XMP:PersonInImage": ["Anna"],
        "XMP:Rating": 4,
    }
]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"Rating": "3"}, 3),
        ({"UserRating": 5}, 5),
        ({"RatingPercent": 50}, 3),
        ({"Rating": -1, "RatingPercent": 50}, None),
        ({"Rating": 6}, None),
    ],
)
def test_stars_in_a_sidecar_of_exiftool_are_read(tags: dict[str, object], expected: int | None) -> None:
    found = read_exiftool(json.dumps([{"SourceFile": "a.jpg", **tags}]).encode())
    assert found is not None
    assert found.rating == expected


@pytest.mark.parametrize("sidecar", ["a.jpg.json", "a.json"])
def test_a_sidecar_of_exiftool_is_read(tmp_path: Path, reading: ModuleType, sidecar: str) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"a.jpg": "x", sidecar: json.dumps(EXIFTOOL)}))
    draft = reading.drafts(items)["a.jpg"]
    assert (draft.evidence[0].local_at, draft.evidence[0].utc_offset_min) == (datetime(2019, 6, 14, 15, 4, 5), 120)  # noqa: DTZ001
    assert (draft.place.lat, draft.place.lon) == (38.7, -9.1)
    assert (draft.title, draft.tags, draft.rating) == ("Pier", ("sea", "sand"), 4)
    assert [each.name for each in draft.people] == ["Anna"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("38 deg 42' 0.00\" N", 38.7), ("38.7 S", -38.7), ("north", None), (True, None), (200, None)],
)
def test_exiftool_spells_coordinates_in_several_ways(text: object, expected: float | None) -> None:
    found = read_exiftool(json.dumps([{"SourceFile": "a", "GPSLatitude": text, "GPSLongitude": 9.1}]).encode())
    assert found is not None
    assert found.lat == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("tags", "instant"),
    [
        ({"CreateDate": "2020:05:14 11:34:41", "MediaCreateDate": "2020:05:14 11:34:41"}, "2020-05-14T11:34:41+00:00"),
        ({"QuickTime": {"TrackCreateDate": "0000", "CreateDate": "2020:05:14 11:34:41"}}, "2020-05-14T11:34:41+00:00"),
        ({"CreateDate": "2020:05:14 11:34:41"}, None),  # of a camera: its own wall clock
    ],
)
def test_the_clock_of_a_film_is_utc_in_a_sidecar_of_exiftool(tags: dict[str, object], instant: str | None) -> None:
    found = read_exiftool(json.dumps([{"SourceFile": "a.mp4", **tags}]).encode())
    assert found is not None
    assert [each.instant.isoformat() if each.instant else None for each in found.evidence()] == [instant]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"GPSAltitude": "4.062 m", "GPSAltitudeRef": "Above Sea Level"}, 4.062),
        ({"GPSAltitude": "12 m Below Sea Level"}, -12),
        ({"GPSAltitude": 12.5, "GPSAltitudeRef": 1}, -12.5),
        ({"GPSAltitude": "nan"}, None),
        ({"GPSAltitude": "high"}, None),
    ],
)
def test_heights_in_a_sidecar_of_exiftool_are_read(tags: dict[str, object], expected: float | None) -> None:
    found = read_exiftool(json.dumps([{"SourceFile": "a", **tags}]).encode())
    assert found is not None
    assert found.altitude_m == expected


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"[1]", b"[" * 100_000, b'[{"SourceFile":1},{"SourceFile":2}]'])
def test_other_json_is_no_sidecar_of_exiftool(data: bytes) -> None:
    assert read_exiftool(data) is None


def test_of_an_apple_library_only_the_originals_are_read(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "My.photoslibrary/originals/A/A1.heic": "x",
        "My.photoslibrary/resources/derivatives/A/A1.jpeg": "small",
        "My.photoslibrary/database/Photos.sqlite": "SQLite format 3",
    }
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert list(reading.drafts(items)) == ["My.photoslibrary/originals/A/A1.heic"]
    assert set(reading.problems(items).values()) == {"unsupported"}


def test_whatsapp_knows_the_day_alone(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"IMG-20190614-WA0007.jpg": "x"}))
    evidence = reading.drafts(items)["IMG-20190614-WA0007.jpg"].evidence[0]
    assert (evidence.local_at, evidence.precision) == (datetime(2019, 6, 14), Precision.DAY)  # noqa: DTZ001
