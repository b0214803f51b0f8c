"""Apple Health: the export of the Health app, millions of readings in one XML, and the ways of workouts beside it.

A day is one memory, a workout another (`importers.health_days` says how phone and watch are not counted twice). The app
writes every time with the offset that the phone had at the export, so a day is a day there; where a reading names its
zone, that counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO, cast

from timeline_local.domain.drafts import JSON, Draft, Problem, RelationKind, RelationRef
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moves import mode_of, title_of
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Checkpoint, Found, Item, ReadOptions, Recognition
from timeline_local.importers.gpx_tracks import read_gpx
from timeline_local.importers.health_days import At, Days, draft_of_day, spell_minutes
from timeline_local.importers.track_formats import GPX
from timeline_local.importers.track_reading import BROKEN, with_track
from timeline_local.importers.xml_stream import Element, XmlBroken, stream

HEAD_BYTES = 64 * 1024
DOCTYPE_BYTES = 256 * 1024
READINGS_PER_PAUSE = 50_000  # between them a read can be stopped
ITEMS_PER_CHECKPOINT = 200
MOST_KINDS = 500  # of readings that are told apart
YEARS = range(1900, 2200)  # of anybody's life
LARGEST = 1e9  # of any reading
OVERLAP = 0.8  # of the shorter of two workouts of one kind, from where on they are the same one

_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_EXPORTED = re.compile(rb'<ExportDate\s+value="(?P<at>[^"]{10,40})"')
_PREFIX = re.compile(r"^HK(?:Quantity|Category|Data|Correlation)?Type(?:Identifier)?|^HKWorkoutActivityType")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HINT = "This is the clinical document of an export of Apple Health. Choose export.xml beside it, or the whole zip."

_METRES = {"m": 1.0, "km": 1000.0, "mi": 1609.344, "ft": 0.3048, "yd": 0.9144, "cm": 0.01}
_KCAL = {"kcal": 1.0, "Cal": 1.0, "cal": 0.001, "kJ": 1 / 4.184, "J": 1 / 4184}
_MINUTES = {"min": 1.0, "s": 1 / 60, "hr": 60.0, "ms": 1 / 60_000}
_KILOS = {"kg": 1.0, "g": 0.001, "lb": 0.45359237, "st": 6.35029318, "oz": 0.028349523}
_MILLILITRES = {"mL": 1.0, "L": 1000.0, "fl_oz_us": 29.5735295625, "cup_us": 236.588}
_COUNT = {"count": 1.0}
_RATE = {"count/min": 1.0, "count/s": 60.0}
_PERCENT = {"%": 100.0}

# What adds up over a day: our name, and the units we know with what one of them is in ours.
_SUMS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "StepCount": ("steps", _COUNT),
    "DistanceWalkingRunning": ("walked_m", _METRES),
    "DistanceCycling": ("cycled_m", _METRES),
    "DistanceSwimming": ("swum_m", _METRES),
    "DistanceWheelchair": ("wheeled_m", _METRES),
    "FlightsClimbed": ("flights", _COUNT),
    "ActiveEnergyBurned": ("active_kcal", _KCAL),
    "AppleExerciseTime": ("exercise_min", _MINUTES),
    "TimeInDaylight": ("daylight_min", _MINUTES),
    "DietaryEnergyConsumed": ("eaten_kcal", _KCAL),
    "DietaryWater": ("water_ml", _MILLILITRES),
}
_MEANS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "HeartRate": ("heart_rate", _RATE),
    "RestingHeartRate": ("resting_heart_rate", _RATE),
    "HeartRateVariabilitySDNN": ("heart_rate_variability_ms", {"ms": 1.0}),
    "OxygenSaturation": ("oxygen_percent", _PERCENT),
    "RespiratoryRate": ("respiratory_rate", _RATE),
    "VO2Max": ("vo2max", {"mL/min·kg": 1.0}),
    "BodyMass": ("weight_kg", _KILOS),
    "BodyFatPercentage": ("body_fat_percent", _PERCENT),
    "BodyTemperature": ("temperature_c", {"degC": 1.0}),
    "BloodPressureSystolic": ("systolic", {"mmHg": 1.0}),
    "BloodPressureDiastolic": ("diastolic", {"mmHg": 1.0}),
    "BloodGlucose": ("glucose_mg_dl", {"mg/dL": 1.0, "mmol<180.1558800000541>/L": 18.015588}),
}
_RINGS = {"activeEnergyBurned": "active_kcal", "appleExerciseTime": "exercise_min", "appleStandHours": "stand_h"}


@dataclass(frozen=True, slots=True)
class AppleHealth:
    name: str = "apple_health"
    title: str = "Apple Health"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of the root element, whatever the file is called: its name is in the language of the phone."""
        xmls = [file for file in folder.sample() if file.name.lower().endswith(".xml")]
        if any(_is_export(folder, file) for file in xmls):
            return Recognition(0.95, "It holds an export of Apple Health.")
        is_clinical = any(
            file.name.lower() == "export_cda.xml" or b"Health Data Export" in folder.head(file.locator, HEAD_BYTES)
            for file in xmls
        )
        return Recognition(0.0, "There is no export of Apple Health here.", _HINT if is_clinical else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """The workouts, then the days, once the newest export was read to its end."""
        start = checkpoint if isinstance(checkpoint, dict) else {}
        done = start.get("done")
        skip = done if isinstance(done, int) else 0
        exports = _exports(folder, options)
        for file in exports[1:]:
            yield Problem(file.locator, "twice", "A newer export of Apple Health is here, which holds this one, too.")
        if exports:
            reading = _Reading(folder, exports[0])
            for problem in reading.gather():
                yield Checkpoint({"done": skip}) if problem is None else problem
            for count, item in enumerate(reading.items(options), 1):
                if count > skip:
                    yield item
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield Checkpoint({"done": count})


def _is_export(folder: Folder, file: File) -> bool:
    head = folder.head(file.locator, HEAD_BYTES)
    return b"<!DOCTYPE HealthData" in head or b"<HealthData" in head


def _exports(folder: Folder, options: ReadOptions) -> list[File]:
    """The newest first."""
    found = [
        file
        for listing in folder.walk()
        if isinstance(listing, Listing)
        for file in listing.files
        if file.name.lower().endswith(".xml") and not options.is_claimed(file.locator) and _is_export(folder, file)
    ]
    options.claimed.update(file.locator for file in found)
    return sorted(found, key=lambda file: _exported_at(folder, file), reverse=True)


def _exported_at(folder: Folder, file: File) -> str:
    match = _EXPORTED.search(folder.head(file.locator, HEAD_BYTES))
    at = read_instant(match["at"].decode("ascii", "replace")) if match else None
    return at[0].isoformat() if at else ""


@dataclass(slots=True)
class _Workout:
    """begun, ended: aware UTC.   route: the path of its way within the export, "" if it has none."""

    word: str
    source: str
    begun: datetime
    ended: datetime
    zone: str | None
    duration_s: float | None
    distance_m: float | None
    calories: float | None
    heart_rate: tuple[float, float] | None
    route: str
    is_indoor: bool

    @property
    def key(self) -> str:
        return f"workout:{self.begun.isoformat()}/{self.word}"

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """What tells more goes before what tells less."""
        return bool(self.route), self.distance_m is not None, self.heart_rate is not None

    def is_same(self, other: _Workout) -> bool:
        """Whether two apps recorded one workout."""
        if self.word != other.word or self.source == other.source:
            return False
        shared = min(self.ended, other.ended) - max(self.begun, other.begun)
        return shared >= OVERLAP * min(self.ended - self.begun, other.ended - other.begun)


@dataclass
class _Reading:
    """One export while it is read."""

    folder: Folder
    file: File
    days: Days = field(default_factory=Days)
    workouts: list[_Workout] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    broken: int = 0

    def gather(self) -> Iterator[Problem | None]:
        """Everything in the file; None now and then, where the read may be stopped."""
        count = 0
        try:
            with self.folder.open(self.file.locator) as opened:
                for event in stream(cast("BinaryIO", _WithoutDoctype(opened)), frozenset({"HealthData"})):
                    if isinstance(event, Element):
                        self._take(event)
                        count += 1
                        if count % READINGS_PER_PAUSE == 0:
                            yield None
        except (OSError, EOFError, XmlBroken) as error:
            why = (getattr(error, "strerror", None) or str(error)).rstrip(".")
            detail = f"After {count:,} readings this export cannot be read any further ({why}); they are taken."
            yield Problem(self.file.locator, "unreadable", detail)
        if self.broken:
            detail = f"{self.broken:,} readings have no time or no number that can be read."
            yield Problem(f"{self.file.locator}#broken", "reading-broken", detail)
        for name, number in sorted(self.others.items()):
            detail = f"{number:,} readings of “{_spoken(name)}” are not part of the summary of a day."
            yield Problem(f"{self.file.locator}#{name}", "unsupported", detail)

    def items(self, options: ReadOptions) -> Iterator[Found]:
        for workout, doubles in _told_apart(self.workouts):
            yield from self._workout(workout, options)
            for double in doubles:
                where = f"{self.file.locator}#{double.key} of {double.source}"
                yield Problem(where, "twice", "Another app recorded the same workout; what that one tells was taken.")
        for day, found in self.days.days():
            if (draft := draft_of_day(day, found, "Apple Health")) is not None:
                yield draft

    def _take(self, element: Element) -> None:
        if element.name == "Record":
            self._record(element.attributes)
        elif element.name == "Workout":
            self._add_workout(element)
        elif element.name == "ActivitySummary":
            self._rings(element.attributes)
        elif element.name not in {"ExportDate", "Me", "Correlation"}:  # the parts of a correlation stand by themselves
            self._count(element.name)

    def _count(self, name: str) -> None:
        """A kind of reading that no day tells; what is beyond any number of kinds is one."""
        self.others[name if name in self.others or len(self.others) < MOST_KINDS else "?"] += 1

    def _record(self, told: Mapping[str, str]) -> None:
        name = _short(told.get("type", ""))
        begun, ended = _at(told.get("startDate", "")), _at(told.get("endDate", ""))
        if begun is None:
            self.broken += 1
            return
        ended = ended if ended is not None and ended > begun else begun
        if name == "SleepAnalysis":
            self._sleep(begun, ended, told.get("value", ""))
        elif name == "MindfulSession":
            self.days.add("mindful_min", told.get("sourceName", ""), begun, ended, begun.until(ended))
        elif name in _SUMS or name in _MEANS:
            self._quantity(name, told, begun, ended)
        else:
            self._count(name)

    def _quantity(self, name: str, told: Mapping[str, str], begun: At, ended: At) -> None:
        ours, units = _SUMS.get(name) or _MEANS[name]
        unit = told.get("unit") or ("count" if units is _COUNT else "")  # which counts may leave out
        factor, value = units.get(unit), loose.number(told.get("value"))
        if value is None or not 0 <= value <= LARGEST:
            self.broken += 1
        elif factor is None and name == "BodyTemperature" and told.get("unit") == "degF":
            self.days.mean(ours, begun, (value - 32) / 1.8)
        elif factor is None:
            self._count(f"{name} in {told.get('unit', '')[:40]}")
        elif name in _SUMS:
            self.days.add(ours, told.get("sourceName", ""), begun, ended, value * factor)
        else:
            self.days.mean(ours, begun, value * factor)

    def _sleep(self, begun: At, ended: At, value: str) -> None:
        if "Asleep" in value:
            self.days.sleep(begun, ended, is_asleep=True)
        elif value.endswith("InBed"):
            self.days.sleep(begun, ended, is_asleep=False)

    def _rings(self, told: Mapping[str, str]) -> None:
        day = _day(told.get("dateComponents", ""))
        for name, ours in _RINGS.items():
            value = loose.number(told.get(name))
            if day is not None and value is not None and value <= LARGEST:
                unit = told.get("activeEnergyBurnedUnit", "kcal") if ours == "active_kcal" else ""
                self.days.tell(ours, day, value * (_KCAL.get(unit, 1.0) if unit else 1.0))

    def _add_workout(self, element: Element) -> None:
        told = element.attributes
        begun, ended = read_instant(told.get("startDate", "")), read_instant(told.get("endDate", ""))
        if begun is None or ended is None:
            self.broken += 1
            return
        entries = (each.attributes for each in element.below("MetadataEntry"))
        meta = {each.get("key", ""): each.get("value", "") for each in entries}
        figures = _figures(element)
        self.workouts.append(
            _Workout(
                word=_spoken(_short(told.get("workoutActivityType", ""))),
                source=told.get("sourceName", ""),
                begun=begun[0],
                ended=max(ended[0], begun[0]),
                zone=loose.zone(meta.get("HKTimeZone")),
                duration_s=_measured(told.get("duration"), told.get("durationUnit", "min"), _MINUTES, 60),
                distance_m=figures.get("distance_m"),
                calories=figures.get("calories"),
                heart_rate=(figures["average"], figures["most"]) if "average" in figures else None,
                route=next((each.attributes.get("path", "") for each in element.below("FileReference")), ""),
                is_indoor=meta.get("HKIndoorWorkout") == "1",
            )
        )

    def _workout(self, workout: _Workout, options: ReadOptions) -> Iterator[Found]:
        ways: list[Draft] = []
        if workout.route:
            locator = f"{self.file.locator.rpartition('/')[0]}/{workout.route.lstrip('/')}".lstrip("/")
            options.claimed.add(locator)
            for item in self._way(locator):
                if not isinstance(item, Draft):
                    yield item
                elif item.kind is Kind.MOVE:
                    ways.append(item)
        yield _draft(workout, ways[0] if ways else None)
        for number, part in enumerate(ways[1:], 2):
            whole = (RelationRef(kind=RelationKind.PART_OF, source_key=workout.key),)
            yield replace(part, source_key=f"{workout.key}/{number}", relations=whole)

    def _way(self, locator: str) -> Iterator[Found]:
        try:
            file = self.folder.stat(locator)
            yield from with_track(read_gpx(self.folder, file, GPX), file)
        except BROKEN:
            detail = "The way of this workout is missing or broken; the workout is taken without it, or with its part."
            yield Problem(locator, "recording-missing", detail)


def _figures(element: Element) -> dict[str, float]:
    """What a workout adds up to: as attributes until iOS 15, then as elements."""
    told = element.attributes
    found: dict[str, float | None] = {
        "distance_m": _measured(told.get("totalDistance"), told.get("totalDistanceUnit", "km"), _METRES),
        "calories": _measured(told.get("totalEnergyBurned"), told.get("totalEnergyBurnedUnit", "kcal"), _KCAL),
    }
    for each in element.children:
        if each.name != "WorkoutStatistics":
            continue
        name, unit = _short(each.attributes.get("type", "")), each.attributes.get("unit", "")
        total = each.attributes.get("sum")
        if name.startswith("Distance"):
            found["distance_m"] = _measured(total, unit, _METRES) or found["distance_m"]
        elif name == "ActiveEnergyBurned":
            found["calories"] = _measured(total, unit, _KCAL) or found["calories"]
        elif name == "HeartRate":
            found["average"] = _measured(each.attributes.get("average"), unit, _RATE)
            found["most"] = _measured(each.attributes.get("maximum"), unit, _RATE) or found["average"]
    return {name: value for name, value in found.items() if value}


def _draft(workout: _Workout, way: Draft | None) -> Draft:
    has_way = workout.distance_m is not None and not workout.is_indoor
    base = way or Draft(source_key="", kind=Kind.MOVE if has_way else Kind.HEALTH)
    mode = mode_of(workout.word)
    told: dict[str, JSON] = dict(way.extra) if way is not None else {}
    if mode:
        told |= {"mode": mode, "mode_basis": "source"}
    told["activity"] = workout.word
    figures = {"distance_m": workout.distance_m, "duration_s": workout.duration_s, "calories": workout.calories}
    told |= {name: round(value) for name, value in figures.items() if value}
    if workout.heart_rate is not None:
        told["heart_rate"] = {"average": round(workout.heart_rate[0]), "most": round(workout.heart_rate[1])}
    name = title_of(mode or workout.word.lower(), workout.distance_m)
    length = workout.duration_s or (workout.ended - workout.begun).total_seconds()
    return replace(
        base,
        source_key=workout.key,
        title=name if workout.distance_m else f"{name}, {spell_minutes(length / 60)}",
        body="",
        evidence=(
            TimeEvidence(
                basis=TimeBasis.SOURCE,
                instant=workout.begun,
                zone=workout.zone,
                until=workout.ended if workout.ended > workout.begun else None,
                origin="workout in Apple Health",
            ),
        ),
        device=base.device or workout.source,
        extra=told,
    )


def _told_apart(workouts: Sequence[_Workout]) -> Iterator[tuple[_Workout, list[_Workout]]]:
    """Each workout once, in the order of time, with what other apps recorded of it."""
    doubles: list[_Workout] = []
    kept: _Workout | None = None
    for each in sorted(workouts, key=lambda workout: (workout.begun, workout.word, workout.source)):
        if kept is None:
            kept = each
        elif each.is_same(kept):
            better, worse = (each, kept) if each.rank > kept.rank else (kept, each)
            kept = better
            doubles.append(worse)
        else:
            yield kept, doubles
            kept, doubles = each, []
    if kept is not None:
        yield kept, doubles


class _WithoutDoctype:
    """A stream without its document type: those of some versions of iOS are broken, and nothing in them is needed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = file.read(DOCTYPE_BYTES)
        self._head = BytesIO(_DOCTYPE.sub(b"", head, count=1))

    def read(self, size: int) -> bytes:
        return self._head.read(size) or self._file.read(size)


@lru_cache(maxsize=1024)
def _short(name: str) -> str:
    return _PREFIX.sub("", name)[:80] or "?"


@lru_cache(maxsize=1024)
def _spoken(name: str) -> str:
    """Words for "TraditionalStrengthTraining"."""
    return _WORDS.sub(" ", name).capitalize()


def _measured(value: str | None, unit: str, units: Mapping[str, float], scale: float = 1.0) -> float | None:
    found, factor = loose.number(value), units.get(unit)
    if found is None or factor is None or not 0 < found <= LARGEST:
        return None
    return found * factor * scale


def _at(text: str) -> At | None:
    """What the clock shows in "2020-01-02 15:04:05 +0100"."""
    day = _day(text[:10])
    try:
        hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
    except ValueError:
        return None
    is_clock = day is not None and hour < 24 and minute < 60  # noqa: PLR2004 - a clock
    return At(day or 0, hour * 60 + minute + min(second, 59) / 60) if is_clock else None


@lru_cache(maxsize=4096)
def _day(text: str) -> int | None:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day.toordinal() if day.year in YEARS else None
