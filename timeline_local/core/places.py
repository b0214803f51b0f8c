"""The table of the world's places (GeoNames, CC BY 4.0), read when the first point is looked up."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from timeline_local.domain.gazetteer import Gazetteer, unpack

FILE = Path(__file__).with_name("places.dat")


@lru_cache(maxsize=1)
def places() -> Gazetteer:
    """The table. The first call takes a tenth of a second, and some 10 MB for as long as the process lives."""
    return unpack(FILE.read_bytes())
