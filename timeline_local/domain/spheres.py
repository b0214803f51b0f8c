"""Distances on the Earth, as on a sphere: right to half a percent."""

import math

EARTH_RADIUS_M = 6_371_008.8  # mean radius (IUGG)


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres between two points in degrees, along the great circle; on a sphere, so right to half a percent."""
    south, north = math.radians(lat), math.radians(other_lat)
    apart = math.sin((north - south) / 2) ** 2
    apart += math.cos(south) * math.cos(north) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(apart)))


def is_on_earth(lat: float, lon: float) -> bool:
    """Whether these degrees are a place: (0, 0) is what receivers write that know none."""
    is_zero = lat == 0 and lon == 0
    return math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180 and not is_zero  # noqa: PLR2004 - degrees
