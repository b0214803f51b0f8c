"""Cuts query text into tokens and reads the numbers in them. Positions are characters from 0."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from timeline_local.domain.query_nodes import QuerySyntaxError

MAX_CHARACTERS = 1000
MAX_TERMS = 50

KEYS = frozenset(
    "kind type tag on before after during camera from has is with in place collection near rating mood".split()  # noqa: SIM905
)
_QUOTES = {'"': '"', "“": "”", "”": "”", "„": "“"}
_KEYED = re.compile(r"([A-Za-z]+):")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_RADIUS = re.compile(r"(?P<number>\d{1,8}(?:\.\d{1,7})?)(?P<unit>km|mi|m)", re.ASCII | re.IGNORECASE)
_COORDINATES = re.compile(r"(?P<lat>[+-]?\d{1,3}(?:\.\d{1,20})?)\s*,\s*(?P<lon>[+-]?\d{1,3}(?:\.\d{1,20})?)", re.ASCII)
_KM = {"km": 1.0, "m": 0.001, "mi": 1.609344}
_MIN_RADIUS_KM, _MAX_RADIUS_KM = 0.001, 20_038.0  # from a metre to half way round the Earth
_DECIMALS = 7


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of the text: `[-][key:]value`. `value` is without its quotes; `value_start` is where it begins."""

    start: int
    end: int
    value_start: int
    value: str
    key: str | None = None
    is_quoted: bool = False
    is_negated: bool = False

    @property
    def is_plain_word(self) -> bool:
        return self.key is None and not self.is_quoted and not self.is_negated and not self.is_or

    @property
    def is_or(self) -> bool:
        return self.value == "OR" and self.key is None and not self.is_quoted and not self.is_negated


def tokens(text: str) -> list[Token]:
    """All tokens in order. Raises QuerySyntaxError for an open quote, a key without a value, and above the caps."""
    if len(text) > MAX_CHARACTERS:
        raise QuerySyntaxError(MAX_CHARACTERS, f"expected at most {MAX_CHARACTERS} characters")
    found: list[Token] = []
    for token in _cut(text):
        if len(found) == MAX_TERMS:
            raise QuerySyntaxError(token.start, f"expected at most {MAX_TERMS} terms")
        found.append(token)
    return found


def tokens_and_gaps(text: str) -> list[Token | tuple[int, int]]:
    """As `tokens` of a text that may be wrong: what makes no sense is a gap of characters (from, up to). Never raises.

    Behind an open quote, and behind the last term there may be, everything is one gap.
    """
    found: list[Token | tuple[int, int]] = []
    position = _skip_space(text, 0)
    while position < len(text):
        try:
            token = _unchecked(text, position)
        except QuerySyntaxError:
            return [*found, (position, len(text.rstrip()))]
        if len(found) == MAX_TERMS:
            return [*found, (position, len(text.rstrip()))]
        is_whole = bool(token.value.strip())
        found.append(token if is_whole else (token.start, token.end))
        position = _skip_space(text, token.end)
    return found


@dataclass(frozen=True, slots=True)
class Typed:
    """What is being written at a place in a text: characters from `start` up to `end` are what a choice replaces.

    key    of the token, None if it has none (yet).   value  what stands behind it up to the place, without quotes.
    """

    start: int
    end: int
    key: str | None
    value: str


def typed_at(text: str, caret: int) -> Typed:
    """The token that ends at, or goes on behind, a place; an empty one between tokens. Never raises.

    A minus before the token stays. An open quote reaches to the place only, so that nothing behind it is lost.
    """
    before = text[:caret]
    position = _skip_space(before, 0)
    while position < len(before):
        try:
            token = _unchecked(before, position)
        except QuerySyntaxError as error:
            return _open(text, position, caret, error.position)
        if before[position:] == "-":
            break
        if token.end == len(before):
            start = token.start + token.is_negated
            end = _unchecked_end(text, position, caret)
            if token.key is None and token.value == "#":
                return Typed(start, end, "tag", "")
            return Typed(start, end, token.key, token.value)
        position = _skip_space(before, token.end)
    return Typed(caret, caret, None, "")


def _open(text: str, start: int, caret: int, quote: int) -> Typed:
    """The token of an open quote."""
    is_negated = text[start] == "-"
    key, _ = _key(text[:caret], start + is_negated)
    value = _SPACE.sub(" ", text[quote + 1 : caret]).lstrip()
    return Typed(start + is_negated, _unchecked_end(text, start, caret), key, value)


