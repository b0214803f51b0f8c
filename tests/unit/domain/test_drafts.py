"""Drafts survive JSON, and fingerprints change exactly when the content does."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.draft_json import draft_from_json, draft_to_json, item_from_json, item_to_json
from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Contact,
    Draft,
    MediaRef,
    PersonRef,
    PersonRole,
    PlaceRef,
    RelationKind,
    RelationRef,
    Sample,
    Samples,
)
from timeline_local.domain.fingerprints import canonical_json, content_hash, fold, normalise_tag, row_hash
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moments import Precision, TimeBasis, TimeEvidence

texts = st.text(max_size=20)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
evidence = st.builds(
    TimeEvidence,
    basis=st.sampled_from(TimeBasis),
    local_at=st.none() | st.datetimes() | st.datetimes().map(lambda each: each.replace(fold=1)),
    instant=st.none() | st.datetimes(timezones=st.just(UTC)),
    utc_offset_min=st.none() | st.integers(-840, 840),
    zone=st.none() | texts.filter(bool),
    precision=st.sampled_from(Precision),
    until=st.none() | st.datetimes(timezones=st.just(UTC)),
    local_until=st.none() | st.datetimes(),
    origin=texts,
)
people = st.builds(PersonRef, name=texts, kind=texts, value=texts, role=st.sampled_from(PersonRole))
degrees = st.floats(-180, 180)
samples = st.lists(
    st.builds(
        Sample,
        at=st.datetimes(timezones=st.just(UTC)),
        lat=degrees,
        lon=degrees,
        accuracy_m=numbers,
        altitude_m=numbers,
        speed_mps=numbers,
    ),
    max_size=3,
).map(tuple)
media = st.builds(MediaRef, locator=texts, position=st.integers(0, 9), name=texts)
other_items = st.one_of(
    st.builds(Samples, source_key=texts, device=texts, samples=samples),
    st.builds(
        Contact,
        source_key=texts,
        name=texts,
        addresses=st.lists(people, max_size=2).map(tuple),
        born=texts,
        note=texts,
        photo=st.none() | media,
        raw=st.none() | st.binary(max_size=20),
    ),
)
drafts = st.builds(
    Draft,
    source_key=texts,
    kind=st.none() | st.sampled_from(Kind),
    title=texts,
    body=texts,
    evidence=st.lists(evidence, max_size=3).map(tuple),
    place=st.none() | st.builds(PlaceRef, lat=numbers, lon=numbers, name=texts, altitude_m=numbers),
    tags=st.lists(texts, max_size=3).map(tuple),
    people=st.lists(people, max_size=2).map(tuple),
    favourite=st.booleans(),
    rating=st.none() | st.integers(0, 5),
    mood=st.none() | st.integers(1, 5),
    archived=st.booleans(),
    trashed=st.booleans(),
    media=st.lists(media, max_size=2).map(tuple),
    collections=st.lists(
        st.builds(CollectionRef, key=texts, name=texts, kind=st.sampled_from(CollectionKind)), max_size=2
    ).map(tuple),
    relations=st.lists(st.builds(RelationRef, kind=st.sampled_from(RelationKind), source_key=texts), max_size=2).map(
        tuple
    ),
    path=samples,
    device=texts,
    extra=st.dictionaries(texts, json_values, max_size=3),
    raw=st.none() | st.binary(max_size=20),
)

WALK = Draft(
    source_key="a/1.jpg",
    title="Walk",
    evidence=(
        TimeEvidence(basis=TimeBasis.EXIF, local_at=datetime(2019, 6, 14, 10)),  # noqa: DTZ001
        TimeEvidence(basis=TimeBasis.FILE_DATE, instant=datetime(2020, 1, 2, tzinfo=UTC)),
    ),
    media=(MediaRef(locator="a/1.jpg"),),
)


@given(drafts)
def test_a_draft_survives_json(draft: Draft) -> None:
    text = json.dumps(draft_to_json(draft), allow_nan=False)
    again = draft_from_json(json.loads(text))
    assert again == draft
    assert [each.local_at.fold for each in again.evidence if each.local_at] == [
        each.local_at.fold for each in draft.evidence if each.local_at
    ]


@given(drafts | other_items)
def test_whatever_a_source_hands_over_survives_json(item: Draft | Samples | Contact) -> None:
    assert item_from_json(json.loads(json.dumps(item_to_json(item), allow_nan=False))) == item


def test_a_fingerprint_is_what_it_was_before_drafts_told_of_roles_and_addresses() -> None:
    draft = Draft(
        source_key="x", people=(PersonRef(name="Anna"),), place=PlaceRef(city="Rome"), media=(MediaRef(locator="a"),)
    )
    assert content_hash(draft).hex() == "68b8586f2c5c1cba71bdc271a31be9ab7cd3f72ae1b91574166e0ca5cb83adb1"


def test_numbers_that_no_other_reader_has_are_kept_as_text() -> None:
    extra: dict[str, JSON] = {"a": [2**53, {"b": -(2**70)}], "c": float("inf"), "d": 2**53 - 1}
    told = draft_to_json(Draft(source_key="x", extra=extra))["extra"]
    assert told == {"a": ["9007199254740992", {"b": "-1180591620717411303424"}], "c": None, "d": 2**53 - 1}


def test_a_small_draft_is_small_in_json() -> None:
    assert draft_to_json(Draft(source_key="x")) == {"source_key": "x"}
    assert draft_to_json(Draft(source_key="x", rating=0))["rating"] == 0


@pytest.mark.parametrize("data", [{}, {"source_key": "x", "kind": "song"}, {"source_key": "x", "raw": "%"}])
def test_json_we_did_not_write_is_refused(data: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError)):
        draft_from_json(data)


@pytest.mark.parametrize(
    "moved",
    [
        replace(WALK, source_key="b/2.jpg"),
        replace(WALK, media=(MediaRef(locator="b/2.jpg"),)),
        replace(WALK, evidence=WALK.evidence[:1]),
        replace(WALK, raw=b"{}"),
    ],
)
def test_moving_a_file_does_not_change_its_content(moved: Draft) -> None:
    assert content_hash(moved, [b"sha"]) == content_hash(WALK, [b"sha"])


@pytest.mark.parametrize(
    ("changed", "media"),
    [
        (replace(WALK, title="Walks"), [b"sha"]),
        (replace(WALK, favourite=True), [b"sha"]),
        (replace(WALK, evidence=()), [b"sha"]),
        (WALK, [b"other"]),
        (WALK, []),
    ],
)
def test_a_change_of_content_changes_the_hash(changed: Draft, media: list[bytes]) -> None:
    assert content_hash(changed, media) != content_hash(WALK, [b"sha"])
    assert len(content_hash(changed, media)) == 32


def test_a_row_hash_ignores_the_order_of_fields() -> None:
    assert row_hash({"a": 1, "b": [2]}) == row_hash({"b": [2], "a": 1})
    assert row_hash({"a": 1}) != row_hash({"a": 2})


def test_one_value_has_one_spelling() -> None:
    value = {"é": [1.5, None, True], "at": datetime(2019, 6, 14, tzinfo=UTC), "on": date(2019, 6, 14), "raw": b"\xff"}
    assert canonical_json({**value, "id": UUID(int=1)}).decode() == (
        '{"at":"2019-06-14T00:00:00+00:00","id":"00000000-0000-0000-0000-000000000001","on":"2019-06-14",'
        '"raw":"ff","é":[1.5,null,true]}'
    )


@pytest.mark.parametrize(("value", "error"), [(object(), TypeError), (float("nan"), ValueError)])
def test_what_has_no_spelling_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        canonical_json({"x": value})


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        *[("Café", "cafe"), ("CAFE\u0301", "cafe"), ("Straße", "strasse"), ("Åse", "ase"), ("ﬁn", "fin"), ("Ａ", "a")],
        *[("が", "が"), ("한국", "한국"), ("שָׁלוֹם", "שלום"), ("हिन्दी", "हिन्दी")],
    ],
)
def test_search_ignores_accents_and_case_but_not_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("#Travel", "Travel"),
        (" Travel / Italy ", "Travel/Italy"),
        ("a  b", "a b"),
        ("##", ""),
        ("/a//b/", "a/b"),
        ("# #x", "x"),
    ],
)
def test_a_tag_has_one_spelling(text: str, tag: str) -> None:
    assert normalise_tag(text) == tag


@given(st.text("#/ ab\u0301\t", max_size=12) | st.text())
def test_normalising_a_tag_twice_changes_nothing(text: str) -> None:
    assert normalise_tag(normalise_tag(text)) == normalise_tag(text)
