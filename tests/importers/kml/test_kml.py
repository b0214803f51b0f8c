"""KML and KMZ: points, lines, tracks, their times, and what a map shows besides."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import decide
from timeline_local.importers.base import Item
from timeline_local.importers.sources.kml import Kml

HERE = Path(__file__).parent
MAP = (HERE / "export" / "map.kml").read_bytes()
TRACKS = (HERE / "export" / "tracks.kml").read_bytes()
DATA = '<ExtendedData><Data name="time"><value>2024-01-19T11:30:00Z</value></Data></ExtendedData>'
NOW = datetime(2027, 1, 1, tzinfo=UTC)


def read(tmp_path: Path, reading: ModuleType, data: bytes | str, name: str = "a.kml") -> list[Item]:
    found: list[Item] = reading.read(Kml(), reading.make(tmp_path, {name: data}))
    return found


def drafts(items: list[Item]) -> list[Draft]:
    return [item for item in items if isinstance(item, Draft)]


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name.replace("__", "/").replace("_kml", ".kml"), data)
    return out.getvalue()


def placemark(inner: str) -> str:
    return f"<kml><Placemark>{inner}</Placemark></kml>"


def test_maps_give_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Kml(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


def test_a_kmz_gives_what_its_pages_give(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, packed(doc_kml=MAP, files__more_kml=TRACKS), "a.kmz")
    plain = [*drafts(read(tmp_path / "m", reading, MAP)), *drafts(read(tmp_path / "t", reading, TRACKS))]
    assert {draft.source_key for draft in drafts(items)} == {draft.source_key for draft in plain}


@pytest.mark.parametrize(
    ("inner", "local", "precision"),
    [
        ("<TimeStamp><when>2024-01-19T11:30:00+09:00</when></TimeStamp>", "2024-01-19T11:30:00", "instant"),
        ("<TimeStamp><when>2024-01-19</when></TimeStamp>", "2024-01-19T00:00:00", "day"),
        ("<gx:TimeStamp><when>2024-01</when></gx:TimeStamp>", "2024-01-01T00:00:00", "month"),
        ("<TimeSpan><end>2024-01-19T11:30:00Z</end></TimeSpan>", "2024-01-19T20:30:00", "instant"),
        (DATA, "2024-01-19T20:30:00", "instant"),
        ("", "2027-01-01T00:00:00", "unknown"),
    ],
)  # fmt: skip
def test_a_place_is_dated_as_finely_as_its_placemark(
    tmp_path: Path, reading: ModuleType, inner: str, local: str, precision: str
) -> None:
    point = "<name>x</name><Point><coordinates>139.7,35.6</coordinates></Point>"
    [draft] = drafts(read(tmp_path, reading, placemark(point + inner)))
    moment = decide(
        draft.evidence,
        coordinates=(35.6, 139.7),
        zone_of=lambda *_: "Asia/Tokyo",
        home_zone=None,
        fallback=NOW,
        now=NOW,
    ).moment
    assert (moment.local_at.isoformat(), moment.precision.value) == (local, precision)


@pytest.mark.parametrize("text", ["13.4,52.5,1 13.5,52.5,1", "13.4 , 52.5, 1\n13.5 , 52.5, 1", "13.4,52.5\t13.5,52.5"])
def test_coordinates_are_read_however_they_are_spaced(tmp_path: Path, reading: ModuleType, text: str) -> None:
    line = f"<LineString><coordinates>{text}</coordinates></LineString>"
    [draft] = drafts(read(tmp_path, reading, placemark(line)))
    assert draft.extra["route"] == [[52.5, 13.4], [52.5, 13.5]]


@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [
        ("2025-05-23 16:55 - 2025-05-23 16:57", "2025-05-23T16:55:00", "2025-05-23T16:57:00"),
        ("2025-05-23 16:55 - 2025-05-23 16:55", "2025-05-23T16:55:00", ""),
        ("Lunch - 2025-05-23", "2025-05-23T00:00:00", ""),
    ],
)
def test_a_name_dates_a_line(tmp_path: Path, reading: ModuleType, name: str, begin: str, end: str) -> None:
    line = "<LineString><coordinates>13.4,52.5 13.5,52.5</coordinates></LineString>"
    [draft] = drafts(read(tmp_path, reading, placemark(f"<name>{name}</name>{line}")))
    [said] = draft.evidence
    told = said.local_at.isoformat() if said.local_at else "", said.local_until.isoformat() if said.local_until else ""
    assert told == (begin, end)


def test_a_time_without_coordinates_is_no_fault_of_a_track(tmp_path: Path, reading: ModuleType) -> None:
    whens = "".join(f"<when>2021-03-02T09:30:4{second}Z</when>" for second in range(4))
    coords = "<gx:coord/><gx:coord>8.97 48.5 405</gx:coord><gx:coord>8.98 48.5 401</gx:coord><gx:coord></gx:coord>"
    items = read(tmp_path, reading, placemark(f"<gx:Track>{whens}{coords}</gx:Track>"))
    [draft] = drafts(items)
    assert [sample.at.second for sample in draft.path] == [41, 42]
    assert not reading.problems(items)


def test_a_track_that_is_told_as_points_and_as_a_line_is_one_move(tmp_path: Path, reading: ModuleType) -> None:
    """As GPSBabel writes it, and what is built on it."""
    place = "<Point><coordinates>8.9{0},48.5</coordinates></Point>"
    time = "<TimeStamp><when>2021-03-02T09:3{0}:00Z</when></TimeStamp>"
    marks = "".join(
        f"<Placemark><name>Ride-{n}</name><description><table/></description>{time.format(n)}{place.format(n)}</Placemark>"
        for n in range(3)
    )
    coordinates = " ".join(f"8.9{n},48.5" for n in range(3))
    line = f"<Placemark><name>Path</name><LineString><coordinates>{coordinates}</coordinates></LineString></Placemark>"
    folder = f"<Folder><name>Ride</name><Folder><name>Points</name>{marks}</Folder>{line}</Folder>"
    items = read(tmp_path, reading, f"<kml><Folder><name>Tracks</name>{folder}</Folder></kml>")
    [draft] = drafts(items)
    assert (draft.title, [sample.at.minute for sample in draft.path]) == ("Ride", [30, 31, 32])
    assert reading.problems(items) == {"a.kml#placemark 4": "twice"}


def test_points_of_a_track_without_times_are_one_way(tmp_path: Path, reading: ModuleType) -> None:
    marks = "".join(
        f"<Placemark><name>Ride-{n}</name><Point><coordinates>8.9{n},48.5</coordinates></Point></Placemark>"
        for n in range(3)
    )
    items = read(tmp_path, reading, f"<kml><Folder><name>Points</name>{marks}</Folder></kml>")
    [draft] = drafts(items)
    assert draft.extra["route"] == [[48.5, 8.9], [48.5, 8.91], [48.5, 8.92]]


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("<![CDATA[Dinner with <b>Ana</b><br>and the sea]]>", "Dinner with **Ana**\nand the sea"),
        ("<![CDATA[3&#160;km &amp; back]]>", "3\u00a0km & back"),
        ("line one\nline two", "line one\nline two"),
    ],
)
def test_a_description_is_kept_whatever_it_is_written_in(
    tmp_path: Path, reading: ModuleType, written: str, body: str
) -> None:
    inner = f"<name>x</name><description>{written}</description><Point><coordinates>13.4,52.5</coordinates></Point>"
    [draft] = drafts(read(tmp_path, reading, placemark(inner)))
    assert draft.body == body


@pytest.mark.parametrize(
    ("coords", "kind", "route"),
    [
        (("100.55 13.79 0",), Kind.VISIT, None),
        (("100.55 13.79 0", "100.56 13.80 0"), Kind.MOVE, [[13.79, 100.55], [13.8, 100.56]]),
    ],
)
def test_a_day_of_the_old_google_timeline_has_its_times_beside_its_track(
    tmp_path: Path, reading: ModuleType, coords: tuple[str, ...], kind: Kind, route: list[list[float]] | None
) -> None:
    track = "".join(f"<gx:coord>{each}</gx:coord>" for each in coords)
    span = "<TimeSpan><begin>2015-08-01T09:43:58.715Z</begin><end>2015-08-01T16:31:30.753Z</end></TimeSpan>"
    inner = (
        f"<name>Siam</name><address>Bangkok</address><Point><coordinates/></Point><gx:Track>{track}</gx:Track>{span}"
    )
    items = read(tmp_path, reading, placemark(inner))
    [draft] = drafts(items)
    assert (draft.kind, draft.title, draft.extra.get("route")) == (kind, "Siam", route)
    [said] = draft.evidence
    assert (said.instant, said.until) == (
        datetime(2015, 8, 1, 9, 43, 58, 715000, UTC),
        datetime(2015, 8, 1, 16, 31, 30, 753000, UTC),
    )
    assert not reading.problems(items)


def test_a_bare_ampersand_costs_nothing(tmp_path: Path, reading: ModuleType) -> None:
    points = "<Point><coordinates>13.4,52.5</coordinates></Point>"
    items = read(tmp_path, reading, placemark(f"<name>Fish & chips &eacute;</name>{points}"))
    assert [draft.title for draft in drafts(items)] == ["Fish & chips \u00e9"]
    assert not reading.problems(items)


@pytest.mark.parametrize("data", [b"PK\x03\x04 no zip", packed(doc_kml=MAP[:900])])
def test_a_broken_kmz_is_told(tmp_path: Path, reading: ModuleType, data: bytes) -> None:
    assert reading.problems(read(tmp_path, reading, data, "a.kmz"))["a.kmz"] in {"unreadable", "empty"}


@pytest.mark.parametrize("cut", range(60, len(MAP), 173))
def test_a_file_cut_anywhere_gives_what_it_has_and_says_so(tmp_path: Path, reading: ModuleType, cut: int) -> None:
    assert "a.kml" in reading.problems(read(tmp_path, reading, MAP[:cut]))


def test_a_map_without_placemarks_is_told(tmp_path: Path, reading: ModuleType) -> None:
    assert reading.problems(read(tmp_path, reading, "<kml><Document/></kml>")) == {"a.kml": "empty"}


def test_a_map_that_is_elsewhere_says_what_to_save_instead(tmp_path: Path, reading: ModuleType) -> None:
    """My Maps writes it unless the box that keeps data up to date is unticked."""
    link = "<NetworkLink><name>x</name><Link><href>https://maps.example/kml?mid=1&amp;lid=2</href></Link></NetworkLink>"
    items = read(tmp_path, reading, f"<kml><Document>{link}</Document></kml>")
    [problem] = [each for each in items if isinstance(each, Problem)]
    assert (problem.slug, "https://maps.example/kml?mid=1&lid=2" in problem.detail) == ("not-in-export", True)


def test_what_an_update_adds_is_read_and_what_it_changes_is_told(tmp_path: Path, reading: ModuleType) -> None:
    added = placemark("<name>New</name><Point><coordinates>13.4,52.5</coordinates></Point>")
    update = (
        f"<Update><Create><Folder targetId='a'>{added[added.index('<Placemark') : added.index('</Placemark>')]}"
        "</Placemark></Folder></Create><Change><Placemark targetId='b'><name>c</name></Placemark></Change>"
        "<Delete><Placemark targetId='d'/></Delete></Update>"
    )
    items = read(tmp_path, reading, f"<kml><NetworkLinkControl>{update}</NetworkLinkControl></kml>")
    assert [draft.title for draft in drafts(items)] == ["New"]
    assert [each.slug for each in items if isinstance(each, Problem)] == ["unsupported", "unsupported"]


@pytest.mark.parametrize(("name", "data"), [("a.txt", MAP), ("a.kml", b"<Document/>"), ("x", TRACKS)])
def test_it_is_recognised_by_what_it_holds(tmp_path: Path, reading: ModuleType, name: str, data: bytes) -> None:
    assert Kml().recognise(reading.make(tmp_path, {name: data})).confidence > 0.9
