"""Reads XMP: sidecar files and the packets inside pictures. Hostile input is expected.

Parsed with expat, document types and entities refused, size, depth and number of elements capped. What cannot be
understood is left out; only a packet that is not XMP at all raises.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NoReturn
from xml.parsers import expat

from timeline_local.domain.moments import Precision, TimeBasis, TimeEvidence
from timeline_local.domain.stamps import Stamp, read_instant, read_offset, read_stamp
from timeline_local.domain.times import offset_by_gps
from timeline_local.domain.xmp_values import (
    finite,
    joined_keywords,
    percent_rating,
    rating_of,
    read_altitude,
    read_categories,
    read_coordinate,
    split_levels,
    unique,
    whole,
)

MAX_BYTES = 16 * 1024 * 1024
MAX_ELEMENTS = 200_000
MAX_DEPTH = 64

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_DC = "http://purl.org/dc/elements/1.1/ "
_EXIF = "http://ns.adobe.com/exif/1.0/ "
_TIFF = "http://ns.adobe.com/tiff/1.0/ "
_EXIF_EX = "http://cipa.jp/exif/1.0/ "
_DYNAMIC = "http://ns.adobe.com/xmp/1.0/DynamicMedia/ "
_MICROSOFT = "http://ns.microsoft.com/photo/1.0/ "
_MICROSOFT_BY_EXIFTOOL = "http://ns.microsoft.com/photo/1.0 "
_ACDSEE = "http://ns.acdsee.com/iptc/1.0/ "
_ACDSEE_REGIONS = "http://ns.acdsee.com/regions/ "
_MEDIA_PRO = "http://ns.iview-multimedia.com/mediapro/1.0/ "
_AUX = "http://ns.adobe.com/exif/1.0/aux/ "
_XMP = "http://ns.adobe.com/xap/1.0/ "
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/ "
_IPTC = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/ "
_IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ "
_REGIONS = "http://www.metadataworkinggroup.com/schemas/regions/ "
_AREA = "http://ns.adobe.com/xmp/sType/Area# "
_MP_REGION_INFO = "http://ns.microsoft.com/photo/1.2/ RegionInfo"
_MP = "http://ns.microsoft.com/photo/1.2/t/Region# "
_FSTOP = "http://www.fstopapp.com/xmp/ "
_LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/ "
_DIGIKAM = "http://www.digikam.org/ns/1.0/ "
_NODE_ID = _RDF + "nodeID"
_TOOLKIT = "adobe:ns:meta/ xmptk"
_ALL_STARS = 5
_LISTS = frozenset({_RDF + "Bag", _RDF + "Seq", _RDF + "Alt"})
_LANG = "http://www.w3.org/XML/1998/namespace lang"

# With what the properties of its offset and of its fractions of a second end in.
_DATES = (
    (_EXIF + "DateTimeOriginal", "exif:DateTimeOriginal", "Original"),
    (_PHOTOSHOP + "DateCreated", "photoshop:DateCreated", "Original"),
    (_EXIF + "DateTimeDigitized", "exif:DateTimeDigitized", "Digitized"),
    (_XMP + "CreateDate", "xmp:CreateDate", "Digitized"),
    (_DYNAMIC + "shotDate", "xmpDM:shotDate", ""),
    (_DYNAMIC + "CreationDate", "xmpDM:CreationDate", ""),
)
_POINTS = frozenset({Precision.INSTANT, Precision.MINUTE})
_HIERARCHIES = (
    (_LIGHTROOM + "hierarchicalSubject", "|"),
    (_DIGIKAM + "TagsList", "/"),
    (_MICROSOFT + "LastKeywordXMP", "/"),
    (_MEDIA_PRO + "CatalogSets", "|"),
)
# Longer marks first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FIRST_BYTES = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# Characters XML 1.0 does not allow; cameras pad with NUL, and hand-made text may hold the rest.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class XmpError(ValueError):
    """The bytes are not XMP that we read; the message says why."""


@dataclass(frozen=True, slots=True)
class XmpDate:
    """One date with the name of its property, such as "photoshop:DateCreated"."""

    tag: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class XmpPerson:
    """A named person; `region` is (x, y, width, height) as fractions of the picture from its top left corner."""

    name: str
    region: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Xmp:
    """What a packet says. Texts are "" and lists empty when it says nothing.

    dates        best first.   gps_at  aware UTC, the satellites' time.
    keywords     in order, without repetition; levels divided by "/".   subjects  dc:subject alone, as written.
    rating       0 to 5; a rejected picture (-1) has none.   orientation  1 to 8, as EXIF counts.
    headline, notes   for a picture without title and description: what stands beside them.
    """

    dates: tuple[XmpDate, ...] = ()
    gps_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    altitude_m: float | None = None
    rating: int | None = None
    title: str = ""
    description: str = ""
    headline: str = ""
    notes: str = ""
    keywords: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    people: tuple[XmpPerson, ...] = ()
    place: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    country_code: str = ""
    orientation: int | None = None
    make: str = ""
    model: str = ""
    lens: str = ""
    is_favourite: bool = False  # as F-Stop and icloudpd mark them
    is_screenshot: bool = False

    def evidence(self, basis: TimeBasis = TimeBasis.SIDECAR) -> tuple[TimeEvidence, ...]:
        """The dates, and the GPS time, as statements for `times.decide`; the best of a sidecar may correct a camera.

        Beside a wall clock the GPS time only tells its zone: it may be that of the last fix, hours ago.
        """
        clock = next((each.stamp for each in self.dates if each.stamp.precision in _POINTS), None)
        is_bare = clock is not None and clock.utc_offset_min is None
        ahead = offset_by_gps(clock.local_at, self.gps_at) if clock and is_bare and self.gps_at else None
        stated = tuple(_zoned(each.stamp, ahead).evidence(basis, f"XMP {each.tag}") for each in self.dates)
        if stated and basis is TimeBasis.SIDECAR:
            stated = (replace(stated[0], may_correct=True), *stated[1:])
        origin = "XMP exif:GPSTimeStamp"
        if ahead is not None:
            return (*stated, TimeEvidence(basis=basis, utc_offset_min=ahead, origin=origin))
        if self.gps_at is None or clock is not None:
            return stated
        return (*stated, TimeEvidence(basis=TimeBasis.GPS, instant=self.gps_at, origin=origin))


def _zoned(stamp: Stamp, ahead: int | None) -> Stamp:
    is_bare = stamp.utc_offset_min is None and stamp.precision in _POINTS
    return replace(stamp, utc_offset_min=ahead) if is_bare else stamp


def read_xmp(data: bytes) -> Xmp:
    """Read a sidecar or packet of at most MAX_BYTES, in UTF-8, UTF-16 or UTF-32. Raises only XmpError."""
    if len(data) > MAX_BYTES:
        raise XmpError(f"larger than {MAX_BYTES} bytes")
    root = _parse(_text(data))
    properties = _properties(root)
    if not properties and not any(node.name == _RDF + "RDF" for node in root.walk()):
        raise XmpError("no RDF inside: this is XML, but not XMP")
    found = _extract(properties)
    by = next((each.attributes.get(_TOOLKIT, "") for each in root.children), "")
    # icloudpd writes five stars for a favourite of iCloud, where there are no stars.
    return replace(found, rating=None, is_favourite=found.rating == _ALL_STARS) if by.startswith("icloudpd") else found


@dataclass(slots=True)
class _Node:
    """An XML element; names are "namespace local". RDF attributes that are properties become children."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[_Node]" = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def walk(self) -> "Iterator[_Node]":
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def child(self, name: str) -> "_Node | None":
        return next((each for each in self.children if each.name == name), None)

    def value(self, name: str) -> str:
        found = self.child(name)
        return found.text.strip() if found is not None else ""


