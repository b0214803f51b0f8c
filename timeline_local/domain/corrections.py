"""When a date given beside a file is its owner's correction of what the file says itself.

Google Photos and photo editors keep the date an owner set beside the picture, and leave the picture as it was. Their
date counts where it contradicts the camera by more than time zones explain; otherwise the camera's own clock is the
better witness, because it knows the wall clock.
"""

from collections.abc import Iterable
from datetime import timedelta

from timeline_local.domain.moments import Precision, TimeBasis, TimeEvidence
from timeline_local.domain.zones import MAX_OFFSET_MIN, wall_clock

_CAMERA = frozenset({TimeBasis.EXIF, TimeBasis.EXIF_OFFSET, TimeBasis.GPS})
_POINTS = frozenset({Precision.INSTANT, Precision.MINUTE})
_SAME = timedelta(minutes=1)  # sidecars drop seconds
_TOLERANCE = timedelta(minutes=3)  # a camera's clock and a server's
_QUARTER = timedelta(minutes=15)
_FURTHEST = timedelta(minutes=MAX_OFFSET_MIN)
_WIDTH = {Precision.DAY: 3, Precision.MONTH: 2}  # how many of (year, month, day) a coarse date speaks of


def correction_of(winner: TimeEvidence, others: Iterable[TimeEvidence]) -> tuple[TimeEvidence, str] | None:
    """The evidence that corrects the winner, and why; None when the winner stands. `others` are the best first."""
    if winner.basis not in _CAMERA:
        return None
    said = next((each for each in others if each.may_correct and (each.local_at or each.instant)), None)
    gap = contradiction(winner, said) if said is not None else None
    return None if said is None or gap is None else (said, gap)


def contradiction(camera: TimeEvidence, said: TimeEvidence) -> str | None:
    """Why both cannot speak of the same moment, as a part of a sentence; None when they can."""
    if said.precision not in _POINTS:
        return _coarse(camera, said)
    if camera.instant is not None and said.instant is not None:
        apart = abs(camera.instant - said.instant)
        return None if apart <= _FURTHEST else _far(apart)
    if camera.local_at is not None and said.local_at is not None:
        return _between_walls(camera, said)
    if camera.local_at is not None and said.instant is not None:
        return _no_zone_between(camera.local_at.replace(tzinfo=None) - wall_clock(said.instant, 0))
    if camera.instant is not None and said.local_at is not None:
        return _no_zone_between(said.local_at.replace(tzinfo=None) - wall_clock(camera.instant, 0))
    return None


def _between_walls(camera: TimeEvidence, said: TimeEvidence) -> str | None:
    assert camera.local_at is not None  # noqa: S101 - the caller looked
    assert said.local_at is not None  # noqa: S101 - the caller looked
    apart = abs(camera.local_at.replace(tzinfo=None) - said.local_at.replace(tzinfo=None))
    if apart < _SAME:
        return None
    if camera.utc_offset_min is not None and said.utc_offset_min is not None:
        moved = timedelta(minutes=camera.utc_offset_min - said.utc_offset_min)
        shifted = camera.local_at.replace(tzinfo=None) - said.local_at.replace(tzinfo=None) - moved
        if abs(shifted) < _SAME:
            return None
    if camera.utc_offset_min is None and said.utc_offset_min == 0:  # servers write UTC, whatever the camera's zone
        return _no_zone_between(camera.local_at.replace(tzinfo=None) - said.local_at.replace(tzinfo=None))
    return f"{_spoken(apart)} from the camera's clock"


def _no_zone_between(gap: timedelta) -> str | None:
    """A wall clock runs ahead of an instant by the offset of its zone: whole quarters of an hour, 14 hours at most."""
    if abs(gap) > _FURTHEST + _TOLERANCE:
        return _far(abs(gap))
    rest = abs(gap - round(gap / _QUARTER) * _QUARTER)
    return _far(abs(gap)) if rest > _TOLERANCE else None


def _coarse(camera: TimeEvidence, said: TimeEvidence) -> str | None:
    reading, other = camera.local_at or camera.instant, said.local_at or said.instant
    if reading is None or other is None:
        return None
    width = _WIDTH.get(said.precision, 1)
    ours, theirs = ((each.year, each.month, each.day)[:width] for each in (reading, other))
    return None if ours == theirs else f"another {('year', 'month', 'day')[width - 1]} than the camera's"


def _far(apart: timedelta) -> str:
    return f"{_spoken(apart)} from the camera's clock, which no time zone explains"


def _spoken(apart: timedelta) -> str:
    days, minutes = apart.days, apart.seconds // 60
    if days > 1:
        return f"{days} days"
    hours = days * 24 + minutes // 60
    return f"{hours} hours" if hours > 1 and not minutes % 60 else f"{hours}:{minutes % 60:02} hours"
