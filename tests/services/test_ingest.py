"""What a memory becomes of a draft and its files: whose date, whose place, whose words."""

from __future__ import annotations

import json
import zlib
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.drafts import Draft, MediaRef, PersonRef, PlaceRef
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.media.facts import MediaFacts, facts_from_json
from timeline_local.services.import_work import Plan, fingerprint, pack_plan, told_of, unpack_plan
from timeline_local.services.ingest import (
    FoundFile,
    Surroundings,
    content_of,
    found_from_json,
    found_to_json,
    kind_of,
    when_of,
)
from timeline_local.services.memory_content import MemoryContent

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AROUND = Surroundings(zone_of=lambda _lat, _lon: "Asia/Tokyo", home_zone="Europe/Lisbon", now=NOW, tags=("trip",))
EXIF = TimeEvidence(basis=TimeBasis.EXIF, local_at=datetime(2019, 6, 14, 15), origin="EXIF")  # noqa: DTZ001
NAME = TimeEvidence(basis=TimeBasis.FILE_NAME, local_at=datetime(2018, 1, 1), origin="file name")  # noqa: DTZ001
FACTS = MediaFacts(
    mime="image/jpeg", lat=35.6, lon=139.7, altitude_m=5.0, evidence=(EXIF,), title="T", description="D",
    keywords=("sea", "trip"), people=("Ana", "Bo"), rating=3, city="Tokyo", country="Japan",
)  # fmt: skip


def found(role: MediaRole = MediaRole.PRIMARY, facts: MediaFacts | None = FACTS, family: str = "image") -> FoundFile:
    ref = MediaRef(locator=f"{role}.jpg", role=role, name=f"{role}.jpg")
    return FoundFile(
        ref=ref,
        sha256=role.value.encode().ljust(32, b"0"),
        size_bytes=7,
        mtime_ns=9,
        mime="image/jpeg",
        family=family,  # type: ignore[arg-type]
        facts=facts,
    )


def content(draft: Draft, *files: FoundFile) -> MemoryContent:
    media = {file.sha256: number for number, file in enumerate(files, 1)}
    return content_of(draft, files, source="photo_folder", source_key="k", media=media, around=AROUND)


def test_a_picture_speaks_for_itself_where_its_source_is_silent() -> None:
    made = content(Draft(source_key="a", evidence=(NAME,)), found())
    assert (made.kind, made.title, made.body, made.rating, made.favourite) == (Kind.PHOTO, "T", "D", 3, False)
    assert (made.lat, made.lon, made.altitude_m, made.tags) == (35.6, 139.7, 5.0, ("sea", "trip"))
    assert made.place == PlaceRef(city="Tokyo", country="Japan")
    assert (made.moment.local_at, made.moment.zone, made.moment.time_basis) == (EXIF.local_at, "Asia/Tokyo", "exif")
    assert [each["accepted"] for each in made.considered if isinstance(each, dict)] == [True, False]


def test_the_source_comes_before_the_file() -> None:
    draft = Draft(
        source_key="a", title="S", body="B", rating=0, mood=4, people=(PersonRef(name="ana"),), tags=("x",),
        place=PlaceRef(lat=1.0, lon=2.0, name="Home"), favourite=True,
    )  # fmt: skip
    made = content(draft, found())
    assert (made.title, made.body, made.rating, made.favourite, made.lat, made.lon) == ("S", "B", 0, True, 1.0, 2.0)
    assert made.mood == 4
    assert [each.name for each in made.people] == ["ana", "Bo"]
    assert made.tags == ("x", "sea", "trip")
    assert made.place is not None
    assert made.place.name == "Home"


def test_a_note_is_not_dated_or_placed_by_what_it_shows() -> None:
    draft = Draft(source_key="n", kind=Kind.NOTE, title="N", evidence=(NAME,))
    made = content(draft, found(MediaRole.ATTACHMENT))
    assert (made.kind, made.moment.time_basis, made.lat, made.rating, made.tags) == (
        Kind.NOTE, "file_name", None, None, ("trip",),
    )  # fmt: skip


@pytest.mark.parametrize("role", [MediaRole.RAW, MediaRole.MOTION, MediaRole.EDITED])
def test_a_picture_without_a_date_takes_that_of_its_other_part(role: MediaRole) -> None:
    silent = found(facts=MediaFacts(mime="image/jpeg"))
    decision = when_of(Draft(source_key="a"), [silent, found(role)], AROUND)
    assert decision.moment.time_basis is TimeBasis.EXIF


