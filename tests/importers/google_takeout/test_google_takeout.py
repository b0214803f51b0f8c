"""Google Takeout as it really is: clipped names, albums in any language, split exports, what is left out and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.importers.google_takeout.exports import NOON, YEAR, albums, asset, parts
from timeline_local.domain.drafts import Draft, RelationKind
from timeline_local.domain.times import TimeBasis, decide
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions, Unit, opened
from timeline_local.importers.registry import SOURCES, read_all
from timeline_local.importers.sources.google_takeout import GoogleTakeout
from timeline_local.importers.sources.photo_folder import PhotoFolder

EXPECTED = Path(__file__).with_name("expected.json")
LONG = "Screenshot_2022-10-28-09-31-43-118_com.snapchat.an"
HEIC = b"\x00\x00\x00\x18ftypheic"
FILM = b"\x00\x00\x00\x18ftypqt  "


# One export with what people's exports hold.
TREE: dict[str, bytes | str] = {
    "Takeout/archive_browser.html": "<html>",
    "Takeout/Google Fotos/print-subscriptions.json": '{"subscriptions": []}',
    "Takeout/Google Fotos/user-generated-memory-titles.json": '{"title": ["A"], "count": 1}',
    f"{YEAR}/IMG_20190614_140000.jpg": b"one",
    f"{YEAR}/IMG_20190614_140000.jpg.supplemental-metadata.json": asset(
        "IMG_20190614_140000.jpg",
        description="Am Pier",
        favorited=True,
        people=[{"name": "Anna"}, {"name": "Bela"}],
        geoData={"latitude": 52.5, "longitude": 13.4, "altitude": 34.0},
        geoDataExif={"latitude": 1.0, "longitude": 1.0},
        googlePhotosOrigin={"mobileUpload": {"deviceFolder": {"localFolderName": "Camera"}, "deviceType": "IOS_PHONE"}},
    ),
    f"{YEAR}/IMG_20190614_140000-bearbeitet.jpg": b"one, but warmer",
    f"{YEAR}/IMG_0007.HEIC": HEIC,
    f"{YEAR}/IMG_0007.MP4": FILM,
    f"{YEAR}/IMG_0007.HEIC.supplemental-metadata.json": asset("IMG_0007.HEIC", archived=True),
    f"{YEAR}/IMG_0007(1).HEIC": HEIC + b"another",
    f"{YEAR}/IMG_0007.HEIC.supplemental-metadata(1).json": asset("IMG_0007.HEIC", NOON + 60),
    f"{YEAR}/IMG-20190614-WA0003.jpg": b"sent",
    f"{YEAR}/IMG-20190614-WA0003.jpg.json": asset(
        "IMG-20190614-WA0003.jpg", googlePhotosOrigin={"fromPartnerSharing": {}}
    ),
    f"{YEAR}/gone.jpg": b"gone",
    f"{YEAR}/gone.jpg.json": asset("gone.jpg", trashed=True),
    f"{YEAR}/empty.jpg": b"",
    f"{YEAR}/lost.jpg.supplemental-metadata.json": asset("lost.jpg"),
    f"{YEAR}/alone.jpg": b"alone",
    "Takeout/Google Fotos/Sommer \U0001f3d6/Metadaten.json": json.dumps(
        {"title": "Sommer \U0001f3d6", "description": "", "access": "protected", "date": {"timestamp": "1"}}
    ),
    "Takeout/Google Fotos/Sommer \U0001f3d6/IMG_20190614_140000.jpg": b"one",
    "Takeout/Google Fotos/Sommer \U0001f3d6/IMG_20190614_140000.jpg.supplemental-metadata.json": asset(
        "IMG_20190614_140000.jpg"
    ),
    "Takeout/Google Fotos/Untitled/metadata.json": '{"enrichments": []}',
    "Takeout/Google Fotos/Untitled/metadata(1).json": '{"title": ""}',
    "Takeout/Google Fotos/Untitled/IMG_20190614_140000.jpg": b"one",
    "Takeout/Google Fotos/Untitled/only-here.jpg": b"only",
    "Takeout/Google Fotos/Untitled/only-here.jpg.json": asset("only-here.jpg", 0),
    "Takeout/Google Fotos/Papierkorb/thrown.jpg": b"thrown",
    "Takeout/Google Fotos/Failed Videos/strange.mov": FILM,
    "Takeout/Drive/mine.jpg": b"not of Google Photos",
}


def test_an_export_as_people_have_it_gives_the_golden_drafts(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, TREE))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_a_real_export_in_polish_is_filed_in_the_months_its_owner_filed_it(reading: ModuleType) -> None:
    folder = reading.Folder(reading.corpus("takeout/gpth-testdata-pl/input"))
    table = json.loads(reading.corpus("tables/takeout_gpth_testdata.json").read_bytes())["items"]
    found = reading.drafts(reading.read(GoogleTakeout(), folder))
    dated = {each["media"]: each for each in table if each["sidecar"]}
    assert {key: found[key].evidence[0].instant for key in dated} == {
        key: datetime.fromisoformat(each["taken_utc"]) for key, each in dated.items()
    }
    placed = {key: (draft.place.lat, draft.place.lon) for key, draft in found.items() if draft.place}
    assert placed == {key: (each["lat"], each["lon"]) for key, each in dated.items() if each["lat"]}
    assert set(found) == {each["media"] for each in table}


@pytest.mark.parametrize(
    ("media", "sidecar", "title"),
    [
        ("a.jpg", "a.jpg.json", "a.jpg"),
        ("a.jpg", "a.jpg.supplemental-metadata.json", "a.jpg"),
        ("a.jpg", "a.jpg.supplemental-me.json", "a.jpg"),
        ("a(2).jpg", "a.jpg.supplemental-metadata(2).json", "a.jpg"),
        (f"{LONG[:47]}.jpg", f"{LONG[:46]}.json", f"{LONG}droid.jpg"),
        ("\u00dcber-uns.jpg", "U\u0308ber-uns.jpg.json", "\u00dcber-uns.jpg"),
        ("no_extension", "no_extension.json", "no_extension"),
        ("a_b_.jpg", "named by a rule of tomorrow.json", "a&b?.jpg"),
        ("a.jpg", "a.jpg..json", "other.jpg"),
        ("a(1).jpg", "a.jpg(1).supplemental-metadata.json", "other.jpg"),
        ("a(1).jpg", "a(1).supplemental-metadata.json", "other.jpg"),
        ("a (2).jpg", "a.jpg(2).json", "other.jpg"),
        ("a(1).HEIC.jpg", "a.HEIC.supplemental-metadata(1).json", "other.jpg"),
        ("a.mp4", "a.mp.json", "other.mp4"),
        ("a(1).MP4", "a.HEIC.supplemental-metadata(1).json", "other.heic"),
        ("a(1)(1).MP4", "a(1)(1).HEIC.supplemental-metadata.json", "other.heic"),
        ("a.MP", "a.MP.jpg.supplemental-metadata.json", "other.jpg"),
        ("a-edi.jpg", "a.jpg.json", "other.jpg"),
        ("a-ha ed.jp", "a.jpg.json", "other.jpg"),
        (f"{LONG}-edited.png", f"{LONG}.png.json", "other.png"),
    ],
)
def test_a_picture_finds_its_sidecar_however_its_name_was_cut(
    tmp_path: Path, reading: ModuleType, media: str, sidecar: str, title: str
) -> None:
    files = {f"{YEAR}/{media}": b"\xff\xd8\xffx", f"{YEAR}/{sidecar}": asset(title, description="found")}
    anchor = {f"{YEAR}/z.jpg": b"z", f"{YEAR}/z.jpg.json": asset("z.jpg")}
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, files | anchor))
    assert reading.problems(items) == {}
    (draft,) = [each for each in reading.drafts(items).values() if each.body == "found"]
    assert draft.media[0].name == title


@pytest.mark.parametrize(
    ("media", "sidecar"),
    [
        ("a(1).jpg", "a.jpg(2).json"),
        ("a.jpg", "a.jpg(1).json"),
        ("a(1).jpg", "a.jpg.json"),
        ("a-be.jpg", "b.jpg.json"),
        ("a.jpg", "a.mp4.json"),
        ("a-of sorts.jpg", "a.jpg.json"),
    ],
)
def test_a_sidecar_of_another_picture_is_left_alone(
    tmp_path: Path, reading: ModuleType, media: str, sidecar: str
) -> None:
    files = {f"{YEAR}/{media}": b"\xff\xd8\xffx", f"{YEAR}/{sidecar}": asset("other.jpg", description="found")}
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, files))
    assert [draft.body for draft in reading.drafts(items).values()] == [""]
    assert reading.problems(items) == {f"{YEAR}/{sidecar}": "sidecar-without-media"}


def test_an_original_keeps_its_sidecar_from_what_only_begins_like_an_edited_version(
    tmp_path: Path, reading: ModuleType
) -> None:
    files = {f"{YEAR}/a-be.jpg": "x", f"{YEAR}/a.jpg": "y", f"{YEAR}/a.jpg.json": asset("a.jpg", description="found")}
    found = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files)))
    assert {key[-8:]: draft.body for key, draft in found.items()} == {"a-be.jpg": "", "19/a.jpg": "found"}


def test_pictures_whose_long_names_were_cut_to_one_are_told_apart_by_their_titles(
    tmp_path: Path, reading: ModuleType
) -> None:
    stem = "A very long name that somebody gave to a picture"
    files = {
        f"{YEAR}/{stem[:47]}.jpg": "b",
        f"{YEAR}/{stem[:47]}.png": "a",
        f"{YEAR}/{stem[:46]}.json": asset(f"{stem} of the sea.png", description="png"),
        f"{YEAR}/{stem[:46]}(1).json": asset(f"{stem} of the land.jpg", description="jpg"),
    }
    found = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files)))
    assert {key[-3:]: draft.body for key, draft in found.items()} == {"jpg": "jpg", "png": "png"}


def test_twins_with_one_title_get_their_sidecars_in_natural_order(tmp_path: Path, reading: ModuleType) -> None:
    files: dict[str, str] = {}
    for number in range(12):
        tail = f"({number})" if number else ""
        files[f"{YEAR}/a{tail}.jpg"] = f"picture {number}"
        files[f"{YEAR}/a.jpg{tail}.json"] = asset("a.jpg", NOON + number, description=str(number))
    found = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files)))
    assert {key: draft.body for key, draft in found.items()} == {
        f"{YEAR}/a{f'({number})' if number else ''}.jpg": str(number) for number in range(12)
    }


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["PXL_1.MP.jpg", "PXL_1.MP"], [("PXL_1.MP.jpg", "primary"), ("PXL_1.MP", "motion")]),
        (["MVIMG_1.jpg", "MVIMG_1.mp4"], [("MVIMG_1.jpg", "primary"), ("MVIMG_1.mp4", "motion")]),
        (["IMG_1.HEIC", "IMG_1"], [("IMG_1.HEIC", "primary"), ("IMG_1", "motion")]),
        (["IMG_1.HEIC", "IMG_1.MOV"], [("IMG_1.HEIC", "primary"), ("IMG_1.MOV", "motion")]),
        (["a.jpg", "a-edited.jpg", "a-edited(1).jpg"], None),
        (["PXL_1~2.jpg", "PXL_1.jpg"], [("PXL_1.jpg", "primary"), ("PXL_1~2.jpg", "edited")]),
        (
            ["PXL_1.MP.jpg", "PXL_1.MP", "PXL_1.MP~2.jpg", "PXL_1.MP~2"],
            [
                ("PXL_1.MP.jpg", "primary"),
                ("PXL_1.MP", "motion"),
                ("PXL_1.MP~2.jpg", "edited"),
                ("PXL_1.MP~2", "edited"),
            ],
        ),
    ],
)
def test_films_and_edited_versions_join_their_picture(
    tmp_path: Path, reading: ModuleType, files: list[str], expected: list[tuple[str, str]] | None
) -> None:
    still = next(name for name in files if name.rpartition(".")[2].lower() in {"jpg", "heic"} and "~" not in name)
    tree: dict[str, bytes | str] = {f"{YEAR}/{name}": FILM for name in files}
    tree[f"{YEAR}/{still}.json"] = asset(still)
    (draft,) = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, tree))).values()
    wanted = expected or [(name, "edited" if "-" in name else "primary") for name in files]
    assert sorted(parts(draft)) == sorted(wanted)


def test_a_film_that_only_shares_its_number_with_a_picture_stays_a_film(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        f"{YEAR}/IMG_1.HEIC": HEIC,
        f"{YEAR}/IMG_1.HEIC.json": asset("IMG_1.HEIC"),
        f"{YEAR}/IMG_1.MP4": FILM,
        f"{YEAR}/IMG_1.MP4.json": asset("IMG_1.MP4", NOON + 86_400),
    }
    found = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files)))
    assert [parts(draft) for draft in found.values()] == [[("IMG_1.HEIC", "primary")], [("IMG_1.MP4", "primary")]]


@pytest.mark.parametrize(
    ("media", "title", "name"),
    [
        ("27_06_12 - 1.mov", "27/06/12 - 1", "27_06_12 - 1.mov"),
        ("a.jpg", "The sea. At last", "The sea. At last.jpg"),
        ("a.cover", "a of mine.cover", "a of mine.cover"),
        ("a.gif", "a.gif.json", "a.gif"),
        ("a.jpg", "..", "a.jpg"),
        ("a.HEIC.jpg", "a.HEIC", "a.HEIC"),
    ],
)
def test_a_title_becomes_the_name_of_the_file(
    tmp_path: Path, reading: ModuleType, media: str, title: str, name: str
) -> None:
    files = {f"{YEAR}/{media}": FILM, f"{YEAR}/{media}.json": asset(title)}
    for source in (GoogleTakeout(), PhotoFolder()):
        (draft,) = reading.drafts(reading.read(source, reading.make(tmp_path, files))).values()
        assert draft.media[0].name == name


SPLIT = {
    "takeout-20240601T100000Z-001/Takeout/Google Photos/Photos from 2019/a.jpg": "x",
    "takeout-20240601T100000Z-002/Takeout/Google Photos/Photos from 2019/a.jpg.json": asset("a.jpg", description="a"),
    "takeout-20240601T100000Z-002/Takeout/Google Photos/Photos from 2019/b.heic": HEIC,
    "takeout-20240601T100000Z-002/Takeout/Google Photos/Photos from 2019/b.heic.json": asset("b.heic"),
    "takeout-20240601T100000Z-003/Takeout/Google Photos/Photos from 2019/b.mp4": FILM,
    "takeout-20240601T100000Z-003/Takeout/Google Photos/Sea/metadata.json": '{"title": "Sea"}',
    "takeout-20240601T100000Z-001/Takeout/Google Photos/Sea/a.jpg": "x",
}


def test_an_export_whose_parts_were_unpacked_side_by_side_is_read_as_one(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, SPLIT))
    found = list(reading.drafts(items).values())
    assert [(parts(draft), draft.body, albums(draft)) for draft in found] == [
        ([("a.jpg", "primary")], "a", ["Sea"]),
        ([("b.heic", "primary"), ("b.mp4", "motion")], "", []),
    ]
    assert reading.problems(items) == {}


IN_NUMBERS = {
    "Google Photos/Photos from 2019/a(1).jpg": "x",
    "Google Photos/Photos from 2019/a(2).jpg": "y",
}
OF_NUMBERS = {
    "Google Photos/Photos from 2019/a.jpg(1).json": asset("a.jpg", description="one"),
    "Google Photos/Photos from 2019/a.jpg(2).json": asset("a.jpg", description="two"),
}


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("Takeout/", "Takeout 2/"),
        ("Takeout 2/", "Takeout/"),
        ("Takeout/", "Takeout (1)/"),
        ("a/Takeout/", "b/Takeout/"),
        ("Takeout/", "takeout-20240601T100000Z-002/Takeout/"),
        ("stick/a/Takeout/", "Takeout/"),
    ],
)
def test_the_parts_of_an_export_are_one_wherever_each_was_unpacked(
    tmp_path: Path, reading: ModuleType, here: str, there: str
) -> None:
    files = {here + name: content for name, content in IN_NUMBERS.items()}
    files |= {there + name: content for name, content in OF_NUMBERS.items()}
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, files))
    assert [(parts(draft)[0][0], draft.body) for draft in reading.drafts(items).values()] == [
        ("a(1).jpg", "one"),
        ("a(2).jpg", "two"),
    ]


def test_exports_of_two_people_that_share_a_name_stay_apart(tmp_path: Path, reading: ModuleType) -> None:
    year, other = "Takeout/Google Photos/Photos from 2019/", "Takeout/Google Photos/Photos from 2020/"
    files = {
        f"anna/{year}a.jpg": "hers",
        f"anna/{year}a.jpg.json": asset("a.jpg", description="hers"),
        f"ben/{year}a.jpg": "his",
        f"anna/{other}b.jpg": "without a sidecar",
        f"anna/{other}c.jpg": "hers",
        f"anna/{other}c.jpg.json": asset("c.jpg"),
        f"ben/{other}b(1).jpg": "his",
        f"ben/{other}b.jpg(1).json": asset("b.jpg", description="his"),
        f"ben/{other}b-edited.jpg": "his, edited",
    }
    drafts = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files)))
    assert {key: (len(draft.media), draft.body) for key, draft in drafts.items()} == {
        f"anna/{year}a.jpg": (1, "hers"),
        f"anna/{other}b.jpg": (1, ""),
        f"anna/{other}c.jpg": (1, ""),
        f"ben/{year}a.jpg": (1, ""),
        f"ben/{other}b(1).jpg": (1, "his"),
        f"ben/{other}b-edited.jpg": (1, ""),
    }


def test_a_sidecar_in_quite_another_folder_is_found_by_its_title(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "one/Photos from 2019/a.jpg": "x",
        "one/Photos from 2019/b.jpg": "y",
        "one/Photos from 2019/b.jpg.json": asset("b.jpg"),
        "two/json/a.jpg.supplemental-metadata.json": asset("a.jpg", description="here"),
    }
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, files))
    assert reading.drafts(items)["one/Photos from 2019/a.jpg"].body == "here"
    assert reading.problems(items) == {}


def moment(draft: Draft, *more: Any) -> tuple[TimeBasis, datetime]:  # noqa: ANN401 - evidence of files
    decision = decide(
        (*draft.evidence, *more),
        coordinates=None,
        zone_of=lambda *_: None,
        home_zone="UTC",
        fallback=datetime(2026, 1, 1, tzinfo=UTC),
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return decision.moment.time_basis, decision.moment.happened_at


@pytest.mark.parametrize(
    ("name", "taken", "uploaded", "expected"),
    [
        ("a.jpg", NOON, NOON + 90, (TimeBasis.SIDECAR, datetime(2019, 6, 14, 12, tzinfo=UTC))),
        ("a.jpg", NOON, NOON, (TimeBasis.SIDECAR, datetime(2019, 6, 14, 12, tzinfo=UTC))),
        ("IMG-20190614-WA0001.jpg", NOON, NOON, (TimeBasis.SIDECAR, datetime(2019, 6, 14, 12, tzinfo=UTC))),
        ("IMG_20150102_030405.jpg", NOON, NOON, (TimeBasis.FILE_NAME, datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC))),
        ("IMG_20150102_030405.jpg", NOON, NOON + 1, (TimeBasis.SIDECAR, datetime(2019, 6, 14, 12, tzinfo=UTC))),
        ("a.jpg", 0, 0, (TimeBasis.NONE, datetime(2026, 1, 1, tzinfo=UTC))),
        ("a.jpg", -86_400, NOON, (TimeBasis.SIDECAR, datetime(1969, 12, 31, tzinfo=UTC))),
    ],
)
def test_googles_time_counts_unless_it_is_that_of_the_upload(
    tmp_path: Path, reading: ModuleType, name: str, taken: int, uploaded: int, expected: tuple[TimeBasis, datetime]
) -> None:
    said = asset(name, taken, creationTime={"timestamp": str(uploaded)})
    files = {f"Takeout/Google Photos/Sea/{name}": "x", f"Takeout/Google Photos/Sea/{name}.json": said}
    (draft,) = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files))).values()
    assert moment(draft) == expected


XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmp:Rating="4" exif:DateTimeOriginal="1999-07-01T10:00:00+02:00"/></rdf:RDF></x:xmpmeta>"""


