"""Joins what EXIF, XMP and IPTC say inside one picture: who wins per field, and which dates may speak."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.domain.xmp import Xmp, XmpError, read_xmp
from timeline_local.media.exif import Exif, wall_clock
from timeline_local.media.facts import MediaFacts, capped_raw, clip, unique
from timeline_local.media.gps import Position, checked
from timeline_local.media.iptc import Iptc, read_iptc


def join(exif: Exif, xmp_packet: bytes, iptc_block: bytes, *, mime: str) -> MediaFacts:
    """Facts from the metadata of a picture; the pixels are the caller's.

    Text: XMP before IPTC before EXIF, as programs write the first two and cameras the last.
    Position and camera: EXIF first.
    """
    xmp, problems = _xmp(xmp_packet or exif.xmp)
    iptc = read_iptc(iptc_block or exif.iptc)
    position = exif.position or _xmp_position(xmp)
    return MediaFacts(
        mime=mime,
        orientation=exif.orientation,
        camera_make=exif.make or clip(xmp.make, 200),
        camera_model=exif.model or clip(xmp.model, 200),
        lens=exif.lens or clip(xmp.lens, 200),
        exposure=exif.exposure,
        lat=position.lat if position else None,
        lon=position.lon if position else None,
        altitude_m=position.altitude_m if position else None,
        evidence=tuple(_evidence(exif, xmp, iptc)),
        title=_first(xmp.title, iptc.title, exif.title, xmp.headline),
        description=_first(xmp.description, iptc.caption, exif.description, xmp.notes),
        keywords=_keywords(xmp, iptc, exif),
        people=unique([person.name for person in xmp.people]),
        rating=xmp.rating if xmp.rating is not None else exif.rating,
        city=_first(xmp.city, iptc.city),
        region=_first(xmp.region, iptc.region),
        country=_first(xmp.country, iptc.country),
        content_id=exif.content_id,
        raw=capped_raw(exif.raw),
        problems=(*exif.problems, *problems),
    )


def _evidence(exif: Exif, xmp: Xmp, iptc: Iptc) -> Iterator[TimeEvidence]:
    """EXIF, then XMP, then IPTC.

    Programs write their own time into XMP, and old Adobe ones gave a camera's clock the offset of the computer. So
    beside an EXIF clock a date of another second, or with an offset, only stands as a sidecar would.
    """
    yield from exif.evidence
    if xmp.gps_at is not None and not any(each.basis is TimeBasis.GPS for each in exif.evidence):
        yield TimeEvidence(basis=TimeBasis.GPS, instant=xmp.gps_at, origin="XMP GPS time")
    for each in (*_xmp_dates(xmp), *_iptc_date(iptc)):
        yield each if _agrees(exif.original, each) else replace(each, basis=TimeBasis.SIDECAR)


def _xmp_dates(xmp: Xmp) -> Iterator[TimeEvidence]:
    for date in xmp.dates:
        yield date.stamp.evidence(TimeBasis.EXIF, f"XMP {date.tag}")


def _iptc_date(iptc: Iptc) -> Iterator[TimeEvidence]:
    if iptc.taken_at is not None and iptc.has_time:
        yield wall_clock(iptc.taken_at, iptc.utc_offset_min, "IPTC date created")
    elif iptc.taken_at is not None:
        day = wall_clock(iptc.taken_at, None, "IPTC date created")
        yield replace(day, precision=Precision.DAY)


def _agrees(original: datetime | None, evidence: TimeEvidence) -> bool:
    """True when there is no EXIF clock to contradict, or both say the same second and nothing more."""
    if original is None:
        return True
    said = evidence.local_at
    same = said is not None and said.replace(microsecond=0) == original.replace(microsecond=0)
    return same and evidence.utc_offset_min is None


def _keywords(xmp: Xmp, iptc: Iptc, exif: Exif) -> tuple[str, ...]:
    """In order, each once. A hierarchy ("People/Marie") gives way to its last level where IPTC lists that alone."""
    flat = set(iptc.keywords)
    tails = (keyword.rpartition("/")[2] for keyword in xmp.keywords)
    named = [tail if tail in flat else keyword for tail, keyword in zip(tails, xmp.keywords, strict=True)]
    return unique([*named, *iptc.keywords, *exif.keywords])


def _xmp(packet: bytes) -> tuple[Xmp, tuple[str, ...]]:
    if not packet.strip(b"\x00 \r\n\t"):
        return Xmp(), ()
    try:
        return read_xmp(packet), ()
    except XmpError:
        return Xmp(), ("xmp-unreadable",)


def _xmp_position(xmp: Xmp) -> Position | None:
    return None if xmp.lat is None or xmp.lon is None else checked(xmp.lat, xmp.lon, xmp.altitude_m)


def _first(*texts: str) -> str:
    return next((text for text in map(clip, texts) if text), "")