class _Builder:
    """Builds the tree from expat's events and refuses what no XMP writer needs."""

    def __init__(self) -> None:
        self.root = _Node("")
        self._open = [self.root]
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) > MAX_DEPTH:
            raise XmpError("too many or too deeply nested elements")
        node = _Node(name, attributes)
        for key, value in attributes.items():
            if " " in key and not key.startswith((_RDF, "http://www.w3.org/XML/1998/namespace ")):
                node.children.append(_Node(key, parts=[value]))
        self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, name: str) -> None:  # noqa: ARG002  # expat checks that it matches
        self._open.pop()

    def characters(self, text: str) -> None:
        self._open[-1].parts.append(text)

    def refuse(self, *_: object) -> NoReturn:
        raise XmpError("document types and entities are not read")


def _text(data: bytes) -> str:
    """The packet as text, from its byte order mark or its first bytes, without what XML forbids."""
    plain = data.lstrip(b" \t\r\n")
    mark, encoding = next((each for each in _MARKS if plain.startswith(each[0])), (b"", ""))
    if not encoding:
        encoding = next((name for begin, name in _FIRST_BYTES if plain.startswith(begin)), "utf-8")
    text = _FORBIDDEN.sub("", plain[len(mark) :].decode(encoding, errors="replace"))
    begin, end = text.find("<"), text.rfind(">")
    if not 0 <= begin < end:
        raise XmpError("not XML")
    return text[begin : end + 1]


