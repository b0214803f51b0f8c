"""How somebody moved: the words of many sources as one, and a guess from speeds where no source says it."""

import re
from collections.abc import Sequence

from timeline_local.domain.distances import FLIGHT_MPS

# The word of a source, in capitals without spaces → ours. From the exports of Google, Strava, Garmin, Arc and others.
_WORDS = {
    "walking": "WALKING WALK ONFOOT FOOT NORDICWALKING SPEEDWALKING STROLLING WHEELCHAIR",
    "hiking": "HIKING HIKE MOUNTAINEERING TREKKING SNOWSHOE SNOWSHOEING",
    "running": "RUNNING RUN JOGGING JOG TRAILRUN TRAILRUNNING VIRTUALRUN TREADMILL",
    "cycling": "CYCLING BIKING RIDE BIKE BICYCLE BICYCLING ROADBIKING MOUNTAINBIKING MOUNTAINBIKERIDE GRAVELRIDE"
    " EBIKERIDE EBIKING EMOUNTAINBIKERIDE VIRTUALRIDE ONBICYCLE",
    "driving": "DRIVING DRIVE CAR INVEHICLE INPASSENGERVEHICLE INROADVEHICLE INFOURWHEELERVEHICLE INCAR INTAXI TAXI"
    " AUTOMOTIVE VEHICLE",
    "motorcycling": "MOTORCYCLING MOTORCYCLE MOTORBIKE MOPED INTWOWHEELERVEHICLE SCOOTER",
    "bus": "BUS INBUS TROLLEYBUS COACH",
    "train": "TRAIN INTRAIN INRAILVEHICLE RAIL HEAVYRAIL",
    "subway": "SUBWAY INSUBWAY METRO METRORAIL UNDERGROUND",
    "tram": "TRAM INTRAM LIGHTRAIL",
    "cable car": "CABLECAR INCABLECAR INGONDOLALIFT GONDOLA INFUNICULAR FUNICULAR CHAIRLIFT",
    "ferry": "FERRY INFERRY",
    "boat": "BOAT BOATING MOTORBOATING",
    "sailing": "SAILING SAIL",
    "rowing": "ROWING",
    "kayaking": "KAYAKING CANOEING PADDLING STANDUPPADDLING STANDUPPADDLEBOARDING RAFTING",
    "flying": "FLYING FLIGHT AIRPLANE PLANE AIRCRAFT FLY INFLIGHT",
    "gliding": "GLIDING PARAGLIDING HANGGLIDING HOTAIRBALLOON",
    "skiing": "SKIING ALPINESKIING ALPINESKI BACKCOUNTRYSKI CROSSCOUNTRYSKIING NORDICSKI ROLLERSKI DOWNHILLSKI"
    " SNOWBOARDING SNOWBOARD SLEDDING",
    "skating": "SKATING INLINESKATE INLINESKATING ICESKATE ICESKATING SKATEBOARDING SKATEBOARD KICKSCOOTER",
    "swimming": "SWIMMING SWIM OPENWATERSWIMMING LAPSWIMMING",
    "riding": "HORSEBACKRIDING HORSERIDING",
    "surfing": "SURFING SURF WINDSURFING KITESURFING KITESURF",
    "training": "TRAINING WORKOUT WEIGHTTRAINING FITNESSEQUIPMENT ELLIPTICAL STAIRSTEPPER CROSSFIT YOGA",
}
_MODES = {word: mode for mode, words in _WORDS.items() for word in words.split()}
_NOT_LETTERS = re.compile(r"[\W_\d]+")

_RUN_MPS, _RIDE_MPS, _DRIVE_MPS = 2.2, 4.2, 11.0  # typical speeds at which one way of moving becomes the next
_FASTEST = (
    (2.8, "walking"),
    (6.5, "running"),
    (18.0, "cycling"),
)  # what the fastest twentieth of a way on foot or wheels never exceeds for long
_STANDING_MPS = 0.4
_MANY_KM = 100


def mode_of(word: str) -> str:
    """Our word for a source's ("IN_PASSENGER_VEHICLE", "Ride"); "" for one that names no way of moving."""
    return _MODES.get(_NOT_LETTERS.sub("", word).upper(), "")


def guess_mode(speeds: Sequence[float]) -> str:
    """How somebody probably moved, from speeds in metres per second of legs of like length; "" without any motion."""
    moving = sorted(speed for speed in speeds if speed > _STANDING_MPS)
    if not moving:
        return ""
    typical, fast = moving[len(moving) // 2], moving[(len(moving) - 1) * 19 // 20]
    if typical > FLIGHT_MPS:
        return "flying"
    if typical > _DRIVE_MPS:
        return "driving"
    slowest = 0 if typical <= _RUN_MPS else 1 if typical <= _RIDE_MPS else 2
    return next((mode for most, mode in _FASTEST[slowest:] if fast <= most), "driving")


def title_of(mode: str, metres: float | None) -> str:
    """What a person would call a move: "Cycling, 12.3 km"."""
    word = mode.capitalize() or "Track"
    return word if not metres or metres < 1 else f"{word}, {spell_distance(metres)}"


def spell_distance(metres: float) -> str:
    """As people say it: 850 m, 12.3 km, 1,204 km."""
    if round(metres) < 1000:  # noqa: PLR2004
        return f"{round(metres)} m"
    return f"{metres / 1000:.1f} km" if metres < _MANY_KM * 1000 else f"{round(metres / 1000):,} km"
