"""A made-up life in pictures and notes: journeys and ordinary weeks over twenty years, always the same.

The files are real JPEGs with the EXIF of a camera: local time, offset, place, make. `write_life` fills a folder as a
person would have one; `write_notes` a folder of Markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from tests.e2e.scenes import paint

SIZES = ((1600, 1067), (1600, 1200), (1067, 1600), (1600, 900), (1200, 1600), (1400, 1400), (2000, 860))
CAMERAS = (("Canon", "EOS 350D"), ("NIKON CORPORATION", "D90"), ("FUJIFILM", "X-T2"), ("Google", "Pixel 8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A few days somewhere: `scenes` are taken in turn, `count` pictures over `days` days from `start`."""

    name: str
    start: str
    days: int
    count: int
    lat: float
    lon: float
    offset: str
    scenes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One photograph: taken at `local_at` on the clocks there."""

    path: str
    local_at: datetime
    offset: str
    lat: float
    lon: float
    size: tuple[int, int]
    scene: str
    camera: tuple[str, str]


def _journey(
    name: str, start: str, days: int, count: int, at: tuple[float, float], offset: str, *scenes: str
) -> Journey:
    return Journey(name=name, start=start, days=days, count=count, lat=at[0], lon=at[1], offset=offset, scenes=scenes)


JOURNEYS = (
    _journey("Lisbon", "2026-09-26", 4, 26, (38.7139, -9.1290), "+01:00", "street", "sea", "table", "city", "street"),
    _journey("Garden", "2026-08-15", 2, 8, (52.3702, 4.8952), "+02:00", "meadow", "table", "meadow"),
    _journey("Lofoten", "2026-06-11", 5, 22, (68.2340, 14.5680), "+02:00", "hills", "sea", "night", "snow", "hills"),
    _journey("Easter", "2026-04-04", 2, 7, (52.0907, 5.1214), "+02:00", "table", "meadow", "wood"),
    _journey("New York", "2025-12-28", 5, 15, (40.7484, -73.9857), "-05:00", "city", "street", "snow", "table"),
    _journey("Autumn woods", "2025-10-18", 2, 8, (51.8116, 5.8372), "+02:00", "wood", "hills", "wood"),
    _journey("Azores", "2025-07-05", 6, 18, (37.7412, -25.6756), "+00:00", "sea", "hills", "meadow", "table"),
    _journey("Kyoto", "2024-11-14", 6, 16, (35.0116, 135.7681), "+09:00", "wood", "street", "table", "night"),
    _journey("Dolomites", "2023-02-03", 4, 12, (46.4102, 11.8440), "+01:00", "snow", "hills", "night"),
    _journey("Porto", "2021-05-21", 3, 10, (41.1496, -8.6110), "+01:00", "street", "sea", "table"),
    _journey("Balcony spring", "2020-04-11", 2, 6, (52.3676, 4.9041), "+02:00", "meadow", "table"),
    _journey("Iceland", "2019-06-12", 6, 18, (64.1466, -21.9426), "+00:00", "hills", "sea", "snow", "night"),
    _journey("Berlin", "2017-09-01", 3, 9, (52.5200, 13.4050), "+02:00", "city", "street", "table"),
    _journey("Patagonia", "2014-01-09", 6, 14, (-49.3315, -72.8863), "-03:00", "hills", "snow", "night"),
    _journey("Wedding", "2012-07-14", 1, 8, (47.0502, 8.3093), "+02:00", "meadow", "table", "sea"),
    _journey("India", "2009-03-02", 5, 10, (26.9124, 75.7873), "+05:30", "street", "table", "city"),
    _journey("First camera", "2006-08-19", 3, 8, (50.1109, 8.6821), "+02:00", "city", "meadow", "sea"),
)

NOTES = (
    ("2026-09-28", "Miradouro", "The city folds itself into the river at seven in the evening. #lisbon"),
    (
        "2026-09-27",
        "Three things",
        (
            "The smell of the bakery at six, the tram that stops for a cat, and how quiet the castle is before the "
            "first bus.\n\nWe walked until our shoes gave up, and then some more. #gratitude #lisbon"
        ),
    ),
    ("2026-08-15", "", "First tomatoes. Eleven of them."),
    (
        "2026-06-13",
        "Midnight sun",
        (
            "It does not set. At one in the morning the water is pink and nobody on the boat wants to sleep.\n\n"
            "> The light was never the same twice.\n\n- two eagles\n- one whale, far out\n- cold hands #lofoten"
        ),
    ),
    ("2025-12-31", "Last day of the year", "Counted windows from the roof until I lost count. Happy."),
    ("2025-07-06", "Hydrangeas", "A whole island is blue. #azores"),
    ("2024-11-16", "Temple bell", "One stroke, and then about a minute of listening."),
    ("2019-06-14", "Ring road", "Four waterfalls before lunch. The fifth one we only heard. #iceland"),
    ("2014-01-11", "Fitz Roy", "Clouds opened for nine minutes. Nine were enough."),
)


def life(journeys: Sequence[Journey] = JOURNEYS) -> list[Picture]:
    """Every photograph of these journeys, newest journey first."""
    return [picture for journey in journeys for picture in _of_journey(journey)]


def _of_journey(journey: Journey) -> list[Picture]:
    random = Random(journey.name)  # noqa: S311 - a picture, not a secret
    first = datetime.fromisoformat(journey.start)
    camera = CAMERAS[min(len(CAMERAS) - 1, max(0, (first.year - 2006) // 6))]
    found = []
    for number in range(journey.count):
        day = first + timedelta(days=number * journey.days // journey.count)
        local_at = day + timedelta(minutes=random.randint(8 * 60, 21 * 60), seconds=random.randint(0, 59))
        found.append(
            Picture(
                path=f"{first.year}/{journey.name}/IMG_{first:%m%d}_{number + 1:03}.jpg",
                local_at=local_at,
                offset=journey.offset,
                lat=journey.lat + random.uniform(-0.02, 0.02),
                lon=journey.lon + random.uniform(-0.02, 0.02),
                size=SIZES[random.randrange(len(SIZES))],
                scene=journey.scenes[random.randrange(len(journey.scenes))],
                camera=camera,
            )
        )
    return found


def exif_of(picture: Picture) -> Image.Exif:
    """What the camera wrote."""
    exif = Image.Exif()
    stamp = picture.local_at.strftime("%Y:%m:%d %H:%M:%S")
    exif[0x010F], exif[0x0110] = picture.camera
    exif[0x0132] = stamp
    detail = exif.get_ifd(0x8769)
    detail[0x9003] = detail[0x9004] = stamp
    detail[0x9010] = detail[0x9011] = detail[0x9012] = picture.offset
    detail[0x829A], detail[0x829D], detail[0x8827] = IFDRational(1, 250), IFDRational(56, 10), 200
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N" if picture.lat >= 0 else "S", _degrees(picture.lat)
    gps[3], gps[4] = "E" if picture.lon >= 0 else "W", _degrees(picture.lon)
    return exif


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    total = round(abs(value) * 3600 * 100)
    return IFDRational(total // 360000), IFDRational(total // 6000 % 60), IFDRational(total % 6000, 100)


def write_picture(folder: Path, picture: Picture) -> Path:
    """The picture as a JPEG below the folder."""
    path = folder / picture.path
    path.parent.mkdir(parents=True, exist_ok=True)
    paint(picture.scene, picture.size, picture.path).save(path, "JPEG", quality=84, exif=exif_of(picture))
    return path


def write_life(folder: Path, journeys: Sequence[Journey] = JOURNEYS) -> list[Path]:
    """All pictures of these journeys. Cost: about 0.2 s a picture."""
    return [write_picture(folder, picture) for picture in life(journeys)]


def write_small(folder: Path, count: int, *, start: str = "2018-05-01T10:00:00") -> list[Path]:
    """Many little JPEGs, three a day, for imports that must take a while. Cost: about 2 ms each."""
    first = datetime.fromisoformat(start)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        local_at = first + timedelta(hours=8 * number)
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = local_at.strftime("%Y:%m:%d %H:%M:%S")
        path = folder / f"small_{number:05}.jpg"
        Image.new("RGB", (96, 64), ((number * 37) % 256, (number * 91) % 256, (number * 13) % 256)).save(
            path, exif=exif
        )
        paths.append(path)
    return paths


def write_notes(folder: Path) -> list[Path]:
    """The notes as Markdown files, one a day."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for day, title, body in NOTES:
        path = folder / (f"{day} {title}.md" if title else f"{day}.md")
        path.write_text(f"{body}\n", "utf-8")
        paths.append(path)
    return paths
