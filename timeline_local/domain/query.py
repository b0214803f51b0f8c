"""The one query language: text in, a small tree out, and one canonical spelling back.

    beach "blue hour" -rain           words, a phrase, something absent; all must hold
    kind:photo OR kind:video          either of two neighbours; binds tighter than the silent "and"
    tag:travel/italy  #italy          with:anna  in:rome  collection:"Trip to Rome"  camera:pixel  from:takeout
    on:2019-06  after:2019  before:2020-03-01  during:"summer 2019"     any EDTF date or English date words
    near:"41.9,12.5" 5km  near:Porto  has:people  is:favourite          2019, june 2019 and last summer are dates
    rating:4  rating:>=4  mood:<3  mood:2-4  is:rated                   stars and moods, 1 to 5

`after:` means after the whole date (after:2019 begins in 2020), `before:` before its first day. A word with an
unknown key (`note:x`, a URL) is searched as it stands. The nodes are in `query_nodes`, the cutting in `query_tokens`.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from timeline_local.domain.datewords import MAX_WORDS, Days, is_bare_date, may_begin_phrase, read_days
from timeline_local.domain.fingerprints import normalise_tag
from timeline_local.domain.fuzzy import parse_edtf
from timeline_local.domain.kinds import Kind
from timeline_local.domain.query_nodes import (
    DEFAULT_RADIUS_KM,
    AllOf,
    Camera,
    CollectionIs,
    DateRange,
    Feature,
    Flag,
    FromSource,
    Has,
    In,
    IsFlag,
    KindIs,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    QuerySyntaxError,
    Scale,
    Span,
    TagIs,
    Term,
    With,
    Word,
)
from timeline_local.domain.query_tokens import MAX_CHARACTERS, MAX_TERMS, Token, read_coordinates, read_radius, tokens

__all__ = [
    "DEFAULT_RADIUS_KM",
    "MAX_CHARACTERS",
    "MAX_TERMS",
    "AllOf",
    "Camera",
    "CollectionIs",
    "DateRange",
    "Feature",
    "Flag",
    "FromSource",
    "Has",
    "In",
    "IsFlag",
    "KindIs",
    "Near",
    "Not",
    "Or",
    "Phrase",
    "Query",
    "QuerySyntaxError",
    "Scale",
    "Span",
    "TagIs",
    "Term",
    "With",
    "Word",
    "parse",
    "read_alternatives",
]

_ONE_DAY = timedelta(days=1)
LOWEST, HIGHEST = 1, 5
_SCALE = re.compile(r"(?P<sign>>=|<=|>|<)?(?P<low>\d)(?:-(?P<high>\d))?", re.ASCII)
_OTHER_SPELLINGS = {"favorite": "favourite", "place": "location", "places": "location", "person": "people"}


def parse(text: str, today: date) -> Query:
    """Read a query; `today` is the owner's local day, for "yesterday" and "last summer".

    An empty text is the query that everything matches. Raises QuerySyntaxError, and nothing else, with the position
    (in characters, from 0) and what was expected there; also above MAX_CHARACTERS and MAX_TERMS.
    """
    cut = tokens(text)
    terms: list[Term] = []
    spans: list[Span] = []
    index = 0
    while index < len(cut):
        term, following = read_alternatives(cut, index, today)
        terms.append(term)
        spans.append(Span(cut[index].start, cut[following - 1].end))
        index = following
    return Query(tuple(terms), tuple(spans))


def read_alternatives(cut: Sequence[Token], index: int, today: date) -> tuple[Term, int]:
    """One term, or those that OR holds together as one, and the index of the token behind. Raises QuerySyntaxError."""
    if cut[index].is_or:
        raise QuerySyntaxError(cut[index].start, "expected a term before OR")
    term, index = _term(cut, index, today)
    found = [term]
    while index < len(cut) and cut[index].is_or:
        if index + 1 == len(cut) or cut[index + 1].is_or:
            raise QuerySyntaxError(cut[index].end, "expected a term after OR")
        term, index = _term(cut, index + 1, today)
        found.append(term)
    return found[0] if len(found) == 1 else Or(tuple(found)), index


def _term(cut: Sequence[Token], index: int, today: date) -> tuple[Term, int]:
    token = cut[index]
    term, following = _plain_term(cut, index, today)
    return (Not(term) if token.is_negated else term), following


def _plain_term(cut: Sequence[Token], index: int, today: date) -> tuple[Term, int]:
    token = cut[index]
    if token.key == "near":
        return _near(cut, index)
    if token.key is not None:
        return _KEYED[token.key](token, today), index + 1
    if token.is_quoted:
        return Phrase(token.value), index + 1
    return _words(cut, index, today)


def _words(cut: Sequence[Token], index: int, today: date) -> tuple[Term, int]:
    """A bare word, or the longest run of bare words that names days."""
    longest = min(MAX_WORDS, _run(cut, index)) if may_begin_phrase(cut[index].value) else 0
    for count in range(longest, 1, -1):
        phrase = " ".join(token.value for token in cut[index : index + count])
        days = read_days(phrase, today) if not _ends_in_filler(phrase) else None
        if days:
            return DateRange(*days, phrase), index + count
    word = cut[index].value
    days = read_days(word, today) if is_bare_date(word) else None
    return (DateRange(*days, word) if days else Word(word)), index + 1


def _run(cut: Sequence[Token], index: int) -> int:
    """How many bare words follow one another from here; a later minus ends the run."""
    count = 1
    while index + count < len(cut) and cut[index + count].is_plain_word:
        count += 1
    return count


def _ends_in_filler(phrase: str) -> bool:
    return phrase.rsplit(" ", 1)[-1].lower().strip(",") in {"", "the", "of", "in"}


def _near(cut: Sequence[Token], index: int) -> tuple[Term, int]:
    """`near:` and, if the next word is one, its radius."""
    token = cut[index]
    place = read_coordinates(token)
    radius = read_radius(cut[index + 1]) if index + 1 < len(cut) else None
    following = index + 1 if radius is None else index + 2
    radius_km = DEFAULT_RADIUS_KM if radius is None else radius
    if place is None:
        return Near(None, None, token.value, radius_km), following
    return Near(*place, "", radius_km), following


def _days(token: Token, today: date) -> Days:
    """The days a dated token names."""
    days = read_days(token.value, today)
    if days is None:
        days = _edtf(token)
    return days


def _edtf(token: Token) -> Days:
    try:
        found = parse_edtf(token.value)
    except ValueError as reason:
        wanted = f"expected a date after {token.key}: such as 2019, 2019-06-14 or “last summer” ({reason})"
        raise QuerySyntaxError(token.value_start, wanted) from None
    return found.start, found.end


def _during(token: Token, today: date) -> Term:
    return DateRange(*_days(token, today), token.value)


def _after(token: Token, today: date) -> Term:
    last = _days(token, today)[1]
    if last == date.max:
        raise QuerySyntaxError(token.value_start, "there is no day after the year 9999")
    return DateRange(last + _ONE_DAY, date.max, f"after {token.value}")


def _before(token: Token, today: date) -> Term:
    first = _days(token, today)[0]
    if first == date.min:
        raise QuerySyntaxError(token.value_start, "there is no day before the year 1")
    return DateRange(date.min, first - _ONE_DAY, f"before {token.value}")


def _kind(token: Token, today: date) -> Term:  # noqa: ARG001  # one shape for every key
    wanted = token.value.lower()
    for kind in Kind:
        if wanted in {kind.value, f"{kind.value}s"}:
            return KindIs(kind)
    raise QuerySyntaxError(token.value_start, f"expected one of {', '.join(Kind)}")


def _flag(token: Token, today: date) -> Term:  # noqa: ARG001  # one shape for every key
    wanted = token.value.lower()
    try:
        return IsFlag(Flag(_OTHER_SPELLINGS.get(wanted, wanted)))
    except ValueError:
        raise QuerySyntaxError(token.value_start, f"expected one of {', '.join(Flag)}") from None


def _feature(token: Token, today: date) -> Term:  # noqa: ARG001  # one shape for every key
    wanted = token.value.lower()
    try:
        return Has(Feature(_OTHER_SPELLINGS.get(wanted, wanted)))
    except ValueError:
        raise QuerySyntaxError(token.value_start, f"expected one of {', '.join(Feature)}") from None


def _scale(token: Token, today: date) -> Term:  # noqa: ARG001  # one shape for every key
    match = _SCALE.fullmatch(token.value)
    low, high = (0, 0) if match is None else _bounds(match["sign"] or "", int(match["low"]), match["high"])
    if not LOWEST <= low <= high <= HIGHEST:
        raise QuerySyntaxError(token.value_start, "expected 1 to 5, such as 4, >=4 or 2-4")
    return Scale(str(token.key), low, high)


def _bounds(sign: str, number: int, last: str | None) -> tuple[int, int]:
    """The ends that `>=4`, `<3`, `2-4` or `4` names."""
    if last is not None:
        return (0, 0) if sign else (number, int(last))
    ends = {
        "": (number, number),
        ">=": (number, HIGHEST),
        ">": (number + 1, HIGHEST),
        "<=": (LOWEST, number),
        "<": (LOWEST, number - 1),
    }
    return ends[sign]


def _tag(token: Token, today: date) -> Term:  # noqa: ARG001  # one shape for every key
    name = normalise_tag(token.value)
    if not name:
        raise QuerySyntaxError(token.value_start, "expected the name of a tag")
    return TagIs(name)


_KEYED: dict[str, Callable[[Token, date], Term]] = {
    "kind": _kind,
    "type": _kind,
    "tag": _tag,
    "is": _flag,
    "has": _feature,
    "on": _during,
    "during": _during,
    "after": _after,
    "before": _before,
    "from": lambda token, _: FromSource(token.value),
    "camera": lambda token, _: Camera(token.value),
    "with": lambda token, _: With(token.value),
    "in": lambda token, _: In(token.value),
    "place": lambda token, _: In(token.value),
    "collection": lambda token, today: CollectionIs(token.value, today),
    "rating": _scale,
    "mood": _scale,
}
