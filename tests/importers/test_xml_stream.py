"""XML as programs really write it, and as attackers do."""

from __future__ import annotations

import io
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.xml_stream import Closed, Element, Event, Opened, XmlBroken, encoding_of, stream


def events(data: bytes | str) -> list[Event]:
    raw = data.encode() if isinstance(data, str) else data
    return list(stream(io.BytesIO(raw), frozenset({"box"})))


def test_containers_open_and_close_and_what_is_in_them_comes_whole() -> None:
    told = events('<n:box a="1"><n:item k="v">x<m:sub> y </m:sub>z</n:item></n:box>')
    assert told == [
        Opened("box", {"a": "1"}),
        Element("item", {"k": "v"}, "xz", [Element("sub", {}, " y ")]),
        Closed("box"),
    ]


def test_texts_are_found_along_a_path_and_at_any_depth() -> None:
    [_, item, _] = events("<box><item><a><b> 1 </b></a><b>2</b></item></box>")
    assert isinstance(item, Element)
    assert (item.text_of("a", "b"), item.text_of("a", "c"), item.text_of("x", "b")) == ("1", "", "")
    assert [each.text for each in item.below("b")] == [" 1 ", "2"]


@pytest.mark.parametrize(
    "data",
    [
        "<box><a>caf\u00e9</a></box>".encode(),
        "  \n<?xml version='1.0' encoding='utf-8'?><box><a>caf\u00e9</a></box>\n\0\0 rubbish".encode(),
        "\ufeff<box><a>caf\u00e9</a></box>".encode(),
        '<?xml version="1.0" encoding="UTF-16"?><box><a>caf\u00e9</a></box>'.encode("utf-16"),
        '<?xml version="1.0" encoding="iso-8859-1"?><box><a>caf\u00e9</a></box>'.encode("iso-8859-1"),
        '<?xml version="1.0" encoding="UTF-8"?><box><a>caf\u00e9</a></box>'.encode("cp1252"),
        '<?xml version="1.0" encoding="klingon"?><box><a>caf\u00e9</a></box>'.encode(),
        '<?xml version="1.0" encoding="utf-16"?><box><a>caf\u00e9</a></box>'.encode(),
        "<box><a>caf\x01\u00e9\x0b</a></box>".encode(),
        '<?xml version="1.0" encoding="GBK"?><box><a>caf\u00e9</a></box>'.encode("gbk"),
    ],
)
def test_text_is_read_in_the_encoding_it_is_in(data: bytes) -> None:
    assert Element("a", {}, "caf\u00e9") in events(data)


def test_what_came_before_the_fault_is_given() -> None:
    reader = stream(io.BytesIO(b"<box><a>1</a>\n<a>2</"), frozenset({"box"}))
    assert [next(reader), next(reader)] == [Opened("box", {}), Element("a", {}, "1")]
    with pytest.raises(XmlBroken, match="in line 2"):
        next(reader)


@pytest.mark.parametrize(
    "data",
    [
        '<!DOCTYPE box [<!ENTITY a "b">]><box>&a;</box>',
        '<!DOCTYPE box [<!ENTITY a SYSTEM "file:///etc/passwd">]><box>&a;</box>',
        '<!DOCTYPE box [<!ENTITY % a SYSTEM "http://x/">%a;]><box/>',
        "<a>" * 100_000,
        "",
        "no xml",
        "<a></b>",
    ],
)
def test_what_is_dangerous_or_no_xml_is_refused(data: str) -> None:
    with pytest.raises(XmlBroken):
        events(data)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with suppress(XmlBroken):
        assert events(data)


def test_a_file_of_any_size_takes_little_memory() -> None:
    item = b'<item a="1"><x>12345</x><y>67890</y></item>'
    file = io.BytesIO(b"<box>" + item * 20_000 + b"</box>")
    tracemalloc.start()
    count = sum(isinstance(event, Element) for event in stream(file, frozenset({"box"})))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 4 * 1024 * 1024


def test_a_declaration_wins_over_utf8_but_not_over_a_mark() -> None:
    assert encoding_of(b"\xef\xbb\xbf<?xml version='1.0' encoding='iso-8859-1'?>") == "utf-8"
    assert encoding_of(b"<?xml version='1.0' encoding='iso-8859-1'?>") == "iso8859-1"