def _unchecked_end(text: str, start: int, caret: int) -> int:
    """Where the token from `start` on ends in the whole text."""
    try:
        return max(caret, _unchecked(text, start).end)
    except QuerySyntaxError:
        match = _SPACE.search(text, caret)
        return match.start() if match else len(text)


def read_radius(token: Token) -> float | None:
    """Kilometres of a bare `5km`, `500m` or `3mi`, to the seventh decimal; None for any other token."""
    match = _RADIUS.fullmatch(token.value) if token.is_plain_word else None
    if match is None:
        return None
    radius = round(float(match["number"]) * _KM[match["unit"].lower()], _DECIMALS)
    if not _MIN_RADIUS_KM <= radius <= _MAX_RADIUS_KM:
        raise QuerySyntaxError(token.start, "expected a distance between 1m and 20038km")
    return radius


def read_coordinates(token: Token) -> tuple[float, float] | None:
    """Latitude and longitude of "41.9,12.5", to the seventh decimal; None if the value is a name."""
    match = _COORDINATES.fullmatch(token.value)
    if match is None:
        return None
    lat, lon = (round(float(match[name]), _DECIMALS) + 0.0 for name in ("lat", "lon"))
    if not (math.fabs(lat) <= 90 and math.fabs(lon) <= 180):  # noqa: PLR2004  # degrees
        raise QuerySyntaxError(token.value_start, "expected a latitude up to 90 and a longitude up to 180 degrees")
    return lat, lon


def _cut(text: str) -> Iterator[Token]:
    position = _skip_space(text, 0)
    while position < len(text):
        token = _token(text, position)
        yield token
        position = _skip_space(text, token.end)


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _token(text: str, start: int) -> Token:
    token = _unchecked(text, start)
    _check(token)
    return token


def _unchecked(text: str, start: int) -> Token:
    """The token from a position on, though its value may be empty. Raises QuerySyntaxError for an open quote."""
    negated = text[start] == "-" and not _ends_word(text, start + 1) and text[start + 1] != "-"
    position = start + 1 if negated else start
    key, position = _key(text, position)
    value, end, is_quoted = _value(text, position, key)
    return Token(start, end, position, value, key, is_quoted, negated)


def _check(token: Token) -> None:
    if token.key is not None and not token.value.strip():
        raise QuerySyntaxError(token.value_start, f"expected a value after {token.key}:")
    if token.is_quoted and not token.value.strip():
        raise QuerySyntaxError(token.value_start, "expected words between the quotes")


def _ends_word(text: str, position: int) -> bool:
    return position >= len(text) or _SPACE.match(text, position) is not None


def _key(text: str, position: int) -> tuple[str | None, int]:
    """The key at a position and where its value begins; `#` is short for `tag:`."""
    if text[position] == "#" and not _ends_word(text, position + 1):
        return "tag", position + 1
    match = _KEYED.match(text, position)
    if match and match[1].lower() in KEYS:
        return match[1].lower(), match.end()
    return None, position


def _value(text: str, position: int, key: str | None) -> tuple[str, int, bool]:
    """The value from a position on: its text, where it ends, whether it was quoted."""
    if position < len(text) and text[position] in _QUOTES:
        value, end = _quoted(text, position)
        return value, end, True
    match = _SPACE.search(text, position)
    end = match.start() if match else len(text)
    unknown = _KEYED.match(text, position) if key is None else None
    if unknown and unknown.end() < end and text[unknown.end()] in _QUOTES:
        value, end = _quoted(text, unknown.end())
        return f"{unknown[0]}{value}", end, True
    return text[position:end], end, False


def _quoted(text: str, start: int) -> tuple[str, int]:
    """The text between quotes, with single spaces, and the position behind the closing one."""
    closing = {_QUOTES[text[start]], '"'} if text[start] != '"' else {'"'}
    letters: list[str] = []
    position = start + 1
    while position < len(text):
        letter = text[position]
        if letter in closing:
            return _SPACE.sub(" ", "".join(letters)).strip(), position + 1
        if letter == "\\" and position + 1 < len(text) and text[position + 1] in '\\"':
            position += 1
            letter = text[position]
        letters.append(letter)
        position += 1
    raise QuerySyntaxError(start, "expected a closing quote for the one opened here")
