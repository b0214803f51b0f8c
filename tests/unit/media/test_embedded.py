"""EXIF, XMP and IPTC in one file: who wins, and what each may say about the date."""

from collections.abc import Callable
from pathlib import Path

import pytest

from timeline_local.domain.times import Precision, TimeBasis
from timeline_local.media.facts import MediaFacts
from timeline_local.media.iptc import read_iptc
from timeline_local.media.metadata import read_metadata
from timeline_local.media.sniff import sniff_file

Jpeg = Callable[..., Path]
Block = Callable[..., bytes]


def facts(path: Path) -> MediaFacts:
    return read_metadata(path, sniff_file(path))


def xmp(**properties: str) -> bytes:
    spaces = {
        "exif": "http://ns.adobe.com/exif/1.0/",
        "photoshop": "http://ns.adobe.com/photoshop/1.0/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "lr": "http://ns.adobe.com/lightroom/1.0/",
    }
    named = " ".join(f'xmlns:{prefix}="{url}"' for prefix, url in spaces.items())
    inner = "".join(f"<{n.replace('_', ':')}>{v}</{n.replace('_', ':')}>" for n, v in properties.items())
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    return f'<rdf:RDF xmlns:rdf="{rdf}" {named}><rdf:Description>{inner}</rdf:Description></rdf:RDF>'.encode()


def bag(*items: str) -> str:
    return "<rdf:Bag>" + "".join(f"<rdf:li>{item}</rdf:li>" for item in items) + "</rdf:Bag>"


def record(number: int, value: bytes) -> bytes:
    return b"\x1c\x02" + bytes([number]) + len(value).to_bytes(2, "big") + value


def with_iptc(path: Path, *records: bytes) -> Path:
    """Puts IPTC records behind the first marker, as the resource block of Photoshop."""
    block = b"".join(records)
    padded = block + b"\x00" * (len(block) % 2)
    resource = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + len(block).to_bytes(4, "big") + padded
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xed" + (len(resource) + 2).to_bytes(2, "big") + resource + data[2:])
    return path


def test_xmp_alone_gives_the_date_with_its_offset(jpeg: Jpeg) -> None:
    found = facts(jpeg(xmp=xmp(exif_DateTimeOriginal="2021-05-06T07:08:09.5+02:00")))
    assert [(e.basis, str(e.local_at), e.utc_offset_min) for e in found.evidence] == [
        (TimeBasis.EXIF_OFFSET, "2021-05-06 07:08:09.500000", 120)
    ]


@pytest.mark.parametrize(
    ("stated", "basis"),
    [
        ("2021-05-06T07:08:09", TimeBasis.EXIF),
        ("2021-05-06T07:08:09+02:00", TimeBasis.SIDECAR),
        ("2022-01-01T10:00:00", TimeBasis.SIDECAR),
    ],
)
def test_xmp_beside_an_exif_clock_never_overrules_it(
    jpeg: Jpeg, tiff_block: Block, stated: str, basis: TimeBasis
) -> None:
    exif = b"Exif\x00\x00" + tiff_block({}, {0x9003: "2021:05:06 07:08:09"})
    found = facts(jpeg(exif=exif, xmp=xmp(photoshop_DateCreated=stated)))
    assert [e.basis for e in found.evidence] == [TimeBasis.EXIF, basis]


@pytest.mark.parametrize(
    ("time", "offset"), [(b"151544-0400", -240), (b"151544+0000", None), (b"151544", None), (b"151544+9900", None)]
)
def test_an_iptc_offset_counts_unless_it_is_the_filler_zero(jpeg: Jpeg, time: bytes, offset: int | None) -> None:
    (evidence,) = facts(with_iptc(jpeg(), record(55, b"20220110"), record(60, time))).evidence
    assert (str(evidence.local_at), evidence.utc_offset_min) == ("2022-01-10 15:15:44", offset)


def test_an_iptc_date_without_a_time_is_a_day(jpeg: Jpeg) -> None:
    (evidence,) = facts(with_iptc(jpeg(), record(55, b"20220110"))).evidence
    assert (str(evidence.local_at), evidence.precision) == ("2022-01-10 00:00:00", Precision.DAY)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_iptc_keywords_come_in_either_encoding(encoding: str) -> None:
    found = read_iptc(record(25, "Fluß".encode(encoding)) + record(25, b"x") + record(25, b"x"))
    assert found.keywords == ("Fluß", "x")


@pytest.mark.parametrize("data", [b"", b"\x1c", b"\x1c\x02\x19\xff\xff", b"\x1c\x02\x19\x00\x09ab", b"junk"])
def test_broken_iptc_gives_nothing(data: bytes) -> None:
    assert read_iptc(data).keywords == ()


def test_keywords_of_both_are_joined_in_order(jpeg: Jpeg) -> None:
    path = with_iptc(jpeg(xmp=xmp(dc_subject=bag("sea", "sun"))), record(25, b"sun"), record(25, b"sand"))
    assert facts(path).keywords == ("sea", "sun", "sand")


def test_a_hierarchy_stays_unless_iptc_lists_its_last_level(jpeg: Jpeg) -> None:
    packet = xmp(lr_hierarchicalSubject=bag("People|Marie", "Places|Paris"))
    assert facts(with_iptc(jpeg(xmp=packet), record(25, b"Marie"))).keywords == ("Marie", "Places/Paris")


def test_a_broken_packet_is_a_problem(jpeg: Jpeg) -> None:
    assert "xmp-unreadable" in facts(jpeg(xmp=b"<not xmp")).problems


def test_entities_in_a_packet_are_refused(jpeg: Jpeg) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
    assert "xmp-unreadable" in facts(jpeg(xmp=bomb)).problems
