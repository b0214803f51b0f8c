"""Made-up memories: every one decided by the seed and its number alone, so that chunks can be drawn anywhere.

Words follow Zipf's law, so that a search has common words and rare ones; days lie evenly in twenty years. A library is
drawn as eight imports, each going through all the years, as several cameras and apps would have left them: the order in
which rows were written says little about the order of the timeline.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from timeline_local.domain.drafts import PersonRef, PlaceRef
from timeline_local.domain.kinds import Kind
from timeline_local.domain.merge import Rank
from timeline_local.domain.moments import Moment, Precision, TimeBasis, ZoneBasis
from timeline_local.services.memory_content import MemoryContent

CHUNK = 5000
STREAMS = 8
FIRST = datetime(2006, 1, 1, tzinfo=UTC)
SPAN = datetime(2026, 1, 1, tzinfo=UTC) - FIRST
WRITTEN = datetime(2026, 2, 1, tzinfo=UTC)  # when the first stream was imported; one a day from then on
ZONES = ("Europe/Lisbon", "Europe/Lisbon", "Europe/Lisbon", "America/New_York", "Asia/Tokyo", "Europe/Helsinki")
SOURCES = ("user", "photo_folder", "notes_folder")
CAMERAS = (("Fujifilm", "X100V"), ("Apple", "iPhone 13"), ("Google", "Pixel 7"), ("Canon", "EOS 80D"))
SHAPES = ((4000, 3000), (3000, 4000), (6000, 4000), (1920, 1080), (4032, 3024), (2160, 2160))

_WITHOUT_DATE = 0.005
_LOCATED, _PICTURED = 0.2, 0.3
_OTHER_KINDS = (Kind.NOTE, Kind.NOTE, Kind.NOTE, Kind.NOTE, Kind.VISIT, Kind.EVENT, Kind.MESSAGE, Kind.PLAY)
_ONSETS = ("b", "br", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "z")
_VOWELS = ("a", "e", "i", "o", "u", "é", "ã", "ü")
_LETTERS = 5  # of eight vowels the last three carry an accent; most words use the others


@dataclass(frozen=True, slots=True)
class Picture:
    """What a photo's file is: media_file's own columns follow from it."""

    width: int
    height: int
    tint: int
    thumbhash: bytes
    camera: tuple[str, str]
    file_name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Sketch:
    """One memory before it is a row. number counts from 0 in the order of writing; source indexes SOURCES."""

    number: int
    id: UUID
    written_at: datetime
    source: int
    content: MemoryContent
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What a seed's memories are written with. pool: words in the frequencies of a language."""

    words: tuple[str, ...]
    pool: tuple[str, ...]
    tags: tuple[str, ...]
    tag_weights: tuple[float, ...]
    people: tuple[PersonRef, ...]
    places: tuple[PlaceRef, ...]