def test_what_another_program_wrote_beside_a_picture_is_read_too(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        f"{YEAR}/a.jpg": "x",
        f"{YEAR}/a.jpg.json": asset("a.jpg", description="Google's"),
        f"{YEAR}/a.jpg.xmp": XMP,
        f"{YEAR}/b.jpg": "y",
        f"{YEAR}/b.jpg.json": asset("b.jpg"),
        f"{YEAR}/b.jpg.xmp": "<broken",
    }
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, files))
    draft = reading.drafts(items)[f"{YEAR}/a.jpg"]
    assert (draft.rating, draft.body) == (4, "Google's")
    assert moment(draft) == (TimeBasis.SIDECAR, datetime(1999, 7, 1, 8, tzinfo=UTC))
    assert reading.problems(items) == {f"{YEAR}/b.jpg.xmp": "sidecar-unreadable"}


def test_shots_of_a_burst_know_their_cover(tmp_path: Path, reading: ModuleType) -> None:
    shots = ["00001IMG_00001_BURST20171111030039.jpg", "00002IMG_00002_BURST20171111030039_COVER.jpg"]
    files = {f"{YEAR}/{name}": name for name in shots} | {f"{YEAR}/{name}.json": asset(name) for name in shots}
    first, cover = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files))).values()
    assert [(each.kind, each.source_key) for each in first.relations] == [(RelationKind.PART_OF, cover.source_key)]
    assert (cover.relations, first.extra["burst"]) == ((), cover.extra["burst"])


