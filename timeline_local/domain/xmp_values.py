"""The values inside XMP properties: coordinates, fractions, ratings, keywords. Nothing raises."""

import html
import math
import re
from collections.abc import Iterable

_COORDINATE = re.compile(
    r"(?P<sign>[+-]?)(?P<degrees>\d{1,3}(?:\.\d{1,20})?)"
    r"(?:,(?P<minutes>\d{1,2}(?:\.\d{1,20})?)(?:,(?P<seconds>\d{1,2}(?:\.\d{1,20})?))?)?\s*(?P<ref>[NSEWnsew]?)",
    re.ASCII,
)
_CATEGORY = re.compile(r'<Category\s+Assigned="(?P<assigned>\d)"\s*>(?P<name>[^<]*)|(?P<end></Category>)')
_MOST_LEVELS = 20
_MAX_RATING = 5
# Where organisers put keywords that have no place in a hierarchy.
_CATCH_ALL = frozenset({"Other Keywords"})


def read_coordinate(text: str, ref: str, limit: int) -> float | None:
    """Degrees of "41,13.2N", "41,13,12N", "41.22N" or "-41.22"; `ref` is the separate N, S, E or W, if any."""
    match = _COORDINATE.fullmatch(text.strip())
    if match is None:
        return None
    degrees = float(match["degrees"]) + float(match["minutes"] or 0) / 60 + float(match["seconds"] or 0) / 3600
    side = (match["ref"] or ref.strip()[:1]).upper()
    signed = -degrees if (match["sign"] == "-") != (side in {"S", "W"} and match["sign"] != "-") else degrees
    return signed if abs(signed) <= limit else None


def read_altitude(text: str, ref: str) -> float | None:
    """Metres above the sea, below it when `ref` is 1; from a fraction or a decimal."""
    metres = fraction(text)
    return -metres if metres is not None and ref.strip() == "1" else metres


def fraction(text: str) -> float | None:
    """A number such as "14839/10" or "1483.9"; None if it is not finite."""
    above, _, below = text.partition("/")
    top, bottom = finite(above), finite(below or "1")
    if top is None or not bottom:
        return None
    return finite(str(top / bottom))


def finite(text: str) -> float | None:
    """A finite number, else None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def whole(text: str, allowed: range) -> int | None:
    """A whole number within a range, else None; "3.0" is whole."""
    number = finite(text)
    if number is None or number != int(number):
        return None
    return int(number) if int(number) in allowed else None


def rating_of(text: str) -> int | None:
    """Stars from 0 to 5, rounded; None for a rejected picture and for anything else."""
    number = finite(text)
    return round(number) if number is not None and 0 <= number <= _MAX_RATING else None


def percent_rating(text: str) -> int | None:
    """Stars of 0 to 100 percent, as Windows has them: 1, 25, 50, 75, 99 are one to five; None for anything else."""
    number = finite(text)
    if number is None or not 0 <= number <= 100:  # noqa: PLR2004
        return None
    return 1 + round(number / 25) if number else 0


def split_levels(text: str, divider: str) -> str:
    """A hierarchical keyword with "/" between its levels; a slash inside a level becomes a dash."""
    levels = [level.strip().replace("/", "-") for level in text.split(divider)]
    kept = levels[1:] if levels[0] in _CATCH_ALL else levels
    return "/".join(level for level in kept if level)


def joined_keywords(levels: Iterable[str], flat: Iterable[str]) -> tuple[str, ...]:
    """Hierarchies first; a flat keyword is left out when a hierarchy has it as a level."""
    paths = unique(levels)
    named = {part for path in paths for part in path.split("/")}
    return unique((*paths, *(text for text in flat if text not in named)))


def read_categories(text: str) -> list[str]:
    """The keywords of ACDSee, which are XML inside a text: <Category Assigned="1">Rome</Category>, nested by level."""
    found: list[str] = []
    levels: list[str] = []
    for match in _CATEGORY.finditer(text):
        if match["end"]:
            del levels[-1:]
            continue
        levels.append(html.unescape(match["name"]).strip().replace("/", "-"))
        if match["assigned"] == "1" and len(levels) <= _MOST_LEVELS:
            found.append("/".join(filter(None, levels)))
    return found


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts in order, each once, without empty ones."""
    return tuple(dict.fromkeys(text for text in texts if text))
