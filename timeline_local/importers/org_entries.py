"""What of an Org file is an entry of its own, and when it was: headings with a date, or with a clock below a day.

A heading that is a day makes what lies below it part of that day, as org-journal and date trees have it. What has no
date is left for the file itself.
"""

from __future__ import annotations

import re
from calendar import day_name
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from timeline_local.domain.month_names import read_worded_date
from timeline_local.importers.front_matter import day_in_words
from timeline_local.importers.org_outline import Heading, Outline, Stamp, stamp_in, stamps

_CREATED = ("CREATED", "DATE", "TIMESTAMP", "DATE_CREATED", "CREATED_AT")
_CLOCK = re.compile(
    r"\[?(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::\d\d)?\]?(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?(?:\s[A-Z]{2,5}(?=\s-))?"
    r"(?:\s+[-–—]\s+|\s+|$)(?P<title>.*)"
)
_SAID = re.compile(r"(?:entered|captured|created|added|written|note taken)(?: on| at)?:?\s*(?=[\[<])", re.IGNORECASE)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?![\w-])[ ,:(–-]*(?P<rest>.*)")
# What programs write behind a day in the languages of Emacs' users; any other word is of the title.
_WEEKDAYS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun montag dienstag mittwoch"  # noqa: SIM905
    " donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so lundi mardi mercredi jeudi vendredi samedi"
    " dimanche lun mar mer jeu ven sam dim lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom"
    " lunedì martedì mercoledì giovedì venerdì sabato domenica gio sab segunda terça quarta quinta sexta seg ter qua"
    " qui sex maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo måndag tisdag onsdag torsdag"
    " fredag lördag söndag mån tis ons tors tor fre lör sön mandag tirsdag lørdag søndag man tir lør søn poniedziałek"
    " wtorek środa czwartek piątek sobota niedziela pon wt śr czw pt sob nd понедельник вторник среда четверг пятница"
    " суббота воскресенье пн вт ср чт пт сб вс".split()
)
_WEEKDAY = re.compile(r"^(?P<name>[^\W\d_]{2,15})\.?,? +")
_NUMBERS = re.compile(r"(?P<one>\d\d?)(?P<sep>[./-])(?P<two>\d\d?)(?P=sep)(?P<three>\d{4}|\d\d)\.?", re.ASCII)
_PERIOD = re.compile(r"\d{4}(?:-(?:\d\d|[WQ]\d{1,2}))?(?:[ ,]\D*)?", re.ASCII)  # a year, a month or a week
_NOON = 12
MOST_OF_A_DAY = 40  # characters


@dataclass(frozen=True, slots=True)
class Entry:
    """at: None for what has no date of its own, which is the file's.   parts: its headings, as they stand."""

    at: Stamp | None
    origin: str
    title: str
    tags: tuple[str, ...]
    keyword: str = ""
    identifier: str = ""
    parts: tuple[Heading, ...] = ()


def entries_of(outline: Outline, day: date | None) -> Iterator[Entry]:
    """The entries in the order of the file, last what belongs to none. day: the one that the file's name is."""
    reader = _Reader(rest=Heading(0, lines=list(outline.top.lines)))
    title_day = day or _day_of(outline.settings.get("TITLE", ""), None)
    is_daily = title_day is not None and not any(_day_heading(each, None) for each in outline.top.children)
    if is_daily and title_day is not None:
        yield from reader.of_day(outline.top, title_day, outline.tags)
        return
    yield from reader.below(outline.top, day, outline.tags)
    yield Entry(None, "", "", outline.tags, parts=(reader.rest,))


@dataclass
class _Reader:
    """rest: what belongs to no entry."""

    rest: Heading = field(default_factory=lambda: Heading(0))

    def below(self, parent: Heading, file_day: date | None, tags: tuple[str, ...]) -> Iterator[Entry]:
        """The entries among the headings of one, which is no entry itself."""
        for heading in parent.children:
            inherited = _joined(tags, heading.tags)
            day = _day_heading(heading, file_day)
            own = None if day is not None else _own_date(heading)
            if day is not None:
                yield from self.of_day(heading, day, inherited)
            elif own is not None:
                yield _entry(heading, own, inherited)
            elif _has_dates(heading, file_day):
                if heading.text and not _PERIOD.fullmatch(heading.title):
                    self.rest.children.append(_alone(heading))
                yield from self.below(heading, file_day, inherited)
            else:
                self.rest.children.append(heading)

    def of_day(self, parent: Heading, day: date, tags: tuple[str, ...]) -> Iterator[Entry]:
        """What was written on one day: entries with a clock, those with a text, and the rest as one."""
        left = Heading(parent.level, lines=list(parent.lines))
        found: list[Entry] = []
        for heading in parent.children:
            own, clock = _own_date(heading), _clock(heading.title, day)
            if own is not None and not (heading.keyword and own[0].is_active):
                found.append(_entry(heading, own, _joined(tags, heading.tags)))
            elif clock is not None:
                stamp, title = clock
                found.append(_entry(heading, (stamp, "clock of the entry"), _joined(tags, heading.tags), title=title))
            elif heading.text and not heading.keyword:
                at = Stamp(datetime.combine(day, time.min), has_clock=False)
                found.append(_entry(heading, (at, "day of the entry"), _joined(tags, heading.tags)))
            else:
                left.children.append(heading)
        if left.text or left.children:
            at = Stamp(datetime.combine(day, time.min), has_clock=False)
            identifier = parent.properties.get("ID", "")
            yield Entry(at, "day of the entry", "", tags, identifier=identifier, parts=(left,))
        yield from found