def test_other_sources_leave_the_folders_of_google_photos_alone(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, TREE)
    read = [each for each in read_all(folder, SOURCES, ReadOptions()) if isinstance(each.item, Unit)]
    keys = [each.item.source_key for each in read if each.source == "photo_folder" and isinstance(each.item, Unit)]
    assert keys == ["Takeout/Drive/mine.jpg"]


def test_a_read_goes_on_at_each_of_its_checkpoints(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, TREE)
    whole = list(read_all(folder, SOURCES, ReadOptions()))
    stops = [index for index, each in enumerate(whole) if isinstance(each.item, Checkpoint)]
    rest = [list(read_all(folder, SOURCES, ReadOptions(), whole[stop].item.position)) for stop in stops]  # type: ignore[union-attr]
    told = [[item for item in opened(each.item for each in some) if isinstance(item, Draft)] for some in rest]
    assert told == [
        [item for item in opened(each.item for each in whole[stop + 1 :]) if isinstance(item, Draft)] for stop in stops
    ]


def test_a_unit_hangs_on_everything_it_was_read_from(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, TREE)
    units = [item for item in GoogleTakeout().read(folder, ReadOptions(), None) if isinstance(item, Unit)]
    first = next(unit for unit in units if unit.source_key.endswith("/IMG_20190614_140000.jpg"))
    assert {"Metadaten.json", "metadata(1).json", "IMG_20190614_140000-bearbeitet.jpg"} <= {
        file.name for file in first.files
    }


