"""Files written as text inside of another file: found by their locator, decoded piece by piece, never outside of it."""

from __future__ import annotations

import base64
import binascii
import io
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.archive import OutsideFolder
from timeline_local.importers.embedded import Coding, Decoded, Decoder, Embedded
from timeline_local.importers.trees import DamagedArchive


def written(data: bytes, coding: Coding) -> bytes:
    if coding is Coding.BASE64:
        return base64.encodebytes(data)
    return binascii.b2a_qp(data, istext=False) if coding is Coding.QUOTED_PRINTABLE else data


@given(
    st.binary(max_size=300),
    st.sampled_from([coding for coding in Coding if coding is not Coding.ROW]),
    st.binary(max_size=5),
    st.lists(st.integers(0, 300)),
    st.data(),
)
def test_any_bytes_come_back_however_they_are_read(
    data: bytes, coding: Coding, before: bytes, seeks: list[int], draw: st.DataObject
) -> None:
    text = written(data, coding)
    place = Embedded("a", coding, len(before), len(text), len(data), "x")
    with io.BufferedReader(Decoded(io.BytesIO(before + text + b"more"), place)) as file:
        assert file.read() == data
        for at in seeks:
            file.seek(at)
            assert file.read(7) == data[at : at + 7]
    pieces = sorted(draw.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    decoder = Decoder(coding)
    bounds = [0, *pieces, len(text)]
    fed = [
        decoder.feed(text[start:end], is_last=index == len(bounds) - 2)
        for index, (start, end) in enumerate(pairwise(bounds))
    ]
    assert (b"".join(fed), decoder.size) == (data, len(data))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b"YQ==", b"a"),
        (b"YQ", b"a"),
        (b"YWI=", b"ab"),
        (b"Y", b""),
        (b"YQ==YQ==", b"a"),
        (b" Y\r\nQ = =", b"a"),
        (b"\xff", b""),
    ],
)
def test_base64_that_is_not_as_it_should_be_gives_what_there_is(text: bytes, data: bytes) -> None:
    assert Decoder(Coding.BASE64).feed(text, is_last=True) == data


@given(st.text(min_size=1), st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_locator_says_where_the_file_is(name: str, start: int, length: int, size: int) -> None:
    place = Embedded("a b/c.xml", Coding.BASE64, start, length, size, name)
    found = Embedded.of(place.locator)
    assert found is not None
    assert (found.carrier, found.coding, found.start, found.length, found.size) == (
        "a b/c.xml",
        "base64",
        start,
        length,
        size,
    )
    assert found.locator == place.locator


@pytest.mark.parametrize(
    "locator", ["a", "a/b", "a//b", "a//base64,1,2/x", "a//rot13,1,2,3/x", "a//base64,1,2,-3/x", "//x"]
)
def test_other_locators_name_files_of_their_own(locator: str) -> None:
    assert Embedded.of(locator) is None


def test_a_folder_opens_what_is_embedded_in_its_files_and_nothing_else(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path / "in", {"a.xml": b"xxYWJj."})
    (tmp_path / "outside").write_bytes(b"YWJj")
    assert folder.read("a.xml//base64,2,4,3/b.jpg", limit=9) == b"abc"
    with pytest.raises(OutsideFolder):
        folder.open("../outside//base64,0,4,3/b.jpg")
    with pytest.raises(FileNotFoundError):
        folder.stat("a.xml//base64,5,4,3/b.jpg")
    with pytest.raises(DamagedArchive):
        folder.read("a.xml//base64,2,4,30/b.jpg", limit=99)