def chunks(count: int) -> list[range]:
    """The numbers of a library of this size, in pieces that are drawn on their own."""
    return [range(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]


def sketches(numbers: range, *, count: int, seed: int) -> Iterator[Sketch]:
    """The memories of one piece, in order. The same numbers, count and seed give the same memories."""
    lexicon = lexicon_of(seed)
    for number in numbers:
        rng = random.Random((seed << 40) + number)
        yield _sketch(rng, number, count=count, lexicon=lexicon)


@cache
def lexicon_of(seed: int) -> Lexicon:
    """20,000 words by Zipf's law, 400 tags, 200 people, 300 places; about a second."""
    rng = random.Random(seed)
    words = tuple(dict.fromkeys(_word(rng) for _ in range(26_000)))[:20_000]
    pool = tuple(rng.choices(words, cum_weights=_zipf(len(words)), k=1 << 19))
    tags = tuple(dict.fromkeys(f"{rng.choice(words)}/{rng.choice(words)}" for _ in range(400)))
    names = (f"{rng.choice(words).capitalize()} {rng.choice(words).capitalize()}" for _ in range(200))
    places = tuple(_place(rng, words) for _ in range(300))
    return Lexicon(
        words, pool, tags, tuple(_zipf(len(tags))), tuple(PersonRef(name=name) for name in dict.fromkeys(names)), places
    )


def id_at(rng: random.Random, at: datetime) -> UUID:
    """A UUIDv7 of that instant, its random part drawn."""
    stamp = int(at.timestamp() * 1000) << 80
    return UUID(int=stamp | 0x7 << 76 | rng.getrandbits(12) << 64 | 0b10 << 62 | rng.getrandbits(62))


def _zipf(size: int) -> list[float]:
    return list(accumulate(1 / (rank + 2.7) for rank in range(size)))


def _word(rng: random.Random) -> str:
    vowels = _VOWELS if rng.random() < 0.08 else _VOWELS[:_LETTERS]
    return "".join(rng.choice(_ONSETS) + rng.choice(vowels) for _ in range(rng.choice((2, 2, 3, 3, 4))))


def _place(rng: random.Random, words: Sequence[str]) -> PlaceRef:
    names = [rng.choice(words).capitalize() for _ in range(3)]
    lat, lon = round(rng.uniform(-50, 65), 5), round(rng.uniform(-120, 140), 5)
    return PlaceRef(lat=lat, lon=lon, name=names[0], city=names[1], region="", country=names[2])


def _sketch(rng: random.Random, number: int, *, count: int, lexicon: Lexicon) -> Sketch:
    stream, at, size = _in_stream(number, count)
    instant = FIRST + timedelta(seconds=int((at + rng.random()) / size * SPAN.total_seconds()))
    written_at = WRITTEN + timedelta(days=stream, milliseconds=at)
    has_picture = rng.random() < _PICTURED
    kind = Kind.PHOTO if has_picture else rng.choice(_OTHER_KINDS)
    source = 1 if has_picture else (0, 2)[stream % 2]
    content = _content(rng, number, instant, kind=kind, source=SOURCES[source], lexicon=lexicon)
    picture = _picture(rng, number) if has_picture else None
    return Sketch(number, id_at(rng, written_at), written_at, source, content, picture)


def _in_stream(number: int, count: int) -> tuple[int, int, int]:
    """(stream, position in it, size of it): streams are written one after the other, as equal as can be."""
    bounds = [count * part // STREAMS for part in range(STREAMS + 1)]
    stream = bisect(bounds, number) - 1
    return stream, number - bounds[stream], bounds[stream + 1] - bounds[stream]


def _content(
    rng: random.Random, number: int, instant: datetime, *, kind: Kind, source: str, lexicon: Lexicon
) -> MemoryContent:
    place = rng.choice(lexicon.places) if rng.random() < _LOCATED else None
    is_user = source == "user"
    return MemoryContent(
        kind=kind,
        moment=_moment(rng, instant),
        title=_title(rng, lexicon, share=0.1 if kind is Kind.PHOTO else 0.6),
        body=_body(rng, number, lexicon, share=0.1 if kind is Kind.PHOTO else 0.95),
        lat=None if place is None or place.lat is None else round(place.lat + rng.uniform(-0.01, 0.01), 6),
        lon=None if place is None or place.lon is None else round(place.lon + rng.uniform(-0.01, 0.01), 6),
        favourite=rng.random() < 0.03,
        archived=rng.random() < 0.005,
        trashed=rng.random() < 0.005,
        tags=tuple(
            dict.fromkeys(rng.choices(lexicon.tags, cum_weights=lexicon.tag_weights, k=rng.choice((0, 0, 1, 1, 2, 4))))
        ),
        people=tuple(rng.sample(lexicon.people, rng.choice((0, 0, 0, 0, 0, 0, 1, 2)))),
        place=place,
        source=source,
        source_key=None if is_user else f"{1 + number % 97:02}/item-{number}",
        content_hash=hashlib.sha256(f"{number}".encode()).digest(),
        provenance_source=source,
        provenance_rank=Rank.USER if is_user else Rank.FILE,
    )


def _moment(rng: random.Random, instant: datetime) -> Moment:
    if rng.random() < _WITHOUT_DATE:
        until = instant + timedelta(days=1)
        naive = instant.replace(tzinfo=None)
        return Moment(instant, until, naive, None, None, Precision.UNKNOWN, TimeBasis.NONE, None)
    name = rng.choice(ZONES)
    local = instant.astimezone(_zone(name))
    offset = local.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    naive = local.replace(tzinfo=None, fold=0)
    return Moment(instant, None, naive, minutes, name, Precision.INSTANT, TimeBasis.EXIF, ZoneBasis.COORDINATES)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _title(rng: random.Random, lexicon: Lexicon, *, share: float) -> str:
    return " ".join(_words(rng, lexicon, rng.randint(2, 6))).capitalize() if rng.random() < share else ""


def _body(rng: random.Random, number: int, lexicon: Lexicon, *, share: float) -> str:
    """Some sentences, and in each tenth memory one word that hardly any other has."""
    if rng.random() >= share:
        return ""
    sentences = [
        " ".join(_words(rng, lexicon, rng.randint(5, 16))).capitalize() for _ in range(rng.choice((1, 1, 2, 4)))
    ]
    if number % 10 == 0:
        sentences.append(rare_word(number))
    return ". ".join(sentences) + "."


def rare_word(number: int) -> str:
    """The word that this memory shares with at most nine others."""
    return f"qx{number // 100:x}"


def _words(rng: random.Random, lexicon: Lexicon, size: int) -> Sequence[str]:
    start = rng.randrange(len(lexicon.pool) - size)
    return lexicon.pool[start : start + size]


def _picture(rng: random.Random, number: int) -> Picture:
    width, height = rng.choice(SHAPES)
    return Picture(
        width=width,
        height=height,
        tint=rng.randrange(256),
        thumbhash=rng.randbytes(rng.randint(21, 25)),
        camera=rng.choice(CAMERAS),
        file_name=f"IMG_{number:07}.jpg",
        size_bytes=rng.randint(800_000, 6_000_000),
    )
