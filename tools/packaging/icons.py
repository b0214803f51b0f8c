"""The application's icon for every system, drawn from the numbers in the web interface's favicon.

python -m tools.packaging.icons build/icons
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from PIL import Image, ImageDraw

from tools.packaging.contents import PACKAGE

FAVICON = PACKAGE / "web" / "assets" / "favicon.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
WINDOWS_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
SIDE = 32  # of the drawing's square
FINEST = 1024
FINER = 4  # drawn so much larger, then scaled down: Pillow's pens know no smooth edges


def main() -> None:
    """Draw all of them into the folder given."""
    draw_all(Path(sys.argv[1]))


def draw_all(folder: Path) -> None:
    """Write timeline-local-<size>.png, timeline-local.ico and timeline-local.icns; the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    finest = _picture(FINEST)
    for size in SIZES:
        _scaled(finest, size).save(folder / f"timeline-local-{size}.png", optimize=True)
    finest.save(folder / "timeline-local.ico", sizes=[(size, size) for size in WINDOWS_SIZES])
    finest.save(folder / "timeline-local.icns")


def _scaled(finest: Image.Image, size: int) -> Image.Image:
    return finest.resize((size, size), Image.Resampling.LANCZOS)


def _picture(side: int) -> Image.Image:
    large = Image.new("RGBA", (side * FINER, side * FINER))
    pen = ImageDraw.Draw(large)
    scale = side * FINER / SIDE
    for shape in ET.parse(FAVICON).getroot():  # noqa: S314 - our own file
        kind = shape.tag.rpartition("}")[2]
        if kind == "circle":
            _disc(pen, (float(shape.attrib["cx"]), float(shape.attrib["cy"])), float(shape.attrib["r"]), scale, shape)
        else:
            _stroke(pen, _points(shape.attrib["d"]), scale, shape)
    return _scaled(large, side)


def _points(path: str) -> list[tuple[float, float]]:
    """The corners of a path of M, V and l, which is all that the favicon uses."""
    points: list[tuple[float, float]] = []
    for letter, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", rest)]
        if letter == "M":
            points.append((numbers[0], numbers[1]))
        elif letter == "V":
            points.append((points[-1][0], numbers[0]))
        elif letter == "l":
            points.append((points[-1][0] + numbers[0], points[-1][1] + numbers[1]))
        else:
            raise ValueError(f"the icon's path has a {letter}, which nobody taught this script")
    return points


def _disc(
    pen: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, scale: float, shape: ET.Element
) -> None:
    (x, y), colour = centre, shape.attrib.get("fill", "none")
    box = ((x - radius) * scale, (y - radius) * scale, (x + radius) * scale, (y + radius) * scale)
    pen.ellipse(box, fill=shape.attrib["stroke"] if colour == "none" else colour)


def _stroke(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], scale: float, shape: ET.Element) -> None:
    width = float(shape.attrib["stroke-width"])
    pen.line([(x * scale, y * scale) for x, y in points], fill=shape.attrib["stroke"], width=round(width * scale))
    for point in points:  # round ends and corners
        _disc(pen, point, width / 2, scale, shape)


if __name__ == "__main__":
    main()
