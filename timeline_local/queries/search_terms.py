"""One term of a query as a condition on `memory`; the words that must all hold are `search`'s own business."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    type_coerce,
    union,
)
from sqlalchemy.orm import aliased

from timeline_local.core.place_words import meant_by
from timeline_local.domain.addresses import normalise_address
from timeline_local.domain.fingerprints import fold, normalise_tag
from timeline_local.domain.kinds import MediaRole
from timeline_local.domain.query import (
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
    Scale,
    TagIs,
    Term,
    With,
    Word,
)
from timeline_local.domain.times import UNDATED_DAY, day_number
from timeline_local.models import (
    Collection,
    CollectionMember,
    Identity,
    Location,
    MediaFile,
    Memory,
    MemoryMedia,
    MemoryPerson,
    MemoryTag,
    Person,
    Tag,
)
from timeline_local.queries.dialect import text_matches, words_expression
from timeline_local.queries.words import searchable

_KM_PER_DEGREE = 111.195
LATEST_DAY = 2**31 - 1
_HALF_TURN, _TURN = 180.0, 360.0
Condition = ColumnElement[bool]

_DAY: ColumnElement[int] = type_coerce(Memory.local_on, Integer)


def condition(term: Term, *, owner_pk: int, dialect: str) -> Condition:
    """The condition of one term."""
    if isinstance(term, Not):
        return not_(condition(term.term, owner_pk=owner_pk, dialect=dialect))
    if isinstance(term, Or):
        return or_(false(), *(condition(each, owner_pk=owner_pk, dialect=dialect) for each in term.terms))
    if isinstance(term, AllOf):
        return and_(true(), *(condition(each, owner_pk=owner_pk, dialect=dialect) for each in term.terms))
    if isinstance(term, Word | Phrase):
        return _text(term.text, dialect)
    return _CONDITIONS[type(term)](term, owner_pk)


def _text(text: str, dialect: str) -> Condition:
    words = searchable(text).split()
    if not words:
        return false()
    return Memory.pk.in_(text_matches(dialect, words_expression(dialect, words, is_prefix=False)))


def _kind(term: KindIs, owner_pk: int) -> Condition:
    del owner_pk
    return Memory.kind == term.kind.code


def _tag(term: TagIs, owner_pk: int) -> Condition:
    folded = fold(normalise_tag(term.name))
    named = or_(Tag.folded == folded, Tag.folded.startswith(f"{folded}/", autoescape=True))
    tagged = select(MemoryTag.memory_pk).join(Tag, Tag.pk == MemoryTag.tag_pk).where(Tag.owner_pk == owner_pk, named)
    return Memory.pk.in_(tagged)


def _flag(term: IsFlag, owner_pk: int) -> Condition:
    del owner_pk
    return _FLAGS[term.flag]


def _twins() -> Condition:
    """Another memory outside the trash of which a source said exactly the same, or that is the same file."""
    other, mine, theirs = aliased(Memory), aliased(MemoryMedia), aliased(MemoryMedia)
    primary = MediaRole.PRIMARY.value
    same_words = exists().where(
        other.owner_pk == Memory.owner_pk,
        other.content_hash == Memory.content_hash,
        other.pk != Memory.pk,
        other.trashed_at.is_(None),
    )
    same_file = (
        exists()
        .where(mine.memory_pk == Memory.pk, mine.role == primary)
        .where(theirs.media_pk == mine.media_pk, theirs.memory_pk != mine.memory_pk, theirs.role == primary)
        .where(other.pk == theirs.memory_pk, other.trashed_at.is_(None))
    )
    return or_(same_words.correlate(Memory), same_file.correlate(Memory))


_FLAGS: dict[Flag, Condition] = {
    # Spelled as in the partial index, which SQLite otherwise would not use.
    Flag.FAVOURITE: literal_column("(memory.favourite = true)"),
    Flag.ARCHIVED: literal_column("(memory.archived = true)"),
    Flag.TRASHED: Memory.trashed_at.is_not(None),
    Flag.UNDATED: _DAY == UNDATED_DAY,
    Flag.UNTITLED: Memory.title == "",
    Flag.DUPLICATE: _twins(),
    Flag.RATED: and_(Memory.rating.is_not(None), Memory.rating > 0),
}


def _scale(term: Scale, owner_pk: int) -> Condition:
    del owner_pk
    column = Memory.rating if term.field == "rating" else Memory.mood
    # The check for null makes the negation true where nothing was said.
    return and_(column.is_not(None), column.between(term.low, term.high))


def _has(term: Has, owner_pk: int) -> Condition:
    del owner_pk
    return _FEATURES[term.feature]


def _media(condition_: Condition) -> Condition:
    attached = select(literal(1)).join_from(MemoryMedia, MediaFile, MediaFile.pk == MemoryMedia.media_pk)
    return exists(attached.where(MemoryMedia.memory_pk == Memory.pk, condition_).correlate(Memory))


_FEATURES: dict[Feature, Condition] = {
    Feature.PEOPLE: exists()
    .where(
        MemoryPerson.memory_pk == Memory.pk,
        Identity.pk == MemoryPerson.identity_pk,
        Identity.person_pk.is_not(None),
    )
    .correlate(Memory),
    Feature.LOCATION: or_(Memory.lat.is_not(None), Memory.location_pk.is_not(None)),
    Feature.TEXT: Memory.body != "",
    Feature.SOUND: _media(or_(MediaFile.mime.startswith("audio/"), MediaFile.mime.startswith("video/"))),
}


def _days(term: DateRange, owner_pk: int) -> Condition:
    del owner_pk
    first = UNDATED_DAY + 1 if term.first == date.min else day_number(term.first)
    last = LATEST_DAY if term.last == date.max else day_number(term.last)
    return _DAY.between(first, last)


def _source(term: FromSource, owner_pk: int) -> Condition:
    del owner_pk
    return func.lower(Memory.source).contains(term.source.strip().lower(), autoescape=True)


def _camera(term: Camera, owner_pk: int) -> Condition:
    del owner_pk
    name = func.coalesce(MediaFile.camera_make, "").concat(" ").concat(func.coalesce(MediaFile.camera_model, ""))
    return _media(func.lower(name).contains(term.text.strip().lower(), autoescape=True))


def _with(term: With, owner_pk: int) -> Condition:
    """A person by their present name or any address of theirs, or by some whole words of a name."""
    wanted = normalise_address("name", term.name)
    is_meant = or_(
        Identity.value == term.name.strip().casefold(),
        Identity.value.in_([normalise_address(kind, term.name) for kind in ("phone", "handle")]),
        func.lower(Identity.name) == term.name.strip().lower(),
        and_(Identity.kind == "name", _has_words(Identity.value, wanted)),
    )
    by_address = select(Identity.person_pk).where(
        Identity.owner_pk == owner_pk, Identity.person_pk.is_not(None), is_meant
    )
    is_called = (Person.owner_pk == owner_pk, Person.merged_into_pk.is_(None), _has_words(Person.folded, wanted))
    meant: Any = union(by_address, select(Person.pk).where(*is_called))
    named = select(MemoryPerson.memory_pk).join(Identity, Identity.pk == MemoryPerson.identity_pk)
    return Memory.pk.in_(named.where(Identity.owner_pk == owner_pk, Identity.person_pk.in_(meant)))


def _has_words(folded: SQLColumnExpression[str], wanted: str) -> Condition:
    return literal(" ").concat(folded).concat(" ").contains(f" {wanted} ", autoescape=True)


def _in(term: In, owner_pk: int) -> Condition:
    places = select(Location.pk).where(Location.owner_pk == owner_pk, is_place(term.place))
    # The check for null makes the negation true where there is no location.
    return and_(Memory.location_pk.is_not(None), Memory.location_pk.in_(places))


def is_place(name: str) -> Condition:
    """A place at any level, called so in any language; `services.locations.location_key` puts each level on a line."""
    lines = literal("\n").concat(Location.folded).concat("\n")
    called = (name, *meant_by(searchable(name)))
    wanted = (lines.contains(f"\n{searchable(each)}\n", autoescape=True) for each in called)
    regions = func.lower(Location.region).in_([each.lower() for each in called])
    return or_(*wanted, regions, Location.country_code == name.strip().upper())


def _near(term: Near, owner_pk: int) -> Condition:
    """Within a radius, on a flat map around the point: right to about a percent up to some hundred kilometres.

    A place without coordinates, or of no such name (`named.resolved` finds the others), has nothing near it.
    """
    del owner_pk
    if term.lat is None or term.lon is None:
        return false()
    reach = term.radius_km / _KM_PER_DEGREE
    apart = func.abs(Memory.lon - term.lon)
    east = case((apart > _HALF_TURN, _TURN - apart), else_=apart) * math.cos(math.radians(term.lat))
    north = Memory.lat - term.lat
    is_within = north * north + east * east <= reach * reach
    return and_(Memory.lat.is_not(None), Memory.lat.between(term.lat - reach, term.lat + reach), is_within)


def _collection(term: CollectionIs, owner_pk: int) -> Condition:
    """Put together by hand; what is a query `named.resolved` has put in its place."""
    members = select(CollectionMember.memory_pk).join(Collection, Collection.pk == CollectionMember.collection_pk)
    folded = fold(" ".join(term.name.split()))
    return Memory.pk.in_(
        members.where(Collection.owner_pk == owner_pk, Collection.folded == folded, Collection.query.is_(None))
    )


_CONDITIONS: dict[type, Callable[[Any, int], Condition]] = {
    KindIs: _kind,
    TagIs: _tag,
    IsFlag: _flag,
    Has: _has,
    DateRange: _days,
    FromSource: _source,
    Camera: _camera,
    With: _with,
    In: _in,
    Near: _near,
    Scale: _scale,
    CollectionIs: _collection,
}
