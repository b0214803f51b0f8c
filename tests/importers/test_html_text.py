"""HTML as Markdown: what posts and journals hold, and what is broken in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.html_text import html_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One &amp; two<br>three</p><p>four</p>", "One & two\nthree\n\nfour"),
        ("<p>a</p><p></p><p><br></p><p>b</p>", "a\n\nb"),
        ("a <b>b</b> <em>c</em> <b></b>d", "a **b** _c_ d"),
        ("<ul><li>one</li><li><p>two</p><ol><li>deep</li><li>er</li></ol></li></ul><p>x</p>",
         "- one\n- two\n  1. deep\n  2. er\n\nx"),
        ("<blockquote>said<br>more</blockquote>then", "> said\n> more\n\nthen"),
        ("<h2>Head</h2>text", "## Head\n\ntext"),
        ("<html><head><title>t</title><body><p>of a head that never ends</p>", "of a head that never ends"),
        ('<a href="https://a.example/b">words</a>', "[words](https://a.example/b)"),
        ('<a href="https://a.example/long/way"><span>https://</span><span>a.example/lo…</span></a>',
         "https://a.example/long/way"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ("<style>p {}</style><script>x</script>y", "y"),
        ("</p></b></ul></a>still", "still"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_piece_of_html_is_this_text(html: str, text: str) -> None:
    assert html_text(html) == text


@given(st.text(alphabet="<>/apbliou \n&;#=\"'!-", max_size=200))
def test_no_html_however_odd_raises(html: str) -> None:
    assert isinstance(html_text(html), str)