@pytest.mark.parametrize(
    ("files", "confidence", "reason"),
    [
        (TREE, 0.97, "gone.jpg.json"),
        ({"renamed/a.jpg": "x", "renamed/a.jpg.json": asset("a.jpg")}, 0.97, "a.jpg.json"),
        ({"Takeout/archive_browser.html": "x", "Takeout/Mail/a.mbox": "y"}, 0, "Order one with Google Photos ticked"),
        ({"a.jpg": "x", "metadata.json": '{"title": "x"}'}, 0, "no export of Google Photos"),
        ({"Keep/a.json": '{"title": "x", "textContent": "y"}'}, 0, "no export of Google Photos"),
    ],
)
def test_an_export_is_recognised_by_its_sidecars(
    tmp_path: Path, reading: ModuleType, files: Mapping[str, bytes | str], confidence: float, reason: str
) -> None:
    found = GoogleTakeout().recognise(reading.make(tmp_path, files))
    assert found.confidence == confidence
    assert reason in found.reason + found.hint


def test_a_damaged_sidecar_is_told_and_its_picture_kept(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        f"{YEAR}/a.jpg": "x",
        f"{YEAR}/a.jpg.json": "{",
        f"{YEAR}/b.jpg": "y",
        f"{YEAR}/b.jpg.json": asset("b.jpg"),
    }
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, files))
    assert set(reading.drafts(items)) == {f"{YEAR}/a.jpg", f"{YEAR}/b.jpg"}
    assert reading.problems(items) == {f"{YEAR}/a.jpg.json": "sidecar-unreadable"}


def test_a_folder_without_an_export_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    items = list(opened(GoogleTakeout().read(Folder(tmp_path), ReadOptions(), None)))
    assert not [item for item in items if not isinstance(item, Checkpoint)]
