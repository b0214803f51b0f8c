"""Tags of XML that no strict reader takes: what is broken costs one tag, and long values are places in the file."""

from __future__ import annotations

import base64
import io
from hashlib import md5
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.embedded import Coding, Decoded, Embedded
from timeline_local.importers.encodings import clean
from timeline_local.importers.xml_tags import MAX_VALUE_BYTES, Place, Tag, plain, tags


def read(text: str | bytes) -> list[Tag]:
    return list(tags(io.BytesIO(text.encode() if isinstance(text, str) else text), frozenset({"data"})))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@given(st.lists(st.tuples(st.text(), st.text(alphabet="ABCD", max_size=40)), max_size=20))
def test_values_come_as_they_were_written(encoding: str, written: list[tuple[str, str]]) -> None:
    text = "<all>" + "".join(f'<a x={quoteattr(x)} data="{data}"/>' for x, data in written) + "</all>"
    data = text.encode(encoding)
    found = [tag for tag in read(data) if tag.name == "a"]
    assert [tag.attributes["x"] for tag in found] == [clean(x) for x, _ in written]
    unmarked = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)
    for tag, (_, value) in zip(found, written, strict=True):
        place = tag.places["data"]
        assert data[place.start : place.start + place.length] == value.encode(unmarked)


def test_places_are_right_in_a_file_of_many_pieces() -> None:
    text = "<all>" + "".join(f'<a x="{"ä😀" * 40_000}" data="AB{number:02}"/>' for number in range(4)) + "</all>"
    data = text.encode("utf-16")
    places = [tag.places["data"] for tag in read(data) if tag.name == "a"]
    found = [data[each.start : each.start + each.length].decode("utf-16-le") for each in places]
    assert found == ["AB00", "AB01", "AB02", "AB03"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a & b &amp; c &unknown; &", "a & b & c &unknown; &"),
        ("&#55357;&#56832;", "😀"),
        ("&amp;#55357;&amp;#56832;", "😀"),
        ("&#xD83D;&#xDE00;", "😀"),
        ("&#55357;", "\ufffd"),
        ("&#0;&#1114112;x", "x"),
        ("&#10;&#9;", "\n\t"),
        ("&lt;b&gt;&quot;&apos;", "<b>\"'"),
    ],
)
def test_entities_are_undone_and_what_is_none_stays(text: str, said: str) -> None:
    assert plain(text) == said


def test_what_is_broken_costs_one_tag() -> None:
    found = read(
        '<a x="1"/><a x="say "hi" now"/><!-- <a/> --><?a?><!DOCTYPE a [<!ENTITY e "x">]><a x=\'2>\'></a><a x="3'
    )
    told = [(tag.name, tag.attributes.get("x"), tag.is_whole, tag.opens, tag.closes) for tag in found]
    assert told == [
        ("a", "1", True, True, True),
        ("a", "say ", False, True, False),
        ("a", "2>", True, True, False),
        ("a", None, True, False, True),
        ("a", None, False, True, False),
    ]


def test_a_value_too_long_to_hold_is_a_place() -> None:
    (tag,) = read(b'<a x="' + b"y" * (MAX_VALUE_BYTES + 1) + b'"/>')
    assert (tag.attributes, tag.places) == ({}, {"x": Place(6, MAX_VALUE_BYTES + 1, MAX_VALUE_BYTES + 1)})


@given(st.binary(max_size=400))
def test_no_bytes_at_all_break_it(data: bytes) -> None:
    read(b"<a " + data)
    read(data + b"<a/>")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40), st.booleans()), max_size=10))
def test_texts_and_files_behind_tags_come_as_they_were_written(
    encoding: str, written: list[tuple[str, bytes, bool]]
) -> None:
    def shown(text: str, is_section: bool) -> str:  # noqa: FBT001 - drawn
        return f"\n<![CDATA[{text.replace(']]>', '')}]]>\n" if is_section else escape(text)

    rows = [f"<t>{shown(text, how)}</t><b>{base64.b64encode(data).decode()}</b>" for text, data, how in written]
    data = f"<all>{''.join(rows)}<t/></all>".encode(encoding)
    found = list(tags(io.BytesIO(data), frozenset({"b"}), frozenset({"t", "b"})))
    texts = [tag.text.strip() for tag in found if tag.name == "t" and not tag.closes]
    assert texts == [clean(text.replace("]]>", "") if how else text).strip() for text, _, how in written]
    places = [tag.places[""] for tag in found if tag.name == "b" and tag.opens]
    assert [each.digest for each in places] == [md5(each, usedforsecurity=False).hexdigest() for _, each, _ in written]
    for place, (_, each, _) in zip(places, written, strict=True):
        inner = Embedded("a", Coding.BASE64, place.start, place.length, place.size, "x")
        assert io.BufferedReader(Decoded(io.BytesIO(data), inner)).read() == each


def test_a_text_over_many_pieces_is_whole_and_one_without_an_end_is_told() -> None:
    long = "é&amp;" * 200_000
    whole, broken = (
        list(tags(io.BytesIO(f"<a><t>{long}{end}".encode()), frozenset(), frozenset({"t"})))[1]
        for end in ("</t></a>", "")
    )
    assert (whole.text, whole.is_whole, broken.is_whole) == ("é&" * 200_000, True, False)
