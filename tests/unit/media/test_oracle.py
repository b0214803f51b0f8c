"""Our facts against exiftool's, for every file of the corpus table and for what Immich expects of the same files."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.media.facts import MediaFacts, facts_from_json, facts_to_json
from timeline_local.media.metadata import read_metadata
from timeline_local.media.sniff import sniff_file

CORPORA = Path(os.environ.get("TIMELINE_LOCAL_CORPORA", Path(__file__).resolve().parents[4] / "shared" / "corpora"))


def table(name: str, key: str) -> list[Any]:
    path = CORPORA / "tables" / name
    return list(json.loads(path.read_text(encoding="utf-8"))[key]) if path.is_file() else []


ENTRIES = table("media_oracle.json", "files")
IMMICH = [e for e in table("immich.json", "assets") if (CORPORA / "media/immich-test-assets" / e["file"]).is_file()]
KEPT: dict[str, MediaFacts] = {}


def facts_of(file: str) -> MediaFacts:
    path = CORPORA / file
    return KEPT.setdefault(file, read_metadata(path, sniff_file(path)))


def with_fact(name: str) -> pytest.MarkDecorator:
    entries = [e for e in ENTRIES if name in e]
    return pytest.mark.parametrize("entry", entries, ids=[Path(e["file"]).name for e in entries])


def without_fact(name: str) -> pytest.MarkDecorator:
    entries = [e for e in ENTRIES if name not in e]
    return pytest.mark.parametrize("entry", entries, ids=[Path(e["file"]).name for e in entries])


def clock(evidence: TimeEvidence) -> datetime:
    """The wall clock a piece of evidence shows, UTC for a bare instant."""
    shown = evidence.local_at or evidence.instant
    assert shown is not None
    return shown.replace(tzinfo=None)


def trusted(facts: MediaFacts) -> list[TimeEvidence]:
    """Evidence in the order it is believed, GPS and its lessers left out."""
    ranked = {TimeBasis.EXIF_OFFSET: 0, TimeBasis.EXIF: 1}
    return sorted((e for e in facts.evidence if e.basis in ranked), key=lambda e: ranked[e.basis])


@with_fact("mime")
def test_the_format_is_the_one_exiftool_sees(entry: dict[str, Any]) -> None:
    assert facts_of(entry["file"]).mime == entry["mime"]


@with_fact("width")
def test_width_and_height_are_upright(entry: dict[str, Any]) -> None:
    # exiftool gives stored pixels. Of HEIC it gives the turned ones already, and its EXIF orientation is 1 here.
    is_turned = entry.get("orientation", 1) > 4 or entry.get("rotation", 0) in {90, 270}
    stored = (entry["width"], entry["height"])
    facts = facts_of(entry["file"])
    assert (facts.width, facts.height) == (stored[::-1] if is_turned else stored)


@with_fact("captured_local")
def test_the_most_trusted_date_is_the_one_of_the_rules(entry: dict[str, Any]) -> None:
    # Zeros of clocks are evidence too, refused later with a reason; this film has one before its real clock.
    expected = datetime.fromisoformat(entry["captured_local"])
    dates = [clock(e) for e in trusted(facts_of(entry["file"])) if clock(e).year != 1970]
    assert abs(dates[0] - expected) < timedelta(milliseconds=1)


@with_fact("utc_offset")
def test_an_offset_is_known_exactly_when_the_file_has_one(entry: dict[str, Any]) -> None:
    first = trusted(facts_of(entry["file"]))[0]
    moment = first.instant or datetime.fromisoformat(f"{clock(first).isoformat()}{entry['utc_offset']}")
    expected = timedelta(minutes=first.utc_offset_min or 0)
    assert moment.utcoffset() == expected


@without_fact("utc_offset")
def test_no_offset_is_invented(entry: dict[str, Any]) -> None:
    assert all(e.utc_offset_min is None for e in trusted(facts_of(entry["file"])))


@without_fact("captured_local")
def test_a_file_without_a_date_gives_no_evidence(entry: dict[str, Any]) -> None:
    assert trusted(facts_of(entry["file"])) == []


@with_fact("gps_utc")
def test_the_gps_clock_is_evidence_of_its_own(entry: dict[str, Any]) -> None:
    expected = datetime.strptime(entry["gps_utc"].removesuffix("Z").split(".")[0], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    (found,) = [clock(e) for e in facts_of(entry["file"]).evidence if e.basis is TimeBasis.GPS]
    assert found.replace(microsecond=0) == expected


@with_fact("lat")
def test_the_position_is_the_same_to_a_centimetre(entry: dict[str, Any]) -> None:
    facts = facts_of(entry["file"])
    assert [facts.lat, facts.lon] == pytest.approx([entry["lat"], entry["lon"]], abs=1e-7)


@without_fact("lat")
def test_no_position_is_invented(entry: dict[str, Any]) -> None:
    facts = facts_of(entry["file"])
    assert (facts.lat, facts.lon, facts.altitude_m) == (None, None, None)


@with_fact("alt")
def test_the_altitude_is_the_same(entry: dict[str, Any]) -> None:
    assert facts_of(entry["file"]).altitude_m == pytest.approx(entry["alt"], abs=1e-4)


@with_fact("duration_s")
def test_the_duration_is_the_same(entry: dict[str, Any]) -> None:
    assert facts_of(entry["file"]).duration_ms == pytest.approx(entry["duration_s"] * 1000, abs=1)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("make", "camera_make"),
        ("model", "camera_model"),
        ("lens", "lens"),
        ("title", "title"),
        ("description", "description"),
        ("rating", "rating"),
    ],
)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: Path(e["file"]).name)
def test_camera_and_words_are_the_same(entry: dict[str, Any], key: str, name: str) -> None:
    expected = entry.get(key)
    found = getattr(facts_of(entry["file"]), name)
    assert expected is None or found == (expected.strip() if isinstance(expected, str) else expected)


@with_fact("keywords")
def test_keywords_are_the_same_in_the_same_order(entry: dict[str, Any]) -> None:
    assert list(facts_of(entry["file"]).keywords) == entry["keywords"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: Path(e["file"]).name)
def test_facts_survive_the_way_through_json(entry: dict[str, Any]) -> None:
    facts = facts_of(entry["file"])
    assert facts_from_json(json.loads(json.dumps(facts_to_json(facts), allow_nan=False))) == facts


@pytest.mark.parametrize("entry", IMMICH, ids=lambda e: Path(e["file"]).name)
@pytest.mark.parametrize(
    ("key", "name"),
    [("width", "width"), ("height", "height"), ("make", "camera_make"), ("model", "camera_model"), ("lens", "lens")],
)
def test_immich_expects_the_same(entry: dict[str, Any], key: str, name: str) -> None:
    facts = facts_of(f"media/immich-test-assets/{entry['file']}")
    assert getattr(facts, name) == entry["expected"].get(key, getattr(facts, name))


@pytest.mark.parametrize("entry", [e for e in IMMICH if "iso" in e["expected"]], ids=lambda e: Path(e["file"]).name)
def test_immich_expects_the_same_exposure(entry: dict[str, Any]) -> None:
    exposure, expected = facts_of(f"media/immich-test-assets/{entry['file']}").exposure, entry["expected"]
    assert (exposure["iso"], exposure["focal_length_mm"]) == (expected["iso"], expected["focal_length"])
    assert (exposure["f_number"], f"1/{round(1 / exposure['seconds'])}") == (expected["f_number"], expected["exposure"])


def test_people_named_in_regions_are_found(corpora: Path) -> None:
    facts = facts_of("media/immich-test-assets/metadata/faces/portrait-orientation-6.jpg")
    assert facts.people == ("Marie Curie", "Pierre Curie")


def test_a_place_in_words_is_found(corpora: Path) -> None:
    facts = facts_of("media/immich-test-assets/metadata/gps-position/thompson-springs.jpg")
    assert (facts.city, facts.region, facts.country) == ("Thompson Springs", "Utah", "United States")