def _entry(heading: Heading, own: tuple[Stamp, str], tags: tuple[str, ...], title: str | None = None) -> Entry:
    at, origin = own
    said = _without_stamps(heading.title) if title is None else title
    clock = _clock(said, at.local_at.date()) if title is None and at.has_clock else None
    said = clock[1] if clock is not None else said
    return Entry(at, origin, said, tags, heading.keyword, heading.properties.get("ID", ""), (heading,))


def _alone(heading: Heading) -> Heading:
    return Heading(heading.level, heading.title, heading.keyword, heading.tags, {}, list(heading.lines))


def _joined(tags: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*tags, *more)))


def _own_date(heading: Heading) -> tuple[Stamp, str] | None:
    """When a heading says it was: by a property, in itself, or in the first line below it."""
    for name in _CREATED:
        found = stamp_in(heading.properties.get(name, ""))
        if found is not None:
            return found, f"property {name} of the heading"
    inside = next((stamp for _, stamp in stamps(heading.title)), None)
    if inside is not None:
        return inside, "date in the heading"
    begun = _begun(heading.title)
    if begun is not None and begun[1]:
        clock = _clock(begun[1], begun[0])
        return (
            clock[0] if clock else Stamp(datetime.combine(begun[0], time.min), has_clock=False)
        ), "date in the heading"
    first = next((line.strip() for line in heading.lines if line.strip()), "")
    said = _SAID.sub("", first)
    match = next(stamps(said), None)
    if match is not None and match[0].start() == 0 and (match[0].end() == len(said) or said != first):
        return match[1], "date below the heading"
    return None


def _without_stamps(title: str) -> str:
    for found, _ in reversed(list(stamps(title))):
        title = f"{title[: found.start()].rstrip()} {title[found.end() :].lstrip()}"
    begun = _begun(title)
    return (begun[1] if begun is not None else title).strip(" -–—")


def _begun(title: str) -> tuple[date, str] | None:
    """The day that a title begins with, and what it says behind it and its weekday."""
    found = _ISO.fullmatch(title.strip())
    day = _date(int(found["year"]), int(found["month"]), int(found["day"])) if found is not None else None
    if found is None or day is None:
        return None
    word, _, rest = found["rest"].partition(" ")
    is_weekday = word.strip("().,").casefold() in _WEEKDAYS
    return day, (rest if is_weekday else found["rest"]).strip()


def _day_heading(heading: Heading, file_day: date | None) -> date | None:
    """The day that a heading is; None for one that says more than a day."""
    if heading.keyword:
        return None
    bare = heading.title.strip("<>[]() ")
    day = _day_of(bare, file_day)
    told = stamp_in(heading.properties.get("CREATED", "")) if day is not None or not heading.text else None
    # Entries of org-journal below such a heading have a clock: then whatever it is called, it is that day.
    if told is not None and not told.has_clock and (day is not None or _has_clocks(heading)):
        return told.local_at.date()
    return day


def _day_of(text: str, file_day: date | None) -> date | None:
    text = text.strip()
    begun = _begun(text)
    if begun is not None:
        return begun[0] if not begun[1] else None
    weekday = _WEEKDAY.match(text)
    rest = text[weekday.end() :].strip() if weekday else text
    worded = day_in_words(text) or day_in_words(rest)
    if worded is not None:
        return worded.date()
    numbers = _NUMBERS.fullmatch(rest)
    if numbers is not None:
        return _of_numbers(numbers, weekday["name"] if weekday else "", file_day)
    is_other = len(text) > MOST_OF_A_DAY or _PERIOD.fullmatch(text) is not None
    return None if is_other else read_worded_date(text)


def _of_numbers(found: re.Match[str], weekday: str, file_day: date | None) -> date | None:
    """Which order day and month are in: dots mean the day first; else the weekday or the file's name tells."""
    one, two, year = int(found["one"]), int(found["two"]), int(found["three"])
    year += 2000 if year < 100 else 0  # noqa: PLR2004 - two digits
    month_first, day_first = _date(year, one, two), _date(year, two, one)
    if found["sep"] != "/":
        return day_first or month_first
    fitting = [each for each in (month_first, day_first) if each is not None]
    named = [each for each in fitting if day_name[each.weekday()].casefold() == weekday.casefold()]
    same = [each for each in fitting if each == file_day]
    return next(iter((*named, *same, *fitting)), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(title: str, day: date) -> tuple[Stamp, str] | None:
    """The time that a title begins with, and the rest of it."""
    found = _CLOCK.fullmatch(title)
    if found is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % _NOON + (_NOON if found["half"] in "pP" else 0)
    at = datetime.combine(day, time(hour, int(found["minute"])))
    return Stamp(at, has_clock=True), found["title"].strip()


def _has_clocks(heading: Heading) -> bool:
    return any(_CLOCK.fullmatch(each.title) for each in heading.children)


def _has_dates(heading: Heading, file_day: date | None) -> bool:
    """Whether there are entries somewhere below."""
    ahead = list(heading.children)
    while ahead:
        each = ahead.pop()
        if _day_heading(each, file_day) is not None or _own_date(each) is not None:
            return True
        ahead += each.children
    return False
