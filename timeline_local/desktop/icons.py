"""The icon in its five states, drawn from one list of shapes: the clock of the browser's favicon, and a badge.

Coordinates are those of a square of 32 by 32, colours those of the interface's light theme.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from timeline_local.desktop.facts import State

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

SIDE = 32
FINER = 8  # drawn so much larger, then scaled down: the drawing itself knows no smooth edges
FACE = "#0b6e69"
FACE_CENTRE, FACE_RADIUS = (16.0, 16.0), 14.0
HANDS = ((16.0, 7.5), (16.0, 16.0), (22.0, 19.6))
HANDS_WIDTH = 2.8
BADGE_CENTRE, BADGE_RADIUS, BADGE_RIM = (24.5, 24.5), 6.5, 1.5
GREY, WARM, RED, WHITE = "#6d655d", "#d9791f", "#b3261e", "#ffffff"
FACES: dict[State, str] = {"starting": GREY, "attention": FACE, "paused": GREY, "working": FACE, "normal": FACE}
BADGES: dict[State, str] = {"attention": RED, "paused": FACE, "working": WARM}


@lru_cache(maxsize=64)
def icon(state: State, side: int) -> Image:
    """The icon as a picture with transparency."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only where there is a tray

    large = Image.new("RGBA", (SIDE * FINER, SIDE * FINER))
    _draw(ImageDraw.Draw(large), state)
    return large.resize((side, side), Image.Resampling.LANCZOS)


def argb(state: State, side: int) -> bytes:
    """The icon as StatusNotifierItem wants it: 32 bits a pixel, alpha first, in network order."""
    red, green, blue, alpha = (band.tobytes() for band in icon(state, side).split())
    return bytes(value for pixel in zip(alpha, red, green, blue, strict=True) for value in pixel)


def _draw(pen: ImageDraw, state: State) -> None:
    _disc(pen, FACE_CENTRE, FACE_RADIUS, FACES[state])
    _line(pen, HANDS, HANDS_WIDTH)
    if state not in BADGES:
        return
    _disc(pen, BADGE_CENTRE, BADGE_RADIUS + BADGE_RIM, WHITE)
    _disc(pen, BADGE_CENTRE, BADGE_RADIUS, BADGES[state])
    x, y = BADGE_CENTRE
    if state == "attention":
        _line(pen, ((x, y - 3.6), (x, y + 0.6)), 2.2)
        _disc(pen, (x, y + 3.6), 1.3, WHITE)
    elif state == "paused":
        _line(pen, ((x - 2, y - 2.6), (x - 2, y + 2.6)), 2)
        _line(pen, ((x + 2, y - 2.6), (x + 2, y + 2.6)), 2)


def _disc(pen: ImageDraw, centre: tuple[float, float], radius: float, colour: str) -> None:
    (x, y), reach = centre, radius * FINER
    pen.ellipse((x * FINER - reach, y * FINER - reach, x * FINER + reach, y * FINER + reach), fill=colour)


def _line(pen: ImageDraw, points: tuple[tuple[float, float], ...], width: float) -> None:
    pen.line([(x * FINER, y * FINER) for x, y in points], fill=WHITE, width=round(width * FINER), joint="curve")
    for end in (points[0], points[-1]):
        _disc(pen, end, width / 2, WHITE)
