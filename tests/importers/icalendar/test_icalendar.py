"""Calendars: every date of every event on its day, in its zone, with its guests and its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import CollectionKind, Draft
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import decide
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.icalendar import ICalendar

EXPECTED = Path(__file__).with_name("expected.json")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OWN_ZONE = """BEGIN:VTIMEZONE
TZID:Somewhere/Own
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0530
TZOFFSETTO:+0530
END:STANDARD
END:VTIMEZONE
"""


def event(*lines: str, uid: str = "1@x") -> str:
    return "\n".join(("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20240601T000000Z", *lines, "END:VEVENT", ""))


def calendar(*parts: str, head: str = "X-WR-CALNAME:Family\n") -> str:
    return ("BEGIN:VCALENDAR\nVERSION:2.0\n" + head + "".join(parts) + "END:VCALENDAR\n").replace("\n", "\r\n")


def when(draft: Draft) -> tuple[str, str | None, int | None, str]:
    moment = decide(
        draft.evidence, coordinates=None, zone_of=lambda *_: None, home_zone="Europe/Lisbon", fallback=NOW, now=NOW
    ).moment
    return moment.local_at.isoformat(), moment.zone, moment.utc_offset_min, moment.precision.value


def read(tmp_path: Path, reading: ModuleType, text: str) -> list[Draft]:
    items = reading.read(ICalendar(), reading.make(tmp_path, {"a.ics": text}))
    assert reading.problems(items) == {}
    return list(reading.drafts(items).values())


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("DTSTART:20240501T080000Z", ("2024-05-01T09:00:00", "Europe/Lisbon", 60, "instant")),
        ("DTSTART:20240501T080000", ("2024-05-01T08:00:00", "Europe/Lisbon", 60, "instant")),
        ("DTSTART;TZID=Europe/Rome:20240501T080000", ("2024-05-01T08:00:00", "Europe/Rome", 120, "instant")),
        (
            "DTSTART;TZID=W. Europe Standard Time:20240501T080000",
            ("2024-05-01T08:00:00", "Europe/Berlin", 120, "instant"),
        ),
        ("DTSTART;TZID=Somewhere/Own:20240501T080000", ("2024-05-01T08:00:00", None, 330, "instant")),
        ("DTSTART;VALUE=DATE:20240501", ("2024-05-01T00:00:00", "Europe/Lisbon", 60, "day")),
    ],
)
def test_an_event_stands_on_its_wall_clock(
    tmp_path: Path, reading: ModuleType, start: str, expected: tuple[str, str | None, int | None, str]
) -> None:
    (draft,) = read(tmp_path, reading, calendar(OWN_ZONE, event(start, "SUMMARY:x")))
    assert when(draft) == expected


def test_a_calendar_s_own_zone_is_that_of_what_it_tells_in_utc(tmp_path: Path, reading: ModuleType) -> None:
    text = calendar(event("DTSTART:20240501T080000Z"), head="X-WR-TIMEZONE:America/New_York\n")
    (draft,) = read(tmp_path, reading, text)
    assert when(draft)[:2] == ("2024-05-01T04:00:00", "America/New_York")


def test_what_is_to_do_is_told_once_and_changes_no_number(tmp_path: Path, reading: ModuleType) -> None:
    todo = "BEGIN:VTODO\nUID:t\nSUMMARY:Milk\nEND:VTODO\n"
    events = "BEGIN:VEVENT\nUID:a\nSTATUS:CANCELLED\nDTSTART:20240101\nEND:VEVENT\n"
    text = f"BEGIN:VCALENDAR\n{todo}{todo}{events}END:VCALENDAR\n"
    items = reading.read(ICalendar(), reading.make(tmp_path, {"a.ics": text}))
    assert reading.problems(items) == {"a.ics#1": "cancelled", "a.ics#tasks": "unsupported"}


def test_a_time_without_a_zone_is_in_that_of_its_calendar(tmp_path: Path, reading: ModuleType) -> None:
    text = calendar(event("DTSTART:20240501T080000"), head="X-WR-TIMEZONE:America/New_York\n")
    (draft,) = read(tmp_path, reading, text)
    assert when(draft)[:2] == ("2024-05-01T08:00:00", "America/New_York")


def dates(drafts: list[Draft]) -> list[str]:
    return [each.evidence[0].local_at.isoformat() for each in drafts if each.evidence[0].local_at]


ROME = "DTSTART;TZID=Europe/Rome:20240320T090000"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("RRULE:FREQ=WEEKLY;COUNT=3",), ["20T09", "27T09", "03T09"]),
        (("RRULE:FREQ=WEEKLY;UNTIL=20240327T080000Z",), ["20T09", "27T09"]),
        (("RRULE:FREQ=WEEKLY;UNTIL=20240327",), ["20T09", "27T09"]),
        (("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Rome:20240327T090000"), ["20T09", "03T09"]),
        (("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20240403T070000Z"), ["20T09", "27T09"]),
        (("RDATE;TZID=Europe/Rome:20240401T120000",), ["20T09", "01T12"]),
        (("RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2",), ["20T09", "29T09", "26T09"]),
        (("RRULE:FREQ=WEEKLY;BYDAY=WE, TH;COUNT=3",), ["20T09", "21T09", "27T09"]),
        (("RRULE:FREQ=WEEKLY;COUNT=-1;UNTIL=20240327",), ["20T09", "27T09"]),
        (("RRULE:",), ["20T09"]),
        (("RRULE:FREQ=DAILY;COUNT=2", "EXDATE;VALUE=DATE:20240321", "EXDATE;VALUE=DATE:"), ["20T09"]),
        (("RDATE;VALUE=TIME:080000Z",), ["20T09"]),
        (("RRULE:FREQ=DAILY;COUNT=4", "EXRULE:FREQ=WEEKLY;BYDAY=TH,FR"), ["20T09", "23T09"]),
        (("RRULE:FREQ=WEEKLY;COUNT=2;BYDAY=WE ",), ["20T09", "27T09"]),
        (("RRULE:W1 WE FR #3",), ["20T09", "22T09", "27T09"]),
        (("RDATE;VALUE=PERIOD:20240321T080000Z/PT1H,20240322T080000Z/PT1H",), ["20T09", "21T09", "22T09"]),
    ],
)
def test_a_recurrence_keeps_its_wall_clock_across_the_change_of_summer_time(
    tmp_path: Path, reading: ModuleType, lines: tuple[str, ...], expected: list[str]
) -> None:
    found = read(tmp_path, reading, calendar(event(ROME, *lines)))
    assert [each[8:13] for each in dates(found)] == expected
    assert {each.evidence[0].zone for each in found} == {"Europe/Rome"}
    assert len({each.source_key for each in found}) == len(found)


@pytest.mark.parametrize("moved", [";TZID=Europe/Rome:20240327T090000", ":20240327T080000Z", ";VALUE=DATE:20240327"])
def test_a_date_that_was_moved_is_there_once(tmp_path: Path, reading: ModuleType, moved: str) -> None:
    series = event(ROME, "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:Choir")
    other = event("DTSTART;TZID=Europe/Rome:20240328T200000", f"RECURRENCE-ID{moved}", "SUMMARY:Choir, moved")
    found = read(tmp_path, reading, calendar(other, series))
    assert sorted((each[5:13]) for each in dates(found)) == ["03-20T09", "03-28T20", "04-03T09"]


def test_times_of_day_mean_nothing_in_a_rule_of_whole_days(tmp_path: Path, reading: ModuleType) -> None:
    rule = "RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3;BYHOUR=9;BYMINUTE=1,2,3"
    found = read(tmp_path, reading, calendar(event("DTSTART;VALUE=DATE:20241018", rule)))
    assert [when(draft)[0][:10] for draft in found] == ["2024-10-18", "2024-10-20", "2024-10-22"]


def test_a_whole_day_that_was_moved_may_be_told_by_its_midnight(tmp_path: Path, reading: ModuleType) -> None:
    series = event("DTSTART;VALUE=DATE:20240402", "RRULE:FREQ=WEEKLY;COUNT=3")
    other = event("DTSTART;VALUE=DATE:20240410", "RECURRENCE-ID;TZID=GMT Standard Time:20240409T000000")
    found = read(tmp_path, reading, calendar(series, other))
    assert sorted(each[5:10] for each in dates(found)) == ["04-02", "04-10", "04-16"]


def test_a_change_of_this_and_all_later_dates_moves_them_all(tmp_path: Path, reading: ModuleType) -> None:
    """RFC 5545 section 3.2.13: by as much as the one date is moved."""
    series = event(ROME, "RRULE:FREQ=WEEKLY;COUNT=5", "SUMMARY:Choir")
    change = "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Rome:20240403T090000"
    later = event("DTSTART;TZID=Europe/Rome:20240404T200000", change, "SUMMARY:Choir, Thursdays")
    found = read(tmp_path, reading, calendar(series, later))
    told = sorted((date[5:13], each.title) for date, each in zip(dates(found), found, strict=True))
    assert told == [
        ("03-20T09", "Choir"),
        ("03-27T09", "Choir"),
        ("04-04T20", "Choir, Thursdays"),
        ("04-11T20", "Choir, Thursdays"),
        ("04-18T20", "Choir, Thursdays"),
    ]
    assert len({each.source_key for each in found}) == len(found)


def test_the_newest_version_of_an_event_counts(tmp_path: Path, reading: ModuleType) -> None:
    new = event("DTSTART:20240502T080000Z", "SEQUENCE:2", "SUMMARY:New")
    old = event("DTSTART:20240501T080000Z", "SEQUENCE:1", "SUMMARY:Old")
    items = reading.read(ICalendar(), reading.make(tmp_path, {"a.ics": calendar(new, old)}))
    assert [each.title for each in reading.drafts(items).values()] == ["New"]
    assert reading.problems(items) == {"a.ics#2": "twice"}


def test_events_that_share_a_name_are_all_kept(tmp_path: Path, reading: ModuleType) -> None:
    found = read(tmp_path, reading, calendar(*(event(f"DTSTART:2024050{n}T080000Z") for n in (1, 2, 3))))
    assert [each.source_key for each in found] == ["1@x", "1@x#20240502T080000Z", "1@x#20240503T080000Z"]


def test_an_alarm_that_is_broken_costs_nothing(tmp_path: Path, reading: ModuleType) -> None:
    alarm = ("BEGIN:VALARM", "TRIGGER;VALUE=DURATION:PT-2H", "DESCRIPTION:Alarm", "END:VALARM")
    (found,) = read(tmp_path, reading, calendar(event(ROME, *alarm, "SUMMARY:Choir", "SUMMARY:Again")))
    assert (found.title, found.body) == ("Choir", "")


@pytest.mark.parametrize(
    "text",
    [
        event("DTSTART:20240501T080000Z", "SUMMARY:Choir").replace("\n", "\r\n"),
        "\ufeff" + calendar(event("DTSTART:20240501T080000Z", "SUMMARY:Choir")),
        calendar(event("DTSTART:20240501T080000Z", "SUMMARY:Cho", " ir")).replace("\r\n", "\r"),
        calendar(event("DTSTART", " :20240501T080000Z", "SUMMARY:Choir")).replace("\r\n", "\r\n\r\n"),
        calendar(event("DTSTART:20240501T080000Z", "DTSTART:20240601T080000Z", "SUMMARY:Choir")),
    ],
    ids=["no calendar around it", "mark", "old Mac", "empty lines", "two beginnings"],
)
def test_a_file_may_be_written_oddly(tmp_path: Path, reading: ModuleType, text: str) -> None:
    folder = reading.make(tmp_path, {"a.ics": text})
    assert ICalendar().recognise(folder).confidence > 0
    (found,) = reading.drafts(reading.read(ICalendar(), folder)).values()
    assert (found.title, found.evidence[0].instant) == ("Choir", datetime(2024, 5, 1, 8, tzinfo=UTC))


def test_a_character_may_be_folded_in_its_middle(tmp_path: Path, reading: ModuleType) -> None:
    whole = calendar(event("DTSTART:20240501T080000Z", "SUMMARY:Jürgen")).encode()
    folded = whole.replace("ü".encode(), b"\xc3\r\n \xbc")
    (found,) = reading.drafts(reading.read(ICalendar(), reading.make(tmp_path, {"a.ics": folded}))).values()
    assert found.title == "Jürgen"


def test_a_recurrence_without_end_stops_a_year_after_the_export(tmp_path: Path, reading: ModuleType) -> None:
    found = read(tmp_path, reading, calendar(event("DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=YEARLY")))
    assert [each[:4] for each in dates(found)] == ["2020", "2021", "2022", "2023", "2024", "2025"]


def test_what_recurs_within_a_day_has_each_of_its_times_if_it_ends(tmp_path: Path, reading: ModuleType) -> None:
    found = read(tmp_path, reading, calendar(event(ROME, "RRULE:FREQ=MINUTELY;INTERVAL=90;COUNT=3")))
    assert [str(each.evidence[0].local_at)[11:16] for each in found] == ["09:00", "10:30", "12:00"]


def test_a_series_of_which_nothing_but_a_date_that_was_moved_is_there_recurs(
    tmp_path: Path, reading: ModuleType
) -> None:
    series = event(ROME, "RECURRENCE-ID:19700102T010000Z", "RRULE:FREQ=WEEKLY;COUNT=3")
    assert len(read(tmp_path, reading, calendar(series))) == 3


@pytest.mark.parametrize(
    ("lines", "slug"),
    [
        (("SUMMARY:no date",), "event-broken"),
        (("DTSTART:nonsense",), "event-broken"),
        (("DTSTART:20240501T080000Z", "DURATION:P999999999D"), "event-broken"),
        (("DTSTART;VALUE=DATE:99991231", "DURATION:P2D"), "event-broken"),
        (("DTSTART;TZID=Asia/Tokyo:20240501T080000", "EXDATE:99991231T235959Z"), "event-broken"),
        ((ROME, "STATUS:CANCELLED"), "cancelled"),
        ((ROME, "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), "recurrence-unread"),
        ((ROME, "RRULE:FREQ=NONSENSE"), "recurrence-unread"),
        ((ROME, "RRULE:FREQ=HOURLY"), "recurrence-unread"),
        (("DTSTART;VALUE=DATE:19000101", "RRULE:FREQ=DAILY"), "recurrence-cut"),
    ],
)
def test_a_broken_event_is_told_and_ends_nothing(
    tmp_path: Path, reading: ModuleType, lines: tuple[str, ...], slug: str
) -> None:
    text = calendar(event(*lines), event(ROME, uid="2@x"))
    items = reading.read(ICalendar(), reading.make(tmp_path, {"a.ics": text}))
    assert reading.problems(items) == {"a.ics#1": slug}
    assert "2@x" in reading.drafts(items)


def test_a_file_that_ends_in_an_event_gives_the_ones_before(tmp_path: Path, reading: ModuleType) -> None:
    text = calendar(event(ROME), event(ROME, uid="2@x"))
    items = reading.read(ICalendar(), reading.make(tmp_path, {"a.ics": text[: text.rindex("DTSTART")]}))
    assert list(reading.drafts(items)) == ["1@x"]
    assert reading.problems(items) == {"a.ics#2": "event-broken"}


def test_a_calendar_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    full = event(
        "DTSTART;TZID=Europe/Rome:20240501T120000",
        "DURATION:PT1H30M",
        "SUMMARY:Lunch\\, with An",
        " na",
        "DESCRIPTION:Bring\\nthe book",
        "LOCATION:Da Enzo\\, Rome",
        "GEO:41.9;12.5",
        "CATEGORIES:Food,Friends",
        "ORGANIZER;CN=Me:mailto:me@example.org",
        'ATTENDEE;CN="Anna Berg";PARTSTAT=ACCEPTED:mailto:anna@example.org',
        "ATTENDEE;CUTYPE=ROOM;CN=Room 1:mailto:room@example.org",
        "URL:https://example.org/lunch",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:Alarm",
        "TRIGGER:-PT15M",
        "END:VALARM",
    )
    trip = event("DTSTART;VALUE=DATE:20240510", "DTEND;VALUE=DATE:20240513", "SUMMARY:Sea", uid="3@x")
    folder = reading.make(tmp_path, {"calendar": calendar(full, trip), "b.ics": "no calendar"})
    assert reading.golden(reading.read(ICalendar(), folder)) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize("scheme", ["mailto:", "MAILTO:", "Mailto:"])
def test_a_guest_is_an_address_however_it_is_marked(tmp_path: Path, reading: ModuleType, scheme: str) -> None:
    [draft] = read(tmp_path, reading, calendar(event(ROME, f"ATTENDEE:{scheme}anna@example.org")))
    assert [(each.kind, each.value) for each in draft.people] == [("email", "anna@example.org")]


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    events = [event(ROME, uid=f"{n}@x") for n in range(130)]
    folder = reading.make(tmp_path, {"a.ics": calendar(*events), "b.ics": calendar(*events)})
    whole = list(ICalendar().read(folder, ReadOptions(), None))
    assert any(isinstance(item, Checkpoint) for item in whole)
    for index, item in enumerate(whole):
        if isinstance(item, Checkpoint):
            rest = ICalendar().read(folder, ReadOptions(), item.position)
            assert [each for each in rest if isinstance(each, Draft)] == [
                each for each in whole[index:] if isinstance(each, Draft)
            ]


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("DTSTART:20240501T080000 ", "2024-05-01T08:00:00"),
        ("DTSTART:INVALID\nDTEND;TZID=Europe/Rome:20240501T080000", "2024-05-01T08:00:00"),
        ("RDATE;VALUE=DATE:20240501", "2024-05-01T00:00:00"),
        ("RDATE;VALUE=PERIOD:20240501T080000/PT1H", "2024-05-01T08:00:00"),
    ],
)
def test_an_event_begins_where_it_can_be_read(tmp_path: Path, reading: ModuleType, line: str, day: str) -> None:
    assert dates(read(tmp_path, reading, calendar(event(line)))) == [day]


@pytest.mark.parametrize("name", ["a.vcf", "a.txt"])
def test_a_calendar_is_known_whatever_it_is_called(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {name: calendar(event("DTSTART:20240501T080000"))})
    assert ICalendar().recognise(folder).confidence > 0
    assert len(reading.drafts(reading.read(ICalendar(), folder))) == 1


def entry(*lines: str) -> str:
    return event(*lines).replace("VEVENT", "VJOURNAL")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("DTSTART;VALUE=DATE:20240317", ("2024-03-17T00:00:00", None, None, "day")),
        ("DTSTART;TZID=Europe/Rome:20240317T213000", ("2024-03-17T21:30:00", "Europe/Rome", 60, "instant")),
        ("CREATED:20240318T101500Z", ("2024-03-18T10:15:00", "Europe/Lisbon", 0, "instant")),  # a note on no day
    ],
)
def test_an_entry_of_a_journal_is_a_note(
    tmp_path: Path, reading: ModuleType, line: str, expected: tuple[str, str | None, int | None, str]
) -> None:
    told = entry(line, "SUMMARY:Rain", "DESCRIPTION:All day\\, and cold.", "CATEGORIES:weather")
    [draft] = read(tmp_path, reading, calendar(told))
    assert (draft.kind, draft.title, draft.body, draft.tags) == (Kind.NOTE, "Rain", "All day, and cold.", ("weather",))
    assert [(each.kind, each.name) for each in draft.collections] == [(CollectionKind.JOURNAL, "Family")]
    assert when(draft)[0::3] == expected[0::3]
    assert expected[1] in {when(draft)[1], None}


def test_an_entry_needs_no_calendar_around_it(tmp_path: Path, reading: ModuleType) -> None:
    [draft] = read(tmp_path, reading, entry("DTSTART;VALUE=DATE:20240317", "SUMMARY:Rain"))
    assert (draft.kind, draft.title) == (Kind.NOTE, "Rain")


def test_an_event_whose_ends_were_exchanged_lasts_from_one_to_the_other(tmp_path: Path, reading: ModuleType) -> None:
    [draft] = read(tmp_path, reading, calendar(event("DTSTART:20240304T083000Z", "DTEND:20240304T080000Z")))
    [said] = draft.evidence
    assert (said.instant, said.until) == (
        datetime(2024, 3, 4, 8, tzinfo=UTC),
        datetime(2024, 3, 4, 8, 30, tzinfo=UTC),
    )


def test_an_event_in_which_the_file_ends_is_taken_and_told(tmp_path: Path, reading: ModuleType) -> None:
    text = calendar(event("DTSTART:20240501T080000", "SUMMARY:Choir", "DESCRIPTION:every we"))
    items = reading.read(ICalendar(), reading.make(tmp_path, {"a.ics": text[: text.index("ery we")]}))
    assert [(each.title, each.body) for each in reading.drafts(items).values()] == [("Choir", "ev")]
    assert reading.problems(items) == {"a.ics#1/end": "event-broken"}
