"""The day is right: which evidence wins, where the offset comes from, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.times import (
    UNDATED_DAY,
    Decision,
    Precision,
    TimeBasis,
    TimeEvidence,
    ZoneBasis,
    day_number,
    decide,
    ensure_utc,
    find_zone,
    from_day_number,
    from_micros,
    from_offset,
    micros,
    offset_at,
    wall_from_micros,
    wall_to_instant,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FALLBACK = datetime(2026, 11, 1, tzinfo=UTC)
MILAN = (45.5006667, 9.1103333)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Asia/Tehran",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "UTC",
]


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def exif(text: str, **more: object) -> TimeEvidence:
    return TimeEvidence(basis=TimeBasis.EXIF, local_at=wall(text), origin="EXIF DateTimeOriginal", **more)  # type: ignore[arg-type]


def gps(text: str) -> TimeEvidence:
    return TimeEvidence(basis=TimeBasis.GPS, instant=at(text), origin="GPS time")


def weigh(
    *evidence: TimeEvidence,
    place: str | None = None,
    home: str | None = None,
    coordinates: tuple[float, float] | None = MILAN,
    is_of_a_day: bool = False,
) -> Decision:
    return decide(
        evidence,
        coordinates=coordinates if place else None,
        zone_of=lambda _lat, _lon: place,
        home_zone=home,
        fallback=FALLBACK,
        now=NOW,
        is_of_a_day=is_of_a_day,
    )


def reasons(decision: Decision) -> list[str]:
    return [each.reason for each in decision.considered if not each.accepted]


def test_exif_with_an_offset_keeps_both_even_when_the_place_disagrees() -> None:
    stated = TimeEvidence(basis=TimeBasis.EXIF_OFFSET, local_at=wall("2022-01-10 15:15:44"), utc_offset_min=-240)
    moment = weigh(gps("2022-01-10T21:15:33.519+00:00"), stated, place="America/Denver").moment
    assert moment.local_at == wall("2022-01-10 15:15:44")
    assert (moment.utc_offset_min, moment.zone, moment.zone_basis) == (-240, None, ZoneBasis.EXIF_OFFSET)
    assert moment.happened_at == at("2022-01-10T19:15:44+00:00")


def test_an_offset_that_fits_the_place_gets_the_name_of_its_zone() -> None:
    stated = TimeEvidence(basis=TimeBasis.EXIF_OFFSET, local_at=wall("2019-07-24 11:25:40"), utc_offset_min=180)
    moment = weigh(stated, place="Asia/Jerusalem").moment
    assert (moment.zone, moment.zone_basis) == ("Asia/Jerusalem", ZoneBasis.EXIF_OFFSET)


@pytest.mark.parametrize(
    ("clock", "satellites", "place", "offset", "zone"),
    [
        ("2011-05-06 09:59:48", "2011-05-06T07:59:48+00:00", "Europe/Rome", 120, "Europe/Rome"),
        ("2019-03-21 11:04:22.348", "2019-03-21T16:04:21.010+00:00", "America/Chicago", -300, "America/Chicago"),
        ("2024-02-01 10:47:00", "2024-02-01T05:02:30+00:00", "Asia/Kathmandu", 345, "Asia/Kathmandu"),
        ("2022-01-10 15:15:44", "2022-01-10T21:15:33+00:00", "America/Denver", -360, None),
    ],
)
def test_the_gps_time_gives_a_bare_wall_clock_its_offset(
    clock: str, satellites: str, place: str, offset: int, zone: str | None
) -> None:
    moment = weigh(exif(clock), gps(satellites), place=place).moment
    assert (moment.local_at, moment.utc_offset_min, moment.zone) == (wall(clock), offset, zone)
    assert (moment.time_basis, moment.zone_basis) == (TimeBasis.EXIF, ZoneBasis.GPS)


@pytest.mark.parametrize(
    ("satellites", "reason"),
    [
        ("2011-05-06T07:52:00+00:00", "no whole quarter"),
        ("2011-05-03T07:59:48+00:00", "more than 14 hours"),
        ("2011-05-06T08:44:48+00:00", "no place keeps UTC+01:15"),
    ],
)
def test_a_gps_time_that_fits_no_zone_is_refused_with_a_reason(satellites: str, reason: str) -> None:
    decision = weigh(exif("2011-05-06 09:59:48"), gps(satellites), place="Europe/Rome")
    assert any(reason in each for each in reasons(decision))
    assert decision.moment.zone_basis is ZoneBasis.COORDINATES


def told(text: str, **more: object) -> TimeEvidence:
    """What a photo service says beside the picture."""
    given = {"may_correct": True, **more}
    return TimeEvidence(basis=TimeBasis.SIDECAR, instant=at(text), origin="Google Photos", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("instant", "offset", "zone", "basis"),
    [
        ("2019-06-14T06:00:00+00:00", 540, None, ZoneBasis.SIDECAR),
        ("2019-06-14T13:00:00+00:00", 120, "Europe/Berlin", ZoneBasis.SIDECAR),  # as at home
        ("2019-06-14T15:00:00+00:00", 120, "Europe/Berlin", ZoneBasis.HOME_ZONE),  # the clock taken for UTC
        ("2019-06-14T13:45:00+00:00", 120, "Europe/Berlin", ZoneBasis.HOME_ZONE),  # no place keeps UTC+01:15
    ],
)
def test_the_instant_of_a_photo_service_gives_a_bare_wall_clock_its_offset(
    instant: str, offset: int, zone: str | None, basis: ZoneBasis
) -> None:
    moment = weigh(exif("2019-06-14 15:00:00"), told(instant), home="Europe/Berlin").moment
    assert (moment.local_at, moment.time_basis) == (wall("2019-06-14 15:00:00"), TimeBasis.EXIF)
    assert (moment.utc_offset_min, moment.zone, moment.zone_basis) == (offset, zone, basis)


def test_the_place_says_more_of_the_zone_than_the_instant_of_a_photo_service() -> None:
    moment = weigh(exif("2019-06-14 15:00:00"), told("2019-06-14T06:00:00+00:00"), place="Europe/Rome").moment
    assert (moment.zone, moment.zone_basis) == ("Europe/Rome", ZoneBasis.COORDINATES)


def test_the_time_of_an_upload_tells_no_zone() -> None:
    uploaded = told("2019-06-14T06:00:00+00:00", may_correct=False)
    assert weigh(exif("2019-06-14 15:00:00"), uploaded, home="Europe/Berlin").moment.zone_basis is ZoneBasis.HOME_ZONE


@pytest.mark.parametrize(
    ("place", "home", "offset", "zone", "basis"),
    [
        ("Europe/Rome", "America/New_York", 120, "Europe/Rome", ZoneBasis.COORDINATES),
        (None, "America/New_York", -240, "America/New_York", ZoneBasis.HOME_ZONE),
        (None, "No/Such_Zone", None, None, None),
        (None, None, None, None, None),
    ],
)
def test_a_bare_wall_clock_takes_the_best_zone_there_is(
    place: str | None, home: str | None, offset: int | None, zone: str | None, basis: ZoneBasis | None
) -> None:
    moment = weigh(exif("2011-05-06 09:59:48"), place=place, home=home).moment
    assert moment.local_at == wall("2011-05-06 09:59:48")
    assert (moment.utc_offset_min, moment.zone, moment.zone_basis) == (offset, zone, basis)


@pytest.mark.parametrize(
    ("place", "home", "local", "zoned"),
    [
        ("Asia/Tokyo", "Europe/Berlin", "2017-02-22 17:20:28", (540, "Asia/Tokyo", ZoneBasis.COORDINATES)),
        (None, "Europe/Berlin", "2017-02-22 09:20:28", (60, "Europe/Berlin", ZoneBasis.HOME_ZONE)),
        (None, None, "2017-02-22 08:20:28", (0, None, None)),
    ],
)
def test_a_video_that_only_knows_utc_shows_the_clock_of_its_place(
    place: str | None, home: str | None, local: str, zoned: tuple[int, str | None, ZoneBasis | None]
) -> None:
    video = TimeEvidence(basis=TimeBasis.EXIF, instant=at("2017-02-22T08:20:28+00:00"), origin="QuickTime")
    moment = weigh(video, place=place, home=home).moment
    assert (moment.happened_at, moment.local_at) == (at("2017-02-22T08:20:28+00:00"), wall(local))
    assert (moment.utc_offset_min, moment.zone, moment.zone_basis) == zoned


def test_a_neighbour_tells_the_zone_before_home_does() -> None:
    hint = TimeEvidence(basis=TimeBasis.NEIGHBOUR, zone="Asia/Tokyo", origin="photo taken 5 minutes before")
    decision = weigh(exif("2019-06-14 09:00:00"), hint, home="Europe/Berlin")
    assert (decision.moment.zone, decision.moment.zone_basis) == ("Asia/Tokyo", ZoneBasis.NEIGHBOUR)
    assert reasons(decision) == []


@pytest.mark.parametrize(
    ("camera", "offset", "found"),
    [
        (exif("2019-06-14 15:04:05"), 540, (540, ZoneBasis.SIDECAR)),
        (TimeEvidence(basis=TimeBasis.EXIF, instant=at("2019-06-14T06:04:05+00:00")), 540, (540, ZoneBasis.SIDECAR)),
        (exif("2019-06-14 15:04:05"), 0, (120, ZoneBasis.HOME_ZONE)),  # a program that does not know
    ],
)
def test_a_sidecar_that_says_the_same_clock_tells_where_it_hung(
    camera: TimeEvidence, offset: int, found: tuple[int, ZoneBasis]
) -> None:
    said = TimeEvidence(basis=TimeBasis.SIDECAR, local_at=wall("2019-06-14 15:04:45"), utc_offset_min=offset)
    moment = weigh(camera, replace(said, may_correct=True), home="Europe/Berlin").moment
    assert (moment.utc_offset_min, moment.zone_basis) == found
    assert weigh(camera, said, home="Europe/Berlin").moment.zone_basis is ZoneBasis.HOME_ZONE  # inside of the file


def test_the_owners_zone_beats_the_coordinates() -> None:
    hint = TimeEvidence(basis=TimeBasis.USER, zone="Asia/Tokyo", origin="you")
    assert weigh(exif("2019-06-14 09:00:00"), hint, place="Europe/Rome").moment.zone == "Asia/Tokyo"


def test_a_source_with_its_own_zone_shows_the_clock_there() -> None:
    entry = TimeEvidence(basis=TimeBasis.SOURCE, instant=at("2019-06-14T22:30:00+00:00"), zone="Asia/Tokyo")
    moment = weigh(entry, home="Europe/Berlin").moment
    assert (moment.local_at, moment.local_on) == (wall("2019-06-15 07:30:00"), date(2019, 6, 15))
    assert moment.zone_basis is ZoneBasis.SOURCE


def test_a_wall_clock_and_an_instant_together_give_the_offset() -> None:
    both = TimeEvidence(
        basis=TimeBasis.SOURCE, local_at=wall("2019-06-14 12:00"), instant=at("2019-06-14T06:15:00+00:00")
    )
    assert weigh(both).moment.utc_offset_min == 345


def test_a_corrupt_offset_is_ignored_and_the_wall_clock_kept() -> None:
    stated = TimeEvidence(basis=TimeBasis.EXIF_OFFSET, local_at=wall("2019-06-14 12:00"), utc_offset_min=900)
    moment = weigh(stated, home="Europe/Berlin").moment
    assert (moment.local_at, moment.zone_basis) == (wall("2019-06-14 12:00"), ZoneBasis.HOME_ZONE)


ORDER = [
    TimeEvidence(basis=TimeBasis.USER, local_at=wall("2001-02-03 01:00:00")),
    TimeEvidence(basis=TimeBasis.EXIF_OFFSET, local_at=wall("2001-02-03 02:00:00"), utc_offset_min=0),
    TimeEvidence(basis=TimeBasis.EXIF, local_at=wall("2001-02-03 03:00:00")),
    TimeEvidence(basis=TimeBasis.EXIF, instant=at("2001-02-03T04:00:00+00:00")),
    TimeEvidence(basis=TimeBasis.GPS, instant=at("2001-02-03T05:00:00+00:00")),
    TimeEvidence(basis=TimeBasis.SIDECAR, local_at=wall("2001-02-03 06:00:00")),
    TimeEvidence(basis=TimeBasis.SOURCE, local_at=wall("2001-02-03 07:00:00")),
    TimeEvidence(basis=TimeBasis.NEIGHBOUR, local_at=wall("2001-02-03 08:00:00")),
    TimeEvidence(basis=TimeBasis.FILE_NAME, local_at=wall("2001-02-03 09:00:00")),
    TimeEvidence(basis=TimeBasis.FILE_DATE, local_at=wall("2001-02-03 11:00:00")),
    TimeEvidence(basis=TimeBasis.FILE_DATE, instant=at("2001-02-03T10:00:00+00:00")),
]


@pytest.mark.parametrize("best", range(len(ORDER)))
def test_the_most_trusted_evidence_wins(best: int) -> None:
    decision = weigh(*reversed(ORDER[best:]))
    assert decision.winner == ORDER[best]
    assert [each.evidence for each in decision.considered] == ORDER[best:]


@pytest.mark.parametrize(
    ("file_date", "local_at", "precision"),
    [
        ("2019-06-14T20:04:05+00:00", "2019-06-14 22:04:05", Precision.INSTANT),
        ("2019-06-13T22:04:05+00:00", "2019-06-14 00:04:05", Precision.INSTANT),
        ("2019-06-14T22:04:05+00:00", "2019-06-14 00:00:00", Precision.DAY),  # the next day in Berlin
    ],
)
def test_the_date_of_a_file_tells_the_hour_of_the_day_in_its_name(
    file_date: str, local_at: str, precision: Precision
) -> None:
    named = TimeEvidence(basis=TimeBasis.FILE_NAME, local_at=wall("2019-06-14"), precision=Precision.DAY)
    decision = weigh(TimeEvidence(basis=TimeBasis.FILE_DATE, instant=at(file_date)), named, home="Europe/Berlin")
    assert (str(decision.moment.local_at), decision.moment.precision) == (local_at, precision)
    assert decision.moment.time_basis is TimeBasis.FILE_NAME
    assert [each.accepted for each in decision.considered] == [True, precision is Precision.INSTANT]


def test_a_page_of_a_diary_keeps_its_day_whenever_it_was_written_last() -> None:
    named = TimeEvidence(basis=TimeBasis.FILE_NAME, local_at=wall("2019-06-14"), precision=Precision.DAY)
    written = TimeEvidence(basis=TimeBasis.FILE_DATE, instant=at("2019-06-14T10:04:05+00:00"))
    moment = weigh(named, written, home="Europe/Berlin", is_of_a_day=True).moment
    assert (str(moment.local_at), moment.precision) == ("2019-06-14 00:00:00", Precision.DAY)


def test_a_name_tells_the_hour_where_the_camera_only_told_the_day() -> None:
    day = exif("2019-06-14", precision=Precision.DAY)
    named = TimeEvidence(basis=TimeBasis.FILE_NAME, local_at=wall("2019-06-14 09:45:49"))
    other = TimeEvidence(basis=TimeBasis.SIDECAR, local_at=wall("2019-06-15 10:00:00"))
    decision = weigh(day, other, named, home="Europe/Berlin")
    assert (str(decision.moment.local_at), decision.moment.time_basis) == ("2019-06-14 09:45:49", TimeBasis.EXIF)
    assert weigh(day, replace(other, may_correct=True), named, home="Europe/Berlin").moment.local_at == other.local_at


@pytest.mark.parametrize("basis", [TimeBasis.EXIF, TimeBasis.SIDECAR])
def test_the_beginning_of_a_year_of_slides_and_prints_is_that_year(basis: TimeBasis) -> None:
    moment = weigh(TimeEvidence(basis=basis, local_at=wall("1965-01-01 00:00:00")), home="Europe/Berlin").moment
    assert (moment.local_at, moment.precision) == (wall("1965-01-01 00:00:00"), Precision.YEAR)
    assert moment.happened_until == at("1965-12-31T23:00:00+00:00")


@pytest.mark.parametrize(
    "junk",
    [
        exif("0001-01-01 00:00:00"),
        exif("1825-06-01 10:00:00"),
        exif("1904-01-01 00:00:00"),
        exif("1970-01-01 00:00:00"),
        exif("1970-01-01 01:00:00"),
        exif("1969-12-31 19:00:00"),
        exif("1980-01-01 00:00:00"),
        exif("1980-01-06 00:00:00"),
        exif("2001-01-01 00:00:00"),
        exif("2026-11-24 12:00:01"),
        exif("9999-12-31 23:59:59"),
        exif("2019-06-14 10:00:00", precision=Precision.UNKNOWN),
        gps("1904-01-01T00:00:10+00:00"),
        TimeEvidence(basis=TimeBasis.EXIF, instant=at("1970-01-01T00:00:00+00:00")),
        TimeEvidence(basis=TimeBasis.EXIF, instant=wall("2019-06-14 10:00")),
        TimeEvidence(basis=TimeBasis.SOURCE, instant=at("2040-01-01T10:00:00+00:00")),
        TimeEvidence(basis=TimeBasis.USER, local_at=wall("9999-12-31 10:00:00")),
        TimeEvidence(basis=TimeBasis.EXIF),
    ],
)
def test_dates_of_clocks_that_know_nothing_are_refused_with_a_reason(junk: TimeEvidence) -> None:
    decision = weigh(junk, home="Europe/Berlin")
    assert decision.winner is None
    assert decision.considered[0].reason != "better evidence was found"
    assert (decision.moment.precision, decision.moment.time_basis) == (Precision.UNKNOWN, TimeBasis.NONE)
    assert (decision.moment.happened_at, decision.moment.local_on) == (FALLBACK, None)


@pytest.mark.parametrize(
    "sound",
    [
        exif("2001-01-01 00:00:00.5"),
        exif("2001-01-01 00:00:01"),
        TimeEvidence(
            basis=TimeBasis.GPS, instant=at("2020-01-01T00:00:00+00:00"), until=at("2020-01-01T00:30:00+00:00")
        ),
        exif("1980-01-02 00:00:00"),
        TimeEvidence(basis=TimeBasis.USER, local_at=wall("1700-01-01 00:00:00"), precision=Precision.YEAR),
        TimeEvidence(basis=TimeBasis.USER, local_at=wall("2001-01-01 00:00:00")),
        TimeEvidence(basis=TimeBasis.SOURCE, instant=at("2027-05-01T10:00:00+00:00")),
        TimeEvidence(basis=TimeBasis.FILE_NAME, local_at=wall("1869-12-30 16:59:57")),
        TimeEvidence(basis=TimeBasis.FILE_NAME, local_at=wall("1970-01-01 00:00:00"), precision=Precision.YEAR),
    ],
)
def test_odd_but_possible_dates_are_believed(sound: TimeEvidence) -> None:
    assert weigh(sound).winner == sound


@pytest.mark.parametrize(
    ("precision", "start", "end"),
    [
        (Precision.MONTH, "2014-07-01", "2014-08-01"),
        (Precision.SEASON, "1999-12-01", "2000-03-01"),
        (Precision.YEAR, "1987-01-01", "1988-01-01"),
        (Precision.DECADE, "1980-01-01", "1990-01-01"),
    ],
)
def test_a_fuzzy_date_starts_its_interval_and_ends_it(precision: Precision, start: str, end: str) -> None:
    moment = weigh(TimeEvidence(basis=TimeBasis.USER, local_at=wall(start), precision=precision)).moment
    assert (moment.local_at, moment.happened_until) == (wall(start), at(f"{end}T00:00:00+00:00"))


def test_a_date_without_a_time_starts_its_day() -> None:
    moment = weigh(exif("2019-06-14 15:04:05", precision=Precision.DAY), home="Europe/Berlin").moment
    assert (moment.local_at, moment.happened_until) == (wall("2019-06-14"), None)


def test_the_end_a_source_gives_is_kept() -> None:
    visit = TimeEvidence(
        basis=TimeBasis.SOURCE, instant=at("2019-06-14T10:00:00+00:00"), until=at("2019-06-14T12:00:00+02:00")
    )
    assert weigh(visit).moment.happened_until is None
    longer = TimeEvidence(
        basis=TimeBasis.SOURCE, instant=at("2019-06-14T10:00:00+00:00"), until=at("2019-06-14T12:00:00+00:00")
    )
    assert weigh(longer).moment.happened_until == at("2019-06-14T12:00:00+00:00")


def test_the_local_end_of_a_floating_event_is_read_in_its_zone() -> None:
    event = TimeEvidence(
        basis=TimeBasis.SOURCE, local_at=wall("2019-06-14 10:00"), local_until=wall("2019-06-14 12:00")
    )
    assert weigh(event, home="Europe/Berlin").moment.happened_until == at("2019-06-14T10:00:00+00:00")


def test_the_clock_of_the_system_is_used_when_none_is_given() -> None:
    later = TimeEvidence(basis=TimeBasis.EXIF, local_at=wall("2900-06-14 10:00:00"))
    assert decide([later], coordinates=None, zone_of=_nowhere, home_zone=None, fallback=FALLBACK).winner is None


def test_a_fallback_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zone"):
        decide([], coordinates=None, zone_of=_nowhere, home_zone=None, fallback=wall("2019-06-14"))


def _nowhere(_lat: float, _lon: float) -> str | None:
    return None


@pytest.mark.parametrize(
    ("clock", "zone", "instant"),
    [
        ("2019-03-31 02:30:00", "Europe/Berlin", "2019-03-31T01:30:00+00:00"),
        ("2019-10-27 02:30:00", "Europe/Berlin", "2019-10-27T00:30:00+00:00"),
        ("2011-12-30 12:00:00", "Pacific/Apia", "2011-12-30T22:00:00+00:00"),
        ("2019-06-14 12:00:00", "Asia/Kathmandu", "2019-06-14T06:15:00+00:00"),
    ],
)
def test_gaps_use_the_offset_before_and_folds_the_first_reading(clock: str, zone: str, instant: str) -> None:
    assert wall_to_instant(wall(clock), zone) == at(instant)


def test_the_second_reading_of_a_fold_can_be_asked_for() -> None:
    second = wall("2019-10-27 02:30:00").replace(fold=1)
    assert wall_to_instant(second, "Europe/Berlin") == at("2019-10-27T01:30:00+00:00")


@pytest.mark.parametrize("name", ["No/Such_Zone", "../../etc/passwd", "", "Europe", "/etc/localtime", "a\0b"])
def test_a_zone_nobody_knows_is_refused(name: str) -> None:
    assert find_zone(name) is None
    with pytest.raises(ValueError, match="unknown time zone"):
        wall_to_instant(wall("2019-06-14"), name)


def test_an_instant_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="not an instant"):
        ensure_utc(wall("2019-06-14"))


@given(st.datetimes(datetime(1826, 1, 1), datetime(2100, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001
def test_a_wall_clock_comes_back_from_its_instant_outside_gaps(local_at: datetime, zone: str) -> None:
    instant = wall_to_instant(local_at, zone)
    back = instant.astimezone(find_zone(zone)).replace(tzinfo=None, fold=0)
    shift = back - local_at
    assert shift == timedelta() or timedelta() < shift <= timedelta(days=1)
    assert wall_to_instant(back, zone) <= instant


@given(st.dates())
def test_day_numbers_go_there_and_back(day: date) -> None:
    assert from_day_number(day_number(day)) == day
    assert day_number(day) > UNDATED_DAY


def test_no_date_has_the_lowest_day_number() -> None:
    assert (day_number(None), day_number(date(1970, 1, 1))) == (UNDATED_DAY, 0)
    with pytest.raises(ValueError, match="not a day"):
        from_day_number(UNDATED_DAY)


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_are_kept(moment: datetime) -> None:
    assert from_micros(micros(moment)) == moment
    naive = moment.replace(tzinfo=None)
    assert wall_from_micros(micros(naive)) == naive


walls = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23))  # noqa: DTZ001
pieces = st.builds(
    TimeEvidence,
    basis=st.sampled_from(TimeBasis),
    local_at=st.none() | walls,
    instant=st.none() | st.datetimes(timezones=st.just(UTC)) | walls,
    utc_offset_min=st.none() | st.integers(-2000, 2000),
    zone=st.none() | st.sampled_from([*ZONES, "No/Such_Zone"]),
    precision=st.sampled_from(Precision),
    until=st.none() | st.datetimes(timezones=st.just(UTC)) | walls,
    local_until=st.none() | walls,
)


@given(st.lists(pieces, max_size=5), st.none() | st.sampled_from(ZONES), st.none() | st.sampled_from(ZONES))
def test_every_decision_is_whole(evidence: list[TimeEvidence], place: str | None, home: str | None) -> None:
    decision = weigh(*evidence, place=place, home=home)
    moment = decision.moment
    assert moment.happened_at.utcoffset() == timedelta()
    assert len(decision.considered) == len(evidence)
    assert (moment.local_on is None) == (decision.winner is None)
    assert moment.happened_until is None or moment.happened_until > moment.happened_at
    assert from_offset(moment.local_at, moment.utc_offset_min or 0) == moment.happened_at
    assert moment.zone is None or offset_at(moment.happened_at, moment.zone) is not None


stated = pieces.filter(lambda each: each.local_at is not None and each.precision in {"instant", "minute"})


@given(stated, st.none() | st.sampled_from(ZONES), st.none() | st.sampled_from(ZONES))
def test_a_wall_clock_that_wins_is_never_shifted(each: TimeEvidence, place: str | None, home: str | None) -> None:
    decision = weigh(each, place=place, home=home)
    expected: dict[bool, Callable[[], datetime | None]] = {
        True: lambda: each.local_at,
        False: lambda: wall("2026-11-01"),
    }
    assert decision.moment.local_at == expected[decision.winner is not None]()
