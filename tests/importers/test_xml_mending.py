"""What is escaped for writers that did not, wherever the pieces of the text are cut."""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.xml_mending import Mending
from timeline_local.importers.xml_stream import CHUNK_BYTES, Element, stream

CASES = [
    ("<a>Fish & chips</a>", "<a>Fish &amp; chips</a>"),
    ('<a href="x?b=1&c=2&amp;d=3">AT&T;</a>', '<a href="x?b=1&amp;c=2&amp;d=3">AT&amp;T;</a>'),
    ("<a>&amp; &lt;b&gt; &#233;&#xE9; &quot;&apos;</a>", "<a>&amp; &lt;b&gt; &#233;&#xE9; &quot;&apos;</a>"),
    ("<a>caf&eacute;&nbsp;&LT;</a>", "<a>caf\u00e9\u00a0&lt;</a>"),
    ("<a>&undeclared; &;&</a>", "<a>&amp;undeclared; &amp;;&amp;</a>"),
    ("<a>I <3 it, 2 < 3</a>", "<a>I &lt;3 it, 2 &lt; 3</a>"),
    ("<a>x&#0;y&#55357;&#x1F;z&#xFFFF;</a>", "<a>xyz</a>"),
    ("<a><![CDATA[b & c <3 &eacute;]]> & d</a>", "<a><![CDATA[b & c <3 &eacute;]]> &amp; d</a>"),
    ("<!-- b & c --><a>d</a>", "<!-- b & c --><a>d</a>"),
    ("<?b & c?><a>d & e</a>", "<?b & c?><a>d &amp; e</a>"),
    ("<a>\u65e5 & \U0001f600</a>", "<a>\u65e5 &amp; \U0001f600</a>"),
]


@pytest.mark.parametrize(("written", "meant"), CASES)
def test_the_same_comes_out_wherever_the_text_is_cut(written: str, meant: str) -> None:
    for cut in range(len(written) + 1):
        mending = Mending()
        assert mending.feed(written[:cut]) + mending.feed(written[cut:], is_last=True) == meant
    mending = Mending()
    assert "".join(mending.feed(each) for each in written) + mending.feed("", is_last=True) == meant


@given(st.text(alphabet="&;<>#x1ab![]-CDATA? \u00e9", max_size=80), st.integers(1, 20))
def test_any_text_comes_out_the_same_in_one_piece_and_in_many(text: str, size: int) -> None:
    whole, parts = Mending().feed(text, is_last=True), Mending()
    pieces = [parts.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join(pieces) + parts.feed("", is_last=True) == whole


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=60))
def test_well_formed_xml_means_the_same_afterwards(text: str) -> None:
    root = ET.Element("a", {"b": text})
    root.text = text
    written = ET.tostring(root, encoding="unicode")
    assert Mending().feed(written, is_last=True) == written


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Fish & chips", "Fish & chips"),
        ("&xxe;", "&xxe;"),
        ("&amp;amp; <![CDATA[& &lt;]]>", "&amp; & &lt;"),
        ("&lt;b&gt; <3", "<b> <3"),
    ],
)
@pytest.mark.parametrize("before", [0, CHUNK_BYTES - 24, CHUNK_BYTES - 10])
def test_elements_hold_what_was_meant(written: str, text: str, before: int) -> None:
    data = f"<box>{' ' * before}<a>{written}</a></box>".encode()
    assert Element("a", {}, text) in list(stream(io.BytesIO(data), frozenset({"box"})))