def _parse(text: str) -> _Node:
    builder = _Builder()
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    parser.ExternalEntityRefHandler = builder.refuse
    try:
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as reason:
        raise XmpError(f"not well-formed XML: {reason}") from None
    return builder.root


def _properties(root: _Node) -> dict[str, _Node]:
    """The properties of every description, by name; the first that holds anything wins."""
    found: dict[str, _Node] = {}
    lists = {node.attributes.get(_NODE_ID, ""): node for node in root.walk() if node.name in _LISTS}
    for rdf in (node for node in root.walk() if node.name == _RDF + "RDF"):
        for description in rdf.children:
            for each in description.children:
                apart = lists.get(each.attributes.get(_NODE_ID) or " ")
                if apart is not None and not each.children and description.name not in _LISTS:
                    each.children.append(apart)  # F-Spot writes lists apart from what they belong to
                name = each.name.replace(_MICROSOFT_BY_EXIFTOOL, _MICROSOFT)
                if name not in found and (each.text.strip() or each.children):
                    found[name] = each
    return found


def _extract(found: dict[str, _Node]) -> Xmp:
    lat = read_coordinate(_one(found, _EXIF + "GPSLatitude"), _one(found, _EXIF + "GPSLatitudeRef"), 90)
    lon = read_coordinate(_one(found, _EXIF + "GPSLongitude"), _one(found, _EXIF + "GPSLongitudeRef"), 180)
    somewhere = lat is not None and lon is not None and (lat, lon) != (0, 0)
    return Xmp(
        dates=tuple(_dates(found)),
        gps_at=_gps_at(found),
        lat=lat if somewhere else None,
        lon=lon if somewhere else None,
        altitude_m=read_altitude(_one(found, _EXIF + "GPSAltitude"), _one(found, _EXIF + "GPSAltitudeRef")),
        rating=_rating(found),
        title=_first(found, _DC + "title", _ACDSEE + "caption"),
        description=_one(found, _DC + "description"),
        headline=_one(found, _PHOTOSHOP + "Headline"),
        notes=_first(found, _TIFF + "ImageDescription", _EXIF + "UserComment", _ACDSEE + "notes"),
        keywords=_keywords(found),
        subjects=unique(_many(found, _DC + "subject")),
        people=_people(found),
        place=_one(found, _IPTC + "Location"),
        city=_one(found, _PHOTOSHOP + "City"),
        region=_one(found, _PHOTOSHOP + "State"),
        country=_one(found, _PHOTOSHOP + "Country"),
        country_code=_one(found, _IPTC + "CountryCode"),
        orientation=whole(_one(found, _TIFF + "Orientation"), range(1, 9)),
        make=_one(found, _TIFF + "Make"),
        model=_one(found, _TIFF + "Model"),
        lens=_first(found, _AUX + "Lens", _EXIF_EX + "LensModel"),
        is_favourite=_one(found, _FSTOP + "favorite") == "1",
        is_screenshot=_one(found, _IPTC_EXT + "DigitalSourceType").rpartition("/")[2] == "screenCapture",
    )


def _dates(found: dict[str, _Node]) -> Iterator[XmpDate]:
    for name, tag, kind in _DATES:
        stamp = read_stamp(_one(found, name))
        if stamp is not None:
            yield XmpDate(tag, _completed(stamp, found, kind) if kind else stamp)


def _completed(stamp: Stamp, found: dict[str, _Node], kind: str) -> Stamp:
    """With its offset and fractions of a second, where they are properties of their own, as in EXIF."""
    if stamp.precision not in _POINTS:
        return stamp
    if stamp.utc_offset_min is None:
        names = (f"OffsetTime{kind}", "OffsetTime")
        offset = read_offset(_first(found, *(space + name for name in names for space in (_EXIF, _EXIF_EX))))
        stamp = replace(stamp, utc_offset_min=offset)
    fraction = _one(found, _EXIF + f"SubSecTime{kind}")
    if not stamp.local_at.microsecond and fraction.isdecimal() and fraction.isascii():
        stamp = replace(stamp, local_at=stamp.local_at.replace(microsecond=int(fraction[:6].ljust(6, "0"))))
    return stamp


