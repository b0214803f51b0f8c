"""Rules of recurrence: what dateutil gives for any of them, and an end where that finds none."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from timeline_local.importers.recurrence_rules import MOST_BARREN, Rule, modern

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day)  # noqa: DTZ001 - rules count on the wall clock


MORNING = at(2024, 4, 1).replace(hour=9)
begins = st.datetimes(at(1990, 1, 1), at(2030, 1, 1)).map(lambda each: each.replace(microsecond=0))


def some(of: st.SearchStrategy[object], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(of, min_size=1, max_size=most, unique=True).map(lambda each: ",".join(map(str, each)))


def signed(most: int) -> st.SearchStrategy[object]:
    return st.integers(1, most).flatmap(lambda each: st.sampled_from([each, -each]))


plain_days = some(st.sampled_from(DAYS))
numbered_days = some(st.builds(lambda nth, day: f"{nth}{day}", signed(4), st.sampled_from(DAYS)))
common = {
    "BYMONTH": some(st.integers(1, 12), 6),
    "INTERVAL": st.integers(1, 5).map(str),
    "COUNT": st.integers(1, 50).map(str),
    "BYHOUR": some(st.integers(0, 23)),
    "BYMINUTE": some(st.integers(0, 59), 2),
    "WKST": st.sampled_from(DAYS),
}
# dateutil looks for what never comes up to the year 9999 by the minute: these come within a week.
within_days = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["HOURLY", "MINUTELY"]), "INTERVAL": st.sampled_from(["1", "5", "7", "90", "1440"])},
    optional={"BYDAY": plain_days, "COUNT": st.integers(1, 50).map(str), "BYSETPOS": st.sampled_from(["1", "-1"])},
)
in_month = common | {"BYMONTHDAY": some(signed(31)), "BYSETPOS": some(signed(5), 2)}
rules = st.one_of(
    st.fixed_dictionaries({"FREQ": st.just("DAILY")}, optional=common | {"BYDAY": plain_days}),
    st.fixed_dictionaries({"FREQ": st.just("WEEKLY")}, optional=common | {"BYDAY": plain_days}),
    st.fixed_dictionaries(
        {"FREQ": st.just("MONTHLY")}, optional=in_month | {"BYDAY": st.one_of(plain_days, numbered_days)}
    ),
    st.fixed_dictionaries(
        {"FREQ": st.just("YEARLY")},
        optional=in_month
        | {
            "BYDAY": st.one_of(plain_days, numbered_days),
            "BYYEARDAY": some(signed(366)),
            # dateutil forgets what of week 1 lies in the year before when it is counted from the end of the year.
            "BYWEEKNO": some(st.one_of(st.integers(1, 53), st.integers(-51, -1))),
        },
    ),
)


@settings(deadline=None)  # dateutil takes its time where nothing comes
@given(rules, begins)
def test_a_rule_gives_what_dateutil_gives(parts: dict[str, str], first: datetime) -> None:
    last = first + timedelta(days=3000)
    line = ";".join(f"{name}={value}" for name, value in (parts | {"UNTIL": f"{last:%Y%m%dT%H%M%S}"}).items())
    line = line if "COUNT" not in parts else line.rpartition(";UNTIL")[0]
    expected = list(islice((each for each in rrulestr(line, dtstart=first).between(first, last, inc=True)), 300))
    rule = Rule.of({name: value.split(",") for name, value in parts.items()}, first)
    assert list(islice(rule.dates(first, last), 300)) == expected


@settings(deadline=None)
@given(within_days, begins)
def test_a_rule_within_days_gives_what_dateutil_gives(parts: dict[str, str], first: datetime) -> None:
    line = ";".join(f"{name}={value}" for name, value in parts.items())
    expected = list(islice(rrulestr(line, dtstart=first), 100))
    rule = Rule.of({name: value.split(",") for name, value in parts.items()}, first)
    assert list(islice(rule.dates(first, at(2400, 1, 1)), 100)) == expected


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("FREQ=HOURLY;INTERVAL=3;BYMINUTE=0,30", ["09:00", "09:30", "12:00", "12:30"]),
        ("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,16", ["09:00", "09:20", "09:40", "16:00"]),
        ("FREQ=MINUTELY;BYMINUTE=7", ["09:07", "10:07", "11:07", "12:07"]),
    ],
)
def test_hours_and_minutes_limit_what_recurs_within_a_day(line: str, times: list[str]) -> None:
    rule = Rule.of({name: value.split(",") for name, value in (each.split("=") for each in line.split(";"))}, MORNING)
    assert [f"{each:%H:%M}" for each in islice(rule.dates(MORNING, at(2024, 4, 3)), 4)] == times


def test_the_first_week_is_the_same_counted_from_the_end() -> None:
    begin, end = at(2001, 6, 1), at(2002, 6, 1)  # 2002 has 52 weeks; the first one begins on 2001-12-31
    counted = [
        list(Rule.of({"FREQ": ["YEARLY"], "BYWEEKNO": [number]}, begin).dates(begin, end)) for number in ("1", "-52")
    ]
    assert counted[0] == counted[1]
    assert counted[0][0] == at(2001, 12, 31)


@pytest.mark.parametrize(
    "line",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;BYSETPOS=9",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;INTERVAL=2;BYHOUR=1",
    ],
)
def test_a_rule_that_never_comes_true_ends(line: str) -> None:
    rule = Rule.of({name: [value] for name, value in (each.split("=") for each in line.split(";"))}, at(1, 2, 1))
    assert list(rule.dates(at(1, 2, 1), at(9999, 12, 31))) == []


def test_the_rarest_day_comes_within_what_is_looked_at() -> None:
    told = {"FREQ": ["DAILY"], "INTERVAL": ["7"], "BYMONTH": ["2"], "BYMONTHDAY": ["29"]}
    first = at(1896, 2, 29)
    assert [each.year for each in Rule.of(told, first).dates(first, at(2100, 1, 1))][:3] == [1896, 1908, 1936]
    assert MOST_BARREN * 7 > 40 * 366


def test_weekdays_with_and_without_a_number_go_together() -> None:
    rule = Rule.of({"FREQ": ["MONTHLY"], "BYDAY": ["MO", "1TU"]}, at(2024, 4, 1))
    days = [each.day for each in rule.dates(at(2024, 4, 1), at(2024, 4, 30))]
    assert days == [1, 2, 8, 15, 22, 29]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"FREQ": ["SECONDLY"]},
        {"FREQ": ["DAILY"], "INTERVAL": ["0"]},
        {"FREQ": ["DAILY"], "COUNT": ["x"]},
        {"FREQ": ["DAILY"], "BYDAY": ["XX"]},
        {"FREQ": ["DAILY"], "BYMONTH": ["13"]},
        {"FREQ": ["DAILY"], "BYMONTH": ["-1"]},
        {"FREQ": ["DAILY"], "BYSETPOS": ["0"]},
        {"FREQ": ["WEEKLY"], "WKST": ["X"]},
        {"FREQ": ["DAILY"], "BYHOUR": ["1", "2"], "BYMINUTE": [str(each) for each in range(60)]},
    ],
)
def test_what_is_no_rule_is_refused(told: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the caller's
        Rule.of(told, at(2024, 4, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("D3 #50", "FREQ=DAILY;INTERVAL=3;COUNT=50"),
        ("D1", "FREQ=DAILY;INTERVAL=1;COUNT=2"),
        ("D1 #0", "FREQ=DAILY;INTERVAL=1"),
        ("W2 TU TH #27", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=27"),
        ("W1 20050630T000000", "FREQ=WEEKLY;INTERVAL=1;UNTIL=20050630T000000"),
        ("MP3 2- FR #17", "FREQ=MONTHLY;INTERVAL=3;BYDAY=-2FR;COUNT=17"),
        ("MP6 1+ MO 2+ TU WE #5", "FREQ=MONTHLY;INTERVAL=6;BYDAY=1MO,2TU,2WE;COUNT=5"),
        ("MD3 20 LD 2- 20060630T000000Z", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=20,-1,-2;UNTIL=20060630T000000Z"),
        ("YM2 5 #13", "FREQ=YEARLY;INTERVAL=2;BYMONTH=5;COUNT=13"),
        ("YD1 141 #17", "FREQ=YEARLY;INTERVAL=1;BYYEARDAY=141;COUNT=17"),
        ("FREQ=DAILY", "FREQ=DAILY"),
        ("W2 XX", "W2 XX"),
    ],
)
def test_a_rule_of_the_first_version_means_one_of_today(old: str, new: str) -> None:
    assert modern(old) == new
