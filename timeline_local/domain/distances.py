"""Distances, speeds and climbs between positions. Pure arithmetic on a sphere, exact to half a percent."""

from collections.abc import Iterable, Sequence
from math import asin, cos, isfinite, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius of the Earth (IUGG); half the circumference is 20,015 km."""

FLIGHT_MPS = 500 / 3.6
"""Nothing on the ground that carries people goes faster than 500 km/h."""

_MAX_LAT, _MAX_LON = 90.0, 180.0
_CLIMB_NOISE_M = 3.0  # barometers and GPS waver by this much while standing still


def is_position(lat: float, lon: float) -> bool:
    """Whether these degrees can be meant: on the globe, and not (0, 0), which is what devices write for "unknown"."""
    return isfinite(lat) and isfinite(lon) and abs(lat) <= _MAX_LAT and abs(lon) <= _MAX_LON and (lat, lon) != (0, 0)


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres along the great circle between two positions in degrees."""
    up, across = radians(other_lat - lat), radians(other_lon - lon)
    half = sin(up / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def legs_m(lats: Sequence[float], lons: Sequence[float]) -> list[float]:
    """Metres from each position to the next: one number less than there are positions."""
    return [distance_m(lats[at], lons[at], lats[at + 1], lons[at + 1]) for at in range(len(lats) - 1)]


def speed_mps(metres: float, seconds: float) -> float | None:
    """Metres per second; None where no time passed, which no speed can be told from."""
    return metres / seconds if seconds > 0 else None


def is_flight(metres: float, seconds: float) -> bool:
    """Whether only an aircraft covers that distance in that time."""
    speed = speed_mps(metres, seconds)
    return speed is not None and speed > FLIGHT_MPS


def climbs_m(altitudes: Iterable[float]) -> tuple[float, float]:
    """(metres up, metres down) over a path; wavering by less than three metres is noise and counts for neither."""
    up = down = 0.0
    level: float | None = None
    for altitude in altitudes:
        if level is None:
            level = altitude
        elif abs(altitude - level) >= _CLIMB_NOISE_M:
            up += max(0.0, altitude - level)
            down += max(0.0, level - altitude)
            level = altitude
    return up, down