def _gps_at(found: dict[str, _Node]) -> datetime | None:
    """The satellites' time, which is UTC whether it says so or not; its day may be a property of its own."""
    clock = _one(found, _EXIF + "GPSTimeStamp")
    day = _one(found, _EXIF + "GPSDateStamp")
    read = read_instant(clock) or (read_instant(f"{day} {clock}") if day else None)
    return read[0] if read else None


def _rating(found: dict[str, _Node]) -> int | None:
    """Stars; where there are none those that Windows counts in percent."""
    stars = _first(found, _XMP + "Rating", _XMP + "UserRating", _ACDSEE + "rating")
    percent = _first(found, _MICROSOFT + "Rating", _XMP + "RatingPercent")
    return rating_of(stars) if stars else percent_rating(percent)


def _keywords(found: dict[str, _Node]) -> tuple[str, ...]:
    """Hierarchical keywords first; a flat one is left out when a hierarchy ends in it."""
    levels = [split_levels(text, divider) for name, divider in _HIERARCHIES for text in _many(found, name)]
    levels += read_categories(_one(found, _ACDSEE + "categories"))
    flat = (*_many(found, _DC + "subject"), *_many(found, _ACDSEE + "keywords"))
    return joined_keywords(levels, flat)


def _people(found: dict[str, _Node]) -> tuple[XmpPerson, ...]:
    """People of every region schema and of the plain list; the first region of a name is kept."""
    people: dict[str, XmpPerson] = {}
    for person in (
        *_region_people(found, _REGIONS),
        *_mp_people(found),
        *_region_people(found, _ACDSEE_REGIONS),
        *_listed_people(found),
    ):
        known = people.get(person.name)
        if person.name and (known is None or known.region is None):
            people[person.name] = person
    return tuple(people.values())


def _region_people(found: dict[str, _Node], schema: str) -> Iterator[XmpPerson]:
    """Of MWG's regions, and of ACDSee's, which are alike; those of pets and codes name nobody."""
    regions = found.get(schema + "Regions")
    for node in regions.walk() if regions else ():
        if node.child(schema + "Name") is not None and node.value(schema + "Type").casefold() in {"face", ""}:
            yield XmpPerson(node.value(schema + "Name"), _centred(node.child(schema + "Area")))


def _centred(area: _Node | None) -> tuple[float, float, float, float] | None:
    """MWG areas give their centre; ours begin at the top left."""
    if area is None or area.value(_AREA + "unit") not in {"normalized", ""}:
        return None
    x, y, width, height = (finite(area.value(_AREA + name)) for name in ("x", "y", "w", "h"))
    if x is None or y is None or width is None or height is None:
        return None
    return (x - width / 2, y - height / 2, width, height)


def _mp_people(found: dict[str, _Node]) -> Iterator[XmpPerson]:
    info = found.get(_MP_REGION_INFO)
    for node in info.walk() if info else ():
        if node.child(_MP + "PersonDisplayName") is not None:
            sides = [finite(part) for part in node.value(_MP + "Rectangle").split(",")]
            known = [side for side in sides if side is not None]
            region = (known[0], known[1], known[2], known[3]) if len(known) == len(sides) == 4 else None  # noqa: PLR2004  # x, y, w, h
            yield XmpPerson(node.value(_MP + "PersonDisplayName"), region)


def _listed_people(found: dict[str, _Node]) -> Iterator[XmpPerson]:
    return (XmpPerson(name) for name in _many(found, _IPTC_EXT + "PersonInImage"))


def _one(found: dict[str, _Node], name: str) -> str:
    """The text of a property: its own, or of its default language, or its first item."""
    node = found.get(name)
    if node is None:
        return ""
    items = [each for each in node.walk() if each.name == _RDF + "li"]
    default = next((each for each in items if each.attributes.get(_LANG, "").lower() == "x-default"), None)
    chosen = default or (items[0] if items else node.child(_RDF + "value") or node)
    return chosen.text.strip()


def _first(found: dict[str, _Node], *names: str) -> str:
    return next((text for name in names if (text := _one(found, name))), "")


def _many(found: dict[str, _Node], name: str) -> tuple[str, ...]:
    """The items of a bag, sequence or alternative; a bare text counts as one item."""
    node = found.get(name)
    if node is None:
        return ()
    items = [each.text.strip() for each in node.walk() if each.name == _RDF + "li"]
    return tuple(text for text in (items or [node.text.strip()]) if text)
