"""A date that its owner set beside a picture: when it counts, when the camera's clock does, and how that is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from timeline_local.domain.draft_json import evidence_from_json, evidence_to_json
from timeline_local.domain.times import Decision, Precision, TimeBasis, TimeEvidence, decide

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def camera(text: str, offset: int | None = None) -> TimeEvidence:
    basis = TimeBasis.EXIF if offset is None else TimeBasis.EXIF_OFFSET
    return TimeEvidence(basis=basis, local_at=wall(text), utc_offset_min=offset, origin="EXIF DateTimeOriginal")


def film(text: str) -> TimeEvidence:
    return TimeEvidence(basis=TimeBasis.EXIF, instant=wall(text).replace(tzinfo=UTC), origin="QuickTime")


def google(text: str) -> TimeEvidence:
    instant = wall(text).replace(tzinfo=UTC)
    return TimeEvidence(basis=TimeBasis.SIDECAR, instant=instant, origin="Google Photos sidecar", may_correct=True)


def editor(text: str, offset: int | None = None, precision: Precision = Precision.INSTANT) -> TimeEvidence:
    return TimeEvidence(
        basis=TimeBasis.SIDECAR,
        local_at=wall(text),
        utc_offset_min=offset,
        precision=precision,
        origin="XMP exif:DateTimeOriginal",
        may_correct=True,
    )


def decided(*evidence: TimeEvidence) -> Decision:
    return decide(evidence, coordinates=None, zone_of=lambda *_: None, home_zone=BERLIN, fallback=NOW, now=NOW)


@pytest.mark.parametrize(
    ("of_camera", "of_google"),
    [
        (camera("2019-06-14 15:04:05"), google("2019-06-14 13:04:05")),  # two hours: Berlin
        (camera("2019-06-14 15:04:05"), google("2019-06-14 01:04:05")),  # fourteen hours: Kiribati
        (camera("2019-06-14 15:04:05"), google("2019-06-14 09:20:11")),  # five and three quarters: Kathmandu, 54 s off
        (camera("2019-06-14 15:04:05", 120), google("2019-06-14 15:04:05")),  # a server that knew no offset
        (camera("2019-06-14 15:04:05"), editor("2019-06-14 13:04:05", 0)),  # icloudpd, which writes UTC
        (film("2019-06-14 13:04:05"), google("2019-06-14 13:05:50")),  # the end of a film and its beginning
    ],
)
def test_a_difference_that_a_zone_explains_leaves_the_camera_its_clock(
    of_camera: TimeEvidence, of_google: TimeEvidence
) -> None:
    assert decided(of_google, of_camera).winner is of_camera


@pytest.mark.parametrize(
    ("of_camera", "of_google", "gap"),
    [
        (camera("2019-06-14 15:04:05"), google("1987-07-01 10:00:00"), "11671 days"),
        (camera("2019-06-14 15:04:05"), google("2019-06-13 22:04:05"), "17 hours"),
        (camera("2019-06-14 15:04:05"), google("2019-06-14 12:41:05"), "2:23 hours"),
        (film("2019-06-14 15:04:05"), google("2019-06-16 10:00:00"), "42:55 hours"),
    ],
)
def test_a_difference_that_no_zone_explains_was_made_by_the_owner(
    of_camera: TimeEvidence, of_google: TimeEvidence, gap: str
) -> None:
    decision = decided(of_google, of_camera)
    assert decision.winner is of_google
    assert decision.moment.happened_at == of_google.instant
    fates = {id(each.evidence): each for each in decision.considered}
    assert fates[id(of_google)].reason == (
        f"set by hand: {gap} from the camera's clock, which no time zone explains; "
        f"zone assumed to be your home zone: {'UTC+02:00'}"
    )
    assert (fates[id(of_camera)].accepted, fates[id(of_camera)].reason) == (
        False,
        "corrected by the Google Photos sidecar",
    )


@pytest.mark.parametrize(
    ("said", "is_correction"),
    [
        (editor("2019-06-14 15:04:40"), False),
        (editor("2019-06-14 16:04:05"), True),
        (editor("2000-09-27 14:35:33", 120), True),
        (editor("2019-06-14 13:04:05", 0), False),
        (editor("2019-01-01 00:00:00", None, Precision.YEAR), False),
        (editor("2018-01-01 00:00:00", None, Precision.YEAR), True),
        (editor("2019-06-01 00:00:00", None, Precision.MONTH), False),
        (editor("2019-06-15 00:00:00", None, Precision.DAY), True),
    ],
)
def test_an_editors_wall_clock_corrects_a_camera_that_showed_another(
    said: TimeEvidence, *, is_correction: bool
) -> None:
    decision = decided(said, camera("2019-06-14 15:04:05", 120))
    assert (decision.winner is said) is is_correction


def test_a_date_from_nobodys_hand_corrects_nothing() -> None:
    other = TimeEvidence(basis=TimeBasis.SIDECAR, local_at=wall("2001-01-02 03:04:05"))
    assert decided(other, camera("2019-06-14 15:04:05")).winner is not other


def test_what_the_owner_says_here_is_corrected_by_nothing() -> None:
    own = TimeEvidence(basis=TimeBasis.USER, local_at=wall("2010-01-02 03:04:05"))
    assert decided(google("2001-01-02 03:04:05"), own).winner is own


def test_a_junk_clock_leaves_the_date_to_google() -> None:
    said = google("2015-01-06 19:56:38")
    assert decided(camera("1904-01-01 00:00:00"), said).winner is said


def test_the_right_to_correct_survives_json() -> None:
    said = google("2015-01-06 19:56:38")
    assert evidence_from_json(evidence_to_json(said)) == said
