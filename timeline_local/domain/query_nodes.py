"""The tree of a query. Every node spells itself canonically; parsing that spelling gives the same node."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

from timeline_local.domain.fuzzy import between, to_edtf
from timeline_local.domain.kinds import Kind
from timeline_local.exceptions import InvalidQuery

DEFAULT_RADIUS_KM = 5.0
_ONE_DAY = timedelta(days=1)


class QuerySyntaxError(InvalidQuery):
    """The query stops making sense at `position` (characters, from 0); `message` says what was expected there."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(f"At character {position + 1}: {message}.", facts={"position": position, "expected": message})
        self.position = position
        self.message = message


class Flag(StrEnum):
    """What `is:` can ask."""

    FAVOURITE = "favourite"
    UNDATED = "undated"
    TRASHED = "trashed"
    ARCHIVED = "archived"
    UNTITLED = "untitled"
    DUPLICATE = "duplicate"
    RATED = "rated"


class Feature(StrEnum):
    """What `has:` can ask."""

    PEOPLE = "people"
    LOCATION = "location"
    TEXT = "text"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Word:
    """A word anywhere in the searchable text; the last one may match as a prefix."""

    text: str

    def canonical(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in this order, side by side."""

    text: str

    def canonical(self) -> str:
        return quoted(self.text)


@dataclass(frozen=True, slots=True)
class KindIs:
    kind: Kind

    def canonical(self) -> str:
        return f"kind:{self.kind}"


@dataclass(frozen=True, slots=True)
class TagIs:
    """A tag or one below it: `travel` also finds `travel/italy`."""

    name: str

    def canonical(self) -> str:
        return f"tag:{valued(self.name)}"


@dataclass(frozen=True, slots=True)
class IsFlag:
    flag: Flag

    def canonical(self) -> str:
        return f"is:{self.flag}"


@dataclass(frozen=True, slots=True)
class Has:
    feature: Feature

    def canonical(self) -> str:
        return f"has:{self.feature}"


@dataclass(frozen=True, slots=True)
class DateRange:
    """Local days from `first` to `last`, both included; date.min and date.max are open ends.

    text  what was typed; not part of the value, so "last summer" and its dates are the same query.
    """

    first: date
    last: date
    text: str = field(default="", compare=False)

    def canonical(self) -> str:
        if self.first == date.min:
            return f"before:{(self.last + _ONE_DAY).isoformat()}"
        if self.last == date.max:
            return f"after:{(self.first - _ONE_DAY).isoformat()}"
        key = "on" if self.first == self.last else "during"
        return f"{key}:{to_edtf(between(self.first, self.last))}"


@dataclass(frozen=True, slots=True)
class FromSource:
    source: str

    def canonical(self) -> str:
        return f"from:{valued(self.source)}"


@dataclass(frozen=True, slots=True)
class Camera:
    text: str

    def canonical(self) -> str:
        return f"camera:{valued(self.text)}"


@dataclass(frozen=True, slots=True)
class With:
    """A person, by name or any address of theirs."""

    name: str

    def canonical(self) -> str:
        return f"with:{valued(self.name)}"


@dataclass(frozen=True, slots=True)
class In:
    """A location at any level: a named place, a city, a region, a country."""

    place: str

    def canonical(self) -> str:
        return f"in:{valued(self.place)}"


@dataclass(frozen=True, slots=True)
class Scale:
    """`field` (rating or mood) from `low` to `high`, both included, within 1 to 5."""

    field: str
    low: int
    high: int

    def canonical(self) -> str:
        return f"{self.field}:{self.low}" if self.low == self.high else f"{self.field}:{self.low}-{self.high}"


@dataclass(frozen=True, slots=True)
class CollectionIs:
    """A collection by its name.

    today  when the query was read, for the dates in the query of a collection; not part of the value.
    """

    name: str
    today: date = field(default=date.min, compare=False)

    def canonical(self) -> str:
        return f"collection:{valued(self.name)}"


@dataclass(frozen=True, slots=True)
class Near:
    """Within `radius_km` of a point in degrees (`place` is ""), or of a named location (`lat` and `lon` are None)."""

    lat: float | None
    lon: float | None
    place: str
    radius_km: float

    def canonical(self) -> str:
        where = self.place if self.lat is None or self.lon is None else f"{decimal(self.lat)},{decimal(self.lon)}"
        return f"near:{quoted(where)} {decimal(self.radius_km)}km"


@dataclass(frozen=True, slots=True)
class Not:
    term: "Term"

    def canonical(self) -> str:
        return f"-{self.term.canonical()}"


@dataclass(frozen=True, slots=True)
class Or:
    """Two terms or more, of which one must hold."""

    terms: "tuple[Term, ...]"

    def canonical(self) -> str:
        return " OR ".join(term.canonical() for term in self.terms)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Terms that must all hold: what a name in a query stands for. Nobody types it, so no spelling is read back."""

    terms: "tuple[Term, ...]"

    def canonical(self) -> str:
        return f"({' '.join(term.canonical() for term in self.terms)})"


Term: TypeAlias = (
    "Word | Phrase | KindIs | TagIs | IsFlag | Has | DateRange | FromSource | Camera | With | In | Scale | CollectionIs"
    " | Near | Not | Or | AllOf"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Where a term stands in the text: characters from `start` up to, not including, `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that must all hold; no terms match everything. `spans` runs parallel to `terms` and is not compared."""

    terms: tuple[Term, ...]
    spans: tuple[Span, ...] = field(default=(), compare=False)

    def canonical(self) -> str:
        """The one spelling of this query: absolute dates, quoted where needed. `parse` reads it back as the same."""
        return " ".join(term.canonical() for term in self.terms)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def valued(text: str) -> str:
    """The value of a key: bare when it is one plain word, else quoted."""
    plain = text[:1] not in {'"', "“", "”", "„"} and not any(letter.isspace() for letter in text)
    return text if plain and text else quoted(text)


def decimal(number: float) -> str:
    """A number with at most seven decimals (a centimetre of latitude), without exponent or trailing zeros."""
    return f"{number:.7f}".rstrip("0").rstrip(".")
