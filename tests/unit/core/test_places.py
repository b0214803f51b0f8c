"""The table of the world's places: names for points on land, none for the sea, right on both sides of a border."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.corpora import corpus
from timeline_local.core.places import places
from timeline_local.domain.gazetteer import unpack
from timeline_local.runtime import _zone_of

# (lat, lon) → city, region, country. Where there is no city: how far from all that have one.
KNOWN: dict[str, tuple[float, float, tuple[str, str, str] | None]] = {
    "a district of a city": (52.526, 13.339, ("Berlin", "State of Berlin", "DE")),
    "the old town": (38.711, -9.137, ("Lisbon", "Lisbon", "PT")),
    "a suburb of its own": (48.8641, 2.4432, ("Montreuil", "Île-de-France", "FR")),
    "a borough": (40.758, -73.985, ("Manhattan", "New York", "US")),
    "across the river": (40.744, -74.030, ("Hoboken", "New Jersey", "US")),
    "this side of the Rhine": (48.570, 7.810, ("Kehl", "Baden-Wurttemberg", "DE")),
    "that side of the Rhine": (48.580, 7.750, ("Strasbourg", "Grand Est", "FR")),
    "beside three countries, in France": (47.585, 7.560, ("Saint-Louis", "Grand Est", "FR")),
    "a country within a city": (41.9022, 12.4533, ("Vatican City", "", "VA")),
    "far in the north": (78.22, 15.65, ("Longyearbyen", "Svalbard", "SJ")),
    "beside the date line": (-16.43, 179.37, ("Labasa", "Northern", "FJ")),
    "the desert": (23.5, 10.0, ("", "", "DZ")),
    "the outback": (-25.0, 130.0, ("", "", "AU")),
    "the open sea": (19.0, -135.0, None),
    "the middle of the Atlantic": (40.0, -40.0, None),
    "what devices write for unknown": (0.0, 0.0, None),
    "the south pole": (-90.0, 0.0, None),
    "off the globe": (91.0, 10.0, None),
}


@pytest.mark.parametrize(("lat", "lon", "wanted"), KNOWN.values(), ids=KNOWN)
def test_a_point_has_its_names(lat: float, lon: float, wanted: tuple[str, str, str] | None) -> None:
    zone = _zone_of(lat, lon) if abs(lat) <= 90 else None
    found = places().find(lat, lon, zone)
    assert (None if found is None else (found.city, found.region, found.country_code)) == wanted


def test_a_city_tells_where_its_middle_is_and_how_far_the_nearest_place() -> None:
    found = places().find(52.526, 13.339, "Europe/Berlin")
    assert found is not None
    assert (found.lat, found.lon, found.country) == (52.5244, 13.4105, "Germany")
    assert found.distance_m == pytest.approx(44, abs=5)  # to Moabit, which goes by Berlin


def _zone_points() -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = json.loads(corpus("tables", "timezone_points.json").read_text("utf-8"))["points"]
    return points


# Where zone tables differ about a name for one and the same clock, as they may: both are right.
ALIASES = {"Europe/Kyiv": {"Europe/Kiev"}, "Asia/Kolkata": {"Asia/Calcutta"}}


def test_points_all_over_the_world_lie_in_their_zone() -> None:
    wrong = {
        point["place"]: (found, point["time_zone"])
        for point in _zone_points()
        if (found := _zone_of(point["lat"], point["lon"])) != point["time_zone"]
        and found not in ALIASES.get(point["time_zone"], ())
    }
    assert wrong == {}


def test_points_on_land_have_a_country_and_those_at_sea_have_none() -> None:
    wrong = {}
    for point in _zone_points():
        found = places().find(point["lat"], point["lon"], _zone_of(point["lat"], point["lon"]))
        is_sea = point["time_zone"].startswith("Etc/")
        if (found is None) != is_sea:
            wrong[point["place"]] = (point["time_zone"], found)
    assert wrong == {}


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table of places"):
        unpack(b"SQLite format 3")
