"""XMP as programs write it, the packets of real pictures, and what hostile files try."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain import xmp
from timeline_local.domain.moments import TimeBasis
from timeline_local.domain.xmp import Xmp, XmpError, XmpPerson, read_xmp
from timeline_local.domain.xmp_values import read_coordinate

CORPORA = Path(__file__).parents[3].parent / "shared" / "corpora" / "media" / "immich-test-assets"
with_corpora = pytest.mark.skipif(not CORPORA.exists(), reason="the shared corpora are not on this computer")

NAMESPACES = """xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:exifEX="http://cipa.jp/exif/1.0/"
 xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/" xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/" """


def packet(attributes: str = "", elements: str = "") -> str:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {NAMESPACES}><rdf:Description rdf:about="" {attributes}>{elements}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta>\n   <?xpacket end="w"?>'
    )


def read(attributes: str = "", elements: str = "") -> Xmp:
    return read_xmp(packet(attributes, elements).encode())


def embedded(name: str) -> Xmp:
    data = (CORPORA / name).read_bytes()
    begin, end = data.index(b"<x:xmpmeta"), data.index(b"</x:xmpmeta>")
    return read_xmp(data[begin : end + len(b"</x:xmpmeta>")])


@with_corpora
def test_a_sidecar_in_utf_16_is_read() -> None:
    (found,) = read_xmp((CORPORA / "metadata/xmp/dates/2000.xmp").read_bytes()).dates
    assert (found.tag, found.stamp.local_at, found.stamp.utc_offset_min) == (
        "xmp:CreateDate",
        datetime(2000, 9, 27, 14, 35, 33),  # noqa: DTZ001
        120,
    )


@with_corpora
def test_people_are_read_once_from_three_schemas_with_their_regions() -> None:
    found = embedded("metadata/faces/portrait-orientation-6.jpg")
    assert [person.name for person in found.people] == ["Marie Curie", "Pierre Curie"]
    assert found.people[0].region == pytest.approx((0.2085715, 0.5750005, 0.198571, 0.113095))
    assert found.keywords == ("People/Marie Curie", "People/Pierre Curie")
    assert found.subjects == ("Marie Curie", "Pierre Curie")


@with_corpora
def test_titles_keywords_and_ratings_of_a_real_picture_are_read() -> None:
    found = embedded("albums/nature/prairie_falcon.jpg")
    assert found.title == "Prairie falcon female with eggs"
    assert found.keywords == ("SFAN", "PINN", "raptors", "Events", "birds", "monitoring", "prairie falcons")
    assert (found.rating, found.lens) == (0, "RF100-500mm F4.5-7.1 L IS USM")
    assert found.dates[0].tag == "photoshop:DateCreated"


@with_corpora
def test_the_place_of_a_real_picture_is_read() -> None:
    found = embedded("metadata/gps-position/thompson-springs.jpg")
    assert (found.city, found.region, found.country) == ("Thompson Springs", "Utah", "United States")
    assert found.orientation == 1


@pytest.mark.parametrize(
    "attributes_or_elements",
    [
        ('xmp:Rating="4" tiff:Orientation="6" photoshop:City="Rome"', ""),
        (
            "",
            "<xmp:Rating>4</xmp:Rating><tiff:Orientation>6</tiff:Orientation><photoshop:City> Rome </photoshop:City>",
        ),
        ('xmp:Rating="4.0"', "<tiff:Orientation>6</tiff:Orientation><photoshop:City>Rome</photoshop:City>"),
    ],
)
def test_attributes_and_elements_say_the_same(attributes_or_elements: tuple[str, str]) -> None:
    found = read(*attributes_or_elements)
    assert (found.rating, found.orientation, found.city) == (4, 6, "Rome")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_every_encoding_is_read(encoding: str) -> None:
    text = packet(elements="<photoshop:City>Łódź</photoshop:City>").replace("\ufeff", "")
    assert read_xmp(text.encode(encoding)).city == "Łódź"


def test_the_default_language_is_chosen() -> None:
    title = '<rdf:li xml:lang="de">Strand</rdf:li><rdf:li xml:lang="x-default">Beach</rdf:li>'
    assert read(elements=f"<dc:title><rdf:Alt>{title}</rdf:Alt></dc:title>").title == "Beach"


def test_a_hierarchy_replaces_its_flat_keyword() -> None:
    found = read(
        elements="<dc:subject><rdf:Bag><rdf:li>Rome</rdf:li><rdf:li>sun</rdf:li></rdf:Bag></dc:subject>"
        "<lr:hierarchicalSubject><rdf:Bag><rdf:li>Travel|Italy|Rome</rdf:li></rdf:Bag></lr:hierarchicalSubject>"
    )
    assert found.keywords == ("Travel/Italy/Rome", "sun")


def test_keywords_and_faces_of_other_organisers_are_read() -> None:
    acdsee = (
        "&lt;Categories&gt;&lt;Category Assigned=&quot;0&quot;&gt;Places&lt;Category Assigned=&quot;1&quot;&gt;"
        "Rome &amp;amp; sea&lt;/Category&gt;&lt;/Category&gt;&lt;Category Assigned=&quot;1&quot;&gt;sun"
        "&lt;/Category&gt;&lt;/Categories&gt;"
    )
    face = "<rs:Name>{}</rs:Name><rs:Type>{}</rs:Type>"
    found = read(
        'xmlns:a="http://ns.acdsee.com/iptc/1.0/" xmlns:rs="http://ns.acdsee.com/regions/"'
        ' xmlns:m="http://ns.microsoft.com/photo/1.0" xmlns:p="http://ns.iview-multimedia.com/mediapro/1.0/"'
        f' a:rating="3" a:caption="Holiday" a:categories="{acdsee}"',
        "<a:keywords><rdf:Bag><rdf:li>sun</rdf:li><rdf:li>wind</rdf:li></rdf:Bag></a:keywords>"
        "<m:LastKeywordXMP><rdf:Bag><rdf:li>Travel/Italy</rdf:li></rdf:Bag></m:LastKeywordXMP>"
        "<p:CatalogSets><rdf:Bag><rdf:li>Travel|Spain</rdf:li></rdf:Bag></p:CatalogSets>"
        '<rs:Regions rdf:parseType="Resource"><rs:RegionList><rdf:Bag>'
        f'<rdf:li rdf:parseType="Resource">{face.format("Anna", "Face")}</rdf:li>'
        f'<rdf:li rdf:parseType="Resource">{face.format("Tree", "Object")}</rdf:li>'
        "</rdf:Bag></rs:RegionList></rs:Regions>",
    )
    assert found.keywords == ("Travel/Italy", "Travel/Spain", "Places/Rome & sea", "sun", "wind")
    assert found.people == (XmpPerson("Anna"),)
    assert (found.title, found.rating) == ("Holiday", 3)


def test_people_without_regions_are_listed() -> None:
    names = "<rdf:Bag><rdf:li>Anna</rdf:li><rdf:li>Ben</rdf:li></rdf:Bag>"
    assert read(elements=f"<Iptc4xmpExt:PersonInImage>{names}</Iptc4xmpExt:PersonInImage>").people == (
        XmpPerson("Anna"),
        XmpPerson("Ben"),
    )


def test_regions_that_are_not_faces_are_not_people() -> None:
    regions = (
        '<rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet"/></rdf:li>'
        '<rdf:li><rdf:Description mwg-rs:Name="Anna" mwg-rs:Type="Face"><mwg-rs:Area stArea:x="0.5" stArea:y="0.5"'
        ' stArea:w="0.5" stArea:h="0.25" stArea:unit="normalized"/></rdf:Description></rdf:li></rdf:Bag>'
    )
    found = read(elements=f"<mwg-rs:Regions><mwg-rs:RegionList>{regions}</mwg-rs:RegionList></mwg-rs:Regions>")
    assert found.people == (XmpPerson("Anna", (0.25, 0.375, 0.5, 0.25)),)


def test_the_satellites_time_and_place_become_evidence() -> None:
    found = read(
        'exif:GPSTimeStamp="2019-06-14T13:04:05Z" exif:GPSLatitude="41,13.2N" exif:GPSLongitude="96,4.5W"'
        ' exif:GPSAltitude="14839/10" exif:GPSAltitudeRef="1" exif:DateTimeOriginal="2019-06-14T15:04:05.5"'
    )
    assert (found.lat, found.lon, found.altitude_m) == pytest.approx((41.22, -96.075, -1483.9))
    stated, zone = found.evidence()
    assert (stated.basis, stated.origin) == (TimeBasis.SIDECAR, "XMP exif:DateTimeOriginal")
    assert (stated.local_at, stated.utc_offset_min) == (datetime(2019, 6, 14, 15, 4, 5, 500000), 120)  # noqa: DTZ001
    assert (zone.local_at, zone.instant, zone.utc_offset_min) == (None, None, 120)


@pytest.mark.parametrize(
    ("dates", "bases"),
    [
        ("", [TimeBasis.GPS]),
        ('exif:DateTimeOriginal="2019-06-14"', [TimeBasis.SIDECAR, TimeBasis.GPS]),  # finer than the day
        ('exif:DateTimeOriginal="2019-06-14T15:04:05+02:00"', [TimeBasis.SIDECAR]),
        ('exif:DateTimeOriginal="2021-01-01T15:21:05"', [TimeBasis.SIDECAR]),  # of a fix that is long gone
    ],
)
def test_the_satellites_time_stands_behind_a_wall_clock(dates: str, bases: list[TimeBasis]) -> None:
    found = read(f'exif:GPSTimeStamp="2019-06-14T13:04:05Z" {dates}').evidence()
    assert [each.basis for each in found] == bases


@pytest.mark.parametrize(
    "clock",
    [
        'exif:GPSDateStamp="2019:06:14" exif:GPSTimeStamp="13:04:05"',
        'exif:GPSDateStamp="2019-06-14" exif:GPSTimeStamp="13:04:05Z"',
        'exif:GPSTimeStamp="2019-06-14T13:04:05"',
    ],
)
def test_the_satellites_time_is_utc_and_its_day_may_stand_apart(clock: str) -> None:
    assert read(clock).gps_at == datetime(2019, 6, 14, 13, 4, 5, tzinfo=UTC)


def test_a_satellites_clock_without_a_day_is_no_time() -> None:
    assert read('exif:GPSTimeStamp="13:04:05"').gps_at is None


@pytest.mark.parametrize(
    ("attributes", "clock", "offset"),
    [
        ('exif:OffsetTimeOriginal="+02:00" exif:SubSecTimeOriginal="25"', "2019-06-14 15:04:05.250000", 120),
        ('exifEX:OffsetTime="-0330"', "2019-06-14 15:04:05", -210),
        ('exif:OffsetTimeDigitized="+02:00" exif:SubSecTimeOriginal="x"', "2019-06-14 15:04:05", None),
    ],
)
def test_an_offset_and_fractions_may_stand_apart_from_their_clock(
    attributes: str, clock: str, offset: int | None
) -> None:
    (stated,) = read(f'exif:DateTimeOriginal="2019-06-14T15:04:05" {attributes}').dates
    assert (str(stated.stamp.local_at), stated.stamp.utc_offset_min) == (clock, offset)


def test_a_day_takes_no_offset() -> None:
    (stated,) = read('photoshop:DateCreated="2019-06-14" exif:OffsetTime="+02:00"').dates
    assert stated.stamp.utc_offset_min is None


def test_films_say_when_they_were_shot() -> None:
    (stated,) = read('xmpDM:shotDate="2019-06-14T15:04:05+02:00"').evidence()
    assert (stated.utc_offset_min, stated.origin) == (120, "XMP xmpDM:shotDate")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('MicrosoftPhoto:Rating="75"', 4),
        ('xmp:RatingPercent="50"', 3),
        ('xmp:UserRating="5"', 5),
        ('xmp:Rating="0" MicrosoftPhoto:Rating="99"', 0),
        ('xmp:Rating="-1" MicrosoftPhoto:Rating="99"', None),
        ('MicrosoftPhoto:Rating="101"', None),
    ],
)
def test_stars_of_windows_are_percent(attributes: str, expected: int | None) -> None:
    assert read(attributes).rating == expected


def test_what_stands_beside_a_missing_title_is_kept_apart() -> None:
    found = read('photoshop:Headline="At last" tiff:ImageDescription="On the pier" exifEX:LensModel="50mm"')
    assert (found.title, found.headline, found.description, found.notes) == ("", "At last", "", "On the pier")
    assert found.lens == "50mm"


def test_a_packet_embedded_in_a_picture_speaks_as_exif() -> None:
    (stated,) = read('exif:DateTimeOriginal="2019-06-14T15:04:05+02:00"').evidence(TimeBasis.EXIF)
    assert (stated.basis, stated.utc_offset_min) == (TimeBasis.EXIF_OFFSET, 120)


def test_the_null_island_is_no_place() -> None:
    assert read('exif:GPSLatitude="0,0.0N" exif:GPSLongitude="0,0.0E"').lat is None


@pytest.mark.parametrize(
    ("text", "ref", "expected"),
    [
        ("41,13.2N", "", 41.22),
        ("41,13,12S", "", -41.22),
        ("41.22", "", 41.22),
        ("-41.22", "", -41.22),
        ("-41.22", "S", -41.22),
        ("41.22", "S", -41.22),
        ("41.22 W", "", -41.22),
        ("91", "", None),
        ("north", "", None),
        ("", "", None),
    ],
)
def test_coordinates_are_read_in_every_form(text: str, ref: str, expected: float | None) -> None:
    assert read_coordinate(text, ref, 90) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("rating", ["-1", "6", "nan", "inf", "many", ""])
def test_a_rating_outside_the_stars_is_none(rating: str) -> None:
    assert read(f'xmp:Rating="{rating}"').rating is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not XML"),
        (b"no xml here", "not XML"),
        (b"<html><body>x</body></html>", "not XMP"),
        (b"<x:xmpmeta", "not XML"),
        (b"<a><b></a>", "not well-formed"),
        (b"<a>&undefined;</a>", "not well-formed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document types and entities"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document types and entities"),
        (b"<a>" * 100 + b"</a>" * 100, "deeply nested"),
        (b"<a>" + b"<b/>" * 200_001 + b"</a>", "too many"),
        (b" " * (xmp.MAX_BYTES + 1), "larger than"),
    ],
    ids=range(11),
)
def test_what_is_not_xmp_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(XmpError, match=reason):
        read_xmp(data)


@pytest.mark.timeout(20)
def test_many_small_texts_cost_no_more_than_their_length() -> None:
    text = "<a/>wwwwwwwwww" * 190_000
    with pytest.raises(XmpError, match="too many"):
        read(elements=f"<dc:title>{text}{text}</dc:title>")


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: packet(elements=text).encode("utf-8", "ignore"))
)
def test_no_bytes_raise_anything_but_xmp_error(data: bytes) -> None:
    try:
        found = read_xmp(data)
    except XmpError:
        found = Xmp()
    assert isinstance(found.keywords, tuple)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_value_raises(date: str, number: str, place: str) -> None:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")

    text = packet(
        f'xmp:CreateDate="{escaped(date)}" xmp:Rating="{escaped(number)}" tiff:Orientation="{escaped(number)}"'
        f' exif:GPSLatitude="{escaped(place)}" exif:GPSAltitude="{escaped(number)}"'
    )
    assert read_xmp(text.encode("utf-8", "ignore")).people == ()


def test_a_list_may_stand_apart_from_what_it_belongs_to() -> None:
    """As F-Spot writes it; one that holds itself ends."""
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    packet = f"""<rdf:RDF xmlns:rdf="{rdf}" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <rdf:Bag rdf:nodeID="a"><rdf:li>sea</rdf:li><rdf:li>boat</rdf:li><rdf:li rdf:nodeID="a"/></rdf:Bag>
      <rdf:Description rdf:about=""><dc:subject rdf:nodeID="a"/><dc:title rdf:nodeID="gone"/></rdf:Description>
    </rdf:RDF>"""
    found = read_xmp(packet.encode())
    assert (found.keywords, found.title) == (("sea", "boat"), "")