def test_when_a_picture_was_last_written_counts_only_where_no_other_part_knows_better() -> None:
    written = TimeEvidence(basis=TimeBasis.FILE_DATE, local_at=EXIF.local_at, origin="EXIF DateTime")
    files = [found(facts=MediaFacts(mime="image/jpeg", evidence=(written,))), found(MediaRole.MOTION)]
    assert when_of(Draft(source_key="a"), files, AROUND).winner == EXIF
    assert when_of(Draft(source_key="a"), files[:1], AROUND).winner == written


@pytest.mark.parametrize(
    ("family", "kind"),
    [("image", Kind.PHOTO), ("raw", Kind.PHOTO), ("video", Kind.VIDEO), ("audio", Kind.AUDIO)],
)
def test_the_kind_is_that_of_the_first_file(family: str, kind: Kind) -> None:
    assert kind_of(Draft(source_key="a"), [found(family=family)]) is kind


def test_a_file_that_says_nothing_still_makes_a_memory() -> None:
    made = content(Draft(source_key="a", evidence=(NAME,)), found(facts=None))
    assert (made.title, made.moment.local_at, len(made.media)) == ("", NAME.local_at, 1)


def test_a_found_file_survives_json() -> None:
    assert found_from_json(found_to_json(found())) == found()
    assert found_from_json(found_to_json(found(facts=None))) == found(facts=None)


def test_facts_that_an_earlier_version_planned_with_are_read_as_they_were() -> None:
    """It wrote every field, also those that hold their default."""
    facts = MediaFacts(mime="image/jpeg", width=4, height=3, evidence=(EXIF,))
    evidence = {
        "basis": "exif", "local_at": "2019-06-14T15:00:00", "instant": None, "utc_offset_min": None, "zone": None,
        "precision": "instant", "until": None, "local_until": None, "origin": "EXIF", "may_correct": False,
    }  # fmt: skip
    written = {each.name: getattr(facts, each.name) for each in fields(facts)} | {"evidence": [evidence]}
    assert facts_from_json(json.loads(json.dumps(written))) == facts


def test_a_planned_draft_is_kept_without_the_record_that_is_kept_beside_it() -> None:
    draft = Draft(source_key="a", raw=b"the source's own record")
    assert unpack_plan(pack_plan(Plan("told", draft, ()), b"\0" * 17)) == Plan("told", replace(draft, raw=None), ())


@given(st.text(max_size=50), st.binary(max_size=50), st.lists(st.text(max_size=10), max_size=3))
def test_a_plan_survives_being_kept(body: str, raw: bytes, tags: list[str]) -> None:
    draft = Draft(source_key="a", body=body.encode("utf-8", "replace").decode(), raw=raw, evidence=(EXIF,))
    clean = tuple(tag.encode("utf-8", "replace").decode() for tag in tags)
    plan = Plan("photo_folder", replace(draft, tags=clean), (found(),))
    kept = unpack_plan(pack_plan(plan, fingerprint("photo_folder", plan.draft, {"a": (1, 2)})))
    assert kept == replace(plan, draft=replace(plan.draft, raw=None))


@pytest.mark.parametrize("packed", [b"", b"x" * 40])
def test_a_damaged_plan_is_an_error_of_its_own(packed: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpack_plan(packed)


@pytest.mark.parametrize("packed", [None, b"", b"\0" * 17, b"x" * 40, b"\0" * 17 + zlib.compress(b"{}")])
def test_a_plan_that_cannot_be_read_is_called_nothing(packed: bytes | None) -> None:
    assert told_of(packed) == (None, "")


def test_a_fingerprint_changes_with_the_draft_and_with_its_files() -> None:
    draft = Draft(source_key="a", body="b")
    same = fingerprint("s", draft, {"a": (1, 2), "b": (3, 4)})
    others = [
        fingerprint("s", draft, {"b": (3, 4), "a": (1, 2)}),
        fingerprint("s", draft, {"a": (1, 3), "b": (3, 4)}),
        fingerprint("s", replace(draft, body="c"), {"a": (1, 2), "b": (3, 4)}),
        fingerprint("t", draft, {"a": (1, 2), "b": (3, 4)}),
    ]
    assert [each == same for each in others] == [True, False, False, False]
